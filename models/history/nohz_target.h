/* SPDX-License-Identifier: MIT */
/*
 * nohz_target - where timers go when CPUs are idle or nohz_full, and the tick that remains there.
 *
 * Pure functions of CPU sets; nothing is copied. The caller asks only for timers that are not
 * pinned, with timer migration on; otherwise a timer stays on the CPU that starts it. Source:
 * get_nohz_timer_target() in kernel/sched/core.c, kernel/time/tick-sched.c,
 * kernel/sched/isolation.c.
 */
#ifndef NOHZ_TARGET_H
#define NOHZ_TARGET_H

#include "kernel.h"
#include "units.h"

struct nohz_target_input {
	unsigned me;                         /* the CPU that starts the timer                    */
	const struct cpu_mask *domains;      /* its scheduling domains, smallest first           */
	unsigned n_domains;                  /* 0 on a CPU without one (isolcpus=)               */
	const struct cpu_mask *idle;         /* CPUs that run nothing; the others are busy       */
	const struct cpu_mask *housekeeping; /* all CPUs, if nothing is isolated                 */
	unsigned n_cpus;
	unsigned any_housekeeping; /* chosen beforehand by kernel->any_housekeeping    */
};
struct nohz_target_variant {
	struct variant variant;
	unsigned (*target)(const struct nohz_target_input *in);
};
extern const struct nohz_target_variant nohz_target_variants[];
extern const size_t nohz_target_variants_n;

/* The set must not be empty. */
struct any_housekeeping_variant {
	struct variant variant;
	unsigned (*pick)(const struct cpu_mask *housekeeping, unsigned n_cpus);
};
extern const struct any_housekeeping_variant any_housekeeping_variants[];
extern const size_t any_housekeeping_variants_n;

enum housekeeping_source {
	HOUSEKEEPING_ALL,       /* nobody asks: all CPUs are alike          */
	HOUSEKEEPING_NOHZ_FULL, /* the CPUs outside nohz_full=              */
	HOUSEKEEPING_ISOLATION, /* from CPU isolation; the same CPUs so far */
};
struct housekeeping_variant {
	struct variant variant;
	enum housekeeping_source source;
};
extern const struct housekeeping_variant housekeeping_variants[];
extern const size_t housekeeping_variants_n;

struct residual_tick_variant {
	struct variant variant;
	ns_t period; /* longest time without a tick on a busy nohz_full CPU; 0: no end */
};
extern const struct residual_tick_variant residual_tick_variants[];
extern const size_t residual_tick_variants_n;

struct idle_tick_variant {
	struct variant variant;
	bool after_tick; /* stopped only once it has fired there; else as soon as the CPU idles */
};
extern const struct idle_tick_variant idle_tick_variants[];
extern const size_t idle_tick_variants_n;

#endif
