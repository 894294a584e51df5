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
#include "units.h"

enum timeline_do {
	DO_HOG_START,    /* cpu, task class: a thread that never sleeps */
	DO_HOG_STOP,     /* cpu */
	DO_MIGRATE,      /* vcpu, cpu: sched_setaffinity() to that one CPU */
	DO_SET_AFFINITY, /* vcpu, cpus */
	DO_IRQS_OFF,     /* cpu, for: kernel code with interrupts off */
	DO_DEVICE_IRQ,   /* cpu */
	DO_COUNT
};

struct timeline_command {
	ps_t at;
	ps_t every; /* 0: once */
	enum timeline_do what;
	uint32_t vm, vcpu; /* indices into vms[] and its vcpus[] */
	uint32_t cpu;
	struct cpu_mask cpus;
	ps_t duration;
	enum task_class task_class;
};

struct world_config {
	struct host_config host;
	uint32_t n_vms;
	const struct vm_config *vms;
	struct kernel kernel;
	struct kvm_config kvm;
	uint32_t n_timeline;
	const struct timeline_command *timeline;
	ps_t duration;
	uint64_t seed;
};

#endif
