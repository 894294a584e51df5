/* SPDX-License-Identifier: MIT */
/* cmd_report - lapicsim report FILE -o OUT.html: all that the program has to say about a scenario,
 * on one page. */
#include "html.h"
#include "page.h"
#include "plots_commands.h"
#include "report.h"

static const char about[] =
	"Writes one page of HTML about a scenario: what was late and which commit decides it, the "
	"table, pictures,\nthe worst deadline of each variant explained, expectations, kernel "
	"forms, the resolved configuration, and\nhow to repeat it. It loads nothing and has no "
	"script: send it to whoever should see it.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim report 61abdbe0bcc2-busy-guest.yaml -o busy-guest.html\n"
	"  lapicsim report FILE --variant before --set host.hz=250 --seed 7 -o OUT.html\n"
	"\n"
	"Pictures are drawn by gnuplot. The same file, seed, version and gnuplot give the same "
	"bytes.\n"
	"\n"
	"Exit status: 0 all expectations hold, 1 one failed (the page is written), 2 bad usage or "
	"scenario, 3 an\ninvariant of the model broke, 4 cannot open, create, read or write, or "
	"run gnuplot, 5 a budget is used up.\n";

struct report_arguments {
	struct run_arguments run;
	char *output, *variant;
};

static GOptionEntry *entries_of(struct report_arguments *a)
{
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output, "The page (required)",
		  "OUT.html" },
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant, "Of this variant alone",
		  "NAME" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

/* Runs, tells on stderr what fails, writes. */
static int report(struct replay *replay, const struct replay_options *options, const char *path,
		  struct diagnostics *d)
{
	g_autoptr(GString) failures = g_string_new(NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *error = NULL;
	int status = replay_run(replay, options);
	struct page page;

	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].message)
			g_printerr("lapicsim: error: %s\n", g_strchomp(replay->results[i].message));
	if (status > EXIT_EXPECTATION)
		return status;
	report_failures(failures, replay, options);
	if (!page_fill(&page, replay, options, d)) {
		status = d->status;
	} else {
		page_print(out, &page);
		const int written = write_file(path, out->str, out->len, &error);

		if (written != EXIT_OK) {
			print_error("%s", error);
			status = written;
		}
	}
	g_printerr("%s", failures->str);
	page_clear(&page);
	return status;
}

static bool valid(const struct report_arguments *a)
{
	if (!a->run.paths || !a->run.paths[0] || a->run.paths[1] || !a->output) {
		print_error("report takes one FILE and -o OUT.html; see lapicsim report --help");
		return false;
	}
	if (g_str_has_suffix(a->output, ".html"))
		return true;
	print_error("-o: a page ends in .html");
	return false;
}

static int report_with(const struct report_arguments *a)
{
	struct replay_options options = { .variant = a->variant };
	g_autoptr(GPtrArray) sets = NULL;
	struct diagnostics d;
	int status;

	if (!valid(a) || !run_options(&a->run, &options, &sets))
		return EXIT_USAGE;
	diagnostics_init(&d);
	struct replay *replay = replay_load(a->run.paths[0], &options, &d, NULL);

	if (!replay || !replay_resolve(replay, &options, &d))
		status = d.status;
	else
		status = report(replay, &options, a->output, &d);
	g_printerr("%s", d.text->str);
	replay_free(replay);
	diagnostics_clear(&d);
	return status;
}

static int report_main(int argc, char **argv)
{
	struct report_arguments a = { 0 };
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "FILE -o OUT.html", about, examples, entries_of(&a),
			    &status))
		status = report_with(&a);
	run_arguments_clear(&a.run);
	g_free(a.output);
	g_free(a.variant);
	return status;
}

const struct command command_report = { "report", "one page of HTML about a scenario, to send on",
					report_main, false };
