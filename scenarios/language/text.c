/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "input_file.h"
#include "scenario_limits.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void source_free(struct source *source)
{
	if (!source)
		return;
	g_free(source->name);
	g_free(source->text);
	g_free(source);
}

struct request {
	const char *path;
	size_t limit;
	const struct source_pos *from;
	struct diagnostics *d;
};

/* @what is "cannot open" or the like, @why what stands behind the path. */
static bool fail(const struct request *r, int status, const char *what, const char *why)
{
	if (r->from) {
		error_at(r->d, r->from, "%s'%s'%s", what, r->path, why);
		r->d->status = MAX(r->d->status, status);
		return false;
	}
	return error_plain(r->d, status, "%s'%s'%s", what, r->path, why);
}

/* The C library's text, never a translated one: errors are the same bytes everywhere. */
static bool fail_errno(const struct request *r, const char *what, int error)
{
	g_autofree char *why = g_strconcat(": ", strerrordesc_np(error), NULL);

	return fail(r, 4, what, why);
}

static bool fail_size(const struct request *r)
{
	g_autofree char *why = g_strdup_printf(" is larger than the limit of %zu bytes", r->limit);

	return fail(r, 2, "", why);
}

static int open_regular(const struct request *r, struct text_id *id)
{
	struct stat st;
	const int fd = input_open(r->path);

	if (fd < 0) {
		fail_errno(r, "cannot open ", errno);
		return -1;
	}
	if (fstat(fd, &st) != 0)
		fail_errno(r, "cannot read ", errno);
	else if (S_ISDIR(st.st_mode))
		fail(r, 2, "", " is a folder, not a file");
	else if (!S_ISREG(st.st_mode))
		fail(r, 2, "", " is not a regular file");
	else if ((uintmax_t)st.st_size > r->limit)
		fail_size(r);
	else {
		if (id)
			*id = (struct text_id){ st.st_dev, st.st_ino };
		return fd;
	}
	close(fd);
	return -1;
}

/* At most @limit bytes, whatever fstat() said: a file may grow, and /proc says 0. */
static char *read_capped(const struct request *r, int fd, size_t *length)
{
	size_t size = 4096, n = 0;
	char *buffer = g_malloc(size + 1);

	for (;;) {
		const ssize_t got = read(fd, buffer + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fail_errno(r, "cannot read ", errno);
			break;
		}
		n += (size_t)got;
		if (n > r->limit) {
			fail_size(r);
			break;
		}
		if (got == 0) {
			*length = n;
			return buffer;
		}
		if (n == size)
			buffer = g_realloc(buffer, (size = MIN(size * 2, r->limit + 1)) + 1);
	}
	g_free(buffer);
	return NULL;
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

struct source *text_read(const char *path, enum text_kind kind, size_t limit,
			 const struct source_pos *from, struct text_id *id, struct diagnostics *d)
{
	const struct request r = { path, limit, from, d };
	size_t length;
	const int fd = open_regular(&r, id);

	if (fd < 0)
		return NULL;
	char *text = read_capped(&r, fd, &length);

	close(fd);
	return text ? source_check(path, text, length, kind, d) : NULL;
}

struct source *text_from(const char *name, const char *text, enum text_kind kind,
			 struct diagnostics *d)
{
	return source_check(name, g_strdup(text), strlen(text), kind, d);
}
