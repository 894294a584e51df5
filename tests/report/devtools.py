# SPDX-License-Identifier: MIT
"""Chromium without a window, spoken to by its DevTools protocol over two pipes."""
import json
import os
import select
import subprocess
import time

PATIENCE = 60  # seconds for an answer


class Browser:
    """with Browser(PROGRAM, FOLDER) as browser: its profile is in the folder; nothing is asked of the network."""

    def __init__(self, program, folder):
        down, self.to = os.pipe()
        self.back, up = os.pipe()
        words = [program, '--headless', '--remote-debugging-pipe', '--user-data-dir=' + os.path.join(folder, 'profile'),
                 '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
                 '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND']
        if not os.geteuid():
            words.append('--no-sandbox')  # it refuses to run as root with one
        # What it reads is its descriptor 3, what it writes 4: whatever numbers the pipes got, a shell moves them there.
        self.process = subprocess.Popen(['sh', '-c', 'exec "$@" 3<&%d 4>&%d' % (down, up), 'sh'] + words,
                                        pass_fds=(down, up), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=folder))
        os.close(down)
        os.close(up)
        self.last = 0
        self.rest = b''
        self.events = []  # (method, params), as they came
        self.session = None
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Network', 'Runtime', 'Log'):
            self.call(domain + '.enable')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.to)
        os.close(self.back)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def message(self, until):
        while b'\0' not in self.rest:
            left = until - time.monotonic()
            assert left > 0 and select.select([self.back], [], [], left)[0], 'no answer of the browser'
            data = os.read(self.back, 1 << 20)
            assert data, 'the browser has ended'
            self.rest += data
        one, _, self.rest = self.rest.partition(b'\0')
        return json.loads(one)

    def call(self, method, **params):
        self.last += 1
        request = {'id': self.last, 'method': method, 'params': params}
        if self.session:
            request['sessionId'] = self.session
        data = json.dumps(request).encode() + b'\0'
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.message(until)
            if answer.get('id') == self.last:
                assert 'error' not in answer, '%s: %s' % (method, answer['error'])
                return answer['result']
            if 'method' in answer:
                self.events.append((answer['method'], answer['params']))

    def open(self, path):
        """Opens a file and waits until all of it is there."""
        self.events.clear()
        self.call('Page.navigate', url='file://' + path)
        until = time.monotonic() + PATIENCE
        while not any(method == 'Page.loadEventFired' for method, _ in self.events):
            answer = self.message(until)
            self.events.append((answer.get('method'), answer.get('params')))

    def value(self, expression):
        """What a JavaScript expression is worth."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in answer, answer
        return answer['result'].get('value')

    def complaints(self):
        """What it asked for but the page itself, and what stands on its console."""
        self.value('1')  # all that came before the answer has been read
        found, pages = [], 0
        for method, params in self.events:
            if method == 'Network.requestWillBeSent':
                pages += params['type'] == 'Document'
                if params['type'] != 'Document' or pages > 1:
                    found.append('asks for ' + params['request']['url'])
            elif method == 'Log.entryAdded':
                found.append('%s: %s' % (params['entry']['level'], params['entry']['text']))
            elif method == 'Runtime.consoleAPICalled':
                found.append('console: %s' % params['args'])
            elif method == 'Runtime.exceptionThrown':
                found.append('exception: %s' % params['exceptionDetails'])
        return found
