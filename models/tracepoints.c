/* SPDX-License-Identifier: MIT */
#include "tracepoints.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
/* VMX names, then SVM's: one SVM reason serves both MSR directions. Order of enum exit_reason. */
static const char *const reasons[] = {
	"EXTERNAL_INTERRUPT", "INTERRUPT_WINDOW", "CPUID", "HLT", "IO_INSTRUCTION", "MSR_READ",
	"MSR_WRITE", "PREEMPTION_TIMER",
	"interrupt", "vintr", "cpuid", "hlt", "io", "msr",
};
static const char *const functions[] = { "tick_sched_timer", "apic_timer_fn" };
static const char *const modules[] = { "", " [kvm]" }; /* of functions[] */
static const char *const modes[] = { "ABS", "ABS|PINNED", "ABS|HARD", "ABS|PINNED|HARD" };
static const char *const states[] = { "R", "R+", "S", "X" };
static const char *const early_late[] = { "early", "late" };
static const char *const wakeups[] = { "wait", "poll" };
static const char *const halt_changes[] = { "grow", "shrink" };
static const char *const paths[] = { "hrtimer", "hv", "at_start" };
static const char *const msr_accesses[] = { "msr_read", "msr_write" };
static const char *const apic_accesses[] = { "apic_read", "apic_write" };
static const char *const apic_registers[] = { "APIC_LVTT", "APIC_TMICT", "APIC_TMCCT", "APIC_TDCR",
	"APIC_ID", "APIC_EOI" };
static const char *const params[] = { "lapic_timer_advance_ns", "min_timer_period_us" };
static const char *const param_results[] = { "now", "new_vcpus", "refused" };
static const char *const drops[] = { "overwritten", "merged", "unseen" };

#define F_U64(n) { .name = n, .type = TRACE_U64 }
#define F_S64(n) { .name = n, .type = TRACE_S64 }
#define F_TASK(n) { .name = n, .type = TRACE_TASK }
#define F_NAME(n, table) { .name = n, .type = TRACE_NAME, .names = table, .n_names = COUNT(table) }

static const struct trace_field f_entry[] = { F_U64("vcpu"), F_U64("rip") };
static const struct trace_field f_exit[] = { F_U64("vcpu"), F_NAME("reason", reasons), F_U64("rip"),
	F_U64("info1"), F_U64("info2"), F_U64("intr_info") };
static const struct trace_field f_msr[] = { F_NAME("access", msr_accesses), F_U64("index"), F_U64("data") };
static const struct trace_field f_accept[] = { F_U64("apicid"), F_U64("vec") };
static const struct trace_field f_irq[] = { F_U64("irq") };
static const struct trace_field f_eoi[] = { F_U64("apicid"), F_U64("vector") };
static const struct trace_field f_expire_wait[] = { F_U64("vcpu"), F_S64("delta"), F_NAME("when", early_late) };
static const struct trace_field f_wakeup[] = { F_NAME("how", wakeups), F_U64("ns") };
static const struct trace_field f_hrtimer_start[] = { F_U64("hrtimer"), F_NAME("function", functions),
	F_NAME("module", modules), F_U64("expires"), F_NAME("mode", modes) };
static const struct trace_field f_hrtimer[] = { F_U64("hrtimer"), F_NAME("function", functions) };
static const struct trace_field f_hrtimer_now[] = { F_U64("hrtimer"), F_NAME("function", functions),
	F_NAME("module", modules), F_U64("now") };
static const struct trace_field f_tick_stop[] = { F_U64("success") };
static const struct trace_field f_switch[] = { F_TASK("prev"), F_NAME("prev_state", states), F_TASK("next") };
static const struct trace_field f_waking[] = { F_TASK("task"), F_U64("target_cpu") };
static const struct trace_field f_migrate[] = { F_TASK("task"), F_U64("orig_cpu"), F_U64("dest_cpu") };
static const struct trace_field f_vector[] = { F_U64("vector") };
static const struct trace_field f_vcpu_cpu[] = { F_U64("vcpu"), F_U64("cpu") };
static const struct trace_field f_arm[] = { F_U64("vcpu"), F_U64("n"), F_U64("deadline"), F_U64("cpu") };
static const struct trace_field f_expire[] = { F_U64("vcpu"), F_U64("n"), F_U64("cpu"),
	F_U64("vcpu.cpu"), F_NAME("path", paths) };
static const struct trace_field f_sample[] = { F_U64("vcpu"), F_U64("n"), F_U64("cpu"), F_U64("vcpu.cpu"),
	F_S64("lateness"), F_S64("lateness_cycles"), F_U64("guest_progress"),
	F_S64("fire"), F_U64("notify"), F_U64("runqueue"), F_U64("exit"), F_U64("inject"), F_U64("wait"),
	F_U64("entry"), F_U64("deliver") };
static const struct trace_field f_drop[] = { F_U64("vcpu"), F_U64("n"), F_NAME("why", drops) };
static const struct trace_field f_handled[] = { F_U64("vcpu"), F_NAME("reason", reasons), F_U64("time"), F_U64("cpu") };
static const struct trace_field f_busy_wait[] = { F_U64("vcpu"), F_U64("n"), F_U64("time") };
static const struct trace_field f_advance[] = { F_U64("vcpu"), F_U64("n"), F_U64("advance_ns") };

static const struct trace_field f_late_arm[] = { F_U64("vcpu"), F_U64("n"), F_U64("late_cycles") };

static const struct trace_field f_apic[] = { F_NAME("access", apic_accesses), F_NAME("reg", apic_registers),
	F_U64("val") };
static const struct trace_field f_hv_state[] = { F_U64("vcpu_id"), F_U64("hv_timer") };
static const struct trace_field f_halt_poll[] = { F_U64("vcpu_id"), F_U64("new"), F_NAME("change", halt_changes),
	F_U64("old") };
static const struct trace_field f_set_param[] = { F_NAME("param", params), F_S64("value"),
	F_NAME("result", param_results) };
static const struct trace_field f_iteration[] = { F_U64("vcpu"), F_U64("n"), F_U64("cycles") };
static const struct trace_field f_guest_wakeup[] = { F_U64("vcpu"), F_U64("n"), F_S64("late_cycles") };

static const struct trace_field f_cpu_time[] = { F_U64("cpu"), F_U64("guest"), F_U64("host"), F_U64("user"),
	F_U64("irq"), F_U64("idle") };
static const struct trace_field f_steal[] = { F_U64("cpu"), F_U64("time") };
static const struct trace_field f_vcpu_time[] = { F_U64("vcpu"), F_U64("guest"), F_U64("exit"), F_U64("runnable"),
	F_U64("halted") };

/*
 * The members of the binary records, as 6.1 declares them: name, type, order. What those records
 * hold and the simulator never varies is a constant; what they hold and nobody reads is left out.
 */
#define M(decl_, size_, field_) { .decl = decl_, .size = size_, .field = field_ }
#define M_S(decl_, size_, field_) { .decl = decl_, .size = size_, .is_signed = true, .field = field_ }
#define M_CODE(decl_, size_, field_, table) { .decl = decl_, .size = size_, .field = field_, .codes = table }
#define M_CONST(decl_, size_, value) { .decl = decl_, .size = size_, .from = TRACE_FROM_CONSTANT, .constant = value }
#define M_COMPUTED(expression, field_, table) { .decl = expression, .field = field_, .codes = table }
#define M_TASK(prefix, field_) \
	{ .decl = "char " prefix "comm[16]", .size = 16, .from = TRACE_FROM_COMM, .field = field_ }, \
	{ .decl = "pid_t " prefix "pid", .size = 4, .is_signed = true, .from = TRACE_FROM_PID, .field = field_ }, \
	{ .decl = "int " prefix "prio", .size = 4, .is_signed = true, .from = TRACE_FROM_PRIO, .field = field_ }

/* Basic exit reasons of the SDM, then exit codes of AMD's manual: by index of reasons[]. */
static const uint64_t reason_codes[] = {
	1, 7, 10, 12, 30, 31, 32, 52,
	0x60, 0x64, 0x72, 0x78, 0x7b, 0x7c,
};
static const uint64_t reason_isa[] = { 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2 }; /* 1 VMX, 2 SVM */
static const uint64_t register_codes[] = { 0x320, 0x380, 0x390, 0x3e0, 0x20, 0xb0 };
static const uint64_t first_is_true[] = { 1, 0 };
static const uint64_t mode_codes[] = { 0x00, 0x02, 0x08, 0x0a }; /* enum hrtimer_mode: PINNED 2, HARD 8 */
static const uint64_t state_codes[] = { 0x000, 0x100, 0x001, 0x010 }; /* TASK_REPORT and preempted */

/* Functions have no addresses here; these are in the kernel's own range. */
#define ADDRESS_TICK_SCHED_TIMER 0xffffffff81100000
#define ADDRESS_HRTIMER_RUN_QUEUES 0xffffffff81200000
#define ADDRESS_APIC_TIMER_FN 0xffffffffc0a00000
#define ADDRESS_INJECT_PENDING_TIMER_IRQS 0xffffffffc0a10000
#define ADDRESS_INJECT_APIC_TIMER_IRQS 0xffffffffc0a20000
static const uint64_t function_codes[] = { ADDRESS_TICK_SCHED_TIMER, ADDRESS_APIC_TIMER_FN };
static const struct trace_symbol symbols[] = {
	{ ADDRESS_TICK_SCHED_TIMER, "tick_sched_timer", NULL },
	{ ADDRESS_HRTIMER_RUN_QUEUES, "__hrtimer_run_queues", NULL },
	{ ADDRESS_APIC_TIMER_FN, "apic_timer_fn", "kvm" },
	{ ADDRESS_INJECT_PENDING_TIMER_IRQS, "kvm_inject_pending_timer_irqs", "kvm" },
	{ ADDRESS_INJECT_APIC_TIMER_IRQS, "kvm_inject_apic_timer_irqs", "kvm" },
};

static const struct trace_member m_entry[] = { M("unsigned int vcpu_id", 4, 0), M("unsigned long rip", 8, 1) };
static const struct trace_member m_exit[] = {
	M_CODE("unsigned int exit_reason", 4, 1, reason_codes), M("unsigned long guest_rip", 8, 2),
	M_CODE("u32 isa", 4, 1, reason_isa), M("u64 info1", 8, 3), M("u64 info2", 8, 4),
	M("u32 intr_info", 4, 5), M_CONST("u32 error_code", 4, 0), M("unsigned int vcpu_id", 4, 0),
};
static const struct trace_member m_msr[] = { M("unsigned write", 4, 0), M("u32 ecx", 4, 1), M("u64 data", 8, 2),
	M_CONST("u8 exception", 1, 0) };
static const struct trace_member m_accept[] = { M("__u32 apicid", 4, 0), M_CONST("__u16 dm", 2, 0),
	M_CONST("__u16 tm", 2, 0), M("__u8 vec", 1, 1) };
static const struct trace_member m_irq[] = { M("unsigned int vector", 4, 0), M_CONST("bool soft", 1, 0),
	M_CONST("bool reinjected", 1, 0) };
static const struct trace_member m_eoi[] = { M("__u32 apicid", 4, 0), M_S("int vector", 4, 1) };
/* Not "delta < 0": trace-cmd and perf compare without a sign there. */
static const struct trace_member m_expire_wait[] = { M("unsigned int vcpu_id", 4, 0), M_S("s64 delta", 8, 1),
	M_COMPUTED("(REC->delta >> 63) & 1", 2, first_is_true) };
static const struct trace_member m_wakeup[] = { M("__u64 ns", 8, 1), M_CODE("bool waited", 1, 0, first_is_true),
	M_CONST("bool valid", 1, 1) };
static const struct trace_member m_hrtimer_start[] = {
	M("void * hrtimer", 8, 0), M_CODE("void * function", 8, 1, function_codes), M_S("s64 expires", 8, 3),
	M_S("s64 softexpires", 8, 3), M_CODE("enum hrtimer_mode mode", 4, 4, mode_codes),
	M_COMPUTED("REC->function", 2, function_codes),
};
static const struct trace_member m_hrtimer[] = { M("void * hrtimer", 8, 0) };
static const struct trace_member m_hrtimer_now[] = { M("void * hrtimer", 8, 0), M_S("s64 now", 8, 3),
	M_CODE("void * function", 8, 1, function_codes), M_COMPUTED("REC->function", 2, function_codes) };
static const struct trace_member m_tick_stop[] = { M_S("int success", 4, 0), M_CONST("int dependency", 4, 0) };
static const struct trace_member m_switch[] = { M_TASK("prev_", 0), M_CODE("long prev_state", 8, 1, state_codes),
	M_TASK("next_", 2) };
static const struct trace_member m_waking[] = { M_TASK("", 0), M_S("int target_cpu", 4, 1) };
static const struct trace_member m_migrate[] = { M_TASK("", 0), M_S("int orig_cpu", 4, 1), M_S("int dest_cpu", 4, 2) };
static const struct trace_member m_vector[] = { M_S("int vector", 4, 0) };
static const struct trace_member m_apic[] = { M("unsigned int rw", 4, 0),
	M_CODE("unsigned int reg", 4, 1, register_codes), M("u64 val", 8, 2) };
static const struct trace_member m_hv_state[] = { M("unsigned int vcpu_id", 4, 0), M("unsigned int hv_timer_in_use", 4, 1) };
static const struct trace_member m_halt_poll[] = { M_CODE("bool grow", 1, 2, first_is_true),
	M("unsigned int vcpu_id", 4, 0), M("unsigned int new", 4, 1), M("unsigned int old", 4, 3) };
static const struct trace_member m_fn_apic_timer[] = { M_CONST("unsigned long ip", 8, ADDRESS_APIC_TIMER_FN),
	M_CONST("unsigned long parent_ip", 8, ADDRESS_HRTIMER_RUN_QUEUES) };
static const struct trace_member m_fn_inject[] = { M_CONST("unsigned long ip", 8, ADDRESS_INJECT_APIC_TIMER_IRQS),
	M_CONST("unsigned long parent_ip", 8, ADDRESS_INJECT_PENDING_TIMER_IRQS) };

#define MEMBERS(m) .members = m, .n_members = COUNT(m)
#define VIEWS(v) .views = v, .n_views = COUNT(v)

/* How a viewer shows them. The arrow of a deadline: armed, expired, injected or posted; where neither
 * is traced, the guest's handler ends it. */
enum track { TRACK_VCPU, TRACK_CPU, TRACK_LATENESS, TRACK_ADVANCE, TRACK_HALT_POLL };
static const struct trace_track tracks[] = {
	[TRACK_VCPU] = { .name = "vCPU {}" },
	[TRACK_CPU] = { .name = "CPU {} interrupts, hrtimers", .by_cpu = true },
	[TRACK_LATENESS] = { .name = "vCPU {} lateness", .unit = "ns" },
	[TRACK_ADVANCE] = { .name = "vCPU {} timer_advance_ns", .unit = "ns" },
	[TRACK_HALT_POLL] = { .name = "vCPU {} halt_poll_ns", .unit = "ns" },
};
#define V_COUNTS(track_, field_, divisor_) \
	{ .role = TRACE_COUNTS, .track = track_, .field = field_, .divisor = divisor_ }
static const struct trace_view v_entry[] = { { .role = TRACE_NEXT, .track = TRACK_VCPU, .name = "guest" } };
static const struct trace_view v_exit[] = { { .role = TRACE_NEXT, .track = TRACK_VCPU, .field = 1 } };
static const struct trace_view v_local_timer[] = { { .role = TRACE_BEGINS, .track = TRACK_CPU, .name = "local_timer" } };
static const struct trace_view v_reschedule[] = { { .role = TRACE_BEGINS, .track = TRACK_CPU, .name = "reschedule" } };
static const struct trace_view v_hrtimer[] = { { .role = TRACE_BEGINS, .track = TRACK_CPU, .field = 1 } };
static const struct trace_view v_cpu_ends[] = { { .role = TRACE_ENDS, .track = TRACK_CPU } };
static const struct trace_view v_switch[] = { { .role = TRACE_SWITCHES, .field = 0 } };
static const struct trace_view v_vcpu_mark[] = { { .role = TRACE_MARKS, .track = TRACK_VCPU } };
static const struct trace_view v_cpu_mark[] = { { .role = TRACE_MARKS, .track = TRACK_CPU } };
static const struct trace_view v_armed[] = { { .role = TRACE_MARKS, .track = TRACK_VCPU, .flow = TRACE_FLOW_BEGINS } };
static const struct trace_view v_expired[] = { { .role = TRACE_MARKS, .track = TRACK_CPU, .flow = TRACE_FLOW_PASSES } };
static const struct trace_view v_injected[] = { { .role = TRACE_MARKS, .track = TRACK_VCPU, .flow = TRACE_FLOW_ENDS } };
static const struct trace_view v_sample[] = { { .role = TRACE_MARKS, .track = TRACK_VCPU, .flow = TRACE_FLOW_ENDS },
	V_COUNTS(TRACK_LATENESS, 4, 1000) };
static const struct trace_view v_advance[] = { V_COUNTS(TRACK_ADVANCE, 2, 1) };
static const struct trace_view v_halt_poll[] = { V_COUNTS(TRACK_HALT_POLL, 1, 1) };

#define EVENT(id_, kind_, system_, name_, fields_, format_, ...) \
	[id_] = &(const struct trace_event){ .id = id_, .kind = TRACE_KIND_##kind_, .system = system_, \
		.name = name_, .format = format_, .fields = fields_, .n_fields = COUNT(fields_), __VA_ARGS__ }

static const struct trace_event *const events[TP_COUNT] = {
	EVENT(TP_KVM_ENTRY, EVENT, "kvm", "kvm_entry", f_entry, "vcpu {vcpu}, rip 0x{rip:x}",
	      MEMBERS(m_entry), VIEWS(v_entry)),
	EVENT(TP_KVM_EXIT, EVENT, "kvm", "kvm_exit", f_exit,
	      "vcpu {vcpu} reason {reason} rip 0x{rip:x} info1 0x{info1:016x} info2 0x{info2:016x} "
	      "intr_info 0x{intr_info:08x} error_code 0x00000000",
	      MEMBERS(m_exit), VIEWS(v_exit)),
	EVENT(TP_KVM_MSR, EVENT, "kvm", "kvm_msr", f_msr, "{access} {index:x} = 0x{data:x}",
	      MEMBERS(m_msr), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_APIC_ACCEPT_IRQ, EVENT, "kvm", "kvm_apic_accept_irq", f_accept, "apicid {apicid:x} vec {vec} (Fixed|edge)",
	      MEMBERS(m_accept), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_APICV_ACCEPT_IRQ, EVENT, "kvm", "kvm_apicv_accept_irq", f_accept,
	      "apicid {apicid:x} vec {vec} (Fixed|edge)",
	      MEMBERS(m_accept), VIEWS(v_injected)),
	EVENT(TP_KVM_INJ_VIRQ, EVENT, "kvm", "kvm_inj_virq", f_irq, "IRQ 0x{irq:x}",
	      MEMBERS(m_irq), VIEWS(v_injected)),
	EVENT(TP_KVM_EOI, EVENT, "kvm", "kvm_eoi", f_eoi, "apicid {apicid:x} vector {vector}",
	      MEMBERS(m_eoi), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_WAIT_LAPIC_EXPIRE, EVENT, "kvm", "kvm_wait_lapic_expire", f_expire_wait, "vcpu {vcpu}: delta {delta:d} ({when})",
	      MEMBERS(m_expire_wait), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_VCPU_WAKEUP, EVENT, "kvm", "kvm_vcpu_wakeup", f_wakeup, "{how} time {ns} ns, polling valid",
	      MEMBERS(m_wakeup), VIEWS(v_vcpu_mark)),
	EVENT(TP_HRTIMER_START, EVENT, "timer", "hrtimer_start", f_hrtimer_start,
	      "hrtimer={hrtimer:016x} function={function}{module} expires={expires} softexpires={expires} mode={mode}",
	      MEMBERS(m_hrtimer_start), VIEWS(v_cpu_mark)),
	EVENT(TP_HRTIMER_CANCEL, EVENT, "timer", "hrtimer_cancel", f_hrtimer, "hrtimer={hrtimer:016x}",
	      MEMBERS(m_hrtimer), VIEWS(v_cpu_mark)),
	EVENT(TP_HRTIMER_EXPIRE_ENTRY, EVENT, "timer", "hrtimer_expire_entry", f_hrtimer_now,
	      "hrtimer={hrtimer:016x} function={function}{module} now={now}",
	      MEMBERS(m_hrtimer_now), VIEWS(v_hrtimer)),
	EVENT(TP_HRTIMER_EXPIRE_EXIT, EVENT, "timer", "hrtimer_expire_exit", f_hrtimer, "hrtimer={hrtimer:016x}",
	      MEMBERS(m_hrtimer), VIEWS(v_cpu_ends)),
	EVENT(TP_TICK_STOP, EVENT, "timer", "tick_stop", f_tick_stop, "success={success} dependency=NONE",
	      MEMBERS(m_tick_stop), VIEWS(v_cpu_mark)),
	EVENT(TP_SCHED_SWITCH, EVENT, "sched", "sched_switch", f_switch,
	      "prev_comm={prev:comm} prev_pid={prev:pid} prev_prio={prev:prio} prev_state={prev_state} ==> "
	      "next_comm={next:comm} next_pid={next:pid} next_prio={next:prio}",
	      MEMBERS(m_switch), VIEWS(v_switch)),
	EVENT(TP_SCHED_WAKING, EVENT, "sched", "sched_waking", f_waking,
	      "comm={task:comm} pid={task:pid} prio={task:prio} target_cpu={target_cpu:03u}",
	      MEMBERS(m_waking)),
	EVENT(TP_SCHED_MIGRATE_TASK, EVENT, "sched", "sched_migrate_task", f_migrate,
	      "comm={task:comm} pid={task:pid} prio={task:prio} orig_cpu={orig_cpu} dest_cpu={dest_cpu}",
	      MEMBERS(m_migrate)),
	EVENT(TP_LOCAL_TIMER_ENTRY, EVENT, "irq_vectors", "local_timer_entry", f_vector, "vector={vector}",
	      MEMBERS(m_vector), VIEWS(v_local_timer)),
	EVENT(TP_LOCAL_TIMER_EXIT, EVENT, "irq_vectors", "local_timer_exit", f_vector, "vector={vector}",
	      MEMBERS(m_vector), VIEWS(v_cpu_ends)),
	EVENT(TP_RESCHEDULE_ENTRY, EVENT, "irq_vectors", "reschedule_entry", f_vector, "vector={vector}",
	      MEMBERS(m_vector), VIEWS(v_reschedule)),
	EVENT(TP_RESCHEDULE_EXIT, EVENT, "irq_vectors", "reschedule_exit", f_vector, "vector={vector}",
	      MEMBERS(m_vector), VIEWS(v_cpu_ends)),
	EVENT(TP_FN_APIC_TIMER_FN, FUNCTION, "ftrace", "apic_timer_fn", f_vcpu_cpu, "apic_timer_fn <-__hrtimer_run_queues",
	      MEMBERS(m_fn_apic_timer)),
	EVENT(TP_FN_INJECT_APIC_TIMER_IRQS, FUNCTION, "ftrace", "kvm_inject_apic_timer_irqs", f_vcpu_cpu,
	      "kvm_inject_apic_timer_irqs <-kvm_inject_pending_timer_irqs",
	      MEMBERS(m_fn_inject), VIEWS(v_vcpu_mark)),
	EVENT(TP_LAPIC_ARM, INTERNAL, "lapicsim", "lapic_arm", f_arm, "", VIEWS(v_armed)),
	EVENT(TP_LAPIC_EXPIRE, INTERNAL, "lapicsim", "lapic_expire", f_expire, "", VIEWS(v_expired)),
	EVENT(TP_LAPIC_SAMPLE, INTERNAL, "lapicsim", "lapic_sample", f_sample, "", VIEWS(v_sample)),
	EVENT(TP_LAPIC_DROP, INTERNAL, "lapicsim", "lapic_drop", f_drop, "", VIEWS(v_vcpu_mark)),
	EVENT(TP_EXIT_HANDLED, INTERNAL, "lapicsim", "exit_handled", f_handled, ""),
	EVENT(TP_BUSY_WAIT, INTERNAL, "lapicsim", "busy_wait", f_busy_wait, ""),
	EVENT(TP_TIMER_ADVANCE, INTERNAL, "lapicsim", "timer_advance", f_advance, "", VIEWS(v_advance)),
	EVENT(TP_LAPIC_LATE_ARM, INTERNAL, "lapicsim", "lapic_late_arm", f_late_arm, ""),
	EVENT(TP_KVM_APIC, EVENT, "kvm", "kvm_apic", f_apic, "{access} {reg} = 0x{val:x}",
	      MEMBERS(m_apic), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_HV_TIMER_STATE, EVENT, "kvm", "kvm_hv_timer_state", f_hv_state,
	      "vcpu_id {vcpu_id:x} hv_timer {hv_timer:x}",
	      MEMBERS(m_hv_state), VIEWS(v_vcpu_mark)),
	EVENT(TP_KVM_HALT_POLL_NS, EVENT, "kvm", "kvm_halt_poll_ns", f_halt_poll,
	      "vcpu {vcpu_id}: halt_poll_ns {new} ({change} {old})",
	      MEMBERS(m_halt_poll), VIEWS(v_halt_poll)),
	EVENT(TP_CPU_TIME, INTERNAL, "lapicsim", "cpu_time", f_cpu_time, ""),
	EVENT(TP_VCPU_TIME, INTERNAL, "lapicsim", "vcpu_time", f_vcpu_time, ""),
	EVENT(TP_CPU_STEAL, INTERNAL, "lapicsim", "cpu_steal", f_steal, ""),
	EVENT(TP_SET_PARAM, INTERNAL, "lapicsim", "set_param", f_set_param, ""),
	EVENT(TP_GUEST_ITERATION, INTERNAL, "lapicsim", "guest_iteration", f_iteration, ""),
	EVENT(TP_GUEST_WAKEUP, INTERNAL, "lapicsim", "guest_wakeup", f_guest_wakeup, ""),
};
/* clang-format on */

const struct trace_schema lapicsim_schema = { .events = events,
					      .n_events = TP_COUNT,
					      .tracks = tracks,
					      .n_tracks = COUNT(tracks),
					      .symbols = symbols,
					      .n_symbols = COUNT(symbols) };
