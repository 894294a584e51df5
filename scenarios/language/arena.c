/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <string.h>

#define BLOCK_BYTES 65536u
#define ALIGNMENT 16u

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	g_assert(!__builtin_mul_overflow(n, size, &bytes) && bytes < SIZE_MAX - BLOCK_BYTES);
	bytes = (MAX(bytes, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!a->blocks)
		a->blocks = g_ptr_array_new_with_free_func(g_free);
	if (a->size - a->used < bytes) {
		a->size = MAX(bytes, BLOCK_BYTES);
		a->used = 0;
		g_ptr_array_add(a->blocks, g_malloc0(a->size));
	}
	char *block = g_ptr_array_index(a->blocks, a->blocks->len - 1);

	a->used += bytes;
	return block + a->used - bytes;
}

char *arena_strndup(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_new(a, char, length + 1);

	memcpy(copy, text, length); /* the byte behind it is 0 already */
	return copy;
}

void arena_clear(struct arena *a)
{
	if (a->blocks)
		g_ptr_array_unref(a->blocks);
	*a = (struct arena){ 0 };
}
