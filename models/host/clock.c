/* SPDX-License-Identifier: MIT */
#include "clock.h"

ps_t clock_tsc_edge(const struct clock *c, uint64_t cycles)
{
	u128 at = ((u128)cycles * NSEC_PER_SEC + c->tsc_khz.v - 1) / c->tsc_khz.v;

	return at > UINT64_MAX ? PS_NEVER : ps((uint64_t)at);
}

ps_t clock_monotonic_edge(const struct clock *c, ns_t t)
{
	if (t.v <= c->start_monotonic)
		return ps(0);

	u128 at = (u128)(t.v - c->start_monotonic) * PS_PER_NS;

	return at > UINT64_MAX ? PS_NEVER : ps((uint64_t)at);
}
