/* SPDX-License-Identifier: MIT */
/* What becomes of a text and of a picture on a page, and of a configuration beside another. */
#include "html.h"
#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the three above first */
#include <cmocka.h>

/* --- texts --- */

struct text_row {
	const char *name, *text, *as_text, *as_words;
};

#define LINK(id) "<a href=\"https://git.kernel.org/linus/" id "\">" id "</a>"
#define NONE "\xef\xbf\xbd"

/* clang-format off */
static const struct text_row text_rows[] = {
	{ "nothing", "", "", "" },
	{ "letters", "a b\n\tc", "a b\n\tc", "a b\n\tc" },
	{ "a tag", "<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
	  "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
	{ "an attribute's end", "\" onload=\"x", "&quot; onload=&quot;x", "&quot; onload=&quot;x" },
	{ "an entity", "&amp;&#0;", "&amp;amp;&amp;#0;", "&amp;amp;&amp;#0;" },
	{ "control characters", "a\x01\x1b\x7f\r" "b", "a" NONE NONE NONE NONE "b", "a" NONE NONE NONE NONE "b" },
	{ "of Latin 1, too", "\xc2\x85\xc2\xa0", NONE "\xc2\xa0", NONE "\xc2\xa0" },
	{ "no characters", "\xef\xbf\xbe\xef\xb7\x90\xf0\x9f\xbf\xbf", NONE NONE NONE, NONE NONE NONE },
	{ "no UTF-8", "a\xff\xc3(", "a" NONE NONE "(", "a" NONE NONE "(" },
	{ "beyond the first plane", "\xf0\x9f\x95\x91", "\xf0\x9f\x95\x91", "\xf0\x9f\x95\x91" },
	{ "a commit", "61abdbe0bcc2", "61abdbe0bcc2", LINK("61abdbe0bcc2") },
	{ "in a sentence", "with 61abdbe0bcc2 (v4.6), and 4d151bf3b89e.", "with 61abdbe0bcc2 (v4.6), and 4d151bf3b89e.",
	  "with " LINK("61abdbe0bcc2") " (v4.6), and " LINK("4d151bf3b89e") "." },
	{ "of ten digits", "(b606f189c7)", "(b606f189c7)", "(" LINK("b606f189c7") ")" },
	{ "an unknown one", "0123456789ab", "0123456789ab", "0123456789ab" },
	{ "longer than one", "61abdbe0bcc2f", "61abdbe0bcc2f", "61abdbe0bcc2f" },
	{ "the name of a file", "fixes/61abdbe0bcc2-busy-guest.yaml", "fixes/61abdbe0bcc2-busy-guest.yaml",
	  "fixes/61abdbe0bcc2-busy-guest.yaml" },
	{ "a tag beside it", "<61abdbe0bcc2> 61abdbe0bcc2 <b>", "&lt;61abdbe0bcc2&gt; 61abdbe0bcc2 &lt;b&gt;",
	  "&lt;61abdbe0bcc2&gt; " LINK("61abdbe0bcc2") " &lt;b&gt;" },
};
/* clang-format on */

static void check_text(void **state)
{
	const struct text_row *row = *state;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) words = g_string_new(NULL);

	html_text(text, row->text);
	html_words(words, row->text);
	assert_string_equal(text->str, row->as_text);
	assert_string_equal(words->str, row->as_words);
}

/* --- pictures --- */

#define HEAD                                                      \
	"<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 9 5\"\n " \
	"xmlns=\"x\"\n>\n\n<title>a</title>\n"
#define AS                                                                            \
	"<svg role=\"img\" aria-labelledby=\"p-title\" viewBox=\"0 0 9 5\">\n<title " \
	"id=\"p-title\">a</title>\n"

struct picture_row {
	const char *name, *svg, *want; /* NULL: it is none */
};

/* clang-format off */
static const struct picture_row picture_rows[] = {
	{ "its head", HEAD "</svg>\n", AS "</svg>\n" },
	{ "ids, in either quotes", HEAD "<g id=\"a\"><path id='b' d='M0'/></g></svg>",
	  AS "<g id=\"p-a\"><path id='p-b' d='M0'/></g></svg>" },
	{ "references", HEAD "<use xlink:href='#gpPt0' id='gpPt1'/><use href=\"#gpPt1\"/></svg>",
	  AS "<use xlink:href='#p-gpPt0' id='p-gpPt1'/><use href=\"#p-gpPt1\"/></svg>" },
	{ "references in what is drawn with", HEAD "<g filter='url(#t)' style=\"fill: url(#u); stroke: url(#v)\"/></svg>",
	  AS "<g filter='url(#p-t)' style=\"fill: url(#p-u); stroke: url(#p-v)\"/></svg>" },
	{ "a colour is no reference", HEAD "<g fill=\"#ffffff\" flood-color='#abc'/></svg>",
	  AS "<g fill=\"#ffffff\" flood-color='#abc'/></svg>" },
	{ "nor is a text", HEAD "<text>id='a' href='#b' url(#c)</text></svg>",
	  AS "<text>id='a' href='#b' url(#c)</text></svg>" },
	{ "other attributes that end so", HEAD "<g grid=\"a\" width='1' class='id'/></svg>",
	  AS "<g grid=\"a\" width='1' class='id'/></svg>" },
	{ "a > in quotes", HEAD "<g class='a>b' id='c'/></svg>", AS "<g class='a>b' id='p-c'/></svg>" },
	{ "attributes on lines of their own", HEAD "<g\n\tid='a'\n id = 'b'/></svg>", AS "<g\n\tid='p-a'\n id = 'p-b'/></svg>" },
	{ "no title", "<svg viewBox=\"0 0 9 5\"></svg>", NULL },
	{ "no svg", "cannot", NULL },
};
/* clang-format on */

static void check_picture(void **state)
{
	const struct picture_row *row = *state;
	g_autoptr(GString) out = g_string_new(NULL);

	assert_int_equal(html_picture(out, row->svg, "p"), row->want != NULL);
	assert_string_equal(out->str, row->want ? row->want : "");
}

/* --- settings --- */

static const char dump[] = "seed: 1\n"
			   "forms:\n"
			   "  mode: abs\n"
			   "host:\n"
			   "  hz: 250\n"
			   "  start:\n"
			   "    tsc: 0cycles\n"
			   "  cpus:\n"
			   "    - { id: 0, nohz_full: false }\n"
			   "    - { id: 2, nohz_full: true }\n"
			   "costs:\n"
			   "  vmexit: { quantiles: [1ns, 2ns,\n"
			   "     3ns],\n"
			   "      source: \"a } [ \\\" b\", mark: guess }\n"
			   "  inject: { value: 100ns, mark: guess }\n"
			   "vms:\n"
			   "  - name: vm0\n"
			   "    guest:\n"
			   "      wait: spin\n"
			   "      other_exits:\n"
			   "        every: 4ms\n"
			   "  - name: vm1\n"
			   "    apic_bus_cycle: 0ns\n"
			   "timeline:\n"
			   "  - { at: 1ms, do: pause }\n"
			   "  - { at: 2ms, do: resume }\n";

/* clang-format off */
static const char *const wanted[][2] = {
	{ "seed", "1" },
	{ "forms.mode", "abs" },
	{ "host.hz", "250" },
	{ "host.start.tsc", "0cycles" },
	{ "host.cpus.0", "{ id: 0, nohz_full: false }" },
	{ "host.cpus.2", "{ id: 2, nohz_full: true }" },
	{ "costs.vmexit", "{ quantiles: [1ns, 2ns, 3ns], source: \"a } [ \\\" b\", mark: guess }" },
	{ "costs.inject", "{ value: 100ns, mark: guess }" },
	{ "vms.vm0.name", "vm0" },
	{ "vms.vm0.guest.wait", "spin" },
	{ "vms.vm0.guest.other_exits.every", "4ms" },
	{ "vms.vm1.name", "vm1" },
	{ "vms.vm1.apic_bus_cycle", "0ns" },
	{ "timeline.0", "{ at: 1ms, do: pause }" },
	{ "timeline.1", "{ at: 2ms, do: resume }" },
};
/* clang-format on */

static void test_settings(void **state)
{
	g_autoptr(GArray) settings = settings_parse(dump);

	for (guint i = 0; i < MIN(settings->len, G_N_ELEMENTS(wanted)); i++) {
		const struct setting *s = &g_array_index(settings, struct setting, i);

		assert_string_equal(s->path, wanted[i][0]);
		assert_string_equal(s->value, wanted[i][1]);
		assert_string_equal(settings_get(settings, wanted[i][0]), wanted[i][1]);
	}
	assert_int_equal(settings->len, G_N_ELEMENTS(wanted));
	assert_null(settings_get(settings, "host"));
	assert_null(settings_get(settings, "host.hz."));
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(text_rows) + G_N_ELEMENTS(picture_rows) + 1];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(text_rows); i++)
		tests[n++] = (struct CMUnitTest){ text_rows[i].name, check_text, NULL, NULL,
						  (void *)&text_rows[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(picture_rows); i++)
		tests[n++] = (struct CMUnitTest){ picture_rows[i].name, check_picture, NULL, NULL,
						  (void *)&picture_rows[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_settings);
	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
