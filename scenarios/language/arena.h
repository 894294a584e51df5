/* SPDX-License-Identifier: MIT */
/*
 * arena - memory that is freed all at once: the nodes of a scenario, or the arrays of a resolved
 * run.
 *
 * What is asked for is bounded by scenario_limits.h before it gets here. Memory is zeroed and
 * aligned for any type.
 */
#ifndef ARENA_H
#define ARENA_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	GPtrArray *blocks; /* NULL: nothing allocated yet */
	size_t used, size; /* of the last block */
};

void *arena_alloc(struct arena *a, size_t n, size_t size);
char *arena_strndup(struct arena *a, const char *text, size_t length);
void arena_clear(struct arena *a);

#define arena_new(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type)))

#endif
