/* SPDX-License-Identifier: MIT */
/* Ours: embedded events, armed and moved in place, callbacks, invariants on. */
#include "bench_load.h"
#include "sim_state.h"

#include <stdlib.h>

/* On a cache line of its own, as far as one event is concerned. */
struct actor {
	struct sim_event event;
	uint32_t id;
	uint32_t unused;
};
_Static_assert(sizeof(struct actor) == 64, "a cache line");

struct state {
	struct bench_run run;
	struct sim *sim;
	struct actor *actors;
};

/* The one that runs: a callback finds it without a pointer in each actor. */
static struct state *running;

static void fire(struct sim *sim, struct sim_event *ev)
{
	struct actor *actor = sim_container_of(ev, struct actor, event);
	struct bench_run *run = &running->run;
	const ps_t now = sim_now(sim);

	bench_fired(run, now.v, actor->id);
	sim_event_arm(sim, ev, ps_add(now, ps(bench_increment(run))));
	for (uint32_t i = 0; i < run->load->cancels; i++)
		sim_event_arm(sim, &running->actors[bench_victim(run)].event,
			      ps_add(now, ps(bench_increment(run))));
	if (--run->left == 0)
		sim_ask_stop(sim);
}

static const struct sim_event_type fire_type = { "fire", SIM_PHASE_CPU, fire };

static void *start(const struct bench_load *load)
{
	struct state *state = calloc(1, sizeof(*state));
	struct sim_limits limits = SIM_LIMITS_DEFAULT;

	limits.max_events = UINT64_MAX;
	limits.max_same_instant = UINT64_MAX;
	limits.max_pending = load->n;
	state->actors = aligned_alloc(sizeof(*state->actors), load->n * sizeof(*state->actors));
	state->sim = sim_new(&limits);
	bench_run_init(&state->run, load);
	for (uint32_t i = 0; i < load->n; i++) {
		state->actors[i].id = i;
		sim_event_init(&state->actors[i].event, &fire_type, i);
		sim_event_arm(state->sim, &state->actors[i].event,
			      ps(bench_increment(&state->run)));
	}
	return state;
}

static void run(void *opaque, uint64_t events)
{
	struct state *state = opaque;

	running = state;
	state->run.left = events;
	sim_run(state->sim, PS_NEVER);
}

static const struct bench_run *progress(void *opaque) { return &((struct state *)opaque)->run; }

static size_t bytes(void *opaque)
{
	struct state *state = opaque;

	/* Nothing is allocated when events are armed: struct sim is all there is. */
	return sizeof(struct sim_event) + sizeof(struct sim_queue) / state->run.load->n;
}

static void stop(void *opaque)
{
	struct state *state = opaque;

	sim_free(state->sim);
	free(state->actors);
	free(state);
}

const struct bench_queue bench_sim = { "lapicsim", start, run, progress, bytes, stop };
