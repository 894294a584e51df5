/* SPDX-License-Identifier: MIT */
/*
 * output_file - a file that has its name only when all of it is on the disk: written beside it
 * under a temporary name, synced, renamed. What stood there before is untouched until then. Of a
 * symbolic link it is the target that is written; a device or a pipe is refused, and so is what
 * the program has read (input_file.h).
 *
 * An exit status: EXIT_USAGE of what was read, EXIT_IO of all else.
 * Errors: *error is a message with the path and why, freed by the caller.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include "interrupt.h"

#include <stdbool.h>
#include <stdio.h>

struct pending_file {
	char *path, *temporary;
	FILE *stream; /* to write to */
	struct unfinished unfinished;
};

/* May a file be written there? What can be refused is, before the first of several is written. */
int output_check(const char *path, char **error);

/* Not EXIT_OK: not created; pending_close() is called all the same. */
int pending_open(struct pending_file *f, const char *path, char **error);

/* @keep: the file gets its name, if all of it was written. False: it did not. */
bool pending_close(struct pending_file *f, bool keep, char **error);

/* A file without a name, to write to and to read from; it goes when it is closed. *error names
 * @path, beside which it is. */
FILE *unnamed_file(const char *path, char **error);

int write_file(const char *path, const char *text, size_t length, char **error);

#endif
