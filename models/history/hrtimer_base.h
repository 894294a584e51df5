/* SPDX-License-Identifier: MIT */
/*
 * hrtimer_base - which queue an hrtimer may be put on, by release.
 *
 * Another CPU's device cannot be reprogrammed, so a timer that would fire first there is refused.
 * What is compared is the expiry less the offset of the timer's clock, signed, in ns. Source:
 * switch_hrtimer_base() and hrtimer_check_target() in kernel/time/hrtimer.c.
 */
#ifndef HRTIMER_BASE_H
#define HRTIMER_BASE_H

#include "kernel.h"

struct remote_check_input {
	int64_t expires;      /* [ns], clock offset subtracted                  */
	int64_t expires_next; /* the other CPU's next programmed event [ns]     */
	bool hres_active;     /* the other CPU is in high-resolution mode       */
	bool me_offline;      /* the CPU that starts the timer is going offline */
};
struct remote_check_variant {
	struct variant variant;
	bool (*refused)(const struct remote_check_input *in);
};
extern const struct remote_check_variant remote_check_variants[];
extern const size_t remote_check_variants_n;

/* A timer restarted while it is queued on the starting CPU and is the first there: kept there? */
struct restart_local_variant {
	struct variant variant;
	bool keep;
};
extern const struct restart_local_variant restart_local_variants[];
extern const size_t restart_local_variants_n;

/* hrtimer_forward(): an expired timer is moved past @now. The local-APIC timer does not use it. */
struct forward_input {
	int64_t expires, now, interval; /* [ns] */
	int64_t resolution;             /* shortest interval [ns], at least 1 */
};
struct forward_result {
	int64_t expires;
	uint64_t overruns; /* periods passed over; 0: not due, expires unchanged */
};
struct forward_variant {
	struct variant variant;
	struct forward_result (*forward)(const struct forward_input *in);
};
extern const struct forward_variant forward_variants[];
extern const size_t forward_variants_n;

#endif
