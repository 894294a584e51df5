/* SPDX-License-Identifier: MIT */
/*
 * models_rig - a host of the test's own, with or without a world around it, and a log of what
 * happened.
 *
 * All costs are 0 unless a test sets them, so that an expected instant is a sum of two or three
 * numbers. The log holds one line a thing, "instant cCPU what", instants in ns (with the ps behind
 * a dot if there are any): what is wanted is written down as text.
 */
#ifndef MODELS_RIG_H
#define MODELS_RIG_H

#include "host_cpu.h"
#include "nohz.h"
#include "scheduler.h"
#include "tracepoints.h"
#include "workload.h"
#include "world.h"
#include "world_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define US UINT64_C(1000) /* instants in tests are ns */
#define MS UINT64_C(1000000)
#define SEC UINT64_C(1000000000)

#define RIG_CPUS 64
#define RIG_VCPUS 256
#define RIG_TASKS 8
#define RIG_ACTS 16
#define RIG_COMMANDS 64

struct rig;

/* Something that the test does at an instant, before what the machine does then. */
struct rig_act {
	struct sim_event event;
	struct rig *rig;
	void (*fn)(struct rig *rig, const void *arg);
	const void *arg;
};

struct rig {
	struct trace_sink sink;
	uint64_t cost_ps[COST_COUNT];
	struct cpu_config cpus[RIG_CPUS];
	struct world_config cfg;
	struct sim_limits limits;

	/* without a world */
	struct sim *sim;
	struct trace *trace;
	struct host host;
	struct task tasks[RIG_TASKS];
	struct rig_act acts[RIG_ACTS];
	uint32_t n_acts;

	/* with one */
	struct world *world;
	struct vm_config vm;
	struct vcpu_config vcpus[RIG_VCPUS];
	struct timeline_command commands[RIG_COMMANDS];

	uint64_t want_events; /* bit per tracepoint that goes into the log */
	struct trace_record *kept;
	size_t n_kept, max_kept;
	uint64_t keep_events; /* bit per tracepoint that is kept as a record */
	size_t used;
	char log[8192];
};

#define TP_BIT(tp) (UINT64_C(1) << (tp))

static inline void rig_log(struct rig *rig, ps_t when, unsigned cpu, const char *what)
{
	char at[48];

	if (when.v % PS_PER_NS)
		snprintf(at, sizeof(at), "%llu.%03llu", (unsigned long long)(when.v / PS_PER_NS),
			 (unsigned long long)(when.v % PS_PER_NS));
	else
		snprintf(at, sizeof(at), "%llu", (unsigned long long)(when.v / PS_PER_NS));
	rig->used += (size_t)snprintf(rig->log + rig->used, sizeof(rig->log) - rig->used,
				      "%s c%u %s\n", at, cpu, what);
	assert_true(rig->used < sizeof(rig->log));
}

static inline uint64_t rig_value(const struct trace_record *rec, const char *name)
{
	const struct trace_event *ev = lapicsim_schema.events[rec->event];

	for (uint32_t i = 0; i < ev->n_fields; i++)
		if (!strcmp(ev->fields[i].name, name))
			return rec->value[i];
	fail_msg("%s has no field %s", ev->name, name);
	return 0;
}

/* One line of the log; what a test never asks for has none. */
static inline void rig_print(const struct trace_record *rec, char *text, size_t size)
{
	const struct trace_event *ev = lapicsim_schema.events[rec->event];
	const uint64_t *v = rec->value;

	switch (rec->event) {
	case TP_SCHED_SWITCH:
		snprintf(text, size, "switch %llu>%llu", (unsigned long long)v[0],
			 (unsigned long long)v[2]);
		break;
	case TP_SCHED_MIGRATE_TASK:
		snprintf(text, size, "migrate %llu to %llu", (unsigned long long)v[0],
			 (unsigned long long)v[2]);
		break;
	case TP_SCHED_WAKING:
		snprintf(text, size, "waking %llu on %llu", (unsigned long long)v[0],
			 (unsigned long long)v[1]);
		break;
	case TP_HRTIMER_START: snprintf(text, size, "start %llu", (unsigned long long)v[3]); break;
	case TP_KVM_EXIT: snprintf(text, size, "exit %s", ev->fields[1].names[v[1]]); break;
	case TP_LAPIC_DROP: snprintf(text, size, "drop %s", ev->fields[2].names[v[2]]); break;
	default: snprintf(text, size, "%s", ev->name); break;
	}
}

static inline void rig_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct rig *rig = sim_container_of(sink, struct rig, sink);
	char text[96];

	if (rig->want_events & TP_BIT(rec->event)) {
		rig_print(rec, text, sizeof(text));
		rig_log(rig, rec->when, rec->cpu, text);
	}
	if (!(rig->keep_events & TP_BIT(rec->event)))
		return;
	if (rig->n_kept == rig->max_kept) {
		rig->max_kept = rig->max_kept ? 2 * rig->max_kept : 1024;
		rig->kept = realloc(rig->kept, rig->max_kept * sizeof(*rig->kept));
		assert_non_null(rig->kept);
	}
	rig->kept[rig->n_kept++] = *rec;
}

static inline void rig_cost(struct rig *rig, enum cost_id id, uint64_t ns_)
{
	rig->cost_ps[id] = ns_ * PS_PER_NS;
}

/* A round trip through the host, with the exit's handling (h), 3000 of a CPUID, and no more:
 *	exit begins | 8000 | kvm_exit | h | loop edge | 1000 | irqs off | 2000 | check | 4000 |
 *	guest
 * and 500 of a kick. */
static inline void rig_round_trip(struct rig *rig)
{
	rig_cost(rig, COST_vmexit, 8000);
	rig_cost(rig, COST_enter_guest, 1000);
	rig_cost(rig, COST_entry_check, 2000);
	rig_cost(rig, COST_vmentry, 4000);
	rig_cost(rig, COST_handle_cpuid, 3000);
	rig_cost(rig, COST_ipi, 500);
}

/* 1 GHz, so that a cycle is a ns; timers may move; no advance. */
static inline struct rig *rig_new(const char *release, uint32_t n_cpus, uint32_t hz)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	uint32_t r;

	assert_non_null(rig);
	assert_true(kernel_parse_release(release, &r));
	kernel_init(&rig->cfg.kernel, r);
	rig->sink.record = rig_record;
	rig->limits = SIM_LIMITS_DEFAULT;
	rig->cfg.host = (struct host_config){
		.vendor = HOST_INTEL,
		.n_cpus = n_cpus,
		.cpus = rig->cpus,
		.hz = hz,
		.tsc_khz = { 1000000 },
		.tsc_scaling = true,
		.timer_migration = true,
		.hres_active = true,
		.preempt = PREEMPT_VOLUNTARY,
		.slice = ps(3 * PS_PER_MS),
		.wakeup_granularity = ps(PS_PER_MS),
	};
	for (unsigned i = 0; i < COST_COUNT; i++)
		rig->cfg.host.cost[i] = (struct cost_config){ .n = 1,
							      .unit = QUANTITY_PS,
							      .value = &rig->cost_ps[i] };
	rig->cfg.seed = 1;
	rig->cfg.kvm.min_timer_period_us = KVM_PARAM_DEFAULT;
	rig->cfg.kvm.tsc_tolerance_ppm = 250;
	rig->cfg.vms = &rig->vm;
	rig->cfg.timeline = rig->commands;
	rig->vm = (struct vm_config){ .name = "vm0", .vcpus = rig->vcpus };
	rig->vm.guest = (struct guest_config){
		.workload = &workload_tscdeadline_latency,
		.wait = GUEST_WAIT_SPIN,
		.loop = { 1000, QUANTITY_PS }, /* 1 ns: a spin sees everything at once */
	};
	return rig;
}

static inline void rig_form(struct rig *rig, const char *decision, const char *form)
{
	assert_int_equal(kernel_set_form(&rig->cfg.kernel, decision, form, NULL), KERNEL_CHANGED);
}

static inline void rig_free(struct rig *rig)
{
	if (rig->world) {
		world_free(rig->world);
	} else if (rig->sim) {
		host_free(&rig->host);
		trace_free(rig->trace);
		sim_free(rig->sim);
	}
	free(rig->kept);
	free(rig);
}

/* --- without a world --- */

static inline void rig_host(struct rig *rig)
{
	rig->sim = sim_new(&rig->limits);
	rig->trace = trace_new(&lapicsim_schema);
	assert_non_null(rig->sim);
	assert_non_null(rig->trace);
	trace_add_sink(rig->trace, &rig->sink);
	assert_true(host_init(&rig->host, rig->sim, rig->trace, &rig->cfg.host, &rig->cfg.kernel,
			      rig->cfg.seed, 16));
	/* Rows call every idle task 0. */
	for (uint32_t i = 0; i < rig->host.n_cpus; i++)
		rig->host.cpus[i].idle_task.id = 0;
}

static inline void rig_nothing(struct host_cpu *cpu, void *owner) {}

/* Task @i (printed as i + 1) runs user code for ever once it is placed or woken. */
static inline struct task *rig_task(struct rig *rig, unsigned i, enum task_class class,
				    uint64_t affinity)
{
	struct task *task = &rig->tasks[i];

	task_init(task, i + 1, class, NULL, rig);
	task->affinity.word[0] = affinity;
	cpu_run(&task->ctx, PS_NEVER, RUN_USER, rig_nothing);
	return task;
}

static inline void rig_act_fn(struct sim *sim, struct sim_event *ev)
{
	struct rig_act *act = sim_container_of(ev, struct rig_act, event);

	act->fn(act->rig, act->arg);
}

static const struct sim_event_type rig_act_type = { "rig.act", SIM_PHASE_DEVICE, rig_act_fn };

static inline void rig_at(struct rig *rig, uint64_t at_ns, void (*fn)(struct rig *, const void *),
			  const void *arg)
{
	struct rig_act *act = &rig->acts[rig->n_acts++];

	assert_true(rig->n_acts <= RIG_ACTS);
	*act = (struct rig_act){ .rig = rig, .fn = fn, .arg = arg };
	sim_event_init(&act->event, &rig_act_type, 0);
	sim_event_arm(rig->sim, &act->event, ps(at_ns * PS_PER_NS));
}

static inline void rig_check_stop(const struct sim *sim, enum sim_stop stop)
{
	const struct sim_breach *breach = sim_broken(sim);

	if (breach->id)
		fail_msg("%s at %llu ps: %s", breach->id, (unsigned long long)breach->when.v,
			 breach->formula);
	assert_true(stop == SIM_STOP_END || stop == SIM_STOP_DRAINED);
}

static inline void rig_host_run(struct rig *rig, uint64_t until_ns)
{
	rig_check_stop(rig->sim, sim_run(rig->sim, ps(until_ns * PS_PER_NS)));
}

/* --- with a world --- */

static inline void rig_vcpu(struct rig *rig, uint32_t cpu, uint64_t affinity)
{
	struct vcpu_config *v = &rig->vcpus[rig->vm.n_vcpus];

	assert_true(rig->vm.n_vcpus < RIG_VCPUS);
	*v = (struct vcpu_config){ .id = rig->vm.n_vcpus, .cpu = cpu };
	v->affinity.word[0] = affinity;
	rig->vm.n_vcpus++;
}

static inline struct timeline_command *rig_command(struct rig *rig, uint64_t at_ns,
						   enum timeline_do what)
{
	struct timeline_command *c = &rig->commands[rig->cfg.n_timeline++];

	assert_true(rig->cfg.n_timeline <= RIG_COMMANDS);
	*c = (struct timeline_command){ .at = ps(at_ns * PS_PER_NS), .what = what };
	return c;
}

static inline void rig_world(struct rig *rig)
{
	const char *error;

	rig->cfg.n_vms = 1;
	rig->world = world_new(&rig->cfg, &rig->limits, &error);
	if (!rig->world)
		fail_msg("world_new: %s", error ? error : "no memory");
	trace_add_sink(world_trace(rig->world), &rig->sink);
}

/* Runs and looks for broken invariants. */
static inline void rig_run(struct rig *rig, uint64_t duration_ns)
{
	rig->cfg.duration = ps(duration_ns * PS_PER_NS);
	if (!rig->world)
		rig_world(rig);
	rig_check_stop(world_sim(rig->world), world_run(rig->world));
}

/* A vCPU on CPU 0 with a deadline 1 ms ahead, and an exit each 100 us. */
static inline struct rig *rig_armed(enum guest_wait wait)
{
	struct rig *rig = rig_new("v5.2", 1, 100);

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.wait = wait;
	rig->vm.guest.samples = 1;
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig->vm.guest.other_exits.every = (struct quantity){ 100 * US, QUANTITY_CYCLES };
	rig->vm.guest.other_exits.reason = EXIT_REASON_CPUID;
	rig->cfg.duration = ps(5 * PS_PER_MS);
	return rig;
}

/* A fault planted at 250 us breaks the rule @id and stops the run. Frees @rig. */
static inline void rig_breaks(struct rig *rig, void (*plant)(struct rig *, const void *),
			      const void *arg, const char *id, const char *formula)
{
	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 250 * US, plant, arg);
	assert_int_equal(world_run(rig->world), SIM_STOP_BROKEN);
	assert_string_equal(sim_broken(rig->sim)->id, id);
	assert_string_equal(sim_broken(rig->sim)->formula, formula);
	rig_free(rig);
}

static inline size_t rig_count(const struct rig *rig, enum tracepoint tp)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_kept; i++)
		n += rig->kept[i].event == tp;
	return n;
}

static inline const struct trace_record *rig_find(const struct rig *rig, enum tracepoint tp,
						  size_t nth)
{
	for (size_t i = 0; i < rig->n_kept; i++)
		if (rig->kept[i].event == tp && !nth--)
			return &rig->kept[i];
	return NULL;
}

#endif
