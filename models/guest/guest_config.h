/* SPDX-License-Identifier: MIT */
/* guest_config - what a guest runs. Fixed for a run. */
#ifndef GUEST_CONFIG_H
#define GUEST_CONFIG_H

#include "lapic_mode.h"
#include "quantity.h"
#include "units.h"

/* The exits of a guest, by the names of the VMX tracepoint. */
enum exit_reason {
	EXIT_REASON_EXTERNAL_INTERRUPT,
	EXIT_REASON_INTERRUPT_WINDOW,
	EXIT_REASON_CPUID,
	EXIT_REASON_HLT,
	EXIT_REASON_IO_INSTRUCTION,
	EXIT_REASON_MSR_READ,
	EXIT_REASON_MSR_WRITE,
	EXIT_REASON_PREEMPTION_TIMER,
	EXIT_REASON_COUNT
};

/* What workload vmexit does over and over. */
enum vmexit_test { VMEXIT_TSCDEADLINE, VMEXIT_TSCDEADLINE_IMMED, VMEXIT_CPUID };

enum guest_wait { GUEST_WAIT_SPIN, GUEST_WAIT_HLT };
enum exit_grid { EXITS_FROM_LAST, EXITS_FROM_GRID };

struct other_exits {             /* exits that have nothing to do with the timer (R9) */
	struct quantity every;   /* 0: none; guest cycles or time */
	enum exit_reason reason; /* CPUID, IO_INSTRUCTION, MSR_READ */
	enum exit_grid from;
	struct quantity phase; /* grid only */
};

/*
 * The operations of a program that a scenario spells out (workload `program`). PROGRAM_OP(name,
 * operand, what it does). Registers are written in x2APIC mode: each write and each TMCCT read is
 * an MSR exit.
 */
#define PROGRAM_OPS(PROGRAM_OP)                                                                   \
	PROGRAM_OP(compute, TIME, "computes for a time")                                          \
	PROGRAM_OP(spin, TIME, "spins for a time, with the guest's other exits")                  \
	PROGRAM_OP(wait, NONE, "waits, as guest.wait says, until one more interrupt was handled") \
	PROGRAM_OP(rdtsc, NONE, "reads the TSC; the first one of a handler is the sample")        \
	PROGRAM_OP(arm, TIME, "reads the TSC and writes IA32_TSC_DEADLINE, this far ahead")       \
	PROGRAM_OP(arm_again, TIME, "the same, ahead of the deadline written last")               \
	PROGRAM_OP(disarm, NONE, "writes 0 to IA32_TSC_DEADLINE")                                 \
	PROGRAM_OP(tmict, NUMBER, "writes the initial count")                                     \
	PROGRAM_OP(tdcr, NUMBER, "writes the divide configuration")                               \
	PROGRAM_OP(lvtt, MODE, "writes LVTT: one_shot, periodic or tsc_deadline")                 \
	PROGRAM_OP(mask, NONE, "sets LVTT's mask bit")                                            \
	PROGRAM_OP(unmask, NONE, "clears it")                                                     \
	PROGRAM_OP(read_tmcct, NONE, "reads the current count")                                   \
	PROGRAM_OP(cli, NONE, "interrupts off")                                                   \
	PROGRAM_OP(sti, NONE, "interrupts on")                                                    \
	PROGRAM_OP(cpuid, NONE, "exits")                                                          \
	PROGRAM_OP(io, NONE, "exits")                                                             \
	PROGRAM_OP(eoi, NONE, "writes EOI; a handler without one gets it before its end")

enum program_op_kind {
#define PROGRAM_OP(name, operand, what) PROGRAM_##name,
	PROGRAM_OPS(PROGRAM_OP)
#undef PROGRAM_OP
		PROGRAM_OP_COUNT
};

struct program_op {
	enum program_op_kind kind;
	struct quantity time;
	uint64_t number; /* of a register, or enum lapic_timer_mode */
};

struct program_part {
	uint32_t n;
	const struct program_op *ops;
};

struct workload; /* models/guest/workload.h */

struct guest_config {
	const struct workload *workload;
	enum guest_wait wait;
	struct quantity delta; /* from the arming RDTSC to the deadline */
	struct quantity
		arm_jitter;   /* before each arm the guest computes for a uniform time below this */
	uint64_t samples;     /* stop arming after this many; 0: no end */
	uint64_t breakmax;    /* [guest cycles] stop arming after one that is later; 0: never */
	struct quantity loop; /* one turn of a spin; default 20 cycles */
	bool handler_rdmsr; /* the handler reads APIC_ID by RDMSR before its EOI (an exit, in x2APIC
			       mode) */
	struct other_exits other_exits;
	enum vmexit_test test;
	struct quantity interval; /* between two wake-ups */
	struct quantity wakeup;   /* the guest's kernel from its handler to the woken thread */
	uint32_t hz;              /* the guest's ticks a second */
	struct quantity tick;     /* the work of a tick's handler */
	struct program_part start, repeat,
		handler;     /* workload program: once; then for ever; the handler, default rdtsc */
	uint64_t n_recorded; /* workload recorded (R20) */
	const uint64_t *recorded_arm_tsc, *recorded_deadline_tsc;
	enum lapic_timer_mode recorded_timer;
};

#endif
