/* SPDX-License-Identifier: MIT */
#include "workload_table.h"

#include "workload.h"

#define WORKLOADS_MAX 64

const struct scenario_workload *workload_table(size_t *n)
{
	static struct scenario_workload table[WORKLOADS_MAX];
	static gsize filled;
	const struct workload *const *all = workloads_all(n);

	if (g_once_init_enter(&filled)) {
		g_assert(*n <= WORKLOADS_MAX);
		for (size_t i = 0; i < *n; i++)
			table[i] = (struct scenario_workload){
				.name = all[i]->name,
				.needs_file = all[i]->recorded,
				.keys = all[i]->uses,
				.help = all[i]->help,
				.workload = all[i],
			};
		g_once_init_leave(&filled, 1);
	}
	return table;
}
