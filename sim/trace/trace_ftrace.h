/* SPDX-License-Identifier: MIT */
/*
 * trace_ftrace - writes records as /sys/kernel/tracing/trace prints them, in the spelling of Linux 6.1.
 *
 * Line: "%16s-%-7d [%03d] %s %5u.%09u: event: payload" with the flag column of 6.1 (five characters). The stamp
 * is @start_ns (what CLOCK_MONOTONIC, that is trace_clock "mono", showed at instant 0) plus the simulated instant,
 * in seconds with nine digits. Ends in "# end events=N fingerprint=…", without which a file is not complete.
 */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

#include "trace.h"

struct trace_ftrace;

/* Does not own @out. @tasks must stay. NULL: no memory, or a format the schema got wrong. */
struct trace_ftrace *trace_ftrace_new(FILE *out, const struct trace_schema *schema,
				      const struct trace_task *tasks, uint32_t n_tasks,
				      uint32_t n_cpus, uint64_t start_ns);
struct trace_sink *trace_ftrace_sink(struct trace_ftrace *ft);
void trace_ftrace_end(struct trace_ftrace *ft, uint64_t fingerprint); /* writes the trailer */
void trace_ftrace_free(struct trace_ftrace *ft);

/* One record's payload as text, for other readers of records; returns the length as snprintf(). */
int trace_format_payload(char *buf, size_t size, const struct trace_event *event,
			 const struct trace_record *rec, const struct trace_task *tasks);

#endif
