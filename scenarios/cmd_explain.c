/* SPDX-License-Identifier: MIT */
/* cmd_explain - lapicsim explain FILE: why one deadline was as late as it was, and by whose commit.
 */
#include "command.h"
#include "explain.h"
#include "value.h"

#include <string.h>

static const char about[] =
	"Tells the life of one deadline as a chain of steps, with the parts that sum to its "
	"lateness, "
	"and which commits\nof the kernel, put in or taken out, would have given it another life.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim explain fixes/61abdbe0bcc2-busy-guest.yaml           the worst deadline of "
	"each "
	"variant\n"
	"  lapicsim explain FILE --variant before --worst 3\n"
	"  lapicsim explain FILE --variant before --deadline 17 --vcpu 1\n"
	"  lapicsim explain FILE --variant before --at 3ms               the state then: hrtimer "
	"queues, vCPUs, local APICs\n"
	"\n"
	"Exit status: 0 done, 2 bad usage or scenario or no such deadline, 3 an invariant of the "
	"model broke,\n4 cannot open, read or write, 5 a budget is used up.\n";

struct explain_arguments {
	struct run_arguments run;
	char *variant, *worst, *deadline, *vcpu, *at;
};

static GOptionEntry *entries_of(struct explain_arguments *a)
{
	const GOptionEntry own[] = {
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant, "Explain this variant alone",
		  "NAME" },
		{ "worst", 0, 0, G_OPTION_ARG_STRING, &a->worst,
		  "The N-th worst deadline (default 1)", "N" },
		{ "deadline", 0, 0, G_OPTION_ARG_STRING, &a->deadline,
		  "This deadline, by its number as --samples lists it", "N" },
		{ "vcpu", 0, 0, G_OPTION_ARG_STRING, &a->vcpu,
		  "Of this vCPU, by its number as --samples lists it (default 0)", "N" },
		{ "at", 0, 0, G_OPTION_ARG_STRING, &a->at,
		  "Print the state of the run at this instant instead, e.g. 3ms", "T" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

static int explain(struct replay *replay, const struct replay_options *run,
		   const struct explain_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct explain all;
	int status = explain_run(replay, options, &all);

	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].message)
			g_printerr("lapicsim: error: %s\n", g_strchomp(replay->results[i].message));
	for (uint32_t i = 0; i < all.n && status == EXIT_OK; i++) {
		g_string_append(out, i ? "\n" : "");
		explain_print(out, &all.of[i]);
		explain_repeat(out, replay, run, &all.of[i]);
	}
	explain_clear(&all);
	return status == EXIT_OK ? print_result(out->str) : status;
}

/* The state of each variant at @at. */
static int show_state(struct replay *replay, const struct replay_options *run, ps_t at)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (uint32_t i = 0; i < replay->n_results; i++) {
		struct run_result *result = &replay->results[i];

		if (!result->run)
			continue;
		if (out->len)
			g_string_append_c(out, '\n');
		const int status = explain_state(out, result, at, &run->limits);

		if (status == EXIT_OK)
			continue;
		g_printerr("lapicsim: error: %s\n", g_strchomp(result->message));
		return status;
	}
	return print_result(out->str);
}

static bool parse(const struct explain_arguments *a, struct explain_options *options)
{
	uint64_t worst = 1, vcpu = 0;

	if (!a->run.paths || !a->run.paths[0] || a->run.paths[1]) {
		print_error("explain takes one FILE; see lapicsim explain --help");
		return false;
	}
	if (a->worst && (a->deadline || a->vcpu)) {
		print_error("--worst: --deadline says already which one");
		return false;
	}
	if (a->at && (a->worst || a->deadline || a->vcpu)) {
		print_error("--at: shows the state of a run, not a deadline");
		return false;
	}
	if (a->vcpu && !a->deadline) {
		print_error("--vcpu: goes with --deadline");
		return false;
	}
	if ((a->worst && !parse_number("--worst", a->worst, 1, EXPLAIN_WORST_MAX, &worst)) ||
	    (a->vcpu && !parse_number("--vcpu", a->vcpu, 0, UINT32_MAX, &vcpu)) ||
	    (a->deadline && !parse_number("--deadline", a->deadline, 0, UINT64_MAX, &options->n)))
		return false;
	options->worst = (uint32_t)worst;
	options->vcpu = (uint32_t)vcpu;
	options->chosen = a->deadline != NULL;
	return true;
}

static int explain_with(const struct explain_arguments *a)
{
	struct replay_options options = { .variant = a->variant };
	struct explain_options what = { .limits = &options.limits };
	g_autoptr(GPtrArray) sets = NULL;
	struct diagnostics d;
	ps_t at;
	int status;

	if (!parse(a, &what) || !run_options(&a->run, &options, &sets))
		return EXIT_USAGE;
	diagnostics_init(&d);
	struct replay *replay = replay_load(a->run.paths[0], &options, &d, NULL);

	if (!replay || !replay_resolve(replay, &options, &d))
		status = d.status;
	else if (a->at)
		status = option_duration("--at", a->at, &at, &d) ? show_state(replay, &options, at)
								 : d.status;
	else
		status = explain(replay, &options, &what);
	g_printerr("%s", d.text->str);
	replay_free(replay);
	diagnostics_clear(&d);
	return status;
}

static int explain_main(int argc, char **argv)
{
	struct explain_arguments a = { 0 };
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "FILE", about, examples, entries_of(&a), &status))
		status = explain_with(&a);
	run_arguments_clear(&a.run);
	g_free(a.variant);
	g_free(a.worst);
	g_free(a.deadline);
	g_free(a.vcpu);
	g_free(a.at);
	return status;
}

const struct command command_explain = { "explain",
					 "why a deadline was late, and which commit decided it",
					 explain_main, false };
