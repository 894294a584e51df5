/* SPDX-License-Identifier: MIT */
/*
 * explain - why one deadline of a run was as late as it was, and which commits of the kernel made
 *it so.
 *
 *	explain_run(): run every variant asked for -> choose a deadline of each
 *	            -> run again up to its end, with life.h watching
 *	            -> the same with each kernel one commit away (neighbours.h), and compare the
 *lives explain_print()
 *
 * A commit counts if the run with it, or without it, gives this deadline another life. So no model
 * records anything for it, and nothing is claimed that was not tried. Of a commit that made several
 * forms, those are named that have an effect alone; if none has, all.
 *
 * The worst deadline is the one that costs most (life_cost()) beyond what the same deadline costs
 *in the best of the other variants; what is less than a twentieth of its cost is nothing. Where
 *that tells none apart, or only one variant is asked for, it is the one that costs most; among
 *equals the first. What was due and not delivered counts up to the end of the run.
 *
 * A run without any such deadline is explained as a whole: which commits change what happens in it.
 *
 * Errors: of a run, as its exit status with a message in the result. A kernel that cannot run the
 * scenario is no neighbour. One that takes far more events than the whole run did is not followed
 *further: that is another life, too. Left out: kernels two commits away, and commits that only
 *together have an effect.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "deadlines.h"
#include "life.h"
#include "neighbours.h"
#include "run.h"

#define EXPLAIN_WORST_MAX 1000000u

struct explain_options {
	uint32_t worst; /* the how-many-th, from 1 */
	bool chosen;    /* this one instead */
	uint32_t vcpu;
	uint64_t n;
	const struct sim_limits *limits;
};

struct explain_other { /* what another kernel makes of it */
	const struct neighbour *neighbour;
	GArray *alone; /* of struct form_change: those that have an effect by themselves */
	struct life life;
	enum life_step step; /* where it parts from the run's */
	enum life_part part;
	uint64_t interrupts, exits; /* of a run as a whole */
	uint64_t beyond;            /* it was not over after so many events; 0: it was */
};

struct explanation { /* of one variant's run */
	struct run_result *result;
	struct deadlines *deadlines;
	uint64_t fingerprint, events, interrupts, exits;

	bool whole; /* no deadline was due: of the run as a whole */
	struct life life;
	uint32_t vcpu_id;
	uint64_t due;  /* deadlines that were delivered, or due and not delivered */
	uint32_t rank; /* 0: it was asked for by its number */
	const struct explanation *best; /* the variant it was measured against; NULL: none */

	GPtrArray *neighbours;
	GArray *others; /* of struct explain_other, those that differ */
	uint32_t tried; /* neighbours that ran */
	bool starved;   /* there was no memory for one */
};

struct explain {
	uint32_t n;
	struct explanation *of; /* by variant that was asked for, in the order of the file */
};

/* Of the resolved results of @replay; the worst exit status. */
int explain_run(struct replay *replay, const struct explain_options *options, struct explain *ret);
void explain_clear(struct explain *e);

/* explain_state.c: the run of @result up to @at, and how it stands then. An exit status. */
int explain_state(GString *out, struct run_result *result, ps_t at,
		  const struct sim_limits *limits);

/* explain_text.c: the whole, and the command that gives it again */
void explain_print(GString *out, const struct explanation *e);
void explain_repeat(GString *out, const struct replay *replay, const struct replay_options *run,
		    const struct explanation *e);

/* And its parts: which deadline and how late; the longest part, in sentences, a line each, or
 * nothing; and of a neighbour its commit, what it makes of the deadline, and whether that is no
 * more than a twentieth. */
void explain_verdict(GString *out, const struct explanation *e);
void explain_why(GString *out, const struct explanation *e);
void explain_whose(GString *out, const struct neighbour *n);
void explain_outcome(GString *out, const struct explanation *e, const struct explain_other *o);
bool explain_is_little(const struct explanation *e, const struct explain_other *o);

#endif
