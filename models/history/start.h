/* SPDX-License-Identifier: MIT */
/*
 * start - how the software timer is started, by release: hrtimer mode, restart after a move, and
 * which deadline is too near to be armed.
 *
 * Units: ns as CLOCK_MONOTONIC counts them. Source: arch/x86/kvm/lapic.c.
 */
#ifndef START_H
#define START_H

#include "kernel.h"

enum lapic_timer_call {                             /* the places that name a mode */
			LAPIC_TIMER_INIT,           /* vCPU creation                */
			LAPIC_TIMER_START_DEADLINE, /* TSC-deadline mode            */
			LAPIC_TIMER_START_COUNT,    /* one-shot and periodic mode   */
			LAPIC_TIMER_MIGRATE,        /* restart after the vCPU moved */
};
struct hrtimer_mode { /* always absolute */
	bool pinned;
	bool hard; /* expires in hard interrupt context, under PREEMPT_RT too */
};
struct mode_variant {
	struct variant variant;
	struct hrtimer_mode (*of)(enum lapic_timer_call kind);
};
extern const struct mode_variant mode_variants[];
extern const size_t mode_variants_n;

enum migrate_how {
	MIGRATE_RESTART,               /* cancel; if it was queued, start with the same expiry */
	MIGRATE_RESTART_UNLESS_POSTED, /* nothing if timer interrupts can be posted            */
};
struct migrate_variant {
	struct variant variant;
	enum migrate_how how;
};
extern const struct migrate_variant migrate_variants[];
extern const size_t migrate_variants_n;

/* Does a deadline expire at once? @ahead: it lies after the guest's TSC; @distance: how far. */
struct late_deadline_variant {
	struct variant variant;
	bool (*late)(bool ahead, uint64_t distance_ns, uint32_t advance_ns);
};
extern const struct late_deadline_variant late_deadline_variants[];
extern const size_t late_deadline_variants_n;

/* A one-shot or periodic target that is past when the software timer starts. Past is later than
 * the target, not equal to it. */
enum late_count {
	LATE_COUNT_START,          /* nobody tests: the hrtimer fires at once                    */
	LATE_COUNT_ONESHOT,        /* one-shot expires at once; periodic is started in the past  */
	LATE_COUNT_EXPIRE_ADVANCE, /* periodic too: expires once, one period further, then start */
};
struct late_count_variant {
	struct variant variant;
	enum late_count how;
};
extern const struct late_count_variant late_count_variants[];
extern const size_t late_count_variants_n;

#endif
