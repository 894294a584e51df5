# SPDX-License-Identifier: MIT
"""What the tests of trace formats share: some runs, and their traces."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'sweep'))
import decode  # noqa: E402
from sweeps import LAPICSIM, ROOT, case, expect, main, run  # noqa: E402,F401

# Together they record every event that is written, which all_events() makes sure of.
RUNS = [
    ('fixes/61abdbe0bcc2-busy-guest', 'before', []),
    ('fixes/61abdbe0bcc2-busy-guest', 'after', ['host.vendor=amd']),
    ('fixes/61abdbe0bcc2-hog-forces-vcpu-out', 'before', []),
    ('fixes/39497d7660d9-two-guests-one-advance', 'before', ['duration=20ms']),
    ('fixes/24647e0a39b6-restored-count', 'before', []),
    ('fixes/c301b909e4b9-divide-rescales', 'before', []),
    ('behaviours/halt-polling', 'polling', ['duration=60ms']),
    ('fixes/0c5f81dad46c-posted-timer', 'after', ['duration=20ms']),
]


def path_of(scenario):
    return os.path.join(ROOT, 'scenarios/library', scenario + '.yaml')


def trace(folder, format_, scenario, variant, sets, *more):
    """The path of a trace of that run."""
    path = os.path.join(folder, 'trace.' + format_)
    done = run('replay', path_of(scenario), '--variant', variant, '--trace', path,
               *[word for s in sets for word in ('--set', s)], *more)
    assert done.returncode in (0, 1), done.stderr  # with another duration an expectation may fail
    return path


def each_run(folder, format_):
    """(name, lines of the text form, path in the other format) of each run."""
    for scenario, variant, sets in RUNS:
        text = trace(folder, 'ftrace', scenario, variant, sets)
        yield scenario + ' ' + variant, decode.ftrace_lines(text), trace(folder, format_, scenario, variant, sets)


def same(name, want, got):
    """That two lists of lines are equal, or where they differ."""
    for k, (a, b) in enumerate(zip(want, got)):
        assert a == b, '%s, record %d: %r is not %r' % (name, k, b, a)
    assert len(want) == len(got), '%s: %d records, not %d' % (name, len(got), len(want))
