/* SPDX-License-Identifier: MIT */
/*
 * aggregate - one number out of a run's records: count, min, p99, ... of a metric, where it holds.
 *
 * A metric names one field of one trace event as a value, and says what it is measured in. An
 * aggregate is immutable once parsed (expectation.h) and may be added to the sets of many runs at
 * once. A set belongs to one run: it is a trace sink that evaluates each record only against the
 * aggregates of its event, and allocates for histograms and kept samples alone. Aggregates that
 * differ only in their kind share one slot. A set draws no numbers and changes no model (rule R22).
 *
 *	aggregate_parse() -> aggregate_set_add() -> trace_add_sink(aggregate_set_sink())
 *	                  -> run -> aggregate_read()
 *
 * Units:    raw values are ps, ns, guest cycles or plain, as the metric says; results are exact.
 * Rounding: none, but a percentile lies up to 2^-10 below the sample at its rank (histogram.h).
 * Errors:   by the status of aggregate_read(); only AGGREGATE_OK comes with a value.
 */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include "exact.h"
#include "histogram.h"
#include "integer_table.h"
#include "trace.h"

/* settled and settle_time keep their samples: at most this many in a run. */
#define AGGREGATE_SAMPLES_MAX 1000000u

enum dimension {
	DIM_COUNT,  /* a plain number */
	DIM_TIME,   /* ps             */
	DIM_CYCLES, /* guest cycles   */
	DIM_NS,     /* a time that the kernel itself keeps in ns */
};

struct metric {
	const char *name;
	const char *event;
	const char *field; /* NULL: can only be counted */
	enum dimension dim;
	const char *help;
};

struct exact_unit dimension_unit(enum dimension dim);
uint32_t
dimension_scale(enum dimension dim); /* what a raw value is multiplied by: ps per ns, or 1 */

enum aggregate_kind {
	AGGREGATE_COUNT,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_MEAN,
	AGGREGATE_PERCENTILE,
	AGGREGATE_FIRST,
	AGGREGATE_LAST,
	AGGREGATE_SETTLED,     /* median of the last quarter of the samples */
	AGGREGATE_SETTLE_TIME, /* from this instant on all samples lie within 10 % of it */
};

/* One row per name, in the order in which they are listed; pNN is one row. */
struct aggregate_name {
	const char *name;
	enum aggregate_kind kind;
	const char *help;
};
size_t aggregate_names(const struct aggregate_name **ret);

/*
 * A compiled condition: an accumulator and a list of steps. COMPARE and NOT set the accumulator,
 * the jumps look at it and end `and` and `or` early. The operand of a comparison is a value of the
 * record, or a number as a fraction.
 */
enum operand_kind {
	OPERAND_UNSIGNED, /* value[index] of the record */
	OPERAND_SIGNED,
	OPERAND_CPU,    /* on which it happened              */
	OPERAND_WHEN,   /* its instant                       */
	OPERAND_COLUMN, /* of the table, in the row that the record's "n" names */
	OPERAND_NUMBER,
};

struct operand {
	enum operand_kind kind;
	uint32_t index;    /* of the value or column */
	uint32_t scale;    /* of the value: as dimension_scale() */
	__int128 num, den; /* OPERAND_NUMBER */
};

enum comparison { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

bool comparison_holds(enum comparison cmp, int order); /* @order: -1, 0, 1 */

enum condition_code {
	CONDITION_COMPARE,
	CONDITION_NOT,
	CONDITION_JUMP_IF_FALSE,
	CONDITION_JUMP_IF_TRUE
};

struct condition_op {
	enum condition_code code;
	enum comparison cmp;
	struct operand left, right; /* never both OPERAND_NUMBER */
	uint32_t target;            /* of a jump: the next step */
};

#define FIELD_NONE UINT32_MAX

/* Which values: two aggregates with equal streams share a slot. */
struct aggregate_stream {
	const struct trace_event *event;
	uint32_t field;   /* the value, or FIELD_NONE: count only */
	uint32_t n_field; /* the event's field "n" (the number of a deadline), or FIELD_NONE */
	enum dimension dim;
	struct condition_op *ops;
	uint32_t n_ops;                    /* 0: all records of the event */
	const struct integer_table *table; /* not owned; NULL unless a condition reads it */
};

struct aggregate {
	char *text; /* as written: "p99(wait where cpu == 1)[before]" */
	enum aggregate_kind kind;
	unsigned per_mille; /* AGGREGATE_PERCENTILE */
	int variant;        /* the index of [variant], or -1 */
	struct aggregate_stream stream;
};

void aggregate_free(struct aggregate *a);

/* What the value of @a is measured in. */
struct exact_unit aggregate_unit(const struct aggregate *a);

/* A record that made a value: "the sample" of a report. */
struct aggregate_sample {
	__int128 value; /* in base units; 0 of a metric without a field */
	ps_t when;
	uint32_t entity, cpu;
	bool has_n;
	uint64_t n;
};

enum aggregate_status {
	AGGREGATE_OK,
	AGGREGATE_NO_SAMPLES,    /* no record matched, and it is not a count */
	AGGREGATE_NOT_IN_SET,    /* was never added                          */
	AGGREGATE_NO_ROW,        /* recorded.COLUMN: @sample has no row      */
	AGGREGATE_TOO_MANY,      /* more than AGGREGATE_SAMPLES_MAX to keep  */
	AGGREGATE_NEVER_SETTLES, /* the last sample is not within 10 %      */
	AGGREGATE_TOO_LARGE,     /* a value beyond 63 bits, in a histogram or among kept samples */
	AGGREGATE_NO_MEMORY,
};

struct aggregate_result {
	struct exact value; /* if AGGREGATE_OK */
	uint64_t count;     /* records that matched */
	bool has_sample;
	/* min: the smallest; max and pNN: the largest; last, settled and settle_time: the last;
	 * the others: the first that matched. AGGREGATE_NO_ROW: the first without a row. */
	struct aggregate_sample sample;
};

struct aggregate_set;

struct aggregate_set *aggregate_set_new(const struct trace_schema *schema);
void aggregate_set_free(struct aggregate_set *set);

/* Before the run. @a must outlive @set. Adding one twice is harmless. */
void aggregate_set_add(struct aggregate_set *set, const struct aggregate *a);

/* Does @rec, which is of the stream's event, satisfy its condition? False: it reads a table that
 * has no row for it. */
bool aggregate_stream_matches(const struct aggregate_stream *s, const struct trace_record *rec,
			      bool *ret);

/* Something else that looks at every record of the run, found again by @key. Freed with the set. */
void aggregate_set_follow(struct aggregate_set *set, const void *key, struct trace_sink *sink,
			  void (*free)(struct trace_sink *sink));
struct trace_sink *aggregate_set_follower(const struct aggregate_set *set, const void *key);

struct trace_sink *aggregate_set_sink(struct aggregate_set *set);

/* After the run, or during it. @a->variant is not looked at: the caller chose the set. */
enum aggregate_status aggregate_read(const struct aggregate_set *set, const struct aggregate *a,
				     struct aggregate_result *ret);

/* All values of a percentile that was added to @set, in base units; NULL if none was, or if the
 * histogram lacks some (aggregate_read() says why). Valid as long as @set. */
const struct histogram *aggregate_histogram(const struct aggregate_set *set,
					    const struct aggregate *a);

/* One line without a full stop: "no samples", "no row i = 45 in the recorded table". */
void aggregate_status_text(GString *out, enum aggregate_status status,
			   const struct aggregate_result *result);

/* "1.5 ms at 12.001 ms (entity 0, CPU 1, n 17)"; without the value if the metric has none. */
void aggregate_sample_text(GString *out, const struct aggregate *a,
			   const struct aggregate_sample *sample);

#endif
