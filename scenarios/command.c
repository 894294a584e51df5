/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_docs.h"
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_GNUC_PRINTF(2, 0)
static void print_line(const char *kind, const char *format, va_list args)
{
	g_autofree char *message = g_strdup_vprintf(format, args);
	g_autofree char *line = escaped(message);

	g_printerr("lapicsim: %s: %s\n", kind, line);
}

void print_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("error", format, args);
	va_end(args);
}

void print_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("note", format, args);
	va_end(args);
}

GOptionEntry *merge_entries(const GOptionEntry *own, size_t n_own, struct run_arguments *args)
{
	const GOptionEntry shared[] = {
		{ "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &args->sets,
		  "Override a parameter, e.g. host.hz=1000 (see lapicsim list params)",
		  "KEY=VALUE" },
		{ "seed", 0, 0, G_OPTION_ARG_STRING, &args->seed,
		  "Use this seed instead of the file's", "N" },
		{ "library", 0, 0, G_OPTION_ARG_FILENAME, &args->library,
		  "Folder of included files and recordings (default: lapicsim's own library)",
		  "DIR" },
		{ "max-events", 0, 0, G_OPTION_ARG_STRING, &args->max_events,
		  "Stop with status 5 after so many events (default 1000000000)", "N" },
		{ "shuffle-ties", 0, 0, G_OPTION_ARG_STRING, &args->shuffle_ties,
		  "Permute events that are equal in instant and phase", "SEED" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &args->quiet,
		  "Print no report: the exit status says how it went, and errors are printed",
		  NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->paths, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	GOptionEntry *all = g_new0(GOptionEntry, n_own + G_N_ELEMENTS(shared));

	memcpy(all, own, n_own * sizeof(*own));
	memcpy(all + n_own, shared, sizeof(shared));
	return all;
}

/* GLib would convert a text from the encoding of a locale, and none is ever set: it is taken in
 * bytes, as the name of a file is, and looked at afterwards. To be freed. */
static GOptionEntry *texts_as_bytes(const GOptionEntry *entries)
{
	size_t n = 0;

	while (entries[n].long_name)
		n++;
	GOptionEntry *ret = g_memdup2(entries, (n + 1) * sizeof(*entries));

	for (GOptionEntry *e = ret; e->long_name; e++) {
		if (e->arg == G_OPTION_ARG_STRING)
			e->arg = G_OPTION_ARG_FILENAME;
		else if (e->arg == G_OPTION_ARG_STRING_ARRAY)
			e->arg = G_OPTION_ARG_FILENAME_ARRAY;
	}
	return ret;
}

static bool is_text(const char *option, const char *value)
{
	if (!value || g_utf8_validate(value, -1, NULL))
		return true;
	print_error("--%s: '%s' is not valid UTF-8", option, value);
	return false;
}

static bool texts_valid(const GOptionEntry *entries)
{
	for (const GOptionEntry *e = entries; e->long_name; e++) {
		if (e->arg == G_OPTION_ARG_STRING && !is_text(e->long_name, *(char **)e->arg_data))
			return false;
		if (e->arg != G_OPTION_ARG_STRING_ARRAY)
			continue;
		for (char **value = *(char ***)e->arg_data; value && *value; value++)
			if (!is_text(e->long_name, *value))
				return false;
	}
	return true;
}

bool parse_arguments(int *argc, char ***argv, const char *usage, const char *about,
		     const char *examples, GOptionEntry *entries, int *status)
{
	GOptionContext *context = g_option_context_new(usage);
	g_autoptr(GError) error = NULL;
	gboolean help = FALSE;
	g_autofree char *describe = NULL;
	const GOptionEntry own_entries[] = {
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL },
		{ "describe", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &describe, NULL,
		  NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	g_autofree GOptionEntry *bytes = texts_as_bytes(entries);
	g_autofree char *name = g_strdup_printf("lapicsim %s", (*argv)[0]);

	g_set_prgname(name); /* of the usage line */
	g_option_context_set_summary(context, about);
	g_option_context_set_description(context, examples);
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_translation_domain(context, NULL);
	g_option_context_add_main_entries(context, own_entries, NULL);
	g_option_context_add_main_entries(context, bytes, NULL);

	bool go_on = g_option_context_parse(context, argc, argv, &error);
	if (!go_on) {
		print_error("%s; see lapicsim %s --help", error->message, (*argv)[0]);
		*status = EXIT_USAGE;
	} else if (help) {
		g_autofree char *text = g_option_context_get_help(context, FALSE, NULL);

		*status = print_result(text);
		go_on = false;
	} else if (describe) {
		const struct command_text text = { (*argv)[0], usage, about, examples, entries };
		g_autoptr(GString) out = g_string_new(NULL);

		*status =
			describe_command(out, describe, &text) ? print_part(out->str) : EXIT_USAGE;
		go_on = false;
	} else if (!texts_valid(entries)) {
		*status = EXIT_USAGE;
		go_on = false;
	}
	g_option_context_free(context);
	g_free(entries);
	return go_on;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A link may lead to a folder above: each is looked into once. */
static bool is_new(GHashTable *seen, const char *folder)
{
	struct stat st;

	return stat(folder, &st) ||
	       g_hash_table_add(seen, g_strdup_printf("%ju:%ju", (uintmax_t)st.st_dev,
						      (uintmax_t)st.st_ino));
}

static bool find_in(GPtrArray *files, const char *path, bool named, GHashTable *seen)
{
	if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
		if (named || g_str_has_suffix(path, ".yaml"))
			g_ptr_array_add(files, g_strdup(path));
		return true;
	}
	if (!is_new(seen, path))
		return true;

	g_autoptr(GError) error = NULL;
	GDir *dir = g_dir_open(path, 0, &error);
	if (!dir) {
		print_error("%s", error->message);
		return false;
	}
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_dir_close(dir);
	g_ptr_array_sort(names, by_name);
	bool ok = true;
	for (guint i = 0; i < names->len; i++)
		ok &= find_in(files, names->pdata[i], false, seen);
	return ok;
}

bool find_scenarios(GPtrArray *files, const char *path, bool named)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	return find_in(files, path, named, seen);
}

bool parse_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	g_autoptr(GError) error = NULL;

	if (g_ascii_string_to_unsigned(text, 10, min, max, ret, &error))
		return true;
	print_error("%s: '%s' is not a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
		    option, text, min, max);
	return false;
}

/* Of every report: what prints need not know. */
static void discard_output(void)
{
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		print_error("--quiet: cannot open '/dev/null': %s", g_strerror(errno));
	if (fd >= 0)
		close(fd);
}

bool add_seed(GPtrArray *sets, const char *option, const char *text)
{
	uint64_t seed;

	if (!text)
		return true;
	if (!parse_number(option, text, 0, UINT64_MAX, &seed))
		return false;
	g_ptr_array_add(sets, g_strdup_printf("seed=%" G_GUINT64_FORMAT, seed));
	return true;
}

bool library_exists(const char *library)
{
	if (!library || g_file_test(library, G_FILE_TEST_IS_DIR))
		return true;
	print_error("--library: there is no folder '%s'", library);
	return false;
}

bool run_options(const struct run_arguments *args, struct replay_options *options, GPtrArray **sets)
{
	if (args->quiet)
		discard_output();
	options->limits = SIM_LIMITS_DEFAULT;
	options->library = args->library;
	*sets = g_ptr_array_new_with_free_func(g_free);
	for (char **set = args->sets; set && *set; set++)
		g_ptr_array_add(*sets, g_strdup(*set));
	if (!add_seed(*sets, "--seed", args->seed) || !library_exists(args->library))
		return false;
	options->sets = (const char *const *)(*sets)->pdata;
	options->n_sets = (*sets)->len;
	if (args->max_events && !parse_number("--max-events", args->max_events, 0, INT64_MAX,
					      &options->limits.max_events))
		return false;
	if (args->shuffle_ties) {
		options->limits.shuffle_ties = true;
		return parse_number("--shuffle-ties", args->shuffle_ties, 0, UINT64_MAX,
				    &options->limits.shuffle_seed);
	}
	return true;
}

void run_arguments_clear(struct run_arguments *args)
{
	g_strfreev(args->sets);
	g_strfreev(args->paths);
	g_free(args->library);
	g_free(args->max_events);
	g_free(args->shuffle_ties);
	g_free(args->seed);
}

/* A reader that has gone has seen what it wanted. */
static int print_failed_unless(bool ok)
{
	const int cause = errno;

	if (!ok && cause != EPIPE)
		print_error("cannot write to standard output: %s", g_strerror(cause));
	return ok ? EXIT_OK : EXIT_IO;
}

int print_part(const char *text) { return print_failed_unless(fputs(text, stdout) != EOF); }

int print_result(const char *text)
{
	const int status = print_part(text);

	return status == EXIT_OK ? print_failed_unless(!fflush(stdout)) : status;
}
