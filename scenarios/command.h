/* SPDX-License-Identifier: MIT */
/*
 * command - what `lapicsim NAME ARGUMENTS` is: a row in a table, and what the commands share.
 *
 * Results go to stdout, everything else to stderr. A command returns an exit status (run.h).
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "run.h"

struct command {
	const char *name;
	const char *summary;               /* one line for lapicsim --help */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	bool hidden;
};

extern const struct command command_replay, command_test, command_history, command_explain,
	command_diff, command_list;

/* lapicsim docs: lapicsim.c says which commands there are. */
int docs_main(int argc, char **argv, const struct command *const *all, size_t n,
	      const char *version);

/* The options that replay and test share, as parsed. */
struct run_arguments {
	char **sets;
	char *library;
	char *max_events, *shuffle_ties, *seed;
	char **paths;
	gboolean quiet; /* run_options() sees to it */
};

/* A command's own options followed by the shared ones. */
GOptionEntry *merge_entries(const GOptionEntry *own, size_t n_own, struct run_arguments *args);

/* Parses with @entries (freed), prints help or an error. True: go on; else *status is the exit
 * status. */
bool parse_arguments(int *argc, char ***argv, const char *usage, const char *about,
		     const char *examples, GOptionEntry *entries, int *status);

/* Fills @options from @args; false after an error on stderr. *sets is the NULL-terminated list that
 * @options uses. */
bool run_options(const struct run_arguments *args, struct replay_options *options,
		 GPtrArray **sets);

/* The seed @text of @option, or NULL, as one more of @sets; false after an error on stderr. */
bool add_seed(GPtrArray *sets, const char *option, const char *text);

/* Of an option --library, which may be NULL; false after an error on stderr. */
bool library_exists(const char *library);

void run_arguments_clear(struct run_arguments *args);

/* Adds the files of @path to @files, in the order of their names: of a folder every *.yaml below
 * it; a file that is @named itself, whatever its name. False after an error on stderr. */
bool find_scenarios(GPtrArray *files, const char *path, bool named);

/* The number @text of @option ("--seed"); false after an error on stderr. */
bool parse_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/* "lapicsim: error: ...", and a note, on stderr: one line, whatever the arguments say. */
G_GNUC_PRINTF(1, 2)
void print_error(const char *format, ...);
G_GNUC_PRINTF(1, 2)
void print_note(const char *format, ...);

/* Writes @text to stdout and looks whether it arrived: EXIT_OK, or EXIT_IO with a message. A closed
 * pipe is quiet. What print_part() writes may still be on its way; print_result() ends it. */
int print_part(const char *text);
int print_result(const char *text);

#endif
