/* SPDX-License-Identifier: MIT */
#include "html.h"

#include "commits.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define COMMIT_DIGITS_MIN 10
#define COMMIT_DIGITS_MAX 12
#define COMMIT_URL "https://git.kernel.org/linus/"

/* --- texts --- */

static bool is_character(gunichar c)
{
	if (c < 0x20)
		return c == '\n' || c == '\t';
	return (c < 0x7f || c > 0x9f) && (c & 0xfffe) != 0xfffe && (c < 0xfdd0 || c > 0xfdef);
}

static void append_escaped(GString *out, const char *from, const char *to)
{
	for (const char *c = from; c < to; c = g_utf8_next_char(c)) {
		switch (*c) {
		case '&': g_string_append(out, "&amp;"); break;
		case '<': g_string_append(out, "&lt;"); break;
		case '>': g_string_append(out, "&gt;"); break;
		case '"': g_string_append(out, "&quot;"); break;
		case '\'': g_string_append(out, "&#39;"); break;
		default:
			if (is_character(g_utf8_get_char(c)))
				g_string_append_len(out, c, g_utf8_next_char(c) - c);
			else
				g_string_append(out, REPLACEMENT);
		}
	}
}

void html_text(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	append_escaped(out, valid, valid + strlen(valid));
}

/* A word of its own, not a part of a path or of a name. */
static bool stands_alone(const char *text, const char *from, const char *to)
{
	return (from == text || strchr(" \n\t([\"", from[-1])) && strchr(" \n\t)],.:;\"", *to);
}

static bool is_known_commit(const char *from, size_t n)
{
	g_autofree char *id = g_strndup(from, n);
	const struct commit *commit = commit_by_id(id);

	return commit && commit->known != KNOWN_NEVER;
}

void html_words(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	const char *done = valid;

	for (const char *c = valid; *c;) {
		const size_t n = strspn(c, "0123456789abcdef");

		if (n < COMMIT_DIGITS_MIN || n > COMMIT_DIGITS_MAX ||
		    !stands_alone(valid, c, c + n) || !is_known_commit(c, n)) {
			c += MAX(n, 1);
			continue;
		}
		append_escaped(out, done, c);
		g_string_append_printf(out, "<a href=\"" COMMIT_URL "%.*s\">%.*s</a>", (int)n, c,
				       (int)n, c);
		done = c += n;
	}
	append_escaped(out, done, done + strlen(done));
}

/* --- pictures --- */

/* The value of an attribute: an id, a reference to one ("#gpPt0"), or what holds some
 * ("url(#textbox)"). */
static void append_value(GString *out, const char *name, size_t n_name, const char *value,
			 size_t n_value, const char *prefix)
{
	const bool is_id = n_name == 2 && !memcmp(name, "id", 2);
	const bool is_reference = n_name >= 4 && !memcmp(name + n_name - 4, "href", 4);

	if (is_id)
		g_string_append_printf(out, "%s-", prefix);
	for (const char *c = value; c < value + n_value; c++) {
		g_string_append_c(out, *c);
		if (*c == '#' &&
		    ((is_reference && c == value) || (c - value >= 4 && !memcmp(c - 4, "url(", 4))))
			g_string_append_printf(out, "%s-", prefix);
	}
}

/* From the < of a tag to behind its >. */
static const char *append_tag(GString *out, const char *c, const char *prefix)
{
	const char *name = c;

	while (*c && *c != '>') {
		if (*c != '"' && *c != '\'') {
			if (!strchr("=", *c) && (c == name || strchr(" \t\n", c[-1])))
				name = c;
			g_string_append_c(out, *c++);
			continue;
		}
		const char *end = strchr(c + 1, *c);

		if (!end)
			return c + strlen(c);
		g_string_append_c(out, *c);
		append_value(out, name, strcspn(name, "= \t\n"), c + 1, (size_t)(end - c - 1),
			     prefix);
		g_string_append_c(out, *c);
		c = end + 1;
	}
	if (*c)
		g_string_append_c(out, *c++);
	return c;
}

bool html_picture(GString *out, const char *svg, const char *prefix)
{
	static const char title[] = "<title>";
	const char *root = strstr(svg, "<svg"), *box = root ? strstr(root, "viewBox=\"") : NULL;
	const char *c = box ? strstr(box, title) : NULL;

	if (!c)
		return false;
	box += strlen("viewBox=\"");
	g_string_append_printf(out,
			       "<svg role=\"img\" aria-labelledby=\"%s-title\" viewBox=\"%.*s\">\n"
			       "<title id=\"%s-title\">",
			       prefix, (int)strcspn(box, "\""), box, prefix);
	for (c += strlen(title); *c;) {
		if (*c == '<')
			c = append_tag(out, c, prefix);
		else
			g_string_append_c(out, *c++);
	}
	return true;
}
