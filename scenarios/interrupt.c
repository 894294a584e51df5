/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include "run.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHORT_TEXT 256
/* What malloc() asks for at last. */
#define LEAST_MEMORY 1048576u

/* A handler gets no argument of ours. Changed while the signals are held back. */
static struct unfinished *unfinished;

/* Here and below only what is safe within a signal handler, and needs no memory. */
static void remove_all(void)
{
	for (const struct unfinished *u = unfinished; u; u = u->next)
		unlink(u->path);
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

static _Noreturn void no_memory(const char *more)
{
	remove_all();
	say("lapicsim: error: not enough memory");
	if (more) {
		say(": ");
		say(more);
	}
	say("\n");
	_exit(EXIT_USAGE);
}

/* Where GLib gets no memory for a lock or a thread it has a word of its own, and aborts. */
static void on_abort(int number)
{
	if (mmap(NULL, LEAST_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED)
		no_memory(NULL);
	remove_all();
	signal(number, SIG_DFL);
	raise(number);
}

/* Elsewhere it ends the program with a message. */
static GLogWriterOutput on_message(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
				   gpointer data)
{
	const char *message = NULL;

	if (!(level & G_LOG_LEVEL_ERROR))
		return g_log_writer_default(level, fields, n_fields, data);
	for (gsize i = 0; i < n_fields; i++)
		if (!strcmp(fields[i].key, "MESSAGE"))
			message = fields[i].value;
	no_memory(message);
}

/* For that message GLib needs memory again, to say so needs it again, and so on until its stack
 * ends. It formats by these, of which it finds ours before those of the C library. */
int vasprintf(char **ret, const char *format, va_list args)
{
	char text[SHORT_TEXT];
	va_list again;

	va_copy(again, args);
	const int n = vsnprintf(text, sizeof(text), format, again);

	va_end(again);
	if (n < 0)
		return n;
	*ret = malloc((size_t)n + 1);
	if (!*ret)
		no_memory(NULL);
	if ((size_t)n >= sizeof(text))
		return vsnprintf(*ret, (size_t)n + 1, format, args);
	memcpy(*ret, text, (size_t)n + 1);
	return n;
}

/* As _FORTIFY_SOURCE calls it. */
int __vasprintf_chk(char **ret, int flag, const char *format, va_list args);

int __vasprintf_chk(char **ret, int flag, const char *format, va_list args)
{
	(void)flag; /* no format of GLib or of ours writes (%n) */
	return vasprintf(ret, format, args);
}

static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };

void interrupt_set(sigset_t *ret)
{
	struct sigaction now;

	sigemptyset(ret);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (!sigaction(numbers[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(ret, numbers[i]);
}

void interrupt_init(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	interrupt_set(&action.sa_mask);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (sigismember(&action.sa_mask, numbers[i]))
			sigaction(numbers[i], &action, NULL);
	signal(SIGABRT, on_abort);
	g_log_set_writer_func(on_message, NULL, NULL);
}

void interrupt_hold(sigset_t *before)
{
	sigset_t set;

	interrupt_set(&set);
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
