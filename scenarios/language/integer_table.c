/* SPDX-License-Identifier: MIT */
#include "integer_table.h"

#include "input_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct integer_table {
	GPtrArray *names; /* NULL-terminated once read */
	GArray *values;   /* int64_t, row by row */
	size_t n_columns, n_rows;
	size_t index; /* the column `i` */
};

struct reader {
	struct diagnostics *d;
	struct source source;
	struct integer_table *t;
	const char *line, *end; /* the current one, without its line end */
	uint32_t number;
};

static bool fail(const struct reader *r, const char *where, const char *message)
{
	const struct source_pos at = {
		&r->source,
		r->number,
		1 + (uint32_t)g_utf8_strlen(r->line, where - r->line),
	};

	return error_at(r->d, &at, "%s", message);
}

/* The next value between commas, without the blanks around it. False: there is no more. */
static bool next_cell(const struct reader *r, const char **p, const char **start, const char **stop)
{
	if (*p > r->end)
		return false;
	const char *comma = memchr(*p, ',', (size_t)(r->end - *p));

	*start = *p;
	*stop = comma ? comma : r->end;
	*p = *stop + 1;
	while (*start < *stop && (**start == ' ' || **start == '\t'))
		(*start)++;
	while (*stop > *start && ((*stop)[-1] == ' ' || (*stop)[-1] == '\t'))
		(*stop)--;
	return true;
}

static bool is_name(const char *start, const char *stop)
{
	if (start == stop || (size_t)(stop - start) > INTEGER_TABLE_NAME_MAX)
		return false;
	for (; start < stop; start++)
		if (!g_ascii_isalnum(*start) && !strchr("_.-", *start))
			return false;
	return true;
}

static bool read_header(struct reader *r)
{
	const char *p = r->line, *start, *stop;
	int index;

	while (next_cell(r, &p, &start, &stop)) {
		if (!is_name(start, stop))
			return fail(r, start,
				    "a column needs a name of letters, digits, '_', '.', '-'");
		if (r->t->names->len == INTEGER_TABLE_COLUMNS_MAX)
			return fail(r, start, "more than 64 columns");
		g_ptr_array_add(r->t->names, g_strndup(start, (gsize)(stop - start)));
		for (guint i = 0; i + 1 < r->t->names->len; i++)
			if (!strcmp(r->t->names->pdata[i],
				    r->t->names->pdata[r->t->names->len - 1]))
				return fail(r, start, "two columns of one name");
	}
	r->t->n_columns = r->t->names->len;
	g_ptr_array_add(r->t->names, NULL);
	index = integer_table_column(r->t, "i");
	if (index < 0)
		return fail(r, r->line, "no column 'i', which numbers the rows");
	r->t->index = (size_t)index;
	return true;
}

static bool read_integer(const char *start, const char *stop, int64_t *ret)
{
	char text[24];
	const size_t length = (size_t)(stop - start);

	if (length >= sizeof(text))
		return false;
	memcpy(text, start, length);
	text[length] = '\0';
	/* memchr: a NUL byte inside would end the number early. */
	return !memchr(text, '\0', length) &&
	       g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, ret, NULL);
}

static bool read_row(struct reader *r)
{
	const char *p = r->line, *start = p, *stop = p;
	size_t n = 0;
	int64_t value;

	while (next_cell(r, &p, &start, &stop)) {
		if (n++ == r->t->n_columns)
			return fail(r, start, "more values than columns");
		if (!read_integer(start, stop, &value))
			return fail(r, start, "not an integer from -2^63 to 2^63-1");
		if (n - 1 == r->t->index && r->t->n_rows &&
		    value <= integer_table_row(r->t, r->t->n_rows - 1)[r->t->index])
			return fail(r, start, "'i' must be greater than in the row before");
		g_array_append_val(r->t->values, value);
	}
	if (n < r->t->n_columns)
		return fail(r, r->end, "fewer values than columns");
	r->t->n_rows++;
	return true;
}

static bool read_line(struct reader *r)
{
	if ((size_t)(r->end - r->line) > INTEGER_TABLE_LINE_MAX)
		return fail(r, r->line, "the line is longer than 4096 bytes");
	if (r->end > r->line && r->end[-1] == '\r')
		r->end--;
	if (r->line == r->end || *r->line == '#')
		return true;
	return r->t->n_columns ? read_row(r) : read_header(r);
}

static bool read_lines(struct reader *r)
{
	const char *stop = r->source.text + r->source.length;

	for (r->line = r->source.text; r->line < stop; r->line = r->end + 1) {
		const char *lf = memchr(r->line, '\n', (size_t)(stop - r->line));
		const char *next = lf ? lf : stop;

		r->number++;
		r->end = next;
		if (!read_line(r))
			return false;
		r->end = next;
	}
	r->line = r->end = stop;
	if (!r->t->n_columns) {
		const struct source_pos at = { &r->source, 0, 0 };

		return error_at(r->d, &at, "no line that names the columns");
	}
	return true;
}

static bool is_text(const char *text, size_t length)
{
	return !memchr(text, '\0', length) && g_utf8_validate(text, (gssize)length, NULL);
}

struct integer_table *integer_table_parse(struct diagnostics *d, const char *text, size_t length,
					  const char *name)
{
	g_autofree char *owned_name = g_strdup(name);
	struct reader r = { .d = d, .source = { .name = owned_name } };

	if (!is_text(text, length)) {
		const struct source_pos at = { &r.source, 0, 0 };

		error_at(d, &at, "not a text: it is no valid UTF-8, or has a NUL byte");
		return NULL;
	}
	g_autofree char *owned_text = g_strndup(text, length);

	r.source.text = owned_text;
	r.source.length = length;
	r.t = g_new0(struct integer_table, 1);
	r.t->names = g_ptr_array_new_with_free_func(g_free);
	r.t->values = g_array_new(FALSE, FALSE, sizeof(int64_t));
	if (read_lines(&r))
		return r.t;
	integer_table_free(r.t);
	return NULL;
}

/* Reads the whole of @fd, at most @size bytes of it; how many is returned, or -1 with errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		const ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static struct integer_table *load_fd(struct diagnostics *d, int fd, const char *name)
{
	struct stat st;
	ssize_t length;

	if (fstat(fd, &st) < 0) {
		error_plain(d, 4, "%s: cannot read: %s", name, g_strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		error_plain(d, 2, "%s: not a regular file", name);
		return NULL;
	}
	g_autofree char *buf = g_malloc(INTEGER_TABLE_FILE_MAX + 1);

	length = read_all(fd, buf,
			  INTEGER_TABLE_FILE_MAX + 1); /* one more than allowed shows growth */
	if (length < 0) {
		error_plain(d, 4, "%s: cannot read: %s", name, g_strerror(errno));
		return NULL;
	}
	if ((size_t)length > INTEGER_TABLE_FILE_MAX) {
		error_plain(d, 2, "%s: larger than 16 MiB", name);
		return NULL;
	}
	return integer_table_parse(d, buf, (size_t)length, name);
}

struct integer_table *integer_table_load(struct diagnostics *d, const char *path, const char *name)
{
	const int fd = input_open(path);

	if (fd < 0) {
		error_plain(d, 4, "%s: cannot open: %s", name, g_strerror(errno));
		return NULL;
	}
	struct integer_table *t = load_fd(d, fd, name);

	close(fd);
	return t;
}

void integer_table_free(struct integer_table *t)
{
	if (!t)
		return;
	g_ptr_array_free(t->names, TRUE);
	g_array_free(t->values, TRUE);
	g_free(t);
}

const char *const *integer_table_columns(const struct integer_table *t)
{
	return (const char *const *)t->names->pdata;
}

size_t integer_table_rows(const struct integer_table *t) { return t->n_rows; }

int integer_table_column(const struct integer_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (!strcmp(t->names->pdata[i], name))
			return (int)i;
	return -1;
}

const int64_t *integer_table_row(const struct integer_table *t, size_t row)
{
	return &g_array_index(t->values, int64_t, row * t->n_columns);
}

const int64_t *integer_table_find(const struct integer_table *t, uint64_t index)
{
	size_t low = 0, high = t->n_rows;

	if (index > INT64_MAX)
		return NULL;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int64_t *row = integer_table_row(t, middle);

		if (row[t->index] == (int64_t)index)
			return row;
		if (row[t->index] < (int64_t)index)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
