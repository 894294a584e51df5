/* SPDX-License-Identifier: MIT */
/*
 * expectation - a scenario's "that:" line: a comparison of numbers and aggregates.
 *
 *	that       = sum OP sum                     OP: == != < <= > >=
 *	sum        = product { (+|-) product }
 *	product    = factor { * factor }
 *	factor     = number [unit] | - factor | ( sum ) | aggregate
 *	aggregate  = AGG ( metric [where condition] ) [ "[" variant "]" ]
 *	condition  = see condition.h
 *
 * Parsed once, with all names and units checked; evaluated exactly after the runs. An expectation
 * is immutable and may be used by several runs at once.
 *
 *	expectation_parse() -> expectation_request() into the set of each variant
 *	                    -> runs -> expectation_eval()
 *
 * Units:    a sum and a comparison need equal units on both sides; a product adds them (exact.h).
 * Rounding: none.
 * Errors:   of the text through diagnostics, with their place; of the evaluation in the outcome.
 * A "sequence:" list (sequence.h) is an expectation too; it has no aggregates.
 */
#ifndef EXPECTATION_H
#define EXPECTATION_H

#include "aggregate.h"
#include "diagnostics.h"
#include "sequence_text.h"

#define EXPECTATION_TEXT_MAX 4096u /* bytes                                    */
#define EXPECTATION_DEPTH_MAX 32u  /* of parentheses, signs and nots           */

struct expectation_context { /* all of it must outlive what is parsed */
	const struct trace_schema *schema;
	const struct metric *metrics;
	size_t n_metrics;
	const char *const *variants; /* of the file, NULL-terminated; NULL: [variant] is refused */
	const struct integer_table *table; /* for recorded.COLUMN; NULL: there is none */
};

struct expectation;

/*
 * @at is the place of @text's first character: @text stands on one line as it is, without escapes.
 * @only is the place of the expectation's only: or not:, NULL without one. NULL: reported, one
 * error at most.
 */
struct expectation *expectation_parse(struct diagnostics *d, const struct expectation_context *ctx,
				      const struct source_pos *at, const char *text,
				      const struct source_pos *only);
void expectation_free(struct expectation *exp);

/* The same for the steps of a "sequence:", of which there are two at least. */
struct expectation *expectation_parse_sequence(struct diagnostics *d,
					       const struct expectation_context *ctx,
					       const struct sequence_text *steps, uint32_t n);

/* One aggregate alone, for tables: "p99(lateness where cpu == 1)". Freed by aggregate_free(). */
struct aggregate *aggregate_parse(struct diagnostics *d, const struct expectation_context *ctx,
				  const struct source_pos *at, const char *text);

/* Reads variants in brackets: evaluated once for the file, not once a variant. */
bool expectation_crosses_variants(const struct expectation *exp);

/* Its aggregates in the order of the text; NULL past the last. Owned by @exp. */
const struct aggregate *expectation_aggregate(const struct expectation *exp, size_t i);

/* Adds to @set, which is that of variant @variant, what the expectation wants of it. */
void expectation_request(const struct expectation *exp, struct aggregate_set *set,
			 unsigned variant);

/*
 * A sum alone, as a metric of a sweep: "p99(lateness) - 2us"; or a comparison, which is worth 1 or
 * 0. It reads the variant that is run: [variant] is refused. Freed by expectation_free(), requested
 * as an expectation.
 */
struct expectation *expression_parse(struct diagnostics *d, const struct expectation_context *ctx,
				     const struct source_pos *at, const char *text);
struct exact_unit expression_unit(const struct expectation *exp);

/* The value, or false with the reason on one line appended to @why. */
bool expression_eval(const struct expectation *exp, const struct aggregate_set *set,
		     struct exact *ret, GString *why);

enum expectation_verdict {
	EXPECTATION_PASS,
	EXPECTATION_FAIL,    /* false, or an aggregate without samples                           */
	EXPECTATION_ERROR,   /* no value: a missing row, a limit, 128 bits are too few           */
	EXPECTATION_NOT_RUN, /* a variant that it reads has no set: it was not run               */
	EXPECTATION_MISS,    /* fails, and the file says that it does: expectation_missed()      */
};

struct expectation_outcome {
	enum expectation_verdict verdict;
	GString *expected; /* the text as written */
	GString *actual;   /* "max(lateness) = 1.5 ms; 1.5 ms < 20 us is false" */
	GString *sample;   /* "max(lateness): 1.5 ms at 3 ms (entity 0, CPU 1)"; lines, or empty */
	bool has_deadline; /* a sample is deadline n of the vCPU: the first such */
	uint32_t vcpu;
	uint64_t n;
};

/* @sets: by variant, NULL where it did not run. @variant is under test; without meaning if @exp
 * crosses variants. @ret is written whole; cleared by expectation_outcome_clear(). */
void expectation_eval(const struct expectation *exp, unsigned variant,
		      const struct aggregate_set *const *sets, struct expectation_outcome *ret);
void expectation_outcome_clear(struct expectation_outcome *outcome);

/* The file says that it does not hold: a failure is a miss then, and a success fails. */
void expectation_missed(struct expectation_outcome *outcome);

/* "pass", "fail", "error", "not run", "miss" */
const char *expectation_verdict_name(enum expectation_verdict verdict);

/* The manual's section on expectations, in Markdown: grammar, aggregates, metrics and fields. */
void expectation_docs(GString *out, const struct trace_schema *schema, const struct metric *metrics,
		      size_t n_metrics);

#endif
