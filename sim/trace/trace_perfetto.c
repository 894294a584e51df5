/* SPDX-License-Identifier: MIT */
#include "trace_perfetto.h"

#include "sim_event.h"
#include "sim_wrap.h"
#include "trace_bytes.h"
#include "trace_payload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of the messages that are written. */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_FTRACE_EVENTS = 1,
	PACKET_PROCESS_TREE = 2,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_SYSTEM_INFO = 45,
	PACKET_TRACK_DESCRIPTOR = 60,
};
enum { SYSTEM_INFO_UTSNAME = 1, UTSNAME_SYSNAME = 1, UTSNAME_RELEASE = 3, UTSNAME_MACHINE = 4 };
enum { TREE_PROCESSES = 1, TREE_THREADS = 2 };
enum { PROCESS_PID = 1, PROCESS_PPID = 2, PROCESS_CMDLINE = 3 };
enum { THREAD_TID = 1, THREAD_NAME = 2, THREAD_TGID = 3 };
enum { DESCRIPTOR_UUID = 1, DESCRIPTOR_NAME = 2, DESCRIPTOR_COUNTER = 8, COUNTER_UNIT_NAME = 6 };
enum {
	EVENT_ANNOTATIONS = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK_UUID = 11,
	EVENT_NAME = 23,
	EVENT_COUNTER_VALUE = 30,
	EVENT_FLOW_IDS = 47,
	EVENT_TERMINATING_FLOW_IDS = 48,
};
enum { TYPE_SLICE_BEGIN = 1, TYPE_SLICE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };
enum { ANNOTATION_UINT = 3, ANNOTATION_INT = 4, ANNOTATION_STRING = 6, ANNOTATION_NAME = 10 };
enum { BUNDLE_CPU = 1, BUNDLE_EVENT = 2 };
enum { FTRACE_TIMESTAMP = 1, FTRACE_PID = 2, FTRACE_SCHED_SWITCH = 4 };
enum {
	SWITCH_PREV_COMM = 1,
	SWITCH_PREV_PID,
	SWITCH_PREV_PRIO,
	SWITCH_PREV_STATE,
	SWITCH_NEXT_COMM,
	SWITCH_NEXT_PID,
	SWITCH_NEXT_PRIO,
};

#define SEQUENCE_ID 1
#define SEQUENCE_INCREMENTAL_STATE_CLEARED 1

struct lane { /* one track of one entity */
	bool described;
	uint32_t depth; /* open slices */
};

struct lanes { /* of one track, by entity */
	struct lane *lane;
	uint32_t n;
};

struct flow { /* of one entity */
	uint64_t id;
	enum trace_flow stage; /* the last that took part */
};

struct trace_perfetto {
	struct trace_writer writer;
	struct trace_machine machine;
	struct payload_tasks tasks;
	FILE *out;
	struct trace_bytes buf; /* one packet */
	struct lanes *lanes;    /* by track */
	struct flow *flows;     /* by entity */
	uint32_t n_flows;
	uint64_t last_flow;
	bool *cpu_known; /* who runs there has been written */
	bool failed;
};

/* --- protobuf --- */

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

static void put_varint(struct trace_bytes *b, uint64_t v)
{
	while (v >= 128) {
		bytes_le(b, (v & 127) | 128, 1);
		v >>= 7;
	}
	bytes_le(b, v, 1);
}

static void put_key(struct trace_bytes *b, unsigned field, unsigned wire)
{
	put_varint(b, field << 3 | wire);
}

static void put_uint(struct trace_bytes *b, unsigned field, uint64_t v)
{
	put_key(b, field, WIRE_VARINT);
	put_varint(b, v);
}

static void put_text(struct trace_bytes *b, unsigned field, const char *s, size_t n)
{
	put_key(b, field, WIRE_BYTES);
	put_varint(b, n);
	bytes_put(b, s, n);
}

static void put_string(struct trace_bytes *b, unsigned field, const char *s)
{
	put_text(b, field, s, strlen(s));
}

static void put_comm(struct trace_bytes *b, unsigned field, const struct trace_task *task)
{
	put_text(b, field, task->comm, strnlen(task->comm, sizeof(task->comm)));
}

static void put_signed(struct trace_bytes *b, unsigned field, int32_t v)
{
	put_uint(b, field, (uint64_t)(int64_t)v);
}

/* A message within: its length takes two bytes whatever it is, and is known at its end. */
static size_t begin_message(struct trace_bytes *b, unsigned field)
{
	put_key(b, field, WIRE_BYTES);
	bytes_zero(b, 2);
	return b->n;
}

static void end_message(struct trace_bytes *b, size_t begin)
{
	const size_t length = b->n - begin;

	assert(length < 1 << 14);
	bytes_set_le(b, begin - 2, (length & 127) | 128 | length >> 7 << 8, 2);
}

/* --- packets --- */

static uint64_t stamp_of(const struct trace_perfetto *p, const struct trace_record *rec)
{
	return p->machine.start_ns + rec->when.v / PS_PER_NS;
}

static size_t begin_packet(struct trace_perfetto *p, uint64_t stamp)
{
	size_t packet;

	p->buf.n = 0;
	packet = begin_message(&p->buf, TRACE_PACKET);
	put_uint(&p->buf, PACKET_TIMESTAMP, stamp);
	put_uint(&p->buf, PACKET_SEQUENCE_ID, SEQUENCE_ID);
	return packet;
}

static void end_packet(struct trace_perfetto *p, size_t packet)
{
	end_message(&p->buf, packet);
	if (p->buf.failed)
		p->failed = true;
	else
		fwrite(p->buf.data, 1, p->buf.n, p->out);
}

/* Which kernel's task states and events these are. */
static void write_system(struct trace_perfetto *p)
{
	const size_t packet = begin_packet(p, p->machine.start_ns);
	size_t info, name;

	put_uint(&p->buf, PACKET_SEQUENCE_FLAGS, SEQUENCE_INCREMENTAL_STATE_CLEARED);
	info = begin_message(&p->buf, PACKET_SYSTEM_INFO);
	name = begin_message(&p->buf, SYSTEM_INFO_UTSNAME);
	put_string(&p->buf, UTSNAME_SYSNAME, "Linux");
	put_string(&p->buf, UTSNAME_RELEASE, "6.1.0");
	put_string(&p->buf, UTSNAME_MACHINE, "x86_64");
	end_message(&p->buf, name);
	end_message(&p->buf, info);
	end_packet(p, packet);
}

/* A process of its own for each thread, as in trace_perf. */
static void write_task(struct trace_perfetto *p, const struct trace_task *task)
{
	const size_t packet = begin_packet(p, p->machine.start_ns);
	const size_t tree = begin_message(&p->buf, PACKET_PROCESS_TREE);
	size_t item = begin_message(&p->buf, TREE_PROCESSES);

	put_signed(&p->buf, PROCESS_PID, task->pid);
	put_uint(&p->buf, PROCESS_PPID, 0);
	put_comm(&p->buf, PROCESS_CMDLINE, task);
	end_message(&p->buf, item);
	item = begin_message(&p->buf, TREE_THREADS);
	put_signed(&p->buf, THREAD_TID, task->pid);
	put_comm(&p->buf, THREAD_NAME, task);
	put_signed(&p->buf, THREAD_TGID, task->pid);
	end_message(&p->buf, item);
	end_message(&p->buf, tree);
	end_packet(p, packet);
}

static uint64_t uuid_of(uint32_t track, uint32_t entity) { return (track + 1ull) << 32 | entity; }

static void write_descriptor(struct trace_perfetto *p, uint32_t track, uint32_t entity)
{
	const struct trace_track *t = &p->machine.schema->tracks[track];
	const char *hole = strstr(t->name, "{}");
	const size_t packet = begin_packet(p, p->machine.start_ns);
	const size_t descriptor = begin_message(&p->buf, PACKET_TRACK_DESCRIPTOR);
	struct trace_bytes name = { 0 };

	assert(hole);
	bytes_format(&name, "%.*s%" PRIu32 "%s", (int)(hole - t->name), t->name, entity, hole + 2);
	put_uint(&p->buf, DESCRIPTOR_UUID, uuid_of(track, entity));
	put_text(&p->buf, DESCRIPTOR_NAME, (const char *)name.data, name.n);
	if (t->unit) {
		const size_t counter = begin_message(&p->buf, DESCRIPTOR_COUNTER);

		put_string(&p->buf, COUNTER_UNIT_NAME, t->unit);
		end_message(&p->buf, counter);
	}
	p->failed = p->failed || name.failed;
	bytes_free(&name);
	end_message(&p->buf, descriptor);
	end_packet(p, packet);
}

/* --- events on tracks --- */

/* Room for entity @entity in the @n items of @size at @items; new ones are zero. */
static bool make_room(void *items, uint32_t *n, uint32_t entity, size_t size)
{
	void **array = items;
	const size_t want = (size_t)entity + 1;
	unsigned char *grown;

	if (entity < *n)
		return true;
	grown = realloc(*array, want * size);
	if (!grown)
		return false;
	memset(grown + *n * size, 0, (want - *n) * size);
	*array = grown;
	*n = (uint32_t)want;
	return true;
}

static struct lane *lane_of(struct trace_perfetto *p, uint32_t track, uint32_t entity)
{
	struct lanes *lanes = &p->lanes[track];

	if (!make_room(&lanes->lane, &lanes->n, entity, sizeof(*lanes->lane))) {
		p->failed = true;
		return NULL;
	}
	if (!lanes->lane[entity].described)
		write_descriptor(p, track, entity);
	lanes->lane[entity].described = true;
	return &lanes->lane[entity];
}

static const char *name_in(const struct trace_field *field, uint64_t v)
{
	return v < field->n_names && field->names[v] ? field->names[v] : "?";
}

static void put_annotations(struct trace_perfetto *p, const struct trace_event *event,
			    const struct trace_record *rec)
{
	for (uint32_t i = 0; i < event->n_fields; i++) {
		const struct trace_field *field = &event->fields[i];
		const size_t annotation = begin_message(&p->buf, EVENT_ANNOTATIONS);
		const uint64_t v = rec->value[i];

		put_string(&p->buf, ANNOTATION_NAME, field->name);
		switch (field->type) {
		case TRACE_U64: put_uint(&p->buf, ANNOTATION_UINT, v); break;
		case TRACE_S64: put_uint(&p->buf, ANNOTATION_INT, v); break;
		case TRACE_NAME: put_string(&p->buf, ANNOTATION_STRING, name_in(field, v)); break;
		case TRACE_TASK:
			put_comm(&p->buf, ANNOTATION_STRING, payload_task(&p->tasks, v));
			break;
		}
		end_message(&p->buf, annotation);
	}
}

/* The event's part in its entity's arrow, if it has one now. */
static void put_flow(struct trace_perfetto *p, enum trace_flow stage, uint32_t entity)
{
	struct flow *flow;

	if (stage == TRACE_FLOW_NONE)
		return;
	if (!make_room(&p->flows, &p->n_flows, entity, sizeof(*p->flows))) {
		p->failed = true;
		return;
	}
	flow = &p->flows[entity];
	if (stage == TRACE_FLOW_BEGINS)
		flow->id = ++p->last_flow;
	else if (flow->stage != stage - 1)
		return;
	flow->stage = stage;
	put_key(&p->buf, stage == TRACE_FLOW_ENDS ? EVENT_TERMINATING_FLOW_IDS : EVENT_FLOW_IDS,
		WIRE_FIXED64);
	bytes_le(&p->buf, flow->id, 8);
}

static size_t begin_event(struct trace_perfetto *p, unsigned type, uint64_t uuid)
{
	const size_t event = begin_message(&p->buf, PACKET_TRACK_EVENT);

	put_uint(&p->buf, EVENT_TYPE, type);
	put_uint(&p->buf, EVENT_TRACK_UUID, uuid);
	return event;
}

static void write_slice_end(struct trace_perfetto *p, uint64_t stamp, uint64_t uuid)
{
	const size_t packet = begin_packet(p, stamp);

	end_message(&p->buf, begin_event(p, TYPE_SLICE_END, uuid));
	end_packet(p, packet);
}

static void write_counter(struct trace_perfetto *p, uint64_t stamp, uint64_t uuid, uint64_t v)
{
	const size_t packet = begin_packet(p, stamp);
	const size_t event = begin_event(p, TYPE_COUNTER, uuid);

	put_uint(&p->buf, EVENT_COUNTER_VALUE, v);
	end_message(&p->buf, event);
	end_packet(p, packet);
}

static void write_slice(struct trace_perfetto *p, const struct trace_view *view,
			const struct trace_record *rec, uint64_t uuid)
{
	const struct trace_event *event = p->machine.schema->events[rec->event];
	const bool mark = view->role == TRACE_MARKS;
	const char *name = mark ? event->name
			   : view->name
				   ? view->name
				   : name_in(&event->fields[view->field], rec->value[view->field]);
	const size_t packet = begin_packet(p, stamp_of(p, rec));
	const size_t message = begin_event(p, mark ? TYPE_INSTANT : TYPE_SLICE_BEGIN, uuid);

	put_string(&p->buf, EVENT_NAME, name);
	put_flow(p, view->flow, rec->entity);
	put_annotations(p, event, rec);
	end_message(&p->buf, message);
	end_packet(p, packet);
}

/* Towards minus infinity, if the field is signed. */
static uint64_t scaled(const struct trace_field *field, uint64_t v, uint32_t divisor)
{
	if (field->type == TRACE_S64 && v >> 63)
		return wrap_neg((wrap_neg(v) + divisor - 1) / divisor);
	return v / divisor;
}

/* --- tasks --- */

static void write_switch(struct trace_perfetto *p, const struct trace_record *rec,
			 const struct trace_task *prev, uint64_t state,
			 const struct trace_task *next)
{
	const size_t packet = begin_packet(p, stamp_of(p, rec));
	const size_t bundle = begin_message(&p->buf, PACKET_FTRACE_EVENTS);
	size_t event, message;

	put_uint(&p->buf, BUNDLE_CPU, rec->cpu);
	event = begin_message(&p->buf, BUNDLE_EVENT);
	put_uint(&p->buf, FTRACE_TIMESTAMP, stamp_of(p, rec));
	put_signed(&p->buf, FTRACE_PID, prev->pid);
	message = begin_message(&p->buf, FTRACE_SCHED_SWITCH);
	put_comm(&p->buf, SWITCH_PREV_COMM, prev);
	put_signed(&p->buf, SWITCH_PREV_PID, prev->pid);
	put_signed(&p->buf, SWITCH_PREV_PRIO, prev->prio);
	put_uint(&p->buf, SWITCH_PREV_STATE, state);
	put_comm(&p->buf, SWITCH_NEXT_COMM, next);
	put_signed(&p->buf, SWITCH_NEXT_PID, next->pid);
	put_signed(&p->buf, SWITCH_NEXT_PRIO, next->prio);
	end_message(&p->buf, message);
	end_message(&p->buf, event);
	end_message(&p->buf, bundle);
	end_packet(p, packet);
}

/* What the kernel stores for the state in field @field: the member of the binary record knows. */
static uint64_t state_code(const struct trace_event *event, uint32_t field, uint64_t v)
{
	for (uint32_t i = 0; i < event->n_members; i++) {
		const struct trace_member *m = &event->members[i];

		if (m->from == TRACE_FROM_FIELD && m->field == field && m->codes &&
		    v < event->fields[field].n_names)
			return m->codes[v];
	}
	return v;
}

static void write_event_switch(struct trace_perfetto *p, const struct trace_view *view,
			       const struct trace_record *rec)
{
	const struct trace_event *event = p->machine.schema->events[rec->event];
	const uint64_t *v = rec->value + view->field;

	write_switch(p, rec, payload_task(&p->tasks, v[0]),
		     state_code(event, view->field + 1, v[1]), payload_task(&p->tasks, v[2]));
	p->cpu_known[rec->cpu] = true;
}

/* The first record of a CPU: nothing is known of who ran there before. */
static void write_first_task(struct trace_perfetto *p, const struct trace_record *rec)
{
	static const struct trace_task idle = { .comm = "swapper", .pid = 0, .prio = 120 };
	const struct trace_task *task = payload_task(&p->tasks, rec->task);

	if (p->cpu_known[rec->cpu])
		return;
	p->cpu_known[rec->cpu] = true;
	if (task->pid > 0)
		write_switch(p, rec, &idle, 0, task);
}

/* --- the writer --- */

static void write_view(struct trace_perfetto *p, const struct trace_view *view,
		       const struct trace_record *rec)
{
	const uint32_t line =
		p->machine.schema->tracks[view->track].by_cpu ? rec->cpu : rec->entity;
	const uint64_t uuid = uuid_of(view->track, line);
	struct lane *lane = lane_of(p, view->track, line);

	if (!lane)
		return;
	switch (view->role) {
	case TRACE_ENDS:
		if (!lane->depth)
			return; /* it began before what was chosen */
		write_slice_end(p, stamp_of(p, rec), uuid);
		lane->depth--;
		return;
	case TRACE_NEXT:
		for (; lane->depth; lane->depth--)
			write_slice_end(p, stamp_of(p, rec), uuid);
		/* fall through */
	case TRACE_BEGINS:
		write_slice(p, view, rec, uuid);
		lane->depth++;
		return;
	case TRACE_MARKS: write_slice(p, view, rec, uuid); return;
	default:
		assert(view->role == TRACE_COUNTS);
		write_counter(p, stamp_of(p, rec), uuid,
			      scaled(&p->machine.schema->events[rec->event]->fields[view->field],
				     rec->value[view->field], view->divisor));
	}
}

static void write_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct trace_perfetto *p = sim_container_of(sink, struct trace_perfetto, writer.sink);
	const struct trace_event *event = p->machine.schema->events[rec->event];

	assert(rec->cpu < p->machine.n_cpus);
	for (uint32_t i = 0; i < event->n_views; i++)
		if (event->views[i].role == TRACE_SWITCHES)
			write_event_switch(p, &event->views[i], rec);
	write_first_task(p, rec);
	for (uint32_t i = 0; i < event->n_views; i++)
		if (event->views[i].role != TRACE_SWITCHES)
			write_view(p, &event->views[i], rec);
}

static bool perfetto_end(struct trace_writer *writer, uint64_t fingerprint)
{
	return !sim_container_of(writer, struct trace_perfetto, writer)->failed;
}

static void perfetto_free(struct trace_writer *writer)
{
	struct trace_perfetto *p = sim_container_of(writer, struct trace_perfetto, writer);

	for (uint32_t i = 0; p->lanes && i < p->machine.schema->n_tracks; i++)
		free(p->lanes[i].lane);
	free(p->lanes);
	free(p->flows);
	free(p->cpu_known);
	bytes_free(&p->buf);
	free(p);
}

static struct trace_writer *perfetto_open(const struct trace_machine *machine, FILE *out,
					  FILE *spool)
{
	struct trace_perfetto *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->writer = (struct trace_writer){ .sink.record = write_record,
					   .end = perfetto_end,
					   .free = perfetto_free };
	p->machine = *machine;
	p->tasks = (struct payload_tasks){ .tasks = machine->tasks, .n = machine->n_tasks };
	p->out = out;
	p->lanes = calloc(machine->schema->n_tracks + 1, sizeof(*p->lanes));
	p->cpu_known = calloc(machine->n_cpus + 1, sizeof(*p->cpu_known));
	if (!p->lanes || !p->cpu_known) {
		perfetto_free(&p->writer);
		return NULL;
	}
	write_system(p);
	for (uint32_t i = 0; i < machine->n_tasks; i++)
		if (machine->tasks[i].pid)
			write_task(p, &machine->tasks[i]);
	return &p->writer;
}

const struct trace_format trace_format_perfetto = {
	.suffix = ".perfetto",
	.what = "Perfetto's protobuf: ui.perfetto.dev",
	.open = perfetto_open,
};
