/* SPDX-License-Identifier: MIT */
/* Orders of steps that no recorded row shows: registers, moves between CPUs, targets of this ns. */
#include "timer_start.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1000000
#define STEPS_MAX 16

enum { ONESHOT = LAPIC_MODE_ONESHOT, PERIODIC = LAPIC_MODE_PERIODIC };

/* A step is a letter: C cancels the hrtimer, H starts it, S stores, V programs the preemption
 * timer, U uses it, X cancels it, E expires, A advances the target, T traces, W warns. */
static const char letters[] = {
	[TIMER_STEP_STORE] = 'S',    [TIMER_STEP_HRTIMER_CANCEL] = 'C',
	[TIMER_STEP_SET_HV] = 'V',   [TIMER_STEP_HRTIMER_START] = 'H',
	[TIMER_STEP_USE_HV] = 'U',   [TIMER_STEP_CANCEL_HV] = 'X',
	[TIMER_STEP_EXPIRE] = 'E',   [TIMER_STEP_ADVANCE_TARGET] = 'A',
	[TIMER_STEP_TRACE_HV] = 'T', [TIMER_STEP_WARN] = 'W',
};

struct order {
	const char *name;
	uint32_t release;
	enum timer_op op;
	int mode;
	bool supported, in_use, pending;
	uint64_t target, period; /* the deadline is derived: 2 cycles a ns */
	enum hv_set set_hv;
	bool fires; /* in each hrtimer_cancel() */
	const char *want;
	uint64_t expires; /* of the hrtimer, if started */
};

/* clang-format off */
static const struct order orders[] = {
	/* --- in software: now is not past --- */
	{ "one-shot, target is now: armed", KERNEL_RELEASE(5, 10), TIMER_OP_REARM, ONESHOT,
	  false, false, false, NOW, 500, HV_SET_OK, false, "H", NOW },
	{ "one-shot, target is a ns past: expires", KERNEL_RELEASE(5, 10), TIMER_OP_REARM, ONESHOT,
	  false, false, false, NOW - 1, 500, HV_SET_OK, false, "E", 0 },
	{ "one-shot, past, 4.9: armed", KERNEL_RELEASE(4, 9), TIMER_OP_REARM, ONESHOT,
	  false, false, false, NOW - 1, 500, HV_SET_OK, false, "H", NOW - 1 },
	{ "periodic, past, 4.10: armed in the past", KERNEL_RELEASE(4, 10), TIMER_OP_REARM, PERIODIC,
	  false, false, false, NOW - 1, 500, HV_SET_OK, false, "H", NOW - 1 },
	{ "periodic, past by three periods: one expiry, one period, still past",
	  KERNEL_RELEASE(5, 10), TIMER_OP_REARM, PERIODIC,
	  false, false, false, NOW - 1500, 500, HV_SET_OK, false, "EAH", NOW - 1000 },
	{ "periodic goes on with an expiry pending", KERNEL_RELEASE(5, 10), TIMER_OP_REARM, PERIODIC,
	  false, false, true, NOW + 9, 500, HV_SET_OK, false, "H", NOW + 9 },
	/* --- the registers --- */
	{ "TMICT: only the hrtimer is cancelled", KERNEL_RELEASE(5, 10), TIMER_OP_WRITE_COUNT,
	  ONESHOT, true, true, false, NOW + 9, 500, HV_SET_OK, false, "CSVUCT", 0 },
	{ "TMICT, 6.16: both are", KERNEL_RELEASE(6, 16), TIMER_OP_WRITE_COUNT,
	  ONESHOT, true, true, false, NOW + 9, 500, HV_SET_OK, false, "CXSVUCT", 0 },
	{ "TMICT of 0: the preemption timer stays", KERNEL_RELEASE(5, 10), TIMER_OP_WRITE_COUNT,
	  ONESHOT, true, true, false, NOW + 9, 0, HV_SET_OK, false, "CS", 0 },
	{ "TMICT of 0, 6.16: it does not", KERNEL_RELEASE(6, 16), TIMER_OP_WRITE_COUNT,
	  ONESHOT, true, true, false, NOW + 9, 0, HV_SET_OK, false, "CXS", 0 },
	{ "loaded state, 5.15", KERNEL_RELEASE(5, 15), TIMER_OP_RESTORE,
	  ONESHOT, true, true, false, NOW + 9, 500, HV_SET_OK, false, "CSVUCT", 0 },
	{ "loaded state, 5.16: both are cancelled", KERNEL_RELEASE(5, 16), TIMER_OP_RESTORE,
	  ONESHOT, true, true, false, NOW + 9, 500, HV_SET_OK, false, "CXSVUCT", 0 },
	{ "a new divider with an expiry pending: one-shot stops", KERNEL_RELEASE(5, 10),
	  TIMER_OP_RESCALE, ONESHOT, true, true, true, NOW + 9, 500, HV_SET_OK, false, "CS", 0 },
	{ "a new divider, periodic", KERNEL_RELEASE(5, 10),
	  TIMER_OP_RESCALE, PERIODIC, true, true, true, NOW + 9, 500, HV_SET_OK, false, "CSVUCT", 0 },
	/* --- an expiry while the hrtimer is cancelled --- */
	{ "5.2: cancelled again, nothing started", KERNEL_RELEASE(5, 2), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_OK, true, "VUCXT", 0 },
	{ "5.2: due as well: one expiry is enough", KERNEL_RELEASE(5, 2), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_DUE, true, "VUCXT", 0 },
	{ "5.0: through the software starter", KERNEL_RELEASE(5, 0), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_OK, true, "VUCX", 0 },
	{ "4.10: a second timer for the same expiry", KERNEL_RELEASE(4, 10), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_OK, true, "VUCXH", NOW + 9 },
	/* --- due when it is programmed --- */
	{ "5.2: expires while it counts as in use", KERNEL_RELEASE(5, 2), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_DUE, false, "VUCEXT", 0 },
	{ "5.0: bounces", KERNEL_RELEASE(5, 0), TIMER_OP_REARM, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_DUE, false, "VUCEX", 0 },
	{ "periodic: left armed", KERNEL_RELEASE(5, 2), TIMER_OP_REARM, PERIODIC,
	  true, false, false, NOW + 9, 500, HV_SET_DUE, false, "VUCT", 0 },
	/* --- it fires --- */
	{ "not in use, 4.10: warns and goes on", KERNEL_RELEASE(4, 10), TIMER_OP_HV_FIRES, ONESHOT,
	  true, false, false, NOW, 500, HV_SET_OK, false, "WXE", 0 },
	{ "not in use, later: nothing", KERNEL_RELEASE(4, 19), TIMER_OP_HV_FIRES, ONESHOT,
	  true, false, false, NOW, 500, HV_SET_OK, false, "", 0 },
	{ "periodic, 5.12", KERNEL_RELEASE(5, 12), TIMER_OP_HV_FIRES, PERIODIC,
	  true, true, false, NOW, 500, HV_SET_OK, false, "XEAVUCT", 0 },
	{ "periodic, 5.13: expires first", KERNEL_RELEASE(5, 13), TIMER_OP_HV_FIRES, PERIODIC,
	  true, true, false, NOW, 500, HV_SET_OK, false, "EXAVUCT", 0 },
	/* --- another CPU --- */
	{ "moved, 4.10: programmed again", KERNEL_RELEASE(4, 10), TIMER_OP_LOAD_HV, ONESHOT,
	  true, true, false, NOW + 9, 500, HV_SET_OK, false, "V", 0 },
	{ "moved, 4.10, refused: to software", KERNEL_RELEASE(4, 10), TIMER_OP_LOAD_HV, ONESHOT,
	  true, true, false, NOW + 9, 500, HV_SET_FAILED, false, "VXH", NOW + 9 },
	{ "moved, later: restarted", KERNEL_RELEASE(5, 10), TIMER_OP_LOAD_HV, ONESHOT,
	  true, true, false, NOW + 9, 500, HV_SET_OK, false, "VUCT", 0 },
	{ "moved, on the hrtimer: not this way", KERNEL_RELEASE(5, 10), TIMER_OP_LOAD_HV, ONESHOT,
	  true, false, false, NOW + 9, 500, HV_SET_OK, false, "", 0 },
	/* --- releases without it --- */
	{ "4.7 knows only the hrtimer", KERNEL_RELEASE(4, 7), TIMER_OP_WRITE_COUNT, ONESHOT,
	  false, false, false, NOW + 9, 500, HV_SET_OK, false, "CSH", NOW + 9 },
};
/* clang-format on */

static void carry_out(const struct order *row, struct timer_view *view, enum timer_step_kind kind)
{
	switch (kind) {
	case TIMER_STEP_STORE: view->pending &= row->op == TIMER_OP_RESCALE; break;
	case TIMER_STEP_HRTIMER_CANCEL: view->pending |= row->fires; break;
	case TIMER_STEP_USE_HV: view->hv_in_use = true; break;
	case TIMER_STEP_CANCEL_HV: view->hv_in_use = false; break;
	case TIMER_STEP_EXPIRE: view->pending = true; break;
	case TIMER_STEP_ADVANCE_TARGET: view->target.v += row->period; break;
	case TIMER_STEP_SET_HV: view->set_hv = row->set_hv; break;
	default: break;
	}
}

static void check_order(void **state)
{
	const struct order *row = *state;
	struct timer_view view = {
		.mode = (enum lapic_timer_mode)row->mode,
		.hv_supported = row->supported,
		.hv_in_use = row->in_use,
		.pending = row->pending,
		.period_ns = row->period,
		.target = { row->target },
		.tscdeadline = { row->target * 2 },
		.now = { NOW },
		.guest_tsc = { 2 * NOW },
		.guest_khz = { 2000000 },
	};
	char got[STEPS_MAX + 1] = "";
	uint64_t expires = 0;
	struct timer_start ts;
	struct kernel k;

	kernel_init(&k, row->release);
	timer_start_begin(&ts, row->op);
	for (size_t n = 0;; n++) {
		struct timer_step step = timer_start_next(&k, &ts, &view);

		if (step.kind == TIMER_STEP_DONE)
			break;
		assert_true(n < STEPS_MAX);
		got[n] = letters[step.kind];
		if (step.kind == TIMER_STEP_HRTIMER_START)
			expires = step.expires.v;
		carry_out(row, &view, step.kind);
	}
	assert_string_equal(got, row->want);
	assert_int_equal(expires, row->expires);
	/* Done is done. */
	assert_int_equal(timer_start_next(&k, &ts, &view).kind, TIMER_STEP_DONE);
}

/* Whatever forms are combined, a plan ends. */
static void test_all_forms_end(void **state)
{
	for (unsigned i = 0; i < 4 * 3 * 2 * 3 * 10; i++) {
		unsigned x = i;
		struct timer_view view = { .mode = LAPIC_MODE_ONESHOT,
					   .hv_supported = true,
					   .hv_in_use = true,
					   .period_ns = 500,
					   .target = { NOW + 9 },
					   .tscdeadline = { 2 * NOW + 18 },
					   .now = { NOW },
					   .guest_tsc = { 2 * NOW } };
		struct order row = { .period = 500 };
		struct timer_start ts;
		struct timer_step step;
		struct kernel k;
		unsigned n = 0;

		kernel_init(&k, KERNEL_RELEASE(5, 10));
		k.hv_start = &hv_start_variants[x % 4];
		x /= 4;
		k.rearm = &rearm_variants[x % 3];
		x /= 3;
		k.sw_start = &sw_start_variants[x % 2];
		x /= 2;
		row.set_hv = (enum hv_set)(x % 3);
		x /= 3;
		row.op = (enum timer_op)x;
		timer_start_begin(&ts, row.op);
		while (step = timer_start_next(&k, &ts, &view), step.kind != TIMER_STEP_DONE) {
			assert_true(n++ < STEPS_MAX);
			carry_out(&row, &view, step.kind);
		}
	}
}

int main(void)
{
	enum { N = N_ELEMENTS(orders) };
	struct CMUnitTest tests[N + 1];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){ .name = orders[i].name,
						.test_func = check_order,
						.initial_state = (void *)&orders[i] };
	tests[N] = (struct CMUnitTest)cmocka_unit_test(test_all_forms_end);
	return cmocka_run_group_tests_name("timer_start", tests, NULL, NULL);
}
