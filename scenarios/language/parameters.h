/* SPDX-License-Identifier: MIT */
/*
 * parameters - the table of everything that a scenario file may say.
 *
 * One row per key: its type, unit, range, default, help, the kernel's counterpart, and where the
 * value goes. The table drives reading, checking, --set, `lapicsim list params`, the dump and
 * docs/scenarios.md: a new key is one row (and, if it has rules with other keys, a check in
 * scenario_resolve.c).
 *
 * A section is a map, or a list of maps. `offset` counts from the struct of its section:
 * scenario_values.h and the config headers of models/.
 */
#ifndef PARAMETERS_H
#define PARAMETERS_H

#include "diagnostics.h"
#include "value.h"
#include "yaml_tree.h"

#include <stddef.h>

enum section_id {
	SECTION_TOP,
	SECTION_HOST,
	SECTION_HOST_START,
	SECTION_HOST_CPUS,
	SECTION_COSTS,
	SECTION_COST,
	SECTION_KVM,
	SECTION_KVM_INTEL,
	SECTION_TUNER,
	SECTION_VMS,
	SECTION_DISABLE_EXITS,
	SECTION_VCPUS,
	SECTION_GUEST,
	SECTION_PROGRAM,
	SECTION_OTHER_EXITS,
	SECTION_TIMELINE,
	SECTION_MOVE_TO,
	SECTION_EXPECT,
	SECTION_SWEEP,
	SECTION_COUNT
};

enum section_kind {
	SECTION_MAP,
	SECTION_LIST, /* of maps; a later list replaces an earlier one */
	SECTION_KEYED /* of maps; lists merge by the value of id_key  */
};

struct section {
	const char *path; /* "vms[].guest" */
	const char *key;  /* in its parent; NULL: not reached by a key */
	enum section_id parent;
	enum section_kind kind;
	const char *id_key;
	bool file_only; /* not for variants and --set */
	const char *help;
};

enum parameter_type {
	PARAMETER_TEXT,      /* const char *     */
	PARAMETER_WORD,      /* const char *     */
	PARAMETER_DURATION,  /* ps_t             */
	PARAMETER_MONOTONIC, /* ns_t             */
	PARAMETER_CYCLES,    /* uint64_t         */
	PARAMETER_OFFSET,    /* uint64_t         */
	PARAMETER_QUANTITY,  /* struct quantity  */
	PARAMETER_FREQUENCY, /* khz_t            */
	PARAMETER_NS32,      /* uint32_t, written as a duration in whole ns */
	PARAMETER_U8,
	PARAMETER_U32,
	PARAMETER_U64,
	PARAMETER_I64,
	PARAMETER_BOOL,
	PARAMETER_SWITCH, /* bool; Y or N     */
	PARAMETER_ENUM,   /* uint32_t or enum */
	PARAMETER_CPUS,   /* struct cpu_mask  */
	PARAMETER_NODE,   /* const struct node *: read elsewhere; `names_help` says what it is */
};

struct parameter {
	enum section_id section;
	const char *key;
	enum parameter_type type;
	uint64_t min, max, max_cycles;
	const struct value_name *names;
	const char *def;    /* read as if it stood in the file; NULL: none */
	const char *absent; /* what its absence means, for the docs; NULL with def NULL: it must be
			       there */
	const char *help;
	const char *kernel; /* what it is called in the kernel; NULL: nothing there */
	const char *form;   /* of a node, for the docs */
	bool file_only;     /* not for variants and --set */
	size_t offset;
};

const struct section *section_get(enum section_id id);
const struct parameter *parameters_all(size_t *n);

/* The section under @key of @parent; SECTION_COUNT: there is none. */
enum section_id section_child(enum section_id parent, const char *key);
const struct parameter *parameter_find(enum section_id section, const char *key);

/* All keys that @section knows, NULL-terminated; free the array alone. */
const char **section_keys(enum section_id section);

/* Reads the parameters of map @node into @base, defaults for what is absent; reports unknown and
 * missing keys. A @node of NULL is an empty map that stands at @at. */
bool section_read(const struct node *node, enum section_id section, const struct source_pos *at,
		  void *base, struct diagnostics *d);

/* "key 'x' is unknown in host; did you mean 'y'?" */
bool fail_unknown_key(const struct source_pos *at, enum section_id section, const char *key,
		      struct diagnostics *d);

/* Appends the value at @base as the file would say it; false if it has no text (a node, or an
 * absent text). */
bool parameter_print(GString *out, const struct parameter *p, const void *base);

/* "duration, 1ns to 200 days": for the docs and lapicsim list params. */
void parameter_print_type(GString *out, const struct parameter *p);

/* Which keys a timeline command takes, separated by blanks. */
struct command_keys {
	const char *needed, *optional, *help;
};
const struct command_keys *command_keys(uint32_t what); /* enum timeline_do */
const struct value_name *command_names(void);
const struct value_name *cost_mark_names(void);
const struct value_name *kvm_param_names(void); /* enum kvm_param_name */
const struct value_name *lapic_mode_names(void);
const struct value_name *restore_part_names(void);

/* Reads @node as the value of @p into @to. */
bool parameter_read(const struct node *node, const struct parameter *p, void *to,
		    struct diagnostics *d);

/* Whether @key stands in the blank-separated list @keys; a '!' behind it there is ignored. */
bool keys_have(const char *keys, const char *key);

#endif
