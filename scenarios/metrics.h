/* SPDX-License-Identifier: MIT */
/*
 * metrics - what a run is measured by: names for the values in the models' records.
 *
 * A metric is a row: name, event, field, unit. Every event can also be counted under its own name.
 * docs/scenarios.md and `lapicsim list metrics` are printed from this table.
 */
#ifndef METRICS_H
#define METRICS_H

#include "aggregate.h"

const struct metric *metrics_all(size_t *n);

#endif
