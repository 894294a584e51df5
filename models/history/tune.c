/* SPDX-License-Identifier: MIT */
#include "tune.h"

#include "kvm_time.h"

#define ADVANCE_INITIAL_NS 1000 /* LAPIC_TIMER_ADVANCE_NS_INIT */
#define ADVANCE_MAX_NS 5000     /* LAPIC_TIMER_ADVANCE_NS_MAX  */
#define ADJUST_MIN_CYCLES 100   /* LAPIC_TIMER_ADVANCE_ADJUST_MIN; the end of tuning before v5.4 */
#define ADJUST_MAX_CYCLES 10000
#define ADJUST_STEP 8

static struct tune_error sign_none(guest_cycles_t now, guest_cycles_t deadline)
{
	return (struct tune_error){ false, 0 };
}

static struct tune_error sign_unsigned(guest_cycles_t now, guest_cycles_t deadline)
{
	bool early = now.v < deadline.v;

	return (struct tune_error){ early, early ? deadline.v - now.v : now.v - deadline.v };
}

static struct tune_error sign_signed(guest_cycles_t now, guest_cycles_t deadline)
{
	uint64_t delta = now.v - deadline.v;
	bool early = (int64_t)delta < 0;

	return (struct tune_error){ early, early ? -delta : delta };
}

/* clang-format off */
const struct tune_sign_variant tune_sign_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "nothing is tuned" }, sign_none },
	{ { "unsigned", KERNEL_RELEASE(4, 20), KNOWN_READ, NULL,
	    "early if the guest TSC is the smaller number" }, sign_unsigned },
	{ { "signed", KERNEL_RELEASE(5, 3), KNOWN_READ, "84ea3acaa01f",
	    "early if the difference is negative" }, sign_signed },
};
FORMS_END(tune_sign)
/* clang-format on */

/* The absolute value of -2^63 is itself, as the kernel is built: less than any limit. */
static int64_t absolute_wrapping(int64_t delta)
{
	return delta < 0 ? (int64_t) - (uint64_t)delta : delta;
}

static struct tune_result tune_none(const struct tune_input *in)
{
	return (struct tune_result){ in->advance_ns, in->done };
}

/* Without an upper limit; the first error below 100 cycles ends it, that step included. */
static struct tune_result tune_eighth(const struct tune_input *in)
{
	uint32_t n = (uint32_t)kvm_cycles_to_ns(in->error.cycles, in->guest_khz);
	uint32_t most = in->advance_ns / ADJUST_STEP;
	uint32_t step = n < most ? n : most;

	return (struct tune_result){
		.advance_ns = in->error.early ? in->advance_ns - step : in->advance_ns + step,
		.done = in->done || absolute_wrapping(in->delta) < ADJUST_MIN_CYCLES,
	};
}

/* Bug: one noisy phase switches the advance off for good. */
static struct tune_result tune_eighth_off(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > ADVANCE_MAX_NS)
		r = (struct tune_result){ .advance_ns = 0, .done = true };
	return r;
}

/* As posted in the first version of the series (derived): a hard cap, and the end of tuning there.
 */
static struct tune_result tune_eighth_cap(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > ADVANCE_MAX_NS)
		r = (struct tune_result){ .advance_ns = ADVANCE_MAX_NS, .done = true };
	return r;
}

static struct tune_result tune_eighth_retry(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > ADVANCE_MAX_NS)
		r = (struct tune_result){ .advance_ns = ADVANCE_INITIAL_NS, .done = false };
	return r;
}

/* Outliers are no measure of the overhead: a preempted vCPU, a guest with interrupts off. */
static struct tune_result tune_smooth(const struct tune_input *in)
{
	int64_t off = absolute_wrapping(in->delta);
	struct tune_result r = { in->advance_ns, in->done };
	uint64_t step;

	if (off < ADJUST_MIN_CYCLES || off > ADJUST_MAX_CYCLES)
		return r;

	step = kvm_cycles_to_ns((uint64_t)off, in->guest_khz) / ADJUST_STEP;
	r.advance_ns = (uint32_t)(in->delta < 0 ? r.advance_ns - step : r.advance_ns + step);
	if (r.advance_ns > ADVANCE_MAX_NS)
		r.advance_ns = ADVANCE_INITIAL_NS;
	return r;
}

/* clang-format off */
const struct tune_variant tune_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "the advance is what the user set" },
	  tune_none },
	{ { "eighth", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "steps of at most an eighth, without limit, until an error below 100 cycles" },
	  tune_eighth },
	{ { "eighth_off", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "57bf67e73ce9",
	    "above 5000 ns the advance is off for good" }, tune_eighth_off },
	{ { "eighth_retry", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "above 5000 ns it starts again from 1000" }, tune_eighth_retry },
	{ { "smooth", KERNEL_RELEASE(5, 4), KNOWN_READ, NULL,
	    "an eighth of every error between 100 and 10000 cycles, for ever" }, tune_smooth },
	{ { "eighth_cap", KERNEL_RELEASE(5, 1), KNOWN_NEVER, NULL,
	    "as posted first (derived): 5000 ns at most, and tuning ends there" }, tune_eighth_cap },
};
FORMS_END(tune)
/* clang-format on */

static bool gate_none(bool done, bool dynamic) { return false; }

static bool gate_until_done(bool done, bool dynamic) { return !done; }

static bool gate_dynamic(bool done, bool dynamic) { return dynamic; }

static bool gate_always(bool done, bool dynamic) { return true; }

/* clang-format off */
const struct tune_gate_variant tune_gate_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "never" }, gate_none, false, false },
	{ { "done_global", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "until any vCPU has ended it for all" }, gate_until_done, true, false },
	{ { "done_vcpu", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "39497d7660d9",
	    "until the vCPU has ended it for itself" }, gate_until_done, true, false },
	{ { "dynamic_module", KERNEL_RELEASE(5, 4), KNOWN_READ, NULL,
	    "as the vCPU created last found the parameter" }, gate_dynamic, false, true },
	{ { "always", KERNEL_RELEASE(6, 11), KNOWN_INFERRED, "89a58812c47f",
	    "whenever the advance is not 0" }, gate_always, false, false },
};
FORMS_END(tune_gate)

const struct advance_scope_variant advance_scope_variants[] = {
	{ { "global", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "one advance for all vCPUs of all VMs" }, ADVANCE_GLOBAL },
	{ { "vcpu", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "39497d7660d9",
	    "each vCPU has its own, started from the parameter" }, ADVANCE_VCPU },
};
FORMS_END(advance_scope)
/* clang-format on */

/* Without a default of its own, 0 is what an unset parameter means. */
static struct advance_start initial_or(int64_t value, uint32_t unset)
{
	return (struct advance_start){ value == PARAM_DEFAULT ? unset : (uint32_t)value, false,
				       false };
}

static struct advance_start param_none(int64_t value)
{
	return (struct advance_start){ 0, false, false };
}

static struct advance_start param_uint_0(int64_t value) { return initial_or(value, 0); }

static struct advance_start param_uint_1000(int64_t value)
{
	return initial_or(value, ADVANCE_INITIAL_NS);
}

/* -1 tunes; a number, 0 included, is the user's last word. Below -1 it becomes four seconds. */
static struct advance_start param_int_auto(int64_t value)
{
	if (value == PARAM_DEFAULT || value == -1)
		return (struct advance_start){ ADVANCE_INITIAL_NS, .done = false, .dynamic = true };
	return (struct advance_start){ (uint32_t)value, .done = true, .dynamic = false };
}

static struct advance_start param_bool(int64_t value)
{
	return (struct advance_start){ value ? ADVANCE_INITIAL_NS : 0, .done = false,
				       .dynamic = true };
}

/* clang-format off */
const struct param_variant param_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "no parameter: no advance" }, param_none, false },
	{ { "uint_0", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "ns, default 0" }, param_uint_0, true },
	{ { "uint_1000", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "ns, default 1000; tuned whatever the user sets" }, param_uint_1000, true },
	{ { "int_auto", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "c3941d9e0ccd",
	    "ns, default -1: tuned from 1000; a number is kept" }, param_int_auto, true },
	{ { "bool", KERNEL_RELEASE(6, 11), KNOWN_INFERRED, "89a58812c47f",
	    "on or off, default on: tuned from 1000" }, param_bool, false },
};
FORMS_END(param)
/* clang-format on */
