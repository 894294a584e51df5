/* SPDX-License-Identifier: MIT */
#include "trace_payload.h"

#include "sim_wrap.h"

#include <stdlib.h>
#include <string.h>

void payload_put_bytes(struct payload_text *t, const char *bytes, size_t n)
{
	if (t->length < t->size) {
		size_t room = t->size - t->length;

		memcpy(t->buf + t->length, bytes, n < room ? n : room);
	}
	t->length += n;
}

void payload_put_string(struct payload_text *t, const char *s)
{
	payload_put_bytes(t, s, strlen(s));
}

void payload_put_repeated(struct payload_text *t, char c, size_t n)
{
	if (t->length < t->size) {
		const size_t room = t->size - t->length;

		memset(t->buf + t->length, c, n < room ? n : room);
	}
	t->length += n;
}

void payload_put_digits(struct payload_text *t, uint64_t v, unsigned base, unsigned width, char pad)
{
	char digits[PAYLOAD_DIGITS_MAX];
	unsigned at = PAYLOAD_DIGITS_MAX;

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (PAYLOAD_DIGITS_MAX - at < width)
		payload_put_repeated(t, pad, width - (PAYLOAD_DIGITS_MAX - at));
	payload_put_bytes(t, digits + at, PAYLOAD_DIGITS_MAX - at);
}

void payload_put_signed(struct payload_text *t, uint64_t v)
{
	if (v >> 63) {
		payload_put_bytes(t, "-", 1);
		v = wrap_neg(v);
	}
	payload_put_digits(t, v, 10, 0, ' ');
}

static const struct trace_task unknown_task = { .comm = "<...>", .pid = -1, .prio = -1 };

const struct trace_task *payload_task(const struct payload_tasks *list, uint64_t number)
{
	return number < list->n ? &list->tasks[number] : &unknown_task;
}

static void put_comm(struct payload_text *t, const struct trace_task *task)
{
	payload_put_bytes(t, task->comm, strnlen(task->comm, sizeof(task->comm)));
}

/* A number that has no name is shown as "?17": a trace with a hole is better than none. */
static void put_name(struct payload_text *t, const struct trace_field *field, uint64_t v)
{
	if (v < field->n_names && field->names[v]) {
		payload_put_string(t, field->names[v]);
		return;
	}
	payload_put_bytes(t, "?", 1);
	payload_put_digits(t, v, 10, 0, ' ');
}

static void put_op(struct payload_text *t, const struct payload_op *op,
		   const struct trace_event *event, const struct trace_record *rec,
		   const struct payload_tasks *tasks)
{
	const uint64_t v = op->kind == PAYLOAD_TEXT ? 0 : rec->value[op->field];

	switch (op->kind) {
	case PAYLOAD_TEXT: payload_put_bytes(t, op->text, op->length); break;
	case PAYLOAD_UNSIGNED: payload_put_digits(t, v, 10, op->width, '0'); break;
	case PAYLOAD_HEX: payload_put_digits(t, v, 16, op->width, '0'); break;
	case PAYLOAD_SIGNED: payload_put_signed(t, v); break;
	case PAYLOAD_NAME: put_name(t, &event->fields[op->field], v); break;
	case PAYLOAD_COMM: put_comm(t, payload_task(tasks, v)); break;
	case PAYLOAD_PID:
		payload_put_signed(t, (uint64_t)(int64_t)payload_task(tasks, v)->pid);
		break;
	case PAYLOAD_PRIO:
		payload_put_signed(t, (uint64_t)(int64_t)payload_task(tasks, v)->prio);
		break;
	}
}

static bool same(const char *s, size_t n, const char *want)
{
	return strlen(want) == n && !memcmp(s, want, n);
}

static bool find_field(const struct trace_event *event, const char *name, size_t n, uint32_t *ret)
{
	for (uint32_t i = 0; i < event->n_fields; i++) {
		if (same(name, n, event->fields[i].name)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* "0Nx" or "0Nu", N from 1 to PAYLOAD_DIGITS_MAX. */
static bool parse_padded(const char *spec, size_t n, struct payload_op *op)
{
	unsigned width = 0;

	if (n < 3 || n > 4 || spec[0] != '0')
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		if (spec[i] < '0' || spec[i] > '9')
			return false;
		width = width * 10 + (unsigned)(spec[i] - '0');
	}
	if (!width || width > PAYLOAD_DIGITS_MAX || (spec[n - 1] != 'x' && spec[n - 1] != 'u'))
		return false;
	op->kind = spec[n - 1] == 'x' ? PAYLOAD_HEX : PAYLOAD_UNSIGNED;
	op->width = width;
	return true;
}

static bool parse_spec(const char *spec, size_t n, enum trace_type type, struct payload_op *op)
{
	static const struct {
		const char *spec;
		enum payload_kind kind;
	} task_specs[] = {
		{ "comm", PAYLOAD_COMM },
		{ "pid", PAYLOAD_PID },
		{ "prio", PAYLOAD_PRIO },
	};

	if (type == TRACE_NAME) {
		op->kind = PAYLOAD_NAME;
		return n == 0 || same(spec, n, "s");
	}
	if (type == TRACE_TASK) {
		for (size_t i = 0; i < sizeof(task_specs) / sizeof(*task_specs); i++) {
			op->kind = task_specs[i].kind;
			if (same(spec, n, task_specs[i].spec))
				return true;
		}
		return false;
	}
	op->kind = type == TRACE_S64 ? PAYLOAD_SIGNED : PAYLOAD_UNSIGNED;
	if (n == 0)
		return true;
	if (n > 1)
		return parse_padded(spec, n, op);
	op->kind = *spec == 'x' ? PAYLOAD_HEX : *spec == 'd' ? PAYLOAD_SIGNED : PAYLOAD_UNSIGNED;
	return *spec == 'x' || *spec == 'd' || *spec == 'u';
}

/* "{field}" or "{field:spec}" at *@format, which it moves behind it. */
static bool parse_field(const char **format, const struct trace_event *event, struct payload_op *op)
{
	const char *name = *format + 1;
	const char *end = strchr(name, '}');
	const char *colon;

	if (!end)
		return false;
	*format = end + 1;
	colon = memchr(name, ':', (size_t)(end - name));
	if (!find_field(event, name, (size_t)((colon ? colon : end) - name), &op->field))
		return false;
	if (!colon)
		return parse_spec(end, 0, event->fields[op->field].type, op);
	/* "{field:}" is a slip, not a default. */
	return end != colon + 1 &&
	       parse_spec(colon + 1, (size_t)(end - colon - 1), event->fields[op->field].type, op);
}

/* The next piece of *@format, which is not at its end. False: the schema got it wrong. */
static bool parse_op(const char **format, const struct trace_event *event, struct payload_op *ret)
{
	const char *p = *format;

	*ret = (struct payload_op){ .kind = PAYLOAD_TEXT, .text = p };
	if (p[0] == '{' && p[1] != '{')
		return parse_field(format, event, ret);
	if (p[0] == '{') { /* the first brace of two is the text */
		ret->length = 1;
		*format = p + 2;
		return true;
	}
	ret->length = strcspn(p, "{");
	*format = p + ret->length;
	return true;
}

bool payload_compile(struct payload_program *program, const struct trace_event *event)
{
	const char *format = event->format;
	struct payload_op op;

	*program = (struct payload_program){ 0 };
	while (*format) {
		if (!parse_op(&format, event, &op))
			return false;
		program->n_ops++;
	}
	program->ops = malloc(program->n_ops * sizeof(op) + 1); /* "" has no pieces */
	if (!program->ops)
		return false;
	format = event->format;
	for (uint32_t i = 0; i < program->n_ops; i++)
		parse_op(&format, event, &program->ops[i]);
	return true;
}

int trace_format_payload(char *buf, size_t size, const struct trace_event *event,
			 const struct trace_record *rec, const struct trace_task *tasks)
{
	const struct payload_tasks list = { .tasks = tasks, .n = tasks ? UINT32_MAX : 0 };
	struct payload_text t = { .buf = buf, .size = size };
	const char *format = event->format ? event->format : "";
	struct payload_op op;

	while (*format) {
		if (!parse_op(&format, event, &op))
			return -1;
		put_op(&t, &op, event, rec, &list);
	}
	if (size)
		buf[t.length < size ? t.length : size - 1] = '\0';
	return (int)t.length;
}

static size_t op_length_max(const struct payload_op *op, const struct trace_event *event)
{
	size_t most = PAYLOAD_DIGITS_MAX +
		      1; /* a number with its sign or question mark; a comm is shorter */

	if (op->kind == PAYLOAD_TEXT)
		return op->length;
	if (op->kind != PAYLOAD_NAME)
		return most;
	for (uint32_t i = 0; i < event->fields[op->field].n_names; i++) {
		const char *name = event->fields[op->field].names[i];

		if (name && strlen(name) > most)
			most = strlen(name);
	}
	return most;
}

size_t payload_length_max(const struct payload_program *program, const struct trace_event *event)
{
	size_t length = 0;

	for (uint32_t i = 0; i < program->n_ops; i++)
		length += op_length_max(&program->ops[i], event);
	return length;
}

void payload_free(struct payload_program *program)
{
	free(program->ops);
	program->ops = NULL;
}

void payload_put(struct payload_text *t, const struct payload_program *program,
		 const struct trace_event *event, const struct trace_record *rec,
		 const struct payload_tasks *tasks)
{
	for (uint32_t i = 0; i < program->n_ops; i++)
		put_op(t, &program->ops[i], event, rec, tasks);
}
