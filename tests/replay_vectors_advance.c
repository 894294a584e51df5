/* SPDX-License-Identifier: MIT */
/* Rows of the timer advance: the wait before VM-entry, and the tuner. */
#include "replay_vectors.h"

#include "timer_advance.h"

#include <inttypes.h>

#define VMX_FRAC_BITS 48

static const char *const wait_kinds[] = {
	[BUSY_WAIT_NONE] = "none",
	[BUSY_WAIT_HOST_CYCLES] = "host_cycles",
	[BUSY_WAIT_HOST_NS] = "host_ns",
};

/* Tuning is open at the start of every sequence. */
static struct timer_advance advance_open(uint32_t advance_ns)
{
	return (struct timer_advance){ .advance_ns = advance_ns, .done = false, .dynamic = true };
}

/* Both readings of the clock give the same number in all rows. */
static struct wait_plan wait_twice(const struct kernel *kernel, struct timer_advance *ta,
				   const struct wait_input *in)
{
	const struct tune_constants constants = tune_constants(kernel, NULL);
	struct wait_input with = *in;

	with.constants = &constants;
	struct wait_plan plan = timer_advance_wait(kernel, ta, &with);

	if (plan.read_again)
		plan.wait = timer_advance_wait_again(kernel, ta, &with);
	return plan;
}

static void expect_done(struct vectors_row *row, size_t column, const struct timer_advance *ta)
{
	if (row->kernel.tune_gate->keeps_done)
		row_expect(row, column, ta->done);
	else
		row_expect(row, column, UINT64_MAX); /* -1: there is no such flag */
}

static struct guest_rate rate_of(struct vectors_row *row, size_t host_khz, size_t guest_khz)
{
	const struct tsc_host host = {
		.khz = { row_u32(row, host_khz) },
		.tolerance_ppm = TSC_TOLERANCE_PPM_DEFAULT,
		.frac_bits = VMX_FRAC_BITS,
		.has_scaling = true,
	};
	struct guest_rate rate = tsc_rate_initial(&host);
	khz_t khz = { row_u32(row, guest_khz) };

	if (!host.khz.v || !khz.v)
		row_fail(row, guest_khz, "not a rate");
	else
		tsc_set_khz(&row->kernel, &host, khz, &rate);
	return rate;
}

/* --- tuner --- */

enum {
	TU_VERSION,
	TU_SEQ,
	TU_STEP,
	TU_INIT_ADVANCE_NS,
	TU_GUEST_KHZ,
	TU_TSC_DEADLINE,
	TU_GUEST_TSC,
	TU_DELTA_CYCLES,
	TU_ADVANCE_BEFORE_NS,
	TU_DONE_BEFORE,
	TU_CALLED,
	TU_ADVANCE_AFTER_NS,
	TU_DONE_AFTER,
	TU_WAIT_CYCLES,
};

static void check_tuner(struct vectors_row *row)
{
	const struct guest_rate rate = rate_of(row, TU_GUEST_KHZ, TU_GUEST_KHZ);
	const struct wait_input in = {
		.deadline = guest_cycles(row_u64(row, TU_TSC_DEADLINE)),
		.now = guest_cycles(row_u64(row, TU_GUEST_TSC)),
		.rate = &rate,
	};
	struct timer_advance *ta;
	struct wait_plan plan;
	char key[96];
	bool fresh;

	snprintf(key, sizeof(key), "%.40s %.40s", row_word(row, TU_VERSION), row_word(row, TU_SEQ));
	ta = row_state(row, key, &fresh);
	if (fresh)
		*ta = advance_open(row_u32(row, TU_INIT_ADVANCE_NS));
	if (row->failed)
		return;

	row_expect(row, TU_ADVANCE_BEFORE_NS, ta->advance_ns);
	expect_done(row, TU_DONE_BEFORE, ta);
	plan = wait_twice(&row->kernel, ta, &in);
	row_expect(row, TU_DELTA_CYCLES, (uint64_t)plan.delta);
	row_expect(row, TU_CALLED, plan.called);
	row_expect(row, TU_ADVANCE_AFTER_NS, ta->advance_ns);
	expect_done(row, TU_DONE_AFTER, ta);
	if (plan.wait.unit == BUSY_WAIT_HOST_NS)
		row_fail(row, TU_WAIT_CYCLES, "a wait in ns");
	row_expect(row, TU_WAIT_CYCLES, plan.wait.amount);
}

/* --- tuner_shared --- */

enum {
	TS_VERSION,
	TS_SEQ,
	TS_STEP,
	TS_VCPU,
	TS_HOST_KHZ,
	TS_GUEST_KHZ,
	TS_TSC_DEADLINE,
	TS_GUEST_TSC,
	TS_DELTA_CYCLES,
	TS_ADVANCE_BEFORE_NS,
	TS_DONE_BEFORE,
	TS_CALLED,
	TS_ADVANCE_AFTER_NS,
	TS_DONE_AFTER,
	TS_WAIT_KIND,
	TS_WAIT_AMOUNT,
};

#define SHARED_ADVANCE_NS 1000 /* every sequence starts with it */

static void check_tuner_shared(struct vectors_row *row)
{
	const struct guest_rate rate = rate_of(row, TS_HOST_KHZ, TS_GUEST_KHZ);
	const struct wait_input in = {
		.deadline = guest_cycles(row_u64(row, TS_TSC_DEADLINE)),
		.now = guest_cycles(row_u64(row, TS_GUEST_TSC)),
		.rate = &rate,
	};
	bool shared = row->kernel.advance_scope->scope == ADVANCE_GLOBAL;
	struct timer_advance *ta;
	struct wait_plan plan;
	char key[144];
	bool fresh;

	snprintf(key, sizeof(key), "%.40s %.40s %.40s", row_word(row, TS_VERSION),
		 row_word(row, TS_SEQ), shared ? "all" : row_word(row, TS_VCPU));
	ta = row_state(row, key, &fresh);
	if (fresh)
		*ta = advance_open(SHARED_ADVANCE_NS);
	if (row->failed)
		return;

	row_expect(row, TS_ADVANCE_BEFORE_NS, ta->advance_ns);
	expect_done(row, TS_DONE_BEFORE, ta);
	plan = wait_twice(&row->kernel, ta, &in);
	row_expect(row, TS_DELTA_CYCLES, (uint64_t)plan.delta);
	row_expect(row, TS_CALLED, plan.called);
	row_expect(row, TS_ADVANCE_AFTER_NS, ta->advance_ns);
	expect_done(row, TS_DONE_AFTER, ta);
	row_expect_word(row, TS_WAIT_KIND, wait_kinds[plan.wait.unit]);
	row_expect(row, TS_WAIT_AMOUNT, plan.wait.amount);
}

/* --- wait_delay --- */

enum {
	WD_VERSION,
	WD_HOST_KHZ,
	WD_GUEST_KHZ,
	WD_FRAC_BITS,
	WD_SET_KHZ_RET,
	WD_TSC_RATIO,
	WD_NSEC_MULT,
	WD_NSEC_SHIFT,
	WD_ADVANCE_NS,
	WD_EARLY_CYCLES,
	WD_CALLED,
	WD_WAIT_KIND,
	WD_WAIT_AMOUNT,
	WD_ADVANCE_AFTER_NS,
};

/* The rows give a distance; any deadline that leaves room on both sides will do. */
#define ANY_DEADLINE (UINT64_C(1) << 63)

static void check_wait_delay(struct vectors_row *row)
{
	/* 0: a release without a ratio, on a host that cannot scale. */
	unsigned frac_bits = (unsigned)row_u64(row, WD_FRAC_BITS);
	const struct tsc_host host = {
		.khz = { row_u32(row, WD_HOST_KHZ) },
		.tolerance_ppm = TSC_TOLERANCE_PPM_DEFAULT,
		.frac_bits = frac_bits ? frac_bits : VMX_FRAC_BITS,
		.has_scaling = frac_bits != 0,
	};
	khz_t khz = { row_u32(row, WD_GUEST_KHZ) };
	struct timer_advance ta = advance_open(row_u32(row, WD_ADVANCE_NS));
	uint64_t now = ANY_DEADLINE - row_u64(row, WD_EARLY_CYCLES);
	struct guest_rate rate;
	struct wait_input in;
	struct wait_plan plan;

	if (!host.khz.v || !khz.v || frac_bits > 63)
		row_fail(row, WD_GUEST_KHZ, "not a rate");
	if (row->failed)
		return;

	rate = tsc_rate_initial(&host);
	row_expect(row, WD_SET_KHZ_RET, (uint64_t)tsc_set_khz(&row->kernel, &host, khz, &rate));
	row_expect(row, WD_TSC_RATIO, frac_bits ? rate.ratio : 0);
	row_expect(row, WD_NSEC_MULT, rate.ns_to_cycles.mult);
	row_expect(row, WD_NSEC_SHIFT, (uint64_t)rate.ns_to_cycles.shift);

	in = (struct wait_input){ guest_cycles(ANY_DEADLINE), guest_cycles(now), &rate, NULL };
	plan = wait_twice(&row->kernel, &ta, &in);
	row_expect(row, WD_CALLED, plan.called);
	row_expect_word(row, WD_WAIT_KIND, wait_kinds[plan.wait.unit]);
	row_expect(row, WD_WAIT_AMOUNT, plan.wait.amount);
	row_expect(row, WD_ADVANCE_AFTER_NS, ta.advance_ns);
}

/* clang-format off */
const struct vectors_checker vectors_advance_checkers[] = {
	{ .name = "tuner", .check = check_tuner, .state_size = sizeof(struct timer_advance),
	  .columns = { "version", "seq", "step", "init_advance_ns", "guest_khz", "tsc_deadline",
		       "guest_tsc", "delta_cycles", "advance_before_ns", "done_before", "called",
		       "advance_after_ns", "done_after", "wait_cycles" } },
	{ .name = "tuner_shared", .check = check_tuner_shared,
	  .state_size = sizeof(struct timer_advance),
	  .columns = { "version", "seq", "step", "vcpu", "host_khz", "guest_khz", "tsc_deadline",
		       "guest_tsc", "delta_cycles", "advance_before_ns", "done_before", "called",
		       "advance_after_ns", "done_after", "wait_kind", "wait_amount" } },
	{ .name = "wait_delay", .check = check_wait_delay,
	  .columns = { "version", "host_khz", "guest_khz", "frac_bits", "set_khz_ret", "tsc_ratio",
		       "nsec_mult", "nsec_shift", "advance_ns", "early_cycles", "called",
		       "wait_kind", "wait_amount", "advance_after_ns" } },
	{ .name = NULL },
};
/* clang-format on */
