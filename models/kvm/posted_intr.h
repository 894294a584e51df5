/* SPDX-License-Identifier: MIT */
/*
 * posted_intr - APICv: an accepted vector's way to the guest without the VM-entry field (8.3).
 *
 *	accepted -> PIR and ON -> in guest mode: notification 0xf2, which the hardware takes
 *	                       -> elsewhere: the next entry looks
 *	         -> IRR        -> delivered when the guest takes interrupts, without an exit
 *
 * The timer's vector is the only one, so that PIR, IRR and ISR are a bit each, and ON is set and
 * cleared with PIR's.
 *
 * Errors: none. Left out: AVIC, and what takes APICv away at run time. See docs/model-limits.md.
 * Source: arch/x86/kvm/vmx/vmx.c (vmx_deliver_posted_interrupt(), vmx_sync_pir_to_irr()); Intel SDM
 * vol. 3C, "APIC virtualization and virtual interrupts".
 */
#ifndef POSTED_INTR_H
#define POSTED_INTR_H

#include <stdbool.h>

struct host_cpu;
struct vcpu;

/* The vector is posted by code on @cpu. True: the vCPU sleeps, and is to be woken. */
bool posted_intr_deliver(struct host_cpu *cpu, struct vcpu *vcpu);

/* What was posted comes into IRR: at an entry, or by the hardware in guest mode. */
void posted_intr_sync(struct vcpu *vcpu);

/* Anything posted or in IRR that the guest would take now? */
bool posted_intr_due(const struct vcpu *vcpu);

/* D5, of a vCPU in guest mode: somebody tells it of what was posted. */
void posted_intr_check(const struct vcpu *vcpu);

#endif
