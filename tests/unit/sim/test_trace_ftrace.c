/* SPDX-License-Identifier: MIT */
/* A whole file compared byte for byte, and each form of a field by itself. */
#include "trace_ftrace.h"
#include "trace_payload.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

static const char *const reasons[] = { "EXCEPTION_NMI", "EXTERNAL_INTERRUPT", NULL, "MSR_WRITE" };

static const struct trace_field exit_fields[] = {
	{ "vcpu", TRACE_U64, NULL, 0 },
	{ "reason", TRACE_NAME, reasons, N_ELEMENTS(reasons) },
	{ "info", TRACE_U64, NULL, 0 },
};
static const struct trace_field switch_fields[] = { { "prev", TRACE_TASK, NULL, 0 },
						    { "next", TRACE_TASK, NULL, 0 } };
static const struct trace_field delta_fields[] = { { "delta", TRACE_S64, NULL, 0 } };

/* clang-format off */
#define EVENT(id_, kind_, system_, name_, format_, fields_, n)                                     \
	{ .id = id_, .kind = TRACE_KIND_##kind_, .system = system_, .name = name_, .format = format_, \
	  .fields = fields_, .n_fields = n }
static const struct trace_event kvm_exit = EVENT(0, EVENT, "kvm", "kvm_exit",
	"vcpu {vcpu} reason {reason} info1 0x{info:016x}", exit_fields, 3);
static const struct trace_event function = EVENT(1, FUNCTION, "ftrace", "function",
	"apic_timer_fn <-__hrtimer_run_queues", NULL, 0);
static const struct trace_event segment = EVENT(2, INTERNAL, "lapicsim", "segment", NULL, NULL, 0);
static const struct trace_event sched_switch = EVENT(3, EVENT, "sched", "sched_switch",
	"prev_comm={prev:comm} prev_pid={prev:pid} prev_prio={prev:prio} ==> next_comm={next:comm}",
	switch_fields, 2);
static const struct trace_event delta = EVENT(4, EVENT, "kvm", "kvm_wait_lapic_expire",
	"delta {delta}", delta_fields, 1);
/* clang-format on */

static const struct trace_event *const events[] = { &kvm_exit, &function, &segment, &sched_switch,
						    &delta };
static const struct trace_schema schema = { .events = events, .n_events = N_ELEMENTS(events) };

static const struct trace_task tasks[] = {
	{ "<idle>", 0, 120 },
	{ "CPU 0/KVM", 1234567, 98 },          /* the blank is left out */
	{ "sixteen-letters!", 12345678, 120 }, /* no room for a NUL, and a pid of 8 digits */
};

/* clang-format off */
static const struct trace_record records[] = {
	{ .when = { 0 }, .event = 0, .cpu = 1, .task = 1, .flags = TRACE_IRQS_OFF, .n_values = 3,
	  .value = { 0, 1, 0x800000ec } },
	{ .when = { 1999 }, .event = 1, .cpu = 0, .task = 0, .flags = TRACE_IRQS_OFF | TRACE_HARDIRQ },
	{ .when = { 2000 }, .event = 2, .cpu = 0, .task = 0 },
	{ .when = { UINT64_C(10) * PS_PER_S }, .event = 3, .cpu = 11, .task = 2, .flags = TRACE_NEED_RESCHED,
	  .n_values = 2, .value = { 2, 1 } },
	{ .when = { UINT64_C(99999) * PS_PER_S }, .event = 4, .cpu = 1023, .task = 9,
	  .flags = TRACE_IRQS_OFF | TRACE_NEED_RESCHED | TRACE_HARDIRQ, .n_values = 1, .value = { -UINT64_C(480) } },
};
/* clang-format on */

/* Instant 0 is at 7.999999999 s: the next ns carries into the seconds. */
static const char want_file[] =
	"# tracer: nop\n"
	"#\n"
	"# #P:1024\n"
	"#\n"
	"#                                _-----=> irqs-off/BH-disabled\n"
	"#                               / _----=> need-resched\n"
	"#                              | / _---=> hardirq/softirq\n"
	"#                              || / _--=> preempt-depth\n"
	"#                              ||| / _-=> migrate-disable\n"
	"#                              |||| /     delay\n"
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	"#              | |         |   |||||     |         |\n"
	"        CPU0/KVM-1234567 [001] d....     7.999999999: kvm_exit: vcpu 0 reason "
	"EXTERNAL_INTERRUPT info1 0x00000000800000ec\n"
	"          <idle>-0       [000] d.h..     8.000000000: apic_timer_fn "
	"<-__hrtimer_run_queues\n"
	"sixteen-letters!-12345678 [011] .N...    17.999999999: sched_switch: "
	"prev_comm=sixteen-letters! prev_pid=12345678 prev_prio=120 ==> next_comm=CPU0/KVM\n"
	"           <...>--1      [1023] dNh.. 100006.999999999: kvm_wait_lapic_expire: delta "
	"-480\n"
	"# end events=4 fingerprint=00000000000000fe\n";

static void file_byte_for_byte(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct trace *trace = trace_new(&schema);
	const struct trace_machine machine = { .schema = &schema,
					       .tasks = tasks,
					       .n_tasks = N_ELEMENTS(tasks),
					       .n_cpus = 1024,
					       .start_ns = UINT64_C(7999999999) };
	struct trace_writer *ft = trace_format_ftrace.open(&machine, out, NULL);

	assert_non_null(ft);
	trace_add_sink(trace, &ft->sink);
	for (unsigned i = 0; i < N_ELEMENTS(records); i++)
		trace_emit(trace, &records[i]);
	assert_true(ft->end(ft, 0xfe));
	fclose(out);
	assert_string_equal(text, want_file);
	ft->free(ft);
	trace_free(trace);
	free(text);
}

struct format_row {
	const char *name;
	const char *format;
	uint64_t value[4]; /* u, s, name, task */
	const char *want;  /* NULL: the format is refused */
};

/* clang-format off */
static const struct format_row format_rows[] = {
	{ "text alone", "masterclock 0", { 0 }, "masterclock 0" },
	{ "nothing", "", { 0 }, "" },
	{ "u64 is unsigned", "{u}", { UINT64_MAX }, "18446744073709551615" },
	{ "u64 as signed", "{u:d}", { UINT64_MAX }, "-1" },
	{ "s64 is signed", "{s}", { 0, (uint64_t)INT64_MIN }, "-9223372036854775808" },
	{ "s64 positive", "{s:d}", { 0, 17 }, "17" },
	{ "s64 as unsigned", "{s:u}", { 0, UINT64_MAX }, "18446744073709551615" },
	{ "hexadecimal", "0x{u:x}", { 0xdeadbeef }, "0xdeadbeef" },
	{ "zero", "{u:x} {u} {s}", { 0, 0 }, "0 0 0" },
	{ "padded hexadecimal", "{u:08x}", { 0xec }, "000000ec" },
	{ "wider than its padding", "{u:02x}", { 0xfee00 }, "fee00" },
	{ "padded decimal", "cpu={u:03u}", { 7 }, "cpu=007" },
	{ "padded to twenty", "{u:020u}", { 1 }, "00000000000000000001" },
	{ "name", "({n}) {n:s}", { 0, 0, 3 }, "(MSR_WRITE) MSR_WRITE" },
	{ "a hole in the names", "{n}", { 0, 0, 2 }, "?2" },
	{ "beyond the names", "{n}", { 0, 0, 400 }, "?400" },
	{ "a task", "{t:comm}-{t:pid} [{t:prio}]", { 0, 0, 0, 2 }, "sixteen-letters!-12345678 [120]" },
	{ "braces", "{{{u}} {{", { 5 }, "{5} {" },
	{ "fields in any order, more than once", "{s}{u}{s}", { 1, 2 }, "212" },
	{ "no such field", "{x}", { 0 }, NULL },
	{ "not closed", "a {u", { 0 }, NULL },
	{ "no such spec", "{u:q}", { 0 }, NULL },
	{ "an empty spec", "{u:}", { 0 }, NULL },
	{ "width 0", "{u:00x}", { 0 }, NULL },
	{ "width 21", "{u:021u}", { 0 }, NULL },
	{ "width without zero", "{u:8x}", { 0 }, NULL },
	{ "padded signed", "{u:08d}", { 0 }, NULL },
	{ "a number as name", "{u:s}", { 0 }, NULL },
	{ "a name as number", "{n:u}", { 0 }, NULL },
	{ "a task without spec", "{t}", { 0 }, NULL },
	{ "a number's pid", "{u:pid}", { 0 }, NULL },
};
/* clang-format on */

static const struct trace_field all_fields[] = {
	{ "u", TRACE_U64, NULL, 0 },
	{ "s", TRACE_S64, NULL, 0 },
	{ "n", TRACE_NAME, reasons, N_ELEMENTS(reasons) },
	{ "t", TRACE_TASK, NULL, 0 },
};

static void check_format(void **state)
{
	const struct format_row *row = *state;
	const struct trace_event event = { .kind = TRACE_KIND_EVENT,
					   .name = "e",
					   .format = row->format,
					   .fields = all_fields,
					   .n_fields = 4 };
	const struct trace_event *const list[] = { &event };
	const struct trace_schema own = { .events = list, .n_events = 1 };
	struct trace_record rec = { .n_values = 4 };
	char *text = NULL, buf[100], want_line[200] = "";
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const struct trace_machine machine = {
		.schema = &own, .tasks = tasks, .n_tasks = 3, .n_cpus = 1
	};
	struct trace_writer *ft = trace_format_ftrace.open(&machine, out, NULL);
	int length;

	memcpy(rec.value, row->value, sizeof(row->value));
	length = trace_format_payload(buf, sizeof(buf), &event, &rec, tasks);
	if (!row->want) {
		assert_int_equal(length, -1);
		assert_null(ft);
		fclose(out);
		assert_int_equal(size, 0); /* nothing is written */
		free(text);
		return;
	}
	assert_string_equal(buf, row->want);
	assert_int_equal(length, strlen(row->want));

	assert_non_null(ft);
	ft->sink.record(&ft->sink, &rec);
	fclose(out);
	snprintf(want_line, sizeof(want_line), "    0.000000000: e: %s\n", row->want);
	assert_string_equal(strstr(text, "    0.0"), want_line);
	ft->free(ft);
	free(text);
}

static void payload_is_cut_as_by_snprintf(void **state)
{
	const struct trace_record rec = { .n_values = 1, .value = { -UINT64_C(480) } };
	char buf[8] = "#######";

	assert_int_equal(trace_format_payload(buf, 7, &delta, &rec, NULL), 10);
	assert_memory_equal(buf, "delta \0", 8);
	assert_int_equal(trace_format_payload(NULL, 0, &delta, &rec, NULL), 10);
}

static void tasks_unknown_without_a_list(void **state)
{
	const struct trace_record rec = { .n_values = 2, .value = { 0, 1 } };
	char buf[100];

	trace_format_payload(buf, sizeof(buf), &sched_switch, &rec, NULL);
	assert_string_equal(buf, "prev_comm=<...> prev_pid=-1 prev_prio=-1 ==> next_comm=<...>");
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(file_byte_for_byte),
		cmocka_unit_test(payload_is_cut_as_by_snprintf),
		cmocka_unit_test(tasks_unknown_without_a_list),
	};
	struct CMUnitTest tests[N_ELEMENTS(format_rows) + N_ELEMENTS(single)];

	for (size_t i = 0; i < N_ELEMENTS(format_rows); i++)
		tests[i] = (struct CMUnitTest){ .name = format_rows[i].name,
						.test_func = check_format,
						.initial_state = (void *)&format_rows[i] };
	memcpy(&tests[N_ELEMENTS(format_rows)], single, sizeof(single));
	return cmocka_run_group_tests_name("trace_ftrace", tests, NULL, NULL);
}
