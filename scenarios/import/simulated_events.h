/* SPDX-License-Identifier: MIT */
/*
 * simulated_events - a simulated run in the words of a recording: the records that the models trace
 * become recorded_events of an observed_run, stamped in ps.
 */
#ifndef SIMULATED_EVENTS_H
#define SIMULATED_EVENTS_H

#include "observed_run.h"
#include "trace.h"

struct simulated_events {
	struct trace_sink sink;
	struct observed_run *run;
	const struct trace_task *tasks;
	bool svm;
	uint64_t until; /* [ps] the recording ends here: what comes later has nothing beside it */
};

void simulated_events_init(struct simulated_events *s, const struct trace_task *tasks, bool svm);
void simulated_events_clear(struct simulated_events *s);

#endif
