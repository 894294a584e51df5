/* SPDX-License-Identifier: MIT */
/*
 * store - the results of a sweep: one SQLite database that loses nothing and says what made it.
 *
 *	store_create() | store_resume() -> store_add() ... store_commit() -> store_finish()
 *	store_open() -> store_info() -> store_next() ... | store_histogram_each() -> store_close()
 *
 * Tables. identity: key, value; two stores may be merged, and a sweep resumed, only if all of it
 * but the shard is equal. axes, axis_values: the grid. metrics, histograms: what is measured.
 * points: one row a run, with its number, cell, seed, status and fingerprint. results: one row a
 * point and metric. buckets: one row a point, histogram and bucket. made_by: date, host, threads;
 * never compared. state: whether the sweep is finished. View `parameters`: the value of each axis
 * at each point.
 *
 * A cell is a place in the full grid: axes in order, the last moves fastest. A point is a cell
 * that all constraints admit; points are numbered in the order of their cells. A shard k/n holds
 * the points p with p mod n = k.
 *
 * A new store appears under its name only with its identity in it. While it is written it is in
 * WAL mode, synchronous=FULL, and locked against all others; points are added in their order, so
 * what is there is always a prefix. store_finish() makes it one file in rollback mode that can be
 * read from anywhere.
 *
 * Units:  ps, cycles, kHz, as each axis and metric says; values are exact fractions.
 * Errors: GError of STORE_ERROR, whose code is an exit status (run.h); the message names the file.
 */
#ifndef STORE_H
#define STORE_H

#include "exact.h"
#include "histogram.h"
#include "sweep_axis.h"

#include <glib.h>

#define STORE_FORMAT "1"

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

struct store_axis_value {
	char *text; /* as --set takes it */
	bool has_number;
	int64_t number; /* in the unit of the axis */
};

struct store_axis {
	char *key; /* "kernel", "variant", "seed", "vms.vm0.guest.delta" */
	enum axis_unit unit;
	uint32_t n;
	struct store_axis_value *values;
	uint64_t stride; /* of its index in the number of a cell */
};

struct store_metric {
	char *name; /* "p99(lateness)", or what the scenario calls it */
	char *text; /* the expression */
	struct exact_unit unit;
};

struct store_histogram {
	char *name; /* "lateness where cpu == 1", or what the scenario calls it */
	char *text;
	struct exact_unit unit; /* of its values: time is in ps */
};

struct store_info {
	/* identity */
	char *program;   /* version */
	char *scenario;  /* its name */
	char *about;     /* "": none */
	char *base_hash; /* sha256 of the resolved scenario in all its variants, and of the limits
			  */
	char *grid_hash; /* sha256 of axes, constraints, metrics, histograms */
	uint64_t master_seed;
	uint64_t cells, points; /* of the whole grid */
	uint32_t shard, shards;
	uint32_t n_axes, n_metrics, n_histograms;
	struct store_axis *axes;
	struct store_metric *metrics;
	struct store_histogram *histograms;
	/* state */
	bool finished;
	uint64_t done; /* points in the store */
};

enum point_status {
	POINT_OK,
	POINT_EXPECTATION, /* an expectation of the file fails; values are there */
	POINT_REFUSED,     /* this combination is no valid scenario              */
	POINT_BROKEN,      /* an invariant of the model does not hold            */
	POINT_BUDGET,      /* the budget of events is used up                    */
};

struct store_value {
	bool there;
	struct exact value; /* if there */
	char *why;          /* if not: "no samples" */
};

struct store_point {
	uint64_t point, cell, seed;
	enum point_status status;
	uint64_t fingerprint, records;
	char *message;              /* of a status that is not ok; else NULL */
	struct store_value *values; /* n_metrics */
};

struct store;

/* Reads; an unfinished store is an error (status 2) unless @partial. NULL: *error. */
struct store *store_open(const char *path, bool partial, GError **error);
const struct store_info *store_info(const struct store *store);

/* The points in order; false at the end and after an error. What @ret holds is valid until the
 * next call. */
bool store_next(struct store *store, const struct store_point **ret, GError **error);
void store_rewind(struct store *store);
void store_seek(struct store *store, uint64_t point); /* the next is this one, or behind it */

/* How many points have each status. */
bool store_count(struct store *store, uint64_t ret[POINT_BUDGET + 1], GError **error);

/* The index on axis @axis in @cell. */
uint32_t store_axis_index(const struct store_info *info, uint64_t cell, uint32_t axis);
const struct store_axis_value *store_axis_value(const struct store_info *info, uint64_t cell,
						uint32_t axis);

const char *point_status_name(enum point_status status);

/* The index of the axis, metric or histogram that @name means (an axis also by what follows the
 * last dot of its key, if no other ends so); -1: none, or several. */
int store_find_axis(const struct store_info *info, const char *name);
int store_find_metric(const struct store_info *info, const char *name);
int store_find_histogram(const struct store_info *info, const char *name);

/* The non-empty buckets of a point, ascending: [low, high] inclusive, and its count. */
typedef void store_bucket_fn(void *data, int64_t low, int64_t high, uint64_t count);
bool store_histogram_each(struct store *store, uint64_t point, uint32_t histogram,
			  store_bucket_fn *fn, void *data, GError **error);

/* --- writing --- */

/* Refuses a path that exists. */
struct store *store_create(const char *path, const struct store_info *info, GError **error);

/* The unfinished or finished store at @path, of exactly @info; what differs is the error. */
struct store *store_resume(const char *path, const struct store_info *info, GError **error);

/* @histograms: n_histograms, each may be NULL (no samples). In a transaction that lasts until
 * store_commit(). */
bool store_add(struct store *store, const struct store_point *point,
	       struct histogram *const *histograms, GError **error);
bool store_commit(struct store *store, GError **error);

/* All points are in: says so, and makes it one file. */
bool store_finish(struct store *store, GError **error);

/* Facts that are not compared: host, threads. */
bool store_made_by(struct store *store, const char *key, const char *value, GError **error);
void store_close(struct store *store);

/* One store out of all shards, of which each must be there once and finished. @out must not exist.
 */
bool store_merge(const char *out, const char *const *in, GError **error);

void store_info_free(struct store_info *info);

#endif
