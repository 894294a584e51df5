/* SPDX-License-Identifier: MIT */
/* explain_text - an explanation as people read it: one line a step, and under it what decided it.
 */
#include "explain.h"
#include "report.h"

#include <inttypes.h>

#define NS_WIDTH 17
#define OTHERS_INDENT 6
#define LITTLE_DIVISOR 20 /* of the cost: less is told in one line */
#define PERCENT 100

static char *ns_text(int64_t ps_value)
{
	GString *text = g_string_new(NULL);

	append_ns(text, ps_value);
	return g_string_free(text, FALSE);
}

/* --- one step in words --- */

static const char *arming_words(enum life_arming arming)
{
	static const char *const words[] = {
		[ARMED_BY_DEADLINE] =
			"the guest writes IA32_TSC_DEADLINE, kvm_set_lapic_tscdeadline_msr()",
		[ARMED_BY_TMICT] = "the guest writes TMICT, kvm_lapic_reg_write()",
		[ARMED_BY_TDCR] = "the guest writes TDCR, update_divide_count()",
		[ARMED_BY_PERIOD] = "the period goes on, advance_periodic_target_expiration()",
		[ARMED_BY_IOCTL] = "user space sets it, kvm_apic_set_state()",
	};

	return words[arming];
}

static void append_start(GString *out, const struct life_start *s)
{
	const struct trace_field *mode = &lapicsim_schema.events[TP_HRTIMER_START]->fields[4];

	switch (s->kind) {
	case START_HRTIMER:
		g_string_append_printf(out,
				       "hrtimer_start(), %s, expires %" PRIu64
				       " ns: in the queue of CPU %u",
				       mode->names[s->mode], s->expires, s->queue);
		return;
	case START_HV: g_string_append(out, "start_hv_timer(): the VMX preemption timer"); return;
	case START_FOUND_HRTIMER:
		g_string_append_printf(out, "the hrtimer is in the queue of CPU %u already",
				       s->queue);
		return;
	case START_FOUND_HV: g_string_append(out, "the VMX preemption timer runs already"); return;
	}
}

static const char *where_words(enum vcpu_where where)
{
	static const char *const words[] = {
		[VCPU_IN_GUEST] = "in guest mode",
		[VCPU_IN_HOST] = "outside guest mode",
		[VCPU_SLEEPS] = "asleep in kvm_vcpu_block()",
		[VCPU_IN_USER_SPACE] = "out of KVM_RUN",
	};

	return words[where];
}

static void append_fired(GString *out, const struct life *l)
{
	static const char *const paths[] = {
		[EXPIRY_HRTIMER] = "apic_timer_fn()",
		[EXPIRY_HV] = "exit PREEMPTION_TIMER, kvm_lapic_expired_hv_timer()",
		[EXPIRY_AT_START] = "found due when it was started, apic_timer_expired()",
	};

	g_string_append(out, paths[l->path]);
	if (l->path == EXPIRY_HRTIMER && l->fired_cpu == l->vcpu_cpu && l->where == VCPU_IN_HOST)
		g_string_append_printf(out, " on CPU %u, the vCPU's own", l->fired_cpu);
	else if (l->path == EXPIRY_HRTIMER)
		g_string_append_printf(out, " on CPU %u; vCPU %s on CPU %u", l->fired_cpu,
				       where_words(l->where), l->vcpu_cpu);
	if (l->advance_ns)
		g_string_append_printf(out, "; advance %u ns", l->advance_ns);
}

static const char *exit_name(uint64_t reason)
{
	return lapicsim_schema.events[TP_KVM_EXIT]->fields[1].names[reason];
}

static void append_noticed(GString *out, const struct life *l)
{
	if (l->posted)
		g_string_append(out, "to be posted, kvm_can_post_timer_interrupt()");
	else if (!l->part[LIFE_NOTIFY])
		g_string_append(out, "in the vCPU's own context");
	else if (l->where == VCPU_SLEEPS)
		g_string_append(out, "kvm_vcpu_wakeup()");
	else if (l->ipi && l->has_exited)
		g_string_append_printf(out, "kvm_vcpu_kick() sends a reschedule IPI: exit %s",
				       exit_name(l->exit_reason));
	else if (l->has_exited && l->fired_cpu != l->vcpu_cpu)
		g_string_append_printf(out, "nothing told the vCPU; it sees it after exit %s",
				       exit_name(l->exit_reason));
	else if (l->has_exited)
		g_string_append_printf(out, "exit %s begins", exit_name(l->exit_reason));
	else
		g_string_append(out, "the vCPU looks again");
}

/* What stands behind a part that is not the expiry or how it was noticed. */
static const char *part_words(const struct life *l, enum life_part part)
{
	static const char *const posted[LIFE_PARTS] = {
		[LIFE_RUNQUEUE] = "",
		[LIFE_EXIT] = "",
		[LIFE_INJECT] = "",
		[LIFE_WAIT] = "the callback's wait is over, and it posts",
		[LIFE_ENTRY] = "the guest takes the notification, or VM-entry ends",
		[LIFE_DELIVER] = "the handler's first RDTSC",
	};
	static const char *const direct[LIFE_PARTS] = {
		[LIFE_EXIT] = "found by the vCPU itself, apic_timer_expired() posts at once",
		[LIFE_INJECT] = "up to the wait's place",
	};
	static const char *const words[LIFE_PARTS] = {
		[LIFE_RUNQUEUE] = "the thread is on a CPU, sched_switch",
		[LIFE_EXIT] = "pending seen at the loop edge, kvm_inject_pending_timer_irqs()",
		[LIFE_INJECT] =
			"kvm_inject_apic_timer_irqs(), kvm_inj_virq, up to the wait's place",
		[LIFE_WAIT] = "the busy wait is over, wait_lapic_expire()",
		[LIFE_ENTRY] = "VM-entry ends, kvm_entry",
		[LIFE_DELIVER] = "the handler's first RDTSC",
	};

	if (l->posted)
		return posted[part];
	return l->direct && direct[part] ? direct[part] : words[part];
}

/* --- lines --- */

static void append_line(GString *out, const struct life *l, ps_t at, const int64_t *part,
			uint32_t cpu, const char *step)
{
	g_autofree char *from_due = ns_text((int64_t)(at.v - l->due.v));

	g_autofree char *took = part ? ns_text(*part) : g_strdup("");

	g_string_append_printf(out, "%*s %*s", NS_WIDTH, from_due, NS_WIDTH, took);
	g_string_append_printf(out, "  %3u  %-9s ", cpu, step);
}

/* --- what other kernels make of it --- */

static void append_release_of(GString *out, const struct variant *made)
{
	if (made->known == KNOWN_NEVER)
		g_string_append(out, known_name(made->known));
	else if (made->since == KERNEL_FIRST)
		g_string_append(out, "first");
	else
		append_release(out, made->since);
	if (made->known != KNOWN_READ && made->known != KNOWN_NEVER)
		g_string_append_printf(out, ", %s", known_name(made->known));
}

/* "with 61abdbe0bcc2 (v4.6) kvm: x86: make lapic hrtimer pinned" */
void explain_whose(GString *out, const struct neighbour *n)
{
	const struct form_change *c = &g_array_index(n->changes, struct form_change, 0);
	const struct variant *made = n->back ? c->from : c->to;
	const bool named = n->commit && n->commit->id;

	g_string_append(out, n->back ? "without " : "with ");
	/* A form of no release has no commit that could be identified. */
	if (made->known == KNOWN_NEVER)
		g_string_append_printf(out, "form %s (", made->name);
	else
		g_string_append_printf(out, "%s (",
				       named ? n->commit->id : "a commit that is not identified");
	append_release_of(out, made);
	g_string_append(out, ")");
	if (n->commit && n->commit->subject)
		g_string_append_printf(out, " %s", n->commit->subject);
}

static void append_lateness(GString *out, int64_t lateness)
{
	append_ns(out, lateness < 0 ? -lateness : lateness);
	g_string_append(out, lateness < 0 ? " ns early" : " ns late");
}

static void append_end(GString *out, const struct life *l)
{
	switch (l->end) {
	case LIFE_DELIVERED: append_lateness(out, l->lateness); return;
	case LIFE_NEVER_ARMED: g_string_append(out, "never armed"); return;
	case LIFE_NOT_FIRED: g_string_append(out, "not fired when the run ends"); return;
	case LIFE_NOT_SEEN:
		g_string_append(out, "fired and not delivered when the run ends");
		return;
	case LIFE_OVERWRITTEN: g_string_append(out, "overwritten by the next one"); return;
	case LIFE_MERGED: g_string_append(out, "merged with the one before"); return;
	}
}

/* Where the other life parts from this one, as that life has it. */
static void append_parting(GString *out, const struct explain_other *o)
{
	const struct life *l = &o->life;

	switch (o->step) {
	case STEP_ARMED:
		if (!l->has_armed)
			return;
		g_string_append(out, ": armed ");
		append_ns(out, (int64_t)(l->due.v - l->armed.v));
		g_string_append_printf(out, " ns ahead, on CPU %u", l->armed_cpu);
		return;
	case STEP_STARTED:
		g_string_append(out, ": ");
		if (l->n_starts)
			append_start(out, &l->starts[l->n_starts - 1]);
		else
			g_string_append(out, "no timer is started");
		return;
	case STEP_FIRED:
		if (!l->has_fired)
			return;
		g_string_append(out, ": fired ");
		append_lateness(out, (int64_t)(l->fired.v - l->due.v));
		g_string_append_printf(out, ", on CPU %u", l->fired_cpu);
		return;
	case STEP_PART:
		g_string_append_printf(out, ": %s ", life_part_names[o->part]);
		append_ns(out, l->part[o->part]);
		g_string_append(out, " ns");
		return;
	case STEP_END:
	case STEP_SAME: return;
	}
}

static const GArray *forms_of(const struct explain_other *o)
{
	return o->alone->len ? o->alone : o->neighbour->changes;
}

void explain_outcome(GString *out, const struct explanation *e, const struct explain_other *o)
{
	if (o->beyond) {
		g_string_append_printf(out,
				       "not over after %" PRIu64
				       " events (here the whole run: %" PRIu64 ")",
				       o->beyond, e->events);
	} else if (e->whole && o->interrupts == e->interrupts && o->exits == e->exits) {
		g_string_append(out, "as many interrupts and exits, other records");
	} else if (e->whole) {
		g_string_append_printf(out,
				       "kvm_inj_virq %" PRIu64 " (here %" PRIu64
				       "), kvm_exit %" PRIu64 " (here %" PRIu64 ")",
				       o->interrupts, e->interrupts, o->exits, e->exits);
	} else {
		append_end(out, &o->life);
		append_parting(out, o);
	}
}

static void append_other(GString *out, const struct explanation *e, const struct explain_other *o)
{
	const struct neighbour *n = o->neighbour;
	const GArray *forms = forms_of(o);

	g_string_append_printf(out, "%*s| ", OTHERS_INDENT, "");
	explain_whose(out, n);
	g_string_append_c(out, '\n');
	for (guint i = 0; i < forms->len; i++) {
		const struct form_change *c = &g_array_index(forms, struct form_change, i);

		g_string_append_printf(out, "%*s|   %s %s -> %s, %s\n", OTHERS_INDENT, "",
				       c->decision->name, c->from->name, c->to->name,
				       c->decision->where);
	}
	g_string_append_printf(out, "%*s|   = ", OTHERS_INDENT, "");
	explain_outcome(out, e, o);
	g_string_append_c(out, '\n');
}

/* The same end on the same way, at nearly the same cost. */
bool explain_is_little(const struct explanation *e, const struct explain_other *o)
{
	const struct life *a = &e->life, *b = &o->life;

	if (o->beyond || a->end != LIFE_DELIVERED || b->end != LIFE_DELIVERED ||
	    a->path != b->path || a->fired_cpu != b->fired_cpu)
		return false;
	const uint64_t x = life_cost(a->lateness, a->part[LIFE_WAIT]);
	const uint64_t y = life_cost(b->lateness, b->part[LIFE_WAIT]);
	const uint64_t off = (uint64_t)ABS(a->lateness - b->lateness);

	return MAX(off, x > y ? x - y : y - x) <= x / LITTLE_DIVISOR;
}

static void append_others(GString *out, const struct explanation *e, enum life_step step,
			  enum life_part part)
{
	for (guint i = 0; i < e->others->len; i++) {
		const struct explain_other *o = &g_array_index(e->others, struct explain_other, i);

		if (o->step == step && (step != STEP_PART || o->part == part) &&
		    !explain_is_little(e, o))
			append_other(out, e, o);
	}
}

static void append_forms(GString *out, const GArray *forms)
{
	for (guint i = 0; i < forms->len; i++) {
		const struct form_change *c = &g_array_index(forms, struct form_change, i);

		g_string_append_printf(out, "%s%s %s -> %s", i ? ", " : "", c->decision->name,
				       c->from->name, c->to->name);
	}
}

static void append_little_others(GString *out, const struct explanation *e)
{
	bool any = false;

	for (guint i = 0; i < e->others->len; i++) {
		const struct explain_other *o = &g_array_index(e->others, struct explain_other, i);

		if (!explain_is_little(e, o))
			continue;
		if (!any)
			g_string_append(out, "\nBy less than a twentieth:\n");
		any = true;
		g_string_append_printf(out, "%*s| ", OTHERS_INDENT, "");
		explain_whose(out, o->neighbour);
		g_string_append_printf(out, "\n%*s|   ", OTHERS_INDENT, "");
		append_forms(out, forms_of(o));
		g_string_append(out, " = ");
		append_end(out, &o->life);
		g_string_append_c(out, '\n');
	}
}

/* --- in words --- */

/* What fires early takes nothing off the way that follows. */
static enum life_part greatest_part(const struct life *l, uint64_t *way)
{
	enum life_part greatest = LIFE_FIRE;

	*way = 0;
	for (unsigned i = 0; i < LIFE_PARTS; i++) {
		if (l->part[i] > l->part[greatest])
			greatest = (enum life_part)i;
		if (l->part[i] > 0)
			*way += (uint64_t)l->part[i];
	}
	return greatest;
}

static void append_reason(GString *out, const struct life *l, enum life_part part)
{
	static const char *const words[LIFE_PARTS] = {
		[LIFE_EXIT] = "the way from the exit to the loop edge",
		[LIFE_INJECT] = "the way from the loop edge to the wait",
		[LIFE_WAIT] = "the vCPU spins before VM-entry, because the timer fired early",
		[LIFE_ENTRY] = "VM-entry",
		[LIFE_DELIVER] = "the guest's way to its handler, with the exits on it",
	};

	if (part == LIFE_FIRE && l->path == EXPIRY_AT_START)
		g_string_append(out, "it was past when the timer was to be started");
	else if (part == LIFE_FIRE)
		g_string_append_printf(out, "the timer fired that late, on CPU %u", l->fired_cpu);
	else if (part == LIFE_RUNQUEUE)
		g_string_append_printf(out, "until the vCPU's thread runs on CPU %u", l->vcpu_cpu);
	else if (l->posted && part == LIFE_NOTIFY)
		g_string_append(out, "the callback, until it knows that it posts");
	else if (l->posted && part == LIFE_WAIT)
		g_string_append(out, "the callback spins, because the timer fired early");
	else if (l->posted && part == LIFE_ENTRY)
		g_string_append(out, "the way of the notification into the guest");
	else if (l->direct && part == LIFE_EXIT)
		g_string_append(out, "the way from the exit to the expiry");
	else if (part != LIFE_NOTIFY)
		g_string_append(out, words[part]);
	else if (l->where == VCPU_SLEEPS)
		g_string_append(out, "the way to the sleeping thread's wake-up");
	else if (l->ipi || l->fired_cpu == l->vcpu_cpu)
		g_string_append(out, "the way to the vCPU's exit");
	else
		g_string_append_printf(out,
				       "the timer fired on CPU %u, the vCPU was %s on CPU %u, and "
				       "nothing told it",
				       l->fired_cpu, where_words(l->where), l->vcpu_cpu);
}

void explain_why(GString *out, const struct explanation *e)
{
	const struct life *l = &e->life;
	uint64_t way;
	const enum life_part part = greatest_part(l, &way);

	if (e->whole || l->end != LIFE_DELIVERED || !way)
		return;
	g_string_append_printf(
		out, "The longest part is %s, %" PRIu64 " %% of the way: ", life_part_names[part],
		(uint64_t)((unsigned __int128)(uint64_t)l->part[part] * PERCENT / way));
	append_reason(out, l, part);
	g_string_append(out, ".\n");
	if (l->part[LIFE_FIRE] >= 0)
		return;
	g_string_append(out, "The timer fired ");
	append_lateness(out, l->part[LIFE_FIRE]);
	g_string_append_printf(out, ", by an advance of %u ns.\n", l->advance_ns);
}

/* --- the whole --- */

static void append_parts(GString *out, const struct explanation *e)
{
	const struct life *l = &e->life;
	ps_t at = l->fired;

	for (unsigned i = LIFE_NOTIFY; i < LIFE_PARTS; i++) {
		at = ps(at.v + (uint64_t)l->part[i]);
		append_line(out, l, at, &l->part[i], l->vcpu_cpu, life_part_names[i]);
		if (i == LIFE_NOTIFY)
			append_noticed(out, l);
		else
			g_string_append(out, part_words(l, (enum life_part)i));
		g_string_append_c(out, '\n');
		append_others(out, e, STEP_PART, (enum life_part)i);
	}
}

static void append_unfinished(GString *out, const struct life *l)
{
	append_line(out, l, l->over, NULL, l->has_fired ? l->vcpu_cpu : l->armed_cpu, "end");
	append_end(out, l);
	g_string_append_c(out, '\n');
}

static void append_chain(GString *out, const struct explanation *e)
{
	const struct life *l = &e->life;
	const int64_t fire = (int64_t)(l->fired.v - l->due.v);

	if (l->has_armed) {
		append_line(out, l, l->armed, NULL, l->armed_cpu, "armed");
		g_string_append_printf(out, "%s: guest TSC %" PRIu64 "\n", arming_words(l->arming),
				       l->deadline);
	}
	append_others(out, e, STEP_ARMED, 0);
	for (uint32_t i = 0; i < l->n_starts; i++) {
		append_line(out, l, l->starts[i].when, NULL, l->starts[i].cpu, "started");
		append_start(out, &l->starts[i]);
		g_string_append_c(out, '\n');
	}
	append_others(out, e, STEP_STARTED, 0);
	if (l->has_fired) {
		append_line(out, l, l->fired, &fire, l->fired_cpu, "fire");
		append_fired(out, l);
		g_string_append_c(out, '\n');
	}
	append_others(out, e, STEP_FIRED, 0);
	if (l->end == LIFE_DELIVERED)
		append_parts(out, e);
	else if (l->has_armed)
		append_unfinished(out, l);
	append_others(out, e, STEP_END, 0);
}

void explain_verdict(GString *out, const struct explanation *e)
{
	if (e->whole) {
		g_string_append_printf(
			out,
			"no deadline was due: the run as a whole, kvm_inj_virq %" PRIu64
			", kvm_exit %" PRIu64,
			e->interrupts, e->exits);
		return;
	}
	g_string_append_printf(out, "vCPU %u, deadline %" PRIu64 ": ", e->vcpu_id, e->life.n);
	append_end(out, &e->life);
	if (e->rank == 1)
		g_string_append_printf(out, "; the worst of %" PRIu64 " deadlines", e->due);
	else if (e->rank)
		g_string_append_printf(out, "; the worst but %u of %" PRIu64 " deadlines",
				       e->rank - 1, e->due);
	if (e->best) {
		const struct deadline *d =
			deadlines_get(e->best->deadlines, e->life.vcpu, e->life.n);

		g_string_append_printf(out, " beside variant %s (", e->best->result->variant->name);
		append_lateness(out, d->lateness);
		g_string_append(out, ")");
	}
}

static void append_title(GString *out, const struct explanation *e)
{
	const struct run_result *result = e->result;

	g_string_append_printf(out, "%s, variant %s, kernel ", result->run->file->name,
			       result->variant->name);
	append_release(out, result->run->release);
	g_string_append_c(out, '\n');
	explain_verdict(out, e);
	g_string_append(out, "\n\n");
}

void explain_print(GString *out, const struct explanation *e)
{
	append_title(out, e);
	if (e->whole) {
		append_others(out, e, STEP_END, 0);
	} else {
		g_string_append_printf(out, "%*s %*s  CPU\n", NS_WIDTH, "from due [ns]", NS_WIDTH,
				       "part [ns]");
		append_chain(out, e);
	}
	if (!e->whole && e->life.end == LIFE_DELIVERED) {
		g_autofree char *sum = ns_text(e->life.lateness);
		g_autoptr(GString) why = g_string_new(NULL);

		g_string_append_printf(out, "%*s %*s  sum of the parts: the lateness\n", NS_WIDTH,
				       "", NS_WIDTH, sum);
		explain_why(why, e);
		if (why->len)
			g_string_append_printf(out, "\n%s", why->str);
		append_little_others(out, e);
	}
	g_string_append_printf(out, "\nOf %u kernels one commit away %u change it.\n", e->tried,
			       e->others->len);
}

void explain_repeat(GString *out, const struct replay *replay, const struct replay_options *run,
		    const struct explanation *e)
{
	g_string_append(out, "repeat: ");
	append_command(out, "explain", replay, run, e->result->variant->name);
	if (!e->whole)
		append_deadline(out, e->life.vcpu, e->life.n);
	g_string_append_c(out, '\n');
}
