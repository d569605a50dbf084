"""Runs the real agent as a process. Its clients here are plain Python, written from the protocol alone."""
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import msgpack
import zmq

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("SHMBUS_BIN", SOURCE / "build/release/bin"))
PATIENCE = 20  # seconds until a test gives up; a test that passes never waits that long
CONTEXT = zmq.Context()
IS_SANITIZED = bool(re.search(b"__[at]san_init", (BIN / "shmbus-agent").read_bytes()))


def environment(runtime, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SHMBUS_") and k != "RUNTIME_DIRECTORY"}
    return {**kept, "SHMBUS_RUNTIME_DIR": str(runtime), **more}


def maps_uid(uid):
    """Returns whether this user namespace maps the uid (that of `unshare -Ur` maps 0 only)."""
    with open("/proc/self/uid_map", encoding="ascii") as lines:
        return any(int(first) <= uid < int(first) + int(count) for first, _, count in map(str.split, lines))


def has_ipv6_loopback():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


class Failed(AssertionError):
    """Raised for an error reply."""

    def __init__(self, error):
        super().__init__(f"{error}")
        self.error = error
        self.code = error["code"]


class Client:
    """One REQ socket."""

    def __init__(self, endpoint):
        self.socket = CONTEXT.socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 10)
        self.socket.setsockopt(zmq.RCVTIMEO, PATIENCE * 1000)
        self.socket.connect(endpoint)

    def frame(self, body):
        """Sends a frame and returns the bytes of the reply."""
        self.socket.send(body)
        return self.socket.recv()

    def bytes(self, body):
        """Sends a frame and returns the reply map."""
        return msgpack.unpackb(self.frame(body))

    def reply(self, op, **fields):
        return self.bytes(msgpack.packb({"op": op, **fields}))

    def result(self, op, **fields):
        """Returns the result map; raises Failed for an error reply."""
        reply = self.reply(op, **fields)
        if not reply["ok"]:
            raise Failed(reply["error"])
        return reply["result"]

    def close(self):
        self.socket.close()


class Subscriber:
    """A SUB socket whose subscriptions are live when the constructor returns, which a sync ensures."""

    def __init__(self, endpoint, *topics, rcvhwm=0):
        self.socket = CONTEXT.socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, rcvhwm)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 10)
        self.socket.setsockopt(zmq.RCVTIMEO, PATIENCE * 1000)
        for topic in topics or ("shm/",):
            self.socket.subscribe(topic)
        self.socket.connect(endpoint)
        self.synced, _ = self.sync()

    def receive(self):
        topic, body = self.socket.recv_multipart()
        return topic.decode(), msgpack.unpackb(body)

    def sync(self):
        """Returns the answer to a new sync, and the messages received before it."""
        topic, before = "sync/" + secrets.token_hex(16), []
        self.socket.subscribe(topic)
        while True:
            got, body = self.receive()
            if got == topic:
                self.socket.unsubscribe(topic)
                return body, before
            before.append((got, body))

    def events(self):
        """Returns all events published so far and not returned yet."""
        return [body for topic, body in self.sync()[1] if topic.startswith("shm/")]

    def until(self, event, **expected):
        """Returns the events up to the first one with this name and these fields."""
        got = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            topic, body = self.receive()
            if topic.startswith("shm/"):
                got.append(body)
                if body["event"] == event and all(body.get(k) == v for k, v in expected.items()):
                    return got
        raise AssertionError(f"no {event} {expected} among {got}")

    def close(self):
        self.socket.close()


class Agent:
    """A shmbus-agent process in a runtime directory of its own."""

    def __init__(self, *options, runtime=None, user=None, prefix=(), **popen):
        self._made = None
        if runtime is None:
            self._made = tempfile.mkdtemp(prefix="shmbus-test-")
            os.chmod(self._made, 0o755)
            runtime = os.path.join(self._made, "run")
            os.mkdir(runtime, 0o700)
        self.runtime = runtime
        program = str(BIN / "shmbus-agent")
        if user is not None:
            program = shutil.copy(program, os.path.join(self._made, "shmbus-agent"))
            os.chown(runtime, user, user)
            if not prefix:  # else the prefix switches to that user
                popen.update(user=user, group=user, extra_groups=[])
        self.commands = f"ipc://{runtime}/commands.sock"
        self.events = f"ipc://{runtime}/events.sock"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*prefix, program, *options], env=environment(runtime), stdin=subprocess.DEVNULL, stderr=self.log, **popen)

    def wait_ready(self):
        client = Client(self.commands)
        client.socket.send(msgpack.packb({"op": "ping"}))
        deadline = time.monotonic() + PATIENCE
        while not client.socket.poll(100):
            if self.process.poll() is not None or time.monotonic() > deadline:
                client.close()
                raise AssertionError(f"agent not ready (exit {self.process.poll()}):\n{self.log_text()}")
        client.socket.recv()
        client.close()
        return self

    def log_text(self):
        size = os.fstat(self.log.fileno()).st_size  # pread, because the agent shares the file offset
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def stop(self, how=signal.SIGTERM):
        """Stops the agent and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"agent did not stop:\n{self.log_text()}") from None

    def forget(self):
        self.log.close()
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)


class BusTest(unittest.TestCase):
    """A test with a new agent and client. At the end all segments are removed, so none is left for the next test."""

    OPTIONS = ()

    def setUp(self):
        self.agent = self.start(*self.OPTIONS)
        self.client = self.new_client()

    def start(self, *options, **how):
        agent = Agent(*options, **how)
        self.addCleanup(self._end, agent)
        return agent.wait_ready()

    def _end(self, agent):
        if agent.process.poll() is None:
            try:
                with contextlib.suppress(zmq.ZMQError):
                    client = Client(agent.commands)
                    for segment in client.result("list", limit=10000)["segments"]:
                        client.reply("remove", shm_shmid=segment["shm_shmid"])
                    client.close()
            finally:
                status = agent.stop()
            self.assertEqual(status, 0, agent.log_text())
        log = agent.log_text()
        agent.forget()
        self.assertNotIn("Sanitizer", log)
        self.assertNotIn("runtime error", log)

    def new_client(self, agent=None):
        client = Client((agent or self.agent).commands)
        self.addCleanup(client.close)
        return client

    def subscribe(self, *topics, agent=None):
        subscriber = Subscriber((agent or self.agent).events, *topics)
        self.addCleanup(subscriber.close)
        return subscriber

    def fails(self, code, op, **fields):
        """Checks that a request fails with `code`, and the form of the error. Returns the error map."""
        reply = self.client.reply(op, **fields)
        return self.is_failure(code, reply)

    def is_failure(self, code, reply):
        self.assertFalse(reply["ok"], reply)
        error = reply["error"]
        self.assertEqual(error["code"], code, error)
        self.assertIsInstance(error["errno"], int)
        self.assertIsInstance(error["errno_name"], str)
        self.assertTrue(error["message"])
        self.assertIn("epoch", reply)
        self.assertIn("seq", reply)
        return error

    def tool(self, name, *arguments, stdin=None, status=0, agent=None):
        """Runs shmbus-NAME, checks its exit status, and returns stdout and stderr."""
        done = subprocess.run(
            [str(BIN / f"shmbus-{name}"), *arguments], env=environment((agent or self.agent).runtime), input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True, timeout=3 * PATIENCE, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout!r}\n{done.stderr.decode()}")
        return done.stdout.decode(), done.stderr.decode()

    def send(self, *arguments, **how):
        return self.tool("send", *arguments, **how)

    def send_json(self, *arguments, **how):
        """Runs shmbus-send with --json and returns the result in the reply that it printed."""
        reply = json.loads(self.send("--json", *arguments, **how)[0])
        self.assertTrue(reply["ok"])
        self.assertNotIn("id", reply)  # the request had none
        return reply["result"]


def main():
    unittest.main(module=sys.modules["__main__"], verbosity=2)
