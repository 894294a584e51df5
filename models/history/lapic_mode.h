/* SPDX-License-Identifier: MIT */
/* lapic_mode - the mode bits 18:17 of the local APIC's LVT timer register. */
#ifndef LAPIC_MODE_H
#define LAPIC_MODE_H

enum lapic_timer_mode {
	LAPIC_MODE_ONESHOT,
	LAPIC_MODE_PERIODIC,
	LAPIC_MODE_TSC_DEADLINE,
	LAPIC_MODE_RESERVED,
};

#endif
