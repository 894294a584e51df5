/* SPDX-License-Identifier: MIT */
/* docs/scenarios.md: what the tables hold, as a page. A test fails when the page in the tree is
 * older. */
#include "parameters.h"
#include "scenario.h"
#include "scenario_limits.h"
#include "scenario_program.h"

#include <inttypes.h>
#include <string.h>

static const char head[] =
	"# Scenario files\n\n"
	"This page is generated from the tables of `scenarios/language/`: change them, not the "
	"page.\n\n"
	"A scenario is a YAML file: a host, its VMs, a kernel, what happens when, the variants "
	"that are run\n"
	"side by side, and what must hold afterwards. Unknown, unused and repeated keys, missing "
	"or wrong\n"
	"units, and values out of range are errors with their place in the file.\n\n"
	"A whole one, with its expectations; more stand in `scenarios/library/`:\n\n"
	"```yaml\n"
	"scenario: my-guest\n"
	"about: Is the timer of a busy guest on a nohz_full CPU late?\n"
	"duration: 200ms\n"
	"kernel: v4.5\n"
	"host:\n"
	"  hz: 1000\n"
	"  tsc: 2400MHz\n"
	"  cpus: [ { id: 0 }, { id: 1, nohz_full: true } ]\n"
	"vms:\n"
	"  - name: vm0\n"
	"    vcpus: [ { id: 0, affinity: [1] } ]\n"
	"    guest: { workload: tscdeadline_latency, wait: spin, delta: 2ms, other_exits: { every: "
	"4ms } }\n"
	"timeline:\n"
	"  - { at: 50ms, do: hog-start, cpu: 0 }\n"
	"  - { at: 90ms, do: hog-stop, cpu: 0 }\n"
	"variants:\n"
	"  before: {}\n"
	"  after: { apply: [ 61abdbe0bcc2 ] }\n"
	"expect:\n"
	"  - { id: late, only: before, that: \"max(lateness) >= 1ms\" }\n"
	"  - { id: prompt, only: after, that: \"max(lateness) < 20us\" }\n"
	"```\n\n"
	"`lapicsim replay FILE --check` prints what a file comes to, every parameter and every "
	"form, "
	"a\n"
	"document for each variant; each reads back to the same run (expectations are not part of "
	"it).\n\n"
	"An editor with a YAML language server completes and checks keys, names and units if the "
	"file "
	"begins with\n"
	"`# yaml-language-server: $schema=/usr/local/share/lapicsim/scenario.schema.json`, which "
	"`meson install` puts there\n"
	"(`lapicsim docs schema` prints it). What takes more than one place to know it leaves to "
	"`--check`: keys that are missing,\n"
	"because an include, a variant or `--set` may bring them, keys that a workload does not "
	"use, "
	"ranges of numbers with a\n"
	"unit, and names of VMs, variants, commits and files. It wants numbers and booleans "
	"without "
	"quotes.\n\n"
	"## Reading and merging\n\n"
	"* One document of plain YAML: no anchors, aliases, tags, merge keys or directives. The "
	"type of a\n"
	"  value comes from its key, so nothing needs quotes to stay a text.\n"
	"* `include:` names fragments: files without the key `scenario:`. Each is looked up beside "
	"the file\n"
	"  that includes it, then in the library. No absolute path, no `..`.\n"
	"* Fragments are the base, the file overrides them, a variant overrides the file, and "
	"`--set`\n"
	"  overrides all. Maps merge key by key. A list replaces the one before, but `vms` merge "
	"by `name`,\n"
	"  `vcpus` and `host.cpus` by `id`; of an empty one nothing is left. A cost is replaced "
	"whole.\n"
	"* `about`, `source` and `include` of a fragment are its own; everything else is merged.\n"
	"* `--set PATH=VALUE` names elements of these lists by name and id:\n"
	"  `vms.vm0.guest.delta=1ms`, `vms.vm0.vcpus.0.affinity=[1]`, "
	"`host.cpus.1.nohz_full=true`,\n"
	"  `forms.mode=abs`, `costs.vmexit=1us`. A file named there counts from the working "
	"directory.\n"
	"* All variants are checked, also those that are not run. A file without `variants` has "
	"one: `run`.\n\n"
	"## Kernel\n\n"
	"`kernel` picks the newest form of every decision that is not younger than the release. "
	"Then the\n"
	"commits of `apply` are applied in their order, then those of `revert` reverted, then "
	"`forms` names\n"
	"single forms. A form that contradicts what `apply` or `revert` chose is an error, and so "
	"is a\n"
	"`revert` whose form is not in force. `lapicsim list kernels` shows decisions, forms and "
	"commits.\n\n"
	"## Values\n\n"
	"| kind | how it is written |\n| --- | --- |\n"
	"| duration, instant | a number with `ps`, `ns`, `us`, `ms` or `s`: `2ms`, `1.5 us`. Exact "
	"to the "
	"picosecond, or an error |\n"
	"| cycles | a number with `cycles`: `4096cycles` |\n"
	"| duration or cycles | either; cycles count on the clock of whoever waits: the guest's "
	"TSC in "
	"`guest`, the host's in `costs` |\n"
	"| frequency | a number with `kHz`, `MHz` or `GHz`: `2.4GHz`, exact to the kHz |\n"
	"| whole number | decimal digits |\n"
	"| list of CPUs | `[0, 2-3]`, `1-3` or `2` |\n"
	"| name | 1 to 64 letters, digits, `_`, `.`, `-` |\n"
	"| commit | 7 to 40 hexadecimal digits |\n"
	"| file | beside the file that names it, or in the library |\n"
	"| module parameter (under `kvm`, `kvm_intel`) | as modprobe takes it: no unit, Y or N "
	"|\n\n";

static const char tail[] = "## The list `expect`\n\n"
			   "`that` compares sums and products of numbers with units and of "
			   "aggregates; it stands on one line.\n"
			   "`only` or `not` choose variants; without them it must hold in all. "
			   "`recorded` names a CSV file whose\n"
			   "columns the expectation reads as `recorded.COLUMN`.\n";

/* A text inside a cell of a table. */
static void append_cell(GString *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
}

static void append_parameter(GString *out, const struct parameter *p)
{
	g_string_append_printf(out, "| `%s` | ", p->key);
	parameter_print_type(out, p);
	g_string_append(out, " | ");
	if (p->def)
		g_string_append_printf(out, "`%s`", p->def);
	else
		append_cell(out, p->absent ? p->absent : "**must be there**");
	g_string_append(out, " | ");
	append_cell(out, p->help);
	if (p->kernel) {
		g_string_append(out, " (`");
		append_cell(out, p->kernel);
		g_string_append(out, "`)");
	}
	g_string_append(out, " |\n");
}

static void append_section(GString *out, enum section_id id)
{
	const struct section *s = section_get(id);
	size_t n;
	const struct parameter *all = parameters_all(&n);

	g_string_append_printf(out, "### %s\n\n", *s->path ? s->path : "Top level");
	if (*s->path)
		g_string_append_printf(out, "%c%s.%s%s%s\n\n", g_ascii_toupper(s->help[0]),
				       s->help + 1, s->id_key ? " Lists merge by `" : "",
				       s->id_key ? s->id_key : "", s->id_key ? "`." : "");
	g_string_append(out,
			"| key | value | if absent | what it is |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n; i++)
		if (all[i].section == id)
			append_parameter(out, &all[i]);
	g_string_append_c(out, '\n');
}

static void append_commands(GString *out)
{
	g_string_append(out, "## Timeline commands\n\n| `do` | needs | may have | effect |\n"
			     "| --- | --- | --- | --- |\n");
	for (const struct value_name *name = command_names(); name->name; name++) {
		const struct command_keys *keys = command_keys(name->value);

		g_string_append_printf(out, "| `%s` | %s | %s | %s |\n", name->name, keys->needed,
				       keys->optional, keys->help);
	}
	g_string_append(out, "\n`at` is an instant before the end of the run; `every` repeats the "
			     "command from `at` on, or from the\nend of the first period.\n\n");
}

static const char sweeps[] =
	"## Sweeps\n\n"
	"`lapicsim sweep FILE -o R.sqlite` runs the file at every point of a grid. The section "
	"`sweep` says\n"
	"what varies; `--axis KEY=VALUES`, `--where`, `--metric` and `--histogram` say it on the "
	"command line.\n\n"
	"```yaml\n"
	"sweep:\n"
	"  axes:\n"
	"    kernel: v4.2..v6.19\n"
	"    vms.vm0.guest.delta: 100us..10ms*2\n"
	"    host.hz: [100, 250, 1000]\n"
	"    seed: 1..20\n"
	"  where: [ \"delta >= 200us\" ]\n"
	"  metrics: { late: p99(lateness), drops: count(drop) }\n"
	"  histograms: [ lateness ]\n"
	"```\n\n"
	"* An axis is a parameter as `--set` names it, or `kernel`, `forms.DECISION`, `seed`, "
	"`variant`. The\n"
	"  last axis moves fastest. Without an axis `variant`, all variants of the file are one "
	"more, the\n"
	"  last. `--axis` and `--variant` replace the file's axis of that name; `--set` of an axis "
	"is "
	"an error.\n"
	"* Values: a list of values and ranges. `1..20` counts (of releases it takes every one), "
	"`A..B/STEP` goes\n"
	"  by steps, `A..B*FACTOR` by a factor, each value rounded down and the next computed from "
	"it. `all` is\n"
	"  every release, variant, or form of the decision. A value is a number with its unit, or "
	"a "
	"word.\n"
	"* `where` admits a point if all its comparisons hold: `A OP B`, each side a product of "
	"numbers with\n"
	"  units, releases, words, and axes, by their keys or what stands behind the last dot.\n"
	"* A metric is an expression as in an expectation: `p99(lateness) - 2us`; a comparison is "
	"1 "
	"or 0. A\n"
	"  histogram is `METRIC [where CONDITION]`. A map gives them names.\n"
	"* The seed of a point is a hash of the master seed (`seed`, `--seed`) and the point's "
	"parameters,\n"
	"  but not of kernel, forms and variant: these meet the same draws. An axis `seed` names "
	"the seeds\n"
	"  itself.\n"
	"* A point whose parameters contradict each other is stored as `refused`, with the reason; "
	"a run that\n"
	"  breaks an invariant or uses up a budget as `broken` or `budget`.\n\n";

static void append_limits(GString *out)
{
	size_t n;
	const struct limit *all = limits_all(&n);

	g_string_append(out, "## Limits\n\nOne more is an error.\n\n| limit | value | of |\n"
			     "| --- | --- | --- |\n");
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "| `%s` | %" PRIu64 " %s | %s |\n", all[i].name,
				       all[i].value, all[i].unit, all[i].what);
	g_string_append_c(out, '\n');
}

void scenario_docs(GString *out)
{
	g_string_append(out, head);
	g_string_append(out, "## Keys\n\n");
	for (enum section_id id = 0; id < SECTION_COUNT; id++)
		append_section(out, id);
	append_commands(out);
	scenario_program_docs(out);
	g_string_append(out, sweeps);
	append_limits(out);
	g_string_append(out, tail);
}
