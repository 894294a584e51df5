/* SPDX-License-Identifier: MIT */
/*
 * scenario_files - the texts of one scenario: the file, what it includes, and recordings.
 *
 * A name in a scenario is looked up beside the file that says it, then in the library folder: no
 * absolute path, no "..", so that a copied scenario works from any folder and reads nothing
 * else. A name in --set is what the user typed: it counts from the working directory, and may be
 * any path. So does the name of the scenario itself, and where nothing is, it is looked up in the
 * library.
 */
#ifndef SCENARIO_FILES_H
#define SCENARIO_FILES_H

#include "recording.h"
#include "scenario.h"
#include "yaml_tree.h"

#define SET_SOURCE_NAME "--set"

struct scenario_files {
	struct arena arena;
	struct yaml_budget budget;
	struct scenario_options options;
	GPtrArray *sources;    /* struct source, owned */
	GPtrArray *recordings; /* const struct recording *, in the arena */
	unsigned includes;     /* read so far */
};

struct scenario_files *scenario_files_new(const struct scenario_options *options);
void scenario_files_free(struct scenario_files *files);

/* Where @path of the command line is: there, or, if not, below @library (which may be NULL). */
char *scenario_files_locate(const char *path, const char *library);

/* The tree of @path over those of its includes; NULL after an error. */
const struct node *scenario_files_tree(struct scenario_files *files, const char *path,
				       struct diagnostics *d);

/* The path of the file that the scalar @node names, in @arena; NULL after an error. @what:
 * "include". */
const char *scenario_files_find(const struct scenario_files *files, const struct node *node,
				const char *what, struct arena *arena, struct diagnostics *d);

/* Read once, however many variants and VMs replay it. */
const struct recording *scenario_files_recording(struct scenario_files *files, const char *path,
						 const struct source_pos *from,
						 struct diagnostics *d);

#endif
