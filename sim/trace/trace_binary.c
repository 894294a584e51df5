/* SPDX-License-Identifier: MIT */
#include "trace_binary.h"

#include "trace_payload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COMMON_SIZE 8 /* id u16, flags u8, preempt count u8, pid s32 */
#define COMM_SIZE 16
#define DECL_MAX 64 /* "u64 NAME" of an event without members */

struct layout { /* one event's record */
	uint32_t id, size;
	const struct trace_member *members;
	uint32_t n_members;
	uint32_t *offset;           /* by member */
	struct trace_member *own;   /* of an event that declares none */
	char (*own_decl)[DECL_MAX]; /* theirs */
};

struct trace_binary {
	const struct trace_machine *machine;
	const struct trace_schema *schema;
	struct payload_tasks tasks;
	unsigned char *record;
	size_t largest;
	struct layout layout[]; /* by event; id 0: left out */
};

/* --- layout --- */

static bool own_members(struct layout *l, const struct trace_event *event)
{
	l->own = calloc(event->n_fields + 1, sizeof(*l->own));
	l->own_decl = calloc(event->n_fields + 1, sizeof(*l->own_decl));
	if (!l->own || !l->own_decl)
		return false;
	for (uint32_t i = 0; i < event->n_fields; i++) {
		const struct trace_field *field = &event->fields[i];
		struct trace_bytes text = { 0 };

		if (field->type == TRACE_TASK || strlen(field->name) >= DECL_MAX - 4)
			return false;
		bytes_string(&text, field->type == TRACE_S64 ? "s64 " : "u64 ");
		bytes_string(&text, field->name);
		const bool failed = text.failed;

		if (!failed)
			memcpy(l->own_decl[i], text.data, text.n);
		bytes_free(&text);
		if (failed)
			return false;
		l->own[i] = (struct trace_member){ .decl = l->own_decl[i],
						   .size = 8,
						   .is_signed = field->type == TRACE_S64,
						   .field = i };
	}
	l->members = l->own;
	l->n_members = event->n_fields;
	return true;
}

/* A C struct: each member at a multiple of its size; a comm is of bytes. */
static bool place_members(struct layout *l)
{
	uint32_t at = COMMON_SIZE;

	l->offset = calloc(l->n_members + 1, sizeof(*l->offset));
	if (!l->offset)
		return false;
	for (uint32_t i = 0; i < l->n_members; i++) {
		const uint32_t size = l->members[i].size;
		const uint32_t align = size == COMM_SIZE || size == 0 ? 1 : size;

		at = (at + align - 1) / align * align;
		l->offset[i] = at;
		at += size;
	}
	l->size = (at + 3) & ~UINT32_C(3);
	return true;
}

static bool lay_out(struct layout *l, const struct trace_event *event)
{
	if (event->kind == TRACE_KIND_INTERNAL ||
	    (event->kind == TRACE_KIND_FUNCTION && !event->n_members))
		return true;
	l->id = event->kind == TRACE_KIND_FUNCTION ? BINARY_ID_FUNCTION
						   : BINARY_ID_FIRST + event->id;
	l->members = event->members;
	l->n_members = event->n_members;
	return (event->n_members || own_members(l, event)) && place_members(l);
}

/* --- the text of a format file --- */

/* The name that @decl declares: its last word, without "[16]". */
static void put_name(struct trace_bytes *out, const char *decl)
{
	const char *end = strchr(decl, '[');
	const char *name;

	if (!end)
		end = decl + strlen(decl);
	for (name = end; name != decl && name[-1] != ' ' && name[-1] != '*';)
		name--;
	bytes_put(out, name, (size_t)(end - name));
}

/* A member as an expression of the print format. */
static void put_expression(struct trace_bytes *out, const struct trace_member *m)
{
	if (!m->size) {
		bytes_string(out, m->decl);
		return;
	}
	bytes_string(out, "REC->");
	put_name(out, m->decl);
}

static const struct trace_member *member_of(const struct layout *l, const struct payload_op *op)
{
	const enum trace_source from = op->kind == PAYLOAD_COMM   ? TRACE_FROM_COMM
				       : op->kind == PAYLOAD_PID  ? TRACE_FROM_PID
				       : op->kind == PAYLOAD_PRIO ? TRACE_FROM_PRIO
								  : TRACE_FROM_FIELD;

	for (uint32_t i = 0; i < l->n_members; i++)
		if (l->members[i].from == from && l->members[i].field == op->field)
			return &l->members[i];
	return NULL;
}

static uint64_t code_of(const struct trace_member *m, const struct trace_field *field, uint64_t v)
{
	return m->codes && v < field->n_names ? m->codes[v] : v;
}

static void put_names(struct trace_bytes *out, const struct trace_member *m,
		      const struct trace_field *field)
{
	bytes_string(out, "__print_symbolic(");
	put_expression(out, m);
	for (uint32_t i = 0; i < field->n_names; i++)
		if (field->names[i])
			bytes_format(out, ", { 0x%" PRIx64 ", \"%s\" }", code_of(m, field, i),
				     field->names[i]);
	bytes_string(out, ")");
}

static void put_text(struct trace_bytes *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '%')
			bytes_string(out, "%");
		if (text[i] == '"' || text[i] == '\\')
			bytes_string(out, "\\");
		bytes_put(out, &text[i], 1);
	}
}

static void put_number(struct trace_bytes *out, const struct payload_op *op,
		       const struct trace_member *m)
{
	bytes_string(out, "%");
	if (op->width)
		bytes_format(out, "0%u", op->width);
	bytes_format(out, "%s%s", m->size > 4 ? "ll" : "",
		     op->kind == PAYLOAD_HEX      ? "x"
		     : op->kind == PAYLOAD_SIGNED ? "d"
						  : "u");
}

/* One piece of the payload: its part of the format into @out, its argument into @args. */
static bool put_piece(struct trace_bytes *out, struct trace_bytes *args, const struct layout *l,
		      const struct trace_event *event, const struct payload_op *op)
{
	const struct trace_member *m;

	if (op->kind == PAYLOAD_TEXT) {
		put_text(out, op->text, op->length);
		return true;
	}
	m = member_of(l, op);
	if (!m)
		return false;
	bytes_string(args, ", ");
	switch (op->kind) {
	case PAYLOAD_NAME:
		bytes_string(out, "%s");
		put_names(args, m, &event->fields[op->field]);
		return true;
	case PAYLOAD_COMM: bytes_string(out, "%s"); break;
	case PAYLOAD_PID:
	case PAYLOAD_PRIO: bytes_string(out, "%d"); break;
	default: put_number(out, op, m);
	}
	put_expression(args, m);
	return true;
}

/* Not %ps: perf looks addresses up in the kernel that it runs on. */
static void put_function(struct trace_bytes *out, const struct trace_schema *schema)
{
	static const char *const members[] = { "ip", "parent_ip" };

	bytes_string(out, "\"%s <-%s\"");
	for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
		bytes_format(out, ", __print_symbolic(REC->%s", members[k]);
		for (uint32_t i = 0; i < schema->n_symbols; i++)
			bytes_format(out, ", { 0x%" PRIx64 ", \"%s\" }", schema->symbols[i].address,
				     schema->symbols[i].name);
		bytes_string(out, ")");
	}
}

static bool put_print(struct trace_bytes *out, const struct layout *l,
		      const struct trace_event *event, const struct trace_schema *schema)
{
	struct payload_program program;
	struct trace_bytes args = { 0 };
	bool ok = true;

	if (event->kind == TRACE_KIND_FUNCTION) {
		put_function(out, schema);
		return true;
	}
	if (!event->format || !payload_compile(&program, event))
		return false;
	bytes_string(out, "\"");
	for (uint32_t i = 0; i < program.n_ops && ok; i++)
		ok = put_piece(out, &args, l, event, &program.ops[i]);
	bytes_string(out, "\"");
	bytes_put(out, args.data, args.n);
	payload_free(&program);
	ok = ok && !args.failed;
	bytes_free(&args);
	return ok;
}

static void put_declarations(struct trace_bytes *out, const struct layout *l)
{
	static const char common[] =
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

	bytes_string(out, common);
	for (uint32_t i = 0; i < l->n_members; i++)
		if (l->members[i].size)
			bytes_format(out,
				     "\tfield:%s;\toffset:%" PRIu32 ";\tsize:%" PRIu32
				     ";\tsigned:%d;\n",
				     l->members[i].decl, l->offset[i], l->members[i].size,
				     l->members[i].is_signed);
}

static bool put_format(struct trace_bytes *out, const struct layout *l,
		       const struct trace_event *event, const struct trace_schema *schema)
{
	bytes_format(out, "name: %s\nID: %" PRIu32 "\nformat:\n",
		     event->kind == TRACE_KIND_FUNCTION ? "function" : event->name, l->id);
	put_declarations(out, l);
	bytes_string(out, "\nprint fmt: ");
	if (!put_print(out, l, event, schema))
		return false;
	bytes_string(out, "\n");
	return true;
}

/* What was added behind the @size bytes at @at, into them. Without memory nothing was. */
static void set_length(struct trace_bytes *out, size_t at, unsigned size)
{
	const size_t begin = at + size;

	bytes_set_le(out, at, out->n > begin ? out->n - begin : 0, size);
}

/* Behind its length. What does not fit together was found by trace_binary_new(), so that only
 * memory can be missing. */
static void put_sized_format(const struct trace_binary *tb, struct trace_bytes *out, uint32_t id)
{
	const size_t at = out->n;

	bytes_zero(out, 8);
	if (!put_format(out, &tb->layout[id], tb->schema->events[id], tb->schema))
		out->failed = true;
	set_length(out, at, 8);
}

/* --- the object --- */

void trace_binary_free(struct trace_binary *tb)
{
	if (!tb)
		return;
	for (uint32_t id = 0; id < tb->schema->n_events; id++) {
		free(tb->layout[id].offset);
		free(tb->layout[id].own);
		free(tb->layout[id].own_decl);
	}
	free(tb->record);
	free(tb);
}

static bool fits_together(struct trace_binary *tb)
{
	struct trace_bytes text = { 0 };
	bool ok = true;

	for (uint32_t id = 0; id < tb->schema->n_events && ok; id++) {
		struct layout *l = &tb->layout[id];

		ok = lay_out(l, tb->schema->events[id]) &&
		     (!l->id || put_format(&text, l, tb->schema->events[id], tb->schema));
		if (l->size > tb->largest)
			tb->largest = l->size;
	}
	ok = ok && !text.failed;
	bytes_free(&text);
	return ok;
}

struct trace_binary *trace_binary_new(const struct trace_machine *machine)
{
	const struct trace_schema *schema = machine->schema;
	struct trace_binary *tb = calloc(1, sizeof(*tb) + schema->n_events * sizeof(tb->layout[0]));

	if (!tb)
		return NULL;
	tb->machine = machine;
	tb->schema = schema;
	tb->tasks = (struct payload_tasks){ .tasks = machine->tasks, .n = machine->n_tasks };
	if (fits_together(tb))
		tb->record = malloc(tb->largest + 1);
	if (!tb->record) {
		trace_binary_free(tb);
		return NULL;
	}
	return tb;
}

uint32_t trace_binary_id(const struct trace_binary *tb, uint32_t event)
{
	return tb->layout[event].id;
}

/* --- metadata --- */

static void put_header_files(struct trace_bytes *out)
{
	static const char page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				   "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				   "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				   "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
	static const char event[] = "# compressed entry header\n"
				    "\ttype_len    :    5 bits\n"
				    "\ttime_delta  :   27 bits\n"
				    "\tarray       :   32 bits\n"
				    "\n"
				    "\tpadding     : type == 29\n"
				    "\ttime_extend : type == 30\n"
				    "\ttime_stamp : type == 31\n"
				    "\tdata max type_len  == 28\n";

	bytes_put(out, "header_page", sizeof("header_page"));
	bytes_le(out, sizeof(page) - 1, 8);
	bytes_string(out, page);
	bytes_put(out, "header_event", sizeof("header_event"));
	bytes_le(out, sizeof(event) - 1, 8);
	bytes_string(out, event);
}

/* The formats of one system, behind their count; functions all have one. @system NULL: those. */
static void put_system(const struct trace_binary *tb, struct trace_bytes *out, const char *system)
{
	const size_t at = out->n;
	uint32_t n = 0;

	bytes_zero(out, 4);
	for (uint32_t id = 0; id < tb->schema->n_events; id++) {
		const struct trace_event *event = tb->schema->events[id];
		const bool function = event->kind == TRACE_KIND_FUNCTION;

		if (!tb->layout[id].id ||
		    (system ? function || strcmp(event->system, system) != 0 : !function || n))
			continue;
		put_sized_format(tb, out, id);
		n++;
	}
	bytes_set_le(out, at, n, 4);
}

/* Has an earlier event that is written the same system? */
static bool is_first_of_system(const struct trace_binary *tb, uint32_t id)
{
	for (uint32_t k = 0; k < id; k++)
		if (tb->layout[k].id > BINARY_ID_FUNCTION &&
		    !strcmp(tb->schema->events[k]->system, tb->schema->events[id]->system))
			return false;
	return tb->layout[id].id > BINARY_ID_FUNCTION;
}

static void put_systems(const struct trace_binary *tb, struct trace_bytes *out)
{
	const size_t at = out->n;
	uint32_t n = 0;

	bytes_zero(out, 4);
	for (uint32_t id = 0; id < tb->schema->n_events; id++) {
		const char *system = tb->schema->events[id]->system;

		if (!is_first_of_system(tb, id))
			continue;
		bytes_put(out, system, strlen(system) + 1);
		put_system(tb, out, system);
		n++;
	}
	bytes_set_le(out, at, n, 4);
}

static void put_symbols(const struct trace_binary *tb, struct trace_bytes *out)
{
	const size_t at = out->n;

	bytes_zero(out, 4);
	for (uint32_t i = 0; i < tb->schema->n_symbols; i++) {
		const struct trace_symbol *s = &tb->schema->symbols[i];

		bytes_format(out, "%016" PRIx64 " t %s", s->address, s->name);
		if (s->module)
			bytes_format(out, "\t[%s]", s->module);
		bytes_string(out, "\n");
	}
	set_length(out, at, 4);
	bytes_zero(out, 4); /* no formats of trace_printk() */
}

static void put_command_lines(const struct trace_binary *tb, struct trace_bytes *out)
{
	const size_t at = out->n;

	bytes_zero(out, 8);
	for (uint32_t i = 0; i < tb->machine->n_tasks; i++) {
		const struct trace_task *task = &tb->machine->tasks[i];

		if (task->pid) /* readers know what is idle */
			bytes_format(out, "%" PRId32 " %.*s\n", task->pid, COMM_SIZE, task->comm);
	}
	set_length(out, at, 8);
}

void trace_binary_metadata(const struct trace_binary *tb, struct trace_bytes *out,
			   const char *version)
{
	static const unsigned char magic[] = {
		0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g'
	};

	bytes_put(out, magic, sizeof(magic));
	bytes_put(out, version, strlen(version) + 1);
	bytes_le(out, 0, 1); /* little-endian */
	bytes_le(out, 8, 1); /* sizeof(long) */
	bytes_le(out, 4096, 4);
	put_header_files(out);
	put_system(tb, out, NULL);
	put_systems(tb, out);
	put_symbols(tb, out);
	put_command_lines(tb, out);
}

/* --- records --- */

static uint64_t value_of(const struct trace_binary *tb, const struct trace_member *m,
			 const struct trace_event *event, const struct trace_record *rec)
{
	switch (m->from) {
	case TRACE_FROM_CONSTANT: return m->constant;
	case TRACE_FROM_PID:
		return (uint64_t)(int64_t)payload_task(&tb->tasks, rec->value[m->field])->pid;
	case TRACE_FROM_PRIO:
		return (uint64_t)(int64_t)payload_task(&tb->tasks, rec->value[m->field])->prio;
	default: return code_of(m, &event->fields[m->field], rec->value[m->field]);
	}
}

/* The bits of the kernel's common_flags. */
static unsigned char common_flags(uint32_t flags)
{
	return (unsigned char)((flags & TRACE_IRQS_OFF ? 1 : 0) |
			       (flags & TRACE_NEED_RESCHED ? 4 : 0) |
			       (flags & TRACE_HARDIRQ ? 8 : 0));
}

size_t trace_binary_encode(struct trace_binary *tb, const struct trace_record *rec,
			   const unsigned char **ret)
{
	const struct trace_event *event = tb->schema->events[rec->event];
	const struct layout *l = &tb->layout[rec->event];
	unsigned char *p = tb->record;

	if (!l->id)
		return 0;
	memset(p, 0, l->size);
	store_le(p, l->id, 2);
	p[2] = common_flags(rec->flags);
	store_le(p + 4, (uint64_t)payload_task(&tb->tasks, rec->task)->pid, 4);
	for (uint32_t i = 0; i < l->n_members; i++) {
		const struct trace_member *m = &l->members[i];

		if (m->from == TRACE_FROM_COMM)
			memcpy(p + l->offset[i],
			       payload_task(&tb->tasks, rec->value[m->field])->comm, COMM_SIZE);
		else
			store_le(p + l->offset[i], value_of(tb, m, event, rec), m->size);
	}
	*ret = p;
	return l->size;
}
