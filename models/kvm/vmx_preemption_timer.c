/* SPDX-License-Identifier: MIT */
#include "vmx_preemption_timer.h"

#include <assert.h>

#define COUNTER_BITS 32

void vmx_preemption_timer_init(struct vmx_preemption_timer *vpt)
{
	/* Nothing has to be switched off at the first entry. */
	*vpt = (struct vmx_preemption_timer){ { VMX_HV_NOT_ARMED }, false, true };
}

bool vmx_can_use_hv_timer(const struct kernel *kernel, bool present, enum lapic_timer_mode mode,
			  bool mwait_in_guest, bool can_post)
{
	return present && kernel->hv_modes->used(mode) &&
	       !kernel->hv_refuse->refused(mwait_in_guest, can_post);
}

/* Guest cycles until the timer has to fire; nothing is left of a deadline that is past. */
static uint64_t distance(const struct kernel *kernel, const struct vmx_hv_input *in)
{
	uint64_t cycles = in->deadline.v > in->guest_tsc.v ? in->deadline.v - in->guest_tsc.v : 0;
	uint64_t advance = 0;

	if (kernel->hv_advance->advanced)
		advance = kvm_nsec_to_cycles(ns(in->advance_ns), in->rate).v;
	return cycles > advance ? cycles - advance : 0;
}

/* Guest cycles to host cycles. False: the quotient would need more than 64 bits. */
static bool divide_by_ratio(const struct guest_rate *rate, uint64_t *cycles)
{
	if (*cycles >> (64 - rate->frac_bits) >= rate->ratio)
		return false;
	*cycles = wide_div(wide_shl(wide(*cycles), rate->frac_bits), rate->ratio).lo;
	return true;
}

struct vmx_hv_result vmx_set_hv_timer(const struct kernel *kernel, struct vmx_preemption_timer *vpt,
				      const struct vmx_hv_input *in)
{
	struct vmx_hv_result r = { .outcome = HV_SET_FAILED };
	uint64_t delta = distance(kernel, in);

	assert(in->rate_shift < COUNTER_BITS && in->rate->frac_bits < 64);
	if (guest_rate_scaled(in->rate) && kernel->hv_divide->divides(delta)) {
		r.divides = 1;
		if (!divide_by_ratio(in->rate, &delta))
			return r;
	}
	if (delta >> in->rate_shift >> COUNTER_BITS)
		return r;

	vpt->deadline = host_cycles(in->host_tsc.v + delta);
	r.delta = host_cycles(delta);
	r.due = delta == 0;
	r.outcome = r.due && kernel->hv_due->how != HV_DUE_NONE ? HV_SET_DUE : HV_SET_OK;
	return r;
}

void vmx_cancel_hv_timer(const struct kernel *kernel, struct vmx_preemption_timer *vpt)
{
	vpt->deadline = host_cycles(VMX_HV_NOT_ARMED);
}

static uint32_t ticks_left(const struct vmx_preemption_timer *vpt, host_cycles_t host_tsc,
			   unsigned rate_shift)
{
	if (host_tsc.v >= vpt->deadline.v)
		return 0;
	return (uint32_t)((vpt->deadline.v - host_tsc.v) >> rate_shift);
}

struct vmx_hv_entry vmx_hv_entry(const struct kernel *kernel, struct vmx_preemption_timer *vpt,
				 host_cycles_t host_tsc, unsigned rate_shift, bool immediate_exit)
{
	const enum hv_off off = kernel->hv_off->how;
	bool wanted = vpt->deadline.v != VMX_HV_NOT_ARMED || immediate_exit;
	struct vmx_hv_entry e = { .counts = wanted, .written = wanted };

	if (wanted && !immediate_exit)
		e.value = ticks_left(vpt, host_tsc, rate_shift);
	if (off == HV_OFF_BIT_AT_ENTRY) {
		e.control = vpt->control_bit != wanted;
		vpt->control_bit = wanted;
	}
	if (off != HV_OFF_SOFT)
		return e;

	e.counts = true;
	if (!wanted) {
		e.value = VMX_HV_LONGEST;
		e.written = !vpt->soft_disabled;
	}
	vpt->soft_disabled = !wanted;
	return e;
}

bool vmx_hv_exit_counts(const struct vmx_preemption_timer *vpt, bool immediate_exit)
{
	return !immediate_exit && vpt->deadline.v != VMX_HV_NOT_ARMED;
}
