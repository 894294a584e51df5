/* SPDX-License-Identifier: MIT */
/* store_private - what the writing, the reading and the merging of a store share. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "interrupt.h"
#include "store.h"

#include <sqlite3.h>

#define STORE_APPLICATION_ID "1279348301" /* "LAPM" */

struct store {
	char *path;
	sqlite3 *db;
	struct store_info *info;
	sqlite3_stmt *insert_point, *insert_result, *insert_bucket; /* writing */
	sqlite3_stmt *points, *results, *buckets;                   /* reading */
	struct store_point point;
	uint64_t from; /* where reading begins */
	bool in_transaction;
};

/* The error of the last call on @store, with what it was about; always false. A message of ours
 * comes through store_fail(). */
bool store_fail_db(const struct store *store, const char *what, GError **error);
G_GNUC_PRINTF(4, 5)
bool store_fail(const char *path, int status, GError **error, const char *format, ...);

char *store_file_name(const char *path);

/* Opens the database alone. @flags as sqlite3_open_v2(). */
struct store *store_open_db(const char *path, int flags, GError **error);
bool store_exec(struct store *store, const char *sql, const char *what, GError **error);
bool store_prepare(struct store *store, const char *sql, sqlite3_stmt **ret, GError **error);

static inline const char *store_text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : ""; /* of NULL, and where there is no memory */
}

/* "is no store of lapicsim sweep"; always false. */
bool store_fail_format(const struct store *store, GError **error);

extern const char store_schema[]; /* SQL that makes the tables */

/* False: the file has other tables, or others beside them. */
bool store_check_schema(struct store *store, GError **error);

/* Reads the identity and the grid into store->info; refuses what is not a store. */
bool store_read_info(struct store *store, GError **error);

/* How many of @points the shard k of n holds. */
uint64_t store_share(uint64_t points, uint32_t k, uint32_t n);

/* What makes two of them different, or NULL; the shard only if @shard. */
char *store_info_difference(const struct store_info *a, const struct store_info *b, bool shard);

/* A store under the temporary name of its path, with its identity in it, in rollback mode. It is
 * locked against whoever makes the same one, until it gets its name or is given up. */
struct new_store {
	const char *path;
	char *temporary, *journal;
	struct unfinished unfinished[2];
	int lock; /* the temporary, open */
	struct store *store;
};
bool new_store_begin(struct new_store *new, const char *path, const struct store_info *info,
		     GError **error);
/* Closes the store and names it; refuses a name that exists. */
bool new_store_publish(struct new_store *new, GError **error);
void new_store_give_up(struct new_store *new);

#endif
