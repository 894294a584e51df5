/* SPDX-License-Identifier: MIT */
/* cmd_test - lapicsim test PATH...: scenario files as regression tests, with TAP, JUnit and golden
 * files. */
#include "command.h"
#include "escape.h"
#include "input_file.h"
#include "report.h"
#include "scenario_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN_BYTES_MAX (16u << 20)

static const char about[] =
	"Runs scenario files as tests: each expectation of each variant, and "
	"the golden file if --golden is given.\n"
	"Of a folder every *.yaml below it, in the order of their names; "
	"fragments without `scenario:` are skipped.\n"
	"An expectation with `miss:` is known not to hold: it is printed (in TAP "
	"as TODO, in JUnit as skipped), and fails only if it holds.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim test scenarios/library --golden tests/golden\n"
	"  lapicsim test my.yaml --junit results.xml\n"
	"  lapicsim test scenarios/library --golden tests/golden --bless   accept what the runs "
	"give now\n"
	"\n"
	"Exit status: 0 passed, 1 a test failed, 2 bad usage or scenario, 3 to 5 as for replay.\n";

struct tests {
	struct run_arguments run;
	char *junit, *golden;
	gboolean tap, bless, swap;
	GPtrArray *files;
	GString *out; /* TAP, as it is printed */
	GString *xml;
	unsigned points, failed, missed;
	int status; /* the worst */
};

/* --- output --- */

static void append_comment(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (!**line)
			continue;
		g_string_append(out, "# ");
		escape_text(out, *line);
		g_string_append_c(out, '\n');
	}
}

/* A '#' in a file's name could begin a directive, and not every reader knows that "\#" does not. */
static void append_description(GString *out, const char *file, const char *what)
{
	g_auto(GStrv) parts = g_strsplit(file, "#", -1);
	g_autofree char *name = g_strjoinv("\\x23", parts);

	g_string_append_printf(out, "%s: %s", name, what);
}

/* XML knows no escape for a control byte. */
static void append_xml(GString *out, const char *text)
{
	g_autoptr(GString) shown = g_string_new(NULL);

	escape_lines(shown, text);
	g_autofree char *xml = g_markup_escape_text(shown->str, (gssize)shown->len);

	g_string_append(out, xml);
}

/* Both outputs of a point up to where its result makes a difference. */
static void begin_point(struct tests *t, bool ok, const char *path, const char *what)
{
	g_autofree char *file = escaped(path);

	g_string_append_printf(t->out, "%s %u - ", ok ? "ok" : "not ok", ++t->points);
	append_description(t->out, file, what);
	g_string_append(t->xml, "  <testcase classname=\"");
	append_xml(t->xml, file);
	g_string_append_printf(t->xml, "\" name=\"%s\"", what);
}

/* What the file says does not hold, and does not: reported, and no failure. */
static void add_miss(struct tests *t, const char *file, const char *what, const char *why)
{
	begin_point(t, false, file, what);
	t->missed++;
	g_string_append(t->out, " # TODO ");
	escape_text(t->out, why);
	g_string_append_c(t->out, '\n');
	g_string_append(t->xml, ">\n    <skipped message=\"");
	append_xml(t->xml, why);
	g_string_append(t->xml, "\"/>\n  </testcase>\n");
}

static void add_point(struct tests *t, const char *file, const char *what, const char *failure)
{
	begin_point(t, !failure, file, what);
	g_string_append_c(t->out, '\n');
	if (!failure) {
		g_string_append(t->xml, "/>\n");
		return;
	}
	t->failed++;
	append_comment(t->out, failure);
	g_string_append(t->xml, ">\n    <failure>");
	append_xml(t->xml, failure);
	g_string_append(t->xml, "</failure>\n  </testcase>\n");
}

static void fail_file(struct tests *t, const char *file, const char *text, int status)
{
	add_point(t, file, "runs", text);
	t->status = MAX(t->status, status);
}

/* --- golden files --- */

static char *first_difference(const char *want, const char *got)
{
	unsigned line = 1;
	const char *start_want = want, *start_got = got;

	for (; *want && *want == *got; want++, got++)
		if (*want == '\n') {
			line++;
			start_want = want + 1;
			start_got = got + 1;
		}
	return g_strdup_printf(
		"line %u differs\n  golden  %.*s\n  now     %.*s\nlapicsim test --bless accepts it",
		line, (int)strcspn(start_want, "\n"), start_want, (int)strcspn(start_got, "\n"),
		start_got);
}

/* Why it was not read. A scenario whose golden file nobody wrote yet fails as one that differs. */
static char *without_golden(struct tests *t, const char *path, int status, const char *why)
{
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return g_strdup_printf("there is no '%s'\nlapicsim test --bless writes it", path);
	t->status = MAX(t->status, status);
	return g_strdup_printf("lapicsim: error: %s", why);
}

static void compare_golden(struct tests *t, const struct replay *replay)
{
	g_autofree char *name = g_strdup_printf("%s.txt", replay->file->name);
	g_autofree char *path = g_build_filename(t->golden, name, NULL);
	g_autofree char *why = NULL, *failure = NULL;
	g_autoptr(GString) now = g_string_new(NULL);
	struct input_text want;

	report_table(now, replay, NULL);
	if (t->bless) {
		const int status = write_file(path, now->str, now->len, &why);

		if (status != EXIT_OK)
			fail_file(t, replay->file->path, why, status);
		return;
	}
	const int status = input_text(path, GOLDEN_BYTES_MAX, &want, &why);

	if (status != EXIT_OK)
		failure = without_golden(t, path, status, why);
	else if (!g_str_equal(want.text, now->str))
		failure = first_difference(want.text, now->str);
	add_point(t, replay->file->path, "golden", failure);
	g_free(want.text);
}

/* --- one file --- */

static void add_judged(struct tests *t, const struct replay *replay,
		       const struct replay_options *options)
{
	for (guint i = 0; i < replay->judged->len; i++) {
		const struct judged *j = &g_array_index(replay->judged, struct judged, i);
		g_autofree char *what =
			g_strdup_printf("%s%s%s%s", j->expect->id, j->variant ? " [" : "",
					j->variant ? j->variant->name : "", j->variant ? "]" : "");
		g_autofree char *failure = NULL;
		g_autofree char *file = escaped(replay->file->path);
		g_autoptr(GString) see = g_string_new(NULL);

		append_explain(see, replay, options, j);
		if (j->outcome.verdict == EXPECTATION_MISS) {
			add_miss(t, replay->file->path, what, j->expect->miss);
			continue;
		}
		if (j->outcome.verdict != EXPECTATION_PASS)
			failure = g_strdup_printf(
				"%s:%u: %s\nexpected %s\nactual   %s\nsee      %s\n%s", file,
				j->expect->that_at.line,
				expectation_verdict_name(j->outcome.verdict),
				j->outcome.expected->str, j->outcome.actual->str, see->str,
				j->outcome.sample->str);
		add_point(t, replay->file->path, what, failure);
	}
}

/* Expectations that hold for every variant say nothing: of two variants each must fail under the
 * name of the other; of more, each under the name of at least one other. */
static void add_swapped(struct tests *t, const struct replay *replay)
{
	bool differ = false;

	/* A change that changes no event, which some scenarios show, leaves nothing to tell. */
	for (uint32_t i = 1; i < replay->n_results; i++)
		differ |= replay->results[i].fingerprint != replay->results[0].fingerprint;
	for (uint32_t i = 0; differ && i < replay->n_results; i++) {
		g_autofree char *what = g_strdup_printf("%s is told from another variant",
							replay->results[i].variant->name);
		bool apart = false;

		for (uint32_t k = 0; k < replay->n_results; k++)
			apart |= k != i && replay_told_apart(replay, &replay->results[i],
							     &replay->results[k]);
		add_point(t, replay->file->path, what,
			  apart ? NULL
				: "every expectation of this variant holds for all others too");
	}
}

static void test_file(struct tests *t, const char *path, const struct replay_options *options)
{
	struct diagnostics d;
	bool fragment = false;

	diagnostics_init(&d);
	struct replay *replay = replay_load(path, options, &d, &fragment);
	if (!replay || !replay_resolve(replay, options, &d)) {
		if (!fragment || d.n)
			fail_file(t, path, d.text->str, d.status);
	} else {
		const int status = replay_run(replay, options);
		bool broken = false;

		for (uint32_t i = 0; i < replay->n_results; i++)
			if (replay->results[i].message) {
				fail_file(t, path, replay->results[i].message, status);
				broken = true;
			}
		if (t->swap)
			add_swapped(t, replay);
		else
			add_judged(t, replay, options);
		if (t->golden && !broken && !t->swap)
			compare_golden(t, replay);
	}
	replay_free(replay);
	diagnostics_clear(&d);
}

static int finish(struct tests *t)
{
	int status = t->status, printed;

	if (t->failed && status < EXIT_EXPECTATION)
		status = EXIT_EXPECTATION;
	g_string_prepend(t->out, "TAP version 13\n");
	g_string_append_printf(t->out, "1..%u\n", t->points);
	if (t->tap) {
		printed = print_result(t->out->str);
	} else {
		g_autofree char *missed =
			t->missed ? g_strdup_printf(", %u missed as known", t->missed) : NULL;
		g_autofree char *line = g_strdup_printf("%u passed, %u failed%s\n",
							t->points - t->failed - t->missed,
							t->failed, missed ? missed : "");
		g_autoptr(GString) text = g_string_new(NULL);
		g_auto(GStrv) lines = g_strsplit(t->out->str, "\n", -1);

		for (char **l = lines; *l; l++)
			if (g_str_has_prefix(*l, "not ok") || g_str_has_prefix(*l, "# "))
				g_string_append_printf(text, "%s\n", *l);
		g_string_append(text, line);
		printed = print_result(text->str);
	}
	status = MAX(status, printed);
	if (t->junit) {
		g_autofree char *xml =
			g_strdup_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					"<testsuite name=\"lapicsim\" tests=\"%u\" "
					"failures=\"%u\" skipped=\"%u\">\n%s</testsuite>\n",
					t->points, t->failed, t->missed, t->xml->str);
		char *why = NULL;
		const int written = write_file(t->junit, xml, strlen(xml), &why);

		if (written != EXIT_OK) {
			print_error("%s", why);
			status = written;
		}
		g_free(why);
	}
	return status;
}

static bool golden_is_there(const char *folder)
{
	struct stat st;
	const int why = stat(folder, &st) ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;

	if (why)
		print_error("--golden: cannot open '%s': %s", folder, strerrordesc_np(why));
	return !why;
}

static int test_with(struct tests *t)
{
	struct replay_options options = { 0 };
	g_autoptr(GPtrArray) sets = NULL;

	if (!t->run.paths || !t->run.paths[0]) {
		print_error("test takes at least one PATH; see lapicsim test --help");
		return EXIT_USAGE;
	}
	if (t->bless && !t->golden) {
		print_error("--bless needs --golden DIR");
		return EXIT_USAGE;
	}
	if (!run_options(&t->run, &options, &sets))
		return EXIT_USAGE;
	if (t->golden && !golden_is_there(t->golden))
		return EXIT_IO;
	options.swap = t->swap;
	g_autofree char *library = options.library ? g_strdup(options.library) : default_library();

	for (char **path = t->run.paths; *path; path++) {
		g_autofree char *found = scenario_files_locate(*path, library);

		if (!find_scenarios(t->files, found, true))
			return EXIT_IO;
	}
	if (!t->files->len) {
		print_error("no *.yaml file below what test was given");
		return EXIT_USAGE;
	}
	for (guint i = 0; i < t->files->len; i++)
		test_file(t, t->files->pdata[i], &options);
	return finish(t);
}

static int test_main(int argc, char **argv)
{
	struct tests t = { .out = g_string_new(NULL),
			   .xml = g_string_new(NULL),
			   .files = g_ptr_array_new_with_free_func(g_free) };
	int status = EXIT_OK;
	const GOptionEntry own[] = {
		{ "tap", 0, 0, G_OPTION_ARG_NONE, &t.tap, "Print TAP", NULL },
		{ "junit", 0, 0, G_OPTION_ARG_FILENAME, &t.junit, "Also write JUnit XML", "FILE" },
		{ "golden", 0, 0, G_OPTION_ARG_FILENAME, &t.golden,
		  "Compare with DIR/<scenario>.txt", "DIR" },
		{ "swap", 0, 0, G_OPTION_ARG_NONE, &t.swap,
		  "Test the expectations instead: under another variant's name one must fail",
		  NULL },
		{ "bless", 0, 0, G_OPTION_ARG_NONE, &t.bless, "Write the golden files instead",
		  NULL },
	};
	GOptionEntry *entries = merge_entries(own, G_N_ELEMENTS(own), &t.run);

	if (parse_arguments(&argc, &argv, "PATH…", about, examples, entries, &status))
		status = test_with(&t);
	run_arguments_clear(&t.run);
	g_free(t.junit);
	g_free(t.golden);
	g_ptr_array_unref(t.files);
	g_string_free(t.out, TRUE);
	g_string_free(t.xml, TRUE);
	return status;
}

const struct command command_test = { "test", "run scenario files as regression tests", test_main,
				      false };
