/* SPDX-License-Identifier: MIT */
/*
 * scenario - one scenario file, and the runs that it describes.
 *
 *	path -> includes, file -> one tree -> + variant -> + --set -> typed, checked -> scenario_run
 *
 * Merging is on trees, before anything is typed: an include is the base, the file overrides it,
 * a variant overrides the file, --set overrides all. Maps merge key by key, and a list replaces
 * the one before; but `vms` merges by name, `vcpus` and `host.cpus` by id. A cost is replaced
 * whole.
 *
 * Kernel: `kernel` picks every form, then `apply` in order, then `revert` in order, then
 * `forms`. A form that contradicts what apply or revert chose is an error.
 *
 * Errors: file:line:column through diagnostics; all variants are checked when a file is loaded,
 * even if one is run.
 *
 * Ownership: a run points into its file, and into --set texts that it owns: free runs first. One
 * file is not for two threads at once.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "arena.h"
#include "diagnostics.h"
#include "sequence_text.h"
#include "world_config.h"

/* A workload by its name in scenario files. */
struct scenario_workload {
	const char *name;
	bool needs_file; /* guest.file, a recording (R20) */
	/* The keys of `guest` that it uses besides workload, file and other_exits, separated by
	 * blanks, a needed one with
	 * '!' behind it: "delta! wait loop". NULL: any, and none is needed. */
	const char *keys;
	const char *help;
	const struct workload *workload;
};

struct scenario_options {    /* read while a file is loaded, and copied */
	const char *library; /* folder of includes that are not beside the file; NULL: none */
	const struct scenario_workload *workloads;
	size_t n_workloads;
	bool fragments; /* a file without `scenario:` is no error: struct scenario_file says so */
};

struct scenario_variant {
	const char *name; /* "run" if the file has none */
	struct source_pos at;
	const struct node *tree; /* what it overrides; NULL: nothing */
};

struct scenario_expect {
	const char *id;
	struct source_pos id_at;
	/* As it stands in the file: the column of a character is that_at.column + its place. */
	const char *that;
	struct source_pos that_at;         /* of the list, if it is a sequence */
	const struct sequence_text *steps; /* `sequence:`, in place of that */
	uint32_t n_steps;
	/* Names of variants (`only:` or `not:`), NULL-terminated; NULL: absent; never both. */
	const char *const *only, *const *except;
	struct source_pos variants_at; /* of the value of only or not */
	const char *miss;              /* why it does not hold; NULL: it must */
	/* Path of a CSV, found beside the file or in the library; NULL: none. */
	const char *recorded;
	struct source_pos recorded_at;
};

struct scenario_file {
	const char *path;                          /* as given */
	const char *name;                          /* `scenario:` */
	const char *about, *source, *learned_from; /* NULL: absent */
	bool fragment;                             /* no variants and no expectations then */
	uint32_t n_variants, n_expects;
	const struct scenario_variant *variants; /* in the order of the file */
	const struct scenario_expect *expects;
	struct scenario_files *files; /* private: texts, trees, recordings */
	const struct node *tree;      /* private: the file over its includes */
};

enum cost_mark { COST_GUESS, COST_PUBLISHED, COST_DERIVED };

struct cost_note { /* where a cost comes from */
	enum cost_mark mark;
	const char *source; /* NULL: none given */
};

struct vm_note {
	const struct scenario_workload *workload;
	const char *file; /* the recording, as written; NULL: none */
};

struct scenario_run {
	const struct scenario_file *file;
	const struct scenario_variant *variant;
	struct world_config config;
	uint32_t release; /* of `kernel:` */
	struct cost_note costs[COST_COUNT];
	const struct vm_note *vms; /* one per config.vms[] */
	struct arena arena;        /* private */
	GPtrArray *sources;        /* private: the texts of --set */
};

/* NULL after errors. */
struct scenario_file *scenario_load(const char *path, const struct scenario_options *options,
				    struct diagnostics *d);
void scenario_free(struct scenario_file *file);

/* The variant called @name; NULL after an error that names the nearest. */
const struct scenario_variant *scenario_variant(const struct scenario_file *file, const char *name,
						struct diagnostics *d);

/* @sets are "path=value"; errors in them point into a text called --set. NULL after errors. */
struct scenario_run *scenario_resolve(const struct scenario_file *file,
				      const struct scenario_variant *variant,
				      const char *const *sets, size_t n_sets,
				      struct diagnostics *d);
void scenario_run_free(struct scenario_run *run);

/* Every parameter of @run as a scenario file that resolves to the same run (variant "run", no
 * expectations). A recording is named as the file names it. */
void scenario_dump(const struct scenario_run *run, GString *out);

/* docs/scenarios.md, from the tables. */
void scenario_docs(GString *out);

#endif
