// SPDX-License-Identifier: MIT
/*
 * fuzz_scenario_run - any bytes as a scenario file that is run, with arguments of --set behind a
 * NUL byte: with a small budget, again with all checks on, and with ties shuffled. Whatever it
 * says, no invariant breaks, and its reports can be written.
 */
#include "fuzz_file.h"

#include "report.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_EVENTS 1000u
#define MAX_PENDING 20000u

static void write_reports(const struct replay *replay, const struct replay_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);

	report_table(out, replay, options);
	report_deadlines(out, replay);
	report_json(out, replay);
	report_failures(out, replay, options);
}

static void run(const char *path, struct replay_options *options)
{
	struct diagnostics d;

	diagnostics_init(&d);

	struct replay *replay = replay_load(path, options, &d, NULL);

	if (!replay || !replay_resolve(replay, options, &d)) {
		g_assert(d.status == EXIT_USAGE);
	} else {
		const int status = replay_run(replay, options);

		for (uint32_t i = 0; i < replay->n_results; i++)
			if (replay->results[i].status == EXIT_BROKEN)
				fuzz_fail("%s", replay->results[i].message);
		g_assert(status == EXIT_OK || status == EXIT_EXPECTATION || status == EXIT_USAGE ||
			 status == EXIT_BUDGET);
		write_reports(replay, options);
	}
	replay_free(replay);
	diagnostics_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	const char *path = fuzz_file("x.yaml", data, end ? (size_t)(end - data) : size);
	struct fuzz_sets sets;

	fuzz_sets(data, size, &sets);

	struct replay_options options = { .sets = sets.set,
					  .n_sets = sets.n,
					  .verify = true,
					  .samples = true,
					  .limits = SIM_LIMITS_DEFAULT };

	options.limits.max_events = MAX_EVENTS;
	options.limits.max_pending = MAX_PENDING;
	run(path, &options);
	options.verify = false;
	options.limits.shuffle_ties = true;
	options.limits.shuffle_seed = size;
	run(path, &options);
	fuzz_sets_clear(&sets);
	return 0;
}
