/* SPDX-License-Identifier: MIT */
/* Rows of the VMX preemption timer. */
#include "replay_vectors.h"

#include "vmx_preemption_timer.h"

#include <errno.h>

#define VMX_FRAC_BITS 48

/* --- hv_timer --- */

enum {
	HT_HOST_KHZ = 1,
	HT_GUEST_KHZ,
	HT_TSC_RATIO_48,
	HT_RATE_SHIFT,
	HT_ADVANCE_NS,
	HT_GUEST_NOW,
	HT_GUEST_DEADLINE,
	HT_RET,
	HT_OUTCOME,
	HT_EXPIRED,
	HT_DIVIDES,
	HT_HOST_DEADLINE_DELTA,
	HT_ENTRY_DELAY,
	HT_VMCS_WRITTEN,
	HT_VMCS_VALUE,
};

/* The rows give no host TSC; any that leaves room for a delay will do. */
#define ANY_HOST_TSC UINT64_C(1000000)

static void expect_programmed(struct vectors_row *row, const struct vmx_hv_result *got)
{
	const enum hv_due how = row->kernel.hv_due->how;
	bool failed = got->outcome == HV_SET_FAILED;
	bool due = got->outcome == HV_SET_DUE;
	uint64_t ret = how == HV_DUE_RETURN_1 && due;
	uint64_t error = (uint64_t)-ERANGE;

	row_expect(row, HT_RET, failed ? error : ret);
	row_expect_word(row, HT_OUTCOME, failed ? "erange" : due ? "expired" : "armed");
	row_expect(row, HT_EXPIRED, how == HV_DUE_NONE ? UINT64_MAX : due);
	row_expect(row, HT_DIVIDES, got->divides);
	row_expect(row, HT_HOST_DEADLINE_DELTA, failed ? UINT64_MAX : got->delta.v);
}

static void check_hv_timer(struct vectors_row *row)
{
	const khz_t host_khz = { row_u32(row, HT_HOST_KHZ) };
	const khz_t guest_khz = { row_u32(row, HT_GUEST_KHZ) };
	const struct tsc_host host = {
		.khz = host_khz,
		.tolerance_ppm = TSC_TOLERANCE_PPM_DEFAULT,
		.frac_bits = VMX_FRAC_BITS,
		.has_scaling = true,
	};
	struct guest_rate rate = tsc_rate_initial(&host);
	const struct vmx_hv_input in = {
		.host_tsc = host_cycles(ANY_HOST_TSC),
		.guest_tsc = guest_cycles(row_u64(row, HT_GUEST_NOW)),
		.deadline = guest_cycles(row_u64(row, HT_GUEST_DEADLINE)),
		.advance_ns = row_u32(row, HT_ADVANCE_NS),
		.rate = &rate,
		.rate_shift = (unsigned)row_u64(row, HT_RATE_SHIFT),
	};
	const host_cycles_t then = host_cycles(ANY_HOST_TSC + row_u64(row, HT_ENTRY_DELAY));
	struct vmx_preemption_timer vpt;
	struct vmx_hv_result set;
	struct vmx_hv_entry entry;

	if (!host_khz.v || !guest_khz.v || in.rate_shift > 31)
		row_fail(row, HT_GUEST_KHZ, "not a rate");
	if (row->failed)
		return;

	tsc_set_khz(&row->kernel, &host, guest_khz, &rate);
	row_expect(row, HT_TSC_RATIO_48, rate.ratio);
	vmx_preemption_timer_init(&vpt);
	set = vmx_set_hv_timer(&row->kernel, &vpt, &in);
	expect_programmed(row, &set);
	entry = vmx_hv_entry(&row->kernel, &vpt, then, in.rate_shift, false);
	row_expect(row, HT_VMCS_WRITTEN, entry.written);
	row_expect(row, HT_VMCS_VALUE, entry.written ? entry.value : 0);
}

/* clang-format off */
const struct vectors_checker vectors_hv_checkers[] = {
	{ .name = "hv_timer", .check = check_hv_timer,
	  .columns = { "version", "host_khz", "guest_khz", "tsc_ratio_48", "rate_shift",
		       "advance_ns", "guest_now", "guest_deadline", "ret", "outcome", "expired",
		       "divides", "host_deadline_delta", "entry_delay", "vmcs_written",
		       "vmcs_value" } },
	{ .name = NULL },
};
/* clang-format on */
