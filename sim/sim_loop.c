/* SPDX-License-Identifier: MIT */
#include "sim_loop.h"

#include "sim_state.h"
#include "sim_wrap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define unlikely(x) __builtin_expect(!!(x), 0)
#define apart __attribute__((noinline)) /* seldom called: its caller keeps no registers for it */

#define HALF_BITS (SIM_SEQ_BITS / 2)
#define HALF_MASK ((UINT64_C(1) << HALF_BITS) - 1)
#define SEQ_MASK ((UINT64_C(1) << SIM_SEQ_BITS) - 1)

/* splitmix64's finaliser: all bits of the result depend on all bits of @x. */
static WRAPS uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t feistel_round(const struct sim *sim, unsigned round, uint64_t half)
{
	return mix((uint64_t)sim->round_key[round] << 32 | half) & HALF_MASK;
}

/* A permutation of [0, 2^62): two armings never get the same place, whatever the seed. */
static apart uint64_t shuffle_seq(const struct sim *sim, uint64_t seq)
{
	uint64_t left = seq >> HALF_BITS, right = seq & HALF_MASK;

	for (unsigned round = 0; round < SIM_FEISTEL_N; round++) {
		uint64_t swap = left ^ feistel_round(sim, round, right);

		left = right;
		right = swap;
	}
	return left << HALF_BITS | right;
}

static uint64_t unshuffle_seq(const struct sim *sim, uint64_t place)
{
	uint64_t left = place >> HALF_BITS, right = place & HALF_MASK;

	for (unsigned round = SIM_FEISTEL_N; round > 0; round--) {
		uint64_t swap = right ^ feistel_round(sim, round - 1, left);

		right = left;
		left = swap;
	}
	return left << HALF_BITS | right;
}

/* @plain: sim_queue_is_plain(), so that ties are not shuffled. */
static uint64_t next_order(struct sim *sim, enum sim_phase phase, bool plain)
{
	uint64_t seq = ++sim->armed;

	if (!plain && sim->limits.shuffle_ties)
		seq = shuffle_seq(sim, seq);
	return (uint64_t)phase << SIM_SEQ_BITS | seq;
}

static uint64_t seq_of(const struct sim *sim, uint64_t order)
{
	uint64_t seq = order & SEQ_MASK;

	return sim->limits.shuffle_ties ? unshuffle_seq(sim, seq) : seq;
}

struct sim *sim_new(const struct sim_limits *limits)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return NULL;
	sim->limits = limits ? *limits : SIM_LIMITS_DEFAULT;
	for (unsigned round = 0; round < SIM_FEISTEL_N; round++)
		sim->round_key[round] = (uint32_t)mix(mix(sim->limits.shuffle_seed) + round + 1);
	sim_queue_init(&sim->queue, sim->limits.shuffle_ties);
	return sim;
}

void sim_free(struct sim *sim) { free(sim); }

/* The first reason counts; but a request gives way to a budget, and all give way to a broken
 * invariant. */
static void stop(struct sim *sim, enum sim_stop why)
{
	if (!sim->stopping || sim->why == SIM_STOP_ASKED || why == SIM_STOP_BROKEN)
		sim->why = why;
	sim->stopping = true;
}

void sim_ask_stop(struct sim *sim) { stop(sim, SIM_STOP_ASKED); }

void sim_break(struct sim *sim, const char *id, const char *format, ...)
{
	va_list args;

	stop(sim, SIM_STOP_BROKEN);
	if (sim->breach.id)
		return;
	sim->breach.id = id;
	sim->breach.when = sim_now(sim);
	va_start(args, format);
	vsnprintf(sim->breach.formula, sizeof(sim->breach.formula), format, args);
	va_end(args);
}

bool sim_check_full(const struct sim *sim) { return sim->limits.check_full; }

const struct sim_breach *sim_broken(const struct sim *sim) { return &sim->breach; }

bool sim_count_step(struct sim *sim)
{
	if (sim->same_instant >= sim->limits.max_same_instant) {
		stop(sim, SIM_STOP_SAME_INSTANT);
		return false;
	}
	sim->same_instant++;
	return true;
}

void sim_event_init(struct sim_event *ev, const struct sim_event_type *type, uint32_t entity)
{
	/* An armed event that is initialised again is found out when its list comes up: it does not
	 * stand where its neighbours say. */
	*ev = (struct sim_event){ .when = PS_NEVER, .type = type, .entity = entity };
}

/* now <= when < never */
static bool is_ahead(const struct sim *sim, ps_t when)
{
	return wrap_sub(when.v, sim->clock.now.v) < PS_NEVER.v - sim->clock.now.v;
}

/* Says which invariant keeps @ev from being armed; returns whether it was. */
static apart bool refuse(struct sim *sim, const struct sim_event *ev, ps_t when)
{
	if (!ev->type)
		sim_break(sim, "A5", "an armed event is initialised: type == NULL");
	else if (!is_ahead(sim, when))
		sim_break(sim, "A2",
			  "now <= when < never: now %" PRIu64 " ps, when %" PRIu64
			  " ps, %s of %" PRIu32,
			  sim->clock.now.v, when.v, ev->type->name, ev->entity);
	else
		sim_break(sim, "A5", "an armed event is linked both ways: %s of %" PRIu32,
			  ev->type->name, ev->entity);
	return sim_event_armed(ev);
}

/* Moves the armed @ev. @plain: sim_queue_is_plain(). */
static inline bool move(struct sim *sim, struct sim_event *ev, ps_t when, bool plain)
{
	struct sim_queue *q = &sim->queue;
	const bool stays = !plain && sim_queue_may_stay(q, ev, when.v);

	if (unlikely(!stays && !sim_queue_holds(ev)))
		return refuse(sim, ev, when);

	const uint64_t order = next_order(sim, ev->type->phase, plain);

	sim->cancelled++;
	if (stays)
		sim_queue_stay(q, ev, when.v, order);
	else
		sim_queue_move(q, ev, when.v, order, plain);
	return true;
}

/* Arms the idle @ev. */
static inline bool push(struct sim *sim, struct sim_event *ev, ps_t when, bool plain)
{
	struct sim_queue *q = &sim->queue;

	if (unlikely(q->n >= sim->limits.max_pending)) {
		stop(sim, SIM_STOP_PENDING);
		return false;
	}
	sim_queue_push(q, ev, when.v, next_order(sim, ev->type->phase, plain), plain);
	if (q->n > sim->pending_peak)
		sim->pending_peak = q->n;
	return false;
}

static inline bool arm(struct sim *sim, struct sim_event *ev, ps_t when, bool plain)
{
	return sim_event_armed(ev) ? move(sim, ev, when, plain) : push(sim, ev, when, plain);
}

static apart bool arm_not_plain(struct sim *sim, struct sim_event *ev, ps_t when)
{
	return arm(sim, ev, when, false);
}

bool sim_event_arm(struct sim *sim, struct sim_event *ev, ps_t when)
{
	if (unlikely(!ev->type || !is_ahead(sim, when)))
		return refuse(sim, ev, when);
	if (unlikely(!sim_queue_is_plain(&sim->queue)))
		return arm_not_plain(sim, ev, when);
	return arm(sim, ev, when, true);
}

bool sim_event_cancel(struct sim *sim, struct sim_event *ev)
{
	if (!sim_event_armed(ev))
		return false;
	if (unlikely(!sim_queue_holds(ev))) {
		sim_break(sim, "A5", "a cancelled event is linked both ways: entity %" PRIu32,
			  ev->entity);
		return false;
	}
	sim_queue_remove(&sim->queue, ev);
	sim->cancelled++;
	return true;
}

/* The clock goes to @ev, which is counted and remembered. */
static inline void enter_event(struct sim *sim, const struct sim_event *ev)
{
	const uint64_t when = ev->when.v;

	if (when != sim->clock.now.v) {
		sim->clock.now = ps(when);
		sim->same_instant = 0;
	}
	sim->same_instant++;
	sim->last_when = when;
	sim->last_order = ev->order;
	sim->last_seq = sim->armed;
	sim->recent[sim->dispatched % SIM_RECENT] =
		(struct sim_recent){ .when = when, .type = ev->type, .entity = ev->entity };
	sim->dispatched++;
}

/* Whether @ev, armed for @when, would be dispatched next, and changes nothing but the clock, the
 * counts and the recent events: whatever may touch a budget or an invariant goes through the queue.
 */
static bool may_follow(const struct sim *sim, const struct sim_event *ev, uint64_t when)
{
	return when > sim->clock.now.v && when < sim->run_before && !sim->stopping &&
	       sim->dispatched < sim->limits.max_events && sim->queue.n < sim->pending_peak &&
	       !sim->limits.check_full && ev->type && !sim_event_armed(ev) &&
	       sim_queue_idle_until(&sim->queue, when);
}

bool sim_event_follow(struct sim *sim, struct sim_event *ev, ps_t when)
{
	if (!may_follow(sim, ev, when.v)) {
		sim_event_arm(sim, ev, when);
		return false;
	}
	ev->when = when;
	ev->order = next_order(sim, ev->type->phase, false);
	enter_event(sim, ev);
	sim->followed++;
	return true;
}

/* A3: an event that goes before the last popped one was not there yet when that one was popped. */
static bool is_in_order(const struct sim *sim, const struct sim_event *ev)
{
	if (ev->when.v != sim->last_when || ev->order > sim->last_order)
		return true;
	return ev->order != sim->last_order && seq_of(sim, ev->order) > sim->last_seq;
}

/* Whether the budgets and the invariants allow @ev to be dispatched; if not, says stop. */
static bool may_dispatch(struct sim *sim, const struct sim_event *ev)
{
	const uint64_t when = ev->when.v;

	if (unlikely(!sim_queue_holds(ev))) {
		sim_break(sim, "A5", "a dispatched event is armed: entity %" PRIu32, ev->entity);
		return false;
	}
	if (unlikely(when < sim->clock.now.v)) {
		sim_break(sim, "A1", "t_pop >= now: t_pop %" PRIu64 " ps, now %" PRIu64 " ps", when,
			  sim->clock.now.v);
		return false;
	}
	if (unlikely(!is_in_order(sim, ev))) {
		sim_break(sim, "A3",
			  "key_pop(k+1) > key_pop(k): order %" PRIx64 " after %" PRIx64
			  " at %" PRIu64 " ps, %s of %" PRIu32,
			  ev->order, sim->last_order, when, ev->type->name, ev->entity);
		return false;
	}
	if (unlikely(sim->dispatched >= sim->limits.max_events)) {
		stop(sim, SIM_STOP_EVENTS);
		return false;
	}
	if (when != sim->clock.now.v)
		return true;
	if (unlikely(sim->same_instant >= sim->limits.max_same_instant)) {
		stop(sim, SIM_STOP_SAME_INSTANT);
		return false;
	}
	return true;
}

static void dispatch(struct sim *sim, struct sim_event *ev)
{
	enter_event(sim, ev);
	sim_queue_pop(&sim->queue, ev);

	/* The callback may arm, cancel or free what it likes, @ev included. */
	ev->type->fn(sim, ev);
}

static void check_after_event(struct sim *sim)
{
	const uint32_t pending = sim->queue.n;

	if (unlikely(sim->armed != sim->dispatched + sim->cancelled + pending))
		sim_break(sim, "A4",
			  "armed == dispatched + cancelled + pending: %" PRIu64 " != %" PRIu64
			  " + %" PRIu64 " + %" PRIu32,
			  sim->armed, sim->dispatched, sim->cancelled, pending);
	if (unlikely(sim->limits.check_full)) {
		const uint32_t good = sim_queue_check(&sim->queue);

		if (good != pending)
			sim_break(sim, "A6",
				  "each event is on the list of its instant, in order: %" PRIu32
				  " of %" PRIu32,
				  good, pending);
	}
}

/* Moves the clock to @end when all before it is done. */
static enum sim_stop finish(struct sim *sim, uint64_t end, enum sim_stop why)
{
	sim->run_before = 0;
	if (end != PS_NEVER.v && end != sim->clock.now.v) {
		sim->clock.now = ps(end);
		sim->same_instant = 0;
	}
	return why;
}

enum sim_stop sim_run(struct sim *sim, ps_t end)
{
	if (end.v < sim->clock.now.v || (end.v > SIM_RUN_MAX.v && end.v != PS_NEVER.v))
		sim_break(sim, "A8",
			  "now <= end <= %" PRIu64 " ps: now %" PRIu64 " ps, end %" PRIu64 " ps",
			  SIM_RUN_MAX.v, sim->clock.now.v, end.v);

	const uint64_t limit = end.v < SIM_RUN_MAX.v ? end.v : SIM_RUN_MAX.v;

	sim->run_before = limit + 1;
	while (!sim->stopping) {
		struct sim_event *ev = sim_queue_first(&sim->queue, limit);

		if (!ev && !sim->queue.n)
			return finish(sim, end.v, SIM_STOP_DRAINED);
		if (!ev)
			return finish(sim, limit, SIM_STOP_END);
		if (!may_dispatch(sim, ev))
			break;
		dispatch(sim, ev);
		check_after_event(sim);
	}
	sim->run_before = 0;
	if (sim->why == SIM_STOP_ASKED)
		sim->stopping = false;
	return sim->why;
}

struct sim_counts sim_counts(const struct sim *sim)
{
	return (struct sim_counts){
		.armed = sim->armed,
		.dispatched = sim->dispatched,
		.cancelled = sim->cancelled,
		.followed = sim->followed,
		.pending = sim->queue.n,
		.pending_peak = sim->pending_peak,
	};
}

static struct sim_event_report report_of(const struct sim_recent *recent)
{
	return (struct sim_event_report){ .when = ps(recent->when),
					  .name = recent->type->name,
					  .entity = recent->entity,
					  .count = 1 };
}

unsigned sim_last_events(const struct sim *sim, struct sim_event_report ret[SIM_LAST_EVENTS])
{
	const unsigned n =
		sim->dispatched < SIM_LAST_EVENTS ? (unsigned)sim->dispatched : SIM_LAST_EVENTS;

	for (unsigned i = 0; i < n; i++)
		ret[i] = report_of(&sim->recent[(sim->dispatched - n + i) % SIM_RECENT]);
	return n;
}

static bool hotter(const struct sim_event_report *a, const struct sim_event_report *b)
{
	const int by_name = strcmp(a->name, b->name);

	if (a->count != b->count)
		return a->count > b->count;
	return by_name ? by_name < 0 : a->entity < b->entity;
}

static unsigned count_recent(const struct sim *sim, struct sim_event_report all[SIM_RECENT])
{
	const unsigned seen = sim->dispatched < SIM_RECENT ? (unsigned)sim->dispatched : SIM_RECENT;
	unsigned n = 0;

	for (unsigned i = 0; i < seen; i++) {
		const struct sim_event_report one =
			report_of(&sim->recent[(sim->dispatched - seen + i) % SIM_RECENT]);
		unsigned at = 0;

		while (at < n && (all[at].entity != one.entity || strcmp(all[at].name, one.name)))
			at++;
		if (at == n) {
			all[n++] = one;
			continue;
		}
		all[at].when = one.when;
		all[at].count++;
	}
	return n;
}

unsigned sim_hot_events(const struct sim *sim, struct sim_event_report ret[SIM_HOT_MOST])
{
	struct sim_event_report all[SIM_RECENT];
	const unsigned n = count_recent(sim, all);
	unsigned found = 0;

	for (; found < n && found < SIM_HOT_MOST; found++) {
		unsigned best = found;

		for (unsigned i = found + 1; i < n; i++)
			best = hotter(&all[i], &all[best]) ? i : best;
		ret[found] = all[best];
		all[best] = all[found];
	}
	return found;
}
