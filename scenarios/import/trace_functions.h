/* SPDX-License-Identifier: MIT */
/*
 * trace_functions - which addresses are which functions, in a trace that has no symbols.
 *
 * perf script and trace-cmd print addresses where they may not read the kernel's symbols. Then
 *
 *	apic_timer_fn  is what a vCPU's thread starts, out of the guest, in the same exit in which
 *	               IA32_TSC_DEADLINE or TMICT is written; kernels print either of both first;
 *	the tick       is what is started again on its CPU right behind its own expiry, for a whole
 *	               millisecond, with no slack. Of HZ=300 it is not found.
 *
 * A reader looks for them ahead when it meets the first address, but not on the standard input:
 * there, what comes before the event that tells stays an address. Memory: constant; two tasks may
 * hide one another, which costs a later recognition, not a wrong one.
 */
#ifndef TRACE_FUNCTIONS_H
#define TRACE_FUNCTIONS_H

#include "recorded_event.h"

#define TRACE_FUNCTIONS_TASKS 256u /* a power of two */
#define TRACE_FUNCTIONS_CPUS 1024u

struct trace_functions {
	uint64_t apic_timer_fn, tick; /* 0: not known */
	struct {
		int32_t pid;
		bool wrote;       /* a deadline, and has not entered since */
		uint64_t started; /* the last address it started since it exited */
	} task[TRACE_FUNCTIONS_TASKS];
	uint64_t
		expired[TRACE_FUNCTIONS_CPUS]; /* the timer whose expiry was the last event there */
};

/* The function of an event that has an address, if it is known. */
void trace_functions_name(const struct trace_functions *t, struct recorded_event *ev);

/* Learns from an event, and names its function. */
void trace_functions_see(struct trace_functions *t, struct recorded_event *ev);

#endif
