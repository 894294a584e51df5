/* SPDX-License-Identifier: MIT */
/*
 * registers - what a write or a read of the local-APIC timer's registers does, by release: counts,
 * divider, mode, save and restore, and the deadline's MSR.
 *
 * Plain values and pure functions; models/kvm/lapic_count.[ch] puts those of one-shot and periodic
 * mode together. Units: ns of CLOCK_MONOTONIC; guest cycles; both modulo 2^64, as the kernel's.
 * Source: arch/x86/kvm/lapic.c.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "kernel.h"
#include "kvm_time.h"
#include "lapic_mode.h"
#include "units.h"

/* --- TMICT --- */

/* Where the expiry of a count is kept. */
struct target_variant {
	struct variant variant;
	bool field; /* in target_expiration, and as a TSC deadline; otherwise in the hrtimer alone
		     */
};
extern const struct target_variant target_variants[];
extern const size_t target_variants_n;

/* A count of 0 is written. */
struct count_zero_variant {
	struct variant variant;
	bool clear; /* the derived TSC deadline becomes 0 too */
};
extern const struct count_zero_variant count_zero_variants[];
extern const size_t count_zero_variants_n;

struct count_cancel_variant {
	struct variant variant;
	bool hv_too; /* a write of TMICT cancels the preemption timer, not the hrtimer alone */
};
extern const struct count_cancel_variant count_cancel_variants[];
extern const size_t count_cancel_variants_n;

/* Default of the module parameter min_timer_period_us. */
struct min_period_variant {
	struct variant variant;
	uint32_t us;
};
extern const struct min_period_variant min_period_variants[];
extern const size_t min_period_variants_n;

/* A periodic timer is raised to the shortest period when it starts; always. */
struct clamp_variant {
	struct variant variant;
	bool later_too; /* also at a change of mode, and of the divider */
};
extern const struct clamp_variant clamp_variants[];
extern const size_t clamp_variants_n;

struct bus_cycle_variant {
	struct variant variant;
	uint32_t (*cycle_ns)(uint32_t vm_ns); /* of what user space asked for */
};
extern const struct bus_cycle_variant bus_cycle_variants[];
extern const size_t bus_cycle_variants_n;

/* --- TDCR --- */

struct divide_variant {
	struct variant variant;
	bool rescale; /* what remains of a running timer is converted, and the timer restarted */
};
extern const struct divide_variant divide_variants[];
extern const size_t divide_variants_n;

struct divide_store_variant {
	struct variant variant;
	uint32_t (*stored)(uint32_t written);
};
extern const struct divide_store_variant divide_store_variants[];
extern const size_t divide_store_variants_n;

/* --- LVTT --- */

struct mode_switch { /* what a change of mode does besides */
	bool cancel_hrtimer, cancel_hv;
	bool clear_pending;
	bool zero; /* TMICT, period and TSC deadline */
};
struct mode_switch_variant {
	struct variant variant;
	struct mode_switch (*of)(enum lapic_timer_mode from, enum lapic_timer_mode to);
};
extern const struct mode_switch_variant mode_switch_variants[];
extern const size_t mode_switch_variants_n;

/* --- a periodic expiry --- */

struct advance_target_input {
	ns_t target;
	uint64_t period_ns;
	guest_cycles_t tscdeadline;
	ns_t now; /* both clocks at the same instant */
	guest_cycles_t guest_tsc;
	const struct guest_rate *rate;
};
struct advanced_target {
	ns_t target;
	guest_cycles_t tscdeadline;
};
struct advance_target_variant {
	struct variant variant;
	struct advanced_target (*advance)(const struct advance_target_input *in);
};
extern const struct advance_target_variant advance_target_variants[];
extern const size_t advance_target_variants_n;

/* --- KVM_GET_LAPIC, KVM_SET_LAPIC --- */

struct save_variant {
	struct variant variant;
	bool computed; /* TMCCT as the guest would read it; otherwise the raw register */
};
extern const struct save_variant save_variants[];
extern const size_t save_variants_n;

struct restore_input {
	int64_t saved_ns;  /* what the saved TMCCT stands for */
	int64_t period_ns; /* of TMICT, raised to the shortest period already */
	bool periodic;
};
struct restored_count {
	int64_t ns;    /* until the expiry */
	bool too_long; /* longer than the period, which was taken instead; a line is logged */
};
struct restore_variant {
	struct variant variant;
	struct restored_count (*count)(const struct restore_input *in);
	bool keeps_tmcct; /* the register holds what was loaded, unless it was too long */
	bool keeps_owed;  /* a deadline that is owed to the busy wait outlives the load */
};
extern const struct restore_variant restore_variants[];
extern const size_t restore_variants_n;

struct restore_cancel_variant {
	struct variant variant;
	bool hv_too; /* loading a state cancels the preemption timer, not the hrtimer alone */
};
extern const struct restore_cancel_variant restore_cancel_variants[];
extern const size_t restore_cancel_variants_n;

/* With APICv, and the timer's interrupt in flight while the state is loaded. */
struct restore_apicv_variant {
	struct variant variant;
	bool kept;
};
extern const struct restore_apicv_variant restore_apicv_variants[];
extern const size_t restore_apicv_variants_n;

/* --- IA32_TSC_DEADLINE --- */

struct deadline_write_input {
	enum lapic_timer_mode mode;
	bool in_kernel; /* the local APIC is emulated in the kernel */
	bool enabled;
};
struct deadline_write_variant {
	struct variant variant;
	bool (*accepted)(const struct deadline_write_input *in);
};
extern const struct deadline_write_variant deadline_write_variants[];
extern const size_t deadline_write_variants_n;

/* Is the deadline read back, or 0? */
struct deadline_read_variant {
	struct variant variant;
	bool (*given)(enum lapic_timer_mode mode);
};
extern const struct deadline_read_variant deadline_read_variants[];
extern const size_t deadline_read_variants_n;

#endif
