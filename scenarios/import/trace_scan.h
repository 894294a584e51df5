/* SPDX-License-Identifier: MIT */
/*
 * trace_scan - a walk along one line of text, for the reader of traces.
 *
 * A '\n' must stand at the end of the text or behind it, and no step looks farther. A step that
 * fails leaves the place where it failed and what should have stood there, for the message.
 */
#ifndef TRACE_SCAN_H
#define TRACE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

struct scan {
	const char *p;
	const char *expected; /* of the last step that failed */
	bool verbatim;        /* it is a word itself, not what one calls it */
	bool open;            /* it may stand anywhere behind, even in a line that follows */
};

static inline bool scan_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline void scan_blanks(struct scan *s)
{
	while (*s->p == ' ' || *s->p == '\t')
		s->p++;
}

static inline bool scan_fail(struct scan *s, const char *expected)
{
	s->expected = expected;
	s->verbatim = s->open = false;
	return false;
}

/* Takes @word as far as it is there, and gives the rest; a blank in it stands for one or more. */
static inline const char *scan_along(struct scan *s, const char *word)
{
	for (; *word; word++) {
		if (*s->p != *word)
			break;
		if (*word == ' ')
			scan_blanks(s);
		else
			s->p++;
	}
	return word;
}

/* Takes @word if it is there. */
static inline bool scan_try(struct scan *s, const char *word)
{
	struct scan at = *s;

	if (*scan_along(&at, word))
		return false;
	s->p = at.p;
	return true;
}

static inline bool scan_word(struct scan *s, const char *word)
{
	struct scan at = *s;
	const char *rest = scan_along(&at, word);

	if (!*rest) {
		s->p = at.p;
		return true;
	}
	if (rest > word && rest[0] == ' ' && !rest[1]) {
		s->p = at.p;
		return scan_fail(s, "more text");
	}
	s->expected = word;
	s->verbatim = true;
	s->open = false;
	return false;
}

static inline bool scan_decimal(struct scan *s, uint64_t *ret)
{
	const char *p = s->p;
	uint64_t value = 0;

	if (!scan_is_digit(*p))
		return scan_fail(s, "a decimal number");
	for (; scan_is_digit(*p); p++) {
		const unsigned digit = (unsigned)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return scan_fail(s, "a number below 2^64");
		value = value * 10 + digit;
	}
	s->p = p;
	*ret = value;
	return true;
}

static inline bool scan_decimal_s64(struct scan *s, int64_t *ret)
{
	struct scan at = *s;
	const bool negative = *at.p == '-';
	uint64_t value;

	at.p += negative;
	if (!scan_decimal(&at, &value))
		return scan_fail(s, at.expected);
	if (value > (uint64_t)INT64_MAX + negative)
		return scan_fail(s, "a number from -2^63 to 2^63-1");
	*ret = (int64_t)(negative ? -value : value);
	s->p = at.p;
	return true;
}

static inline int scan_hex_digit(char c)
{
	if (scan_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* With or without 0x. */
static inline bool scan_hex(struct scan *s, uint64_t *ret)
{
	const char *p = s->p;
	uint64_t value = 0;
	int digit;

	if (p[0] == '0' && p[1] == 'x')
		p += 2;
	if (scan_hex_digit(*p) < 0)
		return scan_fail(s, "a hexadecimal number");
	for (; (digit = scan_hex_digit(*p)) >= 0; p++) {
		if (value >> 60)
			return scan_fail(s, "a hexadecimal number below 2^64");
		value = value << 4 | (unsigned)digit;
	}
	s->p = p;
	*ret = value;
	return true;
}

static inline bool scan_decimal_u32(struct scan *s, uint32_t *ret)
{
	struct scan at = *s;
	uint64_t value;

	if (!scan_decimal(&at, &value))
		return scan_fail(s, at.expected);
	if (value > UINT32_MAX)
		return scan_fail(s, "a number below 2^32");
	s->p = at.p;
	*ret = (uint32_t)value;
	return true;
}

static inline bool scan_hex_u32(struct scan *s, uint32_t *ret)
{
	struct scan at = *s;
	uint64_t value;

	if (!scan_hex(&at, &value))
		return scan_fail(s, at.expected);
	if (value > UINT32_MAX)
		return scan_fail(s, "a hexadecimal number below 2^32");
	s->p = at.p;
	*ret = (uint32_t)value;
	return true;
}

/* Priorities and pids: -1 is one of both. */
static inline bool scan_s32(struct scan *s, int32_t *ret)
{
	struct scan at = *s;
	int64_t value;

	if (!scan_decimal_s64(&at, &value))
		return scan_fail(s, at.expected);
	if (value < INT32_MIN || value > INT32_MAX)
		return scan_fail(s, "a number from -2^31 to 2^31-1");
	s->p = at.p;
	*ret = (int32_t)value;
	return true;
}

#endif
