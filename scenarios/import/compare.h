/* SPDX-License-Identifier: MIT */
/*
 * compare - a recording beside what a scenario predicts of it.
 *
 *	compare_run(): the scenario is run, and both runs go through observed_run
 *	-> compared: a row a deadline, exits in the window from the first arming to the last EOI,
 *	   distributions, the errors that the tuner follows
 *	-> compare_judge() against bounds -> compare_table(), compare_csv(), compare_verdict()
 *
 * Lateness is the handler's first RDTSC less the deadline, where a CSV says what the guest read;
 * without one it is kvm_entry less the deadline, in both runs. Deadlines are the guest's: with a
 * CSV those that stand in it, else the scenario's.
 *
 * Units: guest TSC cycles. Rounding: percentiles are samples (nearest rank); shares round to zero.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "guest_csv.h"
#include "observed_run.h"
#include "run.h"
#include "trace_reader.h"

struct compare_bounds {
	uint64_t cpu;         /* deadlines that may fire on another CPU */
	uint64_t exits;       /* of apic_timer_fn, MSR, HLT: more or fewer */
	uint64_t ticks;       /* exits for ticks: more or fewer */
	uint64_t median, p90; /* lateness, in 1/1000 of the recorded */
};
#define COMPARE_BOUNDS_DEFAULT \
	(struct compare_bounds) { .ticks = 1, .median = 50, .p90 = 100 }

struct compare_side { /* of one deadline in one run */
	bool there;   /* it was delivered */
	uint32_t cpu, vcpu_cpu;
	bool by_hrtimer, has_delta;
	int64_t lateness, delta; /* [cycles] */
};

struct compare_row {
	uint32_t vcpu;
	uint64_t deadline;
	struct compare_side recorded, predicted;
};

struct compare_totals { /* of one run */
	struct observed_counts exits;
	uint64_t fired_on[OBSERVED_CPUS_MAX];
	GArray *lateness; /* of int64_t, sorted */
	uint64_t teeth;   /* times that the error began to shrink anew */
};

struct compared {
	GArray *rows; /* of struct compare_row */
	struct compare_totals recorded, predicted;
	uint64_t wrong_cpu, undelivered;
	uint64_t steps, steps_near; /* errors that the tuner takes, and those within 5 % */
	bool by_csv;
	bool profile_says, profile_saw; /* where its costs come from; this recording among them */
	char *misses; /* what is outside the bounds; NULL before compare_judge(), "" if nothing */
};

/* False: reported. @csv: NULL if there is none. */
bool compare_run(struct replay *replay, const struct replay_options *options,
		 const struct observed_run *recorded, const struct trace_facts *facts,
		 const struct guest_csv *csv, struct compared *ret, struct diagnostics *d);
void compared_clear(struct compared *c);

/* True: within the bounds. */
bool compare_judge(struct compared *c, const struct compare_bounds *bounds);

void compare_table(GString *out, const struct compared *c);
void compare_deadlines(GString *out, const struct compared *c);
void compare_plot(GString *out, const struct compared *c); /* in characters */
void compare_csv(GString *out, const struct compared *c);
void compare_verdict(GString *out, const struct compared *c); /* one line */

#endif
