/* SPDX-License-Identifier: MIT */
#include "input_file.h"

#include <fcntl.h>
#include <unistd.h>

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

bool input_text(const char *path, char **text, size_t *length, GError **error)
{
	struct stat st;

	if (!stat(path, &st))
		input_remember(&st, path);
	return g_file_get_contents(path, text, length, error);
}
