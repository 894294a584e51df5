/* SPDX-License-Identifier: MIT */
/*
 * tsc_rate - setting a guest's TSC rate: tolerance, ratio, factors; what is refused, by release.
 *
 * A refused ratio and the catch-up case leave the stored ratio as it was, while the rate and the
 * factors are the new ones already: the guest is told one rate and runs at another.
 * Rounding: truncating, as kvm_time.h. Source: set_tsc_khz() in arch/x86/kvm/x86.c (v4.3: svm.c).
 */
#ifndef TSC_RATE_H
#define TSC_RATE_H

#include "kernel.h"
#include "kvm_time.h"

struct ratio_refuse_variant {
	struct variant variant;
	bool (*refused)(uint64_t ratio, unsigned frac_bits);
	bool reported; /* the caller gets an error; otherwise the old ratio stays silently */
	bool svm_only; /* VMX cannot scale, whatever the CPU has */
};
extern const struct ratio_refuse_variant ratio_refuse_variants[];
extern const size_t ratio_refuse_variants_n;

struct khz_zero_variant {
	struct variant variant;
	bool reset; /* the ratio becomes 1.0 and an error is returned; otherwise nothing happens */
};
extern const struct khz_zero_variant khz_zero_variants[];
extern const size_t khz_zero_variants_n;

/* A TSC written within a second of what was expected joins the others instead of setting a new
 * time: always, or only once user space has set a TSC. */
struct tsc_match_variant {
	struct variant variant;
	bool (*slop)(bool user_set_tsc);
};
extern const struct tsc_match_variant tsc_match_variants[];
extern const size_t tsc_match_variants_n;

struct tsc_host {
	khz_t khz;              /* what the kernel believes the TSC's rate to be */
	uint32_t tolerance_ppm; /* module parameter tsc_tolerance_ppm */
	unsigned frac_bits;
	bool has_scaling;
};
#define TSC_TOLERANCE_PPM_DEFAULT 250

/* The band of rates that need no scaling. */
struct tsc_band {
	khz_t low, high;
};
struct tsc_band tsc_tolerance(const struct tsc_host *host);

/* Does the rate need scaling? 0 is no rate and needs none. */
bool tsc_outside_tolerance(const struct tsc_host *host, khz_t khz);

/* A new vCPU's rate: ratio 1.0, factors not computed. */
struct guest_rate tsc_rate_initial(const struct tsc_host *host);

struct kernel;

/* kvm_set_tsc_khz(): 0, or -1 if the release reports a failure. */
int tsc_set_khz(const struct kernel *kernel, const struct tsc_host *host, khz_t khz,
		struct guest_rate *rate);

#endif
