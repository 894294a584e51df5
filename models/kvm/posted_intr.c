/* SPDX-License-Identifier: MIT */
#include "posted_intr.h"

#include "vcpu.h"

bool posted_intr_deliver(struct host_cpu *cpu, struct vcpu *vcpu)
{
	struct posted_intr *pi = &vcpu->pi;

	if (pi->pir)
		return false;
	pi->pir = true;
	if (pi->on)
		return false;
	pi->on = true;
	if (vcpu->mode != IN_GUEST_MODE) /* a kick outside guest mode: only a sleeper needs it */
		return vcpu_sleeps(vcpu);
	if (vcpu->task.cpu != cpu || !vcpu->kernel->post_ipi->skip_self)
		host_send_posted(cpu, vcpu->task.cpu);
	return false;
}

void posted_intr_sync(struct vcpu *vcpu)
{
	vcpu->irr |= vcpu->pi.pir;
	vcpu->pi = (struct posted_intr){ false, false };
}

bool posted_intr_due(const struct vcpu *vcpu)
{
	return (vcpu->irr || vcpu->pi.pir) && !vcpu->isr && guest_interruptible(&vcpu->guest);
}

void posted_intr_check(const struct vcpu *vcpu)
{
	const struct host_cpu *cpu = vcpu->task.cpu;

	if (vcpu->pi.pir && !(cpu->pending & 1u << IRQ_POSTED) &&
	    !sim_event_armed(&cpu->posted_ipi))
		sim_break(vcpu->host->sim, "D5",
			  "vCPU %u is in guest mode, and not told of what was posted", vcpu->id);
}
