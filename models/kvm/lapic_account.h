/* SPDX-License-Identifier: MIT */
/*
 * lapic_account - the account of one expiry (R21), from the arming write to the handler's first
 * RDTSC.
 *
 *	D due -> F fired -> noticed -> runs -> S seen -> wait starts -> wait ends -> E entered
 *	-> H handler
 *
 * Adjacent instants on one line, so that the parts sum to H - D to the picosecond: D3 and D4 are
 * checked each time. It observes and decides nothing.
 *
 * A posted expiry is noticed, runs and is seen (S) where the callback decides to post it; then the
 * callback waits, and E is where the guest takes the notification, or VM-entry ends.
 *
 * D follows the guest's TSC: what moves that clock before D moves D, and what has been reached
 * stays reached.
 *
 * Units: ps; guest cycles. Errors: none.
 * Left out: an expiry that comes while the one before is injected and not handled. See
 * docs/model-limits.md.
 */
#ifndef LAPIC_ACCOUNT_H
#define LAPIC_ACCOUNT_H

#include "host_cpu.h"
#include "units.h"

struct vcpu;

enum account_state { ACCOUNT_NONE, ACCOUNT_ARMED, ACCOUNT_FIRED, ACCOUNT_INJECTED };

/* How an expiry was found: indices of the tracepoint's field `path`. */
enum expiry_path { EXPIRY_HRTIMER, EXPIRY_HV, EXPIRY_AT_START };

struct account { /* the expiry under way: adjacent instants, from D to H */
	enum account_state state;
	uint64_t n;              /* number of the expiry on this vCPU, from 0 */
	guest_cycles_t deadline; /* guest TSC at D */
	ps_t due;                /* D: first instant at which the guest TSC reads it */
	ps_t due_from;           /* PS_NEVER; else the guest TSC changed here, before D */
	ps_t fired;              /* F: the callback, or the hv exit, starts */
	ps_t noticed;            /* the guest's exit began, or its wake-up was done: not before F */
	ps_t runs;               /* the vCPU's thread was on a CPU again */
	ps_t seen;               /* S: pending is seen at a loop edge, or it is to be posted */
	bool posted;             /* waited for by the callback, not before VM-entry */
	ps_t wait_start, wait_end;
	ps_t entered;           /* E: VM-entry ends */
	ps_t progress_at_arm;   /* guest-mode time when the arming write was over */
	uint32_t cpu, vcpu_cpu; /* where it fired, and where the vCPU was */
};

/* A new target: the next expiry is under way from here. */
void account_armed(struct host_cpu *cpu, struct vcpu *vcpu);

/* The guest's TSC is about to be set, adjusted or given another rate at this instant. Several such
 * changes at one instant are one: what the clock reads between them no guest sees. */
void account_tsc_changes(struct vcpu *vcpu);

/* The timer was stopped or armed anew: what was not delivered is recorded as overwritten. */
void account_stopped(struct host_cpu *cpu, struct vcpu *vcpu);

void account_fired(struct host_cpu *cpu, struct vcpu *vcpu, ps_t at, enum expiry_path path);

/* It expired while the one before was pending, and is no interrupt of its own. */
void account_merged(struct host_cpu *cpu, struct vcpu *vcpu);

/* A periodic timer's next expiry, unless the last one is still under way. */
void account_next_period(struct host_cpu *cpu, struct vcpu *vcpu);

/* The loop edge finds the timer pending: S of the account. */
void lapic_timer_seen(struct host_cpu *cpu, struct vcpu *vcpu);

/* The callback is going to post the vector: S of the account, and its wait begins. */
void account_posting(struct host_cpu *cpu, struct vcpu *vcpu);

/* The vector is accepted: for the guest to be entered with, or to take by itself. */
void account_accepted(struct host_cpu *cpu, struct vcpu *vcpu);

/* The places of the busy wait before VM-entry. Later entries, before the handler ran, wait for
 * nothing, and neither does one whose callback has waited. */
static inline void account_wait_starts(struct account *a, ps_t now)
{
	if (!a->entered.v && !a->posted)
		a->wait_start = now;
}

static inline void account_wait_ends(struct account *a, ps_t now)
{
	if (!a->entered.v && !a->posted)
		a->wait_end = now;
}

/* The guest begins to take the vector: E. */
static inline void account_entered(struct account *a, ps_t now)
{
	if (a->state == ACCOUNT_INJECTED && !a->entered.v)
		a->entered = now;
}

/* The handler's first RDTSC: closes the account. */
void lapic_timer_delivered(struct host_cpu *cpu, struct vcpu *vcpu);

/* What fired and was never delivered is recorded at the end of the run. */
void lapic_timer_end(struct host_cpu *cpu, struct vcpu *vcpu);

#endif
