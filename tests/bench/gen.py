import sys
n=int(sys.argv[1]); cpus=int(sys.argv[2])
print('scenario: many-vcpus\nabout: many\nseed: 1\nduration: 1s\nkernel: v5.4\nhost:\n  hz: 1000\n  cpus: ['+', '.join('{ id: %d }'%i for i in range(cpus))+' ]\nvms:')
for i in range(n):
    print('  - name: vm%d\n    vcpus: [ { id: 0, affinity: [%d] } ]\n    guest: { workload: tscdeadline_latency, wait: hlt, delta: 1ms }'%(i,i%cpus))
