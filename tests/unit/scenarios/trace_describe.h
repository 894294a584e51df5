/* SPDX-License-Identifier: MIT */
/*
 * trace_describe - an event of a trace as one line of text, every field of it but the column: for
 * the reader's tests.
 */
#ifndef TRACE_DESCRIBE_H
#define TRACE_DESCRIBE_H

#include "recorded_event.h"

/* Freed by the caller. */
char *trace_describe(const struct recorded_event *ev);

#endif
