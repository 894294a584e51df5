/* SPDX-License-Identifier: MIT */
/*
 * lapic_timer - one vCPU's local-APIC timer, as KVM emulates it in the kernel.
 *
 * The guest writes its registers or IA32_TSC_DEADLINE. On the host it runs on an hrtimer, on
 * whichever CPU the kernel in force puts that, or on the VMX preemption timer; it fires
 * timer_advance_ns early, and the vCPU waits for the rest right before VM-entry.
 *
 *	write -> timer_start.h: cancel, store, start hv or hrtimer
 *	      -> apic_timer_fn() or exit 52 -> apic_timer_expired(): pending, request, wake, kick;
 *	         where it can be posted: waits, posts, done
 *	      -> loop edge: kvm_inject_apic_timer_irqs() -> VM-entry: wait_lapic_expire()
 *
 * Also keeps the account of the expiry under way (R21), from the arming write to the handler's
 * first RDTSC.
 *
 * Units:    ns of CLOCK_MONOTONIC, guest cycles; instants ps.
 * Rounding: as sw_deadline.h, lapic_count.h, vmx_preemption_timer.h and timer_advance.h say.
 * Errors:   none at run time.
 * Left out: what docs/model-limits.md lists.
 * Source:   arch/x86/kvm/lapic.c. What differs between releases lives in models/history/.
 */
#ifndef LAPIC_TIMER_H
#define LAPIC_TIMER_H

#include "host_cpu.h"
#include "kvm_module.h"
#include "lapic_account.h"
#include "lapic_count.h"
#include "timer_advance.h"
#include "timer_start.h"
#include "vmx_preemption_timer.h"

struct vcpu;

struct lapic_timer {
	struct hrtimer hrtimer;
	struct vmx_preemption_timer hv;
	bool hv_in_use, was_hv;
	struct lapic_count count; /* mode, registers, target; in deadline mode the MSR */
	struct lapic_count_config count_cfg;
	bool masked;
	bool pending;
	guest_cycles_t expired_tscdeadline; /* its wait is still owed; 0: none */
	struct timer_advance own;
	struct timer_advance *advance; /* own, or the module's */

	/* the plan being carried out */
	struct timer_start plan;
	struct timer_step step;
	enum hv_set set_hv;
	uint64_t written; /* the register's new value */
	context_fn *then; /* where the vCPU goes on */
	bool irqs_off;    /* in a fast path: no segment has interrupts on */
	bool outside;     /* by an ioctl while the vCPU is paused: nothing costs time */
	enum expiry_path path;

	struct wait_input
		tuned_by; /* the global tuner's loads and its store, one segment each (B4) */
	uint32_t tune_step;
	bool tune_off;

	struct account account;
	uint64_t next_n, ended; /* expiries begun; delivered or dropped (D1) */
};

void lapic_timer_init(struct vcpu *vcpu, enum lapic_timer_mode mode);

/* A vCPU newly created: registers as after reset, nothing armed or pending. */
void lapic_timer_reset(struct vcpu *vcpu);

/* Guest writes, in the vCPU's context, which goes on with @then. */
void lapic_timer_write_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value,
				context_fn *then);
void lapic_timer_write_count(struct host_cpu *cpu, struct vcpu *vcpu, uint32_t tmict,
			     context_fn *then);
void lapic_timer_write_divide(struct host_cpu *cpu, struct vcpu *vcpu, uint32_t tdcr,
			      context_fn *then);
void lapic_timer_write_lvtt(struct host_cpu *cpu, struct vcpu *vcpu, enum lapic_timer_mode mode,
			    bool masked, context_fn *then);
uint32_t lapic_timer_read_count(struct vcpu *vcpu);

/* Is the preemption timer used, if it is not in use yet? */
bool lapic_timer_can_use_hv(const struct vcpu *vcpu);

/* Exit reason 52. */
bool lapic_timer_hv_counts(const struct vcpu *vcpu);
void lapic_timer_hv_fires(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

/* The vCPU is about to block, or goes on after it. */
void lapic_timer_to_sw(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);
void lapic_timer_to_hv(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

/* Loaded on another CPU: the hv timer is programmed again, by form. In the preempt notifier. */
void lapic_timer_load_hv(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

/* KVM_REQ_MIGRATE_TIMER: the vCPU runs on another CPU now. */
void lapic_timer_migrate(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

/* KVM_SET_LAPIC of a paused vCPU: @saved's registers with the count left as saved. */
void lapic_timer_restore(struct host_cpu *cpu, struct vcpu *vcpu, const struct lapic_count *saved,
			 uint32_t tmcct, bool masked);
/* KVM_SET_MSRS IA32_TSC_DEADLINE of a paused vCPU. */
void lapic_timer_restore_deadline(struct host_cpu *cpu, struct vcpu *vcpu, guest_cycles_t value);

static inline bool lapic_hrtimer_active(const struct lapic_timer *lt)
{
	return hrtimer_queued(&lt->hrtimer) || lt->hrtimer.running;
}

static inline bool lapic_deadline_mode(const struct lapic_timer *lt)
{
	return lt->count.mode == LAPIC_MODE_TSC_DEADLINE;
}

/* pending, and LVTT lets it through. */
static inline bool lapic_timer_visible(const struct lapic_timer *lt)
{
	return lt->pending && !lt->masked;
}

/* kvm_inject_apic_timer_irqs(): the pending expiry goes into IRR. At a loop edge only. */
void lapic_timer_inject(struct host_cpu *cpu, struct vcpu *vcpu);

/* The same from the callback that posts: how long it waits. */
ps_t lapic_timer_wait_posted(struct host_cpu *cpu, struct vcpu *vcpu);

/* wait_lapic_expire() at its place before VM-entry; the vCPU goes on with @then when the wait is
 * over. */
void lapic_timer_wait(struct host_cpu *cpu, struct vcpu *vcpu, context_fn *then);

#endif
