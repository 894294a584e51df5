/* SPDX-License-Identifier: MIT */
/*
 * escape - names and texts that others wrote, where they are printed.
 *
 * A control byte, a byte that is no UTF-8, and a character that nobody sees or that turns the
 * direction of the text become \xNN, byte by byte: what is printed cannot drive a terminal, looks
 * like what it is, and is text that XML can hold. All else stays, a backslash too, so a text that
 * is escaped twice is as one that is escaped once.
 *
 * Errors: none.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <glib.h>

/* Appends the character at @p, of which there are @left bytes, and returns its length in bytes;
 * @shown receives how many columns it takes. */
size_t escape_character(GString *out, const char *p, size_t left, unsigned *shown);

/* @text on one line: a line end is \x0a. */
void escape_text(GString *out, const char *text);
char *escaped(const char *text);

/* @text as one word of a shell, on one line that can be pasted: in quotes, and in $'...' if they
 * could not show it. shell_word() leaves what needs no quotes as it is. */
char *shell_quoted(const char *text);
char *shell_word(const char *text);

/* @text whose line ends are ours, and stay. */
void escape_lines(GString *out, const char *text);

#endif
