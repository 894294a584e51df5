/* SPDX-License-Identifier: MIT */
#include "trace_filter.h"

#include "sim_event.h"

#include <stdlib.h>
#include <string.h>

struct trace_filter {
	struct trace_sink sink;
	struct trace_sink *to;
	ps_t from, until;
	uint32_t *cpus;
	size_t n_cpus;
	bool event[]; /* by id: it passes */
};

static bool chooses(const char *name, const struct trace_event *event)
{
	const size_t n = strlen(event->system);

	if (strncmp(name, event->system, n) != 0)
		return false;
	return name[n] == '\0' || (name[n] == ':' && !strcmp(name + n + 1, event->name));
}

bool trace_choice_known(const struct trace_schema *schema, const char *name)
{
	for (uint32_t id = 0; id < schema->n_events; id++)
		if (chooses(name, schema->events[id]))
			return true;
	return false;
}

static bool cpu_passes(const struct trace_filter *f, uint32_t cpu)
{
	for (size_t i = 0; i < f->n_cpus; i++)
		if (f->cpus[i] == cpu)
			return true;
	return f->n_cpus == 0;
}

static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	const struct trace_filter *f = sim_container_of(sink, struct trace_filter, sink);

	if (f->event[rec->event] && rec->when.v >= f->from.v && rec->when.v <= f->until.v &&
	    cpu_passes(f, rec->cpu))
		f->to->record(f->to, rec);
}

struct trace_filter *trace_filter_new(const struct trace_schema *schema,
				      const struct trace_choice *choice, struct trace_sink *to)
{
	struct trace_filter *f = calloc(1, sizeof(*f) + schema->n_events * sizeof(f->event[0]));

	if (!f)
		return NULL;
	f->cpus = calloc(choice->n_cpus + 1, sizeof(*f->cpus));
	if (!f->cpus) {
		free(f);
		return NULL;
	}
	f->sink.record = on_record;
	f->to = to;
	f->from = choice->from;
	f->until = choice->to;
	f->n_cpus = choice->n_cpus;
	if (choice->n_cpus)
		memcpy(f->cpus, choice->cpus, choice->n_cpus * sizeof(*f->cpus));
	for (uint32_t id = 0; id < schema->n_events; id++) {
		f->event[id] = choice->n_events == 0;
		for (size_t i = 0; i < choice->n_events; i++)
			if (chooses(choice->events[i], schema->events[id]))
				f->event[id] = true;
	}
	return f;
}

struct trace_sink *trace_filter_sink(struct trace_filter *filter) { return &filter->sink; }

void trace_filter_free(struct trace_filter *filter)
{
	if (!filter)
		return;
	free(filter->cpus);
	free(filter);
}
