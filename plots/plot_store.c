/* SPDX-License-Identifier: MIT */
/*
 * plot_store - the result of a sweep over one or two of its axes.
 *
 * Two axes are shown, the seed is folded (median, and the band from the least to the largest), and
 * every other axis with more than one value must be fixed by --where: nothing is averaged in
 * silence. Points without a value leave a gap and are counted in the subtitle.
 */
#include "plot_choice.h"

#include <inttypes.h>
#include <string.h>

#define TICS_MOST 64u
#define LABELLED_CELLS_MOST 240u

enum { MEASURED, EARLY, N_VALUES };

struct grid {
	struct plot_choice choice;
	const struct store_info *info;
	uint32_t metric, early; /* early: only if has_early */
	bool has_early;
	uint32_t nx, nby;
	GArray **cells[N_VALUES]; /* [by * nx + x], of struct exact, sorted */
	uint64_t missing;
	__int128 least, most; /* of all values, in base units */
	bool any;
};

static void clear(struct grid *g)
{
	for (unsigned v = 0; v < N_VALUES; v++) {
		for (uint64_t i = 0; g->cells[v] && i < (uint64_t)g->nx * g->nby; i++)
			if (g->cells[v][i])
				g_array_free(g->cells[v][i], TRUE);
		g_free(g->cells[v]);
	}
	plot_choice_clear(&g->choice);
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

static const struct store_axis *x_axis(const struct grid *g)
{
	return plot_choice_axis(&g->choice, g->choice.x);
}

static uint64_t cell_of(const struct grid *g, uint64_t cell)
{
	const uint32_t x = store_axis_index(g->info, cell, (uint32_t)g->choice.x);

	return (uint64_t)plot_choice_line(&g->choice, cell) * g->nx + x;
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
	while (store_next(g->choice.store, &point, &error)) {
		const struct store_value *values = point->values;

		if (!plot_choice_takes(&g->choice, point->cell))
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

static bool gather(struct grid *g, const struct plot_request *request, enum plot_shape shape,
		   bool early, struct diagnostics *d)
{
	*g = (struct grid){ 0 };
	if (!plot_choice_make(&g->choice, request, shape, d))
		return false;
	g->info = g->choice.info;
	if (!choose_metrics(g, request, early, d))
		return false;
	g->nx = x_axis(g)->n;
	g->nby = plot_choice_lines(&g->choice);
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

static void titles(struct plot *plot, const struct grid *g)
{
	g_autofree char *title = g_strdup_printf("%s: %s", g->info->scenario, metric_words(g));

	plot_text(plot, "title", title);
	plot_choice_subtitle(plot, &g->choice, "median of", ", band: all of them", g->missing);
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
		plot_cell(plot, x_axis(g)->values[x].number, 1, unit);
	else
		plot_cell_int(plot, x);
}

static void line_row(struct plot *plot, const struct grid *g, uint32_t by, uint32_t x,
		     const struct plot_unit *x_unit)
{
	const GArray *cell = g->cells[MEASURED][(uint64_t)by * g->nx + x];
	const GArray *early = g->cells[EARLY][(uint64_t)by * g->nx + x];
	g_autofree char *name = plot_choice_name(&g->choice, by, metric_words(g));
	g_autoptr(GString) hover = g_string_new(name);

	if (!cell) {
		plot_gap(plot);
		return;
	}
	x_cell(plot, g, x, x_unit);
	exact_cell(plot, median(cell), value_unit(g));
	exact_cell(plot, value_at(cell, 0), value_unit(g));
	exact_cell(plot, value_at(cell, cell->len - 1), value_unit(g));
	g_string_append_printf(hover, ", %s: ", x_axis(g)->values[x].text);
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

/* A line without any value is not drawn; its points are counted in the subtitle. */
static bool has_values(const struct grid *g, uint32_t by)
{
	for (uint32_t x = 0; x < g->nx; x++)
		if (g->cells[MEASURED][(uint64_t)by * g->nx + x])
			return true;
	return false;
}

/* Of an axis of numbers, where it has values. */
static void drawn_range(const struct grid *g, int64_t *least, int64_t *most)
{
	*least = INT64_MAX;
	*most = INT64_MIN;
	for (uint64_t i = 0; i < (uint64_t)g->nx * g->nby; i++) {
		const int64_t x = x_axis(g)->values[i % g->nx].number;

		if (!g->cells[MEASURED][i])
			continue;
		*least = MIN(*least, x);
		*most = MAX(*most, x);
	}
}

static void x_settings(struct plot *plot, const struct grid *g, const struct plot_unit *unit)
{
	int64_t least, most;

	drawn_range(g, &least, &most);
	plot_label(plot, "x_label", x_axis(g)->key, unit ? unit : &plain);
	plot_number(plot, "log_x", unit && plot_wants_log(least, most));
	plot_number(plot, "n_words", unit ? 0 : x_axis(g)->n);
	if (unit)
		plot_flat(plot, "x", least, most, unit);
	else
		word_tics(plot, "x", x_axis(g), NULL);
}

static void name_line(struct plot *plot, const struct grid *g, uint32_t by, uint32_t n, bool knee)
{
	const int64_t at = knee ? knee_of(g, by) : -1;
	g_autofree char *name = g_strdup_printf("name_%" PRIu32, n);
	g_autofree char *words = plot_choice_name(&g->choice, by, metric_words(g));
	g_autofree char *text =
		!knee    ? g_strdup(words)
		: at < 0 ? g_strdup_printf("%s: no knee", words)
			 : g_strdup_printf("%s: knee at %s", words, x_axis(g)->values[at].text);

	plot_text(plot, name, text);
}

static struct plot *lines(const struct grid *g, bool knee, struct diagnostics *d)
{
	int64_t least, most;
	uint32_t n = 0;
	const struct plot_unit *x_unit = axis_plot_unit(x_axis(g), &least, &most);

	for (uint32_t by = 0; by < g->nby; by++)
		n += has_values(g, by);
	if (!plot_fits(n, "lines", "choose one by --where, or draw another axis by --by", d))
		return NULL;
	struct plot *plot = plot_new(knee ? "knee" : "lines");

	titles(plot, g);
	plot_label(plot, "y_label", metric_words(g), value_unit(g));
	x_settings(plot, g, x_unit);
	plot_number(plot, "log_y", plot_wants_log(g->least, g->most));
	plot_flat(plot, "y", g->least, g->most, value_unit(g));
	if (knee)
		plot_number(plot, "y2_end", early_end(g));
	plot_number(plot, "n", n);
	plot_number(plot, "bands", plot_choice_folds_seeds(&g->choice));
	plot_table(plot, "lines",
		   knee ? "x, median, least, largest, words, early"
			: "x, median, least, largest, words");
	n = 0;
	for (uint32_t by = 0; by < g->nby; by++) {
		if (!has_values(g, by))
			continue;
		name_line(plot, g, by, ++n, knee);
		plot_series(plot);
		for (uint32_t x = 0; x < g->nx; x++)
			line_row(plot, g, by, x, x_unit);
	}
	return plot;
}

struct plot *plot_lines(const struct plot_request *request, struct diagnostics *d)
{
	struct grid g;
	struct plot *plot = gather(&g, request, PLOT_OF_X, false, d) ? lines(&g, false, d) : NULL;

	clear(&g);
	return plot;
}

struct plot *plot_knee(const struct plot_request *request, struct diagnostics *d)
{
	struct grid g;
	struct plot *plot = gather(&g, request, PLOT_OF_X, true, d) ? lines(&g, true, d) : NULL;

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
	const char *x_key = plot_choice_short_key(&g->choice, g->choice.x);
	const char *y_key = plot_choice_short_key(&g->choice, g->choice.by);

	if (!cell)
		return;
	plot_cell_int(plot, x);
	plot_cell_int(plot, by);
	exact_cell(plot, median(cell), value_unit(g));
	append_short(words, median(cell)->num, median(cell)->den, value_unit(g));
	plot_cell_text(plot, words->str);
	plot_cell_int(plot, is_dark(g, median(cell), log) ? 0xffffff : 0);
	g_string_append_printf(hover, "%s %s, %s %s: ", x_key, x_axis(g)->values[x].text, y_key,
			       plot_choice_axis(&g->choice, g->choice.by)->values[by].text);
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
	heat_axis(plot, "x", x_axis(g));
	heat_axis(plot, "y", plot_choice_axis(&g->choice, g->choice.by));
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
	struct plot *plot = gather(&g, request, PLOT_OF_XY, false, d) ? heatmap(&g) : NULL;

	clear(&g);
	return plot;
}
