/* SPDX-License-Identifier: MIT */
/*
 * vmexit - kvm-unit-tests' vmexit: one thing over and over, in batches that double from 64
 * iterations until one takes 2^30 cycles, or until `samples` iterations in all. Each iteration is
 * measured, from the end of one turn of the loop to the end of the next.
 *
 *	tscdeadline        arms rdtsc() + 3000 and spins until the handler ran: the 3000 are inside
 *	tscdeadline_immed  arms rdtsc(), which is already past
 *	cpuid              CPUID
 *
 * The handler counts, and writes EOI. Its count is an RDTSC here: an instruction like another, and
 * the one at which an interrupt's lateness is taken.
 */
#include "ops.h"

#define AHEAD_CYCLES 3000
#define FIRST_BATCH 64
#define BATCH_CYCLES (UINT64_C(1) << 30)

enum { TURN, READ, ARM, WAIT, COUNT };

/* The loop's own instructions: one turn. */
static struct guest_op turn(const struct guest *guest, enum guest_measure measure)
{
	return (struct guest_op){ .kind = GUEST_COMPUTE,
				  .time = guest->times.loop,
				  .measure = measure };
}

static bool over(struct guest *guest)
{
	if (guest->cfg->samples && guest->measured >= guest->cfg->samples)
		return true;
	if (guest->measured < guest->batch_ends)
		return false;
	if (guest->batch && guest->measured_at.v - guest->batch_from.v >= BATCH_CYCLES)
		return true;
	guest->batch = guest->batch ? 2 * guest->batch : FIRST_BATCH;
	guest->batch_ends += guest->batch;
	guest->batch_from = guest->measured_at;
	return false;
}

static void vmexit_main(struct guest *guest, struct guest_op *op)
{
	const enum vmexit_test test = guest->cfg->test;

	switch (guest->step) {
	case TURN: *op = turn(guest, MEASURE_FROM); break;
	case READ:
		if (over(guest)) {
			*op = op_plain(guest, GUEST_HLT); /* done: nothing will wake it */
			return;
		}
		if (test == VMEXIT_CPUID) {
			*op = op_plain(guest, GUEST_CPUID);
			guest->step = COUNT;
			return;
		}
		*op = op_plain(guest, GUEST_RDTSC);
		break;
	case ARM:
		guest->armed++;
		*op = op_arm(guest, guest_cycles(guest->tsc.v +
						 (test == VMEXIT_TSCDEADLINE ? AHEAD_CYCLES : 0)));
		break;
	case WAIT: *op = (struct guest_op){ .kind = GUEST_SPIN, .target = guest->armed }; break;
	default:
		*op = turn(guest, MEASURE_ITERATION);
		guest->step = READ;
		return;
	}
	guest->step++;
}

const struct workload workload_vmexit = {
	.name = "vmexit",
	.help = "kvm-unit-tests' vmexit: `test` over and over; `iteration` is what one takes",
	.uses = "test! samples loop",
	.main = vmexit_main,
	.handler = op_bare_handler,
};
