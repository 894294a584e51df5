/* SPDX-License-Identifier: MIT */
/* What a model checks of itself while it runs: each is tripped by a fault planted in its structs.
 */
#include "models_rig.h"

static const struct sim_breach *broken(const struct rig *rig) { return sim_broken(rig->sim); }

static void callback(struct host_cpu *cpu, struct hrtimer *timer)
{
	/* the fault: the round's clock is ahead of the CPU's */
	cpu->hrtimers.now.v += 5000;
	hrtimer_callback_done(cpu, timer, false);
}

/* C5: an hrtimer fires not before its expiry. The second one is due 3 us after the first. */
static void c5_hrtimer_early(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct hrtimer timers[2];

	rig_host(rig);
	for (unsigned i = 0; i < 2; i++)
		hrtimer_init(&timers[i], rig->host.cpus, TRACE_FN_APIC_TIMER_FN, COST_callback,
			     callback, rig, i);
	host_start(&rig->host);
	hrtimer_start(rig->host.cpus, &timers[0], ns(1000), true, false);
	hrtimer_start(rig->host.cpus, &timers[1], ns(4000), true, false);
	assert_int_equal(sim_run(rig->sim, ps(PS_PER_MS)), SIM_STOP_BROKEN);
	assert_string_equal(broken(rig)->id, "C5");
	assert_string_equal(broken(rig)->formula, "hrtimer 1 fires at 1000 ns, not before 4000 ns");
	rig_free(rig);
}

static void plant_on(struct rig *rig, const void *arg) { rig->tasks[1].on = &rig->host.cpus[1]; }

static void plant_affinity(struct rig *rig, const void *arg) { rig->tasks[1].affinity.word[0] = 4; }

/* E1: a task is on one CPU at most, and on one it is allowed on. Task 2 waits on CPU 0 and gets its
 * turn at 3 ms. */
static void e1(void (*plant)(struct rig *, const void *), const char *formula)
{
	struct rig *rig = rig_new("v5.2", 2, 1000);

	rig_host(rig);
	for (unsigned i = 0; i < 2; i++) {
		rig_task(rig, i, TASK_FAIR, 1);
		task_place(&rig->host, &rig->tasks[i], 0);
	}
	host_start(&rig->host);
	rig_at(rig, 2500 * US, plant, NULL);
	assert_int_equal(sim_run(rig->sim, ps(5 * PS_PER_MS)), SIM_STOP_BROKEN);
	assert_string_equal(broken(rig)->id, "E1");
	assert_string_equal(broken(rig)->formula, formula);
	rig_free(rig);
}

static void e1_on_another_cpu(void **state)
{
	e1(plant_on, "task 2, taken by CPU 0: executed by no other (1), allowed there (1)");
}

static void e1_not_allowed(void **state)
{
	e1(plant_affinity, "task 2, taken by CPU 0: executed by no other (-1), allowed there (0)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c5_hrtimer_early),
		cmocka_unit_test(e1_on_another_cpu),
		cmocka_unit_test(e1_not_allowed),
	};

	return cmocka_run_group_tests_name("models_invariants", tests, NULL, NULL);
}
