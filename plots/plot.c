/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "command.h"
#include "gnuplot.h"
#include "input_file.h"
#include "installed.h"
#include "output_file.h"
#include "run.h"

#include <inttypes.h>
#include <string.h>

#define DECIMALS 6
#define SCRIPT_BYTES_MAX (1u << 20)
#define LOG_FROM 50 /* a larger ratio of the largest to the least value is shown on a log scale */

struct plot {
	char *kind, *title;
	GString *variables, *tables;
	bool in_table, in_series, in_row;
	unsigned n_series;
};

struct plot *plot_new(const char *kind)
{
	struct plot *plot = g_new0(struct plot, 1);

	plot->kind = g_strdup(kind);
	plot->title = g_strdup(kind);
	plot->variables = g_string_new(NULL);
	plot->tables = g_string_new(NULL);
	return plot;
}

void plot_free(struct plot *plot)
{
	if (!plot)
		return;
	g_free(plot->kind);
	g_free(plot->title);
	g_string_free(plot->variables, TRUE);
	g_string_free(plot->tables, TRUE);
	g_free(plot);
}

/* --- what reaches gnuplot --- */

/* A quote is doubled, and no line ends within a text; nothing else means anything in there. */
static void append_quoted(GString *out, const char *text)
{
	g_string_append_c(out, '\'');
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			g_string_append(out, "''");
		else if (g_ascii_iscntrl(*c))
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, *c);
	}
	g_string_append_c(out, '\'');
}

void plot_text(struct plot *plot, const char *name, const char *text)
{
	if (g_str_equal(name, "title")) {
		g_free(plot->title);
		plot->title = g_strdup(text);
	}
	g_string_append_printf(plot->variables, "%s = ", name);
	append_quoted(plot->variables, text);
	g_string_append_c(plot->variables, '\n');
}

void plot_number(struct plot *plot, const char *name, int64_t value)
{
	g_string_append_printf(plot->variables, "%s = %" PRId64 "\n", name, value);
}

static void end_table(struct plot *plot)
{
	if (plot->in_table)
		g_string_append(plot->tables, "EOD\n");
	plot->in_table = false;
}

void plot_table(struct plot *plot, const char *name, const char *columns)
{
	end_table(plot);
	g_string_append_printf(plot->tables, "$%s << EOD\n# %s: %s\n", name, name, columns);
	plot->in_table = true;
	plot->n_series = 0;
}

void plot_series(struct plot *plot)
{
	if (plot->n_series++)
		g_string_append(plot->tables, "\n\n");
}

static void begin_cell(struct plot *plot)
{
	if (plot->in_row)
		g_string_append_c(plot->tables, '\t');
	plot->in_row = true;
}

void plot_cell_int(struct plot *plot, int64_t value)
{
	begin_cell(plot);
	g_string_append_printf(plot->tables, "%" PRId64, value);
}

void plot_cell_text(struct plot *plot, const char *text)
{
	static const char harmless[] = " _.,:;=()<>+-*/%[]|";

	begin_cell(plot);
	/* Never empty, and never taken for a comment or for the end of the table. */
	g_string_append_c(plot->tables, ' ');
	for (const char *c = text; *c; c++)
		g_string_append_c(plot->tables,
				  g_ascii_isalnum(*c) || strchr(harmless, *c) ? *c : '?');
}

void plot_row_end(struct plot *plot)
{
	g_string_append_c(plot->tables, '\n');
	plot->in_row = false;
}

void plot_gap(struct plot *plot) { g_string_append_c(plot->tables, '\n'); }

void plot_tic(struct plot *plot, const char *axis, const char *text, int64_t at)
{
	g_string_append_printf(plot->variables, "set %stics %s(", axis, at ? "add " : "");
	append_quoted(plot->variables, text);
	g_string_append_printf(plot->variables, " %" PRId64 ")\n", at);
}

/* --- numbers --- */

const struct plot_unit *plot_unit_of(struct exact_unit unit, __int128 most)
{
	static const struct plot_unit times[] = {
		{ "s", 1000000000000 }, { "ms", 1000000000 }, { "us", 1000000 }, { "ns", 1000 }
	};
	static const struct plot_unit cycles = { "cycles", 1 }, plain = { "", 1 },
				      other = { "base units", 1 };

	if (exact_unit_equal(unit, EXACT_CYCLES))
		return &cycles;
	if (exact_unit_equal(unit, EXACT_PLAIN))
		return &plain;
	if (!exact_unit_equal(unit, EXACT_TIME))
		return &other;
	for (size_t i = 0; i + 1 < G_N_ELEMENTS(times); i++)
		if (most >= (__int128)times[i].factor * 2)
			return &times[i];
	return &times[G_N_ELEMENTS(times) - 1];
}

static __int128 magnitude(__int128 v) { return v < 0 ? -v : v; }

const struct plot_unit *plot_unit_of_axis(struct exact_unit unit, __int128 least, __int128 most)
{
	__int128 low = least, high = most;

	if (!plot_wants_log(least, most))
		return plot_unit_of(unit, MAX(magnitude(least), magnitude(most)));
	/* Twice the geometric mean, near enough: a unit has at least two of what it is chosen by.
	 */
	for (; low < high; high /= 2)
		low *= 2;
	return plot_unit_of(unit, low * 2);
}

static void append_u128(GString *out, unsigned __int128 value, int digits)
{
	char text[48];
	int at = sizeof(text);

	text[--at] = '\0';
	do {
		text[--at] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value || (int)sizeof(text) - 1 - at < digits);
	g_string_append(out, text + at);
}

/* Decimals that are zero are not written. */
static void append_fraction(GString *out, unsigned __int128 millionths)
{
	int digits = DECIMALS;

	if (!millionths)
		return;
	while (millionths % 10 == 0) {
		millionths /= 10;
		digits--;
	}
	g_string_append_c(out, '.');
	append_u128(out, millionths, digits);
}

void append_decimal(GString *out, __int128 num, __int128 den, const struct plot_unit *unit)
{
	const unsigned __int128 divisor = (unsigned __int128)den * unit->factor;
	unsigned __int128 rest = (unsigned __int128)num, millionths = 0;

	if (num < 0) {
		rest = -rest;
		g_string_append_c(out, '-');
	}
	const unsigned __int128 whole = rest / divisor;

	rest %= divisor;
	for (int i = 0; i < DECIMALS; i++) {
		rest *= 10;
		millionths = millionths * 10 + rest / divisor;
		rest %= divisor;
	}
	append_u128(out, whole, 1);
	append_fraction(out, millionths);
}

/* At most @digits, and at most @decimals of them behind the point. */
static void append_cut(GString *out, __int128 num, __int128 den, const struct plot_unit *unit,
		       size_t digits, size_t decimals)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_decimal(text, num, den, unit);
	const char *point = strchr(text->str, '.');

	if (point) {
		const size_t whole = (size_t)(point - text->str);
		const size_t room = whole < digits ? MIN(digits - whole, decimals) : 0;

		g_string_truncate(text, MIN(text->len, room ? whole + 1 + room : whole));
	}
	g_string_append(out, text->str);
}

void append_short(GString *out, __int128 num, __int128 den, const struct plot_unit *unit)
{
	append_cut(out, num, den, unit, 3, 3);
}

void append_value(GString *out, __int128 num, __int128 den, const struct plot_unit *unit)
{
	append_cut(out, num, den, unit, SIZE_MAX, 3);
	if (*unit->name)
		g_string_append_printf(out, " %s", unit->name);
}

void plot_cell(struct plot *plot, __int128 num, __int128 den, const struct plot_unit *unit)
{
	begin_cell(plot);
	append_decimal(plot->tables, num, den, unit);
}

void plot_label(struct plot *plot, const char *name, const char *what, const struct plot_unit *unit)
{
	g_autofree char *text =
		*unit->name ? g_strdup_printf("%s [%s]", what, unit->name) : g_strdup(what);

	plot_text(plot, name, text);
}

static void plot_decimal(struct plot *plot, const char *axis, const char *end, __int128 value,
			 const struct plot_unit *unit)
{
	g_string_append_printf(plot->variables, "%s_%s = ", axis, end);
	append_decimal(plot->variables, value, 1, unit);
	g_string_append_c(plot->variables, '\n');
}

void plot_flat(struct plot *plot, const char *axis, __int128 least, __int128 most,
	       const struct plot_unit *unit)
{
	const __int128 tenth = MAX((most < 0 ? -most : most) / 10, (__int128)unit->factor);

	g_string_append_printf(plot->variables, "%s_flat = %d\n", axis, least == most);
	plot_decimal(plot, axis, "low", least - tenth, unit);
	plot_decimal(plot, axis, "high", most + tenth, unit);
}

bool plot_wants_log(__int128 least, __int128 most) { return least > 0 && most / LOG_FROM >= least; }

/* --- the script --- */

static int append_file(GString *out, const char *folder, const char *name, char **error)
{
	g_autofree char *file = g_strdup_printf("%s.gp", name);
	g_autofree char *path = g_build_filename(folder, file, NULL);
	struct input_text in;
	const int status = input_text(path, SCRIPT_BYTES_MAX, &in, error);

	if (status != EXIT_OK)
		return status;
	g_string_append_printf(out, "\n# --- %s\n", file);
	g_string_append(out, in.text);
	g_free(in.text);
	return EXIT_OK;
}

/* In the right half of a command of sed, in single quotes for a shell: whatever could mean anything
 * to one of them is a number of XML. */
static void append_for_sed(GString *out, const char *text)
{
	static const char harmless[] = " _.,:;=()+-*%[]#!/@";
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	for (const char *c = escaped; *c; c = g_utf8_next_char(c)) {
		if (g_ascii_isalnum(*c) || strchr(harmless, *c))
			g_string_append_c(out, *c);
		else if (*c == '&')
			g_string_append(out, "\\&");
		else if (g_ascii_iscntrl(*c))
			g_string_append_c(out, ' ');
		else
			g_string_append_printf(out, "\\&#%" PRIu32 ";", g_utf8_get_char(c));
	}
}

/*
 * What gnuplot marks as hypertext, for a script of its own, becomes the title of the point, which
 * viewers show without one; the picture gets a title, and loses gnuplot's version. The picture goes
 * through sed, so that the script draws the same one without lapicsim.
 */
static void append_titles(GString *out, const char *title)
{
	g_string_append(out, "set output '| LC_ALL=C sed "
			     "-e ''s|<g onmousemove=\"gnuplot_svg.showHypertext(evt,.\\(.*\\).)\""
			     " onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>"
			     "|<g><title>\\1</title>|'' "
			     "-e ''/^<desc>.*<[/]desc>$/d'' "
			     "-e ''s|<title>Gnuplot</title>|<title>");
	append_for_sed(out, title);
	g_string_append(out, "</title>|'''\n");
}

static void append_terminal(GString *out, const struct plot *plot, enum plot_format format)
{
	const bool tall = g_str_equal(plot->kind, "advance"); /* two panels */

	g_string_append_printf(out, "dumb = %d\n", format == PLOT_DUMB);
	if (format == PLOT_DUMB) {
		g_string_append_printf(out, "set terminal dumb size 110,%d mono noenhanced\n",
				       tall ? 50 : 34);
		return;
	}
	g_string_append_printf(out,
			       "set terminal svg size 960,%d dynamic background '#ffffff' "
			       "font 'sans-serif,14' noenhanced\n",
			       tall ? 720 : 540);
	append_titles(out, plot->title);
}

GString *plot_script(const struct plot *plot, enum plot_format format, const char *folder,
		     int *status, char **error)
{
	g_autofree char *found =
		folder ? g_strdup(folder) : installed_folder("plots", LAPICSIM_SOURCE_PLOTS);
	GString *out = g_string_new("# Draw it with: gnuplot -d THIS > PICTURE\n"
				    "set encoding utf8\n");

	append_terminal(out, plot, format);
	g_string_append(out, plot->variables->str);
	g_string_append(out, plot->tables->str);
	if (plot->in_table)
		g_string_append(out, "EOD\n");
	*status = append_file(out, found, "style", error);
	if (*status == EXIT_OK)
		*status = append_file(out, found, plot->kind, error);
	if (*status == EXIT_OK)
		return out;
	g_string_free(out, TRUE);
	return NULL;
}

/* --- the picture --- */

/* "dir/a.svg" -> "dir/a" + @suffix */
static char *beside(const char *path, const char *suffix)
{
	const char *dot = strrchr(path, '.');

	if (!dot || strchr(dot, '/'))
		dot = path + strlen(path);
	return g_strdup_printf("%.*s%s", (int)(dot - path), path, suffix);
}

/* The script and the data of the picture @path. */
static int write_gp(const char *path, const GString *script, const GString *data, char **error)
{
	g_autofree char *gp = beside(path, ".gp"), *dat = beside(path, ".dat");
	int status = output_check(path, error);

	if (status == EXIT_OK)
		status = output_check(gp, error);
	if (status == EXIT_OK)
		status = output_check(dat, error);
	if (status == EXIT_OK)
		status = write_file(gp, script->str, script->len, error);
	if (status == EXIT_OK)
		status = write_file(dat, data->str, data->len, error);
	return status;
}

/* The tables alone: what another program would draw. */
static GString *data_of(const struct plot *plot)
{
	GString *out = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(plot->tables->str, "\n", -1);
	bool first = true;

	for (char **line = lines; *line && line[1]; line++) {
		if (g_str_equal(*line, "EOD"))
			continue;
		if (**line != '$')
			g_string_append_printf(out, "%s\n", *line);
		else if (!first)
			g_string_append(out, "\n\n");
		first = false;
	}
	return out;
}

GString *plot_svg(const struct plot *plot, int *status, char **error)
{
	g_autoptr(GString) script = plot_script(plot, PLOT_SVG, NULL, status, error);

	return script ? gnuplot_draw(script, status, error) : NULL;
}

int plot_draw(const struct plot *plot, const struct plot_output *output, char **error)
{
	int status;
	g_autoptr(GString) script =
		plot_script(plot, output->format, output->folder, &status, error);

	if (!script)
		return status;
	g_autoptr(GString) picture = gnuplot_draw(script, &status, error);

	if (!picture)
		return status;
	if (!output->path)
		return print_result(picture->str);
	if (output->emit_gp) {
		g_autoptr(GString) data = data_of(plot);

		status = write_gp(output->path, script, data, error);
		if (status != EXIT_OK)
			return status;
	}
	return write_file(output->path, picture->str, picture->len, error);
}
