/* SPDX-License-Identifier: MIT */
/*
 * host_cpu - one CPU: which context it executes, segment by segment, and the interrupts it takes
 * (R3 to R6).
 *
 * Code is a chain of segments: a cost, whether interrupts are on, and a function that runs at the
 * segment's end, makes its effects visible and sets the next segment with cpu_run(). A context's
 * time passes only while it is on top of its CPU: an interrupt handler on top of a task stops the
 * task's segment, which keeps its remainder.
 *
 *	host_raise() -> pending bit -> taken when the running segment lets it:
 *	        interrupts on   at once; in guest mode by a VM-exit first, unless it is the
 *	                        notification of posted interrupts and the guest takes it itself
 *	        interrupts off  before the next segment that has them on
 *	after a handler: next pending source by vector, then need_resched, then the segment below
 *
 * Units: ps. Errors: none at run time.
 * Left out: nested handlers, NMIs, softirqs; see docs/model-limits.md.
 */
#ifndef HOST_CPU_H
#define HOST_CPU_H

#include "host.h"
#include "hrtimer.h"
#include "task.h"

enum irq_source { /* in ascending order of vector: the highest pending one is taken first (R5) */
		  IRQ_DEVICE,
		  IRQ_LOCAL_TIMER, /* 0xec */
		  IRQ_POSTED,      /* 0xf2: the notification of posted interrupts */
		  IRQ_RESCHEDULE,  /* 0xfd */
		  IRQ_SOURCES
};
#define LOCAL_TIMER_VECTOR 0xec
#define DEVICE_VECTOR 0x31
#define POSTED_VECTOR 0xf2
#define RESCHEDULE_VECTOR 0xfd

/* Where a CPU's time goes. Charged when a context gives up the CPU; the sum is the time that passed
 * (E2). */
enum cpu_time {
	CPU_TIME_IDLE,
	CPU_TIME_GUEST,
	CPU_TIME_HOST, /* a vCPU's thread outside guest mode, and the scheduler */
	CPU_TIME_USER, /* a hog */
	CPU_TIME_IRQ,  /* handlers, and the way out of a C-state before them */
	CPU_TIME_STEAL,
	CPU_TIMES
};

struct host_cpu {
	struct host *host;
	uint32_t id;
	struct context *top;  /* what executes: &irq, &sched or &current->ctx */
	struct task *current; /* the task that owns the CPU, also under a handler */
	struct context irq, sched;
	bool in_irq, switching, dispatching, stopped, stolen;
	bool need_resched;
	bool asleep;      /* in its C-state: the next interrupt pays the exit latency */
	uint32_t pending; /* bit per irq_source */
	enum irq_source taken;
	ps_t irqs_off; /* the next device interrupt keeps interrupts off this long; 0:
			  COST_device_irq */
	ps_t started;  /* until when the CPU's time is charged; its segment goes on from here */
	ps_t steal_ends;
	struct sim_event segment, guest_segment, device, ipi, posted_ipi, steal;
	struct cost_streams costs;
	uint64_t time[CPU_TIMES]; /* [ps] */

	/* scheduler.c */
	struct task *queue[2]; /* runnable, waiting: fair and FIFO, in the order in which they will
				  run */
	uint32_t n_queued;
	ps_t slice_start;
	bool slice_over;
	struct task *switch_to;
	struct task idle_task;

	/* hrtimer.c */
	struct hrtimer_base hrtimers;

	/* nohz.c */
	struct hrtimer tick;
	bool tick_stopped;
	bool got_tick; /* the tick has fired while the CPU idled: in the interrupt under way */
	ns_t last_tick;
	ns_t tick_read; /* CLOCK_MONOTONIC when tick_sched_timer() began */
};

void host_cpu_init(struct host_cpu *cpu, struct host *host, uint32_t id, uint64_t seed);

/* Begins with what task_place() put on top, or idle. */
void host_cpu_start(struct host_cpu *cpu);

/* One more use of @id on this CPU. */
ps_t cpu_cost(struct host_cpu *cpu, enum cost_id id);

/* At the end of the run: charges what is under way, looks whether nothing was forgotten, and
 * records it. */
void cpu_account_end(struct host_cpu *cpu);

/* How long the segment on top has run since it began or last went on. */
ps_t cpu_elapsed(const struct host_cpu *cpu);

/* Makes the CPU look again: something changed that it would notice now. */
void cpu_kick(struct host_cpu *cpu);

/* Ends the segment of @ctx, which waits on @cpu without an end, as if its cost had run out. */
void cpu_end_wait(struct host_cpu *cpu, struct context *ctx);

/* The segment of @ctx, of length @total when it began and made of turns of @turn each, ends when
 * the turn that is under way does. */
void cpu_end_after_turn(struct host_cpu *cpu, struct context *ctx, ps_t total, ps_t turn);

/* Source @source becomes pending on @cpu; a second raise before it is taken is merged and counted.
 */
void host_raise(struct host_cpu *cpu, enum irq_source source);

/* The vector that will be taken next, of those pending. */
uint32_t host_pending_vector(const struct host_cpu *cpu);

/* smp_send_reschedule(): @from sends an interrupt that arrives after COST_ipi; merged with one on
 * its way. */
void host_send_reschedule(struct host_cpu *from, struct host_cpu *to);

/* The notification of a posted interrupt, which arrives after COST_posted_ipi; merged likewise. */
void host_send_posted(struct host_cpu *from, struct host_cpu *to);

/* For @duration the CPU executes nothing, whatever is on top: a hypervisor below, or the firmware,
 * has it. Clocks go on, interrupts stay pending. A steal during another ends with the later one. */
void host_steal(struct host_cpu *cpu, ps_t duration);

/* From the local_timer or reschedule handler's last segment: leave the handler. */
void irq_done(struct host_cpu *cpu);

#endif
