/* SPDX-License-Identifier: MIT */
/*
 * observed_run - what a stream of trace events shows of a guest's timer: what the guest and the
 * outside did, what came of it, and how long each stretch between two lines took.
 *
 * The stream is a recording, or a simulated run in the same words (simulated_events.h): both are
 * looked at by this code alone, so that two runs are counted alike.
 *
 *	observed_run_new() -> observed_run_event() for each -> observed_run_end() -> read the fields
 *
 * What the guest and the outside did (import may write it down) and what came of it (only compare
 * may look) are two structs: observed_vcpu.did and observed_vcpu.became.
 *
 * Units:  stamps as the stream has them; observed_clock turns them into ns. Samples in ns.
 * Errors: none; what cannot be told is left out, and counted where somebody may miss it.
 * Limits: OBSERVED_* below; what is beyond is counted.
 */
#ifndef OBSERVED_RUN_H
#define OBSERVED_RUN_H

#include "recorded_event.h"

#include <glib.h>

#define OBSERVED_SAMPLES_MAX 65536u /* of each stretch; the first ones are kept */
#define OBSERVED_ARMS_MAX 1000000u  /* of each vCPU */
#define OBSERVED_VCPUS_MAX 16u
#define OBSERVED_CPUS_MAX 256u

/* Stretches between two lines, on the way of one expiry. X(ENUM, "from and to") */
#define OBSERVED_STRETCHES(X)                                                                     \
	X(EXPIRY_TO_CLOCK_GUEST, "an expiry in guest mode to the handler's reading of the clock") \
	X(EXPIRY_TO_CLOCK_IDLE, "an expiry on an idle CPU to the handler's reading of the clock") \
	X(EXPIRY_TO_CLOCK_KERNEL,                                                                 \
	  "a tick on a CPU that runs host code to the handler's reading of the clock")            \
	X(CLOCK_TO_LINE, "that reading to hrtimer_expire_entry")                                  \
	X(IRQ_TO_LINE, "local_timer_entry to hrtimer_expire_entry of apic_timer_fn")              \
	X(CALLBACK, "hrtimer_expire_entry to hrtimer_expire_exit of apic_timer_fn")               \
	X(CALLBACK_WAKES, "the same where the callback wakes the vCPU")                           \
	X(CALLBACK_TO_EXIT, "hrtimer_expire_exit to kvm_exit, SVM, no local_timer_exit traced")   \
	X(IRQ_EXIT_TO_EXIT, "local_timer_exit to kvm_exit, SVM")                                  \
	X(CALLBACK_TO_SWITCH, "hrtimer_expire_exit to the sched_switch to the vCPU")              \
	X(CALLBACK_TO_SWITCH_TICK, "the same where the CPU starts its tick again before it")      \
	X(CALLBACK_TO_IRQ_EXIT, "hrtimer_expire_exit of apic_timer_fn to local_timer_exit")       \
	X(TICK_TO_IRQ_EXIT, "hrtimer_expire_entry of the tick to local_timer_exit")               \
	X(INTERRUPT_TO_ENTRY, "kvm_exit of an interrupt to kvm_entry, nothing injected")          \
	X(INTERRUPT_TO_ACCEPT, "kvm_exit of an interrupt to kvm_apic_accept_irq")                 \
	X(ACCEPT_TO_ENTRY, "kvm_apic_accept_irq to kvm_entry")                                    \
	X(SWITCH_TO_WAKEUP, "sched_switch to the vCPU to kvm_vcpu_wakeup")                        \
	X(WAKEUP_TO_ACCEPT, "kvm_vcpu_wakeup to kvm_apic_accept_irq")                             \
	X(WOKEN_ACCEPT_TO_ENTRY, "kvm_apic_accept_irq to kvm_entry of a woken vCPU")              \
	X(ENTRY_TO_CLOCK, "kvm_entry to the wait's reading of the TSC")                           \
	X(WRITE_TO_START, "kvm_exit of a timer write to hrtimer_start")                           \
	X(START_TO_ENTRY, "hrtimer_start to kvm_entry")                                           \
	X(EOI, "kvm_exit of an EOI to kvm_entry")                                                 \
	X(RDMSR, "kvm_exit of an RDMSR to kvm_entry")                                             \
	X(CPUID, "kvm_exit of a CPUID to kvm_entry")                                              \
	X(IO, "kvm_exit of an I/O instruction to kvm_entry")                                      \
	X(HLT_TO_SWITCH, "kvm_exit of a HLT to the sched_switch away")                            \
	X(KICK_TO_IRQ, "hrtimer_expire_exit elsewhere to reschedule_entry on the vCPU's CPU")     \
	X(RESCHEDULE, "reschedule_entry to reschedule_exit")                                      \
	X(IO_TO_USER, "kvm_exit of an I/O instruction to kvm_userspace_exit")                     \
	X(ENTRY_TO_HANDLER_EXIT, "kvm_entry that injects to the handler's first exit")            \
	X(ARM_TO_EXIT, "the guest's RDTSC before a timer write to kvm_exit (csv)")                \
	X(ENTRY_TO_ARMED, "kvm_entry to the guest's RDTSC after the write (csv)")                 \
	X(ENTRY_TO_HANDLER, "the wait's reading of the TSC to the handler's RDTSC (csv)")         \
	X(BARE_ENTRY_TO_HANDLER, "kvm_entry to the handler's RDTSC (csv), nothing waited for")

enum observed_stretch {
#define X(id, what) OBSERVED_##id,
	OBSERVED_STRETCHES(X)
#undef X
		OBSERVED_STRETCH_COUNT
};

struct observed_sample {
	int64_t ns;
	uint32_t cpu;
};

/* How the stream's clock runs. Filled in by whoever knows. */
struct observed_clock {
	uint64_t first;    /* stamps are counted from here */
	uint64_t rate_khz; /* stamps per ms; 10^6: the stamps are ns */
};

enum observed_timer { OBSERVED_DEADLINE, OBSERVED_ONESHOT, OBSERVED_PERIODIC };

struct observed_arm {
	uint64_t exit;    /* stamp of the kvm_exit of the write */
	uint64_t value;   /* deadline in guest cycles, or the initial count */
	uint64_t expires; /* [ns] of hrtimer_start; 0: none was started */
	uint64_t started; /* stamp of that line */
	uint64_t entered; /* stamp of the kvm_entry after the write */
	enum observed_timer timer;
	uint8_t mode; /* RECORDED_MODE_* */
	uint32_t cpu;
};

/* Exits that the guest made by itself, while it did something else than its timer. */
struct observed_pattern {
	uint64_t n, first, last; /* stamps */
	GArray *intervals;       /* of uint64_t: stamps between two of them, the first ones */
};

struct observed_move { /* the thread runs on another CPU from here on */
	uint64_t stamp;
	uint32_t cpu;
};

struct observed_hog {
	uint64_t from, to; /* stamps; to 0: until the end */
	uint32_t cpu;
	int32_t prio;
	char comm[16];
};

enum observed_irq { /* which handlers ran within an exit for an interrupt */
		    OBSERVED_IRQ_APIC_TIMER = 1,
		    OBSERVED_IRQ_TICK = 2,
		    OBSERVED_IRQ_OTHER = 4,
};

#define OBSERVED_EXIT_KINDS (RECORDED_EXIT_MSR + 1)

struct observed_counts { /* exits in the window from the first arming to the last EOI */
	uint64_t reason[OBSERVED_EXIT_KINDS];
	uint64_t apic_timer, tick, other; /* of EXTERNAL_INTERRUPT, by what its handler ran */
};

struct observed_outcome {        /* of one expiry */
	uint32_t arm;            /* index of its observed_arm */
	uint32_t cpu, vcpu_cpu;  /* where the callback ran, and where the vCPU was */
	uint64_t fired, entered; /* stamps; entered: kvm_entry that injects; 0: never */
	uint64_t reentered;      /* stamp of the last one that injects it again */
	int64_t delta;           /* of the wait */
	bool by_hrtimer;         /* false: it expired where it was armed */
	bool injected, has_delta, reinjected;
};

struct observed_vcpu {
	uint32_t id;
	int32_t pid;
	struct {
		GArray *arms; /* of struct observed_arm */
		bool has_mode;
		enum observed_timer mode; /* LVTT */
		uint64_t hlts, rdmsrs;    /* waits by HLT; x2APIC reads in the handler */
		uint64_t stopped;         /* stamp of a count of 0 after the last arming; 0: none */
		struct observed_pattern cpuid, io;
		uint64_t setup_exits; /* before the first arming */
		uint64_t last_seen;
		uint32_t first_cpu;
		GArray *moves; /* of struct observed_move */
		bool has_offset;
		uint64_t tsc_offset;
		uint64_t arms_left_out;
	} did;
	struct {
		GArray *outcomes; /* of struct observed_outcome */
		struct observed_counts counts;
		uint64_t kicked, not_kicked; /* expiries elsewhere while in guest mode */
	} became;
	struct observed_tracker *tracker; /* private */
};

struct observed_cpu {
	uint64_t ticks;       /* tick handlers that ran */
	uint64_t tick_gap_ns; /* the longest time a vCPU or a hog ran here without a tick */
	/* stamp of the last tick that an idle CPU kept, before the first that it stopped, counted
	 * from where a vCPU first arms its timer here; 0: none */
	uint64_t tick_kept;
};

struct observed_run {
	struct observed_clock clock;
	unsigned n_vcpus;
	struct observed_vcpu vcpus[OBSERVED_VCPUS_MAX];
	unsigned n_cpus; /* the highest that was seen, plus one */
	struct observed_cpu cpus[OBSERVED_CPUS_MAX];
	GArray *hogs;                            /* of struct observed_hog */
	GArray *samples[OBSERVED_STRETCH_COUNT]; /* of struct observed_sample */
	enum recorded_isa isa;
	bool tick_is_handler; /* the tick's callback is tick_nohz_handler (v6.9 on) */
	bool exit_has_intr_info, exit_has_vcpu;
	bool waits;       /* a kvm_wait_lapic_expire was there */
	uint64_t tick_ns; /* the shortest time between two expiries of one tick; 0: not seen */
	uint64_t tick_ahead_ns; /* the longest from a tick to the next one: just less than it */
	uint64_t tick_off_grid; /* ticks that do not stand at its multiples */
	/* CLOCK_MONOTONIC against the stamps: the least stamp - now of hrtimer_expire_entry. */
	int64_t clock_gap_min;
	uint64_t digest;   /* of all events: kind, CPU, thread and stamp */
	uint64_t left_out; /* kvm_entry and kvm_exit of threads beyond OBSERVED_VCPUS_MAX */
	uint64_t last;     /* stamp */
	struct observed_machine *machine; /* private */
};

struct observed_run *observed_run_new(const struct observed_clock *clock);
void observed_run_event(struct observed_run *run, const struct recorded_event *e);
void observed_run_end(struct observed_run *run);
void observed_run_free(struct observed_run *run);

/* No clock reads more: a damaged trace is cut here, so that sums of some do not overflow. */
#define OBSERVED_FAR (INT64_C(1) << 59)

static inline int64_t observed_near(int64_t value)
{
	return CLAMP(value, -OBSERVED_FAR, OBSERVED_FAR);
}

/* An instant of CLOCK_MONOTONIC, as the kernel prints it. */
static inline int64_t observed_instant(uint64_t ns)
{
	return ns < (uint64_t)OBSERVED_FAR ? (int64_t)ns : OBSERVED_FAR;
}

/* Of a stamp, in ns since clock.first; rounds down. */
int64_t observed_ns(const struct observed_clock *clock, uint64_t stamp);

void observed_sample_add(struct observed_run *run, enum observed_stretch stretch, int64_t ns,
			 uint32_t cpu);
const char *observed_stretch_text(enum observed_stretch stretch);

#endif
