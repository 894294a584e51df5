/* SPDX-License-Identifier: MIT */
/*
 * Every error of the scenario language has a file tests/bad/NAME.yaml and its exact text, NAME.txt.
 * NAME.sets holds one --set a line; without it the error is found when the file is loaded.
 * Runs in tests/, so that the paths in the texts are the same everywhere.
 * `test_bad_files --bless` rewrites the texts: read the difference before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "scenario_fakes.h"
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

/* The errors of @name, as they are printed. */
static void load(const char *name, struct diagnostics *d)
{
	g_autofree char *path = g_strconcat(name, ".yaml", NULL);
	g_autofree char *sets_path = g_strconcat(name, ".sets", NULL);
	g_autofree char *sets = NULL;

	diagnostics_init(d);
	struct scenario_file *file = scenario_load(path, &fake_options, d);

	if (file && g_file_get_contents(sets_path, &sets, NULL, NULL)) {
		g_auto(GStrv) lines = g_strsplit(g_strchomp(sets), "\n", -1);

		scenario_run_free(scenario_resolve(file, &file->variants[0],
						   (const char *const *)lines, g_strv_length(lines),
						   d));
	}
	scenario_free(file);
}

static void check_file(void **state)
{
	const char *name = *state;
	g_autofree char *path = g_strconcat(name, ".txt", NULL);
	g_autofree char *want = NULL;
	struct diagnostics d;

	load(name, &d);
	assert_true(g_file_get_contents(path, &want, NULL, NULL));
	assert_string_equal(d.text->str, want);
	assert_int_equal(d.status, 2);
	diagnostics_clear(&d);
}

static int bless(const GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *path = g_strconcat(name, ".txt", NULL);
		struct diagnostics d;

		load(name, &d);
		if (d.status != 2 || !g_file_set_contents(path, d.text->str, -1, NULL))
			g_printerr("%s: status %d\n", name, d.status);
		diagnostics_clear(&d);
	}
	return 0;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All files but the parts that others include: one without its text fails. */
static GPtrArray *find_cases(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(".", 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		if (g_str_has_suffix(entry, ".yaml") && !g_str_has_prefix(entry, "part-"))
			g_ptr_array_add(names, g_strndup(entry, strlen(entry) - strlen(".yaml")));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(names, compare_names);
	return names;
}

int main(int argc, char **argv)
{
	const bool blessing = argc > 1 && strcmp(argv[1], "--bless") == 0;

	if (chdir("bad") != 0) {
		g_printerr("run this in the folder tests/\n");
		return 1;
	}
	g_autoptr(GPtrArray) names = find_cases();

	if (blessing)
		return bless(names);
	if (names->len < 60) { /* a folder that lost its files must not pass */
		g_printerr("only %u cases\n", names->len);
		return 1;
	}
	g_autofree struct CMUnitTest *tests = g_new0(struct CMUnitTest, names->len);

	for (guint i = 0; i < names->len; i++)
		tests[i] = (struct CMUnitTest){ .name = g_ptr_array_index(names, i),
						.test_func = check_file,
						.initial_state = g_ptr_array_index(names, i) };
	return _cmocka_run_group_tests("bad_files", tests, names->len, NULL, NULL);
}
