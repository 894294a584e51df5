/* SPDX-License-Identifier: MIT */
#include "kvm_stat.h"

#include "summary.h"
#include "tracepoints.h"

#include <inttypes.h>
#include <string.h>

struct exit_row {
	uint64_t n, total, least, most; /* [ns] */
};

struct open_exit { /* of a vCPU */
	bool open;
	uint64_t reason, since;
};

struct kvm_stat {
	struct exit_row rows[EXIT_NAMES_MAX]; /* by index of the field `reason` */
	struct open_exit *vcpus;
	uint64_t n, total;
};

struct kvm_stat *kvm_stat_new(uint32_t n_vcpus)
{
	struct kvm_stat *stat = g_new0(struct kvm_stat, 1);

	stat->vcpus = g_new0(struct open_exit, n_vcpus + 1);
	return stat;
}

void kvm_stat_free(struct kvm_stat *stat)
{
	g_free(stat->vcpus);
	g_free(stat);
}

static void close_exit(struct kvm_stat *stat, struct open_exit *exit, uint64_t now)
{
	struct exit_row *row = &stat->rows[exit->reason];
	const uint64_t took = now - exit->since;

	row->least = row->n ? MIN(row->least, took) : took;
	row->most = MAX(row->most, took);
	row->total += took;
	row->n++;
	stat->total += took;
	stat->n++;
	exit->open = false;
}

void kvm_stat_add(struct kvm_stat *stat, const struct trace_record *rec)
{
	const uint64_t now = rec->when.v / PS_PER_NS;

	if (rec->event == TP_KVM_EXIT && rec->value[1] < EXIT_NAMES_MAX)
		stat->vcpus[rec->entity] =
			(struct open_exit){ .open = true, .reason = rec->value[1], .since = now };
	else if (rec->event == TP_KVM_ENTRY && stat->vcpus[rec->entity].open)
		close_exit(stat, &stat->vcpus[rec->entity], now);
}

/* Does the double nearest to n/200 lie above it? Only for n that no power of two makes a multiple
 * of 200: the remainder is never a half. */
static bool double_is_above(uint64_t n)
{
	unsigned __int128 scaled = n;

	while (scaled / 200 < (UINT64_C(1) << 52)) /* 53 bits */
		scaled *= 2;
	return scaled % 200 > 100;
}

uint64_t kvm_stat_hundredths(uint64_t num, uint64_t den)
{
	const unsigned __int128 exact = (unsigned __int128)num * 100;
	const uint64_t down = (uint64_t)(exact / den);
	const uint64_t twice = (uint64_t)(exact % den) * 2;

	if (twice != den)
		return down + (twice > den);
	if ((2 * down + 1) % 25 == 0) /* a tie that a double can hold: to even */
		return down + down % 2;
	return down + double_is_above(2 * down + 1);
}

static void put(GString *out, int width, uint64_t num, uint64_t den, const char *unit)
{
	const uint64_t v = den ? kvm_stat_hundredths(num, den) : 0;

	g_string_append_printf(out, "%*" PRIu64 ".%02" PRIu64 "%s ", width, v / 100, v % 100, unit);
}

static void print_row(GString *out, const struct kvm_stat *stat, const char *name,
		      const struct exit_row *row)
{
	g_string_append_printf(out, "%20s %10" PRIu64 " ", name, row->n);
	put(out, 5, row->n * 100, stat->n, "%");
	put(out, 5, row->total * 100, stat->total, "%");
	put(out, 6, row->least, 1000, "us");
	put(out, 6, row->most, 1000, "us");
	put(out, 6, row->total, row->n * 1000, "us");
	out->str[out->len - 1] = '\n';
}

void kvm_stat_print(GString *out, const struct kvm_stat *stat)
{
	const struct trace_field *reasons = &lapicsim_schema.events[TP_KVM_EXIT]->fields[1];
	struct exit_row rows[EXIT_NAMES_MAX];

	memcpy(rows, stat->rows, sizeof(rows));
	g_string_append_printf(out, "%20s %10s %9s %9s %11s %11s %16s\n\n", "VM-EXIT", "Samples",
			       "Samples%", "Time%", "Min Time", "Max Time", "Avg time");
	for (;;) { /* most frequent first, then by number: the order of the names */
		const struct exit_row *most = NULL;

		for (uint32_t i = 0; i < reasons->n_names; i++)
			if (rows[i].n && (!most || rows[i].n > most->n))
				most = &rows[i];
		if (!most)
			break;
		print_row(out, stat, reasons->names[most - rows], most);
		rows[most - rows].n = 0;
	}
	g_string_append_printf(out,
			       "\nTotal Samples:%" PRIu64 ", Total events handled time:", stat->n);
	put(out, 0, stat->total, 1000, "us");
	out->str[out->len - 1] = '.';
	g_string_append_c(out, '\n');
}
