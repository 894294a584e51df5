/* SPDX-License-Identifier: MIT */
#include "halt_polling.h"

#include "sim_wrap.h"

#define GROW_START_NS 10000u /* before it became a parameter */

/* clang-format off */
const struct halt_defaults_variant halt_defaults_variants[] = {
	{ { "400us", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "at most 400 us, doubled, shrinking to nothing at once (read in v4.10)" },
	  { 400000, 2, GROW_START_NS, 0 } },
	{ { "200us", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "at most 200 us" }, { 200000, 2, GROW_START_NS, 0 } },
	{ { "200us_shrink2", KERNEL_RELEASE(6, 11), KNOWN_READ, NULL,
	    "at most 200 us, shrinking by half" }, { 200000, 2, GROW_START_NS, 2 } },
};
FORMS_END(halt_defaults)

const struct halt_value_variant halt_value_variants[] = {
	{ { "fixed", KERNEL_FIRST, KNOWN_READ, NULL,
	    "every halt polls for the module parameter" }, false },
	{ { "adaptive", KERNEL_RELEASE(4, 3), KNOWN_READ, NULL,
	    "every vCPU has a time of its own, which follows its halts" }, true },
};
FORMS_END(halt_value)
/* clang-format on */

static uint32_t at_most(uint32_t n, uint32_t max) { return n < max ? n : max; }

static uint32_t at_least(uint32_t n, uint32_t min) { return n > min ? n : min; }

static uint32_t grown_none(uint32_t poll_ns, const struct halt_poll_params *params)
{
	return poll_ns;
}

/* Bugs: nothing keeps it below the maximum, and a factor of 0 clears it. */
static uint32_t grown_unlimited(uint32_t poll_ns, const struct halt_poll_params *params)
{
	if (!poll_ns && params->grow)
		return GROW_START_NS;
	return (uint32_t)wrap_mul(poll_ns, params->grow);
}

static uint32_t grown_limited(uint32_t poll_ns, const struct halt_poll_params *params)
{
	return at_most(grown_unlimited(poll_ns, params), params->max_ns);
}

static uint32_t grown_limit_at_halt(uint32_t poll_ns, const struct halt_poll_params *params)
{
	if (!params->grow)
		return poll_ns;
	return at_least((uint32_t)wrap_mul(poll_ns, params->grow), params->grow_start_ns);
}

static uint32_t grown_start_param(uint32_t poll_ns, const struct halt_poll_params *params)
{
	if (!params->grow)
		return poll_ns;
	return at_most(grown_limit_at_halt(poll_ns, params), params->max_ns);
}

/* clang-format off */
const struct halt_grow_variant halt_grow_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "there is nothing to grow" }, grown_none, false },
	{ { "unlimited", KERNEL_RELEASE(4, 3), KNOWN_READ, NULL,
	    "the last step can pass the maximum" }, grown_unlimited, false },
	{ { "limited", KERNEL_RELEASE(4, 6), KNOWN_RECALLED, "313f636d5c49",
	    "never above the maximum" }, grown_limited, false },
	{ { "start_param", KERNEL_RELEASE(5, 2), KNOWN_AT_LATEST, NULL,
	    "starts from a parameter; a factor of 0 changes nothing" }, grown_start_param, false },
	{ { "limit_at_halt", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "the maximum is enforced when the next halt begins" }, grown_limit_at_halt, true },
};
FORMS_END(halt_grow)
/* clang-format on */

static uint32_t shrunk_none(uint32_t poll_ns, const struct halt_poll_params *params)
{
	return poll_ns;
}

static uint32_t shrunk_divide(uint32_t poll_ns, const struct halt_poll_params *params)
{
	return params->shrink ? poll_ns / params->shrink : 0;
}

static uint32_t shrunk_divide_floor(uint32_t poll_ns, const struct halt_poll_params *params)
{
	uint32_t n = shrunk_divide(poll_ns, params);

	return n < params->grow_start_ns ? 0 : n;
}

/* clang-format off */
const struct halt_shrink_variant halt_shrink_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "there is nothing to shrink" }, shrunk_none },
	{ { "divide", KERNEL_RELEASE(4, 3), KNOWN_READ, NULL,
	    "divided by the parameter" }, shrunk_divide },
	{ { "divide_floor", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "divided by the parameter; nothing is left below the growth start" },
	  shrunk_divide_floor },
};
FORMS_END(halt_shrink)
/* clang-format on */

static enum halt_change decide_none(const struct halt_decide_input *in) { return HALT_KEEP; }

static enum halt_change decide_time(const struct halt_decide_input *in)
{
	if (!in->max_ns)
		return HALT_ZERO;
	if (in->block_ns <= in->poll_ns)
		return HALT_KEEP;
	if (in->poll_ns && in->block_ns > in->max_ns)
		return HALT_SHRINK;
	if (in->block_ns < in->max_ns) /* so poll_ns, which is less, is not the most, either */
		return HALT_GROW;
	return HALT_KEEP;
}

static enum halt_change decide_valid_time(const struct halt_decide_input *in)
{
	return in->valid_wakeup ? decide_time(in) : HALT_SHRINK;
}

/* clang-format off */
const struct halt_decide_variant halt_decide_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "there is nothing to decide" }, decide_none },
	{ { "time", KERNEL_RELEASE(4, 3), KNOWN_READ, NULL,
	    "by how long the vCPU was halted" }, decide_time },
	{ { "valid_time", KERNEL_RELEASE(4, 10), KNOWN_AT_LATEST, NULL,
	    "and shrinks if it was woken for nothing" }, decide_valid_time },
};
FORMS_END(halt_decide)
/* clang-format on */

static bool stops_single_task(bool single_task, bool need_resched) { return !single_task; }

static bool stops_need_resched(bool single_task, bool need_resched)
{
	return !single_task || need_resched;
}

/* clang-format off */
const struct halt_stop_variant halt_stop_variants[] = {
	{ { "single_task", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "polls while no other task is runnable on the CPU (read in v4.3)" },
	  stops_single_task },
	{ { "need_resched", KERNEL_RELEASE(5, 13), KNOWN_INFERRED, "262de4102c7b",
	    "and while nobody asks for a reschedule" }, stops_need_resched },
};
FORMS_END(halt_stop)
/* clang-format on */
