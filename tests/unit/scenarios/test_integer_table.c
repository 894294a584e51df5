// SPDX-License-Identifier: MIT
#include "integer_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct bad_row {
	const char *name;
	const char *text;
	const char *want; /* the whole of the diagnostics */
};

/* clang-format off */
static const struct bad_row bad_rows[] = {
	{ "empty", "",
	  "x.csv: error: no line that names the columns\n" },
	{ "only comments", "# a\n\n# b\n",
	  "x.csv: error: no line that names the columns\n" },
	{ "no index", "a,b\n1,2\n",
	  "x.csv:1:1: error: no column 'i', which numbers the rows\n  a,b\n  ^\n" },
	{ "nameless column", "i,,b\n",
	  "x.csv:1:3: error: a column needs a name of letters, digits, '_', '.', '-'\n  i,,b\n    ^\n" },
	{ "a name twice", "i,a,a\n",
	  "x.csv:1:5: error: two columns of one name\n  i,a,a\n      ^\n" },
	{ "too few", "i,a\n0,1\n1\n",
	  "x.csv:3:2: error: fewer values than columns\n  1\n   ^\n" },
	{ "too many", "i,a\n0,1,2\n",
	  "x.csv:2:5: error: more values than columns\n  0,1,2\n      ^\n" },
	{ "a word", "i,a\n0, x1\n",
	  "x.csv:2:4: error: not an integer from -2^63 to 2^63-1\n  0, x1\n     ^\n" },
	{ "a decimal", "i,a\n0,1.5\n",
	  "x.csv:2:3: error: not an integer from -2^63 to 2^63-1\n  0,1.5\n    ^\n" },
	{ "hexadecimal", "i,a\n0,0x10\n",
	  "x.csv:2:3: error: not an integer from -2^63 to 2^63-1\n  0,0x10\n    ^\n" },
	{ "nothing", "i,a\n0,\n",
	  "x.csv:2:3: error: not an integer from -2^63 to 2^63-1\n  0,\n    ^\n" },
	{ "2^63", "i\n9223372036854775808\n",
	  "x.csv:2:1: error: not an integer from -2^63 to 2^63-1\n  9223372036854775808\n  ^\n" },
	{ "index stands still", "i\n3\n3\n",
	  "x.csv:3:1: error: 'i' must be greater than in the row before\n  3\n  ^\n" },
	{ "not UTF-8", "i\n\xff\n",
	  "x.csv: error: not a text: it is no valid UTF-8, or has a NUL byte\n" },
};
/* clang-format on */

static void check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(integer_table_parse(&d, row->text, strlen(row->text), "x.csv"));
	assert_string_equal(d.text->str, row->want);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.status, 2);
	diagnostics_clear(&d);
}

static void rows_are_found_by_index(void **state)
{
	static const char text[] = "# recorded\r\ni, cpu ,tsc\r\n\r\n"
				   "0,1,-9223372036854775808\r\n2, 0 ,5\r\n7,3,9223372036854775807";
	struct diagnostics d;
	struct integer_table *t;

	diagnostics_init(&d);
	t = integer_table_parse(&d, text, strlen(text), "x.csv");
	assert_non_null(t);
	assert_int_equal(integer_table_rows(t), 3);
	assert_int_equal(integer_table_column(t, "cpu"), 1);
	assert_int_equal(integer_table_column(t, "cp"), -1);
	assert_string_equal(integer_table_columns(t)[2], "tsc");
	assert_null(integer_table_columns(t)[3]);
	assert_true(integer_table_find(t, 0)[2] == INT64_MIN);
	assert_int_equal(integer_table_find(t, 2)[1], 0);
	assert_true(integer_table_find(t, 7)[2] == INT64_MAX);
	assert_int_equal(integer_table_row(t, 1)[2], 5);
	assert_null(integer_table_find(t, 1));
	assert_null(integer_table_find(t, 8));
	assert_null(integer_table_find(t, UINT64_MAX));
	integer_table_free(t);
	diagnostics_clear(&d);
}

static char *make_text(const char *head, char fill, size_t n)
{
	GString *s = g_string_new(head);

	for (size_t i = 0; i < n; i++)
		g_string_append_c(s, fill);
	return g_string_free(s, FALSE);
}

static void lines_have_a_limit(void **state)
{
	g_autofree char *fits = make_text("i\n#", 'x', INTEGER_TABLE_LINE_MAX - 1);
	g_autofree char *over = make_text("i\n#", 'x', INTEGER_TABLE_LINE_MAX);
	struct diagnostics d;
	struct integer_table *t;

	diagnostics_init(&d);
	t = integer_table_parse(&d, fits, strlen(fits), "x.csv");
	assert_non_null(t);
	integer_table_free(t);
	assert_null(integer_table_parse(&d, over, strlen(over), "x.csv"));
	assert_non_null(
		strstr(d.text->str, "x.csv:2:1: error: the line is longer than 4096 bytes\n"));
	diagnostics_clear(&d);
}

static void columns_have_a_limit(void **state)
{
	GString *s = g_string_new("i");
	struct diagnostics d;
	struct integer_table *t;

	for (unsigned i = 1; i < INTEGER_TABLE_COLUMNS_MAX; i++)
		g_string_append_printf(s, ",c%u", i);
	diagnostics_init(&d);
	t = integer_table_parse(&d, s->str, s->len, "x.csv");
	assert_non_null(t);
	integer_table_free(t);
	g_string_append(s, ",more");
	assert_null(integer_table_parse(&d, s->str, s->len, "x.csv"));
	assert_non_null(strstr(d.text->str, "error: more than 64 columns\n"));
	g_string_free(s, TRUE);
	diagnostics_clear(&d);
}

static void check_load(const char *path, int status, const char *want)
{
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(integer_table_load(&d, path, "x.csv"));
	assert_string_equal(d.text->str, want);
	assert_int_equal(d.status, status);
	diagnostics_clear(&d);
}

static void only_regular_files_are_read(void **state)
{
	g_autofree char *dir = g_dir_make_tmp("integer_table-XXXXXX", NULL);
	g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
	g_autofree char *missing = g_build_filename(dir, "missing", NULL);
	g_autofree char *large = g_build_filename(dir, "large", NULL);
	g_autofree char *good = g_build_filename(dir, "good", NULL);
	struct diagnostics d;
	struct integer_table *t;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	check_load(fifo, 2, "lapicsim: error: x.csv: not a regular file\n");
	check_load(dir, 2, "lapicsim: error: x.csv: not a regular file\n");
	check_load("/dev/zero", 2, "lapicsim: error: x.csv: not a regular file\n");
	check_load(missing, 4, "lapicsim: error: x.csv: cannot open: No such file or directory\n");
	assert_true(g_file_set_contents(large, "i\n", 2, NULL));
	assert_int_equal(truncate(large, INTEGER_TABLE_FILE_MAX + 1), 0);
	check_load(large, 2, "lapicsim: error: x.csv: larger than 16 MiB\n");

	assert_true(g_file_set_contents(good, "i,a\n4,5\n", 8, NULL));
	diagnostics_init(&d);
	t = integer_table_load(&d, good, "x.csv");
	assert_non_null(t);
	assert_int_equal(integer_table_find(t, 4)[1], 5);
	integer_table_free(t);
	diagnostics_clear(&d);

	unlink(fifo);
	unlink(large);
	unlink(good);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(rows_are_found_by_index),
		cmocka_unit_test(lines_have_a_limit),
		cmocka_unit_test(columns_have_a_limit),
		cmocka_unit_test(only_regular_files_are_read),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(bad_rows) + G_N_ELEMENTS(others)];

	for (size_t i = 0; i < G_N_ELEMENTS(bad_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = bad_rows[i].name,
						.test_func = check_bad,
						.initial_state = (void *)&bad_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[G_N_ELEMENTS(bad_rows) + i] = others[i];
	return cmocka_run_group_tests_name("integer_table", tests, NULL, NULL);
}
