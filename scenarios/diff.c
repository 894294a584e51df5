/* SPDX-License-Identifier: MIT */
#include "diff.h"

#include "world.h"

#include <string.h>

/* --- the whole runs --- */

static struct world *new_world(struct run_result *result, const struct sim_limits *limits)
{
	const char *refused = NULL;
	struct world *world = world_new(&result->run->config, limits, &refused);

	if (!world)
		run_has_no_world(result, refused);
	return world;
}

static void keep_checkpoints(struct diff_side *side, const struct trace *trace)
{
	const uint64_t *checkpoints;
	const size_t n = trace_checkpoints(trace, &checkpoints);

	side->checkpoints = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	if (n)
		g_array_append_vals(side->checkpoints, checkpoints, (guint)n);
}

static void keep_tasks(struct diff_side *side, const struct world *world)
{
	const struct trace_task *tasks = world_tasks(world, &side->n_tasks);

	side->tasks = g_new(struct trace_task, side->n_tasks);
	for (uint32_t i = 0; i < side->n_tasks; i++)
		side->tasks[i] = tasks[i];
}

static int run_side(struct diff_side *side, const struct sim_limits *limits)
{
	struct run_result *result = side->result;
	struct world *world = new_world(result, limits);
	g_autoptr(GString) message = g_string_new(NULL);
	int status;

	if (!world)
		return result->status;
	side->deadlines = deadlines_new(&result->run->config);
	trace_add_sink(world_trace(world), &side->deadlines->sink);
	trace_add_sink(world_trace(world), &result->summary.sink);
	status = describe_stop(message, world_run(world), world_sim(world));
	deadlines_end(side->deadlines, world);
	result->fingerprint = trace_fingerprint(world_trace(world));
	result->records = trace_count(world_trace(world));
	result->events = sim_counts(world_sim(world)).dispatched;
	keep_checkpoints(side, world_trace(world));
	keep_tasks(side, world);
	if (status == EXIT_OK && !trace_checkpoints_complete(world_trace(world))) {
		status = EXIT_BUDGET;
		g_string_append(message, "not enough memory for the checkpoints of this run");
	}
	world_free(world);
	return status == EXIT_OK ? status : run_failed(result, status, message->str);
}

/* --- deadlines --- */

static bool same_deadline(const struct deadline *a, const struct deadline *b)
{
	return a->end == b->end && a->cpu == b->cpu && a->vcpu_cpu == b->vcpu_cpu &&
	       a->lateness == b->lateness && a->cost == b->cost;
}

static void compare_one(struct diff *d, uint32_t vcpu, uint64_t n, uint64_t *most)
{
	const struct deadline *a = deadlines_get(d->side[0].deadlines, vcpu, n);
	const struct deadline *b = deadlines_get(d->side[1].deadlines, vcpu, n);

	d->alone[0] += a && !b;
	d->alone[1] += b && !a;
	if (!a || !b)
		return;
	d->compared++;
	if (same_deadline(a, b))
		return;
	const uint64_t apart = a->cost > b->cost ? a->cost - b->cost : b->cost - a->cost;

	d->differ++;
	if (!d->has_first) {
		d->has_first = true;
		d->first_vcpu = vcpu;
		d->first_n = n;
	} else if (apart <= *most) {
		return;
	}
	*most = apart;
	d->most_vcpu = vcpu;
	d->most_n = n;
}

static uint64_t count(const struct diff_side *side, uint32_t vcpu)
{
	return vcpu < side->deadlines->n_vcpus ? deadlines_count(side->deadlines, vcpu) : 0;
}

/* By number, so that the first is the first of any vCPU. */
static void compare_deadlines(struct diff *d)
{
	const uint32_t n_vcpus = MAX(d->side[0].deadlines->n_vcpus, d->side[1].deadlines->n_vcpus);
	uint64_t last = 0, most = 0;

	for (uint32_t vcpu = 0; vcpu < n_vcpus; vcpu++)
		last = MAX(last, MAX(count(&d->side[0], vcpu), count(&d->side[1], vcpu)));
	for (uint64_t n = 0; n < last; n++)
		for (uint32_t vcpu = 0; vcpu < n_vcpus; vcpu++)
			compare_one(d, vcpu, n, &most);
}

static void follow_deadline(struct diff *d, struct diff_side *side, const struct sim_limits *limits)
{
	struct world *world = new_world(side->result, limits);

	life_init(&side->life, d->most_vcpu, d->most_n);
	if (!world)
		return;
	life_watch(&side->life, world);
	world_run(world);
	life_end(&side->life);
	world_free(world);
}

/* --- the first record that differs --- */

struct window { /* keeps the records from number `from` on, `n` at most, then stops the run */
	struct trace_sink sink;
	struct world *world;
	uint64_t number, from;
	uint32_t n, most;
	struct trace_record *records;
};

static void window_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct window *w = (struct window *)((char *)sink - offsetof(struct window, sink));

	if (w->number++ < w->from || w->n == w->most)
		return;
	w->records[w->n++] = *rec;
	if (w->n == w->most)
		sim_ask_stop(world_sim(w->world));
}

static void fill_window(struct window *w, struct run_result *result,
			const struct sim_limits *limits)
{
	w->sink.record = window_record;
	w->records = g_new(struct trace_record, w->most);
	w->world = new_world(result, limits);
	if (!w->world)
		return;
	trace_add_sink(world_trace(w->world), &w->sink);
	world_run(w->world);
	world_free(w->world);
}

static bool same_record(const struct trace_record *a, const struct trace_record *b)
{
	if (a->when.v != b->when.v || a->event != b->event || a->entity != b->entity ||
	    a->n_values != b->n_values)
		return false;
	for (uint32_t i = 0; i < a->n_values; i++)
		if (a->value[i] != b->value[i])
			return false;
	return true;
}

static void keep_lines(struct diff_lines *lines, const struct window *w, uint32_t from,
		       uint32_t most)
{
	for (uint32_t i = from; i < w->n && lines->n < most; i++)
		lines->line[lines->n++] = w->records[i];
}

/* The block of records in which they first differ, and the lines before it. */
static void find_record(struct diff *d, const struct sim_limits *limits)
{
	const GArray *a = d->side[0].checkpoints, *b = d->side[1].checkpoints;
	struct window w[2] = { { .n = 0 }, { .n = 0 } };
	uint64_t block = 0;
	uint32_t i = 0;

	while (block < MIN(a->len, b->len) &&
	       g_array_index(a, uint64_t, block) == g_array_index(b, uint64_t, block))
		block++;
	for (unsigned k = 0; k < 2; k++) {
		const uint64_t first = block * TRACE_CHECKPOINT_EVERY;

		w[k].from = first < DIFF_CONTEXT ? first : first - DIFF_CONTEXT;
		w[k].most = TRACE_CHECKPOINT_EVERY + 2 * DIFF_CONTEXT;
		fill_window(&w[k], d->side[k].result, limits);
	}
	while (i < MIN(w[0].n, w[1].n) && same_record(&w[0].records[i], &w[1].records[i]))
		i++;
	d->record = w[0].from + i;
	keep_lines(&d->before, &w[0], i > DIFF_CONTEXT ? i - DIFF_CONTEXT : 0,
		   MIN(i, DIFF_CONTEXT));
	for (unsigned k = 0; k < 2; k++) {
		keep_lines(&d->side[k].after, &w[k], i, DIFF_CONTEXT);
		g_free(w[k].records);
	}
}

/* --- all of it --- */

int diff_run(struct run_result *a, struct run_result *b, const struct sim_limits *limits,
	     struct diff *d)
{
	*d = (struct diff){ .side = { { .result = a }, { .result = b } } };
	for (unsigned i = 0; i < 2; i++) {
		const int status = run_side(&d->side[i], limits);

		if (status != EXIT_OK)
			return status;
	}
	d->same = a->fingerprint == b->fingerprint && a->records == b->records;
	compare_deadlines(d);
	if (d->same)
		return EXIT_OK;
	find_record(d, limits);
	for (unsigned i = 0; d->has_first && i < 2; i++)
		follow_deadline(d, &d->side[i], limits);
	return EXIT_OK;
}

void diff_clear(struct diff *d)
{
	for (unsigned i = 0; i < 2; i++) {
		deadlines_free(d->side[i].deadlines);
		if (d->side[i].checkpoints)
			g_array_unref(d->side[i].checkpoints);
		g_free(d->side[i].tasks);
	}
}
