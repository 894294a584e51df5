# SPDX-License-Identifier: MIT
"""simpy_hold.py N EVENTS - the exponential load of bench_load.c in SimPy: EVENTS not measured, then EVENTS that are.
Prints the CPU time in ps per event and the checksum, as bench-queues does. Status 77: there is no SimPy."""
import math
import sys
import time

try:
    import simpy
except ImportError:
    sys.exit(77)

INCREMENTS = 16384
WORD = 2 ** 64 - 1


def increments():
    values = [int(-math.log(1 - (i + 0.5) / INCREMENTS) * 1e9) + 1 for i in range(INCREMENTS)]
    random = 1442695040888963407
    for i in range(INCREMENTS - 1, 0, -1):
        random = (random * 6364136223846793005 + 1) & WORD
        other = (random >> 32) * (i + 1) >> 32
        values[i], values[other] = values[other], values[i]
    return values


class Load:
    def __init__(self, n):
        self.env = simpy.Environment(initial_time=0)
        self.increments = increments()
        self.drawn = self.sum = 0
        for i in range(n):
            self.arm(i)

    def arm(self, i):
        delay = self.increments[self.drawn % INCREMENTS]
        self.drawn += 1
        simpy.Timeout(self.env, delay, i).callbacks.append(self.fire)

    def fire(self, event):
        self.sum = ((self.sum ^ self.env.now) * 0x9e3779b97f4a7c15 + event.value) & WORD
        self.arm(event.value)


def main():
    n, events = (int(word) for word in sys.argv[1:3])
    load = Load(n)
    for _ in range(events):
        load.env.step()
    begin = time.process_time()
    for _ in range(events):
        load.env.step()
    print('%d\t%d' % ((time.process_time() - begin) * 1e12 / events, load.sum))


main()
