/* SPDX-License-Identifier: MIT */
/* The guest's side of the ready workloads: which operations they ask for, in which order, and what
 * they measure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guest.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define NS(n)                                \
	{                                    \
		(n) * PS_PER_NS, QUANTITY_PS \
	}

struct row {
	const char *name;
	struct guest_config cfg;
	const char *script; /* '.': carries out what is on top; '!': delivers an interrupt */
	const char *want;   /* what was carried out; "h:" of the handler, "=" what it measured */
};

/* The k-th operation carried out sees a TSC of 100 * k; 1 GHz, so a cycle is a ns. A turn of the
 * loop is 20 ns. */
/* clang-format off */
static const struct row rows[] = {
	{ "vmexit tscdeadline: 3000 ahead, spins, EOI alone",
	  { .workload = &workload_vmexit, .test = VMEXIT_TSCDEADLINE },
	  "...!.......", "compute(20) rdtsc arm(3200) h:rdtsc h:eoi h:iret spin(1) compute(20)=700 rdtsc arm(3900)" },
	{ "vmexit tscdeadline_immed: at once",
	  { .workload = &workload_vmexit, .test = VMEXIT_TSCDEADLINE_IMMED },
	  "...!......", "compute(20) rdtsc arm(200) h:rdtsc h:eoi h:iret spin(1) compute(20)=700 rdtsc" },
	{ "vmexit tscdeadline: spins until the handler ran",
	  { .workload = &workload_vmexit, .test = VMEXIT_TSCDEADLINE },
	  ".....", "compute(20) rdtsc arm(3200) spin(1) spin(1)" },
	{ "vmexit cpuid: reads no TSC",
	  { .workload = &workload_vmexit, .test = VMEXIT_CPUID },
	  ".....", "compute(20) cpuid compute(20)=200 cpuid compute(20)=200" },
	{ "vmexit: ends after its samples",
	  { .workload = &workload_vmexit, .test = VMEXIT_CPUID, .samples = 2 },
	  "......", "compute(20) cpuid compute(20)=200 cpuid compute(20)=200 hlt" },
	{ "cyclictest: wakes at absolute times",
	  { .workload = &workload_cyclictest, .interval = NS(1000), .wakeup = NS(50), .wait = GUEST_WAIT_HLT },
	  "..!.........", "rdtsc arm(1100) h:rdtsc h:eoi h:iret compute(50) rdtsc=-400 arm(2100) hlt hlt hlt" },
	{ "cyclictest: halts until then",
	  { .workload = &workload_cyclictest, .interval = NS(1000), .wakeup = NS(50), .wait = GUEST_WAIT_HLT },
	  "...!......", "rdtsc arm(1100) hlt h:rdtsc h:eoi h:iret compute(50) rdtsc=-300 arm(2100)" },
	{ "cyclictest: or spins",
	  { .workload = &workload_cyclictest, .interval = NS(1000), .wakeup = NS(50) },
	  "..!.......", "rdtsc arm(1100) h:rdtsc h:eoi h:iret spin(1) compute(50) rdtsc=-300 arm(2100)" },
	{ "cyclictest: an interval that is over is armed all the same",
	  { .workload = &workload_cyclictest, .interval = NS(100), .wakeup = NS(50) },
	  "..!.......", "rdtsc arm(200) h:rdtsc h:eoi h:iret spin(1) compute(50) rdtsc=600 arm(300)" },
	{ "cyclictest: ends after its samples",
	  { .workload = &workload_cyclictest, .interval = NS(100), .wakeup = NS(50), .samples = 1 },
	  "..!.......", "rdtsc arm(200) h:rdtsc h:eoi h:iret spin(1) compute(50) rdtsc=600 hlt" },
	{ "periodic_tick: divides by 16, 250 ticks a second",
	  { .workload = &workload_periodic_tick, .hz = 250, .tick = NS(70), .wait = GUEST_WAIT_HLT },
	  "....!......", "write(320=200ec) write(3e0=3) write(380=3d090) hlt h:rdtsc h:compute(70) h:eoi h:iret hlt hlt" },
	{ "periodic_tick: 300 of them are cut",
	  { .workload = &workload_periodic_tick, .hz = 300, .tick = NS(70) },
	  "....", "write(320=200ec) write(3e0=3) write(380=32dcd) spin(18446744073709551615)" },
	/* A tick is 1 ms. The timer of 1.5 ms comes at 2 ms, the next, of 3 ms, at 3 ms. */
	{ "idle_nohz: on the next tick, and the tick itself on waking",
	  { .workload = &workload_idle_nohz, .hz = 1000, .interval = NS(1500000), .wakeup = NS(80) },
	  "..!.........", "rdtsc arm(2000100) h:rdtsc h:eoi h:iret rdtsc arm(1000100) compute(80) arm(3000100) hlt hlt" },
	/* 1 ns a tick: woken on one, the guest restarts with the next */
	{ "idle_nohz: woken on a tick, it takes the next",
	  { .workload = &workload_idle_nohz, .hz = 1000000000, .interval = NS(100), .wakeup = NS(80) },
	  "..!.........", "rdtsc arm(200) h:rdtsc h:eoi h:iret rdtsc arm(601) compute(80) arm(300) hlt hlt" },
	{ "busy: a handler does no more than EOI",
	  { .workload = &workload_busy },
	  ".!...", "spin(18446744073709551615) h:eoi h:iret spin(18446744073709551615)" },
	/* 300 cycles late, which the first may be; 500 late is too much for the second */
	{ "tscdeadline_latency: ends after one that is later than breakmax",
	  { .workload = &workload_tscdeadline_latency, .breakmax = 250, .wait = GUEST_WAIT_HLT },
	  "...!.....!....", "rdtsc arm(100) hlt h:rdtsc h:arm(400) h:eoi h:iret hlt h:rdtsc h:eoi h:iret hlt" },
	{ "tscdeadline_latency: goes on after one that is as late as that",
	  { .workload = &workload_tscdeadline_latency, .breakmax = 500, .wait = GUEST_WAIT_HLT },
	  "...!.....!....", "rdtsc arm(100) hlt h:rdtsc h:arm(400) h:eoi h:iret hlt h:rdtsc h:arm(900) h:eoi h:iret" },
	{ "recorded: what was armed again before it was due is not waited for",
	  { .workload = &workload_recorded, .recorded_timer = LAPIC_MODE_TSC_DEADLINE, .n_recorded = 3,
	    .recorded_arm_tsc = (const uint64_t[]){ 50, 250, 900 },
	    .recorded_deadline_tsc = (const uint64_t[]){ 400, 600, 1000 } },
	  ".....!......", "until(50) arm(400) until(250) arm(600) spin(1) h:rdtsc h:eoi h:iret spin(1) until(900) arm(1000)" },
	{ "recorded: one-shot counts",
	  { .workload = &workload_recorded, .recorded_timer = LAPIC_MODE_ONESHOT, .n_recorded = 1,
	    .wait = GUEST_WAIT_HLT, .recorded_arm_tsc = (const uint64_t[]){ 50 },
	    .recorded_deadline_tsc = (const uint64_t[]){ 350 } },
	  ".....!....", "write(3e0=b) write(320=ec) until(50) write(380=12c) hlt h:rdtsc h:eoi h:iret hlt" },
	/* A period of 400: the handlers read 600 and 1100; half a period before 1250 the guest waits no more. */
	{ "recorded: a periodic count, until it is stopped",
	  { .workload = &workload_recorded, .recorded_timer = LAPIC_MODE_PERIODIC, .n_recorded = 2,
	    .recorded_arm_tsc = (const uint64_t[]){ 50, 1250 },
	    .recorded_deadline_tsc = (const uint64_t[]){ 450, 1250 } },
	  ".....!.....!......", "write(3e0=b) write(320=200ec) until(50) write(380=190) spin(1) h:rdtsc h:eoi h:iret spin(1) "
	  "spin(2) h:rdtsc h:eoi h:iret spin(2) until(1250) write(380=0)" },
};
/* clang-format on */

static int print_op(char *to, size_t size, const struct guest_op *op)
{
	static const char *const names[] = {
		[GUEST_RDTSC] = "rdtsc", [GUEST_EOI] = "eoi",     [GUEST_HLT] = "hlt",
		[GUEST_IRET] = "iret",   [GUEST_CPUID] = "cpuid",
	};

	switch (op->kind) {
	case GUEST_COMPUTE:
		return snprintf(to, size, "compute(%" PRIu64 ")", op->time.v / PS_PER_NS);
	case GUEST_SPIN: return snprintf(to, size, "spin(%" PRIu64 ")", op->target);
	case GUEST_SPIN_UNTIL: return snprintf(to, size, "until(%" PRIu64 ")", op->value.v);
	case GUEST_WRMSR_DEADLINE: return snprintf(to, size, "arm(%" PRIu64 ")", op->value.v);
	case GUEST_APIC_WRITE:
		return snprintf(to, size, "write(%x=%" PRIx64 ")", op->reg, op->value.v);
	default: return snprintf(to, size, "%s", names[op->kind]);
	}
}

/* A spin goes on until its condition holds; everything else is complete at once. */
static size_t carry_out(struct guest *guest, uint64_t tsc, char *to, size_t size)
{
	const struct guest_op *op = guest_op(guest);
	size_t n = 0;
	int64_t cycles;

	if (op->kind == GUEST_RDTSC)
		guest->tsc = guest_cycles(tsc);
	if (guest_measures(guest, guest_cycles(tsc), &cycles))
		n = (size_t)snprintf(to, size, "=%" PRId64, cycles);
	if (op->kind != GUEST_SPIN || guest_spin_over(guest, op))
		guest_op_done(guest);
	return n;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	const struct guest_times times = { .tsc_khz = { 1000000 }, .loop = { 20 * PS_PER_NS } };
	struct guest guest;
	char log[512] = "";
	size_t n = 0;
	uint64_t k = 0;

	guest_init(&guest, &row->cfg, &times, 1, 0);
	for (const char *step = row->script; *step; step++) {
		if (*step == '!') {
			guest_interrupt(&guest);
			continue;
		}
		n += (size_t)snprintf(log + n, sizeof(log) - n, "%s%s", n ? " " : "",
				      guest.in_handler ? "h:" : "");
		n += (size_t)print_op(log + n, sizeof(log) - n, guest_op(&guest));
		n += carry_out(&guest, ++k * 100, log + n, sizeof(log) - n);
	}
	assert_string_equal(log, row->want);
}

/* Batches of 64, 128, 256 ... iterations: the first that takes 2^30 cycles is the last. */
static void vmexit_batches(void **state)
{
	static const struct {
		uint64_t iteration; /* cycles */
		uint64_t want;      /* iterations in all */
	} cases[] = {
		{ 1 << 24, 64 },        /* 64 * 2^24 = 2^30: just enough */
		{ (1 << 24) - 1, 192 }, /* one batch of 64 and one of 128 */
		{ 1 << 20, 1984 },      /* 64 + 128 + 256 + 512 + 1024 */
	};
	const struct guest_config cfg = { .workload = &workload_vmexit, .test = VMEXIT_CPUID };
	const struct guest_times times = { .tsc_khz = { 1000000 }, .loop = { 20 * PS_PER_NS } };

	for (unsigned i = 0; i < N_ELEMENTS(cases); i++) {
		struct guest guest;
		uint64_t tsc = 0;
		int64_t cycles;

		guest_init(&guest, &cfg, &times, 1, 0);
		while (guest_op(&guest)->kind != GUEST_HLT) {
			if (guest_op(&guest)->kind == GUEST_CPUID)
				tsc += cases[i].iteration;
			guest_measures(&guest, guest_cycles(tsc), &cycles);
			guest_op_done(&guest);
		}
		assert_int_equal(guest.measured, cases[i].want);
	}
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + 1];
	size_t n = 0;

	for (; n < N_ELEMENTS(rows); n++)
		tests[n] = (struct CMUnitTest){ .name = rows[n].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[n] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(vmexit_batches);
	return cmocka_run_group_tests_name("workloads", tests, NULL, NULL);
}
