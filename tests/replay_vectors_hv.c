/* SPDX-License-Identifier: MIT */
/* Rows of the VMX preemption timer. */
#include "replay_vectors.h"

#include "expiry.h"
#include "lapic_count.h"
#include "timer_start.h"
#include "vmx_preemption_timer.h"

#include <errno.h>
#include <string.h>

#define VMX_FRAC_BITS 48

/* --- hv_timer --- */

enum {
	HT_HOST_KHZ = 1,
	HT_GUEST_KHZ,
	HT_TSC_RATIO_48,
	HT_RATE_SHIFT,
	HT_ADVANCE_NS,
	HT_GUEST_NOW,
	HT_GUEST_DEADLINE,
	HT_RET,
	HT_OUTCOME,
	HT_EXPIRED,
	HT_DIVIDES,
	HT_HOST_DEADLINE_DELTA,
	HT_ENTRY_DELAY,
	HT_VMCS_WRITTEN,
	HT_VMCS_VALUE,
};

/* The rows give no host TSC; any that leaves room for a delay will do. */
#define ANY_HOST_TSC UINT64_C(1000000)

static void expect_programmed(struct vectors_row *row, const struct vmx_hv_result *got)
{
	const enum hv_due how = row->kernel.hv_due->how;
	bool failed = got->outcome == HV_SET_FAILED;
	bool due = got->outcome == HV_SET_DUE;
	uint64_t ret = how == HV_DUE_RETURN_1 && due;
	uint64_t error = (uint64_t)-ERANGE;

	row_expect(row, HT_RET, failed ? error : ret);
	row_expect_word(row, HT_OUTCOME, failed ? "erange" : due ? "expired" : "armed");
	row_expect(row, HT_EXPIRED, how == HV_DUE_NONE ? UINT64_MAX : due);
	row_expect(row, HT_DIVIDES, got->divides);
	row_expect(row, HT_HOST_DEADLINE_DELTA, failed ? UINT64_MAX : got->delta.v);
}

static void check_hv_timer(struct vectors_row *row)
{
	const khz_t host_khz = { row_u32(row, HT_HOST_KHZ) };
	const khz_t guest_khz = { row_u32(row, HT_GUEST_KHZ) };
	const struct tsc_host host = {
		.khz = host_khz,
		.tolerance_ppm = TSC_TOLERANCE_PPM_DEFAULT,
		.frac_bits = VMX_FRAC_BITS,
		.has_scaling = true,
	};
	struct guest_rate rate = tsc_rate_initial(&host);
	const struct vmx_hv_input in = {
		.host_tsc = host_cycles(ANY_HOST_TSC),
		.guest_tsc = guest_cycles(row_u64(row, HT_GUEST_NOW)),
		.deadline = guest_cycles(row_u64(row, HT_GUEST_DEADLINE)),
		.advance_ns = row_u32(row, HT_ADVANCE_NS),
		.rate = &rate,
		.rate_shift = (unsigned)row_u64(row, HT_RATE_SHIFT),
	};
	const host_cycles_t then = host_cycles(ANY_HOST_TSC + row_u64(row, HT_ENTRY_DELAY));
	struct vmx_preemption_timer vpt;
	struct vmx_hv_result set;
	struct vmx_hv_entry entry;

	if (!host_khz.v || !guest_khz.v || in.rate_shift > 31)
		row_fail(row, HT_GUEST_KHZ, "not a rate");
	if (row->failed)
		return;

	tsc_set_khz(&row->kernel, &host, guest_khz, &rate);
	row_expect(row, HT_TSC_RATIO_48, rate.ratio);
	vmx_preemption_timer_init(&vpt);
	set = vmx_set_hv_timer(&row->kernel, &vpt, &in);
	expect_programmed(row, &set);
	entry = vmx_hv_entry(&row->kernel, &vpt, then, in.rate_shift, false);
	row_expect(row, HT_VMCS_WRITTEN, entry.written);
	row_expect(row, HT_VMCS_VALUE, entry.written ? entry.value : 0);
}

/* --- hv_state --- */

enum {
	HS_OP = 1,
	HS_MODE,
	HS_HV_SUPPORTED,
	HS_SET_HV_RET,
	HS_SET_HV_DUE,
	HS_FIRES_IN_WINDOW,
	HS_PENDING_BEFORE,
	HS_HV_IN_USE_BEFORE,
	HS_HRTIMER_ACTIVE_BEFORE,
	HS_ADVANCE_NS,
	HS_PERIOD_NS_BEFORE,
	HS_TARGET_DELTA_BEFORE,
	HS_DEADLINE_DELTA_BEFORE,
	HS_ACTIONS,
	HS_PENDING_AFTER,
	HS_HV_IN_USE_AFTER,
	HS_HRTIMER_ACTIVE_AFTER,
	HS_EXPIRED_DEADLINE_SET,
	HS_HRTIMER_DELTA,
	HS_TARGET_DELTA_AFTER,
	HS_DEADLINE_DELTA_AFTER,
};

#define NO_DEADLINE (-INT64_C(999999999)) /* a delta that stands for the deadline 0 */
#define DIVIDE_BY_1 0xbu
#define STATE_KHZ 2000000
/* Both clocks stand still; any instant that leaves room on both sides will do. */
#define ANY_NOW (UINT64_C(1) << 40)
#define ANY_GUEST_TSC (UINT64_C(1) << 50)

/* The timer of a row. Its steps are carried out here as a model does, without time. */
struct timer_state {
	struct vectors_row *row;
	struct guest_rate rate;
	struct lapic_count_config cfg;
	struct lapic_count_clock clock;
	struct lapic_count count;
	struct timer_view view;
	bool fires_in_window, hrtimer_active;
	uint64_t owed, hrtimer_delta;
	char actions[256];
};

static void log_action(struct timer_state *s, const char *name)
{
	if (strlen(s->actions) + strlen(name) + 2 > sizeof(s->actions)) {
		row_fail(s->row, HS_ACTIONS, "more actions than a row has");
		return;
	}
	if (s->actions[0])
		strcat(s->actions, ";");
	strcat(s->actions, name);
}

static void view_count(struct timer_state *s)
{
	s->view.period_ns = s->count.period_ns;
	s->view.target = s->count.target;
	s->view.tscdeadline = s->count.tscdeadline;
}

static void read_timer(struct vectors_row *row, struct timer_state *s)
{
	static const char *const modes[] = { "oneshot", "periodic", "tscdeadline", NULL };
	int64_t deadline = (int64_t)row_u64(row, HS_DEADLINE_DELTA_BEFORE);
	bool due = row_bool(row, HS_SET_HV_DUE);

	*s = (struct timer_state){ .row = row };
	s->rate.khz.v = STATE_KHZ;
	s->rate.ns_to_cycles = kvm_ns_to_cycles_scale(s->rate.khz);
	s->clock = (struct lapic_count_clock){ ns(ANY_NOW), guest_cycles(ANY_GUEST_TSC), &s->rate };
	s->cfg.bus_cycle_ns = 1;
	s->cfg.min_period_us = row->kernel.min_period->us;
	s->count = (struct lapic_count){
		.mode = (enum lapic_timer_mode)row_choice(row, HS_MODE, modes),
		.tmict = row_u32(row, HS_PERIOD_NS_BEFORE),
		.divide = lapic_divide_count(DIVIDE_BY_1),
		.period_ns = row_u64(row, HS_PERIOD_NS_BEFORE),
		.target = ns(ANY_NOW + row_u64(row, HS_TARGET_DELTA_BEFORE)),
	};
	if (deadline != NO_DEADLINE)
		s->count.tscdeadline = guest_cycles(ANY_GUEST_TSC + (uint64_t)deadline);
	s->view = (struct timer_view){
		.mode = s->count.mode,
		.hv_supported = row_bool(row, HS_HV_SUPPORTED),
		.hv_in_use = row_bool(row, HS_HV_IN_USE_BEFORE),
		.pending = row_bool(row, HS_PENDING_BEFORE),
		.now = s->clock.now,
		.guest_tsc = s->clock.guest_tsc,
		.guest_khz = s->rate.khz,
		.advance_ns = row_u32(row, HS_ADVANCE_NS),
		.set_hv = due ? HV_SET_DUE : HV_SET_OK,
	};
	if (row_u64(row, HS_SET_HV_RET))
		s->view.set_hv = HV_SET_FAILED;
	s->fires_in_window = row_bool(row, HS_FIRES_IN_WINDOW);
	s->hrtimer_active = row_bool(row, HS_HRTIMER_ACTIVE_BEFORE);
	view_count(s);
}

/* Of a start: what the registers hold is written again. */
static void store(struct timer_state *s)
{
	s->view.pending = false;
	if (s->count.mode != LAPIC_MODE_TSC_DEADLINE)
		lapic_count_start(&s->row->kernel, &s->count, &s->cfg, &s->clock);
}

static void expire(struct timer_state *s)
{
	bool deadline_mode = s->view.mode == LAPIC_MODE_TSC_DEADLINE;

	if (s->view.pending)
		return;
	log_action(s, "pending");
	s->view.pending = true;
	if (s->row->kernel.owed->recorded(deadline_mode, s->view.hv_in_use))
		s->owed = s->count.tscdeadline.v;
}

static void carry_out(struct timer_state *s, struct timer_step step)
{
	switch (step.kind) {
	case TIMER_STEP_STORE: store(s); break;
	case TIMER_STEP_HRTIMER_CANCEL:
		log_action(s, "hrtimer_cancel");
		s->hrtimer_active = false;
		s->view.pending |= s->fires_in_window;
		break;
	case TIMER_STEP_HRTIMER_START:
		log_action(s, "hrtimer_start");
		s->hrtimer_active = true;
		s->hrtimer_delta = step.expires.v - ANY_NOW;
		break;
	case TIMER_STEP_SET_HV: log_action(s, "set_hv"); break;
	case TIMER_STEP_USE_HV: s->view.hv_in_use = true; break;
	case TIMER_STEP_CANCEL_HV:
		if (s->view.hv_in_use) /* nothing else is recorded */
			log_action(s, "cancel_hv");
		s->view.hv_in_use = false;
		break;
	case TIMER_STEP_EXPIRE: expire(s); break;
	case TIMER_STEP_ADVANCE_TARGET:
		lapic_count_advance(&s->row->kernel, &s->count, &s->clock);
		break;
	case TIMER_STEP_TRACE_HV:
	case TIMER_STEP_WARN:
	case TIMER_STEP_DONE: break;
	}
	view_count(s);
}

static void check_hv_state(struct vectors_row *row)
{
	static const char *const names[] = {
		"start", "restart", "hv_fires", "to_hv", "to_sw", NULL
	};
	static const enum timer_op ops[] = { TIMER_OP_START, TIMER_OP_REARM, TIMER_OP_HV_FIRES,
					     TIMER_OP_TO_HV, TIMER_OP_TO_SW };
	enum timer_op op = ops[row_choice(row, HS_OP, names)];
	struct timer_state s;
	struct timer_start ts;
	struct timer_step step;
	uint64_t deadline;

	read_timer(row, &s);
	timer_start_begin(&ts, op);
	while (!row->failed) {
		step = timer_start_next(&row->kernel, &ts, &s.view);
		if (step.kind == TIMER_STEP_DONE)
			break;
		carry_out(&s, step);
	}

	deadline = s.count.tscdeadline.v;
	row_expect_word(row, HS_ACTIONS, s.actions[0] ? s.actions : "-");
	row_expect(row, HS_PENDING_AFTER, s.view.pending);
	row_expect(row, HS_HV_IN_USE_AFTER, s.view.hv_in_use);
	row_expect(row, HS_HRTIMER_ACTIVE_AFTER, s.hrtimer_active);
	row_expect(row, HS_EXPIRED_DEADLINE_SET, s.owed != 0);
	row_expect(row, HS_HRTIMER_DELTA, s.hrtimer_delta);
	row_expect(row, HS_TARGET_DELTA_AFTER, s.count.target.v - ANY_NOW);
	row_expect(row, HS_DEADLINE_DELTA_AFTER,
		   deadline ? deadline - ANY_GUEST_TSC : (uint64_t)NO_DEADLINE);
}

/* clang-format off */
const struct vectors_checker vectors_hv_checkers[] = {
	{ .name = "hv_timer", .check = check_hv_timer,
	  .columns = { "version", "host_khz", "guest_khz", "tsc_ratio_48", "rate_shift",
		       "advance_ns", "guest_now", "guest_deadline", "ret", "outcome", "expired",
		       "divides", "host_deadline_delta", "entry_delay", "vmcs_written",
		       "vmcs_value" } },
	{ .name = "hv_state", .check = check_hv_state,
	  .columns = { "version", "op", "mode", "hv_supported", "set_hv_ret", "set_hv_due",
		       "fires_in_window", "pending_before", "hv_in_use_before",
		       "hrtimer_active_before", "advance_ns", "period_ns_before",
		       "target_delta_before", "deadline_delta_before", "actions",
		       "pending_after", "hv_in_use_after", "hrtimer_active_after",
		       "expired_deadline_set", "hrtimer_delta", "target_delta_after",
		       "deadline_delta_after" } },
	{ .name = NULL },
};
/* clang-format on */
