/* SPDX-License-Identifier: MIT */
/*
 * sweep_point - one point of a sweep: its parameters, its run, what was measured.
 *
 * What to measure is parsed once and shared by all threads; a scenario file is one thread's own.
 */
#ifndef SWEEP_POINT_H
#define SWEEP_POINT_H

#include "sweep.h"

struct measures { /* immutable once parsed */
	struct expectation **metrics;
	struct aggregate **histograms; /* percentiles: these keep all values */
	uint32_t n_metrics, n_histograms;
};

bool measures_parse(const struct sweep_plan *plan, struct measures *ret, struct diagnostics *d);
void measures_clear(struct measures *m);

struct point_runner { /* of one thread */
	struct replay *replay;
	const struct sweep_plan *plan;
	const struct measures *measures;
	const struct replay_options *options;
	uint64_t master_seed;
	bool expect;
};

struct point_result {
	struct store_point point;
	struct histogram **histograms; /* n_histograms; NULL: no value */
};

/* The arguments of --set that make @cell, seed included; the variant is *variant. */
GPtrArray *point_sets(const struct point_runner *r, uint64_t cell, uint32_t *variant,
		      uint64_t *seed);

/* Runs @cell, which is point number @point. @ret is cleared by point_result_clear(). False: there
 * was not enough memory, and @ret says nothing of the point. */
bool point_run(const struct point_runner *r, uint64_t point, uint64_t cell,
	       struct point_result *ret);
void point_result_clear(const struct measures *m, struct point_result *result);

#endif
