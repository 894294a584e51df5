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

struct vm_config {
	const char *name;
	uint32_t n_vcpus;
	const struct vcpu_config *vcpus;
	struct guest_config guest; /* the same for all its vCPUs */
};

struct kvm_config { /* module parameters, as modprobe would take them; INT64_MIN: the release's
		       default */
	int64_t lapic_timer_advance_ns;
	bool preemption_timer; /* kvm_intel: use the VMX preemption timer where the release has it
				*/
};

#endif
