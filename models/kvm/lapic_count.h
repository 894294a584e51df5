/* SPDX-License-Identifier: MIT */
/*
 * lapic_count - the local-APIC timer's registers in one-shot and periodic mode.
 *
 *	TMICT, state loaded -> period -> target, and the same as a TSC deadline
 *	TDCR                -> divider; the remaining time rescaled
 *	LVTT                -> mode
 *	periodic expiry     -> target + period
 *
 * Only the registers: which timer runs, and when it is cancelled and started, is timer_start.h's
 * business. Both clocks of `struct lapic_count_clock` are read at the same instant. In releases
 * that keep the target in the hrtimer, `target` is the expiry that the hrtimer was given, and there
 * is no derived TSC deadline.
 *
 * Units:    ns of CLOCK_MONOTONIC; guest cycles. Sums wrap at 64 bits, as the kernel's.
 * Rounding: truncating throughout; kvm_time.h converts.
 * Errors:   none. A bus cycle of 0 is refused by the scenario reader, and aborts here.
 * Source:   arch/x86/kvm/lapic.c. What differs between releases: models/history/registers.h.
 */
#ifndef LAPIC_COUNT_H
#define LAPIC_COUNT_H

#include "kernel.h"
#include "kvm_time.h"
#include "lapic_mode.h"
#include "registers.h"
#include "units.h"

struct lapic_count_config {
	uint32_t bus_cycle_ns;  /* as user space asked; 1 where nobody did */
	uint32_t min_period_us; /* module parameter; kernel->min_period->us by default */
};

struct lapic_count {
	enum lapic_timer_mode mode;
	uint32_t tmict, tdcr;
	uint32_t tmcct;             /* the raw register; what the guest reads is computed */
	uint32_t divide;            /* of tdcr */
	uint64_t period_ns;         /* period, or length of the one-shot count; 0: stopped */
	ns_t target;                /* the expiry; stays as it is when the count is 0 */
	guest_cycles_t tscdeadline; /* in TSC-deadline mode the MSR; otherwise derived */
};

struct lapic_count_clock {
	ns_t now;
	guest_cycles_t guest_tsc;
	const struct guest_rate *rate;
};

struct lapic_count_change {
	bool running; /* there is a new target: (re)start the timer */
	bool limited; /* a line is logged: period raised, or saved count cut */
};

/* 1 to 128; bit 2 is ignored. */
uint32_t lapic_divide_count(uint32_t tdcr);

/* TMICT was written: lc->tmict holds it. Not in TSC-deadline mode. */
struct lapic_count_change lapic_count_start(const struct kernel *kernel, struct lapic_count *lc,
					    const struct lapic_count_config *cfg,
					    const struct lapic_count_clock *clock);

/* KVM_SET_LAPIC: lc->mode, tmict and tdcr hold what was loaded, @tmcct is the saved count. */
struct lapic_count_change lapic_count_restore(const struct kernel *kernel, struct lapic_count *lc,
					      const struct lapic_count_config *cfg,
					      const struct lapic_count_clock *clock,
					      uint32_t tmcct);

/* Will the write of @tdcr rescale the running timer, which is cancelled first? */
bool lapic_count_rescales(const struct kernel *kernel, const struct lapic_count *lc, uint32_t tdcr);

/* TDCR is written. Running: the timer was rescaled. */
struct lapic_count_change lapic_count_set_divide(const struct kernel *kernel,
						 struct lapic_count *lc,
						 const struct lapic_count_config *cfg,
						 const struct lapic_count_clock *clock,
						 uint32_t tdcr);

/* LVTT is written: returns what the caller cancels; the registers are done. */
struct mode_switch lapic_count_set_mode(const struct kernel *kernel, struct lapic_count *lc,
					const struct lapic_count_config *cfg,
					enum lapic_timer_mode mode, bool *limited);

/* A periodic expiry: the target moves on by one period. */
void lapic_count_advance(const struct kernel *kernel, struct lapic_count *lc,
			 const struct lapic_count_clock *clock);

/* kvm_inject_apic_timer_irqs(): the interrupt was delivered. */
void lapic_count_delivered(const struct kernel *kernel, struct lapic_count *lc);

/* TMCCT as the guest reads it at @now. */
uint32_t lapic_count_tmcct(const struct kernel *kernel, const struct lapic_count *lc,
			   const struct lapic_count_config *cfg, ns_t now);

/* TMCCT as KVM_GET_LAPIC gives it. */
uint32_t lapic_count_saved(const struct kernel *kernel, const struct lapic_count *lc,
			   const struct lapic_count_config *cfg, ns_t now);

#endif
