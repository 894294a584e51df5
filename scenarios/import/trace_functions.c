/* SPDX-License-Identifier: MIT */
#include "trace_functions.h"

#define IA32_TSC_DEADLINE 0x6e0u
#define MILLISECOND_NS 1000000u

static bool is_arming(const struct recorded_event *ev)
{
	if (ev->kind == RECORDED_KVM_MSR)
		return ev->msr.write && ev->msr.index == IA32_TSC_DEADLINE;
	return ev->kind == RECORDED_KVM_APIC && ev->apic.write &&
	       ev->apic.reg == RECORDED_REG_TMICT;
}

/* What a vCPU's thread does between an exit and the next entry. */
static void see_exit(struct trace_functions *t, const struct recorded_event *ev)
{
	const uint32_t i = (uint32_t)ev->pid % TRACE_FUNCTIONS_TASKS;
	const bool same = t->task[i].pid == ev->pid;

	if (ev->kind == RECORDED_KVM_EXIT || (same && ev->kind == RECORDED_KVM_ENTRY)) {
		t->task[i].pid = ev->kind == RECORDED_KVM_EXIT ? ev->pid : -1;
		t->task[i].wrote = false;
		t->task[i].started = 0;
		return;
	}
	if (!same || t->apic_timer_fn)
		return;
	if (is_arming(ev))
		t->task[i].wrote = true;
	else if (ev->kind == RECORDED_HRTIMER_START)
		t->task[i].started = ev->hrtimer.address;
	if (t->task[i].wrote)
		t->apic_timer_fn = t->task[i].started;
}

static void see_tick(struct trace_functions *t, const struct recorded_event *ev)
{
	if (ev->cpu >= TRACE_FUNCTIONS_CPUS)
		return;
	if (ev->kind == RECORDED_HRTIMER_START && !t->tick && ev->hrtimer.timer &&
	    t->expired[ev->cpu] == ev->hrtimer.timer && ev->hrtimer.address != t->apic_timer_fn &&
	    ev->hrtimer.expires % MILLISECOND_NS == 0 &&
	    ev->hrtimer.expires == ev->hrtimer.softexpires)
		t->tick = ev->hrtimer.address;
	t->expired[ev->cpu] = ev->kind == RECORDED_HRTIMER_EXPIRE_EXIT ? ev->hrtimer.timer : 0;
}

void trace_functions_name(const struct trace_functions *t, struct recorded_event *ev)
{
	if ((ev->kind != RECORDED_HRTIMER_START && ev->kind != RECORDED_HRTIMER_EXPIRE_ENTRY) ||
	    ev->hrtimer.function != RECORDED_FN_ADDRESS)
		return;
	if (ev->hrtimer.address == t->apic_timer_fn)
		ev->hrtimer.function = RECORDED_FN_APIC_TIMER_FN;
	else if (ev->hrtimer.address == t->tick)
		ev->hrtimer.function = RECORDED_FN_TICK;
}

void trace_functions_see(struct trace_functions *t, struct recorded_event *ev)
{
	see_exit(t, ev);
	see_tick(t, ev);
	trace_functions_name(t, ev);
}
