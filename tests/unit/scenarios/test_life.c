/* SPDX-License-Identifier: MIT */
/*
 * A deadline's life as it is followed through a run, where two lives part, and what a deadline
 * costs; and that whoever looks changes nothing (R22).
 */
#include "life.h"
#include "run.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#define BUSY "../scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml"
#define NO_DEADLINE UINT64_MAX

/* --- comparing --- */

/* Delivered 100 ps late: fired on time on its own CPU, noticed after 60, 40 to the handler. */
static struct life plain(void)
{
	struct life life;

	life_init(&life, 0, 7);
	life.end = LIFE_DELIVERED;
	life.has_armed = life.has_fired = true;
	life.armed = ps(1000);
	life.due = life.fired = ps(5000);
	life.armed_cpu = life.fired_cpu = life.vcpu_cpu = 1;
	life.n_starts = 1;
	life.starts[0] =
		(struct life_start){ .when = ps(1100), .cpu = 1, .queue = 1, .expires = 5 };
	life.lateness = 100;
	life.part[LIFE_NOTIFY] = 60;
	life.part[LIFE_DELIVER] = 40;
	return life;
}

static void later(struct life *l)
{
	l->armed.v += 9000;
	l->due.v += 9000;
	l->fired.v += 9000;
	l->starts[0].when.v += 9000;
	l->starts[0].expires += 9;
}

static void longer_ahead(struct life *l) { l->armed.v -= 1; }
static void not_armed(struct life *l) { l->has_armed = false; }
static void other_queue(struct life *l) { l->starts[0].queue = 0; }
static void other_timer(struct life *l) { l->starts[0].kind = START_HV; }
static void again(struct life *l) { l->starts[l->n_starts++] = l->starts[0]; }
static void fires_early(struct life *l) { l->fired.v -= 1; }
static void fires_elsewhere(struct life *l) { l->fired_cpu = 0; }
static void never_fires(struct life *l) { l->has_fired = false; }
static void is_unseen(struct life *l) { l->end = LIFE_NOT_SEEN; }

static void takes_longer(struct life *l)
{
	l->part[LIFE_NOTIFY] += 1;
	l->part[LIFE_DELIVER] -= 1;
}

static void waits(struct life *l) { l->part[LIFE_WAIT] = 1; }

struct row {
	const char *name;
	void (*change)(struct life *l);
	enum life_step step;
	enum life_part part; /* STEP_PART */
};

/* clang-format off */
static const struct row rows[] = {
	{ "the same at another time", later, STEP_SAME, 0 },
	{ "armed 1 ps longer ahead", longer_ahead, STEP_ARMED, 0 },
	{ "not armed", not_armed, STEP_ARMED, 0 },
	{ "in another CPU's queue", other_queue, STEP_STARTED, 0 },
	{ "on the preemption timer", other_timer, STEP_STARTED, 0 },
	{ "started twice", again, STEP_STARTED, 0 },
	{ "fires 1 ps early", fires_early, STEP_FIRED, 0 },
	{ "fires on another CPU", fires_elsewhere, STEP_FIRED, 0 },
	{ "does not fire", never_fires, STEP_FIRED, 0 },
	{ "the first part that differs", takes_longer, STEP_PART, LIFE_NOTIFY },
	{ "waits 1 ps", waits, STEP_PART, LIFE_WAIT },
	{ "fired, not delivered", is_unseen, STEP_END, 0 },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct life a = plain();
	struct life b = plain();
	enum life_part part = 0;

	row->change(&b);
	assert_int_equal(life_compare(&a, &b, &part), row->step);
	assert_int_equal(part, row->part);
	assert_int_equal(life_compare(&b, &a, &part), row->step);
}

static void test_cost(void **state)
{
	assert_int_equal(life_cost(100, 0), 100);
	assert_int_equal(life_cost(-100, 0), 100);
	assert_int_equal(life_cost(-100, 99), 100);
	assert_int_equal(life_cost(5, 2000), 2000);
	assert_int_equal(life_cost(0, 0), 0);
}

/* --- followed through a run --- */

struct replayed {
	struct replay *replay;
	const struct world_config *config;
};

static struct replayed load(const char *variant)
{
	const struct replay_options options = { .variant = variant, .limits = SIM_LIMITS_DEFAULT };
	struct replayed r = { 0 };
	struct diagnostics d;

	diagnostics_init(&d);
	r.replay = replay_load(BUSY, &options, &d, NULL);
	assert_non_null(r.replay);
	assert_true(replay_resolve(r.replay, &options, &d));
	diagnostics_clear(&d);
	for (uint32_t i = 0; i < r.replay->n_results; i++)
		if (r.replay->results[i].run)
			r.config = &r.replay->results[i].run->config;
	return r;
}

static uint64_t run(const struct replayed *r, struct life *life)
{
	const char *refused;
	struct world *world = world_new(r->config, NULL, &refused);

	assert_non_null(world);
	if (life)
		life_watch(life, world);
	world_run(world);
	if (life)
		life_end(life);
	const uint64_t fingerprint = trace_fingerprint(world_trace(world));

	world_free(world);
	return fingerprint;
}

/* A deadline that never comes is watched for to the end of the run. */
static void test_observer_changes_nothing(void **state)
{
	struct replayed r = load("before");
	struct life life;

	life_init(&life, 0, NO_DEADLINE);
	assert_true(run(&r, &life) == run(&r, NULL));
	assert_int_equal(life.end, LIFE_NEVER_ARMED);
	replay_free(r.replay);
}

/*
 * Deadline 0 is 2 ms = 4800000 cycles behind the guest's RDTSC. The guest looks every 4 ms; the
 * housekeeping CPU's tick at 2 ms runs 1 us long, so the timer's callback begins right behind it.
 */
static void test_queued_elsewhere(void **state)
{
	struct replayed r = load("before");
	struct life life;

	life_init(&life, 0, 0);
	run(&r, &life);
	assert_int_equal(life.end, LIFE_DELIVERED);
	assert_int_equal(life.arming, ARMED_BY_DEADLINE);
	assert_int_equal(life.armed_cpu, 1);
	assert_int_equal(life.n_starts, 1);
	assert_int_equal(life.starts[0].kind, START_HRTIMER);
	assert_int_equal(life.starts[0].cpu, 1);
	assert_int_equal(life.starts[0].queue, 0);
	assert_true(life.has_fired);
	assert_int_equal(life.fired_cpu, 0);
	assert_int_equal(life.vcpu_cpu, 1);
	assert_int_equal(life.where, VCPU_IN_GUEST);
	assert_int_equal(life.fired.v, UINT64_C(2001150) * PS_PER_NS);
	assert_false(life.ipi);
	assert_true(life.has_exited);
	assert_true(life.part[LIFE_NOTIFY] > INT64_C(1999000000));

	int64_t sum = 0;

	for (unsigned i = 0; i < LIFE_PARTS; i++)
		sum += life.part[i];
	assert_true(sum == life.lateness);
	assert_true(life.fired.v + (uint64_t)(life.lateness - life.part[LIFE_FIRE]) == life.over.v);
	replay_free(r.replay);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_observer_changes_nothing),
		cmocka_unit_test(test_queued_elsewhere),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(others)];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[G_N_ELEMENTS(rows) + i] = others[i];
	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
