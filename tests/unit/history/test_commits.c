/* SPDX-License-Identifier: MIT */
/* The table of subjects against the tables of forms: neither knows a commit that the other misses.
 */
#include "commits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static const struct commit *commits;
static size_t n_commits;
static const struct kernel_decision *decisions;
static size_t n_decisions;

/* --- rows of forms --- */

static void check_ids(const struct kernel_decision *d, const struct variant *v)
{
	for (const char *id = v->commit; id; id = strchr(id, ',')) {
		id += *id == ',';
		const struct commit *c = commit_by_id(id);

		/* A form may come before its subject is written down. */
		if (c && c->since != v->since)
			fail_msg("%s.%s: since %x, but %s is since %x", d->name, v->name, v->since,
				 id, c->since);
	}
}

static void test_rows_name_known_commits(void **state)
{
	for (size_t d = 0; d < n_decisions; d++)
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++)
			check_ids(&decisions[d], kernel_row(&decisions[d], i));
}

/* --- rows of commits --- */

static bool named(const struct commit *c)
{
	for (size_t d = 0; d < n_decisions; d++) {
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *v = kernel_row(&decisions[d], i);

			if (c->id && v->commit && strstr(v->commit, c->id))
				return true;
		}
	}
	return false;
}

static void test_commits_made_a_form_or_say_why_not(void **state)
{
	for (size_t i = 0; i < n_commits; i++)
		if (!named(&commits[i]) && !commits[i].forms && !commits[i].note)
			fail_msg("%s: no form names it, and it has no note", commits[i].id);
}

/* How many rows are called @word ("tune.smooth"), came with @c, and name no commit? */
static unsigned rows_called(const char *word, const struct commit *c)
{
	unsigned n = 0;

	for (size_t d = 0; d < n_decisions; d++) {
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *v = kernel_row(&decisions[d], i);
			char name[80];

			snprintf(name, sizeof(name), "%s.%s", decisions[d].name, v->name);
			n += !strcmp(name, word) && v->since == c->since && !v->commit &&
			     commit_of_form(&decisions[d], v) == c;
		}
	}
	return n;
}

static void test_listed_forms_exist(void **state)
{
	for (size_t i = 0; i < n_commits; i++) {
		char forms[512], *rest = forms;

		if (!commits[i].forms)
			continue;
		assert_true(strlen(commits[i].forms) < sizeof(forms));
		strcpy(forms, commits[i].forms);
		for (char *word; (word = strtok_r(rest, " ", &rest));)
			if (rows_called(word, &commits[i]) != 1)
				fail_msg("%s: not a row of its release without a commit", word);
	}
}

static void test_shape(void **state)
{
	for (size_t i = 0; i < n_commits; i++) {
		const struct commit *c = &commits[i];
		const size_t digits = c->id ? strspn(c->id, "0123456789abcdef") : 0;

		assert_true(c->id || (c->subject && c->forms));
		assert_true(!c->id || (!c->id[digits] && digits >= 10 && digits <= 12));
		assert_true(c->subject || c->note);
		assert_int_not_equal(c->known, KNOWN_NEVER);
		if (i)
			assert_true(commits[i - 1].since <= c->since);
		for (size_t k = 0; c->id && k < i; k++)
			assert_true(!commits[k].id || strcmp(commits[k].id, c->id) != 0);
	}
}

/* --- which commit made a form --- */

struct made {
	const char *name; /* decision.form */
	const char *id;   /* NULL: by its title alone */
	const char *subject;
};

static const struct made made[] = {
	{ "mode.abs_pinned", "61abdbe0bcc2", "kvm: x86: make lapic hrtimer pinned" },
	{ "notify.kick", "4d151bf3b89e", "KVM: LAPIC: Make lapic timer unpinned" },
	{ "hv_modes.deadline", "64672c95ea4c", "kvm: vmx: hook preemption timer support" },
	{ "hv_zero.arm", "64672c95ea4c", "kvm: vmx: hook preemption timer support" },
	{ "tune.smooth", NULL, "KVM: LAPIC: Tune lapic_timer_advance_ns smoothly" },
	{ "mode.abs", NULL, NULL },
	{ "hv_start.bounce", "c5ce8235cffa", "KVM: VMX: Optimize tscdeadline timer latency" },
	{ "count_zero.clear", NULL, NULL },
};

static void check_made(void **state)
{
	const struct made *row = *state;
	const struct variant *v = NULL;
	size_t d;

	for (d = 0; !v && d < n_decisions; d++) {
		const size_t length = strlen(decisions[d].name);

		if (strncmp(decisions[d].name, row->name, length) != 0 || row->name[length] != '.')
			continue;
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++)
			if (!strcmp(kernel_row(&decisions[d], i)->name, row->name + length + 1))
				v = kernel_row(&decisions[d], i);
	}
	assert_non_null(v);
	const struct commit *c = commit_of_form(&decisions[d - 1], v);

	assert_int_equal(c != NULL, row->subject != NULL);
	if (!c)
		return;
	assert_string_equal(c->subject, row->subject);
	assert_int_equal(c->id != NULL, row->id != NULL);
	if (row->id)
		assert_string_equal(c->id, row->id);
}

static void test_by_id(void **state)
{
	assert_non_null(commit_by_id("64672c95ea4c,ce7a058a2117"));
	assert_null(commit_by_id("64672c95ea4"));
	assert_null(commit_by_id("64672c95ea4c0"));
	assert_null(commit_by_id(""));
}

#define N_TABLES 5
#define N_MADE (sizeof(made) / sizeof(made[0]))

int main(void)
{
	struct CMUnitTest tests[N_TABLES + N_MADE] = {
		cmocka_unit_test(test_rows_name_known_commits),
		cmocka_unit_test(test_commits_made_a_form_or_say_why_not),
		cmocka_unit_test(test_listed_forms_exist),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_by_id),
	};

	n_commits = commits_all(&commits);
	n_decisions = kernel_decisions(&decisions);
	for (size_t i = 0; i < N_MADE; i++)
		tests[N_TABLES + i] = (struct CMUnitTest){ .name = made[i].name,
							   .test_func = check_made,
							   .initial_state = (void *)&made[i] };
	return cmocka_run_group_tests_name("commits", tests, NULL, NULL);
}
