/* SPDX-License-Identifier: MIT */
#include "halt_poll.h"

uint32_t halt_poll_begin(const struct kernel *kernel, const struct halt_poll_config *cfg,
			 uint32_t *poll_ns)
{
	if (!kernel->halt_value->adaptive)
		return cfg->params.max_ns;
	if (kernel->halt_grow->cut_at_halt && *poll_ns > cfg->vm_max_ns)
		*poll_ns = cfg->vm_max_ns;
	return *poll_ns;
}

enum halt_change halt_poll_end(const struct kernel *kernel, const struct halt_poll_config *cfg,
			       uint64_t block_ns, bool valid_wakeup, uint32_t *poll_ns)
{
	const struct halt_decide_input in = {
		.block_ns = block_ns,
		.valid_wakeup = valid_wakeup,
		.poll_ns = *poll_ns,
		.max_ns = cfg->vm_max_ns,
	};
	enum halt_change change = kernel->halt_decide->decide(&in);

	switch (change) {
	case HALT_KEEP: break;
	case HALT_GROW: *poll_ns = kernel->halt_grow->grown(*poll_ns, &cfg->params); break;
	case HALT_SHRINK: *poll_ns = kernel->halt_shrink->shrunk(*poll_ns, &cfg->params); break;
	case HALT_ZERO: *poll_ns = 0; break;
	}
	return change;
}
