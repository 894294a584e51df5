/* SPDX-License-Identifier: MIT */
/*
 * sim_time - the simulated instant, and durations, in picoseconds.
 *
 * A distinct type, so that the compiler refuses to add picoseconds to anything else. 2^64 ps are
 * 213 days; a run may last SIM_RUN_MAX, which leaves room for one more duration without a wrap.
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
typedef struct { uint64_t v; } ps_t; /* instant since the run began, or duration [ps] */
/* clang-format on */

#define PS_PER_NS UINT64_C(1000)
#define PS_PER_US UINT64_C(1000000)
#define PS_PER_MS UINT64_C(1000000000)
#define PS_PER_S UINT64_C(1000000000000)

/* 200 days: the longest run, and the longest single duration. */
#define SIM_RUN_MAX ((ps_t){ UINT64_C(200) * 86400 * PS_PER_S })

/* "Never": greater than every instant of a run. It is not armed, it is the absence of an event. */
#define PS_NEVER ((ps_t){ UINT64_MAX })

static inline ps_t ps(uint64_t v) { return (ps_t){ v }; }
static inline ps_t ps_add(ps_t a, ps_t b) { return ps(a.v + b.v); }
static inline ps_t ps_sub(ps_t a, ps_t b) { return ps(a.v - b.v); }
static inline bool ps_before(ps_t a, ps_t b) { return a.v < b.v; }
static inline ps_t ps_min(ps_t a, ps_t b) { return a.v < b.v ? a : b; }
static inline ps_t ps_max(ps_t a, ps_t b) { return a.v > b.v ? a : b; }

#endif
