/* SPDX-License-Identifier: MIT */
/*
 * scenario_program - guest.program: the operations of the workload `program`.
 *
 * Three lists; an operation is a word, or a map of the word and its operand: [ rdtsc, arm: 2ms ].
 * The names, their operands and their help stand in PROGRAM_OPS (models/guest/guest_config.h).
 * Private to scenarios/language.
 */
#ifndef SCENARIO_PROGRAM_H
#define SCENARIO_PROGRAM_H

#include "scenario_resolve.h"

/* Reads the program of @guest into @ret. */
void scenario_program(struct resolve *r, const struct node *guest, struct guest_config *ret);

/* "program: ..." as a scenario file says it, at the place where a key of guest stands. */
void scenario_program_print(GString *out, const struct guest_config *guest);

/* The operations, as a table of docs/scenarios.md. */
void scenario_program_docs(GString *out);

/* What an operation may be, as members of anyOf in a JSON Schema; @quantity is that of a time. */
void scenario_program_schema(GString *out, const char *quantity);

#endif
