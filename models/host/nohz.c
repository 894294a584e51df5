/* SPDX-License-Identifier: MIT */
#include "nohz.h"

#include "expiry.h"
#include "host_cpu.h"
#include "scheduler.h"

#define TIMEKEEPER 0

/* idle_cpu(): a CPU that is switching counts as what it switches to. */
static bool is_idle(const struct host_cpu *cpu)
{
	const struct task *task = cpu->switching ? cpu->switch_to : cpu->current;

	return task == &cpu->idle_task && !cpu->n_queued;
}

void nohz_note_idle(struct host_cpu *cpu)
{
	if (is_idle(cpu))
		cpu_mask_set(&cpu->host->idle, cpu->id);
	else
		cpu_mask_clear(&cpu->host->idle, cpu->id);
}

static ns_t next_tick(const struct host *host, ns_t now)
{
	return ns((now.v / host->tick_nsec.v + 1) * host->tick_nsec.v);
}

static bool may_stop(const struct host_cpu *cpu)
{
	if (is_idle(cpu)) {
		if (cpu->host->nohz_full && cpu->id == TIMEKEEPER)
			return false;
		if (sim_now(cpu->host->sim).v < cpu->host->cfg->cpus[cpu->id].tick_until.v)
			return false;
		return cpu->tick_stopped || cpu->got_tick ||
		       !cpu->host->kernel->idle_tick->after_tick;
	}
	return cpu->host->cfg->cpus[cpu->id].nohz_full && nr_running(cpu) <= 1;
}

/* The 1 Hz tick that a nohz_full CPU with a running task kept in older kernels; none when idle. */
static void keep_residual_tick(struct host_cpu *cpu)
{
	const ns_t period = cpu->host->kernel->residual_tick->period;
	const ns_t now = host_monotonic(cpu->host);

	if (!period.v || is_idle(cpu)) {
		hrtimer_remove(cpu, &cpu->tick);
		return;
	}

	ns_t at = ns(cpu->last_tick.v + period.v);
	if (at.v <= now.v)
		at = next_tick(cpu->host, now);
	if (!hrtimer_queued(&cpu->tick) || cpu->tick.expires.v != at.v)
		hrtimer_start(cpu, &cpu->tick, at, true, false);
}

void nohz_update(struct host_cpu *cpu)
{
	const bool stop = may_stop(cpu);

	if (stop) {
		if (!cpu->tick_stopped)
			HOST_TRACE(cpu, TP_TICK_STOP, cpu->id, 1);
		cpu->tick_stopped = true;
		keep_residual_tick(cpu);
	} else if (cpu->tick_stopped) {
		cpu->tick_stopped = false;
		hrtimer_start(cpu, &cpu->tick, next_tick(cpu->host, host_monotonic(cpu->host)),
			      true, false);
	}
	cpu->got_tick = false;
}

bool nohz_restarts(const struct host_cpu *cpu) { return cpu->tick_stopped && !may_stop(cpu); }

static void tick_entered(struct host_cpu *cpu, struct hrtimer *tick)
{
	cpu->tick_read = host_monotonic(cpu->host);
}

/* tick_sched_timer(): whatever was missed is forwarded over in whole periods, from when it began.
 */
static void tick_sched_timer(struct host_cpu *cpu, struct hrtimer *tick)
{
	const ns_t now = cpu->tick_read;

	cpu->last_tick = ns(now.v / cpu->host->tick_nsec.v * cpu->host->tick_nsec.v);
	cpu->got_tick = is_idle(cpu);
	scheduler_tick(cpu);
	tick->expires = next_tick(cpu->host, now);
	hrtimer_callback_done(cpu, tick, true);
}

void nohz_init(struct host_cpu *cpu)
{
	const struct host *host = cpu->host;
	const ns_t now = host_monotonic(host);

	cpu->last_tick = ns(now.v / host->tick_nsec.v * host->tick_nsec.v);
	cpu->tick_stopped = true; /* nohz_update() starts it where it is wanted */
	hrtimer_init(&cpu->tick, cpu, TRACE_FN_TICK_SCHED_TIMER, COST_tick, tick_sched_timer, cpu,
		     cpu->id);
	cpu->tick.entered = tick_entered;
}
