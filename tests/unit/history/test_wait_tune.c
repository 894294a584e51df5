/* SPDX-License-Identifier: MIT */
/* The length of the busy wait, and what the tuner makes of an error, in all forms. */
#include "tune.h"
#include "wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* --- how long --- */

struct length {
	const char *name;
	uint64_t early;
	bool twice; /* the guest's TSC runs at 2 GHz on a host of 1 GHz, else at 1 GHz */
	const char *want[5];
};

/* clang-format off */
static const struct length lengths[] = { /* the advance is 1000 ns throughout */
	/* early, twice; then none, uncapped, guest_cycles, host_domain, and steps_1ns,
	 * where "500 by 1000" is 500 host cycles in at most 1000 steps */
	{ "same clock: all agree", 500, false,
	  { "none", "500 cyc", "500 cyc", "500 cyc", "500 by 1000" } },
	{ "guest 2x host: half is right", 500, true,
	  { "none", "500 cyc", "500 cyc", "250 ns", "250 by 1000" } },
	{ "guest TSC jumped: capped", 9000, false,
	  { "none", "9000 cyc", "1000 cyc", "1000 cyc", "9000 by 1000" } },
	{ "jumped at 2x: cap in guest cycles", 9000, true,
	  { "none", "9000 cyc", "2000 cyc", "1000 ns", "4500 by 1000" } },
	/* 2^33 cycles at 2 GHz are 2^32 ns: cut to 32 bits, nothing is left to wait for. */
	{ "ns cut to 32 bits", UINT64_C(1) << 33, true,
	  { "none", "8589934592 cyc", "2000 cyc", "0 ns",
	    "4294967296 by 1000" } },
};
/* clang-format on */

static void check_length(void **state)
{
	static const struct guest_rate once = {
		.khz = { 1000000 },
		.ns_to_cycles = { 0x80000000u, 1 },
		.ratio = UINT64_C(1) << 48,
		.frac_bits = 48,
	};
	static const struct guest_rate twice = {
		.khz = { 2000000 },
		.ns_to_cycles = { 0x80000000u, 2 },
		.ratio = UINT64_C(1) << 49,
		.frac_bits = 48,
	};
	static const char *const units[] = { "none", "cyc", "ns" };
	const struct length *row = *state;
	const struct wait_length_input in = { guest_cycles(row->early), 1000,
					      row->twice ? &twice : &once };

	for (size_t i = 0; i < N_ELEMENTS(row->want); i++) {
		struct busy_wait w = wait_length_variants[i].wait(&in);
		char got[40] = "none";

		if (w.unit == BUSY_WAIT_1NS_STEPS)
			snprintf(got, sizeof(got), "%llu by %llu", (unsigned long long)w.amount,
				 (unsigned long long)w.steps_max);
		else if (w.unit != BUSY_WAIT_NONE)
			snprintf(got, sizeof(got), "%llu %s", (unsigned long long)w.amount,
				 units[w.unit]);
		assert_string_equal(got, row->want[i]);
	}
}

/* --- the tuner --- */

struct tuning {
	const char *name;
	int64_t delta; /* [cycles at 3 GHz] */
	uint32_t advance;
	struct tune_result want[6]; /* one per form, as in the table */
};

/* clang-format off */
static const struct tuning tunings[] = {
	/* delta, advance; then none, eighth, eighth_off, eighth_retry, smooth, eighth_cap */
	{ "late by 500 ns", 1500, 1000,
	  { { 1000, 0 }, { 1125, 0 }, { 1125, 0 }, { 1125, 0 }, { 1062, 0 }, { 1125, 0 } } },
	{ "early by 500 ns", -1500, 1000,
	  { { 1000, 0 }, { 875, 0 }, { 875, 0 }, { 875, 0 }, { 938, 0 }, { 875, 0 } } },
	{ "early by 100 ns", -300, 1000,
	  { { 1000, 0 }, { 900, 0 }, { 900, 0 }, { 900, 0 }, { 988, 0 }, { 900, 0 } } },
	{ "the last step still counts", 90, 1000,
	  { { 1000, 0 }, { 1030, 1 }, { 1030, 1 }, { 1030, 1 }, { 1000, 0 }, { 1030, 1 } } },
	{ "100 cycles are not the end", 100, 1000,
	  { { 1000, 0 }, { 1033, 0 }, { 1033, 0 }, { 1033, 0 }, { 1004, 0 }, { 1033, 0 } } },
	{ "10000 cycles are measured", 10000, 1000,
	  { { 1000, 0 }, { 1125, 0 }, { 1125, 0 }, { 1125, 0 }, { 1416, 0 }, { 1125, 0 } } },
	{ "10001 are an outlier", 10001, 1000,
	  { { 1000, 0 }, { 1125, 0 }, { 1125, 0 }, { 1125, 0 }, { 1000, 0 }, { 1125, 0 } } },
	{ "above 5000", 3000, 4614,
	  { { 4614, 0 }, { 5190, 0 }, { 0, 1 }, { 1000, 0 }, { 4739, 0 }, { 5000, 1 } } },
	{ "above 5000, smoothly", 300, 4990,
	  { { 4990, 0 }, { 5090, 0 }, { 0, 1 }, { 1000, 0 }, { 1000, 0 }, { 5000, 1 } } },
	{ "5000 is not above 5000", 300, 4988,
	  { { 4988, 0 }, { 5088, 0 }, { 0, 1 }, { 1000, 0 }, { 5000, 0 }, { 5000, 1 } } },
	{ "decay stalls at 7", -3000,    7,
	  { { 7, 0 }, { 7, 0 }, { 7, 0 }, { 7, 0 }, { 1000, 0 }, { 7, 0 } } },
	{ "an outlier keeps even 5001", 20000, 5001,
	  { { 5001, 0 }, { 5626, 0 }, { 0, 1 }, { 1000, 0 }, { 5001, 0 }, { 5000, 1 } } },
};
/* clang-format on */

static void check_tuning(void **state)
{
	const struct tuning *row = *state;

	for (size_t i = 0; i < N_ELEMENTS(row->want); i++) {
		const struct tune_input in = {
			.error = { row->delta < 0,
				   (uint64_t)(row->delta < 0 ? -row->delta : row->delta) },
			.delta = row->delta,
			.guest_khz = { 3000000 },
			.advance_ns = row->advance,
			.constants = &tune_variants[i].constants,
		};
		struct tune_result got = tune_variants[i].tune(&in);

		assert_int_equal(got.advance_ns, row->want[i].advance_ns);
		assert_int_equal(got.done, row->want[i].done);
	}
}

/* 14 late samples from 1000 exceed 5000. */
static void test_growth(void **state)
{
	static const uint32_t want[] = { 1125, 1265, 1423, 1600, 1800, 2025, 2278,
					 2562, 2882, 3242, 3647, 4102, 4614, 5190 };
	struct tune_input in = { { false, 300000 },          300000, { 3000000 }, 1000, false,
				 &tune_variants[1].constants };

	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		in.advance_ns = tune_variants[1].tune(&in).advance_ns;
		assert_int_equal(in.advance_ns, want[i]);
	}
}

/* --- its constants --- */

struct of_release {
	const char *name;
	uint32_t release;
	struct tune_constants what_if, want; /* min, max, step, init, max */
};

/* clang-format off */
static const struct of_release releases[] = {
	{ "4.19 tunes nothing", KERNEL_RELEASE(4, 19), { 0 }, { 0 } },
	{ "4.20 has no cap", KERNEL_RELEASE(4, 20), { 0 }, { 100, 0, 8, 1000, 0 } },
	{ "5.2 has a cap", KERNEL_RELEASE(5, 2), { 0 }, { 100, 0, 8, 1000, 5000 } },
	{ "5.3 as well", KERNEL_RELEASE(5, 3), { 0 }, { 100, 0, 8, 1000, 5000 } },
	{ "5.4 has a window", KERNEL_RELEASE(5, 4), { 0 }, { 100, 10000, 8, 1000, 5000 } },
	{ "6.11 as well", KERNEL_RELEASE(6, 11), { 0 }, { 100, 10000, 8, 1000, 5000 } },
	{ "all replaced", KERNEL_RELEASE(6, 11), { 1, 2, 3, 4, 5 }, { 1, 2, 3, 4, 5 } },
	{ "what 4.20 has not is not replaced", KERNEL_RELEASE(4, 20), { 1, 2, 3, 4, 5 }, { 1, 0, 3, 4, 0 } },
	{ "nor anything of 4.19", KERNEL_RELEASE(4, 19), { 1, 2, 3, 4, 5 }, { 0 } },
	{ "one replaced", KERNEL_RELEASE(5, 4), { 0, 0, 4, 0, 0 }, { 100, 10000, 4, 1000, 5000 } },
};

static const struct other {
	const char *name;
	size_t form; /* 1 eighth, 2 eighth_off, 3 eighth_retry, 4 smooth, 5 eighth_cap */
	struct tune_constants constants;
	int64_t delta; /* [cycles at 3 GHz], from 1000 ns */
	struct tune_result want;
} others[] = {
	{ "dead band of 300, inside", 4, { 300, 10000, 8, 1000, 5000 }, 299, { 1000, 0 } },
	{ "dead band of 300, at it", 4, { 300, 10000, 8, 1000, 5000 }, -300, { 988, 0 } },
	{ "window up to 1400, beyond", 4, { 100, 1400, 8, 1000, 5000 }, 1401, { 1000, 0 } },
	{ "window up to 1400, at it", 4, { 100, 1400, 8, 1000, 5000 }, 1400, { 1058, 0 } },
	{ "a quarter of the error", 4, { 100, 10000, 4, 1000, 5000 }, 1500, { 1125, 0 } },
	{ "smooth, above another cap", 4, { 100, 10000, 8, 700, 1050 }, 1500, { 700, 0 } },
	{ "a quarter of the advance", 1, { 100, 0, 4, 1000, 0 }, 1500, { 1250, 0 } },
	{ "done below 2000", 1, { 2000, 0, 8, 1000, 0 }, 1500, { 1125, 1 } },
	{ "off above 1100", 2, { 100, 0, 8, 1000, 1100 }, 1500, { 0, 1 } },
	{ "again from 600 above 1100", 3, { 100, 0, 8, 600, 1100 }, 1500, { 600, 0 } },
	{ "stays at 1100", 5, { 100, 0, 8, 1000, 1100 }, 1500, { 1100, 1 } },
};
/* clang-format on */

static void check_release(void **state)
{
	const struct of_release *row = *state;
	struct kernel k;

	kernel_init(&k, row->release);
	const struct tune_constants got = tune_constants(&k, &row->what_if);

	assert_int_equal(got.adjust_min, row->want.adjust_min);
	assert_int_equal(got.adjust_max, row->want.adjust_max);
	assert_int_equal(got.adjust_step, row->want.adjust_step);
	assert_int_equal(got.ns_init, row->want.ns_init);
	assert_int_equal(got.ns_max, row->want.ns_max);
}

static void check_other(void **state)
{
	const struct other *row = *state;
	const struct tune_input in = {
		.error = { row->delta < 0, (uint64_t)(row->delta < 0 ? -row->delta : row->delta) },
		.delta = row->delta,
		.guest_khz = { 3000000 },
		.advance_ns = 1000,
		.constants = &row->constants,
	};
	struct tune_result got = tune_variants[row->form].tune(&in);

	assert_int_equal(got.advance_ns, row->want.advance_ns);
	assert_int_equal(got.done, row->want.done);
}

/* Two clocks further apart than 2^63: late for the old form, early for the new one. */
static void test_sign(void **state)
{
	const struct tune_error none =
		tune_sign_variants[0].error(guest_cycles(5), guest_cycles(9));

	assert_int_equal(none.cycles, 0);
	assert_false(none.early);
	guest_cycles_t now = guest_cycles(-UINT64_C(2007555)), deadline = guest_cycles(3332);
	struct tune_error u = tune_sign_variants[1].error(now, deadline);
	struct tune_error s = tune_sign_variants[2].error(now, deadline);

	assert_false(u.early);
	assert_true(u.cycles == UINT64_MAX - 2010887 + 1);
	assert_true(s.early);
	assert_true(s.cycles == 2010887);
}

struct start {
	const char *name;
	size_t form;
	int64_t value;
	struct advance_start want;
};

/* clang-format off */
static const struct start starts[] = {
	{ "no parameter",           0, 2000,          { 0, false, false } },
	{ "4.0 default",            1, PARAM_DEFAULT, { 0, false, false } },
	{ "4.0 value",              1, 2500,          { 2500, false, false } },
	{ "4.20 default",           2, PARAM_DEFAULT, { 1000, false, false } },
	{ "4.20 value is tuned on", 2, 2500,          { 2500, false, false } },
	{ "5.1 default",            3, PARAM_DEFAULT, { 1000, false, true } },
	{ "5.1 -1",                 3, -1,            { 1000, false, true } },
	{ "5.1 0",                  3, 0,             { 0, true, false } },
	{ "5.1 value is kept",      3, 2500,          { 2500, true, false } },
	{ "5.1 -2 is four seconds", 3, -2,            { 4294967294u, true, false } },
	{ "6.11 default",           4, PARAM_DEFAULT, { 1000, false, true } },
	{ "6.11 N",                 4, 0,             { 0, false, true } },
};
/* clang-format on */

static void check_start(void **state)
{
	const struct start *row = *state;
	const struct param_variant *param = &param_variants[row->form];
	struct advance_start got = param->initial(row->value, param->ns_init);

	assert_int_equal(got.advance_ns, row->want.advance_ns);
	assert_int_equal(got.done, row->want.done);
	assert_int_equal(got.dynamic, row->want.dynamic);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(lengths) + N_ELEMENTS(tunings) + N_ELEMENTS(starts) +
				N_ELEMENTS(releases) + N_ELEMENTS(others) + 2];
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(lengths); i++)
		tests[n++] = (struct CMUnitTest){ .name = lengths[i].name,
						  .test_func = check_length,
						  .initial_state = (void *)&lengths[i] };
	for (size_t i = 0; i < N_ELEMENTS(tunings); i++)
		tests[n++] = (struct CMUnitTest){ .name = tunings[i].name,
						  .test_func = check_tuning,
						  .initial_state = (void *)&tunings[i] };
	for (size_t i = 0; i < N_ELEMENTS(releases); i++)
		tests[n++] = (struct CMUnitTest){ .name = releases[i].name,
						  .test_func = check_release,
						  .initial_state = (void *)&releases[i] };
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		tests[n++] = (struct CMUnitTest){ .name = others[i].name,
						  .test_func = check_other,
						  .initial_state = (void *)&others[i] };
	for (size_t i = 0; i < N_ELEMENTS(starts); i++)
		tests[n++] = (struct CMUnitTest){ .name = starts[i].name,
						  .test_func = check_start,
						  .initial_state = (void *)&starts[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_growth);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_sign);
	return cmocka_run_group_tests_name("wait_tune", tests, NULL, NULL);
}
