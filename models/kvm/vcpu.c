/* SPDX-License-Identifier: MIT */
#include "vcpu.h"

#include "start.h"
#include "tsc_rate.h"
#include "tune.h"
#include "wait.h"

static void enter(struct host_cpu *cpu, struct vcpu *vcpu);
static void loop_edge(struct host_cpu *cpu, struct vcpu *vcpu);
static void process_requests(struct host_cpu *cpu, void *owner);
static void guest_segment_ends(struct host_cpu *cpu, void *owner);

ps_t vcpu_cost(struct vcpu *vcpu, enum cost_id id)
{
	return cost_draw(&vcpu->host->costs, &vcpu->costs, id);
}

guest_cycles_t vcpu_tsc(const struct vcpu *vcpu)
{
	return kvm_l1_tsc(host_tsc(vcpu->host), vcpu->tsc_offset, vcpu->rate.ratio,
			  vcpu->rate.frac_bits);
}

ps_t vcpu_tsc_edge(const struct vcpu *vcpu, guest_cycles_t value)
{
	const struct clock *clock = &vcpu->host->clock;
	const guest_cycles_t at_start = kvm_l1_tsc(host_cycles(clock->start_tsc), vcpu->tsc_offset,
						   vcpu->rate.ratio, vcpu->rate.frac_bits);

	/* Below the offset too: compared as the kernel does, not taken for one wrap later. */
	if (value.v <= at_start.v)
		return ps(0);

	const uint64_t scaled = value.v - vcpu->tsc_offset;
	const u128 host =
		(((u128)scaled << vcpu->rate.frac_bits) + vcpu->rate.ratio - 1) / vcpu->rate.ratio;

	if (host <= clock->start_tsc)
		return ps(0);
	if (host > UINT64_MAX)
		return PS_NEVER;
	return clock_tsc_edge(clock, (uint64_t)host - clock->start_tsc);
}

static void run(struct vcpu *vcpu, enum cost_id cost, enum run_mode mode, context_fn *fn)
{
	cpu_run(&vcpu->task.ctx, vcpu_cost(vcpu, cost), mode, fn);
}

static uint64_t printed_reason(const struct vcpu *vcpu, enum exit_reason reason)
{
	if (vcpu->host->cfg->vendor == HOST_INTEL)
		return reason;
	/* SVM has one reason for both directions of an MSR access. */
	return EXIT_REASON_COUNT +
	       (reason == EXIT_REASON_MSR_WRITE ? EXIT_REASON_MSR_READ : reason);
}

/* Guest code has no addresses here: one per operation, so that a reader tells the exits of a trace
 * apart. */
static uint64_t printed_rip(const struct vcpu *vcpu)
{
	const struct guest *guest = &vcpu->guest;

	return 0x401000 + (guest->in_handler ? 0x1000 : 0) +
	       (guest->in_handler ? guest->handler_op.kind : guest->op.kind) * 0x10;
}

/* --- guest mode --- */

static bool can_exit_from(const struct vcpu *vcpu, const struct guest_op *op)
{
	return vcpu->exits_every.v && (op->kind == GUEST_SPIN || op->kind == GUEST_SPIN_UNTIL);
}

/* The whole turns of the spin until one ends at or after @at. */
static ps_t turns_until(const struct vcpu *vcpu, ps_t at, ps_t now)
{
	const uint64_t loop = vcpu->guest.times.loop.v;
	const uint64_t start =
		now.v -
		vcpu->spin_phase.v; /* of the current turn; wraps early in a run, as the sum does */
	const uint64_t turns = at.v > now.v ? (at.v - start + loop - 1) / loop : 1;

	return ps(turns * loop - vcpu->spin_phase.v);
}

/* How long until the spin notices something by itself: its condition, or that it is time for an
 * exit (R7, R9). */
static ps_t spin_left(struct vcpu *vcpu, const struct guest_op *op, ps_t now)
{
	ps_t left = PS_NEVER;

	if (guest_spin_over(&vcpu->guest, op))
		return ps(vcpu->spin_phase.v ? vcpu->guest.times.loop.v - vcpu->spin_phase.v : 0);
	if (op->kind == GUEST_SPIN_UNTIL) {
		const ps_t edge = vcpu_tsc_edge(vcpu, op->value);

		left = edge.v > now.v ? ps_sub(edge, now) : ps(0);
	}
	if (can_exit_from(vcpu, op)) {
		const guest_cycles_t at = { vcpu->last_other_exit.v + vcpu->exits_every.v + 1 };
		const ps_t turns = turns_until(vcpu, vcpu_tsc_edge(vcpu, at), now);

		if (turns.v < left.v) {
			vcpu->op_is_exit = true;
			return turns;
		}
	}
	return left;
}

/* Begins or goes on with the guest's current operation. */
static void run_guest(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct guest_op *op = guest_op(&vcpu->guest);
	const ps_t now = sim_now(vcpu->host->sim);
	ps_t left;

	vcpu->guest_since = now;
	vcpu->op_is_exit = false;
	if (vcpu->delivering) {
		left = vcpu->delivery_left;
	} else if (op->kind == GUEST_SPIN || op->kind == GUEST_SPIN_UNTIL) {
		left = spin_left(vcpu, op, now);
	} else {
		if (!vcpu->op_begun)
			vcpu->op_left = op->time;
		vcpu->op_begun = true;
		left = vcpu->op_left;
	}
	if (vcpu->grid_every.v && !vcpu->guest.in_handler && !vcpu->delivering) {
		const uint64_t since = now.v - vcpu->grid_phase.v;
		const ps_t next = now.v < vcpu->grid_phase.v
					  ? ps_sub(vcpu->grid_phase, now)
					  : ps(vcpu->grid_every.v - since % vcpu->grid_every.v);

		if (next.v < left.v) {
			vcpu->op_is_exit = true;
			left = next;
		}
	}
	cpu_run(&vcpu->task.ctx, left, RUN_GUEST, guest_segment_ends);
}

/* Guest-mode time passed since run_guest(): for the operation, and for the guest as a whole. */
static void account_guest_time(struct vcpu *vcpu)
{
	const ps_t ran = ps_sub(sim_now(vcpu->host->sim), vcpu->guest_since);
	const struct guest_op *op = guest_op(&vcpu->guest);

	vcpu->guest_time = ps_add(vcpu->guest_time, ran);
	vcpu->guest_since = sim_now(vcpu->host->sim);
	if (vcpu->delivering)
		vcpu->delivery_left = ps_sub(vcpu->delivery_left, ran);
	else if (op->kind == GUEST_SPIN || op->kind == GUEST_SPIN_UNTIL)
		vcpu->spin_phase = ps((vcpu->spin_phase.v + ran.v) % vcpu->guest.times.loop.v);
	else
		vcpu->op_left = ps_sub(vcpu->op_left, ran);
}

static void next_op(struct vcpu *vcpu)
{
	guest_op_done(&vcpu->guest);
	vcpu->op_begun = false;
	vcpu->spin_phase = ps(0);
}

/* --- VM-exit --- */

static void handled(struct host_cpu *cpu, void *owner);

/* The tracepoint, and the exit's handling. An interrupt that is pending was taken before (R6). */
static void trace_exit(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const uint64_t intr_info = vcpu->reason == EXIT_REASON_EXTERNAL_INTERRUPT ? 0x80000000 : 0;

	vcpu->exit_traced = sim_now(vcpu->host->sim);
	vcpu->exit_open = true;
	HOST_TRACE(cpu, TP_KVM_EXIT, vcpu->index, vcpu->id, printed_reason(vcpu, vcpu->reason),
		   printed_rip(vcpu), 0, 0, intr_info);
	if (vcpu->wait_traced)
		HOST_TRACE(cpu, TP_KVM_WAIT_LAPIC_EXPIRE, vcpu->index, vcpu->id,
			   (uint64_t)vcpu->wait_delta, vcpu->wait_delta >= 0);
	vcpu->wait_traced = false;
}

static void handle_exit(struct host_cpu *cpu, struct vcpu *vcpu)
{
	static const enum cost_id costs[EXIT_REASON_COUNT] = {
		[EXIT_REASON_EXTERNAL_INTERRUPT] = COST_handle_external_interrupt,
		[EXIT_REASON_INTERRUPT_WINDOW] = COST_handle_interrupt_window,
		[EXIT_REASON_CPUID] = COST_handle_cpuid,
		[EXIT_REASON_HLT] = COST_handle_hlt,
		[EXIT_REASON_IO_INSTRUCTION] = COST_handle_io,
		[EXIT_REASON_MSR_READ] = COST_handle_msr_read,
		[EXIT_REASON_MSR_WRITE] = COST_handle_msr_write,
	};
	const bool eoi =
		vcpu->reason == EXIT_REASON_MSR_WRITE && guest_op(&vcpu->guest)->kind == GUEST_EOI;

	run(vcpu, eoi ? COST_handle_eoi : costs[vcpu->reason], RUN_KERNEL, handled);
}

/* SVM: interrupts were enabled, so a pending one has been handled before the exit is traced. */
static void exited_svm(struct host_cpu *cpu, void *owner)
{
	trace_exit(cpu, owner);
	handle_exit(cpu, owner);
}

static void exited(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->mode = OUTSIDE_GUEST_MODE;
	if (vcpu->host->cfg->vendor == HOST_AMD) {
		cpu_run(&vcpu->task.ctx, ps(0), RUN_NO_PREEMPT, exited_svm);
		return;
	}
	trace_exit(cpu, vcpu);
	handle_exit(cpu, vcpu);
}

static void begin_exit(struct vcpu *vcpu, enum exit_reason reason)
{
	vcpu->reason = reason;
	vcpu->exit_started = sim_now(vcpu->host->sim);
	run(vcpu, COST_vmexit, RUN_IRQS_OFF, exited);
}

/* An interrupt is pending in guest mode. */
static void guest_exit(struct task *task, struct host_cpu *cpu)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);

	account_guest_time(vcpu);
	begin_exit(vcpu, EXIT_REASON_EXTERNAL_INTERRUPT);
}

static void op_handled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	next_op(vcpu);
	loop_edge(cpu, vcpu);
}

static void deadline_written(struct host_cpu *cpu, void *owner)
{
	run(owner, COST_finish_msr_write, RUN_KERNEL, op_handled);
}

static void write_deadline(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct guest_op *op = guest_op(&vcpu->guest);

	HOST_TRACE(cpu, TP_KVM_MSR, vcpu->index, 0x6e0, op->value.v);
	lapic_timer_set_deadline(cpu, vcpu, op->value, deadline_written);
}

static void write_eoi(struct host_cpu *cpu, struct vcpu *vcpu)
{
	HOST_TRACE(cpu, TP_KVM_EOI, vcpu->index, vcpu->id, LOCAL_TIMER_VECTOR_GUEST);
	vcpu->isr = false;
	if (vcpu->irr)
		vcpu->requests |= REQ_EVENT;
	op_handled(cpu, vcpu);
}

static void handled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	const enum guest_op_kind kind = guest_op(&vcpu->guest)->kind;

	if (vcpu->op_is_exit) { /* an exit of the loop, not of the operation */
		vcpu->op_is_exit = false;
		loop_edge(cpu, vcpu);
		return;
	}
	switch (vcpu->reason) {
	case EXIT_REASON_MSR_WRITE:
		if (kind == GUEST_EOI)
			write_eoi(cpu, vcpu);
		else
			write_deadline(cpu, vcpu);
		return;
	case EXIT_REASON_MSR_READ: op_handled(cpu, vcpu); return;
	case EXIT_REASON_HLT:
		vcpu->halted = true;
		op_handled(cpu, vcpu);
		return;
	case EXIT_REASON_INTERRUPT_WINDOW:
		vcpu->window = false;
		vcpu->requests |= REQ_EVENT;
		break;
	default: break;
	}
	loop_edge(cpu, vcpu);
}

/* --- what a guest operation does at its end --- */

/* A recorded deadline armed this much later than it was recorded is counted: its own RDTSC and
 * WRMSR take no longer. */
#define LATE_ARM_CYCLES 1000

static void late_arm(struct host_cpu *cpu, struct vcpu *vcpu, const struct guest_op *op)
{
	const guest_cycles_t now = vcpu_tsc(vcpu);

	if (op->planned.v && now.v > op->planned.v + LATE_ARM_CYCLES)
		HOST_TRACE(cpu, TP_LAPIC_LATE_ARM, vcpu->index, vcpu->id, vcpu->timer.next_n,
			   now.v - op->planned.v);
}

static void guest_segment_ends(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct guest *guest = &vcpu->guest;
	const struct guest_op *op = guest_op(guest);

	account_guest_time(vcpu);
	if (vcpu->delivering) {
		vcpu->delivering = false;
		run_guest(cpu, vcpu);
		return;
	}
	if (vcpu->op_is_exit) {
		vcpu->last_other_exit = vcpu_tsc(vcpu);
		begin_exit(vcpu, guest->cfg->other_exits.reason);
		return;
	}
	switch (op->kind) {
	case GUEST_WRMSR_DEADLINE:
		late_arm(cpu, vcpu, op);
		begin_exit(vcpu, EXIT_REASON_MSR_WRITE);
		return;
	case GUEST_EOI: begin_exit(vcpu, EXIT_REASON_MSR_WRITE); return;
	case GUEST_RDMSR: begin_exit(vcpu, EXIT_REASON_MSR_READ); return;
	case GUEST_HLT: begin_exit(vcpu, EXIT_REASON_HLT); return;
	case GUEST_RDTSC:
		guest->tsc = vcpu_tsc(vcpu);
		if (guest->in_handler)
			lapic_timer_delivered(cpu, vcpu);
		break;
	default: break;
	}
	next_op(vcpu);
	if (guest->interrupts && vcpu->window)
		begin_exit(vcpu, EXIT_REASON_INTERRUPT_WINDOW);
	else
		run_guest(cpu, vcpu);
}

/* --- VM-entry --- */

static void in_guest(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;
	struct account *a = &vcpu->timer.account;

	if (!vcpu->entered) { /* the program's first instruction: its exits count from here */
		vcpu->entered = true;
		vcpu->last_other_exit = vcpu_tsc(vcpu);
	}
	if (vcpu->injected) {
		vcpu->injected = false;
		if (a->state == ACCOUNT_INJECTED)
			a->entered = sim_now(vcpu->host->sim);
		guest_interrupt(&vcpu->guest);
		vcpu->op_begun = false;
		vcpu->delivering = true;
		vcpu->delivery_left = vcpu_cost(vcpu, COST_irq_delivery);
	}
	run_guest(cpu, vcpu);
}

static void world_switch(struct host_cpu *cpu, struct vcpu *vcpu)
{
	vcpu->timer.account.wait_end = sim_now(vcpu->host->sim);
	run(vcpu, COST_vmentry, RUN_IRQS_OFF, in_guest);
}

static void waited_last(struct host_cpu *cpu, void *owner) { world_switch(cpu, owner); }

/* Waits, if a wait is owed and this is its place; then goes on with @then. */
static void wait_here(struct host_cpu *cpu, struct vcpu *vcpu, enum wait_place place,
		      context_fn *then)
{
	if (vcpu->kernel->wait_site->place != place) {
		then(cpu, vcpu);
		return;
	}
	vcpu->timer.account.wait_start = sim_now(vcpu->host->sim);
	cpu_run(&vcpu->task.ctx, lapic_timer_wait(cpu, vcpu), RUN_IRQS_OFF, then);
}

static void loaded_state(struct host_cpu *cpu, void *owner)
{
	wait_here(cpu, owner, WAIT_WORLD_SWITCH, waited_last);
}

static void waited_first(struct host_cpu *cpu, void *owner)
{
	run(owner, COST_entry_load, RUN_IRQS_OFF, loaded_state);
}

/* The last look before entry: what came since the requests were processed sends the vCPU round the
 * loop again. */
static void entry_check(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->requests || vcpu->mode == EXITING_GUEST_MODE || cpu->need_resched) {
		vcpu->mode = OUTSIDE_GUEST_MODE;
		loop_edge(cpu, vcpu);
		return;
	}
	HOST_TRACE(cpu, TP_KVM_ENTRY, vcpu->index, vcpu->id, printed_rip(vcpu));
	if (vcpu->exit_open)
		HOST_TRACE(cpu, TP_EXIT_HANDLED, vcpu->index, vcpu->id,
			   printed_reason(vcpu, vcpu->reason),
			   ps_sub(sim_now(vcpu->host->sim), vcpu->exit_traced).v, cpu->id);
	vcpu->exit_open = false;
	wait_here(cpu, vcpu, WAIT_BEFORE_GUEST_ENTER, waited_first);
}

/* From here on a kick sends an IPI, and what comes before the check's end cancels the entry (R10).
 */
static void interrupts_off(struct vcpu *vcpu)
{
	vcpu->mode = IN_GUEST_MODE;
	run(vcpu, COST_entry_check, RUN_IRQS_OFF, entry_check);
}

/* Is there a vector for the VM-entry field? If the guest cannot take it now, an exit is asked for
 * when it can. */
static bool can_inject(struct vcpu *vcpu)
{
	if (vcpu->irr && !vcpu->isr && !vcpu->injected && vcpu->guest.interrupts)
		return true;
	vcpu->requests &= ~REQ_EVENT;
	if (vcpu->irr && !vcpu->isr && !vcpu->injected)
		vcpu->window = true;
	return false;
}

static void event_injected(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->requests &= ~REQ_EVENT;
	vcpu->irr = false;
	vcpu->isr = true;
	vcpu->injected = true;
	HOST_TRACE(cpu, TP_KVM_INJ_VIRQ, vcpu->index, LOCAL_TIMER_VECTOR_GUEST);
	interrupts_off(vcpu);
}

static void process_requests(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->requests & REQ_MIGRATE_TIMER) {
		vcpu->requests &= ~REQ_MIGRATE_TIMER;
		lapic_timer_migrate(cpu, vcpu, process_requests);
		return;
	}
	if (vcpu->requests & REQ_EVENT && can_inject(vcpu))
		run(vcpu, COST_inject_event, RUN_KERNEL, event_injected);
	else
		interrupts_off(vcpu);
}

static void enter(struct host_cpu *cpu, struct vcpu *vcpu)
{
	run(vcpu, COST_enter_guest, RUN_KERNEL, process_requests);
}

/* --- halting --- */

static bool runnable(const struct vcpu *vcpu)
{
	return vcpu->irr && !vcpu->isr && vcpu->guest.interrupts;
}

static void block_ends(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->on_waitqueue = false;
	HOST_TRACE(cpu, TP_KVM_VCPU_WAKEUP, vcpu->index,
		   ps_sub(sim_now(vcpu->host->sim), vcpu->blocked).v / PS_PER_NS);
	loop_edge(cpu, vcpu);
}

/* On the wait queue first, then the look: a wake-up in between is not lost. */
static void about_to_sleep(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->on_waitqueue = true;
	run(vcpu, COST_block, RUN_KERNEL, block_ends);
	if (!vcpu->timer.pending && !runnable(vcpu))
		task_block(cpu);
}

static void block(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (runnable(vcpu)) {
		vcpu->halted = false;
		enter(cpu, vcpu);
		return;
	}
	vcpu->blocked = sim_now(vcpu->host->sim);
	run(vcpu, COST_block, RUN_KERNEL, about_to_sleep);
}

/* --- the loop --- */

static void go_round(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->halted)
		block(cpu, vcpu);
	else
		enter(cpu, vcpu);
	vcpu->task.ctx.may_schedule = true;
}

static void inject(struct host_cpu *cpu, void *owner)
{
	lapic_timer_inject(cpu, owner);
	go_round(cpu, owner);
}

static void at_loop_edge(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->requests &= ~REQ_PENDING_TIMER;
	if (!vcpu->timer.pending) {
		go_round(cpu, vcpu);
		return;
	}
	lapic_timer_seen(cpu, vcpu);
	run(vcpu, COST_inject, RUN_KERNEL, inject);
}

static void loop_edge(struct host_cpu *cpu, struct vcpu *vcpu)
{
	run(vcpu, COST_loop_edge, RUN_KERNEL, at_loop_edge);
}

/* --- the thread --- */

static void sched_in(struct task *task, struct host_cpu *cpu)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);

	vcpu->ran = sim_now(vcpu->host->sim);
	if (vcpu->loaded && vcpu->loaded != cpu)
		vcpu->requests |= REQ_MIGRATE_TIMER;
	vcpu->loaded = cpu;
}

static const struct task_ops vcpu_task_ops = { .sched_in = sched_in, .guest_exit = guest_exit };

static void first_entry(struct host_cpu *cpu, void *owner) { enter(cpu, owner); }

static uint64_t to_cycles(struct quantity q, khz_t khz)
{
	return q.unit == QUANTITY_CYCLES ? q.v : (uint64_t)((u128)q.v * khz.v / NSEC_PER_SEC);
}

static ps_t to_ps(struct quantity q, khz_t khz)
{
	return q.unit == QUANTITY_PS ? ps(q.v) : clock_cycles_to_ps(khz, q.v);
}

static void init_guest(struct vcpu *vcpu, const struct vcpu_setup *setup)
{
	const struct guest_config *cfg = setup->guest;
	const khz_t khz = vcpu->rate.khz;
	const struct guest_times times = {
		.delta = guest_cycles(to_cycles(cfg->delta, khz)),
		.arm_jitter = to_ps(cfg->arm_jitter, khz),
		.loop = ps_max(to_ps(cfg->loop, khz), ps(1)),
		.op = vcpu->host->costs.cost[COST_guest_op].quantile[0],
	};

	guest_init(&vcpu->guest, cfg, &times, setup->seed, setup->index);
	if (!cfg->other_exits.every.v)
		return;
	if (cfg->other_exits.from == EXITS_FROM_LAST) {
		vcpu->exits_every = guest_cycles(to_cycles(cfg->other_exits.every, khz));
	} else {
		vcpu->grid_every = to_ps(cfg->other_exits.every, khz);
		vcpu->grid_phase = to_ps(cfg->other_exits.phase, khz);
	}
}

bool vcpu_init(struct vcpu *vcpu, struct host *host, const struct kernel *kernel,
	       const struct vcpu_setup *setup)
{
	const bool intel = host->cfg->vendor == HOST_INTEL;
	const struct tsc_host tsc = {
		.khz = host->cfg->tsc_khz,
		.tolerance_ppm = TSC_TOLERANCE_PPM_DEFAULT,
		.frac_bits = intel ? 48 : 32,
		.has_scaling = true,
	};
	const khz_t khz = setup->cfg->tsc_khz.v ? setup->cfg->tsc_khz : host->cfg->tsc_khz;

	*vcpu = (struct vcpu){
		.host = host,
		.kernel = kernel,
		.index = setup->index,
		.id = setup->cfg->id,
		.tsc_offset = setup->cfg->tsc_offset,
	};
	task_init(&vcpu->task, setup->task_id, TASK_FAIR, &vcpu_task_ops, vcpu);
	vcpu->task.affinity = setup->cfg->affinity;
	cost_streams_init(&vcpu->costs, setup->seed, ENTITY_VCPU + setup->index);
	vcpu->rate = tsc_rate_initial(&tsc);
	if (tsc_set_khz(kernel, &tsc, khz, &vcpu->rate))
		return false;
	vcpu->task.cpu = &host->cpus[setup->cfg->cpu];
	lapic_timer_init(vcpu, setup->advance);
	vcpu->timer.own = timer_advance_initial(kernel, setup->advance_param);
	init_guest(vcpu, setup);
	return true;
}

void vcpu_start(struct vcpu *vcpu) { cpu_run(&vcpu->task.ctx, ps(0), RUN_KERNEL, first_entry); }
