/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "escape.h"

#include <inttypes.h>
#include <string.h>

/* --- values as text --- */

void append_ns(GString *out, int64_t ps_value)
{
	const uint64_t magnitude = ps_value < 0 ? -(uint64_t)ps_value : (uint64_t)ps_value;
	unsigned fraction = magnitude % PS_PER_NS;

	g_string_append_printf(out, "%s%" PRIu64, ps_value < 0 ? "-" : "", magnitude / PS_PER_NS);
	if (!fraction)
		return;
	unsigned digits = 3;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	g_string_append_printf(out, ".%0*u", (int)digits, fraction);
}

void append_release(GString *out, uint32_t release)
{
	g_string_append_printf(out, "v%u.%u", release >> 8, release & 0xff);
}

const char *known_name(enum kernel_known known)
{
	static const char *const names[] = {
		[KNOWN_READ] = "read",
		[KNOWN_INFERRED] = "inferred",
		[KNOWN_AT_LATEST] = "at the latest",
		[KNOWN_RECALLED] = "recalled",
		[KNOWN_NEVER] = "in no release",
	};

	return names[known];
}

/* --- the table --- */

static const struct run_result *column(const struct replay *r, unsigned wanted)
{
	for (uint32_t i = 0; i < r->n_results; i++)
		if (r->results[i].run && !wanted--)
			return &r->results[i];
	return NULL;
}

static unsigned columns(const struct replay *r)
{
	unsigned n = 0;

	while (column(r, n))
		n++;
	return n;
}

typedef void cell_fn(GString *out, const struct run_result *result, const void *data);

static void add_row(struct report_rows *t, const struct replay *r, const char *label, cell_fn *fn,
		    const void *data)
{
	g_ptr_array_add(t->labels, g_strdup(label));
	for (unsigned i = 0; i < t->columns; i++) {
		GString *cell = g_string_new(NULL);

		fn(cell, column(r, i), data);
		g_ptr_array_add(t->cells, g_string_free(cell, FALSE));
	}
}

static void print_table(GString *out, const struct report_rows *t)
{
	size_t label_width = 0;
	g_autofree size_t *width = g_new0(size_t, t->columns + 1);

	for (guint row = 0; row < t->labels->len; row++) {
		label_width = MAX(label_width, strlen(t->labels->pdata[row]));
		for (unsigned i = 0; i < t->columns; i++)
			width[i] = MAX(width[i], strlen(t->cells->pdata[row * t->columns + i]));
	}
	for (guint row = 0; row < t->labels->len; row++) {
		g_string_append_printf(out, "%-*s", (int)label_width,
				       (char *)t->labels->pdata[row]);
		for (unsigned i = 0; i < t->columns; i++)
			g_string_append_printf(out, "  %*s", (int)width[i],
					       (char *)t->cells->pdata[row * t->columns + i]);
		while (out->str[out->len - 1] == ' ')
			g_string_truncate(out, out->len - 1);
		g_string_append_c(out, '\n');
	}
}

static void cell_name(GString *out, const struct run_result *result, const void *data)
{
	g_string_append(out, result->variant->name);
}

static void cell_kernel(GString *out, const struct run_result *result, const void *data)
{
	append_release(out, result->run->release);
}

static void cell_form(GString *out, const struct run_result *result, const void *data)
{
	const struct variant *v = kernel_chosen(&result->run->config.kernel, data);

	g_string_append(out, v->name);
	if (v->commit)
		g_string_append_printf(out, " %s", v->commit);
	if (v->known != KNOWN_READ)
		g_string_append_printf(out, " [%s]", known_name(v->known));
}

static void cell_samples(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.samples);
}

struct percentile {
	unsigned per_mille;
	bool cycles;
};

static void cell_lateness(GString *out, const struct run_result *result, const void *data)
{
	const struct percentile *p = data;
	const struct histogram *h =
		p->cycles ? result->summary.lateness_cycles : result->summary.lateness;
	const int64_t value = p->per_mille == 0      ? histogram_min(h)
			      : p->per_mille == 1000 ? histogram_max(h)
						     : histogram_per_mille(h, p->per_mille);

	if (!histogram_count(h))
		g_string_append_c(out, '-');
	else if (p->cycles)
		g_string_append_printf(out, "%" PRId64, value);
	else
		append_ns(out, value);
}

static void cell_early(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.early);
}

static void cell_remote(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.remote);
}

static void cell_late_arms(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.late_arms);
}

static void cell_drop(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.drops[*(const unsigned *)data]);
}

static void cell_fired_on(GString *out, const struct run_result *result, const void *data)
{
	const uint32_t cpu = *(const uint32_t *)data;

	g_string_append_printf(out, "%" PRIu64,
			       cpu < result->summary.n_cpus ? result->summary.fired_on[cpu] : 0);
}

static void cell_exits(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%" PRIu64, result->summary.exits[*(const uint32_t *)data]);
}

static void cell_fingerprint(GString *out, const struct run_result *result, const void *data)
{
	g_string_append_printf(out, "%016" PRIx64, result->fingerprint);
}

/* Is a form another one than the column's release has by itself, or than another column of that
 * release has? */
static bool worth_a_row(const struct replay *r, unsigned n_columns, const struct kernel_decision *d)
{
	bool changed = false, differs = false;

	for (unsigned k = 0; k < n_columns; k++) {
		const struct scenario_run *run = column(r, k)->run;
		struct kernel plain;

		kernel_init(&plain, run->release);
		changed |= kernel_chosen(&run->config.kernel, d) != kernel_chosen(&plain, d);
		differs |= kernel_chosen(&run->config.kernel, d) !=
			   kernel_chosen(&column(r, 0)->run->config.kernel, d);
	}
	return changed && (differs || n_columns == 1);
}

static void rows_of_kernel(struct report_rows *t, const struct replay *r)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);

	add_row(t, r, "kernel", cell_kernel, NULL);
	for (size_t i = 0; i < n; i++)
		if (worth_a_row(r, t->columns, &decisions[i])) {
			g_autofree char *label = g_strdup_printf("  %s", decisions[i].name);

			add_row(t, r, label, cell_form, &decisions[i]);
		}
}

static void rows_of_lateness(struct report_rows *t, const struct replay *r)
{
	static const struct {
		const char *label;
		struct percentile p;
	} rows[] = {
		{ "lateness min [ns]", { 0, false } },
		{ "lateness p50 [ns]", { 500, false } },
		{ "lateness p99 [ns]", { 990, false } },
		{ "lateness max [ns]", { 1000, false } },
		{ "lateness min [cycles]", { 0, true } },
		{ "lateness p50 [cycles]", { 500, true } },
		{ "lateness p99 [cycles]", { 990, true } },
		{ "lateness max [cycles]", { 1000, true } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		add_row(t, r, rows[i].label, cell_lateness, &rows[i].p);
}

/* A row for what at least one variant counted. */
static bool any(const struct replay *r, unsigned n_columns, cell_fn *fn, const void *data)
{
	for (unsigned i = 0; i < n_columns; i++) {
		g_autoptr(GString) cell = g_string_new(NULL);

		fn(cell, column(r, i), data);
		if (!g_str_equal(cell->str, "0"))
			return true;
	}
	return false;
}

static void rows_of_expiries(struct report_rows *t, const struct replay *r)
{
	static const struct {
		const char *label;
		unsigned why;
	} drops[] = {
		{ "unseen at the end", DROP_UNSEEN },
		{ "overwritten", DROP_OVERWRITTEN },
		{ "merged", DROP_MERGED },
	};
	uint32_t n_cpus = 0;

	for (unsigned i = 0; i < t->columns; i++)
		n_cpus = MAX(n_cpus, column(r, i)->summary.n_cpus);
	for (uint32_t cpu = 0; cpu < n_cpus; cpu++) {
		g_autofree char *label = g_strdup_printf("timer fired on CPU %u", cpu);

		if (any(r, t->columns, cell_fired_on, &cpu))
			add_row(t, r, label, cell_fired_on, &cpu);
	}
	add_row(t, r, "  not the vCPU's CPU", cell_remote, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(drops); i++)
		if (any(r, t->columns, cell_drop, &drops[i].why))
			add_row(t, r, drops[i].label, cell_drop, &drops[i].why);
	if (any(r, t->columns, cell_late_arms, NULL))
		add_row(t, r, "armed later than recorded", cell_late_arms, NULL);
}

static void rows_of_exits(struct report_rows *t, const struct replay *r)
{
	const struct trace_field *reason = &lapicsim_schema.events[TP_KVM_EXIT]->fields[1];

	for (uint32_t i = 0; i < reason->n_names && i < EXIT_NAMES_MAX; i++) {
		g_autofree char *label = g_strdup_printf("exits %s", reason->names[i]);

		if (any(r, t->columns, cell_exits, &i))
			add_row(t, r, label, cell_exits, &i);
	}
}

/* --- expectations --- */

static const struct judged *judged_of(const struct replay *r, const struct scenario_expect *e,
				      const char *variant)
{
	for (guint i = 0; i < r->judged->len; i++) {
		const struct judged *j = &g_array_index(r->judged, struct judged, i);

		if (j->expect == e && (!j->variant || g_str_equal(j->variant->name, variant)))
			return j;
	}
	return NULL;
}

struct verdict_of {
	const struct replay *replay;
	const struct scenario_expect *expect;
};

static void cell_verdict(GString *out, const struct run_result *result, const void *data)
{
	const struct verdict_of *v = data;
	const struct judged *j = judged_of(v->replay, v->expect, result->variant->name);

	g_string_append(out, j ? expectation_verdict_name(j->outcome.verdict) : "-");
}

void report_rows_init(struct report_rows *t, const struct replay *r)
{
	t->labels = g_ptr_array_new_with_free_func(g_free);
	t->cells = g_ptr_array_new_with_free_func(g_free);
	t->columns = columns(r);
	add_row(t, r, "", cell_name, NULL);
	rows_of_kernel(t, r);
	add_row(t, r, "samples", cell_samples, NULL);
	rows_of_lateness(t, r);
	add_row(t, r, "early", cell_early, NULL);
	rows_of_expiries(t, r);
	rows_of_exits(t, r);
	for (uint32_t i = 0; i < r->file->n_expects; i++) {
		const struct verdict_of v = { r, &r->file->expects[i] };
		g_autofree char *label = g_strdup_printf("expect %s", r->file->expects[i].id);

		add_row(t, r, label, cell_verdict, &v);
	}
	add_row(t, r, "fingerprint", cell_fingerprint, NULL);
}

void report_rows_clear(struct report_rows *t)
{
	g_ptr_array_unref(t->labels);
	g_ptr_array_unref(t->cells);
}

void report_table(GString *out, const struct replay *r, const struct replay_options *options)
{
	struct report_rows t;

	report_rows_init(&t, r);
	g_string_append_printf(out, "%s\n", r->file->name);
	if (r->file->about)
		g_string_append_printf(out, "%s\n", r->file->about);
	g_string_append_c(out, '\n');
	print_table(out, &t);
	report_rows_clear(&t);
	if (options) {
		g_string_append(out, "\nrepeat: ");
		append_command(out, "replay", r, options, options->variant);
		g_string_append_c(out, '\n');
	}
}

void report_deadlines(GString *out, const struct replay *r)
{
	for (unsigned i = 0; column(r, i); i++) {
		const struct run_result *result = column(r, i);

		g_string_append_printf(
			out,
			"\n%s: vcpu deadline  deadline TSC  fired on  vCPU on  lateness [ns]\n",
			result->variant->name);
		for (guint k = 0; k < result->summary.deadlines->len; k++) {
			const struct deadline_row *d =
				&g_array_index(result->summary.deadlines, struct deadline_row, k);

			g_string_append_printf(out, "%4u %5" PRIu64 " %20" PRIu64, d->vcpu, d->n,
					       d->deadline);
			if (d->cpu < 0)
				g_string_append(out, "      -      -");
			else
				g_string_append_printf(out, "  CPU %-4d CPU %-4d", d->cpu,
						       d->vcpu_cpu);
			g_string_append_c(out, ' ');
			if (d->delivered)
				append_ns(out, d->lateness_ps);
			else
				g_string_append_c(out, '-');
			g_string_append_c(out, '\n');
		}
	}
}

void append_explain(GString *out, const struct replay *r, const struct replay_options *options,
		    const struct judged *j)
{
	append_command(out, "explain", r, options, j->variant ? j->variant->name : NULL);
	if (j->variant && j->outcome.has_deadline)
		append_deadline(out, j->outcome.vcpu, j->outcome.n);
}

/* A line each of @samples. */
static void append_samples(GString *out, const char *samples)
{
	g_auto(GStrv) lines = g_strsplit(samples, "\n", -1);

	for (guint i = 0; lines[i] && *lines[i]; i++)
		g_string_append_printf(out, "  %-10s%s\n", i ? "" : "sample", lines[i]);
}

void report_failures(GString *out, const struct replay *r, const struct replay_options *options)
{
	for (guint i = 0; i < r->judged->len; i++) {
		const struct judged *j = &g_array_index(r->judged, struct judged, i);

		if (j->outcome.verdict != EXPECTATION_FAIL &&
		    j->outcome.verdict != EXPECTATION_ERROR)
			continue;
		g_autofree char *name =
			escaped(j->expect->that_at.source ? j->expect->that_at.source->name
							  : r->file->path);

		g_string_append_printf(
			out, "%s:%u: expectation %s%s%s: %s\n  expected  %s\n  actual    %s\n",
			name, j->expect->that_at.line, j->expect->id,
			j->variant ? ", variant " : "", j->variant ? j->variant->name : "",
			expectation_verdict_name(j->outcome.verdict), j->outcome.expected->str,
			j->outcome.actual->str);
		append_samples(out, j->outcome.sample->str);
		g_string_append(out, "  see       ");
		append_explain(out, r, options, j);
		g_string_append_c(out, '\n');
	}
}

/* --- JSON --- */

void json_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			g_string_append_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_c(out, (char)c);
	}
	g_string_append_c(out, '"');
}

static void json_key(GString *out, const char *indent, const char *key)
{
	g_string_append(out, indent);
	json_string(out, key);
	g_string_append(out, ": ");
}

static void json_kernel(GString *out, const struct run_result *result)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);

	g_string_append(out, "      \"kernel\": \"");
	append_release(out, result->run->release);
	g_string_append(out, "\",\n      \"forms\": {\n");
	for (size_t i = 0; i < n; i++) {
		const struct variant *v = kernel_chosen(&result->run->config.kernel, &decisions[i]);

		json_key(out, "        ", decisions[i].name);
		g_string_append(out, "{ \"form\": ");
		json_string(out, v->name);
		g_string_append(out, ", \"commit\": ");
		if (v->commit)
			json_string(out, v->commit);
		else
			g_string_append(out, "null");
		g_string_append_printf(out, ", \"known\": \"%s\" }%s\n", known_name(v->known),
				       i + 1 < n ? "," : "");
	}
	g_string_append(out, "      },\n");
}

static void json_histogram(GString *out, const char *key, const struct histogram *h)
{
	json_key(out, "      ", key);
	if (!histogram_count(h)) {
		g_string_append(out, "null,\n");
		return;
	}
	g_string_append_printf(out,
			       "{ \"min\": %" PRId64 ", \"p50\": %" PRId64 ", \"p90\": %" PRId64
			       ", \"p99\": %" PRId64 ", \"max\": %" PRId64 ", \"mean\": %" PRId64
			       " },\n",
			       histogram_min(h), histogram_per_mille(h, 500),
			       histogram_per_mille(h, 900), histogram_per_mille(h, 990),
			       histogram_max(h), histogram_mean(h));
}

static void json_counts(GString *out, const struct run_result *result)
{
	const struct summary *s = &result->summary;
	const struct trace_field *reason = &lapicsim_schema.events[TP_KVM_EXIT]->fields[1];
	const char *comma = "";

	g_string_append_printf(out,
			       "      \"samples\": %" PRIu64 ",\n      \"early\": %" PRIu64
			       ",\n      \"not_on_vcpu_cpu\": %" PRIu64
			       ",\n      \"unseen\": %" PRIu64 ",\n      \"overwritten\": %" PRIu64
			       ",\n      \"merged\": %" PRIu64 ",\n      \"armed_late\": %" PRIu64
			       ",\n",
			       s->samples, s->early, s->remote, s->drops[DROP_UNSEEN],
			       s->drops[DROP_OVERWRITTEN], s->drops[DROP_MERGED], s->late_arms);
	g_string_append(out, "      \"fired_on\": {");
	for (uint32_t cpu = 0; cpu < s->n_cpus; cpu++)
		if (s->fired_on[cpu]) {
			g_string_append_printf(out, "%s \"%u\": %" PRIu64, comma, cpu,
					       s->fired_on[cpu]);
			comma = ",";
		}
	g_string_append(out, " },\n      \"exits\": {");
	comma = "";
	for (uint32_t i = 0; i < reason->n_names && i < EXIT_NAMES_MAX; i++)
		if (s->exits[i]) {
			g_string_append_printf(out, "%s \"%s\": %" PRIu64, comma, reason->names[i],
					       s->exits[i]);
			comma = ",";
		}
	g_string_append(out, " },\n");
}

static void json_deadlines(GString *out, const struct summary *s)
{
	if (!s->deadlines)
		return;
	g_string_append(out, "      \"deadlines\": [\n");
	for (guint i = 0; i < s->deadlines->len; i++) {
		const struct deadline_row *d = &g_array_index(s->deadlines, struct deadline_row, i);

		g_string_append_printf(out,
				       "        { \"vcpu\": %u, \"n\": %" PRIu64
				       ", \"deadline_tsc\": %" PRIu64
				       ", \"cpu\": %d, \"vcpu_cpu\": %d",
				       d->vcpu, d->n, d->deadline, d->cpu, d->vcpu_cpu);
		if (d->delivered)
			g_string_append_printf(out,
					       ", \"lateness_ps\": %" PRId64
					       ", \"lateness_cycles\": %" PRId64,
					       d->lateness_ps, d->lateness_cycles);
		g_string_append_printf(out, " }%s\n", i + 1 < s->deadlines->len ? "," : "");
	}
	g_string_append(out, "      ],\n");
}

static void json_expectations(GString *out, const struct replay *r)
{
	g_string_append(out, "  \"expectations\": [");
	for (guint i = 0; i < r->judged->len; i++) {
		const struct judged *j = &g_array_index(r->judged, struct judged, i);

		g_string_append(out, i ? ",\n    { \"id\": " : "\n    { \"id\": ");
		json_string(out, j->expect->id);
		g_string_append(out, ", \"variant\": ");
		if (j->variant)
			json_string(out, j->variant->name);
		else
			g_string_append(out, "null");
		g_string_append_printf(out, ", \"verdict\": \"%s\", \"expected\": ",
				       expectation_verdict_name(j->outcome.verdict));
		json_string(out, j->outcome.expected->str);
		g_string_append(out, ", \"actual\": ");
		json_string(out, j->outcome.actual->str);
		g_string_append(out, " }");
	}
	g_string_append(out, r->judged->len ? "\n  ]\n" : "]\n");
}

void report_json(GString *out, const struct replay *r)
{
	g_string_append(out, "{\n  \"scenario\": ");
	json_string(out, r->file->name);
	g_string_append(out, ",\n  \"variants\": [\n");
	for (unsigned i = 0; column(r, i); i++) {
		const struct run_result *result = column(r, i);

		g_string_append(out, "    {\n      \"name\": ");
		json_string(out, result->variant->name);
		g_string_append_printf(out, ",\n      \"seed\": %" PRIu64 ",\n",
				       result->run->config.seed);
		json_kernel(out, result);
		json_counts(out, result);
		json_histogram(out, "lateness_ps", result->summary.lateness);
		json_histogram(out, "lateness_cycles", result->summary.lateness_cycles);
		json_deadlines(out, &result->summary);
		g_string_append_printf(out,
				       "      \"events\": %" PRIu64 ",\n      \"queued\": %" PRIu64
				       ",\n      \"pending\": %" PRIu64
				       ",\n      \"draws\": %" PRIu64
				       ",\n      \"records\": %" PRIu64
				       ",\n      \"fingerprint\": \"%016" PRIx64 "\"\n    }%s\n",
				       result->events, result->queued, result->pending,
				       result->draws, result->records, result->fingerprint,
				       column(r, i + 1) ? "," : "");
	}
	g_string_append(out, "  ],\n");
	json_expectations(out, r);
	g_string_append(out, "}\n");
}
