/* SPDX-License-Identifier: MIT */
/* What tables a store has; and that a file has these and nothing else: no view in the place of a
 * table, which could be anything, and no trigger that runs when a sweep goes on. */
#include "store_private.h"

#include "run.h"

#include <string.h>
#include <sys/stat.h>

/* clang-format off */
const char store_schema[] =
	"PRAGMA application_id = " STORE_APPLICATION_ID ";"
	"CREATE TABLE identity (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE made_by (key TEXT, value TEXT);"
	"CREATE TABLE state (finished INTEGER NOT NULL);"
	"CREATE TABLE axes (axis INTEGER PRIMARY KEY, key TEXT NOT NULL, unit TEXT NOT NULL,"
	" n INTEGER NOT NULL, stride INTEGER NOT NULL);"
	"CREATE TABLE axis_values (axis INTEGER, place INTEGER, text TEXT NOT NULL, number INTEGER,"
	" PRIMARY KEY (axis, place)) WITHOUT ROWID;"
	"CREATE TABLE metrics (metric INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL,"
	" unit TEXT NOT NULL, ps_exponent INTEGER NOT NULL, cycles_exponent INTEGER NOT NULL);"
	"CREATE TABLE histograms (histogram INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL,"
	" unit TEXT NOT NULL, ps_exponent INTEGER NOT NULL, cycles_exponent INTEGER NOT NULL);"
	/* A number that does not fit 63 bits is a text; these columns convert nothing. */
	"CREATE TABLE points (point INTEGER PRIMARY KEY, cell INTEGER NOT NULL, seed,"
	" status TEXT NOT NULL, fingerprint TEXT, records INTEGER, message TEXT);"
	"CREATE TABLE results (point INTEGER, metric INTEGER, value, divisor, missing TEXT,"
	" PRIMARY KEY (point, metric)) WITHOUT ROWID;"
	"CREATE TABLE buckets (point INTEGER, histogram INTEGER, low INTEGER, high INTEGER, count INTEGER,"
	" PRIMARY KEY (point, histogram, low)) WITHOUT ROWID;"
	"CREATE VIEW parameters AS SELECT p.point, a.key, v.text, v.number, a.unit"
	" FROM points p, axes a JOIN axis_values v"
	" ON v.axis = a.axis AND v.place = (p.cell / a.stride) % (a.n);"
	"INSERT INTO state VALUES (0);";
/* clang-format on */

static const char objects[] = "SELECT name, type, sql FROM sqlite_schema ORDER BY name";

static bool same_object(sqlite3_stmt *a, sqlite3_stmt *b)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(store_text_at(a, i), store_text_at(b, i)) != 0)
			return false;
	return true;
}

static bool compare_objects(struct store *store, sqlite3_stmt *own, sqlite3_stmt *s, GError **error)
{
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		if (sqlite3_step(own) != SQLITE_ROW || !same_object(own, s))
			break;
	if (code == SQLITE_DONE && sqlite3_step(own) == SQLITE_DONE)
		return true;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_fail_db(store, "read", error);
	return store_fail(store->path, EXIT_USAGE, error,
			  "is no store of lapicsim sweep: its tables are others, or more");
}

static bool check_objects(struct store *store, GError **error)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *own = NULL, *s = NULL;
	bool ok = sqlite3_open(":memory:", &db) == SQLITE_OK &&
		  sqlite3_exec(db, store_schema, NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_prepare_v2(db, objects, -1, &own, NULL) == SQLITE_OK;

	if (!ok)
		store_fail(store->path, EXIT_IO, error, "cannot read: no memory");
	ok = ok && store_prepare(store, objects, &s, error) &&
	     compare_objects(store, own, s, error);
	sqlite3_finalize(s);
	sqlite3_finalize(own);
	sqlite3_close(db);
	return ok;
}

/* Of a page that is cut SQLite takes what is left, and zeros for the rest. */
static bool ends_with_a_page(const struct store *store, int64_t page)
{
	struct stat st;

	return stat(store->path, &st) || page <= 0 || st.st_size % page == 0;
}

bool store_check_schema(struct store *store, GError **error)
{
	static const char sql[] = "SELECT application_id, page_size"
				  " FROM pragma_application_id, pragma_page_size";
	sqlite3_stmt *s;
	bool ok;

	if (!store_prepare(store, sql, &s, error))
		return false;
	if (sqlite3_step(s) != SQLITE_ROW)
		ok = store_fail_db(store, "read", error);
	else if (strcmp(store_text_at(s, 0), STORE_APPLICATION_ID) != 0)
		ok = store_fail_format(store, error);
	else
		ok = ends_with_a_page(store, sqlite3_column_int64(s, 1)) ||
		     store_fail(store->path, EXIT_USAGE, error, "is damaged: its end is missing");
	sqlite3_finalize(s);
	return ok && check_objects(store, error);
}
