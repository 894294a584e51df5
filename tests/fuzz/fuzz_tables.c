// SPDX-License-Identifier: MIT
/*
 * fuzz_tables - any bytes as each of the CSV files: a table of recorded values, the recording that
 * a guest replays, and what a guest measured. It is refused with an error, or its rows can be
 * found.
 */
#include "fuzz_file.h"

#include "guest_csv.h"
#include "integer_table.h"
#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void recorded_values(const uint8_t *data, size_t size)
{
	struct diagnostics d;

	diagnostics_init(&d);

	struct integer_table *t = integer_table_parse(&d, (const char *)data, size, "x.csv");

	g_assert((t == NULL) == (d.n > 0));
	if (t) {
		const int column = integer_table_column(t, "i");

		g_assert(column >= 0);
		for (size_t i = 0; i < integer_table_rows(t); i++) {
			const int64_t *row = integer_table_row(t, i);

			if (row[column] >= 0)
				g_assert(integer_table_find(t, (uint64_t)row[column]) == row);
		}
		integer_table_free(t);
	}
	diagnostics_clear(&d);
}

static void recording(const char *path)
{
	struct arena arena = { 0 };
	struct diagnostics d;

	diagnostics_init(&d);

	const struct recording *r = recording_read(path, NULL, &arena, &d);

	g_assert((r == NULL) == (d.n > 0));
	arena_clear(&arena);
	diagnostics_clear(&d);
}

static void measured(const char *path)
{
	struct guest_csv csv = { 0 };
	struct diagnostics d;

	diagnostics_init(&d);

	const bool ok = guest_csv_read(path, &csv, &d);

	g_assert(ok == (d.status == 0));
	guest_csv_clear(&csv);
	diagnostics_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file("x.csv", data, size);

	recorded_values(data, size);
	recording(path);
	measured(path);
	return 0;
}
