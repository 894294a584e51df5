/* SPDX-License-Identifier: MIT */
/* page_results - the page's sections on what came out: the table, the pictures, the worst
 * deadlines, the expectations; and how to have it again. */
#include "page.h"

#include "html.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

/* --- the table --- */

static const char *verdict_class(const char *cell)
{
	if (g_str_equal(cell, "pass"))
		return "number pass";
	return g_str_equal(cell, "fail") || g_str_equal(cell, "error") ? "number fail" : "number";
}

static void print_row(GString *out, const struct report_rows *rows, guint row)
{
	const char *label = rows->labels->pdata[row];
	const bool verdict = g_str_has_prefix(label, "expect ");

	g_string_append(out, "<tr>");
	page_element(out, "th", *label == ' ' ? " scope=\"row\" class=\"under\"" : " scope=\"row\"",
		     label + strspn(label, " "));
	for (unsigned i = 0; i < rows->columns; i++) {
		const char *cell = rows->cells->pdata[row * rows->columns + i];
		g_autofree char *attribute =
			g_strdup_printf(" class=\"%s\"", verdict ? verdict_class(cell) : "number");

		page_element(out, "td", attribute, cell);
	}
	g_string_append(out, "</tr>\n");
}

void page_variants(GString *out, const struct page *page)
{
	struct report_rows rows;

	report_rows_init(&rows, page->replay);
	page_table(out, "What lapicsim replay prints: a column for each variant");
	g_string_append(out, "<thead><tr><th scope=\"col\">variant</th>");
	for (unsigned i = 0; i < rows.columns; i++)
		page_element(out, "th", " scope=\"col\" class=\"number\"", rows.cells->pdata[i]);
	g_string_append(out, "</tr></thead>\n<tbody>\n");
	for (guint row = 1; row < rows.labels->len; row++)
		print_row(out, &rows, row);
	g_string_append(out, "</tbody>\n");
	page_table_end(out);
	report_rows_clear(&rows);
}

/* --- pictures --- */

static const struct {
	const char *kind, *what;
} captions[PAGE_PICTURES] = {
	{ "timeline",
	  "The life of one deadline in each variant, the one that costs most in the first: what "
	  "the "
	  "vCPU and the CPUs concerned did, with arrows from the arming to the expiry to the "
	  "injection." },
	{ "blame", "What the lateness is made of: its parts one behind the other, the mean of all "
		   "samples and the worst one." },
	{ "histogram", "How often each lateness came." },
	{ "advance", "The timer advance of each vCPU over time, and below it the error that it "
		     "follows." },
};

static void print_command(GString *out, const struct page *page, const char *command,
			  const char *variant)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_command(text, command, page->replay, page->options, variant);
	page_element(out, "code", "", text->str);
}

void page_pictures(GString *out, const struct page *page)
{
	bool all = true;

	for (unsigned i = 0; i < PAGE_PICTURES; i++) {
		g_autofree char *command = g_strdup_printf("plot %s", captions[i].kind);

		all &= page->pictures[i].svg != NULL;
		if (!page->pictures[i].svg)
			continue;
		g_string_append(out, "<figure>\n");
		const bool drawn = html_picture(out, page->pictures[i].svg->str, captions[i].kind);

		g_assert(drawn);
		g_string_append_printf(out, "<figcaption>%s <span class=\"dim\">Alone: ",
				       captions[i].what);
		print_command(out, page, command, page->options->variant);
		g_string_append(out, "</span></figcaption>\n</figure>\n");
	}
	if (all)
		return;
	g_string_append(out, "<p class=\"dim\">Not drawn:</p>\n<ul class=\"dim\">\n");
	for (unsigned i = 0; i < PAGE_PICTURES; i++)
		if (page->pictures[i].missing) {
			g_string_append_printf(out, "<li>%s: ", captions[i].kind);
			html_text(out, page->pictures[i].missing);
			g_string_append(out, "</li>\n");
		}
	g_string_append(out, "</ul>\n");
}

/* --- the worst deadlines --- */

void page_worst(GString *out, const struct page *page)
{
	g_string_append(
		out,
		"<p>What <code>lapicsim explain</code> prints: the life of one deadline step by "
		"step, with instants counted from when it was due. Lines with a bar are other "
		"kernels, one commit away: with that commit, or without it, this deadline has "
		"another life.</p>\n");
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct explanation *e = &page->explain.of[i];
		g_autoptr(GString) text = g_string_new(NULL);

		explain_print(text, e);
		explain_repeat(text, page->replay, page->options, e);
		g_string_append_printf(out, "<h3 id=\"worst-%u\">", i);
		html_text(out, e->result->variant->name);
		g_string_append(out, "</h3>\n");
		page_element(out, "pre", " tabindex=\"0\"", text->str);
		g_string_append_c(out, '\n');
	}
}

/* --- expectations --- */

static void print_judged(GString *out, const struct page *page, const struct judged *j)
{
	const char *verdict = expectation_verdict_name(j->outcome.verdict);
	const bool bad =
		j->outcome.verdict == EXPECTATION_FAIL || j->outcome.verdict == EXPECTATION_ERROR;
	g_autoptr(GString) actual = g_string_new(j->outcome.actual->str);

	if (j->expect->miss)
		g_string_append_printf(actual, "; known not to hold: %s", j->expect->miss);
	if (bad && j->outcome.sample->len)
		g_string_append_printf(actual, "\n%s", g_strchomp(j->outcome.sample->str));
	g_string_append(out, "<tr>");
	page_element(out, "th", " scope=\"row\"", j->expect->id);
	page_element(out, "td", "", j->variant ? j->variant->name : "all");
	page_element(out, "td", bad ? " class=\"fail\"" : " class=\"pass\"", verdict);
	g_string_append(out, "<td class=\"value\">");
	page_element(out, "code", "", j->outcome.expected->str);
	g_string_append(out, "</td><td class=\"value\">");
	html_words(out, actual->str);
	if (bad) {
		g_string_append(out, "; see ");
		g_autoptr(GString) command = g_string_new(NULL);

		append_explain(command, page->replay, page->options, j);
		page_element(out, "code", "", command->str);
	}
	g_string_append(out, "</td></tr>\n");
}

void page_expectations(GString *out, const struct page *page)
{
	const GArray *judged = page->replay->judged;

	if (!judged->len) {
		g_string_append(out, "<p>The file expects nothing.</p>\n");
		return;
	}
	page_table(out, "What the file says must hold, and what came out");
	g_string_append(out,
			"<thead><tr><th scope=\"col\">expectation</th><th scope=\"col\">variant"
			"</th><th scope=\"col\">verdict</th><th scope=\"col\">expected</th>"
			"<th scope=\"col\">actual</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < judged->len; i++)
		print_judged(out, page, &g_array_index(judged, struct judged, i));
	g_string_append(out, "</tbody>\n");
	page_table_end(out);
}

/* --- how to repeat it --- */

void page_repeat(GString *out, const struct page *page)
{
	g_string_append(out, "<p>lapicsim " LAPICSIM_VERSION " ran this. The same file and seed "
			     "give the same fingerprints, on every machine; with the same version "
			     "and the same gnuplot this page has the same bytes.</p>\n<pre "
			     "tabindex=\"0\">");
	const struct {
		const char *command, *rest;
	} commands[] = { { "replay", "\n" }, { "report", " -o OUT.html\n" } };

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		append_command(text, commands[i].command, page->replay, page->options,
			       page->options->variant);
		g_string_append(text, commands[i].rest);
		html_text(out, text->str);
	}
	g_string_append(out, "</pre>\n");
	page_table(out, "The runs");
	g_string_append(out, "<thead><tr><th scope=\"col\">variant</th><th scope=\"col\" "
			     "class=\"number\">seed</th><th scope=\"col\" class=\"number\">events"
			     "</th><th scope=\"col\" class=\"number\">records</th><th scope=\"col\""
			     ">fingerprint</th></tr></thead>\n<tbody>\n");
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct run_result *r = page->explain.of[i].result;

		g_string_append(out, "<tr>");
		page_element(out, "th", " scope=\"row\"", r->variant->name);
		g_string_append_printf(out,
				       "<td class=\"number\">%" PRIu64
				       "</td><td class=\"number\">%" PRIu64
				       "</td><td class=\"number\">%" PRIu64
				       "</td><td><code>%016" PRIx64 "</code></td></tr>\n",
				       r->run->config.seed, r->events, r->records, r->fingerprint);
	}
	g_string_append(out, "</tbody>\n");
	page_table_end(out);
}
