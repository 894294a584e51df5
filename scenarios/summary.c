/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <inttypes.h>

/* Deadlines of one vCPU are numbered from 0 in the order of arming, so the last row of a vCPU is
 * the one meant. */
static struct deadline_row *row_of(struct summary *s, uint32_t vcpu, uint64_t n)
{
	for (guint i = s->deadlines->len; i--;) {
		struct deadline_row *row = &g_array_index(s->deadlines, struct deadline_row, i);

		if (row->vcpu == vcpu && row->n == n)
			return row;
	}
	return NULL;
}

static void keep(struct summary *s, const struct trace_record *rec)
{
	struct deadline_row *row;

	if (!s->deadlines)
		return;
	if (rec->event == TP_LAPIC_ARM) {
		const struct deadline_row new = { .vcpu = rec->entity,
						  .n = rec->value[1],
						  .deadline = rec->value[2],
						  .cpu = -1,
						  .vcpu_cpu = -1 };

		g_array_append_val(s->deadlines, new);
		return;
	}
	row = row_of(s, rec->entity, rec->value[1]);
	if (!row)
		return;
	if (rec->event == TP_LAPIC_EXPIRE) {
		row->cpu = (int32_t)rec->value[2];
		row->vcpu_cpu = (int32_t)rec->value[3];
	} else {
		row->delivered = true;
		row->lateness_ps = (int64_t)rec->value[4];
		row->lateness_cycles = (int64_t)rec->value[5];
	}
}

static void add_sample(struct summary *s, const struct trace_record *rec)
{
	const int64_t lateness = (int64_t)rec->value[4];

	s->samples++;
	s->early += lateness < 0;
	if (!histogram_add(s->lateness, lateness) ||
	    !histogram_add(s->lateness_cycles, (int64_t)rec->value[5]))
		s->no_memory = true;
}

static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct summary *s = (struct summary *)((char *)sink - offsetof(struct summary, sink));

	switch (rec->event) {
	case TP_KVM_EXIT: s->exits[rec->value[1]]++; break;
	case TP_LAPIC_ARM:
		s->arms++;
		keep(s, rec);
		break;
	case TP_LAPIC_EXPIRE:
		s->fired_on[rec->value[2]]++;
		s->remote += rec->value[2] != rec->value[3];
		keep(s, rec);
		break;
	case TP_LAPIC_SAMPLE:
		add_sample(s, rec);
		keep(s, rec);
		break;
	case TP_LAPIC_DROP: s->drops[rec->value[2]]++; break;
	case TP_LAPIC_LATE_ARM: s->late_arms++; break;
	default: break;
	}
}

void summary_init(struct summary *s, uint32_t n_cpus, bool keep_deadlines)
{
	*s = (struct summary){ .sink = { .record = on_record }, .n_cpus = n_cpus };
	s->lateness = histogram_new();
	s->lateness_cycles = histogram_new();
	s->fired_on = g_new0(uint64_t, n_cpus);
	if (keep_deadlines)
		s->deadlines = g_array_new(FALSE, FALSE, sizeof(struct deadline_row));
	s->no_memory = !s->lateness || !s->lateness_cycles;
}

static void check_histogram(const struct histogram *h, uint64_t samples, const char *what,
			    struct sim *sim)
{
	if (histogram_count(h) != samples || !histogram_sound(h))
		sim_break(sim, "F2",
			  "%s: %" PRIu64 " values in buckets == %" PRIu64
			  " samples; min <= p50 <= p90 <= p99 <= max",
			  what, histogram_count(h), samples);
}

void summary_check(const struct summary *s, struct sim *sim)
{
	if (s->no_memory)
		return;
	check_histogram(s->lateness, s->samples, "lateness", sim);
	check_histogram(s->lateness_cycles, s->samples, "lateness_cycles", sim);
}

void summary_clear(struct summary *s)
{
	histogram_free(s->lateness);
	histogram_free(s->lateness_cycles);
	g_free(s->fired_on);
	if (s->deadlines)
		g_array_free(s->deadlines, TRUE);
	*s = (struct summary){ 0 };
}
