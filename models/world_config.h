/* SPDX-License-Identifier: MIT */
/*
 * world_config - everything that describes one run: fixed before it begins, read-only to the
 * models.
 *
 * Filled in by the scenario reader (or by a test, or from a C table): the arrays belong to whoever
 * filled them. Instants and durations are ps_t.
 */
#ifndef WORLD_CONFIG_H
#define WORLD_CONFIG_H

#include "guest_config.h"
#include "host_config.h"
#include "kernel.h"
#include "kvm_config.h"
#include "sim_time.h"
#include "tune.h"
#include "units.h"

enum timeline_do {
	DO_HOG_START,    /* cpu, task class: a thread that never sleeps */
	DO_HOG_STOP,     /* cpu */
	DO_MIGRATE,      /* vcpu, cpu: sched_setaffinity() to that one CPU */
	DO_SET_AFFINITY, /* vcpu, cpus */
	DO_IRQS_OFF,     /* cpu, for: kernel code with interrupts off */
	DO_STEAL,        /* cpu, for: a hypervisor below, or the firmware, has the CPU */
	DO_DEVICE_IRQ,   /* cpu */
	DO_SET_PARAM, /* param, value: a write below /sys/module; by release now, for new vCPUs, or
			 refused */
	DO_WRITE_TSC, /* vcpu, value: the guest writes IA32_TSC; or by: adds to it (IA32_TSC_ADJUST)
		       */
	DO_PAUSE,     /* vm: out of KVM_RUN, blocked in user space; host timers go on (R19) */
	DO_RESUME,    /* vm */
	DO_SAVE,      /* vm: KVM_GET_LAPIC, KVM_GET_MSRS of a paused VM */
	DO_RESTORE,   /* vm, order: what was saved is set again, in this order */
	DO_MOVE_VM,   /* vm, to: from now on its vCPUs run on a host with another TSC */
	DO_CREATE_VM, /* vm: its vCPUs are created and run from now on */
	DO_COUNT
};

enum restore_part { RESTORE_KHZ, RESTORE_TSC, RESTORE_LAPIC, RESTORE_TSC_DEADLINE, RESTORE_PARTS };

struct timeline_command {
	ps_t at;
	ps_t every; /* 0: once */
	enum timeline_do what;
	uint32_t vm, vcpu; /* indices into vms[] and its vcpus[] */
	uint32_t cpu;
	struct cpu_mask cpus;
	ps_t duration;
	enum task_class task_class;
	enum kvm_param param; /* DO_SET_PARAM */
	int64_t value;        /* DO_SET_PARAM, DO_WRITE_TSC [guest cycles] */
	bool relative;        /* DO_WRITE_TSC: value is added */
	uint32_t n_order;     /* DO_RESTORE */
	enum restore_part order[RESTORE_PARTS];
	khz_t to_tsc_khz; /* DO_MOVE_VM */
	uint64_t to_tsc;  /* DO_MOVE_VM: what the other host's TSC reads at that instant */
	bool to_tsc_scaling;
};

struct world_config {
	struct host_config host;
	uint32_t n_vms;
	const struct vm_config *vms;
	struct kernel kernel;
	struct kvm_config kvm;
	struct tune_constants tuner; /* what-if: in place of those that the kernel has */
	uint32_t n_timeline;
	const struct timeline_command *timeline;
	ps_t duration;
	uint64_t seed;
};

#endif
