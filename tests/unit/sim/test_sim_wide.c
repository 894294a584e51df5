/* SPDX-License-Identifier: MIT */
/* Rows worked out by hand, for the compiler's 128 bits and for those made of 64; then many numbers
 * for which both must say the same, and quotient * divisor + rest must give the number back. */
#include "sim_random.h"
#include "sim_wide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define MAX UINT64_MAX
#define TOP (UINT64_C(1) << 63)

struct ops {
	const char *name;
	struct wide (*mul)(uint64_t a, uint64_t b);
	struct wide (*add)(struct wide a, struct wide b);
	struct wide (*shl)(struct wide a, unsigned n);
	struct wide (*shr)(struct wide a, unsigned n);
	struct wide (*div)(struct wide a, uint64_t d);
};

static const struct ops used = { "used", wide_mul, wide_add, wide_shl, wide_shr, wide_div };
static const struct ops portable = { "portable",        wide_portable_mul, wide_portable_add,
				     wide_portable_shl, wide_portable_shr, wide_portable_div };

static void equal(struct wide got, uint64_t hi, uint64_t lo)
{
	assert_int_equal(got.hi, hi);
	assert_int_equal(got.lo, lo);
}

/* clang-format off */
static const struct { uint64_t a, b, hi, lo; } products[] = {
	{ 0, MAX, 0, 0 },
	{ 1, MAX, 0, MAX },
	{ MAX, MAX, MAX - 1, 1 },                      /* (2^64-1)^2 = 2^128 - 2*2^64 + 1 */
	{ UINT64_C(1) << 32, UINT64_C(1) << 32, 1, 0 },
	{ TOP, 2, 1, 0 },
	{ TOP, 3, 1, TOP },
	{ UINT32_MAX, UINT32_MAX, 0, UINT64_C(0xfffffffe00000001) },
	{ UINT64_C(0x100000001), UINT64_C(0xffffffff00000000), UINT64_C(0xffffffff), UINT64_C(0xffffffff00000000) },
};

static const struct { struct wide a; uint64_t d; uint64_t hi, lo; } quotients[] = {
	{ { 0, 0 }, 1, 0, 0 },
	{ { 0, 7 }, 8, 0, 0 },
	{ { 0, 8 }, 8, 0, 1 },
	{ { 1, 0 }, 1, 1, 0 },
	{ { 1, 0 }, 2, 0, TOP },
	{ { MAX, MAX }, 1, MAX, MAX },
	{ { MAX, MAX }, MAX, 1, 1 },                   /* 2^128-1 = (2^64-1)(2^64+1) */
	{ { MAX - 1, MAX }, MAX, 0, MAX },             /* 2^128-2^64-1 = (2^64-1)*2^64 - 1 */
	{ { 999999999, MAX }, 1000000000, 0, MAX },
	{ { 5, 0 }, TOP, 0, 10 },
	{ { TOP - 1, MAX }, TOP, 0, MAX },             /* the rest has its top bit set all the way */
};

static const struct { struct wide a; unsigned n; struct wide left, right; } shifts[] = {
	{ { 1, TOP }, 0, { 1, TOP }, { 1, TOP } },
	{ { 1, TOP }, 1, { 3, 0 }, { 0, TOP | TOP >> 1 } },
	{ { 1, 1 }, 63, { TOP, TOP }, { 0, 2 } },
	{ { 1, 1 }, 64, { 1, 0 }, { 0, 1 } },
	{ { 3, 5 }, 127, { TOP, 0 }, { 0, 0 } },
	{ { TOP, 0 }, 127, { 0, 0 }, { 0, 1 } },
};
/* clang-format on */

static void by_hand(void **state)
{
	const struct ops *ops = *state;

	for (unsigned i = 0; i < N_ELEMENTS(products); i++) {
		equal(ops->mul(products[i].a, products[i].b), products[i].hi, products[i].lo);
		equal(ops->mul(products[i].b, products[i].a), products[i].hi, products[i].lo);
	}
	for (unsigned i = 0; i < N_ELEMENTS(quotients); i++)
		equal(ops->div(quotients[i].a, quotients[i].d), quotients[i].hi, quotients[i].lo);
	for (unsigned i = 0; i < N_ELEMENTS(shifts); i++) {
		equal(ops->shl(shifts[i].a, shifts[i].n), shifts[i].left.hi, shifts[i].left.lo);
		equal(ops->shr(shifts[i].a, shifts[i].n), shifts[i].right.hi, shifts[i].right.lo);
	}
	equal(ops->add((struct wide){ 0, MAX }, (struct wide){ 0, 1 }), 1, 0);
	equal(ops->add((struct wide){ MAX, MAX }, (struct wide){ 0, 1 }), 0, 0);
	equal(ops->add((struct wide){ 2, 3 }, (struct wide){ 5, 7 }), 7, 10);
}

/* Of all lengths, with runs of ones and zeros: where carries are. */
static uint64_t awkward(struct sim_random *r)
{
	const uint64_t v = sim_random_u64(r) >> sim_random_below(r, 64);
	const uint64_t kind = sim_random_below(r, 4);

	return kind == 0 ? v : kind == 1 ? ~v : kind == 2 ? v & (0 - v) : v | TOP;
}

static void both_ways(void **state)
{
	struct sim_random r;

	sim_random_init(&r, 1, 2, 3);
	for (unsigned i = 0; i < 200000; i++) {
		const uint64_t a = awkward(&r), b = awkward(&r), d = awkward(&r) | 1;
		const struct wide x = { awkward(&r), awkward(&r) },
				  y = { awkward(&r), awkward(&r) };
		const unsigned n = (unsigned)sim_random_below(&r, 128);
		const struct wide product = wide_mul(a, b), sum = wide_add(x, y),
				  left = wide_shl(x, n);
		const struct wide right = wide_shr(x, n), quotient = wide_div(x, d);

		equal(wide_portable_mul(a, b), product.hi, product.lo);
		equal(wide_portable_add(x, y), sum.hi, sum.lo);
		equal(wide_portable_shl(x, n), left.hi, left.lo);
		equal(wide_portable_shr(x, n), right.hi, right.lo);
		equal(wide_portable_div(x, d), quotient.hi, quotient.lo);

		/* x == quotient * d + rest, modulo 2^128, and the rest is below d. */
		const struct wide back =
			wide_add(wide_mul(quotient.lo, d), (struct wide){ quotient.hi * d, 0 });
		const uint64_t rest = x.lo - back.lo;

		equal(wide_add(back, wide(rest)), x.hi, x.lo);
		assert_true(rest < d);
	}
}

static void rounded_up(void **state)
{
	equal(wide_div_up(wide(0), 7), 0, 0);
	equal(wide_div_up(wide(1), 7), 0, 1);
	equal(wide_div_up(wide(7), 7), 0, 1);
	equal(wide_div_up(wide(8), 7), 0, 2);
	equal(wide_div_up((struct wide){ 0, MAX }, 2), 0, TOP);
	equal(wide_div_up((struct wide){ MAX - 1, 1 }, MAX), 0, MAX);
	assert_int_equal(mul_u64_u64_div_u64(MAX, MAX, MAX), MAX);
	assert_int_equal(mul_u64_u64_div_u64(MAX, 3, 2), TOP - 2);
	assert_int_equal(mul_u64_u64_shr(MAX, MAX, 64), MAX - 1);
	assert_int_equal(mul_u64_u64_shr(TOP, 6, 2), TOP | TOP >> 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "by hand: as used", by_hand, NULL, NULL, (void *)&used },
		{ "by hand: of 64 bits", by_hand, NULL, NULL, (void *)&portable },
		cmocka_unit_test(both_ways),
		cmocka_unit_test(rounded_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
