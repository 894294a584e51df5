/* SPDX-License-Identifier: MIT */
#include "kvm_time.h"

#include "sim_wrap.h"

#include <assert.h>

uint64_t kvm_cycles_to_ns(uint64_t cycles, khz_t khz)
{
	assert(khz.v);
	return wrap_mul(cycles, UINT64_C(1000000)) / khz.v;
}

struct time_scale kvm_time_scale(uint64_t scaled_hz, uint64_t base_hz)
{
	uint64_t scaled = scaled_hz, wide = base_hz;
	uint32_t base;
	int shift = 0;

	assert(scaled && wide);
	while (wide > scaled * 2 || wide >> 32) {
		wide >>= 1;
		shift--;
	}

	base = (uint32_t)wide;
	while (base <= scaled || scaled >> 32) {
		if (scaled >> 32 || base >> 31)
			scaled >>= 1;
		else
			base <<= 1;
		shift++;
	}
	return (struct time_scale){ (uint32_t)((scaled << 32) / base), (int8_t)shift };
}

struct time_scale kvm_ns_to_cycles_scale(khz_t khz)
{
	return kvm_time_scale((uint64_t)khz.v * 1000, NSEC_PER_SEC);
}

struct time_scale kvm_cycles_to_ns_scale(khz_t khz)
{
	return kvm_time_scale(NSEC_PER_SEC, (uint64_t)khz.v * 1000);
}

WRAPS uint64_t kvm_scale_delta(uint64_t x, struct time_scale scale)
{
	assert(scale.shift > -64 && scale.shift < 64);
	x = scale.shift < 0 ? x >> -scale.shift : x << scale.shift;
	return mul_u64_u64_shr(x, scale.mult, 32);
}

guest_cycles_t kvm_nsec_to_cycles(ns_t n, const struct guest_rate *rate)
{
	return guest_cycles(kvm_scale_delta(n.v, rate->ns_to_cycles));
}

bool guest_rate_scaled(const struct guest_rate *rate)
{
	return rate->ratio != UINT64_C(1) << rate->frac_bits;
}

uint64_t kvm_scale_tsc(host_cycles_t tsc, uint64_t ratio, unsigned frac_bits)
{
	if (ratio == UINT64_C(1) << frac_bits)
		return tsc.v;
	return mul_u64_u64_shr(tsc.v, ratio, frac_bits);
}

uint64_t kvm_tsc_offset(guest_cycles_t target, host_cycles_t now, uint64_t ratio,
			unsigned frac_bits)
{
	return wrap_sub(target.v, kvm_scale_tsc(now, ratio, frac_bits));
}

guest_cycles_t kvm_l1_tsc(host_cycles_t now, uint64_t offset, uint64_t ratio, unsigned frac_bits)
{
	return guest_cycles(wrap_add(offset, kvm_scale_tsc(now, ratio, frac_bits)));
}

static uint64_t ndelay_cycles(uint64_t n, khz_t tsc_khz)
{
	/* ndelay() counts in 2^-32 of a second; 5 stands for 2^32 / 10^9, which is 4.29. */
	const uint32_t xloops_per_ns = 5;
	/* lpj * HZ is the host's rate in Hz; a quarter of it, and four times the loops. */
	const uint64_t quarter_hz = (uint64_t)tsc_khz.v * 250;

	return mul_u64_u64_shr(n, xloops_per_ns * 4 * quarter_hz, 32) + 1;
}

static uint64_t steps_cycles(struct busy_wait wait, khz_t tsc_khz)
{
	const uint64_t step = ndelay_cycles(1, tsc_khz);
	const uint64_t steps = wait.amount / step + (wait.amount % step != 0);

	return (steps < wait.steps_max ? steps : wait.steps_max) * step;
}

host_cycles_t busy_wait_host_cycles(struct busy_wait wait, khz_t tsc_khz)
{
	switch (wait.unit) {
	case BUSY_WAIT_NONE: break;
	case BUSY_WAIT_HOST_CYCLES: return host_cycles(wait.amount);
	case BUSY_WAIT_HOST_NS: return host_cycles(ndelay_cycles(wait.amount, tsc_khz));
	case BUSY_WAIT_1NS_STEPS: return host_cycles(steps_cycles(wait, tsc_khz));
	}
	return host_cycles(0);
}
