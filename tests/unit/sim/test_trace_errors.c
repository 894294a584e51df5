/* SPDX-License-Identifier: MIT */
/*
 * What a writer of traces refuses, and that it says so: schemas that no file can hold, and streams
 * of which each read, write and seek fails once. Values that have no name or code.
 */
#include "trace_bytes.h"
#include "trace_payload.h"
#include "trace_writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define FILE_MAX 65536
#define LONG_NAME "a_name_of_one_thing_that_is_longer_than_any_number_of_64_bits_is"

static const struct trace_task tasks[] = { { "idle", 0, 120 }, { "a b", 0x1122, 5 } };

/* --- schemas --- */

static const char *const colours[] = { "red", NULL, LONG_NAME };
static const struct trace_field number[] = { { .name = "n" } };
static const struct trace_field name[] = {
	{ .name = "n", .type = TRACE_NAME, .names = colours, .n_names = 3 }
};
static const struct trace_field task[] = { { .name = "n", .type = TRACE_TASK } };
static const struct trace_field long_name[] = { { .name = LONG_NAME } };
static const struct trace_member other[] = { { .decl = "u64 m", .size = 8, .field = 1 } };

struct schema_row {
	const char *name, *suffix;
	const struct trace_field *field;
	const char *format;
	const struct trace_member *member;
	bool want;
};

static const struct schema_row schema_rows[] = {
	{ "text: a number", ".ftrace", number, "{n}", NULL, true },
	{ "text: no format", ".ftrace", number, NULL, NULL, false },
	{ "text: a width that is no number", ".ftrace", number, "{n:0:x}", NULL, false },
	{ "text: a width with a slash", ".ftrace", number, "{n:01/x}", NULL, false },
	{ "text: a width of three digits", ".ftrace", number, "{n:0123x}", NULL, false },
	{ "binary: a number", ".dat", number, "{n}", NULL, true },
	{ "binary: no format", ".dat", number, NULL, NULL, false },
	{ "binary: a task, and no member says what of it", ".dat", task, "", NULL, false },
	{ "binary: a name that is too long to declare", ".dat", long_name, "", NULL, false },
	{ "binary: the format wants what no member holds", ".dat", number, "{n}", other, false },
	{ "perf: the format wants what no member holds", ".perf", number, "{n}", other, false },
};

/* The schema of one event, which a writer keeps. */
static const struct trace_event *one[1];
static const struct trace_schema one_schema = { .events = one, .n_events = 1 };

static struct trace_writer *open_one(const char *suffix, const struct trace_event *event, FILE *out,
				     FILE *spool)
{
	const struct trace_machine machine = {
		.schema = &one_schema, .tasks = tasks, .n_tasks = 2, .n_cpus = 1, .cpuid = "V,1,2,3"
	};
	char path[16];

	one[0] = event;
	snprintf(path, sizeof(path), "x%s", suffix);
	return trace_format_of(path)->open(&machine, out, spool);
}

static void check_schema(void **state)
{
	const struct schema_row *row = *state;
	const struct trace_event event = { .kind = TRACE_KIND_EVENT,
					   .system = "s",
					   .name = "e",
					   .format = row->format,
					   .fields = row->field,
					   .n_fields = 1,
					   .members = row->member,
					   .n_members = row->member ? 1 : 0 };
	FILE *out = tmpfile(), *spool = tmpfile();
	struct trace_writer *w = open_one(row->suffix, &event, out, spool);

	assert_int_equal(w != NULL, row->want);
	if (w)
		w->free(w);
	fclose(out);
	fclose(spool);
}

/* --- values --- */

struct value_row {
	const char *name;
	const struct trace_field *field;
	const char *format;
	uint64_t value;
	size_t size;
	const char *want;
	int length; /* of the whole */
};

static const struct value_row value_rows[] = {
	{ "a name", name, "<{n}>", 0, 80, "<red>", 5 },
	{ "a name that is longer than a number", name, "{n}", 2, 80, LONG_NAME, 64 },
	{ "a number between two names", name, "{n}", 1, 80, "?1", 2 },
	{ "a number behind all names", name, "{n}", 3, 80, "?3", 2 },
	{ "a padded number, cut in its padding", number, "{n:09u}", 7, 4, "000", 9 },
	{ "cut before the padding", number, "abcdef{n:09u}", 7, 4, "abc", 15 },
	{ "no format", number, NULL, 7, 4, "", 0 },
};

static void check_value(void **state)
{
	const struct value_row *row = *state;
	const struct trace_event event = {
		.name = "e", .format = row->format, .fields = row->field, .n_fields = 1
	};
	const struct trace_record rec = { .n_values = 1, .value = { row->value } };
	char buf[80];

	assert_int_equal(trace_format_payload(buf, row->size, &event, &rec, NULL), row->length);
	assert_string_equal(buf, row->want);
}

static size_t contents(FILE *f, unsigned char *ret)
{
	size_t n;

	rewind(f);
	n = fread(ret, 1, FILE_MAX, f);
	assert_true(n < FILE_MAX);
	return n;
}

/* A line of the text is as long as the longest name. */
static void a_long_name_in_a_line(void **state)
{
	const struct trace_event event = { .kind = TRACE_KIND_EVENT,
					   .system = "s",
					   .name = "e",
					   .format = "{n}",
					   .fields = name,
					   .n_fields = 1 };
	const struct trace_record rec = { .n_values = 1, .value = { 2 } };
	FILE *out = tmpfile();
	struct trace_writer *w = open_one(".ftrace", &event, out, NULL);
	char text[FILE_MAX];

	w->sink.record(&w->sink, &rec);
	w->free(w);
	text[contents(out, (unsigned char *)text)] = '\0';
	assert_non_null(strstr(text, "0.000000000: e: " LONG_NAME "\n"));
	fclose(out);
}

/* The state of who leaves the CPU: by its code, or as it is. */
static void codes_of_states(void **state)
{
	static const char *const states[] = { "R", "S" };
	static const uint64_t codes[] = { 0x10, 0x20 };
	static const struct trace_field fields[] = {
		{ .name = "prev", .type = TRACE_TASK },
		{ .name = "state", .type = TRACE_NAME, .names = states, .n_names = 2 },
		{ .name = "next", .type = TRACE_TASK },
	};
	static const struct trace_member coded[] = {
		{ .decl = "u64 x", .size = 8, .from = TRACE_FROM_CONSTANT, .field = 1 },
		{ .decl = "u64 n", .size = 8, .field = 0, .codes = codes },
		{ .decl = "u64 s", .size = 8, .field = 1, .codes = codes },
	};
	static const struct trace_member bare[] = { { .decl = "u64 s", .size = 8, .field = 1 } };
	static const struct trace_view view = { .role = TRACE_SWITCHES };
	static const struct {
		const struct trace_member *members;
		uint32_t n;
		uint64_t state;
		unsigned char want;
	} rows[] = {
		{ coded, 3, 1, 0x20 }, { coded, 3, 2, 2 }, { bare, 1, 1, 1 }, { NULL, 0, 1, 1 }
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct trace_event event = { .kind = TRACE_KIND_EVENT,
						   .system = "s",
						   .name = "e",
						   .format = "",
						   .fields = fields,
						   .n_fields = 3,
						   .members = rows[i].members,
						   .n_members = rows[i].n,
						   .views = &view,
						   .n_views = 1 };
		const struct trace_record rec = { .n_values = 3, .value = { 0, rows[i].state, 1 } };
		/* prev: comm, pid, prio, state; next: comm, pid 0x1122, prio */
		const unsigned char want[] = { 0x0a, 4,    'i',  'd',          'l',  'e', 0x10, 0,
					       0x18, 120,  0x20, rows[i].want, 0x2a, 3,   'a',  ' ',
					       'b',  0x30, 0xa2, 0x22,         0x38, 5 };
		unsigned char file[FILE_MAX];
		FILE *out = tmpfile();
		struct trace_writer *w = open_one(".perfetto", &event, out, NULL);
		size_t n;

		w->sink.record(&w->sink, &rec);
		assert_true(w->end(w, 0));
		w->free(w);
		n = contents(out, file);
		assert_true(n > sizeof(want));
		assert_memory_equal(file + n - sizeof(want), want, sizeof(want));
		fclose(out);
	}
}

/* --- streams --- */

static void a_line_too_long(void **state)
{
	struct trace_bytes b = { 0 };

	bytes_format(&b, "%0511d", 1);
	assert_false(b.failed);
	assert_int_equal(b.n, 511);
	bytes_format(&b, "%0512d", 1);
	assert_true(b.failed);
	bytes_free(&b);
}

struct stream {
	int fd;
};

static unsigned until_failure; /* 0: none fails */
static bool fails(void) { return until_failure && !--until_failure; }

static ssize_t on_read(void *cookie, char *buf, size_t n)
{
	errno = EIO;
	return fails() ? -1 : read(((struct stream *)cookie)->fd, buf, n);
}

static ssize_t on_write(void *cookie, const char *buf, size_t n)
{
	errno = ENOSPC;
	return fails() ? 0 : write(((struct stream *)cookie)->fd, buf, n);
}

static int on_seek(void *cookie, off64_t *at, int whence)
{
	errno = EIO;
	*at = fails() ? -1 : lseek64(((struct stream *)cookie)->fd, *at, whence);
	return *at < 0 ? -1 : 0;
}

static FILE *open_stream(struct stream *s)
{
	static const cookie_io_functions_t functions = { on_read, on_write, on_seek, NULL };
	FILE *f;

	s->fd = memfd_create("stream", 0);
	assert_true(s->fd >= 0);
	f = fopencookie(s, "w+", functions);
	assert_non_null(f);
	return f;
}

/* 40 records of CPU 0, which fill more than a page of a .dat, and one of CPU 1. */
static bool writes(const struct trace_format *format, FILE *out, FILE *spool)
{
	static const struct trace_field sixteen[] = {
		{ .name = "a" }, { .name = "b" }, { .name = "c" }, { .name = "d" },
		{ .name = "e" }, { .name = "f" }, { .name = "g" }, { .name = "h" },
		{ .name = "i" }, { .name = "j" }, { .name = "k" }, { .name = "l" },
		{ .name = "m" }, { .name = "n" }, { .name = "o" }, { .name = "p" },
	};
	static const struct trace_event event = { .kind = TRACE_KIND_EVENT,
						  .system = "s",
						  .name = "e",
						  .format = "{a}",
						  .fields = sixteen,
						  .n_fields = 16 };
	const struct trace_machine machine = {
		.schema = &one_schema, .tasks = tasks, .n_tasks = 2, .n_cpus = 2, .cpuid = "V,1,2,3"
	};
	struct trace_writer *w;
	bool ok;

	one[0] = &event;
	w = format->open(&machine, out, spool);
	assert_non_null(w);
	for (unsigned i = 0; i <= 40; i++) {
		const struct trace_record rec = { .n_values = 16, .cpu = i == 40 };

		w->sink.record(&w->sink, &rec);
	}
	ok = w->end(w, 0);
	w->free(w);
	return ok && !fflush(out) && !ferror(out);
}

/* The bytes of the file, if writer and stream say that they are there; else 0. The k-th operation
 * on either stream fails. */
static size_t written(const struct trace_format *format, unsigned k, bool *failed,
		      unsigned char *ret)
{
	struct stream streams[2];
	FILE *out = open_stream(&streams[0]), *spool = open_stream(&streams[1]);
	ssize_t n = 0;

	until_failure = k;
	if (writes(format, out, spool))
		n = pread(streams[0].fd, ret, FILE_MAX, 0);
	*failed = k && !until_failure;
	until_failure = 0;
	fclose(out);
	fclose(spool);
	for (unsigned i = 0; i < 2; i++)
		close(streams[i].fd);
	return (size_t)n;
}

/* Who writes a trace looks at the end's word, and at the stream: then all of it is there. */
static void check_stream(void **state)
{
	static unsigned char want[FILE_MAX], got[FILE_MAX];
	unsigned refused = 0;
	bool failed;
	const size_t size = written(*state, 0, &failed, want);

	assert_in_range(size, 1, FILE_MAX - 1);
	failed = true;
	for (unsigned k = 1; failed; k++) {
		const size_t n = written(*state, k, &failed, got);

		refused += !n;
		if (!n) {
			assert_true(failed);
			continue;
		}
		assert_int_equal(n, size);
		assert_memory_equal(got, want, size);
	}
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest fixed[] = {
		cmocka_unit_test(a_long_name_in_a_line),
		cmocka_unit_test(codes_of_states),
		cmocka_unit_test(a_line_too_long),
	};
	struct CMUnitTest
		tests[N_ELEMENTS(schema_rows) + N_ELEMENTS(value_rows) + N_ELEMENTS(fixed) + 8];
	size_t n_formats, n = N_ELEMENTS(fixed);
	const struct trace_format *const *formats = trace_formats(&n_formats);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < N_ELEMENTS(schema_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = schema_rows[i].name,
						  .test_func = check_schema,
						  .initial_state = (void *)&schema_rows[i] };
	for (size_t i = 0; i < N_ELEMENTS(value_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = value_rows[i].name,
						  .test_func = check_value,
						  .initial_state = (void *)&value_rows[i] };
	for (size_t i = 0; i < n_formats; i++)
		tests[n++] = (struct CMUnitTest){ .name = formats[i]->suffix,
						  .test_func = check_stream,
						  .initial_state = (void *)(uintptr_t)formats[i] };
	return _cmocka_run_group_tests("trace_errors", tests, n, NULL, NULL);
}
