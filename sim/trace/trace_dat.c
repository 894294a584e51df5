/* SPDX-License-Identifier: MIT */
#include "trace_dat.h"

#include "sim_event.h"
#include "trace_binary.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 4096
#define PAGE_HEAD 16 /* stamp u64, bytes used u64 */
#define LINK_SIZE \
	8 /* in the spool, before a page: where the last one of its CPU stands, plus one */
#define DELTA_BITS 27
#define TYPE_LEN_MAX 28 /* words that fit into a record's head */
#define TYPE_TIME_EXTEND 30
#define NO_PAGE 0
#define OPTION_DONE 0
#define OPTION_TRACECLOCK 4

struct cpu_pages {
	unsigned char *page; /* the one being filled; NULL: this CPU has not recorded */
	uint32_t used;       /* bytes, the head included */
	uint64_t last;       /* stamp of its last record [ns] */
	uint64_t n;          /* pages in the spool */
	uint64_t link;       /* of the last of them */
};

struct trace_dat {
	struct trace_writer writer;
	struct trace_machine machine;
	FILE *out, *spool;
	struct trace_binary *binary;
	uint64_t spooled; /* bytes */
	bool failed;
	struct cpu_pages cpu[];
};

static uint64_t load_le64(const unsigned char *from)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)from[i] << 8 * i;
	return v;
}

static void put_le32(struct cpu_pages *c, uint32_t v)
{
	store_le(c->page + c->used, v, 4);
	c->used += 4;
}

static void begin_page(struct cpu_pages *c, uint64_t stamp)
{
	memset(c->page, 0, PAGE_SIZE);
	store_le(c->page, stamp, 8);
	c->used = PAGE_HEAD;
	c->last = stamp;
}

static void spool_page(struct trace_dat *dat, struct cpu_pages *c)
{
	unsigned char link[LINK_SIZE];

	store_le(c->page + 8, c->used - PAGE_HEAD, 8);
	store_le(link, c->link, 8);
	if (fwrite(link, 1, LINK_SIZE, dat->spool) != LINK_SIZE ||
	    fwrite(c->page, 1, PAGE_SIZE, dat->spool) != PAGE_SIZE)
		dat->failed = true;
	c->link = dat->spooled + 1;
	dat->spooled += LINK_SIZE + PAGE_SIZE;
	c->n++;
	c->used = 0;
}

static void append(struct cpu_pages *c, uint64_t stamp, const unsigned char *record, size_t size)
{
	const uint32_t words = (uint32_t)(size / 4);
	uint64_t delta = stamp - c->last;

	if (delta >> DELTA_BITS) {
		const uint32_t low = (uint32_t)delta & ((UINT32_C(1) << DELTA_BITS) - 1);

		put_le32(c, TYPE_TIME_EXTEND | low << 5);
		put_le32(c, (uint32_t)(delta >> DELTA_BITS));
		delta = 0;
	}
	if (words <= TYPE_LEN_MAX) {
		put_le32(c, words | (uint32_t)delta << 5);
	} else {
		put_le32(c, (uint32_t)delta << 5);
		put_le32(c, (uint32_t)size + 4);
	}
	memcpy(c->page + c->used, record, size);
	c->used += (uint32_t)size;
	c->last = stamp;
}

/* A time extend of 2 words holds 59 bits; that is 18 years, and a run has 200 days. */
#define RECORD_HEADS 16

static void write_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct trace_dat *dat = sim_container_of(sink, struct trace_dat, writer.sink);
	struct cpu_pages *c = &dat->cpu[rec->cpu];
	const uint64_t stamp = dat->machine.start_ns + rec->when.v / PS_PER_NS;
	const unsigned char *record;
	const size_t size = trace_binary_encode(dat->binary, rec, &record);

	if (!size || dat->failed)
		return;
	assert(rec->cpu < dat->machine.n_cpus && PAGE_HEAD + RECORD_HEADS + size <= PAGE_SIZE);
	if (!c->page)
		c->page = malloc(PAGE_SIZE);
	if (!c->page) {
		dat->failed = true;
		return;
	}
	if (c->used + RECORD_HEADS + size > PAGE_SIZE)
		spool_page(dat, c);
	if (!c->used)
		begin_page(c, stamp);
	append(c, stamp, record, size);
}

/* What stands before the pages: where those of each CPU are. */
static bool write_head(struct trace_dat *dat, uint64_t *first_page)
{
	static const char clock_file[] = "[mono]"; /* as the kernel's file trace_clock marks it */
	struct trace_bytes head = { 0 };
	uint64_t at;
	bool ok;

	trace_binary_metadata(dat->binary, &head, "6");
	bytes_le(&head, dat->machine.n_cpus, 4);
	bytes_string(&head, "options  ");
	bytes_le(&head, 0, 1); /* the NUL of that */
	bytes_le(&head, OPTION_TRACECLOCK, 2);
	bytes_le(&head, 0, 4); /* says no more than that a clock stands behind the places */
	bytes_le(&head, OPTION_DONE, 2);
	bytes_string(&head, "flyrecord");
	bytes_le(&head, 0, 1);
	at = head.n + 16 * (uint64_t)dat->machine.n_cpus + 8 + sizeof(clock_file) - 1;
	at = (at + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	*first_page = at;
	for (uint32_t cpu = 0; cpu < dat->machine.n_cpus; cpu++) {
		bytes_le(&head, at, 8);
		bytes_le(&head, dat->cpu[cpu].n * PAGE_SIZE, 8);
		at += dat->cpu[cpu].n * PAGE_SIZE;
	}
	bytes_le(&head, sizeof(clock_file) - 1, 8);
	bytes_string(&head, clock_file);
	if (!head.failed)
		bytes_zero(&head, *first_page - head.n);
	ok = !head.failed && fwrite(head.data, 1, head.n, dat->out) == head.n;
	bytes_free(&head);
	return ok;
}

/* The pages of one CPU, the last one first, to where @from says that the first one stands. */
static bool write_pages(struct trace_dat *dat, const struct cpu_pages *c, uint64_t from)
{
	unsigned char buf[LINK_SIZE + PAGE_SIZE];
	uint64_t link = c->link;

	for (uint64_t left = c->n; left > 0; left--) {
		if (fseeko(dat->spool, (off_t)(link - 1), SEEK_SET) ||
		    fread(buf, 1, sizeof(buf), dat->spool) != sizeof(buf) ||
		    fseeko(dat->out, (off_t)(from + (left - 1) * PAGE_SIZE), SEEK_SET) ||
		    fwrite(buf + LINK_SIZE, 1, PAGE_SIZE, dat->out) != PAGE_SIZE)
			return false;
		link = load_le64(buf);
	}
	return link == NO_PAGE;
}

static bool dat_end(struct trace_writer *writer, uint64_t fingerprint)
{
	struct trace_dat *dat = sim_container_of(writer, struct trace_dat, writer);
	uint64_t at;

	for (uint32_t cpu = 0; cpu < dat->machine.n_cpus; cpu++)
		if (dat->cpu[cpu].used)
			spool_page(dat, &dat->cpu[cpu]);
	if (dat->failed || fflush(dat->spool) || !write_head(dat, &at))
		return false;
	for (uint32_t cpu = 0; cpu < dat->machine.n_cpus; cpu++) {
		if (!write_pages(dat, &dat->cpu[cpu], at))
			return false;
		at += dat->cpu[cpu].n * PAGE_SIZE;
	}
	return fseeko(dat->out, 0, SEEK_END) == 0;
}

static void dat_free(struct trace_writer *writer)
{
	struct trace_dat *dat = sim_container_of(writer, struct trace_dat, writer);

	for (uint32_t cpu = 0; cpu < dat->machine.n_cpus; cpu++)
		free(dat->cpu[cpu].page);
	trace_binary_free(dat->binary);
	free(dat);
}

static struct trace_writer *dat_open(const struct trace_machine *machine, FILE *out, FILE *spool)
{
	struct trace_dat *dat = calloc(1, sizeof(*dat) + machine->n_cpus * sizeof(dat->cpu[0]));

	if (!dat)
		return NULL;
	dat->writer = (struct trace_writer){ .sink.record = write_record,
					     .end = dat_end,
					     .free = dat_free };
	dat->machine = *machine;
	dat->out = out;
	dat->spool = spool;
	dat->binary = trace_binary_new(&dat->machine);
	if (!dat->binary) {
		dat_free(&dat->writer);
		return NULL;
	}
	return &dat->writer;
}

const struct trace_format trace_format_dat = {
	.suffix = ".dat",
	.what = "trace.dat, version 6: trace-cmd report, KernelShark",
	.spools = true,
	.open = dat_open,
};
