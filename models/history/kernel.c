/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <assert.h>
#include <string.h>

#define COMMIT_DIGITS_MIN 7
#define COMMIT_DIGITS_MAX 40

static const struct kernel_decision decisions[] = {
#define X(decision, what_, where_)                       \
	{ .name = #decision,                             \
	  .what = what_,                                 \
	  .where = where_,                               \
	  .rows = decision##_variants,                   \
	  .row_size = sizeof(struct decision##_variant), \
	  .n_rows = &decision##_variants_n,              \
	  .offset = offsetof(struct kernel, decision) },
	KERNEL_DECISIONS(X)
#undef X
};
#define N_DECISIONS (sizeof(decisions) / sizeof(decisions[0]))

size_t kernel_decisions(const struct kernel_decision **ret)
{
	*ret = decisions;
	return N_DECISIONS;
}

const struct variant *kernel_row(const struct kernel_decision *d, size_t i)
{
	assert(i < kernel_rows(d));
	return (const void *)((const char *)d->rows + i * d->row_size);
}

size_t kernel_index(const struct kernel_decision *d, const struct variant *row)
{
	return (size_t)((const char *)row - (const char *)d->rows) / d->row_size;
}

const struct variant *kernel_chosen(const struct kernel *k, const struct kernel_decision *d)
{
	const void *row;

	memcpy(&row, (const char *)k + d->offset, sizeof(row));
	return row;
}

void kernel_choose(struct kernel *k, const struct kernel_decision *d, const struct variant *row)
{
	const void *p = row;

	memcpy((char *)k + d->offset, &p, sizeof(p));
}

/* One number of a release; canonical, so that a release has one spelling. */
static bool parse_number(const char **text, uint32_t *ret)
{
	const char *p = *text;
	uint32_t n = 0;

	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint32_t)(*p - '0');
		if (n > 255)
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	*ret = n;
	return true;
}

bool kernel_parse_release(const char *text, uint32_t *ret)
{
	static const uint32_t last[] = { KERNEL_RELEASE(4, 20), KERNEL_RELEASE(5, 19),
					 KERNEL_RELEASE_MAX };
	uint32_t major, minor, release;

	if (*text++ != 'v' || !parse_number(&text, &major))
		return false;
	if (*text++ != '.' || !parse_number(&text, &minor) || *text)
		return false;

	release = KERNEL_RELEASE(major, minor);
	if (release < KERNEL_RELEASE_MIN)
		return false;
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		if (major != last[i] >> 8)
			continue;
		if (release > last[i])
			return false;
		*ret = release;
		return true;
	}
	return false;
}

void kernel_init(struct kernel *k, uint32_t release)
{
	for (size_t d = 0; d < N_DECISIONS; d++) {
		const struct variant *newest = NULL;

		for (size_t i = 0; i < kernel_rows(&decisions[d]); i++) {
			const struct variant *row = kernel_row(&decisions[d], i);

			if (row->known != KNOWN_NEVER && row->since <= release)
				newest = row;
		}
		assert(newest);
		kernel_choose(k, &decisions[d], newest);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_commit(const char *text)
{
	size_t n = 0;

	while (hex_digit(text[n]) >= 0)
		n++;
	return !text[n] && n >= COMMIT_DIGITS_MIN && n <= COMMIT_DIGITS_MAX;
}

/* Does the shorter of the two begin the longer? @id ends at a comma. */
static bool same_commit(const char *id, const char *commit)
{
	while (*id && *id != ',' && *commit)
		if (hex_digit(*id++) != hex_digit(*commit++))
			return false;
	return true;
}

/* The id among a row's "a,b" that @commit means, or NULL. */
static const char *row_commit(const struct variant *row, const char *commit)
{
	const char *id = row->commit;

	if (row->known == KNOWN_NEVER)
		return NULL;
	while (id) {
		if (same_commit(id, commit))
			return id;
		id = strchr(id, ',');
		if (id)
			id++;
	}
	return NULL;
}

/* The row of @d that @commit made; the last one, should there be two. */
static const struct variant *made_by(const struct kernel_decision *d, const char *commit,
				     size_t *index)
{
	const struct variant *found = NULL;

	for (size_t i = 0; i < kernel_rows(d); i++) {
		if (!row_commit(kernel_row(d, i), commit))
			continue;
		found = kernel_row(d, i);
		*index = i;
	}
	return found;
}

/* Is @commit a commit, and in the tables? No two ids there begin with the same 7 digits. */
static enum kernel_change find_commit(const char *commit)
{
	size_t index;

	if (!is_commit(commit))
		return KERNEL_SHORT_COMMIT;

	for (size_t d = 0; d < N_DECISIONS; d++)
		if (made_by(&decisions[d], commit, &index))
			return KERNEL_CHANGED;
	return KERNEL_UNKNOWN_COMMIT;
}

enum kernel_change kernel_apply(struct kernel *k, const char *commit)
{
	enum kernel_change change = find_commit(commit);
	size_t index;

	if (change != KERNEL_CHANGED)
		return change;

	for (size_t d = 0; d < N_DECISIONS; d++) {
		const struct variant *row = made_by(&decisions[d], commit, &index);

		if (row)
			kernel_choose(k, &decisions[d], row);
	}
	return KERNEL_CHANGED;
}

/* The form before the one that @commit made; a form that never was in a release is nobody's past.
 */
static const struct variant *form_before(const struct kernel_decision *d, size_t index)
{
	for (; index > 0; index--)
		if (kernel_row(d, index - 1)->known != KNOWN_NEVER)
			return kernel_row(d, index - 1);
	return NULL;
}

enum kernel_change kernel_revert(struct kernel *k, const char *commit,
				 const struct kernel_decision **why)
{
	enum kernel_change change = find_commit(commit);
	struct kernel reverted = *k;

	if (change != KERNEL_CHANGED)
		return change;

	for (size_t d = 0; d < N_DECISIONS; d++) {
		const struct kernel_decision *decision = &decisions[d];
		size_t index;
		const struct variant *row = made_by(decision, commit, &index);

		if (!row)
			continue;
		if (why)
			*why = decision;
		if (kernel_chosen(k, decision) != row)
			return KERNEL_NOT_IN_FORCE;
		if (!form_before(decision, index))
			return KERNEL_NOTHING_BEFORE;
		kernel_choose(&reverted, decision, form_before(decision, index));
	}
	*k = reverted;
	return KERNEL_CHANGED;
}

enum kernel_change kernel_set_form(struct kernel *k, const char *decision, const char *form,
				   const struct kernel_decision **why)
{
	for (size_t d = 0; d < N_DECISIONS; d++) {
		if (strcmp(decisions[d].name, decision) != 0)
			continue;
		if (why)
			*why = &decisions[d];
		/* From the end: of two rows of one name the later is meant. */
		for (size_t i = kernel_rows(&decisions[d]); i > 0; i--) {
			const struct variant *row = kernel_row(&decisions[d], i - 1);

			if (strcmp(row->name, form) == 0) {
				kernel_choose(k, &decisions[d], row);
				return KERNEL_CHANGED;
			}
		}
		return KERNEL_UNKNOWN_FORM;
	}
	return KERNEL_UNKNOWN_DECISION;
}
