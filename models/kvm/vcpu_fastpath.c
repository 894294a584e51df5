/* SPDX-License-Identifier: MIT */
/*
 * vcpu_fastpath - exits handled right behind the VM-exit, with interrupts off and the vCPU still
 * IN_GUEST_MODE: a written deadline that the preemption timer can serve, and an exit of that timer
 * (8.4). The vCPU then enters again, unless the last look before an entry says otherwise.
 */
#include "vcpu.h"

static void re_enter(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.irqs_off = false;
	vcpu_entry_check(cpu, vcpu);
}

static void deadline_written(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu_trace_written(cpu, vcpu);
	vcpu_next_op(vcpu);
	re_enter(cpu, vcpu);
}

static void write_deadline(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.irqs_off = true;
	lapic_timer_write_deadline(cpu, vcpu, guest_op(&vcpu->guest)->value, deadline_written);
}

static void timer_fires(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.irqs_off = true;
	lapic_timer_hv_fires(cpu, vcpu, re_enter);
}

static void run(struct vcpu *vcpu, enum cost_id cost, context_fn *fn)
{
	cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, cost), RUN_IRQS_OFF, fn);
}

bool vcpu_fastpath(struct vcpu *vcpu)
{
	if (vcpu->reason == EXIT_REASON_PREEMPTION_TIMER && lapic_timer_hv_counts(vcpu)) {
		run(vcpu, COST_fastpath_preemption_timer, timer_fires);
		return true;
	}
	if (vcpu->reason != EXIT_REASON_MSR_WRITE || vcpu->tsc_write.due ||
	    guest_op(&vcpu->guest)->kind != GUEST_WRMSR_DEADLINE || !lapic_timer_can_use_hv(vcpu))
		return false;
	run(vcpu, COST_fastpath_msr_write, write_deadline);
	return true;
}
