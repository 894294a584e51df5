/* SPDX-License-Identifier: MIT */
#include "trace_reader.h"

#include "recorded_fields.h"
#include "trace_functions.h"
#include "trace_header.h"
#include "trace_input.h"

#include <glib.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define JOINED_MAX 6u /* lines that one wrapped line may have been broken into, less one */
#define GAP_MAX 256u  /* bytes from the end of one to the start of the next, quoting included */
#define LOOKED_AHEAD_MAX 1000000u /* lines in which functions are looked for */
#define BUFFER_SIZE (256u << 10)
/* One line, all that may be joined to it, and the one after that. */
#define BUFFER_LEAST ((JOINED_MAX + 2) * (TRACE_READER_LINE_MAX + GAP_MAX))

enum line_class {
	LINE_END, /* there is no more */
	LINE_BLANK,
	LINE_COMMENT,
	LINE_ANNOTATION,
	LINE_EVENT, /* its left part can be read */
	LINE_LOST,
	LINE_BUFFER_STARTED,
	LINE_TOO_LONG,
	LINE_TEXT, /* none of these: the rest of the line before, or unreadable */
};

struct line {
	enum line_class class;
	char *begin, *start, *end; /* as it is in the buffer; behind quoting; without CR */
	char *piece;               /* where the last of the lines begins that it was broken into */
	uint64_t number;
	struct trace_header h;
	const char *at, *expected; /* of LINE_TEXT: where and why */
};

struct trace_reader {
	struct trace_input *input;
	struct diagnostics *d;
	char *name;
	struct trace_facts facts;
	struct trace_names names; /* of events: kinds, or RECORDED_KINDS + index of the other */
	struct recorded_fields tables; /* exit reasons by name */
	char *buffer, *pos, *limit;    /* pos: behind the line ahead */
	bool input_ended, failed;
	uint64_t bytes;     /* read so far, unpacked */
	char *input_error;  /* said when what came before it has been read */
	uint64_t number;    /* of the line ahead */
	struct line *ahead; /* one of the two */
	struct line line[2];
	struct trace_functions functions;
	char *path;       /* to read once more; */
	const char *text; /* or this; both NULL: it cannot be */
	size_t length;
	bool looked_ahead;
	uint64_t stamp;    /* of the last event */
	ptrdiff_t columns; /* at which lines were seen to be broken within a word */
	struct recorded_event ev;
};

static const char *const kind_names[RECORDED_KINDS] = {
#define X(kind, name) [RECORDED_##kind] = name,
	RECORDED_EVENTS(X)
#undef X
		[RECORDED_FUNCTION] = "function",
	[RECORDED_OTHER] = "other",
	[RECORDED_LOST] = "lost",
	[RECORDED_BUFFER_STARTED] = "buffer started",
};

const char *recorded_kind_name(enum recorded_kind kind) { return kind_names[kind]; }

/* ---- messages */

/* Columns count characters as diagnostics shows them: a byte that is none counts as one. */
static uint32_t column_of(const char *start, const char *at)
{
	uint32_t column = 1;

	for (const char *p = start; p < at; column++) {
		const gunichar c = g_utf8_get_char_validated(p, at - p);

		p = c == (gunichar)-1 || c == (gunichar)-2 || !*p ? p + 1 : g_utf8_next_char(p);
	}
	return column;
}

static uint32_t number32(uint64_t number) { return (uint32_t)MIN(number, UINT32_MAX); }

/* The line's text as a source of its own, and the place of @at in it. */
static struct source_pos place(const struct trace_reader *r, const struct line *line,
			       const char *at, struct source *source)
{
	const char *end = line->end;

	*source = (struct source){ .name = r->name,
				   .text = g_strndup(line->begin, (size_t)(end - line->begin)),
				   .length = (size_t)(end - line->begin),
				   .lines_before = number32(line->number) - 1 };
	return (struct source_pos){ source, number32(line->number),
				    column_of(line->begin, MIN(at, end)) };
}

/* A line that cannot be read, or several that were taken together. */
G_GNUC_PRINTF(4, 5)
static void report(struct trace_reader *r, const struct line *line, const char *at,
		   const char *format, ...)
{
	struct source source;
	va_list args;

	if (r->facts.bad++ >= TRACE_READER_SHOWN)
		return;
	const struct source_pos pos = place(r, line, at, &source);

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	warning_at(r->d, &pos, "%s", message);
	g_free(source.text);
}

static void fail(struct trace_reader *r, int status, const char *message)
{
	r->failed = true;
	error_plain(r->d, status, "%s: %s", r->name, message);
}

/* ---- lines */

static bool starts(const char *p, const char *word) { return strncmp(p, word, strlen(word)) == 0; }

static char *past_blanks(char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* What stands between events and is none: call chains of ftrace and perf, trace-cmd's head. */
static bool is_annotation(const struct line *line)
{
	static const char *const words[] = { "=>", "<stack trace>", "<user stack trace>",
					     "version =", "cpus=" };
	const char *p = past_blanks(line->start);
	unsigned digits = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (starts(p, words[i]))
			return true;
	while (scan_hex_digit(p[digits]) >= 0)
		digits++;
	return p > line->start &&
	       (digits >= 8 || (digits && p[-1] == ' ' && *line->start == '\t')) &&
	       p[digits] == ' ';
}

/* "CPU:3 [LOST 12 EVENTS]", trace-cmd's "CPU:3 [12 EVENTS DROPPED]". */
static bool is_lost(const char *start, uint32_t *cpu, uint64_t *n)
{
	struct scan s = { .p = start };

	*n = 0;
	if (!scan_try(&s, "CPU:") || !scan_decimal_u32(&s, cpu) || !scan_try(&s, " ["))
		return false;
	if (scan_try(&s, "LOST ")) {
		if (scan_decimal(&s, n))
			scan_try(&s, " ");
		return scan_try(&s, "EVENTS]");
	}
	if (scan_decimal(&s, n))
		scan_try(&s, " ");
	return scan_try(&s, "EVENTS DROPPED]");
}

/* "##### CPU 1 buffer started ####", trace-cmd's "CPU:1 [SUBBUFFER START]". */
static bool is_buffer_started(const char *start, uint32_t *cpu)
{
	struct scan s = { .p = start };

	if (scan_try(&s, "CPU:"))
		return scan_decimal_u32(&s, cpu) && scan_try(&s, " [SUBBUFFER START]");
	return scan_try(&s, "##### CPU ") && scan_decimal_u32(&s, cpu) &&
	       scan_try(&s, " buffer started");
}

static void classify(struct line *line)
{
	uint32_t cpu;
	uint64_t n;

	line->start = line->begin;
	while (*line->start == '>') /* quoted in a mail */
		line->start += line->start[1] == ' ' ? 2 : 1;
	while (line->end > line->start && line->end[-1] == '\r')
		line->end--;
	if (past_blanks(line->start) >= line->end) {
		line->class = LINE_BLANK;
	} else if (is_buffer_started(line->start, &cpu)) {
		line->class = LINE_BUFFER_STARTED;
	} else if (*line->start == '#') {
		line->class = LINE_COMMENT;
	} else if (is_lost(line->start, &cpu, &n)) {
		line->class = LINE_LOST;
	} else if (trace_header_read(line->start, line->end, &line->h, &line->at,
				     &line->expected)) {
		line->class = LINE_EVENT;
	} else {
		line->class = is_annotation(line) ? LINE_ANNOTATION : LINE_TEXT;
	}
}

/* Reads the line at r->pos into r->ahead; its end is in the buffer, or the line is too long. */
static void load(struct trace_reader *r)
{
	struct line *line = r->ahead;
	char *newline = memchr(r->pos, '\n', (size_t)(r->limit - r->pos));

	line->number = ++r->number;
	line->begin = line->start = line->piece = r->pos;
	if (!newline)
		newline = r->limit; /* where a '\n' always stands */
	line->end = newline;
	r->pos = newline < r->limit ? newline + 1 : r->limit;
	if (line->begin == r->limit)
		line->class = LINE_END;
	else if (newline - line->begin > TRACE_READER_LINE_MAX)
		line->class = LINE_TOO_LONG;
	else
		classify(line);
}

/* Moves the line ahead to the front of the buffer and reads behind it, if what is there may not be
 * all that the next step looks at. */
static void refill(struct trace_reader *r)
{
	char *error = NULL;

	if (r->input_ended || r->limit - r->ahead->begin >= BUFFER_LEAST)
		return;

	const size_t kept = (size_t)(r->limit - r->ahead->begin);

	memmove(r->buffer, r->ahead->begin, kept);
	r->limit = r->buffer + kept;
	while (r->limit < r->buffer + BUFFER_SIZE && !r->input_ended) {
		const size_t n =
			trace_input_read(r->input, r->limit,
					 (size_t)(r->buffer + BUFFER_SIZE - r->limit), &error);

		r->limit += n;
		r->input_ended = n == 0 || error;
		r->bytes += n;
	}
	r->input_error = error;
	if (!r->facts.events && r->bytes > TRACE_READER_HEAD_MAX && !r->failed)
		fail(r, 2,
		     "no event in its first 16 MiB; what is read here is the text of "
		     "/sys/kernel/tracing/trace, trace-cmd report or perf script");
	*r->limit = '\n';
	r->pos = r->buffer;
	r->number--;
	load(r);
}

/* Passes over a line that does not fit. */
static void skip_long(struct trace_reader *r)
{
	struct line *line = r->ahead;
	const uint64_t number = line->number;
	char *newline = NULL;

	line->end = line->begin + TRACE_READER_LINE_MAX;
	report(r, line, line->begin, "a line of more than %u bytes", TRACE_READER_LINE_MAX);
	r->pos = line->begin;
	for (;;) {
		newline = memchr(r->pos, '\n', (size_t)(r->limit - r->pos));
		r->pos = newline ? newline + 1 : r->limit;
		line->begin = r->pos;
		if (newline || r->input_ended || r->failed)
			break;
		refill(r); /* of a part of the line; which is loaded, and passed over */
		r->pos = r->buffer;
		r->number = number;
	}
	r->number = number;
	load(r);
}

/* ---- what the file says of itself */

static struct recorded_text trimmed(const char *start, const char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct recorded_text){ start, (uint32_t)(end - start) };
}

/* What follows @key in a comment, if it starts with it. */
static bool keep_fact(char *ret, const struct line *line, const char *key)
{
	struct scan s = { .p = line->start };

	if (*ret || !scan_try(&s, key))
		return false;
	scan_blanks(&s);

	const struct recorded_text text = trimmed(s.p, line->end);
	const size_t length = MIN(text.length, TRACE_READER_FACT_MAX - 1);

	memcpy(ret, text.at, length);
	ret[length] = '\0';
	return true;
}

static void keep_facts(struct trace_facts *f, const struct line *line)
{
	struct scan s = { .p = line->start };
	uint64_t in_buffer, written;

	if (keep_fact(f->tracer, line, "# tracer:") || keep_fact(f->clock_name, line, "# clock:") ||
	    keep_fact(f->clock_name, line, "# trace_clock:") ||
	    keep_fact(f->release, line, "# os release :") ||
	    keep_fact(f->cpu_model, line, "# cpudesc :"))
		return;
	if (scan_try(&s, "# nrcpus online :") || scan_try(&s, "cpus=")) {
		scan_blanks(&s);
		scan_decimal_u32(&s, &f->cpus);
	}
	if (scan_try(&s, "# entries-in-buffer/entries-written: ") && scan_decimal(&s, &in_buffer) &&
	    scan_try(&s, "/") && scan_decimal(&s, &written)) {
		f->has_entries = true;
		f->entries_in_buffer = in_buffer;
		f->entries_written = written;
		if (scan_try(&s, " #P:"))
			scan_decimal_u32(&s, &f->cpus);
	}
}

/* ---- events */

static enum recorded_kind kind_of(const struct trace_reader *r, const struct trace_header *h)
{
	uint32_t value;

	if (h->function)
		return RECORDED_FUNCTION;
	return trace_names_find(&r->names, h->event, h->event_length, &value) &&
			       value < RECORDED_KINDS
		       ? (enum recorded_kind)value
		       : RECORDED_OTHER;
}

/* Another event; a name not met before is kept. */
static void count_other(struct trace_reader *r, const char *name, uint32_t length)
{
	struct trace_facts *f = &r->facts;
	uint32_t value;

	if (trace_names_find(&r->names, name, length, &value)) {
		f->other[value - RECORDED_KINDS].n++;
	} else if (f->names == TRACE_READER_NAMES || length >= TRACE_READER_NAME_MAX) {
		f->unnamed++;
	} else {
		char *kept = f->other[f->names].name;

		memcpy(kept, name, length);
		f->other[f->names].n = 1;
		trace_names_add(&r->names, kept, length, RECORDED_KINDS + f->names++);
	}
}

static const char *clock_text(enum trace_clock clock)
{
	static const char *const texts[] = {
		[TRACE_CLOCK_UNKNOWN] = "no clock",
		[TRACE_CLOCK_US] = "microseconds",
		[TRACE_CLOCK_NS] = "nanoseconds",
		[TRACE_CLOCK_RAW] = "bare counts",
	};

	return texts[clock];
}

/* Two clocks in one file cannot be put in order. */
static bool check_clock(struct trace_reader *r, const struct line *line)
{
	struct source source;

	if (r->facts.clock == TRACE_CLOCK_UNKNOWN)
		r->facts.clock = line->h.clock;
	if (r->facts.clock == line->h.clock)
		return true;
	const struct source_pos pos = place(r, line, line->h.time, &source);

	error_at(r->d, &pos,
		 "here the time is in %s, in the lines before in %s: one trace has one clock",
		 clock_text(line->h.clock), clock_text(r->facts.clock));
	g_free(source.text);
	r->failed = true;
	return false;
}

/* The fields of the line's event. False: s says where it failed. */
static bool read_fields(struct trace_reader *r, const struct line *line, struct scan *s)
{
	*s = (struct scan){ .p = line->h.payload };
	r->ev.kind = kind_of(r, &line->h);
	return recorded_fields_read(&r->tables, s, line->end, &r->ev);
}

/* trace-cmd and perf print the function tracer's as "function: f <-caller". */
static void take_function(struct recorded_event *ev)
{
	struct recorded_text *name = &ev->other.name, *payload = &ev->other.payload;
	const char *p = payload->at, *end = p + payload->length;

	while (p < end && *p != ' ')
		p++;
	*name = (struct recorded_text){ payload->at, (uint32_t)(p - payload->at) };
	while (p < end && *p == ' ')
		p++;
	*payload = (struct recorded_text){ p, (uint32_t)(end - p) };
}

static struct trace_reader *open_input(const char *path, const char *text, size_t length,
				       const char *name, struct diagnostics *d);

/* Which addresses the functions have is told by events that come later than the first of them. */
static void look_ahead(struct trace_reader *r)
{
	struct diagnostics quiet;
	struct trace_reader *other = NULL;

	r->looked_ahead = true;
	diagnostics_init(&quiet);
	if (r->path || r->text)
		other = open_input(r->path, r->text, r->length, r->name, &quiet);
	if (other) {
		const struct trace_facts *f = trace_reader_facts(other);

		other->looked_ahead = true;
		while ((!f->apic_timer_fn || !f->tick) && f->lines < LOOKED_AHEAD_MAX &&
		       trace_reader_next(other))
			;
		r->functions.apic_timer_fn = f->apic_timer_fn;
		r->functions.tick = f->tick;
		trace_functions_name(&r->functions, &r->ev);
	}
	trace_reader_close(other);
	diagnostics_clear(&quiet);
}

/* The event that the line is, once its fields are read. */
static const struct recorded_event *finish_event(struct trace_reader *r, const struct line *line)
{
	const struct trace_header *h = &line->h;
	struct trace_facts *f = &r->facts;
	struct recorded_event *ev = &r->ev;

	if (!check_clock(r, line))
		return NULL;
	ev->stamp = h->stamp;
	ev->line = line->number;
	ev->column = (uint32_t)(h->event - line->begin) + 1;
	ev->cpu = h->cpu;
	ev->pid = h->pid;
	ev->tgid = h->tgid;
	ev->comm = h->comm;
	ev->flags = h->flags;
	if (ev->kind >= RECORDED_FUNCTION) {
		ev->other.name = (struct recorded_text){ h->event, h->event_length };
		ev->other.system = h->system;
		ev->other.payload = trimmed(h->payload, line->end);
		if (ev->kind == RECORDED_FUNCTION && !h->function)
			take_function(ev);
		if (ev->kind == RECORDED_OTHER)
			count_other(r, h->event, h->event_length);
	}
	f->n[ev->kind]++;
	f->backwards += f->events && ev->stamp < r->stamp;
	if (!f->events || ev->stamp < f->first)
		f->first = ev->stamp;
	if (ev->stamp > f->last)
		f->last = ev->stamp;
	f->has_flags |= ev->flags.known;
	if (ev->cpu != RECORDED_CPU_UNKNOWN &&
	    (f->cpu_max == RECORDED_CPU_UNKNOWN || ev->cpu > f->cpu_max))
		f->cpu_max = ev->cpu;
	f->events++;
	r->stamp = ev->stamp;
	trace_functions_see(&r->functions, ev);
	if (!r->looked_ahead && ev->kind <= RECORDED_HRTIMER_EXPIRE_EXIT &&
	    ev->kind >= RECORDED_HRTIMER_INIT && ev->hrtimer.function == RECORDED_FN_ADDRESS)
		look_ahead(r);
	f->apic_timer_fn = r->functions.apic_timer_fn;
	f->tick = r->functions.tick;
	return ev;
}

/* What is no event, but stands in the stream. */
static const struct recorded_event *mark(struct trace_reader *r, const struct line *line,
					 enum recorded_kind kind)
{
	uint32_t cpu = 0;
	uint64_t n = 0;

	if (kind == RECORDED_BUFFER_STARTED)
		is_buffer_started(line->start, &cpu);
	else
		is_lost(line->start, &cpu, &n);
	r->ev = (struct recorded_event){ .kind = kind,
					 .stamp = r->stamp,
					 .line = line->number,
					 .column = 1,
					 .cpu = cpu,
					 .pid = -1,
					 .tgid = -1,
					 .comm = { line->start, 0 },
					 .lost = { .n = n } };
	r->facts.n[kind]++;
	r->facts.lost += n;
	return &r->ev;
}

/* perf script's own records: those that were lost are told, the others are not events. */
static const struct recorded_event *perf_record(struct trace_reader *r, const struct line *line)
{
	const struct trace_header *h = &line->h;
	struct scan s = { .p = h->payload };
	uint64_t n;

	if (!starts(h->event, "PERF_RECORD_LOST") || !scan_try(&s, "lost ") ||
	    !scan_decimal(&s, &n)) {
		r->facts.annotations++;
		return NULL;
	}
	mark(r, line, RECORDED_LOST);
	r->ev.cpu = h->cpu;
	r->ev.stamp = h->stamp;
	r->ev.lost.n = n;
	r->facts.lost += n;
	return &r->ev;
}

/* ---- wrapped lines */

/* Did reading stop at the last word, or at the end? Then the next line may have more of it. */
static bool ran_out(const struct scan *s, const char *end)
{
	const char *p = s->p;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p >= end;
}

/* How far a line can be read, joined to the next one. */
struct joined {
	enum { JOINED_NOT, JOINED_PARTLY, JOINED_WHOLE } how; /* NOT: no farther than to the seam */
	size_t left;                                          /* bytes that were not understood */
};

/* The text of @line moved up to the next one's, with @blank between or nothing. @keep: it is the
 * line from now on, else all is put back. */
static struct joined try_joined(struct trace_reader *r, struct line *line, const struct line *next,
				bool blank, bool keep)
{
	char saved[GAP_MAX];
	const size_t gap = (size_t)(next->start - line->end);
	const size_t length = (size_t)(line->end - line->begin);
	struct line joined = *line;
	/* A blank that ended the line is still there. */
	const bool one = blank && (length == 0 || line->end[-1] != ' ');
	const size_t by = one ? gap - 1 : gap;
	struct joined result = { JOINED_NOT, 0 };
	struct scan s;

	memcpy(saved, line->end, gap);
	memmove(line->begin + by, line->begin, length);
	joined.begin += by;
	joined.start += by;
	if (one)
		joined.begin[length] = ' ';
	joined.piece = next->begin;
	joined.end = next->end;
	/* A stamp that was broken in two has two readings, of two clocks. */
	if (trace_header_read(joined.start, joined.end, &joined.h, &joined.at, &joined.expected) &&
	    (r->facts.clock == TRACE_CLOCK_UNKNOWN || r->facts.clock == joined.h.clock)) {
		joined.class = LINE_EVENT;
		if (read_fields(r, &joined, &s))
			result.how = s.p > next->start ? JOINED_WHOLE : JOINED_NOT;
		else if (s.open || (s.p >= next->start && ran_out(&s, joined.end)))
			result.how = JOINED_PARTLY;
		result.left = (size_t)(joined.end - s.p);
	}
	if (keep) {
		*line = joined;
	} else {
		memmove(line->begin, line->begin + by, length);
		memcpy(line->end, saved, gap);
	}
	return result;
}

/* "[001]" in it: rather the start of an event that cannot be read. */
static bool looks_like_event(const struct line *line)
{
	for (const char *p = line->start; (p = memchr(p, '[', (size_t)(line->end - p))); p++) {
		struct scan s = { .p = p + 1 };
		uint32_t cpu;

		if (scan_decimal_u32(&s, &cpu) && scan_try(&s, "]"))
			return true;
	}
	return false;
}

/* Takes the lines ahead that are the rest of this one. Mailers break a line at a blank, terminals
 * anywhere: the better reading decides, or if both are as good, what was seen before. */
static void join(struct trace_reader *r, struct line *line)
{
	struct line *const other = r->ahead;

	for (unsigned i = 0; i < JOINED_MAX && other->class == LINE_TEXT; i++) {
		if ((size_t)(other->start - line->end) > GAP_MAX || looks_like_event(other))
			break;

		const struct joined apart = try_joined(r, line, other, true, false);
		const struct joined close = try_joined(r, line, other, false, false);
		const ptrdiff_t columns = line->end - line->piece;

		if (!apart.how && !close.how)
			break;
		const bool same = apart.how == close.how && apart.left == close.left;
		const bool blank = apart.how > close.how ||
				   (apart.how == close.how && apart.left < close.left) ||
				   (same && columns != r->columns);

		if (!blank && !same)
			r->columns = columns;
		try_joined(r, line, other, blank, true);
		r->facts.wrapped++;
		r->facts.lines++;
		load(r);
	}
}

/* Blanks that stand for one or more are not worth a message. */
static void report_fields(struct trace_reader *r, const struct line *line, const struct scan *s)
{
	g_autofree char *expected = g_strstrip(g_strdup(s->expected));
	const char *quote = s->verbatim && *expected ? "'" : "";

	report(r, line, s->p, "%.*s: %s%s%s should stand here", (int)line->h.event_length,
	       line->h.event, quote, *expected ? expected : "a blank", quote);
}

/* The line's event, or NULL: it cannot be read. */
static const struct recorded_event *read_line(struct trace_reader *r, struct line *line)
{
	struct scan s;

	if (r->ahead->class == LINE_TEXT)
		join(r, line);
	if (line->class != LINE_EVENT) {
		report(r, line, line->at, "not an event: %s should stand here", line->expected);
		return NULL;
	}
	if (starts(line->h.event, "PERF_RECORD_"))
		return perf_record(r, line);
	if (line->h.function && *line->h.event == '<') {
		r->facts.annotations++;
		return NULL;
	}
	if (read_fields(r, line, &s))
		return finish_event(r, line);
	report_fields(r, line, &s);
	return NULL;
}

/* ---- interface */

const struct recorded_event *trace_reader_next(struct trace_reader *r)
{
	while (!r->failed) {
		refill(r);

		struct line *line = r->ahead;
		const struct recorded_event *ev = NULL;

		r->facts.lines = line->number - (line->class == LINE_END);
		if (line->class == LINE_END)
			break;
		if (line->class == LINE_TOO_LONG) {
			skip_long(r);
			continue;
		}
		r->facts.unterminated = line->end == r->limit;
		r->ahead = line == &r->line[0] ? &r->line[1] : &r->line[0];
		load(r);
		switch (line->class) {
		case LINE_BLANK: r->facts.blank++; break;
		case LINE_COMMENT:
			r->facts.comments++;
			keep_facts(&r->facts, line);
			break;
		case LINE_ANNOTATION:
			r->facts.annotations++;
			keep_facts(&r->facts, line);
			break;
		case LINE_LOST: ev = mark(r, line, RECORDED_LOST); break;
		case LINE_BUFFER_STARTED: ev = mark(r, line, RECORDED_BUFFER_STARTED); break;
		default: ev = read_line(r, line); break;
		}
		if (ev)
			return ev;
	}
	if (!r->failed && r->input_error)
		fail(r, 4, r->input_error);
	return NULL;
}

bool trace_reader_finish(struct trace_reader *r)
{
	const struct trace_facts *f = &r->facts;

	if (f->bad > TRACE_READER_SHOWN) {
		const struct source source = { .name = r->name };

		warning_at(r->d, &(struct source_pos){ &source, 0, 0 },
			   "%" PRIu64 " more lines cannot be read", f->bad - TRACE_READER_SHOWN);
	}
	if (!r->failed && !f->events)
		fail(r, 2,
		     "no event in it; what is read here is the text of /sys/kernel/tracing/trace, "
		     "trace-cmd report or perf script");
	return !r->failed;
}

static struct trace_reader *open_input(const char *path, const char *text, size_t length,
				       const char *name, struct diagnostics *d)
{
	g_autofree char *error = NULL;
	int status;
	struct trace_input *input =
		trace_input_open(path, text, length, path ? path : name, &error, &status);

	if (!input) {
		error_plain(d, status, "%s: %s", name, error);
		return NULL;
	}

	struct trace_reader *r = g_new0(struct trace_reader, 1);

	r->input = input;
	r->d = d;
	r->name = g_strdup(name);
	r->path = path && strcmp(path, "-") != 0 ? g_strdup(path) : NULL;
	r->text = text;
	r->length = length;
	r->facts.cpu_max = RECORDED_CPU_UNKNOWN;
	r->facts.gzipped = trace_input_is_gzipped(input);
	r->buffer = r->limit = r->pos = g_malloc(BUFFER_SIZE + 1);
	r->ahead = &r->line[0];
	r->ahead->begin = r->buffer;
	r->number = 1; /* refill() reads the line ahead once more */
	for (unsigned kind = 0; kind <= RECORDED_FUNCTION; kind++)
		trace_names_add(&r->names, kind_names[kind], strlen(kind_names[kind]), kind);
	trace_names_add(&r->names, "hrtimer_setup", 13, RECORDED_HRTIMER_INIT);
	trace_names_add(&r->names, "sched_wakeup_new", 16, RECORDED_SCHED_WAKEUP);
	recorded_fields_init(&r->tables);
	refill(r);
	if (starts(r->ahead->begin, "\xef\xbb\xbf")) { /* a byte order mark */
		r->pos = r->ahead->begin + 3;
		r->number--;
		load(r);
	}
	return r;
}

struct trace_reader *trace_reader_open(const char *path, struct diagnostics *d)
{
	return open_input(path, NULL, 0, strcmp(path, "-") == 0 ? "standard input" : path, d);
}

struct trace_reader *trace_reader_open_memory(const char *text, size_t length, const char *name,
					      struct diagnostics *d)
{
	return open_input(NULL, text, length, name, d);
}

const struct trace_facts *trace_reader_facts(const struct trace_reader *r) { return &r->facts; }

void trace_reader_close(struct trace_reader *r)
{
	if (!r)
		return;
	trace_input_close(r->input);
	g_free(r->input_error);
	g_free(r->buffer);
	g_free(r->name);
	g_free(r->path);
	g_free(r);
}
