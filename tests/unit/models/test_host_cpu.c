/* SPDX-License-Identifier: MIT */
/* A CPU's segments and interrupts: who waits for whom, and in which order (R3, R4, R5). */
#include "models_rig.h"

/* irq_entry 50, irq_exit 30, reschedule_ipi 20, device_irq 100, ipi 700, C-state exit 500 */

enum what { NOTHING, RAISE, SEND_IPI /* from CPU 1 */, STEAL };

struct act {
	uint64_t at;
	enum what what;
	enum irq_source source;
	uint64_t for_ns;
};

struct segment {
	const char *name; /* logged at its end */
	uint64_t cost;
	enum run_mode mode;
};

struct row {
	const char *name;
	struct segment segments[4]; /* of the task on CPU 0; none: it idles */
	struct act acts[5];
	unsigned merged;
	const char *want;
};

static const struct segment *segment;

static void segment_done(struct host_cpu *cpu, void *owner)
{
	struct rig *rig = owner;

	if (segment->name)
		rig_log(rig, sim_now(rig->sim), cpu->id, segment->name);
	segment++;
	if (segment->name)
		cpu_run(&rig->tasks[0].ctx, ps(segment->cost * PS_PER_NS), segment->mode,
			segment_done);
	else
		cpu_run(&rig->tasks[0].ctx, PS_NEVER, RUN_USER, rig_nothing);
}

static void do_act(struct rig *rig, const void *arg)
{
	const struct act *act = arg;

	if (act->what == RAISE)
		host_raise(&rig->host.cpus[0], act->source);
	else if (act->what == STEAL)
		host_steal(&rig->host.cpus[0], ps(act->for_ns * PS_PER_NS));
	else
		host_send_reschedule(&rig->host.cpus[1], &rig->host.cpus[0]);
}

/* clang-format off */
#define RESCHED(at) { at, RAISE, IRQ_RESCHEDULE, 0 }
#define TIMER(at) { at, RAISE, IRQ_LOCAL_TIMER, 0 }
#define DEVICE(at) { at, RAISE, IRQ_DEVICE, 0 }
#define STOLEN(at, for_ns) { at, STEAL, 0, for_ns }
static const struct row rows[] = {
	{ "no cost: in program order, at one instant",
	  { { "a", 0, RUN_KERNEL }, { "b", 0, RUN_IRQS_OFF }, { "c", 0, RUN_KERNEL } }, { { 0 } }, 0,
	  "0 c0 a\n0 c0 b\n0 c0 c\n" },
	/* 400 + 50 + 20 + 30 = 500; 600 are left */
	{ "interrupts on: taken at once, the segment keeps its remainder",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400) }, 0,
	  "450 c0 reschedule_entry\n470 c0 reschedule_exit\n1100 c0 a\n" },
	{ "interrupts on without preemption: the same",
	  { { "a", 1000, RUN_NO_PREEMPT } }, { RESCHED(400) }, 0,
	  "450 c0 reschedule_entry\n470 c0 reschedule_exit\n1100 c0 a\n" },
	{ "twice: the remainder of the remainder",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400), RESCHED(600) }, 0,
	  "450 c0 reschedule_entry\n470 c0 reschedule_exit\n650 c0 reschedule_entry\n670 c0 reschedule_exit\n1200 c0 a\n" },
	{ "interrupts off: when the last such segment ends, before the next begins",
	  { { "a", 1000, RUN_IRQS_OFF }, { "b", 500, RUN_IRQS_OFF }, { "c", 300, RUN_KERNEL } }, { RESCHED(400) }, 0,
	  "1000 c0 a\n1500 c0 b\n1550 c0 reschedule_entry\n1570 c0 reschedule_exit\n1900 c0 c\n" },
	{ "at the very end of interrupts off: taken then",
	  { { "a", 1000, RUN_IRQS_OFF }, { "b", 300, RUN_KERNEL } }, { RESCHED(1000) }, 0,
	  "1000 c0 a\n1050 c0 reschedule_entry\n1070 c0 reschedule_exit\n1400 c0 b\n" },
	{ "at the very end of a segment: the segment ends first",
	  { { "a", 1000, RUN_KERNEL }, { "b", 300, RUN_KERNEL } }, { RESCHED(1000) }, 0,
	  "1000 c0 a\n1050 c0 reschedule_entry\n1070 c0 reschedule_exit\n1400 c0 b\n" },
	{ "at the very end, and interrupts go off: pending",
	  { { "a", 1000, RUN_KERNEL }, { "b", 300, RUN_IRQS_OFF }, { "c", 100, RUN_KERNEL } }, { RESCHED(1000) }, 0,
	  "1000 c0 a\n1300 c0 b\n1350 c0 reschedule_entry\n1370 c0 reschedule_exit\n1500 c0 c\n" },
	/* reschedule to 1100; timer 1150, nothing due, to 1180; device 1180 + 50 + 100 + 30 = 1360 */
	{ "all pending: the highest vector first, whatever came first",
	  { { "a", 1000, RUN_IRQS_OFF }, { "b", 300, RUN_KERNEL } }, { DEVICE(400), TIMER(500), RESCHED(600) }, 0,
	  "1000 c0 a\n1050 c0 reschedule_entry\n1070 c0 reschedule_exit\n1150 c0 local_timer_entry\n"
	  "1150 c0 local_timer_exit\n1660 c0 b\n" },
	{ "raised again before it is taken: merged and counted",
	  { { "a", 1000, RUN_IRQS_OFF }, { "b", 300, RUN_KERNEL } }, { RESCHED(400), RESCHED(500), RESCHED(600) }, 2,
	  "1000 c0 a\n1050 c0 reschedule_entry\n1070 c0 reschedule_exit\n1400 c0 b\n" },
	{ "raised in its own handler: taken again",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400), RESCHED(460) }, 0,
	  "450 c0 reschedule_entry\n470 c0 reschedule_exit\n550 c0 reschedule_entry\n570 c0 reschedule_exit\n1200 c0 a\n" },
	{ "handlers never nest: a higher vector waits for the end",
	  { { "a", 1000, RUN_KERNEL } }, { DEVICE(400), RESCHED(450) }, 0, /* device 450 to 580 */
	  "630 c0 reschedule_entry\n650 c0 reschedule_exit\n1280 c0 a\n" },
	{ "idle: after the C-state's exit latency",
	  { { 0 } }, { RESCHED(400) }, 0,
	  "950 c0 reschedule_entry\n970 c0 reschedule_exit\n" },
	/* the second one finds the CPU awake: 1000 + 50; the third finds it asleep again */
	{ "idle: awake for the next pending one, asleep again later",
	  { { 0 } }, { RESCHED(400), TIMER(500), RESCHED(5000) }, 0,
	  "950 c0 reschedule_entry\n970 c0 reschedule_exit\n1050 c0 local_timer_entry\n1050 c0 local_timer_exit\n"
	  "5550 c0 reschedule_entry\n5570 c0 reschedule_exit\n" },
	{ "an IPI takes its time",
	  { { "a", 1000, RUN_KERNEL } }, { { 100, SEND_IPI, 0, 0 } }, 0,
	  "850 c0 reschedule_entry\n870 c0 reschedule_exit\n1100 c0 a\n" },
	{ "two on their way are one",
	  { { "a", 1000, RUN_KERNEL } }, { { 100, SEND_IPI, 0, 0 }, { 200, SEND_IPI, 0, 0 } }, 1,
	  "850 c0 reschedule_entry\n870 c0 reschedule_exit\n1100 c0 a\n" },
	{ "stolen: the segment keeps its remainder",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(400, 250) }, 0, "1250 c0 a\n" },
	{ "stolen with interrupts off: the same",
	  { { "a", 1000, RUN_IRQS_OFF } }, { STOLEN(400, 250) }, 0, "1250 c0 a\n" },
	/* to 900, then 50 + 20 + 30, then the 600 that are left */
	{ "stolen: an interrupt waits",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(400, 500), RESCHED(600) }, 0,
	  "950 c0 reschedule_entry\n970 c0 reschedule_exit\n1600 c0 a\n" },
	/* irq_entry, with 30 of its 50 done, goes on at 530 */
	{ "stolen in a handler",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400), STOLEN(430, 100) }, 0,
	  "550 c0 reschedule_entry\n570 c0 reschedule_exit\n1200 c0 a\n" },
	{ "stolen again while it is: the later end, longer",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(400, 100), STOLEN(450, 100) }, 0, "1150 c0 a\n" },
	{ "stolen again while it is: the later end, shorter",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(400, 100), STOLEN(450, 10) }, 0, "1100 c0 a\n" },
	{ "stolen again as it ends",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(400, 100), STOLEN(500, 50) }, 0, "1150 c0 a\n" },
	{ "stolen at the end of a segment: that ends behind it",
	  { { "a", 1000, RUN_KERNEL } }, { STOLEN(1000, 100) }, 0, "1100 c0 a\n" },
	{ "stolen at the instant of an interrupt, before it is taken",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400), STOLEN(400, 100) }, 0,
	  "550 c0 reschedule_entry\n570 c0 reschedule_exit\n1200 c0 a\n" },
	/* 600 + 500 of the C-state + 50 */
	{ "stolen while idle: it goes on sleeping",
	  { { 0 } }, { STOLEN(400, 200), RESCHED(500) }, 0,
	  "1150 c0 reschedule_entry\n1170 c0 reschedule_exit\n" },
};

/* CPU 0 is in nohz_full, where irq_exit takes 7 more. */
static const struct row nohz_full_rows[] = {
	/* 50 + 37 */
	{ "nohz_full: the tick is looked at on the way out of the timer's interrupt",
	  { { "a", 1000, RUN_KERNEL } }, { TIMER(400) }, 0,
	  "450 c0 local_timer_entry\n450 c0 local_timer_exit\n1087 c0 a\n" },
	/* 50 + 20 + 30 */
	{ "nohz_full: and not on that out of a bare reschedule IPI",
	  { { "a", 1000, RUN_KERNEL } }, { RESCHED(400) }, 0,
	  "450 c0 reschedule_entry\n470 c0 reschedule_exit\n1100 c0 a\n" },
	{ "nohz_full: one that finds the CPU idle brings a wake-up", /* 970 + 37 + 50 */
	  { { 0 } }, { RESCHED(400), TIMER(500) }, 0,
	  "950 c0 reschedule_entry\n970 c0 reschedule_exit\n1057 c0 local_timer_entry\n1057 c0 local_timer_exit\n" },
};
/* clang-format on */

static void check(const struct row *row, bool nohz_full)
{
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig_cost(rig, COST_irq_entry, 50);
	rig_cost(rig, COST_irq_exit, 30);
	rig->cfg.host.cost[COST_irq_exit].nohz_full =
		(struct quantity){ 7 * PS_PER_NS, QUANTITY_PS };
	rig->cpus[0].nohz_full = nohz_full;
	rig_cost(rig, COST_reschedule_ipi, 20);
	rig_cost(rig, COST_device_irq, 100);
	rig_cost(rig, COST_ipi, 700);
	rig->cpus[0].idle_exit = ps(500 * PS_PER_NS);
	rig->want_events = TP_BIT(TP_RESCHEDULE_ENTRY) | TP_BIT(TP_RESCHEDULE_EXIT) |
			   TP_BIT(TP_LOCAL_TIMER_ENTRY) | TP_BIT(TP_LOCAL_TIMER_EXIT);
	rig_host(rig);
	if (row->segments[0].name) {
		struct task *task = rig_task(rig, 0, TASK_FAIR, 1);

		segment = row->segments;
		cpu_run(&task->ctx, ps(segment->cost * PS_PER_NS), segment->mode, segment_done);
		task_place(&rig->host, task, 0);
	}
	host_start(&rig->host);
	for (size_t i = 0; i < N_ELEMENTS(row->acts) && row->acts[i].what; i++)
		rig_at(rig, row->acts[i].at, do_act, &row->acts[i]);
	rig_host_run(rig, 1 * MS);
	assert_string_equal(rig->log, row->want);
	assert_int_equal(rig->host.merged_irqs, row->merged);
	rig_free(rig);
}

static void check_row(void **state) { check(*state, false); }
static void check_nohz_full_row(void **state) { check(*state, true); }

static void again(struct host_cpu *cpu, void *owner)
{
	++*(unsigned *)owner;
	cpu_run(&cpu->current->ctx, ps(0), RUN_USER, again);
}

/* Code that takes no time and does not end: the budget of an instant counts it. The task's event is
 * the first of it. */
static void check_endless(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);
	unsigned steps = 0;

	rig->limits.max_same_instant = 40;
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 1);
	rig->tasks[0].ctx.owner = &steps;
	cpu_run(&rig->tasks[0].ctx, ps(1000), RUN_USER, again);
	task_place(&rig->host, &rig->tasks[0], 0);
	host_start(&rig->host);
	assert_int_equal(sim_run(rig->sim, ps(PS_PER_MS)), SIM_STOP_SAME_INSTANT);
	assert_int_equal(sim_now(rig->sim).v, 1000);
	assert_int_equal(steps, 40);
	rig_free(rig);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + N_ELEMENTS(nohz_full_rows) + 1];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < N_ELEMENTS(nohz_full_rows); i++)
		tests[N_ELEMENTS(rows) + i] =
			(struct CMUnitTest){ .name = nohz_full_rows[i].name,
					     .test_func = check_nohz_full_row,
					     .initial_state = (void *)&nohz_full_rows[i] };
	tests[N_ELEMENTS(tests) - 1] =
		(struct CMUnitTest){ .name = "code that takes no time, for ever",
				     .test_func = check_endless };
	return cmocka_run_group_tests_name("host_cpu", tests, NULL, NULL);
}
