/* SPDX-License-Identifier: MIT */
/*
 * switch_base - the CPU whose queue an hrtimer lands on when it is started.
 *
 * Pure: the choice alone, for the hrtimer model to carry out. What the kernel wants comes from
 * kernel->nohz_target, what it refuses from kernel->remote_check.
 *
 *	pinned, or no migration -> me;  else get_nohz_timer_target()
 *	callback running -> stays where it is;  refused by the other CPU -> me
 *
 * Units: ns of CLOCK_MONOTONIC, compared as signed numbers. Errors: none.
 * Left out: the way an offline CPU hands over its timers.
 * Source: switch_hrtimer_base(), get_target_base() in kernel/time/hrtimer.c.
 */
#ifndef SWITCH_BASE_H
#define SWITCH_BASE_H

#include "kernel.h"

struct switch_base_input {
	unsigned me; /* the CPU that starts the timer */
	bool pinned;
	bool migration_enabled;       /* sysctl kernel.timer_migration */
	bool hres_active;             /* on all CPUs alike */
	bool me_offline;              /* the starting CPU is going offline */
	bool callback_running;        /* the timer's own, on old_cpu */
	bool queued_first;            /* still queued on old_cpu, and the next to expire there */
	unsigned old_cpu;             /* whose queue it was on last */
	ns_t expires;                 /* as the timer's own clock counts */
	int64_t clock_offset;         /* [ns] that clock less CLOCK_MONOTONIC; subtracted */
	const uint64_t *expires_next; /* [ns] next programmed event of each CPU; KTIME_MAX: none */
	struct nohz_target_input target; /* looked at unless pinned or without migration */
};

/* The CPU of the queue. @wanted, if not NULL, receives the CPU preferred at first. */
unsigned switch_hrtimer_base(const struct kernel *kernel, const struct switch_base_input *in,
			     unsigned *wanted);

#endif
