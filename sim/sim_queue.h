/* SPDX-License-Identifier: MIT */
/*
 * sim_queue - the armed events in order: private to sim/, so that it can be replaced as a whole.
 *
 * A hierarchical wheel that is exact. Time never runs backwards, so an event is filed by the
 * highest digit (base SIM_WHEEL_SLOTS) in which its instant differs from the queue's: the digit's
 * place is the level, its value the slot. What is due at the queue's own instant stands in one list
 * a phase. An event armed for an instant is always filed where the others of that instant are, at
 * the tail: so lists keep the order of arming.
 *
 *	sim_event_arm() -> sim_queue_push(), sim_queue_move() or sim_queue_stay()
 *	sim_event_cancel() -> sim_queue_remove()
 *	sim_run() -> sim_queue_first() -> sim_queue_pop()
 *	sim_event_follow() -> sim_queue_idle_until()
 *
 * The first event is in the first used slot of the lowest used level. If it is alone there, that is
 * all. If not, the queue moves to the least instant of the slot, which files all of them anew, on
 * lower levels or as due: an event moves at most once a level, and seldom more than twice. That
 * goes from the last to the first; with many events, each knows what stood some places before it,
 * to be fetched ahead.
 *
 * With many events, one that is moved on may stay where it stands, and goes to its own slot when
 * that one is opened. Then it comes behind those that were armed later; so what comes due at one
 * instant is sorted by order, if it is not.
 *
 * Units:  when is in ps, as in sim_time.h.
 * Errors: none, and nothing is allocated. A list that was damaged from outside (invariant A5) is
 *         found when somebody passes over it; nothing is followed beyond. A copy of an armed event
 *         that is moved, and stays, stands in no list: among many it is not found out.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include "sim_event.h"
#include "sim_wrap.h"

#include <stdbool.h>
#include <stdint.h>

/* An order is phase << SIM_SEQ_BITS | seq. */
#define SIM_SEQ_BITS 62
#define SIM_PHASES (1u << (64 - SIM_SEQ_BITS))

/* With 4 to 6 bits events were filed anew more often, and firing was slower at all sizes. */
#define SIM_WHEEL_BITS 8
#define SIM_WHEEL_SLOTS (1u << SIM_WHEEL_BITS)
#define SIM_WHEEL_LEVELS (64 / SIM_WHEEL_BITS)

/* The slots: one a phase for what is due at the queue's instant, then the wheel from its lowest
 * level on, so that the first event is in the first used one. A word of bits each. */
#define SIM_WHEEL_FIRST 64u
#define SIM_QUEUE_SLOTS (SIM_WHEEL_FIRST + SIM_WHEEL_LEVELS * SIM_WHEEL_SLOTS)
#define SIM_QUEUE_WORDS (SIM_QUEUE_SLOTS / 64)

#define SIM_STAYED (1u << 31) /* in an event's slot: it may belong to a later one */

struct sim_slot {
	struct sim_link list;
	uint64_t least; /* no event in list is before it; UINT64_MAX: list is empty */
};

/* Up to this many, an event is alone in its slot as often as not: no branch could be foretold. */
#define SIM_FEW 256

/* With more events than this they leave the first caches: lists are fetched ahead, and an event
 * that is moved on may stay where it stands. */
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
	bool shuffled;                  /* orders do not grow from arming to arming */
	bool stirred;                   /* some event stayed: orders may not grow along a list */
	uint32_t plain_below;           /* with fewer events nothing is special: _is_plain() */
	uint64_t used_words;            /* bit w: used[w] != 0 */
	uint64_t used[SIM_QUEUE_WORDS]; /* bit: that slot is not empty */
	struct sim_slot slot[SIM_QUEUE_SLOTS];
	uint64_t spreads; /* slots opened so far */
	struct sim_ahead ahead[SIM_QUEUE_SLOTS];
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

/* The slot of an event of @when, which is not before @at, and @order. */
static inline unsigned sim_queue_slot_of(uint64_t when, uint64_t order, uint64_t at)
{
	if (when == at)
		return (unsigned)(order >> SIM_SEQ_BITS);

	const unsigned highest = 63u - (unsigned)__builtin_clzll(when ^ at);
	const unsigned level = highest / SIM_WHEEL_BITS;
	const uint64_t digits = when >> (level * SIM_WHEEL_BITS);

	return SIM_WHEEL_FIRST + level * SIM_WHEEL_SLOTS + (unsigned)(digits % SIM_WHEEL_SLOTS);
}

/* @ev will stand in slot @i, to which it is not linked yet. */
static inline void sim_queue_note_slot(struct sim_queue *q, unsigned i, struct sim_event *ev,
				       uint64_t when)
{
	struct sim_slot *slot = &q->slot[i];
	const uint64_t least = slot->least;

	ev->slot = i;
	slot->least = when < least ? when : least;
	if (q->n <= SIM_FEW || least == UINT64_MAX) {
		q->used_words |= UINT64_C(1) << i / 64;
		q->used[i / 64] |= UINT64_C(1) << i % 64;
	}
}

/* What was recent may be gone since: its address is good for nothing but fetching ahead. */
static inline void sim_queue_note_behind(struct sim_ahead *ahead, struct sim_event *ev)
{
	struct sim_link **recent = &ahead->recent[ahead->turn++ % SIM_AHEAD];

	ev->behind = *recent;
	*recent = &ev->link;
}

/* Orders grow from arming to arming, and nothing need be fetched ahead nor stay where it stands. */
static inline bool sim_queue_is_plain(const struct sim_queue *q)
{
	return __builtin_expect(q->n < q->plain_below, 1);
}

/* @plain, here and below: the caller knows that sim_queue_is_plain(). */
static inline void sim_queue_file(struct sim_queue *q, struct sim_event *ev, uint64_t when,
				  uint64_t order, bool plain)
{
	const unsigned i = sim_queue_slot_of(when, order, q->at);
	struct sim_link *list = &q->slot[i].list;

	ev->when.v = when;
	ev->order = order;
	sim_queue_note_slot(q, i, ev, when);
	if (!plain && q->n > SIM_MANY)
		sim_queue_note_behind(&q->ahead[i], ev);
	if (!plain && q->shuffled && i < SIM_WHEEL_FIRST)
		sim_queue_insert_sorted(list, &ev->link);
	else
		sim_link_append(list, &ev->link);
}

/* Takes @ev in. @when is not before the queue's instant. */
static inline void sim_queue_push(struct sim_queue *q, struct sim_event *ev, uint64_t when,
				  uint64_t order, bool plain)
{
	q->n++;
	sim_queue_file(q, ev, when, order, plain);
}

static inline void sim_queue_note_empty(struct sim_queue *q, unsigned i, bool empty)
{
	q->slot[i].least |= wrap_neg(empty);
	q->used[i / 64] &= ~((uint64_t)empty << i % 64);
	q->used_words &= ~((uint64_t)(q->used[i / 64] == 0) << i / 64);
}

/* Returns whether @ev was alone in its slot: if its neighbours are one, that is the list. */
static inline bool sim_queue_unlink(struct sim_event *ev)
{
	struct sim_link *next = ev->link.next, *prev = ev->link.prev;

	next->prev = prev;
	prev->next = next;
	return next == prev;
}

static inline void sim_queue_take_out(struct sim_queue *q, struct sim_event *ev)
{
	const bool alone = sim_queue_unlink(ev);

	if (q->n <= SIM_FEW || alone)
		sim_queue_note_empty(q, ev->slot & ~SIM_STAYED, alone);
}

/* @ev must be one that sim_queue_holds(). */
static inline void sim_queue_remove(struct sim_queue *q, struct sim_event *ev)
{
	sim_queue_take_out(q, ev);
	ev->link.next = NULL;
	q->n--;
}

/* As sim_queue_remove() and sim_queue_push(). */
static inline void sim_queue_move(struct sim_queue *q, struct sim_event *ev, uint64_t when,
				  uint64_t order, bool plain)
{
	sim_queue_take_out(q, ev);
	sim_queue_file(q, ev, when, order, plain);
}

/* Whether the slot of @ev, which is armed, will be opened by @when. */
static inline bool sim_queue_opens_by(const struct sim_queue *q, const struct sim_event *ev,
				      uint64_t when)
{
	return ev->slot >= SIM_WHEEL_FIRST && when >= q->slot[ev->slot & ~SIM_STAYED].least;
}

/* Whether sim_queue_stay() will do, and is worth its being filed anew later. */
static inline bool sim_queue_may_stay(const struct sim_queue *q, const struct sim_event *ev,
				      uint64_t when)
{
	return q->n > SIM_MANY && sim_queue_opens_by(q, ev, when);
}

/* Moves @ev by leaving it where it stands, if sim_queue_opens_by(@when): neither of its neighbours
 * is touched, which with many events are in no cache. */
static inline void sim_queue_stay(struct sim_queue *q, struct sim_event *ev, uint64_t when,
				  uint64_t order)
{
	q->stirred = true;
	ev->when.v = when;
	ev->order = order;
	ev->slot |= SIM_STAYED;
}

/* Whether @ev, which says that it is armed, really stands where it says. One that was armed, was
 * initialised and was armed again for the same slot stands behind itself. */
static inline bool sim_queue_holds(const struct sim_event *ev)
{
	const struct sim_link *link = &ev->link;

	return link->next && link->next != link && link->next->prev == link && link->prev &&
	       link->prev->next == link;
}

/* Moves to the least instant of slot @i and files its events anew. Returns NULL, or the first link
 * that does not go back to where it was reached from; its next is NULL then. */
struct sim_link *sim_queue_spread(struct sim_queue *q, unsigned i);

/* The first used slot; there must be one. */
static inline unsigned sim_queue_first_slot(const struct sim_queue *q)
{
	const unsigned word = (unsigned)__builtin_ctzll(q->used_words);

	return word * 64 + (unsigned)__builtin_ctzll(q->used[word]);
}

/* The first event if it is not after @limit, NULL if there is none. If the queue is damaged it may
 * return an event that sim_queue_holds() does not. The queue's instant, before which nothing can be
 * pushed any more, moves at most to @limit and to the first event. */
static inline struct sim_event *sim_queue_first(struct sim_queue *q, uint64_t limit)
{
	while (q->used_words) {
		const unsigned i = sim_queue_first_slot(q);
		struct sim_link *list = &q->slot[i].list;
		struct sim_event *ev = sim_queue_event(list->next);

		if (i < SIM_WHEEL_FIRST)
			return q->at <= limit ? ev : NULL;
		if (list->next == list->prev && ev->slot == i)
			return ev->when.v <= limit ? ev : NULL;
		if (q->slot[i].least > limit)
			return NULL;
		struct sim_link *broken = sim_queue_spread(q, i);

		if (__builtin_expect(broken != NULL, 0))
			return sim_queue_event(broken);
	}
	return NULL;
}

/* Whether nothing is due up to and including @when, as far as that can be seen without moving
 * anything: a slot whose least event was taken out is believed to hold it still. */
static inline bool sim_queue_idle_until(const struct sim_queue *q, uint64_t when)
{
	return !q->used_words || q->slot[sim_queue_first_slot(q)].least > when;
}

/* Takes out what sim_queue_first() returned. */
static inline void sim_queue_pop(struct sim_queue *q, struct sim_event *ev)
{
	q->at = ev->when.v;
	q->n--;
	if (sim_queue_unlink(ev))
		sim_queue_note_empty(q, ev->slot & ~SIM_STAYED, true);
	ev->link.next = NULL;
}

#endif
