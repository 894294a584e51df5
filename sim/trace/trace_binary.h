/* SPDX-License-Identifier: MIT */
/*
 * trace_binary - a schema's events as the kernel's binary records: what trace.dat and perf.data
 * share.
 *
 *	trace_binary_new() -> trace_binary_metadata(): the head of both files
 *	                   -> trace_binary_encode() per record
 *
 * An event's "format" text is made from its members and its print format from the format of the
 * schema, so that a reader that is not ours prints what trace_ftrace prints; only the names of
 * tasks keep their blanks. Events of TRACE_KIND_FUNCTION are one event, "function" of the system
 * "ftrace", as with the kernel; those of TRACE_KIND_INTERNAL, and functions without members, are
 * left out.
 *
 * Layout: of C on x86-64, little-endian: every member at a multiple of its size. Ids are fixed:
 * BINARY_ID_FUNCTION, and BINARY_ID_FIRST + the event's. Source: the kernel's
 * Documentation/trace/events.rst and the files under /sys/kernel/tracing/events.
 */
#ifndef TRACE_BINARY_H
#define TRACE_BINARY_H

#include "trace_bytes.h"
#include "trace_writer.h"

#define BINARY_ID_FUNCTION 1
#define BINARY_ID_FIRST 300 /* the kernel's own small ones are ftrace's */

struct trace_binary;

/* NULL: no memory, or a schema that does not fit together. */
struct trace_binary *trace_binary_new(const struct trace_machine *machine);
void trace_binary_free(struct trace_binary *tb);

/* The id in files of event @event; 0: it is left out. */
uint32_t trace_binary_id(const struct trace_binary *tb, uint32_t event);

/* The head of a trace.dat of version @version: up to and including the saved command lines. */
void trace_binary_metadata(const struct trace_binary *tb, struct trace_bytes *out,
			   const char *version);

/* @rec as a record, in a buffer that the next call overwrites; 0: it is left out. */
size_t trace_binary_encode(struct trace_binary *tb, const struct trace_record *rec,
			   const unsigned char **ret);

#endif
