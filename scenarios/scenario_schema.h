/* SPDX-License-Identifier: MIT */
/*
 * scenario_schema - the language of scenario files as a JSON Schema (draft-07, which the YAML
 * language servers of editors read), from the tables that the program reads files with.
 *
 * It knows keys, types, units, names and the bounds of bare numbers. It does not know what needs
 * more than one place: a key that may come from an include, a variant or --set is not missing; a
 * key that a workload does not use, the range of a number with a unit, and names of VMs, variants,
 * commits and files are not looked at. What it refuses, lapicsim refuses, but for numbers and
 * booleans in quotes, which lapicsim reads.
 */
#ifndef SCENARIO_SCHEMA_H
#define SCENARIO_SCHEMA_H

#include <glib.h>

void scenario_schema(GString *out);

#endif
