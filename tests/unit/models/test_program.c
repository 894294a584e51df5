/* SPDX-License-Identifier: MIT */
/* The guest's side of the workload `program`: which operations it asks for, in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guest.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPS_MAX 8
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
#define OP(name) { .kind = PROGRAM_##name }
#define NS(name, n) { .kind = PROGRAM_##name, .time = { (n) * PS_PER_NS, QUANTITY_PS } }
#define CYCLES(name, n) { .kind = PROGRAM_##name, .time = { (n), QUANTITY_CYCLES } }
#define REG(name, n) { .kind = PROGRAM_##name, .number = (n) }
/* clang-format on */

struct row {
	const char *name;
	uint32_t n_start, n_repeat, n_handler;
	struct program_op start[OPS_MAX], repeat[OPS_MAX], handler[OPS_MAX];
	enum guest_wait wait;
	const char *script; /* '.': carries out what is on top; '!': delivers an interrupt */
	const char *want;   /* what was carried out; of the handler behind "h:" */
};

/* The k-th operation carried out sees a TSC of 100 * k; 1 GHz, so a cycle is a ns. */
/* clang-format off */
static const struct row rows[] = {
	{ "halts for good after start", 2, 0, 0, { OP(rdtsc), OP(cpuid) }, {}, {}, GUEST_WAIT_SPIN,
	  "....!....", "rdtsc cpuid hlt hlt h:rdtsc h:eoi h:iret hlt" },
	{ "repeats for ever", 1, 2, 0, { OP(cpuid) }, { OP(io), NS(compute, 3) }, {}, GUEST_WAIT_SPIN,
	  "......", "cpuid io compute(3000) io compute(3000) io" },
	{ "repeats without a start", 0, 1, 0, {}, { NS(spin, 7) }, {}, GUEST_WAIT_SPIN,
	  "..", "spin_for(7000) spin_for(7000)" },
	{ "arms ahead of the TSC that it reads", 0, 1, 0, {}, { NS(arm, 2000) }, {}, GUEST_WAIT_SPIN,
	  "....", "rdtsc arm(2100) rdtsc arm(2300)" },
	{ "arms ahead of the last deadline", 3, 0, 0, { NS(arm, 2000), CYCLES(arm_again, 5000), NS(arm_again, 0) },
	  {}, {}, GUEST_WAIT_SPIN, "......", "rdtsc arm(2100) rdtsc arm(7100) rdtsc arm(7100)" },
	{ "no deadline yet: ahead of the TSC", 1, 0, 0, { CYCLES(arm_again, 50) }, {}, {}, GUEST_WAIT_SPIN,
	  "..", "rdtsc arm(150)" },
	{ "a deadline of 0 is not the last", 3, 0, 0, { NS(arm, 1000), OP(disarm), NS(arm_again, 1000) }, {}, {},
	  GUEST_WAIT_SPIN, ".....", "rdtsc arm(1100) arm(0) rdtsc arm(2100)" },
	{ "a handler between RDTSC and WRMSR", 1, 0, 0, { NS(arm, 1000) }, {}, {}, GUEST_WAIT_SPIN,
	  ".!....", "rdtsc h:rdtsc h:eoi h:iret arm(1100)" },
	{ "spins until one was handled", 2, 0, 0, { OP(wait), OP(cpuid) }, {}, {}, GUEST_WAIT_SPIN,
	  "..!.....", "spin(1) spin(1) h:rdtsc h:eoi h:iret spin(1) cpuid" },
	{ "halts until one was handled", 2, 0, 0, { OP(wait), OP(cpuid) }, {}, {}, GUEST_WAIT_HLT,
	  ".!....", "hlt h:rdtsc h:eoi h:iret cpuid" },
	{ "handled just before the HLT", 2, 0, 0, { OP(wait), OP(cpuid) }, {}, {}, GUEST_WAIT_HLT,
	  "!....", "h:rdtsc h:eoi h:iret cpuid" },
	{ "one from before the wait is not it", 3, 0, 0, { OP(io), OP(wait), OP(cpuid) }, {}, {}, GUEST_WAIT_HLT,
	  "!.......!....", "h:rdtsc h:eoi h:iret io hlt hlt hlt h:rdtsc h:eoi h:iret cpuid" },
	{ "waits for one more each round", 0, 2, 0, {}, { OP(wait), OP(io) }, {}, GUEST_WAIT_SPIN,
	  ".!......!.....", "spin(1) h:rdtsc h:eoi h:iret spin(1) io spin(2) h:rdtsc h:eoi h:iret spin(2) io" },
	{ "handler: RDTSC and EOI come by themselves", 1, 0, 1, { OP(wait) }, {}, { OP(cpuid) }, GUEST_WAIT_HLT,
	  "!.....", "h:rdtsc h:cpuid h:eoi h:iret hlt" },
	{ "handler: its own RDTSC is the first", 1, 0, 2, { OP(wait) }, {}, { OP(rdtsc), NS(arm, 1000) },
	  GUEST_WAIT_HLT, "!.....", "h:rdtsc h:rdtsc h:arm(1200) h:eoi h:iret" },
	{ "handler: EOI where it says", 1, 0, 2, { OP(wait) }, {}, { OP(eoi), OP(io) }, GUEST_WAIT_HLT,
	  "!....", "h:rdtsc h:eoi h:io h:iret" },
	{ "handler: an RDTSC that is not the first", 1, 0, 2, { OP(wait) }, {}, { OP(eoi), OP(rdtsc) }, GUEST_WAIT_HLT,
	  "!....", "h:rdtsc h:eoi h:rdtsc h:iret" },
	{ "handler: from its beginning each time", 0, 1, 1, {}, { OP(wait) }, { OP(io) }, GUEST_WAIT_HLT,
	  "!....!....", "h:rdtsc h:io h:eoi h:iret h:rdtsc h:io h:eoi h:iret" },
	{ "LVTT: mode and mask are kept apart", 5, 0, 0,
	  { REG(lvtt, LAPIC_MODE_PERIODIC), OP(mask), REG(lvtt, LAPIC_MODE_ONESHOT), OP(unmask),
	    REG(lvtt, LAPIC_MODE_TSC_DEADLINE) }, {}, {}, GUEST_WAIT_SPIN,
	  ".....", "write(320=200ec) write(320=300ec) write(320=100ec) write(320=ec) write(320=400ec)" },
	{ "LVTT: begins as TSC-deadline, unmasked", 2, 0, 0, { OP(mask), OP(unmask) }, {}, {}, GUEST_WAIT_SPIN,
	  "..", "write(320=500ec) write(320=400ec)" },
	{ "LVTT: the handler's change counts", 2, 0, 1, { OP(io), OP(unmask) }, {}, { REG(lvtt, LAPIC_MODE_PERIODIC) },
	  GUEST_WAIT_SPIN, "!......", "h:rdtsc h:write(320=200ec) h:eoi h:iret io write(320=200ec)" },
	{ "registers", 3, 0, 0, { REG(tdcr, 0xb), REG(tmict, 100000), OP(read_tmcct) }, {}, {}, GUEST_WAIT_SPIN,
	  "...", "write(3e0=b) write(380=186a0) read(390)" },
	{ "flags and EOI", 3, 0, 0, { OP(cli), OP(sti), OP(eoi) }, {}, {}, GUEST_WAIT_SPIN,
	  "...", "cli sti eoi" },
};
/* clang-format on */

static int print_op(char *to, size_t size, const struct guest_op *op)
{
	static const char *const names[] = {
		[GUEST_RDTSC] = "rdtsc", [GUEST_EOI] = "eoi",     [GUEST_HLT] = "hlt",
		[GUEST_IRET] = "iret",   [GUEST_CLI] = "cli",     [GUEST_STI] = "sti",
		[GUEST_IO] = "io",       [GUEST_CPUID] = "cpuid",
	};

	switch (op->kind) {
	case GUEST_COMPUTE: return snprintf(to, size, "compute(%" PRIu64 ")", op->time.v);
	case GUEST_SPIN_FOR: return snprintf(to, size, "spin_for(%" PRIu64 ")", op->time.v);
	case GUEST_SPIN: return snprintf(to, size, "spin(%" PRIu64 ")", op->target);
	case GUEST_WRMSR_DEADLINE: return snprintf(to, size, "arm(%" PRIu64 ")", op->value.v);
	case GUEST_APIC_WRITE:
		return snprintf(to, size, "write(%x=%" PRIx64 ")", op->reg, op->value.v);
	case GUEST_APIC_READ: return snprintf(to, size, "read(%x)", op->reg);
	default: return snprintf(to, size, "%s", names[op->kind]);
	}
}

/* A spin goes on until its condition holds; everything else is complete at once. */
static void carry_out(struct guest *guest, uint64_t tsc)
{
	const struct guest_op *op = guest_op(guest);

	if (op->kind == GUEST_RDTSC)
		guest->tsc = guest_cycles(tsc);
	if (op->kind != GUEST_SPIN || guest_spin_over(guest, op))
		guest_op_done(guest);
}

static void start_guest(struct guest *guest, struct guest_config *cfg, const struct row *row,
			uint32_t khz)
{
	const struct guest_times times = { .tsc_khz = { khz } };

	*cfg = (struct guest_config){
		.workload = &workload_program,
		.wait = row->wait,
		.start = { row->n_start, row->start },
		.repeat = { row->n_repeat, row->repeat },
		.handler = { row->n_handler, row->handler },
	};
	guest_init(guest, cfg, &times, 1, 0);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct guest_config cfg;
	struct guest guest;
	char log[512] = "";
	size_t n = 0;
	uint64_t k = 0;

	start_guest(&guest, &cfg, row, 1000000);
	for (const char *step = row->script; *step; step++) {
		if (*step == '!') {
			guest_interrupt(&guest);
			continue;
		}
		n += (size_t)snprintf(log + n, sizeof(log) - n, "%s%s", n ? " " : "",
				      guest.in_handler ? "h:" : "");
		n += (size_t)print_op(log + n, sizeof(log) - n, guest_op(&guest));
		carry_out(&guest, ++k * 100);
	}
	assert_string_equal(log, row->want);
}

/* STI opens the window only behind the operation that follows it. */
static void sti_shadow(void **state)
{
	static const struct row row = { .n_start = 4,
					.start = { OP(cli), OP(sti), OP(io), OP(sti) } };
	struct guest_config cfg;
	struct guest guest;

	start_guest(&guest, &cfg, &row, 1000000);
	assert_true(guest_interruptible(&guest));
	guest_op_done(&guest); /* cli */
	assert_false(guest.interrupts);
	assert_false(guest_interruptible(&guest));
	guest_op_done(&guest); /* sti */
	assert_true(guest.interrupts);
	assert_false(guest_interruptible(&guest));
	guest_op_done(&guest); /* io */
	assert_true(guest_interruptible(&guest));
	guest_op_done(&guest); /* sti: IF was set, no shadow */
	assert_true(guest_interruptible(&guest));
}

static void handler_has_interrupts_off(void **state)
{
	static const struct row row = { .n_start = 1, .start = { OP(wait) } };
	struct guest_config cfg;
	struct guest guest;

	start_guest(&guest, &cfg, &row, 1000000);
	guest_interrupt(&guest);
	for (unsigned i = 0; i < 3; i++) { /* rdtsc, eoi, iret */
		assert_false(guest_interruptible(&guest));
		assert_int_equal(guest.handled, 0);
		guest_op_done(&guest);
	}
	assert_true(guest_interruptible(&guest));
	assert_int_equal(guest.handled, 1);
}

/* At 2.4 GHz 5 cycles are 2083.3 ps, and 7 ns are 16.8 cycles: both are cut. */
static void quantities_by_the_guest_clock(void **state)
{
	static const struct row row = { .n_start = 2, .start = { CYCLES(compute, 5), NS(arm, 7) } };
	struct guest_config cfg;
	struct guest guest;

	start_guest(&guest, &cfg, &row, 2400000);
	assert_int_equal(guest.op.time.v, 2083);
	guest_op_done(&guest);
	carry_out(&guest, 1000);
	assert_int_equal(guest.op.kind, GUEST_WRMSR_DEADLINE);
	assert_int_equal(guest.op.value.v, 1016);
	assert_int_equal(guest.armed, 1);
	guest_op_done(&guest);
	assert_int_equal(guest.deadline.v, 1016);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(sti_shadow),
		cmocka_unit_test(handler_has_interrupts_off),
		cmocka_unit_test(quantities_by_the_guest_clock),
	};
	struct CMUnitTest tests[N_ELEMENTS(rows) + N_ELEMENTS(others)];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	memcpy(tests + N_ELEMENTS(rows), others, sizeof(others));
	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
