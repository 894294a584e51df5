/* SPDX-License-Identifier: MIT */
/*
 * post - timer interrupts that reach a running guest without an exit, and the fast paths that do
 * without the run loop, by release.
 *
 * Plain values and pure tests, for the model to carry out. Source: apic_timer_expired() in
 * arch/x86/kvm/lapic.c; vmx.c; posted_intr.c.
 */
#ifndef POST_H
#define POST_H

#include "kernel.h"

/* What the callback waits for before it posts. */
struct post_wait_input {
	bool owed;     /* a deadline is recorded; always, in TSC-deadline mode */
	bool advanced; /* the vCPU's advance is not 0 */
	bool injected; /* the vector is in IRR already */
};
struct post_variant {
	struct variant variant;
	bool posts; /* if it is allowed, and the vCPU is in guest mode */
	bool (*waits)(const struct post_wait_input *in);
};
extern const struct post_variant post_variants[];
extern const size_t post_variants_n;

/* Can timer interrupts of this vCPU be posted? Then the preemption timer is refused. */
struct post_allowed_input {
	bool pi_inject_timer; /* module parameter; by default: are there housekeeping CPUs */
	bool apicv_active;
	bool mwait_in_guest, hlt_in_guest; /* not intercepted */
};
struct post_allowed_variant {
	struct variant variant;
	bool (*allowed)(const struct post_allowed_input *in);
};
extern const struct post_allowed_variant post_allowed_variants[];
extern const size_t post_allowed_variants_n;

/* An expiry that is found in the vCPU's own context. */
struct direct_variant {
	struct variant variant;
	bool apicv; /* with APICv it goes straight to the posted-interrupt request bits */
};
extern const struct direct_variant direct_variants[];
extern const size_t direct_variants_n;

struct fastpath_variant {
	struct variant variant;
	bool wrmsr_and_hv; /* a written deadline, and an exit of the preemption timer */
};
extern const struct fastpath_variant fastpath_variants[];
extern const size_t fastpath_variants_n;

/* The notification of a posted interrupt. */
struct post_ipi_variant {
	struct variant variant;
	bool skip_self; /* none to the vCPU that runs on this CPU */
};
extern const struct post_ipi_variant post_ipi_variants[];
extern const size_t post_ipi_variants_n;

#endif
