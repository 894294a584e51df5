/* SPDX-License-Identifier: MIT */
/* What stands under a name after a file was written there. */
#include "output_file.h"

#include "input_file.h"
#include "run.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a folder with: file, a text; sub/; link -> file; chain -> sub/up -> ../file; new -> sub/none;
 * loop -> loop; pipe; null -> /dev/null; read, a text that was read; same, another name of it;
 * reading -> read. */
struct row {
	const char *name, *path, *becomes; /* written there, or NULL: refused */
	const char *error;
	int status;
};

static const struct row rows[] = {
	{ "a new name", "x", "x", NULL, EXIT_OK },
	{ "a file", "file", "file", NULL, EXIT_OK },
	{ "a link", "link", "file", NULL, EXIT_OK },
	{ "a link to a link", "chain", "file", NULL, EXIT_OK },
	{ "a link to nothing yet", "new", "sub/none", NULL, EXIT_OK },
	{ "a link to itself", "loop", NULL, "cannot create: Too many levels of symbolic links",
	  EXIT_IO },
	{ "a pipe", "pipe", NULL, "cannot create: not a regular file", EXIT_IO },
	{ "a device", "null", NULL, "/dev/null: cannot create: not a regular file", EXIT_IO },
	{ "a folder", "sub", NULL, "cannot write: Is a directory", EXIT_IO },
	{ "a folder that is not there", "none/x", NULL, "cannot create: No such file or directory",
	  EXIT_IO },
	{ "what was read", "read", NULL, "read: would replace what was read: 'read'", EXIT_USAGE },
	{ "what was read, by another name", "same", NULL,
	  "same: would replace what was read: 'read'", EXIT_USAGE },
	{ "what was read, by a link", "reading", NULL, "/read: would replace what was read: 'read'",
	  EXIT_USAGE },
};

static const char *const links[][2] = {
	{ "link", "file" }, { "chain", "sub/up" },   { "sub/up", "../file" }, { "new", "sub/none" },
	{ "loop", "loop" }, { "null", "/dev/null" }, { "reading", "read" },
};

static const char *const names[] = { "file", "x",    "link",   "chain",  "new",
				     "loop", "pipe", "null",   "sub/up", "sub/none",
				     "read", "same", "reading" };

static void make(void)
{
	assert_int_equal(g_mkdir("sub", 0700), 0);
	assert_true(g_file_set_contents("file", "old", -1, NULL));
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_true(g_file_set_contents("read", "input", -1, NULL));
	assert_int_equal(link("read", "same"), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
		assert_int_equal(symlink(links[i][1], links[i][0]), 0);
}

static void check_content(const char *path, const char *want)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, want);
}

static void check(void **state)
{
	const struct row *row = *state;
	g_autofree char *folder = g_dir_make_tmp("lapicsim-output-XXXXXX", NULL);
	g_autofree char *before = g_get_current_dir();
	g_autofree char *error = NULL;

	assert_int_equal(g_chdir(folder), 0);
	make();
	/* In these alone: once it is removed another file may get its number. */
	if (row->status == EXIT_USAGE)
		assert_int_equal(close(input_open("read")), 0);
	assert_int_equal(write_file(row->path, "text", 4, &error), row->status);
	if (row->becomes)
		check_content(row->becomes, "text");
	else
		assert_true(g_str_has_suffix(error, row->error));
	if (g_strcmp0(row->becomes, "file") != 0)
		check_content("file", "old");
	check_content("read", "input");
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *target = g_file_read_link(links[i][0], NULL);

		assert_string_equal(target, links[i][1]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_remove(names[i]);
	/* Nothing else is left. */
	assert_int_equal(g_rmdir("sub"), 0);
	assert_int_equal(g_chdir(before), 0);
	assert_int_equal(g_rmdir(folder), 0);
}

/* What can stand under the names that files have while they are written. */
struct planted {
	const char *name, *content; /* or NULL: a link to the file "victim" */
};

static const struct planted planted[] = {
	{ "a link under the temporary name", NULL },
	{ "what a process left that was killed", "much more than what is written now" },
};

static void plant(const struct planted *what, const char *name)
{
	if (what->content)
		assert_true(g_file_set_contents(name, what->content, -1, NULL));
	else
		assert_int_equal(symlink("victim", name), 0);
}

static void check_planted(void **state)
{
	g_autofree char *folder = g_dir_make_tmp("lapicsim-output-XXXXXX", NULL);
	g_autofree char *before = g_get_current_dir(), *error = NULL, *target = NULL;
	g_autofree char *temporary = g_strdup_printf("x.tmp.%d", getpid());
	g_autofree char *spool = g_strdup_printf("x.spool.%d", getpid());

	assert_int_equal(g_chdir(folder), 0);
	assert_true(g_file_set_contents("victim", "old", -1, NULL));
	plant(*state, temporary);
	assert_int_equal(write_file("x", "text", 4, &error), EXIT_OK);
	target = g_file_read_link("x", NULL);
	assert_null(target);
	check_content("x", "text");
	plant(*state, spool);
	FILE *unnamed = unnamed_file("x", &error);

	assert_non_null(unnamed);
	assert_true(fputs("spooled", unnamed) >= 0);
	assert_int_equal(fclose(unnamed), 0);
	check_content("victim", "old");
	assert_int_equal(g_remove("x"), 0);
	assert_int_equal(g_remove("victim"), 0);
	/* Nothing else is left. */
	assert_int_equal(g_chdir(before), 0);
	assert_int_equal(g_rmdir(folder), 0);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(planted)];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check,
						.initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(planted); i++)
		tests[G_N_ELEMENTS(rows) + i] =
			(struct CMUnitTest){ .name = planted[i].name,
					     .test_func = check_planted,
					     .initial_state = (void *)&planted[i] };
	return cmocka_run_group_tests_name("output_file", tests, NULL, NULL);
}
