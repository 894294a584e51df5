/* SPDX-License-Identifier: MIT */
/*
 * summary - what the replay table shows of a run, gathered from its records as they come.
 *
 * Constant memory but for the list of deadlines, which is kept only on demand.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "histogram.h"
#include "sim_loop.h"
#include "tracepoints.h"
#include "world_config.h"

#include <glib.h>

struct deadline_row {  /* one armed deadline, as --samples lists it */
	uint32_t vcpu; /* index in the world */
	uint64_t n;
	uint64_t deadline;
	int32_t cpu, vcpu_cpu; /* where it fired and where the vCPU was; -1: it never fired */
	bool delivered;
	int64_t lateness_ps;
	int64_t lateness_cycles;
};

#define EXIT_NAMES_MAX 16

struct summary {
	struct trace_sink sink;
	struct histogram *lateness, *lateness_cycles; /* ps; guest cycles */
	uint64_t samples, early, arms, remote, late_arms;
	uint64_t drops[3];              /* by enum lapic_drop */
	uint64_t exits[EXIT_NAMES_MAX]; /* by index of the field `reason` */
	uint64_t *fired_on;             /* by CPU */
	uint32_t n_cpus;
	GArray *deadlines; /* of struct deadline_row; NULL: not asked for */
	bool no_memory;
};

void summary_init(struct summary *s, uint32_t n_cpus, bool keep_deadlines);
/* Invariant F2, of the whole run: breaks it in @sim. */
void summary_check(const struct summary *s, struct sim *sim);
void summary_clear(struct summary *s);

#endif
