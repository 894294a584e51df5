/* SPDX-License-Identifier: MIT */
/* guest_config - what a guest runs. Fixed for a run. */
#ifndef GUEST_CONFIG_H
#define GUEST_CONFIG_H

#include "quantity.h"
#include "units.h"

enum exit_reason { /* the exits that a guest makes by itself, by the names of the VMX tracepoint */
		   EXIT_REASON_EXTERNAL_INTERRUPT,
		   EXIT_REASON_INTERRUPT_WINDOW,
		   EXIT_REASON_CPUID,
		   EXIT_REASON_HLT,
		   EXIT_REASON_IO_INSTRUCTION,
		   EXIT_REASON_MSR_READ,
		   EXIT_REASON_MSR_WRITE,
		   EXIT_REASON_COUNT
};

enum guest_wait { GUEST_WAIT_SPIN, GUEST_WAIT_HLT };
enum exit_grid { EXITS_FROM_LAST, EXITS_FROM_GRID };

struct other_exits {             /* exits that have nothing to do with the timer (R9) */
	struct quantity every;   /* 0: none; guest cycles or time */
	enum exit_reason reason; /* CPUID, IO_INSTRUCTION, MSR_READ */
	enum exit_grid from;
	struct quantity phase; /* grid only */
};

struct workload; /* models/guest/workload.h */

struct guest_config {
	const struct workload *workload;
	enum guest_wait wait;
	struct quantity delta; /* from the arming RDTSC to the deadline */
	struct quantity
		arm_jitter;   /* before each arm the guest computes for a uniform time below this */
	uint64_t samples;     /* stop arming after this many; 0: no end */
	struct quantity loop; /* one turn of a spin; default 20 cycles */
	bool handler_rdmsr; /* the handler reads APIC_ID by RDMSR before its EOI (an exit, in x2APIC
			       mode) */
	struct other_exits other_exits;
	uint64_t n_recorded; /* workload recorded (R20) */
	const uint64_t *recorded_arm_tsc, *recorded_deadline_tsc;
};

#endif
