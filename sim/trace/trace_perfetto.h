/* SPDX-License-Identifier: MIT */
/*
 * trace_perfetto - Perfetto's protobuf, for ui.perfetto.dev and its trace processor.
 *
 * What is shown where, the views of the schema say (trace.h): a track for each entity or CPU with
 * slices and marks, counters, arrows, and the CPUs' tasks as ftrace's sched_switch. Records of
 * TRACE_KIND_INTERNAL are shown as well, if they have a view. Fields go along as debug annotations.
 *
 *	record -> its event's views -> a packet each
 *
 * A CPU that never switches tasks would show nothing, so its first record tells who runs there: a
 * switch from idle to that task is written then. Slices that are open at the end stay open.
 *
 * Units:  stamps in ns, rounded down, exact in this format; annotations as the fields have them.
 * Memory: a few bytes for each track, entity and CPU.
 * Source: protos/perfetto/trace/ of https://github.com/google/perfetto; what the importer wants was
 *         tried with its trace processor.
 */
#ifndef TRACE_PERFETTO_H
#define TRACE_PERFETTO_H

#include "trace_writer.h"

extern const struct trace_format trace_format_perfetto;

#endif
