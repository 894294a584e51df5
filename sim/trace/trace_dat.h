/* SPDX-License-Identifier: MIT */
/*
 * trace_dat - the file of trace-cmd and KernelShark, version 6.
 *
 * The pages of a CPU must stand together in the file, and how many there are is known at the end.
 * So full pages go to the spool as they come, each behind a link to the same CPU's page before it;
 * at the end the chain of each CPU is followed backwards, and its pages are put where they belong.
 * One spool serves any number of CPUs, and memory is one page for each CPU that records.
 *
 * Units:  stamps in ns, rounded down; a record holds the difference to the one before, in 27 bits,
 *         or a time-extend record before it holds more.
 * Source: trace-cmd.dat.v6(5); the kernel's Documentation/trace/ring-buffer-design.rst. What a
 *         reader wants of each field was tried with trace-cmd 3.1.6.
 */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include "trace_writer.h"

extern const struct trace_format trace_format_dat;

#endif
