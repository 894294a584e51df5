/* SPDX-License-Identifier: MIT */
/*
 * timer_advance - the advance of a timer, and the wait before VM-entry that it makes necessary.
 *
 * The timer fires advance_ns early; whoever enters the guest waits for the rest, and the advance
 * follows the error. Call it when a deadline is owed and its interrupt was injected:
 *
 *	plan = timer_advance_wait(clock read once)
 *	if plan.read_again: plan.wait = timer_advance_wait_again(clock read a second time)
 *	spin for busy_wait_host_cycles(plan.wait)
 *
 * plan.order says which of wait and tuning comes first, for those who give both a cost. The state
 * is one for all vCPUs or one for each, as kernel->advance_scope says; `dynamic` is one for all
 * under dynamic_module. Keeping it is the model's business; here it is changed as one step.
 * Units: guest cycles; ns. Source: wait_lapic_expire(), arch/x86/kvm/lapic.c.
 */
#ifndef TIMER_ADVANCE_H
#define TIMER_ADVANCE_H

#include "kernel.h"
#include "kvm_time.h"
#include "tune.h"
#include "units.h"

struct timer_advance {
	uint32_t advance_ns;
	bool done;    /* tuning has ended */
	bool dynamic; /* tune at all; where one flag serves the module, the model copies it */
};

/* A new vCPU's advance (the module's, where it is global). @param: PARAM_DEFAULT or the value. */
struct timer_advance timer_advance_initial(const struct kernel *kernel, int64_t param,
					   const struct tune_constants *constants);

struct wait_input {
	guest_cycles_t deadline; /* the one owed */
	guest_cycles_t now;      /* guest TSC    */
	const struct guest_rate *rate;
	const struct tune_constants *constants;
};
struct wait_plan {
	bool called;   /* the caller's test let it through; otherwise the deadline stays owed */
	int64_t delta; /* now - deadline, modulo 2^64: below 0 is early */
	enum wait_order order;
	bool read_again; /* early, and tuned first: ask timer_advance_wait_again() */
	struct busy_wait wait;
	uint32_t advance_ns; /* after tuning */
};

struct wait_plan timer_advance_wait(const struct kernel *kernel, struct timer_advance *ta,
				    const struct wait_input *in);

/* The wait by the second reading of the clock, with the advance that was just tuned. */
struct busy_wait timer_advance_wait_again(const struct kernel *kernel,
					  const struct timer_advance *ta,
					  const struct wait_input *in);

#endif
