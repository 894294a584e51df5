/* SPDX-License-Identifier: MIT */
/*
 * trace_exit - the names of exit reasons: VMX's and SVM's as the kernel prints them, and EXIT_* as
 * trace-cmd's plugin prints SVM's.
 */
#ifndef TRACE_EXIT_H
#define TRACE_EXIT_H

#include "recorded_event.h"

struct trace_exit {
	const char *name;
	uint32_t code; /* the hardware's */
	enum recorded_exit reason;
};

extern const struct trace_exit trace_exits_vmx[], trace_exits_svm[]; /* the last has no name */

#endif
