/* SPDX-License-Identifier: MIT */
#include "sweep_axis.h"

#include "kernel.h"
#include "scenario_limits.h"
#include "value.h"

#include <inttypes.h>
#include <string.h>

#define DIGITS_MAX 19 /* as many as INT64_MAX has; two more numbers of these fit 128 bits */

const char *axis_unit_name(enum axis_unit unit)
{
	static const char *const names[] = {
		[AXIS_PLAIN] = "",  [AXIS_PS] = "ps",           [AXIS_CYCLES] = "cycles",
		[AXIS_KHZ] = "kHz", [AXIS_RELEASE] = "release", [AXIS_WORD] = "word",
	};

	return names[unit];
}

/* --- numbers --- */

static const struct number_unit {
	const char *name;
	uint64_t factor;
	enum axis_unit unit;
} number_units[] = {
	{ "", 1, AXIS_PLAIN },        { "ps", 1, AXIS_PS },         { "ns", PS_PER_NS, AXIS_PS },
	{ "us", PS_PER_US, AXIS_PS }, { "ms", PS_PER_MS, AXIS_PS }, { "s", PS_PER_S, AXIS_PS },
	{ "cycles", 1, AXIS_CYCLES }, { "kHz", 1, AXIS_KHZ },       { "MHz", 1000, AXIS_KHZ },
	{ "GHz", 1000000, AXIS_KHZ },
};

struct decimal {
	uint64_t digits;
	uint64_t denominator; /* a power of ten */
};

/* Digits with at most one point among them; *text moves behind. */
static bool read_decimal(const char **text, struct decimal *ret)
{
	const char *at = *text;
	unsigned n = 0;
	bool point = false;

	*ret = (struct decimal){ 0, 1 };
	if (!g_ascii_isdigit(*at))
		return false;
	for (;; at++) {
		if (*at == '.' && !point && g_ascii_isdigit(at[1])) {
			point = true;
			continue;
		}
		if (!g_ascii_isdigit(*at))
			break;
		if (++n > DIGITS_MAX)
			return false;
		ret->digits = ret->digits * 10 + (uint64_t)(*at - '0');
		if (point)
			ret->denominator *= 10;
	}
	*text = at;
	return true;
}

bool sweep_number_read(const char *text, struct sweep_number *ret)
{
	const bool negative = *text == '-';
	struct decimal n;
	uint32_t release;

	if (kernel_parse_release(text, &release)) {
		*ret = (struct sweep_number){ release, AXIS_RELEASE };
		return true;
	}
	text += negative;
	if (!read_decimal(&text, &n))
		return false;
	while (*text == ' ')
		text++;
	for (size_t i = 0; i < G_N_ELEMENTS(number_units); i++) {
		const struct number_unit *u = &number_units[i];
		const __int128 value = (__int128)n.digits * u->factor;

		if (!g_str_equal(text, u->name))
			continue;
		if (value % n.denominator || value / n.denominator > INT64_MAX)
			return false;
		ret->value = (int64_t)(value / n.denominator) * (negative ? -1 : 1);
		ret->unit = u->unit;
		return true;
	}
	return false;
}

void sweep_number_print(GString *out, struct sweep_number number)
{
	const uint64_t value = (uint64_t)number.value;

	if (number.value < 0 || number.unit == AXIS_PLAIN || number.unit == AXIS_CYCLES)
		g_string_append_printf(out, "%" PRId64 "%s", number.value,
				       axis_unit_name(number.unit));
	else if (number.unit == AXIS_PS)
		value_print_duration(out, ps(value));
	else if (number.unit == AXIS_KHZ && value <= UINT32_MAX)
		value_print_frequency(out, (khz_t){ (uint32_t)value });
	else if (number.unit == AXIS_KHZ)
		g_string_append_printf(out, "%" PRIu64 "kHz", value);
	else
		g_string_append_printf(out, "v%" PRIu64 ".%" PRIu64, value >> 8, value & 0xff);
}

bool sweep_text_is_formula(const char *text) { return *text && strchr("=+@-", *text); }

/* --- values --- */

struct building {
	const struct scenario_file *file;
	const struct sweep_axis *axis;
	struct arena *arena;
	struct diagnostics *d;
	struct source_pos at;
	GArray *values;   /* of struct sweep_value */
	GArray *units;    /* of enum axis_unit, of each */
	GHashTable *seen; /* only ever asked for one text */
};

static bool add_text(struct building *b, const char *text, bool has_number,
		     struct sweep_number number)
{
	struct sweep_value v = { arena_strndup(b->arena, text, strlen(text)), has_number,
				 number.value };
	const enum axis_unit unit = has_number ? number.unit : AXIS_WORD;

	if (b->values->len == LIMIT_SWEEP_VALUES)
		return error_at(b->d, &b->at, "%s: more than %d values", b->axis->key,
				LIMIT_SWEEP_VALUES);
	if (!g_hash_table_add(b->seen, (gpointer)v.text))
		return error_at(b->d, &b->at, "%s: the value '%s' is there twice", b->axis->key,
				text);
	g_array_append_val(b->values, v);
	g_array_append_val(b->units, unit);
	return true;
}

static bool add_number(struct building *b, struct sweep_number number)
{
	g_autoptr(GString) text = g_string_new(NULL);

	sweep_number_print(text, number);
	return add_text(b, text->str, true, number);
}

/* A word goes into tables and scripts: it must be harmless in them. */
static bool add_word(struct building *b, const char *word)
{
	static const char allowed[] = "_.:+-";
	bool ok = *word && strlen(word) <= LIMIT_NAME_BYTES && !sweep_text_is_formula(word);

	for (const char *c = word; ok && *c; c++)
		ok = g_ascii_isalnum(*c) || strchr(allowed, *c);
	if (!ok)
		return error_at(b->d, &b->at,
				"%s: '%s' is neither a number nor a word of letters, digits, '_', "
				"'.', ':', '+', '-'",
				b->axis->key, word);
	return add_text(b, word, false, (struct sweep_number){ 0 });
}

static bool add_value(struct building *b, const char *text)
{
	struct sweep_number number;
	uint64_t seed;

	if (b->axis->kind == SWEEP_SEED) {
		if (!g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, &seed, NULL))
			return error_at(b->d, &b->at,
					"seed: '%s' is not a number from 0 to %" PRIu64, text,
					UINT64_MAX);
		if (seed > INT64_MAX)
			return add_text(b, text, false, (struct sweep_number){ 0 });
		return add_number(b, (struct sweep_number){ (int64_t)seed, AXIS_PLAIN });
	}
	if (b->axis->kind != SWEEP_VARIANT && b->axis->kind != SWEEP_FORM &&
	    sweep_number_read(text, &number))
		return add_number(b, number);
	return add_word(b, text);
}

static bool add_releases(struct building *b, uint32_t from, uint32_t to)
{
	g_autoptr(GString) name = g_string_new(NULL);
	uint32_t release;

	for (uint32_t major = from >> 8; major <= to >> 8; major++) {
		for (uint32_t minor = 0; minor <= 0xff; minor++) {
			g_string_printf(name, "v%u.%u", major, minor);
			if (!kernel_parse_release(name->str, &release) || release < from ||
			    release > to)
				continue;
			if (!add_number(b, (struct sweep_number){ release, AXIS_RELEASE }))
				return false;
		}
	}
	return true;
}

static bool add_forms(struct building *b)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);
	const char *decision = b->axis->key + strlen("forms.");

	for (size_t i = 0; i < n; i++) {
		if (!g_str_equal(all[i].name, decision))
			continue;
		for (size_t row = 0; row < kernel_rows(&all[i]); row++)
			if (!add_word(b, kernel_row(&all[i], row)->name))
				return false;
		return true;
	}
	return error_at(b->d, &b->at, "%s: '%s' is not a decision; see lapicsim list kernels",
			b->axis->key, decision);
}

static bool add_all(struct building *b)
{
	bool ok = true;

	switch (b->axis->kind) {
	case SWEEP_KERNEL: return add_releases(b, KERNEL_RELEASE_MIN, KERNEL_RELEASE_MAX);
	case SWEEP_FORM: return add_forms(b);
	case SWEEP_VARIANT:
		for (uint32_t i = 0; ok && i < b->file->n_variants; i++)
			ok = add_word(b, b->file->variants[i].name);
		return ok;
	default:
		return error_at(b->d, &b->at, "%s: 'all' is for kernel, variant and forms",
				b->axis->key);
	}
}

/* --- ranges --- */

static bool fail_range(struct building *b, const char *text)
{
	if (b->axis->kind == SWEEP_KERNEL)
		return error_at(b->d, &b->at,
				"kernel: '%s' is not a range of releases from v%u.%u to v%u.%u; "
				"write e.g. 'v4.2..v4.6'",
				text, KERNEL_RELEASE_MIN >> 8, KERNEL_RELEASE_MIN & 0xff,
				KERNEL_RELEASE_MAX >> 8, KERNEL_RELEASE_MAX & 0xff);
	return error_at(b->d, &b->at,
			"%s: '%s' is not a range; write e.g. '1..20', '0us..10us/1us' or "
			"'1us..1ms*2'",
			b->axis->key, text);
}

static bool add_linear(struct building *b, struct sweep_number from, int64_t to, int64_t step)
{
	const enum axis_unit unit = from.unit;

	if ((__int128)to - from.value >= (__int128)step * LIMIT_SWEEP_VALUES)
		return error_at(b->d, &b->at, "%s: more than %d values", b->axis->key,
				LIMIT_SWEEP_VALUES);
	for (__int128 value = from.value; value <= to; value += step)
		if (!add_number(b, (struct sweep_number){ (int64_t)value, unit }))
			return false;
	return true;
}

static bool add_geometric(struct building *b, struct sweep_number from, int64_t to,
			  const struct decimal *factor)
{
	__int128 value = from.value;

	while (value <= to) {
		const __int128 next = value * factor->digits / factor->denominator;

		if (!add_number(b, (struct sweep_number){ (int64_t)value, from.unit }))
			return false;
		if (next <= value)
			return error_at(b->d, &b->at,
					"%s: by this factor the range does not advance",
					b->axis->key);
		value = next;
	}
	return true;
}

static bool add_range(struct building *b, const char *text)
{
	const char *dots = strstr(text, "..");
	const size_t to_length = strcspn(dots + 2, "/*");
	const char *rest = dots + 2 + to_length;
	g_autofree char *from_text = g_strndup(text, (gsize)(dots - text));
	g_autofree char *to_text = g_strndup(dots + 2, to_length);
	struct sweep_number from, to, step = { 1, AXIS_PLAIN };
	struct decimal factor;

	g_strchomp(from_text);
	g_strstrip(to_text);
	if (!sweep_number_read(from_text, &from) || !sweep_number_read(to_text, &to) ||
	    from.unit != to.unit)
		return fail_range(b, text);
	if (from.value > to.value)
		return error_at(b->d, &b->at, "%s: the range '%s' ends before it begins",
				b->axis->key, text);
	if (from.unit == AXIS_RELEASE)
		return *rest ? fail_range(b, text)
			     : add_releases(b, (uint32_t)from.value, (uint32_t)to.value);
	if (*rest == '*') {
		for (rest++; *rest == ' '; rest++)
			;
		if (!read_decimal(&rest, &factor) || *rest)
			return fail_range(b, text);
		return add_geometric(b, from, to.value, &factor);
	}
	if (*rest == '/') {
		for (rest++; *rest == ' '; rest++)
			;
		if (!sweep_number_read(rest, &step))
			return fail_range(b, text);
	}
	if (!*rest && step.unit != from.unit)
		return error_at(b->d, &b->at,
				"%s: the range '%s' needs a step or a factor; write e.g. '%s/%s' "
				"or '%s*2'",
				b->axis->key, text, text, from_text, text);
	if (step.unit != from.unit || step.value <= 0)
		return fail_range(b, text);
	return add_linear(b, from, to.value, step.value);
}

/* --- the axis --- */

static bool add_items(struct building *b, const char *text)
{
	g_auto(GStrv) items = g_strsplit(text, ",", -1);
	bool ok = true;

	for (char **item = items; ok && *item; item++) {
		g_strstrip(*item);
		if (g_str_equal(*item, "all"))
			ok = add_all(b);
		else if (strstr(*item, ".."))
			ok = add_range(b, *item);
		else
			ok = add_value(b, *item);
	}
	return ok;
}

static enum sweep_axis_kind kind_of(const char *key)
{
	if (g_str_equal(key, "kernel"))
		return SWEEP_KERNEL;
	if (g_str_equal(key, "seed"))
		return SWEEP_SEED;
	if (g_str_equal(key, "variant"))
		return SWEEP_VARIANT;
	return g_str_has_prefix(key, "forms.") ? SWEEP_FORM : SWEEP_PARAMETER;
}

/* Of numbers only if all are, and of one unit. */
static void settle_unit(struct sweep_axis *axis, const GArray *units)
{
	axis->unit = g_array_index(units, enum axis_unit, 0);
	for (guint i = 0; i < units->len; i++)
		if (g_array_index(units, enum axis_unit, i) != axis->unit)
			axis->unit = AXIS_WORD;
	for (uint32_t i = 0; axis->unit == AXIS_WORD && i < axis->n; i++)
		axis->values[i].has_number = false;
}

static void take_values(struct building *b, struct sweep_axis *ret)
{
	ret->n = b->values->len;
	ret->values = arena_new(b->arena, struct sweep_value, ret->n);
	memcpy(ret->values, b->values->data, ret->n * sizeof(*ret->values));
	settle_unit(ret, b->units);
}

static bool check_variants(struct building *b)
{
	g_autofree const char **names = g_new0(const char *, b->file->n_variants + 1);
	bool ok = true;

	for (uint32_t i = 0; i < b->file->n_variants; i++)
		names[i] = b->file->variants[i].name;
	for (guint i = 0; i < b->values->len; i++) {
		const char *name = g_array_index(b->values, struct sweep_value, i).text;

		if (g_strv_contains(names, name))
			continue;
		g_autofree char *hint = value_hint(name, names);

		ok = error_at(b->d, &b->at, "variant: there is no variant '%s'%s", name, hint);
	}
	return ok;
}

bool sweep_axis_read(const struct scenario_file *file, const char *key, const struct source_pos *at,
		     const struct node *node, struct arena *arena, struct sweep_axis *ret,
		     struct diagnostics *d)
{
	uint32_t n = 0;
	const struct node **items =
		value_list(node, &(struct value_key){ .name = key }, &n, arena, d);
	struct building b = { .file = file, .axis = ret, .arena = arena, .d = d, .at = node->at };
	bool ok = items != NULL;

	*ret = (struct sweep_axis){ .key = key, .kind = kind_of(key), .at = *at };
	if (ok && !n)
		return error_at(d, &node->at, "%s: has no value", key);
	b.values = g_array_new(FALSE, FALSE, sizeof(struct sweep_value));
	b.units = g_array_new(FALSE, FALSE, sizeof(enum axis_unit));
	b.seen = g_hash_table_new(g_str_hash, g_str_equal);
	for (uint32_t i = 0; ok && i < n; i++) {
		b.at = items[i]->at;
		ok = add_items(&b, items[i]->text);
	}
	if (ok && ret->kind == SWEEP_VARIANT)
		ok = check_variants(&b);
	if (ok)
		take_values(&b, ret);
	g_array_unref(b.values);
	g_array_unref(b.units);
	g_hash_table_unref(b.seen);
	return ok;
}

void sweep_axis_variants(const struct scenario_file *file, struct arena *arena,
			 struct sweep_axis *ret)
{
	*ret = (struct sweep_axis){ .key = "variant",
				    .kind = SWEEP_VARIANT,
				    .unit = AXIS_WORD,
				    .n = file->n_variants,
				    .at = file->tree->at };
	ret->values = arena_new(arena, struct sweep_value, ret->n);
	for (uint32_t i = 0; i < ret->n; i++)
		ret->values[i].text = file->variants[i].name;
}
