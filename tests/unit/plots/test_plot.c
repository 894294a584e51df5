/* SPDX-License-Identifier: MIT */
/* What reaches gnuplot, and what comes out of it: numbers, quoting, hostile texts, same bytes. */
#include "plot.h"
#include "run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the three above first */
#include <cmocka.h>
#include <glib/gstdio.h>

/* --- numbers --- */

struct number_row {
	const char *name;
	int64_t num, den;
	uint64_t factor;
	const char *decimal, *value, *brief;
};

/* clang-format off */
static const struct number_row number_rows[] = {
	{ "whole", 3000000, 1, 1000000, "3", "3 u", "3" },
	{ "ps as us", 1760000, 1, 1000000, "1.76", "1.76 u", "1.76" },
	{ "every decimal of ps in us", 2001501719, 1, 1000000, "2001.501719", "2001.501 u", "2001" },
	{ "zeros behind the point", 1000001, 1, 1000000, "1.000001", "1.000 u", "1.00" },
	{ "negative", -1500, 1, 1000, "-1.5", "-1.5 u", "-1.5" },
	{ "less than one", -5, 1, 1000, "-0.005", "-0.005 u", "-0.0" },
	{ "zero", 0, 7, 1000, "0", "0 u", "0" },
	{ "a third, cut", 1, 3, 1, "0.333333", "0.333 u", "0.33" },
	{ "two thirds are cut, not rounded", 2, 3, 1, "0.666666", "0.666 u", "0.66" },
	{ "the largest", INT64_MAX, 1, 1, "9223372036854775807", "9223372036854775807 u", "9223372036854775807" },
	{ "the smallest", INT64_MIN, 1, 1, "-9223372036854775808", "-9223372036854775808 u", "-9223372036854775808" },
};
/* clang-format on */

static void check_number(void **state)
{
	const struct number_row *row = *state;
	const struct plot_unit unit = { "u", row->factor };
	g_autoptr(GString) decimal = g_string_new(NULL);
	g_autoptr(GString) value = g_string_new(NULL);
	g_autoptr(GString) brief = g_string_new(NULL);

	append_decimal(decimal, row->num, row->den, &unit);
	append_value(value, row->num, row->den, &unit);
	append_short(brief, row->num, row->den, &unit);
	assert_string_equal(decimal->str, row->decimal);
	assert_string_equal(value->str, row->value);
	assert_string_equal(brief->str, row->brief);
}

static void test_units(void **state)
{
	assert_string_equal(plot_unit_of(EXACT_TIME, 1999999)->name, "ns");
	assert_string_equal(plot_unit_of(EXACT_TIME, 2000000)->name, "us");
	assert_string_equal(plot_unit_of(EXACT_TIME, 2000000000)->name, "ms");
	assert_string_equal(plot_unit_of(EXACT_TIME, 2000000000000)->name, "s");
	assert_string_equal(plot_unit_of(EXACT_TIME, 0)->name, "ns");
	assert_string_equal(plot_unit_of(EXACT_CYCLES, 5)->name, "cycles");
	assert_string_equal(plot_unit_of(EXACT_PLAIN, 5)->name, "");
}

/* From 1.76 us to 2 ms: 1 is three powers of ten from both ends in us. */
static void test_units_of_axes(void **state)
{
	assert_string_equal(plot_unit_of_axis(EXACT_TIME, 1760000, 2000000000)->name, "us");
	assert_string_equal(plot_unit_of_axis(EXACT_TIME, 697000, 2001501719)->name, "us");
	assert_string_equal(plot_unit_of_axis(EXACT_TIME, 1760000, 1999000)->name, "ns");
	assert_string_equal(plot_unit_of_axis(EXACT_TIME, -3000000, 1000)->name, "us");
	assert_string_equal(plot_unit_of_axis(EXACT_TIME, 0, 0)->name, "ns");
}

static void test_log_only_if_all_is_positive(void **state)
{
	assert_true(plot_wants_log(2, 100));
	assert_false(plot_wants_log(2, 99));
	assert_false(plot_wants_log(0, 1000));
	assert_false(plot_wants_log(-5, 1000));
}

/* --- the script --- */

/* A script of one line that shows a text as title, and one point. */
#define TITLE_ONLY                                                           \
	"set title title\nset key off\nset xrange [0:2]\nset yrange [0:4]\n" \
	"plot $t index 0 using 1:2:3 with labels hypertext point pt 7\n"

struct scripts {
	char *folder, *style, *kind, *marker;
};

static void scripts_make(struct scripts *s, const char *kind)
{
	s->folder = g_dir_make_tmp("lapicsim-plot-XXXXXX", NULL);
	assert_non_null(s->folder);
	s->style = g_build_filename(s->folder, "style.gp", NULL);
	s->kind = g_build_filename(s->folder, "kind.gp", NULL);
	s->marker = g_build_filename(s->folder, "marker", NULL);
	assert_true(g_file_set_contents(s->style, "set datafile separator \"\\t\"\n", -1, NULL));
	assert_true(g_file_set_contents(s->kind, kind, -1, NULL));
}

static void scripts_remove(struct scripts *s)
{
	g_remove(s->style);
	g_remove(s->kind);
	assert_int_equal(g_rmdir(s->folder), 0); /* nothing else came to be */
	g_free(s->folder);
	g_free(s->style);
	g_free(s->kind);
	g_free(s->marker);
}

static struct plot *plot_with(const char *title, const char *words)
{
	struct plot *plot = plot_new("kind");

	plot_text(plot, "title", title);
	plot_table(plot, "t", "x, y, words");
	plot_series(plot);
	plot_cell_int(plot, 1);
	plot_cell_int(plot, 2);
	plot_cell_text(plot, words);
	plot_row_end(plot);
	return plot;
}

static void test_script_quotes_texts(void **state)
{
	struct scripts s;
	char *error = NULL;
	int status;

	scripts_make(&s, TITLE_ONLY);
	struct plot *plot =
		plot_with("it's `id` $x @y \"z\" \\n\nset output 'x'", "a\tb`c`'d\"\ne");

	plot_tic(plot, "x", "v4.6'); system('id", 0);
	g_autoptr(GString) script = plot_script(plot, PLOT_SVG, s.folder, &status, &error);

	assert_null(error);
	assert_non_null(strstr(script->str,
			       "\ntitle = 'it''s `id` $x @y \"z\" \\n set output ''x'''\n"
			       "set xtics ('v4.6''); system(''id' 0)\n"
			       "$t << EOD\n# t: x, y, words\n1\t2\t a?b?c??d??e\nEOD\n"));
	plot_free(plot);
	scripts_remove(&s);
}

static void test_series_and_gaps(void **state)
{
	struct plot *plot = plot_new("kind");
	struct scripts s;
	char *error = NULL;
	int status;

	scripts_make(&s, TITLE_ONLY);
	plot_table(plot, "a", "x");
	plot_series(plot);
	plot_cell_int(plot, 1);
	plot_row_end(plot);
	plot_gap(plot);
	plot_cell_int(plot, -2);
	plot_row_end(plot);
	plot_series(plot);
	plot_cell_int(plot, 3);
	plot_row_end(plot);
	plot_table(plot, "b", "y");
	plot_series(plot);
	plot_cell(plot, 5, 2, plot_unit_of(EXACT_PLAIN, 1));
	plot_row_end(plot);
	g_autoptr(GString) script = plot_script(plot, PLOT_DUMB, s.folder, &status, &error);

	assert_non_null(strstr(script->str, "$a << EOD\n# a: x\n1\n\n-2\n\n\n3\nEOD\n"
					    "$b << EOD\n# b: y\n2.5\nEOD\n"));
	plot_free(plot);
	scripts_remove(&s);
}

/* --- the picture --- */

static bool have_gnuplot(void)
{
	g_autofree char *path = g_find_program_in_path("gnuplot");

	return path != NULL;
}

static char *drawn(struct scripts *s, const struct plot *plot)
{
	g_autofree char *path = g_build_filename(s->folder, "out.svg", NULL);
	const struct plot_output output = { .path = path, .folder = s->folder };
	char *error = NULL, *text = NULL;
	const int status = plot_draw(plot, &output, &error);

	if (error)
		print_message("%s\n", error);
	assert_int_equal(status, EXIT_OK);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_remove(path);
	return text;
}

/* Well formed, no script, nothing that runs. */
static void start_element(GMarkupParseContext *context, const char *element, const char **names,
			  const char **values, gpointer data, GError **error)
{
	assert_string_not_equal(element, "script");
	for (size_t i = 0; names[i]; i++)
		assert_false(g_str_has_prefix(names[i], "on"));
}

static void text_of(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
		    GError **error)
{
	g_string_append_len(data, text, (gssize)length);
	g_string_append_c(data, '\n');
}

static char *texts_of_svg(const char *svg)
{
	const GMarkupParser parser = { .start_element = start_element, .text = text_of };
	GString *texts = g_string_new("\n");
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, texts, NULL);

	assert_true(g_markup_parse_context_parse(context, svg, -1, NULL));
	assert_true(g_markup_parse_context_end_parse(context, NULL));
	g_markup_parse_context_free(context);
	return g_string_free(texts, FALSE);
}

struct hostile_row {
	const char *name, *text; /* %s: a file that must not come to be */
	const char *shown;       /* as the picture shows it */
};

static const struct hostile_row hostile_rows[] = {
	{ "backticks run no command", "a `touch %s` b", "a `touch %s` b" },
	{ "a quote does not end the text", "a'; system('touch %s'); b = 'c",
	  "a'; system('touch %s'); b = 'c" },
	{ "a line end does not end the text", "a'\nsystem('touch %s')\nb = '",
	  "a' system('touch %s') b = '" },
	{ "a backslash does not hide a quote", "a\\'; system('touch %s') #",
	  "a\\'; system('touch %s') #" },
	{ "no variable and no macro", "$t @title {/Bold b}_x^y %s", "$t @title {/Bold b}_x^y %s" },
	{ "markup stays text", "</text><script>alert('%s')</script>&amp;<a onclick=\"x\">",
	  "</text><script>alert('%s')</script>&amp;<a onclick=\"x\">" },
	{ "no end of a table", "EOD\nsystem('touch %s')", "EOD system('touch %s')" },
	{ "no pipe", "|touch %s", "|touch %s" },
};

static char *with_marker(const char *text, const char *marker)
{
	g_auto(GStrv) parts = g_strsplit(text, "%s", 2);

	return g_strconcat(parts[0], marker, parts[1], NULL);
}

static void check_hostile(void **state)
{
	const struct hostile_row *row = *state;
	struct scripts s;

	if (!have_gnuplot())
		skip();
	scripts_make(&s, TITLE_ONLY);
	g_autofree char *text = with_marker(row->text, s.marker);
	g_autofree char *wanted = with_marker(row->shown, s.marker);
	g_autofree char *line = g_strdup_printf("\n%s\n", wanted);
	struct plot *plot = plot_with(text, text);
	g_autofree char *svg = drawn(&s, plot);
	g_autofree char *texts = texts_of_svg(svg);

	assert_non_null(strstr(texts, line));
	assert_false(g_file_test(s.marker, G_FILE_TEST_EXISTS));
	plot_free(plot);
	scripts_remove(&s);
}

static void test_hover_is_a_title(void **state)
{
	struct scripts s;

	if (!have_gnuplot())
		skip();
	scripts_make(&s, TITLE_ONLY);
	struct plot *plot = plot_with("T & U", "before, v4.5: 2 ms");
	g_autofree char *svg = drawn(&s, plot);

	assert_non_null(strstr(svg, "<title>before, v4.5: 2 ms</title>"));
	assert_non_null(strstr(svg, "<title>T &amp; U</title>"));
	assert_null(strstr(svg, "gnuplot_svg"));
	assert_null(strstr(svg, "GNUPLOT")); /* whose version it would name */
	plot_free(plot);
	scripts_remove(&s);
}

/* Of the picture: what could end the command of sed, or its argument in the shell, is a number. */
static void test_title_reaches_sed_harmless(void **state)
{
	static const char wanted[] =
		"|<title>a\\&apos;b \\&#96;c\\&#96; \\&#36;d \\&#124;e\\&#124; \\&#92;f \\&amp; "
		"\\&lt;g\\&gt; \\&#233; h</title>|'''\n";
	struct scripts s;
	char *error = NULL;
	int status;

	scripts_make(&s, TITLE_ONLY);
	struct plot *plot = plot_with("a'b `c` $d |e| \\f & <g> \303\251\nh", "words");
	g_autoptr(GString) svg = plot_script(plot, PLOT_SVG, s.folder, &status, &error);
	g_autoptr(GString) dumb = plot_script(plot, PLOT_DUMB, s.folder, &status, &error);

	if (!strstr(svg->str, wanted))
		fail_msg("no\n%s\nin\n%s", wanted, svg->str);
	assert_null(strstr(dumb->str, "set output"));
	plot_free(plot);
	scripts_remove(&s);
}

static void test_same_bytes(void **state)
{
	struct scripts s;

	if (!have_gnuplot())
		skip();
	scripts_make(&s, TITLE_ONLY);
	struct plot *plot = plot_with("title", "words");
	g_autofree char *first = drawn(&s, plot);

	g_setenv("GNUTERM", "png", TRUE);
	g_setenv("TZ", "Asia/Kathmandu", TRUE);
	g_autofree char *again = drawn(&s, plot);

	assert_string_equal(first, again);
	plot_free(plot);
	scripts_remove(&s);
}

/* --- failures leave what was there --- */

static void check_failure(const char *script, int status, const char *message)
{
	struct scripts s;
	char *error = NULL;

	scripts_make(&s, script);
	g_autofree char *path = g_build_filename(s.folder, "out.svg", NULL);
	g_autofree char *text = NULL;
	const struct plot_output output = { .path = path, .folder = s.folder };
	struct plot *plot = plot_with("title", "words");

	assert_true(g_file_set_contents(path, "old", -1, NULL));
	assert_int_equal(plot_draw(plot, &output, &error), status);
	assert_non_null(strstr(error, message));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "old");
	g_free(error);
	g_remove(path);
	plot_free(plot);
	scripts_remove(&s);
}

static void test_warning_is_an_error(void **state)
{
	if (!have_gnuplot())
		skip();
	check_failure("set xrange [1:1]\nplot $t using 1:2 with points\n", EXIT_BROKEN,
		      "gnuplot did not draw it:");
	check_failure("set nonsense\n", EXIT_BROKEN, "gnuplot did not draw it:");
	check_failure("x = 1\n", EXIT_BROKEN, "it printed nothing");
}

/* The last: it leaves no PATH behind. */
static void test_no_gnuplot(void **state)
{
	g_setenv("PATH", "/nonexistent", TRUE);
	check_failure(TITLE_ONLY, EXIT_IO, "cannot run gnuplot (package gnuplot-nox)");
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_units_of_axes),
		cmocka_unit_test(test_log_only_if_all_is_positive),
		cmocka_unit_test(test_script_quotes_texts),
		cmocka_unit_test(test_series_and_gaps),
		cmocka_unit_test(test_hover_is_a_title),
		cmocka_unit_test(test_title_reaches_sed_harmless),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_warning_is_an_error),
		cmocka_unit_test(test_no_gnuplot),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(number_rows) + G_N_ELEMENTS(hostile_rows) +
				G_N_ELEMENTS(others)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(number_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = number_rows[i].name,
						  .test_func = check_number,
						  .initial_state = (void *)&number_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(hostile_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = hostile_rows[i].name,
						  .test_func = check_hostile,
						  .initial_state = (void *)&hostile_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[n++] = others[i];
	return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
