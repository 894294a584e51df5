/* SPDX-License-Identifier: MIT */
/*
 * cost_learning - from the stretches between two lines of recordings to the costs of the models.
 *
 *	cost_pool_new() -> cost_pool_add() for each recording -> cost_learn() -> learned_costs
 *
 * What is measured is the sum of the costs that lie between two lines, as recorded: what tracing
 * itself took is inside. Where several costs share a stretch, fixed shares of it are taken, and the
 * one that the stretch is named for here takes the rest with its distribution; so every sum is
 * as it was measured, and a share alone is a guess. A recording with CPUs in nohz_full gives
 * what the same code takes more there; the rest of it is used only where no other recording has
 * anything.
 *
 * Units: ns. Rounding: medians and quantiles are samples (nearest rank).
 */
#ifndef COST_LEARNING_H
#define COST_LEARNING_H

#include "host_config.h"
#include "observed_run.h"

#define LEARNED_QUANTILES_MAX 33u

struct learned_cost {
	uint32_t n;                               /* quantiles; 0: nothing was learned */
	uint64_t quantile[LEARNED_QUANTILES_MAX]; /* ascending; 1: constant */
	uint64_t samples;
	uint64_t nohz_full, nohz_full_samples; /* what it takes more there */
	bool from_nohz_full;                   /* no other recording has it */
	enum observed_stretch stretch;
	const char *with; /* the other costs in that stretch, or NULL */
	bool share;       /* a fixed share of a stretch that another cost is measured by */
};

struct learned_costs {
	struct learned_cost cost[COST_COUNT];
	unsigned clipped; /* medians that came out below 0 */
};

struct cost_pool;

struct cost_pool *cost_pool_new(void);
void cost_pool_free(struct cost_pool *pool);

/*
 * @nohz_full: which CPUs are. @clock_offset: CLOCK_MONOTONIC less the stamps' ns (observed_ns);
 * false @clock_known: the reading of the clock in the handler is not placed.
 */
void cost_pool_add(struct cost_pool *pool, const struct observed_run *run,
		   const bool nohz_full[OBSERVED_CPUS_MAX], bool clock_known, int64_t clock_offset);

void cost_learn(const struct cost_pool *pool, struct learned_costs *ret);

#endif
