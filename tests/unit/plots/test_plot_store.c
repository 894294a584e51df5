/* SPDX-License-Identifier: MIT */
/*
 * A sweep over two axes: which points a picture shows, and what it refuses to hide. The rule of the
 * knee, with means worked out by hand.
 */
#include "plot_kinds.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the three above first */
#include <cmocka.h>
#include <glib/gstdio.h>

enum { KERNELS = 3, SEEDS = 3, VARIANTS = 2 };

/* [us], 0: no value. v4.6 has none before; one seed fails after. */
static const int64_t late[KERNELS][SEEDS][VARIANTS] = {
	{ { 30, 4 }, { 10, 4 }, { 20, 5 } },
	{ { 0, 7 }, { 0, 6 }, { 0, 0 } },
	{ { 200, 1 }, { 300, 2 }, { 100, 3 } },
};

static struct store_axis axis(const char *key, enum axis_unit unit, uint64_t stride,
			      const char *const *texts, uint32_t n)
{
	struct store_axis a = { .key = g_strdup(key), .unit = unit, .n = n, .stride = stride };

	const int64_t step = unit == AXIS_PS ? 1000000 : 1;

	a.values = g_new0(struct store_axis_value, n);
	for (uint32_t i = 0; i < n; i++)
		a.values[i] = (struct store_axis_value){ .text = g_strdup(texts[i]),
							 .has_number = unit != AXIS_WORD,
							 .number = (int64_t)(i + 1) * step };
	return a;
}

static struct store_info *info_new(uint32_t n_axes, uint64_t points)
{
	struct store_info *info = g_new0(struct store_info, 1);

	info->program = g_strdup("0");
	info->scenario = g_strdup("it's");
	info->about = g_strdup("");
	info->base_hash = g_strdup("b");
	info->grid_hash = g_strdup("g");
	info->master_seed = 1;
	info->cells = info->points = points;
	info->shards = 1;
	info->n_axes = n_axes;
	info->axes = g_new0(struct store_axis, n_axes);
	info->n_metrics = 2;
	info->metrics = g_new0(struct store_metric, 2);
	info->metrics[0] = (struct store_metric){ g_strdup("max(lateness)"),
						  g_strdup("max(lateness)"), EXACT_TIME };
	info->metrics[1] = (struct store_metric){ g_strdup("early"),
						  g_strdup("count(lateness where lateness < 0)"),
						  EXACT_PLAIN };
	return info;
}

static void add(struct store *store, uint64_t at, int64_t ps)
{
	struct store_value values[2] = {
		{ .there = ps != 0,
		  .value = exact_integer(ps, EXACT_TIME),
		  .why = (char *)"no samples" },
		{ .there = true, .value = exact_integer((int64_t)at, EXACT_PLAIN) },
	};
	const struct store_point point = { .point = at, .cell = at, .seed = 1, .values = values };
	GError *error = NULL;

	assert_true(store_add(store, &point, NULL, &error));
}

static char *folder;

static char *path_of(const char *name) { return g_build_filename(folder, name, NULL); }

static int make_folder(void **state)
{
	static const char *const empty[] = { "style.gp",   "lines.gp",     "knee.gp",
					     "heatmap.gp", "histogram.gp", "percentile.gp" };

	folder = g_dir_make_tmp("lapicsim-store-XXXXXX", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(empty); i++) {
		g_autofree char *path = path_of(empty[i]);

		g_file_set_contents(path, "", -1, NULL);
	}
	return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = path_of(name);

		g_remove(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
	return 0;
}

/* Kernel, seed, variant: the last moves fastest. */
static char *make_store(void)
{
	static const char *const kernels[] = { "v4.5", "v4.6", "v4.7" };
	static const char *const seeds[] = { "1", "2", "3" };
	static const char *const variants[] = { "before", "after" };
	char *path = path_of("r.sqlite");
	struct store_info *info = info_new(3, KERNELS * SEEDS * VARIANTS);
	GError *error = NULL;
	uint64_t at = 0;

	g_remove(path);
	info->axes[0] = axis("kernel", AXIS_RELEASE, 6, kernels, KERNELS);
	info->axes[1] = axis("seed", AXIS_PLAIN, 2, seeds, SEEDS);
	info->axes[2] = axis("variant", AXIS_WORD, 1, variants, VARIANTS);
	struct store *store = store_create(path, info, &error);

	if (!store)
		fail_msg("%s", error->message);
	for (int k = 0; k < KERNELS; k++)
		for (int s = 0; s < SEEDS; s++)
			for (int v = 0; v < VARIANTS; v++)
				add(store, at++, late[k][s][v] * 1000000);
	assert_true(store_commit(store, &error));
	assert_true(store_finish(store, &error));
	store_close(store);
	store_info_free(info);
	return path;
}

/* The script of a picture, or what is wrong with the request. */
static char *draw_of(char *store, plot_fn *fn, struct plot_request request)
{
	g_autofree char *path = store;
	struct diagnostics d;
	char *error = NULL;

	diagnostics_init(&d);
	request.path = path;
	struct plot *plot = fn(&request, &d);
	char *text = g_strdup(d.text->str);

	if (plot) {
		int status;
		GString *script = plot_script(plot, PLOT_SVG, folder, &status, &error);

		assert_string_equal(text, "");
		g_free(text);
		text = g_string_free(script, FALSE);
	} else {
		assert_int_equal(d.status, EXIT_USAGE);
	}
	plot_free(plot);
	diagnostics_clear(&d);
	return text;
}

static char *draw(plot_fn *fn, struct plot_request request)
{
	return draw_of(make_store(), fn, request);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no\n%s\nin\n%s", part, text);
}

/* The median of 30, 10, 20 is 20, of 4, 4, 5 is 4, of the two of after v4.6, 7 and 6, the lower. */
static void test_lines(void **state)
{
	g_autofree char *script = draw(plot_lines, (struct plot_request){ 0 });

	assert_has(script, "title = 'it''s: max(lateness)'\n"
			   "subtitle = 'median of 3 seeds, band: all of them; 4 points have no "
			   "value'\ny_label = 'max(lateness) [us]'\nx_label = 'kernel'\n");
	assert_has(script, "set xtics ('v4.5' 0)\nset xtics add ('v4.6' 1)\n");
	assert_has(script, "$lines << EOD\n"
			   "# lines: x, median, least, largest, words\n"
			   "0\t20\t10\t30\t before, v4.5: 20 us\n"
			   "\n"
			   "2\t200\t100\t300\t before, v4.7: 200 us\n"
			   "\n\n"
			   "0\t4\t4\t5\t after, v4.5: 4 us\n"
			   "1\t6\t6\t7\t after, v4.6: 6 us\n"
			   "2\t2\t1\t3\t after, v4.7: 2 us\n"
			   "EOD\n");
}

static void test_where_fixes_an_axis(void **state)
{
	static const char *const where[] = { "seed=3", "variant=after", NULL };
	g_autofree char *script = draw(plot_lines, (struct plot_request){ .where = where });

	assert_has(script, "subtitle = 'seed 3; variant after; 1 point has no value'\n");
	assert_has(script, "0\t5\t5\t5\t max(lateness), v4.5: 5 us\n\n2\t3\t3\t3\t");
}

/* In v4.6 nothing before has a value: one line is left. */
static void test_a_line_without_values(void **state)
{
	static const char *const where[] = { "kernel=v4.6", NULL };
	g_autofree char *script =
		draw(plot_lines,
		     (struct plot_request){ .x = "seed", .by = "variant", .where = where });

	assert_has(script, "; 4 points have no value'\n");
	assert_has(script, "\nn = 1\nbands = 0\nname_1 = 'after'\n$lines << EOD\n"
			   "# lines: x, median, least, largest, words\n"
			   "1\t7\t7\t7\t after, 1: 7 us\n"
			   "2\t6\t6\t6\t after, 2: 6 us\n"
			   "\nEOD\n");
}

/* An axis of numbers with one value left: gnuplot has to be told a range. */
static void test_one_place_on_the_axis(void **state)
{
	static const char *const where[] = { "kernel=v4.5", "seed=2", NULL };
	g_autofree char *script =
		draw(plot_lines,
		     (struct plot_request){ .x = "seed", .by = "variant", .where = where });

	assert_has(script, "\nlog_x = 0\nn_words = 0\nx_flat = 1\nx_low = 1\nx_high = 3\n");
}

static void test_heatmap(void **state)
{
	static const char *const where[] = { "variant=after", NULL };
	g_autofree char *script =
		draw(plot_heatmap,
		     (struct plot_request){ .x = "kernel", .y = "seed", .where = where });

	assert_has(script, "subtitle = 'variant after; seeds as drawn; 1 point has no value'\n");
	assert_has(script, "\nx_label = 'kernel'\nset xtics ('v4.5' 0)\n");
	assert_has(script, "\ny_label = 'seed'\nset ytics ('1' 0)\nset ytics add ('2' 1)\n");
	/* From 1 to 7 us: the middle is 4. */
	assert_has(script, "$cells << EOD\n"
			   "# cells: x, y, value, short, colour of the words, words\n"
			   "0\t0\t4\t 4\t0\t kernel v4.5, seed 1: 4 us\n"
			   "1\t0\t7\t 7\t0\t kernel v4.6, seed 1: 7 us\n"
			   "2\t0\t1\t 1\t16777215\t kernel v4.7, seed 1: 1 us\n");
}

/* --- stored histograms --- */

/* [ps], 0: no more. Variant, seed. */
static const int64_t stored[VARIANTS][2][3] = {
	{ { 100, 100 }, { 300, 100 } },
	{ { 50 }, { 0 } },
};

static void add_histogram(struct store *store, uint64_t at, const int64_t *values)
{
	struct store_value none[2] = { { .why = (char *)"no samples" },
				       { .why = (char *)"no samples" } };
	const struct store_point point = { .point = at, .cell = at, .seed = 1, .values = none };
	struct histogram *h = *values ? histogram_new() : NULL;
	GError *error = NULL;

	for (; *values; values++)
		assert_true(histogram_add(h, *values));
	assert_true(store_add(store, &point, &h, &error));
	if (h)
		histogram_free(h);
}

static char *make_histograms_of(const int64_t values[VARIANTS][2][3])
{
	static const char *const seeds[] = { "1", "2" };
	static const char *const variants[] = { "before", "after" };
	char *path = path_of("h.sqlite");
	struct store_info *info = info_new(2, 4);
	GError *error = NULL;
	uint64_t at = 0;

	g_remove(path);
	info->axes[0] = axis("variant", AXIS_WORD, 2, variants, 2);
	info->axes[1] = axis("seed", AXIS_PLAIN, 1, seeds, 2);
	info->n_histograms = 1;
	info->histograms = g_new0(struct store_histogram, 1);
	info->histograms[0] =
		(struct store_histogram){ g_strdup("late"), g_strdup("lateness"), EXACT_TIME };
	struct store *store = store_create(path, info, &error);

	for (int v = 0; v < VARIANTS; v++)
		for (int s = 0; s < 2; s++)
			add_histogram(store, at++, values[v][s]);
	assert_true(store_commit(store, &error));
	assert_true(store_finish(store, &error));
	store_close(store);
	store_info_free(info);
	return path;
}

static char *make_histograms(void) { return make_histograms_of(stored); }

/* Buckets of 2 ps, two of them in one bin of 5 ps: gnuplot has to be told a range. */
static void test_stored_in_one_bin(void **state)
{
	static const int64_t near[VARIANTS][2][3] = { { { 4001, 4003 }, { 4001 } },
						      { { 4002 }, { 4003 } } };
	g_autofree char *script = draw_of(make_histograms_of(near), plot_histogram,
					  (struct plot_request){ .of_store = true });

	assert_has(script, "\nx_flat = 1\nx_low = 3\nx_high = 5\n");
	assert_has(script, "4\t4.005\t3\t4.0025\t 3 from 4 to 4.005 ns\n");
}

/* Both seeds together: before 100 100 100 300, of which the second is the median. */
static void test_stored_percentiles(void **state)
{
	g_autofree char *script =
		draw_of(make_histograms(), plot_percentile,
			(struct plot_request){ .of_store = true, .metric = "late" });

	assert_has(script, "title = 'it''s: lateness'\n"
			   "subtitle = 'all values of 2 seeds; 1 point has no value'\n"
			   "y_label = 'lateness [ns]'\nn = 2\n"
			   "name_1 = 'before: 4 values, median 0.1 ns, max 0.3 ns'\n"
			   "name_2 = 'after: 1 value, median 0.05 ns, max 0.05 ns'\n");
	assert_has(script, "$ranks << EOD\n"
			   "# ranks: 1 / (1 - share), value\n"
			   "1\t0.1\n4\t0.1\n4\t0.3\n4\t0.3\n"
			   "\n\n"
			   "1\t0.05\n1\t0.05\nEOD\n");
}

/* The range is 200 ps, a bin a sixtieth of it, rounded up: 5 ps. */
static void test_stored_histogram(void **state)
{
	static const char *const where[] = { "variant=before", NULL };
	g_autofree char *script =
		draw_of(make_histograms(), plot_histogram,
			(struct plot_request){ .of_store = true, .where = where });

	assert_has(script, "subtitle = 'variant before; all values of 2 seeds'\n");
	assert_has(script, "name_1 = 'lateness: 4 values, median 0.1 ns, max 0.3 ns'\n");
	assert_has(script, "$bins << EOD\n"
			   "# bins: low, high, count, middle, words\n"
			   "0.1\t0.105\t3\t0.1025\t 3 from 0.1 to 0.105 ns\n"
			   "0.3\t0.305\t1\t0.3025\t 1 from 0.3 to 0.305 ns\nEOD\n");
}

static void test_stored_seed(void **state)
{
	static const char *const where[] = { "variant=before", NULL };
	g_autofree char *script =
		draw_of(make_histograms(), plot_histogram,
			(struct plot_request){ .of_store = true, .by = "seed", .where = where });

	assert_has(script, "subtitle = 'variant before; seeds as drawn'\n");
	assert_has(script, "name_1 = 'seed = 1: 2 values, median 0.1 ns, max 0.1 ns'\n"
			   "name_2 = 'seed = 2: 2 values, median 0.1 ns, max 0.3 ns'\n");
}

static void test_no_stored_value(void **state)
{
	static const char *const where[] = { "variant=after", "seed=2", NULL };
	g_autofree char *text = draw_of(make_histograms(), plot_percentile,
					(struct plot_request){ .of_store = true, .where = where });
	g_autofree char *other =
		draw_of(make_histograms(), plot_percentile,
			(struct plot_request){ .of_store = true, .metric = "max(lateness)" });

	assert_string_equal(text,
			    "lapicsim: error: no point of this sweep has a value of lateness\n");
	assert_string_equal(other, "lapicsim: error: 'max(lateness)' is no histogram of this "
				   "sweep; it has: late\n");
}

struct refusal {
	const char *name;
	plot_fn *fn;
	struct plot_request request;
	const char *message;
};

static const char *const nonsense[] = { "variant", NULL };
static const char *const no_value[] = { "variant=between", NULL };
static const char *const of_v45[] = { "kernel=v4.5", "variant=after", NULL };
static const char *const after[] = { "variant=after", NULL };
static const char *const empty[] = { "kernel=v4.6", "variant=before", NULL };

static const struct refusal refusals[] = {
	{ "an axis that is neither drawn nor fixed",
	  plot_lines,
	  { .x = "seed", .by = "variant" },
	  "lapicsim: error: axis kernel has 3 values, and is neither drawn nor fixed: choose one "
	  "by --where 'kernel=v4.5', or draw it by --x or --by\n" },
	{ "no such axis",
	  plot_lines,
	  { .x = "hz" },
	  "lapicsim: error: --x: 'hz' is no axis of this sweep, or more than one; its axes are "
	  "kernel, seed, variant\n" },
	{ "no such metric",
	  plot_lines,
	  { .metric = "wait" },
	  "lapicsim: error: 'wait' is no metric of this sweep; it has: max(lateness), early\n" },
	{ "where without a value",
	  plot_lines,
	  { .where = nonsense },
	  "lapicsim: error: --where: 'variant' is not AXIS=VALUE\n" },
	{ "where with no value of the axis",
	  plot_lines,
	  { .where = no_value },
	  "lapicsim: error: --where: 'between' is no value of variant in this sweep\n" },
	{ "the same axis twice",
	  plot_heatmap,
	  { .x = "kernel", .y = "kernel" },
	  "lapicsim: error: --x and --y are the same axis\n" },
	{ "no histogram",
	  plot_percentile,
	  { .of_store = true, .by = "kernel", .where = after },
	  "lapicsim: error: this sweep holds no histogram; name one when it is run: --histogram "
	  "lateness, or histograms: in its section sweep\n" },
	{ "an overlaid picture of two axes",
	  plot_histogram,
	  { .of_store = true, .by = "kernel" },
	  "lapicsim: error: axis variant has 2 values, and is neither drawn nor fixed: choose one "
	  "by --where 'variant=before', or draw it by --by\n" },
	{ "only the seed is left",
	  plot_lines,
	  { .where = of_v45 },
	  "lapicsim: error: no axis of this sweep is left to draw over, but for the seed: --x "
	  "seed\n" },
	{ "nothing to show",
	  plot_lines,
	  { .x = "seed", .where = empty },
	  "lapicsim: error: no point of this sweep has a value of max(lateness)\n" },
};

static void check_refusal(void **state)
{
	const struct refusal *row = *state;
	g_autofree char *text = draw(row->fn, row->request);

	assert_string_equal(text, row->message);
}

/* --- the knee --- */

struct knee_row {
	const char *name;
	int64_t mean[7]; /* [ns], at 1 to 7 us of advance; 0: no value */
	const char *want;
};

/* clang-format off */
static const struct knee_row knee_rows[] = {
	/* 76 75 80 99 99: the second flat row is the sixth */
	{ "the row before the second flat one", { 2600, 2000, 1500, 1210, 1200, 1199, 1198 }, "knee at 5us" },
	{ "98 and 102 are flat", { 1000, 980, 999, 500, 100, 10, 1 }, "knee at 2us" },
	{ "97 is not", { 1000, 970, 969, 500, 100, 10, 1 }, "no knee" },
	{ "103 is not", { 1000, 1030, 1040, 500, 100, 10, 1 }, "no knee" },
	{ "flat rows must follow each other", { 1000, 1000, 500, 500, 100, 100, 10 }, "no knee" },
	{ "a row without a value begins anew", { 1000, 1000, 0, 1000, 1000, 1000, 1000 }, "knee at 5us" },
	{ "whole percents: 102.9 is 102", { 1000, 1029, 1029, 500, 100, 10, 1 }, "knee at 2us" },
};
/* clang-format on */

static void check_knee(void **state)
{
	static const char *const advances[] = { "1us", "2us", "3us", "4us", "5us", "6us", "7us" };
	const struct knee_row *row = *state;
	g_autofree char *path = path_of("knee.sqlite");
	g_autofree char *want = g_strdup_printf("name_1 = 'max(lateness): %s'\n", row->want);
	struct store_info *info = info_new(1, 7);
	struct plot_request request = { .path = path };
	struct diagnostics d;
	GError *error = NULL;
	char *message = NULL;

	g_remove(path);
	info->axes[0] = axis("costs.vmexit", AXIS_PS, 1, advances, 7);
	struct store *store = store_create(path, info, &error);

	for (uint64_t i = 0; i < 7; i++)
		add(store, i, row->mean[i] * 1000);
	assert_true(store_commit(store, &error));
	assert_true(store_finish(store, &error));
	store_close(store);
	store_info_free(info);

	diagnostics_init(&d);
	struct plot *plot = plot_knee(&request, &d);

	assert_string_equal(d.text->str, "");
	int status;
	GString *script = plot_script(plot, PLOT_SVG, folder, &status, &message);

	assert_has(script->str, want);
	assert_has(script->str, "x_label = 'costs.vmexit [us]'\n");
	assert_has(script->str, "\t6\nEOD\n"); /* early, of the last point */
	g_string_free(script, TRUE);
	plot_free(plot);
	diagnostics_clear(&d);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_where_fixes_an_axis),
		cmocka_unit_test(test_heatmap),
		cmocka_unit_test(test_a_line_without_values),
		cmocka_unit_test(test_one_place_on_the_axis),
		cmocka_unit_test(test_stored_percentiles),
		cmocka_unit_test(test_stored_histogram),
		cmocka_unit_test(test_stored_seed),
		cmocka_unit_test(test_stored_in_one_bin),
		cmocka_unit_test(test_no_stored_value),
	};
	struct CMUnitTest
		tests[G_N_ELEMENTS(refusals) + G_N_ELEMENTS(knee_rows) + G_N_ELEMENTS(others)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
		tests[n++] = (struct CMUnitTest){ .name = refusals[i].name,
						  .test_func = check_refusal,
						  .initial_state = (void *)&refusals[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(knee_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = knee_rows[i].name,
						  .test_func = check_knee,
						  .initial_state = (void *)&knee_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[n++] = others[i];
	return cmocka_run_group_tests_name("plot_store", tests, make_folder, remove_folder);
}
