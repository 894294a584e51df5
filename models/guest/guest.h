/* SPDX-License-Identifier: MIT */
/*
 * guest - what runs in a vCPU: a main program and an interrupt handler, both a sequence of
 * operations.
 *
 * The guest says what it does next; models/kvm/ carries it out on the vCPU's clock and tells it
 * what RDTSC or a register read, and when its handler begins. It knows nothing of the host.
 *
 *	guest_op() -> carried out -> guest_op_done() -> the next one
 *	guest_interrupt() puts the handler on top until IRET
 *
 * Flags, LVTT and the deadline written last change in guest_op_done(), not when the operation is
 * chosen: a handler that comes in between sees what was there before.
 *
 * Units:  TSC values in guest cycles, costs in ps of guest-mode time.
 * Errors: none at run time. A vCPU with a program has times.tsc_khz set.
 * Source: the programs of kvm-unit-tests (x86/tscdeadline_latency.c) for what they do.
 */
#ifndef GUEST_H
#define GUEST_H

#include "guest_config.h"
#include "lapic_mode.h"
#include "sim_random.h"
#include "workload.h"

enum guest_op_kind {
	GUEST_COMPUTE,        /* for .time                                                      */
	GUEST_RDTSC,          /* the value read is guest->tsc at the next operation              */
	GUEST_SPIN,           /* turns of `loop` until .target interrupts were handled (R7)      */
	GUEST_SPIN_UNTIL,     /* until the TSC reads at least .value                             */
	GUEST_WRMSR_DEADLINE, /* IA32_TSC_DEADLINE = .value; exits                               */
	GUEST_RDMSR,          /* APIC_ID in x2APIC mode; exits                                   */
	GUEST_EOI,            /* exits                                                           */
	GUEST_HLT,            /* exits; not begun again after an interrupt                       */
	GUEST_IRET,
	GUEST_SPIN_FOR,   /* turns of `loop` for .time, with the guest's other exits             */
	GUEST_APIC_WRITE, /* .reg = .value; exits (an MSR write)                                 */
	GUEST_APIC_READ,  /* .reg, into guest->apic_read; exits (an MSR read)                    */
	GUEST_CLI,
	GUEST_STI,
	GUEST_CPUID, /* exits */
	GUEST_IO,    /* exits */
};

enum apic_reg { APIC_LVTT = 0x320, APIC_TMICT = 0x380, APIC_TMCCT = 0x390, APIC_TDCR = 0x3e0 };

/* LVTT: vector, mask bit, mode. */
#define GUEST_TIMER_VECTOR 0xec
#define LVTT_MASKED (UINT64_C(1) << 16)
#define LVTT_MODE_SHIFT 17

/* What is recorded when an operation that does not exit is complete, at the TSC of then. */
enum guest_measure {
	MEASURE_NOTHING,
	MEASURE_FROM,      /* nothing yet: an iteration begins             */
	MEASURE_ITERATION, /* since the one before; the next begins         */
	MEASURE_WAKEUP,    /* since .value, an absolute time; may be early  */
};

struct guest_op {
	enum guest_op_kind kind;
	enum guest_measure measure;
	ps_t time; /* GUEST_COMPUTE, GUEST_SPIN_FOR; other instructions cost a guest_op */
	guest_cycles_t value;
	enum apic_reg reg;
	uint64_t target;        /* GUEST_SPIN */
	guest_cycles_t planned; /* GUEST_WRMSR_DEADLINE of a recording: when it was armed then; 0:
				   no plan */
};

struct guest_times { /* the configuration's quantities, by the vCPU's own clock */
	guest_cycles_t delta;
	ps_t arm_jitter, loop;
	khz_t tsc_khz; /* of the guest TSC: for the quantities inside a program */
};

struct guest_lvtt { /* as the guest wrote it last; before that as the models begin */
	enum lapic_timer_mode mode;
	bool masked;
};

struct guest {
	const struct guest_config *cfg;
	struct guest_times times;
	struct sim_random jitter;
	bool in_handler;
	bool interrupts;         /* RFLAGS.IF */
	bool sti_shadow;         /* IF was set by the operation before this one */
	uint64_t armed;          /* deadlines written */
	uint64_t handled;        /* interrupts whose handler returned */
	guest_cycles_t tsc;      /* what RDTSC read last */
	guest_cycles_t deadline; /* the last one written that is not 0 */
	uint32_t apic_read;      /* what the last GUEST_APIC_READ gave */
	struct guest_lvtt lvtt;
	uint64_t measured;           /* measurements made */
	guest_cycles_t measured_at;  /* and when the last one was */
	unsigned step, handler_step; /* the workload's place in its two programs */
	uint64_t wait_target; /* program, recorded: what .handled must reach for it to go on */
	uint64_t batch, batch_ends;    /* vmexit: iterations of this batch; the last one's number */
	guest_cycles_t batch_from;     /* vmexit: when the batch began */
	guest_cycles_t began, wake_at; /* cyclictest, idle_nohz: the begin, the next time */
	guest_cycles_t expected;       /* tscdeadline_latency: the deadline armed last */
	struct guest_op op, handler_op;
};

void guest_init(struct guest *guest, const struct guest_config *cfg,
		const struct guest_times *times, uint64_t seed, uint32_t vcpu);

static inline struct guest_op *guest_op(struct guest *guest)
{
	return guest->in_handler ? &guest->handler_op : &guest->op;
}

/* The operation on top is complete: moves on to the next one. */
void guest_op_done(struct guest *guest);

/* The operation on top is complete at @tsc. True: it measured @ret, in cycles. */
bool guest_measures(struct guest *guest, guest_cycles_t tsc, int64_t *ret);

/* Can an interrupt be delivered now? Not with IF=0, nor between STI and the end of the next
 * operation. */
static inline bool guest_interruptible(const struct guest *guest)
{
	return guest->interrupts && !guest->sti_shadow;
}

static inline enum lapic_timer_mode lvtt_mode(uint64_t lvtt)
{
	return (enum lapic_timer_mode)(lvtt >> LVTT_MODE_SHIFT & 3);
}

static inline bool lvtt_masked(uint64_t lvtt) { return lvtt & LVTT_MASKED; }

/* The vector is delivered: interrupts off, the handler's first operation is on top. */
void guest_interrupt(struct guest *guest);

/* Is the spin's condition met? Tested at the end of each turn. */
static inline bool guest_spin_over(const struct guest *guest, const struct guest_op *op)
{
	return op->kind == GUEST_SPIN && guest->handled >= op->target;
}

#endif
