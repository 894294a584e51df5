// SPDX-License-Identifier: MIT
/*
 * fuzz_values - any text as a value of a scenario, under every key of the parameter table: it is
 * refused with an error, or what is printed of it reads back as the same value and prints as the
 * same text. The same for the numbers of a sweep and the times of the command line.
 */
#include "fuzz_file.h"

#include "parameters.h"
#include "scenario_values.h"
#include "sweep_axis.h"
#include "text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What any row of the table fills: each section's struct, and more. */
union values {
	struct top_values top;
	struct host_config host;
	struct cpu_values cpu;
	struct cost_values cost;
	struct kvm_values kvm;
	struct tune_constants tuner;
	struct vm_config vm;
	struct vcpu_values vcpu;
	struct guest_values guest;
	struct other_exits exits;
	struct program_values program;
	struct command_values command;
	struct move_to_values move_to;
	struct expect_values expect;
	struct sweep_values sweep;
};

/* The value behind "v: " in a text, as the reader of files has it. */
struct document {
	struct source *source;
	struct arena arena;
	const struct node *value; /* NULL: it is no YAML of ours */
};

static void document_read(struct document *ret, const char *text)
{
	g_autofree char *whole = g_strconcat("v: ", text, "\n", NULL);
	struct yaml_budget budget = { .arena = &ret->arena };
	struct diagnostics d;

	*ret = (struct document){ 0 };
	diagnostics_init(&d);
	ret->source = text_from("x.yaml", whole, TEXT_YAML, &d);
	if (ret->source)
		ret->value = node_get(yaml_read(ret->source, 0, &budget, &d), "v");
	diagnostics_clear(&d);
}

static void document_clear(struct document *document)
{
	arena_clear(&document->arena);
	source_free(document->source);
}

static bool read_as(const struct node *node, const struct parameter *p, union values *ret)
{
	struct diagnostics d;

	diagnostics_init(&d);
	memset(ret, 0, sizeof(*ret));

	const bool ok = parameter_read(node, p, (char *)ret + p->offset, &d);

	g_assert(ok == (d.n == 0));
	diagnostics_clear(&d);
	return ok;
}

static void reads_back(const struct parameter *p, const GString *text)
{
	g_autoptr(GString) again = g_string_new(NULL);
	struct document document;
	union values values;

	document_read(&document, text->str);
	if (!document.value || !read_as(document.value, p, &values))
		fuzz_fail("%s: printed as '%s', which is refused", p->key, text->str);
	g_assert_true(parameter_print(again, p, &values));
	g_assert_cmpstr(again->str, ==, text->str);
	document_clear(&document);
}

static void under_every_key(const struct node *node)
{
	size_t n;
	const struct parameter *all = parameters_all(&n);

	for (size_t i = 0; i < n; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		union values values;

		if (all[i].type != PARAMETER_NODE && read_as(node, &all[i], &values) &&
		    parameter_print(text, &all[i], &values))
			reads_back(&all[i], text);
	}
}

static void sweep_number(const char *text)
{
	g_autoptr(GString) printed = g_string_new(NULL);
	struct sweep_number number, again;

	if (!sweep_number_read(text, &number))
		return;
	sweep_number_print(printed, number);
	g_assert_true(sweep_number_read(printed->str, &again));
	g_assert_true(again.value == number.value && again.unit == number.unit);
}

static void option(const char *text)
{
	struct diagnostics d;
	ps_t value;

	diagnostics_init(&d);
	if (option_duration("--from", text, &value, &d)) {
		g_autoptr(GString) printed = g_string_new(NULL);
		ps_t again;

		value_print_duration(printed, value);
		g_assert_true(option_duration("--from", printed->str, &again, &d));
		g_assert_cmpuint(again.v, ==, value.v);
	} else {
		g_assert(d.n > 0);
	}
	diagnostics_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	struct document document;

	document_read(&document, text);
	if (document.value)
		under_every_key(document.value);
	document_clear(&document);
	sweep_number(text);
	option(text);
	return 0;
}
