/* SPDX-License-Identifier: MIT */
/*
 * trace_payload - an event's format, parsed, and a record printed by it.
 *
 *	payload_compile() -> payload_put() per record
 *	                  -> the pieces, for a writer that turns them into another notation
 *
 * Units:    as the fields. Numbers are printed in full; a name that is not in its field's table as
 *           "?17", a task that is not in the list as "<...>".
 * Errors:   a format that the schema got wrong: false or -1. Text keeps snprintf()'s promise: what
 *           did not fit is counted.
 */
#ifndef TRACE_PAYLOAD_H
#define TRACE_PAYLOAD_H

#include "trace.h"

enum payload_kind {
	PAYLOAD_TEXT,
	PAYLOAD_UNSIGNED,
	PAYLOAD_SIGNED,
	PAYLOAD_HEX,
	PAYLOAD_NAME,
	PAYLOAD_COMM,
	PAYLOAD_PID,
	PAYLOAD_PRIO,
};

/* One piece of a payload: literal text, or a field in a given form. */
struct payload_op {
	enum payload_kind kind;
	uint32_t field;
	unsigned width; /* zero-padded to it */
	const char *text;
	size_t length;
};

struct payload_program { /* an event's format, parsed */
	struct payload_op *ops;
	uint32_t n_ops;
};

struct payload_tasks {
	const struct trace_task *tasks;
	uint32_t n;
};

struct payload_text {
	char *buf;
	size_t size, length;
};

#define PAYLOAD_DIGITS_MAX 20 /* of a u64 in decimal, which is also the largest width of a spec */

/* False: no memory, or a wrong format; nothing is to be freed. */
bool payload_compile(struct payload_program *program, const struct trace_event *event);
void payload_free(struct payload_program *program);
size_t payload_length_max(const struct payload_program *program, const struct trace_event *event);
void payload_put(struct payload_text *t, const struct payload_program *program,
		 const struct trace_event *event, const struct trace_record *rec,
		 const struct payload_tasks *tasks);

void payload_put_bytes(struct payload_text *t, const char *bytes, size_t n);
void payload_put_string(struct payload_text *t, const char *s);
void payload_put_repeated(struct payload_text *t, char c, size_t n);
void payload_put_digits(struct payload_text *t, uint64_t v, unsigned base, unsigned width,
			char pad);
void payload_put_signed(struct payload_text *t, uint64_t v);

/* What the kernel prints for a thread whose name it no longer has, if @number is not in the list.
 */
const struct trace_task *payload_task(const struct payload_tasks *list, uint64_t number);

/* One record's payload as text; returns the length as snprintf(), -1 for a format that is wrong.
 * Parses the format each time. Each task number must be one of @tasks; without them (NULL) all are
 * unknown. */
int trace_format_payload(char *buf, size_t size, const struct trace_event *event,
			 const struct trace_record *rec, const struct trace_task *tasks);

#endif
