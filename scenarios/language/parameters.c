/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include "scenario_limits.h"
#include "scenario_values.h"

#include <inttypes.h>
#include <string.h>

#define RUN_MAX_PS (LIMIT_RUN_DAYS * UINT64_C(86400) * PS_PER_S)
/* The longest period, 128 * UINT32_MAX cycles, must be a 64-bit number of ns. */
#define APIC_BUS_CYCLE_MAX_NS (UINT64_MAX / (UINT64_C(128) * UINT32_MAX))
#define TOP(field) offsetof(struct top_values, field)
#define HOST(field) offsetof(struct host_config, field)
#define CPU(field) offsetof(struct cpu_values, field)
#define COST_OF(field) offsetof(struct cost_values, field)
#define KVM(field) offsetof(struct kvm_values, field)
#define TUNER(field) offsetof(struct tune_constants, field)
#define VCPU(field) offsetof(struct vcpu_values, field)
#define DISABLE_EXITS(field) offsetof(struct disable_exits, field)
#define GUEST(field) offsetof(struct guest_values, field)
#define EXITS(field) offsetof(struct other_exits, field)
#define PROGRAM(field) offsetof(struct program_values, field)
#define COMMAND(field) offsetof(struct command_values, field)
#define MOVE_TO(field) offsetof(struct move_to_values, field)
#define EXPECT(field) offsetof(struct expect_values, field)
#define SWEEP(field) offsetof(struct sweep_values, field)

static const struct section sections[SECTION_COUNT] = {
	[SECTION_TOP] = { "", NULL, SECTION_COUNT, SECTION_MAP, NULL, false, "the file itself" },
	[SECTION_HOST] = { "host", "host", SECTION_TOP, SECTION_MAP, NULL, false,
			   "the machine and the configuration of its kernel" },
	[SECTION_HOST_START] = { "host.start", "start", SECTION_HOST, SECTION_MAP, NULL, false,
				 "what the host's clocks read when the run begins" },
	[SECTION_HOST_CPUS] = { "host.cpus[]", "cpus", SECTION_HOST, SECTION_KEYED, "id", false,
				"its CPUs, numbered from 0 without a gap" },
	[SECTION_COSTS] = { "costs", "costs", SECTION_TOP, SECTION_MAP, NULL, false,
			    "what a piece of host code takes: a time, cycles of the host TSC, or a "
			    "map" },
	[SECTION_COST] = { "costs.NAME", NULL, SECTION_COSTS, SECTION_MAP, NULL, false,
			   "a cost with its distribution or its source" },
	[SECTION_KVM] = { "kvm", "kvm", SECTION_TOP, SECTION_MAP, NULL, false,
			  "parameters of the module kvm, as modprobe takes them: no units" },
	[SECTION_KVM_INTEL] = { "kvm_intel", "kvm_intel", SECTION_TOP, SECTION_MAP, NULL, false,
				"parameters of the module kvm_intel, as modprobe takes them" },
	[SECTION_TUNER] = { "tuner", "tuner", SECTION_TOP, SECTION_MAP, NULL, false,
			    "constants of the tuner that no kernel lets a user set, for what-ifs; "
			    "only those that the forms of `tune` and `param` in force have" },
	[SECTION_VMS] = { "vms[]", "vms", SECTION_TOP, SECTION_KEYED, "name", false,
			  "the virtual machines" },
	[SECTION_DISABLE_EXITS] = { "vms[].disable_exits", "disable_exits", SECTION_VMS,
				    SECTION_MAP, NULL, false,
				    "what the guest does without an exit: "
				    "KVM_CAP_X86_DISABLE_EXITS" },
	[SECTION_VCPUS] = { "vms[].vcpus[]", "vcpus", SECTION_VMS, SECTION_KEYED, "id", false,
			    "the vCPUs of a VM; each runs the VM's guest" },
	[SECTION_GUEST] = { "vms[].guest", "guest", SECTION_VMS, SECTION_MAP, NULL, false,
			    "what each vCPU of the VM runs" },
	[SECTION_PROGRAM] = { "vms[].guest.program", "program", SECTION_GUEST, SECTION_MAP, NULL,
			      false, "what the workload `program` does: lists of operations" },
	[SECTION_OTHER_EXITS] = { "vms[].guest.other_exits", "other_exits", SECTION_GUEST,
				  SECTION_MAP, NULL, false,
				  "VM-exits that have nothing to do with the timer" },
	[SECTION_TIMELINE] = { "timeline[]", "timeline", SECTION_TOP, SECTION_LIST, NULL, false,
			       "what happens from outside, and when" },
	[SECTION_MOVE_TO] = { "timeline[].to", "to", SECTION_TIMELINE, SECTION_MAP, NULL, false,
			      "the host that a VM moves to, as far as the VM can tell" },
	[SECTION_EXPECT] = { "expect[]", "expect", SECTION_TOP, SECTION_LIST, NULL, true,
			     "what must hold after the runs" },
	[SECTION_SWEEP] = { "sweep", "sweep", SECTION_TOP, SECTION_MAP, NULL, true,
			    "what lapicsim sweep varies and measures" },
};

static const struct value_name hz_names[] = {
	{ "100", 100 }, { "250", 250 }, { "300", 300 }, { "1000", 1000 }, { NULL, 0 }
};
static const struct value_name vendor_names[] = { { "intel", HOST_INTEL },
						  { "amd", HOST_AMD },
						  { NULL, 0 } };
static const struct value_name preempt_names[] = { { "none", PREEMPT_NONE },
						   { "voluntary", PREEMPT_VOLUNTARY },
						   { "full", PREEMPT_FULL },
						   { NULL, 0 } };
static const struct value_name wait_names[] = { { "spin", GUEST_WAIT_SPIN },
						{ "hlt", GUEST_WAIT_HLT },
						{ NULL, 0 } };
static const struct value_name test_names[] = {
	{ "tscdeadline", VMEXIT_TSCDEADLINE },
	{ "tscdeadline_immed", VMEXIT_TSCDEADLINE_IMMED },
	{ "cpuid", VMEXIT_CPUID },
	{ NULL, 0 },
};
static const struct value_name reason_names[] = { { "CPUID", EXIT_REASON_CPUID },
						  { "IO_INSTRUCTION", EXIT_REASON_IO_INSTRUCTION },
						  { "MSR_READ", EXIT_REASON_MSR_READ },
						  { NULL, 0 } };
static const struct value_name from_names[] = { { "last", EXITS_FROM_LAST },
						{ "grid", EXITS_FROM_GRID },
						{ NULL, 0 } };
static const struct value_name class_names[] = { { "fair", TASK_FAIR },
						 { "fifo", TASK_FIFO },
						 { NULL, 0 } };
static const struct value_name mark_names[] = { { "guess", COST_GUESS },
						{ "published", COST_PUBLISHED },
						{ "derived", COST_DERIVED },
						{ NULL, 0 } };
static const struct value_name do_names[] = {
	{ "hog-start", DO_HOG_START },   { "hog-stop", DO_HOG_STOP },
	{ "migrate", DO_MIGRATE },       { "set-affinity", DO_SET_AFFINITY },
	{ "irqs-off", DO_IRQS_OFF },     { "steal", DO_STEAL },
	{ "device-irq", DO_DEVICE_IRQ }, { "set-param", DO_SET_PARAM },
	{ "write-tsc", DO_WRITE_TSC },   { "pause", DO_PAUSE },
	{ "resume", DO_RESUME },         { "save", DO_SAVE },
	{ "restore", DO_RESTORE },       { "move-vm", DO_MOVE_VM },
	{ "create-vm", DO_CREATE_VM },   { NULL, 0 },
};

static const struct value_name kvm_param_name_table[] = {
	{ "lapic_timer_advance_ns", NAME_LAPIC_TIMER_ADVANCE_NS },
	{ "lapic_timer_advance", NAME_LAPIC_TIMER_ADVANCE },
	{ "min_timer_period_us", NAME_MIN_TIMER_PERIOD_US },
	{ NULL, 0 },
};
static const struct value_name mode_names[] = { { "one_shot", LAPIC_MODE_ONESHOT },
						{ "periodic", LAPIC_MODE_PERIODIC },
						{ "tsc_deadline", LAPIC_MODE_TSC_DEADLINE },
						{ NULL, 0 } };
static const struct value_name restore_names[] = { { "khz", RESTORE_KHZ },
						   { "tsc", RESTORE_TSC },
						   { "lapic", RESTORE_LAPIC },
						   { "tsc_deadline", RESTORE_TSC_DEADLINE },
						   { NULL, 0 } };

static const struct command_keys commands[DO_COUNT] = {
	[DO_HOG_START] = { "cpu", "class", "starts a thread on that CPU that never sleeps" },
	[DO_HOG_STOP] = { "cpu", "", "ends the hog of that CPU" },
	[DO_MIGRATE] = { "vcpu cpu", "",
			 "moves the vCPU thread: sched_setaffinity() to that one CPU" },
	[DO_SET_AFFINITY] = { "vcpu cpus", "", "sched_setaffinity() of the vCPU thread" },
	[DO_IRQS_OFF] = { "cpu for", "", "kernel code with interrupts off keeps the CPU" },
	[DO_STEAL] = { "cpu for", "",
		       "a hypervisor below the host, or the firmware, has the CPU for that time" },
	[DO_DEVICE_IRQ] = { "cpu", "", "a device interrupts that CPU" },
	[DO_SET_PARAM] = { "name value", "",
			   "a write below /sys/module/kvm/parameters: by release it takes effect "
			   "now, for vCPUs created later, or is refused" },
	[DO_WRITE_TSC] = { "vcpu", "value by",
			   "the guest writes IA32_TSC (value), or adds to it by IA32_TSC_ADJUST "
			   "(by); needs one of them" },
	[DO_PAUSE] = { "", "vm", "takes the vCPUs out of KVM_RUN; host timers go on" },
	[DO_RESUME] = { "", "vm", "the vCPUs of a paused VM run again" },
	[DO_SAVE] = { "", "vm", "KVM_GET_LAPIC, KVM_GET_MSRS of a paused VM" },
	[DO_RESTORE] = { "", "vm order", "sets again what was saved last, into the paused VM" },
	[DO_MOVE_VM] = { "to", "vm", "from now on the paused VM is on a host with another TSC" },
	[DO_CREATE_VM] = { "", "vm", "the VM is created then, not when the run begins" },
};

static const struct parameter parameters[] = {
	{ SECTION_TOP, "scenario", PARAMETER_WORD,
	  .absent = "a fragment, which can only be included", .help = "name of the scenario",
	  .file_only = true, .offset = TOP(scenario) },
	{ SECTION_TOP, "about", PARAMETER_TEXT, .absent = "nothing",
	  .help = "what it shows, for the report", .file_only = true, .offset = TOP(about) },
	{ SECTION_TOP, "source", PARAMETER_TEXT, .absent = "nothing",
	  .help = "where it comes from: a mainline commit, a message, a paper", .file_only = true,
	  .offset = TOP(source) },
	{ SECTION_TOP, "learned_from", PARAMETER_TEXT, .absent = "nothing",
	  .help = "the recordings that its costs were learned from, each with its digest",
	  .file_only = true, .offset = TOP(learned_from) },
	{ SECTION_TOP, "include", PARAMETER_NODE, .absent = "none", .form = "list of fragments",
	  .help = "files that this one overrides: beside it, or in the library", .file_only = true,
	  .offset = TOP(include) },
	{ SECTION_TOP, "seed", PARAMETER_U64, .max = UINT64_MAX, .def = "1",
	  .help = "of every random stream", .offset = TOP(seed) },
	{ SECTION_TOP, "duration", PARAMETER_DURATION, .min = PS_PER_NS, .max = RUN_MAX_PS,
	  .help = "simulated time of a run", .offset = TOP(duration) },
	{ SECTION_TOP, "kernel", PARAMETER_NODE, .form = "release, e.g. v5.2",
	  .help = "the mainline release: one form of every decision", .kernel = "uname -r",
	  .offset = TOP(kernel) },
	{ SECTION_TOP, "apply", PARAMETER_NODE, .absent = "none", .form = "list of commits",
	  .help = "sets every decision that the commit changed to the form it introduced",
	  .offset = TOP(apply) },
	{ SECTION_TOP, "revert", PARAMETER_NODE, .absent = "none", .form = "list of commits",
	  .help = "sets it to the form before the commit, whose form must be in force",
	  .offset = TOP(revert) },
	{ SECTION_TOP, "forms", PARAMETER_NODE, .absent = "none", .form = "map of decision: form",
	  .help = "names forms directly, also those that never were in a release",
	  .offset = TOP(forms) },
	{ SECTION_TOP, "variants", PARAMETER_NODE, .absent = "one, called run",
	  .form = "map of name: overrides", .help = "runs that differ in some keys, side by side",
	  .file_only = true, .offset = TOP(variants) },

	{ SECTION_HOST, "vendor", PARAMETER_ENUM, .names = vendor_names, .def = "intel",
	  .help = "whose virtualization: names of exits, order of an exit's steps",
	  .kernel = "kvm_intel, kvm_amd", .offset = HOST(vendor) },
	{ SECTION_HOST, "hz", PARAMETER_ENUM, .names = hz_names, .def = "250",
	  .help = "ticks a second", .kernel = "CONFIG_HZ", .offset = HOST(hz) },
	{ SECTION_HOST, "tsc", PARAMETER_FREQUENCY, .min = LIMIT_KHZ_MIN, .max = LIMIT_KHZ_MAX,
	  .help = "rate of the TSC, and what the kernel believes it to be", .kernel = "tsc_khz",
	  .offset = HOST(tsc_khz) },
	{ SECTION_HOST, "tsc_scaling", PARAMETER_BOOL, .def = "true",
	  .help = "the CPU can scale a guest's TSC", .offset = HOST(tsc_scaling) },
	{ SECTION_HOST, "apicv", PARAMETER_BOOL, .def = "false",
	  .help = "the CPU delivers virtual and posted interrupts by itself (Intel only)",
	  .kernel = "APICv", .offset = HOST(apicv) },
	{ SECTION_HOST, "hv_rate_shift", PARAMETER_U8, .max = 31, .def = "5",
	  .help = "the VMX preemption timer ticks every 2^this cycles of the TSC",
	  .kernel = "IA32_VMX_MISC[4:0]", .offset = HOST(hv_rate_shift) },
	{ SECTION_HOST, "timer_migration", PARAMETER_BOOL, .def = "true",
	  .help = "an unpinned timer may go to another CPU", .kernel = "kernel.timer_migration",
	  .offset = HOST(timer_migration) },
	{ SECTION_HOST, "hres", PARAMETER_BOOL, .def = "true",
	  .help = "high-resolution timers are active", .kernel = "hrtimer_hres_active",
	  .offset = HOST(hres_active) },
	{ SECTION_HOST, "preempt", PARAMETER_ENUM, .names = preempt_names, .def = "voluntary",
	  .help = "where kernel code gives up the CPU", .kernel = "CONFIG_PREEMPT_*",
	  .offset = HOST(preempt) },
	{ SECTION_HOST, "slice", PARAMETER_DURATION, .min = PS_PER_NS, .max = RUN_MAX_PS,
	  .def = "3ms", .help = "time slice of a fair task while others wait",
	  .offset = HOST(slice) },
	{ SECTION_HOST, "wakeup_granularity", PARAMETER_DURATION, .max = RUN_MAX_PS, .def = "1ms",
	  .help = "a woken fair task preempts one that has run this long",
	  .offset = HOST(wakeup_granularity) },
	{ SECTION_HOST_START, "tsc", PARAMETER_CYCLES, .max = UINT64_MAX, .def = "0cycles",
	  .help = "host TSC", .offset = HOST(start_tsc) },
	{ SECTION_HOST_START, "monotonic", PARAMETER_MONOTONIC, .max = KTIME_MAX, .def = "0ns",
	  .help = "CLOCK_MONOTONIC", .kernel = "ktime_get()", .offset = HOST(start_monotonic) },
	{ SECTION_HOST_CPUS, "id", PARAMETER_U64, .max = LIMIT_CPUS - 1, .help = "its number",
	  .kernel = "smp_processor_id()", .offset = CPU(id) },
	{ SECTION_HOST_CPUS, "nohz_full", PARAMETER_BOOL, .def = "false",
	  .help = "in nohz_full=: no tick while one task runs, not housekeeping for timers",
	  .kernel = "nohz_full=", .offset = CPU(config.nohz_full) },
	{ SECTION_HOST_CPUS, "isolated", PARAMETER_BOOL, .def = "false",
	  .help = "in isolcpus=: has no scheduling domain",
	  .kernel = "isolcpus=", .offset = CPU(config.isolated) },
	{ SECTION_HOST_CPUS, "idle_exit", PARAMETER_DURATION, .max = RUN_MAX_PS, .def = "0ns",
	  .help = "time from an interrupt to the first instruction when idle",
	  .kernel = "C-state exit latency", .offset = CPU(config.idle_exit) },
	{ SECTION_HOST_CPUS, "tick_until", PARAMETER_DURATION, .max = RUN_MAX_PS, .def = "0ns",
	  .help = "up to here its tick goes on when it idles: RCU needs it",
	  .kernel = "rcu_needs_cpu()", .offset = CPU(config.tick_until) },

#define COST(cost, ns, what)      \
	{ SECTION_COSTS,          \
	  #cost,                  \
	  .type = PARAMETER_NODE, \
	  .def = #ns "ns",        \
	  .form = "cost",         \
	  .help = what,           \
	  .offset = COST_##cost * sizeof(const struct node *) },
	COSTS(COST)
#undef COST
		{ SECTION_COST, "value", PARAMETER_NODE, .absent = "quantiles",
		  .form = "time or cycles", .help = "a constant cost", .offset = COST_OF(value) },
	{ SECTION_COST, "quantiles", PARAMETER_NODE, .absent = "value",
	  .form = "list of times or of cycles",
	  .help = "equidistant quantiles from the least to the greatest, ascending",
	  .offset = COST_OF(quantiles) },
	{ SECTION_COST, "nohz_full", PARAMETER_NODE, .absent = "nothing", .form = "time or cycles",
	  .help = "what the same code takes more on a CPU in nohz_full (context tracking)",
	  .offset = COST_OF(nohz_full) },
	{ SECTION_COST, "source", PARAMETER_TEXT, .absent = "none given",
	  .help = "who measured it; needed unless it is a guess", .offset = COST_OF(source) },
	{ SECTION_COST, "mark", PARAMETER_ENUM, .names = mark_names, .def = "guess",
	  .help = "how it is known", .offset = COST_OF(mark) },

	{ SECTION_KVM, "lapic_timer_advance_ns", PARAMETER_I64, .min = (uint64_t)INT32_MIN,
	  .max = UINT32_MAX, .absent = "the release's default",
	  .help = "how early the timer fires; -1 adapts it (from v5.2 on); before v6.11",
	  .kernel = "kvm.lapic_timer_advance_ns", .offset = KVM(config.lapic_timer_advance_ns) },
	{ SECTION_KVM, "lapic_timer_advance", PARAMETER_SWITCH, .absent = "the release's default",
	  .help = "the timer fires early; from v6.11 on", .kernel = "kvm.lapic_timer_advance",
	  .offset = KVM(advance) },
	{ SECTION_KVM, "min_timer_period_us", PARAMETER_I64, .max = UINT32_MAX,
	  .absent = "the release's default",
	  .help = "a periodic timer is raised to this period; 0: no limit",
	  .kernel = "kvm.min_timer_period_us", .offset = KVM(config.min_timer_period_us) },
	{ SECTION_KVM, "halt_poll_ns", PARAMETER_I64, .max = UINT32_MAX,
	  .absent = "the release's default",
	  .help = "longest time that a halted vCPU polls before it sleeps; 0: it never does",
	  .kernel = "kvm.halt_poll_ns", .offset = KVM(config.halt_poll_ns) },
	{ SECTION_KVM, "halt_poll_ns_grow", PARAMETER_I64, .max = UINT32_MAX,
	  .absent = "the release's default", .help = "factor by which a vCPU's own time grows",
	  .kernel = "kvm.halt_poll_ns_grow", .offset = KVM(config.halt_poll_ns_grow) },
	{ SECTION_KVM, "halt_poll_ns_grow_start", PARAMETER_I64, .max = UINT32_MAX,
	  .absent = "the release's default", .help = "what it grows to from 0 [ns]; from v5.2 on",
	  .kernel = "kvm.halt_poll_ns_grow_start", .offset = KVM(config.halt_poll_ns_grow_start) },
	{ SECTION_KVM, "halt_poll_ns_shrink", PARAMETER_I64, .max = UINT32_MAX,
	  .absent = "the release's default",
	  .help = "divisor by which it shrinks; 0: to nothing at once",
	  .kernel = "kvm.halt_poll_ns_shrink", .offset = KVM(config.halt_poll_ns_shrink) },
	{ SECTION_KVM, "pi_inject_timer", PARAMETER_I64, .min = (uint64_t)-1, .max = 1, .def = "-1",
	  .help = "timer interrupts are posted from the CPU where the timer fires; -1: if there is "
		  "a nohz_full CPU; from v5.3 on",
	  .kernel = "kvm.pi_inject_timer", .offset = KVM(config.pi_inject_timer) },
	{ SECTION_KVM, "tsc_tolerance_ppm", PARAMETER_U32, .max = 1000000, .def = "250",
	  .help = "a guest TSC rate this near to the host's is taken for it",
	  .kernel = "kvm.tsc_tolerance_ppm", .offset = KVM(config.tsc_tolerance_ppm) },
	{ SECTION_KVM_INTEL, "preemption_timer", PARAMETER_SWITCH, .def = "Y",
	  .help = "use the VMX preemption timer where the release has it",
	  .kernel = "kvm_intel.preemption_timer", .offset = KVM(config.preemption_timer) },
	{ SECTION_KVM_INTEL, "enable_apicv", PARAMETER_SWITCH, .def = "Y",
	  .help = "use APICv where the CPU has it (host.apicv)", .kernel = "kvm_intel.enable_apicv",
	  .offset = KVM(config.enable_apicv) },

	{ SECTION_TUNER, "lapic_timer_advance_adjust_min", PARAMETER_CYCLES, .min = 1,
	  .max = LIMIT_KHZ_MAX * UINT64_C(1000), .absent = "what the form has",
	  .help = "a smaller error is near enough: it ends the tuning, from v5.4 on it is ignored",
	  .kernel = "LAPIC_TIMER_ADVANCE_ADJUST_MIN", .offset = TUNER(adjust_min) },
	{ SECTION_TUNER, "lapic_timer_advance_adjust_max", PARAMETER_CYCLES, .min = 1,
	  .max = LIMIT_KHZ_MAX * UINT64_C(1000), .absent = "what the form has",
	  .help = "a larger error is ignored; from v5.4 on",
	  .kernel = "LAPIC_TIMER_ADVANCE_ADJUST_MAX", .offset = TUNER(adjust_max) },
	{ SECTION_TUNER, "lapic_timer_advance_adjust_step", PARAMETER_U32, .min = 1,
	  .max = UINT32_MAX, .absent = "what the form has",
	  .help = "divisor of a step: of the advance, its largest step; from v5.4 on of the error",
	  .kernel = "LAPIC_TIMER_ADVANCE_ADJUST_STEP", .offset = TUNER(adjust_step) },
	{ SECTION_TUNER, "lapic_timer_advance_ns_init", PARAMETER_NS32, .min = 1, .max = UINT32_MAX,
	  .absent = "what the form has",
	  .help = "the advance that tuning begins with, and begins again with",
	  .kernel = "LAPIC_TIMER_ADVANCE_NS_INIT", .offset = TUNER(ns_init) },
	{ SECTION_TUNER, "lapic_timer_advance_ns_max", PARAMETER_NS32, .min = 1, .max = UINT32_MAX,
	  .absent = "what the form has",
	  .help = "an advance above it is cut as the form says; from v5.1 on",
	  .kernel = "LAPIC_TIMER_ADVANCE_NS_MAX", .offset = TUNER(ns_max) },

	{ SECTION_VMS, "name", PARAMETER_WORD, .help = "its name",
	  .offset = offsetof(struct vm_config, name) },
	{ SECTION_VMS, "apic_bus_cycle", PARAMETER_NS32, .max = APIC_BUS_CYCLE_MAX_NS, .def = "0ns",
	  .help = "cycle of the bus that the APIC timer counts; 0: KVM is not asked",
	  .kernel = "KVM_CAP_X86_APIC_BUS_CYCLES_NS",
	  .offset = offsetof(struct vm_config, apic_bus_cycle_ns) },
	{ SECTION_DISABLE_EXITS, "mwait", PARAMETER_BOOL, .def = "false",
	  .help = "the guest may use MWAIT; no workload does, but KVM refuses it the preemption "
		  "timer",
	  .kernel = "KVM_X86_DISABLE_EXITS_MWAIT", .offset = DISABLE_EXITS(mwait) },
	{ SECTION_DISABLE_EXITS, "hlt", PARAMETER_BOOL, .def = "false",
	  .help = "the guest halts in guest mode, and keeps its CPU",
	  .kernel = "KVM_X86_DISABLE_EXITS_HLT", .offset = DISABLE_EXITS(hlt) },
	{ SECTION_DISABLE_EXITS, "pause", PARAMETER_BOOL, .def = "false",
	  .help = "changes nothing: no PAUSE exits here", .kernel = "KVM_X86_DISABLE_EXITS_PAUSE",
	  .offset = DISABLE_EXITS(pause) },
	{ SECTION_VCPUS, "id", PARAMETER_U64, .max = LIMIT_VCPUS - 1,
	  .help = "its number, as the guest and kvm_entry say it", .kernel = "vcpu->vcpu_id",
	  .offset = VCPU(id) },
	{ SECTION_VCPUS, "affinity", PARAMETER_CPUS, .absent = "all CPUs",
	  .help = "host CPUs that the vCPU thread may use", .kernel = "sched_setaffinity()",
	  .offset = VCPU(affinity) },
	{ SECTION_VCPUS, "cpu", PARAMETER_U64, .max = LIMIT_CPUS - 1,
	  .absent = "the lowest of its affinity", .help = "host CPU where it starts",
	  .offset = VCPU(cpu) },
	{ SECTION_VCPUS, "tsc", PARAMETER_FREQUENCY, .min = LIMIT_KHZ_MIN, .max = LIMIT_KHZ_MAX,
	  .absent = "the host's", .help = "rate of the guest TSC", .kernel = "KVM_SET_TSC_KHZ",
	  .offset = VCPU(tsc_khz) },
	{ SECTION_VCPUS, "tsc_offset", PARAMETER_OFFSET, .max = UINT64_MAX, .def = "0cycles",
	  .help = "added to the scaled host TSC; may be negative", .kernel = "TSC_OFFSET",
	  .offset = VCPU(tsc_offset) },

	{ SECTION_GUEST, "workload", PARAMETER_WORD, .help = "see lapicsim list workloads",
	  .offset = GUEST(workload) },
	{ SECTION_GUEST, "wait", PARAMETER_ENUM, .names = wait_names, .def = "spin",
	  .help = "how the guest waits for its interrupt", .offset = GUEST(config.wait) },
	{ SECTION_GUEST, "delta", PARAMETER_QUANTITY, .max = RUN_MAX_PS, .max_cycles = INT64_MAX,
	  .def = "0ns", .help = "from the arming RDTSC to the deadline",
	  .offset = GUEST(config.delta) },
	{ SECTION_GUEST, "arm_jitter", PARAMETER_QUANTITY, .max = RUN_MAX_PS,
	  .max_cycles = INT64_MAX, .def = "0ns",
	  .help = "before each arming the guest computes for a uniform time below this",
	  .offset = GUEST(config.arm_jitter) },
	{ SECTION_GUEST, "samples", PARAMETER_U64, .max = UINT64_MAX, .def = "0",
	  .help = "stop arming after this many; 0: never", .offset = GUEST(config.samples) },
	{ SECTION_GUEST, "breakmax", PARAMETER_CYCLES, .max = INT64_MAX, .def = "0cycles",
	  .help = "stop arming after a deadline that was later than this, from the second on; 0: "
		  "never",
	  .offset = GUEST(config.breakmax) },
	{ SECTION_GUEST, "loop", PARAMETER_QUANTITY, .min = 1, .max = PS_PER_S,
	  .max_cycles = LIMIT_KHZ_MAX * INT64_C(1000), .def = "20cycles",
	  .help = "one turn of a spin, which tests at its end", .offset = GUEST(config.loop) },
	{ SECTION_GUEST, "timer", PARAMETER_ENUM, .names = mode_names, .def = "tsc_deadline",
	  .help = "the mode in which the recording armed its timer", .kernel = "APIC_LVTT",
	  .offset = GUEST(config.recorded_timer) },
	{ SECTION_GUEST, "handler_rdmsr", PARAMETER_BOOL, .def = "false",
	  .help = "the handler reads APIC_ID by RDMSR before its EOI (an exit)",
	  .offset = GUEST(config.handler_rdmsr) },
	{ SECTION_GUEST, "file", PARAMETER_NODE, .absent = "none", .form = "CSV file",
	  .help = "the recording that the workload replays: columns arm_tsc and deadline_tsc",
	  .offset = GUEST(file) },
	{ SECTION_GUEST, "test", PARAMETER_ENUM, .names = test_names, .def = "tscdeadline",
	  .help = "what workload vmexit does over and over", .offset = GUEST(config.test) },
	{ SECTION_GUEST, "interval", PARAMETER_QUANTITY, .min = 1, .max = RUN_MAX_PS,
	  .max_cycles = INT64_MAX, .def = "1ms", .help = "between two wake-ups of the guest",
	  .offset = GUEST(config.interval) },
	{ SECTION_GUEST, "wakeup", PARAMETER_QUANTITY, .max = RUN_MAX_PS, .max_cycles = INT64_MAX,
	  .def = "1100ns",
	  .help = "what the guest's own kernel takes from its handler to the woken thread; the "
		  "default is that of a context switch, and a guess",
	  .offset = GUEST(config.wakeup) },
	{ SECTION_GUEST, "hz", PARAMETER_ENUM, .names = hz_names, .def = "250",
	  .help = "ticks a second in the guest", .kernel = "the guest's CONFIG_HZ",
	  .offset = GUEST(config.hz) },
	{ SECTION_GUEST, "tick", PARAMETER_QUANTITY, .max = RUN_MAX_PS, .max_cycles = INT64_MAX,
	  .def = "1us", .help = "work of a tick in the guest, a guess",
	  .offset = GUEST(config.tick) },
	{ SECTION_PROGRAM, "start", PARAMETER_NODE, .absent = "nothing",
	  .form = "list of operations", .help = "once, when the vCPU begins",
	  .offset = PROGRAM(part[PART_START]) },
	{ SECTION_PROGRAM, "repeat", PARAMETER_NODE, .absent = "the vCPU halts for good",
	  .form = "list of operations", .help = "then, for ever",
	  .offset = PROGRAM(part[PART_REPEAT]) },
	{ SECTION_PROGRAM, "handler", PARAMETER_NODE, .absent = "[ rdtsc, eoi ]",
	  .form = "list of operations",
	  .help = "at each timer interrupt; begins with an rdtsc, and ends with an eoi if it has "
		  "none",
	  .offset = PROGRAM(part[PART_HANDLER]) },
	{ SECTION_OTHER_EXITS, "every", PARAMETER_QUANTITY, .min = 1, .max = RUN_MAX_PS,
	  .max_cycles = INT64_MAX, .help = "time between two of them", .offset = EXITS(every) },
	{ SECTION_OTHER_EXITS, "reason", PARAMETER_ENUM, .names = reason_names, .def = "CPUID",
	  .help = "what makes the guest exit", .kernel = "kvm_exit reason",
	  .offset = EXITS(reason) },
	{ SECTION_OTHER_EXITS, "from", PARAMETER_ENUM, .names = from_names, .def = "last",
	  .help = "counted from the last one by the guest's code, or on a grid of its own",
	  .offset = EXITS(from) },
	{ SECTION_OTHER_EXITS, "phase", PARAMETER_QUANTITY, .max = RUN_MAX_PS,
	  .max_cycles = INT64_MAX, .def = "0ns", .help = "shift of the grid",
	  .offset = EXITS(phase) },

	{ SECTION_TIMELINE, "at", PARAMETER_DURATION, .max = RUN_MAX_PS, .absent = "every",
	  .help = "when, from the begin of the run", .offset = COMMAND(command.at) },
	{ SECTION_TIMELINE, "every", PARAMETER_DURATION, .min = 1, .max = RUN_MAX_PS,
	  .absent = "once", .help = "repeats it; without at: first after one period",
	  .offset = COMMAND(command.every) },
	{ SECTION_TIMELINE, "do", PARAMETER_ENUM, .names = do_names, .help = "the command",
	  .offset = COMMAND(command.what) },
	{ SECTION_TIMELINE, "vcpu", PARAMETER_NODE, .absent = "by command",
	  .form = "VM.ID, or ID if there is one VM", .help = "a vCPU", .offset = COMMAND(vcpu) },
	{ SECTION_TIMELINE, "cpu", PARAMETER_U64, .max = LIMIT_CPUS - 1, .absent = "by command",
	  .help = "a host CPU", .offset = COMMAND(cpu) },
	{ SECTION_TIMELINE, "cpus", PARAMETER_CPUS, .absent = "by command", .help = "host CPUs",
	  .offset = COMMAND(command.cpus) },
	{ SECTION_TIMELINE, "for", PARAMETER_DURATION, .min = 1, .max = RUN_MAX_PS,
	  .absent = "by command", .help = "how long", .offset = COMMAND(command.duration) },
	{ SECTION_TIMELINE, "class", PARAMETER_ENUM, .names = class_names, .def = "fair",
	  .help = "scheduling class of the hog", .kernel = "SCHED_OTHER, SCHED_FIFO",
	  .offset = COMMAND(command.task_class) },

	{ SECTION_TIMELINE, "vm", PARAMETER_NODE, .absent = "the only VM", .form = "name",
	  .help = "a VM", .offset = COMMAND(vm) },
	{ SECTION_TIMELINE, "name", PARAMETER_NODE, .absent = "by command",
	  .form = "lapic_timer_advance_ns, lapic_timer_advance, min_timer_period_us",
	  .help = "a module parameter of kvm", .offset = COMMAND(name) },
	{ SECTION_TIMELINE, "value", PARAMETER_NODE, .absent = "by command",
	  .form = "number or Y, N; cycles",
	  .help = "what is written: to the parameter, without unit; to the TSC, in cycles",
	  .offset = COMMAND(value) },
	{ SECTION_TIMELINE, "by", PARAMETER_NODE, .absent = "by command",
	  .form = "cycles, with sign", .help = "what is added to the TSC", .offset = COMMAND(by) },
	{ SECTION_TIMELINE, "order", PARAMETER_NODE, .absent = "khz, tsc, lapic, tsc_deadline",
	  .form = "list of khz, tsc, lapic, tsc_deadline",
	  .help = "what user space sets again, in this order; what it leaves out is not set",
	  .kernel = "KVM_SET_TSC_KHZ, KVM_SET_MSRS, KVM_SET_LAPIC", .offset = COMMAND(order) },
	{ SECTION_MOVE_TO, "tsc", PARAMETER_FREQUENCY, .min = LIMIT_KHZ_MIN, .max = LIMIT_KHZ_MAX,
	  .help = "rate of its TSC", .kernel = "tsc_khz", .offset = MOVE_TO(tsc_khz) },
	{ SECTION_MOVE_TO, "reads", PARAMETER_CYCLES, .max = UINT64_MAX,
	  .absent = "goes on from the same count", .help = "what its TSC reads at that instant",
	  .offset = MOVE_TO(reads) },
	{ SECTION_MOVE_TO, "tsc_scaling", PARAMETER_BOOL, .def = "true",
	  .help = "its CPU can scale a guest's TSC", .offset = MOVE_TO(tsc_scaling) },

	{ SECTION_EXPECT, "id", PARAMETER_WORD, .help = "its name", .offset = EXPECT(id) },
	{ SECTION_EXPECT, "that", PARAMETER_NODE, .absent = "sequence", .form = "comparison",
	  .help = "see Expectations below", .offset = EXPECT(that) },
	{ SECTION_EXPECT, "sequence", PARAMETER_NODE, .absent = "that", .form = "list of steps",
	  .help = "events in their order, with bounds: see Sequences below",
	  .offset = EXPECT(sequence) },
	{ SECTION_EXPECT, "only", PARAMETER_NODE, .absent = "all variants",
	  .form = "list of variants", .help = "the variants for which it must hold",
	  .offset = EXPECT(only) },
	{ SECTION_EXPECT, "not", PARAMETER_NODE, .absent = "no exception",
	  .form = "list of variants", .help = "the variants for which it need not hold",
	  .offset = EXPECT(not ) },
	{ SECTION_EXPECT, "miss", PARAMETER_TEXT, .absent = "it holds",
	  .help = "why it does not hold: it is looked at and shown as a miss, and fails if it "
		  "holds",
	  .offset = EXPECT(miss) },
	{ SECTION_EXPECT, "recorded", PARAMETER_NODE, .absent = "none", .form = "CSV file",
	  .help = "a table that the expectation reads as recorded.COLUMN",
	  .offset = EXPECT(recorded) },

	{ SECTION_SWEEP, "axes", PARAMETER_NODE, .absent = "none", .form = "map of key: values",
	  .help = "what varies, the last fastest: parameters as --set names them, kernel, "
		  "forms.DECISION, seed, variant; see Sweeps below",
	  .offset = SWEEP(axes) },
	{ SECTION_SWEEP, "where", PARAMETER_NODE, .absent = "all points",
	  .form = "list of constraints", .help = "which points of the grid are run",
	  .offset = SWEEP(where) },
	{ SECTION_SWEEP, "metrics", PARAMETER_NODE, .absent = "none",
	  .form = "list of expressions, or map of name: expression",
	  .help = "what is recorded at each point", .offset = SWEEP(metrics) },
	{ SECTION_SWEEP, "histograms", PARAMETER_NODE, .absent = "none",
	  .form = "list or map, e.g. [ lateness ]",
	  .help = "of which metrics all values are counted in buckets, METRIC [where CONDITION]",
	  .offset = SWEEP(histograms) },
	{ SECTION_SWEEP, "expect", PARAMETER_BOOL, .def = "false",
	  .help = "the expectations of the file are looked at, at each point, but for those that "
		  "compare variants",
	  .offset = SWEEP(expect) },
};

const struct section *section_get(enum section_id id) { return &sections[id]; }

const struct parameter *parameters_all(size_t *n)
{
	*n = G_N_ELEMENTS(parameters);
	return parameters;
}

const struct command_keys *command_keys(uint32_t what) { return &commands[what]; }

const struct value_name *command_names(void) { return do_names; }

const struct value_name *cost_mark_names(void) { return mark_names; }

const struct value_name *kvm_param_names(void) { return kvm_param_name_table; }

const struct value_name *lapic_mode_names(void) { return mode_names; }

const struct value_name *restore_part_names(void) { return restore_names; }

enum section_id section_child(enum section_id parent, const char *key)
{
	for (enum section_id i = 0; i < SECTION_COUNT; i++)
		if (sections[i].parent == parent && sections[i].key &&
		    strcmp(sections[i].key, key) == 0)
			return i;
	return SECTION_COUNT;
}

const struct parameter *parameter_find(enum section_id section, const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
		if (parameters[i].section == section && strcmp(parameters[i].key, key) == 0)
			return &parameters[i];
	return NULL;
}

const char **section_keys(enum section_id section)
{
	GPtrArray *keys = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
		if (parameters[i].section == section)
			g_ptr_array_add(keys, (gpointer)parameters[i].key);
	for (enum section_id i = 0; i < SECTION_COUNT; i++)
		if (sections[i].parent == section && sections[i].key)
			g_ptr_array_add(keys, (gpointer)sections[i].key);
	g_ptr_array_add(keys, NULL);
	return (const char **)(void *)g_ptr_array_free(keys, FALSE);
}

static const char *section_label(enum section_id section)
{
	return section == SECTION_TOP ? "a scenario" : sections[section].path;
}

bool fail_unknown_key(const struct source_pos *at, enum section_id section, const char *key,
		      struct diagnostics *d)
{
	g_autofree const char **keys = section_keys(section);
	const char *near = nearest_name(key, keys);
	g_autofree char *all = near ? NULL : g_strjoinv(", ", (char **)(void *)keys);

	if (near)
		return error_at(d, at, "unknown key '%s' in %s; did you mean '%s'?", key,
				section_label(section), near);
	return error_at(d, at, "unknown key '%s' in %s; it has %s", key, section_label(section),
			all);
}

bool parameter_read(const struct node *node, const struct parameter *p, void *to,
		    struct diagnostics *d)
{
	const struct value_key key = { p->key, p->min, p->max, p->max_cycles };
	uint64_t wide;
	bool ok;

	switch (p->type) {
	case PARAMETER_NS32:
	case PARAMETER_U32:
		ok = p->type == PARAMETER_NS32 ? value_ns(node, &key, &wide, d)
					       : value_u64(node, &key, &wide, d);
		if (ok)
			*(uint32_t *)to = (uint32_t)wide;
		return ok;
	case PARAMETER_U8:
		ok = value_u64(node, &key, &wide, d);
		if (ok)
			*(uint8_t *)to = (uint8_t)wide;
		return ok;
	case PARAMETER_TEXT: return value_text(node, &key, to, d);
	case PARAMETER_WORD: return value_word(node, &key, to, d);
	case PARAMETER_DURATION: return value_duration(node, &key, to, d);
	case PARAMETER_MONOTONIC: return value_monotonic(node, &key, to, d);
	case PARAMETER_CYCLES: return value_cycles(node, &key, to, d);
	case PARAMETER_OFFSET: return value_offset(node, &key, to, d);
	case PARAMETER_QUANTITY: return value_quantity(node, &key, to, d);
	case PARAMETER_FREQUENCY: return value_frequency(node, &key, to, d);
	case PARAMETER_U64: return value_u64(node, &key, to, d);
	case PARAMETER_I64: return value_i64(node, &key, to, d);
	case PARAMETER_BOOL: return value_bool(node, &key, to, d);
	case PARAMETER_SWITCH: return value_switch(node, &key, to, d);
	case PARAMETER_ENUM: return value_enum(node, &key, p->names, to, d);
	case PARAMETER_CPUS: return value_cpus(node, &key, to, d);
	case PARAMETER_NODE: *(const struct node **)to = node; return true;
	}
	g_assert_not_reached();
}

static bool read_default(const struct parameter *p, void *to, struct diagnostics *d)
{
	const struct node node = { .kind = NODE_SCALAR, .text = p->def };

	if (!p->def || p->type == PARAMETER_NODE)
		return true;
	const bool ok = parameter_read(&node, p, to, d);

	g_assert(ok); /* a default of the table that its own row refuses */
	return ok;
}

static bool check_known_keys(const struct node *node, enum section_id section,
			     struct diagnostics *d)
{
	bool ok = true;

	for (uint32_t i = 0; i < node->n; i++) {
		const struct node_entry *e = &node->entries[i];

		if (parameter_find(section, e->key) ||
		    section_child(section, e->key) != SECTION_COUNT)
			continue;
		ok = fail_unknown_key(&e->at, section, e->key, d);
	}
	return ok;
}

bool section_read(const struct node *node, enum section_id section, const struct source_pos *at,
		  void *base, struct diagnostics *d)
{
	static const struct node empty = { .kind = NODE_MAP };
	const struct source_pos *place = node ? &node->at : at;
	bool ok = true;

	if (!node)
		node = &empty;
	if (node->kind == NODE_SCALAR && *node->text == '\0')
		return error_at(d, place, "%s: is empty; write {} or leave the key out",
				section_label(section));
	if (node->kind != NODE_MAP)
		return error_at(d, place, "%s: takes a map, not %s", section_label(section),
				node_kind_name(node));
	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
		const struct parameter *p = &parameters[i];

		if (p->section != section)
			continue;
		const struct node *value = node_get(node, p->key);
		void *to = (char *)base + p->offset;

		if (value)
			ok &= parameter_read(value, p, to, d);
		else if (p->def || p->absent)
			ok &= read_default(p, to, d);
		else
			ok = error_at(d, place, "the key '%s' is missing in %s", p->key,
				      section_label(section));
	}
	return check_known_keys(node, section, d) && ok;
}

bool parameter_print(GString *out, const struct parameter *p, const void *base)
{
	const void *from = (const char *)base + p->offset;

	switch (p->type) {
	case PARAMETER_TEXT:
		if (!*(const char *const *)from)
			return false;
		value_print_text(out, *(const char *const *)from);
		return true;
	case PARAMETER_WORD:
		if (!*(const char *const *)from)
			return false;
		g_string_append(out, *(const char *const *)from);
		return true;
	case PARAMETER_DURATION: value_print_duration(out, *(const ps_t *)from); return true;
	case PARAMETER_MONOTONIC:
		g_string_append_printf(out, "%" PRIu64 "ns", ((const ns_t *)from)->v);
		return true;
	case PARAMETER_CYCLES:
		g_string_append_printf(out, "%" PRIu64 "cycles", *(const uint64_t *)from);
		return true;
	case PARAMETER_OFFSET:
		g_string_append_printf(out, "%" PRId64 "cycles", *(const int64_t *)from);
		return true;
	case PARAMETER_QUANTITY:
		value_print_quantity(out, *(const struct quantity *)from);
		return true;
	case PARAMETER_FREQUENCY: value_print_frequency(out, *(const khz_t *)from); return true;
	case PARAMETER_NS32:
		g_string_append_printf(out, "%" PRIu32 "ns", *(const uint32_t *)from);
		return true;
	case PARAMETER_U8:
		g_string_append_printf(out, "%" PRIu8, *(const uint8_t *)from);
		return true;
	case PARAMETER_U32:
		g_string_append_printf(out, "%" PRIu32, *(const uint32_t *)from);
		return true;
	case PARAMETER_U64:
		g_string_append_printf(out, "%" PRIu64, *(const uint64_t *)from);
		return true;
	case PARAMETER_I64:
		g_string_append_printf(out, "%" PRId64, *(const int64_t *)from);
		return true;
	case PARAMETER_BOOL:
		g_string_append(out, *(const bool *)from ? "true" : "false");
		return true;
	case PARAMETER_SWITCH: g_string_append(out, *(const bool *)from ? "Y" : "N"); return true;
	case PARAMETER_ENUM:
		g_string_append(out, value_enum_name(p->names, *(const uint32_t *)from));
		return true;
	case PARAMETER_CPUS: value_print_cpus(out, from); return true;
	case PARAMETER_NODE: return false;
	}
	g_assert_not_reached();
}

static void print_range(GString *out, const struct parameter *p)
{
	g_string_append(out, ", ");
	value_print_duration(out, ps(p->min));
	g_string_append(out, " to ");
	value_print_duration(out, ps(p->max));
}

void parameter_print_type(GString *out, const struct parameter *p)
{
	switch (p->type) {
	case PARAMETER_TEXT: g_string_append(out, "text"); break;
	case PARAMETER_WORD: g_string_append(out, "name"); break;
	case PARAMETER_DURATION:
		g_string_append(out, "duration");
		print_range(out, p);
		break;
	case PARAMETER_MONOTONIC: g_string_append(out, "instant, whole ns"); break;
	case PARAMETER_CYCLES: g_string_append(out, "cycles"); break;
	case PARAMETER_OFFSET: g_string_append(out, "cycles, with sign"); break;
	case PARAMETER_QUANTITY:
		g_string_append(out, "duration or cycles");
		print_range(out, p);
		break;
	case PARAMETER_FREQUENCY:
		g_string_append_printf(out, "frequency, %" PRIu64 "kHz to %" PRIu64 "kHz", p->min,
				       p->max);
		break;
	case PARAMETER_NS32:
		g_string_append_printf(out, "duration, whole ns, %" PRIu64 "ns to %" PRIu64 "ns",
				       p->min, p->max);
		break;
	case PARAMETER_U8:
	case PARAMETER_U32:
	case PARAMETER_U64:
		g_string_append_printf(out, "whole number, %" PRIu64 " to %" PRIu64, p->min,
				       p->max);
		break;
	case PARAMETER_I64:
		g_string_append_printf(out, "whole number, %" PRId64 " to %" PRId64,
				       (int64_t)p->min, (int64_t)p->max);
		break;
	case PARAMETER_BOOL: g_string_append(out, "true or false"); break;
	case PARAMETER_SWITCH: g_string_append(out, "Y or N"); break;
	case PARAMETER_ENUM:
		for (const struct value_name *n = p->names; n->name; n++)
			g_string_append_printf(out, "%s%s", n == p->names ? "" : ", ", n->name);
		break;
	case PARAMETER_CPUS: g_string_append(out, "list of CPUs, e.g. [0, 2-3]"); break;
	case PARAMETER_NODE: g_string_append(out, p->form); break;
	}
}

bool keys_have(const char *keys, const char *key)
{
	const size_t length = strlen(key);

	for (const char *p = keys; *p;) {
		const size_t n = strcspn(p, " !");

		if (n == length && strncmp(p, key, n) == 0)
			return true;
		p += n + strspn(p + n, " !");
	}
	return false;
}
