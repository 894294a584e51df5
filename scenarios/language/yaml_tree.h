/* SPDX-License-Identifier: MIT */
/*
 * yaml_tree - from a checked text to a tree of maps, sequences and scalars with their places.
 *
 *	struct source -> libyaml's events -> struct node
 *
 * A small part of YAML: one document; no anchors, aliases, tags, merge keys or directives; keys
 * are plain names, each once in its map; at most LIMIT_NESTING deep. A scalar is a text,
 * whatever it looks like: its type comes from the parameter table, so "no" is never a boolean by
 * accident.
 *
 * Errors: file:line:column, status 2. Reading goes on after a repeated key, and stops at a fault
 * of syntax.
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "arena.h"
#include "diagnostics.h"

enum node_kind { NODE_MAP, NODE_SEQUENCE, NODE_SCALAR };

struct node {
	enum node_kind kind;
	struct source_pos at; /* its first character; of a block, its first key or dash */
	const char *text;     /* scalar */
	uint32_t text_column; /* where the text starts if it stands in the line as it is, else 0 */
	uint32_t n;           /* entries */
	struct node_entry *entries;
};

struct node_entry {
	const char *key;      /* NULL in a sequence */
	struct source_pos at; /* of the key, or of the item */
	const struct node *value;
};

/* What several texts of one scenario share. */
struct yaml_budget {
	struct arena *arena;
	uint32_t nodes; /* so far; at most LIMIT_NODES */
};

/* The document in @source from byte @start on (what stands before is on the first line); NULL after
 * an error that leaves no tree. A repeated key is reported and left out. */
const struct node *yaml_read(const struct source *source, size_t start, struct yaml_budget *budget,
			     struct diagnostics *d);

/* The entry of @key in map @map; NULL if there is none, or no map. */
const struct node_entry *node_entry(const struct node *map, const char *key);
const struct node *node_get(const struct node *map, const char *key);

/* "a map", "a list", "a value": for messages. */
const char *node_kind_name(const struct node *node);

#endif
