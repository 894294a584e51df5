/* SPDX-License-Identifier: MIT */
/* What a picture marks is what each release's tuner does: 100 and 10000 cycles, 5000 ns. */
#include "tuner_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>
#include <glib.h>

struct row {
	const char *name;
	uint32_t release;
	int64_t advance; /* the parameter */
	uint32_t khz;
	struct tuner_limits want;
};

/* clang-format off */
static const struct row rows[] = {
	{ "v4.19 has no tuner", KERNEL_RELEASE(4, 19), KVM_PARAM_DEFAULT, 2400000, { 0, 0, 0 } },
	{ "v4.20 tunes without a cap", KERNEL_RELEASE(4, 20), KVM_PARAM_DEFAULT, 2400000, { 100, 0, 0 } },
	{ "v5.2 switches off above 5000 ns", KERNEL_RELEASE(5, 2), -1, 2400000, { 100, 0, 5000 } },
	{ "v5.3 starts again above 5000 ns", KERNEL_RELEASE(5, 3), -1, 2400000, { 100, 0, 5000 } },
	{ "v5.4 ignores outliers", KERNEL_RELEASE(5, 4), -1, 2400000, { 100, 10000, 5000 } },
	{ "the same for a slow guest TSC", KERNEL_RELEASE(5, 4), -1, 1000000, { 100, 10000, 5000 } },
	{ "a number of the user's is not tuned", KERNEL_RELEASE(5, 4), 3000, 2400000, { 0, 0, 0 } },
	{ "v6.12 tunes if it is on", KERNEL_RELEASE(6, 12), 1, 2400000, { 100, 10000, 5000 } },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct kvm_config kvm = { .lapic_timer_advance_ns = row->advance };
	struct kernel kernel;

	kernel_init(&kernel, row->release);
	const struct tuner_limits got = tuner_limits(&kernel, &kvm, (khz_t){ row->khz });

	assert_int_equal(got.quiet_below, row->want.quiet_below);
	assert_int_equal(got.quiet_above, row->want.quiet_above);
	assert_int_equal(got.cap_ns, row->want.cap_ns);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows)];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("tuner_limits", tests, NULL, NULL);
}
