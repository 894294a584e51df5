/* SPDX-License-Identifier: MIT */
/*
 * html - texts and pictures as parts of a page.
 *
 * What comes from a file reaches a page through html_text() or html_words() alone. A picture is an
 * svg as plot.h makes it, trusted but for its texts, which are escaped already; it loses what only
 * a file of its own has, and its ids get a prefix, because gnuplot gives all pictures the same
 * ones.
 *
 * Errors: none. A byte that is no UTF-8, and a character that a page cannot hold, becomes U+FFFD.
 */
#ifndef HTML_H
#define HTML_H

#include <glib.h>
#include <stdbool.h>

/* @text as a text or as the value of an attribute in quotes. */
void html_text(GString *out, const char *text);

/* The same, and the commits in it that the kernel's tables know are links. Not in an attribute. */
void html_words(GString *out, const char *text);

/* @svg as an element of a page: without what stands before it, named by its title, its ids and the
 * references to them beginning with @prefix and a dash. False: it is no svg with a title. */
bool html_picture(GString *out, const char *svg, const char *prefix);

#endif
