/* SPDX-License-Identifier: MIT */
#include "nohz_target.h"

#include <assert.h>

#define CPU_NONE UINT32_MAX

static unsigned words(unsigned n_cpus)
{
	assert(n_cpus <= CPUS_MAX);
	return (n_cpus + 63) / 64;
}

/* The lowest busy CPU of @span; of @within too, unless that is NULL. */
static unsigned first_busy(const struct nohz_target_input *in, const struct cpu_mask *span,
			   const struct cpu_mask *within)
{
	for (unsigned w = 0; w < words(in->n_cpus); w++) {
		uint64_t found = span->word[w] & ~in->idle->word[w];

		if (within)
			found &= within->word[w];
		if (found)
			return w * 64 + (unsigned)__builtin_ctzll(found);
	}
	return CPU_NONE;
}

/* The same over all scheduling domains of the starting CPU, the nearest first. The kernel skips the
 * starting CPU in some forms; whoever asks here has seen to it that it is idle or not in @within.
 */
static unsigned first_busy_near(const struct nohz_target_input *in, const struct cpu_mask *within)
{
	for (unsigned d = 0; d < in->n_domains; d++) {
		unsigned cpu = first_busy(in, &in->domains[d], within);

		if (cpu != CPU_NONE)
			return cpu;
	}
	return CPU_NONE;
}

/* An idle CPU hands its timers to a busy one; isolation is not known here. */
static unsigned target_busy(const struct nohz_target_input *in)
{
	unsigned cpu;

	if (!cpu_mask_has(in->idle, in->me))
		return in->me;

	cpu = first_busy_near(in, NULL);
	return cpu != CPU_NONE ? cpu : in->me;
}

/* Bug: the scan asks whether the starting CPU is housekeeping, not the candidate. */
static unsigned target_self_housekeeping(const struct nohz_target_input *in)
{
	unsigned cpu;

	if (!cpu_mask_has(in->housekeeping, in->me))
		return in->any_housekeeping;
	if (!cpu_mask_has(in->idle, in->me))
		return in->me;

	cpu = first_busy_near(in, NULL);
	return cpu != CPU_NONE ? cpu : in->me;
}

static unsigned target_busy_housekeeping(const struct nohz_target_input *in)
{
	bool mine = cpu_mask_has(in->housekeeping, in->me);
	unsigned cpu;

	if (mine && !cpu_mask_has(in->idle, in->me))
		return in->me;

	cpu = first_busy_near(in, in->housekeeping);
	if (cpu != CPU_NONE)
		return cpu;
	return mine ? in->me : in->any_housekeeping;
}

/* The kernel scans fewer CPUs here and finds the same one. */
static unsigned target_housekeeping_scan(const struct nohz_target_input *in)
{
	unsigned fallback = in->any_housekeeping;
	unsigned cpu;

	if (cpu_mask_has(in->housekeeping, in->me)) {
		if (!cpu_mask_has(in->idle, in->me))
			return in->me;
		fallback = in->me;
	}

	cpu = first_busy_near(in, in->housekeeping);
	return cpu != CPU_NONE ? cpu : fallback;
}

/* clang-format off */
const struct nohz_target_variant nohz_target_variants[] = {
	{ { "busy", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a busy CPU keeps its timers, nohz_full or not" }, target_busy },
	{ { "self_housekeeping", KERNEL_RELEASE(4, 3), KNOWN_READ, "9642d18eee2c",
	    "a nohz_full CPU's timers go to the first housekeeping CPU, busy or idle" },
	  target_self_housekeeping },
	{ { "busy_housekeeping", KERNEL_RELEASE(4, 9), KNOWN_AT_LATEST, "444969223c8",
	    "they go to the nearest busy housekeeping CPU" }, target_busy_housekeeping },
	{ { "housekeeping_scan", KERNEL_RELEASE(5, 8), KNOWN_AT_LATEST, NULL,
	    "the same choice, found faster" }, target_housekeeping_scan },
};
FORMS_END(nohz_target)
/* clang-format on */

static unsigned pick_first(const struct cpu_mask *housekeeping, unsigned n_cpus)
{
	unsigned w = 0;

	while (!housekeeping->word[w]) {
		w++;
		assert(w < words(n_cpus)); /* there is one */
	}
	return w * 64 + (unsigned)__builtin_ctzll(housekeeping->word[w]);
}

/* The nearest NUMA node comes first; all CPUs are taken as one node, so it is the lowest again. */
static unsigned pick_near(const struct cpu_mask *housekeeping, unsigned n_cpus)
{
	return pick_first(housekeeping, n_cpus);
}

/* clang-format off */
const struct any_housekeeping_variant any_housekeeping_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "nobody asks for a housekeeping CPU" }, pick_first },
	{ { "first", KERNEL_RELEASE(4, 3), KNOWN_READ, "9642d18eee2c",
	    "the lowest one" }, pick_first },
	{ { "near", KERNEL_RELEASE(5, 10), KNOWN_AT_LATEST, NULL,
	    "one of the nearest NUMA node (one node: the lowest)" }, pick_near },
};
FORMS_END(any_housekeeping)

const struct housekeeping_variant housekeeping_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL,
	    "nobody asks which CPUs are housekeeping" }, HOUSEKEEPING_ALL },
	{ { "nohz_full", KERNEL_RELEASE(4, 3), KNOWN_READ, "9642d18eee2c",
	    "the CPUs outside nohz_full=" }, HOUSEKEEPING_NOHZ_FULL },
	{ { "isolation", KERNEL_RELEASE(4, 19), KNOWN_AT_LATEST, NULL,
	    "taken from CPU isolation; the same CPUs for nohz_full=" }, HOUSEKEEPING_ISOLATION },
};
FORMS_END(housekeeping)

const struct residual_tick_variant residual_tick_variants[] = {
	{ { "1s", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a nohz_full CPU ticks at least once a second" }, { NSEC_PER_SEC } },
	{ { "remote", KERNEL_RELEASE(4, 17), KNOWN_READ, NULL,
	    "another CPU does that work: no tick remains" }, { 0 } },
};
FORMS_END(residual_tick)

const struct idle_tick_variant idle_tick_variants[] = {
	{ { "at_once", KERNEL_FIRST, KNOWN_RECALLED, NULL,
	    "a CPU without a cpuidle driver stops its tick as soon as it idles" }, false },
	{ { "after_tick", KERNEL_FIRST, KNOWN_NEVER, NULL,
	    "only once it has fired there: f4c31b07b136, behind v6.19, and in later 6.1.y" }, true },
};
FORMS_END(idle_tick)
/* clang-format on */
