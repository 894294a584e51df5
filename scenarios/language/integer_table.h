/* SPDX-License-Identifier: MIT */
/*
 * integer_table - columns of integers from a CSV file, found by name; rows found by their index.
 *
 * The first line that is neither empty nor a comment (#) names the columns; every other one has as
 * many decimal integers, from -2^63 to 2^63-1. The column `i` must be there and rise from row to
 * row. Blanks around a value are allowed, quotes are not, and CR LF is read as LF. Only regular
 * files up to INTEGER_TABLE_FILE_MAX bytes are read.
 *
 * Errors: file:line:column with the line, status 2; a file that cannot be read, status 4.
 */
#ifndef INTEGER_TABLE_H
#define INTEGER_TABLE_H

#include "diagnostics.h"

#include <stddef.h>

#define INTEGER_TABLE_FILE_MAX (16u << 20)
#define INTEGER_TABLE_LINE_MAX 4096u
#define INTEGER_TABLE_COLUMNS_MAX 64u
#define INTEGER_TABLE_NAME_MAX 64u

struct integer_table;

/* NULL: reported. @name is what errors call the file; @path is what is opened. */
struct integer_table *integer_table_load(struct diagnostics *d, const char *path, const char *name);

/* The same from memory; @text needs no terminator. */
struct integer_table *integer_table_parse(struct diagnostics *d, const char *text, size_t length,
					  const char *name);
void integer_table_free(struct integer_table *t);

const char *const *integer_table_columns(const struct integer_table *t); /* NULL-terminated */
size_t integer_table_rows(const struct integer_table *t);
int integer_table_column(const struct integer_table *t, const char *name); /* -1: there is none */

/* The values of row @row (counted from 0), a column each. */
const int64_t *integer_table_row(const struct integer_table *t, size_t row);

/* The row whose `i` is @index; NULL: there is none. */
const int64_t *integer_table_find(const struct integer_table *t, uint64_t index);

#endif
