/* SPDX-License-Identifier: MIT */
/*
 * plot_choice - which points of a store a picture shows, and what its lines are called.
 *
 *	plot_choice_make() -> plot_choice_takes() each point -> plot_choice_subtitle()
 *
 * One axis may lie to the right (--x), another makes a line a value (--by, --y), the seed is
 * folded, and every other axis with more than one value must be fixed by --where: nothing is mixed
 * in silence.
 * Errors: through diagnostics, with what would be right.
 */
#ifndef PLOT_CHOICE_H
#define PLOT_CHOICE_H

#include "plot_kinds.h"
#include "store.h"

struct plot_choice {
	struct store *store;
	const struct store_info *info;
	int x, by, seed; /* axes; -1: none */
	uint32_t *fixed; /* by axis: the index of its value, or UINT32_MAX */
};

enum plot_shape {
	PLOT_OF_X,    /* an axis to the right, a line for each value of another */
	PLOT_OF_XY,   /* two axes, both needed                                  */
	PLOT_OVERLAID /* a line for each value of an axis, nothing to the right */
};

/* Opens the store of @request. On failure, too, @ret is for plot_choice_clear(). */
bool plot_choice_make(struct plot_choice *ret, const struct plot_request *request,
		      enum plot_shape shape, struct diagnostics *d);
void plot_choice_clear(struct plot_choice *c);

const struct store_axis *plot_choice_axis(const struct plot_choice *c, int axis);
/* What follows the last dot: "delta". */
const char *plot_choice_short_key(const struct plot_choice *c, int axis);

/* Is the point in @cell shown, and in which line? */
bool plot_choice_takes(const struct plot_choice *c, uint64_t cell);
uint32_t plot_choice_lines(const struct plot_choice *c);
uint32_t plot_choice_line(const struct plot_choice *c, uint64_t cell);

/* "after", "tune = smooth"; @alone if there is one line and no axis for it. */
char *plot_choice_name(const struct plot_choice *c, uint32_t line, const char *alone);

/* Several seeds a place. */
bool plot_choice_folds_seeds(const struct plot_choice *c);

/* The axes that are fixed, and the seeds: "@what N seeds@rest" if several are folded; then how many
 * points have no value. */
void plot_choice_subtitle(struct plot *plot, const struct plot_choice *c, const char *what,
			  const char *rest, uint64_t missing);

#endif
