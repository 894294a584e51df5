/* SPDX-License-Identifier: MIT */
/* busy - spins for ever and arms nothing; with other_exits, a guest that exits for reasons of its
 * own. */
#include "ops.h"

static void busy_main(struct guest *guest, struct guest_op *op)
{
	*op = (struct guest_op){ .kind = GUEST_SPIN, .target = UINT64_MAX };
}

static void busy_handler(struct guest *guest, struct guest_op *op)
{
	*op = op_plain(guest, guest->handler_step++ ? GUEST_IRET : GUEST_EOI);
}

const struct workload workload_busy = {
	.name = "busy",
	.help = "spins for ever, arms no timer; with other_exits it exits for reasons of its own",
	.uses = "loop",
	.main = busy_main,
	.handler = busy_handler,
};
