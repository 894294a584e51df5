// SPDX-License-Identifier: MIT
/*
 * make-trace LINES [perf] - a trace of LINES lines on the standard output, of any length in
 * constant memory: a guest arms a deadline a millisecond ahead, spins, and takes its interrupt. In
 * ftrace's shape, or in perf script's.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_NS 1000000u

/* What happens in one period: [us] behind its start, thread, latency flags, tracepoint, text. %T is
 * the deadline's TSC, %E its CLOCK_MONOTONIC, %N that of the expiry. */
static const struct step {
	unsigned at;
	bool idle;
	const char *flags, *system, *event, *text;
} steps[] = {
	{ 0, false, "d..1.", "kvm", "kvm_exit",
	  "vcpu 0 reason MSR_WRITE rip 0xffffffff81062d14 info1 0x0000000000000000 info2 "
	  "0x0000000000000000 intr_info 0x00000000 error_code 0x00000000" },
	{ 1, false, ".....", "kvm", "kvm_msr", "msr_write 6e0 = 0x%T" },
	{ 2, false, "d....", "timer", "hrtimer_start",
	  "hrtimer=00000000c0ffee10 function=apic_timer_fn [kvm] expires=%E softexpires=%E "
	  "mode=ABS|HARD" },
	{ 3, false, "d..1.", "kvm", "kvm_entry", "vcpu 0, rip 0xffffffff81062d16" },
	{ 500, true, "d..2.", "sched", "sched_switch",
	  "prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=rcu_sched "
	  "next_pid=15 next_prio=120" },
	{ 985, false, "d.h1.", "irq_vectors", "local_timer_entry", "vector=236" },
	{ 986, false, "d.h1.", "timer", "hrtimer_expire_entry",
	  "hrtimer=00000000c0ffee10 function=apic_timer_fn [kvm] now=%N" },
	{ 987, false, "d.h1.", "timer", "hrtimer_expire_exit", "hrtimer=00000000c0ffee10" },
	{ 988, false, "d.h1.", "irq_vectors", "local_timer_exit", "vector=236" },
	{ 989, false, "d..1.", "kvm", "kvm_exit",
	  "vcpu 0 reason EXTERNAL_INTERRUPT rip 0x401136 info1 0x0000000000000000 info2 "
	  "0x0000000000000000 intr_info 0x800000ec error_code 0x00000000" },
	{ 990, false, ".....", "kvm", "kvm_apic_accept_irq", "apicid 0 vec 236 (Fixed|edge)" },
	{ 991, false, "d..1.", "kvm", "kvm_inj_virq", "IRQ 0xec" },
	{ 992, false, "d..1.", "kvm", "kvm_wait_lapic_expire", "vcpu 0: delta -412 (early)" },
	{ 993, false, "d..1.", "kvm", "kvm_entry", "vcpu 0, rip 0x401136" },
	{ 996, false, ".....", "kvm", "kvm_eoi", "apicid 0 vector 236" },
};

static char *put(char *p, const char *text)
{
	const size_t n = strlen(text);

	memcpy(p, text, n);
	return p + n;
}

/* At least @width digits. */
static char *put_number(char *p, uint64_t value, unsigned base, unsigned width)
{
	char digits[20];
	unsigned n = 0;

	for (; value || n < width; value /= base)
		digits[n++] = "0123456789abcdef"[value % base];
	while (n)
		*p++ = digits[--n];
	return p;
}

static char *put_text(char *p, const char *text, uint64_t period)
{
	const uint64_t deadline = (period + 1) * PERIOD_NS;

	for (; *text; text++) {
		if (text[0] != '%') {
			*p++ = *text;
			continue;
		}
		switch (*++text) {
		case 'T': p = put_number(p, deadline * 24 / 10, 16, 1); break;
		case 'E': p = put_number(p, deadline, 10, 1); break;
		case 'N': p = put_number(p, deadline + 1500, 10, 1); break;
		default: abort();
		}
	}
	return p;
}

int main(int argc, char **argv)
{
	const uint64_t lines = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	const bool perf = argc > 2 && strcmp(argv[2], "perf") == 0;
	char line[512];

	if (!lines || argc > 2 + perf) {
		fprintf(stderr, "usage: make-trace LINES [perf]\n");
		return 2;
	}
	if (!perf)
		fputs("# tracer: nop\n#\n", stdout);
	for (uint64_t i = 0; i + (perf ? 0 : 2) < lines; i++) {
		const uint64_t period = i / (sizeof(steps) / sizeof(steps[0]));
		const struct step *step = &steps[i % (sizeof(steps) / sizeof(steps[0]))];
		const uint64_t us = period * (PERIOD_NS / 1000) + step->at;
		char *p = line;

		p = put(p,
			step->idle
				? (perf ? "         swapper     0" : "          <idle>-0      ")
				: (perf ? "       CPU 0/KVM  2214" : "       CPU 0/KVM-2214   "));
		p = put(p, step->idle ? " [000] " : " [001] ");
		if (!perf)
			p = put(put(p, step->flags), " ");
		p = put(put_number(p, us / 1000000, 10, 1), ".");
		p = put(put_number(p, us % 1000000, 10, 6), ": ");
		if (perf)
			p = put(put(p, step->system), ":");
		p = put(put(p, step->event), ": ");
		p = put(put_text(p, step->text, period), "\n");
		if (fwrite(line, 1, (size_t)(p - line), stdout) != (size_t)(p - line))
			return 4;
	}
	return fflush(stdout) ? 4 : 0;
}
