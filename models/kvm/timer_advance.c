/* SPDX-License-Identifier: MIT */
#include "timer_advance.h"

#include "sim_wrap.h"

struct timer_advance timer_advance_initial(const struct kernel *kernel, int64_t param,
					   const struct tune_constants *constants)
{
	struct advance_start start = kernel->param->initial(param, constants->ns_init);

	return (struct timer_advance){ start.advance_ns, start.done, start.dynamic };
}

/* Early is a matter of the two numbers here, in every release; the tuner may see it otherwise. */
static bool is_early(const struct wait_input *in) { return in->now.v < in->deadline.v; }

static struct busy_wait length(const struct kernel *kernel, uint32_t advance_ns,
			       const struct wait_input *in)
{
	const struct wait_length_input length_in = {
		.early = guest_cycles(wrap_sub(in->deadline.v, in->now.v)),
		.advance_ns = advance_ns,
		.rate = in->rate,
	};

	if (!is_early(in))
		return (struct busy_wait){ .unit = BUSY_WAIT_NONE };
	return kernel->wait_length->wait(&length_in);
}

static void tune(const struct kernel *kernel, struct timer_advance *ta, const struct wait_input *in)
{
	const struct tune_input tune_in = {
		.error = kernel->tune_sign->error(in->now, in->deadline),
		.delta = wrap_diff(in->now.v, in->deadline.v),
		.guest_khz = in->rate->khz,
		.advance_ns = ta->advance_ns,
		.done = ta->done,
		.constants = in->constants,
	};
	struct tune_result tuned;

	if (!kernel->tune_gate->open(ta->done, ta->dynamic))
		return;
	tuned = kernel->tune->tune(&tune_in);
	ta->advance_ns = tuned.advance_ns;
	ta->done = tuned.done;
}

struct wait_plan timer_advance_wait(const struct kernel *kernel, struct timer_advance *ta,
				    const struct wait_input *in)
{
	struct wait_plan plan = {
		.called = kernel->wait_call->called(ta->advance_ns),
		.delta = wrap_diff(in->now.v, in->deadline.v),
		.order = kernel->wait_order->order,
		.wait = { .unit = BUSY_WAIT_NONE },
		.advance_ns = ta->advance_ns,
	};

	if (!plan.called)
		return plan;

	if (plan.order == WAIT_ORDER_TUNE_DELAY)
		plan.read_again = is_early(in);
	else
		plan.wait = length(kernel, ta->advance_ns, in);
	if (plan.order != WAIT_ORDER_DELAY)
		tune(kernel, ta, in);
	plan.advance_ns = ta->advance_ns;
	return plan;
}

struct busy_wait timer_advance_wait_again(const struct kernel *kernel,
					  const struct timer_advance *ta,
					  const struct wait_input *in)
{
	return length(kernel, ta->advance_ns, in);
}
