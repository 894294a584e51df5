/* SPDX-License-Identifier: MIT */
/* Where an unpinned timer goes, in all forms; and the check of the other CPU's queue. */
#include "hrtimer_base.h"
#include "nohz_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	const char *name;
	unsigned me;
	uint64_t domain[2]; /* smallest first; 0: none */
	uint64_t idle, housekeeping;
	unsigned want[4]; /* one per form, oldest first */
};

/* clang-format off */
static const struct row rows[] = { /* 4 CPUs; bit n is CPU n */
	/*                                    me  domains       idle  housek.   busy self busy_hk scan */
	{ "a busy housekeeping CPU keeps it",   0, { 0xf },      0x0, 0x1,    { 0, 0, 0, 0 } },
	{ "a busy nohz_full CPU gives it away", 1, { 0xf },      0x0, 0x1,    { 1, 0, 0, 0 } },
	{ "the nearest busy housekeeping CPU",  3, { 0xc, 0xf }, 0x0, 0x7,    { 3, 0, 2, 2 } },
	{ "all housekeeping CPUs idle",         3, { 0xf },      0x7, 0x6,    { 3, 1, 1, 1 } },
	{ "the bug of 4.3: an idle housekeeper pushes to a nohz_full CPU",
						0, { 0xf },      0x1, 0x1,    { 1, 1, 0, 0 } },
	{ "an idle CPU, a busy one near",       2, { 0xc, 0xf }, 0x4, 0xf,    { 3, 3, 3, 3 } },
	{ "an idle CPU, a busy one far",        2, { 0xc, 0xf }, 0xc, 0xf,    { 0, 0, 0, 0 } },
	{ "everybody idle",                     2, { 0xf },      0xf, 0xf,    { 2, 2, 2, 2 } },
	{ "no domain, nohz_full",               3, { 0 },        0x0, 0x3,    { 3, 0, 0, 0 } },
	{ "no domain, idle housekeeper",        3, { 0 },        0x8, 0xb,    { 3, 3, 3, 3 } },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct cpu_mask domains[2] = { { { row->domain[0] } }, { { row->domain[1] } } };
	const struct cpu_mask idle = { { row->idle } }, housekeeping = { { row->housekeeping } };
	struct nohz_target_input in = {
		.me = row->me,
		.domains = domains,
		.n_domains = row->domain[1]   ? 2
			     : row->domain[0] ? 1
					      : 0,
		.idle = &idle,
		.housekeeping = &housekeeping,
		.n_cpus = 4,
	};

	in.any_housekeeping = any_housekeeping_variants[1].pick(&housekeeping, 4);
	for (size_t i = 0; i < N_ELEMENTS(row->want); i++)
		assert_int_equal(nohz_target_variants[i].target(&in), row->want[i]);
}

/* Beyond the first word of a set: 70 CPUs, only CPU 66 is busy, and CPU 69 starts the timer. */
static void test_many_cpus(void **state)
{
	struct cpu_mask domain = { { ~UINT64_C(0), 0x3f } }, idle = domain, housekeeping = domain;
	struct nohz_target_input in = {
		.me = 69,
		.domains = &domain,
		.n_domains = 1,
		.idle = &idle,
		.housekeeping = &housekeeping,
		.n_cpus = 70,
	};

	cpu_mask_clear(&idle, 66);
	for (size_t i = 0; i < nohz_target_variants_n; i++)
		assert_int_equal(nohz_target_variants[i].target(&in), 66);

	/* Now the lowest housekeeping CPU is 65, and the starting one is none. */
	housekeeping = (struct cpu_mask){ { 0, 0x1e } };
	in.any_housekeeping = any_housekeeping_variants[2].pick(&housekeeping, 70);
	assert_int_equal(in.any_housekeeping, 65);
	cpu_mask_set(&idle, 66);
	assert_int_equal(nohz_target_variants[1].target(&in), 65);
	assert_int_equal(nohz_target_variants[2].target(&in), 65);
	assert_int_equal(nohz_target_variants[3].target(&in), 65);
}

struct check {
	const char *name;
	struct remote_check_input in;
	bool want[3]; /* not_later_hres, earlier, earlier_or_offline */
};

static const struct check checks[] = {
	{ "earlier", { 999, 1000, true, false }, { true, true, true } },
	{ "at the same ns", { 1000, 1000, true, false }, { true, false, false } },
	{ "later", { 1001, 1000, true, false }, { false, false, false } },
	{ "earlier, low resolution", { 999, 1000, false, false }, { false, true, true } },
	{ "earlier, going offline", { 999, 1000, true, true }, { true, true, false } },
	{ "before the clock's zero", { -1, 0, true, false }, { true, true, true } },
	{ "the other CPU expects nothing", { 999, INT64_MAX, true, false }, { true, true, true } },
};

static void check_remote(void **state)
{
	const struct check *row = *state;

	for (size_t i = 0; i < N_ELEMENTS(row->want); i++)
		assert_int_equal(remote_check_variants[i].refused(&row->in), row->want[i]);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + N_ELEMENTS(checks) + 1];
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < N_ELEMENTS(checks); i++)
		tests[n++] = (struct CMUnitTest){ .name = checks[i].name,
						  .test_func = check_remote,
						  .initial_state = (void *)&checks[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_many_cpus);
	return cmocka_run_group_tests_name("nohz_target", tests, NULL, NULL);
}
