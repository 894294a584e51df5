/* SPDX-License-Identifier: MIT */
/*
 * sim_loop - the virtual clock: takes the earliest event, moves the clock there, runs it.
 *
 * Ends at a given instant, when nothing is armed, when a budget is used up, when somebody asks, or
 * when an invariant breaks. The first broken invariant is kept with its id and the values; nothing
 * is run after it. Depends on libc alone.
 */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include "sim_event.h"
#include "sim_time.h"

enum sim_stop {
	SIM_STOP_END,          /* reached the end instant; events may be pending      */
	SIM_STOP_DRAINED,      /* nothing is armed any more                           */
	SIM_STOP_ASKED,        /* sim_ask_stop()                                      */
	SIM_STOP_EVENTS,       /* budget: max_events dispatched                       */
	SIM_STOP_SAME_INSTANT, /* budget: max_same_instant dispatched at one instant  */
	SIM_STOP_PENDING,      /* budget: max_pending armed                           */
	SIM_STOP_BROKEN,       /* an invariant is broken: see sim_broken()            */
};

struct sim_limits {
	uint64_t max_events;       /* dispatched in the whole run           */
	uint64_t max_same_instant; /* dispatched at one instant             */
	uint32_t max_pending;      /* armed at the same time                */
	bool shuffle_ties;         /* permute what is equal in (when, phase), by shuffle_seed */
	uint64_t shuffle_seed;
	bool check_full; /* the invariants that cost more: A6 after every event, B3 */
};

#define SIM_LIMITS_DEFAULT    \
	((struct sim_limits){ \
		.max_events = 1000000000, .max_same_instant = 100000, .max_pending = 1000000 })

/* A4: armed == dispatched + cancelled + pending; a move counts as cancel + arm. */
struct sim_counts {
	uint64_t armed, dispatched, cancelled;
	uint64_t followed; /* of dispatched: not by way of the queue */
	uint32_t pending;
	uint32_t pending_peak;
};

/* An invariant that does not hold: exit status 3. */
struct sim_breach {
	const char *id;    /* "A2"; NULL: none */
	char formula[256]; /* the rule with the values that broke it */
	ps_t when;
};

struct sim_event_report { /* one of the last dispatched events, or a hot type */
	ps_t when;
	const char *name;
	uint32_t entity;
	uint64_t count;
};
#define SIM_LAST_EVENTS 32

/* @limits NULL: SIM_LIMITS_DEFAULT. Returns NULL: no memory. */
struct sim *sim_new(const struct sim_limits *limits);

/* Does not look at the events: whoever owns them cancels them first, and sim_counts() says whether
 * all did. */
void sim_free(struct sim *sim);

/* The first member of struct sim, here so that reading the clock needs no call. */
struct sim_clock {
	ps_t now;
};

static inline ps_t sim_now(const struct sim *sim) { return ((const struct sim_clock *)sim)->now; }

/* Runs all events up to and including @end, then sets the clock to @end, also when nothing is armed
 * any more. @end PS_NEVER runs until then and leaves the clock at the last event, or at SIM_RUN_MAX
 * if some event lies behind it. A budget or breach leaves the clock where it happened and what is
 * due in the queue; all later runs return the same at once. */
enum sim_stop sim_run(struct sim *sim, ps_t end);

/* Stops after the event that is running, or the next run before its first; a later run goes on. */
void sim_ask_stop(struct sim *sim);

/* Something that would be an event of its own, done inside another: counts against
 * max_same_instant, so that a loop of zero-length steps is found out. False: stop, the budget is
 * used up. */
bool sim_count_step(struct sim *sim);

/* Records that invariant @id does not hold and stops the run, as printf(); the first is kept. */
__attribute__((format(printf, 3, 4))) void sim_break(struct sim *sim, const char *id,
						     const char *format, ...);
bool sim_check_full(const struct sim *sim);
const struct sim_breach *sim_broken(const struct sim *sim); /* id NULL: all hold */

struct sim_counts sim_counts(const struct sim *sim);

/* The last dispatched events, oldest first; returns how many (at most SIM_LAST_EVENTS). */
unsigned sim_last_events(const struct sim *sim, struct sim_event_report ret[SIM_LAST_EVENTS]);

/* For SIM_STOP_SAME_INSTANT and SIM_STOP_EVENTS: the most dispatched (type, entity) among the last
 * ones, most frequent first, ties by name then entity; returns how many (at most 5). */
unsigned sim_hot_events(const struct sim *sim, struct sim_event_report ret[5]);

#endif
