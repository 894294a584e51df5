/* SPDX-License-Identifier: MIT */
/*
 * sw_deadline - arming an hrtimer for a guest's TSC deadline.
 *
 * Both clocks are sampled together, with interrupts off. The distance is converted with the rate
 * that KVM believes the guest has (virtual_tsc_khz), not the hardware's, and wraps as kvm_time.h
 * says. Units: guest cycles; ns of CLOCK_MONOTONIC, modulo 2^64 (an expiry may lie in the past).
 * Source: start_sw_tscdeadline(), arch/x86/kvm/lapic.c.
 */
#ifndef SW_DEADLINE_H
#define SW_DEADLINE_H

#include "kernel.h"
#include "units.h"

struct sw_deadline_input {
	guest_cycles_t deadline; /* 0: disarmed */
	guest_cycles_t guest_tsc;
	ns_t now;
	khz_t guest_khz; /* 0: not set yet, nothing is done */
	uint32_t advance_ns;
};

enum sw_deadline_action {
	SW_DEADLINE_NOTHING,
	SW_DEADLINE_EXPIRE, /* at once, in the starter's context */
	SW_DEADLINE_ARM,
};
struct sw_deadline {
	enum sw_deadline_action action;
	ns_t expires; /* SW_DEADLINE_ARM */
};

struct sw_deadline sw_deadline(const struct kernel *kernel, const struct sw_deadline_input *in);

#endif
