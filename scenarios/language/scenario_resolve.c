/* SPDX-License-Identifier: MIT */
/*
 * From the tree of a scenario, a variant and --set to typed values, and the checks across keys.
 * Everything is read even after an error, so that one run shows all of them.
 */
#include "scenario_resolve.h"

#include "merge.h"
#include "scenario_files.h"
#include "scenario_kernel.h"
#include "scenario_limits.h"
#include "scenario_program.h"
#include "scenario_timeline.h"
#include "text.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

const struct node *resolve_list(struct resolve *r, const struct node *parent,
				enum section_id section, bool needed, uint32_t limit)
{
	const struct section *s = section_get(section);
	const struct node *list = node_get(parent, s->key);

	if (!list) {
		if (needed && parent)
			error_at(r->d, &parent->at, "the key '%s' is missing in %s", s->key,
				 s->parent == SECTION_TOP ? "a scenario"
							  : section_get(s->parent)->path);
		return NULL;
	}
	if (list->kind != NODE_SEQUENCE)
		error_at(r->d, &list->at, "%s: takes a list, not %s", s->key, node_kind_name(list));
	else if (needed && list->n == 0)
		error_at(r->d, &list->at, "%s: is empty", s->key);
	else if (list->n > limit)
		error_at(r->d, &list->entries[limit].value->at, "%s: more than %u", s->key, limit);
	else
		return list;
	return NULL;
}

static bool read_cpus(struct resolve *r, const struct node *host)
{
	struct host_config *config = &r->run->config.host;
	const struct node *list = resolve_list(r, host, SECTION_HOST_CPUS, true, LIMIT_CPUS);

	if (!list)
		return false;
	struct cpu_config *cpus = arena_new(&r->run->arena, struct cpu_config, list->n);
	g_autofree bool *seen = g_new0(bool, list->n);
	bool ok = true;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct node *item = list->entries[i].value;
		struct cpu_values v = { 0 };

		if (!section_read(item, SECTION_HOST_CPUS, &item->at, &v, r->d)) {
			ok = false;
		} else if (v.id >= list->n) {
			ok = error_at(r->d, &node_get(item, "id")->at,
				      "id: %" PRIu64 " of %u CPUs; they are numbered from 0 to %u",
				      v.id, list->n, list->n - 1);
		} else if (seen[v.id]) {
			ok = error_at(r->d, &node_get(item, "id")->at,
				      "id: CPU %" PRIu64 " is there twice", v.id);
		} else {
			seen[v.id] = true;
			cpus[v.id] = v.config;
			if (v.id == 0 && v.config.nohz_full)
				ok = error_at(r->d, &node_get(item, "nohz_full")->at,
					      "nohz_full: CPU 0 must be a housekeeping CPU, which "
					      "keeps the time and takes the timers of the others");
		}
	}
	config->n_cpus = list->n;
	config->cpus = cpus;
	return ok;
}

static void read_host(struct resolve *r)
{
	const struct node *host = node_get(r->tree, "host");
	struct host_config *config = &r->run->config.host;

	if (!host) {
		error_at(r->d, &r->tree->at, "the key 'host' is missing in a scenario");
		return;
	}
	section_read(host, SECTION_HOST, &host->at, config, r->d);
	if (config->apicv && config->vendor == HOST_AMD)
		error_at(r->d, &node_entry(host, "apicv")->at,
			 "apicv: is Intel's; AMD's AVIC is not modelled");
	if (host->kind != NODE_MAP)
		return;
	if (section_read(node_get(host, "start"), SECTION_HOST_START, &host->at, config, r->d) &&
	    config->start_monotonic.v > KTIME_MAX - r->top.duration.v / PS_PER_NS)
		error_at(r->d, &node_get(node_get(host, "start"), "monotonic")->at,
			 "monotonic: CLOCK_MONOTONIC passes its end, %" PRIu64
			 "ns, within the duration of %" PRIu64 "ns",
			 KTIME_MAX, r->top.duration.v / PS_PER_NS);
	if (!read_cpus(r, host))
		config->n_cpus = 0; /* what names a CPU is not checked then */
}

static bool read_cost_value(struct resolve *r, const struct node *node, const char *name,
			    struct quantity *ret)
{
	const struct value_key key = { name, 0, LIMIT_COST_NS * PS_PER_NS,
				       LIMIT_KHZ_MAX * UINT64_C(1000) };

	return value_quantity(node, &key, ret, r->d);
}

static bool read_quantiles(struct resolve *r, const struct node *list, const char *name,
			   struct cost_config *ret)
{
	struct quantity last = { 0, QUANTITY_PS }, q;

	if (list->kind != NODE_SEQUENCE || list->n < 2 || list->n > COST_QUANTILES_MAX)
		return error_at(r->d, &list->at, "%s: quantiles are a list of 2 to %d values", name,
				COST_QUANTILES_MAX);
	uint64_t *values = arena_new(&r->run->arena, uint64_t, list->n);

	for (uint32_t i = 0; i < list->n; i++) {
		const struct node *item = list->entries[i].value;

		if (!read_cost_value(r, item, name, &q))
			return false;
		if (i && q.unit != last.unit)
			return error_at(r->d, &item->at,
					"%s: '%s' is in another unit (time or cycles) than the "
					"quantile before",
					name, item->text);
		if (i && q.v < last.v)
			return error_at(r->d, &item->at,
					"%s: '%s' is less than the quantile before", name,
					item->text);
		values[i] = q.v;
		last = q;
	}
	*ret = (struct cost_config){ .n = list->n, .unit = last.unit, .value = values };
	return true;
}

static bool read_constant(struct resolve *r, const struct node *node, const char *name,
			  struct cost_config *ret)
{
	uint64_t *value = arena_new(&r->run->arena, uint64_t, 1);
	struct quantity q;

	if (!read_cost_value(r, node, name, &q))
		return false;
	*value = q.v;
	*ret = (struct cost_config){ .n = 1, .unit = q.unit, .value = value };
	return true;
}

static void read_cost(struct resolve *r, const struct node *node, const char *name, enum cost_id id)
{
	struct cost_config *config = &r->run->config.host.cost[id];
	struct cost_values v = { 0 };

	if (node->kind != NODE_MAP) {
		read_constant(r, node, name, config);
		return;
	}
	if (!section_read(node, SECTION_COST, &node->at, &v, r->d))
		return;
	if (!v.value == !v.quantiles)
		error_at(r->d, &node->at, "%s: needs one of value and quantiles", name);
	else if (v.mark != COST_GUESS && !v.source)
		error_at(r->d, &node_get(node, "mark")->at, "%s: what is not a guess has a source",
			 name);
	else if (v.value)
		read_constant(r, v.value, name, config);
	else
		read_quantiles(r, v.quantiles, name, config);
	if (v.nohz_full)
		read_cost_value(r, v.nohz_full, name, &config->nohz_full);
	r->run->costs[id] = (struct cost_note){ v.mark, v.source };
}

static void read_costs(struct resolve *r)
{
	static const char *const names[COST_COUNT] = {
#define COST(name, ns, what) [COST_##name] = #name,
		COSTS(COST)
#undef COST
	};
	static const uint64_t defaults[COST_COUNT] = {
#define COST(name, ns, what) [COST_##name] = (ns)*PS_PER_NS,
		COSTS(COST)
#undef COST
	};
	const struct node *given[COST_COUNT] = { NULL };

	section_read(node_get(r->tree, "costs"), SECTION_COSTS, &r->tree->at, (void *)given, r->d);
	for (enum cost_id id = 0; id < COST_COUNT; id++) {
		r->run->config.host.cost[id] =
			(struct cost_config){ .n = 1, .unit = QUANTITY_PS, .value = &defaults[id] };
		if (given[id])
			read_cost(r, given[id], names[id], id);
	}
}

bool kernel_advance_is_switch(const struct kernel *kernel)
{
	return strcmp(kernel->param->variant.name, "bool") == 0;
}

bool resolve_advance_name(struct resolve *r, const struct source_pos *at, const char *key)
{
	const struct kernel *kernel = &r->run->config.kernel;

	if (!kernel->param) /* a kernel that is no release: reported already */
		return true;
	const bool on_off = kernel_advance_is_switch(kernel);

	if (strcmp(key, on_off ? ADVANCE_NUMBER : ADVANCE_SWITCH) != 0)
		return true;
	return error_at(r->d, at, "%s: the kernel in force has %s instead, which takes %s", key,
			on_off ? ADVANCE_SWITCH : ADVANCE_NUMBER,
			on_off ? "Y or N" : "a number of ns");
}

static void read_kvm(struct resolve *r)
{
	static const char *const names[] = { ADVANCE_NUMBER, ADVANCE_SWITCH };
	const struct node *kvm = node_get(r->tree, "kvm");
	struct kvm_values v = { .config = { .lapic_timer_advance_ns = KVM_PARAM_DEFAULT,
					    .min_timer_period_us = KVM_PARAM_DEFAULT,
					    .halt_poll_ns = KVM_PARAM_DEFAULT,
					    .halt_poll_ns_grow = KVM_PARAM_DEFAULT,
					    .halt_poll_ns_grow_start = KVM_PARAM_DEFAULT,
					    .halt_poll_ns_shrink = KVM_PARAM_DEFAULT } };

	section_read(kvm, SECTION_KVM, &r->tree->at, &v, r->d);
	section_read(node_get(r->tree, "kvm_intel"), SECTION_KVM_INTEL, &r->tree->at, &v, r->d);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct node_entry *e = node_entry(kvm, names[i]);

		if (e)
			resolve_advance_name(r, &e->at, names[i]);
	}
	if (node_get(kvm, ADVANCE_SWITCH))
		v.config.lapic_timer_advance_ns = v.advance;
	r->run->config.kvm = v.config;
}

/* A constant that the forms in force do not have would change nothing: a mistake in the file. */
static void read_tuner(struct resolve *r)
{
	const struct node *tuner = node_get(r->tree, "tuner");
	const struct kernel *kernel = &r->run->config.kernel;
	struct tune_constants *ret = &r->run->config.tuner;

	section_read(tuner, SECTION_TUNER, &r->tree->at, ret, r->d);
	if (!tuner || tuner->kind != NODE_MAP || !kernel->tune)
		return;
	const struct tune_constants have = tune_constants(kernel, NULL);
	const struct {
		const char *key;
		bool there;
	} constants[] = {
		{ "lapic_timer_advance_adjust_min", have.adjust_min },
		{ "lapic_timer_advance_adjust_max", have.adjust_max },
		{ "lapic_timer_advance_adjust_step", have.adjust_step },
		{ "lapic_timer_advance_ns_init", have.ns_init },
		{ "lapic_timer_advance_ns_max", have.ns_max },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(constants); i++) {
		const struct node_entry *e = node_entry(tuner, constants[i].key);

		if (e && !constants[i].there)
			error_at(r->d, &e->at,
				 "%s: the forms in force have no such constant: tune is '%s', "
				 "param is '%s'",
				 e->key, kernel->tune->variant.name, kernel->param->variant.name);
	}
	const struct tune_constants all = tune_constants(kernel, ret);

	if (all.adjust_max && all.adjust_min > all.adjust_max)
		error_at(r->d, &tuner->at,
			 "tuner: the window is empty: lapic_timer_advance_adjust_min is %" PRIu64
			 "cycles, lapic_timer_advance_adjust_max %" PRIu64 "cycles",
			 all.adjust_min, all.adjust_max);
}

unsigned resolve_foreign_cpu(const struct resolve *r, const struct cpu_mask *mask)
{
	for (unsigned cpu = r->run->config.host.n_cpus; cpu < CPUS_MAX; cpu++)
		if (cpu_mask_has(mask, cpu))
			return cpu;
	return CPUS_MAX;
}

bool resolve_fail_foreign_cpu(struct resolve *r, const struct node *node, const char *key,
			      uint64_t cpu)
{
	return error_at(r->d, &node->at, "%s: there is no CPU %" PRIu64 "; the host has 0 to %u",
			key, cpu, r->run->config.host.n_cpus - 1);
}

static void place_vcpu(struct resolve *r, const struct node *item, const struct vcpu_values *v,
		       struct vcpu_config *ret)
{
	const struct node *affinity = node_get(item, "affinity"), *cpu = node_get(item, "cpu");
	const uint32_t n_cpus = r->run->config.host.n_cpus;

	*ret = (struct vcpu_config){ .id = (uint32_t)v->id,
				     .affinity = v->affinity,
				     .cpu = (uint32_t)v->cpu,
				     .tsc_khz = v->tsc_khz,
				     .tsc_offset = v->tsc_offset };
	if (n_cpus == 0)
		return;
	if (affinity && resolve_foreign_cpu(r, &v->affinity) < CPUS_MAX) {
		resolve_fail_foreign_cpu(r, affinity, "affinity",
					 resolve_foreign_cpu(r, &v->affinity));
		return;
	}
	for (unsigned i = 0; !affinity && i < n_cpus; i++)
		cpu_mask_set(&ret->affinity, i);
	if (cpu && v->cpu >= n_cpus)
		resolve_fail_foreign_cpu(r, cpu, "cpu", v->cpu);
	else if (cpu && !cpu_mask_has(&ret->affinity, ret->cpu))
		error_at(r->d, &cpu->at, "cpu: %u is not in the affinity of the vCPU", ret->cpu);
	while (!cpu && !cpu_mask_has(&ret->affinity, ret->cpu))
		ret->cpu++;
}

static void read_vcpus(struct resolve *r, const struct node *vm, struct vm_config *ret)
{
	const struct node *list = resolve_list(r, vm, SECTION_VCPUS, true, LIMIT_VCPUS);

	if (!list)
		return;
	r->n_vcpus += list->n;
	if (r->n_vcpus > LIMIT_VCPUS) {
		error_at(r->d, &list->at, "vcpus: more than %d in all VMs together", LIMIT_VCPUS);
		return;
	}
	struct vcpu_config *vcpus = arena_new(&r->run->arena, struct vcpu_config, list->n);
	g_autofree bool *seen = g_new0(bool, LIMIT_VCPUS);

	for (uint32_t i = 0; i < list->n; i++) {
		const struct node *item = list->entries[i].value;
		struct vcpu_values v = { 0 };

		if (!section_read(item, SECTION_VCPUS, &item->at, &v, r->d))
			continue;
		if (seen[v.id])
			error_at(r->d, &node_get(item, "id")->at,
				 "id: vCPU %" PRIu64 " is there twice", v.id);
		seen[v.id] = true;
		place_vcpu(r, item, &v, &vcpus[i]);
	}
	ret->n_vcpus = list->n;
	ret->vcpus = vcpus;
}

static const struct scenario_workload *find_workload(struct resolve *r, const struct node *node,
						     const char *name)
{
	const struct scenario_options *options = &r->file->files->options;
	g_autofree const char **names = g_new0(const char *, options->n_workloads + 1);

	for (size_t i = 0; i < options->n_workloads; i++) {
		names[i] = options->workloads[i].name;
		if (strcmp(names[i], name) == 0)
			return &options->workloads[i];
	}
	const char *near = nearest_name(name, names);
	g_autofree char *all = g_strjoinv(", ", (char **)(void *)names);

	if (near)
		error_at(r->d, &node->at, "workload: '%s' is unknown; did you mean '%s'?", name,
			 near);
	else
		error_at(r->d, &node->at, "workload: '%s' is unknown; one of %s", name, all);
	return NULL;
}

/* A key that the workload does not read would change nothing: that is a mistake in the file. */
static void check_guest_keys(struct resolve *r, const struct node *guest,
			     const struct scenario_workload *workload)
{
	const char *file = "file";

	for (uint32_t i = 0; i < guest->n; i++) {
		const struct node_entry *e = &guest->entries[i];
		const struct parameter *p = parameter_find(SECTION_GUEST, e->key);

		if (!p && strcmp(e->key, "program") != 0) /* every workload has other_exits */
			continue;
		if (strcmp(e->key, "workload") == 0)
			continue;
		if (strcmp(e->key, file) == 0
			    ? workload->needs_file
			    : !workload->keys || keys_have(workload->keys, e->key))
			continue;
		error_at(r->d, &e->at, "%s: workload '%s' does not use it", e->key, workload->name);
	}
	if (workload->needs_file && !node_get(guest, file))
		error_at(r->d, &guest->at, "the key 'file' is missing: workload '%s' needs it",
			 workload->name);
	if (!workload->keys)
		return;
	g_auto(GStrv) keys = g_strsplit(workload->keys, " ", -1);

	for (char **key = keys; *key; key++) {
		char *mark = strchr(*key, '!');

		if (!mark)
			continue;
		*mark = '\0';
		if (!node_get(guest, *key))
			error_at(r->d, &guest->at,
				 "the key '%s' is missing: workload '%s' needs it", *key,
				 workload->name);
	}
}

static void read_other_exits(struct resolve *r, const struct node *guest, struct other_exits *ret)
{
	const struct node *node = node_get(guest, "other_exits");

	if (!node || !section_read(node, SECTION_OTHER_EXITS, &node->at, ret, r->d))
		return;
	if (node_get(node, "phase") && ret->from == EXITS_FROM_LAST)
		error_at(r->d, &node_entry(node, "phase")->at,
			 "phase: shifts a grid; it needs 'from: grid'");
}

static void read_recording(struct resolve *r, const struct node *node, struct guest_config *ret,
			   struct vm_note *note)
{
	const char *path = scenario_files_find(r->file->files, node, "file", &r->run->arena, r->d);
	const struct recording *recording =
		path ? scenario_files_recording(r->file->files, path, &node->at, r->d) : NULL;

	if (!recording)
		return;
	note->file = node->text;
	ret->n_recorded = recording->n;
	ret->recorded_arm_tsc = recording->arm_tsc;
	ret->recorded_deadline_tsc = recording->deadline_tsc;
}

static void read_guest(struct resolve *r, const struct node *vm, struct guest_config *ret,
		       struct vm_note *note)
{
	const struct node *node = node_get(vm, "guest");
	struct guest_values v = { .config = { .wait = GUEST_WAIT_SPIN } };

	if (!node) {
		error_at(r->d, &vm->at, "the key 'guest' is missing in vms[]");
		return;
	}
	if (!section_read(node, SECTION_GUEST, &vm->at, &v, r->d))
		return;
	read_other_exits(r, node, &v.config.other_exits);
	note->workload = find_workload(r, node_get(node, "workload"), v.workload);
	if (!note->workload)
		return;
	v.config.workload = note->workload->workload;
	check_guest_keys(r, node, note->workload);
	if (note->workload->keys && keys_have(note->workload->keys, "program"))
		scenario_program(r, node, &v.config);
	if (v.file && note->workload->needs_file)
		read_recording(r, v.file, &v.config, note);
	*ret = v.config;
}

static void read_vms(struct resolve *r)
{
	struct world_config *config = &r->run->config;
	const struct node *list = resolve_list(r, r->tree, SECTION_VMS, true, LIMIT_VCPUS);

	if (!list)
		return;
	r->vms = arena_new(&r->run->arena, struct vm_config, list->n);
	r->notes = arena_new(&r->run->arena, struct vm_note, list->n);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct node *item = list->entries[i].value;
		struct vm_config *vm = &r->vms[i];

		if (!section_read(item, SECTION_VMS, &item->at, vm, r->d))
			continue;
		for (uint32_t j = 0; j < i; j++)
			if (r->vms[j].name && strcmp(r->vms[j].name, vm->name) == 0)
				error_at(r->d, &node_get(item, "name")->at,
					 "name: VM '%s' is there twice", vm->name);
		section_read(node_get(item, "disable_exits"), SECTION_DISABLE_EXITS, &item->at,
			     &vm->disable_exits, r->d);
		read_vcpus(r, item, vm);
		read_guest(r, item, &vm->guest, &r->notes[i]);
	}
	config->n_vms = list->n;
	config->vms = r->vms;
	r->run->vms = r->notes;
}

/* One "path=value" over the tree. */
static bool apply_set(struct resolve *r, const char *set)
{
	struct yaml_budget budget = { &r->run->arena, 0 };
	struct source *source = text_from(SET_SOURCE_NAME, set, TEXT_CSV, r->d);

	if (!source)
		return false;
	g_ptr_array_add(r->run->sources, source);
	const struct source_pos start = { source, 1, 1 };
	const char *equals = strchr(source->text, '=');

	if (!equals || equals == source->text)
		return error_at(r->d, &start, "write it as key=value, e.g. host.hz=1000");
	const size_t length = (size_t)(equals - source->text);

	if (equals[1 + strspn(equals + 1, " ")] == '\0')
		return error_at(r->d, &start, "there is no value behind the '='");
	const struct node *value = yaml_read(source, length + 1, &budget, r->d);
	const struct node *over =
		value ? merge_path(r->tree, arena_strndup(&r->run->arena, source->text, length),
				   value, &start, &r->run->arena, r->d)
		      : NULL;

	if (!over)
		return false;
	r->tree = merge_trees(r->tree, over, &r->run->arena);
	return true;
}

/* The tree of the run; messages about the whole stay at the file, whatever was merged over it. */
static bool merge_all(struct resolve *r, const struct scenario_variant *variant,
		      const char *const *sets, size_t n_sets)
{
	bool ok = true;

	r->tree = merge_trees(r->file->tree, variant->tree, &r->run->arena);
	if (n_sets > LIMIT_SETS)
		return error_plain(r->d, 2, "more than %d --set", LIMIT_SETS);
	for (size_t i = 0; i < n_sets; i++)
		ok &= apply_set(r, sets[i]);
	struct node *root = arena_new(&r->run->arena, struct node, 1);

	*root = *r->tree;
	root->at = r->file->tree->at;
	r->tree = root;
	return ok;
}

static void read_all(struct resolve *r)
{
	struct world_config *config = &r->run->config;

	section_read(r->tree, SECTION_TOP, &r->tree->at, &r->top, r->d);
	config->seed = r->top.seed;
	config->duration = r->top.duration;
	scenario_kernel(&r->top, &r->run->arena, &config->kernel, &r->run->release, r->d);
	read_host(r);
	read_costs(r);
	read_kvm(r);
	read_tuner(r);
	read_vms(r);
	scenario_timeline(r);
}

static void free_source(gpointer source) { source_free(source); }

struct scenario_run *scenario_resolve(const struct scenario_file *file,
				      const struct scenario_variant *variant,
				      const char *const *sets, size_t n_sets, struct diagnostics *d)
{
	struct scenario_run *run = g_new0(struct scenario_run, 1);
	struct resolve r = { .run = run, .file = file, .d = d, .errors_before = d->n };

	run->file = file;
	run->variant = variant;
	run->sources = g_ptr_array_new_with_free_func(free_source);
	if (merge_all(&r, variant, sets, n_sets))
		read_all(&r);
	if (d->n == r.errors_before)
		return run;
	scenario_run_free(run);
	return NULL;
}

void scenario_run_free(struct scenario_run *run)
{
	if (!run)
		return;
	g_ptr_array_unref(run->sources);
	arena_clear(&run->arena);
	g_free(run);
}
