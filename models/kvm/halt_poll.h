/* SPDX-License-Identifier: MIT */
/*
 * halt_poll - the time that one vCPU polls for a wake-up before it sleeps, and how it follows
 * halts.
 *
 *	HLT: for = halt_poll_begin() -> poll, while kernel->halt_stop lets it -> sleep
 *	wake-up: halt_poll_end(length of the halt)
 *
 * Units:  ns; the time is 32 bits wide, and products wrap.
 * Errors: none.
 * Source: kvm_vcpu_halt(), grow_halt_poll_ns() in virt/kvm/kvm_main.c. Releases: halt_polling.h.
 */
#ifndef HALT_POLL_H
#define HALT_POLL_H

#include "halt_polling.h"
#include "kernel.h"

struct halt_poll_config {
	struct halt_poll_params params; /* kernel->halt_defaults->params, where nobody set them */
	uint32_t vm_max_ns;             /* the VM's maximum; params.max_ns where nobody set it */
};

/* How long this halt polls; *@poll_ns is the vCPU's own time. */
uint32_t halt_poll_begin(const struct kernel *kernel, const struct halt_poll_config *cfg,
			 uint32_t *poll_ns);

/* The halt is over: what becomes of the vCPU's time. */
enum halt_change halt_poll_end(const struct kernel *kernel, const struct halt_poll_config *cfg,
			       uint64_t block_ns, bool valid_wakeup, uint32_t *poll_ns);

#endif
