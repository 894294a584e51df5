/* SPDX-License-Identifier: MIT */
/* workload_table - the guests' workloads as the scenario reader wants them. */
#ifndef WORKLOAD_TABLE_H
#define WORKLOAD_TABLE_H

#include "scenario.h"

const struct scenario_workload *workload_table(size_t *n);

#endif
