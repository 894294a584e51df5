/* SPDX-License-Identifier: MIT */
/*
 * trace_reader - a recorded trace as a stream of typed events, in constant memory.
 *
 *	trace_reader_open() -> trace_reader_next() ... NULL -> trace_reader_finish() -> _close()
 *
 * Reads what /sys/kernel/tracing/trace and trace_pipe print, trace-cmd report (as its plugins print
 * it, or with -N, -t, -l) and perf script (with --ns or not), of kernels 4.4 to 6.12, as it is or
 * gzip'd. Which it is is seen in the text, never asked. A file may be opened twice.
 *
 * The events come in the order of the file, which the recorders sort by time; an event that is
 * older than the one before it is given all the same and counted in trace_facts.backwards.
 * What is no event but matters to the stream is one all the same: RECORDED_LOST and
 * RECORDED_BUFFER_STARTED come where they stand in the file.
 *
 * Clock:  recognised by the first event: seconds with six digits (microseconds), with nine
 *         (nanoseconds), or a bare integer (TSC, or a counter: raw). A file with two is refused.
 *
 * Errors: a line that cannot be read is counted. The first TRACE_READER_SHOWN are reported as
 *         warnings with file:line:column, the line and a caret, the others by finish() as a
 *         number. A file that is not text (trace.dat, perf.data, ...) is refused with the command
 *         that makes text of it; one without a single event, or with two clocks, is an error of
 *         status 2; one that cannot be read or whose compressed data is broken, of status 4. All
 *         go to the struct diagnostics, which must outlive the reader.
 *
 * Limits: a file without an event in its first TRACE_READER_HEAD_MAX bytes, unpacked, is none of
 *         ours; a line of more than TRACE_READER_LINE_MAX bytes is not read; TRACE_READER_NAMES
 *         names of other events are told apart.
 */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include "diagnostics.h"
#include "recorded_event.h"

#define TRACE_READER_SHOWN 5u
#define TRACE_READER_LINE_MAX 8192u
#define TRACE_READER_HEAD_MAX (16u << 20) /* bytes before the first event */
#define TRACE_READER_NAMES 128u
#define TRACE_READER_NAME_MAX 48u /* of another event, its terminator included */
#define TRACE_READER_FACT_MAX 96u

enum trace_clock {
	TRACE_CLOCK_UNKNOWN, /* no event yet */
	TRACE_CLOCK_US,      /* stamps count microseconds */
	TRACE_CLOCK_NS,
	TRACE_CLOCK_RAW, /* TSC cycles, if facts.clock_name does not say otherwise ("counter") */
};

/* What the file says of itself, and what was seen of it so far; whole once next() gave NULL. */
struct trace_facts {
	enum trace_clock clock;
	/* From comments; empty strings and 0: not there. */
	char tracer[TRACE_READER_FACT_MAX];     /* "# tracer: nop" */
	char clock_name[TRACE_READER_FACT_MAX]; /* "# clock: x86-tsc", "trace_clock: ..." */
	char release[TRACE_READER_FACT_MAX];    /* perf script --header: "# os release : 6.1" */
	char cpu_model[TRACE_READER_FACT_MAX];  /* "# cpudesc : ..." */
	uint64_t entries_in_buffer, entries_written;
	bool has_entries;
	uint32_t cpus;    /* "#P:2", "cpus=2", "# nrcpus online : 2"; 0: not said */
	uint32_t cpu_max; /* the highest CPU of any event; RECORDED_CPU_UNKNOWN: none */
	bool has_flags;   /* some event had latency flags */

	uint64_t lines, blank, comments,
		annotations; /* stack traces and the like are annotations */
	uint64_t events;     /* all but LOST and BUFFER_STARTED */
	uint64_t bad;        /* lines that could not be read */
	uint64_t wrapped;    /* lines that were read as the rest of the one before */
	uint64_t lost;       /* events, as far as the recorder counted them */
	uint64_t backwards;  /* events older than the one before them */
	bool unterminated;   /* the last line has no end: its last number may be cut */
	bool gzipped;
	/* What was taken for these functions in a trace of addresses, by the rules of
	 * trace_functions.h; 0: not needed, or not found. */
	uint64_t apic_timer_fn, tick;
	uint64_t first, last; /* stamps: the least and the greatest */
	uint64_t n[RECORDED_KINDS];

	unsigned names; /* of RECORDED_OTHER, in the order in which they came */
	struct {
		char name[TRACE_READER_NAME_MAX];
		uint64_t n;
	} other[TRACE_READER_NAMES];
	uint64_t unnamed; /* events of further names, beyond TRACE_READER_NAMES */
};

struct trace_reader;

/* NULL: reported. "-" is the standard input. */
struct trace_reader *trace_reader_open(const char *path, struct diagnostics *d);

/* The same from memory, which must outlive the reader; @name is what errors call it. */
struct trace_reader *trace_reader_open_memory(const char *text, size_t length, const char *name,
					      struct diagnostics *d);

/* The next event, valid until the next call; NULL: the end, or an error, as finish() says. */
const struct recorded_event *trace_reader_next(struct trace_reader *r);

/* After next() gave NULL: reports what has to be said of the whole file. False: an error. */
bool trace_reader_finish(struct trace_reader *r);

const struct trace_facts *trace_reader_facts(const struct trace_reader *r);

/* Frees all; NULL is allowed. */
void trace_reader_close(struct trace_reader *r);

#endif
