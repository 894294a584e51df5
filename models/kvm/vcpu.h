/* SPDX-License-Identifier: MIT */
/*
 * vcpu - a vCPU's thread: vcpu_run() with its requests, kicks, VM-entry, VM-exit and halting (R6 to
 *R10).
 *
 *	vcpu_enter_guest: requests -> interrupts off, IN_GUEST_MODE -> last check -> wait ->
 *VM-entry -> guest guest -> VM-exit -> handling -> loop edge: pending timer into IRR -> halted?
 *vcpu_block : vcpu_enter_guest
 *
 * A request without a kick stays unseen until the next exit; a kick finds IN_GUEST_MODE and sends
 *an IPI.
 *
 * Units:  ps; guest TSC in cycles. Errors: none at run time.
 * Left out: user-space exits, nested guests, halt polling, APICv. See docs/model-limits.md.
 * Source: arch/x86/kvm/x86.c (vcpu_run(), vcpu_enter_guest()), virt/kvm/kvm_main.c
 *(kvm_vcpu_block(), kvm_vcpu_kick()).
 */
#ifndef VCPU_H
#define VCPU_H

#include "guest.h"
#include "host_cpu.h"
#include "kvm_config.h"
#include "kvm_time.h"
#include "lapic_timer.h"
#include "scheduler.h"

enum vcpu_mode { OUTSIDE_GUEST_MODE, IN_GUEST_MODE, EXITING_GUEST_MODE };

enum vcpu_request {
	REQ_PENDING_TIMER = 1, /* UNBLOCK in later releases */
	REQ_EVENT = 2,
	REQ_MIGRATE_TIMER = 4,
};

struct vcpu {
	struct task task;
	struct host *host;
	const struct kernel *kernel;
	uint32_t index, id; /* in the world; as the guest numbers it */
	struct guest guest;
	struct guest_rate rate;
	uint64_t tsc_offset;
	struct lapic_timer timer;
	struct cost_streams costs;

	enum vcpu_mode mode;
	uint32_t requests; /* enum vcpu_request */
	bool halted, on_waitqueue;
	bool irr, isr;    /* the timer vector's bits */
	bool injected;    /* in the VM-entry interruption field */
	bool window;      /* an interrupt-window exit is requested */
	bool wait_traced; /* by form: the wait's tracepoint follows the next exit */
	int64_t wait_delta;
	struct host_cpu *loaded; /* where load() ran last */
	uint32_t msr_deadline_writes;

	enum exit_reason reason;
	ps_t exit_started, exit_traced; /* VM-exit begins; kvm_exit */
	bool entered;                   /* has been in guest mode */
	bool exit_open;                 /* exited and not entered since */
	ps_t woken, ran, blocked;       /* wake-up, last sched_in, beginning of a halt */

	ps_t guest_since;          /* guest mode entered or the operation begun */
	ps_t guest_time;           /* in guest mode so far */
	ps_t op_left;              /* of the current operation */
	bool op_begun, op_is_exit; /* an exit of its own is due at the segment's end, not the
				      operation's */
	ps_t spin_phase;           /* into the current turn of a spin */
	guest_cycles_t last_other_exit;
	guest_cycles_t exits_every; /* 0: none */
	ps_t grid_every, grid_phase;
	ps_t delivery_left; /* irq_delivery still to come */
	bool delivering;
};

struct vcpu_setup {
	uint32_t index, task_id;
	const struct vcpu_config *cfg;
	const struct guest_config *guest;
	struct timer_advance *advance; /* the module's, where it is global; else NULL */
	int64_t advance_param;
	uint64_t seed;
};

/* False: the rate cannot be set on this host. */
bool vcpu_init(struct vcpu *vcpu, struct host *host, const struct kernel *kernel,
	       const struct vcpu_setup *setup);

/* Right after the task was placed: the thread is in KVM_RUN, before its first entry. */
void vcpu_start(struct vcpu *vcpu);

ps_t vcpu_cost(struct vcpu *vcpu, enum cost_id id);

guest_cycles_t vcpu_tsc(const struct vcpu *vcpu);

/* First instant at which the guest TSC reads at least @value, which may lie in the past; before the
 * run: 0. */
ps_t vcpu_tsc_edge(const struct vcpu *vcpu, guest_cycles_t value);

/* For expiries: asleep in kvm_vcpu_block()? */
static inline bool vcpu_sleeps(const struct vcpu *vcpu) { return vcpu->on_waitqueue; }

#endif
