/* SPDX-License-Identifier: MIT */
#include "scenario_kernel.h"

#include "value.h"

#include <string.h>

static const char **decision_names(void)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);
	const char **names = g_new0(const char *, n + 1);

	for (size_t i = 0; i < n; i++)
		names[i] = all[i].name;
	return names;
}

static const char **form_names(const struct kernel_decision *decision)
{
	const char **names = g_new0(const char *, kernel_rows(decision) + 1);

	for (size_t i = 0; i < kernel_rows(decision); i++)
		names[i] = kernel_row(decision, i)->name;
	return names;
}

/* The commits of all forms; a row made by several lists them with commas. */
static char **commit_names(void)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);
	g_autoptr(GString) list = g_string_new(NULL);

	for (size_t i = 0; i < n; i++) {
		for (size_t row = 0; row < kernel_rows(&all[i]); row++) {
			const char *commit = kernel_row(&all[i], row)->commit;

			if (commit)
				g_string_append_printf(list, "%s%s", list->len ? "," : "", commit);
		}
	}
	return g_strsplit(list->str, ",", -1);
}

static bool read_release(const struct node *node, struct kernel *ret, uint32_t *release,
			 struct diagnostics *d)
{
	const char *text;

	if (!value_text(node, &(struct value_key){ .name = "kernel" }, &text, d))
		return false;
	if (!kernel_parse_release(text, release))
		return error_at(
			d, &node->at,
			"kernel: '%s' is not a release from v%u.%u to v%u.%u; write e.g. 'v5.2'",
			text, KERNEL_RELEASE_MIN >> 8, KERNEL_RELEASE_MIN & 0xff,
			KERNEL_RELEASE_MAX >> 8, KERNEL_RELEASE_MAX & 0xff);
	kernel_init(ret, *release);
	return true;
}

static bool fail_commit(const struct node *node, const char *key, enum kernel_change change,
			const struct kernel *kernel, const struct kernel_decision *why,
			struct diagnostics *d)
{
	switch (change) {
	case KERNEL_SHORT_COMMIT:
		return error_at(d, &node->at,
				"%s: '%s' is not a commit id; write 7 to 40 hex digits", key,
				node->text);
	case KERNEL_NOT_IN_FORCE:
		return error_at(d, &node->at,
				"%s: the form of '%s' in force is '%s', not the one of commit '%s'",
				key, why->name, kernel_chosen(kernel, why)->name, node->text);
	case KERNEL_NOTHING_BEFORE:
		return error_at(d, &node->at, "%s: '%s' has no form before the one of commit '%s'",
				key, why->name, node->text);
	default: break;
	}
	g_auto(GStrv) commits = commit_names();
	g_autofree char *hint = value_hint(node->text, (const char *const *)(void *)commits);

	return error_at(d, &node->at, "%s: no decision was changed by commit '%s'%s", key,
			node->text, hint);
}

static bool read_commits(const struct node *node, const char *key, bool revert, struct arena *arena,
			 struct kernel *kernel, struct diagnostics *d)
{
	uint32_t n = 0;
	bool ok = true;

	if (!node)
		return true;
	const struct node **items =
		value_list(node, &(struct value_key){ .name = key }, &n, arena, d);

	for (uint32_t i = 0; items && i < n; i++) {
		const struct kernel_decision *why = NULL;
		const enum kernel_change change =
			revert ? kernel_revert(kernel, items[i]->text, &why)
			       : kernel_apply(kernel, items[i]->text);

		if (change != KERNEL_CHANGED)
			ok = fail_commit(items[i], key, change, kernel, why, d);
	}
	return items && ok;
}

static bool fail_decision(const struct node_entry *entry, struct diagnostics *d)
{
	g_autofree const char **names = decision_names();
	g_autofree char *hint = value_hint(entry->key, names);

	return error_at(d, &entry->at, "forms: '%s' is not a decision%s", entry->key,
			*hint ? hint : "; see lapicsim list kernels");
}

static bool fail_form(const struct node_entry *entry, const struct kernel_decision *decision,
		      struct diagnostics *d)
{
	g_autofree const char **names = form_names(decision);
	const char *near = nearest_name(entry->value->text, names);
	g_autofree char *all = near ? NULL : g_strjoinv(", ", (char **)(void *)names);

	return error_at(d, &entry->value->at, "forms: '%s' is not a form of '%s'; %s%s%s",
			entry->value->text, entry->key, near ? "did you mean '" : "it has ",
			near ? near : all, near ? "'?" : "");
}

/* @before is the release alone: what differs from it was chosen by apply or revert. */
static bool read_form(const struct node_entry *entry, const struct kernel *before,
		      struct kernel *kernel, struct diagnostics *d)
{
	const struct kernel_decision *decision = NULL;
	const struct kernel chosen = *kernel;
	const char *form;

	if (!value_text(entry->value, &(struct value_key){ .name = entry->key }, &form, d))
		return false;
	const enum kernel_change change = kernel_set_form(kernel, entry->key, form, &decision);

	if (change == KERNEL_UNKNOWN_DECISION)
		return fail_decision(entry, d);
	if (change != KERNEL_CHANGED)
		return fail_form(entry, decision, d);
	const struct variant *now = kernel_chosen(kernel, decision);
	const struct variant *by_commit = kernel_chosen(&chosen, decision);

	if (by_commit == kernel_chosen(before, decision) || by_commit == now)
		return true;
	return error_at(d, &entry->value->at,
			"forms: '%s' contradicts '%s', which apply or revert chose for '%s'", form,
			by_commit->name, entry->key);
}

bool scenario_kernel(const struct top_values *top, struct arena *arena, struct kernel *ret,
		     uint32_t *release, struct diagnostics *d)
{
	bool ok;

	if (!top->kernel || !read_release(top->kernel, ret, release, d))
		return false;
	const struct kernel before = *ret;

	ok = read_commits(top->apply, "apply", false, arena, ret, d);
	ok &= read_commits(top->revert, "revert", true, arena, ret, d);
	if (!top->forms)
		return ok;
	if (top->forms->kind != NODE_MAP)
		return error_at(d, &top->forms->at,
				"forms: takes a map of decisions and their forms, not %s",
				node_kind_name(top->forms));
	for (uint32_t i = 0; i < top->forms->n; i++)
		ok &= read_form(&top->forms->entries[i], &before, ret, d);
	return ok;
}
