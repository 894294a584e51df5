/* SPDX-License-Identifier: MIT */
#include "scenario_program.h"

#include "scenario_limits.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

#define TIME_MAX_PS (LIMIT_RUN_DAYS * UINT64_C(86400) * PS_PER_S)

enum operand { OPERAND_NONE, OPERAND_TIME, OPERAND_NUMBER, OPERAND_MODE };

struct op_row {
	const char *name;
	enum operand operand;
	const char *help;
};

static const struct op_row op_rows[PROGRAM_OP_COUNT] = {
#define PROGRAM_OP(name, operand, what) [PROGRAM_##name] = { #name, OPERAND_##operand, what },
	PROGRAM_OPS(PROGRAM_OP)
#undef PROGRAM_OP
};

/* How an operand is written: in messages, and on the page. */
static const struct {
	const char *what, *example;
} operands[] = {
	[OPERAND_NONE] = { "nothing", "" },
	[OPERAND_TIME] = { "a duration or cycles", "2ms" },
	[OPERAND_NUMBER] = { "a 32-bit number", "100000" },
	[OPERAND_MODE] = { "a mode", "periodic" },
};

static const char *const part_names[PARTS] = {
	[PART_START] = "start", [PART_REPEAT] = "repeat", [PART_HANDLER] = "handler"
};

static bool fail_unknown_op(struct resolve *r, const struct source_pos *at, const char *part,
			    const char *name)
{
	const char *names[PROGRAM_OP_COUNT + 1] = { NULL };

	for (unsigned i = 0; i < PROGRAM_OP_COUNT; i++)
		names[i] = op_rows[i].name;
	const char *near = nearest_name(name, names);
	g_autofree char *all = near ? NULL : g_strjoinv(", ", (char **)(void *)names);

	if (near)
		return error_at(r->d, at, "%s: '%s' is not an operation; did you mean '%s'?", part,
				name, near);
	return error_at(r->d, at, "%s: '%s' is not an operation; one of %s", part, name, all);
}

/* The word of @item, and its operand (NULL if there is none). */
static const char *op_word(struct resolve *r, const struct node *item, const char *part,
			   const struct node **operand)
{
	*operand = NULL;
	if (item->kind == NODE_SCALAR)
		return item->text;
	if (item->kind == NODE_MAP && item->n == 1) {
		*operand = item->entries[0].value;
		return item->entries[0].key;
	}
	error_at(r->d, &item->at,
		 "%s: an operation is a word, or one word with its operand: arm: 2ms", part);
	return NULL;
}

static bool read_operand(struct resolve *r, const struct node *node, const struct op_row *row,
			 struct program_op *ret)
{
	const bool passes = ret->kind == PROGRAM_compute || ret->kind == PROGRAM_spin;
	const struct value_key key = { row->name, passes, TIME_MAX_PS, INT64_MAX };
	uint32_t mode;

	switch (row->operand) {
	case OPERAND_NONE: return true;
	case OPERAND_TIME: return value_quantity(node, &key, &ret->time, r->d);
	case OPERAND_NUMBER: return value_register(node, &key, &ret->number, r->d);
	case OPERAND_MODE:
		if (!value_enum(node, &key, lapic_mode_names(), &mode, r->d))
			return false;
		ret->number = mode;
		return true;
	}
	g_assert_not_reached();
}

/* In a handler interrupts are off until its IRET, so that handlers do not nest. */
static bool check_place(struct resolve *r, const struct node *item, enum program_part_name part,
			const struct program_op *op, bool has_wait)
{
	const char *name = op_rows[op->kind].name;

	if (part == PART_HANDLER && op->kind == PROGRAM_wait)
		return error_at(r->d, &item->at,
				"handler: '%s' would never end: interrupts are off until the "
				"handler returns",
				name);
	if (part == PART_HANDLER && (op->kind == PROGRAM_cli || op->kind == PROGRAM_sti))
		return error_at(r->d, &item->at,
				"handler: '%s' is not for a handler: interrupts are off until it "
				"returns",
				name);
	if (op->kind == PROGRAM_wait && !has_wait)
		return error_at(r->d, &item->at,
				"%s: '%s' needs the key 'wait' in vms[].guest: spin or hlt",
				part_names[part], name);
	return true;
}

static bool read_op(struct resolve *r, const struct node *item, enum program_part_name part,
		    bool has_wait, struct program_op *ret)
{
	const char *in = part_names[part];
	const struct node *operand;
	const char *word = op_word(r, item, in, &operand);
	const struct op_row *row = NULL;

	if (!word)
		return false;
	for (unsigned i = 0; i < PROGRAM_OP_COUNT && !row; i++) {
		if (strcmp(op_rows[i].name, word) == 0) {
			ret->kind = (enum program_op_kind)i;
			row = &op_rows[i];
		}
	}
	if (!row)
		return fail_unknown_op(r, &item->at, in, word);
	if (operand && row->operand == OPERAND_NONE)
		return error_at(r->d, &operand->at, "%s: takes no operand; write '%s' alone", word,
				word);
	if (!operand && row->operand != OPERAND_NONE)
		return error_at(r->d, &item->at, "%s: needs %s; write e.g. '%s: %s'", word,
				operands[row->operand].what, word, operands[row->operand].example);
	return check_place(r, item, part, ret, has_wait) &&
	       (!operand || read_operand(r, operand, row, ret));
}

static bool read_part(struct resolve *r, const struct node *list, enum program_part_name part,
		      bool has_wait, struct program_part *ret)
{
	const char *name = part_names[part];
	bool ok = true;

	if (!list)
		return true;
	if (list->kind != NODE_SEQUENCE)
		return error_at(r->d, &list->at, "%s: takes a list of operations, not %s", name,
				node_kind_name(list));
	if (list->n == 0)
		return error_at(r->d, &list->at, "%s: is empty; leave the key out", name);
	if (list->n > LIMIT_PROGRAM_OPS)
		return error_at(r->d, &list->entries[LIMIT_PROGRAM_OPS].value->at,
				"%s: more than %d operations", name, LIMIT_PROGRAM_OPS);
	struct program_op *ops = arena_new(&r->run->arena, struct program_op, list->n);

	for (uint32_t i = 0; i < list->n; i++)
		ok &= read_op(r, list->entries[i].value, part, has_wait, &ops[i]);
	*ret = (struct program_part){ list->n, ops };
	return ok;
}

static bool part_has(const struct program_part *part, enum program_op_kind kind)
{
	for (uint32_t i = 0; i < part->n; i++)
		if (part->ops[i].kind == kind)
			return true;
	return false;
}

/* Counts are counted in one-shot and periodic mode alone, and nobody else chooses one of these. */
static void check_mode(struct resolve *r, const struct node *node, const struct guest_config *cfg)
{
	const struct program_part *const parts[PARTS] = { &cfg->start, &cfg->repeat,
							  &cfg->handler };
	bool tmict = false, lvtt = false;

	for (unsigned i = 0; i < PARTS; i++) {
		tmict |= part_has(parts[i], PROGRAM_tmict);
		lvtt |= part_has(parts[i], PROGRAM_lvtt);
	}
	if (tmict && !lvtt)
		error_at(r->d, &node->at,
			 "program: writes tmict, but never lvtt: the timer begins in tsc_deadline "
			 "mode, which has no count");
}

void scenario_program(struct resolve *r, const struct node *guest, struct guest_config *ret)
{
	const struct node *node = node_get(guest, "program");
	const bool has_wait = node_get(guest, "wait");
	struct program_part *const parts[PARTS] = { &ret->start, &ret->repeat, &ret->handler };
	struct program_values v = { { NULL } };
	bool ok = true;

	if (!node || !section_read(node, SECTION_PROGRAM, &node->at, &v, r->d))
		return;
	if (!v.part[PART_START] && !v.part[PART_REPEAT]) {
		error_at(r->d, &node->at, "program: does nothing; it needs start or repeat");
		return;
	}
	for (enum program_part_name i = 0; i < PARTS; i++)
		ok &= read_part(r, v.part[i], i, has_wait, parts[i]);
	if (ok)
		check_mode(r, node, ret);
}

static void print_op(GString *out, const struct program_op *op)
{
	const struct op_row *row = &op_rows[op->kind];

	g_string_append(out, row->name);
	switch (row->operand) {
	case OPERAND_NONE: break;
	case OPERAND_TIME:
		g_string_append(out, ": ");
		value_print_quantity(out, op->time);
		break;
	case OPERAND_NUMBER: g_string_append_printf(out, ": %" PRIu64, op->number); break;
	case OPERAND_MODE:
		g_string_append_printf(out, ": %s",
				       value_enum_name(lapic_mode_names(), (uint32_t)op->number));
		break;
	}
}

void scenario_program_print(GString *out, const struct guest_config *guest)
{
	const struct program_part *const parts[PARTS] = { &guest->start, &guest->repeat,
							  &guest->handler };

	g_string_append(out, "\n      program:");
	for (enum program_part_name i = 0; i < PARTS; i++) {
		if (parts[i]->n == 0)
			continue;
		g_string_append_printf(out, "\n        %s: [", part_names[i]);
		for (uint32_t j = 0; j < parts[i]->n; j++) {
			/* a line has a limit */
			g_string_append(out, !j ? " " : j % 8 ? ", " : ",\n          ");
			print_op(out, &parts[i]->ops[j]);
		}
		g_string_append(out, " ]");
	}
}

void scenario_program_docs(GString *out)
{
	g_string_append(out, "## Programs\n\n"
			     "The workload `program` does what the lists of `program` say. An "
			     "operation is a word, or a word with\n"
			     "its operand: `start: [ lvtt: periodic, tdcr: 0xb, tmict: 1000000 "
			     "]`. Registers are written in x2APIC\n"
			     "mode: each write, and the read of TMCCT, is an MSR exit. The timer "
			     "begins in TSC-deadline mode,\n"
			     "unmasked; `lvtt` keeps the mask bit, `mask` and `unmask` keep the "
			     "mode. A program without `repeat`\n"
			     "halts for good after `start`. In a handler there is no `wait`, "
			     "`cli` or `sti`.\n\n"
			     "| operation | operand | what it does |\n| --- | --- | --- |\n");
	for (unsigned i = 0; i < PROGRAM_OP_COUNT; i++)
		g_string_append_printf(out, "| `%s` | %s | %s |\n", op_rows[i].name,
				       operands[op_rows[i].operand].what, op_rows[i].help);
	g_string_append(out, "\nModes are `one_shot`, `periodic` and `tsc_deadline`; a number is "
			     "decimal, or hexadecimal behind `0x`.\nCycles count on the guest's "
			     "TSC.\n\n");
}

/* A word, or a map of one word and its operand. A number in hexadecimal is one to YAML, too. */
void scenario_program_schema(GString *out, const char *quantity)
{
	const char *separator = "";

	g_string_append(out, "{\"enum\":[");
	for (unsigned i = 0; i < PROGRAM_OP_COUNT; i++) {
		if (op_rows[i].operand != OPERAND_NONE)
			continue;
		g_string_append_printf(out, "%s\"%s\"", separator, op_rows[i].name);
		separator = ",";
	}
	g_string_append(out, "]},{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,"
			     "\"additionalProperties\":false,\"properties\":{");
	separator = "";
	for (unsigned i = 0; i < PROGRAM_OP_COUNT; i++) {
		if (op_rows[i].operand == OPERAND_NONE)
			continue;
		g_string_append_printf(out, "%s\"%s\":{", separator, op_rows[i].name);
		separator = ",";
		if (op_rows[i].operand == OPERAND_TIME)
			g_string_append(out, quantity);
		else if (op_rows[i].operand == OPERAND_NUMBER)
			g_string_append_printf(out,
					       "\"type\":\"integer\",\"minimum\":0,\"maximum\":%u",
					       UINT32_MAX);
		for (const struct value_name *name = lapic_mode_names();
		     op_rows[i].operand == OPERAND_MODE && name->name; name++)
			g_string_append_printf(out, "%s\"%s\"%s",
					       name == lapic_mode_names() ? "\"enum\":[" : ",",
					       name->name, name[1].name ? "" : "]");
		g_string_append_c(out, '}');
	}
	g_string_append(out, "}}");
}
