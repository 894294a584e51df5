/* SPDX-License-Identifier: MIT */
#include "workload.h"

static const struct workload *const workloads[] = {
	&workload_tscdeadline_latency,
	&workload_busy,
	&workload_recorded,
	&workload_program,
};

const struct workload *const *workloads_all(size_t *n)
{
	*n = sizeof(workloads) / sizeof(workloads[0]);
	return workloads;
}
