// SPDX-License-Identifier: MIT
/* replay FILE... - runs a fuzz target on the files of its corpus, where there is no libFuzzer. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
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

	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int main(int argc, char **argv)
{
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		fflush(stdout);
		replay(argv[i]);
		printf("ok %d - %s\n", i, argv[i]);
	}
	return argc > 1 ? 0 : 2;
}
