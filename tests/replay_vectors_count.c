/* SPDX-License-Identifier: MIT */
/* Rows of one-shot and periodic mode: counts, divider, restored counts. */
#include "replay_vectors.h"

#include "lapic_count.h"

#include <inttypes.h>

enum {
	AP_VERSION,
	AP_SCENARIO,
	AP_OP,
	AP_MODE,
	AP_TMICT,
	AP_TDCR,
	AP_VALUE,
	AP_BUS_CYCLE_NS,
	AP_MIN_PERIOD_US,
	AP_GUEST_KHZ,
	AP_NOW_NS,
	AP_GUEST_TSC,
	AP_RET,
	AP_DIVIDE_COUNT,
	AP_PERIOD_NS,
	AP_TARGET_NS,
	AP_TSC_DEADLINE,
	AP_LIMITED,
	AP_TMCCT,
};

enum count_op { OP_START, OP_RESTORE, OP_READ, OP_TDCR, OP_ADVANCE };

/* What an operation reports; -1 where it reports nothing, or the release has no such thing. */
struct reported {
	uint64_t ret;
	bool limited;
};

static struct reported carry_out(struct vectors_row *row, enum count_op op, struct lapic_count *lc,
				 const struct lapic_count_config *cfg,
				 const struct lapic_count_clock *clock)
{
	const struct kernel *k = &row->kernel;
	struct lapic_count_change change;

	switch (op) {
	case OP_START:
		lc->tmict = row_u32(row, AP_TMICT);
		lc->tdcr = row_u32(row, AP_TDCR);
		lc->divide = lapic_divide_count(lc->tdcr);
		change = lapic_count_start(k, lc, cfg, clock);
		break;
	case OP_RESTORE:
		lc->tmict = row_u32(row, AP_TMICT);
		lc->tdcr = row_u32(row, AP_TDCR);
		change = lapic_count_restore(k, lc, cfg, clock, row_u32(row, AP_VALUE));
		break;
	case OP_TDCR:
		change = lapic_count_set_divide(k, lc, cfg, clock, row_u32(row, AP_VALUE));
		if (!k->divide->rescale)
			return (struct reported){ UINT64_MAX, change.limited };
		break;
	case OP_ADVANCE:
		lapic_count_advance(k, lc, clock);
		return (struct reported){ UINT64_MAX, false };
	default: return (struct reported){ UINT64_MAX, false };
	}
	return (struct reported){ change.running, change.limited };
}

static void check_apic_period(struct vectors_row *row)
{
	static const char *const ops[] = { "start", "restore", "read", "tdcr", "advance", NULL };
	static const char *const modes[] = { "oneshot", "periodic", NULL };
	const struct lapic_count_config cfg = {
		.bus_cycle_ns = row_u32(row, AP_BUS_CYCLE_NS),
		.min_period_us = row_u32(row, AP_MIN_PERIOD_US),
	};
	const khz_t khz = { row_u32(row, AP_GUEST_KHZ) };
	struct guest_rate rate = { .khz = khz };
	const struct lapic_count_clock clock = {
		.now = ns(row_u64(row, AP_NOW_NS)),
		.guest_tsc = guest_cycles(row_u64(row, AP_GUEST_TSC)),
		.rate = &rate,
	};
	enum count_op op = (enum count_op)row_choice(row, AP_OP, ops);
	struct reported reported;
	struct lapic_count *lc;
	char key[96];
	bool fresh;

	snprintf(key, sizeof(key), "%.40s %.40s", row_word(row, AP_VERSION),
		 row_word(row, AP_SCENARIO));
	lc = row_state(row, key, &fresh);
	lc->mode = (enum lapic_timer_mode)row_choice(row, AP_MODE, modes);
	if (fresh && op != OP_START && op != OP_RESTORE)
		row_fail(row, AP_OP, "nothing was started");
	if (!khz.v || !cfg.bus_cycle_ns)
		row_fail(row, AP_GUEST_KHZ, "not a rate");
	if (row->failed)
		return;

	rate.ns_to_cycles = kvm_ns_to_cycles_scale(khz);
	reported = carry_out(row, op, lc, &cfg, &clock);
	row_expect(row, AP_TMICT, lc->tmict);
	row_expect(row, AP_TDCR, lc->tdcr);
	row_expect(row, AP_RET, reported.ret);
	row_expect(row, AP_DIVIDE_COUNT, lc->divide);
	row_expect(row, AP_PERIOD_NS, lc->period_ns);
	row_expect(row, AP_TARGET_NS, lc->target.v);
	row_expect(row, AP_TSC_DEADLINE, lc->tscdeadline.v);
	row_expect(row, AP_LIMITED, reported.limited);
	row_expect(row, AP_TMCCT, lapic_count_tmcct(&row->kernel, lc, &cfg, clock.now));
}

/* clang-format off */
const struct vectors_checker vectors_count_checkers[] = {
	{ .name = "apic_period", .check = check_apic_period,
	  .state_size = sizeof(struct lapic_count),
	  .columns = { "version", "scenario", "op", "mode", "tmict", "tdcr", "value",
		       "bus_cycle_ns", "min_period_us", "guest_khz", "now_ns", "guest_tsc", "ret",
		       "divide_count", "period_ns", "target_ns", "tsc_deadline", "limited",
		       "tmcct" } },
	{ .name = NULL },
};
/* clang-format on */
