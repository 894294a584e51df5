// SPDX-License-Identifier: MIT
#include "trace_describe.h"
#include "trace_reader.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *name;
	const char *text; /* the whole trace */
	const char *want; /* its events, a line each */
	const char *said; /* the diagnostics; NULL: none */
};

/* A header and an event of each shape. */
/* clang-format off */
static const struct row shapes[] = {
	{ "ftrace, 5 flags",
	  "           vcpu0-108     [001] d..1.   812.000100: kvm_entry: vcpu 0, rip 0x102aa\n",
	  "1: 812000100 cpu=1 comm='vcpu0':108 flags=d1 kvm_entry: vcpu=0 rip=102aa\n", NULL },
	{ "raw TSC",
	  "          <idle>-0       [001] dNh1.   7159621292: reschedule_exit: vector=253\n",
	  "1: 7159621292 cpu=1 comm='<idle>':0 flags=dNh1 reschedule_exit: vector=253\n", NULL },
	{ "perf script",
	  "       CPU 0/KVM  2001 [001]     1.000004:              kvm:kvm_entry: "
	  "vcpu 0, rip 0xffffffff81060b46\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0 rip=ffffffff81060b46\n", NULL },
	{ "trace-cmd report -l -t",
	  "CPU 0/KV-2001    1d....     1.000004123: kvm_entry:             vcpu 0 rip 0xffffffff81060b46\n",
	  "1: 1000004123 cpu=1 comm='CPU 0/KV':2001 flags=d0 kvm_entry: vcpu=0 rip=ffffffff81060b46\n", NULL },
};
/* clang-format on */

/* The column is that of the event's name. */
static void check_column(const char *text, const struct recorded_event *ev)
{
	const char *name = recorded_kind_name(ev->kind), *line = text;

	if (ev->kind >= RECORDED_FUNCTION)
		return;
	for (uint64_t i = 1; i < ev->line; i++)
		line = strchr(line, '\n') + 1;
	assert_true(strlen(line) >= ev->column);
	assert_memory_equal(line + ev->column - 1, name, strlen(name));
}

/* All events of the text, and what was said. */
static void check(const struct row *row)
{
	struct diagnostics d;

	diagnostics_init(&d);

	struct trace_reader *r =
		trace_reader_open_memory(row->text, strlen(row->text), "x.trace", &d);
	g_autoptr(GString) got = g_string_new(NULL);
	const struct recorded_event *ev;

	if (r) {
		while ((ev = trace_reader_next(r))) {
			g_autofree char *line = trace_describe(ev);

			g_string_append_printf(got, "%s\n", line);
			check_column(row->text, ev);
		}
		trace_reader_finish(r);
	}
	assert_string_equal(got->str, row->want);
	assert_string_equal(d.text->str, row->said ? row->said : "");
	trace_reader_close(r);
	diagnostics_clear(&d);
}

static void check_row(void **state) { check(*state); }

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(shapes)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		tests[n++] = (struct CMUnitTest){ .name = shapes[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&shapes[i] };
	return cmocka_run_group_tests_name("trace_reader", tests, NULL, NULL);
}
