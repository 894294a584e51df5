// SPDX-License-Identifier: MIT
// ns-3's simulator, with the scheduler that it has by default and the resolution of ours. A moved event is
// cancelled, which marks it, and scheduled again.
#include "bench_load.h"

#include <ns3/core-module.h>
#include <vector>

namespace {

struct state {
	bench_run run;
	std::vector<ns3::EventId> events;
};

state *running;

void fire(uint32_t id);

void arm(state *s, uint32_t id)
{
	s->events[id] = ns3::Simulator::Schedule(ns3::TimeStep(bench_increment(&s->run)), &fire, id);
}

void fire(uint32_t id)
{
	state *s = running;

	bench_fired(&s->run, static_cast<uint64_t>(ns3::Simulator::Now().GetTimeStep()), id);
	arm(s, id);
	for (uint32_t i = 0; i < s->run.load->cancels; i++) {
		const uint32_t victim = bench_victim(&s->run);

		s->events[victim].Cancel();
		arm(s, victim);
	}
	if (--s->run.left == 0)
		ns3::Simulator::Stop();
}

void *start(const bench_load *load)
{
	auto s = new state;

	ns3::Time::SetResolution(ns3::Time::PS);
	bench_run_init(&s->run, load);
	s->events.resize(load->n);
	for (uint32_t id = 0; id < load->n; id++)
		arm(s, id);
	return s;
}

void run(void *opaque, uint64_t events)
{
	running = static_cast<state *>(opaque);
	running->run.left = events;
	ns3::Simulator::Run();
}

const bench_run *progress(void *opaque) { return &static_cast<state *>(opaque)->run; }

// It cannot be asked.
size_t bytes(void *) { return 0; }

void stop(void *opaque)
{
	ns3::Simulator::Destroy();
	delete static_cast<state *>(opaque);
}

} // namespace

const bench_queue bench_ns3 = { "ns-3", start, run, progress, bytes, stop };
