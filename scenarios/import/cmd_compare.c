/* SPDX-License-Identifier: MIT */
/* cmd_compare - lapicsim compare FILE.yaml TRACE [CSV]: a prediction beside what was recorded. */
#include "cmd_import.h"
#include "compare.h"
#include "observe_trace.h"

#include <string.h>

static const char about[] = "Runs a scenario that lapicsim import made, and sets what it predicts "
			    "beside the recording: "
			    "where each\ntimer fired, how late the guest saw it, the exits. CSV is "
			    "what the guest wrote "
			    "down; without it lateness\nis that of VM-entry.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim compare run.yaml trace.txt.gz run.csv\n"
	"  lapicsim compare run.yaml trace.txt.gz run.csv --deadlines     also one row a deadline\n"
	"  lapicsim compare run.yaml trace.txt.gz run.csv -o both.csv     the same as CSV\n"
	"  lapicsim compare run.yaml trace.txt.gz --bounds median=8%,p90=15%,ticks=3\n"
	"\n"
	"Exit status: 0 within the bounds, 1 outside, 2 bad usage, scenario or trace, 3 an "
	"invariant "
	"of the model broke,\n"
	"4 cannot open, read or write, 5 a budget is used up.\n";

struct compare_arguments {
	struct run_arguments run;
	char *variant, *bounds, *output;
	gboolean deadlines, plot;
};

/* "median=5%,ticks=2": shares of lateness in percent, counts without a unit. */
static bool read_bounds(const char *text, struct compare_bounds *ret)
{
	const struct {
		const char *name;
		uint64_t *to;
		bool share;
	} known[] = {
		{ "cpu", &ret->cpu, false },     { "exits", &ret->exits, false },
		{ "ticks", &ret->ticks, false }, { "median", &ret->median, true },
		{ "p90", &ret->p90, true },
	};
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (char **part = parts; *part; part++) {
		char *value = strchr(*part, '=');
		unsigned i = 0;
		uint64_t n;

		if (value)
			*value++ = '\0';
		while (i < G_N_ELEMENTS(known) && strcmp(known[i].name, *part) != 0)
			i++;
		if (!value || i == G_N_ELEMENTS(known)) {
			print_error("--bounds: '%s' is none of cpu, exits, ticks, median, p90 with "
				    "its value: median=5%%",
				    *part);
			return false;
		}
		if (known[i].share && g_str_has_suffix(value, "%"))
			value[strlen(value) - 1] = '\0';
		else if (known[i].share)
			value = (char *)""; /* a share without its sign is no number */
		if (!g_ascii_string_to_unsigned(value, 10, 0, 100000, &n, NULL)) {
			print_error("--bounds: %s takes %s", *part,
				    known[i].share ? "whole percent, e.g. 5%" : "a number, e.g. 1");
			return false;
		}
		*known[i].to = known[i].share ? n * 10 : n;
	}
	return true;
}

static int report(const struct compare_arguments *a, struct compared *c,
		  const struct compare_bounds *bounds)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const bool ok = compare_judge(c, bounds);
	int status;

	compare_table(out, c);
	if (a->deadlines)
		compare_deadlines(out, c);
	if (a->plot)
		compare_plot(out, c);
	g_string_append_c(out, '\n');
	compare_verdict(out, c);
	if (a->output) {
		g_autoptr(GString) csv = g_string_new(NULL);
		char *error = NULL;

		compare_csv(csv, c);
		status = write_file(a->output, csv->str, csv->len, &error);
		if (status != EXIT_OK) {
			print_error("%s", error);
			g_free(error);
			return status;
		}
	}
	status = print_result(out->str);
	return status != EXIT_OK ? status : ok ? EXIT_OK : EXIT_EXPECTATION;
}

static bool one_variant(const struct replay *replay, struct diagnostics *d)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < replay->n_results; i++)
		n += replay->results[i].run != NULL;
	return n == 1 ||
	       error_plain(d, EXIT_USAGE, "'%s' has %u variants; choose one with --variant",
			   replay->file->path, n);
}

static int compare_with(const struct compare_arguments *a, const struct replay_options *options,
			const struct compare_bounds *bounds)
{
	char **paths = a->run.paths;
	struct observed_run *recorded = NULL;
	struct trace_facts facts;
	struct guest_csv csv = { .rows = NULL };
	struct compared c = { .rows = NULL };
	struct diagnostics d;
	int status = EXIT_OK;

	diagnostics_init(&d);
	struct replay *replay = replay_load(paths[0], options, &d, NULL);
	bool ok = replay && replay_resolve(replay, options, &d) && one_variant(replay, &d);
	if (ok)
		recorded = observe_trace(paths[1], &facts, &d);
	ok = ok && recorded && (!paths[2] || guest_csv_read(paths[2], &csv, &d));
	ok = ok && compare_run(replay, options, recorded, &facts, paths[2] ? &csv : NULL, &c, &d);
	if (ok)
		status = report(a, &c, bounds);
	else
		status = d.status ? d.status : EXIT_USAGE;
	g_printerr("%s", d.text->str);
	compared_clear(&c);
	guest_csv_clear(&csv);
	observed_run_free(recorded);
	replay_free(replay);
	diagnostics_clear(&d);
	return status;
}

static int compare_main(int argc, char **argv)
{
	struct compare_arguments a = { 0 };
	struct compare_bounds bounds = COMPARE_BOUNDS_DEFAULT;
	struct replay_options options = { 0 };
	g_autoptr(GPtrArray) sets = NULL;
	const GOptionEntry own[] = {
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a.variant, "Compare this variant",
		  "NAME" },
		{ "bounds", 0, 0, G_OPTION_ARG_STRING, &a.bounds,
		  "What may differ (default cpu=0,exits=0,ticks=1,median=5%,p90=10%)", "BOUNDS" },
		{ "deadlines", 0, 0, G_OPTION_ARG_NONE, &a.deadlines, "Also list every deadline",
		  NULL },
		{ "plot", 0, 0, G_OPTION_ARG_NONE, &a.plot,
		  "Also draw lateness by percentile, in characters", NULL },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &a.output,
		  "Write every deadline, recorded and predicted, to this file", "OUT.csv" },
	};
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "FILE.yaml TRACE [CSV]", about, examples,
			    merge_entries(own, G_N_ELEMENTS(own), &a.run), &status)) {
		const unsigned n = a.run.paths ? g_strv_length(a.run.paths) : 0;

		status = EXIT_USAGE;
		if (n < 2 || n > 3)
			print_error(
				"compare takes FILE.yaml TRACE [CSV]; see lapicsim compare --help");
		else if ((!a.bounds || read_bounds(a.bounds, &bounds)) &&
			 run_options(&a.run, &options, &sets)) {
			options.variant = a.variant;
			options.samples = true;
			status = compare_with(&a, &options, &bounds);
		}
	}
	run_arguments_clear(&a.run);
	g_free(a.variant);
	g_free(a.bounds);
	g_free(a.output);
	return status;
}

const struct command command_compare = { "compare", "set a prediction beside a recorded trace",
					 compare_main, false };
