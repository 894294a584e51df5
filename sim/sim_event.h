/* SPDX-License-Identifier: MIT */
/*
 * sim_event - something that will happen at an instant, embedded in the struct that owns it.
 *
 * Order is total: by (when, phase, arming order). No allocation: the owner is found with
 * sim_container_of(), and an event is cancelled or moved in place.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include "sim_time.h"

#include <stdbool.h>
#include <stddef.h>

struct sim;
struct sim_event;

/* Runs at sim_now(). It may re-arm or cancel any event, itself included. */
typedef void sim_event_fn(struct sim *sim, struct sim_event *ev);

/* Order at equal instants: a phase is a fact about precedence; in one, first armed runs first. */
enum sim_phase {
	SIM_PHASE_DEVICE,  /* clock edges: a due timer is due before anybody looks at it   */
	SIM_PHASE_CPU,     /* segments end, interrupts are taken, scheduling               */
	SIM_PHASE_GUEST,   /* guest instructions: they see what the two above left behind  */
	SIM_PHASE_OBSERVE, /* sampling for reports; must never change the model            */
};

/* What all events of one kind share: one static object each. */
struct sim_event_type {
	const char *name; /* "host_cpu.segment"; named when a run-away loop is reported */
	enum sim_phase phase;
	sim_event_fn *fn;
};

/* A place in a list of the queue. */
struct sim_link {
	struct sim_link *next, *prev; /* next NULL: not armed */
};

/* All fields are private to sim/. */
struct sim_event {
	struct sim_link link;
	ps_t when;
	uint64_t order; /* phase in the top bits, then arming order: the tie-break */
	const struct sim_event_type *type;
	const void
		*behind; /* stood some places before it, perhaps: fetched ahead, never followed */
	uint32_t entity; /* whose event this is, for reports: a CPU or vCPU number */
	uint32_t slot;   /* where it stands, if armed */
};

#define sim_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Prepares @ev, which must not be armed. @entity is only reported. */
void sim_event_init(struct sim_event *ev, const struct sim_event_type *type, uint32_t entity);

/* Arms @ev for the absolute instant @when, or moves it there; true if it was armed, as
 * hrtimer_start(). Moving gives it a new place among equals. @when before sim_now() breaks
 * invariant A2: models clamp, and say why. */
bool sim_event_arm(struct sim *sim, struct sim_event *ev, ps_t when);

/* As sim_event_arm(), for the last thing that a callback does: if @ev, which is idle, would be the
 * next to be dispatched anyway, it is, without a way through the queue. True: sim_now() is @when,
 * and the caller does what the callback of @ev is for; false: it is armed. Either way nothing that
 * can be observed differs. */
bool sim_event_follow(struct sim *sim, struct sim_event *ev, ps_t when);

/* Returns true if @ev was armed. Cancelling an idle event is no error. */
bool sim_event_cancel(struct sim *sim, struct sim_event *ev);

static inline bool sim_event_armed(const struct sim_event *ev) { return ev->link.next != NULL; }

#endif
