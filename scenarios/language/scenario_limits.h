/* SPDX-License-Identifier: MIT */
/*
 * scenario_limits - how much a scenario may ask for. One more is an error (exit status 2),
 * before anything is allocated for it.
 *
 * Each row: name, value, unit, what it limits. `lapicsim list limits` prints this table.
 */
#ifndef SCENARIO_LIMITS_H
#define SCENARIO_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define LIMITS(X)                                                                                  \
	X(FILE_BYTES, 1048576, "bytes", "size of a scenario file or fragment")                     \
	X(RECORDING_BYTES, 16777216, "bytes", "size of a recording (guest.file)")                  \
	X(RECORDING_ROWS, 1000000, "rows", "deadlines in a recording")                             \
	X(LINE_BYTES, 4096, "bytes", "length of a line")                                           \
	X(KEY_BYTES, 64, "bytes", "length of a key")                                               \
	X(NAME_BYTES, 64, "characters", "length of a name: letters, digits, '_', '.', '-'")        \
	X(TEXT_BYTES, 1000, "bytes", "length of about:, source: and the like")                     \
	X(NESTING, 16, "levels", "maps and sequences inside each other")                           \
	X(MAP_KEYS, 4096, "keys", "keys of one map")                                               \
	X(LIST_ITEMS, 65536, "items", "items of one sequence")                                     \
	X(NODES, 1000000, "values", "keys and values of a scenario with its includes")             \
	X(INCLUDE_DEPTH, 4, "levels", "files that include each other")                             \
	X(INCLUDES, 64, "files", "files that one scenario includes, directly or not")              \
	X(SETS, 1000, "arguments", "--set on one command line")                                    \
	X(VARIANTS, 64, "variants", "variants of a scenario")                                      \
	X(EXPECTATIONS, 1000, "expectations", "expectations of a scenario")                        \
	X(CPUS, 1024, "CPUs", "CPUs of the host")                                                  \
	X(VCPUS, 4096, "vCPUs", "vCPUs of all VMs together")                                       \
	X(PROGRAM_OPS, 4096, "operations", "operations of one part of a guest's program")          \
	X(TIMELINE_EVENTS, 1000000, "events", "commands of the timeline, each repetition counted") \
	X(SWEEP_POINTS, 10000000, "points", "cells of the grid of a sweep")                        \
	X(SWEEP_VALUES, 1000000, "values", "values of one axis of a sweep")                        \
	X(SWEEP_AXES, 32, "axes", "axes of a sweep")                                               \
	X(SWEEP_TEXTS, 256, "texts", "constraints, metrics or histograms of a sweep")              \
	X(SHARDS, 1000000, "shards", "parts of a sweep, or processes that run one")                \
	X(KHZ_MIN, 1000, "kHz", "lowest TSC frequency")                                            \
	X(KHZ_MAX, 10000000, "kHz", "highest TSC frequency")                                       \
	X(RUN_DAYS, 200, "days", "instants and durations of a run")                                \
	X(COST_NS, 1000000000, "ns", "one cost")

enum {
#define X(name, value, unit, what) LIMIT_##name = (value),
	LIMITS(X)
#undef X
};

struct limit {
	const char *name;
	uint64_t value;
	const char *unit, *what;
};

/* The table above, for listing. */
const struct limit *limits_all(size_t *n);

#endif
