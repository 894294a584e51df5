/* SPDX-License-Identifier: MIT */
/* A 4-ary heap by value; each event knows its place, so that it is moved where it stands. No
 * invariants, no limits: what the structure alone costs. */
#include "bench_load.h"

#include <stdlib.h>

#define ARITY 4

struct actor {
	void (*fn)(struct actor *actor);
	uint32_t index, id;
};

struct entry {
	uint64_t when, order;
	struct actor *actor;
};

struct state {
	struct bench_run run;
	uint64_t now, seq;
	uint32_t n;
	struct actor *actors;
	struct entry *heap;
};

static struct state *running;

static inline int before(const struct entry *a, const struct entry *b)
{
	return a->when < b->when || (a->when == b->when && a->order < b->order);
}

static inline void place(struct state *s, uint32_t at, struct entry entry)
{
	s->heap[at] = entry;
	entry.actor->index = at;
}

static void sift_up(struct state *s, uint32_t at, struct entry entry)
{
	for (; at && before(&entry, &s->heap[(at - 1) / ARITY]); at = (at - 1) / ARITY)
		place(s, at, s->heap[(at - 1) / ARITY]);
	place(s, at, entry);
}

static void sift_down(struct state *s, uint32_t at, struct entry entry)
{
	for (;;) {
		uint32_t first = at * ARITY + 1, least = first;
		uint32_t end = s->n < first + ARITY ? s->n : first + ARITY;

		if (first >= s->n)
			break;
		for (uint32_t child = first + 1; child < end; child++)
			least = before(&s->heap[child], &s->heap[least]) ? child : least;
		if (!before(&s->heap[least], &entry))
			break;
		place(s, at, s->heap[least]);
		at = least;
	}
	place(s, at, entry);
}

static void move(struct state *s, struct actor *actor, uint64_t when)
{
	uint32_t at = actor->index;
	struct entry entry = { when, ++s->seq, actor };

	if (at && before(&entry, &s->heap[(at - 1) / ARITY]))
		sift_up(s, at, entry);
	else
		sift_down(s, at, entry);
}

static void arm(struct state *s, struct actor *actor, uint64_t when)
{
	sift_up(s, s->n++, (struct entry){ when, ++s->seq, actor });
}

static void fire(struct actor *actor)
{
	struct state *s = running;

	bench_fired(&s->run, s->now, actor->id);
	arm(s, actor, s->now + bench_increment(&s->run));
	for (uint32_t i = 0; i < s->run.load->cancels; i++)
		move(s, &s->actors[bench_victim(&s->run)], s->now + bench_increment(&s->run));
}

static void *start(const struct bench_load *load)
{
	struct state *s = calloc(1, sizeof(*s));

	s->actors = calloc(load->n, sizeof(*s->actors));
	s->heap = calloc(load->n, sizeof(*s->heap));
	bench_run_init(&s->run, load);
	for (uint32_t i = 0; i < load->n; i++) {
		s->actors[i] = (struct actor){ .fn = fire, .id = i };
		arm(s, &s->actors[i], bench_increment(&s->run));
	}
	return s;
}

static void run(void *opaque, uint64_t events)
{
	struct state *s = opaque;

	running = s;
	for (; events; events--) {
		struct actor *actor = s->heap[0].actor;

		s->now = s->heap[0].when;
		if (--s->n)
			sift_down(s, 0, s->heap[s->n]);
		actor->fn(actor);
	}
}

static const struct bench_run *progress(void *opaque) { return &((struct state *)opaque)->run; }

static size_t bytes(void *opaque)
{
	return sizeof(struct entry) + sizeof(void (*)(struct actor *)) + sizeof(uint32_t);
}

static void stop(void *opaque)
{
	struct state *s = opaque;

	free(s->actors);
	free(s->heap);
	free(s);
}

const struct bench_queue bench_heap4 = { "4-ary heap", start, run, progress, bytes, stop };
