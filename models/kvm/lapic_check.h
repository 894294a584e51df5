/* SPDX-License-Identifier: MIT */
/*
 * lapic_check - what must hold of a vCPU's timer at certain points, in every kernel; always on.
 *
 * Each check takes some comparisons, changes nothing, and stops the run by sim_break() with the
 * rule and the values. A historical bug is no breach: where a form is known to leave something
 * behind, the rule says so.
 *
 *	B1 entry      the guest's TSC has not gone back, unless it was set
 *	B2 end        the TSC is what the clock gives from the epoch on, to 1 cycle
 *	B3 starting   ns to guest cycles and back loses a cycle at most; in full checks alone
 *	B5 starting   a deadline beyond the kernel's product is armed for what the wrap leaves
 *	B6 starting   what expires there is due, by an unsigned comparison
 *	C1 entry      what is armed is armed once, and a deadline that is set is armed or pending
 *	C2 LVTT       a change of mode leaves what the form in force says, and no more
 *	C3 loop edge  a deadline or a one-shot count is over, and nothing is armed for it, but for
 *	              an hrtimer that is due as well, where the form restarts without a cancel
 *	C4 starting   the hrtimer of a deadline is for its instant less the advance, or for now
 *	C6 wait       at most the advance, in the clock of the form
 *	C7 tuned      at most the cap of the form, by at most a step, and not at all if it is fixed
 *	C8 written    nothing is pending, and what was under way is over
 *	C9 halting    not on the preemption timer, which would not count
 *	C10 period    the next target is one period on, or now where the form drops what was missed
 *	C11 count     a period is not shorter than min_timer_period_us
 *	D1 end        each expiry was delivered, dropped, or is still to come
 *	D2 injected   only what was accepted
 *	D4 handled    the parts of the account sum to the lateness
 *	D5 fired      nobody sleeps on what has fired
 *	D6 injected   nothing is injected while a vector of the same class is in service
 *	E6 moved      the hrtimer of a vCPU that moved is armed for the same instant
 *
 * Units: those of the values. Errors: none.
 */
#ifndef LAPIC_CHECK_H
#define LAPIC_CHECK_H

#include "timer_advance.h"
#include "units.h"

struct mode_switch;
struct vcpu;

void lapic_check_entry(struct vcpu *vcpu);
void lapic_check_epoch(struct vcpu *vcpu, guest_cycles_t tsc);
void lapic_check_conversion(struct vcpu *vcpu, ns_t t, guest_cycles_t cycles);
void lapic_check_mode(struct vcpu *vcpu, const struct mode_switch *change);
void lapic_check_accepted(struct vcpu *vcpu);
void lapic_check_expired(struct vcpu *vcpu);
void lapic_check_start(struct vcpu *vcpu);
void lapic_check_wait(struct vcpu *vcpu, const struct busy_wait *wait, uint32_t advance_ns);
void lapic_check_tuned(struct vcpu *vcpu, const struct timer_advance *before, uint32_t after_ns);
void lapic_check_halting(struct vcpu *vcpu);
void lapic_check_period(struct vcpu *vcpu, ns_t before, ns_t now);
void lapic_check_count(struct vcpu *vcpu);
void lapic_check_stored(struct vcpu *vcpu, bool rearmed, bool running);
void lapic_check_migrated(struct vcpu *vcpu, ns_t expires);
void lapic_check_parts(struct vcpu *vcpu, uint64_t fire, const uint64_t *parts, unsigned n,
		       uint64_t lateness);
void lapic_check_end(struct vcpu *vcpu);
void lapic_check_woken(struct vcpu *vcpu);
void lapic_check_injected(struct vcpu *vcpu);

#endif
