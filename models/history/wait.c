/* SPDX-License-Identifier: MIT */
#include "wait.h"

static bool call_none(uint32_t advance_ns) { return false; }

static bool call_always(uint32_t advance_ns) { return true; }

static bool call_if_set(uint32_t advance_ns) { return advance_ns != 0; }

/* clang-format off */
const struct wait_call_variant wait_call_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no such routine" }, call_none },
	{ { "always", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "called whatever the advance" }, call_always },
	{ { "global_set", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "called if the one advance of all vCPUs is not 0" }, call_if_set },
	{ { "vcpu_set", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "39497d7660d9",
	    "called if the vCPU's own advance is not 0" }, call_if_set },
};
FORMS_END(wait_call)

const struct wait_site_variant wait_site_variants[] = {
	{ { "before_guest_enter", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "between the kvm_entry trace and guest_enter()" }, WAIT_BEFORE_GUEST_ENTER },
	{ { "world_switch", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "right before the world switch: nothing is left unmeasured" }, WAIT_WORLD_SWITCH },
};
FORMS_END(wait_site)

const struct wait_test_variant wait_test_variants[] = {
	{ { "owed_injected", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "is a deadline owed, then: was it injected" }, WAIT_TEST_OWED_INJECTED },
	{ { "injected_owed", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "was it injected, then: is a deadline owed" }, WAIT_TEST_INJECTED_OWED },
	{ { "owed_advance_injected", KERNEL_RELEASE(5, 10), KNOWN_READ, "010fd37fddf6",
	    "the cheap tests first" }, WAIT_TEST_OWED_ADVANCE_INJECTED },
};
FORMS_END(wait_test)
/* clang-format on */

/* Bug: these functions hand a count of guest cycles to a loop that counts host cycles. */
static struct busy_wait guest_cycles_taken_as_host(guest_cycles_t n)
{
	return (struct busy_wait){ .unit = BUSY_WAIT_HOST_CYCLES, .amount = n.v };
}

static struct busy_wait length_none(const struct wait_length_input *in)
{
	return (struct busy_wait){ .unit = BUSY_WAIT_NONE };
}

/* Bug: however many there are; a guest that sets its TSC back stalls the host. */
static struct busy_wait length_uncapped(const struct wait_length_input *in)
{
	return guest_cycles_taken_as_host(in->early);
}

static struct busy_wait length_guest_cycles(const struct wait_length_input *in)
{
	guest_cycles_t cap = kvm_nsec_to_cycles(ns(in->advance_ns), in->rate);

	return guest_cycles_taken_as_host(in->early.v < cap.v ? in->early : cap);
}

/* At the ratio 1.0 both clocks are one, and the kernel saves the division. */
static struct busy_wait length_host_domain(const struct wait_length_input *in)
{
	uint32_t n;

	if (!guest_rate_scaled(in->rate))
		return length_guest_cycles(in);

	n = (uint32_t)kvm_cycles_to_ns(in->early.v, in->rate->khz);
	return (struct busy_wait){ .unit = BUSY_WAIT_HOST_NS,
				   .amount = n < in->advance_ns ? n : in->advance_ns };
}

/*
 * As posted in the first version of the series, before b6aa57c69cb2 took its place (derived from
 * the titles): ndelay(1) and another look at the guest's TSC, until it reads the deadline or as
 * many steps were made as the advance has ns.
 */
static struct busy_wait length_steps_1ns(const struct wait_length_input *in)
{
	const struct wide scaled = wide_shl(wide(in->early.v), in->rate->frac_bits);

	return (struct busy_wait){
		.unit = BUSY_WAIT_1NS_STEPS,
		.amount = wide_div_up(scaled, in->rate->ratio).lo,
		.steps_max = in->advance_ns,
	};
}

/* clang-format off */
const struct wait_length_variant wait_length_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "no wait" }, length_none, true },
	{ { "uncapped", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "spins guest cycles as host cycles, without limit" }, length_uncapped, false },
	{ { "guest_cycles", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, "b606f189c7",
	    "spins at most the advance, still in the wrong clock" }, length_guest_cycles, true },
	{ { "host_domain", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "b6aa57c69cb2",
	    "converts guest cycles to host time before spinning" }, length_host_domain, true },
	{ { "steps_1ns", KERNEL_RELEASE(5, 1), KNOWN_NEVER, NULL,
	    "as posted first (derived): 1 ns at a time until the guest's TSC is there" }, length_steps_1ns, true },
};
FORMS_END(wait_length)

const struct wait_order_variant wait_order_variants[] = {
	{ { "delay", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "waits; there is no tuning" }, WAIT_ORDER_DELAY },
	{ { "delay_tune", KERNEL_RELEASE(4, 20), KNOWN_READ, "3b8a5df6c4dc",
	    "waits, then tunes: the wait is limited by the old advance" }, WAIT_ORDER_DELAY_TUNE },
	{ { "tune_delay", KERNEL_RELEASE(5, 13), KNOWN_INFERRED, "9805cf03fdb6",
	    "tunes, reads the TSC again, waits: limited by the new advance" },
	  WAIT_ORDER_TUNE_DELAY },
};
FORMS_END(wait_order)

/* The trace line came back to where it was. Linux 6.1 shows it between kvm_entry and kvm_exit. */
const struct wait_trace_variant wait_trace_variants[] = {
	{ { "at_wait", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "traced at the start of the wait" }, WAIT_TRACE_AT_WAIT },
	{ { "after_exit", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "traced after the next VM-exit" }, WAIT_TRACE_AFTER_EXIT },
	{ { "at_wait", KERNEL_RELEASE(6, 1), KNOWN_AT_LATEST, NULL,
	    "traced at the start of the wait again" }, WAIT_TRACE_AT_WAIT },
};
FORMS_END(wait_trace)
/* clang-format on */
