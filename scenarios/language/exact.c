/* SPDX-License-Identifier: MIT */
#include "exact.h"

#include "sim_time.h"

#include <string.h>

#define EXPONENT_MAX 8
#define DECIMALS 3

static __int128 gcd(__int128 a, __int128 b)
{
	while (b) {
		const __int128 rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

struct exact exact_integer(__int128 value, struct exact_unit unit)
{
	return (struct exact){ .num = value, .den = 1, .unit = unit };
}

struct exact exact_fraction(__int128 num, __int128 den, struct exact_unit unit)
{
	const __int128 common = gcd(num, den);

	return (struct exact){ .num = num / common, .den = den / common, .unit = unit };
}

bool exact_unit_equal(struct exact_unit a, struct exact_unit b)
{
	return a.time == b.time && a.cycles == b.cycles;
}

bool exact_unit_mul(struct exact_unit a, struct exact_unit b, struct exact_unit *ret)
{
	const int time = a.time + b.time, cycles = a.cycles + b.cycles;

	if (time > EXPONENT_MAX || time < -EXPONENT_MAX || cycles > EXPONENT_MAX ||
	    cycles < -EXPONENT_MAX)
		return false;
	*ret = (struct exact_unit){ (int8_t)time, (int8_t)cycles };
	return true;
}

const char *exact_unit_name(struct exact_unit unit)
{
	if (exact_unit_equal(unit, EXACT_PLAIN))
		return "a plain number";
	if (exact_unit_equal(unit, EXACT_TIME))
		return "a time";
	return exact_unit_equal(unit, EXACT_CYCLES) ? "cycles" : "a product of units";
}

/* Kept well inside the type, so that negating and adding two of them is always defined. */
static bool fits(__int128 v)
{
	const __int128 limit = (__int128)1 << 126;

	return v > -limit && v < limit;
}

static bool mul(__int128 a, __int128 b, __int128 *ret)
{
	return !__builtin_mul_overflow(a, b, ret) && fits(*ret);
}

bool exact_add(const struct exact *a, const struct exact *b, struct exact *ret)
{
	const __int128 common = gcd(a->den, b->den);
	__int128 left, right, den;

	g_assert(exact_unit_equal(a->unit, b->unit));
	if (!fits(a->num) || !fits(b->num) || !mul(a->num, b->den / common, &left) ||
	    !mul(b->num, a->den / common, &right) || !mul(a->den, b->den / common, &den) ||
	    !fits(left + right))
		return false;
	*ret = exact_fraction(left + right, den, a->unit);
	return true;
}

bool exact_sub(const struct exact *a, const struct exact *b, struct exact *ret)
{
	struct exact negative = *b;

	if (!fits(b->num))
		return false;
	negative.num = -b->num;
	return exact_add(a, &negative, ret);
}

bool exact_mul(const struct exact *a, const struct exact *b, struct exact *ret)
{
	/* Shortened crosswise first: a result that fits must not fail on its way. */
	const struct exact x = exact_fraction(a->num, b->den, a->unit);
	const struct exact y = exact_fraction(b->num, a->den, b->unit);
	struct exact_unit unit;
	__int128 num, den;

	if (!exact_unit_mul(a->unit, b->unit, &unit) || !mul(x.num, y.num, &num) ||
	    !mul(x.den, y.den, &den))
		return false;
	*ret = exact_fraction(num, den, unit);
	return true;
}

bool exact_compare(const struct exact *a, const struct exact *b, int *ret)
{
	struct exact difference;

	if (!exact_sub(a, b, &difference))
		return false;
	*ret = difference.num < 0 ? -1 : difference.num > 0;
	return true;
}

const struct exact_suffix *exact_suffix_find(const char *name, size_t length)
{
	static const struct exact_suffix suffixes[] = {
		{ "ns", PS_PER_NS, { 1, 0 } }, { "us", PS_PER_US, { 1, 0 } },
		{ "ms", PS_PER_MS, { 1, 0 } }, { "s", PS_PER_S, { 1, 0 } },
		{ "ps", 1, { 1, 0 } },         { "cycles", 1, { 0, 1 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (strlen(suffixes[i].name) == length && !memcmp(suffixes[i].name, name, length))
			return &suffixes[i];
	return NULL;
}

static void append_u128(GString *out, unsigned __int128 v)
{
	char digits[40];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + (int)(v % 10));
		v /= 10;
	} while (v);
	while (n)
		g_string_append_c(out, digits[--n]);
}

static void append_decimal(GString *out, __int128 num, __int128 den)
{
	const unsigned __int128 n = num < 0 ? -(unsigned __int128)num : (unsigned __int128)num;
	const unsigned __int128 d = (unsigned __int128)den;
	unsigned __int128 rest = n % d;
	char decimals[DECIMALS + 1] = "";
	size_t shown = 0;

	if (num < 0)
		g_string_append_c(out, '-');
	append_u128(out, n / d);
	for (size_t i = 0; i < DECIMALS && rest && d <= ~(unsigned __int128)0 / 10; i++) {
		rest *= 10;
		decimals[i] = (char)('0' + (int)(rest / d));
		rest %= d;
		if (decimals[i] != '0' || rest)
			shown = i + 1;
	}
	if (shown)
		g_string_append_printf(out, ".%.*s", (int)shown, decimals);
	if (rest)
		g_string_append(out, "...");
}

/* At least one of the unit, and whole in thousandths of it. */
static bool suits(const struct exact *value, uint64_t unit_ps)
{
	const __int128 step = (__int128)(unit_ps / 1000),
		       magnitude = value->num < 0 ? -value->num : value->num;

	return value->den == 1 && magnitude >= (__int128)unit_ps && magnitude % step == 0;
}

static void format_time(GString *out, const struct exact *value)
{
	static const struct {
		const char *name;
		uint64_t ps;
	} units[] = { { "s", PS_PER_S }, { "ms", PS_PER_MS }, { "us", PS_PER_US } };
	const char *name = "ns";
	__int128 unit = (__int128)PS_PER_NS, den;

	for (size_t i = G_N_ELEMENTS(units); i-- > 0;) {
		if (suits(value, units[i].ps)) {
			unit = (__int128)units[i].ps;
			name = units[i].name;
		}
	}
	if (!mul(value->den, unit, &den)) {
		den = value->den;
		name = "ps";
	}
	const struct exact shown = exact_fraction(value->num, den, value->unit);

	append_decimal(out, shown.num, shown.den);
	g_string_append_printf(out, " %s", name);
}

void exact_format(GString *out, const struct exact *value)
{
	if (exact_unit_equal(value->unit, EXACT_TIME)) {
		format_time(out, value);
		return;
	}
	append_decimal(out, value->num, value->den);
	if (value->unit.time)
		g_string_append_printf(out, value->unit.time == 1 ? " ps" : " ps^%d",
				       value->unit.time);
	if (value->unit.cycles)
		g_string_append_printf(out, value->unit.cycles == 1 ? " cycles" : " cycles^%d",
				       value->unit.cycles);
}
