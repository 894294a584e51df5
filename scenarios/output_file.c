/* SPDX-License-Identifier: MIT */
#include "output_file.h"

#include "escape.h"
#include "input_file.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as many as the kernel follows */

static char *io_message(const char *path, const char *what)
{
	const int cause = errno;
	g_autofree char *name = escaped(path);

	return g_strdup_printf("%s: cannot %s: %s", name, what, g_strerror(cause));
}

/* What @path names in the end, there already or not: a link stays, and its target is written. */
static char *followed(const char *path)
{
	char *ret = g_strdup(path);

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		g_autofree char *target = g_file_read_link(ret, NULL);
		g_autofree char *folder = g_path_get_dirname(ret);

		if (!target)
			break;
		g_free(ret);
		ret = g_path_is_absolute(target) ? g_strdup(target)
						 : g_build_filename(folder, target, NULL);
	}
	return ret;
}

/* A device or a pipe would go, and a file stand in its place. */
int output_check(const char *path, char **error)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno == ENOENT)
			return EXIT_OK;
		*error = io_message(path, "create");
		return EXIT_IO;
	}
	const char *input = input_name(&st);
	g_autofree char *name = escaped(path);

	if (input) {
		g_autofree char *read = escaped(input);

		*error = g_strdup_printf("%s: would replace what was read: '%s'", name, read);
		return EXIT_USAGE;
	}
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return EXIT_OK;
	*error = g_strdup_printf("%s: cannot create: not a regular file", name);
	return EXIT_IO;
}

/* Anyone can tell the name before, and put a link there: what stands under it goes, be it that or
 * what a process left that was killed. */
static FILE *create(const char *name)
{
	unlink(name);
	const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *ret = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (fd >= 0 && !ret) {
		const int cause = errno;

		close(fd);
		unlink(name);
		errno = cause;
	}
	return ret;
}

int pending_open(struct pending_file *f, const char *path, char **error)
{
	int status;
	sigset_t before;

	f->path = followed(path);
	f->temporary = g_strdup_printf("%s.tmp.%d", f->path, getpid());
	f->stream = NULL;
	status = output_check(f->path, error);
	if (status != EXIT_OK)
		return status;
	interrupt_hold(&before);
	f->stream = create(f->temporary);
	if (f->stream)
		unfinished_add(&f->unfinished, f->temporary);
	else
		*error = io_message(path, "create");
	interrupt_release(&before);
	return f->stream ? EXIT_OK : EXIT_IO;
}

FILE *unnamed_file(const char *path, char **error)
{
	g_autofree char *name = g_strdup_printf("%s.spool.%d", path, getpid());
	sigset_t before;

	interrupt_hold(&before);
	FILE *ret = create(name);

	if (!ret)
		*error = io_message(name, "create");
	else
		unlink(name);
	interrupt_release(&before);
	return ret;
}

static bool sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	const int fd = open(folder, O_RDONLY | O_DIRECTORY);
	bool ok = fd >= 0;

	/* Some file systems cannot sync a folder; the file itself is on the disk by now. */
	if (ok && fsync(fd) && errno != EINVAL && errno != EROFS)
		ok = false;
	if (fd >= 0)
		close(fd);
	return ok;
}

bool pending_close(struct pending_file *f, bool keep, char **error)
{
	bool ok = false;

	if (f->stream) {
		ok = !fflush(f->stream) && !ferror(f->stream) && !fsync(fileno(f->stream));
		if (!ok && keep)
			*error = io_message(f->path, "write");
		if (fclose(f->stream) && ok) {
			ok = false;
			*error = io_message(f->path, "write");
		}
		if (ok && keep && (rename(f->temporary, f->path) || !sync_folder(f->path))) {
			ok = false;
			*error = io_message(f->path, "write");
		}
		if (!ok || !keep)
			unlink(f->temporary);
		unfinished_remove(&f->unfinished);
	}
	g_free(f->path);
	g_free(f->temporary);
	return ok;
}

int write_file(const char *path, const char *text, size_t length, char **error)
{
	struct pending_file f;
	const int status = pending_open(&f, path, error);
	const bool ok = status == EXIT_OK;

	if (ok && fwrite(text, 1, length, f.stream) != length) {
		*error = io_message(path, "write");
		pending_close(&f, false, error);
		return EXIT_IO;
	}
	return !pending_close(&f, ok, error) && ok ? EXIT_IO : status;
}
