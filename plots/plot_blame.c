/* SPDX-License-Identifier: MIT */
/*
 * plot_blame - what the lateness is made of: its parts (R21) one behind the other, of each variant
 * the mean of all samples and the worst one. Instants count from the deadline; a bar begins there,
 * or at the expiry if that came before, and ends at the handler.
 *
 * Rounding: a mean is rounded towards zero, at the picosecond.
 */
#include "life.h"
#include "plot_kinds.h"
#include "world.h"

#include <inttypes.h>
#include <stddef.h>

enum { BAR_MEAN, BAR_WORST, BARS };

struct sums { /* of one variant's run */
	struct trace_sink sink;
	const char *variant;
	uint64_t samples, worst_cost;
	__int128 sum[LIFE_PARTS];
	int64_t bar[BARS][LIFE_PARTS]; /* [ps] */
};

static void sum_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct sums *s = (struct sums *)((char *)sink - offsetof(struct sums, sink));

	if (rec->event != TP_LAPIC_SAMPLE)
		return;
	const uint64_t cost = life_cost((int64_t)rec->value[SAMPLE_LATENESS],
					(int64_t)rec->value[SAMPLE_PARTS + LIFE_WAIT]);
	const bool worst = !s->samples || cost > s->worst_cost;

	s->samples++;
	for (unsigned i = 0; i < LIFE_PARTS; i++) {
		const int64_t part = (int64_t)rec->value[SAMPLE_PARTS + i];

		s->sum[i] += part;
		if (worst)
			s->bar[BAR_WORST][i] = part;
	}
	if (worst)
		s->worst_cost = cost;
}

static bool sum_run(struct sums *s, const struct run_result *result,
		    const struct plot_request *request, struct diagnostics *d)
{
	const char *refused = NULL;
	struct world *world = world_new(&result->run->config, &request->replay.limits, &refused);
	g_autoptr(GString) message = g_string_new(NULL);

	*s = (struct sums){ .sink = { .record = sum_record }, .variant = result->variant->name };
	if (!world && !refused)
		g_error("the machine of variant %s", s->variant);
	if (!world)
		return error_plain(d, EXIT_USAGE, "variant %s: %s", s->variant, refused);
	trace_add_sink(world_trace(world), &s->sink);
	const int status = describe_stop(message, world_run(world), world_sim(world));

	world_free(world);
	for (unsigned i = 0; i < LIFE_PARTS && s->samples; i++)
		s->bar[BAR_MEAN][i] = (int64_t)(s->sum[i] / s->samples);
	return status == EXIT_OK ||
	       error_plain(d, status, "variant %s: %s", s->variant, message->str);
}

/* --- bars --- */

struct picture {
	const struct sums *sums;
	uint32_t n;
	int64_t low, high; /* [ps] */
	const struct plot_unit *unit;
};

/* Where part @i of @bar begins and ends. What fired early begins before the deadline. */
static void part_range(const int64_t bar[LIFE_PARTS], unsigned i, int64_t *from, int64_t *to)
{
	int64_t at = bar[LIFE_FIRE];

	*from = i == LIFE_FIRE ? MIN(at, 0) : at;
	*to = MAX(at, *from);
	for (unsigned k = LIFE_NOTIFY; k <= i; k++) {
		*from = at;
		*to = at += bar[k];
	}
	if (i == LIFE_FIRE && bar[LIFE_FIRE] < 0)
		*to = *from;
}

static void find_range(struct picture *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		for (unsigned b = 0; b < BARS; b++) {
			int64_t from, to;

			part_range(p->sums[i].bar[b], LIFE_FIRE, &from, &to);
			p->low = MIN(p->low, from);
			part_range(p->sums[i].bar[b], LIFE_DELIVER, &from, &to);
			p->high = MAX(p->high, to);
		}
	p->unit = plot_unit_of(EXACT_TIME, MAX(-(__int128)p->low, (__int128)p->high));
}

static void box(struct plot *plot, const struct picture *p, uint32_t lane, int64_t from, int64_t to)
{
	plot_cell(plot, from, 1, p->unit);
	plot_cell_int(plot, lane);
	plot_cell(plot, from, 1, p->unit);
	plot_cell(plot, to, 1, p->unit);
	plot_row_end(plot);
}

/* One series a part that any bar has. */
static void boxes(struct plot *plot, const struct picture *p)
{
	unsigned n = 0;

	plot_table(plot, "boxes", "from, lane, from, to");
	for (unsigned part = 0; part < LIFE_PARTS; part++) {
		bool any = false;

		for (uint32_t lane = 0; lane < p->n * BARS; lane++) {
			int64_t from, to;

			part_range(p->sums[lane / BARS].bar[lane % BARS], part, &from, &to);
			if (from == to)
				continue;
			if (!any)
				plot_series(plot);
			any = true;
			box(plot, p, lane, from, to);
		}
		if (!any)
			continue;
		g_autofree char *name = g_strdup_printf("name_%u", ++n);
		g_autofree char *colour = g_strdup_printf("colour_%u", n);

		plot_text(plot, name, life_part_names[part]);
		plot_number(plot, colour, part + 1);
	}
	plot_number(plot, "n", n);
}

static void lanes(struct plot *plot, const struct picture *p)
{
	static const char *const names[BARS] = { "mean", "worst" };

	plot_table(plot, "words", "end, lane, lateness");
	plot_series(plot);
	for (uint32_t lane = 0; lane < p->n * BARS; lane++) {
		const struct sums *s = &p->sums[lane / BARS];
		g_autofree char *tic = g_strdup_printf("%s: %s", s->variant, names[lane % BARS]);
		g_autoptr(GString) text = g_string_new(NULL);
		int64_t from, to;

		plot_tic(plot, "y", tic, lane);
		part_range(s->bar[lane % BARS], LIFE_DELIVER, &from, &to);
		append_value(text, to, 1, plot_unit_of(EXACT_TIME, ABS(to)));
		plot_cell(plot, MAX(to, 0), 1, p->unit);
		plot_cell_int(plot, lane);
		plot_cell_text(plot, s->samples ? text->str : "no samples");
		plot_row_end(plot);
	}
	plot_number(plot, "lanes", p->n * BARS);
}

#define MARGIN_DIVISOR 6 /* of the range, on the right, where the words stand */

static struct plot *draw(struct picture *p, const struct replay *replay,
			 const struct plot_request *request)
{
	struct plot *plot = plot_new("blame");

	find_range(p);
	const int64_t margin = (p->high - p->low) / MARGIN_DIVISOR;

	plot_titles_of_replay(plot, replay, &request->replay, "parts of the lateness");
	plot_label(plot, "x_label", "time from the deadline", p->unit);
	plot_number(plot, "x_low", p->low / (int64_t)p->unit->factor - 1);
	plot_number(plot, "x_high", (p->high + margin) / (int64_t)p->unit->factor + 1);
	boxes(plot, p);
	lanes(plot, p);
	return plot;
}

struct plot *plot_blame(const struct plot_request *request, struct diagnostics *d)
{
	struct replay *replay = replay_load(request->path, &request->replay, d, NULL);
	struct plot *plot = NULL;

	if (replay && replay_resolve(replay, &request->replay, d)) {
		g_autofree struct sums *sums = g_new0(struct sums, replay->n_results);
		struct picture p = { .sums = sums };
		uint64_t samples = 0;
		bool ok = true;

		for (uint32_t i = 0; i < replay->n_results && ok; i++) {
			if (!replay->results[i].run)
				continue;
			ok = sum_run(&sums[p.n], &replay->results[i], request, d);
			samples += sums[p.n++].samples;
		}
		if (ok && !samples)
			error_plain(d, EXIT_USAGE, "%s: no deadline is delivered", request->path);
		else if (ok)
			plot = draw(&p, replay, request);
	}
	replay_free(replay);
	return plot;
}
