/* SPDX-License-Identifier: MIT */
#include "guest_csv.h"

#include "scenario_limits.h"
#include "text.h"

#include <string.h>

enum column { VCPU, ARM, DEADLINE, ISR, ARMED, COLUMNS };

static const struct {
	const char *name;
	size_t offset;
	bool needed;
} columns[COLUMNS] = {
	[VCPU] = { "vcpu", offsetof(struct guest_row, vcpu), false },
	[ARM] = { "arm_tsc", offsetof(struct guest_row, arm), false },
	[DEADLINE] = { "deadline_tsc", offsetof(struct guest_row, deadline), true },
	[ISR] = { "isr_tsc", offsetof(struct guest_row, isr), true },
	[ARMED] = { "armed_tsc", offsetof(struct guest_row, armed), false },
};

#define FIELDS_MAX 64

struct reader {
	const struct source *source;
	struct diagnostics *d;
	uint32_t number;
	int column_of[FIELDS_MAX]; /* of each field; -1: not read */
	unsigned fields;
	struct guest_csv *ret;
};

static bool fail(const struct reader *r, const char *line, const char *at, const char *what)
{
	const struct source_pos pos = { r->source, r->number,
					(uint32_t)g_utf8_strlen(line, at - line) + 1 };

	return error_at(r->d, &pos, "%s", what);
}

static bool header(struct reader *r, const char *line)
{
	g_auto(GStrv) names = g_strsplit(line, ",", FIELDS_MAX + 1);
	bool seen[COLUMNS] = { false };

	for (r->fields = 0; names[r->fields]; r->fields++) {
		if (r->fields == FIELDS_MAX)
			return fail(r, line, line, "more than 64 columns");
		r->column_of[r->fields] = -1;
		for (unsigned c = 0; c < COLUMNS; c++)
			if (g_str_equal(names[r->fields], columns[c].name) && !seen[c]) {
				seen[c] = true;
				r->column_of[r->fields] = (int)c;
			}
	}
	for (unsigned c = 0; c < COLUMNS; c++)
		if (columns[c].needed && !seen[c]) {
			g_autofree char *what =
				g_strdup_printf("the column '%s' is missing", columns[c].name);
			return fail(r, line, line, what);
		}
	return true;
}

static bool row(struct reader *r, const char *line)
{
	struct guest_row values = { 0 };
	const char *at = line;

	for (unsigned i = 0; i < r->fields; i++) {
		const size_t length = strcspn(at, ",");
		char *end;

		if (r->column_of[i] >= 0) {
			const uint64_t value = g_ascii_strtoull(at, &end, 10);

			if (!length || !g_ascii_isdigit(*at) || (size_t)(end - at) != length)
				return fail(r, line, at, "not an unsigned number");
			*(uint64_t *)((char *)&values + columns[r->column_of[i]].offset) = value;
		}
		if ((i + 1 < r->fields) != (at[length] == ','))
			return fail(r, line, at, "more or fewer values than columns");
		at += length + 1;
	}
	if (r->ret->rows->len == LIMIT_RECORDING_ROWS)
		return fail(r, line, line, "more deadlines than can be compared");
	g_array_append_val(r->ret->rows, values);
	return true;
}

static bool comment(struct reader *r, const char *line)
{
	const char *khz = strstr(line, "tsc_khz=");

	if (khz)
		r->ret->tsc_khz = g_ascii_strtoull(khz + strlen("tsc_khz="), NULL, 10);
	return true;
}

bool guest_csv_read(const char *path, struct guest_csv *ret, struct diagnostics *d)
{
	struct source *source = text_read(path, TEXT_CSV, LIMIT_RECORDING_BYTES, NULL, NULL, d);
	struct reader r = { .source = source, .d = d, .ret = ret };
	g_auto(GStrv) lines = NULL;
	bool ok = true;

	*ret = (struct guest_csv){ .rows = g_array_new(FALSE, FALSE, sizeof(struct guest_row)) };
	if (!source)
		return false;
	lines = g_strsplit(source->text, "\n", -1);
	for (char **line = lines; ok && *line; line++) {
		r.number++;
		if (**line == '#')
			ok = comment(&r, *line);
		else if (**line)
			ok = r.fields ? row(&r, *line) : header(&r, *line);
	}
	if (ok && !ret->rows->len)
		ok = error_at(d, &(struct source_pos){ source, 0, 0 }, "holds no deadline");
	source_free(source);
	return ok;
}

void guest_csv_clear(struct guest_csv *csv)
{
	if (csv->rows)
		g_array_unref(csv->rows);
	csv->rows = NULL;
}
