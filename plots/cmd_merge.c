/* SPDX-License-Identifier: MIT */
#include "plots_commands.h"
#include "store.h"

#include <string.h>

static const char about[] =
	"Makes one store out of the shards of a sweep (lapicsim sweep --shard K/N). Each shard "
	"must "
	"be\n"
	"there once, finished, and of the same program, scenario, grid and seed.";
static const char examples[] =
	"Example:\n  lapicsim merge -o R.sqlite R.0.sqlite R.1.sqlite\n"
	"\nExit status: 0 merged; 2 bad usage, shards that are missing or do "
	"not belong together,\nor an output that exists; 4 input or output.";

static int merge_files(const char *output, char **paths)
{
	GError *error = NULL;

	if (!output || !*output || !paths || !paths[0]) {
		print_error("merge takes -o OUT.sqlite and the stores of all shards; see lapicsim "
			    "merge --help");
		return EXIT_USAGE;
	}
	if (store_merge(output, (const char *const *)paths, &error))
		return EXIT_OK;
	const int status = error->code;

	print_error("%s", error->message);
	g_error_free(error);
	return status;
}

static int merge_main(int argc, char **argv)
{
	g_autofree char *output = NULL;
	g_auto(GStrv) paths = NULL;
	int status = EXIT_OK;
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The new store (required)",
		  "OUT.sqlite" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	if (parse_arguments(&argc, &argv, "-o OUT.sqlite IN.sqlite...", about, examples,
			    memcpy(g_new(GOptionEntry, G_N_ELEMENTS(own)), own, sizeof(own)),
			    &status))
		status = merge_files(output, paths);
	return status;
}

const struct command command_merge = { "merge", "one store out of the shards of a sweep",
				       merge_main, false };
