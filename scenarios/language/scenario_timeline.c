/* SPDX-License-Identifier: MIT */
#include "scenario_timeline.h"

#include "scenario_limits.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

/* "vm0.1", or "1" if there is one VM. */
static bool find_vcpu(struct resolve *r, const struct node *node, struct timeline_command *ret)
{
	const struct world_config *config = &r->run->config;
	const char *text, *dot;
	uint64_t id = 0;

	if (!value_text(node, &(struct value_key){ .name = "vcpu" }, &text, r->d))
		return false;
	dot = strrchr(text, '.');
	if (!dot && config->n_vms != 1)
		return error_at(r->d, &node->at, "vcpu: '%s' names no VM; write e.g. '%s.0'", text,
				config->n_vms && config->vms[0].name ? config->vms[0].name : "vm0");
	const char *number = dot ? dot + 1 : text;
	const bool is_number =
		*number && strspn(number, "0123456789") == strlen(number) && strlen(number) <= 4;

	for (const char *p = number; is_number && *p; p++)
		id = id * 10 + (uint64_t)(*p - '0');
	for (uint32_t vm = 0; is_number && vm < config->n_vms; vm++) {
		const struct vm_config *v = &config->vms[vm];

		if (dot && (!v->name || strlen(v->name) != (size_t)(dot - text) ||
			    memcmp(v->name, text, (size_t)(dot - text)) != 0))
			continue;
		for (uint32_t i = 0; i < v->n_vcpus; i++) {
			if (v->vcpus[i].id != id)
				continue;
			ret->vm = vm;
			ret->vcpu = i;
			return true;
		}
	}
	return error_at(r->d, &node->at, "vcpu: there is no vCPU '%s'; write VM.ID", text);
}

static bool check_command_keys(struct resolve *r, const struct node *item,
			       const struct timeline_command *command)
{
	const struct command_keys *keys = command_keys(command->what);
	const char *name = value_enum_name(command_names(), command->what);
	g_auto(GStrv) needed = g_strsplit(keys->needed, " ", -1);
	bool ok = true;

	for (uint32_t i = 0; i < item->n; i++) {
		const struct node_entry *e = &item->entries[i];

		if (!keys_have("at every do", e->key) && !keys_have(keys->needed, e->key) &&
		    !keys_have(keys->optional, e->key))
			ok = error_at(r->d, &e->at, "%s: '%s' does not take it", e->key, name);
	}
	for (char **key = needed; *key; key++)
		if (!node_get(item, *key))
			ok = error_at(r->d, &item->at, "the key '%s' is missing: '%s' needs it",
				      *key, name);
	return ok;
}

/* How often it happens before the end of the run; 0 after an error. */
static uint64_t count_command(struct resolve *r, const struct node *item,
			      struct timeline_command *command)
{
	const struct node *at = node_get(item, "at"), *every = node_get(item, "every");
	const ps_t end = r->run->config.duration;

	if (!at && !every) {
		error_at(r->d, &item->at, "a command needs 'at' or 'every'");
		return 0;
	}
	if (!at)
		command->at = command->every;
	if (end.v && command->at.v >= end.v) {
		error_at(r->d, at ? &at->at : &every->at,
			 "%s: '%s' is not before the end of the run", at ? "at" : "every",
			 at ? at->text : every->text);
		return 0;
	}
	return end.v && every ? (end.v - 1 - command->at.v) / command->every.v + 1 : 1;
}

/* The VM by its name; without one, the only VM. */
static bool find_vm(struct resolve *r, const struct node *item, const struct node *node,
		    struct timeline_command *ret)
{
	const struct world_config *config = &r->run->config;
	g_autofree const char **names = g_new0(const char *, config->n_vms + 1);
	const char *text;

	if (!node && config->n_vms > 1)
		return error_at(r->d, &item->at,
				"the key 'vm' is missing: '%s' needs it, because there is more "
				"than one VM",
				value_enum_name(command_names(), ret->what));
	if (!node)
		return true;
	if (!value_text(node, &(struct value_key){ .name = "vm" }, &text, r->d))
		return false;
	for (uint32_t i = 0, n = 0; i < config->n_vms; i++) {
		if (!config->vms[i].name)
			continue;
		names[n++] = config->vms[i].name;
		if (strcmp(config->vms[i].name, text) != 0)
			continue;
		ret->vm = i;
		return true;
	}
	g_autofree char *hint = value_hint(text, names);

	return error_at(r->d, &node->at, "vm: there is no VM '%s'%s", text, hint);
}

static bool read_param(struct resolve *r, const struct command_values *v,
		       struct timeline_command *ret)
{
	static const enum kvm_param params[] = {
		[NAME_LAPIC_TIMER_ADVANCE_NS] = KVM_PARAM_LAPIC_TIMER_ADVANCE_NS,
		[NAME_LAPIC_TIMER_ADVANCE] = KVM_PARAM_LAPIC_TIMER_ADVANCE_NS,
		[NAME_MIN_TIMER_PERIOD_US] = KVM_PARAM_MIN_TIMER_PERIOD_US,
	};
	uint32_t name;
	bool on = false;

	if (!value_enum(v->name, &(struct value_key){ .name = "name" }, kvm_param_names(), &name,
			r->d))
		return false;
	const struct parameter *p = parameter_find(SECTION_KVM, v->name->text);

	ret->param = params[name];
	if (!resolve_advance_name(r, &v->name->at, p->key))
		return false;
	if (p->type != PARAMETER_SWITCH)
		return parameter_read(v->value, p, &ret->value, r->d);
	if (!parameter_read(v->value, p, &on, r->d))
		return false;
	ret->value = on;
	return true;
}

static bool read_write_tsc(struct resolve *r, const struct node *item,
			   const struct command_values *v, struct timeline_command *ret)
{
	const struct value_key key = { .name = v->by ? "by" : "value", .max = UINT64_MAX };
	uint64_t cycles;

	if (!v->value == !v->by)
		return error_at(r->d, &item->at, "write-tsc: needs one of value and by");
	if (v->by ? !value_offset(v->by, &key, &cycles, r->d)
		  : !value_cycles(v->value, &key, &cycles, r->d))
		return false;
	ret->value = (int64_t)cycles;
	ret->relative = v->by;
	return true;
}

static bool read_order(struct resolve *r, const struct node *node, struct timeline_command *ret)
{
	static const enum restore_part all[RESTORE_PARTS] = { RESTORE_KHZ, RESTORE_TSC,
							      RESTORE_LAPIC, RESTORE_TSC_DEADLINE };
	const struct value_key key = { .name = "order" };
	const struct node **items;
	uint32_t n, part, seen = 0;

	memcpy(ret->order, all, sizeof(all));
	ret->n_order = RESTORE_PARTS;
	if (!node)
		return true;
	items = value_list(node, &key, &n, &r->run->arena, r->d);
	if (!items)
		return false;
	if (n == 0)
		return error_at(r->d, &node->at, "order: is empty");
	for (uint32_t i = 0; i < n; i++) {
		if (!value_enum(items[i], &key, restore_part_names(), &part, r->d))
			return false;
		if (seen & 1u << part)
			return error_at(r->d, &items[i]->at, "order: '%s' is there twice",
					items[i]->text);
		seen |= 1u << part;
		ret->order[i] = (enum restore_part)part;
	}
	ret->n_order = n;
	return true;
}

/* What the new host's TSC reads, if the file does not say, stands in follow_move(). */
static bool read_move(struct resolve *r, const struct node *item, struct timeline_command *ret)
{
	const struct node *to = node_get(item, "to");
	struct move_to_values v = { .tsc_scaling = true };

	if (!section_read(to, SECTION_MOVE_TO, &item->at, &v, r->d))
		return false;
	ret->to_tsc_khz = v.tsc_khz;
	ret->to_tsc = v.reads;
	ret->to_tsc_scaling = v.tsc_scaling;
	return true;
}

static bool read_vm_command(struct resolve *r, const struct node *item,
			    const struct command_values *v, struct timeline_command *ret)
{
	const struct node_entry *every = node_entry(item, "every");

	if (!find_vm(r, item, v->vm, ret))
		return false;
	if (every && (ret->what == DO_MOVE_VM || ret->what == DO_CREATE_VM))
		return error_at(r->d, &every->at, "every: '%s' happens once",
				value_enum_name(command_names(), ret->what));
	switch (ret->what) {
	case DO_RESTORE: return read_order(r, v->order, ret);
	case DO_MOVE_VM: return read_move(r, item, ret);
	case DO_CREATE_VM:
		if (r->vms)
			r->vms[ret->vm].created_later = true;
		return true;
	default: return true;
	}
}

static bool read_operands(struct resolve *r, const struct node *item,
			  const struct command_values *v, struct timeline_command *ret)
{
	if (v->vcpu && !find_vcpu(r, v->vcpu, ret))
		return false;
	switch (ret->what) {
	case DO_SET_PARAM: return read_param(r, v, ret);
	case DO_WRITE_TSC: return read_write_tsc(r, item, v, ret);
	case DO_PAUSE:
	case DO_RESUME:
	case DO_SAVE:
	case DO_RESTORE:
	case DO_MOVE_VM:
	case DO_CREATE_VM: return read_vm_command(r, item, v, ret);
	default: return true;
	}
}

static uint64_t read_command(struct resolve *r, const struct node *item,
			     struct timeline_command *ret)
{
	const uint32_t n_cpus = r->run->config.host.n_cpus;
	const struct node *cpu = node_get(item, "cpu"), *cpus = node_get(item, "cpus");
	struct command_values v = { 0 };

	if (!section_read(item, SECTION_TIMELINE, &item->at, &v, r->d) ||
	    !check_command_keys(r, item, &v.command))
		return 0;
	if (cpu && n_cpus && v.cpu >= n_cpus)
		resolve_fail_foreign_cpu(r, cpu, "cpu", v.cpu);
	if (cpus && n_cpus && resolve_foreign_cpu(r, &v.command.cpus) < CPUS_MAX)
		resolve_fail_foreign_cpu(r, cpus, "cpus", resolve_foreign_cpu(r, &v.command.cpus));
	read_operands(r, item, &v, &v.command);
	v.command.cpu = (uint32_t)v.cpu;
	*ret = v.command;
	return count_command(r, item, ret);
}

/* --- checks across commands --- */

struct happening { /* one execution of a command */
	uint64_t at;
	uint32_t index; /* of the command: at equal instants, the order of the file */
};

struct vm_history { /* of one VM, up to the command under check */
	bool created, paused, saved;
	khz_t tsc_khz; /* of the host it is on, and what its TSC read at `since` */
	uint64_t tsc, since;
};

static gint compare_happenings(gconstpointer a, gconstpointer b)
{
	const struct happening *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool concerns_vm(enum timeline_do what)
{
	switch (what) {
	case DO_MIGRATE:
	case DO_SET_AFFINITY:
	case DO_WRITE_TSC:
	case DO_PAUSE:
	case DO_RESUME:
	case DO_SAVE:
	case DO_RESTORE:
	case DO_MOVE_VM:
	case DO_CREATE_VM: return true;
	default: return false;
	}
}

/* All executions of commands that concern a VM, in the order in which they happen. */
static GArray *list_happenings(const struct world_config *config)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct happening));

	for (uint32_t i = 0; i < config->n_timeline; i++) {
		const struct timeline_command *c = &config->timeline[i];
		struct happening h = { c->at.v, i };

		if (!concerns_vm(c->what))
			continue;
		g_array_append_val(all, h);
		while (c->every.v && c->every.v < config->duration.v - h.at) {
			h.at += c->every.v;
			g_array_append_val(all, h);
		}
	}
	g_array_sort(all, compare_happenings);
	return all;
}

static void follow_move(const struct node *item, struct vm_history *vm,
			struct timeline_command *command)
{
	const unsigned __int128 cycles =
		(unsigned __int128)(command->at.v - vm->since) * vm->tsc_khz.v / NSEC_PER_SEC;

	if (!node_get(node_get(item, "to"), "reads"))
		command->to_tsc = vm->tsc + (uint64_t)cycles;
	vm->tsc_khz = command->to_tsc_khz;
	vm->tsc = command->to_tsc;
	vm->since = command->at.v;
}

/* What is wrong with @what in this state of the VM; NULL: nothing. */
static const char *misplaced(const struct vm_history *vm, enum timeline_do what)
{
	if (what == DO_CREATE_VM)
		return vm->created ? "is created already" : NULL;
	if (!vm->created)
		return "is not created yet";
	switch (what) {
	case DO_PAUSE: return vm->paused ? "is paused already" : NULL;
	case DO_RESUME:
	case DO_SAVE:
	case DO_MOVE_VM: return vm->paused ? NULL : "is not paused";
	case DO_RESTORE:
		return !vm->paused ? "is not paused" : vm->saved ? NULL : "was never saved before";
	default: return NULL;
	}
}

static bool follow(struct resolve *r, const struct node *item, struct vm_history *vm,
		   struct timeline_command *command, uint64_t at)
{
	const char *wrong = misplaced(vm, command->what);

	if (wrong) {
		g_autoptr(GString) when = g_string_new(NULL);

		value_print_duration(when, ps(at));
		return error_at(r->d, &node_get(item, "do")->at, "%s: VM '%s' %s (at %s)",
				value_enum_name(command_names(), command->what),
				r->run->config.vms[command->vm].name, wrong, when->str);
	}
	switch (command->what) {
	case DO_CREATE_VM: vm->created = true; break;
	case DO_PAUSE: vm->paused = true; break;
	case DO_RESUME: vm->paused = false; break;
	case DO_SAVE: vm->saved = true; break;
	case DO_MOVE_VM: follow_move(item, vm, command); break;
	default: break;
	}
	return true;
}

/* A hog that nobody starts is a CPU misspelt. */
static void check_hogs(struct resolve *r, const struct node *list,
		       const struct timeline_command *commands)
{
	uint64_t first[CPUS_MAX];

	for (unsigned i = 0; i < CPUS_MAX; i++)
		first[i] = UINT64_MAX;
	for (uint32_t i = 0; i < list->n; i++)
		if (commands[i].what == DO_HOG_START)
			first[commands[i].cpu] = MIN(first[commands[i].cpu], commands[i].at.v);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct timeline_command *c = &commands[i];
		const uint64_t start = first[c->cpu];

		/* one that is repeated may begin before the hog does */
		if (c->what == DO_HOG_STOP &&
		    (start == UINT64_MAX || (!c->every.v && c->at.v < start)))
			error_at(r->d, &node_get(list->entries[i].value, "do")->at,
				 "hog-stop: no hog was started on CPU %u before", c->cpu);
	}
}

/* Stops at the first fault: what comes after it rests on it. */
static void check_order(struct resolve *r, const struct node *list,
			struct timeline_command *commands)
{
	const struct world_config *config = &r->run->config;
	g_autofree struct vm_history *vms = g_new(struct vm_history, config->n_vms);
	g_autoptr(GArray) all = list_happenings(config);

	for (uint32_t i = 0; i < config->n_vms; i++)
		vms[i] = (struct vm_history){ .created = !config->vms[i].created_later,
					      .tsc_khz = config->host.tsc_khz,
					      .tsc = config->host.start_tsc };
	for (guint i = 0; i < all->len; i++) {
		const struct happening *h = &g_array_index(all, struct happening, i);
		struct timeline_command *c = &commands[h->index];

		if (!follow(r, list->entries[h->index].value, &vms[c->vm], c, h->at))
			return;
	}
}

void scenario_timeline(struct resolve *r)
{
	const struct node *list =
		resolve_list(r, r->tree, SECTION_TIMELINE, false, LIMIT_LIST_ITEMS);
	uint64_t events = 0;

	if (!list)
		return;
	struct timeline_command *commands =
		arena_new(&r->run->arena, struct timeline_command, list->n);

	for (uint32_t i = 0; i < list->n; i++) {
		const struct node *item = list->entries[i].value;
		const uint64_t n = read_command(r, item, &commands[i]);

		if (n > LIMIT_TIMELINE_EVENTS - events) {
			error_at(r->d, &item->at,
				 "timeline: more than %d events, each repetition counted",
				 LIMIT_TIMELINE_EVENTS);
			return;
		}
		events += n;
	}
	r->run->config.n_timeline = list->n;
	r->run->config.timeline = commands;
	if (r->d->n == r->errors_before)
		check_hogs(r, list, commands);
	if (r->d->n == r->errors_before)
		check_order(r, list, commands);
}
