/* SPDX-License-Identifier: MIT */
#include "recorded_fields.h"

#include "trace_exit.h"

#include <string.h>

struct in { /* what a reader of one event's fields has */
	const struct recorded_fields *t;
	struct scan *s;
	const char *end; /* of the line */
	struct recorded_event *ev;
};

void recorded_fields_init(struct recorded_fields *t)
{
	const struct trace_exit *x;

	memset(t, 0, sizeof(*t));
	for (x = trace_exits_vmx; x->name; x++)
		trace_names_add(&t->vmx, x->name, strlen(x->name), (uint32_t)(x - trace_exits_vmx));
	for (x = trace_exits_svm; x->name; x++)
		trace_names_add(&t->svm, x->name, strlen(x->name), (uint32_t)(x - trace_exits_svm));
}

/* From s->p to the next blank, or to the end of the line. */
static struct recorded_text token(struct scan *s)
{
	const char *start = s->p;

	while (*s->p != ' ' && *s->p != '\t' && *s->p != '\n' && *s->p != '\r')
		s->p++;
	return (struct recorded_text){ start, (uint32_t)(s->p - start) };
}

static bool text_is(struct recorded_text t, const char *word)
{
	return t.length == strlen(word) && memcmp(t.at, word, t.length) == 0;
}

/* ---- kvm */

static bool read_entry(struct in *in)
{
	struct scan *s = in->s;
	uint64_t ignored;

	in->ev->entry.vcpu = RECORDED_VCPU_UNKNOWN;
	in->ev->entry.rip = 0;
	in->ev->entry.has_rip = in->ev->entry.immediate_exit = false;
	if (!scan_word(s, "vcpu ") || !scan_decimal_u32(s, &in->ev->entry.vcpu))
		return false;
	struct scan more = *s;

	scan_try(&more, ",");
	if (scan_try(&more, " rip ")) {
		if (!scan_hex(&more, &in->ev->entry.rip)) {
			*s = more;
			return false;
		}
		in->ev->entry.has_rip = true;
		*s = more;
		while (scan_try(&more, " intr_info ") || scan_try(&more, " error_code "))
			if (scan_hex(&more, &ignored))
				*s = more;
	}
	in->ev->entry.immediate_exit = scan_try(s, " [immediate exit]");
	return true;
}

static void set_exit(struct recorded_event *ev, enum recorded_isa isa, const struct trace_exit *x)
{
	ev->exit.isa = isa;
	ev->exit.code = x->code;
	ev->exit.reason = x->reason;
}

/* The name, or a number where the recorder had no table of names. */
static bool read_exit_reason(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan number, *s = in->s;
	uint64_t value;
	uint32_t row;

	ev->exit.name = token(s);
	number.p = ev->exit.name.at;
	if (ev->exit.name.length == 0) {
		return scan_fail(s, "the name of an exit reason");
	} else if (trace_names_find(&in->t->vmx, ev->exit.name.at, ev->exit.name.length, &row)) {
		set_exit(ev, RECORDED_VMX, &trace_exits_vmx[row]);
	} else if (trace_names_find(&in->t->svm, ev->exit.name.at, ev->exit.name.length, &row)) {
		set_exit(ev, RECORDED_SVM, &trace_exits_svm[row]);
		scan_try(s, " excp");
	} else if (scan_try(&number, "0x") ? scan_hex(&number, &value)
					   : scan_decimal(&number, &value)) {
		ev->exit.code = (uint32_t)value;
	} else if (text_is(ev->exit.name, "UNKNOWN") && scan_try(s, " (")) {
		if (!scan_decimal(s, &value) || !scan_word(s, ")"))
			return false;
		ev->exit.code = (uint32_t)value;
	}
	return true;
}

/* A number that the kernel pads to @digits: a shorter one was cut off. */
static bool padded_hex(struct scan *s, unsigned digits, uint64_t *ret)
{
	const char *start = s->p;

	if (!scan_hex(s, ret))
		return false;
	if (start[0] == '0' && start[1] == 'x' && s->p - start < digits + 2) {
		s->p = start;
		return scan_fail(s,
				 digits == 16 ? "16 hexadecimal digits" : "8 hexadecimal digits");
	}
	return true;
}

/* One of the named numbers behind the reason. False with *bad: it is there and cannot be read. */
static bool read_exit_field(struct in *in, bool *bad)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	uint64_t value = 0;

	*bad = true;
	if (scan_try(s, " rip ")) {
		if (!scan_hex(s, &ev->exit.rip))
			return false;
	} else if (scan_try(s, " info ")) {
		if (!scan_hex(s, &ev->exit.info1) || !scan_word(s, " ") ||
		    !scan_hex(s, &ev->exit.info2))
			return false;
		ev->exit.has_info = true;
	} else if (scan_try(s, " info1 ")) {
		if (!padded_hex(s, 16, &ev->exit.info1))
			return false;
	} else if (scan_try(s, " info2 ")) {
		if (!padded_hex(s, 16, &ev->exit.info2))
			return false;
		ev->exit.has_info = true;
	} else if (scan_try(s, " intr_info ")) {
		if (!padded_hex(s, 8, &value))
			return false;
		ev->exit.intr_info = (uint32_t)value;
	} else if (scan_try(s, " error_code ")) {
		if (!padded_hex(s, 8, &value))
			return false;
		ev->exit.error_code = (uint32_t)value;
		ev->exit.has_intr_info = true;
	} else if (scan_try(s, " requests ")) {
		if (!padded_hex(s, 16, &value))
			return false;
	} else {
		*bad = false;
		return false;
	}
	return true;
}

static bool read_exit(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	bool bad, any = false;

	memset(&ev->exit, 0, sizeof(ev->exit));
	ev->exit.code = RECORDED_EXIT_CODE_UNKNOWN;
	ev->exit.vcpu = RECORDED_VCPU_UNKNOWN;
	if (scan_try(s, "vcpu ")) {
		if (!scan_decimal_u32(s, &ev->exit.vcpu) || !scan_word(s, " "))
			return false;
	}
	if (!scan_word(s, "reason ") || !read_exit_reason(in))
		return false;
	for (;;) {
		if (read_exit_field(in, &bad)) {
			any = true;
			continue;
		}
		if (bad)
			return false;
		/* Flags behind the reason, a function behind rip: one word is passed over. */
		struct scan word = *s;
		struct scan *line = s;

		scan_blanks(&word);
		if (!token(&word).length)
			break;
		in->s = &word;
		const bool more = read_exit_field(in, &bad);

		in->s = line;
		if (!more)
			break;
		any = true;
		*s = word;
	}
	if (!any)
		return scan_word(s, " rip ");
	if (ev->exit.reason == RECORDED_EXIT_MSR && ev->exit.has_info)
		ev->exit.reason =
			ev->exit.info1 & 1 ? RECORDED_EXIT_MSR_WRITE : RECORDED_EXIT_MSR_READ;
	return true;
}

static bool read_msr(struct in *in)
{
	struct scan *s = in->s;
	bool write = false;

	if (scan_try(s, "msr_write "))
		write = true;
	else if (!scan_word(s, "msr_read "))
		return false;
	in->ev->msr.write = write;
	if (!scan_hex_u32(s, &in->ev->msr.index) || !scan_word(s, " = ") ||
	    !scan_hex(s, &in->ev->msr.data))
		return false;
	in->ev->msr.fault = scan_try(s, " (#GP)");
	return true;
}

/* The register by name, or by its offset. */
static enum recorded_register register_of(struct recorded_text name)
{
	static const struct {
		const char *name;
		uint32_t offset;
		enum recorded_register reg;
	} regs[] = {
		{ "APIC_EOI", 0xb0, RECORDED_REG_EOI },
		{ "APIC_TMICT", 0x380, RECORDED_REG_TMICT },
		{ "APIC_TMCCT", 0x390, RECORDED_REG_TMCCT },
		{ "APIC_LVTT", 0x320, RECORDED_REG_LVTT },
		{ "APIC_TDCR", 0x3e0, RECORDED_REG_TDCR },
		{ "APIC_ID", 0x20, RECORDED_REG_ID },
		{ "APIC_TASKPRI", 0x80, RECORDED_REG_TASKPRI },
		{ "APIC_SPIV", 0xf0, RECORDED_REG_SPIV },
		{ "APIC_ICR", 0x300, RECORDED_REG_ICR },
		{ "APIC_ICR2", 0x310, RECORDED_REG_ICR },
	};
	struct scan s = { .p = name.at };
	uint64_t offset = 0;
	const bool number = scan_is_digit(*name.at) && scan_hex(&s, &offset);

	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (number ? offset == regs[i].offset : text_is(name, regs[i].name))
			return regs[i].reg;
	return RECORDED_REG_OTHER;
}

static bool read_apic(struct in *in)
{
	struct scan *s = in->s;
	bool write = false;

	if (scan_try(s, "apic_write "))
		write = true;
	else if (!scan_word(s, "apic_read "))
		return false;
	in->ev->apic.write = write;

	const struct recorded_text name = token(s);

	in->ev->apic.reg = register_of(name);
	return scan_word(s, " = ") && scan_hex(s, &in->ev->apic.value);
}

static bool read_accept(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	if (!scan_word(s, "apicid ") || !scan_hex_u32(s, &ev->accept.apicid) ||
	    !scan_word(s, " vec ") || !scan_decimal_u32(s, &ev->accept.vector) ||
	    !scan_word(s, " ("))
		return false;
	const char *mode = s->p;

	while (*s->p != '|' && *s->p != '\n')
		s->p++;
	ev->accept.fixed =
		text_is((struct recorded_text){ mode, (uint32_t)(s->p - mode) }, "Fixed");
	if (scan_try(s, "|level)"))
		ev->accept.level = true;
	else if (scan_word(s, "|edge)"))
		ev->accept.level = false;
	else
		return false;
	ev->accept.coalesced = scan_try(s, " (coalesced)");
	return true;
}

static bool read_inject(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	ev->inject.soft = false;
	if (scan_try(s, "irq ")) {
		if (!scan_decimal_u32(s, &ev->inject.vector))
			return false;
	} else {
		ev->inject.soft = scan_try(s, "Soft/INTn ");
		if ((!ev->inject.soft && !scan_word(s, "IRQ ")) ||
		    !scan_hex_u32(s, &ev->inject.vector))
			return false;
	}
	ev->inject.reinjected = scan_try(s, " [reinjected]");
	return true;
}

static bool read_eoi(struct in *in)
{
	return scan_word(in->s, "apicid ") && scan_hex_u32(in->s, &in->ev->eoi.apicid) &&
	       scan_word(in->s, " vector ") && scan_decimal_s64(in->s, &in->ev->eoi.vector);
}

static bool read_wait(struct in *in)
{
	struct scan *s = in->s;

	return scan_word(s, "vcpu ") && scan_decimal_u32(s, &in->ev->wait.vcpu) &&
	       scan_word(s, ": delta ") && scan_decimal_s64(s, &in->ev->wait.delta) &&
	       (in->ev->wait.delta < 0 ? scan_word(s, " (early)") : scan_word(s, " (late)"));
}

static bool read_hv(struct in *in)
{
	uint32_t on;

	if (!scan_word(in->s, "vcpu_id ") || !scan_hex_u32(in->s, &in->ev->hv.vcpu) ||
	    !scan_word(in->s, " hv_timer ") || !scan_hex_u32(in->s, &on))
		return false;
	in->ev->hv.on = on != 0;
	return true;
}

static bool read_set_irq(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	return scan_word(s, "gsi ") && scan_decimal_u32(s, &ev->set_irq.gsi) &&
	       scan_word(s, " level ") && scan_decimal_u32(s, &ev->set_irq.level) &&
	       scan_word(s, " source ") && scan_decimal_u32(s, &ev->set_irq.source);
}

static bool read_userspace(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	if (!scan_word(s, "reason "))
		return false;
	const struct recorded_text name = token(s);

	ev->userspace.restart = text_is(name, "restart");
	ev->userspace.error = text_is(name, "error");
	return scan_word(s, " (") && scan_decimal_u32(s, &ev->userspace.reason) &&
	       scan_word(s, ")");
}

static bool read_halt_poll(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	if (!scan_word(s, "vcpu ") || !scan_decimal_u32(s, &ev->halt_poll.vcpu) ||
	    !scan_word(s, ": halt_poll_ns ") || !scan_decimal_u32(s, &ev->halt_poll.now))
		return false;
	ev->halt_poll.grow = scan_try(s, " (grow ");
	return (ev->halt_poll.grow || scan_word(s, " (shrink ")) &&
	       scan_decimal_u32(s, &ev->halt_poll.before) && scan_word(s, ")");
}

static bool read_wakeup(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	ev->wakeup.polled = scan_try(s, "poll ");
	if ((!ev->wakeup.polled && !scan_word(s, "wait ")) || !scan_word(s, "time ") ||
	    !scan_decimal(s, &ev->wakeup.ns) || !scan_word(s, " ns"))
		return false;
	/* Up to v4.5 nothing more was printed. */
	ev->wakeup.valid = true;
	if (scan_try(s, ", polling invalid"))
		ev->wakeup.valid = false;
	else
		scan_try(s, ", polling valid");
	return true;
}

static bool read_cpuid(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	uint64_t rax;

	ev->cpuid.index = 0;
	if (!scan_word(s, "func ") || !scan_hex_u32(s, &ev->cpuid.function))
		return false;
	ev->cpuid.has_index = scan_try(s, " idx ");
	if (ev->cpuid.has_index && !scan_hex_u32(s, &ev->cpuid.index))
		return false;
	if (!scan_word(s, " rax ") || !scan_hex(s, &rax))
		return false;
	while (scan_try(s, " rbx ") || scan_try(s, " rcx ") || scan_try(s, " rdx "))
		if (!scan_hex(s, &rax))
			return false;
	scan_try(s, ", cpuid entry ");
	return true;
}

static bool read_pio(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	uint64_t value;

	ev->pio.write = scan_try(s, "pio_write at ");
	if ((!ev->pio.write && !scan_word(s, "pio_read at ")) || !scan_hex_u32(s, &ev->pio.port) ||
	    !scan_word(s, " size ") || !scan_decimal_u32(s, &ev->pio.size) ||
	    !scan_word(s, " count ") || !scan_decimal_u32(s, &ev->pio.count))
		return false;
	if (scan_try(s, " val "))
		return scan_hex(s, &value);
	return true;
}

static bool read_fpu(struct in *in)
{
	in->ev->fpu.load = scan_try(in->s, "load");
	return in->ev->fpu.load || scan_word(in->s, "unload");
}

static bool read_tsc_offset(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;

	return scan_word(s, "vcpu=") && scan_decimal_u32(s, &ev->tsc_offset.vcpu) &&
	       scan_word(s, " prev=") && scan_decimal(s, &ev->tsc_offset.previous) &&
	       scan_word(s, " next=") && scan_decimal(s, &ev->tsc_offset.next);
}

/* ---- timers */

/* "hrtimer=00000000c58571f8", "hrtimer=0xffff888123456780", or what hides an address. */
static bool read_timer(struct in *in)
{
	memset(&in->ev->hrtimer, 0, sizeof(in->ev->hrtimer));
	in->ev->hrtimer.mode = RECORDED_MODE_UNKNOWN;
	if (!scan_word(in->s, "hrtimer="))
		return false;
	if (*in->s->p == '(') {
		token(in->s);
		return true;
	}
	return scan_hex(in->s, &in->ev->hrtimer.timer);
}

/* "f", "f/0x0", "f+0x0/0x10", "f [kvm]", "0xffffffffc0a01000". */
static bool read_function(struct in *in)
{
	static const struct {
		const char *name;
		enum recorded_function function;
	} known[] = {
		{ "apic_timer_fn", RECORDED_FN_APIC_TIMER_FN },
		{ "tick_sched_timer", RECORDED_FN_TICK },
		{ "tick_nohz_handler", RECORDED_FN_TICK },
		{ "hrtimer_wakeup", RECORDED_FN_HRTIMER_WAKEUP },
	};
	struct recorded_event *ev = in->ev;
	struct recorded_text name = token(in->s);
	struct scan number = { .p = name.at };

	if (!name.length)
		return scan_fail(in->s, "the name of a function");
	if (name.at[0] == '0' || name.length == 16) {
		if (scan_hex(&number, &ev->hrtimer.address) && number.p == in->s->p) {
			ev->hrtimer.function = RECORDED_FN_ADDRESS;
			return true;
		}
	}
	for (uint32_t i = 0; i < name.length; i++)
		if (name.at[i] == '/' || name.at[i] == '+')
			name.length = i;
	ev->hrtimer.symbol = name;
	ev->hrtimer.function = RECORDED_FN_OTHER;
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_is(name, known[i].name))
			ev->hrtimer.function = known[i].function;
	if (scan_try(in->s, " [")) {
		token(in->s);
		if (in->s->p[-1] != ']')
			return scan_word(in->s, "]");
	}
	return true;
}

/* "ABS|PINNED|HARD", "HRTIMER_MODE_ABS", or the bits. */
static bool read_mode(struct scan *s, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} words[] = {
		{ "ABS", 0 },
		{ "REL", RECORDED_MODE_REL },
		{ "PINNED", RECORDED_MODE_PINNED },
		{ "SOFT", RECORDED_MODE_SOFT },
		{ "HARD", RECORDED_MODE_HARD },
		{ "HRTIMER_MODE_ABS", 0 },
		{ "HRTIMER_MODE_REL", RECORDED_MODE_REL },
	};
	uint8_t bits = 0;
	uint64_t value;

	if (scan_is_digit(*s->p)) {
		if (!scan_hex(s, &value))
			return false;
		if (value > (RECORDED_MODE_REL | RECORDED_MODE_PINNED | RECORDED_MODE_SOFT |
			     RECORDED_MODE_HARD))
			return scan_fail(s, "the mode of an hrtimer");
		*ret = (uint8_t)value;
		return true;
	}
	do {
		const char *start = s->p;
		unsigned i;

		while (*s->p != '|' && *s->p != ' ' && *s->p != '\n')
			s->p++;
		const struct recorded_text word = { start, (uint32_t)(s->p - start) };

		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (text_is(word, words[i].name))
				break;
		if (i == sizeof(words) / sizeof(words[0])) {
			s->p = start;
			return scan_fail(s, "the mode of an hrtimer");
		}
		bits |= words[i].bits;
	} while (scan_try(s, "|"));
	*ret = bits;
	return true;
}

static bool read_hrtimer_init(struct in *in)
{
	if (!read_timer(in) || !scan_word(in->s, " clockid="))
		return false;
	in->ev->hrtimer.clock = token(in->s);
	return scan_word(in->s, " mode=") && read_mode(in->s, &in->ev->hrtimer.mode);
}

static bool read_hrtimer_start(struct in *in)
{
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	uint64_t armed;

	if (!read_timer(in) || !scan_word(s, " function=") || !read_function(in) ||
	    !scan_word(s, " expires=") || !scan_decimal(s, &ev->hrtimer.expires) ||
	    !scan_word(s, " softexpires=") || !scan_decimal(s, &ev->hrtimer.softexpires))
		return false;
	if (scan_try(s, " mode=") && !read_mode(s, &ev->hrtimer.mode))
		return false;
	ev->hrtimer.has_was_armed = scan_try(s, " was_armed=");
	if (ev->hrtimer.has_was_armed) {
		if (!scan_decimal(s, &armed))
			return false;
		ev->hrtimer.was_armed = armed != 0;
	}
	return true;
}

/* trace-cmd's plugin prints the function last. */
static bool read_hrtimer_expire_entry(struct in *in)
{
	struct scan *s = in->s;

	if (!read_timer(in))
		return false;
	if (scan_try(s, " now=")) {
		if (!scan_decimal(s, &in->ev->hrtimer.now))
			return false;
		return !scan_try(s, " function=") || read_function(in);
	}
	return scan_word(s, " function=") && read_function(in) && scan_word(s, " now=") &&
	       scan_decimal(s, &in->ev->hrtimer.now);
}

static bool read_tick_stop(struct in *in)
{
	static const char *const names[] = {
		[RECORDED_TICK_DEP_NONE] = "NONE",
		[RECORDED_TICK_DEP_POSIX_TIMER] = "POSIX_TIMER",
		[RECORDED_TICK_DEP_PERF_EVENTS] = "PERF_EVENTS",
		[RECORDED_TICK_DEP_SCHED] = "SCHED",
		[RECORDED_TICK_DEP_CLOCK_UNSTABLE] = "CLOCK_UNSTABLE",
		[RECORDED_TICK_DEP_RCU] = "RCU",
		[RECORDED_TICK_DEP_RCU_EXP] = "RCU_EXP",
	};
	struct recorded_event *ev = in->ev;
	struct scan *s = in->s;
	uint64_t success;

	if (!scan_word(s, "success="))
		return false;
	/* Up to v4.5: "success=no msg=more than 1 task in runqueue". */
	ev->tick_stop.success = scan_try(s, "yes msg=");
	if (ev->tick_stop.success || scan_try(s, "no msg=")) {
		ev->tick_stop.dependency =
			ev->tick_stop.success ? RECORDED_TICK_DEP_NONE : RECORDED_TICK_DEP_OTHER;
		s->p = in->end;
		return true;
	}
	if (!scan_decimal(s, &success) || !scan_word(s, " dependency="))
		return false;
	ev->tick_stop.success = success != 0;
	ev->tick_stop.dependency = RECORDED_TICK_DEP_OTHER;

	const struct recorded_text name = token(s);

	if (!name.length)
		return scan_fail(s, "a dependency of the tick");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is(name, names[i]))
			ev->tick_stop.dependency = i;
	return true;
}

/* ---- tasks */

/* A name up to @key, which no name contains: names may have blanks and '='. */
static bool read_comm(struct in *in, const char *key, struct recorded_text *ret)
{
	const char *start = in->s->p;
	const size_t length = strlen(key);

	for (const char *p = start; (p = memchr(p, '=', (size_t)(in->end - p))); p++) {
		const char *begin = p + 1 - length;

		if (begin < start || memcmp(begin, key, length) != 0)
			continue;
		*ret = (struct recorded_text){ start, (uint32_t)(begin - start) };
		in->s->p = p + 1;
		return true;
	}
	in->s->expected = key;
	in->s->verbatim = in->s->open = true;
	return false;
}

/* trace-cmd's "CPU 0/KVM:2001 [98]". */
static bool read_short_task(struct in *in, struct recorded_task *ret)
{
	const char *start = in->s->p;

	for (const char *p = start; (p = memchr(p, ':', (size_t)(in->end - p))); p++) {
		struct scan at = { .p = p + 1 };

		if (!scan_s32(&at, &ret->pid) || !scan_word(&at, " [") ||
		    !scan_s32(&at, &ret->prio) || !scan_word(&at, "]"))
			continue;
		ret->comm = (struct recorded_text){ start, (uint32_t)(p - start) };
		in->s->p = at.p;
		return true;
	}
	in->s->expected = "TASK:PID [PRIO]";
	in->s->verbatim = false;
	in->s->open = true;
	return false;
}

static bool read_state(struct in *in)
{
	const struct recorded_text state = token(in->s);

	if (!state.length)
		return scan_fail(in->s, "the state of a task");
	in->ev->sched.prev_state = state.at[0];
	in->ev->sched.preempted = state.at[state.length - 1] == '+';
	return true;
}

static bool read_sched_switch(struct in *in)
{
	struct recorded_task *prev = &in->ev->sched.prev, *next = &in->ev->sched.next;
	struct scan *s = in->s;

	if (!scan_try(s, "prev_comm="))
		return read_short_task(in, prev) && scan_word(s, " ") && read_state(in) &&
		       scan_word(s, " ==> ") && read_short_task(in, next);
	return read_comm(in, " prev_pid=", &prev->comm) && scan_s32(s, &prev->pid) &&
	       scan_word(s, " prev_prio=") && scan_s32(s, &prev->prio) &&
	       scan_word(s, " prev_state=") && read_state(in) && scan_word(s, " ==> next_comm=") &&
	       read_comm(in, " next_pid=", &next->comm) && scan_s32(s, &next->pid) &&
	       scan_word(s, " next_prio=") && scan_s32(s, &next->prio);
}

static bool read_waking(struct in *in)
{
	struct recorded_task *task = &in->ev->waking.task;
	struct scan *s = in->s;
	uint64_t success;

	in->ev->waking.target_cpu = RECORDED_CPU_UNKNOWN;
	if (!scan_try(s, "comm=")) {
		if (!read_short_task(in, task))
			return false;
		if (scan_try(s, " success="))
			scan_decimal(s, &success);
		scan_try(s, "<CANT FIND FIELD success>");
		return scan_word(s, " CPU:") && scan_decimal_u32(s, &in->ev->waking.target_cpu);
	}
	if (!read_comm(in, " pid=", &task->comm) || !scan_s32(s, &task->pid) ||
	    !scan_word(s, " prio=") || !scan_s32(s, &task->prio))
		return false;
	if (scan_try(s, " success=") && !scan_decimal(s, &success))
		return false;
	return scan_word(s, " target_cpu=") && scan_decimal_u32(s, &in->ev->waking.target_cpu);
}

static bool read_migrate(struct in *in)
{
	struct recorded_task *task = &in->ev->migrate.task;
	struct scan *s = in->s;

	return scan_word(s, "comm=") && read_comm(in, " pid=", &task->comm) &&
	       scan_s32(s, &task->pid) && scan_word(s, " prio=") && scan_s32(s, &task->prio) &&
	       scan_word(s, " orig_cpu=") && scan_decimal_u32(s, &in->ev->migrate.orig_cpu) &&
	       scan_word(s, " dest_cpu=") && scan_decimal_u32(s, &in->ev->migrate.dest_cpu);
}

/* ---- interrupts */

static bool read_vector(struct in *in)
{
	return scan_word(in->s, "vector=") && scan_decimal_u32(in->s, &in->ev->irq.vector);
}

static bool read_irq(struct in *in)
{
	return scan_word(in->s, "irq=") && scan_decimal_u32(in->s, &in->ev->irq.vector);
}

static bool read_nothing_more(struct in *in)
{
	in->s->p = in->end;
	return true;
}

bool recorded_fields_read(const struct recorded_fields *t, struct scan *s, const char *end,
			  struct recorded_event *ev)
{
	static bool (*const readers[RECORDED_KINDS])(struct in *) = {
		[RECORDED_KVM_ENTRY] = read_entry,
		[RECORDED_KVM_EXIT] = read_exit,
		[RECORDED_KVM_MSR] = read_msr,
		[RECORDED_KVM_APIC] = read_apic,
		[RECORDED_KVM_APIC_ACCEPT_IRQ] = read_accept,
		[RECORDED_KVM_APICV_ACCEPT_IRQ] = read_accept,
		[RECORDED_KVM_INJ_VIRQ] = read_inject,
		[RECORDED_KVM_EOI] = read_eoi,
		[RECORDED_KVM_WAIT_LAPIC_EXPIRE] = read_wait,
		[RECORDED_KVM_HV_TIMER_STATE] = read_hv,
		[RECORDED_KVM_SET_IRQ] = read_set_irq,
		[RECORDED_KVM_USERSPACE_EXIT] = read_userspace,
		[RECORDED_KVM_HALT_POLL_NS] = read_halt_poll,
		[RECORDED_KVM_VCPU_WAKEUP] = read_wakeup,
		[RECORDED_KVM_CPUID] = read_cpuid,
		[RECORDED_KVM_PIO] = read_pio,
		[RECORDED_KVM_FPU] = read_fpu,
		[RECORDED_KVM_WRITE_TSC_OFFSET] = read_tsc_offset,
		[RECORDED_HRTIMER_INIT] = read_hrtimer_init,
		[RECORDED_HRTIMER_START] = read_hrtimer_start,
		[RECORDED_HRTIMER_CANCEL] = read_timer,
		[RECORDED_HRTIMER_EXPIRE_ENTRY] = read_hrtimer_expire_entry,
		[RECORDED_HRTIMER_EXPIRE_EXIT] = read_timer,
		[RECORDED_TICK_STOP] = read_tick_stop,
		[RECORDED_SCHED_SWITCH] = read_sched_switch,
		[RECORDED_SCHED_WAKEUP] = read_waking,
		[RECORDED_SCHED_WAKING] = read_waking,
		[RECORDED_SCHED_MIGRATE_TASK] = read_migrate,
		[RECORDED_LOCAL_TIMER_ENTRY... RECORDED_EXTERNAL_INTERRUPT_EXIT] = read_vector,
		[RECORDED_IRQ_HANDLER_ENTRY] = read_irq,
		[RECORDED_IRQ_HANDLER_EXIT] = read_irq,
		[RECORDED_FUNCTION] = read_nothing_more,
		[RECORDED_OTHER] = read_nothing_more,
	};
	struct in in = { .t = t, .s = s, .end = end, .ev = ev };

	return readers[ev->kind](&in);
}
