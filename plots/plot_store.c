/* SPDX-License-Identifier: MIT */
/*
 * plot_store - the result of a sweep over one or two of its axes.
 *
 * Two axes are shown, the seed is folded (median, and the band from the least to the largest), and
 * every other axis with more than one value must be fixed by --where: nothing is averaged in
 * silence. Points without a value leave a gap and are counted in the subtitle.
 */
#include "plot_kinds.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>

#define TICS_MOST 64u
#define LABELLED_CELLS_MOST 240u
#define FIXED_NOT UINT32_MAX

enum { MEASURED, EARLY, N_VALUES };

struct grid {
	struct store *store;
	const struct store_info *info;
	int x, by, seed;        /* axes; -1: none */
	uint32_t *fixed;        /* by axis: the index of its value, or FIXED_NOT */
	uint32_t metric, early; /* early: only if has_early */
	bool has_early;
	uint32_t nx, nby;
	GArray **cells[N_VALUES]; /* [by * nx + x], of struct exact, sorted */
	uint64_t missing;
	__int128 least, most; /* of all values, in base units */
	bool any;
};

static const struct store_axis *axis_of(const struct grid *g, int axis)
{
	return &g->info->axes[axis];
}

static void clear(struct grid *g)
{
	for (unsigned v = 0; v < N_VALUES; v++) {
		for (uint64_t i = 0; g->cells[v] && i < (uint64_t)g->nx * g->nby; i++)
			if (g->cells[v][i])
				g_array_free(g->cells[v][i], TRUE);
		g_free(g->cells[v]);
	}
	g_free(g->fixed);
	if (g->store)
		store_close(g->store);
}

/* --- which axes --- */

/* What follows the last dot: "delta". */
static const char *short_key(const struct grid *g, int axis)
{
	const char *key = axis_of(g, axis)->key, *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

static bool find_axis(const struct grid *g, const char *option, const char *name, int *ret,
		      struct diagnostics *d)
{
	g_autoptr(GString) all = g_string_new(NULL);

	*ret = store_find_axis(g->info, name);
	if (*ret >= 0)
		return true;
	for (uint32_t i = 0; i < g->info->n_axes; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", g->info->axes[i].key);
	return error_plain(d, EXIT_USAGE,
			   "%s: '%s' is no axis of this sweep, or more than one; "
			   "its axes are %s",
			   option, name, all->str);
}

static bool fix_axis(struct grid *g, const char *where, struct diagnostics *d)
{
	const char *equals = strrchr(where, '=');
	g_autofree char *name = equals ? g_strndup(where, (gsize)(equals - where)) : NULL;
	int axis;

	if (!equals)
		return error_plain(d, EXIT_USAGE, "--where: '%s' is not AXIS=VALUE", where);
	if (!find_axis(g, "--where", name, &axis, d))
		return false;
	for (uint32_t i = 0; i < axis_of(g, axis)->n; i++) {
		if (!g_str_equal(axis_of(g, axis)->values[i].text, equals + 1))
			continue;
		g->fixed[axis] = i;
		return true;
	}
	return error_plain(d, EXIT_USAGE, "--where: '%s' is no value of %s in this sweep",
			   equals + 1, axis_of(g, axis)->key);
}

static bool is_free(const struct grid *g, int axis)
{
	return axis_of(g, axis)->n > 1 && g->fixed[axis] == FIXED_NOT && axis != g->seed &&
	       axis != g->x && axis != g->by;
}

/* The variant, if there are several: "before" and "after" are what people compare. */
static int variant_axis(const struct grid *g)
{
	for (uint32_t i = 0; i < g->info->n_axes; i++)
		if (g_str_equal(g->info->axes[i].key, "variant") && is_free(g, (int)i))
			return (int)i;
	return -1;
}

static int first_free(const struct grid *g, int not )
{
	for (uint32_t i = 0; i < g->info->n_axes; i++)
		if (is_free(g, (int)i) && (int)i != not )
			return (int)i;
	return -1;
}

static bool choose_axes(struct grid *g, const struct plot_request *request, const char *second,
			struct diagnostics *d)
{
	const char *name = request->y ? request->y : request->by;
	const char *option = request->y ? "--y" : "--by";

	for (uint32_t i = 0; i < g->info->n_axes; i++)
		if (g_str_equal(g->info->axes[i].key, "seed"))
			g->seed = (int)i;
	if (request->x && !find_axis(g, "--x", request->x, &g->x, d))
		return false;
	if (name && !find_axis(g, option, name, &g->by, d))
		return false;
	if (g->x < 0)
		g->x = first_free(g, variant_axis(g));
	if (g->x < 0)
		g->x = first_free(g, -1);
	if (g->by < 0)
		g->by = variant_axis(g);
	if (g->by < 0)
		g->by = first_free(g, -1);
	if (g->x < 0)
		return error_plain(d, EXIT_USAGE, "no axis of this sweep is left to draw over");
	if (g->x == g->by)
		return error_plain(d, EXIT_USAGE, "--x and %s are the same axis", option);
	if (g->by < 0 && g_str_equal(second, "--y"))
		return error_plain(d, EXIT_USAGE, "a heatmap needs two axes with several values");
	const int left = first_free(g, -1);

	if (left < 0)
		return true;
	return error_plain(d, EXIT_USAGE,
			   "axis %s has %" PRIu32 " values, and is neither drawn "
			   "nor fixed: choose one by --where '%s=%s', or draw it by --x or %s",
			   axis_of(g, left)->key, axis_of(g, left)->n, axis_of(g, left)->key,
			   axis_of(g, left)->values[0].text, second);
}

/* --- values --- */

#define EXPRESSION_MOST 48

/* The expression says more than its name, but for a long one. */
static const char *metric_words(const struct grid *g)
{
	const struct store_metric *m = &g->info->metrics[g->metric];

	return strlen(m->text) <= EXPRESSION_MOST ? m->text : m->name;
}

static bool choose_metrics(struct grid *g, const struct plot_request *request, bool early,
			   struct diagnostics *d)
{
	const int metric = request->metric ? store_find_metric(g->info, request->metric) : 0;
	g_autoptr(GString) all = g_string_new(NULL);

	for (uint32_t i = 0; i < g->info->n_metrics; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", g->info->metrics[i].name);
	if (metric < 0 || !g->info->n_metrics)
		return error_plain(d, EXIT_USAGE, "'%s' is no metric of this sweep; it has: %s",
				   request->metric ? request->metric : "", all->str);
	g->metric = (uint32_t)metric;
	if (!early)
		return true;
	const int count = store_find_metric(g->info, "early");

	if (count < 0)
		return error_plain(d, EXIT_USAGE,
				   "a knee needs a metric called early, of how many "
				   "expiries were early; this sweep has: %s",
				   all->str);
	g->early = (uint32_t)count;
	g->has_early = true;
	return true;
}

static bool chosen(const struct grid *g, uint64_t cell)
{
	for (uint32_t i = 0; i < g->info->n_axes; i++)
		if (g->fixed[i] != FIXED_NOT && g->fixed[i] != store_axis_index(g->info, cell, i))
			return false;
	return true;
}

static uint64_t cell_of(const struct grid *g, uint64_t cell)
{
	const uint32_t x = store_axis_index(g->info, cell, (uint32_t)g->x);
	const uint32_t by = g->by < 0 ? 0 : store_axis_index(g->info, cell, (uint32_t)g->by);

	return (uint64_t)by * g->nx + x;
}

static void keep(struct grid *g, unsigned which, uint64_t at, const struct store_value *value)
{
	GArray **cell = &g->cells[which][at];

	if (!*cell)
		*cell = g_array_new(FALSE, FALSE, sizeof(struct exact));
	g_array_append_val(*cell, value->value);
	if (which != MEASURED)
		return;
	const __int128 whole = value->value.num / value->value.den;

	g->least = !g->any || whole < g->least ? whole : g->least;
	g->most = !g->any || whole > g->most ? whole : g->most;
	g->any = true;
}

/* Fractions that are too long to be compared keep their order. */
static gint compare(gconstpointer a, gconstpointer b)
{
	int order;

	return exact_compare(a, b, &order) ? order : 0;
}

static bool read_points(struct grid *g, struct diagnostics *d)
{
	const struct store_point *point;
	g_autoptr(GError) error = NULL;

	for (unsigned v = 0; v < N_VALUES; v++)
		g->cells[v] = g_new0(GArray *, (gsize)g->nx * g->nby);
	while (store_next(g->store, &point, &error)) {
		const struct store_value *values = point->values;

		if (!chosen(g, point->cell))
			continue;
		if (point->status > POINT_EXPECTATION || !values[g->metric].there) {
			g->missing++;
			continue;
		}
		keep(g, MEASURED, cell_of(g, point->cell), &values[g->metric]);
		if (g->has_early && values[g->early].there)
			keep(g, EARLY, cell_of(g, point->cell), &values[g->early]);
	}
	if (error)
		return error_plain(d, error->code, "%s", error->message);
	for (unsigned v = 0; v < N_VALUES; v++)
		for (uint64_t i = 0; i < (uint64_t)g->nx * g->nby; i++)
			if (g->cells[v][i])
				g_array_sort(g->cells[v][i], compare);
	if (!g->any)
		return error_plain(d, EXIT_USAGE, "no point of this sweep has a value of %s",
				   g->info->metrics[g->metric].name);
	return true;
}

static bool gather(struct grid *g, const struct plot_request *request, const char *second,
		   bool early, struct diagnostics *d)
{
	g_autoptr(GError) error = NULL;

	*g = (struct grid){ .x = -1, .by = -1, .seed = -1 };
	g->store = store_open(request->path, false, &error);
	if (!g->store)
		return error_plain(d, error->code, "%s", error->message);
	g->info = store_info(g->store);
	g->fixed = g_new(uint32_t, g->info->n_axes + 1);
	for (uint32_t i = 0; i < g->info->n_axes; i++)
		g->fixed[i] = FIXED_NOT;
	for (const char *const *where = request->where; where && *where; where++)
		if (!fix_axis(g, *where, d))
			return false;
	if (!choose_axes(g, request, second, d) || !choose_metrics(g, request, early, d))
		return false;
	g->nx = axis_of(g, g->x)->n;
	g->nby = g->by < 0 ? 1 : axis_of(g, g->by)->n;
	return read_points(g, d);
}

/* --- axes of the picture --- */

static const struct plot_unit plain = { "", 1 }, megahertz = { "MHz", 1000 };

/* The unit of a numeric axis; NULL: its values are words, side by side. */
static const struct plot_unit *axis_plot_unit(const struct store_axis *axis, int64_t *least,
					      int64_t *most)
{
	struct exact_unit unit = EXACT_PLAIN;

	*least = INT64_MAX;
	*most = INT64_MIN;
	for (uint32_t i = 0; i < axis->n; i++) {
		if (!axis->values[i].has_number)
			return NULL;
		*least = MIN(*least, axis->values[i].number);
		*most = MAX(*most, axis->values[i].number);
	}
	switch (axis->unit) {
	case AXIS_PLAIN: break;
	case AXIS_PS: unit = EXACT_TIME; break;
	case AXIS_CYCLES: unit = EXACT_CYCLES; break;
	case AXIS_KHZ: return &megahertz;
	default: return NULL;
	}
	return plot_unit_of(unit, *most);
}

/* "v4.6", or "2.8" of an axis in us: at its index; of many values some. */
static void word_tics(struct plot *plot, const char *axis, const struct store_axis *values,
		      const struct plot_unit *unit)
{
	const uint32_t every = (values->n + TICS_MOST - 1) / TICS_MOST;

	for (uint32_t i = 0; i < values->n; i += every) {
		g_autoptr(GString) text = g_string_new(NULL);

		if (unit)
			append_decimal(text, values->values[i].number, 1, unit);
		else
			g_string_append(text, values->values[i].text);
		plot_tic(plot, axis, text->str, i);
	}
}

/* An axis of a heatmap: its values side by side, whatever lies between them. */
static void heat_axis(struct plot *plot, const char *axis, const struct store_axis *values)
{
	g_autofree char *label = g_strdup_printf("%s_label", axis);
	int64_t least, most;
	const struct plot_unit *unit = axis_plot_unit(values, &least, &most);

	plot_label(plot, label, values->key, unit ? unit : &plain);
	word_tics(plot, axis, values, unit);
}

/* Several seeds a place, of which the median is drawn. */
static bool seeds_folded(const struct grid *g)
{
	return g->seed >= 0 && axis_of(g, g->seed)->n > 1 && g->fixed[g->seed] == FIXED_NOT &&
	       g->seed != g->x && g->seed != g->by;
}

static void titles(struct plot *plot, const struct grid *g)
{
	g_autofree char *title = g_strdup_printf("%s: %s", g->info->scenario, metric_words(g));
	g_autoptr(GString) subtitle = g_string_new(NULL);

	for (uint32_t i = 0; i < g->info->n_axes; i++) {
		const struct store_axis *axis = axis_of(g, (int)i);
		const char *key = short_key(g, (int)i);

		if (g->fixed[i] != FIXED_NOT || axis->n == 1)
			g_string_append_printf(
				subtitle, "%s %s; ", key,
				axis->values[g->fixed[i] == FIXED_NOT ? 0 : g->fixed[i]].text);
	}
	if (seeds_folded(g))
		g_string_append_printf(subtitle, "median of %" PRIu32 " seeds, band: all of them",
				       axis_of(g, g->seed)->n);
	else if (g->seed < 0)
		g_string_append_printf(subtitle, "seed %" PRIu64, g->info->master_seed);
	else if (g->seed == g->x || g->seed == g->by)
		g_string_append(subtitle, "seeds as drawn");
	else
		g_string_truncate(subtitle, subtitle->len - 2);
	if (g->missing)
		g_string_append_printf(subtitle, "; %" PRIu64 " %s no value", g->missing,
				       g->missing == 1 ? "point has" : "points have");
	plot_text(plot, "title", title);
	plot_text(plot, "subtitle", subtitle->str);
}

static const struct plot_unit *value_unit(const struct grid *g)
{
	return plot_unit_of_axis(g->info->metrics[g->metric].unit, g->least, g->most);
}

/* --- lines --- */

static const struct exact *value_at(const GArray *cell, guint i)
{
	return &g_array_index(cell, struct exact, i);
}

static const struct exact *median(const GArray *cell)
{
	return value_at(cell, (cell->len - 1) / 2);
}

static void exact_cell(struct plot *plot, const struct exact *value, const struct plot_unit *unit)
{
	plot_cell(plot, value->num, value->den, unit);
}

static void x_cell(struct plot *plot, const struct grid *g, uint32_t x,
		   const struct plot_unit *unit)
{
	if (unit)
		plot_cell(plot, axis_of(g, g->x)->values[x].number, 1, unit);
	else
		plot_cell_int(plot, x);
}

static char *series_name(const struct grid *g, uint32_t by)
{
	if (g->by < 0)
		return g_strdup(metric_words(g));
	const char *text = axis_of(g, g->by)->values[by].text;

	if (g_str_equal(axis_of(g, g->by)->key, "variant"))
		return g_strdup(text);
	const char *key = short_key(g, g->by);

	return g_strdup_printf("%s = %s", key, text);
}

static void line_row(struct plot *plot, const struct grid *g, uint32_t by, uint32_t x,
		     const struct plot_unit *x_unit)
{
	const GArray *cell = g->cells[MEASURED][(uint64_t)by * g->nx + x];
	const GArray *early = g->cells[EARLY][(uint64_t)by * g->nx + x];
	g_autofree char *name = series_name(g, by);
	g_autoptr(GString) hover = g_string_new(name);

	if (!cell) {
		plot_gap(plot);
		return;
	}
	x_cell(plot, g, x, x_unit);
	exact_cell(plot, median(cell), value_unit(g));
	exact_cell(plot, value_at(cell, 0), value_unit(g));
	exact_cell(plot, value_at(cell, cell->len - 1), value_unit(g));
	g_string_append_printf(hover, ", %s: ", axis_of(g, g->x)->values[x].text);
	exact_format(hover, median(cell));
	plot_cell_text(plot, hover->str);
	if (g->has_early && early)
		exact_cell(plot, median(early), &plain);
	else if (g->has_early)
		plot_cell_text(plot, "NaN");
	plot_row_end(plot);
}

/* --- the knee, by the rule with which tuned calibrated the advance --- */

#define KNEE_LEAST 98 /* [%] of the row before */
#define KNEE_MOST 102

/* The second row in a row that hardly differs from the one before it ends the walk; the answer is
 * the row before. -1: no knee. Integers throughout, as there. */
static int64_t knee_of(const struct grid *g, uint32_t by)
{
	__int128 last = 0;
	int64_t before = -1;
	unsigned flat = 0;

	for (uint32_t x = 0; x < g->nx; x++) {
		const GArray *cell = g->cells[MEASURED][(uint64_t)by * g->nx + x];
		const __int128 mean = cell ? median(cell)->num / median(cell)->den : 0;
		const __int128 ratio = last > 0 ? 100 * mean / last : 0;

		flat = ratio >= KNEE_LEAST && ratio <= KNEE_MOST ? flat + 1 : 0;
		if (flat == 2)
			return before;
		last = mean;
		before = x;
	}
	return -1;
}

/* Above the largest count. */
static int64_t early_end(const struct grid *g)
{
	__int128 most = 1;

	for (uint64_t i = 0; i < (uint64_t)g->nx * g->nby; i++)
		if (g->cells[EARLY][i])
			most = MAX(most, median(g->cells[EARLY][i])->num);
	return (int64_t)(most + (most + 9) / 10);
}

static struct plot *lines(const struct grid *g, bool knee, struct diagnostics *d)
{
	int64_t least, most;
	const struct store_axis *x_axis = axis_of(g, g->x);
	const struct plot_unit *x_unit = axis_plot_unit(x_axis, &least, &most);

	if (!plot_fits(g->nby, "lines", "choose some by --where", d))
		return NULL;
	struct plot *plot = plot_new(knee ? "knee" : "lines");

	titles(plot, g);
	plot_label(plot, "y_label", metric_words(g), value_unit(g));
	plot_label(plot, "x_label", x_axis->key, x_unit ? x_unit : &plain);
	plot_number(plot, "log_x", x_unit && plot_wants_log(least, most));
	plot_number(plot, "log_y", plot_wants_log(g->least, g->most));
	plot_number(plot, "n_words", x_unit ? 0 : x_axis->n);
	if (!x_unit)
		word_tics(plot, "x", x_axis, NULL);
	plot_flat(plot, "y", g->least, g->most, value_unit(g));
	if (knee)
		plot_number(plot, "y2_end", early_end(g));
	plot_number(plot, "n", g->nby);
	plot_number(plot, "bands", seeds_folded(g));
	plot_table(plot, "lines",
		   knee ? "x, median, least, largest, words, early"
			: "x, median, least, largest, words");
	for (uint32_t by = 0; by < g->nby; by++) {
		plot_series(plot);
		for (uint32_t x = 0; x < g->nx; x++)
			line_row(plot, g, by, x, x_unit);
	}
	for (uint32_t by = 0; by < g->nby; by++) {
		const int64_t at = knee ? knee_of(g, by) : -1;
		g_autofree char *name = g_strdup_printf("name_%" PRIu32, by + 1);
		g_autofree char *words = series_name(g, by);
		g_autofree char *text = !knee    ? g_strdup(words)
					: at < 0 ? g_strdup_printf("%s: no knee", words)
						 : g_strdup_printf("%s: knee at %s", words,
								   x_axis->values[at].text);

		plot_text(plot, name, text);
	}
	return plot;
}

struct plot *plot_lines(const struct plot_request *request, struct diagnostics *d)
{
	struct grid g;
	struct plot *plot = gather(&g, request, "--by", false, d) ? lines(&g, false, d) : NULL;

	clear(&g);
	return plot;
}

struct plot *plot_knee(const struct plot_request *request, struct diagnostics *d)
{
	struct grid g;
	struct plot *plot = gather(&g, request, "--by", true, d) ? lines(&g, true, d) : NULL;

	clear(&g);
	return plot;
}

/* --- heatmap --- */

/* Dark cells bear white words. The middle is that of the scale. */
static bool is_dark(const struct grid *g, const struct exact *value, bool log)
{
	const __int128 v = value->num / value->den;

	return log ? v * v < g->least * g->most : 2 * v < g->least + g->most;
}

static void heat_row(struct plot *plot, const struct grid *g, uint32_t by, uint32_t x, bool log)
{
	const GArray *cell = g->cells[MEASURED][(uint64_t)by * g->nx + x];
	g_autoptr(GString) words = g_string_new(NULL);
	g_autoptr(GString) hover = g_string_new(NULL);
	const char *x_key = short_key(g, g->x);
	const char *y_key = short_key(g, g->by);

	if (!cell)
		return;
	plot_cell_int(plot, x);
	plot_cell_int(plot, by);
	exact_cell(plot, median(cell), value_unit(g));
	append_short(words, median(cell)->num, median(cell)->den, value_unit(g));
	plot_cell_text(plot, words->str);
	plot_cell_int(plot, is_dark(g, median(cell), log) ? 0xffffff : 0);
	g_string_append_printf(hover, "%s %s, %s %s: ", x_key, axis_of(g, g->x)->values[x].text,
			       y_key, axis_of(g, g->by)->values[by].text);
	exact_format(hover, median(cell));
	plot_cell_text(plot, hover->str);
	plot_row_end(plot);
}

static struct plot *heatmap(const struct grid *g)
{
	struct plot *plot = plot_new("heatmap");
	const bool log = plot_wants_log(g->least, g->most);

	titles(plot, g);
	plot_label(plot, "z_label", metric_words(g), value_unit(g));
	heat_axis(plot, "x", axis_of(g, g->x));
	heat_axis(plot, "y", axis_of(g, g->by));
	plot_flat(plot, "z", g->least, g->most, value_unit(g));
	plot_number(plot, "nx", g->nx);
	plot_number(plot, "ny", g->nby);
	plot_number(plot, "log_z", log);
	plot_number(plot, "words", (uint64_t)g->nx * g->nby <= LABELLED_CELLS_MOST);
	plot_table(plot, "cells", "x, y, value, short, colour of the words, words");
	plot_series(plot);
	for (uint32_t by = 0; by < g->nby; by++)
		for (uint32_t x = 0; x < g->nx; x++)
			heat_row(plot, g, by, x, log);
	return plot;
}

struct plot *plot_heatmap(const struct plot_request *request, struct diagnostics *d)
{
	struct grid g;
	struct plot *plot = gather(&g, request, "--y", false, d) ? heatmap(&g) : NULL;

	clear(&g);
	return plot;
}
