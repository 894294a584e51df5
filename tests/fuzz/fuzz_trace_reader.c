// SPDX-License-Identifier: MIT
/*
 * fuzz_trace_reader - any bytes as a trace: nothing is read that is not there, what is told of
 * events and lines adds up, and a second reading tells the same.
 *
 * Made by clang's libFuzzer, or by replay.c, which runs the files of a corpus.
 */
#include "trace_describe.h"
#include "trace_reader.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every event in words, which looks at every field and at all of every text. */
static char *read_all(const uint8_t *data, size_t size)
{
	struct diagnostics d;

	diagnostics_init(&d);

	struct trace_reader *r = trace_reader_open_memory((const char *)data, size, "x.trace", &d);
	GString *out = g_string_new(NULL);

	if (r) {
		const struct trace_facts *f = trace_reader_facts(r);
		const struct recorded_event *ev;
		uint64_t line = 0, events = 0, other = 0;

		while ((ev = trace_reader_next(r))) {
			g_autofree char *text = trace_describe(ev);

			g_assert(ev->line > line);
			g_assert(ev->column >= 1 && ev->column <= TRACE_READER_LINE_MAX * 8);
			line = ev->line;
			events += ev->kind < RECORDED_LOST;
			g_string_append_printf(out, "%s\n", text);
		}
		const bool good = trace_reader_finish(r);

		for (unsigned i = 0; i < f->names; i++)
			other += f->other[i].n;
		g_assert(f->events == events);
		g_assert(f->n[RECORDED_OTHER] == other + f->unnamed);
		g_assert(f->blank + f->comments + f->annotations + f->bad + f->wrapped + events +
				 f->n[RECORDED_LOST] + f->n[RECORDED_BUFFER_STARTED] <=
			 f->lines);
		g_assert(good == (d.status == 0));
		g_assert(!good || events);
		g_assert(trace_reader_next(r) == NULL);
	} else {
		g_assert(d.status != 0);
	}
	trace_reader_close(r);
	g_string_append(out, d.text->str);
	diagnostics_clear(&d);
	return g_string_free(out, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *first = read_all(data, size);
	g_autofree char *second = read_all(data, size);

	g_assert_cmpstr(first, ==, second);
	return 0;
}
