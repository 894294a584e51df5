/* SPDX-License-Identifier: MIT */
/* The cost profile: defaults, units, and the place of a draw between two quantiles. */
#include "models_rig.h"

#include "cost.h"

/* 2 GHz: a cycle is 500 ps. */
#define KHZ ((khz_t){ 2000000 })

static void names_and_defaults(void **state)
{
	assert_string_equal(cost_name(COST_vmexit), "vmexit");
	assert_string_equal(cost_name(COST_ipi), "ipi");
	for (unsigned i = 0; i < COST_COUNT; i++)
		assert_true(strlen(cost_help(i)) > 0);
}

/* Nothing said: the default. Else ps or cycles, and more on a CPU in nohz_full. */
static void a_constant(void **state)
{
	static const uint64_t seven[] = { 7 };
	static const struct {
		struct cost_config cfg;
		uint64_t want, nohz_full;
	} rows[] = {
		{ { 0 }, 0, 0 },
		{ { .nohz_full = { 9, QUANTITY_PS } }, 0, 9 },
		{ { .n = 1, .unit = QUANTITY_PS, .value = seven }, 7, 0 },
		{ { .n = 1, .unit = QUANTITY_CYCLES, .value = seven }, 3500, 0 },
		{ { .n = 1,
		    .unit = QUANTITY_CYCLES,
		    .value = seven,
		    .nohz_full = { 4, QUANTITY_CYCLES } },
		  3500,
		  2000 },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct cost_config cfg[COST_COUNT] = { 0 };
		struct cost_profile profile;
		struct cost_streams streams;
		uint64_t want = rows[i].want;

		cfg[COST_ipi] = rows[i].cfg;
		if (!rows[i].cfg.n)
			want = cost_default_ns(COST_ipi) * PS_PER_NS;
		assert_true(want > 0);
		assert_true(cost_profile_init(&profile, cfg, KHZ));
		cost_streams_init(&streams, 1, 0);
		assert_int_equal(cost_draw(&profile, &streams, COST_ipi, false).v, want);
		assert_int_equal(cost_draw(&profile, &streams, COST_ipi, true).v,
				 want + rows[i].nohz_full);
		cost_profile_free(&profile);
	}
}

/* Three quantiles, 0, 100 and 1000: half of the draws are below 100. Of 1000 of them that is 500,
 * give or take 16 a deviation. */
static void quantiles(void **state)
{
	static const uint64_t values[] = { 0, 100, 1000 };
	struct cost_config cfg[COST_COUNT] = { 0 };
	struct cost_profile profile;
	struct cost_streams streams;
	unsigned low = 0;

	cfg[COST_ipi] = (struct cost_config){ .n = 3, .unit = QUANTITY_PS, .value = values };
	assert_true(cost_profile_init(&profile, cfg, KHZ));
	cost_streams_init(&streams, 1, 0);
	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t v = cost_draw(&profile, &streams, COST_ipi, false).v;

		assert_true(v < 1000);
		low += v < 100;
	}
	assert_in_range(low, 500 - 64, 500 + 64);
	cost_profile_free(&profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_defaults),
		cmocka_unit_test(a_constant),
		cmocka_unit_test(quantiles),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
