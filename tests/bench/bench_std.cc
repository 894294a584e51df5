// SPDX-License-Identifier: MIT
// What a C++ programmer reaches for: std::priority_queue, which cannot cancel, so that a moved event leaves a
// stale entry behind; and std::set, a red-black tree, with its nodes taken out and put back.
#include "bench_load.h"

#include <queue>
#include <set>
#include <vector>

namespace {

struct actor;
using callback = void (*)(actor *);

struct entry {
	uint64_t when, order;
	callback fn;
	actor *owner;
};

struct later {
	bool operator()(const entry &a, const entry &b) const
	{
		return a.when > b.when || (a.when == b.when && a.order > b.order);
	}
};

struct earlier {
	bool operator()(const entry &a, const entry &b) const { return later()(b, a); }
};

using tree = std::set<entry, earlier>;

struct actor {
	uint32_t id;
	uint64_t order; // of the entry that counts
	tree::iterator at;
};

struct common {
	bench_run run;
	uint64_t now = 0, seq = 0;
	std::vector<actor> actors;
	explicit common(const bench_load *load) : actors(load->n) { bench_run_init(&run, load); }
};

// std::priority_queue that says how much it holds.
struct heap : std::priority_queue<entry, std::vector<entry>, later> {
	size_t capacity() const { return c.capacity(); }
	void reserve(size_t n) { c.reserve(n); }
};

struct heap_state : common {
	heap queue;
	using common::common;
};

heap_state *heap_running;

void heap_arm(heap_state *s, actor *a, uint64_t when, callback fn)
{
	a->order = ++s->seq;
	s->queue.push({ when, a->order, fn, a });
}

void heap_fire(actor *a)
{
	heap_state *s = heap_running;

	bench_fired(&s->run, s->now, a->id);
	heap_arm(s, a, s->now + bench_increment(&s->run), heap_fire);
	for (uint32_t i = 0; i < s->run.load->cancels; i++) {
		actor *victim = &s->actors[bench_victim(&s->run)];

		heap_arm(s, victim, s->now + bench_increment(&s->run), heap_fire);
	}
}

void *heap_start(const bench_load *load)
{
	auto s = new heap_state(load);

	s->queue.reserve(load->n);
	for (uint32_t i = 0; i < load->n; i++) {
		s->actors[i].id = i;
		heap_arm(s, &s->actors[i], bench_increment(&s->run), heap_fire);
	}
	return s;
}

void heap_run(void *opaque, uint64_t events)
{
	auto s = static_cast<heap_state *>(opaque);

	heap_running = s;
	if (!s->run.load->cancels) { // nothing is ever stale: as a program that never cancels
		for (; events; events--) {
			entry e = s->queue.top();

			s->queue.pop();
			s->now = e.when;
			e.fn(e.owner);
		}
		return;
	}
	while (events) {
		entry e = s->queue.top();

		s->queue.pop();
		if (e.order != e.owner->order)
			continue;
		s->now = e.when;
		e.fn(e.owner);
		events--;
	}
}

size_t heap_bytes(void *opaque)
{
	auto s = static_cast<heap_state *>(opaque);

	return s->queue.capacity() * sizeof(entry) / s->actors.size() + sizeof(uint64_t);
}

struct set_state : common {
	tree queue;
	using common::common;
};

set_state *set_running;

void set_move(set_state *s, actor *a, uint64_t when)
{
	auto node = s->queue.extract(a->at);

	node.value().when = when;
	node.value().order = ++s->seq;
	a->at = s->queue.insert(std::move(node)).position;
}

// The firing one is still first in the tree: moving it saves taking it out.
void set_fire(actor *a)
{
	set_state *s = set_running;

	bench_fired(&s->run, s->now, a->id);
	set_move(s, a, s->now + bench_increment(&s->run));
	for (uint32_t i = 0; i < s->run.load->cancels; i++) {
		actor *victim = &s->actors[bench_victim(&s->run)];

		set_move(s, victim, s->now + bench_increment(&s->run));
	}
}

void *set_start(const bench_load *load)
{
	auto s = new set_state(load);

	for (uint32_t i = 0; i < load->n; i++) {
		actor *a = &s->actors[i];

		a->id = i;
		a->at = s->queue.insert({ bench_increment(&s->run), ++s->seq, set_fire, a }).first;
	}
	return s;
}

void set_run(void *opaque, uint64_t events)
{
	auto s = static_cast<set_state *>(opaque);

	set_running = s;
	for (; events; events--) {
		const entry &e = *s->queue.begin();

		s->now = e.when;
		e.fn(e.owner);
	}
}

// A node: colour and three pointers before the value.
size_t set_bytes(void *)
{
	return 4 * sizeof(void *) + sizeof(entry) + sizeof(tree::iterator);
}

template <class State> const bench_run *progress(void *opaque)
{
	return &static_cast<State *>(opaque)->run;
}

template <class State> void stop(void *opaque) { delete static_cast<State *>(opaque); }

} // namespace

const bench_queue bench_priority_queue = { "std::priority_queue", heap_start, heap_run, progress<heap_state>,
	heap_bytes, stop<heap_state> };
const bench_queue bench_set = { "std::set", set_start, set_run, progress<set_state>, set_bytes, stop<set_state> };
