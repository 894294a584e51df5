/* SPDX-License-Identifier: MIT */
/* lapicsim - lists the commands and runs one; each lives in a cmd_*.c beside the code it runs. */
#include "cmd_import.h"
#include "command.h"
#include "escape.h"
#include "interrupt.h"
#include "plot_kinds.h"
#include "plots_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run_docs(int argc, char **argv);

static const struct command command_docs = { "docs", "print a page of the manual", run_docs, true };

static const struct command *const commands[] = {
	&command_replay, &command_test,   &command_history, &command_explain, &command_diff,
	&command_sweep,  &command_merge,  &command_import,  &command_compare, &command_table,
	&command_plot,   &command_report, &command_list,    &command_docs,
};

static int run_docs(int argc, char **argv)
{
	return docs_main(argc, argv, commands, G_N_ELEMENTS(commands), LAPICSIM_VERSION);
}

static int help(void)
{
	g_autoptr(GString) out =
		g_string_new("lapicsim replays the life of a KVM guest's local-APIC timer on a "
			     "simulated x86 host.\n\n"
			     "Usage:\n  lapicsim COMMAND [OPTION...] ...\n\nCommands:\n");

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!commands[i]->hidden)
			g_string_append_printf(out, "  %-8s %s\n", commands[i]->name,
					       commands[i]->summary);
	g_string_append(
		out,
		"\nExamples:\n"
		"  lapicsim list scenarios\n"
		"  lapicsim replay fixes/61abdbe0bcc2-busy-guest.yaml\n"
		"  lapicsim history fixes/61abdbe0bcc2-busy-guest.yaml\n"
		"  lapicsim explain fixes/61abdbe0bcc2-busy-guest.yaml\n"
		"  lapicsim report FILE -o OUT.html\n"
		"  lapicsim test my-scenarios\n"
		"  lapicsim diff FILE --variant before --variant after\n"
		"  lapicsim sweep FILE -o R.sqlite --axis kernel=v4.2..v6.19 --axis seed=1..5\n"
		"  lapicsim list kernels\n"
		"\nlapicsim COMMAND --help tells more. lapicsim --version prints the version.\n");
	return print_result(out->str);
}

/* A task of a Slurm job array is a shard. What the environment says is read here alone: the command
 * gets it as an argument, before those that were typed. */
static int run_sweep(int argc, char **argv)
{
	const char *id = g_getenv("SLURM_ARRAY_TASK_ID"), *min = g_getenv("SLURM_ARRAY_TASK_MIN");
	const char *step = g_getenv("SLURM_ARRAY_TASK_STEP"),
		   *count = g_getenv("SLURM_ARRAY_TASK_COUNT");
	g_autofree char **arguments = g_new0(char *, (size_t)argc + 2);
	g_autofree char *array = NULL;

	if (!id || !min || !count)
		return command_sweep.run(argc, argv);
	array = g_strdup_printf("--slurm-array=%s,%s,%s,%s", id, min, step ? step : "1", count);
	arguments[0] = argv[0];
	arguments[1] = array;
	memcpy(arguments + 2, argv + 1, (size_t)(argc - 1) * sizeof(*argv));
	return command_sweep.run(argc + 1, arguments);
}

/* The line @line of @length bytes as compilers colour it: the word error or note behind its place,
 * and the caret below. What is indented is quoted from a file. */
static void append_coloured(GString *out, const char *line, size_t length)
{
	static const struct {
		const char *word, *colour;
	} words[] = { { ": error: ", "1;31" }, { ": warning: ", "1;35" }, { ": note: ", "1;36" } };
	const size_t indent = strspn(line, " ");

	if (indent && line[indent] == '^') {
		g_string_append_printf(out, "%.*s\033[1;32m^\033[m", (int)indent, line);
		line += indent + 1;
		length -= indent + 1;
	}
	for (size_t i = 0; !indent && i < G_N_ELEMENTS(words); i++) {
		const char *at = g_strstr_len(line, (gssize)length, words[i].word);
		const size_t before = at ? (size_t)(at - line) + 2 : 0;
		const int n = (int)strlen(words[i].word) - 3;

		if (!at)
			continue;
		g_string_append_printf(out, "%.*s\033[%sm%.*s\033[m", (int)before, line,
				       words[i].colour, n, line + before);
		line += before + (size_t)n;
		length -= before + (size_t)n;
		break;
	}
	g_string_append_len(out, line, (gssize)length);
}

/* In bytes: GLib would make a '?' of each letter that is not ASCII, since no locale is ever set. */
static void print_plain(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	escape_lines(out, text);
	fputs(out->str, stderr);
}

static void print_coloured(const char *all)
{
	g_autoptr(GString) shown = g_string_new(NULL), out = g_string_new(NULL);

	escape_lines(shown, all);
	const char *text = shown->str;

	while (*text) {
		const size_t length = strcspn(text, "\n");

		append_coloured(out, text, length);
		text += length;
		if (*text)
			g_string_append_c(out, *text++);
	}
	fputs(out->str, stderr);
}

/* https://no-color.org: not if NO_COLOR is set and not empty. */
static bool wants_colour(void)
{
	const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

	return isatty(STDERR_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

/* A file that is opened gets the number of the first that is closed: what is printed would end up
 * in it. In the wrong direction, so that who uses it is told as if it were closed. */
static void take_standard_numbers(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	take_standard_numbers();
	interrupt_init();
	g_set_printerr_handler(wants_colour() ? print_coloured : print_plain);

	/* A reader that went away is an error of write(), not a death; so is a file at its size
	 * limit. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);

	if (argc < 2) {
		print_error("which command? see lapicsim --help");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--version"))
		return print_result("lapicsim " LAPICSIM_VERSION "\n");
	if (!strcmp(argv[1], command_sweep.name))
		return run_sweep(argc - 1, argv + 1);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	print_error("'%s' is no command; see lapicsim --help", argv[1]);
	return EXIT_USAGE;
}
