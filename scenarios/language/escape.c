/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <stdbool.h>
#include <string.h>

/* What a terminal would obey, or would hide: controls, direction overrides, invisible spaces, the
 * BOM; and what is no character, and so in no XML. */
static bool is_shown_as_itself(gunichar c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0xfeff ||
	    (c & 0xfffe) == 0xfffe)
		return false;
	return !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x206f);
}

size_t escape_character(GString *out, const char *p, size_t left, unsigned *shown)
{
	const gunichar c = g_utf8_get_char_validated(p, (gssize)left);
	const bool valid = *p != '\0' && c != (gunichar)-1 && c != (gunichar)-2;
	const size_t n = valid ? (size_t)(g_utf8_next_char(p) - p) : 1;

	if (valid && is_shown_as_itself(c)) {
		g_string_append_len(out, p, (gssize)n);
		*shown = 1;
		return n;
	}
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "\\x%02x", (unsigned char)p[i]);
	*shown = 4 * (unsigned)n;
	return n;
}

static void append_escaped(GString *out, const char *text, bool lines)
{
	const char *end = text + strlen(text);
	unsigned shown;

	while (text < end) {
		if (lines && *text == '\n')
			g_string_append_c(out, *text++);
		else
			text += escape_character(out, text, (size_t)(end - text), &shown);
	}
}

void escape_text(GString *out, const char *text) { append_escaped(out, text, false); }

void escape_lines(GString *out, const char *text) { append_escaped(out, text, true); }

char *escaped(const char *text)
{
	GString *out = g_string_new(NULL);

	escape_text(out, text);
	return g_string_free(out, FALSE);
}
