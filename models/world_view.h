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

#include "vcpu.h"
#include "world.h"

struct cpu_view {
	uint32_t task; /* current, by its number in the table of tasks */
	enum run_mode mode;
	bool in_irq, asleep, need_resched, tick_stopped;
	uint32_t pending;      /* bit per irq_source */
	uint64_t expires_next; /* of its clock-event device [ns] */
	uint32_t n_tasks;      /* runnable, waiting for it */
	uint32_t n_hrtimers;
};

struct hrtimer_view {
	uint64_t address; /* as traced */
	enum trace_function function;
	ns_t expires;
	uint64_t seq; /* order among equal expiries */
};

struct vcpu_view {
	uint32_t id; /* as the guest numbers it */
	uint32_t task, cpu;
	bool created, sleeps, in_guest, in_user_space;
	enum account_state account; /* of deadline n: due and fired at these instants */
	uint64_t n;
	ps_t due, fired;
	bool posted; /* by the callback */

	enum vcpu_mode mode;
	uint32_t requests; /* enum vcpu_request */
	bool halted, irr, isr, pir, interrupts_on;
	guest_cycles_t tsc;

	uint64_t hrtimer;     /* its address, as traced */
	bool queued, running; /* in a queue; its callback runs */
	uint32_t queue; /* the CPU in whose queue it is, or was last, or where its callback runs */
	struct lapic_count count;
	uint32_t tmcct; /* as the guest would read it */
	guest_cycles_t expired_tscdeadline;
	bool hv_in_use, masked, pending;
	uint32_t advance_ns; /* in force */
};

uint32_t world_cpus(const struct world *world);
uint32_t world_vcpus(const struct world *world);

void world_view_cpu(const struct world *world, uint32_t cpu, struct cpu_view *ret);

/* Number @i of the n_hrtimers in the queue of @cpu, in no order. */
void world_view_hrtimer(const struct world *world, uint32_t cpu, uint32_t i,
			struct hrtimer_view *ret);

/* One that is not created yet has but that said. */
void world_view_vcpu(const struct world *world, uint32_t vcpu, struct vcpu_view *ret);

#endif
