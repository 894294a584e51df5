/* SPDX-License-Identifier: MIT */
/*
 * scheduler - who runs on which CPU: fair tasks by time slice, FIFO tasks before them, wake-up,
 * preemption and migration (R11, R12, R17, R18).
 *
 * A task's thread moves only while it is off its CPU. need_resched takes effect where R11 says: for
 * a user thread or a guest at the end of the interrupt that brought it, in the kernel at marked
 * points or, with preempt: full, at once.
 *
 * Placement of a woken task: its last CPU if that is allowed and idle, else the lowest idle allowed
 * CPU, else its last CPU if allowed, else the lowest allowed one.
 *
 * Source: kernel/sched/core.c and fair.c for the shape of things; this is not CFS: see
 * docs/model-limits.md.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include "host_cpu.h"

/* Blocked until task_wake(); the context is made with cpu_run() by whoever owns the task. */
void task_init(struct task *task, uint32_t id, enum task_class class, const struct task_ops *ops,
	       void *owner);

/* Moves a runnable or running task to where its new affinity lets it be; @from executes the system
 * call, NULL: nobody's. */
void task_set_affinity(struct host *host, struct task *task, const struct cpu_mask *affinity);

/* A new or blocked task becomes runnable. @waker: whose CPU does it; NULL: from outside. */
void task_wake(struct host *host, struct host_cpu *waker, struct task *task);

/* The running task of @cpu gives up the CPU at the next marked point, which the caller sets. */
void task_block(struct host_cpu *cpu);

/* Ends a task for good, wherever it is. */
void task_kill(struct host *host, struct task *task);

/* Puts a task on its first CPU as the running one, without cost, before the run begins. */
void task_place(struct host *host, struct task *task, uint32_t cpu);

/* need_resched is set and may be honoured: switches to the next task, or goes on with this one. */
void schedule(struct host_cpu *cpu);

void scheduler_tick(struct host_cpu *cpu);
uint32_t nr_running(const struct host_cpu *cpu); /* runnable tasks, the running one included */

#endif
