/* SPDX-License-Identifier: MIT */
/*
 * decisions - the list of what the kernel decided differently over time, in the order of printing.
 *
 * Part of kernel.h, which includes it; whoever includes kernel.h sees the forms of all decisions. A
 * new decision is a line here, and in the file of its subject a `struct NAME_variant` with a
 * `struct variant` first, and a table NAME_variants[], oldest form first. The header declares the
 * table with its length, so that a row too many or too few does not compile.
 *
 * The first row of a table is in force in KERNEL_RELEASE_MIN already. Where a decision arose later,
 * or where a commit that can be reverted made the first form, the first row is called `none`.
 */
#ifndef DECISIONS_H
#define DECISIONS_H

#include "expiry.h"
#include "halt_polling.h"
#include "hrtimer_base.h"
#include "hv_timer.h"
#include "nohz_target.h"
#include "post.h"
#include "registers.h"
#include "start.h"
#include "tsc_rate.h"
#include "tune.h"
#include "wait.h"

/* clang-format off */
#define KERNEL_DECISIONS(X)                                                                        \
	X(mode, "mode of the timer's hrtimer", "hrtimer_start() in lapic.c")                           \
	X(notify, "how the vCPU learns of an expiry", "apic_timer_expired()")                          \
	X(owed, "when a deadline is recorded for the busy wait", "apic_timer_expired()")               \
	X(owed_order, "when it is recorded, seen from the delivery", "apic_timer_expired()")           \
	X(post, "posting the interrupt from the callback", "apic_timer_expired()")                     \
	X(post_allowed, "whose timer interrupts can be posted", "kvm_can_post_timer_interrupt()")      \
	X(post_ipi, "the notification of a posted interrupt", "vmx_deliver_posted_interrupt()")        \
	X(direct, "an expiry found in the vCPU's own context", "apic_timer_expired()")                 \
	X(fastpath, "exits handled without the run loop", "vmx_exit_handlers_fastpath()")              \
	X(kick, "what kvm_vcpu_kick() does", "kvm_vcpu_kick()")                                        \
	X(migrate, "the hrtimer of a vCPU that moved", "__kvm_migrate_apic_timer()")                   \
	X(late_deadline, "which deadline expires at once", "start_sw_tscdeadline()")                   \
	X(late_count, "a one-shot or periodic target that is past", "start_sw_period()")              \
	X(target, "where the expiry of a count is kept", "set_target_expiration()")                    \
	X(advance_target, "the target after a periodic expiry", "advance_periodic_target_expiration()") \
	X(count_zero, "a count of 0 is written", "set_target_expiration()")                            \
	X(count_cancel, "what a written count cancels", "kvm_lapic_reg_write()")                       \
	X(min_period, "the default shortest period", "min_timer_period_us")                            \
	X(clamp, "when the shortest period is enforced", "limit_periodic_timer_frequency()")           \
	X(divide, "what a new divider does to a running timer", "update_divide_count()")               \
	X(divide_store, "which bits of TDCR are kept", "kvm_lapic_reg_write()")                        \
	X(mode_switch, "what a change of mode cancels", "apic_update_lvtt()")                          \
	X(bus_cycle, "the bus cycle that a count is counted in", "APIC_BUS_CYCLE_NS")                  \
	X(save, "the current count that is saved", "kvm_apic_get_state()")                             \
	X(restore, "the count that a loaded state starts with", "kvm_apic_set_state()")                \
	X(restore_cancel, "what loading a state cancels", "kvm_apic_set_state()")                      \
	X(restore_apicv, "an interrupt in flight at a load, with APICv", "kvm_apic_set_state()")       \
	X(deadline_write, "when a written deadline is taken", "kvm_set_lapic_tscdeadline_msr()")       \
	X(deadline_read, "when a deadline is read back", "kvm_get_lapic_tscdeadline_msr()")            \
	X(hv_modes, "modes that the VMX preemption timer serves", "start_hv_timer()")                  \
	X(hv_refuse, "when the preemption timer is refused", "vmx_set_hv_timer()")                     \
	X(hv_advance, "the advance on the preemption timer", "vmx_set_hv_timer()")                     \
	X(hv_divide, "dividing a distance by the TSC ratio", "vmx_set_hv_timer()")                     \
	X(hv_due, "how a deadline that is due is reported", "vmx_set_hv_timer()")                      \
	X(hv_off, "a preemption timer that is not armed", "vmx_update_hv_timer()")                     \
	X(hv_zero, "a deadline of 0 on the preemption timer", "start_hv_timer()")                      \
	X(hv_start, "starting the preemption timer", "start_hv_timer()")                               \
	X(rearm, "where a start finds an expiry pending", "restart_apic_timer()")                      \
	X(sw_start, "starting the software timer", "start_sw_timer()")                                 \
	X(hv_fire, "order of expiry and cancel when it fires", "kvm_lapic_expired_hv_timer()")         \
	X(hv_fire_idle, "when it fires and is not in use", "kvm_lapic_expired_hv_timer()")             \
	X(to_hv, "from the software timer back to the preemption timer", "kvm_lapic_switch_to_hv_timer()") \
	X(to_hv_when, "when it goes back after a halt", "vmx_post_block()")                            \
	X(to_sw, "from the preemption timer to the software timer", "kvm_lapic_switch_to_sw_timer()")  \
	X(load_hv, "a vCPU in its use is loaded on another CPU", "kvm_arch_vcpu_load()")               \
	X(wait_call, "who tests the advance before the wait", "wait_lapic_expire()")                   \
	X(wait_site, "where the busy wait stands", "wait_lapic_expire()")                              \
	X(wait_test, "order of the tests before the wait", "wait_lapic_expire()")                      \
	X(wait_length, "how long the wait spins", "wait_lapic_expire()")                               \
	X(wait_order, "order of wait and tuning", "wait_lapic_expire()")                               \
	X(wait_trace, "where kvm_wait_lapic_expire is traced", "wait_lapic_expire()")                  \
	X(tune, "how the advance follows the error", "adjust_lapic_timer_advance()")                   \
	X(tune_sign, "how the error is read from the two clocks", "adjust_lapic_timer_advance()")      \
	X(tune_gate, "when the advance is tuned", "wait_lapic_expire()")                               \
	X(advance_scope, "who shares an advance", "lapic_timer_advance_ns")                            \
	X(param, "the advance's module parameter", "kvm_create_lapic()")                               \
	X(halt_value, "how long a halted vCPU polls", "kvm_vcpu_block()")                              \
	X(halt_grow, "how the polling time grows", "grow_halt_poll_ns()")                              \
	X(halt_shrink, "how the polling time shrinks", "shrink_halt_poll_ns()")                        \
	X(halt_decide, "whether it grows or shrinks", "kvm_vcpu_block()")                              \
	X(halt_defaults, "the parameters of halt polling", "halt_poll_ns")                             \
	X(halt_stop, "what ends the polling", "kvm_vcpu_block()")                                      \
	X(ratio_refuse, "a TSC ratio that does not fit", "set_tsc_khz()")                              \
	X(khz_zero, "a guest TSC rate of 0", "kvm_set_tsc_khz()")                                      \
	X(tsc_match, "which TSC writes are taken for one", "kvm_synchronize_tsc()")                    \
	X(nohz_target, "which CPU an unpinned timer goes to", "get_nohz_timer_target()")               \
	X(any_housekeeping, "the housekeeping CPU of last resort", "housekeeping_any_cpu()")           \
	X(housekeeping, "where the set of housekeeping CPUs comes from", "housekeeping_cpumask()")     \
	X(remote_check, "which timer may not go to another CPU", "hrtimer_check_target()")             \
	X(restart_local, "restarting the CPU's first timer", "__hrtimer_start_range_ns()")             \
	X(forward, "moving an expired timer forward", "hrtimer_forward()")                             \
	X(residual_tick, "the tick of a busy nohz_full CPU", "scheduler_tick_max_deferment()")         \
	X(idle_tick, "when the tick of an idle CPU stops", "cpuidle_idle_call()")                      \
	X(request, "the request that an expiry raises", "apic_timer_expired()")
/* clang-format on */

#endif
