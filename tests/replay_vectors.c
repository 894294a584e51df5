/* SPDX-License-Identifier: MIT */
#include "replay_vectors.h"

#include <inttypes.h>

int main(int argc, char **argv)
{
	struct vectors_report report = { .out = stdout };

	if (argc < 2) {
		fprintf(stderr, "usage: replay-vectors FILE...\n");
		return 2;
	}

	for (int i = 1; i < argc; i++)
		vectors_check_file(argv[i], NULL, &report);
	printf("%" PRIu64 " passed, %" PRIu64 " failed\n", report.passed, report.failed);
	if (fflush(stdout)) {
		perror("replay-vectors: standard output");
		return 1;
	}
	return report.failed != 0;
}
