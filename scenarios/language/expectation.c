/* SPDX-License-Identifier: MIT */
#include "expectation_private.h"
#include "expectation_tokens.h"

#include <string.h>

void expectation_free(struct expectation *exp)
{
	if (!exp)
		return;
	g_free(exp->text);
	sequence_free(exp->sequence);
	g_ptr_array_free(exp->aggregates, TRUE);
	g_array_free(exp->left, TRUE);
	g_array_free(exp->right, TRUE);
	g_free(exp);
}

bool expectation_crosses_variants(const struct expectation *exp) { return exp->crosses; }

const struct aggregate *expectation_aggregate(const struct expectation *exp, size_t i)
{
	return i < exp->aggregates->len ? exp->aggregates->pdata[i] : NULL;
}

static void free_run(struct trace_sink *sink)
{
	sequence_run_free((struct sequence_run *)sink); /* its first member */
}

void expectation_request(const struct expectation *exp, struct aggregate_set *set, unsigned variant)
{
	if (exp->sequence && !aggregate_set_follower(set, exp->sequence))
		aggregate_set_follow(set, exp->sequence,
				     sequence_run_sink(sequence_run_new(exp->sequence)), free_run);
	for (guint i = 0; i < exp->aggregates->len; i++) {
		const struct aggregate *a = exp->aggregates->pdata[i];

		if (a->variant < 0 || (unsigned)a->variant == variant)
			aggregate_set_add(set, a);
	}
}

/* @values: by aggregate. False: 128 bits are too few. */
static bool eval_terms(const GArray *terms, const struct exact *values, struct exact *ret)
{
	struct exact stack[TERM_STACK_MAX];
	unsigned n = 0;
	bool ok = true;

	for (guint i = 0; ok && i < terms->len; i++) {
		const struct term *t = &g_array_index(terms, struct term, i);
		const struct exact zero = exact_integer(0, n ? stack[n - 1].unit : EXACT_PLAIN);

		g_assert(n < TERM_STACK_MAX);
		switch (t->code) {
		case TERM_NUMBER: stack[n++] = t->number; break;
		case TERM_AGGREGATE: stack[n++] = values[t->aggregate]; break;
		case TERM_NEG: ok = exact_sub(&zero, &stack[n - 1], &stack[n - 1]); break;
		case TERM_ADD:
			n--;
			ok = exact_add(&stack[n - 1], &stack[n], &stack[n - 1]);
			break;
		case TERM_SUB:
			n--;
			ok = exact_sub(&stack[n - 1], &stack[n], &stack[n - 1]);
			break;
		case TERM_MUL:
			n--;
			ok = exact_mul(&stack[n - 1], &stack[n], &stack[n - 1]);
			break;
		}
	}
	*ret = stack[0];
	return ok;
}

static const struct aggregate_set *set_of(const struct aggregate *a, unsigned variant,
					  const struct aggregate_set *const *sets)
{
	return sets[a->variant >= 0 ? (unsigned)a->variant : variant];
}

/* The same aggregate written twice is reported once. */
static bool was_before(const struct expectation *exp, guint i)
{
	const struct aggregate *a = exp->aggregates->pdata[i];

	for (guint j = 0; j < i; j++) {
		const struct aggregate *b = exp->aggregates->pdata[j];

		if (!strcmp(a->text, b->text))
			return true;
	}
	return false;
}

static void append_sample(GString *out, const struct aggregate *a,
			  const struct aggregate_result *result)
{
	if (!result->has_sample)
		return;
	if (out->len)
		g_string_append_c(out, '\n');
	g_string_append_printf(out, "%s: ", a->text);
	aggregate_sample_text(out, a, &result->sample);
}

/* Of the events with a number these number deadlines. */
static bool counts_deadlines(const struct trace_event *event)
{
	return g_str_has_prefix(event->name, "lapic_") || !strcmp(event->name, "busy_wait") ||
	       !strcmp(event->name, "timer_advance");
}

static void keep_deadline(const struct aggregate *a, const struct aggregate_result *result,
			  struct expectation_outcome *ret)
{
	if (ret->has_deadline || !result->has_sample || !result->sample.has_n ||
	    !counts_deadlines(a->stream.event))
		return;
	ret->has_deadline = true;
	ret->vcpu = result->sample.entity;
	ret->n = result->sample.n;
}

/* Reads all aggregates into @values and the texts; the verdict is PASS if all of them have one. */
static void read_aggregates(const struct expectation *exp, unsigned variant,
			    const struct aggregate_set *const *sets, struct exact *values,
			    struct expectation_outcome *ret)
{
	for (guint i = 0; i < exp->aggregates->len; i++) {
		const struct aggregate *a = exp->aggregates->pdata[i];
		struct aggregate_result result;
		const enum aggregate_status status =
			aggregate_read(set_of(a, variant, sets), a, &result);

		values[i] = result.value;
		if (status == AGGREGATE_NO_SAMPLES && ret->verdict == EXPECTATION_PASS)
			ret->verdict = EXPECTATION_FAIL;
		else if (status != AGGREGATE_OK && status != AGGREGATE_NO_SAMPLES)
			ret->verdict = EXPECTATION_ERROR;
		if (was_before(exp, i))
			continue;
		g_string_append_printf(ret->actual, "%s%s%s", i ? ", " : "", a->text,
				       status == AGGREGATE_OK ? " = " : ": ");
		if (status == AGGREGATE_OK)
			exact_format(ret->actual, &result.value);
		else
			aggregate_status_text(ret->actual, status, &result);
		append_sample(ret->sample, a, &result);
		keep_deadline(a, &result, ret);
	}
}

static void compare_sides(const struct expectation *exp, const struct exact *values,
			  struct expectation_outcome *ret)
{
	struct exact left, right;
	int order;

	if (!eval_terms(exp->left, values, &left) || !eval_terms(exp->right, values, &right) ||
	    !exact_compare(&left, &right, &order)) {
		ret->verdict = EXPECTATION_ERROR;
		g_string_append(ret->actual, "; the numbers do not fit into 128 bits");
		return;
	}
	if (!comparison_holds(exp->cmp, order))
		ret->verdict = EXPECTATION_FAIL;
	g_string_append(ret->actual, "; ");
	exact_format(ret->actual, &left);
	g_string_append_printf(ret->actual, " %s ", comparison_text[exp->cmp]);
	exact_format(ret->actual, &right);
	g_string_append(ret->actual, ret->verdict == EXPECTATION_PASS ? " is true" : " is false");
}

static void judge_sequence(const struct expectation *exp, const struct aggregate_set *set,
			   struct expectation_outcome *ret)
{
	const struct trace_sink *run = set ? aggregate_set_follower(set, exp->sequence) : NULL;

	if (run) {
		ret->verdict = sequence_run_judge((const struct sequence_run *)run, ret->actual,
						  ret->sample);
		return;
	}
	ret->verdict = EXPECTATION_NOT_RUN;
	g_string_append(ret->actual, "the variant was not run");
}

static bool all_ran(const struct expectation *exp, unsigned variant,
		    const struct aggregate_set *const *sets, GString *why)
{
	for (guint i = 0; i < exp->aggregates->len; i++) {
		const struct aggregate *a = exp->aggregates->pdata[i];
		const unsigned wanted = a->variant >= 0 ? (unsigned)a->variant : variant;

		if (set_of(a, variant, sets))
			continue;
		g_string_append_printf(why, "variant '%s' was not run",
				       exp->variants ? exp->variants[wanted] : "");
		return false;
	}
	return true;
}

void expectation_eval(const struct expectation *exp, unsigned variant,
		      const struct aggregate_set *const *sets, struct expectation_outcome *ret)
{
	g_autofree struct exact *values = g_new0(struct exact, exp->aggregates->len);

	*ret = (struct expectation_outcome){
		.verdict = EXPECTATION_PASS,
		.expected = g_string_new(exp->text),
		.actual = g_string_new(NULL),
		.sample = g_string_new(NULL),
	};
	if (exp->sequence) {
		judge_sequence(exp, sets[variant], ret);
		return;
	}
	if (!all_ran(exp, variant, sets, ret->actual)) {
		ret->verdict = EXPECTATION_NOT_RUN;
		return;
	}
	read_aggregates(exp, variant, sets, values, ret);
	if (ret->verdict == EXPECTATION_PASS)
		compare_sides(exp, values, ret);
}

struct exact_unit expression_unit(const struct expectation *exp) { return exp->unit; }

bool expression_eval(const struct expectation *exp, const struct aggregate_set *set,
		     struct exact *ret, GString *why)
{
	g_autofree struct exact *values = g_new0(struct exact, exp->aggregates->len);
	struct exact left, right;
	int order = 0;

	for (guint i = 0; i < exp->aggregates->len; i++) {
		const struct aggregate *a = exp->aggregates->pdata[i];
		struct aggregate_result result;
		const enum aggregate_status status = aggregate_read(set, a, &result);

		values[i] = result.value;
		if (status == AGGREGATE_OK)
			continue;
		aggregate_status_text(why, status, &result);
		return false;
	}
	bool ok = eval_terms(exp->left, values, &left);

	if (ok && exp->compares)
		ok = eval_terms(exp->right, values, &right) && exact_compare(&left, &right, &order);
	if (!ok)
		g_string_append(why, "the numbers do not fit into 128 bits");
	else if (exp->compares)
		*ret = exact_integer(comparison_holds(exp->cmp, order), EXACT_PLAIN);
	else
		*ret = left;
	return ok;
}

void expectation_outcome_clear(struct expectation_outcome *outcome)
{
	g_string_free(outcome->expected, TRUE);
	g_string_free(outcome->actual, TRUE);
	g_string_free(outcome->sample, TRUE);
	*outcome = (struct expectation_outcome){ 0 };
}

void expectation_missed(struct expectation_outcome *outcome)
{
	if (outcome->verdict == EXPECTATION_FAIL) {
		outcome->verdict = EXPECTATION_MISS;
	} else if (outcome->verdict == EXPECTATION_PASS) {
		outcome->verdict = EXPECTATION_FAIL;
		g_string_append(outcome->actual, "; it holds, so `miss` must go");
	}
}

const char *expectation_verdict_name(enum expectation_verdict verdict)
{
	static const char *const names[] = { "pass", "fail", "error", "not run", "miss" };

	return names[verdict];
}

static const char *unit_text(enum dimension dim)
{
	static const char *const texts[] = { "plain number", "time", "guest cycles", "time" };

	return texts[dim];
}

static void append_fields(GString *out, const struct trace_event *ev)
{
	for (uint32_t i = 0; i < ev->n_fields; i++)
		g_string_append_printf(out, "%s`%s`", i ? ", " : "", ev->fields[i].name);
	if (!ev->n_fields)
		g_string_append(out, "none");
}

static void append_metrics(GString *out, const struct trace_schema *schema,
			   const struct metric *metrics, size_t n_metrics)
{
	g_string_append(out, "### Metrics\n\n"
			     "| metric | unit | what it is | fields for `where` |\n"
			     "| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n_metrics; i++) {
		const struct metric *m = &metrics[i];

		g_string_append_printf(out, "| `%s` | %s | %s | ", m->name,
				       m->field ? unit_text(m->dim) : "only counted", m->help);
		append_fields(out, trace_event_by_name(schema, m->event));
		g_string_append(out, " |\n");
	}
	g_string_append(out, "\nEvery event below can be counted under its own name, as in "
			     "`count(EVENT where FIELD == 1)`.\n\n"
			     "| event | fields for `where` |\n| --- | --- |\n");
	for (uint32_t i = 0; i < schema->n_events; i++) {
		g_string_append_printf(out, "| `%s` | ", schema->events[i]->name);
		append_fields(out, schema->events[i]);
		g_string_append(out, " |\n");
	}
}

static void append_sequences(GString *out)
{
	g_string_append_printf(
		out,
		"### Sequences\n\n"
		"In place of `that`, `sequence` is a list of events that follow one another:\n\n"
		"```\n"
		"- id: at-once\n"
		"  sequence:\n"
		"    - lapic_arm where vcpu == 0\n"
		"    - expire where cpu == vcpu.cpu after 90us\n"
		"    - lapic_sample within 20us\n"
		"\n"
		"step = EVENT [where condition] [after TIME] [within TIME]\n"
		"```\n\n"
		"* EVENT is a metric or an event, as `count` takes it.\n"
		"* Each event that matches the first step begins a sequence. A sequence goes on at "
		"the first\n"
		"  later event that matches its next step; all that wait for that step go on "
		"together.\n"
		"* Since the step before it, at least `after` and at most `within` have passed.\n"
		"* It holds if at least one sequence was completed and no bound was broken. What "
		"the end of\n"
		"  the run cuts off counts only if its `within` was over at the run's last event.\n"
		"* From 2 to %u steps; a step stands on one line.\n\n",
		SEQUENCE_STEPS_MAX);
}

void expectation_docs(GString *out, const struct trace_schema *schema, const struct metric *metrics,
		      size_t n_metrics)
{
	const struct aggregate_name *names;
	const size_t n = aggregate_names(&names);

	g_string_append(
		out,
		"## Expectations\n\n"
		"An expectation compares two sums: `max(lateness) < 20us`, or\n"
		"`p99(wait)[before] > 1.8 * p99(wait)[after]`.\n\n"
		"```\n"
		"that       = sum OP sum                 OP: == != < <= > >=\n"
		"sum        = product { (+|-) product }\n"
		"product    = factor { * factor }\n"
		"factor     = number [unit] | - factor | ( sum ) | aggregate\n"
		"aggregate  = AGG ( metric [where condition] ) [ \"[\" variant \"]\" ]\n"
		"condition  = all { or all }\n"
		"all        = single { and single }\n"
		"single     = not single | ( condition ) | value OP value\n"
		"value      = [-] number [unit] | field | metric | recorded.COLUMN | name\n"
		"unit       = ns | us | ms | s | ps | cycles\n"
		"```\n\n"
		"* Arithmetic is exact: fractions of 128-bit integers. What does not fit is an "
		"error.\n"
		"* Both sides of a sum or a comparison have the same unit. A count is a plain "
		"number, and\n"
		"  a time never compares with cycles; a number takes its unit, 0 too.\n"
		"* Over no samples `count` is 0, and every other aggregate makes the expectation "
		"fail.\n"
		"* A field of the event that no metric measures is a plain number. A field with "
		"names (an\n"
		"  exit reason) compares by `==` and `!=` with one of them: `reason == CPUID`. "
		"Beside its\n"
		"  fields every event has `cpu`, on which it happened, and `when`, its simulated "
		"instant,\n"
		"  unless a field has that name.\n"
		"* `recorded.COLUMN` is the value in the expectation's table, in the row whose `i` "
		"is the\n"
		"  field `n` of the record. A record without a row makes the expectation fail.\n"
		"* `[variant]` reads another variant of the file. Then every aggregate names its "
		"variant,\n"
		"  the expectation takes no `only` or `not`, and it is checked once.\n\n"
		"### Aggregates\n\n"
		"| aggregate | value |\n| --- | --- |\n");
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "| `%s` | %s |\n", names[i].name, names[i].help);
	g_string_append_printf(
		out, "\n`settled` and `settle_time` keep their samples, at most %u of them.\n\n",
		AGGREGATE_SAMPLES_MAX);
	append_sequences(out);
	append_metrics(out, schema, metrics, n_metrics);
}
