/* SPDX-License-Identifier: MIT */
/*
 * The first record in which two runs differ, found by blocks, is the one that comparing all
 * records finds; and what is said of their deadlines. One second of the planted runs is 277393
 * records: four blocks and a part.
 */
#include "diff.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#define PLANTED "explain/planted.yaml"
#define BUSY "../scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml"
#define LIBRARY "../scenarios/library"

struct row {
	const char *name, *path;
	const char *variants[2], *sets[2]; /* of A and B; a set may be NULL */
	bool same;
};

/* clang-format off */
static const struct row rows[] = {
	{ "1 ns in the last block", PLANTED, { "a", "b" }, { NULL, NULL }, false },
	{ "1 ns in the first block", PLANTED, { "a", "a" }, { NULL, "vms.vm0.guest.delta=100001ns" }, false },
	{ "one run is a beginning of the other", PLANTED, { "a", "a" }, { NULL, "duration=988ms" }, false },
	{ "the same", PLANTED, { "a", "a" }, { NULL, NULL }, true },
	{ "a bug and its fix", BUSY, { "before", "after" }, { NULL, NULL }, false },
};
/* clang-format on */

struct all_records {
	struct trace_sink sink;
	GArray *records;
};

static void keep(struct trace_sink *sink, const struct trace_record *rec)
{
	struct all_records *all =
		(struct all_records *)((char *)sink - offsetof(struct all_records, sink));

	g_array_append_vals(all->records, rec, 1);
}

static struct replay *load(const struct row *row, unsigned i, struct run_result **ret)
{
	const struct replay_options options = { .variant = row->variants[i],
						.library = LIBRARY,
						.sets = &row->sets[i],
						.n_sets = row->sets[i] != NULL,
						.limits = SIM_LIMITS_DEFAULT };
	struct diagnostics d;

	diagnostics_init(&d);
	struct replay *replay = replay_load(row->path, &options, &d, NULL);

	assert_string_equal(d.text->str, "");
	assert_true(replay_resolve(replay, &options, &d));
	diagnostics_clear(&d);
	for (uint32_t k = 0; k < replay->n_results; k++)
		if (replay->results[k].run)
			*ret = &replay->results[k];
	return replay;
}

static GArray *all_of(const struct run_result *result)
{
	struct all_records all = {
		.sink = { .record = keep },
		.records = g_array_new(FALSE, FALSE, sizeof(struct trace_record)),
	};
	const char *refused;
	struct world *world = world_new(&result->run->config, NULL, &refused);

	trace_add_sink(world_trace(world), &all.sink);
	world_run(world);
	world_free(world);
	return all.records;
}

static bool equal(const struct trace_record *a, const struct trace_record *b)
{
	return a->when.v == b->when.v && a->event == b->event && a->entity == b->entity &&
	       !memcmp(a->value, b->value, a->n_values * sizeof(*a->value));
}

static const struct trace_record *at(const GArray *records, uint64_t i)
{
	return &g_array_index(records, struct trace_record, i);
}

/* What stands behind record @first in @records, as it was kept. */
static void check_lines(const struct diff_lines *lines, const GArray *records, uint64_t first)
{
	assert_int_equal(lines->n, MIN(DIFF_CONTEXT, records->len - first));
	for (uint32_t i = 0; i < lines->n; i++)
		assert_true(equal(&lines->line[i], at(records, first + i)));
}

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct sim_limits limits = SIM_LIMITS_DEFAULT;
	struct run_result *result[2] = { NULL, NULL };
	struct replay *replay[2] = { load(row, 0, &result[0]), load(row, 1, &result[1]) };
	struct diff d;

	assert_int_equal(diff_run(result[0], result[1], &limits, &d), EXIT_OK);
	assert_int_equal(d.same, row->same);
	if (!row->same) {
		g_autoptr(GArray) a = all_of(result[0]);
		g_autoptr(GArray) b = all_of(result[1]);
		uint64_t first = 0;

		while (first < MIN(a->len, b->len) && equal(at(a, first), at(b, first)))
			first++;
		assert_int_equal(d.record, first);
		assert_int_equal(d.before.n, MIN(first, DIFF_CONTEXT));
		for (uint32_t i = 0; i < d.before.n; i++)
			assert_true(equal(&d.before.line[i], at(a, first - d.before.n + i)));
		check_lines(&d.side[0].after, a, first);
		check_lines(&d.side[1].after, b, first);
	}
	diff_clear(&d);
	replay_free(replay[0]);
	replay_free(replay[1]);
}

/* 50 deadlines of the bug, 100 of the fix; of the 50 that both have, 49 are delivered and one is
 * not seen before, and prompt after. The first of them is 2 ms late: none is later. */
static void test_deadlines(void **state)
{
	const struct sim_limits limits = SIM_LIMITS_DEFAULT;
	struct run_result *result[2] = { NULL, NULL };
	struct replay *replay[2] = { load(&rows[4], 0, &result[0]), load(&rows[4], 1, &result[1]) };
	struct diff d;

	assert_int_equal(diff_run(result[0], result[1], &limits, &d), EXIT_OK);
	assert_int_equal(d.compared, 50);
	assert_int_equal(d.differ, 50);
	assert_int_equal(d.alone[0], 0);
	assert_int_equal(d.alone[1], 50);
	assert_int_equal(d.first_n, 0);
	assert_int_equal(d.most_n, 0);
	assert_int_equal(d.side[0].life.fired_cpu, 0);
	assert_int_equal(d.side[1].life.fired_cpu, 1);
	diff_clear(&d);
	replay_free(replay[0]);
	replay_free(replay[1]);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	tests[G_N_ELEMENTS(rows)] =
		(struct CMUnitTest){ .name = "deadlines", .test_func = test_deadlines };
	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
