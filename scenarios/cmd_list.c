/* SPDX-License-Identifier: MIT */
/* cmd_list - lapicsim list kernels|params|workloads|metrics|events|limits, from the tables that the
 * program runs on; and lapicsim docs, which prints the pages made from them. */
#include "command.h"
#include "cost.h"
#include "kernel_docs.h"
#include "metrics.h"
#include "parameters.h"
#include "report.h"
#include "scenario_limits.h"
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
};
static const struct topic docs[] = { { "scenarios", docs_scenarios, NULL },
				     { "kernel", kernel_docs, NULL },
				     { "validation", NULL, print_validation } };

static int print_topic(int argc, char **argv, const struct topic *topics, size_t n,
		       const char *about)
{
	g_autoptr(GString) names = g_string_new(NULL);
	int status = EXIT_OK;

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(names, "%s%s", i ? "|" : "", topics[i].name);
	const GOptionEntry none = { NULL, 0, 0, 0, NULL, NULL, NULL };
	const char *command = argv[0];
	if (!parse_arguments(&argc, &argv, names->str, about, "", g_memdup2(&none, sizeof(none)),
			     &status))
		return status;
	for (size_t i = 0; argc == 2 && i < n; i++) {
		if (!g_str_equal(argv[1], topics[i].name))
			continue;
		g_autoptr(GString) out = g_string_new(NULL);

		if (topics[i].run && !topics[i].run(out))
			return EXIT_BROKEN;
		if (topics[i].print)
			topics[i].print(out);
		return print_result(out->str);
	}
	g_printerr("lapicsim: error: %s takes one of %s\n", command, names->str);
	return EXIT_USAGE;
}

static int list_main(int argc, char **argv)
{
	return print_topic(
		argc, argv, lists, G_N_ELEMENTS(lists),
		"Prints what scenario files can say, from the tables that the program runs on.");
}

static int docs_main(int argc, char **argv)
{
	return print_topic(argc, argv, docs, G_N_ELEMENTS(docs),
			   "Prints a page of the manual as Markdown.");
}

const struct command command_list = {
	"list", "print kernels, parameters, workloads, metrics, events or limits", list_main, false
};
const struct command command_docs = { "docs", "print a page of the manual", docs_main, true };
