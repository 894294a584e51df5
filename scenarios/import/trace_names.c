/* SPDX-License-Identifier: MIT */
#include "trace_names.h"

#include <glib.h>
#include <string.h>

/* FNV-1a, 32 bits. */
static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h ^ h >> 15;
}

bool trace_names_find(const struct trace_names *t, const char *name, size_t length, uint32_t *ret)
{
	for (uint32_t i = hash_of(name, length);; i++) {
		const uint32_t at = i % TRACE_NAMES_SLOTS;

		if (!t->slot[at].name)
			return false;
		if (t->slot[at].length == length && memcmp(t->slot[at].name, name, length) == 0) {
			*ret = t->slot[at].value;
			return true;
		}
	}
}

void trace_names_add(struct trace_names *t, const char *name, size_t length, uint32_t value)
{
	uint32_t i = hash_of(name, length);

	g_assert(t->n < TRACE_NAMES_SLOTS / 2);
	while (t->slot[i % TRACE_NAMES_SLOTS].name)
		i++;
	t->slot[i % TRACE_NAMES_SLOTS].name = name;
	t->slot[i % TRACE_NAMES_SLOTS].length = (uint32_t)length;
	t->slot[i % TRACE_NAMES_SLOTS].value = value;
	t->n++;
}
