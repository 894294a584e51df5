/* SPDX-License-Identifier: MIT */
#include "cost_learning.h"

#include "cost.h"
#include "scenario_limits.h"

/* A guest's RDTSC or WRMSR: a few instructions, and in no line of a trace. */
#define GUEST_OP_NS 20

/* Less is the noise of two recordings. */
#define NOHZ_FULL_LEAST_NS 5

enum pool_kind { POOL_PLAIN, POOL_NOHZ_FULL, POOL_HOUSEKEEPING, POOL_KINDS };

struct cost_pool {
	GArray *ns[POOL_KINDS][OBSERVED_STRETCH_COUNT]; /* of int64_t */
};

struct cost_pool *cost_pool_new(void)
{
	struct cost_pool *pool = g_new0(struct cost_pool, 1);

	for (unsigned k = 0; k < POOL_KINDS; k++)
		for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
			pool->ns[k][i] = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return pool;
}

void cost_pool_free(struct cost_pool *pool)
{
	if (!pool)
		return;
	for (unsigned k = 0; k < POOL_KINDS; k++)
		for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
			g_array_unref(pool->ns[k][i]);
	g_free(pool);
}

static int by_value(gconstpointer a, gconstpointer b)
{
	const int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

	return one < two ? -1 : one > two;
}

void cost_pool_add(struct cost_pool *pool, const struct observed_run *run,
		   const bool nohz_full[OBSERVED_CPUS_MAX], bool clock_known, int64_t clock_offset)
{
	bool any = false;

	for (unsigned i = 0; i < run->n_cpus; i++)
		any |= nohz_full[i];
	for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++) {
		if (i == OBSERVED_CLOCK_TO_LINE && !clock_known)
			continue;
		for (guint k = 0; k < run->samples[i]->len; k++) {
			const struct observed_sample *s =
				&g_array_index(run->samples[i], struct observed_sample, k);
			const enum pool_kind kind = nohz_full[s->cpu] ? POOL_NOHZ_FULL
						    : any             ? POOL_HOUSEKEEPING
								      : POOL_PLAIN;
			const int64_t ns = s->ns + (i == OBSERVED_CLOCK_TO_LINE ? clock_offset : 0);

			/* Stamps may jump in a damaged trace: no cost is as long as that. */
			if (ns >= -LIMIT_COST_NS && ns <= LIMIT_COST_NS)
				g_array_append_val(pool->ns[kind][i], ns);
		}
	}
	for (unsigned k = 0; k < POOL_KINDS; k++)
		for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
			g_array_sort(pool->ns[k][i], by_value);
}

/* --- medians of stretches, and what follows from them --- */

static const GArray *samples_of(const struct cost_pool *pool, bool nohz_full,
				enum observed_stretch stretch)
{
	if (nohz_full)
		return pool->ns[POOL_NOHZ_FULL][stretch];
	for (unsigned k = 0; k < POOL_KINDS; k++) {
		static const enum pool_kind order[] = { POOL_PLAIN, POOL_HOUSEKEEPING,
							POOL_NOHZ_FULL };

		if (pool->ns[order[k]][stretch]->len)
			return pool->ns[order[k]][stretch];
	}
	return pool->ns[POOL_PLAIN][stretch];
}

struct solver {
	const struct cost_pool *pool;
	bool nohz_full;
	int64_t cost[COST_COUNT]; /* medians so far */
};

static bool has(const struct solver *s, enum observed_stretch stretch)
{
	return samples_of(s->pool, s->nohz_full, stretch)->len > 0;
}

static int64_t median(const struct solver *s, enum observed_stretch stretch)
{
	const GArray *a = samples_of(s->pool, s->nohz_full, stretch);

	return a->len ? g_array_index(a, int64_t, (a->len - 1) / 2) : 0;
}

/*
 * A cost is its stretch less the medians of others. In this order, each rests on those above. A
 * cost without a stretch is a share, computed in shares().
 */
#define WITH_MAX 6
#define NONE COST_COUNT

struct rule {
	enum cost_id cost;
	enum {
		ALWAYS,
		SPLIT, /* a VM-exit is known in two parts */
		WHOLE, /* it is not                       */
		BARE,  /* a delivery had no wait          */
		OWED,  /* none had                        */
	} when;
	enum observed_stretch stretch;
	enum cost_id less[WITH_MAX]; /* COST_COUNT ends it */
	const char *with;
};

/* Of each exit: from its handling to VM-entry. */
#define WAY_BACK COST_loop_edge, COST_enter_guest, COST_entry_check
#define WAY_BACK_TEXT "loop_edge, enter_guest and entry_check"

static const struct rule rules[] = {
	{ COST_inject,
	  ALWAYS,
	  OBSERVED_INTERRUPT_TO_ACCEPT,
	  { COST_handle_external_interrupt, COST_loop_edge, NONE },
	  "handle_external_interrupt and loop_edge" },
	{ COST_inject_event,
	  ALWAYS,
	  OBSERVED_ACCEPT_TO_ENTRY,
	  { COST_enter_guest, COST_entry_check, NONE },
	  "enter_guest and entry_check" },
	{ COST_handle_msr_write,
	  ALWAYS,
	  OBSERVED_WRITE_TO_START,
	  { COST_hrtimer_start, NONE },
	  "hrtimer_start" },
	{ COST_finish_msr_write,
	  ALWAYS,
	  OBSERVED_START_TO_ENTRY,
	  { WAY_BACK, NONE },
	  WAY_BACK_TEXT },
	{ COST_handle_eoi, ALWAYS, OBSERVED_EOI, { WAY_BACK, NONE }, WAY_BACK_TEXT },
	{ COST_handle_msr_read, ALWAYS, OBSERVED_RDMSR, { WAY_BACK, NONE }, WAY_BACK_TEXT },
	{ COST_handle_cpuid, ALWAYS, OBSERVED_CPUID, { WAY_BACK, NONE }, WAY_BACK_TEXT },
	{ COST_handle_io, ALWAYS, OBSERVED_IO, { WAY_BACK, NONE }, WAY_BACK_TEXT },
	{ COST_entry_load, ALWAYS, OBSERVED_ENTRY_TO_CLOCK, { NONE }, NULL },
	{ COST_vmexit,
	  SPLIT,
	  OBSERVED_EXPIRY_TO_CLOCK_GUEST,
	  { COST_irq_entry, NONE },
	  "irq_entry" },
	{ COST_vmexit_rest,
	  SPLIT,
	  OBSERVED_ARM_TO_EXIT,
	  { COST_vmexit, COST_guest_op, NONE },
	  "vmexit and guest_op" },
	{ COST_vmexit, WHOLE, OBSERVED_ARM_TO_EXIT, { COST_guest_op, NONE }, "guest_op" },
	{ COST_vmentry,
	  ALWAYS,
	  OBSERVED_ENTRY_TO_ARMED,
	  { COST_entry_load, COST_guest_op, NONE },
	  "entry_load and guest_op" },
	{ COST_irq_delivery,
	  OWED,
	  OBSERVED_ENTRY_TO_HANDLER,
	  { COST_vmentry, COST_guest_op, NONE },
	  "vmentry and guest_op" },
	{ COST_irq_delivery,
	  BARE,
	  OBSERVED_BARE_ENTRY_TO_HANDLER,
	  { COST_entry_load, COST_vmentry, COST_guest_op, NONE },
	  "entry_load, vmentry and guest_op" },
	{ COST_wait_lapic_expire,
	  BARE,
	  OBSERVED_ENTRY_TO_HANDLER,
	  { COST_vmentry, COST_irq_delivery, COST_guest_op, NONE },
	  "vmentry, irq_delivery and guest_op" },
	{ COST_irq_entry, WHOLE, OBSERVED_EXPIRY_TO_CLOCK_GUEST, { COST_vmexit, NONE }, "vmexit" },
	{ COST_irq_entry_idle,
	  ALWAYS,
	  OBSERVED_EXPIRY_TO_CLOCK_IDLE,
	  { COST_irq_entry, NONE },
	  "irq_entry" },
	{ COST_tick_program_event, ALWAYS, OBSERVED_CALLBACK_TO_IRQ_EXIT, { NONE }, NULL },
	{ COST_irq_exit,
	  ALWAYS,
	  OBSERVED_CALLBACK_TO_EXIT,
	  { COST_tick_program_event, COST_vmexit_rest, NONE },
	  "tick_program_event and vmexit_rest" },
	{ COST_irq_exit,
	  ALWAYS,
	  OBSERVED_IRQ_EXIT_TO_EXIT,
	  { COST_vmexit_rest, NONE },
	  "vmexit_rest" },
	{ COST_context_switch, ALWAYS, OBSERVED_SWITCH_TO_WAKEUP, { NONE }, NULL },
	{ COST_ipi,
	  ALWAYS,
	  OBSERVED_KICK_TO_IRQ,
	  { COST_vmexit, COST_irq_entry, NONE },
	  "vmexit and irq_entry" },
	{ COST_reschedule_ipi, ALWAYS, OBSERVED_RESCHEDULE, { NONE }, NULL },
};

static int64_t sum_of(const struct solver *s, const enum cost_id less[WITH_MAX])
{
	int64_t sum = 0;

	for (unsigned i = 0; i < WITH_MAX && less[i] != NONE; i++)
		sum += s->cost[less[i]];
	return sum;
}

/* Begins the sums. Shares of the way from an exit back into the guest, nothing to inject. */
static void way_back(struct solver *s)
{
	const int64_t whole = has(s, OBSERVED_INTERRUPT_TO_ENTRY)
				      ? median(s, OBSERVED_INTERRUPT_TO_ENTRY)
				      : median(s, OBSERVED_ACCEPT_TO_ENTRY) / 3;
	const int64_t share = whole / 8;

	for (unsigned i = 0; i < COST_COUNT; i++)
		s->cost[i] = (int64_t)cost_default_ns(i);
	if (!whole)
		return;
	s->cost[COST_handle_external_interrupt] = share;
	s->cost[COST_loop_edge] = share;
	s->cost[COST_enter_guest] = share;
	s->cost[COST_entry_check] = whole - 3 * share;
}

/* The same on a CPU in nohz_full: all shares as elsewhere, and the check takes what every exit
 * takes more there. */
static void way_back_nohz_full(struct solver *s, const struct solver *plain)
{
	static const enum observed_stretch ways[] = { OBSERVED_EOI, OBSERVED_RDMSR,
						      OBSERVED_START_TO_ENTRY,
						      OBSERVED_ACCEPT_TO_ENTRY };
	int64_t more = INT64_MAX;

	for (unsigned i = 0; i < COST_COUNT; i++)
		s->cost[i] = plain->cost[i];
	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++)
		if (has(s, ways[i]) && s->pool->ns[POOL_PLAIN][ways[i]]->len)
			more = MIN(more, median(s, ways[i]) - median(plain, ways[i]));
	s->cost[COST_entry_check] += more == INT64_MAX || more < 0 ? 0 : more;
}

/* Without the guest's own clock: from the wait's reading of the TSC to the handler's first exit lie
 * VM-entry, delivery and VM-exit; half of it is the exit's. */
static void guess_guest_edges(struct solver *s)
{
	const int64_t rest = MAX(median(s, OBSERVED_ENTRY_TO_HANDLER_EXIT) -
					 median(s, OBSERVED_ENTRY_TO_CLOCK) - GUEST_OP_NS,
				 0);

	s->cost[COST_vmexit] = rest / 2;
	s->cost[COST_vmentry] = rest / 8;
	s->cost[COST_irq_delivery] = rest - rest / 2 - rest / 8;
}

static void solve_handlers(struct solver *s)
{
	const int64_t clock = median(s, OBSERVED_CLOCK_TO_LINE);

	if (has(s, OBSERVED_CALLBACK))
		s->cost[COST_callback] = clock + median(s, OBSERVED_CALLBACK);
	else if (has(s, OBSERVED_CALLBACK_WAKES))
		s->cost[COST_callback] = clock + median(s, OBSERVED_CALLBACK_WAKES) / 4;
	if (has(s, OBSERVED_CALLBACK_WAKES))
		s->cost[COST_wakeup] =
			clock + median(s, OBSERVED_CALLBACK_WAKES) - s->cost[COST_callback];
	if (has(s, OBSERVED_TICK_TO_IRQ_EXIT))
		s->cost[COST_tick] = median(s, OBSERVED_TICK_TO_IRQ_EXIT) + clock -
				     median(s, OBSERVED_CALLBACK_TO_IRQ_EXIT);
}

/* Interrupts find host code on its way, too: then what an interrupt waits for of a VM-exit is known
 * apart from the rest (SVM, where it is taken before kvm_exit). */
static bool exit_is_split(const struct solver *s)
{
	return samples_of(s->pool, false, OBSERVED_EXPIRY_TO_CLOCK_KERNEL)->len &&
	       has(s, OBSERVED_EXPIRY_TO_CLOCK_GUEST) &&
	       (has(s, OBSERVED_IRQ_EXIT_TO_EXIT) || has(s, OBSERVED_CALLBACK_TO_EXIT));
}

/* A delivery that waited for nothing tells what the wait takes. One on any CPU does for all. */
static bool delivery_is_split(const struct solver *s)
{
	return samples_of(s->pool, false, OBSERVED_BARE_ENTRY_TO_HANDLER)->len > 0;
}

static bool applies(const struct solver *s, const struct rule *rule)
{
	if (!has(s, rule->stretch))
		return false;
	switch (rule->when) {
	case SPLIT: return exit_is_split(s);
	case WHOLE: return !exit_is_split(s);
	case BARE: return delivery_is_split(s);
	case OWED: return !delivery_is_split(s);
	default: return true;
	}
}

/* Without a wake-up that found the tick running the restart is not told apart from the rest. */
static enum observed_stretch to_switch(const struct solver *s)
{
	return has(s, OBSERVED_CALLBACK_TO_SWITCH) ? OBSERVED_CALLBACK_TO_SWITCH
						   : OBSERVED_CALLBACK_TO_SWITCH_TICK;
}

/* What has no samples counts in the sums with its default, as it will in a run. */
static void solve(struct solver *s)
{
	s->cost[COST_guest_op] = GUEST_OP_NS;
	if (has(s, OBSERVED_WRITE_TO_START))
		s->cost[COST_hrtimer_start] = median(s, OBSERVED_WRITE_TO_START) / 4;
	if (has(s, OBSERVED_ENTRY_TO_HANDLER_EXIT))
		guess_guest_edges(s);
	if (exit_is_split(s)) {
		const GArray *host = samples_of(s->pool, false, OBSERVED_EXPIRY_TO_CLOCK_KERNEL);
		const int64_t whole = s->cost[COST_vmexit];

		s->cost[COST_irq_entry] = g_array_index(host, int64_t, (host->len - 1) / 2);
		s->cost[COST_vmexit] =
			median(s, OBSERVED_EXPIRY_TO_CLOCK_GUEST) - s->cost[COST_irq_entry];
		s->cost[COST_vmexit_rest] = MAX(whole - s->cost[COST_vmexit], 0);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
		if (applies(s, &rules[i]))
			s->cost[rules[i].cost] =
				MAX(median(s, rules[i].stretch) - sum_of(s, rules[i].less), 0);
	solve_handlers(s);
	if (!has(s, OBSERVED_WOKEN_ACCEPT_TO_ENTRY))
		return;
	/* A woken vCPU: what its way takes more than that of a running one. */
	s->cost[COST_woken] =
		MAX(median(s, OBSERVED_WAKEUP_TO_ACCEPT) +
			    median(s, OBSERVED_WOKEN_ACCEPT_TO_ENTRY) - s->cost[COST_loop_edge] -
			    s->cost[COST_inject] - s->cost[COST_enter_guest] -
			    s->cost[COST_inject_event] - s->cost[COST_entry_check],
		    0);
	s->cost[COST_block] = MAX(median(s, to_switch(s)) + median(s, OBSERVED_SWITCH_TO_WAKEUP) -
					  s->cost[COST_tick_program_event] -
					  s->cost[COST_irq_exit] - s->cost[COST_context_switch],
				  0);
	if (to_switch(s) == OBSERVED_CALLBACK_TO_SWITCH && has(s, OBSERVED_CALLBACK_TO_SWITCH_TICK))
		s->cost[COST_tick_nohz_restart] =
			MAX(median(s, OBSERVED_CALLBACK_TO_SWITCH_TICK) -
				    median(s, OBSERVED_CALLBACK_TO_SWITCH),
			    0);
	s->cost[COST_handle_hlt] =
		median(s, OBSERVED_HLT_TO_SWITCH) - s->cost[COST_loop_edge] - s->cost[COST_block];
}

/* --- into tables --- */

static void constant(struct learned_costs *ret, enum cost_id id, int64_t ns, uint64_t samples,
		     enum observed_stretch stretch, bool share, const char *with)
{
	struct learned_cost *c = &ret->cost[id];

	if (!samples)
		return;
	ret->clipped += ns < 0;
	c->n = 1;
	c->quantile[0] = (uint64_t)MAX(ns, 0);
	c->samples = samples;
	c->stretch = stretch;
	c->share = share;
	c->with = with;
}

/* Nearest rank at 0, 1/(n-1), ..., 1. */
static void distribution(struct learned_cost *c, const GArray *a, int64_t less)
{
	const int64_t least = g_array_index(a, int64_t, 0);
	const int64_t most = g_array_index(a, int64_t, a->len - 1);

	c->samples = a->len;
	c->n = least == most ? 1 : MIN(a->len, LEARNED_QUANTILES_MAX);
	for (uint32_t i = 0; i < c->n; i++) {
		const guint rank = c->n == 1 ? 0 : (guint)((uint64_t)i * (a->len - 1) / (c->n - 1));

		c->quantile[i] = (uint64_t)MAX(g_array_index(a, int64_t, rank) - less, 0);
	}
}

static void tables(const struct solver *s, struct learned_costs *ret)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		const struct rule *rule = &rules[i];
		const GArray *a = samples_of(s->pool, false, rule->stretch);
		struct learned_cost *c = &ret->cost[rule->cost];

		if (!applies(s, rule))
			continue;
		ret->clipped += median(s, rule->stretch) < sum_of(s, rule->less);
		distribution(c, a, sum_of(s, rule->less));
		c->stretch = rule->stretch;
		c->with = rule->with;
		c->from_nohz_full = a == s->pool->ns[POOL_NOHZ_FULL][rule->stretch];
	}
}

static uint64_t count(const struct solver *s, enum observed_stretch stretch)
{
	return samples_of(s->pool, s->nohz_full, stretch)->len;
}

static void constants(const struct solver *s, struct learned_costs *ret)
{
	const enum observed_stretch back = has(s, OBSERVED_INTERRUPT_TO_ENTRY)
						   ? OBSERVED_INTERRUPT_TO_ENTRY
						   : OBSERVED_ACCEPT_TO_ENTRY;
	static const enum cost_id way[] = { COST_handle_external_interrupt, WAY_BACK };
	static const enum cost_id edges[] = { COST_vmexit, COST_vmentry, COST_irq_delivery };

	for (unsigned i = 0; i < G_N_ELEMENTS(way); i++)
		constant(ret, way[i], s->cost[way[i]], count(s, back), back, true, NULL);
	constant(ret, COST_hrtimer_start, s->cost[COST_hrtimer_start],
		 count(s, OBSERVED_WRITE_TO_START), OBSERVED_WRITE_TO_START, true, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(edges); i++)
		if (!ret->cost[edges[i]].n)
			constant(ret, edges[i], s->cost[edges[i]],
				 count(s, OBSERVED_ENTRY_TO_HANDLER_EXIT),
				 OBSERVED_ENTRY_TO_HANDLER_EXIT, true, NULL);
	/* A program that only goes in again makes the way to user space and back as long. */
	if (!ret->cost[COST_handle_io].n)
		constant(ret, COST_handle_io, 2 * median(s, OBSERVED_IO_TO_USER),
			 count(s, OBSERVED_IO_TO_USER), OBSERVED_IO_TO_USER, true,
			 "as much again for the way back");
	constant(ret, COST_callback, s->cost[COST_callback],
		 count(s, OBSERVED_CALLBACK) + count(s, OBSERVED_CALLBACK_WAKES), OBSERVED_CALLBACK,
		 false, "the clock's reading to the line before it");
	constant(ret, COST_wakeup, s->cost[COST_wakeup], count(s, OBSERVED_CALLBACK_WAKES),
		 OBSERVED_CALLBACK_WAKES, false, "callback");
	if (has(s, OBSERVED_CALLBACK_TO_IRQ_EXIT))
		constant(ret, COST_tick, s->cost[COST_tick], count(s, OBSERVED_TICK_TO_IRQ_EXIT),
			 OBSERVED_TICK_TO_IRQ_EXIT, false, "the way out of the interrupt");
	constant(ret, COST_block, s->cost[COST_block], count(s, to_switch(s)), to_switch(s), false,
		 "tick_program_event, irq_exit, and context_switch up to kvm_vcpu_wakeup");
	if (has(s, OBSERVED_CALLBACK_TO_SWITCH))
		constant(ret, COST_tick_nohz_restart, s->cost[COST_tick_nohz_restart],
			 count(s, OBSERVED_CALLBACK_TO_SWITCH_TICK),
			 OBSERVED_CALLBACK_TO_SWITCH_TICK, false, "the way without it");
	constant(ret, COST_woken, s->cost[COST_woken], count(s, OBSERVED_WOKEN_ACCEPT_TO_ENTRY),
		 OBSERVED_WOKEN_ACCEPT_TO_ENTRY, false,
		 "the way from kvm_vcpu_wakeup, less that of a running vCPU");
	if (exit_is_split(s)) {
		constant(ret, COST_irq_entry, s->cost[COST_irq_entry],
			 count(s, OBSERVED_EXPIRY_TO_CLOCK_KERNEL), OBSERVED_EXPIRY_TO_CLOCK_KERNEL,
			 false, NULL);
		if (!ret->cost[COST_vmexit_rest].n)
			constant(ret, COST_vmexit_rest, s->cost[COST_vmexit_rest],
				 count(s, OBSERVED_ENTRY_TO_HANDLER_EXIT),
				 OBSERVED_ENTRY_TO_HANDLER_EXIT, true, NULL);
	}
	constant(ret, COST_handle_hlt, s->cost[COST_handle_hlt], count(s, OBSERVED_HLT_TO_SWITCH),
		 OBSERVED_HLT_TO_SWITCH, false, "loop_edge and block");
}

static void nohz_full_adds(const struct solver *plain, const struct solver *nohz_full,
			   struct learned_costs *ret)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct learned_cost *c = &ret->cost[rules[i].cost];
		const int64_t more = nohz_full->cost[rules[i].cost] - plain->cost[rules[i].cost];

		if (!applies(nohz_full, &rules[i]) || c->from_nohz_full ||
		    more < NOHZ_FULL_LEAST_NS)
			continue;
		c->nohz_full = (uint64_t)more;
		c->nohz_full_samples = count(nohz_full, rules[i].stretch);
	}

	const int64_t check = nohz_full->cost[COST_entry_check] - plain->cost[COST_entry_check];
	if (check < NOHZ_FULL_LEAST_NS)
		return;
	ret->cost[COST_entry_check].nohz_full = (uint64_t)check;
	ret->cost[COST_entry_check].nohz_full_samples = count(nohz_full, OBSERVED_EOI);
}

/* What is only there on a CPU in nohz_full contains that CPU's way back. */
static void take_more_out(struct solver *plain, const struct solver *nohz_full,
			  struct learned_costs *ret)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct learned_cost *c = &ret->cost[rules[i].cost];
		const int64_t less =
			sum_of(nohz_full, rules[i].less) - sum_of(plain, rules[i].less);

		if (!c->n || !c->from_nohz_full)
			continue;
		for (uint32_t k = 0; k < c->n; k++)
			c->quantile[k] -= MIN(c->quantile[k], (uint64_t)MAX(less, 0));
	}
}

void cost_learn(const struct cost_pool *pool, struct learned_costs *ret)
{
	struct solver plain = { .pool = pool }, nohz_full = { .pool = pool, .nohz_full = true };
	bool both = false;

	*ret = (struct learned_costs){ 0 };
	way_back(&plain);
	solve(&plain);
	tables(&plain, ret);
	constants(&plain, ret);
	for (unsigned i = 0; i < OBSERVED_STRETCH_COUNT; i++)
		both |= pool->ns[POOL_PLAIN][i]->len && pool->ns[POOL_NOHZ_FULL][i]->len;
	if (!both)
		return;
	way_back_nohz_full(&nohz_full, &plain);
	solve(&nohz_full);
	nohz_full_adds(&plain, &nohz_full, ret);
	take_more_out(&plain, &nohz_full, ret);
}
