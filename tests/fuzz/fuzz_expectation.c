// SPDX-License-Identifier: MIT
/*
 * fuzz_expectation - any text as an expectation (of several lines: as the steps of a sequence), as
 * a metric of a sweep, and as an aggregate; judged over records of every event, small values and
 * the greatest. It is refused with one error, or has a verdict; and a comparison is worth 1 as a
 * metric if it holds as an expectation, 0 if it does not.
 */
#include "expectation.h"
#include "metrics.h"
#include "text.h"
#include "tracepoints.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define STEPS_MAX 40u /* more than a sequence may have */
#define ROUNDS 6u     /* records of each event and variant */

static const char *const variants[] = { "before", "after", NULL };
static const char table_text[] = "i,cpu,lateness\n0,1,-5\n1,0,9223372036854775807\n3,2,0\n";
static struct integer_table *table;
static struct expectation_context context;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct diagnostics d;

	diagnostics_init(&d);
	table = integer_table_parse(&d, table_text, strlen(table_text), "t.csv");
	g_assert(table);
	diagnostics_clear(&d);
	context = (struct expectation_context){ .schema = &lapicsim_schema,
						.variants = variants,
						.table = table };
	context.metrics = metrics_all(&context.n_metrics);
	return 0;
}

static uint64_t value_of(const struct trace_field *field, uint64_t round, uint64_t variant)
{
	static const uint64_t values[] = {
		0, 1, 1000, 2500000, (uint64_t)-300, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN,
	};

	if (field->type == TRACE_NAME)
		return (round + variant) % field->n_names;
	if (strcmp(field->name, "n") == 0)
		return round;
	return values[(round + variant) % G_N_ELEMENTS(values)];
}

static void feed(struct trace_sink *sink, uint64_t variant)
{
	for (uint64_t i = 0; i < ROUNDS * lapicsim_schema.n_events; i++) {
		const struct trace_event *ev = lapicsim_schema.events[i % lapicsim_schema.n_events];
		struct trace_record rec = { .when = ps(i * 1000000),
					    .event = ev->id,
					    .entity = (uint32_t)(i % 3),
					    .cpu = (uint32_t)(i % 2),
					    .n_values = ev->n_fields };

		for (uint32_t k = 0; k < ev->n_fields; k++)
			rec.value[k] =
				value_of(&ev->fields[k], i / lapicsim_schema.n_events + k, variant);
		sink->record(sink, &rec);
	}
}

static enum expectation_verdict judge(const struct expectation *exp)
{
	struct aggregate_set *sets[] = { aggregate_set_new(&lapicsim_schema),
					 aggregate_set_new(&lapicsim_schema) };
	const struct aggregate_set *done[] = { sets[0], sets[1] };
	struct expectation_outcome outcome;

	for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
		expectation_request(exp, sets[i], i);
		feed(aggregate_set_sink(sets[i]), i);
	}
	expectation_eval(exp, 0, done, &outcome);

	const enum expectation_verdict verdict = outcome.verdict;

	g_assert(verdict == EXPECTATION_PASS || verdict == EXPECTATION_FAIL ||
		 verdict == EXPECTATION_ERROR);
	g_assert(outcome.expected->len && outcome.actual->len);
	expectation_outcome_clear(&outcome);
	for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++)
		aggregate_set_free(sets[i]);
	return verdict;
}

static bool worth(const struct expectation *exp, struct exact *ret)
{
	struct aggregate_set *set = aggregate_set_new(&lapicsim_schema);
	g_autoptr(GString) why = g_string_new(NULL);

	expectation_request(exp, set, 0);
	feed(aggregate_set_sink(set), 0);

	const bool there = expression_eval(exp, set, ret, why);

	g_assert(there == (why->len == 0));
	g_assert(!strchr(why->str, '\n'));
	aggregate_set_free(set);
	return there;
}

/* A comparison of one variant: the two ways to compute it agree. */
static void compare(const struct expectation *exp, const struct expectation *sum)
{
	const enum expectation_verdict verdict = judge(exp);
	struct exact value;

	if (!worth(sum, &value)) {
		g_assert(verdict != EXPECTATION_PASS);
		return;
	}
	g_assert(value.den == 1 && (value.num == 0 || value.num == 1));
	g_assert(verdict == (value.num ? EXPECTATION_PASS : EXPECTATION_FAIL));
}

static void one_line(const char *text, const struct source_pos *at)
{
	struct diagnostics d[3];

	for (unsigned i = 0; i < G_N_ELEMENTS(d); i++)
		diagnostics_init(&d[i]);

	struct expectation *exp = expectation_parse(&d[0], &context, at, text, NULL);
	struct expectation *sum = expression_parse(&d[1], &context, at, text);
	struct aggregate *aggregate = aggregate_parse(&d[2], &context, at, text);

	g_assert(!exp == (d[0].n == 1) && !sum == (d[1].n == 1) && !aggregate == (d[2].n == 1));
	if (exp && sum && !expectation_crosses_variants(exp)) {
		compare(exp, sum);
	} else {
		struct exact value;

		if (exp)
			judge(exp);
		if (sum && worth(sum, &value))
			g_assert(value.den > 0);
	}
	expectation_free(exp);
	expectation_free(sum);
	if (aggregate)
		aggregate_free(aggregate);
	for (unsigned i = 0; i < G_N_ELEMENTS(d); i++)
		diagnostics_clear(&d[i]);
}

static void steps(char *text, const struct source *source)
{
	struct sequence_text step[STEPS_MAX];
	struct diagnostics d;
	uint32_t n = 0;

	for (char *line = strtok(text, "\n"); line && n < STEPS_MAX; line = strtok(NULL, "\n"), n++)
		step[n] = (struct sequence_text){ line, { source, n + 1, 1 } };
	if (n < 2)
		return;
	diagnostics_init(&d);

	struct expectation *exp = expectation_parse_sequence(&d, &context, step, n);

	g_assert((exp == NULL) == (d.n > 0));
	if (exp)
		judge(exp);
	expectation_free(exp);
	diagnostics_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	struct diagnostics d;

	diagnostics_init(&d);

	struct source *source = text_from("x.yaml", text, TEXT_CSV, &d);

	/* Only what can stand in a file gets to the parsers; the others are asked all the same. */
	if (source && strchr(text, '\n'))
		steps(text, source);
	else
		one_line(text, &(struct source_pos){ source, source ? 1 : 0, 1 });
	source_free(source);
	diagnostics_clear(&d);
	return 0;
}
