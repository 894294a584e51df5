/* SPDX-License-Identifier: MIT */
/*
 * The order of events, arming and cancelling, the ends of a run, and its counts. Events write their
 * letter (the entity) into a log; a case compares the log.
 */
#include "sim_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_STEPS 8

/* One event of a case: armed at the start, or when the event named armed_by runs. */
struct step {
	char name;
	uint64_t when;
	enum sim_phase phase;
	char armed_by;
};

struct order_row {
	const char *name;
	struct step steps[MAX_STEPS];
	const char *want;
};

/* clang-format off */
static const struct order_row order_rows[] = {
	{ "the earlier instant first",
	  { { 'a', 20, SIM_PHASE_DEVICE, 0 }, { 'b', 10, SIM_PHASE_OBSERVE, 0 } }, "ba" },
	{ "at one instant by phase",
	  { { 'o', 5, SIM_PHASE_OBSERVE, 0 }, { 'g', 5, SIM_PHASE_GUEST, 0 },
	    { 'c', 5, SIM_PHASE_CPU, 0 }, { 'd', 5, SIM_PHASE_DEVICE, 0 } }, "dcgo" },
	{ "in one phase the first armed first",
	  { { 'x', 5, SIM_PHASE_CPU, 0 }, { 'y', 5, SIM_PHASE_CPU, 0 }, { 'z', 5, SIM_PHASE_CPU, 0 } },
	  "xyz" },
	{ "instant 0 is an instant",
	  { { 'a', 0, SIM_PHASE_GUEST, 0 }, { 'b', 0, SIM_PHASE_DEVICE, 0 } }, "ba" },
	{ "armed for now: runs now, after the one that armed it",
	  { { 'a', 5, SIM_PHASE_CPU, 0 }, { 'b', 5, SIM_PHASE_CPU, 'a' }, { 'c', 6, SIM_PHASE_CPU, 0 } },
	  "abc" },
	{ "armed for now in a lower phase: before the rest of the instant (R2)",
	  { { 'g', 5, SIM_PHASE_GUEST, 0 }, { 'h', 5, SIM_PHASE_GUEST, 0 },
	    { 'd', 5, SIM_PHASE_DEVICE, 'g' }, { 'c', 5, SIM_PHASE_CPU, 'd' } }, "gdch" },
	{ "two lower ones armed for now: by phase, though armed the other way round",
	  { { 'o', 5, SIM_PHASE_OBSERVE, 0 }, { 'c', 5, SIM_PHASE_CPU, 'o' },
	    { 'd', 5, SIM_PHASE_DEVICE, 'o' } }, "odc" },
	{ "armed for now in the same phase: behind those armed before",
	  { { 'a', 5, SIM_PHASE_CPU, 0 }, { 'b', 5, SIM_PHASE_CPU, 0 }, { 'n', 5, SIM_PHASE_CPU, 'a' } },
	  "abn" },
};
/* clang-format on */

struct actor {
	struct sim_event event;
	struct scene *scene;
};

struct scene {
	struct sim *sim;
	const struct step *steps;
	struct actor actors[MAX_STEPS];
	char log[64];
};

static void arm_those_of(struct scene *scene, char by)
{
	for (unsigned i = 0; i < MAX_STEPS && scene->steps[i].name; i++)
		if (scene->steps[i].armed_by == by)
			sim_event_arm(scene->sim, &scene->actors[i].event,
				      ps(scene->steps[i].when));
}

static void act(struct sim *sim, struct sim_event *ev)
{
	struct scene *scene = sim_container_of(ev, struct actor, event)->scene;
	char name = (char)ev->entity;

	assert_false(sim_event_armed(ev));
	strncat(scene->log, &name, 1);
	arm_those_of(scene, name);
}

static const struct sim_event_type act_types[] = {
	{ "device", SIM_PHASE_DEVICE, act },
	{ "cpu", SIM_PHASE_CPU, act },
	{ "guest", SIM_PHASE_GUEST, act },
	{ "observe", SIM_PHASE_OBSERVE, act },
};

static void play(struct scene *scene, const struct step *steps, const struct sim_limits *limits)
{
	*scene = (struct scene){ .sim = sim_new(limits), .steps = steps };
	assert_non_null(scene->sim);
	for (unsigned i = 0; i < MAX_STEPS && steps[i].name; i++) {
		scene->actors[i].scene = scene;
		sim_event_init(&scene->actors[i].event, &act_types[steps[i].phase],
			       (uint32_t)steps[i].name);
	}
	arm_those_of(scene, 0);
}

static void check_order(void **state)
{
	const struct order_row *row = *state;
	struct sim_limits limits = SIM_LIMITS_DEFAULT;
	struct scene scene;

	limits.check_full = true;
	play(&scene, row->steps, &limits);
	assert_int_equal(sim_run(scene.sim, ps(100)), SIM_STOP_DRAINED);
	assert_string_equal(scene.log, row->want);
	assert_null(sim_broken(scene.sim)->id);
	assert_int_equal(sim_now(scene.sim).v, 100);
	sim_free(scene.sim);
}

/* An event that a case arms and moves by hand. */
static void count_run(struct sim *sim, struct sim_event *ev)
{
	(void)sim;
	ev->entity++;
}

static const struct sim_event_type counter_type = { "counter", SIM_PHASE_CPU, count_run };

static const struct step three[] = { { 'a', 10, SIM_PHASE_CPU, 0 },
				     { 'b', 10, SIM_PHASE_CPU, 0 },
				     { 'c', 20, SIM_PHASE_CPU, 0 },
				     { 0 } };

static void moved_to_its_own_instant_goes_last(void **state)
{
	struct scene scene;

	play(&scene, three, NULL);
	assert_true(sim_event_arm(scene.sim, &scene.actors[0].event, ps(10)));
	sim_run(scene.sim, ps(100));
	assert_string_equal(scene.log, "bac");
	sim_free(scene.sim);
}

static void moved_earlier_and_later(void **state)
{
	struct scene scene;

	play(&scene, three, NULL);
	assert_true(sim_event_arm(scene.sim, &scene.actors[2].event, ps(5)));
	assert_true(sim_event_arm(scene.sim, &scene.actors[0].event, ps(30)));
	sim_run(scene.sim, ps(100));
	assert_string_equal(scene.log, "cba");
	sim_free(scene.sim);
}

static void cancelled_does_not_run(void **state)
{
	struct scene scene;

	play(&scene, three, NULL);
	assert_true(sim_event_cancel(scene.sim, &scene.actors[1].event));
	assert_false(sim_event_armed(&scene.actors[1].event));
	assert_false(sim_event_cancel(scene.sim, &scene.actors[1].event));
	sim_run(scene.sim, ps(100));
	assert_string_equal(scene.log, "ac");
	sim_free(scene.sim);
}

static void arm_says_whether_it_was_armed(void **state)
{
	struct sim *sim = sim_new(NULL);
	struct sim_event ev;

	sim_event_init(&ev, &counter_type, 0);
	assert_false(sim_event_armed(&ev));
	assert_false(sim_event_arm(sim, &ev, ps(1)));
	assert_true(sim_event_armed(&ev));
	assert_true(sim_event_arm(sim, &ev, ps(2)));
	assert_int_equal(sim_run(sim, ps(1)), SIM_STOP_END);
	assert_int_equal(ev.entity, 0);
	assert_int_equal(sim_run(sim, ps(2)), SIM_STOP_DRAINED);
	assert_int_equal(ev.entity, 1);
	assert_false(sim_event_arm(sim, &ev, ps(2)));
	sim_free(sim);
}

/* Armed 3, moved 1 (armed 4, cancelled 1), cancelled 1 more, 1 dispatched at 10: 4 = 1 + 2 + 1. */
static void counts_by_hand(void **state)
{
	struct scene scene;
	struct sim_counts counts;

	play(&scene, three, NULL);
	sim_event_arm(scene.sim, &scene.actors[0].event, ps(40));
	sim_event_cancel(scene.sim, &scene.actors[2].event);
	assert_int_equal(sim_run(scene.sim, ps(30)), SIM_STOP_END);
	assert_int_equal(sim_now(scene.sim).v, 30);
	counts = sim_counts(scene.sim);
	assert_int_equal(counts.armed, 4);
	assert_int_equal(counts.dispatched, 1);
	assert_int_equal(counts.cancelled, 2);
	assert_int_equal(counts.pending, 1);
	assert_int_equal(counts.pending_peak, 3);
	sim_free(scene.sim);
}

static void end_is_inclusive_and_moves_the_clock(void **state)
{
	struct scene scene;

	play(&scene, three, NULL);
	assert_int_equal(sim_run(scene.sim, ps(9)), SIM_STOP_END);
	assert_int_equal(sim_now(scene.sim).v, 9);
	assert_string_equal(scene.log, "");
	assert_int_equal(sim_run(scene.sim, ps(10)), SIM_STOP_END);
	assert_string_equal(scene.log, "ab");
	assert_int_equal(sim_run(scene.sim, PS_NEVER), SIM_STOP_DRAINED);
	assert_string_equal(scene.log, "abc");
	assert_int_equal(sim_now(scene.sim).v, 20); /* never is no instant to go to */
	sim_free(scene.sim);
}

static void nothing_runs_after_the_longest_run(void **state)
{
	struct sim *sim = sim_new(NULL);
	struct sim_event ev;

	sim_event_init(&ev, &counter_type, 0);
	sim_event_arm(sim, &ev, ps(SIM_RUN_MAX.v + 1));
	assert_int_equal(sim_run(sim, PS_NEVER), SIM_STOP_END);
	assert_int_equal(sim_now(sim).v, SIM_RUN_MAX.v);
	assert_int_equal(ev.entity, 0);
	sim_free(sim);
}

static void ask(struct sim *sim, struct sim_event *ev) { sim_ask_stop(sim); }

static const struct sim_event_type ask_type = { "ask", SIM_PHASE_DEVICE, ask };

static void asked_stops_once_and_a_later_run_goes_on(void **state)
{
	struct sim_event asker;
	struct scene scene;

	play(&scene, three, NULL);
	sim_event_init(&asker, &ask_type, 0);
	sim_event_arm(scene.sim, &asker, ps(10));
	assert_int_equal(sim_run(scene.sim, ps(100)), SIM_STOP_ASKED);
	assert_int_equal(sim_now(scene.sim).v, 10);
	assert_string_equal(scene.log, "");
	assert_int_equal(sim_run(scene.sim, ps(100)), SIM_STOP_DRAINED);
	assert_string_equal(scene.log, "abc");
	sim_free(scene.sim);
}

#define N_TIED 40

struct shuffled {
	struct sim_event event[2 * N_TIED];
	uint32_t seen[2 * N_TIED];
	unsigned n;
};

static struct shuffled *shuffled_now;

static void note(struct sim *sim, struct sim_event *ev)
{
	shuffled_now->seen[shuffled_now->n++] = ev->entity;
}

static const struct sim_event_type note_types[] = {
	{ "note.cpu", SIM_PHASE_CPU, note },
	{ "note.guest", SIM_PHASE_GUEST, note },
};

/* N_TIED events in each of two phases of one instant, armed alternately. */
static void run_shuffled(struct shuffled *s, bool shuffle, uint64_t seed)
{
	struct sim_limits limits = SIM_LIMITS_DEFAULT;
	struct sim *sim;

	limits.shuffle_ties = shuffle;
	limits.shuffle_seed = seed;
	limits.check_full = true;
	sim = sim_new(&limits);
	s->n = 0;
	shuffled_now = s;
	for (unsigned i = 0; i < 2 * N_TIED; i++) {
		sim_event_init(&s->event[i], &note_types[i % 2], i);
		sim_event_arm(sim, &s->event[i], ps(7));
	}
	assert_int_equal(sim_run(sim, ps(7)), SIM_STOP_DRAINED);
	assert_int_equal(s->n, 2 * N_TIED);
	sim_free(sim);
}

static void shuffle_permutes_ties_by_seed_and_nothing_else(void **state)
{
	/* A file that was shuffled yesterday is shuffled so today. */
	static const uint32_t known[] = { 10, 68, 70, 40, 0, 8, 20 };
	struct shuffled plain, one, again, two;
	bool seen[2 * N_TIED] = { false };

	run_shuffled(&plain, false, 1);
	run_shuffled(&one, true, 1);
	run_shuffled(&again, true, 1);
	run_shuffled(&two, true, 2);
	assert_memory_equal(one.seen, known, sizeof(known));
	assert_memory_equal(one.seen, again.seen, sizeof(one.seen));
	assert_memory_not_equal(one.seen, plain.seen, sizeof(one.seen));
	assert_memory_not_equal(one.seen, two.seen, sizeof(one.seen));
	for (unsigned i = 0; i < 2 * N_TIED; i++) {
		assert_int_equal(one.seen[i] % 2, i < N_TIED ? 0 : 1); /* the phases stay apart */
		assert_false(seen[one.seen[i]]);
		seen[one.seen[i]] = true;
	}
}

/* Cause and effect at one instant, in one phase and against it, whatever the seed. */
static void shuffle_keeps_cause_before_effect(void **state)
{
	static const struct step chain[] = {
		{ 'a', 5, SIM_PHASE_GUEST, 0 },    { 'b', 5, SIM_PHASE_GUEST, 'a' },
		{ 'c', 5, SIM_PHASE_DEVICE, 'b' }, { 'd', 5, SIM_PHASE_DEVICE, 'c' },
		{ 'e', 9, SIM_PHASE_DEVICE, 0 },   { 0 }
	};

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct sim_limits limits = SIM_LIMITS_DEFAULT;
		struct scene scene;

		limits.shuffle_ties = true;
		limits.shuffle_seed = seed;
		play(&scene, chain, &limits);
		assert_int_equal(sim_run(scene.sim, ps(100)), SIM_STOP_DRAINED);
		assert_string_equal(scene.log, "abcde");
		sim_free(scene.sim);
	}
}

/* Ten runners step on by random lengths, and arm and cancel a bystander as they go. Each step
 * writes down what it sees. */
struct runner {
	struct sim_event event;
	struct race *race;
};

struct race {
	struct runner runners[10];
	struct sim_event bystander;
	uint64_t random, seen;
};

static void jot(struct race *race, const struct sim *sim, uint64_t who)
{
	const struct sim_counts counts = sim_counts(sim);
	const uint64_t all[] = { who,
				 sim_now(sim).v,
				 counts.armed,
				 counts.dispatched,
				 counts.cancelled,
				 counts.pending,
				 counts.pending_peak };

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		race->seen = race->seen * UINT64_C(6364136223846793005) + all[i];
}

static uint64_t below(struct race *race, uint64_t n)
{
	race->random = race->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (race->random >> 33) % n;
}

static void bystander_runs(struct sim *sim, struct sim_event *ev)
{
	jot(sim_container_of(ev, struct race, bystander), sim, 99);
}

static void runner_steps(struct sim *sim, struct sim_event *ev)
{
	struct race *race = sim_container_of(ev, struct runner, event)->race;
	static const uint64_t lengths[] = { 1, 3, 30, 5000 };
	uint64_t length;

	do {
		jot(race, sim, ev->entity);
		if (below(race, 8) == 0)
			sim_event_arm(sim, &race->bystander, ps(sim_now(sim).v + below(race, 40)));
		else if (below(race, 8) == 0)
			sim_event_cancel(sim, &race->bystander);
		if (below(race, 50) == 0)
			sim_ask_stop(sim);
		if (below(race, 50) == 0)
			sim_event_arm(sim, ev, ps(sim_now(sim).v + 9));
		length = below(race, lengths[below(race, 4)]);
	} while (sim_event_follow(sim, ev, ps(sim_now(sim).v + length)));
}

static const struct sim_event_type runner_types[] = {
	{ "cpu", SIM_PHASE_CPU, runner_steps },
	{ "guest", SIM_PHASE_GUEST, runner_steps },
};
static const struct sim_event_type bystander_type = { "bystander", SIM_PHASE_DEVICE,
						      bystander_runs };

/* How often the queue was gone round. */
static uint64_t run_race(const struct sim_limits *limits, unsigned runners, struct race *race)
{
	struct sim *sim = sim_new(limits);
	struct sim_event_report last[SIM_LAST_EVENTS];

	*race = (struct race){ .random = runners };
	sim_event_init(&race->bystander, &bystander_type, 99);
	for (unsigned i = 0; i < runners; i++) {
		race->runners[i].race = race;
		sim_event_init(&race->runners[i].event, &runner_types[i % 2], i);
		sim_event_arm(sim, &race->runners[i].event, ps(i % 3));
	}
	for (unsigned i = 1; i <= 1000; i++)
		jot(race, sim, sim_run(sim, ps((i + 9) / 10 * 1000)));
	for (unsigned n = sim_last_events(sim, last), i = 0; i < n; i++)
		jot(race, sim, last[i].when.v + last[i].entity);
	assert_null(sim_broken(sim)->id);

	const uint64_t followed = sim_counts(sim).followed;
	sim_free(sim);
	return followed;
}

/* With check_full everything goes through the queue. */
static void following_is_being_dispatched(void **state)
{
	static const struct sim_limits rows[] = {
		{ .max_events = 1000000, .max_same_instant = 1000, .max_pending = 20 },
		{ .max_events = 1000000,
		  .max_same_instant = 1000,
		  .max_pending = 20,
		  .shuffle_ties = true,
		  .shuffle_seed = 7 },
		{ .max_events = 700, .max_same_instant = 1000, .max_pending = 20 },
		{ .max_events = 1000000, .max_same_instant = 3, .max_pending = 20 },
		{ .max_events = 1000000, .max_same_instant = 1000, .max_pending = 1 },
	};
	struct race race, queued;

	for (unsigned i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t followed = 0;

		for (unsigned runners = 1; runners <= N_ELEMENTS(race.runners); runners++) {
			struct sim_limits full = rows[i];

			full.check_full = true;
			assert_int_equal(run_race(&full, runners, &queued), 0);
			followed += run_race(&rows[i], runners, &race);
			assert_int_equal(race.seen, queued.seen);
		}
		assert_true(followed > 0);
	}
}

/* So many events that one that is moved on may stay where it stands in the queue: each comes at its
 * last instant, those of one instant in the order of their last arming. */
struct crowd {
	struct sim_event events[5000];
	uint64_t want[5000], armed[5000];
	uint64_t arming, last_when, last_armed;
	unsigned seen;
};

static struct crowd crowd;

static void seen_in_order(struct sim *sim, struct sim_event *ev)
{
	const uint64_t now = sim_now(sim).v, armed = crowd.armed[ev->entity];

	assert_int_equal(now, crowd.want[ev->entity]);
	assert_true(now > crowd.last_when || armed > crowd.last_armed);
	crowd.last_when = now;
	crowd.last_armed = armed;
	crowd.seen++;
}

static void arm_in_crowd(struct sim *sim, uint32_t i, uint64_t when)
{
	crowd.want[i] = when;
	crowd.armed[i] = ++crowd.arming;
	sim_event_arm(sim, &crowd.events[i], ps(when));
}

static void moved_on_among_many(void **state)
{
	static const struct sim_event_type type = { "crowd", SIM_PHASE_CPU, seen_in_order };
	const uint32_t n = N_ELEMENTS(crowd.events);
	struct sim_limits limits = SIM_LIMITS_DEFAULT;

	limits.check_full = true; /* of each event whether it stands where it should */
	struct sim *sim = sim_new(&limits);

	crowd.arming = crowd.seen = 0;
	crowd.last_when = crowd.last_armed = 0;
	for (uint32_t i = 0; i < n; i++) {
		sim_event_init(&crowd.events[i], &type, i);
		arm_in_crowd(sim, i, 1000 + i * UINT64_C(7919) % 100000);
	}
	for (uint32_t i = 0; i < n; i += 2) /* within the slot, or into others */
		arm_in_crowd(sim, i, crowd.want[i] + (i % 4 ? 1 : 50000));
	assert_int_equal(sim_run(sim, ps(1500)), SIM_STOP_END);
	for (uint32_t i = n; i-- > 0;) /* the last becomes the first of its instant */
		if (i % 3 == 0 && sim_event_armed(&crowd.events[i]))
			arm_in_crowd(sim, i, crowd.want[i] / 1000 * 1000 + 1000);
	for (uint32_t i = 0; i < n; i += 5) /* and back */
		if (sim_event_armed(&crowd.events[i]))
			arm_in_crowd(sim, i, 1501);
	assert_int_equal(sim_run(sim, ps(400000)), SIM_STOP_DRAINED);
	assert_int_equal(crowd.seen, n);
	sim_free(sim);
}

/* Nobody moves the clock before a run, or beyond its end. */
static void nothing_follows_outside_a_run(void **state)
{
	struct sim *sim = sim_new(NULL);
	struct sim_event first, second;

	sim_event_init(&first, &counter_type, 0);
	sim_event_init(&second, &counter_type, 0);
	sim_event_arm(sim, &first, ps(10));
	assert_false(sim_event_follow(sim, &second, ps(5)));
	assert_true(sim_event_armed(&second));
	assert_int_equal(sim_run(sim, ps(20)), SIM_STOP_DRAINED);
	assert_false(sim_event_follow(sim, &second, ps(25)));
	assert_int_equal(sim_now(sim).v, 20);
	sim_free(sim);
}

static void last_events_oldest_first(void **state)
{
	struct sim_event_report last[SIM_LAST_EVENTS];
	struct sim_event ev;
	struct scene scene;

	play(&scene, three, NULL);
	sim_run(scene.sim, ps(20));
	assert_int_equal(sim_last_events(scene.sim, last), 3);
	assert_int_equal(last[0].entity, 'a');
	assert_int_equal(last[2].entity, 'c');
	assert_int_equal(last[2].when.v, 20);
	assert_string_equal(last[2].name, "cpu");

	sim_event_init(&ev, &counter_type, 100);
	for (unsigned i = 0; i < 40; i++) { /* the entity counts its runs: 100 is the first */
		sim_event_arm(scene.sim, &ev, ps(30 + i));
		sim_run(scene.sim, ps(30 + i));
	}
	assert_int_equal(sim_last_events(scene.sim, last), SIM_LAST_EVENTS);
	assert_int_equal(last[0].entity, 108);
	assert_int_equal(last[31].entity, 139);
	assert_int_equal(last[31].when.v, 69);
	sim_free(scene.sim);
}

static void idle(struct sim *sim, struct sim_event *ev) {}

static void hot_events_most_frequent_first(void **state)
{
	static const struct sim_event_type zeta = { "zeta", SIM_PHASE_CPU, idle };
	static const struct sim_event_type alpha = { "alpha", SIM_PHASE_CPU, idle };
	/* Twice zeta of 1; once the others: alpha of 2 and of 3, zeta of 0. */
	static const struct {
		const struct sim_event_type *type;
		uint32_t entity;
	} runs[] = {
		{ &zeta, 1 }, { &zeta, 0 }, { &alpha, 3 }, { &alpha, 2 }, { &zeta, 1 },
	};
	struct sim *sim = sim_new(NULL);
	struct sim_event_report hot[5];

	for (unsigned i = 0; i < N_ELEMENTS(runs); i++) {
		struct sim_event ev;

		sim_event_init(&ev, runs[i].type, runs[i].entity);
		sim_event_arm(sim, &ev, ps(i));
		sim_run(sim, ps(i));
	}
	assert_int_equal(sim_hot_events(sim, hot), 4);
	assert_string_equal(hot[0].name, "zeta");
	assert_int_equal(hot[0].entity, 1);
	assert_int_equal(hot[0].count, 2);
	assert_int_equal(hot[0].when.v, 4);
	assert_string_equal(hot[1].name, "alpha");
	assert_int_equal(hot[1].entity, 2);
	assert_string_equal(hot[2].name, "alpha");
	assert_int_equal(hot[2].entity, 3);
	assert_string_equal(hot[3].name, "zeta");
	assert_int_equal(hot[3].entity, 0);
	sim_free(sim);
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(moved_to_its_own_instant_goes_last),
		cmocka_unit_test(moved_earlier_and_later),
		cmocka_unit_test(cancelled_does_not_run),
		cmocka_unit_test(arm_says_whether_it_was_armed),
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(end_is_inclusive_and_moves_the_clock),
		cmocka_unit_test(nothing_runs_after_the_longest_run),
		cmocka_unit_test(asked_stops_once_and_a_later_run_goes_on),
		cmocka_unit_test(shuffle_permutes_ties_by_seed_and_nothing_else),
		cmocka_unit_test(shuffle_keeps_cause_before_effect),
		cmocka_unit_test(following_is_being_dispatched),
		cmocka_unit_test(moved_on_among_many),
		cmocka_unit_test(nothing_follows_outside_a_run),
		cmocka_unit_test(last_events_oldest_first),
		cmocka_unit_test(hot_events_most_frequent_first),
	};
	struct CMUnitTest tests[N_ELEMENTS(order_rows) + N_ELEMENTS(single)];

	for (size_t i = 0; i < N_ELEMENTS(order_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = order_rows[i].name,
						.test_func = check_order,
						.initial_state = (void *)&order_rows[i] };
	memcpy(&tests[N_ELEMENTS(order_rows)], single, sizeof(single));
	return cmocka_run_group_tests_name("sim_loop", tests, NULL, NULL);
}
