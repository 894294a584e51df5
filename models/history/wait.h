/* SPDX-License-Identifier: MIT */
/*
 * wait - the busy wait before VM-entry for a timer that fired early, by release.
 *
 * Remaining guest cycles in, a busy wait out; where it stands, in which order it is tested, tuned
 * and traced are plain values. models/kvm/timer_advance.[ch] puts them together.
 * Units: guest cycles, and the ns of the advance. Source: wait_lapic_expire(),
 * arch/x86/kvm/lapic.c.
 */
#ifndef WAIT_H
#define WAIT_H

#include "kernel.h"
#include "kvm_time.h"

/* Is the routine called with this advance? */
struct wait_call_variant {
	struct variant variant;
	bool (*called)(uint32_t advance_ns);
};
extern const struct wait_call_variant wait_call_variants[];
extern const size_t wait_call_variants_n;

enum wait_place {
	WAIT_BEFORE_GUEST_ENTER, /* after the kvm_entry trace, before guest_enter() */
	WAIT_WORLD_SWITCH,       /* in the vendor's run(), right before the switch  */
};
struct wait_site_variant {
	struct variant variant;
	enum wait_place place;
};
extern const struct wait_site_variant wait_site_variants[];
extern const size_t wait_site_variants_n;

enum wait_test_order {
	WAIT_TEST_OWED_INJECTED,
	WAIT_TEST_INJECTED_OWED,
	WAIT_TEST_OWED_ADVANCE_INJECTED,
};
struct wait_test_variant {
	struct variant variant;
	enum wait_test_order order;
};
extern const struct wait_test_variant wait_test_variants[];
extern const size_t wait_test_variants_n;

struct wait_length_input {
	guest_cycles_t early; /* deadline - guest TSC */
	uint32_t advance_ns;
	const struct guest_rate *rate;
};
struct wait_length_variant {
	struct variant variant;
	struct busy_wait (*wait)(const struct wait_length_input *in);
	bool capped; /* by the advance, in the clock that it counts (C6) */
};
extern const struct wait_length_variant wait_length_variants[];
extern const size_t wait_length_variants_n;

enum wait_order {
	WAIT_ORDER_DELAY,      /* no tuning                                                   */
	WAIT_ORDER_DELAY_TUNE, /* the wait knows the old advance                              */
	WAIT_ORDER_TUNE_DELAY, /* tuned first; if early, the TSC is read again, then the wait */
};
struct wait_order_variant {
	struct variant variant;
	enum wait_order order;
};
extern const struct wait_order_variant wait_order_variants[];
extern const size_t wait_order_variants_n;

enum wait_trace_place { WAIT_TRACE_AT_WAIT, WAIT_TRACE_AFTER_EXIT };
struct wait_trace_variant {
	struct variant variant;
	enum wait_trace_place place;
};
extern const struct wait_trace_variant wait_trace_variants[];
extern const size_t wait_trace_variants_n;

#endif
