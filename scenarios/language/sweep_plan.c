/* SPDX-License-Identifier: MIT */
#include "sweep_plan.h"

#include "parameters.h"
#include "scenario_limits.h"
#include "scenario_values.h"
#include "text.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

struct planning {
	struct sweep_plan *plan;
	const struct sweep_options *options;
	struct sweep_values section;
	struct diagnostics *d;
};

static void free_source(gpointer source) { source_free(source); }

/* A text of the command line as a node that stands in it at @offset; NULL after an error. */
static const struct node *node_from(struct planning *p, const char *option, const char *text,
				    size_t offset)
{
	struct source *source = text_from(option, text, TEXT_CSV, p->d);

	if (!source)
		return NULL;
	g_ptr_array_add(p->plan->sources, source);
	struct node *node = arena_new(&p->plan->arena, struct node, 1);
	const glong column = g_utf8_strlen(source->text, (gssize)offset);

	*node = (struct node){ .kind = NODE_SCALAR,
			       .at = { source, 1, (uint32_t)column + 1 },
			       .text = source->text + offset,
			       .text_column = (uint32_t)column + 1 };
	return node;
}

/* --- axes --- */

static bool add_axis(struct planning *p, const char *key, const struct source_pos *at,
		     const struct node *values)
{
	struct sweep_plan *plan = p->plan;
	struct sweep_axis axis;
	uint32_t i = 0;

	if (!sweep_axis_read(plan->file, key, at, values, &plan->arena, &axis, p->d))
		return false;
	while (i < plan->n_axes && !g_str_equal(plan->axes[i].key, key))
		i++;
	if (i == LIMIT_SWEEP_AXES)
		return error_at(p->d, at, "axes: more than %d axes", LIMIT_SWEEP_AXES);
	if (i == plan->n_axes)
		plan->n_axes++;
	plan->axes[i] = axis;
	return true;
}

static bool add_file_axes(struct planning *p)
{
	const struct node *axes = p->section.axes;
	bool ok = true;

	if (!axes)
		return true;
	if (axes->kind != NODE_MAP)
		return error_at(p->d, &axes->at, "axes: takes a map of keys and values, not %s",
				node_kind_name(axes));
	for (uint32_t i = 0; i < axes->n; i++)
		ok &= add_axis(p, axes->entries[i].key, &axes->entries[i].at,
			       axes->entries[i].value);
	return ok;
}

static bool add_axis_option(struct planning *p, const char *text)
{
	const char *equals = strchr(text, '=');
	const struct node *whole = node_from(p, "--axis", text, 0);

	if (!whole)
		return false;
	if (!equals || equals == text)
		return error_at(p->d, &whole->at, "write it as key=values, e.g. host.hz=100,1000");
	const size_t length = (size_t)(equals - text);
	const char *key = arena_strndup(&p->plan->arena, text, length);

	/* One replaces an axis of the file, not another of the command line. */
	for (const char *const *before = p->options->axes; *before != text; before++)
		if (strncmp(*before, text, length + 1) == 0)
			return error_at(p->d, &whole->at, "the axis '%s' is there twice", key);
	const struct node *values = node_from(p, "--axis", text, (size_t)(equals + 1 - text));

	return values && add_axis(p, key, &whole->at, values);
}

static int find_kind(const struct sweep_plan *plan, enum sweep_axis_kind kind)
{
	for (uint32_t i = 0; i < plan->n_axes; i++)
		if (plan->axes[i].kind == kind)
			return (int)i;
	return -1;
}

/* All variants, or the one that --variant names. */
static bool add_variants(struct planning *p)
{
	struct sweep_plan *plan = p->plan;
	const char *only = p->options->variant;
	const int i = find_kind(plan, SWEEP_VARIANT);

	if (only) {
		const struct node *node = node_from(p, "--variant", only, 0);

		for (const char *const *text = p->options->axes; node && text && *text; text++)
			if (g_str_has_prefix(*text, "variant="))
				return error_at(p->d, &node->at,
						"--axis %s chooses the variants already", *text);
		return node && add_axis(p, "variant", &node->at, node);
	}
	if (i >= 0 || plan->file->n_variants < 2)
		return true;
	if (plan->n_axes == LIMIT_SWEEP_AXES)
		return error_plain(p->d, 2, "axes: more than %d axes, with that of the variants",
				   LIMIT_SWEEP_AXES);
	sweep_axis_variants(plan->file, &plan->arena, &plan->axes[plan->n_axes++]);
	return true;
}

static bool count_cells(struct planning *p)
{
	struct sweep_plan *plan = p->plan;
	unsigned __int128 cells = 1;

	for (uint32_t i = plan->n_axes; i-- > 0;) {
		plan->axes[i].stride = (uint64_t)cells;
		cells *= plan->axes[i].n;
		if (cells > LIMIT_SWEEP_POINTS)
			return error_at(p->d, &plan->axes[0].at,
					"axes: more than %d points in the grid",
					LIMIT_SWEEP_POINTS);
	}
	plan->cells = (uint64_t)cells;
	return true;
}

static bool add_axes(struct planning *p)
{
	bool ok;

	p->plan->axes = arena_new(&p->plan->arena, struct sweep_axis, LIMIT_SWEEP_AXES);
	ok = add_file_axes(p);
	for (const char *const *text = p->options->axes; text && *text; text++)
		ok &= add_axis_option(p, *text);
	return ok && add_variants(p) && count_cells(p);
}

/* --- constraints, metrics, histograms --- */

static bool add_where(struct planning *p, const struct node *node)
{
	struct sweep_plan *plan = p->plan;
	struct source_pos at = node->at;

	if (plan->n_where == LIMIT_SWEEP_TEXTS)
		return error_at(p->d, &at, "where: more than %d constraints", LIMIT_SWEEP_TEXTS);
	return sweep_where_parse(node->text, &at, plan->axes, plan->n_axes, &plan->arena,
				 &plan->where[plan->n_where++], p->d);
}

static bool add_wheres(struct planning *p)
{
	uint32_t n = 0;
	const struct node *node = p->section.where;
	const struct node **items = node ? value_list(node, &(struct value_key){ .name = "where" },
						      &n, &p->plan->arena, p->d)
					 : NULL;
	bool ok = !node || items;

	p->plan->where = arena_new(&p->plan->arena, struct sweep_where, LIMIT_SWEEP_TEXTS);
	for (uint32_t i = 0; ok && i < n; i++)
		ok = add_where(p, items[i]);
	for (const char *const *text = p->options->where; ok && text && *text; text++) {
		const struct node *option = node_from(p, "--where", *text, 0);

		ok = option && add_where(p, option);
	}
	return ok;
}

struct texts {
	struct sweep_text *items;
	uint32_t *n;
	const char *key;
};

static bool add_text(struct planning *p, const struct texts *to, const char *name,
		     const struct node *node)
{
	const struct value_key key = { .name = to->key };
	struct sweep_text text = { .name = name, .at = node->at };

	if (!value_text(node, &key, &text.text, p->d))
		return false;
	if (!node->text_column)
		return error_at(p->d, &node->at,
				"%s: an expression must stand on one line, without escapes",
				to->key);
	if (sweep_text_is_formula(text.text))
		return error_at(p->d, &node->at, "%s: '%s' begins with a sign", to->key, text.text);
	text.at.column = node->text_column;
	text.name = name ? name : text.text;
	for (uint32_t i = 0; i < *to->n; i++)
		if (g_str_equal(to->items[i].name, text.name))
			return error_at(p->d, &node->at, "%s: '%s' is there twice", to->key,
					text.name);
	if (*to->n == LIMIT_SWEEP_TEXTS)
		return error_at(p->d, &node->at, "%s: more than %d", to->key, LIMIT_SWEEP_TEXTS);
	to->items[(*to->n)++] = text;
	return true;
}

static bool add_named(struct planning *p, const struct texts *to, const struct node *map)
{
	bool ok = true;

	for (uint32_t i = 0; i < map->n; i++) {
		const struct node_entry *e = &map->entries[i];
		const struct node key = { .kind = NODE_SCALAR, .at = e->at, .text = e->key };
		const char *name;

		ok &= value_word(&key, &(struct value_key){ .name = to->key }, &name, p->d) &&
		      (!sweep_text_is_formula(name) ||
		       error_at(p->d, &e->at, "%s: '%s' begins with a sign", to->key, name)) &&
		      add_text(p, to, name, e->value);
	}
	return ok;
}

static bool add_texts(struct planning *p, struct sweep_text **items, uint32_t *n, const char *key,
		      const struct node *node, const char *option, const char *const *options)
{
	uint32_t n_items = 0;
	bool ok = true;

	*items = arena_new(&p->plan->arena, struct sweep_text, LIMIT_SWEEP_TEXTS);
	const struct texts to = { *items, n, key };

	for (const char *const *text = options; ok && text && *text; text++) {
		const struct node *one = node_from(p, option, *text, 0);

		ok = one && add_text(p, &to, NULL, one);
	}
	if (options || !node)
		return ok;
	if (node->kind == NODE_MAP)
		return add_named(p, &to, node);
	const struct node **list = value_list(node, &(struct value_key){ .name = key }, &n_items,
					      &p->plan->arena, p->d);

	ok = list != NULL;
	for (uint32_t i = 0; ok && i < n_items; i++)
		ok = add_text(p, &to, NULL, list[i]);
	return ok;
}

/* --- all --- */

static bool read_section(struct planning *p)
{
	const struct node *sweep = node_get(p->plan->file->tree, "sweep");

	return !sweep || section_read(sweep, SECTION_SWEEP, &sweep->at, &p->section, p->d);
}

struct sweep_plan *sweep_plan_read(const struct scenario_file *file,
				   const struct sweep_options *options, struct diagnostics *d)
{
	struct sweep_plan *plan = g_new0(struct sweep_plan, 1);
	struct planning p = { .plan = plan, .options = options, .d = d };

	plan->file = file;
	plan->sources = g_ptr_array_new_with_free_func(free_source);
	if (read_section(&p) && add_axes(&p) && add_wheres(&p) &&
	    add_texts(&p, &plan->metrics, &plan->n_metrics, "metrics", p.section.metrics,
		      "--metric", options->metrics) &&
	    add_texts(&p, &plan->histograms, &plan->n_histograms, "histograms",
		      p.section.histograms, "--histogram", options->histograms)) {
		plan->expect = p.section.expect;
		return plan;
	}
	sweep_plan_free(plan);
	return NULL;
}

void sweep_plan_free(struct sweep_plan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->sources);
	arena_clear(&plan->arena);
	g_free(plan);
}

const struct sweep_value *sweep_plan_value(const struct sweep_plan *plan, uint32_t axis,
					   uint64_t cell)
{
	const struct sweep_axis *a = &plan->axes[axis];

	return &a->values[cell / a->stride % a->n];
}

bool sweep_plan_admits(const struct sweep_plan *plan, uint64_t cell)
{
	for (uint32_t i = 0; i < plan->n_where; i++)
		if (!sweep_where_holds(&plan->where[i], plan->axes, cell))
			return false;
	return true;
}
