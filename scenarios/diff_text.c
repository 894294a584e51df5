/* SPDX-License-Identifier: MIT */
/* diff_text - two runs side by side, as people read them. */
#include "diff.h"
#include "report.h"
#include "trace_payload.h"

#include <inttypes.h>
#include <string.h>

#define NS_WIDTH 18
#define LINE_MAX_BYTES 1024

static void append_number(GString *out, int64_t ps_value)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_ns(text, ps_value);
	g_string_append_printf(out, " %*s", NS_WIDTH, text->str);
}

/* --- metrics --- */

/* The replay table of two results that need not be of one file. */
static void append_metrics(GString *out, const struct diff *d, const char *const names[2])
{
	struct scenario_file file = { .name = "metrics" };
	const struct scenario_variant variants[2] = { { .name = names[0] }, { .name = names[1] } };
	struct run_result results[2] = { *d->side[0].result, *d->side[1].result };
	struct replay both = { .file = &file, .results = results, .n_results = 2 };

	both.judged = g_array_new(FALSE, FALSE, sizeof(struct judged));
	for (unsigned i = 0; i < 2; i++)
		results[i].variant = &variants[i];
	report_table(out, &both, NULL);
	g_array_unref(both.judged);
}

/* --- deadlines --- */

static const char *end_words(const struct life *l)
{
	static const char *const words[] = {
		[LIFE_NEVER_ARMED] = "not armed", [LIFE_NOT_FIRED] = "not fired",
		[LIFE_NOT_SEEN] = "not seen",     [LIFE_OVERWRITTEN] = "overwritten",
		[LIFE_MERGED] = "merged",         [LIFE_DELIVERED] = "delivered",
	};

	return words[l->end];
}

static void append_pair(GString *out, const char *label, int64_t a, int64_t b)
{
	g_string_append_printf(out, "  %-10s", label);
	append_number(out, a);
	append_number(out, b);
	append_number(out, (int64_t)((uint64_t)b - (uint64_t)a));
	g_string_append_c(out, '\n');
}

static void append_lives(GString *out, const struct diff *d)
{
	const struct life *a = &d->side[0].life, *b = &d->side[1].life;

	g_string_append_printf(out, "\ndeadline %" PRIu64 " of vCPU %u, its parts:\n", d->most_n,
			       d->most_vcpu);
	g_string_append_printf(out, "  %-10s %*s %*s %*s\n", "", NS_WIDTH, "A [ns]", NS_WIDTH,
			       "B [ns]", NS_WIDTH, "B - A [ns]");
	g_string_append_printf(out, "  %-10s %*s %*s\n", "", NS_WIDTH, end_words(a), NS_WIDTH,
			       end_words(b));
	if (a->has_fired && b->has_fired)
		g_string_append_printf(out, "  %-10s %*s%u %*s%u\n", "fired on", NS_WIDTH - 1,
				       "CPU ", a->fired_cpu, NS_WIDTH - 1, "CPU ", b->fired_cpu);
	if (a->end != LIFE_DELIVERED || b->end != LIFE_DELIVERED)
		return;
	append_pair(out, "armed", (int64_t)(a->armed.v - a->due.v),
		    (int64_t)(b->armed.v - b->due.v));
	for (unsigned i = 0; i < LIFE_PARTS; i++)
		append_pair(out, life_part_names[i], a->part[i], b->part[i]);
	append_pair(out, "lateness", a->lateness, b->lateness);
}

static void append_deadlines(GString *out, const struct diff *d)
{
	g_string_append_printf(out,
			       "\ndeadlines: %" PRIu64 " in both, of which %" PRIu64
			       " differ; %" PRIu64 " only in A, %" PRIu64 " only in B\n",
			       d->compared, d->differ, d->alone[0], d->alone[1]);
	for (unsigned i = 0; i < 2; i++)
		if (d->side[i].deadlines->left_out)
			g_string_append_printf(out,
					       "%" PRIu64 " records of deadlines of %s are not "
					       "compared: too many\n",
					       d->side[i].deadlines->left_out, i ? "B" : "A");
	if (!d->has_first)
		return;
	g_string_append_printf(out,
			       "the first that differs: %" PRIu64 " of vCPU %u; the most: %" PRIu64
			       " of vCPU %u\n",
			       d->first_n, d->first_vcpu, d->most_n, d->most_vcpu);
	append_lives(out, d);
}

/* --- records --- */

static void append_value(GString *out, const struct trace_field *f, uint64_t value)
{
	g_string_append_printf(out, " %s=", f->name);
	if (f->type == TRACE_S64)
		g_string_append_printf(out, "%" PRId64, (int64_t)value);
	else if (f->type == TRACE_NAME && value < f->n_names)
		g_string_append(out, f->names[value]);
	else
		g_string_append_printf(out, "%" PRIu64, value);
}

static void append_record(GString *out, const struct trace_record *rec,
			  const struct trace_task *tasks, char mark)
{
	const struct trace_event *event = lapicsim_schema.events[rec->event];
	char payload[LINE_MAX_BYTES];

	g_string_append_printf(out, "%c", mark);
	append_number(out, (int64_t)rec->when.v);
	g_string_append_printf(out, "  CPU %-3u %s:", rec->cpu, event->name);
	if (event->kind == TRACE_KIND_INTERNAL) {
		for (uint32_t i = 0; i < rec->n_values; i++)
			append_value(out, &event->fields[i], rec->value[i]);
	} else if (trace_format_payload(payload, sizeof(payload), event, rec, tasks) >= 0) {
		g_string_append_printf(out, " %s", payload);
	}
	g_string_append_c(out, '\n');
}

static void append_lines(GString *out, const struct diff_lines *lines,
			 const struct trace_task *tasks, char mark)
{
	for (uint32_t i = 0; i < lines->n; i++)
		append_record(out, &lines->line[i], tasks, mark);
	if (!lines->n && mark != ' ')
		g_string_append_printf(out, "%c  the run is over\n", mark);
}

static void append_divergence(GString *out, const struct diff *d)
{
	g_string_append_printf(out,
			       "\nthe first record that differs is number %" PRIu64 " of %" PRIu64
			       " in A and %" PRIu64 " in B:\n",
			       d->record, d->side[0].result->records, d->side[1].result->records);
	append_lines(out, &d->before, d->side[0].tasks, ' ');
	append_lines(out, &d->side[0].after, d->side[0].tasks, 'A');
	append_lines(out, &d->side[1].after, d->side[1].tasks, 'B');
}

void diff_print(GString *out, const struct diff *d, const char *const names[2])
{
	for (unsigned i = 0; i < 2; i++)
		g_string_append_printf(out, "%s  %s\n", i ? "B" : "A", names[i]);
	g_string_append_c(out, '\n');
	append_metrics(out, d, (const char *const[]){ "A", "B" });
	append_deadlines(out, d);
	if (d->same)
		g_string_append(out, "\nthe same: no record differs\n");
	else
		append_divergence(out, d);
}
