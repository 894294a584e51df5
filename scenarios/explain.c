/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include "world.h"

#include <inttypes.h>
#include <string.h>

#define TOLERANCE_DIVISOR 20 /* of a cost: less is no difference */
#define EVENTS_FACTOR 4      /* a neighbour is followed for so many times the run's events */
#define EVENTS_MORE 100000   /* and so many */

/* --- one run --- */

struct counts { /* of a run as a whole */
	struct trace_sink sink;
	uint64_t interrupts, exits;
};

static void count_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct counts *c = (struct counts *)((char *)sink - offsetof(struct counts, sink));

	c->interrupts += rec->event == TP_KVM_INJ_VIRQ;
	c->exits += rec->event == TP_KVM_EXIT;
}

static int run_variant(struct explanation *e, const struct sim_limits *limits)
{
	const struct world_config *config = &e->result->run->config;
	struct counts counts = { .sink = { .record = count_record } };
	const char *refused = NULL;
	struct world *world = world_new(config, limits, &refused);
	g_autoptr(GString) message = g_string_new(NULL);
	int status;

	if (!world)
		return run_has_no_world(e->result, refused);
	e->deadlines = deadlines_new(config);
	trace_add_sink(world_trace(world), &e->deadlines->sink);
	trace_add_sink(world_trace(world), &counts.sink);
	status = describe_stop(message, world_run(world), world_sim(world));
	deadlines_end(e->deadlines, world);
	e->fingerprint = trace_fingerprint(world_trace(world));
	e->events = sim_counts(world_sim(world)).dispatched;
	e->interrupts = counts.interrupts;
	e->exits = counts.exits;
	world_free(world);
	return status == EXIT_OK ? status : run_failed(e->result, status, message->str);
}

/* --- which deadline --- */

struct candidate {
	uint32_t vcpu;
	uint64_t n, cost, beyond;
	const struct explanation *best;
};

static bool worse(const struct candidate *a, const struct candidate *b)
{
	return a->beyond != b->beyond ? a->beyond > b->beyond : a->cost > b->cost;
}

static void add_candidate(GArray *worst, guint keep, const struct candidate *c)
{
	guint at = worst->len;

	while (at && worse(c, &g_array_index(worst, struct candidate, at - 1)))
		at--;
	if (at >= keep)
		return;
	g_array_insert_val(worst, at, *c);
	if (worst->len > keep)
		g_array_set_size(worst, keep);
}

/* By how much it costs more than in the best of the other variants that have it. */
static void measure_against(const struct explain *all, const struct explanation *e,
			    struct candidate *c)
{
	uint64_t least = c->cost;

	for (uint32_t i = 0; i < all->n; i++) {
		const struct deadlines *other = all->of[i].deadlines;
		const struct deadline *d;

		if (&all->of[i] == e || !other)
			continue;
		d = deadlines_get(other, c->vcpu, c->n);
		if (!d || (d->end != LIFE_DELIVERED && !d->cost) || d->cost >= least)
			continue;
		least = d->cost;
		c->best = &all->of[i];
	}
	c->beyond = c->cost - least;
	if (c->beyond > c->cost / TOLERANCE_DIVISOR)
		return;
	c->beyond = 0;
	c->best = NULL;
}

static GArray *worst_of(const struct explain *all, struct explanation *e, guint keep)
{
	GArray *worst = g_array_new(FALSE, FALSE, sizeof(struct candidate));

	for (uint32_t vcpu = 0; vcpu < e->deadlines->n_vcpus; vcpu++) {
		for (uint64_t n = 0; n < deadlines_count(e->deadlines, vcpu); n++) {
			const struct deadline *d = deadlines_get(e->deadlines, vcpu, n);
			struct candidate c = { .vcpu = vcpu, .n = n };

			if (!d || (d->end != LIFE_DELIVERED && !d->cost))
				continue;
			e->due++;
			c.cost = d->cost;
			measure_against(all, e, &c);
			add_candidate(worst, keep, &c);
		}
	}
	return worst;
}

static int choose(const struct explain *all, struct explanation *e,
		  const struct explain_options *options)
{
	g_autoptr(GArray) worst = NULL;

	if (options->chosen) {
		life_init(&e->life, options->vcpu, options->n);
		if (deadlines_get(e->deadlines, options->vcpu, options->n))
			return EXIT_OK;
		g_autofree char *text = g_strdup_printf("vCPU %u has no deadline %" PRIu64,
							options->vcpu, options->n);
		return run_failed(e->result, EXIT_USAGE, text);
	}
	worst = worst_of(all, e, options->worst);
	e->whole = !worst->len;
	if (e->whole)
		return EXIT_OK;
	if (worst->len < options->worst) {
		g_autofree char *text =
			g_strdup_printf("%" PRIu64 " deadlines were due, so none is number %u",
					e->due, options->worst);
		return run_failed(e->result, EXIT_USAGE, text);
	}
	const struct candidate *c = &g_array_index(worst, struct candidate, options->worst - 1);

	life_init(&e->life, c->vcpu, c->n);
	e->rank = options->worst;
	e->best = c->best;
	return EXIT_OK;
}

/* --- other kernels --- */

/* The run under @kernel, up to the end of the deadline's life, or as a whole. False: such a kernel
 * cannot run it, or e->starved. */
static bool follow(struct explanation *e, const struct explain_options *options,
		   const struct kernel *kernel, struct explain_other *ret, uint64_t *fingerprint)
{
	struct world_config config = e->result->run->config;
	struct sim_limits limits = *options->limits;
	struct counts counts = { .sink = { .record = count_record } };
	const char *refused;

	config.kernel = *kernel;
	if (e->events < UINT64_MAX / EVENTS_FACTOR - EVENTS_MORE)
		limits.max_events = MIN(limits.max_events, EVENTS_FACTOR * e->events + EVENTS_MORE);
	struct world *world = world_new(&config, &limits, &refused);
	if (!world) {
		e->starved |= !refused;
		return false;
	}
	life_init(&ret->life, e->life.vcpu, e->life.n);
	if (!e->whole)
		life_watch(&ret->life, world);
	trace_add_sink(world_trace(world), &counts.sink);
	const enum sim_stop stop = world_run(world);
	const uint64_t events = sim_counts(world_sim(world)).dispatched;
	const bool broken = sim_broken(world_sim(world))->id != NULL;

	if (!e->whole)
		life_end(&ret->life);
	ret->interrupts = counts.interrupts;
	ret->exits = counts.exits;
	*fingerprint = trace_fingerprint(world_trace(world));
	world_free(world);
	if (broken)
		return false;
	ret->beyond = stop == SIM_STOP_END || stop == SIM_STOP_DRAINED || stop == SIM_STOP_ASKED
			      ? 0
			      : events;
	return true;
}

static bool parts(const struct explanation *e, struct explain_other *other, uint64_t fingerprint)
{
	other->step = STEP_END;
	if (other->beyond)
		return true;
	if (e->whole)
		return fingerprint != e->fingerprint;
	other->step = life_compare(&e->life, &other->life, &other->part);
	return other->step != STEP_SAME;
}

/* Which of the forms of one commit have an effect without the others? */
static void try_alone(struct explanation *e, const struct explain_options *options,
		      struct explain_other *other)
{
	const GArray *changes = other->neighbour->changes;

	for (guint i = 0; changes->len > 1 && i < changes->len; i++) {
		const struct form_change *change = &g_array_index(changes, struct form_change, i);
		struct kernel kernel = e->result->run->config.kernel;
		struct explain_other alone = { 0 };
		uint64_t fingerprint;

		form_change_make(&kernel, change);
		if (follow(e, options, &kernel, &alone, &fingerprint) &&
		    parts(e, &alone, fingerprint))
			g_array_append_val(other->alone, *change);
	}
}

static void try_neighbour(struct explanation *e, const struct explain_options *options,
			  const struct neighbour *neighbour)
{
	struct explain_other other = { .neighbour = neighbour };
	uint64_t fingerprint;

	if (!follow(e, options, &neighbour->kernel, &other, &fingerprint))
		return;
	e->tried++;
	if (!parts(e, &other, fingerprint))
		return;
	other.alone = g_array_new(FALSE, FALSE, sizeof(struct form_change));
	try_alone(e, options, &other);
	g_array_append_val(e->others, other);
}

/* --- all of it --- */

static uint32_t guest_id(const struct world_config *cfg, uint32_t index)
{
	uint32_t vm = 0;

	for (; index >= cfg->vms[vm].n_vcpus; vm++)
		index -= cfg->vms[vm].n_vcpus;
	return cfg->vms[vm].vcpus[index].id;
}

static int explain_one(const struct explain *all, struct explanation *e,
		       const struct explain_options *options)
{
	const struct world_config *config = &e->result->run->config;
	int status = choose(all, e, options);

	if (status != EXIT_OK)
		return status;
	if (!e->whole) {
		struct explain_other same = { 0 };
		uint64_t fingerprint;

		e->vcpu_id = guest_id(config, e->life.vcpu);
		follow(e, options, &config->kernel, &same, &fingerprint);
		e->life = same.life;
	}
	e->others = g_array_new(FALSE, FALSE, sizeof(struct explain_other));
	e->neighbours = neighbours_of(&config->kernel, e->result->run->release);
	for (guint i = 0; i < e->neighbours->len; i++)
		try_neighbour(e, options, g_ptr_array_index(e->neighbours, i));
	return e->starved ? run_has_no_world(e->result, NULL) : EXIT_OK;
}

int explain_run(struct replay *replay, const struct explain_options *options, struct explain *all)
{
	int status = EXIT_OK;

	*all = (struct explain){ .of = g_new0(struct explanation, replay->n_results) };
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].run)
			all->of[all->n++].result = &replay->results[i];
	for (uint32_t i = 0; i < all->n && status == EXIT_OK; i++)
		status = run_variant(&all->of[i], options->limits);
	for (uint32_t i = 0; i < all->n && status == EXIT_OK; i++)
		status = explain_one(all, &all->of[i], options);
	return status;
}

void explain_clear(struct explain *all)
{
	for (uint32_t i = 0; i < all->n; i++) {
		struct explanation *e = &all->of[i];

		for (guint k = 0; e->others && k < e->others->len; k++)
			g_array_unref(g_array_index(e->others, struct explain_other, k).alone);
		if (e->others)
			g_array_unref(e->others);
		if (e->neighbours)
			neighbours_free(e->neighbours);
		deadlines_free(e->deadlines);
	}
	g_free(all->of);
}
