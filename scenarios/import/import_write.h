/* SPDX-License-Identifier: MIT */
/* import_write - an import_plan, and learned costs, as the text of a scenario. */
#ifndef IMPORT_WRITE_H
#define IMPORT_WRITE_H

#include "cost_learning.h"
#include "import_plan.h"

/* What the command line guesses: kept where nothing was learned. */
struct import_guess {
	enum cost_id cost;
	char *value; /* as a scenario says it: "700ns" */
};

/* The scenario. @costs: what was learned, NULL with a profile; @learned_from: from what. */
void import_scenario_text(GString *out, const struct import_plan *plan,
			  const struct learned_costs *costs, const char *learned_from,
			  const GArray *guesses);

/* The rows of vCPU @i, for the file that the scenario names. */
void import_rows_text(GString *out, const struct import_plan *plan, unsigned i);
char *import_rows_name(const struct import_plan *plan, unsigned i);

/* A fragment with nothing but costs. */
void import_costs_text(GString *out, const struct learned_costs *costs, const char *learned_from,
		       const GArray *guesses);

/* "NAME 0123456789abcdef": how a file of costs names a recording. */
char *import_digest_text(const char *name, const struct observed_run *run);

#endif
