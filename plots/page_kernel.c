/* SPDX-License-Identifier: MIT */
/* page_kernel - the page's sections on what was in force: kernel forms, and the configuration. */
#include "page.h"

#include "html.h"
#include "kernel_docs.h"
#include "report.h"

/* --- kernel forms --- */

static const struct variant *chosen(const struct page *page, uint32_t i,
				    const struct kernel_decision *d)
{
	return kernel_chosen(&page->explain.of[i].result->run->config.kernel, d);
}

/* Is the form of variant @i that of one before it? */
static bool repeats(const struct page *page, uint32_t i, const struct kernel_decision *d)
{
	for (uint32_t k = 0; k < i; k++)
		if (chosen(page, k, d) == chosen(page, i, d))
			return true;
	return false;
}

static unsigned forms_of(const struct page *page, const struct kernel_decision *d)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < page->explain.n; i++)
		n += !repeats(page, i, d);
	return n;
}

static void append_variants(GString *out, const struct page *page, uint32_t of,
			    const struct kernel_decision *d)
{
	if (forms_of(page, d) == 1) {
		g_string_append(out, "all");
		return;
	}
	for (uint32_t i = of; i < page->explain.n; i++)
		if (chosen(page, i, d) == chosen(page, of, d))
			g_string_append_printf(out, "%s%s", i == of ? "" : ", ",
					       page->explain.of[i].result->variant->name);
}

static void print_form(GString *out, const struct page *page, uint32_t i,
		       const struct kernel_decision *d)
{
	const struct variant *v = chosen(page, i, d);
	g_autoptr(GString) variants = g_string_new(NULL);
	g_autoptr(GString) releases = g_string_new(NULL);
	g_autoptr(GString) commit = g_string_new(NULL);

	append_variants(variants, page, i, d);
	append_form_releases(releases, d, kernel_index(d, v));
	append_form_commit(commit, d, v);
	page_element(out, "td", "", variants->str);
	g_string_append(out, "<td>");
	page_element(out, "code", "", v->name);
	g_string_append(out, "</td>");
	page_element(out, "td", " class=\"word\"", releases->str);
	page_element(out, "td", "", v->known == KNOWN_NEVER ? "-" : known_name(v->known));
	page_element(out, "td", " class=\"value\"", commit->str);
	page_element(out, "td", " class=\"value\"", v->effect);
	g_string_append(out, "</tr>\n");
}

static void print_decision(GString *out, const struct page *page, const struct kernel_decision *d)
{
	g_string_append_printf(out, "<tr><th scope=\"rowgroup\" rowspan=\"%u\" class=\"value\">",
			       forms_of(page, d));
	page_element(out, "code", "", d->name);
	g_string_append(out, "<br>");
	page_element(out, "span", " class=\"dim\"", d->what);
	g_string_append(out, "</th>");
	bool first = true;

	for (uint32_t i = 0; i < page->explain.n; i++) {
		if (repeats(page, i, d))
			continue;
		g_string_append(out, first ? "" : "<tr>");
		first = false;
		print_form(out, page, i, d);
	}
}

void page_kernel(GString *out, const struct page *page)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);

	g_string_append(
		out,
		"<p>A decision is a point at which the kernel did one thing in one release and "
		"another in the next; a form is one of these ways. <em>Releases</em> are the "
		"mainline releases that have the form by themselves, with a question mark where "
		"it is not certain which is the last. <em>Known</em> is how the first of them is "
		"known: read in the source, inferred from dates or from releases near by, at the "
		"latest (the first one read that has it), or recalled from memory and not "
		"checked.</p>\n");
	page_table(out, "Forms in force");
	g_string_append(out,
			"<thead><tr><th scope=\"col\">decision</th><th scope=\"col\">variants</th>"
			"<th scope=\"col\">form</th><th scope=\"col\">releases</th>"
			"<th scope=\"col\">known</th><th scope=\"col\">commit</th>"
			"<th scope=\"col\">effect</th></tr></thead>\n");
	for (size_t i = 0; i < n; i++) {
		g_string_append(out, "<tbody>\n");
		print_decision(out, page, &decisions[i]);
		g_string_append(out, "</tbody>\n");
	}
	page_table_end(out);
}

/* --- the configuration --- */

void page_configuration(GString *out, const struct page *page)
{
	g_string_append(out, "<p>Every parameter of each run, with what was not set, as a scenario "
			     "file that gives the same run (<code>lapicsim replay --check</code>)."
			     "</p>\n");
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct run_result *result = page->explain.of[i].result;
		g_autoptr(GString) dump = g_string_new(NULL);

		scenario_dump(result->run, dump);
		g_string_append(out, i ? "<details>\n<summary>" : "<details open>\n<summary>");
		html_text(out, result->variant->name);
		g_string_append(out, "</summary>\n");
		page_element(out, "pre", " tabindex=\"0\"", dump->str);
		g_string_append(out, "\n</details>\n");
	}
}
