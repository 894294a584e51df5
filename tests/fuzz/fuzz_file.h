/* SPDX-License-Identifier: MIT */
/*
 * fuzz_file - what the fuzz targets share: their input as a file, for what is read by its name, and
 * their input as a scenario.
 *
 * One private folder a process, removed when it exits; what a crash leaves there is its last input.
 */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include "scenario.h"

#include <stddef.h>
#include <stdint.h>

/* Ends the process as a crash, which a fuzzer keeps the input of. */
G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN void fuzz_fail(const char *format, ...);

/* The path of file @name of that folder. */
const char *fuzz_path(const char *name);

/* Puts @data into it. */
const char *fuzz_file(const char *name, const void *data, size_t size);

/* Loads the text up to the first NUL byte as a scenario, against the library. */
struct scenario_file *fuzz_scenario(const void *data, size_t size, struct diagnostics *d);

/* What stands behind that byte: arguments of --set, each up to the next NUL byte. */
#define FUZZ_SETS_MAX 4u
struct fuzz_sets {
	const char *set[FUZZ_SETS_MAX];
	size_t n;
	char *text; /* of all */
};
void fuzz_sets(const void *data, size_t size, struct fuzz_sets *ret);
void fuzz_sets_clear(struct fuzz_sets *sets);

#endif
