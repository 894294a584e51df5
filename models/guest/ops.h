/* SPDX-License-Identifier: MIT */
/* ops - the operations as workloads write them down. */
#ifndef OPS_H
#define OPS_H

#include "guest.h"

static inline struct guest_op op_plain(const struct guest *guest, enum guest_op_kind kind)
{
	return (struct guest_op){ .kind = kind, .time = guest->times.op };
}

static inline struct guest_op op_compute(ps_t time)
{
	return (struct guest_op){ .kind = GUEST_COMPUTE, .time = time };
}

static inline struct guest_op op_arm(const struct guest *guest, guest_cycles_t deadline)
{
	return (struct guest_op){ .kind = GUEST_WRMSR_DEADLINE,
				  .time = guest->times.op,
				  .value = deadline };
}

/* Waits, as configured, until @handled interrupts were handled. */
static inline struct guest_op op_wait(const struct guest *guest, uint64_t handled)
{
	if (guest->cfg->wait == GUEST_WAIT_HLT)
		return op_plain(guest, GUEST_HLT);
	return (struct guest_op){ .kind = GUEST_SPIN, .target = handled };
}

#endif
