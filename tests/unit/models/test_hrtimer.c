/* SPDX-License-Identifier: MIT */
/* hrtimers: which CPU's queue, which order, what the interrupt does, and what a cancel waits for.
 */
#include "models_rig.h"

#define TIMERS 12

enum what {
	NOTHING,
	START, /* unpinned */
	START_PINNED,
	REMOVE,
	CANCEL, /* by the task on CPU 0 */
	MOVE,   /* the task, to that CPU */
};

struct act {
	uint64_t at; /* ns, as everything here */
	enum what what;
	unsigned cpu, timer;
	uint64_t expires;
};

struct row {
	const char *name, *release;
	unsigned nohz_full; /* bit per CPU */
	uint64_t callback;  /* irq_entry is 50 */
	struct act acts[6];
	uint64_t restart_by;     /* 0: the callbacks do not restart */
	unsigned restarts;       /* how often */
	bool interrupts, cancel; /* are logged; a task to cancel with runs on CPU 0 */
	uint64_t program;        /* tick_program_event */
	unsigned isolated;       /* bit per CPU */
	const char *want;
};

static struct hrtimer timers[TIMERS];
static const struct row *now_row;
static unsigned restarts_left;

static struct rig *rig_of(struct hrtimer *timer) { return timer->owner; }

static void log_timer(struct host_cpu *cpu, struct hrtimer *timer, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%s %u", what, timer->id);
	rig_log(rig_of(timer), sim_now(cpu->host->sim), cpu->id, text);
}

static void entered(struct host_cpu *cpu, struct hrtimer *timer) { log_timer(cpu, timer, "runs"); }

static void callback(struct host_cpu *cpu, struct hrtimer *timer)
{
	const bool restart = restarts_left > 0;

	log_timer(cpu, timer, "done");
	if (restart) {
		restarts_left--;
		timer->expires = ns(timer->expires.v + now_row->restart_by);
	}
	hrtimer_callback_done(cpu, timer, restart);
}

static void init_timers(struct rig *rig)
{
	for (unsigned i = 0; i < TIMERS; i++) {
		hrtimer_init(&timers[i], &rig->host.cpus[0], TRACE_FN_APIC_TIMER_FN, COST_callback,
			     callback, rig, i);
		timers[i].entered = entered;
	}
}

/* hrtimer_cancel(): waits for the callback, then removes what is queued again. */
static void cancelled(struct host_cpu *cpu, void *owner)
{
	struct rig *rig = owner;

	rig_log(rig, sim_now(rig->sim), cpu->id,
		hrtimer_remove(cpu, &timers[0]) ? "cancel 1" : "cancel 0");
	cpu_run(&rig->tasks[0].ctx, PS_NEVER, RUN_USER, rig_nothing);
}

static void cancel(struct host_cpu *cpu, void *owner)
{
	struct rig *rig = owner;

	if (!hrtimer_cancel_wait(cpu, &rig->tasks[0].ctx, &timers[0], RUN_KERNEL, cancelled))
		cancelled(cpu, owner);
}

static void do_act(struct rig *rig, const void *arg)
{
	const struct act *act = arg;
	struct host_cpu *cpu = &rig->host.cpus[act->cpu];
	struct hrtimer *timer = &timers[act->timer];

	switch (act->what) {
	case START:
	case START_PINNED:
		hrtimer_start(cpu, timer, ns(act->expires), act->what == START_PINNED, false);
		break;
	case REMOVE: hrtimer_remove(cpu, timer); break;
	case CANCEL: cpu_end_wait(cpu, &rig->tasks[0].ctx); break;
	case MOVE:
		task_set_affinity(&rig->host, &rig->tasks[0],
				  &(struct cpu_mask){ { 1u << act->cpu } });
		break;
	case NOTHING: break;
	}
}

/* clang-format off */
static const struct row rows[] = {
	/* The device fires at 5000, the clock is read 50 later; a callback takes 100. */
	{ "equal expiries run in the order of enqueueing", "v5.2", 0, 100,
	  { { 0, START, 0, 2, 5000 }, { 1, START, 0, 0, 5000 }, { 2, START, 0, 1, 5000 } }, .want =
	  "5050 c0 runs 2\n5150 c0 done 2\n5150 c0 runs 0\n5250 c0 done 0\n5250 c0 runs 1\n5350 c0 done 1\n" },
	{ "started again, it is the last of its equals", "v5.2", 0, 0,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 5000 }, { 2, START, 0, 0, 5000 } }, .want =
	  "5050 c0 runs 1\n5050 c0 done 1\n5050 c0 runs 0\n5050 c0 done 0\n" },
	{ "an earlier one reprograms the device", "v5.2", 0, 100,
	  { { 0, START, 0, 0, 9000 }, { 1000, START, 0, 1, 5000 } }, .interrupts = true, .want =
	  "5050 c0 local_timer_entry\n5050 c0 runs 1\n5150 c0 done 1\n"
	  "9050 c0 local_timer_entry\n9050 c0 runs 0\n9150 c0 done 0\n" },
	{ "moved away from the front, it reprograms the device", "v5.2", 0, 100,
	  { { 0, START, 0, 0, 5000 }, { 1000, START, 0, 0, 9000 } }, .interrupts = true, .want =
	  "9050 c0 local_timer_entry\n9050 c0 runs 0\n9150 c0 done 0\n" },
	{ "moved behind another, it programs that one", "v5.2", 0, 100,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 7000 }, { 1000, START, 0, 0, 9000 } }, .interrupts = true, .want =
	  "7050 c0 local_timer_entry\n7050 c0 runs 1\n7150 c0 done 1\n"
	  "9050 c0 local_timer_entry\n9050 c0 runs 0\n9150 c0 done 0\n" },
	{ "a removed one does not fire, nor does the device", "v5.2", 0, 100,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 9000 }, { 2000, REMOVE, 0, 0, 0 } }, .interrupts = true, .want =
	  "9050 c0 local_timer_entry\n9050 c0 runs 1\n9150 c0 done 1\n" },
	{ "removed by another CPU: the device fires and finds nothing", "v5.2", 0, 100,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 2000, REMOVE, 0, 0, 0 } }, .interrupts = true, .want =
	  "5050 c1 local_timer_entry\n" },
	{ "an expiry in the past fires now", "v5.2", 0, 100,
	  { { 7000, START, 0, 0, 5000 } }, .want =
	  "7050 c0 runs 0\n7150 c0 done 0\n" },
	{ "an expiry before the epoch is past, and further than the others", "v5.2", 0, 100,
	  { { 7000, START, 0, 0, 5000 }, { 7000, START, 0, 1, (uint64_t)-5000 } }, .want =
	  "7050 c0 runs 1\n7150 c0 done 1\n7150 c0 runs 0\n7250 c0 done 0\n" },

	/* CPU 1 is nohz_full, CPU 0 keeps its tick: its next event is at 1 ms. */
	{ "before the other CPU's next event: local", "v5.2", 2, 0,
	  { { 100, START, 1, 0, 999999 } }, .want =
	  "1000049 c1 runs 0\n1000049 c1 done 0\n" },
	{ "at the other CPU's next event, up to v4.10: local", "v4.10", 2, 0,
	  { { 100, START, 1, 0, 1000000 } }, .want =
	  "1000050 c1 runs 0\n1000050 c1 done 0\n" },
	{ "at the other CPU's next event, from v4.19: moved", "v4.19", 2, 0,
	  { { 100, START, 1, 0, 1000000 } }, .want =
	  "1000050 c0 runs 0\n1000050 c0 done 0\n" },
	/* the tick's own interrupt at 2 ms programs 2.5 ms */
	{ "after it: moved, and fires when it is due", "v5.2", 2, 0,
	  { { 100, START, 1, 0, 2500000 } }, .want =
	  "2500050 c0 runs 0\n2500050 c0 done 0\n" },
	/* CPU 1, the only one that keeps house, sleeps without a tick; nobody wakes it for what it does not know */
	{ "the other CPU has no event at all: local", "v5.2", 5, 0,
	  { { 100, START, 2, 0, 2500000 } }, .want =
	  "2500050 c2 runs 0\n2500050 c2 done 0\n" },
	/* CPU 0 is busy, CPU 1 idle, and in no domain if it is isolated */
	{ "an idle CPU hands its timer to a busy one", "v5.2", 0, 0,
	  { { 100, START, 1, 0, 2500000 } }, .cancel = true, .want =
	  "2500050 c0 runs 0\n2500050 c0 done 0\n" },
	{ "an isolated one does not", "v5.2", 0, 0,
	  { { 100, START, 1, 0, 2500000 } }, .cancel = true, .isolated = 2, .want =
	  "2500050 c1 runs 0\n2500050 c1 done 0\n" },
	{ "pinned: stays", "v5.2", 2, 0,
	  { { 100, START_PINNED, 1, 0, 2500000 } }, .want =
	  "2500050 c1 runs 0\n2500050 c1 done 0\n" },
	{ "a nohz_full CPU in v4.2 is asked whether it is busy, no more", "v4.2", 2, 0,
	  { { 100, START, 1, 0, 2500000 } }, .want =
	  "2500050 c1 runs 0\n2500050 c1 done 0\n" },
	/* 500 us is local; started again for 2.5 ms it is asked anew, unless it is first here (v5.15) */
	{ "started again up to v5.14: chooses again", "v5.14", 2, 0,
	  { { 100, START, 1, 0, 500000 }, { 200, START, 1, 0, 2500000 } }, .want =
	  "2500050 c0 runs 0\n2500050 c0 done 0\n" },
	{ "started again from v5.15: the first of a queue stays", "v5.15", 2, 0,
	  { { 100, START, 1, 0, 500000 }, { 200, START, 1, 0, 2500000 } }, .want =
	  "2500050 c1 runs 0\n2500050 c1 done 0\n" },

	/* the same timer that a fresh start would move to CPU 0 */
	{ "a callback that restarts stays on its CPU", "v5.2", 2, 0,
	  { { 100, START, 1, 0, 500000 } }, .restart_by = 2000000, .restarts = 1, .want =
	  "500050 c1 runs 0\n500050 c1 done 0\n2500050 c1 runs 0\n2500050 c1 done 0\n" },
	{ "also on the CPU it was moved to", "v5.2", 2, 0,
	  { { 100, START, 1, 0, 2500000 } }, .restart_by = 100000, .restarts = 1, .want =
	  "2500050 c0 runs 0\n2500050 c0 done 0\n2600050 c0 runs 0\n2600050 c0 done 0\n" },
	{ "started elsewhere while its callback runs: keeps its queue", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 5500, START_PINNED, 0, 0, 9000 } }, .want =
	  "5050 c1 runs 0\n6050 c1 done 0\n9050 c1 runs 0\n10050 c1 done 0\n" },

	/* Read at 5050: 0 runs to 5250. Read: 1 runs to 5450. Read: 2 runs to 5650. Read for the last
	 * time: 3 is due, but three rounds are all; 600 were spent, so 5650 + 600, and 50 to enter. */
	{ "three rounds, then as long a pause", "v5.2", 0, 200,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 5120 }, { 2, START, 0, 2, 5300 }, { 3, START, 0, 3, 5500 } },
	  .interrupts = true, .want =
	  "5050 c0 local_timer_entry\n5050 c0 runs 0\n5250 c0 done 0\n5250 c0 runs 1\n5450 c0 done 1\n"
	  "5450 c0 runs 2\n5650 c0 done 2\n6300 c0 local_timer_entry\n6300 c0 runs 3\n6500 c0 done 3\n" },
	/* 60 ms each: read at 5050, 60.00505, 120.00505, 180.00505 ms; 180 ms were spent, 100 ms is most */
	{ "but a pause of at most 100 ms", "v5.2", 0, 60000000,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 30000000 }, { 2, START, 0, 2, 90000000 },
	    { 3, START, 0, 3, 150000000 } }, .want =
	  "5050 c0 runs 0\n60005050 c0 done 0\n60005050 c0 runs 1\n120005050 c0 done 1\n"
	  "120005050 c0 runs 2\n180005050 c0 done 2\n280005100 c0 runs 3\n340005100 c0 done 3\n" },

	/* 0 to 5150, the device by 5450: 1 is due, a second round, the device by 5850. 2 is not due then. */
	{ "what becomes due while the device is programmed: another round", "v5.2", 0, 100,
	  { { 0, START, 0, 0, 5000 }, { 1, START, 0, 1, 5450 }, { 2, START, 0, 2, 5851 } },
	  .interrupts = true, .program = 300, .want =
	  "5050 c0 local_timer_entry\n5050 c0 runs 0\n5150 c0 done 0\n5450 c0 runs 1\n5550 c0 done 1\n"
	  "5901 c0 local_timer_entry\n5901 c0 runs 2\n6001 c0 done 2\n" },

	{ "cancel before: 1", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 3000, CANCEL, 0, 0, 0 } }, .cancel = true, .want =
	  "3000 c0 cancel 1\n" },
	{ "cancel after: 0", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 6500, CANCEL, 0, 0, 0 } }, .cancel = true, .want =
	  "5050 c1 runs 0\n6050 c1 done 0\n6500 c0 cancel 0\n" },
	{ "cancel during the callback waits: 0", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 5500, CANCEL, 0, 0, 0 } }, .cancel = true, .want =
	  "5050 c1 runs 0\n6050 c1 done 0\n6050 c0 cancel 0\n" },
	{ "the callback restarted it: cancel gives 1", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 5500, CANCEL, 0, 0, 0 } }, .cancel = true, .restart_by = 5000, .restarts = 1, .want =
	  "5050 c1 runs 0\n6050 c1 done 0\n6050 c0 cancel 1\n" },
	{ "a canceller that moves while it waits", "v5.2", 0, 1000,
	  { { 0, START_PINNED, 1, 0, 5000 }, { 5500, CANCEL, 0, 0, 0 }, { 5600, MOVE, 2, 0, 0 } }, .cancel = true, .want =
	  "5050 c1 runs 0\n6050 c1 done 0\n6050 c2 cancel 0\n" },
};
/* clang-format on */

static void check_row(void **state)
{
	const struct row *row = *state;
	struct rig *rig = rig_new(row->release, 3, 1000);

	now_row = row;
	restarts_left = row->restarts;
	rig->cfg.host.preempt = PREEMPT_FULL;
	rig_cost(rig, COST_irq_entry, 50);
	rig_cost(rig, COST_callback, row->callback);
	rig_cost(rig, COST_tick_program_event, row->program);
	for (unsigned i = 0; i < 3; i++) {
		rig->cpus[i].nohz_full = row->nohz_full >> i & 1;
		rig->cpus[i].isolated = row->isolated >> i & 1;
	}
	if (row->interrupts)
		rig->want_events = TP_BIT(TP_LOCAL_TIMER_ENTRY);
	rig_host(rig);
	init_timers(rig);
	if (row->cancel) {
		struct task *task = rig_task(rig, 0, TASK_FAIR, 7);

		cpu_run(&task->ctx, PS_NEVER, RUN_KERNEL, cancel);
		task_place(&rig->host, task, 0);
	}
	host_start(&rig->host);
	for (size_t i = 0; i < N_ELEMENTS(row->acts) && row->acts[i].what; i++)
		rig_at(rig, row->acts[i].at, do_act, &row->acts[i]);
	rig_host_run(rig, 400 * MS);
	assert_string_equal(rig->log, row->want);
	rig_free(rig);
}

/* Any mixture of starts and removals leaves a queue that runs by (expiry, order of the last start).
 */
static void check_random_queue(void **state)
{
	static const struct row none = { .name = "" };

	now_row = &none;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct rig *rig = rig_new("v5.2", 1, 1000);
		uint64_t expires[TIMERS] = { 0 }, order[TIMERS] = { 0 };
		char want[TIMERS * 40] = "";
		size_t used = 0;
		struct sim_random r;

		sim_random_init(&r, seed, 1, 1);
		rig_host(rig);
		init_timers(rig);
		host_start(&rig->host);
		for (unsigned k = 1; k <= 200; k++) {
			const unsigned i = (unsigned)sim_random_below(&r, TIMERS);
			const bool start = sim_random_below(&r, 3) > 0;
			/* few values, so that many are equal */
			const uint64_t at = 1000 + sim_random_below(&r, 5);

			if (start)
				hrtimer_start(&rig->host.cpus[0], &timers[i], ns(at), false, false);
			else
				hrtimer_remove(&rig->host.cpus[0], &timers[i]);
			expires[i] = start ? at : 0;
			order[i] = k;
		}
		for (;;) {
			unsigned next = TIMERS;

			for (unsigned i = 0; i < TIMERS; i++)
				if (expires[i] &&
				    (next == TIMERS || expires[i] < expires[next] ||
				     (expires[i] == expires[next] && order[i] < order[next])))
					next = i;
			if (next == TIMERS)
				break;
			used += (size_t)snprintf(want + used, sizeof(want) - used,
						 "%llu c0 runs %u\n%llu c0 done %u\n",
						 (unsigned long long)expires[next], next,
						 (unsigned long long)expires[next], next);
			expires[next] = 0;
		}
		rig_host_run(rig, 1 * MS);
		assert_string_equal(rig->log, want);
		rig_free(rig);
	}
}

/* Beyond the last instant that there is: the device, which was programmed, is stopped. */
static void check_beyond_the_end(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct host_cpu *cpu;
	struct hrtimer timer;

	rig_host(rig);
	cpu = rig->host.cpus;
	hrtimer_init(&timer, cpu, TRACE_FN_APIC_TIMER_FN, COST_callback, NULL, rig, 0);
	host_start(&rig->host);
	hrtimer_start(cpu, &timer, ns(1000), true, false);
	assert_true(sim_event_armed(&cpu->device));
	hrtimer_start(cpu, &timer, ns(INT64_MAX - 1), true, false);
	assert_true(hrtimer_queued(&timer));
	assert_false(sim_event_armed(&cpu->device));
	rig_free(rig);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + 2];
	size_t n = 0;

	for (; n < N_ELEMENTS(rows); n++)
		tests[n] = (struct CMUnitTest){ .name = rows[n].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[n] };
	tests[n++] = (struct CMUnitTest){ .name = "random starts and removals",
					  .test_func = check_random_queue };
	tests[n++] = (struct CMUnitTest){ .name = "an expiry beyond the end of time",
					  .test_func = check_beyond_the_end };
	return cmocka_run_group_tests_name("hrtimer", tests, NULL, NULL);
}
