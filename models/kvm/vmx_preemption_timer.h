/* SPDX-License-Identifier: MIT */
/*
 * vmx_preemption_timer - the counter that VMX runs in guest mode, and how KVM programs it.
 *
 *	vmx_set_hv_timer() stores a deadline in host cycles
 *	-> vmx_hv_entry() makes a count of it at each VM-entry
 *	-> the count runs out: exit reason 52; vmx_hv_exit_counts() says whether it means anything
 *
 * Pure, but for the state that the caller embeds. One tick is 2^rate_shift host cycles.
 *
 * Units:    guest cycles in, host cycles stored, ticks at entry; sums modulo 2^64.
 * Rounding: ticks are truncated, and the first one is shorter than a tick: the timer fires up to
 *           about two ticks early. The ratio is divided by with a 128-bit dividend, truncating.
 * Errors:   HV_SET_FAILED for what does not fit the counter; the deadline stays what it was.
 * Left out: CPUs whose counter is broken. See docs/model-limits.md.
 * Source:   arch/x86/kvm/vmx.c; Intel SDM vol. 3C. Releases: models/history/hv_timer.h.
 */
#ifndef VMX_PREEMPTION_TIMER_H
#define VMX_PREEMPTION_TIMER_H

#include "hv_timer.h"
#include "kernel.h"
#include "kvm_time.h"
#include "units.h"

#define VMX_HV_NOT_ARMED UINT64_MAX
#define VMX_HV_LONGEST UINT32_MAX

struct vmx_preemption_timer {
	host_cycles_t deadline; /* VMX_HV_NOT_ARMED: none */
	bool control_bit;       /* hv_off.bit_at_entry: as the last entry left it */
	bool soft_disabled;     /* hv_off.soft: counts from the longest value, means nothing */
};

struct vmx_hv_input {
	host_cycles_t host_tsc; /* both read at the same instant */
	guest_cycles_t guest_tsc;
	guest_cycles_t deadline;
	uint32_t advance_ns;
	const struct guest_rate *rate;
	unsigned rate_shift; /* IA32_VMX_MISC[4:0] */
};
struct vmx_hv_result {
	enum hv_set outcome; /* as the release reports it */
	bool due;            /* whether it is reported or not */
	unsigned divides;    /* 128-bit divisions made: 0 or 1 */
	host_cycles_t delta; /* the stored deadline less host_tsc; not if it failed */
};

void vmx_preemption_timer_init(struct vmx_preemption_timer *vpt);

/* May the preemption timer back a timer in @mode? @present: the CPU and the module have it. */
bool vmx_can_use_hv_timer(const struct kernel *kernel, bool present, enum lapic_timer_mode mode,
			  bool mwait_in_guest, bool can_post);

struct vmx_hv_result vmx_set_hv_timer(const struct kernel *kernel, struct vmx_preemption_timer *vpt,
				      const struct vmx_hv_input *in);

void vmx_cancel_hv_timer(const struct kernel *kernel, struct vmx_preemption_timer *vpt);

struct vmx_hv_entry {
	bool counts;    /* in guest mode; value is what it has left, in ticks */
	uint32_t value; /* 0: the exit comes before the first guest instruction */
	bool written;   /* the counter's field was written at this entry */
	bool control; /* the control bit was written at this entry; by bit_at_set, at set and cancel
			 instead */
};

/* At each VM-entry. @immediate_exit: the guest must be left at once (v4.19 and later ask so). */
struct vmx_hv_entry vmx_hv_entry(const struct kernel *kernel, struct vmx_preemption_timer *vpt,
				 host_cycles_t host_tsc, unsigned rate_shift, bool immediate_exit);

/* Does an exit of the counter mean that the timer expired? Not one that was asked for. */
bool vmx_hv_exit_counts(const struct vmx_preemption_timer *vpt, bool immediate_exit);

#endif
