/* SPDX-License-Identifier: MIT */
/* ops - the operations as workloads write them down. */
#ifndef OPS_H
#define OPS_H

#include "guest.h"

static inline struct guest_op op_plain(const struct guest *guest, enum guest_op_kind kind)
{
	return (struct guest_op){ .kind = kind };
}

static inline struct guest_op op_compute(ps_t time)
{
	return (struct guest_op){ .kind = GUEST_COMPUTE, .time = time };
}

static inline struct guest_op op_arm(const struct guest *guest, guest_cycles_t deadline)
{
	return (struct guest_op){ .kind = GUEST_WRMSR_DEADLINE, .value = deadline };
}

/* Waits, as configured, until @handled interrupts were handled. */
static inline struct guest_op op_wait(const struct guest *guest, uint64_t handled)
{
	if (guest->cfg->wait == GUEST_WAIT_HLT)
		return op_plain(guest, GUEST_HLT);
	return (struct guest_op){ .kind = GUEST_SPIN, .target = handled };
}

static inline struct guest_op op_apic_write(const struct guest *guest, enum apic_reg reg,
					    uint64_t value)
{
	return (struct guest_op){ .kind = GUEST_APIC_WRITE,
				  .reg = reg,
				  .value = guest_cycles(value) };
}

static inline struct guest_op op_lvtt(const struct guest *guest, enum lapic_timer_mode mode,
				      bool masked)
{
	return op_apic_write(guest, APIC_LVTT,
			     (uint64_t)mode << LVTT_MODE_SHIFT | (masked ? LVTT_MASKED : 0) |
				     GUEST_TIMER_VECTOR);
}

/* A handler that does no work of its own. */
static inline void op_bare_handler(struct guest *guest, struct guest_op *op)
{
	static const enum guest_op_kind steps[] = { GUEST_RDTSC, GUEST_EOI, GUEST_IRET };

	*op = op_plain(guest, steps[guest->handler_step++]);
}

/* A quantity of the configuration by the guest's clock; both round down, as a cost does (R1). */
static inline ps_t op_time(const struct guest *guest, struct quantity q)
{
	return q.unit == QUANTITY_PS
		       ? ps(q.v)
		       : ps(mul_u64_u64_div_u64(q.v, NSEC_PER_SEC, guest->times.tsc_khz.v));
}

static inline guest_cycles_t op_cycles(const struct guest *guest, struct quantity q)
{
	return q.unit == QUANTITY_CYCLES
		       ? guest_cycles(q.v)
		       : guest_cycles(
				 mul_u64_u64_div_u64(q.v, guest->times.tsc_khz.v, NSEC_PER_SEC));
}

#endif
