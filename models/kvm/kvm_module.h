/* SPDX-License-Identifier: MIT */
/* kvm_module - what all vCPUs of the host share: module parameters as they stand, and the global
 * advance. */
#ifndef KVM_MODULE_H
#define KVM_MODULE_H

#include "kernel.h"
#include "kvm_config.h"
#include "timer_advance.h"

struct kvm_module {
	const struct kernel *kernel;
	struct kvm_config params; /* written by set-param */
	struct tune_constants constants;
	struct timer_advance advance; /* for all vCPUs, where kernel->advance_scope says so */
	bool pi_inject_timer;         /* -1 resolved, when the module is loaded */
	bool dynamic;                 /* "tune at all", set by the vCPU created last */
};

#endif
