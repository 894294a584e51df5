/* SPDX-License-Identifier: MIT */
/*
 * replay_vectors - compares recorded rows of kernel functions with what the models' functions give.
 *
 * A file is CSV: lines that begin with '#', one header line, rows of decimal integers and words.
 * The checker is chosen by the file's base name up to the first dot, columns by the header's names,
 * the kernel by the column `version` as `kernel:` and `apply:` of a scenario choose it. A checker
 * fills the input of a function that the models call, and compares; it holds no arithmetic of the
 * kernel.
 *
 *	vectors_check_file() -> line -> row_kernel() -> checker->check() -> row_expect*()
 *
 * Numbers are 64 bits wide, and -1 and 2^64-1 are the same number.
 * Errors: whatever cannot be checked is a failure: an unknown file, version, word or operation, a
 * missing column, a row of another length, a file that cannot be read to its end.
 */
#ifndef REPLAY_VECTORS_H
#define REPLAY_VECTORS_H

#include "kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VECTORS_COLUMNS_MAX 64
#define VECTORS_SHOWN_MAX 20

struct vectors_report {
	FILE *out;
	uint64_t passed, failed; /* rows; a file that cannot be checked counts as one that failed */
	unsigned shown;          /* failures printed so far; the first VECTORS_SHOWN_MAX are */
};

struct vectors_file; /* the file being checked: header, carried state, report */

struct vectors_row {
	struct vectors_file *file;
	unsigned line;
	char *field[VECTORS_COLUMNS_MAX];
	struct kernel kernel; /* as the column `version` says */
	bool failed;          /* the first failure has been printed; the row is done */
};

/* One kind of file. Columns are asked for by their place in @columns, which starts with version. */
struct vectors_checker {
	const char *name;
	const char *columns[VECTORS_COLUMNS_MAX]; /* NULL ends them */
	void (*check)(struct vectors_row *row);
	size_t state_size; /* of what row_state() gives; 0: rows are independent */
};

extern const struct vectors_checker vectors_timer_checkers[];   /* each list ends with a */
extern const struct vectors_checker vectors_advance_checkers[]; /* NULL name             */
extern const struct vectors_checker vectors_tsc_checkers[];
extern const struct vectors_checker vectors_count_checkers[];
extern const struct vectors_checker vectors_hv_checkers[];
extern const struct vectors_checker vectors_halt_checkers[];

/* A test's way to plant a wrong form: changes every row's kernel before the check. May be NULL. */
typedef void vectors_alter_fn(struct kernel *kernel);

void vectors_check_file(const char *path, vectors_alter_fn *alter, struct vectors_report *report);

/* "v4.10.17", "v4.3", or "v5.0+COMMIT": v5.0 with the commits of its stable series up to that one.
 */
bool vectors_kernel(const char *version, struct kernel *ret);

/* A row's fields. A wrong field fails the row and reads as 0. */
const char *row_word(const struct vectors_row *row, size_t column);
uint64_t row_u64(struct vectors_row *row, size_t column);
uint32_t row_u32(struct vectors_row *row, size_t column);
bool row_bool(struct vectors_row *row, size_t column);

/* Which of @words (NULL-terminated) the field is; the first one, and a failure, if none. */
unsigned row_choice(struct vectors_row *row, size_t column, const char *const *words);

/* The first difference is printed and fails the row. */
void row_expect(struct vectors_row *row, size_t column, uint64_t got);
void row_expect_word(struct vectors_row *row, size_t column, const char *got);
void row_fail(struct vectors_row *row, size_t column, const char *problem);

/* The state of what @key names, shared by the rows of a file: zero when @fresh is set. */
void *row_state(struct vectors_row *row, const char *key, bool *fresh);

#endif
