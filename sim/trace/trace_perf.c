/* SPDX-License-Identifier: MIT */
#include "trace_perf.h"

#include "sim_event.h"
#include "trace_binary.h"
#include "trace_payload.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 104
#define ATTR_SIZE 128
#define ID_FIRST 1000 /* of the attribute of file id 0: an id is this plus the event's id */
#define ROUND_SAMPLES 65536

/* include/uapi/linux/perf_event.h */
#define PERF_TYPE_TRACEPOINT 2
#define PERF_SAMPLE_IP (1u << 0)
#define PERF_SAMPLE_TID (1u << 1)
#define PERF_SAMPLE_TIME (1u << 2)
#define PERF_SAMPLE_CPU (1u << 7)
#define PERF_SAMPLE_RAW (1u << 10)
#define PERF_SAMPLE_IDENTIFIER (1u << 16)
#define PERF_FORMAT_ID (1u << 2)
#define PERF_ATTR_SAMPLE_ID_ALL (1u << 18)
#define PERF_RECORD_COMM 3
#define PERF_RECORD_SAMPLE 9
#define PERF_RECORD_FINISHED_ROUND 68
#define PERF_RECORD_MISC_KERNEL 1

/* Features: bits of the header, and sections in this order. */
enum {
	FEATURE_TRACING_DATA = 1,
	FEATURE_HOSTNAME = 3,
	FEATURE_OSRELEASE = 4,
	FEATURE_VERSION = 5,
	FEATURE_ARCH = 6,
	FEATURE_NRCPUS = 7,
	FEATURE_CPUDESC = 8, /* perf data convert --to-json does not look whether it is there */
	FEATURE_CPUID = 9,
	FEATURES = 16,
};

struct trace_perf {
	struct trace_writer writer;
	struct trace_machine machine;
	FILE *out;
	struct trace_binary *binary;
	struct payload_tasks tasks;
	struct trace_bytes buf; /* one record */
	uint64_t data_begins, data_size;
	uint64_t samples;
	uint32_t n_attrs;
};

/* --- records --- */

static void begin_record(struct trace_bytes *b, uint32_t type, unsigned misc)
{
	b->n = 0;
	bytes_le(b, type, 4);
	bytes_le(b, misc, 2);
	bytes_zero(b, 2); /* the size, by end_record() */
}

static void end_record(struct trace_perf *perf)
{
	bytes_set_le(&perf->buf, 6, perf->buf.n, 2);
	if (perf->buf.failed)
		return;
	fwrite(perf->buf.data, 1, perf->buf.n, perf->out);
	perf->data_size += perf->buf.n;
}

/* A process of its own for each thread: which ones share one, nobody says. */
static void put_thread(struct trace_bytes *b, int32_t pid)
{
	bytes_le(b, (uint32_t)pid, 4);
	bytes_le(b, (uint32_t)pid, 4);
}

/* The raw part is its size, then the record, together a multiple of 8. */
static void put_raw(struct trace_bytes *b, const unsigned char *record, size_t size)
{
	const size_t padded = (size + 4 + 7) / 8 * 8 - 4;

	bytes_le(b, padded, 4);
	bytes_put(b, record, size);
	bytes_zero(b, padded - size);
}

static void write_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct trace_perf *perf = sim_container_of(sink, struct trace_perf, writer.sink);
	struct trace_bytes *b = &perf->buf;
	const unsigned char *record;
	const size_t size = trace_binary_encode(perf->binary, rec, &record);

	if (!size)
		return;
	begin_record(b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	bytes_le(b, ID_FIRST + trace_binary_id(perf->binary, rec->event), 8);
	bytes_le(b, 0, 8); /* no instruction pointer */
	put_thread(b, payload_task(&perf->tasks, rec->task)->pid);
	bytes_le(b, perf->machine.start_ns + rec->when.v / PS_PER_NS, 8);
	bytes_le(b, rec->cpu, 8);
	put_raw(b, record, size);
	end_record(perf);
	if (++perf->samples % ROUND_SAMPLES == 0) {
		begin_record(b, PERF_RECORD_FINISHED_ROUND, 0);
		end_record(perf);
	}
}

static void write_comm(struct trace_perf *perf, const struct trace_task *task)
{
	struct trace_bytes *b = &perf->buf;
	const size_t n = strnlen(task->comm, sizeof(task->comm));

	begin_record(b, PERF_RECORD_COMM, 0);
	put_thread(b, task->pid);
	bytes_put(b, task->comm, n);
	bytes_zero(b, 8 - n % 8); /* at least the NUL */
	put_thread(b, task->pid); /* the sample id: thread, time, cpu, id */
	bytes_le(b, perf->machine.start_ns, 8);
	bytes_le(b, 0, 8);
	bytes_le(b, 0, 8);
	end_record(perf);
}

/* --- the parts around them --- */

/* Events with an id of their own: functions share one. */
static bool has_attribute(const struct trace_perf *perf, uint32_t event)
{
	const uint32_t id = trace_binary_id(perf->binary, event);

	for (uint32_t k = 0; k < event && id; k++)
		if (trace_binary_id(perf->binary, k) == id)
			return false;
	return id != 0;
}

/* struct perf_event_attr, first version with 128 bytes, then where its ids stand. */
static void put_attribute(struct trace_bytes *b, uint32_t id, uint64_t ids_at)
{
	const size_t begin = b->n;

	bytes_le(b, PERF_TYPE_TRACEPOINT, 4);
	bytes_le(b, ATTR_SIZE, 4);
	bytes_le(b, id, 8); /* config */
	bytes_le(b, 1, 8);  /* sample_period */
	bytes_le(b,
		 PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			 PERF_SAMPLE_CPU | PERF_SAMPLE_RAW,
		 8);
	bytes_le(b, PERF_FORMAT_ID, 8);
	bytes_le(b, PERF_ATTR_SAMPLE_ID_ALL, 8);
	bytes_zero(b, begin + ATTR_SIZE - b->n);
	bytes_le(b, ids_at, 8);
	bytes_le(b, 8, 8);
}

static void put_attributes(struct trace_perf *perf, struct trace_bytes *b)
{
	uint64_t ids_at;

	for (uint32_t event = 0; event < perf->machine.schema->n_events; event++)
		perf->n_attrs += has_attribute(perf, event);
	ids_at = HEADER_SIZE + perf->n_attrs * (uint64_t)(ATTR_SIZE + 16);
	for (uint32_t event = 0; event < perf->machine.schema->n_events; event++) {
		if (!has_attribute(perf, event))
			continue;
		put_attribute(b, trace_binary_id(perf->binary, event), ids_at);
		ids_at += 8;
	}
	for (uint32_t event = 0; event < perf->machine.schema->n_events; event++)
		if (has_attribute(perf, event))
			bytes_le(b, ID_FIRST + trace_binary_id(perf->binary, event), 8);
}

/* A string of a feature: its size, padded, then itself. */
static void put_feature_string(struct trace_bytes *b, const char *s)
{
	const size_t n = strlen(s), padded = (n + 1 + 63) / 64 * 64;

	bytes_le(b, padded, 4);
	bytes_put(b, s, n);
	bytes_zero(b, padded - n);
}

static void put_feature(const struct trace_perf *perf, struct trace_bytes *b, unsigned feature)
{
	static const char *const texts[FEATURES] = {
		[FEATURE_HOSTNAME] = "lapicsim",
		[FEATURE_OSRELEASE] = "6.1.0", /* whose event formats these are */
		[FEATURE_VERSION] = "6.1",
		[FEATURE_ARCH] = "x86_64",
		[FEATURE_CPUDESC] = "simulated",
	};

	if (feature == FEATURE_TRACING_DATA) {
		trace_binary_metadata(perf->binary, b, "0.6");
	} else if (feature == FEATURE_NRCPUS) {
		bytes_le(b, perf->machine.n_cpus, 4); /* online */
		bytes_le(b, perf->machine.n_cpus, 4); /* available */
	} else {
		put_feature_string(b,
				   feature == FEATURE_CPUID ? perf->machine.cpuid : texts[feature]);
	}
}

static const unsigned features[] = {
	FEATURE_TRACING_DATA, FEATURE_HOSTNAME, FEATURE_OSRELEASE, FEATURE_VERSION,
	FEATURE_ARCH,         FEATURE_NRCPUS,   FEATURE_CPUDESC,   FEATURE_CPUID,
};

#define N_FEATURES (sizeof(features) / sizeof(features[0]))

/* A table of places and sizes, then what they point at. */
static bool write_features(struct trace_perf *perf)
{
	const uint64_t begin = perf->data_begins + perf->data_size;
	struct trace_bytes b = { 0 };
	bool ok;

	bytes_zero(&b, N_FEATURES * 16);
	for (size_t i = 0; i < N_FEATURES; i++) {
		const size_t at = b.n;

		put_feature(perf, &b, features[i]);
		bytes_set_le(&b, i * 16, begin + at, 8);
		bytes_set_le(&b, i * 16 + 8, b.n - at, 8);
	}
	ok = !b.failed && fwrite(b.data, 1, b.n, perf->out) == b.n;
	bytes_free(&b);
	return ok;
}

static void put_header(const struct trace_perf *perf, struct trace_bytes *b)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < N_FEATURES; i++)
		bits |= UINT64_C(1) << features[i];
	bytes_string(b, "PERFILE2");
	bytes_le(b, HEADER_SIZE, 8);
	bytes_le(b, ATTR_SIZE + 16, 8);
	bytes_le(b, HEADER_SIZE, 8);
	bytes_le(b, perf->n_attrs * (uint64_t)(ATTR_SIZE + 16), 8);
	bytes_le(b, perf->data_begins, 8);
	bytes_le(b, perf->data_size, 8);
	bytes_zero(b, 16); /* event types: no longer used */
	bytes_le(b, bits, 8);
	bytes_zero(b, 24);
}

static bool perf_end(struct trace_writer *writer, uint64_t fingerprint)
{
	struct trace_perf *perf = sim_container_of(writer, struct trace_perf, writer);
	struct trace_bytes header = { 0 };
	bool ok;

	put_header(perf, &header);
	ok = !perf->buf.failed && write_features(perf) && !header.failed &&
	     !fseeko(perf->out, 0, SEEK_SET) &&
	     fwrite(header.data, 1, header.n, perf->out) == header.n &&
	     !fseeko(perf->out, 0, SEEK_END);
	bytes_free(&header);
	return ok;
}

static void perf_free(struct trace_writer *writer)
{
	struct trace_perf *perf = sim_container_of(writer, struct trace_perf, writer);

	bytes_free(&perf->buf);
	trace_binary_free(perf->binary);
	free(perf);
}

/* The header is written again at the end, with what is known then. */
static void begin_file(struct trace_perf *perf)
{
	struct trace_bytes b = { 0 };

	put_header(perf, &b);
	put_attributes(perf, &b);
	perf->data_begins = b.n;
	perf->buf.failed = b.failed;
	if (!b.failed)
		fwrite(b.data, 1, b.n, perf->out);
	bytes_free(&b);
	for (uint32_t i = 0; i < perf->machine.n_tasks; i++)
		if (perf->machine.tasks[i].pid) /* perf knows who is idle */
			write_comm(perf, &perf->machine.tasks[i]);
}

static struct trace_writer *perf_open(const struct trace_machine *machine, FILE *out, FILE *spool)
{
	struct trace_perf *perf = calloc(1, sizeof(*perf));

	if (!perf)
		return NULL;
	perf->writer = (struct trace_writer){ .sink.record = write_record,
					      .end = perf_end,
					      .free = perf_free };
	perf->machine = *machine;
	perf->out = out;
	perf->tasks = (struct payload_tasks){ .tasks = machine->tasks, .n = machine->n_tasks };
	perf->binary = trace_binary_new(&perf->machine);
	if (!perf->binary) {
		perf_free(&perf->writer);
		return NULL;
	}
	begin_file(perf);
	return &perf->writer;
}

const struct trace_format trace_format_perf = {
	.suffix = ".perf",
	.what = "perf.data: perf script, perf kvm stat report, perf sched",
	.open = perf_open,
};
