/* SPDX-License-Identifier: MIT */
/* core_runs - resolved runs as a C table, for a program that has nothing but libc: made by
 * world-table from scenario files, run by core_main.c. */
#ifndef CORE_RUNS_H
#define CORE_RUNS_H

#include "workload.h"
#include "world.h"

struct core_run {
	const char *file, *variant;
	struct world_config config;
};

extern const struct core_run core_runs[];
extern const size_t core_runs_n;

#endif
