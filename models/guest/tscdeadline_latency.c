/* SPDX-License-Identifier: MIT */
/*
 * tscdeadline_latency - as in kvm-unit-tests: the handler reads the TSC, arms the next deadline
 * delta later, then writes EOI; the main program halts (or spins) until enough samples were taken.
 * With arm_jitter the handler computes for a uniform time first, so that arms fall on every phase
 * of the host's tick. From the second interrupt on one that is later than breakmax ends it.
 */
#include "ops.h"

#include "sim_wrap.h"

static bool broke(const struct guest *guest)
{
	const int64_t late = wrap_diff(guest->tsc.v, guest->expected.v);

	return guest->cfg->breakmax && guest->handled && late > 0 &&
	       (uint64_t)late > guest->cfg->breakmax;
}

static bool more(const struct guest *guest)
{
	return !guest->cfg->samples || guest->armed < guest->cfg->samples;
}

static struct guest_op arm(struct guest *guest)
{
	guest->armed++;
	guest->expected = guest_cycles(guest->tsc.v + guest->times.delta.v);
	return op_arm(guest, guest->expected);
}

static void latency_main(struct guest *guest, struct guest_op *op)
{
	switch (guest->step++) {
	case 0: *op = op_plain(guest, GUEST_RDTSC); break;
	case 1: *op = arm(guest); break;
	default:
		guest->step = 2;
		if (guest->cfg->samples && guest->handled >= guest->cfg->samples)
			*op = op_plain(guest, GUEST_HLT); /* done: nothing will wake it */
		else
			*op = op_wait(guest,
				      guest->cfg->samples ? guest->cfg->samples : UINT64_MAX);
		break;
	}
}

enum { READ, JITTER, READ_AGAIN, ARM, EOI, IRET };

static void latency_handler(struct guest *guest, struct guest_op *op)
{
	unsigned step = guest->handler_step;

	if (step == JITTER && broke(guest))
		step = EOI;
	if (step == JITTER && !(guest->times.arm_jitter.v && more(guest)))
		step = ARM;
	if (step == ARM && !more(guest))
		step = EOI;
	guest->handler_step = step + 1;

	switch (step) {
	case READ:
	case READ_AGAIN: *op = op_plain(guest, GUEST_RDTSC); break;
	case JITTER:
		*op = op_compute(ps(sim_random_below(&guest->jitter, guest->times.arm_jitter.v)));
		break;
	case ARM: *op = arm(guest); break;
	case EOI: *op = op_plain(guest, GUEST_EOI); break;
	default: *op = op_plain(guest, GUEST_IRET); break;
	}
}

const struct workload workload_tscdeadline_latency = {
	.name = "tscdeadline_latency",
	.help = "kvm-unit-tests' tscdeadline_latency: the handler arms the next deadline, the main "
		"program waits",
	.uses = "delta! wait loop arm_jitter samples breakmax",
	.main = latency_main,
	.handler = latency_handler,
};
