/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "input_file.h"
#include "scenario_limits.h"

#include <string.h>

void source_free(struct source *source)
{
	if (!source)
		return;
	g_free(source->name);
	g_free(source->text);
	g_free(source);
}

/* In place; @text has room for a NUL behind it. */
static size_t fold_line_ends(char *text, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
			text[n++] = text[i];
	text[n] = '\0';
	return n;
}

const char *character_fault(gunichar c)
{
	if (c == '\0')
		return "a NUL byte; a scenario is text";
	if (c == (gunichar)-1 || c == (gunichar)-2)
		return "not valid UTF-8";
	if (c == '\t')
		return "a tab; use blanks";
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return "a control character";
	if (c == 0xfeff)
		return "a byte-order mark; save the file as UTF-8 without one";
	if (c == 0x2028 || c == 0x2029 || (c & 0xfffe) == 0xfffe)
		return "a character that is no text";
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return "a character that turns the direction of the text";
	return NULL;
}

/* The first fault of the text ends the check: behind it, columns mean nothing. */
static bool check_text(const struct source *source, enum text_kind kind, struct diagnostics *d)
{
	const char *p = source->text, *end = p + source->length, *line = p;
	struct source_pos at = { source, 1, 1 };

	while (p < end) {
		if (*p == '\n') {
			line = ++p;
			at.line++;
			at.column = 1;
			continue;
		}
		const gunichar c = (unsigned char)*p < 0x80
					   ? (gunichar)(unsigned char)*p
					   : g_utf8_get_char_validated(p, (gssize)(end - p));
		const char *fault = character_fault(c);

		if (fault)
			return error_at(d, &at, "%s", fault);
		if (kind == TEXT_YAML && p == line && c == '%')
			return error_at(d, &at,
					"a line starting with '%%'; scenarios have no YAML "
					"directives");
		p = g_utf8_next_char(p);
		if (p - line > LIMIT_LINE_BYTES)
			return error_at(d, &at, "the line is longer than %d bytes",
					LIMIT_LINE_BYTES);
		at.column++;
	}
	return true;
}

static struct source *source_check(const char *name, char *text, size_t length, enum text_kind kind,
				   struct diagnostics *d)
{
	struct source *source = g_new(struct source, 1);

	*source = (struct source){ .name = g_strdup(name),
				   .text = text,
				   .length = fold_line_ends(text, length) };
	if (check_text(source, kind, d))
		return source;
	source_free(source);
	return NULL;
}

static void fail(const struct source_pos *from, int status, const char *error,
		 struct diagnostics *d)
{
	if (!from) {
		error_plain(d, status, "%s", error);
		return;
	}
	error_at(d, from, "%s", error);
	d->status = MAX(d->status, status);
}

struct source *text_read(const char *path, enum text_kind kind, size_t limit,
			 const struct source_pos *from, struct text_id *id, struct diagnostics *d)
{
	struct input_text in;
	g_autofree char *error = NULL;
	const int status = input_text(path, limit, &in, &error);

	if (status != 0) {
		fail(from, status, error, d);
		return NULL;
	}
	if (id)
		*id = (struct text_id){ in.st.st_dev, in.st.st_ino };
	return source_check(path, in.text, in.length, kind, d);
}

struct source *text_from(const char *name, const char *text, enum text_kind kind,
			 struct diagnostics *d)
{
	return source_check(name, g_strdup(text), strlen(text), kind, d);
}
