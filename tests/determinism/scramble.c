// SPDX-License-Identifier: MIT
/*
 * scramble - for LD_PRELOAD: other hash values, chosen by SCRAMBLE_SALT, sorts that turn equal keys
 * round, clocks that are years off, random numbers that are none. A program whose output moves
 * leans on what nobody promised.
 *
 * The hash functions are those that GLib exports. GLib's sorts keep equal keys in order (today), so
 * what is to be sorted is turned round first; qsort() promises nothing.
 */
#include <dlfcn.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static guint salt(void)
{
	const char *text = getenv("SCRAMBLE_SALT");

	return text ? (guint)atoi(text) : 1;
}

static guint scrambled(guint hash)
{
	static guint odd;

	if (!odd)
		odd = salt() * 2654435761u | 1;
	hash = (hash ^ odd) * 2246822519u;
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

/* The system calls themselves, for libc's functions could be here before they are found. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const int status = (int)syscall(SYS_clock_gettime, clock, ret);

	if (!status)
		ret->tv_sec += (time_t)salt() * 40000000;
	return status;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

ssize_t getrandom(void *ret, size_t length, unsigned flags)
{
	memset(ret, (int)salt(), length);
	return (ssize_t)length;
}
