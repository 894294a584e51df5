/* SPDX-License-Identifier: MIT */
/*
 * kvm_stat - a run's exits as `perf kvm stat report` prints them: how many of each reason, and the
 * time from kvm_exit to the same vCPU's next kvm_entry.
 *
 * An exit that no entry follows is not counted, as there. The column of the deviation is left out.
 *
 * Units:    stamps in ns, rounded down, as the events of a trace have them; printed in us.
 * Rounding: what printf() makes of the nearest double, because perf computes in these: a tie such
 *           as 0.525 goes where that double lies. A mean is one division here and a running mean in
 *           perf; they can differ where the mean is such a tie.
 * Source:   the kernel's tools/perf/builtin-kvm.c prints these columns; compared in tests/readers.
 */
#ifndef KVM_STAT_H
#define KVM_STAT_H

#include "trace.h"

#include <glib.h>

struct kvm_stat;

struct kvm_stat *kvm_stat_new(uint32_t n_vcpus);
void kvm_stat_free(struct kvm_stat *stat);
void kvm_stat_add(struct kvm_stat *stat, const struct trace_record *rec);
void kvm_stat_print(GString *out, const struct kvm_stat *stat);

/* @num / @den with two decimals, in hundredths. */
uint64_t kvm_stat_hundredths(uint64_t num, uint64_t den);

#endif
