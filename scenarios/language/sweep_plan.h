/* SPDX-License-Identifier: MIT */
/*
 * sweep_plan - what a sweep runs and measures: the scenario's section `sweep`, and what the
 * command line says over it.
 *
 *	sweep: { axes: { KEY: values }, where: [ constraint ],
 *	         metrics: [ expression ] | { NAME: expression }, histograms: the same, expect: true
 *}
 *
 * Axes stand in their order: those of the file, then those of the command line, one of which
 * replaces an axis of the file with the same key in its place. Without an axis `variant`, all
 * variants of the file are the last axis, if it has more than one. A cell is a place in the grid:
 * the last axis moves fastest. Points are the cells that all constraints admit.
 *
 * Limits: the number of cells is computed in 128 bits before anything is allocated for them.
 * Errors: through diagnostics. Metrics are texts here; who measures parses them.
 */
#ifndef SWEEP_PLAN_H
#define SWEEP_PLAN_H

#include "sweep_axis.h"
#include "sweep_where.h"

struct sweep_options {           /* of the command line; arrays end with NULL, or are NULL */
	const char *const *axes; /* "KEY=VALUES" */
	const char *const *where;
	const char *const *metrics;    /* replace those of the file */
	const char *const *histograms; /* the same */
	const char *variant;           /* alone; NULL: as the axes say */
};

struct sweep_text {
	const char *name; /* the text itself, unless the file names it */
	const char *text;
	struct source_pos at; /* of its first character */
};

struct sweep_plan {
	const struct scenario_file *file;
	struct sweep_axis *axes;
	struct sweep_where *where;
	struct sweep_text *metrics, *histograms;
	uint32_t n_axes, n_where, n_metrics, n_histograms;
	bool expect;        /* the file's expectations are evaluated at each point */
	uint64_t cells;     /* at least 1 */
	struct arena arena; /* private */
	GPtrArray *sources; /* private */
};

/* NULL after errors. Points into @file. */
struct sweep_plan *sweep_plan_read(const struct scenario_file *file,
				   const struct sweep_options *options, struct diagnostics *d);
void sweep_plan_free(struct sweep_plan *plan);

const struct sweep_value *sweep_plan_value(const struct sweep_plan *plan, uint32_t axis,
					   uint64_t cell);
bool sweep_plan_admits(const struct sweep_plan *plan, uint64_t cell);

#endif
