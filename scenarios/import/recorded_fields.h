/* SPDX-License-Identifier: MIT */
/*
 * recorded_fields - the right part of a line of a trace: the fields of one event, as kernels 4.4 to
 * 6.12, trace-cmd's own plugins or perf print them.
 *
 * Text behind what is known is left alone: newer kernels print more fields, and people annotate
 * lines. scan.p ends behind the last text that was understood.
 * Source: see recorded_event.h.
 */
#ifndef RECORDED_FIELDS_H
#define RECORDED_FIELDS_H

#include "recorded_event.h"
#include "trace_names.h"
#include "trace_scan.h"

struct recorded_fields {
	struct trace_names vmx, svm; /* exit reasons to rows of their tables */
};

void recorded_fields_init(struct recorded_fields *t);

/* Fills the fields of ev->kind from the text at s->p, which ends at @end; a '\n' stands there or
 * behind it. False: s says where it failed, and why. */
bool recorded_fields_read(const struct recorded_fields *t, struct scan *s, const char *end,
			  struct recorded_event *ev);

#endif
