/* SPDX-License-Identifier: MIT */
/*
 * history - one scenario run over the modelled history of the kernel: a bisect without a compiler.
 *
 *	history_load() -> history_run() -> cmd_history prints
 *
 * The first step is the kernel of the release `from`. Every further step adds one change to it: all
 * forms of one commit (commits.h), release by release, within a release in the order of the table
 * of commits. Forms of a release whose commit is not identified are one step together, the last of
 * that release: which of them came first is not known, and a state with a part of them may never
 * have been. So after the last step of a release the kernel is that of kernel_init(). What the
 * scenario says of its kernel is replaced; all else is the variant's.
 *
 * A metric is an aggregate of the expectation language. Without one named, all aggregates of the
 * file's expectations are looked at, those in time before those in cycles: the first whose values
 * lie at least half as far apart as those of the one that moves most; else the first that moves;
 * else the first that measures; else p99(lateness).
 *
 * A change counts as one if it is at least `tolerance_percent` of the largest magnitude seen over
 * all steps; a smaller one is told apart from none.
 *
 * Errors: of the file through diagnostics; of a run in its step, which then has no value. A model
 * whose invariant breaks, or a budget that is used up, does not end the history.
 * Left out: stable releases; backports of one fix without the others.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "commits.h"
#include "run.h"

#define HISTORY_TOLERANCE_PERCENT 5u
#define HISTORY_RUNS_MAX 1000u

struct history_options {
	struct replay_options
		replay;     /* library, sets, limits; variant NULL: the first of the file */
	const char *metric; /* NULL: chosen as above */
	uint32_t from, to;  /* releases, from <= to */
	unsigned tolerance_percent;
	uint64_t max_runs;
};

struct history_form {
	const struct kernel_decision *decision;
	const struct variant *form;
};

enum history_change {
	HISTORY_FIRST,   /* nothing before it                                              */
	HISTORY_SAME,    /* the same fingerprint: no event differs                         */
	HISTORY_TRACE,   /* events differ, the metric does not                             */
	HISTORY_LITTLE,  /* the metric differs by less than the tolerance                  */
	HISTORY_CHANGED, /* by the tolerance or more, or a value appears or disappears     */
	HISTORY_UNKNOWN, /* this run or the one before it failed                           */
};

/* What a change means, where it is known which values are bad: for times of the path, and for what
 * is lost. Bad: further than the tolerance from the best value seen, or no value at all. */
enum history_meaning {
	HISTORY_EXPOSED, /* good before, bad after */
	HISTORY_FIXED,
	HISTORY_WORSE, /* bad before and after */
	HISTORY_BETTER,
	HISTORY_RAISED, /* it is not known what is bad */
	HISTORY_LOWERED,
	HISTORY_CEASED, /* there is no value any more */
	HISTORY_BEGAN,
};

struct history_value {
	enum aggregate_status status;
	struct aggregate_result result;
};

struct history_step {
	uint32_t release;
	enum kernel_known known;     /* of the least certain of its forms: is it this release? */
	const struct commit *commit; /* NULL: not identified, or the first step */
	const char *ids;             /* "a,b" of its commits; NULL: not found */
	GArray *forms;               /* of struct history_form; in the first step empty */
	struct kernel kernel;        /* after the step */

	int status;    /* enum exit_status of the run alone; EXIT_USAGE: this kernel refuses it */
	char *message; /* why it is not EXIT_OK */
	uint64_t fingerprint;
	struct history_value *values; /* by candidate */
	enum history_change change;
	enum history_meaning meaning; /* if HISTORY_CHANGED */
	GArray *alone; /* of struct history_form: each has the step's effect without the others;
			  NULL: not asked (one form, an identified change, nothing changed) */
};

struct history {
	struct replay *replay;
	struct run_result *result; /* of the variant; run->config.kernel is the last one run */
	GArray *steps;             /* of struct history_step */
	GPtrArray *candidates;     /* of struct aggregate, not owned but for those in `owned` */
	GPtrArray *owned;
	guint metric; /* index of the candidate that is shown */
	uint64_t runs;
	struct source source; /* private: the text of the metric */
	unsigned tolerance_percent;
};

/* NULL after errors. */
struct history *history_load(const char *path, const struct history_options *options,
			     struct diagnostics *d);

/* Runs all steps; the worst exit status of a run. Kernels that refuse the configuration count only
 * if all do. */
int history_run(struct history *h, const struct history_options *options);
void history_free(struct history *h);

/* The metric as it was written; freed by g_free(). */
char *history_metric(const struct history *h);
const struct history_value *history_value(const struct history *h, guint step);

/* The largest magnitude among the steps; false: no step has a value. */
bool history_largest(const struct history *h, struct exact *ret);

/* "p99(lateness)" of a step: "1.76 us", "no samples", "run failed". */
void append_history_value(GString *out, const struct history *h, guint step);

#endif
