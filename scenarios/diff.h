/* SPDX-License-Identifier: MIT */
/*
 * diff - two runs laid side by side: their metrics, their deadlines, and the first record in which
 * they differ.
 *
 *	diff_run(): run both to their ends -> compare the checkpoints of their fingerprints
 *	         -> run both again up to the first block that differs, and keep that one block
 *	diff_print()
 *
 * Deadlines are told by vCPU and number (deadlines.h). Of those that differ the first is found, and
 * the one whose cost differs most; of that one both lives are told.
 *
 * A record is compared as the fingerprint sees it: instant, event, entity, values. Memory does not
 * grow with the run but for 8 bytes each 65536 records, and for the deadlines up to their limit; so
 * a nanosecond in 10^7 records costs two runs of each side.
 *
 * Units: ps. Errors: of a run, as its exit status with a message in its result. Too few
 * checkpoints, because memory ran out, are an error of the run, too.
 */
#ifndef DIFF_H
#define DIFF_H

#include "deadlines.h"
#include "run.h"

#define DIFF_CONTEXT 5u

struct diff_lines { /* records around the divergence */
	uint32_t n;
	struct trace_record line[2 * DIFF_CONTEXT];
};

struct diff_side {
	struct run_result *result;
	struct deadlines *deadlines;
	GArray *checkpoints; /* of uint64_t */
	struct trace_task *tasks;
	uint32_t n_tasks;
	struct life life;        /* of the deadline that differs most */
	struct diff_lines after; /* from the divergence on */
};

struct diff {
	struct diff_side side[2];
	bool same; /* the fingerprints agree */

	uint64_t compared, differ, alone[2]; /* deadlines; that only one side has */
	bool has_first;
	uint32_t first_vcpu, most_vcpu;
	uint64_t first_n, most_n;

	uint64_t record;          /* the first that differs, from 0 */
	struct diff_lines before; /* what both have before it */
};

/* Of two resolved results with summaries. EXIT_OK, also if they differ; otherwise the results'
 * messages say why. */
int diff_run(struct run_result *a, struct run_result *b, const struct sim_limits *limits,
	     struct diff *ret);
void diff_clear(struct diff *d);

/* diff_text.c. @names: what the sides are called. */
void diff_print(GString *out, const struct diff *d, const char *const names[2]);

#endif
