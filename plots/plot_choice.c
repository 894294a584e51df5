/* SPDX-License-Identifier: MIT */
#include "plot_choice.h"

#include <inttypes.h>
#include <string.h>

#define FIXED_NOT UINT32_MAX

const struct store_axis *plot_choice_axis(const struct plot_choice *c, int axis)
{
	return &c->info->axes[axis];
}

void plot_choice_clear(struct plot_choice *c)
{
	g_free(c->fixed);
	if (c->store)
		store_close(c->store);
	*c = (struct plot_choice){ 0 };
}

/* What follows the last dot: "delta". */
const char *plot_choice_short_key(const struct plot_choice *c, int axis)
{
	const char *key = plot_choice_axis(c, axis)->key, *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

static bool find_axis(const struct plot_choice *c, const char *option, const char *name, int *ret,
		      struct diagnostics *d)
{
	g_autoptr(GString) all = g_string_new(NULL);

	*ret = store_find_axis(c->info, name);
	if (*ret >= 0)
		return true;
	for (uint32_t i = 0; i < c->info->n_axes; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", c->info->axes[i].key);
	return error_plain(d, EXIT_USAGE,
			   "%s: '%s' is no axis of this sweep, or more than one; "
			   "its axes are %s",
			   option, name, all->str);
}

static bool fix_axis(struct plot_choice *c, const char *where, struct diagnostics *d)
{
	const char *equals = strrchr(where, '=');
	g_autofree char *name = equals ? g_strndup(where, (gsize)(equals - where)) : NULL;
	int axis;

	if (!equals)
		return error_plain(d, EXIT_USAGE, "--where: '%s' is not AXIS=VALUE", where);
	if (!find_axis(c, "--where", name, &axis, d))
		return false;
	if (c->fixed[axis] != FIXED_NOT)
		return error_plain(d, EXIT_USAGE, "--where: %s is there twice",
				   plot_choice_axis(c, axis)->key);
	for (uint32_t i = 0; i < plot_choice_axis(c, axis)->n; i++) {
		if (!g_str_equal(plot_choice_axis(c, axis)->values[i].text, equals + 1))
			continue;
		c->fixed[axis] = i;
		return true;
	}
	return error_plain(d, EXIT_USAGE, "--where: '%s' is no value of %s in this sweep",
			   equals + 1, plot_choice_axis(c, axis)->key);
}

static bool is_free(const struct plot_choice *c, int axis)
{
	return plot_choice_axis(c, axis)->n > 1 && c->fixed[axis] == FIXED_NOT && axis != c->seed &&
	       axis != c->x && axis != c->by;
}

/* The variant, if there are several: "before" and "after" are what people compare. */
static int variant_axis(const struct plot_choice *c)
{
	for (uint32_t i = 0; i < c->info->n_axes; i++)
		if (g_str_equal(c->info->axes[i].key, "variant") && is_free(c, (int)i))
			return (int)i;
	return -1;
}

static int first_free(const struct plot_choice *c, int not )
{
	for (uint32_t i = 0; i < c->info->n_axes; i++)
		if (is_free(c, (int)i) && (int)i != not )
			return (int)i;
	return -1;
}

/* What is named, and for the rest what is free: the variant makes the lines. */
static bool choose_axes(struct plot_choice *c, const struct plot_request *request,
			enum plot_shape shape, struct diagnostics *d)
{
	const char *name = request->y ? request->y : request->by;
	const char *option = request->y ? "--y" : "--by";

	for (uint32_t i = 0; i < c->info->n_axes; i++)
		if (g_str_equal(c->info->axes[i].key, "seed"))
			c->seed = (int)i;
	if (request->x && !find_axis(c, "--x", request->x, &c->x, d))
		return false;
	if (name && !find_axis(c, option, name, &c->by, d))
		return false;
	if (c->x < 0 && shape != PLOT_OVERLAID)
		c->x = first_free(c, variant_axis(c));
	if (c->x < 0 && shape != PLOT_OVERLAID)
		c->x = first_free(c, -1);
	if (c->by < 0)
		c->by = variant_axis(c);
	if (c->by < 0)
		c->by = first_free(c, -1);
	if (c->x < 0 && shape != PLOT_OVERLAID)
		return error_plain(d, EXIT_USAGE, "no axis of this sweep is left to draw over%s",
				   plot_choice_folds_seeds(c) ? ", but for the seed: --x seed"
							      : "");
	if (c->x >= 0 && c->x == c->by)
		return error_plain(d, EXIT_USAGE, "--x and %s are the same axis", option);
	if (c->by < 0 && shape == PLOT_OF_XY)
		return error_plain(d, EXIT_USAGE, "a heatmap needs two axes with several values");
	return true;
}

static bool nothing_left(const struct plot_choice *c, enum plot_shape shape, struct diagnostics *d)
{
	static const char *const draw_it[] = {
		[PLOT_OF_X] = "--x or --by",
		[PLOT_OF_XY] = "--x or --y",
		[PLOT_OVERLAID] = "--by",
	};
	const int left = first_free(c, -1);

	if (left < 0)
		return true;
	const struct store_axis *axis = plot_choice_axis(c, left);

	return error_plain(d, EXIT_USAGE,
			   "axis %s has %" PRIu32 " values, and is neither drawn "
			   "nor fixed: choose one by --where '%s=%s', or draw it by %s",
			   axis->key, axis->n, axis->key, axis->values[0].text, draw_it[shape]);
}

bool plot_choice_make(struct plot_choice *ret, const struct plot_request *request,
		      enum plot_shape shape, struct diagnostics *d)
{
	g_autoptr(GError) error = NULL;

	*ret = (struct plot_choice){ .x = -1, .by = -1, .seed = -1 };
	ret->store = store_open(request->path, false, &error);
	if (!ret->store)
		return error_plain(d, error->code, "%s", error->message);
	ret->info = store_info(ret->store);
	ret->fixed = g_new(uint32_t, ret->info->n_axes + 1);
	for (uint32_t i = 0; i < ret->info->n_axes; i++)
		ret->fixed[i] = FIXED_NOT;
	for (const char *const *where = request->where; where && *where; where++)
		if (!fix_axis(ret, *where, d))
			return false;
	return choose_axes(ret, request, shape, d) && nothing_left(ret, shape, d);
}

bool plot_choice_takes(const struct plot_choice *c, uint64_t cell)
{
	for (uint32_t i = 0; i < c->info->n_axes; i++)
		if (c->fixed[i] != FIXED_NOT && c->fixed[i] != store_axis_index(c->info, cell, i))
			return false;
	return true;
}

uint32_t plot_choice_lines(const struct plot_choice *c)
{
	return c->by < 0 ? 1 : plot_choice_axis(c, c->by)->n;
}

uint32_t plot_choice_line(const struct plot_choice *c, uint64_t cell)
{
	return c->by < 0 ? 0 : store_axis_index(c->info, cell, (uint32_t)c->by);
}

bool plot_choice_folds_seeds(const struct plot_choice *c)
{
	return c->seed >= 0 && plot_choice_axis(c, c->seed)->n > 1 &&
	       c->fixed[c->seed] == FIXED_NOT && c->seed != c->x && c->seed != c->by;
}

char *plot_choice_name(const struct plot_choice *c, uint32_t line, const char *alone)
{
	if (c->by < 0)
		return g_strdup(alone);
	const char *text = plot_choice_axis(c, c->by)->values[line].text;

	if (g_str_equal(plot_choice_axis(c, c->by)->key, "variant"))
		return g_strdup(text);
	return g_strdup_printf("%s = %s", plot_choice_short_key(c, c->by), text);
}

void plot_choice_subtitle(struct plot *plot, const struct plot_choice *c, const char *what,
			  const char *rest, uint64_t missing)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (uint32_t i = 0; i < c->info->n_axes; i++) {
		const struct store_axis *axis = plot_choice_axis(c, (int)i);
		const uint32_t at = c->fixed[i] == FIXED_NOT ? 0 : c->fixed[i];

		if (c->fixed[i] != FIXED_NOT || axis->n == 1)
			g_string_append_printf(text, "%s %s; ", plot_choice_short_key(c, (int)i),
					       axis->values[at].text);
	}
	if (plot_choice_folds_seeds(c))
		g_string_append_printf(text, "%s %" PRIu32 " seeds%s", what,
				       plot_choice_axis(c, c->seed)->n, rest);
	else if (c->seed < 0)
		g_string_append_printf(text, "seed %" PRIu64, c->info->master_seed);
	else if (c->seed == c->x || c->seed == c->by)
		g_string_append(text, "seeds as drawn");
	else
		g_string_truncate(text, text->len - 2);
	if (c->info->shards > 1)
		g_string_append_printf(text, "; shard %" PRIu32 "/%" PRIu32 " alone",
				       c->info->shard, c->info->shards);
	if (missing)
		g_string_append_printf(text, "; %" PRIu64 " %s no value", missing,
				       missing == 1 ? "point has" : "points have");
	plot_text(plot, "subtitle", text->str);
}
