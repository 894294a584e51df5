/* SPDX-License-Identifier: MIT */
#include "metrics.h"

/* clang-format off */
static const struct metric metrics[] = {
	{ "lateness", "lapic_sample", "lateness", DIM_TIME,
	  "handler's first RDTSC minus the deadline; negative: early" },
	{ "lateness_cycles", "lapic_sample", "lateness_cycles", DIM_CYCLES,
	  "the same as the guest reads it: TSC in the handler minus the deadline written" },
	{ "guest_progress", "lapic_sample", "guest_progress", DIM_TIME,
	  "guest-mode time between the arming write and the handler; 0: before the guest executed an instruction" },
	{ "expire", "lapic_expire", NULL, DIM_COUNT,
	  "an expiry: `cpu` is where it was found, `vcpu.cpu` where the vCPU was, `path` how: "
	  "hrtimer, hv (exit 52), or at_start" },
	{ "arm", "lapic_arm", NULL, DIM_COUNT, "a deadline written by the guest" },
	{ "drop", "lapic_drop", NULL, DIM_COUNT,
	  "a deadline never delivered: `why` is overwritten, merged, or unseen at the end of the run" },
	{ "late_arm", "lapic_late_arm", "late_cycles", DIM_CYCLES,
	  "a recorded deadline armed more than 1000 cycles later than it was recorded" },
	{ "fire", "lapic_sample", "fire", DIM_TIME, "deadline to the start of apic_timer_fn(); negative: advanced" },
	{ "notify", "lapic_sample", "notify", DIM_TIME,
	  "from there to the guest's exit: an IPI, a wake-up, or the wait for another exit; posted: the callback" },
	{ "runqueue", "lapic_sample", "runqueue", DIM_TIME, "from there until the vCPU's thread is on a CPU" },
	{ "exit_path", "lapic_sample", "exit", DIM_TIME, "from there to the loop edge that sees the timer pending" },
	{ "inject", "lapic_sample", "inject", DIM_TIME, "from there to the place of the busy wait" },
	{ "wait", "lapic_sample", "wait", DIM_TIME, "the busy wait before VM-entry, or in the callback that posts, per delivered expiry" },
	{ "entry", "lapic_sample", "entry", DIM_TIME, "from its end to the end of VM-entry; posted: until the guest takes the notification" },
	{ "deliver", "lapic_sample", "deliver", DIM_TIME, "from there to the handler's first RDTSC" },
	{ "exit", "exit_handled", "time", DIM_TIME, "kvm_exit to the next kvm_entry, as perf kvm stat counts it" },
	{ "advance_ns", "timer_advance", "advance_ns", DIM_NS, "timer_advance_ns after each expiry that was injected" },
	{ "iteration", "guest_iteration", "cycles", DIM_CYCLES, "one turn of workload vmexit, as the guest's TSC counts it" },
	{ "wake_latency", "guest_wakeup", "late_cycles", DIM_CYCLES,
	  "workload cyclictest: the woken thread's reading of the TSC minus the time it slept for" },
	{ "wakeup", "kvm_vcpu_wakeup", "ns", DIM_NS, "a halted vCPU woke: how long it was blocked" },
	{ "cpu_guest", "cpu_time", "guest", DIM_TIME, "time of a CPU in guest mode, at the end of the run" },
	{ "cpu_host", "cpu_time", "host", DIM_TIME, "time of a CPU in vCPU threads outside guest mode and in the scheduler" },
	{ "cpu_user", "cpu_time", "user", DIM_TIME, "time of a CPU in hogs" },
	{ "cpu_irq", "cpu_time", "irq", DIM_TIME, "time of a CPU in interrupt handlers and on the way out of a C-state" },
	{ "cpu_idle", "cpu_time", "idle", DIM_TIME, "time of a CPU idle" },
	{ "steal", "cpu_steal", "time", DIM_TIME, "time for which a CPU was stolen, each time" },
	{ "vcpu_guest", "vcpu_time", "guest", DIM_TIME, "time of a vCPU in guest mode, at the end of the run" },
	{ "vcpu_exit", "vcpu_time", "exit", DIM_TIME, "time of a vCPU's thread running outside guest mode" },
	{ "vcpu_runnable", "vcpu_time", "runnable", DIM_TIME, "time of a vCPU's thread waiting for a CPU: steal" },
	{ "vcpu_halted", "vcpu_time", "halted", DIM_TIME, "time of a vCPU's thread asleep" },
};
/* clang-format on */

const struct metric *metrics_all(size_t *n)
{
	*n = G_N_ELEMENTS(metrics);
	return metrics;
}
