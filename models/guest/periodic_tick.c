/* SPDX-License-Identifier: MIT */
/*
 * periodic_tick - a guest whose tick is the APIC timer in periodic mode, `hz` times a second. It
 * divides by 16 and counts a bus of 1 GHz, KVM's own unless the VM was given another cycle. The
 * handler works for `tick`.
 */
#include "ops.h"

#define BUS_HZ UINT64_C(1000000000)
#define DIVIDE 16
#define TDCR_DIVIDE_16 3

static void periodic_tick_main(struct guest *guest, struct guest_op *op)
{
	switch (guest->step++) {
	case 0: *op = op_lvtt(guest, LAPIC_MODE_PERIODIC, false); break;
	case 1: *op = op_apic_write(guest, APIC_TDCR, TDCR_DIVIDE_16); break;
	case 2: *op = op_apic_write(guest, APIC_TMICT, BUS_HZ / DIVIDE / guest->cfg->hz); break;
	default: *op = op_wait(guest, UINT64_MAX); break;
	}
}

static void periodic_tick_handler(struct guest *guest, struct guest_op *op)
{
	switch (guest->handler_step++) {
	case 0: *op = op_plain(guest, GUEST_RDTSC); break;
	case 1: *op = op_compute(op_time(guest, guest->cfg->tick)); break;
	case 2: *op = op_plain(guest, GUEST_EOI); break;
	default: *op = op_plain(guest, GUEST_IRET); break;
	}
}

const struct workload workload_periodic_tick = {
	.name = "periodic_tick",
	.help = "a guest whose tick is the APIC timer in periodic mode; between ticks it waits",
	.uses = "hz wait tick loop",
	.main = periodic_tick_main,
	.handler = periodic_tick_handler,
};
