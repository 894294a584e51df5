/* SPDX-License-Identifier: MIT */
/*
 * mutant - which of the faults that tests/quality/mutants planted is switched on.
 *
 * Included in front of every file of the mutated tree. LAPICSIM_MUTANT=N switches fault N on;
 * LAPICSIM_MUTANT_MAP names a file of a byte a fault, in which a process sets those that it passes.
 */
#ifndef MUTANT_H
#define MUTANT_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Weak, for each file defines them and one of each is left. */
__attribute__((weak)) int mutant_on = -1;
__attribute__((weak)) unsigned char *mutant_map;

__attribute__((weak, constructor)) void mutant_choose(void)
{
	const char *on = getenv("LAPICSIM_MUTANT"), *map = getenv("LAPICSIM_MUTANT_MAP");

	if (on)
		mutant_on = atoi(on);
	if (!map || mutant_map)
		return;
	const int fd = open(map, O_RDWR | O_CLOEXEC);
	const off_t size = lseek(fd, 0, SEEK_END);
	void *at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		abort();
	mutant_map = at;
	close(fd);
}

static inline int mutant(int n)
{
	if (mutant_map)
		mutant_map[n] = 1;
	return mutant_on == n;
}

#endif
