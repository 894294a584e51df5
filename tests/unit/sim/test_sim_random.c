/* SPDX-License-Identifier: MIT */
/* Known answers: numbers in golden files and results that people published must never move. */
#include "sim_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	const char *name;
	uint64_t seed;
	uint32_t purpose, entity;
	uint64_t used;
	unsigned n;
	uint64_t want[16];
};

/* clang-format off */
static const struct row rows[] = {
	/* Random123's kat_vectors: philox4x32, 10 rounds, counter and key 0 give
	 * 6627e8d5 e169c58d bc57ac4c 9b00dbd8, of which the first two words are ours. */
	{ "the published vector", 0, 0, 0, 0, 1, { 0xe169c58d6627e8d5 } },
	/* and with all bits of both set: 408f276d 41c83b0e a20bc7c6 6d5451fd */
	{ "the published vector of ones", UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT64_MAX, 1, { 0x41c83b0e408f276d } },
	/* pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0: d16cfe09 94fdcceb ... */
	{ "the published vector of pi", 0x299f31d0a4093822, 0x13198a2e, 0x03707344, 0x85a308d3243f6a88, 1,
	  { 0x94fdccebd16cfe09 } },
	{ "seed 1, purpose 1, entity 0", 1, 1, 0, 0, 16, {
		0x428264b607071c12, 0xf04a50803b539b4f, 0xa9b8bbe87d34a749, 0xbadf79c36cf923fe,
		0x95b31c3419d83063, 0x9ca09fc1227e4ee3, 0x05b46d36b0adab4c, 0xc698189201a06045,
		0xfda99aaa12400355, 0xd0e4fb8a2499cb4d, 0x81b1dec56f90f51b, 0xfb952434462888a5,
		0x8810a57ba97af708, 0x0a00ea5c8ac3e977, 0x0bd4795548d65df5, 0x13d66f3b7f9fc767 } },
	{ "a 64-bit seed, purpose 7, entity 3", 0x0123456789abcdef, 7, 3, 0, 16, {
		0x50c9fe93776b54be, 0xe3de012617512d21, 0x78a627caf29bca25, 0x937ecd7e1dc2567d,
		0x94955ac0833e4a70, 0xec3224467eedbd9a, 0x916cd76604983049, 0x2f81529cacf88cc6,
		0x56aa986a70537d6d, 0x93d1502222bfb621, 0xf2dcb56bb42c261a, 0xe0e26354d823dd80,
		0xf82b184305daa5e8, 0xd64b2a9f3ac84724, 0xdde5a5bd7f84bf73, 0x607d4b5bdce94fac } },
	{ "beyond 2^32 draws the counter goes on", 1, 1, 0, UINT64_C(1) << 32, 1, { 0xaa3a4ac5062e388e } },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	struct sim_random r;

	sim_random_init(&r, row->seed, row->purpose, row->entity);
	assert_int_equal(r.used, 0);
	r.used = row->used;
	for (unsigned i = 0; i < row->n; i++)
		assert_int_equal(sim_random_u64(&r), row->want[i]);
	assert_int_equal(r.used, row->used + row->n);
}

/* 0x428264b607071c12 is 0.25980 of 2^64: 2 of 10, 259 of 1000. */
static void below_is_the_high_half_of_a_product(void **state)
{
	static const struct {
		uint64_t n, want;
	} below[] = {
		{ 0, 0 }, { 1, 0 }, { 10, 2 }, { 1000, 259 }, { UINT64_C(1) << 32, 0x428264b6 },
	};

	for (unsigned i = 0; i < N_ELEMENTS(below); i++) {
		struct sim_random r;

		sim_random_init(&r, 1, 1, 0);
		assert_int_equal(sim_random_below(&r, below[i].n), below[i].want);
		assert_int_equal(r.used, 1); /* one draw, whatever n is */
	}
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + 1];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	tests[N_ELEMENTS(rows)] =
		(struct CMUnitTest)cmocka_unit_test(below_is_the_high_half_of_a_product);
	return cmocka_run_group_tests_name("sim_random", tests, NULL, NULL);
}
