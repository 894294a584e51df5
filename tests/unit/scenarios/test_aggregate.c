// SPDX-License-Identifier: MIT
#include "expectation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct trace_field sample_fields[] = {
	{ .name = "value", .type = TRACE_S64 },  { .name = "n", .type = TRACE_U64 },
	{ .name = "cycles", .type = TRACE_U64 }, { .name = "advance_ns", .type = TRACE_U64 },
	{ .name = "large", .type = TRACE_U64 },
};
static const struct trace_event sample_event = {
	.id = 0, .name = "sample", .fields = sample_fields, .n_fields = G_N_ELEMENTS(sample_fields)
};
static const struct trace_event *const events[] = { &sample_event };
static const struct trace_schema schema = { .events = events, .n_events = G_N_ELEMENTS(events) };

static const struct metric metrics[] = {
	{ "lateness", "sample", "value", DIM_TIME, "a signed time" },
	{ "cycles", "sample", "cycles", DIM_CYCLES, "cycles" },
	{ "advance_ns", "sample", "advance_ns", DIM_NS, "a time in ns" },
	{ "advance_raw", "sample", "advance_ns", DIM_COUNT, "the same as a plain number" },
	{ "large", "sample", "large", DIM_COUNT, "any u64" },
};

static const struct expectation_context context = {
	.schema = &schema,
	.metrics = metrics,
	.n_metrics = G_N_ELEMENTS(metrics),
};

static struct aggregate *parse(const struct expectation_context *ctx, const char *text)
{
	const struct source_pos at = { NULL, 0, 0 };
	struct diagnostics d;
	struct aggregate *a;

	diagnostics_init(&d);
	a = aggregate_parse(&d, ctx, &at, text);
	assert_string_equal(d.text->str, "");
	diagnostics_clear(&d);
	return a;
}

/* Sample number i (from 0) happens at (i + 1) ms on CPU i % 2. */
static void feed(struct aggregate_set *set, uint64_t i, int64_t value)
{
	const struct trace_record rec = {
		.when = ps((i + 1) * PS_PER_MS),
		.cpu = i % 2,
		.entity = 7,
		.n_values = G_N_ELEMENTS(sample_fields),
		.value = { (uint64_t)value, 10 + i, (uint64_t)value, (uint64_t)value,
			   (uint64_t)value },
	};
	struct trace_sink *sink = aggregate_set_sink(set);

	sink->record(sink, &rec);
}

/* The value as reports print it, or why there is none. */
static char *read_text(const struct aggregate_set *set, const struct aggregate *a)
{
	GString *text = g_string_new(NULL);
	struct aggregate_result result;
	const enum aggregate_status status = aggregate_read(set, a, &result);

	if (status == AGGREGATE_OK)
		exact_format(text, &result.value);
	else
		aggregate_status_text(text, status, &result);
	return g_string_free(text, FALSE);
}

struct row {
	const char *name;
	const char *text;
	const char *want;
	size_t n;
	int64_t values[16]; /* ps, where it is a time */
};

/* clang-format off */
static const struct row rows[] = {
	{ "count of none is 0",        "count(lateness)", "0", 0, { 0 } },
	{ "max of none",               "max(lateness)", "no samples", 0, { 0 } },
	{ "mean of none",              "mean(lateness)", "no samples", 0, { 0 } },
	{ "p50 of none",               "p50(lateness)", "no samples", 0, { 0 } },
	{ "settled of none",           "settled(lateness)", "no samples", 0, { 0 } },
	{ "count of none that match",  "count(lateness where lateness > 1us)", "0", 1, { 1000000 } },
	{ "count",                     "count(lateness)", "3", 3, { 3000000, 1000000, 2000000 } },
	{ "min",                       "min(lateness)", "1 us", 3, { 3000000, 1000000, 2000000 } },
	{ "max",                       "max(lateness)", "3 us", 3, { 1000000, 3000000, 2000000 } },
	{ "first",                     "first(lateness)", "3 us", 3, { 3000000, 1000000, 2000000 } },
	{ "last",                      "last(lateness)", "2 us", 3, { 3000000, 1000000, 2000000 } },
	{ "mean",                      "mean(lateness)", "2 us", 3, { 3000000, 1000000, 2000000 } },
	{ "mean is not rounded",       "mean(lateness)", "1.333... ns", 3, { 1000, 1000, 2000 } },
	{ "min below zero",            "min(lateness)", "-500 ns", 2, { 250000, -500000 } },
	{ "mean below zero",           "mean(lateness)", "-125 ns", 2, { 250000, -500000 } },
	{ "only those that match",     "max(lateness where lateness <= 2us)", "2 us", 3, { 3000000, 1000000, 2000000 } },
	{ "where the CPU is 1",        "first(lateness where cpu == 1)", "1 us", 3, { 3000000, 1000000, 2000000 } },
	{ "after 1 ms",                "count(lateness where when > 1ms)", "2", 3, { 1, 2, 3 } },
	{ "p50: rank 5 of 10",         "p50(lateness)", "0.005 ns", 10, { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "p90: rank 9 of 10",         "p90(lateness)", "0.009 ns", 10, { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "p91: rank 10 of 10",        "p91(lateness)", "0.01 ns", 10, { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "p999: rank 10 of 10",       "p999(lateness)", "0.01 ns", 10, { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "p1: rank 1 of 10",          "p1(lateness)", "0.001 ns", 10, { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 } },
	{ "cycles",                    "max(cycles)", "42 cycles", 2, { 41, 42 } },
	{ "ns of the kernel",          "max(advance_ns)", "1 us", 2, { 999, 1000 } },
	{ "ns in a condition",         "count(advance_ns where advance_ns >= 1us)", "1", 2, { 999, 1000 } },
	{ "u64 has 64 bits",           "max(large)", "18446744073709551615", 2, { 1, -1 } },
	{ "but not in a percentile",   "p50(large)", "a value is beyond 63 bits", 2, { 1, -1 } },
	{ "settled: 2 of 8, rank 1",   "settled(lateness)", "0.012 ns", 8, { 90, 10, 12, 11, 10, 10, 13, 12 } },
	{ "settled: 3 of 12, rank 2",  "settled(lateness)", "0.007 ns", 12, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 7, 5 } },
	{ "settled: 1 of 3",           "settled(lateness)", "0.006 ns", 3, { 9, 8, 6 } },
	{ "settled below zero",        "settled(lateness)", "-0.003 ns", 12, { 1, 1, 1, 1, 1, 1, 1, 1, 1, -3, 7, -5 } },
	{ "settles at the second",     "settle_time(lateness)", "2 ms", 8, { 50, 100, 105, 95, 100, 104, 100, 100 } },
	{ "an outlier starts it anew", "settle_time(lateness)", "6 ms", 8, { 100, 100, 100, 100, 200, 104, 100, 100 } },
	{ "10 % off is within",        "settle_time(lateness)", "1 ms", 4, { 110, 100, 100, 100 } },
	{ "11 % off is not",           "settle_time(lateness)", "2 ms", 4, { 111, 100, 100, 100 } },
	{ "settles below zero",        "settle_time(lateness)", "2 ms", 4, { -89, -90, -110, -100 } },
	{ "the last one is off",       "settle_time(lateness)", "never settles: the last sample is not within 10 %",
	  8, { 100, 100, 100, 100, 100, 100, 100, 200 } },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	struct aggregate *a = parse(&context, row->text);
	struct aggregate_set *set = aggregate_set_new(&schema);

	aggregate_set_add(set, a);
	for (size_t i = 0; i < row->n; i++)
		feed(set, i, row->values[i]);
	g_autofree char *got = read_text(set, a);

	assert_string_equal(got, row->want);
	aggregate_set_free(set);
	aggregate_free(a);
}

struct sample_row {
	const char *text, *want;
};

/* Samples of 2, 1, 3, 1, 3 and 2 us, at 1 to 6 ms: among equals the first is named. */
static void values_come_with_their_record(void **state)
{
	static const struct sample_row want[] = {
		{ "min(lateness)", "1 us at 2 ms (entity 7, CPU 1, n 11)" },
		{ "max(lateness)", "3 us at 3 ms (entity 7, CPU 0, n 12)" },
		{ "p50(lateness)", "3 us at 3 ms (entity 7, CPU 0, n 12)" },
		{ "first(lateness)", "2 us at 1 ms (entity 7, CPU 0, n 10)" },
		{ "count(lateness where cpu == 1)", "1 us at 2 ms (entity 7, CPU 1, n 11)" },
		{ "last(lateness)", "2 us at 6 ms (entity 7, CPU 1, n 15)" },
		{ "count(sample where n > 11)", "at 3 ms (entity 7, CPU 0, n 12)" },
	};
	static const int64_t values[] = { 2000000, 1000000, 3000000, 1000000, 3000000, 2000000 };
	struct aggregate_set *set = aggregate_set_new(&schema);
	struct aggregate *a[G_N_ELEMENTS(want)];

	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		a[i] = parse(&context, want[i].text);
		aggregate_set_add(set, a[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		feed(set, i, values[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		GString *got = g_string_new(NULL);
		struct aggregate_result result;

		assert_int_equal(aggregate_read(set, a[i], &result), AGGREGATE_OK);
		assert_true(result.has_sample);
		aggregate_sample_text(got, a[i], &result.sample);
		assert_string_equal(got->str, want[i].want);
		g_string_free(got, TRUE);
	}
	aggregate_set_free(set);
	for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
		aggregate_free(a[i]);
}

/* What was not asked for is not there; what was asked for twice is counted once. */
static void a_set_holds_what_was_added(void **state)
{
	struct aggregate *twice = parse(&context, "count(lateness where cpu == 0)");
	struct aggregate *again = parse(&context, "count( lateness  where cpu==0 )");
	struct aggregate *other = parse(&context, "count(lateness where cpu == 1)");
	struct aggregate_set *set = aggregate_set_new(&schema);

	aggregate_set_add(set, twice);
	aggregate_set_add(set, again);
	feed(set, 0, 1);
	g_autofree char *got_twice = read_text(set, twice), *got_again = read_text(set, again);
	g_autofree char *got_other = read_text(set, other);

	assert_string_equal(got_twice, "1");
	assert_string_equal(got_again, "1");
	assert_string_equal(got_other, "not measured in this run");
	aggregate_set_free(set);
	aggregate_free(twice);
	aggregate_free(again);
	aggregate_free(other);
}

/* Aggregates that differ in one thing only do not share a slot. Samples 1000, 2000, 3000 on CPUs 0,
 * 1, 0. */
static void near_twins_stay_apart(void **state)
{
	static const struct sample_row want[] = {
		{ "count(sample where n > 11)", "1" },
		{ "count(sample where n >= 11)", "2" },
		{ "count(sample where n >= 12)", "1" },
		{ "count(sample where n >= 11.5)", "1" },
		{ "count(sample where n >= 23)", "0" },
		{ "count(sample where not n >= 11)", "1" },
		{ "count(sample where cycles >= 11cycles)", "3" },
		{ "count(sample where large >= 2000)", "2" },
		{ "count(sample where cpu >= 1)", "1" },
		{ "count(sample where n == 10 and cpu == 1)", "0" },
		{ "count(sample where n == 10 or cpu == 1)", "2" },
		{ "count(sample)", "3" },
		{ "max(lateness)", "3 ns" },
		{ "max(advance_ns)", "3 us" },
		{ "max(advance_raw)", "3000" },
		{ "max(large)", "3000" },
	};
	struct aggregate_set *set = aggregate_set_new(&schema);
	struct aggregate *a[G_N_ELEMENTS(want)];

	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		a[i] = parse(&context, want[i].text);
		aggregate_set_add(set, a[i]);
	}
	for (size_t i = 0; i < 3; i++)
		feed(set, i, 1000 * ((int64_t)i + 1));
	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		g_autofree char *got = read_text(set, a[i]);

		assert_string_equal(got, want[i].want);
	}
	aggregate_set_free(set);
	for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
		aggregate_free(a[i]);
}

static void kept_samples_have_a_limit(void **state)
{
	struct aggregate *settled = parse(&context, "settled(lateness)");
	struct aggregate *mean = parse(&context, "mean(lateness)");
	struct aggregate_set *set = aggregate_set_new(&schema);

	aggregate_set_add(set, settled);
	aggregate_set_add(set, mean);
	for (size_t i = 0; i < AGGREGATE_SAMPLES_MAX; i++)
		feed(set, i, 1000);
	g_autofree char *fits = read_text(set, settled);

	feed(set, AGGREGATE_SAMPLES_MAX, 1000);
	g_autofree char *over = read_text(set, settled), *other = read_text(set, mean);

	assert_string_equal(fits, "1 ns");
	assert_string_equal(over, "more than 1000000 samples to keep");
	assert_string_equal(other, "1 ns");
	aggregate_set_free(set);
	aggregate_free(settled);
	aggregate_free(mean);
}

/* Samples 10, 11 and 12 on CPUs 0, 1 and 0; the table says 0, 0, and nothing. */
static void recorded_columns_join_by_n(void **state)
{
	static const char text[] = "i,cpu\n10,0\n11,0\n";
	struct expectation_context ctx = context;
	struct aggregate_set *set = aggregate_set_new(&schema);
	struct aggregate_result result;
	struct aggregate *a;
	struct diagnostics d;
	struct integer_table *table;

	diagnostics_init(&d);
	ctx.table = table = integer_table_parse(&d, text, strlen(text), "x.csv");
	assert_non_null(table);
	a = parse(&ctx, "count(lateness where recorded.cpu != cpu)");
	aggregate_set_add(set, a);
	feed(set, 0, 1);
	feed(set, 1, 1);
	g_autofree char *both = read_text(set, a);

	assert_string_equal(both, "1");
	feed(set, 2, 5000);
	feed(set, 3, 6000);
	g_autofree char *missing = read_text(set, a);

	assert_string_equal(missing, "no row i = 12 in the recorded table");
	aggregate_read(set, a, &result);
	assert_true(result.sample.value == 5000);
	aggregate_set_free(set);
	aggregate_free(a);
	integer_table_free(table);
	diagnostics_clear(&d);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(values_come_with_their_record),
		cmocka_unit_test(a_set_holds_what_was_added),
		cmocka_unit_test(near_twins_stay_apart),
		cmocka_unit_test(kept_samples_have_a_limit),
		cmocka_unit_test(recorded_columns_join_by_n),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(others)];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[G_N_ELEMENTS(rows) + i] = others[i];
	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
