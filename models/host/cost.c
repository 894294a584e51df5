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

static ps_t to_ps(struct quantity q, khz_t tsc_khz)
{
	return q.unit == QUANTITY_PS ? ps(q.v) : clock_cycles_to_ps(tsc_khz, q.v);
}

uint64_t cost_profile_bytes(const struct cost_config config[COST_COUNT])
{
	uint64_t total = 0;

	for (unsigned i = 0; i < COST_COUNT; i++)
		total += config[i].n ? config[i].n : 1;
	return total * sizeof(ps_t);
}

bool cost_profile_init(struct cost_profile *p, const struct cost_config config[COST_COUNT],
		       khz_t tsc_khz)
{
	p->storage = malloc((size_t)cost_profile_bytes(config));
	if (!p->storage)
		return false;

	ps_t *q = p->storage;
	for (unsigned i = 0; i < COST_COUNT; i++) {
		const struct cost_config *c = &config[i];

		p->cost[i] = (struct cost){ .n = c->n ? c->n : 1,
					    .quantile = q,
					    .nohz_full = to_ps(c->nohz_full, tsc_khz) };
		if (!c->n)
			*q++ = ps(costs[i].ns * PS_PER_NS);
		for (uint32_t k = 0; k < c->n; k++)
			*q++ = to_ps((struct quantity){ c->value[k], c->unit }, tsc_khz);
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

uint64_t cost_streams_used(const struct cost_streams *s)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < COST_COUNT; i++)
		used += s->stream[i].used;
	return used;
}

static ps_t draw(const struct cost *c, struct sim_random *stream)
{
	if (c->n == 1)
		return c->quantile[0];

	/* A uniform point on [0, n-1): the integer part chooses the step, the fraction the place on
	 * it. */
	const struct wide point = wide_mul(sim_random_u64(stream), c->n - 1);
	const uint32_t step = (uint32_t)point.hi;
	uint64_t low = c->quantile[step].v;
	uint64_t rise = c->quantile[step + 1].v - low;

	return ps(low + wide_mul(rise, point.lo).hi);
}

ps_t cost_draw(const struct cost_profile *p, struct cost_streams *s, enum cost_id id,
	       bool nohz_full)
{
	const struct cost *c = &p->cost[id];
	const ps_t cost = draw(c, &s->stream[id]);

	return nohz_full ? ps_add(cost, c->nohz_full) : cost;
}
