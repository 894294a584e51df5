/* SPDX-License-Identifier: MIT */
/* APICv, timer interrupts that are posted, guests that halt in guest mode, and the fast paths. */
#include "models_rig.h"

/* Costs of all tests here: the round trip, and 50 of a delivery, 300 of apic_timer_fn(), 600 of a
 * notification, 200 of its handler in the host. */
static void set_costs(struct rig *rig)
{
	rig_round_trip(rig);
	rig_cost(rig, COST_callback, 300);
	rig_cost(rig, COST_posted_ipi, 600);
	rig_cost(rig, COST_posted_irq, 200);
	rig_cost(rig, COST_irq_delivery, 50);
	rig_cost(rig, COST_fastpath_msr_write, 500);
	rig_cost(rig, COST_fastpath_preemption_timer, 700);
}

/* CPU 1 is nohz_full and the vCPU's; its CPU has APICv. */
static struct rig *new_rig(const char *release, uint32_t n_cpus)
{
	struct rig *rig = rig_new(release, n_cpus, 1000);

	set_costs(rig);
	rig->cpus[1].nohz_full = true;
	rig->cfg.host.apicv = true;
	rig->cfg.kvm.enable_apicv = true;
	rig->cfg.kvm.pi_inject_timer = -1;
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 1;
	return rig;
}

static uint64_t sampled(const struct rig *rig, const char *field)
{
	assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 1);
	return rig_value(rig_find(rig, TP_LAPIC_SAMPLE, 0), field);
}

static uint64_t exits(const struct rig *rig, enum exit_reason reason)
{
	uint64_t n = 0;

	for (size_t i = 0; i < rig->n_kept; i++)
		n += rig->kept[i].event == TP_KVM_EXIT &&
		     rig_value(&rig->kept[i], "reason") == reason;
	return n;
}

static void arm_at(struct rig *rig, uint64_t deadline)
{
	rig->vm.guest.delta = (struct quantity){ (deadline - 7000) * PS_PER_NS, QUANTITY_PS };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_KVM_INJ_VIRQ) |
			   TP_BIT(TP_KVM_APICV_ACCEPT_IRQ) | TP_BIT(TP_HRTIMER_EXPIRE_ENTRY) |
			   TP_BIT(TP_FN_INJECT_APIC_TIMER_IRQS);
}

/*
 * The vCPU is in the guest at 7000 and arms; again at 22000, where it waits. A deadline behind the
 * tick of 1 ms is on CPU 0. Two exits at most: the write, and what the row counts.
 */
struct post_row {
	const char *name, *release;
	bool hlt, mwait; /* not intercepted */
	bool halts;
	int pi_inject_timer;
	uint32_t advance;
	uint64_t deadline;
	int64_t lateness;
	unsigned interrupts, hlts; /* exits */
};

/* clang-format off */
static const struct post_row post_rows[] = {
	/* 300, 600, 50 */
	{ "posted: no exit",                          "v5.3",  false, false, false, -1, 0, 2400000, 950, 0, 0 },
	{ "posted to a guest that halts in guest mode", "v5.3", true, false, true,  -1, 0, 2400000, 950, 0, 0 },
	/* 300, kick 500, exit 8000, 1000 + 2000 + 4000, 50 */
	{ "not posted: kicked",                       "v5.3",  false, false, false, 0, 0, 2400000, 15850, 1, 0 },
	/* pinned: fires on the vCPU's own CPU, where the interrupt ends guest mode */
	{ "not posted before v5.3",                   "v5.2",  false, false, false, 1, 0, 2400000, 15350, 1, 0 },
	{ "a guest that halts in guest mode is kicked out of it", "v5.3", true, false, true, 0, 0, 2400000, 15850, 1, 0 },
	/* 300, IPI to the idle CPU 500, 1000 + 2000 + 4000, 50: outside guest mode nothing is posted */
	{ "halted by an exit: woken",                 "v5.3",  false, false, true,  -1, 0, 2400000, 7850, 0, 1 },
	{ "v5.17: only if it idles without an exit",  "v5.17", false, false, false, -1, 0, 2400000, 15850, 1, 0 },
	{ "v5.17: HLT does not exit",                 "v5.17", true,  false, false, -1, 0, 2400000, 950, 0, 0 },
	{ "v5.17: MWAIT does not exit",               "v5.17", false, true,  false, -1, 0, 2400000, 950, 0, 0 },
	/* 20000 early: kicked 2380800, kvm_exit 2388800, check 2391800; waits 8200 for what is in IRR; 4000, 50 */
	{ "not posted: the entry waits",              "v5.3",  false, false, false, 0, 20000, 2400000, 4050, 1, 0 },
	/* 1000 early, 300, waits 700, 600, 50 */
	{ "v5.3: the callback waits",                 "v5.3",  false, false, false, -1, 1000, 2400000, 650, 0, 0 },
	{ "v5.10: it does not: early",                "v5.10", false, false, false, -1, 1000, 2400000, -50, 0, 0 },
	{ "v5.12: it waits again",                    "v5.12", false, false, false, -1, 1000, 2400000, 650, 0, 0 },
};
/* clang-format on */

static void check_post(void **state)
{
	const struct post_row *row = *state;
	struct rig *rig = new_rig(row->release, 2);

	rig->cfg.kvm.pi_inject_timer = row->pi_inject_timer;
	rig->cfg.kvm.lapic_timer_advance_ns = row->advance;
	rig->vm.disable_exits = (struct disable_exits){ .hlt = row->hlt, .mwait = row->mwait };
	rig->vm.guest.wait = row->halts ? GUEST_WAIT_HLT : GUEST_WAIT_SPIN;
	arm_at(rig, row->deadline);
	rig_run(rig, 4 * MS);
	assert_int_equal((int64_t)sampled(rig, "lateness"), row->lateness * (int64_t)PS_PER_NS);
	assert_int_equal(exits(rig, EXIT_REASON_EXTERNAL_INTERRUPT), row->interrupts);
	/* at the end it halts for good */
	assert_int_equal(exits(rig, EXIT_REASON_HLT), row->hlts + !row->hlt);
	assert_int_equal(exits(rig, EXIT_REASON_MSR_WRITE), 1); /* no EOI */
	assert_int_equal(rig_count(rig, TP_KVM_INJ_VIRQ), 0);
	assert_int_equal(rig_count(rig, TP_KVM_APICV_ACCEPT_IRQ), 1);
	/* what was not posted was pending, and injected at a loop edge */
	assert_int_equal(rig_count(rig, TP_FN_INJECT_APIC_TIMER_IRQS), row->interrupts + row->hlts);
	rig_free(rig);
}

/*
 * Where the notification finds the vCPU. Each 2.5 ms it exits by CPUID: exit at 2507001, kvm_exit
 * 2515001, loop edge 2518001, interrupts off 2519001, check 2521001, guest 2525001.
 */
struct where_row {
	const char *name;
	uint64_t deadline, lateness;
	unsigned injected; /* at a loop edge: it was pending, not posted */
};

/* clang-format off */
static const struct where_row where_rows[] = {
	/* posted 2506500; notified 2507100, in the exit: its handler runs at 2515001, and all that follows is 200 later */
	{ "left guest mode meanwhile: the next entry looks",  2506200, 2525251 - 2506200, 0 },
	/* pending 2516300, injected at the loop edge */
	{ "outside guest mode: pending",                      2516000, 2525051 - 2516000, 1 },
	/* posted 2520300, in IRR at the check; the notification of 2520900 waits for the end of VM-entry, for nothing */
	{ "between interrupts off and the check",             2520000, 2525051 - 2520000, 0 },
	/* posted 2522300; the notification of 2522900 is taken when VM-entry ends */
	{ "behind the check: the hardware takes it at entry", 2522000, 2525051 - 2522000, 0 },
};
/* clang-format on */

static void check_where(void **state)
{
	const struct where_row *row = *state;
	struct rig *rig = new_rig("v5.3", 2);

	rig->vm.guest.other_exits = (struct other_exits){
		{ 2500000, QUANTITY_CYCLES }, EXIT_REASON_CPUID, EXITS_FROM_LAST, { 0, QUANTITY_PS }
	};
	arm_at(rig, row->deadline);
	rig_run(rig, 4 * MS);
	assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	assert_int_equal(exits(rig, EXIT_REASON_EXTERNAL_INTERRUPT), 0);
	assert_int_equal(rig_count(rig, TP_FN_INJECT_APIC_TIMER_IRQS), row->injected);
	rig_free(rig);
}

/* F 2399000, decided 2399300, waited until 2400000, in the guest 2400600, handler 2400650. */
static void check_parts(void **state)
{
	struct rig *rig = new_rig("v5.3", 2);

	rig->cfg.kvm.lapic_timer_advance_ns = 1000;
	arm_at(rig, 2400000);
	rig_run(rig, 4 * MS);
	assert_int_equal((int64_t)sampled(rig, "fire"), -1000 * (int64_t)PS_PER_NS);
	assert_int_equal(sampled(rig, "notify"), 300 * PS_PER_NS);
	assert_int_equal(sampled(rig, "runqueue"), 0);
	assert_int_equal(sampled(rig, "exit"), 0);
	assert_int_equal(sampled(rig, "inject"), 0);
	assert_int_equal(sampled(rig, "wait"), 700 * PS_PER_NS);
	assert_int_equal(sampled(rig, "entry"), 600 * PS_PER_NS);
	assert_int_equal(sampled(rig, "deliver"), 50 * PS_PER_NS);
	rig_free(rig);
}

/* Fires at 2999400, waits from 2999700 to 3000400 with interrupts off: the tick of 3000000 is
 * late. */
static void check_delays_tick(void **state)
{
	struct rig *rig = new_rig("v5.3", 2);
	const struct trace_record *rec;
	size_t n = 0;

	rig->cfg.kvm.lapic_timer_advance_ns = 1000;
	arm_at(rig, 3000400);
	rig_run(rig, 4 * MS);
	while ((rec = rig_find(rig, TP_HRTIMER_EXPIRE_ENTRY, n)) &&
	       (rec->when.v < 2999500 * PS_PER_NS || rec->cpu != 0))
		n++;
	assert_non_null(rec);
	assert_int_equal(rig_value(rec, "function"), TRACE_FN_TICK_SCHED_TIMER);
	assert_int_equal(rec->when.v, 3000400 * PS_PER_NS);
	rig_free(rig);
}

/* cli 7100, rdtsc 7200, wrmsr 7300; kvm_exit 15300, guest 22300, computes 50000. The timer is near,
 * and so on CPU 1, due at 37200: kvm_exit 45200, 300, guest 52500, the rest 35100, sti 87700, rdtsc
 * 87800, delivery, rdtsc 87950. */
static void check_no_window(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_cli, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_arm, { 30000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 50000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_sti, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_rdtsc, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 1000000, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = new_rig("v5.3", 2);

	rig_cost(rig, COST_guest_op, 100);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig->want_events = TP_BIT(TP_KVM_EXIT);
	rig_run(rig, 200 * US);
	assert_int_equal(sampled(rig, "lateness"), (87950 - 37200) * PS_PER_NS);
	assert_string_equal(rig->log,
			    "15300 c1 exit MSR_WRITE\n45200 c1 exit EXTERNAL_INTERRUPT\n");
	rig_free(rig);
}

/* Masked when it fires at about 2.4 ms, unmasked 3 ms later: posted, it is gone; pending, it comes.
 */
static void check_masked(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_arm, { 2400000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_mask, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 3000000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_unmask, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 1000000, QUANTITY_CYCLES }, 0 },
	};

	for (int posts = 0; posts < 2; posts++) {
		struct rig *rig = new_rig("v5.3", 2);

		rig->cfg.kvm.pi_inject_timer = posts;
		rig->vm.guest.workload = &workload_program;
		rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
		rig->keep_events = TP_BIT(TP_LAPIC_EXPIRE) | TP_BIT(TP_KVM_APICV_ACCEPT_IRQ);
		rig_run(rig, 5 * MS);
		assert_int_equal(rig_count(rig, TP_LAPIC_EXPIRE), 1);
		assert_int_equal(rig_count(rig, TP_KVM_APICV_ACCEPT_IRQ), posts ? 0 : 1);
		rig_free(rig);
	}
}

static unsigned lapic_starts(const struct rig *rig)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig->n_kept; i++)
		n += rig->kept[i].event == TP_HRTIMER_START &&
		     rig_value(&rig->kept[i], "function") == TRACE_FN_APIC_TIMER_FN;
	return n;
}

/*
 * A tick of 4 ms that halts in between, for 10 ms: two expiries. The hrtimer is started by TMICT
 * and, in its callback, at each expiry: 3. Behind each halt vmx_post_block() asks for the
 * preemption timer, if the host has one; where it is refused the hrtimer is started anew: 2 more.
 */
struct halt_row {
	const char *name, *release;
	enum host_vendor vendor;
	bool preemption_timer, apicv, mwait;
	unsigned starts;
};

/* clang-format off */
static const struct halt_row halt_rows[] = {
	{ "behind a halt: refused, as it can be posted", "v5.16", HOST_INTEL, true,  true,  false, 5 },
	{ "behind a halt: refused, as MWAIT is exposed", "v5.10", HOST_INTEL, true,  false, true,  5 },
	{ "the same before both starters tested pending", "v5.1", HOST_INTEL, true,  false, true,  5 },
	{ "only if the halt took the timer from it",     "v5.17", HOST_INTEL, true,  true,  true,  3 },
	{ "there is no preemption timer",                "v5.16", HOST_INTEL, false, true,  false, 3 },
	{ "nor on AMD",                                  "v5.16", HOST_AMD,   true,  false, false, 3 },
};
/* clang-format on */

static void check_halt(void **state)
{
	const struct halt_row *row = *state;
	struct rig *rig = new_rig(row->release, 2);

	rig->cfg.host.vendor = row->vendor;
	rig->cfg.host.apicv = row->apicv;
	rig->cfg.kvm.preemption_timer = row->preemption_timer;
	rig->vm.disable_exits.mwait = row->mwait;
	rig->vm.guest.workload = &workload_periodic_tick;
	rig->vm.guest.hz = 250;
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_HRTIMER_START);
	rig_run(rig, 10 * MS);
	assert_int_equal(lapic_starts(rig), row->starts);
	assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 2);
	rig_free(rig);
}

/* A halted vCPU's deadline of 2.4 ms is on CPU 0, which is stolen from 2.3 to 2.6 ms. Woken by a
 * pause at 2.5 ms it starts its timer anew, finds it past, and cancels nothing: the callback comes
 * all the same, and the guest has two interrupts of one deadline when it goes on. */
static void check_due_twice(void **state)
{
	struct rig *rig = new_rig("v5.9", 2);
	struct timeline_command *steal = rig_command(rig, 2300 * US, DO_STEAL);

	steal->duration = ps(300 * PS_PER_US);
	rig_command(rig, 2500 * US, DO_PAUSE);
	rig_command(rig, 3 * MS, DO_RESUME);
	rig->cfg.host.apicv = false;
	rig->cfg.kvm.preemption_timer = true;
	rig->vm.disable_exits.mwait = true;
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	arm_at(rig, 2400000);
	rig_run(rig, 4 * MS);
	assert_int_equal(rig_count(rig, TP_FN_INJECT_APIC_TIMER_IRQS), 2);
	assert_int_equal(rig_count(rig, TP_KVM_INJ_VIRQ), 2);
	assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 1);
	rig_free(rig);
}

/* Moved to CPU 2, also nohz_full, at 1.5 ms: a timer that can be posted is left where it is. */
static void check_moved(void **state)
{
	static const char *const forms[] = { "restart", "restart_unless_posted" };

	for (unsigned i = 0; i < N_ELEMENTS(forms); i++) {
		struct rig *rig = new_rig("v5.3", 3);
		struct timeline_command *move = rig_command(rig, 1500 * US, DO_MIGRATE);

		rig->cpus[2].nohz_full = true;
		rig->vcpus[0].affinity.word[0] = 6;
		move->cpu = 2;
		rig_form(rig, "migrate", forms[i]);
		arm_at(rig, 2400000);
		rig->want_events = TP_BIT(TP_HRTIMER_START);
		rig->keep_events |= TP_BIT(TP_HRTIMER_START);
		rig_run(rig, 2450 * US);
		assert_int_equal(lapic_starts(rig), i == 0 ? 2 : 1);
		assert_int_equal(sampled(rig, "lateness"), 950 * PS_PER_NS);
		rig_free(rig);
	}
}

/*
 * The preemption timer, one tick a cycle. Written at 7000, kvm_exit 15000. By the run loop the
 * count is loaded at 18000 and runs from 22000: out at 104000. By the fast path it is loaded at
 * 15500 and runs from 19500: out at 104000, too. kvm_exit 112000.
 */
struct fast_row {
	const char *name, *release, *post_ipi;
	bool apicv;
	uint64_t posted_ipi; /* until a notification arrives */
	uint64_t lateness;
	uint64_t irq; /* of CPU 1: 200 for a notification that finds no guest */
};

/* clang-format off */
static const struct fast_row fast_rows[] = {
	/* 1000 + 2000 + 4000, 50 */
	{ "run loop",                               "v5.7", NULL,     true,    600, 112000 + 7050 - 100000, 0 },
	/* 700, 4000, 50 */
	{ "fast path: entered again at once",       "v5.8", NULL,     true,    600, 112000 + 4750 - 100000, 0 },
	/* the notification of 113300 waits for the end of VM-entry, and is no exit */
	{ "fast path: notified by its own CPU",     "v5.8", "always", true,    600, 112000 + 4750 - 100000, 0 },
	/* at 172700, when the guest has halted for good */
	{ "fast path: not notified by its own CPU", "v5.8", NULL,     true,  60000, 112000 + 4750 - 100000, 0 },
	{ "fast path: notified late",               "v5.8", "always", true,  60000, 112000 + 4750 - 100000, 200 },
	/* 700, then round the loop */
	{ "fast path without APICv: the run loop",  "v5.8", NULL,     false,   600, 112000 + 7750 - 100000, 0 },
};
/* clang-format on */

static void check_fast(void **state)
{
	const struct fast_row *row = *state;
	struct rig *rig = new_rig(row->release, 2);

	rig->cfg.kvm.preemption_timer = true;
	rig->cfg.kvm.enable_apicv = row->apicv;
	rig->cfg.kvm.pi_inject_timer = 0;
	if (row->post_ipi)
		rig_form(rig, "post_ipi", row->post_ipi);
	rig_cost(rig, COST_posted_ipi, row->posted_ipi);
	arm_at(rig, 100000);
	rig->keep_events |= TP_BIT(TP_CPU_TIME);
	rig_run(rig, 200 * US);
	assert_int_equal(sampled(rig, "lateness"), row->lateness * PS_PER_NS);
	assert_int_equal(rig_value(rig_find(rig, TP_CPU_TIME, 1), "irq"), row->irq * PS_PER_NS);
	assert_int_equal(exits(rig, EXIT_REASON_PREEMPTION_TIMER), 1);
	assert_int_equal(exits(rig, EXIT_REASON_EXTERNAL_INTERRUPT), 0);
	rig_free(rig);
}

/* A device interrupt at 15200 sets nothing that the last look asks for: taken behind VM-entry, at
 * 19500. A pause at 15200 does: round the loop, and out of KVM_RUN; nothing runs in guest mode. */
static void check_fast_leaves(void **state)
{
	for (unsigned paused = 0; paused < 2; paused++) {
		struct rig *rig = new_rig("v5.8", 2);
		struct timeline_command *c =
			rig_command(rig, 15200, paused ? DO_PAUSE : DO_DEVICE_IRQ);

		c->cpu = 1;
		rig->cfg.kvm.preemption_timer = true;
		rig->cfg.kvm.pi_inject_timer = 0;
		arm_at(rig, 100000);
		rig->want_events = TP_BIT(TP_KVM_EXIT);
		rig_run(rig, 30 * US);
		assert_string_equal(
			rig->log,
			paused ? "15000 c1 exit MSR_WRITE\n"
			       : "15000 c1 exit MSR_WRITE\n27500 c1 exit EXTERNAL_INTERRUPT\n");
		rig_free(rig);
	}
}

/* Read 300 behind the expiry, 700 early: v5.3 takes that off its 1000, but at most an eighth. */
static void check_tuned_in_the_callback(void **state)
{
	struct rig *rig = new_rig("v5.3", 2);
	const struct trace_record *rec;

	rig->cfg.kvm.lapic_timer_advance_ns = -1;
	arm_at(rig, 2400000);
	rig->keep_events |= TP_BIT(TP_TIMER_ADVANCE);
	rig_run(rig, 4 * MS);
	rec = rig_find(rig, TP_TIMER_ADVANCE, 0);
	assert_non_null(rec);
	assert_int_equal(rec->when.v, 2399300 * PS_PER_NS);
	assert_int_equal(rig_value(rec, "advance_ns"), 875);
	assert_int_equal(rig->world->vcpus[0].timer.advance->advance_ns, 875);
	rig_free(rig);
}

/* The first deadline is 5 s ahead, beyond the preemption timer's 2^32 cycles, and so the hrtimer's,
 * which the second write, by the fast path from 28000, takes 1000 to cancel. A device interrupt at
 * 28500 finds interrupts off: taken behind VM-entry, at 33000. */
static void check_fast_cancels(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_arm, { 5 * SEC, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_arm, { 100000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 1000000, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = new_rig("v5.8", 2);

	rig_command(rig, 28500, DO_DEVICE_IRQ)->cpu = 1;
	rig_cost(rig, COST_hrtimer_cancel, 1000);
	rig->cfg.kvm.preemption_timer = true;
	rig->cfg.kvm.pi_inject_timer = 0;
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->want_events = TP_BIT(TP_KVM_EXIT);
	rig_run(rig, 45 * US);
	assert_string_equal(rig->log, "15000 c1 exit MSR_WRITE\n27500 c1 exit MSR_WRITE\n"
				      "41000 c1 exit EXTERNAL_INTERRUPT\n");
	rig_free(rig);
}

/* 1000 early, as in v5.10: a kernel without the routine that would wait. */
static void check_no_routine(void **state)
{
	struct rig *rig = new_rig("v5.3", 2);

	rig->cfg.kvm.lapic_timer_advance_ns = 1000;
	rig_form(rig, "wait_call", "none");
	arm_at(rig, 2400000);
	rig_run(rig, 4 * MS);
	assert_int_equal((int64_t)sampled(rig, "lateness"), -50 * (int64_t)PS_PER_NS);
	rig_free(rig);
}

/* Armed at 7000 for 2407000, 20000 early: the callback begins to wait at 2387300. The guest, back
 * at 22000, halts at 2392000 and sleeps from 2400000: woken at 2407000, IPI 500, guest 7000, 50. */
static void check_halts_meanwhile(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_arm, { 2400000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 2370000, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_wait, { 0, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = new_rig("v5.3", 2);

	rig->cfg.kvm.lapic_timer_advance_ns = 20000;
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_KVM_VCPU_WAKEUP);
	rig_run(rig, 2500 * US);
	assert_int_equal(sampled(rig, "lateness"), 7550 * PS_PER_NS);
	assert_int_equal(rig_find(rig, TP_KVM_VCPU_WAKEUP, 0)->when.v, 2407500 * PS_PER_NS);
	rig_free(rig);
}

/* A period of 2.5 ms, of which CPU 0 runs the timer, and a notification that takes 3 ms: the second
 * expiry is posted on top of the first, and is one with it. */
static void check_posted_twice(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_PERIODIC },
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 0xb },
		{ PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 2500000 },
		{ PROGRAM_compute, { 10000000, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = new_rig("v5.3", 2);

	rig_cost(rig, COST_posted_ipi, 3000000);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig->want_events = TP_BIT(TP_LAPIC_DROP);
	rig_run(rig, 7 * MS);
	assert_int_equal(sampled(rig, "lateness"), 3000350 * PS_PER_NS);
	assert_string_equal(strstr(rig->log, "drop"), "drop merged\n");
	rig_free(rig);
}

static void hv_goes_first(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].hv_fires = sim_now(rig->sim);
	host_raise(rig->world->vcpus[0].task.cpu, IRQ_POSTED);
}

/* At one instant the preemption timer goes before the notification, which so ends guest mode. */
static void check_hv_at_that_instant(void **state)
{
	struct rig *rig = new_rig("v5.3", 2);
	const struct trace_record *rec;

	rig->vm.guest.workload = &workload_busy;
	rig->keep_events = TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_CPU_TIME);
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 50 * US, hv_goes_first, NULL);
	rig_run(rig, 100 * US);
	assert_int_equal(rig_count(rig, TP_KVM_EXIT), 1);
	rec = rig_find(rig, TP_KVM_EXIT, 0);
	assert_int_equal(rec->when.v, 58 * PS_PER_US);
	assert_int_equal(rig_value(rec, "reason"), EXIT_REASON_PREEMPTION_TIMER);
	assert_int_equal(rig_value(rec, "intr_info"), 0);
	/* what ended no guest mode is an interrupt of the host's */
	assert_int_equal(rig_value(rig_find(rig, TP_CPU_TIME, 1), "irq"), 200 * PS_PER_NS);
	rig_free(rig);
}

static void raise_irq(struct rig *rig, const void *arg)
{
	host_raise(rig->world->vcpus[0].task.cpu, *(const enum irq_source *)arg);
}

/* What is pending when kvm_exit is traced, 8 us after it began: by vector. */
static void check_vector_of_an_exit(void **state)
{
	static const enum irq_source device = IRQ_DEVICE,
				     second[] = { IRQ_DEVICE, IRQ_POSTED, IRQ_RESCHEDULE };
	static const uint64_t want[] = { DEVICE_VECTOR, 0xf2, 0xfd };

	for (unsigned i = 0; i < N_ELEMENTS(second); i++) {
		struct rig *rig = new_rig("v5.3", 2);

		rig->vm.guest.workload = &workload_busy;
		rig->keep_events = TP_BIT(TP_KVM_EXIT);
		rig_world(rig);
		rig->sim = world_sim(rig->world);
		rig_at(rig, 50 * US, raise_irq, &device);
		rig_at(rig, 51 * US, raise_irq, &second[i]);
		rig_run(rig, 60 * US);
		assert_int_equal(rig_count(rig, TP_KVM_EXIT), 1);
		assert_int_equal(rig_value(rig_find(rig, TP_KVM_EXIT, 0), "intr_info"),
				 0x80000000 | want[i]);
		rig_free(rig);
	}
}

int main(void)
{
	struct CMUnitTest tests[64];
	size_t n = 0;

#define ROWS(table, fn)                                          \
	for (size_t i = 0; i < N_ELEMENTS(table); i++)           \
	tests[n++] = (struct CMUnitTest){ .name = table[i].name, \
					  .test_func = fn,       \
					  .initial_state = (void *)&table[i] }
	ROWS(post_rows, check_post);
	ROWS(where_rows, check_where);
	ROWS(fast_rows, check_fast);
	ROWS(halt_rows, check_halt);
#undef ROWS
	tests[n++] = (struct CMUnitTest){ .name = "the parts of a posted expiry",
					  .test_func = check_parts };
	tests[n++] = (struct CMUnitTest){ .name = "the wait in the callback delays a tick",
					  .test_func = check_delays_tick };
	tests[n++] = (struct CMUnitTest){ .name = "no interrupt window and no EOI exit",
					  .test_func = check_no_window };
	tests[n++] =
		(struct CMUnitTest){ .name = "masked when it fires", .test_func = check_masked };
	tests[n++] = (struct CMUnitTest){ .name = "found past behind a halt, and due all the same",
					  .test_func = check_due_twice };
	tests[n++] = (struct CMUnitTest){ .name = "tuned in the callback",
					  .test_func = check_tuned_in_the_callback };
	tests[n++] = (struct CMUnitTest){ .name = "fast path: interrupts stay off where it cancels",
					  .test_func = check_fast_cancels };
	tests[n++] = (struct CMUnitTest){ .name = "a vCPU that moved: restarted, or not",
					  .test_func = check_moved };
	tests[n++] = (struct CMUnitTest){ .name = "what the last look of a fast path asks for",
					  .test_func = check_fast_leaves };
	tests[n++] = (struct CMUnitTest){ .name = "a kernel without the routine that waits",
					  .test_func = check_no_routine };
	tests[n++] = (struct CMUnitTest){ .name = "the guest halts while the callback waits",
					  .test_func = check_halts_meanwhile };
	tests[n++] = (struct CMUnitTest){ .name = "posted on top of one that was",
					  .test_func = check_posted_twice };
	tests[n++] = (struct CMUnitTest){ .name = "the preemption timer at the same instant",
					  .test_func = check_hv_at_that_instant };
	tests[n++] = (struct CMUnitTest){ .name = "the vector of an exit",
					  .test_func = check_vector_of_an_exit };
	return _cmocka_run_group_tests("posted", tests, n, NULL, NULL);
}
