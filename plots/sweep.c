/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include "escape.h"
#include "input_file.h"
#include "integer_table.h"
#include "scenario_limits.h"
#include "sweep_point.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

/* An axis with more values is tried at its ends alone. */
#define TRIED_VALUES 256u
/* The writer is woken for so many results, or for fewer that took long: woken for each it takes
 * CPU time from the workers. */
#define WAKE_RESULTS 16u
#define WAKE_RECORDS 100000u

struct sweep {
	const struct sweep_settings *settings;
	char *path;
	struct replay *replay;
	struct sweep_plan *plan;
	struct measures measures;
	struct store_info *info;
	uint64_t total; /* points of this shard */
};

static struct point_runner runner_of(const struct sweep *s, struct replay *replay)
{
	return (struct point_runner){
		.replay = replay,
		.plan = s->plan,
		.measures = &s->measures,
		.options = &s->settings->replay,
		.master_seed = s->info->master_seed,
		.expect = s->plan->expect || s->settings->expect,
	};
}

/* --- identity --- */

static void hash_text(GChecksum *sum, const char *text)
{
	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
}

G_GNUC_PRINTF(2, 3)
static void hash_format(GChecksum *sum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	hash_text(sum, text);
}

/* A dump names a recording; what stands in it decides the run. */
static void hash_recordings(GChecksum *sum, const struct scenario_run *run)
{
	for (uint32_t i = 0; i < run->config.n_vms; i++) {
		const struct guest_config *g = &run->config.vms[i].guest;

		for (uint32_t k = 0; k < g->n_recorded; k++)
			hash_format(sum, "%" PRIu64 " %" PRIu64, g->recorded_arm_tsc[k],
				    g->recorded_deadline_tsc[k]);
	}
}

static void hash_names(GChecksum *sum, const char *what, const char *const *names)
{
	for (; names && *names; names++)
		hash_format(sum, "%s %s", what, *names);
}

/* What decides the verdict on a point. */
static bool hash_expectation(GChecksum *sum, const struct scenario_expect *e, struct diagnostics *d)
{
	g_autofree char *error = NULL;
	struct input_text table;

	hash_format(sum, "%s: %s", e->id, e->that ? e->that : "sequence");
	for (uint32_t i = 0; i < e->n_steps; i++)
		hash_text(sum, e->steps[i].text);
	hash_names(sum, "only", e->only);
	hash_names(sum, "not", e->except);
	if (!e->recorded)
		return true;
	const int status = input_text(e->recorded, INTEGER_TABLE_FILE_MAX, &table, &error);

	if (status != EXIT_OK)
		return error_plain(d, status, "%s", error);
	g_checksum_update(sum, (const guchar *)table.text, (gssize)table.length);
	g_free(table.text);
	return true;
}

/* Every variant that is run, with --set, as resolved; and the budgets. */
static bool hash_base(struct sweep *s, struct diagnostics *d)
{
	const struct replay_options *o = &s->settings->replay;
	const struct scenario_file *file = s->replay->file;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (uint32_t i = 0; i < file->n_variants; i++) {
		g_autoptr(GString) dump = g_string_new(NULL);
		struct scenario_run *run =
			scenario_resolve(file, &file->variants[i], o->sets, o->n_sets, d);

		if (!run)
			return false;
		scenario_dump(run, dump);
		hash_text(sum, file->variants[i].name);
		hash_text(sum, dump->str);
		hash_recordings(sum, run);
		if (!i)
			s->info->master_seed = run->config.seed;
		scenario_run_free(run);
	}
	for (uint32_t i = 0; i < file->n_expects; i++)
		if (!hash_expectation(sum, &file->expects[i], d))
			return false;
	hash_format(sum, "events %" PRIu64 " shuffle %d %" PRIu64, o->limits.max_events,
		    o->limits.shuffle_ties, o->limits.shuffle_seed);
	s->info->base_hash = g_strdup(g_checksum_get_string(sum));
	return true;
}

static void hash_grid(struct sweep *s)
{
	const struct sweep_plan *plan = s->plan;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (uint32_t i = 0; i < plan->n_axes; i++) {
		hash_format(sum, "axis %s", plan->axes[i].key);
		for (uint32_t k = 0; k < plan->axes[i].n; k++)
			hash_text(sum, plan->axes[i].values[k].text);
	}
	for (uint32_t i = 0; i < plan->n_where; i++)
		hash_format(sum, "where %s", plan->where[i].text);
	for (uint32_t i = 0; i < plan->n_metrics; i++)
		hash_format(sum, "metric %s: %s", plan->metrics[i].name, plan->metrics[i].text);
	for (uint32_t i = 0; i < plan->n_histograms; i++)
		hash_format(sum, "histogram %s: %s", plan->histograms[i].name,
			    plan->histograms[i].text);
	hash_format(sum, "expect %d", plan->expect || s->settings->expect);
	s->info->grid_hash = g_strdup(g_checksum_get_string(sum));
}

static void describe_axes(const struct sweep_plan *plan, struct store_info *info)
{
	info->n_axes = plan->n_axes;
	info->axes = g_new0(struct store_axis, plan->n_axes + 1);
	for (uint32_t i = 0; i < plan->n_axes; i++) {
		const struct sweep_axis *from = &plan->axes[i];
		struct store_axis *to = &info->axes[i];

		*to = (struct store_axis){ g_strdup(from->key), from->unit, from->n,
					   g_new0(struct store_axis_value, from->n), from->stride };
		for (uint32_t k = 0; k < from->n; k++)
			to->values[k] = (struct store_axis_value){ g_strdup(from->values[k].text),
								   from->values[k].has_number,
								   from->values[k].number };
	}
}

static void describe_measures(const struct sweep *s, struct store_info *info)
{
	const struct sweep_plan *plan = s->plan;

	info->n_metrics = plan->n_metrics;
	info->metrics = g_new0(struct store_metric, plan->n_metrics + 1);
	for (uint32_t i = 0; i < plan->n_metrics; i++)
		info->metrics[i] = (struct store_metric){ g_strdup(plan->metrics[i].name),
							  g_strdup(plan->metrics[i].text),
							  expression_unit(s->measures.metrics[i]) };
	info->n_histograms = plan->n_histograms;
	info->histograms = g_new0(struct store_histogram, plan->n_histograms + 1);
	for (uint32_t i = 0; i < plan->n_histograms; i++)
		info->histograms[i] =
			(struct store_histogram){ g_strdup(plan->histograms[i].name),
						  g_strdup(plan->histograms[i].text),
						  aggregate_unit(s->measures.histograms[i]) };
}

static bool describe(struct sweep *s, struct diagnostics *d)
{
	const struct sweep_settings *o = s->settings;
	struct store_info *info = s->info = g_new0(struct store_info, 1);

	info->program = g_strdup(o->program);
	info->scenario = g_strdup(s->replay->file->name);
	info->about = g_strdup(s->replay->file->about ? s->replay->file->about : "");
	info->shard = o->shard;
	info->shards = o->shards;
	info->cells = info->points = s->plan->cells;
	if (s->plan->n_where)
		info->points = 0;
	for (uint64_t cell = 0; s->plan->n_where && cell < s->plan->cells; cell++)
		info->points += sweep_plan_admits(s->plan, cell);
	if (!info->points)
		return error_plain(d, EXIT_USAGE, "%s: the constraints admit no point", s->path);
	s->total = info->points > o->shard ? (info->points - o->shard - 1) / o->shards + 1 : 0;
	describe_axes(s->plan, info);
	describe_measures(s, info);
	hash_grid(s);
	return hash_base(s, d);
}

/* --- loading --- */

static bool resolves(const struct sweep *s, uint32_t variant, const GPtrArray *sets,
		     struct diagnostics *d)
{
	struct scenario_run *run =
		scenario_resolve(s->replay->file, &s->replay->file->variants[variant],
				 (const char *const *)sets->pdata, sets->len, d);
	const bool ok = run != NULL;

	scenario_run_free(run);
	return ok;
}

/* The other axes at their first value, which may contradict this one: that is a point that is
 * refused. A value that does not do alone either is an error. */
static bool try_value(const struct sweep *s, const struct sweep_axis *axis, uint32_t k,
		      struct diagnostics *d)
{
	const struct point_runner r = runner_of(s, s->replay);
	const struct replay_options *o = &s->settings->replay;
	const char *text = axis->values[k].text;
	uint32_t variant;
	uint64_t seed;
	struct diagnostics with_others, alone;
	g_autoptr(GPtrArray) sets = point_sets(&r, k * axis->stride, &variant, &seed);
	g_autofree char *set = g_strdup_printf("%s=%s", axis->key, text);

	diagnostics_init(&with_others);
	bool ok = resolves(s, variant, sets, &with_others);

	diagnostics_clear(&with_others);
	if (ok || axis->kind == SWEEP_VARIANT)
		return true;
	g_ptr_array_set_size(sets, 0);
	for (size_t i = 0; i < o->n_sets; i++)
		g_ptr_array_add(sets, g_strdup(o->sets[i]));
	g_ptr_array_add(sets, g_steal_pointer(&set));
	diagnostics_init(&alone);
	ok = resolves(s, variant, sets, &alone);
	if (!ok) {
		error_at(d, &axis->at, "%s: '%s' cannot be set", axis->key, text);
		g_string_append(d->text, alone.text->str);
	}
	diagnostics_clear(&alone);
	return ok;
}

/* Each value of each axis: a word that is mistyped is found before anything runs. */
static bool try_values(const struct sweep *s, struct diagnostics *d)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < s->plan->n_axes; i++) {
		const struct sweep_axis *axis = &s->plan->axes[i];
		const uint32_t step = axis->n > TRIED_VALUES ? axis->n - 1 : 1;

		for (uint32_t k = 0; ok && k < axis->n; k += step)
			ok = !sweep_plan_admits(s->plan, k * axis->stride) ||
			     try_value(s, axis, k, d);
	}
	return ok;
}

/* Of --set and an axis one would be without effect. The seed is the master seed, too. */
static bool check_sets(const struct sweep *s, struct diagnostics *d)
{
	const struct replay_options *o = &s->settings->replay;

	for (size_t i = 0; i < o->n_sets; i++) {
		const size_t length = strcspn(o->sets[i], "=");

		for (uint32_t k = 0; k < s->plan->n_axes; k++) {
			const struct sweep_axis *axis = &s->plan->axes[k];

			if (axis->kind == SWEEP_SEED || strlen(axis->key) != length ||
			    memcmp(axis->key, o->sets[i], length) != 0)
				continue;
			return error_at(d, &axis->at,
					"%s is an axis, and --set %s has no effect on it; write "
					"--axis %s",
					axis->key, o->sets[i], o->sets[i]);
		}
	}
	return true;
}

static bool load(struct sweep *s, struct diagnostics *d)
{
	static const char *const usual[] = { "p50(lateness)", "p99(lateness)", "max(lateness)",
					     "count(drop)", NULL };
	struct sweep_options options = s->settings->plan;

	s->replay = replay_load(s->path, &s->settings->replay, d, NULL);
	if (!s->replay)
		return false;
	s->plan = sweep_plan_read(s->replay->file, &options, d);
	if (s->plan && !s->plan->n_metrics) {
		sweep_plan_free(s->plan);
		options.metrics = usual;
		s->plan = sweep_plan_read(s->replay->file, &options, d);
	}
	return s->plan && check_sets(s, d) && measures_parse(s->plan, &s->measures, d) &&
	       describe(s, d) && try_values(s, d);
}

struct sweep *sweep_load(const char *path, const struct sweep_settings *settings,
			 struct diagnostics *d)
{
	struct sweep *s = g_new0(struct sweep, 1);

	s->settings = settings;
	s->path = g_strdup(path);
	if (load(s, d))
		return s;
	sweep_free(s);
	return NULL;
}

void sweep_free(struct sweep *s)
{
	if (!s)
		return;
	measures_clear(&s->measures);
	sweep_plan_free(s->plan);
	replay_free(s->replay);
	store_info_free(s->info);
	g_free(s->path);
	g_free(s);
}

const struct store_info *sweep_info(const struct sweep *sweep) { return sweep->info; }

uint64_t sweep_total(const struct sweep *sweep) { return sweep->total; }

/* --- running --- */

struct slot {
	struct point_result result;
	bool full;
};

/* POSIX mutexes, not those of GLib, which ThreadSanitizer does not see. */
struct pool {
	const struct sweep *sweep;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct slot *slots; /* point i of the shard in slot i mod window */
	uint64_t window;
	uint64_t cell, point;            /* the next of the grid, whatever shard */
	uint64_t taken, written;         /* of the shard */
	uint64_t unseen, unseen_records; /* results and their records since the writer was woken */
	unsigned working;                /* threads */
	bool stop, asked, starved;       /* asked: by settings->stop() */
	char *unread;                    /* why a worker could not read the scenario again */
};

/* The next point of the shard, the lock held. */
static bool next_point(struct pool *pool, uint64_t *index, uint64_t *point, uint64_t *cell)
{
	const struct sweep *s = pool->sweep;

	while (pool->cell < s->plan->cells) {
		*cell = pool->cell++;
		if (!sweep_plan_admits(s->plan, *cell))
			continue;
		*point = pool->point++;
		if (*point % s->info->shards != s->info->shard)
			continue;
		*index = pool->taken++;
		return true;
	}
	return false;
}

static void wake_writer(struct pool *pool)
{
	pool->unseen = pool->unseen_records = 0;
	pthread_cond_signal(&pool->filled);
}

static void put(struct pool *pool, uint64_t index, const struct point_result *result)
{
	pool->slots[index % pool->window] = (struct slot){ *result, true };
	pool->unseen++;
	pool->unseen_records += result->point.records;
	if (pool->unseen >= WAKE_RESULTS || pool->unseen_records >= WAKE_RECORDS)
		wake_writer(pool);
}

static bool take(struct pool *pool, uint64_t *index, uint64_t *point, uint64_t *cell)
{
	const struct sweep_settings *o = pool->sweep->settings;

	while (!pool->stop && pool->taken - pool->written >= pool->window) {
		wake_writer(pool); /* there is no room before it has looked */
		pthread_cond_wait(&pool->emptied, &pool->lock);
	}
	if (o->stop && o->stop(o->data))
		pool->stop = pool->asked = true;
	return !pool->stop && next_point(pool, index, point, cell);
}

static gpointer work(gpointer data)
{
	struct pool *pool = data;
	const struct sweep *s = pool->sweep;
	struct diagnostics d;
	uint64_t index, point, cell;

	diagnostics_init(&d);
	/* The same file again, for a scenario is not for two threads; it was read once without an
	 * error, and if it changed since then nothing can be said about the rest. */
	struct replay *replay = replay_load(s->path, &s->settings->replay, &d, NULL);
	const struct point_runner runner = runner_of(s, replay);

	pthread_mutex_lock(&pool->lock);
	if (!replay && !pool->unread)
		pool->unread = g_strchomp(g_strdup(d.text->str));
	while (replay && take(pool, &index, &point, &cell)) {
		struct point_result result;

		pthread_mutex_unlock(&pool->lock);
		const bool enough = point_run(&runner, point, cell, &result);

		pthread_mutex_lock(&pool->lock);
		if (!enough) {
			pool->stop = pool->starved = true;
			point_result_clear(&s->measures, &result);
			break;
		}
		put(pool, index, &result);
	}
	pool->working--;
	wake_writer(pool);
	pthread_mutex_unlock(&pool->lock);
	replay_free(replay);
	diagnostics_clear(&d);
	return NULL;
}

/* The result that comes next in order; false: there is none any more. */
static bool receive(struct pool *pool, struct point_result *ret)
{
	struct slot *slot = &pool->slots[pool->written % pool->window];

	pthread_mutex_lock(&pool->lock);
	while (!slot->full && pool->working)
		pthread_cond_wait(&pool->filled, &pool->lock);
	const bool got = slot->full;

	if (got) {
		*ret = slot->result;
		slot->full = false;
		pool->written++;
		pthread_cond_broadcast(&pool->emptied);
	}
	pthread_mutex_unlock(&pool->lock);
	return got;
}

static bool write_results(struct pool *pool, struct store *store, GError **error)
{
	const struct sweep *s = pool->sweep;
	const struct sweep_settings *o = s->settings;
	struct point_result result;
	uint64_t pending = 0;
	bool ok = true;

	while (ok && receive(pool, &result)) {
		ok = store_add(store, &result.point, result.histograms, error);
		point_result_clear(&s->measures, &result);
		const bool now = o->tick && o->tick(o->data, store_info(store)->done, s->total);

		pending++;
		if (ok && (o->batch ? pending >= o->batch : now)) {
			ok = store_commit(store, error);
			pending = 0;
		}
	}
	return ok && store_commit(store, error);
}

static void stop_pool(struct pool *pool, unsigned missing)
{
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pool->working -= missing;
	pthread_cond_broadcast(&pool->emptied);
	pthread_mutex_unlock(&pool->lock);
}

static bool run_pool(struct pool *pool, struct store *store, GError **error)
{
	const unsigned wanted = pool->sweep->settings->threads;
	g_autofree GThread **threads = g_new0(GThread *, wanted);
	g_autoptr(GError) missing = NULL;
	unsigned n = 0;

	pool->working = wanted;
	while (n < wanted && (threads[n] = g_thread_try_new("sweep", work, pool, &missing)))
		n++;
	if (missing)
		stop_pool(pool, wanted - n);
	bool ok = write_results(pool, store, error);

	stop_pool(pool, 0);
	for (unsigned i = 0; i < n; i++)
		g_thread_join(threads[i]);
	for (uint64_t i = 0; i < pool->window; i++) /* what was not written */
		if (pool->slots[i].full)
			point_result_clear(&pool->sweep->measures, &pool->slots[i].result);
	if (ok && missing) {
		g_set_error(
			error, STORE_ERROR, EXIT_USAGE,
			"thread %u of %u: %s; with more memory or a smaller -j --resume goes on",
			n + 1, wanted, missing->message);
		ok = false;
	}
	return ok;
}

static bool same_values(const struct measures *m, const struct store_point *a,
			const struct store_point *b)
{
	if (a->status != b->status || a->fingerprint != b->fingerprint || a->seed != b->seed)
		return false;
	for (uint32_t i = 0; i < m->n_metrics; i++) {
		const struct store_value *x = &a->values[i], *y = &b->values[i];

		if (x->there != y->there ||
		    (x->there && (x->value.num != y->value.num || x->value.den != y->value.den)))
			return false;
	}
	return true;
}

static void starved(GError **error)
{
	g_set_error(error, STORE_ERROR, EXIT_USAGE,
		    "not enough memory for a point; --resume goes on where there is more");
}

/* The last point of the store once more: a program of the same version may still be another. */
static bool check_last(const struct sweep *s, struct store *store, GError **error)
{
	const struct store_info *info = store_info(store);
	const struct point_runner r = runner_of(s, s->replay);
	const struct store_point *last;
	struct point_result again;

	if (!info->done)
		return true;
	store_seek(store, (info->done - 1) * info->shards + info->shard);
	if (!store_next(store, &last, error)) {
		if (error && !*error)
			g_set_error(error, STORE_ERROR, EXIT_USAGE,
				    "the store is damaged: points are missing among its %" PRIu64,
				    info->done);
		return false;
	}
	const bool enough = point_run(&r, last->point, last->cell, &again);
	const bool same = enough && same_values(&s->measures, last, &again.point);

	if (!enough)
		starved(error);
	else if (!same)
		g_set_error(error, STORE_ERROR, EXIT_USAGE,
			    "point %" PRIu64
			    " of the store comes out differently now: another program made it, "
			    "though of the same version",
			    last->point);
	point_result_clear(&s->measures, &again);
	store_rewind(store);
	return same;
}

/* Past the points that are in the store: they are a prefix of the shard's. */
static void skip_done(struct pool *pool, uint64_t done)
{
	uint64_t index, point, cell;

	while (pool->taken < done && next_point(pool, &index, &point, &cell))
		;
	pool->written = pool->taken;
}

bool sweep_run(struct sweep *s, struct store *store, bool *stopped, GError **error)
{
	struct pool pool = { .sweep = s, .window = (uint64_t)SWEEP_WINDOW * s->settings->threads };
	bool ok;

	*stopped = false;
	if (!check_last(s, store, error))
		return false;
	pthread_mutex_init(&pool.lock, NULL);
	pthread_cond_init(&pool.filled, NULL);
	pthread_cond_init(&pool.emptied, NULL);
	pool.slots = g_new0(struct slot, pool.window);
	skip_done(&pool, store_info(store)->done);
	ok = run_pool(&pool, store, error);
	g_free(pool.slots);
	pthread_mutex_destroy(&pool.lock);
	pthread_cond_destroy(&pool.filled);
	pthread_cond_destroy(&pool.emptied);
	*stopped = ok && store_info(store)->done < s->total;
	if (ok && pool.starved) {
		starved(error);
		ok = false;
	} else if (*stopped && !pool.asked) {
		g_autofree char *name = escaped(s->path);

		g_set_error(error, STORE_ERROR, EXIT_IO, "%s: cannot be read again:\n%s", name,
			    pool.unread);
		ok = false;
	}
	g_free(pool.unread);
	if (!ok || *stopped)
		return ok;
	return store_finish(store, error);
}
