/* SPDX-License-Identifier: MIT */
#include "neighbours.h"

void form_change_make(struct kernel *kernel, const struct form_change *change)
{
	kernel_choose(kernel, change->decision, change->to);
}

/* The nearest form before or after @v that was in a release; NULL: there is none. */
static const struct variant *next_form(const struct kernel_decision *d, const struct variant *v,
				       bool back)
{
	size_t i = kernel_index(d, v);

	while (back ? i-- > 0 : ++i < kernel_rows(d))
		if (kernel_row(d, i)->known != KNOWN_NEVER)
			return kernel_row(d, i);
	return NULL;
}

static struct neighbour *add(GPtrArray *list, const struct kernel *kernel,
			     const struct commit *commit, bool back)
{
	struct neighbour *n = g_new0(struct neighbour, 1);

	n->commit = commit;
	n->back = back;
	n->kernel = *kernel;
	n->changes = g_array_new(FALSE, FALSE, sizeof(struct form_change));
	g_ptr_array_add(list, n);
	return n;
}

/* Where the other forms of the same commit are. */
static struct neighbour *same_commit(GPtrArray *list, const struct commit *commit, bool back)
{
	for (guint i = 0; commit && i < list->len; i++) {
		struct neighbour *n = g_ptr_array_index(list, i);

		if (n->commit == commit && n->back == back)
			return n;
	}
	return NULL;
}

static void add_change(GPtrArray *list, const struct kernel *kernel,
		       const struct form_change *change, bool back)
{
	const struct commit *commit =
		commit_of_form(change->decision, back ? change->from : change->to);
	struct neighbour *n = same_commit(list, commit, back);

	if (!n)
		n = add(list, kernel, commit, back);
	g_array_append_val(n->changes, *change);
	form_change_make(&n->kernel, change);
}

GPtrArray *neighbours_of(const struct kernel *kernel, uint32_t release)
{
	GPtrArray *list = g_ptr_array_new();
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);
	struct kernel released;

	kernel_init(&released, release);
	for (size_t d = 0; d < n; d++) {
		struct form_change change = { .decision = &decisions[d],
					      .from = kernel_chosen(kernel, &decisions[d]) };

		if (change.from->known == KNOWN_NEVER) {
			change.to = kernel_chosen(&released, change.decision);
			add_change(list, kernel, &change, true);
			continue;
		}
		for (unsigned back = 0; back < 2; back++) {
			change.to = next_form(change.decision, change.from, back);
			if (change.to)
				add_change(list, kernel, &change, back);
		}
	}
	return list;
}

void neighbours_free(GPtrArray *neighbours)
{
	for (guint i = 0; i < neighbours->len; i++) {
		struct neighbour *n = g_ptr_array_index(neighbours, i);

		g_array_unref(n->changes);
		g_free(n);
	}
	g_ptr_array_unref(neighbours);
}
