/* SPDX-License-Identifier: MIT */
/*
 * import_samples - the stretches that need the guest's clock: to the wait's reading of the TSC,
 * and, if the guest wrote down what it read, to and from its own RDTSC.
 */
#ifndef IMPORT_SAMPLES_H
#define IMPORT_SAMPLES_H

#include "guest_csv.h"
#include "import_plan.h"

/* Into @run, which @plan was made of. @csv: NULL if there is none. False: none of its deadlines is
 * one of @run's. */
bool import_samples_add(struct observed_run *run, const struct import_plan *plan,
			const struct guest_csv *csv);

#endif
