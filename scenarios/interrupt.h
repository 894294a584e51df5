/* SPDX-License-Identifier: MIT */
/*
 * interrupt - what has to go when something ends the program: files under temporary names.
 *
 * Control flow: interrupt_init() once, before any thread begins. Whoever creates something that
 * must not stay holds the signals back, creates it, adds it to the list, and releases them; and
 * takes it off the list once it is gone or has its name. SIGHUP, SIGINT and SIGTERM remove what
 * stands in the list, say so, and exit with 129, 130 or 143; so does whatever gets no memory and
 * has no other way out, with status 2. SIGQUIT is left alone: what it leaves stands beside its
 * core.
 *
 * The list is of the whole process, as signals are: only the main thread may change it. A command
 * that blocks the signals and reads them itself (sweep) is not concerned.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <signal.h>

struct unfinished {
	const char *path;
	struct unfinished *next;
};

void interrupt_init(void);

/* The signals that interrupt: not those that whoever started the program had it ignore, as nohup
 * does, and a shell without job control for what runs in the background. */
void interrupt_set(sigset_t *ret);

void interrupt_hold(sigset_t *before);
void interrupt_release(const sigset_t *before);

/* @path stays the caller's, and must live until the removal. What was added last goes first. */
void unfinished_add(struct unfinished *what, const char *path);
void unfinished_remove(struct unfinished *what);

#endif
