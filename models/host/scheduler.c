/* SPDX-License-Identifier: MIT */
#include "scheduler.h"

#include "nohz.h"

enum { STATE_R, STATE_R_PREEMPTED, STATE_S, STATE_X }; /* indices of the tracepoint's prev_state */

static void switch_done(struct host_cpu *cpu, void *owner);

void task_init(struct task *task, uint32_t id, enum task_class class, const struct task_ops *ops,
	       void *owner)
{
	*task = (struct task){ .id = id, .class = class, .state = TASK_BLOCKED, .ops = ops };
	task->ctx.owner = owner;
}

/* The steps that a task's state may take (E4): one that is dead stays so. */
static void set_state(const struct host *host, struct task *task, enum task_state to)
{
	static const char *const names[] = { "running", "queued", "blocked", "dead" };
	static const bool may[][TASK_DEAD + 1] = {
		[TASK_RUNNING] = { true, true, true, true },
		[TASK_QUEUED] = { true, true, false, true },
		[TASK_BLOCKED] = { true, true, false, true },
		[TASK_DEAD] = { false, false, false, true },
	};

	if (!may[task->state][to])
		sim_break(host->sim, "E4", "task %u goes on from %s, not to %s", task->id,
			  names[task->state], names[to]);
	task->state = to;
}

static bool is_idle_task(const struct task *task) { return task == &task->cpu->idle_task; }

static bool allowed(const struct task *task, const struct host_cpu *cpu)
{
	return is_idle_task(task) || cpu_mask_has(&task->affinity, cpu->id);
}

uint32_t nr_running(const struct host_cpu *cpu)
{
	return cpu->n_queued +
	       (cpu->current != &cpu->idle_task && cpu->current->state == TASK_RUNNING);
}

/* --- the queues of a CPU --- */

static void enqueue(struct host_cpu *cpu, struct task *task, bool at_head)
{
	struct task **link = &cpu->queue[task->class];

	while (!at_head && *link)
		link = &(*link)->next;
	task->next = *link;
	*link = task;
	set_state(cpu->host, task, TASK_QUEUED);
	task->cpu = cpu;
	task->waiting_since = sim_now(cpu->host->sim);
	if (task->ops && task->ops->woken)
		task->ops->woken(task);
	cpu->n_queued++;
	cpu->host->queued_tasks++;
	nohz_note_idle(cpu);
	if (cpu->current != task && cpu->current->ops && cpu->current->ops->crowded)
		cpu->current->ops->crowded(cpu->current, cpu);
}

static void dequeue(struct task *task)
{
	struct host_cpu *cpu = task->cpu;
	struct task **link = &cpu->queue[task->class];

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
	task->next = NULL;
	cpu->n_queued--;
	cpu->host->queued_tasks--;
	nohz_note_idle(cpu);
}

/* --- choosing a CPU --- */

static struct host_cpu *lowest(struct host *host, const struct task *task, bool idle_only)
{
	for (uint32_t i = 0; i < host->n_cpus; i++)
		if (cpu_mask_has(&task->affinity, i) &&
		    (!idle_only || cpu_mask_has(&host->idle, i)))
			return &host->cpus[i];
	return NULL;
}

static struct host_cpu *place(struct host *host, const struct task *task)
{
	struct host_cpu *last = task->cpu;
	const bool last_allowed = last && cpu_mask_has(&task->affinity, last->id);

	/* Still being switched away from: no other CPU may run it before that is done. */
	if (last && last->current == task)
		return last;
	if (last_allowed && cpu_mask_has(&host->idle, last->id))
		return last;

	struct host_cpu *idle = lowest(host, task, true);
	if (idle)
		return idle;
	return last_allowed ? last : lowest(host, task, false);
}

/* --- need_resched --- */

static void resched(struct host_cpu *cpu, struct host_cpu *by)
{
	if (cpu->need_resched)
		return;
	cpu->need_resched = true;
	if (by && by != cpu)
		host_send_reschedule(by, cpu);
	else
		cpu_kick(cpu);
}

/* A command from outside the simulated machine: the CPU notices as if interrupted by its own IPI.
 */
static void resched_from_outside(struct host_cpu *cpu)
{
	if (cpu->need_resched)
		return;
	cpu->need_resched = true;
	host_raise(cpu, IRQ_RESCHEDULE);
}

static void resched_by(struct host_cpu *cpu, struct host_cpu *by)
{
	if (by)
		resched(cpu, by);
	else
		resched_from_outside(cpu);
}

/* Does a task that has just been queued on @cpu take it from the running one? (R11) */
static bool preempts(const struct host_cpu *cpu, const struct task *task)
{
	const struct task *current = cpu->current;

	if (is_idle_task(current) || current->state != TASK_RUNNING)
		return true;
	if (task->class != current->class)
		return task->class == TASK_FIFO;
	return task->class == TASK_FAIR && sim_now(cpu->host->sim).v - cpu->slice_start.v >=
						   cpu->host->cfg->wakeup_granularity.v;
}

static void queue_on(struct host_cpu *cpu, struct host_cpu *by, struct task *task)
{
	const bool wins = preempts(cpu, task);

	enqueue(cpu, task, wins);
	if (wins) {
		resched_by(cpu, by);
	} else if (cpu->tick_stopped && nr_running(cpu) > 1) {
		/* A second task on a nohz_full CPU brings its tick back by an interrupt; it is no
		 * reason to switch. */
		if (by && by != cpu)
			host_send_reschedule(by, cpu);
		else
			host_raise(cpu, IRQ_RESCHEDULE);
	}
}

static void trace_migrate(const struct host_cpu *on, const struct task *task,
			  const struct host_cpu *to)
{
	if (task->cpu && task->cpu != to)
		HOST_TRACE(on, TP_SCHED_MIGRATE_TASK, to->id, task->id, task->cpu->id, to->id);
}

void task_wake(struct host *host, struct host_cpu *waker, struct task *task)
{
	if (task->state != TASK_BLOCKED)
		return;
	if (task->cpu && task->cpu->current == task && !task->cpu->switching) {
		set_state(host, task, TASK_RUNNING); /* it had not left yet, and will not */
		return;
	}

	struct host_cpu *cpu = place(host, task);
	struct host_cpu *on = waker ? waker : cpu;

	HOST_TRACE(on, TP_SCHED_WAKING, cpu->id, task->id, cpu->id);
	trace_migrate(on, task, cpu);
	queue_on(cpu, waker, task);
}

void task_place(struct host *host, struct task *task, uint32_t id)
{
	struct host_cpu *cpu = &host->cpus[id];

	if (!is_idle_task(cpu->current)) {
		enqueue(cpu, task, false);
		return;
	}
	set_state(host, task, TASK_RUNNING);
	task->cpu = task->on = cpu;
	cpu->current = task;
	cpu->top = &task->ctx;
	cpu->slice_start = sim_now(host->sim);
	nohz_note_idle(cpu);
	if (task->ops && task->ops->sched_in)
		task->ops->sched_in(task, cpu);
}

/* --- switching --- */

/* When a CPU runs out of work: pulls the allowed task that has waited longest (R18). */
static struct task *pull(struct host_cpu *cpu)
{
	struct host *host = cpu->host;
	struct task *oldest = NULL;

	if (!host->queued_tasks)
		return NULL;
	for (uint32_t i = 0; i < host->n_cpus; i++)
		for (struct task *task = host->cpus[i].queue[TASK_FAIR]; task; task = task->next)
			if (allowed(task, cpu) && !task->on &&
			    (!oldest || task->waiting_since.v < oldest->waiting_since.v ||
			     (task->waiting_since.v == oldest->waiting_since.v &&
			      task->id < oldest->id)))
				oldest = task;
	if (oldest) {
		trace_migrate(cpu, oldest, cpu);
		dequeue(oldest);
		enqueue(cpu, oldest, true);
	}
	return oldest;
}

static struct task *pick(struct host_cpu *cpu, bool prev_stays)
{
	struct task *prev = cpu->current;
	struct task *fifo = cpu->queue[TASK_FIFO], *fair = cpu->queue[TASK_FAIR];

	if (prev_stays && prev->class == TASK_FIFO)
		return prev;
	if (fifo)
		return fifo;
	if (prev_stays && !cpu->slice_over && (!fair || !preempts(cpu, fair)))
		return prev;
	if (fair)
		return fair;
	if (prev_stays)
		return prev;

	struct task *pulled = pull(cpu);
	return pulled ? pulled : &cpu->idle_task;
}

/* E5, one time in 64, as it looks at all queues: a CPU idles only if no fair task waits elsewhere
 * that may run here (R18). */
static void check_idle(struct host_cpu *cpu)
{
	struct host *host = cpu->host;

	if (host->idle_picks++ % 64)
		return;
	for (uint32_t i = 0; i < host->n_cpus; i++)
		for (const struct task *t = host->cpus[i].queue[TASK_FAIR]; t; t = t->next)
			if (allowed(t, cpu) && !t->on)
				sim_break(host->sim, "E5",
					  "CPU %u goes idle, and task %u waits on CPU %u", cpu->id,
					  t->id, i);
}

static uint64_t printed_state(const struct task *prev)
{
	switch (prev->state) {
	case TASK_BLOCKED: return STATE_S;
	case TASK_DEAD: return STATE_X;
	default: return is_idle_task(prev) ? STATE_R : STATE_R_PREEMPTED;
	}
}

/* From the queue onto the CPU (E1). */
static void take(struct host_cpu *cpu, struct task *next)
{
	/* A task whose own CPU still switches away from it is taken again when that is done. */
	if (next->on || !allowed(next, cpu))
		sim_break(cpu->host->sim, "E1",
			  "task %u, taken by CPU %u: executed by no other (%d), allowed there (%d)",
			  next->id, cpu->id, next->on ? (int)next->on->id : -1, allowed(next, cpu));
	dequeue(next);
	next->on = cpu;
}

void schedule(struct host_cpu *cpu)
{
	struct task *prev = cpu->current;
	const bool stays = !is_idle_task(prev) && prev->state == TASK_RUNNING && allowed(prev, cpu);
	struct task *next = pick(cpu, stays);

	cpu->need_resched = false;
	if (next == prev) {
		cpu->slice_over = false;
		return;
	}
	if (is_idle_task(next))
		check_idle(cpu);
	else
		take(cpu, next);
	set_state(cpu->host, next, TASK_RUNNING);
	HOST_TRACE(cpu, TP_SCHED_SWITCH, cpu->id, prev->id, printed_state(prev), next->id);
	if (prev->ops && prev->ops->sched_out)
		prev->ops->sched_out(prev, cpu);

	ps_t cost = cpu_cost(cpu, COST_context_switch);
	if (prev->state == TASK_RUNNING && !is_idle_task(prev) && !stays)
		cost = ps_add(cost,
			      cpu_cost(cpu, COST_migration)); /* the stopper thread takes it away */
	cpu->switching = true;
	cpu->switch_to = next;
	nohz_note_idle(cpu);
	cpu->top = &cpu->sched;
	cpu_run(&cpu->sched, cost, RUN_IRQS_OFF, switch_done);
}

/* The task that lost the CPU waits here, or goes where its affinity lets it. */
static void put_prev(struct host_cpu *cpu, struct task *prev)
{
	if (is_idle_task(prev))
		return;
	prev->on = NULL;
	if (prev->state != TASK_RUNNING && prev->state != TASK_QUEUED)
		return;
	if (allowed(prev, cpu)) {
		if (prev->state == TASK_RUNNING) /* else woken meanwhile, and queued here */
			enqueue(cpu, prev, !cpu->slice_over);
		return;
	}
	if (prev->state == TASK_QUEUED)
		dequeue(prev);

	struct host_cpu *to = place(cpu->host, prev);
	trace_migrate(cpu, prev, to);
	queue_on(to, cpu, prev);
}

static void switch_done(struct host_cpu *cpu, void *owner)
{
	struct task *prev = cpu->current, *next = cpu->switch_to;

	cpu->switching = false;
	cpu->current = next;
	cpu->top = &next->ctx;
	cpu->slice_start = sim_now(cpu->host->sim);
	nohz_note_idle(cpu);
	put_prev(cpu, prev);
	cpu->slice_over = false;
	nohz_update(cpu);
	if (next->ops && next->ops->sched_in)
		next->ops->sched_in(next, cpu);
}

void task_block(struct host_cpu *cpu)
{
	set_state(cpu->host, cpu->current, TASK_BLOCKED);
	cpu->need_resched = true;
	cpu->current->ctx.may_schedule = true;
}

void task_kill(struct host *host, struct task *task)
{
	const enum task_state was = task->state;

	if (was == TASK_QUEUED)
		dequeue(task);
	set_state(host, task, TASK_DEAD);
	if (was == TASK_RUNNING)
		resched_from_outside(task->cpu);
}

void task_set_affinity(struct host *host, struct task *task, const struct cpu_mask *affinity)
{
	task->affinity = *affinity;
	if (!task->cpu || cpu_mask_has(affinity, task->cpu->id))
		return;
	if (task->state == TASK_RUNNING) {
		resched_from_outside(task->cpu);
	} else if (task->state == TASK_QUEUED) {
		struct host_cpu *to = place(host, task);

		if (to == task->cpu) /* being switched away from: put_prev() sends it on */
			return;
		trace_migrate(task->cpu, task, to);
		dequeue(task);
		queue_on(to, NULL, task);
	}
}

/* --- the tick --- */

/* An idle CPU takes the task that has waited longest on a CPU with two or more (R18). */
static void balance(struct host_cpu *cpu)
{
	struct host *host = cpu->host;
	struct task *oldest = NULL;
	struct host_cpu *to = NULL;

	for (struct task *task = cpu->queue[TASK_FAIR]; task; task = task->next) {
		struct host_cpu *idle = lowest(host, task, true);

		if (idle && (!oldest || task->waiting_since.v < oldest->waiting_since.v)) {
			oldest = task;
			to = idle;
		}
	}
	if (!oldest)
		return;
	trace_migrate(cpu, oldest, to);
	dequeue(oldest);
	queue_on(to, cpu, oldest);
}

void scheduler_tick(struct host_cpu *cpu)
{
	if (!cpu->n_queued || cpu->current->state != TASK_RUNNING || is_idle_task(cpu->current))
		return;
	balance(cpu);
	if (cpu->current->class == TASK_FAIR && cpu->queue[TASK_FAIR] &&
	    sim_now(cpu->host->sim).v - cpu->slice_start.v >= cpu->host->cfg->slice.v) {
		cpu->slice_over = true;
		cpu->need_resched = true;
	}
}
