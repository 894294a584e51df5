/* SPDX-License-Identifier: MIT */
/*
 * text - from a path to a text that is safe to parse.
 *
 *	path -> open, fstat -> bytes (capped) -> CR LF folded -> checked -> struct source
 *
 * Only a regular file is read: a FIFO would block, /dev/zero would never end. The text is valid
 * UTF-8 without control bytes but LF, without the other line ends of Unicode (libyaml and people
 * would count lines differently), without a byte-order mark, and no line is longer than
 * LIMIT_LINE_BYTES. A YAML text has no line starting with '%' either: that is a directive, and
 * scenarios have none.
 *
 * Errors: status 4 if a file of the command line cannot be opened or read, 2 for all else.
 */
#ifndef TEXT_H
#define TEXT_H

#include "diagnostics.h"

#include <stddef.h>

enum text_kind { TEXT_YAML, TEXT_CSV };

struct text_id { /* two paths of one file have the same: include loops are found by it */
	uint64_t device, inode;
};

/* The text of file @path, at most @limit bytes; NULL after an error. @from is the place that names
 * the file, and of which an error speaks; NULL: the command line. @id may be NULL. */
struct source *text_read(const char *path, enum text_kind kind, size_t limit,
			 const struct source_pos *from, struct text_id *id, struct diagnostics *d);

/* A text from elsewhere, e.g. a command line, under the same checks. */
struct source *text_from(const char *name, const char *text, enum text_kind kind,
			 struct diagnostics *d);

/* What is wrong with the character @c but LF in a text, or NULL. */
const char *character_fault(gunichar c);

void source_free(struct source *source);

#endif
