/* SPDX-License-Identifier: MIT */
#include "world_view.h"

#include "world_state.h"

#include <assert.h>

uint32_t world_cpus(const struct world *world) { return world->host.n_cpus; }
uint32_t world_vcpus(const struct world *world) { return world->n_vcpus; }

void world_view_cpu(const struct world *world, uint32_t index, struct cpu_view *ret)
{
	assert(index < world->host.n_cpus);
	const struct host_cpu *cpu = &world->host.cpus[index];

	*ret = (struct cpu_view){
		.task = cpu->current->id,
		.mode = cpu->top->mode,
		.in_irq = cpu->in_irq,
		.asleep = cpu->asleep,
		.need_resched = cpu->need_resched,
		.tick_stopped = cpu->tick_stopped,
		.pending = cpu->pending,
		.expires_next = world->host.expires_next[index],
		.n_tasks = cpu->n_queued,
		.n_hrtimers = cpu->hrtimers.n,
	};
}

void world_view_hrtimer(const struct world *world, uint32_t cpu, uint32_t i,
			struct hrtimer_view *ret)
{
	assert(cpu < world->host.n_cpus && i < world->host.cpus[cpu].hrtimers.n);
	const struct hrtimer *timer = world->host.cpus[cpu].hrtimers.heap[i];

	*ret = (struct hrtimer_view){
		.address = hrtimer_address(timer),
		.function = timer->function,
		.expires = timer->expires,
		.seq = timer->seq,
	};
}

static void view_timer(struct vcpu *vcpu, struct vcpu_view *ret)
{
	const struct lapic_timer *lt = &vcpu->timer;

	ret->account = lt->account.state;
	ret->n = lt->account.n;
	ret->due = lt->account.due;
	ret->fired = lt->account.fired;
	ret->posted = lt->account.posted;
	ret->hrtimer = hrtimer_address(&lt->hrtimer);
	ret->queued = hrtimer_queued(&lt->hrtimer);
	ret->running = lt->hrtimer.running;
	ret->queue = lt->hrtimer.base->id;
	ret->count = lt->count;
	ret->tmcct = lapic_timer_read_count(vcpu);
	ret->expired_tscdeadline = lt->expired_tscdeadline;
	ret->hv_in_use = lt->hv_in_use;
	ret->masked = lt->masked;
	ret->pending = lt->pending;
	ret->advance_ns = lt->advance->advance_ns;
}

void world_view_vcpu(const struct world *world, uint32_t index, struct vcpu_view *ret)
{
	assert(index < world->n_vcpus);
	struct vcpu *vcpu = &world->vcpus[index];

	*ret = (struct vcpu_view){ .created = vcpu->task.cpu != NULL };
	if (!ret->created)
		return;
	ret->id = vcpu->id;
	ret->task = vcpu->task.id;
	ret->cpu = vcpu->task.cpu->id;
	ret->sleeps = vcpu_sleeps(vcpu);
	ret->in_guest = vcpu->mode == IN_GUEST_MODE;
	ret->in_user_space = vcpu->in_user_space;
	ret->mode = vcpu->mode;
	ret->requests = vcpu->requests;
	ret->halted = vcpu->halted;
	ret->irr = vcpu->irr;
	ret->isr = vcpu->isr;
	ret->pir = vcpu->pir;
	ret->interrupts_on = guest_interruptible(&vcpu->guest);
	ret->tsc = vcpu_tsc(vcpu);
	view_timer(vcpu, ret);
}
