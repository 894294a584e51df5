/* SPDX-License-Identifier: MIT */
#include "cost.h"

#include "clock.h"

#include <stdlib.h>

static const struct {
	const char *name, *help;
	uint64_t ns;
} costs[COST_COUNT] = {
#define COST(name, ns, what) { #name, what, ns },
	COSTS(COST)
#undef COST
};

const char *cost_name(enum cost_id id) { return costs[id].name; }
const char *cost_help(enum cost_id id) { return costs[id].help; }
uint64_t cost_default_ns(enum cost_id id) { return costs[id].ns; }

bool cost_profile_init(struct cost_profile *p, const struct cost_config config[COST_COUNT],
		       khz_t tsc_khz)
{
	size_t total = 0;

	for (unsigned i = 0; i < COST_COUNT; i++)
		total += config[i].n ? config[i].n : 1;
	p->storage = malloc(total * sizeof(*p->storage));
	if (!p->storage)
		return false;

	ps_t *q = p->storage;
	for (unsigned i = 0; i < COST_COUNT; i++) {
		const struct cost_config *c = &config[i];

		p->cost[i] = (struct cost){ .n = c->n ? c->n : 1, .quantile = q };
		if (!c->n)
			*q++ = ps(costs[i].ns * PS_PER_NS);
		for (uint32_t k = 0; k < c->n; k++)
			*q++ = c->unit == QUANTITY_PS ? ps(c->value[k])
						      : clock_cycles_to_ps(tsc_khz, c->value[k]);
	}
	return true;
}

void cost_profile_free(struct cost_profile *p)
{
	free(p->storage);
	p->storage = NULL;
}

void cost_streams_init(struct cost_streams *s, uint64_t seed, uint32_t entity)
{
	for (uint32_t i = 0; i < COST_COUNT; i++)
		sim_random_init(&s->stream[i], seed, PURPOSE_COST + i, entity);
}

ps_t cost_draw(const struct cost_profile *p, struct cost_streams *s, enum cost_id id)
{
	const struct cost *c = &p->cost[id];

	if (c->n == 1)
		return c->quantile[0];

	/* A uniform point on [0, n-1): the integer part chooses the step, the fraction the place on
	 * it. */
	u128 point = (u128)sim_random_u64(&s->stream[id]) * (c->n - 1);
	uint32_t step = (uint32_t)(point >> 64);
	uint64_t low = c->quantile[step].v;
	uint64_t rise = c->quantile[step + 1].v - low;

	return ps(low + (uint64_t)((u128)rise * (uint64_t)point >> 64));
}
