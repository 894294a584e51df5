/* SPDX-License-Identifier: MIT */
/*
 * sim_queue - the armed events in order: private to sim/, so that it can be replaced as a whole.
 *
 * A 4-ary heap by value of {when, order, event}: comparing touches the heap alone, and each event
 *knows its place (index + 1), so that it is removed or moved where it stands. The key is total
 *because orders are unique; the queue does not make keys, it takes what stands in the event.
 *
 *	sim_event_arm() -> sim_queue_push() | sim_queue_update()
 *	sim_event_cancel() -> sim_queue_remove()          sim_run() -> sim_queue_peek(),
 *sim_queue_pop()
 *
 * Units:  when is in ps, as in sim_time.h.
 * Errors: sim_queue_push() fails when memory is short and changes nothing then. All else needs an
 *event that sim_queue_holds().
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include "sim_event.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_queue_entry {
	uint64_t when, order;
	struct sim_event *event;
};

struct sim_queue {
	struct sim_queue_entry *heap;
	uint32_t n, capacity;
};

bool sim_queue_init(struct sim_queue *q);
void sim_queue_release(struct sim_queue *q); /* the events still in it are not touched */

/* Takes @ev in by its when and order. */
bool sim_queue_push(struct sim_queue *q, struct sim_event *ev);
void sim_queue_remove(struct sim_queue *q, struct sim_event *ev);

/* Moves @ev, whose when or order changed, to its new place. */
void sim_queue_update(struct sim_queue *q, struct sim_event *ev);

/* Removes the first entry; the queue must not be empty. */
void sim_queue_pop(struct sim_queue *q);

/* The first entry, NULL if there is none. Valid until the queue changes. */
static inline const struct sim_queue_entry *sim_queue_peek(const struct sim_queue *q)
{
	return q->n ? &q->heap[0] : NULL;
}

/* Whether @ev, which says that it is armed, really stands where it says. */
static inline bool sim_queue_holds(const struct sim_queue *q, const struct sim_event *ev)
{
	return ev->index != 0 && ev->index <= q->n && q->heap[ev->index - 1].event == ev;
}

/* Invariant A6: heap order, and each event's index and key equal to its entry's. Returns the place
 * of the first entry that is wrong, or q->n. */
uint32_t sim_queue_check(const struct sim_queue *q);

#endif
