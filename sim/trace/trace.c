/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Everything inline: the core links nothing but libc. */
#define XXH_INLINE_ALL
#include <xxhash.h>

/* Records are hashed in batches, because a call for each costs more than the hash. */
#define BATCH 4096
#define RECORD_MAX (8 + 4 + 4 + 8 * TRACE_VALUES_MAX)

struct trace {
	const struct trace_schema *schema;
	struct trace_sink *sinks, **last_sink;
	uint64_t count;
	uint64_t *checkpoint;
	size_t n_checkpoints, checkpoint_capacity;
	bool incomplete;
	size_t filled; /* bytes of batch[] that are not in hash yet */
	XXH64_state_t hash;
	unsigned char batch[BATCH];
};

/* The writers rely on it, and an id is part of the fingerprint. */
static bool schema_is_sound(const struct trace_schema *schema)
{
	bool sound = true;

	for (uint32_t id = 0; id < schema->n_events; id++)
		sound &= schema->events[id]->id == id &&
			 schema->events[id]->n_fields <= TRACE_VALUES_MAX;
	return sound;
}

struct trace *trace_new(const struct trace_schema *schema)
{
	struct trace *trace;

	assert(schema_is_sound(schema));
	trace = calloc(1, sizeof(*trace));
	if (!trace)
		return NULL;
	trace->schema = schema;
	trace->last_sink = &trace->sinks;
	XXH64_reset(&trace->hash, 0);
	return trace;
}

void trace_free(struct trace *trace)
{
	if (!trace)
		return;
	free(trace->checkpoint);
	free(trace);
}

const struct trace_schema *trace_schema(const struct trace *trace) { return trace->schema; }

void trace_add_sink(struct trace *trace, struct trace_sink *sink)
{
	sink->next = NULL;
	*trace->last_sink = sink;
	trace->last_sink = &sink->next;
}

static unsigned char *put_le32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
	p[2] = (unsigned char)(v >> 16);
	p[3] = (unsigned char)(v >> 24);
	return p + 4;
}

static unsigned char *put_le64(unsigned char *p, uint64_t v)
{
	return put_le32(put_le32(p, (uint32_t)v), (uint32_t)(v >> 32));
}

/* Out of line, because inlined into a caller that knows the length gcc 12 warns of a copy it cannot
 * make. */
__attribute__((noinline)) static void absorb(XXH64_state_t *hash, const unsigned char *bytes,
					     size_t n)
{
	XXH64_update(hash, bytes, n);
}

static void hash_record(struct trace *trace, const struct trace_record *rec)
{
	unsigned char *p;

	if (trace->filled > BATCH - RECORD_MAX) {
		absorb(&trace->hash, trace->batch, trace->filled);
		trace->filled = 0;
	}
	p = put_le64(trace->batch + trace->filled, rec->when.v);
	p = put_le32(p, rec->event);
	p = put_le32(p, rec->entity);
	for (uint32_t i = 0; i < rec->n_values; i++)
		p = put_le64(p, rec->value[i]);
	trace->filled = (size_t)(p - trace->batch);
}

static void add_checkpoint(struct trace *trace)
{
	if (trace->incomplete)
		return;
	if (trace->n_checkpoints == trace->checkpoint_capacity) {
		size_t capacity = trace->checkpoint_capacity ? trace->checkpoint_capacity * 2 : 16;
		uint64_t *grown = realloc(trace->checkpoint, capacity * sizeof(*grown));

		if (!grown) {
			trace->incomplete = true;
			return;
		}
		trace->checkpoint = grown;
		trace->checkpoint_capacity = capacity;
	}
	trace->checkpoint[trace->n_checkpoints++] = trace_fingerprint(trace);
}

void trace_emit(struct trace *trace, const struct trace_record *rec)
{
	assert(rec->event < trace->schema->n_events);
	assert(rec->n_values == trace->schema->events[rec->event]->n_fields);

	hash_record(trace, rec);
	trace->count++;
	if (trace->count % TRACE_CHECKPOINT_EVERY == 0)
		add_checkpoint(trace);
	for (struct trace_sink *sink = trace->sinks; sink; sink = sink->next)
		sink->record(sink, rec);
}

uint64_t trace_fingerprint(const struct trace *trace)
{
	XXH64_state_t hash = trace->hash;

	absorb(&hash, trace->batch, trace->filled);
	return XXH64_digest(&hash);
}

uint64_t trace_count(const struct trace *trace) { return trace->count; }

size_t trace_checkpoints(const struct trace *trace, const uint64_t **ret)
{
	*ret = trace->checkpoint;
	return trace->n_checkpoints;
}

bool trace_checkpoints_complete(const struct trace *trace) { return !trace->incomplete; }

const struct trace_event *trace_event_by_name(const struct trace_schema *schema, const char *name)
{
	for (uint32_t id = 0; id < schema->n_events; id++)
		if (!strcmp(schema->events[id]->name, name))
			return schema->events[id];
	return NULL;
}
