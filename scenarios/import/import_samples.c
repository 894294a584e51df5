/* SPDX-License-Identifier: MIT */
#include "import_samples.h"

#define STRETCH_MAX_NS 100000 /* longer: something else came in between */

static void add(struct observed_run *run, enum observed_stretch stretch, int64_t ns, uint32_t cpu)
{
	if (ns >= 0 && ns < STRETCH_MAX_NS)
		observed_sample_add(run, stretch, ns, cpu);
}

static const struct guest_row *row_of(const struct guest_csv *csv, uint64_t vcpu, uint64_t deadline,
				      guint *from)
{
	for (; csv && *from < csv->rows->len; (*from)++) {
		const struct guest_row *row = &g_array_index(csv->rows, struct guest_row, *from);

		if (row->vcpu == vcpu && row->deadline == deadline)
			return row;
	}
	return NULL;
}

static void add_arm(struct observed_run *run, const struct import_plan *plan,
		    const struct import_vcpu *vcpu, const struct observed_arm *arm,
		    const struct guest_row *row)
{
	if (row->arm)
		add(run, OBSERVED_ARM_TO_EXIT,
		    observed_ns(&run->clock, arm->exit) -
			    import_ns_of_guest_tsc(plan, vcpu, row->arm),
		    arm->cpu);
	if (row->armed)
		add(run, OBSERVED_ENTRY_TO_ARMED,
		    import_ns_of_guest_tsc(plan, vcpu, row->armed) -
			    observed_ns(&run->clock, arm->entered),
		    arm->cpu);
}

/* From the last entry that injected it: a second one does not wait. */
static void add_bare(struct observed_run *run, const struct import_plan *plan,
		     const struct import_vcpu *vcpu, const struct observed_outcome *o,
		     const struct guest_row *row)
{
	const uint64_t entered = o->reentered ? o->reentered : o->entered;

	if (row && o->injected && (o->reentered || (!o->has_delta && !o->reinjected)))
		add(run, OBSERVED_BARE_ENTRY_TO_HANDLER,
		    import_ns_of_guest_tsc(plan, vcpu, row->isr) -
			    observed_ns(&run->clock, entered),
		    o->vcpu_cpu);
}

/* How many of its deadlines are looked for in @csv, and found. */
struct found {
	uint64_t deadlines, rows;
};

static void add_vcpu(struct observed_run *run, const struct import_plan *plan,
		     const struct import_vcpu *vcpu, const struct guest_csv *csv,
		     struct found *found)
{
	const GArray *arms = vcpu->seen->did.arms, *outcomes = vcpu->seen->became.outcomes;
	guint place = 0, k = 0;

	for (guint i = 0; i < arms->len; i++) {
		const struct observed_arm *arm = &g_array_index(arms, struct observed_arm, i);
		guint from = place;
		const struct guest_row *row = row_of(csv, vcpu->seen->id, arm->value, &from);

		if (arm->timer != OBSERVED_DEADLINE)
			continue;
		found->deadlines++;
		if (row) {
			found->rows++;
			place = from;
			add_arm(run, plan, vcpu, arm, row);
		}
		for (; k < outcomes->len; k++) {
			const struct observed_outcome *o =
				&g_array_index(outcomes, struct observed_outcome, k);
			int64_t clock;

			if (o->arm > i)
				break;
			if (o->arm < i)
				continue;
			add_bare(run, plan, vcpu, o, row);
			if (!o->has_delta || !o->injected || o->reinjected)
				continue;
			clock = import_ns_of_guest_tsc(plan, vcpu, arm->value + (uint64_t)o->delta);
			add(run, OBSERVED_ENTRY_TO_CLOCK,
			    clock - observed_ns(&run->clock, o->entered), o->vcpu_cpu);
			if (row && o->delta >= 0)
				add(run, OBSERVED_ENTRY_TO_HANDLER,
				    import_ns_of_guest_tsc(plan, vcpu, row->isr) - clock,
				    o->vcpu_cpu);
		}
	}
}

bool import_samples_add(struct observed_run *run, const struct import_plan *plan,
			const struct guest_csv *csv)
{
	struct found found = { 0 };

	for (unsigned i = 0; i < plan->n_vcpus; i++)
		add_vcpu(run, plan, &plan->vcpus[i], csv, &found);
	return !csv || !csv->rows->len || !found.deadlines || found.rows;
}
