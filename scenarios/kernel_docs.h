/* SPDX-License-Identifier: MIT */
/*
 * kernel_docs - docs/kernel.md: the timer path in words, with the decisions and their forms.
 *
 * The prose stands in kernel_docs.c, a section a subject; the tables come from models/history/. A
 * decision that no section names appears in the last one, so that none is ever missing.
 */
#ifndef KERNEL_DOCS_H
#define KERNEL_DOCS_H

#include "commits.h"

#include <glib.h>

void kernel_docs(GString *out);

/* Row @i of @d: "v4.6 - v5.2", "first - v4.18?", "v5.4 -", "in no release". With a question mark
 * it is not certain which release was the last: that of the next form is not. */
void append_form_releases(GString *out, const struct kernel_decision *d, size_t i);

/* Form @v of @d: "61abdbe0bcc2 kvm: x86: make lapic hrtimer pinned (what else is to be said)"; "-"
 * where the commit is not identified. */
void append_form_commit(GString *out, const struct kernel_decision *d, const struct variant *v);

#endif
