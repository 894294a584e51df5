/* SPDX-License-Identifier: MIT */
/*
 * workload - a guest's two programs, as state machines: each call gives the next operation.
 *
 * A new workload is a file in models/guest/ that exports one of these and a line in workloads.c.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

struct guest;
struct guest_op;

struct workload {
	const char *name; /* as scenario files spell it */
	const char *help;
	const char *uses; /* fields of guest_config besides other_exits, "!" behind a needed one:
			     "delta! wait loop" */
	bool recorded;    /* replays a recording */
	void (*main)(struct guest *guest, struct guest_op *op);
	void (*handler)(struct guest *guest, struct guest_op *op); /* ends in GUEST_IRET */
};

extern const struct workload workload_tscdeadline_latency, workload_busy, workload_recorded,
	workload_program, workload_vmexit, workload_cyclictest, workload_periodic_tick,
	workload_idle_nohz;

/* All workloads, in the order in which they are listed. */
const struct workload *const *workloads_all(size_t *n);

#endif
