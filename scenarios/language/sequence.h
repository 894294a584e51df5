/* SPDX-License-Identifier: MIT */
/*
 * sequence - a scenario's "sequence:" list: events that follow one another, with bounds on the time
 * between two of them.
 *
 *	step = EVENT [where condition] [after TIME] [within TIME]
 *
 * Each event that matches the first step begins a sequence. A sequence goes on at the first later
 * event that matches its next step; all that wait for that step go on together. The time since the
 * step before is at least `after` and at most `within`. It holds if a sequence was completed and no
 * bound was broken; what the end of the run cuts off counts only once its `within` is over.
 *
 * Parsed once, immutable then; followed through each run by a sink of its own.
 *
 * Units: ps. Rounding: none, a fraction of a ps in a bound is cut.
 * Errors: of the text through diagnostics, with their place.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include "expectation.h"

struct sequence;

/* NULL: reported. Two steps at least. */
struct sequence *sequence_parse(struct diagnostics *d, const struct expectation_context *ctx,
				const struct sequence_text *steps, uint32_t n);
void sequence_free(struct sequence *seq);

struct sequence_run;

/* @seq must outlive it. */
struct sequence_run *sequence_run_new(const struct sequence *seq);
void sequence_run_free(struct sequence_run *run);
struct trace_sink *sequence_run_sink(struct sequence_run *run);

/* After the run: the verdict, what happened, and the event that broke a bound. */
enum expectation_verdict sequence_run_judge(const struct sequence_run *run, GString *actual,
					    GString *sample);

/* "expire where cpu == 1 -> lapic_sample within 20us" */
void sequence_print(GString *out, const struct sequence *seq);

#endif
