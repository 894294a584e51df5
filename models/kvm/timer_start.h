/* SPDX-License-Identifier: MIT */
/*
 * timer_start - in which order the guest's timer is started, fired, and moved between the hrtimer
 * and the VMX preemption timer.
 *
 * A plan that unfolds: what a step brings about decides the next one, and between two steps the
 * other timer may fire. Each call gives one step; the model carries it out, with what it costs, and
 * asks again with what it sees then.
 *
 *	timer_start_begin(&ts, op)
 *	while (step = timer_start_next(kernel, &ts, &view), step.kind != TIMER_STEP_DONE)
 *		carry out the step; fill the view anew
 *
 * Pure: the state is in `ts`, what is seen in the view. A step is decided by the view of the call
 * that returns it, so the clocks of the software starter are those of that call.
 *
 * Units:    ns of CLOCK_MONOTONIC, guest cycles. Rounding: sw_deadline.h.
 * Errors:   none.
 * Source:   arch/x86/kvm/lapic.c. What differs between releases: models/history/hv_timer.h,
 * start.h.
 */
#ifndef TIMER_START_H
#define TIMER_START_H

#include "hv_timer.h"
#include "kernel.h"
#include "lapic_mode.h"
#include "units.h"

enum timer_op {
	TIMER_OP_REARM,          /* restart_apic_timer(): the target is set; start what fits */
	TIMER_OP_START,          /* STORE, then REARM, unless the count is 0                 */
	TIMER_OP_WRITE_COUNT,    /* TMICT: cancel, then START                                */
	TIMER_OP_WRITE_DEADLINE, /* IA32_TSC_DEADLINE: cancel, then START                    */
	TIMER_OP_RESTORE,        /* KVM_SET_LAPIC: cancel, then START                        */
	TIMER_OP_RESCALE,        /* TDCR, if lapic_count_rescales(): cancel, STORE, REARM    */
	TIMER_OP_HV_FIRES,       /* exit reason 52                                           */
	TIMER_OP_TO_HV,          /* the vCPU runs again; ask kernel->to_hv_when first        */
	TIMER_OP_TO_SW,          /* the vCPU blocks                                          */
	TIMER_OP_LOAD_HV,        /* loaded on another CPU; nothing unless hv is in use       */
};

enum timer_step_kind {
	TIMER_STEP_DONE,
	TIMER_STEP_STORE,          /* what was written takes effect: lapic_count_start(),
				      _restore(), _set_divide(), or the deadline. pending = 0,
				      but not for RESCALE                                       */
	TIMER_STEP_HRTIMER_CANCEL, /* hrtimer_cancel(): its callback may run meanwhile          */
	TIMER_STEP_HRTIMER_START,  /* at step.expires                                           */
	TIMER_STEP_SET_HV,         /* vmx_set_hv_timer(); its outcome goes into view.set_hv     */
	TIMER_STEP_USE_HV,         /* hv_in_use = true; costs nothing                           */
	TIMER_STEP_CANCEL_HV,      /* vmx_cancel_hv_timer(), hv_in_use = false                  */
	TIMER_STEP_EXPIRE,         /* apic_timer_expired(), in the vCPU's own context           */
	TIMER_STEP_ADVANCE_TARGET, /* lapic_count_advance()                                     */
	TIMER_STEP_TRACE_HV,       /* kvm_hv_timer_state with hv_in_use                         */
	TIMER_STEP_WARN,           /* the kernel warns in its log                               */
};
struct timer_step {
	enum timer_step_kind kind;
	ns_t expires; /* TIMER_STEP_HRTIMER_START */
};

/* The vCPU's timer as it is when the next step is asked for. */
struct timer_view {
	enum lapic_timer_mode mode;
	bool hv_supported; /* vmx_can_use_hv_timer() */
	bool hv_in_use;
	bool pending;
	uint64_t period_ns;         /* 0: no count      */
	ns_t target;                /* one-shot and periodic */
	guest_cycles_t tscdeadline; /* 0: none          */
	ns_t now;                   /* both clocks at one instant */
	guest_cycles_t guest_tsc;
	khz_t guest_khz;
	uint32_t advance_ns;
	enum hv_set set_hv; /* of the last TIMER_STEP_SET_HV */
};

/* Where in its plan a timer is; private to timer_start.c. */
struct timer_start {
	uint8_t phase;
	uint8_t refused;    /* phase that follows if the preemption timer is not started */
	enum timer_op op;   /* whose STORE it is, for the model */
	enum hv_set set_hv; /* what the last SET_HV brought */
	ns_t expires;
};

void timer_start_begin(struct timer_start *ts, enum timer_op op);

struct timer_step timer_start_next(const struct kernel *kernel, struct timer_start *ts,
				   const struct timer_view *view);

#endif
