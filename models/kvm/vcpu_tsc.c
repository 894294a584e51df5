/* SPDX-License-Identifier: MIT */
#include "vcpu.h"

#include "sim_wrap.h"

host_cycles_t vcpu_host_tsc(const struct vcpu *vcpu)
{
	return clock_tsc(vcpu->clock, sim_now(vcpu->host->sim));
}

guest_cycles_t vcpu_tsc_at(const struct vcpu *vcpu, ps_t at)
{
	return kvm_l1_tsc(clock_tsc(vcpu->clock, at), vcpu->tsc_offset, vcpu->rate.ratio,
			  vcpu->rate.frac_bits);
}

guest_cycles_t vcpu_tsc(const struct vcpu *vcpu)
{
	return vcpu_tsc_at(vcpu, sim_now(vcpu->host->sim));
}

struct lapic_count_clock vcpu_count_clock(const struct vcpu *vcpu)
{
	return (struct lapic_count_clock){
		.now = host_monotonic(vcpu->host),
		.guest_tsc = vcpu_tsc(vcpu),
		.rate = &vcpu->rate,
	};
}

ps_t vcpu_tsc_edge(const struct vcpu *vcpu, guest_cycles_t value)
{
	const struct clock *clock = vcpu->clock;

	const uint64_t now = vcpu_tsc(vcpu).v;

	/* Past is what the kernel takes for past, by an unsigned comparison with now; a value from
	 * before the run is not taken for one wrap later. A TSC set during the run may have begun
	 * below 0. */
	if (value.v <= now && now - value.v >= wrap_sub(now, vcpu_tsc_at(vcpu, ps(0)).v))
		return ps(0);

	const uint64_t scaled = wrap_sub(value.v, vcpu->tsc_offset);
	const struct wide host =
		wide_div_up(wide_shl(wide(scaled), vcpu->rate.frac_bits), vcpu->rate.ratio);

	if (host.hi)
		return PS_NEVER;
	return clock_tsc_edge(clock, host.lo - clock->start_tsc);
}

void vcpu_tsc_changes(struct vcpu *vcpu)
{
	vcpu->tsc_seen_valid = false;
	account_tsc_changes(vcpu);
}

void vcpu_set_khz(struct vcpu *vcpu, khz_t khz)
{
	vcpu_tsc_changes(vcpu);
	tsc_set_khz(vcpu->kernel, &vcpu->tsc_host, khz, &vcpu->rate);
}

static void note_write(struct vcpu *vcpu)
{
	vcpu->tsc_written = vcpu_tsc(vcpu);
	vcpu->tsc_written_at = host_monotonic(vcpu->host);
}

void vcpu_write_tsc(struct vcpu *vcpu, guest_cycles_t value)
{
	vcpu_tsc_changes(vcpu);
	vcpu->tsc_offset =
		kvm_tsc_offset(value, vcpu_host_tsc(vcpu), vcpu->rate.ratio, vcpu->rate.frac_bits);
	note_write(vcpu);
}

void vcpu_adjust_tsc(struct vcpu *vcpu, int64_t by)
{
	vcpu_tsc_changes(vcpu);
	vcpu->tsc_offset = wrap_add(vcpu->tsc_offset, (uint64_t)by);
	note_write(vcpu);
}

void vcpu_catch_up(struct vcpu *vcpu)
{
	const ns_t elapsed = ns(host_monotonic(vcpu->host).v - vcpu->tsc_written_at.v);
	const uint64_t target = vcpu->tsc_written.v + kvm_nsec_to_cycles(elapsed, &vcpu->rate).v;
	const uint64_t now = vcpu_tsc(vcpu).v;

	if (target > now) { /* only forward */
		vcpu_tsc_changes(vcpu);
		vcpu->tsc_offset += target - now;
	}
}
