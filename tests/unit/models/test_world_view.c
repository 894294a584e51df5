/* SPDX-License-Identifier: MIT */
/* A world seen from outside: the names of its tasks, and a vCPU and its CPU 250 us after the guest
 * armed a deadline of 1 ms. The TSC counts ns, and nothing costs anything. */
#include "models_rig.h"

#include "world_view.h"

static void tasks_have_names(void **state)
{
	static const char *const names[] = { "swapper/0", "swapper/1", "CPU 7/KVM", "hog" };
	static const int32_t pids[] = { 0, 0, 2000, 3000 };
	struct rig *rig = rig_new("v5.2", 2, 100);
	const struct trace_task *tasks;
	uint32_t n;

	rig_vcpu(rig, 1, 2);
	rig->vcpus[0].id = 7;
	rig_command(rig, 100 * US, DO_HOG_START);
	rig_world(rig);
	tasks = world_tasks(rig->world, &n);
	assert_int_equal(n, N_ELEMENTS(names));
	for (uint32_t i = 0; i < n; i++) {
		assert_string_equal(tasks[i].comm, names[i]);
		assert_int_equal(tasks[i].pid, pids[i]);
		assert_int_equal(tasks[i].prio, 120);
	}
	rig_free(rig);
}

static void look(struct rig *rig, const void *arg)
{
	struct vcpu_view v;
	struct cpu_view c;
	struct hrtimer_view h;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.created);
	assert_int_equal(v.cpu, 0);
	assert_int_equal(v.task, 1);
	assert_true(v.in_guest);
	assert_int_equal(v.mode, IN_GUEST_MODE);
	assert_false(v.sleeps || v.halted || v.irr || v.isr || v.pir || v.in_user_space);
	assert_true(v.interrupts_on);
	assert_int_equal(v.tsc.v, 250000);
	assert_int_equal(v.account, ACCOUNT_ARMED);
	assert_true(v.queued);
	assert_false(v.running || v.hv_in_use || v.masked || v.pending);
	assert_int_equal(v.queue, 0);
	assert_int_equal(v.count.tscdeadline.v, 1000000);
	assert_int_equal(v.tmcct, 0);
	assert_int_equal(v.advance_ns, 0);

	world_view_cpu(rig->world, 0, &c);
	assert_int_equal(c.task, 1);
	assert_int_equal(c.mode, RUN_GUEST);
	assert_false(c.in_irq || c.asleep || c.need_resched || c.tick_stopped);
	assert_int_equal(c.pending, 0);
	assert_int_equal(c.expires_next, 1000000);
	assert_int_equal(c.n_tasks, 0);
	assert_int_equal(c.n_hrtimers, 2); /* the tick is the other */
	world_view_hrtimer(rig->world, 0, 0, &h);
	assert_int_equal(h.function, TRACE_FN_APIC_TIMER_FN);
	assert_int_equal(h.expires.v, 1000000);
	assert_int_equal(h.address, v.hrtimer);
}

static void armed(void **state)
{
	struct rig *rig = rig_armed(GUEST_WAIT_SPIN);

	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 250 * US, look, NULL);
	rig_run(rig, MS);
	rig_free(rig);
}

/* On the preemption timer, masked at 200 us. */
static void look_at_the_hv_timer(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.hv_in_use && v.masked && v.in_guest);
	assert_false(v.queued || v.running || v.pending);
	assert_int_equal(v.count.tscdeadline.v, 1000000);
	assert_int_equal(v.account, ACCOUNT_ARMED);
}

static void on_the_preemption_timer(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_arm, { 1 * MS, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 200 * US, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_mask, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 1 * MS, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig->cfg.kvm.preemption_timer = true;
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 250 * US, look_at_the_hv_timer, NULL);
	rig_run(rig, 500 * US);
	rig_free(rig);
}

/* The same deadline met halted: the callback, the injection and the way to the handler's first
 * instruction take 10 us each. */
static void look_asleep(struct rig *rig, const void *arg)
{
	struct vcpu_view v;
	struct cpu_view c;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.halted && v.sleeps && v.queued && v.interrupts_on);
	assert_false(v.in_guest || v.running || v.isr);
	assert_int_equal(v.mode, OUTSIDE_GUEST_MODE);
	world_view_cpu(rig->world, 0, &c);
	assert_true(c.asleep);
	assert_int_equal(c.task, 0);
}

static void look_in_the_callback(struct rig *rig, const void *arg)
{
	struct vcpu_view v;
	struct cpu_view c;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.running && v.halted && v.sleeps);
	assert_false(v.queued || v.pending);
	assert_int_equal(v.account, ACCOUNT_FIRED);
	assert_true(v.fired.v == 1000 * PS_PER_US);
	world_view_cpu(rig->world, 0, &c);
	assert_true(c.in_irq);
	assert_int_equal(c.n_hrtimers, 0);
}

static void look_before_the_injection(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.pending);
	assert_false(v.running || v.sleeps || v.in_guest || v.irr || v.isr);
}

static void look_in_the_handler(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.isr && v.in_guest);
	assert_false(v.irr || v.halted || v.sleeps || v.interrupts_on || v.running || v.queued);
	assert_int_equal(v.account, ACCOUNT_INJECTED);
	assert_int_equal(v.n, 0);
	assert_true(v.due.v == 1000 * PS_PER_US);
}

static void woken(void **state)
{
	struct rig *rig = rig_armed(GUEST_WAIT_HLT);

	rig_cost(rig, COST_callback, 10 * US);
	rig_cost(rig, COST_inject, 10 * US);
	rig_cost(rig, COST_irq_delivery, 10 * US);
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 500 * US, look_asleep, NULL);
	rig_at(rig, 1005 * US, look_in_the_callback, NULL);
	rig_at(rig, 1015 * US, look_before_the_injection, NULL);
	rig_at(rig, 1025 * US, look_in_the_handler, NULL);
	rig_run(rig, 2 * MS);
	rig_free(rig);
}

/* A periodic count of 100000 ticks of 4 ns, 50 us after it began, on a vCPU with APICv; its first
 * expiry is posted to it with interrupts off. */
static void look_at_the_count(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_int_equal(v.count.mode, LAPIC_MODE_PERIODIC);
	assert_int_equal(v.count.period_ns, 400 * US);
	assert_int_equal(v.count.target.v, 400 * US);
	assert_int_equal(v.tmcct, 87500);
	assert_false(v.interrupts_on || v.irr || v.pir);
}

static void look_at_what_waits(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.irr && v.in_guest);
	assert_false(v.interrupts_on || v.isr || v.pir);
}

static void look_at_what_is_served(struct rig *rig, const void *arg)
{
	struct vcpu_view v;

	world_view_vcpu(rig->world, 0, &v);
	assert_true(v.isr && v.in_guest);
	assert_false(v.irr || v.pir);
}

static void counting(void **state)
{
	static const struct program_op ops[] = {
		{ PROGRAM_cli, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_lvtt, { 0, QUANTITY_CYCLES }, LAPIC_MODE_PERIODIC },
		{ PROGRAM_tdcr, { 0, QUANTITY_CYCLES }, 1 },
		{ PROGRAM_tmict, { 0, QUANTITY_CYCLES }, 100000 },
		{ PROGRAM_compute, { 500 * US, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_sti, { 0, QUANTITY_CYCLES }, 0 },
		{ PROGRAM_compute, { 1 * MS, QUANTITY_CYCLES }, 0 },
	};
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig->cfg.host.apicv = true;
	rig->cfg.kvm.enable_apicv = true;
	rig_cost(rig, COST_irq_delivery, 10 * US);
	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_program;
	rig->vm.guest.start = (struct program_part){ N_ELEMENTS(ops), ops };
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 50 * US, look_at_the_count, NULL);
	rig_at(rig, 450 * US, look_at_what_waits, NULL);
	rig_at(rig, 505 * US, look_at_what_is_served, NULL);
	rig_run(rig, 600 * US);
	rig_free(rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_have_names),
		cmocka_unit_test(armed),
		cmocka_unit_test(on_the_preemption_timer),
		cmocka_unit_test(woken),
		cmocka_unit_test(counting),
	};

	return cmocka_run_group_tests_name("world_view", tests, NULL, NULL);
}
