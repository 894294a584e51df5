/* SPDX-License-Identifier: MIT */
#include "scenario_schema.h"

#include "kernel.h"
#include "parameters.h"
#include "report.h"
#include "scenario_limits.h"
#include "scenario_program.h"
#include "sequence_text.h"
#include "workload_table.h"

#include <inttypes.h>
#include <string.h>

#define NUMBER "[0-9]+(\\\\.[0-9]+)?"
#define TIME NUMBER " *(ps|ns|us|ms|s)"
#define SCALAR "\"type\":[\"string\",\"number\",\"boolean\"]"
#define PATTERN(pattern) "\"type\":\"string\",\"pattern\":\"^" pattern "$\""
#define WORD "\"type\":[\"string\",\"number\"],\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\""
#define COMMIT "\"type\":[\"string\",\"number\"],\"pattern\":\"^[0-9a-fA-F]{7,40}$\""
#define QUANTITY PATTERN(NUMBER " *(ps|ns|us|ms|s|cycles)")
#define CYCLES PATTERN(NUMBER " *cycles")
#define CPU_RANGES PATTERN("[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")
#define ONE_CPUS "{\"type\":\"integer\",\"minimum\":0},{" CPU_RANGES "}"
#define LIST(item) "\"type\":\"array\",\"items\":{" item "}"
/* A list of one may do without the list. */
#define ONE_OR_LIST(item) "\"anyOf\":[{" item "},{" LIST(item) "}]"

/* Adds the texts to a list in brackets: ["a","b"]. */
static void append_member(GString *out, const char *text)
{
	g_string_append(out, out->str[out->len - 1] == '[' ? "" : ",");
	json_string(out, text);
}

/* Names of digits alone are numbers to whoever reads YAML by what a value looks like. */
static void append_names(GString *out, const struct value_name *names)
{
	g_string_append(out, "\"enum\":[");
	for (; names->name; names++)
		if (strspn(names->name, "0123456789") == strlen(names->name))
			g_string_append_printf(out, "%s%s",
					       out->str[out->len - 1] == '[' ? "" : ",",
					       names->name);
		else
			append_member(out, names->name);
	g_string_append_c(out, ']');
}

static void append_releases(GString *out)
{
	g_string_append(out, "\"enum\":[");
	for (uint32_t i = KERNEL_RELEASE_MIN; i <= KERNEL_RELEASE_MAX; i++) {
		g_autofree char *name = g_strdup_printf("v%u.%u", i >> 8, i & 0xff);
		uint32_t release;

		if (kernel_parse_release(name, &release))
			append_member(out, name);
	}
	g_string_append_c(out, ']');
}

static void append_workloads(GString *out)
{
	size_t n;
	const struct scenario_workload *all = workload_table(&n);

	g_string_append(out, "\"enum\":[");
	for (size_t i = 0; i < n; i++)
		append_member(out, all[i].name);
	g_string_append_c(out, ']');
}

static void append_forms(GString *out)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);

	g_string_append(out, "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (size_t i = 0; i < n; i++) {
		g_string_append(out, i ? ",\n " : "\n ");
		json_string(out, decisions[i].name);
		g_string_append(out, ":{\"description\":");
		json_string(out, decisions[i].what);
		g_string_append(out, ",\"enum\":[");
		for (size_t k = 0; k < kernel_rows(&decisions[i]); k++)
			append_member(out, kernel_row(&decisions[i], k)->name);
		g_string_append(out, "]}");
	}
	g_string_append_c(out, '}');
}

static void append_kvm_params(GString *out) { append_names(out, kvm_param_names()); }

static void append_restore_parts(GString *out)
{
	g_string_append(out, "\"anyOf\":[{");
	append_names(out, restore_part_names());
	g_string_append(out, "},{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,"
			     "\"items\":{");
	append_names(out, restore_part_names());
	g_string_append(out, "}}]");
}

static void append_variants(GString *out)
{
	g_string_append_printf(out,
			       "\"type\":\"object\",\"minProperties\":1,\"maxProperties\":%d,"
			       "\"propertyNames\":{" WORD "},\"additionalProperties\":"
			       "{\"$ref\":\"#/definitions/variant\"}",
			       LIMIT_VARIANTS);
}

static void append_operations(GString *out)
{
	g_string_append_printf(out,
			       "\"type\":\"array\",\"minItems\":1,\"maxItems\":%d,\"items\":"
			       "{\"$ref\":\"#/definitions/operation\"}",
			       LIMIT_PROGRAM_OPS);
}

static void append_steps(GString *out)
{
	g_string_append_printf(out,
			       "\"type\":\"array\",\"minItems\":2,\"maxItems\":%u,\"items\":"
			       "{\"type\":\"string\"}",
			       SEQUENCE_STEPS_MAX);
}

/* What is read elsewhere, by what the table calls it. */
static const struct node_form {
	const char *form, *schema;
	void (*append)(GString *out);
} node_forms[] = {
	{ "list of fragments", ONE_OR_LIST("\"type\":\"string\""), NULL },
	{ "release, e.g. v5.2", NULL, append_releases },
	{ "list of commits", ONE_OR_LIST(COMMIT), NULL },
	{ "map of decision: form", NULL, append_forms },
	{ "map of name: overrides", NULL, append_variants },
	{ "cost", "\"anyOf\":[{" QUANTITY "},{\"$ref\":\"#/definitions/costs.NAME\"}]", NULL },
	{ "time or cycles", QUANTITY, NULL },
	{ "list of times or of cycles", "\"minItems\":2," LIST(QUANTITY), NULL },
	{ "CSV file", "\"type\":\"string\"", NULL },
	{ "list of operations", NULL, append_operations },
	{ "VM.ID, or ID if there is one VM", "\"type\":[\"string\",\"number\"]", NULL },
	{ "name", WORD, NULL },
	{ "lapic_timer_advance_ns, lapic_timer_advance, min_timer_period_us", NULL,
	  append_kvm_params },
	{ "number or Y, N; cycles", "\"type\":[\"string\",\"integer\"]", NULL },
	{ "cycles, with sign", PATTERN("-?" NUMBER " *cycles"), NULL },
	{ "list of khz, tsc, lapic, tsc_deadline", NULL, append_restore_parts },
	{ "comparison", "\"type\":\"string\"", NULL },
	{ "list of steps", NULL, append_steps },
	{ "list of variants", ONE_OR_LIST(WORD) ",\"minItems\":1", NULL },
	{ "map of key: values",
	  "\"type\":\"object\",\"additionalProperties\":{" ONE_OR_LIST(SCALAR) "}", NULL },
	{ "list of constraints", ONE_OR_LIST("\"type\":\"string\""), NULL },
	{ "list of expressions, or map of name: expression",
	  "\"anyOf\":[{" SCALAR "},{" LIST(SCALAR) "},{\"type\":\"object\","
						   "\"additionalProperties\":{" SCALAR "}}]",
	  NULL },
	{ "list or map, e.g. [ lateness ]",
	  "\"anyOf\":[{" SCALAR "},{" LIST(SCALAR) "},{\"type\":\"object\","
						   "\"additionalProperties\":{" SCALAR "}}]",
	  NULL },
};

static void append_node(GString *out, const struct parameter *p)
{
	for (size_t i = 0; i < G_N_ELEMENTS(node_forms); i++) {
		if (strcmp(node_forms[i].form, p->form) != 0)
			continue;
		if (node_forms[i].append)
			node_forms[i].append(out);
		else
			g_string_append(out, node_forms[i].schema);
		return;
	}
	g_error("%s: no schema for '%s'", p->key, p->form); /* a row is missing above */
}

static void append_type(GString *out, const struct parameter *p)
{
	switch (p->type) {
	case PARAMETER_TEXT: g_string_append(out, SCALAR); return;
	case PARAMETER_WORD:
		if (p->section == SECTION_GUEST)
			append_workloads(out);
		else
			g_string_append(out, WORD);
		return;
	case PARAMETER_DURATION:
	case PARAMETER_MONOTONIC:
	case PARAMETER_NS32: g_string_append(out, PATTERN(TIME)); return;
	case PARAMETER_CYCLES: g_string_append(out, CYCLES); return;
	case PARAMETER_OFFSET: g_string_append(out, PATTERN("-?" NUMBER " *cycles")); return;
	case PARAMETER_QUANTITY: g_string_append(out, QUANTITY); return;
	case PARAMETER_FREQUENCY: g_string_append(out, PATTERN(NUMBER " *(kHz|MHz|GHz)")); return;
	case PARAMETER_U8:
	case PARAMETER_U32:
	case PARAMETER_U64:
		g_string_append_printf(out,
				       "\"type\":\"integer\",\"minimum\":%" PRIu64
				       ",\"maximum\":%" PRIu64,
				       p->min, p->max);
		return;
	case PARAMETER_I64:
		g_string_append_printf(out,
				       "\"type\":\"integer\",\"minimum\":%" PRId64
				       ",\"maximum\":%" PRId64,
				       (int64_t)p->min, (int64_t)p->max);
		return;
	case PARAMETER_BOOL: g_string_append(out, "\"type\":\"boolean\""); return;
	case PARAMETER_SWITCH:
		g_string_append(out, "\"enum\":[\"Y\",\"N\",\"y\",\"n\",1,0]");
		return;
	case PARAMETER_ENUM: append_names(out, p->names); return;
	case PARAMETER_CPUS:
		g_string_append(out, "\"anyOf\":[" ONE_CPUS ",{\"type\":\"array\",\"minItems\":1,"
				     "\"items\":{\"anyOf\":[" ONE_CPUS "]}}]");
		return;
	case PARAMETER_NODE: append_node(out, p); return;
	}
	g_assert_not_reached();
}

static void append_parameter(GString *out, const struct parameter *p)
{
	g_autoptr(GString) about = g_string_new(p->help);

	if (p->kernel)
		g_string_append_printf(about, " (kernel: %s)", p->kernel);
	if (p->def)
		g_string_append_printf(about, "; default %s", p->def);
	else if (p->absent)
		g_string_append_printf(about, "; absent: %s", p->absent);
	json_string(out, p->key);
	g_string_append(out, ":{\"description\":");
	json_string(out, about->str);
	g_string_append_c(out, ',');
	append_type(out, p);
	g_string_append_c(out, '}');
}

/* The map of @id. @variant: without what a variant cannot change. */
static void append_map(GString *out, enum section_id id, bool variant)
{
	const char *separator = "\n ";
	size_t n;
	const struct parameter *all = parameters_all(&n);

	g_string_append(out, "\"type\":\"object\",\"description\":");
	json_string(out, section_get(id)->help);
	g_string_append(out, ",\"additionalProperties\":false,\"properties\":{");
	for (size_t i = 0; i < n; i++) {
		if (all[i].section != id || (variant && all[i].file_only))
			continue;
		g_string_append(out, separator);
		append_parameter(out, &all[i]);
		separator = ",\n ";
	}
	for (enum section_id i = 0; i < SECTION_COUNT; i++) {
		const struct section *s = section_get(i);

		if (s->parent != id || !s->key || (variant && s->file_only))
			continue;
		g_string_append_printf(out, "%s\"%s\":{\"$ref\":\"#/definitions/%s\"}", separator,
				       s->key, s->path);
		separator = ",\n ";
	}
	g_string_append_c(out, '}');
}

/* Of each command: what it needs, and what else it takes. Lists of these are never merged. */
static void append_commands(GString *out)
{
	g_string_append(out, ",\"required\":[\"do\"],\"anyOf\":[{\"required\":[\"at\"]},"
			     "{\"required\":[\"every\"]}],\"allOf\":[");
	for (const struct value_name *name = command_names(); name->name; name++) {
		const struct command_keys *keys = command_keys(name->value);
		g_autofree char *takes =
			g_strconcat("at every do ", keys->needed, " ", keys->optional, NULL);
		g_auto(GStrv) needed = g_strsplit(keys->needed, " ", -1);
		g_auto(GStrv) known = g_strsplit(g_strchomp(takes), " ", -1);

		g_string_append_printf(out,
				       "%s{\"if\":{\"properties\":{\"do\":{\"const\":\"%s\"}},"
				       "\"required\":[\"do\"]},\"then\":{\"required\":[",
				       name == command_names() ? "\n " : ",\n ", name->name);
		for (char **key = needed; *key; key++)
			append_member(out, *key);
		g_string_append(out, "],\"propertyNames\":{\"enum\":[");
		for (char **key = known; *key; key++)
			if (**key)
				append_member(out, *key);
		g_string_append(out, "]}}}");
	}
	g_string_append_c(out, ']');
}

/* Whole maps, which nothing is merged into: what must be there can be said. */
static void append_rules(GString *out, enum section_id id)
{
	switch (id) {
	case SECTION_TIMELINE: append_commands(out); break;
	case SECTION_EXPECT:
		g_string_append(out, ",\"required\":[\"id\"],\"oneOf\":[{\"required\":[\"that\"]},"
				     "{\"required\":[\"sequence\"]}],"
				     "\"not\":{\"required\":[\"only\",\"not\"]}");
		break;
	case SECTION_COST:
		g_string_append(out, ",\"oneOf\":[{\"required\":[\"value\"]},"
				     "{\"required\":[\"quantiles\"]}]");
		break;
	default: break;
	}
}

static void append_definition(GString *out, enum section_id id)
{
	const struct section *s = section_get(id);

	g_string_append_printf(out, "\"%s\":{", s->path);
	if (s->kind != SECTION_MAP)
		g_string_append(out, "\"type\":\"array\",\"items\":{");
	append_map(out, id, false);
	if (s->id_key)
		g_string_append_printf(out, ",\"required\":[\"%s\"]", s->id_key);
	append_rules(out, id);
	g_string_append(out, s->kind != SECTION_MAP ? "}},\n" : "},\n");
}

void scenario_schema(GString *out)
{
	g_string_append(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\n"
			     "\"title\":\"lapicsim scenario\",\n");
	append_map(out, SECTION_TOP, false);
	g_string_append(out, ",\n\"definitions\":{\n");
	for (enum section_id i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		append_definition(out, i);
	g_string_append(out, "\"variant\":{");
	append_map(out, SECTION_TOP, true);
	g_string_append(out, "},\n\"operation\":{\"anyOf\":[");
	scenario_program_schema(out, QUANTITY);
	g_string_append(out, "]}\n}}\n");
}
