/* SPDX-License-Identifier: MIT */
/* Whose tick runs, and since when (R13). */
#include "models_rig.h"

/* HZ 100: ticks at 10 ms, 20 ms, ... */

enum what { NOTHING, WAKE, BLOCK, KILL, IRQS_OFF };

struct act {
	uint64_t at;
	enum what what;
	unsigned task;
};

struct row {
	const char *name, *release; /* "after_tick": that form in v6.1 */
	unsigned nohz_full;         /* bit per CPU */
	int cpu[2]; /* of tasks 1 and 2; -1: blocked at first, and meant for CPU 1 */
	struct act acts[3];
	unsigned want[2]; /* ticks on CPU 0 and CPU 1 in 3.0005 s */
};

static void block(struct host_cpu *cpu, void *owner)
{
	cpu_run(&cpu->current->ctx, PS_NEVER, RUN_USER, rig_nothing);
	task_block(cpu);
}

static void do_act(struct rig *rig, const void *arg)
{
	const struct act *act = arg;
	struct task *task = &rig->tasks[act->task - 1];

	switch (act->what) {
	case WAKE: task_wake(&rig->host, &rig->host.cpus[0], task); break;
	case BLOCK:
		task->ctx.fn = block;
		cpu_end_wait(task->cpu, &task->ctx);
		break;
	case KILL: task_kill(&rig->host, task); break;
	case IRQS_OFF:
		rig->host.cpus[0].irqs_off = ps(1099500 * PS_PER_NS);
		host_raise(&rig->host.cpus[0], IRQ_DEVICE);
		break;
	case NOTHING: break;
	}
}

#define NOBODY 9

/* clang-format off */
static const struct row rows[] = {
	{ "all idle: no ticks",                           "v5.2", 0, { NOBODY, NOBODY }, { { 0 } }, { 0, 0 } },
	{ "a busy CPU ticks",                             "v5.2", 0, { 0, NOBODY }, { { 0 } }, { 300, 0 } },
	{ "idle from 1.0045 s: 100 ticks",                "v5.2", 0, { 0, NOBODY }, { { 1004500 * US, BLOCK, 1 } }, { 100, 0 } },
	{ "busy again from 2.0045 s: 1.01 to 2.00 are missing", "v5.2", 0, { 0, NOBODY },
	  { { 1004500 * US, BLOCK, 1 }, { 2004500 * US, WAKE, 1 } }, { 200, 0 } },
	/* the tick of 1.01 finds the CPU idle and is the last */
	{ "after_tick: idle from 1.0045 s, one more",     "after_tick", 0, { 0, NOBODY }, { { 1004500 * US, BLOCK, 1 } }, { 101, 0 } },
	{ "after_tick: busy again from 2.0045 s: 1.02 to 2.00 are missing", "after_tick", 0, { 0, NOBODY },
	  { { 1004500 * US, BLOCK, 1 }, { 2004500 * US, WAKE, 1 } }, { 201, 0 } },
	{ "after_tick: idle between two of them, none is missing", "after_tick", 0, { 0, NOBODY },
	  { { 1004500 * US, BLOCK, 1 }, { 1004900 * US, WAKE, 1 } }, { 300, 0 } },
	{ "nohz_full: the idle timekeeper ticks",         "v5.2", 2, { NOBODY, NOBODY }, { { 0 } }, { 300, 0 } },
	{ "nohz_full: one task, no tick",                 "v5.2", 2, { 1, NOBODY }, { { 0 } }, { 300, 0 } },
	{ "nohz_full up to v4.16: a tick each second",    "v4.16", 2, { 1, NOBODY }, { { 0 } }, { 300, 3 } },
	{ "nohz_full from v4.17: none",                   "v4.17", 2, { 1, NOBODY }, { { 0 } }, { 300, 0 } },
	{ "nohz_full up to v4.16, idle: none",            "v4.16", 2, { NOBODY, NOBODY }, { { 0 } }, { 300, 0 } },
	/* at 1.51 s; the next one would be at 2.51 */
	{ "nohz_full up to v4.16: idle for longer than that", "v4.16", 2, { -1, NOBODY },
	  { { 1504500 * US, WAKE, 1 }, { 2505000 * US, KILL, 1 } }, { 300, 1 } },
	{ "nohz_full: two tasks, the tick runs",          "v5.2", 2, { 1, 1 }, { { 0 } }, { 300, 300 } },
	/* from 1.01 to 3.00 */
	{ "nohz_full: a second task brings it back",      "v5.2", 2, { 1, -1 }, { { 1004500 * US, WAKE, 2 } }, { 300, 200 } },
	/* the tick of 2.01 finds one task and is the last */
	{ "nohz_full: the second ends, so does the tick", "v5.2", 2, { 1, 1 }, { { 2004500 * US, KILL, 2 } }, { 300, 201 } },
	/* ... and the next one is a second after it */
	{ "nohz_full up to v4.16: the second after the last tick", "v4.16", 2, { 1, 1 }, { { 1004500 * US, KILL, 2 } }, { 300, 102 } },
};
/* clang-format on */

static void place_tasks(struct rig *rig, const struct row *row)
{
	for (unsigned i = 0; i < 2; i++) {
		const int cpu = row->cpu[i];

		if (cpu == NOBODY)
			continue;
		rig_task(rig, i, TASK_FAIR, cpu == 0 ? 1 : 2);
		if (cpu >= 0)
			task_place(&rig->host, &rig->tasks[i], (uint32_t)cpu);
	}
}

static void check_row(void **state)
{
	const struct row *row = *state;
	const bool after_tick = strcmp(row->release, "after_tick") == 0;
	struct rig *rig = rig_new(after_tick ? "v6.1" : row->release, 2, 100);
	unsigned ticks[2] = { 0 };

	if (after_tick)
		rig_form(rig, "idle_tick", "after_tick");

	for (unsigned i = 0; i < 2; i++)
		rig->cpus[i].nohz_full = row->nohz_full >> i & 1;
	rig_cost(rig, COST_ipi, 100);
	rig->keep_events = TP_BIT(TP_HRTIMER_EXPIRE_ENTRY);
	rig_host(rig);
	place_tasks(rig, row);
	host_start(&rig->host);
	for (size_t i = 0; i < N_ELEMENTS(row->acts) && row->acts[i].what; i++)
		rig_at(rig, row->acts[i].at, do_act, &row->acts[i]);
	rig_host_run(rig, 3000500 * US);
	for (size_t i = 0; i < rig->n_kept; i++)
		ticks[rig->kept[i].cpu]++;
	assert_int_equal(ticks[0], row->want[0]);
	assert_int_equal(ticks[1], row->want[1]);
	rig_free(rig);
}

/* An idle CPU keeps its tick up to tick_until, whatever the form: idle from 4.5 ms on, that of 30
 * ms is kept, and that of 40 ms, which finds it idle later, is the last. */
static void check_tick_until(void **state)
{
	static const struct act idle = { 4500 * US, BLOCK, 1 };

	for (unsigned after_tick = 0; after_tick < 2; after_tick++) {
		struct rig *rig = rig_new("v6.1", 1, 100);

		if (after_tick)
			rig_form(rig, "idle_tick", "after_tick");
		rig->cpus[0].tick_until = ps(35 * PS_PER_MS);
		rig->want_events = TP_BIT(TP_HRTIMER_EXPIRE_ENTRY);
		rig_host(rig);
		rig_task(rig, 0, TASK_FAIR, 1);
		task_place(&rig->host, &rig->tasks[0], 0);
		host_start(&rig->host);
		rig_at(rig, idle.at, do_act, &idle);
		rig_host_run(rig, 90 * MS);
		assert_string_equal(rig->log, "10000000 c0 hrtimer_expire_entry\n"
					      "20000000 c0 hrtimer_expire_entry\n"
					      "30000000 c0 hrtimer_expire_entry\n"
					      "40000000 c0 hrtimer_expire_entry\n");
		rig_free(rig);
	}
}

/* On the way out of idle a stopped tick takes 2 us to start again, with interrupts off and before
 * the switch. Task 1 blocks at 4.5 ms and is woken at 7.0 ms, by its own CPU's interrupt: a tick
 * that is running (after_tick, 10 ms has not come) takes none, nor does that of a CPU in nohz_full.
 */
static void check_restart(void **state)
{
	static const struct act acts[] = { { 4500 * US, BLOCK, 1 }, { 7000 * US, WAKE, 1 } };
	static const struct {
		bool after_tick, nohz_full;
		const char *want;
	} wants[] = {
		{ false, false,
		  "4500000 c1 switch 1>0\n7002000 c1 start 10000000\n7002000 c1 switch 0>1\n" },
		{ true, false, "4500000 c1 switch 1>0\n7000000 c1 switch 0>1\n" },
		{ false, true, "4500000 c1 switch 1>0\n7000000 c1 switch 0>1\n" },
	};

	for (size_t i = 0; i < N_ELEMENTS(wants); i++) {
		struct rig *rig = rig_new("v6.1", 2, 100);

		if (wants[i].after_tick)
			rig_form(rig, "idle_tick", "after_tick");
		rig_cost(rig, COST_tick_nohz_restart, 2000);
		rig->cpus[1].nohz_full = wants[i].nohz_full;
		rig_host(rig);
		rig_task(rig, 0, TASK_FAIR, 2);
		task_place(&rig->host, &rig->tasks[0], 1);
		host_start(&rig->host);
		rig->want_events = TP_BIT(TP_SCHED_SWITCH) | TP_BIT(TP_HRTIMER_START);
		for (size_t k = 0; k < N_ELEMENTS(acts); k++)
			rig_at(rig, acts[k].at, do_act, &acts[k]);
		rig_host_run(rig, 8 * MS);
		assert_string_equal(rig->log, wants[i].want);
		rig_free(rig);
	}
}

/* A tick is due at multiples of TICK_NSEC, also where that is no divisor of a second and the clock
 * did not begin at 0: at HZ 300 it is 3333333 ns, and after 5 ns of uptime the first comes 3333328
 * later. */
static void check_instants(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 300);

	rig->cfg.host.start_monotonic = ns(5);
	rig->want_events = TP_BIT(TP_HRTIMER_EXPIRE_ENTRY);
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 1);
	task_place(&rig->host, &rig->tasks[0], 0);
	host_start(&rig->host);
	rig_host_run(rig, 11 * MS);
	assert_string_equal(rig->log, "3333328 c0 hrtimer_expire_entry\n"
				      "6666661 c0 hrtimer_expire_entry\n"
				      "9999994 c0 hrtimer_expire_entry\n");
	rig_free(rig);
}

/* The tick of each second that v4.16 keeps counts from the tick before the run began: of a clock
 * that begins at 1.23456789 s that is 1.23 s. */
static void check_residual_instant(void **state)
{
	struct rig *rig = rig_new("v4.16", 2, 100);

	rig->cfg.host.start_monotonic = ns(1234567890);
	rig->cpus[1].nohz_full = true;
	rig->keep_events = TP_BIT(TP_HRTIMER_EXPIRE_ENTRY);
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 2);
	task_place(&rig->host, &rig->tasks[0], 1);
	host_start(&rig->host);
	rig_host_run(rig, 999 * MS); /* 100 ticks of the timekeeper, and the one */
	assert_int_equal(rig->n_kept, 101);
	for (size_t i = 0; i < rig->n_kept; i++)
		if (rig->kept[i].cpu == 1)
			assert_true(rig->kept[i].when.v == UINT64_C(995432110) * PS_PER_NS);
	rig_free(rig);
}

/* The clock is read when tick_sched_timer() begins, not at its end (R3). Interrupts are off from
 * 18.9 to 19.9995 ms, so that the tick of 19 ms begins then; it takes 1 us, to behind the next one.
 */
static void check_clock_read(void **state)
{
	static const struct act off = { 18900 * US, IRQS_OFF, 1 };
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig_cost(rig, COST_tick, 1000);
	rig->want_events = TP_BIT(TP_HRTIMER_EXPIRE_ENTRY);
	rig_host(rig);
	rig_task(rig, 0, TASK_FAIR, 1);
	task_place(&rig->host, &rig->tasks[0], 0);
	host_start(&rig->host);
	rig_host_run(rig, 18500 * US);
	rig->used = 0;
	rig_at(rig, off.at, do_act, &off);
	rig_host_run(rig, 22 * MS);
	/* read at 19.9995 ms the next is that of 20 ms, due before this one ends; it is not missed
	 */
	assert_string_equal(rig->log, "19999500 c0 hrtimer_expire_entry\n"
				      "20000500 c0 hrtimer_expire_entry\n"
				      "21000000 c0 hrtimer_expire_entry\n"
				      "22000000 c0 hrtimer_expire_entry\n");
	rig_free(rig);
}

/* Each CPU has its tick at 10 ms; the one in nohz_full, with two tasks, takes 300 ns more for it.
 */
static void check_costs_more(void **state)
{
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig->cpus[1].nohz_full = true;
	rig_cost(rig, COST_tick, 1000);
	rig->cfg.host.cost[COST_tick].nohz_full = (struct quantity){ 300 * PS_PER_NS, QUANTITY_PS };
	rig->want_events = TP_BIT(TP_HRTIMER_EXPIRE_EXIT);
	rig_host(rig);
	for (unsigned i = 0; i < 3; i++) {
		rig_task(rig, i, TASK_FAIR, i ? 2 : 1);
		task_place(&rig->host, &rig->tasks[i], i ? 1 : 0);
	}
	host_start(&rig->host);
	rig_host_run(rig, 15 * MS);
	assert_string_equal(rig->log, "10001000 c0 hrtimer_expire_exit\n"
				      "10001300 c1 hrtimer_expire_exit\n");
	rig_free(rig);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + 6];
	size_t n = 0;

	for (; n < N_ELEMENTS(rows); n++)
		tests[n] = (struct CMUnitTest){ .name = rows[n].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[n] };
	tests[n++] = (struct CMUnitTest){ .name = "ticks at multiples of TICK_NSEC",
					  .test_func = check_instants };
	tests[n++] =
		(struct CMUnitTest){ .name = "the residual tick of a clock begun between ticks",
				     .test_func = check_residual_instant };
	tests[n++] = (struct CMUnitTest){ .name = "the tick reads the clock when it begins",
					  .test_func = check_clock_read };
	tests[n++] = (struct CMUnitTest){ .name = "code costs more on a CPU in nohz_full",
					  .test_func = check_costs_more };
	tests[n++] = (struct CMUnitTest){ .name = "tick_until keeps the tick of an idle CPU",
					  .test_func = check_tick_until };
	tests[n++] = (struct CMUnitTest){ .name = "a stopped tick starts again before the switch",
					  .test_func = check_restart };
	return cmocka_run_group_tests_name("nohz", tests, NULL, NULL);
}
