// SPDX-License-Identifier: MIT
/*
 * fuzz_scenario_reader - any bytes as a scenario file, with arguments of --set behind a NUL byte:
 * it is refused with an error, or each variant's dump is a scenario whose dump is the same bytes.
 */
#include "fuzz_file.h"

#include "scenario_limits.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GString *dump(const struct scenario_file *file, const struct scenario_variant *variant,
		     const struct fuzz_sets *sets, struct diagnostics *d)
{
	const unsigned before = d->n;
	struct scenario_run *run = scenario_resolve(file, variant, sets->set, sets->n, d);
	GString *ret;

	g_assert((run == NULL) == (d->n > before));
	if (!run)
		return NULL;
	ret = g_string_new(NULL);
	scenario_dump(run, ret);
	scenario_run_free(run);
	return ret;
}

/* @text is a dump: it is read, has one variant, and that dumps as @text. */
static void reads_back(const GString *text)
{
	const struct fuzz_sets none = { .n = 0 };
	struct diagnostics d;

	diagnostics_init(&d);

	struct scenario_file *file = fuzz_scenario(text->str, text->len, &d);

	if (!file)
		fuzz_fail("a dump is refused:\n%s\n%s", text->str, d.text->str);
	g_assert(!file->fragment && file->n_variants == 1);

	GString *again = dump(file, &file->variants[0], &none, &d);

	g_assert_cmpstr(again ? again->str : NULL, ==, text->str);
	g_string_free(again, TRUE);
	scenario_free(file);
	diagnostics_clear(&d);
}

/* The errors of reading it. */
static char *read_all(const uint8_t *data, size_t size, GPtrArray *dumps)
{
	struct fuzz_sets sets;
	struct diagnostics d;

	diagnostics_init(&d);
	fuzz_sets(data, size, &sets);

	struct scenario_file *file = fuzz_scenario(data, size, &d);

	g_assert((file == NULL) == (d.n > 0));
	g_assert(d.n == 0 || d.status == 2);
	for (uint32_t i = 0; file && i < file->n_variants; i++) {
		GString *text = dump(file, &file->variants[i], &sets, &d);

		if (text)
			g_ptr_array_add(dumps, text);
	}
	scenario_free(file);
	fuzz_sets_clear(&sets);

	char *errors = g_strdup(d.text->str);

	diagnostics_clear(&d);
	return errors;
}

static void free_dump(gpointer text) { g_string_free(text, TRUE); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) dumps = g_ptr_array_new_with_free_func(free_dump);
	g_autoptr(GPtrArray) again = g_ptr_array_new_with_free_func(free_dump);
	g_autofree char *errors = read_all(data, size, dumps);
	g_autofree char *same = read_all(data, size, again);

	g_assert_cmpstr(errors, ==, same);
	g_assert_cmpuint(dumps->len, ==, again->len);
	for (guint i = 0; i < dumps->len; i++) {
		const GString *text = dumps->pdata[i];

		g_assert_cmpstr(text->str, ==, ((const GString *)again->pdata[i])->str);
		/* Shorter than it was the scenario may be; longer than a file may be, its dump. */
		if (text->len <= LIMIT_FILE_BYTES)
			reads_back(text);
	}
	return 0;
}
