/* SPDX-License-Identifier: MIT */
/*
 * deadlines - what became of every deadline of a run, in few bytes each, so that runs can be laid
 * side by side: a deadline is told by its vCPU and its number.
 *
 *	deadlines_new() -> trace_add_sink(&d->sink) -> run -> deadlines_end() -> deadlines_get()
 *
 * Units: ps. Errors: none.
 * Left out: of more than DEADLINES_MAX deadlines the later ones; `left_out` counts them.
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include "life.h"

#include <glib.h>

#define DEADLINES_MAX (UINT64_C(1) << 20)

struct deadline {
	enum life_end end;      /* LIFE_NEVER_ARMED: nothing is known of it */
	uint32_t cpu, vcpu_cpu; /* where it fired, and where the vCPU was */
	int64_t lateness;
	uint64_t cost; /* life_cost(); of one that was due and not delivered, up to the run's end */
};

struct deadlines {
	struct trace_sink sink;
	uint32_t n_vcpus;
	GArray **of; /* by vCPU, of struct deadline */
	uint64_t samples, kept, left_out;
};

struct deadlines *deadlines_new(const struct world_config *config);
void deadlines_free(struct deadlines *d);

/* After the run: what is still under way. */
void deadlines_end(struct deadlines *d, struct world *world);

/* NULL: it is not known. */
const struct deadline *deadlines_get(const struct deadlines *d, uint32_t vcpu, uint64_t n);
uint64_t deadlines_count(const struct deadlines *d, uint32_t vcpu);

#endif
