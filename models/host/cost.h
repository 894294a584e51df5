/* SPDX-License-Identifier: MIT */
/*
 * cost - what a piece of code takes, drawn from the host's cost profile.
 *
 * The k-th use of cost X by entity e draws f(seed, e, X, k) and nothing else (R1): another kernel
 * in the same scenario sees the same noise. A constant draws no number.
 *
 * Units: ps. Rounding: cycles become ps once, when the profile is resolved; between two quantiles
 * linear, down.
 */
#ifndef COST_H
#define COST_H

#include "host_config.h"
#include "sim_random.h"

struct cost { /* resolved: in ps */
	uint32_t n;
	ps_t *quantile; /* n, ascending */
	ps_t nohz_full; /* more, on a CPU in nohz_full */
};

struct cost_profile {
	struct cost cost[COST_COUNT];
	ps_t *storage;
};

struct cost_streams {
	struct sim_random stream[COST_COUNT];
}; /* one entity's draws */

/* Numbers of the named random streams: fixed, never reused. */
enum random_purpose { PURPOSE_ARM_JITTER = 1, PURPOSE_COST = 0x100 /* + cost id */ };

/* Entities of different kinds never share a stream. */
enum entity_kind { ENTITY_CPU = 0, ENTITY_VCPU = 0x10000 };

bool cost_profile_init(struct cost_profile *p, const struct cost_config config[COST_COUNT],
		       khz_t tsc_khz);
void cost_profile_free(struct cost_profile *p);
uint64_t cost_profile_bytes(const struct cost_config config[COST_COUNT]); /* that it takes */
void cost_streams_init(struct cost_streams *s, uint64_t seed, uint32_t entity);

/* How often anything was drawn from @s. */
uint64_t cost_streams_used(const struct cost_streams *s);

/* @nohz_full: of the CPU that runs the code. */
ps_t cost_draw(const struct cost_profile *p, struct cost_streams *s, enum cost_id id,
	       bool nohz_full);

const char *cost_name(enum cost_id id);
const char *cost_help(enum cost_id id);
uint64_t cost_default_ns(enum cost_id id);

#endif
