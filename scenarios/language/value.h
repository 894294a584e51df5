/* SPDX-License-Identifier: MIT */
/*
 * value - one scalar of a scenario, from its text to a typed value, and back.
 *
 * Units:   a quantity carries its unit: "2ms", "1.5 us", "4096 cycles", "2.4GHz". A decimal
 *          fraction is exact or an error, never rounded: times to the picosecond (nanosecond for
 *          a clock), frequencies to the kHz.
 * Numbers: decimal digits, at most one point; no sign (but for offsets and module parameters), no
 *          exponent.
 * Errors:  one message at the value: the key, what was read, what would be right. *ret is written
 *          on success alone.
 */
#ifndef VALUE_H
#define VALUE_H

#include "diagnostics.h"
#include "quantity.h"
#include "sim_time.h"
#include "units.h"
#include "yaml_tree.h"

struct value_key {
	const char *name;    /* for messages */
	uint64_t min, max;   /* inclusive; in the unit of *ret */
	uint64_t max_cycles; /* quantity alone: the limit of one in cycles */
};

struct value_name { /* one spelling of an enum; a table ends with a NULL name */
	const char *name;
	uint32_t value;
};

bool value_text(const struct node *node, const struct value_key *key, const char **ret,
		struct diagnostics *d);
bool value_word(const struct node *node, const struct value_key *key, const char **ret,
		struct diagnostics *d); /* a name: [A-Za-z0-9_.-]{1,64} */
bool value_duration(const struct node *node, const struct value_key *key, ps_t *ret,
		    struct diagnostics *d);

/* The same of a command's option: @option is "--from". At most a run's length. */
bool option_duration(const char *option, const char *text, ps_t *ret, struct diagnostics *d);
bool value_monotonic(const struct node *node, const struct value_key *key, ns_t *ret,
		     struct diagnostics *d);
bool value_ns(const struct node *node, const struct value_key *key, uint64_t *ret,
	      struct diagnostics *d); /* a duration in whole ns */
bool value_cycles(const struct node *node, const struct value_key *key, uint64_t *ret,
		  struct diagnostics *d);
bool value_offset(const struct node *node, const struct value_key *key, uint64_t *ret,
		  struct diagnostics *d); /* cycles, may be negative: two's complement */
bool value_quantity(const struct node *node, const struct value_key *key, struct quantity *ret,
		    struct diagnostics *d);
bool value_frequency(const struct node *node, const struct value_key *key, khz_t *ret,
		     struct diagnostics *d);
bool value_u64(const struct node *node, const struct value_key *key, uint64_t *ret,
	       struct diagnostics *d);
bool value_register(const struct node *node, const struct value_key *key, uint64_t *ret,
		    struct diagnostics *d); /* 32 bits: decimal, or hexadecimal behind 0x */
bool value_i64(const struct node *node, const struct value_key *key, int64_t *ret,
	       struct diagnostics *d); /* min and max are those of int64_t, cast */
bool value_bool(const struct node *node, const struct value_key *key, bool *ret,
		struct diagnostics *d); /* true or false */
bool value_switch(const struct node *node, const struct value_key *key, bool *ret,
		  struct diagnostics *d); /* Y or N, as modprobe takes it */
bool value_enum(const struct node *node, const struct value_key *key,
		const struct value_name *names, uint32_t *ret, struct diagnostics *d);

/* "3", "0-2", "0-2,5", or a list of these; at least one, each below CPUS_MAX. */
bool value_cpus(const struct node *node, const struct value_key *key, struct cpu_mask *ret,
		struct diagnostics *d);

/* The items of a list of scalars, or the one scalar that stands for a list of one. NULL after an
 * error. */
const struct node **value_list(const struct node *node, const struct value_key *key, uint32_t *n,
			       struct arena *arena, struct diagnostics *d);

/* "; did you mean 'x'?" or nothing, for the end of a message. To be freed. */
char *value_hint(const char *name, const char *const *names);

/* The shortest spelling in a single unit that reads back as the same value. */
void value_print_duration(GString *out, ps_t value);
void value_print_quantity(GString *out, struct quantity value);
void value_print_frequency(GString *out, khz_t value);
void value_print_cpus(GString *out, const struct cpu_mask *mask);
void value_print_text(GString *out, const char *text); /* in double quotes */
const char *value_enum_name(const struct value_name *names, uint32_t value);

#endif
