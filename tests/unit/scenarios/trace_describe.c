// SPDX-License-Identifier: MIT
#include "trace_describe.h"

#include <glib.h>
#include <inttypes.h>

/* A number, or "-" for "not printed". */
static const char *or_dash(char buffer[16], uint32_t value)
{
	if (value == UINT32_MAX)
		return "-";
	g_snprintf(buffer, 16, "%" PRIu32, value);
	return buffer;
}

static void add_flags(GString *out, const struct recorded_flags *f)
{
	if (!f->known)
		return;
	g_string_append_printf(out, " flags=%s%s%s%s%s", f->irqs_off ? "d" : "",
			       f->bh_off ? "b" : "", f->need_resched ? "N" : "",
			       f->hardirq ? "h" : "", f->softirq ? "s" : "");
	if (f->preempt_depth != RECORDED_DEPTH_UNKNOWN)
		g_string_append_printf(out, "%u", f->preempt_depth);
}

static void add_text(GString *out, const char *key, struct recorded_text t)
{
	g_string_append_printf(out, " %s='%.*s'", key, (int)t.length, t.at);
}

static void add_task(GString *out, const char *key, const struct recorded_task *t)
{
	add_text(out, key, t->comm);
	g_string_append_printf(out, ":%" PRId32 "[%" PRId32 "]", t->pid, t->prio);
}

static void add_exit(GString *out, const struct recorded_event *ev)
{
	static const char *const isas[] = { "?", "vmx", "svm" };
	char a[16], b[16];

	g_string_append_printf(out, " %s %s code=%s", isas[ev->exit.isa],
			       recorded_exit_name(ev->exit.reason), or_dash(a, ev->exit.code));
	add_text(out, "name", ev->exit.name);
	g_string_append_printf(out, " vcpu=%s rip=%" PRIx64, or_dash(b, ev->exit.vcpu),
			       ev->exit.rip);
	if (ev->exit.has_info)
		g_string_append_printf(out, " info=%" PRIx64 ",%" PRIx64, ev->exit.info1,
				       ev->exit.info2);
	if (ev->exit.has_intr_info)
		g_string_append_printf(out, " intr=%" PRIx32 ",%" PRIx32, ev->exit.intr_info,
				       ev->exit.error_code);
}

static void add_hrtimer(GString *out, const struct recorded_event *ev)
{
	static const char *const functions[] = { "-",     "apic_timer_fn", "tick", "hrtimer_wakeup",
						 "other", "address" };

	g_string_append_printf(out, " timer=%" PRIx64, ev->hrtimer.timer);
	if (ev->kind == RECORDED_HRTIMER_INIT)
		add_text(out, "clock", ev->hrtimer.clock);
	if (ev->kind == RECORDED_HRTIMER_START || ev->kind == RECORDED_HRTIMER_EXPIRE_ENTRY) {
		g_string_append_printf(out, " fn=%s", functions[ev->hrtimer.function]);
		if (ev->hrtimer.address)
			g_string_append_printf(out, " %" PRIx64, ev->hrtimer.address);
		else if (ev->hrtimer.function != RECORDED_FN_NONE)
			add_text(out, "symbol", ev->hrtimer.symbol);
	}
	if (ev->kind == RECORDED_HRTIMER_START)
		g_string_append_printf(out, " expires=%" PRIu64 " soft=%" PRIu64,
				       ev->hrtimer.expires, ev->hrtimer.softexpires);
	if (ev->kind == RECORDED_HRTIMER_EXPIRE_ENTRY)
		g_string_append_printf(out, " now=%" PRIu64, ev->hrtimer.now);
	if (ev->kind == RECORDED_HRTIMER_START || ev->kind == RECORDED_HRTIMER_INIT) {
		if (ev->hrtimer.mode == RECORDED_MODE_UNKNOWN)
			g_string_append(out, " mode=?");
		else
			g_string_append_printf(out, " mode=%s%s%s%s",
					       ev->hrtimer.mode & RECORDED_MODE_REL ? "rel" : "abs",
					       ev->hrtimer.mode & RECORDED_MODE_PINNED ? "+pinned"
										       : "",
					       ev->hrtimer.mode & RECORDED_MODE_SOFT ? "+soft" : "",
					       ev->hrtimer.mode & RECORDED_MODE_HARD ? "+hard"
										     : "");
	}
	if (ev->hrtimer.has_was_armed)
		g_string_append_printf(out, " was_armed=%d", ev->hrtimer.was_armed);
}

static void add_more_kvm(GString *out, const struct recorded_event *ev)
{
	switch (ev->kind) {
	case RECORDED_KVM_HV_TIMER_STATE:
		g_string_append_printf(out, " vcpu=%" PRIu32 " on=%d", ev->hv.vcpu, ev->hv.on);
		break;
	case RECORDED_KVM_SET_IRQ:
		g_string_append_printf(out, " gsi=%" PRIu32 " level=%" PRIu32 " source=%" PRIu32,
				       ev->set_irq.gsi, ev->set_irq.level, ev->set_irq.source);
		break;
	case RECORDED_KVM_USERSPACE_EXIT:
		g_string_append_printf(out, " reason=%" PRIu32 "%s%s", ev->userspace.reason,
				       ev->userspace.restart ? " restart" : "",
				       ev->userspace.error ? " error" : "");
		break;
	case RECORDED_KVM_HALT_POLL_NS:
		g_string_append_printf(out,
				       " vcpu=%" PRIu32 " now=%" PRIu32 " before=%" PRIu32 " %s",
				       ev->halt_poll.vcpu, ev->halt_poll.now, ev->halt_poll.before,
				       ev->halt_poll.grow ? "grow" : "shrink");
		break;
	case RECORDED_KVM_VCPU_WAKEUP:
		g_string_append_printf(out, " %s %" PRIu64 " %s",
				       ev->wakeup.polled ? "polled" : "waited", ev->wakeup.ns,
				       ev->wakeup.valid ? "valid" : "invalid");
		break;
	case RECORDED_KVM_CPUID:
		g_string_append_printf(out, " func=%" PRIx32, ev->cpuid.function);
		if (ev->cpuid.has_index)
			g_string_append_printf(out, " idx=%" PRIx32, ev->cpuid.index);
		break;
	case RECORDED_KVM_PIO:
		g_string_append_printf(out, " %s port=%" PRIx32 " size=%" PRIu32 " count=%" PRIu32,
				       ev->pio.write ? "write" : "read", ev->pio.port, ev->pio.size,
				       ev->pio.count);
		break;
	case RECORDED_KVM_FPU: g_string_append(out, ev->fpu.load ? " load" : " unload"); break;
	case RECORDED_KVM_WRITE_TSC_OFFSET:
		g_string_append_printf(out, " vcpu=%" PRIu32 " prev=%" PRIu64 " next=%" PRIu64,
				       ev->tsc_offset.vcpu, ev->tsc_offset.previous,
				       ev->tsc_offset.next);
		break;
	default: g_assert_not_reached();
	}
}

static void add_kvm(GString *out, const struct recorded_event *ev)
{
	static const char *const regs[] = { "other", "ID",   "TASKPRI", "EOI",   "SPIV",
					    "ICR",   "LVTT", "TMICT",   "TMCCT", "TDCR" };
	char a[16];

	switch (ev->kind) {
	case RECORDED_KVM_ENTRY:
		g_string_append_printf(out, " vcpu=%s", or_dash(a, ev->entry.vcpu));
		if (ev->entry.has_rip)
			g_string_append_printf(out, " rip=%" PRIx64, ev->entry.rip);
		if (ev->entry.immediate_exit)
			g_string_append(out, " immediate");
		break;
	case RECORDED_KVM_EXIT: add_exit(out, ev); break;
	case RECORDED_KVM_MSR:
		g_string_append_printf(out, " %s %" PRIx32 "=%" PRIx64 "%s",
				       ev->msr.write ? "write" : "read", ev->msr.index,
				       ev->msr.data, ev->msr.fault ? " fault" : "");
		break;
	case RECORDED_KVM_APIC:
		g_string_append_printf(out, " %s %s=%" PRIx64, ev->apic.write ? "write" : "read",
				       regs[ev->apic.reg], ev->apic.value);
		break;
	case RECORDED_KVM_APIC_ACCEPT_IRQ:
	case RECORDED_KVM_APICV_ACCEPT_IRQ:
		g_string_append_printf(out, " apicid=%" PRIu32 " vec=%" PRIu32 "%s%s%s",
				       ev->accept.apicid, ev->accept.vector,
				       ev->accept.fixed ? " fixed" : "",
				       ev->accept.level ? " level" : "",
				       ev->accept.coalesced ? " coalesced" : "");
		break;
	case RECORDED_KVM_INJ_VIRQ:
		g_string_append_printf(out, " vec=%" PRIu32 "%s%s", ev->inject.vector,
				       ev->inject.soft ? " soft" : "",
				       ev->inject.reinjected ? " reinjected" : "");
		break;
	case RECORDED_KVM_EOI:
		g_string_append_printf(out, " apicid=%" PRIu32 " vec=%" PRId64, ev->eoi.apicid,
				       ev->eoi.vector);
		break;
	case RECORDED_KVM_WAIT_LAPIC_EXPIRE:
		g_string_append_printf(out, " vcpu=%" PRIu32 " delta=%" PRId64, ev->wait.vcpu,
				       ev->wait.delta);
		break;
	default: add_more_kvm(out, ev); break;
	}
}

static void add_rest(GString *out, const struct recorded_event *ev)
{
	static const char *const dependencies[] = { "NONE",    "POSIX_TIMER",    "PERF_EVENTS",
						    "SCHED",   "CLOCK_UNSTABLE", "RCU",
						    "RCU_EXP", "OTHER" };
	char a[16];

	switch (ev->kind) {
	case RECORDED_TICK_STOP:
		g_string_append_printf(out, " success=%d %s", ev->tick_stop.success,
				       dependencies[ev->tick_stop.dependency]);
		break;
	case RECORDED_SCHED_SWITCH:
		add_task(out, "prev", &ev->sched.prev);
		g_string_append_printf(out, " %c%s", ev->sched.prev_state,
				       ev->sched.preempted ? " preempted" : "");
		add_task(out, "next", &ev->sched.next);
		break;
	case RECORDED_SCHED_WAKEUP:
	case RECORDED_SCHED_WAKING:
		add_task(out, "task", &ev->waking.task);
		g_string_append_printf(out, " to=%s", or_dash(a, ev->waking.target_cpu));
		break;
	case RECORDED_SCHED_MIGRATE_TASK:
		add_task(out, "task", &ev->migrate.task);
		g_string_append_printf(out, " from=%" PRIu32 " to=%" PRIu32, ev->migrate.orig_cpu,
				       ev->migrate.dest_cpu);
		break;
	case RECORDED_FUNCTION:
	case RECORDED_OTHER:
		add_text(out, "name", ev->other.name);
		add_text(out, "system", ev->other.system);
		add_text(out, "payload", ev->other.payload);
		break;
	case RECORDED_LOST: g_string_append_printf(out, " n=%" PRIu64, ev->lost.n); break;
	case RECORDED_BUFFER_STARTED: break;
	default: g_string_append_printf(out, " vector=%" PRIu32, ev->irq.vector); break;
	}
}

char *trace_describe(const struct recorded_event *ev)
{
	GString *out = g_string_new(NULL);
	char a[16];

	g_string_append_printf(out, "%" PRIu64 ": %" PRIu64 " cpu=%s", ev->line, ev->stamp,
			       or_dash(a, ev->cpu));
	add_text(out, "comm", ev->comm);
	g_string_append_printf(out, ":%" PRId32, ev->pid);
	if (ev->tgid != -1)
		g_string_append_printf(out, "(%" PRId32 ")", ev->tgid);
	add_flags(out, &ev->flags);
	g_string_append_printf(out, " %s:", recorded_kind_name(ev->kind));
	if (ev->kind <= RECORDED_KVM_WRITE_TSC_OFFSET)
		add_kvm(out, ev);
	else if (ev->kind <= RECORDED_HRTIMER_EXPIRE_EXIT)
		add_hrtimer(out, ev);
	else
		add_rest(out, ev);
	return g_string_free(out, FALSE);
}
