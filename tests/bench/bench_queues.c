/* SPDX-License-Identifier: MIT */
/*
 * bench-queues SHAPE N CANCELS REPETITIONS - the event queues side by side in one process.
 *
 * Prints one line, its words separated by tabs: the CPU time of std::priority_queue in ps per arm,
 * then for each queue its name, the median over the repetitions of its time to that of
 * std::priority_queue, in 1/1000, and bytes per pending event; at last the checksum. A repetition
 * goes round the queues in short turns, so that whatever else the machine does slows all of them
 * down alike. Before the first, all run until they stand as they will from then on: that takes two
 * means of the increments, after which most of what was armed at the start has come due, stale
 * entries too. Status 1: the queues did not fire in the same order.
 */
#include "bench_load.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define REPETITIONS_MOST 99
#define FEW 10000u         /* with more events than this turns are long */
#define TURN 20000u        /* arms: about a millisecond, and the caches are its own */
#define REPETITION 200000u /* arms */
#define LONG 1600000u      /* both, for many events: or the turn would end before they are */
#define N_MOST 10000000u

static const struct bench_queue *const queues[] = {
	&bench_priority_queue,
	&bench_sim,
	&bench_heap4,
	&bench_set,
#ifdef BENCH_NS3
	&bench_ns3,
#endif
};
#define N_QUEUES N_ELEMENTS(queues)

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t median(uint64_t *values, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j && values[j - 1] > values[j]; j--) {
			uint64_t swap = values[j];

			values[j] = values[j - 1];
			values[j - 1] = swap;
		}
	return values[n / 2];
}

static bool same_order(void *const *states)
{
	const struct bench_run *first = queues[0]->progress(states[0]);

	for (unsigned q = 1; q < N_QUEUES; q++) {
		const struct bench_run *run = queues[q]->progress(states[q]);

		if (run->sum == first->sum && run->drawn == first->drawn)
			continue;
		fprintf(stderr, "%s and %s fired in another order\n", queues[0]->name,
			queues[q]->name);
		return false;
	}
	return true;
}

static bool repeat(void *const *states, uint64_t events, uint64_t turn, uint64_t cpu[N_QUEUES])
{
	memset(cpu, 0, N_QUEUES * sizeof(*cpu));
	for (unsigned round = 0; events; round++) {
		const uint64_t now = turn < events ? turn : events;

		for (unsigned i = 0; i < N_QUEUES; i++) {
			const unsigned q = (i + round) % N_QUEUES; /* nobody always goes first */
			const uint64_t begin = cpu_ns();

			queues[q]->run(states[q], now);
			cpu[q] += cpu_ns() - begin;
		}
		if (!same_order(states))
			return false;
		events -= now;
	}
	return true;
}

static bool measure(const struct bench_load *load, unsigned repetitions)
{
	static uint64_t ratio[N_QUEUES][REPETITIONS_MOST], base[REPETITIONS_MOST];
	const uint64_t arms = 1 + load->cancels;
	const uint64_t events = (load->n > FEW ? LONG : REPETITION) / arms;
	const uint64_t turn = (load->n > FEW ? LONG : TURN) / arms;
	const uint64_t two_means = 2 * (uint64_t)load->n;
	void *states[N_QUEUES];
	uint64_t cpu[N_QUEUES];

	for (unsigned q = 0; q < N_QUEUES; q++)
		states[q] = queues[q]->start(load);
	bool same = repeat(states, two_means > events ? two_means : events, turn, cpu);

	for (unsigned r = 0; r < repetitions && same; r++) {
		same = repeat(states, events, turn, cpu);
		base[r] = cpu[0] * 1000 / (events * arms);
		for (unsigned q = 0; q < N_QUEUES; q++)
			ratio[q][r] = (cpu[q] * 1000 + cpu[0] / 2) / cpu[0];
	}
	if (same) {
		printf("%" PRIu64, median(base, repetitions));
		for (unsigned q = 0; q < N_QUEUES; q++)
			printf("\t%s\t%" PRIu64 "\t%zu", queues[q]->name,
			       median(ratio[q], repetitions), queues[q]->bytes(states[q]));
		printf("\t%" PRIu64 "\n", queues[0]->progress(states[0])->sum);
	}
	for (unsigned q = 0; q < N_QUEUES; q++)
		queues[q]->stop(states[q]);
	return same;
}

/* ULONG_MAX, which is too many of anything: @word is no number. */
static unsigned long number(const char *word)
{
	char *end;
	const unsigned long value = strtoul(word, &end, 10);

	return *word >= '0' && *word <= '9' && !*end ? value : ULONG_MAX;
}

int main(int argc, char **argv)
{
	static struct bench_load load;
	unsigned shape = 0;

	while (argc == 5 && shape < BENCH_SHAPES && strcmp(argv[1], bench_shape_name(shape)))
		shape++;
	const unsigned long n = argc == 5 ? number(argv[2]) : 0;
	const unsigned long cancels = argc == 5 ? number(argv[3]) : 0;
	const unsigned long repetitions = argc == 5 ? number(argv[4]) : 0;

	if (!n || n > N_MOST || shape == BENCH_SHAPES || cancels > 1000 || !repetitions ||
	    repetitions > REPETITIONS_MOST) {
		fprintf(stderr, "usage: bench-queues exponential|uniform|bimodal|ties N CANCELS "
				"REPETITIONS\n");
		return 2;
	}
	bench_load_init(&load, shape, (uint32_t)n, (uint32_t)cancels);
	return measure(&load, (unsigned)repetitions) ? 0 : 1;
}
