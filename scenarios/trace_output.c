/* SPDX-License-Identifier: MIT */
#include "trace_output.h"

#include "escape.h"
#include "run.h"
#include "tracepoints.h"
#include "value.h"

#include <errno.h>
#include <string.h>

/* --- what to write --- */

bool trace_arguments_any(const struct trace_arguments *args)
{
	return args->events || args->cpus || args->from || args->to;
}

void trace_arguments_clear(struct trace_arguments *args)
{
	g_strfreev(args->events);
	g_strfreev(args->cpus);
	g_free(args->from);
	g_free(args->to);
}

static bool parse_cpu(const char *text, uint32_t *ret, struct diagnostics *d)
{
	guint64 n;

	if (!g_ascii_string_to_unsigned(text, 10, 0, CPUS_MAX - 1, &n, NULL))
		return error_plain(d, EXIT_USAGE, "--cpu: '%s' is not a number from 0 to %u", text,
				   CPUS_MAX - 1);
	*ret = (uint32_t)n;
	return true;
}

static bool known_event(const char *name, struct diagnostics *d)
{
	return trace_choice_known(&lapicsim_schema, name) ||
	       error_plain(d, EXIT_USAGE,
			   "-e: there is no event '%s'; write SYSTEM or SYSTEM:EVENT, e.g. "
			   "timer:hrtimer_start (see lapicsim list events)",
			   name);
}

bool trace_selection_parse(struct trace_selection *ret, const struct trace_arguments *args,
			   struct diagnostics *d)
{
	const guint n_cpus = args->cpus ? g_strv_length(args->cpus) : 0;
	bool ok = true;

	*ret = (struct trace_selection){
		.choice = { .events = (const char *const *)args->events,
			    .n_events = args->events ? g_strv_length(args->events) : 0,
			    .n_cpus = n_cpus,
			    .to = PS_NEVER },
		.cpus = g_new0(uint32_t, n_cpus + 1),
		.any = trace_arguments_any(args),
	};
	ret->choice.cpus = ret->cpus;
	for (size_t i = 0; i < ret->choice.n_events; i++)
		ok = known_event(args->events[i], d) && ok;
	for (guint i = 0; i < n_cpus; i++)
		ok = parse_cpu(args->cpus[i], &ret->cpus[i], d) && ok;
	if (args->from)
		ok = option_duration("--from", args->from, &ret->choice.from, d) && ok;
	if (args->to)
		ok = option_duration("--to", args->to, &ret->choice.to, d) && ok;
	if (ok && ret->choice.from.v > ret->choice.to.v)
		ok = error_plain(d, EXIT_USAGE, "--from %s lies behind --to %s", args->from,
				 args->to);
	return ok;
}

void trace_selection_clear(struct trace_selection *selection) { g_free(selection->cpus); }

/* --- writing --- */

static bool on_this_host(const struct trace_selection *selection, const struct host_config *host,
			 char **error)
{
	for (size_t i = 0; i < selection->choice.n_cpus; i++) {
		if (selection->cpus[i] < host->n_cpus)
			continue;
		*error = g_strdup_printf("--cpu %u: this host has the CPUs 0 to %u",
					 selection->cpus[i], host->n_cpus - 1);
		return false;
	}
	return true;
}

int trace_output_begin(struct trace_output *t, struct world *world,
		       const struct world_config *config, const char *path,
		       const struct trace_selection *selection, char **error)
{
	const struct trace_format *format = trace_format_of(path);
	struct trace_machine machine = {
		.schema = &lapicsim_schema,
		.n_cpus = config->host.n_cpus,
		.start_ns = config->host.start_monotonic.v,
		.cpuid = config->host.vendor == HOST_INTEL ? "GenuineIntel,6,85,4"
							   : "AuthenticAMD,23,49,0",
	};
	struct trace_sink *sink;

	*t = (struct trace_output){ 0 };
	machine.tasks = world_tasks(world, &machine.n_tasks);
	if (selection && !on_this_host(selection, &config->host, error))
		return EXIT_USAGE;
	const int status = pending_open(&t->file, path, error);

	if (status != EXIT_OK)
		return status;
	if (format->spools && !(t->spool = unnamed_file(path, error)))
		return EXIT_IO;
	t->writer = format->open(&machine, t->file.stream, t->spool);
	sink = t->writer ? &t->writer->sink : NULL;
	if (sink && selection && selection->any) {
		t->filter = trace_filter_new(&lapicsim_schema, &selection->choice, sink);
		sink = t->filter ? trace_filter_sink(t->filter) : NULL;
	}
	if (!sink) {
		g_autofree char *name = escaped(path);

		*error = g_strdup_printf("%s: not enough memory for this trace", name);
		return EXIT_USAGE;
	}
	trace_add_sink(world_trace(world), sink);
	return EXIT_OK;
}

int trace_output_end(struct trace_output *t, uint64_t fingerprint, bool keep, char **error)
{
	bool ok = true;

	if (t->writer) {
		if (keep && !t->writer->end(t->writer, fingerprint)) {
			const int cause = errno ? errno : EIO;
			g_autofree char *name = escaped(t->file.path);

			*error = g_strdup_printf("%s: cannot write: %s", name, g_strerror(cause));
			ok = false;
		}
		t->writer->free(t->writer);
	}
	trace_filter_free(t->filter);
	if (t->spool)
		fclose(t->spool);
	if (!t->file.path)
		return EXIT_OK;
	if (!pending_close(&t->file, keep && ok, error) && keep)
		ok = false;
	return ok ? EXIT_OK : EXIT_IO;
}
