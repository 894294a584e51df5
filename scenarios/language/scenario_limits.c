/* SPDX-License-Identifier: MIT */
#include "scenario_limits.h"

const struct limit *limits_all(size_t *n)
{
	static const struct limit limits[] = {
#define X(name, value, unit, what) { #name, value, unit, what },
		LIMITS(X)
#undef X
	};

	*n = sizeof(limits) / sizeof(*limits);
	return limits;
}
