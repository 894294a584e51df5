/* SPDX-License-Identifier: MIT */
/*
 * condition - what follows `where` in an aggregate: parsed, checked, and compiled to steps.
 *
 *	condition  = all { or all }
 *	all        = single { and single }
 *	single     = not single | ( condition ) | value OP value
 *	value      = [-] number [unit] | field | metric | recorded.COLUMN | cpu | when | name
 *
 * A field has the unit of the metric that measures it, and is a plain number if none does. A name
 * is one of those of the field that it is compared with. The steps are described in aggregate.h.
 */
#ifndef CONDITION_H
#define CONDITION_H

#include "expectation_tokens.h"

/* Parses from the token after `where` up to the first that does not belong to it. @metric: NULL if
 * the event is counted under its own name. @s has its event and fields, and receives the steps,
 * also on failure. */
bool condition_parse(struct parser *p, const struct metric *metric, struct aggregate_stream *s);

#endif
