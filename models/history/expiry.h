/* SPDX-License-Identifier: MIT */
/*
 * expiry - what an expiry of the local-APIC timer does, by release: request, kick, owed deadline.
 *
 * Plain values, and a pure test. The model carries them out. Source: apic_timer_expired() in
 * arch/x86/kvm/lapic.c, kvm_vcpu_kick() in virt/kvm/kvm_main.c.
 */
#ifndef EXPIRY_H
#define EXPIRY_H

#include "kernel.h"

enum notify_how {
	NOTIFY_FLAG,       /* a request bit: seen at the next exit                      */
	NOTIFY_KICK,       /* the bit, then kvm_vcpu_kick()                             */
	NOTIFY_KICK_TIMER, /* the kick only if the hrtimer's callback found the expiry  */
};
struct notify_variant {
	struct variant variant;
	enum notify_how how;
};
extern const struct notify_variant notify_variants[];
extern const size_t notify_variants_n;

/* Is the deadline kept, so that the next entry waits for it? */
struct owed_variant {
	struct variant variant;
	bool (*recorded)(bool deadline_mode, bool hv_in_use);
};
extern const struct owed_variant owed_variants[];
extern const size_t owed_variants_n;

enum owed_order {
	OWED_AFTER_PENDING,   /* pending, request, wake-up, then the record */
	OWED_BEFORE_DELIVERY, /* the record comes first                     */
};
struct owed_order_variant {
	struct variant variant;
	enum owed_order order;
};
extern const struct owed_order_variant owed_order_variants[];
extern const size_t owed_order_variants_n;

enum kick_order {
	KICK_WAKE_AND_IPI, /* a sleeper is woken, then the CPU's mode is looked at all the same */
	KICK_WAKE_OR_IPI,  /* a woken sleeper needs no more                                     */
	KICK_SELF_NO_IPI,  /* as before; a vCPU running on the kicking CPU only leaves its mode  */
};
struct kick_variant {
	struct variant variant;
	enum kick_order order;
};
extern const struct kick_variant kick_variants[];
extern const size_t kick_variants_n;

struct request_variant {
	struct variant variant;
	const char *printed; /* without KVM_REQ_ */
};
extern const struct request_variant request_variants[];
extern const size_t request_variants_n;

#endif
