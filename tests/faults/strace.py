# SPDX-License-Identifier: MIT
"""Faults put into the system calls of a command by strace: which calls it makes, and one of them that fails.

strace counts calls a thread at a time, so a place is the k-th of its kind in a thread. Programs that the command starts
are left alone."""
import os
import re
import shutil
import subprocess
import sys

CHANGING = ('pwrite64', 'write', 'writev', 'fsync', 'fdatasync', 'ftruncate', 'link', 'unlink', 'rename')
READING = ('openat', 'read', 'pread64', 'lseek', 'newfstatat', 'close', 'getdents64')
# main() begins with these; what comes before is the loader's, whose failures are not ours to mend.
BEGIN = 'rt_sigaction'
QUIET = ['strace', '-f', '-b', 'execve', '-qq', '-o']


def missing():
    """Why strace cannot be used here, or None."""
    if not shutil.which('strace'):
        return 'there is no strace here'
    done = subprocess.run(QUIET + ['/dev/null', 'true'], capture_output=True, text=True)
    return 'strace cannot trace here: ' + done.stderr.strip() if done.returncode else None


def places(command, log, calls, **options):
    """(call, k, file) of each call that @command makes, in their order; and how it ended."""
    done = subprocess.run(QUIET + [log, '-y', '-e', 'trace=%s,%s' % (BEGIN, ','.join(calls))] + command,
                          capture_output=True, **options)
    counts, ret, begun = {}, [], False
    with open(log, encoding='utf-8', errors='replace') as file:
        for line in file:
            found = re.match(r'(?:(\d+) +)?(\w+)\(', line)
            if not found:
                continue
            begun = begun or (found[2] == BEGIN and 'SIGPIPE' in line)
            counts[found.groups()] = counts.get(found.groups(), 0) + 1
            if begun and found[2] != BEGIN:
                ret.append((found[2], counts[found.groups()], named(line)))
    os.unlink(log)
    return ret, done


def named(line):
    """The file that a call is about; of a pipe and the like nothing, but for where results go."""
    found = re.search(r'\((\d+)<([^>]*)>', line)
    if not found:
        found = re.search(r'"([^"]+)"', line)
        return found[1] if found else ''
    standard = {'1': 'standard output', '2': 'standard error'}.get(found[1])
    return standard or (found[2] if found[2].startswith('/') else '')


def inject(command, call, k, what, **options):
    """Runs @command with the fault @what (error=ENOSPC, signal=KILL) in the @k-th @call of a thread."""
    return subprocess.run(QUIET + ['/dev/null', '-e', 'trace=' + call, '-e', 'inject=%s:%s:when=%d' % (call, what, k)] +
                          command, capture_output=True, **options)


if __name__ == '__main__':
    sys.exit('strace.py is for tests/faults/inject and tests/sweep/kills')
