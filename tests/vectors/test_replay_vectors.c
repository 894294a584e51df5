/* SPDX-License-Identifier: MIT */
/* The checkers find a wrong form, and take nothing that they do not know for a success. */
#include "replay_vectors.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the four above first */
#include <cmocka.h>

/* What a check of one file printed and counted. */
struct outcome {
	char text[4096];
	uint64_t passed, failed;
};

/* Checks @content as a file called @name. */
static void check_text(const char *name, const char *content, vectors_alter_fn *alter,
		       struct outcome *ret)
{
	char dir[] = "/tmp/vectors-XXXXXX";
	struct vectors_report report = { 0 };
	char path[128];
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);

	report.out = tmpfile();
	assert_non_null(report.out);
	vectors_check_file(path, alter, &report);
	ret->passed = report.passed;
	ret->failed = report.failed;
	rewind(report.out);
	ret->text[fread(ret->text, 1, sizeof(ret->text) - 1, report.out)] = '\0';
	fclose(report.out);
	/* The folder's name differs from run to run. */
	for (char *p; (p = strstr(ret->text, dir));)
		memmove(p, p + strlen(dir) + 1, strlen(p + strlen(dir) + 1) + 1);

	unlink(path);
	rmdir(dir);
}

/* clang-format off */
#define NOHZ "version,ncpus,cpu,domains,idle_cpus,housekeeping_cpus,target,target_is_cpu," \
	     "target_idle,target_housekeeping\n"
/* CPU 1 is nohz_full and busy; so is CPU 0, which does the housekeeping. */
#define NOHZ_ROW "v4.10.17,2,1,0 1,-,0,0,0,0,1\n"
#define SWITCH "version,ncpus,cpu,domains,idle_cpus,housekeeping_cpus,pinned,migration_enabled," \
	       "hres_active,callback_running,old_cpu,expires_ns,clock_offset_ns,next_event_ns," \
	       "wanted_cpu,got_cpu\n"
/* The expiry is that of CPU 0's next event: refused up to v4.10, not from v4.19 on. */
#define SWITCH_OLD_ROW "v4.10.17,2,1,0 1,-,0,0,1,1,0,1,1000,0,1000 5000,0,1\n"
#define SWITCH_NEW_ROW "v4.19,2,1,0 1,-,0,0,1,1,0,1,1000,0,1000 5000,0,0\n"
#define DEADLINE "version,guest_khz,advance_ns,now_ns,guest_tsc,tsc_deadline,ahead_cycles," \
		 "outcome,expires_ns,delay_ns\n"
/* 1 GHz, 800 cycles ahead, 1000 ns of advance. */
#define DEADLINE_OLD_ROW "v5.0.1,1000000,1000,5000,100,900,800,timer,4800,-200\n"
#define DEADLINE_NEW_ROW "v5.2.1,1000000,1000,5000,100,900,800,expired,0,0\n"
#define TUNER "version,kind,seq,step,init_advance_ns,guest_khz,tsc_deadline,guest_tsc," \
	      "delta_cycles,advance_before_ns,done_before,called,advance_after_ns,done_after," \
	      "wait_cycles\n"
/* 3 GHz: 1500 cycles late are 500 ns, an eighth of 1000 is 125; then of 1125 it is 140. */
#define TUNER_ROWS "v5.0.1,x,7,0,1000,3000000,10000,11500,1500,1000,0,1,1125,0,0\n" \
		   "v5.0.1,x,7,1,1000,3000000,20000,21500,1500,1125,0,1,1265,0,0\n"
#define FORWARD "version,resolution_ns,expires_before_ns,now_ns,interval_ns,overruns," \
		"expires_after_ns\n"
/* 350 ns late, every 100 ns: four periods. */
#define FORWARD_ROW "v4.3,1,1000,1350,100,4,1400\n"
#define PERIOD "version,scenario,event,op,mode,tmict,tdcr,value,bus_cycle_ns,min_period_us," \
	       "guest_khz,now_ns,guest_tsc,ret,divide_count,period_ns,target_ns,tsc_deadline," \
	       "limited,tmcct\n"
/* 1 GHz, 100000 ticks of 8 ns; at half of the time the divider becomes 16. */
#define PERIOD_ROWS "v4.19,0,0,start,oneshot,100000,2,0,1,200,1000000,1000,5000,1,8,800000," \
		    "801000,805000,0,0\n" \
		    "v4.19,0,1,tdcr,oneshot,100000,3,3,1,200,1000000,401000,405000,1,16,1600000," \
		    "1201000,1205000,0,50000\n"
#define HV "version,host_khz,guest_khz,tsc_ratio_48,rate_shift,advance_ns,guest_now," \
	   "guest_deadline,ahead_cycles,ret,outcome,expired,divides,host_deadline_delta," \
	   "entry_delay,vmcs_written,vmcs_value\n"
/* 1 GHz, 3200 cycles ahead, 1000 ns of advance: 2200 cycles, 68 ticks of 32. */
#define HV_ROW "v5.2.1,1000000,1000000,281474976710656,5,1000,100,3300,3200,0,armed,0,0,2200,0,1," \
	       "68\n"
#define STATE "version,op,mode,hv_supported,set_hv_ret,set_hv_due,fires_in_window,pending_before," \
	      "hv_in_use_before,hrtimer_active_before,advance_ns,period_ns_before," \
	      "target_delta_before,deadline_delta_before,actions,pending_after,hv_in_use_after," \
	      "hrtimer_active_after,expired_deadline_set,hrtimer_delta,target_delta_after," \
	      "deadline_delta_after\n"
/* The preemption timer fires: cancelled, then expired; a one-shot owes nothing then. */
#define STATE_ROW "v5.2.1,hv_fires,oneshot,1,0,0,0,0,1,0,1000,1000000,0,0,cancel_hv;pending,1,0,0," \
		  "0,0,0,0\n"
#define HALT "version,op,seq,step,max_poll_ns,grow,shrink,grow_start_ns,block_ns,valid_wakeup," \
	     "poll_before_ns,poll_after_ns\n"
#define HALT_ROWS "v4.10.17,seq,0,0,30000,2,0,10000,25000,1,10000,20000\n" \
		  "v4.10.17,seq,0,1,30000,2,0,10000,25000,1,20000,30000\n"
/* clang-format on */

static struct forward_result forward_one(const struct forward_input *in)
{
	return (struct forward_result){ in->expires + in->interval, 1 };
}

static const struct forward_variant one_period = { { .name = "one_period" }, forward_one };

static void plant_one_period(struct kernel *k) { k->forward = &one_period; }

static void plant_count_only(struct kernel *k) { k->divide = &divide_variants[0]; }

static void plant_not_advanced(struct kernel *k) { k->hv_advance = &hv_advance_variants[0]; }

static void plant_expire_cancel(struct kernel *k) { k->hv_fire = &hv_fire_variants[2]; }

static void plant_unlimited(struct kernel *k) { k->halt_grow = &halt_grow_variants[1]; }

static void plant_earlier(struct kernel *k) { k->remote_check = &remote_check_variants[1]; }

static void plant_not_later(struct kernel *k) { k->remote_check = &remote_check_variants[0]; }

static void plant_nohz_busy(struct kernel *k) { k->nohz_target = &nohz_target_variants[0]; }

static void plant_within_advance(struct kernel *k)
{
	k->late_deadline = &late_deadline_variants[2];
}

static void plant_smooth(struct kernel *k) { k->tune = &tune_variants[4]; }

struct row {
	const char *name, *file, *content;
	vectors_alter_fn *alter;
	uint64_t passed, failed;
	const char *text;
};

/* clang-format off */
static const struct row rows[] = {
	{ "the right form passes", "nohz_target.csv", NOHZ NOHZ_ROW, NULL, 1, 0, "" },
	{ "a second part of the name is ignored", "nohz_target.heldout.csv", NOHZ NOHZ_ROW, NULL,
	  1, 0, "" },
	{ "a wrong nohz_target is found", "nohz_target.csv", NOHZ NOHZ_ROW, plant_nohz_busy, 0, 1,
	  "nohz_target.csv:2: target: got 1, want 0\n" },
	{ "the right remote checks pass", "hrtimer_switch.csv",
	  SWITCH SWITCH_OLD_ROW SWITCH_NEW_ROW, NULL, 2, 0, "" },
	{ "the later remote_check is wrong in 4.10", "hrtimer_switch.csv",
	  SWITCH SWITCH_OLD_ROW SWITCH_NEW_ROW, plant_earlier, 1, 1,
	  "hrtimer_switch.csv:2: got_cpu: got 0, want 1\n" },
	{ "the older remote_check is wrong in 4.19", "hrtimer_switch.csv",
	  SWITCH SWITCH_OLD_ROW SWITCH_NEW_ROW, plant_not_later, 1, 1,
	  "hrtimer_switch.csv:3: got_cpu: got 1, want 0\n" },
	{ "the right deadlines pass", "sw_deadline.csv",
	  DEADLINE DEADLINE_OLD_ROW DEADLINE_NEW_ROW, NULL, 2, 0, "" },
	{ "a wrong late_deadline is found", "sw_deadline.csv",
	  DEADLINE DEADLINE_OLD_ROW DEADLINE_NEW_ROW, plant_within_advance, 1, 1,
	  "sw_deadline.csv:2: outcome: got expired, want timer\n" },
	{ "a sequence carries its state", "tuner.csv", TUNER TUNER_ROWS, NULL, 2, 0, "" },
	{ "a wrong tuner is found, and goes on wrong", "tuner.csv", TUNER TUNER_ROWS,
	  plant_smooth, 0, 2,
	  "tuner.csv:2: advance_after_ns: got 1062, want 1125\n"
	  "tuner.csv:3: advance_before_ns: got 1062, want 1125\n" },
	{ "the right divide passes", "apic_period.csv", PERIOD PERIOD_ROWS, NULL,
	  2, 0, "" },
	{ "a wrong divide is found", "apic_period.csv", PERIOD PERIOD_ROWS, plant_count_only, 1, 1,
	  "apic_period.csv:3: ret: got 18446744073709551615, want 1\n" },
	{ "the right forward passes", "hrtimer_forward.csv", FORWARD FORWARD_ROW, NULL, 1, 0, "" },
	{ "a wrong forward is found", "hrtimer_forward.csv", FORWARD FORWARD_ROW, plant_one_period,
	  0, 1, "hrtimer_forward.csv:2: overruns: got 1, want 4\n" },
	{ "the right hv_advance passes", "hv_timer.csv", HV HV_ROW, NULL, 1, 0, "" },
	{ "a wrong hv_advance is found", "hv_timer.csv", HV HV_ROW, plant_not_advanced, 0, 1,
	  "hv_timer.csv:2: host_deadline_delta: got 3200, want 2200\n" },
	{ "the right hv_fire passes", "hv_state.csv", STATE STATE_ROW, NULL, 1, 0, "" },
	{ "a wrong hv_fire is found", "hv_state.csv", STATE STATE_ROW, plant_expire_cancel, 0, 1,
	  "hv_state.csv:2: actions: got pending;cancel_hv, want cancel_hv;pending\n" },
	{ "the right halt_grow passes", "halt_poll.csv", HALT HALT_ROWS, NULL, 2, 0, "" },
	{ "a wrong halt_grow is found", "halt_poll.csv", HALT HALT_ROWS, plant_unlimited, 1, 1,
	  "halt_poll.csv:3: poll_after_ns: got 40000, want 30000\n" },
	{ "an unknown file", "nohz_targets.csv", NOHZ NOHZ_ROW, NULL, 0, 1,
	  "nohz_targets.csv:0: no checker for a file of this name\n" },
	{ "an unknown version", "nohz_target.csv", NOHZ "v3.10,2,1,0 1,-,0,0,0,0,1\n", NULL, 0, 1,
	  "nohz_target.csv:2: version: got unknown version, want v3.10\n" },
	{ "an unknown word", "sw_deadline.csv",
	  DEADLINE "v5.2.1,1000000,1000,5000,100,900,800,later,0,0\n", NULL, 0, 1,
	  "sw_deadline.csv:2: outcome: got expired, want later\n" },
	{ "a missing column", "nohz_target.csv", "version,ncpus,cpu\nv4.3,2,1\n", NULL, 0, 1,
	  "nohz_target.csv:1: missing column: domains\n" },
	{ "a short row", "nohz_target.csv", NOHZ "v4.3,2,1\n", NULL, 0, 1,
	  "nohz_target.csv:2: not as many fields as columns\n" },
	{ "no rows", "nohz_target.csv", "# nothing\n" NOHZ, NULL, 0, 1,
	  "nohz_target.csv:2: no rows\n" },
	{ "a CPU that is not there", "nohz_target.csv", NOHZ "v4.3,2,2,0 1,-,0,0,0,0,1\n", NULL,
	  0, 1, "nohz_target.csv:2: cpu: got no such CPU, want 2\n" },
	{ "not a number", "nohz_target.csv", NOHZ "v4.3,2,1,0 1,-,0,0x0,0,0,1\n", NULL, 0, 1,
	  "nohz_target.csv:2: target: got no number, want 0x0\n" },
};
/* clang-format on */

static void check_outcome(void **state)
{
	const struct row *row = *state;
	struct outcome got;

	check_text(row->file, row->content, row->alter, &got);
	assert_string_equal(got.text, row->text);
	assert_int_equal(got.passed, row->passed);
	assert_int_equal(got.failed, row->failed);
}

static void check_missing_file(void **state)
{
	struct vectors_report report = { .out = tmpfile() };

	assert_non_null(report.out);
	vectors_check_file("/nonexistent/nohz_target.csv", NULL, &report);
	fclose(report.out);
	assert_int_equal(report.passed, 0);
	assert_int_equal(report.failed, 1);
}

/* Of 25 failing rows the first 20 are printed, and all are counted. */
static void check_shown(void **state)
{
	char content[4096] = NOHZ;
	struct outcome got;
	unsigned lines = 0;

	for (int i = 0; i < 25; i++)
		strcat(content, NOHZ_ROW);
	check_text("nohz_target.csv", content, plant_nohz_busy, &got);
	for (const char *p = got.text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(got.failed, 25);
	assert_int_equal(lines, 20);
}

static void check_versions(void **state)
{
	static const char *const bad[] = {
		"",
		"v",
		"4.3",
		"v4",
		"v4.3.",
		"v4.3.1.2",
		"v4.3.x",
		"v4.3rc1",
		"v4.21",
		"v5.0+",
		"v5.0+61abdb",
		"v5.1+57bf67e73ce9",
		"v7.0",
		"v4.3.-1",
		" v4.3",
		"v4.3.1 ",
		"v5.0+84ea3acaa01f",
	};
	struct kernel k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(vectors_kernel(bad[i], &k));

	assert_true(vectors_kernel("v5.0.1", &k));
	assert_string_equal(k.tune->variant.name, "eighth");
	assert_string_equal(k.advance_scope->variant.name, "global");

	assert_true(vectors_kernel("v5.0+57bf67e73ce9", &k));
	assert_string_equal(k.tune->variant.name, "eighth_off");
	assert_string_equal(k.advance_scope->variant.name, "global");

	assert_true(vectors_kernel("v5.0+39497d7660d9", &k));
	assert_string_equal(k.advance_scope->variant.name, "vcpu");
	assert_string_equal(k.wait_length->variant.name, "guest_cycles");

	assert_true(vectors_kernel("v5.0+b6aa57c69cb2", &k));
	assert_string_equal(k.wait_length->variant.name, "host_domain");
	assert_string_equal(k.param->variant.name, "int_auto");
	assert_string_equal(k.late_deadline->variant.name, "behind");
}

int main(void)
{
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[N + 3];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
						.test_func = check_outcome,
						.initial_state = (void *)&rows[i] };
	tests[N] = (struct CMUnitTest)cmocka_unit_test(check_missing_file);
	tests[N + 1] = (struct CMUnitTest)cmocka_unit_test(check_shown);
	tests[N + 2] = (struct CMUnitTest)cmocka_unit_test(check_versions);
	return cmocka_run_group_tests_name("replay_vectors", tests, NULL, NULL);
}
