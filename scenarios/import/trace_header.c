/* SPDX-License-Identifier: MIT */
#include "trace_header.h"

#include "trace_scan.h"

#include <string.h>

#define FLAGS_MIN 3u
#define FLAGS_MAX 8u
#define CPU_DIGITS_MAX 5u
#define TASK_COMM_MAX 15u /* what the kernel keeps of a name */

/* What is to the left of a place in the line, [start, p). */
struct left {
	const char *start, *p;
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static void left_blanks(struct left *l)
{
	while (l->p > l->start && is_blank(l->p[-1]))
		l->p--;
}

/* The decimal number that ends at l->p; false and nothing moved if none does, or one too long. */
static bool left_number(struct left *l, uint32_t *ret)
{
	const char *p = l->p;
	uint64_t value = 0, scale = 1;

	for (; p > l->start && scan_is_digit(p[-1]); p--, scale *= 10) {
		if (l->p - p == 10)
			return false;
		value += (uint64_t)(p[-1] - '0') * scale;
	}
	if (p == l->p || value > INT32_MAX)
		return false;
	l->p = p;
	*ret = (uint32_t)value;
	return true;
}

/* Which characters the kernels put in the latency flags. */
static bool is_flag(char c)
{
	switch (c) {
	case '.':
	case '#':
	case '0' ... '9':
	case 'a' ... 'f':
	case 'B':
	case 'D':
	case 'H':
	case 'h':
	case 'L':
	case 'l':
	case 'N':
	case 'n':
	case 'p':
	case 's':
	case 'X':
	case 'Z':
	case 'z': return true;
	default: return false;
	}
}

static uint8_t depth_of(char c)
{
	const int value = scan_hex_digit(c);

	return c == '.' ? 0 : value >= 0 ? (uint8_t)value : RECORDED_DEPTH_UNKNOWN;
}

/* Up to 5 flags: irqs-off, need-resched, hardirq/softirq, preempt-depth, migrate-disable; with more
 * a need-resched-lazy stands third. */
static void decode_flags(const char *p, unsigned n, struct recorded_flags *ret)
{
	const unsigned lazy = n > 5;
	const char irq = p[2 + lazy];

	*ret = (struct recorded_flags){
		.known = true,
		.irqs_off = p[0] == 'd' || p[0] == 'D',
		.bh_off = p[0] == 'b' || p[0] == 'D',
		.need_resched = p[1] != '.' || (lazy && p[2] != '.'),
		.hardirq = irq == 'h' || irq == 'H' || irq == 'z' || irq == 'Z',
		.softirq = irq == 's' || irq == 'H',
		.preempt_depth = n > 3 + lazy ? depth_of(p[3 + lazy]) : RECORDED_DEPTH_UNKNOWN,
	};
}

/* "[003]" that ends at l->p. */
static bool left_bracketed_cpu(struct left *l, uint32_t *ret)
{
	struct left at = *l;

	if (at.p == at.start || at.p[-1] != ']')
		return false;
	at.p--;
	if (!left_number(&at, ret) || at.p == at.start || at.p[-1] != '[' ||
	    l->p - at.p > CPU_DIGITS_MAX + 1)
		return false;
	l->p = at.p - 1;
	return true;
}

/* "d..1." or "3d..1." that ends at l->p; *cpu stays as it is without one. */
static bool left_flags(struct left *l, struct trace_header *ret)
{
	const char *p = l->p, *stop;

	while (p > l->start && is_flag(p[-1]) && l->p - p <= CPU_DIGITS_MAX + FLAGS_MAX)
		p--;
	if (p > l->start && !is_blank(p[-1]))
		return false;
	for (stop = p; scan_is_digit(*stop) && stop < l->p; stop++)
		;
	const size_t flags = (size_t)(l->p - stop);
	struct left at = { l->start, stop };

	if (flags < FLAGS_MIN || flags > FLAGS_MAX || stop - p > CPU_DIGITS_MAX ||
	    !strchr(".dDbX", stop[0]) || !strchr(".NnpLlBb", stop[1]) || scan_is_digit(stop[2]))
		return false;
	if (stop > p && !left_number(&at, &ret->cpu))
		return false;
	if (stop == p) {
		left_blanks(&at);
		if (!left_bracketed_cpu(&at, &ret->cpu))
			return false;
	}
	decode_flags(stop, (unsigned)flags, &ret->flags);
	l->p = at.p;
	return true;
}

/* "( 2200)" or "(-----)" that ends at l->p. */
static bool left_tgid(struct left *l, int32_t *ret)
{
	struct left at = { l->start, l->p - 1 };
	uint32_t value;
	const bool known = left_number(&at, &value);

	while (at.p > at.start && (is_blank(at.p[-1]) || (!known && at.p[-1] == '-')))
		at.p--;
	if (at.p == at.start || at.p[-1] != '(')
		return false;
	*ret = known ? (int32_t)value : -1;
	l->p = at.p - 1;
	left_blanks(l);
	return true;
}

/* The name: what is left. Prefixes that grep -H and -n put before it are cut off. */
static struct recorded_text comm_of(const char *start, const char *end)
{
	const char *p;

	while (end > start && is_blank(end[-1]))
		end--;
	for (;;) {
		while (start < end && is_blank(*start))
			start++;
		if (end - start <= TASK_COMM_MAX)
			break;
		for (p = start; p < end && !is_blank(*p) && *p != ':';)
			p++;
		if (p == end || *p != ':')
			break;
		start = p + 1;
	}
	return (struct recorded_text){ start, (uint32_t)(end - start) };
}

/* Task and pid: "comm-2214", "comm 2214", "comm 2200/2214", or nothing if the CPU was there. */
static bool left_task(struct left *l, struct trace_header *ret)
{
	uint32_t pid, tgid;
	struct left at;

	left_blanks(l);
	if (l->p > l->start && l->p[-1] == ')')
		left_tgid(l, &ret->tgid);
	at = *l;
	if (!left_number(&at, &pid)) {
		if (ret->cpu == RECORDED_CPU_UNKNOWN)
			return false;
		ret->comm = comm_of(l->start, l->p);
		return true;
	}
	ret->pid = (int32_t)pid;
	if (at.p == at.start)
		return true;
	if (at.p[-1] == '/') {
		struct left slash = { at.start, at.p - 1 };

		if (left_number(&slash, &tgid) && slash.p > slash.start && is_blank(slash.p[-1])) {
			ret->tgid = (int32_t)tgid;
			at.p = slash.p;
		}
	}
	if (at.p[-1] == '-') {
		/* perf's "no pid": a blank, then -1. */
		if (pid == 1 && at.p - 1 > at.start && is_blank(at.p[-2]))
			ret->pid = -1;
		at.p--;
	} else if (!is_blank(at.p[-1])) {
		/* A name that ends in digits, and no pid. */
		ret->pid = -1;
		at.p = l->p;
		if (ret->cpu == RECORDED_CPU_UNKNOWN)
			return false;
	}
	ret->comm = comm_of(at.start, at.p);
	return true;
}

/* "812.000100" or "7183833205" that ends at @end, behind a blank; *begin is its start. */
static bool read_stamp(const char *line, const char *end, struct trace_header *ret,
		       const char **begin)
{
	const char *p = end;

	while (p > line && (scan_is_digit(p[-1]) || p[-1] == '.'))
		p--;
	if (p == line || !is_blank(p[-1]))
		return false;
	*begin = ret->time = p;

	struct scan s = { .p = p };
	uint64_t fraction;

	if (!scan_decimal(&s, &ret->stamp))
		return false;
	ret->clock = TRACE_CLOCK_RAW;
	if (*s.p == '.') {
		const char *dot = s.p++;

		if (!scan_decimal(&s, &fraction))
			return false;
		const uint64_t unit = s.p - dot == 7 ? 1000000 : 1000000000;

		if ((s.p - dot != 7 && s.p - dot != 10) ||
		    ret->stamp > (UINT64_MAX - fraction) / unit)
			return false;
		ret->stamp = ret->stamp * unit + fraction;
		ret->clock = unit == 1000000 ? TRACE_CLOCK_US : TRACE_CLOCK_NS;
	}
	return s.p == end;
}

/* What stands before the stamp at @end. */
static bool read_left(const char *line, const char *end, struct trace_header *ret)
{
	struct left l = { line, end };

	ret->cpu = RECORDED_CPU_UNKNOWN;
	ret->pid = ret->tgid = -1;
	ret->flags = (struct recorded_flags){ .preempt_depth = RECORDED_DEPTH_UNKNOWN };
	ret->comm = (struct recorded_text){ line, 0 };
	left_blanks(&l);
	if (!left_bracketed_cpu(&l, &ret->cpu))
		left_flags(&l, ret);
	return left_task(&l, ret);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || scan_is_digit(c) || c == '_' ||
	       c == '.' || c == '-' || c == '<' || c == '>' || c == '$' || c == '@' || c == '/';
}

/* "kvm_entry: ", "kvm:kvm_entry: " or "function <-caller". */
static bool read_event(struct scan *s, struct trace_header *ret)
{
	ret->system = (struct recorded_text){ s->p, 0 };
	ret->function = false;
	if (*s->p == '<' && (scan_try(s, "<stack trace>") || scan_try(s, "<user stack trace>"))) {
		ret->event = ret->system.at;
		ret->event_length = (uint32_t)(s->p - ret->event);
		ret->payload = s->p;
		return ret->function = true;
	}
	for (;;) {
		const char *p = s->p;

		while (is_name(*p))
			p++;
		if (p == s->p)
			return scan_fail(s, "the name of an event");
		ret->event = s->p;
		ret->event_length = (uint32_t)(p - s->p);
		s->p = p;
		if (*p != ':')
			break;
		s->p++;
		if (!is_name(*s->p) || ret->system.length) {
			scan_blanks(s);
			ret->payload = s->p;
			return true;
		}
		ret->system = (struct recorded_text){ ret->event, ret->event_length };
	}
	scan_blanks(s);
	ret->payload = s->p;
	ret->function = true;
	return scan_try(s, "<-") || strncmp(ret->event, "PERF_RECORD_", 12) == 0 ||
	       scan_fail(s, "a colon");
}

bool trace_header_read(const char *line, const char *end, struct trace_header *ret, const char **at,
		       const char **expected)
{
	const char *p = line, *stamp;

	while ((p = memchr(p, ':', (size_t)(end - p)))) {
		if (p == line || !scan_is_digit(p[-1]) || (!is_blank(p[1]) && p + 1 != end) ||
		    !read_stamp(line, p, ret, &stamp) || !read_left(line, stamp, ret)) {
			p++;
			continue;
		}
		struct scan s = { .p = p + 1 };
		struct scan difference;

		scan_blanks(&s);
		difference = s;
		if (scan_try(&difference, "(+")) { /* trace-cmd report --ts-diff */
			while (scan_is_digit(*difference.p))
				difference.p++;
			if (scan_try(&difference, ")"))
				s.p = difference.p;
			scan_blanks(&s);
		}
		if (read_event(&s, ret))
			return true;
		*at = s.p;
		*expected = s.expected;
		return false;
	}
	*at = line;
	while (is_blank(**at))
		++*at;
	*expected = "TASK-PID [CPU] TIME: EVENT:";
	return false;
}
