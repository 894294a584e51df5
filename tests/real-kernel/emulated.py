# SPDX-License-Identifier: MIT
"""What the scripts share that record a kernel on an emulated machine: packages, guest, QEMU, comparison, TAP.

QEMU 10 (from backports), Debian's kernel and busybox are fetched and unpacked into FOLDER, the third argument; nothing is
installed. It needs Debian 12 on x86-64, its archive within reach of apt-get, a C compiler with a static libc, 1 GB in
FOLDER, 3 GB of memory, one core for some minutes. It need not be root and needs no /dev/kvm. Where one of these is missing
the tests are skipped, with the reason. What was fetched stays in FOLDER/packages, what was recorded in FOLDER/recordings,
and two scripts may share FOLDER."""
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile

LAPICSIM, ROOT, FOLDER = (os.path.abspath(path) for path in sys.argv[1:4])
RIG = os.path.join(ROOT, 'tests', 'real-kernel', 'rig')
PROFILE = os.path.join('lib', 'linux-6.1-qemu-tcg.yaml')
PACKAGES = os.path.join(FOLDER, 'packages')
RECORDINGS = os.path.join(FOLDER, 'recordings', os.path.basename(sys.argv[0]))
BOOT_LIMIT_S = 900

# The emulated CPUs take turns: where both have a tick, the second one's comes some us late, and a timer that is due by
# then is found in the same interrupt.
SHARED = 'a tick waited for the other CPU, and came in one interrupt with the timer'
# Now and then the emulated CPU runs a handler twice for one injection; the second time nothing is in service for its EOI.
TWICE = 'the emulated CPU ran the handler twice for one injection'


class Skip(Exception):
    """Something that the machine lacks."""


def run(*words, cwd=None, limit=300, env=None):
    return subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=limit, env=dict(os.environ, LC_ALL='C', **(env or {})))


def complaint(text):
    """What apt-get says is wrong."""
    return ([line for line in text.splitlines() if line[:2] in ('E:', 'W:')] or [last_line(text)])[0].replace('#', '')


def last_line(text):
    return ([line for line in text.splitlines() if line.strip()] or ['no message'])[-1].replace('#', '')


# ---- what the machine has

def look_at_machine(disk_mb):
    def text_of(path):
        try:
            with open(path, encoding='utf-8') as file:
                return file.read()
        except OSError:
            return ''

    if 'VERSION_CODENAME=bookworm' not in text_of('/etc/os-release') or os.uname().machine != 'x86_64':
        raise Skip('needs Debian 12 on x86-64')
    for tool in 'apt-get', 'dpkg-deb', 'gcc':
        if not shutil.which(tool):
            raise Skip('needs ' + tool)
    free = shutil.disk_usage(FOLDER).free >> 20
    if free < disk_mb:
        raise Skip('needs %d MB in %s, %d are free' % (disk_mb, os.path.basename(FOLDER), free))
    available = re.search(r'MemAvailable: +(\d+)', text_of('/proc/meminfo'))
    if available and int(available[1]) >> 10 < 3000:
        raise Skip('needs 3000 MB of memory, %d are available' % (int(available[1]) >> 10))


# ---- packages

def apt(*words, tool='apt-get', cwd=PACKAGES):
    """apt-get, or apt-cache, with lists and cache of its own: the system's, and backports, which it need not have.
    Nothing is installed, so the lock of what is installed is left alone: somebody else may hold it."""
    options = {'Dir::Etc::SourceList': 'sources.list', 'Dir::State': 'state', 'Dir::Cache': 'cache',
               'Dir::State::Lists': 'state/lists'}
    words = ['-o' + key + '=' + os.path.join(PACKAGES, path) for key, path in options.items()] + [
        '-oDir::State::status=/var/lib/dpkg/status', '-oDir::Etc::SourceParts=/dev/null', '-oAPT::Sandbox::User=',
        '-oDebug::NoLocking=1', '-oAcquire::Retries=1', '-oAcquire::http::Timeout=30', '-q', *words]
    try:
        return run(tool, *words, cwd=cwd, limit=900)
    except subprocess.TimeoutExpired as late:
        raise Skip('%s was not through after 900 s' % tool) from late


def write_sources():
    """The system's own archives of this release, whatever mirror they are; backports lie beside the main one."""
    found = run('apt-get', 'indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages').stdout.split('\n')
    archives = sorted({tuple(line.split(' ', 1)) for line in found if re.match(r'bookworm\S* \S+$', line)})
    main = [uri for codename, uri in archives if codename == 'bookworm']
    if not main:
        raise Skip('apt-get knows no archive of Debian 12: apt-get update?')
    archives.append(('bookworm-backports', main[0]))
    with open(os.path.join(PACKAGES, 'sources.list'), 'w', encoding='utf-8') as file:
        for codename, uri in archives:
            file.write('deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' % (uri, codename))


def fetch():
    """The names of the packages' files, fetched now or by an earlier run."""
    done = os.path.join(PACKAGES, 'fetched')
    if not os.path.exists(done):
        shutil.rmtree(PACKAGES, ignore_errors=True)
        for folder in 'state/lists/partial', 'cache/archives/partial':
            os.makedirs(os.path.join(PACKAGES, folder))
        write_sources()
        got = apt('update')
        if got.returncode or not re.search('^(Get|Hit):.*backports', got.stdout, re.M):
            raise Skip('the archive cannot be reached: ' + complaint(got.stdout))
        kernel = re.search(r'^ *Depends: (linux-image-6\.1\.0-\d+-amd64)$',
                           apt('depends', 'linux-image-amd64', tool='apt-cache').stdout, re.M)
        if not kernel:
            raise Skip('the archive has no linux-image-6.1.0-*-amd64')
        for words in (['-y', '--no-install-recommends', '--download-only', '-tbookworm-backports', 'install', 'qemu-system-x86'],
                      ['download', kernel[1], 'busybox-static']):
            got = apt(*words)
            if got.returncode:
                raise Skip('%s cannot be fetched: %s' % (words[-1], complaint(got.stdout)))
        with open(done, 'w', encoding='utf-8'):
            pass
    return sorted(os.path.join(folder, name) for folder in (PACKAGES, os.path.join(PACKAGES, 'cache', 'archives'))
                  for name in os.listdir(folder) if name.endswith('.deb'))


def unpack_package(package, to, wanted=()):
    with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', package], stdout=subprocess.PIPE) as source:
        done = subprocess.run(['tar', 'xf', '-', '-C', to, *wanted], stdin=source.stdout)
    assert done.returncode == 0, 'cannot unpack ' + package


def unpack(packages):
    """Of the kernel only what is booted: all of it is 400 MB."""
    to = os.path.join(PACKAGES, 'root')
    if os.path.exists(to):
        return to
    partial = to + '.partial'
    shutil.rmtree(partial, ignore_errors=True)
    os.mkdir(partial)
    for package in packages:
        wanted = ['--wildcards', './boot/vmlinuz-*', './lib/modules/*/kernel/arch/x86/kvm', './lib/modules/*/irqbypass.ko',
                  './lib/modules/*/ccp.ko'] if 'linux-image' in package else []
        unpack_package(package, partial, wanted)
    os.rename(partial, to)
    return to


def one_file(folder, pattern):
    found = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names if re.fullmatch(pattern, name)]
    assert len(found) == 1, (pattern, found)
    return found[0]


# ---- guest, runner, initramfs

def build():
    """The guest's image and its runner, as (name, bytes)."""
    out = []
    for name, words in (
            ('guest', ['-ffreestanding', '-nostdlib', '-fno-pic', '-no-pie', '-mno-red-zone', '-mgeneral-regs-only',
                       '-fno-stack-protector', '-fcf-protection=none', '-Wl,-T,guest.ld', '-Wl,--build-id=none']),
            ('runner', ['-D_GNU_SOURCE', '-pthread'])):
        path = os.path.join(FOLDER, name)
        done = run('gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wshadow', '-Wundef', '-Wmissing-prototypes', '-Werror',
                   '-static', *words, '-o', path, name + '.c', cwd=RIG)
        assert done.returncode == 0, done.stdout
        with open(path, 'rb') as file:
            out.append((name, file.read()))
    return dict(out)


def archived(entries):
    """[(path, mode, bytes)] as a cpio archive in the kernel's format."""
    out = io.BytesIO()
    for number, (path, mode, data) in enumerate(entries + [('TRAILER!!!', 0, b'')], 1):
        name = path.encode() + b'\0'
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        out.write(b'070701' + b''.join(b'%08x' % field for field in fields) + name)
        out.write(b'\0' * (-out.tell() % 4) + data)
        out.write(b'\0' * (-out.tell() % 4))
    return out.getvalue()


def initramfs(root, modules, built, recordings):
    """The KVM modules are those in the folder @modules, the others the kernel's own."""
    def content(path):
        with open(path, 'rb') as file:
            return file.read()

    entries = [(name, 0o40755, b'') for name in ('bin', 'proc', 'sys', 'dev', 'tmp', 'modules', 'out')]
    shipped = os.path.join(root, 'lib', 'modules')
    entries += [('modules/' + name, 0o100644, content(one_file(folder, name)))
                for name, folder in (('irqbypass.ko', shipped), ('ccp.ko', shipped), ('kvm.ko', modules), ('kvm-amd.ko', modules))]
    lines = ''.join('record %s %s\n' % item for item in recordings.items())
    entries += [('bin/busybox', 0o100755, content(os.path.join(root, 'bin', 'busybox'))), ('bin/runner', 0o100755, built['runner']),
                ('guest', 0o100644, built['guest']), ('recordings', 0o100644, lines.encode()),
                ('init', 0o100755, content(os.path.join(RIG, 'init')))]
    return gzip.compress(archived(entries), 1)


# ---- the emulated machine

def boot(name, setup, root, modules, built):
    """Boots, records, and leaves a trace and a CSV of each recording in RECORDINGS."""
    cpus, more, recordings = setup
    path = {what: os.path.join(FOLDER, name + '.' + what) for what in ('initramfs', 'console', 'out')}
    with open(path['initramfs'], 'wb') as file:
        file.write(initramfs(root, modules, built, recordings))
    libraries = ':'.join(os.path.join(root, *part) for part in (('usr', 'lib', 'x86_64-linux-gnu'), ('lib', 'x86_64-linux-gnu')))
    qemu = os.path.join(root, 'usr', 'bin', 'qemu-system-x86_64')
    if not os.path.exists(qemu):
        qemu = shutil.which('qemu-system-x86_64') # the same version is installed
        assert qemu, 'no QEMU'
    # One instruction is one nanosecond and one cycle; the CPUs take turns. tsc=reliable: the emulated CPU has no
    # flag for an invariant TSC. Without RDRAND (it has it) hrtimers would be printed as one and the same.
    words = [qemu, '-L', root + '/usr/share/seabios', '-L', root + '/usr/share/qemu', '-accel', 'tcg,thread=single',
             '-icount', 'shift=0,sleep=off', '-cpu', 'EPYC,+svm,+npt', '-smp', str(cpus), '-m', '2048',
             '-rtc', 'base=2024-01-01T00:00:00,clock=vm', '-seed', '1', '-display', 'none', '-no-reboot', '-nodefaults',
             '-serial', 'file:' + path['console'], '-serial', 'file:' + path['out'],
             '-kernel', one_file(os.path.join(root, 'boot'), 'vmlinuz-.*'), '-initrd', path['initramfs'],
             '-append', 'console=ttyS0 panic=-1 tsc=reliable mitigations=off nokaslr ' + more]
    try:
        done = run(*words, limit=BOOT_LIMIT_S, env={'LD_LIBRARY_PATH': libraries})
    except subprocess.TimeoutExpired as late:
        raise AssertionError('%s: QEMU was not through after %d s' % (name, BOOT_LIMIT_S)) from late
    assert done.returncode == 0, '%s: QEMU: %s' % (name, last_line(done.stdout))
    with open(path['console'], encoding='utf-8', errors='replace') as file:
        console = file.read()
    assert 'FAILED' not in console and os.path.getsize(path['out']), '%s: %s' % (name, last_line(console))
    with tarfile.open(path['out'], 'r:gz') as tar:
        for member in tar:
            if member.isfile():
                to = 'machine-%s.txt' % name if member.name.endswith('machine.txt') else os.path.basename(member.name)
                with open(os.path.join(RECORDINGS, to), 'wb') as file:
                    file.write(tar.extractfile(member).read())
    for what in 'initramfs', 'out':
        os.unlink(path[what])


# ---- comparing

def compare(name):
    """The verdict of one recording, whether it agrees, and the whole table."""
    base = os.path.join(RECORDINGS, name)
    done = run(LAPICSIM, 'import', base + '.trace', '--kernel', 'v6.1', '--profile', PROFILE, '-o', base + '.yaml')
    if done.returncode:
        return 'import: ' + last_line(done.stdout), False, done.stdout
    done = run(LAPICSIM, 'compare', base + '.yaml', base + '.trace', base + '.csv')
    return last_line(done.stdout), done.returncode == 0, done.stdout


def shared_interrupts(name):
    """How often one interrupt ran the tick and apic_timer_fn()."""
    shared, ran = 0, {}
    with open(os.path.join(RECORDINGS, name + '.trace'), encoding='utf-8') as file:
        for line in file:
            found = re.search(r'\[(\d+)\] .*?: (local_timer_entry|hrtimer_expire_entry): (?:.* function=(\w+))?', line)
            if not found:
                continue
            cpu, event, function = found.groups()
            if event == 'local_timer_entry':
                ran[cpu] = set()
            elif cpu in ran:
                before = len(ran[cpu])
                ran[cpu] |= {function} & {'tick_sched_timer', 'apic_timer_fn'}
                shared += len(ran[cpu]) == 2 and before == 1
    return shared


def handled_twice(name):
    """How often the guest's handler ran with nothing in service: it reads one MSR, and writes EOI."""
    with open(os.path.join(RECORDINGS, name + '.trace'), encoding='utf-8') as file:
        return len(re.findall(r' kvm_eoi: apicid 0 vector -1$', file.read(), re.M))


def cause_of(name, verdict):
    """What the emulator did, for which a prediction misses; None: some miss has another cause."""
    causes = set()
    for miss in verdict.partition('; outside the bounds: ')[2].split(', '):
        exits = re.fullmatch(r'(exits for apic_timer_fn|MSR exits) (\d+) against (\d+)', miss)
        missing = int(exits[3]) - int(exits[2]) if exits else 0
        if missing and exits[1] == 'MSR exits' and missing == 2 * handled_twice(name):
            causes.add(TWICE)
        elif missing and exits[1] != 'MSR exits' and 0 < missing <= shared_interrupts(name):
            causes.add(SHARED)
        else:
            return None
    return '; '.join(sorted(causes))


def say(number, name, verdict, good, table, cause):
    print('%s %d - %s: %s%s' % ('ok' if good else 'not ok', number, name, verdict, ' # TODO ' + cause if cause else ''))
    print(''.join('# ' + line + '\n' for line in table.rstrip('\n').split('\n')), end='', flush=True)
    return not good and not cause


# ---- the page

def row(name, table, cause):
    """A recording's row of the table in docs/real-kernel.md, out of what `lapicsim compare` printed."""
    def counts(what):
        return re.findall(r'^ *%s +(\d+) +(\d+)' % what, table, re.M) or [('0', '0')]

    [(recorded, predicted)], [(recorded_0, predicted_0)] = counts('deadlines delivered'), counts('timer fired on CPU 0')
    late = [', '.join(column) for column in zip(*[counts(r'lateness %s \[cycles\]' % p)[0] for p in ('p50', 'p90')])]
    return '| %s | %s of %s | %s of %s | %s | %s | %s |\n' % (name, recorded_0, recorded, predicted_0, predicted, *late,
                                                        'outside the bounds: ' + cause if cause else '')


def write_rows(rows):
    """--write: made-files puts them into the page."""
    path = os.path.join(ROOT, 'tests', 'real-kernel', 'recorded-%s.md' % os.path.basename(sys.argv[0]))
    with open(path, 'w', encoding='utf-8') as file:
        file.write('| recording | on CPU 0, recorded | predicted | lateness p50, p90, recorded | predicted | |\n'
                   '| --- | --- | --- | --- | --- | --- |\n' + ''.join(rows))


def record_and_compare(boots, modules=None, judges=(), disk_mb=1000):
    """Whether a test failed. @boots: {name: (CPUs, further words of the kernel's command line, {recording: what the guest
    does})}; @modules: makes a folder with KVM's modules, else they are the kernel's own; @judges: (name, function), which look
    at all recordings, and give what they found and whether it is good."""
    names = [name for _, _, recordings in boots.values() for name in recordings]
    everything = names + [name for name, _ in judges]
    print('1..%d' % len(everything), flush=True)
    shutil.rmtree(RECORDINGS, ignore_errors=True)
    os.makedirs(RECORDINGS)
    try:
        look_at_machine(disk_mb)
        root = unpack(fetch())
        modules = modules() if modules else os.path.join(root, 'lib', 'modules')
        built = build()
    except Skip as reason:
        for number, name in enumerate(everything, 1):
            print('ok %d - %s # SKIP %s' % (number, name, reason))
        return False
    except AssertionError as error:
        for number, name in enumerate(everything, 1):
            print('not ok %d - %s: %s' % (number, name, last_line(str(error))))
        return True
    failed, number, rows = False, 0, []
    for name, setup in boots.items():
        try:
            boot(name, setup, root, modules, built)
            trouble = None
        except AssertionError as error:
            trouble = str(error).replace('\n', ' ')
        for recording in setup[2]:
            number += 1
            if trouble:
                print('not ok %d - %s: %s' % (number, recording, trouble), flush=True)
                failed = True
            else:
                verdict, good, table = compare(recording)
                cause = None if good else cause_of(recording, verdict)
                failed |= say(number, recording, verdict, good, table, cause)
                rows.append(row(recording, table, cause))
    for name, judge in judges:
        number += 1
        try:
            found, good = judge()
        except OSError as error:
            found, good = 'a recording is missing: %s' % error, False
        print('%s %d - %s: %s' % ('ok' if good else 'not ok', number, name, found), flush=True)
        failed |= not good
    if sys.argv[4:] == ['--write'] and not failed:
        write_rows(rows)
    return failed
