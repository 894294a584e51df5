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

/* The length of the character at @p, of which there are @left bytes, and whether it is shown. */
static size_t measure(const char *p, size_t left, bool *as_itself)
{
	const gunichar c = g_utf8_get_char_validated(p, (gssize)left);
	const bool valid = *p != '\0' && c != (gunichar)-1 && c != (gunichar)-2;

	*as_itself = valid && is_shown_as_itself(c);
	return valid ? (size_t)(g_utf8_next_char(p) - p) : 1;
}

size_t escape_character(GString *out, const char *p, size_t left, unsigned *shown)
{
	bool as_itself;
	const size_t n = measure(p, left, &as_itself);

	if (as_itself)
		g_string_append_len(out, p, (gssize)n);
	for (size_t i = 0; !as_itself && i < n; i++)
		g_string_append_printf(out, "\\x%02x", (unsigned char)p[i]);
	*shown = as_itself ? 1 : 4 * (unsigned)n;
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

/* In octal, since how many digits behind \x belong to it differs from shell to shell. */
char *shell_quoted(const char *text)
{
	g_autoptr(GString) out = g_string_new("$'");
	const char *end = text + strlen(text);
	bool all = true;

	for (const char *p = text; p < end;) {
		bool as_itself;
		const size_t n = measure(p, (size_t)(end - p), &as_itself);

		all &= as_itself;
		if (*p == '\'' || *p == '\\')
			g_string_append_c(out, '\\');
		if (as_itself)
			g_string_append_len(out, p, (gssize)n);
		for (size_t i = 0; !as_itself && i < n; i++)
			g_string_append_printf(out, "\\%03o", (unsigned char)p[i]);
		p += n;
	}
	if (all)
		return g_shell_quote(text);
	g_string_append_c(out, '\'');
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *shell_word(const char *text)
{
	const size_t plain = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_-./=,:+@%");

	return *text && !text[plain] ? g_strdup(text) : shell_quoted(text);
}
