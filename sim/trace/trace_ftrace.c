/* SPDX-License-Identifier: MIT */
#include "trace_ftrace.h"

#include "sim_event.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum op_kind {
	OP_TEXT,
	OP_UNSIGNED,
	OP_SIGNED,
	OP_HEX,
	OP_NAME,
	OP_COMM,
	OP_PID,
	OP_PRIO,
};

/* One piece of a payload: literal text, or a field in a given form. */
struct op {
	enum op_kind kind;
	uint32_t field;
	unsigned width; /* zero-padded to it */
	const char *text;
	size_t length;
};

struct program { /* an event's format, parsed */
	struct op *ops;
	uint32_t n_ops;
};

struct task_list {
	const struct trace_task *tasks;
	uint32_t n;
};

struct trace_ftrace {
	struct trace_sink sink; /* first, but found by offset */
	FILE *out;
	const struct trace_schema *schema;
	struct task_list tasks;
	uint64_t start_ns;
	uint64_t lines;
	size_t line_size;
	char *line; /* holds the longest line of this schema */
	struct program programs[];
};

/* Text with snprintf()'s promise: length counts what did not fit as well. */
struct text {
	char *buf;
	size_t size, length;
};

static void put_bytes(struct text *t, const char *bytes, size_t n)
{
	if (t->length < t->size) {
		size_t room = t->size - t->length;

		memcpy(t->buf + t->length, bytes, n < room ? n : room);
	}
	t->length += n;
}

static void put_string(struct text *t, const char *s) { put_bytes(t, s, strlen(s)); }

static void put_repeated(struct text *t, char c, size_t n)
{
	while (n--)
		put_bytes(t, &c, 1);
}

#define DIGITS_MAX 20 /* of a u64 in decimal, which is also the largest width of a spec */

static void put_digits(struct text *t, uint64_t v, unsigned base, unsigned width, char pad)
{
	char digits[DIGITS_MAX];
	unsigned at = DIGITS_MAX;

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (DIGITS_MAX - at < width)
		put_repeated(t, pad, width - (DIGITS_MAX - at));
	put_bytes(t, digits + at, DIGITS_MAX - at);
}

static void put_signed(struct text *t, uint64_t v)
{
	if (v >> 63) {
		put_bytes(t, "-", 1);
		v = -v;
	}
	put_digits(t, v, 10, 0, ' ');
}

/* What the kernel prints for a thread whose name it no longer has. */
static const struct trace_task unknown_task = { .comm = "<...>", .pid = -1, .prio = -1 };

static const struct trace_task *task_at(const struct task_list *list, uint64_t number)
{
	return number < list->n ? &list->tasks[number] : &unknown_task;
}

static void put_comm(struct text *t, const struct trace_task *task)
{
	put_bytes(t, task->comm, strnlen(task->comm, sizeof(task->comm)));
}

/* A number that has no name is shown as "?17": a trace with a hole is better than none. */
static void put_name(struct text *t, const struct trace_field *field, uint64_t v)
{
	if (v < field->n_names && field->names[v]) {
		put_string(t, field->names[v]);
		return;
	}
	put_bytes(t, "?", 1);
	put_digits(t, v, 10, 0, ' ');
}

static void put_op(struct text *t, const struct op *op, const struct trace_event *event,
		   const struct trace_record *rec, const struct task_list *tasks)
{
	const uint64_t v = op->kind == OP_TEXT ? 0 : rec->value[op->field];

	switch (op->kind) {
	case OP_TEXT: put_bytes(t, op->text, op->length); break;
	case OP_UNSIGNED: put_digits(t, v, 10, op->width, '0'); break;
	case OP_HEX: put_digits(t, v, 16, op->width, '0'); break;
	case OP_SIGNED: put_signed(t, v); break;
	case OP_NAME: put_name(t, &event->fields[op->field], v); break;
	case OP_COMM: put_comm(t, task_at(tasks, v)); break;
	case OP_PID: put_signed(t, (uint64_t)(int64_t)task_at(tasks, v)->pid); break;
	case OP_PRIO: put_signed(t, (uint64_t)(int64_t)task_at(tasks, v)->prio); break;
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

/* "0Nx" or "0Nu", N from 1 to DIGITS_MAX. */
static bool parse_padded(const char *spec, size_t n, struct op *op)
{
	unsigned width = 0;

	if (n < 3 || n > 4 || spec[0] != '0')
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		if (spec[i] < '0' || spec[i] > '9')
			return false;
		width = width * 10 + (unsigned)(spec[i] - '0');
	}
	if (!width || width > DIGITS_MAX || (spec[n - 1] != 'x' && spec[n - 1] != 'u'))
		return false;
	op->kind = spec[n - 1] == 'x' ? OP_HEX : OP_UNSIGNED;
	op->width = width;
	return true;
}

static bool parse_spec(const char *spec, size_t n, enum trace_type type, struct op *op)
{
	static const struct {
		const char *spec;
		enum op_kind kind;
	} task_specs[] = {
		{ "comm", OP_COMM },
		{ "pid", OP_PID },
		{ "prio", OP_PRIO },
	};

	if (type == TRACE_NAME) {
		op->kind = OP_NAME;
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
	op->kind = type == TRACE_S64 ? OP_SIGNED : OP_UNSIGNED;
	if (n == 0)
		return true;
	if (n > 1)
		return parse_padded(spec, n, op);
	op->kind = *spec == 'x' ? OP_HEX : *spec == 'd' ? OP_SIGNED : OP_UNSIGNED;
	return *spec == 'x' || *spec == 'd' || *spec == 'u';
}

/* "{field}" or "{field:spec}" at *@format, which it moves behind it. */
static bool parse_field(const char **format, const struct trace_event *event, struct op *op)
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
	return end > colon + 1 &&
	       parse_spec(colon + 1, (size_t)(end - colon - 1), event->fields[op->field].type, op);
}

/* The next piece of *@format, which is not at its end. False: the schema got it wrong. */
static bool parse_op(const char **format, const struct trace_event *event, struct op *ret)
{
	const char *p = *format;

	*ret = (struct op){ .kind = OP_TEXT, .text = p };
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

static bool compile(struct program *program, const struct trace_event *event)
{
	const char *format = event->format;
	struct op op;

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
	const struct task_list list = { .tasks = tasks, .n = tasks ? UINT32_MAX : 0 };
	struct text t = { .buf = buf, .size = size };
	const char *format = event->format ? event->format : "";
	struct op op;

	while (*format) {
		if (!parse_op(&format, event, &op))
			return -1;
		put_op(&t, &op, event, rec, &list);
	}
	if (size)
		buf[t.length < size ? t.length : size - 1] = '\0';
	return (int)t.length;
}

static size_t op_length_max(const struct op *op, const struct trace_event *event)
{
	size_t most =
		DIGITS_MAX + 1; /* a number with its sign or question mark; a comm is shorter */

	if (op->kind == OP_TEXT)
		return op->length;
	if (op->kind != OP_NAME)
		return most;
	for (uint32_t i = 0; i < event->fields[op->field].n_names; i++) {
		const char *name = event->fields[op->field].names[i];

		if (name && strlen(name) > most)
			most = strlen(name);
	}
	return most;
}

/* comm, pid, CPU, flags and stamp at their widest, with the blanks and colons between. */
#define LINE_HEAD_MAX (16 + 1 + 11 + 3 + 10 + 2 + 5 + 1 + DIGITS_MAX + 1 + 9 + 2)

static size_t line_length_max(const struct program *program, const struct trace_event *event)
{
	size_t length = LINE_HEAD_MAX + strlen(event->name) + 2 + 1;

	for (uint32_t i = 0; i < program->n_ops; i++)
		length += op_length_max(&program->ops[i], event);
	return length;
}

static bool compile_all(struct trace_ftrace *ft)
{
	for (uint32_t id = 0; id < ft->schema->n_events; id++) {
		const struct trace_event *event = ft->schema->events[id];
		size_t length;

		if (event->kind == TRACE_KIND_INTERNAL)
			continue;
		if (!event->format || !compile(&ft->programs[id], event))
			return false;
		length = line_length_max(&ft->programs[id], event);
		if (length > ft->line_size)
			ft->line_size = length;
	}
	ft->line = malloc(ft->line_size + 1);
	return ft->line != NULL;
}

static void write_header(FILE *out, uint32_t n_cpus)
{
	static const char columns[] =
		"#\n"
		"#                                _-----=> irqs-off/BH-disabled\n"
		"#                               / _----=> need-resched\n"
		"#                              | / _---=> hardirq/softirq\n"
		"#                              || / _--=> preempt-depth\n"
		"#                              ||| / _-=> migrate-disable\n"
		"#                              |||| /     delay\n"
		"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		"#              | |         |   |||||     |         |\n";

	fprintf(out, "# tracer: nop\n#\n# #P:%" PRIu32 "\n", n_cpus);
	fputs(columns, out);
}

/* "%16s-%-7d [%03d] %s %5u.%09u: " */
static void put_head(struct text *t, const struct trace_ftrace *ft, const struct trace_record *rec)
{
	const struct trace_task *task = task_at(&ft->tasks, rec->task);
	const uint64_t stamp = ft->start_ns + rec->when.v / PS_PER_NS;
	const char flags[] = { rec->flags & TRACE_IRQS_OFF ? 'd' : '.',
			       rec->flags & TRACE_NEED_RESCHED ? 'N' : '.',
			       rec->flags & TRACE_HARDIRQ ? 'h' : '.', '.', '.' };
	size_t pid_end;

	/* The task column calls every idle task so; the arguments of an event give its own name. */
	if (task->pid == 0)
		put_bytes(t, "          <idle>", 16);
	else {
		put_repeated(t, ' ', 16 - strnlen(task->comm, sizeof(task->comm)));
		put_comm(t, task);
	}
	put_bytes(t, "-", 1);
	pid_end = t->length + 7;
	put_signed(t, (uint64_t)(int64_t)task->pid);
	put_repeated(t, ' ', t->length < pid_end ? pid_end - t->length : 0);
	put_bytes(t, " [", 2);
	put_digits(t, rec->cpu, 10, 3, '0');
	put_bytes(t, "] ", 2);
	put_bytes(t, flags, sizeof(flags));
	put_bytes(t, " ", 1);
	put_digits(t, stamp / 1000000000, 10, 5, ' ');
	put_bytes(t, ".", 1);
	put_digits(t, stamp % 1000000000, 10, 9, '0');
	put_bytes(t, ": ", 2);
}

static void write_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct trace_ftrace *ft = sim_container_of(sink, struct trace_ftrace, sink);
	const struct trace_event *event = ft->schema->events[rec->event];
	const struct program *program = &ft->programs[rec->event];
	struct text t = { .buf = ft->line, .size = ft->line_size };

	if (event->kind == TRACE_KIND_INTERNAL)
		return;
	put_head(&t, ft, rec);
	if (event->kind == TRACE_KIND_EVENT) {
		put_string(&t, event->name);
		put_bytes(&t, ": ", 2);
	}
	for (uint32_t i = 0; i < program->n_ops; i++)
		put_op(&t, &program->ops[i], event, rec, &ft->tasks);
	put_bytes(&t, "\n", 1);
	assert(t.length <= t.size);
	fwrite(t.buf, 1, t.length, ft->out);
	ft->lines++;
}

struct trace_ftrace *trace_ftrace_new(FILE *out, const struct trace_schema *schema,
				      const struct trace_task *tasks, uint32_t n_tasks,
				      uint32_t n_cpus, uint64_t start_ns)
{
	struct trace_ftrace *ft =
		calloc(1, sizeof(*ft) + schema->n_events * sizeof(ft->programs[0]));

	if (!ft)
		return NULL;
	ft->sink.record = write_record;
	ft->out = out;
	ft->schema = schema;
	ft->tasks = (struct task_list){ .tasks = tasks, .n = n_tasks };
	ft->start_ns = start_ns;
	if (!compile_all(ft)) {
		trace_ftrace_free(ft);
		return NULL;
	}
	write_header(out, n_cpus);
	return ft;
}

struct trace_sink *trace_ftrace_sink(struct trace_ftrace *ft) { return &ft->sink; }

void trace_ftrace_end(struct trace_ftrace *ft, uint64_t fingerprint)
{
	fprintf(ft->out, "# end events=%" PRIu64 " fingerprint=%016" PRIx64 "\n", ft->lines,
		fingerprint);
}

void trace_ftrace_free(struct trace_ftrace *ft)
{
	if (!ft)
		return;
	for (uint32_t id = 0; id < ft->schema->n_events; id++)
		free(ft->programs[id].ops);
	free(ft->line);
	free(ft);
}
