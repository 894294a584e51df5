/* SPDX-License-Identifier: MIT */
/*
 * sweep_where - a constraint between the axes of a sweep: which cells of the grid are points.
 *
 *	where    = product OP product          OP: == != < <= > >=
 *	product  = factor { * factor }
 *	factor   = number [unit] | release | axis | word
 *
 * An axis is named by its key, or by what follows the key's last dot if no other axis ends so.
 * Words compare by == and != with an axis of words. All constraints of a sweep must hold.
 *
 * Units:  both sides have the same; in a product at most one factor has any.
 * Errors: through diagnostics; numbers that overflow 127 bits admit nothing.
 */
#ifndef SWEEP_WHERE_H
#define SWEEP_WHERE_H

#include "aggregate.h"
#include "sweep_axis.h"

#define WHERE_FACTORS_MAX 4

struct where_factor {
	int axis; /* or -1: a constant */
	int64_t number;
	const char *word; /* of a constant: not a number */
};

struct where_side {
	uint32_t n;
	struct where_factor factors[WHERE_FACTORS_MAX];
	enum axis_unit unit;
};

struct sweep_where {
	const char *text;
	enum comparison cmp;
	struct where_side left, right;
};

bool sweep_where_parse(const char *text, const struct source_pos *at, const struct sweep_axis *axes,
		       uint32_t n_axes, struct arena *arena, struct sweep_where *ret,
		       struct diagnostics *d);

bool sweep_where_holds(const struct sweep_where *where, const struct sweep_axis *axes,
		       uint64_t cell);

#endif
