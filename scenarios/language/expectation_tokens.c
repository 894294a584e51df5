/* SPDX-License-Identifier: MIT */
#include "expectation_tokens.h"

#include <string.h>

#define DIGITS_MAX 20u /* of a number, its decimals included: 2^64 has 20 */
#define DECIMALS_MAX 15u
#define SHOWN_MAX 64 /* characters of the text that a message repeats */

const char *const comparison_text[] = { "==", "!=", "<", "<=", ">", ">=" };

/* Tokens. */

struct source_pos parser_place(const struct parser *p, const char *where)
{
	struct source_pos at = *p->at;

	at.column += (uint32_t)g_utf8_strlen(p->text, where - p->text);
	return at;
}

/* "'text'" of a token, cut if it is long, or "the end". */
char *token_shown(const struct token *t)
{
	if (t->kind == TOKEN_END)
		return g_strdup("the end");
	if (t->length > SHOWN_MAX)
		return g_strdup_printf("'%.*s...'", SHOWN_MAX, t->start);
	return g_strdup_printf("'%.*s'", (int)t->length, t->start);
}

bool parser_expected(const struct parser *p, const char *what)
{
	const struct source_pos at = parser_place(p, p->tok.start);
	g_autofree char *found = token_shown(&p->tok);

	return error_at(p->d, &at, "expected %s, found %s", what, found);
}

static bool is_name_char(char c) { return g_ascii_isalnum(c) || c == '_' || c == '.'; }

static bool read_comparison(struct token *t)
{
	static const enum comparison order[] = { CMP_EQ, CMP_NE, CMP_LE, CMP_GE, CMP_LT, CMP_GT };

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		const char *text = comparison_text[order[i]];

		if (!strncmp(t->start, text, strlen(text))) {
			t->kind = TOKEN_CMP;
			t->cmp = order[i];
			t->length = strlen(text);
			return true;
		}
	}
	return false;
}

void parser_next(struct parser *p)
{
	struct token t = { .start = p->tok.start + p->tok.length };

	while (*t.start == ' ')
		t.start++;
	if (*t.start == '\0') {
		t.kind = TOKEN_END;
	} else if (g_ascii_isdigit(*t.start)) {
		t.kind = TOKEN_NUMBER;
		while (g_ascii_isdigit(t.start[t.length]) || t.start[t.length] == '.')
			t.length++;
	} else if (g_ascii_isalpha(*t.start) || *t.start == '_') {
		t.kind = TOKEN_NAME;
		while (is_name_char(t.start[t.length]))
			t.length++;
	} else if (!read_comparison(&t)) {
		t.kind = strchr("()[]+-*", *t.start) ? TOKEN_CHAR : TOKEN_BAD;
		t.length = (size_t)(g_utf8_next_char(t.start) - t.start);
	}
	p->tok = t;
}

bool parser_at_char(const struct parser *p, char c)
{
	return p->tok.kind == TOKEN_CHAR && *p->tok.start == c;
}

bool parser_at_word(const struct parser *p, const char *word)
{
	return p->tok.kind == TOKEN_NAME && p->tok.length == strlen(word) &&
	       !memcmp(p->tok.start, word, p->tok.length);
}

bool parser_accept(struct parser *p, char c)
{
	if (!parser_at_char(p, c))
		return false;
	parser_next(p);
	return true;
}

bool parser_enter(struct parser *p)
{
	const struct source_pos at = parser_place(p, p->tok.start);

	if (p->depth++ < EXPECTATION_DEPTH_MAX)
		return true;
	return error_at(p->d, &at, "nested more than %u deep", EXPECTATION_DEPTH_MAX);
}

/* Unknown names. */

/* "unknown metric 'x'; did you mean 'y'?", or the whole list if nothing is near. */
bool parser_unknown(const struct parser *p, const struct token *t, const char *what,
		    GPtrArray *names)
{
	const struct source_pos at = parser_place(p, t->start);
	g_autofree char *found = token_shown(t);
	g_autofree char *name = g_strndup(t->start, t->length);
	g_autofree char *list = NULL;
	const char *near;

	g_ptr_array_add(names, NULL);
	near = nearest_name(name, (const char *const *)names->pdata);
	if (near)
		return error_at(p->d, &at, "%s %s; did you mean '%s'?", what, found, near);
	if (names->len == 1)
		return error_at(p->d, &at, "%s %s; there are none", what, found);
	list = g_strjoinv(", ", (char **)names->pdata);
	return error_at(p->d, &at, "%s %s; one of %s", what, found, list);
}

bool token_is(const struct token *t, const char *name)
{
	return name && strlen(name) == t->length && !memcmp(name, t->start, t->length);
}

/* Numbers. */

/* @ret is set to the number in base units; after it stands what follows the unit. */
bool parser_number(struct parser *p, struct exact *ret)
{
	const struct token t = p->tok;
	const struct source_pos at = parser_place(p, t.start);
	const char *point = memchr(t.start, '.', t.length);
	const struct exact_suffix *suffix = NULL;
	__int128 num = 0, den = 1;
	unsigned digits = 0, decimals = 0;

	for (size_t i = 0; i < t.length; i++) {
		if (t.start + i == point)
			continue;
		if (t.start[i] == '.' || ++digits > DIGITS_MAX)
			break;
		num = 10 * num + (t.start[i] - '0');
		decimals += point && t.start + i > point;
	}
	if (digits > DIGITS_MAX || decimals > DECIMALS_MAX)
		return error_at(p->d, &at, "a number has at most %u digits, %u of them decimals",
				DIGITS_MAX, DECIMALS_MAX);
	if (digits + (point != NULL) != t.length || (point && !decimals)) {
		g_autofree char *found = token_shown(&t);

		return error_at(p->d, &at, "%s is not a number; write e.g. 1.5", found);
	}
	for (unsigned i = 0; i < decimals; i++)
		den *= 10;
	parser_next(p);
	if (p->tok.kind == TOKEN_NAME)
		suffix = exact_suffix_find(p->tok.start, p->tok.length);
	if (!suffix && p->tok.kind == TOKEN_NAME && p->tok.start == t.start + t.length) {
		g_autofree char *found = token_shown(&p->tok);
		const struct source_pos unit_at = parser_place(p, p->tok.start);

		return error_at(p->d, &unit_at,
				"%s is not a unit; one of ns, us, ms, s, ps, cycles", found);
	}
	*ret = exact_fraction(num, den, EXACT_PLAIN);
	if (!suffix)
		return true;
	*ret = exact_fraction(num * (__int128)suffix->factor, den, suffix->unit);
	parser_next(p);
	return true;
}

uint32_t token_field(const struct trace_event *ev, const struct token *t)
{
	for (uint32_t i = 0; i < ev->n_fields; i++)
		if (token_is(t, ev->fields[i].name))
			return i;
	return FIELD_NONE;
}

bool parser_wrong_units(const struct parser *p, const char *where, const char *verb,
			struct exact_unit left, struct exact_unit right)
{
	const struct source_pos at = parser_place(p, where);
	const bool plain =
		exact_unit_equal(left, EXACT_PLAIN) || exact_unit_equal(right, EXACT_PLAIN);

	return error_at(p->d, &at, "cannot %s %s and %s%s", verb, exact_unit_name(left),
			exact_unit_name(right),
			plain ? "; a number takes its unit: ns, us, ms, s, ps, cycles" : "");
}

bool parser_start(struct parser *p)
{
	const size_t length = strlen(p->text);

	p->tok = (struct token){ .start = p->text };
	if (length > EXPECTATION_TEXT_MAX)
		return error_at(p->d, p->at, "longer than %u bytes", EXPECTATION_TEXT_MAX);
	if (!g_utf8_validate(p->text, (gssize)length, NULL))
		return error_at(p->d, p->at, "not valid UTF-8");
	parser_next(p);
	return true;
}
