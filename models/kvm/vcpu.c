/* SPDX-License-Identifier: MIT */
#include "vcpu.h"

#include "lapic_check.h"
#include "start.h"
#include "tsc_rate.h"
#include "tune.h"
#include "wait.h"

#include <assert.h>

static void process_requests(struct host_cpu *cpu, void *owner);

static void kvm_clear_request(enum vcpu_request request, struct vcpu *vcpu)
{
	vcpu->requests &= ~(uint32_t)request;
}

ps_t vcpu_cost(struct vcpu *vcpu, enum cost_id id)
{
	return cost_draw(&vcpu->host->costs, &vcpu->costs, id,
			 vcpu->host->cfg->cpus[vcpu->task.cpu->id].nohz_full);
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

/* --- VM-exit --- */

#define VMX_INTR_VALID UINT64_C(0x80000000)
#define MSR_TSC_DEADLINE 0x6e0
#define X2APIC_MSR(reg) (0x800 + (uint32_t)(reg) / 0x10)
#define X2APIC_MSR_ID 0x802
#define X2APIC_MSR_EOI 0x80b

static void handled(struct host_cpu *cpu, void *owner);

/* The tracepoint, and the exit's handling. An interrupt that is pending was taken before (R6). */
static void trace_exit(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const bool vmx = vcpu->host->cfg->vendor == HOST_INTEL;
	const uint64_t intr_info = vmx && vcpu->reason == EXIT_REASON_EXTERNAL_INTERRUPT
					   ? VMX_INTR_VALID | host_pending_vector(cpu)
					   : 0;

	/* EXITINFO1 of SVM's one MSR exit: 1 is a write. */
	const uint64_t info1 = !vmx && vcpu->reason == EXIT_REASON_MSR_WRITE;

	vcpu->exit_traced = sim_now(vcpu->host->sim);
	vcpu->exited = true;
	HOST_TRACE(cpu, TP_KVM_EXIT, vcpu->index, vcpu->id, printed_reason(vcpu, vcpu->reason),
		   printed_rip(vcpu), info1, 0, intr_info);
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
		[EXIT_REASON_PREEMPTION_TIMER] = COST_handle_preemption_timer,
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

	if (vcpu->host->cfg->vendor == HOST_AMD) {
		vcpu->mode = OUTSIDE_GUEST_MODE;
		run(vcpu, COST_vmexit_rest, RUN_NO_PREEMPT, exited_svm);
		return;
	}
	trace_exit(cpu, vcpu);
	if (vcpu->kernel->fastpath->wrmsr_and_hv && vcpu_fastpath(vcpu))
		return;
	vcpu->mode = OUTSIDE_GUEST_MODE;
	handle_exit(cpu, vcpu);
}

void vcpu_begin_exit(struct vcpu *vcpu, enum exit_reason reason)
{
	if (vcpu->apicv)
		posted_intr_check(vcpu);
	vcpu->reason = reason;
	vcpu_charge(vcpu, VCPU_TIME_EXIT);
	vcpu->exit_started = sim_now(vcpu->host->sim);
	run(vcpu, COST_vmexit, RUN_IRQS_OFF, exited);
}

/* An interrupt is pending in guest mode. */
static void guest_exit(struct task *task, struct host_cpu *cpu)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);

	vcpu_account_guest_time(vcpu);
	/* At one instant the preemption timer goes first; the interrupt stays pending (R15). */
	vcpu_begin_exit(vcpu, vcpu->hv_fires.v <= sim_now(vcpu->host->sim).v
				      ? EXIT_REASON_PREEMPTION_TIMER
				      : EXIT_REASON_EXTERNAL_INTERRUPT);
}

static void op_handled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu_next_op(vcpu);
	vcpu_loop_edge(cpu, vcpu);
}

static void trace_msr(struct host_cpu *cpu, struct vcpu *vcpu, bool write, uint32_t index,
		      uint64_t data)
{
	HOST_TRACE(cpu, TP_KVM_MSR, vcpu->index, write, index, data);
}

void vcpu_trace_written(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct guest_op *op = guest_op(&vcpu->guest);
	const uint32_t index =
		op->kind == GUEST_APIC_WRITE ? X2APIC_MSR(op->reg) : MSR_TSC_DEADLINE;

	trace_msr(cpu, vcpu, true, index, op->value.v);
}

static void msr_written(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu_trace_written(cpu, vcpu);
	run(vcpu, COST_finish_msr_write, RUN_KERNEL, op_handled);
}

static void write_deadline(struct host_cpu *cpu, struct vcpu *vcpu)
{
	lapic_timer_write_deadline(cpu, vcpu, guest_op(&vcpu->guest)->value, msr_written);
}

static void write_eoi(struct host_cpu *cpu, struct vcpu *vcpu)
{
	HOST_TRACE(cpu, TP_KVM_APIC, vcpu->index, 1, TRACE_REG_EOI, 0);
	HOST_TRACE(cpu, TP_KVM_EOI, vcpu->index, vcpu->id, GUEST_TIMER_VECTOR);
	trace_msr(cpu, vcpu, true, X2APIC_MSR_EOI, 0);
	vcpu->isr = false;
	if (vcpu->irr)
		vcpu->requests |= REQ_EVENT;
	op_handled(cpu, vcpu);
}

/* Index of the tracepoint's names of registers. */
static uint64_t printed_register(enum apic_reg reg)
{
	switch (reg) {
	case APIC_LVTT: return TRACE_REG_LVTT;
	case APIC_TMICT: return TRACE_REG_TMICT;
	case APIC_TMCCT: return TRACE_REG_TMCCT;
	case APIC_TDCR: break;
	}
	return TRACE_REG_TDCR;
}

static void write_register(struct host_cpu *cpu, struct vcpu *vcpu, const struct guest_op *op)
{
	HOST_TRACE(cpu, TP_KVM_APIC, vcpu->index, 1, printed_register(op->reg), op->value.v);
	switch (op->reg) {
	case APIC_TMICT:
		lapic_timer_write_count(cpu, vcpu, (uint32_t)op->value.v, msr_written);
		return;
	case APIC_TDCR:
		lapic_timer_write_divide(cpu, vcpu, (uint32_t)op->value.v, msr_written);
		return;
	case APIC_LVTT:
		lapic_timer_write_lvtt(cpu, vcpu, lvtt_mode(op->value.v), lvtt_masked(op->value.v),
				       msr_written);
		return;
	case APIC_TMCCT: msr_written(cpu, vcpu); return; /* read-only */
	}
}

static void read_register(struct host_cpu *cpu, struct vcpu *vcpu, const struct guest_op *op)
{
	uint64_t reg = TRACE_REG_ID, value = vcpu->id;
	uint32_t index = X2APIC_MSR_ID;

	if (op->kind == GUEST_APIC_READ) {
		assert(op->reg == APIC_TMCCT); /* no workload reads another */
		value = lapic_timer_read_count(vcpu);
		vcpu->guest.apic_read = (uint32_t)value;
		reg = printed_register(op->reg);
		index = X2APIC_MSR(op->reg);
	}
	HOST_TRACE(cpu, TP_KVM_APIC, vcpu->index, 0, reg, value);
	trace_msr(cpu, vcpu, false, index, value);
	op_handled(cpu, vcpu);
}

static void write_tsc(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->tsc_write.relative)
		vcpu_adjust_tsc(vcpu, vcpu->tsc_write.value);
	else
		vcpu_write_tsc(vcpu, guest_cycles((uint64_t)vcpu->tsc_write.value));
	vcpu->tsc_write.due = false;
	vcpu_loop_edge(cpu, vcpu);
}

static void write_msr(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct guest_op *op = guest_op(&vcpu->guest);

	if (vcpu->tsc_write.due)
		write_tsc(cpu, vcpu);
	else if (op->kind == GUEST_EOI)
		write_eoi(cpu, vcpu);
	else if (op->kind == GUEST_APIC_WRITE)
		write_register(cpu, vcpu, op);
	else
		write_deadline(cpu, vcpu);
}

static void hv_handled(struct host_cpu *cpu, void *owner) { vcpu_loop_edge(cpu, owner); }

static void handled(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->stop == STOP_OTHER_EXIT) { /* an exit of the loop, not of the operation */
		vcpu->stop = STOP_OP;
		vcpu_loop_edge(cpu, vcpu);
		return;
	}
	switch (vcpu->reason) {
	case EXIT_REASON_MSR_WRITE: write_msr(cpu, vcpu); return;
	case EXIT_REASON_MSR_READ: read_register(cpu, vcpu, guest_op(&vcpu->guest)); return;
	case EXIT_REASON_CPUID:
	case EXIT_REASON_IO_INSTRUCTION: op_handled(cpu, vcpu); return;
	case EXIT_REASON_HLT:
		vcpu->halted = true;
		op_handled(cpu, vcpu);
		return;
	case EXIT_REASON_PREEMPTION_TIMER: lapic_timer_hv_fires(cpu, vcpu, hv_handled); return;
	case EXIT_REASON_INTERRUPT_WINDOW:
		vcpu->window = false;
		vcpu->requests |= REQ_EVENT;
		break;
	case EXIT_REASON_EXTERNAL_INTERRUPT:
	case EXIT_REASON_COUNT: break;
	}
	vcpu_loop_edge(cpu, vcpu);
}

/* --- VM-entry --- */

static void world_switch(struct host_cpu *cpu, struct vcpu *vcpu)
{
	/* A wait that was not owed began and ended at its place. */
	if (vcpu->kernel->wait_site->place == WAIT_WORLD_SWITCH)
		account_wait_ends(&vcpu->timer.account, sim_now(vcpu->host->sim));
	run(vcpu, COST_vmentry, RUN_IRQS_OFF, vcpu_in_guest);
}

static void waited_last(struct host_cpu *cpu, void *owner) { world_switch(cpu, owner); }

/* Waits, if a wait is owed and this is its place; then goes on with @then. */
static void wait_here(struct host_cpu *cpu, struct vcpu *vcpu, enum wait_place place,
		      context_fn *then)
{
	if (vcpu->kernel->wait_site->place == place)
		lapic_timer_wait(cpu, vcpu, then);
	else
		then(cpu, vcpu);
}

/* vmx_vcpu_run(): the preemption timer's count is written, then comes the newer place of the wait.
 */
static void loaded_state(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->host->cfg->vendor == HOST_INTEL)
		vcpu->hv_entry = vmx_hv_entry(vcpu->kernel, &vcpu->timer.hv, vcpu_host_tsc(vcpu),
					      vcpu->host->cfg->hv_rate_shift, false);
	wait_here(cpu, vcpu, WAIT_WORLD_SWITCH, waited_last);
}

static void waited_first(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->kernel->wait_site->place == WAIT_BEFORE_GUEST_ENTER)
		account_wait_ends(&vcpu->timer.account, sim_now(vcpu->host->sim));
	run(vcpu, COST_entry_load, RUN_IRQS_OFF, loaded_state);
}

/* The last look before entry: what came since the requests were processed sends the vCPU round the
 * loop again. */
void vcpu_entry_check(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->apicv)
		posted_intr_sync(vcpu);
	if (vcpu->requests || vcpu->mode == EXITING_GUEST_MODE || cpu->need_resched ||
	    vcpu->pause) {
		vcpu->mode = OUTSIDE_GUEST_MODE;
		vcpu_loop_edge(cpu, vcpu);
		return;
	}
	lapic_check_entry(vcpu);
	HOST_TRACE(cpu, TP_KVM_ENTRY, vcpu->index, vcpu->id, printed_rip(vcpu));
	if (vcpu->exited)
		HOST_TRACE(cpu, TP_EXIT_HANDLED, vcpu->index, vcpu->id,
			   printed_reason(vcpu, vcpu->reason),
			   ps_sub(sim_now(vcpu->host->sim), vcpu->exit_traced).v, cpu->id);
	wait_here(cpu, vcpu, WAIT_BEFORE_GUEST_ENTER, waited_first);
}

static void entry_check(struct host_cpu *cpu, void *owner) { vcpu_entry_check(cpu, owner); }

/* From here on a kick sends an IPI, and what comes before the check's end cancels the entry (R10).
 */
static void interrupts_off(struct vcpu *vcpu)
{
	vcpu->mode = IN_GUEST_MODE;
	run(vcpu, COST_entry_check, RUN_IRQS_OFF, entry_check);
}

/* Is there a vector for the VM-entry field? If the guest cannot take it now, an exit is asked for
 * when it can. With APICv nobody asks: the hardware delivers. */
static bool can_inject(struct vcpu *vcpu)
{
	assert(!vcpu->apicv);
	if (vcpu->irr && !vcpu->isr && !vcpu->injected && guest_interruptible(&vcpu->guest))
		return true;
	kvm_clear_request(REQ_EVENT, vcpu);
	if (vcpu->irr && !vcpu->isr && !vcpu->injected)
		vcpu->window = true;
	return false;
}

static void event_injected(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	kvm_clear_request(REQ_EVENT, vcpu);
	lapic_check_injected(vcpu);
	vcpu->irr = false;
	vcpu->isr = true;
	vcpu->injected = true;
	HOST_TRACE(cpu, TP_KVM_INJ_VIRQ, vcpu->index, GUEST_TIMER_VECTOR);
	interrupts_off(vcpu);
}

static void process_requests(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	if (vcpu->requests & REQ_MIGRATE_TIMER) {
		kvm_clear_request(REQ_MIGRATE_TIMER, vcpu);
		lapic_timer_migrate(cpu, vcpu, process_requests);
		return;
	}
	if (vcpu->rate.always_catchup)
		vcpu_catch_up(vcpu);
	if (vcpu->requests & REQ_EVENT && can_inject(vcpu))
		run(vcpu, COST_inject_event, RUN_KERNEL, event_injected);
	else
		interrupts_off(vcpu);
}

void vcpu_enter(struct host_cpu *cpu, struct vcpu *vcpu)
{
	run(vcpu, COST_enter_guest, RUN_KERNEL, process_requests);
}

/* --- the loop --- */

static void enter_kvm_run(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->in_user_space = false;
	if (vcpu->halted)
		vcpu_block(cpu, vcpu);
	else
		vcpu_enter(cpu, vcpu);
}

/* A signal is pending: KVM_RUN returns, and the thread sleeps until it is resumed. */
static void leave_kvm_run(struct host_cpu *cpu, struct vcpu *vcpu)
{
	vcpu->in_user_space = true;
	run(vcpu, COST_loop_edge, RUN_KERNEL, enter_kvm_run);
	task_block(cpu);
	vcpu->left_kvm_run(vcpu);
}

static void go_round(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->pause) {
		leave_kvm_run(cpu, vcpu);
		return;
	}
	if (vcpu->halted)
		vcpu_block(cpu, vcpu);
	else
		vcpu_enter(cpu, vcpu);
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

	kvm_clear_request(REQ_PENDING_TIMER, vcpu);
	if (!lapic_timer_visible(&vcpu->timer)) {
		go_round(cpu, vcpu);
		return;
	}
	lapic_timer_seen(cpu, vcpu);
	run(vcpu, COST_inject, RUN_KERNEL, inject);
}

void vcpu_loop_edge(struct host_cpu *cpu, struct vcpu *vcpu)
{
	run(vcpu, COST_loop_edge, RUN_KERNEL, at_loop_edge);
}

/* --- the thread --- */

void vcpu_charge(struct vcpu *vcpu, enum vcpu_time to)
{
	const ps_t now = sim_now(vcpu->host->sim);

	vcpu->time[vcpu->time_in] += ps_sub(now, vcpu->time_since).v;
	vcpu->time_since = now;
	vcpu->time_in = to;
}

void vcpu_account_end(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const uint64_t elapsed = ps_sub(sim_now(vcpu->host->sim), vcpu->created).v;
	uint64_t sum = 0;

	vcpu_charge(vcpu, vcpu->time_in);
	if (vcpu->time_in == VCPU_TIME_GUEST)
		posted_intr_check(vcpu);
	for (unsigned i = 0; i < VCPU_TIMES; i++)
		sum += vcpu->time[i];
	if (sum != elapsed)
		sim_break(vcpu->host->sim, "E3",
			  "vCPU %u: guest + exit + runnable + halted %llu ps == %llu ps",
			  vcpu->index, (unsigned long long)sum, (unsigned long long)elapsed);
	HOST_TRACE(cpu, TP_VCPU_TIME, vcpu->index, vcpu->id, vcpu->time[VCPU_TIME_GUEST],
		   vcpu->time[VCPU_TIME_EXIT], vcpu->time[VCPU_TIME_RUNNABLE],
		   vcpu->time[VCPU_TIME_HALTED]);
}

void vcpu_account_check(const struct vcpu *vcpu)
{
	const struct task *task = &vcpu->task;
	const uint64_t guest = vcpu->time[VCPU_TIME_GUEST], exit = vcpu->time[VCPU_TIME_EXIT];

	if (guest != task->in_guest || guest + exit != task->executed)
		sim_break(vcpu->host->sim, "E3",
			  "vCPU %u: guest %llu ps, exit %llu ps == %llu ps, %llu ps of its CPUs",
			  vcpu->index, (unsigned long long)guest, (unsigned long long)exit,
			  (unsigned long long)task->in_guest,
			  (unsigned long long)(task->executed - task->in_guest));
}

/* What the notifier interrupted goes on. */
static void notified(struct host_cpu *cpu, void *owner)
{
	struct vcpu *vcpu = owner;

	vcpu->task.ctx = vcpu->interrupted;
	vcpu->timer.plan = vcpu->interrupted_plan;
	vcpu->timer.then = vcpu->interrupted_then;
}

/* kvm_arch_vcpu_load() from the preempt notifier. */
static void sched_in(struct task *task, struct host_cpu *cpu)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);
	const bool moved = vcpu->loaded && vcpu->loaded != cpu;

	vcpu->ran = sim_now(vcpu->host->sim);
	vcpu_charge(vcpu, VCPU_TIME_EXIT);
	vcpu->loaded = cpu;
	if (!moved)
		return;
	vcpu->requests |= REQ_MIGRATE_TIMER;
	if (!vcpu->timer.hv_in_use)
		return;
	vcpu->interrupted = vcpu->task.ctx;
	vcpu->interrupted_plan = vcpu->timer.plan;
	vcpu->interrupted_then = vcpu->timer.then;
	lapic_timer_load_hv(cpu, vcpu, notified);
}

static void sched_out(struct task *task, struct host_cpu *cpu)
{
	vcpu_charge(sim_container_of(task, struct vcpu, task),
		    task->state == TASK_BLOCKED ? VCPU_TIME_HALTED : VCPU_TIME_RUNNABLE);
}

static void woken(struct task *task)
{
	vcpu_charge(sim_container_of(task, struct vcpu, task), VCPU_TIME_RUNNABLE);
}

static void crowded(struct task *task, struct host_cpu *cpu)
{
	vcpu_poll_look(sim_container_of(task, struct vcpu, task));
}

/* While its thread has the CPU and cannot run: as good as waiting for it. */
static void stolen(struct task *task, struct host_cpu *cpu, bool begins)
{
	struct vcpu *vcpu = sim_container_of(task, struct vcpu, task);
	const bool in_guest = cpu->top == &task->ctx && task->ctx.mode == RUN_GUEST;

	if (begins) {
		vcpu->time_stolen =
			vcpu->time_in == VCPU_TIME_GUEST || vcpu->time_in == VCPU_TIME_EXIT;
		vcpu->time_stolen_in = vcpu->time_in;
		if (in_guest)
			vcpu_account_guest_time(vcpu);
		if (vcpu->time_stolen)
			vcpu_charge(vcpu, VCPU_TIME_RUNNABLE);
		return;
	}
	if (vcpu->time_stolen)
		vcpu_charge(vcpu, vcpu->time_stolen_in);
	if (in_guest)
		vcpu_run_guest(cpu, vcpu);
}

static const struct task_ops vcpu_task_ops = { .sched_in = sched_in,
					       .sched_out = sched_out,
					       .woken = woken,
					       .crowded = crowded,
					       .guest_exit = guest_exit,
					       .guest_notified = vcpu_guest_notified,
					       .stolen = stolen };

/* kvm_can_post_timer_interrupt() */
static bool can_post(const struct vcpu *vcpu)
{
	const struct post_allowed_input in = {
		.pi_inject_timer = vcpu->module->pi_inject_timer,
		.apicv_active = vcpu->apicv,
		.mwait_in_guest = vcpu->disable_exits.mwait,
		.hlt_in_guest = vcpu->disable_exits.hlt,
	};

	return vcpu->kernel->post_allowed->allowed(&in);
}

static struct tsc_host tsc_host_of(const struct host *host, const struct kvm_module *module)
{
	const struct host_config *cfg = host->cfg;

	return (struct tsc_host){
		.khz = cfg->tsc_khz,
		.tolerance_ppm = module->params.tsc_tolerance_ppm,
		.frac_bits = cfg->vendor == HOST_INTEL ? 48 : 32,
		.has_scaling = cfg->tsc_scaling,
	};
}

static khz_t khz_of(const struct host *host, const struct vcpu_config *cfg)
{
	return cfg->tsc_khz.v ? cfg->tsc_khz : host->cfg->tsc_khz;
}

bool vcpu_rate_refused(const struct host *host, const struct kvm_module *module,
		       const struct vcpu_config *cfg)
{
	const struct tsc_host tsc = tsc_host_of(host, module);
	struct guest_rate rate = tsc_rate_initial(&tsc);

	return tsc_set_khz(module->kernel, &tsc, khz_of(host, cfg), &rate) != 0;
}

void vcpu_init(struct vcpu *vcpu, struct host *host, struct kvm_module *module,
	       const struct vcpu_setup *setup)
{
	const struct host_config *cfg = host->cfg;

	*vcpu = (struct vcpu){
		.host = host,
		.module = module,
		.kernel = module->kernel,
		.index = setup->index,
		.id = setup->cfg->id,
		.bus_cycle_ns = setup->vm->apic_bus_cycle_ns,
		.disable_exits = setup->vm->disable_exits,
		.apicv = cfg->vendor == HOST_INTEL && cfg->apicv && module->params.enable_apicv,
		.left_kvm_run = setup->left_kvm_run,
		.clock = &host->clock,
		.tsc_host = tsc_host_of(host, module),
		.tsc_offset = setup->cfg->tsc_offset,
	};
	vcpu->created = vcpu->time_since = sim_now(host->sim);
	vcpu->can_post = can_post(vcpu);
	vcpu->time_in = VCPU_TIME_HALTED; /* until its thread is placed */
	task_init(&vcpu->task, setup->task_id, TASK_FAIR, &vcpu_task_ops, vcpu);
	vcpu->task.affinity = setup->cfg->affinity;
	vcpu->task.cpu = &host->cpus[setup->cfg->cpu];
	cost_streams_init(&vcpu->costs, setup->seed, ENTITY_VCPU + setup->index);
	vcpu->rate = tsc_rate_initial(&vcpu->tsc_host);
	vcpu_set_khz(vcpu, khz_of(host, setup->cfg));
	vcpu_adjust_tsc(vcpu, 0);
	lapic_timer_init(vcpu, LAPIC_MODE_TSC_DEADLINE);
	vcpu_guest_init(vcpu, &setup->vm->guest, setup->seed);
}

void vcpu_start(struct vcpu *vcpu) { cpu_run(&vcpu->task.ctx, ps(0), RUN_KERNEL, enter_kvm_run); }

/* --- a pause, and what user space does in it --- */

void vcpu_pause(struct vcpu *vcpu)
{
	vcpu->pause = true;
	vcpu_poll_look(vcpu);
	if (vcpu->on_waitqueue) {
		vcpu->woken = sim_now(vcpu->host->sim);
		task_wake(vcpu->host, NULL, &vcpu->task);
	} else if (vcpu->mode == IN_GUEST_MODE) {
		vcpu->mode = EXITING_GUEST_MODE;
		host_raise(vcpu->task.cpu, IRQ_RESCHEDULE);
	}
}

void vcpu_resume(struct vcpu *vcpu)
{
	vcpu->pause = false;
	if (vcpu->in_user_space)
		task_wake(vcpu->host, NULL, &vcpu->task);
}

void vcpu_save(struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;

	posted_intr_sync(vcpu); /* what is read shows it in IRR */
	vcpu->saved = (struct vcpu_saved){
		.khz = vcpu->rate.khz,
		.tsc = vcpu_tsc(vcpu),
		.count = lt->count,
		.tmcct = lapic_count_saved(vcpu->kernel, &lt->count, &lt->count_cfg,
					   host_monotonic(vcpu->host)),
		.masked = lt->masked,
	};
	if (vcpu->kernel->deadline_read->given(lt->count.mode))
		vcpu->saved.tscdeadline = lt->count.tscdeadline;
}

void vcpu_restore_khz(struct vcpu *vcpu) { vcpu_set_khz(vcpu, vcpu->saved.khz); }

void vcpu_restore_tsc(struct vcpu *vcpu) { vcpu_write_tsc(vcpu, vcpu->saved.tsc); }

void vcpu_restore_lapic(struct vcpu *vcpu)
{
	const bool kept = vcpu->kernel->restore_apicv->kept;

	/* The request bits are cleared for the state that is loaded; behind it, what has expired in
	 * the loading is lost. */
	if (kept)
		vcpu->pir = false;
	lapic_timer_restore(vcpu->task.cpu, vcpu, &vcpu->saved.count, vcpu->saved.tmcct,
			    vcpu->saved.masked);
	if (!kept)
		vcpu->pir = false;
}

void vcpu_restore_deadline(struct vcpu *vcpu)
{
	lapic_timer_restore_deadline(vcpu->task.cpu, vcpu, vcpu->saved.tscdeadline);
}

void vcpu_move(struct vcpu *vcpu, const struct clock *clock, bool tsc_scaling)
{
	struct host_cpu *cpu = vcpu->task.cpu;

	hrtimer_remove(cpu, &vcpu->timer.hrtimer);
	vcpu_tsc_changes(vcpu);
	vcpu->moved_clock = *clock;
	vcpu->clock = &vcpu->moved_clock;
	vcpu->tsc_host.khz = clock->tsc_khz;
	vcpu->tsc_host.has_scaling = tsc_scaling;
	vcpu->rate = tsc_rate_initial(&vcpu->tsc_host);
	vcpu_set_khz(vcpu, clock->tsc_khz);
	vcpu_write_tsc(vcpu, guest_cycles(0));
	lapic_timer_reset(vcpu);
	vcpu->poll_ns = 0;
}
