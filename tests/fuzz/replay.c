// SPDX-License-Identifier: MIT
/*
 * replay FILE|FOLDER... - runs a fuzz target on these files, and on all of these folders in the
 * order of their names, where there is no libFuzzer. Speaks TAP.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target that has something to prepare defines it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static unsigned done;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, n = 0;

	if (!file) {
		perror(path);
		exit(4);
	}
	do {
		size += n;
		data = realloc(data, size + 65536);
		if (!data)
			abort();
		n = fread(data + size, 1, 65536, file);
	} while (n);
	fclose(file);
	/* A block of the exact size, so that a sanitizer sees a look behind its end. */
	uint8_t *exact = realloc(data, size ? size : 1);

	printf("# %s\n", path); /* of the one that crashes there is no more */
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	printf("ok %u - %s\n", ++done, path);
}

static int is_shown(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void replay(const char *path)
{
	struct dirent **entries;
	const int n = scandir(path, &entries, is_shown, alphasort);

	if (n < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char *name;

		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		replay_file(name);
		free(name);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("1..%u\n", done);
	return done ? 0 : 2;
}
