/* SPDX-License-Identifier: MIT */
/* The VMX preemption timer: published example, entries without a timer, exits that mean nothing. */
#include "vmx_preemption_timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define MISC_SHIFT 5

/* A guest of 2 GHz on a host of 3 GHz. */
static const struct guest_rate slower = {
	.khz = { 2000000 },
	.ns_to_cycles = { 0x80000000u, 2 },
	.ratio = UINT64_C(0xaaaaaaaaaaaa),
	.frac_bits = 48,
};

struct set {
	const char *name;
	uint32_t release;
	uint64_t ahead; /* guest cycles */
	enum hv_set outcome;
	uint64_t delta; /* host cycles */
	uint32_t count; /* ticks of 32 host cycles, at once */
	unsigned divides;
};

/* clang-format off */
static const struct set sets[] = { /* the advance is 1000 ns, 2000 guest cycles */
	/* (2000000 - 2000) * 3/2 = 2997000 host cycles, and 93656 ticks are 2996992. */
	{ "the advance is taken off", KERNEL_RELEASE(4, 19), 2000000, HV_SET_OK, 2997000, 93656, 1 },
	{ "4.10 takes nothing off", KERNEL_RELEASE(4, 10), 2000000, HV_SET_OK, 3000000, 93750, 1 },
	{ "within the advance: due, by value", KERNEL_RELEASE(4, 19), 2000, HV_SET_DUE, 0, 0, 1 },
	{ "within the advance: due, not divided", KERNEL_RELEASE(5, 2), 2000, HV_SET_DUE, 0, 0, 0 },
	{ "one cycle beyond the advance", KERNEL_RELEASE(5, 2), 2001, HV_SET_OK, 1, 0, 1 },
	{ "4.10 says nothing of a due one", KERNEL_RELEASE(4, 10), 0, HV_SET_OK, 0, 0, 1 },
	/* 2^32 ticks are 2^37 host cycles, 137438953472; 91625968981 * 3/2 = 137438953471.5. */
	{ "the longest that fits", KERNEL_RELEASE(4, 10), UINT64_C(91625968981), HV_SET_OK,
	  (UINT64_C(1) << 37) - 1, UINT32_MAX, 1 },
	{ "one more does not", KERNEL_RELEASE(4, 10), UINT64_C(91625968982), HV_SET_FAILED, 0, 0,
	  1 },
	/* The quotient of 2^63 is 3 * 2^62: below 2^64, and too long for the counter. */
	{ "no overflow, but too long", KERNEL_RELEASE(4, 10), UINT64_C(1) << 63, HV_SET_FAILED, 0,
	  0, 1 },
};
/* clang-format on */

static void check_set(void **state)
{
	const struct set *row = *state;
	const struct vmx_hv_input in = {
		.host_tsc = { 1000 },
		.guest_tsc = { 5000 },
		.deadline = { 5000 + row->ahead },
		.advance_ns = 1000,
		.rate = &slower,
		.rate_shift = MISC_SHIFT,
	};
	struct vmx_preemption_timer vpt;
	struct vmx_hv_result got;
	struct kernel k;

	kernel_init(&k, row->release);
	vmx_preemption_timer_init(&vpt);
	got = vmx_set_hv_timer(&k, &vpt, &in);
	assert_int_equal(got.outcome, row->outcome);
	assert_int_equal(got.divides, row->divides);
	if (row->outcome == HV_SET_FAILED) {
		assert_int_equal(vpt.deadline.v, VMX_HV_NOT_ARMED);
		return;
	}
	assert_int_equal(got.delta.v, row->delta);
	assert_int_equal(vpt.deadline.v, 1000 + row->delta);
	assert_int_equal(vmx_hv_entry(&k, &vpt, host_cycles(1000), MISC_SHIFT, false).value,
			 row->count);
}

/* Entries in turn: never armed; armed; cancelled; cancelled still; to be left at once; armed. */
struct entries {
	const char *name;
	uint32_t release;
	struct vmx_hv_entry want[6]; /* counts, value, written, control */
};

/* clang-format off */
static const struct entries entries[] = {
	{ "the bit moves where the timer is set", KERNEL_RELEASE(4, 10),
	  { { false, 0, false, false }, { true, 10, true, false }, { false, 0, false, false },
	    { false, 0, false, false }, { true, 0, true, false }, { true, 10, true, false } } },
	{ "the bit moves at the entry", KERNEL_RELEASE(4, 19),
	  { { false, 0, false, false }, { true, 10, true, true }, { false, 0, false, true },
	    { false, 0, false, false }, { true, 0, true, true }, { true, 10, true, false } } },
	{ "the longest count is written once", KERNEL_RELEASE(5, 3),
	  { { true, UINT32_MAX, false, false }, { true, 10, true, false },
	    { true, UINT32_MAX, true, false }, { true, UINT32_MAX, false, false },
	    { true, 0, true, false }, { true, 10, true, false } } },
};
/* clang-format on */

static const struct guest_rate same = {
	.khz = { 1000000 },
	.ns_to_cycles = { 0x80000000u, 1 },
	.ratio = UINT64_C(1) << 48,
	.frac_bits = 48,
};

static void set_320(const struct kernel *k, struct vmx_preemption_timer *vpt)
{
	const struct vmx_hv_input in = {
		.deadline = { 351 }, /* ten ticks and 31 cycles */
		.rate = &same,
		.rate_shift = MISC_SHIFT,
	};

	assert_int_equal(vmx_set_hv_timer(k, vpt, &in).outcome, HV_SET_OK);
}

static void check_entries(void **state)
{
	const struct entries *row = *state;
	struct vmx_preemption_timer vpt;
	struct kernel k;

	kernel_init(&k, row->release);
	vmx_preemption_timer_init(&vpt);
	for (size_t i = 0; i < N_ELEMENTS(row->want); i++) {
		struct vmx_hv_entry got;

		if (i == 1 || i == 5)
			set_320(&k, &vpt);
		if (i == 2)
			vmx_cancel_hv_timer(&k, &vpt);
		got = vmx_hv_entry(&k, &vpt, host_cycles(0), MISC_SHIFT, i == 4);
		assert_int_equal(got.counts, row->want[i].counts);
		assert_int_equal(got.value, row->want[i].value);
		assert_int_equal(got.written, row->want[i].written);
		assert_int_equal(got.control, row->want[i].control);
		assert_int_equal(vmx_hv_exit_counts(&vpt, i == 4), i == 1 || i == 5);
	}
}

/* A quotient of exactly 2^64 does not fit; one cycle less does, and is too long for the counter. */
static void test_overflow(void **state)
{
	/* A guest of 1/256 of the host's rate: 2^56 guest cycles are 2^64 host cycles. */
	const struct guest_rate slowest = { .khz = { 3906 },
					    .ratio = UINT64_C(1) << 40,
					    .frac_bits = 48 };
	struct vmx_hv_input in = { .deadline = { UINT64_C(1) << 56 },
				   .rate = &slowest,
				   .rate_shift = MISC_SHIFT };
	struct vmx_preemption_timer vpt;
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 10));
	vmx_preemption_timer_init(&vpt);
	assert_int_equal(vmx_set_hv_timer(&k, &vpt, &in).outcome, HV_SET_FAILED);
	in.deadline.v--;
	assert_int_equal(vmx_set_hv_timer(&k, &vpt, &in).outcome, HV_SET_FAILED);
}

/* An exit that was asked for is not the timer's, armed or not. */
static void test_immediate_exit(void **state)
{
	struct vmx_preemption_timer vpt;
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 10));
	vmx_preemption_timer_init(&vpt);
	set_320(&k, &vpt);
	assert_int_equal(vmx_hv_entry(&k, &vpt, host_cycles(0), MISC_SHIFT, true).value, 0);
	assert_false(vmx_hv_exit_counts(&vpt, true));
	assert_true(vmx_hv_exit_counts(&vpt, false));
}

/* At the deadline and after it the count is 0: the exit comes before the first instruction. */
static void test_overdue(void **state)
{
	struct vmx_preemption_timer vpt;
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(5, 10));
	vmx_preemption_timer_init(&vpt);
	set_320(&k, &vpt);
	assert_int_equal(vmx_hv_entry(&k, &vpt, host_cycles(319), MISC_SHIFT, false).value, 1);
	assert_int_equal(vmx_hv_entry(&k, &vpt, host_cycles(351), MISC_SHIFT, false).value, 0);
	assert_int_equal(vmx_hv_entry(&k, &vpt, host_cycles(9999), MISC_SHIFT, false).value, 0);
}

static void test_can_use(void **state)
{
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 8));
	assert_true(vmx_can_use_hv_timer(&k, true, LAPIC_MODE_TSC_DEADLINE, true, true));
	assert_false(vmx_can_use_hv_timer(&k, true, LAPIC_MODE_ONESHOT, false, false));
	assert_false(vmx_can_use_hv_timer(&k, false, LAPIC_MODE_TSC_DEADLINE, false, false));
	kernel_init(&k, KERNEL_RELEASE(5, 3));
	assert_true(vmx_can_use_hv_timer(&k, true, LAPIC_MODE_ONESHOT, false, false));
	assert_false(vmx_can_use_hv_timer(&k, true, LAPIC_MODE_ONESHOT, false, true));
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_overdue),
		cmocka_unit_test(test_can_use),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_immediate_exit),
	};
	enum {
		N_FIXED = N_ELEMENTS(fixed),
		N_SETS = N_ELEMENTS(sets),
		N_ENTRIES = N_ELEMENTS(entries),
	};
	struct CMUnitTest tests[N_FIXED + N_SETS + N_ENTRIES];
	size_t n = N_FIXED;

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_SETS; i++)
		tests[n++] = (struct CMUnitTest){ .name = sets[i].name,
						  .test_func = check_set,
						  .initial_state = (void *)&sets[i] };
	for (size_t i = 0; i < N_ENTRIES; i++)
		tests[n++] = (struct CMUnitTest){ .name = entries[i].name,
						  .test_func = check_entries,
						  .initial_state = (void *)&entries[i] };
	return cmocka_run_group_tests_name("preemption_timer", tests, NULL, NULL);
}
