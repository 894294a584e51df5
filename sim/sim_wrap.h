/* SPDX-License-Identifier: MIT */
/*
 * sim_wrap - arithmetic that is meant modulo 2^64, as the kernel's u64 is.
 *
 * Everywhere else below scenarios/ no sum, product, shift or conversion may lose anything: ./check
 * runs all tests with clang's -fsanitize=integer, which stops at one that does.
 */
#ifndef SIM_WRAP_H
#define SIM_WRAP_H

#include <stdint.h>

/* A function all of whose arithmetic is. */
#ifdef __clang__
#define WRAPS __attribute__((no_sanitize("integer")))
#else
#define WRAPS
#endif

static inline WRAPS uint64_t wrap_add(uint64_t a, uint64_t b) { return a + b; }
static inline WRAPS uint64_t wrap_sub(uint64_t a, uint64_t b) { return a - b; }
static inline WRAPS uint64_t wrap_mul(uint64_t a, uint64_t b) { return a * b; }
static inline WRAPS uint64_t wrap_neg(uint64_t a) { return -a; }

/* a - b of two that are less than 2^63 apart, whichever is greater. */
static inline WRAPS int64_t wrap_diff(uint64_t a, uint64_t b) { return (int64_t)(a - b); }

#endif
