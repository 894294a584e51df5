/* SPDX-License-Identifier: MIT */
#include "timer_start.h"

#include "registers.h"
#include "start.h"
#include "sw_deadline.h"

#include <assert.h>

#define NO_STEP ((enum timer_step_kind)(TIMER_STEP_WARN + 1)) /* go on with the next phase */

enum phase {
	PHASE_DONE,
	PHASE_WRITE,    /* the hrtimer is cancelled */
	PHASE_WRITE_HV, /* and the preemption timer, perhaps */
	PHASE_STORE,
	PHASE_STORED,
	PHASE_REARM,
	PHASE_HV,     /* start_hv_timer() */
	PHASE_HV_SET, /* it was programmed, or not */
	PHASE_HV_USED,
	PHASE_HV_CANCELLED, /* the hrtimer is gone, or fired while it was cancelled */
	PHASE_HV_EXPIRED,
	PHASE_HV_TRACE,
	PHASE_REFUSED,
	PHASE_SW, /* start_sw_timer() */
	PHASE_SW_TEST,
	PHASE_SW_START,
	PHASE_SW_ADVANCE, /* a periodic target that was past has expired once */
	PHASE_SW_HRTIMER,
	PHASE_FIRES,
	PHASE_FIRES_FIRST,
	PHASE_FIRES_SECOND,
	PHASE_FIRES_NEXT,
	PHASE_TO_HV,
	PHASE_TO_SW,
	PHASE_TO_SW_TEST,
	PHASE_LOAD,
	PHASE_LOAD_SET,
	N_PHASES,
};

typedef enum timer_step_kind phase_fn(const struct kernel *kernel, struct timer_start *ts,
				      const struct timer_view *view);

static enum timer_step_kind step(struct timer_start *ts, enum timer_step_kind kind, enum phase next)
{
	ts->phase = (uint8_t)next;
	return kind;
}

static enum timer_step_kind go(struct timer_start *ts, enum phase next)
{
	return step(ts, NO_STEP, next);
}

/* What is not in use is not cancelled. */
static enum timer_step_kind cancel_hv(struct timer_start *ts, const struct timer_view *view,
				      enum phase next)
{
	return step(ts, view->hv_in_use ? TIMER_STEP_CANCEL_HV : NO_STEP, next);
}

static bool is_periodic(const struct timer_view *view) { return view->mode == LAPIC_MODE_PERIODIC; }

static bool counts(const struct timer_view *view)
{
	return view->mode == LAPIC_MODE_ONESHOT || view->mode == LAPIC_MODE_PERIODIC;
}

/* An expiry that is not delivered yet stands for the next one, too; not for a periodic timer. */
static bool stopped_by_pending(const struct timer_view *view)
{
	return view->pending && !is_periodic(view);
}

static enum timer_step_kind done(const struct kernel *kernel, struct timer_start *ts,
				 const struct timer_view *view)
{
	return TIMER_STEP_DONE;
}

/* --- the registers are written --- */

static enum timer_step_kind write_registers(const struct kernel *kernel, struct timer_start *ts,
					    const struct timer_view *view)
{
	return step(ts, TIMER_STEP_HRTIMER_CANCEL, PHASE_WRITE_HV);
}

static enum timer_step_kind write_hv(const struct kernel *kernel, struct timer_start *ts,
				     const struct timer_view *view)
{
	bool hv_too = false;

	if (ts->op == TIMER_OP_WRITE_COUNT)
		hv_too = kernel->count_cancel->hv_too;
	else if (ts->op == TIMER_OP_RESTORE)
		hv_too = kernel->restore_cancel->hv_too;
	if (hv_too)
		return cancel_hv(ts, view, PHASE_STORE);
	return go(ts, PHASE_STORE);
}

static enum timer_step_kind store(const struct kernel *kernel, struct timer_start *ts,
				  const struct timer_view *view)
{
	return step(ts, TIMER_STEP_STORE, PHASE_STORED);
}

/* A count of 0 stops here: a preemption timer in use stays in use. */
static enum timer_step_kind stored(const struct kernel *kernel, struct timer_start *ts,
				   const struct timer_view *view)
{
	return go(ts, counts(view) && !view->period_ns ? PHASE_DONE : PHASE_REARM);
}

/* --- the preemption timer --- */

static enum timer_step_kind rearm(const struct kernel *kernel, struct timer_start *ts,
				  const struct timer_view *view)
{
	if (kernel->rearm->where == REARM_FIRST && stopped_by_pending(view))
		return go(ts, PHASE_DONE);
	ts->refused = PHASE_SW;
	return go(ts, view->hv_supported ? PHASE_HV : PHASE_SW);
}

static enum timer_step_kind hv(const struct kernel *kernel, struct timer_start *ts,
			       const struct timer_view *view)
{
	if (kernel->rearm->where == REARM_IN_HV && stopped_by_pending(view))
		return go(ts, PHASE_REFUSED);
	if (kernel->hv_zero->refused && !view->tscdeadline.v)
		return go(ts, PHASE_REFUSED);
	return step(ts, TIMER_STEP_SET_HV, PHASE_HV_SET);
}

static enum timer_step_kind hv_set(const struct kernel *kernel, struct timer_start *ts,
				   const struct timer_view *view)
{
	ts->set_hv = view->set_hv;
	if (ts->set_hv == HV_SET_FAILED)
		return go(ts, PHASE_REFUSED);
	if (ts->set_hv == HV_SET_DUE && kernel->hv_start->how == HV_START_BOOL)
		return go(ts, PHASE_REFUSED);
	return step(ts, TIMER_STEP_USE_HV, PHASE_HV_USED);
}

static enum timer_step_kind hv_used(const struct kernel *kernel, struct timer_start *ts,
				    const struct timer_view *view)
{
	return step(ts, TIMER_STEP_HRTIMER_CANCEL, PHASE_HV_CANCELLED);
}

/* A periodic timer that is due stays armed: its exit comes at once, and moves the target. */
static enum timer_step_kind hv_cancelled(const struct kernel *kernel, struct timer_start *ts,
					 const struct timer_view *view)
{
	bool due = ts->set_hv == HV_SET_DUE;

	if (is_periodic(view) || (!view->pending && !due))
		return go(ts, PHASE_HV_TRACE);

	switch (kernel->hv_start->how) {
	case HV_START_BOOL: return go(ts, PHASE_REFUSED);
	case HV_START_BOUNCE: return step(ts, due ? TIMER_STEP_EXPIRE : NO_STEP, PHASE_REFUSED);
	case HV_START_EXPIRE_CANCEL: break;
	}
	if (view->pending)
		return cancel_hv(ts, view, PHASE_HV_TRACE);
	return step(ts, TIMER_STEP_EXPIRE, PHASE_HV_EXPIRED);
}

static enum timer_step_kind hv_expired(const struct kernel *kernel, struct timer_start *ts,
				       const struct timer_view *view)
{
	return cancel_hv(ts, view, PHASE_HV_TRACE);
}

static enum timer_step_kind hv_trace(const struct kernel *kernel, struct timer_start *ts,
				     const struct timer_view *view)
{
	return step(ts, TIMER_STEP_TRACE_HV, PHASE_DONE);
}

/* Later the software starter cancels, for all who come to it. */
static enum timer_step_kind refused(const struct kernel *kernel, struct timer_start *ts,
				    const struct timer_view *view)
{
	if (kernel->hv_start->how == HV_START_BOOL)
		return cancel_hv(ts, view, (enum phase)ts->refused);
	return go(ts, (enum phase)ts->refused);
}

/* --- the software timer --- */

static enum timer_step_kind sw(const struct kernel *kernel, struct timer_start *ts,
			       const struct timer_view *view)
{
	if (!kernel->sw_start->cancel_test)
		return go(ts, PHASE_SW_START);
	return cancel_hv(ts, view, PHASE_SW_TEST);
}

static enum timer_step_kind sw_test(const struct kernel *kernel, struct timer_start *ts,
				    const struct timer_view *view)
{
	return go(ts, stopped_by_pending(view) ? PHASE_DONE : PHASE_SW_START);
}

static enum timer_step_kind sw_deadline_mode(const struct kernel *kernel, struct timer_start *ts,
					     const struct timer_view *view)
{
	const struct sw_deadline_input in = {
		.deadline = view->tscdeadline,
		.guest_tsc = view->guest_tsc,
		.now = view->now,
		.guest_khz = view->guest_khz,
		.advance_ns = view->advance_ns,
	};
	struct sw_deadline start = sw_deadline(kernel, &in);

	switch (start.action) {
	case SW_DEADLINE_NOTHING: return go(ts, PHASE_DONE);
	case SW_DEADLINE_EXPIRE: return step(ts, TIMER_STEP_EXPIRE, PHASE_DONE);
	case SW_DEADLINE_ARM: break;
	}
	ts->expires = start.expires;
	return step(ts, TIMER_STEP_HRTIMER_START, PHASE_DONE);
}

/* start_sw_period(): a count is not advanced. */
static enum timer_step_kind sw_start(const struct kernel *kernel, struct timer_start *ts,
				     const struct timer_view *view)
{
	const enum late_count late_count = kernel->late_count->how;
	bool late = (int64_t)view->now.v > (int64_t)view->target.v;

	if (!counts(view))
		return sw_deadline_mode(kernel, ts, view);
	if (!view->period_ns)
		return go(ts, PHASE_DONE);

	if (late && late_count != LATE_COUNT_START && !is_periodic(view))
		return step(ts, TIMER_STEP_EXPIRE, PHASE_DONE);
	if (late && late_count == LATE_COUNT_EXPIRE_ADVANCE)
		return step(ts, TIMER_STEP_EXPIRE, PHASE_SW_ADVANCE);
	return go(ts, PHASE_SW_HRTIMER);
}

static enum timer_step_kind sw_advance(const struct kernel *kernel, struct timer_start *ts,
				       const struct timer_view *view)
{
	return step(ts, TIMER_STEP_ADVANCE_TARGET, PHASE_SW_HRTIMER);
}

static enum timer_step_kind sw_hrtimer(const struct kernel *kernel, struct timer_start *ts,
				       const struct timer_view *view)
{
	ts->expires = view->target;
	return step(ts, TIMER_STEP_HRTIMER_START, PHASE_DONE);
}

/* --- the preemption timer fires --- */

static enum timer_step_kind fires(const struct kernel *kernel, struct timer_start *ts,
				  const struct timer_view *view)
{
	if (view->hv_in_use)
		return go(ts, PHASE_FIRES_FIRST);
	if (kernel->hv_fire_idle->ignored)
		return go(ts, PHASE_DONE);
	return step(ts, TIMER_STEP_WARN, PHASE_FIRES_FIRST);
}

/* What fired is cancelled, also where the warning said that it was not in use. */
static enum timer_step_kind fires_first(const struct kernel *kernel, struct timer_start *ts,
					const struct timer_view *view)
{
	if (kernel->hv_fire->expire_first)
		return step(ts, TIMER_STEP_EXPIRE, PHASE_FIRES_SECOND);
	return step(ts, TIMER_STEP_CANCEL_HV, PHASE_FIRES_SECOND);
}

static enum timer_step_kind fires_second(const struct kernel *kernel, struct timer_start *ts,
					 const struct timer_view *view)
{
	if (kernel->hv_fire->expire_first)
		return step(ts, TIMER_STEP_CANCEL_HV, PHASE_FIRES_NEXT);
	return step(ts, TIMER_STEP_EXPIRE, PHASE_FIRES_NEXT);
}

static enum timer_step_kind fires_next(const struct kernel *kernel, struct timer_start *ts,
				       const struct timer_view *view)
{
	if (!is_periodic(view) || !view->period_ns)
		return go(ts, PHASE_DONE);
	return step(ts, TIMER_STEP_ADVANCE_TARGET, PHASE_REARM);
}

/* --- the vCPU blocks, runs again, moves --- */

static enum timer_step_kind to_hv(const struct kernel *kernel, struct timer_start *ts,
				  const struct timer_view *view)
{
	if (kernel->to_hv->rearm)
		return go(ts, PHASE_REARM);
	ts->refused = PHASE_DONE;
	return go(ts, view->hv_supported ? PHASE_HV : PHASE_DONE);
}

static enum timer_step_kind to_sw(const struct kernel *kernel, struct timer_start *ts,
				  const struct timer_view *view)
{
	if (!view->hv_in_use)
		return go(ts, PHASE_DONE);
	if (!kernel->to_sw->stop_pending)
		return go(ts, PHASE_SW);
	return step(ts, TIMER_STEP_CANCEL_HV, PHASE_TO_SW_TEST);
}

static enum timer_step_kind to_sw_test(const struct kernel *kernel, struct timer_start *ts,
				       const struct timer_view *view)
{
	return go(ts, view->pending ? PHASE_DONE : PHASE_SW);
}

static enum timer_step_kind load(const struct kernel *kernel, struct timer_start *ts,
				 const struct timer_view *view)
{
	if (!view->hv_in_use)
		return go(ts, PHASE_DONE);
	if (kernel->load_hv->rearm)
		return go(ts, PHASE_REARM);
	return step(ts, TIMER_STEP_SET_HV, PHASE_LOAD_SET);
}

static enum timer_step_kind load_set(const struct kernel *kernel, struct timer_start *ts,
				     const struct timer_view *view)
{
	return go(ts, view->set_hv == HV_SET_OK ? PHASE_DONE : PHASE_TO_SW);
}

static phase_fn *const phases[N_PHASES] = {
	[PHASE_DONE] = done,
	[PHASE_WRITE] = write_registers,
	[PHASE_WRITE_HV] = write_hv,
	[PHASE_STORE] = store,
	[PHASE_STORED] = stored,
	[PHASE_REARM] = rearm,
	[PHASE_HV] = hv,
	[PHASE_HV_SET] = hv_set,
	[PHASE_HV_USED] = hv_used,
	[PHASE_HV_CANCELLED] = hv_cancelled,
	[PHASE_HV_EXPIRED] = hv_expired,
	[PHASE_HV_TRACE] = hv_trace,
	[PHASE_REFUSED] = refused,
	[PHASE_SW] = sw,
	[PHASE_SW_TEST] = sw_test,
	[PHASE_SW_START] = sw_start,
	[PHASE_SW_ADVANCE] = sw_advance,
	[PHASE_SW_HRTIMER] = sw_hrtimer,
	[PHASE_FIRES] = fires,
	[PHASE_FIRES_FIRST] = fires_first,
	[PHASE_FIRES_SECOND] = fires_second,
	[PHASE_FIRES_NEXT] = fires_next,
	[PHASE_TO_HV] = to_hv,
	[PHASE_TO_SW] = to_sw,
	[PHASE_TO_SW_TEST] = to_sw_test,
	[PHASE_LOAD] = load,
	[PHASE_LOAD_SET] = load_set,
};

void timer_start_begin(struct timer_start *ts, enum timer_op op)
{
	static const enum phase first[] = {
		[TIMER_OP_REARM] = PHASE_REARM,       [TIMER_OP_START] = PHASE_STORE,
		[TIMER_OP_WRITE_COUNT] = PHASE_WRITE, [TIMER_OP_WRITE_DEADLINE] = PHASE_WRITE,
		[TIMER_OP_RESTORE] = PHASE_WRITE,     [TIMER_OP_RESCALE] = PHASE_WRITE,
		[TIMER_OP_HV_FIRES] = PHASE_FIRES,    [TIMER_OP_TO_HV] = PHASE_TO_HV,
		[TIMER_OP_TO_SW] = PHASE_TO_SW,       [TIMER_OP_LOAD_HV] = PHASE_LOAD,
	};

	*ts = (struct timer_start){
		.phase = (uint8_t)first[op],
		.refused = PHASE_SW,
		.op = op,
		.set_hv = HV_SET_OK,
	};
}

struct timer_step timer_start_next(const struct kernel *kernel, struct timer_start *ts,
				   const struct timer_view *view)
{
	enum timer_step_kind kind;

	do {
		assert(ts->phase < N_PHASES);
		kind = phases[ts->phase](kernel, ts, view);
	} while (kind == NO_STEP);
	return (struct timer_step){ .kind = kind, .expires = ts->expires };
}
