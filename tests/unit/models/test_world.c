/* SPDX-License-Identifier: MIT */
/* What the timeline does to a world of several VMs, and what a world refuses. */
#include "models_rig.h"

#include "world_view.h"

/* VM 0 has a vCPU on CPU 0, and VM 1, made later if @later, one on CPU 1;
 * CPU 2 idles. */
struct pair {
	struct rig *rig;
	struct vm_config vms[2];
};

static struct pair new_pair(const char *release, bool later)
{
	struct pair p = { .rig = rig_new(release, 3, 1000) };

	rig_round_trip(p.rig);
	rig_vcpu(p.rig, 0, 1);
	rig_vcpu(p.rig, 1, 2);
	p.rig->vm.n_vcpus = 1;
	p.rig->vm.guest.workload = &workload_busy;
	p.vms[0] = p.vms[1] = p.rig->vm;
	p.vms[1].vcpus = &p.rig->vcpus[1];
	p.vms[1].created_later = later;
	p.rig->cfg.n_vms = 2;
	return p;
}

/* The VMs of @p stay where they are. */
static void run_pair(struct pair *p, uint64_t duration_ns)
{
	const char *error;

	p->rig->cfg.vms = p->vms;
	p->rig->cfg.duration = ps(duration_ns * PS_PER_NS);
	p->rig->world = world_new(&p->rig->cfg, &p->rig->limits, &error);
	assert_non_null(p->rig->world);
	trace_add_sink(world_trace(p->rig->world), &p->rig->sink);
	rig_run(p->rig, duration_ns);
}

static struct timeline_command *command(struct pair *p, uint64_t at, uint64_t every,
					enum timeline_do what, uint32_t vm)
{
	struct timeline_command *c = rig_command(p->rig, at, what);

	c->every = ps(every * PS_PER_NS);
	c->vm = vm;
	return c;
}

/* Started each ms, which is nothing new for one that runs, or waits at 5 and 6 ms, while the other
 * one has its slice; stopped at 8.5 ms. Idle tasks are 0 to 2, vCPUs 3 and 4, hogs 5 and 6. */
static void hog_starts_once(void **state)
{
	struct pair p = new_pair("v5.2", false);

	command(&p, 1 * MS, 1 * MS, DO_HOG_START, 0)->cpu = 2;
	command(&p, 1200 * US, 0, DO_HOG_START, 0)->cpu = 2;
	command(&p, 8500 * US, 0, DO_HOG_STOP, 0)->cpu = 2;
	p.rig->cfg.host.slice = ps(3 * PS_PER_MS);
	p.rig->want_events = TP_BIT(TP_SCHED_SWITCH);
	run_pair(&p, 9500 * US);
	assert_string_equal(p.rig->log, "1000000 c2 switch 2>5\n4000000 c2 switch 5>6\n"
					"7000000 c2 switch 6>5\n8500000 c2 switch 5>2\n"
					"9000000 c2 switch 2>5\n");
	rig_free(p.rig);
}

/* A write below /sys/module. */
struct param_row {
	const char *name, *release;
	enum kvm_param param;
	const char *result;
	int64_t advance, param_advance, min_period;
};

/* clang-format off */
#define ADVANCE KVM_PARAM_LAPIC_TIMER_ADVANCE_NS
static const struct param_row param_rows[] = {
	{ "the advance of all vCPUs: at once",     "v4.19", ADVANCE, "now",       700, 5,   200 },
	{ "the advance of a vCPU: for new ones",   "v5.2",  ADVANCE, "new_vcpus", 5,   700, 200 },
	{ "a parameter that is read only",         "v6.11", ADVANCE, "refused",    1000, 5,   200 },
	{ "the least period: at once",             "v5.2",  KVM_PARAM_MIN_TIMER_PERIOD_US, "now", 5, 5, 700 },
	{ "the least period, whatever the other",  "v6.11", KVM_PARAM_MIN_TIMER_PERIOD_US, "now", 1000, 5, 700 },
};
/* clang-format on */

static void check_param(void **state)
{
	const struct param_row *row = *state;
	struct pair p = new_pair(row->release, false);
	struct timeline_command *c = command(&p, 50 * US, 0, DO_SET_PARAM, 0);
	const struct trace_record *rec;
	const struct world *w;

	p.rig->cfg.kvm.lapic_timer_advance_ns = 5;
	c->param = row->param;
	c->value = 700;
	p.rig->keep_events = TP_BIT(TP_SET_PARAM);
	run_pair(&p, 100 * US);
	rec = rig_find(p.rig, TP_SET_PARAM, 0);
	assert_string_equal(
		lapicsim_schema.events[TP_SET_PARAM]->fields[2].names[rig_value(rec, "result")],
		row->result);
	w = p.rig->world;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(w->vcpus[i].timer.advance->advance_ns, row->advance);
		assert_int_equal(w->vcpus[i].timer.count_cfg.min_period_us, row->min_period);
	}
	assert_int_equal(w->module.params.lapic_timer_advance_ns, row->param_advance);
	rig_free(p.rig);
}

/* Paused at 100 us, VM 0 is out of KVM_RUN 8 us later. What saves it each 5 us from 101 us on waits
 * for that, once; the one of 106 us has been given already. VM 1 goes on. */
static void save_waits_for_the_pause(void **state)
{
	struct pair p = new_pair("v5.2", false);
	const struct world *w;

	command(&p, 100 * US, 0, DO_PAUSE, 0);
	command(&p, 101 * US, 5 * US, DO_SAVE, 0);
	run_pair(&p, 109 * US);
	w = p.rig->world;
	assert_true(w->vcpus[0].in_user_space);
	assert_int_equal(w->vcpus[0].saved.tsc.v, 108000);
	assert_false(w->vcpus[1].in_user_space);
	assert_int_equal(w->vcpus[1].saved.tsc.v, 0);
	rig_free(p.rig);
}

/* What comes before a VM finds none; made twice, it is made once. */
static void a_vm_that_comes_later(void **state)
{
	struct pair p = new_pair("v5.2", true);
	struct vcpu_view before, view;

	command(&p, 50 * US, 0, DO_SAVE, 1); /* nor does it keep the pause waiting */
	command(&p, 200 * US, 100 * US, DO_CREATE_VM, 1);
	command(&p, 420 * US, 0, DO_PAUSE, 1);
	run_pair(&p, 450 * US);
	world_view_vcpu(p.rig->world, 1, &view);
	assert_true(view.created);
	assert_true(view.in_user_space);
	assert_int_equal(p.rig->world->vcpus[1].created.v, 200 * PS_PER_US);
	rig_free(p.rig);

	p = new_pair("v5.2", true);
	run_pair(&p, 450 * US); /* never made */
	world_view_vcpu(p.rig->world, 1, &before);
	assert_false(before.created);
	assert_int_equal(world_vcpus(p.rig->world), 2);
	assert_int_equal(world_cpus(p.rig->world), 3);
	rig_free(p.rig);
}

/* Paused twice, with a command that waits each time, and the first time one behind it: that one is
 * not given again with the other. */
static void what_waited_waits_again(void **state)
{
	static const struct {
		enum timeline_do each, once; /* each 100 us from 101 on; at 102 us */
		uint64_t saved;
	} cases[] = { { DO_SAVE, DO_RESTORE, 208000 }, { DO_RESTORE, DO_SAVE, 108000 } };

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct pair p = new_pair("v5.2", false);

		command(&p, 100 * US, 0, DO_PAUSE, 0);
		command(&p, 101 * US, 100 * US, cases[i].each, 0);
		command(&p, 102 * US, 0, cases[i].once, 0); /* a load of nothing */
		command(&p, 150 * US, 0, DO_RESUME, 0);
		command(&p, 200 * US, 0, DO_PAUSE, 0);
		run_pair(&p, 250 * US);
		assert_int_equal(p.rig->world->vcpus[0].saved.tsc.v, cases[i].saved);
		rig_free(p.rig);
	}
}

/* Lines of one instant that stand together, under whatever order of ties: the last one counts. */
static void lines_of_an_instant(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct pair p = new_pair("v5.2", false);

		for (int64_t value = 1; value <= 4; value++) {
			struct timeline_command *c = command(&p, 50 * US, 0, DO_SET_PARAM, 0);

			c->param = KVM_PARAM_MIN_TIMER_PERIOD_US;
			c->value = value;
		}
		p.rig->limits.shuffle_ties = true;
		p.rig->limits.shuffle_seed = seed;
		run_pair(&p, 60 * US);
		assert_int_equal(p.rig->world->module.params.min_timer_period_us, 4);
		rig_free(p.rig);
	}
}

/* VM 0 is made when VM 1, whose vCPU stands behind its own, runs already. */
static void the_first_vm_comes_later(void **state)
{
	struct pair p = new_pair("v5.2", false);

	p.vms[0].created_later = true;
	command(&p, 200 * US, 0, DO_CREATE_VM, 0);
	p.rig->keep_events = TP_BIT(TP_KVM_ENTRY);
	run_pair(&p, 450 * US);
	assert_int_equal(p.rig->n_kept, 2);
	assert_int_equal(p.rig->kept[0].entity, 1);
	assert_true(p.rig->kept[0].when.v == 3 * PS_PER_US);
	assert_int_equal(p.rig->kept[1].entity, 0);
	assert_true(p.rig->kept[1].when.v == 203 * PS_PER_US);
	rig_free(p.rig);
}

/* v5.4 asks the module whether the advance is tuned, which knows of the vCPU created last: tuned up
 * to 310 us, where VM 1 comes with a fixed one. */
static void a_later_vm_ends_the_tuning(void **state)
{
	struct pair p = new_pair("v5.4", true);
	struct timeline_command *c = command(&p, 300 * US, 0, DO_SET_PARAM, 0);
	const struct trace_record *first, *second;

	c->param = KVM_PARAM_LAPIC_TIMER_ADVANCE_NS;
	c->value = 700;
	command(&p, 310 * US, 0, DO_CREATE_VM, 1);
	p.rig->cfg.kvm.lapic_timer_advance_ns = -1;
	p.vms[0].guest.workload = &workload_tscdeadline_latency;
	p.vms[0].guest.delta = (struct quantity){ 200000, QUANTITY_CYCLES };
	p.rig->keep_events = TP_BIT(TP_TIMER_ADVANCE);
	run_pair(&p, 600 * US);
	assert_int_equal(p.rig->n_kept, 2);
	first = rig_find(p.rig, TP_TIMER_ADVANCE, 0);
	second = rig_find(p.rig, TP_TIMER_ADVANCE, 1);
	assert_true(first->when.v < 300 * PS_PER_US && second->when.v > 310 * PS_PER_US);
	assert_int_not_equal(rig_value(first, "advance_ns"), 1000);
	assert_int_equal(rig_value(second, "advance_ns"), rig_value(first, "advance_ns"));
	rig_free(p.rig);
}

/* KVM_SET_TSC_KHZ fails from v4.4 on where the host cannot scale down: said before the run,
 * also of a VM that comes later. */
static void a_rate_that_is_refused(void **state)
{
	for (unsigned later = 0; later < 2; later++) {
		struct pair p = new_pair("v5.2", later);
		const char *error = NULL;

		p.rig->cfg.host.tsc_scaling = false;
		p.rig->vcpus[1].tsc_khz = (khz_t){ 500000 };
		p.rig->cfg.vms = p.vms;
		assert_null(world_new(&p.rig->cfg, &p.rig->limits, &error));
		assert_string_equal(
			error,
			"a vCPU's TSC rate is refused by the kernel (KVM_SET_TSC_KHZ fails)");
		rig_free(p.rig);
	}

	struct pair p = new_pair("v5.2", false);

	p.rig->cfg.host.tsc_scaling = false;
	p.rig->vcpus[2].tsc_khz = (khz_t){ 500000 }; /* of no VM */
	run_pair(&p, 10 * US);
	rig_free(p.rig);
}

/* Two vCPUs on a CPU each, at 100 Hz, with three deadlines 8 ms ahead: a vCPU draws for three
 * injections and, before the second and the third arm, its jitter; its CPU for the ticks at 10 and
 * 20 ms, before the guest is done. Other costs are constants, and no draw. */
static void draws_are_counted(void **state)
{
	static const uint64_t values[] = { 100, 200 };
	static const struct cost_config two = { .n = 2, .unit = QUANTITY_PS, .value = values };
	struct rig *rig = rig_new("v5.2", 2, 100);

	rig_vcpu(rig, 0, 1);
	rig_vcpu(rig, 1, 2);
	rig->vm.guest.samples = 3;
	rig->vm.guest.delta = (struct quantity){ 8 * MS, QUANTITY_CYCLES };
	rig->vm.guest.arm_jitter = (struct quantity){ 10 * US, QUANTITY_CYCLES };
	rig->cfg.host.cost[COST_inject] = rig->cfg.host.cost[COST_tick] = two;
	rig_world(rig);
	assert_int_equal(world_draws(rig->world), 0);
	rig_run(rig, 27 * MS);
	assert_int_equal(world_draws(rig->world), 2 * (3 + 2 + 2));
	rig_free(rig);
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(hog_starts_once),
		cmocka_unit_test(save_waits_for_the_pause),
		cmocka_unit_test(what_waited_waits_again),
		cmocka_unit_test(lines_of_an_instant),
		cmocka_unit_test(a_vm_that_comes_later),
		cmocka_unit_test(the_first_vm_comes_later),
		cmocka_unit_test(a_later_vm_ends_the_tuning),
		cmocka_unit_test(a_rate_that_is_refused),
		cmocka_unit_test(draws_are_counted),
	};
	struct CMUnitTest tests[N_ELEMENTS(fixed) + N_ELEMENTS(param_rows)];
	size_t n = N_ELEMENTS(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_ELEMENTS(param_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = param_rows[i].name,
						  .test_func = check_param,
						  .initial_state = (void *)&param_rows[i] };
	return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
