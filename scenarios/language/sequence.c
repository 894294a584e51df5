/* SPDX-License-Identifier: MIT */
#include "sequence.h"

#include "condition.h"
#include "expectation_private.h"

struct step {
	char *text;
	struct aggregate_stream stream;
	bool has_within;
	ps_t after, within;
};

struct sequence {
	uint32_t n;
	struct step *steps;
};

struct waiting { /* sequences whose next step is this one */
	uint64_t n;
	ps_t earliest, latest; /* when they came to wait */
};

enum breach { BREACH_NONE, BREACH_SOON, BREACH_LATE, BREACH_NO_ROW };

struct sequence_run {
	struct trace_sink sink;
	const struct sequence *seq;
	struct waiting *waiting; /* by step; none waits for the first */
	uint64_t begun, complete;
	ps_t last; /* the run's last event, whatever it was */
	enum breach breach;
	uint32_t step;
	ps_t gap, when; /* of the breach */
	uint32_t entity, cpu;
};

/* --- parsing --- */

static bool parse_bound(struct parser *p, const struct token *word, ps_t *ret)
{
	const struct source_pos at = parser_place(p, p->tok.start);
	struct exact bound;

	if (p->tok.kind != TOKEN_NUMBER)
		return parser_expected(p, "a time such as 20us");
	if (!parser_number(p, &bound))
		return false;
	if (!exact_unit_equal(bound.unit, EXACT_TIME))
		return error_at(p->d, &at, "%.*s: takes a time, not %s", (int)word->length,
				word->start, exact_unit_name(bound.unit));
	if (bound.num / bound.den >= PS_NEVER.v)
		return error_at(p->d, &at, "%.*s: is longer than any run", (int)word->length,
				word->start);
	*ret = ps((uint64_t)(bound.num / bound.den));
	return true;
}

static bool parse_bounds(struct parser *p, struct step *step, bool first)
{
	while (parser_at_word(p, "after") || parser_at_word(p, "within")) {
		const struct token word = p->tok;
		const struct source_pos at = parser_place(p, word.start);
		const bool within = parser_at_word(p, "within");

		if (first)
			return error_at(p->d, &at,
					"the first step follows nothing: it has no "
					"bounds");
		if (within ? step->has_within : step->after.v)
			return error_at(p->d, &at, "a second bound of this kind");
		parser_next(p);
		if (!parse_bound(p, &word, within ? &step->within : &step->after))
			return false;
		step->has_within |= within;
		if (step->has_within && step->within.v < step->after.v)
			return error_at(p->d, &at, "after is longer than within");
	}
	return p->tok.kind == TOKEN_END || parser_expected(p, "'where', 'after', 'within' or "
							      "the end");
}

static bool parse_step(struct parser *p, struct step *step, bool first)
{
	struct aggregate a = { .kind = AGGREGATE_COUNT };
	const struct metric *metric;
	bool ok = parser_start(p) && parser_metric(p, &a, &metric);

	if (ok && parser_at_word(p, "where")) {
		parser_next(p);
		ok = condition_parse(p, metric, &a.stream);
	}
	step->stream = a.stream;
	return ok && parse_bounds(p, step, first);
}

struct sequence *sequence_parse(struct diagnostics *d, const struct expectation_context *ctx,
				const struct sequence_text *steps, uint32_t n)
{
	struct sequence *seq = g_new0(struct sequence, 1);

	seq->n = n;
	seq->steps = g_new0(struct step, n);
	for (uint32_t i = 0; i < n; i++) {
		struct parser p = { .d = d, .ctx = ctx, .at = &steps[i].at, .text = steps[i].text };

		seq->steps[i].text = g_strdup(steps[i].text);
		if (parse_step(&p, &seq->steps[i], i == 0))
			continue;
		sequence_free(seq);
		return NULL;
	}
	return seq;
}

void sequence_free(struct sequence *seq)
{
	if (!seq)
		return;
	for (uint32_t i = 0; i < seq->n; i++) {
		g_free(seq->steps[i].text);
		g_free(seq->steps[i].stream.ops);
	}
	g_free(seq->steps);
	g_free(seq);
}

void sequence_print(GString *out, const struct sequence *seq)
{
	for (uint32_t i = 0; i < seq->n; i++)
		g_string_append_printf(out, "%s%s", i ? " -> " : "", seq->steps[i].text);
}

/* --- following a run --- */

static void broken(struct sequence_run *run, uint32_t step, enum breach breach, ps_t gap,
		   const struct trace_record *rec)
{
	if (run->breach)
		return;
	run->breach = breach;
	run->step = step;
	run->gap = gap;
	run->when = rec->when;
	run->entity = rec->entity;
	run->cpu = rec->cpu;
}

static bool matches(struct sequence_run *run, uint32_t i, const struct trace_record *rec)
{
	const struct aggregate_stream *s = &run->seq->steps[i].stream;
	bool ret;

	if (s->event->id != rec->event)
		return false;
	if (aggregate_stream_matches(s, rec, &ret))
		return ret;
	broken(run, i, BREACH_NO_ROW, ps(0), rec);
	return false;
}

static void wait_for(struct waiting *w, uint64_t n, ps_t now)
{
	if (!w->n)
		w->earliest = now;
	w->latest = now;
	w->n += n;
}

static void go_on(struct sequence_run *run, uint32_t i, const struct trace_record *rec)
{
	const struct step *step = &run->seq->steps[i];
	struct waiting *w = &run->waiting[i];
	const ps_t longest = ps_sub(rec->when, w->earliest),
		   shortest = ps_sub(rec->when, w->latest);

	if (step->has_within && longest.v > step->within.v)
		broken(run, i, BREACH_LATE, longest, rec);
	else if (shortest.v < step->after.v)
		broken(run, i, BREACH_SOON, shortest, rec);
	if (i + 1 < run->seq->n)
		wait_for(&run->waiting[i + 1], w->n, rec->when);
	else
		run->complete += w->n;
	w->n = 0;
}

/* From the last step to the first: an event takes no sequence further than one step. */
static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct sequence_run *run = (struct sequence_run *)sink; /* its first member */

	run->last = rec->when;
	for (uint32_t i = run->seq->n - 1; i > 0; i--)
		if (run->waiting[i].n && matches(run, i, rec))
			go_on(run, i, rec);
	if (matches(run, 0, rec)) {
		run->begun++;
		wait_for(&run->waiting[1], 1, rec->when);
	}
}

struct sequence_run *sequence_run_new(const struct sequence *seq)
{
	struct sequence_run *run = g_new0(struct sequence_run, 1);

	run->sink.record = on_record;
	run->seq = seq;
	run->waiting = g_new0(struct waiting, seq->n);
	return run;
}

void sequence_run_free(struct sequence_run *run)
{
	g_free(run->waiting);
	g_free(run);
}

struct trace_sink *sequence_run_sink(struct sequence_run *run) { return &run->sink; }

static void append_time(GString *out, ps_t time)
{
	const struct exact value = exact_integer(time.v, EXACT_TIME);

	exact_format(out, &value);
}

static void append_breach(GString *actual, GString *sample, const struct sequence_run *run)
{
	const struct step *step = &run->seq->steps[run->step];

	if (run->breach == BREACH_NO_ROW) {
		g_string_append_printf(actual, "; step %u: no row in the recorded table",
				       run->step + 1);
	} else {
		const bool late = run->breach == BREACH_LATE;

		g_string_append_printf(actual, "; step %u came ", run->step + 1);
		append_time(actual, run->gap);
		g_string_append(actual, late ? " later, allowed are " : " later, at least ");
		append_time(actual, late ? step->within : step->after);
	}
	g_string_append_printf(sample, "step %u: at ", run->step + 1);
	append_time(sample, run->when);
	g_string_append_printf(sample, " (entity %u, CPU %u)", run->entity, run->cpu);
}

/* A sequence that the run's end did not leave the time to go on is not judged. */
static bool append_missing(GString *actual, const struct sequence_run *run)
{
	for (uint32_t i = 1; i < run->seq->n; i++) {
		const struct step *step = &run->seq->steps[i];
		const struct waiting *w = &run->waiting[i];

		if (!w->n || !step->has_within || run->last.v - w->earliest.v <= step->within.v)
			continue;
		g_string_append_printf(actual, "; step %u did not come within ", i + 1);
		append_time(actual, step->within);
		g_string_append(actual, " of ");
		append_time(actual, w->earliest);
		return true;
	}
	return false;
}

enum expectation_verdict sequence_run_judge(const struct sequence_run *run, GString *actual,
					    GString *sample)
{
	g_string_append_printf(actual,
			       "%" G_GUINT64_FORMAT " begun, %" G_GUINT64_FORMAT " complete",
			       run->begun, run->complete);
	if (run->breach) {
		append_breach(actual, sample, run);
		return run->breach == BREACH_NO_ROW ? EXPECTATION_ERROR : EXPECTATION_FAIL;
	}
	return append_missing(actual, run) || !run->complete ? EXPECTATION_FAIL : EXPECTATION_PASS;
}
