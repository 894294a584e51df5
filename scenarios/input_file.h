/* SPDX-License-Identifier: MIT */
/*
 * input_file - opens what is read, and remembers which files that were: no command writes over what
 * it was given. output_file.c asks.
 *
 * What was read is of the whole process, as what is open is. Any thread may read.
 */
#ifndef INPUT_FILE_H
#define INPUT_FILE_H

#include <glib.h>
#include <stddef.h>
#include <sys/stat.h>

/* To read @path, without waiting for the writer of a FIFO: a file descriptor, or -1 and errno. */
int input_open(const char *path);

struct input_text {
	char *text; /* with a NUL behind it; the caller's */
	size_t length;
	struct stat st; /* which file it was */
};

/*
 * Reads a regular file of at most @limit bytes: a FIFO would block, /dev/zero would never end.
 * An exit status: 2 of what is no such file, 4 of what cannot be opened or read; then *error is a
 * message with the path and why, freed by the caller, and @ret holds nothing.
 */
int input_text(const char *path, size_t limit, struct input_text *ret, char **error);

/* For who opens by other means: what is read under the name @path is @st. */
void input_remember(const struct stat *st, const char *path);

/* The name under which @st was read, or NULL. */
const char *input_name(const struct stat *st);

#endif
