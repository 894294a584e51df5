/* SPDX-License-Identifier: MIT */
/*
 * latency_output - a run in the words of the programs that measure timers, for scripts that read
 * those.
 *
 *	kvm-unit-tests  a line "latency: N" per interrupt in guest cycles, but for the first of each
 *	                vCPU, which that program does not keep; of vmexit a line "TEST N", the
 *	                cycles of one iteration, mean over all of the vCPU's
 *	cyclictest -h   the histogram in us, a column per vCPU that runs cyclictest
 *	perf kvm stat   the table of exits: kvm_stat.h
 *
 * Attached as a sink to the run's trace; printed after the run.
 *
 * Units:    guest cycles; us by the rate of the guest's TSC. Rounding: down. A latency below 0
 *           counts as 0 us. Errors: none; what nobody measured prints no line.
 */
#ifndef LATENCY_OUTPUT_H
#define LATENCY_OUTPUT_H

#include "trace.h"
#include "world_config.h"

#include <glib.h>

enum latency_format { LATENCY_NONE, LATENCY_LINES, LATENCY_CYCLICTEST, LATENCY_KVM_STAT };

/* Rows of the histogram: what takes as many us or longer is an overflow, as with cyclictest -h. */
#define LATENCY_ROWS_MAX 1000u

struct latency_output;

/* @config must outlive it. */
struct latency_output *latency_output_new(const struct world_config *config);
void latency_output_free(struct latency_output *lo);
struct trace_sink *latency_output_sink(struct latency_output *lo);
void latency_output_print(GString *out, const struct latency_output *lo,
			  enum latency_format format);

/* Is there a vCPU that measures what @format prints? */
bool latency_output_suits(const struct world_config *config, enum latency_format format);

#endif
