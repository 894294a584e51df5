/* SPDX-License-Identifier: MIT */
/*
 * scenario_values - what a section of a scenario holds once its scalars are typed.
 *
 * Where the struct of the model has no room for a reference that is not resolved yet (a vCPU by
 * its name) or for a place, one of these stands in between. Private to scenarios/language.
 */
#ifndef SCENARIO_VALUES_H
#define SCENARIO_VALUES_H

#include "lapic_mode.h"
#include "scenario.h"
#include "yaml_tree.h"

struct top_values {
	const char *scenario, *about, *source, *learned_from;
	const struct node *include, *kernel, *apply, *revert, *forms, *variants;
	uint64_t seed;
	ps_t duration;
};

struct cpu_values {
	uint64_t id;
	struct cpu_config config;
};

struct cost_values {
	const struct node *value, *quantiles, *nohz_full;
	const char *source;
	uint32_t mark;
};

struct vcpu_values {
	uint64_t id, cpu;
	struct cpu_mask affinity;
	khz_t tsc_khz;
	uint64_t tsc_offset;
};

struct guest_values {
	struct guest_config config;
	const char *workload;
	const struct node *file;
	bool hlt;
};

struct kvm_values {
	struct kvm_config config;
	bool advance; /* the parameter that v6.11 has in place of the number */
};

enum program_part_name { PART_START, PART_REPEAT, PART_HANDLER, PARTS };

struct program_values {
	const struct node *part[PARTS];
};

/* The parameters that set-param knows, by their names in all releases. */
enum kvm_param_name {
	NAME_LAPIC_TIMER_ADVANCE_NS,
	NAME_LAPIC_TIMER_ADVANCE,
	NAME_MIN_TIMER_PERIOD_US,
};

struct command_values {
	struct timeline_command command;
	const struct node *vcpu, *vm, *name, *value, *by, *order;
	uint64_t cpu;
};

struct move_to_values {
	khz_t tsc_khz;
	uint64_t reads;
	bool tsc_scaling;
};

struct sweep_values {
	const struct node *axes, *where, *metrics, *histograms;
	bool expect;
};

struct expect_values {
	const char *id, *miss;
	const struct node *that, *sequence, *only, *not, *recorded;
};

#endif
