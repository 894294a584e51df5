/* SPDX-License-Identifier: MIT */
#include "aggregate.h"

#include "histogram.h"

#include <string.h>

#define SETTLED_WITHIN_PERCENT 10

struct kept_sample {
	int64_t value;
	uint64_t when;
};

struct slot {
	const struct aggregate_stream *stream;
	struct slot *next; /* of the same event */
	bool wants_histogram, wants_samples;
	bool no_row, too_many, too_large, no_memory;
	uint64_t count;
	__int128 sum;
	struct aggregate_sample first, last, min, max, rowless;
	struct histogram *histogram;
	struct kept_sample *kept;
	size_t n_kept, kept_size;
};

struct follower {
	struct follower *next;
	const void *key;
	struct trace_sink *sink;
	void (*free)(struct trace_sink *sink);
};

struct aggregate_set {
	struct trace_sink sink;
	uint32_t n_events;
	struct slot **by_event; /* the slots of event id, a list each */
	struct follower *followers;
};

struct exact_unit dimension_unit(enum dimension dim)
{
	if (dim == DIM_TIME || dim == DIM_NS)
		return EXACT_TIME;
	return dim == DIM_CYCLES ? EXACT_CYCLES : EXACT_PLAIN;
}

uint32_t dimension_scale(enum dimension dim) { return dim == DIM_NS ? PS_PER_NS : 1; }

size_t aggregate_names(const struct aggregate_name **ret)
{
	static const struct aggregate_name names[] = {
		{ "count", AGGREGATE_COUNT, "how many records; 0 of none" },
		{ "min", AGGREGATE_MIN, "the smallest value" },
		{ "max", AGGREGATE_MAX, "the largest value" },
		{ "mean", AGGREGATE_MEAN, "sum / count, as a fraction without rounding" },
		{ "pNN", AGGREGATE_PERCENTILE,
		  "the value at rank ceil(count * NN / 100), from p1 to p99; p901 to p999 are 90.1 "
		  "to "
		  "99.9 %. At most 0.1 % below the sample of that rank" },
		{ "first", AGGREGATE_FIRST, "the first value" },
		{ "last", AGGREGATE_LAST, "the last value" },
		{ "settled", AGGREGATE_SETTLED,
		  "the median of the last quarter of the samples: of the last floor(count / 4), at "
		  "least 1, the one at rank ceil(half of them)" },
		{ "settle_time", AGGREGATE_SETTLE_TIME,
		  "the simulated instant of the first sample from which on every sample lies "
		  "within "
		  "10 % of settled(); an error if the last one does not" },
	};

	*ret = names;
	return G_N_ELEMENTS(names);
}

bool comparison_holds(enum comparison cmp, int order)
{
	switch (cmp) {
	case CMP_EQ: return order == 0;
	case CMP_NE: return order != 0;
	case CMP_LT: return order < 0;
	case CMP_LE: return order <= 0;
	case CMP_GT: return order > 0;
	case CMP_GE: return order >= 0;
	}
	g_assert_not_reached();
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	g_free(a->text);
	g_free(a->stream.ops);
	g_free(a);
}

struct exact_unit aggregate_unit(const struct aggregate *a)
{
	if (a->kind == AGGREGATE_COUNT)
		return EXACT_PLAIN;
	return a->kind == AGGREGATE_SETTLE_TIME ? EXACT_TIME : dimension_unit(a->stream.dim);
}

static bool operand_equal(const struct operand *a, const struct operand *b)
{
	return a->kind == b->kind && a->index == b->index && a->scale == b->scale &&
	       a->num == b->num && a->den == b->den;
}

static bool stream_equal(const struct aggregate_stream *a, const struct aggregate_stream *b)
{
	if (a->event != b->event || a->field != b->field || a->dim != b->dim ||
	    a->n_ops != b->n_ops || a->table != b->table)
		return false;
	for (uint32_t i = 0; i < a->n_ops; i++) {
		const struct condition_op *x = &a->ops[i], *y = &b->ops[i];

		if (x->code != y->code || x->cmp != y->cmp || x->target != y->target ||
		    !operand_equal(&x->left, &y->left) || !operand_equal(&x->right, &y->right))
			return false;
	}
	return true;
}

/* Evaluating a condition on one record. */

static bool operand_value(const struct aggregate_stream *s, const struct trace_record *rec,
			  const struct operand *op, __int128 *ret)
{
	const int64_t *row;

	switch (op->kind) {
	case OPERAND_UNSIGNED: *ret = (__int128)rec->value[op->index] * op->scale; return true;
	case OPERAND_SIGNED:
		*ret = (__int128)(int64_t)rec->value[op->index] * op->scale;
		return true;
	case OPERAND_CPU: *ret = rec->cpu; return true;
	case OPERAND_WHEN: *ret = rec->when.v; return true;
	case OPERAND_COLUMN:
		row = integer_table_find(s->table, rec->value[s->n_field]);
		*ret = row ? row[op->index] : 0;
		return row != NULL;
	case OPERAND_NUMBER: *ret = op->num; return true;
	}
	g_assert_not_reached();
}

/* False: the table has no row for this record. A value has at most 75 bits and a
 * denominator 50. */
static bool compare(const struct aggregate_stream *s, const struct trace_record *rec,
		    const struct condition_op *op, bool *ret)
{
	__int128 left, right;

	if (!operand_value(s, rec, &op->left, &left) || !operand_value(s, rec, &op->right, &right))
		return false;
	if (op->right.kind == OPERAND_NUMBER)
		left *= op->right.den;
	else if (op->left.kind == OPERAND_NUMBER)
		right *= op->left.den;
	*ret = comparison_holds(op->cmp, left < right ? -1 : left > right);
	return true;
}

bool aggregate_stream_matches(const struct aggregate_stream *s, const struct trace_record *rec,
			      bool *ret)
{
	bool acc = true;

	for (uint32_t i = 0; i < s->n_ops;) {
		const struct condition_op *op = &s->ops[i++];

		switch (op->code) {
		case CONDITION_COMPARE:
			if (!compare(s, rec, op, &acc))
				return false;
			break;
		case CONDITION_NOT: acc = !acc; break;
		case CONDITION_JUMP_IF_FALSE: i = acc ? i : op->target; break;
		case CONDITION_JUMP_IF_TRUE: i = acc ? op->target : i; break;
		}
	}
	*ret = acc;
	return true;
}

/* Taking one record in. */

static struct aggregate_sample sample_of(const struct aggregate_stream *s,
					 const struct trace_record *rec)
{
	struct aggregate_sample sample = {
		.when = rec->when,
		.entity = rec->entity,
		.cpu = rec->cpu,
		.has_n = s->n_field != FIELD_NONE,
	};

	if (sample.has_n)
		sample.n = rec->value[s->n_field];
	if (s->field == FIELD_NONE)
		return sample;
	if (s->event->fields[s->field].type == TRACE_S64)
		sample.value = (int64_t)rec->value[s->field];
	else
		sample.value = rec->value[s->field];
	sample.value *= dimension_scale(s->dim);
	return sample;
}

static void keep_sample(struct slot *slot, int64_t value, ps_t when)
{
	if (slot->n_kept == AGGREGATE_SAMPLES_MAX) {
		slot->too_many = true;
		return;
	}
	if (slot->n_kept == slot->kept_size) {
		const size_t size = MIN(MAX(2 * slot->kept_size, 1024), AGGREGATE_SAMPLES_MAX);
		struct kept_sample *kept = g_try_renew(struct kept_sample, slot->kept, size);

		if (!kept) {
			slot->no_memory = true;
			return;
		}
		slot->kept = kept;
		slot->kept_size = size;
	}
	slot->kept[slot->n_kept++] = (struct kept_sample){ value, when.v };
}

static void slot_take(struct slot *slot, const struct trace_record *rec)
{
	struct aggregate_sample sample;
	bool matches;

	if (!aggregate_stream_matches(slot->stream, rec, &matches)) {
		if (!slot->no_row)
			slot->rowless = sample_of(slot->stream, rec);
		slot->no_row = true;
		return;
	}
	if (!matches)
		return;
	sample = sample_of(slot->stream, rec);
	if (!slot->count++)
		slot->first = slot->min = slot->max = sample;
	slot->last = sample;
	slot->sum += sample.value;
	if (sample.value < slot->min.value)
		slot->min = sample;
	if (sample.value > slot->max.value)
		slot->max = sample;
	if (!slot->wants_histogram && !slot->wants_samples)
		return;
	if (sample.value > INT64_MAX || sample.value < INT64_MIN) {
		slot->too_large = true;
		return;
	}
	if (slot->wants_histogram && !histogram_add(slot->histogram, (int64_t)sample.value))
		slot->no_memory = true;
	if (slot->wants_samples)
		keep_sample(slot, (int64_t)sample.value, rec->when);
}

static void set_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct aggregate_set *set = (struct aggregate_set *)sink; /* its first member */

	for (struct slot *slot = set->by_event[rec->event]; slot; slot = slot->next)
		slot_take(slot, rec);
	for (struct follower *f = set->followers; f; f = f->next)
		f->sink->record(f->sink, rec);
}

struct aggregate_set *aggregate_set_new(const struct trace_schema *schema)
{
	struct aggregate_set *set = g_new0(struct aggregate_set, 1);

	set->sink.record = set_record;
	set->n_events = schema->n_events;
	set->by_event = g_new0(struct slot *, schema->n_events);
	return set;
}

void aggregate_set_free(struct aggregate_set *set)
{
	if (!set)
		return;
	for (uint32_t i = 0; i < set->n_events; i++) {
		for (struct slot *slot = set->by_event[i], *next; slot; slot = next) {
			next = slot->next;
			if (slot->histogram)
				histogram_free(slot->histogram);
			g_free(slot->kept);
			g_free(slot);
		}
	}
	for (struct follower *f = set->followers, *next; f; f = next) {
		next = f->next;
		f->free(f->sink);
		g_free(f);
	}
	g_free(set->by_event);
	g_free(set);
}

void aggregate_set_follow(struct aggregate_set *set, const void *key, struct trace_sink *sink,
			  void (*free)(struct trace_sink *sink))
{
	struct follower *f = g_new0(struct follower, 1);

	*f = (struct follower){ set->followers, key, sink, free };
	set->followers = f;
}

struct trace_sink *aggregate_set_follower(const struct aggregate_set *set, const void *key)
{
	for (const struct follower *f = set->followers; f; f = f->next)
		if (f->key == key)
			return f->sink;
	return NULL;
}

static struct slot *find_slot(const struct aggregate_set *set, const struct aggregate_stream *s)
{
	struct slot *slot = set->by_event[s->event->id];

	while (slot && !stream_equal(slot->stream, s))
		slot = slot->next;
	return slot;
}

void aggregate_set_add(struct aggregate_set *set, const struct aggregate *a)
{
	struct slot *slot = find_slot(set, &a->stream);

	if (!slot) {
		slot = g_new0(struct slot, 1);
		slot->stream = &a->stream;
		slot->next = set->by_event[a->stream.event->id];
		set->by_event[a->stream.event->id] = slot;
	}
	if (a->kind == AGGREGATE_PERCENTILE && !slot->wants_histogram) {
		slot->wants_histogram = true;
		slot->histogram = histogram_new();
		g_assert(slot->histogram); /* as g_new(): nothing sensible is left to do */
	}
	if (a->kind == AGGREGATE_SETTLED || a->kind == AGGREGATE_SETTLE_TIME)
		slot->wants_samples = true;
}

struct trace_sink *aggregate_set_sink(struct aggregate_set *set) { return &set->sink; }

/* Reading a slot. */

/* The median of the last quarter, found by halving the range of values: no sort, no memory. */
static int64_t settled_value(const struct slot *slot)
{
	const size_t n = MAX(slot->n_kept / 4, 1), rank = (n + 1) / 2;
	const struct kept_sample *kept = slot->kept + (slot->n_kept - n);
	__int128 low = INT64_MIN, high = INT64_MAX;

	while (low < high) {
		const __int128 middle = (low + high) >> 1; /* rounds down below 0 too */
		size_t below = 0;

		for (size_t i = 0; i < n; i++)
			below += kept[i].value <= middle;
		if (below >= rank)
			high = middle;
		else
			low = middle + 1;
	}
	return (int64_t)low;
}

static bool is_within(int64_t value, int64_t settled)
{
	const __int128 difference = (__int128)value - settled;
	const __int128 magnitude = settled < 0 ? -(__int128)settled : settled;

	return (difference < 0 ? -difference : difference) * 100 <=
	       magnitude * SETTLED_WITHIN_PERCENT;
}

static enum aggregate_status read_settle_time(const struct slot *slot, struct aggregate_result *ret)
{
	const int64_t settled = settled_value(slot);
	size_t first = slot->n_kept;

	while (first > 0 && is_within(slot->kept[first - 1].value, settled))
		first--;
	if (first == slot->n_kept)
		return AGGREGATE_NEVER_SETTLES;
	ret->value = exact_integer(slot->kept[first].when, EXACT_TIME);
	return AGGREGATE_OK;
}

static enum aggregate_status slot_status(const struct slot *slot, const struct aggregate *a)
{
	const bool settles = a->kind == AGGREGATE_SETTLED || a->kind == AGGREGATE_SETTLE_TIME;

	if (slot->no_row)
		return AGGREGATE_NO_ROW;
	if (a->kind == AGGREGATE_COUNT)
		return AGGREGATE_OK;
	if (!slot->count)
		return AGGREGATE_NO_SAMPLES;
	if (!settles && a->kind != AGGREGATE_PERCENTILE)
		return AGGREGATE_OK;
	if (slot->too_large)
		return AGGREGATE_TOO_LARGE;
	if (slot->no_memory)
		return AGGREGATE_NO_MEMORY;
	return settles && slot->too_many ? AGGREGATE_TOO_MANY : AGGREGATE_OK;
}

/* Which record is "the sample" of a value. */
static const struct aggregate_sample *slot_sample(const struct slot *slot, enum aggregate_kind kind)
{
	switch (kind) {
	case AGGREGATE_MIN: return &slot->min;
	case AGGREGATE_MAX:
	case AGGREGATE_PERCENTILE: return &slot->max;
	case AGGREGATE_LAST:
	case AGGREGATE_SETTLED:
	case AGGREGATE_SETTLE_TIME: return &slot->last;
	default: return &slot->first;
	}
}

static enum aggregate_status read_value(const struct slot *slot, const struct aggregate *a,
					struct aggregate_result *ret)
{
	const struct exact_unit unit = aggregate_unit(a);

	switch (a->kind) {
	case AGGREGATE_COUNT: ret->value = exact_integer(slot->count, unit); break;
	case AGGREGATE_MIN: ret->value = exact_integer(slot->min.value, unit); break;
	case AGGREGATE_MAX: ret->value = exact_integer(slot->max.value, unit); break;
	case AGGREGATE_FIRST: ret->value = exact_integer(slot->first.value, unit); break;
	case AGGREGATE_LAST: ret->value = exact_integer(slot->last.value, unit); break;
	case AGGREGATE_MEAN: ret->value = exact_fraction(slot->sum, slot->count, unit); break;
	case AGGREGATE_PERCENTILE:
		ret->value =
			exact_integer(histogram_per_mille(slot->histogram, a->per_mille), unit);
		break;
	case AGGREGATE_SETTLED: ret->value = exact_integer(settled_value(slot), unit); break;
	case AGGREGATE_SETTLE_TIME: return read_settle_time(slot, ret);
	}
	return AGGREGATE_OK;
}

enum aggregate_status aggregate_read(const struct aggregate_set *set, const struct aggregate *a,
				     struct aggregate_result *ret)
{
	const struct slot *slot = find_slot(set, &a->stream);
	enum aggregate_status status;

	*ret = (struct aggregate_result){ 0 };
	if (!slot)
		return AGGREGATE_NOT_IN_SET;
	ret->count = slot->count;
	status = slot_status(slot, a);
	if (status == AGGREGATE_NO_ROW) {
		ret->has_sample = true;
		ret->sample = slot->rowless;
	} else if (slot->count) {
		ret->has_sample = true;
		ret->sample = *slot_sample(slot, a->kind);
	}
	return status == AGGREGATE_OK ? read_value(slot, a, ret) : status;
}

const struct histogram *aggregate_histogram(const struct aggregate_set *set,
					    const struct aggregate *a)
{
	const struct slot *slot = find_slot(set, &a->stream);

	if (!slot || slot_status(slot, a) != AGGREGATE_OK)
		return NULL;
	return slot->histogram;
}

void aggregate_status_text(GString *out, enum aggregate_status status,
			   const struct aggregate_result *result)
{
	switch (status) {
	case AGGREGATE_OK: g_string_append(out, "measured"); break;
	case AGGREGATE_NO_SAMPLES: g_string_append(out, "no samples"); break;
	case AGGREGATE_NOT_IN_SET: g_string_append(out, "not measured in this run"); break;
	case AGGREGATE_NO_ROW:
		g_string_append_printf(out,
				       "no row i = %" G_GUINT64_FORMAT " in the recorded table",
				       result->sample.n);
		break;
	case AGGREGATE_TOO_MANY:
		g_string_append_printf(out, "more than %u samples to keep", AGGREGATE_SAMPLES_MAX);
		break;
	case AGGREGATE_NEVER_SETTLES:
		g_string_append_printf(out, "never settles: the last sample is not within %d %%",
				       SETTLED_WITHIN_PERCENT);
		break;
	case AGGREGATE_TOO_LARGE: g_string_append(out, "a value is beyond 63 bits"); break;
	case AGGREGATE_NO_MEMORY: g_string_append(out, "out of memory"); break;
	}
}

void aggregate_sample_text(GString *out, const struct aggregate *a,
			   const struct aggregate_sample *sample)
{
	const struct exact when = exact_integer(sample->when.v, EXACT_TIME);

	if (a->stream.field != FIELD_NONE) {
		const struct exact value =
			exact_integer(sample->value, dimension_unit(a->stream.dim));

		exact_format(out, &value);
		g_string_append_c(out, ' ');
	}
	g_string_append(out, "at ");
	exact_format(out, &when);
	g_string_append_printf(out, " (entity %u, CPU %u", sample->entity, sample->cpu);
	if (sample->has_n)
		g_string_append_printf(out, ", n %" G_GUINT64_FORMAT, sample->n);
	g_string_append_c(out, ')');
}
