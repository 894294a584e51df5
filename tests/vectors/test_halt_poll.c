/* SPDX-License-Identifier: MIT */
/* Halts in turn: where the maximum is enforced, and a VM's maximum beside the module's. */
#include "halt_poll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct halt {
	const char *name;
	uint32_t release, max, vm_max, poll;
	uint32_t polled; /* at the beginning of the halt */
	uint64_t block;
	enum halt_change change;
	uint32_t after;
};

/* clang-format off */
static const struct halt halts[] = { /* grow 2, start 10000, shrink 0 */
	/*                                        max  vm_max    poll  polled   block   change     after */
	{ "4.2: the parameter, always", KERNEL_RELEASE(4, 2),
	  500000, 500000,      0, 500000, 600000, HALT_KEEP, 0 },
	{ "4.3: past the maximum, and polled", KERNEL_RELEASE(4, 3),
	  500000, 500000, 640000, 640000, 600000, HALT_KEEP, 640000 },
	{ "4.3: the step past the maximum", KERNEL_RELEASE(4, 3),
	  500000, 500000, 320000, 320000, 330000, HALT_GROW, 640000 },
	{ "4.10: stops at the maximum", KERNEL_RELEASE(4, 10),
	  500000, 500000, 320000, 320000, 330000, HALT_GROW, 500000 },
	{ "6.16: past the maximum, cut before it polls", KERNEL_RELEASE(6, 16),
	  500000, 500000, 640000, 500000, 500001, HALT_SHRINK, 0 },
	{ "6.16: cut to the VM's maximum", KERNEL_RELEASE(6, 16),
	  500000, 100000, 400000, 100000, 100000, HALT_KEEP, 100000 },
	{ "5.10: decided by the VM's, limited by the module's", KERNEL_RELEASE(5, 10),
	  500000, 900000, 400000, 400000, 800000, HALT_GROW, 500000 },
	{ "a VM that may not poll", KERNEL_RELEASE(5, 10),
	  500000,      0, 400000, 400000, 800000, HALT_ZERO, 0 },
};
/* clang-format on */

static void check_halt(void **state)
{
	const struct halt *row = *state;
	const struct halt_poll_config cfg = {
		.params = { .max_ns = row->max, .grow = 2, .grow_start_ns = 10000, .shrink = 0 },
		.vm_max_ns = row->vm_max,
	};
	uint32_t poll = row->poll;
	struct kernel k;

	kernel_init(&k, row->release);
	assert_int_equal(halt_poll_begin(&k, &cfg, &poll), row->polled);
	assert_int_equal(halt_poll_end(&k, &cfg, row->block, true, &poll), row->change);
	assert_int_equal(poll, row->after);
}

int main(void)
{
	enum { N = N_ELEMENTS(halts) };
	struct CMUnitTest tests[N];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){ .name = halts[i].name,
						.test_func = check_halt,
						.initial_state = (void *)&halts[i] };
	return cmocka_run_group_tests_name("halt_poll", tests, NULL, NULL);
}
