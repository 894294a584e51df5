/* SPDX-License-Identifier: MIT */
#include "replay_vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct carried { /* state that rows of one sequence share */
	struct carried *next;
	void *state;
	char key[];
};

#define BUCKETS 4096

struct vectors_file {
	const char *path;
	const struct vectors_checker *checker;
	struct vectors_report *report;
	vectors_alter_fn *alter;
	unsigned place[VECTORS_COLUMNS_MAX]; /* column of the checker -> field of a line */
	unsigned n_fields;                   /* of the header; 0: not read yet */
	unsigned n_rows;
	struct carried *carried[BUCKETS];
};

static void fail(struct vectors_file *file, unsigned line, const char *problem, const char *detail)
{
	struct vectors_report *report = file->report;

	report->failed++;
	if (report->shown++ < VECTORS_SHOWN_MAX)
		fprintf(report->out, "%s:%u: %s%s\n", file->path, line, problem, detail);
}

/* --- fields of a row --- */

const char *row_word(const struct vectors_row *row, size_t column)
{
	return row->field[row->file->place[column]];
}

static void show(struct vectors_row *row, size_t column, const char *got, const char *want)
{
	struct vectors_report *report = row->file->report;

	if (row->failed)
		return;
	row->failed = true;
	if (report->shown++ >= VECTORS_SHOWN_MAX)
		return;
	fprintf(report->out, "%s:%u: %s: got %s, want %s\n", row->file->path, row->line,
		row->file->checker->columns[column], got, want);
}

void row_fail(struct vectors_row *row, size_t column, const char *problem)
{
	show(row, column, problem, row_word(row, column));
}

void row_expect_word(struct vectors_row *row, size_t column, const char *got)
{
	if (strcmp(got, row_word(row, column)) != 0)
		show(row, column, got, row_word(row, column));
}

/* Decimal, in [-2^63, 2^64). */
static bool parse(const char *text, uint64_t *ret)
{
	const char *digits = *text == '-' ? text + 1 : text;
	char *end;
	unsigned long long n;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	n = strtoull(digits, &end, 10);
	if (errno || *end)
		return false;
	if (*text == '-' && n > UINT64_C(1) << 63)
		return false;
	*ret = *text == '-' ? -(uint64_t)n : n;
	return true;
}

uint64_t row_u64(struct vectors_row *row, size_t column)
{
	uint64_t n = 0;

	if (!parse(row_word(row, column), &n))
		row_fail(row, column, "no number");
	return n;
}

uint32_t row_u32(struct vectors_row *row, size_t column)
{
	uint64_t n = row_u64(row, column);

	if (n > UINT32_MAX)
		row_fail(row, column, "more than 32 bits");
	return (uint32_t)n;
}

bool row_bool(struct vectors_row *row, size_t column)
{
	uint64_t n = row_u64(row, column);

	if (n > 1)
		row_fail(row, column, "neither 0 nor 1");
	return n == 1;
}

unsigned row_choice(struct vectors_row *row, size_t column, const char *const *words)
{
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(words[i], row_word(row, column)) == 0)
			return i;
	row_fail(row, column, "unknown word");
	return 0;
}

void row_expect(struct vectors_row *row, size_t column, uint64_t got)
{
	uint64_t want = row_u64(row, column);
	char text[24];

	if (got == want)
		return;
	/* As the file writes it: negative where it wants a negative number. */
	if (row_word(row, column)[0] == '-')
		snprintf(text, sizeof(text), "%lld", (long long)got);
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)got);
	show(row, column, text, row_word(row, column));
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

void *row_state(struct vectors_row *row, const char *key, bool *fresh)
{
	uint32_t hash = 2166136261u;
	struct carried **bucket, *c;

	for (const char *p = key; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	bucket = &row->file->carried[hash % BUCKETS];

	*fresh = false;
	for (c = *bucket; c; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c->state;

	*fresh = true;
	c = allocate(sizeof(*c) + strlen(key) + 1);
	strcpy(c->key, key);
	c->state = allocate(row->file->checker->state_size);
	c->next = *bucket;
	*bucket = c;
	return c->state;
}

static void carried_free(struct vectors_file *file)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (file->carried[i]) {
			struct carried *c = file->carried[i];

			file->carried[i] = c->next;
			free(c->state);
			free(c);
		}
	}
}

/* --- lines --- */

static unsigned split(char *line, char **field)
{
	unsigned n = 0;

	for (;;) {
		char *comma = strchr(line, ',');

		if (n == VECTORS_COLUMNS_MAX)
			return 0;
		field[n++] = line;
		if (!comma)
			return n;
		*comma = '\0';
		line = comma + 1;
	}
}

static bool read_header(struct vectors_file *file, unsigned line, char *text)
{
	char *field[VECTORS_COLUMNS_MAX];
	unsigned n = split(text, field);

	if (!n) {
		fail(file, line, "too many columns", "");
		return false;
	}
	for (size_t c = 0; file->checker->columns[c]; c++) {
		unsigned found = 0;

		for (unsigned f = 0; f < n; f++) {
			if (strcmp(field[f], file->checker->columns[c]) != 0)
				continue;
			file->place[c] = f;
			found++;
		}
		if (found != 1) {
			fail(file, line, found ? "repeated column: " : "missing column: ",
			     file->checker->columns[c]);
			return false;
		}
	}
	file->n_fields = n;
	return true;
}

static void check_row(struct vectors_file *file, unsigned line, char *text)
{
	struct vectors_row row = { .file = file, .line = line };

	file->n_rows++;
	if (split(text, row.field) != file->n_fields) {
		fail(file, line, "not as many fields as columns", "");
		return;
	}
	if (vectors_kernel(row_word(&row, 0), &row.kernel)) {
		if (file->alter)
			file->alter(&row.kernel);
		file->checker->check(&row);
	} else {
		row_fail(&row, 0, "unknown version");
	}
	if (row.failed)
		file->report->failed++;
	else
		file->report->passed++;
}

/* One line without its end; false at the end of the file, or where it cannot be read. */
static bool read_line(gzFile in, char **buffer, size_t *size)
{
	size_t used = 0;

	for (;;) {
		if (*size - used < 2) {
			*size = *size ? *size * 2 : 1024;
			*buffer = realloc(*buffer, *size);
			if (!*buffer)
				abort();
		}
		if (!gzgets(in, *buffer + used, (int)(*size - used)))
			break;
		used += strlen(*buffer + used);
		if (used && (*buffer)[used - 1] == '\n')
			break;
	}
	if (!used)
		return false;
	while (used && ((*buffer)[used - 1] == '\n' || (*buffer)[used - 1] == '\r'))
		(*buffer)[--used] = '\0';
	return true;
}

static void check_lines(struct vectors_file *file, gzFile in)
{
	char *buffer = NULL;
	size_t size = 0;
	unsigned line = 0;
	int error;

	while (read_line(in, &buffer, &size)) {
		line++;
		if (buffer[0] == '#' || !buffer[0])
			continue;
		if (file->n_fields)
			check_row(file, line, buffer);
		else if (!read_header(file, line, buffer))
			goto out;
	}

	/* gzgets() returns NULL at the end and for an error alike; a cut file is an error. */
	gzerror(in, &error);
	if (error != Z_OK && error != Z_STREAM_END)
		fail(file, line, "cannot be read to its end", "");
	else if (!file->n_rows)
		fail(file, line, "no rows", "");
out:
	free(buffer);
}

/* --- files --- */

static const struct vectors_checker *find_checker(const char *path)
{
	static const struct vectors_checker *const lists[] = {
		vectors_timer_checkers, vectors_advance_checkers, vectors_tsc_checkers,
		vectors_count_checkers, vectors_hv_checkers,      vectors_halt_checkers,
	};
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strcspn(base, ".");

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct vectors_checker *c = lists[i]; c->name; c++)
			if (strlen(c->name) == length && strncmp(c->name, base, length) == 0)
				return c;
	return NULL;
}

/* A regular file: a pipe or a device is not waited for. NULL: errno says why. */
static gzFile open_rows(const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	gzFile in = NULL;

	if (fd < 0)
		return NULL;
	errno = 0;
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (!errno)
		in = gzdopen(fd, "rb");
	if (!in)
		close(fd);
	return in;
}

void vectors_check_file(const char *path, vectors_alter_fn *alter, struct vectors_report *report)
{
	struct vectors_file *file = allocate(sizeof(*file));
	gzFile in;

	file->path = path;
	file->alter = alter;
	file->report = report;
	file->checker = find_checker(path);
	if (!file->checker) {
		fail(file, 0, "no checker for a file of this name", "");
		goto out;
	}

	in = open_rows(path); /* reads plain files too */
	if (!in) {
		fail(file, 0, "cannot be opened: ", strerror(errno));
		goto out;
	}
	check_lines(file, in);
	gzclose(in);
out:
	carried_free(file);
	free(file);
}

/* --- versions --- */

/* The commits in the order in which the 5.0 stable series took them. */
static const char *const stable_5_0[] = {
	"57bf67e73ce9", "39497d7660d9", "c3941d9e0ccd", "b6aa57c69cb2", NULL,
};

static bool apply_up_to(const char *commit, struct kernel *k)
{
	for (size_t i = 0; stable_5_0[i]; i++) {
		if (kernel_apply(k, stable_5_0[i]) != KERNEL_CHANGED)
			return false;
		if (strcmp(stable_5_0[i], commit) == 0)
			return true;
	}
	return false;
}

bool vectors_kernel(const char *version, struct kernel *ret)
{
	char release[16];
	const char *plus = strchr(version, '+');
	size_t length = plus ? (size_t)(plus - version) : strlen(version);
	const char *dot = memchr(version, '.', length);
	uint32_t number;

	if (!dot)
		return false;
	/* A point release decides as its release does. */
	dot = memchr(dot + 1, '.', length - (size_t)(dot + 1 - version));
	if (dot) {
		size_t digits = strspn(dot + 1, "0123456789");

		if (!digits || dot + 1 + digits != version + length)
			return false;
		length = (size_t)(dot - version);
	}
	if (length >= sizeof(release))
		return false;
	memcpy(release, version, length);
	release[length] = '\0';

	if (!kernel_parse_release(release, &number))
		return false;
	kernel_init(ret, number);
	if (!plus)
		return true;
	return number == KERNEL_RELEASE(5, 0) && apply_up_to(plus + 1, ret);
}
