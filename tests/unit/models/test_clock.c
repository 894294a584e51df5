/* SPDX-License-Identifier: MIT */
/* The host's clocks: readings, edges, and that both agree at any distance from the epoch. */
#include "models_rig.h"

#include "clock.h"

struct reading {
	const char *name;
	uint32_t khz;
	uint64_t start_tsc, at_ps, tsc;
};

/* clang-format off */
static const struct reading readings[] = {
	{ "reading: the epoch",                 2400000, 77, 0, 77 },
	/* 2.4 cycles a ns: 416 ps are 0.9984 cycles, 417 ps 1.0008 */
	{ "reading: just before a cycle",       2400000, 0, 416, 0 },
	{ "reading: just after it",             2400000, 0, 417, 1 },
	/* 3e9 cycles would be 1 s at 3 GHz; at 2 999 999 kHz one cycle is lost each million */
	{ "reading: an odd rate after 1 s",     2999999, 0, PS_PER_S, 2999999000 },
	/* 200 days = 17 280 000 s; times 2 112 003 000 Hz */
	{ "reading: an odd rate after 200 days", 2112003, 5, UINT64_C(17280000) * PS_PER_S, UINT64_C(36495411840000000) + 5 },
	{ "reading: the counter wraps",         1000000, UINT64_MAX, 2000, 1 },
};

struct edge {
	const char *name;
	uint32_t khz;
	uint64_t start_tsc, cycles, at_ps; /* PS_NEVER: never */
};

static const struct edge edges[] = {
	{ "edge: no cycles",                    2400000, 9, 0, 0 },
	/* 1 / 2.4 GHz = 416.67 ps */
	{ "edge: one cycle, rounded up",        2400000, 9, 1, 417 },
	{ "edge: twelve cycles, exact",         2400000, 9, 12, 5000 },
	/* 1e12 / 2999999e3 = 333333.44 ns for 10^6 cycles */
	{ "edge: an odd rate",                  2999999, UINT64_MAX - 3, 1000000, 333333445 },
	/* 36495411840000000 cycles at 2 112 003 kHz are 200 days exactly */
	{ "edge: 200 days",                     2112003, 1, UINT64_C(36495411840000000), UINT64_C(17280000) * PS_PER_S },
	/* one cycle more: 473.48 ps */
	{ "edge: 200 days and a cycle",         2112003, 1, UINT64_C(36495411840000001), UINT64_C(17280000) * PS_PER_S + 474 },
	{ "edge: beyond the last instant",      1000, 0, UINT64_MAX, UINT64_MAX },
};

struct monotonic {
	const char *name;
	uint64_t start, t, at_ps;
};

static const struct monotonic monotonics[] = {
	{ "monotonic: already past",            1000, 999, 0 },
	{ "monotonic: now",                     1000, 1000, 0 },
	{ "monotonic: a ns later",              1000, 1001, 1000 },
	{ "monotonic: two years up, 1 ms later", UINT64_C(63072000) * 1000000000, UINT64_C(63072000) * 1000000000 + 1000000, PS_PER_MS },
	{ "monotonic: KTIME_MAX is never",      0, KTIME_MAX, UINT64_MAX },
};
/* clang-format on */

static void check_reading(void **state)
{
	const struct reading *row = *state;
	const struct clock c = { { row->khz }, row->start_tsc, 0 };

	assert_true(clock_tsc(&c, ps(row->at_ps)).v == row->tsc);
}

static void check_edge(void **state)
{
	const struct edge *row = *state;
	const struct clock c = { { row->khz }, row->start_tsc, 0 };
	const ps_t at = clock_tsc_edge(&c, row->cycles);

	assert_true(at.v == row->at_ps);
	if (at.v == PS_NEVER.v)
		return;
	/* the first such instant: there the counter has it, a ps earlier it has not */
	assert_true(clock_tsc(&c, at).v - row->start_tsc >= row->cycles);
	if (at.v)
		assert_true(clock_tsc(&c, ps(at.v - 1)).v - row->start_tsc < row->cycles);
}

static void check_monotonic(void **state)
{
	const struct monotonic *row = *state;
	const struct clock c = { { 1 }, 0, row->start };
	const ps_t at = clock_monotonic_edge(&c, ns(row->t));

	assert_true(at.v == row->at_ps);
	if (at.v && at.v != PS_NEVER.v) {
		assert_true(clock_monotonic(&c, at).v == row->t);
		assert_true(clock_monotonic(&c, ps(at.v - 1)).v == row->t - 1);
	}
}

/* edge(read(x)) <= x, and read(edge(c)) is c again, at rates that divide nothing. */
static void check_round_trip(void **state)
{
	static const uint32_t rates[] = { 1000, 2112003, 2399999, 2999999, 9999991 };
	struct sim_random r;

	sim_random_init(&r, 7, 1, 1);
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		const struct clock c = { { rates[k] }, UINT64_C(1) << 63, 0 };

		for (unsigned i = 0; i < 2000; i++) {
			const ps_t x = ps(sim_random_below(&r, SIM_RUN_MAX.v));
			const uint64_t cycles = clock_tsc(&c, x).v - c.start_tsc;
			const ps_t edge = clock_tsc_edge(&c, cycles);

			assert_true(edge.v <= x.v);
			assert_true(clock_tsc(&c, edge).v - c.start_tsc == cycles);
			assert_true(clock_tsc_edge(&c, cycles + 1).v > x.v);
		}
	}
}

/* The guest's clock: guest = offset + host * ratio, and the first instant at which it reads that.
 */
struct guest_edge {
	const char *name;
	uint64_t start_tsc;
	uint32_t guest_khz;
	uint64_t offset, value, at_ps;
};

/* clang-format off */
static const struct guest_edge guest_edges[] = { /* host at 1 GHz */
	{ "guest edge: same clock",                    0, 0, 0, 1000, 1000 * PS_PER_NS },
	{ "guest edge: long past",                     5000, 0, 0, 4000, 0 },
	/* the guest began at 0 on a host that was at 5000 */
	{ "guest edge: a TSC set to 0 at the start",   5000, 0, (uint64_t)-5000, 1000, 1000 * PS_PER_NS },
	/* the guest's TSC was at 10000 when the run began: 9000 was long ago, not in 2^64 cycles */
	{ "guest edge: below the offset is past",      0, 0, 10000, 9000, 0 },
	{ "guest edge: at the start is past",          0, 0, 10000, 10000, 0 },
	{ "guest edge: the first cycle above it",      0, 0, 10000, 10001, PS_PER_NS },
	/* twice as fast: guest cycle 1001 falls between host cycles 500 and 501 */
	{ "guest edge: scaled, between host cycles",   0, 2000000, 0, 1001, 501 * PS_PER_NS },
	/* half as fast: host cycles 5000 and 5001 read 2500, and the run begins at the second */
	{ "guest edge: scaled, begun on the way to the next", 5001, 500000, 0, 2500, 0 },
	{ "guest edge: scaled, on one",                0, 2000000, 0, 1002, 501 * PS_PER_NS },
};
/* clang-format on */

static void check_guest_edge(void **state)
{
	const struct guest_edge *row = *state;
	struct rig *rig = rig_new("v5.2", 1, 250);

	rig->cfg.host.start_tsc = row->start_tsc;
	rig_vcpu(rig, 0, 1);
	rig->vcpus[0].tsc_khz.v = row->guest_khz;
	rig->vcpus[0].tsc_offset = row->offset;
	rig_world(rig);
	assert_true(vcpu_tsc_edge(&rig->world->vcpus[0], guest_cycles(row->value)).v == row->at_ps);
	rig_free(rig);
}

/* A TSC set to 0 while the machine runs: it read values below 0 before, and 100 is not one of them.
 */
static void test_edge_of_a_new_tsc(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 250);
	struct vcpu *vcpu;

	rig_vcpu(rig, 0, 1);
	rig_run(rig, 1000);
	vcpu = &rig->world->vcpus[0];
	vcpu_write_tsc(vcpu, guest_cycles(0));
	assert_true(vcpu_tsc_edge(vcpu, guest_cycles(100)).v == 1100 * PS_PER_NS);
	vcpu_write_tsc(vcpu, guest_cycles(500));
	assert_true(vcpu_tsc_edge(vcpu, guest_cycles(400)).v == 900 * PS_PER_NS);
	vcpu_write_tsc(vcpu, guest_cycles(5000));
	assert_true(vcpu_tsc_edge(vcpu, guest_cycles(3000)).v == 0);
	rig_free(rig);
}

/* Without scaling a guest of 2 GHz reads the host's 1 GHz, and is moved to where it should be from
 * where it was written last. */
static void test_catches_up(void **state)
{
	struct rig *rig = rig_new("v5.2", 1, 250);
	struct vcpu *vcpu;

	rig->cfg.host.tsc_scaling = false;
	rig_vcpu(rig, 0, 1);
	rig->vcpus[0].tsc_khz.v = 2000000;
	rig->vm.guest.delta = (struct quantity){ 1 * MS, QUANTITY_CYCLES };
	rig_run(rig, 1000);
	vcpu = &rig->world->vcpus[0];
	assert_int_equal(vcpu_tsc(vcpu).v, 1000);
	vcpu_catch_up(vcpu);
	assert_int_equal(vcpu_tsc(vcpu).v, 2000);
	vcpu_adjust_tsc(vcpu, -1500);
	vcpu_catch_up(vcpu);
	assert_int_equal(vcpu_tsc(vcpu).v, 500);
	vcpu_adjust_tsc(vcpu, 3000);
	vcpu_catch_up(vcpu);
	assert_int_equal(vcpu_tsc(vcpu).v, 3500);
	vcpu_write_tsc(vcpu, guest_cycles(100));
	vcpu_catch_up(vcpu);
	assert_int_equal(vcpu_tsc(vcpu).v, 100);
	rig_free(rig);
}

/* The ratio has 48 bits behind the point on VMX, 32 on SVM. */
static void test_ratio(void **state)
{
	static const struct {
		enum host_vendor vendor;
		unsigned frac_bits;
	} rows[] = { { HOST_INTEL, 48 }, { HOST_AMD, 32 } };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct rig *rig = rig_new("v5.2", 1, 250);

		rig->cfg.host.vendor = rows[i].vendor;
		rig_vcpu(rig, 0, 1);
		rig->vcpus[0].tsc_khz.v = 3000000;
		rig_world(rig);
		assert_int_equal(rig->world->vcpus[0].rate.frac_bits, rows[i].frac_bits);
		assert_true(rig->world->vcpus[0].rate.ratio == UINT64_C(3) << rows[i].frac_bits);
		rig_free(rig);
	}
}

#define ROWS(array, check)                                             \
	for (size_t i = 0; i < N_ELEMENTS(array); i++)                 \
		tests[n++] = (struct CMUnitTest)                       \
		{                                                      \
			.name = (array)[i].name, .test_func = (check), \
			.initial_state = (void *)&(array)[i]           \
		}

int main(void)
{
	struct CMUnitTest tests[N_ELEMENTS(readings) + N_ELEMENTS(edges) + N_ELEMENTS(monotonics) +
				N_ELEMENTS(guest_edges) + 4];
	size_t n = 0;

	ROWS(readings, check_reading);
	ROWS(edges, check_edge);
	ROWS(monotonics, check_monotonic);
	ROWS(guest_edges, check_guest_edge);
	tests[n++] = (struct CMUnitTest){ .name = "reading and edge are inverse",
					  .test_func = check_round_trip };
	tests[n++] = (struct CMUnitTest){ .name = "guest edge: a TSC set during the run",
					  .test_func = test_edge_of_a_new_tsc };
	tests[n++] = (struct CMUnitTest){ .name = "a guest faster than the host, without scaling",
					  .test_func = test_catches_up };
	tests[n++] = (struct CMUnitTest){ .name = "the ratio of a guest's TSC",
					  .test_func = test_ratio };
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
