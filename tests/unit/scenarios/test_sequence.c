/* SPDX-License-Identifier: MIT */
/* Sequences of events: which ones hold, what is said of those that do not, and what is refused. */
#include "expectation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define STEPS_MAX 4
#define FACTS_MAX 8

enum { ARM, FIRE, END, N_EVENTS };

static const struct trace_field fields[] = { { .name = "n", .type = TRACE_U64 } };
static const struct trace_event all_events[] = {
	{ .id = ARM, .name = "arm", .fields = fields, .n_fields = 1 },
	{ .id = FIRE, .name = "fire", .fields = fields, .n_fields = 1 },
	{ .id = END, .name = "end" },
};
static const struct trace_event *const events[] = { &all_events[0], &all_events[1],
						    &all_events[2] };
static const struct trace_schema schema = { .events = events, .n_events = N_EVENTS };
static const struct metric metrics[] = {
	{ "shots", "fire", NULL, DIM_COUNT, "the other name of fire" },
};
static const struct expectation_context context = { .schema = &schema,
						    .metrics = metrics,
						    .n_metrics = G_N_ELEMENTS(metrics) };

struct fact {
	uint64_t at_ns;
	uint32_t event;
	uint64_t n;
};

struct row {
	const char *name;
	const char *steps[STEPS_MAX];
	struct fact facts[FACTS_MAX]; /* up to one at 0 */
	enum expectation_verdict want;
	const char *actual, *sample;
};

/* clang-format off */
static const struct row rows[] = {
	{ "one after the other", { "arm", "fire" }, { { 10, ARM, 0 }, { 30, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "the other way round does not count", { "arm", "fire" }, { { 10, FIRE, 0 }, { 30, ARM, 0 } },
	  EXPECTATION_FAIL, "1 begun, 0 complete", "" },
	{ "nothing begins", { "arm", "fire" }, { { 10, FIRE, 0 } },
	  EXPECTATION_FAIL, "0 begun, 0 complete", "" },
	{ "others in between are no matter", { "arm", "fire" }, { { 10, ARM, 0 }, { 20, END, 0 }, { 30, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "within, to the ns", { "arm", "fire within 20ns" }, { { 10, ARM, 0 }, { 30, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "a ns too late", { "arm", "fire within 20ns" }, { { 10, ARM, 0 }, { 31, FIRE, 0 } },
	  EXPECTATION_FAIL, "1 begun, 1 complete; step 2 came 21 ns later, allowed are 20 ns",
	  "step 2: at 31 ns (entity 3, CPU 5)" },
	{ "after, to the ns", { "arm", "fire after 20ns" }, { { 10, ARM, 0 }, { 30, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "a ns too soon", { "arm", "fire after 20ns" }, { { 10, ARM, 0 }, { 29, FIRE, 0 } },
	  EXPECTATION_FAIL, "1 begun, 1 complete; step 2 came 19 ns later, at least 20 ns",
	  "step 2: at 29 ns (entity 3, CPU 5)" },
	{ "both bounds, in either order", { "arm", "fire within 30ns after 20ns" }, { { 10, ARM, 0 }, { 35, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "of two that wait the older is too late", { "arm", "fire within 20ns" },
	  { { 10, ARM, 0 }, { 25, ARM, 0 }, { 35, FIRE, 0 } },
	  EXPECTATION_FAIL, "2 begun, 2 complete; step 2 came 25 ns later, allowed are 20 ns",
	  "step 2: at 35 ns (entity 3, CPU 5)" },
	{ "of two that wait the younger is too soon", { "arm", "fire after 20ns" },
	  { { 10, ARM, 0 }, { 25, ARM, 0 }, { 35, FIRE, 0 } },
	  EXPECTATION_FAIL, "2 begun, 2 complete; step 2 came 10 ns later, at least 20 ns",
	  "step 2: at 35 ns (entity 3, CPU 5)" },
	{ "the first fault is the one reported", { "arm", "fire within 5ns" },
	  { { 10, ARM, 0 }, { 16, FIRE, 0 }, { 20, ARM, 0 }, { 29, FIRE, 0 } },
	  EXPECTATION_FAIL, "2 begun, 2 complete; step 2 came 6 ns later, allowed are 5 ns",
	  "step 2: at 16 ns (entity 3, CPU 5)" },
	{ "bounds count from the step before", { "arm", "fire", "end within 5ns" },
	  { { 10, ARM, 0 }, { 90, FIRE, 0 }, { 95, END, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "cut off by the end of the run", { "arm", "fire within 20ns" },
	  { { 10, ARM, 0 }, { 20, FIRE, 0 }, { 30, ARM, 0 }, { 50, END, 0 } },
	  EXPECTATION_PASS, "2 begun, 1 complete", "" },
	{ "a ns more was left to it", { "arm", "fire within 20ns" },
	  { { 10, ARM, 0 }, { 20, FIRE, 0 }, { 30, ARM, 0 }, { 51, END, 0 } },
	  EXPECTATION_FAIL, "2 begun, 1 complete; step 2 did not come within 20 ns of 30 ns", "" },
	{ "where chooses", { "arm where n == 1", "fire where n == 1 and n < 3 within 20ns" },
	  { { 10, ARM, 2 }, { 20, ARM, 1 }, { 30, FIRE, 2 }, { 40, FIRE, 1 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
	{ "one event goes one step", { "arm", "arm", "arm" }, { { 10, ARM, 0 }, { 20, ARM, 0 } },
	  EXPECTATION_FAIL, "2 begun, 0 complete", "" },
	{ "and begins one, too", { "arm", "arm" }, { { 10, ARM, 0 }, { 20, ARM, 0 }, { 30, ARM, 0 } },
	  EXPECTATION_PASS, "3 begun, 2 complete", "" },
	{ "by the name of its metric", { "arm", "shots where cpu == 5" }, { { 10, ARM, 0 }, { 30, FIRE, 0 } },
	  EXPECTATION_PASS, "1 begun, 1 complete", "" },
};

struct bad_row {
	const char *name, *step;
	uint32_t column; /* in the step, from 1 */
	const char *want;
	bool first;
};

static const struct bad_row bad_rows[] = {
	{ "unknown event", "fires", 1, "unknown metric 'fires'; did you mean 'fire'?", false },
	{ "nothing", "", 1, "expected a metric, found the end", false },
	{ "a bound on the first", "arm within 5ns", 5, "the first step follows nothing: it has no bounds", true },
	{ "a bound without a time", "fire within", 12, "expected a time such as 20us, found the end", false },
	{ "a bound without a unit", "fire within 20", 13, "within: takes a time, not a plain number", false },
	{ "cycles", "fire after 20cycles", 12, "after: takes a time, not cycles", false },
	{ "twice", "fire within 5ns within 6ns", 17, "a second bound of this kind", false },
	{ "the wrong way round", "fire after 6ns within 5ns", 16, "after is longer than within", false },
	{ "longer than time itself", "fire within 99999999s", 13, "within: is longer than any run", false },
	{ "an aggregate", "count(fire)", 1, "unknown metric 'count'; one of shots, arm, fire, end", false },
	{ "what comes behind", "fire 5ns", 6, "expected 'where', 'after', 'within' or the end, found '5'", false },
	{ "a field that is not there", "end where n == 1", 11, "'end' has no field 'n'; one of cpu, when", false },
};
/* clang-format on */

static uint32_t steps_of(const struct row *row, struct sequence_text *steps)
{
	uint32_t n = 0;

	for (; n < STEPS_MAX && row->steps[n]; n++)
		steps[n] = (struct sequence_text){ .text = row->steps[n] };
	return n;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct sequence_text steps[STEPS_MAX];
	const uint32_t n = steps_of(row, steps);
	struct aggregate_set *set = aggregate_set_new(&schema);
	const struct aggregate_set *const sets[] = { set };
	struct expectation_outcome outcome;
	struct diagnostics d;

	diagnostics_init(&d);
	struct expectation *exp = expectation_parse_sequence(&d, &context, steps, n);

	assert_string_equal(d.text->str, "");
	expectation_request(exp, set, 0);
	expectation_request(exp, set, 0); /* twice is harmless */
	for (unsigned i = 0; i < FACTS_MAX && row->facts[i].at_ns; i++) {
		const struct trace_record rec = { .when = ps(row->facts[i].at_ns * PS_PER_NS),
						  .event = row->facts[i].event,
						  .entity = 3,
						  .cpu = 5,
						  .value = { row->facts[i].n } };

		aggregate_set_sink(set)->record(aggregate_set_sink(set), &rec);
	}
	expectation_eval(exp, 0, sets, &outcome);
	assert_string_equal(outcome.actual->str, row->actual);
	assert_string_equal(outcome.sample->str, row->sample);
	assert_int_equal(outcome.verdict, row->want);
	expectation_outcome_clear(&outcome);
	expectation_free(exp);
	aggregate_set_free(set);
	diagnostics_clear(&d);
}

static void check_bad(void **state)
{
	const struct bad_row *row = *state;
	g_autofree char *line = g_strdup_printf("  - \"%s\"\n", row->step);
	struct source source = { .name = (char *)"s.yaml", .text = line, .length = strlen(line) };
	const struct sequence_text good = { .text = "arm" }, bad = { row->step, { &source, 1, 6 } };
	const struct sequence_text steps[] = { row->first ? bad : good, row->first ? good : bad };
	g_autofree char *want =
		g_strdup_printf("s.yaml:1:%u: error: %s\n    - \"%s\"\n  %*s^\n", row->column + 5,
				row->want, row->step, (int)row->column + 4, "");
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(expectation_parse_sequence(&d, &context, steps, 2));
	assert_string_equal(d.text->str, want);
	diagnostics_clear(&d);
}

static void a_variant_that_did_not_run_gives_no_verdict(void **state)
{
	const struct sequence_text steps[] = { { .text = "arm" }, { .text = "fire within 1us" } };
	const struct aggregate_set *const sets[] = { NULL };
	struct expectation_outcome outcome;
	struct diagnostics d;

	diagnostics_init(&d);
	struct expectation *exp = expectation_parse_sequence(&d, &context, steps, 2);

	expectation_eval(exp, 0, sets, &outcome);
	assert_int_equal(outcome.verdict, EXPECTATION_NOT_RUN);
	assert_string_equal(outcome.expected->str, "arm -> fire within 1us");
	assert_string_equal(outcome.actual->str, "the variant was not run");
	expectation_outcome_clear(&outcome);
	expectation_free(exp);
	diagnostics_clear(&d);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(bad_rows) + 1];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(bad_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = bad_rows[i].name,
						  .test_func = check_bad,
						  .initial_state = (void *)&bad_rows[i] };
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(a_variant_that_did_not_run_gives_no_verdict);
	return cmocka_run_group_tests_name("sequence", tests, NULL, NULL);
}
