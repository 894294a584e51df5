/* SPDX-License-Identifier: MIT */
/* cmd_import - lapicsim import TRACE -o FILE.yaml: a recording becomes a scenario. */
#include "cmd_import.h"

#include "command.h"
#include "cost.h"
#include "import_samples.h"
#include "import_write.h"
#include "observe_trace.h"
#include "scenario_limits.h"
#include "workload_table.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
	"Makes a scenario of a recorded trace: what /sys/kernel/tracing/trace, trace-cmd report or "
	"perf script print.\nIt says what machine, kernel, guest and outside did, and never what "
	"came "
	"of the timer.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim import trace.txt -o run.yaml                    costs are learned from the "
	"trace\n"
	"  lapicsim import trace.txt -o run.yaml --profile lib/linux-6.1-qemu-tcg.yaml\n"
	"  lapicsim import a.txt b.txt --csv a.csv --csv b.csv --costs -o lib/machine.yaml\n"
	"                                                           a cost profile of several "
	"traces\n"
	"\n"
	"Beside FILE.yaml it writes FILE-vcpuN.csv. What the trace does not say, and what was "
	"assumed, "
	"stands on stderr\nand at the head of the file.\n"
	"\n"
	"Exit status: 0 written, 2 bad usage or a trace that cannot be used, 4 cannot open, read "
	"or "
	"write.\n";

struct import_arguments {
	char *output, *profile, *kernel, *library;
	char **csvs, **traces, **guess_texts;
	GArray *guesses; /* of struct import_guess */
	gboolean costs;
};

struct imported { /* one TRACE */
	struct observed_run *run;
	struct trace_facts facts;
	struct guest_csv csv;
	struct import_plan *plan;
};

static void imported_clear(struct imported *t)
{
	import_plan_free(t->plan);
	guest_csv_clear(&t->csv);
	observed_run_free(t->run);
}

/* "dir/trace-1.txt.gz" -> "trace-1" */
static char *stem_of(const char *path)
{
	char *name = g_path_get_basename(path);
	static const char *const endings[] = { ".gz", ".txt", ".yaml", ".trace", ".ftrace" };

	for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(name, endings[i]) && strlen(name) > strlen(endings[i]))
			name[strlen(name) - strlen(endings[i])] = '\0';
	return name;
}

/* A name of a scenario file: letters, digits, '_', '.', '-'. */
static char *scenario_name(const char *output)
{
	char *name = stem_of(output);

	for (char *p = name; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("_.-", *p))
			*p = '-';
	if (strlen(name) > 48)
		name[48] = '\0';
	return name;
}

static bool observe(struct imported *t, const char *path, const char *csv,
		    const struct import_options *options, struct diagnostics *d)
{
	t->run = observe_trace(path, &t->facts, d);
	if (!t->run || (csv && !guest_csv_read(csv, &t->csv, d)))
		return false;
	t->plan = import_plan_new(t->run, &t->facts, options);
	if (!import_plan_check(t->plan, d))
		return false;
	return import_samples_add(t->run, t->plan, csv ? &t->csv : NULL) ||
	       error_plain(d, EXIT_USAGE,
			   "%s: none of its deadlines was armed in '%s': it stands beside another "
			   "recording",
			   csv, path);
}

/* --- the costs of the way into the guest and out of it --- */

struct edges {
	uint64_t entry_ns, exit_ns;
};

static struct edges edges_of(const uint64_t ns[COST_COUNT])
{
	return (struct edges){
		.entry_ns = ns[COST_enter_guest] + ns[COST_entry_check] + ns[COST_entry_load] +
			    ns[COST_vmentry],
		.exit_ns = ns[COST_guest_op] + ns[COST_vmexit] + ns[COST_vmexit_rest],
	};
}

static struct edges learned_edges(const struct learned_costs *costs, bool nohz_full)
{
	uint64_t ns[COST_COUNT];

	for (unsigned i = 0; i < COST_COUNT; i++) {
		const struct learned_cost *c = &costs->cost[i];

		ns[i] = c->n ? c->quantile[(c->n - 1) / 2] : cost_default_ns(i);
		ns[i] += nohz_full ? c->nohz_full : 0;
	}
	ns[COST_guest_op] = 20;
	return edges_of(ns);
}

static uint64_t ns_of(struct quantity q, khz_t khz)
{
	return q.unit == QUANTITY_PS ? q.v / PS_PER_NS : q.v * 1000000 / khz.v;
}

static bool put(const char *path, const char *text, size_t length, struct diagnostics *d)
{
	g_autofree char *error = NULL;

	const int status = write_file(path, text, length, &error);

	return status == EXIT_OK || error_plain(d, status, "%s", error);
}

/* The profile as @library has it, or as it was given. */
static struct scenario_file *load_profile(const char *path, const char *library,
					  struct diagnostics *d)
{
	g_autofree char *folder = library ? g_strdup(library) : default_library();
	struct scenario_options options = { .library = folder, .fragments = true };

	options.workloads = workload_table(&options.n_workloads);
	struct scenario_file *file = scenario_load(path, &options, d);

	if (!file || file->fragment)
		return file;
	error_plain(d, EXIT_USAGE,
		    "--profile: '%s' is a scenario; only a fragment (a file without 'scenario:') "
		    "can be included",
		    path);
	scenario_free(file);
	return NULL;
}

/* The costs of the least scenario that includes the profile. */
static bool profile_edges(const struct import_plan *plan, const char *profile, const char *library,
			  struct edges *ret, struct diagnostics *d)
{
	static const struct scenario_variant variant = { .name = "run" };
	g_autofree char *kernel = g_strconcat("kernel=", plan->kernel, NULL);
	g_autofree char *host =
		g_strdup_printf("host={ tsc: %" G_GUINT64_FORMAT "kHz, cpus: [ { id: 0 } ] }",
				plan->tsc_khz);
	const char *const sets[] = {
		"duration=1ms", kernel, host,
		"vms=[ { name: vm0, vcpus: [ { id: 0 } ], guest: { workload: busy } } ]"
	};
	const bool nohz_full = plan->nohz_full[plan->vcpus[0].seen->did.first_cpu];
	struct scenario_file *file = load_profile(profile, library, d);
	struct scenario_run *run =
		file ? scenario_resolve(file, &variant, sets, G_N_ELEMENTS(sets), d) : NULL;
	uint64_t ns[COST_COUNT];

	for (unsigned i = 0; run && i < COST_COUNT; i++) {
		const struct host_config *host_config = &run->config.host;
		const struct cost_config *c = &host_config->cost[i];

		ns[i] = ns_of((struct quantity){ c->value[(c->n - 1) / 2], c->unit },
			      host_config->tsc_khz) +
			(nohz_full ? ns_of(c->nohz_full, host_config->tsc_khz) : 0);
	}
	if (run)
		*ret = edges_of(ns);
	const bool ok = run != NULL;

	scenario_run_free(run);
	scenario_free(file);
	return ok;
}

/* How @output can include the profile: by its name in the library, or beside it. */
static char *include_name(const struct import_arguments *a, struct diagnostics *d)
{
	g_autofree char *library = a->library ? g_strdup(a->library) : default_library();
	g_autofree char *real_library = realpath(library, NULL);
	g_autofree char *in_library = g_build_filename(library, a->profile, NULL);
	const char *given = g_file_test(a->profile, G_FILE_TEST_EXISTS) ? a->profile : in_library;
	g_autofree char *real = realpath(given, NULL);
	g_autofree char *folder = g_path_get_dirname(a->output);
	g_autofree char *real_folder = realpath(folder, NULL);
	g_autofree char *profile_folder = real ? g_path_get_dirname(real) : NULL;

	if (!real) {
		error_plain(d, EXIT_IO, "--profile: '%s' cannot be opened", a->profile);
		return NULL;
	}
	if (real_library && g_str_has_prefix(real, real_library) &&
	    real[strlen(real_library)] == '/')
		return g_strdup(real + strlen(real_library) + 1);
	if (g_strcmp0(profile_folder, real_folder) == 0)
		return g_path_get_basename(real);
	error_plain(d, EXIT_USAGE,
		    "--profile: '%s' stands neither in the library nor beside '%s', which has to "
		    "include it",
		    a->profile, a->output);
	return NULL;
}

/* --- output --- */

static bool may_write(const char *path, struct diagnostics *d)
{
	g_autofree char *error = NULL;
	const int status = output_check(path, &error);

	return status == EXIT_OK || error_plain(d, status, "%s", error);
}

static char *rows_path(const struct import_arguments *a, const struct import_plan *plan, unsigned i)
{
	g_autofree char *folder = g_path_get_dirname(a->output);
	g_autofree char *name = import_rows_name(plan, i);

	return g_build_filename(folder, name, NULL);
}

static bool write_rows(const struct import_arguments *a, const struct import_plan *plan,
		       struct diagnostics *d)
{
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		g_autofree char *path = rows_path(a, plan, i);

		if (!may_write(path, d))
			return false;
	}
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		g_autoptr(GString) rows = g_string_new(NULL);
		g_autofree char *path = rows_path(a, plan, i);

		import_rows_text(rows, plan, i);
		if (!put(path, rows->str, rows->len, d))
			return false;
	}
	return true;
}

static bool write_scenario(const struct import_arguments *a, struct imported *t,
			   const struct learned_costs *costs, struct diagnostics *d)
{
	struct import_plan *plan = t->plan;
	g_autofree char *stem = stem_of(a->traces[0]);
	g_autofree char *digest = import_digest_text(stem, t->run);
	g_autoptr(GString) text = g_string_new(NULL);
	struct edges edges = { 0 };

	if (costs)
		edges = learned_edges(costs, false);
	else if (!profile_edges(plan, a->profile, a->library, &edges, d))
		return false;
	import_plan_start(plan, edges.entry_ns, edges.exit_ns);
	if (plan->before_zero)
		return error_plain(
			d, EXIT_USAGE,
			"%s: begins where CLOCK_MONOTONIC or a TSC is 0, and its run would begin "
			"before that; a trace of lapicsim's own can be imported if its scenario "
			"has a later host.start",
			a->traces[0]);
	if (plan->duration_ns > LIMIT_RUN_DAYS * UINT64_C(86400) * NSEC_PER_SEC ||
	    plan->start_monotonic > (uint64_t)OBSERVED_FAR)
		return error_plain(
			d, EXIT_USAGE,
			"%s: its stamps or deadlines span more than the %d days of a run",
			a->traces[0], LIMIT_RUN_DAYS);
	if (!may_write(a->output, d) || !write_rows(a, plan, d))
		return false;
	import_scenario_text(text, plan, costs, digest, a->guesses);
	if (!put(a->output, text->str, text->len, d))
		return false;
	for (guint i = 0; i < plan->notes->len; i++)
		print_note("%s", (const char *)g_ptr_array_index(plan->notes, i));
	return true;
}

static void learn(struct imported *traces, unsigned n, struct learned_costs *ret)
{
	struct cost_pool *pool = cost_pool_new();

	for (unsigned i = 0; i < n; i++)
		cost_pool_add(pool, traces[i].run, traces[i].plan->nohz_full,
			      traces[i].plan->clock_known, traces[i].plan->clock_offset);
	cost_learn(pool, ret);
	cost_pool_free(pool);
	if (ret->clipped)
		print_note("%u costs came out below 0 and are 0: their stretches are shorter than "
			   "what lies in them",
			   ret->clipped);
}

static bool write_costs(const struct import_arguments *a, const struct imported *traces, unsigned n,
			const struct learned_costs *costs, struct diagnostics *d)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++) {
		g_autofree char *stem = stem_of(a->traces[i]);
		g_autofree char *digest = import_digest_text(stem, traces[i].run);

		g_string_append_printf(names, "%s%s", i ? ", " : "", digest);
	}
	import_costs_text(text, costs, names->str, a->guesses);
	return put(a->output, text->str, text->len, d);
}

static bool import_all(const struct import_arguments *a, struct diagnostics *d)
{
	const unsigned n = g_strv_length(a->traces);
	g_autofree struct imported *traces = g_new0(struct imported, n);
	g_autofree char *name = scenario_name(a->output);
	g_autofree char *include = NULL;
	struct import_options options = { .kernel = a->kernel, .name = name };
	struct learned_costs costs;
	bool ok = true;

	if (a->profile) {
		include = include_name(a, d);
		ok = include != NULL;
		options.profile = include;
	}
	for (unsigned i = 0; ok && i < n; i++) {
		const unsigned n_csvs = a->csvs ? g_strv_length(a->csvs) : 0;

		ok = observe(&traces[i], a->traces[i], i < n_csvs ? a->csvs[i] : NULL, &options, d);
	}
	if (ok && !a->profile)
		learn(traces, n, &costs);
	if (ok)
		ok = a->costs ? write_costs(a, traces, n, &costs, d)
			      : write_scenario(a, &traces[0], a->profile ? NULL : &costs, d);
	for (unsigned i = 0; i < n; i++)
		imported_clear(&traces[i]);
	return ok;
}

static void clear_guess(gpointer guess) { g_free(((struct import_guess *)guess)->value); }

/* "ipi=700ns" */
static bool read_guesses(struct import_arguments *a)
{
	for (char **text = a->guess_texts; text && *text; text++) {
		const char *value = strchr(*text, '=');
		struct import_guess guess = { .cost = COST_COUNT };
		char *end = NULL;

		for (unsigned i = 0; value && i < COST_COUNT; i++)
			if (strlen(cost_name(i)) == (size_t)(value - *text) &&
			    strncmp(cost_name(i), *text, (size_t)(value - *text)) == 0)
				guess.cost = i;
		if (value && g_ascii_isdigit(value[1]))
			g_ascii_strtoull(value + 1, &end, 10);
		if (guess.cost == COST_COUNT || !end || strcmp(end, "ns") != 0) {
			print_error("--guess: '%s' is no cost with its time; write e.g. ipi=700ns",
				    *text);
			return false;
		}
		guess.value = g_strdup(value + 1);
		g_array_append_val(a->guesses, guess);
	}
	return true;
}

static bool valid(const struct import_arguments *a)
{
	uint32_t release;

	if (!a->traces || !a->traces[0] || !a->output) {
		print_error("import takes TRACE and -o FILE.yaml; see lapicsim import --help");
		return false;
	}
	if (a->traces[1] && !a->costs) {
		print_error("only --costs takes more than one TRACE");
		return false;
	}
	if (a->costs && a->profile) {
		print_error("--costs makes a profile, --profile uses one; ask for one");
		return false;
	}
	if (!g_str_has_suffix(a->output, ".yaml")) {
		print_error("-o: '%s' does not end in .yaml", a->output);
		return false;
	}
	if (a->kernel && !kernel_parse_release(a->kernel, &release)) {
		print_error("--kernel: '%s' is no release; write e.g. v6.1", a->kernel);
		return false;
	}
	return library_exists(a->library);
}

static int import_with(struct import_arguments *a)
{
	struct diagnostics d;
	int status = EXIT_OK;

	if (!valid(a) || !read_guesses(a))
		return EXIT_USAGE;
	diagnostics_init(&d);
	if (!import_all(a, &d))
		status = d.status ? d.status : EXIT_USAGE;
	g_printerr("%s", d.text->str);
	diagnostics_clear(&d);
	return status;
}

static int import_main(int argc, char **argv)
{
	struct import_arguments a = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &a.output, "The scenario to write",
		  "FILE.yaml" },
		{ "profile", 0, 0, G_OPTION_ARG_FILENAME, &a.profile,
		  "Use the costs of this file, and learn none", "PROFILE.yaml" },
		{ "costs", 0, 0, G_OPTION_ARG_NONE, &a.costs,
		  "Write only costs, learned from all TRACEs", NULL },
		{ "csv", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a.csvs,
		  "What the guest wrote down beside the TRACE of the same place; for learning "
		  "alone",
		  "CSV" },
		{ "guess", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a.guess_texts,
		  "A cost for this machine, used where no TRACE holds it", "COST=TIME" },
		{ "kernel", 0, 0, G_OPTION_ARG_STRING, &a.kernel,
		  "The release that was recorded, e.g. v6.1", "RELEASE" },
		{ "library", 0, 0, G_OPTION_ARG_FILENAME, &a.library,
		  "Folder of profiles (default: lapicsim's own library)", "DIR" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a.traces, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	int status = EXIT_OK;

	a.guesses = g_array_new(FALSE, FALSE, sizeof(struct import_guess));
	g_array_set_clear_func(a.guesses, clear_guess);
	if (parse_arguments(&argc, &argv, "TRACE...", about, examples,
			    g_memdup2(entries, sizeof(entries)), &status))
		status = import_with(&a);
	g_free(a.output);
	g_free(a.profile);
	g_free(a.kernel);
	g_free(a.library);
	g_strfreev(a.csvs);
	g_strfreev(a.guess_texts);
	g_array_unref(a.guesses);
	g_strfreev(a.traces);
	return status;
}

const struct command command_import = { "import", "make a scenario of a recorded trace",
					import_main, false };
