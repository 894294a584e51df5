/* SPDX-License-Identifier: MIT */
/* cmd_diff - lapicsim diff A B: two runs side by side, and the first record in which they part. */
#include "command.h"
#include "diff.h"
#include "escape.h"

#include <string.h>

static const char about[] =
	"Runs A and B, and prints their metrics side by side, how their deadlines differ, and the "
	"first record in which\nthe runs differ, with what came before it and after it.";
static const char examples[] =
	"A and B are two files, or two variants of one file, or one run and the same with other "
	"parameters:\n"
	"  lapicsim diff FILE                                  the two variants of a file that has "
	"two\n"
	"  lapicsim diff FILE --variant before --variant after\n"
	"  lapicsim diff FILE1 FILE2 --variant before          of both; give it twice if they are "
	"called otherwise\n"
	"  lapicsim diff FILE --variant before --seed-b 2\n"
	"  lapicsim diff FILE --variant before --set-b host.hz=250\n"
	"\n"
	"Exit status: 0 no record differs, 1 one does, 2 bad usage or scenario, 3 an invariant of "
	"the "
	"model broke,\n4 cannot open, read or write, 5 a budget is used up.\n";

struct diff_arguments {
	struct run_arguments run;
	char **variants, **sets_b;
	char *seed_b;
};

static GOptionEntry *entries_of(struct diff_arguments *a)
{
	const GOptionEntry own[] = {
		{ "variant", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->variants,
		  "The variant of both; given twice, of A and of B", "NAME" },
		{ "set-b", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->sets_b,
		  "Override a parameter in B alone (--set: in both)", "KEY=VALUE" },
		{ "seed-b", 0, 0, G_OPTION_ARG_STRING, &a->seed_b, "Use this seed in B", "N" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

struct side {
	struct replay_options options;
	GPtrArray *sets;
	struct replay *replay;
	struct run_result *result;
	char *name;
};

static unsigned count(char **list) { return list ? g_strv_length(list) : 0; }

/* Two variants of one file need not be named. */
static bool choose_variant(const struct diff_arguments *a, struct side *side, unsigned i)
{
	const struct scenario_file *file = side->replay->file;
	const unsigned n_files = count(a->run.paths), n = count(a->variants);

	if (n)
		side->options.variant = a->variants[MIN(i, n - 1)];
	else if (file->n_variants == 1)
		side->options.variant = file->variants[0].name;
	else if (n_files == 1 && file->n_variants == 2 && !a->sets_b && !a->seed_b)
		side->options.variant = file->variants[i].name;
	if (side->options.variant)
		return true;
	print_error("'%s' has %u variants; choose with --variant", file->path, file->n_variants);
	return false;
}

static char *name_of(const struct diff_arguments *a, const struct side *side, unsigned i)
{
	g_autoptr(GString) name = g_string_new(side->replay->file->path);

	g_string_append_printf(name, ", variant %s", side->result->variant->name);
	for (char **set = a->run.sets; set && *set; set++)
		g_string_append_printf(name, ", %s", *set);
	for (char **set = a->sets_b; i && set && *set; set++)
		g_string_append_printf(name, ", %s", *set);
	g_string_append_printf(name, ", seed %" G_GUINT64_FORMAT, side->result->run->config.seed);
	return escaped(name->str);
}

static bool load_side(const struct diff_arguments *a, struct side *side, unsigned i,
		      struct diagnostics *d)
{
	const unsigned n_files = count(a->run.paths);

	if (!run_options(&a->run, &side->options, &side->sets))
		return false;
	for (char **set = a->sets_b; i && set && *set; set++)
		g_ptr_array_add(side->sets, g_strdup(*set));
	if (i && !add_seed(side->sets, "--seed-b", a->seed_b))
		return false;
	side->options.sets = (const char *const *)side->sets->pdata;
	side->options.n_sets = side->sets->len;
	side->replay = replay_load(a->run.paths[MIN(i, n_files - 1)], &side->options, d, NULL);
	if (!side->replay || !choose_variant(a, side, i) ||
	    !replay_resolve(side->replay, &side->options, d))
		return false;
	for (uint32_t k = 0; k < side->replay->n_results; k++)
		if (side->replay->results[k].run)
			side->result = &side->replay->results[k];
	side->name = name_of(a, side, i);
	return true;
}

static int compare(struct side sides[2])
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *const names[2] = { sides[0].name, sides[1].name };
	struct diff d;
	int status = diff_run(sides[0].result, sides[1].result, &sides[0].options.limits, &d);

	for (unsigned i = 0; i < 2; i++)
		if (sides[i].result->message)
			g_printerr("lapicsim: error: %s\n", g_strchomp(sides[i].result->message));
	if (status == EXIT_OK) {
		diff_print(out, &d, names);
		status = print_result(out->str);
		if (status == EXIT_OK && !d.same)
			status = EXIT_EXPECTATION;
	}
	diff_clear(&d);
	return status;
}

static bool valid(const struct diff_arguments *a)
{
	const unsigned n_files = count(a->run.paths), n = count(a->variants);

	if (n_files < 1 || n_files > 2) {
		print_error("diff takes one FILE or two; see lapicsim diff --help");
		return false;
	}
	if (n > 2) {
		print_error("--variant: given %u times; diff compares two runs", n);
		return false;
	}
	if (n_files == 1 && n == 1 && !a->sets_b && !a->seed_b) {
		print_error("with what is variant '%s' to be compared? give a second --variant or "
			    "FILE, --seed-b or --set-b",
			    a->variants[0]);
		return false;
	}
	return true;
}

static int diff_with(const struct diff_arguments *a)
{
	struct side sides[2] = { { .sets = NULL }, { .sets = NULL } };
	struct diagnostics d;
	int status = EXIT_USAGE;

	if (!valid(a))
		return EXIT_USAGE;
	diagnostics_init(&d);
	if (load_side(a, &sides[0], 0, &d) && load_side(a, &sides[1], 1, &d))
		status = compare(sides);
	else if (d.n)
		status = d.status;
	g_printerr("%s", d.text->str);
	for (unsigned i = 0; i < 2; i++) {
		replay_free(sides[i].replay);
		if (sides[i].sets)
			g_ptr_array_unref(sides[i].sets);
		g_free(sides[i].name);
	}
	diagnostics_clear(&d);
	return status;
}

static int diff_main(int argc, char **argv)
{
	struct diff_arguments a = { 0 };
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "A [B]", about, examples, entries_of(&a), &status))
		status = diff_with(&a);
	run_arguments_clear(&a.run);
	g_strfreev(a.variants);
	g_strfreev(a.sets_b);
	g_free(a.seed_b);
	return status;
}

const struct command command_diff = { "diff", "two runs side by side, and where they part",
				      diff_main, false };
