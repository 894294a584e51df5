# SPDX-License-Identifier: MIT
"""Decoders of trace.dat, perf.data and Perfetto files, written from the formats and not from our writers. They are
strict: what is not in its place is an assertion that fails."""
import re
import struct

LINE = re.compile(r'^ *(?P<comm>\S+)-(?P<pid>-?\d+) +\[(?P<cpu>\d+)\] (?P<flags>\S{5}) +(?P<s>\d+)\.(?P<ns>\d{9}): (?P<text>.*)$')


def ftrace_lines(path):
    """[(ns, cpu, pid, flags, text)] of our own text form."""
    found = []
    with open(path, encoding='ascii') as file:
        for line in file:
            if not line.startswith('#'):
                m = LINE.match(line)
                assert m, line
                found.append((int(m['s']) * 10**9 + int(m['ns']), int(m['cpu']), int(m['pid']), m['flags'], m['text']))
    return found


class Cursor:
    """Bytes that are taken from the front, none twice."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        assert 0 <= n <= len(self.data) - self.at, 'the file ends in the middle of something'
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), 'little')

    def expect(self, want):
        got = self.take(len(want))
        assert got == want, '%r is not %r' % (got, want)

    def string(self):
        end = self.data.index(b'\0', self.at)
        return self.take(end + 1 - self.at)[:-1].decode('ascii')

    def varint(self):
        v, shift = 0, 0
        while True:
            byte = self.number(1)
            v |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                assert v < 1 << 64
                return v


# --- the metadata that trace.dat and perf.data share

FIELD = re.compile(r'^\tfield:(.*);\toffset:(\d+);\tsize:(\d+);\tsigned:([01]);$')


class Event:
    """A format text: name, id, and fields as (name, offset, size, signed, is an array of char)."""

    def __init__(self, system, text):
        lines = text.split('\n')
        self.system = system
        assert lines[0].startswith('name: ') and lines[1].startswith('ID: ') and lines[2] == 'format:', text
        self.name, self.id = lines[0][6:], int(lines[1][4:])
        self.fields = []
        at = 3
        for at, line in enumerate(lines[3:], 3):
            m = FIELD.match(line)
            if m:
                decl, offset, size, signed = m[1], int(m[2]), int(m[3]), m[4] == '1'
                array = decl.endswith('[%d]' % size)
                name = re.split(r'[ *]', decl.split('[')[0])[-1]
                assert array or (size in (1, 2, 4, 8) and offset % size == 0), line
                assert not self.fields or offset >= self.fields[-1][1] + self.fields[-1][2], line
                self.fields.append((name, offset, size, signed, array))
            elif line.startswith('print fmt: '):
                break
            else:
                assert line == '', line
        assert [f[:3] for f in self.fields[:4]] == [('common_type', 0, 2), ('common_flags', 2, 1),
                                                   ('common_preempt_count', 3, 1), ('common_pid', 4, 4)], text
        self.print = lines[at][len('print fmt: '):]
        assert self.print and lines[at + 1:] == [''], text

    def decode(self, record):
        values = {}
        for name, offset, size, signed, array in self.fields:
            raw = record[offset:offset + size]
            assert len(raw) == size, self.name
            values[name] = raw.rstrip(b'\0').decode('ascii') if array else int.from_bytes(raw, 'little', signed=signed)
        return values


class Metadata:
    def __init__(self, c, version):
        c.expect(b'\x17\x08\x44tracing' + version + b'\0' + b'\0' + b'\x08' + struct.pack('<I', 4096))
        c.expect(b'header_page\0')
        assert 'field: local_t commit;\toffset:8;\tsize:8;' in c.take(c.number(8)).decode('ascii')
        c.expect(b'header_event\0')
        assert 'time_extend : type == 30' in c.take(c.number(8)).decode('ascii')
        self.events = {}
        for _ in range(c.number(4)):
            self.add('ftrace', c.take(c.number(8)))
        for _ in range(c.number(4)):
            system = c.string()
            for _ in range(c.number(4)):
                self.add(system, c.take(c.number(8)))
        self.symbols = {}
        for line in c.take(c.number(4)).decode('ascii').splitlines():
            address, kind, name = line.split(' ')
            assert kind == 't' and len(address) == 16
            name, _, module = name.partition('\t')
            self.symbols[int(address, 16)] = (name, ' ' + module if module else '')
        assert c.number(4) == 0  # trace_printk()
        self.comms = {0: '<idle>'}
        for line in c.take(c.number(8)).decode('ascii').splitlines():
            pid, _, comm = line.partition(' ')
            self.comms[int(pid)] = comm

    def add(self, system, text):
        event = Event(system, text.decode('ascii'))
        assert event.id not in self.events and event.id < 1 << 16
        self.events[event.id] = event

    def line(self, ns, cpu, record):
        """A record as a line of the text form."""
        event = self.events[int.from_bytes(record[:2], 'little')]
        f = event.decode(record)
        f['comms'], f['symbols'] = self.comms, self.symbols
        flags = ''.join(c if f['common_flags'] & bit else '.' for c, bit in (('d', 1), ('N', 4), ('h', 8))) + '..'
        assert f['common_flags'] & ~13 == 0 and f['common_preempt_count'] == 0
        text = PAYLOADS[event.name](f)
        if event.name != 'function':
            text = event.name + ': ' + text
        return (ns, cpu, f['common_pid'], flags, text)


# What the kernel prints for each event, from the fields of its record: written from the kernel's event formats (6.1),
# the SDM (exit reasons, appendix C) and AMD's manual (exit codes), not from our own declarations.
REASONS = {(1, 1): 'EXTERNAL_INTERRUPT', (1, 7): 'INTERRUPT_WINDOW', (1, 10): 'CPUID', (1, 12): 'HLT',
           (1, 30): 'IO_INSTRUCTION', (1, 31): 'MSR_READ', (1, 32): 'MSR_WRITE', (1, 52): 'PREEMPTION_TIMER',
           (2, 0x60): 'interrupt', (2, 0x64): 'vintr', (2, 0x72): 'cpuid', (2, 0x78): 'hlt', (2, 0x7b): 'io',
           (2, 0x7c): 'msr'}
MODES = {0: 'ABS', 2: 'ABS|PINNED', 8: 'ABS|HARD', 10: 'ABS|PINNED|HARD'}
STATES = {0: 'R', 0x100: 'R+', 1: 'S', 0x10: 'X'}
REGISTERS = {0x320: 'APIC_LVTT', 0x380: 'APIC_TMICT', 0x390: 'APIC_TMCCT', 0x3e0: 'APIC_TDCR', 0x20: 'APIC_ID',
             0xb0: 'APIC_EOI'}


def comm(name):
    return name.replace(' ', '')


def function_of(f):
    return ''.join(f['symbols'][f['function']])


def vector(f):
    return 'vector=%d' % f['vector']


def task(f, more):
    return 'comm=%s pid=%d prio=%d ' % (comm(f['comm']), f['pid'], f['prio']) + more % f


def accept(f):
    return 'apicid %x vec %d (%s|%s)' % (
        f['apicid'], f['vec'], {0: 'Fixed'}[f['dm']], 'level' if f['tm'] else 'edge')


PAYLOADS = {
    'function': lambda f: '%s <-%s' % (f['symbols'][f['ip']][0], f['symbols'][f['parent_ip']][0]),
    'kvm_entry': lambda f: 'vcpu %(vcpu_id)d, rip 0x%(rip)x' % f,
    'kvm_exit': lambda f: 'vcpu %d reason %s rip 0x%x info1 0x%016x info2 0x%016x intr_info 0x%08x error_code 0x%08x' % (
        f['vcpu_id'], REASONS[f['isa'], f['exit_reason']], f['guest_rip'], f['info1'], f['info2'], f['intr_info'],
        f['error_code']),
    'kvm_msr': lambda f: 'msr_%s %x = 0x%x' % ('write' if f['write'] else 'read', f['ecx'], f['data']),
    'kvm_apic': lambda f: 'apic_%s %s = 0x%x' % ('write' if f['rw'] else 'read', REGISTERS[f['reg']], f['val']),
    'kvm_apic_accept_irq': accept,
    'kvm_apicv_accept_irq': accept,
    'kvm_inj_virq': lambda f: '%s 0x%x%s' % (
        'Soft/INTn' if f['soft'] else 'IRQ', f['vector'], ' [reinjected]' if f['reinjected'] else ''),
    'kvm_eoi': lambda f: 'apicid %(apicid)x vector %(vector)d' % f,
    'kvm_wait_lapic_expire': lambda f: 'vcpu %d: delta %d (%s)' % (
        f['vcpu_id'], f['delta'], 'early' if f['delta'] < 0 else 'late'),
    'kvm_vcpu_wakeup': lambda f: '%s time %d ns, polling %s' % (
        'wait' if f['waited'] else 'poll', f['ns'], 'valid' if f['valid'] else 'invalid'),
    'kvm_hv_timer_state': lambda f: 'vcpu_id %(vcpu_id)x hv_timer %(hv_timer_in_use)x' % f,
    'kvm_halt_poll_ns': lambda f: 'vcpu %d: halt_poll_ns %d (%s %d)' % (
        f['vcpu_id'], f['new'], 'grow' if f['grow'] else 'shrink', f['old']),
    'hrtimer_start': lambda f: 'hrtimer=%016x function=%s expires=%d softexpires=%d mode=%s' % (
        f['hrtimer'], function_of(f), f['expires'], f['softexpires'], MODES[f['mode']]),
    'hrtimer_cancel': lambda f: 'hrtimer=%016x' % f['hrtimer'],
    'hrtimer_expire_entry': lambda f: 'hrtimer=%016x function=%s now=%d' % (f['hrtimer'], function_of(f), f['now']),
    'hrtimer_expire_exit': lambda f: 'hrtimer=%016x' % f['hrtimer'],
    'tick_stop': lambda f: 'success=%d dependency=%s' % (f['success'], {0: 'NONE'}[f['dependency']]),
    'sched_switch': lambda f: 'prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d' % (
        comm(f['prev_comm']), f['prev_pid'], f['prev_prio'], STATES[f['prev_state']], comm(f['next_comm']),
        f['next_pid'], f['next_prio']),
    'sched_waking': lambda f: task(f, 'target_cpu=%(target_cpu)03d'),
    'sched_migrate_task': lambda f: task(f, 'orig_cpu=%(orig_cpu)d dest_cpu=%(dest_cpu)d'),
    'local_timer_entry': vector,
    'local_timer_exit': vector,
    'reschedule_entry': vector,
    'reschedule_exit': vector,
}


# --- trace.dat

def dat_page(page):
    """[(ns, record)] of one page of the ring buffer."""
    c = Cursor(page)
    ns, commit = c.number(8), c.number(8)
    assert commit <= 4096 - 16
    found = []
    while c.at < 16 + commit:
        head = c.number(4)
        kind, delta = head & 31, head >> 5
        if kind == 30:
            ns += delta | c.number(4) << 27
            continue
        assert kind <= 28, kind
        ns += delta
        found.append((ns, c.take(4 * kind if kind else c.number(4) - 4)))
    assert c.at == 16 + commit and not any(page[c.at:])
    return found


def dat(path):
    """(metadata, [[line of each record] of each CPU])"""
    with open(path, 'rb') as file:
        data = file.read()
    c = Cursor(data)
    meta = Metadata(c, b'6')
    n_cpus = c.number(4)
    c.expect(b'options  \0' + struct.pack('<HI', 4, 0) + b'\0\0' + b'flyrecord\0')
    places = [(c.number(8), c.number(8)) for _ in range(n_cpus)]
    c.expect(struct.pack('<Q', 6) + b'[mono]')
    end = (c.at + 4095) // 4096 * 4096
    assert not any(data[c.at:end])
    cpus = []
    for cpu, (offset, size) in enumerate(places):
        assert offset == end and size % 4096 == 0
        end += size
        records = [r for at in range(offset, end, 4096) for r in dat_page(data[at:at + 4096])]
        cpus.append([meta.line(ns, cpu, record) for ns, record in records])
    assert end == len(data)
    return meta, cpus


# --- perf.data

def perf_attributes(c, size, data):
    """id -> config, of the attributes."""
    ids, end = {}, c.at + size
    while c.at < end:
        begin = c.at
        assert (c.number(4), c.number(4)) == (2, 128)  # a tracepoint
        config = c.number(8)
        assert c.number(8) == 1
        assert (c.number(8), c.number(8), c.number(8)) == (1 << 16 | 1 << 10 | 1 << 7 | 7, 4, 1 << 18)
        assert not any(c.take(begin + 128 - c.at))
        place, n = c.number(8), c.number(8)
        assert n == 8
        ids[int.from_bytes(data[place:place + 8], 'little')] = config
    return ids


def perf_features(data, at, bits):
    c = Cursor(data, at)
    features = {}
    for bit in range(256):
        if bits >> bit & 1:
            place, size = c.number(8), c.number(8)
            features[bit] = data[place:place + size]
            assert len(features[bit]) == size
    return features


def perf_sample(c, ids):
    """(ns, cpu, record) behind the head of a sample."""
    config = ids[c.number(8)]
    assert c.number(8) == 0
    pid, tid, ns, cpu = c.number(4), c.number(4), c.number(8), c.number(8)
    record = c.take(c.number(4))
    assert c.at == len(c.data) and len(c.data) % 8 == 0
    assert int.from_bytes(record[:2], 'little') == config
    assert pid == tid == int.from_bytes(record[4:8], 'little')
    return ns, cpu, record


def perf(path):
    """(metadata, [line of each sample], {feature: bytes}, rounds)"""
    with open(path, 'rb') as file:
        data = file.read()
    c = Cursor(data)
    c.expect(b'PERFILE2')
    assert (c.number(8), c.number(8)) == (104, 144)
    attrs, attrs_size, begin, size, zero, zero2 = (c.number(8) for _ in range(6))
    bits = c.number(32)
    assert (attrs, zero, zero2) == (104, 0, 0)
    ids = perf_attributes(Cursor(data, attrs), attrs_size, data)
    features = perf_features(data, begin + size, bits)
    meta_at = Cursor(features[1])
    meta = Metadata(meta_at, b'0.6')
    assert meta_at.at == len(features[1])
    assert sorted(ids.values()) == sorted(meta.events)
    lines, comms, rounds = [], {0: '<idle>'}, 0
    c = Cursor(data, begin)
    while c.at < begin + size:
        kind, misc, length = c.number(4), c.number(2), c.number(2)
        record = Cursor(c.take(length - 8))
        if kind == 9:
            assert misc == 1
            lines.append(meta.line(*perf_sample(record, ids)))
        elif kind == 3:
            pid, tid, name = record.number(4), record.number(4), record.string()
            assert pid == tid
            comms[pid] = name
        else:
            assert (kind, length) == (68, 8)
            rounds += 1
    assert c.at == begin + size and comms == meta.comms
    return meta, lines, features, rounds


# --- Perfetto

# Message -> field number -> (name, what it holds): the part of Perfetto's .proto files that a trace of ours may use.
MESSAGES = {
    'Trace': {1: ('packet', 'TracePacket')},
    'TracePacket': {1: ('ftrace_events', 'FtraceEventBundle'), 2: ('process_tree', 'ProcessTree'), 8: ('timestamp', int),
                    10: ('trusted_packet_sequence_id', int), 11: ('track_event', 'TrackEvent'),
                    13: ('sequence_flags', int), 45: ('system_info', 'SystemInfo'),
                    60: ('track_descriptor', 'TrackDescriptor')},
    'SystemInfo': {1: ('utsname', 'Utsname')},
    'Utsname': {1: ('sysname', str), 2: ('version', str), 3: ('release', str), 4: ('machine', str)},
    'ProcessTree': {1: ('processes', 'Process'), 2: ('threads', 'Thread')},
    'Process': {1: ('pid', int), 2: ('ppid', int), 3: ('cmdline', str)},
    'Thread': {1: ('tid', int), 2: ('name', str), 3: ('tgid', int)},
    'TrackDescriptor': {1: ('uuid', int), 2: ('name', str), 8: ('counter', 'CounterDescriptor')},
    'CounterDescriptor': {6: ('unit_name', str)},
    'TrackEvent': {4: ('debug_annotations', 'DebugAnnotation'), 9: ('type', int), 11: ('track_uuid', int),
                   23: ('name', str), 30: ('counter_value', int), 47: ('flow_ids', 'fixed64'),
                   48: ('terminating_flow_ids', 'fixed64')},
    'DebugAnnotation': {3: ('value', int), 4: ('value', 'signed'), 6: ('value', str), 10: ('name', str)},
    'FtraceEventBundle': {1: ('cpu', int), 2: ('event', 'FtraceEvent')},
    'FtraceEvent': {1: ('timestamp', int), 2: ('pid', int), 4: ('sched_switch', 'SchedSwitch')},
    'SchedSwitch': {1: ('prev_comm', str), 2: ('prev_pid', int), 3: ('prev_prio', int), 4: ('prev_state', int),
                    5: ('next_comm', str), 6: ('next_pid', int), 7: ('next_prio', int)},
}
REPEATED = {'packet', 'debug_annotations'}


def message(kind, data):
    """A message as a dict; a field that is there twice must be one that may."""
    c, found = Cursor(data), {}
    while c.at < len(data):
        key = c.varint()
        name, holds = MESSAGES[kind][key >> 3]
        if key & 7 == 0:
            value = c.varint()
            assert holds in (int, 'signed')
            if holds == 'signed' or name == 'counter_value':
                value -= value >> 63 << 64
        elif key & 7 == 1:
            assert holds == 'fixed64'
            value = c.number(8)
        else:
            assert key & 7 == 2 and holds not in (int, 'signed', 'fixed64')
            value = c.take(c.varint())
            value = value.decode('ascii') if holds is str else message(holds, value)
        if name in REPEATED:
            found.setdefault(name, []).append(value)
        else:
            assert name not in found, (kind, name)
            found[name] = value
    return found


def perfetto(path):
    """The packets of a file."""
    with open(path, 'rb') as file:
        return message('Trace', file.read())['packet']
