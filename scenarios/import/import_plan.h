/* SPDX-License-Identifier: MIT */
/*
 * import_plan - from what a recording shows to what a scenario says: the machine, its clocks, the
 * kernel's forms, and what guest and outside did.
 *
 *	observed_run -> import_plan() -> import_scenario_text(), import_rows_text()
 *
 * Looks at what came of the timer only to tell the kernel's forms apart: whether expiries kicked,
 * and how the advance followed the errors. Nothing of where a timer fired, when an interrupt was
 * injected, or which exits these caused gets into the text: a test gives a recording with other
 * outcomes, and the text is the same.
 *
 * Units: ns of CLOCK_MONOTONIC, cycles of the guest's TSC. The host's TSC is the trace's, or,
 * if the trace has another clock, the guest's.
 */
#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

#include "observed_run.h"
#include "trace_reader.h"

struct import_options {
	const char *kernel;  /* "v6.1"; NULL: by what the trace looks like */
	const char *profile; /* as the file will include it; NULL: the costs stand in the file */
	const char *name;    /* of the scenario, and of its CSV files */
	const char *trace;   /* its name, for the comments */
};

struct import_row { /* one arming */
	uint64_t arm_tsc, deadline_tsc;
};

struct import_vcpu {
	const struct observed_vcpu *seen;
	GArray *rows; /* of struct import_row */
	uint64_t tsc_offset;
	bool hlt, handler_rdmsr;
	enum observed_timer timer;
	const char *exit_reason; /* of its other exits; NULL: none */
	uint64_t exit_every;     /* [ns] */
	uint64_t loop;           /* [ns] one turn of its waiting; 0: not known */
};

struct import_plan {
	const struct observed_run *run;
	const struct import_options *options;
	uint64_t tsc_khz;
	bool tsc_is_stamp;    /* the trace's clock is the host's TSC */
	bool clock_known;     /* CLOCK_MONOTONIC is tied to the stamps by a deadline */
	int64_t clock_offset; /* CLOCK_MONOTONIC less the stamps' ns */
	uint32_t hz;
	unsigned n_cpus;
	bool nohz_full[OBSERVED_CPUS_MAX];
	bool ticks_kept;                        /* observed_cpu.tick_kept counts */
	uint64_t tick_until[OBSERVED_CPUS_MAX]; /* [ns] of the run; 0: none */
	bool any_nohz_full;
	const char *kernel, *mode, *notify, *tune, *tune_gate, *idle_tick;
	int64_t begins_with;      /* the advance, if that is not the release's; 0: it is */
	bool advance_is_switch;   /* the parameter is a bool */
	bool no_preemption_timer; /* kvm_intel.preemption_timer: N */
	int64_t advance;          /* kvm.lapic_timer_advance_ns; -1: adapted, as by default */
	unsigned n_vcpus;
	struct import_vcpu vcpus[OBSERVED_VCPUS_MAX];
	int untied; /* a vCPU's number: its TSC has nothing to do with the stamps; -1: none */
	uint64_t start_tsc, start_monotonic, duration_ns;
	bool before_zero; /* the run would begin before its clocks, or a guest's TSC, are 0 */
	GPtrArray *notes; /* what could not be known, and what was assumed: sentences */
};

struct import_plan *import_plan_new(const struct observed_run *run, const struct trace_facts *facts,
				    const struct import_options *options);
void import_plan_free(struct import_plan *plan);

/* False and reported: no run can be made of @plan. */
bool import_plan_check(const struct import_plan *plan, struct diagnostics *d);

/* When the run begins: known once the costs of the way into the guest are. */
void import_plan_start(struct import_plan *plan, uint64_t entry_ns, uint64_t exit_ns);

/* The TSC that the guest of @vcpu read at @stamp, and back. */
uint64_t import_guest_tsc(const struct import_plan *plan, const struct import_vcpu *vcpu,
			  uint64_t stamp);
int64_t import_ns_of_guest_tsc(const struct import_plan *plan, const struct import_vcpu *vcpu,
			       uint64_t tsc);

#endif
