/* SPDX-License-Identifier: MIT */
/*
 * observe_trace - a trace file, looked at: twice if its clock is the TSC, first for its rate.
 *
 * Errors: as trace_reader.h; a trace without the events that are needed is an error that names them
 * and the command that would have recorded them.
 */
#ifndef OBSERVE_TRACE_H
#define OBSERVE_TRACE_H

#include "observed_run.h"
#include "trace_reader.h"

/* What records all that is looked at. */
extern const char observe_command[];

/* NULL: reported. @facts receives what the file says of itself. */
struct observed_run *observe_trace(const char *path, struct trace_facts *facts,
				   struct diagnostics *d);

#endif
