/* SPDX-License-Identifier: MIT */
/*
 * table_groups - the points of a store, grouped by the values of some axes, each metric reduced to
 * a few numbers.
 *
 * Values are kept in millionths of the unit that the table prints (ns, cycles, 1), cut.
 */
#ifndef TABLE_GROUPS_H
#define TABLE_GROUPS_H

#include "store.h"

#define TABLE_FIXED 1000000

enum reduction { REDUCE_COUNT, REDUCE_MIN, REDUCE_MAX, REDUCE_MEAN, REDUCE_PERCENTILE };

struct table_reduction {
	char *name; /* "p99" */
	enum reduction kind;
	unsigned percent;
};

struct table_groups;

/* @by: indices of axes. NULL: *error. */
struct table_groups *table_groups_read(struct store *store, const GArray *by, GError **error);
void table_groups_free(struct table_groups *groups);

/* In the order of the grid of the axes @by. */
guint table_groups_count(const struct table_groups *groups);
uint64_t table_group_cell(const struct table_groups *groups, guint i); /* of one of its points */
uint64_t table_group_points(const struct table_groups *groups, guint i);

/* False: none of its points has a value. */
bool table_group_reduce(struct table_groups *groups, guint i, uint32_t metric,
			const struct table_reduction *reduction, __int128 *ret);

/* "min,p50"; an array of struct table_reduction. NULL: *error. */
GArray *table_reductions_parse(const char *text, GError **error);

/* A value in millionths of its unit; false: 127 bits are too few. */
bool table_fixed(const struct exact *value, __int128 *ret);

#endif
