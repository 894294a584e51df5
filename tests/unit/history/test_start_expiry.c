/* SPDX-License-Identifier: MIT */
/* The forms that start a timer and that act on its expiry: small truth tables. */
#include "expiry.h"
#include "start.h"
#include "tune.h"
#include "wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* P: pinned, H: hard; one letter pair for init, deadline, count, migrate. */
static void test_mode(void **state)
{
	static const char *const want[] = {
		"-- -- -- --", "P- P- P- P-", "-- -- -- --",
		"-H -H -- -H", "-H -H -H -H", "PH PH PH PH",
	};

	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		for (int kind = LAPIC_TIMER_INIT; kind <= LAPIC_TIMER_MIGRATE; kind++) {
			struct hrtimer_mode m = mode_variants[i].of((enum lapic_timer_call)kind);

			assert_int_equal(m.pinned, want[i][kind * 3] == 'P');
			assert_int_equal(m.hard, want[i][kind * 3 + 1] == 'H');
		}
	}
}

/* A test module's form: no release has it, no commit brings it. */
static void test_pinned_hard_never(void **state)
{
	struct kernel k;

	for (uint32_t minor = 0; minor <= 19; minor++) {
		kernel_init(&k, KERNEL_RELEASE(6, minor));
		assert_string_equal(k.mode->variant.name, "abs_hard");
	}
	assert_int_equal(mode_variants[5].variant.known, KNOWN_NEVER);
}

static void test_late_deadline(void **state)
{
	static const struct {
		bool ahead;
		uint64_t distance;
		bool want[3]; /* none, behind, within_advance */
	} rows[] = {
		/* the advance is 1000 ns */
		{ false, 0, { true, true, true } },
		{ true, 0, { false, false, true } },
		{ true, 1000, { false, false, true } },
		{ true, 1001, { false, false, false } },
		{ true, UINT64_C(1) << 32, { false, false, false } },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (size_t f = 0; f < N_ELEMENTS(rows[i].want); f++)
			assert_int_equal(late_deadline_variants[f].late(rows[i].ahead,
									rows[i].distance, 1000),
					 rows[i].want[f]);
}

static void test_owed(void **state)
{
	for (int deadline = 0; deadline < 2; deadline++) {
		for (int hv = 0; hv < 2; hv++) {
			assert_false(owed_variants[0].recorded(deadline, hv));
			assert_int_equal(owed_variants[1].recorded(deadline, hv), deadline);
			assert_int_equal(owed_variants[2].recorded(deadline, hv), deadline | hv);
		}
	}
}

static void test_wait_call(void **state)
{
	static const bool at_zero[] = { false, true, false, false };
	static const bool at_one[] = { false, true, true, true };

	for (size_t f = 0; f < N_ELEMENTS(at_zero); f++) {
		assert_int_equal(wait_call_variants[f].called(0), at_zero[f]);
		assert_int_equal(wait_call_variants[f].called(1), at_one[f]);
	}
}

static void test_tune_gate(void **state)
{
	/* done and dynamic are 0 0, 1 0, 0 1, 1 1 */
	static const char *const want[] = { "----", "x-x-", "x-x-", "--xx", "xxxx" };

	for (size_t f = 0; f < N_ELEMENTS(want); f++)
		for (int i = 0; i < 4; i++)
			assert_int_equal(tune_gate_variants[f].open(i & 1, i >> 1),
					 want[f][i] == 'x');
}

/* In which release each form is in force; LATE_COUNT_* in the order of the enum. */
static void test_late_count(void **state)
{
	static const struct {
		uint32_t release;
		enum late_count want;
	} rows[] = {
		{ KERNEL_RELEASE(4, 9), LATE_COUNT_START },
		{ KERNEL_RELEASE(4, 10), LATE_COUNT_ONESHOT },
		{ KERNEL_RELEASE(4, 16), LATE_COUNT_ONESHOT },
		{ KERNEL_RELEASE(4, 17), LATE_COUNT_EXPIRE_ADVANCE },
	};
	struct kernel k;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		kernel_init(&k, rows[i].release);
		assert_int_equal(k.late_count->how, rows[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),          cmocka_unit_test(test_pinned_hard_never),
		cmocka_unit_test(test_late_deadline), cmocka_unit_test(test_owed),
		cmocka_unit_test(test_wait_call),     cmocka_unit_test(test_tune_gate),
		cmocka_unit_test(test_late_count),
	};

	return cmocka_run_group_tests_name("start_expiry", tests, NULL, NULL);
}
