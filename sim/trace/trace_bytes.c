/* SPDX-License-Identifier: MIT */
#include "trace_bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for @n more bytes, and where they go; NULL: none. */
static unsigned char *grow(struct trace_bytes *b, size_t n)
{
	if (b->size - b->n < n) {
		size_t size = b->size ? b->size : 256;
		unsigned char *grown;

		while (size - b->n < n)
			size *= 2;
		grown = realloc(b->data, size);
		if (!grown) {
			b->failed = true;
			return NULL;
		}
		b->data = grown;
		b->size = size;
	}
	b->n += n;
	return b->data + b->n - n;
}

void bytes_put(struct trace_bytes *b, const void *data, size_t n)
{
	unsigned char *to = grow(b, n);

	if (to && n)
		memcpy(to, data, n);
}

void bytes_zero(struct trace_bytes *b, size_t n)
{
	unsigned char *to = grow(b, n);

	if (to && n)
		memset(to, 0, n);
}

void bytes_le(struct trace_bytes *b, uint64_t v, unsigned n)
{
	unsigned char *to = grow(b, n);

	if (to)
		store_le(to, v, n);
}

void bytes_set_le(struct trace_bytes *b, size_t at, uint64_t v, unsigned n)
{
	if (!b->failed)
		store_le(b->data + at, v, n);
}

void bytes_string(struct trace_bytes *b, const char *s) { bytes_put(b, s, strlen(s)); }

void bytes_format(struct trace_bytes *b, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		b->failed = true; /* no line that is written so is as long */
	else
		bytes_put(b, text, (size_t)n);
}

void bytes_free(struct trace_bytes *b)
{
	free(b->data);
	*b = (struct trace_bytes){ 0 };
}
