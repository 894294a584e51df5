/* SPDX-License-Identifier: MIT */
#include "tuner_limits.h"

#include "timer_advance.h"
#include "tune.h"

#include <glib.h>

#define PROBE_NS 3000       /* an advance in the middle: no limit is near      */
#define ERROR_MOST 100000   /* [cycles] */
#define CAP_MOST (1u << 20) /* [ns] no cap up to here: there is none           */
#define FINE_KHZ 10000000   /* at this rate the smallest steps are of 1 ns      */
#define CAP_ERRORS 64       /* so many errors, from the least on, make steps    */

static struct tune_result tuned(const struct kernel *kernel, uint32_t advance_ns, uint64_t late,
				khz_t khz)
{
	const struct tune_input in = {
		.error = { .early = false, .cycles = late },
		.delta = (int64_t)late,
		.guest_khz = khz,
		.advance_ns = advance_ns,
	};

	return kernel->tune->tune(&in);
}

/* A step that also ends the tuning is the end of a search, not a reaction. */
static bool moves(const struct kernel *kernel, uint64_t late, khz_t khz)
{
	const struct tune_result r = tuned(kernel, PROBE_NS, late, khz);

	return r.advance_ns != PROBE_NS && !r.done;
}

/* The largest advance that a step ends in, where a much larger one is cut. */
static uint32_t cap_of(const struct kernel *kernel, uint64_t late)
{
	const khz_t khz = { FINE_KHZ };
	uint32_t cap = 0;

	if (tuned(kernel, CAP_MOST, late, khz).advance_ns >= CAP_MOST)
		return 0;
	for (uint32_t advance = 0; advance < CAP_MOST; advance++) {
		bool grew = false;

		for (uint64_t more = 0; more < CAP_ERRORS; more++) {
			const uint32_t r = tuned(kernel, advance, late + more, khz).advance_ns;

			grew |= r >= advance;
			cap = MAX(cap, r);
		}
		if (!grew)
			break;
	}
	return cap;
}

struct tuner_limits tuner_limits(const struct kernel *kernel, const struct kvm_config *kvm,
				 khz_t guest_khz)
{
	const struct timer_advance start =
		timer_advance_initial(kernel, kvm->lapic_timer_advance_ns);
	struct tuner_limits limits = { 0 };

	if (!kernel->tune_gate->open(start.done, start.dynamic))
		return limits;
	for (uint64_t late = 1; late <= ERROR_MOST; late++) {
		if (!moves(kernel, late, guest_khz))
			continue;
		if (!limits.quiet_below)
			limits.quiet_below = late;
		limits.quiet_above = late;
	}
	if (limits.quiet_above == ERROR_MOST)
		limits.quiet_above = 0;
	if (limits.quiet_below)
		limits.cap_ns = cap_of(kernel, limits.quiet_below);
	return limits;
}
