/* SPDX-License-Identifier: MIT */
/*
 * halt_polling - how long a vCPU polls before it sleeps in HLT, by release.
 *
 * Pure functions and plain values; models/kvm/halt_poll.[ch] puts them together. Units: ns, in the
 * kernel's 32 bits: products wrap. Source: virt/kvm/kvm_main.c.
 */
#ifndef HALT_POLLING_H
#define HALT_POLLING_H

#include "kernel.h"

struct halt_poll_params { /* module parameters */
	uint32_t max_ns;
	uint32_t grow;          /* factor */
	uint32_t grow_start_ns; /* 10000 where it is no parameter */
	uint32_t shrink;        /* divisor; 0: to nothing at once */
};
struct halt_defaults_variant {
	struct variant variant;
	struct halt_poll_params params;
};
extern const struct halt_defaults_variant halt_defaults_variants[];
extern const size_t halt_defaults_variants_n;

struct halt_value_variant {
	struct variant variant;
	bool adaptive; /* each vCPU has its own; otherwise all poll for the maximum */
};
extern const struct halt_value_variant halt_value_variants[];
extern const size_t halt_value_variants_n;

struct halt_grow_variant {
	struct variant variant;
	uint32_t (*grown)(uint32_t poll_ns, const struct halt_poll_params *params);
	bool cut_at_halt; /* the maximum is enforced when the next halt begins */
};
extern const struct halt_grow_variant halt_grow_variants[];
extern const size_t halt_grow_variants_n;

struct halt_shrink_variant {
	struct variant variant;
	uint32_t (*shrunk)(uint32_t poll_ns, const struct halt_poll_params *params);
};
extern const struct halt_shrink_variant halt_shrink_variants[];
extern const size_t halt_shrink_variants_n;

enum halt_change { HALT_KEEP, HALT_GROW, HALT_SHRINK, HALT_ZERO };
struct halt_decide_input {
	uint64_t block_ns; /* the whole halt, polling included */
	bool valid_wakeup; /* woken for a reason to run; on x86 always */
	uint32_t poll_ns;
	uint32_t max_ns; /* the VM's */
};
struct halt_decide_variant {
	struct variant variant;
	enum halt_change (*decide)(const struct halt_decide_input *in);
};
extern const struct halt_decide_variant halt_decide_variants[];
extern const size_t halt_decide_variants_n;

/* Does something else want the CPU, so that polling stops? */
struct halt_stop_variant {
	struct variant variant;
	bool (*stops)(bool single_task, bool need_resched);
};
extern const struct halt_stop_variant halt_stop_variants[];
extern const size_t halt_stop_variants_n;

#endif
