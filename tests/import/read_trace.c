// SPDX-License-Identifier: MIT
/*
 * read-trace [--events] FILE - what the reader sees in a trace: lines, events by kind, what it
 * cannot read; with --events every event in words. "-" is the standard input. Exit status as
 * lapicsim's.
 */
#include "trace_describe.h"
#include "trace_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_facts(const struct trace_facts *f)
{
	static const char *const clocks[] = { "-", "us", "ns", "raw" };

	printf("lines %" PRIu64 " events %" PRIu64 " bad %" PRIu64 " wrapped %" PRIu64
	       " lost %" PRIu64 " backwards %" PRIu64 "\n",
	       f->lines, f->events, f->bad, f->wrapped, f->lost, f->backwards);
	printf("clock %s first %" PRIu64 " last %" PRIu64 " cpus %" PRIu32 "\n", clocks[f->clock],
	       f->first, f->last, f->cpus);
	for (unsigned kind = 0; kind < RECORDED_KINDS; kind++)
		if (f->n[kind])
			printf("%12" PRIu64 " %s\n", f->n[kind], recorded_kind_name(kind));
	for (unsigned i = 0; i < f->names; i++)
		printf("%12" PRIu64 " other: %s\n", f->other[i].n, f->other[i].name);
	if (f->unnamed)
		printf("%12" PRIu64 " other: further names\n", f->unnamed);
}

int main(int argc, char **argv)
{
	struct diagnostics d;
	int status;

	const bool events = argc == 3 && strcmp(argv[1], "--events") == 0;

	if (argc != 2 + events) {
		fprintf(stderr, "usage: read-trace [--events] FILE\n");
		return 2;
	}
	diagnostics_init(&d);

	struct trace_reader *r = trace_reader_open(argv[1 + events], &d);
	const struct recorded_event *ev;

	if (r) {
		while ((ev = trace_reader_next(r))) {
			char *text = events ? trace_describe(ev) : NULL;

			if (text)
				puts(text);
			free(text);
		}
		trace_reader_finish(r);
		if (!events)
			print_facts(trace_reader_facts(r));
		trace_reader_close(r);
	}
	fputs(d.text->str, stderr);
	status = d.status;
	diagnostics_clear(&d);
	return status;
}
