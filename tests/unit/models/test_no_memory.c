/* SPDX-License-Identifier: MIT */
/*
 * Each allocation of a world, its run, a writer and a histogram fails once: whoever asked says so,
 * and what was there before is given back (the sanitizers look).
 *
 * The linker puts the functions below in the place of the allocator's (see meson.build).
 */
#include "models_rig.h"

#include "histogram.h"
#include "trace_filter.h"
#include "trace_writer.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static uint64_t until_failure; /* 0: none fails */
static uint64_t asked;         /* bytes, in all */

static bool fails(void) { return until_failure && !--until_failure; }

void *__wrap_malloc(size_t size)
{
	asked += size;
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	asked += n * size;
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) { return fails() ? NULL : __real_realloc(p, size); }

/* Whether allocation @k of what follows was reached, and so failed. */
static bool reached(void)
{
	const bool it_was = !until_failure;

	until_failure = 0;
	return it_was;
}

static struct rig *rig_two_vcpus(void)
{
	struct rig *rig = rig_armed(GUEST_WAIT_SPIN);

	rig_vcpu(rig, 0, 1);
	rig->cfg.n_vms = 1;
	rig_command(rig, 100 * US, DO_HOG_START);
	return rig;
}

static void world_says_so(void **state)
{
	struct rig *rig = rig_two_vcpus();
	bool failed = true;
	unsigned k;

	for (k = 1; failed; k++) {
		const char *error = "";

		until_failure = k;
		struct world *world = world_new(&rig->cfg, &rig->limits, &error);

		failed = reached();
		if (failed) {
			assert_null(world);
			assert_null(error);
		} else {
			assert_non_null(world);
		}
		world_free(world);
	}
	assert_in_range(k, 10, 200);
	rig_free(rig);
}

static uint64_t bytes_of_world(const struct rig *rig)
{
	const char *error;
	const uint64_t before = asked;
	struct world *world = world_new(&rig->cfg, &rig->limits, &error);

	assert_non_null(world);
	world_free(world);
	return asked - before;
}

/* What it is said to take is what it asks for, but for what is the same for all. */
static void world_takes_what_it_says(void **state)
{
	struct rig *small = rig_armed(GUEST_WAIT_SPIN), *large = rig_two_vcpus();
	const uint64_t same = bytes_of_world(small) - world_bytes(&small->cfg);

	rig_command(large, 200 * US, DO_HOG_STOP);
	assert_in_range(same, 1, 1 << 20);
	assert_int_equal(bytes_of_world(large), world_bytes(&large->cfg) + same);
	assert_true(world_bytes(&large->cfg) > world_bytes(&small->cfg));
	large->cfg.host.n_cpus--;
	large->cfg.n_vms = 0;
	large->cfg.n_timeline = 0;
	assert_int_equal(bytes_of_world(large), world_bytes(&large->cfg) + same);
	large->cfg.host.cost[0].n = 0; /* as many as one */
	assert_int_equal(bytes_of_world(large), world_bytes(&large->cfg) + same);
	rig_free(small);
	rig_free(large);
}

/* 65536 records on, the list of checkpoints grows; without memory it ends there, and the
 * fingerprint does not. */
static void checkpoints_say_so(void **state)
{
	const struct trace_record rec = { .event = TP_LAPIC_DROP,
					  .n_values =
						  lapicsim_schema.events[TP_LAPIC_DROP]->n_fields };
	struct trace *trace[2];

	for (unsigned with = 0; with < 2; with++) {
		const uint64_t *hashes;

		trace[with] = trace_new(&lapicsim_schema);
		assert_non_null(trace[with]);
		until_failure = with ? 0 : 1;
		for (uint32_t i = 0; i < 2 * TRACE_CHECKPOINT_EVERY; i++)
			trace_emit(trace[with], &rec);
		assert_int_equal(reached(), true);
		assert_int_equal(trace_checkpoints_complete(trace[with]), with);
		assert_int_equal(trace_checkpoints(trace[with], &hashes), with ? 2 : 0);
	}
	assert_int_equal(trace_fingerprint(trace[0]), trace_fingerprint(trace[1]));
	trace_free(trace[0]);
	trace_free(trace[1]);
}

static const struct trace_task tasks[] = { { "idle", 0, 120 }, { "vcpu", 7, 120 } };

/* An event that leaves it to the writer how it is laid out; the models have none. */
static const struct trace_field plain_fields[] = { { .name = "a" },
						   { .name = "b", .type = TRACE_S64 } };
static const struct trace_event plain = { .kind = TRACE_KIND_EVENT,
					  .system = "s",
					  .name = "plain",
					  .format = "{a} {b}",
					  .fields = plain_fields,
					  .n_fields = 2 };
static const struct trace_event *const plain_events[] = { &plain };
static const struct trace_schema plain_schema = { .events = plain_events, .n_events = 1 };

/* One record of each event of a schema: false if the writer says that it failed. */
static bool writes(const struct trace_format *format, const struct trace_schema *schema, FILE *out,
		   FILE *spool)
{
	const struct trace_machine machine = { .schema = schema,
					       .tasks = tasks,
					       .n_tasks = 2,
					       .n_cpus = 2,
					       .cpuid = "GenuineIntel,6,85,4" };
	struct trace_writer *w = format->open(&machine, out, spool);

	if (!w)
		return false;
	for (uint32_t id = 0; id < schema->n_events; id++) {
		struct trace_record rec = { .when = { (id + 1) * PS_PER_US },
					    .event = id,
					    .cpu = id % 2,
					    .n_values = schema->events[id]->n_fields };

		w->sink.record(&w->sink, &rec);
	}
	const bool ok = w->end(w, 1);

	w->free(w);
	return ok;
}

static void schema_is_written(const struct trace_format *format, const struct trace_schema *schema)
{
	bool failed = true;

	for (unsigned k = 1; failed; k++) {
		FILE *out = tmpfile(), *spool = tmpfile();

		assert_non_null(out);
		assert_non_null(spool);
		until_failure = k;
		const bool ok = writes(format, schema, out, spool);

		failed = reached();
		assert_int_equal(ok, !failed);
		fclose(out);
		fclose(spool);
	}
}

static void writer_says_so(void **state)
{
	schema_is_written(*state, &lapicsim_schema);
	schema_is_written(*state, &plain_schema);
}

static void filter_says_so(void **state)
{
	const struct trace_choice all = { .to = { UINT64_MAX } };
	struct trace_filter *filter;

	for (unsigned k = 1; k <= 2; k++) {
		until_failure = k;
		assert_null(trace_filter_new(&plain_schema, &all, NULL));
		assert_true(reached());
	}
	until_failure = 3;
	filter = trace_filter_new(&plain_schema, &all, NULL);
	assert_false(reached());
	assert_non_null(filter);
	trace_filter_free(filter);
	trace_filter_free(NULL);
}

static void histogram_says_so(void **state)
{
	struct histogram *h, *other;

	until_failure = 1;
	assert_null(histogram_new());
	h = histogram_new();
	other = histogram_new();
	assert_true(histogram_add(other, 5));

	until_failure = 1;
	assert_false(histogram_add(h, 5));
	until_failure = 1;
	assert_false(histogram_merge(h, other));
	assert_int_equal(histogram_count(h), 0);

	assert_true(histogram_merge(h, other));
	assert_int_equal(histogram_count(h), 1);
	assert_int_equal(histogram_max(h), 5);
	histogram_free(h);
	histogram_free(other);
	histogram_free(NULL);
}

int main(void)
{
	const struct CMUnitTest fixed[] = {
		cmocka_unit_test(world_says_so),      cmocka_unit_test(world_takes_what_it_says),
		cmocka_unit_test(checkpoints_say_so), cmocka_unit_test(histogram_says_so),
		cmocka_unit_test(filter_says_so),
	};
	struct CMUnitTest tests[N_ELEMENTS(fixed) + 8];
	size_t n_formats, n = N_ELEMENTS(fixed);
	const struct trace_format *const *formats = trace_formats(&n_formats);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < n_formats; i++)
		tests[n++] = (struct CMUnitTest){ .name = formats[i]->suffix,
						  .test_func = writer_says_so,
						  .initial_state = (void *)(uintptr_t)formats[i] };
	return _cmocka_run_group_tests("test_no_memory", tests, n, NULL, NULL);
}
