/* SPDX-License-Identifier: MIT */
/* The texts that scripts read, byte by byte, from records made by hand. */
#include "latency_output.h"

#include "tracepoints.h"
#include "workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FACTS_MAX 8
#define N_VCPUS 3

struct fact {
	uint32_t event, vcpu;
	uint64_t n;
	int64_t value;
};

struct row {
	const char *name;
	const struct workload *workload[2]; /* of VM 0 with vCPU 0, of VM 1 with 1 and 2 */
	enum vmexit_test test;
	enum latency_format format;
	struct fact facts[FACTS_MAX]; /* up to one without an event */
	const char *want;
};

#define SAMPLE(vcpu, latency)                     \
	{                                         \
		TP_LAPIC_SAMPLE, vcpu, 0, latency \
	}
#define TURN(vcpu, cycles)                          \
	{                                           \
		TP_GUEST_ITERATION, vcpu, 0, cycles \
	}
#define WOKE(vcpu, n, cycles)                    \
	{                                        \
		TP_GUEST_WAKEUP, vcpu, n, cycles \
	}

/* vCPU 0 and 1 at 2 GHz, as the host; vCPU 2 at 1 GHz. */
/* clang-format off */
static const struct row rows[] = {
	{ "a line each, but for the first of a vCPU", { &workload_tscdeadline_latency, &workload_busy }, 0, LATENCY_LINES,
	  { SAMPLE(0, 9999), SAMPLE(0, 1200), SAMPLE(1, 8888), SAMPLE(0, 1300), SAMPLE(1, 7) },
	  "latency: 1200\nlatency: 1300\nlatency: 7\n" },
	{ "early ones have a sign", { &workload_tscdeadline_latency, &workload_busy }, 0, LATENCY_LINES,
	  { SAMPLE(0, 5), SAMPLE(0, -30) }, "latency: -30\n" },
	{ "nothing measured", { &workload_busy, &workload_busy }, 0, LATENCY_LINES, { { 0 } }, "" },
	{ "vmexit: the mean, cut", { &workload_vmexit, &workload_busy }, VMEXIT_TSCDEADLINE, LATENCY_LINES,
	  { TURN(0, 5000), TURN(0, 5001), SAMPLE(0, 5), SAMPLE(0, 6) }, "tscdeadline 5000\n" },
	{ "vmexit: each vCPU", { &workload_busy, &workload_vmexit }, VMEXIT_CPUID, LATENCY_LINES,
	  { TURN(1, 1200), TURN(2, 1300) }, "cpuid 1200\ncpuid 1300\n" },
	{ "vmexit: immed", { &workload_vmexit, &workload_busy }, VMEXIT_TSCDEADLINE_IMMED, LATENCY_LINES,
	  { TURN(0, 2500) }, "tscdeadline_immed 2500\n" },
	{ "histogram: us by the guest's rate, cut", { &workload_cyclictest, &workload_busy }, 0, LATENCY_CYCLICTEST,
	  { WOKE(0, 0, 1999), WOKE(0, 1, 2000), WOKE(0, 2, 6000), WOKE(0, 3, -4000) },
	  "# Histogram\n000000 000002\n000001 000001\n000002 000000\n000003 000001\n"
	  "# Total: 000000004\n# Min Latencies: 00000\n# Avg Latencies: 00001\n# Max Latencies: 00003\n"
	  "# Histogram Overflows: 00000\n# Histogram Overflow at cycle number:\n# Thread 0:\n" },
	{ "histogram: a column each, only of cyclictest", { &workload_busy, &workload_cyclictest }, 0, LATENCY_CYCLICTEST,
	  { WOKE(1, 0, 2000), WOKE(2, 0, 2000) },
	  "# Histogram\n000000 000000\t000000\n000001 000001\t000000\n000002 000000\t000001\n"
	  "# Total: 000000001 000000001\n# Min Latencies: 00001 00002\n# Avg Latencies: 00001 00002\n"
	  "# Max Latencies: 00001 00002\n# Histogram Overflows: 00000 00000\n"
	  "# Histogram Overflow at cycle number:\n# Thread 0:\n# Thread 1:\n" },
	{ "histogram: of none", { &workload_cyclictest, &workload_busy }, 0, LATENCY_CYCLICTEST, { { 0 } },
	  "# Histogram\n000000 000000\n# Total: 000000000\n# Min Latencies: 00000\n# Avg Latencies: 00000\n"
	  "# Max Latencies: 00000\n# Histogram Overflows: 00000\n# Histogram Overflow at cycle number:\n# Thread 0:\n" },
};
/* clang-format on */

static struct latency_output *make(const struct row *row, struct world_config *cfg,
				   struct vm_config *vms)
{
	static const struct vcpu_config vcpus[] = { { .id = 0 },
						    { .id = 1, .tsc_khz = { 1000000 } } };

	vms[0] = (struct vm_config){ .n_vcpus = 1, .vcpus = vcpus };
	vms[1] = (struct vm_config){ .n_vcpus = 2, .vcpus = vcpus };
	for (unsigned i = 0; i < 2; i++) {
		vms[i].guest.workload = row->workload[i];
		vms[i].guest.test = row->test;
	}
	*cfg = (struct world_config){ .n_vms = 2, .vms = vms };
	cfg->host.tsc_khz.v = 2000000;
	return latency_output_new(cfg);
}

static void feed(struct latency_output *lo, const struct fact *f)
{
	struct trace_record rec = { .event = f->event, .entity = f->vcpu };

	rec.value[1] = f->n;
	rec.value[f->event == TP_LAPIC_SAMPLE ? 5 : 2] = (uint64_t)f->value;
	latency_output_sink(lo)->record(latency_output_sink(lo), &rec);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	g_autoptr(GString) out = g_string_new(NULL);
	struct world_config cfg;
	struct vm_config vms[2];
	struct latency_output *lo = make(row, &cfg, vms);

	for (unsigned i = 0; i < FACTS_MAX && row->facts[i].event; i++)
		feed(lo, &row->facts[i]);
	latency_output_print(out, lo, row->format);
	assert_string_equal(out->str, row->want);
	latency_output_free(lo);
}

/* 999 us is the last row; of the overflows the first 1000 are named. */
static void what_is_too_late_is_named(void **state)
{
	static const struct row row = { .workload = { &workload_cyclictest, &workload_busy } };
	g_autoptr(GString) out = g_string_new(NULL);
	struct world_config cfg;
	struct vm_config vms[2];
	struct latency_output *lo = make(&row, &cfg, vms);

	feed(lo, &(struct fact)WOKE(0, 0, 999 * 2000));
	for (uint64_t n = 1; n <= 1002; n++)
		feed(lo, &(struct fact)WOKE(0, n, 1000 * 2000));
	latency_output_print(out, lo, LATENCY_CYCLICTEST);
	assert_non_null(strstr(out->str, "\n000998 000000\n000999 000001\n# Total: 000001003\n"));
	assert_non_null(strstr(out->str, "\n# Histogram Overflows: 01002\n"));
	assert_non_null(strstr(out->str, "\n# Thread 0: 00001 00002 00003 "));
	assert_true(g_str_has_suffix(out->str, " 00999 01000 # 00002 others\n"));
	latency_output_free(lo);
}

static void only_cyclictest_suits_its_histogram(void **state)
{
	static const struct row with = { .workload = { &workload_busy, &workload_cyclictest } };
	static const struct row without = { .workload = { &workload_busy, &workload_vmexit } };
	struct world_config cfg;
	struct vm_config vms[2];

	latency_output_free(make(&with, &cfg, vms));
	assert_true(latency_output_suits(&cfg, LATENCY_CYCLICTEST));
	latency_output_free(make(&without, &cfg, vms));
	assert_false(latency_output_suits(&cfg, LATENCY_CYCLICTEST));
	assert_true(latency_output_suits(&cfg, LATENCY_LINES));
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + 2];
	size_t n = 0;

	for (; n < G_N_ELEMENTS(rows); n++)
		tests[n] = (struct CMUnitTest){ .name = rows[n].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_too_late_is_named);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(only_cyclictest_suits_its_histogram);
	return cmocka_run_group_tests_name("latency_output", tests, NULL, NULL);
}
