/* SPDX-License-Identifier: MIT */
#include "plots_commands.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static const char about[] =
	"Prints a store: one row a point, or, with --by, one row a group of points that agree in "
	"these\naxes. CSV has all digits, the seed and the fingerprint of each run.";
static const char examples[] = "Examples:\n"
			       "  lapicsim table R.sqlite\n"
			       "  lapicsim table R.sqlite --by kernel,variant --agg min,p50,max\n"
			       "  lapicsim table R.sqlite --csv > R.csv\n"
			       "\nExit status: 0 printed; 2 bad usage, or no finished store of a "
			       "sweep; 4 input or output.";

static bool put_line(void *data, const char *line)
{
	int *status = data;

	*status = print_part(line);
	return *status == EXIT_OK;
}

static int print_table(const char *path, const struct table_options *options, bool partial)
{
	GError *error = NULL;
	int status = EXIT_OK;
	struct store *store = store_open(path, partial, &error);

	if (store && table_print(store, options, put_line, &status, &error)) {
		if (store_info(store)->finished == false)
			print_note("%s is unfinished", path);
		const int flushed = print_result("");

		status = status == EXIT_OK ? flushed : status;
	} else {
		print_error("%s", error->message);
		status = error->code;
		g_error_free(error);
	}
	store_close(store);
	return status;
}

static int table_main(int argc, char **argv)
{
	g_autofree char *by = NULL;
	g_autofree char *agg = NULL;
	g_auto(GStrv) paths = NULL;
	gboolean csv = FALSE, partial = FALSE;
	int status = EXIT_OK;
	const GOptionEntry own[] = {
		{ "by", 0, 0, G_OPTION_ARG_STRING, &by,
		  "One row for all points that agree in these", "AXIS,..." },
		{ "agg", 0, 0, G_OPTION_ARG_STRING, &agg,
		  "With --by: count, min, max, mean (default), p1 to p99", "NAME,..." },
		{ "csv", 0, 0, G_OPTION_ARG_NONE, &csv, "Comma-separated values", NULL },
		{ "partial", 0, 0, G_OPTION_ARG_NONE, &partial, "An unfinished store will do",
		  NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	if (!parse_arguments(&argc, &argv, "R.sqlite", about, examples,
			     memcpy(g_new(GOptionEntry, G_N_ELEMENTS(own)), own, sizeof(own)),
			     &status))
		return status;
	if (!paths || !paths[0] || paths[1] || (agg && !by)) {
		print_error("table takes one R.sqlite, and --agg goes with --by; see lapicsim "
			    "table --help");
		return EXIT_USAGE;
	}
	const struct table_options options = { .by = by, .agg = agg, .csv = csv };

	return print_table(paths[0], &options, partial);
}

const struct command command_table = { "table", "what is in a store, as text or CSV", table_main,
				       false };
