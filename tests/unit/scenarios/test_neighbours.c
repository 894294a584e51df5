/* SPDX-License-Identifier: MIT */
/* The kernels one commit away: which commits, which forms, and nothing else changed. */
#include "neighbours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the three above first */
#include <cmocka.h>

struct row {
	const char *name;
	uint32_t release;
	const char *decision, *form; /* chosen besides; NULL: none */
	const char *commit;          /* NULL: not identified */
	bool back;
	const char *changes; /* "decision from -> to", in the order of the decisions */
};

/* clang-format off */
static const struct row rows[] = {
	{ "the next commit", KERNEL_RELEASE(4, 5), NULL, NULL, "61abdbe0bcc2", false,
	  "mode abs -> abs_pinned" },
	{ "taken back", KERNEL_RELEASE(4, 6), NULL, NULL, "61abdbe0bcc2", true,
	  "mode abs_pinned -> abs" },
	{ "two forms of one commit", KERNEL_RELEASE(5, 2), NULL, NULL, "4d151bf3b89e", false,
	  "mode abs_pinned -> abs_unpinned, notify flag -> kick" },
	{ "both taken back", KERNEL_RELEASE(5, 3), NULL, NULL, "4d151bf3b89e", true,
	  "mode abs_unpinned -> abs_pinned, notify kick -> flag" },
	{ "one of two is in force already", KERNEL_RELEASE(5, 2), "notify", "kick", "4d151bf3b89e", false,
	  "mode abs_pinned -> abs_unpinned" },
	{ "a form of no release: as released", KERNEL_RELEASE(5, 1), "wait_length", "steps_1ns", NULL, true,
	  "wait_length steps_1ns -> host_domain" },
	{ "a commit that is not identified", KERNEL_RELEASE(5, 9), NULL, NULL, NULL, false,
	  "notify kick -> kick_timer" },
};
/* clang-format on */

static char *text_of(const struct neighbour *n)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < n->changes->len; i++) {
		const struct form_change *c = &g_array_index(n->changes, struct form_change, i);

		g_string_append_printf(text, "%s%s %s -> %s", i ? ", " : "", c->decision->name,
				       c->from->name, c->to->name);
	}
	return g_string_free(text, FALSE);
}

static bool is_wanted(const struct neighbour *n, const struct row *row)
{
	g_autofree char *text = text_of(n);
	const char *id = n->commit ? n->commit->id : NULL;

	return n->back == row->back && g_strcmp0(id, row->commit) == 0 &&
	       (row->commit || g_str_equal(text, row->changes));
}

/* The kernel differs from @base in the neighbour's changes alone. */
static void check_kernel(const struct neighbour *n, const struct kernel *base)
{
	struct kernel want = *base;

	for (guint i = 0; i < n->changes->len; i++)
		form_change_make(&want, &g_array_index(n->changes, struct form_change, i));
	assert_memory_equal(&want, &n->kernel, sizeof(want));
	assert_memory_not_equal(&want, base, sizeof(want));
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct kernel kernel;
	guint found = 0;

	kernel_init(&kernel, row->release);
	if (row->decision)
		assert_int_equal(kernel_set_form(&kernel, row->decision, row->form, NULL),
				 KERNEL_CHANGED);
	GPtrArray *list = neighbours_of(&kernel, row->release);

	for (guint i = 0; i < list->len; i++) {
		const struct neighbour *n = g_ptr_array_index(list, i);

		check_kernel(n, &kernel);
		if (!is_wanted(n, row))
			continue;
		g_autofree char *text = text_of(n);

		assert_string_equal(text, row->changes);
		found++;
	}
	assert_int_equal(found, 1);
	neighbours_free(list);
}

/* Each decision has its form before and its form after in one neighbour each, where there are any.
 */
static void test_every_form_once(void **state)
{
	const struct kernel_decision *decisions;
	const size_t n_decisions = kernel_decisions(&decisions);
	struct kernel kernel;
	guint changes = 0, want = 0;

	kernel_init(&kernel, KERNEL_RELEASE(5, 0));
	GPtrArray *list = neighbours_of(&kernel, KERNEL_RELEASE(5, 0));

	for (guint i = 0; i < list->len; i++)
		changes += ((struct neighbour *)g_ptr_array_index(list, i))->changes->len;
	for (size_t d = 0; d < n_decisions; d++) {
		const struct variant *chosen = kernel_chosen(&kernel, &decisions[d]);
		bool before = false, after = false, past = false;

		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *v = kernel_row(&decisions[d], i);

			if (v == chosen)
				past = true;
			else if (v->known != KNOWN_NEVER && !past)
				before = true;
			else if (v->known != KNOWN_NEVER)
				after = true;
		}
		want += before + after;
	}
	assert_int_equal(changes, want);
	neighbours_free(list);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	tests[G_N_ELEMENTS(rows)] =
		(struct CMUnitTest){ .name = "every form once", .test_func = test_every_form_once };
	return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
