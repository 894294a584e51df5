/* SPDX-License-Identifier: MIT */
/*
 * What holds whatever the numbers are: the parts of a sample sum to its lateness, other clocks or
 * observers change nothing, and no cost means no error. Worlds of several kernels and seeds in
 * which every cost is a distribution, vCPUs move, halt or spin, and hogs come and go.
 */
#include "models_rig.h"

static const char *const releases[] = { "v4.2", "v4.5", "v4.20", "v5.2",
					"v5.3", "v5.8", "v5.10", "v6.1" };

static uint64_t quantiles[COST_COUNT][3];

/* Three nohz_full CPUs and CPU 0; two vCPUs that share CPUs 1 to 3. */
static struct rig *noisy(const char *release, uint64_t seed)
{
	struct rig *rig = rig_new(release, 4, 250);

	for (unsigned i = 0; i < COST_COUNT; i++) {
		quantiles[i][0] = 0;
		quantiles[i][1] = (100 + 37 * i) * PS_PER_NS + i;
		quantiles[i][2] = 4 * quantiles[i][1];
		rig->cfg.host.cost[i] =
			(struct cost_config){ .n = 3, .unit = QUANTITY_PS, .value = quantiles[i] };
	}
	for (unsigned i = 0; i < 4; i++) {
		rig->cpus[i].nohz_full = i > 0;
		rig->cpus[i].idle_exit = ps(2 * PS_PER_US);
	}
	rig->cfg.host.tsc_khz = (khz_t){ 2399999 };
	rig->cfg.host.preempt = seed % 2 ? PREEMPT_FULL : PREEMPT_VOLUNTARY;
	rig->cfg.kvm.lapic_timer_advance_ns = seed % 3 ? KVM_PARAM_DEFAULT : 700;
	rig->cfg.seed = seed;
	rig->cfg.host.apicv = seed / 2 % 3 > 0;
	rig->cfg.kvm.enable_apicv = true;
	rig->cfg.kvm.pi_inject_timer = -1;
	rig->cfg.kvm.preemption_timer = seed % 5 == 0;
	rig->vm.disable_exits.hlt = seed / 3 % 2;
	rig_vcpu(rig, 1, 0xe);
	rig_vcpu(rig, 2, 0xe);
	rig->vm.guest.loop = (struct quantity){ 20, QUANTITY_CYCLES };
	rig->vm.guest.wait = seed / 2 % 2 ? GUEST_WAIT_HLT : GUEST_WAIT_SPIN;
	rig->vm.guest.delta = (struct quantity){ 300 * US * PS_PER_NS, QUANTITY_PS };
	rig->vm.guest.arm_jitter = (struct quantity){ 100 * US * PS_PER_NS, QUANTITY_PS };
	rig->vm.guest.other_exits.every = (struct quantity){ 170 * US * PS_PER_NS, QUANTITY_PS };
	rig->vm.guest.other_exits.reason = EXIT_REASON_CPUID;
	for (unsigned i = 0; i < 12; i++) {
		struct timeline_command *c = rig_command(rig, 1700 * US * (i + 1) + 331 * seed,
							 i % 3 == 0   ? DO_HOG_START
							 : i % 3 == 1 ? DO_MIGRATE
								      : DO_DEVICE_IRQ);

		c->cpu = 1 + i % 3;
		c->vcpu = i % 2;
	}
	rig_command(rig, 21 * MS, DO_HOG_STOP)->cpu = 1;
	rig_command(rig, 22 * MS, DO_SET_AFFINITY)->cpus.word[0] = 0xe;
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
	return rig;
}

static void check_parts(const struct rig *rig)
{
	static const char *const parts[] = { "notify", "runqueue", "exit",   "inject",
					     "wait",   "entry",    "deliver" };

	for (size_t i = 0; i < rig->n_kept; i++) {
		const struct trace_record *sample = &rig->kept[i];
		int64_t sum = (int64_t)rig_value(sample, "fire");

		for (size_t k = 0; k < N_ELEMENTS(parts); k++) {
			const int64_t part = (int64_t)rig_value(sample, parts[k]);

			assert_true(part >= 0);
			sum += part;
		}
		assert_int_equal(sum, (int64_t)rig_value(sample, "lateness"));
	}
}

/* R21, D3, D4: to the picosecond, and rig_run() fails on a broken invariant. */
static void parts_sum_to_lateness(void **state)
{
	for (size_t r = 0; r < N_ELEMENTS(releases); r++)
		for (uint64_t seed = 1; seed <= 8; seed++) {
			struct rig *rig = noisy(releases[r], seed);

			rig_run(rig, 40 * MS);
			assert_true(rig->n_kept > 20);
			check_parts(rig);
			rig_free(rig);
		}
}

/* A line of the log for each sample and switch: when, and how late. */
static void remember(struct rig *rig)
{
	rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE) | TP_BIT(TP_SCHED_SWITCH) |
			   TP_BIT(TP_KVM_ENTRY) | TP_BIT(TP_KVM_EXIT) | TP_BIT(TP_LAPIC_EXPIRE);
}

static void assert_same_timeline(const struct rig *a, const struct rig *b)
{
	assert_true(a->n_kept > 100);
	assert_int_equal(a->n_kept, b->n_kept);
	for (size_t i = 0; i < a->n_kept; i++) {
		const struct trace_record *x = &a->kept[i], *y = &b->kept[i];

		assert_int_equal(x->when.v, y->when.v);
		assert_int_equal(x->event, y->event);
		assert_int_equal(x->cpu, y->cpu);
		assert_int_equal(x->task, y->task);
		if (x->event == TP_LAPIC_SAMPLE)
			assert_int_equal(rig_value(x, "lateness"), rig_value(y, "lateness"));
	}
}

/* M1: a host that has been up for longer by whole ticks; M4: other TSCs. */
static void same_timeline(uint64_t up_ns, uint64_t start_tsc, uint64_t offset)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct rig *a = noisy("v4.5", seed), *b = noisy("v4.5", seed);

		remember(a);
		remember(b);
		b->cfg.host.start_monotonic = ns(up_ns);
		b->cfg.host.start_tsc = start_tsc;
		for (unsigned i = 0; i < 2; i++)
			b->vcpus[i].tsc_offset = offset;
		rig_run(a, 40 * MS);
		rig_run(b, 40 * MS);
		assert_same_timeline(a, b);
		rig_free(a);
		rig_free(b);
	}
}

static void m1_shift_of_the_start(void **state)
{
	same_timeline(UINT64_C(63072000) * SEC, UINT64_C(1) << 57, 0);
}

static void m4_other_tsc_offset(void **state) { same_timeline(0, 0, UINT64_C(987654321987)); }

/* M6: no costs, no advance: the handler reads the deadline itself. */
static void m6_no_costs_no_error(void **state)
{
	static const char *const pinned[] = { "v4.10", "v5.2" };

	for (size_t k = 0; k < N_ELEMENTS(pinned); k++) {
		struct rig *rig = rig_new(pinned[k], 2, 1000);

		rig->cpus[1].nohz_full = true;
		rig_vcpu(rig, 1, 2);
		rig->vm.guest.delta = (struct quantity){ 123457, QUANTITY_CYCLES };
		rig->keep_events = TP_BIT(TP_LAPIC_SAMPLE);
		rig_run(rig, 100 * MS);
		assert_int_equal(rig->n_kept, 809); /* 809 * 123457 = 99876713 */
		for (size_t i = 0; i < rig->n_kept; i++) {
			assert_int_equal(rig_value(&rig->kept[i], "lateness"), 0);
			assert_int_equal(rig_value(&rig->kept[i], "lateness_cycles"), 0);
		}
		rig_free(rig);
	}
}

/* M10, R22: with a sink or without. */
static void m10_observers(void **state)
{
	struct rig *seen = noisy("v5.3", 3), *unseen = noisy("v5.3", 3);
	const char *error;

	seen->cfg.duration = unseen->cfg.duration = ps(40 * PS_PER_MS);
	seen->cfg.n_vms = unseen->cfg.n_vms = 1;
	rig_run(seen, 40 * MS);
	unseen->world = world_new(&unseen->cfg, &unseen->limits, &error);
	world_run(unseen->world);
	assert_true(seen->n_kept > 20);
	assert_int_equal(trace_fingerprint(world_trace(seen->world)),
			 trace_fingerprint(world_trace(unseen->world)));
	assert_int_equal(trace_count(world_trace(seen->world)),
			 trace_count(world_trace(unseen->world)));
	rig_free(seen);
	rig_free(unseen);
}

/* --shuffle-ties permutes what is equal in (instant, phase). Costs in ps make it rare that two CPUs
 * meet; where their ticks do, at HZ 250, they have nothing to do with one another. */
static void shuffled_ties(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct rig *a = noisy("v4.5", seed), *b = noisy("v4.5", seed);

		b->limits.shuffle_ties = true;
		b->limits.shuffle_seed = 99;
		rig_run(a, 40 * MS);
		rig_run(b, 40 * MS);
		assert_int_equal(a->n_kept, b->n_kept);
		for (size_t i = 0; i < a->n_kept; i++)
			assert_int_equal(rig_value(&a->kept[i], "lateness"),
					 rig_value(&b->kept[i], "lateness"));
		rig_free(a);
		rig_free(b);
	}
}

/* The same seed is the same run, another is another. */
static void seeds(void **state)
{
	uint64_t prints[3];

	for (unsigned i = 0; i < 3; i++) {
		struct rig *rig = noisy("v5.2", 5);

		rig->cfg.seed = i < 2 ? 5 : 6;
		rig_run(rig, 20 * MS);
		prints[i] = trace_fingerprint(world_trace(rig->world));
		rig_free(rig);
	}
	assert_int_equal(prints[0], prints[1]);
	assert_true(prints[0] != prints[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_sum_to_lateness),
		cmocka_unit_test(m1_shift_of_the_start),
		cmocka_unit_test(m4_other_tsc_offset),
		cmocka_unit_test(m6_no_costs_no_error),
		cmocka_unit_test(m10_observers),
		cmocka_unit_test(shuffled_ties),
		cmocka_unit_test(seeds),
	};

	return cmocka_run_group_tests_name("models_relations", tests, NULL, NULL);
}
