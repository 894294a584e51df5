/* SPDX-License-Identifier: MIT */
/*
 * recorded_event - one event of a recorded trace, with its fields as integers and enums.
 *
 * Names are the kernel's. `kind` says which member of the union is set; kinds that share a layout
 * share a member, as said beside each kind. What a kernel or a tool does not print is 0, and where
 * 0 could be meant, a has_ flag or a *_UNKNOWN value says so.
 *
 * Units: ns as the kernel prints them (CLOCK_MONOTONIC for expires, softexpires and now); delta in
 * guest TSC cycles; stamp in the unit of the trace's clock (trace_facts.clock), never rounded.
 * Texts point into the reader's buffer: they hold until the next call of trace_reader_next(), and
 * have no terminator.
 * Source: the kernel's trace/events/{kvm,timer,sched,irq}.h, arch/x86/kvm/trace.h and
 * asm/trace/irq_vectors.h, v4.4 to v6.12; trace-cmd's plugins for what it prints by default.
 */
#ifndef RECORDED_EVENT_H
#define RECORDED_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define RECORDED_CPU_UNKNOWN UINT32_MAX  /* perf script of one task prints no CPU */
#define RECORDED_VCPU_UNKNOWN UINT32_MAX /* kvm_exit up to v5.7 does not print it */
#define RECORDED_DEPTH_UNKNOWN UINT8_MAX

/* X(ENUM, "kernel's name") in the order in which they are counted and listed. */
#define RECORDED_EVENTS(X)                                                           \
	X(KVM_ENTRY, "kvm_entry")                                                    \
	X(KVM_EXIT, "kvm_exit")                                                      \
	X(KVM_MSR, "kvm_msr")                                                        \
	X(KVM_APIC, "kvm_apic")                                                      \
	X(KVM_APIC_ACCEPT_IRQ, "kvm_apic_accept_irq")                                \
	X(KVM_APICV_ACCEPT_IRQ, "kvm_apicv_accept_irq")                              \
	X(KVM_INJ_VIRQ, "kvm_inj_virq")                                              \
	X(KVM_EOI, "kvm_eoi")                                                        \
	X(KVM_WAIT_LAPIC_EXPIRE, "kvm_wait_lapic_expire")                            \
	X(KVM_HV_TIMER_STATE, "kvm_hv_timer_state")                                  \
	X(KVM_SET_IRQ, "kvm_set_irq")                                                \
	X(KVM_USERSPACE_EXIT, "kvm_userspace_exit")                                  \
	X(KVM_HALT_POLL_NS, "kvm_halt_poll_ns")                                      \
	X(KVM_VCPU_WAKEUP, "kvm_vcpu_wakeup")                                        \
	X(KVM_CPUID, "kvm_cpuid")                                                    \
	X(KVM_PIO, "kvm_pio")                                                        \
	X(KVM_FPU, "kvm_fpu")                                                        \
	X(KVM_WRITE_TSC_OFFSET, "kvm_write_tsc_offset")                              \
	X(HRTIMER_INIT, "hrtimer_init") /* hrtimer_setup is read as this one, too */ \
	X(HRTIMER_START, "hrtimer_start")                                            \
	X(HRTIMER_CANCEL, "hrtimer_cancel")                                          \
	X(HRTIMER_EXPIRE_ENTRY, "hrtimer_expire_entry")                              \
	X(HRTIMER_EXPIRE_EXIT, "hrtimer_expire_exit")                                \
	X(TICK_STOP, "tick_stop")                                                    \
	X(SCHED_SWITCH, "sched_switch")                                              \
	X(SCHED_WAKEUP, "sched_wakeup") /* sched_wakeup_new, too */                  \
	X(SCHED_WAKING, "sched_waking")                                              \
	X(SCHED_MIGRATE_TASK, "sched_migrate_task")                                  \
	X(LOCAL_TIMER_ENTRY, "local_timer_entry")                                    \
	X(LOCAL_TIMER_EXIT, "local_timer_exit")                                      \
	X(RESCHEDULE_ENTRY, "reschedule_entry")                                      \
	X(RESCHEDULE_EXIT, "reschedule_exit")                                        \
	X(CALL_FUNCTION_ENTRY, "call_function_entry")                                \
	X(CALL_FUNCTION_EXIT, "call_function_exit")                                  \
	X(CALL_FUNCTION_SINGLE_ENTRY, "call_function_single_entry")                  \
	X(CALL_FUNCTION_SINGLE_EXIT, "call_function_single_exit")                    \
	X(IRQ_WORK_ENTRY, "irq_work_entry")                                          \
	X(IRQ_WORK_EXIT, "irq_work_exit")                                            \
	X(EXTERNAL_INTERRUPT_ENTRY, "external_interrupt_entry")                      \
	X(EXTERNAL_INTERRUPT_EXIT, "external_interrupt_exit")                        \
	X(IRQ_HANDLER_ENTRY, "irq_handler_entry")                                    \
	X(IRQ_HANDLER_EXIT, "irq_handler_exit")

enum recorded_kind {
#define X(kind, name) RECORDED_##kind,
	RECORDED_EVENTS(X)
#undef X
	/* No tracepoint of the list: */
	RECORDED_FUNCTION,       /* the function tracer: other.name is the function */
	RECORDED_OTHER,          /* another event; trace_facts counts them by name */
	RECORDED_LOST,           /* no event: some of `cpu` were lost just here: .lost */
	RECORDED_BUFFER_STARTED, /* no event: the trace of `cpu` begins here */
	RECORDED_KINDS
};

struct recorded_text { /* not terminated */
	const char *at;
	uint32_t length;
};

/* How many of the latency flags there are depends on the kernel; what is not printed is 0. */
struct recorded_flags {
	bool known;            /* any were printed */
	bool irqs_off;         /* 'd' ('D', too) */
	bool bh_off;           /* 'b' or 'D' */
	bool need_resched;     /* 'N' 'n' 'p' 'L' 'l' 'B' 'b' */
	bool hardirq, softirq; /* 'h' 'H' 'z' 'Z'; 's' 'H' */
	uint8_t preempt_depth; /* RECORDED_DEPTH_UNKNOWN */
};

enum recorded_isa { RECORDED_ISA_UNKNOWN, RECORDED_VMX, RECORDED_SVM };

/* Exit reasons by what they are, whichever vendor's word was printed. */
enum recorded_exit {
	RECORDED_EXIT_OTHER,              /* .code and .name say which */
	RECORDED_EXIT_EXTERNAL_INTERRUPT, /* SVM: interrupt */
	RECORDED_EXIT_INTERRUPT_WINDOW,   /* PENDING_INTERRUPT in old kernels; SVM: vintr */
	RECORDED_EXIT_EXCEPTION_NMI,      /* also SVM's excp */
	RECORDED_EXIT_NMI,                /* SVM: nmi */
	RECORDED_EXIT_CPUID,
	RECORDED_EXIT_HLT,
	RECORDED_EXIT_VMCALL,         /* SVM: vmmcall */
	RECORDED_EXIT_CR_ACCESS,      /* SVM: read_cr*, write_cr*, cr0_sel_write */
	RECORDED_EXIT_IO_INSTRUCTION, /* SVM: io */
	RECORDED_EXIT_MSR_READ,       /* SVM: msr with info1 0 */
	RECORDED_EXIT_MSR_WRITE,      /* SVM: msr with info1 1 */
	RECORDED_EXIT_PAUSE_INSTRUCTION,
	RECORDED_EXIT_EPT_VIOLATION, /* SVM: npf */
	RECORDED_EXIT_EPT_MISCONFIG,
	RECORDED_EXIT_PREEMPTION_TIMER,
	RECORDED_EXIT_APIC_ACCESS,
	RECORDED_EXIT_APIC_WRITE,  /* SVM: avic_unaccelerated_access */
	RECORDED_EXIT_EOI_INDUCED, /* VMX: EOI_INDUCED */
	RECORDED_EXIT_MSR,         /* SVM: msr, and info1 was not printed */
};
#define RECORDED_EXIT_CODE_UNKNOWN UINT32_MAX

enum recorded_register {
	RECORDED_REG_OTHER,
	RECORDED_REG_ID,
	RECORDED_REG_TASKPRI,
	RECORDED_REG_EOI,
	RECORDED_REG_SPIV,
	RECORDED_REG_ICR, /* and ICR2 */
	RECORDED_REG_LVTT,
	RECORDED_REG_TMICT,
	RECORDED_REG_TMCCT,
	RECORDED_REG_TDCR,
};

enum recorded_function {
	RECORDED_FN_NONE,          /* not printed */
	RECORDED_FN_APIC_TIMER_FN, /* the guest timer's */
	RECORDED_FN_TICK,          /* tick_sched_timer, and tick_nohz_handler as it is called now */
	RECORDED_FN_HRTIMER_WAKEUP, /* a sleeping task's */
	RECORDED_FN_OTHER,
	RECORDED_FN_ADDRESS, /* one that trace_functions.h does not recognise (yet) */
};

/* Bits of the mode that hrtimer_start and hrtimer_init print. */
enum {
	RECORDED_MODE_REL = 1, /* not set: ABS */
	RECORDED_MODE_PINNED = 2,
	RECORDED_MODE_SOFT = 4,
	RECORDED_MODE_HARD = 8,
	RECORDED_MODE_UNKNOWN = 0x80, /* none printed: old kernels, trace-cmd's plugin */
};

enum recorded_tick_dependency {
	RECORDED_TICK_DEP_NONE,
	RECORDED_TICK_DEP_POSIX_TIMER,
	RECORDED_TICK_DEP_PERF_EVENTS,
	RECORDED_TICK_DEP_SCHED,
	RECORDED_TICK_DEP_CLOCK_UNSTABLE,
	RECORDED_TICK_DEP_RCU,
	RECORDED_TICK_DEP_RCU_EXP,
	RECORDED_TICK_DEP_OTHER,
};

struct recorded_task {
	struct recorded_text comm;
	int32_t pid, prio;
};

struct recorded_event {
	enum recorded_kind kind;
	uint64_t stamp;  /* [trace_facts.clock]; of LOST and BUFFER_STARTED the last event's */
	uint64_t line;   /* from 1; of a wrapped line its first */
	uint32_t column; /* of the event's name, in bytes from 1 */
	uint32_t cpu;    /* RECORDED_CPU_UNKNOWN */
	int32_t pid;     /* the thread's */
	int32_t tgid;    /* -1: not printed */
	struct recorded_text comm;
	struct recorded_flags flags;
	union {
		struct {               /* KVM_ENTRY */
			uint32_t vcpu; /* RECORDED_VCPU_UNKNOWN */
			uint64_t rip;
			bool has_rip, immediate_exit;
		} entry;
		struct { /* KVM_EXIT */
			enum recorded_exit reason;
			enum recorded_isa isa;
			uint32_t code; /* the hardware's number, RECORDED_EXIT_CODE_UNKNOWN */
			uint32_t vcpu; /* RECORDED_VCPU_UNKNOWN */
			uint64_t rip, info1, info2;
			uint32_t intr_info, error_code;
			bool has_info;             /* info1 and info2 */
			bool has_intr_info;        /* intr_info and error_code */
			struct recorded_text name; /* of the reason, as printed */
		} exit;
		struct { /* KVM_MSR */
			bool write, fault;
			uint32_t index; /* 0x6e0: IA32_TSC_DEADLINE */
			uint64_t data;
		} msr;
		struct { /* KVM_APIC */
			bool write;
			enum recorded_register reg;
			uint64_t value;
		} apic;
		struct { /* KVM_APIC_ACCEPT_IRQ, KVM_APICV_ACCEPT_IRQ */
			uint32_t apicid, vector;
			bool fixed, level, coalesced;
		} accept;
		struct { /* KVM_INJ_VIRQ */
			uint32_t vector;
			bool soft, reinjected;
		} inject;
		struct { /* KVM_EOI */
			uint32_t apicid;
			int64_t vector; /* -1: nothing was in service */
		} eoi;
		struct { /* KVM_WAIT_LAPIC_EXPIRE */
			uint32_t vcpu;
			int64_t delta; /* [guest TSC cycles]; negative: early */
		} wait;
		struct { /* KVM_HV_TIMER_STATE */
			uint32_t vcpu;
			bool on;
		} hv;
		struct { /* KVM_SET_IRQ */
			uint32_t gsi, level, source;
		} set_irq;
		struct {                 /* KVM_USERSPACE_EXIT */
			uint32_t reason; /* KVM_EXIT_*; of an error its errno */
			bool restart, error;
		} userspace;
		struct {                            /* KVM_HALT_POLL_NS */
			uint32_t vcpu, now, before; /* [ns] */
			bool grow;
		} halt_poll;
		struct { /* KVM_VCPU_WAKEUP */
			uint64_t ns;
			bool polled, valid;
		} wakeup;
		struct { /* KVM_CPUID */
			uint32_t function, index;
			bool has_index;
		} cpuid;
		struct { /* KVM_PIO */
			bool write;
			uint32_t port, size, count;
		} pio;
		struct { /* KVM_FPU */
			bool load;
		} fpu;
		struct { /* KVM_WRITE_TSC_OFFSET; modulo 2^64 */
			uint32_t vcpu;
			uint64_t previous, next;
		} tsc_offset;
		struct {                /* HRTIMER_* */
			uint64_t timer; /* what stands for its address, hashed or not */
			enum recorded_function function; /* START, EXPIRE_ENTRY */
			struct recorded_text symbol;     /* without module and offset */
			uint64_t address; /* if that was printed; symbol is empty then */
			uint64_t expires, softexpires; /* START: [ns] */
			uint64_t now;                  /* EXPIRE_ENTRY: [ns] */
			uint8_t mode;                  /* START, INIT: RECORDED_MODE_* */
			struct recorded_text clock;    /* INIT: "CLOCK_MONOTONIC" */
			bool has_was_armed, was_armed; /* START */
		} hrtimer;
		struct { /* TICK_STOP */
			bool success;
			enum recorded_tick_dependency dependency;
		} tick_stop;
		struct { /* SCHED_SWITCH */
			struct recorded_task prev, next;
			char prev_state; /* 'R', 'S', 'D', ...; the first letter of several */
			bool preempted;  /* "R+" */
		} sched;
		struct { /* SCHED_WAKEUP, SCHED_WAKING */
			struct recorded_task task;
			uint32_t target_cpu; /* RECORDED_CPU_UNKNOWN */
		} waking;
		struct { /* SCHED_MIGRATE_TASK */
			struct recorded_task task;
			uint32_t orig_cpu, dest_cpu;
		} migrate;
		struct { /* *_ENTRY, *_EXIT of the interrupt vectors; IRQ_HANDLER_*: irq */
			uint32_t vector;
		} irq;
		struct {                             /* OTHER, FUNCTION */
			struct recorded_text name;   /* "kvm_mmio" */
			struct recorded_text system; /* "kvm": perf script alone prints it */
			struct recorded_text payload;
		} other;
		struct {            /* LOST */
			uint64_t n; /* 0: not said how many */
		} lost;
	};
};

/* "kvm_entry"; of kinds that are no tracepoint what they are. */
const char *recorded_kind_name(enum recorded_kind kind);

/* VMX's word, which the simulator uses: "EXTERNAL_INTERRUPT"; of OTHER "OTHER". */
const char *recorded_exit_name(enum recorded_exit reason);

#endif
