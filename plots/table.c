/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "run.h"
#include "sim_time.h"
#include "table_groups.h"

#include <inttypes.h>
#include <string.h>

#define DECIMALS 6

void table_append_number(GString *out, __int128 num, __int128 den, unsigned decimals)
{
	unsigned __int128 n = num < 0 ? -(unsigned __int128)num : (unsigned __int128)num;
	const unsigned __int128 d = (unsigned __int128)den;
	unsigned __int128 whole = n / d, rest = n % d;
	char digits[48];
	size_t at = sizeof(digits);
	gsize end;

	if (num < 0)
		g_string_append_c(out, '-');
	do {
		digits[--at] = (char)('0' + (int)(whole % 10));
		whole /= 10;
	} while (whole);
	g_string_append_len(out, digits + at, (gssize)(sizeof(digits) - at));
	end = out->len;
	g_string_append_c(out, '.');
	for (unsigned i = 0; i < decimals && rest && rest <= ~(unsigned __int128)0 / 10; i++) {
		rest *= 10;
		g_string_append_c(out, (char)('0' + (int)(rest / d)));
		if (rest / d)
			end = out->len;
		rest %= d;
	}
	g_string_truncate(out, end);
	if (g_str_equal(out->str, "-0"))
		g_string_assign(out, "0");
}

/* --- a row --- */

struct writer {
	struct store *store;
	const struct store_info *info;
	const struct table_options *options;
	GPtrArray *cells; /* of GString: of the row that is being made */
	guint n;          /* of them in use */
	GArray *widths;   /* of guint; text alone */
	bool measuring;   /* the first of two passes */
	table_put_fn *put;
	void *data;
};

static void free_cell(gpointer cell) { g_string_free(cell, TRUE); }

static GString *next_cell(struct writer *w)
{
	if (w->n == w->cells->len)
		g_ptr_array_add(w->cells, g_string_new(NULL));
	GString *cell = g_ptr_array_index(w->cells, w->n++);

	g_string_truncate(cell, 0);
	return cell;
}

static void append_csv(GString *line, const GString *cell)
{
	if (!strpbrk(cell->str, ",\"\r\n")) {
		g_string_append_len(line, cell->str, (gssize)cell->len);
		return;
	}
	g_string_append_c(line, '"');
	for (const char *c = cell->str; *c; c++)
		g_string_append_printf(line, *c == '"' ? "\"\"" : "%c", *c);
	g_string_append_c(line, '"');
}

static bool end_row(struct writer *w)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < w->n; i++) {
		const GString *cell = g_ptr_array_index(w->cells, i);
		const guint length = (guint)g_utf8_strlen(cell->str, -1);

		if (w->options->csv) {
			g_string_append(line, i ? "," : "");
			append_csv(line, cell);
			continue;
		}
		if (w->widths->len <= i)
			g_array_set_size(w->widths, i + 1);
		guint *width = &g_array_index(w->widths, guint, i);

		*width = MAX(*width, length);
		g_string_append_printf(line, "%s%*s%s", i ? "  " : "", (int)(*width - length), "",
				       cell->str);
	}
	w->n = 0;
	g_string_append_c(line, '\n');
	return w->measuring || w->put(w->data, line->str);
}

/* --- cells --- */

static void axis_head(struct writer *w, const struct store_axis *axis)
{
	GString *cell = next_cell(w);

	g_string_append(cell, axis->key);
	if (axis->unit == AXIS_PS)
		g_string_append(cell, " [ns]");
	else if (axis->unit == AXIS_CYCLES || axis->unit == AXIS_KHZ)
		g_string_append_printf(cell, " [%s]", axis_unit_name(axis->unit));
}

static void axis_cell(struct writer *w, uint32_t axis, uint64_t cell_number)
{
	const struct store_axis_value *v = store_axis_value(w->info, cell_number, axis);
	const enum axis_unit unit = w->info->axes[axis].unit;
	GString *cell = next_cell(w);

	if (unit == AXIS_PS)
		table_append_number(cell, v->number, PS_PER_NS, DECIMALS);
	else if (unit == AXIS_CYCLES || unit == AXIS_KHZ)
		table_append_number(cell, v->number, 1, 0);
	else
		g_string_append(cell, v->text);
}

static void append_unit(GString *cell, struct exact_unit unit)
{
	if (exact_unit_equal(unit, EXACT_TIME))
		g_string_append(cell, " [ns]");
	else if (exact_unit_equal(unit, EXACT_CYCLES))
		g_string_append(cell, " [cycles]");
	else if (!exact_unit_equal(unit, EXACT_PLAIN))
		g_string_append_printf(cell, " [ps^%d cycles^%d]", unit.time, unit.cycles);
}

static void value_cell(struct writer *w, const struct store_value *v)
{
	GString *cell = next_cell(w);
	__int128 den;

	if (!v->there) {
		g_string_append(cell, w->options->csv ? "" : "-");
		return;
	}
	if (!exact_unit_equal(v->value.unit, EXACT_TIME) ||
	    __builtin_mul_overflow(v->value.den, (__int128)PS_PER_NS, &den))
		den = v->value.den;
	table_append_number(cell, v->value.num, den, DECIMALS);
}

/* --- a row a point --- */

static bool has_axis(const struct store_info *info, const char *key)
{
	for (uint32_t i = 0; i < info->n_axes; i++)
		if (g_str_equal(info->axes[i].key, key))
			return true;
	return false;
}

static bool points_head(struct writer *w)
{
	g_string_append(next_cell(w), "point");
	for (uint32_t i = 0; i < w->info->n_axes; i++)
		axis_head(w, &w->info->axes[i]);
	if (w->options->csv && !has_axis(w->info, "seed"))
		g_string_append(next_cell(w), "seed");
	g_string_append(next_cell(w), "status");
	for (uint32_t i = 0; i < w->info->n_metrics; i++) {
		GString *cell = next_cell(w);

		g_string_append(cell, w->info->metrics[i].name);
		append_unit(cell, w->info->metrics[i].unit);
	}
	if (w->options->csv)
		g_string_append(next_cell(w), "fingerprint");
	return end_row(w);
}

static bool point_row(struct writer *w, const struct store_point *p)
{
	g_string_append_printf(next_cell(w), "%" PRIu64, p->point);
	for (uint32_t i = 0; i < w->info->n_axes; i++)
		axis_cell(w, i, p->cell);
	if (w->options->csv && !has_axis(w->info, "seed"))
		g_string_append_printf(next_cell(w), "%" PRIu64, p->seed);
	g_string_append(next_cell(w), point_status_name(p->status));
	for (uint32_t i = 0; i < w->info->n_metrics; i++)
		value_cell(w, &p->values[i]);
	if (w->options->csv)
		g_string_append_printf(next_cell(w), "%016" PRIx64, p->fingerprint);
	return end_row(w);
}

static bool print_points(struct writer *w, GError **error)
{
	const struct store_point *point;
	GError *failed = NULL;
	bool go_on = points_head(w);

	while (go_on && store_next(w->store, &point, &failed))
		go_on = point_row(w, point);
	store_rewind(w->store);
	if (failed)
		g_propagate_error(error, failed);
	return !failed;
}

/* --- a row a group --- */

static GArray *parse_by(const struct store_info *info, const char *text, GError **error)
{
	GArray *ret = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_auto(GStrv) names = g_strsplit(text, ",", -1);

	for (char **name = names; *name; name++) {
		const int axis = store_find_axis(info, *name);
		bool twice = false;

		for (guint i = 0; axis >= 0 && i < ret->len; i++)
			twice |= g_array_index(ret, uint32_t, i) == (uint32_t)axis;
		if (axis < 0 || twice) {
			g_set_error(error, STORE_ERROR, EXIT_USAGE,
				    twice ? "--by: '%s' is there twice"
					  : "--by: the store has no axis '%s'",
				    *name);
			g_array_unref(ret);
			return NULL;
		}
		const uint32_t index = (uint32_t)axis;

		g_array_append_val(ret, index);
	}
	return ret;
}

static bool groups_head(struct writer *w, const GArray *by, const GArray *reductions)
{
	for (guint i = 0; i < by->len; i++)
		axis_head(w, &w->info->axes[g_array_index(by, uint32_t, i)]);
	g_string_append(next_cell(w), "points");
	for (uint32_t m = 0; m < w->info->n_metrics; m++) {
		for (guint i = 0; i < reductions->len; i++) {
			const struct table_reduction *r =
				&g_array_index(reductions, struct table_reduction, i);
			GString *cell = next_cell(w);

			g_string_append_printf(cell, "%s of %s", r->name, w->info->metrics[m].name);
			if (r->kind != REDUCE_COUNT)
				append_unit(cell, w->info->metrics[m].unit);
		}
	}
	return end_row(w);
}

static bool group_row(struct writer *w, struct table_groups *groups, guint g, const GArray *by,
		      const GArray *reductions)
{
	for (guint i = 0; i < by->len; i++)
		axis_cell(w, g_array_index(by, uint32_t, i), table_group_cell(groups, g));
	g_string_append_printf(next_cell(w), "%" PRIu64, table_group_points(groups, g));
	for (uint32_t m = 0; m < w->info->n_metrics; m++) {
		for (guint i = 0; i < reductions->len; i++) {
			GString *cell = next_cell(w);
			__int128 value;

			if (table_group_reduce(groups, g, m,
					       &g_array_index(reductions, struct table_reduction,
							      i),
					       &value))
				table_append_number(cell, value, TABLE_FIXED, DECIMALS);
			else
				g_string_append(cell, w->options->csv ? "" : "-");
		}
	}
	return end_row(w);
}

static bool print_groups(struct writer *w, GError **error)
{
	const char *agg = w->options->agg ? w->options->agg : "mean";
	g_autoptr(GArray) by = parse_by(w->info, w->options->by, error);
	g_autoptr(GArray) reductions = by ? table_reductions_parse(agg, error) : NULL;
	struct table_groups *groups = reductions ? table_groups_read(w->store, by, error) : NULL;

	if (!groups)
		return false;
	for (int pass = w->options->csv; pass < 2; pass++) {
		w->measuring = !pass;
		bool go_on = groups_head(w, by, reductions);

		for (guint g = 0; go_on && g < table_groups_count(groups); g++)
			go_on = group_row(w, groups, g, by, reductions);
	}
	table_groups_free(groups);
	return true;
}

bool table_print(struct store *store, const struct table_options *options, table_put_fn *put,
		 void *data, GError **error)
{
	struct writer w = { .store = store,
			    .info = store_info(store),
			    .options = options,
			    .cells = g_ptr_array_new_with_free_func(free_cell),
			    .widths = g_array_new(FALSE, TRUE, sizeof(guint)),
			    .put = put,
			    .data = data };
	bool ok = true;

	/* The widths of all rows are known before the first is printed. */
	if (options->by)
		ok = print_groups(&w, error);
	for (int pass = options->csv; ok && !options->by && pass < 2; pass++) {
		w.measuring = !pass;
		ok = print_points(&w, error);
	}
	g_ptr_array_unref(w.cells);
	g_array_unref(w.widths);
	return ok;
}
