/* SPDX-License-Identifier: MIT */
#include "post.h"

static bool waits_never(const struct post_wait_input *in) { return false; }

static bool waits_if_advanced(const struct post_wait_input *in) { return in->advanced; }

/* Bug: nothing is injected yet where the callback asks, so it never waits. */
static bool waits_guarded(const struct post_wait_input *in)
{
	return in->owed && in->advanced && in->injected;
}

static bool waits_if_owed(const struct post_wait_input *in) { return in->owed && in->advanced; }

/* clang-format off */
const struct post_variant post_variants[] = {
	{ { "never", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a timer's interrupt is never posted" }, false, waits_never },
	{ { "wait", KERNEL_RELEASE(5, 3), KNOWN_READ, "0c5f81dad46c",
	    "the callback waits for the rest of the advance, and posts" }, true, waits_if_advanced },
	{ { "wait_guarded", KERNEL_RELEASE(5, 10), KNOWN_READ, "010fd37fddf6",
	    "posted without a wait: early by up to the advance" }, true, waits_guarded },
	{ { "wait_owed", KERNEL_RELEASE(5, 12), KNOWN_INFERRED, "beda430177f5",
	    "waits if a deadline is owed, and posts" }, true, waits_if_owed },
};
FORMS_END(post)
/* clang-format on */

static bool allowed_never(const struct post_allowed_input *in) { return false; }

static bool allowed_apicv(const struct post_allowed_input *in)
{
	return in->pi_inject_timer && in->apicv_active;
}

static bool allowed_apicv_idle_exits_off(const struct post_allowed_input *in)
{
	return allowed_apicv(in) && (in->mwait_in_guest || in->hlt_in_guest);
}

/* clang-format off */
const struct post_allowed_variant post_allowed_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_READ, NULL, "not possible" }, allowed_never },
	{ { "apicv", KERNEL_RELEASE(5, 3), KNOWN_READ, "0c5f81dad46c",
	    "with APICv, on hosts with housekeeping CPUs: no preemption timer there" },
	  allowed_apicv },
	{ { "apicv_idle_exits_off", KERNEL_RELEASE(5, 17), KNOWN_INFERRED, NULL,
	    "and only for guests that idle without an exit" }, allowed_apicv_idle_exits_off },
};
FORMS_END(post_allowed)

const struct direct_variant direct_variants[] = {
	{ { "no", KERNEL_FIRST, KNOWN_READ, NULL,
	    "an expiry in the vCPU's context becomes pending" }, false },
	{ { "apicv", KERNEL_RELEASE(5, 8), KNOWN_READ, "26efe2fd92e5",
	    "with APICv it is delivered at once" }, true },
};
FORMS_END(direct)

const struct fastpath_variant fastpath_variants[] = {
	{ { "none", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "every exit goes through the run loop" }, false },
	{ { "wrmsr_and_hv", KERNEL_RELEASE(5, 8), KNOWN_READ, "ae95f566b3d2,26efe2fd92e5",
	    "written deadlines and the preemption timer re-enter at once" }, true },
};
FORMS_END(fastpath)

const struct post_ipi_variant post_ipi_variants[] = {
	{ { "always", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "a vCPU in guest mode is notified by IPI" }, false },
	{ { "skip_self", KERNEL_RELEASE(5, 8), KNOWN_READ, "379a3c8ee444",
	    "not the one that runs on this CPU: it looks at the next entry" }, true },
};
FORMS_END(post_ipi)
/* clang-format on */
