/* SPDX-License-Identifier: MIT */
#include "observe_trace.h"

#include <string.h>

#define KHZ_SNAP 1000 /* a rate within 50 ppm of a multiple of it is one */
#define KHZ_SNAP_PPM 50

const char observe_command[] =
	"trace-cmd record -C x86-tsc -e kvm -e timer:hrtimer_start -e timer:hrtimer_cancel "
	"-e timer:hrtimer_expire_entry -e timer:hrtimer_expire_exit -e timer:tick_stop "
	"-e sched:sched_switch -e sched:sched_waking -e irq_vectors";

static uint64_t snapped(uint64_t khz)
{
	const uint64_t near = (khz + KHZ_SNAP / 2) / KHZ_SNAP * KHZ_SNAP;
	const uint64_t off = near > khz ? near - khz : khz - near;

	return near && off * 1000000 <= khz * KHZ_SNAP_PPM ? near : khz;
}

/* Stamps against the clock that hrtimer handlers print. 0: fewer than two of them. */
static uint64_t rate_of(const char *path, struct diagnostics *d)
{
	struct trace_reader *r = trace_reader_open(path, d);
	uint64_t first_now = 0, first_stamp = 0, now = 0, stamp = 0;
	const struct recorded_event *e;

	while (r && (e = trace_reader_next(r))) {
		if (e->kind != RECORDED_HRTIMER_EXPIRE_ENTRY)
			continue;
		if (!first_now) {
			first_now = e->hrtimer.now;
			first_stamp = e->stamp;
		}
		now = e->hrtimer.now;
		stamp = e->stamp;
	}
	trace_reader_close(r);
	if (now <= first_now || stamp <= first_stamp)
		return 0;
	return snapped(
		(uint64_t)((unsigned __int128)(stamp - first_stamp) * 1000000 / (now - first_now)));
}

/* A trace without these says nothing of a guest's timer. */
static bool has_what_is_needed(const char *path, const struct trace_facts *facts,
			       struct diagnostics *d)
{
	static const enum recorded_kind needed[] = { RECORDED_KVM_ENTRY, RECORDED_KVM_EXIT,
						     RECORDED_HRTIMER_START,
						     RECORDED_HRTIMER_EXPIRE_ENTRY };
	g_autoptr(GString) missing = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!facts->n[needed[i]])
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "",
					       recorded_kind_name(needed[i]));
	if (!facts->n[RECORDED_KVM_MSR] && !facts->n[RECORDED_KVM_APIC])
		g_string_append_printf(missing, "%skvm_msr or kvm_apic", missing->len ? ", " : "");
	if (!missing->len)
		return true;
	return error_plain(d, 2, "%s: lacks %s; record it with: %s", path, missing->str,
			   observe_command);
}

/* Deadlines are written through kvm_msr, counts through kvm_apic: with one of them alone, a guest
 * may have used the other. */
static bool has_a_timer(const char *path, const struct observed_run *run,
			const struct trace_facts *facts, struct diagnostics *d)
{
	const char *lacks = !facts->n[RECORDED_KVM_MSR]    ? "kvm_msr"
			    : !facts->n[RECORDED_KVM_APIC] ? "kvm_apic"
							   : NULL;

	for (unsigned i = 0; i < run->n_vcpus; i++)
		if (run->vcpus[i].did.arms->len)
			return true;
	if (!lacks)
		return error_plain(d, 2, "%s: no vCPU arms its timer in this trace", path);
	return error_plain(d, 2,
			   "%s: no vCPU arms its timer in this trace, which lacks %s; record it "
			   "with: %s",
			   path, lacks, observe_command);
}

static uint64_t stamps_per_ms(const char *path, enum trace_clock clock, struct diagnostics *d)
{
	uint64_t rate;

	switch (clock) {
	case TRACE_CLOCK_US: return 1000;
	case TRACE_CLOCK_RAW: break;
	default: return 1000000;
	}
	rate = rate_of(path, d);
	return rate ? rate : 1000000;
}

struct observed_run *observe_trace(const char *path, struct trace_facts *facts,
				   struct diagnostics *d)
{
	struct trace_reader *r = trace_reader_open(path, d);
	struct observed_run *run = NULL;
	const struct recorded_event *e;
	bool ok;

	if (!r)
		return NULL;
	while ((e = trace_reader_next(r))) {
		if (!run) {
			struct diagnostics quiet; /* what is wrong with it, this reader says */
			struct observed_clock clock = { 0 };

			diagnostics_init(&quiet);
			clock.rate_khz = stamps_per_ms(path, trace_reader_facts(r)->clock, &quiet);
			diagnostics_clear(&quiet);
			run = observed_run_new(&clock);
		}
		observed_run_event(run, e);
	}
	ok = trace_reader_finish(r);
	*facts = *trace_reader_facts(r);
	trace_reader_close(r);
	if (run)
		observed_run_end(run);
	if (ok && has_what_is_needed(path, facts, d) && has_a_timer(path, run, facts, d))
		return run;
	observed_run_free(run);
	return NULL;
}
