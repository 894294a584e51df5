/* SPDX-License-Identifier: MIT */
/*
 * scenario_resolve - what the readers of a run's sections share. Private to scenarios/language.
 *
 * A reader reports what is wrong and goes on: one run of lapicsim shows all errors of a file.
 */
#ifndef SCENARIO_RESOLVE_H
#define SCENARIO_RESOLVE_H

#include "parameters.h"
#include "scenario_values.h"

struct resolve {
	struct scenario_run *run;
	const struct scenario_file *file;
	const struct node *tree;
	struct diagnostics *d;
	struct top_values top;
	struct vm_config *vms;
	struct vm_note *notes;
	uint32_t n_vcpus; /* of all VMs */
	unsigned errors_before;
};

/* The list @key of @parent, at most @limit items; NULL if absent or after an error. */
const struct node *resolve_list(struct resolve *r, const struct node *parent,
				enum section_id section, bool needed, uint32_t limit);

/* The first CPU of @mask that the host has not, or CPUS_MAX. */
unsigned resolve_foreign_cpu(const struct resolve *r, const struct cpu_mask *mask);

bool resolve_fail_foreign_cpu(struct resolve *r, const struct node *node, const char *key,
			      uint64_t cpu);

/* The two names of the timer's advance: a release has one of them. */
#define ADVANCE_NUMBER "lapic_timer_advance_ns"
#define ADVANCE_SWITCH "lapic_timer_advance"

/* An error at @at if the parameter @key is the one of these that the kernel in force has not. */
bool resolve_advance_name(struct resolve *r, const struct source_pos *at, const char *key);

bool kernel_advance_is_switch(const struct kernel *kernel);

#endif
