/* SPDX-License-Identifier: MIT */
#include "lapic_check.h"

#include "hv_timer.h"
#include "registers.h"
#include "sim_wrap.h"
#include "vcpu.h"
#include "wait.h"

#define ULL(x) ((unsigned long long)(x))

/* A deadline further off than this wraps in the kernel's product with 10^6 (B5). */
#define PRODUCT_MAX (UINT64_MAX / 1000000)

static void check_tsc(struct vcpu *vcpu)
{
	const guest_cycles_t tsc = vcpu_tsc(vcpu);

	if (vcpu->tsc_seen_valid && wrap_diff(tsc.v, vcpu->tsc_seen.v) < 0)
		sim_break(vcpu->host->sim, "B1", "vCPU %u: TSC %llu >= %llu as read before",
			  vcpu->id, ULL(tsc.v), ULL(vcpu->tsc_seen.v));
	vcpu->tsc_seen = tsc;
	vcpu->tsc_seen_valid = true;
}

void lapic_check_entry(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const bool queued = hrtimer_queued(&lt->hrtimer);
	const bool armed = lapic_hrtimer_active(lt) || lt->hv_in_use;
	/* Where a change of mode keeps the deadline, one that was cancelled stands there still. */
	const bool kept =
		!vcpu->kernel->mode_switch->of(LAPIC_MODE_ONESHOT, LAPIC_MODE_TSC_DEADLINE).zero;
	const bool set = lapic_deadline_mode(lt) && lt->count.tscdeadline.v && !kept;

	if ((queued && lt->hv_in_use) || (set && !armed && !lt->pending))
		sim_break(vcpu->host->sim, "C1",
			  "hrtimer %d + hv timer %d <= 1; tscdeadline %llu is armed or pending",
			  queued, lt->hv_in_use, ULL(lt->count.tscdeadline.v));
	check_tsc(vcpu);
}

/* The same function of the instant, in arithmetic of its own: khz * t is split at the second. */
void lapic_check_epoch(struct vcpu *vcpu, guest_cycles_t tsc)
{
	const uint64_t at = sim_now(vcpu->host->sim).v, khz = vcpu->clock->tsc_khz.v;
	const uint64_t host =
		wrap_add(vcpu->clock->start_tsc,
			 at / PS_PER_S * khz * 1000 + at % PS_PER_S * khz / NSEC_PER_SEC);
	const uint64_t ratio = vcpu->rate.ratio;
	const unsigned frac = vcpu->rate.frac_bits;
	const uint64_t scaled = wrap_add(wide_portable_shr(wide_portable_mul(host, ratio), frac).lo,
					 vcpu->tsc_offset);

	if (wrap_add(wrap_sub(tsc.v, scaled), 1) > 2)
		sim_break(vcpu->host->sim, "B2",
			  "vCPU %u: TSC %llu == %llu, the host's scaled from the epoch, +-1",
			  vcpu->id, ULL(tsc.v), ULL(scaled));
}

/* The multiplier has 32 bits: what is lost grows with @t. */
void lapic_check_conversion(struct vcpu *vcpu, ns_t t, guest_cycles_t cycles)
{
	const uint64_t khz = vcpu->rate.khz.v;

	if (!khz || cycles.v > PRODUCT_MAX)
		return;

	const int64_t lost = wrap_diff(t.v, kvm_cycles_to_ns(cycles.v, vcpu->rate.khz));
	const int64_t most = (int64_t)((1000000 + khz - 1) / khz + (t.v >> 31));

	if (lost < 0 || lost > most)
		sim_break(vcpu->host->sim, "B3",
			  "0 <= %llu ns - ns of its %llu cycles at %llu kHz, %lld ns, <= %lld",
			  ULL(t.v), ULL(cycles.v), ULL(khz), (long long)lost, (long long)most);
}

void lapic_check_mode(struct vcpu *vcpu, const struct mode_switch *change)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const struct lapic_count *lc = &lt->count;

	if ((change->cancel_hrtimer && lapic_hrtimer_active(lt)) ||
	    (change->cancel_hv && lt->hv_in_use) || (change->clear_pending && lt->pending) ||
	    (change->zero && (lc->tmict || lc->period_ns || lc->tscdeadline.v)))
		sim_break(vcpu->host->sim, "C2",
			  "mode %d: hrtimer %d, hv timer %d, pending %d, TMICT %u, period %llu ns, "
			  "tscdeadline %llu are what the change of mode leaves",
			  lc->mode, lapic_hrtimer_active(lt), lt->hv_in_use, lt->pending, lc->tmict,
			  ULL(lc->period_ns), ULL(lc->tscdeadline.v));
}

void lapic_check_accepted(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const int64_t ahead = wrap_diff(lt->hrtimer.expires.v, host_monotonic(vcpu->host).v);
	/* start_sw_timer() behind a halt cancels nothing: what is past there is due here, too. */
	const bool due_twice = vcpu->kernel->to_hv->rearm && ahead <= 0;

	if (lt->count.mode == LAPIC_MODE_PERIODIC)
		return;
	if ((hrtimer_queued(&lt->hrtimer) && !due_twice) || lt->hv_in_use ||
	    (lapic_deadline_mode(lt) && lt->count.tscdeadline.v))
		sim_break(vcpu->host->sim, "C3",
			  "accepted: hrtimer %d, hv timer %d, tscdeadline %llu are 0",
			  hrtimer_queued(&lt->hrtimer), lt->hv_in_use,
			  ULL(lt->count.tscdeadline.v));
}

/* KVM counts with the rate that it was told, which may be tsc_tolerance_ppm (250) off the clock
 * that the guest reads: 2^-11 is more. Where no scaling makes the two one there is nothing to
 * compare. */
static bool reads_its_rate(const struct vcpu *vcpu)
{
	const uint64_t khz = vcpu->rate.khz.v;
	const uint64_t reads =
		mul_u64_u64_shr(vcpu->clock->tsc_khz.v, vcpu->rate.ratio, vcpu->rate.frac_bits);

	return (reads > khz ? reads - khz : khz - reads) <= khz >> 11;
}

/* So far off that the kernel's product of cycles and 10^6 wraps: armed for what is left of it. */
static void check_wrapped(struct vcpu *vcpu, uint64_t cycles, uint64_t now)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const uint64_t khz = vcpu->rate.khz.v, advance = lt->advance->advance_ns;
	const uint64_t want = now + wide_portable_mul(cycles, 1000000).lo / khz - advance;

	if (lt->step.expires.v != want)
		sim_break(vcpu->host->sim, "B5",
			  "%llu cycles ahead: hrtimer for %llu ns == %llu ns, "
			  "now + (cycles * 10^6 mod 2^64) / %llu kHz - advance %llu ns",
			  ULL(cycles), ULL(lt->step.expires.v), ULL(want), ULL(khz), ULL(advance));
}

/* An expiry that is found where the timer is started: by an unsigned comparison. What rounding
 * takes away are the cycles of a ns, and of one host cycle. */
void lapic_check_expired(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const uint64_t deadline = lt->count.tscdeadline.v, tsc = vcpu_tsc(vcpu).v;
	const uint64_t left = deadline > tsc ? deadline - tsc : 0;
	const uint64_t most = kvm_nsec_to_cycles(ns(lt->advance->advance_ns), &vcpu->rate).v +
			      vcpu->rate.khz.v / 1000000 +
			      (vcpu->rate.ratio >> vcpu->rate.frac_bits) + 3;

	if (lapic_deadline_mode(lt) && left > most && left <= PRODUCT_MAX)
		sim_break(vcpu->host->sim, "B6",
			  "expired at its start: deadline %llu - TSC %llu <= %llu, by the advance "
			  "of %u ns",
			  ULL(deadline), ULL(tsc), ULL(most), lt->advance->advance_ns);
}

/* What a TSC of less than 1 GHz is behind the time at most, beyond a ns: KVM reads it in whole
 * cycles, those of the host and those of the guest. */
static int64_t grain_ns(const struct vcpu *vcpu)
{
	return (int64_t)(999999 / vcpu->clock->tsc_khz.v + 999999 / vcpu->rate.khz.v);
}

void lapic_check_start(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const struct account *a = &lt->account;
	const uint64_t expires = lt->step.expires.v, now = host_monotonic(vcpu->host).v;
	const uint64_t deadline = lt->count.tscdeadline.v, tsc = vcpu_tsc(vcpu).v;

	if (sim_check_full(vcpu->host->sim) && expires > now)
		lapic_check_conversion(vcpu, ns(expires - now),
				       kvm_nsec_to_cycles(ns(expires - now), &vcpu->rate));
	if (lapic_deadline_mode(lt) && deadline > tsc && deadline - tsc > PRODUCT_MAX)
		check_wrapped(vcpu, deadline - tsc, now);
	if (!lapic_deadline_mode(lt) || a->state != ACCOUNT_ARMED || !reads_its_rate(vcpu) ||
	    a->due_from.v != PS_NEVER.v || a->due.v == PS_NEVER.v || deadline - tsc > PRODUCT_MAX)
		return;

	const uint64_t due = clock_monotonic(&vcpu->host->clock, a->due).v;
	const int64_t ideal = wrap_diff(due, lt->advance->advance_ns);
	const int64_t ahead = ideal - (int64_t)now;
	const int64_t slack = 2 + grain_ns(vcpu) + (ahead > 0 ? ahead >> 11 : 0);
	const int64_t off = (int64_t)expires - ideal;

	if ((off < -slack || off > slack) && !(ahead <= slack && expires <= now + 1))
		sim_break(vcpu->host->sim, "C4",
			  "deadline due at %llu ns, advance %u ns: hrtimer for %llu ns, at %llu ns",
			  ULL(due), lt->advance->advance_ns, ULL(expires), ULL(now));
}

void lapic_check_wait(struct vcpu *vcpu, const struct busy_wait *wait, uint32_t advance_ns)
{
	uint64_t most = advance_ns;

	if (!vcpu->kernel->wait_length->capped)
		return;
	if (wait->unit == BUSY_WAIT_HOST_CYCLES)
		most = kvm_nsec_to_cycles(ns(advance_ns), &vcpu->rate).v;
	else if (wait->unit != BUSY_WAIT_HOST_NS)
		return;
	if (wait->amount > most)
		sim_break(vcpu->host->sim, "C6", "wait %llu %s <= %llu, the advance of %u ns",
			  ULL(wait->amount), wait->unit == BUSY_WAIT_HOST_NS ? "ns" : "cycles",
			  ULL(most), advance_ns);
}

void lapic_check_tuned(struct vcpu *vcpu, const struct timer_advance *before, uint32_t after_ns)
{
	const struct tune_constants *c = &vcpu->module->constants;
	const uint32_t cap = c->ns_max, before_ns = before->advance_ns;
	const uint32_t change = after_ns > before_ns ? after_ns - before_ns : before_ns - after_ns;

	if (after_ns == before_ns)
		return;
	if (!vcpu->kernel->tune_gate->open(before->done, before->dynamic))
		sim_break(vcpu->host->sim, "C7", "fixed advance: %u ns == %u ns before", after_ns,
			  before_ns);
	if (c->adjust_max && c->adjust_step && after_ns && after_ns != c->ns_init &&
	    change > kvm_cycles_to_ns(c->adjust_max, vcpu->rate.khz) / c->adjust_step)
		sim_break(vcpu->host->sim, "C7",
			  "tuned advance %u ns, was %u ns: at most by %llu cycles / %u, or %u ns",
			  after_ns, before_ns, ULL(c->adjust_max), c->adjust_step, c->ns_init);

	if (cap && after_ns > cap)
		sim_break(vcpu->host->sim, "C7", "tuned advance %u ns <= %u ns, was %u ns",
			  after_ns, cap, before_ns);
}

void lapic_check_halting(struct vcpu *vcpu)
{
	if (vcpu->timer.hv_in_use)
		sim_break(vcpu->host->sim, "C9", "vCPU %u halts, hv timer %d is 0", vcpu->id,
			  vcpu->timer.hv_in_use);
}

void lapic_check_period(struct vcpu *vcpu, ns_t before, ns_t now)
{
	const struct lapic_count *lc = &vcpu->timer.count;
	const uint64_t next = before.v + lc->period_ns;
	const bool dropped = lc->target.v == now.v && wrap_diff(next, now.v) < 0;

	if (lc->target.v != next && !dropped)
		sim_break(vcpu->host->sim, "C10", "target %llu ns == %llu + period %llu ns",
			  ULL(lc->target.v), ULL(before.v), ULL(lc->period_ns));
}

void lapic_check_count(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const int64_t least = (int64_t)lt->count_cfg.min_period_us * 1000;

	if (lt->count.mode == LAPIC_MODE_PERIODIC && lt->count.period_ns &&
	    (int64_t)lt->count.period_ns < least)
		sim_break(vcpu->host->sim, "C11", "period %lld ns >= %lld ns",
			  (long long)lt->count.period_ns, (long long)least);
}

void lapic_check_stored(struct vcpu *vcpu, bool rearmed, bool running)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const bool armed = lt->account.state == ACCOUNT_ARMED;

	if ((rearmed && lt->pending) || armed != running)
		sim_break(vcpu->host->sim, "C8",
			  "written: pending %d is 0, what was under way is over: armed %d == %d",
			  lt->pending, armed, running);
}

void lapic_check_migrated(struct vcpu *vcpu, ns_t expires)
{
	const struct hrtimer *timer = &vcpu->timer.hrtimer;

	if (!hrtimer_queued(timer) || timer->expires.v != expires.v)
		sim_break(vcpu->host->sim, "E6",
			  "vCPU %u moved: hrtimer queued %d, for %llu ns == %llu ns", vcpu->id,
			  hrtimer_queued(timer), ULL(timer->expires.v), ULL(expires.v));
}

void lapic_check_parts(struct vcpu *vcpu, uint64_t fire, const uint64_t *parts, unsigned n,
		       uint64_t lateness)
{
	uint64_t sum = fire;

	for (unsigned i = 0; i < n; i++)
		sum = wrap_add(sum, parts[i]);
	if (sum != lateness)
		sim_break(vcpu->host->sim, "D4",
			  "sum of parts %lld ps == handler - deadline %lld ps", (long long)sum,
			  (long long)lateness);
}

void lapic_check_end(struct vcpu *vcpu)
{
	const struct lapic_timer *lt = &vcpu->timer;
	const unsigned to_come = lt->account.state == ACCOUNT_ARMED;

	lapic_check_epoch(vcpu, vcpu_tsc(vcpu));

	if (lt->next_n != lt->ended + to_come)
		sim_break(vcpu->host->sim, "D1",
			  "vCPU %u: %llu expiries == %llu delivered or dropped + %u to come",
			  vcpu->id, ULL(lt->next_n), ULL(lt->ended), to_come);
}

void lapic_check_woken(struct vcpu *vcpu)
{
	if (vcpu->task.state == TASK_BLOCKED && !vcpu->in_user_space &&
	    (lapic_timer_visible(&vcpu->timer) || posted_intr_due(vcpu)))
		sim_break(vcpu->host->sim, "D5", "vCPU %u sleeps, and its timer is pending",
			  vcpu->id);
}

void lapic_check_injected(struct vcpu *vcpu)
{
	if (!vcpu->irr)
		sim_break(vcpu->host->sim, "D2", "vCPU %u: vector %u injected, IRR %d is 1",
			  vcpu->id, GUEST_TIMER_VECTOR, vcpu->irr);
	if (vcpu->isr)
		sim_break(vcpu->host->sim, "D6", "vCPU %u: vector %u in service, another injected",
			  vcpu->id, GUEST_TIMER_VECTOR);
}
