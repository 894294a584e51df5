/* SPDX-License-Identifier: MIT */
/*
 * trace_output - a run's trace as a file: the format by the name's end, what is chosen of it, and
 * the file under its name only when all of it is there.
 *
 *	trace_choice_parse() -> trace_output_begin() -> the run -> trace_output_end()
 *
 * Errors: options as diagnostics; files as messages with an exit status, freed by the caller.
 */
#ifndef TRACE_OUTPUT_H
#define TRACE_OUTPUT_H

#include "diagnostics.h"
#include "output_file.h"
#include "trace_filter.h"
#include "trace_writer.h"
#include "world.h"

struct trace_arguments { /* as on the command line; NULL: not given */
	char **events, **cpus;
	char *from, *to;
};

/* What is chosen, as trace_filter takes it; the names of events stay those of the arguments. */
struct trace_selection {
	struct trace_choice choice;
	uint32_t *cpus;
	bool any; /* something was chosen */
};

bool trace_arguments_any(const struct trace_arguments *args);
void trace_arguments_clear(struct trace_arguments *args);

/* False after errors. To be cleared in both cases. */
bool trace_selection_parse(struct trace_selection *ret, const struct trace_arguments *args,
			   struct diagnostics *d);
void trace_selection_clear(struct trace_selection *selection);

struct trace_output {
	struct pending_file file;
	FILE *spool;
	struct trace_writer *writer;
	struct trace_filter *filter;
};

/* EXIT_OK, or another status with *error set; trace_output_end() is called all the same. */
int trace_output_begin(struct trace_output *t, struct world *world,
		       const struct world_config *config, const char *path,
		       const struct trace_selection *selection, char **error);

/* @keep: the file gets its name. EXIT_OK or EXIT_IO. */
int trace_output_end(struct trace_output *t, uint64_t fingerprint, bool keep, char **error);

#endif
