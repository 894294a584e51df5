/* SPDX-License-Identifier: MIT */
/*
 * program - the operations that a scenario spells out: `start` once, then `repeat` for ever (or a
 * halt for good), and `handler` at each interrupt. The handler always begins with an RDTSC, so that
 * every interrupt is a sample, and always writes EOI before it returns. Nothing else is written by
 * itself: a program that counts by TMICT chooses its mode with lvtt first.
 */
#include "ops.h"

/* Places of a program are counted in steps: two an operation, of which most use the first alone. */
enum { FIRST, SECOND, STEPS };

static struct guest_op arm(struct guest *guest, guest_cycles_t from, struct quantity ahead)
{
	guest->armed++;
	return op_arm(guest, guest_cycles(from.v + op_cycles(guest, ahead).v));
}

/* Arming reads the TSC, then writes the MSR. */
static struct guest_op arm_step(struct guest *guest, const struct program_op *o, unsigned step)
{
	const bool again = o->kind == PROGRAM_arm_again && guest->deadline.v;

	return step == FIRST ? op_plain(guest, GUEST_RDTSC)
			     : arm(guest, again ? guest->deadline : guest->tsc, o->time);
}

/* Waiting takes its condition when it begins; halting, it looks again after each interrupt. */
static bool wait_step(struct guest *guest, unsigned step, struct guest_op *op)
{
	if (step == FIRST)
		guest->wait_target = guest->handled + 1;
	else if (guest->handled >= guest->wait_target)
		return false;
	else
		guest->step--;
	*op = op_wait(guest, guest->wait_target);
	return true;
}

static struct guest_op plain_step(const struct guest *guest, const struct program_op *o)
{
	switch (o->kind) {
	case PROGRAM_compute: return op_compute(op_time(guest, o->time));
	case PROGRAM_spin:
		return (struct guest_op){ .kind = GUEST_SPIN_FOR, .time = op_time(guest, o->time) };
	case PROGRAM_disarm: return op_arm(guest, guest_cycles(0));
	case PROGRAM_tmict: return op_apic_write(guest, APIC_TMICT, o->number);
	case PROGRAM_tdcr: return op_apic_write(guest, APIC_TDCR, o->number);
	case PROGRAM_lvtt:
		return op_lvtt(guest, (enum lapic_timer_mode)o->number, guest->lvtt.masked);
	case PROGRAM_mask: return op_lvtt(guest, guest->lvtt.mode, true);
	case PROGRAM_unmask: return op_lvtt(guest, guest->lvtt.mode, false);
	case PROGRAM_read_tmcct:
		return (struct guest_op){ .kind = GUEST_APIC_READ, .reg = APIC_TMCCT };
	case PROGRAM_cli: return op_plain(guest, GUEST_CLI);
	case PROGRAM_sti: return op_plain(guest, GUEST_STI);
	case PROGRAM_cpuid: return op_plain(guest, GUEST_CPUID);
	case PROGRAM_io: return op_plain(guest, GUEST_IO);
	case PROGRAM_eoi: return op_plain(guest, GUEST_EOI);
	default: return op_plain(guest, GUEST_RDTSC);
	}
}

/* What @o does in this step; false: nothing. */
static bool take_step(struct guest *guest, const struct program_op *o, unsigned step,
		      struct guest_op *op)
{
	switch (o->kind) {
	case PROGRAM_wait: return wait_step(guest, step, op);
	case PROGRAM_arm:
	case PROGRAM_arm_again: *op = arm_step(guest, o, step); return true;
	default: break;
	}
	if (step == FIRST)
		*op = plain_step(guest, o);
	return step == FIRST;
}

static void program_main(struct guest *guest, struct guest_op *op)
{
	const struct program_part *start = &guest->cfg->start, *repeat = &guest->cfg->repeat;
	const struct program_op *o;
	unsigned step;

	do {
		if (guest->step == (start->n + repeat->n) * STEPS) {
			if (repeat->n == 0) {
				*op = op_plain(guest, GUEST_HLT);
				return;
			}
			guest->step = start->n * STEPS;
		}
		step = guest->step++;
		o = step / STEPS < start->n ? &start->ops[step / STEPS]
					    : &repeat->ops[step / STEPS - start->n];
	} while (!take_step(guest, o, step % STEPS, op));
}

static bool has_eoi(const struct program_part *part)
{
	for (uint32_t i = 0; i < part->n; i++)
		if (part->ops[i].kind == PROGRAM_eoi)
			return true;
	return false;
}

static void program_handler(struct guest *guest, struct guest_op *op)
{
	const struct program_part *part = &guest->cfg->handler;
	const unsigned end = 1 + part->n * STEPS; /* step 0 is the RDTSC that comes by itself */
	unsigned step = guest->handler_step++;

	if (step == 0 && (part->n == 0 || part->ops[0].kind != PROGRAM_rdtsc)) {
		*op = op_plain(guest, GUEST_RDTSC);
		return;
	}
	if (step == 0)
		step = guest->handler_step++;
	while (step < end) {
		if (take_step(guest, &part->ops[(step - 1) / STEPS], (step - 1) % STEPS, op))
			return;
		step = guest->handler_step++;
	}
	*op = op_plain(guest, step == end && !has_eoi(part) ? GUEST_EOI : GUEST_IRET);
}

const struct workload workload_program = {
	.name = "program",
	.help = "the operations that `program` spells out: start, repeat, handler",
	.uses = "program! wait loop",
	.main = program_main,
	.handler = program_handler,
};
