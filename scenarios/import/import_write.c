/* SPDX-License-Identifier: MIT */
#include "import_write.h"

#include "cost.h"
#include "escape.h"
#include "value.h"

#include <inttypes.h>

#define TIMER_NAMES                                    \
	{                                              \
		"tsc_deadline", "one_shot", "periodic" \
	}

static const char meaning_of_costs[] =
	"# Costs as recorded: time between two lines of the trace, what tracing itself took "
	"included.\n"
	"# Where several costs lie between two lines, their sum is what was measured; a share "
	"alone is\n"
	"# a guess. nohz_full: what the same code takes more on a CPU in nohz_full.\n";

char *import_digest_text(const char *name, const struct observed_run *run)
{
	return g_strdup_printf("%s %016" PRIx64, name, run->digest);
}

/* --- costs --- */

static void append_source(GString *out, const struct learned_cost *c)
{
	if (c->share)
		g_string_append(out, "its share of ");
	g_string_append(out, observed_stretch_text(c->stretch));
	if (c->with)
		g_string_append_printf(out, ", with %s", c->with);
	g_string_append_printf(out, "; %" PRIu64 " samples", c->samples);
	if (c->from_nohz_full)
		g_string_append(out, " on CPUs in nohz_full");
	if (c->nohz_full_samples)
		g_string_append_printf(out, ", %" PRIu64 " in nohz_full", c->nohz_full_samples);
}

static void append_cost(GString *out, const char *name, const struct learned_cost *c)
{
	g_string_append_printf(out, "  %s:\n", name);
	if (c->n == 1) {
		g_string_append_printf(out, "    value: %" PRIu64 "ns\n", c->quantile[0]);
	} else {
		g_string_append(out, "    quantiles: [");
		for (uint32_t i = 0; i < c->n; i++)
			g_string_append_printf(out, "%s%s%" PRIu64 "ns", i ? "," : "",
					       i % 12 == 0 ? "\n      " : " ", c->quantile[i]);
		g_string_append(out, " ]\n");
	}
	if (c->nohz_full)
		g_string_append_printf(out, "    nohz_full: %" PRIu64 "ns\n", c->nohz_full);
	g_string_append_printf(out, "    mark: %s\n    source: \"", c->share ? "guess" : "derived");
	append_source(out, c);
	g_string_append(out, "\"\n");
}

static void append_guess(GString *out, enum cost_id id, const GArray *guesses)
{
	for (guint i = 0; i < guesses->len; i++) {
		const struct import_guess *guess = &g_array_index(guesses, struct import_guess, i);

		if (guess->cost != id)
			continue;
		g_string_append_printf(out,
				       "  %s: { value: %s, mark: guess, source: \"no recording "
				       "holds it: guessed for this machine\" }\n",
				       cost_name(id), guess->value);
		return;
	}
	if (cost_default_ns(id))
		g_string_append_printf(out,
				       "  %s: { value: %" PRIu64
				       "ns, mark: guess, source: \"no recording holds it: the "
				       "default\" }\n",
				       cost_name(id), cost_default_ns(id));
}

static void append_costs(GString *out, const struct learned_costs *costs, const char *learned_from,
			 const GArray *guesses)
{
	g_autofree char *from = escaped(learned_from);

	g_string_append(out, meaning_of_costs);
	g_string_append(out, "learned_from: ");
	value_print_text(out, from);
	g_string_append(out, "\ncosts:\n");
	for (enum cost_id id = 0; id < COST_COUNT; id++)
		if (costs->cost[id].n)
			append_cost(out, cost_name(id), &costs->cost[id]);
	g_string_append(out,
			"  guest_op: { value: 20ns, mark: guess, source: \"a guest's RDTSC: in no "
			"line of a trace\" }\n");
	for (enum cost_id id = 0; id < COST_COUNT; id++)
		if (!costs->cost[id].n && id != COST_guest_op)
			append_guess(out, id, guesses);
}

void import_costs_text(GString *out, const struct learned_costs *costs, const char *learned_from,
		       const GArray *guesses)
{
	g_string_append(out, "# A cost profile, written by lapicsim import --costs.\n");
	append_costs(out, costs, learned_from, guesses);
}

/* --- the scenario --- */

/* A note is one line of a comment; a name out of a trace may hold anything. */
static void append_comment(GString *out, const char *text)
{
	g_string_append(out, "#  * ");
	for (; *text; text++)
		g_string_append_c(out, g_ascii_isprint(*text) ? *text : '?');
	g_string_append_c(out, '\n');
}

static void append_head(GString *out, const struct import_plan *plan)
{
	const struct import_options *o = plan->options;

	g_string_append(out,
			"# Written by lapicsim import: the machine, its clocks, its kernel, and "
			"what the guest and the\n# outside did. Where the timer fired, when an "
			"interrupt was injected and which exits that caused\n# stands nowhere "
			"in here: it is what lapicsim predicts.\n");
	if (plan->notes->len)
		g_string_append(out, "# What the trace does not say, and what was assumed:\n");
	for (guint i = 0; i < plan->notes->len; i++)
		append_comment(out, g_ptr_array_index(plan->notes, i));
	g_string_append_printf(out, "scenario: %s\nabout: \"imported from a recording\"\n",
			       o->name);
	if (o->profile)
		g_string_append_printf(out, "include: [ %s ]\n", o->profile);
	g_string_append_printf(out, "seed: 1\nduration: %" PRIu64 "ns\nkernel: %s\n",
			       plan->duration_ns, plan->kernel);
}

static void append_form(GString *out, const char *decision, const char *form, const char **between)
{
	if (!form)
		return;
	g_string_append_printf(out, "%s%s: %s", *between, decision, form);
	*between = ", ";
}

static void append_kernel(GString *out, const struct import_plan *plan)
{
	const char *between = "forms: { ";
	const bool first = plan->tune && g_str_equal(plan->tune, "eighth");

	append_form(out, "mode", plan->mode, &between);
	append_form(out, "notify", plan->notify, &between);
	append_form(out, "tune", plan->tune, &between);
	append_form(out, "tune_gate", plan->tune_gate, &between);
	/* The first tuner had one advance for all. */
	append_form(out, "advance_scope", first ? "global" : NULL, &between);
	/* A parameter that sets where the tuning begins, or that there is none. */
	append_form(out, "param",
		    plan->begins_with                              ? "uint_1000"
		    : plan->advance > 0 && plan->advance_is_switch ? "int_auto"
								   : NULL,
		    &between);
	append_form(out, "idle_tick", plan->idle_tick, &between);
	if (*between == ',')
		g_string_append(out, " }\n");
	if (plan->advance == 0 && plan->advance_is_switch)
		g_string_append(out, "kvm: { lapic_timer_advance: N }\n");
	else if (plan->advance >= 0 || plan->begins_with)
		g_string_append_printf(out, "kvm: { lapic_timer_advance_ns: %" PRId64 " }\n",
				       plan->begins_with ? plan->begins_with : plan->advance);
}

static void append_vmx(GString *out, const struct import_plan *plan)
{
	if (plan->no_preemption_timer)
		g_string_append(out, "kvm_intel: { preemption_timer: N }\n");
}

static void append_host(GString *out, const struct import_plan *plan)
{
	g_string_append_printf(out,
			       "host:\n  vendor: %s\n  hz: %u\n  tsc: %" PRIu64 "kHz\n"
			       "  start: { tsc: %" PRIu64 "cycles, monotonic: %" PRIu64 "ns }\n"
			       "  cpus:\n",
			       plan->run->isa == RECORDED_SVM ? "amd" : "intel", plan->hz,
			       plan->tsc_khz, plan->start_tsc, plan->start_monotonic);
	for (unsigned i = 0; i < plan->n_cpus; i++) {
		g_string_append_printf(out, "    - { id: %u%s", i,
				       plan->nohz_full[i] ? ", nohz_full: true, isolated: true"
							  : "");
		if (plan->tick_until[i])
			g_string_append_printf(out, ", tick_until: %" PRIu64 "ns",
					       plan->tick_until[i]);
		g_string_append(out, " }\n");
	}
}

static void append_vcpu(GString *out, const struct import_plan *plan, unsigned i)
{
	static const char *const timers[] = TIMER_NAMES;
	const struct import_vcpu *vcpu = &plan->vcpus[i];
	g_autofree char *rows = import_rows_name(plan, i);

	g_string_append_printf(out, "  - name: vm%u\n    vcpus: [ { id: %u, affinity: [%u]", i,
			       vcpu->seen->id, vcpu->seen->did.first_cpu);
	if (vcpu->tsc_offset)
		g_string_append_printf(out, ", tsc_offset: %" PRId64 "cycles",
				       (int64_t)vcpu->tsc_offset);
	g_string_append_printf(out,
			       " } ]\n    guest:\n      workload: recorded\n      file: %s\n"
			       "      timer: %s\n      wait: %s\n      handler_rdmsr: %s\n",
			       rows, timers[vcpu->timer], vcpu->hlt ? "hlt" : "spin",
			       vcpu->handler_rdmsr ? "true" : "false");
	if (vcpu->loop)
		g_string_append_printf(out, "      loop: %" PRIu64 "ns\n", vcpu->loop);
	if (vcpu->exit_reason)
		g_string_append_printf(out,
				       "      other_exits: { every: %" PRIu64 "ns, reason: %s }\n",
				       vcpu->exit_every, vcpu->exit_reason);
}

struct happening {
	int64_t at; /* [ns] from the start */
	char *text;
};

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct happening *one = a, *two = b;

	if (one->at != two->at)
		return one->at < two->at ? -1 : 1;
	return strcmp(one->text, two->text);
}

static void clear_happening(gpointer h) { g_free(((struct happening *)h)->text); }

G_GNUC_PRINTF(4, 5)
static void happens(GArray *all, const struct import_plan *plan, uint64_t stamp, const char *format,
		    ...)
{
	struct happening h = { .at = observed_ns(&plan->run->clock, stamp) + plan->clock_offset -
				     (int64_t)plan->start_monotonic };
	va_list args;

	va_start(args, format);
	h.at = MAX(h.at, 0);
	h.text = g_strdup_vprintf(format, args);
	va_end(args);
	g_array_append_val(all, h);
}

static void append_timeline(GString *out, const struct import_plan *plan)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct happening));

	g_array_set_clear_func(all, clear_happening);
	for (unsigned i = 0; i < plan->n_vcpus; i++) {
		const GArray *moves = plan->vcpus[i].seen->did.moves;

		for (guint k = 0; k < moves->len; k++) {
			const struct observed_move *m =
				&g_array_index(moves, struct observed_move, k);

			happens(all, plan, m->stamp, "do: migrate, vcpu: vm%u.%u, cpu: %u", i,
				plan->vcpus[i].seen->id, m->cpu);
		}
	}
	for (guint i = 0; i < plan->run->hogs->len; i++) {
		const struct observed_hog *hog =
			&g_array_index(plan->run->hogs, struct observed_hog, i);

		if (hog->to && observed_ns(&plan->run->clock, hog->to) + plan->clock_offset <
				       (int64_t)plan->start_monotonic)
			continue; /* over before the run begins */
		happens(all, plan, hog->from, "do: hog-start, cpu: %u, class: %s", hog->cpu,
			hog->prio < 100 ? "fifo" : "fair");
		if (hog->to)
			happens(all, plan, hog->to, "do: hog-stop, cpu: %u", hog->cpu);
	}
	g_array_sort(all, by_time);
	for (guint i = 0, written = 0; i < all->len; i++) {
		const struct happening *h = &g_array_index(all, struct happening, i);

		if (h->at < (int64_t)plan->duration_ns)
			g_string_append_printf(out, "%s  - { at: %" PRId64 "ns, %s }\n",
					       written++ ? "" : "timeline:\n", h->at, h->text);
	}
}

void import_scenario_text(GString *out, const struct import_plan *plan,
			  const struct learned_costs *costs, const char *learned_from,
			  const GArray *guesses)
{
	append_head(out, plan);
	append_kernel(out, plan);
	append_vmx(out, plan);
	append_host(out, plan);
	if (costs)
		append_costs(out, costs, learned_from, guesses);
	g_string_append(out, "vms:\n");
	for (unsigned i = 0; i < plan->n_vcpus; i++)
		append_vcpu(out, plan, i);
	append_timeline(out, plan);
}

char *import_rows_name(const struct import_plan *plan, unsigned i)
{
	return g_strdup_printf("%s-vcpu%u.csv", plan->options->name, i);
}

void import_rows_text(GString *out, const struct import_plan *plan, unsigned i)
{
	const GArray *rows = plan->vcpus[i].rows;

	g_string_append(out, "# When the guest armed its timer, and for when, by its own TSC.\n"
			     "arm_tsc,deadline_tsc\n");
	for (guint k = 0; k < rows->len; k++) {
		const struct import_row *row = &g_array_index(rows, struct import_row, k);

		g_string_append_printf(out, "%" PRIu64 ",%" PRIu64 "\n", row->arm_tsc,
				       row->deadline_tsc);
	}
}
