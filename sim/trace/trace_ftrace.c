/* SPDX-License-Identifier: MIT */
#include "trace_ftrace.h"

#include "sim_event.h"
#include "trace_payload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct trace_ftrace {
	struct trace_writer writer;
	FILE *out;
	const struct trace_schema *schema;
	struct trace_task *own_tasks;
	struct payload_tasks tasks;
	uint64_t start_ns;
	uint64_t lines;
	size_t line_size;
	char *line; /* holds the longest line of this schema */
	struct payload_program programs[];
};

/* comm, pid, CPU, flags and stamp at their widest, with the blanks and colons between. */
#define LINE_HEAD_MAX (16 + 1 + 11 + 3 + 10 + 2 + 5 + 1 + PAYLOAD_DIGITS_MAX + 1 + 9 + 2)

static size_t line_length_max(const struct payload_program *program,
			      const struct trace_event *event)
{
	return LINE_HEAD_MAX + strlen(event->name) + 2 + payload_length_max(program, event) + 1;
}

static bool compile_all(struct trace_ftrace *ft)
{
	for (uint32_t id = 0; id < ft->schema->n_events; id++) {
		const struct trace_event *event = ft->schema->events[id];
		size_t length;

		if (event->kind == TRACE_KIND_INTERNAL)
			continue;
		if (!event->format || !payload_compile(&ft->programs[id], event))
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
static void put_head(struct payload_text *t, const struct trace_ftrace *ft,
		     const struct trace_record *rec)
{
	const struct trace_task *task = payload_task(&ft->tasks, rec->task);
	const uint64_t stamp = ft->start_ns + rec->when.v / PS_PER_NS;
	const char flags[] = { rec->flags & TRACE_IRQS_OFF ? 'd' : '.',
			       rec->flags & TRACE_NEED_RESCHED ? 'N' : '.',
			       rec->flags & TRACE_HARDIRQ ? 'h' : '.', '.', '.' };
	size_t pid_end;

	/* The task column calls every idle task so; the arguments of an event give its own name. */
	if (task->pid == 0) {
		payload_put_bytes(t, "          <idle>", 16);
	} else {
		const size_t n = strnlen(task->comm, sizeof(task->comm));

		payload_put_repeated(t, ' ', 16 - n);
		payload_put_bytes(t, task->comm, n);
	}
	payload_put_bytes(t, "-", 1);
	pid_end = t->length + 7;
	payload_put_signed(t, (uint64_t)(int64_t)task->pid);
	payload_put_repeated(t, ' ', t->length < pid_end ? pid_end - t->length : 0);
	payload_put_bytes(t, " [", 2);
	payload_put_digits(t, rec->cpu, 10, 3, '0');
	payload_put_bytes(t, "] ", 2);
	payload_put_bytes(t, flags, sizeof(flags));
	payload_put_bytes(t, " ", 1);
	payload_put_digits(t, stamp / 1000000000, 10, 5, ' ');
	payload_put_bytes(t, ".", 1);
	payload_put_digits(t, stamp % 1000000000, 10, 9, '0');
	payload_put_bytes(t, ": ", 2);
}

static void write_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct trace_ftrace *ft = sim_container_of(sink, struct trace_ftrace, writer.sink);
	const struct trace_event *event = ft->schema->events[rec->event];
	const struct payload_program *program = &ft->programs[rec->event];
	struct payload_text t = { .buf = ft->line, .size = ft->line_size };

	if (event->kind == TRACE_KIND_INTERNAL)
		return;
	put_head(&t, ft, rec);
	if (event->kind == TRACE_KIND_EVENT) {
		payload_put_string(&t, event->name);
		payload_put_bytes(&t, ": ", 2);
	}
	payload_put(&t, program, event, rec, &ft->tasks);
	payload_put_bytes(&t, "\n", 1);
	assert(t.length <= t.size);
	fwrite(t.buf, 1, t.length, ft->out);
	ft->lines++;
}

static bool ftrace_end(struct trace_writer *writer, uint64_t fingerprint)
{
	struct trace_ftrace *ft = sim_container_of(writer, struct trace_ftrace, writer);

	fprintf(ft->out, "# end events=%" PRIu64 " fingerprint=%016" PRIx64 "\n", ft->lines,
		fingerprint);
	return true;
}

static void ftrace_free(struct trace_writer *writer)
{
	struct trace_ftrace *ft = sim_container_of(writer, struct trace_ftrace, writer);

	for (uint32_t id = 0; id < ft->schema->n_events; id++)
		payload_free(&ft->programs[id]);
	free(ft->own_tasks);
	free(ft->line);
	free(ft);
}

/* A blank ends an argument for those who read this text: "CPU 0/KVM" is written "CPU0/KVM". */
static bool name_tasks(struct trace_ftrace *ft, const struct trace_machine *machine)
{
	ft->own_tasks = calloc(machine->n_tasks + 1, sizeof(*ft->own_tasks));
	if (!ft->own_tasks)
		return false;
	for (uint32_t i = 0; i < machine->n_tasks; i++) {
		struct trace_task *own = &ft->own_tasks[i];
		size_t n = 0;

		*own = machine->tasks[i];
		memset(own->comm, 0, sizeof(own->comm));
		for (size_t k = 0; k < sizeof(own->comm) && machine->tasks[i].comm[k]; k++)
			if (machine->tasks[i].comm[k] != ' ')
				own->comm[n++] = machine->tasks[i].comm[k];
	}
	ft->tasks = (struct payload_tasks){ .tasks = ft->own_tasks, .n = machine->n_tasks };
	return true;
}

static struct trace_writer *ftrace_open(const struct trace_machine *machine, FILE *out, FILE *spool)
{
	const struct trace_schema *schema = machine->schema;
	struct trace_ftrace *ft =
		calloc(1, sizeof(*ft) + schema->n_events * sizeof(ft->programs[0]));

	if (!ft)
		return NULL;
	ft->writer = (struct trace_writer){ .sink.record = write_record,
					    .end = ftrace_end,
					    .free = ftrace_free };
	ft->out = out;
	ft->schema = schema;
	ft->start_ns = machine->start_ns;
	if (!name_tasks(ft, machine) || !compile_all(ft)) {
		ftrace_free(&ft->writer);
		return NULL;
	}
	write_header(out, machine->n_cpus);
	return &ft->writer;
}

const struct trace_format trace_format_ftrace = {
	.suffix = ".ftrace",
	.what = "text as trace_pipe prints it: people, grep, diff",
	.open = ftrace_open,
};
