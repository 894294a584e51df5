/* SPDX-License-Identifier: MIT */
#include "host_cpu.h"

#include "nohz.h"
#include "scheduler.h"

#include <string.h>

/* So many segments of no length are run inside one event before the CPU takes a new one. */
#define STEPS_PER_EVENT 64

static void irq_begin(struct host_cpu *cpu, void *owner);

void host_trace(const struct host_cpu *cpu, enum tracepoint tp, uint32_t entity, uint32_t n,
		const uint64_t *values)
{
	struct trace_record rec; /* no initialiser: it would clear all values, at each record */

	rec.when = sim_now(cpu->host->sim);
	rec.event = tp;
	rec.entity = entity;
	rec.cpu = cpu->id;
	rec.task = cpu->current->id;
	rec.flags = (cpu->in_irq ? TRACE_HARDIRQ | TRACE_IRQS_OFF : 0) |
		    (cpu->need_resched ? TRACE_NEED_RESCHED : 0) |
		    (cpu->top->mode == RUN_IRQS_OFF ? TRACE_IRQS_OFF : 0);
	rec.n_values = n;
	memcpy(rec.value, values, n * sizeof(*values));
	trace_emit(cpu->host->trace, &rec);
}

ps_t cpu_cost(struct host_cpu *cpu, enum cost_id id)
{
	return cost_draw(&cpu->host->costs, &cpu->costs, id,
			 cpu->host->cfg->cpus[cpu->id].nohz_full);
}

ps_t cpu_elapsed(const struct host_cpu *cpu)
{
	return ps_sub(sim_now(cpu->host->sim), cpu->started);
}

static struct sim_event *running_event(struct host_cpu *cpu)
{
	return cpu->top->mode == RUN_GUEST ? &cpu->guest_segment : &cpu->segment;
}

static enum cpu_time time_of(const struct host_cpu *cpu)
{
	if (cpu->stolen)
		return CPU_TIME_STEAL;
	if (cpu->in_irq)
		return CPU_TIME_IRQ;
	switch (cpu->top->mode) {
	case RUN_IDLE: return CPU_TIME_IDLE;
	case RUN_GUEST: return CPU_TIME_GUEST;
	case RUN_USER: return CPU_TIME_USER;
	default: return CPU_TIME_HOST;
	}
}

/* The context on top gives up the CPU. */
static void charge(struct host_cpu *cpu)
{
	const ps_t now = sim_now(cpu->host->sim);
	const uint64_t ran = ps_sub(now, cpu->started).v;
	const enum cpu_time to = time_of(cpu);

	cpu->time[to] += ran;
	cpu->started = now;
	if (cpu->switching || to == CPU_TIME_STEAL)
		return;
	cpu->current->executed += ran;
	if (to == CPU_TIME_GUEST)
		cpu->current->in_guest += ran;
}

void cpu_account_end(struct host_cpu *cpu)
{
	const uint64_t now = sim_now(cpu->host->sim).v;
	uint64_t sum = 0;

	if (!cpu->stopped || cpu->stolen)
		charge(cpu);
	for (unsigned i = 0; i < CPU_TIMES; i++)
		sum += cpu->time[i];
	if (sum != now)
		sim_break(cpu->host->sim, "E2",
			  "CPU %u: guest + host + user + irq + idle + steal %llu ps == %llu ps",
			  cpu->id, (unsigned long long)sum, (unsigned long long)now);
	HOST_TRACE(cpu, TP_CPU_TIME, cpu->id, cpu->id, cpu->time[CPU_TIME_GUEST],
		   cpu->time[CPU_TIME_HOST], cpu->time[CPU_TIME_USER], cpu->time[CPU_TIME_IRQ],
		   cpu->time[CPU_TIME_IDLE]);
}

/* Starts or continues the segment on top; its end is an event, unless it has none. True: that is
 * now, because nothing else happens before. */
static bool start_segment(struct host_cpu *cpu)
{
	const ps_t now = sim_now(cpu->host->sim);

	cpu->stopped = false;
	cpu->asleep = cpu->top->mode == RUN_IDLE;
	if (cpu->top->left.v >= PS_NEVER.v - now.v)
		return false;
	return sim_event_follow(cpu->host->sim, running_event(cpu), ps_add(now, cpu->top->left));
}

/* The segment on top keeps its remainder. */
static void stop_segment(struct host_cpu *cpu)
{
	struct context *top = cpu->top;

	if (cpu->stopped)
		return;
	sim_event_cancel(cpu->host->sim, running_event(cpu));
	if (top->left.v != PS_NEVER.v)
		top->left = ps_sub(top->left, ps_min(top->left, cpu_elapsed(cpu)));
	charge(cpu);
	cpu->stopped = true;
}

void cpu_kick(struct host_cpu *cpu)
{
	if (cpu->dispatching || cpu->stopped)
		return;
	/* A segment that ends at this very instant ends before anything else is noticed (R2). */
	if (sim_event_armed(&cpu->segment) && cpu->top->left.v == cpu_elapsed(cpu).v)
		return;
	stop_segment(cpu);
	sim_event_arm(cpu->host->sim, &cpu->segment, sim_now(cpu->host->sim));
}

void cpu_end_wait(struct host_cpu *cpu, struct context *ctx)
{
	ctx->left = ps(0);
	if (cpu->top == ctx)
		cpu_kick(cpu);
}

void cpu_end_after_turn(struct host_cpu *cpu, struct context *ctx, ps_t total, ps_t turn)
{
	const bool running = cpu->top == ctx && !cpu->stopped && !cpu->dispatching;

	if (running)
		stop_segment(cpu);

	const uint64_t ran = total.v - ctx->left.v;
	const uint64_t rest = (turn.v - ran % turn.v) % turn.v;

	ctx->left = ps_min(ctx->left, ps(rest));
	if (running)
		sim_event_arm(cpu->host->sim, &cpu->segment, sim_now(cpu->host->sim));
}

static bool takes_interrupts(const struct host_cpu *cpu) { return cpu->top->mode != RUN_IRQS_OFF; }

void host_raise(struct host_cpu *cpu, enum irq_source source)
{
	if (cpu->pending & 1u << source) {
		cpu->host->merged_irqs++;
		return;
	}
	cpu->pending |= 1u << source;
	if (takes_interrupts(cpu))
		cpu_kick(cpu);
}

uint32_t host_pending_vector(const struct host_cpu *cpu)
{
	if (cpu->pending & 1u << IRQ_RESCHEDULE)
		return RESCHEDULE_VECTOR;
	if (cpu->pending & 1u << IRQ_POSTED)
		return POSTED_VECTOR;
	return cpu->pending & 1u << IRQ_LOCAL_TIMER ? LOCAL_TIMER_VECTOR : DEVICE_VECTOR;
}

static void send(struct host_cpu *from, struct host_cpu *to, struct sim_event *ipi,
		 enum cost_id cost)
{
	struct sim *sim = to->host->sim;

	if (sim_event_armed(ipi)) {
		to->host->merged_irqs++;
		return;
	}
	sim_event_arm(sim, ipi, ps_add(sim_now(sim), cpu_cost(from, cost)));
}

void host_send_reschedule(struct host_cpu *from, struct host_cpu *to)
{
	send(from, to, &to->ipi, COST_ipi);
}

void host_send_posted(struct host_cpu *from, struct host_cpu *to)
{
	send(from, to, &to->posted_ipi, COST_posted_ipi);
}

static void ipi_arrives(struct sim *sim, struct sim_event *ev)
{
	host_raise(sim_container_of(ev, struct host_cpu, ipi), IRQ_RESCHEDULE);
}

static void posted_ipi_arrives(struct sim *sim, struct sim_event *ev)
{
	host_raise(sim_container_of(ev, struct host_cpu, posted_ipi), IRQ_POSTED);
}

static void tell_stolen(struct host_cpu *cpu, bool begins)
{
	const struct task_ops *ops = cpu->current->ops;

	if (ops && ops->stolen)
		ops->stolen(cpu->current, cpu, begins);
}

/* A CPU that was about to look again, kicked at this instant, looks when it is given back. */
void host_steal(struct host_cpu *cpu, ps_t duration)
{
	struct sim *sim = cpu->host->sim;
	const ps_t ends = ps_add(sim_now(sim), duration);

	if (cpu->stolen) {
		cpu->steal_ends = ps_max(cpu->steal_ends, ends);
		sim_event_arm(sim, &cpu->steal, cpu->steal_ends);
		return;
	}
	stop_segment(cpu);
	sim_event_cancel(sim, &cpu->segment);
	tell_stolen(cpu, true);
	cpu->stolen = true;
	cpu->steal_ends = ends;
	sim_event_arm(sim, &cpu->steal, ends);
}

static void on_steal_end(struct sim *sim, struct sim_event *ev)
{
	struct host_cpu *cpu = sim_container_of(ev, struct host_cpu, steal);

	HOST_TRACE(cpu, TP_CPU_STEAL, cpu->id, cpu->id, cpu_elapsed(cpu).v);
	charge(cpu);
	cpu->stolen = false;
	tell_stolen(cpu, false);
	sim_event_arm(sim, &cpu->segment, sim_now(sim));
}

static void enter_irq(struct host_cpu *cpu)
{
	ps_t cost = cpu_cost(cpu, COST_irq_entry);

	cpu->taken = (enum irq_source)(31 - __builtin_clz(cpu->pending));
	cpu->pending &= ~(1u << cpu->taken);
	if (cpu->asleep) {
		cost = ps_add(cost, cpu->host->cfg->cpus[cpu->id].idle_exit);
		cost = ps_add(cost, cpu_cost(cpu, COST_irq_entry_idle));
	}
	cpu->asleep = false; /* for what is pending behind it, too */
	cpu->in_irq = true;
	cpu->top = &cpu->irq;
	cpu_run(&cpu->irq, cost, RUN_IRQS_OFF, irq_begin);
}

static void idle_again(struct host_cpu *cpu)
{
	cpu_run(&cpu->idle_task.ctx, PS_NEVER, RUN_IDLE, NULL);
}

/* tick_nohz_idle_exit() */
static void idle_exits(struct host_cpu *cpu, void *owner)
{
	nohz_update(cpu);
	idle_again(cpu); /* until schedule(), which comes at once unless an interrupt is pending */
}

static void irq_end(struct host_cpu *cpu, void *owner)
{
	ps_t restart = ps(0);

	cpu->in_irq = false;
	cpu->top = &cpu->current->ctx;
	if (cpu->current == &cpu->idle_task && nohz_restarts(cpu))
		restart = cpu_cost(cpu, COST_tick_nohz_restart);
	if (restart.v)
		cpu_run(&cpu->idle_task.ctx, restart, RUN_IRQS_OFF, idle_exits);
	else
		nohz_update(cpu);
}

/* A bare reschedule IPI is left without irq_exit_rcu(), and so without the look at the tick that a
 * CPU in nohz_full takes there. What an idle CPU is sent brings a wake-up: left like any other. */
static ps_t irq_exit_cost(struct host_cpu *cpu)
{
	const bool bare = cpu->taken == IRQ_RESCHEDULE && cpu->current != &cpu->idle_task;
	const bool nohz_full = cpu->host->cfg->cpus[cpu->id].nohz_full;

	return cost_draw(&cpu->host->costs, &cpu->costs, COST_irq_exit, nohz_full && !bare);
}

void irq_done(struct host_cpu *cpu)
{
	switch (cpu->taken) {
	case IRQ_LOCAL_TIMER:
		HOST_TRACE(cpu, TP_LOCAL_TIMER_EXIT, cpu->id, LOCAL_TIMER_VECTOR);
		break;
	case IRQ_RESCHEDULE: HOST_TRACE(cpu, TP_RESCHEDULE_EXIT, cpu->id, RESCHEDULE_VECTOR); break;
	default: break;
	}
	cpu_run(&cpu->irq, irq_exit_cost(cpu), RUN_IRQS_OFF, irq_end);
}

static void irq_handled(struct host_cpu *cpu, void *owner) { irq_done(cpu); }

static void irq_begin(struct host_cpu *cpu, void *owner)
{
	switch (cpu->taken) {
	case IRQ_LOCAL_TIMER:
		HOST_TRACE(cpu, TP_LOCAL_TIMER_ENTRY, cpu->id, LOCAL_TIMER_VECTOR);
		hrtimer_interrupt(cpu);
		break;
	case IRQ_RESCHEDULE:
		HOST_TRACE(cpu, TP_RESCHEDULE_ENTRY, cpu->id, RESCHEDULE_VECTOR);
		cpu_run(&cpu->irq, cpu_cost(cpu, COST_reschedule_ipi), RUN_IRQS_OFF, irq_handled);
		break;
	case IRQ_POSTED: /* counted, no more: the next entry looks at what was posted */
		cpu_run(&cpu->irq, cpu_cost(cpu, COST_posted_irq), RUN_IRQS_OFF, irq_handled);
		break;
	default:
		cpu_run(&cpu->irq, cpu->irqs_off.v ? cpu->irqs_off : cpu_cost(cpu, COST_device_irq),
			RUN_IRQS_OFF, irq_handled);
		cpu->irqs_off = ps(0);
		break;
	}
}

/* Where need_resched takes effect (R11). */
static bool preemptible(const struct host_cpu *cpu)
{
	switch (cpu->top->mode) {
	case RUN_USER:
	case RUN_IDLE: return true;
	case RUN_KERNEL: return cpu->top->may_schedule || cpu->host->cfg->preempt == PREEMPT_FULL;
	default: return cpu->top->may_schedule;
	}
}

/* An exit, unless the highest vector is the notification and the guest takes it where it is. */
static void interrupt_guest(struct host_cpu *cpu)
{
	struct task *task = cpu->current;

	if (cpu->pending & 1u << IRQ_POSTED && !(cpu->pending >> (IRQ_POSTED + 1)) &&
	    task->ops->guest_notified && task->ops->guest_notified(task, cpu))
		cpu->pending &= ~(1u << IRQ_POSTED);
	else
		task->ops->guest_exit(task, cpu);
}

/* Takes what is pending, switches if it must, then runs what is on top. True: its segment has
 * ended. */
static bool dispatch(struct host_cpu *cpu)
{
	unsigned steps = 0;

	cpu->dispatching = true;
	while (!sim_broken(cpu->host->sim)->id) {
		struct context *top = cpu->top;

		if (!cpu->in_irq && cpu->pending && takes_interrupts(cpu)) {
			if (top->mode == RUN_GUEST)
				interrupt_guest(cpu);
			else
				enter_irq(cpu);
			continue;
		}
		if (!cpu->in_irq && !cpu->switching && cpu->need_resched && preemptible(cpu)) {
			schedule(cpu);
			continue;
		}
		top->may_schedule = false;
		if (top->left.v || top->mode == RUN_GUEST || ++steps > STEPS_PER_EVENT)
			break;
		if (!sim_count_step(cpu->host->sim))
			break;
		top->fn(cpu, top->owner);
	}
	cpu->dispatching = false;
	return start_segment(cpu);
}

static void end_segment(struct host_cpu *cpu)
{
	struct context *top = cpu->top;

	charge(cpu);
	top->left = ps(0);
	cpu->stopped = true;
	cpu->dispatching = true;
	top->fn(cpu, top->owner);
}

/* The segment's time is over, or the CPU was kicked and has something to look at first. */
static void segment_ends(struct host_cpu *cpu)
{
	if (!cpu->stopped)
		end_segment(cpu);
	while (dispatch(cpu))
		end_segment(cpu);
}

static void on_segment(struct sim *sim, struct sim_event *ev)
{
	segment_ends(sim_container_of(ev, struct host_cpu, segment));
}

static void on_guest_segment(struct sim *sim, struct sim_event *ev)
{
	segment_ends(sim_container_of(ev, struct host_cpu, guest_segment));
}

static void on_device(struct sim *sim, struct sim_event *ev)
{
	host_raise(sim_container_of(ev, struct host_cpu, device), IRQ_LOCAL_TIMER);
}

static const struct sim_event_type segment_type = { "host_cpu.segment", SIM_PHASE_CPU, on_segment };
static const struct sim_event_type guest_type = { "host_cpu.guest", SIM_PHASE_GUEST,
						  on_guest_segment };
static const struct sim_event_type device_type = { "host_cpu.clock_event", SIM_PHASE_DEVICE,
						   on_device };
static const struct sim_event_type ipi_type = { "host_cpu.reschedule_ipi", SIM_PHASE_DEVICE,
						ipi_arrives };
static const struct sim_event_type posted_ipi_type = { "host_cpu.posted_ipi", SIM_PHASE_DEVICE,
						       posted_ipi_arrives };
static const struct sim_event_type steal_type = { "host_cpu.steal", SIM_PHASE_DEVICE,
						  on_steal_end };

void host_cpu_init(struct host_cpu *cpu, struct host *host, uint32_t id, uint64_t seed)
{
	*cpu = (struct host_cpu){ .host = host, .id = id, .stopped = true };
	sim_event_init(&cpu->segment, &segment_type, id);
	sim_event_init(&cpu->guest_segment, &guest_type, id);
	sim_event_init(&cpu->device, &device_type, id);
	sim_event_init(&cpu->ipi, &ipi_type, id);
	sim_event_init(&cpu->steal, &steal_type, id);
	sim_event_init(&cpu->posted_ipi, &posted_ipi_type, id);
	cost_streams_init(&cpu->costs, seed, ENTITY_CPU + id);
	cpu->irq.owner = cpu;
	cpu->sched.owner = cpu;
	task_init(&cpu->idle_task, id, TASK_FAIR, NULL, cpu);
	cpu->idle_task.state = TASK_RUNNING;
	cpu->idle_task.cpu = cpu;
	idle_again(cpu);
	cpu->current = &cpu->idle_task;
	cpu->top = &cpu->idle_task.ctx;
}

void host_cpu_start(struct host_cpu *cpu) { dispatch(cpu); }
