/* SPDX-License-Identifier: MIT */
/*
 * recorded - arms the deadlines of a recording when the recorded guest did (R20): deadline i is
 * written when the guest TSC reaches arm_tsc[i] and the handler of i-1 has returned, whichever is
 * later. One whose successor was armed before it was due had not been waited for, and is not here.
 * In the counting modes the initial count is the time from arm_tsc to deadline_tsc; 0 stops the
 * timer. The handler reads the TSC, if asked its APIC_ID (an exit), and writes EOI.
 */
#include "ops.h"

#define TDCR_BY_1 0xb

enum { STEP_DIVIDE, STEP_MODE, STEP_UNTIL, STEP_ARM, STEP_WAIT };

/* Nanoseconds of the APIC's bus, as a guest that rounds down would have it come to these cycles. */
static uint64_t count_of(const struct guest *guest, uint64_t cycles)
{
	return wide_div_up(wide_mul(cycles, 1000000), guest->times.tsc_khz.v).lo;
}

static void arm(struct guest *guest, struct guest_op *op)
{
	const struct guest_config *cfg = guest->cfg;
	const uint64_t from = cfg->recorded_arm_tsc[guest->armed];
	const uint64_t to = cfg->recorded_deadline_tsc[guest->armed];

	guest->armed++;
	guest->wait_target = guest->handled + 1;
	if (cfg->recorded_timer != LAPIC_MODE_TSC_DEADLINE) {
		*op = op_apic_write(guest, APIC_TMICT, to > from ? count_of(guest, to - from) : 0);
		return;
	}
	*op = op_arm(guest, guest_cycles(to));
	op->planned = guest_cycles(from);
}

/* The one armed last was, or is no longer, waited for. */
static bool overtaken(const struct guest *guest)
{
	const struct guest_config *cfg = guest->cfg;
	const uint64_t i = guest->armed;

	return i < cfg->n_recorded && cfg->recorded_arm_tsc[i] < cfg->recorded_deadline_tsc[i - 1];
}

/* A periodic timer goes on until it is armed again; half a period before that the guest stops
 * waiting for more. */
static bool another_period(const struct guest *guest)
{
	const struct guest_config *cfg = guest->cfg;
	const uint64_t i = guest->armed;

	if (cfg->recorded_timer != LAPIC_MODE_PERIODIC)
		return false;
	return i == cfg->n_recorded ||
	       guest->tsc.v + (cfg->recorded_deadline_tsc[i - 1] - cfg->recorded_arm_tsc[i - 1]) /
				       2 <
		       cfg->recorded_arm_tsc[i];
}

/* Halting, it looks again after each wake-up. True: it goes on waiting. */
static bool waits(struct guest *guest, struct guest_op *op)
{
	if (overtaken(guest) && guest->cfg->recorded_timer != LAPIC_MODE_PERIODIC)
		return false;
	if (guest->handled >= guest->wait_target) {
		if (!another_period(guest))
			return false;
		guest->wait_target = guest->handled + 1;
	}
	*op = op_wait(guest, guest->wait_target);
	return true;
}

static void recorded_main(struct guest *guest, struct guest_op *op)
{
	const struct guest_config *cfg = guest->cfg;

	if (guest->step < STEP_UNTIL && cfg->recorded_timer == LAPIC_MODE_TSC_DEADLINE)
		guest->step = STEP_UNTIL;
	if (guest->step == STEP_WAIT && waits(guest, op))
		return;
	switch (guest->step) {
	case STEP_DIVIDE: *op = op_apic_write(guest, APIC_TDCR, TDCR_BY_1); break;
	case STEP_MODE: *op = op_lvtt(guest, cfg->recorded_timer, false); break;
	case STEP_ARM: arm(guest, op); break;
	default: /* the next one */
		if (guest->armed == cfg->n_recorded) {
			guest->step = STEP_UNTIL;
			*op = op_plain(guest, GUEST_HLT);
			return;
		}
		guest->step = STEP_UNTIL;
		*op = (struct guest_op){ .kind = GUEST_SPIN_UNTIL,
					 .value = guest_cycles(
						 cfg->recorded_arm_tsc[guest->armed]) };
		break;
	}
	guest->step++;
}

static void recorded_handler(struct guest *guest, struct guest_op *op)
{
	static const enum guest_op_kind steps[] = { GUEST_RDTSC, GUEST_RDMSR, GUEST_EOI,
						    GUEST_IRET };
	unsigned step = guest->handler_step;

	if (steps[step] == GUEST_RDMSR && !guest->cfg->handler_rdmsr)
		step++;
	guest->handler_step = step + 1;
	*op = op_plain(guest, steps[step]);
}

const struct workload workload_recorded = {
	.name = "recorded",
	.help = "arms the deadlines of a recording (file: a CSV with arm_tsc and deadline_tsc) "
		"when it did",
	.uses = "wait loop handler_rdmsr timer",
	.recorded = true,
	.main = recorded_main,
	.handler = recorded_handler,
};
