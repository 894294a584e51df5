/* SPDX-License-Identifier: MIT */
#include "sweep_point.h"

#include "metrics.h"
#include "tracepoints.h"
#include "world.h"

#include <inttypes.h>
#include <string.h>

/* --- what to measure --- */

/* "lateness where cpu == 1" as an aggregate that keeps all values. */
static struct aggregate *parse_histogram(const struct sweep_text *text,
					 const struct expectation_context *ctx,
					 struct diagnostics *d)
{
	static const char before[] = "p50(";
	g_autofree char *whole = g_strconcat(before, text->text, ")", NULL);
	struct source_pos at = text->at;

	/* Errors point into the text as it is written. */
	at.column -= at.column > strlen(before) ? (uint32_t)strlen(before) : 0;
	return aggregate_parse(d, ctx, &at, whole);
}

bool measures_parse(const struct sweep_plan *plan, struct measures *ret, struct diagnostics *d)
{
	struct expectation_context ctx = { .schema = &lapicsim_schema };
	bool ok = true;

	ctx.metrics = metrics_all(&ctx.n_metrics);
	ret->n_metrics = plan->n_metrics;
	ret->n_histograms = plan->n_histograms;
	ret->metrics = g_new0(struct expectation *, plan->n_metrics + 1);
	ret->histograms = g_new0(struct aggregate *, plan->n_histograms + 1);
	for (uint32_t i = 0; i < plan->n_metrics; i++) {
		const struct sweep_text *t = &plan->metrics[i];

		ret->metrics[i] = expression_parse(d, &ctx, &t->at, t->text);
		ok &= ret->metrics[i] != NULL;
	}
	for (uint32_t i = 0; i < plan->n_histograms; i++) {
		ret->histograms[i] = parse_histogram(&plan->histograms[i], &ctx, d);
		ok &= ret->histograms[i] != NULL;
	}
	return ok;
}

void measures_clear(struct measures *m)
{
	for (uint32_t i = 0; m->metrics && i < m->n_metrics; i++)
		expectation_free(m->metrics[i]);
	for (uint32_t i = 0; m->histograms && i < m->n_histograms; i++)
		aggregate_free(m->histograms[i]);
	g_free(m->metrics);
	g_free(m->histograms);
}

/* --- parameters --- */

static gint compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of the master seed and what stands for parameters among @sets: the keys are unique. */
static uint64_t derived_seed(uint64_t master, GPtrArray *parameters)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *first = g_strdup_printf("lapicsim sweep 1\nseed=%" PRIu64 "\n", master);
	guint8 digest[32];
	gsize length = sizeof(digest);
	uint64_t seed = 0;

	g_ptr_array_sort(parameters, compare_texts);
	g_checksum_update(sum, (const guchar *)first, -1);
	for (guint i = 0; i < parameters->len; i++) {
		g_checksum_update(sum, (const guchar *)parameters->pdata[i], -1);
		g_checksum_update(sum, (const guchar *)"\n", 1);
	}
	g_checksum_get_digest(sum, digest, &length);
	for (size_t i = 0; i < sizeof(seed); i++)
		seed = seed << 8 | digest[i];
	return seed >> 1; /* SQL has no unsigned numbers */
}

GPtrArray *point_sets(const struct point_runner *r, uint64_t cell, uint32_t *variant,
		      uint64_t *seed)
{
	GPtrArray *sets = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) parameters = g_ptr_array_new();
	bool seeded = false;

	*variant = 0;
	for (size_t i = 0; i < r->options->n_sets; i++)
		g_ptr_array_add(sets, g_strdup(r->options->sets[i]));
	for (uint32_t i = 0; i < r->plan->n_axes; i++) {
		const struct sweep_axis *axis = &r->plan->axes[i];
		const char *text = sweep_plan_value(r->plan, i, cell)->text;

		if (axis->kind == SWEEP_VARIANT) {
			while (strcmp(r->replay->file->variants[*variant].name, text) != 0)
				++*variant;
			continue;
		}
		g_ptr_array_add(sets, g_strdup_printf("%s=%s", axis->key, text));
		if (axis->kind == SWEEP_PARAMETER)
			g_ptr_array_add(parameters, sets->pdata[sets->len - 1]);
		if (axis->kind == SWEEP_SEED)
			seeded = g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, seed, NULL);
	}
	if (!seeded) {
		*seed = derived_seed(r->master_seed, parameters);
		g_ptr_array_add(sets, g_strdup_printf("seed=%" PRIu64, *seed));
	}
	return sets;
}

/* --- a run --- */

static void no_values(const struct measures *m, struct point_result *ret, const char *why)
{
	for (uint32_t i = 0; i < m->n_metrics; i++) {
		ret->point.values[i].there = false;
		ret->point.values[i].why = g_strdup(why);
	}
}

static void stopped(struct point_result *ret, enum sim_stop stop, const struct sim *sim,
		    GString *message)
{
	static const char *const words[] = {
		[SIM_STOP_EVENTS] = "the budget of events (--max-events) is used up",
		[SIM_STOP_SAME_INSTANT] = "time does not advance: too many events at one instant",
		[SIM_STOP_PENDING] = "too many events are pending",
	};
	const struct sim_breach *breach = sim_broken(sim);

	if (breach->id) {
		ret->point.status = POINT_BROKEN;
		g_string_printf(message, "invariant %s does not hold: %s", breach->id,
				breach->formula);
	} else if ((size_t)stop < G_N_ELEMENTS(words) && words[stop]) {
		ret->point.status = POINT_BUDGET;
		g_string_assign(message, words[stop]);
	}
}

static bool concerns(const struct scenario_expect *e, const char *variant)
{
	if (e->only)
		return g_strv_contains(e->only, variant);
	return !e->except || !g_strv_contains(e->except, variant);
}

/* Does the expectation say something about a run of @variant alone? */
static bool applies(const struct point_runner *r, uint32_t i, uint32_t variant)
{
	const struct scenario_file *file = r->replay->file;

	return r->expect && !file->expects[i].miss &&
	       !expectation_crosses_variants(r->replay->expectations[i]) &&
	       concerns(&file->expects[i], file->variants[variant].name);
}

static void judge(const struct point_runner *r, uint32_t variant, const struct aggregate_set *set,
		  struct point_result *ret, GString *message)
{
	const struct scenario_file *file = r->replay->file;
	g_autofree const struct aggregate_set **sets =
		g_new0(const struct aggregate_set *, file->n_variants + 1);

	sets[variant] = set;
	for (uint32_t i = 0; i < file->n_expects; i++) {
		struct expectation_outcome outcome;

		if (!applies(r, i, variant))
			continue;
		expectation_eval(r->replay->expectations[i], variant, sets, &outcome);
		if (outcome.verdict == EXPECTATION_FAIL || outcome.verdict == EXPECTATION_ERROR) {
			ret->point.status = POINT_EXPECTATION;
			g_string_append_printf(message, "%s%s: %s", message->len ? "\n" : "",
					       file->expects[i].id, outcome.actual->str);
		}
		expectation_outcome_clear(&outcome);
	}
}

/* False: no memory for a histogram. */
static bool read_values(const struct point_runner *r, const struct aggregate_set *set,
			struct point_result *ret)
{
	const struct measures *m = r->measures;

	for (uint32_t i = 0; i < m->n_metrics; i++) {
		struct store_value *v = &ret->point.values[i];
		g_autoptr(GString) why = g_string_new(NULL);

		v->there = expression_eval(m->metrics[i], set, &v->value, why);
		if (!v->there)
			v->why = g_strdup(why->str);
	}
	for (uint32_t i = 0; i < m->n_histograms; i++) {
		const struct histogram *h = aggregate_histogram(set, m->histograms[i]);

		ret->histograms[i] = h ? histogram_new() : NULL;
		if (h && !(ret->histograms[i] && histogram_merge(ret->histograms[i], h)))
			return false;
	}
	return true;
}

static void request(const struct point_runner *r, uint32_t variant, struct aggregate_set *set)
{
	for (uint32_t i = 0; i < r->measures->n_metrics; i++)
		expectation_request(r->measures->metrics[i], set, variant);
	for (uint32_t i = 0; i < r->measures->n_histograms; i++)
		aggregate_set_add(set, r->measures->histograms[i]);
	for (uint32_t i = 0; i < r->replay->file->n_expects; i++)
		if (applies(r, i, variant))
			expectation_request(r->replay->expectations[i], set, variant);
}

/* False: no memory for it. */
static bool run_world(const struct point_runner *r, const struct scenario_run *run,
		      uint32_t variant, struct point_result *ret, GString *message)
{
	const char *refused = NULL;
	struct world *world = world_new(&run->config, &r->options->limits, &refused);
	bool enough = true;

	if (!world && !refused)
		return false;
	if (!world) {
		ret->point.status = POINT_REFUSED;
		g_string_assign(message, refused);
		no_values(r->measures, ret, "not run");
		return true;
	}
	struct aggregate_set *set = aggregate_set_new(&lapicsim_schema);

	request(r, variant, set);
	trace_add_sink(world_trace(world), aggregate_set_sink(set));
	const enum sim_stop stop = world_run(world);

	stopped(ret, stop, world_sim(world), message);
	ret->point.fingerprint = trace_fingerprint(world_trace(world));
	ret->point.records = trace_count(world_trace(world));
	if (ret->point.status == POINT_OK) {
		enough = read_values(r, set, ret);
		judge(r, variant, set, ret, message);
	} else {
		no_values(r->measures, ret, "run failed");
	}
	aggregate_set_free(set);
	world_free(world);
	return enough;
}

bool point_run(const struct point_runner *r, uint64_t point, uint64_t cell,
	       struct point_result *ret)
{
	uint32_t variant;
	struct diagnostics d;
	g_autoptr(GString) message = g_string_new(NULL);

	*ret = (struct point_result){ .point = { .point = point, .cell = cell } };
	ret->point.values = g_new0(struct store_value, r->measures->n_metrics + 1);
	ret->histograms = g_new0(struct histogram *, r->measures->n_histograms + 1);
	g_autoptr(GPtrArray) sets = point_sets(r, cell, &variant, &ret->point.seed);
	struct replay_options options = *r->options;

	options.sets = (const char *const *)sets->pdata;
	options.n_sets = sets->len;
	diagnostics_init(&d);
	struct scenario_run *run =
		scenario_resolve(r->replay->file, &r->replay->file->variants[variant], options.sets,
				 options.n_sets, &d);

	bool enough = true;
	if (run) {
		enough = run_world(r, run, variant, ret, message);
	} else {
		ret->point.status = POINT_REFUSED;
		g_string_assign(message, d.text->str);
		no_values(r->measures, ret, "not run");
	}
	if (ret->point.status != POINT_OK) {
		g_string_append_printf(message, "%srepeat: ",
				       g_str_has_suffix(message->str, "\n") ? "" : "\n");
		append_command(message, "replay", r->replay, &options,
			       r->replay->file->variants[variant].name);
		ret->point.message = g_strdup(message->str);
	}
	scenario_run_free(run);
	diagnostics_clear(&d);
	return enough;
}

void point_result_clear(const struct measures *m, struct point_result *result)
{
	for (uint32_t i = 0; result->point.values && i < m->n_metrics; i++)
		g_free(result->point.values[i].why);
	for (uint32_t i = 0; result->histograms && i < m->n_histograms; i++)
		if (result->histograms[i])
			histogram_free(result->histograms[i]);
	g_free(result->point.values);
	g_free(result->point.message);
	g_free(result->histograms);
	*result = (struct point_result){ 0 };
}
