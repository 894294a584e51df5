/* SPDX-License-Identifier: MIT */
/*
 * plot_kinds - the pictures that `lapicsim plot` knows: each takes a request and fills a plot.
 *
 *	FILE     -> replay -> histogram, percentile, advance, timeline, blame
 *	R.sqlite -> store  -> histogram, percentile, heatmap, knee, lines
 *
 * Errors: through diagnostics, NULL then.
 */
#ifndef PLOT_KINDS_H
#define PLOT_KINDS_H

#include "command.h"
#include "plot.h"

extern const struct command command_plot;

struct plot_request {
	const char *path;             /* a scenario, or a store */
	bool of_store;                /* which of them */
	const char *metric;           /* NULL: by kind */
	struct replay_options replay; /* of a scenario: variant, sets, library, limits */
	/* of a store: axes by name; NULL: chosen. @where: "axis=value", NULL-terminated or NULL */
	const char *x, *y, *by;
	const char *const *where;
};

typedef struct plot *plot_fn(const struct plot_request *request, struct diagnostics *d);

plot_fn plot_histogram, plot_percentile; /* all values of a metric, lines overlaid        */
plot_fn plot_advance;                    /* advance and expiry delta over time, by vCPU   */
plot_fn plot_timeline;                   /* one deadline's life, by variant and CPU        */
plot_fn plot_blame;                      /* the parts of the lateness, by variant         */
plot_fn plot_heatmap;                    /* a metric over two axes                        */
plot_fn plot_knee;                       /* a metric and the early count over one axis    */
plot_fn plot_lines;                      /* a metric over one axis, a line a value of @by */

/* --- what those of a scenario share --- */

/* Title and subtitle: scenario, @what, variants, kernels, seeds, overrides. */
void plot_titles_of_replay(struct plot *plot, const struct replay *replay,
			   const struct replay_options *options, const char *what);

/* The messages of runs that failed; false if any did. */
bool plot_ran(const struct replay *replay, int status, struct diagnostics *d);

/* At most PLOT_SERIES_MAX: false after an error that says what to do. */
bool plot_fits(unsigned n, const char *what, const char *hint, struct diagnostics *d);

/* "v4.5" */
char *plot_release(const struct run_result *result);

#endif
