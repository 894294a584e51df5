/* SPDX-License-Identifier: MIT */
/*
 * command_docs - the commands as a manual page and as completions for bash and zsh, made from the
 * option tables that the commands parse with.
 *
 * Each command is asked for its own part, `lapicsim NAME --describe FORMAT`, which
 * parse_arguments() answers by describe_command(); command_docs_print() puts a frame around them.
 * What completes a value follows from its placeholder in the option table ("METRIC"), what
 * completes an argument from the usage ("FILE", "kernels|params").
 */
#ifndef COMMAND_DOCS_H
#define COMMAND_DOCS_H

#include "command.h"

struct command_text { /* as parse_arguments() takes it */
	const char *name, *usage, *about, *examples;
	const GOptionEntry *entries; /* --help is said apart */
};

/* Appends the part of one command to the page @format; false: there is no such page. */
bool describe_command(GString *out, const char *format, const struct command_text *text);

/* Prints the whole page: man, completion-bash, completion-zsh. An exit status. */
int command_docs_print(const char *format, const struct command *const *all, size_t n,
		       const char *version);

#endif
