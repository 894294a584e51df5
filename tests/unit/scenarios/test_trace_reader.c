// SPDX-License-Identifier: MIT
#include "trace_describe.h"
#include "trace_reader.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

struct row {
	const char *name;
	const char *text; /* the whole trace */
	const char *want; /* its events, a line each */
	const char *said; /* the diagnostics; NULL: none */
};

/* The left part of a line: an event of each shape. */
/* clang-format off */
static const struct row shapes[] = {
	{ "ftrace, 5 flags",
	  "           vcpu0-108     [001] d..1.   812.000100: kvm_entry: vcpu 0, rip "
	  "0x102aa\n",
	  "1: 812000100 cpu=1 comm='vcpu0':108 flags=d1 kvm_entry: vcpu=0 rip=102aa\n", NULL },
	{ "ftrace, 4 flags",
	  "     CPU 0/KVM-2214    [003] d..1   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='CPU 0/KVM':2214 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "ftrace, 3 flags",
	  "          qemu-31      [000] dNs   12.000001: kvm_entry: vcpu 1\n",
	  "1: 12000001 cpu=0 comm='qemu':31 flags=dNs kvm_entry: vcpu=1\n", NULL },
	{ "ftrace, 6 flags, the third for lazy preemption",
	  "            hog-31      [000] d.Lh2.   12.000001: kvm_entry: vcpu 1\n",
	  "1: 12000001 cpu=0 comm='hog':31 flags=dNh2 kvm_entry: vcpu=1\n", NULL },
	{ "ftrace, 7 flags of PREEMPT_RT",
	  "            hog-31      [000] dn.h1.1   12.000001: kvm_entry: vcpu 1\n",
	  "1: 12000001 cpu=0 comm='hog':31 flags=dNh1 kvm_entry: vcpu=1\n", NULL },
	{ "ftrace, 8 flags",
	  "            hog-31      [000] ....3...   12.000001: kvm_entry: vcpu 1\n",
	  "1: 12000001 cpu=0 comm='hog':31 flags=3 kvm_entry: vcpu=1\n", NULL },
	{ "ftrace, no flags",
	  "            kvm-5664  [000] 11906.220178: kvm_entry: vcpu 0\n",
	  "1: 11906220178 cpu=0 comm='kvm':5664 kvm_entry: vcpu=0\n", NULL },
	{ "bottom halves off",
	  "            kvm-5664  [000] b..1. 11906.220178: kvm_entry: vcpu 0\n",
	  "1: 11906220178 cpu=0 comm='kvm':5664 flags=b1 kvm_entry: vcpu=0\n", NULL },
	{ "interrupts and bottom halves off, both handlers",
	  "            kvm-5664  [000] D.Ha. 11906.220178: kvm_entry: vcpu 0\n",
	  "1: 11906220178 cpu=0 comm='kvm':5664 flags=dbhs10 kvm_entry: vcpu=0\n", NULL },
	{ "raw TSC",
	  "          <idle>-0       [001] dNh1.   7159621292: reschedule_exit: "
	  "vector=253\n",
	  "1: 7159621292 cpu=1 comm='<idle>':0 flags=dNh1 reschedule_exit: vector=253\n", NULL },
	{ "task not known",
	  "           <...>-2214    [003] d..1. 18446744073709551615: kvm_entry: vcpu "
	  "0\n",
	  "1: 18446744073709551615 cpu=3 comm='<...>':2214 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "with a tgid",
	  "       CPU 0/KVM-2214    ( 2200) [003] d..1.   812.000100: kvm_entry: vcpu "
	  "0\n",
	  "1: 812000100 cpu=3 comm='CPU 0/KVM':2214(2200) flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "with a tgid that is not known",
	  "          <idle>-0       (-------) [003] d..1.   812.000100: kvm_entry: "
	  "vcpu 0\n",
	  "1: 812000100 cpu=3 comm='<idle>':0 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a CPU of four digits",
	  "            kvm-5664  [1023] 11906.220178: kvm_entry: vcpu 0\n",
	  "1: 11906220178 cpu=1023 comm='kvm':5664 kvm_entry: vcpu=0\n", NULL },
	{ "a pid that touches the CPU",
	  " qemu-system-x86-12345678[003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='qemu-system-x86':12345678 flags=d1 kvm_entry: "
	  "vcpu=0\n", NULL },
	{ "a name with dashes and digits",
	  "         a-1 b-2-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='a-1 b-2':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a name with colons",
	  "   kworker/1:2H:-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='kworker/1:2H:':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a name with brackets",
	  "       [kt] [002]-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='[kt] [002]':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a name that looks like a stamp",
	  "           x 1: y-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='x 1: y':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a name with parentheses",
	  "        (sd-pam)-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='(sd-pam)':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "a name in UTF-8",
	  "        Jürgen-33    [003] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=3 comm='Jürgen':33 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "trace-cmd report",
	  "       CPU 0/KVM-2001  [001]     1.000004: kvm_entry:             vcpu 0 "
	  "rip 0xffffffff81060b46\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0 "
	  "rip=ffffffff81060b46\n", NULL },
	{ "trace-cmd report with flags",
	  "           repro-1289    [019] d....   140.314684: kvm_entry:            "
	  "vcpu 0\n",
	  "1: 140314684 cpu=19 comm='repro':1289 flags=d0 kvm_entry: vcpu=0\n", NULL },
	{ "trace-cmd report -t",
	  "       CPU 0/KVM-2001  [001]     1.000004123: kvm_entry:             vcpu "
	  "0\n",
	  "1: 1000004123 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0\n", NULL },
	{ "trace-cmd report -l",
	  "CPU 0/KV-2001    1d....     1.000004: kvm_entry:             vcpu 0\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KV':2001 flags=d0 kvm_entry: vcpu=0\n", NULL },
	{ "trace-cmd report -l, a CPU of two digits",
	  "     hog-3001   12d.h.4     1.000004: kvm_entry:             vcpu 0\n",
	  "1: 1000004 cpu=12 comm='hog':3001 flags=dh0 kvm_entry: vcpu=0\n", NULL },
	{ "trace-cmd report --ts-diff",
	  "       CPU 0/KVM-2001  [001]     1.000004: (+4123)  kvm_entry:             "
	  "vcpu 0\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0\n", NULL },
	{ "perf script",
	  "       CPU 0/KVM  2001 [001]     1.000004:              kvm:kvm_entry: vcpu "
	  "0, rip 0x8\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0 rip=8\n", NULL },
	{ "perf script --ns",
	  "         swapper     0 [001]     1.000004123:              kvm:kvm_entry: "
	  "vcpu 0\n",
	  "1: 1000004123 cpu=1 comm='swapper':0 kvm_entry: vcpu=0\n", NULL },
	{ "perf script, a name that ends in digits",
	  "       fc_vcpu 1 2335220 [069] 12345.679150: kvm:kvm_entry: vcpu 1\n",
	  "1: 12345679150 cpu=69 comm='fc_vcpu 1':2335220 kvm_entry: vcpu=1\n", NULL },
	{ "perf script, a name with a dash",
	  "  qemu-kvm-5  2335 [069] 12345.679150: kvm:kvm_entry: vcpu 1\n",
	  "1: 12345679150 cpu=69 comm='qemu-kvm-5':2335 kvm_entry: vcpu=1\n", NULL },
	{ "perf script, a task not known",
	  "       :2001  2001 [001]     1.000004:   kvm:kvm_entry: vcpu 0\n",
	  "1: 1000004 cpu=1 comm=':2001':2001 kvm_entry: vcpu=0\n", NULL },
	{ "perf script, no task",
	  "         :-1    -1 [001]     1.000004:   kvm:kvm_entry: vcpu 0\n",
	  "1: 1000004 cpu=1 comm=':-1':-1 kvm_entry: vcpu=0\n", NULL },
	{ "perf script -F pid,tid",
	  "       CPU 0/KVM  2000/2001  [001]     1.000004:   kvm:kvm_entry: vcpu 0\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001(2000) kvm_entry: vcpu=0\n", NULL },
	{ "perf script -F +flags",
	  "       CPU 0/KVM  2001 [001]     1.000004:   kvm:kvm_entry:                 "
	  " vcpu 0\n",
	  "1: 1000004 cpu=1 comm='CPU 0/KVM':2001 kvm_entry: vcpu=0\n", NULL },
	{ "perf script of one task, which has no CPU",
	  "       CPU 0/KVM  2001     1.000004:   kvm:kvm_entry: vcpu 0\n",
	  "1: 1000004 cpu=- comm='CPU 0/KVM':2001 kvm_entry: vcpu=0\n", NULL },
	{ "perf script without the task",
	  "    [001]   770.850287:                      kvm:kvm_entry: vcpu 0\n",
	  "1: 770850287 cpu=1 comm='':-1 kvm_entry: vcpu=0\n", NULL },
	{ "grep -n",
	  "77:           vcpu0-108     [001] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=1 comm='vcpu0':108 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "quoted in a mail",
	  "> >            vcpu0-108     [001] d..1.   812.000100: kvm_entry: vcpu 0\n",
	  "1: 812000100 cpu=1 comm='vcpu0':108 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "tabs",
	  "\tvcpu0-108\t[001]\td..1.\t812.000100:\tkvm_entry:\tvcpu 0\n",
	  "1: 812000100 cpu=1 comm='vcpu0':108 flags=d1 kvm_entry: vcpu=0\n", NULL },
	{ "another event",
	  "  v-7 [001] d..1. 5.000001: kvm_mmio: mmio write len 4 gpa 0xfee000b0 val "
	  "0x0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 other: name='kvm_mmio' system='' "
	  "payload='mmio write len 4 gpa 0xfee000b0 val 0x0'\n", NULL },
	{ "another event of perf",
	  "  v 7 [001] 5.000001: kvm:kvm_mmio: mmio read\n",
	  "1: 5000001 cpu=1 comm='v':7 other: name='kvm_mmio' system='kvm' "
	  "payload='mmio read'\n", NULL },
	{ "another event without fields",
	  "  v-7 [001] d..1. 5.000001: sys_exit_fork:\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 other: name='sys_exit_fork' system='' "
	  "payload=''\n", NULL },
	{ "the function tracer's event of trace-cmd and perf",
	  "  v-7 [001] d..1. 5.000001: function:             apic_timer_fn <-- "
	  "__hrtimer_run_queues\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 function: name='apic_timer_fn' system='' "
	  "payload='<-- __hrtimer_run_queues'\n", NULL },
	{ "the function tracer",
	  "  v-7 [001] d..1. 5.000001: apic_timer_fn <-__hrtimer_run_queues\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 function: name='apic_timer_fn' "
	  "system='' payload='<-__hrtimer_run_queues'\n", NULL },
};
/* clang-format on */

/* The right part: what each event is told by, by kernels and tools. */
/* clang-format off */
static const struct row fields[] = {
	{ "kvm_entry before v5.10",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 3\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=3\n", NULL },
	{ "kvm_entry of v5.10",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 3, rip 0xffffffff81060b46\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=3 "
	  "rip=ffffffff81060b46\n", NULL },
	{ "kvm_entry of v6.12",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 3, rip 0x8 intr_info 0x800000ec "
	  "error_code 0x00000000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=3 rip=8\n", NULL },
	{ "kvm_entry for an immediate exit",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 3, rip 0x8 intr_info 0x00000000 "
	  "error_code 0x00000000 [immediate exit]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=3 rip=8 immediate\n", NULL },
	{ "kvm_exit up to v5.7",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason EXTERNAL_INTERRUPT rip 0x100 "
	  "info 0 800000f6\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx EXTERNAL_INTERRUPT "
	  "code=1 name='EXTERNAL_INTERRUPT' vcpu=- rip=100 info=0,800000f6\n", NULL },
	{ "kvm_exit of v5.8",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 2 reason EPT_VIOLATION rip "
	  "0x5a1b20 info 384 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx EPT_VIOLATION code=48 "
	  "name='EPT_VIOLATION' vcpu=2 rip=5a1b20 info=384,0\n", NULL },
	{ "kvm_exit of v5.10",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason MSR_WRITE rip 0x1 info1 "
	  "0x0000000000004000 info2 0x0000000000000020 intr_info 0x80000301 error_code "
	  "0x0000000b\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx MSR_WRITE code=32 "
	  "name='MSR_WRITE' vcpu=0 rip=1 info=4000,20 intr=80000301,b\n", NULL },
	{ "kvm_exit of v6.12",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason PREEMPTION_TIMER rip "
	  "0x1 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 "
	  "error_code 0x00000000 requests 0x0000000000000040\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx PREEMPTION_TIMER code=52 "
	  "name='PREEMPTION_TIMER' vcpu=0 rip=1 info=0,0 intr=0,0\n", NULL },
	{ "kvm_exit, flags behind the reason",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason INVALID_STATE "
	  "FAILED_VMENTRY rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx OTHER code=33 "
	  "name='INVALID_STATE' vcpu=0 rip=1 info=0,0\n", NULL },
	{ "kvm_exit, the old name of a window",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason PENDING_INTERRUPT rip 0x1 info "
	  "0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx INTERRUPT_WINDOW code=7 "
	  "name='PENDING_INTERRUPT' vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, a function behind rip",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason HLT rip 0xffffffff81062d14 "
	  "native_safe_halt+0x6 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx HLT code=12 name='HLT' "
	  "vcpu=- rip=ffffffff81062d14 info=0,0\n", NULL },
	{ "kvm_exit, SVM",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason npf rip 0x10000 info1 "
	  "0x0000000200000006 info2 0x0000000000001000 intr_info 0x00000000 error_code "
	  "0x00000000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm EPT_VIOLATION code=1024 "
	  "name='npf' vcpu=0 rip=10000 info=200000006,1000 intr=0,0\n", NULL },
	{ "kvm_exit, SVM writes an MSR",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason msr rip 0x1 info 1 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm MSR_WRITE code=124 "
	  "name='msr' vcpu=- rip=1 info=1,0\n", NULL },
	{ "kvm_exit, SVM reads an MSR",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason msr rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm MSR_READ code=124 "
	  "name='msr' vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, SVM, read or written is not said",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason msr rip 0x1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm MSR code=124 name='msr' "
	  "vcpu=- rip=1\n", NULL },
	{ "kvm_exit, an exception of SVM",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason PF excp rip 0x1 info 0 "
	  "0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm EXCEPTION_NMI code=78 "
	  "name='PF' vcpu=0 rip=1 info=0,0\n", NULL },
	{ "kvm_exit, trace-cmd's names of SVM",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason EXIT_INTR rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm EXTERNAL_INTERRUPT "
	  "code=96 name='EXIT_INTR' vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, hlt of SVM",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason hlt rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: svm HLT code=120 name='hlt' "
	  "vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, a number",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason 32 rip "
	  "0xffffffff81060b46\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: ? OTHER code=32 name='32' "
	  "vcpu=0 rip=ffffffff81060b46\n", NULL },
	{ "kvm_exit, a number in hexadecimal",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason 0x4d rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: ? OTHER code=77 name='0x4d' "
	  "vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, unknown to trace-cmd",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason UNKNOWN (77) rip 0x1 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: ? OTHER code=77 "
	  "name='UNKNOWN' vcpu=- rip=1 info=0,0\n", NULL },
	{ "kvm_exit, a reason of later days",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason NEW_REASON rip 0x1 info "
	  "0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: ? OTHER code=- "
	  "name='NEW_REASON' vcpu=0 rip=1 info=0,0\n", NULL },
	{ "kvm_msr: a deadline is written",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_write 6e0 = 0x2d5c1a9f40\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_msr: write 6e0=2d5c1a9f40\n", NULL },
	{ "kvm_msr: a read that faults",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_read 1b = 0xfee00900 (#GP)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_msr: read 1b=fee00900 fault\n", NULL },
	{ "kvm_apic: TMICT",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_TMICT = 0xf4240\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write TMICT=f4240\n", NULL },
	{ "kvm_apic: TMCCT is read",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_read APIC_TMCCT = 0x10\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: read TMCCT=10\n", NULL },
	{ "kvm_apic: LVTT",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_LVTT = 0x400ec\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write LVTT=400ec\n", NULL },
	{ "kvm_apic: TDCR by its offset",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write 0x3e0 = 0xb\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write TDCR=b\n", NULL },
	{ "kvm_apic: EOI",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_EOI = 0x0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write EOI=0\n", NULL },
	{ "kvm_apic: SPIV",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_SPIV = 0x1ff\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write SPIV=1ff\n", NULL },
	{ "kvm_apic: ID",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_read APIC_ID = 0x0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: read ID=0\n", NULL },
	{ "kvm_apic: TASKPRI",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_TASKPRI = 0x20\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write TASKPRI=20\n", NULL },
	{ "kvm_apic: ICR2",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_write APIC_ICR2 = 0x1000000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: write ICR=1000000\n", NULL },
	{ "kvm_apic: another register",
	  "  v-7 [001] d..1. 5.000001: kvm_apic: apic_read APIC_LVT0 = 0x700\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic: read other=700\n", NULL },
	{ "kvm_apic_accept_irq",
	  "  v-7 [001] d..1. 5.000001: kvm_apic_accept_irq: apicid a vec 236 "
	  "(Fixed|edge)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic_accept_irq: apicid=10 vec=236 "
	  "fixed\n", NULL },
	{ "kvm_apic_accept_irq, merged",
	  "  v-7 [001] d..1. 5.000001: kvm_apic_accept_irq: apicid 0 vec 48 "
	  "(LowPrio|level) (coalesced)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apic_accept_irq: apicid=0 vec=48 "
	  "level coalesced\n", NULL },
	{ "kvm_apicv_accept_irq",
	  "  v-7 [001] d..1. 5.000001: kvm_apicv_accept_irq: apicid 1 vec 236 "
	  "(Fixed|edge)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_apicv_accept_irq: apicid=1 vec=236 "
	  "fixed\n", NULL },
	{ "kvm_inj_virq up to v5.10",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: irq 239\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_inj_virq: vec=239\n", NULL },
	{ "kvm_inj_virq",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: IRQ 0xec\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_inj_virq: vec=236\n", NULL },
	{ "kvm_inj_virq again",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: IRQ 0xec [reinjected]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_inj_virq: vec=236 reinjected\n", NULL },
	{ "kvm_inj_virq of INT n",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: Soft/INTn 0x80 [reinjected]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_inj_virq: vec=128 soft reinjected\n", NULL },
	{ "kvm_eoi",
	  "  v-7 [001] d..1. 5.000001: kvm_eoi: apicid 1f vector 236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_eoi: apicid=31 vec=236\n", NULL },
	{ "kvm_eoi of nothing",
	  "  v-7 [001] d..1. 5.000001: kvm_eoi: apicid 0 vector -1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_eoi: apicid=0 vec=-1\n", NULL },
	{ "kvm_wait_lapic_expire, early",
	  "  v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 0: delta -412 "
	  "(early)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_wait_lapic_expire: vcpu=0 "
	  "delta=-412\n", NULL },
	{ "kvm_wait_lapic_expire, late",
	  "  v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 7: delta 6922 "
	  "(late)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_wait_lapic_expire: vcpu=7 "
	  "delta=6922\n", NULL },
	{ "kvm_hv_timer_state",
	  "  v-7 [001] d..1. 5.000001: kvm_hv_timer_state: vcpu_id 1f hv_timer 1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_hv_timer_state: vcpu=31 on=1\n", NULL },
	{ "kvm_hv_timer_state, a blank line follows",
	  "  v-7 [001] d..1. 5.000001: kvm_hv_timer_state: vcpu_id 0 hv_timer 0\n\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_hv_timer_state: vcpu=0 on=0\n", NULL },
	{ "kvm_set_irq",
	  "  v-7 [001] d..1. 5.000001: kvm_set_irq: gsi 4 level 1 source 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_set_irq: gsi=4 level=1 source=0\n", NULL },
	{ "kvm_userspace_exit",
	  "  v-7 [001] d..1. 5.000001: kvm_userspace_exit: reason KVM_EXIT_IO (2)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_userspace_exit: reason=2\n", NULL },
	{ "kvm_userspace_exit for a signal",
	  "  v-7 [001] d..1. 5.000001: kvm_userspace_exit: reason restart (4)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_userspace_exit: reason=4 restart\n", NULL },
	{ "kvm_userspace_exit with an error",
	  "  v-7 [001] d..1. 5.000001: kvm_userspace_exit: reason error (14)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_userspace_exit: reason=14 error\n", NULL },
	{ "kvm_halt_poll_ns grows",
	  "  v-7 [001] d..1. 5.000001: kvm_halt_poll_ns: vcpu 0: halt_poll_ns 20000 "
	  "(grow 10000)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_halt_poll_ns: vcpu=0 now=20000 "
	  "before=10000 grow\n", NULL },
	{ "kvm_halt_poll_ns shrinks",
	  "  v-7 [001] d..1. 5.000001: kvm_halt_poll_ns: vcpu 0: halt_poll_ns 0 "
	  "(shrink 10000)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_halt_poll_ns: vcpu=0 now=0 "
	  "before=10000 shrink\n", NULL },
	{ "kvm_vcpu_wakeup, polled",
	  "  v-7 [001] d..1. 5.000001: kvm_vcpu_wakeup: poll time 7421 ns, polling "
	  "valid\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_vcpu_wakeup: polled 7421 valid\n", NULL },
	{ "kvm_vcpu_wakeup, waited",
	  "  v-7 [001] d..1. 5.000001: kvm_vcpu_wakeup: wait time 485258 ns, polling "
	  "invalid\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_vcpu_wakeup: waited 485258 "
	  "invalid\n", NULL },
	{ "kvm_vcpu_wakeup, older",
	  "  v-7 [001] d..1. 5.000001: kvm_vcpu_wakeup: wait time 485258 ns\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_vcpu_wakeup: waited 485258 valid\n", NULL },
	{ "kvm_cpuid",
	  "  v-7 [001] d..1. 5.000001: kvm_cpuid: func d idx 1 rax d rbx 68747541 rcx "
	  "444d4163 rdx 69746e65, cpuid entry found\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_cpuid: func=d idx=1\n", NULL },
	{ "kvm_cpuid, older",
	  "  v-7 [001] d..1. 5.000001: kvm_cpuid: func 0 rax d rbx 68747541 rcx "
	  "6c65746e rdx 49656e69\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_cpuid: func=0\n", NULL },
	{ "kvm_pio",
	  "  v-7 [001] d..1. 5.000001: kvm_pio: pio_write at 0xf4 size 1 count 1 val "
	  "0x0 \n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_pio: write port=f4 size=1 count=1\n", NULL },
	{ "kvm_pio reads many",
	  "  v-7 [001] d..1. 5.000001: kvm_pio: pio_read at 0x3f8 size 4 count 2 val "
	  "0x31 (...)\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_pio: read port=3f8 size=4 count=2\n", NULL },
	{ "kvm_fpu",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: unload\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: unload\n", NULL },
	{ "kvm_write_tsc_offset",
	  "  v-7 [001] d..1. 5.000001: kvm_write_tsc_offset: vcpu=0 "
	  "prev=18446744066096780794 next=0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_write_tsc_offset: vcpu=0 "
	  "prev=18446744066096780794 next=0\n", NULL },
	{ "hrtimer_init",
	  "  v-7 [001] d..1. 5.000001: hrtimer_init: hrtimer=00000000c58571f8 "
	  "clockid=CLOCK_MONOTONIC mode=REL|HARD\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_init: timer=c58571f8 "
	  "clock='CLOCK_MONOTONIC' mode=rel+hard\n", NULL },
	{ "hrtimer_init of v4.10",
	  "  v-7 [001] d..1. 5.000001: hrtimer_init: hrtimer=ffff880035b0f7e0 "
	  "clockid=CLOCK_REALTIME mode=HRTIMER_MODE_ABS\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_init: timer=ffff880035b0f7e0 "
	  "clock='CLOCK_REALTIME' mode=abs\n", NULL },
	{ "hrtimer_setup",
	  "  v-7 [001] d..1. 5.000001: hrtimer_setup: hrtimer=00000000c58571f8 "
	  "clockid=CLOCK_MONOTONIC mode=ABS|PINNED\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_init: timer=c58571f8 "
	  "clock='CLOCK_MONOTONIC' mode=abs+pinned\n", NULL },
	{ "hrtimer_start of v4.10",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=ffff880035b0f7e0 "
	  "function=apic_timer_fn [kvm] expires=812010094000 softexpires=812010093999\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=ffff880035b0f7e0 "
	  "fn=apic_timer_fn symbol='apic_timer_fn' expires=812010094000 "
	  "soft=812010093999 mode=?\n", NULL },
	{ "hrtimer_start of v5.4",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=00000000c0ffee10 "
	  "function=apic_timer_fn [kvm] expires=812010094000 softexpires=812010094000 "
	  "mode=ABS|PINNED|HARD\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=c0ffee10 "
	  "fn=apic_timer_fn symbol='apic_timer_fn' expires=812010094000 "
	  "soft=812010094000 mode=abs+pinned+hard\n", NULL },
	{ "hrtimer_start of v6.1",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=00000000aa3ffd19 "
	  "function=tick_sched_timer expires=2788000000 softexpires=2788000000 "
	  "mode=ABS was_armed=1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=aa3ffd19 fn=tick "
	  "symbol='tick_sched_timer' expires=2788000000 soft=2788000000 mode=abs "
	  "was_armed=1\n", NULL },
	{ "hrtimer_start, the tick's new name",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=00000000aa3ffd19 "
	  "function=tick_nohz_handler expires=1 softexpires=1 mode=ABS|SOFT\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=aa3ffd19 fn=tick "
	  "symbol='tick_nohz_handler' expires=1 soft=1 mode=abs+soft\n", NULL },
	{ "hrtimer_start, a mode without a name",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 "
	  "function=hrtimer_wakeup expires=1 softexpires=1 mode=0xa\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 "
	  "fn=hrtimer_wakeup symbol='hrtimer_wakeup' expires=1 soft=1 "
	  "mode=abs+pinned+hard\n", NULL },
	{ "hrtimer_start, trace-cmd's",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start:        "
	  "hrtimer=0xffff888123456780 function=apic_timer_fn/0x0 expires=1001000000 "
	  "softexpires=1001000000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=ffff888123456780 "
	  "fn=apic_timer_fn symbol='apic_timer_fn' expires=1001000000 soft=1001000000 "
	  "mode=?\n", NULL },
	{ "hrtimer_start, a bare address",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 "
	  "function=0xffffffffc0a01000 expires=1 softexpires=1 mode=ABS\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=address "
	  "ffffffffc0a01000 expires=1 soft=1 mode=abs\n", NULL },
	{ "hrtimer_start, a hidden timer",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=(____ptrval____) "
	  "function=it_real_fn expires=1 softexpires=1 mode=REL\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=0 fn=other "
	  "symbol='it_real_fn' expires=1 soft=1 mode=rel\n", NULL },
	{ "hrtimer_cancel",
	  "  v-7 [001] d..1. 5.000001: hrtimer_cancel: hrtimer=00000000aa3ffd19\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_cancel: timer=aa3ffd19\n", NULL },
	{ "hrtimer_expire_entry",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_entry: hrtimer=00000000c0ffee10 "
	  "function=apic_timer_fn [kvm] now=812010095300\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_entry: timer=c0ffee10 "
	  "fn=apic_timer_fn symbol='apic_timer_fn' now=812010095300\n", NULL },
	{ "hrtimer_expire_entry, trace-cmd's",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_entry: "
	  "hrtimer=0xffff888123456780 now=1001000812 function=apic_timer_fn/0x0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_entry: "
	  "timer=ffff888123456780 fn=apic_timer_fn symbol='apic_timer_fn' "
	  "now=1001000812\n", NULL },
	{ "hrtimer_expire_entry, trace-cmd's without the function",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_entry: "
	  "hrtimer=0xffff888123456780 now=1001000812\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_entry: "
	  "timer=ffff888123456780 fn=- now=1001000812\n", NULL },
	{ "hrtimer_expire_exit",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_exit: hrtimer=00000000c0ffee10\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_exit: timer=c0ffee10\n", NULL },
	{ "tick_stop",
	  "  v-7 [001] d..1. 5.000001: tick_stop: success=1 dependency=NONE\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 tick_stop: success=1 NONE\n", NULL },
	{ "tick_stop that fails",
	  "  v-7 [001] d..1. 5.000001: tick_stop: success=0 dependency=CLOCK_UNSTABLE\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 tick_stop: success=0 CLOCK_UNSTABLE\n", NULL },
	{ "tick_stop for a later reason",
	  "  v-7 [001] d..1. 5.000001: tick_stop: success=0 dependency=MOON\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 tick_stop: success=0 OTHER\n", NULL },
	{ "tick_stop, older,",
	  "  v-7 [001] d..1. 5.000001: tick_stop: success=yes msg= \n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 tick_stop: success=1 NONE\n", NULL },
	{ "tick_stop, older, that fails",
	  "  v-7 [001] d..1. 5.000001: tick_stop: success=no msg=more than 1 task in "
	  "runqueue\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 tick_stop: success=0 OTHER\n", NULL },
	{ "sched_switch",
	  "  v-7 [001] d..1. 5.000001: sched_switch: prev_comm=hog prev_pid=3001 "
	  "prev_prio=120 prev_state=R+ ==> next_comm=CPU 0/KVM next_pid=2214 "
	  "next_prio=-1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: prev='hog':3001[120] R "
	  "preempted next='CPU 0/KVM':2214[-1]\n", NULL },
	{ "sched_switch, two states",
	  "  v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a b=c prev_pid=1 "
	  "prev_prio=120 prev_state=D|W ==> next_comm=swapper/0 next_pid=0 "
	  "next_prio=120\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: prev='a b=c':1[120] D "
	  "next='swapper/0':0[120]\n", NULL },
	{ "sched_switch, trace-cmd's",
	  "  v-7 [001] d..1. 5.000001: sched_switch:         swapper/1:0 [120] R ==> "
	  "CPU 0/KVM:2001 [98]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: prev='swapper/1':0[120] "
	  "R next='CPU 0/KVM':2001[98]\n", NULL },
	{ "sched_switch, trace-cmd's, colons in the names",
	  "  v-7 [001] d..1. 5.000001: sched_switch: kworker/1:2:33 [120] S|D ==> a:1 "
	  "b:77 [120]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: "
	  "prev='kworker/1:2':33[120] S next='a:1 b':77[120]\n", NULL },
	{ "sched_wakeup",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup: comm=CPU 0/KVM pid=2214 prio=120 "
	  "target_cpu=003\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_wakeup: task='CPU "
	  "0/KVM':2214[120] to=3\n", NULL },
	{ "sched_wakeup, older",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup: comm=hog pid=2214 prio=120 "
	  "success=1 target_cpu=003\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_wakeup: task='hog':2214[120] "
	  "to=3\n", NULL },
	{ "sched_wakeup, trace-cmd's",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup:         CPU 0/KVM:2214 [120] "
	  "success=1 CPU:003\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_wakeup: task='CPU "
	  "0/KVM':2214[120] to=3\n", NULL },
	{ "sched_wakeup, trace-cmd's of a later kernel",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup: hog:2214 [120]<CANT FIND FIELD "
	  "success> CPU:003\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_wakeup: task='hog':2214[120] "
	  "to=3\n", NULL },
	{ "sched_wakeup_new",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup_new: comm=hog pid=2214 prio=120 "
	  "target_cpu=011\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_wakeup: task='hog':2214[120] "
	  "to=11\n", NULL },
	{ "sched_waking",
	  "  v-7 [001] d..1. 5.000001: sched_waking: comm=kvm-nx-lpage-re pid=107 "
	  "prio=120 target_cpu=001\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_waking: "
	  "task='kvm-nx-lpage-re':107[120] to=1\n", NULL },
	{ "sched_migrate_task",
	  "  v-7 [001] d..1. 5.000001: sched_migrate_task: comm=CPU 0/KVM pid=2214 "
	  "prio=120 orig_cpu=3 dest_cpu=5\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_migrate_task: task='CPU "
	  "0/KVM':2214[120] from=3 to=5\n", NULL },
	{ "irq_handler_entry",
	  "  v-7 [001] d..1. 5.000001: irq_handler_entry: irq=30 name=virtio0-input.0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 irq_handler_entry: vector=30\n", NULL },
	{ "irq_handler_exit",
	  "  v-7 [001] d..1. 5.000001: irq_handler_exit: irq=30 ret=handled\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 irq_handler_exit: vector=30\n", NULL },
	{ "local_timer_entry",
	  "  v-7 [001] d..1. 5.000001: local_timer_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 local_timer_entry: vector=236\n", NULL },
	{ "local_timer_exit",
	  "  v-7 [001] d..1. 5.000001: local_timer_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 local_timer_exit: vector=236\n", NULL },
	{ "reschedule_entry",
	  "  v-7 [001] d..1. 5.000001: reschedule_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 reschedule_entry: vector=236\n", NULL },
	{ "reschedule_exit",
	  "  v-7 [001] d..1. 5.000001: reschedule_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 reschedule_exit: vector=236\n", NULL },
	{ "call_function_entry",
	  "  v-7 [001] d..1. 5.000001: call_function_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 call_function_entry: vector=236\n", NULL },
	{ "call_function_exit",
	  "  v-7 [001] d..1. 5.000001: call_function_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 call_function_exit: vector=236\n", NULL },
	{ "call_function_single_entry",
	  "  v-7 [001] d..1. 5.000001: call_function_single_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 call_function_single_entry: "
	  "vector=236\n", NULL },
	{ "call_function_single_exit",
	  "  v-7 [001] d..1. 5.000001: call_function_single_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 call_function_single_exit: vector=236\n", NULL },
	{ "irq_work_entry",
	  "  v-7 [001] d..1. 5.000001: irq_work_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 irq_work_entry: vector=236\n", NULL },
	{ "irq_work_exit",
	  "  v-7 [001] d..1. 5.000001: irq_work_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 irq_work_exit: vector=236\n", NULL },
	{ "external_interrupt_entry",
	  "  v-7 [001] d..1. 5.000001: external_interrupt_entry: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 external_interrupt_entry: vector=236\n", NULL },
	{ "external_interrupt_exit",
	  "  v-7 [001] d..1. 5.000001: external_interrupt_exit: vector=236\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 external_interrupt_exit: vector=236\n", NULL },
};
/* clang-format on */

/* What lines are to one another, and what is said of those that cannot be read. */
/* clang-format off */
static const struct row streams[] = {
	{ "wrapped before the reason",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason \n"
	  "EPT_VIOLATION rip 0x8 info 683 800000d1\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx EPT_VIOLATION code=48 "
	  "name='EPT_VIOLATION' vcpu=- rip=8 info=683,800000d1\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped before the info",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason EPT_VIOLATION rip 0x8\n"
	  "info 683 800000d1\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx EPT_VIOLATION code=48 "
	  "name='EPT_VIOLATION' vcpu=- rip=8 info=683,800000d1\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped before an optional word",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: IRQ 0xd1 \n"
	  "[reinjected]\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_inj_virq: vec=209 reinjected\n",
	  NULL },
	{ "wrapped twice",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason MSR_WRITE rip 0x1 info1\n"
	  "0x0000000000004000 info2 0x0000000000000020 intr_info\n"
	  "0x80000301 error_code 0x0000000b\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx MSR_WRITE code=32 "
	  "name='MSR_WRITE' vcpu=0 rip=1 info=4000,20 intr=80000301,b\n"
	  "4: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped within a number",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 function=apic_timer_fn "
	  "expires=8120\n"
	  "10094000 softexpires=812010094000 mode=ABS\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=apic_timer_fn "
	  "symbol='apic_timer_fn' expires=812010094000 soft=812010094000 mode=abs\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped within the last number",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_entry: hrtimer=0x1 "
	  "function=apic_timer_fn now=8120\n"
	  "10094000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_entry: timer=1 "
	  "fn=apic_timer_fn symbol='apic_timer_fn' now=812010094000\n",
	  NULL },
	{ "wrapped behind the stamp",
	  "  v-7 [001] d..1. 5.000001:\n"
	  "kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped within the stamp",
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.0000\n"
	  "03: kvm_fpu: load\n",
	  "1: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "2: 5000003 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "blanks at the end",
	  "  v-7 [001] d..1. 5.000001: sched_switch:   \n"
	  "  v-7 [001] d..1. 5.000002: sys_exit:   \n"
	  "  v-7 [001] d..1. 5.000003: sys_exit: x \t \r\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 other: name='sys_exit' system='' payload=''\n"
	  "3: 5000003 cpu=1 comm='v':7 flags=d1 other: name='sys_exit' system='' payload='x'\n",
	  "x.trace:1:45: warning: sched_switch: TASK:PID [PRIO] should stand here\n"
	  "    v-7 [001] d..1. 5.000001: sched_switch:   \n"
	  "                                              ^\n" },
	{ "an address is apic_timer_fn if it is started in an exit that writes a deadline",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason MSR_WRITE rip 0x8\n"
	  "  w-8 [002] d..1. 5.000002: hrtimer_start: hrtimer=0x3 function=0xffffffff81101110 "
	  "expires=1 softexpires=1\n"
	  "  v-7 [001] d..1. 5.000003: hrtimer_start: hrtimer=0x1 function=0xffffffffc0a01000 "
	  "expires=1 softexpires=1\n"
	  "  v-7 [001] d..1. 5.000004: kvm_msr: msr_write 6e0 = 0x10\n"
	  "  v-7 [001] d..1. 5.000005: kvm_entry: vcpu 0\n"
	  "  v-7 [001] d..1. 5.000006: hrtimer_start: hrtimer=0x4 function=0xffffffff81102220 "
	  "expires=1 softexpires=1\n"
	  "  w-8 [002] d..1. 5.000007: hrtimer_expire_entry: hrtimer=0x1 function=0xffffffffc0a01000 "
	  "now=2\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx MSR_WRITE code=32 name='MSR_WRITE' "
	  "vcpu=- rip=8\n"
	  "2: 5000002 cpu=2 comm='w':8 flags=d1 hrtimer_start: timer=3 fn=address ffffffff81101110 "
	  "expires=1 soft=1 mode=?\n"
	  "3: 5000003 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=apic_timer_fn "
	  "ffffffffc0a01000 expires=1 soft=1 mode=?\n"
	  "4: 5000004 cpu=1 comm='v':7 flags=d1 kvm_msr: write 6e0=10\n"
	  "5: 5000005 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=0\n"
	  "6: 5000006 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=4 fn=address ffffffff81102220 "
	  "expires=1 soft=1 mode=?\n"
	  "7: 5000007 cpu=2 comm='w':8 flags=d1 hrtimer_expire_entry: timer=1 fn=apic_timer_fn "
	  "ffffffffc0a01000 now=2\n",
	  NULL },
	{ "the same in the other order",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason APIC_WRITE rip 0x8\n"
	  "  v-7 [001] d..1. 5.000002: kvm_apic: apic_write APIC_TMICT = 0x10\n"
	  "  v-7 [001] d..1. 5.000003: hrtimer_start: hrtimer=0x1 function=0xffffffffc0a01000 "
	  "expires=1 softexpires=1\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx APIC_WRITE code=56 name='APIC_WRITE' "
	  "vcpu=- rip=8\n"
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_apic: write TMICT=10\n"
	  "3: 5000003 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=apic_timer_fn "
	  "ffffffffc0a01000 expires=1 soft=1 mode=?\n",
	  NULL },
	{ "an address is the tick if it is started again behind its expiry, for a whole ms",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_exit: hrtimer=0x1\n"
	  "  v-7 [001] d..1. 5.000002: hrtimer_start: hrtimer=0x1 function=0xffffffff81103000 "
	  "expires=4000001 softexpires=4000001\n"
	  "  v-7 [001] d..1. 5.000003: hrtimer_expire_exit: hrtimer=0x1\n"
	  "  v-7 [001] d..1. 5.000004: hrtimer_start: hrtimer=0x2 function=0xffffffff81102000 "
	  "expires=4000000 softexpires=4000000\n"
	  "  v-7 [001] d..1. 5.000005: hrtimer_expire_exit: hrtimer=0x1\n"
	  "  v-7 [001] d..1. 5.000006: hrtimer_start: hrtimer=0x1 function=0xffffffff81101000 "
	  "expires=4000000 softexpires=4000000\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_expire_exit: timer=1\n"
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=address ffffffff81103000 "
	  "expires=4000001 soft=4000001 mode=?\n"
	  "3: 5000003 cpu=1 comm='v':7 flags=d1 hrtimer_expire_exit: timer=1\n"
	  "4: 5000004 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=2 fn=address ffffffff81102000 "
	  "expires=4000000 soft=4000000 mode=?\n"
	  "5: 5000005 cpu=1 comm='v':7 flags=d1 hrtimer_expire_exit: timer=1\n"
	  "6: 5000006 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=tick ffffffff81101000 "
	  "expires=4000000 soft=4000000 mode=?\n",
	  NULL },
	{ "a switch, wrapped at blanks",
	  "  v-7 [001] d..1. 5.000001: sched_switch: \n"
	  "prev_comm=CPU \n"
	  "0/KVM prev_pid=1 prev_prio=120 prev_state=S ==> \n"
	  "next_comm=b\n"
	  "next_pid=2 next_prio=120\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: prev='CPU 0/KVM':1[120] S "
	  "next='b':2[120]\n"
	  "6: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "broken at 48 columns, a key first: so are names",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtim\n"
	  "er=0x1 function=f expires=1 softexpires=1\n"
	  "  v-7 [001] d..1. 5.000002: sched_waking: comm=s\n"
	  "hell pid=1 prio=120 target_cpu=001\n"
	  "  v-7 [001] d..1. 5.000003: kvm_mmio: mmio write\n"
	  " len 4\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 hrtimer_start: timer=1 fn=other symbol='f' "
	  "expires=1 soft=1 mode=?\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 sched_waking: task='shell':1[120] to=1\n"
	  "5: 5000003 cpu=1 comm='v':7 flags=d1 other: name='kvm_mmio' system='' payload='mmio "
	  "write len 4'\n",
	  NULL },
	{ "wrapped before the stamp",
	  "  v-7 [001] d..1.\n"
	  "5.000001: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "another event, wrapped",
	  "  v-7 [001] d..1. 5.000001: rcu_utilization:      End \n"
	  "context switch\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 other: name='rcu_utilization' system='' "
	  "payload='End context switch'\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "wrapped and quoted",
	  ">   v-7 [001] d..1. 5.000001: kvm_exit: reason\n"
	  "> HLT rip 0x8 info 0 0\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_exit: vmx HLT code=12 name='HLT' "
	  "vcpu=- rip=8 info=0,0\n",
	  NULL },
	{ "lost events",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n"
	  "CPU:3 [LOST 12 EVENTS]\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "2: 5000001 cpu=3 comm='':-1 lost: n=12\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "lost events at the start, nobody knows how many",
	  "CPU:3 [LOST EVENTS]\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 0 cpu=3 comm='':-1 lost: n=0\n"
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "dropped events of trace-cmd",
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n"
	  "CPU:0 [77 EVENTS DROPPED]\n"
	  "CPU:12 [EVENTS DROPPED]\n",
	  "1: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "2: 5000002 cpu=0 comm='':-1 lost: n=77\n"
	  "3: 5000002 cpu=12 comm='':-1 lost: n=0\n",
	  NULL },
	{ "lost records of perf",
	  "  v 7 [001] 5.000001: kvm:kvm_fpu: load\n"
	  "  perf 9 [002] 5.000002: PERF_RECORD_LOST lost 42\n"
	  "  perf 9 [002] 5.000003: PERF_RECORD_COMM: x\n",
	  "1: 5000001 cpu=1 comm='v':7 kvm_fpu: load\n"
	  "2: 5000002 cpu=2 comm='':-1 lost: n=42\n",
	  NULL },
	{ "buffers start",
	  "##### CPU 1 buffer started ####\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n"
	  "CPU:2 [SUBBUFFER START]\n",
	  "1: 0 cpu=1 comm='':-1 buffer started:\n"
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "3: 5000002 cpu=2 comm='':-1 buffer started:\n",
	  NULL },
	{ "a stack trace",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000002: <stack trace>\n"
	  " => kvm_foo\n"
	  " => bar [kvm]\n"
	  "\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "6: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "a call chain of perf",
	  "  v 7 [001] 5.000001: kvm:kvm_fpu: load\n"
	  "\tffffffff81012345 kvm_foo+0x5 ([kvm])\n"
	  "\t            7f12 x ([unknown])\n"
	  "\n",
	  "1: 5000001 cpu=1 comm='v':7 kvm_fpu: load\n",
	  NULL },
	{ "CR LF",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 0\r\n"
	  "\r\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\r\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=0\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "no end of line at the end",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 12",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=12\n",
	  NULL },
	{ "annotated lines",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 0 <== here\n"
	  "  v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a prev_pid=1 "
	  "prev_prio=120 prev_state=S ==> next_comm=b next_pid=2 next_prio=120 # the "
	  "hog\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_entry: vcpu=0\n"
	  "2: 5000001 cpu=1 comm='v':7 flags=d1 sched_switch: prev='a':1[120] S "
	  "next='b':2[120]\n",
	  NULL },
	{ "an older event behind a younger one",
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n",
	  "1: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "2: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
	{ "not an event",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n"
	  "hello world\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n"
	  "3: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:2:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  hello world\n"
	  "  ^\n" },
	{ "cut within the stamp",
	  "  v-7 [001] d..1. 5.00\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:3: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.00\n"
	  "    ^\n" },
	{ "a stamp of five digits",
	  "  v-7 [001] d..1. 5.00001: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:3: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.00001: kvm_fpu: load\n"
	  "    ^\n" },
	{ "a stamp that does not fit",
	  "  v-7 [001] d..1. 18446744073709551616: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:3: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "    v-7 [001] d..1. 18446744073709551616: kvm_fpu: load\n"
	  "    ^\n" },
	{ "no CPU and no pid",
	  "  v 5.000001: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:3: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "    v 5.000001: kvm_fpu: load\n"
	  "    ^\n" },
	{ "no event's name",
	  "  v-7 [001] d..1. 5.000001: = 5\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:29: warning: not an event: the name of an event should stand here\n"
	  "    v-7 [001] d..1. 5.000001: = 5\n"
	  "                              ^\n" },
	{ "no colon",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu load\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:37: warning: not an event: a colon should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_fpu load\n"
	  "                                      ^\n" },
	{ "kvm_entry without its vCPU",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: cpu 0\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:40: warning: kvm_entry: 'vcpu' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_entry: cpu 0\n"
	  "                                         ^\n" },
	{ "kvm_entry with a broken rip",
	  "  v-7 [001] d..1. 5.000001: kvm_entry: vcpu 0, rip main\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:52: warning: kvm_entry: a hexadecimal number should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_entry: vcpu 0, rip main\n"
	  "                                                     ^\n" },
	{ "kvm_exit cut within the reason",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason EXTERNAL_INT\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:65: warning: kvm_exit: 'rip' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason EXTERNAL_INT\n"
	  "                                                                  ^\n" },
	{ "kvm_exit cut before the reason",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:52: warning: kvm_exit: more text should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason\n"
	  "                                                     ^\n" },
	{ "kvm_exit cut within a number",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason HLT rip 0x1 info1 "
	  "0x00000\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:71: warning: kvm_exit: 16 hexadecimal digits should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: vcpu 0 reason HLT rip 0x1 info1 "
	  "0x00000\n"
	  "                                                                        ^\n" },
	{ "kvm_exit cut within intr_info",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: reason HLT rip 0x1 intr_info 0x8\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:68: warning: kvm_exit: 8 hexadecimal digits should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: reason HLT rip 0x1 intr_info 0x8\n"
	  "                                                                     ^\n" },
	{ "kvm_exit of trace-cmd report -R",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: exit_reason=32 isa=1\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:39: warning: kvm_exit: 'reason' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: exit_reason=32 isa=1\n"
	  "                                        ^\n" },
	{ "kvm_msr without a value",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_write 6e0 =\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:53: warning: kvm_msr: more text should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_msr: msr_write 6e0 =\n"
	  "                                                      ^\n" },
	{ "kvm_msr, another word",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_rite 6e0 = 0x1\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:38: warning: kvm_msr: 'msr_read' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_msr: msr_rite 6e0 = 0x1\n"
	  "                                       ^\n" },
	{ "kvm_msr, an index of 33 bits",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_read 100000000 = 0x1\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:47: warning: kvm_msr: a hexadecimal number below 2^32 should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_msr: msr_read 100000000 = 0x1\n"
	  "                                                ^\n" },
	{ "kvm_msr, a value of 65 bits",
	  "  v-7 [001] d..1. 5.000001: kvm_msr: msr_read 1b = 0x10000000000000000\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:52: warning: kvm_msr: a hexadecimal number below 2^64 should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_msr: msr_read 1b = 0x10000000000000000\n"
	  "                                                     ^\n" },
	{ "kvm_inj_virq, another word",
	  "  v-7 [001] d..1. 5.000001: kvm_inj_virq: NMI\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:43: warning: kvm_inj_virq: 'IRQ' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_inj_virq: NMI\n"
	  "                                            ^\n" },
	{ "kvm_wait_lapic_expire, early but positive",
	  "  v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 0: delta 412 (early)\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:69: warning: kvm_wait_lapic_expire: '(late)' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 0: delta 412 "
	  "(early)\n"
	  "                                                                      ^\n" },
	{ "kvm_wait_lapic_expire beyond 63 bits",
	  "  v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 0: delta "
	  "-9223372036854775809 (early)\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:66: warning: kvm_wait_lapic_expire: a number from -2^63 to 2^63-1 "
	  "should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_wait_lapic_expire: vcpu 0: delta "
	  "-9223372036854775809 (early)\n"
	  "                                                                   ^\n" },
	{ "hrtimer_start cut within the mode",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 function=f expires=1 "
	  "softexpires=1 mode=AB\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:96: warning: hrtimer_start: the mode of an hrtimer should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 function=f expires=1 "
	  "softexpires=1 mode=AB\n"
	  "                                                                              "
	  "                   ^\n" },
	{ "hrtimer_start cut within the expiry",
	  "  v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 function=f "
	  "expires=81201\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:80: warning: hrtimer_start: 'softexpires=' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: hrtimer_start: hrtimer=0x1 function=f "
	  "expires=81201\n"
	  "                                                                              "
	  "   ^\n" },
	{ "hrtimer_expire_entry beyond 64 bits",
	  "  v-7 [001] d..1. 5.000001: hrtimer_expire_entry: hrtimer=0x1 function=f "
	  "now=18446744073709551616\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:78: warning: hrtimer_expire_entry: a number below 2^64 should stand "
	  "here\n"
	  "    v-7 [001] d..1. 5.000001: hrtimer_expire_entry: hrtimer=0x1 function=f "
	  "now=18446744073709551616\n"
	  "                                                                              "
	  " ^\n" },
	{ "sched_switch cut",
	  "  v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a prev_pid=1 "
	  "prev_prio=120 prev_state=S ==> next_comm=b\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:107: warning: sched_switch: 'next_pid=' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a prev_pid=1 "
	  "prev_prio=120 prev_state=S ==> next_comm=b\n"
	  "                                                                              "
	  "                              ^\n" },
	{ "sched_switch, a pid of 32 bits",
	  "  v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a prev_pid=2147483648\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:64: warning: sched_switch: a number from -2^31 to 2^31-1 should "
	  "stand here\n"
	  "    v-7 [001] d..1. 5.000001: sched_switch: prev_comm=a prev_pid=2147483648\n"
	  "                                                                 ^\n" },
	{ "sched_wakeup without anything",
	  "  v-7 [001] d..1. 5.000001: sched_wakeup: hello\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:43: warning: sched_wakeup: TASK:PID [PRIO] should stand here\n"
	  "    v-7 [001] d..1. 5.000001: sched_wakeup: hello\n"
	  "                                            ^\n" },
	{ "local_timer_entry without a vector",
	  "  v-7 [001] d..1. 5.000001: local_timer_entry: vector=x\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:55: warning: local_timer_entry: a decimal number should stand here\n"
	  "    v-7 [001] d..1. 5.000001: local_timer_entry: vector=x\n"
	  "                                                        ^\n" },
	{ "five are shown, the others counted",
	  "nonsense 0 [001]\n"
	  "nonsense 1 [001]\n"
	  "nonsense 2 [001]\n"
	  "nonsense 3 [001]\n"
	  "nonsense 4 [001]\n"
	  "nonsense 5 [001]\n"
	  "nonsense 6 [001]\n"
	  "nonsense 7 [001]\n"
	  "nonsense 8 [001]\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "10: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense 0 [001]\n"
	  "  ^\n"
	  "x.trace:2:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense 1 [001]\n"
	  "  ^\n"
	  "x.trace:3:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense 2 [001]\n"
	  "  ^\n"
	  "x.trace:4:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense 3 [001]\n"
	  "  ^\n"
	  "x.trace:5:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense 4 [001]\n"
	  "  ^\n"
	  "x.trace: warning: 4 more lines cannot be read\n" },
	{ "nothing but nonsense",
	  "nonsense\n"
	  "\n"
	  "# foo\n",
	  "",
	  "x.trace:1:1: warning: not an event: TASK-PID [CPU] TIME: EVENT: should stand "
	  "here\n"
	  "  nonsense\n"
	  "  ^\n"
	  "lapicsim: error: x.trace: no event in it; what is read here is the text of "
	  "/sys/kernel/tracing/trace, trace-cmd report or perf script\n" },
	{ "empty",
	  "",
	  "",
	  "lapicsim: error: x.trace: no event in it; what is read here is the text of "
	  "/sys/kernel/tracing/trace, trace-cmd report or perf script\n" },
	{ "nothing but comments",
	  "# tracer: nop\n"
	  "#\n",
	  "",
	  "lapicsim: error: x.trace: no event in it; what is read here is the text of "
	  "/sys/kernel/tracing/trace, trace-cmd report or perf script\n" },
	{ "seconds, then TSC",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 7159558207: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:2:19: error: here the time is in bare counts, in the lines before in "
	  "microseconds: one trace has one clock\n"
	  "    v-7 [001] d..1. 7159558207: kvm_fpu: load\n"
	  "                    ^\n" },
	{ "microseconds, then nanoseconds",
	  "  v-7 [001] d..1. 5.000001: kvm_fpu: load\n"
	  "  v-7 [001] d..1. 5.000001000: kvm_fpu: load\n",
	  "1: 5000001 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:2:19: error: here the time is in nanoseconds, in the lines before in "
	  "microseconds: one trace has one clock\n"
	  "    v-7 [001] d..1. 5.000001000: kvm_fpu: load\n"
	  "                    ^\n" },
	{ "bytes that are no text are shown as such",
	  "  v-7 [001] d..1. 5.000001: kvm_exit: \xc3\xa4\xff\x1b[1m x\n"
	  "  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "2: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  "x.trace:1:39: warning: kvm_exit: 'reason' should stand here\n"
	  "    v-7 [001] d..1. 5.000001: kvm_exit: \xc3\xa4\\xff\\x1b[1m x\n"
	  "                                        ^\n" },
	{ "a byte order mark",
	  "\xef\xbb\xbf  v-7 [001] d..1. 5.000002: kvm_fpu: load\n",
	  "1: 5000002 cpu=1 comm='v':7 flags=d1 kvm_fpu: load\n",
	  NULL },
};
/* clang-format on */

/* The column is that of the event's name. */
static void check_column(const char *text, const struct recorded_event *ev)
{
	const char *name = recorded_kind_name(ev->kind), *line = text;

	if (ev->kind >= RECORDED_FUNCTION || strstr(text, "hrtimer_setup") ||
	    strstr(text, "\xef\xbb\xbf"))
		return;
	for (uint64_t i = 1; i < ev->line; i++)
		line = strchr(line, '\n') + 1;
	if (memchr(line, '\n', ev->column)) /* it was broken before the name */
		return;
	assert_memory_equal(line + ev->column - 1, name, strlen(name));
}

/* All events of the text, and what was said. */
static void check(const struct row *row)
{
	struct diagnostics d;

	diagnostics_init(&d);

	struct trace_reader *r =
		trace_reader_open_memory(row->text, strlen(row->text), "x.trace", &d);
	g_autoptr(GString) got = g_string_new(NULL);
	const struct recorded_event *ev;

	if (r) {
		while ((ev = trace_reader_next(r))) {
			g_autofree char *line = trace_describe(ev);

			g_string_append_printf(got, "%s\n", line);
			check_column(row->text, ev);
		}
		trace_reader_finish(r);
	}
	assert_string_equal(got->str, row->want);
	assert_string_equal(d.text->str, row->said ? row->said : "");
	trace_reader_close(r);
	diagnostics_clear(&d);
}

static void check_row(void **state) { check(*state); }

/* ---- files, and what they say of themselves */

/* Reads all of a trace and gives the facts; *said is the diagnostics, freed by the caller. */
static struct trace_facts facts_of(const char *path, const char *text, size_t length, char **said,
				   int *status)
{
	struct trace_facts facts = { 0 };
	struct diagnostics d;

	diagnostics_init(&d);
	struct trace_reader *r = path ? trace_reader_open(path, &d)
				      : trace_reader_open_memory(text, length, "x.trace", &d);

	if (r) {
		while (trace_reader_next(r))
			;
		trace_reader_finish(r);
		facts = *trace_reader_facts(r);
	}
	trace_reader_close(r);
	*said = g_strdup(d.text->str);
	*status = d.status;
	diagnostics_clear(&d);
	return facts;
}

static struct trace_facts good_facts(const char *text)
{
	g_autofree char *said = NULL;
	int status;
	const struct trace_facts facts = facts_of(NULL, text, strlen(text), &said, &status);

	assert_string_equal(said, "");
	assert_int_equal(status, 0);
	return facts;
}

#define LOAD "  v-7 [003] d..1. 5.000001: kvm_fpu: load\n"

static void test_facts_of_ftrace(void **state)
{
	(void)state;
	const struct trace_facts f =
		good_facts("# tracer: nop\n#\n"
			   "# entries-in-buffer/entries-written: 2145/3000   #P:4\n#\n" LOAD "\n"
			   "CPU:1 [LOST 5 EVENTS]\n"
			   "  v-7 [001] d..1. 4.999999: kvm_mmio: x\n"
			   "  v-7 [001] d..1. 5.000003: kvm_mmio: y\n"
			   "  v-7 [001] d..1. 5.000002: sys_enter: z\n");

	assert_string_equal(f.tracer, "nop");
	assert_true(f.has_entries);
	assert_int_equal(f.entries_in_buffer, 2145);
	assert_int_equal(f.entries_written, 3000);
	assert_int_equal(f.cpus, 4);
	assert_int_equal(f.cpu_max, 3);
	assert_int_equal(f.clock, TRACE_CLOCK_US);
	assert_int_equal(f.lines, 10);
	assert_int_equal(f.comments, 4);
	assert_int_equal(f.blank, 1);
	assert_int_equal(f.events, 4);
	assert_int_equal(f.lost, 5);
	assert_int_equal(f.backwards, 2);
	assert_int_equal(f.first, 4999999);
	assert_int_equal(f.last, 5000003);
	assert_int_equal(f.n[RECORDED_KVM_FPU], 1);
	assert_int_equal(f.n[RECORDED_OTHER], 3);
	assert_int_equal(f.names, 2);
	assert_string_equal(f.other[0].name, "kvm_mmio");
	assert_int_equal(f.other[0].n, 2);
	assert_string_equal(f.other[1].name, "sys_enter");
	assert_int_equal(f.other[1].n, 1);
	assert_true(f.has_flags);
	assert_false(f.unterminated);
	assert_false(f.gzipped);
}

static void test_facts_of_perf(void **state)
{
	(void)state;
	const struct trace_facts f = good_facts("# ========\n# os release : 6.1.0-13-amd64\n"
						"# nrcpus online : 8\n# cpudesc : Xeon(R) 2.40GHz\n"
						"# clock: mono\n"
						"  v 7 [001] 5.000000001: kvm:kvm_fpu: load");

	assert_string_equal(f.release, "6.1.0-13-amd64");
	assert_string_equal(f.cpu_model, "Xeon(R) 2.40GHz");
	assert_string_equal(f.clock_name, "mono");
	assert_int_equal(f.cpus, 8);
	assert_int_equal(f.clock, TRACE_CLOCK_NS);
	assert_false(f.has_flags);
	assert_true(f.unterminated);
}

static void test_facts_of_trace_cmd(void **state)
{
	(void)state;
	const struct trace_facts f = good_facts("version = 6\ncpus=2\n" LOAD);

	assert_int_equal(f.cpus, 2);
	assert_int_equal(f.annotations, 2);
	assert_int_equal(f.bad, 0);
}

/* Names of other events beyond those that are kept are counted together. */
static void test_many_names(void **state)
{
	(void)state;
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < TRACE_READER_NAMES + 3; i++)
		g_string_append_printf(text, "  v-7 [003] 5.000001: event%u: x\n", i);
	g_string_append(text, "  v-7 [003] 5.000001: event0: x\n");
	g_string_append(text, "  v-7 [003] 5.000001: "
			      "a_name_of_48_characters_is_one_more_than_is_kept: x\n");

	const struct trace_facts f = good_facts(text->str);

	assert_int_equal(f.names, TRACE_READER_NAMES);
	assert_int_equal(f.other[0].n, 2);
	assert_int_equal(f.other[TRACE_READER_NAMES - 1].n, 1);
	assert_int_equal(f.unnamed, 4);
	assert_int_equal(f.n[RECORDED_OTHER], TRACE_READER_NAMES + 5);
}

/* Lines, wrapped ones and too long ones, that lie on the borders of the reader's buffer. */
static void test_borders_of_the_buffer(void **state)
{
	(void)state;
	g_autoptr(GString) text = g_string_new(NULL);
	const unsigned n = 20000;

	for (unsigned i = 0; i < n; i++) {
		g_string_append_printf(text, "  v-7 [003] d..1. %u.000001: kvm_entry: vcpu %u", i,
				       i);
		g_string_append(text, i % 3 ? ", rip 0x8\n" : ",\nrip 0x8\n");
		if (i % 5000 == 17) {
			g_string_set_size(text, text->len + 300000);
			memset(text->str + text->len - 300000, 'x', 300000);
			g_string_append_c(text, '\n');
		}
	}

	struct diagnostics d;

	diagnostics_init(&d);
	struct trace_reader *r = trace_reader_open_memory(text->str, text->len, "x.trace", &d);

	for (unsigned i = 0; i < n; i++) {
		const struct recorded_event *ev = trace_reader_next(r);

		assert_non_null(ev);
		assert_int_equal(ev->kind, RECORDED_KVM_ENTRY);
		assert_int_equal(ev->stamp, i * 1000000ull + 1);
		assert_int_equal(ev->entry.vcpu, i);
		assert_true(ev->entry.has_rip);
		assert_int_equal(ev->entry.rip, 8);
		assert_int_equal(ev->line, 1 + i + (i + 2) / 3 + (i + 4982) / 5000);
	}
	assert_null(trace_reader_next(r));
	assert_true(trace_reader_finish(r));

	const struct trace_facts *f = trace_reader_facts(r);

	assert_int_equal(f->lines, n + 6667 + 4);
	assert_int_equal(f->wrapped, 6667);
	assert_int_equal(f->bad, 4);
	trace_reader_close(r);
	diagnostics_clear(&d);
}

/* Writes @n bytes to a file of its own; its path is freed by the caller. */
static char *temporary(const void *bytes, size_t n)
{
	char *path = g_strdup("/tmp/lapicsim-trace-XXXXXX");
	const int fd = g_mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
	return path;
}

static size_t gzip(const char *text, size_t n, unsigned char *packed, size_t size)
{
	z_stream z = { .next_in = (unsigned char *)text,
		       .avail_in = (uInt)n,
		       .next_out = packed,
		       .avail_out = (uInt)size };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

/* Two members, as `cat a.gz b.gz` leaves them, and zeros behind. */
static void test_gzip(void **state)
{
	(void)state;
	unsigned char packed[1024] = { 0 };
	size_t n = gzip(LOAD, strlen(LOAD), packed, sizeof(packed));
	g_autofree char *said = NULL;
	int status;

	n += gzip("  v-7 [003] d..1. 6.000001: kvm_fpu: load\n", 42, packed + n,
		  sizeof(packed) - n);

	g_autofree char *path = temporary(packed, n + 7);
	const struct trace_facts f = facts_of(path, NULL, 0, &said, &status);

	assert_string_equal(said, "");
	assert_true(f.gzipped);
	assert_int_equal(f.events, 2);
	assert_int_equal(f.lines, 2);
	assert_int_equal(f.last, 6000001);
	assert_false(f.unterminated);
	unlink(path);
}

/* What was there before the end is read all the same. */
static void test_gzip_cut(void **state)
{
	(void)state;
	unsigned char packed[1024];
	const size_t n = gzip(LOAD, strlen(LOAD), packed, sizeof(packed));
	g_autofree char *said = NULL;
	int status;
	const struct trace_facts f = facts_of(NULL, (char *)packed, n - 8, &said, &status);

	assert_string_equal(said, "lapicsim: error: x.trace: the compressed data ends too early\n");
	assert_int_equal(status, 4);
	assert_int_equal(f.events, 1);
}

static void test_gzip_broken(void **state)
{
	(void)state;
	unsigned char packed[1024];
	const size_t n = gzip(LOAD, strlen(LOAD), packed, sizeof(packed));
	g_autofree char *said = NULL;
	int status;

	packed[n - 8] ^= 1; /* of the checksum */
	facts_of(NULL, (char *)packed, n, &said, &status);
	assert_string_equal(said, "lapicsim: error: x.trace: the compressed data is broken: "
				  "incorrect data check\n");
	assert_int_equal(status, 4);
}

struct refused {
	const char *name;
	const char *bytes;
	size_t length;
	const char *want; /* behind the file's name */
};

#define NOT_TEXT(what, command) "this is " what ", not its text; make one by: " command

static const struct refused refused[] = {
	{ "trace.dat", "\x17\x08\x44tracing6\0\0\x08", 15,
	  NOT_TEXT("trace-cmd's recording", "trace-cmd report -N -t -i ") },
	{ "perf.data", "PERFILE2h\0\0\0", 12,
	  NOT_TEXT("perf's recording", "perf script --ns -i ") },
	{ "xz",
	  "\xfd"
	  "7zXZ\0\0\4",
	  8, NOT_TEXT("compressed by xz", "xz -dc ") },
	{ "zstd", "\x28\xb5\x2f\xfd\0", 5, NOT_TEXT("compressed by zstd", "zstd -dc ") },
};

static void check_refused(void **state)
{
	const struct refused *row = *state;
	g_autofree char *path = temporary(row->bytes, row->length);
	g_autofree char *want =
		g_strdup_printf("lapicsim: error: %s: %s%s > trace.txt\n", path, row->want, path);
	g_autofree char *said = NULL;
	int status;

	facts_of(path, NULL, 0, &said, &status);
	assert_string_equal(said, want);
	assert_int_equal(status, 2);
	unlink(path);
}

static void test_packed_recording(void **state)
{
	(void)state;
	unsigned char packed[1024];
	const size_t n = gzip("PERFILE2h\0\0\0", 12, packed, sizeof(packed));
	g_autofree char *said = NULL;
	int status;

	facts_of(NULL, (char *)packed, n, &said, &status);
	assert_string_equal(said, "lapicsim: error: x.trace: this is perf's recording, not its "
				  "text; make one by: gzip -dc x.trace > it; "
				  "perf script --ns -i it > trace.txt\n");
	assert_int_equal(status, 2);
}

static void test_zero_bytes(void **state)
{
	(void)state;
	g_autofree char *said = NULL;
	int status;

	facts_of(NULL, "abc\0def", 7, &said, &status);
	assert_string_equal(said,
			    "lapicsim: error: x.trace: this is not a text: byte 4 is 0; what "
			    "is read here is the text of /sys/kernel/tracing/trace, trace-cmd "
			    "report or perf script\n");
	assert_int_equal(status, 2);
}

static void test_no_file(void **state)
{
	(void)state;
	g_autofree char *said = NULL, *of_folder = NULL;
	int status;

	facts_of("/nonexistent/a trace", NULL, 0, &said, &status);
	assert_string_equal(said, "lapicsim: error: /nonexistent/a trace: "
				  "No such file or directory\n");
	assert_int_equal(status, 4);
	facts_of("/", NULL, 0, &of_folder, &status);
	assert_string_equal(of_folder, "lapicsim: error: /: not a regular file; '-' reads the "
				       "standard input\n");
	assert_int_equal(status, 2);
}

static size_t add(struct CMUnitTest *tests, size_t n, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
						  .test_func = check_row,
						  .initial_state = (void *)&rows[i] };
	return n;
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(test_facts_of_ftrace),
	cmocka_unit_test(test_facts_of_perf),
	cmocka_unit_test(test_facts_of_trace_cmd),
	cmocka_unit_test(test_many_names),
	cmocka_unit_test(test_borders_of_the_buffer),
	cmocka_unit_test(test_gzip),
	cmocka_unit_test(test_gzip_cut),
	cmocka_unit_test(test_gzip_broken),
	cmocka_unit_test(test_packed_recording),
	cmocka_unit_test(test_zero_bytes),
	cmocka_unit_test(test_no_file),
};

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(shapes) + G_N_ELEMENTS(fields) +
				G_N_ELEMENTS(streams) + G_N_ELEMENTS(refused) +
				G_N_ELEMENTS(others)];
	size_t n = 0;

	n = add(tests, n, shapes, G_N_ELEMENTS(shapes));
	n = add(tests, n, fields, G_N_ELEMENTS(fields));
	n = add(tests, n, streams, G_N_ELEMENTS(streams));
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		tests[n++] = (struct CMUnitTest){ .name = refused[i].name,
						  .test_func = check_refused,
						  .initial_state = (void *)&refused[i] };
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		tests[n++] = others[i];
	g_assert(n == G_N_ELEMENTS(tests));
	return cmocka_run_group_tests_name("trace_reader", tests, NULL, NULL);
}
