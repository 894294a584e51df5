/* SPDX-License-Identifier: MIT */
#include "sim_queue.h"

#include <string.h>

_Static_assert(64 % SIM_WHEEL_BITS == 0, "the digits of an instant are all as long");
_Static_assert(SIM_WHEEL_WORDS <= 32, "a bit of used_words for each word");

void sim_queue_init(struct sim_queue *q, bool shuffled)
{
	memset(q, 0, sizeof(*q)); /* an initialiser would be put together on the stack first */
	q->shuffled = shuffled;
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

/* Merges two chains by order: links by next alone, NULL at the end. */
static struct sim_link *merge(struct sim_link *a, struct sim_link *b)
{
	struct sim_link *merged = NULL, **end = &merged;

	while (a && b) {
		struct sim_link **first =
			sim_queue_event(a)->order < sim_queue_event(b)->order ? &a : &b;

		*end = *first;
		end = &(*first)->next;
		*first = *end;
	}
	*end = a ? a : b;
	return merged;
}

/* Sorts a list by order. Only shuffled orders need it, and there many may be due at one instant. */
static void sort(struct sim_link *list)
{
	struct sim_link *chains[33] = { NULL }; /* [i]: 2^i links or none, as digits of a counter */
	struct sim_link *all = NULL, *last = list;

	list->prev->next = NULL;
	for (struct sim_link *link = list->next, *next; link && link != list; link = next) {
		unsigned i = 0;

		next = link->next;
		link->next = NULL;
		for (; chains[i]; i++) {
			link = merge(chains[i], link);
			chains[i] = NULL;
		}
		chains[i] = link;
	}
	for (unsigned i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		all = merge(chains[i], all);
	for (struct sim_link *link = all; link; link = link->next) {
		last->next = link;
		link->prev = last;
		last = link;
	}
	last->next = list;
	list->prev = last;
}

static void prepend(struct sim_link *list, struct sim_link *link)
{
	struct sim_link *first = list->next;

	link->next = first;
	link->prev = list;
	first->prev = link;
	list->next = link;
}

/* As sim_queue_file(), but to the head of its list: what stood behind @ev stands there already. */
static void refile(struct sim_queue *q, struct sim_event *ev)
{
	const uint64_t when = ev->when.v;

	if (when == q->at) {
		const unsigned phase = (unsigned)(ev->order >> SIM_SEQ_BITS);

		q->used_due |= 1u << phase;
		prepend(&q->due[phase], &ev->link);
		return;
	}
	const unsigned i = sim_queue_slot_of(when, q->at);

	sim_queue_note_slot(q, i, when);
	if (q->n > SIM_MANY) {
		struct sim_ahead *ahead = &q->ahead[i];

		if (ahead->spread != q->spreads) {
			ahead->spread = q->spreads;
			ahead->turn = 0;
		}
		struct sim_link **recent = &ahead->recent[ahead->turn % SIM_AHEAD];

		if (ahead->turn++ >= SIM_AHEAD)
			sim_queue_event(*recent)->behind = ev;
		*recent = &ev->link;
	}
	prepend(&q->slot[i].list, &ev->link);
}

/* From the last to the first, because an event knows who stood before it when it came, and nobody
 * who came later. No list on a lower level and none of those due holds anything, so that lists keep
 * their order. */
struct sim_link *sim_queue_spread(struct sim_queue *q, unsigned i)
{
	struct sim_link *list = &q->slot[i].list;
	struct sim_link *link = list->prev, *from = list;

	q->at = q->slot[i].least;
	q->spreads++;
	sim_queue_slot_emptied(q, i);
	sim_link_init(list);
	while (link != list) {
		struct sim_link *prev = link->prev;

		if (__builtin_expect(link->next != from, 0))
			return link;
		if (q->n > SIM_MANY)
			__builtin_prefetch(sim_queue_event(link)->behind, 1);
		refile(q, sim_queue_event(link));
		from = link;
		link = prev;
	}
	for (unsigned phase = 0; q->shuffled && phase < SIM_PHASES; phase++)
		sort(&q->due[phase]);
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
