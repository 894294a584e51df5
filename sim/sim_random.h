/* SPDX-License-Identifier: MIT */
/*
 * sim_random - named random streams: draw k of a stream is f(seed, purpose, entity, k) and nothing
 * else.
 *
 * Philox4x32-10 (Random123), counter-based: a new consumer never shifts another's draws, and two
 * kernels in one scenario see the same noise for the same k (rule R1).
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

struct sim_random {
	uint64_t seed;
	uint64_t used; /* draws so far: the counter */
	uint32_t purpose, entity;
};

/* @purpose is a fixed number, never reused for another meaning (models/purposes.h). */
void sim_random_init(struct sim_random *r, uint64_t seed, uint32_t purpose, uint32_t entity);

uint64_t sim_random_u64(struct sim_random *r);

/* Uniform in [0, n); n = 0 gives 0. One draw, by the high half of a 64x64 product: the bias is
 * below n/2^64 and the number of draws does not depend on the values. */
uint64_t sim_random_below(struct sim_random *r, uint64_t n);

#endif
