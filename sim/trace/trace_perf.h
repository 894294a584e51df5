/* SPDX-License-Identifier: MIT */
/*
 * trace_perf - perf.data as `perf record` writes it: for perf script, perf kvm stat, perf sched.
 *
 * A file header, one attribute for each tracepoint, then the records in the order in which they
 * happened, then the features: the head of a trace.dat with the events' formats, and what perf asks
 * of a machine. The sizes in the file header are filled in at the end. After every 2^16 samples a
 * FINISHED_ROUND says that nothing earlier follows, so that perf need not keep the whole file in
 * memory to sort it.
 *
 * Units:  stamps in ns, rounded down.
 * Source: the kernel's tools/perf/Documentation/perf.data-file-format.txt and
 *         include/uapi/linux/perf_event.h. What a reader wants of each field was tried with perf
 *         6.1.
 */
#ifndef TRACE_PERF_H
#define TRACE_PERF_H

#include "trace_writer.h"

extern const struct trace_format trace_format_perf;

#endif
