/* SPDX-License-Identifier: MIT */
/*
 * trace_names - short names to numbers, without an allocation: event names and exit reasons.
 *
 * Names are kept by reference. Look-ups alone: nothing depends on the order in the table.
 */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_NAMES_SLOTS 512u /* a power of two, well above the names there are */

struct trace_names {
	struct {
		const char *name; /* NULL: free */
		uint32_t length, value;
	} slot[TRACE_NAMES_SLOTS];
	unsigned n;
};

/* False: not there. */
bool trace_names_find(const struct trace_names *t, const char *name, size_t length, uint32_t *ret);

/* @name must outlive the table and not be in it yet. */
void trace_names_add(struct trace_names *t, const char *name, size_t length, uint32_t value);

#endif
