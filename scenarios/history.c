/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "metrics.h"
#include "report.h"
#include "world.h"

#include <string.h>

#define PERCENT 100

/* --- steps --- */

/* A row that was added between two releases. */
struct change {
	uint32_t release;
	size_t commit;  /* its place in the table of commits; not identified: past the end */
	guint decision; /* its place in the list: keeps equal keys apart */
	guint row;
	struct history_form form;
};

static gint compare_changes(gconstpointer a, gconstpointer b)
{
	const struct change *x = a, *y = b;

	if (x->release != y->release)
		return x->release < y->release ? -1 : 1;
	if (x->commit != y->commit)
		return x->commit < y->commit ? -1 : 1;
	if (x->decision != y->decision)
		return x->decision < y->decision ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static GArray *changes_between(uint32_t from, uint32_t to)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct change));
	const struct kernel_decision *decisions;
	const struct commit *commits;
	const size_t n = kernel_decisions(&decisions), n_commits = commits_all(&commits);

	for (size_t d = 0; d < n; d++) {
		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *v = kernel_row(&decisions[d], i);

			if (v->known == KNOWN_NEVER || v->since <= from || v->since > to)
				continue;
			const struct commit *made_by = commit_of_form(&decisions[d], v);
			const struct change c = {
				.release = v->since,
				.commit = made_by ? (size_t)(made_by - commits) : n_commits,
				.decision = (guint)d,
				.row = (guint)i,
				.form = { &decisions[d], v },
			};

			g_array_append_val(changes, c);
		}
	}
	g_array_sort(changes, compare_changes);
	return changes;
}

static enum kernel_known less_certain(enum kernel_known a, enum kernel_known b)
{
	static const unsigned char doubt[] = {
		[KNOWN_READ] = 0,     [KNOWN_INFERRED] = 1, [KNOWN_AT_LATEST] = 2,
		[KNOWN_RECALLED] = 3, [KNOWN_NEVER] = 4,
	};

	return doubt[a] < doubt[b] ? b : a;
}

static void add_form(struct history_step *step, const struct history_form *f)
{
	const struct variant *v = f->form;

	g_array_append_val(step->forms, *f);
	step->known = less_certain(step->known, v->known);
	/* The longest: "a,b" says more than "a". */
	if (v->commit && (!step->ids || strlen(v->commit) > strlen(step->ids)))
		step->ids = v->commit;
	/* Of two forms of one release the later one stays, as in kernel_init(). */
	if (kernel_index(f->decision, kernel_chosen(&step->kernel, f->decision)) <
	    kernel_index(f->decision, v))
		kernel_choose(&step->kernel, f->decision, f->form);
}

static void append_step(GArray *steps, uint32_t release, const struct commit *commit)
{
	struct history_step step = {
		.release = release,
		.known = commit ? commit->known : KNOWN_READ,
		.commit = commit,
		.ids = commit ? commit->id : NULL,
		.forms = g_array_new(FALSE, FALSE, sizeof(struct history_form)),
	};

	if (steps->len)
		step.kernel = g_array_index(steps, struct history_step, steps->len - 1).kernel;
	else
		kernel_init(&step.kernel, release);
	g_array_append_val(steps, step);
}

static GArray *steps_between(uint32_t from, uint32_t to)
{
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct history_step));
	g_autoptr(GArray) changes = changes_between(from, to);
	const struct commit *commits;
	const size_t n_commits = commits_all(&commits);

	append_step(steps, from, NULL);
	for (guint i = 0; i < changes->len; i++) {
		const struct change *c = &g_array_index(changes, struct change, i);

		if (!i || c->release != c[-1].release || c->commit != c[-1].commit)
			append_step(steps, c->release,
				    c->commit < n_commits ? &commits[c->commit] : NULL);
		add_form(&g_array_index(steps, struct history_step, steps->len - 1), &c->form);
	}
	return steps;
}

/* --- metrics --- */

static const struct aggregate *candidate(const struct history *h, guint i)
{
	return g_ptr_array_index(h->candidates, i);
}

/* As written, but for the variant in brackets: here one variant is run with many kernels. */
static char *metric_text(const struct aggregate *a)
{
	const char *bracket = a->variant >= 0 ? strrchr(a->text, '[') : NULL;

	return bracket ? g_strndup(a->text, (gsize)(bracket - a->text)) : g_strdup(a->text);
}

static bool known_candidate(const struct history *h, const struct aggregate *a)
{
	g_autofree char *text = metric_text(a);

	for (guint i = 0; i < h->candidates->len; i++) {
		g_autofree char *other = metric_text(candidate(h, i));

		if (g_str_equal(text, other))
			return true;
	}
	return false;
}

static bool own_candidate(struct history *h, const char *text, struct diagnostics *d)
{
	struct expectation_context ctx = { .schema = &lapicsim_schema };

	ctx.metrics = metrics_all(&ctx.n_metrics);
	h->source = (struct source){ .name = g_strdup("--metric"),
				     .text = g_strdup(text),
				     .length = strlen(text) };
	const struct source_pos at = { &h->source, 1, 1 };
	struct aggregate *a = aggregate_parse(d, &ctx, &at, h->source.text);

	if (!a)
		return false;
	g_ptr_array_add(h->owned, a);
	g_ptr_array_add(h->candidates, a);
	return true;
}

static bool find_candidates(struct history *h, const char *metric, struct diagnostics *d)
{
	const struct aggregate *a;

	for (uint32_t i = 0; !metric && i < h->replay->file->n_expects; i++)
		for (size_t k = 0; (a = expectation_aggregate(h->replay->expectations[i], k)); k++)
			if (!known_candidate(h, a))
				g_ptr_array_add(h->candidates, (gpointer)a);
	return h->candidates->len || own_candidate(h, metric ? metric : "p99(lateness)", d);
}

struct history *history_load(const char *path, const struct history_options *options,
			     struct diagnostics *d)
{
	struct replay_options one = options->replay;
	struct replay *replay = replay_load(path, &one, d, NULL);

	if (!replay)
		return NULL;
	if (!one.variant)
		one.variant = replay->file->variants[0].name;
	struct history *h = g_new0(struct history, 1);
	h->replay = replay;
	h->tolerance_percent = options->tolerance_percent;
	h->steps = steps_between(options->from, options->to);
	h->candidates = g_ptr_array_new();
	h->owned = g_ptr_array_new();
	bool ok = replay_resolve(replay, &one, d) && find_candidates(h, options->metric, d);

	for (uint32_t i = 0; ok && i < replay->n_results; i++)
		if (replay->results[i].run)
			h->result = &replay->results[i];
	if (ok && h->steps->len > options->max_runs)
		ok = error_plain(d, EXIT_USAGE,
				 "%u kernels differ between these releases, more than --limit "
				 "allows; choose --from and --to",
				 h->steps->len);
	if (ok)
		return h;
	history_free(h);
	return NULL;
}

void history_free(struct history *h)
{
	for (guint i = 0; i < h->steps->len; i++) {
		struct history_step *step = &g_array_index(h->steps, struct history_step, i);

		g_array_unref(step->forms);
		if (step->alone)
			g_array_unref(step->alone);
		g_free(step->message);
		g_free(step->values);
	}
	for (guint i = 0; i < h->owned->len; i++)
		aggregate_free(g_ptr_array_index(h->owned, i));
	g_array_unref(h->steps);
	g_ptr_array_unref(h->candidates);
	g_ptr_array_unref(h->owned);
	g_free(h->source.name);
	g_free(h->source.text);
	replay_free(h->replay);
	g_free(h);
}

/* --- running --- */

static char *stop_message(enum sim_stop stop, const struct sim *sim, int *status)
{
	const struct sim_breach *breach = sim_broken(sim);

	if (breach->id) {
		*status = EXIT_BROKEN;
		return g_strdup_printf("invariant %s does not hold: %s", breach->id,
				       breach->formula);
	}
	static const char *const words[] = {
		[SIM_STOP_EVENTS] = "the budget of events (--max-events) is used up",
		[SIM_STOP_SAME_INSTANT] = "time does not advance: too many events at one instant",
		[SIM_STOP_PENDING] = "too many events are pending",
	};
	if ((size_t)stop >= G_N_ELEMENTS(words) || !words[stop])
		return NULL;
	*status = EXIT_BUDGET;
	return g_strdup(words[stop]);
}

static void read_values(const struct history *h, const struct aggregate_set *set,
			struct history_step *step)
{
	step->values = g_new0(struct history_value, h->candidates->len);
	for (guint i = 0; i < h->candidates->len; i++)
		step->values[i].status =
			aggregate_read(set, candidate(h, i), &step->values[i].result);
}

/* One run with the kernel of @step. */
static void run_step(struct history *h, const struct sim_limits *limits, struct history_step *step)
{
	struct scenario_run *run = h->result->run;
	const char *refused = NULL;

	run->config.kernel = step->kernel;
	run->release = step->release;
	h->runs++;
	struct world *world = world_new(&run->config, limits, &refused);

	if (!world && !refused)
		g_error("the run of a step");
	if (!world) {
		step->status = EXIT_USAGE;
		step->message = g_strdup(refused);
		return;
	}
	struct aggregate_set *set = aggregate_set_new(&lapicsim_schema);

	for (guint i = 0; i < h->candidates->len; i++)
		aggregate_set_add(set, candidate(h, i));
	trace_add_sink(world_trace(world), aggregate_set_sink(set));
	const enum sim_stop stop = world_run(world);

	step->message = stop_message(stop, world_sim(world), &step->status);
	step->fingerprint = trace_fingerprint(world_trace(world));
	if (step->status == EXIT_OK)
		read_values(h, set, step);
	aggregate_set_free(set);
	world_free(world);
}

/* --- judging --- */

static struct history_step *step_at(const struct history *h, guint i)
{
	return &g_array_index(h->steps, struct history_step, i);
}

static struct exact magnitude(const struct exact *value)
{
	struct exact m = *value;

	m.num = m.num < 0 ? -m.num : m.num;
	return m;
}

static bool has_value(const struct history_step *step, guint metric)
{
	return step->values && step->values[metric].status == AGGREGATE_OK;
}

/* The @wanted = 1: largest, -1: smallest magnitude of @metric among the steps. */
static bool extreme(const struct history *h, guint metric, int wanted, struct exact *ret)
{
	bool found = false;
	int order;

	for (guint i = 0; i < h->steps->len; i++) {
		if (!has_value(step_at(h, i), metric))
			continue;
		const struct exact m = magnitude(&step_at(h, i)->values[metric].result.value);

		if (found && (!exact_compare(&m, ret, &order) || order != wanted))
			continue;
		*ret = m;
		found = true;
	}
	return found;
}

/* Are @a and @b, which have one unit, apart by the tolerance or more? What cannot be computed is.
 */
static bool far_apart(const struct history *h, const struct exact *a, const struct exact *b,
		      const struct exact *largest)
{
	const struct exact hundred = exact_integer(PERCENT, EXACT_PLAIN);
	const struct exact tolerance = exact_integer(h->tolerance_percent, EXACT_PLAIN);
	struct exact difference, left, right;
	int order;

	if (!exact_sub(a, b, &difference))
		return true;
	difference = magnitude(&difference);
	if (!difference.num)
		return false;
	if (!exact_mul(&difference, &hundred, &left) || !exact_mul(largest, &tolerance, &right) ||
	    !exact_compare(&left, &right, &order))
		return true;
	return order >= 0;
}

static enum history_change change_between(const struct history *h, guint metric,
					  const struct history_step *a,
					  const struct history_step *b)
{
	struct exact largest;
	int order;

	if (a->status != EXIT_OK || b->status != EXIT_OK)
		return HISTORY_UNKNOWN;
	if (a->fingerprint == b->fingerprint)
		return HISTORY_SAME;
	const struct history_value *x = &a->values[metric], *y = &b->values[metric];

	if (x->status != y->status)
		return HISTORY_CHANGED;
	if (x->status != AGGREGATE_OK)
		return HISTORY_TRACE;
	if (exact_compare(&x->result.value, &y->result.value, &order) && !order)
		return HISTORY_TRACE;
	if (extreme(h, metric, 1, &largest) &&
	    !far_apart(h, &x->result.value, &y->result.value, &largest))
		return HISTORY_LITTLE;
	return HISTORY_CHANGED;
}

static bool moves(const struct history *h, guint metric)
{
	for (guint i = 1; i < h->steps->len; i++)
		if (change_between(h, metric, step_at(h, i - 1), step_at(h, i)) == HISTORY_CHANGED)
			return true;
	return false;
}

/* How far its values lie apart; false: it does not move, or is not measured in @unit. */
static bool range_of(const struct history *h, guint metric, struct exact_unit unit,
		     struct exact *ret)
{
	struct exact largest, smallest;

	return exact_unit_equal(aggregate_unit(candidate(h, metric)), unit) && moves(h, metric) &&
	       extreme(h, metric, 1, &largest) && extreme(h, metric, -1, &smallest) &&
	       exact_sub(&largest, &smallest, ret);
}

/* The first candidate in @unit whose range is at least half of the widest. */
static bool first_wide(const struct history *h, struct exact_unit unit, guint *ret)
{
	struct exact widest = exact_integer(0, unit), range;
	int order;

	for (guint i = 0; i < h->candidates->len; i++)
		if (range_of(h, i, unit, &range) && exact_compare(&range, &widest, &order) &&
		    order > 0)
			widest = range;
	for (guint i = 0; i < h->candidates->len; i++) {
		if (!range_of(h, i, unit, &range) || !exact_add(&range, &range, &range) ||
		    !exact_compare(&range, &widest, &order) || order < 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static guint choose_metric(const struct history *h)
{
	guint metric;

	if (first_wide(h, EXACT_TIME, &metric) || first_wide(h, EXACT_CYCLES, &metric))
		return metric;
	for (guint i = 0; i < h->candidates->len; i++)
		if (moves(h, i))
			return i;
	for (guint i = 0; i < h->candidates->len; i++)
		if (!exact_unit_equal(aggregate_unit(candidate(h, i)), EXACT_PLAIN))
			return i;
	return 0;
}

/* Is it known that a large magnitude is bad? How long the path takes, and what is lost. What the
 * advance does to a wait or to the instant of firing is meant. */
static bool large_is_bad(const struct aggregate *a)
{
	static const char *const bad[] = { "lateness", "lateness_cycles", "notify", "runqueue",
					   "exit",     "inject",          "entry",  "deliver" };
	const struct trace_event *event = a->stream.event;

	if (a->kind == AGGREGATE_COUNT)
		return g_str_equal(event->name, "lapic_drop") ||
		       g_str_equal(event->name, "lapic_late_arm");
	if (!g_str_equal(event->name, "lapic_sample") || a->stream.field == FIELD_NONE)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (g_str_equal(event->fields[a->stream.field].name, bad[i]))
			return true;
	return false;
}

static bool is_bad(const struct history *h, const struct history_step *step)
{
	struct exact best, largest;

	if (!has_value(step, h->metric))
		return true;
	const struct exact m = magnitude(&step->values[h->metric].result.value);

	return extreme(h, h->metric, -1, &best) && extreme(h, h->metric, 1, &largest) &&
	       far_apart(h, &m, &best, &largest);
}

static enum history_meaning meaning_of(const struct history *h, const struct history_step *a,
				       const struct history_step *b)
{
	const bool bad = large_is_bad(candidate(h, h->metric));
	const bool before = is_bad(h, a), after = is_bad(h, b);
	int order = 0;

	if (bad && before != after)
		return after ? HISTORY_EXPOSED : HISTORY_FIXED;
	if (!has_value(b, h->metric))
		return HISTORY_CEASED;
	if (!has_value(a, h->metric))
		return HISTORY_BEGAN;
	struct exact x = a->values[h->metric].result.value, y = b->values[h->metric].result.value;

	if (bad && before) {
		x = magnitude(&x);
		y = magnitude(&y);
	}
	if (!exact_compare(&x, &y, &order))
		order = -1;
	if (bad && before)
		return order < 0 ? HISTORY_WORSE : HISTORY_BETTER;
	return order < 0 ? HISTORY_RAISED : HISTORY_LOWERED;
}

/* --- which form of several --- */

/* Without what came before it a first form has nothing to stand on. */
static bool can_stand_alone(const struct history_form *f)
{
	const size_t i = kernel_index(f->decision, f->form);

	return i && !g_str_equal(kernel_row(f->decision, i - 1)->name, "none");
}

static void try_alone(struct history *h, const struct history_options *options, guint i)
{
	struct history_step *step = step_at(h, i);

	step->alone = g_array_new(FALSE, FALSE, sizeof(struct history_form));
	for (guint k = 0; k < step->forms->len && h->runs < options->max_runs; k++) {
		const struct history_form *f = &g_array_index(step->forms, struct history_form, k);
		struct history_step one = { .release = step->release,
					    .kernel = step_at(h, i - 1)->kernel };

		if (!can_stand_alone(f))
			continue;
		kernel_choose(&one.kernel, f->decision, f->form);
		run_step(h, &options->replay.limits, &one);
		const enum history_change rest = change_between(h, h->metric, &one, step);

		if (rest == HISTORY_SAME || rest == HISTORY_TRACE || rest == HISTORY_LITTLE)
			g_array_append_val(step->alone, *f);
		g_free(one.message);
		g_free(one.values);
	}
}

int history_run(struct history *h, const struct history_options *options)
{
	int status = EXIT_OK;
	guint refused = 0;

	for (guint i = 0; i < h->steps->len; i++) {
		struct history_step *step = step_at(h, i);

		run_step(h, &options->replay.limits, step);
		refused += step->status == EXIT_USAGE;
		if (step->status != EXIT_USAGE)
			status = MAX(status, step->status);
	}
	if (refused == h->steps->len)
		return EXIT_USAGE;
	h->metric = choose_metric(h);
	for (guint i = 0; i < h->steps->len; i++) {
		struct history_step *step = step_at(h, i);

		step->change =
			i ? change_between(h, h->metric, step_at(h, i - 1), step) : HISTORY_FIRST;
		if (step->change != HISTORY_CHANGED)
			continue;
		step->meaning = meaning_of(h, step_at(h, i - 1), step);
		if (!step->commit && step->forms->len > 1)
			try_alone(h, options, i);
	}
	return status;
}

/* --- reading --- */

char *history_metric(const struct history *h) { return metric_text(candidate(h, h->metric)); }

const struct history_value *history_value(const struct history *h, guint step)
{
	return step_at(h, step)->values ? &step_at(h, step)->values[h->metric] : NULL;
}

bool history_largest(const struct history *h, struct exact *ret)
{
	return extreme(h, h->metric, 1, ret);
}

void append_history_value(GString *out, const struct history *h, guint step)
{
	const struct history_value *value = history_value(h, step);

	if (!value)
		g_string_append(out,
				step_at(h, step)->status == EXIT_USAGE ? "refused" : "run failed");
	else if (value->status == AGGREGATE_OK)
		exact_format(out, &value->result.value);
	else
		aggregate_status_text(out, value->status, &value->result);
}
