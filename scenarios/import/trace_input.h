/* SPDX-License-Identifier: MIT */
/*
 * trace_input - the bytes of a trace, from a file or from memory, unpacked if they are gzip'd.
 *
 * Errors: messages that the caller frees; status 2: not a text, 4: cannot be read.
 */
#ifndef TRACE_INPUT_H
#define TRACE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct trace_input;

/* @path, or if it is NULL the @length bytes at @text; @name is for commands in messages.
 * NULL: *error says why. */
struct trace_input *trace_input_open(const char *path, const char *text, size_t length,
				     const char *name, char **error, int *status);

/* Up to @n bytes; 0: the end, or an error if *error was set. */
size_t trace_input_read(struct trace_input *in, char *buffer, size_t n, char **error);

bool trace_input_is_gzipped(const struct trace_input *in);
void trace_input_close(struct trace_input *in);

#endif
