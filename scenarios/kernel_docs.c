/* SPDX-License-Identifier: MIT */
#include "kernel_docs.h"

#include "report.h"

#include <string.h>

#define DECISIONS_MAX 16

struct section {
	const char *title;
	const char *text;                     /* Markdown */
	const char *decisions[DECISIONS_MAX]; /* NULL-terminated */
};

/* clang-format off */
static const char introduction[] =
"# The kernel's timer path, and what was decided differently over time\n"
"\n"
"Written by `lapicsim docs kernel > docs/kernel.md`: the text and the tables are part of the\n"
"program. For whoever reads `arch/x86/kvm/lapic.c` and wants to know which of its lines the\n"
"simulator repeats, since when, and by whose commit.\n"
"\n"
"A **decision** is a point at which the kernel did one thing in one release and another in\n"
"the next. A **form** is one of these ways; in the models it is a pure function or a value in\n"
"a table (`models/history/`). A kernel is one form of each decision: `kernel: v5.2` takes the\n"
"newest form of every one that is not younger than v5.2, `apply:`, `revert:` and `forms:`\n"
"change some of them. `lapicsim list kernels` prints the same tables, `lapicsim history FILE`\n"
"runs a scenario over all of them.\n"
"\n"
"How to read the tables:\n"
"\n"
"* **releases**: first and last mainline release with the form. *first*: it was there before\n"
"  v4.0, the oldest kernel that can be chosen. A question mark behind the last one: the\n"
"  release of the next form is not certain.\n"
"* **known**: how the first release is known. *read*: in the source on both sides of the\n"
"  change, or at the commit. *inferred*: from dates, or from its presence and absence in\n"
"  releases near by. *at the latest*: the named release is the first one read that has it.\n"
"  *recalled*: from memory, not checked. *in no release*: posted, or made for a test.\n"
"* **commit**: a dash says that the commit is not identified. A title without a commit says\n"
"  that the id was not found.\n"
"* A form called `none` stands for the time before there was anything to decide.\n"
"\n"
"What the models leave out is said in [model-limits.md](model-limits.md), section by section.\n";

static const struct section sections[] = {
	{ "Starting the software timer",
"The guest writes a deadline (IA32_TSC_DEADLINE) or a count (TMICT). The write is an exit.\n"
"KVM turns what was written into an instant of CLOCK_MONOTONIC and starts an hrtimer, unless\n"
"the VMX preemption timer takes the job (below).\n"
"\n"
"For a deadline both clocks are read together, with interrupts off: what is left in guest\n"
"cycles becomes ns by way of `virtual_tsc_khz`, the rate that KVM believes the guest has; the\n"
"advance (below) is taken off; the result is added to the time. The product of cycles and\n"
"10^6 is taken modulo 2^64, so a deadline more than 2^64/10^6 cycles ahead comes too soon. A\n"
"deadline that has passed expires at once, without a timer.\n"
"\n"
"The hrtimer is absolute and has no slack. Whether it may leave the CPU that starts it is its\n"
"mode, and the cause of the first bug that this program was written for: up to v4.5 nothing\n"
"pinned it. From v5.3 on it is not pinned either; but by then an expiry kicks the vCPU. The\n"
"two belong together: one commit made both.\n"
"\n"
"When the vCPU's thread has moved to another CPU, the next entry cancels the timer and, if it\n"
"was queued, starts it again with the same expiry, in the same mode, from the new CPU.\n",
	  { "mode", "migrate", "late_deadline", "late_count", "sw_start" } },

	{ "Which CPU: nohz_full and the hrtimer's queue",
"`hrtimer_start()` without pinning asks for a target CPU. A housekeeping CPU that is busy\n"
"keeps its timers. An idle CPU looks for a busy one near by, so as not to be woken. A\n"
"nohz_full CPU has to give them away, from v4.3 on: that is the change which made the\n"
"unpinned lapic timer a bug. Before, a CPU that ran a vCPU was busy, and busy CPUs kept their\n"
"timers.\n"
"\n"
"The target may still refuse. Its clock-event device cannot be programmed from elsewhere, so\n"
"a timer may go there only if it is not the first to expire; if it is, it stays with the CPU\n"
"that starts it. The next event of a housekeeping CPU is its next tick, at most 1/HZ away: a\n"
"long timer moves, a short one often stays. Hence the share p*HZ for periods p below 1/HZ.\n"
"\n"
"A timer that is queued remotely reprograms nothing. A callback that runs keeps its queue,\n"
"and a callback that restarts its own timer leaves it where it fired; so a periodic lapic\n"
"timer that once moved stays there until the guest writes it anew or the vCPU moves.\n",
	  { "nohz_target", "any_housekeeping", "housekeeping", "remote_check", "restart_local", "forward" } },

	{ "Ticks",
"A CPU's tick is an hrtimer among others. An idle CPU stops it, and starts it again on its\n"
"way out of idle, which a guest that halted waits for. The timekeeper does not stop it\n"
"as long as any CPU is nohz_full: the housekeeping CPU's queue therefore always has an event\n"
"within one tick. A nohz_full CPU stops its tick while it runs one task. What remains of it\n"
"matters to a guest that never exits: the residual tick is the last thing that could let a\n"
"forgotten interrupt in.\n",
	  { "residual_tick", "idle_tick" } },

	{ "Expiry, and who is told",
"`apic_timer_fn()` runs in the hrtimer interrupt of the CPU on whose queue the timer was. If\n"
"an expiry is pending already it does nothing: two expiries before one delivery are one.\n"
"Otherwise it marks one as pending, raises a request on the vCPU, and wakes the thread if it\n"
"sleeps in HLT. Up to v5.2 that is all, under the assumption that this is the vCPU's own CPU:\n"
"there the interrupt itself has just ended guest mode. On another CPU nothing ends it, and a\n"
"busy guest sees its timer at its next exit for another reason. A halted guest is woken from\n"
"anywhere and not late.\n"
"\n"
"A kick sends an IPI only to a vCPU in guest mode. One outside needs none: the request\n"
"cancels its next entry.\n",
	  { "notify", "kick", "request" } },

	{ "Posted timer interrupts and fast paths",
"With APICv the callback can put the vector where the hardware finds it, and the guest takes\n"
"it without an exit. This is meant for hosts with housekeeping CPUs: the timer fires there\n"
"and the vCPU's CPU is never disturbed. It switches the preemption timer off and needs the\n"
"unpinned mode. What is left of the advance is then waited for in the callback, on the\n"
"housekeeping CPU, with interrupts off. kvm.pi_inject_timer says who posts; -1 becomes, when the\n"
"module is loaded, whether there are nohz_full CPUs.\n"
"\n"
"A vCPU in guest mode is told by a notification that its hardware takes; one that is elsewhere\n"
"finds the vector at its next entry. An expiry found in the vCPU's own context needs neither.\n"
"\n"
"From v5.8 on some exits are handled before the run loop is reached, and the vCPU is entered\n"
"again at once.\n",
	  { "post", "post_allowed", "post_ipi", "direct", "fastpath" } },

	{ "The loop edge, injection and the entry",
"A pending expiry becomes an interrupt on the loop edge: after an exit is handled and before\n"
"the next entry. There the vector is accepted, the deadline cleared, the pending mark too.\n"
"Then interrupts go off, the vCPU's mode becomes IN_GUEST_MODE, and everything that could\n"
"speak against entering is looked at once more: requests, a kick, a reschedule. What comes\n"
"later than this look is an IPI that waits for the end of the entry and ends guest mode at\n"
"once, or, without a kick, nothing that anybody sees. This last point has one form in all\n"
"releases modelled, and is no decision here.\n",
	  { NULL } },

	{ "The advance and the wait",
"The way from the expiry to the guest takes time. From v4.0 on the timer may be started so\n"
"much earlier, by `lapic_timer_advance_ns`; the deadline is remembered as owed, and the entry\n"
"that injects waits for whatever is left of it. That wait spins with interrupts off, right\n"
"before VM-entry.\n"
"\n"
"Its length comes from the guest's clock and is spent on the host's. Where a guest runs at\n"
"another TSC rate the two were confused up to v5.0: the wait is off by the ratio of the\n"
"rates. Up to v4.7 it had no bound, and a guest that moves its TSC can make the host spin for\n"
"as long as it likes.\n"
"\n"
"Only TSC deadlines are advanced in software. From v4.18 on the preemption timer is advanced\n"
"in every mode, while the wait was owed for deadlines only: one-shot and periodic timers came\n"
"early by the advance, until both `owed` and `hv_fire` were changed.\n",
	  { "owed", "owed_order", "wait_call", "wait_site", "wait_test", "wait_length", "wait_order", "wait_trace" } },

	{ "The tuner",
"From v4.20 on KVM measures the error of each wait (how early or late the guest TSC is,\n"
"before the wait) and corrects the advance by it. At first there is one value for all vCPUs\n"
"of all VMs, changed without a lock, with no upper bound, frozen for ever by the first error\n"
"below 100 cycles on any of them; late samples include time that has nothing to do with the\n"
"path, such as the guest's interrupts-off time. The series \"KVM: lapic: Fix a variety of\n"
"timer adv issues\" and what followed are the rows below.\n"
"\n"
"A step is a signed error turned into ns: at most an eighth of the advance (up to v5.3), an\n"
"eighth of the error (from v5.4 on). All of it is u32 arithmetic and may wrap; the forms wrap\n"
"alike.\n",
	  { "tune", "tune_sign", "tune_gate", "advance_scope", "param" } },

	{ "The VMX preemption timer",
"A 32-bit counter of the CPU that runs down in guest mode alone, one step every 2^m TSC\n"
"cycles, and exits at 0. It spares the host interrupt. KVM computes the deadline in host\n"
"cycles when the timer is started and loads the rest at every entry; what does not fit, or\n"
"what the forms refuse, falls back to the hrtimer. The count is rounded down, so it fires\n"
"early by up to two steps.\n"
"\n"
"The counter stands still outside guest mode: before a halt the timer is moved to an hrtimer,\n"
"and back afterwards; a vCPU that is preempted notices its deadline at the next entry. How\n"
"these moves deal with an expiry that is pending, or with a deadline that is due, is most of\n"
"the rows below. AMD hosts have no such timer.\n",
	  { "hv_modes", "hv_refuse", "hv_advance", "hv_divide", "hv_due", "hv_off", "hv_zero", "hv_start", "rearm",
	    "hv_fire", "hv_fire_idle", "to_hv", "to_hv_when", "to_sw", "load_hv" } },

	{ "One-shot and periodic mode",
"A count becomes a period: TMICT times the bus cycle (1 ns) times the divider. TMCCT is\n"
"computed when it is read, from what is left to the target modulo the period: right after the\n"
"start of a count it reads 0. Counts are not advanced in software.\n"
"\n"
"A periodic timer is moved on by one period at each expiry. Up to v4.9 only the hrtimer's\n"
"expiry is kept. From v4.10 on there are two: a target in ns for the hrtimer and a deadline\n"
"in guest cycles for the preemption timer. Adding a rounded period to each lets them drift\n"
"apart; deriving one from the other went wrong when the target was in the past; and a timer\n"
"that was stopped for long caught up period by period. Periods are not allowed below\n"
"`min_timer_period_us`.\n",
	  { "target", "advance_target", "count_zero", "count_cancel", "min_period", "clamp", "bus_cycle" } },

	{ "The other registers",
"The divider, the mode in LVTT and the deadline itself can change while a timer runs.\n",
	  { "divide", "divide_store", "mode_switch", "deadline_write", "deadline_read" } },

	{ "Save and restore",
"`KVM_GET_LAPIC` and `KVM_SET_LAPIC` carry the registers to another process or host; a\n"
"running count is in them or not, by release. The deadline is an MSR of its own, in guest\n"
"cycles: it survives if the TSC rate, the TSC and the LAPIC are restored before it, in that\n"
"order, and is ignored if the mode is not yet set.\n",
	  { "save", "restore", "restore_cancel", "restore_apicv" } },

	{ "TSC",
"The guest's TSC is the host's times a ratio plus an offset. A guest rate within\n"
"`tsc_tolerance_ppm` of the host's is not scaled at all, although KVM goes on computing with\n"
"the rate that was asked for: its software deadlines are off by up to that. Without hardware\n"
"scaling a faster guest is made to catch up at exits, and a slower one is refused. A ratio\n"
"that does not fit is refused, and then the guest runs at another rate than it is told.\n",
	  { "ratio_refuse", "khz_zero", "tsc_match" } },

	{ "Halt polling",
"A vCPU that halts first polls for a while, in case something comes soon: a timer that fires\n"
"then costs no wake-up. How long, it learns from its past halts.\n",
	  { "halt_value", "halt_decide", "halt_grow", "halt_shrink", "halt_stop", "halt_defaults" } },
};
/* clang-format on */

/* --- releases --- */

/* The last release before @release: v4.20 came before v5.0, and v5.19 before v6.0. */
static uint32_t release_before(uint32_t release)
{
	switch (release) {
	case KERNEL_RELEASE(5, 0): return KERNEL_RELEASE(4, 20);
	case KERNEL_RELEASE(6, 0): return KERNEL_RELEASE(5, 19);
	default: return release - 1;
	}
}

static const struct variant *next_in_time(const struct kernel_decision *d, size_t i)
{
	while (++i < kernel_rows(d))
		if (kernel_row(d, i)->known != KNOWN_NEVER)
			return kernel_row(d, i);
	return NULL;
}

void append_form_releases(GString *out, const struct kernel_decision *d, size_t i)
{
	const struct variant *v = kernel_row(d, i);
	const struct variant *next = v->known == KNOWN_NEVER ? NULL : next_in_time(d, i);

	if (v->known == KNOWN_NEVER) {
		g_string_append(out, known_name(v->known));
		return;
	}
	if (v->since == KERNEL_FIRST && next && next->since <= KERNEL_RELEASE_MIN) {
		g_string_append(out, "before ");
		append_release(out, KERNEL_RELEASE_MIN);
		return;
	}
	if (v->since == KERNEL_FIRST)
		g_string_append(out, "first");
	else
		append_release(out, v->since);
	if (!next) {
		g_string_append(out, " -");
		return;
	}
	if (v->since != release_before(next->since)) {
		g_string_append(out, " - ");
		append_release(out, release_before(next->since));
	}
	if (next->known != KNOWN_READ)
		g_string_append_c(out, '?');
}

/* --- tables --- */

/* In a cell of a table a bar would end it. */
static void append_cell(GString *out, const char *text)
{
	for (; *text; text++)
		g_string_append_printf(out, *text == '|' ? "\\%c" : "%c", *text);
}

void append_form_commit(GString *out, const struct kernel_decision *d, const struct variant *v)
{
	const struct commit *c = commit_of_form(d, v);

	g_string_append(out, v->commit ? v->commit : "-");
	if (c && c->subject && (v->commit || !c->id))
		g_string_append_printf(out, " %s", c->subject);
	else if (c && !v->commit && c->id)
		g_string_append_printf(out, " (with %s)", c->id);
	if (c && c->note)
		g_string_append_printf(out, " (%s)", c->note);
}

static void append_commit(GString *out, const struct kernel_decision *d, const struct variant *v)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_form_commit(text, d, v);
	append_cell(out, text->str);
}

static void append_decision(GString *out, const struct kernel_decision *d)
{
	g_string_append_printf(out, "\n**%s**: %s, `%s`\n\n", d->name, d->what, d->where);
	g_string_append(out, "| form | releases | known | commit | effect |\n"
			     "| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < kernel_rows(d); i++) {
		const struct variant *v = kernel_row(d, i);

		g_string_append_printf(out, "| `%s` | ", v->name);
		append_form_releases(out, d, i);
		g_string_append_printf(out, " | %s | ",
				       v->known == KNOWN_NEVER ? "-" : known_name(v->known));
		append_commit(out, d, v);
		g_string_append(out, " | ");
		append_cell(out, v->effect);
		g_string_append(out, " |\n");
	}
}

static bool placed(const char *decision)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		for (size_t k = 0; k < DECISIONS_MAX && sections[i].decisions[k]; k++)
			if (g_str_equal(sections[i].decisions[k], decision))
				return true;
	return false;
}

void kernel_docs(GString *out)
{
	const struct kernel_decision *decisions;
	const size_t n = kernel_decisions(&decisions);
	bool others = false;

	g_string_append(out, introduction);
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		g_string_append_printf(out, "\n## %s\n\n%s", sections[i].title, sections[i].text);
		for (size_t k = 0; k < DECISIONS_MAX && sections[i].decisions[k]; k++)
			for (size_t d = 0; d < n; d++)
				if (g_str_equal(decisions[d].name, sections[i].decisions[k]))
					append_decision(out, &decisions[d]);
	}
	for (size_t d = 0; d < n; d++) {
		if (placed(decisions[d].name))
			continue;
		if (!others)
			g_string_append(out, "\n## Other decisions\n");
		others = true;
		append_decision(out, &decisions[d]);
	}
}
