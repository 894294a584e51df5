/* SPDX-License-Identifier: MIT */
/* vcpu_guest - carries out the guest's operations on the vCPU's clock (R7 to R9, R15). */
#include "vcpu.h"

/* A recorded deadline armed this much later than it was recorded is counted: RDTSC and WRMSR take
 * no longer. */
#define LATE_ARM_CYCLES 1000

static void guest_segment_ends(struct host_cpu *cpu, void *owner);

static struct op_progress *progress(struct vcpu *vcpu)
{
	return vcpu->guest.in_handler ? &vcpu->handler_op : &vcpu->main_op;
}

static bool is_spin(const struct guest_op *op)
{
	return op->kind == GUEST_SPIN || op->kind == GUEST_SPIN_UNTIL || op->kind == GUEST_SPIN_FOR;
}

/* The whole turns of the spin until one ends at or after @at. */
static ps_t turns_until(struct vcpu *vcpu, ps_t at, ps_t now)
{
	const uint64_t loop = vcpu->guest.times.loop.v;
	const uint64_t phase = progress(vcpu)->spin_phase.v; /* since the current turn began */

	if (at.v == PS_NEVER.v)
		return PS_NEVER;

	const uint64_t turns = at.v > now.v ? (at.v - now.v + phase + loop - 1) / loop : 1;

	return ps(turns * loop - phase);
}

/* How long until the spin notices something by itself: its condition, or that it is time for an
 * exit. */
static ps_t spin_left(struct vcpu *vcpu, const struct guest_op *op, ps_t now)
{
	ps_t left = op->kind == GUEST_SPIN_FOR ? progress(vcpu)->left : PS_NEVER;

	if (guest_spin_over(&vcpu->guest, op))
		return ps(progress(vcpu)->spin_phase.v
				  ? vcpu->guest.times.loop.v - progress(vcpu)->spin_phase.v
				  : 0);
	if (op->kind == GUEST_SPIN_UNTIL) {
		const ps_t edge = vcpu_tsc_edge(vcpu, op->value);

		left = edge.v > now.v ? ps_sub(edge, now) : ps(0);
	}
	if (vcpu->exits_every.v) {
		const guest_cycles_t at = { vcpu->last_other_exit.v + vcpu->exits_every.v + 1 };
		const ps_t turns = turns_until(vcpu, vcpu_tsc_edge(vcpu, at), now);

		if (turns.v < left.v) {
			vcpu->stop = STOP_OTHER_EXIT;
			return turns;
		}
	}
	return left;
}

/* The first instant of the grid at or after @at. */
static ps_t grid_from(const struct vcpu *vcpu, ps_t at)
{
	const uint64_t phase = vcpu->grid_phase.v, every = vcpu->grid_every.v;

	if (at.v <= phase || !every)
		return ps(phase);
	return ps(phase + (at.v - phase + every - 1) / every * every);
}

/* All that is due by now is one exit; the next one comes T later, or at the grid's next instant. */
static void other_exit_made(struct vcpu *vcpu)
{
	vcpu->last_other_exit = vcpu_tsc(vcpu);
	vcpu->grid_next = grid_from(vcpu, ps(sim_now(vcpu->host->sim).v + 1));
}

/* Drawn like every cost (R1), unless the operation says itself how long it takes. */
static ps_t op_cost(struct vcpu *vcpu, const struct guest_op *op)
{
	return is_spin(op) || op->kind == GUEST_COMPUTE ? op->time : vcpu_cost(vcpu, COST_guest_op);
}

static void stop_at(struct vcpu *vcpu, ps_t *left, ps_t sooner, enum guest_stop stop)
{
	if (sooner.v < left->v) {
		*left = sooner;
		vcpu->stop = stop;
	}
}

/* Guest mode for @left, unless the preemption timer ends it. */
static void run_guest_for(struct vcpu *vcpu, ps_t left)
{
	if (vcpu->hv_fires.v != PS_NEVER.v) {
		/* The counter goes before anything of the same instant. */
		const ps_t now = sim_now(vcpu->host->sim);
		const ps_t hv = ps(vcpu->hv_fires.v > now.v ? vcpu->hv_fires.v - now.v : 0);

		if (hv.v <= left.v) {
			left = hv;
			vcpu->stop = STOP_HV;
		}
	}
	cpu_run(&vcpu->task.ctx, left, RUN_GUEST, guest_segment_ends);
}

/* Begins or goes on with the guest's current operation. */
void vcpu_run_guest(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct guest_op *op = guest_op(&vcpu->guest);
	const ps_t now = sim_now(vcpu->host->sim);
	ps_t left;

	vcpu->guest_since = now;
	vcpu->stop = STOP_OP;
	if (vcpu->halted_in_guest) { /* until an interrupt: the guest executes nothing */
		run_guest_for(vcpu, PS_NEVER);
		return;
	}
	if (!progress(vcpu)->begun && !vcpu->delivering) {
		progress(vcpu)->left = op_cost(vcpu, op);
		progress(vcpu)->begun = true;
	}
	if (vcpu->delivering)
		left = vcpu->delivery_left;
	else if (is_spin(op))
		left = spin_left(vcpu, op, now);
	else
		left = progress(vcpu)->left;
	if (vcpu->grid_every.v && !vcpu->delivering)
		stop_at(vcpu, &left, ps(vcpu->grid_next.v > now.v ? vcpu->grid_next.v - now.v : 0),
			STOP_OTHER_EXIT);
	/* A shadow lasts for one instruction; of these operations that is one turn. */
	if (vcpu->guest.sti_shadow && !vcpu->delivering &&
	    (is_spin(op) || op->kind == GUEST_COMPUTE))
		stop_at(vcpu, &left, vcpu->guest.times.loop, STOP_SHADOW);
	if (vcpu->tsc_write.due && !vcpu->delivering)
		left = ps(0);
	run_guest_for(vcpu, left);
}

/* Guest-mode time passed since vcpu_run_guest(): for the operation, and for the guest as a whole.
 */
void vcpu_account_guest_time(struct vcpu *vcpu)
{
	const ps_t ran = ps_sub(sim_now(vcpu->host->sim), vcpu->guest_since);
	const struct guest_op *op = guest_op(&vcpu->guest);

	vcpu->guest_time = ps_add(vcpu->guest_time, ran);
	vcpu->guest_since = sim_now(vcpu->host->sim);
	if (vcpu->delivering) {
		vcpu->delivery_left = ps_sub(vcpu->delivery_left, ran);
		return;
	}
	if (vcpu->halted_in_guest)
		return;
	if (is_spin(op))
		progress(vcpu)->spin_phase =
			ps((progress(vcpu)->spin_phase.v + ran.v) % vcpu->guest.times.loop.v);
	if (op->kind == GUEST_SPIN_FOR || !is_spin(op))
		progress(vcpu)->left =
			ps_sub(progress(vcpu)->left, ps_min(ran, progress(vcpu)->left));
}

void vcpu_next_op(struct vcpu *vcpu)
{
	const bool handler_ends =
		vcpu->guest.in_handler && vcpu->guest.handler_op.kind == GUEST_IRET;
	const enum guest_op_kind interrupted = vcpu->guest.op.kind;

	*progress(vcpu) = (struct op_progress){ 0 };
	guest_op_done(&vcpu->guest);
	/* What was about to halt looks at its condition again: that is another operation. */
	if (handler_ends && interrupted == GUEST_HLT)
		vcpu->main_op = (struct op_progress){ 0 };
}

static void late_arm(struct host_cpu *cpu, struct vcpu *vcpu, const struct guest_op *op)
{
	const guest_cycles_t now = vcpu_tsc(vcpu);

	if (op->planned.v && now.v > op->planned.v + LATE_ARM_CYCLES)
		HOST_TRACE(cpu, TP_LAPIC_LATE_ARM, vcpu->index, vcpu->id, vcpu->timer.next_n,
			   now.v - op->planned.v);
}

/* Operations that leave guest mode. False: it stays. */
static bool exits(struct host_cpu *cpu, struct vcpu *vcpu, const struct guest_op *op)
{
	switch (op->kind) {
	case GUEST_WRMSR_DEADLINE:
		late_arm(cpu, vcpu, op);
		vcpu_begin_exit(vcpu, EXIT_REASON_MSR_WRITE);
		return true;
	case GUEST_EOI:
		if (vcpu->apicv) /* virtualised */
			return false;
		vcpu_begin_exit(vcpu, EXIT_REASON_MSR_WRITE);
		return true;
	case GUEST_APIC_WRITE: vcpu_begin_exit(vcpu, EXIT_REASON_MSR_WRITE); return true;
	case GUEST_APIC_READ:
	case GUEST_RDMSR: vcpu_begin_exit(vcpu, EXIT_REASON_MSR_READ); return true;
	case GUEST_HLT:
		if (vcpu->disable_exits.hlt)
			return false;
		vcpu_begin_exit(vcpu, EXIT_REASON_HLT);
		return true;
	case GUEST_CPUID: vcpu_begin_exit(vcpu, EXIT_REASON_CPUID); return true;
	case GUEST_IO: vcpu_begin_exit(vcpu, EXIT_REASON_IO_INSTRUCTION); return true;
	default: return false;
	}
}

static void measure(struct host_cpu *cpu, struct vcpu *vcpu, enum guest_measure what)
{
	const uint64_t n = vcpu->guest.measured;
	int64_t cycles;

	if (guest_measures(&vcpu->guest, vcpu_tsc(vcpu), &cycles))
		HOST_TRACE(cpu, what == MEASURE_WAKEUP ? TP_GUEST_WAKEUP : TP_GUEST_ITERATION,
			   vcpu->index, vcpu->id, n, (uint64_t)cycles);
}

/* The vector is the guest's: its handler begins after the delivery. */
static void deliver(struct vcpu *vcpu)
{
	account_entered(&vcpu->timer.account, sim_now(vcpu->host->sim));
	vcpu->halted_in_guest = false;
	guest_interrupt(&vcpu->guest);
	vcpu->handler_op = (struct op_progress){ 0 };
	vcpu->delivering = true;
	vcpu->delivery_left = vcpu_cost(vcpu, COST_irq_delivery);
}

/* Virtual-interrupt delivery: what stands in IRR, as soon as the guest takes interrupts. */
static void deliver_virtual(struct vcpu *vcpu)
{
	if (!vcpu->apicv || !vcpu->irr || vcpu->isr || !guest_interruptible(&vcpu->guest))
		return;
	vcpu->irr = false;
	vcpu->isr = true;
	deliver(vcpu);
}

/* The hardware takes the notification: PIR into IRR, in guest mode. */
bool vcpu_guest_notified(struct task *task, struct host_cpu *cpu)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);

	/* At one instant the preemption timer goes first; the notification stays pending. */
	if (!vcpu->apicv || vcpu->hv_fires.v <= sim_now(vcpu->host->sim).v)
		return false;
	vcpu_account_guest_time(vcpu);
	posted_intr_sync(vcpu);
	deliver_virtual(vcpu);
	vcpu_run_guest(cpu, vcpu);
	return true;
}

/* Behind an instruction: the guest may be interruptible now. */
static void go_on(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (guest_interruptible(&vcpu->guest) && vcpu->window) {
		vcpu_begin_exit(vcpu, EXIT_REASON_INTERRUPT_WINDOW);
		return;
	}
	deliver_virtual(vcpu);
	vcpu_run_guest(cpu, vcpu);
}

/* An operation that ends in guest mode is complete. */
static void op_completed(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct guest *guest = &vcpu->guest;
	const struct guest_op *op = guest_op(guest);
	const enum guest_op_kind kind = op->kind;

	switch (kind) {
	case GUEST_RDTSC:
		guest->tsc = vcpu_tsc(vcpu);
		if (guest->in_handler)
			lapic_timer_delivered(cpu, vcpu);
		break;
	case GUEST_EOI: vcpu->isr = false; break;
	default: break;
	}
	measure(cpu, vcpu, op->measure);
	vcpu_next_op(vcpu);
	vcpu->halted_in_guest = kind == GUEST_HLT;
	go_on(cpu, vcpu);
}

static void guest_segment_ends(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct guest *guest = &vcpu->guest;
	const struct guest_op *op = guest_op(guest);

	vcpu_account_guest_time(vcpu);
	if (vcpu->tsc_write.due && !vcpu->delivering && !vcpu->halted_in_guest) {
		vcpu->stop = STOP_OP;
		vcpu_begin_exit(vcpu, EXIT_REASON_MSR_WRITE);
		return;
	}
	if (vcpu->stop == STOP_HV) {
		vcpu_begin_exit(vcpu, EXIT_REASON_PREEMPTION_TIMER);
		return;
	}
	if (vcpu->delivering) {
		vcpu->delivering = false;
		vcpu_run_guest(cpu, vcpu);
		return;
	}
	if (vcpu->stop == STOP_OTHER_EXIT) {
		other_exit_made(vcpu);
		vcpu_begin_exit(vcpu, guest->cfg->other_exits.reason);
		return;
	}
	if (vcpu->stop == STOP_SHADOW) {
		guest->sti_shadow = false;
		go_on(cpu, vcpu);
		return;
	}
	if (exits(cpu, vcpu, op))
		return;
	op_completed(cpu, vcpu);
}

/* The count was loaded before VM-entry and counts from its end, in steps of 2^shift host cycles. */
static void start_counting(struct vcpu *vcpu)
{
	const unsigned shift = vcpu->host->cfg->hv_rate_shift;
	const uint64_t tick = vcpu_host_tsc(vcpu).v >> shift;
	const uint64_t target = (tick + vcpu->hv_entry.value) << shift;

	vcpu->hv_fires = PS_NEVER;
	if (vcpu->hv_entry.counts)
		vcpu->hv_fires =
			vcpu->hv_entry.value
				? clock_tsc_edge(vcpu->clock, target - vcpu->clock->start_tsc)
				: sim_now(vcpu->host->sim);
}

void vcpu_in_guest(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu_charge(vcpu, VCPU_TIME_GUEST);
	if (!vcpu->entered) { /* the program's first instruction: its exits count from here */
		vcpu->entered = true;
		vcpu->last_other_exit = vcpu_tsc(vcpu);
		vcpu->grid_next = grid_from(vcpu, sim_now(vcpu->host->sim));
	}
	if (vcpu->injected) {
		vcpu->injected = false;
		deliver(vcpu);
	}
	deliver_virtual(vcpu);
	start_counting(vcpu);
	/* Open by the instruction that left guest mode last: an STI before it, say. */
	if (vcpu->window && guest_interruptible(&vcpu->guest)) {
		vcpu->guest_since = sim_now(vcpu->host->sim);
		vcpu_begin_exit(vcpu, EXIT_REASON_INTERRUPT_WINDOW);
		return;
	}
	vcpu_run_guest(cpu, vcpu);
}

void vcpu_guest_writes_tsc(struct vcpu *vcpu, bool relative, int64_t value)
{
	struct host_cpu *cpu = vcpu->task.cpu;

	vcpu->tsc_write = (struct tsc_write){ .due = true, .relative = relative, .value = value };
	if (cpu->top == &vcpu->task.ctx && vcpu->task.ctx.mode == RUN_GUEST &&
	    !vcpu->halted_in_guest)
		cpu_end_wait(cpu, &vcpu->task.ctx);
}

static uint64_t to_cycles(struct quantity q, khz_t khz)
{
	return q.unit == QUANTITY_CYCLES ? q.v : mul_u64_u64_div_u64(q.v, khz.v, NSEC_PER_SEC);
}

static ps_t to_ps(struct quantity q, khz_t khz)
{
	return q.unit == QUANTITY_PS ? ps(q.v) : clock_cycles_to_ps(khz, q.v);
}

void vcpu_guest_init(struct vcpu *vcpu, const struct guest_config *cfg, uint64_t seed)
{
	const khz_t khz = vcpu->rate.khz;
	const struct guest_times times = {
		.delta = guest_cycles(to_cycles(cfg->delta, khz)),
		.arm_jitter = to_ps(cfg->arm_jitter, khz),
		.loop = ps_max(to_ps(cfg->loop, khz), ps(1)),
		.tsc_khz = khz,
	};

	guest_init(&vcpu->guest, cfg, &times, seed, vcpu->index);
	if (!cfg->other_exits.every.v)
		return;
	if (cfg->other_exits.from == EXITS_FROM_LAST) {
		vcpu->exits_every = guest_cycles(to_cycles(cfg->other_exits.every, khz));
	} else {
		vcpu->grid_every = to_ps(cfg->other_exits.every, khz);
		vcpu->grid_phase = to_ps(cfg->other_exits.phase, khz);
	}
}
