/* SPDX-License-Identifier: MIT */
/* The vCPU's run loop: what an expiry meets at each point of it, and what the guest sees (R6-R10).
 */
#include "models_rig.h"

static uint64_t sampled(const struct rig *rig, const char *field)
{
	assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 1);
	return rig_value(rig_find(rig, TP_LAPIC_SAMPLE, 0), field);
}

/*
 * The vCPU on nohz_full CPU 1 enters at 0, is in the guest at 7000, reads the TSC and arms; spins.
 * Its timer, behind the tick of 1 ms, is on CPU 0. Each 2.5 ms the guest exits: the first time when
 * it reads more than 7000 + 2500000, at 2507001; kvm_exit 2515001, loop edge 2518001, interrupts
 * off 2519001, check 2521001, guest 2525001. The next exit of that kind comes at 5007002.
 */
struct kick_row {
	const char *name, *release;
	uint64_t deadline;
	uint64_t lateness,
		guest_progress; /* to the handler's first instruction; since the arming */
	unsigned ipis;
};

/* Guest mode since the arming write, which ended when the guest was left at 7000 and entered again
 * at 22000: 2507001 - 22000 until the exit. */
#define FIRST_RUN 2485001
/* ... and from 2525001 to 5007002 in the run after it */
#define SECOND_RUN 2482001

/* clang-format off */
static const struct kick_row kick_rows[] = {
	/* the exit comes at 2507001: handler at 2525001 */
	{ "in guest mode, no kick: seen at the next exit",          "v4.5", 2400000, 125001, FIRST_RUN, 0 },
	/* IPI 2400500, kvm_exit 2408500, irqs off 2409500, check 2411500, guest 2415500 */
	{ "in guest mode, kick: an IPI ends it",                    "v5.3", 2400000, 15500, 2400500 - 22000, 1 },
	{ "while the exit is handled: injected at its loop edge",   "v4.5", 2516000, 9001, FIRST_RUN, 0 },
	{ "while the exit is handled, kick: nobody to interrupt",   "v5.3", 2516000, 9001, FIRST_RUN, 0 },
	/* check 2521001 sends it round: irqs off 2522001, check 2524001, guest 2528001 */
	{ "before interrupts go off: the check sends it round",     "v4.5", 2518500, 9501, FIRST_RUN, 0 },
	{ "before interrupts go off, kick: nobody to interrupt",    "v5.3", 2518500, 9501, FIRST_RUN, 0 },
	{ "in the check: it sends it round",                        "v4.5", 2520000, 8001, FIRST_RUN, 0 },
	/* the IPI comes at 2520500 with interrupts off, is handled at the loop edge, for nothing */
	{ "in the check, kick: the same",                           "v5.3", 2520000, 8001, FIRST_RUN, 1 },
	/* kvm_exit 5015002, loop edge 5018002, guest 5025002 */
	{ "after the check, no kick: unseen until the next exit",   "v4.5", 2522000, 2503002, FIRST_RUN + SECOND_RUN, 0 },
	/* IPI 2522500; guest 2525001, left at once; kvm_exit 2533001, irqs off 2534001, check 2536001, guest 2540001 */
	{ "after the check, kick: entered and left, no instruction", "v5.3", 2522000, 18001, FIRST_RUN, 1 },
};
/* clang-format on */

static void check_kick(void **state)
{
	const struct kick_row *row = *state;
	struct rig *rig = rig_new(row->release, 2, 1000);

	rig_round_trip(rig);
	rig->cpus[1].nohz_full = true;
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 1;
	rig->vm.guest.delta = (struct quantity){ (row->deadline - 7000) * PS_PER_NS, QUANTITY_PS };
	rig->vm.guest.other_exits = (struct other_exits){
		{ 2500000, QUANTITY_CYCLES }, EXIT_REASON_CPUID, EXITS_FROM_LAST, { 0, QUANTITY_PS }
	};
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_RESCHEDULE_ENTRY);
	rig_run(rig, 8 * MS);
	assert_int_equal(sampled(rig, "cpu"), 0);
	assert_int_equal(sampled(rig, "vcpu.cpu"), 1);
	assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	assert_int_equal(sampled(rig, "guest_progress"), row->guest_progress * PS_PER_NS);
	assert_int_equal(rig_count(rig, TP_RESCHEDULE_ENTRY), row->ipis);
	rig_free(rig);
}

/* HLT: the timer's CPU wakes the thread. wakeup 300, context switch 1000, C-state exit 2000. */
struct halt_row {
	const char *name, *release;
	uint64_t lateness;
};

static const struct halt_row halt_rows[] = {
	/* 2000 + 300 + 1000, then 1000 + 2000 + 4000 to the guest */
	{ "halted: woken by the timer of its own CPU", "v5.2", 10300 },
	/* 2000 + 300 on CPU 0, IPI 500, 2000 + 1000 on CPU 1, then the same */
	{ "halted: woken from CPU 0, without a kick", "v4.5", 12800 },
	{ "halted: woken from CPU 0, with one", "v5.3", 12800 },
};

static void check_halt(void **state)
{
	const struct halt_row *row = *state;
	struct rig *rig = rig_new(row->release, 2, 1000);

	rig_round_trip(rig);
	rig_cost(rig, COST_wakeup, 300);
	rig_cost(rig, COST_context_switch, 1000);
	for (unsigned i = 0; i < 2; i++)
		rig->cpus[i].idle_exit = ps(2000 * PS_PER_NS);
	rig->cpus[1].nohz_full = true;
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 1;
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 2500000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 4 * MS);
	assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	rig_free(rig);
}

/* Programs: an instruction takes 100; one CPU, or two of which the second is idle. */
struct program_row {
	const char *name;
	struct program_op ops[7];
	unsigned n;
	uint64_t device_irq, migrate; /* at; 0: none */
	uint64_t lateness;            /* 0: no sample */
	const char *want;             /* exits */
};

#define FOR(op, time)                                      \
	{                                                  \
		PROGRAM_##op, { time, QUANTITY_CYCLES }, 0 \
	}
#define DO(op) FOR(op, 0)

/* clang-format off */
#define MASKED_ARM { DO(cli), FOR(arm, 30000), FOR(compute, 50000), DO(sti), DO(rdtsc), FOR(compute, 1000000) }, 6
static const struct program_row program_rows[] = {
	/* Guest at 7000, cli to 7100, rdtsc to 7200, wrmsr to 7300; kvm_exit 15300, guest 22300. Compute. Due at 37200:
	 * kvm_exit 45200, IRR; the guest cannot take it; guest 52200, compute to 87300, sti 87400, one instruction more,
	 * 87500: the window; kvm_exit 95500, injected; guest 102500, rdtsc 102600. EOI to 102700, kvm_exit 110700. */
	{ "an interrupt window opens one instruction after STI", MASKED_ARM, 0, 0, 102600 - 37200,
	  "15300 c0 exit MSR_WRITE\n45200 c0 exit EXTERNAL_INTERRUPT\n95500 c0 exit INTERRUPT_WINDOW\n110700 c0 exit MSR_WRITE\n" },
	{ "one instruction of a long operation is one turn",
	  { DO(cli), FOR(arm, 30000), FOR(compute, 50000), DO(sti), FOR(compute, 1000000) }, 5, 0, 0, 102600 - 37200,
	  "15300 c0 exit MSR_WRITE\n45200 c0 exit EXTERNAL_INTERRUPT\n95500 c0 exit INTERRUPT_WINDOW\n110700 c0 exit MSR_WRITE\n" },
	/* the device's interrupt pends in VM-entry: guest 102500, left with the vector delivered; kvm_exit 110500,
	 * guest 117500, and only now the handler */
	{ "an interrupt pending when VM-entry ends: the vector is not lost", MASKED_ARM, 100000, 0, 117600 - 37200,
	  "15300 c0 exit MSR_WRITE\n45200 c0 exit EXTERNAL_INTERRUPT\n95500 c0 exit INTERRUPT_WINDOW\n"
	  "110500 c0 exit EXTERNAL_INTERRUPT\n125700 c0 exit MSR_WRITE\n" },
	/* moved in the check that ends at 98500: abort; IPI to CPU 1 99000, irqs off 100000, check 102000, guest 106000 */
	{ "an aborted entry injects again, once", MASKED_ARM, 0, 97500, 106100 - 37200,
	  "15300 c0 exit MSR_WRITE\n45200 c0 exit EXTERNAL_INTERRUPT\n95500 c0 exit INTERRUPT_WINDOW\n114200 c1 exit MSR_WRITE\n" },
	/* rdtsc 7100, wrmsr 7200, kvm_exit 15200, guest 22200: compute. Due at 57100 (34900 done): kvm_exit 65100, guest
	 * 72100, handler: rdtsc 72200, EOI 72300, kvm_exit 80300, guest 87300, iret 87400, 65100 left: 152500; cpuid
	 * 152600; kvm_exit 160600. */
	{ "an operation keeps its remainder under a handler",
	  { FOR(arm, 50000), FOR(compute, 100000), DO(cpuid), FOR(compute, 1000000) }, 4, 0, 0, 72200 - 57100,
	  "15200 c0 exit MSR_WRITE\n65100 c0 exit EXTERNAL_INTERRUPT\n80300 c0 exit MSR_WRITE\n160600 c0 exit CPUID\n" },
	/* rdtsc 7100, wrmsr 7200: due at 7107, before the write is handled at 15200: kvm_exit 15200, injected, guest 22200 */
	{ "a deadline that passed on the way: expires where it is written",
	  { FOR(arm, 7), FOR(compute, 1000000) }, 2, 0, 0, 22300 - 7107,
	  "15200 c0 exit MSR_WRITE\n30400 c0 exit MSR_WRITE\n" },
	/* sti to 87400, cpuid to 87500: kvm_exit 95500, loop edge 98500, guest 105500, left at once: kvm_exit 113500,
	 * injected; guest 120500, rdtsc 120600 */
	{ "an interrupt window opened by what left guest mode",
	  { DO(cli), FOR(arm, 30000), FOR(compute, 50000), DO(sti), DO(cpuid), FOR(compute, 1000000) }, 6, 0, 0, 120600 - 37200,
	  "15300 c0 exit MSR_WRITE\n45200 c0 exit EXTERNAL_INTERRUPT\n95500 c0 exit CPUID\n113500 c0 exit INTERRUPT_WINDOW\n"
	  "128700 c0 exit MSR_WRITE\n" },
	/* lvtt written at 22300 */
	{ "a deadline does not outlive its mode",
	  { FOR(arm, 100000), { PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_ONESHOT }, FOR(compute, 1000000) }, 3, 0, 0, 0,
	  "15200 c0 exit MSR_WRITE\n30300 c0 exit MSR_WRITE\n" },
	{ "a count written in deadline mode counts nothing",
	  { { PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 50000 }, FOR(compute, 1000000) }, 2, 0, 0, 0,
	  "15100 c0 exit MSR_WRITE\n" },
	{ "port I/O exits", { DO(io), FOR(compute, 1000000) }, 2, 0, 0, 0, "15100 c0 exit IO_INSTRUCTION\n" },
	{ "a deadline that is taken back does not come",
	  { FOR(arm, 100000), DO(disarm), FOR(compute, 1000000) }, 3, 0, 0, 0,
	  "15200 c0 exit MSR_WRITE\n30300 c0 exit MSR_WRITE\n" },
};
/* clang-format on */

static void check_program(void **state)
{
	const struct program_row *row = *state;
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig_round_trip(rig);
	rig_cost(rig, COST_guest_op, 100);
	rig_vcpu(rig, 0, 3);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ row->n, row->ops };
	rig->vm.guest.loop = (struct quantity){ 100 * PS_PER_NS, QUANTITY_PS };
	if (row->device_irq)
		rig_command(rig, row->device_irq, DO_DEVICE_IRQ);
	if (row->migrate)
		rig_command(rig, row->migrate, DO_MIGRATE)->cpu = 1;
	rig->want_events = TP_BIT(TP_KVM_EXIT);
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_KVM_INJ_VIRQ);
	rig_run(rig, 500 * US);
	assert_string_equal(rig->log, row->want);
	if (row->lateness)
		assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	assert_int_equal(rig_count(rig, TP_KVM_INJ_VIRQ), row->lateness ? 1 : 0);
	rig_free(rig);
}

/* Armed at 7100 for 27100; the mode is written at 22300, an exit that is handled at 30300. The
 * expiry is pending by then: from v6.16 on it goes with its mode; before, it is injected. */
static void check_mode_of_a_pending_expiry(void **state)
{
	static const struct program_op ops[] = {
		FOR(arm, 20000),
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_ONESHOT },
		FOR(compute, 1000000),
	};
	static const char *const releases[] = { "v6.15", "v6.16" };

	for (unsigned i = 0; i < N_ELEMENTS(releases); i++) {
		struct rig *rig = rig_new(releases[i], 1, 100);

		rig_round_trip(rig);
		rig_cost(rig, COST_guest_op, 100);
		rig_vcpu(rig, 0, 1);
		rig->vm.guest.workload = &workload_program;
		rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
		rig->want_events = TP_BIT(TP_FN_APIC_TIMER_FN) | TP_BIT(TP_KVM_INJ_VIRQ);
		rig_run(rig, 200 * US);
		assert_string_equal(rig->log,
				    i ? "30300 c0 apic_timer_fn\n"
				      : "30300 c0 apic_timer_fn\n31300 c0 kvm_inj_virq\n");
		rig_free(rig);
	}
}

/* A pause at 500 us ends the halt, and the timer goes back to the preemption timer: to cancel the
 * hrtimer takes 10 us, in which the thread is moved to CPU 1. Loaded there, which cancels, too, the
 * plan goes on with what was left. */
static void check_moved_in_a_plan(void **state)
{
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig_cost(rig, COST_hrtimer_cancel, 10 * US);
	rig->cfg.host.preempt = PREEMPT_FULL;
	rig->cfg.kvm.preemption_timer = true;
	rig_vcpu(rig, 0, 3);
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig_command(rig, 500 * US, DO_PAUSE);
	rig_command(rig, 505 * US, DO_MIGRATE)->cpu = 1;
	rig->want_events = TP_BIT(TP_KVM_HV_TIMER_STATE) | TP_BIT(TP_SCHED_SWITCH);
	rig_run(rig, 600 * US);
	assert_string_equal(rig->log,
			    "0 c0 kvm_hv_timer_state\n0 c0 switch 2>0\n"
			    "500000 c0 switch 0>2\n"
			    "505000 c0 switch 2>0\n505000 c1 switch 1>2\n"
			    "515000 c1 kvm_hv_timer_state\n" /* by load() */
			    "520000 c1 kvm_hv_timer_state\n" /* by the plan, the other half */
			    "520000 c1 switch 2>1\n");
	rig_free(rig);
}

/*
 * A deadline that expires in the handler of the one before. Armed at 7200 for 37100; kvm_exit
 * 45100, handler 52100, rdtsc 52200; arms at 52300 for 62300: kvm_exit 60400, and at 62300
 * interrupts are off. Guest 67400, left at once; kvm_exit 75400, in IRR, but the vector is in
 * service: guest 82400, EOI 82500, kvm_exit 90500. Now IF=0: guest 97500, IRET 97600, and the
 * window is open: kvm_exit 105600, guest 112600, the second handler's rdtsc at 112700.
 */
static void check_nested(void **state)
{
	static const struct program_op start[] = { FOR(arm, 30000), FOR(compute, 1000000) };
	static const struct program_op handler[] = { FOR(arm, 10000) };
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_round_trip(rig);
	rig_cost(rig, COST_guest_op, 100);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(start), start };
	rig->vm.guest.handler = (struct program_part){ N_ELEMENTS(handler), handler };
	rig->want_events = TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 115 * US);
	assert_string_equal(rig->log, "15200 c0 exit MSR_WRITE\n45100 c0 exit EXTERNAL_INTERRUPT\n"
				      "52200 c0 lapic_sample\n60400 c0 exit MSR_WRITE\n"
				      "75400 c0 exit EXTERNAL_INTERRUPT\n90500 c0 exit MSR_WRITE\n"
				      "105600 c0 exit INTERRUPT_WINDOW\n112700 c0 lapic_sample\n");
	rig_free(rig);
}

/* As above, but the handler lets interrupts in and computes before its EOI, at 132500: a vector in
 * service keeps the next one back, and asks for no window. */
static void check_in_service(void **state)
{
	static const struct program_op start[] = { FOR(arm, 30000), FOR(compute, 1000000) };
	static const struct program_op handler[] = { FOR(arm, 10000), DO(sti),
						     FOR(compute, 50000) };

	for (unsigned apicv = 0; apicv < 2; apicv++) {
		struct rig *rig = rig_new("v5.2", 1, 100);

		rig_round_trip(rig);
		rig_cost(rig, COST_guest_op, 100);
		rig->cfg.host.apicv = rig->cfg.kvm.enable_apicv = apicv;
		rig_vcpu(rig, 0, 1);
		rig->vm.guest.workload = &workload_program;
		rig->vm.guest.start = (struct program_part){ N_ELEMENTS(start), start };
		rig->vm.guest.handler = (struct program_part){ N_ELEMENTS(handler), handler };
		rig->want_events = TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_LAPIC_SAMPLE);
		rig_run(rig, 130 * US);
		assert_string_equal(rig->log,
				    "15200 c0 exit MSR_WRITE\n45100 c0 exit EXTERNAL_INTERRUPT\n"
				    "52200 c0 lapic_sample\n60400 c0 exit MSR_WRITE\n"
				    "75400 c0 exit EXTERNAL_INTERRUPT\n");
		rig_free(rig);
	}
}

/* A count of one shot is over, and not delivered yet, when the guest makes the mode periodic: there
 * is no next one to account for. STI holds for a turn of 1 ns. */
static void check_mode_before_delivery(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_ONESHOT },
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 0xb },
		DO(cli),
		{ PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 100000 },
		FOR(compute, 200000),
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_PERIODIC },
		DO(sti),
		FOR(compute, 1000000),
	};
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->want_events = TP_BIT(TP_LAPIC_ARM) | TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_LAPIC_DROP);
	rig_run(rig, 1 * MS);
	assert_string_equal(rig->log, "0 c0 lapic_arm\n200001 c0 lapic_sample\n");
	rig_free(rig);
}

/* A period of 200000 from 45300 on: the expiry at 245300 meets the exit of a write to TDCR, begun
 * at 240100 and handled at 248100. What is pending outlives the new divider. */
static void check_divider_of_a_pending_expiry(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_PERIODIC },
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 0xb },
		{ PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 200000 },
		FOR(compute, 240000 - 52300),
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 0 },
		FOR(compute, 1000000),
	};
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_round_trip(rig);
	rig_cost(rig, COST_guest_op, 100);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->want_events = TP_BIT(TP_FN_APIC_TIMER_FN) | TP_BIT(TP_KVM_INJ_VIRQ);
	rig_run(rig, 300 * US);
	assert_string_equal(rig->log, "248100 c0 apic_timer_fn\n249100 c0 kvm_inj_virq\n");
	rig_free(rig);
}

/* Exits that the guest makes for reasons of its own; the first instruction comes at 7000. */
struct exits_row {
	const char *name;
	enum exit_grid from;
	uint64_t every, phase;
	const char *want;
};

/* clang-format off */
static const struct exits_row exits_rows[] = {
	/* when the TSC has moved by more than 100000 since the last one: 107001, 207002, 307003 */
	{ "exits from the last one: they drift", EXITS_FROM_LAST, 100000, 0,
	  "115001 c0 exit CPUID\n215002 c0 exit CPUID\n315003 c0 exit CPUID\n" },
	{ "exits on a grid: they do not", EXITS_FROM_GRID, 100000, 30000,
	  "38000 c0 exit CPUID\n138000 c0 exit CPUID\n238000 c0 exit CPUID\n338000 c0 exit CPUID\n" },
	{ "exits on a grid: an instant before the first instruction is none", EXITS_FROM_GRID, 190000, 0,
	  "198000 c0 exit CPUID\n" },
	/* left at 10000, back at 28000: 20000 is due, and made; back at 46000: 30000 and 40000 are one exit */
	{ "exits on a grid: due in host mode, made at the first instant in guest mode", EXITS_FROM_GRID, 10000, 0,
	  "18000 c0 exit CPUID\n36000 c0 exit CPUID\n54000 c0 exit CPUID\n" },
};
/* clang-format on */

static void check_exits(void **state)
{
	const struct exits_row *row = *state;
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_round_trip(rig);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_busy;
	rig->vm.guest.other_exits = (struct other_exits){ { row->every, QUANTITY_CYCLES },
							  EXIT_REASON_CPUID,
							  row->from,
							  { row->phase, QUANTITY_CYCLES } };
	rig->want_events = TP_BIT(TP_KVM_EXIT);
	rig_run(rig, row->every == 10000 ? 55 * US : 340 * US);
	assert_string_equal(rig->log, row->want);
	rig_free(rig);
}

/* The finest grid: an exit each ps, none left out. */
static void check_finest_grid(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_busy;
	rig->vm.guest.other_exits = (struct other_exits){
		{ 1, QUANTITY_PS }, EXIT_REASON_CPUID, EXITS_FROM_GRID, { 0, QUANTITY_PS }
	};
	rig->keep_events = TP_BIT(TP_KVM_EXIT);
	rig_run(rig, 1);
	assert_int_equal(rig_count(rig, TP_KVM_EXIT), 1001);
	rig_free(rig);
}

/* Another host's clock: nothing of the timer, the poller and the TSC comes along by itself. */
static void check_moved_to_a_host(void **state)
{
	const struct clock clock = { { 2000000 }, 5000, 0 };
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct vcpu *vcpu;

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig_run(rig, 1500 * US);
	vcpu = &rig->world->vcpus[0];
	assert_true(hrtimer_queued(&vcpu->timer.hrtimer));
	vcpu->poll_ns = 10000;
	vcpu_move(vcpu, &clock, true);
	assert_int_equal(vcpu->poll_ns, 0);
	assert_int_equal(vcpu_tsc(vcpu).v, 0);
	assert_int_equal(vcpu->rate.khz.v, 2000000);
	assert_false(hrtimer_queued(&vcpu->timer.hrtimer));
	assert_int_equal(vcpu->timer.count.mode, LAPIC_MODE_ONESHOT);
	assert_int_equal(vcpu->timer.count.tscdeadline.v, 0);
	rig_free(rig);
}

/* A state loaded over a vector that is posted, and not in IRR yet: it is no part of that state. */
static void check_posted_before_a_load(void **state)
{
	static const char *const forms[] = { "lost", "kept" };

	for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
		struct rig *rig = rig_new("v5.2", 1, 100);
		struct vcpu *vcpu;

		rig_form(rig, "restore_apicv", forms[i]);
		rig->cfg.host.apicv = rig->cfg.kvm.enable_apicv = true;
		rig_vcpu(rig, 0, 1);
		rig_world(rig);
		vcpu = &rig->world->vcpus[0];
		vcpu_save(vcpu);
		vcpu->pir = true;
		vcpu_restore_lapic(vcpu);
		assert_false(vcpu->pir);
		rig_free(rig);
	}
}

/*
 * Lateness counts from where the guest's TSC reads the deadline, whatever moved that TSC (R21).
 * Armed at 0 for 1000000, nothing costs anything, and the hrtimer, in CLOCK_MONOTONIC, comes at 1
 * ms.
 */
struct due_row {
	const char *name;
	uint64_t at[2];
	int64_t by[2];
	int64_t lateness_us;
};

/* clang-format off */
static const struct due_row due_rows[] = {
	/* it reads 1000000 at 1300 us */
	{ "set back: due later, so the expiry is early",           { 400 * US },           { -300000 },          -300 },
	/* ... at 700 us */
	{ "set forward: due before the expiry",                    { 400 * US },           { 300000 },            300 },
	/* it jumps from 400000 to 1100000 */
	{ "set forward beyond it: due where it was set",           { 400 * US },           { 700000 },            600 },
	{ "set back after that: what was reached stays reached",   { 400 * US, 500 * US }, { 700000, -700000 },   600 },
	/* 750 us by the first, 850 by both */
	{ "set forward, then back before it is due",               { 400 * US, 500 * US }, { 250000, -100000 },   150 },
	{ "set forward and back again",                            { 400 * US, 500 * US }, { 250000, -250000 },     0 },
	/* reached at 750 us, by the first */
	{ "set forward, back after it was due",                    { 400 * US, 800 * US }, { 250000, -100000 },   250 },
};
/* clang-format on */

static void check_due(void **state)
{
	const struct due_row *row = *state;
	struct rig *rig = rig_new("v4.19", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.samples = 1;
	rig->vm.guest.delta = (struct quantity){ 1000000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	for (unsigned i = 0; i < N_ELEMENTS(row->at) && row->at[i]; i++) {
		struct timeline_command *c = rig_command(rig, row->at[i], DO_WRITE_TSC);

		c->relative = true;
		c->value = row->by[i];
	}
	rig_run(rig, 2 * MS);
	assert_int_equal((int64_t)sampled(rig, "lateness"),
			 row->lateness_us * (int64_t)(US * PS_PER_NS));
	rig_free(rig);
}

static void set_twice(struct rig *rig, const void *arg)
{
	vcpu_adjust_tsc(&rig->world->vcpus[0], 700000);
	vcpu_adjust_tsc(&rig->world->vcpus[0], -700000);
}

/* Set beyond the deadline of 1 ms and back within an instant: no guest has read it reached. */
static void check_due_within_an_instant(void **state)
{
	struct rig *rig = rig_armed(GUEST_WAIT_SPIN);

	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 400 * US, set_twice, NULL);
	rig_run(rig, 2 * MS);
	assert_int_equal(sampled(rig, "lateness"), 0);
	rig_free(rig);
}

/* guest_op is drawn like every cost: from 10 to 30, not always 10. */
static void check_guest_op_drawn(void **state)
{
	static const uint64_t range[] = { 10 * PS_PER_NS, 30 * PS_PER_NS };
	struct rig *rig = rig_new("v5.2", 1, 100);
	uint64_t least = UINT64_MAX, most = 0;

	rig->cfg.host.cost[COST_guest_op] =
		(struct cost_config){ .n = 2, .unit = QUANTITY_PS, .value = range };
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.delta = (struct quantity){ 10000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 2 * MS);
	assert_true(rig->n_kept > 100);
	/* no other cost: the lateness is the handler's RDTSC */
	for (size_t i = 0; i < rig->n_kept; i++) {
		const uint64_t lateness = rig_value(&rig->kept[i], "lateness");

		least = lateness < least ? lateness : least;
		most = lateness > most ? lateness : most;
	}
	assert_true(least >= range[0] && least < 12 * PS_PER_NS);
	assert_true(most <= range[1] && most > 28 * PS_PER_NS);
	rig_free(rig);
}

/* What a recording tells apart: 150 more for an interrupt on an idle CPU, 600 for a woken vCPU,
 * and 700 of an SVM exit that come when its interrupt has been handled. */
static struct rig *rig_parts(enum guest_wait wait)
{
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig_round_trip(rig);
	rig_cost(rig, COST_irq_entry_idle, 150);
	rig_cost(rig, COST_woken, 600);
	rig_cost(rig, COST_vmexit_rest, 700);
	rig->cfg.host.vendor = HOST_AMD;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.samples = 1;
	rig->vm.guest.wait = wait;
	rig->vm.guest.delta = (struct quantity){ 2500000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 4 * MS);
	return rig;
}

/* 8000 to the handler, 700, then 1000 + 2000 + 4000 to the guest */
static void check_exit_rest(void **state)
{
	struct rig *rig = rig_parts(GUEST_WAIT_SPIN);

	assert_int_equal(sampled(rig, "fire"), 8000 * PS_PER_NS);
	assert_int_equal(sampled(rig, "lateness"), 15700 * PS_PER_NS);
	rig_free(rig);
}

/* 150 to the handler, 600, then 1000 + 2000 + 4000 to the guest */
static void check_idle_and_woken(void **state)
{
	struct rig *rig = rig_parts(GUEST_WAIT_HLT);

	assert_int_equal(sampled(rig, "fire"), 150 * PS_PER_NS);
	assert_int_equal(sampled(rig, "lateness"), 7750 * PS_PER_NS);
	rig_free(rig);
}

/* What the routine around the wait takes, @work. An expiry is read of 400 after it fired, and the
 * handler runs 4000 after the wait. */
struct wait_row {
	const char *name, *release;
	int64_t advance; /* the parameter */
	uint64_t work, lateness;
};

/* clang-format off */
static const struct wait_row wait_rows[] = {
	{ "without an advance nothing waits: not taken", "v5.4", 0, 300, 4400 },
	/* 200 late */
	{ "late: taken, and no wait", "v5.4", 200, 300, 4500 },
	/* 600 early */
	{ "early: taken, then the whole wait", "v5.4", 1000, 300, 4300 },
	/* 600 early, with an advance of 1000 */
	{ "tuned first: what it takes is no longer waited for", "v6.16", 1, 300, 4000 },
	{ "tuned first: no longer early", "v6.16", 1, 700, 4100 },
};
/* clang-format on */

static void check_wait(void **state)
{
	const struct wait_row *row = *state;
	struct rig *rig = rig_new(row->release, 1, 1000);

	rig_round_trip(rig);
	rig_cost(rig, COST_vmexit, 100);
	rig_cost(rig, COST_enter_guest, 100);
	rig_cost(rig, COST_entry_check, 200);
	rig_cost(rig, COST_wait_lapic_expire, row->work);
	rig->cfg.kvm.lapic_timer_advance_ns = row->advance;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.samples = 1;
	rig->vm.guest.delta = (struct quantity){ 2500000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 4 * MS);
	assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	rig_free(rig);
}

#define ROWS(array, check)                                             \
	for (size_t i = 0; i < N_ELEMENTS(array); i++)                 \
		tests[n++] = (struct CMUnitTest)                       \
		{                                                      \
			.name = (array)[i].name, .test_func = (check), \
			.initial_state = (void *)&(array)[i]           \
		}

/* Halts at 0, for a deadline at 100000; apic_timer_fn() takes 300, a switch 7000. A poller has made
 * 33 turns of 3000 by then, and 1000 of the next, and has 2000 left behind the callback. */
struct poll_row {
	const char *name;
	uint32_t halt_poll_ns;
	uint64_t turn, lateness;
};

/* clang-format off */
static const struct poll_row poll_rows[] = {
	{ "a poller notices at the end of its turn", 200000, 3000, 2300 },
	{ "turns that take no time: at once",        200000, 0,    300 },
	{ "the poll is over: it sleeps",             50000,  0,    7300 },
	{ "it does not poll: it sleeps",             0,      0,    7300 },
};
/* clang-format on */

static void check_poll(void **state)
{
	const struct poll_row *row = *state;
	struct rig *rig = rig_new("v4.2", 1, 1000); /* polls for the module parameter */

	rig_cost(rig, COST_poll_loop, row->turn);
	rig_cost(rig, COST_callback, 300);
	rig_cost(rig, COST_context_switch, 7000);
	rig->cfg.kvm.halt_poll_ns = row->halt_poll_ns;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.samples = 1;
	rig->vm.guest.delta = (struct quantity){ 100000, QUANTITY_CYCLES };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 200 * US);
	assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 1);
	assert_int_equal(rig_value(rig_find(rig, TP_LAPIC_SAMPLE, 0), "lateness"),
			 row->lateness * PS_PER_NS);
	rig_free(rig);
}

/* The latency column of a trace: irqs-off is set in a handler and in the segments around an entry,
 * not while the vCPU's thread handles an exit. */
static void flags_of_records(void **state)
{
	static const struct {
		enum tracepoint tp;
		uint32_t flags;
	} rows[] = { { TP_KVM_EOI, 0 },
		     { TP_KVM_ENTRY, TRACE_IRQS_OFF },
		     { TP_HRTIMER_EXPIRE_ENTRY, TRACE_HARDIRQ | TRACE_IRQS_OFF } };
	struct rig *rig = rig_armed(GUEST_WAIT_SPIN);

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		rig->keep_events |= TP_BIT(rows[i].tp);
	rig_run(rig, 2 * MS);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		size_t n = 0;

		for (size_t k = 0; k < rig->n_kept; k++)
			if (rig->kept[k].event == rows[i].tp) {
				assert_int_equal(rig->kept[k].flags & ~TRACE_NEED_RESCHED,
						 rows[i].flags);
				n++;
			}
		assert_int_not_equal(n, 0);
	}
	rig_free(rig);
}

/* As the first poller above, but it is a pause at 100000 that ends its turn: at 102000. */
static void check_poll_paused(void **state)
{
	struct rig *rig = rig_new("v4.2", 1, 1000);

	rig_cost(rig, COST_poll_loop, 3000);
	rig->cfg.kvm.halt_poll_ns = 200000;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 500000, QUANTITY_CYCLES };
	rig_command(rig, 100 * US, DO_PAUSE);
	rig->want_events = TP_BIT(TP_KVM_VCPU_WAKEUP);
	rig_run(rig, 200 * US);
	assert_string_equal(rig->log, "102000 c0 kvm_vcpu_wakeup\n");
	rig_free(rig);
}

/* ... or another task that wants the CPU: the vCPU sleeps, whose own poll would have been over at
 * 201000. */
static void check_poll_crowded(void **state)
{
	struct rig *rig = rig_new("v4.2", 1, 1000);

	rig_cost(rig, COST_poll_loop, 3000);
	rig->cfg.kvm.halt_poll_ns = 200000;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 500000, QUANTITY_CYCLES };
	rig_command(rig, 100 * US, DO_HOG_START);
	rig->want_events = TP_BIT(TP_SCHED_SWITCH);
	rig_run(rig, 300 * US);
	assert_string_equal(rig->log, "102000 c0 switch 1>2\n");
	rig_free(rig);
}

/* The guest sets its TSC, by an exit of its own; what it writes counts from where the exit is
 * handled, the end of kvm_exit. The first instruction comes at 7000. */
struct write_row {
	const char *name;
	uint64_t at, handled;
	bool relative;
	int64_t value;
	uint64_t want;  /* at 100 us */
	uint64_t every; /* other exits; 0: never */
};

/* clang-format off */
static const struct write_row write_rows[] = {
	{ "set in the guest",                     30000, 38000, false, 5000000, 5000000 + 62000, 0 },
	{ "set on the way into it: the first instruction", 3000, 15000, false, 5000000, 5000000 + 85000, 0 },
	{ "moved",                                30000, 38000, true,  5000000, 5000000 + 100000, 0 },
	/* which was to come when the TSC reads 87001 */
	{ "set back, ahead of an exit",           30000, 38000, false, 10000, 10000 + 62000, 80000 },
};
/* clang-format on */

static void check_write(void **state)
{
	const struct write_row *row = *state;
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct timeline_command *c = rig_command(rig, row->at, DO_WRITE_TSC);
	char want[48];

	c->relative = row->relative;
	c->value = row->value;
	rig_round_trip(rig);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_busy;
	/* never: 2^63 cycles are 292 years */
	rig->vm.guest.other_exits.every =
		(struct quantity){ row->every ? row->every : UINT64_C(1) << 63, QUANTITY_CYCLES };
	rig->vm.guest.other_exits.reason = EXIT_REASON_CPUID;
	rig->want_events = TP_BIT(TP_KVM_EXIT);
	rig_run(rig, 100 * US);
	snprintf(want, sizeof(want), "%llu c0 exit MSR_WRITE\n", (unsigned long long)row->handled);
	assert_string_equal(rig->log, want);
	assert_int_equal(vcpu_tsc(&rig->world->vcpus[0]).v, row->want);
	rig_free(rig);
}

/* A count of 1000000 ns is in CLOCK_MONOTONIC: a TSC that is set 300000 ahead meanwhile moves the
 * deadline in cycles, and neither lateness. Nothing but the delivery costs anything. */
static void check_count_moved(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_ONESHOT },
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 0xb },
		{ PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 1000000 },
		DO(wait),
	};
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct timeline_command *c = rig_command(rig, 400 * US, DO_WRITE_TSC);

	c->relative = true;
	c->value = 300000;
	rig_cost(rig, COST_irq_delivery, 250);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 2 * MS);
	assert_int_equal(sampled(rig, "lateness"), 250 * PS_PER_NS);
	assert_int_equal(sampled(rig, "lateness_cycles"), 250);
	rig_free(rig);
}

/* A deadline that no host TSC reaches, as the guest's runs at a quarter of its rate: 2^64 and what
 * it reads now is no instant near. Nor is 2^63 cycles after the exit before. */
static void check_never_due(void **state)
{
	static const struct program_op ops[] = { FOR(arm, UINT64_C(1) << 62), FOR(spin, 10 * MS) };
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->vcpus[0].tsc_khz = (khz_t){ 250000 };
	rig->vm.guest.other_exits.every = (struct quantity){ UINT64_C(1) << 63, QUANTITY_CYCLES };
	rig->vm.guest.other_exits.reason = EXIT_REASON_CPUID;
	rig->keep_events = TP_BIT(TP_KVM_EXIT);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig_run(rig, 1 * MS);
	assert_true(rig->world->vcpus[0].timer.account.due.v == PS_NEVER.v);
	for (size_t i = 0; i < rig->n_kept; i++)
		assert_int_not_equal(rig_value(&rig->kept[i], "reason"), EXIT_REASON_CPUID);
	rig_free(rig);
}

static void forget_hv(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].timer.hv_in_use = false;
}

/* The preemption timer runs out and is not in use: v4.18 warns and takes it, v4.19 does not, and
 * the planted fault shows at the next entry. Written at 7000, kvm_exit 15000; loaded 18000, counts
 * from 22000. Out at 104000, for the advance of the exit: kvm_exit 112000, guest 119000. */
static void check_hv_not_in_use(void **state)
{
	for (unsigned ignored = 0; ignored < 2; ignored++) {
		struct rig *rig = rig_new(ignored ? "v4.19" : "v4.18", 1, 100);

		rig_round_trip(rig);
		rig->cfg.kvm.preemption_timer = true;
		rig_vcpu(rig, 0, 1);
		rig->vm.guest.samples = 1;
		rig->vm.guest.delta = (struct quantity){ 93000, QUANTITY_CYCLES };
		rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
		rig_world(rig);
		rig->sim = world_sim(rig->world);
		rig_at(rig, 50 * US, forget_hv, NULL);
		rig->cfg.duration = ps(200 * PS_PER_US);
		assert_int_equal(world_run(rig->world),
				 ignored ? SIM_STOP_BROKEN : SIM_STOP_DRAINED);
		assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), !ignored);
		rig_free(rig);
	}
}

static void enter_guest_mode(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].mode = IN_GUEST_MODE;
}

static void left_guest_mode(struct rig *rig, const void *arg)
{
	assert_int_equal(rig->world->vcpus[0].mode, *(const enum vcpu_mode *)arg);
}

/* A vCPU that has gone on towards the guest under the callback of its own CPU, which a real CPU
 * cannot: kicked, it is to leave again, and no IPI says so. Due at 100000, the exit takes 8000,
 * the callback 300. */
static void check_kicks_itself(void **state)
{
	static const enum vcpu_mode want[] = { IN_GUEST_MODE, EXITING_GUEST_MODE };
	static const char *const forms[] = { "wake_or_ipi", "self_no_ipi" };

	for (unsigned i = 0; i < 2; i++) {
		struct rig *rig = rig_new("v5.3", 1, 100);

		rig_round_trip(rig);
		rig_cost(rig, COST_callback, 300);
		rig_cost(rig, COST_irq_exit, 1000);
		rig_form(rig, "kick", forms[i]);
		rig_vcpu(rig, 0, 1);
		rig->vm.guest.samples = 1;
		rig->vm.guest.delta = (struct quantity){ 93000, QUANTITY_CYCLES };
		rig->keep_events = TP_BIT(TP_RESCHEDULE_ENTRY);
		rig_world(rig);
		rig->sim = world_sim(rig->world);
		rig_at(rig, 108200, enter_guest_mode, NULL);
		rig_at(rig, 108400, left_guest_mode, &want[i]);
		rig_run(rig, 110 * US);
		assert_int_equal(rig_count(rig, TP_RESCHEDULE_ENTRY), 0);
		rig_free(rig);
	}
}

static void write_tmcct(struct guest *guest, struct guest_op *op)
{
	static const struct guest_op ops[] = {
		{ .kind = GUEST_APIC_WRITE, .reg = APIC_LVTT }, /* one-shot */
		{ .kind = GUEST_APIC_WRITE, .reg = APIC_TMCCT, .value = { 7 } },
		{ .kind = GUEST_SPIN, .target = UINT64_MAX },
	};

	*op = ops[guest->step++];
}

/* The register is read only: an exit, and nothing else. */
static void check_tmcct_written(void **state)
{
	static const struct workload writes = { .name = "writes", .main = write_tmcct };
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_round_trip(rig);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &writes;
	rig->want_events = TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_LAPIC_ARM);
	rig_run(rig, 1 * MS);
	assert_string_equal(rig->log, "15000 c0 exit MSR_WRITE\n30000 c0 exit MSR_WRITE\n");
	rig_free(rig);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(kick_rows) + N_ELEMENTS(halt_rows) +
				N_ELEMENTS(program_rows) + N_ELEMENTS(poll_rows) +
				N_ELEMENTS(exits_rows) + N_ELEMENTS(due_rows) +
				N_ELEMENTS(wait_rows) + N_ELEMENTS(write_rows) + 21];
	size_t n = 0;

	ROWS(kick_rows, check_kick);
	ROWS(halt_rows, check_halt);
	ROWS(program_rows, check_program);
	ROWS(poll_rows, check_poll);
	ROWS(exits_rows, check_exits);
	ROWS(due_rows, check_due);
	ROWS(wait_rows, check_wait);
	ROWS(write_rows, check_write);
	tests[n++] = (struct CMUnitTest){ .name = "an expiry in the handler waits for EOI and IRET",
					  .test_func = check_nested };
	tests[n++] = (struct CMUnitTest){ .name = "a TSC set beyond the deadline and back at once",
					  .test_func = check_due_within_an_instant };
	tests[n++] = (struct CMUnitTest){ .name = "a change of mode and what is pending",
					  .test_func = check_mode_of_a_pending_expiry };
	tests[n++] = (struct CMUnitTest){ .name = "moved while a plan is carried out",
					  .test_func = check_moved_in_a_plan };
	tests[n++] = (struct CMUnitTest){ .name = "an expiry in a handler that lets interrupts in",
					  .test_func = check_in_service };
	tests[n++] = (struct CMUnitTest){ .name = "a mode that changes before the delivery",
					  .test_func = check_mode_before_delivery };
	tests[n++] = (struct CMUnitTest){ .name = "a divider written over a pending expiry",
					  .test_func = check_divider_of_a_pending_expiry };
	tests[n++] = (struct CMUnitTest){ .name = "exits on a grid of a ps",
					  .test_func = check_finest_grid };
	tests[n++] = (struct CMUnitTest){ .name = "moved to another host",
					  .test_func = check_moved_to_a_host };
	tests[n++] = (struct CMUnitTest){ .name = "a state loaded over a posted vector",
					  .test_func = check_posted_before_a_load };
	tests[n++] = (struct CMUnitTest){ .name = "the cost of a guest instruction is drawn",
					  .test_func = check_guest_op_drawn };
	tests[n++] = (struct CMUnitTest){ .name = "SVM: a part of the exit follows its interrupt",
					  .test_func = check_exit_rest };
	tests[n++] = (struct CMUnitTest){ .name = "an idle CPU's interrupt and a woken vCPU's way",
					  .test_func = check_idle_and_woken };
	tests[n++] = (struct CMUnitTest){ .name = "the flags of a record say what the CPU does",
					  .test_func = flags_of_records };
	tests[n++] = (struct CMUnitTest){ .name = "a pause ends a poller's turn",
					  .test_func = check_poll_paused };
	tests[n++] = (struct CMUnitTest){ .name = "another task ends a poller's turn",
					  .test_func = check_poll_crowded };
	tests[n++] = (struct CMUnitTest){ .name = "a count does not follow the TSC",
					  .test_func = check_count_moved };
	tests[n++] = (struct CMUnitTest){ .name = "a deadline beyond the host's TSC",
					  .test_func = check_never_due };
	tests[n++] = (struct CMUnitTest){ .name = "a preemption timer that is not in use",
					  .test_func = check_hv_not_in_use };
	tests[n++] =
		(struct CMUnitTest){ .name = "a write to TMCCT", .test_func = check_tmcct_written };
	tests[n++] = (struct CMUnitTest){ .name = "a kick by the vCPU's own CPU",
					  .test_func = check_kicks_itself };
	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
