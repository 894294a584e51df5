// SPDX-License-Identifier: MIT
/*
 * planted - lapicsim with a bug: LAPICSIM_PLANT names the invariant that it breaks, 10 ms into
 * each run. All else is the shipped program; world_run() is wrapped by the linker.
 */
#include "hrtimer.h"
#include "sim_state.h"
#include "world_state.h"

#include <stdlib.h>
#include <string.h>

enum sim_stop __wrap_world_run(struct world *world);
enum sim_stop __real_world_run(struct world *world);

static void lose_a_cancel(struct world *w) { w->sim->cancelled--; }
static void clock_back(struct world *w) { w->vcpus[0].tsc_offset -= 20000000; }
static void armed_twice(struct world *w) { w->vcpus[0].timer.hv_in_use = true; }
static void pending_for_nobody(struct world *w) { w->vcpus[0].timer.ended++; }
static void time_from_nowhere(struct world *w) { w->host.cpus[0].time[CPU_TIME_IRQ]++; }

static const struct {
	const char *id;
	void (*plant)(struct world *world);
} faults[] = {
	{ "A4", lose_a_cancel },      { "B1", clock_back },        { "C3", armed_twice },
	{ "D1", pending_for_nobody }, { "E2", time_from_nowhere },
};

static struct world *planted_in;
static struct sim_event planted;

static void plant(struct sim *sim, struct sim_event *ev)
{
	const char *id = getenv("LAPICSIM_PLANT");

	for (unsigned i = 0; id && i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i].id, id))
			faults[i].plant(planted_in);
}

static const struct sim_event_type plant_type = { "planted", SIM_PHASE_DEVICE, plant };

enum sim_stop __wrap_world_run(struct world *world)
{
	planted_in = world;
	sim_event_init(&planted, &plant_type, 0);
	sim_event_arm(world_sim(world), &planted, ps(10 * PS_PER_MS));
	return __real_world_run(world);
}
