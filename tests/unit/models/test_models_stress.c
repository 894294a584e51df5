/* SPDX-License-Identifier: MIT */
/* Worlds that nobody would write: nothing hangs, nobody is lost, nothing that fired is forgotten.
 */
#include "models_rig.h"

/* --- what must hold when a run ends --- */

static bool in_queue(const struct task *task)
{
	for (const struct task *t = task->cpu->queue[task->class]; t; t = t->next)
		if (t == task)
			return true;
	return false;
}

static bool on_its_cpu(const struct task *task)
{
	return task->cpu->current == task || (task->cpu->switching && task->cpu->switch_to == task);
}

static void check_task(const struct task *task)
{
	switch (task->state) {
	case TASK_RUNNING: assert_true(on_its_cpu(task)); break;
	case TASK_QUEUED: assert_true(in_queue(task)); break;
	case TASK_BLOCKED:
	case TASK_DEAD: break;
	}
}

static void check_queues(const struct host *host)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < host->n_cpus; i++) {
		const struct host_cpu *cpu = &host->cpus[i];
		uint32_t n = 0;

		for (unsigned class = 0; class < 2; class ++)
			for (const struct task *t = cpu->queue[class]; t; t = t->next) {
				assert_int_equal(t->state, TASK_QUEUED);
				assert_ptr_equal(t->cpu, cpu);
				n++;
			}
		assert_int_equal(n, cpu->n_queued);
		waiting += n;
	}
	assert_int_equal(waiting, host->queued_tasks);
}

/* A vCPU that sleeps has nothing pending, and what it is armed for is still to come. */
static void check_sleeper(const struct vcpu *vcpu)
{
	if (vcpu->task.state != TASK_BLOCKED || vcpu->in_user_space)
		return;
	assert_true(!vcpu->timer.pending || vcpu->timer.hrtimer.running);
	assert_false(vcpu->irr);
	assert_true(!vcpu->pir || vcpu->timer.hrtimer.running);
}

/* Between the expiry and the guest, where no code of the vCPU's own has to run. */
static bool under_way(const struct vcpu *vcpu)
{
	return vcpu->pir || vcpu->irr || vcpu->delivering || vcpu->timer.hrtimer.running;
}

/* Armed, fired, or dropped: nothing else becomes of a deadline. */
static void check_deadlines(const struct rig *rig)
{
	for (uint32_t i = 0; i < rig->world->n_vcpus; i++) {
		const struct vcpu *vcpu = &rig->world->vcpus[i];
		uint64_t armed = 0, over = 0;

		for (size_t k = 0; k < rig->n_kept; k++) {
			if (rig->kept[k].entity != i)
				continue;
			/* a merged expiry has a number of its own, which nobody armed */
			if (rig->kept[k].event == TP_LAPIC_DROP &&
			    rig_value(&rig->kept[k], "why") == DROP_MERGED)
				continue;
			armed += rig->kept[k].event == TP_LAPIC_ARM;
			over += rig->kept[k].event == TP_LAPIC_SAMPLE ||
				rig->kept[k].event == TP_LAPIC_DROP;
		}
		assert_in_range(armed - over, 0, 1);
		/* its own code may be between a cancel and a start */
		if (armed > over && !under_way(vcpu) &&
		    (vcpu->task.state == TASK_BLOCKED || vcpu->task.ctx.mode == RUN_GUEST)) {
			assert_int_equal(vcpu->timer.account.state, ACCOUNT_ARMED);
			assert_true(vcpu->timer.hv_in_use || hrtimer_queued(&vcpu->timer.hrtimer));
		}
	}
}

static void check_end(const struct rig *rig)
{
	struct world *w = rig->world;

	check_queues(&w->host);
	for (uint32_t i = 0; i < w->n_vcpus; i++) {
		check_task(&w->vcpus[i].task);
		check_sleeper(&w->vcpus[i]);
	}
	if (rig->keep_events)
		check_deadlines(rig);
}

/* --- random worlds --- */

static uint64_t costs[COST_COUNT][2];

/* Each from a stream of its own: another cost leaves the worlds as they are. */
static void random_costs(struct rig *rig, struct sim_random *r)
{
	const bool none = sim_random_below(r, 4) == 0;

	for (unsigned i = 0; i < COST_COUNT; i++) {
		struct sim_random own;
		bool zero;

		sim_random_init(&own, rig->cfg.seed, 2, i);
		zero = none || sim_random_below(&own, 3) == 0;
		costs[i][0] = 0;
		costs[i][1] = zero ? 0 : sim_random_below(&own, 5 * PS_PER_US);
		rig->cfg.host.cost[i] =
			(struct cost_config){ .n = 2, .unit = QUANTITY_PS, .value = costs[i] };
	}
	/* A guest whose instructions take no time may never let time pass. */
	costs[COST_guest_op][0] = costs[COST_guest_op][1] = PS_PER_NS;
}

static uint64_t random_mask(struct sim_random *r, uint32_t n_cpus)
{
	return 1 + sim_random_below(r, (UINT64_C(1) << n_cpus) - 1);
}

static void random_timeline(struct rig *rig, struct sim_random *r)
{
	static const enum timeline_do what[] = { DO_HOG_START,    DO_HOG_STOP,     DO_MIGRATE,
						 DO_SET_AFFINITY, DO_SET_AFFINITY, DO_DEVICE_IRQ,
						 DO_IRQS_OFF,     DO_STEAL };
	const uint32_t n_cpus = rig->cfg.host.n_cpus;

	for (unsigned i = 0; i < 40; i++) {
		struct timeline_command *c =
			rig_command(rig, sim_random_below(r, 10 * MS),
				    what[sim_random_below(r, N_ELEMENTS(what))]);

		c->cpu = (uint32_t)sim_random_below(r, n_cpus);
		c->vcpu = (uint32_t)sim_random_below(r, rig->vm.n_vcpus);
		c->cpus.word[0] = random_mask(r, n_cpus);
		c->duration = ps(1 + sim_random_below(r, 100 * PS_PER_US));
		c->task_class = sim_random_below(r, 8) ? TASK_FAIR : TASK_FIFO;
		c->every =
			ps(c->what == DO_HOG_START ? 0 : sim_random_below(r, 3) * 777 * PS_PER_US);
	}
}

/* User space asks for everything at once: it waits for the vCPUs to come out of KVM_RUN. */
static void random_pauses(struct rig *rig, struct sim_random *r)
{
	for (uint64_t at = sim_random_below(r, 4 * MS); at < 10 * MS;
	     at += 2 * MS + sim_random_below(r, 3 * MS)) {
		struct timeline_command *c;

		rig_command(rig, at, DO_PAUSE);
		rig_command(rig, at, DO_SAVE);
		c = rig_command(rig, at, DO_RESTORE);
		c->n_order = RESTORE_PARTS;
		for (unsigned i = 0; i < RESTORE_PARTS; i++)
			c->order[i] = (enum restore_part)i;
		rig_command(rig, at += sim_random_below(r, 20 * US), DO_RESUME);
	}
}

static void random_guest(struct rig *rig, struct sim_random *r)
{
	struct guest_config *guest = &rig->vm.guest;

	guest->wait = sim_random_below(r, 2) ? GUEST_WAIT_HLT : GUEST_WAIT_SPIN;
	guest->delta =
		(struct quantity){ (20 + sim_random_below(r, 800)) * PS_PER_US, QUANTITY_PS };
	guest->arm_jitter =
		(struct quantity){ sim_random_below(r, 2) * 50 * PS_PER_US, QUANTITY_PS };
	guest->other_exits.every =
		(struct quantity){ sim_random_below(r, 3) * 97 * PS_PER_US, QUANTITY_PS };
	guest->other_exits.from = sim_random_below(r, 2) ? EXITS_FROM_LAST : EXITS_FROM_GRID;
	guest->other_exits.reason = EXIT_REASON_CPUID;
}

/* APICv, who posts, and what the guest does without an exit. */
static void random_apicv(struct rig *rig, struct sim_random *r)
{
	rig->cfg.host.apicv = sim_random_below(r, 3);
	rig->cfg.kvm.enable_apicv = sim_random_below(r, 4);
	rig->cfg.kvm.pi_inject_timer = (int64_t)sim_random_below(r, 3) - 1;
	rig->cfg.kvm.lapic_timer_advance_ns = sim_random_below(r, 2) ? KVM_PARAM_DEFAULT : 0;
	rig->vm.disable_exits.hlt = sim_random_below(r, 2);
	rig->vm.disable_exits.mwait = sim_random_below(r, 3) == 0;
}

static void random_world(uint64_t seed)
{
	static const char *const releases[] = { "v4.2", "v4.5", "v4.9",  "v5.0", "v5.2",
						"v5.3", "v5.8", "v5.10", "v6.1", "v6.16" };
	struct sim_random r;

	sim_random_init(&r, seed, 1, 1);

	const uint32_t n_cpus = 1 + (uint32_t)sim_random_below(&r, 5);
	struct rig *rig = rig_new(releases[sim_random_below(&r, N_ELEMENTS(releases))], n_cpus,
				  sim_random_below(&r, 2) ? 1000 : 250);

	rig->cfg.seed = seed;
	rig->cfg.host.preempt = (enum preempt_model)sim_random_below(&r, 3);
	rig->cfg.host.vendor = sim_random_below(&r, 2) ? HOST_INTEL : HOST_AMD;
	rig->cfg.kvm.preemption_timer = sim_random_below(&r, 2);
	rig->cfg.host.tsc_khz.v = 2112003;
	rig->cfg.host.hv_rate_shift = 5;
	for (uint32_t i = 0; i < n_cpus; i++) {
		rig->cpus[i].nohz_full = i && sim_random_below(&r, 2);
		rig->cpus[i].isolated = i && sim_random_below(&r, 4) == 0;
		rig->cpus[i].idle_exit = ps(sim_random_below(&r, 3 * PS_PER_US));
	}
	random_costs(rig, &r);
	random_guest(rig, &r);
	for (uint32_t i = 1 + (uint32_t)sim_random_below(&r, 6); i; i--) {
		const uint64_t mask = random_mask(&r, n_cpus);

		rig_vcpu(rig, (uint32_t)__builtin_ctzll(mask), mask);
	}
	random_timeline(rig, &r);
	random_apicv(rig, &r);
	if (seed % 2)
		random_pauses(rig, &r);
	rig->keep_events = TP_BIT(TP_LAPIC_ARM) | TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_LAPIC_DROP);
	rig->limits.check_full = true;
	rig_run(rig, 12 * MS);
	check_end(rig);
	rig_free(rig);
}

static void random_worlds(void **state)
{
	const char *only = *state;

	for (uint64_t seed = only ? strtoull(only, NULL, 0) : 1; seed <= (only ? 0 : 400); seed++)
		random_world(seed);
	if (only)
		random_world(strtoull(only, NULL, 0));
}

/* A guest that never lets time pass is stopped by the budget, not by the user. */
static void no_time_passes(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.wait = GUEST_WAIT_HLT;
	rig->vm.guest.delta = (struct quantity){ 0, QUANTITY_PS }; /* due when it is armed */
	rig->cfg.host.start_tsc = 1000;                            /* 0 would mean: none */
	rig->cfg.duration = ps(PS_PER_S);
	rig_world(rig);
	assert_int_equal(world_run(rig->world), SIM_STOP_SAME_INSTANT);
	assert_null(sim_broken(world_sim(rig->world))->id);
	rig_free(rig);
}

static void no_costs_and_a_spinning_guest(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 1000);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.workload = &workload_busy;
	rig->limits.max_events = 10000; /* a tick a ms is 1000; an event a turn would be 10^9 */
	rig_run(rig, 1 * SEC);
	rig_free(rig);
}

/* 256 vCPUs on 64 CPUs, four on each; all are there afterwards, and all had their turn. */
static void many(void **state)
{
	struct rig *rig = rig_new("v5.2", 64, 1000);
	bool sampled[RIG_VCPUS] = { false };

	rig_cost(rig, COST_guest_op, 10);
	rig_cost(rig, COST_vmexit, 400);
	rig_cost(rig, COST_vmentry, 400);
	rig_cost(rig, COST_context_switch, 1100);
	for (uint32_t i = 0; i < RIG_VCPUS; i++)
		rig_vcpu(rig, i % 64, UINT64_C(1) << (i % 64));
	rig->vm.guest.delta = (struct quantity){ 500 * US * PS_PER_NS, QUANTITY_PS };
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	rig_run(rig, 20 * MS);
	for (size_t i = 0; i < rig->n_kept; i++)
		sampled[rig->kept[i].entity] = true;
	for (uint32_t i = 0; i < RIG_VCPUS; i++)
		assert_true(sampled[i]);
	rig->keep_events = 0;
	check_end(rig);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(random_worlds, argc > 1 ? argv[1] : NULL),
		cmocka_unit_test(no_time_passes),
		cmocka_unit_test(no_costs_and_a_spinning_guest),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("models_stress", tests, NULL, NULL);
}
