/* SPDX-License-Identifier: MIT */
/* lapicsim - lists the commands and runs one; each lives in a cmd_*.c beside the code it runs. */
#include "cmd_import.h"
#include "command.h"
#include "plot_kinds.h"
#include "plots_commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_replay, &command_test,  &command_history, &command_explain, &command_diff,
	&command_sweep,  &command_merge, &command_import,  &command_compare, &command_table,
	&command_plot,   &command_list,  &command_docs,
};

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
		"  lapicsim replay scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml\n"
		"  lapicsim test scenarios/library\n"
		"  lapicsim history scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml\n"
		"  lapicsim explain scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml\n"
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

int main(int argc, char **argv)
{
	/* A reader that went away is an error of write(), not a death; so is a file at its size
	 * limit. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);

	if (argc < 2) {
		g_printerr("lapicsim: error: which command? see lapicsim --help\n");
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
	g_printerr("lapicsim: error: '%s' is no command; see lapicsim --help\n", argv[1]);
	return EXIT_USAGE;
}
