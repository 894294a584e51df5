/* SPDX-License-Identifier: MIT */
/*
 * lapic_timer - one vCPU's local-APIC timer, as KVM emulates it in the kernel, on an hrtimer.
 *
 * The guest arms it by IA32_TSC_DEADLINE. The hrtimer fires timer_advance_ns early, on whichever
 *CPU the kernel in force puts it; the vCPU waits for the rest right before VM-entry.
 *
 *	WRMSR -> lapic_timer_set_deadline() -> hrtimer -> apic_timer_fn() -> apic_timer_expired():
 *pending, request, kick
 *	      -> loop edge: kvm_inject_apic_timer_irqs() -> VM-entry: wait_lapic_expire()
 *
 * Also keeps the account of the deadline that is under way (R21), from the arming write to the
 *handler's first RDTSC.
 *
 * Units:    deadlines in guest cycles; ns of CLOCK_MONOTONIC; instants ps.
 * Rounding: as models/kvm/sw_deadline.h and timer_advance.h say.
 * Errors:   none at run time.
 * Left out: one-shot and periodic mode, the VMX preemption timer, posted interrupts. See
 *docs/model-limits.md. Source:   arch/x86/kvm/lapic.c. What differs between releases lives in
 *models/history/.
 */
#ifndef LAPIC_TIMER_H
#define LAPIC_TIMER_H

#include "host_cpu.h"
#include "sw_deadline.h"
#include "timer_advance.h"

struct vcpu;

#define LOCAL_TIMER_VECTOR_GUEST 0xec

enum account_state { ACCOUNT_NONE, ACCOUNT_ARMED, ACCOUNT_FIRED, ACCOUNT_INJECTED };

struct account { /* the deadline under way: adjacent instants, from D to H */
	enum account_state state;
	uint64_t n; /* number of the deadline on this vCPU, from 0 */
	guest_cycles_t deadline;
	ps_t due;     /* D: first instant at which the guest TSC reads the deadline */
	ps_t fired;   /* F: the callback starts */
	ps_t noticed; /* the guest's exit began, or its wake-up was done: not before F */
	ps_t runs;    /* the vCPU's thread was on a CPU again */
	ps_t seen;    /* S: pending is seen at the loop edge */
	ps_t wait_start, wait_end;
	ps_t entered;           /* E: VM-entry ends */
	ps_t progress_at_arm;   /* guest-mode time when the arming write was over */
	uint32_t cpu, vcpu_cpu; /* where it fired, and where the vCPU was */
};

struct lapic_timer {
	struct hrtimer hrtimer;
	guest_cycles_t tscdeadline;         /* 0: disarmed */
	guest_cycles_t expired_tscdeadline; /* its wait is still owed; 0: none */
	bool pending;
	struct timer_advance own;
	struct timer_advance *advance; /* own, or the module's */
	struct sw_deadline start;      /* decided at the start of the hrtimer_start segment */
	ns_t restart_expires;
	context_fn *then; /* where the vCPU goes on after a start or a migration */
	struct account account;
	uint64_t next_n;
};

void lapic_timer_init(struct vcpu *vcpu, struct timer_advance *advance);

/* The guest wrote IA32_TSC_DEADLINE: cancel, store, start; in the vCPU's context, which goes on
 * with @then. */
void lapic_timer_set_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value,
			      context_fn *then);

/* KVM_REQ_MIGRATE_TIMER: the vCPU runs on another CPU now. */
void lapic_timer_migrate(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

/* The loop edge finds the timer pending: S of the account. */
void lapic_timer_seen(struct host_cpu *cpu, struct vcpu *vcpu);

/* kvm_inject_apic_timer_irqs(): the pending expiry goes into IRR. At a loop edge only. */
void lapic_timer_inject(struct host_cpu *cpu, struct vcpu *vcpu);

/* The busy wait before VM-entry: how long, 0 if none. */
ps_t lapic_timer_wait(struct host_cpu *cpu, struct vcpu *vcpu);

/* The handler's first RDTSC: closes the account. */
void lapic_timer_delivered(struct host_cpu *cpu, struct vcpu *vcpu);

/* What was armed and never delivered is recorded when it is overwritten, and at the end of the run.
 */
void lapic_timer_end(struct host_cpu *cpu, struct vcpu *vcpu);

#endif
