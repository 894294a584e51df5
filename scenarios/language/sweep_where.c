/* SPDX-License-Identifier: MIT */
#include "sweep_where.h"

#include "value.h"

#include <string.h>

struct reader {
	const char *rest;
	const struct source_pos *at;
	const struct sweep_axis *axes;
	uint32_t n_axes;
	struct arena *arena;
	struct diagnostics *d;
};

/* -1: none; -2: several end so. */
static int find_axis(const struct reader *r, const char *name)
{
	int found = -1;

	for (uint32_t i = 0; i < r->n_axes; i++)
		if (g_str_equal(r->axes[i].key, name))
			return (int)i;
	for (uint32_t i = 0; i < r->n_axes; i++) {
		const char *dot = strrchr(r->axes[i].key, '.');

		if (dot && g_str_equal(dot + 1, name))
			found = found == -1 ? (int)i : -2;
	}
	return found;
}

/* Up to an operator, without the blanks around. */
static char *next_factor(struct reader *r)
{
	const size_t n = strcspn(r->rest, "*=!<>");
	char *factor = g_strndup(r->rest, n);

	r->rest += n;
	return g_strstrip(factor);
}

static bool read_factor(struct reader *r, struct where_side *side)
{
	g_autofree char *text = next_factor(r);
	struct where_factor f = { .axis = find_axis(r, text) };
	struct sweep_number number = { 0, AXIS_WORD };

	if (!*text)
		return error_at(r->d, r->at, "where: write e.g. 'delta > 2 * slice'");
	if (side->n == WHERE_FACTORS_MAX)
		return error_at(r->d, r->at, "where: more than %d factors", WHERE_FACTORS_MAX);
	if (f.axis == -2)
		return error_at(r->d, r->at,
				"where: more than one axis ends in '%s'; write its key", text);
	if (f.axis >= 0)
		number.unit = r->axes[f.axis].unit;
	else if (sweep_number_read(text, &number))
		f.number = number.value;
	else
		f.word = arena_strndup(r->arena, text, strlen(text));
	if (side->n && (number.unit == AXIS_WORD || side->unit == AXIS_WORD))
		return error_at(r->d, r->at, "where: a word cannot be a factor");
	if (side->n && number.unit != AXIS_PLAIN && side->unit != AXIS_PLAIN)
		return error_at(r->d, r->at, "where: '%s' cannot be a factor: two units", text);
	if (!side->n || number.unit != AXIS_PLAIN)
		side->unit = number.unit;
	side->factors[side->n++] = f;
	return true;
}

static bool read_side(struct reader *r, struct where_side *side)
{
	while (read_factor(r, side)) {
		if (*r->rest != '*')
			return true;
		r->rest++;
	}
	return false;
}

static bool read_comparison(struct reader *r, enum comparison *ret)
{
	static const struct {
		const char *text;
		enum comparison cmp;
	} all[] = { { "==", CMP_EQ }, { "!=", CMP_NE }, { "<=", CMP_LE },
		    { ">=", CMP_GE }, { "<", CMP_LT },  { ">", CMP_GT } };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		if (!g_str_has_prefix(r->rest, all[i].text))
			continue;
		r->rest += strlen(all[i].text);
		*ret = all[i].cmp;
		return true;
	}
	return error_at(r->d, r->at, "where: expected one of == != < <= > >=");
}

static bool fail_word(const struct reader *r, const char *word)
{
	g_autofree const char **keys = g_new0(const char *, r->n_axes + 1);

	for (uint32_t i = 0; i < r->n_axes; i++)
		keys[i] = r->axes[i].key;
	g_autofree char *hint = value_hint(word, keys);

	return error_at(r->d, r->at, "where: '%s' is neither an axis nor one of its values%s", word,
			hint);
}

/* A constant word on @side must be a value of the axis on the other. */
static bool check_word(const struct reader *r, const struct where_side *side,
		       const struct where_side *other)
{
	const char *word = side->factors[0].word;
	const int axis = other->factors[0].axis;

	if (!word)
		return true;
	for (uint32_t i = 0; axis >= 0 && i < r->axes[axis].n; i++)
		if (g_str_equal(r->axes[axis].values[i].text, word))
			return true;
	return fail_word(r, word);
}

static bool check_sides(const struct reader *r, const struct sweep_where *w)
{
	if (!check_word(r, &w->left, &w->right) || !check_word(r, &w->right, &w->left))
		return false;
	if (w->left.unit != w->right.unit)
		return error_at(r->d, r->at, "where: the two sides have different units");
	if (w->left.unit == AXIS_WORD && w->cmp != CMP_EQ && w->cmp != CMP_NE)
		return error_at(r->d, r->at, "where: words compare by == and != alone");
	if (w->left.factors[0].axis < 0 && w->right.factors[0].axis < 0 && w->left.n == 1 &&
	    w->right.n == 1)
		return error_at(r->d, r->at, "where: names no axis");
	return true;
}

bool sweep_where_parse(const char *text, const struct source_pos *at, const struct sweep_axis *axes,
		       uint32_t n_axes, struct arena *arena, struct sweep_where *ret,
		       struct diagnostics *d)
{
	struct reader r = { text, at, axes, n_axes, arena, d };

	*ret = (struct sweep_where){ .text = text };
	if (!read_side(&r, &ret->left) || !read_comparison(&r, &ret->cmp) ||
	    !read_side(&r, &ret->right))
		return false;
	if (*r.rest)
		return error_at(d, at, "where: one comparison alone; write a second constraint");
	return check_sides(&r, ret);
}

static const struct sweep_value *value_of(const struct sweep_axis *axis, uint64_t cell)
{
	return &axis->values[cell / axis->stride % axis->n];
}

static bool product(const struct where_side *side, const struct sweep_axis *axes, uint64_t cell,
		    __int128 *ret)
{
	*ret = 1;
	for (uint32_t i = 0; i < side->n; i++) {
		const struct where_factor *f = &side->factors[i];
		const int64_t n = f->axis < 0 ? f->number : value_of(&axes[f->axis], cell)->number;

		if (__builtin_mul_overflow(*ret, (__int128)n, ret))
			return false;
	}
	return true;
}

static const char *word_of(const struct where_side *side, const struct sweep_axis *axes,
			   uint64_t cell)
{
	const struct where_factor *f = &side->factors[0];

	return f->axis < 0 ? f->word : value_of(&axes[f->axis], cell)->text;
}

bool sweep_where_holds(const struct sweep_where *where, const struct sweep_axis *axes,
		       uint64_t cell)
{
	__int128 left, right;

	if (where->left.unit == AXIS_WORD)
		return comparison_holds(where->cmp, strcmp(word_of(&where->left, axes, cell),
							   word_of(&where->right, axes, cell)));
	return product(&where->left, axes, cell, &left) &&
	       product(&where->right, axes, cell, &right) &&
	       comparison_holds(where->cmp, left < right ? -1 : left > right);
}
