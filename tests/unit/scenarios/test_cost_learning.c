/* SPDX-License-Identifier: MIT */
/* From stretches between two lines to costs: the sums are the measured ones, the rest is shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cost_learning.h"

struct sample {
	enum observed_stretch stretch;
	uint32_t cpu; /* 1 is in nohz_full, if any is */
	int64_t ns[4];
	unsigned n;
};

struct want {
	enum cost_id cost;
	uint32_t n; /* quantiles; 0: nothing learned */
	uint64_t least, most, nohz_full;
};

struct row {
	const char *name;
	struct sample plain[8], nohz_full[8]; /* of two recordings */
	struct want want[9];
};

#define ONE(stretch, cpu, ns)                        \
	{                                            \
		OBSERVED_##stretch, cpu, { (ns) }, 1 \
	}

/* clang-format off */
static const struct row rows[] = {
	/* An eighth of 800 for each of three, the rest for the fourth; inject 700 - 2 * 100, inject_event
	 * 2400 - 100 - 500, handle_eoi 5700 - 100 - 100 - 500. */
	{ "the way of an exit with nothing to inject is shared out",
	  { ONE(INTERRUPT_TO_ENTRY, 0, 800), ONE(INTERRUPT_TO_ACCEPT, 0, 700), ONE(ACCEPT_TO_ENTRY, 0, 2400),
	    ONE(EOI, 0, 5700) }, { { 0 } },
	  { { COST_handle_external_interrupt, 1, 100, 100, 0 }, { COST_loop_edge, 1, 100, 100, 0 },
	    { COST_enter_guest, 1, 100, 100, 0 }, { COST_entry_check, 1, 500, 500, 0 },
	    { COST_inject, 1, 500, 500, 0 }, { COST_inject_event, 1, 1800, 1800, 0 },
	    { COST_handle_eoi, 1, 5000, 5000, 0 }, { COST_handle_cpuid, 0, 0, 0, 0 } } },
	/* Without such an exit a third of 2400 stands for it. */
	{ "where there is none, it is a third of one that injects",
	  { ONE(ACCEPT_TO_ENTRY, 0, 2400) }, { { 0 } },
	  { { COST_loop_edge, 1, 100, 100, 0 }, { COST_entry_check, 1, 500, 500, 0 },
	    { COST_inject_event, 1, 1800, 1800, 0 } } },
	/* 607 and 792 less guest_op, 20; the handler reads the clock 1102 after the expiry, 1102 - 587. */
	{ "what varies is a table, less the medians of the others",
	  { { OBSERVED_ARM_TO_EXIT, 0, { 792, 607, 607 }, 3 }, ONE(EXPIRY_TO_CLOCK_GUEST, 0, 1102) }, { { 0 } },
	  { { COST_vmexit, 3, 587, 772, 0 }, { COST_irq_entry, 1, 515, 515, 0 } } },
	/* Host code is interrupted after 800: 300 of the exit are before that, and 587 - 300 behind. */
	{ "an interrupt of host code tells the two parts of an exit",
	  { ONE(ARM_TO_EXIT, 0, 607), ONE(EXPIRY_TO_CLOCK_GUEST, 0, 1100), ONE(EXPIRY_TO_CLOCK_KERNEL, 0, 800),
	    ONE(EXPIRY_TO_CLOCK_IDLE, 0, 930), ONE(CALLBACK_TO_EXIT, 0, 1500) }, { { 0 } },
	  { { COST_irq_entry, 1, 800, 800, 0 }, { COST_vmexit, 1, 300, 300, 0 },
	    { COST_vmexit_rest, 1, 287, 287, 0 }, { COST_irq_entry_idle, 1, 130, 130, 0 },
	    { COST_irq_exit, 1, 1213, 1213, 0 }, { COST_tick_program_event, 0, 0, 0, 0 } } },
	/* 700 - 287; with 845 before it the same 1500 and some */
	{ "local_timer_exit parts the way out of the timer's interrupt",
	  { ONE(ARM_TO_EXIT, 0, 607), ONE(EXPIRY_TO_CLOCK_GUEST, 0, 1100), ONE(EXPIRY_TO_CLOCK_KERNEL, 0, 800),
	    ONE(CALLBACK_TO_IRQ_EXIT, 0, 845), ONE(IRQ_EXIT_TO_EXIT, 0, 700) }, { { 0 } },
	  { { COST_tick_program_event, 1, 845, 845, 0 }, { COST_irq_exit, 1, 413, 413, 0 } } },
	/* of two recordings one has it: 1500 - 845 - 287 would be 368 */
	{ "and what is seen of it is taken before a difference",
	  { ONE(ARM_TO_EXIT, 0, 607), ONE(EXPIRY_TO_CLOCK_GUEST, 0, 1100), ONE(EXPIRY_TO_CLOCK_KERNEL, 0, 800),
	    ONE(CALLBACK_TO_IRQ_EXIT, 0, 845), ONE(CALLBACK_TO_EXIT, 0, 1500), ONE(IRQ_EXIT_TO_EXIT, 0, 700) },
	  { { 0 } },
	  { { COST_irq_exit, 1, 413, 413, 0 } } },
	/* An EOI takes 90 more there: the check's. Of a CPUID, 4082, 700 and these 90 are the way back. */
	{ "nohz_full adds; what is only there gives up what is added",
	  { ONE(INTERRUPT_TO_ENTRY, 0, 800), ONE(EOI, 0, 5700), ONE(ARM_TO_EXIT, 0, 607) },
	  { ONE(EOI, 1, 5790), ONE(ARM_TO_EXIT, 1, 737), ONE(CPUID, 1, 4082) },
	  { { COST_entry_check, 1, 500, 500, 90 }, { COST_handle_eoi, 1, 5000, 5000, 0 },
	    { COST_vmexit, 1, 587, 587, 130 }, { COST_handle_cpuid, 1, 3292, 3292, 0 } } },
	/* 871 + 2919 of a woken one against 100 + 500 + 100 + 1800 + 500 of a running one. */
	{ "a woken vCPU takes longer",
	  { ONE(INTERRUPT_TO_ENTRY, 0, 800), ONE(INTERRUPT_TO_ACCEPT, 0, 700), ONE(ACCEPT_TO_ENTRY, 0, 2400),
	    ONE(CALLBACK_TO_EXIT, 0, 1500), ONE(CALLBACK_TO_SWITCH, 0, 2650), ONE(SWITCH_TO_WAKEUP, 0, 1426),
	    ONE(WAKEUP_TO_ACCEPT, 0, 871), ONE(WOKEN_ACCEPT_TO_ENTRY, 0, 2919) }, { { 0 } },
	  { { COST_woken, 1, 790, 790, 0 }, { COST_context_switch, 1, 1426, 1426, 0 },
	    { COST_block, 1, 1150, 1150, 0 } } },
	/* 700 - 84 - 20, the whole of it */
	{ "every delivery had a wait: it is in irq_delivery",
	  { ONE(ENTRY_TO_CLOCK, 0, 452), ONE(ENTRY_TO_ARMED, 0, 556), ONE(ENTRY_TO_HANDLER, 0, 700) }, { { 0 } },
	  { { COST_vmentry, 1, 84, 84, 0 }, { COST_irq_delivery, 1, 596, 596, 0 }, { COST_wait_lapic_expire, 0, 0, 0, 0 } } },
	/* 565 - 452 - 84 - 20; 700 - 84 - 9 - 20, and 30 more of it in nohz_full */
	{ "one had none: what the others take more is the wait's",
	  { ONE(ENTRY_TO_CLOCK, 0, 452), ONE(ENTRY_TO_ARMED, 0, 556), ONE(ENTRY_TO_HANDLER, 0, 700),
	    ONE(BARE_ENTRY_TO_HANDLER, 0, 565) },
	  { ONE(ENTRY_TO_HANDLER, 1, 730) },
	  { { COST_vmentry, 1, 84, 84, 0 }, { COST_irq_delivery, 1, 9, 9, 0 }, { COST_wait_lapic_expire, 1, 587, 587, 30 } } },
	/* 3000 + 1426 - 1500 - 1426; 4994 - 3000 */
	{ "a tick that starts again on the way out of idle",
	  { ONE(CALLBACK_TO_EXIT, 0, 1500), ONE(CALLBACK_TO_SWITCH, 0, 3000), ONE(CALLBACK_TO_SWITCH_TICK, 0, 4994),
	    ONE(SWITCH_TO_WAKEUP, 0, 1426), ONE(WOKEN_ACCEPT_TO_ENTRY, 0, 2919) }, { { 0 } },
	  { { COST_tick_nohz_restart, 1, 1994, 1994, 0 }, { COST_block, 1, 1500, 1500, 0 } } },
	/* 4994 + 1426 - 1500 - 1426 */
	{ "where each of them does, block takes it in",
	  { ONE(CALLBACK_TO_EXIT, 0, 1500), ONE(CALLBACK_TO_SWITCH_TICK, 0, 4994), ONE(SWITCH_TO_WAKEUP, 0, 1426),
	    ONE(WOKEN_ACCEPT_TO_ENTRY, 0, 2919) }, { { 0 } },
	  { { COST_tick_nohz_restart, 0, 0, 0, 0 }, { COST_block, 1, 3494, 3494, 0 } } },
	{ "a stretch shorter than what lies in it: nothing is left",
	  { ONE(INTERRUPT_TO_ENTRY, 0, 800), ONE(EOI, 0, 600) }, { { 0 } },
	  { { COST_handle_eoi, 1, 0, 0, 0 } } },
};
/* clang-format on */

static void add(struct cost_pool *pool, const struct sample samples[8], bool nohz_full)
{
	const struct observed_clock clock = { .rate_khz = 1000000 };
	struct observed_run *run = observed_run_new(&clock);
	const bool cpus[OBSERVED_CPUS_MAX] = { [1] = nohz_full };

	run->n_cpus = 2;
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 0; k < samples[i].n; k++)
			observed_sample_add(run, samples[i].stretch, samples[i].ns[k],
					    samples[i].cpu);
	cost_pool_add(pool, run, cpus, true, 0);
	observed_run_free(run);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct cost_pool *pool = cost_pool_new();
	struct learned_costs learned;

	add(pool, row->plain, false);
	add(pool, row->nohz_full, true);
	cost_learn(pool, &learned);
	for (unsigned i = 0; i < G_N_ELEMENTS(row->want); i++) {
		const struct want *want = &row->want[i];
		const struct learned_cost *c = &learned.cost[want->cost];

		if (!want->n && !want->cost)
			continue; /* the end of the row */
		assert_int_equal(c->n, want->n);
		if (!c->n)
			continue;
		assert_int_equal(c->quantile[0], want->least);
		assert_int_equal(c->quantile[c->n - 1], want->most);
		assert_int_equal(c->nohz_full, want->nohz_full);
	}
	cost_pool_free(pool);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows)];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("cost_learning", tests, NULL, NULL);
}
