/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include "run.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

/* A handler gets no argument of ours. Changed while the signals are held back. */
static struct unfinished *unfinished;

/* Here and below only what is safe within a signal handler, and needs no memory. */
static void remove_all(void)
{
	for (const struct unfinished *u = unfinished; u; u = u->next)
		if (unlink(u->path))
			rmdir(u->path);
}

/* Where nobody reads it there is nothing to be done. */
static void say(const char *text)
{
	const ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written;
}

static void on_signal(int number)
{
	remove_all();
	say("lapicsim: interrupted\n");
	_exit(128 + number);
}

/* GLib ends the program where it gets no memory; some of its threads do so by abort() alone. */
static void on_abort(int number)
{
	remove_all();
	signal(number, SIG_DFL);
	raise(number);
}

static GLogWriterOutput on_message(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
				   gpointer data)
{
	if (!(level & G_LOG_LEVEL_ERROR))
		return g_log_writer_default(level, fields, n_fields, data);
	remove_all();
	say("lapicsim: error: not enough memory");
	for (gsize i = 0; i < n_fields; i++)
		if (!strcmp(fields[i].key, "MESSAGE")) {
			say(": ");
			say(fields[i].value);
		}
	say("\n");
	_exit(EXIT_USAGE);
}

static void both(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void interrupt_init(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;

	both(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sigaction(numbers[i], &action, &before);
		if (before.sa_handler == SIG_IGN) /* as nohup and shells set it */
			sigaction(numbers[i], &before, NULL);
	}
	signal(SIGABRT, on_abort);
	g_log_set_writer_func(on_message, NULL, NULL);
}

void interrupt_hold(sigset_t *before)
{
	sigset_t set;

	both(&set);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

void interrupt_release(const sigset_t *before) { pthread_sigmask(SIG_SETMASK, before, NULL); }

void unfinished_add(struct unfinished *what, const char *path)
{
	sigset_t before;

	interrupt_hold(&before);
	*what = (struct unfinished){ path, unfinished };
	unfinished = what;
	interrupt_release(&before);
}

void unfinished_remove(struct unfinished *what)
{
	sigset_t before;

	interrupt_hold(&before);
	for (struct unfinished **u = &unfinished; *u; u = &(*u)->next)
		if (*u == what) {
			*u = what->next;
			break;
		}
	interrupt_release(&before);
}
