/* SPDX-License-Identifier: MIT */
#include "lapic_timer.h"

#include "expiry.h"
#include "start.h"
#include "tune.h"
#include "vcpu.h"
#include "wait.h"

static struct vcpu *vcpu_of(struct hrtimer *timer) { return timer->owner; }

static bool is_armed(const struct lapic_timer *lt)
{
	return hrtimer_queued(&lt->hrtimer) || lt->hrtimer.running;
}

/* --- the account of one deadline --- */

static void drop(struct host_cpu *cpu, struct vcpu *vcpu, enum lapic_drop why)
{
	struct account *a = &vcpu->timer.account;

	HOST_TRACE(cpu, TP_LAPIC_DROP, vcpu->index, vcpu->id, a->n, why);
	a->state = ACCOUNT_NONE;
}

static void account_armed(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t deadline)
{
	struct lapic_timer *lt = &vcpu->timer;

	if (lt->account.state != ACCOUNT_NONE)
		drop(cpu, vcpu, DROP_OVERWRITTEN);
	if (!deadline.v)
		return;
	lt->account = (struct account){
		.state = ACCOUNT_ARMED,
		.n = lt->next_n++,
		.deadline = deadline,
		.due = vcpu_tsc_edge(vcpu, deadline),
		.progress_at_arm = vcpu->guest_time,
	};
	HOST_TRACE(cpu, TP_LAPIC_ARM, vcpu->index, vcpu->id, lt->account.n, deadline.v, cpu->id);
}

static void account_fired(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_ARMED)
		return;
	a->state = ACCOUNT_FIRED;
	a->fired = sim_now(cpu->host->sim);
	a->cpu = cpu->id;
	a->vcpu_cpu = vcpu->task.cpu->id;
	HOST_TRACE(cpu, TP_LAPIC_EXPIRE, vcpu->index, vcpu->id, a->n, a->cpu, a->vcpu_cpu);
}

void lapic_timer_delivered(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;
	const ps_t now = sim_now(cpu->host->sim);

	if (a->state != ACCOUNT_INJECTED)
		return;
	a->state = ACCOUNT_NONE;

	const int64_t fire = (int64_t)(a->fired.v - a->due.v);
	const uint64_t parts[] = { a->noticed.v - a->fired.v,
				   a->runs.v - a->noticed.v,
				   a->seen.v - a->runs.v,
				   a->wait_start.v - a->seen.v,
				   a->wait_end.v - a->wait_start.v,
				   a->entered.v - a->wait_end.v,
				   now.v - a->entered.v };
	const int64_t lateness = (int64_t)(now.v - a->due.v);
	const int64_t cycles = (int64_t)(vcpu->guest.tsc.v - a->deadline.v);
	uint64_t sum = (uint64_t)fire;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum += parts[i];
	if (a->fired.v > a->noticed.v || a->noticed.v > a->runs.v || a->runs.v > a->seen.v ||
	    a->seen.v > a->wait_start.v || a->wait_start.v > a->wait_end.v ||
	    a->wait_end.v > a->entered.v || a->entered.v > now.v)
		sim_break(cpu->host->sim, "D3",
			  "fired %llu <= noticed %llu <= runs %llu <= seen %llu <= wait %llu <= "
			  "entered %llu [ps]",
			  (unsigned long long)a->fired.v, (unsigned long long)a->noticed.v,
			  (unsigned long long)a->runs.v, (unsigned long long)a->seen.v,
			  (unsigned long long)a->wait_start.v, (unsigned long long)a->entered.v);
	if (sum != (uint64_t)lateness)
		sim_break(cpu->host->sim, "D4",
			  "sum of parts %lld ps == handler - deadline %lld ps", (long long)sum,
			  (long long)lateness);
	HOST_TRACE(cpu, TP_LAPIC_SAMPLE, vcpu->index, vcpu->id, a->n, a->cpu, a->vcpu_cpu,
		   (uint64_t)lateness, (uint64_t)cycles, vcpu->guest_time.v - a->progress_at_arm.v,
		   (uint64_t)fire, parts[0], parts[1], parts[2], parts[3], parts[4], parts[5],
		   parts[6]);
}

void lapic_timer_seen(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_FIRED)
		return;
	/* The guest's exit, its wake-up and its turn on the CPU count only from the expiry on. */
	a->seen = sim_now(cpu->host->sim);
	a->noticed = ps_max(a->fired, ps_max(vcpu->exit_started, vcpu->woken));
	a->runs = ps_max(a->noticed, vcpu->ran);
}

void lapic_timer_end(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->timer.account.state == ACCOUNT_FIRED ||
	    vcpu->timer.account.state == ACCOUNT_INJECTED)
		drop(cpu, vcpu, DROP_UNSEEN);
}

/* --- expiry --- */

static void callback_over(struct host_cpu *cpu, void *owner)
{
	hrtimer_callback_done(cpu, cpu->hrtimers.running, false);
}

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

static void record_owed(struct vcpu *vcpu)
{
	if (vcpu->kernel->owed->recorded(true, false))
		vcpu->timer.expired_tscdeadline = vcpu->timer.tscdeadline;
}

/* What apic_timer_expired() leaves behind, but for the wake-up and the kick. False: one was pending
 * already. */
static bool make_pending(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const enum owed_order order = vcpu->kernel->owed_order->order;

	if (vcpu->timer.pending) {
		drop(cpu, vcpu, DROP_MERGED);
		return false;
	}
	if (order == OWED_BEFORE_DELIVERY)
		record_owed(vcpu);
	vcpu->timer.pending = true;
	vcpu->requests |= REQ_PENDING_TIMER;
	if (order == OWED_AFTER_PENDING)
		record_owed(vcpu);
	return true;
}

static void apic_timer_entered(struct host_cpu *cpu, struct hrtimer *timer)
{
	struct vcpu *vcpu = vcpu_of(timer);

	HOST_TRACE(cpu, TP_FN_APIC_TIMER_FN, vcpu->index, vcpu->id, cpu->id);
	account_fired(cpu, vcpu);
}

/* apic_timer_fn() -> apic_timer_expired(): in the handler, on whichever CPU the timer was queued.
 */
static void apic_timer_fn(struct host_cpu *cpu, struct hrtimer *timer)
{
	struct vcpu *vcpu = vcpu_of(timer);

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

/* --- start --- */

static void started(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;
	const struct hrtimer_mode mode = vcpu->kernel->mode->of(LAPIC_TIMER_START_DEADLINE);

	hrtimer_start(cpu, &lt->hrtimer, lt->start.expires, mode.pinned, mode.hard);
	lt->then(cpu, vcpu);
}

/* start_sw_tscdeadline(): both clocks are read together, with interrupts off. */
static void start(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	const struct sw_deadline_input in = {
		.deadline = lt->tscdeadline,
		.guest_tsc = vcpu_tsc(vcpu),
		.now = host_monotonic(cpu->host),
		.guest_khz = vcpu->rate.khz,
		.advance_ns = lt->advance->advance_ns,
	};

	lt->start = sw_deadline(vcpu->kernel, &in);
	switch (lt->start.action) {
	case SW_DEADLINE_ARM:
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_hrtimer_start), RUN_IRQS_OFF,
			started);
		break;
	case SW_DEADLINE_EXPIRE:
		account_fired(cpu, vcpu);
		make_pending(cpu,
			     vcpu); /* the vCPU is here itself: there is nobody to wake or kick */
		lt->then(cpu, vcpu);
		break;
	case SW_DEADLINE_NOTHING: lt->then(cpu, vcpu); break;
	}
}

static void store(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct lapic_timer *lt = &vcpu->timer;
	const struct guest_op *op = guest_op(&vcpu->guest);

	hrtimer_remove(cpu, &lt->hrtimer);
	lt->tscdeadline = op->value;
	lt->pending = false;
	account_armed(cpu, vcpu, op->value);
	start(cpu, vcpu);
}

static void cancel(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (!hrtimer_cancel_wait(cpu, &vcpu->task.ctx, &vcpu->timer.hrtimer, RUN_KERNEL, store))
		store(cpu, vcpu);
}

void lapic_timer_set_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value,
			      context_fn *then)
{
	struct lapic_timer *lt = &vcpu->timer;

	lt->then = then;
	if (is_armed(lt))
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_hrtimer_cancel), RUN_KERNEL, cancel);
	else
		store(cpu, vcpu);
}

/* --- the vCPU moved --- */

static void restarted(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	const struct hrtimer_mode mode = vcpu->kernel->mode->of(LAPIC_TIMER_MIGRATE);

	hrtimer_start(cpu, &vcpu->timer.hrtimer, vcpu->timer.hrtimer.expires, mode.pinned,
		      mode.hard);
	vcpu->timer.then(cpu, vcpu);
}

/* hrtimer_cancel() returned 1 only if the timer was still queued: a callback that ran has set
 * pending already. */
static void migrate_cancelled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (hrtimer_remove(cpu, &vcpu->timer.hrtimer))
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_hrtimer_start), RUN_KERNEL,
			restarted);
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
	vcpu->timer.then = then;
	if (is_armed(&vcpu->timer))
		cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, COST_hrtimer_cancel), RUN_KERNEL,
			migrate_cancel);
	else
		then(cpu, vcpu);
}

/* --- delivery --- */

void lapic_timer_inject(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	HOST_TRACE(cpu, TP_FN_INJECT_APIC_TIMER_IRQS, vcpu->index, vcpu->id, cpu->id);
	HOST_TRACE(cpu, TP_KVM_APIC_ACCEPT_IRQ, vcpu->index, vcpu->id, LOCAL_TIMER_VECTOR_GUEST);
	if (lt->account.state == ACCOUNT_FIRED)
		lt->account.state = ACCOUNT_INJECTED;
	vcpu->irr = true;
	vcpu->requests |= REQ_EVENT;
	lt->tscdeadline = guest_cycles(0);
	lt->pending = false;
}

/* __delay(): until the host TSC has advanced by @cycles since it was read now. */
static ps_t spin_time(const struct host *host, host_cycles_t cycles)
{
	const ps_t now = sim_now(host->sim);

	if (!cycles.v)
		return ps(0);
	return ps_sub(clock_tsc_edge(&host->clock,
				     host_tsc(host).v - host->clock.start_tsc + cycles.v),
		      now);
}

ps_t lapic_timer_wait(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	const struct wait_input in = {
		.deadline = lt->expired_tscdeadline,
		.now = vcpu_tsc(vcpu),
		.rate = &vcpu->rate,
	};

	/* Without APICv "injected" is the vector's ISR bit: only the entry that injects waits. */
	if (!lt->expired_tscdeadline.v || !vcpu->isr)
		return ps(0);

	struct wait_plan plan = timer_advance_wait(vcpu->kernel, lt->advance, &in);
	if (!plan.called)
		return ps(0);
	lt->expired_tscdeadline = guest_cycles(0);
	if (plan.read_again)
		plan.wait = timer_advance_wait_again(vcpu->kernel, lt->advance, &in);

	vcpu->wait_delta = plan.delta;
	vcpu->wait_traced = vcpu->kernel->wait_trace->place == WAIT_TRACE_AFTER_EXIT;
	if (!vcpu->wait_traced)
		HOST_TRACE(cpu, TP_KVM_WAIT_LAPIC_EXPIRE, vcpu->index, vcpu->id,
			   (uint64_t)plan.delta, plan.delta >= 0);
	HOST_TRACE(cpu, TP_TIMER_ADVANCE, vcpu->index, vcpu->id, lt->account.n,
		   lt->advance->advance_ns);

	const ps_t wait =
		spin_time(cpu->host, busy_wait_host_cycles(plan.wait, cpu->host->cfg->tsc_khz));

	HOST_TRACE(cpu, TP_BUSY_WAIT, vcpu->index, vcpu->id, lt->account.n, wait.v);
	return wait;
}

void lapic_timer_init(struct vcpu *vcpu, struct timer_advance *advance)
{
	struct lapic_timer *lt = &vcpu->timer;

	lt->advance = advance ? advance : &lt->own;
	hrtimer_init(&lt->hrtimer, vcpu->task.cpu, TRACE_FN_APIC_TIMER_FN, COST_callback,
		     apic_timer_fn, vcpu, vcpu->index);
	lt->hrtimer.entered = apic_timer_entered;
}
