/* SPDX-License-Identifier: MIT */
/*
 * trace - typed records of what happened, their fingerprint, and the sinks that want them.
 *
 * The model declares an event schema (models/tracepoints.c); nothing here knows what an event
 * means. Every record goes into the fingerprint, whether or not anybody writes it down: xxh64 over
 * the little-endian tuple (when u64, event u32, entity u32, values u64 each). A checkpoint of the
 * hash is kept every TRACE_CHECKPOINT_EVERY records.
 *
 *	model -> trace_emit() -> fingerprint
 *	                      -> each sink, in the order in which they were added
 *
 * Units:  instants in ps; what a value means, its event's schema says.
 * Errors: a schema that is not dense, or a record that does not fit it, is a bug of ours: assert().
 */
#ifndef TRACE_H
#define TRACE_H

#include "sim_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_VALUES_MAX 16
#define TRACE_CHECKPOINT_EVERY (UINT32_C(1) << 16) /* records */

enum trace_type {
	TRACE_U64,  /* unsigned                            */
	TRACE_S64,  /* two's complement in a u64           */
	TRACE_NAME, /* an index into the field's names[]   */
	TRACE_TASK, /* a task number: see trace_tasks      */
};

struct trace_field {
	const char *name; /* the kernel's name of the field where there is one */
	enum trace_type type;
	const char *const *names; /* TRACE_NAME */
	uint32_t n_names;
};

enum trace_kind {
	TRACE_KIND_EVENT,    /* a tracepoint: "name: payload" */
	TRACE_KIND_FUNCTION, /* the function tracer: the payload alone, "function <-caller" */
	TRACE_KIND_INTERNAL, /* ours, for metrics and explain: shown by its views alone */
};

/*
 * One member of an event's binary record, as the kernel's "format" file of that event declares it;
 * the order and the alignment are those of a C struct. An event without members is stored as one
 * "u64 NAME" a field.
 */
enum trace_source {
	TRACE_FROM_FIELD, /* the field's value, or codes[value] */
	TRACE_FROM_COMM,  /* of the TRACE_TASK in the field     */
	TRACE_FROM_PID,
	TRACE_FROM_PRIO,
	TRACE_FROM_CONSTANT, /* what the simulator never varies */
};

struct trace_member {
	const char *decl; /* "unsigned int vcpu_id"; with size 0 an expression, "REC->rw & 1" */
	uint32_t size; /* bytes: 1, 2, 4, 8, of a comm 16; 0: not stored but computed by readers */
	bool is_signed;
	enum trace_source from;
	uint32_t field;
	const uint64_t *codes; /* what the kernel stores for names[i]; NULL: i */
	uint64_t constant;
};

struct trace_symbol { /* a function of the kernel, at an address of our choice */
	uint64_t address;
	const char *name;
	const char *module; /* NULL: the kernel itself */
};

/*
 * How a viewer with time from left to right shows an event: what it does to a track, which is a
 * line for each entity, or for each CPU. An event may have several views.
 */
struct trace_track {
	const char *name; /* "vCPU {}": {} is the number of the entity or CPU */
	bool by_cpu;      /* a line for each CPU, by trace_record.cpu; else by .entity */
	const char *unit; /* of a counter; else NULL */
};

enum trace_role {
	TRACE_BEGINS,   /* a slice begins */
	TRACE_ENDS,     /* the innermost slice ends */
	TRACE_NEXT,     /* all open slices end and one begins: a track of states */
	TRACE_MARKS,    /* a mark, with the event's name */
	TRACE_COUNTS,   /* the field's value, divided by @divisor and rounded down */
	TRACE_SWITCHES, /* no track: a CPU changes tasks; @field and the two behind it are the task
			   that leaves, its state, and the one that comes */
};

/*
 * An arrow from one event to the next. Each entity has one at a time: an event takes part if the
 * arrow has just got to the stage before. One that begins always does, and what it finds unfinished
 * ends where it is.
 */
enum trace_flow { TRACE_FLOW_NONE, TRACE_FLOW_BEGINS, TRACE_FLOW_PASSES, TRACE_FLOW_ENDS };

struct trace_view {
	enum trace_role role;
	uint32_t track;   /* index into trace_schema.tracks */
	const char *name; /* of a slice; NULL: the name in @field, a TRACE_NAME */
	uint32_t field;
	uint32_t divisor; /* of TRACE_COUNTS */
	enum trace_flow flow;
};

/*
 * One kind of event. @format is the payload: text with {field} or {field:spec}. spec is one of
 *	u                unsigned; default for TRACE_U64
 *	d                signed; default for TRACE_S64
 *	x                hexadecimal
 *	0Nx, 0Nu         zero-padded to N digits, N from 1 to 20
 *	s                the name; default for TRACE_NAME, and its only one
 *	comm, pid, prio  of a TRACE_TASK, which has no default
 * "{{" is a brace. Parsed once when a writer starts, never per event.
 */
struct trace_event {
	uint32_t id; /* fixed, never reused: part of the fingerprint */
	enum trace_kind kind;
	const char *system; /* "kvm", "timer", "sched", "irq", "irq_vectors", "ftrace", ... */
	const char *name;   /* "kvm_exit" */
	const char *format; /* TRACE_KIND_INTERNAL may have none */
	const struct trace_field *fields;
	uint32_t n_fields;
	const struct trace_member *members;
	uint32_t n_members;
	const struct trace_view *views;
	uint32_t n_views;
};

struct trace_schema {
	const struct trace_event *const *events; /* ids are dense from 0: events[id]->id == id */
	uint32_t n_events;
	const struct trace_track *tracks;
	uint32_t n_tracks;
	const struct trace_symbol *symbols;
	uint32_t n_symbols;
};

struct trace_task { /* who runs, as a trace line names it */
	char comm[16];
	int32_t pid;
	int32_t prio;
};

/* The latency column; the preempt count is not simulated. */
enum trace_flags {
	TRACE_IRQS_OFF = 1,
	TRACE_NEED_RESCHED = 2,
	TRACE_HARDIRQ = 4,
};

struct trace_record {
	ps_t when;
	uint32_t event;
	uint32_t entity; /* vCPU or CPU number, by event */
	uint32_t cpu; /* on which it happened; where it matters for the hash, a value says it too */
	uint32_t task; /* who was running */
	uint32_t flags;
	uint32_t n_values;
	uint64_t value[TRACE_VALUES_MAX];
};

/* A consumer. It sees each record in order, and may not keep the pointer. */
struct trace_sink {
	void (*record)(struct trace_sink *sink, const struct trace_record *rec);
	struct trace_sink *next; /* private */
};

struct trace;

struct trace *trace_new(const struct trace_schema *schema); /* NULL: no memory */
void trace_free(struct trace *trace);
const struct trace_schema *trace_schema(const struct trace *trace);
void trace_add_sink(struct trace *trace, struct trace_sink *sink);

/* @rec->n_values must be the event's n_fields. */
void trace_emit(struct trace *trace, const struct trace_record *rec);

uint64_t trace_fingerprint(const struct trace *trace); /* of all records so far */
uint64_t trace_count(const struct trace *trace);

/* Hash after record k * TRACE_CHECKPOINT_EVERY, for k = 1..n. Not complete: memory ran out, the
 * later ones are missing. */
size_t trace_checkpoints(const struct trace *trace, const uint64_t **ret);
bool trace_checkpoints_complete(const struct trace *trace);

/* Looks up an event by name; NULL if there is none. */
const struct trace_event *trace_event_by_name(const struct trace_schema *schema, const char *name);

#endif
