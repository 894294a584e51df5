/* SPDX-License-Identifier: MIT */
#include "condition.h"

#include <string.h>

enum value_kind { VALUE_NUMBER, VALUE_FIELD, VALUE_NAMED, VALUE_WORD };

struct value {                /* one side of a comparison in a condition */
	enum value_kind kind; /* VALUE_NAMED: a field of names; VALUE_WORD: perhaps a name of one */
	struct operand op;
	struct exact_unit unit;
	const struct trace_field *field; /* VALUE_NAMED */
	struct token tok;
};

struct condition {
	const struct metric *metric; /* NULL: an event counted under its own name */
	struct aggregate_stream *stream;
	GArray *ops;
};

/* A field is measured in what a metric says of it; without one it is a plain number. */
static enum dimension field_dimension(const struct parser *p, const struct trace_event *ev,
				      uint32_t field)
{
	for (size_t i = 0; i < p->ctx->n_metrics; i++) {
		const struct metric *m = &p->ctx->metrics[i];

		if (m->field && !strcmp(m->event, ev->name) &&
		    !strcmp(m->field, ev->fields[field].name))
			return m->dim;
	}
	return DIM_COUNT;
}

static void value_of_field(const struct parser *p, const struct condition *c, uint32_t field,
			   struct value *ret)
{
	const struct trace_field *f = &c->stream->event->fields[field];
	const enum dimension dim = field_dimension(p, c->stream->event, field);

	ret->kind = f->type == TRACE_NAME ? VALUE_NAMED : VALUE_FIELD;
	ret->field = f;
	ret->op.kind = f->type == TRACE_S64 ? OPERAND_SIGNED : OPERAND_UNSIGNED;
	ret->op.index = field;
	ret->op.scale = dimension_scale(dim);
	ret->unit = dimension_unit(dim);
}

/* recorded.COLUMN */
static bool value_of_column(struct parser *p, const struct condition *c, const struct token *t,
			    struct value *ret)
{
	static const char prefix[] = "recorded.";
	const struct source_pos at = parser_place(p, t->start);
	g_autofree char *name = g_strndup(t->start + strlen(prefix), t->length - strlen(prefix));
	const struct integer_table *table = p->ctx->table;
	int column;

	if (!table)
		return error_at(p->d, &at,
				"'recorded.%s': this expectation has no table of recorded "
				"values",
				name);
	if (c->stream->n_field == FIELD_NONE)
		return error_at(p->d, &at,
				"'recorded.%s': '%s' has no field 'n' that chooses a row", name,
				c->stream->event->name);
	column = integer_table_column(table, name);
	if (column < 0) {
		const struct token tail = { TOKEN_NAME, t->start + strlen(prefix),
					    t->length - strlen(prefix), CMP_EQ };
		g_autoptr(GPtrArray) names = g_ptr_array_new();

		for (const char *const *s = integer_table_columns(table); *s; s++)
			g_ptr_array_add(names, (char *)*s);
		return parser_unknown(p, &tail, "the recorded table has no column", names);
	}
	c->stream->table = table;
	ret->kind = VALUE_FIELD;
	ret->op = (struct operand){ .kind = OPERAND_COLUMN, .index = (uint32_t)column };
	return true;
}

static bool parse_word(struct parser *p, const struct condition *c, struct value *ret)
{
	const struct token t = p->tok;
	const uint32_t field = token_field(c->stream->event, &t);

	if (parser_at_word(p, "and") || parser_at_word(p, "or") || parser_at_word(p, "where"))
		return parser_expected(p, "a field, a number or a name");
	parser_next(p);
	if (field != FIELD_NONE) {
		value_of_field(p, c, field, ret);
	} else if (c->metric && c->metric->field && token_is(&t, c->metric->name)) {
		value_of_field(p, c, c->stream->field, ret);
	} else if (t.length > 9 && !memcmp(t.start, "recorded.", 9)) {
		return value_of_column(p, c, &t, ret);
	} else if (token_is(&t, "cpu")) {
		ret->kind = VALUE_FIELD;
		ret->op.kind = OPERAND_CPU;
	} else if (token_is(&t, "when")) {
		ret->kind = VALUE_FIELD;
		ret->op.kind = OPERAND_WHEN;
		ret->unit = EXACT_TIME;
	} else {
		ret->kind = VALUE_WORD;
	}
	return true;
}

static bool parse_value(struct parser *p, const struct condition *c, struct value *ret)
{
	struct exact number;
	bool negative;

	*ret = (struct value){ .tok = p->tok, .op = { .den = 1 } };
	if (p->tok.kind == TOKEN_NAME)
		return parse_word(p, c, ret);
	negative = parser_accept(p, '-');
	if (p->tok.kind != TOKEN_NUMBER)
		return parser_expected(p, "a field, a number or a name");
	if (!parser_number(p, &number))
		return false;
	ret->kind = VALUE_NUMBER;
	ret->op = (struct operand){ OPERAND_NUMBER, 0, 1, negative ? -number.num : number.num,
				    number.den };
	ret->unit = number.unit;
	return true;
}

/* All that a condition of this metric may name. */
static bool unknown_word(const struct parser *p, const struct condition *c, const struct token *t)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *what = g_strdup_printf("'%s' has no field", c->stream->event->name);

	if (c->metric && c->metric->field)
		g_ptr_array_add(names, (char *)c->metric->name);
	for (uint32_t i = 0; i < c->stream->event->n_fields; i++)
		g_ptr_array_add(names, (char *)c->stream->event->fields[i].name);
	g_ptr_array_add(names, (char *)"cpu");
	g_ptr_array_add(names, (char *)"when");
	return parser_unknown(p, t, what, names);
}

/* A bare word beside a field of names is one of them. */
static bool resolve_word(const struct parser *p, struct value *word, const struct value *named)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *what = NULL;

	for (uint32_t i = 0; i < named->field->n_names; i++) {
		const char *name = named->field->names[i];

		if (token_is(&word->tok, name)) {
			word->kind = VALUE_NAMED;
			word->field = named->field;
			word->op = (struct operand){ OPERAND_NUMBER, 0, 1, i, 1 };
			return true;
		}
		if (name)
			g_ptr_array_add(names, (char *)name);
	}
	what = g_strdup_printf("'%s' has no value", named->field->name);
	return parser_unknown(p, &word->tok, what, names);
}

static bool check_named(const struct parser *p, const struct value *left, const struct value *right,
			const struct token *cmp)
{
	const struct value *named = left->kind == VALUE_NAMED ? left : right;
	const struct value *other = named == left ? right : left;
	const struct source_pos at = parser_place(p, other->tok.start),
				cmp_at = parser_place(p, cmp->start);

	if (other->kind != VALUE_NAMED)
		return error_at(p->d, &at,
				"'%s' is compared with one of its names, not with a number",
				named->field->name);
	if (other->field->names != named->field->names)
		return error_at(p->d, &at, "'%s' and '%s' have different names", left->field->name,
				right->field->name);
	if (cmp->cmp != CMP_EQ && cmp->cmp != CMP_NE)
		return error_at(p->d, &cmp_at,
				"'%s' has names, which are not ordered: use == or !=",
				named->field->name);
	return true;
}

static bool check_sides(const struct parser *p, const struct condition *c, struct value *left,
			struct value *right, const struct token *cmp)
{
	const struct source_pos at = parser_place(p, left->tok.start);

	if (left->kind == VALUE_WORD && right->kind != VALUE_NAMED)
		return unknown_word(p, c, &left->tok);
	if (right->kind == VALUE_WORD && left->kind != VALUE_NAMED)
		return unknown_word(p, c, &right->tok);
	if (left->kind == VALUE_WORD && !resolve_word(p, left, right))
		return false;
	if (right->kind == VALUE_WORD && !resolve_word(p, right, left))
		return false;
	if (left->op.kind == OPERAND_NUMBER && right->op.kind == OPERAND_NUMBER)
		return error_at(p->d, &at, "compares two numbers, and no field");
	if (left->kind == VALUE_NAMED || right->kind == VALUE_NAMED)
		return check_named(p, left, right, cmp);
	if (!exact_unit_equal(left->unit, right->unit))
		return parser_wrong_units(p, cmp->start, "compare", left->unit, right->unit);
	return true;
}

static bool parse_condition_comparison(struct parser *p, struct condition *c)
{
	struct value left, right;
	struct token cmp;

	if (!parse_value(p, c, &left))
		return false;
	cmp = p->tok;
	if (cmp.kind != TOKEN_CMP)
		return parser_expected(p, "a comparison");
	parser_next(p);
	if (!parse_value(p, c, &right) || !check_sides(p, c, &left, &right, &cmp))
		return false;

	const struct condition_op op = {
		.code = CONDITION_COMPARE, .cmp = cmp.cmp, .left = left.op, .right = right.op
	};

	g_array_append_val(c->ops, op);
	return true;
}

static bool parse_or(struct parser *p, struct condition *c);

static bool parse_not(struct parser *p, struct condition *c)
{
	const struct condition_op invert = { .code = CONDITION_NOT };
	bool ok;

	if (parser_at_word(p, "not")) {
		if (!parser_enter(p))
			return false;
		parser_next(p);
		ok = parse_not(p, c);
		g_array_append_val(c->ops, invert);
		p->depth--;
		return ok;
	}
	if (!parser_at_char(p, '('))
		return parse_condition_comparison(p, c);
	if (!parser_enter(p))
		return false;
	parser_next(p);
	if (!parse_or(p, c))
		return false;
	p->depth--;
	return parser_accept(p, ')') || parser_expected(p, "'and', 'or' or ')'");
}

/* Each `and` jumps over its right side if the left one already decides; `or` the other way round.
 */
static bool parse_chain(struct parser *p, struct condition *c, const char *word,
			enum condition_code code, bool (*side)(struct parser *, struct condition *))
{
	if (!side(p, c))
		return false;
	while (parser_at_word(p, word)) {
		const struct condition_op jump = { .code = code };
		const guint at = c->ops->len;

		parser_next(p);
		g_array_append_val(c->ops, jump);
		if (!side(p, c))
			return false;
		g_array_index(c->ops, struct condition_op, at).target = c->ops->len;
	}
	return true;
}

static bool parse_and(struct parser *p, struct condition *c)
{
	return parse_chain(p, c, "and", CONDITION_JUMP_IF_FALSE, parse_not);
}

static bool parse_or(struct parser *p, struct condition *c)
{
	return parse_chain(p, c, "or", CONDITION_JUMP_IF_TRUE, parse_and);
}

bool condition_parse(struct parser *p, const struct metric *metric, struct aggregate_stream *s)
{
	struct condition c = { .metric = metric, .stream = s };
	bool ok;

	c.ops = g_array_new(FALSE, FALSE, sizeof(struct condition_op));
	ok = parse_or(p, &c);
	s->n_ops = c.ops->len;
	s->ops = (struct condition_op *)(void *)g_array_free(c.ops, FALSE);
	return ok;
}
