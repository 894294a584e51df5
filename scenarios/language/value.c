/* SPDX-License-Identifier: MIT */
#include "value.h"

#include "scenario_limits.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define DIGITS_MAX 24 /* times the largest factor, 10^12, is below 2^128 */

typedef unsigned __int128 u128;

struct unit {
	const char *name;
	uint64_t factor;
	enum quantity_unit of;
};

static const struct unit time_units[] = {
	{ "ns", PS_PER_NS, QUANTITY_PS }, { "us", PS_PER_US, QUANTITY_PS },
	{ "ms", PS_PER_MS, QUANTITY_PS }, { "s", PS_PER_S, QUANTITY_PS },
	{ "ps", 1, QUANTITY_PS },         { NULL, 0, QUANTITY_PS },
};
static const struct unit quantity_units[] = {
	{ "ns", PS_PER_NS, QUANTITY_PS }, { "us", PS_PER_US, QUANTITY_PS },
	{ "ms", PS_PER_MS, QUANTITY_PS }, { "s", PS_PER_S, QUANTITY_PS },
	{ "cycles", 1, QUANTITY_CYCLES }, { "ps", 1, QUANTITY_PS },
	{ NULL, 0, QUANTITY_PS },
};
static const struct unit cycle_units[] = { { "cycles", 1, QUANTITY_CYCLES },
					   { NULL, 0, QUANTITY_CYCLES } };
static const struct unit frequency_units[] = {
	{ "kHz", 1, QUANTITY_PS },
	{ "MHz", 1000, QUANTITY_PS },
	{ "GHz", 1000000, QUANTITY_PS },
	{ NULL, 0, QUANTITY_PS },
};

/* A decimal number, exactly: digits / 10^decimals. */
struct number {
	u128 digits;
	unsigned decimals;
	bool overflow;
	const char *rest; /* what follows, blanks skipped */
};

static bool check_scalar(const struct node *node, const struct value_key *key,
			 struct diagnostics *d)
{
	if (node->kind != NODE_SCALAR)
		return error_at(d, &node->at, "%s: takes one value, not %s", key->name,
				node_kind_name(node));
	if (*node->text == '\0')
		return error_at(d, &node->at, "%s: has no value", key->name);
	return true;
}

/* False unless @text starts with a digit. A zero at the end of a fraction says nothing and is
 * dropped. */
static bool parse_number(const char *text, struct number *ret)
{
	unsigned n = 0;
	bool point = false;

	*ret = (struct number){ 0 };
	if (!g_ascii_isdigit(*text))
		return false;
	for (;; text++) {
		if (*text == '.' && !point && g_ascii_isdigit(text[1])) {
			point = true;
			continue;
		}
		if (!g_ascii_isdigit(*text))
			break;
		if (ret->digits == 0 && *text == '0' && !point)
			continue;
		if (++n > DIGITS_MAX)
			ret->overflow = true;
		else
			ret->digits = ret->digits * 10 + (unsigned)(*text - '0');
		ret->decimals += point;
	}
	for (; ret->decimals && ret->digits % 10 == 0; ret->decimals--)
		ret->digits /= 10;
	while (*text == ' ')
		text++;
	ret->rest = text;
	return true;
}

/* digits * factor / 10^decimals; false if that is no whole number. */
static bool scale(const struct number *number, uint64_t factor, u128 *ret)
{
	u128 value = number->digits * factor;

	for (unsigned i = 0; i < number->decimals; i++) {
		if (value % 10)
			return false;
		value /= 10;
	}
	*ret = value;
	return true;
}

static char *unit_names(const struct unit *units)
{
	GString *out = g_string_new(NULL);

	for (const struct unit *u = units; u->name; u++)
		g_string_append_printf(out, "%s%s", u == units ? "" : ", ", u->name);
	return g_string_free(out, FALSE);
}

static bool fail_unit(const struct node *node, const struct value_key *key,
		      const struct number *number, const struct unit *units, struct diagnostics *d)
{
	g_autofree char *names = unit_names(units);
	const char *intro = units[1].name ? "one of " : "write ";

	if (*number->rest == '\0')
		return error_at(d, &node->at, "%s: '%s' has no unit; %s%s", key->name, node->text,
				intro, names);
	return error_at(d, &node->at, "%s: '%s' has the unit '%s'; %s%s", key->name, node->text,
			number->rest, intro, names);
}

/* The value of @node in the base of its unit; returns that unit, NULL after an error. @what is for
 * the message. */
static const struct unit *read_with_unit(const struct node *node, const struct value_key *key,
					 const struct unit *units, const char *what, u128 *ret,
					 struct diagnostics *d)
{
	struct number number;

	if (!check_scalar(node, key, d))
		return NULL;
	if (!parse_number(node->text, &number)) {
		error_at(d, &node->at, "%s: '%s' is not %s", key->name, node->text, what);
		return NULL;
	}
	for (const struct unit *u = units; u->name; u++) {
		if (strcmp(number.rest, u->name) != 0)
			continue;
		if (number.overflow)
			error_at(d, &node->at, "%s: '%s' has more than %d digits", key->name,
				 node->text, DIGITS_MAX);
		else if (scale(&number, u->factor, ret))
			return u;
		else
			error_at(d, &node->at, "%s: '%s' is not a whole number of %s", key->name,
				 node->text,
				 units == frequency_units   ? "kHz"
				 : u->of == QUANTITY_CYCLES ? "cycles"
							    : "picoseconds");
		return NULL;
	}
	fail_unit(node, key, &number, units, d);
	return NULL;
}

static bool fail_duration_range(const struct node *node, const struct value_key *key,
				struct diagnostics *d)
{
	g_autoptr(GString) range = g_string_new("[");

	value_print_duration(range, ps(key->min));
	g_string_append(range, ", ");
	value_print_duration(range, ps(key->max));
	return error_at(d, &node->at, "%s: '%s' is out of range %s]", key->name, node->text,
			range->str);
}

static bool fail_range(const struct node *node, const struct value_key *key, uint64_t min,
		       uint64_t max, const char *unit, struct diagnostics *d)
{
	return error_at(d, &node->at, "%s: '%s' is out of range [%" PRIu64 "%s, %" PRIu64 "%s]",
			key->name, node->text, min, unit, max, unit);
}

bool value_duration(const struct node *node, const struct value_key *key, ps_t *ret,
		    struct diagnostics *d)
{
	u128 value;

	if (!read_with_unit(node, key, time_units, "a duration; write e.g. '1000 ns'", &value, d))
		return false;
	if (value < key->min || value > key->max)
		return fail_duration_range(node, key, d);
	*ret = ps((uint64_t)value);
	return true;
}

bool option_duration(const char *option, const char *text, ps_t *ret, struct diagnostics *d)
{
	struct source source = { .name = (char *)option,
				 .text = (char *)text,
				 .length = strlen(text) };
	const struct node node = {
		.kind = NODE_SCALAR, .at = { &source, 1, 1 }, .text = text, .text_column = 1
	};
	const struct value_key key = { .name = option, .max = SIM_RUN_MAX.v };

	return value_duration(&node, &key, ret, d);
}

static bool read_whole_ns(const struct node *node, const struct value_key *key, const char *what,
			  uint64_t *ret, struct diagnostics *d)
{
	u128 value;

	if (!read_with_unit(node, key, time_units, what, &value, d))
		return false;
	if (value % PS_PER_NS)
		return error_at(d, &node->at, "%s: '%s' is not a whole number of nanoseconds",
				key->name, node->text);
	value /= PS_PER_NS;
	if (value < key->min || value > key->max)
		return fail_range(node, key, key->min, key->max, "ns", d);
	*ret = (uint64_t)value;
	return true;
}

bool value_monotonic(const struct node *node, const struct value_key *key, ns_t *ret,
		     struct diagnostics *d)
{
	return read_whole_ns(node, key, "an instant; write e.g. '1000 ns'", &ret->v, d);
}

bool value_ns(const struct node *node, const struct value_key *key, uint64_t *ret,
	      struct diagnostics *d)
{
	return read_whole_ns(node, key, "a duration; write e.g. '1000 ns'", ret, d);
}

bool value_cycles(const struct node *node, const struct value_key *key, uint64_t *ret,
		  struct diagnostics *d)
{
	u128 value;

	if (!read_with_unit(node, key, cycle_units, "a number of cycles; write e.g. '1000 cycles'",
			    &value, d))
		return false;
	if (value < key->min || value > key->max)
		return fail_range(node, key, key->min, key->max, " cycles", d);
	*ret = (uint64_t)value;
	return true;
}

bool value_offset(const struct node *node, const struct value_key *key, uint64_t *ret,
		  struct diagnostics *d)
{
	const bool negative = node->kind == NODE_SCALAR && node->text[0] == '-';
	struct node digits = *node;
	uint64_t value = 0;

	if (negative) {
		digits.text++;
		if (!value_cycles(&digits,
				  &(struct value_key){ key->name, 0, (uint64_t)INT64_MAX + 1, 0 },
				  &value, d))
			return false;
		*ret = -value;
		return true;
	}
	return value_cycles(node, key, ret, d);
}

bool value_quantity(const struct node *node, const struct value_key *key, struct quantity *ret,
		    struct diagnostics *d)
{
	u128 value;
	const struct unit *unit = read_with_unit(node, key, quantity_units,
						 "a duration; write e.g. '1000 ns'", &value, d);

	if (!unit)
		return false;
	if (unit->of == QUANTITY_CYCLES && (value > key->max_cycles || (key->min && !value)))
		return fail_range(node, key, key->min ? 1 : 0, key->max_cycles, " cycles", d);
	if (unit->of == QUANTITY_PS && (value < key->min || value > key->max))
		return fail_duration_range(node, key, d);
	*ret = (struct quantity){ (uint64_t)value, unit->of };
	return true;
}

bool value_frequency(const struct node *node, const struct value_key *key, khz_t *ret,
		     struct diagnostics *d)
{
	u128 value;

	if (!read_with_unit(node, key, frequency_units, "a frequency; write e.g. '2400 MHz'",
			    &value, d))
		return false;
	if (value < key->min || value > key->max)
		return fail_range(node, key, key->min, key->max, "kHz", d);
	*ret = (khz_t){ (uint32_t)value };
	return true;
}

/* A bare whole number, @text without its sign. */
static bool parse_whole(const char *text, u128 *ret)
{
	struct number number;

	if (strspn(text, "0123456789") != strlen(text) || !parse_number(text, &number))
		return false;
	*ret = number.overflow ? (u128)-1 : number.digits;
	return true;
}

bool value_u64(const struct node *node, const struct value_key *key, uint64_t *ret,
	       struct diagnostics *d)
{
	u128 value;

	if (!check_scalar(node, key, d))
		return false;
	if (!parse_whole(node->text, &value))
		return error_at(d, &node->at, "%s: '%s' is not a whole number", key->name,
				node->text);
	if (value < key->min || value > key->max)
		return fail_range(node, key, key->min, key->max, "", d);
	*ret = (uint64_t)value;
	return true;
}

bool value_register(const struct node *node, const struct value_key *key, uint64_t *ret,
		    struct diagnostics *d)
{
	u128 value;

	if (!check_scalar(node, key, d))
		return false;
	const bool hex = strncmp(node->text, "0x", 2) == 0;
	const char *digits = node->text + (hex ? 2 : 0);

	if (hex ? !*digits || strspn(digits, "0123456789abcdefABCDEF") != strlen(digits)
		: !parse_whole(digits, &value))
		return error_at(d, &node->at,
				"%s: '%s' is not a number; write e.g. '1000' or '0x3e8'", key->name,
				node->text);
	if (hex)
		value = strlen(digits) > 16 ? (u128)-1 : g_ascii_strtoull(digits, NULL, 16);
	if (value > UINT32_MAX)
		return error_at(d, &node->at, "%s: '%s' has more than 32 bits", key->name,
				node->text);
	*ret = (uint64_t)value;
	return true;
}

bool value_i64(const struct node *node, const struct value_key *key, int64_t *ret,
	       struct diagnostics *d)
{
	const int64_t min = (int64_t)key->min, max = (int64_t)key->max;
	u128 value;

	if (!check_scalar(node, key, d))
		return false;
	const bool negative = node->text[0] == '-';

	if (!parse_whole(node->text + negative, &value))
		return error_at(d, &node->at,
				"%s: '%s' is not a whole number (a module parameter has no unit)",
				key->name, node->text);
	if (value > (u128)INT64_MAX || (negative ? -(int64_t)value : (int64_t)value) < min ||
	    (negative ? -(int64_t)value : (int64_t)value) > max)
		return error_at(d, &node->at, "%s: '%s' is out of range [%" PRId64 ", %" PRId64 "]",
				key->name, node->text, min, max);
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool value_bool(const struct node *node, const struct value_key *key, bool *ret,
		struct diagnostics *d)
{
	if (!check_scalar(node, key, d))
		return false;
	if (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0)
		return error_at(d, &node->at, "%s: '%s' is neither true nor false", key->name,
				node->text);
	*ret = node->text[0] == 't';
	return true;
}

bool value_switch(const struct node *node, const struct value_key *key, bool *ret,
		  struct diagnostics *d)
{
	if (!check_scalar(node, key, d))
		return false;
	if (node->text[1] != '\0' || !strchr("YyNn10", node->text[0]))
		return error_at(d, &node->at, "%s: '%s' is neither Y nor N", key->name, node->text);
	*ret = strchr("Yy1", node->text[0]) != NULL;
	return true;
}

char *value_hint(const char *name, const char *const *names)
{
	const char *near = nearest_name(name, names);

	return near ? g_strdup_printf("; did you mean '%s'?", near) : g_strdup("");
}

bool value_enum(const struct node *node, const struct value_key *key,
		const struct value_name *names, uint32_t *ret, struct diagnostics *d)
{
	g_autoptr(GString) all = g_string_new(NULL);

	if (!check_scalar(node, key, d))
		return false;
	for (const struct value_name *n = names; n->name; n++) {
		if (strcmp(n->name, node->text) == 0) {
			*ret = n->value;
			return true;
		}
		g_string_append_printf(all, "%s%s", n == names ? "" : ", ", n->name);
	}
	return error_at(d, &node->at, "%s: '%s' is not one of %s", key->name, node->text, all->str);
}

bool value_text(const struct node *node, const struct value_key *key, const char **ret,
		struct diagnostics *d)
{
	if (!check_scalar(node, key, d))
		return false;
	if (strlen(node->text) > LIMIT_TEXT_BYTES)
		return error_at(d, &node->at, "%s: the text is longer than %d bytes", key->name,
				LIMIT_TEXT_BYTES);
	/* What stands in no file, an escape of YAML could bring in. */
	for (const char *p = node->text; *p; p = g_utf8_next_char(p)) {
		const char *fault = *p == '\n' ? NULL : character_fault(g_utf8_get_char(p));

		if (fault)
			return error_at(d, &node->at, "%s: %s", key->name, fault);
	}
	*ret = node->text;
	return true;
}

bool value_word(const struct node *node, const struct value_key *key, const char **ret,
		struct diagnostics *d)
{
	if (!check_scalar(node, key, d))
		return false;
	if (strlen(node->text) > LIMIT_NAME_BYTES)
		return error_at(d, &node->at, "%s: the name is longer than %d characters",
				key->name, LIMIT_NAME_BYTES);
	for (const char *p = node->text; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("_.-", *p))
			return error_at(d, &node->at,
					"%s: '%s' is not a name; letters, digits, '_', '.', '-'",
					key->name, node->text);
	*ret = node->text;
	return true;
}

const struct node **value_list(const struct node *node, const struct value_key *key, uint32_t *n,
			       struct arena *arena, struct diagnostics *d)
{
	const bool list = node->kind == NODE_SEQUENCE;
	bool ok = true;

	*n = list ? node->n : 1;
	const struct node **items = arena_new(arena, const struct node *, *n);

	if (!list)
		items[0] = node;
	for (uint32_t i = 0; list && i < *n; i++)
		items[i] = node->entries[i].value;
	for (uint32_t i = 0; i < *n; i++)
		ok &= check_scalar(items[i], key, d);
	return ok ? items : NULL;
}

/* "N" or "N-M", up to a comma or the end; *text moves behind it. */
static bool parse_cpu_range(const char **text, struct cpu_mask *mask)
{
	uint64_t bound[2] = { 0, 0 };
	unsigned n = 0;

	do {
		if (!g_ascii_isdigit(**text))
			return false;
		for (; g_ascii_isdigit(**text); (*text)++)
			bound[n] = MIN(bound[n] * 10 + (uint64_t)(**text - '0'), CPUS_MAX);
		n++;
	} while (n == 1 && **text == '-' && (*text)++);
	if (n == 1)
		bound[1] = bound[0];
	if (bound[1] >= CPUS_MAX || bound[0] > bound[1])
		return false;
	for (uint64_t cpu = bound[0]; cpu <= bound[1]; cpu++)
		cpu_mask_set(mask, (unsigned)cpu);
	return true;
}

static bool add_cpus(const struct node *node, const struct value_key *key, struct cpu_mask *mask,
		     struct diagnostics *d)
{
	const char *p = node->text;
	bool ok;

	if (!check_scalar(node, key, d))
		return false;
	while ((ok = parse_cpu_range(&p, mask)) && *p == ',')
		p++;
	if (ok && *p == '\0')
		return true;
	return error_at(d, &node->at,
			"%s: '%s' is not a list of CPUs from 0 to %d; write e.g. '[0, 2]' or '1-3'",
			key->name, node->text, CPUS_MAX - 1);
}

bool value_cpus(const struct node *node, const struct value_key *key, struct cpu_mask *ret,
		struct diagnostics *d)
{
	struct cpu_mask mask = { { 0 } };

	if (node->kind == NODE_SEQUENCE && node->n == 0)
		return error_at(d, &node->at, "%s: names no CPU", key->name);
	if (node->kind != NODE_SEQUENCE) {
		if (!add_cpus(node, key, &mask, d))
			return false;
	} else {
		for (uint32_t i = 0; i < node->n; i++)
			if (!add_cpus(node->entries[i].value, key, &mask, d))
				return false;
	}
	*ret = mask;
	return true;
}

void value_print_duration(GString *out, ps_t value)
{
	static const struct unit units[] = { { "s", PS_PER_S, 0 },
					     { "ms", PS_PER_MS, 0 },
					     { "us", PS_PER_US, 0 },
					     { "ns", PS_PER_NS, 0 } };

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (value.v == 0 || value.v % units[i].factor)
			continue;
		g_string_append_printf(out, "%" PRIu64 "%s", value.v / units[i].factor,
				       units[i].name);
		return;
	}
	g_string_append_printf(out, "%" PRIu64 "%s", value.v, value.v ? "ps" : "ns");
}

void value_print_quantity(GString *out, struct quantity value)
{
	if (value.unit == QUANTITY_CYCLES)
		g_string_append_printf(out, "%" PRIu64 "cycles", value.v);
	else
		value_print_duration(out, ps(value.v));
}

void value_print_frequency(GString *out, khz_t value)
{
	const bool mhz = value.v % 1000 == 0;

	g_string_append_printf(out, "%" PRIu32 "%s", mhz ? value.v / 1000 : value.v,
			       mhz ? "MHz" : "kHz");
}

void value_print_cpus(GString *out, const struct cpu_mask *mask)
{
	const char *separator = "";

	g_string_append_c(out, '[');
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		unsigned last = cpu;

		if (!cpu_mask_has(mask, cpu))
			continue;
		while (last + 1 < CPUS_MAX && cpu_mask_has(mask, last + 1))
			last++;
		g_string_append_printf(out, "%s%u", separator, cpu);
		if (last > cpu)
			g_string_append_printf(out, "-%u", last);
		separator = ", ";
		cpu = last;
	}
	g_string_append_c(out, ']');
}

void value_print_text(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		if (*text == '\n')
			g_string_append(out, "\\n");
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

const char *value_enum_name(const struct value_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}
