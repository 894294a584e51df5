/* SPDX-License-Identifier: MIT */
#include "lapic_count.h"

#include "sim_wrap.h"

#include <assert.h>

#define NSEC_PER_USEC 1000

uint32_t lapic_divide_count(uint32_t tdcr)
{
	uint32_t code = (tdcr & 3) | (tdcr & 8) >> 1; /* 0: by 2, 1: by 4, ... 7: by 1 */

	return UINT32_C(1) << ((code + 1) & 7);
}

/* One turn of the count, in ns. */
static uint64_t tick_ns(const struct kernel *kernel, const struct lapic_count *lc,
			const struct lapic_count_config *cfg)
{
	uint32_t cycle = kernel->bus_cycle->cycle_ns(cfg->bus_cycle_ns);

	assert(cycle && lc->divide);
	return (uint64_t)cycle * lc->divide;
}

/* limit_periodic_timer_frequency(): the numbers are compared as signed ones. */
static bool limit(struct lapic_count *lc, const struct lapic_count_config *cfg)
{
	int64_t shortest = (int64_t)cfg->min_period_us * NSEC_PER_USEC;

	if (lc->mode != LAPIC_MODE_PERIODIC || !lc->period_ns || (int64_t)lc->period_ns >= shortest)
		return false;
	lc->period_ns = (uint64_t)shortest;
	return true;
}

/* The period of TMICT. False: the count is 0, and the timer stopped. */
static bool set_period(const struct kernel *kernel, struct lapic_count *lc,
		       const struct lapic_count_config *cfg, bool *limited)
{
	lc->period_ns = lc->tmict * tick_ns(kernel, lc, cfg);
	if (!lc->period_ns) {
		if (kernel->count_zero->clear)
			lc->tscdeadline = guest_cycles(0);
		return false;
	}
	*limited = limit(lc, cfg);
	return true;
}

static void set_target(const struct kernel *kernel, struct lapic_count *lc,
		       const struct lapic_count_clock *clock, uint64_t count_ns)
{
	lc->target = ns(clock->now.v + count_ns);
	if (kernel->target->field)
		lc->tscdeadline = guest_cycles(clock->guest_tsc.v +
					       kvm_nsec_to_cycles(ns(count_ns), clock->rate).v);
}

struct lapic_count_change lapic_count_start(const struct kernel *kernel, struct lapic_count *lc,
					    const struct lapic_count_config *cfg,
					    const struct lapic_count_clock *clock)
{
	struct lapic_count_change change = { false, false };

	change.running = set_period(kernel, lc, cfg, &change.limited);
	if (change.running)
		set_target(kernel, lc, clock, lc->period_ns);
	return change;
}

struct lapic_count_change lapic_count_restore(const struct kernel *kernel, struct lapic_count *lc,
					      const struct lapic_count_config *cfg,
					      const struct lapic_count_clock *clock, uint32_t tmcct)
{
	struct lapic_count_change change = { false, false };
	struct restored_count count;
	struct restore_input in;

	lc->divide = lapic_divide_count(lc->tdcr);
	lc->tmcct = kernel->restore->keeps_tmcct ? tmcct : 0;
	if (lc->mode == LAPIC_MODE_TSC_DEADLINE) { /* nothing is counted: the deadline stays */
		change.running = lc->tscdeadline.v != 0;
		return change;
	}
	change.running = set_period(kernel, lc, cfg, &change.limited);
	if (!change.running)
		return change;

	in = (struct restore_input){
		.saved_ns = (int64_t)(tmcct * tick_ns(kernel, lc, cfg)),
		.period_ns = (int64_t)lc->period_ns,
		.periodic = lc->mode == LAPIC_MODE_PERIODIC,
	};
	count = kernel->restore->count(&in);
	if (count.too_long) {
		lc->tmcct = 0;
		change.limited = true;
	}
	set_target(kernel, lc, clock, (uint64_t)count.ns);
	return change;
}

/* What remains until the expiry; an overdue timer has nothing left. */
static uint64_t remaining_ns(const struct lapic_count *lc, ns_t now)
{
	int64_t left = wrap_diff(lc->target.v, now.v);

	return left > 0 ? (uint64_t)left : 0;
}

/* update_target_expiration(): the two conversions are cut off separately. */
static void rescale(struct lapic_count *lc, const struct lapic_count_clock *clock,
		    uint32_t old_divide)
{
	uint64_t before = remaining_ns(lc, clock->now);
	uint64_t after = mul_u64_u64_div_u64(before, lc->divide, old_divide);

	lc->tscdeadline.v = wrap_add(lc->tscdeadline.v,
				     wrap_sub(kvm_nsec_to_cycles(ns(after), clock->rate).v,
					      kvm_nsec_to_cycles(ns(before), clock->rate).v));
	lc->target = ns(clock->now.v + after);
}

bool lapic_count_rescales(const struct kernel *kernel, const struct lapic_count *lc, uint32_t tdcr)
{
	return kernel->divide->rescale && lc->period_ns && lapic_divide_count(tdcr) != lc->divide;
}

struct lapic_count_change lapic_count_set_divide(const struct kernel *kernel,
						 struct lapic_count *lc,
						 const struct lapic_count_config *cfg,
						 const struct lapic_count_clock *clock,
						 uint32_t tdcr)
{
	struct lapic_count_change change = { false, false };
	uint32_t old_divide = lc->divide;

	change.running = lapic_count_rescales(kernel, lc, tdcr);
	lc->tdcr = kernel->divide_store->stored(tdcr);
	lc->divide = lapic_divide_count(tdcr);
	if (!change.running)
		return change;

	lc->period_ns = lc->tmict * tick_ns(kernel, lc, cfg);
	if (kernel->clamp->later_too)
		change.limited = limit(lc, cfg);
	rescale(lc, clock, old_divide);
	return change;
}

struct mode_switch lapic_count_set_mode(const struct kernel *kernel, struct lapic_count *lc,
					const struct lapic_count_config *cfg,
					enum lapic_timer_mode mode, bool *limited)
{
	struct mode_switch change = kernel->mode_switch->of(lc->mode, mode);
	bool changed = lc->mode != mode;

	lc->mode = mode;
	if (change.zero) {
		lc->tmict = 0;
		lc->period_ns = 0;
		lc->tscdeadline = guest_cycles(0);
	}
	*limited = changed && kernel->clamp->later_too && limit(lc, cfg);
	return change;
}

void lapic_count_advance(const struct kernel *kernel, struct lapic_count *lc,
			 const struct lapic_count_clock *clock)
{
	const struct advance_target_input in = {
		.target = lc->target,
		.period_ns = lc->period_ns,
		.tscdeadline = lc->tscdeadline,
		.now = clock->now,
		.guest_tsc = clock->guest_tsc,
		.rate = clock->rate,
	};
	struct advanced_target advanced = kernel->advance_target->advance(&in);

	lc->target = advanced.target;
	lc->tscdeadline = advanced.tscdeadline;
}

void lapic_count_delivered(const struct kernel *kernel, struct lapic_count *lc)
{
	if (lc->mode == LAPIC_MODE_TSC_DEADLINE) {
		lc->tscdeadline = guest_cycles(0);
	} else if (lc->mode == LAPIC_MODE_ONESHOT && kernel->target->field) {
		lc->tscdeadline = guest_cycles(0);
		lc->target = ns(0);
	}
}

uint32_t lapic_count_tmcct(const struct kernel *kernel, const struct lapic_count *lc,
			   const struct lapic_count_config *cfg, ns_t now)
{
	if (lc->mode == LAPIC_MODE_TSC_DEADLINE || !lc->tmict || !lc->period_ns)
		return 0;
	return (uint32_t)(remaining_ns(lc, now) % lc->period_ns / tick_ns(kernel, lc, cfg));
}

uint32_t lapic_count_saved(const struct kernel *kernel, const struct lapic_count *lc,
			   const struct lapic_count_config *cfg, ns_t now)
{
	return kernel->save->computed ? lapic_count_tmcct(kernel, lc, cfg, now) : lc->tmcct;
}
