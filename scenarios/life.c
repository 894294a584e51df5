/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <string.h>

const char *const life_part_names[LIFE_PARTS] = { "fire",   "notify", "runqueue", "exit",
						  "inject", "wait",   "entry",    "deliver" };

static void over(struct life *life, const struct trace_record *rec, enum life_end end)
{
	life->end = end;
	life->over = rec->when;
	life->watching = false;
	sim_ask_stop(world_sim(life->world));
}

static void add_start(struct life *life, const struct life_start *start)
{
	if (life->n_starts < LIFE_STARTS_MAX)
		life->starts[life->n_starts++] = *start;
}

/* SVM has one reason for both directions. */
static bool is_msr_exit(uint64_t reason)
{
	const char *name = lapicsim_schema.events[TP_KVM_EXIT]->fields[1].names[reason];

	return !strcmp(name, "MSR_WRITE") || !strcmp(name, "msr");
}

static enum life_arming what_arms(const struct life *life, const struct vcpu_view *view)
{
	if (life->in_callback)
		return ARMED_BY_PERIOD;
	if (view->in_user_space)
		return ARMED_BY_IOCTL;
	if (!life->in_exit || !is_msr_exit(life->reason))
		return ARMED_BY_PERIOD;
	if (!life->apic_written)
		return ARMED_BY_DEADLINE;
	return life->last_reg == TRACE_REG_TDCR ? ARMED_BY_TDCR : ARMED_BY_TMICT;
}

static void armed(struct life *life, const struct trace_record *rec)
{
	struct vcpu_view view;

	world_view_vcpu(life->world, life->vcpu, &view);
	life->watching = true;
	life->end = LIFE_NOT_FIRED;
	life->has_armed = true;
	life->arming = what_arms(life, &view);
	life->armed = rec->when;
	life->armed_cpu = rec->cpu;
	life->due = view.due;
	life->deadline = rec->value[2];
	life->hrtimer = view.hrtimer;
	if (life->arming != ARMED_BY_PERIOD)
		return;
	/* The next expiry of a periodic timer may be queued already. */
	if (view.queued)
		add_start(life, &(struct life_start){ .kind = START_FOUND_HRTIMER,
						      .when = rec->when,
						      .cpu = rec->cpu,
						      .queue = view.queue });
	else if (view.hv_in_use && !life->in_callback)
		add_start(life, &(struct life_start){ .kind = START_FOUND_HV,
						      .when = rec->when,
						      .cpu = rec->cpu,
						      .queue = rec->cpu });
}

static void started(struct life *life, const struct trace_record *rec)
{
	struct vcpu_view view;

	if (!life->watching || life->has_fired || rec->value[0] != life->hrtimer)
		return;
	world_view_vcpu(life->world, life->vcpu, &view);
	add_start(life, &(struct life_start){ .kind = START_HRTIMER,
					      .when = rec->when,
					      .cpu = rec->cpu,
					      .queue = view.queue,
					      .expires = rec->value[3],
					      .mode = rec->value[4] });
}

static void fired(struct life *life, const struct trace_record *rec)
{
	struct vcpu_view view;

	if (!life->watching || rec->value[1] != life->n)
		return;
	world_view_vcpu(life->world, life->vcpu, &view);
	life->end = LIFE_NOT_SEEN;
	life->due = view.due;
	life->has_fired = true;
	life->fired = view.fired; /* of an hv exit its beginning, which was before this record */
	life->fired_cpu = (uint32_t)rec->value[2];
	life->vcpu_cpu = (uint32_t)rec->value[3];
	life->path = (enum expiry_path)rec->value[4];
	life->where = view.in_user_space ? VCPU_IN_USER_SPACE
		      : view.sleeps      ? VCPU_SLEEPS
		      : view.in_guest    ? VCPU_IN_GUEST
					 : VCPU_IN_HOST;
	life->advance_ns = view.advance_ns;
}

static void delivered(struct life *life, const struct trace_record *rec)
{
	struct vcpu_view view;

	world_view_vcpu(life->world, life->vcpu, &view);
	life->posted = view.posted;
	life->direct = !view.posted && !life->seen;
	life->lateness = (int64_t)rec->value[SAMPLE_LATENESS];
	life->due = ps(rec->when.v - (uint64_t)life->lateness);
	life->lateness_cycles = (int64_t)rec->value[SAMPLE_CYCLES];
	for (unsigned i = 0; i < LIFE_PARTS; i++)
		life->part[i] = (int64_t)rec->value[SAMPLE_PARTS + i];
	over(life, rec, LIFE_DELIVERED);
}

/* A vCPU that is created later has none before. */
static void find_hrtimer(struct life *life)
{
	struct vcpu_view view;

	world_view_vcpu(life->world, life->vcpu, &view);
	life->hrtimer = view.hrtimer;
}

/* The vCPU's own records. */
static void own_record(struct life *life, const struct trace_record *rec)
{
	const bool mine = rec->n_values > 1 && rec->value[1] == life->n;

	if (!life->hrtimer)
		find_hrtimer(life);
	switch (rec->event) {
	case TP_KVM_EXIT:
		life->in_exit = true;
		life->apic_written = false;
		life->reason = rec->value[1];
		if (life->watching && life->has_fired && !life->seen) {
			life->has_exited = true;
			life->exit_reason = rec->value[1];
		}
		break;
	case TP_KVM_ENTRY: life->in_exit = false; break;
	case TP_KVM_APIC:
		life->apic_written = true;
		life->last_reg = rec->value[1];
		break;
	case TP_FN_INJECT_APIC_TIMER_IRQS: life->seen = life->watching && life->has_fired; break;
	case TP_KVM_HV_TIMER_STATE:
		if (life->watching && !life->has_fired && rec->value[1])
			add_start(life, &(struct life_start){ .kind = START_HV,
							      .when = rec->when,
							      .cpu = rec->cpu,
							      .queue = rec->cpu });
		break;
	case TP_LAPIC_ARM:
		if (mine)
			armed(life, rec);
		break;
	case TP_LAPIC_EXPIRE: fired(life, rec); break;
	case TP_LAPIC_SAMPLE:
		if (mine)
			delivered(life, rec);
		break;
	case TP_LAPIC_DROP:
		if (mine && rec->value[2] != DROP_UNSEEN)
			over(life, rec,
			     rec->value[2] == DROP_MERGED ? LIFE_MERGED : LIFE_OVERWRITTEN);
		break;
	default: break;
	}
}

static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct life *life = (struct life *)((char *)sink - offsetof(struct life, sink));

	switch (rec->event) {
	case TP_HRTIMER_START: started(life, rec); return;
	case TP_HRTIMER_EXPIRE_ENTRY:
		if (rec->value[0] == life->hrtimer)
			life->in_callback = true;
		return;
	case TP_HRTIMER_EXPIRE_EXIT:
		if (rec->value[0] == life->hrtimer)
			life->in_callback = false;
		return;
	case TP_RESCHEDULE_ENTRY:
		if (life->has_fired && !life->seen && rec->cpu == life->vcpu_cpu)
			life->ipi = true;
		return;
	default: break;
	}
	if (rec->entity == life->vcpu)
		own_record(life, rec);
}

void life_init(struct life *life, uint32_t vcpu, uint64_t n)
{
	*life = (struct life){ .vcpu = vcpu, .n = n, .sink = { .record = on_record } };
}

void life_watch(struct life *life, struct world *world)
{
	life->world = world;
	find_hrtimer(life);
	trace_add_sink(world_trace(world), &life->sink);
}

void life_end(struct life *life)
{
	if (life->end == LIFE_NOT_FIRED || life->end == LIFE_NOT_SEEN)
		life->over = sim_now(world_sim(life->world));
	life->world = NULL;
}

uint64_t life_cost(int64_t lateness, int64_t wait)
{
	const uint64_t off = lateness < 0 ? -(uint64_t)lateness : (uint64_t)lateness;

	return off > (uint64_t)wait ? off : (uint64_t)wait;
}

/* --- comparing --- */

static bool same_start(const struct life *a, const struct life *b, uint32_t i)
{
	const struct life_start *x = &a->starts[i], *y = &b->starts[i];

	return x->kind == y->kind && x->cpu == y->cpu && x->queue == y->queue &&
	       x->when.v - a->due.v == y->when.v - b->due.v &&
	       (x->kind != START_HRTIMER || x->expires == y->expires ||
		x->expires - a->starts[0].expires == y->expires - b->starts[0].expires);
}

enum life_step life_compare(const struct life *a, const struct life *b, enum life_part *part)
{
	if (a->has_armed != b->has_armed)
		return STEP_ARMED;
	if (!a->has_armed)
		return a->end == b->end ? STEP_SAME : STEP_END;
	if (a->armed_cpu != b->armed_cpu || a->armed.v - a->due.v != b->armed.v - b->due.v)
		return STEP_ARMED;
	if (a->n_starts != b->n_starts)
		return STEP_STARTED;
	for (uint32_t i = 0; i < a->n_starts; i++)
		if (!same_start(a, b, i))
			return STEP_STARTED;
	if (a->has_fired != b->has_fired)
		return STEP_FIRED;
	if (a->has_fired &&
	    (a->path != b->path || a->fired_cpu != b->fired_cpu || a->vcpu_cpu != b->vcpu_cpu ||
	     a->fired.v - a->due.v != b->fired.v - b->due.v || a->where != b->where))
		return STEP_FIRED;
	if (a->end != b->end)
		return STEP_END;
	for (unsigned i = 0; i < LIFE_PARTS && a->end == LIFE_DELIVERED; i++)
		if (a->part[i] != b->part[i]) {
			*part = (enum life_part)i;
			return i == LIFE_FIRE ? STEP_FIRED : STEP_PART;
		}
	return STEP_SAME;
}
