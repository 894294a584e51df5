/* SPDX-License-Identifier: MIT */
/*
 * exact - a number of an expectation: a fraction with a unit, computed without rounding.
 *
 * Units:    ps and guest cycles; a product adds their exponents, a sum needs equal ones.
 * Rounding: none. A mean stays a fraction; only exact_format() cuts one, and shows that it did.
 * Errors:   what does not fit into 127 bits is told by the return value, and never wraps.
 */
#ifndef EXACT_H
#define EXACT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct exact_unit {    /* both 0: a plain number */
	int8_t time;   /* exponent of ps     */
	int8_t cycles; /* exponent of cycles */
};

#define EXACT_PLAIN ((struct exact_unit){ 0, 0 })
#define EXACT_TIME ((struct exact_unit){ 1, 0 })
#define EXACT_CYCLES ((struct exact_unit){ 0, 1 })

struct exact {
	__int128 num, den; /* lowest terms, den > 0 */
	struct exact_unit unit;
};

struct exact exact_integer(__int128 value, struct exact_unit unit);

/* @den > 0, neither is the smallest __int128. */
struct exact exact_fraction(__int128 num, __int128 den, struct exact_unit unit);

bool exact_unit_equal(struct exact_unit a, struct exact_unit b);

/* False if an exponent would leave [-8, 8]. */
bool exact_unit_mul(struct exact_unit a, struct exact_unit b, struct exact_unit *ret);

/* "a time", "cycles", "a plain number", "a product of units" */
const char *exact_unit_name(struct exact_unit unit);

/* False: does not fit. The units of a sum and of a comparison are equal: the parser saw to it. */
bool exact_add(const struct exact *a, const struct exact *b, struct exact *ret);
bool exact_sub(const struct exact *a, const struct exact *b, struct exact *ret);
bool exact_mul(const struct exact *a, const struct exact *b, struct exact *ret);
bool exact_compare(const struct exact *a, const struct exact *b, int *ret); /* -1, 0, 1 */

/* The number and, for name of a unit (ns us ms s ps cycles), its value in the base unit. */
struct exact_suffix {
	const char *name;
	uint64_t factor;
	struct exact_unit unit;
};

/* NULL: there is none of this name. @length: of @name, which need not be terminated. */
const struct exact_suffix *exact_suffix_find(const char *name, size_t length);

/*
 * A time in the largest of s, ms, us, ns in which it has at most three decimals: "1.5 us",
 * "1234.567 ns"; whole cycles: "42 cycles"; a plain number: "3". What has more than three decimals
 * is cut and ends in "...".
 */
void exact_format(GString *out, const struct exact *value);

#endif
