/* SPDX-License-Identifier: MIT */
#include "sim_queue.h"

#include <stdlib.h>

#define ARITY 4

/* Enough that the usual run never grows it: a vCPU has about ten events. */
#define INITIAL_CAPACITY 256

/* The one comparator: (when, phase, seq), the last two packed in order. Keys are never equal. */
static inline bool entry_before(const struct sim_queue_entry *a, const struct sim_queue_entry *b)
{
	return a->when < b->when || (a->when == b->when && a->order < b->order);
}

static inline void place(struct sim_queue *q, uint32_t at, struct sim_queue_entry entry)
{
	q->heap[at] = entry;
	entry.event->index = at + 1;
}

/* Moves the hole at @at up to where @entry belongs, and fills it. */
static void sift_up(struct sim_queue *q, uint32_t at, struct sim_queue_entry entry)
{
	while (at) {
		uint32_t parent = (at - 1) / ARITY;

		if (!entry_before(&entry, &q->heap[parent]))
			break;
		place(q, at, q->heap[parent]);
		at = parent;
	}
	place(q, at, entry);
}

static inline uint32_t least_child(const struct sim_queue *q, uint32_t first)
{
	uint32_t end = q->n - first < ARITY ? q->n : first + ARITY;
	uint32_t least = first;

	for (uint32_t child = first + 1; child < end; child++)
		least = entry_before(&q->heap[child], &q->heap[least]) ? child : least;
	return least;
}

/* Moves the hole at @at down to where @entry belongs, and fills it. */
static void sift_down(struct sim_queue *q, uint32_t at, struct sim_queue_entry entry)
{
	/* A child's index wraps only beyond 2^30 events, and max_pending ends far below. */
	for (;;) {
		uint32_t first = at * ARITY + 1;

		if (first >= q->n)
			break;
		uint32_t least = least_child(q, first);

		if (!entry_before(&q->heap[least], &entry))
			break;
		place(q, at, q->heap[least]);
		at = least;
	}
	place(q, at, entry);
}

static void settle(struct sim_queue *q, uint32_t at, struct sim_queue_entry entry)
{
	if (at && entry_before(&entry, &q->heap[(at - 1) / ARITY]))
		sift_up(q, at, entry);
	else
		sift_down(q, at, entry);
}

static struct sim_queue_entry entry_of(struct sim_event *ev)
{
	return (struct sim_queue_entry){ .when = ev->when.v, .order = ev->order, .event = ev };
}

static bool resize(struct sim_queue *q, uint32_t capacity)
{
	struct sim_queue_entry *heap = realloc(q->heap, capacity * sizeof(*heap));

	if (!heap)
		return false;
	q->heap = heap;
	q->capacity = capacity;
	return true;
}

bool sim_queue_init(struct sim_queue *q)
{
	*q = (struct sim_queue){ .heap = NULL };
	return resize(q, INITIAL_CAPACITY);
}

void sim_queue_release(struct sim_queue *q)
{
	free(q->heap);
	*q = (struct sim_queue){ .heap = NULL };
}

bool sim_queue_push(struct sim_queue *q, struct sim_event *ev)
{
	if (q->n == q->capacity && (q->capacity > UINT32_MAX / 2 || !resize(q, q->capacity * 2)))
		return false;
	sift_up(q, q->n++, entry_of(ev));
	return true;
}

void sim_queue_remove(struct sim_queue *q, struct sim_event *ev)
{
	uint32_t at = ev->index - 1;
	struct sim_queue_entry last = q->heap[--q->n];

	ev->index = 0;
	if (at != q->n)
		settle(q, at, last);
}

void sim_queue_update(struct sim_queue *q, struct sim_event *ev)
{
	settle(q, ev->index - 1, entry_of(ev));
}

void sim_queue_pop(struct sim_queue *q)
{
	struct sim_queue_entry last = q->heap[--q->n];

	q->heap[0].event->index = 0;
	if (q->n)
		sift_down(q, 0, last);
}

uint32_t sim_queue_check(const struct sim_queue *q)
{
	for (uint32_t at = 0; at < q->n; at++) {
		const struct sim_queue_entry *entry = &q->heap[at];

		if (entry->event->index != at + 1 || entry->event->when.v != entry->when ||
		    entry->event->order != entry->order)
			return at;
		if (at && !entry_before(&q->heap[(at - 1) / ARITY], entry))
			return at;
	}
	return q->n;
}
