/* SPDX-License-Identifier: MIT */
/* Moving an expired timer forward: whole intervals, and the ends of the range. */
#include "hrtimer_base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

struct row {
	const char *name;
	int64_t expires, now, interval, resolution;
	uint64_t overruns;
	int64_t after;
};

/* clang-format off */
static const struct row rows[] = {
	/*                              expires    now  interval resolution overruns  after */
	{ "not due",                       1000,   999,      100,         1,       0,  1000 },
	{ "due now: one interval",         1000,  1000,      100,         1,       1,  1100 },
	{ "less than an interval late",    1000,  1099,      100,         1,       1,  1100 },
	{ "exactly one late: past now",    1000,  1100,      100,         1,       2,  1200 },
	{ "several",                       1000,  1350,      100,         1,       4,  1400 },
	{ "the tick is the shortest",      1000,  1350,      100,       300,       2,  1600 },
	{ "an interval of 0",              1000,  1000,        0,         1,       1,  1001 },
	{ "stops at the end of time", INT64_MAX - 10, INT64_MAX - 5, 100, 1,       1,  INT64_MAX },
	{ "reaches the end of time",  INT64_MAX - 10, INT64_MAX - 10, 10, 1,       1,  INT64_MAX },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct forward_input in = {
		.expires = row->expires,
		.now = row->now,
		.interval = row->interval,
		.resolution = row->resolution,
	};
	struct forward_result got = forward_variants[0].forward(&in);

	assert_int_equal(got.overruns, row->overruns);
	assert_int_equal(got.expires, row->after);
}

int main(void)
{
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[N];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
