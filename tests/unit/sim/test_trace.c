/* SPDX-License-Identifier: MIT */
/*
 * The fingerprint against XXH64 of bytes written out by hand, and against numbers from another
 * implementation of XXH64; checkpoints, sinks, look-up.
 */
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const struct trace_field fields[] = { { "a", TRACE_U64, NULL, 0 },
					     { "b", TRACE_S64, NULL, 0 } };
#define EVENT(id_, kind_, name_, n)                                                     \
	{                                                                               \
		.id = id_, .kind = TRACE_KIND_##kind_, .system = "test", .name = name_, \
		.format = "{a}", .fields = fields, .n_fields = n                        \
	}
static const struct trace_event none = EVENT(0, INTERNAL, "none", 0);
static const struct trace_event one = EVENT(1, EVENT, "one", 1);
static const struct trace_event two = EVENT(2, EVENT, "two", 2);
static const struct trace_event *const events[] = { &none, &one, &two };
static const struct trace_schema schema = { .events = events, .n_events = 3 };

/* Of different kinds and lengths; cpu, task and flags are not hashed. */
static const struct trace_record records[] = {
	{ .when = { 0x0102030405060708 },
	  .event = 1,
	  .entity = 2,
	  .cpu = 7,
	  .task = 1,
	  .flags = 5,
	  .n_values = 1,
	  .value = { 0x1122334455667788 } },
	{ .when = { 0x0102030405060709 }, .event = 0, .entity = 3 },
	{ .when = { 0x0102030405060709 },
	  .event = 2,
	  .entity = UINT32_MAX,
	  .n_values = 2,
	  .value = { UINT64_MAX, 5 } },
};

/* clang-format off */
static const unsigned char serialised[] = {
	8, 7, 6, 5, 4, 3, 2, 1,  1, 0, 0, 0,  2, 0, 0, 0,  0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	9, 7, 6, 5, 4, 3, 2, 1,  0, 0, 0, 0,  3, 0, 0, 0,
	9, 7, 6, 5, 4, 3, 2, 1,  2, 0, 0, 0,  255, 255, 255, 255,
	255, 255, 255, 255, 255, 255, 255, 255,  5, 0, 0, 0, 0, 0, 0, 0,
};
/* clang-format on */

static const struct {
	size_t bytes; /* serialised after so many records */
	uint64_t hash;
} after[] = {
	{ 0, 0xef46db3751d8e999 },
	{ 24, 0xc6ce78b0dafb2392 },
	{ 40, 0x403c1f5f1f790668 },
	{ 72, 0x1b8bd7243175d3a4 },
};

static void fingerprint_is_xxh64_of_the_bytes(void **state)
{
	struct trace *trace = trace_new(&schema);

	assert_int_equal(sizeof(serialised), 72);
	assert_int_equal(trace_fingerprint(trace), after[0].hash);
	for (unsigned i = 0; i < 3; i++) {
		trace_emit(trace, &records[i]);
		assert_int_equal(trace_count(trace), i + 1);
		assert_int_equal(trace_fingerprint(trace), after[i + 1].hash);
		assert_int_equal(XXH64(serialised, after[i + 1].bytes, 0), after[i + 1].hash);
		assert_int_equal(trace_fingerprint(trace), after[i + 1].hash); /* only looked */
	}
	trace_free(trace);
}

/* Record k, from 0: (when k, event 1, entity 0, value k), 2 * 2^16 + 1 of them. */
static void checkpoints_every_65536_records(void **state)
{
	struct trace *trace = trace_new(&schema);
	struct trace_record rec = { .event = 1, .n_values = 1 };
	const uint64_t *checkpoints;

	for (uint64_t k = 0; k < 2 * 65536 + 1; k++) {
		assert_int_equal(trace_checkpoints(trace, &checkpoints), k / 65536);
		rec.when = ps(k);
		rec.value[0] = k;
		trace_emit(trace, &rec);
	}
	assert_int_equal(trace_checkpoints(trace, &checkpoints), 2);
	assert_int_equal(checkpoints[0], 0x497591ba5f3f9ffe);
	assert_int_equal(checkpoints[1], 0x59cfacb0744d73f1);
	assert_int_equal(trace_fingerprint(trace), 0xc6fe2abe1df87ad6);
	assert_true(trace_checkpoints_complete(trace));
	trace_free(trace);
}

struct counting_sink {
	struct trace_sink sink;
	unsigned seen, *clock, last_at;
};

static void count(struct trace_sink *sink, const struct trace_record *rec)
{
	struct counting_sink *c = (struct counting_sink *)sink; /* sink is its first member */

	assert_ptr_equal(rec, &records[c->seen]);
	c->seen++;
	c->last_at = ++*c->clock;
}

static void sinks_see_all_in_the_order_of_adding(void **state)
{
	unsigned clock = 0;
	struct counting_sink first = { { count, NULL }, 0, &clock, 0 }, second = first;
	struct trace *with = trace_new(&schema);

	trace_add_sink(with, &first.sink);
	trace_add_sink(with, &second.sink);
	for (unsigned i = 0; i < 3; i++)
		trace_emit(with, &records[i]);
	assert_int_equal(first.seen, 3);
	assert_int_equal(second.seen, 3);
	assert_int_equal(first.last_at, 5);
	assert_int_equal(second.last_at, 6);
	assert_int_equal(trace_fingerprint(with), after[3].hash); /* as without sinks */
	trace_free(with);
}

static void looked_up_by_name(void **state)
{
	struct trace *trace = trace_new(&schema);

	assert_ptr_equal(trace_event_by_name(trace_schema(trace), "two"), &two);
	assert_ptr_equal(trace_event_by_name(&schema, "none"), &none);
	assert_null(trace_event_by_name(&schema, "tw"));
	trace_free(trace);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprint_is_xxh64_of_the_bytes),
		cmocka_unit_test(checkpoints_every_65536_records),
		cmocka_unit_test(sinks_see_all_in_the_order_of_adding),
		cmocka_unit_test(looked_up_by_name),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
