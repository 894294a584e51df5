/* SPDX-License-Identifier: MIT */
/* lapic_wait - the busy wait before VM-entry for a timer that fired early, and the tuning that goes
 * with it. */
#include "lapic_check.h"
#include "sim_wrap.h"
#include "tune.h"
#include "vcpu.h"
#include "wait.h"

/* One access of the tuner to the advance that all vCPUs share. */
static void step(struct vcpu *vcpu, context_fn *fn)
{
	cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_tune_access), RUN_IRQS_OFF, fn);
}

/* __delay(): until the host TSC has advanced by @cycles since it was read at @from. */
static ps_t spin_time(struct vcpu *vcpu, ps_t from, host_cycles_t cycles)
{
	const struct clock *clock = vcpu->clock;

	if (!cycles.v)
		return ps(0);
	return ps_sub(clock_tsc_edge(clock, clock_tsc(clock, from).v - clock->start_tsc + cycles.v),
		      from);
}

static void trace_advance(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;

	HOST_TRACE(cpu, TP_TIMER_ADVANCE, vcpu->index, vcpu->id, lt->account.n,
		   lt->advance->advance_ns);
}

/*
 * The global tuner has no lock: it loads the advance for the step, loads it again to add the step,
 * and stores. Each is a segment, so that another vCPU may come in between (B4). What the store
 * writes is the second load plus a step computed from the first.
 */
static void global_store(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;

	lt->advance->advance_ns =
		lt->tune_off ? 0 : (uint32_t)wrap_add(lt->own.advance_ns, lt->tune_step);
	lt->advance->done |= lt->own.done;
	trace_advance(cpu, vcpu);
	lt->then(cpu, vcpu);
}

static void global_load_again(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.own.advance_ns = vcpu->timer.advance->advance_ns;
	step(vcpu, global_store);
}

static void global_load(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;
	struct timer_advance tuned = *lt->advance;
	const uint32_t before = tuned.advance_ns;

	timer_advance_wait(vcpu->kernel, &tuned, &lt->tuned_by);
	lt->tune_step = (uint32_t)wrap_sub(tuned.advance_ns, before);
	lt->tune_off = !tuned.advance_ns && before;
	lt->own.done = tuned.done;
	step(vcpu, global_load_again);
}

static void tune_global(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	const struct timer_advance *ta = vcpu->timer.advance;

	if (vcpu->kernel->wait_order->order == WAIT_ORDER_DELAY ||
	    !vcpu->kernel->tune_gate->open(ta->done, ta->dynamic)) {
		trace_advance(cpu, vcpu);
		vcpu->timer.then(cpu, vcpu);
		return;
	}
	step(vcpu, global_load);
}

/* Without APICv "injected" is the vector's ISR bit: only the entry that injects waits. With it, it
 * is the IRR bit, which the guest has not taken yet. */
static bool injected(const struct vcpu *vcpu) { return vcpu->apicv ? vcpu->irr : vcpu->isr; }

/* The routine's tests, its trace and its tuning. False: it is not called. Else @wait is what these
 * take and what is left to wait for then, and @tuned the advance from then on. */
static bool plan_wait(struct host_cpu *cpu, struct vcpu *vcpu, const struct wait_input *in,
		      struct timer_advance *tuned, ps_t *wait)
{
	struct lapic_timer *lt = &vcpu->timer;

	ps_t spin, from;

	*tuned = *lt->advance;
	if (vcpu->kernel->tune_gate->module_dynamic)
		tuned->dynamic = vcpu->module->dynamic;
	const struct timer_advance before = *tuned;

	struct wait_plan plan = timer_advance_wait(vcpu->kernel, tuned, in);
	if (!plan.called)
		return false;
	lt->expired_tscdeadline = guest_cycles(0);
	*wait = vcpu_cost(vcpu, COST_wait_lapic_expire);
	from = ps_add(sim_now(vcpu->host->sim), *wait);
	if (plan.read_again) {
		struct wait_input again = *in;

		again.now = vcpu_tsc_at(vcpu, from);
		plan.wait = timer_advance_wait_again(vcpu->kernel, tuned, &again);
	}
	lapic_check_tuned(vcpu, &before, tuned->advance_ns);
	lapic_check_wait(vcpu, &plan.wait,
			 before.advance_ns > tuned->advance_ns ? before.advance_ns
							       : tuned->advance_ns);

	vcpu->wait_delta = plan.delta;
	vcpu->wait_traced = vcpu->kernel->wait_trace->place == WAIT_TRACE_AFTER_EXIT;
	if (!vcpu->wait_traced)
		HOST_TRACE(cpu, TP_KVM_WAIT_LAPIC_EXPIRE, vcpu->index, vcpu->id,
			   (uint64_t)plan.delta, plan.delta >= 0);

	spin = spin_time(vcpu, from, busy_wait_host_cycles(plan.wait, vcpu->clock->tsc_khz));
	HOST_TRACE(cpu, TP_BUSY_WAIT, vcpu->index, vcpu->id, lt->account.n, spin.v);
	*wait = ps_add(*wait, spin);
	return true;
}

static struct wait_input read_now(struct vcpu *vcpu)
{
	return (struct wait_input){
		.deadline = vcpu->timer.expired_tscdeadline,
		.now = vcpu_tsc(vcpu),
		.rate = &vcpu->rate,
		.constants = &vcpu->module->constants,
	};
}

void lapic_timer_wait(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	struct lapic_timer *lt = &vcpu->timer;
	const bool global = lt->advance != &lt->own;
	struct timer_advance tuned;
	ps_t wait;

	account_wait_starts(&vcpu->timer.account, sim_now(vcpu->host->sim));
	if (!lt->expired_tscdeadline.v || !injected(vcpu)) {
		then(cpu, vcpu);
		return;
	}

	const struct wait_input in = read_now(vcpu);
	if (!plan_wait(cpu, vcpu, &in, &tuned, &wait)) {
		then(cpu, vcpu);
		return;
	}
	lt->then = then;
	lt->tuned_by = in;
	if (!global) {
		*lt->advance = tuned;
		trace_advance(cpu, vcpu);
	}
	cpu_run(&vcpu->task.ctx, wait, RUN_IRQS_OFF, global ? tune_global : then);
}

/* No release posts and shares the advance: in a kernel made of both, the tuner is one step here. */
ps_t lapic_timer_wait_posted(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct timer_advance tuned;
	ps_t wait;

	if (!vcpu->timer.expired_tscdeadline.v)
		return ps(0);

	const struct wait_input in = read_now(vcpu);
	if (!plan_wait(cpu, vcpu, &in, &tuned, &wait))
		return ps(0);
	*vcpu->timer.advance = tuned;
	trace_advance(cpu, vcpu);
	return wait;
}
