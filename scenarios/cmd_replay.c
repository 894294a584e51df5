/* SPDX-License-Identifier: MIT */
/* cmd_replay - lapicsim replay FILE: every variant of a scenario, side by side in one table. */
#include "command.h"
#include "report.h"

static const char about[] =
	"Runs every variant of a scenario file and prints one table, side by side.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim replay fixes/61abdbe0bcc2-busy-guest.yaml\n"
	"  lapicsim replay FILE --variant before --trace before.ftrace   the kernel's own spelling "
	"of what happened\n"
	"  lapicsim replay FILE --trace t.dat -e kvm -e timer:hrtimer_start --cpu 1 --from 5ms "
	"--to 9ms   some of it\n"
	"  lapicsim replay FILE --set host.hz=250 --set vms.vm0.guest.delta=500us\n"
	"  lapicsim replay FILE --samples                                one row a deadline: where "
	"it fired, how late\n"
	"  lapicsim replay FILE --variant after --latency-lines          the lines of "
	"kvm-unit-tests' tscdeadline_latency\n"
	"  lapicsim replay FILE --variant after --cyclictest             the histogram of "
	"cyclictest -h\n"
	"  lapicsim replay FILE --variant after --kvm-stat               the table of exits of "
	"perf kvm stat report\n"
	"  lapicsim replay FILE --check                                  reads and resolves, "
	"prints, runs nothing\n"
	"\n"
	"Exit status: 0 all expectations hold, 1 one failed, 2 bad usage or scenario, 3 an "
	"invariant of the model broke,\n"
	"4 cannot open, create, read or write, 5 a budget is used up.\n";

struct replay_arguments {
	struct run_arguments run;
	struct trace_arguments chosen;
	char *variant, *trace, *format;
	gboolean check, verify, samples, latency_lines, cyclictest, kvm_stat;
};

static GOptionEntry *entries_of(struct replay_arguments *a)
{
	const GOptionEntry own[] = {
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant, "Run this variant alone",
		  "NAME" },
		{ "check", 0, 0, G_OPTION_ARG_NONE, &a->check,
		  "Read, resolve and print; run nothing", NULL },
		{ "verify", 0, 0, G_OPTION_ARG_NONE, &a->verify,
		  "Run twice, then with all checks, and compare the fingerprints", NULL },
		{ "samples", 0, 0, G_OPTION_ARG_NONE, &a->samples, "Also list every deadline",
		  NULL },
		{ "latency-lines", 0, 0, G_OPTION_ARG_NONE, &a->latency_lines,
		  "Print only kvm-unit-tests' lines: latency: N, or of vmexit cycles per iteration",
		  NULL },
		{ "cyclictest", 0, 0, G_OPTION_ARG_NONE, &a->cyclictest,
		  "Print only the histogram that cyclictest -h prints, in us", NULL },
		{ "kvm-stat", 0, 0, G_OPTION_ARG_NONE, &a->kvm_stat,
		  "Print only the table of exits that perf kvm stat report prints", NULL },
		{ "trace", 0, 0, G_OPTION_ARG_FILENAME, &a->trace,
		  "Write a trace in the format that the name's end says, .ftrace, .perfetto, .dat "
		  "or "
		  ".perf; of several variants OUT.VARIANT.ftrace each",
		  "OUT.ftrace" },
		{ "event", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &a->chosen.events,
		  "Of the trace only these events: SYSTEM or SYSTEM:EVENT; may be repeated",
		  "EVENT" },
		{ "cpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->chosen.cpus,
		  "Of the trace only what happens on this CPU; may be repeated", "N" },
		{ "from", 0, 0, G_OPTION_ARG_STRING, &a->chosen.from,
		  "Of the trace only what happens from this instant of the run on", "TIME" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &a->chosen.to,
		  "Of the trace only what happens up to this instant of the run", "TIME" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &a->format, "text (default) or json",
		  "FORMAT" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

static int check(const struct replay *replay)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (uint32_t i = 0; i < replay->n_results; i++) {
		if (!replay->results[i].run)
			continue;
		g_string_append_printf(out, "# variant %s\n", replay->results[i].variant->name);
		scenario_dump(replay->results[i].run, out);
	}
	return print_result(out->str);
}

static void print_latencies(GString *out, const struct replay *replay, enum latency_format format)
{
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].latencies)
			latency_output_print(out, replay->results[i].latencies, format);
}

/* What is the same for all variants is said once. */
static void print_messages(const struct replay *replay)
{
	const char *last = NULL;

	for (uint32_t i = 0; i < replay->n_results; i++) {
		char *message = replay->results[i].message;

		if (!message || g_strcmp0(g_strchomp(message), last) == 0)
			continue;
		g_printerr("lapicsim: error: %s\n", message);
		last = message;
	}
}

static int run(struct replay *replay, const struct replay_options *options, bool json)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GString) failures = g_string_new(NULL);
	int status = replay_run(replay, options);

	print_messages(replay);
	if (status > EXIT_EXPECTATION)
		return status;
	if (options->latencies)
		print_latencies(out, replay, options->latencies);
	else if (json)
		report_json(out, replay);
	else
		report_table(out, replay, options);
	if (options->samples && !json && !options->latencies)
		report_deadlines(out, replay);
	report_failures(failures, replay, options);
	const int printed = print_result(out->str);
	g_printerr("%s", failures->str);
	return printed != EXIT_OK ? printed : status;
}

static enum latency_format latencies_of(const struct replay_arguments *a)
{
	return a->cyclictest      ? LATENCY_CYCLICTEST
	       : a->kvm_stat      ? LATENCY_KVM_STAT
	       : a->latency_lines ? LATENCY_LINES
				  : LATENCY_NONE;
}

static bool valid_trace(const struct replay_arguments *a)
{
	g_autoptr(GString) suffixes = g_string_new(NULL);
	size_t n;
	const struct trace_format *const *formats = trace_formats(&n);

	if (!a->trace && trace_arguments_any(&a->chosen)) {
		print_error("-e, --cpu, --from and --to choose what --trace writes; there is no "
			    "--trace");
		return false;
	}
	if (!a->trace || trace_format_of(a->trace))
		return true;
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(suffixes, "  %-10s %s\n", formats[i]->suffix,
				       formats[i]->what);
	print_error("--trace: '%s' has none of the ends that say the format:", a->trace);
	g_printerr("%s", suffixes->str);
	return false;
}

static bool valid(const struct replay_arguments *a)
{
	if (!a->run.paths || !a->run.paths[0] || a->run.paths[1]) {
		print_error("replay takes one FILE; see lapicsim replay --help");
		return false;
	}
	if (a->format && !g_str_equal(a->format, "text") && !g_str_equal(a->format, "json")) {
		print_error("--format: '%s' is neither text nor json", a->format);
		return false;
	}
	if (!valid_trace(a))
		return false;
	if (a->latency_lines + a->cyclictest + a->kvm_stat > 1) {
		print_error("of --latency-lines, --cyclictest and --kvm-stat ask for one");
		return false;
	}
	if (latencies_of(a) && a->format) {
		print_error("--format: --%s is a format of its own", a->cyclictest ? "cyclictest"
								     : a->kvm_stat
									     ? "kvm-stat"
									     : "latency-lines");
		return false;
	}
	return true;
}

/* Scripts read one run: which one must be said. */
static bool suits(const struct replay *replay, enum latency_format format)
{
	const struct run_result *one = NULL;
	unsigned n = 0;

	for (uint32_t i = 0; i < replay->n_results; i++) {
		if (!replay->results[i].run)
			continue;
		one = &replay->results[i];
		n++;
	}
	if (format && n > 1)
		print_error("'%s' has %u variants; choose one with --variant", replay->file->path,
			    n);
	else if (format && !latency_output_suits(&one->run->config, format))
		print_error("--cyclictest: no guest of '%s' runs the workload cyclictest",
			    replay->file->path);
	else
		return true;
	return false;
}

static int replay_with(const struct replay_arguments *a)
{
	struct replay_options options = {
		.variant = a->variant, .trace = a->trace, .verify = a->verify, .samples = a->samples
	};
	g_autoptr(GPtrArray) sets = NULL;
	struct trace_selection selection;
	struct diagnostics d;
	struct replay *replay = NULL;
	int status = EXIT_USAGE;

	options.latencies = latencies_of(a);
	if (!valid(a) || !run_options(&a->run, &options, &sets))
		return EXIT_USAGE;
	diagnostics_init(&d);
	options.selection = &selection;
	if (trace_selection_parse(&selection, &a->chosen, &d))
		replay = replay_load(a->run.paths[0], &options, &d, NULL);
	if (!replay || !replay_resolve(replay, &options, &d))
		status = d.status;
	else if (a->check)
		status = check(replay);
	else if (suits(replay, options.latencies))
		status = run(replay, &options, a->format && g_str_equal(a->format, "json"));
	g_printerr("%s", d.text->str);
	replay_free(replay);
	trace_selection_clear(&selection);
	diagnostics_clear(&d);
	return status;
}

static int replay_main(int argc, char **argv)
{
	struct replay_arguments a = { 0 };
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "FILE", about, examples, entries_of(&a), &status))
		status = replay_with(&a);
	run_arguments_clear(&a.run);
	g_free(a.variant);
	trace_arguments_clear(&a.chosen);
	g_free(a.trace);
	g_free(a.format);
	return status;
}

const struct command command_replay = { "replay",
					"run a scenario file, before and after, side by side",
					replay_main, false };
