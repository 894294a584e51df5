/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include "sim_wide.h"
#include "sim_wrap.h"

#include <stddef.h>
#include <stdlib.h>

/*
 * Buckets of one sign are numbered by magnitude, in chunks of one power of two: the first two
 * chunks have a bucket for each magnitude, chunk k > 1 holds [2^(BITS+k-2), 2^(BITS+k-1)) in CHUNK
 * equal buckets. A magnitude of 2^63, which only the smallest negative value has, ends the
 * numbering.
 */
#define CHUNK_BITS (HISTOGRAM_BITS - 1)
#define CHUNK (UINT64_C(1) << CHUNK_BITS)
#define N_CHUNKS (2 + 64 - HISTOGRAM_BITS)

enum sign { POSITIVE, NEGATIVE, N_SIGNS };

struct histogram {
	uint64_t count;
	struct wide sum; /* two's complement: 2^64 values of magnitude 2^63 fit */
	int64_t min, max;
	uint64_t *chunk[N_SIGNS][N_CHUNKS]; /* NULL: all zero */
};

struct bucket {
	enum sign sign;
	unsigned chunk;
	unsigned place;
};

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? wrap_neg((uint64_t)value) : (uint64_t)value;
}

static struct bucket bucket_of(int64_t value)
{
	const uint64_t m = magnitude(value);
	struct bucket b = { .sign = value < 0 ? NEGATIVE : POSITIVE };

	if (m < 2 * CHUNK) {
		b.chunk = (unsigned)(m >> CHUNK_BITS);
		b.place = (unsigned)(m & (CHUNK - 1));
	} else {
		const unsigned shift = 63 - (unsigned)__builtin_clzll(m) - CHUNK_BITS;

		b.chunk = 1 + shift;
		b.place = (unsigned)(m >> shift & (CHUNK - 1));
	}
	return b;
}

static int64_t with_sign(enum sign sign, uint64_t m)
{
	return (int64_t)(sign == NEGATIVE ? wrap_neg(m) : m);
}

/* The first and last value of a bucket, low <= high. */
static void bucket_range(struct bucket b, int64_t *ret_low, int64_t *ret_high)
{
	const unsigned shift = b.chunk ? b.chunk - 1 : 0;
	const uint64_t first = ((b.chunk ? CHUNK : 0) + b.place) << shift;
	uint64_t last = first + ((UINT64_C(1) << shift) - 1);

	/* Only -2^63 is in its bucket: there is no int64_t beyond it. */
	if (first >> 63)
		last = first;
	*ret_low = with_sign(b.sign, b.sign == NEGATIVE ? last : first);
	*ret_high = with_sign(b.sign, b.sign == NEGATIVE ? first : last);
}

struct histogram *histogram_new(void) { return calloc(1, sizeof(struct histogram)); }

void histogram_free(struct histogram *h)
{
	if (!h)
		return;
	for (unsigned sign = 0; sign < N_SIGNS; sign++)
		for (unsigned chunk = 0; chunk < N_CHUNKS; chunk++)
			free(h->chunk[sign][chunk]);
	free(h);
}

static bool have_chunk(struct histogram *h, unsigned sign, unsigned chunk)
{
	uint64_t **slot = &h->chunk[sign][chunk];

	if (!*slot)
		*slot = calloc(CHUNK, sizeof(**slot));
	return *slot != NULL;
}

bool histogram_add(struct histogram *h, int64_t value)
{
	const struct bucket b = bucket_of(value);

	if (!have_chunk(h, b.sign, b.chunk))
		return false;
	h->chunk[b.sign][b.chunk][b.place]++;
	if (!h->count || value < h->min)
		h->min = value;
	if (!h->count || value > h->max)
		h->max = value;
	h->count++;
	h->sum = wide_add(h->sum, (struct wide){ value < 0 ? UINT64_MAX : 0, (uint64_t)value });
	return true;
}

bool histogram_merge(struct histogram *h, const struct histogram *other)
{
	if (!other->count)
		return true;
	for (unsigned sign = 0; sign < N_SIGNS; sign++)
		for (unsigned chunk = 0; chunk < N_CHUNKS; chunk++)
			if (other->chunk[sign][chunk] && !have_chunk(h, sign, chunk))
				return false;

	for (unsigned sign = 0; sign < N_SIGNS; sign++)
		for (unsigned chunk = 0; chunk < N_CHUNKS; chunk++)
			for (unsigned i = 0; other->chunk[sign][chunk] && i < CHUNK; i++)
				h->chunk[sign][chunk][i] += other->chunk[sign][chunk][i];
	if (!h->count || other->min < h->min)
		h->min = other->min;
	if (!h->count || other->max > h->max)
		h->max = other->max;
	h->count += other->count;
	h->sum = wide_add(h->sum, other->sum);
	return true;
}

uint64_t histogram_count(const struct histogram *h) { return h->count; }

int64_t histogram_min(const struct histogram *h) { return h->min; }

int64_t histogram_max(const struct histogram *h) { return h->max; }

int64_t histogram_mean(const struct histogram *h)
{
	if (!h->count)
		return 0;
	if (!(h->sum.hi >> 63))
		return (int64_t)wide_div(h->sum, h->count).lo;

	/* Below zero, down is up by magnitude: -sum is ~sum + 1. */
	const struct wide sum = wide_add((struct wide){ ~h->sum.hi, ~h->sum.lo }, wide(1));

	return with_sign(NEGATIVE, wide_div_up(sum, h->count).lo);
}

/* Walks the non-empty buckets upwards: negative ones from the largest magnitude, then the others.
 */
struct walk {
	const struct histogram *h;
	unsigned at; /* the bucket after this one */
};

#define N_BUCKETS (N_CHUNKS * (unsigned)CHUNK)

static uint64_t walk_next(struct walk *walk, struct bucket *ret)
{
	while (walk->at < 2 * N_BUCKETS) {
		const bool negative = walk->at < N_BUCKETS;
		const unsigned index = negative ? N_BUCKETS - 1 - walk->at : walk->at - N_BUCKETS;
		const struct bucket b = { .sign = negative ? NEGATIVE : POSITIVE,
					  .chunk = index / (unsigned)CHUNK,
					  .place = index % (unsigned)CHUNK };
		const uint64_t *chunk = walk->h->chunk[b.sign][b.chunk];

		walk->at += chunk ? 1 : (unsigned)CHUNK;
		if (chunk && chunk[b.place]) {
			*ret = b;
			return chunk[b.place];
		}
	}
	return 0;
}

/* ceil(count * per_mille / 1000) without leaving 64 bits. */
static uint64_t rank_of(uint64_t count, unsigned per_mille)
{
	const uint64_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;

	return rank ? rank : 1;
}

int64_t histogram_per_mille(const struct histogram *h, unsigned per_mille)
{
	const uint64_t rank = rank_of(h->count, per_mille < 1000 ? per_mille : 1000);
	struct walk walk = { .h = h };
	struct bucket b = { .sign = POSITIVE };
	int64_t low = 0, high;
	uint64_t below = 0, n;

	while (below < rank && (n = walk_next(&walk, &b)))
		below += n;
	if (!below)
		return 0;
	bucket_range(b, &low, &high);
	return low < h->min ? h->min : low;
}

void histogram_each(const struct histogram *h,
		    void (*fn)(void *data, int64_t low, int64_t high, uint64_t count), void *data)
{
	struct walk walk = { .h = h };
	struct bucket b;
	uint64_t n;

	while ((n = walk_next(&walk, &b))) {
		int64_t low, high;

		bucket_range(b, &low, &high);
		fn(data, low, high, n);
	}
}

bool histogram_sound(const struct histogram *h)
{
	const int64_t line[] = { h->min, histogram_per_mille(h, 500), histogram_per_mille(h, 900),
				 histogram_per_mille(h, 990), h->max };
	struct walk walk = { .h = h };
	struct bucket b;
	uint64_t sum = 0, n;
	bool ascends = true;

	while ((n = walk_next(&walk, &b)))
		sum += n;
	for (unsigned i = 1; i < sizeof(line) / sizeof(line[0]); i++)
		ascends &= line[i] >= line[i - 1];
	return ascends && sum == h->count;
}
