/* SPDX-License-Identifier: MIT */
/* Registers of the local-APIC timer where no recorded row looks: modes, delivery, saving, signs. */
#include "lapic_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define NOW UINT64_C(1000000)
#define GUEST_NOW UINT64_C(7000000)

/* 1 GHz: a cycle is a nanosecond. */
static const struct guest_rate one_ghz = { .khz = { 1000000 }, .ns_to_cycles = { 0x80000000u, 1 } };
static const struct lapic_count_clock clock_now = { { NOW }, { GUEST_NOW }, &one_ghz };
static const struct lapic_count_config config = { .bus_cycle_ns = 1, .min_period_us = 200 };

static struct lapic_count new_count(enum lapic_timer_mode mode, uint32_t tmict, uint32_t tdcr)
{
	return (struct lapic_count){
		.mode = mode,
		.tmict = tmict,
		.tdcr = tdcr,
		.divide = lapic_divide_count(tdcr),
	};
}

/* The eight values of bits 0, 1 and 3; bit 2 and those above 3 mean nothing. */
static void test_divide_count(void **state)
{
	static const struct {
		uint32_t tdcr, want;
	} rows[] = {
		{ 0, 2 },     { 1, 4 },   { 2, 8 },   { 3, 16 }, { 8, 32 },         { 9, 64 },
		{ 0xa, 128 }, { 0xb, 1 }, { 0xf, 1 }, { 4, 2 },  { 0xfffffff0, 2 },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_int_equal(lapic_divide_count(rows[i].tdcr), rows[i].want);
}

/* A bus cycle so long that the period is a negative number: raised to the shortest. */
static void test_clamp_is_signed(void **state)
{
	const struct lapic_count_config slow = { .bus_cycle_ns = 1u << 25, .min_period_us = 200 };
	struct lapic_count lc = new_count(LAPIC_MODE_PERIODIC, UINT32_MAX, 0xa);
	struct lapic_count_change change;
	struct kernel k;

	/* (2^32 - 1) * 2^25 * 2^7 = 2^64 - 2^32, which is -2^32. */
	kernel_init(&k, KERNEL_RELEASE(6, 16));
	change = lapic_count_start(&k, &lc, &slow, &clock_now);
	assert_true(change.running && change.limited);
	assert_int_equal(lc.period_ns, 200000);
	assert_int_equal(lc.target.v, NOW + 200000);
}

/* A count of 0 after a timer: what stays. */
static void test_zero(void **state)
{
	static const struct {
		uint32_t release;
		uint64_t deadline;
	} rows[] = {
		{ KERNEL_RELEASE(4, 10), GUEST_NOW + 300000 },
		{ KERNEL_RELEASE(4, 19), 0 },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lapic_count lc = new_count(LAPIC_MODE_ONESHOT, 300000, 0xb);
		struct kernel k;

		kernel_init(&k, rows[i].release);
		assert_true(lapic_count_start(&k, &lc, &config, &clock_now).running);
		lc.tmict = 0;
		assert_false(lapic_count_start(&k, &lc, &config, &clock_now).running);
		assert_int_equal(lc.period_ns, 0);
		assert_int_equal(lc.target.v, NOW + 300000);
		assert_int_equal(lc.tscdeadline.v, rows[i].deadline);
	}
}

struct change {
	const char *name;
	uint32_t release;
	enum lapic_timer_mode from, to;
	bool cancel, limited;
	uint64_t period, deadline;
	uint32_t tmict;
};

/* clang-format off */
static const struct change changes[] = { /* a count of 100000 runs, half of the shortest period */
	{ "to periodic, 4.10: not raised", KERNEL_RELEASE(4, 10),
	  LAPIC_MODE_ONESHOT, LAPIC_MODE_PERIODIC, true, false, 100000, GUEST_NOW + 100000, 100000 },
	{ "to periodic, 4.19: goes on, raised", KERNEL_RELEASE(4, 19),
	  LAPIC_MODE_ONESHOT, LAPIC_MODE_PERIODIC, false, true, 200000, GUEST_NOW + 100000, 100000 },
	{ "to deadlines, 4.10: nothing is zeroed", KERNEL_RELEASE(4, 10),
	  LAPIC_MODE_ONESHOT, LAPIC_MODE_TSC_DEADLINE, true, false, 100000, GUEST_NOW + 100000,
	  100000 },
	{ "to deadlines, 4.19: all is zeroed", KERNEL_RELEASE(4, 19),
	  LAPIC_MODE_ONESHOT, LAPIC_MODE_TSC_DEADLINE, true, false, 0, 0, 0 },
	{ "written again: nothing", KERNEL_RELEASE(6, 16),
	  LAPIC_MODE_ONESHOT, LAPIC_MODE_ONESHOT, false, false, 100000, GUEST_NOW + 100000, 100000 },
};
/* clang-format on */

static void check_change(void **state)
{
	const struct change *row = *state;
	struct lapic_count lc = new_count(row->from, 100000, 0xb);
	struct mode_switch got;
	struct kernel k;
	bool limited;

	kernel_init(&k, row->release);
	lapic_count_start(&k, &lc, &config, &clock_now);
	got = lapic_count_set_mode(&k, &lc, &config, row->to, &limited);
	assert_int_equal(lc.mode, row->to);
	assert_int_equal(got.cancel_hrtimer, row->cancel);
	assert_int_equal(limited, row->limited);
	assert_int_equal(lc.period_ns, row->period);
	assert_int_equal(lc.tscdeadline.v, row->deadline);
	assert_int_equal(lc.tmict, row->tmict);
}

struct delivery {
	const char *name;
	uint32_t release;
	enum lapic_timer_mode mode;
	uint64_t target, deadline;
};

/* clang-format off */
static const struct delivery deliveries[] = { /* both are 5 before */
	{ "one-shot, 4.9: the hrtimer's expiry stays", KERNEL_RELEASE(4, 9), LAPIC_MODE_ONESHOT, 5, 5 },
	{ "one-shot, 4.10: both are gone", KERNEL_RELEASE(4, 10), LAPIC_MODE_ONESHOT, 0, 0 },
	{ "periodic: both stay", KERNEL_RELEASE(4, 10), LAPIC_MODE_PERIODIC, 5, 5 },
	{ "deadline, in every release", KERNEL_RELEASE(4, 3), LAPIC_MODE_TSC_DEADLINE, 5, 0 },
};
/* clang-format on */

static void check_delivery(void **state)
{
	const struct delivery *row = *state;
	struct lapic_count lc = { .mode = row->mode, .target = { 5 }, .tscdeadline = { 5 } };
	struct kernel k;

	kernel_init(&k, row->release);
	lapic_count_delivered(&k, &lc);
	assert_int_equal(lc.target.v, row->target);
	assert_int_equal(lc.tscdeadline.v, row->deadline);
}

/* 1000 ticks of 4 ns, 1000 ns after the start: 750 are left. The raw register is what was loaded.
 */
static void test_save(void **state)
{
	static const struct {
		uint32_t release, saved;
	} rows[] = { { KERNEL_RELEASE(5, 4), 123 }, { KERNEL_RELEASE(5, 8), 750 } };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lapic_count lc = new_count(LAPIC_MODE_ONESHOT, 1000, 1);
		struct kernel k;

		kernel_init(&k, rows[i].release);
		lapic_count_start(&k, &lc, &config, &clock_now);
		lc.tmcct = 123;
		assert_int_equal(lapic_count_tmcct(&k, &lc, &config, ns(NOW + 1000)), 750);
		assert_int_equal(lapic_count_saved(&k, &lc, &config, ns(NOW + 1000)),
				 rows[i].saved);
	}
}

/* As there, and where nothing counts: what else is left of a count reads 0. */
static void test_read(void **state)
{
	static const struct {
		enum lapic_timer_mode mode;
		uint32_t tmict;
		uint64_t period_ns, target;
		uint32_t want;
	} rows[] = {
		{ LAPIC_MODE_ONESHOT, 1000, 4000, NOW + 3000, 750 },
		{ LAPIC_MODE_PERIODIC, 1000, 4000, NOW + 3, 0 },    /* the last turn has begun */
		{ LAPIC_MODE_PERIODIC, 1000, 4000, NOW + 4000, 0 }, /* it has just been loaded */
		{ LAPIC_MODE_PERIODIC, 1000, 4000, NOW + 3999, 999 },
		{ LAPIC_MODE_ONESHOT, 1000, 4000, NOW, 0 },
		{ LAPIC_MODE_ONESHOT, 1000, 4000, NOW - 1000, 0 },
		{ LAPIC_MODE_TSC_DEADLINE, 1000, 4000, NOW + 3000, 0 },
		{ LAPIC_MODE_ONESHOT, 0, 4000, NOW + 3000, 0 },
		{ LAPIC_MODE_ONESHOT, 1000, 0, NOW + 3000, 0 },
	};
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 4));
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lapic_count lc = new_count(rows[i].mode, rows[i].tmict, 1);

		lc.period_ns = rows[i].period_ns;
		lc.target = ns(rows[i].target);
		assert_int_equal(lapic_count_tmcct(&k, &lc, &config, ns(NOW)), rows[i].want);
	}
}

/* The register after a load: kept, cut where it was too long, and zeroed in later releases. */
static void test_loaded_register(void **state)
{
	static const struct {
		uint32_t release, loaded, want;
	} rows[] = {
		{ KERNEL_RELEASE(5, 4), 2000, 2000 },
		{ KERNEL_RELEASE(5, 8), 400, 400 },
		{ KERNEL_RELEASE(5, 8), 2000, 0 },
		{ KERNEL_RELEASE(6, 16), 400, 0 },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lapic_count lc = new_count(LAPIC_MODE_ONESHOT, 1000, 1);
		struct kernel k;

		kernel_init(&k, rows[i].release);
		lapic_count_restore(&k, &lc, &config, &clock_now, rows[i].loaded);
		assert_int_equal(lc.tmcct, rows[i].want);
	}
}

/* A state loaded in TSC-deadline mode has no count to start: what the MSR holds is kept. */
static void test_loaded_in_deadline_mode(void **state)
{
	struct lapic_count lc = new_count(LAPIC_MODE_TSC_DEADLINE, 0, 0xb);
	struct lapic_count_change change;
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 10));
	lc.tscdeadline = guest_cycles(GUEST_NOW + 1000);
	change = lapic_count_restore(&k, &lc, &config, &clock_now, 0);
	assert_true(change.running && !change.limited);
	assert_int_equal(lc.tscdeadline.v, GUEST_NOW + 1000);
	lc.tscdeadline = guest_cycles(0);
	assert_false(lapic_count_restore(&k, &lc, &config, &clock_now, 0).running);
}

static void test_rescales(void **state)
{
	struct lapic_count lc = new_count(LAPIC_MODE_ONESHOT, 1000, 1);
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 19));
	assert_false(lapic_count_rescales(&k, &lc, 2)); /* stopped */
	lapic_count_start(&k, &lc, &config, &clock_now);
	assert_true(lapic_count_rescales(&k, &lc, 2));
	assert_false(lapic_count_rescales(&k, &lc, 5)); /* bit 2 alone */
	kernel_init(&k, KERNEL_RELEASE(4, 10));
	assert_false(lapic_count_rescales(&k, &lc, 2));
}

/* From 200000 to 100000 ns; the shortest is 200000. */
static void test_clamp_at_divide(void **state)
{
	static const struct {
		uint32_t release;
		uint64_t period;
	} rows[] = { { KERNEL_RELEASE(4, 15), 100000 }, { KERNEL_RELEASE(4, 19), 200000 } };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lapic_count lc = new_count(LAPIC_MODE_PERIODIC, 100000, 0);
		struct lapic_count_change change;
		struct kernel k;

		kernel_init(&k, rows[i].release);
		lapic_count_start(&k, &lc, &config, &clock_now);
		change = lapic_count_set_divide(&k, &lc, &config, &clock_now, 0xb);
		assert_true(change.running);
		assert_int_equal(change.limited, rows[i].period == 200000);
		assert_int_equal(lc.period_ns, rows[i].period);
		assert_int_equal(lc.target.v, NOW + 100000); /* half of what remained */
	}
}

/* The parameter was raised meanwhile: a mode written again is no switch. */
static void test_same_mode(void **state)
{
	const struct lapic_count_config raised = { .bus_cycle_ns = 1, .min_period_us = 900 };
	struct lapic_count lc = new_count(LAPIC_MODE_PERIODIC, 300000, 0xb);
	struct kernel k;
	bool limited;

	kernel_init(&k, KERNEL_RELEASE(5, 10));
	lapic_count_start(&k, &lc, &config, &clock_now);
	lapic_count_set_mode(&k, &lc, &raised, LAPIC_MODE_PERIODIC, &limited);
	assert_false(limited);
	assert_int_equal(lc.period_ns, 300000);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_divide_count),
		cmocka_unit_test(test_clamp_is_signed),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_loaded_register),
		cmocka_unit_test(test_loaded_in_deadline_mode),
		cmocka_unit_test(test_rescales),
		cmocka_unit_test(test_clamp_at_divide),
		cmocka_unit_test(test_same_mode),
	};
	enum {
		N_FIXED = N_ELEMENTS(fixed),
		N_CHANGES = N_ELEMENTS(changes),
		N_DELIVERIES = N_ELEMENTS(deliveries),
	};
	struct CMUnitTest tests[N_FIXED + N_CHANGES + N_DELIVERIES];
	size_t n = N_FIXED;

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_CHANGES; i++)
		tests[n++] = (struct CMUnitTest){ .name = changes[i].name,
						  .test_func = check_change,
						  .initial_state = (void *)&changes[i] };
	for (size_t i = 0; i < N_DELIVERIES; i++)
		tests[n++] = (struct CMUnitTest){ .name = deliveries[i].name,
						  .test_func = check_delivery,
						  .initial_state = (void *)&deliveries[i] };
	return cmocka_run_group_tests_name("lapic_count", tests, NULL, NULL);
}
