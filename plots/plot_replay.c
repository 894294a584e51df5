/* SPDX-License-Identifier: MIT */
#include "plot_kinds.h"
#include "report.h"

#include <inttypes.h>

char *plot_release(const struct run_result *result)
{
	GString *text = g_string_new(NULL);

	append_release(text, result->run->release);
	return g_string_free(text, FALSE);
}

bool plot_fits(unsigned n, const char *what, const char *hint, struct diagnostics *d)
{
	if (n <= PLOT_SERIES_MAX)
		return true;
	return error_plain(d, EXIT_USAGE,
			   "%u %s are more than the %u colours that can be told "
			   "apart; %s",
			   n, what, PLOT_SERIES_MAX, hint);
}

bool plot_ran(const struct replay *replay, int status, struct diagnostics *d)
{
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].message)
			error_plain(d, replay->results[i].status, "%s",
				    g_strchomp(replay->results[i].message));
	return status <= EXIT_EXPECTATION;
}

/* What all runs have in common is said once, else each: "v4.5", "v4.5, v4.6". */
static void append_distinct(GString *out, GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++) {
		bool known = false;

		for (guint k = 0; k < i; k++)
			known |= g_str_equal(texts->pdata[i], texts->pdata[k]);
		if (!known)
			g_string_append_printf(out, "%s%s", i ? ", " : "",
					       (const char *)texts->pdata[i]);
	}
}

void plot_titles_of_replay(struct plot *plot, const struct replay *replay,
			   const struct replay_options *options, const char *what)
{
	g_autoptr(GPtrArray) kernels = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) variants = g_ptr_array_new();
	g_autofree char *title = g_strdup_printf("%s: %s", replay->file->name, what);
	g_autoptr(GString) subtitle = g_string_new("variant ");

	for (uint32_t i = 0; i < replay->n_results; i++) {
		const struct run_result *result = &replay->results[i];

		if (!result->run)
			continue;
		g_ptr_array_add(variants, (gpointer)result->variant->name);
		g_ptr_array_add(kernels, plot_release(result));
		g_ptr_array_add(seeds, g_strdup_printf("%" PRIu64, result->run->config.seed));
	}
	append_distinct(subtitle, variants);
	g_string_append(subtitle, "; kernel ");
	append_distinct(subtitle, kernels);
	g_string_append(subtitle, "; seed ");
	append_distinct(subtitle, seeds);
	for (size_t i = 0; i < options->n_sets; i++)
		if (!g_str_has_prefix(options->sets[i], "seed="))
			g_string_append_printf(subtitle, "; %s", options->sets[i]);
	plot_text(plot, "title", title);
	plot_text(plot, "subtitle", subtitle->str);
}
