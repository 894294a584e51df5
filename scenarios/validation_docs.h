/* SPDX-License-Identifier: MIT */
/*
 * validation_docs - docs/validation.md: what others measured beside what the models give.
 *
 *	a row of the table in validation_docs.c -> its scenario is run -> figures, expectations
 *
 * The published figures and what each rests on stand in the table; the simulated ones come from
 * the run that prints the page, so a page that is stale is found by printing it again.
 *
 * Errors: a scenario that cannot be read or run, through diagnostics.
 */
#ifndef VALIDATION_DOCS_H
#define VALIDATION_DOCS_H

#include "diagnostics.h"

/* False after errors; d->status says which exit. */
bool validation_docs(GString *out, struct diagnostics *d);

#endif
