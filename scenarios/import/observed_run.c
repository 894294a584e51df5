/* SPDX-License-Identifier: MIT */
#include "observed_run.h"

#include <string.h>

#define MSR_TSC_DEADLINE 0x6e0
#define X2APIC_MSRS 0x8 /* 0x800 to 0x8ff */
#define LVTT_MODE_SHIFT 17

#define TIMERS_MAX 64u      /* hrtimers of ticks and vCPUs whose owner is remembered */
#define INTERVALS_MAX 4096u /* of a pattern */
#define MOVES_MAX 100000u
#define HOGS_MAX 1024u
#define COMPUTING_MAX 256u
#define LATE_NS 100000  /* an expiry served, or left, later than this: something else kept it */
#define HOG_NS 10000000 /* whoever computes for so long is a hog, and no passer-by */

struct exit_under_way {
	bool open;
	uint64_t stamp;
	enum recorded_exit reason;
	bool dirty; /* something else ran in between: no sample */
	bool eoi, rdmsr, written, woken;
	uint64_t value;
	enum observed_timer timer;
	uint64_t started, expires; /* hrtimer_start */
	uint8_t mode;
	uint64_t accepted, injected;
};

struct observed_tracker {
	bool in_guest, in_handler, blocked, left;
	uint32_t cpu;
	uint64_t left_at; /* stamp: off its CPU since */
	uint64_t entered; /* the last kvm_entry */
	uint64_t switched_in, wakeup;
	struct exit_under_way exit;
	unsigned irqs;         /* OBSERVED_IRQ_* since the last kvm_entry */
	uint64_t expires;      /* of the hrtimer, as started last */
	uint64_t remote_done;  /* an expiry elsewhere has ended, and the guest was running */
	uint64_t kicked;       /* reschedule_entry after that */
	int64_t waiting;       /* index of the outcome not yet injected; -1: none */
	int64_t injecting;     /* of the one that the handler under way is for */
	bool handler_exit_due; /* the handler's first exit has not come */
	struct observed_counts counts;
	uint64_t arms_ahead; /* written by the handler under way: of the next deadline */
};

struct cpu_state {
	int32_t pid; /* who runs; -1: not known */
	uint64_t no_tick_since;
	/* the timer interrupt under way */
	bool in_timer_irq;
	uint64_t irq_entry;
	unsigned callbacks;
	enum recorded_function function;
	uint64_t entry_line, exit_line; /* hrtimer_expire_entry, _exit of the last callback */
	uint64_t irq_exit;              /* local_timer_exit behind it; 0: not traced */
	int vcpu;                       /* whose timer it was; -1 */
	bool woke;
	bool apic_alone; /* of the last interrupt: one callback, the vCPU's */
	uint64_t tick_expires;
	uint64_t tick_now;       /* its handler's reading of the clock */
	uint64_t tick_restarted; /* out of the handler, by the idle task */
	uint64_t idle_tick;      /* a tick came while it idled, and nothing since */
	bool tick_stopped;       /* since the first arming here */
	uint64_t rescheduled;    /* the last reschedule_entry */
};

struct timer_owner {
	uint64_t timer;
	int vcpu;
};

struct computing {
	int32_t pid;
	struct observed_hog hog;
};

struct observed_machine {
	struct cpu_state cpus[OBSERVED_CPUS_MAX];
	struct timer_owner timers[TIMERS_MAX];
	unsigned n_timers;
	struct tsc_offset {
		bool known;
		uint64_t value;
	} offsets[OBSERVED_VCPUS_MAX]; /* by the vCPU's number: set before it runs */
	GArray *computing;             /* of struct computing: whoever has not slept since */
};

static const char *const stretch_texts[] = {
#define X(id, what) what,
	OBSERVED_STRETCHES(X)
#undef X
};

const char *observed_stretch_text(enum observed_stretch stretch) { return stretch_texts[stretch]; }

int64_t observed_ns(const struct observed_clock *clock, uint64_t stamp)
{
	const __int128 since = (__int128)stamp - clock->first;
	const __int128 scaled = since * 1000000;
	const __int128 ns = scaled / clock->rate_khz;

	if (ns > OBSERVED_FAR || ns < -OBSERVED_FAR)
		return ns < 0 ? -OBSERVED_FAR : OBSERVED_FAR;
	return (int64_t)(scaled < 0 && scaled % clock->rate_khz ? ns - 1 : ns);
}

void observed_sample_add(struct observed_run *run, enum observed_stretch stretch, int64_t ns,
			 uint32_t cpu)
{
	const struct observed_sample sample = { ns, cpu };

	if (run->samples[stretch]->len < OBSERVED_SAMPLES_MAX)
		g_array_append_val(run->samples[stretch], sample);
}

/* From one line to a later one. */
static void stretch(struct observed_run *run, enum observed_stretch which, uint64_t from,
		    uint64_t to, uint32_t cpu)
{
	if (from && to >= from)
		observed_sample_add(run, which,
				    observed_ns(&run->clock, to) - observed_ns(&run->clock, from),
				    cpu);
}

struct observed_run *observed_run_new(const struct observed_clock *clock)
{
	struct observed_run *run = g_new0(struct observed_run, 1);

	run->clock = *clock;
	run->hogs = g_array_new(FALSE, TRUE, sizeof(struct observed_hog));
	for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
		run->samples[i] = g_array_new(FALSE, FALSE, sizeof(struct observed_sample));
	run->machine = g_new0(struct observed_machine, 1);
	for (unsigned i = 0; i < OBSERVED_CPUS_MAX; i++) {
		run->machine->cpus[i].pid = -1;
		run->machine->cpus[i].vcpu = -1;
	}
	run->machine->computing = g_array_new(FALSE, FALSE, sizeof(struct computing));
	run->clock_gap_min = INT64_MAX;
	run->digest = UINT64_C(0xcbf29ce484222325);
	return run;
}

void observed_run_free(struct observed_run *run)
{
	if (!run)
		return;
	for (unsigned i = 0; i < run->n_vcpus; i++) {
		struct observed_vcpu *v = &run->vcpus[i];

		g_array_unref(v->did.arms);
		g_array_unref(v->did.moves);
		g_array_unref(v->did.cpuid.intervals);
		g_array_unref(v->did.io.intervals);
		g_array_unref(v->became.outcomes);
		g_free(v->tracker);
	}
	for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
		g_array_unref(run->samples[i]);
	g_array_unref(run->hogs);
	g_array_unref(run->machine->computing);
	g_free(run->machine);
	g_free(run);
}

/* --- who is who --- */

static int vcpu_of_pid(const struct observed_run *run, int32_t pid)
{
	for (unsigned i = 0; i < run->n_vcpus; i++)
		if (run->vcpus[i].pid == pid)
			return (int)i;
	return -1;
}

static struct observed_vcpu *new_vcpu(struct observed_run *run, int32_t pid)
{
	struct observed_vcpu *v = &run->vcpus[run->n_vcpus++];

	v->pid = pid;
	v->did.arms = g_array_new(FALSE, FALSE, sizeof(struct observed_arm));
	v->did.moves = g_array_new(FALSE, FALSE, sizeof(struct observed_move));
	v->did.cpuid.intervals = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	v->did.io.intervals = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	v->became.outcomes = g_array_new(FALSE, FALSE, sizeof(struct observed_outcome));
	v->tracker = g_new0(struct observed_tracker, 1);
	v->tracker->waiting = v->tracker->injecting = -1;
	return v;
}

static int computing_of(const struct observed_run *run, int32_t pid)
{
	for (guint i = 0; i < run->machine->computing->len; i++)
		if (g_array_index(run->machine->computing, struct computing, i).pid == pid)
			return (int)i;
	return -1;
}

/* It is a vCPU's thread after all. */
static void forget_computing(struct observed_run *run, int32_t pid)
{
	const int i = computing_of(run, pid);

	if (i >= 0)
		g_array_remove_index(run->machine->computing, (guint)i);
}

/* The vCPU whose thread this is. Only kvm_entry and kvm_exit make a thread one. */
static struct observed_vcpu *vcpu_of(struct observed_run *run, const struct recorded_event *e)
{
	const int known = vcpu_of_pid(run, e->pid);
	const bool makes = e->kind == RECORDED_KVM_ENTRY || e->kind == RECORDED_KVM_EXIT;
	struct observed_vcpu *v;

	if (known >= 0)
		return &run->vcpus[known];
	if (!makes)
		return NULL;
	if (run->n_vcpus == OBSERVED_VCPUS_MAX) {
		run->left_out++;
		return NULL;
	}
	v = new_vcpu(run, e->pid);
	v->id = e->kind == RECORDED_KVM_ENTRY ? e->entry.vcpu : e->exit.vcpu;
	if (v->id == RECORDED_VCPU_UNKNOWN)
		v->id = run->n_vcpus - 1;
	if (v->id < OBSERVED_VCPUS_MAX) {
		v->did.has_offset = run->machine->offsets[v->id].known;
		v->did.tsc_offset = run->machine->offsets[v->id].value;
	}
	forget_computing(run, e->pid);
	v->did.first_cpu = v->tracker->cpu = e->cpu;
	return v;
}

static void remember_timer(struct observed_run *run, uint64_t timer, int vcpu)
{
	struct observed_machine *m = run->machine;

	for (unsigned i = 0; i < m->n_timers; i++)
		if (m->timers[i].timer == timer) {
			m->timers[i].vcpu = vcpu;
			return;
		}
	if (m->n_timers < TIMERS_MAX)
		m->timers[m->n_timers++] = (struct timer_owner){ timer, vcpu };
}

static int owner_of_timer(const struct observed_run *run, uint64_t timer)
{
	for (unsigned i = 0; i < run->machine->n_timers; i++)
		if (run->machine->timers[i].timer == timer)
			return run->machine->timers[i].vcpu;
	return run->n_vcpus == 1 ? 0 : -1;
}

/* --- the guest's exits --- */

static void exit_is_dirty(struct observed_vcpu *v)
{
	if (v && v->tracker->exit.open)
		v->tracker->exit.dirty = true;
}

static void pattern_add(struct observed_pattern *p, uint64_t stamp)
{
	const uint64_t since = stamp - p->last;

	if (p->n++ == 0)
		p->first = stamp;
	else if (p->intervals->len < INTERVALS_MAX)
		g_array_append_val(p->intervals, since);
	p->last = stamp;
}

static bool armed_once(const struct observed_vcpu *v) { return v->did.arms->len > 0; }

/* The handler's first exit tells when it began, if nothing came in between. */
static void first_exit_of_handler(struct observed_run *run, struct observed_vcpu *v,
				  const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	const struct observed_outcome *o;

	if (!t->handler_exit_due)
		return;
	t->handler_exit_due = false;
	if (t->injecting < 0 || t->irqs || e->exit.reason == RECORDED_EXIT_EPT_VIOLATION)
		return;
	o = &g_array_index(v->became.outcomes, struct observed_outcome, t->injecting);
	if (o->has_delta && o->delta >= 0)
		stretch(run, OBSERVED_ENTRY_TO_HANDLER_EXIT, t->entered, e->stamp, e->cpu);
}

static void on_exit_line(struct observed_run *run, struct observed_vcpu *v,
			 const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];

	if (t->in_guest && e->exit.reason == RECORDED_EXIT_EXTERNAL_INTERRUPT) {
		if (t->irqs == OBSERVED_IRQ_APIC_TIMER && cpu->apic_alone &&
		    cpu->exit_line >= t->entered) {
			if (cpu->irq_exit)
				stretch(run, OBSERVED_IRQ_EXIT_TO_EXIT, cpu->irq_exit, e->stamp,
					e->cpu);
			else
				stretch(run, OBSERVED_CALLBACK_TO_EXIT, cpu->exit_line, e->stamp,
					e->cpu);
		}
	}
	first_exit_of_handler(run, v, e);
	t->exit = (struct exit_under_way){ .open = true,
					   .stamp = e->stamp,
					   .reason = e->exit.reason };
	t->in_guest = false;
	if (run->isa == RECORDED_ISA_UNKNOWN)
		run->isa = e->exit.isa;
	run->exit_has_intr_info |= e->exit.has_intr_info;
	run->exit_has_vcpu |= e->exit.vcpu != RECORDED_VCPU_UNKNOWN;
	if (!armed_once(v))
		v->did.setup_exits++;
	else if (e->exit.reason == RECORDED_EXIT_CPUID)
		pattern_add(&v->did.cpuid, e->stamp);
	else if (e->exit.reason == RECORDED_EXIT_IO_INSTRUCTION)
		pattern_add(&v->did.io, e->stamp);
	else if (e->exit.reason == RECORDED_EXIT_HLT)
		v->did.hlts++;
}

static void arm_is_complete(struct observed_run *run, struct observed_vcpu *v,
			    const struct recorded_event *entry)
{
	const struct exit_under_way *x = &v->tracker->exit;
	const struct observed_arm arm = {
		.exit = x->stamp,
		.value = x->value,
		.expires = x->expires,
		.started = x->started,
		.timer = x->timer,
		.entered = entry->stamp,
		.mode = x->mode,
		.cpu = entry->cpu,
	};

	if (!x->value) {
		if (armed_once(v))
			v->did.stopped = x->stamp;
		return;
	}
	v->did.stopped = 0;
	if (!armed_once(v)) {
		run->cpus[entry->cpu].tick_kept = 0;
		run->machine->cpus[entry->cpu].tick_stopped = false;
	}
	if (v->did.arms->len < OBSERVED_ARMS_MAX)
		g_array_append_val(v->did.arms, arm);
	else
		v->did.arms_left_out++;
}

static void count_exit(struct observed_vcpu *v)
{
	struct observed_tracker *t = v->tracker;
	struct observed_counts *c = &t->counts;

	if (!armed_once(v))
		return;
	if (t->exit.written && t->in_handler) {
		t->arms_ahead++;
		return;
	}
	c->reason[t->exit.reason]++;
	if (t->exit.reason == RECORDED_EXIT_EXTERNAL_INTERRUPT) {
		c->apic_timer += (t->irqs & OBSERVED_IRQ_APIC_TIMER) != 0;
		c->tick += (t->irqs & (OBSERVED_IRQ_TICK | OBSERVED_IRQ_APIC_TIMER)) ==
			   OBSERVED_IRQ_TICK;
		c->other += (t->irqs & (OBSERVED_IRQ_TICK | OBSERVED_IRQ_APIC_TIMER)) == 0;
	}
	if (!t->exit.eoi)
		return;
	v->became.counts = *c;
	c->reason[RECORDED_EXIT_MSR_WRITE] += t->arms_ahead;
	t->arms_ahead = 0;
}

/* What the way from kvm_exit to kvm_entry took, by what it was for. */
static void sample_exit(struct observed_run *run, const struct observed_vcpu *v,
			const struct recorded_event *e)
{
	const struct exit_under_way *x = &v->tracker->exit;

	if (x->dirty)
		return;
	if (x->accepted) {
		if (x->injected)
			stretch(run,
				x->woken ? OBSERVED_WOKEN_ACCEPT_TO_ENTRY
					 : OBSERVED_ACCEPT_TO_ENTRY,
				x->accepted, e->stamp, e->cpu);
		return;
	}
	if (x->started)
		stretch(run, OBSERVED_START_TO_ENTRY, x->started, e->stamp, e->cpu);
	else if (x->eoi)
		stretch(run, OBSERVED_EOI, x->stamp, e->stamp, e->cpu);
	else if (x->rdmsr)
		stretch(run, OBSERVED_RDMSR, x->stamp, e->stamp, e->cpu);
	else if (x->reason == RECORDED_EXIT_CPUID)
		stretch(run, OBSERVED_CPUID, x->stamp, e->stamp, e->cpu);
	else if (x->reason == RECORDED_EXIT_IO_INSTRUCTION)
		stretch(run, OBSERVED_IO, x->stamp, e->stamp, e->cpu);
	else if (x->reason == RECORDED_EXIT_EXTERNAL_INTERRUPT)
		stretch(run, OBSERVED_INTERRUPT_TO_ENTRY, x->stamp, e->stamp, e->cpu);
}

static void kick_is_decided(struct observed_vcpu *v)
{
	struct observed_tracker *t = v->tracker;

	if (!t->remote_done || !t->exit.open)
		return;
	if (t->kicked)
		v->became.kicked++;
	else if (t->exit.stamp >= t->remote_done)
		v->became.not_kicked++;
	else
		return;
	t->remote_done = t->kicked = 0;
}

static void on_entry(struct observed_run *run, struct observed_vcpu *v,
		     const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	struct exit_under_way *x = &t->exit;

	if (x->open) {
		if (x->written)
			arm_is_complete(run, v, e);
		count_exit(v);
		sample_exit(run, v, e);
		kick_is_decided(v);
	}
	if (x->open && x->injected && t->injecting >= 0) {
		struct observed_outcome *o =
			&g_array_index(v->became.outcomes, struct observed_outcome, t->injecting);

		if (x->accepted) {
			o->entered = e->stamp;
			o->injected = true;
			t->in_handler = true;
			t->handler_exit_due = true;
		} else if (o->reinjected) {
			o->reentered = e->stamp;
		}
	}
	t->in_guest = true;
	t->entered = e->stamp;
	t->irqs = 0;
	t->blocked = false;
	t->wakeup = 0;
	t->cpu = e->cpu;
	*x = (struct exit_under_way){ 0 };
}

/* --- what happens within an exit --- */

static void timer_is_written(struct observed_vcpu *v, enum observed_timer timer, uint64_t value)
{
	struct exit_under_way *x = &v->tracker->exit;

	if (!x->open)
		return;
	x->written = true;
	x->timer = timer;
	x->value = value;
}

static void on_apic(struct observed_vcpu *v, const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;

	if (!e->apic.write)
		return;
	switch (e->apic.reg) {
	case RECORDED_REG_EOI:
		t->exit.eoi = true;
		t->in_handler = false;
		break;
	case RECORDED_REG_LVTT:
		v->did.has_mode = true;
		v->did.mode = (e->apic.value >> LVTT_MODE_SHIFT & 3) == 1 ? OBSERVED_PERIODIC
			      : (e->apic.value >> LVTT_MODE_SHIFT & 3)    ? OBSERVED_DEADLINE
									  : OBSERVED_ONESHOT;
		break;
	case RECORDED_REG_TMICT:
		timer_is_written(v,
				 v->did.mode == OBSERVED_PERIODIC ? OBSERVED_PERIODIC
								  : OBSERVED_ONESHOT,
				 e->apic.value);
		break;
	default: break;
	}
}

static void on_msr(struct observed_vcpu *v, const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;

	if (e->msr.write && e->msr.index == MSR_TSC_DEADLINE)
		timer_is_written(v, OBSERVED_DEADLINE, e->msr.data);
	if (!e->msr.write && e->msr.index >> 8 == X2APIC_MSRS) {
		t->exit.rdmsr = true;
		v->did.rdmsrs += t->in_handler;
	}
}

static void on_accept(struct observed_run *run, struct observed_vcpu *v,
		      const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	struct exit_under_way *x = &t->exit;

	if (!x->open || x->accepted)
		return;
	if (t->waiting < 0 && armed_once(v)) { /* it expired where it was armed */
		const struct observed_outcome o = { .arm = v->did.arms->len - 1 + x->written,
						    .cpu = e->cpu,
						    .vcpu_cpu = e->cpu,
						    .fired = e->stamp };

		g_array_append_val(v->became.outcomes, o);
		t->waiting = v->became.outcomes->len - 1;
	}
	t->injecting = t->waiting;
	t->waiting = -1;
	x->accepted = e->stamp;
	if (t->wakeup) {
		stretch(run, OBSERVED_WAKEUP_TO_ACCEPT, t->wakeup, e->stamp, e->cpu);
		x->woken = true;
		x->dirty = false;
	} else if (x->reason == RECORDED_EXIT_EXTERNAL_INTERRUPT && !x->dirty) {
		stretch(run, OBSERVED_INTERRUPT_TO_ACCEPT, x->stamp, e->stamp, e->cpu);
	}
}

static void on_wait(struct observed_run *run, struct observed_vcpu *v,
		    const struct recorded_event *e)
{
	struct observed_outcome *o;

	run->waits = true;
	if (v->tracker->injecting < 0)
		return;
	o = &g_array_index(v->became.outcomes, struct observed_outcome, v->tracker->injecting);
	o->has_delta = true;
	o->delta = observed_near(e->wait.delta);
}

static void in_vcpu(struct observed_run *run, struct observed_vcpu *v,
		    const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;

	v->did.last_seen = e->stamp;
	switch (e->kind) {
	case RECORDED_KVM_ENTRY: on_entry(run, v, e); break;
	case RECORDED_KVM_EXIT: on_exit_line(run, v, e); break;
	case RECORDED_KVM_MSR: on_msr(v, e); break;
	case RECORDED_KVM_APIC: on_apic(v, e); break;
	case RECORDED_KVM_EOI:
		t->exit.eoi = true;
		t->in_handler = false;
		break;
	case RECORDED_KVM_APIC_ACCEPT_IRQ: on_accept(run, v, e); break;
	case RECORDED_KVM_INJ_VIRQ:
		t->exit.injected = e->stamp;
		if (e->inject.reinjected && t->injecting >= 0)
			g_array_index(v->became.outcomes, struct observed_outcome, t->injecting)
				.reinjected = true;
		break;
	case RECORDED_KVM_WAIT_LAPIC_EXPIRE: on_wait(run, v, e); break;
	case RECORDED_KVM_USERSPACE_EXIT:
		if (t->exit.reason == RECORDED_EXIT_IO_INSTRUCTION && !t->exit.dirty)
			stretch(run, OBSERVED_IO_TO_USER, t->exit.stamp, e->stamp, e->cpu);
		break;
	case RECORDED_KVM_VCPU_WAKEUP:
		if (!e->wakeup.polled && t->blocked)
			stretch(run, OBSERVED_SWITCH_TO_WAKEUP, t->switched_in, e->stamp, e->cpu);
		t->wakeup = e->stamp;
		break;
	default: break;
	}
}

/* --- hrtimers --- */

static void tick_is_started(struct observed_run *run, struct cpu_state *cpu, uint64_t expires)
{
	const uint64_t before = cpu->tick_expires;

	cpu->tick_expires = expires;
	if (cpu->tick_now && expires > cpu->tick_now)
		run->tick_ahead_ns = MAX(run->tick_ahead_ns, expires - cpu->tick_now);
	if (before && expires > before && (!run->tick_ns || expires - before < run->tick_ns))
		run->tick_ns = expires - before;
}

static void on_start(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];
	const int by = vcpu_of_pid(run, e->pid);

	if (e->hrtimer.function == RECORDED_FN_TICK && cpu->in_timer_irq)
		tick_is_started(run, cpu, e->hrtimer.expires);
	else if (e->hrtimer.function == RECORDED_FN_TICK && !e->pid)
		cpu->tick_restarted = e->stamp;
	if (e->hrtimer.function != RECORDED_FN_APIC_TIMER_FN)
		return;
	if (cpu->in_timer_irq) { /* the next period */
		if (cpu->vcpu >= 0)
			run->vcpus[cpu->vcpu].tracker->expires = e->hrtimer.expires;
		return;
	}
	if (by < 0)
		return;

	struct observed_tracker *t = run->vcpus[by].tracker;

	remember_timer(run, e->hrtimer.timer, by);
	t->expires = e->hrtimer.expires;
	if (!t->exit.open)
		return;
	t->exit.expires = e->hrtimer.expires;
	t->exit.started = e->stamp;
	t->exit.mode = e->hrtimer.mode;
	if (!t->exit.dirty && t->exit.reason != RECORDED_EXIT_EXTERNAL_INTERRUPT)
		stretch(run, OBSERVED_WRITE_TO_START, t->exit.stamp, e->stamp, e->cpu);
}

static void expires_in(struct observed_run *run, int i, const struct recorded_event *e)
{
	struct observed_vcpu *v = &run->vcpus[i];
	struct observed_tracker *t = v->tracker;
	const struct cpu_state *cpu = &run->machine->cpus[e->cpu];
	const int64_t late = (int64_t)(e->hrtimer.now - t->expires);
	const struct observed_outcome o = {
		.arm = v->did.arms->len ? v->did.arms->len - 1 : 0,
		.cpu = e->cpu,
		.vcpu_cpu = t->cpu,
		.fired = e->stamp,
		.by_hrtimer = true,
	};

	if (e->pid == v->pid && t->in_guest)
		t->irqs |= OBSERVED_IRQ_APIC_TIMER;
	if (t->expires && cpu->callbacks == 1 && late >= 0 && late < LATE_NS) {
		if (e->pid == v->pid && t->in_guest)
			observed_sample_add(run, OBSERVED_EXPIRY_TO_CLOCK_GUEST, late, e->cpu);
		else if (e->pid == 0)
			observed_sample_add(run, OBSERVED_EXPIRY_TO_CLOCK_IDLE, late, e->cpu);
	}
	if (!armed_once(v))
		return;
	g_array_append_val(v->became.outcomes, o);
	if (t->waiting < 0)
		t->waiting = v->became.outcomes->len - 1;
}

/* Ticks expire at multiples of their period. */
static void tick_in_host_code(struct observed_run *run, const struct recorded_event *e, int vcpu)
{
	const uint64_t late = run->tick_ns ? e->hrtimer.now % run->tick_ns : LATE_NS;

	if (e->pid != 0 && !(vcpu >= 0 && run->vcpus[vcpu].tracker->in_guest) && late < LATE_NS &&
	    run->machine->cpus[e->cpu].callbacks == 1)
		observed_sample_add(run, OBSERVED_EXPIRY_TO_CLOCK_KERNEL, (int64_t)late, e->cpu);
}

static void on_expire_entry(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];
	const int64_t gap = observed_ns(&run->clock, e->stamp) - observed_instant(e->hrtimer.now);
	const int by = vcpu_of_pid(run, e->pid);

	cpu->callbacks++;
	cpu->function = e->hrtimer.function;
	cpu->entry_line = e->stamp;
	cpu->woke = false;
	cpu->vcpu = -1;
	run->clock_gap_min = MIN(run->clock_gap_min, gap);
	if (e->hrtimer.function == RECORDED_FN_APIC_TIMER_FN) {
		if (cpu->callbacks == 1) {
			observed_sample_add(run, OBSERVED_CLOCK_TO_LINE, gap, e->cpu);
			stretch(run, OBSERVED_IRQ_TO_LINE, cpu->irq_entry, e->stamp, e->cpu);
		}
		cpu->vcpu = owner_of_timer(run, e->hrtimer.timer);
		if (cpu->vcpu >= 0)
			expires_in(run, cpu->vcpu, e);
	} else if (e->hrtimer.function == RECORDED_FN_TICK) {
		run->cpus[e->cpu].ticks++;
		cpu->tick_now = e->hrtimer.now;
		if (!e->pid)
			cpu->idle_tick = e->stamp;
		tick_in_host_code(run, e, by);
		cpu->no_tick_since = e->stamp;
		run->tick_is_handler |= e->hrtimer.symbol.length > 4 &&
					memcmp(e->hrtimer.symbol.at, "tick_nohz", 9) == 0;
		if (run->tick_ns && e->hrtimer.now % run->tick_ns > run->tick_ns / 2)
			run->tick_off_grid++;
	}
	if (by >= 0 && run->vcpus[by].tracker->in_guest &&
	    e->hrtimer.function != RECORDED_FN_APIC_TIMER_FN)
		run->vcpus[by].tracker->irqs |= e->hrtimer.function == RECORDED_FN_TICK
							? OBSERVED_IRQ_TICK
							: OBSERVED_IRQ_OTHER;
}

static void on_expire_exit(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];

	cpu->exit_line = e->stamp;
	cpu->irq_exit = 0;
	cpu->apic_alone = cpu->callbacks == 1 && cpu->function == RECORDED_FN_APIC_TIMER_FN;
	if (cpu->function != RECORDED_FN_APIC_TIMER_FN || !cpu->entry_line)
		return;
	stretch(run, cpu->woke ? OBSERVED_CALLBACK_WAKES : OBSERVED_CALLBACK, cpu->entry_line,
		e->stamp, e->cpu);
	if (cpu->vcpu < 0)
		return;

	struct observed_tracker *t = run->vcpus[cpu->vcpu].tracker;

	if (t->in_guest && t->cpu != e->cpu) {
		t->remote_done = e->stamp;
		t->kicked = 0;
	}
}

static void on_timer_irq_exit(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];
	const int64_t left =
		observed_ns(&run->clock, e->stamp) - observed_ns(&run->clock, cpu->exit_line);

	cpu->irq_exit = e->stamp;
	if (cpu->apic_alone && left < LATE_NS)
		stretch(run, OBSERVED_CALLBACK_TO_IRQ_EXIT, cpu->exit_line, e->stamp, e->cpu);
	else if (cpu->callbacks == 1 && cpu->function == RECORDED_FN_TICK)
		stretch(run, OBSERVED_TICK_TO_IRQ_EXIT, cpu->entry_line, e->stamp, e->cpu);
	cpu->in_timer_irq = false;
	cpu->callbacks = 0;
}

/* The idle CPU went on to something else: did it stop its tick before? */
static void idle_tick_is_over(struct observed_run *run, uint32_t cpu, bool stopped)
{
	struct cpu_state *c = &run->machine->cpus[cpu];

	if (c->idle_tick && !stopped && !c->tick_stopped)
		run->cpus[cpu].tick_kept = c->idle_tick;
	c->tick_stopped |= stopped;
	c->idle_tick = 0;
}

/* --- interrupts and switches --- */

static void on_interrupt(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];
	const int by = vcpu_of_pid(run, e->pid);

	idle_tick_is_over(run, e->cpu, false);
	if (e->kind == RECORDED_RESCHEDULE_ENTRY)
		cpu->rescheduled = e->stamp;
	if (e->kind == RECORDED_LOCAL_TIMER_ENTRY) {
		cpu->in_timer_irq = true;
		cpu->irq_entry = e->stamp;
		cpu->callbacks = 0;
	}
	if (by < 0)
		return;

	struct observed_tracker *t = run->vcpus[by].tracker;

	if (!t->in_guest) {
		exit_is_dirty(&run->vcpus[by]);
	} else if (e->kind == RECORDED_RESCHEDULE_ENTRY) {
		t->irqs |= OBSERVED_IRQ_OTHER;
		if (t->remote_done && !t->kicked) {
			t->kicked = e->stamp;
			stretch(run, OBSERVED_KICK_TO_IRQ, t->remote_done, e->stamp, e->cpu);
		}
	}
	if (e->kind == RECORDED_RESCHEDULE_ENTRY && t->exit.open && t->remote_done)
		t->kicked = e->stamp; /* VMX: the handler runs after kvm_exit */
}

static void hog_may_begin(struct observed_run *run, const struct recorded_task *task, uint32_t cpu,
			  uint64_t stamp)
{
	struct computing c = { .pid = task->pid,
			       .hog = { .from = stamp, .cpu = cpu, .prio = task->prio } };

	if (!task->pid || computing_of(run, task->pid) >= 0 ||
	    run->machine->computing->len == COMPUTING_MAX)
		return;
	memcpy(c.hog.comm, task->comm.at, MIN(task->comm.length, sizeof(c.hog.comm) - 1));
	g_array_append_val(run->machine->computing, c);
}

/* A hog, if it computed for long. */
static void keep_hog(struct observed_run *run, const struct observed_hog *hog, uint64_t to)
{
	if (run->hogs->len < HOGS_MAX &&
	    observed_ns(&run->clock, to) - observed_ns(&run->clock, hog->from) >= HOG_NS)
		g_array_append_val(run->hogs, *hog);
}

/* It left its CPU by itself. */
static void hog_ends(struct observed_run *run, int32_t pid, uint64_t stamp)
{
	const int i = computing_of(run, pid);
	struct observed_hog hog;

	if (i < 0)
		return;
	hog = g_array_index(run->machine->computing, struct computing, i).hog;
	hog.to = stamp;
	keep_hog(run, &hog, stamp);
	g_array_remove_index(run->machine->computing, (guint)i);
}

static void vcpu_switched_out(struct observed_run *run, struct observed_vcpu *v,
			      const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	const bool runnable = e->sched.preempted || e->sched.prev_state == 'R';

	if (!runnable && t->exit.reason == RECORDED_EXIT_HLT && t->exit.open && !t->exit.dirty)
		stretch(run, OBSERVED_HLT_TO_SWITCH, t->exit.stamp, e->stamp, e->cpu);
	t->blocked = !runnable;
	t->left = true;
	/* What takes it away made it exit first. */
	t->left_at = t->exit.open && t->exit.reason == RECORDED_EXIT_EXTERNAL_INTERRUPT
			     ? t->exit.stamp
			     : e->stamp;
	exit_is_dirty(v);
}

static void vcpu_switched_in(struct observed_run *run, struct observed_vcpu *v,
			     const struct recorded_event *e)
{
	struct observed_tracker *t = v->tracker;
	const struct cpu_state *cpu = &run->machine->cpus[e->cpu];

	t->switched_in = e->stamp;
	if (t->blocked && cpu->apic_alone && cpu->woke && cpu->exit_line > t->left_at &&
	    e->sched.prev.pid == 0)
		stretch(run,
			cpu->tick_restarted > cpu->exit_line ? OBSERVED_CALLBACK_TO_SWITCH_TICK
							     : OBSERVED_CALLBACK_TO_SWITCH,
			cpu->exit_line, e->stamp, e->cpu);
	if (t->left && t->cpu != e->cpu && v->did.moves->len < MOVES_MAX) {
		const struct observed_move move = { t->left_at, e->cpu };

		g_array_append_val(v->did.moves, move);
	}
	t->cpu = e->cpu;
	t->left = false;
}

static void on_switch(struct observed_run *run, const struct recorded_event *e)
{
	const int prev = vcpu_of_pid(run, e->sched.prev.pid);
	const int next = vcpu_of_pid(run, e->sched.next.pid);
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];

	idle_tick_is_over(run, e->cpu, false);
	if (prev >= 0)
		vcpu_switched_out(run, &run->vcpus[prev], e);
	else if (!e->sched.preempted && e->sched.prev_state != 'R')
		hog_ends(run, e->sched.prev.pid, e->stamp);
	if (next >= 0)
		vcpu_switched_in(run, &run->vcpus[next], e);
	else
		hog_may_begin(run, &e->sched.next, e->cpu, e->stamp);
	cpu->pid = e->sched.next.pid;
	cpu->no_tick_since = e->stamp;
}

/* How long somebody ran here without a tick: on a CPU that is not in nohz_full not long. */
static void watch_ticks(struct observed_run *run, const struct recorded_event *e)
{
	struct cpu_state *cpu = &run->machine->cpus[e->cpu];

	if (cpu->pid != e->pid) { /* before the first switch, or switches are not traced */
		const struct recorded_task task = { e->comm, e->pid, 120 };

		if (cpu->pid < 0 && vcpu_of_pid(run, e->pid) < 0)
			hog_may_begin(run, &task, e->cpu, e->stamp);
		cpu->pid = e->pid;
		cpu->no_tick_since = e->stamp;
	}
	if (e->pid && cpu->no_tick_since) {
		const int64_t gap = observed_ns(&run->clock, e->stamp) -
				    observed_ns(&run->clock, cpu->no_tick_since);

		if (gap > (int64_t)run->cpus[e->cpu].tick_gap_ns)
			run->cpus[e->cpu].tick_gap_ns = (uint64_t)gap;
	}
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

/* By whoever sets the vCPU up, mostly before it runs; later it tells on. */
static void tsc_offset_is_set(struct observed_run *run, uint32_t id, uint64_t value)
{
	run->machine->offsets[id] = (struct tsc_offset){ true, value };
	for (unsigned i = 0; i < run->n_vcpus; i++)
		if (run->vcpus[i].id == id && !armed_once(&run->vcpus[i])) {
			run->vcpus[i].did.has_offset = true;
			run->vcpus[i].did.tsc_offset = value;
		}
}

void observed_run_event(struct observed_run *run, const struct recorded_event *e)
{
	struct observed_vcpu *v;

	if (e->kind == RECORDED_LOST) /* no stretch over a hole */
		for (unsigned i = 0; i < run->n_vcpus; i++)
			exit_is_dirty(&run->vcpus[i]);
	if (e->kind == RECORDED_LOST || e->kind == RECORDED_BUFFER_STARTED ||
	    e->cpu >= OBSERVED_CPUS_MAX)
		return;
	run->digest = mixed(mixed(mixed(run->digest, e->stamp), (uint64_t)e->kind << 32 | e->cpu),
			    (uint32_t)e->pid);
	run->n_cpus = MAX(run->n_cpus, e->cpu + 1);
	run->last = MAX(run->last, e->stamp);
	watch_ticks(run, e);
	v = vcpu_of(run, e);
	if (v)
		in_vcpu(run, v, e);
	if (e->kind == RECORDED_KVM_WRITE_TSC_OFFSET && e->tsc_offset.vcpu < OBSERVED_VCPUS_MAX)
		tsc_offset_is_set(run, e->tsc_offset.vcpu, e->tsc_offset.next);
	switch (e->kind) {
	case RECORDED_HRTIMER_START: on_start(run, e); break;
	case RECORDED_HRTIMER_EXPIRE_ENTRY: on_expire_entry(run, e); break;
	case RECORDED_HRTIMER_EXPIRE_EXIT: on_expire_exit(run, e); break;
	case RECORDED_LOCAL_TIMER_EXIT: on_timer_irq_exit(run, e); break;
	case RECORDED_LOCAL_TIMER_ENTRY:
	case RECORDED_RESCHEDULE_ENTRY:
	case RECORDED_CALL_FUNCTION_ENTRY:
	case RECORDED_CALL_FUNCTION_SINGLE_ENTRY:
	case RECORDED_IRQ_WORK_ENTRY:
	case RECORDED_EXTERNAL_INTERRUPT_ENTRY: on_interrupt(run, e); break;
	case RECORDED_RESCHEDULE_EXIT:
		stretch(run, OBSERVED_RESCHEDULE, run->machine->cpus[e->cpu].rescheduled, e->stamp,
			e->cpu);
		break;
	case RECORDED_SCHED_SWITCH: on_switch(run, e); break;
	case RECORDED_TICK_STOP:
		if (!e->pid && e->tick_stop.success)
			idle_tick_is_over(run, e->cpu, true);
		break;
	case RECORDED_SCHED_WAKING:
		if (vcpu_of_pid(run, e->waking.task.pid) >= 0)
			run->machine->cpus[e->cpu].woke = true;
		break;
	default: break;
	}
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct observed_hog *one = a, *two = b;

	if (one->from != two->from)
		return one->from < two->from ? -1 : 1;
	return one->cpu < two->cpu ? -1 : one->cpu > two->cpu;
}

void observed_run_end(struct observed_run *run)
{
	for (guint i = 0; i < run->machine->computing->len; i++)
		keep_hog(run, &g_array_index(run->machine->computing, struct computing, i).hog,
			 run->last);
	g_array_sort(run->hogs, by_time); /* a CPU begins to run one task at a time */
}
