/* SPDX-License-Identifier: MIT */
/*
 * neighbours - the kernels that are one commit away from a kernel.
 *
 * For every decision the form before the one in force, and the one after it. What one commit made
 * is one neighbour: all its forms that are the next ones are taken together, or all of its forms
 * that are in force are taken back. A form whose commit is not identified is a neighbour of its
 * own, and so is a form in force that never was in a release: the neighbour is the release's own.
 *
 * Errors: none.
 * Left out: neighbours two commits away; two commits that only together change something.
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "commits.h"
#include "kernel.h"

#include <glib.h>

struct form_change {
	const struct kernel_decision *decision;
	const struct variant *from, *to;
};

struct neighbour {
	const struct commit *commit; /* NULL: not identified */
	bool back;       /* the commit's forms are in force, and the ones before them are taken */
	GArray *changes; /* of struct form_change */
	struct kernel kernel;
};

/* @release: whose forms stand for those that never were in a release. Freed by
 * neighbours_free(). */
GPtrArray *neighbours_of(const struct kernel *kernel, uint32_t release);
void neighbours_free(GPtrArray *neighbours);

/* @kernel with @change made. */
void form_change_make(struct kernel *kernel, const struct form_change *change);

#endif
