/* SPDX-License-Identifier: MIT */
#include "hv_timer.h"

/* --- when it may be used --- */

static bool modes_none(enum lapic_timer_mode mode) { return false; }

static bool modes_deadline(enum lapic_timer_mode mode) { return mode == LAPIC_MODE_TSC_DEADLINE; }

static bool modes_all(enum lapic_timer_mode mode) { return true; }

/* Whether a distance fits the counter is tested in every release. */
static bool refuse_range(bool mwait_in_guest, bool can_post) { return false; }

/* A guest that sleeps in MWAIT does not leave guest mode, and the counter may stop. */
static bool refuse_mwait(bool mwait_in_guest, bool can_post) { return mwait_in_guest; }

static bool refuse_mwait_or_post(bool mwait_in_guest, bool can_post)
{
	return mwait_in_guest || can_post;
}

/* clang-format off */
const struct hv_modes_variant hv_modes_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "the preemption timer is not used" }, modes_none },
	{ { "deadline", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, "64672c95ea4c,ce7a058a2117",
	    "used in TSC-deadline mode" }, modes_deadline },
	{ { "all", KERNEL_RELEASE(4, 10), KNOWN_READ, "8003c9ae204e",
	    "used in one-shot and periodic mode too" }, modes_all },
};
FORMS_END(hv_modes)

const struct hv_refuse_variant hv_refuse_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer to refuse" }, refuse_range },
	{ { "range", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, "64672c95ea4c",
	    "refuses what does not fit the counter" }, refuse_range },
	{ { "mwait", KERNEL_RELEASE(4, 17), KNOWN_INFERRED, NULL,
	    "and guests that may use MWAIT" }, refuse_mwait },
	{ { "mwait_or_post", KERNEL_RELEASE(5, 3), KNOWN_READ, "0c5f81dad46c",
	    "and whenever timer interrupts can be posted" }, refuse_mwait_or_post },
};
FORMS_END(hv_refuse)
/* clang-format on */

/* --- how it is programmed --- */

static bool divides_always(uint64_t cycles) { return true; }

static bool divides_unless_zero(uint64_t cycles) { return cycles != 0; }

/* clang-format off */
const struct hv_advance_variant hv_advance_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "the preemption timer is not advanced" }, false },
	{ { "global", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, "c5ce8235cffa",
	    "advanced in every mode, by the one value of all vCPUs" }, true },
	{ { "vcpu", KERNEL_RELEASE(5, 1), KNOWN_INFERRED, "39497d7660d9",
	    "advanced by the vCPU's own value" }, true },
};
FORMS_END(hv_advance)

const struct hv_divide_variant hv_divide_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer" }, divides_always },
	{ { "always", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "a scaled guest's distance is always divided" }, divides_always },
	{ { "skip_zero", KERNEL_RELEASE(5, 2), KNOWN_READ, NULL,
	    "a distance of 0 is not divided" }, divides_unless_zero },
};
FORMS_END(hv_divide)

const struct hv_due_variant hv_due_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a deadline that is due is armed like any other" }, HV_DUE_NONE },
	{ { "return_1", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, "c5ce8235cffa",
	    "a deadline that is due is reported by the value 1" }, HV_DUE_RETURN_1 },
	{ { "flag", KERNEL_RELEASE(5, 2), KNOWN_READ, NULL,
	    "a deadline that is due is reported by a flag" }, HV_DUE_FLAG },
};
FORMS_END(hv_due)

const struct hv_off_variant hv_off_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer" }, HV_OFF_BIT_AT_SET },
	{ { "bit_at_set", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "switched on and off where it is set and cancelled" }, HV_OFF_BIT_AT_SET },
	{ { "bit_at_entry", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "switched on and off at the next entry" }, HV_OFF_BIT_AT_ENTRY },
	{ { "soft", KERNEL_RELEASE(5, 3), KNOWN_READ, NULL,
	    "never off: the longest count stands for it" }, HV_OFF_SOFT },
};
FORMS_END(hv_off)

/* --- in which order --- */

const struct hv_zero_variant hv_zero_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, false },
	{ { "arm", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "a deadline of 0 exits at once: a spurious interrupt" }, false },
	{ { "refuse", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "a deadline of 0 is not armed" }, true },
};
FORMS_END(hv_zero)

/* bounce was first read in v4.19. It came no later than hv_due.return_1: for `bool` any value but 0 is
 * a failure, and what is due would stay armed for ever. sw_start.cancel_test and to_hv.rearm are the
 * other half of it. */
const struct hv_start_variant hv_start_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer" }, HV_START_BOOL },
	{ { "bool", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "an expiry in between starts the timer again in software" }, HV_START_BOOL },
	{ { "bounce", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, NULL,
	    "a due timer expires, and is cancelled by way of the software starter" },
	  HV_START_BOUNCE },
	{ { "expire_cancel", KERNEL_RELEASE(5, 2), KNOWN_READ, NULL,
	    "a due timer expires and is cancelled on the spot" }, HV_START_EXPIRE_CANCEL },
};
FORMS_END(hv_start)

const struct rearm_variant rearm_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer" }, REARM_IN_HV },
	{ { "in_hv", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "a pending expiry is found by the preemption timer's starter" }, REARM_IN_HV },
	{ { "first", KERNEL_RELEASE(5, 2), KNOWN_READ, NULL,
	    "a pending expiry is found before either timer is touched" }, REARM_FIRST },
};
FORMS_END(rearm)

/* The software starter is as old as the timer. */
const struct sw_start_variant sw_start_variants[] = {
	{ { "plain", KERNEL_FIRST, KNOWN_READ, NULL,
	    "starts the hrtimer whatever is pending" }, false },
	{ { "cancel_test", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, NULL,
	    "cancels the preemption timer, and starts nothing if an expiry is pending" }, true },
};
FORMS_END(sw_start)

const struct hv_fire_variant hv_fire_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, false },
	{ { "cancel_expire", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "cancelled, then expired: the expiry does not know what fired" }, false },
	{ { "expire_cancel", KERNEL_RELEASE(5, 13), KNOWN_INFERRED, "d981dd15498b",
	    "expired, then cancelled: the wait is owed in all modes" }, true },
};
FORMS_END(hv_fire)

const struct hv_fire_idle_variant hv_fire_idle_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, false },
	{ { "warn", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "an exit of a timer that is not in use is warned of, and taken" }, false },
	{ { "ignore", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "an exit of a timer that is not in use is ignored" }, true },
};
FORMS_END(hv_fire_idle)

const struct to_hv_variant to_hv_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, false },
	{ { "hv_only", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "refused by the preemption timer, the hrtimer simply stays" }, false },
	{ { "rearm", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, NULL,
	    "refused by the preemption timer, the hrtimer is restarted" }, true },
};
FORMS_END(to_hv)
/* clang-format on */

static bool back_always(bool was_hv) { return true; }

/* A timer that once fell back to software stays there until the guest writes it. */
static bool back_if_hv(bool was_hv) { return was_hv; }

/* clang-format off */
const struct to_hv_when_variant to_hv_when_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "there is no preemption timer" }, back_always },
	{ { "always", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "after every halt the preemption timer is tried" }, back_always },
	{ { "was_hv", KERNEL_RELEASE(5, 17), KNOWN_INFERRED, "98c25ead5eda",
	    "only if the halt had taken the timer from it" }, back_if_hv },
};
FORMS_END(to_hv_when)

const struct to_sw_variant to_sw_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, true },
	{ { "stop_pending", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "with an expiry pending no hrtimer is started, periodic or not" }, true },
	{ { "sw_start", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "as any start in software: periodic timers go on" }, false },
};
FORMS_END(to_sw)

const struct load_hv_variant load_hv_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL, "there is no preemption timer" }, false },
	{ { "set", KERNEL_RELEASE(4, 8), KNOWN_RECALLED, NULL,
	    "programmed again on the new CPU; to software if that fails" }, false },
	{ { "rearm", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "restarted on the new CPU" }, true },
};
FORMS_END(load_hv)
/* clang-format on */
