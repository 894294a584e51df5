/* SPDX-License-Identifier: MIT */
#include "input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { UNFIT = 2, UNREADABLE = 4 }; /* exit statuses: run.h knows too much for who reads */

struct input {
	dev_t device;
	ino_t inode;
	char *path;
};

static GMutex lock;
static GArray *inputs; /* each file once */

static const char *find(const struct stat *st)
{
	for (guint i = 0; inputs && i < inputs->len; i++) {
		const struct input *in = &g_array_index(inputs, struct input, i);

		if (in->device == st->st_dev && in->inode == st->st_ino)
			return in->path;
	}
	return NULL;
}

void input_remember(const struct stat *st, const char *path)
{
	if (!S_ISREG(st->st_mode))
		return;
	g_mutex_lock(&lock);
	if (!find(st)) {
		const struct input in = { st->st_dev, st->st_ino, g_strdup(path) };

		if (!inputs)
			inputs = g_array_new(FALSE, FALSE, sizeof(in));
		g_array_append_val(inputs, in);
	}
	g_mutex_unlock(&lock);
}

/* It stays where it is: what was read once is never forgotten. */
const char *input_name(const struct stat *st)
{
	g_mutex_lock(&lock);
	const char *ret = find(st);

	g_mutex_unlock(&lock);
	return ret;
}

/* Nor does a terminal become ours. */
int input_open(const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st))
		input_remember(&st, path);
	return fd;
}

/* @what is "cannot open" or the like, @why what stands behind the path. */
static int refuse(const char *path, int status, const char *what, const char *why, char **error)
{
	*error = g_strdup_printf("%s'%s'%s", what, path, why);
	return status;
}

/* The C library's text, never a translated one: errors are the same bytes everywhere. */
static int refuse_errno(const char *path, const char *what, char **error)
{
	g_autofree char *why = g_strconcat(": ", strerrordesc_np(errno), NULL);

	return refuse(path, UNREADABLE, what, why, error);
}

static int refuse_size(const char *path, size_t limit, char **error)
{
	g_autofree char *why = g_strdup_printf(" is larger than the limit of %zu bytes", limit);

	return refuse(path, UNFIT, "", why, error);
}

static int check_regular(const char *path, int fd, size_t limit, struct stat *st, char **error)
{
	if (fstat(fd, st) != 0)
		return refuse_errno(path, "cannot read ", error);
	if (S_ISDIR(st->st_mode))
		return refuse(path, UNFIT, "", " is a folder, not a file", error);
	if (!S_ISREG(st->st_mode))
		return refuse(path, UNFIT, "", " is not a regular file", error);
	if ((uintmax_t)st->st_size > limit)
		return refuse_size(path, limit, error);
	return 0;
}

/* At most @limit bytes, whatever fstat() said: a file may grow, and /proc says 0. */
static int read_capped(const char *path, int fd, size_t limit, struct input_text *ret, char **error)
{
	size_t size = 4096, n = 0;
	g_autofree char *buffer = g_malloc(size + 1);

	for (;;) {
		const ssize_t got = read(fd, buffer + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse_errno(path, "cannot read ", error);
		n += (size_t)got;
		if (n > limit)
			return refuse_size(path, limit, error);
		if (got == 0)
			break;
		if (n == size)
			buffer = g_realloc(buffer, (size = MIN(size * 2, limit + 1)) + 1);
	}
	buffer[n] = '\0';
	ret->text = g_steal_pointer(&buffer);
	ret->length = n;
	return 0;
}

int input_text(const char *path, size_t limit, struct input_text *ret, char **error)
{
	const int fd = input_open(path);

	*ret = (struct input_text){ 0 };
	if (fd < 0)
		return refuse_errno(path, "cannot open ", error);
	int status = check_regular(path, fd, limit, &ret->st, error);

	if (status == 0)
		status = read_capped(path, fd, limit, ret, error);
	close(fd);
	return status;
}
