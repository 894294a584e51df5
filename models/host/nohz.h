/* SPDX-License-Identifier: MIT */
/*
 * nohz - the tick of each CPU, and when it is stopped (R13).
 *
 * tick_sched_timer runs at CLOCK_MONOTONIC = k * TICK_NSEC on all CPUs together (skew_tick off). An
 * idle CPU stops it, at once or after one more, and starts it again on its way out of idle, before
 * it switches; the timekeeper (CPU 0) never stops it when nohz_full is configured, so a timer can
 * always be moved there. A nohz_full CPU stops it while at most one task is runnable, and
 * decides anew at the end of each interrupt and at each context switch. Up to v4.16 such a CPU
 * keeps a residual tick of one second.
 *
 * Units: ns of CLOCK_MONOTONIC. TICK_NSEC is 10^9/HZ, rounded down.
 * Source: kernel/time/tick-sched.c (can_stop_idle_tick(), can_stop_full_tick(),
 * tick_nohz_idle_exit()), kernel/sched/idle.c. Forms: models/history, residual_tick and idle_tick.
 */
#ifndef NOHZ_H
#define NOHZ_H

#include "host.h"

void nohz_init(struct host_cpu *cpu);

/* Stops or restarts the tick of @cpu, on which this runs. */
void nohz_update(struct host_cpu *cpu);

/* Would that start the tick again? */
bool nohz_restarts(const struct host_cpu *cpu);

/* Keeps host->idle true to idle_cpu(@cpu). */
void nohz_note_idle(struct host_cpu *cpu);

#endif
