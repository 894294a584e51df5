/* SPDX-License-Identifier: MIT */
/*
 * Each invariant of the engine, broken on purpose, and each budget used up: what is reported, with
 * its whole text. What cannot be broken through the interface is broken in the loop's state.
 */
#include "sim_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct fault_row {
	const char *name;
	void (*fault)(struct sim *sim, struct sim_event *other); /* at 50 ps, in an event */
	const char *id;                                          /* NULL: nothing is broken */
	const char *formula;
};

static void idle(struct sim *sim, struct sim_event *ev) {}

static const struct sim_event_type other_type = { "other", SIM_PHASE_DEVICE, idle };
static struct sim_event spare;

static void no_fault(struct sim *sim, struct sim_event *other)
{
	sim_event_arm(sim, other, ps(50));
}

static void arm_in_the_past(struct sim *sim, struct sim_event *other)
{
	sim_event_arm(sim, other, ps(49));
}

static void arm_for_never(struct sim *sim, struct sim_event *other)
{
	sim_event_arm(sim, other, PS_NEVER);
}

static void init_while_armed(struct sim *sim, struct sim_event *other)
{
	sim_event_init(other, &other_type, 3);
}

/* It stands in two slots then. */
static void init_while_armed_and_arm_for_later(struct sim *sim, struct sim_event *other)
{
	sim_event_init(other, &other_type, 3);
	sim_event_arm(sim, other, ps(80));
}

static void arm_without_init(struct sim *sim, struct sim_event *other)
{
	spare = (struct sim_event){ .type = NULL };
	sim_event_arm(sim, &spare, ps(60));
}

static void follow_without_init(struct sim *sim, struct sim_event *other)
{
	spare = (struct sim_event){ .type = NULL };
	sim_event_follow(sim, &spare, ps(60));
}

static void arm_with_foreign_links(struct sim *sim, struct sim_event *other)
{
	sim_event_init(&spare, &other_type, 4);
	spare.link = other->link;
	sim_event_arm(sim, &spare, ps(60));
}

static void cancel_with_one_link(struct sim *sim, struct sim_event *other)
{
	sim_event_init(&spare, &other_type, 4);
	spare.link.next = &other->link;
	sim_event_cancel(sim, &spare);
}

static void entry_from_the_past(struct sim *sim, struct sim_event *other) { other->when = ps(40); }

/* @other, of a lower phase and armed before, looks as if it had stood at 50 ps all the time. */
static void older_entry_comes_late(struct sim *sim, struct sim_event *other)
{
	sim_queue_move(&sim->queue, other, 50, other->order, true);
}

static void idle_but_queued(struct sim *sim, struct sim_event *other) { other->link.next = NULL; }

static void a_cancel_is_not_counted(struct sim *sim, struct sim_event *other)
{
	sim_queue_remove(&sim->queue, other);
}

static void on_another_list(struct sim *sim, struct sim_event *other) { other->when = ps(90); }

/* Two of one instant change places. */
static void out_of_order(struct sim *sim, struct sim_event *other)
{
	sim_event_init(&spare, &other_type, 4);
	sim_event_arm(sim, &spare, ps(70));
	other->order = spare.order + 1;
}

/* The list still says that it comes after the first, which stands there no more. */
static void init_the_second_while_armed(struct sim *sim, struct sim_event *other)
{
	sim_event_init(&spare, &other_type, 4);
	sim_event_arm(sim, &spare, ps(70));
	sim_event_init(&spare, &other_type, 4);
}

static void break_twice(struct sim *sim, struct sim_event *other)
{
	sim_break(sim, "C1", "%d > %d", 2, 1);
	sim_break(sim, "C2", "later");
}

/* clang-format off */
static const struct fault_row fault_rows[] = {
	{ "no fault", no_fault, NULL, NULL },
	{ "A1: the clock would go back", entry_from_the_past, "A1", "t_pop >= now: t_pop 40 ps, now 50 ps" },
	{ "A2: armed in the past", arm_in_the_past, "A2",
	  "now <= when < never: now 50 ps, when 49 ps, other of 3" },
	{ "A2: armed for never", arm_for_never, "A2",
	  "now <= when < never: now 50 ps, when 18446744073709551615 ps, other of 3" },
	{ "A3: popped out of order", older_entry_comes_late, "A3",
	  "key_pop(k+1) > key_pop(k): order 1 after 4000000000000002 at 50 ps, other of 3" },
	{ "A4: a count is missing", a_cancel_is_not_counted, "A4",
	  "armed == dispatched + cancelled + pending: 2 != 1 + 0 + 0" },
	{ "A5: initialised while armed", init_while_armed, "A5",
	  "a dispatched event is armed: entity 3" },
	{ "A5: the second of a list is initialised while armed", init_the_second_while_armed, "A5",
	  "a dispatched event is armed: entity 4" },
	{ "A5: initialised while armed, and armed for later", init_while_armed_and_arm_for_later,
	  "A5", "a dispatched event is armed: entity 3" },
	{ "A5: idle, and yet in the queue", idle_but_queued, "A5",
	  "a dispatched event is armed: entity 3" },
	{ "A5: armed without being initialised", arm_without_init, "A5",
	  "an armed event is initialised: type == NULL" },
	{ "A5: to follow without being initialised", follow_without_init, "A5",
	  "an armed event is initialised: type == NULL" },
	{ "A5: armed with another's links", arm_with_foreign_links, "A5",
	  "an armed event is linked both ways: other of 4" },
	{ "A5: cancelled with a link out of nowhere", cancel_with_one_link, "A5",
	  "a cancelled event is linked both ways: entity 4" },
	{ "A6: on the list of another instant", on_another_list, "A6",
	  "each event is on the list of its instant, in order: 0 of 1" },
	{ "A6: two of one instant out of order", out_of_order, "A6",
	  "each event is on the list of its instant, in order: 1 of 2" },
	{ "a model's own: the first is kept", break_twice, "C1", "2 > 1" },
};
/* clang-format on */

struct saboteur {
	struct sim_event event, other;
	const struct fault_row *row;
};

static void sabotage(struct sim *sim, struct sim_event *ev)
{
	struct saboteur *s = sim_container_of(ev, struct saboteur, event);

	s->row->fault(sim, &s->other);
}

static const struct sim_event_type saboteur_type = { "saboteur", SIM_PHASE_CPU, sabotage };

static void check_fault(void **state)
{
	const struct fault_row *row = *state;
	struct sim_limits limits = SIM_LIMITS_DEFAULT;
	struct saboteur s = { .row = row };
	struct sim *sim;

	limits.check_full = row->id && !strcmp(row->id, "A6");
	sim = sim_new(&limits);
	sim_event_init(&s.other, &other_type, 3);
	sim_event_init(&s.event, &saboteur_type, 0);
	sim_event_arm(sim, &s.other, ps(70));
	sim_event_arm(sim, &s.event, ps(50));
	assert_int_equal(sim_run(sim, ps(100)), row->id ? SIM_STOP_BROKEN : SIM_STOP_DRAINED);
	if (row->id) {
		assert_string_equal(sim_broken(sim)->id, row->id);
		assert_string_equal(sim_broken(sim)->formula, row->formula);
		assert_int_equal(sim_broken(sim)->when.v, 50);
		assert_int_equal(sim_counts(sim).dispatched, 1); /* nothing runs after it */
		assert_int_equal(sim_run(sim, ps(100)), SIM_STOP_BROKEN);
	} else {
		assert_null(sim_broken(sim)->id);
	}
	sim_free(sim);
}

static void a3_with_shuffled_ties(void **state)
{
	const struct fault_row row = { .fault = older_entry_comes_late };
	struct saboteur s = { .row = &row };

	for (uint64_t seed = 0; seed < 20; seed++) {
		struct sim *sim = sim_new(&(struct sim_limits){ .max_events = 100,
								.max_same_instant = 100,
								.max_pending = 100,
								.shuffle_ties = true,
								.shuffle_seed = seed });

		sim_event_init(&s.other, &other_type, 3);
		sim_event_init(&s.event, &saboteur_type, 0);
		sim_event_arm(sim, &s.other, ps(70));
		sim_event_arm(sim, &s.event, ps(50));
		assert_int_equal(sim_run(sim, ps(100)), SIM_STOP_BROKEN);
		assert_string_equal(sim_broken(sim)->id, "A3");
		sim_free(sim);
	}
}

/* It stands before and behind itself, whether others are armed or not. */
static void a5_initialised_and_armed_for_the_same_instant(void **state)
{
	for (unsigned others = 0; others < 2; others++) {
		struct sim *sim = sim_new(NULL);
		struct sim_event twice, far;

		for (unsigned i = 0; i < 2; i++) {
			sim_event_init(&twice, &other_type, 3);
			sim_event_arm(sim, &twice, ps(70));
		}
		sim_event_init(&far, &other_type, 4);
		if (others)
			sim_event_arm(sim, &far, ps(1000));
		assert_int_equal(sim_queue_check(&sim->queue), 0);
		assert_int_equal(sim_run(sim, ps(100)), SIM_STOP_BROKEN);
		assert_string_equal(sim_broken(sim)->id, "A5");
		assert_string_equal(sim_broken(sim)->formula,
				    "a dispatched event is armed: entity 3");
		sim_free(sim);
	}
}

static void a8_end_before_now(void **state)
{
	struct sim *sim = sim_new(NULL);

	assert_int_equal(sim_run(sim, ps(10)), SIM_STOP_DRAINED);
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_BROKEN);
	assert_string_equal(sim_broken(sim)->id, "A8");
	assert_string_equal(sim_broken(sim)->formula,
			    "now <= end <= 17280000000000000000 ps: now 10 ps, end 9 ps");
	sim_free(sim);
}

static void a8_end_after_the_longest_run(void **state)
{
	struct sim *sim = sim_new(NULL);

	assert_int_equal(sim_run(sim, SIM_RUN_MAX), SIM_STOP_DRAINED);
	assert_int_equal(sim_run(sim, ps(SIM_RUN_MAX.v + 1)), SIM_STOP_BROKEN);
	assert_string_equal(sim_broken(sim)->id, "A8");
	sim_free(sim);
}

/* Re-arms itself for now, for ever. */
static void spin(struct sim *sim, struct sim_event *ev) { sim_event_arm(sim, ev, sim_now(sim)); }

static const struct sim_event_type spin_type = { "spin", SIM_PHASE_CPU, spin };

/* Re-arms itself a picosecond later, for ever. */
static void walk(struct sim *sim, struct sim_event *ev)
{
	sim_event_arm(sim, ev, ps_add(sim_now(sim), ps(1)));
}

static const struct sim_event_type walk_type = { "walk", SIM_PHASE_CPU, walk };

static struct sim *limited(uint64_t max_events, uint64_t max_same_instant, uint32_t max_pending)
{
	return sim_new(&(struct sim_limits){ .max_events = max_events,
					     .max_same_instant = max_same_instant,
					     .max_pending = max_pending });
}

static void budget_of_events(void **state)
{
	struct sim *sim = limited(5, 100, 100);
	struct sim_event ev;

	sim_event_init(&ev, &walk_type, 0);
	sim_event_arm(sim, &ev, ps(1));
	assert_int_equal(sim_run(sim, ps(5)), SIM_STOP_END); /* exactly five are allowed */
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_EVENTS);
	assert_int_equal(sim_counts(sim).dispatched, 5);
	assert_int_equal(sim_now(sim).v, 5);
	assert_true(sim_event_armed(&ev));
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_EVENTS);
	sim_free(sim);
}

static void budget_at_one_instant(void **state)
{
	struct sim *sim = limited(1000, 7, 100);
	struct sim_event_report hot[5];
	struct sim_event ev;

	sim_event_init(&ev, &spin_type, 9);
	sim_event_arm(sim, &ev, ps(3));
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_SAME_INSTANT);
	assert_int_equal(sim_counts(sim).dispatched, 7);
	assert_int_equal(sim_now(sim).v, 3);
	assert_int_equal(sim_hot_events(sim, hot), 1);
	assert_string_equal(hot[0].name, "spin");
	assert_int_equal(hot[0].entity, 9);
	assert_int_equal(hot[0].count, 7);
	sim_free(sim);
}

static void budget_at_one_instant_starts_anew_at_the_next(void **state)
{
	struct sim *sim = limited(1000, 2, 100);
	struct sim_event ev[2];

	for (unsigned i = 0; i < 2; i++) {
		sim_event_init(&ev[i], &walk_type, i);
		sim_event_arm(sim, &ev[i], ps(0));
	}
	assert_int_equal(sim_run(sim, ps(20)), SIM_STOP_END);
	assert_int_equal(sim_counts(sim).dispatched, 42);
	sim_free(sim);
}

/* Two steps at 10, and a run that ends at 20: what is done there has its own budget of two. */
static void budget_at_the_end_of_a_run(void **state)
{
	struct sim *sim = limited(1000, 2, 100);
	struct sim_event ev[2];

	for (unsigned run = 1; run <= 2; run++) {
		for (unsigned i = 0; i < 2; i++) {
			sim_event_init(&ev[i], &other_type, i);
			sim_event_arm(sim, &ev[i], ps(run * 10));
		}
		assert_int_equal(sim_run(sim, ps(20)), SIM_STOP_DRAINED);
		assert_true(sim_now(sim).v == 20);
	}
	sim_free(sim);
}

/* Its steps: one dispatch and three counted steps are within a budget of four; a fourth is not. */
static void count_steps(struct sim *sim, struct sim_event *ev)
{
	assert_true(sim_count_step(sim));
	assert_true(sim_count_step(sim));
	assert_true(sim_count_step(sim));
	assert_int_equal(sim_count_step(sim), ev->entity != 4);
}

static const struct sim_event_type count_steps_type = { "steps", SIM_PHASE_CPU, count_steps };

static void counted_steps_share_the_budget(void **state)
{
	for (uint32_t budget = 4; budget <= 5; budget++) {
		struct sim *sim = limited(1000, budget, 100);
		struct sim_event ev;

		sim_event_init(&ev, &count_steps_type, budget);
		sim_event_arm(sim, &ev, ps(1));
		assert_int_equal(sim_run(sim, ps(2)),
				 budget == 4 ? SIM_STOP_SAME_INSTANT : SIM_STOP_DRAINED);
		sim_free(sim);
	}
}

static void budget_of_pending(void **state)
{
	struct sim *sim = limited(1000, 100, 2);
	struct sim_event ev[3];

	for (unsigned i = 0; i < 3; i++) {
		sim_event_init(&ev[i], &other_type, i);
		sim_event_arm(sim, &ev[i], ps(i));
	}
	assert_true(sim_event_armed(&ev[1]));
	assert_false(sim_event_armed(&ev[2]));
	assert_true(sim_event_arm(sim, &ev[1], ps(8))); /* a move takes no place */
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_PENDING);
	assert_int_equal(sim_counts(sim).dispatched, 0);
	sim_free(sim);
}

static void a_breach_outranks_a_budget(void **state)
{
	struct sim *sim = limited(1000, 100, 0);
	struct sim_event ev;

	sim_event_init(&ev, &other_type, 0);
	sim_ask_stop(sim);
	sim_event_arm(sim, &ev, ps(1));
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_PENDING);
	sim_break(sim, "E1", "on two CPUs");
	assert_int_equal(sim_run(sim, ps(9)), SIM_STOP_BROKEN);
	sim_free(sim);
}

static void a_long_formula_is_cut(void **state)
{
	struct sim *sim = sim_new(NULL);

	sim_break(sim, "X1", "%300d", 1);
	assert_int_equal(strlen(sim_broken(sim)->formula), 255);
	sim_free(sim);
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(a3_with_shuffled_ties),
		cmocka_unit_test(a5_initialised_and_armed_for_the_same_instant),
		cmocka_unit_test(a8_end_before_now),
		cmocka_unit_test(a8_end_after_the_longest_run),
		cmocka_unit_test(budget_of_events),
		cmocka_unit_test(budget_at_one_instant),
		cmocka_unit_test(budget_at_one_instant_starts_anew_at_the_next),
		cmocka_unit_test(budget_at_the_end_of_a_run),
		cmocka_unit_test(counted_steps_share_the_budget),
		cmocka_unit_test(budget_of_pending),
		cmocka_unit_test(a_breach_outranks_a_budget),
		cmocka_unit_test(a_long_formula_is_cut),
	};
	struct CMUnitTest tests[N_ELEMENTS(fault_rows) + N_ELEMENTS(single)];

	for (size_t i = 0; i < N_ELEMENTS(fault_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = fault_rows[i].name,
						.test_func = check_fault,
						.initial_state = (void *)&fault_rows[i] };
	memcpy(&tests[N_ELEMENTS(fault_rows)], single, sizeof(single));
	return cmocka_run_group_tests_name("sim_invariants", tests, NULL, NULL);
}
