/* SPDX-License-Identifier: MIT */
/*
 * plot_advance - the advance of each vCPU over time, and the error that it follows: how late the
 * guest's TSC was at the wait, before it spun. Marked: the errors that the tuner leaves alone, and
 * the largest advance.
 *
 * Long runs are thinned: of each group of neighbours the least and the largest stay.
 */
#include "plot_kinds.h"
#include "timer_advance.h"
#include "tracepoints.h"
#include "world.h"

#include <inttypes.h>

#define ROWS_MOST 2000 /* a line; a picture is 960 points wide */

struct step {
	ps_t when;
	int64_t value;
};

struct line { /* one vCPU of one variant */
	const char *variant;
	char *name;
	GArray *advance, *delta;      /* of struct step: [ns], [cycles] */
	struct tune_constants limits; /* all 0 if the advance is not tuned */
};

struct watch {
	struct trace_sink sink;
	struct line *lines; /* by vCPU of the world */
	uint32_t n;
};

static void watch_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct watch *w = (struct watch *)sink; /* its first member */
	struct step step = { .when = rec->when };

	if (rec->event == TP_TIMER_ADVANCE) {
		step.value = (int64_t)rec->value[2];
		g_array_append_val(w->lines[rec->entity].advance, step);
	} else if (rec->event == TP_KVM_WAIT_LAPIC_EXPIRE) {
		step.value = (int64_t)rec->value[1];
		g_array_append_val(w->lines[rec->entity].delta, step);
	}
}

/* What the tuner in force leaves alone; all 0 if it does not tune with these parameters. */
static struct tune_constants limits_of(const struct world_config *config)
{
	const struct tune_constants constants = tune_constants(&config->kernel, &config->tuner);
	const struct timer_advance start =
		timer_advance_initial(&config->kernel, config->kvm.lapic_timer_advance_ns,
				      &constants);

	if (!config->kernel.tune_gate->open(start.done, start.dynamic))
		return (struct tune_constants){ 0 };
	return constants;
}

static void add_lines(GArray *lines, const struct run_result *result)
{
	const struct world_config *config = &result->run->config;

	for (uint32_t m = 0; m < config->n_vms; m++) {
		const struct vm_config *vm = &config->vms[m];

		for (uint32_t c = 0; c < vm->n_vcpus; c++) {
			struct line line = {
				.variant = result->variant->name,
				.name = g_strdup_printf("%s, %s vCPU %" PRIu32,
							result->variant->name, vm->name,
							vm->vcpus[c].id),
				.advance = g_array_new(FALSE, FALSE, sizeof(struct step)),
				.delta = g_array_new(FALSE, FALSE, sizeof(struct step)),
				.limits = limits_of(config),
			};

			g_array_append_val(lines, line);
		}
	}
}

static bool watch_run(GArray *lines, const struct run_result *result,
		      const struct plot_request *request, struct diagnostics *d)
{
	const guint first = lines->len;
	const char *refused = NULL;

	add_lines(lines, result);
	struct world *world = world_new(&result->run->config, &request->replay.limits, &refused);

	if (!world && !refused)
		g_error("the machine of variant %s", result->variant->name);
	if (!world)
		return error_plain(d, EXIT_USAGE, "variant %s: %s", result->variant->name, refused);
	struct watch watch = {
		.sink.record = watch_record,
		.lines = &g_array_index(lines, struct line, first),
		.n = lines->len - first,
	};

	trace_add_sink(world_trace(world), &watch.sink);
	enum sim_stop stop = world_run(world);

	if (sim_broken(world_sim(world))->id)
		stop = SIM_STOP_BROKEN;
	world_free(world);
	if (stop == SIM_STOP_END || stop == SIM_STOP_DRAINED || stop == SIM_STOP_ASKED)
		return true;
	return error_plain(d, stop == SIM_STOP_BROKEN ? EXIT_BROKEN : EXIT_BUDGET,
			   "variant %s: the run did not reach its end; lapicsim replay says why",
			   result->variant->name);
}

/* --- rows --- */

static const struct plot_unit milliseconds = { "ms", 1000000000 };

static void row(struct plot *plot, const struct step *step)
{
	plot_cell(plot, step->when.v, 1, &milliseconds);
	plot_cell_int(plot, step->value);
	plot_row_end(plot);
}

/* The least and the largest of [from, to), in the order of time. */
static void extremes(struct plot *plot, const GArray *steps, guint from, guint to)
{
	const struct step *s = (const struct step *)(const void *)steps->data;
	guint low = from, high = from;

	for (guint i = from; i < to; i++) {
		if (s[i].value < s[low].value)
			low = i;
		if (s[i].value > s[high].value)
			high = i;
	}
	row(plot, &s[MIN(low, high)]);
	if (low != high)
		row(plot, &s[MAX(low, high)]);
}

static void rows(struct plot *plot, const GArray *steps)
{
	const guint group = (steps->len + ROWS_MOST / 2 - 1) / (ROWS_MOST / 2);

	plot_series(plot);
	for (guint i = 0; i < steps->len; i += MAX(group, 1)) {
		if (group <= 1)
			row(plot, &g_array_index(steps, struct step, i));
		else
			extremes(plot, steps, i, MIN(i + group, steps->len));
	}
}

/* --- the picture --- */

static const struct line *line_at(const GArray *lines, guint i)
{
	return &g_array_index(lines, struct line, i);
}

static int64_t largest(const GArray *lines)
{
	int64_t most = 0;

	for (guint i = 0; i < lines->len; i++)
		for (guint k = 0; k < line_at(lines, i)->advance->len; k++)
			most = MAX(most,
				   g_array_index(line_at(lines, i)->advance, struct step, k).value);
	return most;
}

static uint64_t cap_of(const struct tune_constants *c) { return c->ns_max; }

static uint64_t window_least(const struct tune_constants *c) { return c->adjust_min; }

static uint64_t window_most(const struct tune_constants *c) { return c->adjust_max; }

typedef uint64_t limit_fn(const struct tune_constants *c);

/* A mark: the limit of the first line that has it, 0 for none. */
static uint64_t first_limit(const GArray *lines, limit_fn *limit)
{
	for (guint i = 0; i < lines->len; i++)
		if (limit(&line_at(lines, i)->limits))
			return limit(&line_at(lines, i)->limits);
	return 0;
}

/* Whose it is, where not all variants have it: " (before, after)". */
static void append_owners(GString *out, const GArray *lines, limit_fn *limit, uint64_t value)
{
	g_autoptr(GString) names = g_string_new(NULL);
	const char *last = NULL;
	bool all = true;

	for (guint i = 0; i < lines->len; i++) {
		const struct line *line = line_at(lines, i);

		all &= limit(&line->limits) == value;
		if (limit(&line->limits) != value || (last && g_str_equal(last, line->variant)))
			continue;
		g_string_append_printf(names, "%s%s", last ? ", " : "", line->variant);
		last = line->variant;
	}
	if (!all)
		g_string_append_printf(out, " (%s)", names->str);
}

static void marks(struct plot *plot, const GArray *lines)
{
	const uint64_t cap = first_limit(lines, cap_of), least = first_limit(lines, window_least),
		       most = first_limit(lines, window_most);
	g_autoptr(GString) cap_words = g_string_new(NULL), window_words = g_string_new(NULL);

	g_string_printf(cap_words, "cap %" PRIu64 " ns", cap);
	append_owners(cap_words, lines, cap_of, cap);
	if (least) {
		g_string_printf(window_words, "shaded: below %" PRIu64 " cycles, near enough",
				least);
		append_owners(window_words, lines, window_least, least);
	}
	if (most) {
		g_string_append_printf(window_words, "; beyond %" PRIu64 " cycles: ignored", most);
		append_owners(window_words, lines, window_most, most);
	}
	plot_number(plot, "cap_ns", (int64_t)cap);
	plot_text(plot, "cap_words", cap_words->str);
	plot_number(plot, "quiet_below", (int64_t)least);
	plot_text(plot, "window_words", window_words->str);
	plot_number(plot, "y_end", MAX(MAX(largest(lines), (int64_t)cap), 1) / 10 * 11 + 1);
}

/* One instant, or one error: gnuplot has to be told a range. */
static void flat(struct plot *plot, const GArray *lines)
{
	static const struct plot_unit cycles = { "cycles", 1 };
	const struct step *first = NULL;
	struct step least = { 0 }, most = { 0 };

	for (guint i = 0; i < lines->len; i++) {
		const GArray *steps = line_at(lines, i)->delta;

		for (guint k = 0; k < steps->len; k++) {
			const struct step *s = &g_array_index(steps, struct step, k);

			if (!first)
				least = most = *s;
			first = s;
			least.when.v = MIN(least.when.v, s->when.v);
			least.value = MIN(least.value, s->value);
			most.when.v = MAX(most.when.v, s->when.v);
			most.value = MAX(most.value, s->value);
		}
	}
	plot_flat(plot, "x", least.when.v, most.when.v, &milliseconds);
	plot_flat(plot, "y", least.value, most.value, &cycles);
}

/* Both lists of a line have a step for each wait: one that never waits has none to draw. */
static bool waits(const struct line *line) { return line->advance->len; }

/* The colours and names of those that wait, in the order of their series, or of the others. */
static void names(struct plot *plot, const GArray *lines, bool waiting)
{
	unsigned n = 0;

	for (guint i = 0; i < lines->len; i++) {
		const struct line *line = line_at(lines, i);

		if (waits(line) != waiting)
			continue;
		n++;
		g_autofree char *colour = g_strdup_printf(waiting ? "colour_%u" : "idle_%u", n);
		g_autofree char *name = g_strdup_printf(waiting ? "name_%u" : "idle_name_%u", n);
		g_autofree char *text =
			g_strdup_printf(waiting ? "%s" : "%s: never waits", line->name);

		plot_number(plot, colour, i + 1);
		plot_text(plot, name, text);
	}
	plot_number(plot, waiting ? "n" : "n_idle", n);
}

static struct plot *draw(const struct replay *replay, const GArray *lines,
			 const struct plot_request *request)
{
	struct plot *plot = plot_new("advance");

	plot_titles_of_replay(plot, replay, &request->replay, "lapic timer advance");
	marks(plot, lines);
	flat(plot, lines);
	plot_table(plot, "advance", "time [ms], advance [ns]");
	for (guint i = 0; i < lines->len; i++)
		if (waits(line_at(lines, i)))
			rows(plot, line_at(lines, i)->advance);
	plot_table(plot, "delta", "time [ms], guest TSC - deadline [cycles]");
	for (guint i = 0; i < lines->len; i++)
		if (waits(line_at(lines, i)))
			rows(plot, line_at(lines, i)->delta);
	names(plot, lines, true);
	names(plot, lines, false);
	return plot;
}

static bool gather(struct replay *replay, GArray *lines, const struct plot_request *request,
		   struct diagnostics *d)
{
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].run && !watch_run(lines, &replay->results[i], request, d))
			return false;
	if (!largest(lines))
		return error_plain(d, EXIT_USAGE, "%s: no timer advance in this scenario",
				   request->path);
	return plot_fits(lines->len, "vCPUs of all variants", "choose one variant by --variant", d);
}

struct plot *plot_advance(const struct plot_request *request, struct diagnostics *d)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	struct replay *replay = replay_load(request->path, &request->replay, d, NULL);
	struct plot *plot = NULL;

	if (replay && replay_resolve(replay, &request->replay, d) &&
	    gather(replay, lines, request, d))
		plot = draw(replay, lines, request);
	for (guint i = 0; i < lines->len; i++) {
		const struct line *line = line_at(lines, i);

		g_free(line->name);
		g_array_free(line->advance, TRUE);
		g_array_free(line->delta, TRUE);
	}
	g_array_free(lines, TRUE);
	replay_free(replay);
	return plot;
}
