/* SPDX-License-Identifier: MIT */
#include "sw_deadline.h"

#include "kvm_time.h"
#include "sim_wrap.h"

struct sw_deadline sw_deadline(const struct kernel *kernel, const struct sw_deadline_input *in)
{
	bool ahead = in->deadline.v > in->guest_tsc.v;
	uint64_t distance;

	if (!in->deadline.v || !in->guest_khz.v)
		return (struct sw_deadline){ SW_DEADLINE_NOTHING, ns(0) };

	distance = kvm_cycles_to_ns(wrap_sub(in->deadline.v, in->guest_tsc.v), in->guest_khz);
	if (kernel->late_deadline->late(ahead, distance, in->advance_ns))
		return (struct sw_deadline){ SW_DEADLINE_EXPIRE, ns(0) };
	return (struct sw_deadline){ SW_DEADLINE_ARM,
				     ns(wrap_sub(in->now.v + distance, in->advance_ns)) };
}
