/* SPDX-License-Identifier: MIT */
#include "workload.h"

static const struct workload *const workloads[] = {
	&workload_tscdeadline_latency,
	&workload_busy,
	&workload_recorded,
	&workload_program,
	&workload_vmexit,
	&workload_cyclictest,
	&workload_periodic_tick,
	&workload_idle_nohz,
};

const struct workload *const *workloads_all(size_t *n)
{
	*n = sizeof(workloads) / sizeof(workloads[0]);
	return workloads;
}
