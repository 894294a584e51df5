/* SPDX-License-Identifier: MIT */
/*
 * The steps of the kernel's history, and what it says about the migration bug: exposed by
 * 9642d18eee2c, fixed by 61abdbe0bcc2, and 4d151bf3b89e neutral, because its two forms, unpinned
 * and kick, are one step.
 */
#include "history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#define BUSY "../scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml"
#define HOG "../scenarios/library/fixes/61abdbe0bcc2-hog-forces-vcpu-out.yaml"
#define MIGRATED "../scenarios/library/fixes/61abdbe0bcc2-vcpu-migrated.yaml"

static struct history_options everything(void)
{
	return (struct history_options){
		.replay = { .limits = SIM_LIMITS_DEFAULT },
		.from = KERNEL_RELEASE_MIN,
		.to = KERNEL_RELEASE_MAX,
		.tolerance_percent = HISTORY_TOLERANCE_PERCENT,
		.max_runs = HISTORY_RUNS_MAX,
	};
}

/* Loaded, not run. */
static struct history *load(const char *path, const struct history_options *options)
{
	struct diagnostics d;

	diagnostics_init(&d);
	struct history *h = history_load(path, options, &d);

	assert_string_equal(d.text->str, "");
	assert_non_null(h);
	diagnostics_clear(&d);
	return h;
}

static struct history *run(const char *path, const struct history_options *options)
{
	struct history *h = load(path, options);

	assert_int_equal(history_run(h, options), EXIT_OK);
	return h;
}

static struct history_step *step_at(const struct history *h, guint i)
{
	return &g_array_index(h->steps, struct history_step, i);
}

static guint step_of(const struct history *h, const char *id)
{
	for (guint i = 0; i < h->steps->len; i++)
		if (step_at(h, i)->ids && g_str_has_prefix(step_at(h, i)->ids, id))
			return i;
	fail_msg("no step of %s", id);
	return 0;
}

/* --- the steps --- */

/* After the last step of a release the kernel is the one that the release names. */
static void test_steps_end_in_releases(void **state)
{
	const struct history_options options = everything();
	struct history *h = load(BUSY, &options);
	guint releases = 0;

	for (guint i = 0; i < h->steps->len; i++) {
		struct kernel want;

		if (i + 1 < h->steps->len && step_at(h, i + 1)->release == step_at(h, i)->release)
			continue;
		kernel_init(&want, step_at(h, i)->release);
		assert_memory_equal(&want, &step_at(h, i)->kernel, sizeof(want));
		releases++;
	}
	assert_true(releases > 20);
	history_free(h);
}

/* Every row that came after the first release is a form of one step, and of one only. */
static void test_steps_hold_every_form_once(void **state)
{
	const struct history_options options = everything();
	struct history *h = load(BUSY, &options);
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);
	size_t rows = 0, forms = 0;

	for (size_t d = 0; d < n; d++) {
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *v = kernel_row(&decisions[d], i);

			rows += v->known != KNOWN_NEVER && v->since > KERNEL_RELEASE_MIN;
		}
	}
	for (guint i = 0; i < h->steps->len; i++) {
		forms += step_at(h, i)->forms->len;
		assert_int_equal(step_at(h, i)->forms->len == 0, i == 0);
		if (i)
			assert_true(step_at(h, i - 1)->release <= step_at(h, i)->release);
	}
	assert_int_equal(forms, rows);
	history_free(h);
}

static void test_a_commit_is_one_step(void **state)
{
	const struct history_options options = everything();
	struct history *h = load(BUSY, &options);
	const struct history_step *step = step_at(h, step_of(h, "4d151bf3b89e"));

	assert_int_equal(step->forms->len, 2);
	assert_string_equal(step->kernel.mode->variant.name, "abs_unpinned");
	assert_string_equal(step->kernel.notify->variant.name, "kick");
	assert_string_equal(step[-1].kernel.mode->variant.name, "abs_pinned");
	assert_string_equal(step[-1].kernel.notify->variant.name, "flag");
	assert_true(step_of(h, "57bf67e73ce9") < step_of(h, "39497d7660d9"));
	assert_true(step_of(h, "39497d7660d9") < step_of(h, "b6aa57c69cb2"));
	history_free(h);
}

/* A release is as certain as the least certain of what came with it. */
static void test_certainty(void **state)
{
	const struct history_options options = everything();
	struct history *h = load(BUSY, &options);

	assert_int_equal(step_at(h, step_of(h, "61abdbe0bcc2"))->known, KNOWN_READ);
	assert_int_equal(step_at(h, step_of(h, "d981dd15498b"))->known, KNOWN_INFERRED);
	assert_int_equal(step_at(h, step_of(h, "444969223c8"))->known, KNOWN_AT_LATEST);
	assert_int_equal(step_at(h, step_of(h, "c301b909e4b9"))->known, KNOWN_RECALLED);
	history_free(h);
}

static void test_from_to(void **state)
{
	struct history_options options = everything();

	options.from = KERNEL_RELEASE(4, 3);
	options.to = KERNEL_RELEASE(4, 6);
	struct history *h = load(BUSY, &options);

	assert_int_equal(step_at(h, 0)->release, KERNEL_RELEASE(4, 3));
	assert_string_equal(step_at(h, 0)->kernel.nohz_target->variant.name, "self_housekeeping");
	assert_int_equal(step_at(h, 1)->release, KERNEL_RELEASE(4, 4)); /* VMX scales */
	for (guint i = 2; i < h->steps->len; i++)
		assert_int_equal(step_at(h, i)->release, KERNEL_RELEASE(4, 6));
	history_free(h);
}

/* --- the migration bug --- */

static void assert_meaning(const struct history *h, const char *id, enum history_meaning meaning)
{
	const struct history_step *step = step_at(h, step_of(h, id));

	assert_int_equal(step->change, HISTORY_CHANGED);
	assert_int_equal(step->meaning, meaning);
}

static void assert_neutral(const struct history *h, const char *id)
{
	const enum history_change change = step_at(h, step_of(h, id))->change;

	assert_true(change == HISTORY_SAME || change == HISTORY_TRACE || change == HISTORY_LITTLE);
}

static void assert_metric(const struct history *h, const char *want)
{
	g_autofree char *metric = history_metric(h);

	assert_string_equal(metric, want);
}

/* In ps, of a metric in time. */
static int64_t value_of(const struct history *h, const char *id)
{
	const struct history_value *value = history_value(h, step_of(h, id));

	assert_int_equal(value->status, AGGREGATE_OK);
	return (int64_t)value->result.value.num;
}

static guint changes(const struct history *h)
{
	guint n = 0;

	for (guint i = 0; i < h->steps->len; i++)
		n += step_at(h, i)->change == HISTORY_CHANGED;
	return n;
}

struct bug {
	const char *name, *path;
	const char *set;    /* NULL: none */
	const char *metric; /* chosen of the file's */
};

/* With the preemption timer, which the guests use from v4.8 on, and without. */
static const struct bug bugs[] = {
	{ "busy guest", BUSY, NULL, "p50(lateness)" },
	{ "busy guest, hrtimer", BUSY, "kvm_intel.preemption_timer=N", "p50(lateness)" },
	{ "hog", HOG, NULL, "p50(lateness where when > 60ms)" },
	{ "hog, hrtimer", HOG, "kvm_intel.preemption_timer=N", "p50(lateness where when > 60ms)" },
	{ "vCPU migrated", MIGRATED, NULL, "min(lateness)" },
	{ "vCPU migrated, hrtimer", MIGRATED, "kvm_intel.preemption_timer=N", "min(lateness)" },
};

static void check_bug(void **state)
{
	const struct bug *bug = *state;
	struct history_options options = everything();

	options.replay.sets = &bug->set;
	options.replay.n_sets = bug->set != NULL;
	struct history *h = run(bug->path, &options);

	assert_metric(h, bug->metric);
	assert_meaning(h, "9642d18eee2c", HISTORY_EXPOSED);
	assert_meaning(h, "61abdbe0bcc2", HISTORY_FIXED);
	assert_neutral(h, "4d151bf3b89e");
	assert_int_equal(changes(h), 2);
	/* The thresholds of the scenarios: late by a millisecond, prompt within 23 us. */
	assert_true(value_of(h, "9642d18eee2c") >= (int64_t)PS_PER_MS);
	assert_true(value_of(h, "61abdbe0bcc2") < 23 * (int64_t)PS_PER_US);
	assert_true(value_of(h, "4d151bf3b89e") < 23 * (int64_t)PS_PER_US);
	history_free(h);
}

/* --- the series "KVM: lapic: Fix a variety of timer adv issues" --- */

/* One scenario per symptom, and the patch of the series that is named for it. */
struct symptom {
	const char *name, *path, *metric, *commit;
};

#define FIX(name) "../scenarios/library/fixes/" name ".yaml"

static const struct symptom symptoms[] = {
	{ "advance without limit", FIX("57bf67e73ce9-advance-without-limit"), "last(advance_ns)",
	  "57bf67e73ce9" },
	{ "one advance for two guests", FIX("39497d7660d9-two-guests-one-advance"),
	  "settled(lateness where vcpu == 1)", "39497d7660d9" },
	{ "the user's advance is tuned", FIX("c3941d9e0ccd-user-override"), "last(advance_ns)",
	  "c3941d9e0ccd" },
	{ "half the wait on a slow guest", FIX("b6aa57c69cb2-slow-guest-waits-half"), "min(wait)",
	  "b6aa57c69cb2" },
	{ "twice the wait on a fast guest", FIX("b6aa57c69cb2-fast-guest-waits-twice"), "min(wait)",
	  "b6aa57c69cb2" },
	{ "early on the preemption timer", FIX("ee66e453db13-hv-one-shot"), "p50(lateness)",
	  "ee66e453db13" },
};

static void check_symptom(void **state)
{
	static const char *const series[] = { "57bf67e73ce9", "39497d7660d9", "c3941d9e0ccd",
					      "b6aa57c69cb2", "ee66e453db13" };
	const struct symptom *symptom = *state;
	struct history_options options = everything();

	options.metric = symptom->metric;
	struct history *h = run(symptom->path, &options);

	for (guint i = 0; i < G_N_ELEMENTS(series); i++)
		if (g_str_equal(series[i], symptom->commit))
			assert_int_equal(step_at(h, step_of(h, series[i]))->change,
					 HISTORY_CHANGED);
		else
			assert_neutral(h, series[i]);
	history_free(h);
}

/* Where the timers fire is no measure of harm: it goes up and down, and up again unpinned. */
static void test_metric_without_a_bad_side(void **state)
{
	static const char *const set = "kvm_intel.preemption_timer=N";
	struct history_options options = everything();

	options.replay.sets = &set;
	options.replay.n_sets = 1;
	options.metric = "count(expire where cpu != vcpu.cpu)";
	struct history *h = run(BUSY, &options);

	assert_metric(h, options.metric);
	assert_meaning(h, "9642d18eee2c", HISTORY_RAISED);
	assert_meaning(h, "61abdbe0bcc2", HISTORY_LOWERED);
	assert_meaning(h, "4d151bf3b89e", HISTORY_RAISED);
	assert_int_equal(changes(h), 3);
	history_free(h);
}

/* What is below the tolerance becomes a change without one. */
static void test_tolerance(void **state)
{
	struct history_options options = everything();
	struct history *h = run(BUSY, &options);

	assert_int_equal(step_at(h, step_of(h, "3b8a5df6c4dc"))->change, HISTORY_LITTLE);
	history_free(h);
	options.tolerance_percent = 0;
	options.metric = "p50(lateness)";
	h = run(BUSY, &options);
	assert_int_equal(step_at(h, step_of(h, "3b8a5df6c4dc"))->change, HISTORY_CHANGED);
	history_free(h);
}

static void test_no_value_is_bad(void **state)
{
	struct history_options options = everything();

	/* After 2.0005 ms: no sample but the late ones. */
	options.metric = "max(lateness where lateness > 1ms)";
	options.to = KERNEL_RELEASE(4, 7);
	struct history *h = run(BUSY, &options);
	const struct history_value *value = history_value(h, 0);

	assert_int_equal(value->status, AGGREGATE_NO_SAMPLES);
	assert_int_equal(step_at(h, step_of(h, "9642d18eee2c"))->change, HISTORY_CHANGED);
	assert_int_equal(step_at(h, step_of(h, "9642d18eee2c"))->meaning, HISTORY_FIXED);
	assert_int_equal(step_at(h, step_of(h, "61abdbe0bcc2"))->meaning, HISTORY_EXPOSED);
	history_free(h);
}

/* An unidentified step that matters says which of its forms it was: v4.17 has two, and the residual
 * tick is what a guest sees that never exits. */
static void test_which_form_alone(void **state)
{
	struct history_options options = everything();

	options.metric = "count(hrtimer_start where function == tick_sched_timer and cpu == 1)";
	options.from = KERNEL_RELEASE(4, 16);
	options.to = KERNEL_RELEASE(4, 17);
	struct history *h = run("../scenarios/library/behaviours/no-other-exits.yaml", &options);
	const struct history_step *last = step_at(h, h->steps->len - 1);

	assert_null(last->commit);
	assert_int_equal(last->forms->len, 2);
	assert_int_equal(last->change, HISTORY_CHANGED);
	assert_non_null(last->alone);
	assert_int_equal(last->alone->len, 1);
	assert_string_equal(g_array_index(last->alone, struct history_form, 0).form->name,
			    "remote");
	history_free(h);
}

/* --- the same again --- */

static void test_deterministic(void **state)
{
	const struct history_options options = everything();
	struct history *a = run(HOG, &options), *b = run(HOG, &options);

	assert_int_equal(a->steps->len, b->steps->len);
	assert_int_equal(a->runs, b->runs);
	for (guint i = 0; i < a->steps->len; i++)
		assert_int_equal(step_at(a, i)->fingerprint, step_at(b, i)->fingerprint);
	history_free(a);
	history_free(b);
}

/* A run that is stopped has no value, and the others do. */
static void test_budget(void **state)
{
	struct history_options options = everything();

	/* The bug makes fewer events: half as many timers fire. */
	struct history *h = load(BUSY, &options);

	options.replay.limits.max_events = 1900;
	const int status = history_run(h, &options);

	assert_int_equal(status, EXIT_BUDGET);
	assert_int_equal(step_at(h, 0)->status, EXIT_BUDGET);
	assert_null(history_value(h, 0));
	assert_int_equal(step_at(h, 1)->change, HISTORY_UNKNOWN);
	history_free(h);
}

/* --- errors --- */

struct mistake {
	const char *name;
	const char *metric, *variant;
	uint64_t max_runs;
	const char *want;
};

static const struct mistake mistakes[] = {
	{ "metric", "p99(latenes)", NULL, HISTORY_RUNS_MAX,
	  "--metric:1:5: error: unknown metric 'latenes'; did you mean 'lateness'?\n"
	  "  p99(latenes)\n"
	  "      ^\n" },
	{ "variant", NULL, "befor", HISTORY_RUNS_MAX,
	  "lapicsim: error: '" BUSY "' has no variant 'befor'; did you mean 'before'?\n" },
	{ "limit", NULL, NULL, 1,
	  "lapicsim: error: 2 kernels differ between these releases, more than --limit allows; "
	  "choose --from and --to\n" },
};

static void check_mistake(void **state)
{
	const struct mistake *m = *state;
	struct history_options options = everything();
	struct diagnostics d;

	options.metric = m->metric;
	options.replay.variant = m->variant;
	options.max_runs = m->max_runs;
	options.from = KERNEL_RELEASE(5, 15);
	options.to = KERNEL_RELEASE(5, 16);
	diagnostics_init(&d);
	assert_null(history_load(BUSY, &options, &d));
	assert_int_equal(d.status, EXIT_USAGE);
	assert_string_equal(d.text->str, m->want);
	diagnostics_clear(&d);
}

#define N_PLAIN 11

int main(void)
{
	struct CMUnitTest tests[N_PLAIN + G_N_ELEMENTS(bugs) + G_N_ELEMENTS(symptoms) +
				G_N_ELEMENTS(mistakes)] = {
		cmocka_unit_test(test_steps_end_in_releases),
		cmocka_unit_test(test_steps_hold_every_form_once),
		cmocka_unit_test(test_a_commit_is_one_step),
		cmocka_unit_test(test_certainty),
		cmocka_unit_test(test_from_to),
		cmocka_unit_test(test_metric_without_a_bad_side),
		cmocka_unit_test(test_tolerance),
		cmocka_unit_test(test_no_value_is_bad),
		cmocka_unit_test(test_which_form_alone),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_budget),
	};
	struct CMUnitTest *next = tests + N_PLAIN;

	for (size_t i = 0; i < G_N_ELEMENTS(symptoms); i++)
		*next++ = (struct CMUnitTest){ .name = symptoms[i].name,
					       .test_func = check_symptom,
					       .initial_state = (void *)&symptoms[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(bugs); i++)
		*next++ = (struct CMUnitTest){ .name = bugs[i].name,
					       .test_func = check_bug,
					       .initial_state = (void *)&bugs[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++)
		*next++ = (struct CMUnitTest){ .name = mistakes[i].name,
					       .test_func = check_mistake,
					       .initial_state = (void *)&mistakes[i] };
	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
