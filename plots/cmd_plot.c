/* SPDX-License-Identifier: MIT */
/* cmd_plot - lapicsim plot KIND FILE: a picture of a scenario's runs, or of a sweep. */
#include "command.h"
#include "plot_kinds.h"

#include <string.h>

static const char about[] =
	"Draws with gnuplot, as svg or in characters.\n"
	"\n"
	"Of a scenario FILE, its variants overlaid:\n"
	"  histogram   how often each value of a metric came\n"
	"  percentile  the value at each percentile, to 99.999\n"
	"  advance     the timer advance and the error that it follows, over time\n"
	"  timeline    the life of the worst deadline: vCPU, interrupts, from arming to handler\n"
	"  blame       what the lateness is made of: its parts, the mean and the worst\n"
	"Of the result of a sweep, R.sqlite:\n"
	"  lines       a metric over one axis, a line for each value of another, bands over seeds\n"
	"  knee        the same, with the count of early expiries on the second y axis\n"
	"  heatmap     a metric over two axes\n"
	"  histogram, percentile  of the histograms that it has stored, a line for each variant";
static const char examples[] =
	"Examples:\n"
	"  lapicsim plot percentile fixes/61abdbe0bcc2-busy-guest.yaml -o before-after.svg\n"
	"  lapicsim plot histogram FILE --metric notify           drawn in characters\n"
	"  lapicsim plot advance FILE --variant before --set duration=100ms -o advance.svg\n"
	"  lapicsim plot lines R.sqlite --x kernel --metric \"max(lateness)\" -o releases.svg\n"
	"  lapicsim plot percentile R.sqlite --by kernel --where variant=before -o releases.svg\n"
	"  lapicsim plot heatmap R.sqlite --x advance --y vmexit --where seed=1 -o heat.svg\n"
	"\n"
	"The same gnuplot gives the same bytes. Points that differ in their seed alone are drawn "
	"as their median, with a\nband from the least to the largest, or, by histogram and "
	"percentile, all together; any other axis is drawn or\nfixed by --where.\n"
	"\n"
	"Exit status: 0 drawn, 2 bad usage, scenario or store, 3 an invariant of the model broke, "
	"4 cannot open,\nread or write, or run gnuplot, 5 a budget is used up.\n";

struct kind {
	const char *name;
	plot_fn *draw;
	bool of_scenario, of_store;
};

static const struct kind kinds[] = {
	{ "histogram", plot_histogram, true, true }, { "percentile", plot_percentile, true, true },
	{ "advance", plot_advance, true, false },    { "lines", plot_lines, false, true },
	{ "timeline", plot_timeline, true, false },  { "blame", plot_blame, true, false },
	{ "knee", plot_knee, false, true },          { "heatmap", plot_heatmap, false, true },
};

struct plot_arguments {
	struct run_arguments run;
	char *output, *metric, *variant, *x, *y, *by, *scripts;
	char **where;
	gboolean emit_gp;
};

static GOptionEntry *entries_of(struct plot_arguments *a)
{
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output,
		  "Write this file; .txt: in characters (default: those, on standard output)",
		  "OUT.svg" },
		{ "metric", 'm', 0, G_OPTION_ARG_STRING, &a->metric,
		  "What is drawn; of a scenario a metric (default lateness), of a store one of its "
		  "metrics or histograms (default the first)",
		  "METRIC" },
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant,
		  "Draw this variant of the scenario alone", "NAME" },
		{ "x", 0, 0, G_OPTION_ARG_STRING, &a->x, "Axis of the sweep to the right", "AXIS" },
		{ "y", 0, 0, G_OPTION_ARG_STRING, &a->y, "Axis of the sweep upwards (heatmap)",
		  "AXIS" },
		{ "by", 0, 0, G_OPTION_ARG_STRING, &a->by,
		  "Axis of the sweep with a line for each value (not of heatmap)", "AXIS" },
		{ "where", 'w', 0, G_OPTION_ARG_STRING_ARRAY, &a->where,
		  "Draw only the points with this value on an axis", "AXIS=VALUE" },
		{ "emit-gp", 0, 0, G_OPTION_ARG_NONE, &a->emit_gp,
		  "Leave the data and a script for gnuplot and sed beside the picture", NULL },
		{ "scripts", 0, 0, G_OPTION_ARG_FILENAME, &a->scripts,
		  "Folder of the gnuplot scripts (default: lapicsim's own)", "DIR" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

static const struct kind *find_kind(const char *name)
{
	const char *names[G_N_ELEMENTS(kinds) + 1] = { NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_equal(kinds[i].name, name))
			return &kinds[i];
		names[i] = kinds[i].name;
	}
	const char *near = nearest_name(name, names);

	print_error("plot: '%s' is no kind of picture%s%s%s; see lapicsim plot --help", name,
		    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

static bool usage_error(const char *message)
{
	print_error("plot: %s; see lapicsim plot --help", message);
	return false;
}

/* By its first bytes; a file that cannot be read is left to who reports it. */
static bool is_store(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char first[sizeof(magic)] = { 0 };
	FILE *file = NULL;

	if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) /* a pipe would wait */
		file = fopen(path, "rbe");
	if (!file)
		return g_str_has_suffix(path, ".sqlite");
	const bool ret = fread(first, 1, sizeof(first), file) == sizeof(first) &&
			 memcmp(first, magic, sizeof(magic)) == 0;

	fclose(file);
	return ret || g_str_has_suffix(path, ".sqlite");
}

/* An option that is not looked at would be a promise that is not kept. */
static bool fits(const struct plot_arguments *a, const struct kind *kind, bool of_store)
{
	if (!kind->of_store && is_store(a->run.paths[1]))
		return usage_error(
			"this kind is drawn of a scenario, not of the result of a sweep");
	if (of_store && (a->variant || a->run.sets || a->run.seed || a->run.library ||
			 a->run.max_events || a->run.shuffle_ties))
		return usage_error("--variant, --set, --seed, --library, --max-events and "
				   "--shuffle-ties are for scenarios; a sweep has run already "
				   "(--where chooses points)");
	if (!of_store && (a->x || a->y || a->by || a->where))
		return usage_error("--x, --y, --by and --where are for the result of a sweep");
	if (a->y && kind->draw != plot_heatmap)
		return usage_error("--y is for heatmap");
	if (a->by && kind->draw == plot_heatmap)
		return usage_error("--by is not for heatmap");
	if (a->x && kind->of_scenario)
		return usage_error("--x is for lines, knee and heatmap");
	if (a->metric && kind->draw == plot_advance)
		return usage_error("advance has no --metric");
	if (a->metric && kind->draw == plot_timeline)
		return usage_error("timeline has no --metric");
	if (a->metric && kind->draw == plot_blame)
		return usage_error("blame has no --metric");
	return true;
}

static bool output_of(const struct plot_arguments *a, struct plot_output *ret)
{
	*ret = (struct plot_output){
		.path = a->output, .format = PLOT_DUMB, .emit_gp = a->emit_gp, .folder = a->scripts
	};
	if (a->output && g_str_has_suffix(a->output, ".svg"))
		ret->format = PLOT_SVG;
	else if (a->output && !g_str_has_suffix(a->output, ".txt"))
		return usage_error("-o: a picture ends in .svg or .txt");
	if (a->emit_gp && !a->output)
		return usage_error("--emit-gp needs -o: the files go beside the picture");
	return true;
}

static int draw(const struct kind *kind, const struct plot_request *request,
		const struct plot_output *output)
{
	g_autofree char *error = NULL;
	struct diagnostics d;
	int status;

	diagnostics_init(&d);
	struct plot *plot = kind->draw(request, &d);

	if (plot)
		status = plot_draw(plot, output, &error);
	else
		status = d.status;
	g_printerr("%s", d.text->str);
	if (error)
		g_printerr("lapicsim: error: %s\n", error);
	plot_free(plot);
	diagnostics_clear(&d);
	return status;
}

static int plot_with(const struct plot_arguments *a)
{
	struct plot_request request = { .metric = a->metric, .x = a->x, .y = a->y, .by = a->by };
	g_autoptr(GPtrArray) sets = NULL;
	struct plot_output output;

	if (!a->run.paths || !a->run.paths[0] || !a->run.paths[1] || a->run.paths[2]) {
		usage_error("it takes a KIND and a FILE");
		return EXIT_USAGE;
	}
	const struct kind *kind = find_kind(a->run.paths[0]);

	if (!kind)
		return EXIT_USAGE;
	request.path = a->run.paths[1];
	request.of_store = kind->of_store && (!kind->of_scenario || is_store(request.path));
	if (!fits(a, kind, request.of_store) || !output_of(a, &output) ||
	    !run_options(&a->run, &request.replay, &sets))
		return EXIT_USAGE;
	request.replay.variant = a->variant;
	request.where = (const char *const *)a->where;
	return draw(kind, &request, &output);
}

static int plot_main(int argc, char **argv)
{
	struct plot_arguments a = { 0 };
	g_autoptr(GString) usage = g_string_new(NULL);
	int status = EXIT_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_string_append_printf(usage, "%s%s", i ? "|" : "", kinds[i].name);
	g_string_append(usage, " FILE|R.sqlite");
	if (parse_arguments(&argc, &argv, usage->str, about, examples, entries_of(&a), &status))
		status = plot_with(&a);
	run_arguments_clear(&a.run);
	g_strfreev(a.where);
	char *const texts[] = { a.output, a.metric, a.variant, a.x, a.y, a.by, a.scripts };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	return status;
}

const struct command command_plot = { "plot", "a picture of a scenario or of a sweep", plot_main,
				      false };
