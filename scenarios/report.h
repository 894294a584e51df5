/* SPDX-License-Identifier: MIT */
/*
 * report - a replay as people read it (one table, variants side by side), as JSON, and as a golden
 * file.
 *
 * Exact: ns come from integer picoseconds and are printed with as many decimals as they have. No
 * version, date, path or host in what a golden file holds.
 */
#ifndef REPORT_H
#define REPORT_H

#include "run.h"

/* The table as texts. Row 0 has the names of the variants that were run, and no label; what belongs
 * to the row above begins with blanks. */
struct report_rows {
	GPtrArray *labels; /* of rows */
	GPtrArray *cells;  /* rows * columns, row by row */
	unsigned columns;
};

void report_rows_init(struct report_rows *rows, const struct replay *replay);
void report_rows_clear(struct report_rows *rows);

/* The table; with @options also the line that repeats the run (NULL: a golden file). */
void report_table(GString *out, const struct replay *replay, const struct replay_options *options);

/* One row a deadline: where it fired, and how late it was. */
void report_deadlines(GString *out, const struct replay *replay);

void report_json(GString *out, const struct replay *replay);

/* Failed expectations with file:line, expected, actual, sample, and the command that repeats.
 * Empty: none failed. */
void report_failures(GString *out, const struct replay *replay,
		     const struct replay_options *options);

/* The command that explains the sample of @judged, or the worst of its variant. */
void append_explain(GString *out, const struct replay *replay, const struct replay_options *options,
		    const struct judged *judged);

/* ns from ps: "-12.5", "1998123". */
void append_ns(GString *out, int64_t ps_value);

/* "v5.2" */
void append_release(GString *out, uint32_t release);
const char *known_name(enum kernel_known known);

/* @text in quotes, as JSON wants it. */
void json_string(GString *out, const char *text);

#endif
