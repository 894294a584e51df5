/* SPDX-License-Identifier: MIT */
/*
 * table - a store as text: one row a point, or one row a group of points.
 *
 *	store_next() -> cells -> aligned text, or CSV (RFC 4180)
 *
 * Two stores hold the same results if their CSV has the same bytes.
 *
 * Units:    in the head of each column: times in ns, cycles, frequencies in kHz.
 * Rounding: decimals are cut after the 6th, towards zero; a mean over points is cut so, too. A
 *           time in ps has three decimals in ns and loses none.
 * Memory:   without groups that of one row; with groups all values are kept, for percentiles.
 * Errors:   GError of STORE_ERROR.
 */
#ifndef TABLE_H
#define TABLE_H

#include "store.h"

struct table_options {
	const char *by;  /* "kernel,delta"; NULL: a row a point */
	const char *agg; /* "min,p50,max"; NULL: mean. Only with @by */
	bool csv;
};

/* Calls @put with one line after the other, line end included, until it says false. */
typedef bool table_put_fn(void *data, const char *line);
bool table_print(struct store *store, const struct table_options *options, table_put_fn *put,
		 void *data, GError **error);

/* The number in decimals, at most @decimals, cut; zeros at the end are left out. */
void table_append_number(GString *out, __int128 num, __int128 den, unsigned decimals);

#endif
