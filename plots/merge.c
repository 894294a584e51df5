/* SPDX-License-Identifier: MIT */
/* One store out of the shards of a sweep. Everything is checked before anything is written. */
#include "store_private.h"

#include "run.h"

#include <inttypes.h>
#include <unistd.h>

struct shards {
	const char *const *paths;
	const char **by_shard; /* the path that holds shard k */
	struct store_info *info;
};

static bool take_shard(struct shards *s, const char *path, struct store *store, GError **error)
{
	const struct store_info *info = store->info;
	g_autofree char *difference = s->info ? store_info_difference(info, s->info, false) : NULL;

	if (difference)
		return store_fail(path, EXIT_USAGE, error, "and %s are of two sweeps: %s",
				  s->paths[0], difference);
	if (s->info && info->shards != s->info->shards)
		return store_fail(path, EXIT_USAGE, error, "is one of %u shards, %s one of %u",
				  info->shards, s->paths[0], s->info->shards);
	if (!s->by_shard)
		s->by_shard = g_new0(const char *, info->shards);
	if (s->by_shard[info->shard])
		return store_fail(path, EXIT_USAGE, error, "is shard %u, and so is %s", info->shard,
				  s->by_shard[info->shard]);
	s->by_shard[info->shard] = path;
	if (!s->info) {
		s->info = store->info;
		store->info = NULL;
		g_clear_pointer(&store->point.values, g_free);
	}
	return true;
}

static bool check_shards(struct shards *s, GError **error)
{
	for (const char *const *path = s->paths; *path; path++) {
		struct store *store = store_open(*path, false, error);
		const bool ok = store && take_shard(s, *path, store, error);

		store_close(store);
		if (!ok)
			return false;
	}
	for (uint32_t k = 0; k < s->info->shards; k++)
		if (!s->by_shard[k])
			return store_fail(s->paths[0], EXIT_USAGE, error,
					  "is one of %u shards: shard %u/%u is missing",
					  s->info->shards, k, s->info->shards);
	return true;
}

static bool copy_shard(struct store *out, const char *path, GError **error)
{
	static const char sql[] = "BEGIN;"
				  "INSERT INTO points SELECT * FROM part.points;"
				  "INSERT INTO results SELECT * FROM part.results;"
				  "INSERT INTO buckets SELECT * FROM part.buckets;"
				  "INSERT INTO made_by SELECT * FROM part.made_by;"
				  "COMMIT; DETACH part";
	sqlite3_stmt *attach;

	if (!store_prepare(out, "ATTACH ? AS part", &attach, error))
		return false;
	g_autofree char *name = store_file_name(path);

	sqlite3_bind_text(attach, 1, name, -1, SQLITE_STATIC);
	const bool ok = sqlite3_step(attach) == SQLITE_DONE || store_fail_db(out, "read", error);

	sqlite3_finalize(attach);
	if (ok && store_exec(out, sql, "merge", error))
		return true;
	g_prefix_error(error, "%s: ", path);
	return false;
}

static bool write_merged(struct shards *s, const char *path, GError **error)
{
	const uint32_t n = s->info->shards;
	struct new_store out;

	s->info->shard = 0;
	s->info->shards = 1;
	if (!new_store_begin(&out, path, s->info, error))
		return false;
	bool ok = true;

	for (uint32_t k = 0; ok && k < n; k++)
		ok = copy_shard(out.store, s->by_shard[k], error);
	if (ok && store_exec(out.store, "UPDATE state SET finished = 1", "write", error))
		return new_store_publish(&out, error);
	new_store_give_up(&out);
	return false;
}

bool store_merge(const char *out, const char *const *in, GError **error)
{
	struct shards s = { .paths = in };
	const bool ok = check_shards(&s, error) && write_merged(&s, out, error);

	g_free(s.by_shard);
	store_info_free(s.info);
	return ok;
}
