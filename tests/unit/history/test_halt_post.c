/* SPDX-License-Identifier: MIT */
/* Halt polling, posted interrupts, matching TSC writes: truth tables and sums by hand. */
#include "halt_polling.h"
#include "post.h"
#include "tsc_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct change {
	const char *name;
	uint32_t poll;
	struct halt_poll_params params; /* max, grow, start, shrink */
	uint32_t grown[5];              /* none, unlimited, limited, start_param, limit_at_halt */
	uint32_t shrunk[3];             /* none, divide, divide_floor */
};

/* clang-format off */
static const struct change changes[] = {
	{ "from nothing", 0, { 200000, 2, 5000, 0 },
	  { 0, 10000, 10000, 5000, 5000 }, { 0, 0, 0 } },
	{ "doubled past the maximum", 160000, { 200000, 2, 10000, 2 },
	  { 160000, 320000, 200000, 200000, 320000 }, { 160000, 80000, 80000 } },
	{ "a factor of 0", 160000, { 200000, 0, 10000, 3 },
	  { 160000, 0, 0, 160000, 160000 }, { 160000, 53333, 53333 } },
	{ "a factor of 0 from nothing", 0, { 200000, 0, 10000, 2 },
	  { 0, 0, 0, 0, 0 }, { 0, 0, 0 } },
	{ "shrunk below the growth start", 19998, { 200000, 1, 10000, 2 },
	  { 19998, 19998, 19998, 19998, 19998 }, { 19998, 9999, 0 } },
	/* 2^31 + 5000 doubled is 10000 more than 2^32. */
	{ "the product wraps", 2147488648u, { UINT32_MAX, 2, 20000, 1 },
	  { 2147488648u, 10000, 10000, 20000, 20000 },
	  { 2147488648u, 2147488648u, 2147488648u } },
};
/* clang-format on */

static void check_change(void **state)
{
	const struct change *row = *state;

	for (size_t f = 0; f < N_ELEMENTS(row->grown); f++)
		assert_int_equal(halt_grow_variants[f].grown(row->poll, &row->params),
				 row->grown[f]);
	for (size_t f = 0; f < N_ELEMENTS(row->shrunk); f++)
		assert_int_equal(halt_shrink_variants[f].shrunk(row->poll, &row->params),
				 row->shrunk[f]);
}

static void test_decide(void **state)
{
	static const struct {
		uint64_t block;
		bool valid;
		uint32_t poll, max;
		enum halt_change want[3]; /* none, time, valid_time */
	} rows[] = {
		{ 100, true, 100, 1000, { HALT_KEEP, HALT_KEEP, HALT_KEEP } },
		{ 101, true, 100, 1000, { HALT_KEEP, HALT_GROW, HALT_GROW } },
		{ 999, true, 0, 1000, { HALT_KEEP, HALT_GROW, HALT_GROW } },
		{ 1000, true, 100, 1000, { HALT_KEEP, HALT_KEEP, HALT_KEEP } },
		{ 1001, true, 100, 1000, { HALT_KEEP, HALT_SHRINK, HALT_SHRINK } },
		{ 1001, true, 0, 1000, { HALT_KEEP, HALT_KEEP, HALT_KEEP } },
		{ 101, false, 100, 1000, { HALT_KEEP, HALT_GROW, HALT_SHRINK } },
		{ 50, true, 100, 0, { HALT_KEEP, HALT_ZERO, HALT_ZERO } },
		{ 50, false, 100, 0, { HALT_KEEP, HALT_ZERO, HALT_SHRINK } },
		/* A time above the maximum, as v4.3 leaves it: kept until a halt is longer still.
		 */
		{ 1500, true, 2000, 1000, { HALT_KEEP, HALT_KEEP, HALT_KEEP } },
		{ 2001, true, 2000, 1000, { HALT_KEEP, HALT_SHRINK, HALT_SHRINK } },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct halt_decide_input in = {
			rows[i].block,
			rows[i].valid,
			rows[i].poll,
			rows[i].max,
		};

		for (size_t f = 0; f < N_ELEMENTS(rows[i].want); f++)
			assert_int_equal(halt_decide_variants[f].decide(&in), rows[i].want[f]);
	}
}

/* single_task and need_resched are 0 0, 1 0, 0 1, 1 1 */
static void test_stop(void **state)
{
	static const char *const want[] = { "x-x-", "x-xx" };

	for (size_t f = 0; f < N_ELEMENTS(want); f++)
		for (int i = 0; i < 4; i++)
			assert_int_equal(halt_stop_variants[f].stops(i & 1, i >> 1),
					 want[f][i] == 'x');
}

static void test_halt_defaults(void **state)
{
	static const struct {
		uint32_t release, max, shrink;
	} rows[] = {
		{ KERNEL_RELEASE(4, 10), 400000, 0 },
		{ KERNEL_RELEASE(4, 19), 200000, 0 },
		{ KERNEL_RELEASE(6, 10), 200000, 0 },
		{ KERNEL_RELEASE(6, 11), 200000, 2 },
	};
	struct kernel k;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		kernel_init(&k, rows[i].release);
		assert_int_equal(k.halt_defaults->params.max_ns, rows[i].max);
		assert_int_equal(k.halt_defaults->params.shrink, rows[i].shrink);
		assert_int_equal(k.halt_defaults->params.grow, 2);
		assert_int_equal(k.halt_defaults->params.grow_start_ns, 10000);
	}
}

/* Bit 0: owed, bit 1: advanced, bit 2: injected. */
static void test_post_wait(void **state)
{
	static const char *const want[] = { "--------", "--xx--xx", "-------x", "---x---x" };

	for (size_t f = 0; f < N_ELEMENTS(want); f++) {
		assert_int_equal(post_variants[f].posts, f > 0);
		for (int i = 0; i < 8; i++) {
			const struct post_wait_input in = { i & 1, i >> 1 & 1, i >> 2 };

			assert_int_equal(post_variants[f].waits(&in), want[f][i] == 'x');
		}
	}
}

/* Bit 0: pi_inject_timer, bit 1: APICv, bit 2: MWAIT in the guest, bit 3: HLT in the guest. */
static void test_post_allowed(void **state)
{
	static const char *const want[] = {
		"----------------",
		"---x---x---x---x",
		"-------x---x---x",
	};

	for (size_t f = 0; f < N_ELEMENTS(want); f++)
		for (int i = 0; i < 16; i++) {
			const struct post_allowed_input in = { i & 1, i >> 1 & 1, i >> 2 & 1,
							       i >> 3 };

			assert_int_equal(post_allowed_variants[f].allowed(&in), want[f][i] == 'x');
		}
}

/* One commit brings posting, and undoes it whole. */
static void test_post_commit(void **state)
{
	struct kernel k, before;

	kernel_init(&k, KERNEL_RELEASE(5, 3));
	assert_true(k.post->posts);
	before = k;
	assert_int_equal(kernel_revert(&k, "0c5f81dad46c", NULL), KERNEL_CHANGED);
	assert_false(k.post->posts);
	assert_string_equal(k.post_allowed->variant.name, "none");
	assert_string_equal(k.hv_refuse->variant.name, "mwait");
	assert_string_equal(k.migrate->variant.name, "restart");
	assert_int_equal(kernel_apply(&k, "0c5f81dad46c"), KERNEL_CHANGED);
	assert_memory_equal(&k, &before, sizeof(k));
}

static void test_v5_8(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 7));
	assert_false(k.direct->apicv || k.fastpath->wrmsr_and_hv || k.post_ipi->skip_self);
	kernel_init(&k, KERNEL_RELEASE(5, 8));
	assert_true(k.direct->apicv && k.fastpath->wrmsr_and_hv && k.post_ipi->skip_self);
	assert_int_equal(kernel_revert(&k, "26efe2fd92e5", NULL), KERNEL_CHANGED);
	assert_false(k.direct->apicv || k.fastpath->wrmsr_and_hv);
}

static void test_tsc_match(void **state)
{
	assert_true(tsc_match_variants[0].slop(false) && tsc_match_variants[0].slop(true));
	assert_true(!tsc_match_variants[1].slop(false) && tsc_match_variants[1].slop(true));
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_decide),        cmocka_unit_test(test_stop),
		cmocka_unit_test(test_halt_defaults), cmocka_unit_test(test_post_wait),
		cmocka_unit_test(test_post_allowed),  cmocka_unit_test(test_post_commit),
		cmocka_unit_test(test_v5_8),          cmocka_unit_test(test_tsc_match),
	};
	enum { N_FIXED = N_ELEMENTS(fixed), N_CHANGES = N_ELEMENTS(changes) };
	struct CMUnitTest tests[N_FIXED + N_CHANGES];

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_CHANGES; i++)
		tests[N_FIXED + i] = (struct CMUnitTest){ .name = changes[i].name,
							  .test_func = check_change,
							  .initial_state = (void *)&changes[i] };
	return cmocka_run_group_tests_name("halt_post", tests, NULL, NULL);
}
