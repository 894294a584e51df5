/* SPDX-License-Identifier: MIT */
#include "sim_queue.h"

#include <string.h>

_Static_assert(64 % SIM_WHEEL_BITS == 0, "the digits of an instant are all as long");
_Static_assert(SIM_QUEUE_WORDS <= 64, "a bit of used_words for each word");
_Static_assert(SIM_PHASES <= SIM_WHEEL_FIRST && SIM_WHEEL_FIRST % 64 == 0,
	       "the wheel begins a word");

void sim_queue_init(struct sim_queue *q, bool shuffled)
{
	memset(q, 0, sizeof(*q)); /* an initialiser would be put together on the stack first */
	q->shuffled = shuffled;
	q->plain_below = shuffled ? 0 : SIM_MANY;
	for (unsigned i = 0; i < SIM_QUEUE_SLOTS; i++) {
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

/* Sorts a list by order. Few need it, but there many may be due at one instant. */
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

/* As sim_queue_file(), but to the head of its list: what stood behind @ev stands there already.
 * Returns whether orders still grow there. */
static bool refile(struct sim_queue *q, struct sim_event *ev, unsigned i)
{
	struct sim_link *list = &q->slot[i].list, *first = list->next;

	sim_queue_note_slot(q, i, ev, ev->when.v);
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
	prepend(list, &ev->link);
	return first == list || sim_queue_event(first)->order > ev->order;
}

/* From the last to the first, because an event knows who stood before it when it came, and nobody
 * who came later. No list on a lower level and none of those due holds anything, so that lists keep
 * their order: but for who stayed, and may have been moved after those behind it, and may belong to
 * a later slot, at the end of which it goes. So what is due is looked at, and sorted if need be. */
struct sim_link *sim_queue_spread(struct sim_queue *q, unsigned from)
{
	struct sim_link *list = &q->slot[from].list;
	struct sim_link *link = list->prev, *last = list;
	bool sorted = true;

	q->at = q->slot[from].least;
	q->spreads++;
	sim_queue_note_empty(q, from, true);
	sim_link_init(list);
	while (link != list) {
		struct sim_link *prev = link->prev;
		struct sim_event *ev = sim_queue_event(link);
		const unsigned i = sim_queue_slot_of(ev->when.v, ev->order, q->at);

		if (__builtin_expect(link->next != last, 0)) {
			link->next = NULL; /* it may stand in another list, too */
			return link;
		}
		if (q->n > SIM_MANY)
			__builtin_prefetch(ev->behind, 1);
		if (i > from)
			sim_queue_file(q, ev, ev->when.v, ev->order, false);
		else if (!refile(q, ev, i) && i < SIM_WHEEL_FIRST)
			sorted = false;
		last = link;
		link = prev;
	}
	for (unsigned phase = 0; !sorted && phase < SIM_PHASES; phase++)
		sort(&q->slot[phase].list);
	return NULL;
}

/* Whether @ev may stand in slot @i. */
static bool may_stand(const struct sim_queue *q, const struct sim_event *ev, unsigned i)
{
	const unsigned own = sim_queue_slot_of(ev->when.v, ev->order, q->at);

	if (ev->slot == (i | SIM_STAYED))
		return i >= SIM_WHEEL_FIRST && own >= i;
	return ev->slot == i && own == i;
}

/* Adds the good events of slot @i to @n; false: the next one is bad. */
static bool check_slot(const struct sim_queue *q, unsigned i, uint32_t *n)
{
	const struct sim_link *list = &q->slot[i].list;
	const bool sorted = i < SIM_WHEEL_FIRST || (!q->shuffled && !q->stirred);
	const struct sim_event *before = NULL;

	for (struct sim_link *link = list->next; link != list; link = link->next) {
		const struct sim_event *ev = sim_queue_event(link);

		if (!sim_queue_holds(ev) || ev->when.v < q->slot[i].least || !may_stand(q, ev, i))
			return false;
		if (before && sorted && before->when.v == ev->when.v &&
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

	for (unsigned i = 0; i < SIM_QUEUE_SLOTS; i++)
		if (q->used_words & UINT64_C(1) << i / 64 &&
		    q->used[i / 64] & UINT64_C(1) << i % 64 && !check_slot(q, i, &n))
			return n;
	return n;
}
