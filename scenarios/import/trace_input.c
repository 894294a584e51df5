/* SPDX-License-Identifier: MIT */
#include "trace_input.h"

#include "escape.h"
#include "input_file.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define PACKED_SIZE 65536u
#define SNIFFED 512u   /* bytes that decide whether it is a text */
#define GZIP_FORMAT 16 /* what zlib adds to the window for it */

struct trace_input {
	int fd; /* -1: from memory */
	bool gzipped, ended, in_member;
	const unsigned char *memory;
	size_t memory_left;
	z_stream z; /* next_in, avail_in: what was read and not given yet, packed or not */
	unsigned char packed[PACKED_SIZE];
};

/* What is in a file that is not a text, and what makes a text of it. */
static const struct magic {
	const char *bytes;
	size_t length;
	const char *what, *command; /* the file's name follows it */
} magics[] = {
	{ "\x17\x08\x44tracing", 10, "trace-cmd's recording", "trace-cmd report -N -t -i" },
	{ "PERFILE2", 8, "perf's recording", "perf script --ns -i" },
	{ "2ELIFREP", 8, "perf's recording", "perf script --ns -i" },
	{ "\xfd"
	  "7zXZ\0",
	  6, "compressed by xz", "xz -dc" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed by zstd", "zstd -dc" },
	{ "BZh", 3, "compressed by bzip2", "bzip2 -dc" },
	{ "PK\x03\x04", 4, "a zip archive", "unzip -p" },
};

/* False: *error, the system's. */
static bool fill(struct trace_input *in, char **error)
{
	ssize_t n = 0;

	if (in->fd < 0) {
		n = (ssize_t)MIN(in->memory_left, sizeof(in->packed));
		if (n)
			memcpy(in->packed, in->memory, (size_t)n);
		in->memory += n;
		in->memory_left -= (size_t)n;
	} else {
		do
			n = read(in->fd, in->packed, sizeof(in->packed));
		while (n < 0 && errno == EINTR);
		if (n < 0) {
			*error = g_strdup(g_strerror(errno));
			return false;
		}
	}
	in->z.next_in = in->packed;
	in->z.avail_in = (uInt)n;
	in->ended = n == 0;
	return true;
}

/* The bytes of one or several gzip members; padding behind them is left out, as gzip does. */
static size_t unpack(struct trace_input *in, char *buffer, size_t n, char **error)
{
	in->z.next_out = (unsigned char *)buffer;
	in->z.avail_out = (uInt)n;
	while (in->z.avail_out == n) {
		if (!in->z.avail_in && !in->ended && !fill(in, error))
			return 0;
		if (!in->in_member) {
			if (!in->z.avail_in || *in->z.next_in != 0x1f)
				return 0;
			in->in_member = true;
		}
		const int result = inflate(&in->z, Z_NO_FLUSH);

		if (result == Z_STREAM_END) {
			in->in_member = false;
			inflateReset(&in->z);
		} else if (result == Z_BUF_ERROR && in->ended) {
			*error = g_strdup("the compressed data ends too early");
			return n - in->z.avail_out;
		} else if (result != Z_OK && result != Z_BUF_ERROR) {
			*error = g_strdup_printf("the compressed data is broken: %s",
						 in->z.msg ? in->z.msg : zError(result));
			return n - in->z.avail_out;
		}
	}
	return n - in->z.avail_out;
}

size_t trace_input_read(struct trace_input *in, char *buffer, size_t n, char **error)
{
	if (in->gzipped)
		return unpack(in, buffer, n, error);
	if (!in->z.avail_in && !in->ended && !fill(in, error))
		return 0;

	const size_t given = MIN(n, in->z.avail_in);

	if (given)
		memcpy(buffer, in->z.next_in, given);
	in->z.next_in += given;
	in->z.avail_in -= (uInt)given;
	return given;
}

static char *refuse(const struct magic *m, const char *path, bool gzipped)
{
	g_autofree char *word = shell_word(path);
	g_autofree char *unpack_first =
		gzipped ? g_strdup_printf("gzip -dc %s > it; ", word) : NULL;

	return g_strdup_printf("this is %s, not its text; make one by: %s%s %s > trace.txt",
			       m->what, gzipped ? unpack_first : "", m->command,
			       gzipped ? "it" : word);
}

/* Is it a text? Looks at the first bytes as they are, unpacked. */
static char *look(const char *bytes, size_t n, const char *path, bool gzipped)
{
	const char *zero = memchr(bytes, '\0', n);

	for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
		if (n >= magics[i].length && !memcmp(bytes, magics[i].bytes, magics[i].length))
			return refuse(&magics[i], path, gzipped);
	if (zero)
		return g_strdup_printf(
			"this is not a text: byte %zu is 0; what is read here is the "
			"text of /sys/kernel/tracing/trace, trace-cmd report or "
			"perf script",
			(size_t)(zero - bytes) + 1);
	return NULL;
}

static char *open_file(struct trace_input *in, const char *path, int *status)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		in->fd = dup(STDIN_FILENO);
		if (in->fd < 0 || fstat(in->fd, &st) < 0)
			return g_strdup(g_strerror(errno));
		input_remember(&st, "standard input");
		return NULL;
	}
	in->fd = input_open(path);
	if (in->fd < 0 || fstat(in->fd, &st) < 0)
		return g_strdup(g_strerror(errno));
	if (S_ISREG(st.st_mode))
		return NULL;
	*status = 2;
	return g_strdup("not a regular file; '-' reads the standard input");
}

/* Is what was read first packed, and is it a text? What is in a packed file is seen by unpacking
 * its head, and then starting again. NULL: a text. */
static char *sniff(struct trace_input *in, const char *path)
{
	char first[SNIFFED];

	in->gzipped = in->z.avail_in >= 2 && in->packed[0] == 0x1f && in->packed[1] == 0x8b;
	if (inflateInit2(&in->z, GZIP_FORMAT + MAX_WBITS) != Z_OK)
		g_error("zlib");
	if (!in->gzipped)
		return look((const char *)in->packed, MIN(in->z.avail_in, SNIFFED), path, false);

	unsigned char *const begin = in->packed;
	const uInt n = in->z.avail_in;
	g_autofree char *ignored = NULL;

	in->ended = true; /* nothing more is read */
	const size_t unpacked = unpack(in, first, sizeof(first), &ignored);

	in->ended = in->in_member = false;
	in->z.next_in = begin;
	in->z.avail_in = n;
	inflateReset(&in->z);
	return look(first, unpacked, path, true);
}

struct trace_input *trace_input_open(const char *path, const char *text, size_t length,
				     const char *name, char **error, int *status)
{
	struct trace_input *in = g_new0(struct trace_input, 1);

	*status = 4;
	in->fd = -1;
	in->memory = (const unsigned char *)text;
	in->memory_left = length;
	if (path)
		*error = open_file(in, path, status);
	if (!*error && fill(in, error) && (*error = sniff(in, name)))
		*status = 2;
	if (*error) {
		trace_input_close(in);
		return NULL;
	}
	return in;
}

bool trace_input_is_gzipped(const struct trace_input *in) { return in->gzipped; }

void trace_input_close(struct trace_input *in)
{
	if (!in)
		return;
	inflateEnd(&in->z);
	if (in->fd >= 0)
		close(in->fd);
	g_free(in);
}
