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
 * Errors: of trace_writer.h. A value without a name is shown as "?17", a task that is not in the
 * list as "<...>".
 */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

#include "trace_writer.h"

extern const struct trace_format trace_format_ftrace;

#endif
