/* SPDX-License-Identifier: MIT */
#include "simulated_events.h"

#include "guest_config.h"
#include "sim_event.h"
#include "sim_time.h"
#include "tracepoints.h"

#include <string.h>

#define PS_PER_MS_KHZ UINT64_C(1000000000) /* stamps a ms */

static enum recorded_exit exit_of(uint64_t reason)
{
	static const enum recorded_exit exits[EXIT_REASON_COUNT] = {
		[EXIT_REASON_EXTERNAL_INTERRUPT] = RECORDED_EXIT_EXTERNAL_INTERRUPT,
		[EXIT_REASON_INTERRUPT_WINDOW] = RECORDED_EXIT_INTERRUPT_WINDOW,
		[EXIT_REASON_CPUID] = RECORDED_EXIT_CPUID,
		[EXIT_REASON_HLT] = RECORDED_EXIT_HLT,
		[EXIT_REASON_IO_INSTRUCTION] = RECORDED_EXIT_IO_INSTRUCTION,
		[EXIT_REASON_MSR_READ] = RECORDED_EXIT_MSR_READ,
		[EXIT_REASON_MSR_WRITE] = RECORDED_EXIT_MSR_WRITE,
		[EXIT_REASON_PREEMPTION_TIMER] = RECORDED_EXIT_PREEMPTION_TIMER,
	};

	return exits[reason % EXIT_REASON_COUNT]; /* SVM's follow VMX's, in the same order */
}

static enum recorded_register register_of(uint64_t reg)
{
	switch (reg) {
	case TRACE_REG_LVTT: return RECORDED_REG_LVTT;
	case TRACE_REG_TMICT: return RECORDED_REG_TMICT;
	case TRACE_REG_EOI: return RECORDED_REG_EOI;
	case TRACE_REG_ID: return RECORDED_REG_ID;
	default: return RECORDED_REG_OTHER;
	}
}

static struct recorded_task task_of(const struct simulated_events *s, uint64_t task)
{
	const struct trace_task *t = &s->tasks[task];

	return (struct recorded_task){ { t->comm, (uint32_t)strnlen(t->comm, sizeof(t->comm)) },
				       t->pid,
				       t->prio };
}

/* Events of a vCPU. False: none that is looked at. */
static bool of_vcpu(const struct simulated_events *s, const struct trace_record *rec,
		    struct recorded_event *e)
{
	const uint64_t *value = rec->value;

	switch (rec->event) {
	case TP_KVM_ENTRY:
		e->kind = RECORDED_KVM_ENTRY;
		e->entry.vcpu = (uint32_t)value[0];
		return true;
	case TP_KVM_EXIT:
		e->kind = RECORDED_KVM_EXIT;
		e->exit.vcpu = (uint32_t)value[0];
		e->exit.reason = exit_of(value[1]);
		e->exit.isa = s->svm ? RECORDED_SVM : RECORDED_VMX;
		return true;
	case TP_KVM_MSR:
		e->kind = RECORDED_KVM_MSR;
		e->msr.write = value[0];
		e->msr.index = (uint32_t)value[1];
		e->msr.data = value[2];
		return true;
	case TP_KVM_APIC:
		e->kind = RECORDED_KVM_APIC;
		e->apic.write = value[0];
		e->apic.reg = register_of(value[1]);
		e->apic.value = value[2];
		return true;
	case TP_KVM_APIC_ACCEPT_IRQ: e->kind = RECORDED_KVM_APIC_ACCEPT_IRQ; return true;
	case TP_KVM_INJ_VIRQ: e->kind = RECORDED_KVM_INJ_VIRQ; return true;
	case TP_KVM_EOI: e->kind = RECORDED_KVM_EOI; return true;
	case TP_KVM_WAIT_LAPIC_EXPIRE:
		e->kind = RECORDED_KVM_WAIT_LAPIC_EXPIRE;
		e->wait.delta = (int64_t)value[1];
		return true;
	case TP_KVM_VCPU_WAKEUP:
		e->kind = RECORDED_KVM_VCPU_WAKEUP;
		e->wakeup.polled = value[0];
		e->wakeup.valid = true;
		return true;
	default: return false;
	}
}

static bool of_timer(const struct trace_record *rec, struct recorded_event *e)
{
	const uint64_t *value = rec->value;

	switch (rec->event) {
	case TP_HRTIMER_START:
		e->kind = RECORDED_HRTIMER_START;
		e->hrtimer.expires = value[3];
		e->hrtimer.mode = (value[4] & 1 ? RECORDED_MODE_PINNED : 0) |
				  (value[4] & 2 ? RECORDED_MODE_HARD : 0);
		break;
	case TP_HRTIMER_EXPIRE_ENTRY:
		e->kind = RECORDED_HRTIMER_EXPIRE_ENTRY;
		e->hrtimer.now = value[3];
		break;
	case TP_HRTIMER_EXPIRE_EXIT: e->kind = RECORDED_HRTIMER_EXPIRE_EXIT; break;
	default: return false;
	}
	e->hrtimer.timer = value[0];
	e->hrtimer.function =
		value[1] == TRACE_FN_APIC_TIMER_FN ? RECORDED_FN_APIC_TIMER_FN : RECORDED_FN_TICK;
	return true;
}

static bool of_cpu(const struct simulated_events *s, const struct trace_record *rec,
		   struct recorded_event *e)
{
	static const char states[] = { 'R', 'R', 'S', 'X' }; /* "R", "R+", "S", "X" */
	const uint64_t *value = rec->value;

	switch (rec->event) {
	case TP_SCHED_SWITCH:
		e->kind = RECORDED_SCHED_SWITCH;
		e->sched.prev = task_of(s, value[0]);
		e->sched.next = task_of(s, value[2]);
		e->sched.prev_state = states[value[1] % sizeof(states)];
		e->sched.preempted = value[1] == 1;
		return true;
	case TP_SCHED_WAKING:
		e->kind = RECORDED_SCHED_WAKING;
		e->waking.task = task_of(s, value[0]);
		return true;
	case TP_LOCAL_TIMER_ENTRY: e->kind = RECORDED_LOCAL_TIMER_ENTRY; return true;
	case TP_LOCAL_TIMER_EXIT: e->kind = RECORDED_LOCAL_TIMER_EXIT; return true;
	case TP_RESCHEDULE_ENTRY: e->kind = RECORDED_RESCHEDULE_ENTRY; return true;
	case TP_RESCHEDULE_EXIT: e->kind = RECORDED_RESCHEDULE_EXIT; return true;
	default: return false;
	}
}

static void record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct simulated_events *s = sim_container_of(sink, struct simulated_events, sink);
	struct recorded_event e = { .stamp = rec->when.v,
				    .cpu = rec->cpu,
				    .pid = s->tasks[rec->task].pid };

	if (rec->when.v > s->until)
		return;
	e.comm = task_of(s, rec->task).comm;
	if (of_vcpu(s, rec, &e) || of_timer(rec, &e) || of_cpu(s, rec, &e))
		observed_run_event(s->run, &e);
}

void simulated_events_init(struct simulated_events *s, const struct trace_task *tasks, bool svm)
{
	const struct observed_clock clock = { .rate_khz = PS_PER_MS_KHZ };

	*s = (struct simulated_events){ .sink = { .record = record },
					.run = observed_run_new(&clock),
					.tasks = tasks,
					.svm = svm,
					.until = UINT64_MAX };
}

void simulated_events_clear(struct simulated_events *s)
{
	observed_run_free(s->run);
	s->run = NULL;
}
