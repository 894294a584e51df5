/* SPDX-License-Identifier: MIT */
/*
 * guest_csv - what a guest wrote down of its timer: one row a deadline, beside a recording.
 *
 * Lines starting with '#' are comments, but `# tsc_khz=N` is read. The first other line names the
 * columns: deadline_tsc and isr_tsc must be there, vcpu, arm_tsc and armed_tsc may be; other
 * columns are not read. Values are unsigned decimal numbers.
 *
 * Errors: file:line:column, status 2; a file that cannot be read, status 4.
 */
#ifndef GUEST_CSV_H
#define GUEST_CSV_H

#include "diagnostics.h"

struct guest_row {
	uint64_t vcpu, arm, deadline, isr, armed; /* TSC; 0: not written down */
};

struct guest_csv {
	GArray *rows;     /* of struct guest_row */
	uint64_t tsc_khz; /* 0: not said */
};

bool guest_csv_read(const char *path, struct guest_csv *ret, struct diagnostics *d);
void guest_csv_clear(struct guest_csv *csv);

#endif
