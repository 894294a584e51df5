/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include "import_plan.h"
#include "simulated_events.h"
#include "world.h"

#include <inttypes.h>
#include <string.h>

#define TUNED_MIN 100 /* errors that the tuner of v5.4 on takes [cycles] */
#define TUNED_MAX 10000

/* --- one side --- */

struct side { /* of one vCPU in one run */
	const struct observed_vcpu *seen;
	guint place; /* in its outcomes */
};

static const struct observed_outcome *outcome(const struct side *s, guint i)
{
	return &g_array_index(s->seen->became.outcomes, struct observed_outcome, i);
}

/* The next one that was injected, of arming @arm (periodic timers: of any). NULL: none. */
static const struct observed_outcome *next_injected(struct side *s, uint32_t arm, bool any)
{
	for (; s->place < s->seen->became.outcomes->len; s->place++) {
		const struct observed_outcome *o = outcome(s, s->place);

		if (!any && o->arm > arm)
			return NULL;
		if (!o->injected || (!any && o->arm < arm))
			continue;
		s->place++;
		return o;
	}
	return NULL;
}

struct vcpu_pair {
	struct side recorded, predicted;
	const struct import_plan *plan; /* the recording's clocks */
	const struct import_vcpu *vcpu;
	const struct world_config *config;
	const struct guest_config *guest;
	uint64_t tsc_offset; /* the scenario's */
	uint32_t index;
	const GArray *csv; /* of struct guest_row; NULL: none */
	const struct summary *summary;
	guint csv_place, summary_place; /* what is before was another's */
};

static uint64_t tsc_in_run(const struct vcpu_pair *p, uint64_t ps)
{
	return p->config->host.start_tsc +
	       (uint64_t)((unsigned __int128)ps * p->config->host.tsc_khz.v / 1000000000) +
	       p->tsc_offset;
}

static bool periodic(const struct vcpu_pair *p)
{
	return p->guest->recorded_timer == LAPIC_MODE_PERIODIC;
}

/* The deadline of the k-th delivery, which arming @arm asked for. */
static uint64_t deadline_of(const struct vcpu_pair *p, uint32_t arm, guint k)
{
	const uint64_t *from = p->guest->recorded_arm_tsc, *to = p->guest->recorded_deadline_tsc;

	if (periodic(p))
		return from[0] + (k + 1) * (to[0] - from[0]);
	return arm < p->guest->n_recorded ? to[arm] : 0;
}

/* What the guest wrote down of it: by its deadline, or, if that is a count, by its place. Both come
 * in the order in which they were armed. */
static const struct guest_row *written_down(struct vcpu_pair *p, uint64_t deadline)
{
	const bool by_deadline = p->guest->recorded_timer == LAPIC_MODE_TSC_DEADLINE;

	for (guint i = p->csv_place; p->csv && i < p->csv->len; i++) {
		const struct guest_row *row = &g_array_index(p->csv, struct guest_row, i);

		if (row->vcpu != p->vcpu->seen->id || (by_deadline && row->deadline != deadline))
			continue;
		p->csv_place = i + 1;
		return row;
	}
	return NULL;
}

/* TSC of the handler in the simulated run: of the next delivery, or, if armings are counted, of
 * arming @arm. */
static bool handler_in_run(struct vcpu_pair *p, uint32_t arm, uint64_t *tsc)
{
	for (; p->summary_place < p->summary->deadlines->len; p->summary_place++) {
		const struct deadline_row *row =
			&g_array_index(p->summary->deadlines, struct deadline_row,
				       p->summary_place);

		if (row->vcpu != p->index || (!periodic(p) && row->n < arm))
			continue;
		if (!periodic(p) && row->n > arm)
			return false;
		if (!row->delivered)
			continue;
		p->summary_place++;
		*tsc = row->deadline + (uint64_t)row->lateness_cycles;
		return true;
	}
	return false;
}

static struct compare_side side_of(const struct observed_outcome *o)
{
	if (!o)
		return (struct compare_side){ 0 };
	return (struct compare_side){
		.there = true,
		.cpu = o->cpu,
		.vcpu_cpu = o->vcpu_cpu,
		.by_hrtimer = o->by_hrtimer,
		.has_delta = o->has_delta,
		.delta = o->delta,
	};
}

/* One delivery of the recording, and what the run has for it. */
static void add_row(struct compared *c, struct vcpu_pair *p, const struct observed_outcome *o,
		    guint k)
{
	const struct observed_outcome *sim = next_injected(&p->predicted, o->arm, periodic(p));
	struct compare_row row = {
		.vcpu = p->vcpu->seen->id,
		.deadline = deadline_of(p, o->arm, k),
		.recorded = side_of(o),
		.predicted = side_of(sim),
	};
	const struct guest_row *written = written_down(p, row.deadline);
	uint64_t tsc;

	if (p->csv && !written)
		return;
	if (written) {
		row.deadline = written->deadline;
		row.recorded.lateness = observed_near((int64_t)(written->isr - row.deadline));
		row.predicted.there &= handler_in_run(p, o->arm, &tsc);
		if (row.predicted.there)
			row.predicted.lateness = observed_near((int64_t)(tsc - row.deadline));
	} else {
		row.recorded.lateness = observed_near(
			(int64_t)(import_guest_tsc(p->plan, p->vcpu, o->entered) - row.deadline));
		if (sim)
			row.predicted.lateness = observed_near(
				(int64_t)(tsc_in_run(p, sim->entered) - row.deadline));
	}
	g_array_append_val(c->rows, row);
}

static void add_vcpu(struct compared *c, struct vcpu_pair *p)
{
	const struct observed_outcome *o;
	guint k = 0;

	for (uint32_t arm = 0; arm < p->recorded.seen->did.arms->len; arm++)
		while ((o = next_injected(&p->recorded, arm, periodic(p))))
			add_row(c, p, o, k++);
}

/* --- totals --- */

static void add_counts(struct observed_counts *to, const struct observed_counts *from)
{
	for (unsigned i = 0; i < OBSERVED_EXIT_KINDS; i++)
		to->reason[i] += from->reason[i];
	to->apic_timer += from->apic_timer;
	to->tick += from->tick;
	to->other += from->other;
}

static void add_totals(struct compare_totals *t, const struct observed_vcpu *v)
{
	add_counts(&t->exits, &v->became.counts);
	for (guint i = 0; i < v->became.outcomes->len; i++) {
		const struct observed_outcome *o =
			&g_array_index(v->became.outcomes, struct observed_outcome, i);

		if (o->by_hrtimer)
			t->fired_on[o->cpu]++;
	}
}

static int by_value(gconstpointer a, gconstpointer b)
{
	const int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

	return one < two ? -1 : one > two;
}

static bool tuned_by(const struct compare_side *s)
{
	return s->has_delta && ABS(s->delta) >= TUNED_MIN && ABS(s->delta) <= TUNED_MAX;
}

/* A tooth ends where the error grows by more than a fifth. */
static uint64_t teeth_of(const GArray *rows, bool predicted)
{
	int64_t last = 0;
	uint64_t teeth = 0;

	for (guint i = 0; i < rows->len; i++) {
		const struct compare_row *row = &g_array_index(rows, struct compare_row, i);
		const struct compare_side *s = predicted ? &row->predicted : &row->recorded;

		if (!s->there || !tuned_by(s))
			continue;
		teeth += s->delta > last + last / 5;
		last = s->delta;
	}
	return teeth;
}

static void total_rows(struct compared *c)
{
	for (guint i = 0; i < c->rows->len; i++) {
		const struct compare_row *row = &g_array_index(c->rows, struct compare_row, i);
		const struct compare_side *r = &row->recorded, *p = &row->predicted;

		g_array_append_val(c->recorded.lateness, r->lateness);
		c->undelivered += !p->there;
		if (!p->there)
			continue;
		g_array_append_val(c->predicted.lateness, p->lateness);
		c->wrong_cpu += r->cpu != p->cpu;
		if (!tuned_by(r) || !p->has_delta)
			continue;
		c->steps++;
		c->steps_near += ABS(p->delta - r->delta) * 20 <= ABS(r->delta);
	}
	g_array_sort(c->recorded.lateness, by_value);
	g_array_sort(c->predicted.lateness, by_value);
	c->recorded.teeth = teeth_of(c->rows, false);
	c->predicted.teeth = teeth_of(c->rows, true);
}

/* --- the run --- */

static const struct observed_vcpu *vcpu_of_run(const struct observed_run *run, unsigned k)
{
	for (unsigned i = 0; i < run->n_vcpus; i++)
		if (run->vcpus[i].did.arms->len && k-- == 0)
			return &run->vcpus[i];
	return NULL;
}

/* The instant of the run at which the recording ends. */
static uint64_t end_of(const struct import_plan *plan, const struct world_config *config)
{
	const int64_t ns = observed_ns(&plan->run->clock, plan->run->last) + plan->clock_offset -
			   (int64_t)config->host.start_monotonic.v;

	return ns < 0 ? 0 : (uint64_t)ns * PS_PER_NS;
}

static bool simulate(struct run_result *result, const struct import_plan *plan,
		     const struct replay_options *options, struct simulated_events *events,
		     struct diagnostics *d)
{
	const struct world_config *config = &result->run->config;
	const char *refused = NULL;
	struct world *world = world_new(config, &options->limits, &refused);
	bool ok;
	uint32_t n;

	if (!world) {
		const int status = run_has_no_world(result, refused);

		return error_plain(d, status, "%s", result->message);
	}
	simulated_events_init(events, world_tasks(world, &n), config->host.vendor == HOST_AMD);
	events->until = end_of(plan, config);
	trace_add_sink(world_trace(world), &events->sink);
	trace_add_sink(world_trace(world), &result->summary.sink);
	ok = world_run(world) <= SIM_STOP_DRAINED && !sim_broken(world_sim(world))->id;
	observed_run_end(events->run);
	world_free(world);
	return ok || error_plain(d, EXIT_BROKEN,
				 "the run of the scenario did not end; lapicsim replay says why");
}

static bool pair_up(struct compared *ret, const struct run_result *result,
		    const struct import_plan *plan, const struct observed_run *predicted,
		    const struct guest_csv *csv, struct diagnostics *d)
{
	const struct world_config *config = &result->run->config;

	for (uint32_t i = 0; i < plan->n_vcpus; i++) {
		struct vcpu_pair p = {
			.recorded = { .seen = plan->vcpus[i].seen },
			.predicted = { .seen = vcpu_of_run(predicted, i) },
			.plan = plan,
			.vcpu = &plan->vcpus[i],
			.config = config,
			.index = i,
			.csv = csv ? csv->rows : NULL,
			.summary = &result->summary,
		};

		if (i >= config->n_vms || !config->vms[i].guest.n_recorded)
			return error_plain(
				d, EXIT_USAGE,
				"the scenario has no VM with a recorded guest for vCPU %u of "
				"the trace; lapicsim import makes one",
				plan->vcpus[i].seen->id);
		p.guest = &config->vms[i].guest;
		p.tsc_offset = config->vms[i].vcpus[0].tsc_offset;
		add_totals(&ret->recorded, p.recorded.seen);
		if (!p.predicted.seen)
			continue;
		add_totals(&ret->predicted, p.predicted.seen);
		add_vcpu(ret, &p);
	}
	return true;
}

static void look_for_digest(struct compared *ret, const struct replay *replay,
			    const struct observed_run *recorded)
{
	g_autofree char *digest = g_strdup_printf("%016" PRIx64, recorded->digest);
	const char *from = replay->file->learned_from;

	ret->profile_says = from != NULL;
	ret->profile_saw = from && strstr(from, digest) != NULL;
}

bool compare_run(struct replay *replay, const struct replay_options *options,
		 const struct observed_run *recorded, const struct trace_facts *facts,
		 const struct guest_csv *csv, struct compared *ret, struct diagnostics *d)
{
	const struct import_options none = { .kernel = "v6.1", .name = "" };
	struct import_plan *plan = import_plan_new(recorded, facts, &none);
	struct simulated_events events = { .run = NULL };
	struct run_result *result = NULL;
	bool ok;

	*ret = (struct compared){
		.rows = g_array_new(FALSE, FALSE, sizeof(struct compare_row)),
		.recorded.lateness = g_array_new(FALSE, FALSE, sizeof(int64_t)),
		.predicted.lateness = g_array_new(FALSE, FALSE, sizeof(int64_t)),
		.by_csv = csv != NULL,
	};
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].run)
			result = &replay->results[i];
	ok = import_plan_check(plan, d) && simulate(result, plan, options, &events, d) &&
	     pair_up(ret, result, plan, events.run, csv, d);
	if (ok) {
		ok = !csv || ret->rows->len || !csv->rows->len ||
		     error_plain(d, EXIT_USAGE,
				 "no deadline of the CSV was delivered in the recording: it stands "
				 "beside another one");
		total_rows(ret);
		look_for_digest(ret, replay, recorded);
	}
	simulated_events_clear(&events);
	import_plan_free(plan);
	return ok;
}

void compared_clear(struct compared *c)
{
	if (!c->rows)
		return;
	g_array_unref(c->rows);
	g_array_unref(c->recorded.lateness);
	g_array_unref(c->predicted.lateness);
	g_free(c->misses);
}
