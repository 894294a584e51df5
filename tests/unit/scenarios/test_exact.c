// SPDX-License-Identifier: MIT
#include "exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct format_row {
	const char *name;
	int64_t num, den;
	struct exact_unit unit;
	const char *want;
};

/* clang-format off */
static const struct format_row format_rows[] = { /* times in ps */
	{ "zero",                              0, 1, { 1, 0 }, "0 ns" },
	{ "below 1 ns",                        5, 1, { 1, 0 }, "0.005 ns" },
	{ "whole ns",                     100000, 1, { 1, 0 }, "100 ns" },
	{ "1 us stays no 1000 ns",       1000000, 1, { 1, 0 }, "1 us" },
	{ "three decimals of us",        1234000, 1, { 1, 0 }, "1.234 us" },
	{ "a fourth one goes back to ns", 1234567, 1, { 1, 0 }, "1234.567 ns" },
	{ "ms",                       1500000000, 1, { 1, 0 }, "1.5 ms" },
	{ "s",                  2000000000000000, 1000, { 1, 0 }, "2 s" },
	{ "negative",                    -500000, 1, { 1, 0 }, "-500 ns" },
	{ "negative and broken",        -1500000, 1, { 1, 0 }, "-1.5 us" },
	{ "a third of 1 ns is cut",         1000, 3, { 1, 0 }, "0.333... ns" },
	{ "a tiny fraction is not 0",          1, 3, { 1, 0 }, "0.000... ns" },
	{ "cycles",                           42, 1, { 0, 1 }, "42 cycles" },
	{ "half a cycle",                      1, 2, { 0, 1 }, "0.5 cycles" },
	{ "plain",                             3, 1, { 0, 0 }, "3" },
	{ "plain, largest 64 bits",    INT64_MAX, 1, { 0, 0 }, "9223372036854775807" },
	{ "a product",                         6, 1, { 2, 0 }, "6 ps^2" },
	{ "a mixed product",                   6, 1, { 1, 1 }, "6 ps cycles" },
};
/* clang-format on */

static void check_format(void **state)
{
	const struct format_row *row = *state;
	const struct exact value = exact_fraction(row->num, row->den, row->unit);
	GString *got = g_string_new(NULL);

	exact_format(got, &value);
	assert_string_equal(got->str, row->want);
	g_string_free(got, TRUE);
}

static struct exact plain(__int128 num, __int128 den)
{
	return exact_fraction(num, den, EXACT_PLAIN);
}

static void fractions_are_exact(void **state)
{
	const struct exact third = plain(1, 3), sixth = plain(1, 6), half = plain(1, 2);
	struct exact sum, product;
	int order;

	assert_true(exact_add(&third, &sixth, &sum));
	assert_true(exact_compare(&sum, &half, &order));
	assert_int_equal(order, 0);
	assert_true(exact_mul(&third, &half, &product));
	assert_true(exact_compare(&product, &sixth, &order));
	assert_int_equal(order, 0);
	assert_true(exact_compare(&sixth, &third, &order));
	assert_int_equal(order, -1);
	assert_true(exact_compare(&half, &third, &order));
	assert_int_equal(order, 1);
}

static void overflow_is_told(void **state)
{
	const struct exact large = plain((__int128)1 << 125, 1), two = plain(2, 1);
	const struct exact small = plain(1, (__int128)1 << 125), third = plain(1, 3);
	struct exact ret;
	int order;

	assert_false(exact_add(&large, &large, &ret));
	assert_false(exact_mul(&large, &two, &ret));
	assert_false(exact_mul(&large, &large, &ret));
	assert_false(exact_mul(&small, &third, &ret));
	assert_false(exact_compare(&large, &small, &order));
}

static void a_product_that_fits_does_not_fail_on_its_way(void **state)
{
	const struct exact large = plain((__int128)1 << 125, 3),
			   inverse = plain(3, (__int128)1 << 125);
	struct exact ret;

	assert_true(exact_mul(&large, &inverse, &ret));
	assert_true(ret.num == 1 && ret.den == 1);
}

static void units_multiply_within_bounds(void **state)
{
	struct exact_unit unit = { 4, 0 };

	assert_true(exact_unit_mul(unit, unit, &unit));
	assert_int_equal(unit.time, 8);
	assert_false(exact_unit_mul(unit, EXACT_TIME, &unit));
	assert_int_equal(unit.time, 8);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(fractions_are_exact),
		cmocka_unit_test(overflow_is_told),
		cmocka_unit_test(a_product_that_fits_does_not_fail_on_its_way),
		cmocka_unit_test(units_multiply_within_bounds),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(format_rows) + G_N_ELEMENTS(others)];

	for (size_t i = 0; i < G_N_ELEMENTS(format_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = format_rows[i].name,
						.test_func = check_format,
						.initial_state = (void *)&format_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[G_N_ELEMENTS(format_rows) + i] = others[i];
	return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
