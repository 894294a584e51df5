/* SPDX-License-Identifier: MIT */
/* vcpu_halt - a halted vCPU: the hrtimer takes over, the thread polls for a while, then it sleeps.
 */
#include "halt_poll.h"
#include "lapic_check.h"
#include "vcpu.h"

enum { WOKE_BY_WAIT, WOKE_BY_POLL }; /* the tracepoint's `how` */

static uint32_t param_or(int64_t value, uint32_t unset)
{
	return value == KVM_PARAM_DEFAULT ? unset : (uint32_t)value;
}

static struct halt_poll_config poll_config(const struct vcpu *vcpu)
{
	const struct halt_poll_params *def = &vcpu->kernel->halt_defaults->params;
	const struct kvm_config *params = &vcpu->module->params;
	const uint32_t max = param_or(params->halt_poll_ns, def->max_ns);

	return (struct halt_poll_config){
		.params = {
			.max_ns = max,
			.grow = param_or(params->halt_poll_ns_grow, def->grow),
			.grow_start_ns =
				param_or(params->halt_poll_ns_grow_start, def->grow_start_ns),
			.shrink = param_or(params->halt_poll_ns_shrink, def->shrink),
		},
		.vm_max_ns = max,
	};
}

static bool runnable(const struct vcpu *vcpu) { return posted_intr_due(vcpu); }

/* kvm_vcpu_check_block() */
static bool has_reason_to_run(const struct vcpu *vcpu)
{
	return lapic_timer_visible(&vcpu->timer) || runnable(vcpu) || vcpu->pause;
}

static void back_in_hv(struct host_cpu *cpu, void *owner) { vcpu_loop_edge(cpu, owner); }

static void adapt(struct host_cpu *cpu, struct vcpu *vcpu, uint64_t block_ns)
{
	const struct halt_poll_config cfg = poll_config(vcpu);
	const uint32_t before = vcpu->poll_ns;
	const enum halt_change change =
		halt_poll_end(vcpu->kernel, &cfg, block_ns, true, &vcpu->poll_ns);

	if (change != HALT_KEEP && vcpu->poll_ns != before)
		HOST_TRACE(cpu, TP_KVM_HALT_POLL_NS, vcpu->index, vcpu->id, vcpu->poll_ns,
			   vcpu->poll_ns < before, before);
}

static void goes_on(struct host_cpu *cpu, void *owner)
{
	lapic_timer_to_hv(cpu, owner, back_in_hv);
}

static void block_over(struct host_cpu *cpu, struct vcpu *vcpu, uint64_t how)
{
	const uint64_t ns = ps_sub(sim_now(vcpu->host->sim), vcpu->blocked).v / PS_PER_NS;

	vcpu->on_waitqueue = false;
	HOST_TRACE(cpu, TP_KVM_VCPU_WAKEUP, vcpu->index, how, ns);
	adapt(cpu, vcpu, ns);
	cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_woken), RUN_KERNEL, goes_on);
}

static void slept(struct host_cpu *cpu, void *owner) { block_over(cpu, owner, WOKE_BY_WAIT); }

/* On the wait queue first, then the look: a wake-up in between is not lost. */
static void about_to_sleep(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->on_waitqueue = true;
	cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_block), RUN_KERNEL, slept);
	if (!has_reason_to_run(vcpu))
		task_block(cpu);
}

static void polled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->polling = false;
	if (has_reason_to_run(vcpu))
		block_over(cpu, vcpu, WOKE_BY_POLL);
	else
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_block), RUN_KERNEL, about_to_sleep);
}

/* Does something else want the CPU? */
static bool must_stop(const struct vcpu *vcpu)
{
	const struct host_cpu *cpu = vcpu->task.cpu;

	return vcpu->kernel->halt_stop->stops(nr_running(cpu) <= 1, cpu->need_resched);
}

/* Turns that take no time notice at once. */
static ps_t poll_turn(const struct vcpu *vcpu)
{
	return ps_max(vcpu->host->costs.cost[COST_poll_loop].quantile[0], ps(1));
}

void vcpu_poll_look(struct vcpu *vcpu)
{
	if (vcpu->polling && (has_reason_to_run(vcpu) || must_stop(vcpu)))
		cpu_end_after_turn(vcpu->task.cpu, &vcpu->task.ctx, vcpu->poll_total,
				   poll_turn(vcpu));
}

/* The preemption timer stops outside guest mode, so the hrtimer has taken over before the vCPU
 * polls or sleeps. */
static void in_software(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	const struct halt_poll_config cfg = poll_config(vcpu);
	const uint64_t poll =
		(uint64_t)halt_poll_begin(vcpu->kernel, &cfg, &vcpu->poll_ns) * PS_PER_NS;
	const uint64_t turn = poll_turn(vcpu).v;

	vcpu->blocked = sim_now(vcpu->host->sim);
	lapic_check_halting(vcpu);
	if (!poll || must_stop(vcpu)) {
		polled(cpu, vcpu);
		return;
	}
	vcpu->polling = true;
	vcpu->poll_total = ps((poll + turn - 1) / turn * turn);
	cpu_run(&vcpu->task.ctx, vcpu->poll_total, RUN_KERNEL, polled);
	vcpu_poll_look(vcpu);
}

void vcpu_block(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (runnable(vcpu)) {
		vcpu->halted = false;
		vcpu_enter(cpu, vcpu);
		return;
	}
	lapic_timer_to_sw(cpu, vcpu, in_software);
}
