/* SPDX-License-Identifier: MIT */
/*
 * expectation_tokens - the text of an expectation as tokens, and what its parsers have in common.
 *
 * Private to the expectation language. A parser stands at one token; functions that return false
 * have reported what is wrong, with its place in the text.
 */
#ifndef EXPECTATION_TOKENS_H
#define EXPECTATION_TOKENS_H

#include "expectation.h"

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_NAME, TOKEN_CMP, TOKEN_CHAR, TOKEN_BAD };

struct token {
	enum token_kind kind;
	const char *start;
	size_t length;
	enum comparison cmp; /* TOKEN_CMP */
};

struct parser {
	struct diagnostics *d;
	const struct expectation_context *ctx;
	const struct source_pos *at; /* of the text's first character */
	const char *text;
	struct token tok;
	unsigned depth;
	GPtrArray *aggregates; /* of an expectation, as they are found */
};

/* To the first token; the text is checked as a whole. */
bool parser_start(struct parser *p);
void parser_next(struct parser *p);

struct source_pos parser_place(const struct parser *p, const char *where);
bool parser_at_char(const struct parser *p, char c);
bool parser_at_word(const struct parser *p, const char *word);
bool parser_accept(struct parser *p, char c); /* steps over it if it is there; reports nothing */
bool parser_enter(struct parser *p);          /* one level deeper; leave by depth-- */

/* "expected WHAT, found 'token'". Always false, as the next two. */
bool parser_expected(const struct parser *p, const char *what);

/* "WHAT 'token'; did you mean 'y'?", or all of @names if none is near. */
bool parser_unknown(const struct parser *p, const struct token *t, const char *what,
		    GPtrArray *names);

/* "cannot VERB a time and cycles" */
bool parser_wrong_units(const struct parser *p, const char *where, const char *verb,
			struct exact_unit left, struct exact_unit right);

/* A number with its unit, without a sign, in base units. */
bool parser_number(struct parser *p, struct exact *ret);

bool token_is(const struct token *t, const char *name);
char *token_shown(const struct token *t);

/* The index of the field of this name, or FIELD_NONE. */
uint32_t token_field(const struct trace_event *ev, const struct token *t);

extern const char *const comparison_text[]; /* by enum comparison */

#endif
