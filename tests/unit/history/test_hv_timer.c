/* SPDX-License-Identifier: MIT */
/* When the preemption timer is used, and what it goes back to: truth tables. */
#include "hv_timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* One letter a mode: one-shot, periodic, deadline. */
static void test_modes(void **state)
{
	static const char *const want[] = { "---", "--x", "xxx" };

	for (size_t f = 0; f < N_ELEMENTS(want); f++)
		for (int m = LAPIC_MODE_ONESHOT; m <= LAPIC_MODE_TSC_DEADLINE; m++)
			assert_int_equal(hv_modes_variants[f].used((enum lapic_timer_mode)m),
					 want[f][m] == 'x');
}

/* mwait_in_guest and can_post are 0 0, 1 0, 0 1, 1 1 */
static void test_refuse(void **state)
{
	static const char *const want[] = { "----", "----", "-x-x", "-xxx" };

	for (size_t f = 0; f < N_ELEMENTS(want); f++)
		for (int i = 0; i < 4; i++)
			assert_int_equal(hv_refuse_variants[f].refused(i & 1, i >> 1),
					 want[f][i] == 'x');
}

static void test_divide_and_back(void **state)
{
	static const bool zero[] = { true, true, false }, never_hv[] = { true, true, false };

	for (size_t f = 0; f < 3; f++) {
		assert_int_equal(hv_divide_variants[f].divides(0), zero[f]);
		assert_true(hv_divide_variants[f].divides(1));
		assert_int_equal(to_hv_when_variants[f].back(false), never_hv[f]);
		assert_true(to_hv_when_variants[f].back(true));
	}
}

/* The plain values, release by release: the last before a change and the first after it. */
struct release {
	const char *name;
	uint32_t release;
	const char *modes, *refuse, *advance, *due, *off, *start, *fire, *when;
};

/* clang-format off */
static const struct release releases[] = {
	{ "v4.7 has none", KERNEL_RELEASE(4, 7),
	  "none", "none", "none", "none", "none", "none", "none", "none" },
	{ "v4.8 for deadlines", KERNEL_RELEASE(4, 8),
	  "deadline", "range", "none", "none", "bit_at_set", "bool", "cancel_expire", "always" },
	{ "v4.10 for counts", KERNEL_RELEASE(4, 10),
	  "all", "range", "none", "none", "bit_at_set", "bool", "cancel_expire", "always" },
	{ "v4.18 is advanced", KERNEL_RELEASE(4, 18),
	  "all", "mwait", "global", "return_1", "bit_at_set", "bounce", "cancel_expire", "always" },
	{ "v5.1 by the vCPU's value", KERNEL_RELEASE(5, 1),
	  "all", "mwait", "vcpu", "return_1", "bit_at_entry", "bounce", "cancel_expire", "always" },
	{ "v5.3 is never off", KERNEL_RELEASE(5, 3),
	  "all", "mwait_or_post", "vcpu", "flag", "soft", "expire_cancel", "cancel_expire",
	  "always" },
	{ "v5.13 expires first", KERNEL_RELEASE(5, 13),
	  "all", "mwait_or_post", "vcpu", "flag", "soft", "expire_cancel", "expire_cancel",
	  "always" },
	{ "v5.17 goes back only if it was there", KERNEL_RELEASE(5, 17),
	  "all", "mwait_or_post", "vcpu", "flag", "soft", "expire_cancel", "expire_cancel",
	  "was_hv" },
};
/* clang-format on */

static void check_release(void **state)
{
	const struct release *row = *state;
	struct kernel k;

	kernel_init(&k, row->release);
	assert_string_equal(k.hv_modes->variant.name, row->modes);
	assert_string_equal(k.hv_refuse->variant.name, row->refuse);
	assert_string_equal(k.hv_advance->variant.name, row->advance);
	assert_string_equal(k.hv_due->variant.name, row->due);
	assert_string_equal(k.hv_off->variant.name, row->off);
	assert_string_equal(k.hv_start->variant.name, row->start);
	assert_string_equal(k.hv_fire->variant.name, row->fire);
	assert_string_equal(k.to_hv_when->variant.name, row->when);
}

/* One commit, what it changed, and back: the introduction of the timer, and of its advance. */
static void test_commits(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 8));
	assert_int_equal(kernel_revert(&k, "64672c95ea4c", NULL), KERNEL_CHANGED);
	assert_string_equal(k.hv_modes->variant.name, "none");
	assert_string_equal(k.hv_refuse->variant.name, "none");
	assert_int_equal(kernel_apply(&k, "ce7a058a2117"), KERNEL_CHANGED);
	assert_string_equal(k.hv_modes->variant.name, "deadline");
	assert_string_equal(k.hv_refuse->variant.name, "none");

	kernel_init(&k, KERNEL_RELEASE(4, 17));
	assert_int_equal(kernel_apply(&k, "c5ce8235cffa"), KERNEL_CHANGED);
	assert_true(k.hv_advance->advanced);
	assert_int_equal(k.hv_due->how, HV_DUE_RETURN_1);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_divide_and_back),
		cmocka_unit_test(test_commits),
	};
	enum { N_FIXED = N_ELEMENTS(fixed), N_RELEASES = N_ELEMENTS(releases) };
	struct CMUnitTest tests[N_FIXED + N_RELEASES];

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_RELEASES; i++)
		tests[N_FIXED + i] = (struct CMUnitTest){ .name = releases[i].name,
							  .test_func = check_release,
							  .initial_state = (void *)&releases[i] };
	return cmocka_run_group_tests_name("hv_timer", tests, NULL, NULL);
}
