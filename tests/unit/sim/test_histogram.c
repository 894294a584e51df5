/* SPDX-License-Identifier: MIT */
/* Bucket edges, ranks and means, all worked out by hand for HISTOGRAM_BITS 11. */
#include "histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct edge_row {
	const char *name;
	int64_t value, low, high;
};

/* clang-format off */
static const struct edge_row edge_rows[] = {
	{ "0",                                         0,       0,       0 },
	{ "-1",                                       -1,      -1,      -1 },
	{ "the last with a bucket of its own",      2047,    2047,    2047 },
	{ "the first of two in one",                2048,    2048,    2049 },
	{ "the second of two in one",               2049,    2048,    2049 },
	{ "the next two",                           2050,    2050,    2051 },
	{ "the last two",                           4095,    4094,    4095 },
	{ "the first four",                         4096,    4096,    4099 },
	{ "a million: 1953 * 512",               1000000,  999936, 1000447 },
	{ "negative, a bucket of its own",         -2047,   -2047,   -2047 },
	{ "negative, two in one",                  -2048,   -2049,   -2048 },
	{ "minus a million",                    -1000000, -1000447, -999936 },
	{ "the largest: the last 2^52 values", INT64_MAX, INT64_C(9218868437227405312), INT64_MAX },
	{ "the smallest stands alone",         INT64_MIN, INT64_MIN, INT64_MIN },
	{ "the smallest but one",             -INT64_MAX, -INT64_MAX, INT64_C(-9218868437227405312) },
};
/* clang-format on */

struct visited {
	int64_t low[8], high[8];
	uint64_t count[8];
	unsigned n;
};

static void visit(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct visited *v = data;

	assert_true(v->n < 8);
	v->low[v->n] = low;
	v->high[v->n] = high;
	v->count[v->n++] = count;
}

static void check_edge(void **state)
{
	const struct edge_row *row = *state;
	struct histogram *h = histogram_new();
	struct visited v = { .n = 0 };

	assert_true(histogram_add(h, row->value));
	histogram_each(h, visit, &v);
	assert_int_equal(v.n, 1);
	assert_int_equal(v.low[0], row->low);
	assert_int_equal(v.high[0], row->high);
	assert_int_equal(v.count[0], 1);
	assert_int_equal(histogram_per_mille(h, 500), row->value); /* clamped to min == max */
	histogram_free(h);
}

struct rank_row {
	const char *name;
	int64_t values[10];
	unsigned n;
	int64_t mean;
	struct {
		unsigned per_mille;
		int64_t want;
	} ranks[6];
};

#define HALF_MIN (INT64_MIN / 2)

/* clang-format off */
static const struct rank_row rank_rows[] = {
	{ "empty", { 0 }, 0, 0, { { 0, 0 }, { 500, 0 }, { 1000, 0 } } },
	{ "one to ten: rank 5 is the median, 5.1 rounds up", { 7, 1, 3, 10, 2, 9, 4, 8, 5, 6 }, 10, 5,
	  { { 0, 1 }, { 100, 1 }, { 101, 2 }, { 500, 5 }, { 510, 6 }, { 990, 10 } } },
	{ "more than 1000 per mille is 1000", { 1, 2, 3 }, 3, 2, { { 1000, 3 }, { 5000, 3 } } },
	{ "negatives go downwards, the mean is a floor: -6/4", { 0, -1, -2, -3 }, 4, -2,
	  { { 250, -3 }, { 251, -2 }, { 500, -2 }, { 1000, 0 } } },
	{ "the smallest of the bucket", { 0, 1000001 }, 2, 500000, { { 500, 0 }, { 1000, 999936 } } },
	{ "not below the minimum", { 1000001, 2000000 }, 2, 1500000, { { 500, 1000001 }, { 1000, 1999872 } } },
	{ "the smallest of a negative bucket: -3999996/3", { -3000000, -1000001, 5 }, 3, -1333332,
	  { { 333, -3000000 }, { 334, -1000447 }, { 667, 5 } } },
	{ "floor(-1000006/2)", { -1000001, -5 }, 2, -500003, { { 500, -1000001 }, { 501, -5 } } },
	{ "a sum beyond 64 bits", { INT64_MAX, INT64_MAX, INT64_MAX }, 3, INT64_MAX, { { 500, INT64_MAX } } },
	{ "and below", { INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, 0, 0, 0, 0 }, 8, HALF_MIN,
	  { { 500, INT64_MIN }, { 501, 0 } } },
};
/* clang-format on */

static void check_ranks(void **state)
{
	const struct rank_row *row = *state;
	struct histogram *h = histogram_new();

	for (unsigned i = 0; i < row->n; i++)
		assert_true(histogram_add(h, row->values[i]));
	assert_int_equal(histogram_count(h), row->n);
	assert_int_equal(histogram_mean(h), row->mean);
	for (unsigned i = 0; i < N_ELEMENTS(row->ranks); i++) {
		if (i && !row->ranks[i].per_mille)
			break;
		assert_int_equal(histogram_per_mille(h, row->ranks[i].per_mille),
				 row->ranks[i].want);
	}
	histogram_free(h);
}

static void each_ascends_and_counts(void **state)
{
	static const int64_t values[] = { 5000, -1, 3, INT64_MIN, -1, -5000, 5003, 5004, -1 };
	struct histogram *h = histogram_new();
	struct visited v = { .n = 0 };

	for (unsigned i = 0; i < N_ELEMENTS(values); i++)
		histogram_add(h, values[i]);
	assert_int_equal(histogram_min(h), INT64_MIN);
	assert_int_equal(histogram_max(h), 5004);
	histogram_each(h, visit, &v);
	/* min, [-5003, -5000], -1 three times, 3, [5000, 5003] twice, [5004, 5007] */
	assert_int_equal(v.n, 6);
	assert_int_equal(v.low[1], -5003);
	assert_int_equal(v.high[1], -5000);
	assert_int_equal(v.low[2], -1);
	assert_int_equal(v.count[2], 3);
	assert_int_equal(v.low[3], 3);
	assert_int_equal(v.low[4], 5000);
	assert_int_equal(v.count[4], 2);
	assert_int_equal(v.low[5], 5004);
	assert_int_equal(v.high[5], 5007);
	histogram_free(h);
}

static void merged_is_as_added_to_one(void **state)
{
	struct histogram *a = histogram_new(), *b = histogram_new(), *none = histogram_new(),
			 *empty = histogram_new();

	histogram_add(a, 10);
	histogram_add(a, 20);
	histogram_add(b, -30);
	histogram_add(b, 20);
	assert_true(histogram_merge(none, a)); /* its minimum is above the 0 of none */
	assert_int_equal(histogram_min(none), 10);
	assert_true(histogram_merge(a, b));
	assert_true(histogram_merge(none, b));
	assert_int_equal(histogram_count(a), 4);
	assert_int_equal(histogram_min(a), -30);
	assert_int_equal(histogram_max(a), 20);
	assert_int_equal(histogram_mean(a), 5);
	assert_int_equal(histogram_per_mille(a, 750), 20);
	assert_int_equal(histogram_count(none), 4);
	assert_true(histogram_merge(none, empty));
	assert_int_equal(histogram_min(none), -30);
	assert_int_equal(histogram_max(none), 20);
	assert_int_equal(histogram_mean(none), 5);
	histogram_free(a);
	histogram_free(b);
	histogram_free(none);
	histogram_free(empty);
}

/* Buckets far apart on both sides, which none of the other has yet. */
static void merged_far_apart(void **state)
{
	static const int64_t values[] = { -1000000000000, -70000, 0, 3, 5000000, 900000000000 };
	struct histogram *from = histogram_new(), *to = histogram_new();
	struct visited v = { .n = 0 };

	for (size_t i = 0; i < N_ELEMENTS(values); i++)
		histogram_add(from, values[i]);
	assert_true(histogram_merge(to, from));
	histogram_each(to, visit, &v);
	assert_int_equal(v.n, N_ELEMENTS(values));
	for (size_t i = 0; i < N_ELEMENTS(values); i++) {
		assert_in_range(values[i] - v.low[i], 0, (uint64_t)(v.high[i] - v.low[i]));
		assert_int_equal(v.count[i], 1);
	}
	histogram_free(from);
	histogram_free(to);
}

/* 1 and 2, doubled 60 times: 2^61 values, and the count times 1000 does not fit 64 bits. */
static void ranks_of_very_many(void **state)
{
	struct histogram *h = histogram_new();

	histogram_add(h, 1);
	histogram_add(h, 2);
	for (unsigned i = 0; i < 60; i++)
		histogram_merge(h, h);
	assert_int_equal(histogram_count(h), UINT64_C(1) << 61);
	assert_int_equal(histogram_per_mille(h, 500), 1);
	assert_int_equal(histogram_per_mille(h, 501), 2);
	assert_int_equal(histogram_mean(h), 1);
	histogram_free(h);
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(each_ascends_and_counts),
		cmocka_unit_test(merged_is_as_added_to_one),
		cmocka_unit_test(merged_far_apart),
		cmocka_unit_test(ranks_of_very_many),
	};
	struct CMUnitTest tests[N_ELEMENTS(edge_rows) + N_ELEMENTS(rank_rows) + N_ELEMENTS(single)];
	struct CMUnitTest *test = tests;

	for (size_t i = 0; i < N_ELEMENTS(edge_rows); i++)
		*test++ = (struct CMUnitTest){ .name = edge_rows[i].name,
					       .test_func = check_edge,
					       .initial_state = (void *)&edge_rows[i] };
	for (size_t i = 0; i < N_ELEMENTS(rank_rows); i++)
		*test++ = (struct CMUnitTest){ .name = rank_rows[i].name,
					       .test_func = check_ranks,
					       .initial_state = (void *)&rank_rows[i] };
	memcpy(test, single, sizeof(single));
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
