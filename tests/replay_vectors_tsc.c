/* SPDX-License-Identifier: MIT */
/* Rows of the TSC: rates, ratios, conversions. */
#include "replay_vectors.h"

#include "kvm_time.h"
#include "tsc_rate.h"

#define FRAC_BITS_MAX 63

/* --- tsc_ratio --- */

enum {
	TR_FRAC_BITS = 1,
	TR_HAS_SCALING,
	TR_TOLERANCE_PPM,
	TR_HOST_KHZ,
	TR_GUEST_KHZ,
	TR_THRESH_LO_KHZ,
	TR_THRESH_HI_KHZ,
	TR_OUTSIDE_TOLERANCE,
	TR_RET,
	TR_TSC_RATIO,
	TR_CATCHUP,
	TR_ALWAYS_CATCHUP,
	TR_NSEC_MULT,
	TR_NSEC_SHIFT,
};

static void check_tsc_ratio(struct vectors_row *row)
{
	const struct tsc_host host = {
		.khz = { row_u32(row, TR_HOST_KHZ) },
		.tolerance_ppm = row_u32(row, TR_TOLERANCE_PPM),
		.frac_bits = (unsigned)row_u64(row, TR_FRAC_BITS),
		.has_scaling = row_bool(row, TR_HAS_SCALING),
	};
	khz_t khz = { row_u32(row, TR_GUEST_KHZ) };
	struct tsc_band band;
	struct guest_rate rate;

	if (!host.khz.v || host.frac_bits > FRAC_BITS_MAX)
		row_fail(row, TR_HOST_KHZ, "not a host");
	if (row->failed)
		return;

	band = tsc_tolerance(&host);
	row_expect(row, TR_THRESH_LO_KHZ, band.low.v);
	row_expect(row, TR_THRESH_HI_KHZ, band.high.v);
	row_expect(row, TR_OUTSIDE_TOLERANCE, tsc_outside_tolerance(&host, khz));

	rate = tsc_rate_initial(&host);
	row_expect(row, TR_RET, (uint64_t)tsc_set_khz(&row->kernel, &host, khz, &rate));
	row_expect(row, TR_TSC_RATIO, rate.ratio);
	row_expect(row, TR_CATCHUP, rate.catchup);
	row_expect(row, TR_ALWAYS_CATCHUP, rate.always_catchup);
	row_expect(row, TR_NSEC_MULT, rate.ns_to_cycles.mult);
	row_expect(row, TR_NSEC_SHIFT, (uint64_t)rate.ns_to_cycles.shift);
}

/* --- tsc_scale --- */

enum {
	SC_FRAC_BITS = 1,
	SC_TSC_RATIO,
	SC_HOST_TSC,
	SC_SCALED_TSC,
	SC_TARGET_GUEST_TSC,
	SC_OFFSET,
	SC_LATER_HOST_CYCLES,
	SC_GUEST_TSC_LATER,
};

static void check_tsc_scale(struct vectors_row *row)
{
	unsigned frac_bits = (unsigned)row_u64(row, SC_FRAC_BITS);
	uint64_t ratio = row_u64(row, SC_TSC_RATIO);
	host_cycles_t now = host_cycles(row_u64(row, SC_HOST_TSC));
	guest_cycles_t target = guest_cycles(row_u64(row, SC_TARGET_GUEST_TSC));
	host_cycles_t later = host_cycles(now.v + row_u64(row, SC_LATER_HOST_CYCLES));
	uint64_t offset;

	if (frac_bits > FRAC_BITS_MAX)
		row_fail(row, SC_FRAC_BITS, "too many bits");
	if (row->failed)
		return;

	offset = kvm_tsc_offset(target, now, ratio, frac_bits);
	row_expect(row, SC_SCALED_TSC, kvm_scale_tsc(now, ratio, frac_bits));
	row_expect(row, SC_OFFSET, offset);
	row_expect(row, SC_GUEST_TSC_LATER, kvm_l1_tsc(later, offset, ratio, frac_bits).v);
}

/* --- nsec_to_cycles --- */

enum {
	NC_GUEST_KHZ = 1,
	NC_MULT,
	NC_SHIFT,
	NC_NS,
	NC_CYCLES,
	NC_INV_MULT,
	NC_INV_SHIFT,
	NC_INV_CYCLES,
	NC_INV_NS,
};

static void check_nsec_to_cycles(struct vectors_row *row)
{
	khz_t khz = { row_u32(row, NC_GUEST_KHZ) };
	struct guest_rate rate = { .khz = khz };
	struct time_scale inverse;

	if (!khz.v)
		row_fail(row, NC_GUEST_KHZ, "not a rate");
	if (row->failed)
		return;

	rate.ns_to_cycles = kvm_ns_to_cycles_scale(khz);
	row_expect(row, NC_MULT, rate.ns_to_cycles.mult);
	row_expect(row, NC_SHIFT, (uint64_t)rate.ns_to_cycles.shift);
	row_expect(row, NC_CYCLES, kvm_nsec_to_cycles(ns(row_u64(row, NC_NS)), &rate).v);

	inverse = kvm_cycles_to_ns_scale(khz);
	row_expect(row, NC_INV_MULT, inverse.mult);
	row_expect(row, NC_INV_SHIFT, (uint64_t)inverse.shift);
	row_expect(row, NC_INV_NS, kvm_scale_delta(row_u64(row, NC_INV_CYCLES), inverse));
}

/* --- pvclock_scale --- */

enum { PV_DELTA = 1, PV_MULT, PV_SHIFT, PV_RESULT };

static void check_pvclock_scale(struct vectors_row *row)
{
	int64_t shift = (int64_t)row_u64(row, PV_SHIFT);
	struct time_scale scale = { row_u32(row, PV_MULT), (int8_t)shift };

	if (shift <= -64 || shift >= 64)
		row_fail(row, PV_SHIFT, "too far");
	if (row->failed)
		return;
	row_expect(row, PV_RESULT, kvm_scale_delta(row_u64(row, PV_DELTA), scale));
}

/* clang-format off */
const struct vectors_checker vectors_tsc_checkers[] = {
	{ .name = "tsc_ratio", .check = check_tsc_ratio,
	  .columns = { "version", "frac_bits", "has_scaling", "tolerance_ppm", "host_khz",
		       "guest_khz", "thresh_lo_khz", "thresh_hi_khz", "outside_tolerance", "ret",
		       "tsc_ratio", "catchup", "always_catchup", "nsec_mult", "nsec_shift" } },
	{ .name = "tsc_scale", .check = check_tsc_scale,
	  .columns = { "version", "frac_bits", "tsc_ratio", "host_tsc", "scaled_tsc",
		       "target_guest_tsc", "offset", "later_host_cycles", "guest_tsc_later" } },
	{ .name = "nsec_to_cycles", .check = check_nsec_to_cycles,
	  .columns = { "version", "guest_khz", "mult", "shift", "ns", "cycles", "inv_mult",
		       "inv_shift", "inv_cycles", "inv_ns" } },
	{ .name = "pvclock_scale", .check = check_pvclock_scale,
	  .columns = { "version", "delta", "mult", "shift", "result" } },
	{ .name = NULL },
};
/* clang-format on */
