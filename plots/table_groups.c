/* SPDX-License-Identifier: MIT */
#include "table_groups.h"

#include "run.h"
#include "sim_time.h"

#include <string.h>

struct group {
	uint64_t key; /* place in the grid of the axes: the order */
	uint64_t cell, points;
	GArray **values; /* of __int128, by metric */
	bool sorted;
};

struct table_groups {
	GPtrArray *groups; /* of struct group */
	uint32_t n_metrics;
};

bool table_fixed(const struct exact *value, __int128 *ret)
{
	const __int128 den = exact_unit_equal(value->unit, EXACT_TIME) ? PS_PER_NS : 1;
	__int128 scaled, divisor;

	if (__builtin_mul_overflow(value->den, den, &divisor))
		return false;
	if (__builtin_mul_overflow(value->num, (__int128)TABLE_FIXED, &scaled)) {
		/* So large that its fraction does not matter. */
		return !__builtin_mul_overflow(value->num / divisor, (__int128)TABLE_FIXED, ret);
	}
	*ret = scaled / divisor;
	return true;
}

static void free_group(gpointer data)
{
	struct group *g = data;

	for (GArray **values = g->values; *values; values++)
		g_array_unref(*values);
	g_free(g->values);
	g_free(g);
}

static struct group *group_new(uint64_t key, uint64_t cell, uint32_t n_metrics)
{
	struct group *g = g_new0(struct group, 1);

	g->key = key;
	g->cell = cell;
	g->values = g_new0(GArray *, n_metrics + 1);
	for (uint32_t i = 0; i < n_metrics; i++)
		g->values[i] = g_array_new(FALSE, FALSE, sizeof(__int128));
	return g;
}

static uint64_t key_of(const struct store_info *info, const GArray *by, uint64_t cell)
{
	uint64_t key = 0;

	for (guint i = 0; i < by->len; i++) {
		const uint32_t axis = g_array_index(by, uint32_t, i);

		key = key * info->axes[axis].n + store_axis_index(info, cell, axis);
	}
	return key;
}

static bool take_point(struct group *g, const struct store_info *info,
		       const struct store_point *point, GError **error)
{
	g->points++;
	for (uint32_t i = 0; i < info->n_metrics; i++) {
		__int128 fixed;

		if (!point->values[i].there)
			continue;
		if (!table_fixed(&point->values[i].value, &fixed)) {
			g_set_error(error, STORE_ERROR, EXIT_USAGE,
				    "%s: a value is too large to be put together with others",
				    info->metrics[i].name);
			return false;
		}
		g_array_append_val(g->values[i], fixed);
	}
	return true;
}

static gint compare_groups(gconstpointer a, gconstpointer b)
{
	const struct group *x = *(const struct group *const *)a;
	const struct group *y = *(const struct group *const *)b;

	return x->key < y->key ? -1 : x->key > y->key;
}

struct table_groups *table_groups_read(struct store *store, const GArray *by, GError **error)
{
	const struct store_info *info = store_info(store);
	struct table_groups *ret = g_new0(struct table_groups, 1);
	/* Only ever asked for one key. */
	GHashTable *by_key = g_hash_table_new(g_int64_hash, g_int64_equal);
	const struct store_point *point;
	GError *failed = NULL;

	ret->groups = g_ptr_array_new_with_free_func(free_group);
	ret->n_metrics = info->n_metrics;
	while (store_next(store, &point, &failed)) {
		const uint64_t key = key_of(info, by, point->cell);
		struct group *g = g_hash_table_lookup(by_key, &key);

		if (!g) {
			g = group_new(key, point->cell, info->n_metrics);
			g_ptr_array_add(ret->groups, g);
			g_hash_table_insert(by_key, &g->key, g);
		}
		if (!take_point(g, info, point, &failed))
			break;
	}
	g_hash_table_unref(by_key);
	g_ptr_array_sort(ret->groups, compare_groups);
	if (!failed)
		return ret;
	g_propagate_error(error, failed);
	table_groups_free(ret);
	return NULL;
}

void table_groups_free(struct table_groups *groups)
{
	if (!groups)
		return;
	g_ptr_array_unref(groups->groups);
	g_free(groups);
}

guint table_groups_count(const struct table_groups *groups) { return groups->groups->len; }

static struct group *group_at(const struct table_groups *groups, guint i)
{
	return g_ptr_array_index(groups->groups, i);
}

uint64_t table_group_cell(const struct table_groups *groups, guint i)
{
	return group_at(groups, i)->cell;
}

uint64_t table_group_points(const struct table_groups *groups, guint i)
{
	return group_at(groups, i)->points;
}

static gint compare_values(gconstpointer a, gconstpointer b)
{
	const __int128 x = *(const __int128 *)a, y = *(const __int128 *)b;

	return x < y ? -1 : x > y; /* equal ones are the same */
}

/* A sum of values below 2^127 / n; one that overflows is cut value by value instead. */
static __int128 mean_of(const GArray *values)
{
	__int128 sum = 0;

	for (guint i = 0; i < values->len; i++) {
		if (__builtin_add_overflow(sum, g_array_index(values, __int128, i), &sum)) {
			sum = 0;
			for (guint k = 0; k < values->len; k++)
				sum += g_array_index(values, __int128, k) / values->len;
			return sum;
		}
	}
	return sum / values->len;
}

bool table_group_reduce(struct table_groups *groups, guint i, uint32_t metric,
			const struct table_reduction *reduction, __int128 *ret)
{
	struct group *g = group_at(groups, i);
	const GArray *values = g->values[metric];
	uint64_t rank = 1;

	for (uint32_t k = 0; !g->sorted && k < groups->n_metrics; k++)
		g_array_sort(g->values[k], compare_values);
	g->sorted = true;
	if (reduction->kind == REDUCE_COUNT) {
		*ret = (__int128)values->len * TABLE_FIXED;
		return true;
	}
	if (!values->len)
		return false;
	switch (reduction->kind) {
	case REDUCE_MEAN: *ret = mean_of(values); return true;
	case REDUCE_MAX: rank = values->len; break;
	case REDUCE_PERCENTILE:
		rank = ((uint64_t)values->len * reduction->percent + 99) / 100;
		break;
	default: break;
	}
	*ret = g_array_index(values, __int128, (guint)rank - 1);
	return true;
}

static void clear_reduction(gpointer data) { g_free(((struct table_reduction *)data)->name); }

static bool parse_reduction(const char *text, struct table_reduction *ret)
{
	static const struct {
		const char *name;
		enum reduction kind;
	} names[] = { { "count", REDUCE_COUNT },
		      { "min", REDUCE_MIN },
		      { "max", REDUCE_MAX },
		      { "mean", REDUCE_MEAN } };
	uint64_t percent;

	*ret = (struct table_reduction){ .kind = REDUCE_PERCENTILE };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!g_str_equal(text, names[i].name))
			continue;
		ret->kind = names[i].kind;
		return true;
	}
	if (*text != 'p' || !g_ascii_string_to_unsigned(text + 1, 10, 1, 99, &percent, NULL))
		return false;
	ret->percent = (unsigned)percent;
	return true;
}

GArray *table_reductions_parse(const char *text, GError **error)
{
	GArray *ret = g_array_new(FALSE, FALSE, sizeof(struct table_reduction));
	g_auto(GStrv) names = g_strsplit(text, ",", -1);

	g_array_set_clear_func(ret, clear_reduction);
	for (char **name = names; *name; name++) {
		struct table_reduction r;

		if (!parse_reduction(*name, &r)) {
			g_set_error(error, STORE_ERROR, EXIT_USAGE,
				    "--agg: '%s' is none of count, min, max, mean, p1 to p99",
				    *name);
			g_array_unref(ret);
			return NULL;
		}
		r.name = g_strdup(*name);
		g_array_append_val(ret, r);
	}
	return ret;
}
