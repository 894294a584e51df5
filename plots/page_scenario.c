/* SPDX-License-Identifier: MIT */
/* page_scenario - the page's first sections: what came out in short, and what was run. */
#include "page.h"

#include "html.h"
#include "parameters.h"
#include "plot.h"
#include "report.h"
#include "settings.h"

#include <inttypes.h>
#include <string.h>

#define OTHERS_SHOWN 3u /* commits, where the variants differ in none of them */
#define FORMS_PATH "forms."
#define FORMS_SHOWN 3u
#define VMS_SHOWN 8u
#define VCPUS_SHOWN 8u

/* --- in short --- */

/* A variant that has what this commit makes of @e: the two differ in it. NULL: none. */
static const struct run_result *as_in(const struct page *page, const struct explanation *e,
				      const struct explain_other *o)
{
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct kernel *kernel = &page->explain.of[i].result->run->config.kernel;

		if (&page->explain.of[i] == e)
			continue;
		for (guint k = 0; k < o->neighbour->changes->len; k++) {
			const struct form_change *c =
				&g_array_index(o->neighbour->changes, struct form_change, k);

			if (kernel_chosen(kernel, c->decision) == c->to)
				return page->explain.of[i].result;
		}
	}
	return NULL;
}

static void print_other(GString *out, const struct explanation *e, const struct explain_other *o,
			const struct run_result *as)
{
	g_autoptr(GString) whose = g_string_new(NULL);
	g_autoptr(GString) outcome = g_string_new(NULL);

	explain_whose(whose, o->neighbour);
	explain_outcome(outcome, e, o);
	g_string_append(out, "<li>");
	page_element(out, as ? "strong" : "span", "", whose->str);
	g_string_append(out, e->whole ? ", it would have " : ", it would be ");
	html_words(out, outcome->str);
	if (as) {
		g_string_append(out, " (as in variant ");
		html_text(out, as->variant->name);
		g_string_append_c(out, ')');
	}
	g_string_append(out, "</li>\n");
}

/* Those in which the variants differ; if there are none, the first few. */
static void print_others(GString *out, const struct page *page, const struct explanation *e)
{
	guint differing = 0, others = 0, shown = 0;

	for (guint i = 0; i < e->others->len; i++) {
		const struct explain_other *o = &g_array_index(e->others, struct explain_other, i);

		others += !explain_is_little(e, o);
		differing += !explain_is_little(e, o) && as_in(page, e, o);
	}
	if (!others) {
		g_string_append(out, "<p>No kernel one commit away changes that by much.</p>\n");
		return;
	}
	g_string_append_printf(out, "<p>The same %s with a kernel one commit away:</p>\n<ul>\n",
			       e->whole ? "run" : "deadline");
	for (guint i = 0; i < e->others->len; i++) {
		const struct explain_other *o = &g_array_index(e->others, struct explain_other, i);
		const struct run_result *as = as_in(page, e, o);

		if (explain_is_little(e, o) || (differing ? !as : shown == OTHERS_SHOWN))
			continue;
		print_other(out, e, o, as);
		shown++;
	}
	if (others > shown)
		g_string_append_printf(
			out, "<li>and %u other commit%s: <a href=\"#worst-%u\">how</a></li>\n",
			others - shown, others - shown == 1 ? "" : "s",
			(unsigned)(e - page->explain.of));
	g_string_append(out, "</ul>\n");
}

/* In which forms it is not its release. */
static void append_kernel(GString *out, const struct scenario_run *run)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);
	struct kernel plain;
	unsigned others = 0;

	kernel_init(&plain, run->release);
	g_string_append(out, "kernel ");
	append_release(out, run->release);
	for (size_t i = 0; i < n; i++) {
		const struct variant *form = kernel_chosen(&run->config.kernel, &decisions[i]);

		if (form == kernel_chosen(&plain, &decisions[i]))
			continue;
		if (others++ < FORMS_SHOWN)
			g_string_append_printf(out, "%s%s %s", others == 1 ? " with " : ", ",
					       decisions[i].name, form->name);
	}
	if (others > FORMS_SHOWN)
		g_string_append_printf(out, " and %u other form%s", others - FORMS_SHOWN,
				       others - FORMS_SHOWN == 1 ? "" : "s");
}

static void print_lateness(GString *out, const struct explanation *e)
{
	const struct life *l = &e->life;
	const __int128 lateness = ABS((__int128)l->lateness);

	g_string_append(out, "<p class=\"figure\"><strong>");
	append_value(out, lateness, 1, plot_unit_of(EXACT_TIME, lateness));
	g_string_append(out, l->lateness < 0 ? " early" : " late");
	g_string_append(out, "</strong> in the worst deadline");
	if (e->best) {
		g_string_append(out, ", beside variant ");
		html_text(out, e->best->result->variant->name);
	}
	g_string_append(out, "</p>\n");
}

static void print_paragraph(GString *out, void (*print)(GString *out, const struct explanation *e),
			    const struct explanation *e)
{
	g_autoptr(GString) text = g_string_new(NULL);

	print(text, e);
	if (!text->len)
		return;
	page_element(out, "p", "", g_strchomp(text->str));
	g_string_append_c(out, '\n');
}

/* "Expectations: 5 pass, 1 fail." */
static void print_verdicts(GString *out, const struct page *page)
{
	const GArray *judged = page->replay->judged;
	unsigned n[EXPECTATION_MISS + 1] = { 0 };
	const char *before = "<p><a href=\"#expectations\">Expectations</a>: ";

	for (guint i = 0; i < judged->len; i++)
		n[g_array_index(judged, struct judged, i).outcome.verdict]++;
	for (unsigned i = 0; i < G_N_ELEMENTS(n); i++) {
		if (!n[i])
			continue;
		g_string_append_printf(out, "%s%u %s", before, n[i], expectation_verdict_name(i));
		before = ", ";
	}
	if (judged->len)
		g_string_append(out, ".</p>\n");
}

void page_short(GString *out, const struct page *page)
{
	print_verdicts(out, page);
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct explanation *e = &page->explain.of[i];

		g_string_append(out, "<h3>");
		html_text(out, e->result->variant->name);
		g_string_append(out, " <small>");
		append_kernel(out, e->result->run);
		g_string_append(out, "</small></h3>\n");
		if (!e->whole && e->life.end == LIFE_DELIVERED)
			print_lateness(out, e);
		print_paragraph(out, explain_verdict, e);
		print_paragraph(out, explain_why, e);
		print_others(out, page, e);
	}
}

/* --- what was run --- */

static void print_term(GString *out, const char *term, const char *text)
{
	if (!text)
		return;
	page_element(out, "dt", "", term);
	page_element(out, "dd", "", text);
	g_string_append_c(out, '\n');
}

/* "0-2,5" */
static void append_cpus(GString *out, const struct cpu_mask *mask)
{
	g_autoptr(GString) text = g_string_new(NULL);

	value_print_cpus(text, mask);
	g_string_append_len(out, text->str + 1, (gssize)text->len - 2); /* without brackets */
}

static void print_host(GString *out, const struct scenario_run *run)
{
	const struct host_config *host = &run->config.host;
	struct cpu_mask nohz_full = { 0 };
	bool any = false;
	g_autoptr(GString) text = g_string_new(NULL);

	for (uint32_t i = 0; i < host->n_cpus; i++)
		if (host->cpus[i].nohz_full) {
			cpu_mask_set(&nohz_full, i);
			any = true;
		}
	g_string_append_printf(text, "%u CPU%s (%s), HZ %u, TSC ", host->n_cpus,
			       host->n_cpus == 1 ? "" : "s",
			       host->vendor == HOST_INTEL ? "Intel" : "AMD", host->hz);
	value_print_frequency(text, host->tsc_khz);
	if (any) {
		g_string_append(text, ", nohz_full ");
		append_cpus(text, &nohz_full);
	}
	print_term(out, "Host", text->str);
}

/* What of the guest's settings is not the default. */
static void append_guest(GString *out, const GArray *settings, const char *vm)
{
	g_autofree char *prefix = g_strdup_printf("vms.%s.guest.", vm);

	for (guint i = 0; i < settings->len; i++) {
		const struct setting *s = &g_array_index(settings, struct setting, i);

		if (!g_str_has_prefix(s->path, prefix))
			continue;
		const char *key = s->path + strlen(prefix);
		const char *last = strrchr(key, '.') ? strrchr(key, '.') + 1 : key;
		const struct parameter *p =
			parameter_find(last == key ? SECTION_GUEST : SECTION_OTHER_EXITS, last);

		if (g_str_equal(key, "workload") || (p && g_strcmp0(p->def, s->value) == 0))
			continue;
		g_string_append_printf(out, "; %s %s", key, s->value);
	}
}

static void print_vms(GString *out, const struct page *page)
{
	const struct scenario_run *run = page->explain.of[0].result->run;

	for (uint32_t i = 0; i < MIN(run->config.n_vms, VMS_SHOWN); i++) {
		const struct vm_config *vm = &run->config.vms[i];
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *term = g_strdup_printf("VM %s", vm->name);

		g_string_append_printf(text, "%u vCPU%s", vm->n_vcpus, vm->n_vcpus == 1 ? "" : "s");
		for (uint32_t k = 0; k < vm->n_vcpus && vm->n_vcpus <= VCPUS_SHOWN; k++) {
			g_string_append(text, k ? "; CPU " : " on CPU ");
			append_cpus(text, &vm->vcpus[k].affinity);
		}
		g_string_append_printf(text, "; workload %s: %s", run->vms[i].workload->name,
				       run->vms[i].workload->help);
		g_strdelimit(text->str, "`", '\''); /* of Markdown */
		append_guest(text, page->settings[0], vm->name);
		print_term(out, term, text->str);
	}
	if (run->config.n_vms > VMS_SHOWN) {
		g_autofree char *rest =
			g_strdup_printf("%u, in the configuration", run->config.n_vms - VMS_SHOWN);

		print_term(out, "More VMs", rest);
	}
}

static void print_costs(GString *out, const struct scenario_run *run)
{
	static const char *const words[] = {
		[COST_GUESS] = "guesses",
		[COST_PUBLISHED] = "published",
		[COST_DERIVED] = "derived",
	};
	unsigned n[G_N_ELEMENTS(words)] = { 0 };
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < COST_COUNT; i++)
		n[run->costs[i].mark]++;
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		if (n[i])
			g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", n[i],
					       words[i]);
	print_term(out, "Costs of host code", text->str);
}

static void print_run(GString *out, const struct page *page)
{
	const struct scenario_run *run = page->explain.of[0].result->run;
	g_autoptr(GString) length = g_string_new(NULL);
	g_autoptr(GString) sets = g_string_new(NULL);

	value_print_duration(length, run->config.duration);
	g_string_append_printf(length, ", seed %" PRIu64, run->config.seed);
	print_term(out, "Simulated time", length->str);
	if (run->config.n_timeline) {
		g_autofree char *n = g_strdup_printf("%u commands, in the configuration",
						     run->config.n_timeline);

		print_term(out, "Timeline", n);
	}
	for (size_t i = 0; i < page->options->n_sets; i++)
		g_string_append_printf(sets, "%s%s", i ? "; " : "", page->options->sets[i]);
	if (sets->len)
		print_term(out, "Overridden", sets->str);
}

/* --- in what the variants differ --- */

/* Is @path a form, and has every variant the one that comes with its release? */
static bool comes_with_release(const struct page *page, const char *path)
{
	const struct kernel_decision *all;
	const size_t n = kernel_decisions(&all);

	if (!g_str_has_prefix(path, FORMS_PATH))
		return false;
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const struct scenario_run *run = page->explain.of[i].result->run;
		struct kernel plain;

		kernel_init(&plain, run->release);
		for (size_t k = 0; k < n; k++)
			if (g_str_equal(all[k].name, path + strlen(FORMS_PATH)) &&
			    kernel_chosen(&plain, &all[k]) !=
				    kernel_chosen(&run->config.kernel, &all[k]))
				return false;
	}
	return true;
}

static bool differs(const struct page *page, const char *path)
{
	const char *first = settings_get(page->settings[0], path);

	for (uint32_t i = 1; i < page->explain.n; i++)
		if (g_strcmp0(settings_get(page->settings[i], path), first) != 0)
			return true;
	return false;
}

/* Is @path one of a variant before @variant? */
static bool seen(const struct page *page, uint32_t variant, const char *path)
{
	for (uint32_t i = 0; i < variant; i++)
		if (settings_get(page->settings[i], path))
			return true;
	return false;
}

static void print_difference(GString *out, const struct page *page, const char *path)
{
	g_string_append(out, "<tr>");
	page_element(out, "th", " scope=\"row\"", path);
	for (uint32_t i = 0; i < page->explain.n; i++) {
		const char *value = settings_get(page->settings[i], path);

		page_element(out, "td", " class=\"value\"", value ? value : "-");
	}
	g_string_append(out, "</tr>\n");
}

static void print_differences(GString *out, const struct page *page)
{
	bool more = false;

	if (page->explain.n < 2)
		return;
	page_table(out, "In what the variants differ");
	g_string_append(out, "<thead><tr><th scope=\"col\">setting</th>");
	for (uint32_t i = 0; i < page->explain.n; i++)
		page_element(out, "th", " scope=\"col\"",
			     page->explain.of[i].result->variant->name);
	g_string_append(out, "</tr></thead>\n<tbody>\n");
	for (uint32_t i = 0; i < page->explain.n; i++) {
		for (guint k = 0; k < page->settings[i]->len; k++) {
			const char *path = g_array_index(page->settings[i], struct setting, k).path;

			if (seen(page, i, path) || !differs(page, path))
				continue;
			if (comes_with_release(page, path))
				more = true;
			else
				print_difference(out, page, path);
		}
	}
	g_string_append(out, "</tbody>\n");
	page_table_end(out);
	if (more)
		g_string_append(out, "<p class=\"dim\">What comes with a release stands in <a "
				     "href=\"#kernel\">The kernel forms in force</a>.</p>\n");
}

void page_scenario(GString *out, const struct page *page)
{
	const struct scenario_file *file = page->replay->file;

	g_string_append(out, "<dl>\n");
	print_term(out, "Source", file->source);
	print_term(out, "Learned from", file->learned_from);
	print_host(out, page->explain.of[0].result->run);
	print_vms(out, page);
	print_costs(out, page->explain.of[0].result->run);
	print_run(out, page);
	g_string_append(out, "</dl>\n");
	print_differences(out, page);
}
