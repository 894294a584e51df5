/* SPDX-License-Identifier: MIT */
/*
 * vcpu - a vCPU's thread: vcpu_run() with its requests, kicks, VM-entry, VM-exit and halting (R6 to
 * R10).
 *
 *	vcpu_enter_guest: requests -> interrupts off, IN_GUEST_MODE -> last check -> wait
 *	        -> VM-entry -> guest
 *	guest   -> VM-exit -> handling -> loop edge: pending timer into IRR
 *	        -> halted? vcpu_block : vcpu_enter_guest
 *	        fast path: -> the last check again, with interrupts off
 *
 * A request without a kick stays unseen until the next exit; a kick finds IN_GUEST_MODE and sends
 * an IPI. What the guest does in guest mode is carried out by vcpu_guest.c, its TSC is kept by
 * vcpu_tsc.c; exits that need no run loop are handled by vcpu_fastpath.c. With APICv vectors go by
 * posted_intr.h, and not through the VM-entry field.
 *
 * Units:  ps; guest TSC in cycles. Errors: none at run time.
 * Left out: user-space exits but for a pause, nested guests. See docs/model-limits.md.
 * Source: arch/x86/kvm/x86.c (vcpu_run(), vcpu_enter_guest()), virt/kvm/kvm_main.c
 * (kvm_vcpu_block(), kvm_vcpu_kick()).
 */
#ifndef VCPU_H
#define VCPU_H

#include "guest.h"
#include "host_cpu.h"
#include "kvm_config.h"
#include "kvm_module.h"
#include "kvm_time.h"
#include "lapic_timer.h"
#include "posted_intr.h"
#include "scheduler.h"
#include "tsc_rate.h"

enum vcpu_mode { OUTSIDE_GUEST_MODE, IN_GUEST_MODE, EXITING_GUEST_MODE };

enum vcpu_request {
	REQ_PENDING_TIMER = 1, /* UNBLOCK in later releases */
	REQ_EVENT = 2,
	REQ_MIGRATE_TIMER = 4,
};

/* Set by the timeline while the guest runs: done by the guest's next instruction. */
struct tsc_write {
	bool due, relative;
	int64_t value;
};

/* How far an operation has come; what an interrupt stops keeps it (R7). */
struct op_progress {
	bool begun;
	ps_t left;
	ps_t spin_phase; /* into the current turn of a spin */
};

/* Where a vCPU's time goes; the sum is the time since it was created, and what its thread executed
 * is what the CPUs charged for it (E3). */
enum vcpu_time {
	VCPU_TIME_GUEST,
	VCPU_TIME_EXIT,     /* its thread runs outside guest mode */
	VCPU_TIME_RUNNABLE, /* its thread waits for a CPU, or has one that is stolen */
	VCPU_TIME_HALTED,   /* its thread sleeps, in a pause as well */
	VCPU_TIMES
};

struct vcpu_saved { /* KVM_GET_LAPIC, KVM_GET_MSRS, KVM_GET_TSC_KHZ */
	khz_t khz;
	guest_cycles_t tsc, tscdeadline;
	struct lapic_count count;
	uint32_t tmcct;
	bool masked;
};

struct vcpu {
	struct task task;
	struct host *host;
	struct kvm_module *module;
	const struct kernel *kernel;
	uint32_t index, id; /* in the world; as the guest numbers it */
	struct guest guest;
	struct lapic_timer timer;
	struct cost_streams costs;
	uint32_t bus_cycle_ns;
	struct disable_exits disable_exits;
	bool apicv;    /* APICv is active */
	bool can_post; /* kvm_can_post_timer_interrupt(): nothing that it asks for changes */

	/* vcpu_tsc.c */
	const struct clock *clock; /* the host's, or after a move another host's TSC */
	struct clock moved_clock;
	struct tsc_host tsc_host;
	struct guest_rate rate;
	uint64_t tsc_offset;
	guest_cycles_t tsc_written; /* the last write, and when: for catch-up */
	ns_t tsc_written_at;
	guest_cycles_t tsc_seen; /* at the last entry (B1) */
	bool tsc_seen_valid;
	struct tsc_write tsc_write;

	enum vcpu_mode mode;
	uint32_t requests; /* enum vcpu_request */
	bool halted, on_waitqueue;
	bool pause, in_user_space; /* asked for by a signal; out of KVM_RUN */
	void (*left_kvm_run)(struct vcpu *vcpu);
	bool irr, isr;    /* the timer vector's bits */
	bool pir;         /* posted, and not in IRR yet */
	bool injected;    /* in the VM-entry interruption field */
	bool window;      /* an interrupt-window exit is requested */
	bool wait_traced; /* by form: the wait's tracepoint follows the next exit */
	int64_t wait_delta;
	struct host_cpu *loaded; /* where load() ran last */
	struct vcpu_saved saved;

	enum exit_reason reason;
	ps_t exit_started, exit_traced; /* VM-exit begins; kvm_exit */
	bool entered;                   /* has been in guest mode */
	bool exited;                    /* has left guest mode before */
	ps_t woken, ran, blocked;       /* wake-up, last sched_in, beginning of a halt */

	uint64_t time[VCPU_TIMES]; /* [ps] */
	enum vcpu_time time_in;
	ps_t time_since, created;
	bool time_stolen; /* its CPU is stolen: goes on as time_stolen_in */
	enum vcpu_time time_stolen_in;

	/* vcpu_halt.c */
	bool polling;
	ps_t poll_total;  /* of the poll under way */
	uint32_t poll_ns; /* vcpu->halt_poll_ns */

	/* what a preempt notifier interrupts: the thread goes on there */
	struct context interrupted;
	struct timer_start interrupted_plan;
	context_fn *interrupted_then;

	/* vcpu_guest.c */
	ps_t guest_since; /* guest mode entered or the operation begun */
	ps_t guest_time;  /* in guest mode so far */
	struct op_progress main_op, handler_op;
	enum guest_stop {
		STOP_OP,
		STOP_OTHER_EXIT,
		STOP_HV,
		STOP_SHADOW
	} stop; /* what the segment's end is */
	guest_cycles_t last_other_exit;
	guest_cycles_t exits_every; /* 0: none */
	ps_t grid_every, grid_phase;
	ps_t grid_next;     /* an exit of the grid is due from here on */
	ps_t delivery_left; /* irq_delivery still to come */
	bool delivering;
	bool halted_in_guest; /* HLT, where it does not exit: the CPU stays in guest mode */
	ps_t hv_fires;        /* in guest mode: the preemption timer runs out; PS_NEVER: not */
	struct vmx_hv_entry hv_entry;
};

struct vcpu_setup {
	uint32_t index, task_id;
	const struct vcpu_config *cfg;
	const struct vm_config *vm;
	uint64_t seed;
	void (*left_kvm_run)(struct vcpu *vcpu); /* the thread is in user space now */
};

/* Would KVM_SET_TSC_KHZ fail on this host? */
bool vcpu_rate_refused(const struct host *host, const struct kvm_module *module,
		       const struct vcpu_config *cfg);

void vcpu_init(struct vcpu *vcpu, struct host *host, struct kvm_module *module,
	       const struct vcpu_setup *setup);

/* Right after the task was placed: the thread is in KVM_RUN, before its first entry. */
void vcpu_start(struct vcpu *vcpu);

/* A signal takes the thread out of KVM_RUN; resumed, it goes in again (R19). */
void vcpu_pause(struct vcpu *vcpu);
void vcpu_resume(struct vcpu *vcpu);

/* Of a paused vCPU: what user space reads, and sets again part by part. */
void vcpu_save(struct vcpu *vcpu);
void vcpu_restore_khz(struct vcpu *vcpu);
void vcpu_restore_tsc(struct vcpu *vcpu);
void vcpu_restore_lapic(struct vcpu *vcpu);
void vcpu_restore_deadline(struct vcpu *vcpu);

/* A vCPU newly created on another host takes its place. */
void vcpu_move(struct vcpu *vcpu, const struct clock *clock, bool tsc_scaling);

ps_t vcpu_cost(struct vcpu *vcpu, enum cost_id id);

/* From here on its time goes to @to. */
void vcpu_charge(struct vcpu *vcpu, enum vcpu_time to);

/* At the end of the run: looks whether nothing was forgotten, and records it. */
void vcpu_account_end(struct host_cpu *cpu, struct vcpu *vcpu);

/* Behind that of all CPUs: its own account of guest and exit is theirs, so that a change of bucket
 * that was forgotten shows. */
void vcpu_account_check(const struct vcpu *vcpu);

/* For expiries: asleep in kvm_vcpu_block()? */
static inline bool vcpu_sleeps(const struct vcpu *vcpu) { return vcpu->on_waitqueue; }

/* --- vcpu_tsc.c --- */

host_cycles_t vcpu_host_tsc(const struct vcpu *vcpu);
guest_cycles_t vcpu_tsc(const struct vcpu *vcpu);
guest_cycles_t vcpu_tsc_at(const struct vcpu *vcpu, ps_t at);
struct lapic_count_clock vcpu_count_clock(const struct vcpu *vcpu);

/* First instant at which the guest TSC reads at least @value; at the start of the run at the
 * earliest. */
ps_t vcpu_tsc_edge(const struct vcpu *vcpu, guest_cycles_t value);

/* The guest's TSC is about to be set, adjusted or given another rate. */
void vcpu_tsc_changes(struct vcpu *vcpu);

/* If KVM_SET_TSC_KHZ fails, what it leaves. */
void vcpu_set_khz(struct vcpu *vcpu, khz_t khz);
void vcpu_write_tsc(struct vcpu *vcpu, guest_cycles_t value);
void vcpu_adjust_tsc(struct vcpu *vcpu, int64_t by);

/* Where the CPU cannot scale: the offset is moved forward to what the guest's rate has come to. */
void vcpu_catch_up(struct vcpu *vcpu);

/* --- vcpu_halt.c --- */

/* kvm_vcpu_block(): polls, then sleeps, until there is something to do. */
void vcpu_block(struct host_cpu *cpu, struct vcpu *vcpu);

/* A poller's condition may have changed: it notices at the end of its turn. */
void vcpu_poll_look(struct vcpu *vcpu);

/* --- between the files of vcpu --- */

void vcpu_enter(struct host_cpu *cpu, struct vcpu *vcpu);
void vcpu_loop_edge(struct host_cpu *cpu, struct vcpu *vcpu);

/* The last look before an entry; then the entry, or round the loop. With interrupts off. */
void vcpu_entry_check(struct host_cpu *cpu, struct vcpu *vcpu);

/* vcpu_fastpath.c, where the kernel has them: has the exit, traced just now, been taken? */
bool vcpu_fastpath(struct vcpu *vcpu);

/* kvm_msr of the timer's MSR that the guest writes. */
void vcpu_trace_written(struct host_cpu *cpu, struct vcpu *vcpu);

void vcpu_begin_exit(struct vcpu *vcpu, enum exit_reason reason);
void vcpu_run_guest(struct host_cpu *cpu, struct vcpu *vcpu);
void vcpu_in_guest(struct host_cpu *cpu, void *owner); /* the end of VM-entry */
void vcpu_account_guest_time(struct vcpu *vcpu);
bool vcpu_guest_notified(struct task *task, struct host_cpu *cpu);
void vcpu_next_op(struct vcpu *vcpu);
void vcpu_guest_init(struct vcpu *vcpu, const struct guest_config *cfg, uint64_t seed);

/* The timeline: the guest writes its TSC, at once if it runs. */
void vcpu_guest_writes_tsc(struct vcpu *vcpu, bool relative, int64_t value);

#endif
