/* SPDX-License-Identifier: MIT */
/*
 * merge - one tree over another, before anything is typed.
 *
 * Maps merge key by key, a list replaces the one before, but keyed lists (vms, vcpus, host.cpus)
 * merge by the text of their id_key; an element without it is appended, and found by the typed
 * reading. An empty list leaves none, which the typed reading refuses. Neither tree is changed:
 * what is the same is shared.
 */
#ifndef MERGE_H
#define MERGE_H

#include "arena.h"
#include "parameters.h"

/* @over over @base, both maps of section SECTION_TOP. Places are those of whichever value won. */
const struct node *merge_trees(const struct node *base, const struct node *over,
			       struct arena *arena);

/* A tree that holds @value at @path ("vms.vm0.guest.delta") and nothing else, to be merged over
 * @base; NULL after an error at @at. An element of a keyed list is named by its id, and must be in
 * @base. */
const struct node *merge_path(const struct node *base, const char *path, const struct node *value,
			      const struct source_pos *at, struct arena *arena,
			      struct diagnostics *d);

/* @map without the keys that describe the file (scenario, variants, expect, ...). */
const struct node *merge_strip(const struct node *map, struct arena *arena);

#endif
