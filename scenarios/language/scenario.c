/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include "parameters.h"
#include "scenario_files.h"
#include "scenario_limits.h"
#include "scenario_values.h"
#include "sweep_plan.h"
#include "value.h"

#include <string.h>

static bool read_header(struct scenario_file *file, struct diagnostics *d)
{
	const struct node *name = node_get(file->tree, "scenario");
	const struct node *about = node_get(file->tree, "about");
	const struct node *source = node_get(file->tree, "source");
	const struct node *learned_from = node_get(file->tree, "learned_from");
	bool ok = true;

	file->fragment = !name;
	if (!name && !file->files->options.fragments)
		return error_at(
			d, &(struct source_pos){ file->tree->at.source, 0, 0 },
			"has no key 'scenario': it is a fragment, which can only be included");
	if (name)
		ok = value_word(name, &(struct value_key){ .name = "scenario" }, &file->name, d);
	if (about)
		ok &= value_text(about, &(struct value_key){ .name = "about" }, &file->about, d);
	if (source)
		ok &= value_text(source, &(struct value_key){ .name = "source" }, &file->source, d);
	if (learned_from)
		ok &= value_text(learned_from, &(struct value_key){ .name = "learned_from" },
				 &file->learned_from, d);
	return ok;
}

/* What describes the file cannot differ between its variants. */
static bool check_overrides(const struct node *tree, struct diagnostics *d)
{
	bool ok = true;

	for (uint32_t i = 0; i < tree->n; i++) {
		const struct node_entry *e = &tree->entries[i];
		const struct parameter *p = parameter_find(SECTION_TOP, e->key);
		const enum section_id child = section_child(SECTION_TOP, e->key);

		if (p ? p->file_only : child != SECTION_COUNT && section_get(child)->file_only)
			ok = error_at(d, &e->at, "a variant cannot change '%s'", e->key);
	}
	return ok;
}

static bool read_variant(const struct node_entry *entry, struct scenario_variant *ret,
			 struct diagnostics *d)
{
	const struct node key = { .kind = NODE_SCALAR, .at = entry->at, .text = entry->key };

	if (!value_word(&key, &(struct value_key){ .name = "variants" }, &ret->name, d))
		return false;
	ret->at = entry->at;
	ret->tree = entry->value;
	if (entry->value->kind == NODE_SCALAR && *entry->value->text == '\0')
		return error_at(d, &entry->at,
				"variants: '%s' is empty; write {} for one that changes nothing",
				entry->key);
	if (entry->value->kind != NODE_MAP)
		return error_at(d, &entry->value->at, "variants: '%s' takes a map, not %s",
				entry->key, node_kind_name(entry->value));
	return check_overrides(entry->value, d);
}

static bool read_variants(struct scenario_file *file, struct diagnostics *d)
{
	const struct node *node = node_get(file->tree, "variants");
	const uint32_t n = node ? node->n : 1;
	bool ok = true;

	if (node && (node->kind != NODE_MAP || n == 0))
		return error_at(d, &node->at,
				"variants: takes a map of names and what each overrides");
	if (n > LIMIT_VARIANTS)
		return error_at(d, &node->entries[LIMIT_VARIANTS].at,
				"variants: more than %d variants", LIMIT_VARIANTS);
	struct scenario_variant *variants =
		arena_new(&file->files->arena, struct scenario_variant, n);

	variants[0] = (struct scenario_variant){ .name = "run", .at = file->tree->at };
	for (uint32_t i = 0; node && i < n; i++)
		ok &= read_variant(&node->entries[i], &variants[i], d);
	file->n_variants = n;
	file->variants = variants;
	return ok;
}

const struct scenario_variant *scenario_variant(const struct scenario_file *file, const char *name,
						struct diagnostics *d)
{
	g_autofree const char **names = g_new0(const char *, file->n_variants + 1);

	for (uint32_t i = 0; i < file->n_variants; i++) {
		if (strcmp(file->variants[i].name, name) == 0)
			return &file->variants[i];
		names[i] = file->variants[i].name;
	}
	g_autofree char *hint = value_hint(name, names);
	g_autofree char *all = g_strjoinv(", ", (char **)(void *)names);

	if (*hint)
		error_plain(d, 2, "'%s' has no variant '%s'%s", file->path, name, hint);
	else
		error_plain(d, 2, "'%s' has no variant '%s'; it has %s", file->path, name, all);
	return NULL;
}

static bool is_variant(const struct scenario_file *file, const char *name)
{
	for (uint32_t i = 0; i < file->n_variants; i++)
		if (strcmp(file->variants[i].name, name) == 0)
			return true;
	return false;
}

/* The list of `only` or `not`, all of them variants of the file. */
static const char *const *read_variant_names(struct scenario_file *file, const struct node *node,
					     const char *key, struct diagnostics *d)
{
	uint32_t n = 0;
	const struct node **items =
		value_list(node, &(struct value_key){ .name = key }, &n, &file->files->arena, d);
	const char **names = arena_new(&file->files->arena, const char *, n + 1);

	if (items && n == 0)
		error_at(d, &node->at, "%s: names no variant", key);
	for (uint32_t i = 0; items && i < n; i++) {
		names[i] = items[i]->text;
		if (is_variant(file, names[i]))
			continue;
		g_autofree const char **all = g_new0(const char *, file->n_variants + 1);

		for (uint32_t j = 0; j < file->n_variants; j++)
			all[j] = file->variants[j].name;
		g_autofree char *hint = value_hint(names[i], all);

		error_at(d, &items[i]->at, "%s: there is no variant '%s'%s", key, names[i], hint);
	}
	return names;
}

static void read_that(const struct node *node, struct scenario_expect *ret, struct diagnostics *d)
{
	const struct value_key key = { .name = "that" };

	if (!value_text(node, &key, &ret->that, d))
		return;
	if (!node->text_column)
		error_at(d, &node->at,
			 "that: the expectation must stand on one line, without escapes");
	ret->that_at = (struct source_pos){ node->at.source, node->at.line, node->text_column };
}

static bool read_step(const struct node *node, struct sequence_text *ret, struct diagnostics *d)
{
	if (!value_text(node, &(struct value_key){ .name = "sequence" }, &ret->text, d))
		return false;
	ret->at = (struct source_pos){ node->at.source, node->at.line, node->text_column };
	return node->text_column ||
	       error_at(d, &node->at, "sequence: a step must stand on one line, without escapes");
}

static void read_sequence(struct scenario_file *file, const struct node *node,
			  struct scenario_expect *ret, struct diagnostics *d)
{
	if (node->kind != NODE_SEQUENCE || node->n < 2 || node->n > SEQUENCE_STEPS_MAX) {
		error_at(d, &node->at, "sequence: takes a list of 2 to %u steps",
			 SEQUENCE_STEPS_MAX);
		return;
	}
	struct sequence_text *steps = arena_new(&file->files->arena, struct sequence_text, node->n);

	for (uint32_t i = 0; i < node->n; i++)
		if (!read_step(node->entries[i].value, &steps[i], d))
			return;
	ret->that_at = node->at;
	ret->steps = steps;
	ret->n_steps = node->n;
}

static void read_expect(struct scenario_file *file, const struct node *node,
			struct scenario_expect *ret, struct diagnostics *d)
{
	struct expect_values v = { 0 };

	if (!section_read(node, SECTION_EXPECT, &node->at, &v, d))
		return;
	ret->id = v.id;
	ret->id_at = node_get(node, "id")->at;
	ret->miss = v.miss;
	/* Printed behind a directive of TAP: another line would be a result of its own. */
	if (v.miss && strchr(v.miss, '\n'))
		error_at(d, &node_get(node, "miss")->at, "miss: the reason is longer than a line");
	if (!v.that == !v.sequence)
		error_at(d, &node->at, "'%s' needs one of that and sequence", v.id);
	else if (v.that)
		read_that(v.that, ret, d);
	else
		read_sequence(file, v.sequence, ret, d);
	if (v.only && v.not )
		error_at(d, &v.not ->at, "not: stands beside only; write one of them");
	if (v.only) {
		ret->only = read_variant_names(file, v.only, "only", d);
		ret->variants_at = v.only->at;
	} else if (v.not ) {
		ret->except = read_variant_names(file, v.not, "not", d);
		ret->variants_at = v.not ->at;
	}
	if (v.recorded) {
		ret->recorded = scenario_files_find(file->files, v.recorded, "recorded",
						    &file->files->arena, d);
		ret->recorded_at = v.recorded->at;
	}
}

static void read_expects(struct scenario_file *file, struct diagnostics *d)
{
	const struct node *node = node_get(file->tree, "expect");

	if (!node)
		return;
	if (node->kind != NODE_SEQUENCE) {
		error_at(d, &node->at, "expect: takes a list, not %s", node_kind_name(node));
		return;
	}
	if (node->n > LIMIT_EXPECTATIONS) {
		error_at(d, &node->entries[LIMIT_EXPECTATIONS].at,
			 "expect: more than %d expectations", LIMIT_EXPECTATIONS);
		return;
	}
	struct scenario_expect *expects =
		arena_new(&file->files->arena, struct scenario_expect, node->n);

	for (uint32_t i = 0; i < node->n; i++) {
		read_expect(file, node->entries[i].value, &expects[i], d);
		for (uint32_t j = 0; expects[i].id && j < i; j++)
			if (expects[j].id && strcmp(expects[j].id, expects[i].id) == 0)
				error_at(d, &expects[i].id_at,
					 "id: '%s' is the id of another expectation, in line %u",
					 expects[i].id, expects[j].id_at.line);
	}
	file->n_expects = node->n;
	file->expects = expects;
}

static void check_fragment(const struct scenario_file *file, struct diagnostics *d)
{
	for (uint32_t i = 0; i < file->tree->n; i++) {
		const struct node_entry *e = &file->tree->entries[i];

		if (!parameter_find(SECTION_TOP, e->key) &&
		    section_child(SECTION_TOP, e->key) == SECTION_COUNT)
			fail_unknown_key(&e->at, SECTION_TOP, e->key, d);
	}
}

/* Every variant must resolve: a fault in one that is not run today is still a fault. */
static void check_variants(const struct scenario_file *file, struct diagnostics *d)
{
	for (uint32_t i = 0; i < file->n_variants && d->n < DIAGNOSTICS_MAX; i++)
		scenario_run_free(scenario_resolve(file, &file->variants[i], NULL, 0, d));
}

struct scenario_file *scenario_load(const char *path, const struct scenario_options *options,
				    struct diagnostics *d)
{
	struct scenario_file *file = g_new0(struct scenario_file, 1);
	g_autofree char *found = scenario_files_locate(path, options->library);
	const unsigned before = d->n;

	file->files = scenario_files_new(options);
	file->path = arena_strndup(&file->files->arena, path, strlen(path));
	file->tree = scenario_files_tree(file->files, found, d);
	if (file->tree && read_header(file, d)) {
		if (file->fragment) {
			check_fragment(file, d);
		} else if (read_variants(file, d)) {
			check_variants(file, d);
			read_expects(file, d);
			sweep_plan_free(sweep_plan_read(file, &(struct sweep_options){ 0 }, d));
		}
	}
	if (d->n == before && file->tree)
		return file;
	scenario_free(file);
	return NULL;
}

void scenario_free(struct scenario_file *file)
{
	if (!file)
		return;
	scenario_files_free(file->files);
	g_free(file);
}
