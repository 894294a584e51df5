# SPDX-License-Identifier: MIT
"""Scenarios that nobody would write: drawn from a seed, written as YAML, and made smaller while they still fail.

A scenario is what a YAML reader would give: maps, lists and scalars. Same seed, same scenario."""
import random

RELEASES = ('v4.2', 'v4.5', 'v4.6', 'v4.9', 'v4.18', 'v5.0', 'v5.2', 'v5.3', 'v5.8', 'v5.10', 'v5.17', 'v6.1', 'v6.10',
            'v6.16')
COSTS = ('vmexit', 'vmentry', 'enter_guest', 'inject', 'irq_entry', 'irq_exit', 'callback', 'tick', 'ipi', 'wakeup',
         'hrtimer_start', 'context_switch', 'block', 'handle_msr_write', 'handle_eoi', 'irq_delivery', 'entry_check',
         'loop_edge', 'posted_ipi', 'posted_irq', 'migration', 'reschedule_ipi')
HZ = (100, 250, 300, 1000)


# --- drawing ---

def us(draw, least, most):
    """Whole ns, so that a shrunk number still reads like one."""
    return '%dns' % (draw.randint(least, most) * 1000 + draw.choice((0, 0, 0, 137)))


def draw_host(draw):
    cpus = []
    for i in range(draw.randint(1, 4)):
        cpu = {'id': i}
        if i and draw.random() < 0.4:
            cpu['nohz_full'] = True
        if i and draw.random() < 0.2:
            cpu['isolated'] = True
        if draw.random() < 0.3:
            cpu['idle_exit'] = us(draw, 0, 5)
        cpus.append(cpu)
    host = {'hz': draw.choice(HZ), 'tsc': '%dkHz' % draw.choice((2400000, 1000000, 2112003, 3700000)), 'cpus': cpus}
    if draw.random() < 0.3:
        host['vendor'] = 'amd'
    elif draw.random() < 0.3:
        host['apicv'] = True
    if draw.random() < 0.5:
        host['preempt'] = draw.choice(('none', 'voluntary', 'full'))
    return host


def draw_guest(draw):
    wait = draw.choice(('spin', 'hlt'))
    kind = draw.randrange(10)
    if kind < 5:
        guest = {'workload': 'tscdeadline_latency', 'wait': wait, 'delta': us(draw, 30, 900)}
        if draw.random() < 0.4:
            guest['arm_jitter'] = us(draw, 1, 60)
    elif kind < 6:
        guest = {'workload': 'cyclictest', 'wait': wait, 'interval': us(draw, 100, 900)}
    elif kind < 7:
        guest = {'workload': 'periodic_tick', 'wait': wait, 'hz': 1000}
    elif kind < 8:
        guest = {'workload': 'idle_nohz', 'interval': us(draw, 300, 2000), 'hz': 1000}
    else:
        period = draw.randint(100000, 900000)
        guest = {'workload': 'program', 'wait': wait, 'program': draw.choice((
            {'start': [{'lvtt': 'periodic'}, {'tdcr': '0xb'}, {'tmict': period}], 'repeat': ['wait']},
            {'start': [{'lvtt': 'one_shot'}, {'tdcr': '0xb'}],
             'repeat': [{'tmict': period}, 'wait', {'compute': '7us'}]},
            {'repeat': [{'arm': '%dns' % period}, {'compute': '%dns' % (period // 2)}, 'cpuid', 'wait', 'disarm']},
            {'repeat': [{'arm': '%dns' % period}, 'cli', {'compute': '%dns' % (period + 5000)}, 'sti', 'io']}))}
    if draw.random() < 0.4:
        guest['other_exits'] = {'every': us(draw, 50, 700),
                                'reason': draw.choice(('CPUID', 'IO_INSTRUCTION', 'MSR_READ')),
                                'from': draw.choice(('last', 'grid'))}
    return guest


def draw_vms(draw, n_cpus):
    vms = []
    for i in range(draw.randint(1, 2)):
        vcpus = []
        for k in range(draw.randint(1, 2)):
            vcpu = {'id': k}
            if draw.random() < 0.7:
                vcpu['affinity'] = sorted(draw.sample(range(n_cpus), draw.randint(1, n_cpus)))
            if draw.random() < 0.2:
                vcpu['tsc'] = '%dkHz' % draw.choice((1200000, 3000000, 4800000))
            if draw.random() < 0.2:
                vcpu['tsc_offset'] = '%dcycles' % draw.randint(0, 10**12)
            vcpus.append(vcpu)
        vms.append({'name': 'vm%d' % i, 'vcpus': vcpus, 'guest': draw_guest(draw)})
    return vms


def draw_timeline(draw, n_cpus, vms, end_us):
    names = ['%s.%d' % (vm['name'], v['id']) for vm in vms for v in vm['vcpus']]
    timeline = []
    for _ in range(draw.choice((0, 0, 1, 3, 8))):
        do = draw.choice(('hog-start', 'migrate', 'set-affinity', 'device-irq', 'irqs-off', 'steal'))
        command = {'at': us(draw, 0, end_us - 2), 'do': do}
        if do in ('migrate', 'set-affinity'):
            command['vcpu'] = draw.choice(names)
        if do == 'set-affinity':
            command['cpus'] = sorted(draw.sample(range(n_cpus), draw.randint(1, n_cpus)))
        else:
            command['cpu'] = draw.randrange(n_cpus)
        if do in ('irqs-off', 'steal'):
            command['for'] = us(draw, 1, 90)
        if do == 'device-irq' and draw.random() < 0.5:
            command['every'] = us(draw, 100, 900)
        timeline.append(command)
    for command in [c for c in timeline if c['do'] == 'hog-start'][:1]:
        timeline.append({'at': '%dns' % draw.randint(int(command['at'][:-2]) + 1, end_us * 1000 - 1), 'do': 'hog-stop',
                         'cpu': command['cpu']})
    if draw.random() < 0.25:
        at, name = draw.randint(0, end_us // 2), draw.choice(vms)['name']
        for do in ('pause', 'save', 'restore'):
            timeline.append({'at': '%dus' % at, 'do': do, 'vm': name})
        timeline.append({'at': '%dus' % (at + draw.randint(0, 300)), 'do': 'resume', 'vm': name})
    return timeline


def draw_scenario(draw):
    end_us = draw.choice((3000, 6000, 12000))
    host = draw_host(draw)
    vms = draw_vms(draw, len(host['cpus']))
    scenario = {'scenario': 'drawn', 'seed': draw.randint(1, 10**6), 'duration': '%dus' % end_us,
                'kernel': draw.choice(RELEASES), 'host': host, 'vms': vms}
    costs = {name: '%dns' % draw.choice((0, 40, 333, 1500)) for name in COSTS if draw.random() < 0.2}
    if draw.random() < 0.3:
        costs['vmexit'] = {'quantiles': ['300ns', '400ns', '900ns']}
    if costs:
        scenario['costs'] = costs
    if draw.random() < 0.3:
        scenario['kvm_intel'] = {'preemption_timer': 'N'}
    if draw.random() < 0.3:
        scenario['kvm'] = {'halt_poll_ns': draw.choice((0, 50000))}
    timeline = draw_timeline(draw, len(host['cpus']), vms, end_us)
    if timeline:
        scenario['timeline'] = timeline
    return scenario


def scenario_of(seed):
    return draw_scenario(random.Random('scenario %d' % seed))


def each_vcpu(scenario):
    for vm in scenario['vms']:
        for vcpu in vm['vcpus']:
            yield vm, vcpu


# --- writing ---

def scalar(value):
    return ('false', 'true')[value] if isinstance(value, bool) else str(value)


def flow(value, order):
    if isinstance(value, dict):
        return '{ ' + ', '.join('%s: %s' % (k, flow(v, order)) for k, v in order(value)) + ' }'
    if isinstance(value, list):
        return '[ ' + ', '.join(flow(v, order) for v in value) + ' ]' if value else '[]'
    return scalar(value)


def as_written(value):
    return list(value.items())


def text(scenario):
    """One key a line, and one item a line of the lists that grow."""
    lines = []
    for key, value in scenario.items():
        if key in ('vms', 'timeline'):
            lines += [key + ':' + ('' if value else ' []')] + ['  - ' + flow(item, as_written) for item in value]
        else:
            lines.append('%s: %s' % (key, flow(value, as_written)))
    return '\n'.join(lines) + '\n'


def text_otherwise(scenario, draw):
    """The same scenario: other order of the keys, block style, comments, blank lines, CRLF."""
    lines = ['# another layout', '']

    def shuffled(value):
        items = list(value.items())
        draw.shuffle(items)
        return items

    def block(value, indent, first):
        """The lines of a map; the first may stand behind a dash."""
        for i, (key, item) in enumerate(shuffled(value)):
            start = first if i == 0 and first else ' ' * indent
            if isinstance(item, dict) and item and draw.random() < 0.6:
                lines.append('%s%s:%s' % (start, key, draw.choice(('', '   # a map'))))
                block(item, indent + draw.choice((1, 2, 4)), '')
            elif isinstance(item, list) and item and isinstance(item[0], dict) and key != 'start' and key != 'repeat':
                lines.append('%s%s:' % (start, key))
                for element in item:
                    block(element, indent + 3, ' ' * (indent + 1) + '- ')
            else:
                lines.append('%s%s:%s%s%s' % (start, key, ' ' * draw.randint(1, 3), flow(item, shuffled),
                                              draw.choice(('', '', '  # said so', '   '))))
            if draw.random() < 0.2:
                lines.append(draw.choice(('', '# between', '')))

    block(scenario, 0, '')
    return '\r\n'.join(lines) + '\r\n'


# --- shrinking ---

def smaller_scalar(value):
    """Half a number, rounded and not, with its unit; of what is no number, nothing."""
    digits = ''.join(c for c in str(value) if c.isdigit())
    unit = str(value)[len(digits):]
    if isinstance(value, bool) or not digits or not str(value).startswith(digits) or int(digits) < 2:
        return []
    half = int(digits) // 2
    rounded = [half - half % by for by in (10**9, 10**6, 1000) if half > by][:1]
    return [type(value)('%d%s' % (less, unit)) for less in rounded + [half]]


def smaller(value, keep):
    """Everything that is one step smaller than @value: without one element, or with one element smaller."""
    if isinstance(value, dict):
        for key in list(value):
            if key not in keep:
                yield {k: v for k, v in value.items() if k != key}
        for key, item in value.items():
            for less in smaller(item, keep) if key not in keep else ():
                yield {**value, key: less}
    elif isinstance(value, list):
        for part in (len(value) // 2, 1):
            for at in range(0, len(value), part) if part else ():
                if len(value) > part:
                    yield value[:at] + value[at + part:]
        for i, item in enumerate(value):
            for less in smaller(item, keep):
                yield value[:i] + [less] + value[i + 1:]
    else:
        yield from smaller_scalar(value)


def shrink(scenario, fails, keep=(), tries=1000):
    """The smallest scenario found for which fails() still holds, with all that stands under the keys @keep."""
    keep = ('scenario', 'id', 'name', 'do', 'workload') + keep
    found = scenario
    again = True
    while again:
        again = False
        at = 0
        steps = list(smaller(found, keep))
        while at < len(steps) and tries > 0:
            tries -= 1
            if not fails(steps[at]):
                at += 1
                continue
            found, again = steps[at], True
            steps = list(smaller(found, keep))  # from here on: what came before did not do
    return found
