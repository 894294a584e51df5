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
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* To read @path, without waiting for the writer of a FIFO: a file descriptor, or -1 and errno. */
int input_open(const char *path);

/* As g_file_get_contents(). */
bool input_text(const char *path, char **text, size_t *length, GError **error);

/* For who opens by other means: what is read under the name @path is @st. */
void input_remember(const struct stat *st, const char *path);

/* The name under which @st was read, or NULL. */
const char *input_name(const struct stat *st);

#endif
