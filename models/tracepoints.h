/* SPDX-License-Identifier: MIT */
/*
 * tracepoints - every event that the models record, with the kernel's names, fields and print
 * formats (6.1).
 *
 * The numbers are part of the fingerprint: a new event takes the next one, and none is ever reused.
 * What no kernel traces but the reports need (the account of one expiry, the time an exit took) is
 * TRACE_KIND_INTERNAL.
 */
#ifndef TRACEPOINTS_H
#define TRACEPOINTS_H

#include "trace.h"

enum tracepoint {
	TP_KVM_ENTRY = 0,
	TP_KVM_EXIT = 1,
	TP_KVM_MSR = 2,
	TP_KVM_APIC_ACCEPT_IRQ = 3,
	TP_KVM_INJ_VIRQ = 4,
	TP_KVM_EOI = 5,
	TP_KVM_WAIT_LAPIC_EXPIRE = 6,
	TP_KVM_VCPU_WAKEUP = 7,
	TP_HRTIMER_START = 8,
	TP_HRTIMER_CANCEL = 9,
	TP_HRTIMER_EXPIRE_ENTRY = 10,
	TP_HRTIMER_EXPIRE_EXIT = 11,
	TP_TICK_STOP = 12,
	TP_SCHED_SWITCH = 13,
	TP_SCHED_WAKING = 14,
	TP_SCHED_MIGRATE_TASK = 15,
	TP_LOCAL_TIMER_ENTRY = 16,
	TP_LOCAL_TIMER_EXIT = 17,
	TP_RESCHEDULE_ENTRY = 18,
	TP_RESCHEDULE_EXIT = 19,
	TP_FN_APIC_TIMER_FN = 20,
	TP_FN_INJECT_APIC_TIMER_IRQS = 21,
	TP_LAPIC_ARM = 22,      /* internal: the guest armed a deadline               */
	TP_LAPIC_EXPIRE = 23,   /* internal: its expiry, where and with whom          */
	TP_LAPIC_SAMPLE = 24,   /* internal: the account of one delivered expiry, R21 */
	TP_LAPIC_DROP = 25,     /* internal: a deadline that was never delivered      */
	TP_EXIT_HANDLED = 26,   /* internal: from kvm_exit to the next kvm_entry      */
	TP_BUSY_WAIT = 27,      /* internal: one wait for an advanced timer           */
	TP_TIMER_ADVANCE = 28,  /* internal: the advance in force after a sample      */
	TP_LAPIC_LATE_ARM = 29, /* internal: a recorded deadline armed later than it was recorded */
	TP_KVM_APIC = 30,
	TP_KVM_HV_TIMER_STATE = 31,
	TP_SET_PARAM = 32, /* internal: a module parameter was written, or the write was refused */
	TP_KVM_HALT_POLL_NS = 33,
	TP_GUEST_ITERATION = 34, /* internal: a guest's loop went round once */
	TP_GUEST_WAKEUP = 35,    /* internal: a guest's thread ran again after a sleep */
	TP_CPU_TIME = 36,        /* internal, at the end: where a CPU's time went   */
	TP_VCPU_TIME = 37,       /* internal, at the end: where a vCPU's time went */
	TP_CPU_STEAL = 38,       /* internal: a CPU was stolen, at the end of it   */
	TP_KVM_APICV_ACCEPT_IRQ = 39,
	TP_COUNT
};

/* Whose function an hrtimer runs: indices of the field `function`. */
enum trace_function { TRACE_FN_TICK_SCHED_TIMER, TRACE_FN_APIC_TIMER_FN };

/* Registers of the local APIC: indices of the field `reg`. */
enum trace_register {
	TRACE_REG_LVTT,
	TRACE_REG_TMICT,
	TRACE_REG_TMCCT,
	TRACE_REG_TDCR,
	TRACE_REG_ID,
	TRACE_REG_EOI,
};

/* What became of a deadline that was not delivered: indices of the field `why`. */
enum lapic_drop {
	DROP_OVERWRITTEN, /* the guest armed another before this one was delivered     */
	DROP_MERGED,      /* it expired while an earlier one was still pending          */
	DROP_UNSEEN,      /* it expired, and the run ended before the guest saw it      */
};

extern const struct trace_schema lapicsim_schema;

#endif
