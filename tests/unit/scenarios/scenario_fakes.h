/* SPDX-License-Identifier: MIT */
/* What the tests of the scenario reader share: workloads, of which it only knows names and keys,
 * and scenarios from a text. Include it after cmocka.h. */
#ifndef SCENARIO_FAKES_H
#define SCENARIO_FAKES_H

#include "scenario.h"
#include <glib/gstdio.h>
#include <unistd.h>

static const struct scenario_workload fake_workloads[] = {
	{ .name = "tscdeadline_latency",
	  .keys = "delta! wait arm_jitter samples loop handler_rdmsr" },
	{ .name = "busy", .keys = "" },
	{ .name = "recorded", .needs_file = true, .keys = "wait loop" },
	{ .name = "program", .keys = "program! wait loop" },
};

static const struct scenario_options fake_options = {
	.library = "library",
	.workloads = fake_workloads,
	.n_workloads = G_N_ELEMENTS(fake_workloads),
};

/* A folder of its own for the files of one test, which becomes the working directory. */
static inline char *enter_folder(void)
{
	char *folder = g_dir_make_tmp("lapicsim-XXXXXX", NULL);

	g_assert_nonnull(folder);
	g_assert_cmpint(chdir(folder), ==, 0);
	return folder;
}

/* Removes the files of @folder, which holds no folders. */
static inline void leave_folder(char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		g_unlink(name);
	g_dir_close(dir);
	g_assert_cmpint(chdir("/"), ==, 0);
	g_rmdir(folder);
	g_free(folder);
}

static inline void write_file(const char *name, const char *text)
{
	g_assert_true(g_file_set_contents(name, text, -1, NULL));
}

static inline struct scenario_file *load_text(const char *text, struct diagnostics *d)
{
	diagnostics_init(d);
	write_file("test.yaml", text);
	return scenario_load("test.yaml", &fake_options, d);
}

#endif
