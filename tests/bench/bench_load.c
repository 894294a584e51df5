/* SPDX-License-Identifier: MIT */
#include "bench_load.h"

#include <math.h>

#define MEAN 1e9

/* The quantile at @u in (0, 1). */
static double quantile(enum bench_shape shape, double u)
{
	switch (shape) {
	case BENCH_EXPONENTIAL: return -log(1 - u) * MEAN;
	case BENCH_UNIFORM: return u * 2 * MEAN;
	/* Nine of ten in [0, 0.2], one in [9.0, 9.2] of the mean. */
	case BENCH_BIMODAL:
		return u < 0.9 ? u / 0.9 * 0.2 * MEAN : (9 + (u - 0.9) / 0.1 * 0.2) * MEAN;
	default: return MEAN;
	}
}

void bench_load_init(struct bench_load *load, enum bench_shape shape, uint32_t n, uint32_t cancels)
{
	uint64_t random = 1442695040888963407u;

	load->n = n;
	load->cancels = cancels;
	for (uint32_t i = 0; i < BENCH_INCREMENTS; i++)
		load->increments[i] = (uint64_t)quantile(shape, (i + 0.5) / BENCH_INCREMENTS) + 1;
	for (uint32_t i = BENCH_INCREMENTS - 1; i > 0; i--) {
		random = random * 6364136223846793005u + 1;
		uint32_t other = (uint32_t)((random >> 32) * (i + 1) >> 32);
		uint64_t swap = load->increments[i];

		load->increments[i] = load->increments[other];
		load->increments[other] = swap;
	}
}

const char *bench_shape_name(enum bench_shape shape)
{
	static const char *const names[BENCH_SHAPES] = { "exponential", "uniform", "bimodal",
							 "ties" };

	return names[shape];
}
