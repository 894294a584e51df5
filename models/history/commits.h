/* SPDX-License-Identifier: MIT */
/*
 * commits - the subject lines of the kernel commits that made the forms, oldest first.
 *
 * A form's row names its commit by 12 digits; this table gives the words, and the order of commits
 * within a release. Ids and subjects were seen together in public archives. Some changes are known
 * by their title alone: their id is NULL, and they list the forms that they made. A commit may also
 * list forms that came with it although their rows do not name it.
 *
 * `since` is the first mainline release, and `known` how that is known (kernel.h). Within a release
 * the order is that of a series where one is known, and a guess elsewhere.
 *
 * Errors: none. Depends on libc alone.
 */
#ifndef COMMITS_H
#define COMMITS_H

#include "kernel.h"

struct commit {
	const char *id;      /* as rows spell it, or NULL: not found   */
	const char *subject; /* NULL: not found                        */
	uint32_t since;      /* or KERNEL_FIRST: older than any release modelled */
	enum kernel_known known;
	const char
		*forms;   /* "tune.smooth tune_gate.dynamic_module": made, but not named, by rows */
	const char *note; /* what else is to be said; a commit that made no form says why */
};

size_t commits_all(const struct commit **ret);

/* @id ends at its end or at a comma. NULL: not in the table. */
const struct commit *commit_by_id(const char *id);

/* The commit that made row @v of @d; of several the one that stands first in the table. NULL: not
 * identified. */
const struct commit *commit_of_form(const struct kernel_decision *d, const struct variant *v);

#endif
