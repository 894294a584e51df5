/* SPDX-License-Identifier: MIT */
/* Which of four records pass each choice. */
#include "trace_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

#define EVENT(id_, system_, name_)                                        \
	{                                                                 \
		.id = id_, .system = system_, .name = name_, .format = "" \
	}
static const struct trace_event all[] = {
	EVENT(0, "kvm", "kvm_entry"),
	EVENT(1, "kvm", "kvm_exit"),
	EVENT(2, "kvmmmu", "kvm_exit"),
	EVENT(3, "timer", "hrtimer_start"),
};
static const struct trace_event *const events[] = { &all[0], &all[1], &all[2], &all[3] };
static const struct trace_schema schema = { .events = events, .n_events = N_ELEMENTS(events) };

/* Record i is event i, at 10 * i ps. */
static const uint32_t cpu_of[] = { 0, 1, 1, 2 };

struct row {
	const char *name;
	const char *events[2];
	uint32_t cpus[2];
	size_t n_events, n_cpus;
	uint64_t from, to;
	const char *want; /* the numbers of those that pass */
};

#define ALL .to = UINT64_MAX
/* clang-format off */
static const struct row rows[] = {
	{ "no choice", ALL, .want = "0123" },
	{ "a system", { "kvm" }, .n_events = 1, ALL, .want = "01" },
	{ "an event", { "kvm:kvm_exit" }, .n_events = 1, ALL, .want = "1" },
	{ "the same name in another system", { "kvmmmu:kvm_exit" }, .n_events = 1, ALL, .want = "2" },
	{ "two choices add up", { "kvm:kvm_entry", "timer" }, .n_events = 2, ALL, .want = "03" },
	{ "a CPU", .cpus = { 1 }, .n_cpus = 1, ALL, .want = "12" },
	{ "two CPUs", .cpus = { 2, 0 }, .n_cpus = 2, ALL, .want = "03" },
	{ "from, inclusive", .from = 10, ALL, .want = "123" },
	{ "to, inclusive", .to = 20, .want = "012" },
	{ "one instant", .from = 20, .to = 20, .want = "2" },
	{ "between two records", .from = 21, .to = 29, .want = "" },
	{ "all three narrow", { "kvm", "timer" }, { 1 }, 2, 1, 5, 30, "1" },
};
/* clang-format on */

struct collector {
	struct trace_sink sink;
	char got[8];
};

static void collect(struct trace_sink *sink, const struct trace_record *rec)
{
	struct collector *c = (struct collector *)sink;

	c->got[strlen(c->got)] = (char)('0' + rec->event);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct trace_choice choice = { .events = row->events,
					     .n_events = row->n_events,
					     .cpus = row->cpus,
					     .n_cpus = row->n_cpus,
					     .from = { row->from },
					     .to = { row->to } };
	struct collector c = { .sink.record = collect };
	struct trace_filter *f = trace_filter_new(&schema, &choice, &c.sink);

	assert_non_null(f);
	for (uint32_t i = 0; i < N_ELEMENTS(events); i++) {
		const struct trace_record rec = { .when = { 10 * i },
						  .event = i,
						  .cpu = cpu_of[i] };

		trace_filter_sink(f)->record(trace_filter_sink(f), &rec);
	}
	assert_string_equal(c.got, row->want);
	trace_filter_free(f);
}

static void names_that_choose_something(void **state)
{
	static const struct {
		const char *name;
		bool known;
	} names[] = {
		{ "kvm", true },       { "kvm:kvm_exit", true },    { "kv", false },
		{ "kvm_exit", false }, { "kvm:kvm_ex", false },     { "kvm:", false },
		{ "", false },         { "timer:kvm_exit", false },
	};

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		assert_int_equal(trace_choice_known(&schema, names[i].name), names[i].known);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + 1];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	tests[N_ELEMENTS(rows)] = (struct CMUnitTest)cmocka_unit_test(names_that_choose_something);
	return cmocka_run_group_tests_name("trace_filter", tests, NULL, NULL);
}
