/* SPDX-License-Identifier: MIT */
#include "host.h"

#include "host_cpu.h"
#include "nohz.h"
#include "scheduler.h"

#include <stdlib.h>

static void fill_masks(struct host *host)
{
	for (uint32_t i = 0; i < host->n_cpus; i++) {
		const struct cpu_config *cfg = &host->cfg->cpus[i];

		cpu_mask_set(&host->idle, i);
		if (cfg->nohz_full)
			host->nohz_full = true;
		else
			cpu_mask_set(&host->housekeeping, i);
		if (!cfg->isolated)
			cpu_mask_set(&host->domain, i);
		host->expires_next[i] = KTIME_MAX;
	}
	/* A kernel that knows no housekeeping asks nobody: every CPU is alike. */
	if (host->kernel->housekeeping->source == HOUSEKEEPING_ALL)
		for (uint32_t i = 0; i < host->n_cpus; i++)
			cpu_mask_set(&host->housekeeping, i);
}

/* Of each CPU: itself, its next expiry, and its queue. */
uint64_t host_bytes(const struct host_config *cfg, uint32_t n_hrtimers)
{
	const struct host *host = NULL;
	const uint64_t queue = ((uint64_t)n_hrtimers + 1) * sizeof(struct hrtimer *);

	return cfg->n_cpus * (sizeof(*host->cpus) + sizeof(*host->expires_next) + queue) +
	       cost_profile_bytes(cfg->cost);
}

bool host_init(struct host *host, struct sim *sim, struct trace *trace,
	       const struct host_config *cfg, const struct kernel *kernel, uint64_t seed,
	       uint32_t n_hrtimers)
{
	*host = (struct host){
		.sim = sim,
		.trace = trace,
		.cfg = cfg,
		.kernel = kernel,
		.clock = { cfg->tsc_khz, cfg->start_tsc, cfg->start_monotonic.v },
		.n_cpus = cfg->n_cpus,
		.tick_nsec = ns(NSEC_PER_SEC / cfg->hz),
	};
	host->cpus = calloc(cfg->n_cpus, sizeof(*host->cpus));
	host->expires_next = calloc(cfg->n_cpus, sizeof(*host->expires_next));
	if (!host->cpus || !host->expires_next ||
	    !cost_profile_init(&host->costs, cfg->cost, cfg->tsc_khz))
		return false;

	for (uint32_t i = 0; i < cfg->n_cpus; i++) {
		host_cpu_init(&host->cpus[i], host, i, seed);
		/* Any CPU's queue may come to hold every timer. */
		host->cpus[i].hrtimers.heap = calloc(n_hrtimers + 1, sizeof(struct hrtimer *));
		if (!host->cpus[i].hrtimers.heap)
			return false;
	}
	fill_masks(host);
	for (uint32_t i = 0; i < cfg->n_cpus; i++)
		nohz_init(&host->cpus[i]);
	return true;
}

void host_start(struct host *host)
{
	/* All ticks before the first instruction: it may ask for the next event of any CPU. */
	for (uint32_t i = 0; i < host->n_cpus; i++)
		nohz_update(&host->cpus[i]);
	for (uint32_t i = 0; i < host->n_cpus; i++)
		host_cpu_start(&host->cpus[i]);
}

void host_free(struct host *host)
{
	for (uint32_t i = 0; host->cpus && i < host->n_cpus; i++)
		free(host->cpus[i].hrtimers.heap);
	free(host->cpus);
	free(host->expires_next);
	cost_profile_free(&host->costs);
	*host = (struct host){ 0 };
}
