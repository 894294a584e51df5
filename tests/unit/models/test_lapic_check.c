/* SPDX-License-Identifier: MIT */
/* What lapic_check looks at: each rule is tripped by a fault planted at 250 us, in a vCPU that
 * armed a deadline 1 ms ahead at 0 and exits each 100 us. The TSC counts ns. */
#include "lapic_check.h"
#include "models_rig.h"
#include "registers.h"
#include "vcpu.h"

struct row {
	const char *name;
	void (*plant)(struct vcpu *vcpu);
	const char *id, *formula;
};

/* The exits are at each 100 us and a cycle; the third is on its way. */
static void tsc_back(struct vcpu *vcpu) { vcpu->tsc_offset -= 200000; }

static void nothing_armed(struct vcpu *vcpu)
{
	hrtimer_remove(vcpu->task.cpu, &vcpu->timer.hrtimer);
}

static void armed_twice(struct vcpu *vcpu) { vcpu->timer.hv_in_use = true; }

static void mode_leaves_count(struct vcpu *vcpu)
{
	const struct mode_switch zeroes = { .zero = true };

	vcpu->timer.count.tmict = 7;
	vcpu->timer.count.tscdeadline = guest_cycles(0);
	lapic_check_mode(vcpu, &zeroes);
}

static void mode_leaves_hrtimer(struct vcpu *vcpu)
{
	const struct mode_switch cancels = { .cancel_hrtimer = true };

	lapic_check_mode(vcpu, &cancels);
}

static void accepted_and_armed(struct vcpu *vcpu) { lapic_check_accepted(vcpu); }

static void accepted_and_queued(struct vcpu *vcpu)
{
	vcpu->timer.count.tscdeadline = guest_cycles(0);
	lapic_check_accepted(vcpu);
}

static void started_late(struct vcpu *vcpu)
{
	/* 1000000 - 250000 is 750000 ahead: 2^-11 of it and 2 are 368 */
	vcpu->timer.step.expires = ns(1000369);
	lapic_check_start(vcpu);
}

static void started_early(struct vcpu *vcpu)
{
	vcpu->timer.advance->advance_ns = 1000;
	vcpu->timer.step.expires = ns(998500);
	lapic_check_start(vcpu);
}

static void waits_beyond_the_advance(struct vcpu *vcpu)
{
	const struct busy_wait wait = { .unit = BUSY_WAIT_HOST_CYCLES, .amount = 2001 };

	lapic_check_wait(vcpu, &wait, 2000);
}

static void waits_ns_beyond_the_advance(struct vcpu *vcpu)
{
	const struct busy_wait wait = { .unit = BUSY_WAIT_HOST_NS, .amount = 2001 };

	lapic_check_wait(vcpu, &wait, 2000);
}

static void tuned(struct vcpu *vcpu, uint32_t before_ns, uint32_t after_ns, bool dynamic)
{
	const struct timer_advance before = { .advance_ns = before_ns, .dynamic = dynamic };

	lapic_check_tuned(vcpu, &before, after_ns);
}

static void tuned_above_the_cap(struct vcpu *vcpu) { tuned(vcpu, 4900, 5001, true); }

static void tsc_off_by_two(struct vcpu *vcpu)
{
	lapic_check_epoch(vcpu, guest_cycles(vcpu_tsc(vcpu).v + 2));
}

static void a_cycle_too_many(struct vcpu *vcpu)
{
	lapic_check_conversion(vcpu, ns(1000), guest_cycles(1001));
}

static void a_microsecond_lost(struct vcpu *vcpu)
{
	lapic_check_conversion(vcpu, ns(2000), guest_cycles(1000));
}

/* 2^64 / 10^6 is 18446744073709.55: one cycle more is 448384 ns * MHz beyond the wrap, 448 us */
static void not_wrapped(struct vcpu *vcpu)
{
	vcpu->timer.count.tscdeadline = guest_cycles(vcpu_tsc(vcpu).v + UINT64_C(18446744073710));
	vcpu->timer.step.expires = ns(250000 + UINT64_C(18446744073710));
	lapic_check_start(vcpu);
}

static void expired_before_it_is_due(struct vcpu *vcpu) { lapic_check_expired(vcpu); }

static void pending_behind_a_write(struct vcpu *vcpu)
{
	vcpu->timer.pending = true;
	lapic_check_stored(vcpu, true, true);
}

static void armed_behind_a_stop(struct vcpu *vcpu) { lapic_check_stored(vcpu, true, false); }

static void moved_and_late(struct vcpu *vcpu) { lapic_check_migrated(vcpu, ns(999999)); }

static void a_part_is_forgotten(struct vcpu *vcpu)
{
	static const uint64_t parts[] = { 1, 2, 3, 4, 5, 6, 7 };

	lapic_check_parts(vcpu, (uint64_t)-10, parts, 7, 18);
	lapic_check_parts(vcpu, (uint64_t)-10, parts, 7, 19);
}

static void injected_unasked(struct vcpu *vcpu)
{
	vcpu->irr = false;
	lapic_check_injected(vcpu);
}

static void halts_on_hv(struct vcpu *vcpu)
{
	vcpu->timer.hv_in_use = true;
	lapic_check_halting(vcpu);
}

static void period_off(struct vcpu *vcpu)
{
	vcpu->timer.count.period_ns = 1000;
	vcpu->timer.count.target = ns(6001);
	lapic_check_period(vcpu, ns(5000), ns(5500));
}

static void period_too_short(struct vcpu *vcpu)
{
	vcpu->timer.count.mode = LAPIC_MODE_PERIODIC;
	vcpu->timer.count.period_ns = 199999;
	vcpu->timer.count_cfg.min_period_us = 200;
	lapic_check_count(vcpu);
}

static void an_expiry_too_many(struct vcpu *vcpu) { vcpu->timer.ended++; }

static void injected_twice(struct vcpu *vcpu)
{
	vcpu->irr = vcpu->isr = true;
	lapic_check_injected(vcpu);
}

static void mode_leaves(struct vcpu *vcpu, struct mode_switch change)
{
	vcpu->timer.count.tscdeadline = guest_cycles(0);
	lapic_check_mode(vcpu, &change);
}

static void mode_leaves_hv(struct vcpu *vcpu)
{
	vcpu->timer.hv_in_use = true;
	mode_leaves(vcpu, (struct mode_switch){ .cancel_hv = true });
}

static void mode_leaves_pending(struct vcpu *vcpu)
{
	vcpu->timer.pending = true;
	mode_leaves(vcpu, (struct mode_switch){ .clear_pending = true });
}

static void mode_leaves_period(struct vcpu *vcpu)
{
	vcpu->timer.count.period_ns = 9;
	mode_leaves(vcpu, (struct mode_switch){ .zero = true });
}

static void mode_leaves_deadline(struct vcpu *vcpu)
{
	const struct mode_switch zeroes = { .zero = true };

	lapic_check_mode(vcpu, &zeroes);
}

static void accepted_with_hv(struct vcpu *vcpu)
{
	hrtimer_remove(vcpu->task.cpu, &vcpu->timer.hrtimer);
	vcpu->timer.hv_in_use = true;
	lapic_check_accepted(vcpu);
}

static void accepted_with_deadline(struct vcpu *vcpu)
{
	hrtimer_remove(vcpu->task.cpu, &vcpu->timer.hrtimer);
	lapic_check_accepted(vcpu);
}

/* clang-format off */
static const struct row rows[] = {
	{ "B1: the TSC goes back", tsc_back, "B1", "vCPU 0: TSC 100003 >= 200002 as read before" },
	{ "B2: the TSC is not the clock's", tsc_off_by_two, "B2", "vCPU 0: TSC 250002 == 250000, the host's scaled from the epoch, +-1" },
	{ "B3: more than was put in", a_cycle_too_many, "B3", "0 <= 1000 ns - ns of its 1001 cycles at 1000000 kHz, -1 ns, <= 1" },
	{ "B3: more lost than a cycle", a_microsecond_lost, "B3", "0 <= 2000 ns - ns of its 1000 cycles at 1000000 kHz, 1000 ns, <= 1" },
	{ "B5: the product does not wrap", not_wrapped, "B5",
	  "18446744073710 cycles ahead: hrtimer for 18446744323710 ns == 250000 ns, "
	  "now + (cycles * 10^6 mod 2^64) / 1000000 kHz - advance 0 ns" },
	{ "B6: expired before it is due", expired_before_it_is_due, "B6",
	  "expired at its start: deadline 1000000 - TSC 250000 <= 5, by the advance of 0 ns" },
	{ "C1: a deadline, and nothing is armed", nothing_armed, "C1", "hrtimer 0 + hv timer 0 <= 1; tscdeadline 1000000 is armed or pending" },
	{ "C1: armed twice", armed_twice, "C1", "hrtimer 1 + hv timer 1 <= 1; tscdeadline 1000000 is armed or pending" },
	{ "C2: a mode's count is left", mode_leaves_count, "C2",
	  "mode 2: hrtimer 1, hv timer 0, pending 0, TMICT 7, period 0 ns, tscdeadline 0 are what the change of mode leaves" },
	{ "C2: a mode's hrtimer is left", mode_leaves_hrtimer, "C2",
	  "mode 2: hrtimer 1, hv timer 0, pending 0, TMICT 0, period 0 ns, tscdeadline 1000000 are what the change of mode leaves" },
	{ "C2: the preemption timer is left", mode_leaves_hv, "C2",
	  "mode 2: hrtimer 1, hv timer 1, pending 0, TMICT 0, period 0 ns, tscdeadline 0 are what the change of mode leaves" },
	{ "C2: what is pending is left", mode_leaves_pending, "C2",
	  "mode 2: hrtimer 1, hv timer 0, pending 1, TMICT 0, period 0 ns, tscdeadline 0 are what the change of mode leaves" },
	{ "C2: a period is left", mode_leaves_period, "C2",
	  "mode 2: hrtimer 1, hv timer 0, pending 0, TMICT 0, period 9 ns, tscdeadline 0 are what the change of mode leaves" },
	{ "C2: a deadline is left", mode_leaves_deadline, "C2",
	  "mode 2: hrtimer 1, hv timer 0, pending 0, TMICT 0, period 0 ns, tscdeadline 1000000 are what the change of mode leaves" },
	{ "C3: accepted, and on the preemption timer", accepted_with_hv, "C3", "accepted: hrtimer 0, hv timer 1, tscdeadline 1000000 are 0" },
	{ "C3: accepted, and the deadline stands", accepted_with_deadline, "C3", "accepted: hrtimer 0, hv timer 0, tscdeadline 1000000 are 0" },
	{ "C3: accepted, and armed still", accepted_and_armed, "C3", "accepted: hrtimer 1, hv timer 0, tscdeadline 1000000 are 0" },
	{ "C3: accepted, and queued still", accepted_and_queued, "C3", "accepted: hrtimer 1, hv timer 0, tscdeadline 0 are 0" },
	{ "C4: the hrtimer too late", started_late, "C4", "deadline due at 1000000 ns, advance 0 ns: hrtimer for 1000369 ns, at 250000 ns" },
	{ "C4: the hrtimer too early", started_early, "C4", "deadline due at 1000000 ns, advance 1000 ns: hrtimer for 998500 ns, at 250000 ns" },
	{ "C6: cycles beyond the advance", waits_beyond_the_advance, "C6", "wait 2001 cycles <= 2000, the advance of 2000 ns" },
	{ "C6: ns beyond the advance", waits_ns_beyond_the_advance, "C6", "wait 2001 ns <= 2000, the advance of 2000 ns" },
	{ "C7: tuned above the cap", tuned_above_the_cap, "C7", "tuned advance 5001 ns <= 5000 ns, was 4900 ns" },
	{ "C8: pending behind a write", pending_behind_a_write, "C8",
	  "written: pending 1 is 0, what was under way is over: armed 1 == 1" },
	{ "C8: armed behind a stop", armed_behind_a_stop, "C8",
	  "written: pending 0 is 0, what was under way is over: armed 1 == 0" },
	{ "C9: halts with the preemption timer", halts_on_hv, "C9", "vCPU 0 halts, hv timer 1 is 0" },
	{ "C10: not a period on", period_off, "C10", "target 6001 ns == 5000 + period 1000 ns" },
	{ "C11: shorter than the least", period_too_short, "C11", "period 199999 ns >= 200000 ns" },
	{ "D1: more ended than began", an_expiry_too_many, "D1", "vCPU 0: 1 expiries == 2 delivered or dropped + 0 to come" },
	{ "D2: injected, and not accepted", injected_unasked, "D2", "vCPU 0: vector 236 injected, IRR 0 is 1" },
	{ "D4: a part is forgotten", a_part_is_forgotten, "D4", "sum of parts 18 ps == handler - deadline 19 ps" },
	{ "D6: a vector on top of its own class", injected_twice, "D6", "vCPU 0: vector 236 in service, another injected" },
	{ "E6: the hrtimer of a vCPU that moved", moved_and_late, "E6",
	  "vCPU 0 moved: hrtimer queued 1, for 1000000 ns == 999999 ns" },
};
/* clang-format on */

static void do_plant(struct rig *rig, const void *arg)
{
	((const struct row *)arg)->plant(&rig->world->vcpus[0]);
}

static void check_row(void **state)
{
	const struct row *row = *state;

	rig_breaks(rig_armed(GUEST_WAIT_SPIN), do_plant, row, row->id, row->formula);
}

/* Each rule at its limit, and one past it, at 250 us as above. */
struct limit_row {
	const char *name;
	void (*check)(struct vcpu *vcpu, int64_t x);
	int64_t held, broken; /* x: the last that holds, the first that does not */
	const char *id;
};

static void epoch_off_by(struct vcpu *vcpu, int64_t x)
{
	lapic_check_epoch(vcpu, guest_cycles(vcpu_tsc(vcpu).v + (uint64_t)x));
}

static void lost_of_1000(struct vcpu *vcpu, int64_t x)
{
	lapic_check_conversion(vcpu, ns((uint64_t)(1000 + x)), guest_cycles(1000));
}

static void lost_of_3_s(struct vcpu *vcpu, int64_t x)
{
	lapic_check_conversion(vcpu, ns(3 * SEC), guest_cycles(3 * SEC - (uint64_t)x));
}

static void hrtimer_for(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.step.expires = ns((uint64_t)x);
	lapic_check_start(vcpu);
}

/* A cycle of the host is 500 ns, and one of the guest as well. */
static void hrtimer_for_at_2_mhz(struct vcpu *vcpu, int64_t x)
{
	vcpu->host->clock.tsc_khz.v = 2000;
	vcpu->rate.khz.v = 2000;
	hrtimer_for(vcpu, x);
}

/* 100 ahead, with an advance of 1000: to be armed for the past, which is now. */
static void overdue_hrtimer_for(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.count.tscdeadline = guest_cycles(250100);
	vcpu->timer.account.due = ps(250100 * PS_PER_NS);
	vcpu->timer.advance->advance_ns = 1000;
	hrtimer_for(vcpu, x);
}

static void expired_ahead(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.count.tscdeadline = guest_cycles(vcpu_tsc(vcpu).v + (uint64_t)x);
	lapic_check_expired(vcpu);
}

static void expired_ahead_advanced(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.advance->advance_ns = 1000;
	expired_ahead(vcpu, x);
}

static void waits_cycles(struct vcpu *vcpu, int64_t x)
{
	const struct busy_wait wait = { .unit = BUSY_WAIT_HOST_CYCLES, .amount = (uint64_t)x };

	lapic_check_wait(vcpu, &wait, 2000);
}

static void counts_period(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.count.mode = LAPIC_MODE_PERIODIC;
	vcpu->timer.count.period_ns = (uint64_t)x;
	vcpu->timer.count_cfg.min_period_us = 200;
	lapic_check_count(vcpu);
}

/* 5000 and a period of 1000; now is 6500. */
static void next_target(struct vcpu *vcpu, int64_t x)
{
	vcpu->timer.count.period_ns = 1000;
	vcpu->timer.count.target = ns((uint64_t)x);
	lapic_check_period(vcpu, ns(5000), ns(6500));
}

/* clang-format off */
static const struct limit_row limit_rows[] = {
	{ "B2: a cycle ahead",       epoch_off_by,            1,       2,       "B2" },
	{ "B2: a cycle behind",      epoch_off_by,            -1,      -2,      "B2" },
	/* at 1 GHz a cycle is 1 ns; the multiplier takes 1 of 2^31 */
	{ "B3: a cycle lost",        lost_of_1000,            1,       2,       "B3" },
	{ "B3: nothing gained",      lost_of_1000,            0,       -1,      "B3" },
	{ "B3: what the multiplier loses", lost_of_3_s,       2,       3,       "B3" },
	/* 750000 >> 11 is 366, and 2 */
	{ "C4: late by the slack",   hrtimer_for,             1000368, 1000369, "C4" },
	{ "C4: early by the slack",  hrtimer_for,             999632,  999631,  "C4" },
	/* two cycles of 500 ns, less the 2 that are there already */
	{ "C4: late by two cycles",  hrtimer_for_at_2_mhz,    1001366, 1001367, "C4" },
	{ "C4: early by two cycles", hrtimer_for_at_2_mhz,    998634,  998633,  "C4" },
	{ "C4: overdue, and armed for now", overdue_hrtimer_for, 250001, 250002, "C4" },
	/* a ns and a host cycle are a cycle each, and 3 */
	{ "B6: what rounding takes", expired_ahead,           5,       6,       "B6" },
	{ "B6: and the advance",     expired_ahead_advanced,  1005,    1006,    "B6" },
	{ "C6: the whole advance",   waits_cycles,            2000,    2001,    "C6" },
	{ "C10: one period on",      next_target,             6000,    6001,    "C10" },
	{ "C10: from now on",        next_target,             6500,    6499,    "C10" },
	{ "C11: the least period",   counts_period,           200000,  199999,  "C11" },
	{ "C11: a count of none",    counts_period,           0,       1,       "C11" },
};
/* clang-format on */

static void do_limit(struct rig *rig, const void *arg)
{
	const struct limit_row *row = arg;
	struct vcpu *vcpu = &rig->world->vcpus[0];

	row->check(vcpu, row->held);
	assert_null(sim_broken(rig->sim)->id);
	row->check(vcpu, row->broken);
}

static void check_limit(void **state)
{
	const struct limit_row *row = *state;
	struct rig *rig = rig_armed(GUEST_WAIT_SPIN);

	rig_world(rig);
	rig->sim = world_sim(rig->world);
	rig_at(rig, 250 * US, do_limit, row);
	assert_int_equal(world_run(rig->world), SIM_STOP_BROKEN);
	assert_string_equal(sim_broken(rig->sim)->id, row->id);
	assert_true(sim_broken(rig->sim)->when.v == 250 * PS_PER_US);
	rig_free(rig);
}

/* What a form is known to do is no breach. */
static void check_not_a_breach(void **state)
{
	struct rig *rig = rig_new("v4.7", 1, 100);
	const struct busy_wait wait = { .unit = BUSY_WAIT_HOST_CYCLES, .amount = 1000000 };
	struct vcpu *vcpu;

	rig_vcpu(rig, 0, 1);
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig_world(rig);
	vcpu = &rig->world->vcpus[0];
	lapic_check_wait(vcpu, &wait, 1); /* uncapped up to v4.7 */
	vcpu->timer.count.period_ns = 1000;
	vcpu->timer.count.target = ns(9000);
	lapic_check_period(vcpu, ns(5000), ns(9000));                  /* missed ones dropped */
	lapic_check_conversion(vcpu, ns(5), guest_cycles(UINT64_MAX)); /* the kernel's wraps (B5) */
	assert_null(sim_broken(world_sim(rig->world))->id);
	rig_free(rig);
}

/* What the tuner may do, by release: v4.20 has no limit, v5.4 a step, none where it is fixed. */
static void check_tuned(void **state)
{
	static const struct {
		const char *release;
		uint32_t before_ns, after_ns;
		bool dynamic;
		const char *formula; /* NULL: no breach */
	} cases[] = {
		{ "v4.20", 4900, 1000000, true, NULL },
		{ "v4.10", 1500, 1510, true, "fixed advance: 1510 ns == 1500 ns before" },
		{ "v5.4", 1500, 1510, false, "fixed advance: 1510 ns == 1500 ns before" },
		{ "v5.4", 1500, 2750, true, NULL }, /* 10000 cycles are 10000 ns here */
		{ "v5.4", 1500, 2751, true,
		  "tuned advance 2751 ns, was 1500 ns: at most by 10000 cycles / 8, or 1000 ns" },
		{ "v5.4", 4900, 1000, true, NULL },
		{ "v5.4", 4900, 5001, true, "tuned advance 5001 ns <= 5000 ns, was 4900 ns" },
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct rig *rig = rig_new(cases[i].release, 1, 100);
		const struct sim_breach *breach;

		rig_vcpu(rig, 0, 1);
		rig_world(rig);
		tuned(&rig->world->vcpus[0], cases[i].before_ns, cases[i].after_ns,
		      cases[i].dynamic);
		breach = sim_broken(world_sim(rig->world));
		if (cases[i].formula) {
			assert_string_equal(breach->id, "C7");
			assert_string_equal(breach->formula, cases[i].formula);
		} else {
			assert_null(breach->id);
		}
		rig_free(rig);
	}
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows) + N_ELEMENTS(limit_rows) + 2];
	size_t n = 0;

	for (; n < N_ELEMENTS(rows); n++)
		tests[n] = (struct CMUnitTest){ .name = rows[n].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[n] };
	for (size_t i = 0; i < N_ELEMENTS(limit_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = limit_rows[i].name,
						  .test_func = check_limit,
						  .initial_state = (void *)&limit_rows[i] };
	tests[n] = (struct CMUnitTest){ .name = "a known fault of a form is no breach",
					.test_func = check_not_a_breach };
	tests[n + 1] = (struct CMUnitTest){ .name = "C7: what the tuner may do",
					    .test_func = check_tuned };
	return cmocka_run_group_tests_name("lapic_check", tests, NULL, NULL);
}
