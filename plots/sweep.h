/* SPDX-License-Identifier: MIT */
/*
 * sweep - one scenario run at every point of a grid, by several threads, into a store.
 *
 *	sweep_load() -> store_create() | store_resume() -> sweep_run()
 *
 * Each worker loads the scenario for itself and runs one world at a time; nothing is shared but
 * the plan, which nobody changes. The calling thread alone writes: results reach the store in the
 * order of the points, whoever finished first, so the store does not depend on the number of
 * threads. Workers may be at most SWEEP_WINDOW points a thread ahead of it: memory does not grow
 * with the sweep.
 *
 * Seeds: the seed of a point is a hash of the master seed (`seed:`, --seed) and of the point's
 *        parameters, sorted by key. The choice of code (kernel, forms, variant) is not part of it,
 *        so that the same parameters meet the same draws under every kernel. An axis `seed` names
 *        the seeds itself.
 * Status: a point whose run fails, or whose parameters contradict each other, is a row with its
 *        reason and ends nothing.
 * Errors: of the files through diagnostics, of the store as GError (store.h).
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "run.h"
#include "store.h"
#include "sweep_plan.h"

#define SWEEP_WINDOW 64u
#define SWEEP_THREADS_MAX 1024u

struct sweep_settings {
	struct replay_options replay; /* library, sets, limits */
	struct sweep_options plan;
	const char *program; /* version */
	bool expect;         /* evaluate the file's expectations, whatever it says itself */
	uint32_t shard, shards;
	unsigned threads;
	uint64_t batch; /* commit after so many points; 0: when @tick says so */

	/* Called by sweep_run() after each point, with those in the store; true: commit now. */
	bool (*tick)(void *data, uint64_t done, uint64_t total);
	/* Called by all threads; true: start no more points. */
	bool (*stop)(void *data);
	void *data;
};

struct sweep;

/* NULL after errors. @settings must outlive it. */
struct sweep *sweep_load(const char *path, const struct sweep_settings *settings,
			 struct diagnostics *d);
void sweep_free(struct sweep *sweep);

/* The identity of its store. */
const struct store_info *sweep_info(const struct sweep *sweep);

/* Points of this shard. */
uint64_t sweep_total(const struct sweep *sweep);

/* Runs what is missing in @store. True: all points are there, and the store is finished; or
 * settings->stop() ended it early, which *stopped says. False: *error. */
bool sweep_run(struct sweep *sweep, struct store *store, bool *stopped, GError **error);

#endif
