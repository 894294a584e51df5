/* SPDX-License-Identifier: MIT */
#include "escape.h"
#include "interrupt.h"
#include "plots_commands.h"
#include "scenario_limits.h"
#include "sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TICK_MS 200
#define TICKS_A_SECOND (1000 / TICK_MS)
#define COMMIT_TICKS 2

static const char about[] =
	"Runs FILE at every point of a grid and stores what was measured in an SQLite database.\n"
	"Axes are those of the file's section `sweep` and of --axis; the last moves fastest. The "
	"result\n"
	"does not depend on -j, nor on interruptions: go on with --resume.\n"
	"See docs/scenarios.md, Sweeps.";
static const char examples[] =
	"Examples:\n"
	"  lapicsim sweep FILE -o R.sqlite --axis kernel=v4.2..v6.19 --axis seed=1..20 "
	"-m 'p99(lateness)'\n"
	"  lapicsim sweep FILE -o R.sqlite --axis vms.vm0.guest.delta='100us..10ms*2' -j 8\n"
	"  lapicsim sweep FILE -o R.0.sqlite --shard 0/4\n"
	"\nExit status: 0 all points ran; 1 an expectation failed; 2 bad usage or scenario, or "
	"points\n"
	"that are none; 3 an invariant broke; 4 input or output; 5 a budget is used up; 129, 130, "
	"143 interrupted.";

struct sweep_arguments {
	struct run_arguments run;
	char **axes, **where, **metrics, **histograms;
	char *variant, *shard, *output, *threads, *batch, *array;
	gboolean resume, expect;
};

static GOptionEntry *entries_of(struct sweep_arguments *a)
{
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->output, "The store (required)",
		  "R.sqlite" },
		{ "axis", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &a->axes,
		  "An axis, in place of the file's of that key: 1,2,5 or 1..20 or 0us..10us/1us or "
		  "1us..1ms*2 or all",
		  "KEY=VALUES" },
		{ "where", 'w', 0, G_OPTION_ARG_STRING_ARRAY, &a->where,
		  "Only points for which this holds, e.g. 'delta > 2 * slice'", "CONSTRAINT" },
		{ "metric", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &a->metrics,
		  "Record this in place of the file's metrics", "EXPRESSION" },
		{ "histogram", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->histograms,
		  "Keep a histogram of METRIC [where CONDITION] in place of the file's", "METRIC" },
		{ "variant", 0, 0, G_OPTION_ARG_STRING, &a->variant,
		  "This variant alone (default: all, as the last axis)", "NAME" },
		{ "expect", 0, 0, G_OPTION_ARG_NONE, &a->expect,
		  "Look at the file's expectations at each point, but for those that compare "
		  "variants",
		  NULL },
		{ "jobs", 'j', 0, G_OPTION_ARG_STRING, &a->threads,
		  "Worker threads (default: one a CPU)", "N" },
		{ "shard", 0, 0, G_OPTION_ARG_STRING, &a->shard,
		  "The points p with p mod N = K (default: of a Slurm array task, else 0/1)",
		  "K/N" },
		{ "resume", 0, 0, G_OPTION_ARG_NONE, &a->resume,
		  "Go on with the store, if it exists, of exactly this sweep", NULL },
		{ "batch", 0, 0, G_OPTION_ARG_STRING, &a->batch,
		  "Points a transaction (default: as many as finish in 0.4 s)", "N" },
		{ "slurm-array", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &a->array, NULL,
		  NULL },
	};

	return merge_entries(own, G_N_ELEMENTS(own), &a->run);
}

static bool parse_shard(const char *text, struct sweep_settings *s)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	uint64_t k, n;

	if (g_strv_length(parts) != 2) {
		print_error("--shard: '%s' is not of the form K/N, e.g. 0/4", text);
		return false;
	}
	if (!parse_number("--shard", parts[1], 1, LIMIT_SHARDS, &n) ||
	    !parse_number("--shard", parts[0], 0, n - 1, &k))
		return false;
	s->shard = (uint32_t)k;
	s->shards = (uint32_t)n;
	return true;
}

/* What lapicsim.c found in the environment: task, first task, step, number of tasks. */
static bool parse_array(const char *text, struct sweep_settings *s)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 4);
	uint64_t v[4];

	if (g_strv_length(parts) != 4)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(v); i++)
		if (!parse_number("SLURM_ARRAY_TASK_*", parts[i], i == 2 || i == 3, UINT32_MAX,
				  &v[i]))
			return false;
	if (v[0] < v[1] || (v[0] - v[1]) % v[2] || (v[0] - v[1]) / v[2] >= v[3] ||
	    v[3] > LIMIT_SHARDS) {
		print_error("the Slurm array variables make no shard (task %" PRIu64 " of %" PRIu64
			    " from %" PRIu64 " by %" PRIu64 "); name --shard",
			    v[0], v[3], v[1], v[2]);
		return false;
	}
	s->shard = (uint32_t)((v[0] - v[1]) / v[2]);
	s->shards = (uint32_t)v[3];
	return true;
}

static bool parse_settings(const struct sweep_arguments *a, struct sweep_settings *s)
{
	uint64_t threads = MIN(g_get_num_processors(), SWEEP_THREADS_MAX);

	if (!a->run.paths || !a->run.paths[0] || a->run.paths[1] || !a->output || !*a->output) {
		print_error("sweep takes one FILE and -o R.sqlite; see lapicsim sweep --help");
		return false;
	}
	if (a->threads && !parse_number("-j", a->threads, 1, SWEEP_THREADS_MAX, &threads))
		return false;
	if (a->batch && !parse_number("--batch", a->batch, 1, LIMIT_SWEEP_POINTS, &s->batch))
		return false;
	s->threads = (unsigned)threads;
	s->expect = a->expect;
	s->plan = (struct sweep_options){
		.axes = (const char *const *)a->axes,
		.where = (const char *const *)a->where,
		.metrics = (const char *const *)a->metrics,
		.histograms = (const char *const *)a->histograms,
		.variant = a->variant,
	};
	if (a->shard)
		return parse_shard(a->shard, s);
	return !a->array || parse_array(a->array, s);
}

/* --- signals and time: one thread looks at both --- */

struct watch {
	GThread *thread;
	int signals, finish;
	gint signal; /* the first that came, or 0 */
	gint ticks;
	/* of the writing thread */
	gint committed, shown;
	uint64_t first, total;
	bool terminal;
};

static gpointer watch_main(gpointer data)
{
	struct watch *w = data;
	struct pollfd fds[] = { { .fd = w->signals, .events = POLLIN },
				{ .fd = w->finish, .events = POLLIN } };
	struct signalfd_siginfo info;

	for (;;) {
		const int n = poll(fds, G_N_ELEMENTS(fds), TICK_MS);

		if (n == 0)
			g_atomic_int_inc(&w->ticks);
		if (fds[1].revents & POLLIN)
			return NULL;
		if (n <= 0 || !(fds[0].revents & POLLIN) ||
		    read(w->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
			continue;
		if (g_atomic_int_get(&w->signal)) /* the second: at once */
			_exit(128 + (int)info.ssi_signo);
		g_atomic_int_set(&w->signal, (int)info.ssi_signo);
	}
}

/* Before any other thread begins, so that all of them leave the signals to it. */
static bool watch_start(struct watch *w, bool quiet)
{
	g_autoptr(GError) error = NULL;
	sigset_t set;

	interrupt_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	w->finish = eventfd(0, EFD_CLOEXEC);
	w->terminal = !quiet && isatty(STDERR_FILENO);
	w->thread = g_thread_try_new("watch", watch_main, w, &error);
	if (!w->thread)
		print_error("not enough memory for a thread: %s", error->message);
	return w->thread != NULL;
}

static void watch_stop(struct watch *w)
{
	const uint64_t one = 1;

	if (write(w->finish, &one, sizeof(one)) == (ssize_t)sizeof(one))
		g_thread_join(w->thread);
	close(w->signals);
	close(w->finish);
}

static bool should_stop(void *data)
{
	struct watch *w = data;

	return g_atomic_int_get(&w->signal) != 0;
}

static void show_progress(const struct watch *w, uint64_t done, uint64_t total, gint ticks)
{
	const uint64_t rate = (done - w->first) * TICKS_A_SECOND / (uint64_t)MAX(ticks, 1);

	fprintf(stderr, "\r%" PRIu64 "/%" PRIu64 " points (%" PRIu64 " %%), %" PRIu64 "/s", done,
		total, done * 100 / MAX(total, 1), rate);
	if (rate)
		fprintf(stderr, ", %" PRIu64 ":%02" PRIu64 " min left", (total - done) / rate / 60,
			(total - done) / rate % 60);
	fputs("\033[K", stderr);
}

static bool tick(void *data, uint64_t done, uint64_t total)
{
	struct watch *w = data;
	const gint ticks = g_atomic_int_get(&w->ticks);

	if (w->terminal && ticks != w->shown) {
		show_progress(w, done, total, ticks);
		w->shown = ticks;
	}
	if (ticks - w->committed < COMMIT_TICKS)
		return false;
	w->committed = ticks;
	return true;
}

/* --- the command --- */

static int fail(GError *error)
{
	const int status = error->domain == STORE_ERROR ? error->code : EXIT_IO;

	g_printerr("lapicsim: error: %s\n", error->message); /* its names are escaped */
	g_error_free(error);
	return status;
}

static int interrupted(const struct watch *w, const struct store *store, uint64_t total,
		       const char *command, bool named)
{
	const struct store_info *info = store_info(store);
	const int signal_number = g_atomic_int_get(&w->signal);

	g_printerr("lapicsim: interrupted: %" PRIu64 "/%" PRIu64 " points are there; go on with\n"
		   "  %s",
		   info->done, total, command);
	/* Outside the array its variables do not say which. */
	if (info->shards > 1 && !named)
		g_printerr(" --shard %" PRIu32 "/%" PRIu32, info->shard, info->shards);
	g_printerr("\n");
	return 128 + signal_number;
}

/* How it went, from the store, so that a resumed sweep says the same as one that was not. */
static int summarise(struct store *store, const char *output)
{
	static const int exits[] = { EXIT_OK, EXIT_EXPECTATION, EXIT_USAGE, EXIT_BROKEN,
				     EXIT_BUDGET };
	uint64_t counts[POINT_BUDGET + 1];
	GError *error = NULL;
	int status = EXIT_OK;
	g_autoptr(GString) out = g_string_new(NULL);

	if (!store_count(store, counts, &error))
		return fail(error);
	for (size_t i = POINT_OK + 1; i < G_N_ELEMENTS(counts); i++) {
		if (!counts[i])
			continue;
		status = MAX(status, exits[i]);
		g_string_append_printf(out, ", %" PRIu64 " %s", counts[i],
				       point_status_name((enum point_status)i));
	}
	g_autofree char *name = escaped(output);
	g_autofree char *word = shell_word(output);

	if (status != EXIT_OK)
		g_printerr("lapicsim: %s: %" PRIu64 " points ok%s; the reasons: sqlite3 %s 'select "
			   "point, message from points where message is not null'\n",
			   name, counts[POINT_OK], out->str, word);
	return status;
}

static bool note_maker(struct store *store, const struct sweep_settings *s, GError **error)
{
	g_autofree char *threads = g_strdup_printf("%u", s->threads);

	return store_made_by(store, "date", NULL, error) &&
	       store_made_by(store, "host", g_get_host_name(), error) &&
	       store_made_by(store, "threads", threads, error);
}

static struct store *open_output(const struct sweep *sweep, const struct sweep_arguments *a,
				 const struct sweep_settings *s, GError **error)
{
	struct store *store = a->resume && access(a->output, F_OK) == 0
				      ? store_resume(a->output, sweep_info(sweep), error)
				      : store_create(a->output, sweep_info(sweep), error);

	if (store && !store_info(store)->finished && !note_maker(store, s, error)) {
		store_close(store);
		return NULL;
	}
	return store;
}

static int run_sweep(struct sweep *sweep, const struct sweep_arguments *a,
		     const struct sweep_settings *s, struct watch *w, const char *command)
{
	GError *error = NULL;
	bool stopped;
	int status;
	struct store *store = open_output(sweep, a, s, &error);

	if (!store)
		return fail(error);
	w->first = store_info(store)->done;
	const bool ok = sweep_run(sweep, store, &stopped, &error);

	if (w->terminal && w->shown)
		fputs("\r\033[K", stderr);
	if (!ok)
		status = fail(error);
	else if (stopped)
		status = interrupted(w, store, sweep_total(sweep), command, a->shard != NULL);
	else
		status = summarise(store, a->output);
	store_close(store);
	return status;
}

static int sweep_with(const struct sweep_arguments *a, const char *command)
{
	struct watch w = { 0 };
	struct sweep_settings settings = { .program = LAPICSIM_VERSION,
					   .shards = 1,
					   .tick = tick,
					   .stop = should_stop,
					   .data = &w };
	g_autoptr(GPtrArray) sets = NULL;
	struct diagnostics d;
	int status;

	if (!parse_settings(a, &settings) || !run_options(&a->run, &settings.replay, &sets))
		return EXIT_USAGE;
	diagnostics_init(&d);
	struct sweep *sweep = sweep_load(a->run.paths[0], &settings, &d);

	g_printerr("%s", d.text->str);
	if (!sweep) {
		status = d.status;
	} else if (watch_start(&w, a->run.quiet)) {
		status = run_sweep(sweep, a, &settings, &w, command);
		watch_stop(&w);
	} else {
		status = EXIT_USAGE;
	}
	sweep_free(sweep);
	diagnostics_clear(&d);
	return status;
}

/* What was typed, with --resume. */
static char *resume_command(int argc, char **argv)
{
	GString *out = g_string_new("lapicsim");
	bool resumes = false;

	for (int i = 0; i < argc; i++) {
		g_autofree char *word = shell_word(argv[i]);

		if (g_str_has_prefix(argv[i], "--slurm-array="))
			continue;
		resumes |= g_str_equal(argv[i], "--resume");
		g_string_append_printf(out, " %s", word);
	}
	if (!resumes)
		g_string_append(out, " --resume");
	return g_string_free(out, FALSE);
}

/* "-j4" as make takes it: GOption wants the number apart. The array alone is to be freed. */
static char **with_jobs_apart(int *argc, char **argv)
{
	char **ret = g_new0(char *, 2 * (size_t)*argc + 1);
	int n = 0;

	for (int i = 0; i < *argc; i++) {
		const bool joined = g_str_has_prefix(argv[i], "-j") && g_ascii_isdigit(argv[i][2]);

		if (joined)
			ret[n++] = (char *)"-j";
		ret[n++] = argv[i] + (joined ? 2 : 0);
	}
	*argc = n;
	return ret;
}

static int sweep_main(int argc, char **argv)
{
	struct sweep_arguments a = { 0 };
	g_autofree char *command = resume_command(argc, argv);
	g_autofree char **split = with_jobs_apart(&argc, argv);
	char **arguments = split;
	int status = EXIT_OK;

	if (parse_arguments(&argc, &arguments, "FILE -o R.sqlite", about, examples, entries_of(&a),
			    &status))
		status = sweep_with(&a, command);
	run_arguments_clear(&a.run);
	g_strfreev(a.axes);
	g_strfreev(a.where);
	g_strfreev(a.metrics);
	g_strfreev(a.histograms);
	g_free(a.variant);
	g_free(a.shard);
	g_free(a.output);
	g_free(a.threads);
	g_free(a.batch);
	g_free(a.array);
	return status;
}

const struct command command_sweep = { "sweep",
				       "a scenario over a grid of parameters, into a store",
				       sweep_main, false };
