/* SPDX-License-Identifier: MIT */
#include "clock.h"

ps_t clock_tsc_edge(const struct clock *c, uint64_t cycles)
{
	const struct wide at = wide_div_up(wide_mul(cycles, NSEC_PER_SEC), c->tsc_khz.v);

	return at.hi ? PS_NEVER : ps(at.lo);
}

ps_t clock_monotonic_edge(const struct clock *c, ns_t t)
{
	if (t.v <= c->start_monotonic)
		return ps(0);

	const struct wide at = wide_mul(t.v - c->start_monotonic, PS_PER_NS);

	return at.hi ? PS_NEVER : ps(at.lo);
}
