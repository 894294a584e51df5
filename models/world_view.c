/* SPDX-License-Identifier: MIT */
#include "world_view.h"

#include "world_state.h"

#include <assert.h>

void world_view_vcpu(const struct world *world, uint32_t index, struct vcpu_view *ret)
{
	assert(index < world->n_vcpus);
	const struct vcpu *vcpu = &world->vcpus[index];
	const struct lapic_timer *lt = &vcpu->timer;

	*ret = (struct vcpu_view){ .created = vcpu->task.cpu != NULL };
	if (!ret->created)
		return;
	ret->id = vcpu->id;
	ret->cpu = vcpu->task.cpu->id;
	ret->sleeps = vcpu_sleeps(vcpu);
	ret->in_guest = vcpu->mode == IN_GUEST_MODE;
	ret->in_user_space = vcpu->in_user_space;
	ret->account = lt->account.state;
	ret->n = lt->account.n;
	ret->due = lt->account.due;
	ret->fired = lt->account.fired;
	ret->posted = lt->account.posted;
	ret->hrtimer = hrtimer_address(&lt->hrtimer);
	ret->queued = hrtimer_queued(&lt->hrtimer);
	ret->queue = lt->hrtimer.base->id;
	ret->hv_in_use = lt->hv_in_use;
	ret->advance_ns = lt->advance->advance_ns;
}
