/* SPDX-License-Identifier: MIT */
/* A resolved run as a scenario file: each row of the parameter table, printed from where it was
 * stored. */
#include "parameters.h"
#include "scenario.h"
#include "scenario_files.h"
#include "scenario_program.h"
#include "scenario_resolve.h"
#include "scenario_values.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

/* "key: value" for the rows of @section, but those that @skip says; @separator stands before each.
 */
static void print_section(GString *out, enum section_id section, const void *base,
			  const char *separator, const char *only)
{
	size_t n;
	const struct parameter *all = parameters_all(&n);

	for (size_t i = 0; i < n; i++) {
		const struct parameter *p = &all[i];
		g_autoptr(GString) value = g_string_new(NULL);

		if (p->section != section || (only && !keys_have(only, p->key)) ||
		    !parameter_print(value, p, base))
			continue;
		g_string_append_printf(out, "%s%s: %s", separator, p->key, value->str);
	}
}

static void print_kernel(const struct scenario_run *run, GString *out)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);

	g_string_append_printf(out, "kernel: v%u.%u\nforms:\n", run->release >> 8,
			       run->release & 0xff);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "  %s: %s\n", all[i].name,
				       kernel_chosen(&run->config.kernel, &all[i])->name);
}

static void print_host(const struct host_config *host, GString *out)
{
	g_string_append(out, "host:");
	print_section(out, SECTION_HOST, host, "\n  ", NULL);
	g_string_append(out, "\n  start:");
	print_section(out, SECTION_HOST_START, host, "\n    ", NULL);
	g_string_append(out, "\n  cpus:");
	for (uint32_t i = 0; i < host->n_cpus; i++) {
		const struct cpu_values v = { i, host->cpus[i] };

		g_string_append_printf(out, "\n    - { id: %u", i);
		print_section(out, SECTION_HOST_CPUS, &v, ", ",
			      "nohz_full isolated idle_exit tick_until");
		g_string_append(out, " }");
	}
	g_string_append_c(out, '\n');
}

static void print_cost(const struct cost_config *cost, const struct cost_note *note, GString *out)
{
	g_string_append(out, cost->n == 1 ? "value: " : "quantiles: [");
	for (uint32_t i = 0; i < cost->n; i++) {
		g_string_append(out, i ? ", " : "");
		value_print_quantity(out, (struct quantity){ cost->value[i], cost->unit });
		if (i % 8 == 7 && i + 1 < cost->n) /* a line has a limit */
			g_string_append(out, ",\n     ");
	}
	g_string_append(out, cost->n == 1 ? "" : "]");
	if (cost->nohz_full.v) {
		g_string_append(out, ", nohz_full: ");
		value_print_quantity(out, cost->nohz_full);
	}
	if (note->source) {
		g_string_append(out, ",\n      source: ");
		value_print_text(out, note->source);
	}
	g_string_append_printf(out, ", mark: %s }\n",
			       value_enum_name(cost_mark_names(), note->mark));
}

static void print_costs(const struct scenario_run *run, GString *out)
{
	static const char *const names[COST_COUNT] = {
#define COST(name, ns, what) [COST_##name] = #name,
		COSTS(COST)
#undef COST
	};

	g_string_append(out, "costs:\n");
	for (enum cost_id id = 0; id < COST_COUNT; id++) {
		g_string_append_printf(out, "  %s: { ", names[id]);
		print_cost(&run->config.host.cost[id], &run->costs[id], out);
	}
}

static void print_kvm(const struct scenario_run *run, GString *out)
{
	const struct kvm_config *kvm = &run->config.kvm;
	const struct kvm_values v = { *kvm, kvm->lapic_timer_advance_ns };
	const char *advance =
		kernel_advance_is_switch(&run->config.kernel) ? ADVANCE_SWITCH : ADVANCE_NUMBER;

	g_string_append(out, "kvm:");
	print_section(out, SECTION_KVM, &v, "\n  ", "pi_inject_timer tsc_tolerance_ppm");
	if (kvm->lapic_timer_advance_ns != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", advance);
	if (kvm->min_timer_period_us != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", "min_timer_period_us");
	if (kvm->halt_poll_ns != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", "halt_poll_ns");
	if (kvm->halt_poll_ns_grow != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", "halt_poll_ns_grow");
	if (kvm->halt_poll_ns_grow_start != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", "halt_poll_ns_grow_start");
	if (kvm->halt_poll_ns_shrink != KVM_PARAM_DEFAULT)
		print_section(out, SECTION_KVM, &v, "\n  ", "halt_poll_ns_shrink");
	g_string_append(out, "\nkvm_intel:");
	print_section(out, SECTION_KVM_INTEL, &v, "\n  ", NULL);
	g_string_append_c(out, '\n');
}

/* What the forms in force have; and only that can be read back. */
static void print_tuner(const struct scenario_run *run, GString *out)
{
	const struct world_config *config = &run->config;
	const struct tune_constants c = tune_constants(&config->kernel, &config->tuner);
	g_autoptr(GString) keys = g_string_new(NULL);

	g_string_append(keys, c.adjust_min ? " lapic_timer_advance_adjust_min" : "");
	g_string_append(keys, c.adjust_max ? " lapic_timer_advance_adjust_max" : "");
	g_string_append(keys, c.adjust_step ? " lapic_timer_advance_adjust_step" : "");
	g_string_append(keys, c.ns_init ? " lapic_timer_advance_ns_init" : "");
	g_string_append(keys, c.ns_max ? " lapic_timer_advance_ns_max" : "");
	if (!keys->len)
		return;
	g_string_append(out, "tuner:");
	print_section(out, SECTION_TUNER, &c, "\n  ", keys->str + 1);
	g_string_append_c(out, '\n');
}

static void print_guest(const struct guest_config *guest, const struct vm_note *note, GString *out)
{
	const struct guest_values v = { .config = *guest };

	g_string_append_printf(out, "    guest:\n      workload: %s", note->workload->name);
	print_section(out, SECTION_GUEST, &v, "\n      ", note->workload->keys);
	if (guest->start.n || guest->repeat.n)
		scenario_program_print(out, guest);
	if (note->file) {
		g_string_append(out, "\n      file: ");
		value_print_text(out, note->file);
	}
	if (guest->other_exits.every.v) {
		g_string_append(out, "\n      other_exits:");
		print_section(out, SECTION_OTHER_EXITS, &guest->other_exits, "\n        ",
			      guest->other_exits.from == EXITS_FROM_GRID ? NULL
									 : "every reason from");
	}
	g_string_append_c(out, '\n');
}

static void print_vms(const struct scenario_run *run, GString *out)
{
	g_string_append(out, "vms:\n");
	for (uint32_t i = 0; i < run->config.n_vms; i++) {
		const struct vm_config *vm = &run->config.vms[i];

		g_string_append_printf(out, "  - name: %s", vm->name);
		print_section(out, SECTION_VMS, vm, "\n    ", "apic_bus_cycle");
		g_string_append(out, "\n    disable_exits:");
		print_section(out, SECTION_DISABLE_EXITS, &vm->disable_exits, "\n      ", NULL);
		g_string_append(out, "\n    vcpus:\n");
		for (uint32_t j = 0; j < vm->n_vcpus; j++) {
			const struct vcpu_config *c = &vm->vcpus[j];
			const struct vcpu_values v = { c->id, c->cpu, c->affinity, c->tsc_khz,
						       c->tsc_offset };

			g_string_append_printf(out, "      - { id: %u", c->id);
			print_section(out, SECTION_VCPUS, &v, ", ",
				      c->tsc_khz.v ? "affinity cpu tsc tsc_offset"
						   : "affinity cpu tsc_offset");
			g_string_append(out, " }\n");
		}
		print_guest(&vm->guest, &run->vms[i], out);
	}
}

static void print_param(const struct scenario_run *run, const struct timeline_command *c,
			GString *out)
{
	const bool advance = c->param == KVM_PARAM_LAPIC_TIMER_ADVANCE_NS;

	if (advance && kernel_advance_is_switch(&run->config.kernel))
		g_string_append_printf(out, ", name: " ADVANCE_SWITCH ", value: %s",
				       c->value ? "Y" : "N");
	else
		g_string_append_printf(out, ", name: %s, value: %" PRId64,
				       advance ? ADVANCE_NUMBER : "min_timer_period_us", c->value);
}

/* What is kept in another shape than it was written. */
static void print_operands(const struct scenario_run *run, const struct timeline_command *c,
			   GString *out)
{
	const struct move_to_values to = { c->to_tsc_khz, c->to_tsc, c->to_tsc_scaling };

	switch (c->what) {
	case DO_SET_PARAM: print_param(run, c, out); break;
	case DO_WRITE_TSC:
		if (c->relative)
			g_string_append_printf(out, ", by: %" PRId64 "cycles", c->value);
		else
			g_string_append_printf(out, ", value: %" PRIu64 "cycles",
					       (uint64_t)c->value);
		break;
	case DO_RESTORE:
		for (uint32_t i = 0; i < c->n_order; i++)
			g_string_append_printf(out, "%s%s", i ? ", " : ", order: [ ",
					       value_enum_name(restore_part_names(), c->order[i]));
		g_string_append(out, " ]");
		break;
	case DO_MOVE_VM:
		g_string_append(out, ", to: {");
		const gsize start = out->len;

		print_section(out, SECTION_MOVE_TO, &to, ", ", NULL);
		g_string_erase(out, (gssize)start, 1);
		g_string_append(out, " }");
		break;
	default: break;
	}
}

static void print_command(const struct scenario_run *run, const struct timeline_command *command,
			  GString *out)
{
	const struct command_keys *keys = command_keys(command->what);
	const struct command_values v = { .command = *command, .cpu = command->cpu };
	const struct vm_config *vm = &run->config.vms[command->vm];
	g_autofree char *only = g_strjoin(" ", "at", command->every.v ? "every" : "", "do",
					  keys->needed, keys->optional, NULL);

	g_string_append(out, "  - {");
	const gsize start = out->len;

	print_section(out, SECTION_TIMELINE, &v, ", ", only);
	g_string_erase(out, (gssize)start, 1); /* the first comma */
	if (keys_have(keys->needed, "vcpu"))
		g_string_append_printf(out, ", vcpu: %s.%u", vm->name, vm->vcpus[command->vcpu].id);
	if (keys_have(keys->optional, "vm"))
		g_string_append_printf(out, ", vm: %s", vm->name);
	print_operands(run, command, out);
	g_string_append(out, " }\n");
}

void scenario_dump(const struct scenario_run *run, GString *out)
{
	const struct world_config *config = &run->config;
	const struct top_values top = { .scenario = run->file->name,
					.about = run->file->about,
					.source = run->file->source,
					.learned_from = run->file->learned_from,
					.seed = config->seed,
					.duration = config->duration };
	g_autoptr(GString) head = g_string_new(NULL);

	print_section(head, SECTION_TOP, &top, "\n", NULL);
	g_string_append_printf(out, "%s\n", head->str + 1); /* without the first line end */
	print_kernel(run, out);
	print_host(&config->host, out);
	print_costs(run, out);
	print_kvm(run, out);
	print_tuner(run, out);
	print_vms(run, out);
	if (config->n_timeline)
		g_string_append(out, "timeline:\n");
	for (uint32_t i = 0; i < config->n_timeline; i++)
		print_command(run, &config->timeline[i], out);
}
