"""Provides callers that run as other users, and files that an agent trusts."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import bus

CALLER, OTHER, AGENTS = 21001, 21002, 21010  # uids
GROUP, OTHER_GROUP = 22001, 22002
NOBODY = 65534
needs_root = unittest.skipUnless(os.geteuid() == 0 and bus.maps_uid(CALLER), "needs root with several uids")

WORKER, ACTOR = ((pathlib.Path(__file__).parent / name).read_text(encoding="utf-8")
                 for name in ("user_worker.py", "actors.py"))  # sources for a Child

ASK = """
import json, sys, msgpack, zmq
socket = zmq.Context.instance().socket(zmq.REQ)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RCVTIMEO, 20000)
socket.connect(sys.argv[1])
for line in sys.stdin:
    replies = []
    for request in json.loads(line):
        socket.send(msgpack.packb(request))
        replies.append(msgpack.unpackb(socket.recv()))
    print(json.dumps(replies), flush=True)
"""


class Child:
    """A Python process that answers each line of JSON with one line. `popen` sets the user that it runs as."""

    def __init__(self, test, source, *arguments, prefix=(), **popen):
        self.process = subprocess.Popen([*prefix, sys.executable, "-c", source, *arguments], cwd="/",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, **popen)
        test.addCleanup(self.end)

    def begin(self, what):
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, what):
        self.begin(what)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Caller(Child):
    """A client of `endpoint` that runs as another user."""

    def __init__(self, test, endpoint, uid, gid=None, groups=()):
        super().__init__(test, ASK, endpoint, user=uid, group=uid if gid is None else gid, extra_groups=list(groups))

    def replies(self, requests):
        return self.ask(requests)

    def reply(self, op, **fields):
        return self.ask([{"op": op, **fields}])[0]


class AccessTest(bus.BusTest):
    """A test whose agent serves other users. `home` is a directory for the agent's files."""

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="shmbus-home-")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        super().setUp()

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, content, mode=0o600):
        """Writes a file that the agent trusts, and returns its path."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def caller(self, uid=CALLER, gid=None, groups=(), agent=None):
        return Caller(self, (agent or self.agent).commands, uid, gid, groups)

    def reload(self, signal_number):
        """Sends the signal and returns when the log shows that the agent has acted on it."""
        told = self.agent.log_text().count("reloaded the files")
        self.agent.process.send_signal(signal_number)
        deadline = time.monotonic() + bus.PATIENCE
        while self.agent.log_text().count("reloaded the files") == told:
            self.assertLess(time.monotonic(), deadline, self.agent.log_text())
            self.client.result("ping")

    def refuses_to_start(self, *options, prefix=(), status=2):
        """Checks that an agent with these options exits with `status`, and returns its stderr."""
        runtime = tempfile.mkdtemp(dir=self.home)
        done = subprocess.run([*prefix, str(bus.BIN / "shmbus-agent"), *options], env=bus.environment(runtime),
                              capture_output=True, text=True, timeout=bus.PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr


def eventually(condition):
    """Returns the first true value of condition(), which is called repeatedly and has to wait a little itself."""
    deadline = time.monotonic() + bus.PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
    raise AssertionError("it did not come to that")
