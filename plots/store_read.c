/* SPDX-License-Identifier: MIT */
#include "store_private.h"

#include "run.h"
#include "scenario_limits.h"

#include <inttypes.h>
#include <string.h>

static const char *const status_names[] = {
	[POINT_OK] = "ok",         [POINT_EXPECTATION] = "expectation", [POINT_REFUSED] = "refused",
	[POINT_BROKEN] = "broken", [POINT_BUDGET] = "budget",
};

const char *point_status_name(enum point_status status) { return status_names[status]; }

void store_info_free(struct store_info *info)
{
	if (!info)
		return;
	for (uint32_t i = 0; i < info->n_axes; i++) {
		for (uint32_t k = 0; k < info->axes[i].n; k++)
			g_free(info->axes[i].values[k].text);
		g_free(info->axes[i].values);
		g_free(info->axes[i].key);
	}
	for (uint32_t i = 0; i < info->n_metrics; i++) {
		g_free(info->metrics[i].name);
		g_free(info->metrics[i].text);
	}
	for (uint32_t i = 0; i < info->n_histograms; i++) {
		g_free(info->histograms[i].name);
		g_free(info->histograms[i].text);
	}
	g_free(info->axes);
	g_free(info->metrics);
	g_free(info->histograms);
	g_free(info->program);
	g_free(info->scenario);
	g_free(info->about);
	g_free(info->base_hash);
	g_free(info->grid_hash);
	g_free(info);
}

char *store_info_difference(const struct store_info *a, const struct store_info *b, bool shard)
{
	const struct {
		const char *what, *a, *b;
	} texts[] = {
		{ "made by lapicsim", a->program, b->program },
		{ "of the scenario", a->scenario, b->scenario },
		{ "the scenario with its --set hashes to", a->base_hash, b->base_hash },
		{ "axes, constraints and metrics hash to", a->grid_hash, b->grid_hash },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (!g_str_equal(texts[i].a, texts[i].b))
			return g_strdup_printf("%s '%.12s', here it is '%.12s'", texts[i].what,
					       texts[i].a, texts[i].b);
	if (a->master_seed != b->master_seed)
		return g_strdup_printf("its seed is %" PRIu64 ", here it is %" PRIu64,
				       a->master_seed, b->master_seed);
	if (shard && (a->shard != b->shard || a->shards != b->shards))
		return g_strdup_printf("it is shard %u/%u, here it is %u/%u", a->shard, a->shards,
				       b->shard, b->shards);
	return NULL;
}

/* --- the identity and the grid --- */

bool store_fail_format(const struct store *store, GError **error)
{
	return store_fail(store->path, EXIT_USAGE, error, "is no store of lapicsim sweep");
}

/* A number of the identity; 0 is refused later where it has no sense. */
static uint64_t number_of(const char *text)
{
	uint64_t n = 0;

	return g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, &n, NULL) ? n : 0;
}

static void take_identity(struct store_info *info, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **to;
	} texts[] = { { "program", &info->program },
		      { "scenario", &info->scenario },
		      { "about", &info->about },
		      { "base", &info->base_hash },
		      { "grid", &info->grid_hash } };
	const struct {
		const char *key;
		uint64_t *to;
	} numbers[] = { { "seed", &info->master_seed },
			{ "cells", &info->cells },
			{ "points", &info->points } };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (g_str_equal(key, texts[i].key)) {
			g_free(*texts[i].to);
			*texts[i].to = g_strdup(value);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (g_str_equal(key, numbers[i].key))
			*numbers[i].to = number_of(value);
	if (g_str_equal(key, "shard"))
		info->shard = (uint32_t)MIN(number_of(value), UINT32_MAX);
	else if (g_str_equal(key, "shards"))
		info->shards = (uint32_t)MIN(number_of(value), UINT32_MAX);
}

/* Each row of @sql, in its order, to @fn; false: the rows are not those of a store. */
static bool each_row(struct store *store, const char *sql,
		     bool (*fn)(struct store_info *info, sqlite3_stmt *row), GError **error)
{
	sqlite3_stmt *s;
	bool ok = true;
	int code;

	if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK) {
		if ((sqlite3_errcode(store->db) & 0xff) == SQLITE_ERROR) /* no such table */
			return store_fail_format(store, error);
		return store_fail_db(store, "read", error);
	}
	while ((code = sqlite3_step(s)) == SQLITE_ROW && ok)
		ok = fn(store->info, s);
	if (ok && code != SQLITE_DONE)
		ok = store_fail_db(store, "read", error);
	else if (!ok)
		store_fail_format(store, error);
	sqlite3_finalize(s);
	return ok;
}

static bool identity_row(struct store_info *info, sqlite3_stmt *row)
{
	take_identity(info, store_text_at(row, 0), store_text_at(row, 1));
	return true;
}

static bool axis_row(struct store_info *info, sqlite3_stmt *row)
{
	const int64_t n = sqlite3_column_int64(row, 3), stride = sqlite3_column_int64(row, 4);
	const uint32_t i = info->n_axes;
	enum axis_unit unit = AXIS_PLAIN;

	while (unit <= AXIS_WORD && !g_str_equal(axis_unit_name(unit), store_text_at(row, 2)))
		unit++;
	if (sqlite3_column_int64(row, 0) != i || i == LIMIT_SWEEP_AXES || n < 1 ||
	    n != sqlite3_column_int64(row, 5) || stride < 1 || unit > AXIS_WORD)
		return false;
	info->axes = g_renew(struct store_axis, info->axes, i + 1);
	info->axes[i] = (struct store_axis){ g_strdup(store_text_at(row, 1)), unit, 0, NULL,
					     (uint64_t)stride };
	info->n_axes++;
	return true;
}

/* They come axis by axis, each in order. */
static bool axis_value_row(struct store_info *info, sqlite3_stmt *row)
{
	const int64_t axis = sqlite3_column_int64(row, 0);

	if (axis < 0 || axis >= info->n_axes)
		return false;
	struct store_axis *a = &info->axes[axis];

	if (sqlite3_column_int64(row, 1) != a->n || a->n == LIMIT_SWEEP_VALUES)
		return false;
	if ((a->n & (a->n - 1)) == 0) /* at each power of two it doubles */
		a->values = g_renew(struct store_axis_value, a->values, a->n ? 2 * a->n : 1);
	a->values[a->n++] = (struct store_axis_value){
		.text = g_strdup(store_text_at(row, 2)),
		.has_number = sqlite3_column_type(row, 3) == SQLITE_INTEGER,
		.number = sqlite3_column_int64(row, 3),
	};
	return true;
}

static struct exact_unit unit_at(sqlite3_stmt *row)
{
	return (struct exact_unit){ (int8_t)sqlite3_column_int(row, 4),
				    (int8_t)sqlite3_column_int(row, 5) };
}

static bool metric_row(struct store_info *info, sqlite3_stmt *row)
{
	const uint32_t i = info->n_metrics;

	if (sqlite3_column_int64(row, 0) != i || i == LIMIT_SWEEP_TEXTS)
		return false;
	info->metrics = g_renew(struct store_metric, info->metrics, i + 1);
	info->metrics[i] = (struct store_metric){ g_strdup(store_text_at(row, 1)),
						  g_strdup(store_text_at(row, 2)), unit_at(row) };
	info->n_metrics++;
	return true;
}

static bool histogram_row(struct store_info *info, sqlite3_stmt *row)
{
	const uint32_t i = info->n_histograms;

	if (sqlite3_column_int64(row, 0) != i || i == LIMIT_SWEEP_TEXTS)
		return false;
	info->histograms = g_renew(struct store_histogram, info->histograms, i + 1);
	info->histograms[i] =
		(struct store_histogram){ g_strdup(store_text_at(row, 1)),
					  g_strdup(store_text_at(row, 2)), unit_at(row) };
	info->n_histograms++;
	return true;
}

static bool state_row(struct store_info *info, sqlite3_stmt *row)
{
	info->finished = sqlite3_column_int(row, 0) == 1;
	info->done = (uint64_t)sqlite3_column_int64(row, 1);
	return true;
}

static bool format_row(struct store_info *info, sqlite3_stmt *row)
{
	return g_str_equal(store_text_at(row, 0), STORE_FORMAT);
}

/* What is printed must not drive a terminal. */
static bool is_harmless(const char *text)
{
	if (!text || !g_utf8_validate(text, -1, NULL))
		return false;
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return false;
	return true;
}

/* Nor a spreadsheet. */
static bool is_name(const char *text) { return is_harmless(text) && !sweep_text_is_formula(text); }

static bool is_value(const struct store_axis_value *value)
{
	struct sweep_number number;

	return is_harmless(value->text) &&
	       (!sweep_text_is_formula(value->text) || sweep_number_read(value->text, &number));
}

static bool check_texts(const struct store_info *info)
{
	bool ok = is_harmless(info->program) && is_harmless(info->scenario) &&
		  is_harmless(info->about) && is_harmless(info->base_hash) &&
		  is_harmless(info->grid_hash);

	for (uint32_t i = 0; i < info->n_axes; i++) {
		ok = ok && is_name(info->axes[i].key);
		for (uint32_t k = 0; ok && k < info->axes[i].n; k++)
			ok = is_value(&info->axes[i].values[k]);
	}
	for (uint32_t i = 0; i < info->n_metrics; i++)
		ok = ok && is_name(info->metrics[i].name) && is_name(info->metrics[i].text);
	for (uint32_t i = 0; i < info->n_histograms; i++)
		ok = ok && is_name(info->histograms[i].name) && is_name(info->histograms[i].text);
	return ok;
}

/* The numbers must make a grid, for what is read is computed with. */
static bool check_info(const struct store_info *info)
{
	uint64_t stride = 1;

	for (uint32_t i = info->n_axes; i-- > 0;) {
		if (!info->axes[i].n || info->axes[i].stride != stride ||
		    !g_uint64_checked_mul(&stride, stride, info->axes[i].n))
			return false;
	}
	return info->cells == stride && info->cells <= LIMIT_SWEEP_POINTS &&
	       info->points <= info->cells && info->shard < info->shards &&
	       info->shards <= LIMIT_SHARDS && check_texts(info);
}

uint64_t store_share(uint64_t points, uint32_t k, uint32_t n)
{
	return points > k ? (points - k - 1) / n + 1 : 0;
}

bool store_read_info(struct store *store, GError **error)
{
	static const struct {
		const char *sql;
		bool (*fn)(struct store_info *info, sqlite3_stmt *row);
	} parts[] = {
		{ "SELECT value FROM identity WHERE key = 'format'", format_row },
		{ "SELECT key, value FROM identity", identity_row },
		{ "SELECT axis, key, unit, n, stride,"
		  " (SELECT count(*) FROM axis_values v WHERE v.axis = a.axis)"
		  " FROM axes a ORDER BY axis",
		  axis_row },
		{ "SELECT axis, place, text, number FROM axis_values ORDER BY axis, place",
		  axis_value_row },
		{ "SELECT * FROM metrics ORDER BY metric", metric_row },
		{ "SELECT * FROM histograms ORDER BY histogram", histogram_row },
		{ "SELECT finished, (SELECT count(*) FROM points) FROM state", state_row },
	};

	store->info = g_new0(struct store_info, 1);
	if (!store_check_schema(store, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (!each_row(store, parts[i].sql, parts[i].fn, error))
			return false;
	store->point.values = g_new0(struct store_value, store->info->n_metrics);
	if (!check_info(store->info))
		return store_fail_format(store, error);
	const struct store_info *info = store->info;

	if (!info->finished || info->done == store_share(info->points, info->shard, info->shards))
		return true;
	return store_fail(store->path, EXIT_USAGE, error, "is damaged: points are missing");
}

struct store *store_open(const char *path, bool partial, GError **error)
{
	/* To be able to end what a killed writer began; where that is not allowed it is read alone.
	 */
	struct store *store = store_open_db(path, SQLITE_OPEN_READWRITE, error);

	if (!store)
		return NULL;
	/* Of an unfinished store, this makes SQLite need no shared memory, which it would leave
	 * behind. */
	if (store_exec(store, "PRAGMA query_only = ON; PRAGMA locking_mode = EXCLUSIVE", "read",
		       error) &&
	    store_read_info(store, error)) {
		const struct store_info *info = store->info;

		if (info->finished || partial)
			return store;
		store_fail(path, EXIT_USAGE, error,
			   "is unfinished: %" PRIu64 " of %" PRIu64
			   " points are there; finish it by lapicsim sweep --resume",
			   info->done, store_share(info->points, info->shard, info->shards));
	}
	store_close(store);
	return NULL;
}

const struct store_info *store_info(const struct store *store) { return store->info; }

/* --- the points --- */

static bool exact_at(sqlite3_stmt *s, int column, __int128 *ret)
{
	const char *text;
	unsigned n = 0;

	if (sqlite3_column_type(s, column) == SQLITE_INTEGER) {
		*ret = sqlite3_column_int64(s, column);
		return true;
	}
	text = store_text_at(s, column);
	const bool negative = *text == '-';

	*ret = 0;
	for (text += negative; g_ascii_isdigit(*text) && n < 38; text++, n++)
		*ret = *ret * 10 + (*text - '0');
	*ret = negative ? -*ret : *ret;
	return n && !*text;
}

static bool value_at(sqlite3_stmt *s, struct exact_unit unit, struct store_value *ret)
{
	__int128 num, den;

	g_free(ret->why);
	*ret = (struct store_value){ 0 };
	if (sqlite3_column_type(s, 2) == SQLITE_NULL) {
		ret->why = g_strdup(store_text_at(s, 4));
		return true;
	}
	if (!exact_at(s, 2, &num) || !exact_at(s, 3, &den) || den <= 0)
		return false;
	ret->there = true;
	ret->value = exact_fraction(num, den, unit);
	return true;
}

static bool read_values(struct store *store, GError **error)
{
	const struct store_info *info = store->info;
	sqlite3_stmt *s = store->results;

	for (uint32_t i = 0; i < info->n_metrics; i++) {
		const int code = sqlite3_step(s);

		if (code != SQLITE_ROW && code != SQLITE_DONE)
			return store_fail_db(store, "read", error);
		if (code == SQLITE_DONE ||
		    sqlite3_column_int64(s, 0) != (int64_t)store->point.point ||
		    sqlite3_column_int64(s, 1) != i ||
		    !value_at(s, info->metrics[i].unit, &store->point.values[i]))
			return store_fail(store->path, EXIT_USAGE, error,
					  "is damaged: the results of point %" PRIu64
					  " are not complete",
					  store->point.point);
	}
	return true;
}

static bool read_point(struct store *store, GError **error)
{
	sqlite3_stmt *s = store->points;
	struct store_point *p = &store->point;
	__int128 seed = 0;
	size_t status = 0;

	const struct store_info *info = store->info;

	p->point = (uint64_t)sqlite3_column_int64(s, 0);
	p->cell = (uint64_t)sqlite3_column_int64(s, 1);
	while (status < G_N_ELEMENTS(status_names) &&
	       !g_str_equal(status_names[status], store_text_at(s, 3)))
		status++;
	if (sqlite3_column_type(s, 0) != SQLITE_INTEGER || p->point >= info->points ||
	    p->point % info->shards != info->shard || sqlite3_column_type(s, 1) != SQLITE_INTEGER ||
	    p->cell >= info->cells || status == G_N_ELEMENTS(status_names) ||
	    !exact_at(s, 2, &seed) ||
	    !g_ascii_string_to_unsigned(store_text_at(s, 4), 16, 0, UINT64_MAX, &p->fingerprint,
					NULL))
		return store_fail(store->path, EXIT_USAGE, error, "is damaged at point %" PRIu64,
				  p->point);
	p->seed = (uint64_t)seed;
	p->status = (enum point_status)status;
	p->records = (uint64_t)sqlite3_column_int64(s, 5);
	g_free(p->message);
	p->message =
		sqlite3_column_type(s, 6) == SQLITE_NULL ? NULL : g_strdup(store_text_at(s, 6));
	return read_values(store, error);
}

static bool start_reading(struct store *store, GError **error)
{
	if (!store_prepare(store, "SELECT * FROM points WHERE point >= ? ORDER BY point",
			   &store->points, error) ||
	    !store_prepare(store, "SELECT * FROM results WHERE point >= ? ORDER BY point, metric",
			   &store->results, error))
		return false;
	sqlite3_bind_int64(store->points, 1, (int64_t)store->from);
	sqlite3_bind_int64(store->results, 1, (int64_t)store->from);
	return true;
}

bool store_next(struct store *store, const struct store_point **ret, GError **error)
{
	if (!store->points && !start_reading(store, error))
		return false;
	const int code = sqlite3_step(store->points);

	*ret = &store->point;
	if (code == SQLITE_ROW)
		return read_point(store, error);
	if (code != SQLITE_DONE)
		return store_fail_db(store, "read", error);
	store_rewind(store);
	return false;
}

void store_seek(struct store *store, uint64_t point)
{
	sqlite3_finalize(store->points);
	sqlite3_finalize(store->results);
	store->points = store->results = NULL;
	store->from = point;
}

void store_rewind(struct store *store) { store_seek(store, 0); }

bool store_count(struct store *store, uint64_t ret[POINT_BUDGET + 1], GError **error)
{
	sqlite3_stmt *s;
	int code;

	memset(ret, 0, (POINT_BUDGET + 1) * sizeof(*ret));
	if (!store_prepare(store, "SELECT status, count(*) FROM points GROUP BY status", &s, error))
		return false;
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		for (size_t i = 0; i < G_N_ELEMENTS(status_names); i++)
			if (g_str_equal(status_names[i], store_text_at(s, 0)))
				ret[i] = (uint64_t)sqlite3_column_int64(s, 1);
	const bool ok = code == SQLITE_DONE || store_fail_db(store, "read", error);

	sqlite3_finalize(s);
	return ok;
}

uint32_t store_axis_index(const struct store_info *info, uint64_t cell, uint32_t axis)
{
	return (uint32_t)(cell / info->axes[axis].stride % info->axes[axis].n);
}

const struct store_axis_value *store_axis_value(const struct store_info *info, uint64_t cell,
						uint32_t axis)
{
	return &info->axes[axis].values[store_axis_index(info, cell, axis)];
}

int store_find_axis(const struct store_info *info, const char *name)
{
	int found = -1;

	for (uint32_t i = 0; i < info->n_axes; i++)
		if (g_str_equal(info->axes[i].key, name))
			return (int)i;
	for (uint32_t i = 0; i < info->n_axes; i++) {
		const char *dot = strrchr(info->axes[i].key, '.');

		if (!dot || !g_str_equal(dot + 1, name))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

int store_find_metric(const struct store_info *info, const char *name)
{
	for (uint32_t i = 0; i < info->n_metrics; i++)
		if (g_str_equal(info->metrics[i].name, name) ||
		    g_str_equal(info->metrics[i].text, name))
			return (int)i;
	return -1;
}

int store_find_histogram(const struct store_info *info, const char *name)
{
	for (uint32_t i = 0; i < info->n_histograms; i++)
		if (g_str_equal(info->histograms[i].name, name) ||
		    g_str_equal(info->histograms[i].text, name))
			return (int)i;
	return -1;
}

static bool is_bucket(sqlite3_stmt *s)
{
	for (int i = 0; i < 3; i++)
		if (sqlite3_column_type(s, i) != SQLITE_INTEGER)
			return false;
	return sqlite3_column_int64(s, 0) <= sqlite3_column_int64(s, 1) &&
	       sqlite3_column_int64(s, 2) > 0;
}

bool store_histogram_each(struct store *store, uint64_t point, uint32_t histogram,
			  store_bucket_fn *fn, void *data, GError **error)
{
	static const char sql[] = "SELECT low, high, count FROM buckets"
				  " WHERE point = ? AND histogram = ? ORDER BY low";
	int code;

	if (!store->buckets && !store_prepare(store, sql, &store->buckets, error))
		return false;
	sqlite3_stmt *s = store->buckets;

	sqlite3_bind_int64(s, 1, (int64_t)point);
	sqlite3_bind_int64(s, 2, histogram);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && is_bucket(s))
		fn(data, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
		   (uint64_t)sqlite3_column_int64(s, 2));
	const bool ok = code == SQLITE_DONE;

	if (code == SQLITE_ROW)
		store_fail(store->path, EXIT_USAGE, error,
			   "is damaged: the buckets of point %" PRIu64, point);
	else if (!ok)
		store_fail_db(store, "read", error);

	sqlite3_reset(s);
	return ok;
}
