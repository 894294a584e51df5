/* SPDX-License-Identifier: MIT */
/*
 * diagnostics - where a value came from, and what is wrong with it:
 *
 *	file:line:column: error: message
 *	  the line
 *	       ^
 *
 * Control bytes of the file are shown as \xNN, so that a scenario cannot drive the terminal.
 * Lines and columns count from 1; a column counts characters (Unicode code points), and the
 * caret is placed by them. At most DIAGNOSTICS_MAX errors are kept, then one line says that more
 * were not shown. The same error at the same place is kept once: all variants of a scenario
 * share their base.
 */
#ifndef DIAGNOSTICS_H
#define DIAGNOSTICS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DIAGNOSTICS_MAX 20

struct source {     /* one text: a file, or a --set argument */
	char *name; /* as the user would write it */
	char *text; /* valid UTF-8, LF line ends, NUL-terminated */
	size_t length;
	uint32_t lines_before; /* of the file, if the text is but a part of it */
};

struct source_pos {
	const struct source *source; /* NULL: no place at all */
	uint32_t line, column;       /* line 0: the text as a whole */
};

struct diagnostics {
	GString *text;  /* all errors so far, as they are printed */
	unsigned n;     /* errors, the suppressed and the repeated ones included */
	unsigned shown; /* of these, in the text */
	int status;     /* of the worst: 2, or 4 for a file that cannot be read (design 8) */
};

void diagnostics_init(struct diagnostics *d);
void diagnostics_clear(struct diagnostics *d);

/* Adds an error of status 2. Always returns false, so that readers can `return error_at(...)`. */
G_GNUC_PRINTF(3, 4)
bool error_at(struct diagnostics *d, const struct source_pos *at, const char *format, ...);

/* A warning: shown as an error is, but neither counted nor of any status. */
G_GNUC_PRINTF(3, 4)
void warning_at(struct diagnostics *d, const struct source_pos *at, const char *format, ...);

/* An error without a place in a text: "lapicsim: error: message" of the given status. */
G_GNUC_PRINTF(3, 4)
bool error_plain(struct diagnostics *d, int status, const char *format, ...);

/* The one of @names (NULL-terminated) nearest to @name by edit distance, if near enough to be
 * meant; else NULL. */
const char *nearest_name(const char *name, const char *const *names);

#endif
