// SPDX-License-Identifier: MIT
/*
 * guest - arms the TSC-deadline timer again and again, spins or halts until its interrupt, and
 * writes down the TSC.
 *
 * Freestanding: long mode with identity mapping, which the runner has set up; x2APIC, no
 * interrupts but the timer's.
 */
#include "guest_memory.h"

#define TIMER_VECTOR 0xec
#define MSR_APIC_BASE 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define X2APIC_ID 0x802
#define X2APIC_TPR 0x808
#define X2APIC_EOI 0x80b
#define X2APIC_SIVR 0x80f
#define X2APIC_LVTT 0x832
#define LVTT_TSC_DEADLINE (2 << 17)

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, zero;
} __attribute__((packed));

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static volatile uint64_t fired, fired_at;

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return low | (uint64_t)high << 32;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (uint64_t)high << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void cpuid(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
}

/* The rest of the handler. Reading the APIC's ID is an exit, as in the recordings that are kept. */
void timer_interrupt(uint64_t now);
void timer_interrupt(uint64_t now)
{
	(void)rdmsr(X2APIC_ID);
	fired_at = now;
	fired++;
	wrmsr(X2APIC_EOI, 0);
}

/* The handler reads the TSC as soon as it has saved what a C function may change. */
extern const char on_timer[], on_other[];
__asm__("on_timer:\n"
	"	push %rax\n	push %rdx\n	push %rcx\n	push %rdi\n	push %rsi\n"
	"	push %r8\n	push %r9\n	push %r10\n	push %r11\n"
	"	rdtsc\n"
	"	shl $32, %rdx\n	or %rdx, %rax\n	mov %rax, %rdi\n"
	"	cld\n"
	"	call timer_interrupt\n"
	"	pop %r11\n	pop %r10\n	pop %r9\n	pop %r8\n"
	"	pop %rsi\n	pop %rdi\n	pop %rcx\n	pop %rdx\n	pop %rax\n"
	"	iretq\n"
	"on_other:\n"
	"	mov $0xf5, %dx\n	outb %al, %dx\n	hlt\n");

static void set_up_interrupts(void)
{
	struct gate *idt = (struct gate *)GUEST_IDT;
	struct table_register idtr = { .limit = 256 * sizeof(*idt) - 1, .base = GUEST_IDT };

	for (int vector = 0; vector < 256; vector++) {
		uint64_t to = (uint64_t)(vector == TIMER_VECTOR ? on_timer : on_other);

		idt[vector] = (struct gate){ .offset_low = (uint16_t)to,
					     .selector = 8,
					     .type = 0x8e,
					     .offset_middle = (uint16_t)(to >> 16),
					     .offset_high = (uint32_t)(to >> 32) };
	}
	__asm__ volatile("lidt %0" ::"m"(idtr));
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 0xc00);
	wrmsr(X2APIC_SIVR, 0x1ff);
	wrmsr(X2APIC_TPR, 0);
	wrmsr(X2APIC_LVTT, TIMER_VECTOR | LVTT_TSC_DEADLINE);
	__asm__ volatile("sti");
}

static void halt_until(uint64_t count)
{
	for (;;) {
		__asm__ volatile("cli" ::: "memory");
		if (fired >= count)
			break;
		__asm__ volatile("sti; hlt" ::: "memory");
	}
	__asm__ volatile("sti" ::: "memory");
}

static void spin_until(uint64_t count, const volatile struct guest_parameters *p,
		       uint64_t *last_exit)
{
	while (fired < count) {
		uint64_t now;

		if (p->exits == GUEST_EXITS_NONE)
			continue;
		now = rdtsc();
		if (now - *last_exit <= p->exit_period)
			continue;
		*last_exit = now;
		if (p->exits == GUEST_EXITS_CPUID)
			cpuid();
		else
			outb(GUEST_PORT_EXIT, 0);
	}
}

__attribute__((section(".text.start"), noreturn)) void start(void);
void start(void)
{
	const volatile struct guest_parameters *p =
		(const volatile struct guest_parameters *)GUEST_PARAMETERS;
	struct guest_sample *samples = (struct guest_sample *)GUEST_SAMPLES;
	uint64_t random = 12345, last_exit;

	set_up_interrupts();
	last_exit = rdtsc();
	for (uint64_t i = 0; i < p->count; i++) {
		struct guest_sample sample;
		uint64_t delta = p->delta;

		random = random * 6364136223846793005u + 1442695040888963407u;
		if (p->jitter)
			delta += (random >> 33) % p->jitter;
		sample.arm = rdtsc();
		sample.deadline = sample.arm + delta;
		wrmsr(MSR_TSC_DEADLINE, sample.deadline);
		sample.armed = rdtsc();
		if (p->halts)
			halt_until(i + 1);
		else
			spin_until(i + 1, p, &last_exit);
		sample.isr = fired_at;
		samples[i] = sample;
	}
	outb(GUEST_PORT_DONE, 0);
	for (;;)
		__asm__ volatile("hlt");
}
