/* SPDX-License-Identifier: MIT */
#include "commits.h"

#include <string.h>

#define V(major, minor) KERNEL_RELEASE(major, minor)

/* clang-format off */
static const struct commit commits[] = {
	{ "d4acf7e7abe4", "KVM: Fix race between timer migration and vcpu migration",
	  KERNEL_FIRST, KNOWN_READ, NULL, NULL },
	{ "d0659d946be0", "KVM: x86: add option to advance tscdeadline hrtimer expiration",
	  V(4, 0), KNOWN_RECALLED, NULL, NULL },
	{ "9642d18eee2c", "nohz: Affine unpinned timers to housekeepers",
	  V(4, 3), KNOWN_READ, NULL, NULL },
	{ "61abdbe0bcc2", "kvm: x86: make lapic hrtimer pinned",
	  V(4, 6), KNOWN_READ, NULL, NULL },
	{ "313f636d5c49", NULL,
	  V(4, 6), KNOWN_RECALLED, NULL, "its subject was not found" },
	/* What the preemption timer's first forms are called was fixed when it came. */
	{ "64672c95ea4c", "kvm: vmx: hook preemption timer support",
	  V(4, 8), KNOWN_RECALLED,
	  "hv_divide.always hv_off.bit_at_set hv_zero.arm hv_start.bool rearm.in_hv "
	  "hv_fire.cancel_expire hv_fire_idle.warn to_hv.hv_only to_hv_when.always "
	  "to_sw.stop_pending load_hv.set",
	  "v4.8 and v4.9 were not read" },
	{ "ce7a058a2117", "KVM: x86: support using the vmx preemption timer for tsc deadline timer",
	  V(4, 8), KNOWN_RECALLED, NULL, NULL },
	{ "b606f189c7", "KVM: LAPIC: cap __delay at lapic_timer_advance_ns",
	  V(4, 8), KNOWN_RECALLED, NULL, NULL },
	{ "444969223c8", "sched/nohz: Fix affine unpinned timers mess",
	  V(4, 9), KNOWN_AT_LATEST, NULL, "came between v4.4 and v4.9" },
	{ "8003c9ae204e",
	  "KVM: LAPIC: add APIC Timer periodic/oneshot mode VMX preemption timer support",
	  V(4, 10), KNOWN_READ, NULL, NULL },
	{ "c301b909e4b9", "KVM: LAPIC: Apply change to TDCR right away to the timer",
	  V(4, 15), KNOWN_RECALLED, NULL, NULL },
	{ "ecf08dad723d", "KVM: x86: remove APIC Timer periodic/oneshot spikes",
	  V(4, 17), KNOWN_RECALLED, NULL, "that it made this form is recalled" },
	{ "d8f2f498d9ed", "x86/kvm: fix LAPIC timer drift when guest uses periodic mode",
	  V(4, 18), KNOWN_RECALLED, NULL, NULL },
	{ "c5ce8235cffa", "KVM: VMX: Optimize tscdeadline timer latency",
	  V(4, 18), KNOWN_INFERRED, "hv_start.bounce sw_start.cancel_test to_hv.rearm",
	  NULL },
	{ "3b8a5df6c4dc", "KVM: LAPIC: Tune lapic_timer_advance_ns automatically",
	  V(4, 20), KNOWN_READ, "tune_sign.unsigned", NULL },
	{ "c09d65d9eab6",
	  "KVM: x86: Consider LAPIC TSC-Deadline timer expired if deadline too short",
	  V(5, 1), KNOWN_INFERRED, NULL, NULL },
	{ "57bf67e73ce9",
	  "KVM: lapic: Disable timer advancement if adaptive tuning goes haywire",
	  V(5, 1), KNOWN_INFERRED, NULL, NULL },
	{ "39497d7660d9", "KVM: lapic: Track lapic timer advance per vCPU",
	  V(5, 1), KNOWN_INFERRED, NULL, NULL },
	{ "c3941d9e0ccd",
	  "KVM: lapic: Allow user to disable adaptive tuning of timer advancement",
	  V(5, 1), KNOWN_INFERRED, NULL, NULL },
	{ "b6aa57c69cb2", "KVM: lapic: Convert guest TSC to host time domain if necessary",
	  V(5, 1), KNOWN_INFERRED, NULL, NULL },
	{ "ee66e453db13", "KVM: lapic: Busy wait for timer to expire when using hv_timer",
	  V(5, 2), KNOWN_READ, NULL, NULL },
	{ NULL, "KVM: lapic: Clean up the code for handling of a pre-expired hv_timer",
	  V(5, 2), KNOWN_READ, "hv_start.expire_cancel rearm.first hv_due.flag",
	  "posted as one patch under this title, merged as three" },
	{ NULL, "KVM: VMX: Skip delta_tsc shift-and-divide if the dividend is zero",
	  V(5, 2), KNOWN_READ, "hv_divide.skip_zero", NULL },
	{ "0e6edceb8f18", "KVM: LAPIC: Fix lapic_timer_advance_ns parameter overflow",
	  V(5, 2), KNOWN_READ, NULL,
	  "made no form: only how the parameter is shown and written by user space" },
	{ "84ea3acaa01f", "KVM: LAPIC: Extract adaptive tune timer advancement logic",
	  V(5, 3), KNOWN_READ, NULL, NULL },
	{ NULL, "KVM: LAPIC: Delay trace_kvm_wait_lapic_expire tracepoint to after vmexit",
	  V(5, 3), KNOWN_READ, "wait_trace.after_exit", NULL },
	{ NULL, "KVM: LAPIC: Optimize timer latency further",
	  V(5, 3), KNOWN_READ, "wait_site.world_switch", NULL },
	{ NULL, "KVM: LAPIC: Retry tune per-vCPU timer_advance_ns if adaptive tuning goes insane",
	  V(5, 3), KNOWN_READ, "tune.eighth_retry", NULL },
	{ "4d151bf3b89e", "KVM: LAPIC: Make lapic timer unpinned",
	  V(5, 3), KNOWN_READ, NULL, NULL },
	{ "0c5f81dad46c", "KVM: LAPIC: Inject timer interrupt via posted interrupt",
	  V(5, 3), KNOWN_READ, NULL, NULL },
	{ "2c0d278f3293", "KVM: LAPIC: Mark hrtimer to expire in hard interrupt context",
	  V(5, 4), KNOWN_READ, NULL, NULL },
	{ NULL, "KVM: LAPIC: Tune lapic_timer_advance_ns smoothly",
	  V(5, 4), KNOWN_READ, "tune.smooth tune_gate.dynamic_module", NULL },
	{ NULL, "KVM: LAPIC: Also cancel preemption timer when disarm LAPIC timer",
	  V(5, 7), KNOWN_INFERRED, "mode_switch.cancel_both", NULL },
	{ "24647e0a39b6",
	  "KVM: x86: Return updated timer current count register from KVM_GET_LAPIC",
	  V(5, 8), KNOWN_AT_LATEST, NULL, "came between v5.5 and v5.8" },
	{ NULL, "sched/nohz: Optimize get_nohz_timer_target()",
	  V(5, 8), KNOWN_AT_LATEST, "nohz_target.housekeeping_scan", NULL },
	{ "379a3c8ee444", "KVM: VMX: Optimize posted-interrupt delivery for timer fastpath",
	  V(5, 8), KNOWN_READ, NULL, NULL },
	{ "ae95f566b3d2", "KVM: X86: TSCDEADLINE MSR emulation fastpath",
	  V(5, 8), KNOWN_READ, NULL, NULL },
	{ "26efe2fd92e5", "KVM: VMX: Handle preemption timer fastpath",
	  V(5, 8), KNOWN_READ, NULL, NULL },
	{ "010fd37fddf6", "KVM: LAPIC: Reduce world switch latency caused by timer_advance_ns",
	  V(5, 10), KNOWN_READ, NULL, NULL },
	{ "beda430177f5",
	  "KVM: x86: Ensure deadline timer has truly expired before posting its IRQ",
	  V(5, 12), KNOWN_INFERRED, NULL, NULL },
	{ "084071d5e922", "KVM: rename KVM_REQ_PENDING_TIMER to KVM_REQ_UNBLOCK",
	  V(5, 13), KNOWN_INFERRED, NULL, NULL },
	{ "d981dd15498b",
	  "KVM: LAPIC: Accurately guarantee busy wait for timer to expire when using hv_timer",
	  V(5, 13), KNOWN_INFERRED, NULL, NULL },
	{ "9805cf03fdb6",
	  "KVM: LAPIC: Narrow the timer latency between wait_lapic_expire and world switch",
	  V(5, 13), KNOWN_INFERRED, NULL, NULL },
	{ "262de4102c7b", "kvm: exit halt polling on need_resched() as well",
	  V(5, 13), KNOWN_INFERRED, NULL, NULL },
	{ "627ef5ae2df8",
	  "hrtimer: Avoid double reprogramming in __hrtimer_start_range_ns()",
	  V(5, 15), KNOWN_INFERRED, NULL, NULL },
	{ "35fe7cfbab2e", "KVM: LAPIC: Also cancel preemption timer during SET_LAPIC",
	  V(5, 16), KNOWN_INFERRED, NULL, NULL },
	{ "98c25ead5eda", "KVM: VMX: Move preemption timer <=> hrtimer dance to common x86",
	  V(5, 17), KNOWN_INFERRED, NULL, NULL },
	{ NULL,
	  "KVM: LAPIC: Enable timer posted-interrupt only when mwait/hlt is advertised",
	  V(5, 17), KNOWN_INFERRED, "post_allowed.apicv_idle_exits_off", "v5.17 or v5.18" },
	{ "8e6ed96cdd50",
	  "KVM: x86: fire timer when it is migrated and expired, and in oneshot mode",
	  V(6, 3), KNOWN_INFERRED, NULL, NULL },
	{ "9cfec6d097c6", "KVM: x86: Fix lapic timer interrupt lost after loading a snapshot.",
	  V(6, 6), KNOWN_INFERRED, NULL, NULL },
	{ "89a58812c47f",
	  "KVM: x86: Drop support for hand tuning APIC timer advancement from userspace",
	  V(6, 11), KNOWN_INFERRED, NULL, NULL },
	{ NULL,
	  "KVM: x86: Fix VM hard lockup after prolonged inactivity with periodic HV timer",
	  V(6, 19), KNOWN_INFERRED, "advance_target.resync_floor", NULL },
};
/* clang-format on */
#define N_COMMITS (sizeof(commits) / sizeof(commits[0]))

size_t commits_all(const struct commit **ret)
{
	*ret = commits;
	return N_COMMITS;
}

const struct commit *commit_by_id(const char *id)
{
	const size_t length = strcspn(id, ",");

	for (size_t i = 0; i < N_COMMITS; i++)
		if (commits[i].id && strlen(commits[i].id) == length &&
		    memcmp(commits[i].id, id, length) == 0)
			return &commits[i];
	return NULL;
}

/* Is "decision.form" one of the words of @forms? */
static bool lists(const char *forms, const char *decision, const char *form)
{
	const size_t d = strlen(decision), f = strlen(form);

	for (const char *word = forms; word; word = strchr(word, ' ')) {
		word += *word == ' ';
		if (strcspn(word, " ") == d + 1 + f && memcmp(word, decision, d) == 0 &&
		    word[d] == '.' && memcmp(word + d + 1, form, f) == 0)
			return true;
	}
	return false;
}

const struct commit *commit_of_form(const struct kernel_decision *d, const struct variant *v)
{
	size_t found = N_COMMITS; /* none */

	/* A name may come back in a later release: the release tells them apart. */
	for (size_t i = 0; !v->commit && i < N_COMMITS; i++)
		if (commits[i].since == v->since && lists(commits[i].forms, d->name, v->name))
			return &commits[i];
	for (const char *id = v->commit; id; id = strchr(id, ',')) {
		id += *id == ',';
		const struct commit *row = commit_by_id(id);
		const size_t c = row ? (size_t)(row - commits) : N_COMMITS;

		if (c < found)
			found = c;
	}
	return found == N_COMMITS ? NULL : &commits[found];
}
