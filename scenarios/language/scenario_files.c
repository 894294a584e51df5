/* SPDX-License-Identifier: MIT */
#include "scenario_files.h"

#include "merge.h"
#include "scenario_limits.h"
#include "text.h"
#include "value.h"

#include <string.h>
#include <unistd.h>

/* The files that are being read: each is included by the one before. */
struct chain {
	const struct chain *up;
	struct text_id id;
	const char *name;
	unsigned depth; /* the file of the command line has 0 */
};

static void free_source(gpointer source) { source_free(source); }

struct scenario_files *scenario_files_new(const struct scenario_options *options)
{
	struct scenario_files *files = g_new0(struct scenario_files, 1);

	files->options = *options;
	if (options->library)
		files->options.library =
			arena_strndup(&files->arena, options->library, strlen(options->library));
	files->budget.arena = &files->arena;
	files->sources = g_ptr_array_new_with_free_func(free_source);
	files->recordings = g_ptr_array_new();
	return files;
}

void scenario_files_free(struct scenario_files *files)
{
	if (!files)
		return;
	g_ptr_array_unref(files->recordings);
	g_ptr_array_unref(files->sources);
	arena_clear(&files->arena);
	g_free(files);
}

static bool check_file_name(const struct node *node, const char *what, struct diagnostics *d)
{
	g_auto(GStrv) parts = g_strsplit(node->text, "/", -1);

	if (node->text[0] == '/')
		return error_at(d, &node->at,
				"%s: '%s' is an absolute path; name a file beside this "
				"one, or of the library",
				what, node->text);
	if (strpbrk(node->text, "<>|"))
		return error_at(d, &node->at, "%s: '%s' has a '<', '>' or '|' in it", what,
				node->text);
	for (char **part = parts; *part; part++) {
		if (strcmp(*part, "..") == 0)
			return error_at(d, &node->at, "%s: '%s' leaves its folder by '..'", what,
					node->text);
		if (**part == '\0')
			return error_at(d, &node->at, "%s: '%s' is not the name of a file", what,
					node->text);
	}
	return true;
}

/* Beside the file that says it; a file of the working directory is called by its bare name. */
static char *beside(const struct source *source, const char *name)
{
	const char *slash = strrchr(source->name, '/');

	return slash ? g_strdup_printf("%.*s%s", (int)(slash + 1 - source->name), source->name,
				       name)
		     : g_strdup(name);
}

const char *scenario_files_find(const struct scenario_files *files, const struct node *node,
				const char *what, struct arena *arena, struct diagnostics *d)
{
	const char *library = files->options.library, *name;
	const struct source *source = node->at.source;

	if (!value_text(node, &(struct value_key){ .name = what }, &name, d))
		return NULL;
	if (strcmp(source->name, SET_SOURCE_NAME) == 0)
		return name;
	if (!check_file_name(node, what, d))
		return NULL;
	g_autofree char *near = beside(source, name);

	if (access(near, F_OK) == 0)
		return arena_strndup(arena, near, strlen(near));
	g_autofree char *far = library ? g_strconcat(library, "/", name, NULL) : NULL;

	if (far && access(far, F_OK) == 0)
		return arena_strndup(arena, far, strlen(far));
	if (library)
		error_at(d, &node->at,
			 "%s: '%s' is neither beside this file nor in the library '%s'", what, name,
			 library);
	else
		error_at(d, &node->at, "%s: '%s' is not beside this file", what, name);
	return NULL;
}

char *scenario_files_locate(const char *path, const char *library)
{
	if (library && *path && *path != '/' && !strstr(path, "..") && access(path, F_OK) != 0) {
		g_autofree char *far = g_strconcat(library, "/", path, NULL);

		if (access(far, F_OK) == 0)
			return g_steal_pointer(&far);
	}
	return g_strdup(path);
}

static bool is_in_chain(const struct chain *chain, const struct text_id *id)
{
	for (; chain; chain = chain->up)
		if (chain->id.device == id->device && chain->id.inode == id->inode)
			return true;
	return false;
}

static bool fail_loop(const struct chain *chain, const struct text_id *id, const char *name,
		      const struct source_pos *at, struct diagnostics *d)
{
	g_autoptr(GString) loop = g_string_new(name);

	for (; chain; chain = chain->up) {
		g_string_prepend(loop, " -> ");
		g_string_prepend(loop, chain->name);
		if (chain->id.device == id->device && chain->id.inode == id->inode)
			break;
	}
	return error_at(d, at, "include: the files include each other: %s", loop->str);
}

static const struct node *read_file(struct scenario_files *files, const char *path,
				    const struct chain *up, const struct source_pos *at,
				    struct diagnostics *d);

/* What a fragment says of itself is not said of those that include it. */
static const struct node *without_own_keys(const struct node *map, struct arena *arena)
{
	struct node *copy = arena_new(arena, struct node, 1);

	*copy = *map;
	copy->n = 0;
	copy->entries = arena_new(arena, struct node_entry, map->n);
	for (uint32_t i = 0; i < map->n; i++) {
		const char *key = map->entries[i].key;

		if (strcmp(key, "about") != 0 && strcmp(key, "source") != 0 &&
		    strcmp(key, "include") != 0)
			copy->entries[copy->n++] = map->entries[i];
	}
	return copy;
}

static const struct node *read_include(struct scenario_files *files, const struct node *item,
				       const struct chain *chain, struct diagnostics *d)
{
	const char *path = scenario_files_find(files, item, "include", &files->arena, d);

	if (!path)
		return NULL;
	if (chain->depth == LIMIT_INCLUDE_DEPTH) {
		error_at(d, &item->at, "include: files include each other deeper than %d",
			 LIMIT_INCLUDE_DEPTH);
		return NULL;
	}
	if (++files->includes > LIMIT_INCLUDES) {
		error_at(d, &item->at, "include: more than %d files", LIMIT_INCLUDES);
		return NULL;
	}
	const struct node *tree = read_file(files, path, chain, &item->at, d);

	if (tree && node_get(tree, "scenario")) {
		error_at(d, &item->at,
			 "include: '%s' is a scenario; only a fragment (a file without "
			 "'scenario:') can be included",
			 path);
		return NULL;
	}
	return tree ? without_own_keys(tree, &files->arena) : NULL;
}

/* The includes of @tree in their order, then @tree, each over those before. */
static const struct node *over_includes(struct scenario_files *files, const struct node *tree,
					const struct chain *chain, struct diagnostics *d)
{
	const struct node *include = node_get(tree, "include"), *base = NULL;
	uint32_t n;
	bool ok = true;

	if (!include)
		return tree;
	const struct node **items =
		value_list(include, &(struct value_key){ .name = "include" }, &n, &files->arena, d);

	for (uint32_t i = 0; items && i < n; i++) {
		const struct node *one = read_include(files, items[i], chain, d);

		ok &= one != NULL;
		if (ok)
			base = merge_trees(base, one, &files->arena);
	}
	return items && ok ? merge_trees(base, tree, &files->arena) : NULL;
}

static const struct node *read_file(struct scenario_files *files, const char *path,
				    const struct chain *up, const struct source_pos *at,
				    struct diagnostics *d)
{
	struct chain chain = { .up = up, .name = path, .depth = up ? up->depth + 1 : 0 };
	struct source *source = text_read(path, TEXT_YAML, LIMIT_FILE_BYTES, at, &chain.id, d);

	if (!source)
		return NULL;
	g_ptr_array_add(files->sources, source);
	if (is_in_chain(up, &chain.id)) {
		fail_loop(up, &chain.id, path, at, d);
		return NULL;
	}
	const unsigned before = d->n;
	const struct node *tree = yaml_read(source, 0, &files->budget, d);

	if (!tree)
		return NULL;
	if (tree->kind != NODE_MAP) {
		error_at(d, &tree->at, "a scenario is a map of keys, not %s", node_kind_name(tree));
		return NULL;
	}
	tree = over_includes(files, tree, &chain, d);
	return d->n == before ? tree : NULL;
}

const struct node *scenario_files_tree(struct scenario_files *files, const char *path,
				       struct diagnostics *d)
{
	return read_file(files, path, NULL, NULL, d);
}

const struct recording *scenario_files_recording(struct scenario_files *files, const char *path,
						 const struct source_pos *from,
						 struct diagnostics *d)
{
	for (guint i = 0; i < files->recordings->len; i++) {
		const struct recording *r = g_ptr_array_index(files->recordings, i);

		if (strcmp(r->path, path) == 0)
			return r;
	}
	const struct recording *read = recording_read(path, from, &files->arena, d);

	if (read)
		g_ptr_array_add(files->recordings, (gpointer)read);
	return read;
}
