/* SPDX-License-Identifier: MIT */
#include "posted_intr.h"

#include "vcpu.h"

bool posted_intr_deliver(struct host_cpu *cpu, struct vcpu *vcpu)
{
	if (vcpu->pir) /* and ON: a notification is due or on its way */
		return false;
	vcpu->pir = true;
	if (vcpu->mode != IN_GUEST_MODE) /* a kick outside guest mode: only a sleeper needs it */
		return vcpu_sleeps(vcpu);
	if (vcpu->task.cpu != cpu || !vcpu->kernel->post_ipi->skip_self)
		host_send_posted(cpu, vcpu->task.cpu);
	return false;
}

void posted_intr_sync(struct vcpu *vcpu)
{
	vcpu->irr |= vcpu->pir;
	vcpu->pir = false;
}

bool posted_intr_due(const struct vcpu *vcpu)
{
	return (vcpu->irr || vcpu->pir) && !vcpu->isr && guest_interruptible(&vcpu->guest);
}

void posted_intr_check(const struct vcpu *vcpu)
{
	const struct host_cpu *cpu = vcpu->task.cpu;

	if (vcpu->pir && !(cpu->pending & 1u << IRQ_POSTED) && !sim_event_armed(&cpu->posted_ipi))
		sim_break(vcpu->host->sim, "D5",
			  "vCPU %u is in guest mode, and not told of what was posted", vcpu->id);
}
