/* SPDX-License-Identifier: MIT */
/* Who runs where: slices, wake-ups, preemption, affinity, balance (R11, R12, R17, R18). */
#include "models_rig.h"

/* HZ 1000, slice 3 ms, wakeup_granularity 1 ms. Tasks count from 1; 0 is idle. */

enum what {
	NOTHING,
	WAKE,     /* from outside */
	WAKE_CPU, /* by what runs on that CPU */
	BLOCK,
	BLOCK_AND_WAKE, /* it is woken before it has left */
	AFFINITY,       /* arg: mask */
	KILL,
	BUSY_BLOCK, /* interrupts off for arg [us], then it blocks */
};

struct act {
	uint64_t at;
	enum what what;
	unsigned task, arg;
};

struct row {
	const char *name;
	uint64_t context_switch; /* migration 50, ipi 100, C-state exit 0 */
	struct {
		enum task_class class;
		uint64_t affinity;
		int cpu; /* -1: blocked */
	} tasks[4];
	struct act acts[6];
	uint64_t until;
	const char *want;
	unsigned nohz_full; /* bit per CPU */
};

static struct task *task_of(struct rig *rig, unsigned number) { return &rig->tasks[number - 1]; }

static void goes_on(struct rig *rig, struct host_cpu *cpu)
{
	cpu_run(&cpu->current->ctx, PS_NEVER, RUN_USER, rig_nothing);
}

static void block(struct host_cpu *cpu, void *owner)
{
	goes_on(owner, cpu);
	task_block(cpu);
}

static void block_and_wake(struct host_cpu *cpu, void *owner)
{
	goes_on(owner, cpu);
	task_block(cpu);
	task_wake(cpu->host, cpu, cpu->current);
}

static uint64_t busy_ns;

static void busy_block(struct host_cpu *cpu, void *owner)
{
	cpu_run(&cpu->current->ctx, ps(busy_ns * PS_PER_NS), RUN_IRQS_OFF, block);
}

static void do_act(struct rig *rig, const void *arg)
{
	const struct act *act = arg;
	struct task *task = task_of(rig, act->task);

	switch (act->what) {
	case WAKE: task_wake(&rig->host, NULL, task); break;
	case WAKE_CPU: task_wake(&rig->host, &rig->host.cpus[act->arg], task); break;
	case BLOCK:
		task->ctx.fn = block;
		cpu_end_wait(task->cpu, &task->ctx);
		break;
	case BLOCK_AND_WAKE:
		task->ctx.fn = block_and_wake;
		cpu_end_wait(task->cpu, &task->ctx);
		break;
	case AFFINITY:
		task_set_affinity(&rig->host, task, &(struct cpu_mask){ { act->arg } });
		break;
	case BUSY_BLOCK:
		task->ctx.fn = busy_block;
		busy_ns = act->arg * US;
		cpu_end_wait(task->cpu, &task->ctx);
		break;
	case KILL: task_kill(&rig->host, task); break;
	case NOTHING: break;
	}
}

/* clang-format off */
#define FAIR(affinity, cpu) { TASK_FAIR, affinity, cpu }
#define FIFO(affinity, cpu) { TASK_FIFO, affinity, cpu }
static const struct row rows[] = {
	{ "slices end at ticks", 0, { FAIR(1, 0), FAIR(1, 0) }, { { 0 } }, 10 * MS,
	  "3000000 c0 switch 1>2\n6000000 c0 switch 2>1\n9000000 c0 switch 1>2\n", 0 },
	/* 2 begins at 3.00001 ms: at 6 ms its slice has not ended by 10 ns */
	{ "a slice counts from the switch", 10, { FAIR(1, 0), FAIR(1, 0) }, { { 0 } }, 8 * MS,
	  "3000000 c0 switch 1>2\n7000000 c0 switch 2>1\n", 0 },
	{ "three take turns", 0, { FAIR(1, 0), FAIR(1, 0), FAIR(1, 0) }, { { 0 } }, 13 * MS,
	  "3000000 c0 switch 1>2\n6000000 c0 switch 2>3\n9000000 c0 switch 3>1\n12000000 c0 switch 1>2\n", 0 },
	{ "woken: preempts who ran wakeup_granularity", 0, { FAIR(1, 0), FAIR(1, -1) }, { { 2500 * US, WAKE, 2, 0 } }, 7 * MS,
	  "2500000 c0 waking 2 on 0\n2500000 c0 switch 1>2\n6000000 c0 switch 2>1\n", 0 },
	{ "woken: just at it", 0, { FAIR(1, 0), FAIR(1, -1) }, { { 1000 * US, WAKE, 2, 0 } }, 2 * MS,
	  "1000000 c0 waking 2 on 0\n1000000 c0 switch 1>2\n", 0 },
	{ "woken: not who ran less", 0, { FAIR(1, 0), FAIR(1, -1) }, { { 999 * US, WAKE, 2, 0 } }, 4 * MS,
	  "999000 c0 waking 2 on 0\n3000000 c0 switch 1>2\n", 0 },
	/* the interrupt that brings the tick back comes at 1.0999 ms; it is no wake-up that wins */
	{ "woken on a nohz_full CPU: the tick comes back, and ends the slice", 0, { FAIR(2, 1), FAIR(2, -1) },
	  { { 999900, WAKE_CPU, 2, 0 } }, 4 * MS, "999900 c0 waking 2 on 1\n3000000 c1 switch 1>2\n", 2 },
	{ "FIFO over fair, at once and until it ends", 0, { FAIR(1, 0), FIFO(1, -1) }, { { 100, WAKE, 2, 0 }, { 50 * MS, KILL, 2, 0 } }, 60 * MS,
	  "100 c0 waking 2 on 0\n100 c0 switch 1>2\n50000000 c0 switch 2>1\n", 0 },
	{ "fair never over FIFO", 0, { FIFO(1, 0), FAIR(1, -1) }, { { 20 * MS, WAKE, 2, 0 } }, 40 * MS,
	  "20000000 c0 waking 2 on 0\n", 0 },
	{ "FIFO not over FIFO", 0, { FIFO(1, 0), FIFO(1, -1) }, { { 20 * MS, WAKE, 2, 0 } }, 40 * MS,
	  "20000000 c0 waking 2 on 0\n", 0 },
	/* 2 is on its way until 1100, and 3 asks for a switch that finds it */
	{ "FIFO not over the FIFO that the CPU switches to", 100, { FAIR(1, 0), FIFO(1, -1), FIFO(1, -1) },
	  { { 1000, WAKE, 2, 0 }, { 1050, WAKE, 3, 0 } }, 1 * MS,
	  "1000 c0 waking 2 on 0\n1000 c0 switch 1>2\n1050 c0 waking 3 on 0\n", 0 },
	{ "preempted, it comes before those that waited longer", 0, { FAIR(1, 0), FAIR(1, 0), FIFO(1, -1) },
	  { { 100, WAKE, 3, 0 }, { 200, KILL, 3, 0 } }, 1 * MS,
	  "100 c0 waking 3 on 0\n100 c0 switch 1>3\n200 c0 switch 3>1\n", 0 },

	{ "blocks, and is woken on its last CPU", 0, { FAIR(3, 1) }, { { 1000, BLOCK, 1, 0 }, { 2000, WAKE, 1, 0 } }, 1 * MS,
	  "1000 c1 switch 1>0\n2000 c1 waking 1 on 1\n2000 c1 switch 0>1\n", 0 },
	{ "its last CPU is busy: the lowest idle one it may use", 0, { FAIR(7, 1), FAIR(2, -1) },
	  { { 1000, BLOCK, 1, 0 }, { 1500, WAKE, 2, 0 }, { 2000, WAKE, 1, 0 } }, 1 * MS,
	  "1000 c1 switch 1>0\n1500 c1 waking 2 on 1\n1500 c1 switch 0>2\n2000 c0 waking 1 on 0\n"
	  "2000 c0 migrate 1 to 0\n2000 c0 switch 0>1\n", 0 },
	{ "woken by another CPU: its IPI first", 0, { FAIR(1, 0), FAIR(2, -1) }, { { 1000, WAKE_CPU, 2, 0 } }, 1 * MS,
	  "1000 c0 waking 2 on 1\n1100 c1 switch 0>2\n", 0 },
	{ "woken before it left: it stays", 0, { FAIR(1, 0), FAIR(1, 0) }, { { 1000, BLOCK_AND_WAKE, 1, 0 } }, 1 * MS,
	  "", 0 },
	/* the switch takes to 1100; then the CPU, idle, takes it back */
	{ "woken while being switched away", 100, { FAIR(3, 0) }, { { 1000, BLOCK, 1, 0 }, { 1050, WAKE, 1, 0 } }, 1 * MS,
	  "1000 c0 switch 1>0\n1050 c0 waking 1 on 0\n1100 c0 switch 0>1\n", 0 },
	{ "woken while being switched away, for another CPU: goes there afterwards", 100, { FAIR(3, 0) },
	  { { 1000, BLOCK, 1, 0 }, { 1010, AFFINITY, 1, 2 }, { 1050, WAKE, 1, 0 } }, 1 * MS,
	  "1000 c0 switch 1>0\n1050 c0 waking 1 on 0\n1100 c0 migrate 1 to 1\n1200 c1 switch 0>1\n", 0 },
	{ "moved while being switched away, woken before", 100, { FAIR(3, 0) },
	  { { 1000, BLOCK, 1, 0 }, { 1010, WAKE, 1, 0 }, { 1050, AFFINITY, 1, 2 } }, 1 * MS,
	  "1000 c0 switch 1>0\n1010 c0 waking 1 on 0\n1100 c0 migrate 1 to 1\n1200 c1 switch 0>1\n", 0 },
	{ "nobody pulls a task that is still being switched away", 100, { FAIR(3, 0), FAIR(2, 1) },
	  { { 1000, BLOCK, 1, 0 }, { 1010, WAKE, 1, 0 }, { 1050, BLOCK, 2, 0 } }, 1 * MS,
	  "1000 c0 switch 1>0\n1010 c0 waking 1 on 0\n1050 c1 switch 2>0\n1100 c0 switch 0>1\n", 0 },
	{ "a CPU that switches to a task is not idle", 100, { FAIR(3, -1), FAIR(3, -1) },
	  { { 1000, WAKE, 1, 0 }, { 1050, WAKE, 2, 0 } }, 1 * MS,
	  "1000 c0 waking 1 on 0\n1000 c0 switch 0>1\n1050 c1 waking 2 on 1\n1050 c1 switch 0>2\n", 0 },

	/* out: 10 and 50 for the stopper thread; then the IPI */
	{ "affinity of a running task", 10, { FAIR(3, 0) }, { { 1000, AFFINITY, 1, 2 } }, 1 * MS,
	  "1000 c0 switch 1>0\n1060 c0 migrate 1 to 1\n1160 c1 switch 0>1\n", 0 },
	{ "affinity of a running task that may stay", 10, { FAIR(3, 0) }, { { 1000, AFFINITY, 1, 5 } }, 1 * MS, "", 0 },
	{ "affinity of a queued task", 0, { FAIR(1, 0), FAIR(1, 0) }, { { 1000, AFFINITY, 2, 2 } }, 1 * MS,
	  "1000 c0 migrate 2 to 1\n1000 c1 switch 0>2\n", 0 },
	{ "affinity of a queued task that may stay, although another CPU is idle", 0, { FAIR(1, 0), FAIR(1, 0) },
	  { { 1000, AFFINITY, 2, 3 } }, 900 * US, "", 0 },
	{ "affinity of a blocked task: when it wakes", 0, { FAIR(3, 0) },
	  { { 1000, BLOCK, 1, 0 }, { 1500, AFFINITY, 1, 2 }, { 2000, WAKE, 1, 0 } }, 1 * MS,
	  "1000 c0 switch 1>0\n2000 c1 waking 1 on 1\n2000 c1 migrate 1 to 1\n2000 c1 switch 0>1\n", 0 },

	{ "balance: the tick hands a queued task to an idle CPU", 0, { FAIR(3, 0), FAIR(3, 0) }, { { 0 } }, 2 * MS,
	  "1000000 c0 migrate 2 to 1\n1000100 c1 switch 0>2\n", 0 },
	{ "balance: not to one outside its affinity", 0, { FAIR(3, 0), FAIR(1, 0) }, { { 0 } }, 2 * MS, "", 0 },
	{ "balance: a CPU that goes idle pulls", 0, { FAIR(1, 0), FAIR(3, 0), FAIR(2, 1) }, { { 500 * US, BLOCK, 3, 0 } }, 2 * MS,
	  "500000 c1 migrate 2 to 1\n500000 c1 switch 3>2\n", 0 },
	{ "balance: pulls the one that waits longest", 0, { FAIR(1, 0), FAIR(2, 1), FAIR(3, -1), FAIR(3, -1) },
	  { { 200, WAKE, 4, 0 }, { 300, WAKE, 3, 0 }, { 400, BLOCK, 2, 0 } }, 900 * US,
	  "200 c0 waking 4 on 0\n300 c0 waking 3 on 0\n400 c1 migrate 4 to 1\n400 c1 switch 2>4\n", 0 },
	/* both wait since 300: the lower number, whichever was queued first */
	{ "balance: pulls, of two that wait as long, the first", 0, { FAIR(1, 0), FAIR(2, 1), FAIR(3, -1), FAIR(3, -1) },
	  { { 300, WAKE, 3, 0 }, { 300, WAKE, 4, 0 }, { 400, BLOCK, 2, 0 } }, 900 * US,
	  "300 c0 waking 3 on 0\n300 c0 waking 4 on 0\n400 c1 migrate 3 to 1\n400 c1 switch 2>3\n", 0 },
	{ "balance: and not the second, queued first", 0, { FAIR(1, 0), FAIR(2, 1), FAIR(3, -1), FAIR(3, -1) },
	  { { 300, WAKE, 4, 0 }, { 300, WAKE, 3, 0 }, { 400, BLOCK, 2, 0 } }, 900 * US,
	  "300 c0 waking 4 on 0\n300 c0 waking 3 on 0\n400 c1 migrate 3 to 1\n400 c1 switch 2>3\n", 0 },
	/* the tick of 1 ms comes when 1 has blocked and is still there: its own CPU takes 2 */
	{ "balance: not while the running task is about to leave", 0, { FAIR(1, 0), FAIR(3, 0) },
	  { { 900 * US, BUSY_BLOCK, 1, 200 } }, 2 * MS, "1100000 c0 switch 1>2\n", 0 },
	/* CPU 0, which ticks for the nohz_full one, is woken at the instant of its tick */
	{ "balance: not while an idle CPU is about to take its task", 0, { FAIR(3, 0) },
	  { { 500 * US, BLOCK, 1, 0 }, { 2000 * US, WAKE, 1, 0 } }, 3 * MS,
	  "500000 c0 switch 1>0\n2000000 c0 waking 1 on 0\n2000000 c0 switch 0>1\n", 4 },
	{ "killed while it waits", 0, { FAIR(1, 0), FAIR(1, 0) }, { { 1000, KILL, 2, 0 } }, 5 * MS, "", 0 },
	{ "killed and gone: the CPU idles", 0, { FAIR(1, 0) }, { { 1000, KILL, 1, 0 } }, 5 * MS, "1000 c0 switch 1>0\n", 0 },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	struct rig *rig = rig_new("v5.2", 3, 1000);

	rig_cost(rig, COST_context_switch, row->context_switch);
	rig_cost(rig, COST_migration, 50);
	rig_cost(rig, COST_ipi, 100);
	for (unsigned i = 0; i < 3; i++)
		rig->cpus[i].nohz_full = row->nohz_full >> i & 1;
	rig->want_events =
		TP_BIT(TP_SCHED_SWITCH) | TP_BIT(TP_SCHED_MIGRATE_TASK) | TP_BIT(TP_SCHED_WAKING);
	rig_host(rig);
	for (unsigned i = 0; i < N_ELEMENTS(row->tasks) && row->tasks[i].affinity; i++) {
		struct task *task = rig_task(rig, i, row->tasks[i].class, row->tasks[i].affinity);

		if (row->tasks[i].cpu >= 0)
			task_place(&rig->host, task, (uint32_t)row->tasks[i].cpu);
	}
	host_start(&rig->host);
	for (size_t i = 0; i < N_ELEMENTS(row->acts) && row->acts[i].what; i++)
		rig_at(rig, row->acts[i].at, do_act, &row->acts[i]);
	rig_host_run(rig, row->until);
	assert_string_equal(rig->log, row->want);
	rig_free(rig);
}

/* Where need_resched takes effect: a FIFO task wakes at 1000, in a segment that lasts 5000 and ends
 * at a marked point. */
struct preempt_row {
	const char *name;
	enum preempt_model preempt;
	enum run_mode mode;
	const char *want;
};

static const struct preempt_row preempt_rows[] = {
	{ "preempt: user code, at once", PREEMPT_NONE, RUN_USER, "1000 c0 switch 1>2\n" },
	{ "preempt none: kernel code, at the marked point", PREEMPT_NONE, RUN_KERNEL,
	  "5000 c0 switch 1>2\n" },
	{ "preempt voluntary: kernel code, at the marked point", PREEMPT_VOLUNTARY, RUN_KERNEL,
	  "5000 c0 switch 1>2\n" },
	{ "preempt full: kernel code, at once", PREEMPT_FULL, RUN_KERNEL, "1000 c0 switch 1>2\n" },
	{ "preempt full: not where preemption is off", PREEMPT_FULL, RUN_NO_PREEMPT,
	  "5000 c0 switch 1>2\n" },
	{ "preempt full: not with interrupts off", PREEMPT_FULL, RUN_IRQS_OFF,
	  "5000 c0 switch 1>2\n" },
};

static void marked(struct host_cpu *cpu, void *owner)
{
	struct rig *rig = owner;

	cpu_run(&rig->tasks[0].ctx, ps(1000 * PS_PER_NS), RUN_KERNEL, marked);
	rig->tasks[0].ctx.may_schedule = true;
}

static void check_preempt_row(void **state)
{
	static const struct act wake = { 1000, WAKE, 2, 0 };
	const struct preempt_row *row = *state;
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig->cfg.host.preempt = row->preempt;
	rig->want_events = TP_BIT(TP_SCHED_SWITCH);
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 1);
	cpu_run(&rig->tasks[0].ctx, ps(5000 * PS_PER_NS), row->mode, marked);
	task_place(&rig->host, &rig->tasks[0], 0);
	rig_task(rig, 1, TASK_FIFO, 1);
	host_start(&rig->host);
	rig_at(rig, wake.at, do_act, &wake);
	rig_host_run(rig, 10 * US);
	assert_string_equal(rig->log, row->want);
	rig_free(rig);
}

/* The interrupt that brings the tick of a nohz_full CPU back for its second task: at once if that
 * CPU itself wakes the task, by an IPI of 100 if another does. */
static void check_tick_brought_back(void **state)
{
	static const struct act acts[] = { { 1000, WAKE_CPU, 2, 1 }, { 1000, WAKE_CPU, 2, 0 } };
	static const char *const want[] = { "1000 c1 reschedule_entry\n",
					    "1100 c1 reschedule_entry\n" };

	for (size_t i = 0; i < N_ELEMENTS(acts); i++) {
		struct rig *rig = rig_new("v5.2", 2, 1000);

		rig_cost(rig, COST_ipi, 100);
		rig->cpus[1].nohz_full = true;
		rig->want_events = TP_BIT(TP_RESCHEDULE_ENTRY) | TP_BIT(TP_SCHED_SWITCH);
		rig_host(rig);
		for (unsigned k = 0; k < 2; k++)
			rig_task(rig, k, TASK_FAIR, 2);
		task_place(&rig->host, &rig->tasks[0], 1);
		host_start(&rig->host);
		rig_at(rig, acts[i].at, do_act, &acts[i]);
		rig_host_run(rig, 900 * US);
		assert_string_equal(rig->log, want[i]);
		rig_free(rig);
	}
}

/* The latency column of a trace says where a switch is due: from when the FIFO task is queued until
 * the switch. */
static void check_need_resched_flag(void **state)
{
	static const struct act wake = { 1000, WAKE, 2, 0 };
	static const struct {
		enum tracepoint tp;
		uint32_t flags;
	} want[] = {
		{ TP_SCHED_WAKING, 0 },
		{ TP_RESCHEDULE_ENTRY, TRACE_HARDIRQ | TRACE_IRQS_OFF | TRACE_NEED_RESCHED },
		{ TP_RESCHEDULE_EXIT, TRACE_HARDIRQ | TRACE_IRQS_OFF | TRACE_NEED_RESCHED },
		{ TP_SCHED_SWITCH, 0 },
	};
	struct rig *rig = rig_new("v5.2", 1, 1000);

	for (size_t i = 0; i < N_ELEMENTS(want); i++)
		rig->keep_events |= TP_BIT(want[i].tp);
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 1);
	rig_task(rig, 1, TASK_FIFO, 1);
	task_place(&rig->host, &rig->tasks[0], 0);
	host_start(&rig->host);
	rig_at(rig, wake.at, do_act, &wake);
	rig_host_run(rig, 10 * US);
	assert_int_equal(rig->n_kept, N_ELEMENTS(want));
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		assert_int_equal(rig->kept[i].event, want[i].tp);
		assert_int_equal(rig->kept[i].flags, want[i].flags);
	}
	rig_free(rig);
}

/* The tick of 3 ms ends the slice; on the way out of its interrupt, which takes 100, nobody waits
 * any more. Then a slice begins anew for who is woken at 4.5 ms, behind an interrupt. */
static void check_slice_ends_for_nobody(void **state)
{
	static const struct act acts[] = { { 3000050, KILL, 2, 0 }, { 4500 * US, WAKE, 3, 0 } };
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig_cost(rig, COST_irq_exit, 100);
	rig->want_events = TP_BIT(TP_SCHED_SWITCH);
	rig_host(rig);
	for (unsigned i = 0; i < 3; i++)
		rig_task(rig, i, TASK_FAIR, 1);
	for (unsigned i = 0; i < 2; i++)
		task_place(&rig->host, &rig->tasks[i], 0);
	host_start(&rig->host);
	for (size_t i = 0; i < N_ELEMENTS(acts); i++)
		rig_at(rig, acts[i].at, do_act, &acts[i]);
	rig_host_run(rig, 3500 * US);
	assert_string_equal(rig->log, "");
	assert_int_equal(rig->host.cpus[0].current->id, 1);
	rig_host_run(rig, 5 * MS);
	assert_string_equal(rig->log, "4500100 c0 switch 1>3\n");
	rig_free(rig);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + N_ELEMENTS(preempt_rows) + 3];
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < N_ELEMENTS(preempt_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = preempt_rows[i].name,
						  .test_func = check_preempt_row,
						  .initial_state = (void *)&preempt_rows[i] };
	tests[n++] = (struct CMUnitTest){ .name = "what brings a tick back",
					  .test_func = check_tick_brought_back };
	tests[n++] = (struct CMUnitTest){ .name = "need_resched in a record",
					  .test_func = check_need_resched_flag };
	tests[n++] = (struct CMUnitTest){ .name = "a slice that ends for nobody",
					  .test_func = check_slice_ends_for_nobody };
	return cmocka_run_group_tests_name("scheduler", tests, NULL, NULL);
}
