/* SPDX-License-Identifier: MIT */
#include "registers.h"

#include "sim_wrap.h"

#define TDCR_BITS 0xbu

/* --- TMICT --- */

static uint32_t cycle_1ns(uint32_t vm_ns) { return 1; }

static uint32_t cycle_per_vm(uint32_t vm_ns) { return vm_ns; }

/* clang-format off */
const struct target_variant target_variants[] = {
	{ { "hrtimer", KERNEL_FIRST, KNOWN_READ, NULL,
	    "the expiry of a count is the hrtimer's" }, false },
	{ { "field", KERNEL_RELEASE(4, 10), KNOWN_READ, "8003c9ae204e",
	    "kept in ns and as a TSC deadline, so that either timer can be started" }, true },
};
FORMS_END(target)

const struct count_zero_variant count_zero_variants[] = {
	{ { "keep", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a count of 0 leaves the derived TSC deadline" }, false },
	{ { "clear", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "a count of 0 clears the derived TSC deadline" }, true },
};
FORMS_END(count_zero)

const struct count_cancel_variant count_cancel_variants[] = {
	{ { "hrtimer", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a written count cancels the hrtimer: a stale preemption timer can fire" }, false },
	{ { "both", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "a written count cancels the preemption timer too" }, true },
};
FORMS_END(count_cancel)

const struct min_period_variant min_period_variants[] = {
	{ { "500us", KERNEL_FIRST, KNOWN_READ, NULL,
	    "periodic timers are raised to 500 us" }, 500 },
	{ { "200us", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "periodic timers are raised to 200 us" }, 200 },
};
FORMS_END(min_period)

const struct clamp_variant clamp_variants[] = {
	{ { "start", KERNEL_FIRST, KNOWN_READ, NULL,
	    "the shortest period is enforced when a timer starts" }, false },
	{ { "start_mode_divide", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "and when the mode or the divider changes" }, true },
};
FORMS_END(clamp)

const struct bus_cycle_variant bus_cycle_variants[] = {
	{ { "1ns", KERNEL_FIRST, KNOWN_READ, NULL, "the APIC's bus runs at 1 GHz" }, cycle_1ns },
	{ { "per_vm", KERNEL_RELEASE(6, 11), KNOWN_RECALLED, NULL,
	    "user space may set the bus cycle of a VM" }, cycle_per_vm },
};
FORMS_END(bus_cycle)
/* clang-format on */

/* --- TDCR --- */

static uint32_t stored_raw(uint32_t written) { return written; }

static uint32_t stored_masked(uint32_t written) { return written & TDCR_BITS; }

/* clang-format off */
const struct divide_variant divide_variants[] = {
	{ { "count_only", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a new divider leaves a running timer alone; TMCCT jumps" }, false },
	{ { "rescale", KERNEL_RELEASE(4, 15), KNOWN_RECALLED, "c301b909e4b9",
	    "a new divider rescales what remains of a running timer" }, true },
};
FORMS_END(divide)

const struct divide_store_variant divide_store_variants[] = {
	{ { "raw", KERNEL_FIRST, KNOWN_READ, NULL,
	    "TDCR reads back as it was written" }, stored_raw },
	{ { "masked", KERNEL_RELEASE(5, 10), KNOWN_AT_LATEST, NULL,
	    "TDCR keeps bits 0, 1 and 3" }, stored_masked },
};
FORMS_END(divide_store)
/* clang-format on */

/* --- LVTT --- */

static struct mode_switch switch_cancel(enum lapic_timer_mode from, enum lapic_timer_mode to)
{
	return (struct mode_switch){ .cancel_hrtimer = from != to };
}

/* One-shot and periodic are one timer, which goes on. */
static bool deadline_concerned(enum lapic_timer_mode from, enum lapic_timer_mode to)
{
	return from != to && (from == LAPIC_MODE_TSC_DEADLINE || to == LAPIC_MODE_TSC_DEADLINE);
}

static struct mode_switch switch_cancel_deadline(enum lapic_timer_mode from,
						 enum lapic_timer_mode to)
{
	bool concerned = deadline_concerned(from, to);

	return (struct mode_switch){ .cancel_hrtimer = concerned, .zero = concerned };
}

static struct mode_switch switch_cancel_both(enum lapic_timer_mode from, enum lapic_timer_mode to)
{
	struct mode_switch s = switch_cancel_deadline(from, to);

	s.cancel_hv = s.cancel_hrtimer;
	return s;
}

static struct mode_switch switch_cancel_pending(enum lapic_timer_mode from,
						enum lapic_timer_mode to)
{
	struct mode_switch s = switch_cancel_both(from, to);

	s.clear_pending = s.cancel_hrtimer;
	return s;
}

/* clang-format off */
const struct mode_switch_variant mode_switch_variants[] = {
	{ { "cancel", KERNEL_FIRST, KNOWN_READ, NULL,
	    "any change of mode cancels the hrtimer, and nothing else" }, switch_cancel },
	{ { "cancel_deadline", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "only into or out of TSC-deadline mode, which also zeroes the count" },
	  switch_cancel_deadline },
	{ { "cancel_both", KERNEL_RELEASE(5, 7), KNOWN_INFERRED, NULL,
	    "the preemption timer is cancelled too" }, switch_cancel_both },
	{ { "cancel_pending", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "and an expiry that is not delivered yet is dropped" }, switch_cancel_pending },
};
FORMS_END(mode_switch)
/* clang-format on */

/* --- a periodic expiry --- */

static struct advanced_target advance_expiry(const struct advance_target_input *in)
{
	return (struct advanced_target){ ns(in->target.v + in->period_ns), in->tscdeadline };
}

/* Bug: each clock on its own, so that what the conversion cuts off adds up. */
static struct advanced_target advance_add_both(const struct advance_target_input *in)
{
	uint64_t cycles = kvm_nsec_to_cycles(ns(in->period_ns), in->rate).v;

	return (struct advanced_target){ ns(in->target.v + in->period_ns),
					 guest_cycles(in->tscdeadline.v + cycles) };
}

/* Bug: a target that is behind is a negative distance, converted as a huge positive one. */
static guest_cycles_t deadline_of(ns_t target, const struct advance_target_input *in)
{
	ns_t distance = ns(wrap_sub(target.v, in->now.v));

	return guest_cycles(in->guest_tsc.v + kvm_nsec_to_cycles(distance, in->rate).v);
}

static struct advanced_target advance_resync(const struct advance_target_input *in)
{
	ns_t target = ns(in->target.v + in->period_ns);

	return (struct advanced_target){ target, deadline_of(target, in) };
}

/* Periods that were missed are dropped, so that no distance is negative. */
static struct advanced_target advance_resync_floor(const struct advance_target_input *in)
{
	ns_t target = ns(in->target.v + in->period_ns);

	if ((int64_t)target.v < (int64_t)in->now.v)
		target = in->now;
	return (struct advanced_target){ target, deadline_of(target, in) };
}

/* clang-format off */
const struct advance_target_variant advance_target_variants[] = {
	{ { "expiry", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a period is added to the hrtimer's expiry" }, advance_expiry },
	{ { "add_both", KERNEL_RELEASE(4, 10), KNOWN_READ, "8003c9ae204e",
	    "a period is added to either clock: they drift apart" }, advance_add_both },
	{ { "resync", KERNEL_RELEASE(4, 18), KNOWN_INFERRED, "d8f2f498d9ed",
	    "the TSC deadline follows the target; wrong if that is past" }, advance_resync },
	{ { "resync_floor", KERNEL_RELEASE(6, 19), KNOWN_INFERRED, NULL,
	    "the target is never before now: missed periods are dropped" }, advance_resync_floor },
};
FORMS_END(advance_target)
/* clang-format on */

/* --- KVM_GET_LAPIC, KVM_SET_LAPIC --- */

/* Bug: what remained is lost; the guest waits for a full count again. */
static struct restored_count restore_full(const struct restore_input *in)
{
	return (struct restored_count){ in->period_ns, false };
}

/* Bug: a count that had run out starts anew. */
static struct restored_count restore_saved(const struct restore_input *in)
{
	if (in->saved_ns > in->period_ns)
		return (struct restored_count){ in->period_ns, true };
	return (struct restored_count){ in->saved_ns > 0 ? in->saved_ns : in->period_ns, false };
}

static struct restored_count restore_saved_due(const struct restore_input *in)
{
	if (in->saved_ns <= 0 && !in->periodic)
		return (struct restored_count){ 0, false };
	return restore_saved(in);
}

/* clang-format off */
const struct save_variant save_variants[] = {
	{ { "raw", KERNEL_FIRST, KNOWN_READ, NULL,
	    "KVM_GET_LAPIC gives a current count of 0" }, false },
	{ { "computed", KERNEL_RELEASE(5, 8), KNOWN_AT_LATEST, "24647e0a39b6",
	    "KVM_GET_LAPIC gives the current count" }, true },
};
FORMS_END(save)

const struct restore_variant restore_variants[] = {
	{ { "full", KERNEL_FIRST, KNOWN_READ, NULL,
	    "KVM_SET_LAPIC starts the whole count anew" }, restore_full, true, true },
	{ { "saved", KERNEL_RELEASE(5, 8), KNOWN_AT_LATEST, "24647e0a39b6",
	    "goes on from the saved count; one that had run out starts anew" },
	  restore_saved, true, true },
	{ { "saved_due", KERNEL_RELEASE(6, 3), KNOWN_INFERRED, "8e6ed96cdd50",
	    "a one-shot count that had run out fires at once" }, restore_saved_due, false, false },
};
FORMS_END(restore)

const struct restore_cancel_variant restore_cancel_variants[] = {
	{ { "hrtimer", KERNEL_FIRST, KNOWN_READ, NULL,
	    "KVM_SET_LAPIC cancels the hrtimer" }, false },
	{ { "both", KERNEL_RELEASE(5, 16), KNOWN_INFERRED, "35fe7cfbab2e",
	    "KVM_SET_LAPIC cancels the preemption timer too" }, true },
};
FORMS_END(restore_cancel)

const struct restore_apicv_variant restore_apicv_variants[] = {
	{ { "lost", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "an interrupt in flight can be lost while the state is loaded" }, false },
	{ { "kept", KERNEL_RELEASE(6, 6), KNOWN_INFERRED, "9cfec6d097c6",
	    "an interrupt in flight is kept" }, true },
};
FORMS_END(restore_apicv)
/* clang-format on */

/* --- IA32_TSC_DEADLINE --- */

static bool counts(enum lapic_timer_mode mode)
{
	return mode == LAPIC_MODE_ONESHOT || mode == LAPIC_MODE_PERIODIC;
}

/* The reserved mode passes. */
static bool write_not_count_mode(const struct deadline_write_input *in)
{
	return in->in_kernel && !counts(in->mode);
}

static bool write_present(const struct deadline_write_input *in)
{
	return in->in_kernel && in->enabled && !counts(in->mode);
}

static bool write_deadline_mode(const struct deadline_write_input *in)
{
	return in->in_kernel && in->enabled && in->mode == LAPIC_MODE_TSC_DEADLINE;
}

static bool read_not_count_mode(enum lapic_timer_mode mode) { return !counts(mode); }

static bool read_deadline_mode(enum lapic_timer_mode mode)
{
	return mode == LAPIC_MODE_TSC_DEADLINE;
}

/* clang-format off */
const struct deadline_write_variant deadline_write_variants[] = {
	{ { "not_count_mode", KERNEL_FIRST, KNOWN_READ, NULL,
	    "taken unless the mode is one-shot or periodic" }, write_not_count_mode },
	{ { "present", KERNEL_RELEASE(5, 8), KNOWN_INFERRED, NULL,
	    "and the APIC is enabled" }, write_present },
	{ { "deadline_mode", KERNEL_RELEASE(5, 10), KNOWN_AT_LATEST, NULL,
	    "taken in TSC-deadline mode only" }, write_deadline_mode },
};
FORMS_END(deadline_write)

const struct deadline_read_variant deadline_read_variants[] = {
	{ { "not_count_mode", KERNEL_FIRST, KNOWN_READ, NULL,
	    "reads 0 in one-shot and periodic mode" }, read_not_count_mode },
	{ { "deadline_mode", KERNEL_RELEASE(4, 10), KNOWN_INFERRED, NULL,
	    "reads 0 in all modes but TSC-deadline" }, read_deadline_mode },
};
FORMS_END(deadline_read)
/* clang-format on */
