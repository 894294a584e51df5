// SPDX-License-Identifier: MIT
/*
 * runner IMAGE OUT.csv [key=value]... - runs the guest of guest.c on /dev/kvm, and writes down what
 * it measured.
 *
 * Keys: wait=busy|hlt cpu=N delta_us=N jitter_us=N count=N exit_us=N exits=cpuid|out limit_s=N
 *
 * One vCPU on the given CPU, the kernel's irqchip, TSC offset 0; the main thread sleeps on CPU 0.
 * It runs as root in the recorded machine, which is gone afterwards: nothing is freed, and every
 * error ends it with a line and status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest_memory.h"

#define CPUID_ENTRIES 100
#define COUNT_MAX 10000

struct settings {
	bool halts;
	int cpu, limit_s;
	uint64_t delta_us, jitter_us, count, exit_us;
	enum guest_exits exits;
};

struct machine {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	unsigned char *memory;
	int cpu;
	volatile bool done;
};

static void die(const char *what)
{
	fprintf(stderr, "runner: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int ask(int fd, unsigned long request, void *argument, const char *what)
{
	int ret = ioctl(fd, request, argument);

	if (ret < 0)
		die(what);
	return ret;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static bool value_of(const char *argument, const char *key, const char **value)
{
	size_t length = strlen(key);

	if (strncmp(argument, key, length) || argument[length] != '=')
		return false;
	*value = argument + length + 1;
	return true;
}

static void read_setting(struct settings *s, const char *argument)
{
	const char *value;

	if (value_of(argument, "wait", &value))
		s->halts = !strcmp(value, "hlt");
	else if (value_of(argument, "cpu", &value))
		s->cpu = atoi(value);
	else if (value_of(argument, "delta_us", &value))
		s->delta_us = strtoull(value, NULL, 10);
	else if (value_of(argument, "jitter_us", &value))
		s->jitter_us = strtoull(value, NULL, 10);
	else if (value_of(argument, "count", &value))
		s->count = strtoull(value, NULL, 10);
	else if (value_of(argument, "exit_us", &value))
		s->exit_us = strtoull(value, NULL, 10);
	else if (value_of(argument, "exits", &value))
		s->exits = !strcmp(value, "out") ? GUEST_EXITS_OUT : GUEST_EXITS_CPUID;
	else if (value_of(argument, "limit_s", &value))
		s->limit_s = atoi(value);
	else {
		fprintf(stderr, "runner: no setting: %s\n", argument);
		exit(1);
	}
}

/* Identity mapping of the first GiB by 2 MiB pages, and flat segments. */
static void fill_memory(struct machine *m, const char *image)
{
	uint64_t *pml4 = (uint64_t *)(m->memory + GUEST_PML4);
	uint64_t *pdpt = (uint64_t *)(m->memory + GUEST_PDPT);
	uint64_t *pd = (uint64_t *)(m->memory + GUEST_PD);
	uint64_t *gdt = (uint64_t *)(m->memory + GUEST_GDT);
	int fd = open(image, O_RDONLY);

	pml4[0] = GUEST_PDPT | 3;
	pdpt[0] = GUEST_PD | 3;
	for (uint64_t i = 0; i < 512; i++)
		pd[i] = i << 21 | 0x83;
	gdt[1] = 0x00af9b000000ffffu;
	gdt[2] = 0x00cf93000000ffffu;
	if (fd < 0 || read(fd, m->memory + GUEST_CODE, GUEST_STACK_TOP / 2 - GUEST_CODE) <= 0)
		die(image);
	close(fd);
}

static void create_vm(struct machine *m, const char *image)
{
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_SIZE };

	m->kvm = open("/dev/kvm", O_RDWR);
	if (m->kvm < 0)
		die("/dev/kvm");
	m->vm = ask(m->kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	ask(m->vm, KVM_SET_TSS_ADDR, (void *)0xfffbd000, "KVM_SET_TSS_ADDR");
	ask(m->vm, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	m->memory = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (m->memory == MAP_FAILED)
		die("mmap");
	region.userspace_addr = (uintptr_t)m->memory;
	ask(m->vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	fill_memory(m, image);
}

/* The CPU's own features, and x2APIC and the TSC-deadline timer, which KVM emulates. */
static void set_cpuid(struct machine *m)
{
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));

	if (!cpuid)
		die("calloc");
	cpuid->nent = CPUID_ENTRIES;
	ask(m->kvm, KVM_GET_SUPPORTED_CPUID, cpuid, "KVM_GET_SUPPORTED_CPUID");
	for (uint32_t i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1) {
			cpuid->entries[i].ecx |= 1u << 24 | 1u << 21;
			cpuid->entries[i].ebx &= 0xffffff;
		}
	ask(m->vcpu, KVM_SET_CPUID2, cpuid, "KVM_SET_CPUID2");
	free(cpuid);
}

static void set_registers(struct machine *m)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 8, .present = 1, .type = 11, .s = 1, .l = 1, .g = 1
	};
	struct kvm_segment data = { .limit = 0xffffffff,
				    .selector = 16,
				    .present = 1,
				    .type = 3,
				    .s = 1,
				    .db = 1,
				    .g = 1 };
	struct kvm_regs regs = { .rip = GUEST_CODE, .rflags = 2, .rsp = GUEST_STACK_TOP - 8 };
	struct kvm_sregs sregs;

	ask(m->vcpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.gdt.base = GUEST_GDT;
	sregs.gdt.limit = 3 * 8 - 1;
	sregs.cr3 = GUEST_PML4;
	sregs.cr4 = 0x220;
	sregs.cr0 = 0x80010033;
	sregs.efer = 0x500;
	ask(m->vcpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	ask(m->vcpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

static void create_vcpu(struct machine *m)
{
	uint64_t offset = 0;
	struct kvm_device_attr tsc = { .group = KVM_VCPU_TSC_CTRL,
				       .attr = KVM_VCPU_TSC_OFFSET,
				       .addr = (uintptr_t)&offset };
	int size;

	m->vcpu = ask(m->vm, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	size = ask(m->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
	m->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	if (m->run == MAP_FAILED)
		die("mmap of the vCPU");
	set_cpuid(m);
	ask(m->vcpu, KVM_SET_DEVICE_ATTR, &tsc, "KVM_VCPU_TSC_OFFSET");
	set_registers(m);
}

static void *vcpu_thread(void *argument)
{
	struct machine *m = argument;

	pin(m->cpu);
	pthread_setname_np(pthread_self(), "vcpu0");
	for (;;) {
		if (ioctl(m->vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			die("KVM_RUN");
		}
		if (m->run->exit_reason == KVM_EXIT_IO && m->run->io.port == GUEST_PORT_EXIT)
			continue;
		if (m->run->exit_reason == KVM_EXIT_IO && m->run->io.port == GUEST_PORT_DONE)
			break;
		fprintf(stderr, "runner: exit %u, port 0x%x\n", m->run->exit_reason,
			m->run->io.port);
		exit(1);
	}
	m->done = true;
	return NULL;
}

static void write_samples(const struct machine *m, const struct settings *s, FILE *out)
{
	const struct guest_sample *samples =
		(const struct guest_sample *)(m->memory + GUEST_SAMPLES);

	fprintf(out, "vcpu,i,arm_tsc,deadline_tsc,isr_tsc,armed_tsc,late_cycles\n");
	for (uint64_t i = 0; i < s->count && samples[i].isr; i++)
		fprintf(out, "0,%llu,%llu,%llu,%llu,%llu,%lld\n", (unsigned long long)i,
			(unsigned long long)samples[i].arm, (unsigned long long)samples[i].deadline,
			(unsigned long long)samples[i].isr, (unsigned long long)samples[i].armed,
			(long long)(samples[i].isr - samples[i].deadline));
}

/* One timer, far ahead: one that is due soon would let nohz put the vCPU's timer on CPU 0. */
static void wait_for(pthread_t thread, int limit_s)
{
	struct timespec until;

	if (clock_gettime(CLOCK_REALTIME, &until))
		die("clock_gettime");
	until.tv_sec += limit_s;
	pthread_timedjoin_np(thread, NULL, &until);
}

int main(int argc, char **argv)
{
	struct settings s = { .cpu = 1, .limit_s = 120, .delta_us = 500, .count = 50 };
	struct machine m = { 0 };
	struct guest_parameters p;
	pthread_t thread;
	uint64_t khz;
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: runner IMAGE OUT.csv [key=value]...\n");
		return 1;
	}
	for (int i = 3; i < argc; i++)
		read_setting(&s, argv[i]);
	if (s.count > COUNT_MAX)
		s.count = COUNT_MAX;
	create_vm(&m, argv[1]);
	create_vcpu(&m);
	khz = (uint64_t)ask(m.vcpu, KVM_GET_TSC_KHZ, NULL, "KVM_GET_TSC_KHZ");
	p = (struct guest_parameters){ .halts = s.halts,
				       .delta = s.delta_us * khz / 1000,
				       .jitter = s.jitter_us * khz / 1000,
				       .count = s.count,
				       .exit_period = s.exit_us * khz / 1000,
				       .exits = s.exits };
	memcpy(m.memory + GUEST_PARAMETERS, &p, sizeof(p));
	m.cpu = s.cpu;
	out = fopen(argv[2], "w");
	if (!out)
		die(argv[2]);
	if (pthread_create(&thread, NULL, vcpu_thread, &m))
		die("pthread_create");
	pin(0);
	wait_for(thread, s.limit_s);
	write_samples(&m, &s, out);
	if (fclose(out))
		die(argv[2]);
	if (!m.done)
		fprintf(stderr, "runner: the guest was not through after %d s\n", s.limit_s);
	_exit(!m.done);
}
