/* SPDX-License-Identifier: MIT */
/* What another program under the name of gnuplot does, and what becomes of it. */
#include "gnuplot.h"

#include "run.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

/* More than a pipe holds, in both directions. */
#define LARGE 1000000u

struct row {
	const char *name, *program;
	const char *begins; /* of the script, which goes on with letters  */
	int status;
	const char *error; /* NULL: the picture is the script */
};

static const struct row rows[] = {
	{ "gives back as it reads", "exec cat", "", EXIT_IO, NULL },
	{ "reads all first", "exec sort", "", EXIT_IO, NULL },
	{ "is not loaded", "echo no library >&2; exit 127", "", EXIT_IO,
	  "cannot run gnuplot (package gnuplot-nox): no library (status 127)" },
	{ "is killed", "kill -9 $$", "", EXIT_IO,
	  "cannot run gnuplot (package gnuplot-nox): not a word (status 137)" },
	{ "says a word", "echo a word >&2; exec cat", "", EXIT_BROKEN,
	  "gnuplot did not draw it: a word" },
	{ "says what is no text", "printf '\\377' >&2; exec cat", "", EXIT_BROKEN,
	  "gnuplot did not draw it: \xef\xbf\xbd" },
	{ "reads nothing, prints nothing", "exit 0", "", EXIT_BROKEN,
	  "gnuplot did not draw it: it printed nothing" },
	{ "closes its input", "exec <&-; exit 1", "", EXIT_BROKEN,
	  "gnuplot did not draw it: it printed nothing" },
	{ "has no memory",
	  "cat >/dev/null; echo 'line 3: out of memory for dumb terminal' >&2; exit 1", "",
	  EXIT_USAGE, "gnuplot did not draw it: line 3: out of memory for dumb terminal" },
	{ "gives half a picture", "exec cat", "<?xml", EXIT_BROKEN,
	  "gnuplot did not draw it: the picture has no end" },
};

static void check(void **state)
{
	const struct row *row = *state;
	g_autofree char *folder = g_dir_make_tmp("lapicsim-gnuplot-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "gnuplot", NULL);
	g_autofree char *program = g_strdup_printf("#!/bin/sh\n%s\n", row->program);
	g_autofree char *before = g_strdup(g_getenv("PATH"));
	g_autofree char *found = g_strdup_printf("%s:%s", folder, before);
	g_autofree char *error = NULL;
	g_autoptr(GString) script = g_string_new(row->begins);
	int status = -1;

	while (script->len < LARGE)
		g_string_append(script, "abcdefghijklmnopqrstuvwxyz\n");
	assert_true(g_file_set_contents(path, program, -1, NULL));
	g_chmod(path, 0700);
	g_setenv("PATH", found, TRUE);
	GString *picture = gnuplot_draw(script, &status, &error);

	g_setenv("PATH", before, TRUE);
	g_remove(path);
	g_rmdir(folder);
	assert_int_equal(status, row->status);
	if (row->error) {
		assert_null(picture);
		assert_string_equal(error, row->error);
	} else {
		assert_true(g_string_equal(picture, script));
		g_string_free(picture, TRUE);
	}
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows)];

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("gnuplot", tests, NULL, NULL);
}
