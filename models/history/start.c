/* SPDX-License-Identifier: MIT */
#include "start.h"

static struct hrtimer_mode mode_abs(enum lapic_timer_call kind)
{
	return (struct hrtimer_mode){ .pinned = false, .hard = false };
}

static struct hrtimer_mode mode_abs_pinned(enum lapic_timer_call kind)
{
	return (struct hrtimer_mode){ .pinned = true, .hard = false };
}

/* The start of a count was forgotten; it matters to PREEMPT_RT alone. */
static struct hrtimer_mode mode_abs_hard_mixed(enum lapic_timer_call kind)
{
	return (struct hrtimer_mode){ .pinned = false, .hard = kind != LAPIC_TIMER_START_COUNT };
}

static struct hrtimer_mode mode_abs_hard(enum lapic_timer_call kind)
{
	return (struct hrtimer_mode){ .pinned = false, .hard = true };
}

static struct hrtimer_mode mode_abs_pinned_hard(enum lapic_timer_call kind)
{
	return (struct hrtimer_mode){ .pinned = true, .hard = true };
}

/* clang-format off */
const struct mode_variant mode_variants[] = {
	{ { "abs", KERNEL_FIRST, KNOWN_READ, NULL,
	    "not pinned: a nohz_full CPU's timer goes to a housekeeping CPU" }, mode_abs },
	{ { "abs_pinned", KERNEL_RELEASE(4, 6), KNOWN_READ, "61abdbe0bcc2",
	    "the timer stays on the CPU that starts it" }, mode_abs_pinned },
	{ { "abs_unpinned", KERNEL_RELEASE(5, 3), KNOWN_READ, "4d151bf3b89e",
	    "not pinned again; the expiry kicks the vCPU instead" }, mode_abs },
	{ { "abs_hard_mixed", KERNEL_RELEASE(5, 4), KNOWN_READ, "2c0d278f3293",
	    "hard interrupt context, but not for the start of a count" }, mode_abs_hard_mixed },
	{ { "abs_hard", KERNEL_RELEASE(5, 8), KNOWN_AT_LATEST, NULL,
	    "hard interrupt context throughout, not pinned" }, mode_abs_hard },
	{ { "abs_pinned_hard", KERNEL_FIRST, KNOWN_NEVER, NULL,
	    "test module of the recordings: hard and pinned" }, mode_abs_pinned_hard },
};
FORMS_END(mode)

const struct migrate_variant migrate_variants[] = {
	{ { "restart", KERNEL_FIRST, KNOWN_READ, "d4acf7e7abe4",
	    "a queued timer is restarted on the vCPU's new CPU" }, MIGRATE_RESTART },
	{ { "restart_unless_posted", KERNEL_RELEASE(5, 3), KNOWN_READ, "0c5f81dad46c",
	    "left where it is if its interrupt can be posted" }, MIGRATE_RESTART_UNLESS_POSTED },
};
FORMS_END(migrate)
/* clang-format on */

/* A deadline nearer than the advance gets an expiry in the past. */
static bool late_behind(bool ahead, uint64_t distance_ns, uint32_t advance_ns) { return !ahead; }

static bool late_within_advance(bool ahead, uint64_t distance_ns, uint32_t advance_ns)
{
	return !ahead || distance_ns <= advance_ns;
}

/* clang-format off */
const struct late_deadline_variant late_deadline_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "no advance: a passed deadline expires at once" }, late_behind },
	{ { "behind", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "a deadline nearer than the advance is armed in the past" }, late_behind },
	{ { "within_advance", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "c09d65d9eab6",
	    "a deadline not further than the advance expires at once" }, late_within_advance },
};
FORMS_END(late_deadline)

const struct late_count_variant late_count_variants[] = {
	{ { "start", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a target in the past is armed" }, LATE_COUNT_START },
	{ { "oneshot", KERNEL_RELEASE(4, 10), KNOWN_READ, "8003c9ae204e",
	    "a past one-shot target expires at once, a periodic one is armed" }, LATE_COUNT_ONESHOT },
	{ { "expire_advance", KERNEL_RELEASE(4, 17), KNOWN_RECALLED, "ecf08dad723d",
	    "a past periodic target expires once and moves on by one period" },
	  LATE_COUNT_EXPIRE_ADVANCE },
};
FORMS_END(late_count)
/* clang-format on */
