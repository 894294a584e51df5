/* SPDX-License-Identifier: MIT */
/*
 * kvm_time - KVM's own conversions between ns, guest cycles and host cycles, to the last bit.
 *
 * Each rounds and wraps as the kernel's does: products modulo 2^64 where the kernel keeps 64 bits,
 * 128 bits where it keeps more, quotients truncated. The rules are one in every release read; what
 * differs stands in tsc_rate.h. Errors: rates of 0 are a bug of the caller and abort.
 * Source: arch/x86/kvm/x86.c, arch/x86/include/asm/pvclock.h, arch/x86/lib/delay.c.
 */
#ifndef KVM_TIME_H
#define KVM_TIME_H

#include "units.h"

/* x * scaled / base == ((x << shift) * mult) >> 32 */
struct time_scale {
	uint32_t mult;
	int8_t shift; /* negative: to the right, low bits are lost */
};

/* A guest's rate as KVM believes it, and the hardware's ratio. */
struct guest_rate {
	khz_t khz;                      /* virtual_tsc_khz                                    */
	struct time_scale ns_to_cycles; /* virtual_tsc_mult, virtual_tsc_shift                */
	uint64_t ratio;                 /* fixed point; 1 << frac_bits: the host TSC as it is */
	unsigned frac_bits;             /* 48 on VMX, 32 on SVM                               */
	bool catchup, always_catchup;   /* the clock is corrected forward now and then        */
};

/* Cycles to ns by a kHz rate: the product is taken modulo 2^64, the quotient truncated. */
uint64_t kvm_cycles_to_ns(uint64_t cycles, khz_t khz);

/* Factors with the multiplier in [2^31, 2^32). Both rates in Hz, neither 0. */
struct time_scale kvm_time_scale(uint64_t scaled_hz, uint64_t base_hz);
struct time_scale kvm_ns_to_cycles_scale(khz_t khz);
struct time_scale kvm_cycles_to_ns_scale(khz_t khz);

/* 96-bit product, low 64 bits after the shift. |shift| is below 64. */
uint64_t kvm_scale_delta(uint64_t x, struct time_scale scale);

/* nsec_to_cycles(): ns to guest cycles; not the inverse of kvm_cycles_to_ns() to the last bit. */
guest_cycles_t kvm_nsec_to_cycles(ns_t n, const struct guest_rate *rate);

bool guest_rate_scaled(const struct guest_rate *rate);

/* The hardware's scaling of @tsc; the ratio 1.0 multiplies nothing. */
uint64_t kvm_scale_tsc(host_cycles_t tsc, uint64_t ratio, unsigned frac_bits);

/* What to add to the scaled host TSC @now so that the guest reads @target, modulo 2^64. */
uint64_t kvm_tsc_offset(guest_cycles_t target, host_cycles_t now, uint64_t ratio,
			unsigned frac_bits);

/* read_l1_tsc(): offset + scaled host TSC, modulo 2^64. */
guest_cycles_t kvm_l1_tsc(host_cycles_t now, uint64_t offset, uint64_t ratio, unsigned frac_bits);

/* A busy wait asked for at VM-entry. */
enum busy_wait_unit {
	BUSY_WAIT_NONE,
	BUSY_WAIT_HOST_CYCLES, /* __delay() */
	BUSY_WAIT_HOST_NS,     /* ndelay()  */
	BUSY_WAIT_1NS_STEPS,   /* ndelay(1) until the guest's TSC has come far enough */
};
struct busy_wait {
	enum busy_wait_unit unit;
	uint64_t amount;    /* in the unit; of steps, host cycles that must pass */
	uint64_t steps_max; /* of steps */
};

/* How long the delay primitive spins: __delay() exactly, ndelay() up to 16 % too long; in
 * steps, whole steps of ndelay(1). */
host_cycles_t busy_wait_host_cycles(struct busy_wait wait, khz_t tsc_khz);

#endif
