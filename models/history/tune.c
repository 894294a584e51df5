/* SPDX-License-Identifier: MIT */
#include "tune.h"

#include "kvm_time.h"
#include "sim_wrap.h"

#define ADVANCE_INITIAL_NS 1000 /* what tuning begins with, in every release that tunes */

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
	uint64_t delta = wrap_sub(now.v, deadline.v);
	bool early = (int64_t)delta < 0;

	return (struct tune_error){ early, early ? wrap_neg(delta) : delta };
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
	return delta < 0 ? (int64_t)wrap_neg((uint64_t)delta) : delta;
}

static struct tune_result tune_none(const struct tune_input *in)
{
	return (struct tune_result){ in->advance_ns, in->done };
}

/* Without an upper limit; the first error below 100 cycles ends it, that step included. */
static struct tune_result tune_eighth(const struct tune_input *in)
{
	uint32_t n = (uint32_t)kvm_cycles_to_ns(in->error.cycles, in->guest_khz);
	uint32_t most = in->advance_ns / in->constants->adjust_step;
	uint32_t step = n < most ? n : most;

	return (struct tune_result){
		.advance_ns = (uint32_t)(in->error.early ? wrap_sub(in->advance_ns, step)
							 : wrap_add(in->advance_ns, step)),
		.done = in->done ||
			absolute_wrapping(in->delta) < (int64_t)in->constants->adjust_min,
	};
}

/* Bug: one noisy phase switches the advance off for good. */
static struct tune_result tune_eighth_off(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > in->constants->ns_max)
		r = (struct tune_result){ .advance_ns = 0, .done = true };
	return r;
}

/* As posted in the first version of the series (derived): a hard cap, and the end of tuning there.
 */
static struct tune_result tune_eighth_cap(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > in->constants->ns_max)
		r = (struct tune_result){ .advance_ns = in->constants->ns_max, .done = true };
	return r;
}

static struct tune_result tune_eighth_retry(const struct tune_input *in)
{
	struct tune_result r = tune_eighth(in);

	if (r.advance_ns > in->constants->ns_max)
		r = (struct tune_result){ .advance_ns = in->constants->ns_init, .done = false };
	return r;
}

/* Outliers are no measure of the overhead: a preempted vCPU, a guest with interrupts off. */
static struct tune_result tune_smooth(const struct tune_input *in)
{
	int64_t off = absolute_wrapping(in->delta);
	struct tune_result r = { in->advance_ns, in->done };
	uint64_t step;

	if (off < (int64_t)in->constants->adjust_min || off > (int64_t)in->constants->adjust_max)
		return r;

	step = kvm_cycles_to_ns((uint64_t)off, in->guest_khz) / in->constants->adjust_step;
	r.advance_ns = (uint32_t)(in->delta < 0 ? wrap_sub(r.advance_ns, step)
						: wrap_add(r.advance_ns, step));
	if (r.advance_ns > in->constants->ns_max)
		r.advance_ns = in->constants->ns_init;
	return r;
}

/* clang-format off */
const struct tune_variant tune_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "the advance is what the user set" },
	  tune_none, { 0 } },
	{ { "eighth", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "steps of at most an eighth, without limit, until an error below 100 cycles" },
	  tune_eighth, { .adjust_min = 100, .adjust_step = 8 } },
	{ { "eighth_off", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "57bf67e73ce9",
	    "above 5000 ns the advance is off for good" }, tune_eighth_off,
	  { .adjust_min = 100, .adjust_step = 8, .ns_max = 5000 } },
	{ { "eighth_retry", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "above 5000 ns it starts again from 1000" }, tune_eighth_retry,
	  { .adjust_min = 100, .adjust_step = 8, .ns_init = ADVANCE_INITIAL_NS, .ns_max = 5000 } },
	{ { "smooth", KERNEL_RELEASE(5, 4), KNOWN_READ, NULL,
	    "an eighth of every error between 100 and 10000 cycles, for ever" }, tune_smooth,
	  { .adjust_min = 100, .adjust_max = 10000, .adjust_step = 8, .ns_init = ADVANCE_INITIAL_NS,
	    .ns_max = 5000 } },
	{ { "eighth_cap", KERNEL_RELEASE(5, 1), KNOWN_NEVER, NULL,
	    "as posted first (derived): 5000 ns at most, and tuning ends there" }, tune_eighth_cap,
	  { .adjust_min = 100, .adjust_step = 8, .ns_max = 5000 } },
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

static struct advance_start param_none(int64_t value, uint32_t ns_init)
{
	return (struct advance_start){ 0, false, false };
}

static struct advance_start param_uint_0(int64_t value, uint32_t ns_init)
{
	return initial_or(value, 0);
}

static struct advance_start param_uint_1000(int64_t value, uint32_t ns_init)
{
	return initial_or(value, ns_init);
}

/* -1 tunes; a number, 0 included, is the user's last word. Below -1 it becomes four seconds. */
static struct advance_start param_int_auto(int64_t value, uint32_t ns_init)
{
	if (value == PARAM_DEFAULT || value == -1)
		return (struct advance_start){ ns_init, .done = false, .dynamic = true };
	return (struct advance_start){ (uint32_t)value, .done = true, .dynamic = false };
}

static struct advance_start param_bool(int64_t value, uint32_t ns_init)
{
	return (struct advance_start){ value ? ns_init : 0, .done = false, .dynamic = true };
}

/* clang-format off */
const struct param_variant param_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "no parameter: no advance" }, param_none, false, 0 },
	{ { "uint_0", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "ns, default 0" }, param_uint_0, true, 0 },
	{ { "uint_1000", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "ns, default 1000; tuned whatever the user sets" }, param_uint_1000, true, ADVANCE_INITIAL_NS },
	{ { "int_auto", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "c3941d9e0ccd",
	    "ns, default -1: tuned from 1000; a number is kept" }, param_int_auto, true, ADVANCE_INITIAL_NS },
	{ { "bool", KERNEL_RELEASE(6, 11), KNOWN_INFERRED, "89a58812c47f",
	    "on or off, default on: tuned from 1000" }, param_bool, false, ADVANCE_INITIAL_NS },
};
FORMS_END(param)
/* clang-format on */

struct tune_constants tune_constants(const struct kernel *kernel,
				     const struct tune_constants *what_if)
{
	struct tune_constants c = kernel->tune->constants;

	if (kernel->param->ns_init)
		c.ns_init = kernel->param->ns_init;
	if (!what_if)
		return c;
	if (c.adjust_min && what_if->adjust_min)
		c.adjust_min = what_if->adjust_min;
	if (c.adjust_max && what_if->adjust_max)
		c.adjust_max = what_if->adjust_max;
	if (c.adjust_step && what_if->adjust_step)
		c.adjust_step = what_if->adjust_step;
	if (c.ns_init && what_if->ns_init)
		c.ns_init = what_if->ns_init;
	if (c.ns_max && what_if->ns_max)
		c.ns_max = what_if->ns_max;
	return c;
}
