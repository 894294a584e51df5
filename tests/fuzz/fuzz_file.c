// SPDX-License-Identifier: MIT
#include "fuzz_file.h"

#include "run.h"
#include "workload_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 16

static char *folder;
static char *paths[FILES_MAX]; /* of the files that were named */

void fuzz_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	g_printerr("%s\n", message);
	abort();
}

static void remove_all(void)
{
	for (unsigned i = 0; i < FILES_MAX && paths[i]; i++) {
		unlink(paths[i]);
		g_free(paths[i]);
	}
	rmdir(folder);
	g_free(folder);
}

/* In memory where that is possible: most of the time goes into files otherwise. */
static void make_folder(void)
{
	g_autofree char *in_memory = g_strdup("/dev/shm/lapicsim-fuzz-XXXXXX");

	folder = g_mkdtemp(in_memory) ? g_steal_pointer(&in_memory)
				      : g_dir_make_tmp("lapicsim-fuzz-XXXXXX", NULL);
	g_assert(folder);
	atexit(remove_all);
}

const char *fuzz_path(const char *name)
{
	unsigned i = 0;

	if (!folder)
		make_folder();
	g_autofree char *path = g_build_filename(folder, name, NULL);

	while (i < FILES_MAX && paths[i] && strcmp(paths[i], path) != 0)
		i++;
	g_assert(i < FILES_MAX);
	if (!paths[i])
		paths[i] = g_steal_pointer(&path);
	return paths[i];
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
	const char *path = fuzz_path(name);
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *p = data;

	g_assert(fd >= 0);
	while (size) {
		const ssize_t n = write(fd, p, size);

		g_assert(n > 0 || errno == EINTR);
		if (n < 0)
			continue;
		p += n;
		size -= (size_t)n;
	}
	close(fd);
	return path;
}

struct scenario_file *fuzz_scenario(const void *data, size_t size, struct diagnostics *d)
{
	const char *end = memchr(data, '\0', size);
	const char *path =
		fuzz_file("x.yaml", data, end ? (size_t)(end - (const char *)data) : size);
	g_autofree char *library = default_library();
	struct scenario_options options = { .library = library, .fragments = true };

	options.workloads = workload_table(&options.n_workloads);
	return scenario_load(path, &options, d);
}

/* A file named by --set counts from the working directory: nothing that a fuzzer should read. */
static bool may_be_set(const char *set) { return !strstr(set, "file"); }

void fuzz_sets(const void *data, size_t size, struct fuzz_sets *ret)
{
	const char *first = memchr(data, '\0', size);
	const size_t left = first ? size - (size_t)(first + 1 - (const char *)data) : 0;

	*ret = (struct fuzz_sets){ .text = g_strndup("", 0) };
	if (!left)
		return;
	g_free(ret->text);
	ret->text = g_malloc(left + 1);
	memcpy(ret->text, first + 1, left);
	ret->text[left] = '\0';
	for (size_t at = 0; at < left && ret->n < FUZZ_SETS_MAX; at += strlen(ret->text + at) + 1)
		if (may_be_set(ret->text + at))
			ret->set[ret->n++] = ret->text + at;
}

void fuzz_sets_clear(struct fuzz_sets *sets) { g_free(sets->text); }
