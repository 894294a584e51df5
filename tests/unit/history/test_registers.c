/* SPDX-License-Identifier: MIT */
/* The forms behind the registers: truth tables, and sums worked out by hand. */
#include "registers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* One letter a mode, from and to: One-shot, Periodic, Deadline. What is done: h cancels the
 * hrtimer, v the preemption timer, p drops what is pending, z zeroes the count; - nothing. */
static void test_mode_switch(void **state)
{
	static const struct {
		const char *change, *want[4]; /* one per form, oldest first */
	} rows[] = {
		{ "OO", { "-", "-", "-", "-" } },       { "OP", { "h", "-", "-", "-" } },
		{ "PO", { "h", "-", "-", "-" } },       { "OD", { "h", "hz", "hvz", "hvpz" } },
		{ "DP", { "h", "hz", "hvz", "hvpz" } }, { "DD", { "-", "-", "-", "-" } },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		for (size_t f = 0; f < N_ELEMENTS(rows[i].want); f++) {
			const char *letters = "OPD", *want = rows[i].want[f];
			struct mode_switch got = mode_switch_variants[f].of(
				(enum lapic_timer_mode)(strchr(letters, rows[i].change[0]) -
							letters),
				(enum lapic_timer_mode)(strchr(letters, rows[i].change[1]) -
							letters));

			assert_int_equal(got.cancel_hrtimer, strchr(want, 'h') != NULL);
			assert_int_equal(got.cancel_hv, strchr(want, 'v') != NULL);
			assert_int_equal(got.clear_pending, strchr(want, 'p') != NULL);
			assert_int_equal(got.zero, strchr(want, 'z') != NULL);
		}
	}
}

static void test_deadline_access(void **state)
{
	/* One letter a mode: one-shot, periodic, deadline, reserved. */
	static const struct {
		bool in_kernel, enabled;
		const char *written[3];
	} rows[] = {
		{ true, true, { "--xx", "--xx", "--x-" } },
		{ true, false, { "--xx", "----", "----" } },
		{ false, true, { "----", "----", "----" } },
	};
	static const char *const read[] = { "--xx", "--x-" };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (size_t f = 0; f < 3; f++)
			for (int m = LAPIC_MODE_ONESHOT; m <= LAPIC_MODE_RESERVED; m++) {
				const struct deadline_write_input in = {
					(enum lapic_timer_mode)m,
					rows[i].in_kernel,
					rows[i].enabled,
				};

				assert_int_equal(deadline_write_variants[f].accepted(&in),
						 rows[i].written[f][m] == 'x');
			}
	for (size_t f = 0; f < 2; f++)
		for (int m = LAPIC_MODE_ONESHOT; m <= LAPIC_MODE_RESERVED; m++)
			assert_int_equal(deadline_read_variants[f].given((enum lapic_timer_mode)m),
					 read[f][m] == 'x');
}

static void test_restore(void **state)
{
	static const struct {
		int64_t saved;
		bool periodic;
		int64_t want[3]; /* full, saved, saved_due; the period is 1000 */
		bool too_long;   /* the latter two */
	} rows[] = {
		{ 400, false, { 1000, 400, 400 }, false },
		{ 1000, false, { 1000, 1000, 1000 }, false },
		{ 1001, false, { 1000, 1000, 1000 }, true },
		{ 0, false, { 1000, 1000, 0 }, false },
		{ 0, true, { 1000, 1000, 1000 }, false },
		{ 1001, true, { 1000, 1000, 1000 }, true },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct restore_input in = { rows[i].saved, 1000, rows[i].periodic };

		for (size_t f = 0; f < 3; f++) {
			struct restored_count got = restore_variants[f].count(&in);

			assert_int_equal(got.ns, rows[i].want[f]);
			assert_int_equal(got.too_long, f > 0 && rows[i].too_long);
		}
	}
}

/* 2.1 GHz: 0x86666666 with a shift of 2 is 2.0999999 cycles a ns, so 1000 ns are 2099 cycles. */
static const struct guest_rate rate = { .khz = { 2100000 }, .ns_to_cycles = { 0x86666666u, 2 } };

struct advance {
	const char *name;
	uint64_t target, now; /* the period is 1000 ns, the guest TSC 50000, the deadline 70000 */
	struct {
		uint64_t target, deadline;
	} want[4]; /* expiry, add_both, resync, resync_floor */
};

/* clang-format off */
static const struct advance advances[] = {
	{ "the callback is on time", 5000, 5000,
	  { { 6000, 70000 }, { 6000, 72099 }, { 6000, 52099 }, { 6000, 52099 } } },
	{ "late, not by a period", 5000, 6000,
	  { { 6000, 70000 }, { 6000, 72099 }, { 6000, 50000 }, { 6000, 50000 } } },
	/* -1000 ns is 2^64 - 1000: shifted by 2 it is 2^64 - 4000, of which the product with
	 * 0x86666666 above 32 bits is 2^32 * 0x86666666 - 2100 (2099.9 rounded up), modulo 2^64. */
	{ "later than a period", 5000, 7000,
	  { { 6000, 70000 }, { 6000, 72099 },
	    { 6000, 50000 + (UINT64_C(0x86666666) << 32) - 2100 }, { 7000, 50000 } } },
};
/* clang-format on */

static void check_advance(void **state)
{
	const struct advance *row = *state;
	const struct advance_target_input in = {
		.target = { row->target },
		.period_ns = 1000,
		.tscdeadline = { 70000 },
		.now = { row->now },
		.guest_tsc = { 50000 },
		.rate = &rate,
	};

	for (size_t f = 0; f < N_ELEMENTS(row->want); f++) {
		struct advanced_target got = advance_target_variants[f].advance(&in);

		assert_int_equal(got.target.v, row->want[f].target);
		assert_int_equal(got.tscdeadline.v, row->want[f].deadline);
	}
}

static void test_plain_forms(void **state)
{
	assert_int_equal(divide_store_variants[0].stored(0xffffffffu), 0xffffffffu);
	assert_int_equal(divide_store_variants[1].stored(0xffffffffu), 0xb);
	assert_int_equal(bus_cycle_variants[0].cycle_ns(25), 1);
	assert_int_equal(bus_cycle_variants[1].cycle_ns(25), 25);
}

/* Releases on both sides of a change, where no table of a whole release has it. */
static void test_releases(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 15));
	assert_false(k.restore_cancel->hv_too);
	assert_true(k.save->computed);
	assert_string_equal(k.restore->variant.name, "saved");
	kernel_init(&k, KERNEL_RELEASE(5, 16));
	assert_true(k.restore_cancel->hv_too);
	assert_false(k.restore_apicv->kept);
	kernel_init(&k, KERNEL_RELEASE(6, 16));
	assert_true(k.restore_apicv->kept && k.count_cancel->hv_too);
	assert_string_equal(k.restore->variant.name, "saved_due");
	assert_string_equal(k.bus_cycle->variant.name, "per_vm");
	assert_string_equal(k.advance_target->variant.name, "resync");
	kernel_init(&k, KERNEL_RELEASE(6, 19));
	assert_string_equal(k.advance_target->variant.name, "resync_floor");
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_mode_switch), cmocka_unit_test(test_deadline_access),
		cmocka_unit_test(test_restore),     cmocka_unit_test(test_plain_forms),
		cmocka_unit_test(test_releases),
	};
	enum { N_FIXED = N_ELEMENTS(fixed), N_ADVANCES = N_ELEMENTS(advances) };
	struct CMUnitTest tests[N_FIXED + N_ADVANCES];

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_ADVANCES; i++)
		tests[N_FIXED + i] = (struct CMUnitTest){ .name = advances[i].name,
							  .test_func = check_advance,
							  .initial_state = (void *)&advances[i] };
	return cmocka_run_group_tests_name("registers", tests, NULL, NULL);
}
