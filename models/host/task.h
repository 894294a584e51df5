/* SPDX-License-Identifier: MIT */
/* task - a thread of the host, and the context that executes it: a chain of segments (see
 * host_cpu.h). */
#ifndef TASK_H
#define TASK_H

#include "host_config.h"
#include "sim_time.h"
#include "units.h"

struct host_cpu;
struct task;

enum run_mode {
	RUN_KERNEL,     /* interrupts on, preemptible where the kernel is (preempt: full) */
	RUN_NO_PREEMPT, /* interrupts on, preemption off                                  */
	RUN_IRQS_OFF,
	RUN_USER,  /* a user thread: may be preempted at any instant       */
	RUN_GUEST, /* guest mode: an interrupt makes a VM-exit             */
	RUN_IDLE,  /* waits; an interrupt costs the C-state's exit latency */
};

typedef void context_fn(struct host_cpu *cpu, void *owner);

struct context {
	context_fn *fn; /* at the end of the segment */
	void *owner;
	ps_t left; /* of the segment; PS_NEVER: until something ends it */
	enum run_mode mode;
	bool may_schedule; /* a marked point: need_resched is honoured before the segment starts */
};

/* The next segment of @ctx. Called from the function that ends the previous one, or when the
 * context is made. */
static inline void cpu_run(struct context *ctx, ps_t cost, enum run_mode mode, context_fn *fn)
{
	ctx->left = cost;
	ctx->mode = mode;
	ctx->fn = fn;
}

enum task_state { TASK_RUNNING, TASK_QUEUED, TASK_BLOCKED, TASK_DEAD };

struct task_ops {
	void (*sched_in)(struct task *task,
			 struct host_cpu *cpu); /* preempt notifier: load; may be NULL */
	void (*sched_out)(struct task *task,
			  struct host_cpu *cpu); /* preempt notifier: put; may be NULL */
	void (*woken)(struct task *task);        /* runnable again; may be NULL */
	/* Somebody else began to wait for the CPU on which it runs; may be NULL. */
	void (*crowded)(struct task *task, struct host_cpu *cpu);
	void (*guest_exit)(struct task *task,
			   struct host_cpu *cpu); /* interrupt in guest mode: begin the VM-exit */
	/* The CPU that it has is stolen, or given back; may be NULL. */
	void (*stolen)(struct task *task, struct host_cpu *cpu, bool begins);
	/* The notification of posted interrupts in guest mode. True: the guest has taken it and
	 * stays; false: it is an interrupt like any other. May be NULL. */
	bool (*guest_notified)(struct task *task, struct host_cpu *cpu);
};

struct task {
	uint32_t id; /* index of its name in the trace's table of tasks */
	enum task_class class;
	enum task_state state;
	struct cpu_mask affinity;
	struct host_cpu *cpu; /* where it runs, waits, or ran last */
	struct host_cpu *on;  /* which executes it, a switch to it or away from it included */
	struct task *next;    /* in the queue of a CPU */
	ps_t waiting_since;
	struct context ctx;
	const struct task_ops *ops;
	uint64_t executed, in_guest; /* [ps] that CPUs had it, handlers on top included; of that in
					guest mode */
};

#endif
