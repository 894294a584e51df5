/* SPDX-License-Identifier: MIT */
/*
 * trace_writer - what the writers of all trace formats have in common, and the list of them.
 *
 *	trace_format_of() -> format->open() -> the sink, per record -> end() -> free()
 *
 * A writer knows the event schema and nothing of what the events mean. It keeps no more than the
 * schema, the tasks, and a bounded buffer for each CPU and entity: memory does not grow with the
 * number of records.
 *
 * Units:    instants of records are ps since the run began; files have start_ns + them, in ns,
 *           rounded down.
 * Errors:   open() NULL: no memory, or a format the schema got wrong, and nothing is written. What
 *           the output refuses stays in it, for ferror(); end() false: the spool could not be
 *           written or read, or memory ran out.
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include "trace.h"

struct trace_machine { /* what the records do not say; all of it must stay */
	const struct trace_schema *schema;
	const struct trace_task *tasks; /* by the number in trace_record.task */
	uint32_t n_tasks;
	uint32_t n_cpus;
	uint64_t start_ns; /* what CLOCK_MONOTONIC showed at instant 0 */
	const char *cpuid; /* as perf stores it: "GenuineIntel,6,85,4" */
};

struct trace_writer {
	struct trace_sink sink;
	bool (*end)(struct trace_writer *writer, uint64_t fingerprint);
	void (*free)(struct trace_writer *writer);
};

struct trace_format {
	const char *suffix; /* of a file's name: ".ftrace" */
	const char *what;   /* one line: what it is, and who reads it */
	bool spools;        /* open() needs a second, empty file that can be read back */
	/* Both files can be sought in, stand at their start, and stay the caller's. */
	struct trace_writer *(*open)(const struct trace_machine *machine, FILE *out, FILE *spool);
};

const struct trace_format *const *trace_formats(size_t *n);
const struct trace_format *trace_format_of(const char *path); /* by its end; NULL: none */

#endif
