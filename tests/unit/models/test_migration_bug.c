/* SPDX-License-Identifier: MIT */
/*
 * The structure of the bug that 61abdbe0bcc2 fixed: on a nohz_full CPU the unpinned lapic hrtimer
 * is queued on the housekeeping CPU, and its callback tells nobody.
 *
 * CPU 0 keeps the tick, the others are nohz_full. All costs are 0 and a turn of the spin is 1 ns
 * unless a row says otherwise, so that what is left is the bug itself.
 */
#include "models_rig.h"

static struct rig *bug_rig(const char *release, uint32_t n_cpus, uint32_t hz)
{
	struct rig *rig = rig_new(release, n_cpus, hz);

	for (uint32_t i = 1; i < n_cpus; i++)
		rig->cpus[i].nohz_full = true;
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_LAPIC_EXPIRE) |
			   TP_BIT(TP_LAPIC_DROP) | TP_BIT(TP_HRTIMER_START);
	return rig;
}

static void apply_fix(struct rig *rig)
{
	assert_int_equal(kernel_apply(&rig->cfg.kernel, "61abdbe0bcc2"), KERNEL_CHANGED);
}

static void other_exits(struct rig *rig, uint64_t every_ns)
{
	rig->vm.guest.other_exits.every = (struct quantity){ every_ns, QUANTITY_CYCLES };
	rig->vm.guest.other_exits.reason = EXIT_REASON_CPUID;
}

static void delta(struct rig *rig, uint64_t delta_ns)
{
	rig->vm.guest.delta = (struct quantity){ delta_ns, QUANTITY_CYCLES };
}

static unsigned count_remote(const struct rig *rig)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig->n_kept; i++)
		if (rig->kept[i].event == TP_LAPIC_EXPIRE)
			n += rig_value(&rig->kept[i], "cpu") !=
			     rig_value(&rig->kept[i], "vcpu.cpu");
	return n;
}

static unsigned count_lapic_starts(const struct rig *rig)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig->n_kept; i++)
		if (rig->kept[i].event == TP_HRTIMER_START)
			n += rig_value(&rig->kept[i], "function") == TRACE_FN_APIC_TIMER_FN;
	return n;
}

/* Armed at 0 for 2 ms. With other exits each T the guest leaves at T + 1, 2T + 2, ...: the first of
 * them behind 2 ms is when the interrupt is seen, and nothing else is. */
struct next_exit_row {
	const char *name;
	uint64_t every, lateness;
};

static const struct next_exit_row next_exit_rows[] = {
	{ "late until the next exit: each 0.7 ms, the third", 700000, 2100003 - 2000000 },
	{ "late until the next exit: each 1.5 ms, the second", 1500000, 3000002 - 2000000 },
	{ "late until the next exit: each 1999999 ns, the first, in time", 1999999,
	  2000000 - 2000000 },
	{ "late until the next exit: each 2 ms, the first", 2000000, 2000001 - 2000000 },
	{ "late until the next exit: each 4 ms", 4000000, 4000001 - 2000000 },
	{ "late until the next exit: each 25 ms", 25000000, 25000001 - 2000000 },
	{ "late until the next exit: each 700 ms", 700000000, 700000001 - 2000000 },
};

static void check_next_exit(void **state)
{
	const struct next_exit_row *row = *state;
	const struct trace_record *sample;
	struct rig *rig = bug_rig("v4.5", 2, 1000);

	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 1;
	delta(rig, 2 * MS);
	other_exits(rig, row->every);
	rig_run(rig, 900 * MS);
	sample = rig_find(rig, TP_LAPIC_SAMPLE, 0);
	assert_non_null(sample);
	assert_int_equal(rig_value(sample, "lateness"), row->lateness * PS_PER_NS);
	/* all of it is waiting for the exit */
	assert_int_equal(rig_value(sample, "notify"), row->lateness * PS_PER_NS);
	assert_int_equal(rig_value(sample, "cpu"), 0);
	rig_free(rig);
}

/* With no other exits at all. Armed at 0 for 2 ms; the residual tick, if there is one, is at 1 s.
 */
struct unseen_row {
	const char *name, *release, *mode, *notify;
	uint64_t lateness; /* 0: never seen */
};

static const struct unseen_row unseen_rows[] = {
	{ "no other exits: until the residual tick", "v4.5", NULL, NULL, 1 * SEC - 2 * MS },
	{ "no other exits, no residual tick: for ever", "v5.2", "abs", "flag", 0 },
};

static void check_unseen(void **state)
{
	const struct unseen_row *row = *state;
	struct rig *rig = bug_rig(row->release, 2, 1000);

	if (row->mode) {
		rig_form(rig, "mode", row->mode);
		rig_form(rig, "notify", row->notify);
	}
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 1;
	delta(rig, 2 * MS);
	rig_run(rig, 3 * SEC);
	if (row->lateness) {
		assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 1);
		assert_int_equal(rig_value(rig_find(rig, TP_LAPIC_SAMPLE, 0), "lateness"),
				 row->lateness * PS_PER_NS);
	} else {
		assert_int_equal(rig_count(rig, TP_LAPIC_SAMPLE), 0);
		assert_int_equal(rig_count(rig, TP_LAPIC_DROP), 1);
		assert_int_equal(rig_value(rig_find(rig, TP_LAPIC_DROP, 0), "why"), DROP_UNSEEN);
	}
	rig_free(rig);
}

/*
 * Which timers move, for a period p shorter than a tick and an arming phase that is uniform over
 * whole ticks (arm_jitter): those armed less than p before the housekeeping CPU's next tick, so the
 * share is p * HZ. 10 000 arms; the standard deviation of a share of 1/2 is 0.005, and 0.02 is
 * asked for.
 */
struct share_row {
	const char *name, *release;
	bool fixed, no_migration;
	uint32_t hz;
	uint64_t period, jitter;
	unsigned percent_x10;
};

/* clang-format off */
static const struct share_row share_rows[] = {
	{ "share: 500 us at HZ 250, 1 in 8",       "v4.5", false, false, 250, 500 * US, 4 * MS, 125 },
	{ "share: 500 us at HZ 1000, 1 in 2",      "v4.5", false, false, 1000, 500 * US, 2 * MS, 500 },
	{ "share: 100 us at HZ 1000, 1 in 10",     "v4.5", false, false, 1000, 100 * US, 1 * MS, 100 },
	{ "share: 5 ms at HZ 250, all",            "v4.5", false, false, 250, 5 * MS, 4 * MS, 1000 },
	{ "share: after the fix, none",            "v4.5", true, false, 1000, 500 * US, 2 * MS, 0 },
	{ "share: timer_migration off, none",      "v4.5", false, true, 1000, 500 * US, 2 * MS, 0 },
	{ "share: timer_migration off and the fix, none", "v4.5", true, true, 1000, 500 * US, 2 * MS, 0 },
	{ "share: unpinned again in v5.3, 1 in 2", "v5.3", false, false, 1000, 500 * US, 2 * MS, 500 },
};
/* clang-format on */

static void check_share(void **state)
{
	enum { ARMS = 10000 };
	const struct share_row *row = *state;
	struct rig *rig = bug_rig(row->release, 2, row->hz);

	if (row->fixed)
		apply_fix(rig);
	rig->cfg.host.timer_migration = !row->no_migration;
	rig->keep_events = TP_BIT(TP_LAPIC_EXPIRE);
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = ARMS;
	rig->vm.guest.arm_jitter = (struct quantity){ row->jitter, QUANTITY_CYCLES };
	delta(rig, row->period);
	other_exits(rig, 300 * US); /* what was moved is seen some time */
	rig_run(rig, 100 * SEC);
	assert_int_equal(rig->n_kept, ARMS);
	assert_in_range(count_remote(rig), row->percent_x10 <= 20 ? 0 : row->percent_x10 * 10 - 200,
			row->percent_x10 ? row->percent_x10 * 10 + 200 : 0);
	rig_free(rig);
}

/*
 * The same with arms spread evenly: arm k at k * (8 ms + 400 ns), so that 10 000 of them stand 400
 * ns apart on each tick of 4 ms, or four times on each of 1 ms. Then the share is p * HZ to the
 * arm: a timer moves if its expiry comes after the next tick, which is so on the last p of each
 * tick.
 */
struct even_row {
	const char *name;
	uint32_t hz;
	uint64_t period;
	unsigned remote;
};

static const struct even_row even_rows[] = {
	{ "spread evenly: 500 us at HZ 250, 1250 of 10000", 250, 500 * US, 1250 },
	{ "spread evenly: 500 us at HZ 1000, 5000 of 10000", 1000, 500 * US, 5000 },
	{ "spread evenly: 100 us at HZ 250, 250 of 10000", 250, 100 * US, 250 },
};

static void check_even_share(void **state)
{
	enum { ARMS = 10000 };
	static uint64_t arm[ARMS], deadline[ARMS];
	const struct even_row *row = *state;
	struct rig *rig = bug_rig("v4.5", 2, row->hz);

	for (unsigned i = 0; i < ARMS; i++) {
		arm[i] = 1 * MS + i * (8 * MS + 400);
		deadline[i] = arm[i] + row->period;
	}
	rig->keep_events = TP_BIT(TP_LAPIC_EXPIRE);
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.workload = &workload_recorded;
	rig->vm.guest.n_recorded = ARMS;
	rig->vm.guest.recorded_timer = LAPIC_MODE_TSC_DEADLINE;
	rig->vm.guest.recorded_arm_tsc = arm;
	rig->vm.guest.recorded_deadline_tsc = deadline;
	other_exits(rig, 300 * US); /* what was moved is seen some time before the next arm */
	rig_run(rig, 81 * SEC);
	assert_int_equal(rig->n_kept, ARMS);
	/* The arms that stand at the edge itself may fall on either side. */
	assert_in_range(count_remote(rig), row->remote - 4, row->remote + 4);
	rig_free(rig);
}

/*
 * The vCPU moves from CPU 1 to CPU 2 with its timer armed for 10 ms. Then the entry path restarts
 * the timer, in the form's mode. Or its callback, of 20 us, runs while the entry path cancels it:
 * the vCPU moves 5 us before the deadline, and vcpu_enter_guest() takes 10 us to the request. The
 * cancel waits for the callback and returns 0, so nothing is restarted; but the callback has set
 * pending and the request, and the check before the entry sends the vCPU round: in the guest 10 us
 * later.
 */
struct move_row {
	const char *name;
	bool fixed, callback;
	unsigned starts, cpu; /* of the timer; where it fires */
	uint64_t lateness;
};

/* clang-format off */
static const struct move_row move_rows[] = {
	/* the next exit that the guest makes: 25 ms behind the first instruction, and 10 us for the entry twice */
	{ "moved: the restart goes to the housekeeping CPU again", false, false, 2, 0, 25010001 + 10000 - 10010000 },
	{ "moved: after the fix the restart stays with the vCPU",  true, false, 2, 2, 10000 },
	{ "moved while the callback runs: harmless",               false, true, 1, 0, 30000 },
	{ "moved while the callback runs, after the fix: harmless", true, true, 1, 1, 30000 },
};
/* clang-format on */

static void check_move(void **state)
{
	const struct move_row *row = *state;
	const struct trace_record *sample;
	struct rig *rig = bug_rig("v4.5", 3, 1000);
	struct timeline_command *move;

	if (row->fixed)
		apply_fix(rig);
	rig_cost(rig, COST_enter_guest,
		 10 * US); /* the first instruction at 10 us, due at 10.01 ms */
	if (row->callback)
		rig_cost(rig, COST_callback, 20 * US);
	rig_vcpu(rig, 1, 6);
	rig->vm.guest.samples = 1;
	delta(rig, 10 * MS);
	other_exits(rig, 25 * MS);
	move = rig_command(rig, row->callback ? 10 * MS + 5 * US : 5 * MS, DO_MIGRATE);
	move->cpu = 2;
	rig_run(rig, 100 * MS);
	assert_int_equal(count_lapic_starts(rig), row->starts);
	sample = rig_find(rig, TP_LAPIC_SAMPLE, 0);
	assert_non_null(sample);
	assert_int_equal(rig_value(sample, "cpu"), row->cpu);
	assert_int_equal(rig_value(sample, "lateness"), row->lateness * PS_PER_NS);
	rig_free(rig);
}

#define ROWS(array, check)                                             \
	for (size_t i = 0; i < N_ELEMENTS(array); i++)                 \
		tests[n++] = (struct CMUnitTest)                       \
		{                                                      \
			.name = (array)[i].name, .test_func = (check), \
			.initial_state = (void *)&(array)[i]           \
		}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(next_exit_rows) + N_ELEMENTS(unseen_rows) +
				N_ELEMENTS(share_rows) + N_ELEMENTS(even_rows) +
				N_ELEMENTS(move_rows)];
	size_t n = 0;

	ROWS(next_exit_rows, check_next_exit);
	ROWS(unseen_rows, check_unseen);
	ROWS(share_rows, check_share);
	ROWS(even_rows, check_even_share);
	ROWS(move_rows, check_move);
	return cmocka_run_group_tests_name("migration_bug", tests, NULL, NULL);
}
