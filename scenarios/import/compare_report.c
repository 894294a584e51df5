/* SPDX-License-Identifier: MIT */
/* compare_report - what a comparison came to: judged, as a table, as rows, in one line. */
#include "compare.h"

#include <inttypes.h>
#include <string.h>

static int64_t rank(const GArray *sorted, unsigned percent)
{
	guint i = sorted->len * percent / 100;

	if (!sorted->len)
		return 0;
	return g_array_index(sorted, int64_t, MIN(i, sorted->len - 1));
}

/* In 1/1000 of the recorded. */
static int64_t off_by(int64_t recorded, int64_t predicted)
{
	const int64_t least = MAX(ABS(recorded), 1);

	return (int64_t)(((__int128)predicted - recorded) * 1000 / least);
}

static void append_share(GString *out, int64_t permille)
{
	g_string_append_printf(out, "%s%" PRId64 ".%" PRId64 " %%", permille < 0 ? "-" : "+",
			       ABS(permille) / 10, ABS(permille) % 10);
}

static uint64_t msr(const struct compare_totals *t)
{
	return t->exits.reason[RECORDED_EXIT_MSR_READ] + t->exits.reason[RECORDED_EXIT_MSR_WRITE] +
	       t->exits.reason[RECORDED_EXIT_MSR];
}

/* --- bounds --- */

G_GNUC_PRINTF(2, 3)
static void miss(GString *misses, const char *format, ...)
{
	va_list args;

	if (misses->len)
		g_string_append(misses, ", ");
	va_start(args, format);
	g_string_append_vprintf(misses, format, args);
	va_end(args);
}

static void judge_count(GString *misses, const char *what, uint64_t recorded, uint64_t predicted,
			uint64_t bound)
{
	const uint64_t off = recorded > predicted ? recorded - predicted : predicted - recorded;

	if (off > bound)
		miss(misses, "%s %" PRIu64 " against %" PRIu64, what, predicted, recorded);
}

static void judge_lateness(GString *misses, const struct compared *c, unsigned percent,
			   uint64_t bound)
{
	const int64_t recorded = rank(c->recorded.lateness, percent);
	const int64_t predicted = rank(c->predicted.lateness, percent);

	if ((uint64_t)ABS(off_by(recorded, predicted)) <= bound)
		return;
	miss(misses, "p%u of lateness %" PRId64 " against %" PRId64 " cycles (", percent, predicted,
	     recorded);
	append_share(misses, off_by(recorded, predicted));
	g_string_append_c(misses, ')');
}

bool compare_judge(struct compared *c, const struct compare_bounds *bounds)
{
	const struct compare_totals *r = &c->recorded, *p = &c->predicted;
	g_autoptr(GString) misses = g_string_new(NULL);

	if (!c->rows->len)
		miss(misses, "no deadline was delivered in the recording");
	if (c->undelivered)
		miss(misses, "%" PRIu64 " deadlines were not delivered", c->undelivered);
	if (c->wrong_cpu > bounds->cpu)
		miss(misses, "%" PRIu64 " deadlines fired on another CPU", c->wrong_cpu);
	for (unsigned i = 0; i < OBSERVED_CPUS_MAX; i++) {
		g_autofree char *what = g_strdup_printf("expiries on CPU %u", i);

		judge_count(misses, what, r->fired_on[i], p->fired_on[i], bounds->cpu);
	}
	judge_count(misses, "exits for apic_timer_fn", r->exits.apic_timer, p->exits.apic_timer,
		    bounds->exits);
	judge_count(misses, "MSR exits", msr(r), msr(p), bounds->exits);
	judge_count(misses, "HLT exits", r->exits.reason[RECORDED_EXIT_HLT],
		    p->exits.reason[RECORDED_EXIT_HLT], bounds->exits);
	judge_count(misses, "exits for ticks", r->exits.tick, p->exits.tick, bounds->ticks);
	judge_lateness(misses, c, 50, bounds->median);
	judge_lateness(misses, c, 90, bounds->p90);
	g_free(c->misses);
	c->misses = g_strdup(misses->str);
	return misses->len == 0;
}

/* --- output --- */

static void count_line(GString *out, const char *what, uint64_t recorded, uint64_t predicted,
		       bool judged)
{
	if (!recorded && !predicted)
		return;
	g_string_append_printf(out, "%-34s %12" PRIu64 " %12" PRIu64 "%s\n", what, recorded,
			       predicted,
			       recorded == predicted ? ""
			       : judged              ? "  differs"
						     : "  (not judged)");
}

static void lateness_line(GString *out, const struct compared *c, const char *name,
			  unsigned percent)
{
	const int64_t recorded = rank(c->recorded.lateness, percent);
	const int64_t predicted = rank(c->predicted.lateness, percent);
	g_autofree char *what = g_strdup_printf("lateness %s [cycles]", name);

	g_string_append_printf(out, "%-34s %12" PRId64 " %12" PRId64 "  ", what, recorded,
			       predicted);
	append_share(out, off_by(recorded, predicted));
	g_string_append_c(out, '\n');
}

static void exit_lines(GString *out, const struct compared *c)
{
	static const enum recorded_exit others[] = {
		RECORDED_EXIT_CPUID,
		RECORDED_EXIT_IO_INSTRUCTION,
		RECORDED_EXIT_INTERRUPT_WINDOW,
		RECORDED_EXIT_PREEMPTION_TIMER,
		RECORDED_EXIT_EPT_VIOLATION,
		RECORDED_EXIT_OTHER,
	};
	const struct observed_counts *r = &c->recorded.exits, *p = &c->predicted.exits;

	count_line(out, "exits EXTERNAL_INTERRUPT, timer", r->apic_timer, p->apic_timer, true);
	count_line(out, "exits EXTERNAL_INTERRUPT, tick", r->tick, p->tick, true);
	count_line(out, "exits EXTERNAL_INTERRUPT, other", r->other, p->other, false);
	count_line(out, "exits MSR_READ, MSR_WRITE", msr(&c->recorded), msr(&c->predicted), true);
	count_line(out, "exits HLT", r->reason[RECORDED_EXIT_HLT], p->reason[RECORDED_EXIT_HLT],
		   true);
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autofree char *what = g_strdup_printf("exits %s", recorded_exit_name(others[i]));

		count_line(out, what, r->reason[others[i]], p->reason[others[i]], false);
	}
}

void compare_table(GString *out, const struct compared *c)
{
	g_string_append_printf(out, "%-34s %12s %12s\n", "", "recorded", "predicted");
	count_line(out, "deadlines delivered", c->rows->len, c->rows->len - c->undelivered, true);
	for (unsigned i = 0; i < OBSERVED_CPUS_MAX; i++) {
		g_autofree char *what = g_strdup_printf("timer fired on CPU %u", i);

		count_line(out, what, c->recorded.fired_on[i], c->predicted.fired_on[i], true);
	}
	g_string_append_printf(out, "%-34s %12s %12" PRIu64 "\n", "  on another CPU than recorded",
			       "", c->wrong_cpu);
	exit_lines(out, c);
	lateness_line(out, c, "min", 0);
	lateness_line(out, c, "p10", 10);
	lateness_line(out, c, "p50", 50);
	lateness_line(out, c, "p90", 90);
	lateness_line(out, c, "p99", 99);
	lateness_line(out, c, "max", 100);
	if (!c->steps)
		return;
	count_line(out, "teeth of the tuner's errors", c->recorded.teeth, c->predicted.teeth,
		   false);
	count_line(out, "  errors within 5 %", c->steps, c->steps_near, false);
}

static void append_side(GString *out, const struct compare_side *s)
{
	g_autofree char *cpu = g_strdup_printf("CPU %u", s->cpu);

	if (!s->there)
		g_string_append_printf(out, "  %-7s %-9s %10s", "-", "never", "-");
	else
		g_string_append_printf(out, "  %-7s %-9s %10" PRId64, cpu,
				       s->by_hrtimer ? "hrtimer" : "at start", s->lateness);
}

void compare_deadlines(GString *out, const struct compared *c)
{
	g_string_append_printf(out, "\n%4s %20s  %-28s  %-28s\n%4s %20s", "vcpu", "deadline TSC",
			       "recorded", "predicted", "", "");
	for (unsigned i = 0; i < 2; i++)
		g_string_append_printf(out, "  %-7s %-9s %10s", "fired", "path", "late");
	g_string_append_c(out, '\n');
	for (guint i = 0; i < c->rows->len; i++) {
		const struct compare_row *row = &g_array_index(c->rows, struct compare_row, i);

		g_string_append_printf(out, "%4u %20" PRIu64, row->vcpu, row->deadline);
		append_side(out, &row->recorded);
		append_side(out, &row->predicted);
		g_string_append_c(out, '\n');
	}
}

#define PLOT_WIDTH 64

/* Lateness by percentile, both runs on one line: o recorded, x predicted, * both. The last
 * hundredth may lie far off, and is at the edge then. */
void compare_plot(GString *out, const struct compared *c)
{
	const int64_t from = MIN(rank(c->recorded.lateness, 0), rank(c->predicted.lateness, 0));
	const int64_t to = MAX(rank(c->recorded.lateness, 98), rank(c->predicted.lateness, 98));
	const __int128 width = MAX(to - from, 1);

	g_string_append_printf(out,
			       "\nlateness by percentile, %" PRId64 " to %" PRId64 " cycles: o "
			       "recorded, x predicted, * both\n",
			       from, to);
	for (unsigned percent = 0; percent <= 100; percent += 5) {
		const GArray *const runs[] = { c->recorded.lateness, c->predicted.lateness };
		char line[PLOT_WIDTH + 2] = "";

		memset(line, ' ', PLOT_WIDTH + 1);
		for (unsigned i = 0; i < 2; i++) {
			const __int128 at =
				((__int128)rank(runs[i], percent) - from) * PLOT_WIDTH / width;
			char *place = &line[CLAMP(at, 0, PLOT_WIDTH)];

			*place = *place == 'o' ? '*' : i ? 'x' : 'o';
		}
		g_string_append_printf(out, "p%-3u |%s\n", percent, g_strchomp(line));
	}
}

static void append_values(GString *out, const struct compare_side *s)
{
	if (!s->there) {
		g_string_append(out, ",,,,");
		return;
	}
	g_string_append_printf(out, ",%u,%s,%" PRId64 ",", s->cpu,
			       s->by_hrtimer ? "hrtimer" : "at_start", s->lateness);
	if (s->has_delta)
		g_string_append_printf(out, "%" PRId64, s->delta);
}

void compare_csv(GString *out, const struct compared *c)
{
	g_string_append(out, "i,vcpu,deadline_tsc,recorded_cpu,recorded_path,recorded_late_cycles,"
			     "recorded_delta,predicted_cpu,predicted_path,predicted_late_cycles,"
			     "predicted_delta\n");
	for (guint i = 0; i < c->rows->len; i++) {
		const struct compare_row *row = &g_array_index(c->rows, struct compare_row, i);

		g_string_append_printf(out, "%u,%u,%" PRIu64, i, row->vcpu, row->deadline);
		append_values(out, &row->recorded);
		append_values(out, &row->predicted);
		g_string_append_c(out, '\n');
	}
}

static void append_late(GString *out, const struct compared *c, unsigned percent)
{
	const int64_t recorded = rank(c->recorded.lateness, percent);
	const int64_t predicted = rank(c->predicted.lateness, percent);

	g_string_append_printf(out, "p%u %" PRId64 " against %" PRId64 " cycles (", percent,
			       predicted, recorded);
	append_share(out, off_by(recorded, predicted));
	g_string_append(out, ")");
}

void compare_verdict(GString *out, const struct compared *c)
{
	const bool ok = c->misses && !*c->misses;

	g_string_append_printf(out,
			       "%s: %" PRIu64 " of %u deadlines fired on the CPU of the recording; "
			       "%s ",
			       ok ? "agrees" : "differs",
			       (uint64_t)c->rows->len - c->undelivered - c->wrong_cpu, c->rows->len,
			       c->by_csv ? "lateness" : "VM-entry after the deadline");
	append_late(out, c, 50);
	g_string_append(out, ", ");
	append_late(out, c, 90);
	g_string_append_printf(out, "; the profile %s%s%s\n",
			       !c->profile_says ? "does not say which traces it saw"
			       : c->profile_saw ? "has seen this trace"
						: "has not seen this trace",
			       ok ? "" : "; outside the bounds: ", ok ? "" : c->misses);
}
