/* SPDX-License-Identifier: MIT */
/* cmd_history - lapicsim history FILE: one scenario under every kernel that the modelled history
 * tells apart, and which commit changed the metric. */
#include "command.h"
#include "escape.h"
#include "history.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const char about[] =
	"Runs one variant of a scenario over the kernel's history, commit by commit, and prints a "
	"metric beside each:\na bisect without a compiler. The kernel that the file names is "
	"replaced.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim history fixes/61abdbe0bcc2-busy-guest.yaml\n"
	"  lapicsim history FILE --metric \"max(lateness)\" --from v4.17 --to v5.4\n"
	"  lapicsim history FILE --variant after --set host.hz=250 --format json\n"
	"\n"
	"Without --metric it is one of the aggregates of the file's expectations: the first in "
	"time, "
	"else in cycles,\nthat moves at least half as far as the one that moves most; else the "
	"first "
	"that moves; else p99(lateness).\n"
	"\n"
	"Exit status: 0 done, 2 bad usage or scenario, 3 an invariant of the model broke, 4 cannot "
	"open or write,\n5 a budget is used up.\n";

#define WRAP_COLUMN 112
#define VALUE_WIDTH_MAX 24
#define FORMS_SHOWN 3u

/* --- the table --- */

static const struct history_step *step_at(const struct history *h, guint i)
{
	return &g_array_index(h->steps, struct history_step, i);
}

static char mark(enum history_change change)
{
	static const char marks[] = {
		[HISTORY_FIRST] = ' ',  [HISTORY_SAME] = '=',    [HISTORY_TRACE] = ' ',
		[HISTORY_LITTLE] = '~', [HISTORY_CHANGED] = '*', [HISTORY_UNKNOWN] = '?',
	};

	return marks[change];
}

static const char *subject(const struct history_step *step)
{
	if (!step->forms->len)
		return "as released";
	if (!step->commit)
		return "(not identified)";
	return step->commit->subject ? step->commit->subject : "(subject not found)";
}

static void trim(GString *out)
{
	while (out->len && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
}

static void append_forms(GString *out, const GArray *forms, size_t indent)
{
	size_t column = indent;

	for (guint i = 0; i < forms->len; i++) {
		const struct history_form *f = &g_array_index(forms, struct history_form, i);
		const size_t length = strlen(f->decision->name) + strlen(f->form->name) + 3;

		if (i && column + length > WRAP_COLUMN) {
			trim(out);
			g_string_append_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		g_string_append_printf(out, "%s.%s%s", f->decision->name, f->form->name,
				       i + 1 < forms->len ? ", " : "");
		column += length;
	}
}

static void append_row(GString *out, const struct history *h, guint i, int width)
{
	const struct history_step *step = step_at(h, i);
	g_autoptr(GString) release = g_string_new(NULL);
	g_autoptr(GString) value = g_string_new(NULL);
	const size_t start = out->len;

	append_release(release, step->release);
	append_history_value(value, h, i);
	g_string_append_printf(out, "%c %-6s %-13s %-12.12s %*s  ", mark(step->change),
			       release->str, step->forms->len ? known_name(step->known) : "",
			       step->ids ? step->ids : "-", width, value->str);
	const size_t indent = out->len - start;

	g_string_append_printf(out, "%s\n", subject(step));
	if (!step->forms->len)
		return;
	g_string_append_printf(out, "%*s", (int)indent, "");
	append_forms(out, step->forms, indent);
	trim(out);
	g_string_append_c(out, '\n');
}

static void append_table(GString *out, const struct history *h)
{
	g_autofree char *metric = history_metric(h);
	int width = (int)MIN(strlen(metric), VALUE_WIDTH_MAX);

	for (guint i = 0; i < h->steps->len; i++) {
		g_autoptr(GString) value = g_string_new(NULL);

		append_history_value(value, h, i);
		width = MAX(width, (int)value->len);
	}
	g_string_append_printf(out, "  %-6s %-13s %-12s %*s  %s\n", "since", "known", "commit",
			       width, strlen(metric) <= VALUE_WIDTH_MAX ? metric : "metric",
			       "subject, and the forms that it made");
	for (guint i = 0; i < h->steps->len; i++)
		append_row(out, h, i, width);
}

/* --- in words --- */

/* The first forms of many. */
static void append_some_forms(GString *out, const GArray *forms)
{
	for (guint i = 0; i < MIN(forms->len, FORMS_SHOWN); i++) {
		const struct history_form *f = &g_array_index(forms, struct history_form, i);

		g_string_append_printf(out, "%s%s.%s", i ? ", " : "", f->decision->name,
				       f->form->name);
	}
	if (forms->len > FORMS_SHOWN)
		g_string_append_printf(out, " and %u more", forms->len - FORMS_SHOWN);
}

/* "61abdbe0bcc2 (v4.6)", "v5.3, not identified: kick.wake_or_ipi" */
static void append_name(GString *out, const struct history_step *step)
{
	if (step->ids)
		g_string_append_printf(out, "%s (", step->ids);
	append_release(out, step->release);
	if (step->forms->len && step->known != KNOWN_READ)
		g_string_append_printf(out, " %s", known_name(step->known));
	if (step->ids) {
		g_string_append_c(out, ')');
		return;
	}
	if (!step->forms->len)
		return;
	g_string_append(out, step->commit ? ", id not found: " : ", not identified: ");
	append_some_forms(out, step->forms);
}

static void append_transition(GString *out, const struct history *h, guint i)
{
	append_history_value(out, h, i - 1);
	g_string_append(out, " -> ");
	append_history_value(out, h, i);
}

static void append_alone(GString *out, const struct history_step *step)
{
	if (!step->alone)
		return;
	if (!step->alone->len) {
		g_string_append(out, "; none of its forms does it alone");
		return;
	}
	g_string_append(out, "; by itself, with the same effect: ");
	append_some_forms(out, step->alone);
}

static void append_changed(GString *out, const struct history *h)
{
	static const char *const words[] = {
		[HISTORY_EXPOSED] = "exposed by",       [HISTORY_FIXED] = "fixed by",
		[HISTORY_WORSE] = "made worse by",      [HISTORY_BETTER] = "made better by",
		[HISTORY_RAISED] = "raised by",         [HISTORY_LOWERED] = "lowered by",
		[HISTORY_CEASED] = "has no value from", [HISTORY_BEGAN] = "has a value from",
	};
	guint n = 0;

	for (guint i = 1; i < h->steps->len; i++) {
		const struct history_step *step = step_at(h, i);

		if (step->change != HISTORY_CHANGED)
			continue;
		n++;
		g_string_append_printf(out, "  %s ", words[step->meaning]);
		append_name(out, step);
		g_string_append(out, ": ");
		append_transition(out, h, i);
		if (step->commit)
			g_string_append_printf(out, "; %s", subject(step));
		append_alone(out, step);
		g_string_append_c(out, '\n');
	}
	if (!n)
		g_string_append(out, "  no change was seen.\n");
}

/* A list that is wrapped between its items. */
struct list {
	GString *out;
	const char *words; /* before the first */
	size_t column;
	guint n;
};

static void list_item(struct list *list, const char *text)
{
	if (!list->n++) {
		g_string_append_printf(list->out, "  %s:", list->words);
		list->column = strlen(list->words) + 3;
	} else {
		g_string_append_c(list->out, ';');
	}
	if (list->column + strlen(text) + 2 > WRAP_COLUMN) {
		g_string_append(list->out, "\n   ");
		list->column = 3;
	}
	g_string_append_printf(list->out, " %s", text);
	list->column += strlen(text) + 2;
}

static void append_neutral(GString *out, const struct history *h, enum history_change change,
			   const char *words)
{
	struct list list = { .out = out, .words = words };
	guint nameless = 0;

	for (guint i = 1; i < h->steps->len; i++) {
		const struct history_step *step = step_at(h, i);
		g_autoptr(GString) item = g_string_new(NULL);

		if (step->change != change)
			continue;
		/* Most steps do nothing; those without a name are in the table. */
		if (change == HISTORY_SAME && !step->ids) {
			nameless++;
			continue;
		}
		append_name(item, step);
		if (change == HISTORY_LITTLE) {
			g_string_append(item, ": ");
			append_transition(item, h, i);
		}
		list_item(&list, item->str);
	}
	if (nameless) {
		g_autofree char *rest = g_strdup_printf("%u %s not known", nameless,
							nameless == 1 ? "step whose commit is"
								      : "steps whose commits are");

		list_item(&list, rest);
	}
	if (list.n)
		g_string_append(out, ".\n");
}

static void append_words(GString *out, const struct history *h)
{
	g_autofree char *metric = history_metric(h);
	struct exact largest;
	bool unknown = false;

	g_string_append_printf(out, "\n%s", metric);
	if (history_largest(h, &largest)) {
		g_string_append_printf(out,
				       ", where it changed by %u %% of the largest value seen (",
				       h->tolerance_percent);
		exact_format(out, &largest);
		g_string_append(out, ") or more");
	}
	g_string_append(out, ":\n");
	append_changed(out, h);
	g_string_append(out, "\nNeutral for it, within that tolerance and in this scenario:\n");
	append_neutral(out, h, HISTORY_LITTLE, "~ changed a little");
	append_neutral(out, h, HISTORY_TRACE, "events differ, the metric does not");
	append_neutral(out, h, HISTORY_SAME, "= no event differs");
	for (guint i = 0; i < h->steps->len; i++)
		unknown |= step_at(h, i)->change == HISTORY_UNKNOWN;
	if (!unknown)
		return;
	g_string_append(out,
			"\nNot known, because a run failed or a kernel refused the scenario:\n");
	append_neutral(out, h, HISTORY_UNKNOWN, "?");
}

static void append_report(GString *out, const struct history *h, const struct history_options *o)
{
	g_string_append_printf(out, "%s, variant %s, ", h->replay->file->name,
			       h->result->variant->name);
	append_release(out, o->from);
	g_string_append(out, " to ");
	append_release(out, o->to);
	g_string_append_printf(out, ", seed %" PRIu64 ", %" PRIu64 " runs\n\n",
			       h->result->run->config.seed, h->runs);
	append_table(out, h);
	append_words(out, h);
}

/* --- JSON --- */

static void json_text(GString *out, const char *key, const char *text)
{
	g_string_append_printf(out, "\"%s\": ", key);
	if (text)
		json_string(out, text);
	else
		g_string_append(out, "null");
}

static void json_forms(GString *out, const char *key, const GArray *forms)
{
	g_string_append_printf(out, ", \"%s\": [", key);
	for (guint i = 0; i < forms->len; i++) {
		const struct history_form *f = &g_array_index(forms, struct history_form, i);
		g_autofree char *name = g_strdup_printf("%s.%s", f->decision->name, f->form->name);

		g_string_append(out, i ? ", " : " ");
		json_string(out, name);
	}
	g_string_append(out, forms->len ? " ]" : "]");
}

/* The exact value where it is a whole number of ps, cycles or things. */
static void json_value(GString *out, const struct history *h, guint i)
{
	const struct history_value *value = history_value(h, i);
	g_autoptr(GString) text = g_string_new(NULL);

	append_history_value(text, h, i);
	g_string_append(out, ", ");
	json_text(out, "value", text->str);
	g_string_append(out, ", \"exact\": ");
	if (value && value->status == AGGREGATE_OK && value->result.value.den == 1 &&
	    value->result.value.num >= INT64_MIN && value->result.value.num <= INT64_MAX)
		g_string_append_printf(out, "%" PRId64, (int64_t)value->result.value.num);
	else
		g_string_append(out, "null");
}

static void json_step(GString *out, const struct history *h, guint i)
{
	static const char *const changes[] = {
		[HISTORY_FIRST] = "first",     [HISTORY_SAME] = "same",
		[HISTORY_TRACE] = "trace",     [HISTORY_LITTLE] = "little",
		[HISTORY_CHANGED] = "changed", [HISTORY_UNKNOWN] = "unknown",
	};
	static const char *const meanings[] = {
		[HISTORY_EXPOSED] = "exposed", [HISTORY_FIXED] = "fixed",
		[HISTORY_WORSE] = "worse",     [HISTORY_BETTER] = "better",
		[HISTORY_RAISED] = "raised",   [HISTORY_LOWERED] = "lowered",
		[HISTORY_CEASED] = "ceased",   [HISTORY_BEGAN] = "began",
	};
	const struct history_step *step = step_at(h, i);
	const bool moved = step->change == HISTORY_CHANGED;

	g_string_append(out, "    { \"release\": \"");
	append_release(out, step->release);
	g_string_append_printf(out, "\", \"known\": \"%s\", ", known_name(step->known));
	json_text(out, "commit", step->ids);
	g_string_append(out, ", ");
	json_text(out, "subject", step->commit ? step->commit->subject : NULL);
	json_forms(out, "forms", step->forms);
	json_value(out, h, i);
	g_string_append(out, ", ");
	json_text(out, "change", changes[step->change]);
	g_string_append(out, ", ");
	json_text(out, "meaning", moved ? meanings[step->meaning] : NULL);
	if (step->alone)
		json_forms(out, "alone", step->alone);
	g_string_append(out, ", ");
	json_text(out, "message", step->message);
	g_string_append_printf(out, ", \"fingerprint\": \"%016" PRIx64 "\" }", step->fingerprint);
}

static void append_json(GString *out, const struct history *h)
{
	g_autofree char *metric = history_metric(h);
	const struct aggregate *a = g_ptr_array_index(h->candidates, h->metric);
	const struct exact_unit unit = aggregate_unit(a);

	g_string_append(out, "{\n  ");
	json_text(out, "scenario", h->replay->file->name);
	g_string_append(out, ",\n  ");
	json_text(out, "variant", h->result->variant->name);
	g_string_append_printf(out, ",\n  \"seed\": %" PRIu64 ",\n  ", h->result->run->config.seed);
	json_text(out, "metric", metric);
	g_string_append(out, ",\n  ");
	json_text(out, "unit",
		  exact_unit_equal(unit, EXACT_TIME)     ? "ps"
		  : exact_unit_equal(unit, EXACT_CYCLES) ? "cycles"
							 : "");
	g_string_append_printf(out, ",\n  \"tolerance_percent\": %u,\n  \"steps\": [\n",
			       h->tolerance_percent);
	for (guint i = 0; i < h->steps->len; i++) {
		json_step(out, h, i);
		g_string_append(out, i + 1 < h->steps->len ? ",\n" : "\n");
	}
	g_string_append(out, "  ]\n}\n");
}

/* --- the command --- */

struct history_arguments {
	struct run_arguments run;
	char *variant, *metric, *from, *to, *tolerance, *limit, *format;
};

static GOptionEntry *entries_of(struct history_arguments *a)
{
	const GOptionEntry own[] = {
		{ "metric", 'm', 0, G_OPTION_ARG_STRING, &a->metric,
		  "An aggregate, e.g. \"p99(lateness where cpu == 1)\"", "AGGREGATE" },
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant,
		  "Whose host, guests and timeline (default: the first)", "NAME" },
		{ "from", 0, 0, G_OPTION_ARG_STRING, &a->from, "First release (default v4.0)",
		  "RELEASE" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &a->to, "Last release (default v6.19)",
		  "RELEASE" },
		{ "tolerance", 0, 0, G_OPTION_ARG_STRING, &a->tolerance,
		  "A smaller change is little: percent of the largest value seen (default 5)",
		  "N" },
		{ "limit", 0, 0, G_OPTION_ARG_STRING, &a->limit,
		  "At most so many runs (default 1000)", "N" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &a->format, "text (default) or json",
		  "FORMAT" },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

static bool parse_release(const char *name, const char *text, uint32_t *ret)
{
	if (!text || kernel_parse_release(text, ret))
		return true;
	print_error("--%s: '%s' is not a release from v%u.%u to v%u.%u", name, text,
		    KERNEL_RELEASE_MIN >> 8, KERNEL_RELEASE_MIN & 0xff, KERNEL_RELEASE_MAX >> 8,
		    KERNEL_RELEASE_MAX & 0xff);
	return false;
}

static bool parse_count(const char *name, const char *text, uint64_t min, uint64_t max,
			uint64_t *ret)
{
	if (!text || g_ascii_string_to_unsigned(text, 10, min, max, ret, NULL))
		return true;
	print_error("--%s: '%s' is not a number from %" PRIu64 " to %" PRIu64, name, text, min,
		    max);
	return false;
}

static bool parse_options(const struct history_arguments *a, struct history_options *options)
{
	uint64_t tolerance = HISTORY_TOLERANCE_PERCENT;

	if (!a->run.paths || !a->run.paths[0] || a->run.paths[1]) {
		print_error("history takes one FILE; see lapicsim history --help");
		return false;
	}
	if (a->format && !g_str_equal(a->format, "text") && !g_str_equal(a->format, "json")) {
		print_error("--format: '%s' is neither text nor json", a->format);
		return false;
	}
	if (!parse_release("from", a->from, &options->from) ||
	    !parse_release("to", a->to, &options->to) ||
	    !parse_count("tolerance", a->tolerance, 0, 100, &tolerance) ||
	    !parse_count("limit", a->limit, 1, HISTORY_RUNS_MAX, &options->max_runs))
		return false;
	if (options->from > options->to) {
		print_error("--from: '%s' is later than the last release",
			    a->from ? a->from : "v4.0");
		return false;
	}
	options->tolerance_percent = (unsigned)tolerance;
	return true;
}

/* Why runs have no value: each reason once, with the first step that it struck. */
static void print_failures(const struct history *h)
{
	for (guint i = 0; i < h->steps->len; i++) {
		const struct history_step *step = step_at(h, i);
		g_autoptr(GString) name = g_string_new(NULL);
		guint before = 0, others = 0;

		if (!step->message)
			continue;
		for (guint k = 0; k < h->steps->len; k++) {
			const bool same =
				k != i && !g_strcmp0(step_at(h, k)->message, step->message);

			before += same && k < i;
			others += same;
		}
		if (before)
			continue;
		append_name(name, step);
		if (others)
			g_string_append_printf(name, ", and %u more", others);
		g_autofree char *file = escaped(h->replay->file->path);

		g_printerr("lapicsim: %s: %s: %s: %s\n",
			   step->status == EXIT_USAGE ? "note" : "error", file, name->str,
			   step->message);
	}
}

static int print_history(struct history *h, const struct history_options *options, bool json)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const int status = history_run(h, options);

	print_failures(h);
	if (status == EXIT_USAGE)
		return status;
	if (json)
		append_json(out, h);
	else
		append_report(out, h, options);
	const int printed = print_result(out->str);
	return printed != EXIT_OK ? printed : status;
}

static int history_with(const struct history_arguments *a)
{
	struct history_options options = {
		.replay = { .variant = a->variant },
		.metric = a->metric,
		.from = KERNEL_RELEASE_MIN,
		.to = KERNEL_RELEASE_MAX,
		.max_runs = HISTORY_RUNS_MAX,
	};
	g_autoptr(GPtrArray) sets = NULL;
	struct diagnostics d;
	int status;

	if (!parse_options(a, &options) || !run_options(&a->run, &options.replay, &sets))
		return EXIT_USAGE;
	diagnostics_init(&d);
	struct history *h = history_load(a->run.paths[0], &options, &d);

	g_printerr("%s", d.text->str);
	if (h) {
		status = print_history(h, &options, a->format && g_str_equal(a->format, "json"));
		history_free(h);
	} else {
		status = d.status;
	}
	diagnostics_clear(&d);
	return status;
}

static int history_main(int argc, char **argv)
{
	struct history_arguments a = { 0 };
	int status = EXIT_OK;

	if (parse_arguments(&argc, &argv, "FILE", about, examples, entries_of(&a), &status))
		status = history_with(&a);
	run_arguments_clear(&a.run);
	g_free(a.variant);
	g_free(a.metric);
	g_free(a.from);
	g_free(a.to);
	g_free(a.tolerance);
	g_free(a.limit);
	g_free(a.format);
	return status;
}

const struct command command_history = { "history", "which commit changed a metric of a scenario",
					 history_main, false };
