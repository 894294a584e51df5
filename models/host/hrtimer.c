/* SPDX-License-Identifier: MIT */
#include "hrtimer.h"

#include "host_cpu.h"
#include "switch_base.h"

#define ROUNDS_MAX 3
#define HANG_MAX_NS 100000000

static void run_next(struct host_cpu *cpu);

/* --- the queue of a CPU: a binary heap by (expires, seq) --- */

/* ktime is signed: an expiry before the epoch is past. */
static int64_t signed_ns(ns_t at) { return (int64_t)at.v; }

static bool earlier(const struct hrtimer *a, const struct hrtimer *b)
{
	return a->expires.v != b->expires.v ? signed_ns(a->expires) < signed_ns(b->expires)
					    : a->seq < b->seq;
}

static bool due(const struct hrtimer *timer, ns_t now)
{
	return signed_ns(timer->expires) <= signed_ns(now);
}

static void put_at(struct hrtimer_base *base, uint32_t i, struct hrtimer *timer)
{
	base->heap[i] = timer;
	timer->index = i + 1;
}

static void sift_up(struct hrtimer_base *base, uint32_t i, struct hrtimer *timer)
{
	for (; i && earlier(timer, base->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put_at(base, i, base->heap[(i - 1) / 2]);
	put_at(base, i, timer);
}

static void sift_down(struct hrtimer_base *base, uint32_t i, struct hrtimer *timer)
{
	for (uint32_t child; (child = 2 * i + 1) < base->n; i = child) {
		if (child + 1 < base->n && earlier(base->heap[child + 1], base->heap[child]))
			child++;
		if (!earlier(base->heap[child], timer))
			break;
		put_at(base, i, base->heap[child]);
	}
	put_at(base, i, timer);
}

static void enqueue(struct host_cpu *cpu, struct hrtimer *timer)
{
	struct hrtimer_base *base = &cpu->hrtimers;

	timer->base = cpu;
	timer->seq = cpu->host->hrtimer_seq++;
	sift_up(base, base->n++, timer);
}

static void dequeue(struct hrtimer *timer)
{
	struct hrtimer_base *base = &timer->base->hrtimers;
	const uint32_t hole = timer->index - 1;
	struct hrtimer *last = base->heap[--base->n];

	timer->index = 0;
	if (last == timer)
		return;
	sift_up(base, hole, last);
	sift_down(base, last->index - 1, last);
}

static struct hrtimer *first(const struct hrtimer_base *base)
{
	return base->n ? base->heap[0] : NULL;
}

/* --- the clock-event device --- */

/* Programs the device for @at; KTIME_MAX stops it. What is past fires now. */
static void program(struct host_cpu *cpu, ns_t at)
{
	struct sim *sim = cpu->host->sim;

	cpu->host->expires_next[cpu->id] = at.v;
	if (at.v == KTIME_MAX) {
		sim_event_cancel(sim, &cpu->device);
		return;
	}

	const ns_t from_epoch = ns(signed_ns(at) < 0 ? 0 : at.v);
	const ps_t edge = ps_max(clock_monotonic_edge(&cpu->host->clock, from_epoch), sim_now(sim));
	if (edge.v == PS_NEVER.v)
		sim_event_cancel(sim, &cpu->device);
	else
		sim_event_arm(sim, &cpu->device, edge);
}

static void program_first(struct host_cpu *cpu)
{
	const struct hrtimer *timer = first(&cpu->hrtimers);

	program(cpu, timer ? timer->expires : ns(KTIME_MAX));
}

/* --- start and cancel --- */

void hrtimer_init(struct hrtimer *timer, struct host_cpu *base, enum trace_function function,
		  enum cost_id cost, hrtimer_fn *fn, void *owner, uint32_t id)
{
	*timer = (struct hrtimer){
		.base = base,
		.function = function,
		.cost = cost,
		.fn = fn,
		.owner = owner,
		.id = id,
	};
}

uint64_t hrtimer_address(const struct hrtimer *timer)
{
	return 0x100000000 + ((uint64_t)timer->function << 24 | timer->id) * 0x40;
}

static uint64_t printed_mode(bool pinned, bool hard) { return (pinned ? 1 : 0) | (hard ? 2 : 0); }

static struct host_cpu *choose_base(struct host_cpu *cpu, const struct hrtimer *timer, bool queued,
				    ns_t expires, bool pinned)
{
	const struct host *host = cpu->host;
	const struct kernel *kernel = host->kernel;
	const unsigned any_housekeeping =
		kernel->any_housekeeping->pick(&host->housekeeping, host->n_cpus);
	const bool in_domain = cpu_mask_has(&host->domain, cpu->id);
	const struct switch_base_input in = {
		.me = cpu->id,
		.pinned = pinned,
		.migration_enabled = host->cfg->timer_migration,
		.hres_active = host->cfg->hres_active,
		.callback_running = timer->running,
		.queued_first = queued && first(&timer->base->hrtimers) == timer,
		.old_cpu = timer->base->id,
		.expires = expires,
		.expires_next = host->expires_next,
		.target = {
			.me = cpu->id,
			.n_cpus = host->n_cpus,
			.domains = &host->domain,
			.n_domains = in_domain ? 1 : 0,
			.idle = &host->idle,
			.housekeeping = &host->housekeeping,
			.any_housekeeping = any_housekeeping,
		},
	};

	return &host->cpus[switch_hrtimer_base(kernel, &in, NULL)];
}

void hrtimer_start(struct host_cpu *cpu, struct hrtimer *timer, ns_t expires, bool pinned,
		   bool hard)
{
	const bool queued = hrtimer_queued(timer);
	struct host_cpu *target = choose_base(cpu, timer, queued, expires, pinned);
	struct host_cpu *was_on = timer->base;
	const bool was_first = queued && was_on == cpu && first(&was_on->hrtimers) == timer;

	if (queued)
		dequeue(timer);
	timer->expires = expires;
	enqueue(target, timer);
	HOST_TRACE(cpu, TP_HRTIMER_START, cpu->id, hrtimer_address(timer), timer->function,
		   timer->function, expires.v, printed_mode(pinned, hard));

	/* Only the local device can be programmed; inside its interrupt that is done at the end. */
	if (!cpu->hrtimers.in_interrupt &&
	    (was_first || (target == cpu && first(&cpu->hrtimers) == timer)))
		program_first(cpu);
}

bool hrtimer_remove(struct host_cpu *cpu, struct hrtimer *timer)
{
	if (!hrtimer_queued(timer))
		return false;

	const bool local_first = timer->base == cpu && first(&cpu->hrtimers) == timer;

	dequeue(timer);
	HOST_TRACE(cpu, TP_HRTIMER_CANCEL, cpu->id, hrtimer_address(timer), timer->function);
	/* A remote device keeps its event and finds nothing due. */
	if (local_first && !cpu->hrtimers.in_interrupt)
		program_first(cpu);
	return true;
}

bool hrtimer_cancel_wait(struct host_cpu *cpu, struct context *ctx, struct hrtimer *timer,
			 enum run_mode mode, context_fn *fn)
{
	if (!timer->running)
		return false;
	timer->waiter = cpu->current;
	timer->waiter_ctx = ctx;
	cpu_run(ctx, PS_NEVER, mode, fn);
	return true;
}

/* --- the interrupt --- */

static void callback_ends(struct host_cpu *cpu, void *owner)
{
	struct hrtimer *timer = cpu->hrtimers.running;

	timer->fn(cpu, timer);
}

void hrtimer_callback_done(struct host_cpu *cpu, struct hrtimer *timer, bool restart)
{
	HOST_TRACE(cpu, TP_HRTIMER_EXPIRE_EXIT, cpu->id, hrtimer_address(timer), timer->function);
	timer->running = false;
	cpu->hrtimers.running = NULL;
	if (restart && !hrtimer_queued(timer)) {
		enqueue(cpu, timer); /* where it fired: no new choice of a CPU */
		HOST_TRACE(cpu, TP_HRTIMER_START, cpu->id, hrtimer_address(timer), timer->function,
			   timer->function, timer->expires.v, printed_mode(false, false));
	}
	if (timer->waiter) {
		struct host_cpu *where =
			timer->waiter->cpu; /* it may have been preempted and moved */

		timer->waiter = NULL;
		cpu_end_wait(where, timer->waiter_ctx);
	}
	run_next(cpu);
}

static void run_callback(struct host_cpu *cpu, struct hrtimer *timer)
{
	const ns_t now = host_monotonic(cpu->host);

	if (!due(timer, now))
		sim_break(cpu->host->sim, "C5", "hrtimer %u fires at %llu ns, not before %llu ns",
			  timer->id, (unsigned long long)now.v,
			  (unsigned long long)timer->expires.v);
	dequeue(timer);
	timer->running = true;
	cpu->hrtimers.running = timer;
	HOST_TRACE(cpu, TP_HRTIMER_EXPIRE_ENTRY, cpu->id, hrtimer_address(timer), timer->function,
		   timer->function, cpu->hrtimers.now.v);
	if (timer->entered)
		timer->entered(cpu, timer);
	cpu_run(&cpu->irq, cpu_cost(cpu, timer->cost), RUN_IRQS_OFF, callback_ends);
}

static void leave(struct host_cpu *cpu, ns_t next)
{
	cpu->hrtimers.in_interrupt = false;
	program(cpu, next);
	irq_done(cpu);
}

/* What has become due until the device is programmed is found there: another round; else the end.
 */
static void program_next(struct host_cpu *cpu, void *owner)
{
	struct hrtimer_base *base = &cpu->hrtimers;
	struct hrtimer *timer = first(base);
	const ns_t now = host_monotonic(cpu->host);

	if (!timer || !due(timer, now)) {
		leave(cpu, timer ? timer->expires : ns(KTIME_MAX));
		return;
	}
	base->now = now;
	if (++base->round < ROUNDS_MAX) {
		run_callback(cpu, timer);
		return;
	}

	/* "hrtimer: interrupt took ...": the CPU gets as much time as was spent here, at most 100
	 * ms. */
	const uint64_t spent = now.v - base->entry_time.v;
	leave(cpu, ns(now.v + (spent < HANG_MAX_NS ? spent : HANG_MAX_NS)));
}

/* The next timer that was due when the round began; else the device. */
static void run_next(struct host_cpu *cpu)
{
	struct hrtimer *timer = first(&cpu->hrtimers);

	if (timer && due(timer, cpu->hrtimers.now))
		run_callback(cpu, timer);
	else
		cpu_run(&cpu->irq, cpu_cost(cpu, COST_tick_program_event), RUN_IRQS_OFF,
			program_next);
}

void hrtimer_interrupt(struct host_cpu *cpu)
{
	struct hrtimer_base *base = &cpu->hrtimers;

	base->in_interrupt = true;
	base->round = 0;
	base->now = base->entry_time = host_monotonic(cpu->host);
	if (base->now.v > KTIME_MAX)
		sim_break(cpu->host->sim, "B4", "CLOCK_MONOTONIC %llu ns <= KTIME_MAX %llu ns",
			  (unsigned long long)base->now.v, (unsigned long long)KTIME_MAX);
	/* Until the end nothing is programmed, so nobody may queue a timer here from another CPU.
	 */
	cpu->host->expires_next[cpu->id] = KTIME_MAX;
	sim_event_cancel(cpu->host->sim, &cpu->device);
	run_next(cpu);
}
