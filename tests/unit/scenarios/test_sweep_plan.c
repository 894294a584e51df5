/* SPDX-License-Identifier: MIT */
/* Values of an axis, points of a grid, and constraints, each written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "cost.h"
#include "scenario_fakes.h"
#include "scenario_limits.h"
#include "sweep_plan.h"
#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

static const char base[] = "scenario: base\nduration: 1ms\nkernel: v4.5\n"
			   "host: { tsc: 2400MHz, cpus: [ { id: 0 } ] }\n"
			   "vms: [ { name: vm0, vcpus: [ { id: 0 } ], guest: { workload: "
			   "tscdeadline_latency, delta: 1us } } ]\n"
			   "variants: { before: {}, after: {} }\n";

static struct sweep_plan *plan_of(const char *section, const struct sweep_options *options,
				  struct scenario_file **file, struct diagnostics *d)
{
	g_autofree char *text = g_strconcat(base, section, NULL);

	*file = load_text(text, d);
	assert_non_null(*file);
	return sweep_plan_read(*file, options, d);
}

struct axis_row {
	const char *name;
	const char *axis;   /* KEY=VALUES */
	const char *values; /* "text:number ...", without the number for a word */
	enum axis_unit unit;
};

/* clang-format off */
static const struct axis_row axis_rows[] = {
	{ "numbers one by one", "seed=1..4", "1:1 2:2 3:3 4:4", AXIS_PLAIN },
	{ "a list, blanks around", "seed=7, 3", "7:7 3:3", AXIS_PLAIN },
	{ "a seed beyond 63 bits has no number", "seed=18446744073709551615,1", "18446744073709551615 1", AXIS_WORD },
	{ "one spelling of a time", "vms.vm0.guest.delta=1000ns,1.5us,2 ms", "1us:1000000 1500ns:1500000 2ms:2000000000", AXIS_PS },
	{ "by steps, up to the end at most", "vms.vm0.guest.delta=1us..2us/400ns", "1us:1000000 1400ns:1400000 1800ns:1800000", AXIS_PS },
	{ "by a factor", "vms.vm0.guest.delta=1us..10us*2", "1us:1000000 2us:2000000 4us:4000000 8us:8000000", AXIS_PS },
	{ "by a fraction, each rounded down", "kvm.lapic_timer_advance_ns=5..20*1.5", "5:5 7:7 10:10 15:15", AXIS_PLAIN },
	{ "negative numbers", "kvm.lapic_timer_advance_ns=-1..1", "-1:-1 0:0 1:1", AXIS_PLAIN },
	{ "zero of a time", "vms.vm0.guest.delta=0us..2us/1us", "0ns:0 1us:1000000 2us:2000000", AXIS_PS },
	{ "frequencies in kHz", "host.tsc=2.4GHz,2400001kHz", "2400MHz:2400000 2400001kHz:2400001", AXIS_KHZ },
	{ "releases across a major number", "kernel=v4.19..v5.1", "v4.19:1043 v4.20:1044 v5.0:1280 v5.1:1281", AXIS_RELEASE },
	{ "all variants", "variant=all", "before after", AXIS_WORD },
	{ "all forms", "forms.mode=all", "abs abs_pinned", AXIS_WORD },
	{ "words beside numbers are words", "host.preempt=none,full", "none full", AXIS_WORD },
	{ "times beside cycles are words", "vms.vm0.guest.delta=1us,20 cycles", "1us 20cycles", AXIS_WORD },
};
/* clang-format on */

/* The values as the row writes them; of a decision only as many as the row names: later releases
 * may add forms. */
static void check_axis(void **state)
{
	const struct axis_row *row = *state;
	const char *axes[] = { row->axis, NULL };
	const struct sweep_options options = { .axes = axes };
	g_autoptr(GString) got = g_string_new(NULL);
	struct scenario_file *file;
	struct diagnostics d;
	struct sweep_plan *plan = plan_of("", &options, &file, &d);

	assert_string_equal(d.text->str, "");
	assert_non_null(plan);
	const struct sweep_axis *axis = &plan->axes[0];

	for (uint32_t i = 0; i < axis->n; i++) {
		g_string_append_printf(got, "%s%s", i ? " " : "", axis->values[i].text);
		if (axis->values[i].has_number)
			g_string_append_printf(got, ":%" PRId64, axis->values[i].number);
	}
	if (axis->kind == SWEEP_FORM)
		g_string_truncate(got, MIN(got->len, strlen(row->values)));
	assert_string_equal(got->str, row->values);
	assert_int_equal(axis->unit, row->unit);
	sweep_plan_free(plan);
	scenario_free(file);
	diagnostics_clear(&d);
}

struct where_row {
	const char *name;
	const char *where;
	const char *cells; /* that it admits, of seed 1..3 x delta 1us, 2us x kernel v4.5, v5.2 */
};

/* Cell = 4 * (seed - 1) + 2 * (delta is 2us) + (kernel is v5.2). */
static const struct where_row where_rows[] = {
	{ "a number", "seed >= 3", "8 9 10 11" },
	{ "by the end of the key", "delta == 2000ns", "2 3 6 7 10 11" },
	{ "axis against axis", "delta > 1us * seed", "2 3" },
	{ "a product of axes", "2 * seed * delta <= 4us", "0 1 2 3 4 5" },
	{ "releases", "kernel < v5.0", "0 2 4 6 8 10" },
	{ "not", "seed != 2", "0 1 2 3 8 9 10 11" },
	{ "nothing", "seed > 3", "" },
};

static void check_where(void **state)
{
	const struct where_row *row = *state;
	const char *axes[] = { "seed=1..3", "vms.vm0.guest.delta=1us,2us", "kernel=v4.5,v5.2",
			       NULL };
	const char *where[] = { row->where, NULL };
	const struct sweep_options options = { .axes = axes, .where = where, .variant = "after" };
	g_autoptr(GString) got = g_string_new(NULL);
	struct scenario_file *file;
	struct diagnostics d;
	struct sweep_plan *plan = plan_of("", &options, &file, &d);

	assert_string_equal(d.text->str, "");
	assert_non_null(plan);
	assert_int_equal(plan->cells, 12);
	for (uint64_t cell = 0; cell < plan->cells; cell++)
		if (sweep_plan_admits(plan, cell))
			g_string_append_printf(got, "%s%" PRIu64, got->len ? " " : "", cell);
	assert_string_equal(got->str, row->cells);
	sweep_plan_free(plan);
	scenario_free(file);
	diagnostics_clear(&d);
}

/* An axis of the command line takes the place of the file's; the variants come last. */
static void check_order(void **state)
{
	const char *axes[] = { "host.hz=100,250", "seed=5", NULL };
	const char *metrics[] = { "max(lateness)", NULL };
	const struct sweep_options options = { .axes = axes, .metrics = metrics };
	struct scenario_file *file;
	struct diagnostics d;
	struct sweep_plan *plan =
		plan_of("sweep: { axes: { seed: 1..3, kernel: all }, metrics: { late: "
			"p99(lateness) }, histograms: [ lateness ], expect: true }\n",
			&options, &file, &d);

	assert_non_null(plan);
	assert_int_equal(plan->n_axes, 4);
	assert_string_equal(plan->axes[0].key, "seed");
	assert_int_equal(plan->axes[0].n, 1);
	assert_string_equal(plan->axes[1].key, "kernel");
	assert_int_equal(plan->axes[1].n, 61);
	assert_string_equal(plan->axes[2].key, "host.hz");
	assert_string_equal(plan->axes[3].key, "variant");
	assert_int_equal(plan->axes[1].stride, 4);
	assert_int_equal(plan->cells, 244);
	assert_int_equal(plan->n_metrics, 1);
	assert_string_equal(plan->metrics[0].name, "max(lateness)");
	assert_string_equal(plan->histograms[0].text, "lateness");
	assert_true(plan->expect);
	assert_string_equal(sweep_plan_value(plan, 3, 243)->text, "after");
	assert_string_equal(sweep_plan_value(plan, 2, 243)->text, "250");
	assert_string_equal(sweep_plan_value(plan, 2, 241)->text, "100");
	sweep_plan_free(plan);
	scenario_free(file);
	diagnostics_clear(&d);
}

struct limit_row {
	const char *name;
	const char *axes[3];
	const char *error; /* NULL: no error */
};

/* clang-format off */
static const struct limit_row limit_rows[] = {
	{ "all cells that are allowed", { "seed=1..100000", "vms.vm0.guest.delta=1ns..100ns/1ns" }, NULL },
	{ "one value more",             { "seed=1..100001", "vms.vm0.guest.delta=1ns..100ns/1ns" },
	  "--axis:1:1: error: axes: more than 10000000 points in the grid\n" },
	{ "a product beyond 64 bits",   { "seed=1..1000000", "vms.vm0.guest.delta=1ps..1000000ps/1ps", "host.slice=1ns..1000000ns/1ns" },
	  "--axis:1:1: error: axes: more than 10000000 points in the grid\n" },
	{ "all values that are allowed", { "seed=1..1000000" }, NULL },
	{ "one more",                    { "seed=0..1000000" }, "--axis:1:6: error: seed: more than 1000000 values\n" },
};
/* clang-format on */

static void check_limit(void **state)
{
	const struct limit_row *row = *state;
	const char *axes[] = { row->axes[0], row->axes[1], row->axes[2], NULL };
	const struct sweep_options options = { .axes = axes, .variant = "after" };
	struct scenario_file *file;
	struct diagnostics d;
	struct sweep_plan *plan = plan_of("", &options, &file, &d);

	assert_int_equal(plan == NULL, row->error != NULL);
	if (row->error)
		assert_memory_equal(d.text->str, row->error, strlen(row->error));
	sweep_plan_free(plan);
	scenario_free(file);
	diagnostics_clear(&d);
}

/* As many axes, constraints, metrics and histograms as are allowed, and one more of each. */
struct number_row {
	const char *name;
	unsigned axes; /* besides that of the variants */
	unsigned where, metrics, histograms;
	const char *variant; /* NULL: both */
	const char *error;   /* NULL: no error */
};

/* clang-format off */
static const struct number_row number_rows[] = {
	{ "all axes that are allowed", LIMIT_SWEEP_AXES - 1, 0, 0, 0, "after", NULL },
	{ "all, with that of both variants", LIMIT_SWEEP_AXES - 1, 0, 0, 0, NULL, NULL },
	{ "one axis more", LIMIT_SWEEP_AXES, 0, 0, 0, "after", "--variant:1:1: error: axes: more than 32 axes\n" },
	{ "one more, by both variants", LIMIT_SWEEP_AXES, 0, 0, 0, NULL, "axes: more than 32 axes, with that of the variants\n" },
	{ "one more without it", LIMIT_SWEEP_AXES + 1, 0, 0, 0, NULL, "--axis:1:1: error: axes: more than 32 axes\n" },
	{ "all texts that are allowed", 1, LIMIT_SWEEP_TEXTS, LIMIT_SWEEP_TEXTS, LIMIT_SWEEP_TEXTS, "after", NULL },
	{ "one constraint more", 1, LIMIT_SWEEP_TEXTS + 1, 0, 0, "after", "where: more than 256 constraints\n" },
	{ "one metric more", 1, 0, LIMIT_SWEEP_TEXTS + 1, 0, "after", "metrics: more than 256\n" },
	{ "one histogram more", 1, 0, 0, LIMIT_SWEEP_TEXTS + 1, "after", "histograms: more than 256\n" },
};
/* clang-format on */

static char **numbered(const char *before, const char *after, unsigned n)
{
	char **ret = g_new0(char *, n + 1);

	for (unsigned i = 0; i < n; i++)
		ret[i] = g_strdup_printf("%s%u%s", before, i, after);
	return ret;
}

static void check_numbers(void **state)
{
	const struct number_row *row = *state;
	g_auto(GStrv) axes = g_new0(char *, row->axes + 1);
	g_auto(GStrv) where = numbered("hz != ", "", row->where);
	g_auto(GStrv) metrics = numbered("max(lateness) < ", "us", row->metrics);
	g_auto(GStrv) histograms = numbered("lateness where cpu == ", "", row->histograms);
	const struct sweep_options options = { .axes = (const char *const *)axes,
					       .where = (const char *const *)where,
					       .metrics = (const char *const *)metrics,
					       .histograms = (const char *const *)histograms,
					       .variant = row->variant };
	struct scenario_file *file;
	struct diagnostics d;

	axes[0] = g_strdup("host.hz=1000");
	for (unsigned i = 1; i < row->axes; i++)
		axes[i] = g_strdup_printf("costs.%s=1us", cost_name(i));
	struct sweep_plan *plan = plan_of("", &options, &file, &d);

	if (row->error) {
		assert_null(plan);
		assert_non_null(strstr(d.text->str, row->error));
	} else {
		assert_string_equal(d.text->str, "");
		assert_int_equal(plan->n_axes, row->axes + 1);
		assert_int_equal(plan->n_where, row->where);
		assert_int_equal(plan->n_metrics, row->metrics);
		assert_int_equal(plan->n_histograms, row->histograms);
	}
	sweep_plan_free(plan);
	scenario_free(file);
	diagnostics_clear(&d);
}

int main(void)
{
	char *folder = enter_folder();
	GArray *tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
	struct CMUnitTest t = { .name = "order", .test_func = check_order };

	g_array_append_val(tests, t);
	for (size_t i = 0; i < G_N_ELEMENTS(axis_rows); i++) {
		t = (struct CMUnitTest){ .name = axis_rows[i].name,
					 .test_func = check_axis,
					 .initial_state = (void *)&axis_rows[i] };
		g_array_append_val(tests, t);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(where_rows); i++) {
		t = (struct CMUnitTest){ .name = where_rows[i].name,
					 .test_func = check_where,
					 .initial_state = (void *)&where_rows[i] };
		g_array_append_val(tests, t);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(limit_rows); i++) {
		t = (struct CMUnitTest){ .name = limit_rows[i].name,
					 .test_func = check_limit,
					 .initial_state = (void *)&limit_rows[i] };
		g_array_append_val(tests, t);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(number_rows); i++) {
		t = (struct CMUnitTest){ .name = number_rows[i].name,
					 .test_func = check_numbers,
					 .initial_state = (void *)&number_rows[i] };
		g_array_append_val(tests, t);
	}
	const int failed = _cmocka_run_group_tests("sweep_plan", (struct CMUnitTest *)tests->data,
						   tests->len, NULL, NULL);

	g_array_unref(tests);
	leave_folder(folder);
	return failed;
}
