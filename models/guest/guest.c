/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include "sim_wrap.h"

void guest_init(struct guest *guest, const struct guest_config *cfg,
		const struct guest_times *times, uint64_t seed, uint32_t vcpu)
{
	enum { PURPOSE_ARM_JITTER = 1 };

	/* The other workloads write no LVTT: the models begin in the mode that these need. */
	*guest = (struct guest){ .cfg = cfg,
				 .times = *times,
				 .interrupts = true,
				 .lvtt = { .mode = LAPIC_MODE_TSC_DEADLINE } };
	sim_random_init(&guest->jitter, seed, PURPOSE_ARM_JITTER, vcpu);
	cfg->workload->main(guest, &guest->op);
}

/* What the operation changed in the guest itself. */
static void apply(struct guest *guest, const struct guest_op *op)
{
	guest->sti_shadow = op->kind == GUEST_STI && !guest->interrupts;
	switch (op->kind) {
	case GUEST_CLI: guest->interrupts = false; break;
	case GUEST_STI: guest->interrupts = true; break;
	case GUEST_WRMSR_DEADLINE:
		if (op->value.v)
			guest->deadline = op->value;
		break;
	case GUEST_APIC_WRITE:
		if (op->reg == APIC_LVTT)
			guest->lvtt = (struct guest_lvtt){ lvtt_mode(op->value.v),
							   lvtt_masked(op->value.v) };
		break;
	default: break;
	}
}

bool guest_measures(struct guest *guest, guest_cycles_t tsc, int64_t *ret)
{
	const struct guest_op *op = guest_op(guest);
	const uint64_t from = op->measure == MEASURE_WAKEUP ? op->value.v : guest->measured_at.v;

	if (op->measure == MEASURE_NOTHING)
		return false;
	guest->measured_at = tsc;
	if (op->measure == MEASURE_FROM)
		return false;
	*ret = wrap_diff(tsc.v, from);
	guest->measured++;
	return true;
}

void guest_op_done(struct guest *guest)
{
	apply(guest, guest_op(guest));
	if (!guest->in_handler) {
		guest->cfg->workload->main(guest, &guest->op);
		return;
	}
	if (guest->handler_op.kind != GUEST_IRET) {
		guest->cfg->workload->handler(guest, &guest->handler_op);
		return;
	}
	guest->in_handler = false;
	guest->interrupts = true;
	guest->handled++;
	/* A program that was about to halt looks at its condition again: cli; test; sti; hlt. */
	if (guest->op.kind == GUEST_HLT)
		guest->cfg->workload->main(guest, &guest->op);
}

void guest_interrupt(struct guest *guest)
{
	guest->in_handler = true;
	guest->interrupts = false;
	guest->handler_step = 0;
	guest->cfg->workload->handler(guest, &guest->handler_op);
}
