/* SPDX-License-Identifier: MIT */
/*
 * idle_nohz - an idle guest that stops its tick: it halts until its next timer, `interval` apart
 * and rounded up to the guest's next tick, as a timer wheel does. What wakes it makes it arm twice:
 * the tick it restarts on leaving idle, and after `wakeup` of work its next timer on going back.
 */
#include "ops.h"

enum { BEGIN, IDLE, HALT, RESTART, RESTART_ARM, WORK };

/* The first tick at or after @at, which counts from the guest's begin. */
static uint64_t tick_from(const struct guest *guest, uint64_t at)
{
	const uint64_t tick = guest->times.tsc_khz.v * UINT64_C(1000) / guest->cfg->hz;

	return (at + tick - 1) / tick * tick;
}

static struct guest_op arm(struct guest *guest, uint64_t at)
{
	guest->armed++;
	return op_arm(guest, guest_cycles(guest->began.v + at));
}

static void idle_nohz_main(struct guest *guest, struct guest_op *op)
{
	switch (guest->step) {
	case BEGIN: *op = op_plain(guest, GUEST_RDTSC); break;
	case IDLE:
		if (guest->armed == 0)
			guest->began = guest->tsc;
		guest->wake_at.v += op_cycles(guest, guest->cfg->interval).v;
		*op = arm(guest, tick_from(guest, guest->wake_at.v));
		guest->wait_target = guest->handled + 1;
		break;
	case HALT:
		if (guest->handled < guest->wait_target) {
			*op = op_plain(guest, GUEST_HLT);
			return;
		}
		guest->step = RESTART;
		/* fall through */
	case RESTART: *op = op_plain(guest, GUEST_RDTSC); break;
	case RESTART_ARM:
		*op = arm(guest, tick_from(guest, guest->tsc.v - guest->began.v + 1));
		break;
	default:
		*op = op_compute(op_time(guest, guest->cfg->wakeup));
		guest->step = IDLE;
		return;
	}
	guest->step++;
}

const struct workload workload_idle_nohz = {
	.name = "idle_nohz",
	.help = "an idle guest without a tick: halts until its next timer, `interval` apart on the "
		"guest's ticks",
	.uses = "interval! hz wakeup",
	.main = idle_nohz_main,
	.handler = op_bare_handler,
};
