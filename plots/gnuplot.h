/* SPDX-License-Identifier: MIT */
/*
 * gnuplot - gnuplot as a child: a script goes in, a picture comes out, and not a word beside it.
 *
 * It reads the script on its standard input and writes the picture to its standard output; no file
 * is opened for it. What gnuplot itself looks for in the environment does not reach it. It has as
 * much time as it needs: what a picture takes follows from the script, which is ours.
 *
 * Control flow: one thread, which writes, reads both outputs, and then waits for the child.
 * Errors:   a message, and the exit status: 4 if it does not run or is killed, 2 if it says that
 *           its memory does not do; a warning of gnuplot is an error, too, and a bug of ours: 3.
 */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <glib.h>

/* NULL, with *status and *error, if it did not draw without a word. */
GString *gnuplot_draw(const GString *script, int *status, char **error);

#endif
