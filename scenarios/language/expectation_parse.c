/* SPDX-License-Identifier: MIT */
#include "condition.h"
#include "expectation_private.h"
#include "expectation_tokens.h"

#include <string.h>

static bool parse_percentile(const struct token *t, unsigned *per_mille)
{
	guint64 n;
	g_autofree char *digits = g_strndup(t->start, t->length);

	if (*digits != 'p' || !g_ascii_string_to_unsigned(digits + 1, 10, 1, 999, &n, NULL) ||
	    digits[1] == '0')
		return false;
	if (n >= 100 && n < 901) /* p100 to p900 would read as 10 % to 90 % */
		return false;
	*per_mille = n < 100 ? (unsigned)n * 10 : (unsigned)n;
	return true;
}

static bool parse_aggregate_name(struct parser *p, struct aggregate *a)
{
	const struct aggregate_name *names;
	const size_t n = aggregate_names(&names);
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	if (parse_percentile(&p->tok, &a->per_mille)) {
		a->kind = AGGREGATE_PERCENTILE;
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		if (names[i].kind != AGGREGATE_PERCENTILE && token_is(&p->tok, names[i].name)) {
			a->kind = names[i].kind;
			return true;
		}
		g_ptr_array_add(list, (char *)names[i].name);
	}
	return parser_unknown(p, &p->tok, "unknown aggregate", list);
}

static bool can_be_valued(const struct trace_event *ev, uint32_t field)
{
	return field != FIELD_NONE && ev->fields[field].type != TRACE_NAME &&
	       ev->fields[field].type != TRACE_TASK;
}

static bool unknown_metric(const struct parser *p)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; i < p->ctx->n_metrics; i++)
		g_ptr_array_add(names, (char *)p->ctx->metrics[i].name);
	for (uint32_t i = 0; i < p->ctx->schema->n_events; i++)
		g_ptr_array_add(names, (char *)p->ctx->schema->events[i]->name);
	return parser_unknown(p, &p->tok, "unknown metric", names);
}

bool parser_metric(struct parser *p, struct aggregate *a, const struct metric **ret)
{
	static const struct token n = { TOKEN_NAME, "n", 1, CMP_EQ };
	const struct expectation_context *ctx = p->ctx;
	const struct source_pos at = parser_place(p, p->tok.start);
	struct aggregate_stream *s = &a->stream;

	*ret = NULL;
	if (p->tok.kind != TOKEN_NAME)
		return parser_expected(p, "a metric");
	for (size_t i = 0; !*ret && i < ctx->n_metrics; i++)
		if (token_is(&p->tok, ctx->metrics[i].name))
			*ret = &ctx->metrics[i];
	for (uint32_t i = 0; !s->event && i < ctx->schema->n_events; i++) {
		const struct trace_event *ev = ctx->schema->events[i];

		if (*ret ? !strcmp((*ret)->event, ev->name) : token_is(&p->tok, ev->name))
			s->event = ev;
	}
	g_assert(s->event || !*ret); /* a metric names an event of the schema */
	if (!s->event)
		return unknown_metric(p);
	s->field = FIELD_NONE;
	s->n_field = token_field(s->event, &n);
	if (*ret && (*ret)->field) {
		const struct token t = { TOKEN_NAME, (*ret)->field, strlen((*ret)->field), CMP_EQ };

		s->field = token_field(s->event, &t);
		s->dim = (*ret)->dim;
		g_assert(s->field != FIELD_NONE);
	}
	if (a->kind != AGGREGATE_COUNT && !can_be_valued(s->event, s->field))
		return error_at(p->d, &at, "'%.*s' has no value: it can only be counted",
				(int)p->tok.length, p->tok.start);
	parser_next(p);
	return true;
}

/* A variant's name may have characters that a token has not: it is read up to the bracket. */
static bool parse_variant(struct parser *p, struct aggregate *a)
{
	const char *start = p->tok.start + 1, *stop = strchr(start, ']');
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	struct source_pos at = parser_place(p, p->tok.start);

	if (!stop)
		return error_at(p->d, &at, "expected a variant and ']' after '['");
	const struct token t = { TOKEN_NAME, start, (size_t)(stop - start), CMP_EQ };

	for (unsigned i = 0; p->ctx->variants && p->ctx->variants[i]; i++) {
		if (token_is(&t, p->ctx->variants[i])) {
			a->variant = (int)i;
			p->tok = (struct token){ .kind = TOKEN_CHAR, .start = stop, .length = 1 };
			return true;
		}
		g_ptr_array_add(names, (char *)p->ctx->variants[i]);
	}
	return parser_unknown(p, &t, "unknown variant", names);
}

static bool parse_where(struct parser *p, struct aggregate *a, const struct metric *metric)
{
	parser_next(p);
	if (!condition_parse(p, metric, &a->stream))
		return false;
	return parser_at_char(p, ')') || parser_expected(p, "'and', 'or' or ')'");
}

static bool parse_aggregate_into(struct parser *p, struct aggregate *a)
{
	const char *start = p->tok.start, *stop;
	const struct metric *metric;

	if (!parse_aggregate_name(p, a))
		return false;
	parser_next(p);
	if (!parser_accept(p, '('))
		return parser_expected(p, "'(' and a metric");
	if (!parser_metric(p, a, &metric))
		return false;
	if (parser_at_word(p, "where")) {
		if (!parse_where(p, a, metric))
			return false;
	} else if (!parser_at_char(p, ')')) {
		return parser_expected(p, "'where' or ')'");
	}
	stop = p->tok.start + 1;
	parser_next(p);
	if (parser_at_char(p, '[')) {
		if (!parse_variant(p, a))
			return false;
		stop = p->tok.start + 1;
		parser_next(p);
	}
	a->text = g_strndup(start, (gsize)(stop - start));
	return true;
}

static struct aggregate *parse_one_aggregate(struct parser *p)
{
	struct aggregate *a = g_new0(struct aggregate, 1);

	a->variant = -1;
	if (parse_aggregate_into(p, a))
		return a;
	aggregate_free(a);
	return NULL;
}

/* Sums and products. */

static bool parse_sum(struct parser *p, GArray *terms, struct exact_unit *unit);

static void add_term(GArray *terms, enum term_code code)
{
	const struct term t = { .code = code };

	g_array_append_val(terms, t);
}

static bool parse_factor(struct parser *p, GArray *terms, struct exact_unit *unit)
{
	struct term t = { .code = TERM_NUMBER };
	struct aggregate *a;

	if (p->tok.kind == TOKEN_NUMBER) {
		if (!parser_number(p, &t.number))
			return false;
		*unit = t.number.unit;
		g_array_append_val(terms, t);
		return true;
	}
	if (p->tok.kind == TOKEN_NAME) {
		a = parse_one_aggregate(p);
		if (!a)
			return false;
		t.code = TERM_AGGREGATE;
		t.aggregate = p->aggregates->len;
		*unit = aggregate_unit(a);
		g_ptr_array_add(p->aggregates, a);
		g_array_append_val(terms, t);
		return true;
	}
	const bool negative = parser_at_char(p, '-');

	if (!negative && !parser_at_char(p, '('))
		return parser_expected(p,
				       "a number, '-', '(' or an aggregate such as max(lateness)");
	if (!parser_enter(p))
		return false;
	parser_next(p);
	if (!(negative ? parse_factor(p, terms, unit) : parse_sum(p, terms, unit)))
		return false;
	p->depth--;
	if (negative)
		add_term(terms, TERM_NEG);
	return negative || parser_accept(p, ')') || parser_expected(p, "'+', '-', '*' or ')'");
}

static bool parse_product(struct parser *p, GArray *terms, struct exact_unit *unit)
{
	struct exact_unit right;

	if (!parse_factor(p, terms, unit))
		return false;
	while (parser_at_char(p, '*')) {
		const struct source_pos at = parser_place(p, p->tok.start);

		parser_next(p);
		if (!parse_factor(p, terms, &right))
			return false;
		if (!exact_unit_mul(*unit, right, unit))
			return error_at(p->d, &at, "too high a power of a unit");
		add_term(terms, TERM_MUL);
	}
	return true;
}

static bool parse_sum(struct parser *p, GArray *terms, struct exact_unit *unit)
{
	struct exact_unit right;

	if (!parse_product(p, terms, unit))
		return false;
	while (parser_at_char(p, '+') || parser_at_char(p, '-')) {
		const char *where = p->tok.start;
		const bool add = *where == '+';

		parser_next(p);
		if (!parse_product(p, terms, &right))
			return false;
		if (!exact_unit_equal(*unit, right))
			return parser_wrong_units(p, where, add ? "add" : "subtract", *unit, right);
		add_term(terms, add ? TERM_ADD : TERM_SUB);
	}
	return true;
}

static bool parse_that(struct parser *p, struct expectation *exp)
{
	struct exact_unit left, right;
	const char *where;

	if (!parse_sum(p, exp->left, &left))
		return false;
	exp->unit = left;
	if (!exp->compares && p->tok.kind == TOKEN_END)
		return true;
	exp->compares = true;
	exp->unit = EXACT_PLAIN;
	if (p->tok.kind != TOKEN_CMP)
		return parser_expected(p, "one of == != < <= > >=");
	exp->cmp = p->tok.cmp;
	where = p->tok.start;
	parser_next(p);
	if (!parse_sum(p, exp->right, &right))
		return false;
	if (p->tok.kind != TOKEN_END)
		return parser_expected(p, "the end");
	if (!exact_unit_equal(left, right))
		return parser_wrong_units(p, where, "compare", left, right);
	return true;
}

/* Which variants: either all aggregates say it, or none. */
static bool check_variants(const struct parser *p, struct expectation *exp,
			   const struct source_pos *only)
{
	const struct aggregate *bare = NULL;

	if (!exp->aggregates->len)
		return error_at(p->d, p->at, "measures nothing; write e.g. max(lateness) < 20us");
	for (guint i = 0; i < exp->aggregates->len; i++) {
		const struct aggregate *a = exp->aggregates->pdata[i];

		if (a->variant >= 0)
			exp->crosses = true;
		else if (!bare)
			bare = a;
	}
	if (exp->crosses && bare)
		return error_at(p->d, p->at, "'%s' names no [variant], but others here do",
				bare->text);
	if (exp->crosses && only)
		return error_at(
			p->d, only,
			"an expectation with [variant] is checked once: no 'only' or 'not'");
	return true;
}

struct aggregate *aggregate_parse(struct diagnostics *d, const struct expectation_context *ctx,
				  const struct source_pos *at, const char *text)
{
	struct parser p = { .d = d, .ctx = ctx, .at = at, .text = text };
	struct aggregate *a;

	if (!parser_start(&p))
		return NULL;
	if (p.tok.kind != TOKEN_NAME) {
		parser_expected(&p, "an aggregate such as max(lateness)");
		return NULL;
	}
	a = parse_one_aggregate(&p);
	if (!a || p.tok.kind == TOKEN_END)
		return a;
	parser_expected(&p, "the end");
	aggregate_free(a);
	return NULL;
}

static void free_aggregate(gpointer a) { aggregate_free(a); }

static struct expectation *parse_any(struct diagnostics *d, const struct expectation_context *ctx,
				     const struct source_pos *at, const char *text, bool compares,
				     const struct source_pos *only)
{
	struct expectation *exp = g_new0(struct expectation, 1);
	struct parser p = { .d = d, .ctx = ctx, .at = at, .text = text };

	exp->text = g_strdup(text);
	exp->compares = compares;
	exp->aggregates = p.aggregates = g_ptr_array_new_with_free_func(free_aggregate);
	exp->left = g_array_new(FALSE, FALSE, sizeof(struct term));
	exp->right = g_array_new(FALSE, FALSE, sizeof(struct term));
	exp->variants = ctx->variants;
	if (parser_start(&p) && parse_that(&p, exp) && check_variants(&p, exp, only))
		return exp;
	expectation_free(exp);
	return NULL;
}

struct expectation *expectation_parse(struct diagnostics *d, const struct expectation_context *ctx,
				      const struct source_pos *at, const char *text,
				      const struct source_pos *only)
{
	return parse_any(d, ctx, at, text, true, only);
}

struct expectation *expression_parse(struct diagnostics *d, const struct expectation_context *ctx,
				     const struct source_pos *at, const char *text)
{
	struct expectation_context alone = *ctx;

	alone.variants = NULL; /* one variant is run */
	return parse_any(d, &alone, at, text, false, NULL);
}

struct expectation *expectation_parse_sequence(struct diagnostics *d,
					       const struct expectation_context *ctx,
					       const struct sequence_text *steps, uint32_t n)
{
	struct sequence *sequence = sequence_parse(d, ctx, steps, n);

	if (!sequence)
		return NULL;
	struct expectation *exp = g_new0(struct expectation, 1);
	GString *text = g_string_new(NULL);

	sequence_print(text, sequence);
	exp->text = g_string_free(text, FALSE);
	exp->sequence = sequence;
	exp->aggregates = g_ptr_array_new_with_free_func(free_aggregate);
	exp->left = g_array_new(FALSE, FALSE, sizeof(struct term));
	exp->right = g_array_new(FALSE, FALSE, sizeof(struct term));
	exp->variants = ctx->variants;
	return exp;
}
