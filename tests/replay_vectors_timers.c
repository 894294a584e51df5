/* SPDX-License-Identifier: MIT */
/* Rows of the host's timers, and of the start of a deadline. */
#include "replay_vectors.h"

#include "sw_deadline.h"
#include "switch_base.h"

#include <stdlib.h>
#include <string.h>

#define DOMAINS_MAX 64

/* What describes the CPUs in a row. */
struct cpus {
	unsigned n, me;
	struct cpu_mask domains[DOMAINS_MAX], idle, housekeeping;
	unsigned n_domains;
};

/* "0 2 3" or "-", up to @end. */
static bool parse_list(const char *text, const char *end, unsigned n_cpus, struct cpu_mask *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (end - text == 1 && *text == '-')
		return true;

	while (text < end) {
		unsigned cpu = 0;

		if (*text < '0' || *text > '9')
			return false;
		for (; text < end && *text >= '0' && *text <= '9'; text++) {
			cpu = cpu * 10 + (unsigned)(*text - '0');
			if (cpu >= n_cpus)
				return false;
		}
		cpu_mask_set(ret, cpu);
		if (text < end && *text++ != ' ')
			return false;
	}
	return true;
}

static void read_list(struct vectors_row *row, size_t column, unsigned n, struct cpu_mask *ret)
{
	const char *text = row_word(row, column);

	if (!parse_list(text, text + strlen(text), n, ret))
		row_fail(row, column, "no list of CPUs");
}

/* "2|2 3|0 1 2 3", or none. */
static void read_domains(struct vectors_row *row, size_t column, struct cpus *cpus)
{
	const char *text = row_word(row, column);

	cpus->n_domains = 0;
	if (strcmp(text, "none") == 0)
		return;
	for (;;) {
		const char *end = text + strcspn(text, "|");

		if (cpus->n_domains == DOMAINS_MAX ||
		    !parse_list(text, end, cpus->n, &cpus->domains[cpus->n_domains++])) {
			row_fail(row, column, "no scheduling domains");
			return;
		}
		if (!*end)
			return;
		text = end + 1;
	}
}

static unsigned read_cpu(struct vectors_row *row, size_t column, unsigned n)
{
	uint64_t cpu = row_u64(row, column);

	if (cpu < n)
		return (unsigned)cpu;
	row_fail(row, column, "no such CPU");
	return 0;
}

enum { VERSION, NCPUS, CPU, DOMAINS, IDLE_CPUS, HOUSEKEEPING_CPUS, CPUS_COLUMNS };
#define CPUS_COLUMN_NAMES "version", "ncpus", "cpu", "domains", "idle_cpus", "housekeeping_cpus"

static void read_cpus(struct vectors_row *row, struct cpus *cpus)
{
	uint64_t n = row_u64(row, NCPUS);

	if (!n || n > CPUS_MAX) {
		row_fail(row, NCPUS, "not a number of CPUs");
		return;
	}
	cpus->n = (unsigned)n;
	cpus->me = read_cpu(row, CPU, cpus->n);
	read_domains(row, DOMAINS, cpus);
	read_list(row, IDLE_CPUS, cpus->n, &cpus->idle);

	if (strcmp(row_word(row, HOUSEKEEPING_CPUS), "off") == 0) {
		memset(&cpus->housekeeping, 0, sizeof(cpus->housekeeping));
		for (unsigned i = 0; i < cpus->n; i++)
			cpu_mask_set(&cpus->housekeeping, i);
		return;
	}
	read_list(row, HOUSEKEEPING_CPUS, cpus->n, &cpus->housekeeping);
	for (unsigned w = 0; w < CPUS_MAX / 64; w++)
		if (cpus->housekeeping.word[w])
			return;
	row_fail(row, HOUSEKEEPING_CPUS, "no housekeeping CPU");
}

static struct nohz_target_input target_input(const struct vectors_row *row, const struct cpus *cpus)
{
	return (struct nohz_target_input){
		.me = cpus->me,
		.domains = cpus->domains,
		.n_domains = cpus->n_domains,
		.idle = &cpus->idle,
		.housekeeping = &cpus->housekeeping,
		.n_cpus = cpus->n,
		.any_housekeeping =
			row->kernel.any_housekeeping->pick(&cpus->housekeeping, cpus->n),
	};
}

/* --- nohz_target --- */

enum { TARGET = CPUS_COLUMNS, TARGET_IS_CPU, TARGET_IDLE, TARGET_HOUSEKEEPING };

static void check_nohz_target(struct vectors_row *row)
{
	struct nohz_target_input in;
	struct cpus cpus;
	unsigned target;

	read_cpus(row, &cpus);
	if (row->failed)
		return;

	in = target_input(row, &cpus);
	target = row->kernel.nohz_target->target(&in);
	row_expect(row, TARGET, target);
	row_expect(row, TARGET_IS_CPU, target == cpus.me);
	row_expect(row, TARGET_IDLE, cpu_mask_has(&cpus.idle, target));
	row_expect(row, TARGET_HOUSEKEEPING, cpu_mask_has(&cpus.housekeeping, target));
}

/* --- hrtimer_switch --- */

enum {
	PINNED = CPUS_COLUMNS,
	MIGRATION_ENABLED,
	HRES_ACTIVE,
	CALLBACK_RUNNING,
	OLD_CPU,
	EXPIRES_NS,
	CLOCK_OFFSET_NS,
	NEXT_EVENT_NS,
	WANTED_CPU,
	GOT_CPU,
};

/* One number for each CPU, separated by blanks. */
static void read_next_events(struct vectors_row *row, unsigned n, uint64_t *ret)
{
	const char *text = row_word(row, NEXT_EVENT_NS);

	for (unsigned i = 0; i < n; i++) {
		char *end;

		ret[i] = (uint64_t)strtoll(text, &end, 10);
		if (end == text || *end != (i + 1 < n ? ' ' : '\0')) {
			row_fail(row, NEXT_EVENT_NS, "not one number for each CPU");
			return;
		}
		text = end + 1;
	}
}

static void check_hrtimer_switch(struct vectors_row *row)
{
	uint64_t next[CPUS_MAX];
	struct switch_base_input in;
	struct cpus cpus;
	unsigned wanted, got;

	read_cpus(row, &cpus);
	if (row->failed)
		return;
	read_next_events(row, cpus.n, next);
	in = (struct switch_base_input){
		.me = cpus.me,
		.pinned = row_bool(row, PINNED),
		.migration_enabled = row_bool(row, MIGRATION_ENABLED),
		.hres_active = row_bool(row, HRES_ACTIVE),
		.callback_running = row_bool(row, CALLBACK_RUNNING),
		.old_cpu = read_cpu(row, OLD_CPU, cpus.n),
		.expires = ns(row_u64(row, EXPIRES_NS)),
		.clock_offset = (int64_t)row_u64(row, CLOCK_OFFSET_NS),
		.expires_next = next,
		.target = target_input(row, &cpus),
	};
	if (row->failed)
		return;

	got = switch_hrtimer_base(&row->kernel, &in, &wanted);
	row_expect(row, WANTED_CPU, wanted);
	row_expect(row, GOT_CPU, got);
}

/* --- sw_deadline --- */

enum {
	SW_GUEST_KHZ = 1,
	SW_ADVANCE_NS,
	SW_NOW_NS,
	SW_GUEST_TSC,
	SW_TSC_DEADLINE,
	SW_OUTCOME,
	SW_EXPIRES_NS,
	SW_DELAY_NS
};

static void check_sw_deadline(struct vectors_row *row)
{
	static const char *const outcomes[] = {
		[SW_DEADLINE_NOTHING] = "nothing",
		[SW_DEADLINE_EXPIRE] = "expired",
		[SW_DEADLINE_ARM] = "timer",
	};
	const struct sw_deadline_input in = {
		.deadline = guest_cycles(row_u64(row, SW_TSC_DEADLINE)),
		.guest_tsc = guest_cycles(row_u64(row, SW_GUEST_TSC)),
		.now = ns(row_u64(row, SW_NOW_NS)),
		.guest_khz = { row_u32(row, SW_GUEST_KHZ) },
		.advance_ns = row_u32(row, SW_ADVANCE_NS),
	};
	struct sw_deadline got = sw_deadline(&row->kernel, &in);
	bool armed = got.action == SW_DEADLINE_ARM;

	row_expect_word(row, SW_OUTCOME, outcomes[got.action]);
	row_expect(row, SW_EXPIRES_NS, armed ? got.expires.v : 0);
	row_expect(row, SW_DELAY_NS, armed ? got.expires.v - in.now.v : 0);
}

/* --- hrtimer_forward --- */

enum {
	FW_RESOLUTION_NS = 1,
	FW_EXPIRES_BEFORE_NS,
	FW_NOW_NS,
	FW_INTERVAL_NS,
	FW_OVERRUNS,
	FW_EXPIRES_AFTER_NS,
};

static void check_hrtimer_forward(struct vectors_row *row)
{
	const struct forward_input in = {
		.expires = (int64_t)row_u64(row, FW_EXPIRES_BEFORE_NS),
		.now = (int64_t)row_u64(row, FW_NOW_NS),
		.interval = (int64_t)row_u64(row, FW_INTERVAL_NS),
		.resolution = (int64_t)row_u64(row, FW_RESOLUTION_NS),
	};
	struct forward_result got;

	if (in.resolution <= 0)
		row_fail(row, FW_RESOLUTION_NS, "not a resolution");
	if (row->failed)
		return;
	got = row->kernel.forward->forward(&in);
	row_expect(row, FW_OVERRUNS, got.overruns);
	row_expect(row, FW_EXPIRES_AFTER_NS, (uint64_t)got.expires);
}

/* clang-format off */
const struct vectors_checker vectors_timer_checkers[] = {
	{ .name = "nohz_target", .check = check_nohz_target,
	  .columns = { CPUS_COLUMN_NAMES, "target", "target_is_cpu", "target_idle",
		       "target_housekeeping" } },
	{ .name = "hrtimer_switch", .check = check_hrtimer_switch,
	  .columns = { CPUS_COLUMN_NAMES, "pinned", "migration_enabled", "hres_active",
		       "callback_running", "old_cpu", "expires_ns", "clock_offset_ns",
		       "next_event_ns", "wanted_cpu", "got_cpu" } },
	{ .name = "sw_deadline", .check = check_sw_deadline,
	  .columns = { "version", "guest_khz", "advance_ns", "now_ns", "guest_tsc", "tsc_deadline",
		       "outcome", "expires_ns", "delay_ns" } },
	{ .name = "hrtimer_forward", .check = check_hrtimer_forward,
	  .columns = { "version", "resolution_ns", "expires_before_ns", "now_ns", "interval_ns",
		       "overruns", "expires_after_ns" } },
	{ .name = NULL },
};
/* clang-format on */
