/* SPDX-License-Identifier: MIT */
/*
 * cyclictest - a thread that sleeps until absolute times, `interval` apart, and reads the clock
 * when it runs again, as cyclictest does with one thread. The guest's clock event device is
 * one-shot: going to sleep arms the TSC deadline. From the handler to the thread the guest's own
 * kernel takes `wakeup`. An interval that is over before the thread sleeps again is measured at
 * once, and its deadline, past then, expires at once.
 */
#include "ops.h"

enum { BEGIN, ARM, WAIT, WAKE, CLOCK };

static void cyclictest_main(struct guest *guest, struct guest_op *op)
{
	switch (guest->step) {
	case BEGIN: *op = op_plain(guest, GUEST_RDTSC); break;
	case ARM:
		if (guest->armed == 0)
			guest->wake_at = guest->tsc;
		guest->wake_at.v += op_cycles(guest, guest->cfg->interval).v;
		if (guest->cfg->samples && guest->armed == guest->cfg->samples) {
			*op = op_plain(guest, GUEST_HLT); /* done: nothing will wake it */
			return;
		}
		guest->armed++;
		*op = op_arm(guest, guest->wake_at);
		break;
	case WAIT:
		/* Halting, it looks again after each wake-up. */
		if (guest->handled < guest->armed) {
			*op = op_wait(guest, guest->armed);
			return;
		}
		guest->step = WAKE;
		/* fall through */
	case WAKE: *op = op_compute(op_time(guest, guest->cfg->wakeup)); break;
	default:
		*op = (struct guest_op){ .kind = GUEST_RDTSC,
					 .measure = MEASURE_WAKEUP,
					 .value = guest->wake_at };
		guest->step = ARM;
		return;
	}
	guest->step++;
}

const struct workload workload_cyclictest = {
	.name = "cyclictest",
	.help = "a thread that sleeps until times `interval` apart, over a one-shot timer; "
		"`wake_latency` is how late it runs",
	.uses = "interval! wait wakeup samples loop",
	.main = cyclictest_main,
	.handler = op_bare_handler,
};
