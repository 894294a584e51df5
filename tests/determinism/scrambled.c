// SPDX-License-Identifier: MIT
/*
 * scrambled - says whether scramble.so works: TAP, run with and without it. With it, the order of a
 * hash table and of equal keys in sorts must be another than usual, clocks be wrong, and random
 * bytes known.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define N 16

static int on_tens(const void *a, const void *b)
{
	return *(const int *)a / 10 - *(const int *)b / 10;
}

/* The place of the first key of 16 in the order of the table, as one number. */
static guint order_of(GHashFunc hash)
{
	g_autoptr(GHashTable) table = g_hash_table_new(hash, g_str_equal);
	GHashTableIter iter;
	gpointer key;
	guint order = 0;

	for (int i = 0; i < N; i++)
		g_hash_table_add(table, g_strdup_printf("key %d", i));
	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		order = order * 31 + (guint)atoi((char *)key + 4);
		g_free(key);
	}
	return order;
}

/* As GLib 2.74 computes it. */
static guint usual_hash(gconstpointer v)
{
	guint hash = 5381;

	for (const signed char *p = v; *p; p++)
		hash = (hash << 5) + hash + (guint)*p;
	return hash;
}

/* How far the clocks are ahead of the kernel's, in years; -1: not all the same. */
static long years_ahead(void)
{
	const long year = 31557600;
	struct timespec kernel, libc;
	struct timeval day;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &kernel);
	clock_gettime(CLOCK_REALTIME, &libc);
	gettimeofday(&day, NULL);
	if (labs(libc.tv_sec - day.tv_sec) > 9 || labs(libc.tv_sec - time(NULL)) > 9)
		return -1;
	return (libc.tv_sec - kernel.tv_sec) / year;
}

static gboolean bytes_are_random(void)
{
	char first[16] = "", second[16] = "";

	return getrandom(first, sizeof(first), 0) == sizeof(first) &&
	       getrandom(second, sizeof(second), 0) == sizeof(second) &&
	       memcmp(first, second, sizeof(first)) != 0;
}

static void say(const char *what, gboolean good)
{
	static int n;

	printf("%sok %d - %s\n", good ? "" : "not ", ++n, what);
}

int main(int argc, char **argv)
{
	const gboolean other = g_getenv("LD_PRELOAD") != NULL;
	g_autoptr(GArray) array = g_array_new(FALSE, FALSE, sizeof(int));
	const int values[] = { 11, 12, 13 };
	int plain[] = { 11, 12, 13 };

	g_array_append_vals(array, values, 3);
	g_array_sort(array, on_tens);
	qsort(plain, 3, sizeof(int), on_tens);
	say("order of a hash table", (order_of(g_str_hash) != order_of(usual_hash)) == other);
	say("equal keys of g_array_sort()", g_array_index(array, int, 0) == (other ? 13 : 11));
	say("equal keys of qsort()", plain[0] == (other ? 13 : 11));
	say("clocks", years_ahead() == (other ? 1 : 0));
	say("random bytes", bytes_are_random() != other);
	printf("1..5\n");
	return 0;
}
