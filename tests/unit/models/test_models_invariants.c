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

static void plant_dead(struct rig *rig, const void *arg) { rig->tasks[1].state = TASK_DEAD; }

static void plant_affinity(struct rig *rig, const void *arg) { rig->tasks[1].affinity.word[0] = 4; }

/* Task 2 waits on CPU 0 and gets its turn at 3 ms. */
static void at_its_turn(void (*plant)(struct rig *, const void *), const char *id,
			const char *formula)
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
	assert_string_equal(broken(rig)->id, id);
	assert_string_equal(broken(rig)->formula, formula);
	rig_free(rig);
}

/* E1: a task is on one CPU at most, and on one it is allowed on. */
static void e1_on_another_cpu(void **state)
{
	at_its_turn(plant_on, "E1",
		    "task 2, taken by CPU 0: executed by no other (1), allowed there (1)");
}

static void e1_not_allowed(void **state)
{
	at_its_turn(plant_affinity, "E1",
		    "task 2, taken by CPU 0: executed by no other (-1), allowed there (0)");
}

static void e4_from_the_dead(void **state)
{
	at_its_turn(plant_dead, "E4", "task 2 goes on from dead, not to running");
}

/* E5: CPU 1 is left by its only task at 2.5 ms, and is not told that another waits on CPU 0. */
static void plant_not_pulled(struct rig *rig, const void *arg)
{
	rig->host.queued_tasks = 0;
	rig->host.idle_picks = 0;
	task_kill(&rig->host, &rig->tasks[2]);
}

static void e5_idle_while_one_waits(void **state)
{
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig_host(rig);
	for (unsigned i = 0; i < 3; i++) {
		rig_task(rig, i, TASK_FAIR, i < 2 ? 3 : 2);
		task_place(&rig->host, &rig->tasks[i], i / 2);
	}
	host_start(&rig->host);
	rig_at(rig, 2500 * US, plant_not_pulled, NULL);
	assert_int_equal(sim_run(rig->sim, ps(5 * PS_PER_MS)), SIM_STOP_BROKEN);
	assert_string_equal(broken(rig)->id, "E5");
	assert_string_equal(broken(rig)->formula, "CPU 1 goes idle, and task 2 waits on CPU 0");
	rig_free(rig);
}

/* B4: a host that has been up for 292 years less 500 ns; its handler begins 1000 ns late. */
static void b4_clock_beyond_ktime(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);
	struct hrtimer timer;

	rig->cfg.host.start_monotonic = ns(KTIME_MAX - 500);
	rig_cost(rig, COST_irq_entry, 1000);
	rig_host(rig);
	hrtimer_init(&timer, rig->host.cpus, TRACE_FN_APIC_TIMER_FN, COST_callback, callback, rig,
		     0);
	host_start(&rig->host);
	hrtimer_start(rig->host.cpus, &timer, ns(KTIME_MAX - 100), true, false);
	assert_int_equal(sim_run(rig->sim, ps(PS_PER_MS)), SIM_STOP_BROKEN);
	assert_string_equal(broken(rig)->id, "B4");
	assert_string_equal(broken(rig)->formula,
			    "CLOCK_MONOTONIC 9223372036854776707 ns <= KTIME_MAX "
			    "9223372036854775807 ns");
	rig_free(rig);
}

/* D3: an account that says it entered the guest long ago takes no note of its wait: what stands
 * there is the entry behind the exit at 200002 ns. */
static void plant_entered(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].timer.account.entered = ps(1);
}

static void d3_out_of_order(void **state)
{
	rig_breaks(rig_armed(GUEST_WAIT_SPIN), plant_entered, NULL, "D3",
		   "seen 1000000000 ps <= wait starts 200002000 ps");
}

static void plant_forgotten(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].on_waitqueue = false;
}

static void d5_nobody_wakes_it(void **state)
{
	rig_breaks(rig_armed(GUEST_WAIT_HLT), plant_forgotten, NULL, "D5",
		   "vCPU 0 sleeps, and its timer is pending");
}

static void plant_posted(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].apicv = true;
	rig->world->vcpus[0].pir = true;
}

static void d5_nobody_tells_it(void **state)
{
	rig_breaks(rig_armed(GUEST_WAIT_SPIN), plant_posted, NULL, "D5",
		   "vCPU 0 is in guest mode, and not told of what was posted");
}

/* A guest that halts in guest mode and is left there: seen at the end. */
static void d5_nobody_tells_it_until_the_end(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->cfg.host.apicv = true;
	rig->cfg.kvm.enable_apicv = true;
	rig->vm.disable_exits.hlt = true;
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig->cfg.duration = ps(500 * PS_PER_US);
	rig_breaks(rig, plant_posted, NULL, "D5",
		   "vCPU 0 is in guest mode, and not told of what was posted");
}

/* A charge of 1 ps too many, as one that was forgotten would be too few. */
static void plant_cpu_time(struct rig *rig, const void *arg)
{
	rig->world->host.cpus[0].time[CPU_TIME_IRQ]++;
}

static void plant_vcpu_time(struct rig *rig, const void *arg)
{
	rig->world->vcpus[0].time[VCPU_TIME_HALTED]++;
}

static void e2_time_of_a_cpu(void **state)
{
	rig_breaks(
		rig_armed(GUEST_WAIT_SPIN), plant_cpu_time, NULL, "E2",
		"CPU 0: guest + host + user + irq + idle + steal 5000000001 ps == 5000000000 ps");
}

static void e3_time_of_a_vcpu(void **state)
{
	rig_breaks(rig_armed(GUEST_WAIT_HLT), plant_vcpu_time, NULL, "E3",
		   "vCPU 0: guest + exit + runnable + halted 5000000001 ps == 5000000000 ps");
}

/* The guest spins until its deadline of 1 ms, then halts. Its turns of 1 ns end 1 ns behind each
 * 100 us, so the third exit is at 300003. The 50003 ns up to it go to the wrong bucket, as if the
 * VM-entry had changed none; the sum is right all the same. */
static void plant_no_entry(struct rig *rig, const void *arg)
{
	struct vcpu *vcpu = &rig->world->vcpus[0];

	vcpu_charge(vcpu, VCPU_TIME_EXIT);
}

static void e3_wrong_bucket(void **state)
{
	rig_breaks(
		rig_armed(GUEST_WAIT_SPIN), plant_no_entry, NULL, "E3",
		"vCPU 0: guest 949997000 ps, exit 50003000 ps == 1000000000 ps, 0 ps of its CPUs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c5_hrtimer_early),
		cmocka_unit_test(e1_on_another_cpu),
		cmocka_unit_test(e1_not_allowed),
		cmocka_unit_test(e4_from_the_dead),
		cmocka_unit_test(e5_idle_while_one_waits),
		cmocka_unit_test(b4_clock_beyond_ktime),
		cmocka_unit_test(d3_out_of_order),
		cmocka_unit_test(d5_nobody_wakes_it),
		cmocka_unit_test(d5_nobody_tells_it),
		cmocka_unit_test(d5_nobody_tells_it_until_the_end),
		cmocka_unit_test(e2_time_of_a_cpu),
		cmocka_unit_test(e3_time_of_a_vcpu),
		cmocka_unit_test(e3_wrong_bucket),
	};

	return cmocka_run_group_tests_name("models_invariants", tests, NULL, NULL);
}
