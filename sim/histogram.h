/* SPDX-License-Identifier: MIT */
/*
 * histogram - counts of signed 64-bit integers in log-linear buckets; exact count, sum, minimum,
 * maximum.
 *
 * Values of magnitude below 2^HISTOGRAM_BITS have a bucket each; above, each power of two is split
 * into 2^(HISTOGRAM_BITS-1) equal buckets, so a percentile is at most 2^-(HISTOGRAM_BITS-1) below
 * the value at its rank (relative). It never lies above the maximum or below the minimum. Constant
 * memory, integers only.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BITS 11

struct histogram;

/* NULL: no memory. Buckets are allocated as they are needed. */
struct histogram *histogram_new(void);
void histogram_free(struct histogram *h);

/* Both return false if there is no memory, and have counted nothing then. */
bool histogram_add(struct histogram *h, int64_t value);
bool histogram_merge(struct histogram *h, const struct histogram *other);

uint64_t histogram_count(const struct histogram *h);
int64_t histogram_min(const struct histogram *h); /* 0 if empty, as all below */
int64_t histogram_max(const struct histogram *h);
int64_t histogram_mean(const struct histogram *h); /* floor(sum / count), from a 128-bit sum */

/* The value at rank ceil(count * per_mille / 1000), at least rank 1: 500 is the median, 990 is p99.
 * What is returned is the smallest value of the bucket, clamped to [min, max]. */
int64_t histogram_per_mille(const struct histogram *h, unsigned per_mille);

/* Visits the non-empty buckets in ascending order: [low, high] inclusive, and its count. */
void histogram_each(const struct histogram *h,
		    void (*fn)(void *data, int64_t low, int64_t high, uint64_t count), void *data);

/* Invariant F2: the buckets hold count values, and min <= p50 <= p90 <= p99 <= max. */
bool histogram_sound(const struct histogram *h);

#endif
