/* SPDX-License-Identifier: MIT */
#include "gnuplot.h"

#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_LOADED 127 /* and from here on: killed */

struct child {
	GPid pid;
	int in, out, err; /* our ends; -1 once closed */
};

static char **environment(void)
{
	static const char *const drop[] = { "GNUTERM",        "GNUPLOT_LIB", "GNUPLOT_FONTPATH",
					    "GNUPLOT_PS_DIR", "GNUHELP",     "GDFONTPATH",
					    "DISPLAY" };
	char **env = g_get_environ();

	for (size_t i = 0; i < G_N_ELEMENTS(drop); i++)
		env = g_environ_unsetenv(env, drop[i]);
	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	return g_environ_setenv(env, "HOME", "/", TRUE);
}

/* Not GSubprocess, which needs a thread, and waits for ever where there is no memory for one. */
static bool start(struct child *child, char **error)
{
	char *argv[] = { (char[]){ "gnuplot" }, (char[]){ "-d" }, (char[]){ "-" }, NULL };
	g_auto(GStrv) env = environment();
	g_autoptr(GError) e = NULL;

	if (g_spawn_async_with_pipes(NULL, argv, env,
				     G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
				     &child->pid, &child->in, &child->out, &child->err, &e)) {
		fcntl(child->in, F_SETFL, O_NONBLOCK); /* it may be writing, and not read on */
		return true;
	}
	*error = g_strdup_printf("cannot run gnuplot (package gnuplot-nox): %s", e->message);
	return false;
}

static void finish(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool is_for_later(void) { return errno == EINTR || errno == EAGAIN; }

/* A child that has ended reads no more; its own words say why. */
static void give(int *fd, const GString *text, size_t *given)
{
	const ssize_t n = write(*fd, text->str + *given, text->len - *given);

	if (n > 0)
		*given += (size_t)n;
	if ((n < 0 && !is_for_later()) || *given == text->len)
		finish(fd);
}

static bool take(int *fd, GString *ret)
{
	char buffer[16384];
	const ssize_t n = read(*fd, buffer, sizeof(buffer));

	if (n > 0)
		g_string_append_len(ret, buffer, n);
	else if (n == 0)
		finish(fd);
	return n >= 0 || is_for_later();
}

/* Until it has closed both of its outputs; false, with errno: a pipe failed. */
static bool talk(struct child *child, const GString *script, GString *picture, GString *words)
{
	size_t given = 0;

	while (child->out >= 0 || child->err >= 0) {
		struct pollfd fds[] = { { .fd = child->in, .events = POLLOUT },
					{ .fd = child->out, .events = POLLIN },
					{ .fd = child->err, .events = POLLIN } };

		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0) {
			if (errno != EINTR)
				return false;
			continue;
		}
		if (fds[0].revents)
			give(&child->in, script, &given);
		if ((fds[1].revents && !take(&child->out, picture)) ||
		    (fds[2].revents && !take(&child->err, words)))
			return false;
	}
	return true;
}

/* What it exited with, as shells tell it. */
static int end(struct child *child)
{
	int status = 0;

	finish(&child->in);
	finish(&child->out);
	finish(&child->err);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	g_spawn_close_pid(child->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A picture that lost its end on the way through sed is none. */
static bool is_whole(const char *picture)
{
	return *picture && (!g_str_has_prefix(picture, "<?xml") || strstr(picture, "</svg>"));
}

GString *gnuplot_draw(const GString *script, int *status, char **error)
{
	g_autoptr(GString) picture = g_string_new(NULL), words = g_string_new(NULL);
	struct child child;

	*status = EXIT_IO;
	if (!start(&child, error))
		return NULL;
	if (!talk(&child, script, picture, words)) {
		*error = g_strdup_printf("gnuplot: %s", g_strerror(errno));
		end(&child);
		return NULL;
	}
	const int exited = end(&child);

	if (!exited && !words->len && is_whole(picture->str))
		return g_steal_pointer(&picture);
	g_autofree char *said = g_utf8_make_valid(words->str, (gssize)words->len);

	g_strchomp(said);
	if (exited >= NOT_LOADED) {
		*error = g_strdup_printf("cannot run gnuplot (package gnuplot-nox): %s (status %d)",
					 *said ? said : "not a word", exited);
		return NULL;
	}
	*status = strstr(said, "out of memory") ? EXIT_USAGE : EXIT_BROKEN;
	*error = g_strdup_printf("gnuplot did not draw it: %s", *said ? said
								: picture->len
									? "the picture has no end"
									: "it printed nothing");
	return NULL;
}
