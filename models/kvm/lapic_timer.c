/* SPDX-License-Identifier: MIT */
#include "lapic_timer.h"

#include "expiry.h"
#include "lapic_check.h"
#include "post.h"
#include "start.h"
#include "tune.h"
#include "vcpu.h"
#include "wait.h"

#include <assert.h>

static void plan_next(struct host_cpu *cpu, struct vcpu *vcpu);

static struct vcpu *vcpu_of(struct hrtimer *timer) { return timer->owner; }

/* A segment of the vCPU's own code; done from outside, it takes no time. */
static void take(struct host_cpu *cpu, struct vcpu *vcpu, enum cost_id cost, enum run_mode mode,
		 context_fn *fn)
{
	if (vcpu->timer.outside)
		fn(cpu, vcpu);
	else
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, cost),
			vcpu->timer.irqs_off ? RUN_IRQS_OFF : mode, fn);
}

/* --- expiry --- */

/* The mode half of kvm_vcpu_kick(): an IPI only to a vCPU that is in guest mode on another CPU. */
static void kick_running(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->task.cpu == cpu) {
		if (vcpu->kernel->kick->order == KICK_SELF_NO_IPI && vcpu->mode == IN_GUEST_MODE)
			vcpu->mode = EXITING_GUEST_MODE;
		return;
	}
	if (vcpu->mode != IN_GUEST_MODE)
		return;
	vcpu->mode = EXITING_GUEST_MODE;
	host_send_reschedule(cpu, vcpu->task.cpu);
}

static void record_owed(struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	if (vcpu->kernel->owed->recorded(lapic_deadline_mode(lt), lt->hv_in_use))
		lt->expired_tscdeadline = lt->count.tscdeadline;
}

/* What apic_timer_expired() leaves behind, but for the wake-up and the kick. False: one was pending
 * already. */
static bool make_pending(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const enum owed_order order = vcpu->kernel->owed_order->order;
	struct lapic_timer *lt = &vcpu->timer;

	if (lt->pending) {
		account_merged(cpu, vcpu);
		return false;
	}
	if (order == OWED_BEFORE_DELIVERY)
		record_owed(vcpu);
	lt->pending = true;
	vcpu->requests |= REQ_PENDING_TIMER;
	if (order == OWED_AFTER_PENDING)
		record_owed(vcpu);
	vcpu_poll_look(vcpu);
	return true;
}

static void apic_timer_entered(struct host_cpu *cpu, struct hrtimer *timer)
{
	struct vcpu *vcpu = vcpu_of(timer);

	HOST_TRACE(cpu, TP_FN_APIC_TIMER_FN, vcpu->index, vcpu->id, cpu->id);
	account_fired(cpu, vcpu, sim_now(cpu->host->sim), EXPIRY_HRTIMER);
}

/* A periodic timer goes on where it fired, one period later, unless it was started anew
 * meanwhile. */
static void callback_over(struct host_cpu *cpu, void *owner)
{
	struct hrtimer *timer = cpu->hrtimers.running;
	struct vcpu *vcpu = vcpu_of(timer);
	struct lapic_timer *lt = &vcpu->timer;
	const bool restart = lt->count.mode == LAPIC_MODE_PERIODIC && !hrtimer_queued(timer);

	lapic_check_woken(vcpu);
	if (restart) {
		const struct lapic_count_clock clock = vcpu_count_clock(vcpu);

		const ns_t before = lt->count.target;

		lapic_count_advance(vcpu->kernel, &lt->count, &clock);
		lapic_check_period(vcpu, before, clock.now);
		timer->expires = lt->count.target;
		account_next_period(cpu, vcpu);
	}
	hrtimer_callback_done(cpu, timer, restart);
}

static void woke(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = vcpu_of(cpu->hrtimers.running);

	vcpu->woken = sim_now(cpu->host->sim);
	task_wake(vcpu->host, cpu, &vcpu->task);
	if (vcpu->kernel->notify->how != NOTIFY_FLAG &&
	    vcpu->kernel->kick->order == KICK_WAKE_AND_IPI)
		kick_running(cpu, vcpu);
	callback_over(cpu, owner);
}

/* The timer's vector is accepted, by code on @cpu. True: a sleeper is to be woken for it. */
static bool accept_vector(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	bool wake = false;

	if (!lt->masked) {
		HOST_TRACE(cpu, TP_KVM_APIC_ACCEPT_IRQ, vcpu->index, vcpu->id, GUEST_TIMER_VECTOR);
		account_accepted(cpu, vcpu);
		if (vcpu->apicv) {
			HOST_TRACE(cpu, TP_KVM_APICV_ACCEPT_IRQ, vcpu->index, vcpu->id,
				   GUEST_TIMER_VECTOR);
			wake = posted_intr_deliver(cpu, vcpu);
		} else {
			vcpu->irr = true;
			vcpu->requests |= REQ_EVENT;
		}
	}
	lapic_count_delivered(vcpu->kernel, &lt->count);
	return wake;
}

/* The callback has waited, while the vCPU went on: it may be anywhere by now. */
static void posted(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = vcpu_of(cpu->hrtimers.running);

	if (accept_vector(cpu, vcpu)) {
		cpu_run(&cpu->irq, cpu_cost(cpu, COST_wakeup), RUN_IRQS_OFF, woke);
		return;
	}
	vcpu_poll_look(vcpu);
	callback_over(cpu, owner);
}

/* The vCPU is in guest mode, and its vector can be posted: what is left of the advance is waited
 * for here, by the CPU that runs the callback. */
static void post(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	ps_t wait = ps(0);

	if (vcpu->pir && lt->account.state != ACCOUNT_FIRED)
		account_merged(cpu, vcpu);
	record_owed(vcpu);

	const struct post_wait_input in = {
		.owed = lt->expired_tscdeadline.v != 0,
		.advanced = lt->advance->advance_ns != 0,
		.injected = vcpu->irr,
	};

	account_posting(cpu, vcpu);
	if (vcpu->kernel->post->waits(&in))
		wait = lapic_timer_wait_posted(cpu, vcpu);
	cpu_run(&cpu->irq, wait, RUN_IRQS_OFF, posted);
}

/* apic_timer_fn() -> apic_timer_expired(): in the handler, on whichever CPU the timer was queued.
 */
static void apic_timer_fn(struct host_cpu *cpu, struct hrtimer *timer)
{
	struct vcpu *vcpu = vcpu_of(timer);

	if (vcpu->can_post && vcpu->kernel->post->posts && !vcpu->timer.pending &&
	    vcpu->mode == IN_GUEST_MODE) {
		post(cpu, vcpu);
		return;
	}
	if (make_pending(cpu, vcpu)) {
		if (vcpu_sleeps(vcpu)) {
			cpu_run(&cpu->irq, cpu_cost(cpu, COST_wakeup), RUN_IRQS_OFF, woke);
			return;
		}
		if (vcpu->kernel->notify->how != NOTIFY_FLAG)
			kick_running(cpu, vcpu);
	}
	callback_over(cpu, cpu);
}

/* --- carrying out a plan (timer_start.h) --- */

static bool has_hv(const struct vcpu *vcpu)
{
	return vcpu->host->cfg->vendor == HOST_INTEL && vcpu->module->params.preemption_timer;
}

bool lapic_timer_can_use_hv(const struct vcpu *vcpu)
{
	return vmx_can_use_hv_timer(vcpu->kernel, has_hv(vcpu), vcpu->timer.count.mode,
				    vcpu->disable_exits.mwait, vcpu->can_post);
}

static struct timer_view view_of(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;

	return (struct timer_view){
		.mode = lt->count.mode,
		.hv_supported = lapic_timer_can_use_hv(vcpu),
		.hv_in_use = lt->hv_in_use,
		.pending = lt->pending,
		.period_ns = lt->count.period_ns,
		.target = lt->count.target,
		.tscdeadline = lt->count.tscdeadline,
		.now = host_monotonic(vcpu->host),
		.guest_tsc = vcpu_tsc(vcpu),
		.guest_khz = vcpu->rate.khz,
		.advance_ns = lt->advance->advance_ns,
		.set_hv = lt->set_hv,
	};
}

static void set_hv(struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	const struct vmx_hv_input in = {
		.host_tsc = vcpu_host_tsc(vcpu),
		.guest_tsc = vcpu_tsc(vcpu),
		.deadline = lt->count.tscdeadline,
		.advance_ns = lt->advance->advance_ns,
		.rate = &vcpu->rate,
		.rate_shift = vcpu->host->cfg->hv_rate_shift,
	};

	lt->set_hv = vmx_set_hv_timer(vcpu->kernel, &lt->hv, &in).outcome;
}

/* What was written takes effect. */
static void store(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	const struct lapic_count_clock clock = vcpu_count_clock(vcpu);
	bool running = true;

	account_stopped(cpu, vcpu);
	switch (lt->plan.op) {
	case TIMER_OP_WRITE_DEADLINE:
		lt->count.tscdeadline = guest_cycles(lt->written);
		running = lt->written != 0;
		break;
	case TIMER_OP_WRITE_COUNT:
		lt->count.tmict = (uint32_t)lt->written;
		running =
			lapic_count_start(vcpu->kernel, &lt->count, &lt->count_cfg, &clock).running;
		lapic_check_count(vcpu);
		break;
	case TIMER_OP_RESTORE:
		running = lapic_count_restore(vcpu->kernel, &lt->count, &lt->count_cfg, &clock,
					      (uint32_t)lt->written)
				  .running;
		break;
	default:
		assert(lt->plan.op == TIMER_OP_RESCALE); /* no other plan stores */
		running = lapic_count_set_divide(vcpu->kernel, &lt->count, &lt->count_cfg, &clock,
						 (uint32_t)lt->written)
				  .running;
	}
	if (lt->plan.op != TIMER_OP_RESCALE)
		lt->pending = false;
	if (running)
		account_armed(cpu, vcpu);
	lapic_check_stored(vcpu, lt->plan.op != TIMER_OP_RESCALE, running);
}

static void hrtimer_gone(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	hrtimer_remove(cpu, &vcpu->timer.hrtimer);
	plan_next(cpu, vcpu);
}

static void hrtimer_cancelled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	const enum run_mode mode = vcpu->timer.irqs_off ? RUN_IRQS_OFF : RUN_KERNEL;

	if (vcpu->timer.outside ||
	    !hrtimer_cancel_wait(cpu, &vcpu->task.ctx, &vcpu->timer.hrtimer, mode, hrtimer_gone))
		hrtimer_gone(cpu, vcpu);
}

static void hrtimer_started(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;
	const struct hrtimer_mode mode = vcpu->kernel->mode->of(
		lapic_deadline_mode(lt) ? LAPIC_TIMER_START_DEADLINE : LAPIC_TIMER_START_COUNT);

	hrtimer_start(cpu, &lt->hrtimer, lt->step.expires, mode.pinned, mode.hard);
	plan_next(cpu, vcpu);
}

static void advance_target(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct lapic_count_clock clock = vcpu_count_clock(vcpu);

	const ns_t before = vcpu->timer.count.target;

	lapic_count_advance(vcpu->kernel, &vcpu->timer.count, &clock);
	lapic_check_period(vcpu, before, clock.now);
	account_next_period(cpu, vcpu);
}

/* In the vCPU's own context: there is nobody to wake or kick. */
static void expire_here(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const bool hv = vcpu->timer.path == EXPIRY_HV;

	if (!hv)
		lapic_check_expired(vcpu);
	account_fired(cpu, vcpu, hv ? vcpu->exit_started : sim_now(cpu->host->sim),
		      vcpu->timer.path);
	if (vcpu->apicv && vcpu->kernel->direct->apicv && !vcpu->timer.pending) {
		record_owed(vcpu);
		lapic_timer_seen(cpu, vcpu);
		accept_vector(cpu, vcpu);
	} else {
		make_pending(cpu, vcpu);
	}
	vcpu->timer.path = EXPIRY_AT_START;
}

/* True: the step takes time, and goes on with plan_next() when it is over. */
static bool carry_out(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	switch (lt->step.kind) {
	case TIMER_STEP_STORE: store(cpu, vcpu); return false;
	case TIMER_STEP_HRTIMER_CANCEL:
		if (!lapic_hrtimer_active(lt))
			return false;
		take(cpu, vcpu, COST_hrtimer_cancel, RUN_KERNEL, hrtimer_cancelled);
		return true;
	case TIMER_STEP_HRTIMER_START:
		lapic_check_start(vcpu);
		take(cpu, vcpu, COST_hrtimer_start, RUN_IRQS_OFF, hrtimer_started);
		return true;
	case TIMER_STEP_SET_HV: set_hv(vcpu); return false;
	case TIMER_STEP_USE_HV: lt->hv_in_use = true; return false;
	case TIMER_STEP_CANCEL_HV:
		vmx_cancel_hv_timer(vcpu->kernel, &lt->hv);
		lt->hv_in_use = false;
		return false;
	case TIMER_STEP_EXPIRE: expire_here(cpu, vcpu); return false;
	case TIMER_STEP_ADVANCE_TARGET: advance_target(cpu, vcpu); return false;
	case TIMER_STEP_TRACE_HV:
		HOST_TRACE(cpu, TP_KVM_HV_TIMER_STATE, vcpu->index, vcpu->id, lt->hv_in_use);
		return false;
	case TIMER_STEP_WARN:
	case TIMER_STEP_DONE: break;
	}
	return false;
}

static void plan_next(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	do {
		const struct timer_view view = view_of(vcpu);

		lt->step = timer_start_next(vcpu->kernel, &lt->plan, &view);
		if (lt->step.kind == TIMER_STEP_DONE) {
			lt->then(cpu, vcpu);
			return;
		}
	} while (!carry_out(cpu, vcpu));
}

static void carry_plan(struct host_cpu *cpu, struct vcpu *vcpu, enum timer_op op, context_fn *then)
{
	struct lapic_timer *lt = &vcpu->timer;

	lt->then = then;
	lt->path = op == TIMER_OP_HV_FIRES ? EXPIRY_HV : EXPIRY_AT_START;
	timer_start_begin(&lt->plan, op);
	plan_next(cpu, vcpu);
}

/* --- the guest's writes --- */

void lapic_timer_write_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value,
				context_fn *then)
{
	const struct deadline_write_input in = {
		.mode = vcpu->timer.count.mode,
		.in_kernel = true,
		.enabled = true,
	};

	if (!vcpu->kernel->deadline_write->accepted(&in)) {
		then(cpu, vcpu);
		return;
	}
	vcpu->timer.written = value.v;
	carry_plan(cpu, vcpu, TIMER_OP_WRITE_DEADLINE, then);
}

void lapic_timer_write_count(struct host_cpu *cpu, struct vcpu *vcpu, uint32_t tmict,
			     context_fn *then)
{
	if (lapic_deadline_mode(&vcpu->timer)) {
		then(cpu, vcpu);
		return;
	}
	vcpu->timer.written = tmict;
	carry_plan(cpu, vcpu, TIMER_OP_WRITE_COUNT, then);
}

void lapic_timer_write_divide(struct host_cpu *cpu, struct vcpu *vcpu, uint32_t tdcr,
			      context_fn *then)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct lapic_count changed = lt->count;
	const struct lapic_count_clock clock = vcpu_count_clock(vcpu);

	if (lapic_count_set_divide(vcpu->kernel, &changed, &lt->count_cfg, &clock, tdcr).running) {
		lt->written = tdcr;
		carry_plan(cpu, vcpu, TIMER_OP_RESCALE, then);
		return;
	}
	lt->count = changed;
	then(cpu, vcpu);
}

/* Cancelled first, registers last: a callback that still ran has seen the old mode. */
static void mode_switched(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;
	const enum lapic_timer_mode mode = (enum lapic_timer_mode)lt->written;
	const struct mode_switch change = vcpu->kernel->mode_switch->of(lt->count.mode, mode);
	bool limited;

	if (change.cancel_hrtimer) {
		hrtimer_remove(cpu, &lt->hrtimer);
		account_stopped(cpu, vcpu);
	}
	if (change.cancel_hv && lt->hv_in_use) {
		vmx_cancel_hv_timer(vcpu->kernel, &lt->hv);
		lt->hv_in_use = false;
	}
	if (change.clear_pending)
		lt->pending = false;
	lapic_count_set_mode(vcpu->kernel, &lt->count, &lt->count_cfg, mode, &limited);
	lapic_check_mode(vcpu, &change);
	lt->then(cpu, vcpu);
}

static void mode_cancelled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (!hrtimer_cancel_wait(cpu, &vcpu->task.ctx, &vcpu->timer.hrtimer, RUN_KERNEL,
				 mode_switched))
		mode_switched(cpu, vcpu);
}

void lapic_timer_write_lvtt(struct host_cpu *cpu, struct vcpu *vcpu, enum lapic_timer_mode mode,
			    bool masked, context_fn *then)
{
	struct lapic_timer *lt = &vcpu->timer;

	lt->masked = masked;
	if (mode == lt->count.mode) {
		then(cpu, vcpu);
		return;
	}
	lt->written = mode;
	lt->then = then;
	if (vcpu->kernel->mode_switch->of(lt->count.mode, mode).cancel_hrtimer &&
	    lapic_hrtimer_active(lt))
		take(cpu, vcpu, COST_hrtimer_cancel, RUN_KERNEL, mode_cancelled);
	else
		mode_switched(cpu, vcpu);
}

uint32_t lapic_timer_read_count(struct vcpu *vcpu)
{
	return lapic_count_tmcct(vcpu->kernel, &vcpu->timer.count, &vcpu->timer.count_cfg,
				 host_monotonic(vcpu->host));
}

/* --- hv timer and software timer --- */

bool lapic_timer_hv_counts(const struct vcpu *vcpu)
{
	return vmx_hv_exit_counts(&vcpu->timer.hv, false);
}

void lapic_timer_hv_fires(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	if (lapic_timer_hv_counts(vcpu))
		carry_plan(cpu, vcpu, TIMER_OP_HV_FIRES, then);
	else
		then(cpu, vcpu);
}

void lapic_timer_to_sw(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	vcpu->timer.was_hv = vcpu->timer.hv_in_use;
	if (vcpu->timer.hv_in_use)
		carry_plan(cpu, vcpu, TIMER_OP_TO_SW, then);
	else
		then(cpu, vcpu);
}

/* vmx_post_block() asks for the host's preemption timer, not for the guest's leave to use it: where
 * that is refused, the plan starts the hrtimer anew. */
void lapic_timer_to_hv(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	if (has_hv(vcpu) && vcpu->kernel->to_hv_when->back(vcpu->timer.was_hv))
		carry_plan(cpu, vcpu, TIMER_OP_TO_HV, then);
	else
		then(cpu, vcpu);
}

void lapic_timer_load_hv(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	carry_plan(cpu, vcpu, TIMER_OP_LOAD_HV, then);
}

/* --- the vCPU moved --- */

static void restarted(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	const struct hrtimer_mode mode = vcpu->kernel->mode->of(LAPIC_TIMER_MIGRATE);

	hrtimer_start(cpu, &vcpu->timer.hrtimer, vcpu->timer.hrtimer.expires, mode.pinned,
		      mode.hard);
	lapic_check_migrated(vcpu, vcpu->timer.step.expires);
	vcpu->timer.then(cpu, vcpu);
}

/* hrtimer_cancel() returned 1 only if the timer was still queued: a callback that ran has set
 * pending already. */
static void migrate_cancelled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.step.expires = vcpu->timer.hrtimer.expires;
	if (hrtimer_remove(cpu, &vcpu->timer.hrtimer))
		take(cpu, vcpu, COST_hrtimer_start, RUN_KERNEL, restarted);
	else
		vcpu->timer.then(cpu, vcpu);
}

static void migrate_cancel(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (!hrtimer_cancel_wait(cpu, &vcpu->task.ctx, &vcpu->timer.hrtimer, RUN_KERNEL,
				 migrate_cancelled))
		migrate_cancelled(cpu, vcpu);
}

void lapic_timer_migrate(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then)
{
	const bool stays =
		vcpu->can_post && vcpu->kernel->migrate->how == MIGRATE_RESTART_UNLESS_POSTED;

	vcpu->timer.then = then;
	if (lapic_hrtimer_active(&vcpu->timer) && !stays)
		take(cpu, vcpu, COST_hrtimer_cancel, RUN_KERNEL, migrate_cancel);
	else
		then(cpu, vcpu);
}

/* --- ioctls of a paused vCPU --- */

static void ioctl_done(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->timer.outside = false;
}

void lapic_timer_restore(struct host_cpu *cpu, struct vcpu *vcpu, const struct lapic_count *saved,
			 uint32_t tmcct, bool masked)
{
	struct lapic_timer *lt = &vcpu->timer;

	lt->count.mode = saved->mode;
	lt->count.tmict = saved->tmict;
	lt->count.tdcr = saved->tdcr;
	lt->masked = masked;
	lt->written = tmcct;
	if (!vcpu->kernel->restore->keeps_owed)
		lt->expired_tscdeadline = guest_cycles(0);
	lt->outside = true;
	carry_plan(cpu, vcpu, TIMER_OP_RESTORE, ioctl_done);
}

void lapic_timer_restore_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value)
{
	vcpu->timer.outside = true;
	lapic_timer_write_deadline(cpu, vcpu, value, ioctl_done);
}

/* --- delivery --- */

void lapic_timer_inject(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	HOST_TRACE(cpu, TP_FN_INJECT_APIC_TIMER_IRQS, vcpu->index, vcpu->id, cpu->id);
	accept_vector(cpu, vcpu);
	lt->pending = false;
	lapic_check_accepted(vcpu);
}

void lapic_timer_reset(struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct kvm_module *module = vcpu->module;

	lt->own = timer_advance_initial(vcpu->kernel, module->params.lapic_timer_advance_ns,
					&module->constants);
	module->dynamic = lt->own.dynamic;
	lt->count =
		(struct lapic_count){ .mode = LAPIC_MODE_ONESHOT, .divide = lapic_divide_count(0) };
	lt->hv_in_use = false;
	lt->masked = true;
	lt->pending = false;
	lt->expired_tscdeadline = guest_cycles(0);
	vmx_preemption_timer_init(&lt->hv);
}

void lapic_timer_init(struct vcpu *vcpu, enum lapic_timer_mode mode)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct kvm_module *module = vcpu->module;
	const bool global = vcpu->kernel->advance_scope->scope == ADVANCE_GLOBAL;
	const int64_t min_period = module->params.min_timer_period_us;

	lt->advance = global ? &module->advance : &lt->own;
	lapic_timer_reset(vcpu);
	lt->count.mode = mode;
	lt->masked = false;
	lt->count_cfg.bus_cycle_ns = vcpu->bus_cycle_ns ? vcpu->bus_cycle_ns : 1;
	lt->count_cfg.min_period_us = min_period == KVM_PARAM_DEFAULT ? vcpu->kernel->min_period->us
								      : (uint32_t)min_period;
	hrtimer_init(&lt->hrtimer, vcpu->task.cpu, TRACE_FN_APIC_TIMER_FN, COST_callback,
		     apic_timer_fn, vcpu, vcpu->index);
	lt->hrtimer.entered = apic_timer_entered;
}
