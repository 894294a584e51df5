/* SPDX-License-Identifier: MIT */
/* The queue against the plainest one there is: an array that is searched for its least key. */
#include "sim_queue.h"
#include "sim_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define N_EVENTS 700
#define N_ROUNDS 20000

static struct sim_event events[N_EVENTS];
static struct sim_queue queue;
static unsigned stayed; /* events, so far */

/* How far ahead of the queue's instant events are armed. */
struct spread_row {
	const char *name;
	uint64_t start; /* the instant at which it begins */
	uint64_t step;  /* instants are multiples of it after the queue's */
	uint64_t below; /* at most so many steps */
	bool shuffled;  /* orders are drawn instead of counted */
};

/* clang-format off */
static const struct spread_row spread_rows[] = {
	{ "few instants: most keys tie",           0,              1,         12,           false },
	{ "few instants, orders shuffled",         0,              1,         12,           true },
	{ "one level",                             0,              1,         200,          false },
	{ "across the edges of the lowest levels", 0,              1,         70000,        false },
	{ "steps as wide as a slot of level 1",    0,              256,       300,          false },
	{ "a day around the middle of 2^64",       (1ull << 63) - 40000000, 1000, 86400000, false },
	{ "up to the end of time, shuffled",       1ull << 60,     (1ull << 58), 14,        true },
	{ "all levels at once",                    12345,          1,         1ull << 62,   false },
};
/* clang-format on */

static struct sim_event *least_armed(void)
{
	struct sim_event *least = NULL;

	for (unsigned i = 0; i < N_EVENTS; i++) {
		struct sim_event *ev = &events[i];

		if (!sim_event_armed(ev))
			continue;
		if (!least || ev->when.v < least->when.v ||
		    (ev->when.v == least->when.v && ev->order < least->order))
			least = ev;
	}
	return least;
}

struct key {
	uint64_t when, order;
};

static struct key draw_key(const struct spread_row *row, struct sim_random *random, uint64_t seq)
{
	const uint64_t phase = sim_random_below(random, SIM_PHASES);
	const uint64_t far = row->step * sim_random_below(random, row->below);
	const uint64_t room = PS_NEVER.v - 1 - queue.at;

	if (row->shuffled) /* unlike each other because of the low bits */
		seq |= sim_random_below(random, 1 << 20) << 40;
	return (struct key){ .when = queue.at + (far < room ? far : room),
			     .order = phase << SIM_SEQ_BITS | seq };
}

static void pop_the_least(void)
{
	struct sim_event *least = least_armed();

	assert_ptr_equal(sim_queue_first(&queue, PS_NEVER.v), least);
	sim_queue_pop(&queue, least);
	assert_false(sim_event_armed(least));
}

static void one_step(const struct spread_row *row, struct sim_random *random, uint64_t seq,
		     unsigned bias)
{
	struct sim_event *ev = &events[sim_random_below(random, N_EVENTS)];
	const uint64_t what = sim_random_below(random, 10);
	const struct key key = draw_key(row, random, seq);

	if (!sim_event_armed(ev) && what < bias) {
		sim_queue_push(&queue, ev, key.when, key.order, sim_queue_is_plain(&queue));
		assert_true(sim_queue_holds(ev));
	} else if (sim_event_armed(ev) && what < 3) {
		sim_queue_remove(&queue, ev);
		assert_false(sim_event_armed(ev));
	} else if (sim_event_armed(ev) && what < 5) {
		sim_queue_move(&queue, ev, key.when, key.order, sim_queue_is_plain(&queue));
	} else if (sim_event_armed(ev) && what < 7 && sim_queue_opens_by(&queue, ev, key.when)) {
		sim_queue_stay(&queue, ev, key.when, key.order);
		stayed++;
	} else if (queue.n) {
		pop_the_least();
	}
}

static void agrees_with_a_search(void **state)
{
	const struct spread_row *row = *state;
	struct sim_random random;
	uint32_t peak = 0;

	sim_random_init(&random, 1, 1, 0);
	sim_queue_init(&queue, row->shuffled);
	queue.at = row->start;
	memset(events, 0, sizeof(events));
	stayed = 0;
	assert_null(sim_queue_first(&queue, PS_NEVER.v));
	for (uint64_t seq = 1; seq <= N_ROUNDS; seq++) {
		one_step(row, &random, seq, seq < N_ROUNDS / 2 ? 10 : 3);
		if (queue.n > peak)
			peak = queue.n;
		if (seq % 16 == 0)
			assert_int_equal(sim_queue_check(&queue), queue.n);
	}
	assert_in_range(peak, 400, N_EVENTS);
	assert_true(stayed > 500);
	while (queue.n)
		pop_the_least();
	assert_null(least_armed());
	assert_int_equal(queue.used_words, 0);
}

/* So many that lists are fetched ahead, and each in memory of its own: what is cancelled is freed,
 * and somebody may still remember where it stood. */
static void many_that_come_and_go(void **state)
{
	enum { MANY = 3 * SIM_MANY, ROUNDS = 100000 };
	static struct sim_event *all[MANY];
	struct sim_random random;
	uint64_t seq = 0, last_when = 0, last_order = 0;
	unsigned remembering = 0;

	sim_random_init(&random, 1, 1, 0);
	sim_queue_init(&queue, false);
	for (unsigned i = 0; i < ROUNDS; i++) {
		const unsigned at = (unsigned)sim_random_below(&random, MANY);
		const uint64_t far = i % 3 ? 1000 : 50000000;

		if (all[at])
			sim_queue_remove(&queue, all[at]);
		free(all[at]);
		all[at] = calloc(1, sizeof(*all[at]));
		all[at]->entity = at;
		sim_queue_push(&queue, all[at], queue.at + 1 + sim_random_below(&random, far),
			       ++seq, sim_queue_is_plain(&queue));
		if (i % 8192 == 0)
			assert_int_equal(sim_queue_check(&queue), queue.n);
		if (i % 4)
			continue;

		struct sim_event *ev = sim_queue_first(&queue, PS_NEVER.v);

		sim_queue_pop(&queue, ev);
		assert_true(ev->when.v > last_when ||
			    (ev->when.v == last_when && ev->order > last_order));
		last_when = ev->when.v;
		last_order = ev->order;
		remembering += ev->behind != NULL;
		all[ev->entity] = NULL;
		free(ev);
	}
	assert_true(remembering > 1000);
	for (unsigned i = 0; i < MANY; i++) {
		if (all[i])
			sim_queue_remove(&queue, all[i]);
		free(all[i]);
	}
	assert_int_equal(queue.n, 0);
}

static void arm(struct sim_event *ev, uint64_t when, uint64_t order)
{
	*ev = (struct sim_event){ 0 };
	sim_queue_push(&queue, ev, when, order, true);
}

/* 300 and 511 share a slot of level 1, which must not be opened for a limit below both. */
static void first_stays_within_its_limit(void **state)
{
	struct sim_event ev[3];

	sim_queue_init(&queue, false);
	arm(&ev[0], 300, 1);
	arm(&ev[1], 511, 2);
	assert_null(sim_queue_first(&queue, 299));
	assert_int_equal(queue.at, 0);
	arm(&ev[2], 299, 3); /* still possible */
	assert_ptr_equal(sim_queue_first(&queue, 299), &ev[2]);
	sim_queue_pop(&queue, &ev[2]);
	assert_ptr_equal(sim_queue_first(&queue, 300), &ev[0]);
	sim_queue_pop(&queue, &ev[0]);
	assert_null(sim_queue_first(&queue, 510)); /* alone in its slot */
	assert_ptr_equal(sim_queue_first(&queue, 511), &ev[1]);
}

/* The least of three is taken away: what the slot says of its least instant is only a bound then.
 */
static void the_least_of_a_slot_is_cancelled(void **state)
{
	struct sim_event ev[3];

	sim_queue_init(&queue, false);
	arm(&ev[0], 70000, 1);
	arm(&ev[1], 66000, 2);
	arm(&ev[2], 130000, 3);
	sim_queue_remove(&queue, &ev[1]);
	assert_int_equal(sim_queue_check(&queue), 2);
	assert_ptr_equal(sim_queue_first(&queue, 1000000), &ev[0]);
	sim_queue_pop(&queue, &ev[0]);
	assert_ptr_equal(sim_queue_first(&queue, 1000000), &ev[2]);
	assert_int_equal(sim_queue_check(&queue), 1);
}

/* 300 and 400 share a slot of level 1. The first is moved to 450, and to 100000, but stays. The
 * second, armed for 100000 in between, comes due before it; the third, armed last, behind it. */
static void one_that_stays_keeps_its_place_among_equals(void **state)
{
	struct sim_event ev[4];

	sim_queue_init(&queue, false);
	arm(&ev[0], 300, 1);
	arm(&ev[1], 400, 2);
	assert_false(sim_queue_opens_by(&queue, &ev[0], 299));
	assert_true(sim_queue_opens_by(&queue, &ev[0], 300));
	sim_queue_stay(&queue, &ev[0], 450, 3);
	arm(&ev[2], 100000, 4);
	sim_queue_stay(&queue, &ev[0], 100000, 5);
	arm(&ev[3], 100000, 6);
	assert_int_equal(sim_queue_check(&queue), 4);
	assert_ptr_equal(sim_queue_first(&queue, 1000000), &ev[1]);
	sim_queue_pop(&queue, &ev[1]);
	assert_int_equal(sim_queue_check(&queue), 3);
	for (unsigned i = 0; i < 3; i++) {
		struct sim_event *const in_order[] = { &ev[2], &ev[0], &ev[3] };

		assert_ptr_equal(sim_queue_first(&queue, 1000000), in_order[i]);
		sim_queue_pop(&queue, in_order[i]);
		assert_int_equal(sim_queue_check(&queue), 2 - i);
	}
	assert_int_equal(queue.used_words, 0);
}

/* Alone in its slot, but moved on: the slot is opened, not taken for its instant. */
static void one_that_stays_alone(void **state)
{
	struct sim_event ev[2];

	sim_queue_init(&queue, false);
	arm(&ev[0], 300, 1);
	arm(&ev[1], 5000, 2);
	sim_queue_stay(&queue, &ev[0], 6000, 3);
	assert_null(sim_queue_first(&queue, 299));
	assert_int_equal(queue.at, 0);
	assert_null(sim_queue_first(&queue, 4999));
	assert_ptr_equal(sim_queue_first(&queue, 5000), &ev[1]);
	sim_queue_pop(&queue, &ev[1]);
	assert_ptr_equal(sim_queue_first(&queue, 6000), &ev[0]);
	sim_queue_remove(&queue, &ev[0]);
	assert_null(sim_queue_first(&queue, UINT64_MAX - 1));
}

/* A6 sees one that says it stayed among those that are due, or in a slot that comes too late. */
static void who_may_not_have_stayed(void **state)
{
	struct sim_event ev[2];

	sim_queue_init(&queue, false);
	arm(&ev[0], 0, 1);
	ev[0].slot |= SIM_STAYED;
	assert_int_equal(sim_queue_check(&queue), 0);
	ev[0].slot &= ~SIM_STAYED;
	arm(&ev[1], 300, 2);
	assert_int_equal(sim_queue_check(&queue), 2);
	ev[1].slot |= SIM_STAYED;
	assert_int_equal(sim_queue_check(&queue), 2);
	queue.at = 299; /* its own slot would be on the lowest level now */
	ev[0].when = ps(299);
	assert_int_equal(sim_queue_check(&queue), 1);
}

/* Armed for one instant, which is then reached: sorted all at once, in two phases. */
static void many_shuffled_ties(void **state)
{
	static struct sim_event many[3000];
	struct sim_random random;
	uint64_t last = 0;

	sim_random_init(&random, 2, 1, 0);
	sim_queue_init(&queue, true);
	for (uint32_t i = 0; i < N_ELEMENTS(many); i++)
		arm(&many[i], 1000,
		    (i % 2 + 1ull) << SIM_SEQ_BITS | sim_random_below(&random, 1 << 20) << 20 | i);
	for (uint32_t i = 0; i < N_ELEMENTS(many); i++) {
		struct sim_event *ev = sim_queue_first(&queue, 1000);

		assert_true(ev->order > last);
		last = ev->order;
		if (i % 100 == 0)
			assert_int_equal(sim_queue_check(&queue), queue.n);
		sim_queue_pop(&queue, ev);
	}
	assert_int_equal(queue.n, 0);
}

static void holds_only_what_stands_there(void **state)
{
	struct sim_event ev, stranger = { .when = ps(1) };
	struct sim_link friend = { &stranger.link, &stranger.link };

	sim_queue_init(&queue, false);
	assert_false(sim_queue_holds(&stranger));
	arm(&ev, 1, 1);
	assert_true(sim_queue_holds(&ev));
	stranger.link = ev.link;
	assert_false(sim_queue_holds(&stranger));
	stranger.link = (struct sim_link){ .next = &friend };
	assert_false(sim_queue_holds(&stranger));
	stranger.link = (struct sim_link){ .next = &friend, .prev = &ev.link };
	assert_false(sim_queue_holds(&stranger));
	stranger.link = (struct sim_link){ .next = &ev.link, .prev = &friend };
	assert_false(sim_queue_holds(&stranger));
	stranger.link = (struct sim_link){ .next = &friend, .prev = &friend };
	assert_true(sim_queue_holds(&stranger));
}

/* ev[0] and ev[1] are due, ev[2] and ev[3] in slot 10 of level 0, the others in slots of their own.
 */
static void check_finds_what_is_wrong(void **state)
{
	struct sim_event ev[6];

	sim_queue_init(&queue, false);
	for (unsigned i = 0; i < N_ELEMENTS(ev); i++)
		arm(&ev[i], i / 2 * 10, i + 1);
	assert_int_equal(sim_queue_check(&queue), 6);
	ev[3].order = 3; /* as that of ev[2] */
	assert_int_equal(sim_queue_check(&queue), 3);
	ev[3].order = 4;
	ev[1].order = 0;
	assert_int_equal(sim_queue_check(&queue), 1);
	ev[1].order = 2;
	ev[5].when.v = 21; /* another slot's */
	assert_int_equal(sim_queue_check(&queue), 5);
	ev[5].when.v = 20;
	ev[4].link.prev = &ev[5].link;
	assert_int_equal(sim_queue_check(&queue), 4);
	ev[4].link.prev = ev[5].link.next;
	queue.used[1] = 1 << 10; /* slot 20 is forgotten */
	assert_int_equal(sim_queue_check(&queue), 4);
}

/* The second of three in a slot is initialised again: nobody follows its links. */
static void spread_stops_at_a_broken_link(void **state)
{
	struct sim_event ev[3];

	sim_queue_init(&queue, false);
	for (unsigned i = 0; i < N_ELEMENTS(ev); i++)
		arm(&ev[i], 300 + i, i + 1);
	ev[1].link = (struct sim_link){ .next = NULL };
	assert_ptr_equal(sim_queue_first(&queue, 1000), &ev[1]);
	assert_false(sim_queue_holds(&ev[1]));
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(many_that_come_and_go),
		cmocka_unit_test(first_stays_within_its_limit),
		cmocka_unit_test(the_least_of_a_slot_is_cancelled),
		cmocka_unit_test(one_that_stays_keeps_its_place_among_equals),
		cmocka_unit_test(one_that_stays_alone),
		cmocka_unit_test(who_may_not_have_stayed),
		cmocka_unit_test(many_shuffled_ties),
		cmocka_unit_test(holds_only_what_stands_there),
		cmocka_unit_test(check_finds_what_is_wrong),
		cmocka_unit_test(spread_stops_at_a_broken_link),
	};
	struct CMUnitTest tests[N_ELEMENTS(spread_rows) + N_ELEMENTS(single)];

	for (size_t i = 0; i < N_ELEMENTS(spread_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = spread_rows[i].name,
						.test_func = agrees_with_a_search,
						.initial_state = (void *)&spread_rows[i] };
	memcpy(&tests[N_ELEMENTS(spread_rows)], single, sizeof(single));
	return cmocka_run_group_tests_name("sim_queue", tests, NULL, NULL);
}
