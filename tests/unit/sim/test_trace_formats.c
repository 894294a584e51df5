/* SPDX-License-Identifier: MIT */
/*
 * The bytes of each binary format, written out by hand, of a schema of our own: no word of KVM, a
 * record of more than 28 words, which no event of the models has, members of every source, and a
 * pause of exactly 2^27 ns. tests/readers/own decodes whole files of real runs.
 */
#include "trace_dat.h"
#include "trace_perf.h"
#include "trace_perfetto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define FILE_MAX 65536

static const char *const colours[] = { "red", "green" };
static const uint64_t colour_codes[] = { 7, 0x1234 };

static const struct trace_field wide_fields[] = {
	{ .name = "f0" },  { .name = "f1" },  { .name = "f2" },  { .name = "f3" },
	{ .name = "f4" },  { .name = "f5" },  { .name = "f6" },  { .name = "f7" },
	{ .name = "f8" },  { .name = "f9" },  { .name = "f10" }, { .name = "f11" },
	{ .name = "f12" }, { .name = "f13" }, { .name = "f14" }, { .name = "f15" },
};
static const struct trace_field fields[] = {
	{ .name = "colour", .type = TRACE_NAME, .names = colours, .n_names = 2 },
	{ .name = "delta", .type = TRACE_S64 },
	{ .name = "who", .type = TRACE_TASK },
};
static const struct trace_member members[] = {
	{ .decl = "u8 small", .size = 1, .from = TRACE_FROM_CONSTANT, .constant = 0xab },
	{ .decl = "u16 colour", .size = 2, .field = 0, .codes = colour_codes },
	{ .decl = "s64 delta", .size = 8, .is_signed = true, .field = 1 },
	{ .decl = "pid_t pid", .size = 4, .is_signed = true, .from = TRACE_FROM_PID, .field = 2 },
};
static const struct trace_view views[] = {
	{ .role = TRACE_BEGINS, .track = 0, .field = 0, .flow = TRACE_FLOW_BEGINS },
	{ .role = TRACE_COUNTS, .track = 1, .field = 1, .divisor = 10 },
};
static const struct trace_track tracks[] = { { .name = "a{}" }, { .name = "b{}", .unit = "m" } };

static const struct trace_event wide = { .id = 0,
					 .kind = TRACE_KIND_EVENT,
					 .system = "s",
					 .name = "wide",
					 .format = "100% {f0}",
					 .fields = wide_fields,
					 .n_fields = 16 };
static const struct trace_event mixed = { .id = 1,
					  .kind = TRACE_KIND_EVENT,
					  .system = "s",
					  .name = "mixed",
					  .format = "\"{colour}\" {delta} {who:pid}",
					  .fields = fields,
					  .n_fields = 3,
					  .members = members,
					  .n_members = N_ELEMENTS(members),
					  .views = views,
					  .n_views = N_ELEMENTS(views) };
static const struct trace_event hidden = { .id = 2, .kind = TRACE_KIND_INTERNAL, .system = "s" };
static const struct trace_event *const events[] = { &wide, &mixed, &hidden };
static const struct trace_schema schema = {
	.events = events, .n_events = 3, .tracks = tracks, .n_tracks = 2
};
static const struct trace_task tasks[] = { { "idle", 0, 120 }, { "a b", 0x1122, 5 } };
static const struct trace_machine machine = { .schema = &schema,
					      .tasks = tasks,
					      .n_tasks = 2,
					      .n_cpus = 2,
					      .start_ns = 1000,
					      .cpuid = "Vendor,1,2,3" };

/* The first at 1003 ns; the second 2^27 ns later, on the same CPU; one that nobody writes. */
static const struct trace_record records[] = {
	{ .when = { 3999 },
	  .event = 1,
	  .entity = 4,
	  .cpu = 1,
	  .task = 1,
	  .flags = TRACE_IRQS_OFF | TRACE_HARDIRQ,
	  .n_values = 3,
	  .value = { 1, -UINT64_C(21), 1 } },
	{ .when = { 3999 + (UINT64_C(1000) << 27) },
	  .event = 0,
	  .cpu = 1,
	  .n_values = 16,
	  .value = { [0] = 1, [15] = 0x0102030405060708 } },
	{ .when = { 3999 + (UINT64_C(1000) << 27) }, .event = 2 },
};

/* The whole file, and its size. */
static size_t write_some(const struct trace_format *format, const struct trace_machine *of,
			 const struct trace_record *some, size_t n_some, unsigned char *ret)
{
	FILE *out = tmpfile(), *spool = tmpfile();
	struct trace_writer *w = format->open(of, out, spool);
	size_t n;

	assert_non_null(w);
	for (size_t i = 0; i < n_some; i++)
		w->sink.record(&w->sink, &some[i]);
	assert_true(w->end(w, 0));
	w->free(w);
	rewind(out);
	n = fread(ret, 1, FILE_MAX, out);
	assert_true(n < FILE_MAX);
	fclose(out);
	fclose(spool);
	return n;
}

static size_t write_all(const struct trace_format *format, unsigned char *ret)
{
	return write_some(format, &machine, records, N_ELEMENTS(records), ret);
}

static const unsigned char *find(const unsigned char *data, size_t n, const void *what, size_t size)
{
	for (size_t i = 0; i + size <= n; i++)
		if (!memcmp(data + i, what, size))
			return data + i;
	fail_msg("%zu bytes are not there", size);
	return NULL;
}

/* clang-format off */
/* id 301, flags 1 | 8, count, pid 0x1122; small, a gap, 0x1234, a gap, -21, pid, up to a word. */
#define MIXED                                                                                    \
	0x2d, 0x01, 9, 0, 0x22, 0x11, 0, 0, 0xab, 0, 0x34, 0x12, 0, 0, 0, 0, 0xeb, 0xff, 0xff, \
		0xff, 0xff, 0xff, 0xff, 0xff, 0x22, 0x11, 0, 0

/* id 300, no flags, pid 0, f0 = 1; the zeros up to f15 follow. */
#define WIDE_BEGIN 0x2c, 0x01, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0
#define WIDE_END 8, 7, 6, 5, 4, 3, 2, 1
/* clang-format on */

static void dat_page(void **state)
{
	/* clang-format off */
	static const unsigned char page[] = {
		0xeb, 0x03, 0, 0, 0, 0, 0, 0, /* 1003 ns */
		184, 0, 0, 0, 0, 0, 0, 0,     /* used: 4 + 28 + 8 + 8 + 136 */
		7, 0, 0, 0,		      /* 7 words, no time since the page's */
		MIXED,
		30, 0, 0, 0, 1, 0, 0, 0,	 /* a time extend of 1 << 27 */
		0, 0, 0, 0, 140, 0, 0, 0,	 /* its length in a word of its own: 136 + 4 */
		WIDE_BEGIN,
	};
	static const unsigned char end[] = { WIDE_END, 0, 0, 0, 0 };
	/* CPU 0 has no page, CPU 1 one, and they stand behind the head. */
	static const unsigned char places[] = {
		'f',  'l', 'y', 'r', 'e', 'c', 'o', 'r', 'd',  0,
		0,    16,  0,	0,   0,	  0,   0,   0,	 /* 4096 */
		0,    0,   0,	0,   0,	  0,   0,   0,
		0,    16,  0,	0,   0,	  0,   0,   0,
		0,    16,  0,	0,   0,	  0,   0,   0,	 /* 4096 bytes */
		6,    0,   0,	0,   0,	  0,   0,   0,	 '[', 'm', 'o', 'n', 'o', ']',
	};
	/* clang-format on */
	static const char declared[] = "\tfield:s64 delta;\toffset:16;\tsize:8;\tsigned:1;\n";
	static const char own[] = "\tfield:u64 f1;\toffset:16;\tsize:8;\tsigned:0;\n";
	static const char print[] =
		"print fmt: \"\\\"%s\\\" %lld %d\", __print_symbolic(REC->colour, { 0x7, "
		"\"red\" }, { 0x1234, \"green\" }), REC->delta, REC->pid\n";
	static const char percent[] = "print fmt: \"100%% %llu\", REC->f0\n";
	unsigned char *file = malloc(FILE_MAX);
	const size_t n = write_all(&trace_format_dat, file);

	assert_int_equal(n, 2 * 4096);
	find(file, 4096, places, sizeof(places));
	find(file, 4096, declared, strlen(declared));
	find(file, 4096, own, strlen(own));
	find(file, 4096, print, strlen(print));
	find(file, 4096, percent, strlen(percent));
	assert_memory_equal(file + 4096, page, sizeof(page));
	/* f15 ends the record: 16 and 184 bytes from the page's begin */
	assert_memory_equal(file + 4096 + 16 + 184 - 8, end, sizeof(end));
	free(file);
}

/* A head that ends a byte before a page's end, at it, and a byte behind it: the first page of the
 * trace is the next one. */
static void dat_head_fills_its_page(void **state)
{
	char format[4096] = "", *padding = format;
	struct trace_event padded = mixed;
	const struct trace_event *const one[] = { &wide, &padded, &hidden };
	const struct trace_schema other = { .events = one, .n_events = 3 };
	const struct trace_machine of = {
		.schema = &other, .tasks = tasks, .n_tasks = 2, .n_cpus = 2, .start_ns = 1000
	};
	unsigned char *file = malloc(FILE_MAX);
	size_t end;

	padded.format = format;
	write_some(&trace_format_dat, &of, records, 1, file);
	end = (size_t)(find(file, 4096, "[mono]", 6) - file) + 6;
	memset(padding, 'x', 4095 - end);
	for (size_t want = 4095; want <= 4097; want++) {
		const size_t n = write_some(&trace_format_dat, &of, records, 1, file);
		const size_t first = want <= 4096 ? 4096 : 8192;

		assert_ptr_equal(find(file, n, "[mono]", 6) + 6, file + want);
		assert_int_equal(n, first + 4096);
		assert_memory_equal(file + first, "\xeb\x03", 3); /* 1003 ns */
		strcat(format, "x");
	}
	free(file);
}

static void perf_records(void **state)
{
	/* clang-format off */
	static const unsigned char comm[] = {
		3,    0,    0,	 0,   0,   0, 56, 0, /* COMM, 56 bytes */
		0x22, 0x11, 0,	 0,   0x22, 0x11, 0, 0, 'a', ' ', 'b', 0, 0, 0, 0, 0,
		0x22, 0x11, 0,	 0,   0x22, 0x11, 0, 0, /* the sample id: thread */
		0xe8, 0x03, 0,	 0,   0,   0, 0,  0, /* 1000 ns */
		0,    0,    0,	 0,   0,   0, 0,  0, 0,	 0,   0,   0, 0, 0, 0, 0,
	};
	static const unsigned char sample[] = {
		9,    0,    0,	 0,   1, 0, 80, 0, /* SAMPLE, 80 bytes */
		0x15, 0x05, 0,	 0,   0, 0, 0,	0, /* id 1000 + 301 */
		0,    0,    0,	 0,   0, 0, 0,	0, /* no ip */
		0x22, 0x11, 0,	 0,   0x22, 0x11, 0, 0,
		0xeb, 0x03, 0,	 0,   0, 0, 0,	0, /* 1003 ns */
		1,    0,    0,	 0,   0, 0, 0,	0, /* CPU 1 */
		28,   0,    0,	 0,   MIXED,
	};
	/* clang-format on */
	static const unsigned char host[4 + 64 + 4 + 64] = {
		/* hostname and release, padded */
		64,  0,   0,   0,         'l',        'a', 'p', 'i', 'c',
		's', 'i', 'm', [68] = 64, [72] = '6', '.', '1', '.', '0'
	};
	static const unsigned char cpuid[4 + 64] = { 64,  0,   0,   0,   'V', 'e', 'n', 'd',
						     'o', 'r', ',', '1', ',', '2', ',', '3' };
	unsigned char *file = malloc(FILE_MAX);
	const size_t n = write_all(&trace_format_perf, file);
	const unsigned char *at = find(file, n, comm, sizeof(comm));

	/* Nothing before: the idle task has no COMM. The data begin behind two attributes and ids.
	 */
	assert_ptr_equal(at, file + 104 + 2 * 144 + 2 * 8);
	assert_memory_equal(at + sizeof(comm), sample, sizeof(sample));
	find(file, n, host, sizeof(host));
	assert_memory_equal(file + n - sizeof(cpuid), cpuid, sizeof(cpuid));
	free(file);
}

static void perfetto_packets(void **state)
{
	/* Each packet: its key, its length in two bytes, timestamp 1003, sequence 1; then what is
	 * in it, in the same way. */
	/* clang-format off */
	static const unsigned char process[] = {
		0x0a, 0xa3, 0, 0x40, 0xe8, 0x07, 0x50, 1, /* 35 bytes, at 1000 */
		0x12, 0x9b, 0,				  /* process_tree */
		0x0a, 0x8a, 0, 0x08, 0xa2, 0x22, 0x10, 0, /* process: pid 0x1122, of none */
		0x1a, 3,    'a', ' ', 'b',
		0x12, 0x8b, 0, 0x08, 0xa2, 0x22,	  /* thread, name, process */
		0x12, 3,    'a', ' ', 'b', 0x18, 0xa2, 0x22,
	};
	static const unsigned char switches[] = {
		0x0a, 0xae, 0, 0x40, 0xeb, 0x07, 0x50, 1, /* 46 bytes */
		0x0a, 0xa6, 0, 0x08, 1,		  /* ftrace_events of CPU 1 */
		0x12, 0xa1, 0, 0x08, 0xeb, 0x07, 0x10, 0, /* event: timestamp, pid 0 */
		0x22, 0x99, 0,				  /* sched_switch */
		0x0a, 7,    's', 'w', 'a', 'p', 'p', 'e', 'r',
		0x10, 0,    0x18, 120, 0x20, 0,	  /* pid, prio, state */
		0x2a, 3,    'a', ' ', 'b',
		0x30, 0xa2, 0x22, 0x38, 5,		  /* pid 0x1122, prio */
	};
	static const unsigned char begins[] = {
		0x0a, 0xd6, 0, 0x40, 0xeb, 0x07, 0x50, 1,    /* 86 bytes */
		0x5a, 0xce, 0, 0x48, 1,			     /* track_event: a slice begins */
		0x58, 0x84, 0x80, 0x80, 0x80, 0x10,	     /* on track 1 << 32 | 4 */
		0xba, 0x01, 5, 'g', 'r', 'e', 'e', 'n',
		0xf9, 0x02, 1, 0, 0, 0, 0, 0, 0, 0,	     /* flow 1 */
		0x22, 0x8f, 0, 0x52, 6, 'c', 'o', 'l', 'o', 'u', 'r', 0x32, 5, 'g', 'r', 'e', 'e', 'n',
		0x22, 0x92, 0, 0x52, 5, 'd', 'e', 'l', 't', 'a',
		0x20, 0xeb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, /* -21 */
		0x22, 0x8a, 0, 0x52, 3, 'w', 'h', 'o', 0x32, 3, 'a', ' ', 'b',
	};
	static const unsigned char counts[] = {
		0x0a, 0x9c, 0, 0x40, 0xeb, 0x07, 0x50, 1, /* 28 bytes */
		0x5a, 0x94, 0, 0x48, 4,			  /* track_event: a counter */
		0x58, 0x84, 0x80, 0x80, 0x80, 0x20,	  /* on track 2 << 32 | 4 */
		0xf0, 0x01, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, /* -3 */
	};
	/* track_descriptor: uuid, name, and of a counter its unit */
	static const unsigned char first[] = {
		0xe2, 0x03, 0x8a, 0, 0x08, 0x84, 0x80, 0x80, 0x80, 0x10, 0x12, 2, 'a', '4',
	};
	static const unsigned char second[] = {
		0xe2, 0x03, 0x90, 0, 0x08, 0x84, 0x80, 0x80, 0x80, 0x20, 0x12, 2, 'b', '4',
		0x42, 0x83, 0, 0x32, 1, 'm',
	};
	/* clang-format on */
	unsigned char *file = malloc(FILE_MAX);
	const size_t n = write_all(&trace_format_perfetto, file);
	const unsigned char *at[] = {
		find(file, n, process, sizeof(process)), find(file, n, switches, sizeof(switches)),
		find(file, n, first, sizeof(first)),     find(file, n, begins, sizeof(begins)),
		find(file, n, second, sizeof(second)),   find(file, n, counts, sizeof(counts)),
	};

	for (size_t i = 1; i < N_ELEMENTS(at); i++)
		assert_true(at[i - 1] < at[i]);
	assert_ptr_equal(at[5] + sizeof(counts), file + n); /* the others have no view */
	free(file);
}

/* A colour that has no name, and a delta that is a whole number of its counter's units. */
static void values_at_the_limit(void **state)
{
	static const struct trace_record rec = { .when = { 3999 },
						 .event = 1,
						 .entity = 4,
						 .cpu = 1,
						 .task = 1,
						 .n_values = 3,
						 .value = { 2, -UINT64_C(20), 1 } };
	static const unsigned char stored[] = { 0x22, 0x11, 0, 0, 0xab, 0, 2, 0 };
	static const unsigned char unnamed[] = {
		0x22, 0x8b, 0, 0x52, 6, 'c', 'o', 'l', 'o', 'u', 'r', 0x32, 1, '?',
	};
	static const unsigned char counted[] = {
		0xf0, 0x01, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, /* -2 */
	};
	unsigned char *file = malloc(FILE_MAX);
	size_t n = write_some(&trace_format_dat, &machine, &rec, 1, file);

	assert_int_equal(n, 2 * 4096);
	find(file + 4096, 4096, stored, sizeof(stored));
	n = write_some(&trace_format_perfetto, &machine, &rec, 1, file);
	find(file, n, unnamed, sizeof(unnamed));
	assert_memory_equal(file + n - sizeof(counted), counted, sizeof(counted));
	free(file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dat_page),
		cmocka_unit_test(dat_head_fills_its_page),
		cmocka_unit_test(values_at_the_limit),
		cmocka_unit_test(perf_records),
		cmocka_unit_test(perfetto_packets),
	};

	return cmocka_run_group_tests_name("trace_formats", tests, NULL, NULL);
}
