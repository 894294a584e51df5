/* SPDX-License-Identifier: MIT */
/*
 * sweep_axis - one axis of a sweep: a key, and the values that it takes, in order.
 *
 *	values  = item { , item }         or a list of items
 *	item    = value | range | all
 *	range   = A..B                    whole numbers one by one, or every release from A to B
 *	        | A..B/STEP               A, A + STEP, ... up to B at most
 *	        | A..B*FACTOR             A, A * FACTOR, ... up to B at most
 *
 * `all` is every release, every variant of the file, or every form of a decision.
 *
 * Keys: a parameter as --set names it, `kernel`, `forms.DECISION`, `seed`, and `variant`.
 * Units: numbers are kept in ps, cycles, kHz or as they are; all values of an axis that are
 *        numbers of one unit make it an axis of numbers, else it is one of words.
 * Rounding: each value of a range by factor is rounded down, and the next computed from it.
 * Texts: a number has one spelling (1000ns is 1us), so that equal values are found out, and the
 *        seed of a point does not depend on how its parameters were written.
 * Errors: through diagnostics, at the item.
 */
#ifndef SWEEP_AXIS_H
#define SWEEP_AXIS_H

#include "arena.h"
#include "scenario.h"
#include "yaml_tree.h"

enum axis_unit { /* of the numbers of an axis */
		 AXIS_PLAIN,
		 AXIS_PS,
		 AXIS_CYCLES,
		 AXIS_KHZ,
		 AXIS_RELEASE, /* major << 8 | minor */
		 AXIS_WORD,    /* no numbers */
};

/* "ps", "cycles", "kHz", "release", "word"; "" for plain numbers. */
const char *axis_unit_name(enum axis_unit unit);

struct sweep_value {
	const char *text; /* as --set takes it */
	bool has_number;
	int64_t number; /* in the unit of the axis */
};

enum sweep_axis_kind { SWEEP_PARAMETER, SWEEP_KERNEL, SWEEP_FORM, SWEEP_SEED, SWEEP_VARIANT };

struct sweep_axis {
	const char *key;
	enum sweep_axis_kind kind;
	enum axis_unit unit;
	uint32_t n;
	struct sweep_value *values;
	struct source_pos at;
	uint64_t stride; /* of its index in the number of a cell */
};

/* Reads the values in @node, of a text that is on one line or of a list. False after an error. */
bool sweep_axis_read(const struct scenario_file *file, const char *key, const struct source_pos *at,
		     const struct node *node, struct arena *arena, struct sweep_axis *ret,
		     struct diagnostics *d);

/* The variants of @file as an axis. */
void sweep_axis_variants(const struct scenario_file *file, struct arena *arena,
			 struct sweep_axis *ret);

struct sweep_number {
	int64_t value;
	enum axis_unit unit;
};

/* "-3", "1.5us", "2400MHz", "20 cycles", "v5.2"; false: no number, or it does not fit. */
bool sweep_number_read(const char *text, struct sweep_number *ret);
void sweep_number_print(GString *out, struct sweep_number number);

/* What a spreadsheet would compute, where a table says it. No name of a sweep is such a text. */
bool sweep_text_is_formula(const char *text);

#endif
