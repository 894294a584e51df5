/* SPDX-License-Identifier: MIT */
/*
 * hv_timer - the VMX preemption timer as a backing of the guest's timer, by release: when it may be
 * used, how it is programmed, and in which order it is armed, fired and exchanged for the hrtimer.
 *
 * Plain values and pure tests. models/kvm/vmx_preemption_timer.[ch] programs it,
 * models/kvm/timer_start.[ch] carries out the order. Before v4.8 there is none: hv_modes says so,
 * and the other decisions are not asked. Source: arch/x86/kvm/lapic.c, vmx.c.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include "kernel.h"
#include "lapic_mode.h"

/* --- when it may be used --- */

struct hv_modes_variant {
	struct variant variant;
	bool (*used)(enum lapic_timer_mode mode);
};
extern const struct hv_modes_variant hv_modes_variants[];
extern const size_t hv_modes_variants_n;

struct hv_refuse_variant {
	struct variant variant;
	bool (*refused)(bool mwait_in_guest, bool can_post);
};
extern const struct hv_refuse_variant hv_refuse_variants[];
extern const size_t hv_refuse_variants_n;

/* --- how it is programmed --- */

/* What the caller of set_hv_timer is told. */
enum hv_set {
	HV_SET_OK,
	HV_SET_DUE,    /* armed, and due already */
	HV_SET_FAILED, /* an error: the software timer must do */
};

struct hv_advance_variant {
	struct variant variant;
	bool advanced; /* the advance is subtracted; whose it is, advance_scope says */
};
extern const struct hv_advance_variant hv_advance_variants[];
extern const size_t hv_advance_variants_n;

/* Is a distance in guest cycles divided by the ratio? Only asked if the guest is scaled. */
struct hv_divide_variant {
	struct variant variant;
	bool (*divides)(uint64_t cycles);
};
extern const struct hv_divide_variant hv_divide_variants[];
extern const size_t hv_divide_variants_n;

enum hv_due {
	HV_DUE_NONE,     /* not reported */
	HV_DUE_RETURN_1, /* by the return value 1 */
	HV_DUE_FLAG,     /* by a flag of its own */
};
struct hv_due_variant {
	struct variant variant;
	enum hv_due how;
};
extern const struct hv_due_variant hv_due_variants[];
extern const size_t hv_due_variants_n;

/* A timer that is not armed. */
enum hv_off {
	HV_OFF_BIT_AT_SET,   /* the control bit is set and cleared where the timer is */
	HV_OFF_BIT_AT_ENTRY, /* the control bit follows at the next entry */
	HV_OFF_SOFT,         /* always on, with the longest count; an exit then means nothing */
};
struct hv_off_variant {
	struct variant variant;
	enum hv_off how;
};
extern const struct hv_off_variant hv_off_variants[];
extern const size_t hv_off_variants_n;

/* --- in which order --- */

struct hv_zero_variant {
	struct variant variant;
	bool refused; /* a deadline of 0; otherwise the timer is armed, and exits at once */
};
extern const struct hv_zero_variant hv_zero_variants[];
extern const size_t hv_zero_variants_n;

enum hv_start {
	HV_START_BOOL,          /* anything but success is a failure; a failure cancels */
	HV_START_BOUNCE,        /* due or pending: on to the software starter, which does nothing */
	HV_START_EXPIRE_CANCEL, /* due or pending: cancelled again, nothing else is started */
};
struct hv_start_variant {
	struct variant variant;
	enum hv_start how;
};
extern const struct hv_start_variant hv_start_variants[];
extern const size_t hv_start_variants_n;

/* Where an expiry that is not delivered yet stops a new start; periodic timers go on. */
enum rearm_test { REARM_IN_HV, REARM_FIRST };
struct rearm_variant {
	struct variant variant;
	enum rearm_test where;
};
extern const struct rearm_variant rearm_variants[];
extern const size_t rearm_variants_n;

struct sw_start_variant {
	struct variant variant;
	bool cancel_test; /* cancels the preemption timer, and stops if an expiry is pending */
};
extern const struct sw_start_variant sw_start_variants[];
extern const size_t sw_start_variants_n;

struct hv_fire_variant {
	struct variant variant;
	bool expire_first; /* so that the timer still counts as in use while it expires */
};
extern const struct hv_fire_variant hv_fire_variants[];
extern const size_t hv_fire_variants_n;

struct hv_fire_idle_variant {
	struct variant variant;
	bool ignored; /* an exit while the timer is not in use; otherwise a warning, and on */
};
extern const struct hv_fire_idle_variant hv_fire_idle_variants[];
extern const size_t hv_fire_idle_variants_n;

struct to_hv_variant {
	struct variant variant;
	bool rearm; /* the timer is started anew; otherwise only the preemption timer is tried */
};
extern const struct to_hv_variant to_hv_variants[];
extern const size_t to_hv_variants_n;

/* The vCPU was blocked, and goes on: is the preemption timer tried? */
struct to_hv_when_variant {
	struct variant variant;
	bool (*back)(bool was_hv);
};
extern const struct to_hv_when_variant to_hv_when_variants[];
extern const size_t to_hv_when_variants_n;

struct to_sw_variant {
	struct variant variant;
	bool stop_pending; /* stops if an expiry is pending, periodic timers too */
};
extern const struct to_sw_variant to_sw_variants[];
extern const size_t to_sw_variants_n;

struct load_hv_variant {
	struct variant variant;
	bool rearm; /* restarted on the new CPU; otherwise only programmed again */
};
extern const struct load_hv_variant load_hv_variants[];
extern const size_t load_hv_variants_n;

#endif
