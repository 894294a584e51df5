/* SPDX-License-Identifier: MIT */
/* Rounding as printf("%.2f") of a double, and a table of two vCPUs. */
#include "kvm_stat.h"

#include "tracepoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *name;
	uint64_t num, den, want; /* hundredths */
};

/* The doubles were taken from another program: 5.005 is 5.0049999999999998934, and so on. */
/* clang-format off */
static const struct row rows[] = {
	{ "down", 1, 3, 33 },
	{ "up", 2, 3, 67 },
	{ "exact", 250, 1000, 25 },
	{ "tie, the double lies below: 5.005", 5005, 1000, 500 },
	{ "tie, the double lies below: 0.815", 815, 1000, 81 },
	{ "tie, the double lies above: 0.525", 525, 1000, 53 },
	{ "tie, the double lies above: 0.925", 925, 1000, 93 },
	{ "tie that is a double, to even: 0.125", 125, 1000, 12 },
	{ "tie that is a double, to even: 0.375", 375, 1000, 38 },
	{ "zero", 0, 1000, 0 },
	{ "large", UINT64_C(123456789012345), 1000, UINT64_C(12345678901234) + 1 },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;

	assert_int_equal(kvm_stat_hundredths(row->num, row->den), row->want);
}

static void add(struct kvm_stat *stat, uint32_t event, uint32_t vcpu, uint64_t reason,
		uint64_t when)
{
	const struct trace_record rec = {
		.when = { when }, .event = event, .entity = vcpu, .value = { vcpu, reason }
	};

	kvm_stat_add(stat, &rec);
}

/* Reasons 0 EXTERNAL_INTERRUPT, 2 CPUID, 6 MSR_WRITE. */
static void two_vcpus(void **state)
{
	struct kvm_stat *stat = kvm_stat_new(2);
	g_autoptr(GString) out = g_string_new(NULL);

	add(stat, TP_KVM_ENTRY, 0, 0, 0); /* the first of all: no exit before */
	add(stat, TP_KVM_EXIT, 0, 6, 1000999);
	add(stat, TP_KVM_EXIT, 1, 2, 1500000);  /* the other vCPU, in between */
	add(stat, TP_KVM_ENTRY, 0, 0, 3000000); /* 3000 - 1000 ns: stamps are rounded down */
	add(stat, TP_KVM_ENTRY, 1, 0, 2500000); /* 1000 ns */
	add(stat, TP_KVM_EXIT, 0, 6, 5000000);
	add(stat, TP_KVM_ENTRY, 0, 0, 6000000); /* 1000 ns */
	add(stat, TP_KVM_EXIT, 1, 0, 7000000);  /* no entry: left out */
	kvm_stat_print(out, stat);
	assert_string_equal(
		out->str, "             VM-EXIT    Samples  Samples%     Time%    Min Time    Max "
			  "Time         Avg time\n\n"
			  "           MSR_WRITE          2    66.67%    75.00%      1.00us      "
			  "2.00us      1.50us\n"
			  "               CPUID          1    33.33%    25.00%      1.00us      "
			  "1.00us      1.00us\n\n"
			  "Total Samples:3, Total events handled time:4.00us.\n");
	kvm_stat_free(stat);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	tests[G_N_ELEMENTS(rows)] = (struct CMUnitTest)cmocka_unit_test(two_vcpus);
	return cmocka_run_group_tests_name("kvm_stat", tests, NULL, NULL);
}
