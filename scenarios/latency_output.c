/* SPDX-License-Identifier: MIT */
#include "latency_output.h"

#include "kvm_stat.h"
#include "tracepoints.h"
#include "workload.h"

#include <inttypes.h>

#define ROWS_MIN 1u
#define THREAD_OVERFLOWS_MAX 1000u

struct thread { /* of one vCPU that runs cyclictest or vmexit */
	const struct guest_config *guest;
	khz_t khz;
	uint64_t n; /* measurements; of cyclictest in us from here on */
	uint64_t total, least, most;
	uint64_t overflows;
	uint64_t rows[LATENCY_ROWS_MAX];
	GArray *overflowed; /* of uint64_t: their numbers */
};

struct latency_output {
	struct trace_sink sink;
	uint32_t n_threads;
	struct thread *threads; /* by vCPU's index in the world */
	bool *sampled;          /* has had its first interrupt */
	GArray *latencies;      /* of int64_t */
	struct kvm_stat *exits;
};

static void add_wakeup(struct thread *t, uint64_t n, int64_t cycles)
{
	const uint64_t late = cycles < 0 ? 0 : (uint64_t)cycles;
	const uint64_t us =
		(uint64_t)((unsigned __int128)late * (NSEC_PER_SEC / 1000000) / t->khz.v);

	t->least = t->n ? MIN(t->least, us) : us;
	t->most = MAX(t->most, us);
	t->total += us;
	t->n++;
	if (us < LATENCY_ROWS_MAX) {
		t->rows[us]++;
		return;
	}
	t->overflows++;
	if (t->overflowed->len < THREAD_OVERFLOWS_MAX)
		g_array_append_val(t->overflowed, n);
}

static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct latency_output *lo = (struct latency_output *)sink; /* its first member */
	const int64_t latency = (int64_t)rec->value[5];

	switch (rec->event) {
	case TP_KVM_EXIT:
	case TP_KVM_ENTRY: kvm_stat_add(lo->exits, rec); break;
	case TP_LAPIC_SAMPLE:
		if (lo->sampled[rec->entity])
			g_array_append_val(lo->latencies, latency);
		lo->sampled[rec->entity] = true;
		break;
	case TP_GUEST_ITERATION:
		lo->threads[rec->entity].n++;
		lo->threads[rec->entity].total += rec->value[2];
		break;
	case TP_GUEST_WAKEUP:
		add_wakeup(&lo->threads[rec->entity], rec->value[1], (int64_t)rec->value[2]);
		break;
	default: break;
	}
}

struct latency_output *latency_output_new(const struct world_config *config)
{
	struct latency_output *lo = g_new0(struct latency_output, 1);
	uint32_t k = 0;

	for (uint32_t i = 0; i < config->n_vms; i++)
		lo->n_threads += config->vms[i].n_vcpus;
	lo->sink.record = on_record;
	lo->exits = kvm_stat_new(lo->n_threads);
	lo->threads = g_new0(struct thread, lo->n_threads);
	lo->sampled = g_new0(bool, lo->n_threads);
	lo->latencies = g_array_new(FALSE, FALSE, sizeof(int64_t));
	for (uint32_t i = 0; i < config->n_vms; i++) {
		for (uint32_t j = 0; j < config->vms[i].n_vcpus; j++) {
			const khz_t khz = config->vms[i].vcpus[j].tsc_khz;

			lo->threads[k++] = (struct thread){
				.guest = &config->vms[i].guest,
				.khz = khz.v ? khz : config->host.tsc_khz,
				.overflowed = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
			};
		}
	}
	return lo;
}

void latency_output_free(struct latency_output *lo)
{
	if (!lo)
		return;
	for (uint32_t i = 0; i < lo->n_threads; i++)
		g_array_free(lo->threads[i].overflowed, TRUE);
	g_free(lo->threads);
	g_free(lo->sampled);
	kvm_stat_free(lo->exits);
	g_array_free(lo->latencies, TRUE);
	g_free(lo);
}

struct trace_sink *latency_output_sink(struct latency_output *lo) { return &lo->sink; }

bool latency_output_suits(const struct world_config *config, enum latency_format format)
{
	for (uint32_t i = 0; i < config->n_vms; i++)
		if (format != LATENCY_CYCLICTEST ||
		    config->vms[i].guest.workload == &workload_cyclictest)
			return true;
	return false;
}

static void print_lines(GString *out, const struct latency_output *lo)
{
	static const char *const tests[] = {
		[VMEXIT_TSCDEADLINE] = "tscdeadline",
		[VMEXIT_TSCDEADLINE_IMMED] = "tscdeadline_immed",
		[VMEXIT_CPUID] = "cpuid",
	};
	bool vmexit = false;

	for (uint32_t i = 0; i < lo->n_threads; i++) {
		const struct thread *t = &lo->threads[i];

		if (t->guest->workload != &workload_vmexit || t->n == 0)
			continue;
		vmexit = true;
		g_string_append_printf(out, "%s %" PRIu64 "\n", tests[t->guest->test],
				       t->total / t->n);
	}
	if (vmexit) /* that program prints nothing about its interrupts */
		return;
	for (guint i = 0; i < lo->latencies->len; i++)
		g_string_append_printf(out, "latency: %" PRId64 "\n",
				       g_array_index(lo->latencies, int64_t, i));
}

/* --- cyclictest --- */

typedef uint64_t column_fn(const struct thread *t);

static uint64_t count_of(const struct thread *t) { return t->n; }
static uint64_t least_of(const struct thread *t) { return t->least; }
static uint64_t mean_of(const struct thread *t) { return t->n ? t->total / t->n : 0; }
static uint64_t most_of(const struct thread *t) { return t->most; }
static uint64_t overflows_of(const struct thread *t) { return t->overflows; }

static bool is_column(const struct thread *t) { return t->guest->workload == &workload_cyclictest; }

static void print_row(GString *out, const struct latency_output *lo, uint32_t us)
{
	const char *between = " ";

	g_string_append_printf(out, "%06" PRIu32, us);
	for (uint32_t i = 0; i < lo->n_threads; i++) {
		if (!is_column(&lo->threads[i]))
			continue;
		g_string_append_printf(out, "%s%06" PRIu64, between, lo->threads[i].rows[us]);
		between = "\t";
	}
	g_string_append_c(out, '\n');
}

static void print_footer(GString *out, const struct latency_output *lo)
{
	static const struct {
		const char *title;
		int width;
		column_fn *of;
	} lines[] = {
		{ "Total", 9, count_of },
		{ "Min Latencies", 5, least_of },
		{ "Avg Latencies", 5, mean_of },
		{ "Max Latencies", 5, most_of },
		{ "Histogram Overflows", 5, overflows_of },
	};

	for (size_t k = 0; k < G_N_ELEMENTS(lines); k++) {
		g_string_append_printf(out, "# %s:", lines[k].title);
		for (uint32_t i = 0; i < lo->n_threads; i++)
			if (is_column(&lo->threads[i]))
				g_string_append_printf(out, " %0*" PRIu64, lines[k].width,
						       lines[k].of(&lo->threads[i]));
		g_string_append_c(out, '\n');
	}
}

static void print_overflows(GString *out, const struct latency_output *lo)
{
	unsigned column = 0;

	g_string_append(out, "# Histogram Overflow at cycle number:\n");
	for (uint32_t i = 0; i < lo->n_threads; i++) {
		const struct thread *t = &lo->threads[i];

		if (!is_column(t))
			continue;
		g_string_append_printf(out, "# Thread %u:", column++);
		for (guint k = 0; k < t->overflowed->len; k++)
			g_string_append_printf(out, " %05" PRIu64,
					       g_array_index(t->overflowed, uint64_t, k));
		if (t->overflows > t->overflowed->len)
			g_string_append_printf(out, " # %05" PRIu64 " others",
					       t->overflows - t->overflowed->len);
		g_string_append_c(out, '\n');
	}
}

static void print_histogram(GString *out, const struct latency_output *lo)
{
	uint64_t rows = ROWS_MIN;

	for (uint32_t i = 0; i < lo->n_threads; i++)
		if (is_column(&lo->threads[i]))
			rows = MAX(rows, lo->threads[i].most + 1);
	g_string_append(out, "# Histogram\n");
	for (uint32_t us = 0; us < MIN(rows, LATENCY_ROWS_MAX); us++)
		print_row(out, lo, us);
	print_footer(out, lo);
	print_overflows(out, lo);
}

void latency_output_print(GString *out, const struct latency_output *lo, enum latency_format format)
{
	if (format == LATENCY_CYCLICTEST)
		print_histogram(out, lo);
	else if (format == LATENCY_KVM_STAT)
		kvm_stat_print(out, lo->exits);
	else
		print_lines(out, lo);
}
