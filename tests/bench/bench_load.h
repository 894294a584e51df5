/* SPDX-License-Identifier: MIT */
/*
 * bench_load - what every event queue under test is asked to do, so that only the queue differs.
 *
 * A load keeps n events pending. A firing one adds its instant and its id to a checksum and arms
 * itself again at now + increment (hold); with cancels it then moves random events to other
 * instants. All queues draw the same increments in the same order, so that equal checksums
 * say that they fired in the same order.
 *
 *	start() -> run() as often as wanted -> stop()
 *
 * Units: instants and increments in ps, with a mean of 10^9.
 * Also read as C++.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_INCREMENTS 16384 /* a power of two */

enum bench_shape { BENCH_EXPONENTIAL, BENCH_UNIFORM, BENCH_BIMODAL, BENCH_TIES, BENCH_SHAPES };

struct bench_load {
	uint32_t n;
	uint32_t cancels; /* events moved after each firing */
	uint64_t increments[BENCH_INCREMENTS];
};

/* Shuffled quantiles of @shape. */
void bench_load_init(struct bench_load *load, enum bench_shape shape, uint32_t n, uint32_t cancels);
const char *bench_shape_name(enum bench_shape shape);

/* What runs in a queue under test. */
struct bench_run {
	const struct bench_load *load;
	uint64_t sum;
	uint64_t left; /* events until run() returns */
	uint64_t drawn;
	uint64_t random;
};

struct bench_queue {
	const char *name;
	void *(*start)(const struct bench_load *load); /* n armed, nothing fired; NULL: no memory */
	void (*run)(void *state, uint64_t events);
	const struct bench_run *(*progress)(void *state);
	size_t (*bytes)(void *state); /* per event, with what an event keeps for the queue */
	void (*stop)(void *state);
};

static inline void bench_run_init(struct bench_run *run, const struct bench_load *load)
{
	run->load = load;
	run->sum = 0;
	run->left = 0;
	run->drawn = 0;
	run->random = 88172645463325252u;
}

static inline uint64_t bench_increment(struct bench_run *run)
{
	return run->load->increments[run->drawn++ % BENCH_INCREMENTS];
}

static inline void bench_fired(struct bench_run *run, uint64_t now, uint32_t id)
{
	run->sum = (run->sum ^ now) * UINT64_C(0x9e3779b97f4a7c15) + id;
}

/* xorshift64; the high half scaled to [0, n). */
static inline uint32_t bench_victim(struct bench_run *run)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (uint32_t)((run->random >> 32) * run->load->n >> 32);
}

#ifdef __cplusplus
extern "C" {
#endif
extern const struct bench_queue bench_sim;   /* ours, through its public interface */
extern const struct bench_queue bench_heap4; /* a 4-ary heap that knows each event's place */
extern const struct bench_queue bench_priority_queue; /* std::priority_queue, cancelling lazily */
extern const struct bench_queue bench_ns3;
extern const struct bench_queue bench_set; /* std::set, a red-black tree whose nodes are reused */
#ifdef __cplusplus
}
#endif

#endif
