/* SPDX-License-Identifier: MIT */
#include "hrtimer_base.h"

#include "sim_wrap.h"

#include <assert.h>

/* Without high-resolution mode the tick runs the queue, and any CPU will do. */
static bool refused_not_later_hres(const struct remote_check_input *in)
{
	return in->hres_active && in->expires <= in->expires_next;
}

static bool refused_earlier(const struct remote_check_input *in)
{
	return in->expires < in->expires_next;
}

/* A CPU that goes offline cannot keep the timer, so any other is right. */
static bool refused_earlier_or_offline(const struct remote_check_input *in)
{
	return !in->me_offline && in->expires < in->expires_next;
}

/* clang-format off */
const struct remote_check_variant remote_check_variants[] = {
	{ { "not_later_hres", KERNEL_FIRST, KNOWN_READ, NULL,
	    "refused unless later than the other CPU's next event" }, refused_not_later_hres },
	{ { "earlier", KERNEL_RELEASE(4, 16), KNOWN_RECALLED, NULL,
	    "refused only if earlier; at the same ns it moves (v4.19 at the latest)" },
	  refused_earlier },
	{ { "earlier_or_offline", KERNEL_RELEASE(6, 16), KNOWN_AT_LATEST, NULL,
	    "the same, but a CPU that goes offline may move everything" },
	  refused_earlier_or_offline },
};
FORMS_END(remote_check)

const struct restart_local_variant restart_local_variants[] = {
	{ { "reselect", KERNEL_FIRST, KNOWN_READ, NULL,
	    "a restart selects the CPU anew" }, false },
	{ { "keep", KERNEL_RELEASE(5, 15), KNOWN_INFERRED, "627ef5ae2df8",
	    "a restart of the CPU's own first timer stays there" }, true },
};
FORMS_END(restart_local)
/* clang-format on */

static int64_t add_wrapping(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

/* The last step stops at the largest number; those before it cannot get there. */
static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static struct forward_result forward_whole_periods(const struct forward_input *in)
{
	int64_t late = wrap_diff((uint64_t)in->now, (uint64_t)in->expires);
	int64_t interval = in->interval < in->resolution ? in->resolution : in->interval;
	struct forward_result r = { .expires = in->expires, .overruns = 0 };

	assert(in->resolution > 0);
	if (late < 0)
		return r;

	/* Up to now in whole intervals, and one more. */
	r.overruns = (uint64_t)(late / interval) + 1;
	r.expires = add_wrapping(r.expires, late / interval * interval);
	r.expires = add_saturating(r.expires, interval);
	return r;
}

/* clang-format off */
const struct forward_variant forward_variants[] = {
	{ { "whole_periods", KERNEL_FIRST, KNOWN_READ, NULL,
	    "in whole periods, to the first one after now" }, forward_whole_periods },
};
FORMS_END(forward)
/* clang-format on */
