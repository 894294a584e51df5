/* SPDX-License-Identifier: MIT */
#include "tsc_rate.h"

#include <assert.h>

#define SVM_FRAC_BITS 32
#define SVM_RATIO_BITS 40 /* the register has 8 integer and 32 fractional bits */
#define PPM_ONE 1000000

/* The largest ratio itself is taken here, and there is no scaling but SVM's. */
static bool refused_silent(uint64_t ratio, unsigned frac_bits)
{
	return !ratio || ratio >> SVM_RATIO_BITS;
}

static bool refused_error(uint64_t ratio, unsigned frac_bits)
{
	uint64_t max = UINT64_MAX;

	if (frac_bits == SVM_FRAC_BITS)
		max = (UINT64_C(1) << SVM_RATIO_BITS) - 1;
	return !ratio || ratio >= max;
}

/* clang-format off */
const struct ratio_refuse_variant ratio_refuse_variants[] = {
	{ { "silent", KERNEL_FIRST, KNOWN_READ, NULL,
	    "the old ratio stays, with a warning; VMX never scales" }, refused_silent, false, true },
	{ { "error", KERNEL_RELEASE(4, 4), KNOWN_RECALLED, NULL,
	    "the old ratio stays, with an error; VMX scales, too" }, refused_error, true, false },
};
FORMS_END(ratio_refuse)

const struct khz_zero_variant khz_zero_variants[] = {
	{ { "return", KERNEL_FIRST, KNOWN_READ, NULL, "nothing happens" }, false },
	{ { "reset_error", KERNEL_RELEASE(4, 10), KNOWN_AT_LATEST, NULL,
	    "the ratio becomes 1.0, with an error" }, true },
};
FORMS_END(khz_zero)
/* clang-format on */

static bool slop_always(bool user_set_tsc) { return true; }

static bool slop_user_set(bool user_set_tsc) { return user_set_tsc; }

/* clang-format off */
const struct tsc_match_variant tsc_match_variants[] = {
	{ { "always", KERNEL_FIRST, KNOWN_INFERRED, NULL,
	    "a TSC written within a second of the others joins them" }, slop_always },
	{ { "user_set", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "only once user space has set a TSC" }, slop_user_set },
};
FORMS_END(tsc_match)
/* clang-format on */

/* Cut to 32 bits, as the kernel does. */
static khz_t adjust_khz(khz_t khz, int64_t ppm)
{
	return (khz_t){ (uint32_t)((uint64_t)khz.v * (uint64_t)(PPM_ONE + ppm) / PPM_ONE) };
}

struct tsc_band tsc_tolerance(const struct tsc_host *host)
{
	int64_t ppm = host->tolerance_ppm;

	return (struct tsc_band){ adjust_khz(host->khz, -ppm), adjust_khz(host->khz, ppm) };
}

bool tsc_outside_tolerance(const struct tsc_host *host, khz_t khz)
{
	struct tsc_band band = tsc_tolerance(host);

	return khz.v && (khz.v < band.low.v || khz.v > band.high.v);
}

struct guest_rate tsc_rate_initial(const struct tsc_host *host)
{
	return (struct guest_rate){ .ratio = UINT64_C(1) << host->frac_bits,
				    .frac_bits = host->frac_bits };
}

int tsc_set_khz(const struct kernel *kernel, const struct tsc_host *host, khz_t khz,
		struct guest_rate *rate)
{
	const struct ratio_refuse_variant *refuse = kernel->ratio_refuse;
	const int failure = refuse->reported ? -1 : 0;
	const bool scales =
		host->has_scaling && (!refuse->svm_only || rate->frac_bits == SVM_FRAC_BITS);
	uint64_t ratio;

	assert(host->khz.v && rate->frac_bits == host->frac_bits);
	if (!khz.v) {
		if (!kernel->khz_zero->reset)
			return 0;
		rate->ratio = UINT64_C(1) << rate->frac_bits;
		return -1;
	}

	rate->ns_to_cycles = kvm_ns_to_cycles_scale(khz);
	rate->khz = khz;
	if (!tsc_outside_tolerance(host, khz)) {
		rate->ratio = UINT64_C(1) << rate->frac_bits;
		return 0;
	}

	if (!scales) {
		if (khz.v <= host->khz.v)
			return failure; /* slower than the hardware */
		rate->catchup = rate->always_catchup = true;
		return 0;
	}

	ratio = wide_div(wide_shl(wide(khz.v), rate->frac_bits), host->khz.v).lo;
	if (refuse->refused(ratio, rate->frac_bits))
		return failure;
	rate->ratio = ratio;
	return 0;
}
