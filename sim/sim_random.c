/* SPDX-License-Identifier: MIT */
#include "sim_random.h"

#include "sim_wide.h"
#include "sim_wrap.h"

#include <Random123/philox.h>

void sim_random_init(struct sim_random *r, uint64_t seed, uint32_t purpose, uint32_t entity)
{
	*r = (struct sim_random){ .seed = seed, .purpose = purpose, .entity = entity };
}

/* A block a draw: half of its 128 bits is thrown away, so that draw k needs nothing but k. */
uint64_t sim_random_u64(struct sim_random *r)
{
	const philox4x32_key_t key = { { (uint32_t)r->seed, (uint32_t)(r->seed >> 32) } };
	const philox4x32_ctr_t counter = { { (uint32_t)r->used, (uint32_t)(r->used >> 32),
					     r->purpose, r->entity } };
	const philox4x32_ctr_t block = philox4x32_R(10, counter, key);

	r->used = wrap_add(r->used, 1);
	return (uint64_t)block.v[1] << 32 | block.v[0];
}

uint64_t sim_random_below(struct sim_random *r, uint64_t n)
{
	return wide_mul(sim_random_u64(r), n).hi;
}
