/* SPDX-License-Identifier: MIT */
/*
 * scenario_kernel - the kernel that `kernel`, `apply`, `revert` and `forms` choose.
 *
 * The release picks every form; then commits are applied, then reverted, in the order of their
 * lists; then forms are named directly. A form that contradicts what apply or revert chose is an
 * error: one of the two would have no effect. Private to scenarios/language.
 */
#ifndef SCENARIO_KERNEL_H
#define SCENARIO_KERNEL_H

#include "kernel.h"
#include "scenario_values.h"

bool scenario_kernel(const struct top_values *top, struct arena *arena, struct kernel *ret,
		     uint32_t *release, struct diagnostics *d);

#endif
