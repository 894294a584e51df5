/* SPDX-License-Identifier: MIT */
/*
 * guest_memory - what stands where in the guest's memory, as the runner fills it and the guest
 * reads it.
 *
 * The runner writes page tables, GDT, parameters and the image, and starts the guest at GUEST_CODE;
 * the guest writes one guest_sample a deadline, which the runner reads when the guest says by
 * GUEST_PORT_DONE that it is through. One vCPU.
 *
 * Units:  cycles of the guest's TSC, which is the host's (offset 0).
 * Errors: a vector that nobody expects ends in GUEST_PORT_BAD.
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdint.h>

#define GUEST_PML4 0x1000
#define GUEST_PDPT 0x2000
#define GUEST_PD 0x3000
#define GUEST_GDT 0x7000
#define GUEST_PARAMETERS 0x8000
#define GUEST_IDT 0xa000
#define GUEST_CODE 0x10000
#define GUEST_STACK_TOP 0x80000
#define GUEST_SAMPLES 0x200000
#define GUEST_SIZE 0x800000

#define GUEST_PORT_EXIT 0x80 /* an exit to user space that means nothing */
#define GUEST_PORT_DONE 0xf4
#define GUEST_PORT_BAD 0xf5

enum guest_exits { GUEST_EXITS_NONE, GUEST_EXITS_CPUID, GUEST_EXITS_OUT };

struct guest_parameters {
	uint64_t halts;       /* waits with HLT; 0: spins */
	uint64_t delta;       /* each deadline lies so far ahead... */
	uint64_t jitter;      /* ...and a random part of this further */
	uint64_t count;       /* deadlines */
	uint64_t exit_period; /* while it spins, an exit of its own so often */
	uint64_t exits;       /* enum guest_exits: which */
};

struct guest_sample {
	uint64_t arm, deadline, isr,
		armed; /* TSC before the write, written, first in the handler, after the write */
};

#endif
