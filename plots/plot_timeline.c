/* SPDX-License-Identifier: MIT */
/*
 * plot_timeline - the life of one deadline in every variant: what the vCPU did from the write that
 * armed it to its handler, the interrupts on the CPUs concerned, and arrows from arming to firing
 * to injection. Instants count from the deadline.
 *
 * The deadline is the one that costs most in the first variant (life.h); the others show the one of
 * the same vCPU and number.
 */
#include "deadlines.h"
#include "plot_kinds.h"
#include "world.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define BOXES_MAX 20000u /* of one variant */

enum box_kind { BOX_GUEST, BOX_EXIT, BOX_ASLEEP, BOX_WAIT, BOX_INTERRUPT, BOX_KINDS };

struct box {
	enum box_kind kind;
	ps_t from, to;
	uint32_t cpu; /* BOX_INTERRUPT */
};

struct lane_watch { /* of one variant's run */
	struct trace_sink sink;
	struct life life;
	uint32_t task; /* of the vCPU */
	GArray *boxes; /* of struct box */
	bool too_many;
	ps_t since; /* what the vCPU does now began */
	enum box_kind doing;
	ps_t *interrupt; /* by CPU: began then; PS_NEVER: none */
	ps_t injected;
};

/* --- watching --- */

static void add_box(struct lane_watch *w, const struct box *box)
{
	if (!w->life.has_armed)
		return;
	w->too_many |= w->boxes->len == BOXES_MAX;
	if (!w->too_many)
		g_array_append_val(w->boxes, *box);
}

/* The vCPU does something else from here on. */
static void vcpu_does(struct lane_watch *w, ps_t at, enum box_kind kind)
{
	const struct box box = { .kind = w->doing, .from = w->since, .to = at };

	add_box(w, &box);
	w->since = at;
	w->doing = kind;
}

static void interrupt_ends(struct lane_watch *w, const struct trace_record *rec)
{
	const struct box box = { BOX_INTERRUPT, w->interrupt[rec->cpu], rec->when, rec->cpu };

	if (box.from.v != PS_NEVER.v)
		add_box(w, &box);
	w->interrupt[rec->cpu] = PS_NEVER;
}

static void own_record(struct lane_watch *w, const struct trace_record *rec)
{
	switch (rec->event) {
	case TP_KVM_ENTRY: vcpu_does(w, rec->when, BOX_GUEST); break;
	case TP_KVM_EXIT: vcpu_does(w, rec->when, BOX_EXIT); break;
	case TP_BUSY_WAIT: {
		const struct box box = { BOX_WAIT, rec->when, ps_add(rec->when, ps(rec->value[2])),
					 0 };

		if (rec->value[2])
			add_box(w, &box);
		break;
	}
	case TP_FN_INJECT_APIC_TIMER_IRQS:
		if (w->life.has_fired && !w->injected.v)
			w->injected = rec->when;
		break;
	default: break;
	}
}

static void watch_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct lane_watch *w =
		(struct lane_watch *)((char *)sink - offsetof(struct lane_watch, sink));

	switch (rec->event) {
	case TP_LOCAL_TIMER_ENTRY:
	case TP_RESCHEDULE_ENTRY: w->interrupt[rec->cpu] = rec->when; return;
	case TP_LOCAL_TIMER_EXIT:
	case TP_RESCHEDULE_EXIT: interrupt_ends(w, rec); return;
	case TP_SCHED_SWITCH:
		if (rec->value[0] == w->task)
			vcpu_does(w, rec->when, BOX_ASLEEP);
		else if (rec->value[2] == w->task)
			vcpu_does(w, rec->when, BOX_EXIT);
		return;
	default:
		if (rec->entity == w->life.vcpu)
			own_record(w, rec);
	}
}

static bool broken(const struct run_result *result, enum sim_stop stop, const struct sim *sim,
		   struct diagnostics *d)
{
	g_autoptr(GString) message = g_string_new(NULL);
	const int status = describe_stop(message, stop, sim);

	if (status != EXIT_OK)
		error_plain(d, status, "variant %s: %s", result->variant->name, message->str);
	return status != EXIT_OK;
}

static struct world *new_world(const struct run_result *result, const struct plot_request *request,
			       struct diagnostics *d)
{
	const char *refused = NULL;
	struct world *world = world_new(&result->run->config, &request->replay.limits, &refused);

	if (!world && !refused)
		g_error("the machine of variant %s", result->variant->name);
	if (!world)
		error_plain(d, EXIT_USAGE, "variant %s: %s", result->variant->name, refused);
	return world;
}

static bool watch_run(struct lane_watch *w, const struct run_result *result, uint32_t vcpu,
		      uint64_t n, const struct plot_request *request, struct diagnostics *d)
{
	const uint32_t n_cpus = result->run->config.host.n_cpus;
	struct world *world = new_world(result, request, d);
	struct vcpu_view view;

	*w = (struct lane_watch){ .sink = { .record = watch_record }, .doing = BOX_EXIT };
	w->boxes = g_array_new(FALSE, FALSE, sizeof(struct box));
	w->interrupt = g_new(ps_t, n_cpus);
	for (uint32_t i = 0; i < n_cpus; i++)
		w->interrupt[i] = PS_NEVER;
	life_init(&w->life, vcpu, n);
	if (!world)
		return false;
	if (vcpu >= world_vcpus(world)) {
		world_free(world);
		return true;
	}
	world_view_vcpu(world, vcpu, &view);
	w->task = view.task;
	life_watch(&w->life, world);
	trace_add_sink(world_trace(world), &w->sink);
	const enum sim_stop stop = world_run(world);
	const bool failed = broken(result, stop, world_sim(world), d);

	life_end(&w->life);
	vcpu_does(w, w->life.over, BOX_GUEST);
	world_free(world);
	if (!failed && w->too_many)
		error_plain(d, EXIT_USAGE,
			    "variant %s: more than %u exits and interrupts in the life of deadline "
			    "%" PRIu64 ": too many to draw",
			    result->variant->name, BOXES_MAX, n);
	return !failed && !w->too_many;
}

/* --- which deadline --- */

static bool costliest(const struct deadlines *all, uint32_t *vcpu, uint64_t *n)
{
	uint64_t most = 0;

	for (uint32_t v = 0; v < all->n_vcpus; v++) {
		for (uint64_t i = 0; i < deadlines_count(all, v); i++) {
			const struct deadline *one = deadlines_get(all, v, i);

			if (!one || one->end != LIFE_DELIVERED || one->cost <= most)
				continue;
			most = one->cost;
			*vcpu = v;
			*n = i;
		}
	}
	return most != 0;
}

static bool choose(const struct run_result *result, const struct plot_request *request,
		   uint32_t *vcpu, uint64_t *n, struct diagnostics *d)
{
	struct world *world = new_world(result, request, d);

	if (!world)
		return false;
	struct deadlines *all = deadlines_new(&result->run->config);

	trace_add_sink(world_trace(world), &all->sink);
	const enum sim_stop stop = world_run(world);
	bool ok = !broken(result, stop, world_sim(world), d);

	if (ok && !costliest(all, vcpu, n))
		ok = error_plain(d, EXIT_USAGE, "variant %s: no deadline is delivered",
				 result->variant->name);
	deadlines_free(all);
	world_free(world);
	return ok;
}

/* --- lanes --- */

struct picture {
	const struct replay *replay;
	struct lane_watch *watches; /* by variant that was asked for */
	const struct run_result **results;
	uint32_t n;
	uint32_t vcpu;
	uint64_t number;   /* of the deadline */
	int64_t low, high; /* [ps] from the deadline, margins included */
	const struct plot_unit *unit;
};

static int64_t from_due(const struct lane_watch *w, ps_t at)
{
	return (int64_t)(at.v - w->life.due.v);
}

/* Is @cpu one of those that the deadline was on? */
static bool concerns(const struct life *l, uint32_t cpu)
{
	return cpu == l->armed_cpu || (l->has_fired && (cpu == l->fired_cpu || cpu == l->vcpu_cpu));
}

/* The lane of @cpu of variant @i, or, with UINT32_MAX, of its vCPU. Lanes count from the top. */
static uint32_t lane_of(const struct picture *p, uint32_t i, uint32_t cpu)
{
	uint32_t lane = 0;

	for (uint32_t k = 0; k <= i; k++) {
		const uint32_t n_cpus = p->results[k]->run->config.host.n_cpus;

		for (uint32_t c = 0; c < n_cpus; c++) {
			if (k == i && c == cpu)
				return lane;
			lane += concerns(&p->watches[k].life, c);
		}
		lane += k < i;
	}
	return lane;
}

static void lanes(struct plot *plot, const struct picture *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const char *name = p->results[i]->variant->name;

		for (uint32_t c = 0; c < p->results[i]->run->config.host.n_cpus; c++) {
			g_autofree char *text = g_strdup_printf("%s: CPU %u", name, c);

			if (concerns(&p->watches[i].life, c))
				plot_tic(plot, "y", text, lane_of(p, i, c));
		}
		g_autofree char *text = g_strdup_printf("%s: vCPU", name);

		plot_tic(plot, "y", text, lane_of(p, i, UINT32_MAX));
	}
	plot_number(plot, "lanes", lane_of(p, p->n - 1, UINT32_MAX) + 1);
}

/* --- rows --- */

static void cell(struct plot *plot, const struct picture *p, int64_t at)
{
	plot_cell(plot, at, 1, p->unit);
}

static void box_row(struct plot *plot, const struct picture *p, uint32_t i, const struct box *box)
{
	const struct lane_watch *w = &p->watches[i];
	const int64_t from = MAX(from_due(w, box->from), p->low);
	const int64_t to = MIN(from_due(w, box->to), p->high);

	if (from > to)
		return;
	cell(plot, p, from);
	plot_cell_int(plot, lane_of(p, i, box->kind == BOX_INTERRUPT ? box->cpu : UINT32_MAX));
	cell(plot, p, from);
	cell(plot, p, to);
	plot_row_end(plot);
}

static bool is_drawn(const struct picture *p, uint32_t i, const struct box *box)
{
	const struct lane_watch *w = &p->watches[i];

	return from_due(w, box->to) >= p->low && from_due(w, box->from) <= p->high &&
	       (box->kind != BOX_INTERRUPT || concerns(&w->life, box->cpu));
}

/* One series a kind that there is. */
static void boxes(struct plot *plot, const struct picture *p)
{
	static const char *const names[BOX_KINDS] = {
		[BOX_GUEST] = "guest mode",
		[BOX_EXIT] = "outside guest mode",
		[BOX_ASLEEP] = "thread not running",
		[BOX_WAIT] = "busy wait",
		[BOX_INTERRUPT] = "interrupt handler",
	};
	static const int colours[BOX_KINDS] = { 5, 2, 8, 4, 3 };
	unsigned n = 0;

	plot_table(plot, "boxes", "from, lane, from, to");
	for (unsigned kind = 0; kind < BOX_KINDS; kind++) {
		bool any = false;

		for (uint32_t i = 0; i < p->n; i++) {
			for (guint k = 0; k < p->watches[i].boxes->len; k++) {
				const struct box *box =
					&g_array_index(p->watches[i].boxes, struct box, k);

				if (box->kind != kind || !is_drawn(p, i, box))
					continue;
				if (!any)
					plot_series(plot);
				any = true;
				box_row(plot, p, i, box);
			}
		}
		if (!any)
			continue;
		g_autofree char *name = g_strdup_printf("name_%u", ++n);
		g_autofree char *colour = g_strdup_printf("colour_%u", n);

		plot_text(plot, name, names[kind]);
		plot_number(plot, colour, colours[kind]);
	}
	plot_number(plot, "n", n);
}

static void arrow(struct plot *plot, const struct picture *p, int64_t x, uint32_t y, int64_t to_x,
		  uint32_t to_y)
{
	cell(plot, p, x);
	plot_cell_int(plot, y);
	cell(plot, p, to_x - x);
	plot_cell_int(plot, (int64_t)to_y - (int64_t)y);
	plot_row_end(plot);
}

static void arrows(struct plot *plot, const struct picture *p)
{
	plot_table(plot, "arrows", "from, lane, along, lanes");
	plot_series(plot);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct lane_watch *w = &p->watches[i];
		const uint32_t own = lane_of(p, i, UINT32_MAX);

		if (!w->life.has_armed || !w->life.has_fired)
			continue;
		const int64_t fired = from_due(w, w->life.fired);
		const uint32_t at =
			w->life.path == EXPIRY_HRTIMER ? lane_of(p, i, w->life.fired_cpu) : own;

		arrow(plot, p, from_due(w, w->life.armed), own, fired, at);
		if (w->injected.v)
			arrow(plot, p, fired, at, from_due(w, w->injected), own);
	}
}

static void word(struct plot *plot, const struct picture *p, int64_t x, uint32_t lane,
		 const char *text)
{
	cell(plot, p, x);
	plot_cell_int(plot, lane);
	plot_cell_text(plot, text);
	plot_row_end(plot);
}

static void words(struct plot *plot, const struct picture *p)
{
	const struct trace_field *reason = &lapicsim_schema.events[TP_KVM_EXIT]->fields[1];

	plot_table(plot, "words", "at, lane, word");
	plot_series(plot);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct lane_watch *w = &p->watches[i];
		const uint32_t own = lane_of(p, i, UINT32_MAX);
		g_autoptr(GString) text = g_string_new(NULL);

		if (w->life.has_armed)
			word(plot, p, from_due(w, w->life.armed), own, "armed");
		if (w->life.has_fired && w->life.path == EXPIRY_HRTIMER)
			word(plot, p, from_due(w, w->life.fired), lane_of(p, i, w->life.fired_cpu),
			     "fires");
		if (w->life.end != LIFE_DELIVERED)
			continue;
		if (w->life.has_exited)
			g_string_append_printf(text, "exit %s, ",
					       reason->names[w->life.exit_reason]);
		g_string_append(text, "handler ");
		append_value(text, ABS(w->life.lateness), 1,
			     plot_unit_of(EXACT_TIME, ABS(w->life.lateness)));
		g_string_append(text, w->life.lateness < 0 ? " early" : " late");
		word(plot, p, from_due(w, w->life.over), own, text->str);
	}
}

/* --- the picture --- */

#define MARGIN_DIVISOR 12 /* of the range, on either side */

static void find_range(struct picture *p)
{
	bool first = true;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct lane_watch *w = &p->watches[i];

		if (!w->life.has_armed)
			continue;
		const int64_t armed = from_due(w, w->life.armed), over = from_due(w, w->life.over);

		p->low = first ? armed : MIN(p->low, armed);
		/* What never ends goes on to the picture's edge. */
		if (first || w->life.end == LIFE_DELIVERED)
			p->high = first ? over : MAX(p->high, over);
		first = false;
	}
	const int64_t margin = (p->high - p->low) / MARGIN_DIVISOR + 1;

	p->low -= margin;
	p->high += margin;
	p->unit = plot_unit_of(EXACT_TIME, MAX(ABS(p->low), ABS(p->high)));
}

static struct plot *draw(struct picture *p, const struct plot_request *request)
{
	struct plot *plot = plot_new("timeline");
	g_autofree char *what = g_strdup_printf("deadline %" PRIu64, p->number);

	find_range(p);
	plot_titles_of_replay(plot, p->replay, &request->replay, what);
	plot_label(plot, "x_label", "time from the deadline", p->unit);
	plot_number(plot, "x_low", p->low / (int64_t)p->unit->factor - 1);
	plot_number(plot, "x_high", p->high / (int64_t)p->unit->factor + 1);
	lanes(plot, p);
	boxes(plot, p);
	arrows(plot, p);
	words(plot, p);
	return plot;
}

static struct plot *draw_all(struct replay *replay, const struct plot_request *request,
			     struct diagnostics *d)
{
	struct picture p = { .replay = replay };
	struct plot *plot = NULL;
	bool ok;

	p.watches = g_new0(struct lane_watch, replay->n_results);
	p.results = g_new0(const struct run_result *, replay->n_results);
	for (uint32_t i = 0; i < replay->n_results; i++)
		if (replay->results[i].run)
			p.results[p.n++] = &replay->results[i];
	ok = choose(p.results[0], request, &p.vcpu, &p.number, d);
	for (uint32_t i = 0; ok && i < p.n; i++)
		ok = watch_run(&p.watches[i], p.results[i], p.vcpu, p.number, request, d);
	if (ok)
		plot = draw(&p, request);
	for (uint32_t i = 0; i < p.n; i++) {
		if (p.watches[i].boxes)
			g_array_unref(p.watches[i].boxes);
		g_free(p.watches[i].interrupt);
	}
	g_free(p.watches);
	g_free(p.results);
	return plot;
}

struct plot *plot_timeline(const struct plot_request *request, struct diagnostics *d)
{
	struct replay *replay = replay_load(request->path, &request->replay, d, NULL);
	struct plot *plot = NULL;

	if (replay && replay_resolve(replay, &request->replay, d))
		plot = draw_all(replay, request, d);
	replay_free(replay);
	return plot;
}
