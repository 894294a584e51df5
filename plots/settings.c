/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

#define DEPTH_MAX 16u

struct level { /* a map or an item that is open */
	size_t indent;
	char *name;
	unsigned items; /* of the list in it, so far */
};

struct reading {
	GArray *settings;
	struct level levels[DEPTH_MAX];
	unsigned depth;
	int brackets; /* open ones in the value that came last */
};

static void clear_setting(void *data)
{
	struct setting *s = data;

	g_free(s->path);
	g_free(s->value);
}

static void close_levels(struct reading *r, size_t indent)
{
	while (r->depth && r->levels[r->depth - 1].indent >= indent)
		g_free(r->levels[--r->depth].name);
}

static void open_level(struct reading *r, size_t indent, char *name)
{
	g_assert(r->depth < DEPTH_MAX);
	r->levels[r->depth++] = (struct level){ .indent = indent, .name = name };
}

/* How many brackets @text leaves open, those in quotes aside. */
static int brackets_of(const char *text)
{
	bool quoted = false;
	int n = 0;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted)
			n += (*text == '{' || *text == '[') - (*text == '}' || *text == ']');
	}
	return n;
}

static void add(struct reading *r, const char *key, size_t n_key, const char *value)
{
	GString *path = g_string_new(NULL);
	struct setting s = { .value = g_strdup(value) };

	for (unsigned i = 0; i < r->depth; i++)
		g_string_append_printf(path, "%s%s", i ? "." : "", r->levels[i].name);
	if (n_key)
		g_string_append_printf(path, "%s%.*s", path->len ? "." : "", (int)n_key, key);
	s.path = g_string_free(path, FALSE);
	r->brackets = brackets_of(value);
	g_array_append_val(r->settings, s);
}

/* The length of the key that a line begins with; 0: it begins with a value. */
static size_t key_length(const char *line)
{
	const size_t n = strcspn(line, ": \"{[");

	return n && line[n] == ':' && (line[n + 1] == ' ' || !line[n + 1]) ? n : 0;
}

/* What an item is called: its first key's value, if that is a name or an id. */
static char *item_name(const char *item, unsigned place)
{
	static const char *const keys[] = { "name: ", "{ id: " };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (g_str_has_prefix(item, keys[i]))
			return g_strndup(item + strlen(keys[i]),
					 strcspn(item + strlen(keys[i]), ", }"));
	return g_strdup_printf("%u", place);
}

static void go_on(struct reading *r, const char *text)
{
	struct setting *last = &g_array_index(r->settings, struct setting, r->settings->len - 1);
	char *longer = g_strdup_printf("%s%s%s", last->value, *text == ',' ? "" : " ", text);

	g_free(last->value);
	last->value = longer;
	r->brackets += brackets_of(text);
}

static void read_line(struct reading *r, const char *line)
{
	size_t indent = strspn(line, " ");
	const char *text = line + indent;

	if (r->brackets > 0) {
		go_on(r, text);
		return;
	}
	if (g_str_has_prefix(text, "- ")) {
		close_levels(r, indent);
		text += 2;
		unsigned *place = r->depth ? &r->levels[r->depth - 1].items : &(unsigned){ 0 };

		open_level(r, indent, item_name(text, (*place)++));
		indent += 2;
	}
	const size_t n = key_length(text);

	if (n) {
		close_levels(r, indent);
		if (text[n + 1])
			add(r, text, n, text + n + 2);
		else
			open_level(r, indent, g_strndup(text, n));
	} else if (*text) {
		add(r, text, 0, text);
	}
}

GArray *settings_parse(const char *dump)
{
	struct reading r = { .settings = g_array_new(FALSE, FALSE, sizeof(struct setting)) };
	g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);

	g_array_set_clear_func(r.settings, clear_setting);
	for (char **line = lines; *line; line++)
		read_line(&r, *line);
	close_levels(&r, 0);
	return r.settings;
}

GArray *settings_of(const struct scenario_run *run)
{
	g_autoptr(GString) dump = g_string_new(NULL);

	scenario_dump(run, dump);
	return settings_parse(dump->str);
}

const char *settings_get(const GArray *settings, const char *path)
{
	for (guint i = 0; i < settings->len; i++) {
		const struct setting *s = &g_array_index(settings, struct setting, i);

		if (g_str_equal(s->path, path))
			return s->value;
	}
	return NULL;
}
