/* SPDX-License-Identifier: MIT */
#include "yaml_tree.h"

#include "scenario_limits.h"

#include <string.h>
#include <yaml.h>

/* Below this many keys a map is searched as it is; above, by a hash set that is only ever asked for
 * one key. */
#define LINEAR_KEYS 8u

struct reader {
	yaml_parser_t parser;
	const struct source *source;
	uint32_t shift; /* columns before the text on the first line */
	uint32_t depth;
	size_t characters; /* of the text behind shift */
	struct yaml_budget *budget;
	struct diagnostics *d;
};

/* The map or sequence being read. */
struct building {
	GArray *entries;   /* struct node_entry */
	GHashTable *index; /* key -> its struct source_pos's line; NULL while small */
};

static struct source_pos place(const struct reader *r, yaml_mark_t mark)
{
	return (struct source_pos){ r->source, (uint32_t)mark.line + 1,
				    (uint32_t)mark.column + 1 + (mark.line == 0 ? r->shift : 0) };
}

/* The last character of the text. */
static struct source_pos last_place(const struct reader *r)
{
	struct source_pos at = { r->source, 1, 1 };
	const char *end = r->source->text + r->source->length, *line = r->source->text;

	while (end > line && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (const char *p = line; p < end; p++) {
		if (*p != '\n')
			continue;
		at.line++;
		line = p + 1;
	}
	at.column = MAX((uint32_t)g_utf8_strlen(line, end - line), 1);
	return at;
}

/* What is not closed is noticed at the end of the text: there the place is where it was opened. */
static bool fail_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct source_pos at = place(r, p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR)
		g_error("libyaml, '%s'", r->source->name);
	if (p->problem_mark.index >= r->characters)
		at = p->context && p->context_mark.index < r->characters ? place(r, p->context_mark)
									 : last_place(r);
	return error_at(r->d, &at, "not valid YAML: %s%s%s", p->problem, p->context ? ", " : "",
			p->context ? p->context : "");
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return true;
	memset(event, 0, sizeof(*event)); /* an empty one: harmless to delete */
	return fail_syntax(r);
}

/* What ours leaves out of YAML, for every kind of node. */
static bool check_plain_yaml(struct reader *r, const yaml_event_t *event)
{
	const struct source_pos at = place(r, event->start_mark);
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return error_at(r->d, &at, "an alias (*%s); a scenario has none, write the value",
				(const char *)event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: break;
	}
	if (anchor)
		return error_at(r->d, &at, "an anchor (&%s); a scenario has none",
				(const char *)anchor);
	if (tag)
		return error_at(r->d, &at, "a tag (%s); the type of a value comes from its key",
				(const char *)tag);
	return true;
}

/* Where the text of a scalar stands as it is, so that a message can point into it; 0 if it does
 * not. An escape is always longer than what it stands for, so equal lengths mean that there is
 * none. */
static uint32_t verbatim_column(const yaml_event_t *event, const struct source_pos *at)
{
	const size_t width = event->end_mark.column - event->start_mark.column;
	const char *text = (const char *)event->data.scalar.value;

	if (event->start_mark.line != event->end_mark.line)
		return 0;
	switch (event->data.scalar.style) {
	case YAML_PLAIN_SCALAR_STYLE: return at->column;
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return (size_t)g_utf8_strlen(text, -1) + 2 == width ? at->column + 1 : 0;
	default: return 0;
	}
}

static const struct node *read_node(struct reader *r, const yaml_event_t *event);

static struct node *node_new(struct reader *r, const yaml_event_t *event, enum node_kind kind)
{
	const struct source_pos at = place(r, event->start_mark);

	if (++r->budget->nodes > LIMIT_NODES) {
		error_at(r->d, &at, "more than %d values", LIMIT_NODES);
		return NULL;
	}
	struct node *node = arena_new(r->budget->arena, struct node, 1);

	node->kind = kind;
	node->at = at;
	return node;
}

/* The line of an earlier @key of this map, or 0. */
static uint32_t earlier_line(struct building *b, const char *key)
{
	const struct node_entry *entries = (const struct node_entry *)(void *)b->entries->data;

	if (b->index)
		return GPOINTER_TO_UINT(g_hash_table_lookup(b->index, key));
	for (guint i = 0; i < b->entries->len; i++)
		if (strcmp(entries[i].key, key) == 0)
			return entries[i].at.line;
	if (b->entries->len < LINEAR_KEYS)
		return 0;
	b->index = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < b->entries->len; i++)
		g_hash_table_insert(b->index, (gpointer)entries[i].key,
				    GUINT_TO_POINTER(entries[i].at.line));
	return 0;
}

static bool check_key(struct reader *r, const yaml_event_t *event, const struct source_pos *at)
{
	const char *key = (const char *)event->data.scalar.value;

	if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT)
		return error_at(r->d, at, "a key must be a name");
	if (!check_plain_yaml(r, event))
		return false;
	if (*key == '\0')
		return error_at(r->d, at, "a key is missing before the ':'");
	if (strlen(key) != event->data.scalar.length)
		return error_at(r->d, at, "a key with a NUL byte");
	if (strlen(key) > LIMIT_KEY_BYTES)
		return error_at(r->d, at, "the key is longer than %d bytes", LIMIT_KEY_BYTES);
	if (strcmp(key, "<<") == 0)
		return error_at(r->d, at, "a merge key (<<); write an include or the keys");
	return true;
}

/* One key with its value. False: reading cannot go on. */
static bool read_entry(struct reader *r, struct building *b, const yaml_event_t *event)
{
	struct node_entry entry = { .at = place(r, event->start_mark) };
	yaml_event_t value;

	if (!check_key(r, event, &entry.at))
		return false;
	entry.key = arena_strndup(r->budget->arena, (const char *)event->data.scalar.value,
				  event->data.scalar.length);
	const uint32_t line = earlier_line(b, entry.key);

	if (line)
		error_at(r->d, &entry.at, "the key '%s' is repeated; it first stands in line %u",
			 entry.key, line);
	if (!line && b->entries->len == LIMIT_MAP_KEYS)
		return error_at(r->d, &entry.at, "more than %d keys in one map", LIMIT_MAP_KEYS);
	if (r->d->n > DIAGNOSTICS_MAX || !next_event(r, &value))
		return false;
	entry.value = read_node(r, &value);
	yaml_event_delete(&value);
	if (!entry.value || line)
		return entry.value != NULL;
	g_array_append_val(b->entries, entry);
	if (b->index)
		g_hash_table_insert(b->index, (gpointer)entry.key, GUINT_TO_POINTER(entry.at.line));
	return true;
}

static bool read_item(struct reader *r, struct building *b, const yaml_event_t *event)
{
	struct node_entry entry = { .at = place(r, event->start_mark) };

	if (b->entries->len == LIMIT_LIST_ITEMS)
		return error_at(r->d, &entry.at, "more than %d items in one list",
				LIMIT_LIST_ITEMS);
	entry.value = read_node(r, event);
	if (entry.value)
		g_array_append_val(b->entries, entry);
	return entry.value != NULL;
}

static bool read_entries(struct reader *r, struct building *b, bool map)
{
	const yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

	for (;;) {
		yaml_event_t event;

		if (!next_event(r, &event))
			return false;
		const bool done = event.type == end;
		const bool ok = done || (map ? read_entry(r, b, &event) : read_item(r, b, &event));

		yaml_event_delete(&event);
		if (done || !ok)
			return ok;
	}
}

static const struct node *read_collection(struct reader *r, const yaml_event_t *event)
{
	const bool map = event->type == YAML_MAPPING_START_EVENT;
	struct node *node = node_new(r, event, map ? NODE_MAP : NODE_SEQUENCE);

	if (!node)
		return NULL;
	if (r->depth == LIMIT_NESTING) {
		error_at(r->d, &node->at, "maps and lists are nested deeper than %d",
			 LIMIT_NESTING);
		return NULL;
	}
	struct building b = { g_array_new(FALSE, FALSE, sizeof(struct node_entry)), NULL };

	r->depth++;
	const bool ok = read_entries(r, &b, map);

	r->depth--;
	node->n = b.entries->len;
	node->entries = arena_new(r->budget->arena, struct node_entry, node->n);
	if (node->n)
		memcpy(node->entries, b.entries->data, node->n * sizeof(struct node_entry));
	g_array_unref(b.entries);
	if (b.index)
		g_hash_table_unref(b.index);
	return ok ? node : NULL;
}

static const struct node *read_scalar(struct reader *r, const yaml_event_t *event)
{
	struct node *node = node_new(r, event, NODE_SCALAR);

	if (!node)
		return NULL;
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length) {
		error_at(r->d, &node->at, "a value with a NUL byte");
		return NULL;
	}
	node->text = arena_strndup(r->budget->arena, text, event->data.scalar.length);
	node->text_column = verbatim_column(event, &node->at);
	return node;
}

static const struct node *read_node(struct reader *r, const yaml_event_t *event)
{
	if (!check_plain_yaml(r, event))
		return NULL;
	return event->type == YAML_SCALAR_EVENT ? read_scalar(r, event) : read_collection(r, event);
}

/* Behind the document only the end of the stream may come. */
static bool read_end(struct reader *r)
{
	yaml_event_t event;

	for (;;) {
		if (!next_event(r, &event))
			return false;
		const yaml_event_type_t type = event.type;
		const struct source_pos at = place(r, event.start_mark);

		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			return true;
		if (type == YAML_DOCUMENT_START_EVENT)
			return error_at(r->d, &at, "a second document; a file holds one");
	}
}

static const struct node *read_document(struct reader *r)
{
	const struct node *root = NULL;

	for (;;) {
		yaml_event_t event;

		if (!next_event(r, &event))
			return NULL;
		const yaml_event_type_t type = event.type;

		if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
		    type != YAML_STREAM_END_EVENT)
			root = read_node(r, &event);
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT) {
			error_at(r->d, &(struct source_pos){ r->source, 0, 0 },
				 "empty: there is nothing but comments in it");
			return NULL;
		}
		if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT)
			return root && read_end(r) ? root : NULL;
	}
}

const struct node *yaml_read(const struct source *source, size_t start, struct yaml_budget *budget,
			     struct diagnostics *d)
{
	struct reader r = { .source = source, .budget = budget, .d = d };

	r.shift = (uint32_t)g_utf8_strlen(source->text, (gssize)start);
	r.characters = (size_t)g_utf8_strlen(source->text + start, -1);
	if (!yaml_parser_initialize(&r.parser))
		g_error("libyaml, '%s'", source->name);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)source->text + start,
				     source->length - start);
	const struct node *root = read_document(&r);

	yaml_parser_delete(&r.parser);
	return root;
}

const struct node_entry *node_entry(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->n; i++)
		if (strcmp(map->entries[i].key, key) == 0)
			return &map->entries[i];
	return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
	const struct node_entry *entry = node_entry(map, key);

	return entry ? entry->value : NULL;
}

const char *node_kind_name(const struct node *node)
{
	switch (node->kind) {
	case NODE_MAP: return "a map";
	case NODE_SEQUENCE: return "a list";
	default: return "a value";
	}
}
