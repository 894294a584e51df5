/* SPDX-License-Identifier: MIT */
/*
 * run - one scenario file loaded, its variants run, its expectations evaluated.
 *
 *	replay_load() -> replay_run() for each variant -> replay_judge() -> report.h prints
 *
 * Errors: of the file through diagnostics; of a run as its exit status, with a message in
 * run_result.message.
 */
#ifndef RUN_H
#define RUN_H

#include "expectation.h"
#include "latency_output.h"
#include "output_file.h"
#include "scenario.h"
#include "sim_loop.h"
#include "summary.h"
#include "trace_output.h"

enum exit_status { /* design: the same for every command */
		   EXIT_OK = 0,
		   EXIT_EXPECTATION = 1,
		   EXIT_USAGE = 2,
		   EXIT_BROKEN = 3,
		   EXIT_IO = 4,
		   EXIT_BUDGET = 5,
};

struct replay_options {
	const char *library;     /* NULL: the built-in one */
	const char *variant;     /* NULL: all */
	const char *const *sets; /* "path=value" */
	size_t n_sets;
	const char *trace;                       /* OUT.ftrace, or another format's end; or NULL */
	const struct trace_selection *selection; /* what of it; NULL: all */
	bool verify;                             /* twice, then with all checks: same fingerprint */
	bool swap;                               /* for replay_told_apart() */
	bool samples;                            /* keep the list of deadlines */
	enum latency_format latencies;           /* keep what that prints */
	struct sim_limits limits;
};

struct run_result { /* one variant's run */
	const struct scenario_variant *variant;
	unsigned index;           /* of the variant in the file */
	struct scenario_run *run; /* resolved; NULL: not run */
	struct summary summary;
	struct aggregate_set *set;
	struct latency_output *latencies; /* NULL: not asked for */
	enum sim_stop stop;
	uint64_t fingerprint, records, events;
	uint64_t queued;  /* events that came by way of the queue */
	uint64_t pending; /* armed at the end */
	uint64_t draws;   /* of random numbers */
	int status;       /* enum exit_status of the run alone */
	char *message;    /* why status is not EXIT_OK; several lines */
	char *trace_path; /* what was written, or NULL */
};

struct judged { /* one expectation, for one variant or (variant NULL) for the file */
	const struct scenario_expect *expect;
	const struct scenario_variant *variant;
	unsigned variant_index;
	struct expectation_outcome outcome;
};

struct replay {
	struct scenario_file *file;
	struct run_result
		*results; /* in the order of the file; those not asked for have run NULL */
	uint32_t n_results;
	struct expectation **expectations;
	struct integer_table **tables; /* recorded: of each expectation, or NULL */
	const char **variant_names;
	GArray *judged; /* of struct judged */
};

/* NULL after errors; d->status says which exit. Fragments are errors unless @fragment is given,
 * which then says so. */
struct replay *replay_load(const char *path, const struct replay_options *options,
			   struct diagnostics *d, bool *fragment);
void replay_free(struct replay *replay);

/* Resolves the variants asked for; false after errors. */
bool replay_resolve(struct replay *replay, const struct replay_options *options,
		    struct diagnostics *d);

/* The command line that gives the same run again: "lapicsim", @command, path, overrides, and,
 * unless NULL, the variant. */
void append_command(GString *out, const char *command, const struct replay *replay,
		    const struct replay_options *options, const char *variant);

/* " --deadline 17", of lapicsim explain. */
void append_deadline(GString *out, uint32_t vcpu, uint64_t n);

/* Sets the status and the message of @result: "FILE: variant V: TEXT". Returns @status. */
int run_failed(struct run_result *result, int status, const char *text);

/* So it was because world_new() gave none: by @refused, what it said, or for want of memory. */
int run_has_no_world(struct run_result *result, const char *refused);

/* The exit status of a run that ended by @stop; what went wrong, in several lines. Nothing if
 * nothing did. */
int describe_stop(GString *out, enum sim_stop stop, const struct sim *sim);

/* Runs them and evaluates the expectations. The worst exit status. */
int replay_run(struct replay *replay, const struct replay_options *options);

/* Does an expectation for variant @name fail for the run of variant @as? Only after
 * replay_resolve() with options->swap, which lets every run gather what any variant's expectations
 * read. */
bool replay_told_apart(const struct replay *replay, const struct run_result *name,
		       const struct run_result *as);

/* The library folder of this build: installed, or the source's. */
char *default_library(void);

#endif
