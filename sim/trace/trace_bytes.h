/* SPDX-License-Identifier: MIT */
/*
 * trace_bytes - a growing buffer of bytes, little-endian, for writers of binary formats.
 *
 * Errors: when memory runs out, .failed stays set and nothing more is added.
 */
#ifndef TRACE_BYTES_H
#define TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stores the lowest @n bytes of @v. */
static inline void store_le(unsigned char *to, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

struct trace_bytes { /* all zero: empty */
	unsigned char *data;
	size_t n, size;
	bool failed;
};

void bytes_put(struct trace_bytes *b, const void *data, size_t n);
void bytes_zero(struct trace_bytes *b, size_t n);
void bytes_le(struct trace_bytes *b, uint64_t v, unsigned n); /* the lowest @n bytes of @v */
void bytes_set_le(struct trace_bytes *b, size_t at, uint64_t v, unsigned n);
void bytes_string(struct trace_bytes *b, const char *s); /* without its NUL */
__attribute__((format(printf, 2, 3))) void bytes_format(struct trace_bytes *b, const char *format,
							...);
void bytes_free(struct trace_bytes *b);

#endif
