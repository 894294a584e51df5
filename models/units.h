/* SPDX-License-Identifier: MIT */
/*
 * units - the clocks of the model as types. Most bugs replayed here are one clock taken for
 * another, so the compiler refuses that by default; where a bug needs it, a named helper says so
 * aloud.
 */
#ifndef UNITS_H
#define UNITS_H

#include "sim_time.h"
#include "sim_wide.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	uint64_t v;
} ns_t; /* CLOCK_MONOTONIC instant, or duration [ns]; ktime_t's range */
typedef struct {
	uint64_t v;
} host_cycles_t; /* host TSC cycles                    */
typedef struct {
	uint64_t v;
} guest_cycles_t; /* guest (L1) TSC cycles              */
typedef struct {
	uint32_t v;
} khz_t; /* TSC frequency [kHz]                */

#define NSEC_PER_SEC UINT64_C(1000000000)
#define KTIME_MAX UINT64_C(0x7fffffffffffffff)

static inline ns_t ns(uint64_t v) { return (ns_t){ v }; }
static inline guest_cycles_t guest_cycles(uint64_t v) { return (guest_cycles_t){ v }; }
static inline host_cycles_t host_cycles(uint64_t v) { return (host_cycles_t){ v }; }

#define CPUS_MAX 1024 /* host CPUs */

/* A set of host CPUs, as the kernel's cpumask. */
struct cpu_mask {
	uint64_t word[CPUS_MAX / 64];
};

static inline void cpu_mask_set(struct cpu_mask *m, unsigned cpu)
{
	m->word[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}
static inline void cpu_mask_clear(struct cpu_mask *m, unsigned cpu)
{
	m->word[cpu / 64] &= ~(UINT64_C(1) << (cpu % 64));
}
static inline bool cpu_mask_has(const struct cpu_mask *m, unsigned cpu)
{
	return m->word[cpu / 64] >> (cpu % 64) & 1;
}

#endif
