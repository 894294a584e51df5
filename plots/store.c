/* SPDX-License-Identifier: MIT */
#include "store_private.h"

#include "escape.h"
#include "input_file.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(lapicsim - store - error, store_error)

#define ROW_BYTES_MAX (1 << 20) /* of a row of any table: the longest text is a point's message */

bool store_fail(const char *path, int status, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *text = g_strdup_printf("%s: %s", *path ? path : "''", message);
	g_autofree char *shown = escaped(text);

	g_set_error_literal(error, STORE_ERROR, status, shown);
	return false;
}

/* What the system said, or 0: SQLite keeps it for a file that is still open, and for some calls.
 * @last is errno, which is of the last call that failed: not of one that looked whether a file is
 * there. */
static int system_error(const struct store *store, int last)
{
	static const char *const files[] = { "main", "part" }; /* part: what is merged */
	int ret = 0;

	for (size_t i = 0; !ret && i < G_N_ELEMENTS(files); i++)
		sqlite3_file_control(store->db, files[i], SQLITE_FCNTL_LAST_ERRNO, &ret);
	if (!ret)
		ret = sqlite3_system_errno(store->db);
	return ret ? ret : last == ENOENT ? 0 : last;
}

/* What the system said, where it was the system that refused. */
static const char *cause(const struct store *store, int code, int system)
{
	if (store->db && code == SQLITE_FULL)
		return "the disk is full";
	if (system && (code == SQLITE_IOERR || code == SQLITE_CANTOPEN))
		return g_strerror(system);
	return store->db ? sqlite3_errmsg(store->db) : "no memory";
}

bool store_fail_db(const struct store *store, const char *what, GError **error)
{
	const int last = errno;
	const int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_NOMEM;
	const int system = store->db ? system_error(store, last) : 0;

	/* To SQLite a disk that cannot be read is a file that is damaged. */
	if (code == SQLITE_CORRUPT && system == EIO)
		return store_fail(store->path, EXIT_IO, error, "cannot read: %s",
				  g_strerror(system));
	if (code == SQLITE_BUSY)
		return store_fail(store->path, EXIT_IO, error, "is in use by another process");
	if (code == SQLITE_NOTADB)
		return store_fail(store->path, EXIT_USAGE, error, "is no store of lapicsim sweep");
	/* An error in the language: a table that is not there. A constraint: rows that were. */
	if (code == SQLITE_CORRUPT || code == SQLITE_ERROR || code == SQLITE_CONSTRAINT ||
	    code == SQLITE_TOOBIG)
		return store_fail(store->path, EXIT_USAGE, error, "is damaged: %s",
				  sqlite3_errmsg(store->db));
	return store_fail(store->path, EXIT_IO, error, "cannot %s: %s", what,
			  cause(store, code, system));
}

/* To SQLite ":memory:" and "file:x?mode=memory" are no files. */
char *store_file_name(const char *path)
{
	return g_strconcat(g_path_is_absolute(path) ? "" : "./", path, NULL);
}

struct store *store_open_db(const char *path, int flags, GError **error)
{
	struct stat st;

	if (!*path) { /* store_file_name() would make the working directory of it */
		store_fail(path, EXIT_IO, error, "cannot open: %s", g_strerror(ENOENT));
		return NULL;
	}
	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode)) {
			store_fail(path, EXIT_USAGE, error, "is not a regular file");
			return NULL;
		}
		input_remember(&st, path);
	}
	struct store *store = g_new0(struct store, 1);
	g_autofree char *name = store_file_name(path);

	store->path = g_strdup(path);
	if (sqlite3_open_v2(name, &store->db, flags, NULL) == SQLITE_OK) {
		sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, ROW_BYTES_MAX);
		return store;
	}
	store_fail_db(store, "open", error);
	store_close(store);
	return NULL;
}

bool store_exec(struct store *store, const char *sql, const char *what, GError **error)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       store_fail_db(store, what, error);
}

bool store_prepare(struct store *store, const char *sql, sqlite3_stmt **ret, GError **error)
{
	return sqlite3_prepare_v2(store->db, sql, -1, ret, NULL) == SQLITE_OK ||
	       store_fail_db(store, "read", error);
}

/* --- creating --- */

/* Each argument of @sql: "t" a text, "i" an int64_t; one row. */
static bool insert(struct store *store, const char *sql, GError **error, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;

	if (!store_prepare(store, sql, &statement, error))
		return false;
	va_start(args, types);
	for (int i = 1; types[i - 1]; i++) {
		if (types[i - 1] == 't')
			sqlite3_bind_text(statement, i, va_arg(args, const char *), -1,
					  SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
	}
	va_end(args);
	const bool ok = sqlite3_step(statement) == SQLITE_DONE;

	sqlite3_finalize(statement);
	return ok || store_fail_db(store, "write", error);
}

static bool write_identity(struct store *store, const struct store_info *info, GError **error)
{
	static const char sql[] = "INSERT INTO identity VALUES (?, ?)";
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = { { "seed", info->master_seed },
			{ "cells", info->cells },
			{ "points", info->points },
			{ "shard", info->shard },
			{ "shards", info->shards } };
	const char *texts[][2] = { { "format", STORE_FORMAT },     { "program", info->program },
				   { "scenario", info->scenario }, { "about", info->about },
				   { "hash", "sha256" },           { "base", info->base_hash },
				   { "grid", info->grid_hash } };
	bool ok = true;

	for (size_t i = 0; ok && i < G_N_ELEMENTS(texts); i++)
		ok = insert(store, sql, error, "tt", texts[i][0], texts[i][1]);
	for (size_t i = 0; ok && i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *value = g_strdup_printf("%" PRIu64, numbers[i].value);

		ok = insert(store, sql, error, "tt", numbers[i].key, value);
	}
	return ok;
}

static bool write_axis(struct store *store, int64_t i, const struct store_axis *axis,
		       GError **error)
{
	bool ok = insert(store, "INSERT INTO axes VALUES (?, ?, ?, ?, ?)", error, "ittii", i,
			 axis->key, axis_unit_name(axis->unit), (int64_t)axis->n,
			 (int64_t)axis->stride);

	for (uint32_t k = 0; ok && k < axis->n; k++) {
		const struct store_axis_value *v = &axis->values[k];

		ok = v->has_number ? insert(store, "INSERT INTO axis_values VALUES (?, ?, ?, ?)",
					    error, "iiti", i, (int64_t)k, v->text, v->number)
				   : insert(store, "INSERT INTO axis_values VALUES (?, ?, ?, NULL)",
					    error, "iit", i, (int64_t)k, v->text);
	}
	return ok;
}

static const char *measured_in(struct exact_unit unit)
{
	if (exact_unit_equal(unit, EXACT_TIME))
		return "ps";
	if (exact_unit_equal(unit, EXACT_CYCLES))
		return "cycles";
	return exact_unit_equal(unit, EXACT_PLAIN) ? "" : "product";
}

static bool write_grid(struct store *store, const struct store_info *info, GError **error)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < info->n_axes; i++)
		ok = write_axis(store, i, &info->axes[i], error);
	for (uint32_t i = 0; ok && i < info->n_metrics; i++) {
		const struct store_metric *m = &info->metrics[i];

		ok = insert(store, "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", error, "itttii",
			    (int64_t)i, m->name, m->text, measured_in(m->unit),
			    (int64_t)m->unit.time, (int64_t)m->unit.cycles);
	}
	for (uint32_t i = 0; ok && i < info->n_histograms; i++) {
		const struct store_histogram *h = &info->histograms[i];

		ok = insert(store, "INSERT INTO histograms VALUES (?, ?, ?, ?, ?, ?)", error,
			    "itttii", (int64_t)i, h->name, h->text, measured_in(h->unit),
			    (int64_t)h->unit.time, (int64_t)h->unit.cycles);
	}
	return ok;
}

static void let_go(struct new_store *new)
{
	store_close(new->store);
	new->store = NULL;
	if (new->lock >= 0)
		close(new->lock);
	new->lock = -1;
	for (size_t i = 0; i < G_N_ELEMENTS(new->unfinished); i++)
		unfinished_remove(&new->unfinished[i]);
	g_free(new->temporary);
	g_free(new->journal);
	new->temporary = new->journal = NULL;
}

void new_store_give_up(struct new_store *new)
{
	unlink(new->temporary);
	unlink(new->journal);
	let_go(new);
}

static bool fail_exists(const char *path, GError **error)
{
	return store_fail(
		path, EXIT_USAGE, error,
		"exists already; name another (lapicsim sweep --resume goes on with a sweep)");
}

/* None of the files that a store is made by, SQLite's too, is one that was read. */
static bool leaves_inputs(const char *path, GError **error)
{
	static const char *const suffixes[] = { ".new", ".new-journal", "-wal", "-journal" };
	int status = EXIT_OK;

	for (size_t i = 0; status == EXIT_OK && i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *name = g_strconcat(path, suffixes[i], NULL);
		g_autofree char *why = NULL;

		status = output_check(name, &why);
		if (status != EXIT_OK)
			g_set_error(error, STORE_ERROR, status, "%s", why);
	}
	return status == EXIT_OK;
}

/* The file that is locked is the one that has the name: whoever had it may have named it finally,
 * or given it up. */
static bool still_there(const struct new_store *new)
{
	struct stat locked, named;

	return !fstat(new->lock, &locked) && !lstat(new->temporary, &named) &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/* By hand, for the reason why it cannot be: SQLite tries once more, to read it, and says that there
 * is none. What a process that was killed has left is taken over, empty; a link is not, to whatever
 * file. */
static bool lock_temporary(struct new_store *new, GError **error)
{
	do {
		if (new->lock >= 0)
			close(new->lock);
		new->lock = open(new->temporary, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (new->lock < 0)
			return store_fail(new->path, EXIT_IO, error, "cannot create: %s",
					  g_strerror(errno));
		if (flock(new->lock, LOCK_EX | LOCK_NB))
			return store_fail(new->path, EXIT_IO, error,
					  errno == EWOULDBLOCK ? "is being made by another process"
							       : "cannot lock: %s",
					  g_strerror(errno));
	} while (!still_there(new));
	unfinished_add(&new->unfinished[0], new->temporary);
	unfinished_add(&new->unfinished[1], new->journal);
	return true;
}

bool new_store_begin(struct new_store *new, const char *path, const struct store_info *info,
		     GError **error)
{
	sigset_t signals;

	*new = (struct new_store){ .path = path, .lock = -1 };
	if (access(path, F_OK) == 0)
		return fail_exists(path, error);
	new->temporary = g_strdup_printf("%s.new", path);
	new->journal = g_strconcat(new->temporary, "-journal", NULL);
	if (!leaves_inputs(path, error)) {
		let_go(new);
		return false;
	}
	interrupt_hold(&signals);
	const bool locked = lock_temporary(new, error);

	interrupt_release(&signals);
	if (!locked) {
		let_go(new); /* another's, perhaps: it stays */
		return false;
	}
	unlink(new->journal);
	if (ftruncate(new->lock, 0)) {
		store_fail(path, EXIT_IO, error, "cannot create: %s", g_strerror(errno));
		new_store_give_up(new);
		return false;
	}
	if (access(path, F_OK) == 0) { /* made while this one came to its lock */
		new_store_give_up(new);
		return fail_exists(path, error);
	}
	new->store = store_open_db(new->temporary, SQLITE_OPEN_READWRITE, error);
	if (new->store &&
	    store_exec(new->store, "PRAGMA synchronous = FULL; BEGIN", "create", error) &&
	    store_exec(new->store, store_schema, "create", error) &&
	    write_identity(new->store, info, error) && write_grid(new->store, info, error) &&
	    store_exec(new->store, "COMMIT", "write", error))
		return true;
	new_store_give_up(new);
	return false;
}

bool new_store_publish(struct new_store *new, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(new->path);

	store_close(new->store);
	new->store = NULL;
	/* A link, for it refuses a name that exists; rename() would replace it. */
	if (link(new->temporary, new->path)) {
		const int cause = errno;

		new_store_give_up(new);
		return cause == EEXIST ? store_fail(new->path, EXIT_USAGE, error, "exists already")
				       : store_fail(new->path, EXIT_IO, error, "cannot create: %s",
						    g_strerror(cause));
	}
	unlink(new->temporary);
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd); /* some file systems cannot; the file itself is on the disk */
		close(fd);
	}
	let_go(new);
	return true;
}

/* --- writing --- */

static bool start_writing(struct store *store, GError **error)
{
	static const char modes[] = "PRAGMA synchronous = FULL;"
				    "PRAGMA journal_mode = WAL;"
				    "BEGIN IMMEDIATE; COMMIT";

	return store_exec(store, modes, "write", error) &&
	       store_prepare(store, "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?)",
			     &store->insert_point, error) &&
	       store_prepare(store, "INSERT INTO results VALUES (?, ?, ?, ?, ?)",
			     &store->insert_result, error) &&
	       store_prepare(store, "INSERT INTO buckets VALUES (?, ?, ?, ?, ?)",
			     &store->insert_bucket, error);
}

struct store *store_create(const char *path, const struct store_info *info, GError **error)
{
	struct new_store new;

	if (!new_store_begin(&new, path, info, error) || !new_store_publish(&new, error))
		return NULL;
	return store_resume(path, info, error);
}

/* Of whoever was killed while he made a finished store one file. */
static bool has_leftovers(const char *path)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autofree char *journal = g_strconcat(path, "-journal", NULL);

	return access(wal, F_OK) == 0 || access(journal, F_OK) == 0;
}

/* Locked from the first reading on: no shared memory is needed then, so a network file system will
 * do. Nothing is written, not even the mode of the journal, before it is known to be this sweep's.
 */
struct store *store_resume(const char *path, const struct store_info *info, GError **error)
{
	struct store *store = store_open_db(path, SQLITE_OPEN_READWRITE, error);

	if (!store)
		return NULL;
	if (store_exec(store, "PRAGMA locking_mode = EXCLUSIVE", "read", error) &&
	    store_read_info(store, error)) {
		g_autofree char *difference = store_info_difference(store->info, info, true);

		if (difference)
			store_fail(path, EXIT_USAGE, error, "is of another sweep: %s", difference);
		else if ((store->info->finished && !has_leftovers(path)) ||
			 start_writing(store, error))
			return store;
	}
	store_close(store);
	return NULL;
}

static void bind_exact(sqlite3_stmt *statement, int i, __int128 value)
{
	char digits[48];
	size_t at = sizeof(digits) - 1;
	unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;

	if (value >= INT64_MIN && value <= INT64_MAX) {
		sqlite3_bind_int64(statement, i, (int64_t)value);
		return;
	}
	digits[at] = '\0';
	for (; rest; rest /= 10)
		digits[--at] = (char)('0' + (int)(rest % 10));
	if (value < 0)
		digits[--at] = '-';
	sqlite3_bind_text(statement, i, digits + at, -1, SQLITE_TRANSIENT);
}

static bool step_insert(struct store *store, sqlite3_stmt *statement, GError **error)
{
	const bool ok =
		sqlite3_step(statement) == SQLITE_DONE || store_fail_db(store, "write", error);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return ok;
}

static bool add_values(struct store *store, const struct store_point *point, GError **error)
{
	sqlite3_stmt *s = store->insert_result;
	bool ok = true;

	for (uint32_t i = 0; ok && i < store->info->n_metrics; i++) {
		const struct store_value *v = &point->values[i];

		sqlite3_bind_int64(s, 1, (int64_t)point->point);
		sqlite3_bind_int64(s, 2, i);
		if (v->there) {
			bind_exact(s, 3, v->value.num);
			bind_exact(s, 4, v->value.den);
		} else {
			sqlite3_bind_text(s, 5, v->why, -1, SQLITE_TRANSIENT);
		}
		ok = step_insert(store, s, error);
	}
	return ok;
}

struct bucket_writer {
	struct store *store;
	uint64_t point;
	uint32_t histogram;
	bool ok;
	GError **error;
};

static void add_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	struct bucket_writer *w = data;
	sqlite3_stmt *s = w->store->insert_bucket;

	if (!w->ok)
		return;
	sqlite3_bind_int64(s, 1, (int64_t)w->point);
	sqlite3_bind_int64(s, 2, w->histogram);
	sqlite3_bind_int64(s, 3, low);
	sqlite3_bind_int64(s, 4, high);
	sqlite3_bind_int64(s, 5, (int64_t)count);
	w->ok = step_insert(w->store, s, w->error);
}

bool store_add(struct store *store, const struct store_point *point,
	       struct histogram *const *histograms, GError **error)
{
	sqlite3_stmt *s = store->insert_point;
	g_autofree char *fingerprint = g_strdup_printf("%016" PRIx64, point->fingerprint);

	if (!store->in_transaction && !store_exec(store, "BEGIN", "write", error))
		return false;
	store->in_transaction = true;
	sqlite3_bind_int64(s, 1, (int64_t)point->point);
	sqlite3_bind_int64(s, 2, (int64_t)point->cell);
	bind_exact(s, 3, point->seed);
	sqlite3_bind_text(s, 4, point_status_name(point->status), -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, fingerprint, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 6, (int64_t)point->records);
	if (point->message)
		sqlite3_bind_text(s, 7, point->message, -1, SQLITE_TRANSIENT);
	struct bucket_writer w = { store, point->point, 0, step_insert(store, s, error), error };

	w.ok = w.ok && add_values(store, point, error);
	for (; w.histogram < store->info->n_histograms; w.histogram++)
		if (histograms && histograms[w.histogram])
			histogram_each(histograms[w.histogram], add_bucket, &w);
	if (w.ok)
		store->info->done++;
	return w.ok;
}

bool store_commit(struct store *store, GError **error)
{
	if (!store->in_transaction)
		return true;
	store->in_transaction = false;
	return store_exec(store, "COMMIT", "write", error);
}

bool store_finish(struct store *store, GError **error)
{
	if (!store->info->finished &&
	    (!store_commit(store, error) ||
	     !store_exec(store, "UPDATE state SET finished = 1", "write", error)))
		return false;
	/* A resumed one may be so already: then nothing is written. */
	store->info->finished = true;
	return store_exec(store, "PRAGMA journal_mode = DELETE", "write", error);
}

bool store_made_by(struct store *store, const char *key, const char *value, GError **error)
{
	return insert(store, "INSERT INTO made_by VALUES (?, coalesce(?, datetime('now')))", error,
		      "tt", key, value);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->insert_point);
	sqlite3_finalize(store->insert_result);
	sqlite3_finalize(store->insert_bucket);
	sqlite3_finalize(store->points);
	sqlite3_finalize(store->results);
	sqlite3_finalize(store->buckets);
	sqlite3_close(store->db);
	for (uint32_t i = 0; store->info && store->point.values && i < store->info->n_metrics; i++)
		g_free(store->point.values[i].why);
	g_free(store->point.values);
	g_free(store->point.message);
	store_info_free(store->info);
	g_free(store->path);
	g_free(store);
}
