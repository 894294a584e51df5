/* SPDX-License-Identifier: MIT */
/*
 * trace_header - the left part of a line of a trace: who, where, when, and which event.
 *
 *	ftrace:          CPU 0/KVM-2214    [003] d..1.   812.000100: kvm_entry: vcpu 0
 *	with tgid:       CPU 0/KVM-2214  ( 2200) [003] d..1.   812.000100: kvm_entry: vcpu 0
 *	trace-cmd:       CPU 0/KVM-2214  [003]   812.000100: kvm_entry:             vcpu 0
 *	trace-cmd -l:    CPU 0/KV-2214    3d..1.   812.000100: kvm_entry:             vcpu 0
 *	trace-cmd --ts-diff                      ...   812.000100: (+250)   kvm_entry: ...
 *	perf script:     CPU 0/KVM  2214 [003]   812.000100:      kvm:kvm_entry: vcpu 0
 *	perf -F pid,tid: CPU 0/KVM  2200/2214  [003]   812.000100: kvm:kvm_entry: vcpu 0
 *	perf, one task:  CPU 0/KVM  2214   812.000100:      kvm:kvm_entry: vcpu 0
 *
 * A task's name may hold anything, so the line is read from its stamp to the left: the first
 * "stamp: " with a CPU, a pid or both before it is the one. The flags may be 3 to 8 characters or
 * none.
 *
 * Rounding: none; the stamp is an integer in the unit of its clock.
 * Left out: formats with the time as a difference or in microseconds alone (latency tracers).
 */
#ifndef TRACE_HEADER_H
#define TRACE_HEADER_H

#include "trace_reader.h"

struct trace_header {
	const char *event; /* its name, event_length bytes */
	uint32_t event_length;
	struct recorded_text system; /* "kvm" of "kvm:kvm_entry"; empty: not printed */
	const char *payload;         /* behind the name and its blanks, to the end of the line */
	bool function; /* no colon: the function tracer's, a stack's, or perf's own record */
	enum trace_clock clock;
	uint64_t stamp;
	const char *time; /* where it stands */
	uint32_t cpu;
	int32_t pid, tgid;
	struct recorded_text comm;
	struct recorded_flags flags;
};

/* Reads @line, which ends at @end; a '\n' stands there or behind it. False: not an event's line;
 * *at is where it ceased to look like one, and *expected what should stand there. */
bool trace_header_read(const char *line, const char *end, struct trace_header *ret, const char **at,
		       const char **expected);

#endif
