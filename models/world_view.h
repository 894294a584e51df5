/* SPDX-License-Identifier: MIT */
/*
 * world_view - what a world looks like at an instant, by the kernel's names: CPUs, the hrtimers in
 * their queues, vCPUs and their local-APIC timers.
 *
 * For `lapicsim explain`. It may be asked from a trace sink while an event runs, or after the run;
 * it copies values and changes nothing (R22). Units: ns of CLOCK_MONOTONIC, guest cycles; instants
 * ps. Errors: an index that is too large is a bug of the caller: assert().
 */
#ifndef WORLD_VIEW_H
#define WORLD_VIEW_H

#include "hrtimer.h"
#include "lapic_account.h"
#include "lapic_mode.h"
#include "task.h"
#include "world.h"

struct vcpu_view {
	uint32_t id; /* as the guest numbers it */
	uint32_t cpu;
	bool created, sleeps, in_guest, in_user_space;
	enum account_state account; /* of deadline n: due and fired at these instants */
	uint64_t n;
	ps_t due, fired;
	bool posted; /* by the callback */

	uint64_t hrtimer; /* its address, as traced */
	bool queued;
	uint32_t queue; /* the CPU in whose queue it is, or was last */
	bool hv_in_use;
	uint32_t advance_ns; /* in force */
};

void world_view_vcpu(const struct world *world, uint32_t vcpu, struct vcpu_view *ret);

#endif
