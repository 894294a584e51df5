/* SPDX-License-Identifier: MIT */
/* What is written is read again, digit by digit; a number is printed as by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "store.h"
#include "table.h"
#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define HUGE_VALUE (((__int128)1 << 126) - 1)

struct number_row {
	const char *name;
	__int128 num, den;
	unsigned decimals;
	const char *want;
};

static const struct number_row number_rows[] = {
	{ "whole", 42, 1, 6, "42" },
	{ "zero", 0, 7, 6, "0" },
	{ "a half", 1, 2, 6, "0.5" },
	{ "cut, not rounded", 2, 3, 6, "0.666666" },
	{ "below zero: cut towards zero", -2, 3, 3, "-0.666" },
	{ "nothing left of it", -1, 1000, 2, "0" },
	{ "zeros at the end are left out", 1500, 1000, 6, "1.5" },
	{ "zeros within stay", 1001, 1000, 6, "1.001" },
	{ "no decimals asked for", 7, 2, 0, "3" },
	{ "126 bits", HUGE_VALUE, 1, 6, "85070591730234615865843651857942052863" },
};

static void check_number(void **state)
{
	const struct number_row *row = *state;
	g_autoptr(GString) got = g_string_new(NULL);

	table_append_number(got, row->num, row->den, row->decimals);
	assert_string_equal(got->str, row->want);
}

/* Two axes of 2 and 3, two metrics, one histogram; shard @shard of 2. */
static struct store_info *info_of(uint32_t shard)
{
	struct store_info *info = g_new0(struct store_info, 1);

	*info = (struct store_info){ .program = g_strdup("1"),
				     .scenario = g_strdup("s"),
				     .about = g_strdup(""),
				     .base_hash = g_strdup("b"),
				     .grid_hash = g_strdup("g"),
				     .master_seed = UINT64_MAX,
				     .cells = 6,
				     .points = 6,
				     .shard = shard,
				     .shards = 2,
				     .n_axes = 2,
				     .n_metrics = 2,
				     .n_histograms = 1 };
	info->axes = g_new0(struct store_axis, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct store_axis *a = &info->axes[i];

		*a = (struct store_axis){ g_strdup(i ? "a.y" : "a.x"), AXIS_PLAIN, 2 + i,
					  g_new0(struct store_axis_value, 2 + i), i ? 1 : 3 };
		for (uint32_t k = 0; k < a->n; k++)
			a->values[k] = (struct store_axis_value){ g_strdup_printf("%u", 10 * k),
								  true, 10 * k };
	}
	info->metrics = g_new0(struct store_metric, 2);
	info->metrics[0] =
		(struct store_metric){ g_strdup("late"), g_strdup("mean(lateness)"), EXACT_TIME };
	info->metrics[1] =
		(struct store_metric){ g_strdup("n"), g_strdup("count(arm)"), EXACT_PLAIN };
	info->histograms = g_new0(struct store_histogram, 1);
	info->histograms[0] =
		(struct store_histogram){ g_strdup("lateness"), g_strdup("lateness"), EXACT_TIME };
	return info;
}

static struct store *fill(const char *path, uint32_t shard)
{
	struct store_info *info = info_of(shard);
	GError *error = NULL;
	struct store *store = store_create(path, info, &error);
	struct histogram *h = histogram_new();

	assert_null(error);
	assert_non_null(store);
	histogram_add(h, -5);
	histogram_add(h, -5);
	histogram_add(h, INT64_MAX);
	for (uint64_t p = shard; p < 6; p += 2) {
		struct store_value values[2] = {
			{ .there = true, .value = { -HUGE_VALUE, 2, EXACT_TIME } },
			{ .there = p != 3,
			  .value = { (__int128)p, 1, EXACT_PLAIN },
			  .why = (char *)"no samples" },
		};
		const struct store_point point = { .point = p,
						   .cell = p,
						   .seed = UINT64_MAX - p,
						   .status = p == 4 ? POINT_BROKEN : POINT_OK,
						   .fingerprint = UINT64_MAX - p,
						   .records = p,
						   .message = p == 4 ? (char *)"why" : NULL,
						   .values = values };

		assert_true(store_add(store, &point, p ? &h : NULL, &error));
	}
	histogram_free(h);
	store_info_free(info);
	return store;
}

static void check_point(const struct store_point *p, uint64_t number)
{
	assert_int_equal(p->point, number);
	assert_int_equal(p->cell, number);
	assert_true(p->seed == UINT64_MAX - number);
	assert_true(p->fingerprint == UINT64_MAX - number);
	assert_int_equal(p->records, number);
	assert_int_equal(p->status, number == 4 ? POINT_BROKEN : POINT_OK);
	assert_true(p->values[0].there);
	assert_true(p->values[0].value.num == -HUGE_VALUE);
	assert_true(p->values[0].value.den == 2);
	assert_int_equal(p->values[1].there, number != 3);
	if (number == 3)
		assert_string_equal(p->values[1].why, "no samples");
	else
		assert_true(p->values[1].value.num == (__int128)number);
	if (number == 4)
		assert_string_equal(p->message, "why");
	else
		assert_null(p->message);
}

static void append_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	g_string_append_printf(data, "%" G_GINT64_FORMAT "..%" G_GINT64_FORMAT ":%u ", low, high,
			       (unsigned)count);
}

/* A message of ours ends so, behind the path. */
static void check_error(GError **error, int status, const char *words)
{
	assert_non_null(*error);
	assert_int_equal((*error)->domain, STORE_ERROR);
	assert_int_equal((*error)->code, status);
	assert_non_null(strstr((*error)->message, words));
	g_clear_error(error);
}

static void check_merged(const char *path)
{
	GError *error = NULL;
	struct store *store = store_open(path, false, &error);
	const struct store_point *point;
	g_autoptr(GString) buckets = g_string_new(NULL);
	uint64_t n = 0, counts[POINT_BUDGET + 1];

	assert_non_null(store);
	assert_int_equal(store_info(store)->shards, 1);
	assert_int_equal(store_info(store)->done, 6);
	assert_true(store_info(store)->master_seed == UINT64_MAX);
	while (store_next(store, &point, &error))
		check_point(point, n++);
	assert_null(error);
	assert_int_equal(n, 6);
	store_seek(store, 5);
	assert_true(store_next(store, &point, &error));
	check_point(point, 5);
	assert_true(store_count(store, counts, &error));
	assert_int_equal(counts[POINT_OK], 5);
	assert_int_equal(counts[POINT_BROKEN], 1);
	assert_true(store_histogram_each(store, 1, 0, append_bucket, buckets, &error));
	assert_memory_equal(buckets->str, "-5..-5:2 ", 9);
	assert_true(g_str_has_suffix(buckets->str, ":1 "));
	g_string_truncate(buckets, 0);
	assert_true(store_histogram_each(store, 0, 0, append_bucket, buckets, &error));
	assert_string_equal(buckets->str, "");
	store_close(store);
}

static void test_store(void **state)
{
	const char *parts[] = { "part0", "part1", NULL };
	GError *error = NULL;
	struct store *stores[2] = { fill("part0", 0), fill("part1", 1) };

	for (int i = 0; i < 2; i++) {
		assert_true(store_finish(stores[i], &error));
		store_close(stores[i]);
	}
	assert_true(store_merge("merged", parts, &error));
	check_merged("merged");
	assert_false(store_merge("merged", parts, &error));
	check_error(&error, 2, "exists already");
	parts[1] = NULL;
	assert_false(store_merge("again", parts, &error));
	check_error(&error, 2, "shard 1/2 is missing");
}

/* Closed without the end: unfinished, and with what was committed alone. */
static void test_unfinished(void **state)
{
	GError *error = NULL;
	struct store_info *info = info_of(0);
	struct store *store = fill("open", 0);

	store_close(store); /* without a commit: nothing is there */
	assert_null(store_open("open", false, &error));
	check_error(&error, 2, "is unfinished");
	store = store_open("open", true, &error);
	assert_non_null(store);
	assert_int_equal(store_info(store)->done, 0);
	store_close(store);

	store = store_resume("open", info, &error);
	assert_non_null(store);
	store_close(store);
	info->master_seed = 1;
	assert_null(store_resume("open", info, &error));
	check_error(&error, 2, "its seed is 18446744073709551615, here it is 1");
	store_info_free(info);
}

static void test_grid(void **state)
{
	struct store_info *info = info_of(0);

	assert_int_equal(store_axis_index(info, 5, 0), 1);
	assert_int_equal(store_axis_index(info, 5, 1), 2);
	assert_int_equal(store_axis_index(info, 2, 0), 0);
	assert_int_equal(store_axis_value(info, 4, 1)->number, 10);
	assert_int_equal(store_find_axis(info, "a.y"), 1);
	assert_int_equal(store_find_axis(info, "y"), 1);
	assert_int_equal(store_find_axis(info, "a"), -1);
	assert_int_equal(store_find_metric(info, "mean(lateness)"), 0);
	assert_int_equal(store_find_metric(info, "n"), 1);
	assert_int_equal(store_find_metric(info, "x"), -1);
	assert_int_equal(store_find_histogram(info, "lateness"), 0);
	store_info_free(info);
}

int main(void)
{
	static const char *const files[] = { "part0", "part1", "merged", "open" };
	struct CMUnitTest tests[G_N_ELEMENTS(number_rows) + 3] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_grid),
	};
	g_autofree char *folder = g_dir_make_tmp("lapicsim-XXXXXX", NULL);

	if (!folder || chdir(folder))
		return 1;
	for (size_t i = 0; i < G_N_ELEMENTS(number_rows); i++)
		tests[3 + i] = (struct CMUnitTest){ .name = number_rows[i].name,
						    .test_func = check_number,
						    .initial_state = (void *)&number_rows[i] };
	const int failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		g_unlink(files[i]);
	g_rmdir(folder);
	return failed;
}
