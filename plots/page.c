/* SPDX-License-Identifier: MIT */
/* page - its frame and its style; and what has to be run and drawn for it. */
#include "page.h"

#include "escape.h"
#include "html.h"
#include "plot_kinds.h"
#include "settings.h"

#include <string.h>

/* clang-format off */
static const char style[] =
":root { color-scheme: light dark; --ink: #1c1c1c; --dim: #5a5a5a; --paper: #ffffff; --soft: #f4f4f2; --line: #d4d4d0;\n"
"  --good: #17663a; --bad: #a8201a; --link: #0b57a4; }\n"
"@media (prefers-color-scheme: dark) {\n"
"  :root { --ink: #e4e4e2; --dim: #a6a6a2; --paper: #18191b; --soft: #232528; --line: #45474b; --good: #7fcf9b;\n"
"    --bad: #ff9389; --link: #8ab8f0; }\n"
"  figure svg { filter: invert(0.906) hue-rotate(180deg); }\n"
"}\n"
"* { box-sizing: border-box; }\n"
"body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);\n"
"  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }\n"
"h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.5rem; }\n"
"h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }\n"
"h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }\n"
"h3 small, .dim { color: var(--dim); font-weight: normal; }\n"
"p, ul, dl { margin: 0.5rem 0; max-width: 60rem; }\n"
"ul { padding-left: 1.25rem; }\n"
"a { color: var(--link); }\n"
".about { font-size: 1.15rem; }\n"
".figure { font-size: 1.3rem; margin: 0; }\n"
"nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; }\n"
"dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; }\n"
"dt { color: var(--dim); }\n"
"dd { margin: 0; }\n"
"pre { background: var(--soft); border: 1px solid var(--line); padding: 0.75rem; overflow-x: auto;\n"
"  font: 0.8rem/1.45 ui-monospace, monospace; overflow-wrap: normal; }\n"
"code { font-family: ui-monospace, monospace; font-size: 0.9em; }\n"
".wide { overflow-x: auto; margin: 0.75rem 0; }\n"
"table { border-collapse: collapse; font-size: 0.875rem; overflow-wrap: normal; }\n"
"caption { text-align: left; color: var(--dim); padding: 0.25rem 0; }\n"
"th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left;\n"
"  vertical-align: top; }\n"
"thead th { border-bottom: 2px solid var(--line); white-space: nowrap; }\n"
"tbody th { font-weight: normal; white-space: nowrap; }\n"
"tbody th.under { padding-left: 1rem; }\n"
"td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: 1rem; }\n"
"td.value { overflow-wrap: anywhere; min-width: 8rem; }\n"
"tbody th.value { white-space: normal; min-width: 9rem; }\n"
"td.word { white-space: nowrap; }\n"
".pass { color: var(--good); }\n"
".fail { color: var(--bad); font-weight: 600; }\n"
"figure { margin: 1.5rem 0; }\n"
"figure svg { display: block; width: 100%; max-width: 60rem; height: auto; border: 1px solid #d4d4d0; }\n"
"figcaption { max-width: 60rem; margin-top: 0.5rem; }\n"
"summary { cursor: pointer; }\n"
"footer { margin-top: 2.5rem; border-top: 1px solid var(--line); color: var(--dim); }\n"
"@media print {\n"
"  :root { color-scheme: light; --ink: #000000; --dim: #444444; --paper: #ffffff; --soft: #ffffff; --line: #aaaaaa;\n"
"    --good: #17663a; --bad: #a8201a; --link: #000000; }\n"
"  body { max-width: none; padding: 0; font-size: 10pt; }\n"
"  nav { display: none; }\n"
"  pre { white-space: pre-wrap; font-size: 7pt; }\n"
"  table { font-size: 8pt; }\n"
"  .wide { overflow: visible; }\n"
"  tbody th, td.number, th.number { white-space: normal; }\n"
"  figure, tr { break-inside: avoid; }\n"
"  h2, h3 { break-after: avoid; }\n"
"  figure svg { filter: none; }\n"
"  details::details-content { content-visibility: visible; display: block; block-size: auto; }\n"
"}\n";
/* clang-format on */

struct section {
	const char *id, *title;
	void (*print)(GString *out, const struct page *page);
};

static const struct section sections[] = {
	{ "short", "In short", page_short },
	{ "scenario", "What was run", page_scenario },
	{ "variants", "The variants side by side", page_variants },
	{ "pictures", "Pictures", page_pictures },
	{ "worst", "The worst deadline of each variant", page_worst },
	{ "expectations", "Expectations", page_expectations },
	{ "kernel", "The kernel forms in force", page_kernel },
	{ "repeat", "How to repeat it", page_repeat },
	{ "configuration", "The resolved configuration", page_configuration },
};

/* --- parts --- */

void page_element(GString *out, const char *tag, const char *attributes, const char *text)
{
	g_string_append_printf(out, "<%s%s>", tag, attributes);
	html_words(out, text);
	g_string_append_printf(out, "</%s>", tag);
}

void page_table(GString *out, const char *caption)
{
	g_string_append(out, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(out, caption);
	g_string_append(out, "\">\n<table>\n");
	page_element(out, "caption", "", caption);
	g_string_append_c(out, '\n');
}

void page_table_end(GString *out) { g_string_append(out, "</table>\n</div>\n"); }

static void print_head(GString *out, const struct scenario_file *file)
{
	g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			     "<meta charset=\"utf-8\">\n"
			     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			     "'none'; style-src 'unsafe-inline'\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width\">\n"
			     "<meta name=\"color-scheme\" content=\"light dark\">\n"
			     "<meta name=\"generator\" content=\"lapicsim " LAPICSIM_VERSION
			     "\">\n<title>");
	html_text(out, file->name);
	g_string_append_printf(out, " - lapicsim</title>\n<style>\n%s</style>\n</head>\n", style);
}

static void print_header(GString *out, const struct scenario_file *file)
{
	g_string_append(out, "<header>\n<h1>");
	html_text(out, file->name);
	g_string_append(out, "</h1>\n");
	if (file->about)
		page_element(out, "p", " class=\"about\"", file->about);
	g_string_append(
		out,
		"\n<p class=\"dim\">How late a KVM guest's local-APIC timer is, on a simulated "
		"host with the timer code of the named kernels. A deadline is late by the "
		"time from when it was due to the first instruction of the guest's handler "
		"that reads the clock.</p>\n</header>\n<nav aria-label=\"Contents\">\n<ul>\n");
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		g_string_append_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
				       sections[i].title);
	g_string_append(out, "</ul>\n</nav>\n");
}

void page_print(GString *out, const struct page *page)
{
	print_head(out, page->replay->file);
	g_string_append(out, "<body>\n");
	print_header(out, page->replay->file);
	g_string_append(out, "<main>\n");
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		g_string_append_printf(out,
				       "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n",
				       sections[i].id, sections[i].id, sections[i].title);
		sections[i].print(out, page);
		g_string_append(out, "</section>\n");
	}
	g_string_append(out, "</main>\n<footer>\n<p>Written by lapicsim " LAPICSIM_VERSION
			     ". The models leave things out, and default costs are guesses: what "
			     "does not depend on them is the order of events, and which CPU does "
			     "what.</p>\n</footer>\n</body>\n</html>\n");
}

/* --- what it takes --- */

static plot_fn *const drawings[PAGE_PICTURES] = { plot_timeline, plot_blame, plot_histogram,
						  plot_advance };

/* What @d says, without what every message begins with, and without @path. */
static char *message_of(const struct diagnostics *d, const char *path)
{
	g_autofree char *name = escaped(path);
	g_autofree char *with_path = g_strdup_printf("%s: ", name);
	const char *const prefixes[] = { "lapicsim: error: ", with_path };
	const char *text = d->text->str;

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(text, prefixes[i]))
			text += strlen(prefixes[i]);
	return g_strchomp(g_strdup(text));
}

/* Where there is nothing to draw the page says why; all else is an error. */
static bool draw(struct page_picture *picture, plot_fn *fn, const struct plot_request *request,
		 struct diagnostics *d)
{
	g_autofree char *error = NULL;
	struct diagnostics own;
	int status;

	diagnostics_init(&own);
	struct plot *plot = fn(request, &own);

	if (plot) {
		picture->svg = plot_svg(plot, &status, &error);
	} else {
		status = own.status;
		error = message_of(&own, request->path);
	}
	if (!plot && status == EXIT_USAGE)
		picture->missing = g_steal_pointer(&error);
	else if (error)
		error_plain(d, status, "%s", error);
	plot_free(plot);
	diagnostics_clear(&own);
	return picture->svg || picture->missing;
}

static bool explained(const struct page *page, int status, struct diagnostics *d)
{
	for (uint32_t i = 0; i < page->explain.n; i++)
		if (page->explain.of[i].result->message)
			error_plain(d, status, "%s",
				    g_strchomp(page->explain.of[i].result->message));
	return status == EXIT_OK;
}

bool page_fill(struct page *page, struct replay *replay, const struct replay_options *options,
	       struct diagnostics *d)
{
	const struct explain_options worst = { .worst = 1, .limits = &options->limits };
	const struct plot_request request = { .path = replay->file->path, .replay = *options };

	*page = (struct page){ .replay = replay, .options = options };
	if (!explained(page, explain_run(replay, &worst, &page->explain), d))
		return false;
	page->settings = g_new0(GArray *, page->explain.n);
	for (uint32_t i = 0; i < page->explain.n; i++)
		page->settings[i] = settings_of(page->explain.of[i].result->run);
	for (unsigned i = 0; i < PAGE_PICTURES; i++)
		if (!draw(&page->pictures[i], drawings[i], &request, d))
			return false;
	return true;
}

void page_clear(struct page *page)
{
	for (uint32_t i = 0; page->settings && i < page->explain.n; i++)
		g_array_unref(page->settings[i]);
	g_free(page->settings);
	explain_clear(&page->explain);
	for (unsigned i = 0; i < PAGE_PICTURES; i++) {
		if (page->pictures[i].svg)
			g_string_free(page->pictures[i].svg, TRUE);
		g_free(page->pictures[i].missing);
	}
}
