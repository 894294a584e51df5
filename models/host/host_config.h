/* SPDX-License-Identifier: MIT */
/* host_config - the simulated host: hardware, kernel configuration, costs. Fixed for a run. */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include "quantity.h"
#include "sim_time.h"
#include "units.h"

/*
 * Costs: what a piece of host code takes. COST(name, default ns, what it covers). Each is a
 * constant or a distribution given by equidistant quantiles, drawn by linear steps (the k-th use by
 * an entity draws number k: R1). Defaults are guesses unless docs/scenarios.md says otherwise; a
 * profile replaces them.
 */
#define COSTS(COST)                                                                                \
	COST(vmexit, 400, "guest to host: hardware part and the assembly, up to kvm_exit")         \
	COST(vmentry, 400, "from the end of the busy wait to the guest's first instruction")       \
	COST(entry_load, 0, "guest-state load between the old and the new place of the busy wait") \
	COST(enter_guest, 100,                                                                     \
	     "vcpu_enter_guest() up to interrupts off: requests, event injection")                 \
	COST(entry_check, 50, "interrupts off to the last check of requests before entry")         \
	COST(loop_edge, 50,                                                                        \
	     "vcpu_run() between two entries: pending timer, signals, need_resched")               \
	COST(inject, 100, "kvm_inject_apic_timer_irqs(): the pending timer into IRR")              \
	COST(inject_event, 0, "inject_pending_event(): an interrupt into the VM-entry field")      \
	COST(finish_msr_write, 0, "rest of a WRMSR exit once the timer is started")                \
	COST(handle_msr_write, 300, "handling of a WRMSR exit, without starting the timer")        \
	COST(handle_msr_read, 300, "handling of an RDMSR exit")                                    \
	COST(handle_eoi, 200, "handling of an EOI write")                                          \
	COST(handle_cpuid, 300, "handling of a CPUID exit")                                        \
	COST(handle_io, 500, "handling of an I/O exit in the kernel")                              \
	COST(handle_hlt, 200, "handling of a HLT exit up to kvm_vcpu_block()")                     \
	COST(handle_interrupt_window, 100, "handling of an interrupt-window exit")                 \
	COST(handle_preemption_timer, 100, "handling of a preemption-timer exit")                  \
	COST(tune_access, 5, "one load or store of the global advance by the tuner")               \
	COST(handle_external_interrupt, 100,                                                       \
	     "handling of an external-interrupt exit after the handler")                           \
	COST(irq_entry, 150, "interrupt to the first read of the clock in its handler")            \
	COST(irq_exit, 150, "end of an interrupt's handler to the interrupted code")               \
	COST(callback, 150, "apic_timer_fn() up to its effects")                                   \
	COST(tick, 1000, "tick_sched_timer() up to its effects")                                   \
	COST(reschedule_ipi, 200, "handler of the reschedule interrupt")                           \
	COST(device_irq, 1000, "handler of a device interrupt that the scenario makes")            \
	COST(ipi, 700, "sending an IPI to its arrival")                                            \
	COST(hrtimer_start, 150,                                                                   \
	     "hrtimer_start(): choice of the queue, enqueue, device programming")                  \
	COST(hrtimer_cancel, 100, "hrtimer_cancel() of a timer whose callback is not running")     \
	COST(wakeup, 500, "try_to_wake_up()")                                                      \
	COST(context_switch, 1100, "schedule(): sched_out, switch, sched_in")                      \
	COST(block, 300, "kvm_vcpu_block() before it sleeps, and after it woke")                   \
	COST(poll_loop, 50, "one turn of kvm_vcpu_block()'s polling")                              \
	COST(irq_delivery, 100, "end of VM-entry to the first instruction of the guest's handler") \
	COST(guest_op, 10, "a guest instruction that does not exit, RDTSC included")               \
	COST(migration, 1000, "the stopper thread moving a running task to another CPU")           \
	COST(posted_ipi, 400, "sending the notification of a posted interrupt to its arrival")     \
	COST(posted_irq, 100, "handler of that notification, where it finds no guest")             \
	COST(fastpath_msr_write, 150,                                                              \
	     "a written deadline without the run loop, without starting the timer")                \
	COST(fastpath_preemption_timer, 100, "a preemption-timer exit without the run loop")       \
	COST(irq_entry_idle, 0, "what irq_entry takes more where the CPU idled")                   \
	COST(vmexit_rest, 0, "SVM: from interrupts on, where a pending one is taken, to kvm_exit") \
	COST(woken, 0, "from kvm_vcpu_wakeup on, what a woken vCPU takes more than a running one") \
	COST(tick_program_event, 0,                                                                \
	     "hrtimer_interrupt() behind its callbacks: the device is programmed for the next")    \
	COST(wait_lapic_expire, 0, "__kvm_wait_lapic_expire() but for the wait: trace and tuning") \
	COST(tick_nohz_restart, 0, "on the way out of idle: a tick that was stopped starts again")

enum cost_id {
#define COST(name, ns, what) COST_##name,
	COSTS(COST)
#undef COST
		COST_COUNT
};

#define COST_QUANTILES_MAX 1025

struct cost_config {
	uint32_t n; /* 0: the default; 1: constant; else quantiles 0, 1/(n-1), ..., 1, ascending */
	enum quantity_unit unit;   /* QUANTITY_CYCLES: host TSC cycles */
	const uint64_t *value;     /* n of them: ps or cycles */
	struct quantity nohz_full; /* more, on a CPU in nohz_full (context tracking) */
};

enum host_vendor { HOST_INTEL, HOST_AMD }; /* names of exits, order of R6; later the hv timer */
enum task_class { TASK_FAIR, TASK_FIFO };
enum preempt_model { PREEMPT_NONE, PREEMPT_VOLUNTARY, PREEMPT_FULL };

struct cpu_config {
	bool nohz_full;  /* in nohz_full=: not housekeeping for timers */
	bool isolated;   /* isolcpus=: has no scheduling domain        */
	ps_t idle_exit;  /* C-state exit latency when idle             */
	ps_t tick_until; /* keeps its tick up to here, also idle: rcu_needs_cpu() */
};

struct host_config {
	enum host_vendor vendor;
	uint32_t n_cpus;
	const struct cpu_config *cpus;
	uint32_t hz;           /* CONFIG_HZ: 100, 250, 300, 1000 */
	khz_t tsc_khz;         /* the rate of the TSC, and what the kernel believes it to be */
	bool tsc_scaling;      /* the CPU can scale a guest's TSC */
	bool apicv;            /* the CPU delivers virtual and posted interrupts (VMX) */
	uint8_t hv_rate_shift; /* IA32_VMX_MISC[4:0]: the preemption timer ticks every 2^this cycles
				*/
	uint64_t start_tsc;    /* host TSC at instant 0 */
	ns_t start_monotonic;  /* CLOCK_MONOTONIC at instant 0 */
	bool timer_migration;  /* sysctl kernel.timer_migration */
	bool hres_active;      /* high-resolution mode */
	enum preempt_model preempt;
	ps_t slice;              /* a fair task's time slice when others wait */
	ps_t wakeup_granularity; /* a woken fair task preempts one that has run this long */
	struct cost_config cost[COST_COUNT];
};

#endif
