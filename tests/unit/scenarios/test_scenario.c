/* SPDX-License-Identifier: MIT */
/* From a file to typed values: what each key becomes, how trees merge, and that a dump reads back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "expiry.h"
#include "scenario_fakes.h"
#include <inttypes.h>
#include <string.h>

static const char minimal[] = "scenario: minimal\n"
			      "duration: 100ms\n"
			      "kernel: v4.5\n"
			      "host: { tsc: 2400MHz, cpus: [ { id: 0 }, { id: 1 }, { id: 2 } ] }\n"
			      "vms:\n"
			      "  - name: vm0\n"
			      "    vcpus: [ { id: 0 } ]\n"
			      "    guest: { workload: tscdeadline_latency, delta: 2ms }\n";

struct fixture {
	char *folder;
	struct diagnostics d;
	struct scenario_file *file;
	struct scenario_run *run;
};

static int set_up(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->folder = enter_folder();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scenario_run_free(f->run);
	scenario_free(f->file);
	diagnostics_clear(&f->d);
	leave_folder(f->folder);
	g_free(f);
	return 0;
}

/* The run of variant @i of @text with at most two --set. */
static const struct world_config *resolve(struct fixture *f, const char *text, uint32_t i,
					  const char *set, const char *set2)
{
	const char *const sets[] = { set, set2 };

	f->file = load_text(text, &f->d);
	assert_string_equal(f->d.text->str, "");
	assert_non_null(f->file);
	f->run = scenario_resolve(f->file, &f->file->variants[i], sets, !!set + !!set2, &f->d);
	assert_string_equal(f->d.text->str, "");
	assert_non_null(f->run);
	return &f->run->config;
}

static void defaults(void **state)
{
	struct fixture *f = *state;
	const struct world_config *c = resolve(f, minimal, 0, NULL, NULL);
	const struct guest_config *guest = &c->vms[0].guest;

	assert_string_equal(f->file->variants[0].name, "run");
	assert_int_equal(c->seed, 1);
	assert_int_equal(c->duration.v, 100 * PS_PER_MS);
	assert_int_equal(c->host.hz, 250);
	assert_int_equal(c->host.vendor, HOST_INTEL);
	assert_int_equal(c->host.preempt, PREEMPT_VOLUNTARY);
	assert_true(c->host.timer_migration);
	assert_true(c->host.hres_active);
	assert_int_equal(c->host.slice.v, 3 * PS_PER_MS);
	assert_int_equal(c->host.wakeup_granularity.v, PS_PER_MS);
	assert_int_equal(c->host.cost[COST_vmexit].value[0], 400 * PS_PER_NS);
	assert_int_equal(c->host.cost[COST_vmexit].n, 1);
	assert_int_equal(f->run->costs[COST_vmexit].mark, COST_GUESS);
	assert_true(c->kvm.lapic_timer_advance_ns == INT64_MIN);
	assert_true(c->kvm.preemption_timer);
	assert_int_equal(c->n_timeline, 0);
	assert_int_equal(guest->wait, GUEST_WAIT_SPIN);
	assert_int_equal(guest->loop.v, 20);
	assert_int_equal(guest->loop.unit, QUANTITY_CYCLES);
	assert_int_equal(guest->other_exits.every.v, 0);
	/* No affinity: all CPUs; no cpu: the lowest of them. */
	assert_int_equal(c->vms[0].vcpus[0].affinity.word[0], 7);
	assert_int_equal(c->vms[0].vcpus[0].cpu, 0);
	assert_int_equal(c->vms[0].vcpus[0].tsc_khz.v, 0);
	assert_int_equal(f->run->release, KERNEL_RELEASE(4, 5));
}

static void lowest_cpu_of_the_affinity(void **state)
{
	const struct world_config *c =
		resolve(*state, minimal, 0, "vms.vm0.vcpus.0.affinity=1-2",
			"timeline=[ { at: 1ms, do: migrate, vcpu: 0, cpu: 2 } ]");

	assert_int_equal(c->vms[0].vcpus[0].cpu, 1);
	assert_int_equal(c->vms[0].vcpus[0].affinity.word[0], 6);
	assert_int_equal(c->timeline[0].vm, 0); /* one VM needs no name */
	assert_int_equal(c->timeline[0].cpu, 2);
}

static const char full[] =
	"scenario: full\n"
	"about: \"every key, \\\"quoted\\\"\"\n"
	"source: 61abdbe0bcc2\n"
	"seed: 18446744073709551615\n"
	"duration: 1s\n"
	"kernel: v4.5\n"
	"host:\n"
	"  { vendor: amd, hz: 1000, tsc: 2.4GHz, start: { tsc: 7000000000cycles, monotonic: 7.5s "
	"},\n"
	"    timer_migration: false, hres: false, preempt: full, slice: 4ms, wakeup_granularity: "
	"2ms,\n"
	"    cpus: [ { id: 1, nohz_full: true, isolated: true, idle_exit: 2us, tick_until: 9ms }, "
	"{ id: 0 } ] }\n"
	"costs:\n"
	"  vmexit: 1200cycles\n"
	"  tick: { quantiles: [ 1us, 1.5us, 10us ], source: \"a paper\", mark: published }\n"
	"  ipi: { value: 800ns, nohz_full: 35cycles, mark: guess }\n"
	"kvm: { lapic_timer_advance_ns: -1 }\n"
	"kvm_intel: { preemption_timer: N }\n"
	"vms:\n"
	"  - name: a\n"
	"    vcpus: [ { id: 3, affinity: [ 0, 1 ], cpu: 1, tsc: 4800MHz, tsc_offset: -5cycles } ]\n"
	"    guest:\n"
	"      { workload: tscdeadline_latency, wait: hlt, delta: 4096cycles, arm_jitter: 1us,\n"
	"        samples: 9, loop: 10ns, handler_rdmsr: true,\n"
	"        other_exits: { every: 4ms, reason: MSR_READ, from: grid, phase: 3us } }\n"
	"  - { name: b, vcpus: [ { id: 0 }, { id: 1 } ], guest: { workload: busy } }\n"
	"  - { name: c, vcpus: [ { id: 0 } ], guest: { workload: recorded, file: r.csv } }\n"
	"timeline:\n"
	"  - { at: 0ms, do: hog-start, cpu: 0, class: fifo }\n"
	"  - { at: 1ms, every: 2ms, do: migrate, vcpu: b.1, cpu: 1 }\n"
	"  - { every: 3ms, do: set-affinity, vcpu: a.3, cpus: 0-1 }\n"
	"  - { at: 5ms, do: irqs-off, cpu: 1, for: 20us }\n"
	"  - { at: 6ms, do: device-irq, cpu: 0 }\n"
	"  - { at: 7ms, do: hog-stop, cpu: 0 }\n";

static void write_recording(void)
{
	write_file("r.csv", "# real\nvcpu,i,arm_tsc,deadline_tsc,isr_tsc\n0,0,10,30,99\n"
			    "1,0,5,6,7\n0,1,20,25,98\n\n");
}

static void every_key(void **state)
{
	struct fixture *f = *state;

	write_recording();
	const struct world_config *c = resolve(f, full, 0, NULL, NULL);
	const struct host_config *h = &c->host;
	const struct guest_config *guest = &c->vms[0].guest;

	assert_string_equal(f->file->about, "every key, \"quoted\"");
	assert_true(c->seed == UINT64_MAX);
	assert_int_equal(h->vendor, HOST_AMD);
	assert_int_equal(h->hz, 1000);
	assert_int_equal(h->tsc_khz.v, 2400000);
	assert_int_equal(h->start_tsc, 7000000000);
	assert_int_equal(h->start_monotonic.v, 7500000000);
	assert_false(h->timer_migration);
	assert_false(h->hres_active);
	assert_int_equal(h->preempt, PREEMPT_FULL);
	assert_int_equal(h->n_cpus, 2);
	assert_false(h->cpus[0].nohz_full); /* by id, not by place */
	assert_true(h->cpus[1].nohz_full);
	assert_true(h->cpus[1].isolated);
	assert_int_equal(h->cpus[1].idle_exit.v, 2 * PS_PER_US);
	assert_int_equal(h->cpus[1].tick_until.v, 9 * PS_PER_MS);
	assert_int_equal(h->cost[COST_vmexit].unit, QUANTITY_CYCLES);
	assert_int_equal(h->cost[COST_vmexit].value[0], 1200);
	assert_int_equal(h->cost[COST_tick].n, 3);
	assert_int_equal(h->cost[COST_tick].value[1], 1500 * PS_PER_NS);
	assert_int_equal(f->run->costs[COST_tick].mark, COST_PUBLISHED);
	assert_string_equal(f->run->costs[COST_tick].source, "a paper");
	assert_int_equal(h->cost[COST_tick].nohz_full.v, 0);
	assert_int_equal(h->cost[COST_ipi].nohz_full.v, 35);
	assert_int_equal(h->cost[COST_ipi].nohz_full.unit, QUANTITY_CYCLES);
	assert_int_equal(c->kvm.lapic_timer_advance_ns, -1);
	assert_false(c->kvm.preemption_timer);
	assert_int_equal(c->n_vms, 3);
	assert_int_equal(c->vms[0].vcpus[0].id, 3);
	assert_int_equal(c->vms[0].vcpus[0].cpu, 1);
	assert_int_equal(c->vms[0].vcpus[0].tsc_khz.v, 4800000);
	assert_true(c->vms[0].vcpus[0].tsc_offset == (uint64_t)-5);
	assert_int_equal(guest->wait, GUEST_WAIT_HLT);
	assert_int_equal(guest->delta.v, 4096);
	assert_int_equal(guest->delta.unit, QUANTITY_CYCLES);
	assert_int_equal(guest->arm_jitter.v, PS_PER_US);
	assert_int_equal(guest->samples, 9);
	assert_true(guest->handler_rdmsr);
	assert_int_equal(guest->other_exits.reason, EXIT_REASON_MSR_READ);
	assert_int_equal(guest->other_exits.from, EXITS_FROM_GRID);
	assert_int_equal(guest->other_exits.phase.v, 3 * PS_PER_US);
}

static void recorded_deadlines(void **state)
{
	struct fixture *f = *state;

	write_recording();
	const struct guest_config *guest = &resolve(f, full, 0, NULL, NULL)->vms[2].guest;

	assert_int_equal(guest->n_recorded, 2); /* the row of vCPU 1 is not ours */
	assert_int_equal(guest->recorded_arm_tsc[0], 10);
	assert_int_equal(guest->recorded_arm_tsc[1], 20);
	assert_int_equal(guest->recorded_deadline_tsc[0], 30);
	assert_int_equal(guest->recorded_deadline_tsc[1], 25);
	assert_string_equal(f->run->vms[2].file, "r.csv");
}

static void timeline(void **state)
{
	struct fixture *f = *state;

	write_recording();
	const struct world_config *c = resolve(f, full, 0, NULL, NULL);
	const struct timeline_command *t = c->timeline;

	assert_int_equal(c->n_timeline, 6);
	assert_int_equal(t[0].what, DO_HOG_START);
	assert_int_equal(t[0].task_class, TASK_FIFO);
	assert_int_equal(t[1].what, DO_MIGRATE);
	assert_int_equal(t[1].at.v, PS_PER_MS);
	assert_int_equal(t[1].every.v, 2 * PS_PER_MS);
	assert_int_equal(t[1].vm, 1);
	assert_int_equal(t[1].vcpu, 1);
	assert_int_equal(t[1].cpu, 1);
	assert_int_equal(t[2].at.v, 3 * PS_PER_MS); /* every alone: first after one period */
	assert_int_equal(t[2].vm, 0);
	assert_int_equal(t[2].vcpu, 0); /* an index; the id is 3 */
	assert_int_equal(t[2].cpus.word[0], 3);
	assert_int_equal(t[3].duration.v, 20 * PS_PER_US);
	assert_int_equal(t[5].every.v, 0);
}

static const char timer_path[] =
	"scenario: timer-path\n"
	"duration: 100ms\n"
	"kernel: v6.16\n"
	"host: { tsc: 2400MHz, start: { tsc: 1000cycles }, tsc_scaling: false, hv_rate_shift: 7,\n"
	"        cpus: [ { id: 0 } ] }\n"
	"kvm: { lapic_timer_advance: N, min_timer_period_us: 0, tsc_tolerance_ppm: 1000000 }\n"
	"vms:\n"
	"  - name: a\n"
	"    apic_bus_cycle: 25ns\n"
	"    vcpus: [ { id: 0 }, { id: 7 } ]\n"
	"    guest:\n"
	"      workload: program\n"
	"      wait: hlt\n"
	"      program:\n"
	"        start: [ lvtt: periodic, tdcr: 0xb, { tmict: 40000 } ]\n"
	"        repeat: [ wait, compute: 3us, spin: 5cycles, rdtsc, arm: 1ms, arm_again: 2ms, "
	"disarm,\n"
	"                  mask, unmask, read_tmcct, cli, sti, cpuid, io, eoi ]\n"
	"        handler: [ rdtsc ]\n"
	"  - name: b\n"
	"    vcpus: [ { id: 0 } ]\n"
	"    guest: { workload: program, program: { repeat: [ arm: 100us, spin: 1ms ] } }\n"
	"timeline:\n"
	"  - { at: 1ms, do: create-vm, vm: b }\n"
	"  - { at: 2ms, do: set-param, name: min_timer_period_us, value: 200 }\n"
	"  - { at: 2ms, do: set-param, name: lapic_timer_advance, value: Y }\n"
	"  - { at: 3ms, do: write-tsc, vcpu: a.7, value: 18446744073709551615cycles }\n"
	"  - { at: 3ms, do: write-tsc, vcpu: b.0, by: -7cycles }\n"
	"  - { at: 4ms, do: pause, vm: a }\n"
	"  - { at: 5ms, do: save, vm: a }\n"
	"  - { at: 10ms, do: move-vm, vm: a, to: { tsc: 3000MHz } }\n"
	"  - { at: 12ms, do: move-vm, vm: a, to: { tsc: 1GHz, tsc_scaling: false } }\n"
	"  - { at: 13ms, do: move-vm, vm: a, to: { tsc: 2GHz, reads: 5cycles } }\n"
	"  - { at: 14ms, do: restore, vm: a, order: [ tsc_deadline, lapic ] }\n"
	"  - { at: 15ms, do: restore, vm: a }\n"
	"  - { at: 16ms, do: resume, vm: a }\n"
	"  - { at: 20ms, every: 10ms, do: pause, vm: a }\n"
	"  - { at: 25ms, every: 10ms, do: resume, vm: a }\n";

static void timer_path_keys(void **state)
{
	const struct world_config *c = resolve(*state, timer_path, 0, NULL, NULL);

	assert_false(c->host.tsc_scaling);
	assert_int_equal(c->host.hv_rate_shift, 7);
	assert_int_equal(c->host.start_tsc, 1000);
	assert_int_equal(c->kvm.lapic_timer_advance_ns, 0); /* N */
	assert_int_equal(c->kvm.min_timer_period_us, 0);
	assert_int_equal(c->kvm.tsc_tolerance_ppm, 1000000);
	assert_int_equal(c->vms[0].apic_bus_cycle_ns, 25);
	assert_int_equal(c->vms[1].apic_bus_cycle_ns, 0);
	assert_false(c->vms[0].created_later);
	assert_true(c->vms[1].created_later);
}

static void timer_path_defaults(void **state)
{
	const struct world_config *c = resolve(*state, minimal, 0, NULL, NULL);

	assert_true(c->host.tsc_scaling);
	assert_int_equal(c->host.hv_rate_shift, 5);
	assert_true(c->kvm.min_timer_period_us == KVM_PARAM_DEFAULT);
	assert_int_equal(c->kvm.tsc_tolerance_ppm, 250);
	assert_int_equal(c->vms[0].apic_bus_cycle_ns, 0);
	assert_false(c->vms[0].created_later);
	assert_int_equal(c->vms[0].guest.start.n, 0);
}

/* Y and N stand in the field of the number; the newer of two names follows the form, not the
 * release. */
static void advance_as_a_switch(void **state)
{
	const struct world_config *c =
		resolve(*state, timer_path, 0, "kvm.lapic_timer_advance=Y", NULL);

	assert_int_equal(c->kvm.lapic_timer_advance_ns, 1);
}

static void advance_by_form(void **state)
{
	const struct world_config *c =
		resolve(*state, minimal, 0, "forms.param=bool", "kvm.lapic_timer_advance=N");

	assert_int_equal(c->kvm.lapic_timer_advance_ns, 0);
}

static void program(void **state)
{
	const struct world_config *c = resolve(*state, timer_path, 0, NULL, NULL);
	const struct guest_config *a = &c->vms[0].guest, *b = &c->vms[1].guest;

	assert_int_equal(a->start.n, 3);
	assert_int_equal(a->start.ops[0].kind, PROGRAM_lvtt);
	assert_int_equal(a->start.ops[0].number, LAPIC_MODE_PERIODIC);
	assert_int_equal(a->start.ops[1].kind, PROGRAM_tdcr);
	assert_int_equal(a->start.ops[1].number, 11);
	assert_int_equal(a->start.ops[2].number, 40000);
	assert_int_equal(a->repeat.n, 15);
	assert_int_equal(a->repeat.ops[0].kind, PROGRAM_wait);
	assert_int_equal(a->repeat.ops[1].time.v, 3 * PS_PER_US);
	assert_int_equal(a->repeat.ops[2].time.v, 5);
	assert_int_equal(a->repeat.ops[2].time.unit, QUANTITY_CYCLES);
	assert_int_equal(a->repeat.ops[5].kind, PROGRAM_arm_again);
	assert_int_equal(a->repeat.ops[5].time.v, 2 * PS_PER_MS);
	assert_int_equal(a->repeat.ops[14].kind, PROGRAM_eoi);
	assert_int_equal(a->handler.n, 1);
	assert_int_equal(b->start.n, 0);
	assert_int_equal(b->repeat.n, 2);
	assert_int_equal(b->handler.n, 0);
}

/* A part that a variant or --set names is replaced whole; the others stay. */
static void program_merges_by_part(void **state)
{
	const struct guest_config *a =
		&resolve(*state, timer_path, 0, "vms.a.guest.program.start=[ lvtt: one_shot ]",
			 NULL)
			 ->vms[0]
			 .guest;

	assert_int_equal(a->start.n, 1);
	assert_int_equal(a->start.ops[0].number, LAPIC_MODE_ONESHOT);
	assert_int_equal(a->repeat.n, 15);
}

static void timer_path_timeline(void **state)
{
	const struct world_config *c = resolve(*state, timer_path, 0, NULL, NULL);
	const struct timeline_command *t = c->timeline;

	assert_int_equal(c->n_timeline, 15);
	assert_int_equal(t[0].what, DO_CREATE_VM);
	assert_int_equal(t[0].vm, 1);
	assert_int_equal(t[1].what, DO_SET_PARAM);
	assert_int_equal(t[1].param, KVM_PARAM_MIN_TIMER_PERIOD_US);
	assert_int_equal(t[1].value, 200);
	assert_int_equal(t[2].param, KVM_PARAM_LAPIC_TIMER_ADVANCE_NS);
	assert_int_equal(t[2].value, 1);
	assert_int_equal(t[3].what, DO_WRITE_TSC);
	assert_int_equal(t[3].vcpu, 1);
	assert_int_equal(t[3].value, -1);
	assert_false(t[3].relative);
	assert_int_equal(t[4].vm, 1);
	assert_int_equal(t[4].value, -7);
	assert_true(t[4].relative);
	assert_int_equal(t[5].what, DO_PAUSE);
	assert_int_equal(t[6].what, DO_SAVE);
	assert_int_equal(t[10].what, DO_RESTORE);
	assert_int_equal(t[10].n_order, 2);
	assert_int_equal(t[10].order[0], RESTORE_TSC_DEADLINE);
	assert_int_equal(t[10].order[1], RESTORE_LAPIC);
	assert_int_equal(t[11].n_order, 4); /* absent: all, in the order of the table */
	assert_int_equal(t[11].order[0], RESTORE_KHZ);
	assert_int_equal(t[11].order[1], RESTORE_TSC);
	assert_int_equal(t[11].order[2], RESTORE_LAPIC);
	assert_int_equal(t[11].order[3], RESTORE_TSC_DEADLINE);
	assert_int_equal(t[13].what, DO_PAUSE);
	assert_int_equal(t[13].every.v, 10 * PS_PER_MS);
	assert_int_equal(t[14].what, DO_RESUME);
}

/* 10 ms at 2.4 GHz after 1000 cycles; 2 ms at 3 GHz more; then as the file says. */
static void moves_go_on_from_the_same_count(void **state)
{
	const struct timeline_command *t = resolve(*state, timer_path, 0, NULL, NULL)->timeline;

	assert_int_equal(t[7].what, DO_MOVE_VM);
	assert_int_equal(t[7].to_tsc_khz.v, 3000000);
	assert_int_equal(t[7].to_tsc, 24001000);
	assert_true(t[7].to_tsc_scaling);
	assert_int_equal(t[8].to_tsc, 30001000);
	assert_int_equal(t[8].to_tsc_khz.v, 1000000);
	assert_false(t[8].to_tsc_scaling);
	assert_int_equal(t[9].to_tsc, 5);
}

/* The dump of @run, and its equal after it was read again. */
static void check_dump(struct fixture *f)
{
	g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);

	scenario_dump(f->run, first);
	scenario_run_free(f->run);
	scenario_free(f->file);
	diagnostics_clear(&f->d);
	f->run = NULL;
	resolve(f, first->str, 0, NULL, NULL);
	scenario_dump(f->run, second);
	assert_string_equal(first->str, second->str);
}

static void dump_reads_back(void **state)
{
	struct fixture *f = *state;

	write_recording();
	resolve(f, full, 0, "forms.mode=abs_pinned_hard", NULL);
	check_dump(f);
	/* Not only equal texts: the values too. */
	const struct world_config *c = &f->run->config;

	assert_int_equal(c->host.cost[COST_tick].value[2], 10 * PS_PER_US);
	assert_int_equal(c->vms[0].vcpus[0].tsc_offset, (uint64_t)-5);
	assert_int_equal(c->vms[0].guest.other_exits.phase.v, 3 * PS_PER_US);
	assert_int_equal(c->timeline[2].cpus.word[0], 3);
	assert_int_equal(c->timeline[1].at.v, PS_PER_MS);
	assert_int_equal(c->timeline[1].every.v, 2 * PS_PER_MS);
	assert_string_equal(c->kernel.mode->variant.name, "abs_pinned_hard");
}

static void dump_of_the_timer_path_reads_back(void **state)
{
	struct fixture *f = *state;

	resolve(f, timer_path, 0, NULL, NULL);
	check_dump(f);
	const struct world_config *c = &f->run->config;

	assert_int_equal(c->kvm.lapic_timer_advance_ns, 0);
	assert_int_equal(c->kvm.min_timer_period_us, 0);
	assert_int_equal(c->host.hv_rate_shift, 7);
	assert_int_equal(c->vms[0].guest.repeat.n, 15);
	assert_int_equal(c->vms[0].guest.start.ops[0].number, LAPIC_MODE_PERIODIC);
	assert_int_equal(c->timeline[3].value, -1);
	assert_true(c->timeline[4].relative);
	assert_int_equal(c->timeline[8].to_tsc, 30001000);
	assert_int_equal(c->timeline[10].order[0], RESTORE_TSC_DEADLINE);
	assert_int_equal(c->timeline[2].value, 1);
}

/* A dump says the constants in force, and reads back as a what-if of the same ones. */
static void dump_of_the_tuner_reads_back(void **state)
{
	struct fixture *f = *state;
	const char *set =
		"tuner={ lapic_timer_advance_adjust_step: 4, lapic_timer_advance_ns_max: 3us }";
	const struct tune_constants *t = &resolve(f, minimal, 0, "kernel=v6.1", set)->tuner;

	assert_int_equal(t->adjust_min, 0); /* not replaced */
	assert_int_equal(t->adjust_step, 4);
	assert_int_equal(t->ns_max, 3000);
	check_dump(f);
	t = &f->run->config.tuner;
	assert_int_equal(t->adjust_min, 100);
	assert_int_equal(t->adjust_max, 10000);
	assert_int_equal(t->adjust_step, 4);
	assert_int_equal(t->ns_init, 1000);
	assert_int_equal(t->ns_max, 3000);
}

static void dump_of_defaults_reads_back(void **state)
{
	resolve(*state, minimal, 0, NULL, NULL);
	check_dump(*state);
}

/* The include is the base, the file over it, the variant over both, --set over all. */
static void layers(void **state)
{
	static const char text[] =
		"scenario: layers\n"
		"about: of the file\n"
		"include: [ one.yaml, two.yaml ]\n"
		"kernel: v4.5\n"
		"duration: 10ms\n"
		"host: { cpus: [ { id: 1, nohz_full: true } ] }\n"
		"vms: [ { name: vm0, vcpus: [ { id: 1, affinity: [1] } ] } ]\n"
		"variants:\n"
		"  a: {}\n"
		"  b: { host: { slice: 7ms }, vms: [ { name: vm0, guest: { delta: 3ms } } ] }\n";
	struct fixture *f = *state;

	write_file("one.yaml",
		   "about: of the fragment\n"
		   "host: { tsc: 1000MHz, hz: 100, slice: 5ms, cpus: [ { id: 0 }, { id: 1 } ] }\n"
		   "costs: { tick: { quantiles: [ 1us, 2us ] } }\n"
		   "timeline: [ { at: 1ms, do: device-irq, cpu: 0 } ]\n");
	write_file("two.yaml", "host: { tsc: 2000MHz }\n"
			       "costs: { tick: { value: 9us } }\n"
			       "vms: [ { name: vm0, vcpus: [ { id: 0 } ],\n"
			       "         guest: { workload: tscdeadline_latency, delta: 2ms } } ]\n"
			       "timeline: [ { at: 2ms, do: device-irq, cpu: 1 } ]\n");
	const struct world_config *c =
		resolve(f, text, 1, "host.slice=8ms", "vms.vm0.vcpus.1.cpu=1");

	assert_string_equal(f->file->about, "of the file");
	assert_int_equal(c->host.tsc_khz.v, 2000000); /* the later include won */
	assert_int_equal(c->host.hz, 100);            /* the earlier is still there */
	assert_int_equal(c->host.slice.v, 8 * PS_PER_MS);
	assert_int_equal(c->host.n_cpus, 2);
	assert_true(c->host.cpus[1].nohz_full);
	assert_int_equal(c->host.cost[COST_tick].n, 1); /* replaced whole */
	assert_int_equal(c->vms[0].n_vcpus, 2);
	assert_int_equal(c->vms[0].guest.delta.v, 3 * PS_PER_MS);
	assert_int_equal(c->n_timeline, 1); /* a list replaces */
	assert_int_equal(c->timeline[0].cpu, 1);
}

static void variants_differ_in_forms(void **state)
{
	static const char *const want[] = { "abs", "abs_pinned", "abs", "abs_hard" };
	struct fixture *f = *state;
	g_autofree char *text = g_strconcat(
		minimal,
		"variants:\n  a: {}\n  b: { apply: [ 61abdbe0bcc2 ] }\n"
		"  c: { kernel: v4.6, revert: 61abdbe0 }\n  d: { forms: { mode: abs_hard } }\n",
		NULL);

	f->file = load_text(text, &f->d);
	assert_non_null(f->file);
	assert_int_equal(f->file->n_variants, 4);
	for (uint32_t i = 0; i < 4; i++) {
		f->run = scenario_resolve(f->file, &f->file->variants[i], NULL, 0, &f->d);
		assert_non_null(f->run);
		assert_string_equal(f->run->config.kernel.mode->variant.name, want[i]);
		scenario_run_free(f->run);
		f->run = NULL;
	}
}

/* Forms of the file and of the variant stand side by side. */
static void forms_merge(void **state)
{
	struct fixture *f = *state;
	g_autofree char *text = g_strconcat(minimal,
					    "forms: { mode: abs_hard, notify: kick }\n"
					    "variants: { a: { forms: { notify: flag } } }\n",
					    NULL);
	const struct kernel *kernel = &resolve(f, text, 0, NULL, NULL)->kernel;

	assert_string_equal(kernel->mode->variant.name, "abs_hard");
	assert_string_equal(kernel->notify->variant.name, "flag");
}

static void variant_by_name(void **state)
{
	struct fixture *f = *state;
	g_autofree char *text = g_strconcat(minimal, "variants: { before: {}, after: {} }\n", NULL);

	f->file = load_text(text, &f->d);
	assert_non_null(f->file);
	assert_ptr_equal(scenario_variant(f->file, "after", &f->d), &f->file->variants[1]);
	assert_null(scenario_variant(f->file, "befor", &f->d));
	assert_null(scenario_variant(f->file, "x", &f->d));
	assert_string_equal(
		f->d.text->str,
		"lapicsim: error: 'test.yaml' has no variant 'befor'; did you mean 'before'?\n"
		"lapicsim: error: 'test.yaml' has no variant 'x'; it has before, after\n");
}

static void expectations(void **state)
{
	struct fixture *f = *state;
	g_autofree char *text =
		g_strconcat(minimal,
			    "variants: { a: {}, b: {}, c: {} }\n"
			    "expect:\n"
			    "  - { id: one, only: a, that: \"max(lateness) < 1us\" }\n"
			    "  - { id: two, not: [ b, c ], that: 1 == 1, recorded: r.csv }\n",
			    NULL);

	write_file("r.csv", "i\n0\n");
	f->file = load_text(text, &f->d);
	assert_string_equal(f->d.text->str, "");
	assert_int_equal(f->file->n_expects, 2);
	const struct scenario_expect *e = f->file->expects;

	assert_string_equal(e[0].id, "one");
	assert_string_equal(e[0].that, "max(lateness) < 1us");
	assert_int_equal(e[0].that_at.line, 11);
	assert_int_equal(e[0].that_at.column, 32); /* behind the quote */
	assert_string_equal(e[0].only[0], "a");
	assert_null(e[0].only[1]);
	assert_null(e[0].except);
	assert_string_equal(e[1].except[1], "c");
	assert_int_equal(e[1].that_at.column, 37);
	assert_string_equal(e[1].recorded, "r.csv");
}

/* Line ends of the other kind, none at the end, and comments change nothing. */
static void line_ends(void **state)
{
	struct fixture *f = *state;
	g_auto(GStrv) lines = g_strsplit(minimal, "\n", -1);
	g_autofree char *crlf = g_strjoinv("\r\n", lines);
	g_autoptr(GString) a = g_string_new(NULL), b = g_string_new(NULL);

	resolve(f, minimal, 0, NULL, NULL);
	scenario_dump(f->run, a);
	scenario_run_free(f->run);
	scenario_free(f->file);
	diagnostics_clear(&f->d);
	crlf[strlen(crlf) - 2] = '\0';
	resolve(f, crlf, 0, NULL, NULL);
	scenario_dump(f->run, b);
	assert_string_equal(a->str, b->str);
}

static void fragment(void **state)
{
	struct fixture *f = *state;
	struct scenario_options options = fake_options;

	diagnostics_init(&f->d);
	write_file("test.yaml", "host: { hz: 100 }\n");
	options.fragments = true;
	f->file = scenario_load("test.yaml", &options, &f->d);
	assert_non_null(f->file);
	assert_true(f->file->fragment);
	assert_int_equal(f->file->n_variants, 0);
}

/* Beside the file comes before the library; --set names a file from the working directory. */
static void where_files_are_found(void **state)
{
	struct fixture *f = *state;
	struct scenario_options options = fake_options;
	g_autofree char *text = g_strconcat(minimal, "include: [ part.yaml, near.yaml ]\n", NULL);
	const char *set[] = { "vms.vm0.guest={ workload: recorded, file: ../sub/r.csv }" };

	assert_int_equal(g_mkdir("sub", 0700), 0);
	assert_int_equal(g_mkdir("lib", 0700), 0);
	options.library = "lib";
	write_file("lib/part.yaml", "host: { hz: 100 }\nseed: 7\n");
	write_file("lib/near.yaml", "seed: 8\n");
	write_file("sub/near.yaml", "seed: 9\n");
	write_file("sub/test.yaml", text);
	write_recording();
	diagnostics_init(&f->d);
	f->file = scenario_load("sub/test.yaml", &options, &f->d);
	assert_string_equal(f->d.text->str, "");
	f->run = scenario_resolve(f->file, &f->file->variants[0], NULL, 0, &f->d);
	assert_int_equal(f->run->config.host.hz, 100);
	assert_int_equal(f->run->config.seed, 9);
	assert_null(scenario_resolve(f->file, &f->file->variants[0], set, 1, &f->d));
	assert_string_equal(
		f->d.text->str,
		"sub/test.yaml:8:45: error: delta: workload 'recorded' does not use it\n"
		"      guest: { workload: tscdeadline_latency, delta: 2ms }\n"
		"                                              ^\n"
		"--set:1:43: error: cannot open '../sub/r.csv': No such file or directory\n"
		"  vms.vm0.guest={ workload: recorded, file: ../sub/r.csv }\n"
		"                                            ^\n");
	g_unlink("lib/part.yaml");
	g_unlink("lib/near.yaml");
	g_unlink("sub/near.yaml");
	g_unlink("sub/test.yaml");
	g_rmdir("sub");
	g_rmdir("lib");
}

/* Each parameter stands in the page with its help. */
static void docs(void **state)
{
	g_autoptr(GString) page = g_string_new(NULL);

	scenario_docs(page);
	assert_non_null(strstr(page->str, "| `hz` | 100, 250, 300, 1000 | `250` | ticks a second "
					  "(`CONFIG_HZ`) |\n"));
	assert_non_null(strstr(page->str, "### vms[].guest.other_exits\n"));
	assert_non_null(strstr(page->str, "| `vmexit` | cost | `400ns` |"));
	assert_non_null(strstr(page->str, "| `migrate` | vcpu cpu |"));
	assert_non_null(strstr(page->str, "| `arm` | a duration or cycles |"));
	assert_non_null(strstr(page->str, "### timeline[].to\n"));
	assert_non_null(strstr(page->str, "| `VCPUS` | 4096 vCPUs |"));
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(defaults),
		ROW(lowest_cpu_of_the_affinity),
		ROW(every_key),
		ROW(timeline),
		ROW(recorded_deadlines),
		ROW(timer_path_keys),
		ROW(timer_path_defaults),
		ROW(advance_as_a_switch),
		ROW(advance_by_form),
		ROW(program),
		ROW(program_merges_by_part),
		ROW(timer_path_timeline),
		ROW(moves_go_on_from_the_same_count),
		ROW(dump_reads_back),
		ROW(dump_of_the_timer_path_reads_back),
		ROW(dump_of_defaults_reads_back),
		ROW(dump_of_the_tuner_reads_back),
		ROW(layers),
		ROW(variants_differ_in_forms),
		ROW(forms_merge),
		ROW(variant_by_name),
		ROW(expectations),
		ROW(line_ends),
		ROW(fragment),
		ROW(docs),
		ROW(where_files_are_found),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
