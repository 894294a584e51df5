// SPDX-License-Identifier: MIT
/*
 * fuzz_store - a result store that somebody changed: any bytes that begin as a database does, or
 * any SQL run on a good store. It is refused with an error, or all of it can be read, as text and
 * as CSV; and what can be merged says the same afterwards.
 */
#include "fuzz_file.h"

#include "run.h"
#include "store.h"
#include "table.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define SQL_STEPS 20000 /* of SQLite's machine: more is not run */
#define SQL_PAGES "200"
#define LINES_MAX 5000u

static char *good; /* a finished store */
static gsize good_size;

static void make_axis(struct store_axis *ret, const char *key, uint32_t n, uint64_t stride)
{
	*ret = (struct store_axis){ g_strdup(key), AXIS_PS, n, g_new0(struct store_axis_value, n),
				    stride };
	for (uint32_t i = 0; i < n; i++)
		ret->values[i] = (struct store_axis_value){ g_strdup_printf("%uns", i), true,
							    i * PS_PER_NS };
}

static struct store_info *make_info(void)
{
	struct store_info *info = g_new0(struct store_info, 1);

	*info = (struct store_info){ .program = g_strdup("1"),
				     .scenario = g_strdup("s"),
				     .about = g_strdup("a"),
				     .base_hash = g_strdup("b"),
				     .grid_hash = g_strdup("g"),
				     .master_seed = 1,
				     .cells = 6,
				     .points = 6,
				     .shards = 1,
				     .n_axes = 2,
				     .n_metrics = 2,
				     .n_histograms = 1 };
	info->axes = g_new0(struct store_axis, 2);
	make_axis(&info->axes[0], "a.x", 2, 3);
	make_axis(&info->axes[1], "a.y", 3, 1);
	info->metrics = g_new0(struct store_metric, 2);
	info->metrics[0] =
		(struct store_metric){ g_strdup("late"), g_strdup("mean(lateness)"), EXACT_TIME };
	info->metrics[1] =
		(struct store_metric){ g_strdup("n"), g_strdup("count(arm)"), EXACT_PLAIN };
	info->histograms = g_new0(struct store_histogram, 1);
	info->histograms[0] =
		(struct store_histogram){ g_strdup("lateness"), g_strdup("lateness"), EXACT_TIME };
	return info;
}

static void fill(struct store *store)
{
	struct histogram *h = histogram_new();
	GError *error = NULL;

	histogram_add(h, -5);
	histogram_add(h, INT64_MAX);
	for (uint64_t p = 0; p < 6; p++) {
		struct store_value values[2] = {
			{ .there = true, .value = { -((__int128)1 << 100), 3, EXACT_TIME } },
			{ .there = p != 3, .value = { p, 1, EXACT_PLAIN }, .why = (char *)"none" },
		};
		const struct store_point point = { .point = p,
						   .cell = p,
						   .seed = UINT64_MAX - p,
						   .status = p == 4 ? POINT_BROKEN : POINT_OK,
						   .message = p == 4 ? (char *)"why" : NULL,
						   .values = values };

		g_assert_true(store_add(store, &point, p ? &h : NULL, &error));
	}
	histogram_free(h);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *path = fuzz_path("good.sqlite");
	struct store_info *info = make_info();
	GError *error = NULL;
	struct store *store = store_create(path, info, &error);

	g_assert_no_error(error);
	fill(store);
	g_assert_true(store_finish(store, &error));
	store_close(store);
	store_info_free(info);
	g_assert_true(g_file_get_contents(path, &good, &good_size, NULL));
	return 0;
}

/* --- the changes --- */

static int stop(void *data) { return 1; }

/* No other file, no way around the limits. */
static int allow(void *data, int action, const char *a, const char *b, const char *c, const char *d)
{
	static const char *const pragmas[] = { "application_id", "user_version", "journal_mode",
					       "page_size",      "encoding",     "auto_vacuum",
					       "writable_schema" };

	if (action == SQLITE_ATTACH || action == SQLITE_DETACH)
		return SQLITE_DENY;
	for (unsigned i = 0; action == SQLITE_PRAGMA && i < G_N_ELEMENTS(pragmas); i++)
		if (g_ascii_strcasecmp(a, pragmas[i]) == 0)
			return SQLITE_OK;
	return action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

static void change(const char *path, const char *sql)
{
	sqlite3 *db;

	g_assert(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA max_page_count = " SQL_PAGES, NULL, NULL,
		     NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 100000);
	sqlite3_progress_handler(db, SQL_STEPS, stop, NULL);
	sqlite3_set_authorizer(db, allow, NULL);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
}

/* --- the reading --- */

struct lines {
	GString *text;
	unsigned n;
};

static bool put(void *data, const char *line)
{
	struct lines *lines = data;

	g_string_append(lines->text, line);
	return ++lines->n < LINES_MAX;
}

static void count_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	g_assert(low <= high && count > 0);
	++*(uint64_t *)data;
}

static void check_error(GError *error)
{
	g_assert(error && error->domain == STORE_ERROR);
	g_assert(error->code == EXIT_USAGE || error->code == EXIT_IO);
	g_assert(*error->message);
	g_error_free(error);
}

static void read_points(struct store *store)
{
	const struct store_info *info = store_info(store);
	const struct store_point *point;
	uint64_t buckets = 0, counts[POINT_BUDGET + 1];
	GError *error = NULL;

	if (!store_count(store, counts, &error)) {
		check_error(error);
		error = NULL;
	}
	for (unsigned n = 0; n < LINES_MAX && store_next(store, &point, &error); n++) {
		g_assert(point->cell < info->cells && point->point < info->points);
		for (uint32_t i = 0; i < info->n_axes; i++)
			g_assert(store_axis_value(info, point->cell, i)->text);
		for (uint32_t i = 0; i < info->n_histograms; i++) {
			if (store_histogram_each(store, point->point, i, count_bucket, &buckets,
						 &error))
				continue;
			check_error(error);
			error = NULL;
		}
	}
	if (error)
		check_error(error);
	store_rewind(store);
}

/* NULL: it cannot be printed. */
static char *print(struct store *store, const struct table_options *options)
{
	struct lines lines = { .text = g_string_new(NULL) };
	GError *error = NULL;
	const bool ok = table_print(store, options, put, &lines, &error);

	if (!ok && error)
		check_error(error);
	return g_string_free(lines.text, !ok);
}

static char *csv(const char *path)
{
	const struct table_options options = { .csv = true };
	GError *error = NULL;
	struct store *store = store_open(path, false, &error);

	if (!store) {
		check_error(error);
		return NULL;
	}
	char *text = print(store, &options);

	store_close(store);
	return text;
}

static void merge(const char *path)
{
	const char *const in[] = { path, NULL };
	const char *out = fuzz_path("merged.sqlite");
	GError *error = NULL;

	unlink(out);
	if (!store_merge(out, in, &error)) {
		check_error(error);
		g_assert(access(out, F_OK) != 0);
		return;
	}
	g_autofree char *before = csv(path);
	g_autofree char *after = csv(out);

	g_assert_cmpstr(before, ==, after);
}

static void read_all(const char *path, bool partial)
{
	static const struct table_options options[] = {
		{ .csv = false },
		{ .csv = true },
		{ .by = "x", .agg = "count,min,p50,max,mean", .csv = true },
	};
	GError *error = NULL;
	struct store *store = store_open(path, partial, &error);

	if (!store) {
		check_error(error);
		return;
	}
	read_points(store);
	for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
		g_free(print(store, &options[i]));
	store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[] = "SQLite format 3";
	static const char *const beside[] = { "x.sqlite-journal", "x.sqlite-wal", "x.sqlite-shm" };

	for (unsigned i = 0; i < G_N_ELEMENTS(beside); i++)
		unlink(fuzz_path(beside[i]));
	if (size >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0) {
		fuzz_file("x.sqlite", data, size);
	} else {
		g_autofree char *sql = g_strndup((const char *)data, size);

		change(fuzz_file("x.sqlite", good, good_size), sql);
	}
	read_all(fuzz_path("x.sqlite"), true);
	read_all(fuzz_path("x.sqlite"), false);
	merge(fuzz_path("x.sqlite"));
	return 0;
}
