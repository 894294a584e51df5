/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "nohz.h"
#include "sim_wrap.h"
#include "tune.h"
#include "world_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PID_VCPU 2000
#define PID_HOG 3000
#define PRIO_FAIR 120
#define PRIO_FIFO 49 /* SCHED_FIFO 50, as sched_switch prints it */

static uint32_t count_vcpus(const struct world_config *cfg)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < cfg->n_vms; i++)
		n += cfg->vms[i].n_vcpus;
	return n;
}

static uint32_t count_hogs(const struct world_config *cfg)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < cfg->n_timeline; i++)
		n += cfg->timeline[i].what == DO_HOG_START;
	return n;
}

/* --- the timeline --- */

static void hog_start(struct world *w, struct command *c)
{
	struct task *hog = c->hog;

	if (hog->state != TASK_BLOCKED && hog->state != TASK_DEAD)
		return;
	hog->state = TASK_BLOCKED;
	cpu_run(&hog->ctx, PS_NEVER, RUN_USER, NULL);
	task_wake(&w->host, NULL, hog);
}

static void hog_stop(struct world *w, uint32_t cpu)
{
	for (uint32_t i = 0; i < w->cfg->n_timeline; i++)
		if (w->commands[i].hog && w->commands[i].cfg->cpu == cpu)
			task_kill(&w->host, w->commands[i].hog);
}

static struct vcpu *target(struct world *w, const struct timeline_command *cfg)
{
	return &w->vcpus[w->first_vcpu[cfg->vm] + cfg->vcpu];
}

/* A write below /sys/module: by release it counts at once, for vCPUs created later, or is refused.
 */
static void set_param(struct world *w, const struct timeline_command *cfg)
{
	enum { NOW, NEW_VCPUS, REFUSED } result = NOW;
	const struct kernel *kernel = &w->cfg->kernel;

	if (cfg->param == KVM_PARAM_MIN_TIMER_PERIOD_US) {
		w->module.params.min_timer_period_us = cfg->value;
		for (uint32_t i = 0; i < w->n_vcpus; i++)
			w->vcpus[i].timer.count_cfg.min_period_us = (uint32_t)cfg->value;
	} else if (!kernel->param->writable) {
		result = REFUSED;
	} else if (kernel->advance_scope->scope == ADVANCE_GLOBAL) {
		w->module.advance.advance_ns = (uint32_t)cfg->value;
	} else {
		result = NEW_VCPUS;
		w->module.params.lapic_timer_advance_ns = cfg->value;
	}
	HOST_TRACE(&w->host.cpus[0], TP_SET_PARAM, 0, cfg->param, (uint64_t)cfg->value, result);
}

/* The other host's TSC as a function of our instants: it read cfg->to_tsc when the command was due.
 */
static void move_vm(const struct command *c, struct vcpu *vcpu)
{
	const struct timeline_command *cfg = c->cfg;
	struct clock clock = { .tsc_khz = cfg->to_tsc_khz,
			       .start_monotonic = c->world->host.clock.start_monotonic };

	clock.start_tsc = wrap_sub(cfg->to_tsc, clock_tsc(&clock, c->due).v);
	vcpu_move(vcpu, &clock, cfg->to_tsc_scaling);
}

static void restore(const struct timeline_command *cfg, struct vcpu *vcpu)
{
	static void (*const parts[RESTORE_PARTS])(struct vcpu * vcpu) = {
		[RESTORE_KHZ] = vcpu_restore_khz,
		[RESTORE_TSC] = vcpu_restore_tsc,
		[RESTORE_LAPIC] = vcpu_restore_lapic,
		[RESTORE_TSC_DEADLINE] = vcpu_restore_deadline,
	};

	for (uint32_t i = 0; i < cfg->n_order; i++)
		parts[cfg->order[i]](vcpu);
}

static void create_vm(struct world *w, uint32_t vm);

static void start_vm(struct world *w, uint32_t vm)
{
	if (w->created[vm])
		return;
	create_vm(w, vm);
	for (uint32_t i = 0; i < w->cfg->vms[vm].n_vcpus; i++) {
		struct vcpu *vcpu = &w->vcpus[w->first_vcpu[vm] + i];

		vcpu_start(vcpu);
		task_wake(&w->host, NULL, &vcpu->task);
	}
}

/* Commands for a whole VM. */
static void on_vm(const struct command *c)
{
	const struct timeline_command *cfg = c->cfg;
	struct world *w = c->world;

	for (uint32_t i = 0; i < w->cfg->vms[cfg->vm].n_vcpus; i++) {
		struct vcpu *vcpu = &w->vcpus[w->first_vcpu[cfg->vm] + i];

		switch (cfg->what) {
		case DO_PAUSE: vcpu_pause(vcpu); break;
		case DO_RESUME: vcpu_resume(vcpu); break;
		case DO_SAVE: vcpu_save(vcpu); break;
		case DO_RESTORE: restore(cfg, vcpu); break;
		default: assert(cfg->what == DO_MOVE_VM); move_vm(c, vcpu);
		}
	}
}

static bool out_of_kvm_run(const struct world *w, uint32_t vm)
{
	for (uint32_t i = 0; i < w->cfg->vms[vm].n_vcpus; i++)
		if (!w->vcpus[w->first_vcpu[vm] + i].in_user_space)
			return false;
	return true;
}

/* KVM_RUN holds the vCPU's mutex: what user space asks of a VM waits until all its vCPUs have come
 * out, and what it asks next waits behind that. */
static void on_vm_in_turn(struct command *c)
{
	struct world *w = c->world;
	const uint32_t vm = c->cfg->vm;
	const bool needs_mutex = c->cfg->what != DO_PAUSE && c->cfg->what != DO_RESUME;
	struct command **link = &w->waiting[vm];

	if (!w->created[vm] || c->waits)
		return;
	if (!*link && (!needs_mutex || out_of_kvm_run(w, vm))) {
		on_vm(c);
		return;
	}
	while (*link)
		link = &(*link)->next;
	*link = c;
	c->waits = true;
}

static uint32_t vm_of(const struct world *w, const struct vcpu *vcpu)
{
	uint32_t vm = w->cfg->n_vms - 1;

	while (w->first_vcpu[vm] > vcpu->index)
		vm--;
	return vm;
}

static void left_kvm_run(struct vcpu *vcpu)
{
	struct world *w = sim_container_of(vcpu->host, struct world, host);
	const uint32_t vm = vm_of(w, vcpu);

	for (struct command *c; (c = w->waiting[vm]) && out_of_kvm_run(w, vm);) {
		w->waiting[vm] = c->next;
		c->next = NULL;
		c->waits = false;
		on_vm(c);
	}
}

/* Lines of one instant that stand together are done in their order, whichever event comes first:
 * a save and the restore behind it are no tie. */
static struct command *in_turn(struct command *c)
{
	return c->first ? c->first + c->first->taken++ : c;
}

static void on_command(struct sim *sim, struct sim_event *ev)
{
	struct command *c = in_turn(sim_container_of(ev, struct command, event));
	const struct timeline_command *cfg = c->cfg;
	struct world *w = c->world;
	struct cpu_mask only = { 0 };

	c->due = sim_now(sim);
	switch (cfg->what) {
	case DO_HOG_START: hog_start(w, c); break;
	case DO_HOG_STOP: hog_stop(w, cfg->cpu); break;
	case DO_MIGRATE:
		cpu_mask_set(&only, cfg->cpu);
		task_set_affinity(&w->host, &target(w, cfg)->task, &only);
		break;
	case DO_SET_AFFINITY: task_set_affinity(&w->host, &target(w, cfg)->task, &cfg->cpus); break;
	case DO_IRQS_OFF:
		w->host.cpus[cfg->cpu].irqs_off = cfg->duration;
		host_raise(&w->host.cpus[cfg->cpu], IRQ_DEVICE);
		break;
	case DO_STEAL: host_steal(&w->host.cpus[cfg->cpu], cfg->duration); break;
	case DO_DEVICE_IRQ: host_raise(&w->host.cpus[cfg->cpu], IRQ_DEVICE); break;
	case DO_SET_PARAM: set_param(w, cfg); break;
	case DO_WRITE_TSC: vcpu_guest_writes_tsc(target(w, cfg), cfg->relative, cfg->value); break;
	case DO_CREATE_VM: start_vm(w, cfg->vm); break;
	default: on_vm_in_turn(c); break;
	}
	if (cfg->every.v && cfg->every.v <= w->cfg->duration.v - sim_now(sim).v)
		sim_event_arm(sim, ev, ps_add(sim_now(sim), cfg->every));
}

static const struct sim_event_type command_type = { "timeline", SIM_PHASE_DEVICE, on_command };

static void init_commands(struct world *w)
{
	uint32_t hog = 0;

	for (uint32_t i = 0; i < w->cfg->n_timeline; i++) {
		struct command *c = &w->commands[i];

		*c = (struct command){ .cfg = &w->cfg->timeline[i], .world = w };
		sim_event_init(&c->event, &command_type, i);
		if (!c->cfg->every.v)
			c->first = i && c[-1].first && c[-1].cfg->at.v == c->cfg->at.v ? c[-1].first
										       : c;
		if (c->cfg->what == DO_HOG_START) {
			c->hog = &w->hogs[hog];
			task_init(c->hog, w->host.n_cpus + w->n_vcpus + hog, c->cfg->task_class,
				  NULL, w);
			cpu_mask_set(&c->hog->affinity, c->cfg->cpu);
			hog++;
		}
		if (c->cfg->at.v <= w->cfg->duration.v)
			sim_event_arm(w->sim, &c->event, c->cfg->at);
	}
}

/* --- construction --- */

static void name_task(struct trace_task *task, int32_t pid, int32_t prio, const char *format,
		      unsigned number)
{
	snprintf(task->comm, sizeof(task->comm), format, number % 10000); /* CPUs, vCPUs: less */
	task->pid = pid;
	task->prio = prio;
}

static void name_tasks(struct world *w)
{
	uint32_t n = 0;

	while (n < w->host.n_cpus) {
		name_task(&w->tasks[n], 0, PRIO_FAIR, "swapper/%u", n);
		n++;
	}
	for (uint32_t vm = 0; vm < w->cfg->n_vms; vm++)
		for (uint32_t i = 0; i < w->cfg->vms[vm].n_vcpus; i++, n++)
			name_task(&w->tasks[n], PID_VCPU + (int32_t)(n - w->host.n_cpus), PRIO_FAIR,
				  "CPU %u/KVM", w->cfg->vms[vm].vcpus[i].id);
	for (uint32_t i = 0; i < w->cfg->n_timeline; i++)
		if (w->commands[i].hog)
			name_task(&w->tasks[n++], PID_HOG + (int32_t)i,
				  w->commands[i].hog->class == TASK_FIFO ? PRIO_FIFO : PRIO_FAIR,
				  "hog", 0);
}

/* Its vCPUs, with the module parameters as they are now. */
static void create_vm(struct world *w, uint32_t vm)
{
	const struct vm_config *cfg = &w->cfg->vms[vm];

	w->created[vm] = true;
	for (uint32_t i = 0; i < cfg->n_vcpus; i++) {
		const uint32_t index = w->first_vcpu[vm] + i;
		const struct vcpu_setup setup = {
			.index = index,
			.task_id = w->host.n_cpus + index,
			.cfg = &cfg->vcpus[i],
			.vm = cfg,
			.seed = w->cfg->seed,
			.left_kvm_run = left_kvm_run,
		};

		vcpu_init(&w->vcpus[index], &w->host, &w->module, &setup);
	}
}

/* pi_inject_timer as the module leaves it: -1 becomes "are there housekeeping CPUs". */
static bool inject_by_post(const struct world *w)
{
	const int64_t value = w->cfg->kvm.pi_inject_timer;

	return value < 0 ? w->host.nohz_full : value != 0;
}

/* Of any VM, also one that is created later: then it would be too late to say so. */
static bool refuses_a_rate(const struct world *w)
{
	for (uint32_t vm = 0; vm < w->cfg->n_vms; vm++)
		for (uint32_t i = 0; i < w->cfg->vms[vm].n_vcpus; i++)
			if (vcpu_rate_refused(&w->host, &w->module, &w->cfg->vms[vm].vcpus[i]))
				return true;
	return false;
}

static bool init_vms(struct world *w, const char **error)
{
	uint32_t index = 0;

	w->module =
		(struct kvm_module){ .kernel = &w->cfg->kernel,
				     .params = w->cfg->kvm,
				     .pi_inject_timer = inject_by_post(w),
				     .constants = tune_constants(&w->cfg->kernel, &w->cfg->tuner) };
	w->module.advance =
		timer_advance_initial(&w->cfg->kernel, w->cfg->kvm.lapic_timer_advance_ns,
				      &w->module.constants);
	if (refuses_a_rate(w)) {
		*error = "a vCPU's TSC rate is refused by the kernel (KVM_SET_TSC_KHZ fails)";
		return false;
	}
	for (uint32_t vm = 0; vm < w->cfg->n_vms; vm++) {
		w->first_vcpu[vm] = index;
		index += w->cfg->vms[vm].n_vcpus;
		if (!w->cfg->vms[vm].created_later)
			create_vm(w, vm);
	}
	return true;
}

uint64_t world_bytes(const struct world_config *cfg)
{
	const struct world *w = NULL;
	const uint64_t vcpus = count_vcpus(cfg), hogs = count_hogs(cfg);

	return vcpus * sizeof(*w->vcpus) + hogs * sizeof(*w->hogs) +
	       (cfg->host.n_cpus + vcpus + hogs) * sizeof(*w->tasks) +
	       (uint64_t)cfg->n_vms *
		       (sizeof(*w->first_vcpu) + sizeof(*w->created) + sizeof(*w->waiting)) +
	       (uint64_t)cfg->n_timeline * sizeof(*w->commands) +
	       host_bytes(&cfg->host, (uint32_t)vcpus + 1);
}

static bool allocate(struct world *w)
{
	const struct world_config *cfg = w->cfg;

	w->n_vcpus = count_vcpus(cfg);
	w->n_tasks = cfg->host.n_cpus + w->n_vcpus + count_hogs(cfg);
	w->vcpus = calloc(w->n_vcpus + 1, sizeof(*w->vcpus));
	w->first_vcpu = calloc(cfg->n_vms + 1, sizeof(*w->first_vcpu));
	w->created = calloc(cfg->n_vms + 1, sizeof(*w->created));
	w->waiting = calloc(cfg->n_vms + 1, sizeof(*w->waiting));
	w->commands = calloc(cfg->n_timeline + 1, sizeof(*w->commands));
	w->hogs = calloc(count_hogs(cfg) + 1, sizeof(*w->hogs));
	w->tasks = calloc(w->n_tasks, sizeof(*w->tasks));
	return w->vcpus && w->first_vcpu && w->created && w->waiting && w->commands && w->hogs &&
	       w->tasks;
}

struct world *world_new(const struct world_config *config, const struct sim_limits *limits,
			const char **error)
{
	struct world *w = calloc(1, sizeof(*w));

	*error = NULL;
	if (!w)
		return NULL;
	w->cfg = config;
	w->sim = sim_new(limits);
	w->trace = trace_new(&lapicsim_schema);
	if (!w->sim || !w->trace || !allocate(w) ||
	    !host_init(&w->host, w->sim, w->trace, &config->host, &config->kernel, config->seed,
		       w->n_vcpus + 1) ||
	    !init_vms(w, error)) {
		world_free(w);
		return NULL;
	}
	init_commands(w);
	name_tasks(w);
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	sim_free(w->sim); /* first: it knows of events that the others own */
	host_free(&w->host);
	free(w->vcpus);
	free(w->first_vcpu);
	free(w->created);
	free(w->waiting);
	free(w->commands);
	free(w->hogs);
	free(w->tasks);
	trace_free(w->trace);
	free(w);
}

enum sim_stop world_run(struct world *w)
{
	for (uint32_t vm = 0; vm < w->cfg->n_vms; vm++)
		for (uint32_t i = 0; w->created[vm] && i < w->cfg->vms[vm].n_vcpus; i++) {
			struct vcpu *vcpu = &w->vcpus[w->first_vcpu[vm] + i];

			vcpu_start(vcpu);
			task_place(&w->host, &vcpu->task, vcpu->task.cpu->id);
		}
	host_start(&w->host);

	const enum sim_stop stop = sim_run(w->sim, w->cfg->duration);

	for (uint32_t i = 0; i < w->n_vcpus; i++)
		if (w->vcpus[i].task.cpu) {
			lapic_timer_end(w->vcpus[i].task.cpu, &w->vcpus[i]);
			vcpu_account_end(w->vcpus[i].task.cpu, &w->vcpus[i]);
		}
	for (uint32_t i = 0; i < w->host.n_cpus; i++)
		cpu_account_end(&w->host.cpus[i]);
	for (uint32_t i = 0; i < w->n_vcpus; i++)
		if (w->vcpus[i].task.cpu)
			vcpu_account_check(&w->vcpus[i]);
	return sim_broken(w->sim)->id ? SIM_STOP_BROKEN : stop;
}

struct trace *world_trace(struct world *w) { return w->trace; }
struct sim *world_sim(struct world *w) { return w->sim; }

uint64_t world_draws(const struct world *w)
{
	uint64_t draws = 0;

	for (uint32_t i = 0; i < w->host.n_cpus; i++)
		draws += cost_streams_used(&w->host.cpus[i].costs);
	for (uint32_t i = 0; i < w->n_vcpus; i++)
		draws += cost_streams_used(&w->vcpus[i].costs) + w->vcpus[i].guest.jitter.used;
	return draws;
}

const struct trace_task *world_tasks(const struct world *w, uint32_t *n)
{
	*n = w->n_tasks;
	return w->tasks;
}
