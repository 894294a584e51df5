/* SPDX-License-Identifier: MIT */
#include "merge.h"

#include <string.h>

static const struct node *merge_values(const struct node *base, const struct node *over,
				       enum section_id section, struct arena *arena);

/* A copy of @base with room for @more entries. */
static struct node *copy_node(const struct node *base, uint32_t more, struct arena *arena)
{
	struct node *copy = arena_new(arena, struct node, 1);

	*copy = *base;
	copy->entries = arena_new(arena, struct node_entry, base->n + more);
	if (base->n)
		memcpy(copy->entries, base->entries, base->n * sizeof(*base->entries));
	return copy;
}

/* What no section describes is replaced whole; so is a cost: a constant over quantiles is a
 * constant. */
static enum section_id child_of(enum section_id section, const char *key)
{
	return section == SECTION_COUNT ? SECTION_COUNT : section_child(section, key);
}

static const struct node *merge_maps(const struct node *base, const struct node *over,
				     enum section_id section, struct arena *arena)
{
	struct node *merged = copy_node(base, over->n, arena);

	merged->at = over->at;
	for (uint32_t i = 0; i < over->n; i++) {
		const struct node_entry *e = &over->entries[i];
		struct node_entry *to = (struct node_entry *)node_entry(merged, e->key);
		const struct node *before = to ? to->value : NULL;

		if (!to)
			to = &merged->entries[merged->n++];
		*to = *e;
		if (!before)
			continue;
		if (section == SECTION_TOP && strcmp(e->key, "forms") == 0 &&
		    before->kind == NODE_MAP && e->value->kind == NODE_MAP)
			to->value = merge_maps(before, e->value, SECTION_COUNT, arena);
		else
			to->value =
				merge_values(before, e->value, child_of(section, e->key), arena);
	}
	return merged;
}

static const char *element_id(const struct node *element, const char *id_key)
{
	const struct node *id = node_get(element, id_key);

	return id && id->kind == NODE_SCALAR ? id->text : NULL;
}

/* The element of @list (its first @n) that has @id. */
static struct node_entry *find_element(const struct node *list, uint32_t n, const char *id_key,
				       const char *id)
{
	for (uint32_t i = 0; id && i < n; i++) {
		const char *other = element_id(list->entries[i].value, id_key);

		if (other && strcmp(other, id) == 0)
			return &list->entries[i];
	}
	return NULL;
}

/* Two elements of @over with one id stay two: the typed reading reports them. */
static const struct node *merge_keyed(const struct node *base, const struct node *over,
				      enum section_id section, struct arena *arena)
{
	const char *id_key = section_get(section)->id_key;
	struct node *merged = copy_node(base, over->n, arena);

	merged->at = over->at;
	for (uint32_t i = 0; i < over->n; i++) {
		const struct node_entry *e = &over->entries[i];
		const char *id = element_id(e->value, id_key);
		struct node_entry *to = find_element(merged, base->n, id_key, id);

		if (to && !find_element(over, i, id_key, id))
			to->value = merge_maps(to->value, e->value, section, arena);
		else
			merged->entries[merged->n++] = *e;
	}
	return merged;
}

static const struct node *merge_values(const struct node *base, const struct node *over,
				       enum section_id section, struct arena *arena)
{
	if (section == SECTION_COUNT || base->kind != over->kind || base->kind == NODE_SCALAR)
		return over;
	if (section_get(section)->kind == SECTION_MAP && base->kind == NODE_MAP)
		return merge_maps(base, over, section, arena);
	if (section_get(section)->kind == SECTION_KEYED && base->kind == NODE_SEQUENCE && over->n)
		return merge_keyed(base, over, section, arena);
	return over;
}

const struct node *merge_trees(const struct node *base, const struct node *over,
			       struct arena *arena)
{
	if (!base)
		return over;
	return over ? merge_maps(base, over, SECTION_TOP, arena) : base;
}

const struct node *merge_strip(const struct node *map, struct arena *arena)
{
	struct node *copy = copy_node(map, 0, arena);

	copy->n = 0;
	for (uint32_t i = 0; i < map->n; i++) {
		const char *key = map->entries[i].key;
		const struct parameter *p = parameter_find(SECTION_TOP, key);
		const enum section_id child = section_child(SECTION_TOP, key);

		if ((p && p->file_only) ||
		    (child != SECTION_COUNT && section_get(child)->file_only))
			continue;
		copy->entries[copy->n++] = map->entries[i];
	}
	return copy;
}

struct path {
	const char *rest;
	const struct node *value;
	const struct source_pos *at;
	struct arena *arena;
	struct diagnostics *d;
};

static const struct node *one_entry(const struct path *path, enum node_kind kind, const char *key,
				    const struct node *value)
{
	struct node *node = arena_new(path->arena, struct node, 1);

	*node = (struct node){ .kind = kind, .at = *path->at, .n = 1 };
	node->entries = arena_new(path->arena, struct node_entry, 2); /* room for an id */
	node->entries[0] = (struct node_entry){ key, *path->at, value };
	return node;
}

/* The next word of the path, up to a dot; the rest is behind it. */
static const char *next_word(struct path *path)
{
	const size_t n = strcspn(path->rest, ".");
	const char *word = arena_strndup(path->arena, path->rest, n);

	path->rest += n + (path->rest[n] == '.');
	return word;
}

static const struct node *path_in_section(struct path *path, const struct node *base,
					  enum section_id section);

static const struct node *fail_element(const struct path *path, const struct node *list,
				       const struct section *section)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	g_autofree char *word = g_strndup(path->rest, strcspn(path->rest, "."));

	for (uint32_t i = 0; list && i < list->n; i++) {
		const char *id = element_id(list->entries[i].value, section->id_key);

		if (id)
			g_ptr_array_add(ids, (gpointer)id);
	}
	if (find_element(list, list ? list->n : 0, section->id_key, path->rest)) {
		error_at(path->d, path->at, "'%s' is not set as a whole; name one of its keys",
			 path->rest);
		return NULL;
	}
	g_ptr_array_add(ids, NULL);
	g_autofree char *hint = value_hint(word, (const char *const *)(void *)ids->pdata);

	error_at(path->d, path->at, "no element of %s has the %s '%s'%s", section->path,
		 section->id_key, word, hint);
	return NULL;
}

/* A name may hold dots: the longest id that the rest of the path starts with is meant. */
static const struct node *path_in_list(struct path *path, const struct node *list,
				       enum section_id section)
{
	const struct section *s = section_get(section);
	const struct node *found = NULL;
	size_t length = 0;

	for (uint32_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->n; i++) {
		const char *id = element_id(list->entries[i].value, s->id_key);
		const size_t n = id ? strlen(id) : 0;

		if (n <= length || strncmp(path->rest, id, n) != 0 || path->rest[n] != '.')
			continue;
		found = list->entries[i].value;
		length = n;
	}
	if (!found)
		return fail_element(path, list, s);
	path->rest += length + 1;
	struct node *element = (struct node *)path_in_section(path, found, section);

	if (!element)
		return NULL;
	const struct node_entry *id = node_entry(found, s->id_key);

	if (!node_get(element, s->id_key))
		element->entries[element->n++] = *id;
	return one_entry(path, NODE_SEQUENCE, NULL, element);
}

static const struct node *path_in_section(struct path *path, const struct node *base,
					  enum section_id section)
{
	const char *word = next_word(path);
	const struct parameter *p = parameter_find(section, word);
	const enum section_id child = section_child(section, word);
	const struct node *under = node_get(base, word), *value = path->value;

	if (!p && child == SECTION_COUNT) {
		fail_unknown_key(path->at, section, word, path->d);
		return NULL;
	}
	if ((p && p->file_only) || (!p && section_get(child)->file_only)) {
		error_at(path->d, path->at, "'%s' cannot be set", word);
		return NULL;
	}
	if (*path->rest == '\0')
		return one_entry(path, NODE_MAP, word, value);
	if (p && section == SECTION_TOP && strcmp(word, "forms") == 0 && !strchr(path->rest, '.'))
		return one_entry(path, NODE_MAP, word,
				 one_entry(path, NODE_MAP, path->rest, value));
	if (child == SECTION_COUNT || section_get(child)->kind == SECTION_LIST) {
		error_at(path->d, path->at, "'%s' is set as a whole", word);
		return NULL;
	}
	value = section_get(child)->kind == SECTION_KEYED ? path_in_list(path, under, child)
							  : path_in_section(path, under, child);
	return value ? one_entry(path, NODE_MAP, word, value) : NULL;
}

const struct node *merge_path(const struct node *base, const char *path, const struct node *value,
			      const struct source_pos *at, struct arena *arena,
			      struct diagnostics *d)
{
	struct path p = { path, value, at, arena, d };

	return path_in_section(&p, base, SECTION_TOP);
}
