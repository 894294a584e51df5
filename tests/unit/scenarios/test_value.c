/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "value.h"
#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

enum kind {
	DURATION,
	MONOTONIC,
	QUANTITY,
	CYCLES,
	OFFSET,
	FREQUENCY,
	U64,
	I64,
	REGISTER,
	NS,
	CPUS
};

struct row {
	const char *name;
	enum kind kind;
	const char *text;
	uint64_t want;       /* ps, ns, cycles, kHz, or the number */
	const char *printed; /* NULL: there is no printer for it */
};

/* clang-format off */
static const struct row rows[] = {
	{ "ps",                         DURATION,  "1ps",                 1,                    "1ps" },
	{ "ns",                         DURATION,  "1ns",                 1000,                 "1ns" },
	{ "us",                         DURATION,  "7us",                 7000000,              "7us" },
	{ "ms",                         DURATION,  "2ms",                 2000000000,           "2ms" },
	{ "s",                          DURATION,  "3s",                  3000000000000,        "3s" },
	{ "blank before the unit",      DURATION,  "1000 ns",             1000000,              "1us" },
	{ "fraction",                   DURATION,  "1.5ms",               1500000000,           "1500us" },
	{ "fraction down to the ps",    DURATION,  "0.001ns",             1,                    "1ps" },
	{ "zeros behind a fraction",    DURATION,  "1.5000000000000000us", 1500000,             "1500ns" },
	{ "zeros in front",             DURATION,  "007ms",               7000000000,           "7ms" },
	{ "zero",                       DURATION,  "0s",                  0,                    "0ns" },
	{ "the longest run",            DURATION,  "17280000s",           17280000000000000000u, "17280000s" },
	{ "a clock beyond 2^64 ps",     MONOTONIC, "9223372036854775807ns", INT64_MAX,          NULL },
	{ "a clock in seconds",         MONOTONIC, "31556952.000000001s", 31556952000000001,    NULL },
	{ "quantity in cycles",         QUANTITY,  "4096 cycles",         4096,                 "4096cycles" },
	{ "quantity in time",           QUANTITY,  "4us",                 4000000,              "4us" },
	{ "cycles",                     CYCLES,    "18446744073709551615cycles", UINT64_MAX,    NULL },
	{ "negative offset",            OFFSET,    "-1cycles",            UINT64_MAX,           NULL },
	{ "least offset",               OFFSET,    "-9223372036854775808cycles", (uint64_t)INT64_MAX + 1, NULL },
	{ "kHz",                        FREQUENCY, "1000000kHz",          1000000,              "1000MHz" },
	{ "MHz",                        FREQUENCY, "2400MHz",             2400000,              "2400MHz" },
	{ "GHz, exact decimal",         FREQUENCY, "2.4GHz",              2400000,              "2400MHz" },
	{ "GHz, down to the kHz",       FREQUENCY, "2.399999GHz",         2399999,              "2399999kHz" },
	{ "whole number",               U64,       "18446744073709551615", UINT64_MAX,          NULL },
	{ "module parameter -1",        I64,       "-1",                  UINT64_MAX,           NULL },
	{ "module parameter",           I64,       "1000",                1000,                 NULL },
	{ "register, decimal",          REGISTER,  "4294967295",          UINT32_MAX,           NULL },
	{ "register, hexadecimal",      REGISTER,  "0xFe",                254,                  NULL },
	{ "whole ns",                   NS,        "1.025us",             1025,                 NULL },
	{ "one CPU",                    CPUS,      "3",                   8,                    "[3]" },
	{ "range of CPUs",              CPUS,      "1-3",                 14,                   "[1-3]" },
	{ "ranges and CPUs",            CPUS,      "0-1,4,6-7",           0xd3,                 "[0-1, 4, 6-7]" },
};
/* clang-format on */

static bool read_row(const struct row *row, uint64_t *ret, GString *printed, struct diagnostics *d)
{
	const struct node node = { .kind = NODE_SCALAR, .text = row->text };
	struct value_key key = { "key", 0, UINT64_MAX, UINT64_MAX };
	struct cpu_mask mask = { { 0 } };
	struct quantity quantity = { 0, QUANTITY_PS };
	ps_t duration = { 0 };
	khz_t khz = { 0 };
	bool ok = false;

	switch (row->kind) {
	case DURATION:
		ok = value_duration(&node, &key, &duration, d);
		value_print_duration(printed, duration);
		*ret = duration.v;
		break;
	case QUANTITY:
		ok = value_quantity(&node, &key, &quantity, d);
		value_print_quantity(printed, quantity);
		*ret = quantity.v;
		break;
	case FREQUENCY:
		ok = value_frequency(&node, &key, &khz, d);
		value_print_frequency(printed, khz);
		*ret = khz.v;
		break;
	case CPUS:
		ok = value_cpus(&node, &key, &mask, d);
		value_print_cpus(printed, &mask);
		*ret = mask.word[0];
		break;
	case MONOTONIC: return value_monotonic(&node, &key, (ns_t *)(void *)ret, d);
	case CYCLES: return value_cycles(&node, &key, ret, d);
	case OFFSET: return value_offset(&node, &key, ret, d);
	case REGISTER: return value_register(&node, &key, ret, d);
	case NS: return value_ns(&node, &key, ret, d);
	case U64: return value_u64(&node, &key, ret, d);
	case I64:
		key.min = (uint64_t)INT64_MIN;
		key.max = INT64_MAX;
		return value_i64(&node, &key, (int64_t *)(void *)ret, d);
	}
	return ok;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	g_autoptr(GString) printed = g_string_new(NULL);
	struct diagnostics d;
	uint64_t got = 0;

	diagnostics_init(&d);
	assert_true(read_row(row, &got, printed, &d));
	assert_int_equal(got, row->want);
	if (row->printed)
		assert_string_equal(printed->str, row->printed);
	assert_string_equal(d.text->str, "");
	diagnostics_clear(&d);
}

/* A value that is refused leaves what was there. */
static void written_on_success_alone(void **state)
{
	const struct node node = { .kind = NODE_SCALAR, .text = "11ms" };
	const struct value_key key = { "key", 0, 10 * PS_PER_MS, 0 };
	struct diagnostics d;
	ps_t got = { 42 };

	diagnostics_init(&d);
	assert_false(value_duration(&node, &key, &got, &d));
	assert_int_equal(got.v, 42);
	assert_string_equal(d.text->str,
			    "lapicsim: error: key: '11ms' is out of range [0ns, 10ms]\n");
	diagnostics_clear(&d);
}

static void nearest_names(void **state)
{
	static const char *const names[] = { "affinity", "cpu", "tsc", "id", "CPUID", NULL };

	assert_string_equal(nearest_name("affinty", names), "affinity");
	assert_string_equal(nearest_name("Affinity", names), "affinity");
	assert_string_equal(nearest_name("cpuid", names), "CPUID");
	assert_string_equal(nearest_name("tcs", names), "tsc"); /* an exchange is one edit */
	assert_null(nearest_name("banana", names));
	assert_null(nearest_name("x", names));
}

static void escaped_and_repeated(void **state)
{
	struct source source = { .name = (char *)"a\x1b.yaml",
				 .text = (char *)"k: \x1b[1m\xe2\x80\xae!",
				 .length = 11 };
	const struct source_pos at = { &source, 1, 9 };
	struct diagnostics d;

	diagnostics_init(&d);
	assert_false(error_at(&d, &at, "bad '%s'", "\x07"));
	assert_false(
		error_at(&d, &at, "bad '%s'", "\x07")); /* the same: kept once, counted twice */
	assert_int_equal(d.n, 2);
	assert_int_equal(d.status, 2);
	assert_string_equal(d.text->str, "a\\x1b.yaml:1:9: error: bad '\\x07'\n"
					 "  k: \\x1b[1m\\xe2\\x80\\xae!\n"
					 "                        ^\n");
	diagnostics_clear(&d);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + 3] = {
		[G_N_ELEMENTS(rows)] = cmocka_unit_test(written_on_success_alone),
		[G_N_ELEMENTS(rows) + 1] = cmocka_unit_test(nearest_names),
		[G_N_ELEMENTS(rows) + 2] = cmocka_unit_test(escaped_and_repeated),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
