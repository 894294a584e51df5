/* SPDX-License-Identifier: MIT */
/*
 * sim_state - the loop's state. Private to sim/; tests include it to break invariants on purpose.
 *
 * An order is phase << SIM_SEQ_BITS | seq, with seq the number of the arming, from 1, never reused.
 * With shuffled ties a permutation of seq stands in its place, and can be undone.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "sim_loop.h"
#include "sim_queue.h"

#define SIM_RECENT 256 /* dispatched events kept to name the type that runs away */
#define SIM_HOT_MOST 5
#define SIM_FEISTEL_N 4

struct sim_recent {
	uint64_t when;
	const struct sim_event_type *type;
	uint32_t entity;
};

struct sim {
	struct sim_clock clock; /* first: see sim_now() */
	uint64_t same_instant;  /* dispatches and counted steps at now */

	/* A4: armed == dispatched + cancelled + queue.n. armed is also the last seq given out. */
	uint64_t armed, dispatched, cancelled;
	uint64_t followed;   /* of dispatched: by sim_event_follow() */
	uint64_t run_before; /* the run under way goes on for instants below; 0: there is none */

	/* A3: the last popped key, and the last seq given out before its callback ran. */
	uint64_t last_when, last_order, last_seq;

	bool stopping;
	enum sim_stop why; /* valid if stopping */
	uint32_t pending_peak;
	struct sim_limits limits;
	uint32_t round_key[SIM_FEISTEL_N];
	struct sim_breach breach;
	struct sim_recent recent[SIM_RECENT]; /* the k-th dispatched is at k % SIM_RECENT */
	struct sim_queue queue;
};
_Static_assert(offsetof(struct sim, clock) == 0, "sim_now() looks there");

#endif
