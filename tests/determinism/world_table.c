// SPDX-License-Identifier: MIT
/*
 * world_table ROOT FILE... - the runs of scenario files below ROOT as a C table (core_runs.h).
 *
 * Every variant, resolved by the scenario reader, field by field; 0 fields are left out. A field of
 * world_config that is forgotten here gives another fingerprint than lapicsim's as soon as a
 * scenario sets it: core-elsewhere compares. Status 2 for a file that cannot be read.
 */
#include "run.h"
#include "workload.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A field of any unsigned type, an enum or a bool; an int64_t is one in two's complement. */
#define FIELD(name) field(#name, (uint64_t)(c->name))

static void field(const char *name, uint64_t value)
{
	if (value)
		printf(".%s = %" PRIu64 "ull, ", name, value);
}

static void signed_field(const char *name, int64_t value)
{
	printf(".%s = (int64_t)%" PRIu64 "ull, ", name, (uint64_t)value);
}

static void array(const char *name, unsigned run, unsigned i, const uint64_t *values, uint64_t n)
{
	printf("static const uint64_t %s_%u_%u[] = {", name, run, i);
	for (uint64_t k = 0; k < n; k++)
		printf("%s%" PRIu64 "ull,", k % 8 ? " " : "\n\t", values[k]);
	printf("\n};\n");
}

static void mask(const char *name, const struct cpu_mask *m)
{
	for (unsigned k = 0; k < CPUS_MAX / 64; k++)
		if (m->word[k])
			printf(".%s.word[%u] = %" PRIu64 "ull, ", name, k, m->word[k]);
}

/* --- what the config points to --- */

static void put_cpus(unsigned run, const struct host_config *host)
{
	printf("static const struct cpu_config cpus_%u[] = {\n", run);
	for (uint32_t i = 0; i < host->n_cpus; i++) {
		const struct cpu_config *c = &host->cpus[i];

		printf("\t{ ");
		FIELD(nohz_full);
		FIELD(isolated);
		FIELD(idle_exit.v);
		FIELD(tick_until.v);
		printf("},\n");
	}
	printf("};\n");
}

static void put_vcpus(unsigned run, unsigned vm, const struct vm_config *config)
{
	printf("static const struct vcpu_config vcpus_%u_%u[] = {\n", run, vm);
	for (uint32_t i = 0; i < config->n_vcpus; i++) {
		const struct vcpu_config *c = &config->vcpus[i];

		printf("\t{ ");
		FIELD(id);
		mask("affinity", &c->affinity);
		FIELD(cpu);
		FIELD(tsc_khz.v);
		FIELD(tsc_offset);
		printf("},\n");
	}
	printf("};\n");
}

static void put_ops(const char *name, unsigned run, unsigned vm, const struct program_part *part)
{
	if (!part->n)
		return;
	printf("static const struct program_op %s_%u_%u[] = {\n", name, run, vm);
	for (uint32_t i = 0; i < part->n; i++) {
		const struct program_op *c = &part->ops[i];

		printf("\t{ ");
		FIELD(kind);
		FIELD(time.v);
		FIELD(time.unit);
		FIELD(number);
		printf("},\n");
	}
	printf("};\n");
}

static void put_part(const char *name, unsigned run, unsigned vm, const struct program_part *part)
{
	if (part->n)
		printf(".%s = { %u, %s_%u_%u }, ", name, part->n, name, run, vm);
}

static void put_guest(unsigned run, unsigned vm, const struct guest_config *c)
{
	printf("\t\t.guest = { .workload = &workload_%s, ", c->workload->name);
	FIELD(wait);
	FIELD(delta.v);
	FIELD(delta.unit);
	FIELD(arm_jitter.v);
	FIELD(arm_jitter.unit);
	FIELD(samples);
	FIELD(breakmax);
	FIELD(loop.v);
	FIELD(loop.unit);
	FIELD(handler_rdmsr);
	FIELD(other_exits.every.v);
	FIELD(other_exits.every.unit);
	FIELD(other_exits.reason);
	FIELD(other_exits.from);
	FIELD(other_exits.phase.v);
	FIELD(other_exits.phase.unit);
	FIELD(test);
	FIELD(interval.v);
	FIELD(interval.unit);
	FIELD(wakeup.v);
	FIELD(wakeup.unit);
	FIELD(hz);
	FIELD(tick.v);
	FIELD(tick.unit);
	put_part("start", run, vm, &c->start);
	put_part("repeat", run, vm, &c->repeat);
	put_part("handler", run, vm, &c->handler);
	FIELD(n_recorded);
	FIELD(recorded_timer);
	if (c->n_recorded)
		printf(".recorded_arm_tsc = arm_%u_%u, .recorded_deadline_tsc = deadline_%u_%u, ",
		       run, vm, run, vm);
	printf("} },\n");
}

static void put_vm(unsigned run, unsigned vm, const struct vm_config *c)
{
	printf("\t{ .name = \"%s\", .vcpus = vcpus_%u_%u, ", c->name, run, vm);
	FIELD(n_vcpus);
	FIELD(disable_exits.mwait);
	FIELD(disable_exits.hlt);
	FIELD(disable_exits.pause);
	FIELD(apic_bus_cycle_ns);
	FIELD(created_later);
	printf("\n");
	put_guest(run, vm, &c->guest);
}

static void put_vms(unsigned run, const struct world_config *config)
{
	for (uint32_t i = 0; i < config->n_vms; i++) {
		const struct guest_config *guest = &config->vms[i].guest;

		put_vcpus(run, i, &config->vms[i]);
		put_ops("start", run, i, &guest->start);
		put_ops("repeat", run, i, &guest->repeat);
		put_ops("handler", run, i, &guest->handler);
		if (guest->n_recorded) {
			array("arm", run, i, guest->recorded_arm_tsc, guest->n_recorded);
			array("deadline", run, i, guest->recorded_deadline_tsc, guest->n_recorded);
		}
	}
	printf("static const struct vm_config vms_%u[] = {\n", run);
	for (uint32_t i = 0; i < config->n_vms; i++)
		put_vm(run, i, &config->vms[i]);
	printf("};\n");
}

static void put_timeline(unsigned run, const struct world_config *config)
{
	if (!config->n_timeline)
		return;
	printf("static const struct timeline_command timeline_%u[] = {\n", run);
	for (uint32_t i = 0; i < config->n_timeline; i++) {
		const struct timeline_command *c = &config->timeline[i];

		printf("\t{ ");
		FIELD(at.v);
		FIELD(every.v);
		FIELD(what);
		FIELD(vm);
		FIELD(vcpu);
		FIELD(cpu);
		mask("cpus", &c->cpus);
		FIELD(duration.v);
		FIELD(task_class);
		FIELD(param);
		signed_field("value", c->value);
		FIELD(relative);
		FIELD(n_order);
		for (uint32_t k = 0; k < c->n_order; k++)
			printf(".order[%u] = %d, ", k, (int)c->order[k]);
		FIELD(to_tsc_khz.v);
		FIELD(to_tsc);
		FIELD(to_tsc_scaling);
		printf("},\n");
	}
	printf("};\n");
}

/* --- the config itself --- */

static void put_host(unsigned run, const struct host_config *c)
{
	printf("\t.host = { .cpus = cpus_%u, ", run);
	FIELD(vendor);
	FIELD(n_cpus);
	FIELD(hz);
	FIELD(tsc_khz.v);
	FIELD(tsc_scaling);
	FIELD(apicv);
	FIELD(hv_rate_shift);
	FIELD(start_tsc);
	FIELD(start_monotonic.v);
	FIELD(timer_migration);
	FIELD(hres_active);
	FIELD(preempt);
	FIELD(slice.v);
	FIELD(wakeup_granularity.v);
	printf("\n");
	for (unsigned i = 0; i < COST_COUNT; i++) {
		const struct cost_config *cost = &c->cost[i];

		printf("\t\t.cost[%u] = { %u, %d, cost_%u_%u, { %" PRIu64 "ull, %d } },\n", i,
		       cost->n, (int)cost->unit, run, i, cost->nohz_full.v,
		       (int)cost->nohz_full.unit);
	}
	printf("\t},\n");
}

static void put_kernel(const struct kernel *kernel)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);

	printf("\t.kernel = {\n");
	for (size_t i = 0; i < n; i++)
		printf("\t\t.%s = &%s_variants[%zu],\n", all[i].name, all[i].name,
		       kernel_index(&all[i], kernel_chosen(kernel, &all[i])));
	printf("\t},\n");
}

static void put_kvm(const struct kvm_config *c)
{
	printf("\t.kvm = { ");
	signed_field("lapic_timer_advance_ns", c->lapic_timer_advance_ns);
	signed_field("min_timer_period_us", c->min_timer_period_us);
	signed_field("halt_poll_ns", c->halt_poll_ns);
	signed_field("halt_poll_ns_grow", c->halt_poll_ns_grow);
	signed_field("halt_poll_ns_grow_start", c->halt_poll_ns_grow_start);
	signed_field("halt_poll_ns_shrink", c->halt_poll_ns_shrink);
	signed_field("pi_inject_timer", c->pi_inject_timer);
	FIELD(tsc_tolerance_ppm);
	FIELD(preemption_timer);
	FIELD(enable_apicv);
	printf("},\n");
}

static void put_tuner(const struct tune_constants *c)
{
	printf("\t.tuner = { ");
	FIELD(adjust_min);
	FIELD(adjust_max);
	FIELD(adjust_step);
	FIELD(ns_init);
	FIELD(ns_max);
	printf("},\n");
}

/* Its parts first; the row of the table is the macro RUN_n. */
static void put_run(unsigned run, const struct world_config *c)
{
	put_cpus(run, &c->host);
	for (unsigned i = 0; i < COST_COUNT; i++)
		if (c->host.cost[i].n)
			array("cost", run, i, c->host.cost[i].value, c->host.cost[i].n);
		else
			printf("#define cost_%u_%u NULL\n", run, i);
	put_vms(run, c);
	put_timeline(run, c);
}

static void put_row(unsigned run, const char *file, const char *variant,
		    const struct world_config *c)
{
	printf("{ .file = \"%s\", .variant = \"%s\", .config = {\n", file, variant);
	put_host(run, &c->host);
	printf("\t.vms = vms_%u, ", run);
	FIELD(n_vms);
	FIELD(n_timeline);
	FIELD(duration.v);
	FIELD(seed);
	if (c->n_timeline)
		printf(".timeline = timeline_%u,", run);
	printf("\n");
	put_kernel(&c->kernel);
	put_kvm(&c->kvm);
	put_tuner(&c->tuner);
	printf("} },\n");
}

/* Resolved, in the order of the command line; NULL after errors, which are printed. */
static struct replay *load(const char *root, const char *file)
{
	const struct replay_options options = { .limits = SIM_LIMITS_DEFAULT };
	g_autofree char *path = g_build_filename(root, file, NULL);
	struct diagnostics d;

	diagnostics_init(&d);
	struct replay *replay = replay_load(path, &options, &d, NULL);
	if (replay && !replay_resolve(replay, &options, &d)) {
		replay_free(replay);
		replay = NULL;
	}
	g_printerr("%s", d.text->str);
	diagnostics_clear(&d);
	return replay;
}

int main(int argc, char **argv)
{
	unsigned run = 0;

	if (argc < 3) {
		g_printerr("usage: world_table ROOT FILE...\n");
		return 2;
	}
	g_autofree struct replay **all = g_new0(struct replay *, (gsize)argc);

	printf("/* Made by world_table. */\n#include \"core_runs.h\"\n");
	for (int i = 2; i < argc; i++) {
		all[i] = load(argv[1], argv[i]);
		if (!all[i])
			return 2;
		for (uint32_t v = 0; v < all[i]->n_results; v++)
			put_run(run++, &all[i]->results[v].run->config);
	}
	printf("const struct core_run core_runs[] = {\n");
	run = 0;
	for (int i = 2; i < argc; i++) {
		for (uint32_t v = 0; v < all[i]->n_results; v++)
			put_row(run++, argv[i], all[i]->results[v].variant->name,
				&all[i]->results[v].run->config);
		replay_free(all[i]);
	}
	printf("};\nconst size_t core_runs_n = %u;\n", run);
	return 0;
}
