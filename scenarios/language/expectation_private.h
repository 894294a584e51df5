/* SPDX-License-Identifier: MIT */
/* expectation_private - a parsed expectation, between its parser and its evaluation. */
#ifndef EXPECTATION_PRIVATE_H
#define EXPECTATION_PRIVATE_H

#include "expectation.h"
#include "expectation_tokens.h"
#include "sequence.h"

enum term_code { TERM_NUMBER, TERM_AGGREGATE, TERM_ADD, TERM_SUB, TERM_MUL, TERM_NEG };

struct term { /* one step of a sum in postfix order */
	enum term_code code;
	struct exact number;
	guint aggregate;
};

/* Each level of depth may hold a sum and a product that wait for their right side. */
#define TERM_STACK_MAX (2 * EXPECTATION_DEPTH_MAX + 4)

struct expectation {
	char *text;
	GPtrArray *aggregates; /* of struct aggregate, in the order of the text */
	GArray *left, *right;  /* of struct term */
	enum comparison cmp;
	bool compares;             /* false: an expression that is @left alone */
	struct exact_unit unit;    /* of an expression */
	struct sequence *sequence; /* instead of all above; NULL: there is none */
	bool crosses;
	const char *const *variants;
};

/* A metric's or an event's name, as count() takes it: fills in @a->stream. @ret: NULL for an
 * event. */
bool parser_metric(struct parser *p, struct aggregate *a, const struct metric **ret);

#endif
