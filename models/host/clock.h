/* SPDX-License-Identifier: MIT */
/*
 * clock - the host's TSC and CLOCK_MONOTONIC, read at an instant.
 *
 * Both are linear integer functions of the instant, from the epoch and never incrementally: after
 * 2^31 events they are as exact as after one. An edge ("the clock reads at least v") is the first
 * instant at which reading it gives that (rule R1).
 *
 * Units:    instants ps; TSC in cycles modulo 2^64; CLOCK_MONOTONIC in ns.
 * Rounding: reading rounds down, an edge is exact.
 * Source:   hardware and arch/x86/kernel/tsc.c; the kernel's own conversions are in
 * models/history/kvm_time.h.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "sim_time.h"
#include "sim_wrap.h"
#include "units.h"

struct clock {
	khz_t tsc_khz;
	uint64_t start_tsc;       /* at instant 0 */
	uint64_t start_monotonic; /* at instant 0 [ns] */
};

static inline host_cycles_t clock_tsc(const struct clock *c, ps_t at)
{
	return host_cycles(
		wrap_add(c->start_tsc, mul_u64_u64_div_u64(at.v, c->tsc_khz.v, NSEC_PER_SEC)));
}

static inline ns_t clock_monotonic(const struct clock *c, ps_t at)
{
	return ns(c->start_monotonic + at.v / PS_PER_NS);
}

/* How long @cycles host cycles take, rounded down: a cost is turned into ps once (R1). */
static inline ps_t clock_cycles_to_ps(khz_t khz, uint64_t cycles)
{
	return ps(mul_u64_u64_div_u64(cycles, NSEC_PER_SEC, khz.v));
}

/* First instant at which the TSC has advanced by @cycles since instant 0. Saturates at PS_NEVER. */
ps_t clock_tsc_edge(const struct clock *c, uint64_t cycles);

/* First instant at which CLOCK_MONOTONIC >= @t: 0 if it already was at the start. Saturates at
 * PS_NEVER. */
ps_t clock_monotonic_edge(const struct clock *c, ns_t t);

#endif
