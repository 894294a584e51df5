/* SPDX-License-Identifier: MIT */
/* explain_state - the state of a run at an instant: queues of hrtimers, vCPUs and their local
 * APICs, by the kernel's names. */
#include "explain.h"
#include "report.h"
#include "world.h"

#include <inttypes.h>

static const char *task_name(const struct world *world, uint32_t task)
{
	uint32_t n;
	const struct trace_task *tasks = world_tasks(world, &n);

	return task < n ? tasks[task].comm : "<...>";
}

/* An instant of CLOCK_MONOTONIC, and how far it is from @now. */
static void append_instant(GString *out, uint64_t at, uint64_t now)
{
	g_string_append_printf(out, "%" PRId64 " (%+" PRId64 ")", (int64_t)at, (int64_t)(at - now));
}

/* --- CPUs --- */

static const char *doing(const struct cpu_view *cpu)
{
	static const char *const words[] = {
		[RUN_KERNEL] = "in the kernel",
		[RUN_NO_PREEMPT] = "in the kernel, preemption off",
		[RUN_IRQS_OFF] = "in the kernel, interrupts off",
		[RUN_USER] = "in user space",
		[RUN_GUEST] = "in guest mode",
		[RUN_IDLE] = "idle",
	};

	return cpu->in_irq ? "in an interrupt handler" : words[cpu->mode];
}

static gint compare_hrtimers(gconstpointer a, gconstpointer b)
{
	const struct hrtimer_view *x = a, *y = b;
	const int64_t ex = (int64_t)x->expires.v, ey = (int64_t)y->expires.v;

	if (ex != ey)
		return ex < ey ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void append_queue(GString *out, const struct world *world, uint32_t cpu, uint32_t n,
			 uint64_t now)
{
	const struct trace_field *function = &lapicsim_schema.events[TP_HRTIMER_START]->fields[1];
	g_autoptr(GArray) timers = g_array_new(FALSE, FALSE, sizeof(struct hrtimer_view));

	for (uint32_t i = 0; i < n; i++) {
		struct hrtimer_view t;

		world_view_hrtimer(world, cpu, i, &t);
		g_array_append_val(timers, t);
	}
	g_array_sort(timers, compare_hrtimers);
	for (guint i = 0; i < timers->len; i++) {
		const struct hrtimer_view *t = &g_array_index(timers, struct hrtimer_view, i);

		g_string_append_printf(out, "  hrtimer %016" PRIx64 " %s, expires ", t->address,
				       function->names[t->function]);
		append_instant(out, t->expires.v, now);
		g_string_append_c(out, '\n');
	}
}

static void append_cpu(GString *out, const struct world *world, uint32_t index, uint64_t now)
{
	static const char *const sources[IRQ_SOURCES] = {
		[IRQ_DEVICE] = "device",
		[IRQ_LOCAL_TIMER] = "local_timer",
		[IRQ_POSTED] = "posted",
		[IRQ_RESCHEDULE] = "reschedule",
	};
	struct cpu_view cpu;

	world_view_cpu(world, index, &cpu);
	g_string_append_printf(out, "\nCPU %u: %s, %s%s%s\n", index, task_name(world, cpu.task),
			       doing(&cpu), cpu.asleep ? ", in its C-state" : "",
			       cpu.need_resched ? ", need_resched" : "");
	g_string_append_printf(out, "  nr_waiting %u, tick %s, pending", cpu.n_tasks,
			       cpu.tick_stopped ? "stopped" : "running");
	for (unsigned i = 0; i < IRQ_SOURCES; i++)
		if (cpu.pending & 1u << i)
			g_string_append_printf(out, " %s", sources[i]);
	g_string_append(out, cpu.pending ? "\n" : " none\n");
	g_string_append(out, "  expires_next ");
	if (cpu.expires_next == KTIME_MAX)
		g_string_append(out, "KTIME_MAX");
	else
		append_instant(out, cpu.expires_next, now);
	g_string_append_c(out, '\n');
	append_queue(out, world, index, cpu.n_hrtimers, now);
}

/* --- vCPUs --- */

/* What an expiry raises has another name in later releases. */
static void append_requests(GString *out, uint32_t requests, const struct kernel *kernel)
{
	g_string_append(out, requests ? "  requests" : "  requests 0");
	if (requests & REQ_PENDING_TIMER)
		g_string_append_printf(out, " KVM_REQ_%s", kernel->request->printed);
	if (requests & REQ_EVENT)
		g_string_append(out, " KVM_REQ_EVENT");
	if (requests & REQ_MIGRATE_TIMER)
		g_string_append(out, " KVM_REQ_MIGRATE_TIMER");
	g_string_append_c(out, '\n');
}

static void append_timer(GString *out, const struct vcpu_view *v, uint64_t now)
{
	static const char *const modes[] = {
		[LAPIC_MODE_ONESHOT] = "ONESHOT",
		[LAPIC_MODE_PERIODIC] = "PERIODIC",
		[LAPIC_MODE_TSC_DEADLINE] = "TSCDEADLINE",
		[LAPIC_MODE_RESERVED] = "RESERVED",
	};
	const struct lapic_count *c = &v->count;

	g_string_append_printf(out,
			       "  lapic_timer: timer_mode %s%s, pending %d, hv_timer_in_use %d, "
			       "timer_advance_ns %u\n",
			       modes[c->mode], v->masked ? " (masked)" : "", v->pending,
			       v->hv_in_use, v->advance_ns);
	g_string_append_printf(out,
			       "    tscdeadline %" PRIu64 " (%+" PRId64
			       "), expired_tscdeadline %" PRIu64 "\n",
			       c->tscdeadline.v, (int64_t)(c->tscdeadline.v - v->tsc.v),
			       v->expired_tscdeadline.v);
	g_string_append_printf(out,
			       "    APIC_TMICT %u, APIC_TMCCT %u, APIC_TDCR 0x%x, period %" PRIu64
			       ", target_expiration ",
			       c->tmict, v->tmcct, c->tdcr, c->period_ns);
	append_instant(out, c->target.v, now);
	g_string_append_printf(out, "\n    hrtimer %016" PRIx64 " %s CPU %u\n", v->hrtimer,
			       v->queued    ? "in the queue of"
			       : v->running ? "its callback runs on"
					    : "not queued, last on",
			       v->queue);
}

static void append_account(GString *out, const struct vcpu_view *v, ps_t at)
{
	static const char *const words[] = {
		[ACCOUNT_NONE] = NULL,
		[ACCOUNT_ARMED] = "armed",
		[ACCOUNT_FIRED] = "fired, not injected",
		[ACCOUNT_INJECTED] = "injected, not delivered",
	};

	if (!words[v->account])
		return;
	g_string_append_printf(out, "    deadline %" PRIu64 ": %s, due ", v->n, words[v->account]);
	append_ns(out, v->due.v < at.v ? (int64_t)(at.v - v->due.v) : (int64_t)(v->due.v - at.v));
	g_string_append(out, v->due.v < at.v ? " ns ago\n" : " ns from now\n");
}

static void append_vcpu(GString *out, const struct world *world, uint32_t index, ps_t at,
			uint64_t now, const struct kernel *kernel)
{
	static const char *const modes[] = { "OUTSIDE_GUEST_MODE", "IN_GUEST_MODE",
					     "EXITING_GUEST_MODE" };
	struct vcpu_view v;

	world_view_vcpu(world, index, &v);
	if (!v.created) {
		g_string_append_printf(out, "\nvCPU number %u: not created yet\n", index);
		return;
	}
	g_string_append_printf(out, "\nvCPU %u (number %u): %s, cpu %u, mode %s, mp_state %s%s\n",
			       v.id, index, task_name(world, v.task), v.cpu, modes[v.mode],
			       v.halted ? "HALTED" : "RUNNABLE",
			       v.in_user_space ? ", out of KVM_RUN"
			       : v.sleeps      ? ", asleep in kvm_vcpu_block()"
					       : "");
	append_requests(out, v.requests, kernel);
	g_string_append_printf(out, "  guest TSC %" PRIu64 ", interrupts %s, IRR%s, ISR%s%s\n",
			       v.tsc.v, v.interrupts_on ? "on" : "off", v.irr ? " 0xec" : " -",
			       v.isr ? " 0xec" : " -", v.pir ? ", PIR 0xec" : "");
	append_timer(out, &v, now);
	append_account(out, &v, at);
}

/* --- the whole --- */

int explain_state(GString *out, struct run_result *result, ps_t at, const struct sim_limits *limits)
{
	struct world_config config = result->run->config;
	const char *refused = NULL;
	g_autoptr(GString) message = g_string_new(NULL);

	if (at.v > config.duration.v) {
		g_string_append(message, "--at: the run is over at ");
		append_ns(message, (int64_t)config.duration.v);
		g_string_append(message, " ns");
		return run_failed(result, EXIT_USAGE, message->str);
	}
	config.duration = at;
	struct world *world = world_new(&config, limits, &refused);

	if (!world)
		return run_has_no_world(result, refused);
	const int status = describe_stop(message, world_run(world), world_sim(world));

	if (status == EXIT_OK) {
		const uint64_t now = config.host.start_monotonic.v + at.v / PS_PER_NS;

		g_string_append_printf(out, "%s, variant %s, kernel ", result->run->file->name,
				       result->variant->name);
		append_release(out, result->run->release);
		g_string_append(out, "\nat ");
		append_ns(out, (int64_t)at.v);
		g_string_append_printf(out,
				       " ns, CLOCK_MONOTONIC %" PRIu64 "; in brackets: from now\n",
				       now);
		for (uint32_t i = 0; i < world_cpus(world); i++)
			append_cpu(out, world, i, now);
		for (uint32_t i = 0; i < world_vcpus(world); i++)
			append_vcpu(out, world, i, at, now, &config.kernel);
	}
	world_free(world);
	return status == EXIT_OK ? status : run_failed(result, status, message->str);
}
