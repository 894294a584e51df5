// SPDX-License-Identifier: MIT
/*
 * core_main SEED... - every run of the C table once for each seed, and once with its own seed for a
 * SEED of 0.
 *
 * A line each: file, variant, seed, fingerprint, number of records. What is printed depends on
 * nothing but sim/ and models/, which is the point. Status 0; 3 if a run breaks or cannot be made.
 */
#include "core_runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool run_one(const struct core_run *run, uint64_t seed)
{
	struct world_config config = run->config;
	const char *refused = NULL;

	if (seed)
		config.seed = seed;
	struct world *world = world_new(&config, NULL, &refused);
	if (!world) {
		fprintf(stderr, "core_main: %s %s: %s\n", run->file, run->variant,
			refused ? refused : "no memory");
		return false;
	}
	const enum sim_stop stop = world_run(world);
	const bool good = (stop == SIM_STOP_END || stop == SIM_STOP_DRAINED) &&
			  !sim_broken(world_sim(world))->id;

	printf("%s %s %" PRIu64 " %016" PRIx64 " %" PRIu64 "\n", run->file, run->variant,
	       config.seed, trace_fingerprint(world_trace(world)), trace_count(world_trace(world)));
	if (!good)
		fprintf(stderr, "core_main: %s %s: stopped by %d\n", run->file, run->variant,
			(int)stop);
	world_free(world);
	return good;
}

/* Digits alone: nothing else comes from the script. */
static uint64_t number(const char *text)
{
	uint64_t n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + (uint64_t)(*text++ - '0');
	return n;
}

int main(int argc, char **argv)
{
	bool good = argc > 1;

	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < core_runs_n; k++)
			good = run_one(&core_runs[k], number(argv[i])) && good;
	return good ? 0 : 3;
}
