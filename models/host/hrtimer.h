/* SPDX-License-Identifier: MIT */
/*
 * hrtimer - the high-resolution timers of each CPU, and the interrupt that runs them (R14).
 *
 * A CPU's queue is ordered by (expiry, order of enqueueing). Its clock-event device is programmed
 * for expires_next; a timer that becomes first on its own CPU reprograms it, one that is put on
 * another CPU never does, which is why switch_hrtimer_base() puts it there only if it would not be
 * first.
 *
 *	hrtimer_start() -> switch_base.h chooses the CPU -> queue -> device event -> IRQ_LOCAL_TIMER
 *	-> hrtimer_interrupt: read the clock, run what is due, program the next; what is due by
 *	   then: again (3 rounds)
 *
 * Units:  CLOCK_MONOTONIC ns. No slack: soft expiry is hard expiry.
 * Errors: none at run time.
 * Source: kernel/time/hrtimer.c. What differs between releases: models/history/hrtimer_base.h,
 * nohz_target.h.
 */
#ifndef HRTIMER_H
#define HRTIMER_H

#include "cost.h"
#include "host.h"
#include "task.h"
#include "units.h"

struct hrtimer;

/* At the end of the callback's cost, in the handler. Ends in hrtimer_callback_done(), at once or
 * some segments later. */
typedef void hrtimer_fn(struct host_cpu *cpu, struct hrtimer *timer);

struct hrtimer {
	ns_t expires;
	uint64_t seq;
	struct host_cpu *base; /* whose queue it is in, or was in last */
	uint32_t index;        /* place in that queue plus one; 0: not queued */
	bool running;          /* its callback runs on ->base */
	struct task *waiter;   /* spins in hrtimer_cancel() until the callback ends */
	struct context *waiter_ctx;
	hrtimer_fn *entered; /* when the callback begins: F of R21; may be NULL */
	hrtimer_fn *fn;
	void *owner;
	enum cost_id cost;
	enum trace_function function;
	uint32_t id; /* printed as an address */
};

struct hrtimer_base {
	struct hrtimer **heap;
	uint32_t n;
	struct hrtimer *running;
	bool in_interrupt;
	unsigned round;
	ns_t now;        /* the clock read at the beginning of the round */
	ns_t entry_time; /* of the interrupt */
};

void hrtimer_init(struct hrtimer *timer, struct host_cpu *base, enum trace_function function,
		  enum cost_id cost, hrtimer_fn *fn, void *owner, uint32_t id);

/* On @cpu: queues @timer, wherever the kernel in force puts it. */
void hrtimer_start(struct host_cpu *cpu, struct hrtimer *timer, ns_t expires, bool pinned,
		   bool hard);

/* True if it was queued. Its callback must not be running elsewhere: see hrtimer_cancel_wait(). */
bool hrtimer_remove(struct host_cpu *cpu, struct hrtimer *timer);

/* True if the callback runs now: then @ctx, of the task that runs on @cpu, waits in @mode, and @fn
 * runs once it has ended, on whichever CPU the task is by then. */
bool hrtimer_cancel_wait(struct host_cpu *cpu, struct context *ctx, struct hrtimer *timer,
			 enum run_mode mode, context_fn *fn);

/* As traced: not an address of ours. */
uint64_t hrtimer_address(const struct hrtimer *timer);

static inline bool hrtimer_queued(const struct hrtimer *timer) { return timer->index != 0; }

/* The callback is over; @restart: queue it again on the CPU it fired on, with its new expiry. */
void hrtimer_callback_done(struct host_cpu *cpu, struct hrtimer *timer, bool restart);

/* hrtimer_interrupt(): the local-timer handler begins. */
void hrtimer_interrupt(struct host_cpu *cpu);

#endif
