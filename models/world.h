/* SPDX-License-Identifier: MIT */
/*
 * world - one simulated machine with its VMs, wired together from a world_config, and run.
 *
 *	world_new() -> trace_add_sink(world_trace()) -> world_run() -> world_free()
 *
 * Errors: world_new() gives NULL when there is no memory, or @error names what this configuration
 * cannot have.
 */
#ifndef WORLD_H
#define WORLD_H

#include "sim_loop.h"
#include "trace.h"
#include "world_config.h"

struct world;

/* @config must stay. @error receives a sentence for the user, or NULL if there was no memory. */
struct world *world_new(const struct world_config *config, const struct sim_limits *limits,
			const char **error);
void world_free(struct world *world);

/* The memory that world_new() takes for @config, but for what every world takes. */
uint64_t world_bytes(const struct world_config *config);

/* Runs for config->duration. SIM_STOP_DRAINED is as good an end as SIM_STOP_END. */
enum sim_stop world_run(struct world *world);

struct trace *world_trace(struct world *world);
struct sim *world_sim(struct world *world);

/* Random draws so far, of all streams (invariant F1). */
uint64_t world_draws(const struct world *world);

/* Who runs, as trace lines name them: the idle task of each CPU, the vCPUs, the hogs. */
const struct trace_task *world_tasks(const struct world *world, uint32_t *n);

#endif
