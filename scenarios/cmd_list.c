/* SPDX-License-Identifier: MIT */
/* cmd_list - lapicsim list kernels|params|workloads|metrics|events|limits|scenarios, from the
 * tables that the program runs on; and lapicsim docs, which prints the pages made from them. */
#include "command.h"
#include "command_docs.h"
#include "cost.h"
#include "kernel_docs.h"
#include "metrics.h"
#include "parameters.h"
#include "report.h"
#include "scenario_limits.h"
#include "scenario_schema.h"
#include "validation_docs.h"
#include "workload_table.h"

#include <inttypes.h>
#include <string.h>

static void list_form(GString *out, const struct kernel_decision *d, size_t i)
{
	const struct variant *v = kernel_row(d, i);
	const struct commit *c = commit_of_form(d, v);
	g_autoptr(GString) releases = g_string_new(NULL);

	append_form_releases(releases, d, i);
	g_string_append_printf(out, "  %-21s %-14s %-13s %-13s %s", v->name, releases->str,
			       v->known == KNOWN_NEVER ? "-" : known_name(v->known),
			       v->commit ? v->commit : "-", v->effect);
	if (c && c->subject && (v->commit || !c->id))
		g_string_append_printf(out, " (\"%s\")", c->subject);
	g_string_append_c(out, '\n');
}

static void list_kernels(GString *out)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);

	for (size_t i = 0; i < n; i++) {
		g_string_append_printf(out, "%s%s: %s [%s]\n", i ? "\n" : "", decisions[i].name,
				       decisions[i].what, decisions[i].where);
		for (size_t k = 0; k < kernel_rows(&decisions[i]); k++)
			list_form(out, &decisions[i], k);
	}
	g_string_append(
		out,
		"\nA form: releases from - to; how the first one is known; commit; effect; the "
		"commit's subject. A ?: the release of\nthe next form is not certain, so neither "
		"is the last of this one. docs/kernel.md says what the decisions are about.\n");
}

static void list_params(GString *out)
{
	size_t n;
	const struct parameter *all = parameters_all(&n);

	for (size_t i = 0; i < n; i++) {
		const char *path = section_get(all[i].section)->path;
		g_autofree char *name =
			g_strdup_printf("%s%s%s", path, *path ? "." : "", all[i].key);
		g_autoptr(GString) type = g_string_new(NULL);

		parameter_print_type(type, &all[i]);
		g_string_append_printf(out, "%-36s %s; ", name, type->str);
		if (all[i].def)
			g_string_append_printf(out, "default %s; ", all[i].def);
		else if (all[i].absent)
			g_string_append_printf(out, "absent: %s; ", all[i].absent);
		else
			g_string_append(out, "needed; ");
		g_string_append(out, all[i].help);
		if (all[i].kernel)
			g_string_append_printf(out, " (kernel: %s)", all[i].kernel);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "\ncosts, and their defaults (guesses; a profile replaces them):\n");
	for (unsigned i = 0; i < COST_COUNT; i++)
		g_string_append_printf(out, "%-36s %" PRIu64 "ns; %s\n", cost_name(i),
				       cost_default_ns(i), cost_help(i));
}

static void list_workloads(GString *out)
{
	size_t n;
	const struct scenario_workload *all = workload_table(&n);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%-22s %s; keys: %s\n", all[i].name, all[i].help,
				       all[i].keys);
}

static void append_fields(GString *out, const struct trace_event *event)
{
	for (uint32_t i = 0; i < event->n_fields; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "", event->fields[i].name);
}

static void list_metrics(GString *out)
{
	static const char *const units[] = {
		[DIM_COUNT] = "count",
		[DIM_TIME] = "time",
		[DIM_CYCLES] = "guest cycles",
		[DIM_NS] = "time",
	};
	size_t n;
	const struct metric *all = metrics_all(&n);

	for (size_t i = 0; i < n; i++) {
		g_string_append_printf(out, "%-16s %-13s %s; where: ", all[i].name,
				       units[all[i].dim], all[i].help);
		append_fields(out, trace_event_by_name(&lapicsim_schema, all[i].event));
		g_string_append_c(out, '\n');
	}
}

static void list_events(GString *out)
{
	static const char *const kinds[] = {
		[TRACE_KIND_EVENT] = "event",
		[TRACE_KIND_FUNCTION] = "function",
		[TRACE_KIND_INTERNAL] = "internal",
	};

	for (uint32_t i = 0; i < lapicsim_schema.n_events; i++) {
		const struct trace_event *event = lapicsim_schema.events[i];

		g_string_append_printf(out, "%2u %-12s %-28s %-9s ", i, event->system, event->name,
				       kinds[event->kind]);
		append_fields(out, event);
		g_string_append_c(out, '\n');
	}
}

static void list_limits(GString *out)
{
	const struct sim_limits run = SIM_LIMITS_DEFAULT;
	size_t n;
	const struct limit *all = limits_all(&n);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%-18s %10" PRIu64 " %-12s %s\n", all[i].name,
				       all[i].value, all[i].unit, all[i].what);
	g_string_append_printf(out, "%-18s %10" PRIu64 " %-12s %s\n", "MAX_EVENTS", run.max_events,
			       "events", "dispatched in a run (--max-events)");
	g_string_append_printf(out, "%-18s %10" PRIu64 " %-12s %s\n", "SAME_INSTANT",
			       run.max_same_instant, "events", "dispatched at one instant");
	g_string_append_printf(out, "%-18s %10u %-12s %s\n", "PENDING", run.max_pending, "events",
			       "armed at once");
}

/* "fixes/61abdbe0bcc2-busy-guest.yaml", as the commands take it, and what the file is about. */
static bool list_scenarios(GString *out)
{
	struct scenario_options options = { .fragments = true };
	g_autofree char *library = default_library();
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	struct diagnostics d;

	options.library = library;
	options.workloads = workload_table(&options.n_workloads);
	diagnostics_init(&d);
	bool ok = find_scenarios(files, library, true);
	for (guint i = 0; i < files->len; i++) {
		const char *path = files->pdata[i];
		struct scenario_file *file = scenario_load(path, &options, &d);

		ok &= file != NULL;
		if (file && !file->fragment) {
			const char *about = file->about ? file->about : "";

			g_string_append_printf(out, "%-60s %.*s\n", path + strlen(library) + 1,
					       (int)strcspn(about, "\n"), about);
		}
		scenario_free(file);
	}
	g_printerr("%s", d.text->str);
	diagnostics_clear(&d);
	return ok;
}

static void docs_scenarios(GString *out)
{
	size_t n;
	const struct metric *metrics = metrics_all(&n);

	scenario_docs(out);
	g_string_append_c(out, '\n');
	expectation_docs(out, &lapicsim_schema, metrics, n);
}

static bool print_validation(GString *out)
{
	struct diagnostics d;

	diagnostics_init(&d);
	const bool ok = validation_docs(out, &d);

	g_printerr("%s", d.text->str);
	diagnostics_clear(&d);
	return ok;
}

struct topic {
	const char *name;
	void (*print)(GString *out);
	bool (*run)(GString *out); /* one that runs scenarios, and may fail */
};

static const struct topic lists[] = {
	{ "kernels", list_kernels, NULL },     { "params", list_params, NULL },
	{ "workloads", list_workloads, NULL }, { "metrics", list_metrics, NULL },
	{ "events", list_events, NULL },       { "limits", list_limits, NULL },
	{ "scenarios", NULL, list_scenarios },
};
/* With neither: a page of command_docs. */
static const struct topic docs[] = { { "scenarios", docs_scenarios, NULL },
				     { "kernel", kernel_docs, NULL },
				     { "validation", NULL, print_validation },
				     { "schema", scenario_schema, NULL },
				     { "man", NULL, NULL },
				     { "completion-bash", NULL, NULL },
				     { "completion-zsh", NULL, NULL } };

/* The topic that the arguments name; NULL: *status is the exit status. */
static const struct topic *choose_topic(int argc, char **argv, const struct topic *topics, size_t n,
					const char *about, int *status)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(names, "%s%s", i ? "|" : "", topics[i].name);
	const GOptionEntry none = { NULL, 0, 0, 0, NULL, NULL, NULL };
	const char *command = argv[0];
	if (!parse_arguments(&argc, &argv, names->str, about, "", g_memdup2(&none, sizeof(none)),
			     status))
		return NULL;
	for (size_t i = 0; argc == 2 && i < n; i++)
		if (g_str_equal(argv[1], topics[i].name))
			return &topics[i];
	print_error("%s takes one of %s", command, names->str);
	*status = EXIT_USAGE;
	return NULL;
}

static int print_topic(const struct topic *topic)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (topic->run && !topic->run(out))
		return EXIT_BROKEN;
	if (topic->print)
		topic->print(out);
	return print_result(out->str);
}

static int list_main(int argc, char **argv)
{
	int status = EXIT_OK;
	const struct topic *topic = choose_topic(
		argc, argv, lists, G_N_ELEMENTS(lists),
		"Prints what scenario files can say, from the tables that the program runs on.",
		&status);

	return topic ? print_topic(topic) : status;
}

int docs_main(int argc, char **argv, const struct command *const *all, size_t n,
	      const char *version)
{
	int status = EXIT_OK;
	const struct topic *topic = choose_topic(argc, argv, docs, G_N_ELEMENTS(docs),
						 "Prints a page of the manual as Markdown, the "
						 "JSON Schema of scenario files, lapicsim(1), or "
						 "a shell's completion.",
						 &status);

	if (topic && !topic->print && !topic->run)
		return command_docs_print(topic->name, all, n, version);
	return topic ? print_topic(topic) : status;
}

const struct command command_list = {
	"list", "print kernels, parameters, workloads, metrics, events, limits or scenarios",
	list_main, false
};
