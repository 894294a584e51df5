/* SPDX-License-Identifier: MIT */
/* F2, of a run whose samples are not in the buckets. */
#include "summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void f2_a_sample_is_lost(void **state)
{
	struct sim *sim = sim_new(NULL);
	struct summary s;

	summary_init(&s, 1, false);
	histogram_add(s.lateness, -3);
	histogram_add(s.lateness_cycles, 7);
	s.samples = 1;
	summary_check(&s, sim);
	assert_null(sim_broken(sim)->id);
	s.samples = 2;
	summary_check(&s, sim);
	assert_string_equal(sim_broken(sim)->id, "F2");
	assert_string_equal(
		sim_broken(sim)->formula,
		"lateness: 1 values in buckets == 2 samples; min <= p50 <= p90 <= p99 <= max");
	summary_clear(&s);
	sim_free(sim);
}

/* No rank is looked for that is not there, whatever the values. */
static void f2_holds(void **state)
{
	static const int64_t values[] = { 0, -1, 1, INT64_MAX, INT64_MIN, 2047, 2048, -2049 };
	struct histogram *h = histogram_new();

	assert_true(histogram_sound(h));
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(histogram_add(h, values[i]));
		assert_true(histogram_sound(h));
	}
	histogram_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f2_a_sample_is_lost),
		cmocka_unit_test(f2_holds),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
