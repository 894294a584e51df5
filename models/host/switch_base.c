/* SPDX-License-Identifier: MIT */
#include "switch_base.h"

#include "sim_wrap.h"

static unsigned preferred(const struct kernel *kernel, const struct switch_base_input *in)
{
	if (in->pinned || !in->migration_enabled)
		return in->me;
	if (kernel->restart_local->keep && in->queued_first && in->old_cpu == in->me)
		return in->me;
	return kernel->nohz_target->target(&in->target);
}

/* A CPU can always program its own device. */
static bool refused(const struct kernel *kernel, const struct switch_base_input *in, unsigned cpu)
{
	const struct remote_check_input check = {
		.expires = wrap_diff(in->expires.v, (uint64_t)in->clock_offset),
		.expires_next = (int64_t)in->expires_next[cpu],
		.hres_active = in->hres_active,
		.me_offline = in->me_offline,
	};

	return cpu != in->me && kernel->remote_check->refused(&check);
}

unsigned switch_hrtimer_base(const struct kernel *kernel, const struct switch_base_input *in,
			     unsigned *wanted)
{
	unsigned target = preferred(kernel, in);

	if (wanted)
		*wanted = target;

	/* Moving a timer whose callback runs would let it run twice at once. The kernel comes to
	 * this by way of the questions below, asked twice; it stays whatever their answers. */
	if (in->callback_running)
		return in->old_cpu;
	return refused(kernel, in, target) ? in->me : target;
}
