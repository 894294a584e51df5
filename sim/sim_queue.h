/* SPDX-License-Identifier: MIT */
/*
 * sim_queue - the armed events in order: private to sim/, so that it can be replaced as a whole.
 *
 * A hierarchical wheel that is exact. Time never runs backwards, so an event is filed by the
 * highest digit (base SIM_WHEEL_SLOTS) in which its instant differs from the queue's: the digit's
 * place is the level, its value the slot. What is due at the queue's own instant stands in one list
 * a phase. An event armed for an instant is always filed where the others of that instant are, at
 * the tail: so lists keep the order of arming, and only a queue whose orders are shuffled sorts.
 *
 *	sim_event_arm() -> sim_queue_push()         sim_event_cancel() -> sim_queue_remove()
 *	sim_run() -> sim_queue_first() -> sim_queue_pop()
 *	sim_event_follow() -> sim_queue_idle_until()
 *
 * The first event is in the first used slot of the lowest used level. If it is alone there, that is
 * all. If not, the queue moves to the least instant of the slot, which files all of them anew, on
 * lower levels or as due: an event moves at most once a level, and seldom more than twice. That
 * goes from the last to the first; with many events, each knows what stood some places before it,
 * to be fetched ahead.
 *
 * Units:  when is in ps, as in sim_time.h.
 * Errors: none, and nothing is allocated. A list that was damaged from outside (invariant A5) is
 *         found when somebody passes over it; nothing is followed beyond.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include "sim_event.h"

#include <stdbool.h>
#include <stdint.h>

/* An order is phase << SIM_SEQ_BITS | seq. */
#define SIM_SEQ_BITS 62
#define SIM_PHASES (1u << (64 - SIM_SEQ_BITS))

/* With 4 to 6 bits events were filed anew more often, and firing was slower at all sizes. */
#define SIM_WHEEL_BITS 8
#define SIM_WHEEL_SLOTS (1u << SIM_WHEEL_BITS)
#define SIM_WHEEL_LEVELS (64 / SIM_WHEEL_BITS)
#define SIM_WHEEL_ALL (SIM_WHEEL_LEVELS * SIM_WHEEL_SLOTS)
#define SIM_WHEEL_WORDS (SIM_WHEEL_ALL / 64) /* at most 32: bits of used_words */

struct sim_slot {
	struct sim_link list;
	uint64_t least; /* no event in list is before it; UINT64_MAX: list is empty */
};

/* With more events than this they leave the first caches, and lists are fetched ahead. */
#define SIM_MANY 4096
#define SIM_AHEAD 8 /* places; 4 was slower, 16 a little faster and twice the memory */

/* What a slot's events need to name in behind, while there are many. */
struct sim_ahead {
	uint64_t spread; /* all of recent were filed in this one, if turn >= SIM_AHEAD */
	uint64_t turn;
	struct sim_link *recent[SIM_AHEAD]; /* filed last, the k-th at k % SIM_AHEAD */
};

struct sim_queue {
	uint64_t at; /* no event is before it */
	uint32_t n;
	uint32_t used_due;   /* bit p: some event of phase p is due at at */
	uint32_t used_words; /* bit w: used[w] != 0 */
	bool shuffled;       /* orders do not grow from arming to arming */
	struct sim_link due[SIM_PHASES];
	uint64_t used[SIM_WHEEL_WORDS]; /* bit: that slot is not empty */
	struct sim_slot slot[SIM_WHEEL_ALL];
	uint64_t spreads; /* slots opened so far */
	struct sim_ahead ahead[SIM_WHEEL_ALL];
};

void sim_queue_init(struct sim_queue *q, bool shuffled);

/* Invariant A6: each event is on the list of its instant, linked both ways, in order. Returns the
 * number of events before the first that is not, or q->n. */
uint32_t sim_queue_check(const struct sim_queue *q);

/* --- what follows runs for every event, and is inline for sim_loop.c --- */

static inline struct sim_event *sim_queue_event(struct sim_link *link)
{
	return sim_container_of(link, struct sim_event, link);
}

static inline void sim_link_append(struct sim_link *list, struct sim_link *link)
{
	struct sim_link *last = list->prev;

	link->prev = last;
	link->next = list;
	last->next = link;
	list->prev = link;
}

static inline void sim_link_init(struct sim_link *list) { list->next = list->prev = list; }

/* For shuffled orders: @link goes before the first on @list that has a greater one. */
void sim_queue_insert_sorted(struct sim_link *list, struct sim_link *link);

/* The slot of @when, which is after @at. */
static inline unsigned sim_queue_slot_of(uint64_t when, uint64_t at)
{
	const unsigned highest = 63u - (unsigned)__builtin_clzll(when ^ at);
	const unsigned level = highest / SIM_WHEEL_BITS;
	const uint64_t digits = when >> (level * SIM_WHEEL_BITS);

	return level * SIM_WHEEL_SLOTS + (unsigned)(digits % SIM_WHEEL_SLOTS);
}

static inline void sim_queue_note_slot(struct sim_queue *q, unsigned i, uint64_t when)
{
	struct sim_slot *slot = &q->slot[i];

	q->used_words |= 1u << i / 64;
	q->used[i / 64] |= UINT64_C(1) << i % 64;
	slot->least = when < slot->least ? when : slot->least;
}

/* What was recent may be gone since: its address is good for nothing but fetching ahead. */
static inline void sim_queue_note_behind(struct sim_ahead *ahead, struct sim_event *ev)
{
	struct sim_link **recent = &ahead->recent[ahead->turn++ % SIM_AHEAD];

	ev->behind = *recent;
	*recent = &ev->link;
}

/* @sorted: to its place among those that are due at its instant, not behind them. */
static inline void sim_queue_file(struct sim_queue *q, struct sim_event *ev, bool sorted)
{
	const uint64_t when = ev->when.v;

	if (when == q->at) {
		const unsigned phase = (unsigned)(ev->order >> SIM_SEQ_BITS);

		q->used_due |= 1u << phase;
		if (__builtin_expect(sorted, 0))
			sim_queue_insert_sorted(&q->due[phase], &ev->link);
		else
			sim_link_append(&q->due[phase], &ev->link);
		return;
	}
	const unsigned i = sim_queue_slot_of(when, q->at);

	sim_queue_note_slot(q, i, when);
	if (__builtin_expect(q->n > SIM_MANY, 0))
		sim_queue_note_behind(&q->ahead[i], ev);
	sim_link_append(&q->slot[i].list, &ev->link);
}

/* Takes @ev in by its when, which is not before the queue's instant, and its order. */
static inline void sim_queue_push(struct sim_queue *q, struct sim_event *ev)
{
	q->n++;
	sim_queue_file(q, ev, q->shuffled);
}

static inline void sim_queue_slot_emptied(struct sim_queue *q, unsigned i)
{
	q->slot[i].least = UINT64_MAX;
	q->used[i / 64] &= ~(UINT64_C(1) << i % 64);
	if (!q->used[i / 64])
		q->used_words &= ~(1u << i / 64);
}

/* @ev must be one that sim_queue_holds(). */
static inline void sim_queue_remove(struct sim_queue *q, struct sim_event *ev)
{
	struct sim_link *next = ev->link.next, *prev = ev->link.prev;

	next->prev = prev;
	prev->next = next;
	ev->link.next = NULL;
	q->n--;
	if (next != prev) /* its neighbours: if they are one, that is the list */
		return;
	if (next < &q->due[SIM_PHASES])
		q->used_due &= ~(1u << (next - q->due));
	else
		sim_queue_slot_emptied(q, (unsigned)((struct sim_slot *)next - q->slot));
}

/* Whether @ev, which says that it is armed, really stands where it says. */
static inline bool sim_queue_holds(const struct sim_event *ev)
{
	const struct sim_link *link = &ev->link;

	return link->next && link->next->prev == link && link->prev && link->prev->next == link;
}

/* Moves to the least instant of slot @i and files its events anew. Returns NULL, or the first link
 * that does not go back to where it was reached from. */
struct sim_link *sim_queue_spread(struct sim_queue *q, unsigned i);

/* The first event if it is not after @limit, NULL if there is none. If the queue is damaged it may
 * return an event that sim_queue_holds() does not. The queue's instant, before which nothing can be
 * pushed any more, moves at most to @limit and to the first event. */
static inline struct sim_event *sim_queue_first(struct sim_queue *q, uint64_t limit)
{
	while (!q->used_due) {
		if (!q->used_words)
			return NULL;
		const unsigned word = (unsigned)__builtin_ctz(q->used_words);
		const unsigned i = word * 64 + (unsigned)__builtin_ctzll(q->used[word]);
		struct sim_link *list = &q->slot[i].list;

		if (list->next == list->prev) {
			struct sim_event *ev = sim_queue_event(list->next);

			/* Nobody is armed for PS_NEVER: it was initialised while armed. */
			return ev->when.v <= limit || ev->when.v == PS_NEVER.v ? ev : NULL;
		}
		if (q->slot[i].least > limit)
			return NULL;
		struct sim_link *broken = sim_queue_spread(q, i);

		if (__builtin_expect(broken != NULL, 0))
			return sim_queue_event(broken);
	}
	return q->at <= limit ? sim_queue_event(q->due[__builtin_ctz(q->used_due)].next) : NULL;
}

/* Whether nothing is due up to and including @when, as far as that can be seen without moving
 * anything: a slot whose least event was taken out is believed to hold it still. */
static inline bool sim_queue_idle_until(const struct sim_queue *q, uint64_t when)
{
	if (q->used_due)
		return false;
	if (!q->used_words)
		return true;
	const unsigned word = (unsigned)__builtin_ctz(q->used_words);
	const unsigned i = word * 64 + (unsigned)__builtin_ctzll(q->used[word]);

	return q->slot[i].least > when;
}

/* Takes out what sim_queue_first() returned. */
static inline void sim_queue_pop(struct sim_queue *q, struct sim_event *ev)
{
	q->at = ev->when.v;
	sim_queue_remove(q, ev);
}

#endif
