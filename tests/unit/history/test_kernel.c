/* SPDX-License-Identifier: MIT */
/* Choosing forms: by release, by commit, by name; and the shape of all tables. */
#include "kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

static const char *form(const struct kernel *k, const char *decision)
{
	const struct kernel_decision *d;
	size_t n = kernel_decisions(&d);

	for (size_t i = 0; i < n; i++)
		if (strcmp(d[i].name, decision) == 0)
			return kernel_chosen(k, &d[i])->name;
	fail_msg("no decision %s", decision);
	return NULL;
}

/* --- names of releases --- */

struct release {
	const char *text;
	uint32_t want; /* 0: refused */
};

static const struct release releases[] = {
	{ "v4.0", KERNEL_RELEASE(4, 0) },
	{ "v4.20", KERNEL_RELEASE(4, 20) },
	{ "v5.0", KERNEL_RELEASE(5, 0) },
	{ "v5.19", KERNEL_RELEASE(5, 19) },
	{ "v6.19", KERNEL_RELEASE(6, 19) },
	{ "v3.19", 0 },
	{ "v4.21", 0 },
	{ "v5.20", 0 },
	{ "v6.20", 0 },
	{ "v7.0", 0 },
	{ "v4", 0 },
	{ "v4.", 0 },
	{ "v.5", 0 },
	{ "4.5", 0 },
	{ "V4.5", 0 },
	{ "v4.05", 0 },
	{ "v4.09", 0 },
	{ "v09.1", 0 },
	{ "v04.5", 0 },
	{ "v4.5.1", 0 },
	{ "v4.5 ", 0 },
	{ " v4.5", 0 },
	{ "v+4.5", 0 },
	{ "v4.-5", 0 },
	{ "v4.5-rc1", 0 },
	{ "v4.4294967301", 0 },
	{ "v260.5", 0 },
	{ "v", 0 },
	{ "", 0 },
};

static void check_release(void **state)
{
	const struct release *row = *state;
	uint32_t got = 0;

	assert_int_equal(kernel_parse_release(row->text, &got), row->want != 0);
	assert_int_equal(got, row->want);
}

/* --- the order of releases is the order of their numbers --- */

static void test_release_order(void **state)
{
	assert_true(KERNEL_RELEASE(4, 9) < KERNEL_RELEASE(4, 10));
	assert_true(KERNEL_RELEASE(4, 20) < KERNEL_RELEASE(5, 0));
	assert_true(KERNEL_FIRST < KERNEL_RELEASE_MIN);
}

/* --- all forms of a release --- */

struct choice {
	const char *decision, *form;
};

/* Every decision stands in both lists, so a new one fails here until somebody looked it up. */
static const struct choice v4_5[] = {
	{ "mode", "abs" },
	{ "notify", "flag" },
	{ "owed", "deadline_mode" },
	{ "owed_order", "after_pending" },
	{ "kick", "wake_and_ipi" },
	{ "migrate", "restart" },
	{ "late_deadline", "behind" },
	{ "wait_call", "always" },
	{ "wait_site", "before_guest_enter" },
	{ "wait_test", "owed_injected" },
	{ "wait_length", "uncapped" },
	{ "wait_order", "delay" },
	{ "wait_trace", "at_wait" },
	{ "tune", "none" },
	{ "tune_sign", "none" },
	{ "tune_gate", "none" },
	{ "advance_scope", "global" },
	{ "param", "uint_0" },
	{ "ratio_refuse", "error" },
	{ "khz_zero", "return" },
	{ "nohz_target", "self_housekeeping" },
	{ "any_housekeeping", "first" },
	{ "housekeeping", "nohz_full" },
	{ "remote_check", "not_later_hres" },
	{ "restart_local", "reselect" },
	{ "late_count", "start" },
	{ "target", "hrtimer" },
	{ "advance_target", "expiry" },
	{ "count_zero", "keep" },
	{ "count_cancel", "hrtimer" },
	{ "min_period", "500us" },
	{ "clamp", "start" },
	{ "divide", "count_only" },
	{ "divide_store", "raw" },
	{ "mode_switch", "cancel" },
	{ "bus_cycle", "1ns" },
	{ "save", "raw" },
	{ "restore", "full" },
	{ "restore_cancel", "hrtimer" },
	{ "restore_apicv", "lost" },
	{ "deadline_write", "not_count_mode" },
	{ "deadline_read", "not_count_mode" },
	{ "forward", "whole_periods" },
	{ "hv_modes", "none" },
	{ "hv_refuse", "none" },
	{ "hv_advance", "none" },
	{ "hv_divide", "none" },
	{ "hv_due", "none" },
	{ "hv_off", "none" },
	{ "hv_zero", "none" },
	{ "hv_start", "none" },
	{ "rearm", "none" },
	{ "sw_start", "plain" },
	{ "hv_fire", "none" },
	{ "hv_fire_idle", "none" },
	{ "to_hv", "none" },
	{ "to_hv_when", "none" },
	{ "to_sw", "none" },
	{ "load_hv", "none" },
	{ "post", "never" },
	{ "post_allowed", "none" },
	{ "post_ipi", "always" },
	{ "direct", "no" },
	{ "fastpath", "none" },
	{ "halt_value", "adaptive" },
	{ "halt_grow", "unlimited" },
	{ "halt_shrink", "divide" },
	{ "halt_decide", "time" },
	{ "halt_defaults", "400us" },
	{ "halt_stop", "single_task" },
	{ "tsc_match", "always" },
	{ "residual_tick", "1s" },
	{ "idle_tick", "at_once" },
	{ "request", "pending_timer" },
};

static const struct choice v5_2[] = {
	{ "mode", "abs_pinned" },
	{ "notify", "flag" },
	{ "owed", "deadline_or_hv" },
	{ "owed_order", "after_pending" },
	{ "kick", "wake_and_ipi" },
	{ "migrate", "restart" },
	{ "late_deadline", "within_advance" },
	{ "wait_call", "vcpu_set" },
	{ "wait_site", "before_guest_enter" },
	{ "wait_test", "owed_injected" },
	{ "wait_length", "host_domain" },
	{ "wait_order", "delay_tune" },
	{ "wait_trace", "at_wait" },
	{ "tune", "eighth_off" },
	{ "tune_sign", "unsigned" },
	{ "tune_gate", "done_vcpu" },
	{ "advance_scope", "vcpu" },
	{ "param", "int_auto" },
	{ "ratio_refuse", "error" },
	{ "khz_zero", "reset_error" },
	{ "nohz_target", "busy_housekeeping" },
	{ "any_housekeeping", "first" },
	{ "housekeeping", "isolation" },
	{ "remote_check", "earlier" },
	{ "restart_local", "reselect" },
	{ "late_count", "expire_advance" },
	{ "target", "field" },
	{ "advance_target", "resync" },
	{ "count_zero", "clear" },
	{ "count_cancel", "hrtimer" },
	{ "min_period", "200us" },
	{ "clamp", "start_mode_divide" },
	{ "divide", "rescale" },
	{ "divide_store", "raw" },
	{ "mode_switch", "cancel_deadline" },
	{ "bus_cycle", "1ns" },
	{ "save", "raw" },
	{ "restore", "full" },
	{ "restore_cancel", "hrtimer" },
	{ "restore_apicv", "lost" },
	{ "deadline_write", "not_count_mode" },
	{ "deadline_read", "deadline_mode" },
	{ "forward", "whole_periods" },
	{ "hv_modes", "all" },
	{ "hv_refuse", "mwait" },
	{ "hv_advance", "vcpu" },
	{ "hv_divide", "skip_zero" },
	{ "hv_due", "flag" },
	{ "hv_off", "bit_at_entry" },
	{ "hv_zero", "refuse" },
	{ "hv_start", "expire_cancel" },
	{ "rearm", "first" },
	{ "sw_start", "cancel_test" },
	{ "hv_fire", "cancel_expire" },
	{ "hv_fire_idle", "ignore" },
	{ "to_hv", "rearm" },
	{ "to_hv_when", "always" },
	{ "to_sw", "sw_start" },
	{ "load_hv", "rearm" },
	{ "post", "never" },
	{ "post_allowed", "none" },
	{ "post_ipi", "always" },
	{ "direct", "no" },
	{ "fastpath", "none" },
	{ "halt_value", "adaptive" },
	{ "halt_grow", "start_param" },
	{ "halt_shrink", "divide" },
	{ "halt_decide", "valid_time" },
	{ "halt_defaults", "200us" },
	{ "halt_stop", "single_task" },
	{ "tsc_match", "always" },
	{ "residual_tick", "remote" },
	{ "idle_tick", "at_once" },
	{ "request", "pending_timer" },
};

static void check_choices(uint32_t release, const struct choice *want, size_t n)
{
	const struct kernel_decision *d;
	struct kernel k;

	kernel_init(&k, release);
	assert_int_equal(kernel_decisions(&d), n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(form(&k, want[i].decision), want[i].form) != 0)
			print_error("%s\n", want[i].decision);
		assert_string_equal(form(&k, want[i].decision), want[i].form);
	}
}

static void test_v4_5(void **state) { check_choices(KERNEL_RELEASE(4, 5), v4_5, N_ELEMENTS(v4_5)); }

static void test_v5_2(void **state) { check_choices(KERNEL_RELEASE(5, 2), v5_2, N_ELEMENTS(v5_2)); }

/* The boundaries of one decision, one release apart. */
static void test_boundaries(void **state)
{
	static const struct {
		uint32_t release;
		const char *mode;
	} modes[] = {
		{ KERNEL_RELEASE(4, 5), "abs" },
		{ KERNEL_RELEASE(4, 6), "abs_pinned" },
		{ KERNEL_RELEASE(5, 2), "abs_pinned" },
		{ KERNEL_RELEASE(5, 3), "abs_unpinned" },
		{ KERNEL_RELEASE(5, 4), "abs_hard_mixed" },
		{ KERNEL_RELEASE(5, 7), "abs_hard_mixed" },
		{ KERNEL_RELEASE(5, 8), "abs_hard" },
		{ KERNEL_RELEASE(6, 19), "abs_hard" },
	};
	struct kernel k;

	for (size_t i = 0; i < N_ELEMENTS(modes); i++) {
		kernel_init(&k, modes[i].release);
		assert_string_equal(k.mode->variant.name, modes[i].mode);
	}
}

/* --- apply, revert, forms --- */

enum verb { APPLY, REVERT, FORM };

struct change {
	const char *name;
	uint32_t release;
	enum verb verb;
	const char *what, *form; /* the commit, or the decision and its form */
	enum kernel_change want;
	const char *why; /* decision concerned; NULL: none */
	struct choice after[4];
};

/* clang-format off */
static const struct change changes[] = {
	{ "the fix pins the timer and changes nothing else", KERNEL_RELEASE(4, 5), APPLY,
	  "61abdbe0bcc2", NULL, KERNEL_CHANGED, NULL,
	  { { "mode", "abs_pinned" }, { "notify", "flag" }, { "nohz_target", "self_housekeeping" } } },
	{ "seven digits are enough", KERNEL_RELEASE(4, 5), APPLY,
	  "61abdbe", NULL, KERNEL_CHANGED, NULL, { { "mode", "abs_pinned" } } },
	{ "a whole id too", KERNEL_RELEASE(4, 5), APPLY,
	  "61abdbe0bcc2000000000000000000000000000a", NULL, KERNEL_CHANGED, NULL,
	  { { "mode", "abs_pinned" } } },
	{ "capitals are digits", KERNEL_RELEASE(4, 5), APPLY,
	  "61ABDBE0BCC2", NULL, KERNEL_CHANGED, NULL, { { "mode", "abs_pinned" } } },
	{ "twelve digits of a commit known by eleven", KERNEL_RELEASE(4, 5), APPLY,
	  "444969223c81", NULL, KERNEL_CHANGED, NULL, { { "nohz_target", "busy_housekeeping" } } },
	{ "one commit, several decisions", KERNEL_RELEASE(5, 0), APPLY,
	  "39497d7660d9", NULL, KERNEL_CHANGED, NULL,
	  { { "advance_scope", "vcpu" }, { "tune_gate", "done_vcpu" }, { "wait_call", "vcpu_set" },
	    { "tune", "eighth" } } },
	{ "a second name of a form", KERNEL_RELEASE(4, 2), APPLY,
	  "9642d18eee2c", NULL, KERNEL_CHANGED, NULL,
	  { { "nohz_target", "self_housekeeping" }, { "any_housekeeping", "first" },
	    { "housekeeping", "nohz_full" } } },
	{ "counts on either timer, in four decisions", KERNEL_RELEASE(4, 9), APPLY,
	  "8003c9ae204e", NULL, KERNEL_CHANGED, NULL,
	  { { "target", "field" }, { "advance_target", "add_both" }, { "late_count", "oneshot" },
	    { "divide", "count_only" } } },
	{ "applied twice is applied", KERNEL_RELEASE(4, 6), APPLY,
	  "61abdbe0bcc2", NULL, KERNEL_CHANGED, NULL, { { "mode", "abs_pinned" } } },
	{ "six digits", KERNEL_RELEASE(4, 5), APPLY, "61abdb", NULL, KERNEL_SHORT_COMMIT, NULL,
	  { { "mode", "abs" } } },
	{ "not hex", KERNEL_RELEASE(4, 5), APPLY, "61abdbe0bccg", NULL, KERNEL_SHORT_COMMIT, NULL,
	  { { "mode", "abs" } } },
	{ "forty-one digits", KERNEL_RELEASE(4, 5), APPLY,
	  "61abdbe0bcc2000000000000000000000000000ab", NULL, KERNEL_SHORT_COMMIT, NULL,
	  { { "mode", "abs" } } },
	{ "no commit at all", KERNEL_RELEASE(4, 5), APPLY, "", NULL, KERNEL_SHORT_COMMIT, NULL,
	  { { "mode", "abs" } } },
	{ "a commit of nobody", KERNEL_RELEASE(4, 5), APPLY, "deadbeefdead", NULL,
	  KERNEL_UNKNOWN_COMMIT, NULL, { { "mode", "abs" } } },
	{ "differs in the last digit", KERNEL_RELEASE(4, 5), APPLY, "61abdbe0bcc3", NULL,
	  KERNEL_UNKNOWN_COMMIT, NULL, { { "mode", "abs" } } },
	{ "without the fix", KERNEL_RELEASE(4, 6), REVERT, "61abdbe0bcc2", NULL, KERNEL_CHANGED,
	  "mode", { { "mode", "abs" } } },
	{ "no advance at all", KERNEL_RELEASE(4, 3), REVERT, "d0659d946be0", NULL, KERNEL_CHANGED,
	  NULL, { { "owed", "none" }, { "wait_call", "none" }, { "wait_length", "none" },
		  { "param", "none" } } },
	{ "not yet there", KERNEL_RELEASE(4, 5), REVERT, "61abdbe0bcc2", NULL, KERNEL_NOT_IN_FORCE,
	  "mode", { { "mode", "abs" } } },
	{ "there no more", KERNEL_RELEASE(5, 3), REVERT, "61abdbe0bcc2", NULL, KERNEL_NOT_IN_FORCE,
	  "mode", { { "mode", "abs_unpinned" } } },
	{ "in force in part: nothing is reverted", KERNEL_RELEASE(5, 4), REVERT, "39497d7660d9",
	  NULL, KERNEL_NOT_IN_FORCE, "tune_gate", { { "advance_scope", "vcpu" } } },
	{ "the first form has none before", KERNEL_RELEASE(4, 5), REVERT, "d4acf7e7abe4", NULL,
	  KERNEL_NOTHING_BEFORE, "migrate", { { "migrate", "restart" } } },
	{ "revert of nobody's commit", KERNEL_RELEASE(4, 5), REVERT, "deadbeefdead", NULL,
	  KERNEL_UNKNOWN_COMMIT, NULL, { { "mode", "abs" } } },
	{ "revert of too little", KERNEL_RELEASE(4, 5), REVERT, "61abd", NULL, KERNEL_SHORT_COMMIT,
	  NULL, { { "mode", "abs" } } },
	{ "a form by name", KERNEL_RELEASE(5, 0), FORM, "tune", "smooth", KERNEL_CHANGED, "tune",
	  { { "tune", "smooth" }, { "tune_gate", "done_global" } } },
	{ "a form of no release", KERNEL_RELEASE(6, 1), FORM, "mode", "abs_pinned_hard",
	  KERNEL_CHANGED, "mode", { { "mode", "abs_pinned_hard" } } },
	{ "an unknown form", KERNEL_RELEASE(5, 0), FORM, "tune", "smoothly", KERNEL_UNKNOWN_FORM,
	  "tune", { { "tune", "eighth" } } },
	{ "an unknown decision", KERNEL_RELEASE(5, 0), FORM, "tunes", "smooth",
	  KERNEL_UNKNOWN_DECISION, NULL, { { "tune", "eighth" } } },
};
/* clang-format on */

static void check_change(void **state)
{
	const struct change *row = *state;
	const struct kernel_decision *why = NULL;
	enum kernel_change got;
	struct kernel before, k;

	kernel_init(&k, row->release);
	before = k;
	if (row->verb == APPLY)
		got = kernel_apply(&k, row->what);
	else if (row->verb == REVERT)
		got = kernel_revert(&k, row->what, &why);
	else
		got = kernel_set_form(&k, row->what, row->form, &why);

	assert_int_equal(got, row->want);
	if (got != KERNEL_CHANGED)
		assert_memory_equal(&k, &before, sizeof(k));
	if (row->why)
		assert_string_equal(why->name, row->why);
	for (size_t i = 0; i < N_ELEMENTS(row->after) && row->after[i].decision; i++)
		assert_string_equal(form(&k, row->after[i].decision), row->after[i].form);
}

/* All functions take NULL for @why. */
static void test_no_why(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 5));
	assert_int_equal(kernel_revert(&k, "61abdbe0bcc2", NULL), KERNEL_NOT_IN_FORCE);
	assert_int_equal(kernel_set_form(&k, "mode", "nothing", NULL), KERNEL_UNKNOWN_FORM);
}

/* Of two rows of one name the later is meant; both decide the same. */
static void test_repeated_name(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 10));
	assert_string_equal(k.wait_trace->variant.name, "after_exit");
	assert_int_equal(kernel_set_form(&k, "wait_trace", "at_wait", NULL), KERNEL_CHANGED);
	assert_int_equal(k.wait_trace->variant.since, KERNEL_RELEASE(6, 1));
	assert_int_equal(k.wait_trace->place, WAIT_TRACE_AT_WAIT);
}

/* --- the tables --- */

static bool legal_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", *name))
			return false;
	return true;
}

static bool legal_commits(const char *text)
{
	for (;;) {
		size_t digits = strspn(text, "0123456789abcdef");

		if (digits < 10 || digits > 12)
			return false;
		text += digits;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static void check_rows(const struct kernel_decision *d)
{
	uint32_t since = KERNEL_FIRST;

	assert_true(kernel_rows(d) > 0);
	/* Something must be in force in the oldest release there is. */
	assert_true(kernel_row(d, 0)->since <= KERNEL_RELEASE_MIN);
	for (size_t i = 0; i < kernel_rows(d); i++) {
		const struct variant *v = kernel_row(d, i);

		assert_true(legal_name(v->name));
		assert_true(v->effect && *v->effect);
		assert_true(!v->commit || legal_commits(v->commit));
		for (size_t j = 0; j < i; j++)
			assert_true(strcmp(kernel_row(d, j)->name, v->name) != 0 ||
				    (strcmp(d->name, "wait_trace") == 0 && i == 2));
		if (v->known == KNOWN_NEVER)
			continue;
		assert_true(i == 0 || v->since > since);
		assert_true(v->since <= KERNEL_RELEASE_MAX);
		since = v->since;
	}
}

static void test_tables(void **state)
{
	const struct kernel_decision *d;
	size_t n = kernel_decisions(&d);

	for (size_t i = 0; i < n; i++) {
		assert_true(legal_name(d[i].name));
		assert_true(*d[i].what && *d[i].where);
		assert_int_equal(d[i].offset % sizeof(void *), 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(d[i].name, d[j].name);
		check_rows(&d[i]);
	}
	assert_int_equal(sizeof(struct kernel), n * sizeof(void *));
}

/* The shortest abbreviation means one commit: two ids differ in their first 7 digits. */
static void test_commits_distinct(void **state)
{
	const char *ids[256];
	const struct kernel_decision *d;
	size_t n = kernel_decisions(&d), n_ids = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t r = 0; r < kernel_rows(&d[i]); r++) {
			const char *id = kernel_row(&d[i], r)->commit;

			while (id && n_ids < N_ELEMENTS(ids)) {
				ids[n_ids++] = id;
				id = strchr(id, ',');
				id = id ? id + 1 : NULL;
			}
		}
	assert_true(n_ids < N_ELEMENTS(ids));
	for (size_t i = 0; i < n_ids; i++)
		for (size_t j = 0; j < i; j++) {
			const size_t length = strcspn(ids[i], ",");

			if (strncmp(ids[i], ids[j], 7) != 0)
				continue;
			assert_int_equal(strcspn(ids[j], ","), length);
			assert_memory_equal(ids[i], ids[j], length);
		}
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_release_order), cmocka_unit_test(test_v4_5),
		cmocka_unit_test(test_v5_2),          cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_no_why),        cmocka_unit_test(test_repeated_name),
		cmocka_unit_test(test_tables),        cmocka_unit_test(test_commits_distinct),
	};
	enum {
		N_FIXED = N_ELEMENTS(fixed),
		N_RELEASES = N_ELEMENTS(releases),
		N_CHANGES = N_ELEMENTS(changes),
	};
	struct CMUnitTest tests[N_FIXED + N_RELEASES + N_CHANGES];
	char names[N_RELEASES][48];
	size_t n = N_FIXED;

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_RELEASES; i++) {
		snprintf(names[i], sizeof(names[i]), "release '%s'", releases[i].text);
		tests[n++] = (struct CMUnitTest){ .name = names[i],
						  .test_func = check_release,
						  .initial_state = (void *)&releases[i] };
	}
	for (size_t i = 0; i < N_CHANGES; i++)
		tests[n++] = (struct CMUnitTest){ .name = changes[i].name,
						  .test_func = check_change,
						  .initial_state = (void *)&changes[i] };
	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
