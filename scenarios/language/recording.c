/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include "scenario_limits.h"
#include "text.h"

#include <string.h>

enum column { COLUMN_ARM, COLUMN_DEADLINE, COLUMN_VCPU, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = { "arm_tsc", "deadline_tsc", "vcpu" };

#define NO_COLUMN UINT32_MAX

struct reader {
	const struct source *source;
	const char *line, *end; /* of the current line */
	uint32_t number;        /* of the current line */
	uint32_t place[COLUMN_COUNT];
	uint32_t fields; /* per line */
	bool header;
	GArray *arm, *deadline;
	struct diagnostics *d;
};

static struct source_pos pos_of(const struct reader *r, const char *p)
{
	return (struct source_pos){ r->source, r->number,
				    (uint32_t)g_utf8_strlen(r->line, p - r->line) + 1 };
}

/* The next field of the line from *p on, which then points behind its comma; NULL: the line is at
 * its end. */
static const char *next_field(const struct reader *r, const char **p, size_t *length)
{
	const char *start = *p;

	if (!start)
		return NULL;
	const char *comma = memchr(start, ',', (size_t)(r->end - start));

	*length = (size_t)((comma ? comma : r->end) - start);
	*p = comma ? comma + 1 : NULL;
	return start;
}

static bool read_header(struct reader *r)
{
	const char *p = r->line, *field;
	size_t length;

	for (; (field = next_field(r, &p, &length)); r->fields++) {
		const struct source_pos at = pos_of(r, field);

		for (enum column c = 0; c < COLUMN_COUNT; c++) {
			if (strlen(column_names[c]) != length ||
			    memcmp(column_names[c], field, length) != 0)
				continue;
			if (r->place[c] != NO_COLUMN)
				return error_at(r->d, &at, "the column '%s' is there twice",
						column_names[c]);
			r->place[c] = r->fields;
		}
	}
	r->header = true;
	for (enum column c = 0; c < COLUMN_VCPU; c++)
		if (r->place[c] == NO_COLUMN)
			return error_at(r->d, &(struct source_pos){ r->source, r->number, 1 },
					"the column '%s' is missing", column_names[c]);
	return true;
}

static bool parse_u64(const char *text, size_t length, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isdigit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return false;
	*ret = value;
	return length != 0;
}

static bool add_row(struct reader *r, const uint64_t value[COLUMN_COUNT], const char *arm_field)
{
	const struct source_pos at = pos_of(r, arm_field);

	if (r->place[COLUMN_VCPU] != NO_COLUMN && value[COLUMN_VCPU] != 0)
		return true;
	if (r->arm->len == LIMIT_RECORDING_ROWS)
		return error_at(r->d, &at, "more than %d deadlines", LIMIT_RECORDING_ROWS);
	if (r->arm->len && value[COLUMN_ARM] <= g_array_index(r->arm, uint64_t, r->arm->len - 1))
		return error_at(r->d, &at,
				"arm_tsc does not rise: each deadline is armed later than "
				"the one before");
	g_array_append_val(r->arm, value[COLUMN_ARM]);
	g_array_append_val(r->deadline, value[COLUMN_DEADLINE]);
	return true;
}

static bool read_row(struct reader *r)
{
	uint64_t value[COLUMN_COUNT] = { 0 };
	const char *p = r->line, *field, *arm_field = r->line;
	size_t length;
	uint32_t n = 0;

	for (; (field = next_field(r, &p, &length)); n++) {
		for (enum column c = 0; c < COLUMN_COUNT; c++) {
			const struct source_pos at = pos_of(r, field);

			if (r->place[c] != n)
				continue;
			if (!parse_u64(field, length, &value[c]))
				return error_at(r->d, &at, "%s: '%.*s' is not an unsigned number",
						column_names[c], (int)MIN(length, 64), field);
			if (c == COLUMN_DEADLINE && value[c] == 0)
				return error_at(r->d, &at,
						"deadline_tsc is 0: that disarms the timer, and "
						"the guest would wait for it without end");
			if (c == COLUMN_ARM)
				arm_field = field;
		}
	}
	if (n != r->fields)
		return error_at(r->d, &(struct source_pos){ r->source, r->number, 1 },
				"%u values for %u columns", n, r->fields);
	return add_row(r, value, arm_field);
}

static bool read_lines(struct reader *r)
{
	const char *end = r->source->text + r->source->length;

	for (r->line = r->source->text; r->line < end; r->line = r->end + 1) {
		r->number++;
		r->end = memchr(r->line, '\n', (size_t)(end - r->line));
		if (!r->end)
			r->end = end;
		if (r->line == r->end || *r->line == '#')
			continue;
		if (!(r->header ? read_row(r) : read_header(r)))
			return false;
	}
	if (r->arm->len == 0)
		return error_at(r->d, &(struct source_pos){ r->source, 0, 0 }, "holds no deadline");
	return true;
}

static const uint64_t *keep(const GArray *values, struct arena *arena)
{
	uint64_t *copy = arena_new(arena, uint64_t, values->len);

	memcpy(copy, values->data, values->len * sizeof(uint64_t));
	return copy;
}

const struct recording *recording_read(const char *path, const struct source_pos *from,
				       struct arena *arena, struct diagnostics *d)
{
	struct recording *ret = NULL;
	struct source *source = text_read(path, TEXT_CSV, LIMIT_RECORDING_BYTES, from, NULL, d);

	if (!source)
		return NULL;
	struct reader r = { .source = source,
			    .place = { NO_COLUMN, NO_COLUMN, NO_COLUMN },
			    .arm = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
			    .deadline = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
			    .d = d };

	if (read_lines(&r)) {
		ret = arena_new(arena, struct recording, 1);
		*ret = (struct recording){ arena_strndup(arena, path, strlen(path)), r.arm->len,
					   keep(r.arm, arena), keep(r.deadline, arena) };
	}
	g_array_unref(r.arm);
	g_array_unref(r.deadline);
	source_free(source);
	return ret;
}
