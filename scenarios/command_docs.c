/* SPDX-License-Identifier: MIT */
#include "command_docs.h"

#include "cost.h"
#include "kernel.h"
#include "metrics.h"
#include "parameters.h"

#include <inttypes.h>
#include <string.h>

#define ROFF_COLUMNS 60 /* a word more is still less than 80 */

/* --- what a value or an argument can be --- */

/* What completes a value, by its placeholder in an option table; others have no list. */
enum values { VALUES_NONE, VALUES_FILES, VALUES_FOLDERS, VALUES_VARIANTS, VALUES_WORDS };

static void words_formats(GString *out) { g_string_append(out, " text json"); }

static void words_metrics(GString *out)
{
	size_t n;
	const struct metric *all = metrics_all(&n);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, " %s", all[i].name);
}

/* Systems, then events: kvm kvm:kvm_exit. */
static void words_events(GString *out)
{
	g_autoptr(GString) systems = g_string_new(" ");
	g_autoptr(GString) events = g_string_new(NULL);

	for (uint32_t i = 0; i < lapicsim_schema.n_events; i++) {
		const struct trace_event *event = lapicsim_schema.events[i];
		g_autofree char *system = g_strdup_printf(" %s ", event->system);

		if (event->kind == TRACE_KIND_INTERNAL)
			continue;
		if (!strstr(systems->str, system))
			g_string_append_printf(systems, "%s ", event->system);
		g_string_append_printf(events, " %s:%s", event->system, event->name);
	}
	g_string_append_len(out, systems->str, (gssize)systems->len - 1);
	g_string_append(out, events->str);
}

static void words_releases(GString *out)
{
	for (uint32_t release = KERNEL_RELEASE_MIN; release <= KERNEL_RELEASE_MAX; release++) {
		g_autofree char *name = g_strdup_printf("v%u.%u", release >> 8, release & 0xff);
		uint32_t known;

		if (kernel_parse_release(name, &known))
			g_string_append_printf(out, " %s", name);
	}
}

/* "KEY=", or each "KEY=VALUE" where the table knows them all. Elements of a list bear names that
 * only the file has. */
static void words_of_parameter(GString *out, const struct parameter *p)
{
	const char *path = section_get(p->section)->path;
	const char *dot = *path ? "." : "";

	if (strchr(path, '[') || p->section == SECTION_COST || p->section == SECTION_SWEEP ||
	    p->file_only)
		return;
	if (p->type == PARAMETER_ENUM)
		for (const struct value_name *name = p->names; name->name; name++)
			g_string_append_printf(out, " %s%s%s=%s", path, dot, p->key, name->name);
	else if (p->type == PARAMETER_BOOL || p->type == PARAMETER_SWITCH)
		g_string_append_printf(out, " %s%s%s=%s %s%s%s=%s", path, dot, p->key,
				       p->type == PARAMETER_BOOL ? "true" : "Y", path, dot, p->key,
				       p->type == PARAMETER_BOOL ? "false" : "N");
	else
		g_string_append_printf(out, " %s%s%s=", path, dot, p->key);
}

static void words_parameters(GString *out)
{
	const struct kernel_decision *decisions;
	const size_t n_decisions = kernel_decisions(&decisions);
	size_t n;
	const struct parameter *all = parameters_all(&n);

	for (size_t i = 0; i < n; i++)
		words_of_parameter(out, &all[i]);
	for (size_t i = 0; i < n_decisions; i++)
		for (size_t k = 0; k < kernel_rows(&decisions[i]); k++)
			g_string_append_printf(out, " forms.%s=%s", decisions[i].name,
					       kernel_row(&decisions[i], k)->name);
}

static void words_costs(GString *out)
{
	for (unsigned i = 0; i < COST_COUNT; i++)
		g_string_append_printf(out, " %s=", cost_name(i));
}

static const struct placeholder {
	const char *name;
	enum values values;
	const char *list; /* of words: what the script calls them */
	void (*words)(GString *out);
} placeholders[] = {
	{ "NAME", VALUES_VARIANTS, NULL, NULL },
	{ "DIR", VALUES_FOLDERS, NULL, NULL },
	{ "FORMAT", VALUES_WORDS, "formats", words_formats },
	{ "METRIC", VALUES_WORDS, "metrics", words_metrics },
	{ "EVENT", VALUES_WORDS, "events", words_events },
	{ "RELEASE", VALUES_WORDS, "releases", words_releases },
	{ "KEY=VALUE", VALUES_WORDS, "parameters", words_parameters },
	{ "KEY=VALUES", VALUES_WORDS, "parameters", NULL }, /* stands above */
	{ "COST=TIME", VALUES_WORDS, "costs", words_costs },
};

static bool takes_value(const GOptionEntry *e) { return e->arg != G_OPTION_ARG_NONE; }

static bool is_repeated(const GOptionEntry *e)
{
	return e->arg == G_OPTION_ARG_STRING_ARRAY || e->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

static bool is_option(const GOptionEntry *e)
{
	return *e->long_name && !(e->flags & G_OPTION_FLAG_HIDDEN);
}

/* The row of @e; a file is one by its type. */
static const struct placeholder *placeholder_of(const GOptionEntry *e)
{
	static const struct placeholder file = { "FILE", VALUES_FILES, NULL, NULL };
	static const struct placeholder none = { NULL, VALUES_NONE, NULL, NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(placeholders); i++)
		if (g_strcmp0(placeholders[i].name, e->arg_description) == 0)
			return &placeholders[i];
	return e->arg == G_OPTION_ARG_FILENAME || e->arg == G_OPTION_ARG_FILENAME_ARRAY ? &file
											: &none;
}

/* Of the usage: the words of the first argument ("a|b"), and the ends that the files have. */
struct arguments {
	char *words;            /* separated by blanks; "": none */
	bool yaml, sqlite, any; /* any: files of any name */
};

static void arguments_of(const char *usage, struct arguments *ret)
{
	g_auto(GStrv) tokens = g_strsplit(usage, " ", -1);

	*ret = (struct arguments){ .words = g_strdup("") };
	for (char **token = tokens; *token; token++) {
		if (**token == '-' && token[1]) {
			token++; /* an option and its value */
			continue;
		}
		if (strchr(*token, '|') && g_ascii_islower(**token)) {
			g_free(ret->words);
			ret->words = g_strdelimit(g_strdup(*token), "|", ' ');
			continue;
		}
		const bool sqlite = strstr(*token, ".sqlite"), trace = strstr(*token, "TRACE");

		ret->sqlite |= sqlite;
		ret->any |= trace || strstr(*token, "CSV");
		ret->yaml |= strstr(*token, "FILE") || (!sqlite && !trace);
	}
}

/* As bash's part says it, and as zsh's: one name in parentheses would be a qualifier. NULL: none.
 */
static const char *files_of(const struct arguments *arguments, bool zsh)
{
	if (arguments->any)
		return zsh ? "_files" : "any";
	if (arguments->yaml && arguments->sqlite)
		return zsh ? "_lapicsim_scenarios \"*.(yaml|sqlite)\"" : "yaml sqlite";
	if (arguments->yaml)
		return zsh ? "_lapicsim_scenarios \"*.yaml\"" : "yaml";
	if (arguments->sqlite)
		return zsh ? "_files -g \"*.sqlite\"" : "sqlite";
	return NULL;
}

static void append_options(GString *out, const GOptionEntry *e, const char *separator)
{
	if (e->short_name)
		g_string_append_printf(out, "-%c%s", e->short_name, separator);
	g_string_append_printf(out, "--%s", e->long_name);
}

/* --- the manual page --- */

/* In the language of man(7): a backslash and a leading dot mean something, and a hyphen is typed.
 * A line of text ends where a blank allows it, one of @literal text where it does. */
static void append_roff(GString *out, const char *text, bool literal)
{
	gsize line = out->len;

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		const gunichar c = g_utf8_get_char(p);

		if ((p == text || out->len == line) && (c == '.' || c == '\''))
			g_string_append(out, "\\&");
		if (c == '\\')
			g_string_append(out, "\\e");
		else if (c == '|')
			g_string_append(out, "|\\:"); /* a long list may be cut here */
		else if (c == '-' && (literal || p[1] == '-' || g_ascii_isalpha(p[1])))
			g_string_append(out, "\\-");
		else if (c >= 0x80)
			g_string_append_printf(out, "\\[u%04X]", c);
		else if (c == ' ' && !literal && out->len - line > ROFF_COLUMNS)
			line = g_string_append_c(out, '\n')->len;
		else
			g_string_append_c(out, (char)c);
	}
}

/* Paragraphs, and what is indented as it stands. */
static void man_text(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool literal = false, gap = false;

	for (char **line = lines; *line; line++) {
		const bool indented = g_str_has_prefix(*line, "  ");

		if (!**line) {
			gap = true;
			continue;
		}
		if (literal && !indented)
			g_string_append(out, ".EE\n");
		if (gap || indented != literal)
			g_string_append(out, ".PP\n");
		if (indented && (!literal || gap))
			g_string_append(out, literal ? "" : ".EX\n");
		append_roff(out, *line, indented);
		g_string_append_c(out, '\n');
		literal = indented;
		gap = false;
	}
	if (literal)
		g_string_append(out, ".EE\n");
}

static void man_option(GString *out, const GOptionEntry *e)
{
	g_string_append(out, ".TP\n");
	if (e->short_name) {
		g_string_append_printf(out, "\\fB\\-%c\\fR", e->short_name);
		if (takes_value(e)) {
			g_string_append(out, " \\fI");
			append_roff(out, e->arg_description, true);
			g_string_append(out, "\\fR");
		}
		g_string_append(out, ", ");
	}
	g_string_append(out, "\\fB\\-\\-");
	append_roff(out, e->long_name, true);
	g_string_append(out, "\\fR");
	if (takes_value(e)) {
		g_string_append(out, "=\\fI");
		append_roff(out, e->arg_description, true);
		g_string_append(out, "\\fR");
	}
	g_string_append_c(out, '\n');
	append_roff(out, e->description, false);
	g_string_append(out, ".\n");
}

static void man_command(GString *out, const struct command_text *t)
{
	g_string_append_printf(out, ".SS lapicsim %s\n\\fBlapicsim %s\\fR [\\fIOPTION\\fR...] ",
			       t->name, t->name);
	append_roff(out, t->usage, true);
	g_string_append(out, "\n.PP\n");
	man_text(out, t->about);
	for (const GOptionEntry *e = t->entries; e->long_name; e++)
		if (is_option(e))
			man_option(out, e);
	if (*t->examples)
		g_string_append(out, ".PP\n");
	man_text(out, t->examples);
}

static const char man_files[] =
	".SH SCENARIO FILES\n"
	"A scenario is a YAML file: a host, its VMs, a kernel, what happens when, the variants "
	"that\n"
	"are run side by side, and what must hold afterwards.\n"
	".PP\n"
	".EX\n"
	"scenario: my\\-guest\n"
	"include: [ lib/host\\-2cpu\\-haswell.yaml ]\n"
	"host: { cpus: [ { id: 1, nohz_full: true } ] }\n"
	"duration: 200ms\n"
	"kernel: v4.5\n"
	"vms:\n"
	"  \\- name: vm0\n"
	"    vcpus: [ { id: 0, affinity: [1] } ]\n"
	"    guest: { workload: tscdeadline_latency, delta: 2ms, other_exits: { every: 4ms } }\n"
	"variants:\n"
	"  before: {}\n"
	"  after: { apply: [ 61abdbe0bcc2 ] }\n"
	"expect:\n"
	"  \\- { id: prompt, only: after, that: \\(dqmax(lateness) < 20us\\(dq }\n"
	".EE\n"
	".PP\n"
	"Every duration has its unit. Unknown, unused and repeated keys, wrong units and values "
	"out "
	"of\n"
	"range are errors with their place in the file. An\n"
	".B include\n"
	"is looked for beside the file, then in the library.\n"
	".B lapicsim list params\n"
	"prints all keys,\n"
	".B lapicsim list kernels\n"
	"all decisions of the kernel with their forms and commits,\n"
	".B lapicsim docs scenarios\n"
	"the manual of the language.\n"
	"An editor with a YAML language server completes and checks keys if the file begins with\n"
	".PP\n"
	".EX\n"
	"# yaml\\-language\\-server: $schema=/usr/share/lapicsim/scenario.schema.json\n"
	".EE\n"
	".SH EXIT STATUS\n"
	".TP\n0\nDone; all expectations hold.\n"
	".TP\n1\nAn expectation, a test or a comparison failed.\n"
	".TP\n2\nBad usage, a bad scenario or trace, or a limit is exceeded; or an output is a\n"
	"file that the command reads: nothing is written over it.\n"
	".TP\n3\nAn invariant of the model broke.\n"
	".TP\n4\nA file cannot be opened, read or written.\n"
	".TP\n5\nA budget is used up\n.RB ( \\-\\-max\\-events ).\n"
	".TP\n129, 130, 143\nInterrupted by SIGHUP, SIGINT or SIGTERM, unless it was started with "
	"them "
	"ignored, as by\n.BR nohup (1).\nNo output is left in part; a sweep goes on by\n"
	".BR \\-\\-resume .\n"
	".SH ENVIRONMENT\n"
	".TP\n.B NO_COLOR\nIf set and not empty, errors on a terminal have no colours.\n"
	".TP\n.B TERM\nIf it is\n.B dumb\nor not set, errors have no colours either.\n"
	".TP\n.BR SLURM_ARRAY_TASK_ID \" and the like\"\nMake the task of an array a shard of\n"
	".BR \"lapicsim sweep\" .\n"
	".TP\n.B PATH\nWhere\n.B lapicsim plot\nfinds\n.BR gnuplot (1).\n"
	".SH FILES\n"
	"What stands below\n.I share\nis found from the folder of the program, wherever it is.\n"
	".TP\n.I share/lapicsim/library\nThe scenarios that come with lapicsim; a FILE or PATH "
	"that "
	"is not\nthere is looked for here, and so is every\n.BR include .\n"
	".TP\n.I share/lapicsim/scenario.schema.json\nThe JSON Schema of scenario files.\n"
	".TP\n.I share/lapicsim/plots\nThe gnuplot scripts.\n"
	".TP\n.I share/doc/lapicsim\nThe manual:\n.IR tutorial.md ,\n.I scenarios.md\nand others.\n"
	".SH EXAMPLES\n"
	".EX\n"
	"lapicsim list scenarios\n"
	"lapicsim replay fixes/61abdbe0bcc2\\-busy\\-guest.yaml\n"
	"lapicsim history fixes/61abdbe0bcc2\\-busy\\-guest.yaml\n"
	"lapicsim explain fixes/61abdbe0bcc2\\-busy\\-guest.yaml \\-\\-variant before\n"
	"lapicsim test my\\-scenarios \\-\\-junit results.xml\n"
	".EE\n"
	".SH SEE ALSO\n"
	".BR gnuplot (1),\n.BR perf (1),\n.BR trace\\-cmd (1)\n";

static void man_head(GString *out, const struct command *const *all, size_t n, const char *version)
{
	/* No date: a page made from a table is as old as the program. */
	g_string_append_printf(out,
			       ".\\\" Made by lapicsim docs man.\n"
			       ".TH LAPICSIM 1 \"\" \"lapicsim %s\" \"User Commands\"\n"
			       ".SH NAME\n"
			       "lapicsim \\- replay the life of a KVM guest's local\\-APIC timer\n"
			       ".SH SYNOPSIS\n"
			       ".SY lapicsim\n.I COMMAND\n.RI [ OPTION ...]\n.RI [ FILE ...]\n.YS\n"
			       ".SY lapicsim\n.B \\-\\-help\n.YS\n"
			       ".SY lapicsim\n.B \\-\\-version\n.YS\n"
			       ".SH DESCRIPTION\n"
			       "A deterministic discrete\\-event simulator of the KVM x86 "
			       "local\\-APIC timer path.\n"
			       "Scenario files describe a host, its guests and a kernel release; "
			       "historic bugs and their\n"
			       "fixes are replayed side by side. Same file, same seed: same bytes, "
			       "on every machine.\n"
			       ".SH COMMANDS\n",
			       version);
	for (size_t i = 0; i < n; i++) {
		if (all[i]->hidden)
			continue;
		g_string_append_printf(out, ".TP\n.B %s\n", all[i]->name);
		append_roff(out, all[i]->summary, false);
		g_string_append(out, ".\n");
	}
	g_string_append(out, ".PP\nResults go to standard output, everything else to standard "
			     "error.\n");
}

static void man_tail(GString *out) { g_string_append(out, man_files); }

/* --- bash --- */

static void append_lists(GString *out, const char *format)
{
	for (size_t i = 0; i < G_N_ELEMENTS(placeholders); i++) {
		g_autoptr(GString) words = g_string_new(NULL);

		if (!placeholders[i].words)
			continue;
		placeholders[i].words(words);
		g_string_append_printf(out, format, placeholders[i].list, words->str + 1);
	}
}

static void bash_value(GString *out, const GOptionEntry *e)
{
	static const char *const kinds[] = {
		[VALUES_FILES] = "files",
		[VALUES_FOLDERS] = "folders",
		[VALUES_VARIANTS] = "variants",
	};
	const struct placeholder *p = placeholder_of(e);

	g_string_append(out, "\t\t");
	append_options(out, e, " | ");
	if (p->values == VALUES_WORDS)
		g_string_append_printf(out, ") values=words words=$_lapicsim_%s ;;\n", p->list);
	else
		g_string_append_printf(out, ") values=%s ;;\n",
				       p->values == VALUES_NONE ? "nothing" : kinds[p->values]);
}

static void bash_command(GString *out, const struct command_text *t)
{
	struct arguments arguments;

	arguments_of(t->usage, &arguments);
	const char *files = files_of(&arguments, false);

	g_string_append_printf(out, "\t%s)\n\t\toptions='-h --help", t->name);
	for (const GOptionEntry *e = t->entries; e->long_name; e++) {
		if (!is_option(e))
			continue;
		g_string_append_c(out, ' ');
		append_options(out, e, " ");
	}
	g_string_append_printf(out, "' first='%s' suffixes='%s'\n\t\tcase $2 in\n", arguments.words,
			       files ? files : "");
	for (const GOptionEntry *e = t->entries; e->long_name; e++)
		if (is_option(e) && takes_value(e))
			bash_value(out, e);
	g_string_append(out, "\t\tesac\n\t\t;;\n");
	g_free(arguments.words);
}

static void bash_head(GString *out, const struct command *const *all, size_t n, const char *version)
{
	g_string_append_printf(
		out, "# bash completion of lapicsim %s, made by lapicsim docs completion-bash.\n",
		version);
	g_string_append(out, "_lapicsim_commands='");
	for (size_t i = 0; i < n; i++)
		if (!all[i]->hidden)
			g_string_append_printf(out, "%s ", all[i]->name);
	g_string_append(out, "--help --version'\n");
	append_lists(out, "_lapicsim_%s='%s'\n");
	g_string_append(
		out,
		"\n# COMMAND OPTION: the options, the first argument, the ends of the files, and "
		"what the option takes.\n"
		"_lapicsim_describe() {\n"
		"\toptions='' first='' suffixes='' values='' words=''\n"
		"\tcase $1 in\n");
}

static const char bash_script[] =
	"\tesac\n"
	"}\n\n"
	"_lapicsim_variants() {\n"
	"\tlocal word\n"
	"\tfor word in \"${line[@]:2}\"; do\n"
	"\t\tword=${word/#\\~/$HOME}\n"
	"\t\tcase $word in *.yaml) \"${line[0]}\" replay --check -- \"$word\" 2>/dev/null "
	"|\n"
	"\t\t\tsed -n 's/^# variant //p' ;; esac\n"
	"\tdone\n"
	"}\n\n"
	"_lapicsim_files() {\n"
	"\tlocal suffix\n"
	"\tcompgen -d -- \"$cur\"\n"
	"\tfor suffix in $1; do\n"
	"\t\tcase $suffix in\n"
	"\t\tany) compgen -f -- \"$cur\" ;;\n"
	"\t\t*) compgen -f -X \"!*.$suffix\" -- \"$cur\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n\n"
	"_lapicsim() {\n"
	"\tlocal options first suffixes values words cur prev typed='' i\n"
	"\tlocal -a line\n\n"
	"\t# The words as the shell sees them: COMP_WORDS is cut at = and : as well.\n"
	"\tread -ra line <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
	"\t[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && line+=('')\n"
	"\tcur=${line[-1]} prev=${line[-2]}\n"
	"\t[[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=}\n"
	"\tif ((${#line[@]} == 2)); then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$_lapicsim_commands\" -- \"$cur\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tfor ((i = 2; i < ${#line[@]} - 1; i++)); do\n"
	"\t\t_lapicsim_describe \"${line[1]}\" \"${line[i]}\"\n"
	"\t\tif [[ $values ]]; then ((i++)); elif [[ ${line[i]} != -* ]]; then typed=1; "
	"fi\n"
	"\tdone\n"
	"\t_lapicsim_describe \"${line[1]}\" \"$prev\"\n"
	"\tif [[ ! $values && $cur == -* ]]; then\n"
	"\t\tvalues=words words=$options\n"
	"\telif [[ ! $values && $first && ! $typed ]]; then\n"
	"\t\tvalues=words words=$first\n"
	"\telif [[ ! $values && $suffixes ]]; then\n"
	"\t\tvalues=arguments\n"
	"\tfi\n"
	"\tcase $values in\n"
	"\tvariants) mapfile -t COMPREPLY < <(compgen -W \"$(_lapicsim_variants)\" -- "
	"\"$cur\") ;;\n"
	"\tfiles) suffixes=any values=arguments ;;\n"
	"\tfolders) suffixes='' values=arguments ;;\n"
	"\twords) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
	"\tesac\n"
	"\tif [[ $values == arguments ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(_lapicsim_files \"$suffixes\" | sort -u)\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\tfi\n"
	"\t# A scenario that is not here is looked for in the library.\n"
	"\tif [[ ! ${COMPREPLY[*]} && $values == arguments && $suffixes == yaml* ]]; then\n"
	"\t\twords=$(\"${line[0]}\" list scenarios 2>/dev/null | cut -d' ' -f1)\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"\tfi\n"
	"\t[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace "
	"2>/dev/null\n"
	"\t# The shell puts the replies behind its own last word, which a = or : has cut.\n"
	"\tif [[ $cur == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then\n"
	"\t\ti=${cur%\"${cur##*[=:]}\"}\n"
	"\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"$i\"}\")\n"
	"\tfi\n"
	"}\n"
	"complete -F _lapicsim lapicsim\n";

static void bash_tail(GString *out) { g_string_append(out, bash_script); }

/* --- zsh --- */

/* In single quotes, inside [...] or a field between colons. */
static void append_zsh(GString *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			g_string_append(out, "'\\''");
		else if (strchr("[]:\\", *text))
			g_string_append_printf(out, "\\%c", *text);
		else
			g_string_append_c(out, *text);
}

static void zsh_value(GString *out, const GOptionEntry *e)
{
	const struct placeholder *p = placeholder_of(e);

	g_string_append_c(out, ':');
	append_zsh(out, e->arg_description);
	switch (p->values) {
	case VALUES_NONE: g_string_append(out, ": "); break;
	case VALUES_FILES: g_string_append(out, ":_files"); break;
	case VALUES_FOLDERS: g_string_append(out, ":_files -/"); break;
	case VALUES_VARIANTS: g_string_append(out, ":_lapicsim_variants"); break;
	case VALUES_WORDS: g_string_append_printf(out, ":_lapicsim_words %s", p->list); break;
	}
}

static void zsh_option(GString *out, const GOptionEntry *e)
{
	const char *value = takes_value(e) ? "=" : "";

	g_string_append(out, " \\\n\t\t");
	if (is_repeated(e))
		g_string_append(out, "\\*");
	else if (e->short_name)
		g_string_append_printf(out, "'(-%c --%s)'", e->short_name, e->long_name);
	if (e->short_name)
		g_string_append_printf(out, "{-%c,--%s%s}", e->short_name, e->long_name, value);
	else
		g_string_append_printf(out, "--%s%s", e->long_name, value);
	g_string_append(out, "'[");
	append_zsh(out, e->description);
	g_string_append_c(out, ']');
	if (takes_value(e))
		zsh_value(out, e);
	g_string_append_c(out, '\'');
}

static void zsh_command(GString *out, const struct command_text *t)
{
	struct arguments arguments;

	arguments_of(t->usage, &arguments);
	const char *files = files_of(&arguments, true);

	g_string_append_printf(out,
			       "_lapicsim_%s() {\n\t_arguments -s \\\n"
			       "\t\t'(-h --help)'{-h,--help}'[Show this help]'",
			       t->name);
	for (const GOptionEntry *e = t->entries; e->long_name; e++)
		if (is_option(e))
			zsh_option(out, e);
	if (*arguments.words)
		g_string_append_printf(out, " \\\n\t\t'1: :(%s)'", arguments.words);
	if (files)
		g_string_append_printf(out, " \\\n\t\t'*:file:%s'", files);
	g_string_append(out, "\n}\n\n");
	g_free(arguments.words);
}

static void zsh_head(GString *out, const struct command *const *all, size_t n, const char *version)
{
	g_string_append_printf(
		out,
		"#compdef lapicsim\n"
		"# zsh completion of lapicsim %s, made by lapicsim docs completion-zsh.\n\n"
		"typeset -gA _lapicsim_lists\n",
		version);
	append_lists(out, "_lapicsim_lists[%s]='%s'\n");
	g_string_append(
		out, "\n_lapicsim_words() {\n"
		     "\tlocal -a plain open\n"
		     "\tplain=(${=_lapicsim_lists[$@[-1]]})\n"
		     "\topen=(${(M)plain:#*=})\n"
		     "\tplain=(${plain:#*=})\n"
		     "\tcompadd \"${@[1,-2]}\" -a plain\n"
		     "\tcompadd \"${@[1,-2]}\" -S '' -a open\n"
		     "}\n\n"
		     "_lapicsim_variants() {\n"
		     "\tlocal word\n"
		     "\tlocal -a names\n"
		     "\tfor word in ${(M)words:#*.yaml}; do\n"
		     "\t\tnames+=(${(f)\"$($_lapicsim_program replay --check -- "
		     "${(Q)~word} 2>/dev/null |\n"
		     "\t\t\tsed -n 's/^# variant //p')\"})\n"
		     "\tdone\n"
		     "\tcompadd \"$@\" -a names\n"
		     "}\n\n"
		     "# A scenario that is not here is looked for in the library.\n"
		     "_lapicsim_scenarios() {\n"
		     "\tlocal -a names\n"
		     "\t_files \"${@[1,-2]}\" -g \"$@[-1]\" && return\n"
		     "\tnames=(${${(f)\"$($_lapicsim_program list scenarios 2>/dev/null)\"}%% *})\n"
		     "\tcompadd \"${@[1,-2]}\" -a names\n"
		     "}\n\n"
		     "_lapicsim_commands() {\n"
		     "\tlocal -a commands\n"
		     "\tcommands=(\n");
	for (size_t i = 0; i < n; i++) {
		if (all[i]->hidden)
			continue;
		g_string_append_printf(out, "\t\t'%s:", all[i]->name);
		append_zsh(out, all[i]->summary);
		g_string_append(out, "'\n");
	}
	g_string_append(out, "\t)\n\t_describe command commands\n}\n\n");
}

static void zsh_tail(GString *out)
{
	g_string_append(
		out, "_lapicsim() {\n"
		     "\tlocal curcontext=$curcontext state line ret=1 _lapicsim_program=$words[1]\n"
		     "\t_arguments -C '--help[Show help]' '--version[Print the version]' \\\n"
		     "\t\t'1: :_lapicsim_commands' '*:: :->arguments' && ret=0\n"
		     "\tif [[ $state == arguments ]]; then\n"
		     "\t\tcurcontext=${curcontext%:*}-$words[1]:\n"
		     "\t\t_call_function ret _lapicsim_$words[1]\n"
		     "\tfi\n"
		     "\treturn ret\n"
		     "}\n\n"
		     "_lapicsim \"$@\"\n");
}

/* --- the pages --- */

static const struct page {
	const char *format;
	void (*head)(GString *out, const struct command *const *all, size_t n, const char *version);
	void (*command)(GString *out, const struct command_text *text);
	void (*tail)(GString *out);
} pages[] = {
	{ "man", man_head, man_command, man_tail },
	{ "completion-bash", bash_head, bash_command, bash_tail },
	{ "completion-zsh", zsh_head, zsh_command, zsh_tail },
};

static const struct page *find_page(const char *format)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
		if (g_str_equal(pages[i].format, format))
			return &pages[i];
	return NULL;
}

bool describe_command(GString *out, const char *format, const struct command_text *text)
{
	const struct page *page = find_page(format);

	if (page)
		page->command(out, text);
	return page != NULL;
}

int command_docs_print(const char *format, const struct command *const *all, size_t n,
		       const char *version)
{
	const struct page *page = find_page(format);
	g_autoptr(GString) head = g_string_new(NULL);
	g_autoptr(GString) tail = g_string_new(NULL);

	page->head(head, all, n, version);
	page->tail(tail);
	int status = print_part(head->str);

	for (size_t i = 0; i < n && status == EXIT_OK; i++) {
		char *arguments[] = { (char *)all[i]->name, (char *)"--describe", (char *)format,
				      NULL };

		if (!all[i]->hidden)
			status = all[i]->run(3, arguments);
	}
	return status == EXIT_OK ? print_result(tail->str) : status;
}
