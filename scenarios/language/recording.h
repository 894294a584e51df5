/* SPDX-License-Identifier: MIT */
/*
 * recording - the deadlines that a real guest armed, from a CSV file (rule R20).
 *
 * Lines starting with '#' are comments; the first other line names the columns. `arm_tsc` and
 * `deadline_tsc` are read; if there is a column `vcpu`, only rows of vCPU 0 are; all other
 * columns are ignored, and so no run depends on them. arm_tsc rises strictly. Values are
 * unsigned decimal 64-bit numbers without quotes or blanks.
 *
 * Errors: file:line:column, status 2; at @from, which names the file, if it cannot be read.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include "arena.h"
#include "diagnostics.h"

struct recording {
	const char *path;
	uint64_t n;
	const uint64_t *arm_tsc, *deadline_tsc;
};

/* The file at @path, which @from names, in @arena; NULL after an error. */
const struct recording *recording_read(const char *path, const struct source_pos *from,
				       struct arena *arena, struct diagnostics *d);

#endif
