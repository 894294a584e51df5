/* SPDX-License-Identifier: MIT */
/* The queue against the plainest one there is: an array that is searched for its least key. */
#include "sim_queue.h"
#include "sim_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_EVENTS 700 /* beyond the first capacity, so that growing is tested too */
#define N_ROUNDS 20000

static struct sim_event events[N_EVENTS];

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

/* Few instants, so that most keys tie in when. */
static void set_key(struct sim_event *ev, struct sim_random *random, uint64_t seq)
{
	ev->when = ps(sim_random_below(random, 50));
	ev->order = sim_random_below(random, 4) << 62 | seq;
}

static void one_step(struct sim_queue *q, struct sim_random *random, uint64_t seq, unsigned bias)
{
	struct sim_event *ev = &events[sim_random_below(random, N_EVENTS)];
	const uint64_t what = sim_random_below(random, 10);

	if (!sim_event_armed(ev) && what < bias) {
		set_key(ev, random, seq);
		assert_true(sim_queue_push(q, ev));
	} else if (sim_event_armed(ev) && what < 3) {
		sim_queue_remove(q, ev);
		assert_false(sim_event_armed(ev));
	} else if (sim_event_armed(ev) && what < 7) {
		set_key(ev, random, seq);
		sim_queue_update(q, ev);
	} else if (q->n) {
		assert_ptr_equal(sim_queue_peek(q)->event, least_armed());
		sim_queue_pop(q);
	}
}

static void agrees_with_a_search(void **state)
{
	struct sim_random random;
	struct sim_queue q;
	uint32_t peak = 0;

	sim_random_init(&random, 1, 1, 0);
	assert_true(sim_queue_init(&q));
	assert_null(sim_queue_peek(&q));
	for (uint64_t seq = 1; seq <= N_ROUNDS; seq++) {
		one_step(&q, &random, seq, seq < N_ROUNDS / 2 ? 10 : 3);
		if (q.n > peak)
			peak = q.n;
		if (seq % 16 == 0)
			assert_int_equal(sim_queue_check(&q), q.n);
	}
	assert_in_range(peak, 400, N_EVENTS);
	while (q.n) {
		assert_ptr_equal(sim_queue_peek(&q)->event, least_armed());
		sim_queue_pop(&q);
	}
	assert_null(least_armed());
	sim_queue_release(&q);
}

static void holds_only_what_stands_there(void **state)
{
	struct sim_event ev = { .when = ps(1), .order = 1 }, stranger = { .index = 1 };
	struct sim_queue q;

	assert_true(sim_queue_init(&q));
	assert_false(sim_queue_holds(&q, &ev));
	assert_false(sim_queue_holds(&q, &stranger));
	sim_queue_push(&q, &ev);
	assert_true(sim_queue_holds(&q, &ev));
	assert_false(sim_queue_holds(&q, &stranger));
	sim_queue_release(&q);
}

static void check_finds_what_is_wrong(void **state)
{
	struct sim_event ev[6];
	struct sim_queue q;

	assert_true(sim_queue_init(&q));
	for (unsigned i = 0; i < 6; i++) {
		ev[i] = (struct sim_event){ .when = ps(10 * i), .order = i + 1 };
		sim_queue_push(&q, &ev[i]);
	}
	assert_int_equal(sim_queue_check(&q), 6);
	ev[3].index = 3;
	assert_int_equal(sim_queue_check(&q), 3);
	ev[3].index = 4;
	ev[2].order = 7;
	assert_int_equal(sim_queue_check(&q), 2);
	ev[2].order = 3;
	ev[5].when.v = q.heap[5].when = 9; /* its parent is at 10 */
	assert_int_equal(sim_queue_check(&q), 5);
	sim_queue_release(&q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_search),
		cmocka_unit_test(holds_only_what_stands_there),
		cmocka_unit_test(check_finds_what_is_wrong),
	};

	return cmocka_run_group_tests_name("sim_queue", tests, NULL, NULL);
}
