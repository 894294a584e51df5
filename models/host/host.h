/* SPDX-License-Identifier: MIT */
/*
 * host - the simulated machine: its CPUs, clocks, costs and what all CPUs share.
 *
 * A CPU always executes exactly one context: idle, a task, the scheduler switching between two, or
 * an interrupt handler on top (host_cpu.h). Tasks are chosen by scheduler.h, timers kept by
 * hrtimer.h, the tick by nohz.h. Nothing here knows of guests but the run mode RUN_GUEST and the
 * task's guest_exit().
 */
#ifndef HOST_H
#define HOST_H

#include "clock.h"
#include "cost.h"
#include "host_config.h"
#include "kernel.h"
#include "nohz_target.h"
#include "sim_event.h"
#include "sim_loop.h"
#include "trace.h"
#include "tracepoints.h"
#include "units.h"

struct host_cpu;
struct task;

struct host {
	struct sim *sim;
	struct trace *trace;
	const struct host_config *cfg;
	const struct kernel *kernel; /* which historical behaviour applies */
	struct clock clock;
	struct cost_profile costs;
	uint32_t n_cpus;
	struct host_cpu *cpus;

	uint64_t *expires_next; /* per CPU: the programmed event of its clock-event device [ns] */
	struct cpu_mask idle;   /* idle_cpu(): idle task current and nothing queued */
	struct cpu_mask housekeeping; /* outside nohz_full= */
	struct cpu_mask domain; /* the one scheduling domain: all CPUs that are not isolated */
	bool nohz_full;         /* nohz_full= is configured */
	ns_t tick_nsec;
	uint64_t hrtimer_seq;  /* order of enqueueing, for equal expiries */
	uint32_t queued_tasks; /* waiting for a CPU, on any CPU */
	uint32_t idle_picks;   /* how often a CPU went idle: E5 looks now and then */
	uint32_t merged_irqs;  /* raised while already pending (R4) */

	struct task *tasks; /* of the world: [0] stands for every idle task */
	uint32_t n_tasks;
};

/* What host_init() takes. */
uint64_t host_bytes(const struct host_config *cfg, uint32_t n_hrtimers);

/* False: no memory. @tasks are the world's, initialised by task_init(). */
bool host_init(struct host *host, struct sim *sim, struct trace *trace,
	       const struct host_config *cfg, const struct kernel *kernel, uint64_t seed,
	       uint32_t n_hrtimers);
void host_start(struct host *host); /* arms the ticks; after the first tasks are placed */
void host_free(struct host *host);

static inline ns_t host_monotonic(const struct host *host)
{
	return clock_monotonic(&host->clock, sim_now(host->sim));
}

static inline host_cycles_t host_tsc(const struct host *host)
{
	return clock_tsc(&host->clock, sim_now(host->sim));
}

/* Records tracepoint @tp on @cpu for @entity. */
void host_trace(const struct host_cpu *cpu, enum tracepoint tp, uint32_t entity, uint32_t n,
		const uint64_t *values);
#define HOST_TRACE(cpu, tp, entity, ...)                                                          \
	host_trace(cpu, tp, entity, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), \
		   (const uint64_t[]){ __VA_ARGS__ })

#endif
