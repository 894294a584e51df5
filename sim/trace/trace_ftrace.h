/* SPDX-License-Identifier: MIT */
/*
 * trace_ftrace - writes records as /sys/kernel/tracing/trace prints them, in the spelling of
 * Linux 6.1.
 *
 * Line: "%16s-%-7d [%03d] %s %5u.%09u: event: payload" with the flag column of 6.1 (five
 * characters). The stamp is @start_ns (what CLOCK_MONOTONIC, that is trace_clock "mono", showed at
 * instant 0) plus the simulated instant, in seconds with nine digits, rounded down. Ends in "# end
 * events=N fingerprint=…", without which a file is not complete; N is the number of lines written,
 * which TRACE_KIND_INTERNAL records are not among.
 *
 * The flags show irqs-off (d), need-resched (N) and hardirq (h); preempt depth and migrate-disable
 * are not simulated and always a dot. The kernel's line "entries-in-buffer/entries-written" is left
 * out but for its "#P:n", because the file is written as the run goes and the count stands at its
 * end.
 *
 * Errors: what @out refuses stays in it, for ferror(). A value without a name is shown as "?17", a
 * task that is not in the list as "<...>".
 */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

#include "trace.h"

struct trace_ftrace;

/* Does not own @out; writes the header. @tasks and @schema must stay. NULL: no memory, or a format
 * the schema got wrong, and nothing is written. */
struct trace_ftrace *trace_ftrace_new(FILE *out, const struct trace_schema *schema,
				      const struct trace_task *tasks, uint32_t n_tasks,
				      uint32_t n_cpus, uint64_t start_ns);
struct trace_sink *trace_ftrace_sink(struct trace_ftrace *ft);
void trace_ftrace_end(struct trace_ftrace *ft, uint64_t fingerprint); /* writes the trailer */
void trace_ftrace_free(struct trace_ftrace *ft);

/* One record's payload as text, for other readers of records; returns the length as snprintf(), -1
 * for a format that is wrong. Parses the format each time. Each task number must be one of @tasks;
 * without them (NULL) all are unknown. */
int trace_format_payload(char *buf, size_t size, const struct trace_event *event,
			 const struct trace_record *rec, const struct trace_task *tasks);

#endif
