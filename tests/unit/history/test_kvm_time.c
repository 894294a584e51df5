/* SPDX-License-Identifier: MIT */
/* KVM's conversions, by published and by hand-computed numbers. */
#include "kvm_time.h"
#include "tsc_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

struct factor {
	const char *name;
	uint32_t khz, mult;
	int8_t shift;
	uint64_t cycles_of_1000_ns;
};

static const struct factor factors[] = {
	{ "1.0 GHz", 1000000, 0x80000000, 1, 1000 },
	{ "2.0 GHz", 2000000, 0x80000000, 2, 2000 },
	{ "2.1 GHz: a cycle short", 2100000, 0x86666666, 2, 2099 },
	{ "2.6 GHz: a cycle short", 2600000, 0xa6666666, 2, 2599 },
	{ "2.999999 GHz", 2999999, 0xbffffbce, 2, 2999 },
	{ "3.0 GHz", 3000000, 0xc0000000, 2, 3000 },
	{ "3.5 GHz", 3500000, 0xe0000000, 2, 3500 },
};

static void check_factor(void **state)
{
	const struct factor *row = *state;
	struct guest_rate rate = { .ns_to_cycles = kvm_ns_to_cycles_scale((khz_t){ row->khz }) };

	assert_int_equal(rate.ns_to_cycles.mult, row->mult);
	assert_int_equal(rate.ns_to_cycles.shift, row->shift);
	assert_int_equal(kvm_nsec_to_cycles(ns(1000), &rate).v, row->cycles_of_1000_ns);
}

static void test_cycles_to_ns_scale(void **state)
{
	struct time_scale s3 = kvm_cycles_to_ns_scale((khz_t){ 3000000 });
	struct time_scale s2 = kvm_cycles_to_ns_scale((khz_t){ 2000000 });

	assert_int_equal(s3.mult, 0xaaaaaaaa);
	assert_int_equal(s3.shift, -1);
	assert_int_equal(s2.mult, 0x80000000);
	assert_int_equal(s2.shift, 0);
}

/* The product wraps from 18446744073710 cycles on: 6148 s at 3 GHz. */
static void test_product_wraps(void **state)
{
	assert_true(kvm_cycles_to_ns(1500, (khz_t){ 3000000 }) == 500);
	assert_true(kvm_cycles_to_ns(2999, (khz_t){ 3000000 }) == 999);
	assert_true(kvm_cycles_to_ns(UINT64_C(18446744073709), (khz_t){ 1000000 }) ==
		    UINT64_C(18446744073709));
	/* 18446744073710 * 10^6 - 2^64 = 448384 */
	assert_true(kvm_cycles_to_ns(UINT64_C(18446744073710), (khz_t){ 1 }) == 448384);
}

/* 2 GHz guest on a 3 GHz host: 32 bits of fraction lose, 48 lose less. */
static void test_scaling(void **state)
{
	host_cycles_t t = host_cycles(UINT64_C(1000000000000));

	assert_true(kvm_scale_tsc(t, 0xaaaaaaaa, 32) == UINT64_C(666666666511));
	assert_true(kvm_scale_tsc(t, UINT64_C(0xaaaaaaaaaaaa), 48) == UINT64_C(666666666666));
	assert_true(kvm_scale_tsc(t, UINT64_C(1) << 48, 48) == t.v);
}

struct rate {
	const char *name;
	uint32_t release;
	struct tsc_host host;
	uint32_t khz;
	int ret;
	uint64_t ratio;
	uint32_t virtual_khz;
	bool catchup;
};

#define ONE_48 (UINT64_C(1) << 48)
#define ONE_32 (UINT64_C(1) << 32)
#define VMX                                \
	{                                  \
		{ 3000000 }, 250, 48, true \
	}
#define SVM                                \
	{                                  \
		{ 1000000 }, 250, 32, true \
	}
#define FIXED                               \
	{                                   \
		{ 3000000 }, 250, 48, false \
	}

/* clang-format off */
static const struct rate rates[] = {
	{ "two thirds", KERNEL_RELEASE(5, 2),
	  VMX, 2000000, 0, UINT64_C(0xaaaaaaaaaaaa), 2000000, false },
	{ "within the tolerance, below", KERNEL_RELEASE(5, 2),
	  VMX, 2999250, 0, ONE_48, 2999250, false },
	{ "one kHz below it", KERNEL_RELEASE(5, 2),
	  VMX, 2999249, 0, UINT64_C(0xffef981a852e), 2999249, false },
	{ "within the tolerance, above", KERNEL_RELEASE(5, 2),
	  VMX, 3000750, 0, ONE_48, 3000750, false },
	{ "256 times: the ratio is refused", KERNEL_RELEASE(5, 2),
	  SVM, 256000000, -1, ONE_32, 256000000, false },
	{ "256 times in 4.3: silently", KERNEL_RELEASE(4, 3),
	  SVM, 256000000, 0, ONE_32, 256000000, false },
	{ "128 times", KERNEL_RELEASE(5, 2),
	  SVM, 128000000, 0, UINT64_C(128) << 32, 128000000, false },
	{ "no scaling, faster: catch-up", KERNEL_RELEASE(5, 2),
	  FIXED, 3100000, 0, ONE_48, 3100000, true },
	{ "no scaling, slower: refused", KERNEL_RELEASE(5, 2),
	  FIXED, 2900000, -1, ONE_48, 2900000, false },
	{ "no scaling, slower, 4.3", KERNEL_RELEASE(4, 3),
	  FIXED, 2900000, 0, ONE_48, 2900000, false },
	{ "VMX in 4.3 cannot scale, faster: catch-up", KERNEL_RELEASE(4, 3),
	  VMX, 6000000, 0, ONE_48, 6000000, true },
	{ "VMX in 4.3 cannot scale, slower", KERNEL_RELEASE(4, 3),
	  VMX, 2000000, 0, ONE_48, 2000000, false },
	{ "0 kHz", KERNEL_RELEASE(5, 2),
	  VMX, 0, -1, ONE_48, 0, false },
	{ "0 kHz in 4.3", KERNEL_RELEASE(4, 3),
	  VMX, 0, 0, ONE_48, 0, false },
};
/* clang-format on */

static void check_rate(void **state)
{
	const struct rate *row = *state;
	struct guest_rate got = tsc_rate_initial(&row->host);
	struct kernel k;

	kernel_init(&k, row->release);
	assert_int_equal(tsc_set_khz(&k, &row->host, (khz_t){ row->khz }, &got), row->ret);
	assert_true(got.ratio == row->ratio);
	assert_int_equal(got.khz.v, row->virtual_khz);
	assert_int_equal(got.catchup, row->catchup);
	assert_int_equal(got.always_catchup, row->catchup);
}

/* A refused 0 resets the ratio in newer releases; 4.3 does not look. */
static void test_zero_resets(void **state)
{
	const struct tsc_host host = VMX;
	struct guest_rate rate = tsc_rate_initial(&host);
	struct kernel k;

	kernel_init(&k, KERNEL_RELEASE(4, 3));
	rate.ratio = 12345;
	assert_int_equal(tsc_set_khz(&k, &host, (khz_t){ 0 }, &rate), 0);
	assert_true(rate.ratio == 12345);

	kernel_init(&k, KERNEL_RELEASE(4, 10));
	assert_int_equal(tsc_set_khz(&k, &host, (khz_t){ 0 }, &rate), -1);
	assert_true(rate.ratio == ONE_48);
}

/* The largest ratio of each vendor: 4.3 takes SVM's, which no rate in kHz reaches exactly. */
static void test_largest_ratio(void **state)
{
	const uint64_t svm = (UINT64_C(1) << 40) - 1;

	assert_false(ratio_refuse_variants[0].refused(svm, 32));
	assert_true(ratio_refuse_variants[0].refused(svm + 1, 32));
	assert_true(ratio_refuse_variants[0].refused(0, 32));
	assert_false(ratio_refuse_variants[1].refused(svm - 1, 32));
	assert_true(ratio_refuse_variants[1].refused(svm, 32));
	assert_false(ratio_refuse_variants[1].refused(UINT64_MAX - 1, 48));
	assert_true(ratio_refuse_variants[1].refused(UINT64_MAX, 48));
	assert_true(ratio_refuse_variants[1].refused(0, 48));
}

/* ndelay(1000) at 1 GHz: 1000*5*4 * 250000000 / 2^32 is 1164.15, and one more. */
static void test_busy_wait(void **state)
{
	const khz_t one_ghz = { 1000000 };
	struct busy_wait w = { .unit = BUSY_WAIT_HOST_NS, .amount = 1000 };

	assert_int_equal(busy_wait_host_cycles(w, one_ghz).v, 1165);
	w.unit = BUSY_WAIT_HOST_CYCLES;
	assert_int_equal(busy_wait_host_cycles(w, one_ghz).v, 1000);
	w.unit = BUSY_WAIT_NONE;
	assert_int_equal(busy_wait_host_cycles(w, one_ghz).v, 0);
	/* ndelay(1) at 1 GHz: 1 * 5 * 4 * 250e6 >> 32 is 1, and one more: 2 cycles a step. */
	w = (struct busy_wait){ .unit = BUSY_WAIT_1NS_STEPS, .amount = 501, .steps_max = 1000 };
	assert_int_equal(busy_wait_host_cycles(w, one_ghz).v, 502);
	w.steps_max = 100;
	assert_int_equal(busy_wait_host_cycles(w, one_ghz).v, 200);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_cycles_to_ns_scale),
		cmocka_unit_test(test_product_wraps),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_zero_resets),
		cmocka_unit_test(test_largest_ratio),
		cmocka_unit_test(test_busy_wait),
	};
	struct CMUnitTest tests[N_ELEMENTS(fixed) + N_ELEMENTS(factors) + N_ELEMENTS(rates)];
	size_t n = N_ELEMENTS(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_ELEMENTS(factors); i++)
		tests[n++] = (struct CMUnitTest){ .name = factors[i].name,
						  .test_func = check_factor,
						  .initial_state = (void *)&factors[i] };
	for (size_t i = 0; i < N_ELEMENTS(rates); i++)
		tests[n++] = (struct CMUnitTest){ .name = rates[i].name,
						  .test_func = check_rate,
						  .initial_state = (void *)&rates[i] };
	return cmocka_run_group_tests_name("kvm_time", tests, NULL, NULL);
}
