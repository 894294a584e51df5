/* SPDX-License-Identifier: MIT */
/*
 * scenario_timeline - the list `timeline`: what happens from outside, and when.
 *
 * Each command is read by itself; then all that concern a VM are followed in the order in which
 * they happen, repetitions included, so that nothing is restored that was not saved, saved that was
 * not paused, or touched before it was created. Private to scenarios/language.
 */
#ifndef SCENARIO_TIMELINE_H
#define SCENARIO_TIMELINE_H

#include "scenario_resolve.h"

/* After the host, the kernel and the VMs. */
void scenario_timeline(struct resolve *r);

#endif
