// SPDX-License-Identifier: MIT
/*
 * fuzz_import - any bytes through `lapicsim import`: it is refused with a message, or the scenario
 * that was written can be read, and runs without breaking an invariant.
 */
#include "fuzz_file.h"

#include "cmd_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static GString *messages;

static void keep(const gchar *text) { g_string_append(messages, text); }

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	messages = g_string_new(NULL);
	return 0;
}

/* What import wrote. */
static void run(const char *path)
{
	struct replay_options options = { .limits = SIM_LIMITS_DEFAULT };
	struct diagnostics d;

	options.limits.max_events = 1000;
	options.verify = true; /* with all checks on */
	diagnostics_init(&d);

	struct replay *replay = replay_load(path, &options, &d, NULL);

	if (!replay || !replay_resolve(replay, &options, &d))
		fuzz_fail("what was imported is refused:\n%s", d.text->str);

	const int status = replay_run(replay, &options);

	if (status != EXIT_OK && status != EXIT_BUDGET)
		fuzz_fail("status %d: %s", status, replay->results[0].message);
	replay_free(replay);
	diagnostics_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_path("imported.yaml");
	g_autofree char **argv = g_new0(char *, 5);
	const char *const words[] = { "import", fuzz_file("x.txt", data, size), "-o", path };

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		argv[i] = (char *)words[i];
	fuzz_path("imported-vcpu0.csv"); /* removed at the end */
	fuzz_path("imported-vcpu1.csv");
	g_string_truncate(messages, 0);

	const GPrintFunc shown = g_set_printerr_handler(keep);
	const int status = command_import.run(G_N_ELEMENTS(words), argv);

	g_set_printerr_handler(shown);
	g_assert(status == EXIT_OK || status == EXIT_USAGE || status == EXIT_IO);
	if (status == EXIT_OK)
		run(path);
	else
		g_assert(messages->len);
	return 0;
}
