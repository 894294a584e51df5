/* SPDX-License-Identifier: MIT */
/*
 * world_state - what a world consists of. Private to models/; tests include it to look inside and
 * to break invariants on purpose.
 */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include "vcpu.h"
#include "world.h"

struct command { /* one timeline entry, armed for its next time */
	struct sim_event event;
	const struct timeline_command *cfg;
	struct world *world;
	struct task *hog;
	ps_t due;             /* when it was to be done */
	struct command *next; /* waits behind this one */
	struct command
		*first; /* of the lines of its instant that stand together; NULL: it repeats */
	uint32_t taken; /* of first: how many of them were done */
	bool waits;     /* for the vCPUs to leave KVM_RUN */
};

struct world {
	const struct world_config *cfg;
	struct sim *sim;
	struct trace *trace;
	struct host host;
	struct vcpu *vcpus;
	bool *created;            /* by VM */
	struct command **waiting; /* by VM, the first one */
	uint32_t n_vcpus;
	uint32_t *first_vcpu; /* of each VM */
	struct kvm_module module;
	struct command *commands;
	struct task *hogs;
	struct trace_task *tasks;
	uint32_t n_tasks;
};

#endif
