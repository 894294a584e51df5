/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "escape.h"
#include "installed.h"
#include "metrics.h"
#include "trace_output.h"
#include "workload_table.h"
#include "world.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

/* --- loading --- */

static bool load_expectations(struct replay *r, struct diagnostics *d)
{
	struct scenario_file *file = r->file;
	struct expectation_context ctx = { .schema = &lapicsim_schema,
					   .variants = r->variant_names };

	ctx.metrics = metrics_all(&ctx.n_metrics);
	for (uint32_t i = 0; i < file->n_expects; i++) {
		const struct scenario_expect *e = &file->expects[i];

		if (e->recorded) {
			r->tables[i] = integer_table_load(d, e->recorded, e->recorded);
			if (!r->tables[i])
				continue;
		}
		ctx.table = r->tables[i];
		if (e->n_steps)
			r->expectations[i] =
				expectation_parse_sequence(d, &ctx, e->steps, e->n_steps);
		else
			r->expectations[i] =
				expectation_parse(d, &ctx, &e->that_at, e->that,
						  e->only || e->except ? &e->variants_at : NULL);
	}
	return d->n == 0;
}

struct replay *replay_load(const char *path, const struct replay_options *options,
			   struct diagnostics *d, bool *fragment)
{
	struct scenario_options language = { .fragments = fragment != NULL };
	g_autofree char *library =
		options->library ? g_strdup(options->library) : default_library();

	language.library = library;
	language.workloads = workload_table(&language.n_workloads);
	struct scenario_file *file = scenario_load(path, &language, d);
	if (fragment)
		*fragment = file && file->fragment;
	if (!file || file->fragment) {
		scenario_free(file);
		return NULL;
	}

	struct replay *r = g_new0(struct replay, 1);
	r->file = file;
	r->n_results = file->n_variants;
	r->results = g_new0(struct run_result, file->n_variants);
	r->expectations = g_new0(struct expectation *, file->n_expects + 1);
	r->tables = g_new0(struct integer_table *, file->n_expects + 1);
	r->variant_names = g_new0(const char *, file->n_variants + 1);
	r->judged = g_array_new(FALSE, FALSE, sizeof(struct judged));
	for (uint32_t i = 0; i < file->n_variants; i++) {
		r->results[i].variant = &file->variants[i];
		r->results[i].index = i;
		r->variant_names[i] = file->variants[i].name;
	}
	if (!load_expectations(r, d)) {
		replay_free(r);
		return NULL;
	}
	return r;
}

static void clear_result(struct run_result *result)
{
	if (!result->run)
		return;
	summary_clear(&result->summary);
	if (result->set)
		aggregate_set_free(result->set);
	latency_output_free(result->latencies);
	scenario_run_free(result->run);
	g_free(result->message);
	g_free(result->trace_path);
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	for (guint i = 0; i < r->judged->len; i++)
		expectation_outcome_clear(&g_array_index(r->judged, struct judged, i).outcome);
	g_array_free(r->judged, TRUE);
	for (uint32_t i = 0; i < r->n_results; i++)
		clear_result(&r->results[i]);
	for (uint32_t i = 0; i < r->file->n_expects; i++) {
		if (r->expectations[i])
			expectation_free(r->expectations[i]);
		if (r->tables[i])
			integer_table_free(r->tables[i]);
	}
	g_free(r->results);
	g_free(r->expectations);
	g_free(r->tables);
	g_free(r->variant_names);
	scenario_free(r->file);
	g_free(r);
}

bool replay_resolve(struct replay *r, const struct replay_options *options, struct diagnostics *d)
{
	const struct scenario_variant *only = NULL;

	if (options->variant) {
		only = scenario_variant(r->file, options->variant, d);
		if (!only)
			return false;
	}
	for (uint32_t i = 0; i < r->n_results; i++) {
		struct run_result *result = &r->results[i];

		if (only && only != result->variant)
			continue;
		result->run = scenario_resolve(r->file, result->variant, options->sets,
					       options->n_sets, d);
		if (!result->run)
			return false;
		summary_init(&result->summary, result->run->config.host.n_cpus, options->samples);
		result->set = aggregate_set_new(&lapicsim_schema);
		if (options->latencies)
			result->latencies = latency_output_new(&result->run->config);
		for (uint32_t k = 0; k < r->file->n_expects; k++)
			for (uint32_t v = 0; v < r->n_results; v++)
				if (v == i || options->swap)
					expectation_request(r->expectations[k], result->set, v);
	}
	return true;
}

/* --- names of files --- */

char *default_library(void) { return installed_folder("library", LAPICSIM_SOURCE_LIBRARY); }

/* "out.ftrace" -> "out.before.ftrace", where several variants are traced. */
static char *trace_name(const char *path, const char *variant)
{
	const char *dot = strrchr(path, '.');

	if (!dot || strchr(dot, '/'))
		dot = path + strlen(path);
	return g_strdup_printf("%.*s.%s%s", (int)(dot - path), path, variant, dot);
}

/* --- running --- */

static void append_quoted(GString *out, const char *option, const char *value)
{
	g_autofree char *quoted = shell_quoted(value);

	g_string_append_printf(out, " %s %s", option, quoted);
}

void append_deadline(GString *out, uint32_t vcpu, uint64_t n)
{
	g_string_append_printf(out, " --deadline %" PRIu64, n);
	if (vcpu)
		g_string_append_printf(out, " --vcpu %u", vcpu);
}

void append_command(GString *out, const char *command, const struct replay *r,
		    const struct replay_options *options, const char *variant)
{
	g_autofree char *path = shell_quoted(r->file->path);

	g_string_append_printf(out, "lapicsim %s %s", command, path);
	if (variant)
		g_string_append_printf(out, " --variant %s", variant);
	if (options->library)
		append_quoted(out, "--library", options->library);
	for (size_t i = 0; i < options->n_sets; i++)
		append_quoted(out, "--set", options->sets[i]);
	if (options->limits.shuffle_ties)
		g_string_append_printf(out, " --shuffle-ties %" PRIu64,
				       options->limits.shuffle_seed);
	if (options->limits.max_events != SIM_LIMITS_DEFAULT.max_events)
		g_string_append_printf(out, " --max-events %" PRIu64, options->limits.max_events);
}

static void append_ps(GString *out, ps_t at)
{
	g_string_append_printf(out, "%" PRIu64 ".%03" PRIu64 " ns", at.v / PS_PER_NS,
			       at.v % PS_PER_NS);
}

static void describe_last(GString *out, const struct sim *sim)
{
	struct sim_event_report last[SIM_LAST_EVENTS];
	const unsigned n = sim_last_events(sim, last);

	g_string_append_printf(out, "the last %u events:\n", n);
	for (unsigned i = 0; i < n; i++) {
		g_string_append(out, "  ");
		append_ps(out, last[i].when);
		g_string_append_printf(out, "  %s %u\n", last[i].name, last[i].entity);
	}
}

static void describe_hot(GString *out, const struct sim *sim)
{
	struct sim_event_report hot[5];
	const unsigned n = sim_hot_events(sim, hot);

	if (n == 0)
		return;
	g_string_append(out, "the most frequent of the last events:\n");
	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(out, "  %6" PRIu64 "  %s %u\n", hot[i].count, hot[i].name,
				       hot[i].entity);
}

int run_failed(struct run_result *result, int status, const char *text)
{
	g_autofree char *name = escaped(result->run->file->path);

	g_free(result->message);
	result->status = status;
	result->message = g_strdup_printf("%s: variant %s: %s", name, result->variant->name, text);
	return status;
}

int run_has_no_world(struct run_result *result, const char *refused)
{
	const uint64_t kib = (world_bytes(&result->run->config) + 1023) / 1024;
	g_autoptr(GString) text = g_string_new(refused);
	struct rlimit limit;

	if (!refused)
		g_string_printf(text,
				"not enough memory for this machine: it takes %" PRIu64 " KiB",
				kib);
	if (!refused && !getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY)
		g_string_append_printf(text,
				       ", and the program with it may have %" PRIu64
				       " KiB (ulimit -v)",
				       (uint64_t)limit.rlim_cur / 1024);
	return run_failed(result, EXIT_USAGE, text->str);
}

int describe_stop(GString *out, enum sim_stop stop, const struct sim *sim)
{
	const struct sim_breach *breach = sim_broken(sim);

	switch (stop) {
	case SIM_STOP_BROKEN:
		g_string_append_printf(out, "invariant %s does not hold at ", breach->id);
		append_ps(out, breach->when);
		g_string_append_printf(out, ": %s\n", breach->formula);
		describe_last(out, sim);
		return EXIT_BROKEN;
	case SIM_STOP_EVENTS:
		g_string_append_printf(out, "the budget of events (--max-events) is used up at ");
		break;
	case SIM_STOP_SAME_INSTANT:
		g_string_append_printf(out, "time does not advance: too many events at ");
		break;
	case SIM_STOP_PENDING:
		g_string_append_printf(out, "too many events are pending at ");
		break;
	default: return EXIT_OK;
	}
	append_ps(out, sim_now(sim));
	g_string_append_c(out, '\n');
	describe_hot(out, sim);
	return EXIT_BUDGET;
}

/* Why a run failed, and how to do it again. */
static void failed_run(const struct replay *r, struct run_result *result, int status,
		       const struct replay_options *options, const char *what)
{
	g_autoptr(GString) message = g_string_new(what);

	g_string_append(message, "repeat: ");
	append_command(message, "replay", r, options, result->variant->name);
	g_string_append(message, options->verify ? " --verify\n" : "\n");
	run_failed(result, status, message->str);
}

/* One run with everything attached. */
static void run_once(struct replay *r, struct run_result *result,
		     const struct replay_options *options, const char *trace_path)
{
	const char *refused = NULL;
	struct world *world = world_new(&result->run->config, &options->limits, &refused);
	struct sim_counts counts;
	struct trace_output traced = { 0 };
	g_autoptr(GString) message = g_string_new(NULL);

	if (!world) {
		run_has_no_world(result, refused);
		return;
	}
	trace_add_sink(world_trace(world), &result->summary.sink);
	trace_add_sink(world_trace(world), aggregate_set_sink(result->set));
	if (result->latencies)
		trace_add_sink(world_trace(world), latency_output_sink(result->latencies));
	if (trace_path) {
		result->status =
			trace_output_begin(&traced, world, &result->run->config, trace_path,
					   options->selection, &result->message);
		if (result->status != EXIT_OK) {
			trace_output_end(&traced, 0, false, &result->message);
			world_free(world);
			return;
		}
		result->trace_path = g_strdup(trace_path);
	}

	result->stop = world_run(world);
	summary_check(&result->summary, world_sim(world));
	if (sim_broken(world_sim(world))->id)
		result->stop = SIM_STOP_BROKEN;
	result->fingerprint = trace_fingerprint(world_trace(world));
	result->records = trace_count(world_trace(world));
	counts = sim_counts(world_sim(world));
	result->events = counts.dispatched;
	result->queued = counts.dispatched - counts.followed;
	result->pending = counts.pending;
	result->draws = world_draws(world);
	result->status = describe_stop(message, result->stop, world_sim(world));
	if (result->status != EXIT_OK)
		failed_run(r, result, result->status, options, message->str);
	if (trace_path && trace_output_end(&traced, result->fingerprint, result->status == EXIT_OK,
					   &result->message))
		result->status = EXIT_IO;
	world_free(world);
}

/* The same run again, alone, with the checks that cost more: it must leave the same fingerprint. */
static void verify(struct replay *r, struct run_result *result,
		   const struct replay_options *options)
{
	const char *refused = NULL;
	struct sim_limits limits = options->limits;
	g_autoptr(GString) why = g_string_new(NULL);

	limits.check_full = true;
	struct world *world = world_new(&result->run->config, &limits, &refused);

	if (!world)
		return;
	const int status = describe_stop(why, world_run(world), world_sim(world));
	const uint64_t again = trace_fingerprint(world_trace(world));
	world_free(world);
	if (status != EXIT_OK) {
		failed_run(r, result, status, options, why->str);
		return;
	}
	if (again == result->fingerprint)
		return;
	g_autofree char *differ = g_strdup_printf("two runs differ: fingerprint %016" PRIx64
						  ", then %016" PRIx64 "\n",
						  result->fingerprint, again);

	run_failed(result, EXIT_BROKEN, differ);
}

static bool concerns(const struct scenario_expect *e, const char *variant)
{
	if (e->only)
		return g_strv_contains(e->only, variant);
	return !e->except || !g_strv_contains(e->except, variant);
}

bool replay_told_apart(const struct replay *r, const struct run_result *name,
		       const struct run_result *as)
{
	g_autofree const struct aggregate_set **sets =
		g_new0(const struct aggregate_set *, r->n_results + 1);

	for (uint32_t k = 0; k < r->n_results; k++)
		sets[k] = r->results[k].set;
	/* Each takes the other's place, so that expectations that compare the two are turned round
	 * as well. */
	sets[name->index] = as->set;
	sets[as->index] = name->set;
	for (uint32_t i = 0; i < r->file->n_expects; i++) {
		struct expectation_outcome outcome;

		if (r->file->expects[i].miss ||
		    !concerns(&r->file->expects[i], name->variant->name))
			continue;
		expectation_eval(r->expectations[i], name->index, sets, &outcome);
		const bool failed = outcome.verdict == EXPECTATION_FAIL;
		expectation_outcome_clear(&outcome);
		if (failed)
			return true;
	}
	return false;
}

static void judge_one(struct replay *r, uint32_t i, const struct run_result *result)
{
	g_autofree const struct aggregate_set **sets =
		g_new0(const struct aggregate_set *, r->n_results + 1);
	struct judged judged = {
		.expect = &r->file->expects[i],
		.variant = result ? result->variant : NULL,
		.variant_index = result ? result->index : 0,
	};

	for (uint32_t k = 0; k < r->n_results; k++)
		sets[k] = r->results[k].run && r->results[k].status == EXIT_OK ? r->results[k].set
									       : NULL;
	expectation_eval(r->expectations[i], judged.variant_index, sets, &judged.outcome);
	if (judged.expect->miss)
		expectation_missed(&judged.outcome);
	g_array_append_val(r->judged, judged);
}

static void judge(struct replay *r)
{
	for (uint32_t i = 0; i < r->file->n_expects; i++) {
		if (expectation_crosses_variants(r->expectations[i])) {
			judge_one(r, i, NULL);
			continue;
		}
		for (uint32_t k = 0; k < r->n_results; k++)
			if (r->results[k].run && r->results[k].status == EXIT_OK &&
			    concerns(&r->file->expects[i], r->results[k].variant->name))
				judge_one(r, i, &r->results[k]);
	}
}

static unsigned asked_for(const struct replay *r)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < r->n_results; i++)
		n += r->results[i].run != NULL;
	return n;
}

int replay_run(struct replay *r, const struct replay_options *options)
{
	const bool several = asked_for(r) > 1;
	int status = EXIT_OK;

	for (uint32_t i = 0; i < r->n_results; i++) {
		struct run_result *result = &r->results[i];
		g_autofree char *path = NULL;

		if (!result->run)
			continue;
		if (options->trace)
			path = several ? trace_name(options->trace, result->variant->name)
				       : g_strdup(options->trace);
		run_once(r, result, options, path);
		if (options->verify && result->status == EXIT_OK)
			verify(r, result, options);
		status = MAX(status, result->status);
	}
	judge(r);
	for (guint i = 0; i < r->judged->len && status == EXIT_OK; i++) {
		const enum expectation_verdict v =
			g_array_index(r->judged, struct judged, i).outcome.verdict;

		if (v == EXPECTATION_FAIL || v == EXPECTATION_ERROR)
			status = EXIT_EXPECTATION;
	}
	return status;
}
