/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

/* The entry of deadline @n; NULL: too many. */
static struct deadline *entry(struct deadlines *d, uint32_t vcpu, uint64_t n)
{
	GArray *of = d->of[vcpu];

	if (n >= of->len) {
		const uint64_t more = n + 1 - of->len;

		if (more > DEADLINES_MAX - d->kept) {
			d->left_out++;
			return NULL;
		}
		d->kept += more;
		g_array_set_size(of, (guint)(n + 1));
	}
	return &g_array_index(of, struct deadline, n);
}

static void on_record(struct trace_sink *sink, const struct trace_record *rec)
{
	struct deadlines *d = (struct deadlines *)((char *)sink - offsetof(struct deadlines, sink));
	struct deadline *one;

	switch (rec->event) {
	case TP_LAPIC_ARM:
	case TP_LAPIC_EXPIRE:
	case TP_LAPIC_SAMPLE:
	case TP_LAPIC_DROP: break;
	default: return;
	}
	d->samples += rec->event == TP_LAPIC_SAMPLE;
	one = entry(d, rec->entity, rec->value[1]);
	if (!one)
		return;
	switch (rec->event) {
	case TP_LAPIC_ARM: one->end = LIFE_NOT_FIRED; return;
	case TP_LAPIC_EXPIRE:
		one->end = LIFE_NOT_SEEN;
		one->cpu = (uint32_t)rec->value[2];
		one->vcpu_cpu = (uint32_t)rec->value[3];
		return;
	case TP_LAPIC_SAMPLE:
		one->end = LIFE_DELIVERED;
		one->lateness = (int64_t)rec->value[SAMPLE_LATENESS];
		one->cost = life_cost(one->lateness, (int64_t)rec->value[SAMPLE_PARTS + LIFE_WAIT]);
		return;
	default:
		if (rec->value[2] != DROP_UNSEEN)
			one->end = rec->value[2] == DROP_MERGED ? LIFE_MERGED : LIFE_OVERWRITTEN;
	}
}

struct deadlines *deadlines_new(const struct world_config *config)
{
	struct deadlines *d = g_new0(struct deadlines, 1);

	d->sink.record = on_record;
	for (uint32_t vm = 0; vm < config->n_vms; vm++)
		d->n_vcpus += config->vms[vm].n_vcpus;
	d->of = g_new0(GArray *, d->n_vcpus + 1);
	for (uint32_t i = 0; i < d->n_vcpus; i++)
		d->of[i] = g_array_new(FALSE, TRUE, sizeof(struct deadline));
	return d;
}

void deadlines_free(struct deadlines *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->n_vcpus; i++)
		g_array_unref(d->of[i]);
	g_free(d->of);
	g_free(d);
}

void deadlines_end(struct deadlines *d, struct world *world)
{
	const ps_t now = sim_now(world_sim(world));

	for (uint32_t i = 0; i < d->n_vcpus; i++) {
		struct vcpu_view v;
		struct deadline *one;

		world_view_vcpu(world, i, &v);
		if (!v.created || v.account == ACCOUNT_NONE)
			continue;
		const ps_t since = v.account == ACCOUNT_ARMED ? v.due : ps_min(v.due, v.fired);

		one = entry(d, i, v.n);
		if (one)
			one->cost = now.v > since.v ? now.v - since.v : 0;
	}
}

const struct deadline *deadlines_get(const struct deadlines *d, uint32_t vcpu, uint64_t n)
{
	if (vcpu >= d->n_vcpus || n >= d->of[vcpu]->len)
		return NULL;
	const struct deadline *one = &g_array_index(d->of[vcpu], struct deadline, n);

	return one->end == LIFE_NEVER_ARMED ? NULL : one;
}

uint64_t deadlines_count(const struct deadlines *d, uint32_t vcpu) { return d->of[vcpu]->len; }
