/* SPDX-License-Identifier: MIT */
/*
 * life - what became of one deadline: armed, queued, fired, noticed, injected, waited for,
 * delivered.
 *
 *	life_init() -> life_watch() a world -> run -> life_end() -> read, compare, print
 *
 * A sink that follows the records of one vCPU's deadline number n, and stops the world when its
 * life is over. It looks at the world with world_view.h and changes nothing (R22).
 *
 * The parts are those of R21: adjacent intervals from the deadline to the handler's first RDTSC;
 * they sum to the lateness to the picosecond.
 *
 * Units:  ps. Errors: none.
 * Left out: more than LIFE_STARTS_MAX starts of one deadline's timer are not kept.
 */
#ifndef LIFE_H
#define LIFE_H

#include "trace.h"
#include "tracepoints.h"
#include "world_view.h"

#define LIFE_STARTS_MAX 16u

#define SAMPLE_LATENESS 4 /* value[] of TP_LAPIC_SAMPLE */
#define SAMPLE_CYCLES 5
#define SAMPLE_PARTS 7

enum life_part { /* in the order of the record's fields */
		 LIFE_FIRE,
		 LIFE_NOTIFY,
		 LIFE_RUNQUEUE,
		 LIFE_EXIT,
		 LIFE_INJECT,
		 LIFE_WAIT,
		 LIFE_ENTRY,
		 LIFE_DELIVER,
		 LIFE_PARTS
};

enum life_end {
	LIFE_NEVER_ARMED, /* the guest armed no such deadline */
	LIFE_NOT_FIRED,   /* armed, and the run ended */
	LIFE_NOT_SEEN,    /* fired, and the run ended before the handler */
	LIFE_OVERWRITTEN,
	LIFE_MERGED,
	LIFE_DELIVERED,
};

enum life_arming { /* what set the deadline */
		   ARMED_BY_DEADLINE,
		   ARMED_BY_TMICT,
		   ARMED_BY_TDCR,
		   ARMED_BY_PERIOD, /* a periodic timer's next expiry */
		   ARMED_BY_IOCTL,
};

enum life_start_kind { START_HRTIMER, START_HV, START_FOUND_HRTIMER, START_FOUND_HV };

struct life_start { /* of the hrtimer, or of the VMX preemption timer */
	enum life_start_kind kind;
	ps_t when;
	uint32_t cpu;     /* which started it */
	uint32_t queue;   /* the CPU in whose queue it is */
	uint64_t expires; /* [ns] of an hrtimer started */
	uint64_t mode;    /* index of the field `mode` */
};

enum vcpu_where { VCPU_IN_GUEST, VCPU_IN_HOST, VCPU_SLEEPS, VCPU_IN_USER_SPACE };

struct life {
	uint32_t vcpu; /* index in the world */
	uint64_t n;

	enum life_end end;
	ps_t over; /* when it ended */

	bool has_armed; /* no: it was merged with one under way */
	enum life_arming arming;
	ps_t armed;
	ps_t due; /* as it was in the end: who sets the guest's TSC moves it */
	uint32_t armed_cpu;
	uint64_t deadline; /* guest TSC */
	uint32_t n_starts;
	struct life_start starts[LIFE_STARTS_MAX];

	bool has_fired;
	ps_t fired;
	uint32_t fired_cpu, vcpu_cpu;
	enum expiry_path path;
	enum vcpu_where where;
	uint32_t advance_ns; /* in force then */

	bool ipi;        /* came to the vCPU's CPU after it */
	bool posted;     /* by the callback, and not injected by the run loop */
	bool direct;     /* delivered where it was found, in the vCPU's own context */
	bool has_exited; /* the vCPU's last exit before it was seen, if it came after the expiry */
	uint64_t exit_reason;

	int64_t lateness, lateness_cycles; /* LIFE_DELIVERED */
	int64_t part[LIFE_PARTS];

	/* private */
	struct trace_sink sink;
	struct world *world;
	uint64_t hrtimer;
	uint64_t last_reg;
	bool in_exit, apic_written, in_callback, watching, seen;
	uint64_t reason;
};

void life_init(struct life *life, uint32_t vcpu, uint64_t n);

/* Follows it through @world, which stops when it is over. */
void life_watch(struct life *life, struct world *world);

/* After the run: what is not over has come as far as this. */
void life_end(struct life *life);

/* How bad: how far from the deadline the handler was, late or early, or how long the vCPU spun
 * before it, whichever is more. */
uint64_t life_cost(int64_t lateness, int64_t wait);

/* The first step at which two lives of the same deadline part; instants count from the deadline. */
enum life_step {
	STEP_SAME,
	STEP_ARMED,
	STEP_STARTED, /* of one of the starts */
	STEP_FIRED,
	STEP_PART, /* of the part `*part`, LIFE_NOTIFY or later */
	STEP_END,
};
enum life_step life_compare(const struct life *a, const struct life *b, enum life_part *part);

extern const char *const life_part_names[LIFE_PARTS];

#endif
