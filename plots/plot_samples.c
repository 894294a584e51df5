/* SPDX-License-Identifier: MIT */
/*
 * plot_samples - all values of a metric: how often each, and which share lies below each.
 *
 * Both come from the histogram of a run (histogram.h): buckets of at most 2^-10 of their value. Or
 * from the histograms that a sweep has stored, those of all seeds together; there a value is known
 * by its bucket alone, and so are the least and the largest.
 */
#include "expectation.h"
#include "metrics.h"
#include "plot_choice.h"

#include <inttypes.h>
#include <string.h>

#define BINS 60
#define OCTAVE 8               /* bins of a logarithmic axis in each power of two */
#define COUNT_LOG_FROM 50      /* counts further apart than this are shown on a log scale */
#define PERCENTILE_MOST 100000 /* 1 / (1 - 99.999 %) */

struct bucket {
	int64_t low, high;
	uint64_t count;
};

struct samples { /* of one line: a variant, or the points of a store that agree in an axis */
	char *name;
	GArray *buckets; /* of struct bucket, ascending */
	uint64_t count;
	int64_t least, most, median;
};

struct all_samples {
	const char *metric; /* as the picture calls it */
	struct replay *replay;
	struct source source;
	struct aggregate *aggregate;
	struct plot_choice choice;
	uint64_t missing; /* points without a value */
	GArray *series;   /* of struct samples */
	int64_t least, most;
	bool log;
	struct exact_unit bucket_unit;
	const struct plot_unit *unit; /* of the axis */
};

static struct samples *series_at(const struct all_samples *all, guint i)
{
	return &g_array_index(all->series, struct samples, i);
}

static const struct bucket *bucket_at(const GArray *buckets, guint i)
{
	return &g_array_index(buckets, struct bucket, i);
}

static void clear(struct all_samples *all)
{
	for (guint i = 0; i < all->series->len; i++) {
		g_array_free(series_at(all, i)->buckets, TRUE);
		g_free(series_at(all, i)->name);
	}
	g_array_free(all->series, TRUE);
	replay_free(all->replay);
	if (all->aggregate)
		aggregate_free(all->aggregate);
	g_free(all->source.name);
	g_free(all->source.text);
	plot_choice_clear(&all->choice);
}

static void keep_bucket(void *data, int64_t low, int64_t high, uint64_t count)
{
	const struct bucket bucket = { low, high, count };

	g_array_append_val((GArray *)data, bucket);
}

/* --- of a scenario --- */

static bool parse(struct all_samples *all, const char *metric, struct diagnostics *d)
{
	struct expectation_context ctx = { .schema = &lapicsim_schema };

	ctx.metrics = metrics_all(&ctx.n_metrics);
	/* The median stands for all values: they go through one histogram. */
	all->source.name = g_strdup("--metric");
	all->source.text = g_strdup_printf("p50(%s)", metric);
	all->source.length = strlen(all->source.text);
	const struct source_pos at = { &all->source, 1, 1 };

	all->aggregate = aggregate_parse(d, &ctx, &at, all->source.text);
	return all->aggregate != NULL;
}

static bool take(struct all_samples *all, struct run_result *result, struct diagnostics *d)
{
	const struct histogram *h = aggregate_histogram(result->set, all->aggregate);

	if (!h) {
		struct aggregate_result value;
		g_autoptr(GString) why = g_string_new(NULL);

		aggregate_status_text(why, aggregate_read(result->set, all->aggregate, &value),
				      &value);
		return error_plain(d, EXIT_USAGE, "variant %s: %s: %s", result->variant->name,
				   all->source.text, why->str);
	}
	struct samples s = { g_strdup(result->variant->name),
			     g_array_new(FALSE, FALSE, sizeof(struct bucket)),
			     histogram_count(h),
			     histogram_min(h),
			     histogram_max(h),
			     histogram_per_mille(h, 500) };

	histogram_each(h, keep_bucket, s.buckets);
	g_array_append_val(all->series, s);
	return true;
}

static bool gather_runs(struct all_samples *all, const struct plot_request *request,
			struct diagnostics *d)
{
	unsigned n = 0;

	all->metric = request->metric ? request->metric : "lateness";
	all->replay = replay_load(request->path, &request->replay, d, NULL);
	if (!all->replay || !parse(all, all->metric, d) ||
	    !replay_resolve(all->replay, &request->replay, d))
		return false;
	for (uint32_t i = 0; i < all->replay->n_results; i++) {
		if (!all->replay->results[i].run)
			continue;
		n++;
		aggregate_set_add(all->replay->results[i].set, all->aggregate);
	}
	if (!plot_fits(n, "variants", "choose one by --variant", d) ||
	    !plot_ran(all->replay, replay_run(all->replay, &request->replay), d))
		return false;
	for (uint32_t i = 0; i < all->replay->n_results; i++)
		if (all->replay->results[i].run && !take(all, &all->replay->results[i], d))
			return false;
	all->bucket_unit = aggregate_unit(all->aggregate);
	return true;
}

/* --- of a store --- */

/* The expression says more than its name, but for a long one. */
#define EXPRESSION_MOST 48

static bool choose_histogram(struct all_samples *all, const char *name, uint32_t *ret,
			     struct diagnostics *d)
{
	const struct store_info *info = all->choice.info;
	const int found = name ? store_find_histogram(info, name) : 0;
	g_autoptr(GString) names = g_string_new(NULL);

	if (!info->n_histograms)
		return error_plain(d, EXIT_USAGE,
				   "this sweep holds no histogram; name one when it is run: "
				   "--histogram lateness, or histograms: in its section sweep");
	for (uint32_t i = 0; i < info->n_histograms; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", info->histograms[i].name);
	if (found < 0)
		return error_plain(d, EXIT_USAGE, "'%s' is no histogram of this sweep; it has: %s",
				   name, names->str);
	const struct store_histogram *h = &info->histograms[found];

	*ret = (uint32_t)found;
	all->metric = strlen(h->text) <= EXPRESSION_MOST ? h->text : h->name;
	all->bucket_unit = h->unit;
	return true;
}

static gint compare_buckets(gconstpointer a, gconstpointer b)
{
	const struct bucket *x = a, *y = b;

	return x->low != y->low ? (x->low < y->low ? -1 : 1)
				: (x->high > y->high) - (x->high < y->high);
}

/* Of several points, in order: equal buckets become one. False: they overlap, or have no value. */
static bool fold(GArray *buckets)
{
	guint n = 0;

	g_array_sort(buckets, compare_buckets);
	for (guint i = 0; i < buckets->len; i++) {
		struct bucket *b = &g_array_index(buckets, struct bucket, i);
		struct bucket *last = n ? &g_array_index(buckets, struct bucket, n - 1) : NULL;

		if (b->low > b->high || !b->count || b->count > INT64_MAX)
			return false;
		if (last && b->low == last->low && b->high == last->high) {
			last->count += b->count;
			continue;
		}
		if (last && b->low <= last->high)
			return false;
		g_array_index(buckets, struct bucket, n++) = *b;
	}
	g_array_set_size(buckets, n);
	return true;
}

/* What is known of a value is its bucket: the lower end stands for it. */
static void measure(struct samples *s)
{
	uint64_t rank = 0;

	for (guint i = 0; i < s->buckets->len; i++)
		s->count += bucket_at(s->buckets, i)->count;
	s->least = bucket_at(s->buckets, 0)->low;
	s->most = bucket_at(s->buckets, s->buckets->len - 1)->low;
	for (guint i = 0; rank < (s->count + 1) / 2; i++) {
		rank += bucket_at(s->buckets, i)->count;
		s->median = bucket_at(s->buckets, i)->low;
	}
}

static bool read_buckets(struct all_samples *all, uint32_t histogram, GArray *const *lines,
			 struct diagnostics *d)
{
	const struct store_point *point;
	g_autoptr(GError) error = NULL;

	while (store_next(all->choice.store, &point, &error)) {
		if (!plot_choice_takes(&all->choice, point->cell))
			continue;
		GArray *line = lines[plot_choice_line(&all->choice, point->cell)];
		const guint before = line->len;

		if (!store_histogram_each(all->choice.store, point->point, histogram, keep_bucket,
					  line, &error))
			break;
		all->missing += line->len == before;
	}
	return error ? error_plain(d, error->code, "%s", error->message) : true;
}

static bool take_lines(struct all_samples *all, const struct plot_request *request, GArray **lines,
		       struct diagnostics *d)
{
	for (uint32_t i = 0; i < plot_choice_lines(&all->choice); i++) {
		if (!lines[i]->len)
			continue;
		if (!fold(lines[i]))
			return error_plain(d, EXIT_USAGE, "%s: is damaged: the buckets of %s",
					   request->path, all->metric);
		struct samples s = { .name = plot_choice_name(&all->choice, i, all->metric),
				     .buckets = g_steal_pointer(&lines[i]) };

		measure(&s);
		g_array_append_val(all->series, s);
	}
	if (!all->series->len)
		return error_plain(d, EXIT_USAGE, "no point of this sweep has a value of %s",
				   all->metric);
	return true;
}

static bool gather_points(struct all_samples *all, const struct plot_request *request,
			  struct diagnostics *d)
{
	uint32_t histogram = 0;

	if (!plot_choice_make(&all->choice, request, PLOT_OVERLAID, d) ||
	    !choose_histogram(all, request->metric, &histogram, d))
		return false;
	const uint32_t n = plot_choice_lines(&all->choice);

	if (!plot_fits(n, "lines", "choose some by --where", d))
		return false;
	g_autofree GArray **lines = g_new(GArray *, n);

	for (uint32_t i = 0; i < n; i++)
		lines[i] = g_array_new(FALSE, FALSE, sizeof(struct bucket));
	const bool ok =
		read_buckets(all, histogram, lines, d) && take_lines(all, request, lines, d);

	for (uint32_t i = 0; i < n; i++)
		if (lines[i])
			g_array_free(lines[i], TRUE);
	return ok;
}

/* --- of either --- */

static bool gather(struct all_samples *all, const struct plot_request *request,
		   struct diagnostics *d)
{
	*all = (struct all_samples){ .series = g_array_new(FALSE, FALSE, sizeof(struct samples)) };
	if (!(request->of_store ? gather_points : gather_runs)(all, request, d))
		return false;
	all->least = series_at(all, 0)->least;
	all->most = series_at(all, 0)->most;
	for (guint i = 1; i < all->series->len; i++) {
		all->least = MIN(all->least, series_at(all, i)->least);
		all->most = MAX(all->most, series_at(all, i)->most);
	}
	all->log = plot_wants_log(all->least, all->most);
	all->unit = plot_unit_of_axis(all->bucket_unit, all->least, all->most);
	return true;
}

/* "before: 49 values, median 2000.005 us, max 2001.501 us" */
static char *describe(const struct all_samples *all, const struct samples *s)
{
	GString *text = g_string_new(s->name);

	g_string_append_printf(text, ": %" PRIu64 " value%s, median ", s->count,
			       s->count == 1 ? "" : "s");
	append_value(text, s->median, 1, all->unit);
	g_string_append(text, ", max ");
	append_value(text, s->most, 1, all->unit);
	return g_string_free(text, FALSE);
}

static struct plot *begin(const char *kind, const struct all_samples *all,
			  const struct plot_request *request, const char *axis)
{
	struct plot *plot = plot_new(kind);

	if (all->replay) {
		plot_titles_of_replay(plot, all->replay, &request->replay, all->metric);
	} else {
		g_autofree char *title =
			g_strdup_printf("%s: %s", all->choice.info->scenario, all->metric);

		plot_text(plot, "title", title);
		plot_choice_subtitle(plot, &all->choice, "all values of", "", all->missing);
	}
	plot_label(plot, axis, all->metric, all->unit);
	plot_number(plot, "n", all->series->len);
	for (guint i = 0; i < all->series->len; i++) {
		g_autofree char *name = g_strdup_printf("name_%u", i + 1);
		g_autofree char *words = describe(all, series_at(all, i));

		plot_text(plot, name, words);
	}
	return plot;
}

/* --- how often --- */

static __int128 magnitude(int64_t v) { return v < 0 ? -(__int128)v : v; }

/* The least 1, 2 or 5 times a power of ten that is not below @v. */
static uint64_t round_up(uint64_t v)
{
	uint64_t power = 1;

	while (v > power * 5 && power < UINT64_MAX / 100)
		power *= 10;
	return v <= power ? power : v <= power * 2 ? power * 2 : power * 5;
}

/* Bins narrower than four buckets would be combed by them. */
static uint64_t bin_width(const struct all_samples *all)
{
	const uint64_t range = (uint64_t)all->most - (uint64_t)all->least;
	uint64_t width = range / BINS;

	for (guint i = 0; i < all->series->len; i++) {
		const GArray *buckets = series_at(all, i)->buckets;

		for (guint k = 0; k < buckets->len; k++) {
			const struct bucket *b = bucket_at(buckets, k);
			const uint64_t wide = (uint64_t)b->high - (uint64_t)b->low;

			if (wide * 4 > width)
				width = wide * 4;
		}
	}
	/* All values equal: a box that can be seen. */
	if (!range)
		width = MAX(width, (uint64_t)magnitude(all->most) / BINS);
	return round_up(MAX(width, 1));
}

static __int128 floor_to(int64_t v, uint64_t width)
{
	__int128 q = (__int128)v / (__int128)width;

	if (v < 0 && q * (__int128)width != v)
		q--;
	return q * (__int128)width;
}

static void bin_of(const struct all_samples *all, uint64_t width, int64_t v, __int128 *low,
		   __int128 *high)
{
	if (!all->log) {
		*low = floor_to(v, width);
		*high = *low + width;
		return;
	}
	const unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)v);
	const unsigned shift = power > 3 ? power - 3 : 0; /* OCTAVE is 2^3 */

	*low = v >> shift << shift;
	*high = *low + ((__int128)1 << shift);
}

static bool same_bin(const struct all_samples *all, uint64_t width, int64_t a, int64_t b)
{
	__int128 low_a, low_b, high;

	bin_of(all, width, a, &low_a, &high);
	bin_of(all, width, b, &low_b, &high);
	return low_a == low_b;
}

static void bin_row(struct plot *plot, const struct all_samples *all, __int128 low, __int128 high,
		    uint64_t count)
{
	g_autoptr(GString) hover = g_string_new(NULL);

	plot_cell(plot, low, 1, all->unit);
	plot_cell(plot, high, 1, all->unit);
	plot_cell_int(plot, (int64_t)count);
	plot_cell(plot, low + high, 2, all->unit);
	g_string_append_printf(hover, "%" PRIu64 " from ", count);
	append_decimal(hover, low, 1, all->unit);
	g_string_append(hover, " to ");
	append_value(hover, high, 1, all->unit);
	plot_cell_text(plot, hover->str);
	plot_row_end(plot);
}

/* Returns the largest count; *least is the smallest one. */
static uint64_t bin_rows(struct plot *plot, const struct all_samples *all, const GArray *buckets,
			 uint64_t width, uint64_t *least)
{
	uint64_t most = 0;

	for (guint i = 0, next; i < buckets->len; i = next) {
		uint64_t count = 0;
		__int128 low, high;

		bin_of(all, width, bucket_at(buckets, i)->low, &low, &high);
		for (next = i; next < buckets->len; next++) {
			const struct bucket *b = bucket_at(buckets, next);

			if (b->low >= high)
				break;
			count += b->count;
		}
		bin_row(plot, all, low, high, count);
		most = MAX(most, count);
		*least = MIN(*least, count);
	}
	return most;
}

struct plot *plot_histogram(const struct plot_request *request, struct diagnostics *d)
{
	struct all_samples all;
	struct plot *plot = NULL;

	if (gather(&all, request, d)) {
		const uint64_t width = bin_width(&all);
		uint64_t least = UINT64_MAX, most = 0;

		plot = begin("histogram", &all, request, "x_label");
		plot_table(plot, "bins", "low, high, count, middle, words");
		for (guint i = 0; i < all.series->len; i++) {
			plot_series(plot);
			const uint64_t highest =
				bin_rows(plot, &all, series_at(&all, i)->buckets, width, &least);

			most = MAX(most, highest);
		}
		plot_number(plot, "log_x", all.log);
		plot_flat(plot, "x", all.least,
			  same_bin(&all, width, all.least, all.most) ? all.least : all.most,
			  all.unit);
		plot_number(plot, "log_y", most / COUNT_LOG_FROM >= least);
	}
	clear(&all);
	return plot;
}

/* --- which share --- */

/* A rank as a place on the axis: 1 / (1 - rank / n) = n / (n - rank). */
static void rank_cell(struct plot *plot, uint64_t n, uint64_t rank)
{
	static const struct plot_unit plain = { "", 1 };

	plot_cell(plot, n, rank < n ? n - rank : 1, &plain);
}

/* The value at every rank: from where it begins to where it ends. */
static void rank_rows(struct plot *plot, const struct all_samples *all, const struct samples *s)
{
	const uint64_t n = s->count;
	uint64_t rank = 0;

	for (guint i = 0; i < s->buckets->len; i++) {
		const struct bucket *b = bucket_at(s->buckets, i);
		const bool last = rank + b->count == n;
		/* Of the last bucket the greatest value is known. */
		const int64_t value = last ? s->most : MAX(b->low, s->least);

		rank_cell(plot, n, rank);
		plot_cell(plot, value, 1, all->unit);
		plot_row_end(plot);
		rank += b->count;
		rank_cell(plot, n, rank);
		plot_cell(plot, value, 1, all->unit);
		plot_row_end(plot);
	}
}

static int64_t axis_end(const struct all_samples *all)
{
	uint64_t most = 0, end = 100;

	for (guint i = 0; i < all->series->len; i++)
		most = MAX(most, series_at(all, i)->count);
	while (end < most && end < PERCENTILE_MOST)
		end *= 10;
	return (int64_t)end;
}

struct plot *plot_percentile(const struct plot_request *request, struct diagnostics *d)
{
	struct all_samples all;
	struct plot *plot = NULL;

	if (gather(&all, request, d)) {
		plot = begin("percentile", &all, request, "y_label");
		plot_number(plot, "log_y", all.log);
		plot_number(plot, "x_end", axis_end(&all));
		plot_flat(plot, "y", all.least, all.most, all.unit);
		plot_table(plot, "ranks", "1 / (1 - share), value");
		for (guint i = 0; i < all.series->len; i++) {
			plot_series(plot);
			rank_rows(plot, &all, series_at(&all, i));
		}
	}
	clear(&all);
	return plot;
}
