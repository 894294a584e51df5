/* SPDX-License-Identifier: MIT */
/*
 * tune - how timer_advance_ns follows the measured error, by release.
 *
 * tune_sign reads the error from the two clocks, tune makes a new advance of it, tune_gate says
 * whether it is asked at all, param what a new vCPU starts with. Each form of tune and param brings
 * the constants that it was compiled with; tune_constants() lets a what-if replace them.
 * Units: guest cycles and ns; the advance is 32 bits wide and wraps. Source: arch/x86/kvm/lapic.c.
 */
#ifndef TUNE_H
#define TUNE_H

#include "kernel.h"
#include "units.h"

/* The #defines of the tuner, LAPIC_TIMER_ADVANCE_*. 0: a form has no such constant, or a what-if
 * does not replace it. */
struct tune_constants {
	uint64_t adjust_min,
		adjust_max;   /* [cycles] before v5.4 an error below adjust_min ends it */
	uint32_t adjust_step; /* the divisor of a step */
	uint32_t ns_init, ns_max;
};

struct tune_error {
	bool early;
	uint64_t cycles; /* how far off */
};
/* Which of two clocks is ahead; the forms differ when they are 2^63 cycles or more apart. */
struct tune_sign_variant {
	struct variant variant;
	struct tune_error (*error)(guest_cycles_t now, guest_cycles_t deadline);
};
extern const struct tune_sign_variant tune_sign_variants[];
extern const size_t tune_sign_variants_n;

struct tune_input {
	struct tune_error error;
	int64_t delta; /* guest TSC - deadline */
	khz_t guest_khz;
	uint32_t advance_ns;
	bool done;
	const struct tune_constants *constants;
};
struct tune_result {
	uint32_t advance_ns;
	bool done;
};
struct tune_variant {
	struct variant variant;
	struct tune_result (*tune)(const struct tune_input *in);
	struct tune_constants constants;
};
extern const struct tune_variant tune_variants[];
extern const size_t tune_variants_n;

struct tune_gate_variant {
	struct variant variant;
	bool (*open)(bool done, bool dynamic);
	bool keeps_done;     /* there is a flag that ends the tuning */
	bool module_dynamic; /* one switch for the module, set by the vCPU created last */
};
extern const struct tune_gate_variant tune_gate_variants[];
extern const size_t tune_gate_variants_n;

enum advance_scope { ADVANCE_GLOBAL, ADVANCE_VCPU };
struct advance_scope_variant {
	struct variant variant;
	enum advance_scope scope;
};
extern const struct advance_scope_variant advance_scope_variants[];
extern const size_t advance_scope_variants_n;

#define PARAM_DEFAULT INT64_MIN /* the release's own default */

struct advance_start {
	uint32_t advance_ns;
	bool done;
	bool dynamic;
};
struct param_variant {
	struct variant variant;
	struct advance_start (*initial)(int64_t value, uint32_t ns_init);
	bool writable;    /* while the module is loaded */
	uint32_t ns_init; /* what the value "tune" begins with; 0: there is none */
};
extern const struct param_variant param_variants[];
extern const size_t param_variants_n;

struct kernel;

/* The constants of the forms in force, those of @what_if (NULL: none) in place of those that they
 * have. */
struct tune_constants tune_constants(const struct kernel *kernel,
				     const struct tune_constants *what_if);

#endif
