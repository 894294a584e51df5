/* SPDX-License-Identifier: MIT */
#include "import_plan.h"

#include "diagnostics.h"
#include "kernel.h"
#include "observe_trace.h"
#include "run.h"
#include "scenario_limits.h"
#include "tune.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define ADVANCE_DEFAULT_NS 1000
#define ADVANCE_NEAR_NS 250
#define RESTART_NS 3000 /* a tuner's step is smaller */
#define ADVANCE_MOST_NS 1000000000
#define ADVANCE_MAX_NS UINT64_C(5000)
#define KHZ_SNAP 1000 /* a rate that near to a multiple of it is one: */
#define KHZ_SNAP_PPM 50
#define TICK_LATE 20     /* the promptest tick comes late by less than this part of it */
#define DAMPED_TICKS 5   /* so many ticks' time without one: a CPU in nohz_full */
#define TURN_MAX_NS 400  /* of a loop that waits */
#define KEPT_TICKS 10    /* one in so many idle CPUs may have something else to keep the tick for */
#define LEAD_NS 20000    /* the run begins that long before the first arming at least */
#define TAIL_NS 20000000 /* and ends that long after the last thing seen */

G_GNUC_PRINTF(2, 3)
static void note(struct import_plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(plan->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

static const struct observed_arm *arm_at(const struct observed_vcpu *v, guint i)
{
	return &g_array_index(v->did.arms, struct observed_arm, i);
}

static const struct observed_outcome *outcome_at(const struct observed_vcpu *v, guint i)
{
	return &g_array_index(v->became.outcomes, struct observed_outcome, i);
}

/* --- clocks --- */

/* A rate that near to a multiple of 1 MHz is that one. */
static uint64_t snapped_khz(uint64_t khz, uint64_t ppm)
{
	const uint64_t near = (khz + KHZ_SNAP / 2) / KHZ_SNAP * KHZ_SNAP;
	const uint64_t off = near > khz ? near - khz : khz - near;

	return off * 1000000 <= khz * ppm ? near : khz;
}

/* The first and the last arming of a deadline that an hrtimer was started for. */
static bool deadline_span(const struct observed_vcpu *v, const struct observed_arm **first,
			  const struct observed_arm **last)
{
	*first = *last = NULL;
	for (guint i = 0; i < v->did.arms->len; i++) {
		const struct observed_arm *arm = arm_at(v, i);

		if (arm->timer != OBSERVED_DEADLINE || !arm->expires)
			continue;
		if (!*first)
			*first = arm;
		*last = arm;
	}
	return *first != NULL;
}

/* The rate of a TSC that the trace's own clock does not show: by deadlines and their expiries.
 * Between two of them the advance may have changed by up to its ceiling. */
static uint64_t khz_by_deadlines(const struct import_plan *plan)
{
	const struct observed_arm *first, *last;

	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		uint64_t ns;

		if (!deadline_span(plan->vcpus[i].seen, &first, &last) ||
		    last->expires <= first->expires + 1000000 || last->value <= first->value)
			continue;
		ns = last->expires - first->expires;
		return snapped_khz((uint64_t)((unsigned __int128)(last->value - first->value) *
					      1000000 / ns),
				   KHZ_SNAP_PPM + ADVANCE_MAX_NS * 1000000 / ns);
	}
	return 0;
}

static void find_rate(struct import_plan *plan, const struct trace_facts *facts)
{
	plan->tsc_is_stamp = facts->clock == TRACE_CLOCK_RAW;
	if (plan->tsc_is_stamp) {
		plan->tsc_khz = plan->run->clock.rate_khz;
		return;
	}
	plan->tsc_khz = khz_by_deadlines(plan);
	if (plan->tsc_khz)
		return;
	plan->tsc_khz = 1000000;
	note(plan, "the rate of the TSC is not in this trace; 1 GHz is assumed");
}

static uint64_t cycles_of(const struct import_plan *plan, int64_t ns)
{
	return (uint64_t)((__int128)ns * plan->tsc_khz / 1000000);
}

uint64_t import_guest_tsc(const struct import_plan *plan, const struct import_vcpu *vcpu,
			  uint64_t stamp)
{
	if (plan->tsc_is_stamp)
		return stamp + vcpu->tsc_offset;
	return cycles_of(plan, observed_ns(&plan->run->clock, stamp)) + vcpu->tsc_offset;
}

int64_t import_ns_of_guest_tsc(const struct import_plan *plan, const struct import_vcpu *vcpu,
			       uint64_t tsc)
{
	if (plan->tsc_is_stamp)
		return observed_ns(&plan->run->clock, tsc - vcpu->tsc_offset);
	return observed_near((int64_t)((__int128)observed_near((int64_t)(tsc - vcpu->tsc_offset)) *
				       1000000 / plan->tsc_khz));
}

/* Where deadlines are delivered and nobody waits before VM-entry, nothing fires early. */
static bool not_advanced(const struct import_plan *plan)
{
	const struct observed_vcpu *v = plan->vcpus[0].seen;

	return !plan->run->waits && v->became.outcomes->len &&
	       arm_at(v, 0)->timer == OBSERVED_DEADLINE;
}

/* From an expiry's reading of the clock to its line: half of what lies before that line. */
static int64_t clock_to_line(const struct import_plan *plan)
{
	const GArray *a = plan->run->samples[OBSERVED_IRQ_TO_LINE];

	return a->len ? g_array_index(a, struct observed_sample, a->len / 2).ns / 2 : 0;
}

/* The deadline of arming @i less the expiry of its hrtimer, in ns: the advance and a constant. */
static int64_t ahead(const struct import_plan *plan, const struct import_vcpu *vcpu,
		     const struct observed_arm *arm)
{
	return import_ns_of_guest_tsc(plan, vcpu, arm->value) - observed_instant(arm->expires);
}

/* The advance of the first deadline, where the tuner began again later on: no step is as large as
 * that one, which ends at the value that tuning begins with, and goes on from there. */
static bool advance_by_restart(const struct import_plan *plan, int64_t *ret)
{
	const struct import_vcpu *vcpu = &plan->vcpus[0];
	const struct observed_arm *first, *last;
	bool fell = false;
	int64_t before, base = 0;

	if (!deadline_span(vcpu->seen, &first, &last))
		return false;
	before = ahead(plan, vcpu, first);
	for (guint i = 0; i < vcpu->seen->did.arms->len; i++) {
		const struct observed_arm *arm = arm_at(vcpu->seen, i);
		int64_t now;

		if (arm->timer != OBSERVED_DEADLINE || !arm->expires)
			continue;
		now = ahead(plan, vcpu, arm);
		if (fell && ABS(now - before) > 1) { /* it was not switched off */
			*ret = ahead(plan, vcpu, first) - base;
			return *ret >= 0 && *ret <= (int64_t)ADVANCE_MAX_NS * 2;
		}
		if (before - now > RESTART_NS) {
			fell = true;
			base = now - ADVANCE_DEFAULT_NS;
		}
		before = now;
	}
	return false;
}

/* How early the first deadline was armed: by its expiry, if CLOCK_MONOTONIC is tied to the stamps
 * by the handlers' readings of it, which is good to a tenth of a microsecond or two. The release's
 * own value is taken for it where it is that near. */
static int64_t first_advance(const struct import_plan *plan)
{
	const struct import_vcpu *vcpu = &plan->vcpus[0];
	const struct observed_arm *first, *last;
	int64_t advance;

	if (not_advanced(plan))
		return 0;
	if (advance_by_restart(plan, &advance))
		return ABS(advance - ADVANCE_DEFAULT_NS) < ADVANCE_NEAR_NS ? ADVANCE_DEFAULT_NS
									   : advance;
	if (!plan->tsc_is_stamp || !deadline_span(vcpu->seen, &first, &last))
		return ADVANCE_DEFAULT_NS;
	advance = import_ns_of_guest_tsc(plan, vcpu, first->value) -
		  observed_instant(first->expires) - plan->run->clock_gap_min + clock_to_line(plan);
	/* Stamps may jump in a damaged trace. */
	if (ABS(advance - ADVANCE_DEFAULT_NS) < ADVANCE_NEAR_NS || advance < 0 ||
	    advance > ADVANCE_MOST_NS)
		return ADVANCE_DEFAULT_NS;
	return (advance + 50) / 100 * 100;
}

/* With another clock than the TSC, the guest's is placed by its first deadline. */
static void place_guest_clocks(struct import_plan *plan)
{
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		struct import_vcpu *vcpu = &plan->vcpus[i];
		const struct observed_arm *first, *last;

		vcpu->tsc_offset = plan->tsc_is_stamp ? vcpu->seen->did.tsc_offset : 0;
		if (plan->tsc_is_stamp && !vcpu->seen->did.has_offset)
			note(plan, "no kvm_write_tsc_offset: vCPU %u's TSC is taken for the host's",
			     vcpu->seen->id);
		if (plan->tsc_is_stamp)
			continue;
		if (!deadline_span(vcpu->seen, &first, &last)) {
			if (arm_at(vcpu->seen, 0)->timer == OBSERVED_DEADLINE)
				plan->untied = (int)vcpu->seen->id;
			continue;
		}
		vcpu->tsc_offset = first->value - cycles_of(plan, observed_instant(first->expires) +
									  first_advance(plan) -
									  plan->clock_offset);
	}
}

static void tie_clocks(struct import_plan *plan)
{
	const int64_t gap = plan->run->clock_gap_min;
	const struct observed_arm *first, *last;

	if (!plan->tsc_is_stamp) {
		const bool monotonic = gap >= 0 && gap < 20000;

		plan->clock_offset = monotonic ? 0 : -gap;
		plan->clock_known = monotonic;
		if (!monotonic)
			note(plan, "the trace's clock is not CLOCK_MONOTONIC: it is tied to it by "
				   "the lines of hrtimer_expire_entry, to less than a microsecond");
		return;
	}
	plan->clock_offset = -gap;
	for (unsigned i = 0; i < plan->n_vcpus && !plan->clock_known; i++) {
		const struct import_vcpu *vcpu = &plan->vcpus[i];

		if (!deadline_span(vcpu->seen, &first, &last))
			continue;
		plan->clock_offset = observed_instant(first->expires) + first_advance(plan) -
				     import_ns_of_guest_tsc(plan, vcpu, first->value);
		plan->clock_known = true;
	}
	if (!plan->clock_known)
		note(plan, "no deadline ties CLOCK_MONOTONIC to the trace's clock: the lines of "
			   "hrtimer_expire_entry do, to less than a microsecond");
}

/* --- the machine --- */

static void find_hz(struct import_plan *plan)
{
	static const uint32_t rates[] = { 100, 250, 300, 1000 };

	for (unsigned i = 0; i < G_N_ELEMENTS(rates); i++)
		if (plan->run->tick_ns == 1000000000u / rates[i])
			plan->hz = rates[i];
	/* A CPU that idles has no two ticks in a row, but each starts the next. */
	for (unsigned i = G_N_ELEMENTS(rates); !plan->hz && i-- > 0;) {
		const uint64_t tick = 1000000000u / rates[i], ahead = plan->run->tick_ahead_ns;

		if (ahead <= tick && ahead > tick - tick / TICK_LATE)
			plan->hz = rates[i];
	}
	if (!plan->hz) {
		plan->hz = 250;
		note(plan, "the ticks do not show CONFIG_HZ; 250 is assumed");
	}
	if (plan->run->tick_off_grid && plan->run->tick_ns == 1000000000u / plan->hz)
		note(plan,
		     "%" PRIu64 " ticks do not stand at multiples of the tick (skew_tick=1?); "
		     "all are simulated there",
		     plan->run->tick_off_grid);
}

/* A CPU where somebody ran for many ticks' time and no tick came; or that had none at all while a
 * vCPU lived on it. */
static void find_nohz_full(struct import_plan *plan, const struct trace_facts *facts)
{
	const struct observed_run *run = plan->run;
	const uint64_t tick = 1000000000u / plan->hz;
	bool home[OBSERVED_CPUS_MAX] = { false };

	plan->n_cpus = MAX(run->n_cpus, MIN(facts->cpus, OBSERVED_CPUS_MAX));
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		const struct observed_vcpu *v = plan->vcpus[i].seen;

		home[v->did.first_cpu] = true;
		for (guint k = 0; k < v->did.moves->len; k++)
			home[g_array_index(v->did.moves, struct observed_move, k).cpu] = true;
	}
	for (unsigned i = 0; i < plan->n_cpus; i++) {
		plan->nohz_full[i] = run->cpus[i].tick_gap_ns > DAMPED_TICKS * tick ||
				     (home[i] && !run->cpus[i].ticks && run->tick_ns);
	}
	/* The boot CPU keeps the time of the others. */
	if (plan->nohz_full[0])
		note(plan, "CPU 0 has no ticks for long, and is no CPU of nohz_full= all the same");
	plan->nohz_full[0] = plan->any_nohz_full = false;
	for (unsigned i = 1; i < plan->n_cpus; i++)
		plan->any_nohz_full |= plan->nohz_full[i];
	if (!plan->any_nohz_full)
		return;
	for (unsigned i = 1; i < plan->n_cpus; i++) {
		if (run->cpus[i].ticks || plan->nohz_full[i])
			continue;
		plan->nohz_full[i] = true;
		note(plan, "CPU %u has no tick and no work; it is taken for one in nohz_full=", i);
	}
	note(plan, "the CPUs without ticks are taken for nohz_full= and isolcpus=: the trace does "
		   "not name these");
}

/* --- the kernel --- */

/* Forms that the release does not have by itself. */
static void find_mode(struct import_plan *plan, const struct kernel *kernel)
{
	uint8_t mode = RECORDED_MODE_UNKNOWN;

	for (unsigned i = 0; i < plan->n_vcpus; i++)
		for (guint k = 0; k < plan->vcpus[i].seen->did.arms->len; k++)
			if (arm_at(plan->vcpus[i].seen, k)->expires)
				mode = arm_at(plan->vcpus[i].seen, k)->mode;
	if (mode & RECORDED_MODE_UNKNOWN) {
		note(plan, "hrtimer_start prints no mode: pinned or not is as in %s", plan->kernel);
		return;
	}

	const bool pinned = mode & RECORDED_MODE_PINNED, hard = mode & RECORDED_MODE_HARD;
	const char *form =
		pinned ? (hard ? "abs_pinned_hard" : "abs_pinned") : (hard ? "abs_hard" : "abs");
	const bool release_pins = strstr(kernel->mode->variant.name, "_pinned") != NULL;
	const bool release_hard = strstr(kernel->mode->variant.name, "hard") != NULL;

	if (pinned != release_pins || hard != release_hard)
		plan->mode = form;
}

static void find_notify(struct import_plan *plan, const struct kernel *kernel)
{
	const bool release_kicks = strcmp(kernel->notify->variant.name, "flag") != 0;
	uint64_t kicked = 0, not_kicked = 0;

	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		kicked += plan->vcpus[i].seen->became.kicked;
		not_kicked += plan->vcpus[i].seen->became.not_kicked;
	}
	if (kicked + not_kicked == 0) {
		note(plan,
		     "no timer expired on another CPU than a running vCPU's: whether an "
		     "expiry kicks is as in %s",
		     plan->kernel);
		return;
	}
	if ((kicked > not_kicked) != release_kicks)
		plan->notify = kicked > not_kicked ? "kick_timer" : "flag";
}

/* The samples of @stretch on CPUs that stop their tick only when they idle. */
static unsigned samples_on_usual_cpus(const struct import_plan *plan, enum observed_stretch stretch)
{
	const GArray *a = plan->run->samples[stretch];
	unsigned n = 0;

	for (guint i = 0; i < a->len; i++)
		n += !plan->nohz_full[g_array_index(a, struct observed_sample, i).cpu];
	return n;
}

/* A vCPU that was woken, and its CPU did not have to start its tick again? */
static void find_idle_tick(struct import_plan *plan, const struct kernel *kernel,
			   const struct trace_facts *facts)
{
	const unsigned kept = samples_on_usual_cpus(plan, OBSERVED_CALLBACK_TO_SWITCH);
	const unsigned all = kept + samples_on_usual_cpus(plan, OBSERVED_CALLBACK_TO_SWITCH_TICK);

	if (kept * KEPT_TICKS <= all || kernel->idle_tick->after_tick)
		return;
	plan->idle_tick = "after_tick";
	note(plan,
	     "%u of %u wake-ups found the tick of their idle CPU running: it is taken to stop only "
	     "once it has fired there",
	     kept, all);
	plan->ticks_kept = facts->n[RECORDED_TICK_STOP] > 0;
}

/* How many steps of the advance, as the armings show them, does a form explain? */
struct explained {
	unsigned steps, wrong;
};

/* @form NULL: the advance stays as it is. Each step goes on from what the arming before shows. */
static struct explained explain_tuning(const struct import_plan *plan,
				       const struct import_vcpu *vcpu,
				       const struct tune_variant *form)
{
	const struct observed_vcpu *v = vcpu->seen;
	const struct observed_arm *first, *last;
	struct explained ret = { 0 };
	bool done = false;
	int64_t base;

	if (!deadline_span(v, &first, &last))
		return ret;
	base = ahead(plan, vcpu, first) - first_advance(plan);
	for (guint i = 0; i < v->became.outcomes->len; i++) {
		const struct observed_outcome *o = outcome_at(v, i);
		int64_t before, after;

		if (!o->has_delta || o->arm + 1 >= v->did.arms->len ||
		    !arm_at(v, o->arm)->expires || !arm_at(v, o->arm + 1)->expires)
			continue;
		before = ahead(plan, vcpu, arm_at(v, o->arm)) - base;
		after = ahead(plan, vcpu, arm_at(v, o->arm + 1)) - base;

		const struct tune_input in = {
			.error = { o->delta < 0, (uint64_t)(o->delta < 0 ? -o->delta : o->delta) },
			.delta = o->delta,
			.guest_khz = { (uint32_t)plan->tsc_khz },
			.advance_ns = (uint32_t)MAX(before, 0),
			.done = done,
			.constants = form ? &form->constants : NULL,
		};
		struct tune_result tuned = { (uint32_t)MAX(before, 0), true };

		if (form && !done)
			tuned = form->tune(&in);
		done = tuned.done;
		ret.steps++;
		ret.wrong += ABS(after - (int64_t)tuned.advance_ns) > 1;
	}
	return ret;
}

/* The line of kvm_exit is the same from v4.4 to v5.7, the tuner is not: the first that explains
 * most of the advance's steps. */
static const char *release_by_tuner(const struct import_plan *plan)
{
	static const char *const releases[] = { "v4.19", "v5.0", "v5.2", "v5.3", "v5.7" };
	unsigned least = UINT_MAX;
	const char *ret = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(releases); i++) {
		struct kernel kernel;
		struct explained e;
		uint32_t release;

		kernel_parse_release(releases[i], &release);
		kernel_init(&kernel, release);
		e = explain_tuning(plan, &plan->vcpus[0], kernel.tune);
		if (e.wrong >= least)
			continue;
		least = e.wrong;
		ret = releases[i];
	}
	return ret;
}

static void find_kernel(struct import_plan *plan, const struct trace_facts *facts)
{
	g_autofree char *release = NULL;
	uint32_t parsed;

	if (plan->options->kernel) {
		plan->kernel = plan->options->kernel;
		return;
	}
	/* "6.1.0-56-amd64": up to the second dot */
	release = g_strdup_printf("v%s", facts->release);
	if (strchr(release, '.'))
		strchr(release, '.')[1 + strspn(strchr(release, '.') + 1, "0123456789")] = '\0';
	if (kernel_parse_release(release, &parsed)) {
		plan->kernel = g_intern_string(release);
		return;
	}
	if (plan->run->tick_is_handler)
		plan->kernel = "v6.12";
	else if (plan->run->exit_has_vcpu && plan->run->exit_has_intr_info)
		plan->kernel = "v6.1";
	else
		plan->kernel = plan->run->exit_has_vcpu ? "v5.8" : release_by_tuner(plan);
	note(plan,
	     "the trace does not say its release; by the look of its lines %s is assumed "
	     "(--kernel says otherwise)",
	     plan->kernel);
}

static bool is_off_or_fixed(struct import_plan *plan, const struct import_vcpu *vcpu,
			    const struct explained *release)
{
	if (not_advanced(plan)) {
		plan->advance = 0;
		note(plan, "no kvm_wait_lapic_expire: the advance is taken to be off");
		return true;
	}
	if (!release->wrong || explain_tuning(plan, vcpu, NULL).wrong)
		return false;
	plan->advance = first_advance(plan);
	note(plan, "the advance never changes: %" PRId64 " ns, to some hundred", plan->advance);
	return true;
}

static void find_tuner(struct import_plan *plan, const struct kernel *kernel)
{
	const struct import_vcpu *vcpu = &plan->vcpus[0];
	struct explained release = explain_tuning(plan, vcpu, kernel->tune);
	unsigned least = release.wrong;
	bool smooth;

	if (is_off_or_fixed(plan, vcpu, &release))
		return;
	if (!release.steps) {
		note(plan, "no deadline after a wait: the tuner is as in %s", plan->kernel);
		return;
	}
	for (size_t i = 0; release.wrong * 10 > release.steps && i < tune_variants_n; i++) {
		const struct explained e = explain_tuning(plan, vcpu, &tune_variants[i]);

		if (e.wrong >= least)
			continue;
		least = e.wrong;
		plan->tune = tune_variants[i].variant.name;
	}
	if (least)
		note(plan, "%u of %u steps of the advance are explained by the tuner %s",
		     release.steps - least, release.steps,
		     plan->tune ? plan->tune : kernel->tune->variant.name);
	if (first_advance(plan) != ADVANCE_DEFAULT_NS)
		plan->begins_with = first_advance(plan);
	/* From v5.4 on a value that was set is not adapted, but here it is. */
	smooth = g_str_equal(plan->tune ? plan->tune : kernel->tune->variant.name, "smooth");
	if (smooth && (plan->begins_with || plan->tune))
		plan->tune_gate = "always";
	else if (plan->tune)
		plan->tune_gate = g_str_equal(plan->tune, "eighth") ? "done_global" : "done_vcpu";
	if (!plan->begins_with)
		return;
	note(plan, "the advance begins with %" PRId64 " ns, to some hundred", plan->begins_with);
}

/* An hrtimer was started in the exit that wrote a deadline: where the VMX preemption timer serves
 * that mode, it is switched off. */
static void find_preemption_timer(struct import_plan *plan, const struct kernel *kernel)
{
	unsigned started = 0, all = 0;

	for (unsigned i = 0; i < plan->n_vcpus; i++)
		for (guint k = 0; k < plan->vcpus[i].seen->did.arms->len; k++) {
			const struct observed_arm *arm = arm_at(plan->vcpus[i].seen, k);

			all += arm->timer == OBSERVED_DEADLINE;
			started += arm->timer == OBSERVED_DEADLINE && arm->expires;
		}
	plan->no_preemption_timer = plan->run->isa == RECORDED_VMX && started * 2 > all &&
				    kernel->hv_modes->used(LAPIC_MODE_TSC_DEADLINE);
	if (plan->no_preemption_timer)
		note(plan,
		     "deadlines start an hrtimer: kvm_intel.preemption_timer is taken to be off");
}

static void find_forms(struct import_plan *plan, const struct trace_facts *facts)
{
	struct kernel kernel;
	uint32_t release;

	if (!kernel_parse_release(plan->kernel, &release))
		return;
	kernel_init(&kernel, release);
	plan->advance_is_switch = g_str_equal(kernel.param->variant.name, "bool");
	find_mode(plan, &kernel);
	find_notify(plan, &kernel);
	find_preemption_timer(plan, &kernel);
	find_tuner(plan, &kernel);
	find_idle_tick(plan, &kernel, facts);
}

/* --- the guest --- */

static int by_value(gconstpointer a, gconstpointer b)
{
	const uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

/* A number of ns as a person would have chosen it: few digits, if it is that to a part in 5000. */
static uint64_t chosen(uint64_t ns)
{
	for (uint64_t unit = 1000000000; unit > 1; unit /= 10) {
		const uint64_t near = (ns + unit / 2) / unit * unit;

		if (near && (near > ns ? near - ns : ns - near) <= ns / 5000)
			return near;
	}
	return ns;
}

/* The guest looks at the time once a turn, so that on average an exit comes half a turn late. What
 * is among the shortest and longest tenths was disturbed. */
static uint64_t turn_of(const struct import_plan *plan, const GArray *sorted, uint64_t every)
{
	const guint from = sorted->len / 10, to = sorted->len - from;
	__int128 sum = 0;
	int64_t late;

	for (guint i = from; i < to; i++)
		sum += observed_ns(&plan->run->clock, g_array_index(sorted, uint64_t, i)) -
		       observed_ns(&plan->run->clock, 0);
	late = (int64_t)(sum / (to - from)) - (int64_t)every;
	return late > 0 && late <= TURN_MAX_NS / 2 ? (uint64_t)late * 2 : 0;
}

static void find_pattern(struct import_plan *plan, struct import_vcpu *vcpu,
			 const struct observed_pattern *p, const char *reason)
{
	uint64_t low, middle;

	if (p->n < 3 || vcpu->exit_reason) {
		if (p->n == 2 || (p->n && vcpu->exit_reason))
			note(plan, "%" PRIu64 " %s exits of vCPU %u make no pattern: left out",
			     p->n, reason, vcpu->seen->id);
		return;
	}
	g_array_sort(p->intervals, by_value);
	/* Late ones waited for the handler; the earliest end such a wait. */
	low = (uint64_t)(observed_ns(&plan->run->clock,
				     g_array_index(p->intervals, uint64_t, p->intervals->len / 4)) -
			 observed_ns(&plan->run->clock, 0));
	middle = (uint64_t)(observed_ns(&plan->run->clock, g_array_index(p->intervals, uint64_t,
									 p->intervals->len / 2)) -
			    observed_ns(&plan->run->clock, 0));
	if (!low || middle - low > low / 20) {
		note(plan,
		     "the %" PRIu64 " %s exits of vCPU %u come at no fixed distance: left out",
		     p->n, reason, vcpu->seen->id);
		return;
	}
	vcpu->exit_reason = reason;
	vcpu->exit_every = chosen(low);
	vcpu->loop = turn_of(plan, p->intervals, vcpu->exit_every);
	note(plan,
	     "%s exits: they come %" PRIu64 " ns apart; taken for code that exits when more "
	     "than %" PRIu64 " ns have passed since the last",
	     reason, low, vcpu->exit_every);
}

static void find_guest(struct import_plan *plan, struct import_vcpu *vcpu)
{
	const struct observed_vcpu *v = vcpu->seen;
	const GArray *arms = v->did.arms;

	vcpu->timer = arms->len ? arm_at(v, 0)->timer : OBSERVED_DEADLINE;
	vcpu->hlt = v->did.hlts > 1;
	vcpu->handler_rdmsr = v->did.rdmsrs > 0;
	find_pattern(plan, vcpu, &v->did.cpuid, "CPUID");
	find_pattern(plan, vcpu, &v->did.io, "IO_INSTRUCTION");
	if (v->did.setup_exits)
		note(plan,
		     "%" PRIu64 " exits of vCPU %u before it first armed its timer are left "
		     "out",
		     v->did.setup_exits, v->id);
	if (v->did.arms_left_out)
		note(plan, "%" PRIu64 " armings of vCPU %u beyond %u are left out",
		     v->did.arms_left_out, v->id, OBSERVED_ARMS_MAX);
}

/* What a run can be made without, but not well. */
static void note_lacking(struct import_plan *plan, const struct trace_facts *facts)
{
	static const enum recorded_kind useful[] = {
		RECORDED_HRTIMER_EXPIRE_EXIT, RECORDED_LOCAL_TIMER_ENTRY,
		RECORDED_KVM_APIC_ACCEPT_IRQ, RECORDED_KVM_INJ_VIRQ,
		RECORDED_SCHED_SWITCH,        RECORDED_SCHED_WAKING,
	};
	g_autoptr(GString) lacking = g_string_new(NULL);
	uint64_t hlts = 0;

	for (unsigned i = 0; i < plan->n_vcpus; i++)
		hlts += plan->vcpus[i].seen->did.hlts;
	for (unsigned i = 0; i < G_N_ELEMENTS(useful); i++)
		if (!facts->n[useful[i]] && (hlts || useful[i] != RECORDED_SCHED_WAKING))
			g_string_append_printf(lacking, "%s%s", lacking->len ? ", " : "",
					       recorded_kind_name(useful[i]));
	if (lacking->len)
		note(plan,
		     "no %s in this trace: what these would tell is assumed; record them "
		     "with: %s",
		     lacking->str, observe_command);
}

struct import_plan *import_plan_new(const struct observed_run *run, const struct trace_facts *facts,
				    const struct import_options *options)
{
	struct import_plan *plan = g_new0(struct import_plan, 1);

	plan->run = run;
	plan->options = options;
	plan->advance = -1;
	plan->untied = -1;
	plan->notes = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < run->n_vcpus; i++) {
		if (!run->vcpus[i].did.arms->len) {
			note(plan, "vCPU %u never arms its timer: left out", run->vcpus[i].id);
			continue;
		}
		plan->vcpus[plan->n_vcpus++] = (struct import_vcpu){
			.seen = &run->vcpus[i],
			.rows = g_array_new(FALSE, FALSE, sizeof(struct import_row)),
		};
	}
	if (run->left_out)
		note(plan,
		     "more than %u threads enter a guest: %" PRIu64
		     " entries and exits of the others are left out",
		     OBSERVED_VCPUS_MAX, run->left_out);
	if (!plan->n_vcpus)
		return plan;
	note_lacking(plan, facts);
	find_rate(plan, facts);
	if (!plan->tsc_is_stamp)
		tie_clocks(plan);
	place_guest_clocks(plan);
	if (plan->tsc_is_stamp)
		tie_clocks(plan);
	find_hz(plan);
	find_nohz_full(plan, facts);
	find_kernel(plan, facts);
	find_forms(plan, facts);
	for (unsigned i = 0; i < plan->n_vcpus; i++)
		find_guest(plan, &plan->vcpus[i]);
	if (facts->n[RECORDED_LOST])
		note(plan,
		     "events were lost by the recorder, %" PRIu64
		     " by its own count: what they said is missing",
		     facts->lost);
	if (facts->has_entries && facts->entries_in_buffer < facts->entries_written)
		note(plan,
		     "the recorder's buffer kept %" PRIu64 " of %" PRIu64
		     " events: what each CPU did first is missing",
		     facts->entries_in_buffer, facts->entries_written);
	return plan;
}

bool import_plan_check(const struct import_plan *plan, struct diagnostics *d)
{
	if (plan->n_vcpus && (plan->tsc_khz < LIMIT_KHZ_MIN || plan->tsc_khz > LIMIT_KHZ_MAX))
		return error_plain(d, EXIT_USAGE,
				   "the TSC of this trace counts %" PRIu64
				   " kHz, and one has from %u to %u: its stamps or its deadlines "
				   "are not what they seem",
				   plan->tsc_khz, LIMIT_KHZ_MIN, LIMIT_KHZ_MAX);
	return plan->untied < 0 ||
	       error_plain(d, EXIT_USAGE,
			   "no hrtimer is started for a deadline of vCPU %d (the VMX preemption "
			   "timer serves it), so nothing ties its TSC to stamps that are none; "
			   "record it with: %s",
			   plan->untied, observe_command);
}

void import_plan_free(struct import_plan *plan)
{
	if (!plan)
		return;
	for (unsigned i = 0; i < plan->n_vcpus; i++)
		g_array_unref(plan->vcpus[i].rows);
	g_ptr_array_unref(plan->notes);
	g_free(plan);
}

/* --- when each thing was done, by the guest's clock --- */

static bool rises(const GArray *rows, const struct import_row *row)
{
	return !rows->len ||
	       row->arm_tsc > g_array_index(rows, struct import_row, rows->len - 1).arm_tsc;
}

/* A count is written as the time from the write to its end. */
static void add_rows(struct import_plan *plan, struct import_vcpu *vcpu, uint64_t exit_ns)
{
	const struct observed_vcpu *v = vcpu->seen;
	const uint64_t exit_cycles = cycles_of(plan, (int64_t)exit_ns);
	struct import_row row;
	unsigned unordered = 0;

	g_array_set_size(vcpu->rows, 0);
	for (guint i = 0; i < v->did.arms->len; i++) {
		const struct observed_arm *arm = arm_at(v, i);

		row.arm_tsc = import_guest_tsc(plan, vcpu, arm->exit) - exit_cycles;
		plan->before_zero |= row.arm_tsc > INT64_MAX;
		row.deadline_tsc = arm->timer == OBSERVED_DEADLINE
					   ? arm->value
					   : row.arm_tsc + cycles_of(plan, (int64_t)arm->value);
		if (rises(vcpu->rows, &row))
			g_array_append_val(vcpu->rows, row);
		else
			unordered++;
	}
	if (unordered)
		note(plan,
		     "%u deadlines of vCPU %u are older than the one before them and left out",
		     unordered, v->id);
	if (!v->did.stopped)
		return;
	row.arm_tsc = row.deadline_tsc = import_guest_tsc(plan, vcpu, v->did.stopped) - exit_cycles;
	if (rises(vcpu->rows, &row))
		g_array_append_val(vcpu->rows, row);
}

/* The guest's code began to count its exits here: a whole distance before the first of them. */
static int64_t begins_before(const struct import_plan *plan, const struct import_vcpu *vcpu,
			     int64_t armed, uint64_t exit_ns)
{
	const struct observed_pattern *p =
		vcpu->exit_reason && g_str_equal(vcpu->exit_reason, "CPUID")
			? &vcpu->seen->did.cpuid
			: &vcpu->seen->did.io;
	const int64_t every = (int64_t)vcpu->exit_every;

	if (!vcpu->exit_reason)
		return armed - LEAD_NS;

	const int64_t at = observed_ns(&plan->run->clock, p->first) - (int64_t)exit_ns - every;
	const int64_t behind = at - (armed - 2000);

	return behind > 0 ? at - (behind + every - 1) / every * every : at;
}

/* Half a tick behind the last that an idle CPU kept. */
static void find_tick_until(struct import_plan *plan)
{
	for (unsigned i = 0; plan->ticks_kept && i < plan->n_cpus; i++) {
		const uint64_t kept = plan->run->cpus[i].tick_kept;
		const int64_t until = observed_ns(&plan->run->clock, kept) + plan->clock_offset +
				      500000000 / plan->hz - (int64_t)plan->start_monotonic;

		if (!kept || until <= 0 || until >= (int64_t)plan->duration_ns)
			continue;
		plan->tick_until[i] = (uint64_t)until;
		note(plan,
		     "CPU %u kept its tick at first though it idled, as it does for RCU: its "
		     "tick_until",
		     i);
	}
}

void import_plan_start(struct import_plan *plan, uint64_t entry_ns, uint64_t exit_ns)
{
	int64_t start = INT64_MAX, end = 0;

	plan->before_zero = false;
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		struct import_vcpu *vcpu = &plan->vcpus[i];
		const struct import_row *row;
		int64_t armed;

		add_rows(plan, vcpu, exit_ns);
		row = &g_array_index(vcpu->rows, struct import_row, 0);
		armed = import_ns_of_guest_tsc(plan, vcpu, row->arm_tsc);
		start = MIN(start, begins_before(plan, vcpu, armed, exit_ns));
		row = &g_array_index(vcpu->rows, struct import_row, vcpu->rows->len - 1);
		end = MAX(end, import_ns_of_guest_tsc(plan, vcpu, row->deadline_tsc));
		end = MAX(end, observed_ns(&plan->run->clock, vcpu->seen->did.last_seen));
	}
	start -= (int64_t)entry_ns;
	plan->before_zero |= start < 0 || start + plan->clock_offset < 0;
	plan->start_tsc = cycles_of(plan, start);
	plan->start_monotonic = (uint64_t)(start + plan->clock_offset);
	plan->duration_ns = (uint64_t)(end - start + TAIL_NS + 999999) / 1000000 * 1000000;
	find_tick_until(plan);
}
