/* SPDX-License-Identifier: MIT */
/*
 * plot - a picture in the making: named texts and numbers, tables of numbers, and the script that
 * draws them.
 *
 *	plot_new("histogram") -> plot_text(), plot_number() -> plot_row()... -> plot_draw()
 *
 * What is computed is computed here; the scripts (plots/KIND.gp) draw. gnuplot runs as a child that
 * reads one script on its standard input and writes the picture, through sed, to its standard
 * output: it opens no file, and no name of a file reaches it. A text reaches it in single quotes,
 * where gnuplot expands neither backticks nor @macros nor backslashes, or in a table, with all but
 * harmless characters replaced. How it runs: gnuplot.h.
 *
 * Hover: gnuplot marks hypertext for a script of its own; sed makes it the <title> of the point,
 * which viewers show without a script. The title of the picture reaches sed with all but harmless
 * characters as numbers of XML.
 *
 * Units:    of the axes; a value is written as a decimal of its axis' unit, made from integers.
 * Rounding: towards zero, at the sixth decimal.
 * Errors:   a message, and the exit status; a warning of gnuplot is an error (a bug of ours).
 * Same bytes: the same gnuplot draws the same picture. No date, no path, no version is in it.
 */
#ifndef PLOT_H
#define PLOT_H

#include "exact.h"
#include "histogram.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PLOT_SERIES_MAX 8u /* as many colours as are told apart */

struct plot;

/* @kind: the name of a script. */
struct plot *plot_new(const char *kind);
void plot_free(struct plot *plot);

/* A variable of the script; @name is an identifier of ours. */
void plot_text(struct plot *plot, const char *name, const char *text);
void plot_number(struct plot *plot, const char *name, int64_t value);

/*
 * Tables: plot_table() begins one, known to the script as $NAME. It has series, which the script
 * calls `$NAME index 0`, ...; plot_series() begins one. A cell is a number in decimal or a label.
 */
void plot_table(struct plot *plot, const char *name, const char *columns);
void plot_series(struct plot *plot);
void plot_cell_int(struct plot *plot, int64_t value);
void plot_cell_text(struct plot *plot, const char *text);
void plot_row_end(struct plot *plot);
void plot_gap(struct plot *plot); /* the line breaks here */

/* A tic of @axis ("x", "y") that bears a word; the one at 0 is the first, and ends numbers. */
void plot_tic(struct plot *plot, const char *axis, const char *text, int64_t at);

/* A unit that an axis may have. */
struct plot_unit {
	const char *name; /* "us"; "" of a plain number */
	uint64_t factor;  /* base units in one            */
};

/* The largest of which @most is two or more. */
const struct plot_unit *plot_unit_of(struct exact_unit unit, __int128 most);

/* The one for an axis: a logarithmic one has about as many powers of ten above 1 as below. */
const struct plot_unit *plot_unit_of_axis(struct exact_unit unit, __int128 least, __int128 most);

/* @num / @den base units as a decimal of @unit. */
void append_decimal(GString *out, __int128 num, __int128 den, const struct plot_unit *unit);
/* "2000.005 us": at most three decimals, and the unit. */
void append_value(GString *out, __int128 num, __int128 den, const struct plot_unit *unit);

/* In three or four digits, without the unit: for where there is little room. */
void append_short(GString *out, __int128 num, __int128 den, const struct plot_unit *unit);
void plot_cell(struct plot *plot, __int128 num, __int128 den, const struct plot_unit *unit);

/* "lateness [us]" */
void plot_label(struct plot *plot, const char *name, const char *what,
		const struct plot_unit *unit);

/* @AXIS_flat: all values are one, and gnuplot has to be told a range, @AXIS_low to @AXIS_high. */
void plot_flat(struct plot *plot, const char *axis, __int128 least, __int128 most,
	       const struct plot_unit *unit);

/* Is the range better seen on a logarithmic axis? Only if all of it is positive. */
bool plot_wants_log(__int128 least, __int128 most);

enum plot_format { PLOT_SVG, PLOT_DUMB };

struct plot_output {
	const char *path; /* NULL: standard output */
	enum plot_format format;
	bool emit_gp;       /* also PATH's name with .gp and .dat */
	const char *folder; /* of the scripts; NULL: the built-in one */
};

/* EXIT_OK, or another exit status with *error. */
int plot_draw(const struct plot *plot, const struct plot_output *output, char **error);

/* The picture itself; NULL with *status and *error. */
GString *plot_svg(const struct plot *plot, int *status, char **error);

/* The whole script as gnuplot reads it; NULL with *status and *error: a file cannot be read. */
GString *plot_script(const struct plot *plot, enum plot_format format, const char *folder,
		     int *status, char **error);

#endif
