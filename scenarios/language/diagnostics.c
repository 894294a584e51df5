/* SPDX-License-Identifier: MIT */
#include "diagnostics.h"

#include "escape.h"

#include <stdarg.h>
#include <string.h>

/* A line longer than SHOWN_MAX bytes is shown as a window around the caret: one line of a
 * hostile file must not fill the terminal. */
#define SHOWN_MAX 160u
#define SHOWN_BEFORE 80u
#define SHOWN_AFTER 40u

#define NAME_COMPARED_MAX 64u

void diagnostics_init(struct diagnostics *d)
{
	*d = (struct diagnostics){ .text = g_string_new(NULL) };
}

void diagnostics_clear(struct diagnostics *d)
{
	if (d->text)
		g_string_free(d->text, TRUE);
	*d = (struct diagnostics){ 0 };
}

/* The start of line @line, and its end. A line beyond the text is empty: the end of the file has no
 * text. */
static const char *find_line(const struct source *source, uint32_t line, const char **end)
{
	const char *p = source->text, *stop = source->text + source->length;

	for (uint32_t i = 1 + source->lines_before; i < line && p < stop; i++) {
		const char *lf = memchr(p, '\n', (size_t)(stop - p));

		p = lf ? lf + 1 : stop;
	}
	const char *lf = p < stop ? memchr(p, '\n', (size_t)(stop - p)) : NULL;

	*end = lf ? lf : stop;
	return p;
}

/* The line with its caret, which counts characters: an escaped one before it moves it by what it
 * takes. */
static void append_line(GString *out, const struct source_pos *at)
{
	const char *end, *p = find_line(at->source, at->line, &end);
	const bool whole = end - p <= SHOWN_MAX;
	const uint32_t first = at->column > SHOWN_BEFORE && !whole ? at->column - SHOWN_BEFORE : 1;
	const uint32_t after = whole ? UINT32_MAX : at->column + SHOWN_AFTER;
	uint32_t column = 1;
	unsigned shown, indent = 0;
	GString *ignored = g_string_new(NULL);

	g_string_append(out, first > 1 ? "  ..." : "  ");
	for (; p < end && column < after; column++) {
		GString *to = column < first ? ignored : out;

		p += escape_character(to, p, (size_t)(end - p), &shown);
		if (column >= first && column < at->column)
			indent += shown;
	}
	g_string_append(out, p < end ? "...\n" : "\n");
	if (at->column > column) /* just behind the line's end */
		indent += at->column - column;
	g_string_append_printf(out, "%s%*s^\n", first > 1 ? "     " : "  ", (int)indent, "");
	g_string_free(ignored, TRUE);
}

/* @status 0: a warning. */
static void keep(struct diagnostics *d, int status, const char *error)
{
	d->n += status != 0;
	if (status > d->status)
		d->status = status;
	/* All variants share their base: what is wrong there is said once. */
	if (d->shown > DIAGNOSTICS_MAX || strstr(d->text->str, error))
		return;
	if (d->shown++ < DIAGNOSTICS_MAX)
		g_string_append(d->text, error);
	else
		g_string_append_printf(d->text, "lapicsim: only the first %d errors are shown\n",
				       DIAGNOSTICS_MAX);
}

G_GNUC_PRINTF(4, 0)
static void keep_at(struct diagnostics *d, int status, const struct source_pos *at,
		    const char *format, va_list args)
{
	g_autoptr(GString) error = g_string_new(NULL);
	g_autofree char *message = g_strdup_vprintf(format, args);

	escape_text(error, at->source ? at->source->name : "lapicsim");
	if (at->source && at->line)
		g_string_append_printf(error, ":%u:%u", at->line, at->column);
	g_string_append(error, status ? ": error: " : ": warning: ");
	escape_text(error, message);
	g_string_append_c(error, '\n');
	if (at->source && at->line)
		append_line(error, at);
	keep(d, status, error->str);
}

bool error_at(struct diagnostics *d, const struct source_pos *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_at(d, 2, at, format, args);
	va_end(args);
	return false;
}

void warning_at(struct diagnostics *d, const struct source_pos *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_at(d, 0, at, format, args);
	va_end(args);
}

bool error_plain(struct diagnostics *d, int status, const char *format, ...)
{
	g_autoptr(GString) error = g_string_new("lapicsim: error: ");
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);

	escape_text(error, message);
	g_string_append_c(error, '\n');
	keep(d, status, error->str);
	return false;
}

static unsigned min3(unsigned a, unsigned b, unsigned c) { return MIN(MIN(a, b), c); }

/* Edits between two names; upper and lower case are one, an exchange of neighbours is one edit. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_COMPARED_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];
	const size_t la = strlen(a), lb = strlen(b);

	for (unsigned j = 0; j <= lb; j++)
		before[j] = last[j] = j;
	for (size_t i = 1; i <= la; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			const char ca = g_ascii_tolower(a[i - 1]), cb = g_ascii_tolower(b[j - 1]);

			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == g_ascii_tolower(b[j - 2]) &&
			    g_ascii_tolower(a[i - 2]) == cb)
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		unsigned *spare = before;

		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

const char *nearest_name(const char *name, const char *const *names)
{
	const size_t length = strlen(name);
	const char *best = NULL;
	unsigned best_distance = 1 + (unsigned)length / 4; /* farther than this is another word */

	if (length > NAME_COMPARED_MAX)
		return NULL;
	for (; *names; names++) {
		if (strlen(*names) > NAME_COMPARED_MAX)
			continue;
		const unsigned distance = edit_distance(name, *names);

		if (distance < best_distance || (distance == best_distance && !best)) {
			best = *names;
			best_distance = distance;
		}
	}
	return best && best_distance < MAX(length, strlen(best)) ? best : NULL;
}
