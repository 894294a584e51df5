/* SPDX-License-Identifier: MIT */
/* Rules that no recorded row tells apart: worked out by hand from their description. */
#include "kvm_time.h"
#include "switch_base.h"
#include "timer_advance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

/* 1 GHz: a cycle is a nanosecond. */
static const struct guest_rate one_ghz = {
	.khz = { 1000000 },
	.ns_to_cycles = { 0x80000000u, 1 },
	.ratio = UINT64_C(1) << 48,
	.frac_bits = 48,
};

/* --- the second reading of the clock --- */

struct again {
	const char *name;
	uint32_t release;
	uint64_t first, second; /* guest TSC; the deadline is 10000 */
	bool read_again;
	uint32_t advance_after;
	enum busy_wait_unit unit;
	uint64_t amount;
};

/* clang-format off */
static const struct again agains[] = { /* the advance is 1000 ns before */
	/* 800 early: 1000 - 800/8 = 900. The second reading is what is waited for. */
	{ "6.16 waits by the second reading", KERNEL_RELEASE(6, 16), 9200, 9300, true, 900,
	  BUSY_WAIT_HOST_CYCLES, 700 },
	{ "6.16 no longer early: no wait", KERNEL_RELEASE(6, 16), 9200, 10000, true, 900,
	  BUSY_WAIT_NONE, 0 },
	/* 1600 early: 1000 - 200 = 800, which limits the wait, not 1000. */
	{ "6.16 limits by the new advance", KERNEL_RELEASE(6, 16), 8400, 8500, true, 800,
	  BUSY_WAIT_HOST_CYCLES, 800 },
	{ "6.16 late: read once", KERNEL_RELEASE(6, 16), 10800, 9000, false, 1100,
	  BUSY_WAIT_NONE, 0 },
	{ "5.10 reads once, limits by the old", KERNEL_RELEASE(5, 10), 8400, 9999, false, 800,
	  BUSY_WAIT_HOST_CYCLES, 1000 },
};
/* clang-format on */

static void check_again(void **state)
{
	const struct again *row = *state;
	struct timer_advance ta = { .advance_ns = 1000, .dynamic = true };
	struct wait_input in = { guest_cycles(10000), guest_cycles(row->first), &one_ghz, NULL };
	struct wait_plan plan;
	struct kernel k;

	kernel_init(&k, row->release);
	const struct tune_constants constants = tune_constants(&k, NULL);

	in.constants = &constants;
	plan = timer_advance_wait(&k, &ta, &in);
	assert_int_equal(plan.read_again, row->read_again);
	if (plan.read_again) {
		in.now = guest_cycles(row->second);
		plan.wait = timer_advance_wait_again(&k, &ta, &in);
	}
	assert_int_equal(ta.advance_ns, row->advance_after);
	assert_int_equal(plan.advance_ns, row->advance_after);
	assert_int_equal(plan.wait.unit, row->unit);
	assert_int_equal(plan.wait.amount, row->amount);
}

/* --- the queue of a timer --- */

struct place {
	const char *name;
	uint32_t release;
	struct switch_base_input in;
	unsigned wanted, got;
};

/* CPU 0 does the housekeeping and is busy, CPUs 1 and 2 are nohz_full; CPU 1 starts the timer. */
static const struct cpu_mask all = { { 7 } }, idle = { { 0 } }, housekeeping = { { 1 } };
static const uint64_t next_event[] = { 5000, KTIME_MAX, KTIME_MAX };

/* clang-format off */
static const struct place places[] = {
	{ "a later one goes to CPU 0", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 1, .expires = { 6000 } }, 0, 0 },
	{ "an earlier one stays", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 1, .expires = { 4000 } }, 0, 1 },
	{ "running, wanted on its own queue, refused there: stays", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 0, .expires = { 4000 }, .callback_running = true }, 0, 0 },
	{ "not running, the same: comes home", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 0, .expires = { 4000 } }, 0, 1 },
	{ "running on a third CPU: stays", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 2, .expires = { 6000 }, .callback_running = true }, 0, 2 },
	{ "the clock's offset is subtracted", KERNEL_RELEASE(4, 19),
	  { .old_cpu = 1, .expires = { 6000 }, .clock_offset = 1001 }, 0, 1 },
	{ "6.16: a CPU that goes offline gives it away", KERNEL_RELEASE(6, 16),
	  { .old_cpu = 1, .expires = { 4000 }, .me_offline = true }, 0, 0 },
	{ "5.14: the first of its queue is placed anew", KERNEL_RELEASE(5, 14),
	  { .old_cpu = 1, .expires = { 6000 }, .queued_first = true }, 0, 0 },
	{ "5.15: the first of its queue stays", KERNEL_RELEASE(5, 15),
	  { .old_cpu = 1, .expires = { 6000 }, .queued_first = true }, 1, 1 },
	{ "5.15: the first of another's queue does not", KERNEL_RELEASE(5, 15),
	  { .old_cpu = 2, .expires = { 6000 }, .queued_first = true }, 0, 0 },
};
/* clang-format on */

static void check_place(void **state)
{
	const struct place *row = *state;
	struct switch_base_input in = row->in;
	struct kernel k;
	unsigned wanted;

	kernel_init(&k, row->release);
	in.me = 1;
	in.migration_enabled = in.hres_active = true;
	in.expires_next = next_event;
	in.target = (struct nohz_target_input){
		.me = 1,
		.domains = &all,
		.n_domains = 1,
		.idle = &idle,
		.housekeeping = &housekeeping,
		.n_cpus = 3,
		.any_housekeeping = 0,
	};
	assert_int_equal(switch_hrtimer_base(&k, &in, &wanted), row->got);
	assert_int_equal(wanted, row->wanted);
}

int main(void)
{
	enum {
		N_AGAINS = sizeof(agains) / sizeof(agains[0]),
		N_PLACES = sizeof(places) / sizeof(places[0]),
	};
	struct CMUnitTest tests[N_AGAINS + N_PLACES];

	for (size_t i = 0; i < N_AGAINS; i++)
		tests[i] = (struct CMUnitTest){ .name = agains[i].name,
						.test_func = check_again,
						.initial_state = (void *)&agains[i] };
	for (size_t i = 0; i < N_PLACES; i++)
		tests[N_AGAINS + i] = (struct CMUnitTest){ .name = places[i].name,
							   .test_func = check_place,
							   .initial_state = (void *)&places[i] };
	return cmocka_run_group_tests_name("beyond_rows", tests, NULL, NULL);
}
