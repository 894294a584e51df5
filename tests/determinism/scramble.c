// SPDX-License-Identifier: MIT
/*
 * scramble - for LD_PRELOAD: other hash values, chosen by SCRAMBLE_SALT, and sorts that turn equal
 * keys round. A program whose output moves leans on an order that nobody promised.
 *
 * The hash functions are those that GLib exports. GLib's sorts keep equal keys in order (today), so
 * what is to be sorted is turned round first; qsort() promises nothing.
 */
#include <dlfcn.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static guint scrambled(guint hash)
{
	static guint salt;

	if (!salt)
		salt = (guint)g_ascii_strtoull(getenv("SCRAMBLE_SALT") ? getenv("SCRAMBLE_SALT")
								       : "1",
					       NULL, 10) *
			       2654435761u |
		       1;
	hash = (hash ^ salt) * 2246822519u;
	return hash ^ hash >> 15;
}

guint g_str_hash(gconstpointer v)
{
	guint hash = 5381;

	for (const char *p = v; *p; p++)
		hash = hash * 33 + (guint)*p;
	return scrambled(hash);
}

guint g_int_hash(gconstpointer v) { return scrambled((guint) * (const gint *)v); }
guint g_int64_hash(gconstpointer v) { return scrambled((guint) * (const gint64 *)v); }
guint g_direct_hash(gconstpointer v) { return scrambled(GPOINTER_TO_UINT(v)); }

static void turn_round(void *items, size_t n, size_t size)
{
	char *low = items, *high = low + (n ? n - 1 : 0) * size;

	for (; low < high; low += size, high -= size)
		for (size_t i = 0; i < size; i++) {
			const char swap = low[i];

			low[i] = high[i];
			high[i] = swap;
		}
}

void g_array_sort(GArray *array, GCompareFunc compare)
{
	turn_round(array->data, array->len, g_array_get_element_size(array));
	((void (*)(GArray *, GCompareFunc))dlsym(RTLD_NEXT, "g_array_sort"))(array, compare);
}

void g_ptr_array_sort(GPtrArray *array, GCompareFunc compare)
{
	turn_round(array->pdata, array->len, sizeof(gpointer));
	((void (*)(GPtrArray *, GCompareFunc))dlsym(RTLD_NEXT, "g_ptr_array_sort"))(array, compare);
}

void qsort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	turn_round(items, n, size);
	((void (*)(void *, size_t, size_t,
		   int (*)(const void *, const void *)))dlsym(RTLD_NEXT, "qsort"))(items, n, size,
										   compare);
}
