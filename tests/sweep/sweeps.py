# SPDX-License-Identifier: MIT
"""What the tests of sweeps share: a small sweep, running lapicsim, TAP."""
import os
import shutil
import subprocess
import sys
import tempfile

LAPICSIM = os.path.abspath(sys.argv[1])
ROOT = os.path.abspath(sys.argv[2])
SCENARIO = os.path.join(ROOT, 'scenarios/library/fixes/61abdbe0bcc2-busy-guest.yaml')

# 5 releases x 3 deltas less one constraint x 2 seeds x 2 variants: 56 points.
AXES = ['--axis', 'kernel=v4.2..v4.6', '--axis', 'vms.vm0.guest.delta=500us..2ms*2', '--axis', 'seed=1,2',
        '--where', 'delta < 2ms', '--set', 'duration=40ms']
METRICS = ['-m', 'p99(lateness)', '-m', 'mean(lateness)', '-m', 'count(drop)', '-m', 'max(lateness) < 20us',
           '-m', 'p50(wakeup)', '--histogram', 'lateness where cpu == 1']
POINTS = 5 * 2 * 2 * 2


def over_seeds(seeds):
    """The same axes and metrics, over these seeds: '1..150'."""
    return ['seed=' + seeds if word.startswith('seed=') else word for word in AXES] + METRICS


failures = 0
cases = []


def case(fn):
    """Marks a test: called with a folder of its own, named by the first line of what it says of itself."""
    cases.append(fn)
    return fn


def run(*arguments, **options):
    env = {k: v for k, v in os.environ.items() if not k.startswith('SLURM_')}
    env.update(options.pop('env', {}))
    return subprocess.run([LAPICSIM] + list(arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace',
                          env=env, **options)


def sweep(out, *more, **options):
    return run('sweep', SCENARIO, '-o', out, *(AXES + METRICS + list(more)), **options)


def csv(store, *more):
    done = run('table', store, '--csv', *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def expect(done, status, *words):
    """That a run ended with this status, and said these words."""
    assert done.returncode == status, 'status %d, not %d: %s' % (done.returncode, status, done.stderr)
    for word in words:
        assert word in done.stderr, '%r is not in %r' % (word, done.stderr)


def main():
    global failures
    print('1..%d' % len(cases), flush=True)
    for number, fn in enumerate(cases, 1):
        name = (fn.__doc__ or fn.__name__).split('\n')[0].rstrip('.')
        folder = tempfile.mkdtemp(prefix='lapicsim-sweep.')
        try:
            skip = fn(folder)
            print('ok %d - %s%s' % (number, name, ' # SKIP ' + skip if skip else ''), flush=True)
        except AssertionError as error:
            failures += 1
            print('not ok %d - %s' % (number, name))
            print('\n'.join('# ' + line for line in str(error).splitlines()), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0
