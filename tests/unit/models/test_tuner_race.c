/* SPDX-License-Identifier: MIT */
/*
 * Bug B4: the tuner of v4.20 changes one advance for all vCPUs without a lock, by two loads and a
 * store.
 *
 * Two vCPUs on two CPUs take one late sample each. The path from the hrtimer to the wait takes 2000
 * ns, so that both are 1000 ns late and take a full step of an eighth. In order, 1000 becomes 1125
 * and then 1265 (1125 / 8 = 140). A store that writes what was loaded before the other's store
 * loses the other's step: 1125. One whose second load came after the other's store but whose first
 * came before adds the step of 1000 to 1125: 1250.
 *
 * Each access takes 5 ns, so the vCPUs' accesses happen 5, 10 and 15 ns after their waits. vCPU 1's
 * clock ends its wait some accesses after vCPU 0's; where an access of one meets one of the other
 * in an instant, the shuffled order of ties decides.
 */
#include "models_rig.h"

#define SEEDS 100
#define ACCESS_NS 5
#define OVERHEAD_NS 2000
#define DELTA_CYCLES 1000000 /* 1 ms */

enum { LOST = 1, MIXED = 2, IN_ORDER = 4, OWN = 8, OTHER = 16 };

struct row {
	const char *name;
	const char *scope, *gate;
	uint32_t accesses; /* from the end of vCPU 0's wait to that of vCPU 1's */
	unsigned
		want; /* outcomes seen within 100 orders of the ties: each of these, and no other */
};

/* clang-format off */
static const struct row rows[] = {
	/* name                                                scope     gate           accesses  outcomes */
	{ "together: both load before either stores",          "global", "done_global", 0,        LOST },
	{ "one access apart: second load and store tie",       "global", "done_global", 1,        LOST | MIXED },
	{ "two accesses apart: first load and store tie",      "global", "done_global", 2,        MIXED | IN_ORDER },
	{ "three accesses apart: one after the other",         "global", "done_global", 3,        IN_ORDER },
	{ "an advance each, together",                         "vcpu",   "done_vcpu",   0,        OWN },
	{ "an advance each, one access apart",                 "vcpu",   "done_vcpu",   1,        OWN },
	{ "an advance each, two accesses apart",               "vcpu",   "done_vcpu",   2,        OWN },
};
/* clang-format on */

/* What the two samples leave behind: the last value traced by each vCPU, in the order of the
 * stores. */
static unsigned outcome(const struct rig *rig, bool own)
{
	const uint64_t first = rig_value(&rig->kept[0], "advance_ns");
	const uint64_t last = rig_value(&rig->kept[1], "advance_ns");

	if (first != 1125)
		return OTHER;
	if (own)
		return last == 1125 ? OWN : OTHER;
	switch (last) {
	case 1125: return LOST;
	case 1250: return MIXED;
	case 1265: return IN_ORDER;
	default: return OTHER;
	}
}

static unsigned run(const struct row *row, uint64_t shuffle_seed)
{
	struct rig *rig = rig_new("v5.0", 2, 100);
	unsigned ret;

	rig_form(rig, "advance_scope", row->scope);
	rig_form(rig, "tune_gate", row->gate);
	rig->cfg.kvm.lapic_timer_advance_ns = KVM_PARAM_DEFAULT;
	rig->limits.shuffle_ties = true;
	rig->limits.shuffle_seed = shuffle_seed;
	rig->keep_events = TP_BIT(TP_TIMER_ADVANCE);
	rig_cost(rig, COST_irq_entry, OVERHEAD_NS);
	rig_cost(rig, COST_tune_access, ACCESS_NS);
	rig->vm.guest.delta = (struct quantity){ DELTA_CYCLES, QUANTITY_CYCLES };
	rig->vm.guest.samples = 1;
	rig_vcpu(rig, 0, 1);
	rig_vcpu(rig, 1, 2);
	/* Within the tolerance no TSC is scaled, but 10^6 cycles are taken for 5 ns more at 5 kHz
	 * less. */
	rig->vcpus[1].tsc_khz = (khz_t){ 1000000 - ACCESS_NS * row->accesses };
	rig_run(rig, 5 * MS);

	assert_int_equal(rig->n_kept, 2);
	ret = outcome(rig, row->want == OWN);
	rig_free(rig);
	return ret;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	unsigned seen = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		seen |= run(row, seed);
	assert_int_equal(seen, row->want);
}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(rows)];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_row,
						.initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("tuner_race", tests, NULL, NULL);
}
