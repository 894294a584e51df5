/* SPDX-License-Identifier: MIT */
/* kvm_config - the VMs, their vCPUs, and the module parameters. Fixed for a run. */
#ifndef KVM_CONFIG_H
#define KVM_CONFIG_H

#include "guest_config.h"
#include "units.h"

struct vcpu_config {
	uint32_t id; /* as the guest and kvm_entry number it */
	struct cpu_mask affinity;
	uint32_t cpu;        /* where it starts; within the affinity */
	khz_t tsc_khz;       /* 0: the host's. KVM_SET_TSC_KHZ otherwise */
	uint64_t tsc_offset; /* added to the scaled host TSC */
};

struct disable_exits { /* KVM_CAP_X86_DISABLE_EXITS: what the guest does without an exit */
	bool mwait, hlt, pause;
};

struct vm_config {
	const char *name;
	uint32_t n_vcpus;
	const struct vcpu_config *vcpus;
	struct guest_config guest; /* the same for all its vCPUs */
	struct disable_exits disable_exits;
	uint32_t apic_bus_cycle_ns; /* KVM_CAP_X86_APIC_BUS_CYCLES_NS; 0: not asked for */
	bool created_later;         /* by create-vm of the timeline */
};

#define KVM_PARAM_DEFAULT INT64_MIN /* the release's own default */

/* Module parameters that can be written while the host runs, or at least be tried. */
enum kvm_param { KVM_PARAM_LAPIC_TIMER_ADVANCE_NS, KVM_PARAM_MIN_TIMER_PERIOD_US, KVM_PARAM_COUNT };

struct kvm_config {                     /* as modprobe would take them */
	int64_t lapic_timer_advance_ns; /* v6.11 on: lapic_timer_advance, 0 or not */
	int64_t min_timer_period_us;
	int64_t halt_poll_ns, halt_poll_ns_grow, halt_poll_ns_grow_start, halt_poll_ns_shrink;
	int64_t pi_inject_timer; /* -1: as the module decides when it is loaded */
	uint32_t tsc_tolerance_ppm;
	bool preemption_timer; /* kvm_intel: use the VMX preemption timer where the release has it
				*/
	bool enable_apicv;     /* kvm_intel: use APICv where the CPU has it */
};

#endif
