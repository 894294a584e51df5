/* SPDX-License-Identifier: MIT */
/* Each limit at its maximum and one above, and hostile files: an end within 2 s, a message, a
 * status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recording.h"
#include "scenario_fakes.h"
#include "scenario_limits.h"
#include "text.h"
#include "yaml_tree.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A scenario that is right, but for what @text adds: "key: value" lines of the top level. */
#define BASE                               \
	"scenario: limits\nkernel: v4.5\n" \
	"host: { tsc: 2400MHz, cpus: [ { id: 0 } ] }\n"

#define VMS                                       \
	"vms: [ { name: v, vcpus: [ { id: 0 } ]," \
	" guest: { workload: tscdeadline_latency, delta: 1us } } ]\n"

/* @n times @unit, in which %u is replaced by the number. */
static char *repeat(const char *unit, unsigned n)
{
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++) {
		const char *hole = strstr(unit, "%u");

		if (hole)
			g_string_append_printf(out, "%.*s%u%s", (int)(hole - unit), unit, i,
					       hole + 2);
		else
			g_string_append(out, unit);
	}
	return g_string_free(out, FALSE);
}

struct row {
	const char *name;
	const char *before, *unit, *after; /* the text is before, n times unit, after */
	unsigned max;                      /* this many are right, one more is not */
	const char *error;                 /* a part of the message of one more */
};

/* clang-format off */
static const struct row rows[] = {
	{ "line", BASE VMS "duration: 1ms\n#", "x", "\n", LIMIT_LINE_BYTES - 1, "longer than 4096 bytes" },
	{ "name", "duration: 1ms\n" VMS "kernel: v4.5\nhost: { tsc: 1GHz, cpus: [ { id: 0 } ] }\nscenario: ",
	  "n", "\n", LIMIT_NAME_BYTES, "longer than 64 characters" },
	{ "text", BASE VMS "duration: 1ms\nabout: ", "a", "\n", LIMIT_TEXT_BYTES, "longer than 1000 bytes" },
	{ "CPUs", "scenario: a\nkernel: v4.5\nduration: 1ms\n" VMS "host:\n  tsc: 1GHz\n  cpus:\n",
	  "    - { id: %u }\n", "", LIMIT_CPUS, "cpus: more than 1024" },
	{ "vCPUs", BASE "duration: 1ms\nvms:\n  - name: v\n    guest: { workload: busy }\n    vcpus:\n",
	  "      - { id: %u }\n", "", LIMIT_VCPUS, "vcpus: more than 4096" },
	{ "vCPUs of all VMs", BASE "duration: 1ms\nvms:\n",
	  "  - { name: v%u, guest: { workload: busy }, vcpus: [ { id: 0 }, { id: 1 } ] }\n", "",
	  LIMIT_VCPUS / 2, "vcpus: more than 4096 in all VMs together" },
	{ "variants", BASE VMS "duration: 1ms\nvariants:\n", "  v%u: {}\n", "", LIMIT_VARIANTS,
	  "more than 64 variants" },
	{ "expectations", BASE VMS "duration: 1ms\nexpect:\n", "  - { id: e%u, that: 1 == 1 }\n", "",
	  LIMIT_EXPECTATIONS, "more than 1000 expectations" },
	{ "quantiles", BASE VMS "duration: 1ms\ncosts:\n  tick:\n    quantiles:\n", "      - 1us\n", "",
	  COST_QUANTILES_MAX, "quantiles are a list of 2 to 1025 values" },
	{ "operations of a program", BASE "duration: 1ms\nvms:\n  - name: v\n    vcpus: [ { id: 0 } ]\n    guest:\n"
	  "      workload: program\n      program:\n        start:\n", "          - rdtsc\n", "",
	  LIMIT_PROGRAM_OPS, "start: more than 4096 operations" },
	{ "includes", BASE VMS "duration: 1ms\ninclude:\n", "  - fragment.yaml\n", "", LIMIT_INCLUDES,
	  "include: more than 64 files" },
	{ "key", BASE VMS "duration: 1ms\nvariants:\n  ", "k", ": {}\n", LIMIT_KEY_BYTES,
	  "the key is longer than 64 bytes" },
};
/* clang-format on */

static void check_count(const struct row *row, unsigned n, const char *error)
{
	char *folder = enter_folder();
	g_autofree char *units = repeat(row->unit, n);
	g_autofree char *text = g_strconcat(row->before, units, row->after, NULL);
	struct diagnostics d;

	write_file("fragment.yaml", "seed: 1\n");
	struct scenario_file *file = load_text(text, &d);

	if (!error)
		assert_string_equal(d.text->str, "");
	else
		assert_non_null(strstr(d.text->str, error));
	assert_int_equal(d.status, error ? 2 : 0);
	scenario_free(file);
	diagnostics_clear(&d);
	leave_folder(folder);
}

static void check_row(void **state)
{
	const struct row *row = *state;

	check_count(row, row->max, NULL);
	check_count(row, row->max + 1, row->error);
}

/* What no key has as many of, so that the tree is all that can be read. */
/* clang-format off */
static const struct row tree_rows[] = {
	{ "keys of a map", "", "k%u: 0\n", "", LIMIT_MAP_KEYS, "more than 4096 keys in one map" },
	{ "items of a list", "a:\n", "- 0\n", "", LIMIT_LIST_ITEMS, "more than 65536 items in one list" },
	{ "nested lists", "", "- ", "0\n", LIMIT_NESTING, "nested deeper than 16" },
};
/* clang-format on */

/* @before: values in the files that were read before. */
static void check_tree(const char *text, uint32_t before, const char *error)
{
	struct arena arena = { 0 };
	struct yaml_budget budget = { .arena = &arena, .nodes = before };
	struct diagnostics d;

	diagnostics_init(&d);
	struct source *source = text_from("tree", text, TEXT_YAML, &d);
	const struct node *tree = source ? yaml_read(source, 0, &budget, &d) : NULL;

	assert_int_equal(tree != NULL, error == NULL);
	if (!error)
		assert_string_equal(d.text->str, "");
	else
		assert_non_null(strstr(d.text->str, error));
	source_free(source);
	arena_clear(&arena);
	diagnostics_clear(&d);
}

static void check_tree_row(void **state)
{
	const struct row *row = *state;

	for (unsigned over = 0; over < 2; over++) {
		g_autofree char *units = repeat(row->unit, row->max + over);
		g_autofree char *text = g_strconcat(row->before, units, row->after, NULL);

		check_tree(text, 0, over ? row->error : NULL);
	}
}

/* The map, its list, a thousand less one lists of as many, and the rest one by one. */
static void values(void **state)
{
	const unsigned side = 999, rest = LIMIT_NODES - 2 - side * (side + 1);
	g_autofree char *inner = repeat("0,", side);
	g_autofree char *item = g_strdup_printf("- [%s]\n", inner);
	g_autofree char *items = repeat(item, side), *single = repeat("- 0\n", rest);
	g_autofree char *text = g_strconcat("a:\n", items, single, NULL);
	g_autofree char *over = g_strconcat(text, "- 0\n", NULL);

	check_tree(text, 0, NULL);
	check_tree(over, 0, "more than 1000000 values");
	/* Those of one scenario count together. */
	check_tree("a: 0\n", LIMIT_NODES - 2, NULL);
	check_tree("a: 0\n", LIMIT_NODES - 1, "more than 1000000 values");
}

static void include_depth(void **state)
{
	char *folder = enter_folder();

	for (unsigned i = 0; i <= LIMIT_INCLUDE_DEPTH; i++) {
		g_autofree char *name = g_strdup_printf("level%u.yaml", i);
		g_autofree char *text = i ? g_strdup_printf("include: [ level%u.yaml ]\n", i - 1)
					  : g_strdup("seed: 1\n");

		write_file(name, text);
	}
	for (unsigned over = 0; over < 2; over++) {
		g_autofree char *text =
			g_strdup_printf(BASE VMS "duration: 1ms\ninclude: [ level%u.yaml ]\n",
					LIMIT_INCLUDE_DEPTH - 1 + over);
		struct diagnostics d;
		struct scenario_file *file = load_text(text, &d);

		assert_int_equal(file != NULL, !over);
		if (over)
			assert_non_null(strstr(d.text->str, "include each other deeper than 4"));
		scenario_free(file);
		diagnostics_clear(&d);
	}
	leave_folder(folder);
}

struct pair {
	const char *name;
	const char *good, *bad; /* lines of the top level */
	const char *error;
};

/* clang-format off */
static const struct pair pairs[] = {
	{ "lowest frequency", "duration: 1ms\nhost: { tsc: 1MHz, cpus: [ { id: 0 } ] }\n",
	  "duration: 1ms\nhost: { tsc: 999kHz, cpus: [ { id: 0 } ] }\n", "out of range [1000kHz, 10000000kHz]" },
	{ "highest frequency", "duration: 1ms\nhost: { tsc: 10GHz, cpus: [ { id: 0 } ] }\n",
	  "duration: 1ms\nhost: { tsc: 10000001kHz, cpus: [ { id: 0 } ] }\n", "out of range [1000kHz, 10000000kHz]" },
	{ "longest run", "duration: 17280000s\n", "duration: 17280000.000000000001s\n", "out of range [1ns, 17280000s]" },
	{ "shortest run", "duration: 1ns\n", "duration: 999ps\n", "out of range [1ns, 17280000s]" },
	{ "cost", "duration: 1ms\ncosts: { tick: 1s }\n", "duration: 1ms\ncosts: { tick: 1000000001ns }\n",
	  "out of range [0ns, 1s]" },
	{ "cost in cycles", "duration: 1ms\ncosts: { tick: 10000000000cycles }\n",
	  "duration: 1ms\ncosts: { tick: 10000000001cycles }\n", "out of range [0 cycles, 10000000000 cycles]" },
	{ "host clock", "duration: 1ms\nhost: { start: { monotonic: 9223372036853775807ns } }\n",
	  "duration: 1ms\nhost: { start: { monotonic: 9223372036853775808ns } }\n", "passes its end" },
	/* At 0, 1 us, ...: exactly 10^6 before the end; one more a picosecond later. */
	{ "events", "duration: 1s\ntimeline: [ { at: 0s, every: 1us, do: device-irq, cpu: 0 } ]\n",
	  "duration: 1.000000000001s\ntimeline: [ { at: 0s, every: 1us, do: device-irq, cpu: 0 } ]\n",
	  "more than 1000000 events" },
	{ "last instant", "duration: 1ms\ntimeline: [ { at: 999999999ps, do: device-irq, cpu: 0 } ]\n",
	  "duration: 1ms\ntimeline: [ { at: 1ms, do: device-irq, cpu: 0 } ]\n", "not before the end of the run" },
	{ "register", "duration: 1ms\nvms: [ { name: w, vcpus: [ { id: 0 } ], guest: { workload: program,"
	  " program: { start: [ lvtt: one_shot, tmict: 0xffffffff ] } } } ]\n",
	  "duration: 1ms\nvms: [ { name: w, vcpus: [ { id: 0 } ], guest: { workload: program,"
	  " program: { start: [ lvtt: one_shot, tmict: 4294967296 ] } } } ]\n", "more than 32 bits" },
	{ "bus cycle", "duration: 1ms\nvms: [ { name: v, apic_bus_cycle: 33554432ns } ]\n",
	  "duration: 1ms\nvms: [ { name: v, apic_bus_cycle: 33554433ns } ]\n", "out of range [0ns, 33554432ns]" },
	{ "events of a VM", "duration: 1s\ntimeline: [ { at: 0s, every: 2us, do: pause }, { at: 1us, every: 2us, do: resume } ]\n",
	  "duration: 1.000000000001s\ntimeline: [ { at: 0s, every: 2us, do: pause }, { at: 1us, every: 2us, do: resume } ]\n",
	  "more than 1000000 events" },
	{ "nesting", "duration: 1ms\nkvm: {}\n", "duration: 1ms\nkvm: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n",
	  "nested deeper than 16" },
};
/* clang-format on */

static void check_pair_text(const char *text, const char *error)
{
	/* The base is an include, so that the pair may say the same key again. */
	static const char head[] = "scenario: pair\ninclude: [ base.yaml ]\n";
	char *folder = enter_folder();
	g_autofree char *all = g_strconcat(head, text, NULL);
	struct diagnostics d;

	write_file("base.yaml", "kernel: v4.5\nhost: { tsc: 2400MHz, cpus: [ { id: 0 } ] }\n" VMS);
	struct scenario_file *file = load_text(all, &d);

	if (!error)
		assert_string_equal(d.text->str, "");
	else
		assert_non_null(strstr(d.text->str, error));
	scenario_free(file);
	diagnostics_clear(&d);
	leave_folder(folder);
}

static void check_pair(void **state)
{
	const struct pair *pair = *state;

	check_pair_text(pair->good, NULL);
	check_pair_text(pair->bad, pair->error);
}

/* What scenario_load() says of @path, within 2 s. */
static void check_path(const char *path, int status, const char *want)
{
	const gint64 start = g_get_monotonic_time();
	struct diagnostics d;

	diagnostics_init(&d);
	assert_null(scenario_load(path, &fake_options, &d));
	assert_non_null(strstr(d.text->str, want));
	assert_int_equal(d.status, status);
	assert_true(d.text->len < 20000);
	assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
	diagnostics_clear(&d);
}

static void check_hostile(const char *text, size_t length, const char *want)
{
	char *folder = enter_folder();

	assert_true(g_file_set_contents("hostile.yaml", text, (gssize)length, NULL));
	check_path("hostile.yaml", 2, want);
	leave_folder(folder);
}

static void opening_brackets(void **state)
{
	g_autofree char *one_line = repeat("[", 500000);
	g_autofree char *lines = repeat("[[[[[[[[[[\n", 50000);
	g_autofree char *maps = repeat("{a: ", 250000);

	check_hostile(one_line, strlen(one_line), ":1:4097: error: the line is longer");
	check_hostile(lines, strlen(lines),
		      ":2:7: error: maps and lists are nested deeper than 16");
	check_hostile(maps, strlen(maps), "the line is longer");
}

static void equal_keys(void **state)
{
	g_autofree char *equal = repeat("a: 1\n", 60000);
	g_autofree char *distinct = repeat("k%u: 1\n", 60000);

	check_hostile(equal, strlen(equal),
		      ":2:1: error: the key 'a' is repeated; it first stands in line 1\n");
	check_hostile(distinct, strlen(distinct), "more than 4096 keys in one map");
}

static void long_lists(void **state)
{
	g_autofree char *items = repeat("- 1\n", LIMIT_LIST_ITEMS + 1);
	g_autofree char *dashes = repeat("- ", 2000);
	g_autofree char *quotes = repeat("\"\n", 100000);

	check_hostile(items, strlen(items), "more than 65536 items in one list");
	check_hostile(dashes, strlen(dashes), "nested deeper than 16");
	check_hostile(quotes, strlen(quotes), "error:");
}

static void two_bytes(void **state)
{
	check_hostile("\x25\xfd", 2, ":1:1: error: a line starting with '%'");
}

static void file_size(void **state)
{
	char *folder = enter_folder();
	struct diagnostics d;
	g_autoptr(GString) text = g_string_new(BASE VMS "duration: 1ms\n");

	while (text->len < LIMIT_FILE_BYTES)
		g_string_append(text, "#\n");
	g_string_truncate(text, LIMIT_FILE_BYTES);
	struct scenario_file *file = load_text(text->str, &d);

	assert_non_null(file);
	scenario_free(file);
	diagnostics_clear(&d);
	g_string_append_c(text, '\n');
	write_file("large.yaml", text->str);
	check_path("large.yaml", 2, "'large.yaml' is larger than the limit of 1048576 bytes\n");
	leave_folder(folder);
}

static void special_files(void **state)
{
	char *folder = enter_folder();

	assert_int_equal(mkfifo("fifo", 0600), 0);
	check_path("fifo", 2, "lapicsim: error: 'fifo' is not a regular file\n");
	check_path("/dev/zero", 2, "lapicsim: error: '/dev/zero' is not a regular file\n");
	check_path("/", 2, "lapicsim: error: '/' is a folder, not a file\n");
	check_path("missing", 4,
		   "lapicsim: error: cannot open 'missing': No such file or directory\n");
	/* Its size is said to be 0. */
	check_path("/proc/self/status", 2, "error: a tab");
	leave_folder(folder);
}

/* Each of them includes the next sixteen times: the number of files is what ends it. */
static void include_bomb(void **state)
{
	char *folder = enter_folder();

	for (unsigned i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("bomb%u.yaml", i);
		g_autofree char *item = g_strdup_printf("bomb%u.yaml, ", i + 1);
		g_autofree char *items = repeat(item, 16);
		g_autofree char *text =
			g_strdup_printf("%sinclude: [ %s ]\n", i ? "" : "scenario: bomb\n", items);

		write_file(name, text);
	}
	write_file("bomb4.yaml", "seed: 1\n");
	check_path("bomb0.yaml", 2, "include: more than 64 files");
	leave_folder(folder);
}

static void recording_rows(void **state)
{
	char *folder = enter_folder();
	g_autoptr(GString) text = g_string_new("arm_tsc,deadline_tsc\n");
	const struct recording *recording;
	struct arena arena = { 0 };
	struct diagnostics d;

	for (unsigned i = 1; i <= LIMIT_RECORDING_ROWS; i++)
		g_string_append_printf(text, "%u,9\n", i);
	write_file("r.csv", text->str);
	diagnostics_init(&d);
	recording = recording_read("r.csv", NULL, &arena, &d);
	assert_non_null(recording);
	assert_int_equal(recording->n, LIMIT_RECORDING_ROWS);
	g_string_append(text, "1000001,9\n");
	write_file("r.csv", text->str);
	assert_null(recording_read("r.csv", NULL, &arena, &d));
	assert_non_null(
		strstr(d.text->str, "r.csv:1000002:1: error: more than 1000000 deadlines\n"));
	arena_clear(&arena);
	diagnostics_clear(&d);
	leave_folder(folder);
}

static void recording_bytes(void **state)
{
	char *folder = enter_folder();
	g_autoptr(GString) text = g_string_new("arm_tsc,deadline_tsc\n1,9\n");
	g_autofree char *dots = g_strnfill(LIMIT_LINE_BYTES - 2, '.');
	struct arena arena = { 0 };
	struct diagnostics d;

	while (text->len < LIMIT_RECORDING_BYTES)
		g_string_append_printf(text, "#%s\n", dots);
	g_string_truncate(text, LIMIT_RECORDING_BYTES);
	write_file("r.csv", text->str);
	diagnostics_init(&d);
	assert_non_null(recording_read("r.csv", NULL, &arena, &d));
	assert_string_equal(d.text->str, "");
	g_string_append_c(text, '.');
	write_file("r.csv", text->str);
	assert_null(recording_read("r.csv", NULL, &arena, &d));
	assert_non_null(
		strstr(d.text->str, "'r.csv' is larger than the limit of 16777216 bytes\n"));
	arena_clear(&arena);
	diagnostics_clear(&d);
	leave_folder(folder);
}

static void sets(void **state)
{
	char *folder = enter_folder();
	g_autofree const char **all = g_new0(const char *, LIMIT_SETS + 1);
	struct diagnostics d;
	struct scenario_file *file = load_text(BASE VMS "duration: 1ms\n", &d);

	for (size_t i = 0; i <= LIMIT_SETS; i++)
		all[i] = "seed=5";
	struct scenario_run *run = scenario_resolve(file, &file->variants[0], all, LIMIT_SETS, &d);

	assert_non_null(run);
	assert_int_equal(run->config.seed, 5);
	scenario_run_free(run);
	assert_null(scenario_resolve(file, &file->variants[0], all, LIMIT_SETS + 1, &d));
	assert_string_equal(d.text->str, "lapicsim: error: more than 1000 --set\n");
	scenario_free(file);
	diagnostics_clear(&d);
	leave_folder(folder);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(opening_brackets), cmocka_unit_test(equal_keys),
		cmocka_unit_test(long_lists),       cmocka_unit_test(two_bytes),
		cmocka_unit_test(file_size),        cmocka_unit_test(special_files),
		cmocka_unit_test(include_bomb),     cmocka_unit_test(recording_rows),
		cmocka_unit_test(recording_bytes),  cmocka_unit_test(include_depth),
		cmocka_unit_test(values),           cmocka_unit_test(sets),
	};
	struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(tree_rows) + G_N_ELEMENTS(pairs) +
				G_N_ELEMENTS(others)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(tree_rows); i++)
		tests[n++] = (struct CMUnitTest){ .name = tree_rows[i].name,
						  .test_func = check_tree_row,
						  .initial_state = (void *)&tree_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		tests[n++] = (struct CMUnitTest){ .name = pairs[i].name,
						  .test_func = check_pair,
						  .initial_state = (void *)&pairs[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[n++] = others[i];
	return cmocka_run_group_tests_name("scenario_limits", tests, NULL, NULL);
}
