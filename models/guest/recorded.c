/* SPDX-License-Identifier: MIT */
/*
 * recorded - arms the deadlines of a recording when the recorded guest did (R20): deadline i is
 * written when the guest TSC reaches arm_tsc[i] and the handler of i-1 has returned, whichever is
 * later. The handler reads the TSC, if asked its APIC_ID (an exit), and writes EOI.
 */
#include "ops.h"

static void recorded_main(struct guest *guest, struct guest_op *op)
{
	const struct guest_config *cfg = guest->cfg;
	const uint64_t i = guest->armed;

	switch (guest->step++ % 3) {
	case 0:
		if (i < cfg->n_recorded) {
			*op = (struct guest_op){ .kind = GUEST_SPIN_UNTIL,
						 .value = guest_cycles(cfg->recorded_arm_tsc[i]) };
		} else {
			guest->step--;
			*op = op_plain(guest, GUEST_HLT);
		}
		break;
	case 1:
		guest->armed++;
		*op = op_arm(guest, guest_cycles(cfg->recorded_deadline_tsc[i]));
		op->planned = guest_cycles(cfg->recorded_arm_tsc[i]);
		break;
	default:
		/* Halting, it looks again after each wake-up. */
		if (guest->handled < guest->armed) {
			guest->step--;
			*op = op_wait(guest, guest->armed);
			break;
		}
		recorded_main(guest, op);
		break;
	}
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
	.uses = "wait loop handler_rdmsr",
	.recorded = true,
	.main = recorded_main,
	.handler = recorded_handler,
};
