/* SPDX-License-Identifier: MIT */
#include "expiry.h"

/* clang-format off */
const struct notify_variant notify_variants[] = {
	{ { "flag", KERNEL_FIRST, KNOWN_READ, NULL,
	    "sets a request; a vCPU in guest mode sees it at its next exit" }, NOTIFY_FLAG },
	{ { "kick", KERNEL_RELEASE(5, 3), KNOWN_READ, "4d151bf3b89e",
	    "every software expiry kicks the vCPU out of guest mode" }, NOTIFY_KICK },
	{ { "kick_timer", KERNEL_RELEASE(5, 10), KNOWN_AT_LATEST, NULL,
	    "kicks only from the hrtimer's callback" }, NOTIFY_KICK_TIMER },
};
FORMS_END(notify)
/* clang-format on */

/* Before the advance existed nothing fired early, so nothing was owed. */
static bool owed_none(bool deadline_mode, bool hv_in_use) { return false; }

/* Bug: one-shot and periodic timers on the preemption timer fire early too. */
static bool owed_deadline_mode(bool deadline_mode, bool hv_in_use) { return deadline_mode; }

static bool owed_deadline_or_hv(bool deadline_mode, bool hv_in_use)
{
	return deadline_mode || hv_in_use;
}

/* clang-format off */
const struct owed_variant owed_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "no timer fires early: nothing to wait for" }, owed_none },
	{ { "deadline_mode", KERNEL_RELEASE(4, 0), KNOWN_RECALLED, "d0659d946be0",
	    "the next entry waits for TSC deadlines only" }, owed_deadline_mode },
	{ { "deadline_or_hv", KERNEL_RELEASE(5, 2), KNOWN_READ, "ee66e453db13",
	    "it also waits for one-shot and periodic timers on the preemption timer" },
	  owed_deadline_or_hv },
};
FORMS_END(owed)

const struct owed_order_variant owed_order_variants[] = {
	{ { "after_pending", KERNEL_RELEASE(4, 0), KNOWN_READ, NULL,
	    "the deadline is recorded after the wake-up" }, OWED_AFTER_PENDING },
	{ { "before_delivery", KERNEL_RELEASE(5, 3), KNOWN_READ, "0c5f81dad46c",
	    "the deadline is recorded before anything is delivered" }, OWED_BEFORE_DELIVERY },
};
FORMS_END(owed_order)

const struct kick_variant kick_variants[] = {
	{ { "wake_and_ipi", KERNEL_FIRST, KNOWN_READ, NULL,
	    "wakes a sleeper, and sends an IPI to a CPU in guest mode" }, KICK_WAKE_AND_IPI },
	{ { "wake_or_ipi", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "returns once it woke a sleeper" }, KICK_WAKE_OR_IPI },
	{ { "self_no_ipi", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "a vCPU that runs on the kicking CPU gets no IPI" }, KICK_SELF_NO_IPI },
};
FORMS_END(kick)

const struct request_variant request_variants[] = {
	{ { "pending_timer", KERNEL_FIRST, KNOWN_READ, NULL,
	    "an expiry raises KVM_REQ_PENDING_TIMER" }, "PENDING_TIMER" },
	{ { "unblock", KERNEL_RELEASE(5, 13), KNOWN_INFERRED, "084071d5e922",
	    "the same request, called KVM_REQ_UNBLOCK" }, "UNBLOCK" },
};
FORMS_END(request)
/* clang-format on */
