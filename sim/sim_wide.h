/* SPDX-License-Identifier: MIT */
/*
 * sim_wide - 128-bit products and quotients, bit for bit the same where the compiler has no
 * 128-bit integer (32-bit machines).
 *
 * The only place that knows how. All is unsigned, modulo 2^128, and quotients are rounded down. The
 * functions wide_portable_*() compute with 64 bits; they are compiled everywhere, so that a test
 * can compare them with the compiler's own, and with SIM_WIDE_PORTABLE they are used everywhere.
 */
#ifndef SIM_WIDE_H
#define SIM_WIDE_H

#include "sim_wrap.h"

#include <stdint.h>

#if defined(__SIZEOF_INT128__) && !defined(SIM_WIDE_PORTABLE)
#define SIM_WIDE_NATIVE 1
#else
#define SIM_WIDE_NATIVE 0
#endif

struct wide {
	uint64_t hi, lo;
};

static inline struct wide wide(uint64_t v) { return (struct wide){ 0, v }; }

static inline WRAPS struct wide wide_portable_mul(uint64_t a, uint64_t b)
{
	const uint64_t a_lo = (uint32_t)a, a_hi = a >> 32, b_lo = (uint32_t)b, b_hi = b >> 32;
	const uint64_t low = a_lo * b_lo;
	const uint64_t middle = a_hi * b_lo + (low >> 32); /* no carry: (2^32-1)^2 + 2^32-1 */
	const uint64_t cross = a_lo * b_hi + (uint32_t)middle;

	return (struct wide){ a_hi * b_hi + (middle >> 32) + (cross >> 32),
			      cross << 32 | (uint32_t)low };
}

static inline WRAPS struct wide wide_portable_add(struct wide a, struct wide b)
{
	const uint64_t lo = a.lo + b.lo;

	return (struct wide){ a.hi + b.hi + (lo < a.lo), lo };
}

/* @n is below 128. */
static inline WRAPS struct wide wide_portable_shl(struct wide a, unsigned n)
{
	if (n >= 64)
		return (struct wide){ a.lo << (n - 64), 0 };
	return n ? (struct wide){ a.hi << n | a.lo >> (64 - n), a.lo << n } : a;
}

static inline WRAPS struct wide wide_portable_shr(struct wide a, unsigned n)
{
	if (n >= 64)
		return (struct wide){ 0, a.hi >> (n - 64) };
	return n ? (struct wide){ a.hi >> n, a.hi << (64 - n) | a.lo >> n } : a;
}

/* Bit by bit: the remainder, which is below @d, takes in a bit and gives @d up if it can. @d is not
 * 0. */
static inline WRAPS struct wide wide_portable_div(struct wide a, uint64_t d)
{
	struct wide quotient = { a.hi / d, 0 };
	uint64_t rest = a.hi % d;

	for (unsigned bit = 64; bit-- > 0;) {
		const uint64_t carry = rest >> 63;

		rest = rest << 1 | (a.lo >> bit & 1);
		if (carry || rest >= d) {
			rest -= d;
			quotient.lo |= UINT64_C(1) << bit;
		}
	}
	return quotient;
}

#if SIM_WIDE_NATIVE

static inline unsigned __int128 wide_native(struct wide a)
{
	return (unsigned __int128)a.hi << 64 | a.lo;
}

static inline struct wide wide_of_native(unsigned __int128 v)
{
	return (struct wide){ (uint64_t)(v >> 64), (uint64_t)v };
}

static inline struct wide wide_mul(uint64_t a, uint64_t b)
{
	return wide_of_native((unsigned __int128)a * b);
}

static inline WRAPS struct wide wide_add(struct wide a, struct wide b)
{
	return wide_of_native(wide_native(a) + wide_native(b));
}

static inline WRAPS struct wide wide_shl(struct wide a, unsigned n)
{
	return wide_of_native(wide_native(a) << n);
}
static inline struct wide wide_shr(struct wide a, unsigned n)
{
	return wide_of_native(wide_native(a) >> n);
}

static inline struct wide wide_div(struct wide a, uint64_t d)
{
	return wide_of_native(wide_native(a) / d);
}

#else

static inline struct wide wide_mul(uint64_t a, uint64_t b) { return wide_portable_mul(a, b); }
static inline WRAPS struct wide wide_add(struct wide a, struct wide b)
{
	return wide_portable_add(a, b);
}
static inline WRAPS struct wide wide_shl(struct wide a, unsigned n)
{
	return wide_portable_shl(a, n);
}
static inline struct wide wide_shr(struct wide a, unsigned n) { return wide_portable_shr(a, n); }
static inline struct wide wide_div(struct wide a, uint64_t d) { return wide_portable_div(a, d); }

#endif

/* --- what callers mean; those that return 64 bits drop what is above --- */

static inline uint64_t mul_u64_u64_shr(uint64_t a, uint64_t b, unsigned shift)
{
	return wide_shr(wide_mul(a, b), shift).lo;
}

static inline uint64_t mul_u64_u64_div_u64(uint64_t a, uint64_t b, uint64_t d)
{
	return wide_div(wide_mul(a, b), d).lo;
}

/* Rounded up; @d is not 0. */
static inline struct wide wide_div_up(struct wide a, uint64_t d)
{
	return wide_div(wide_add(a, wide(d - 1)), d);
}

#endif
