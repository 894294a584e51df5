/* SPDX-License-Identifier: MIT */
/*
 * tuner_limits - which errors a release's tuner leaves alone, and how far it goes.
 *
 * Asked of the tuner itself, a pure function, error by error: what a picture marks is then what the
 * models do, for forms to come as well.
 * Units: guest cycles; ns.
 */
#ifndef TUNER_LIMITS_H
#define TUNER_LIMITS_H

#include "world_config.h"

struct tuner_limits {
	uint64_t quiet_below; /* the least error that moves the advance; 0: none does */
	uint64_t quiet_above; /* the largest; 0: there is no limit                    */
	uint32_t cap_ns;      /* the advance never stays above; 0: there is no limit  */
};

/* All 0 if this kernel does not tune with these parameters. */
struct tuner_limits tuner_limits(const struct kernel *kernel, const struct kvm_config *kvm,
				 khz_t guest_khz);

#endif
