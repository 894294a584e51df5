/* SPDX-License-Identifier: MIT */
/*
 * trace_filter - lets through to a sink the records of chosen events, CPUs and instants.
 *
 * Without a choice of one kind all of that kind pass. The fingerprint sees every record all the
 * same: it is taken before any sink.
 *
 * Units: instants in ps since the run began; both ends belong to the span.
 */
#ifndef TRACE_FILTER_H
#define TRACE_FILTER_H

#include "trace.h"

struct trace_choice {
	const char *const *events; /* "SYSTEM" or "SYSTEM:EVENT" each */
	size_t n_events;
	const uint32_t *cpus;
	size_t n_cpus;
	ps_t from, to;
};

/* Does @name choose anything? */
bool trace_choice_known(const struct trace_schema *schema, const char *name);

struct trace_filter;

/* @to must stay, the choice need not. NULL: no memory. */
struct trace_filter *trace_filter_new(const struct trace_schema *schema,
				      const struct trace_choice *choice, struct trace_sink *to);
struct trace_sink *trace_filter_sink(struct trace_filter *filter);
void trace_filter_free(struct trace_filter *filter);

#endif
