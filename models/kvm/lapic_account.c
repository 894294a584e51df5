/* SPDX-License-Identifier: MIT */
#include "lapic_account.h"

#include "lapic_check.h"
#include "sim_wrap.h"
#include "vcpu.h"

static void drop(struct host_cpu *cpu, struct vcpu *vcpu, uint64_t n, enum lapic_drop why)
{
	HOST_TRACE(cpu, TP_LAPIC_DROP, vcpu->index, vcpu->id, n, why);
	vcpu->timer.ended++;
}

/* A new target: D is where the guest TSC reads it, or where CLOCK_MONOTONIC does. */
void account_armed(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct account *a = &lt->account;

	if (lapic_deadline_mode(lt)) {
		a->deadline = lt->count.tscdeadline;
		a->due = vcpu_tsc_edge(vcpu, a->deadline);
	} else {
		a->due = clock_monotonic_edge(&cpu->host->clock, lt->count.target);
		a->deadline = vcpu_tsc_at(vcpu, a->due);
	}
	a->due_from = PS_NEVER;
	a->state = ACCOUNT_ARMED;
	a->n = lt->next_n++;
	a->entered = ps(0);
	a->posted = false;
	a->progress_at_arm = vcpu->guest_time;
	HOST_TRACE(cpu, TP_LAPIC_ARM, vcpu->index, vcpu->id, a->n, a->deadline.v, cpu->id);
}

/* Finds D again by the clock that the guest has had since due_from. */
static void settle_due(struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct account *a = &lt->account;

	if (a->due_from.v == PS_NEVER.v)
		return;
	if (lapic_deadline_mode(lt))
		a->due = ps_max(a->due_from, vcpu_tsc_edge(vcpu, a->deadline));
	else
		a->deadline = vcpu_tsc_at(vcpu, a->due);
	a->due_from = PS_NEVER;
}

void account_tsc_changes(struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;
	const ps_t now = sim_now(vcpu->host->sim);

	if (a->state == ACCOUNT_NONE)
		return;
	if (a->due_from.v < now.v)
		settle_due(vcpu);
	if (a->due.v > now.v)
		a->due_from = now;
}

void account_stopped(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_NONE)
		drop(cpu, vcpu, a->n, DROP_OVERWRITTEN);
	a->state = ACCOUNT_NONE;
}

void account_fired(struct host_cpu *cpu, struct vcpu *vcpu, ps_t at, enum expiry_path path)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_ARMED)
		return;
	a->state = ACCOUNT_FIRED;
	a->fired = at;
	a->cpu = cpu->id;
	a->vcpu_cpu = vcpu->task.cpu->id;
	HOST_TRACE(cpu, TP_LAPIC_EXPIRE, vcpu->index, vcpu->id, a->n, a->cpu, a->vcpu_cpu, path);
}

/* A periodic timer's next expiry. While the last one is under way the new one is merged with it
 * when it comes. */
void account_next_period(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->timer.account.state == ACCOUNT_NONE)
		account_armed(cpu, vcpu);
}

void lapic_timer_seen(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_FIRED)
		return;
	/* The guest's exit, its wake-up and its turn on the CPU count only from the expiry on. */
	a->seen = sim_now(cpu->host->sim);
	a->noticed = ps_max(a->fired, ps_max(vcpu->exit_started, vcpu->woken));
	a->runs = ps_max(a->noticed, vcpu->ran);
}

void account_posting(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_FIRED)
		return;
	a->posted = true;
	a->noticed = a->runs = a->seen = a->wait_start = sim_now(cpu->host->sim);
}

void account_accepted(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct account *a = &vcpu->timer.account;

	if (a->state != ACCOUNT_FIRED)
		return;
	a->state = ACCOUNT_INJECTED;
	if (a->posted)
		a->wait_end = sim_now(cpu->host->sim);
}

static void check_account(struct sim *sim, const struct account *a, ps_t now)
{
	const ps_t line[] = { a->fired,      a->noticed,  a->runs,    a->seen,
			      a->wait_start, a->wait_end, a->entered, now };
	static const char *const names[] = { "fired",       "noticed",   "runs",    "seen",
					     "wait starts", "wait ends", "entered", "handler" };

	for (unsigned i = 1; i < sizeof(line) / sizeof(line[0]); i++)
		if (line[i].v < line[i - 1].v)
			sim_break(sim, "D3", "%s %llu ps <= %s %llu ps", names[i - 1],
				  (unsigned long long)line[i - 1].v, names[i],
				  (unsigned long long)line[i].v);
}

void lapic_timer_delivered(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct lapic_timer *lt = &vcpu->timer;
	struct account *a = &lt->account;
	const ps_t now = sim_now(cpu->host->sim);

	/* A handler that began before this one's vector was injected is another's. */
	if (a->state != ACCOUNT_INJECTED || !a->entered.v)
		return;
	settle_due(vcpu);
	a->state = ACCOUNT_NONE;
	lt->ended++;
	check_account(cpu->host->sim, a, now);

	const uint64_t fire = wrap_sub(a->fired.v, a->due.v); /* negative if advanced */
	/* Each instant is after the one before it, but where D3 was broken. */
	const uint64_t parts[] = { wrap_sub(a->noticed.v, a->fired.v),
				   wrap_sub(a->runs.v, a->noticed.v),
				   wrap_sub(a->seen.v, a->runs.v),
				   wrap_sub(a->wait_start.v, a->seen.v),
				   wrap_sub(a->wait_end.v, a->wait_start.v),
				   wrap_sub(a->entered.v, a->wait_end.v),
				   wrap_sub(now.v, a->entered.v) };
	const uint64_t lateness = wrap_sub(now.v, a->due.v);

	lapic_check_parts(vcpu, fire, parts, sizeof(parts) / sizeof(parts[0]), lateness);
	HOST_TRACE(cpu, TP_LAPIC_SAMPLE, vcpu->index, vcpu->id, a->n, a->cpu, a->vcpu_cpu, lateness,
		   wrap_sub(vcpu->guest.tsc.v, a->deadline.v),
		   vcpu->guest_time.v - a->progress_at_arm.v, fire, parts[0], parts[1], parts[2],
		   parts[3], parts[4], parts[5], parts[6]);
	if (lt->count.mode == LAPIC_MODE_PERIODIC && (lapic_hrtimer_active(lt) || lt->hv_in_use))
		account_next_period(cpu, vcpu);
}

void lapic_timer_end(struct host_cpu *cpu, struct vcpu *vcpu)
{
	const struct account *a = &vcpu->timer.account;

	if (a->state == ACCOUNT_FIRED || a->state == ACCOUNT_INJECTED)
		drop(cpu, vcpu, a->n, DROP_UNSEEN);
	lapic_check_end(vcpu);
}

void account_merged(struct host_cpu *cpu, struct vcpu *vcpu)
{
	drop(cpu, vcpu, vcpu->timer.next_n++, DROP_MERGED);
}
