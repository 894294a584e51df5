/* SPDX-License-Identifier: MIT */
#include "sim_queue.h"

_Static_assert(64 % SIM_WHEEL_BITS == 0, "the digits of an instant are all as long");
_Static_assert(SIM_WHEEL_WORDS <= 32, "a bit of used_words for each word");

void sim_queue_init(struct sim_queue *q, bool shuffled)
{
	*q = (struct sim_queue){ .shuffled = shuffled };
	for (unsigned phase = 0; phase < SIM_PHASES; phase++)
		sim_link_init(&q->due[phase]);
	for (unsigned i = 0; i < SIM_WHEEL_ALL; i++) {
		sim_link_init(&q->slot[i].list);
		q->slot[i].least = UINT64_MAX;
	}
}

void sim_queue_insert_sorted(struct sim_link *list, struct sim_link *link)
{
	const uint64_t order = sim_queue_event(link)->order;
	struct sim_link *before = list;

	while (before->prev != list && sim_queue_event(before->prev)->order > order)
		before = before->prev;
	sim_link_append(before, link);
}

struct sim_link *sim_queue_spread(struct sim_queue *q, unsigned i)
{
	struct sim_link *list = &q->slot[i].list;
	struct sim_link *link = list->next, *from = list;

	q->at = q->slot[i].least;
	sim_queue_slot_emptied(q, i);
	sim_link_init(list);
	while (link != list) {
		struct sim_link *next = link->next;

		if (__builtin_expect(link->prev != from, 0))
			return link;
		sim_queue_file(q, sim_queue_event(link));
		from = link;
		link = next;
	}
	return NULL;
}

/* The list on which @ev should stand. */
static const struct sim_link *list_of(const struct sim_queue *q, const struct sim_event *ev)
{
	if (ev->when.v == q->at)
		return &q->due[ev->order >> SIM_SEQ_BITS];
	return &q->slot[sim_queue_slot_of(ev->when.v, q->at)].list;
}

/* Adds the good events of @list to @n; false: the next one is bad. */
static bool check_list(const struct sim_queue *q, const struct sim_link *list, uint64_t least,
		       uint32_t *n)
{
	/* Two of one instant and phase: on a due list, unless orders are shuffled on any. */
	const struct sim_event *before = NULL;
	const bool due = list < &q->due[SIM_PHASES];

	for (struct sim_link *link = list->next; link != list; link = link->next) {
		const struct sim_event *ev = sim_queue_event(link);

		if (!sim_queue_holds(ev) || ev->when.v < least || list_of(q, ev) != list)
			return false;
		if (before && before->when.v == ev->when.v && (due || !q->shuffled) &&
		    before->order >> SIM_SEQ_BITS == ev->order >> SIM_SEQ_BITS &&
		    before->order >= ev->order)
			return false;
		before = ev;
		(*n)++;
	}
	return true;
}

uint32_t sim_queue_check(const struct sim_queue *q)
{
	uint32_t n = 0;

	for (unsigned phase = 0; phase < SIM_PHASES; phase++)
		if (q->used_due & 1u << phase && !check_list(q, &q->due[phase], q->at, &n))
			return n;
	for (unsigned i = 0; i < SIM_WHEEL_ALL; i++)
		if (q->used_words & 1u << i / 64 && q->used[i / 64] & UINT64_C(1) << i % 64 &&
		    !check_list(q, &q->slot[i].list, q->slot[i].least, &n))
			return n;
	return n;
}
