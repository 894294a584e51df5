// SPDX-License-Identifier: MIT
#include "expectation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define F(n, t)                      \
	{                            \
		.name = n, .type = t \
	}

static const char *const reasons[] = { "EXTERNAL_INTERRUPT", "CPUID", "HLT", "MSR_WRITE" };
static const char *const colours[] = { "RED", "GREEN" };

enum { EXPIRE, EXIT, SAMPLE, TICK, N_EVENTS };

static const struct trace_field expire_fields[] = {
	F("vcpu", TRACE_U64),
	F("n", TRACE_U64),
	F("cpu", TRACE_U64),
	F("vcpu.cpu", TRACE_U64),
};
static const struct trace_field exit_fields[] = {
	{ .name = "reason", .type = TRACE_NAME, .names = reasons, .n_names = 4 },
	F("time", TRACE_U64),
	{ .name = "colour", .type = TRACE_NAME, .names = colours, .n_names = 2 },
};
static const struct trace_field sample_fields[] = {
	F("n", TRACE_U64),
	F("lateness", TRACE_S64),
	F("lateness_cycles", TRACE_S64),
	F("wait", TRACE_U64),
};

#define EVENT(id_, name_, fields_)                                                             \
	{                                                                                      \
		.id = id_, .name = name_, .fields = fields_, .n_fields = G_N_ELEMENTS(fields_) \
	}
static const struct trace_event all_events[] = {
	EVENT(EXPIRE, "lapic_expire", expire_fields),
	EVENT(EXIT, "exit_handled", exit_fields),
	EVENT(SAMPLE, "lapic_sample", sample_fields),
	{ .id = TICK, .name = "tick" },
};
static const struct trace_event *const events[] = { &all_events[0], &all_events[1], &all_events[2],
						    &all_events[3] };
static const struct trace_schema schema = { .events = events, .n_events = N_EVENTS };

static const struct metric metrics[] = {
	{ "expire", "lapic_expire", NULL, DIM_COUNT, "the host timer's callback" },
	{ "exit", "exit_handled", "time", DIM_TIME, "handling of a VM-exit" },
	{ "reason", "exit_handled", "reason", DIM_COUNT, "why the guest left" },
	{ "lateness", "lapic_sample", "lateness", DIM_TIME, "handler after deadline" },
	{ "lateness_cycles", "lapic_sample", "lateness_cycles", DIM_CYCLES, "the same, guest" },
	{ "wait", "lapic_sample", "wait", DIM_TIME, "busy wait" },
};
static const char *const variants[] = { "before", "after-1.x", NULL };

static const struct expectation_context context = {
	.schema = &schema,
	.metrics = metrics,
	.n_metrics = G_N_ELEMENTS(metrics),
	.variants = variants,
};

struct fact {
	uint64_t at_ms;
	uint32_t event;
	int64_t value[4];
};

/* clang-format off */
static const struct fact before[] = {
	/*              vcpu n cpu vcpu.cpu */
	{ 1, EXPIRE, { 0, 0, 0, 1 } },
	{ 2, EXPIRE, { 0, 1, 1, 1 } },
	{ 3, EXPIRE, { 0, 2, 0, 1 } },
	/*              reason  time   colour */
	{ 1, EXIT,   { 1,  2000000, 0 } },
	{ 1, EXIT,   { 1,  3000000, 1 } },
	{ 2, EXIT,   { 2, 10000000, 0 } },
	{ 2, EXIT,   { 3,  1000000, 1 } },
	/*              n  lateness    cycles   wait */
	{ 4, SAMPLE, { 0, 1500000000, 3600000, 1800000 } },
	{ 5, SAMPLE, { 1,    4000000,    9600, 1900000 } },
	{ 6, SAMPLE, { 2,    -500000,   -1200, 2000000 } },
};
static const struct fact after[] = {
	{ 1, EXPIRE, { 0, 0, 1, 1 } },
	{ 4, SAMPLE, { 0,    4000000,    9600, 1000000 } },
};

struct row {
	const char *text;
	enum expectation_verdict want;
	const char *actual; /* NULL: what counts is the verdict */
};

/* For variant "before". */
static const struct row rows[] = {
	/* comparisons */
	{ "count(expire) == 3", EXPECTATION_PASS, "count(expire) = 3; 3 == 3 is true" },
	{ "count(expire) == 4", EXPECTATION_FAIL, "count(expire) = 3; 3 == 4 is false" },
	{ "count(expire) != 4", EXPECTATION_PASS, NULL },
	{ "count(expire) != 3", EXPECTATION_FAIL, NULL },
	{ "count(expire) < 4", EXPECTATION_PASS, NULL },
	{ "count(expire) < 3", EXPECTATION_FAIL, NULL },
	{ "count(expire) <= 3", EXPECTATION_PASS, NULL },
	{ "count(expire) <= 2.9", EXPECTATION_FAIL, "count(expire) = 3; 3 <= 2.9 is false" },
	{ "count(expire) > 2", EXPECTATION_PASS, NULL },
	{ "count(expire) > 3", EXPECTATION_FAIL, NULL },
	{ "count(expire) >= 3", EXPECTATION_PASS, NULL },
	{ "count(expire)>=4", EXPECTATION_FAIL, NULL },
	/* units */
	{ "max(lateness) >= 1ms", EXPECTATION_PASS, "max(lateness) = 1.5 ms; 1.5 ms >= 1 ms is true" },
	{ "max(lateness) == 1500 us", EXPECTATION_PASS, NULL },
	{ "max(lateness) == 1500000ns", EXPECTATION_PASS, NULL },
	{ "max(lateness) == 1500000000ps", EXPECTATION_PASS, NULL },
	{ "max(lateness) == 0.0015s", EXPECTATION_PASS, NULL },
	{ "min(lateness) == -500ns", EXPECTATION_PASS, "min(lateness) = -500 ns; -500 ns == -500 ns is true" },
	{ "max(lateness_cycles) == 3600000 cycles", EXPECTATION_PASS, NULL },
	{ "max(lateness_cycles) < 3600000cycles", EXPECTATION_FAIL,
	  "max(lateness_cycles) = 3600000 cycles; 3600000 cycles < 3600000 cycles is false" },
	/* arithmetic: 1 + 2 * 3 = 7, (1 + 2) * 3 = 9, 3 - 1 - 1 = 1 */
	{ "count(expire) + 4 == 1 + 2 * 3", EXPECTATION_PASS, NULL },
	{ "count(expire) * 3 == (1 + 2) * 3", EXPECTATION_PASS, NULL },
	{ "count(expire) - 1 - 1 == 1", EXPECTATION_PASS, NULL },
	{ "count(expire) - (1 - 1) == 3", EXPECTATION_PASS, NULL },
	{ "-count(expire) == --3 * -1", EXPECTATION_PASS, NULL },
	{ "0.1 + 0.2 == 0.1 * count(expire)", EXPECTATION_PASS, "count(expire) = 3; 0.3 == 0.3 is true" },
	{ "2 * max(wait) - 1us == 3us", EXPECTATION_PASS, "max(wait) = 2 us; 3 us == 3 us is true" },
	{ "3 * mean(lateness) == 1503.5us", EXPECTATION_PASS, NULL },
	{ "max(wait) * max(wait) == 4us * 1us", EXPECTATION_PASS, NULL },
	{ "max(wait) - min(wait) == 200ns", EXPECTATION_PASS,
	  "max(wait) = 2 us, min(wait) = 1.8 us; 200 ns == 200 ns is true" },
	{ "max(wait) + max(wait) == 4us", EXPECTATION_PASS, "max(wait) = 2 us; 4 us == 4 us is true" },
	/* conditions */
	{ "count(expire where cpu != vcpu.cpu) == 0", EXPECTATION_FAIL,
	  "count(expire where cpu != vcpu.cpu) = 2; 2 == 0 is false" },
	{ "count(expire where not cpu != vcpu.cpu) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where n >= 1 and cpu == 0) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where n == 0 or n == 1 and cpu == 0) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where (n == 0 or n == 1) and cpu == 1) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where not (n == 0 or n == 1)) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where not n == 0 and not n == 1) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where not not n == 0) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where n == 0 or n == 1 or n == 2) == 3", EXPECTATION_PASS, NULL },
	{ "count(expire where n > 0.5) == 2", EXPECTATION_PASS, NULL },
	{ "count(expire where 1.5 < n) == 1", EXPECTATION_PASS, NULL },
	{ "count(expire where n > -1) == 3", EXPECTATION_PASS, NULL },
	{ "count(expire where when >= 2ms) == 2", EXPECTATION_PASS, NULL },
	{ "count(lateness where lateness < 0ns) == 1", EXPECTATION_PASS, NULL },
	{ "count(lateness where lateness_cycles < 0cycles) == 1", EXPECTATION_PASS, NULL },
	{ "count(lateness where wait > 1.85us and lateness > 0ns) == 1", EXPECTATION_PASS, NULL },
	{ "mean(exit where reason == CPUID) < 3us", EXPECTATION_PASS,
	  "mean(exit where reason == CPUID) = 2.5 us; 2.5 us < 3 us is true" },
	{ "count(exit where CPUID != reason) == 2", EXPECTATION_PASS, NULL },
	{ "max(exit where reason == CPUID or reason == HLT) == 10us", EXPECTATION_PASS, NULL },
	{ "count(exit where exit > 2us) == 2", EXPECTATION_PASS, NULL },
	{ "count(exit where time > 2us) == 2", EXPECTATION_PASS, NULL },
	{ "count(exit_handled where reason == HLT) == 1", EXPECTATION_PASS, NULL },
	{ "count(reason) == 4", EXPECTATION_PASS, NULL },
	{ "count(tick) == 0", EXPECTATION_PASS, NULL },
	/* no samples */
	{ "max(lateness where n == 9) < 1s", EXPECTATION_FAIL, "max(lateness where n == 9): no samples" },
	{ "max(lateness where n == 9) < max(wait)", EXPECTATION_FAIL,
	  "max(lateness where n == 9): no samples, max(wait) = 2 us" },
	/* overflow: 10^19 * 10^19 is 10^38, and 2^126 is 8.5 * 10^37 */
	{ "10000000000000000000 * 10000000000000000000 < count(expire)", EXPECTATION_ERROR,
	  "count(expire) = 3; the numbers do not fit into 128 bits" },
	/* other variants */
	{ "max(wait)[before] > 1.8 * max(wait)[after-1.x]", EXPECTATION_PASS,
	  "max(wait)[before] = 2 us, max(wait)[after-1.x] = 1 us; 2 us > 1.8 us is true" },
	{ "max(wait)[before] > 2 * max(wait)[after-1.x]", EXPECTATION_FAIL,
	  "max(wait)[before] = 2 us, max(wait)[after-1.x] = 1 us; 2 us > 2 us is false" },
	{ "count(expire where cpu != vcpu.cpu)[after-1.x] == 0", EXPECTATION_PASS, NULL },
	{ "count(tick) == 1", EXPECTATION_FAIL, "count(tick) = 0; 0 == 1 is false" },
};

struct bad_row {
	const char *text;
	unsigned column; /* from 1, within the text */
	const char *want;
};

static const struct bad_row bad_rows[] = {
	/* syntax */
	{ "", 1, "expected a number, '-', '(' or an aggregate such as max(lateness), found the end" },
	{ "count(expire)", 14, "expected one of == != < <= > >=, found the end" },
	{ "count(expire) = 1", 15, "expected one of == != < <= > >=, found '='" },
	{ "count(expire) == ", 18, "expected a number, '-', '(' or an aggregate such as max(lateness), found the end" },
	{ "count(expire) == 1 2", 20, "expected the end, found '2'" },
	{ "0 < count(expire) < 3", 19, "expected the end, found '<'" },
	{ "(count(expire) == 1", 16, "expected '+', '-', '*' or ')', found '=='" },
	{ "count(expire) / 2 == 1", 15, "expected one of == != < <= > >=, found '/'" },
	{ "count expire == 1", 7, "expected '(' and a metric, found 'expire'" },
	{ "count() == 1", 7, "expected a metric, found ')'" },
	{ "count(expire == 1", 14, "expected 'where' or ')', found '=='" },
	{ "count(expire where) == 1", 19, "expected a field, a number or a name, found ')'" },
	{ "count(expire where cpu) == 1", 23, "expected a comparison, found ')'" },
	{ "count(expire where cpu == ) == 1", 27, "expected a field, a number or a name, found ')'" },
	{ "count(expire where cpu == 1 and) == 1", 32, "expected a field, a number or a name, found ')'" },
	{ "count(expire where cpu == 1 vcpu == 1) == 1", 29, "expected 'and', 'or' or ')', found 'vcpu'" },
	{ "count(expire where 0 < cpu < 2) == 1", 28, "expected 'and', 'or' or ')', found '<'" },
	{ "count(expire where (cpu == 1) == 1", 31, "expected 'and', 'or' or ')', found '=='" },
	{ "count(expire) == \xc3\xa9", 18, "expected a number, '-', '(' or an aggregate such as max(lateness), found '\xc3\xa9'" },
	{ "\xc3\xa9 == 1", 1, "expected a number, '-', '(' or an aggregate such as max(lateness), found '\xc3\xa9'" },
	{ "1 < 2", 1, "measures nothing; write e.g. max(lateness) < 20us" },
	/* numbers */
	{ "count(expire) == 1.", 18, "'1.' is not a number; write e.g. 1.5" },
	{ "count(expire) == 1.2.3", 18, "'1.2.3' is not a number; write e.g. 1.5" },
	{ "count(expire) == 1e9", 19, "'e9' is not a unit; one of ns, us, ms, s, ps, cycles" },
	{ "max(lateness) < 20usec", 19, "'usec' is not a unit; one of ns, us, ms, s, ps, cycles" },
	{ "count(expire) < 123456789012345678901", 17, "a number has at most 20 digits, 15 of them decimals" },
	{ "count(expire) < 0.1234567890123456", 17, "a number has at most 20 digits, 15 of them decimals" },
	/* names */
	{ "maxx(lateness) < 1us", 1, "unknown aggregate 'maxx'; did you mean 'max'?" },
	{ "total(lateness) < 1us", 1,
	  "unknown aggregate 'total'; one of count, min, max, mean, pNN, first, last, settled, settle_time" },
	{ "p100(lateness) < 1us", 1,
	  "unknown aggregate 'p100'; one of count, min, max, mean, pNN, first, last, settled, settle_time" },
	{ "p0(lateness) < 1us", 1, "unknown aggregate 'p0'; one of count, min, max, mean, pNN, first, last, settled, settle_time" },
	{ "max(latenes) < 1us", 5, "unknown metric 'latenes'; did you mean 'lateness'?" },
	{ "count(exit_handle) == 1", 7, "unknown metric 'exit_handle'; did you mean 'exit_handled'?" },
	{ "count(zzz) == 1", 7, "unknown metric 'zzz'; one of expire, exit, reason, lateness, lateness_cycles, wait, "
	  "lapic_expire, exit_handled, lapic_sample, tick" },
	{ "max(expire) == 1", 5, "'expire' has no value: it can only be counted" },
	{ "max(exit_handled) == 1", 5, "'exit_handled' has no value: it can only be counted" },
	{ "max(reason) == 1", 5, "'reason' has no value: it can only be counted" },
	{ "count(expire where vcpu.cup == 1) == 1", 20, "'lapic_expire' has no field 'vcpu.cup'; did you mean 'vcpu.cpu'?" },
	{ "count(expire where 1 == zzzz) == 1", 25, "'lapic_expire' has no field 'zzzz'; one of vcpu, n, cpu, vcpu.cpu, cpu, when" },
	{ "count(exit where reason == CPUIDX) == 1", 28, "'reason' has no value 'CPUIDX'; did you mean 'CPUID'?" },
	{ "count(exit where ZZZZZZ == reason) == 1", 18,
	  "'reason' has no value 'ZZZZZZ'; one of EXTERNAL_INTERRUPT, CPUID, HLT, MSR_WRITE" },
	{ "count(exit where reason == 1) == 1", 28, "'reason' is compared with one of its names, not with a number" },
	{ "count(exit where time == reason) == 1", 18, "'reason' is compared with one of its names, not with a number" },
	{ "count(exit where reason < HLT) == 1", 25, "'reason' has names, which are not ordered: use == or !=" },
	{ "count(exit where reason == colour) == 1", 28, "'reason' and 'colour' have different names" },
	{ "count(exit where 1 == 1) == 1", 18, "compares two numbers, and no field" },
	/* units */
	{ "max(lateness) < 20", 15, "cannot compare a time and a plain number; a number takes its unit: ns, us, ms, s, ps, cycles" },
	{ "max(lateness) < 0", 15, "cannot compare a time and a plain number; a number takes its unit: ns, us, ms, s, ps, cycles" },
	{ "max(lateness) < 20 cycles", 15, "cannot compare a time and cycles" },
	{ "max(lateness_cycles) < 20ns", 22, "cannot compare cycles and a time" },
	{ "count(lateness) < 20ns", 17,
	  "cannot compare a plain number and a time; a number takes its unit: ns, us, ms, s, ps, cycles" },
	{ "max(lateness) + count(expire) < 20ns", 15,
	  "cannot add a time and a plain number; a number takes its unit: ns, us, ms, s, ps, cycles" },
	{ "max(lateness) - max(lateness_cycles) < 20ns", 15, "cannot subtract a time and cycles" },
	{ "max(lateness) * 1us < 20ns", 21, "cannot compare a product of units and a time" },
	{ "settle_time(lateness_cycles) < 20 cycles", 30, "cannot compare a time and cycles" },
	{ "count(lateness where lateness < 0) == 1", 31,
	  "cannot compare a time and a plain number; a number takes its unit: ns, us, ms, s, ps, cycles" },
	{ "count(lateness where lateness_cycles < lateness) == 1", 38, "cannot compare cycles and a time" },
	{ "1s*1s*1s*1s*1s*1s*1s*1s*1s < count(expire)", 24, "too high a power of a unit" },
	/* variants and tables */
	{ "max(wait)[befor] < 1us", 11, "unknown variant 'befor'; did you mean 'before'?" },
	{ "max(wait)[zzzzzz] < 1us", 11, "unknown variant 'zzzzzz'; one of before, after-1.x" },
	{ "max(wait)[before < 1us", 10, "expected a variant and ']' after '['" },
	{ "max(wait)[before] > max(wait)", 1, "'max(wait)' names no [variant], but others here do" },
	{ "count(expire where recorded.cpu != cpu) == 0", 20, "'recorded.cpu': this expectation has no table of recorded values" },
};
/* clang-format on */

static void feed(struct aggregate_set *set, const struct fact *facts, size_t n)
{
	struct trace_sink *sink = aggregate_set_sink(set);

	for (size_t i = 0; i < n; i++) {
		struct trace_record rec = {
			.when = ps(facts[i].at_ms * PS_PER_MS),
			.event = facts[i].event,
			.n_values = all_events[facts[i].event].n_fields,
		};

		for (size_t k = 0; k < G_N_ELEMENTS(facts[i].value); k++)
			rec.value[k] = (uint64_t)facts[i].value[k];
		sink->record(sink, &rec);
	}
}

static const struct source_pos nowhere;

static struct expectation *parse(const char *text)
{
	struct diagnostics d;
	struct expectation *exp;

	diagnostics_init(&d);
	exp = expectation_parse(&d, &context, &nowhere, text, NULL);
	assert_string_equal(d.text->str, "");
	diagnostics_clear(&d);
	return exp;
}

/* Runs "before" and, unless @without_after, "after-1.x"; evaluates for "before". */
static void eval(const char *text, bool without_after, struct expectation_outcome *ret)
{
	struct expectation *exp = parse(text);
	struct aggregate_set *sets[] = { aggregate_set_new(&schema), aggregate_set_new(&schema) };
	const struct aggregate_set *done[] = { sets[0], without_after ? NULL : sets[1] };

	for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++)
		expectation_request(exp, sets[i], i);
	feed(sets[0], before, G_N_ELEMENTS(before));
	feed(sets[1], after, G_N_ELEMENTS(after));
	expectation_eval(exp, 0, done, ret);
	aggregate_set_free(sets[0]);
	aggregate_set_free(sets[1]);
	expectation_free(exp);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct expectation_outcome outcome;

	eval(row->text, false, &outcome);
	assert_string_equal(outcome.expected->str, row->text);
	if (row->actual)
		assert_string_equal(outcome.actual->str, row->actual);
	assert_string_equal(expectation_verdict_name(outcome.verdict),
			    expectation_verdict_name(row->want));
	expectation_outcome_clear(&outcome);
}

static void check_bad(void **state)
{
	const struct bad_row *row = *state;
	g_autofree char *text = g_strdup_printf("expect:\nthat: \"%s\"\n", row->text);
	struct source source = { .name = (char *)"s.yaml", .text = text, .length = strlen(text) };
	const struct source_pos at = { &source, 2, 8 };
	g_autofree char *want =
		g_strdup_printf("s.yaml:2:%u: error: %s\n  that: \"%s\"\n  %*s^\n", row->column + 7,
				row->want, row->text, (int)row->column + 6, "");
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(expectation_parse(&d, &context, &at, row->text, NULL));
	assert_string_equal(d.text->str, want);
	assert_int_equal(d.n, 1);
	diagnostics_clear(&d);
}

/* All that a report shows of a failure. */
static void a_failure_names_its_samples(void **state)
{
	static const char text[] =
		"max(lateness where n < 9) < 20us - min(lateness) * count(expire)";
	struct expectation_outcome outcome;

	eval(text, false, &outcome);
	assert_int_equal(outcome.verdict, EXPECTATION_FAIL);
	assert_string_equal(outcome.expected->str, text);
	assert_string_equal(outcome.actual->str,
			    "max(lateness where n < 9) = 1.5 ms, min(lateness) = -500 ns, "
			    "count(expire) = 3; 1.5 ms < 21.5 us is false");
	assert_string_equal(outcome.sample->str,
			    "max(lateness where n < 9): 1.5 ms at 4 ms (entity 0, CPU 0, n 0)\n"
			    "min(lateness): -500 ns at 6 ms (entity 0, CPU 0, n 2)\n"
			    "count(expire): at 1 ms (entity 0, CPU 0, n 0)");
	expectation_outcome_clear(&outcome);
}

static void a_variant_that_did_not_run_gives_no_verdict(void **state)
{
	struct expectation_outcome outcome;

	eval("max(wait)[before] > max(wait)[after-1.x]", true, &outcome);
	assert_int_equal(outcome.verdict, EXPECTATION_NOT_RUN);
	assert_string_equal(outcome.actual->str, "variant 'after-1.x' was not run");
	expectation_outcome_clear(&outcome);
}

static void crossing_variants_takes_no_only(void **state)
{
	static const char text[] = "max(wait)[before] > max(wait)[after-1.x]";
	struct source source = { .name = (char *)"s.yaml",
				 .text = (char *)"only: x\n",
				 .length = 8 };
	const struct source_pos only = { &source, 1, 1 };
	struct expectation *crossing = parse(text), *plain = parse("max(wait) > 0ns");
	struct diagnostics d;

	assert_true(expectation_crosses_variants(crossing));
	assert_false(expectation_crosses_variants(plain));
	diagnostics_init(&d);
	assert_null(expectation_parse(&d, &context, &nowhere, text, &only));
	assert_string_equal(d.text->str,
			    "s.yaml:1:1: error: an expectation with [variant] is checked "
			    "once: no 'only' or 'not'\n  only: x\n  ^\n");
	diagnostics_clear(&d);
	expectation_free(crossing);
	expectation_free(plain);
}

static void check_message(const struct expectation_context *ctx, const char *text, const char *want)
{
	g_autofree char *whole = g_strdup_printf("lapicsim: error: %s\n", want);
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(expectation_parse(&d, ctx, &nowhere, text, NULL));
	assert_string_equal(d.text->str, whole);
	diagnostics_clear(&d);
}

static void columns_are_checked(void **state)
{
	static const char csv[] = "i,cpu,tsc\n0,0,5\n1,1,6\n2,0,7\n";
	struct expectation_context ctx = context;
	struct integer_table *table;
	struct expectation *exp;
	struct diagnostics d;

	diagnostics_init(&d);
	ctx.table = table = integer_table_parse(&d, csv, strlen(csv), "x.csv");
	check_message(&ctx, "count(expire where recorded.cup != cpu) == 0",
		      "the recorded table has no column 'cup'; did you mean 'cpu'?");
	check_message(&ctx, "count(exit where recorded.cpu != 0) == 0",
		      "'recorded.cpu': 'exit_handled' has no field 'n' that chooses a row");
	check_message(&ctx, "count(lateness where recorded.tsc < lateness) == 0",
		      "cannot compare a plain number and a time; a number takes its unit: ns, us, "
		      "ms, s, ps, cycles");
	exp = expectation_parse(&d, &ctx, &nowhere, "count(expire where recorded.cpu != cpu) == 0",
				NULL);
	assert_non_null(exp);

	struct aggregate_set *set = aggregate_set_new(&schema);
	const struct aggregate_set *sets[] = { set };
	const struct fact unknown = { 7, EXPIRE, { 0, 3, 0, 1 } };
	struct expectation_outcome outcome;

	expectation_request(exp, set, 0);
	feed(set, before, G_N_ELEMENTS(before)); /* CPUs 0, 1, 0, as recorded */
	expectation_eval(exp, 0, sets, &outcome);
	assert_int_equal(outcome.verdict, EXPECTATION_PASS);
	expectation_outcome_clear(&outcome);
	feed(set, &unknown, 1);
	expectation_eval(exp, 0, sets, &outcome);
	assert_int_equal(outcome.verdict, EXPECTATION_ERROR);
	assert_string_equal(outcome.actual->str, "count(expire where recorded.cpu != cpu): no row "
						 "i = 3 in the recorded table");
	assert_string_equal(outcome.sample->str, "count(expire where recorded.cpu != cpu): at 7 ms "
						 "(entity 0, CPU 0, n 3)");
	expectation_outcome_clear(&outcome);
	aggregate_set_free(set);
	expectation_free(exp);
	integer_table_free(table);
	diagnostics_clear(&d);
}

/* @open repeated @n times around @middle, closed by @close as often. */
static char *nest(const char *open, unsigned n, const char *middle, const char *close)
{
	GString *s = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append(s, open);
	g_string_append(s, middle);
	for (unsigned i = 0; i < n; i++)
		g_string_append(s, close);
	return g_string_free(s, FALSE);
}

static void depth_and_length_have_limits(void **state)
{
	const unsigned max = EXPECTATION_DEPTH_MAX;
	g_autofree char *fits = nest("(1 + 1 * ", max, "count(tick)", ")");
	g_autofree char *fits_that = g_strdup_printf("%s == %u", fits, max); /* 1 + 1 * (..) */
	g_autofree char *over = nest("(", max + 1, "count(tick)", ")");
	g_autofree char *signs = nest("-", max + 1, "count(tick)", "");
	g_autofree char *nots = nest("not ", max + 1, "n == 0) == 0", "");
	g_autofree char *nots_that = g_strdup_printf("count(expire where %s", nots);
	g_autofree char *deep = nest("(", max + 1, "n == 0", ")");
	g_autofree char *deep_that = g_strdup_printf("count(expire where %s) == 0", deep);
	g_autofree char *chain = nest("1 + ", 1000, "count(tick) == 1000", "");
	g_autofree char *beside = nest("(1) + - -1 + ", max, "count(tick)", "");
	g_autofree char *beside_that = g_strdup_printf("%s == %u", beside, 2 * max);
	g_autofree char *terms = nest("(n == 0) and not not n == 0 and ", max, "n == 0) == 1", "");
	g_autofree char *terms_that = g_strdup_printf("count(expire where %s", terms);
	g_autofree char *blanks = nest(" ", EXPECTATION_TEXT_MAX, "", "");
	const char *const good[] = { fits_that, chain, beside_that, terms_that };

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct expectation_outcome outcome;

		eval(good[i], false, &outcome);
		assert_int_equal(outcome.verdict, EXPECTATION_PASS);
		expectation_outcome_clear(&outcome);
	}
	check_message(&context, over, "nested more than 32 deep");
	check_message(&context, signs, "nested more than 32 deep");
	check_message(&context, nots_that, "nested more than 32 deep");
	check_message(&context, deep_that, "nested more than 32 deep");
	check_message(
		&context, blanks,
		"expected a number, '-', '(' or an aggregate such as max(lateness), found the end");
	g_autofree char *too_long = g_strconcat(blanks, " ", NULL);

	check_message(&context, too_long, "longer than 4096 bytes");
}

static void an_aggregate_alone_is_nothing_more(void **state)
{
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(aggregate_parse(&d, &context, &nowhere, "count(expire) == 1"));
	assert_null(aggregate_parse(&d, &context, &nowhere, "1"));
	assert_string_equal(d.text->str,
			    "lapicsim: error: expected the end, found '=='\n"
			    "lapicsim: error: expected an aggregate such as max(lateness), "
			    "found '1'\n");
	diagnostics_clear(&d);
}

static void a_known_miss_must_miss(void **state)
{
	static const struct {
		enum expectation_verdict is, becomes;
		const char *actual;
	} outcomes[] = {
		{ EXPECTATION_FAIL, EXPECTATION_MISS, "1 == 2 is false" },
		{ EXPECTATION_PASS, EXPECTATION_FAIL,
		  "1 == 2 is false; it holds, so `miss` must go" },
		{ EXPECTATION_ERROR, EXPECTATION_ERROR, "1 == 2 is false" },
		{ EXPECTATION_NOT_RUN, EXPECTATION_NOT_RUN, "1 == 2 is false" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		struct expectation_outcome outcome = { .verdict = outcomes[i].is,
						       .actual = g_string_new("1 == 2 is false") };

		expectation_missed(&outcome);
		assert_int_equal(outcome.verdict, outcomes[i].becomes);
		assert_string_equal(outcome.actual->str, outcomes[i].actual);
		g_string_free(outcome.actual, TRUE);
	}
	assert_string_equal(expectation_verdict_name(EXPECTATION_MISS), "miss");
}

/* The tables of the manual come from the tables of the program. */
static void the_manual_lists_everything(void **state)
{
	static const char *const wanted[] = {
		"## Expectations\n",
		"| `settle_time` | ",
		"| `lateness` | time | handler after deadline | `n`, `lateness`, ",
		"| `expire` | only counted | the host timer's callback | `vcpu`, `n`, ",
		"| `lateness_cycles` | guest cycles | ",
		"| `tick` | none |\n",
	};
	GString *out = g_string_new(NULL);

	expectation_docs(out, &schema, metrics, G_N_ELEMENTS(metrics));
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		assert_non_null(strstr(out->str, wanted[i]));
	g_string_free(out, TRUE);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(a_failure_names_its_samples),
		cmocka_unit_test(a_variant_that_did_not_run_gives_no_verdict),
		cmocka_unit_test(crossing_variants_takes_no_only),
		cmocka_unit_test(columns_are_checked),
		cmocka_unit_test(depth_and_length_have_limits),
		cmocka_unit_test(an_aggregate_alone_is_nothing_more),
		cmocka_unit_test(a_known_miss_must_miss),
		cmocka_unit_test(the_manual_lists_everything),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(bad_rows) + G_N_ELEMENTS(others)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].text,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(bad_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = *bad_rows[i].text ? bad_rows[i].text
									    : "nothing",
						  .test_func = check_bad,
						  .initial_state = (void *)&bad_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[n++] = others[i];
	return cmocka_run_group_tests_name("expectation", tests, NULL, NULL);
}
