#!/usr/bin/python3
"""The state that the client library rebuilds from snapshot and events is the agent's in the end, whatever happens on
the way."""
import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading

import actors
import bus

FOLLOWER = pathlib.Path(os.environ.get("SHMBUS_TEST_BIN", bus.BIN.parent / "tests")) / "state_follower"
FIELDS = ("shm_shmid", "shm_key", "shm_segsz", "uid", "gid", "mode", "shm_nattch", "marked", "locked")
SEED = int(os.environ.get("SHMBUS_MODEL_SEED", "5679"))
END_KEY, END_SIZE = 99, 7777  # of the marker that ends a follower


class Proxy:
    """A socket in front of the agent's, whose connections can be cut."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.connections, self.pumps = [], []
        self.mend()

    def mend(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def cut(self):
        """Nobody is connected, and nobody can connect, when this returns."""
        os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        for end in (end for connection in self.connections for end in connection):
            with contextlib.suppress(OSError):  # the other side has closed it
                end.shutdown(socket.SHUT_RDWR)
        for pump in self.pumps:
            pump.join()
        for end in (end for connection in self.connections for end in connection):
            end.close()
        self.connections.clear()
        self.pumps.clear()

    def _accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            self.connections.append((near, far))
            for ends in ((near, far), (far, near)):
                self.pumps.append(threading.Thread(target=self._pump, args=ends, daemon=True))
                self.pumps[-1].start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


class FollowTest(bus.BusTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        self.followed_key = None

    def follow(self, key=None, **more_environment):
        """A running follower."""
        self.followed_key = key
        process = subprocess.Popen([str(FOLLOWER), *([] if key is None else [str(key)])],
                                   env=bus.environment(self.agent.runtime, **more_environment),
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def live(self, process):
        self.assertEqual(process.stdout.readline(), "following\n")
        return process

    def changes(self, count, keys=range(1, 40)):
        """Random changes by the bus."""
        def one():
            key = self.chance.choice(keys)
            return self.chance.choice((
                {"op": "create", "shm_key": key, "shm_segsz": self.chance.randint(1, 5000)},
                {"op": "set", "shm_key": key, "mode": self.chance.choice((600, 640, 660, 666))},
                {"op": "attach", "shm_key": key}, {"op": "detach", "shm_key": key},
                {"op": "write", "shm_key": key, "data": b"x"}, {"op": "remove", "shm_key": key}))
        for _ in range(0, count, 500):
            self.client.result("batch", requests=[one() for _ in range(500)], stop_on_error=False)

    def more_than_a_queue_holds(self, keys=range(1, 40)):
        """Changes among more writes than wait for one subscriber."""
        self.client.result("create", shm_key=keys[0], shm_segsz=1)
        for _ in range(25):
            self.changes(500, keys)
            self.client.reply("create", shm_key=keys[0], shm_segsz=1)
            self.client.result("batch", requests=[{"op": "write", "shm_key": keys[0], "data": b"x"}] * 1000)

    def is_equal_in_the_end(self, follower, key=END_KEY):
        """Ends the follower and compares; returns how many events it recovered, and its resyncs."""
        self.client.result("create", shm_key=key, shm_segsz=END_SIZE, exclusive=True)
        output, _ = follower.communicate(timeout=2 * bus.PATIENCE)
        self.assertEqual(follower.returncode, 0)
        first, *lines = output.splitlines()
        told = sorted(tuple(map(int, line.split())) for line in lines)
        segments = self.client.result("list", limit=10000,
                                      **({} if self.followed_key is None else {"shm_key": self.followed_key}))["segments"]
        self.assertEqual(told, sorted(tuple(int(s[f]) for f in FIELDS) for s in segments))
        _, recovered, _, resyncs = first.split()
        return int(recovered), int(resyncs)


class FollowState(FollowTest):
    def test_one_that_was_stopped_until_its_queue_overflowed(self):
        follower = self.live(self.follow())
        follower.send_signal(signal.SIGSTOP)
        self.more_than_a_queue_holds()
        follower.send_signal(signal.SIGCONT)
        recovered, resyncs = self.is_equal_in_the_end(follower)
        self.assertGreater(recovered, 0)
        self.assertEqual(resyncs, 0)

    def test_one_of_a_single_key_that_was_stopped_until_its_queue_overflowed(self):
        follower = self.live(self.follow(key=5))
        follower.send_signal(signal.SIGSTOP)
        self.more_than_a_queue_holds(keys=(5,))
        self.client.result("remove", shm_key=5)  # marked, if the agent still holds it
        follower.send_signal(signal.SIGCONT)
        recovered, resyncs = self.is_equal_in_the_end(follower, key=5)
        self.assertGreater(recovered, 0)
        self.assertEqual(resyncs, 0)

    def test_one_that_connects_late_while_things_change(self):
        self.changes(2000)
        actor = actors.Actor()
        self.addCleanup(actor.kill)
        actor.begin("churn", 60, 300)
        follower = self.follow()
        self.changes(2000)
        self.live(follower)
        self.assertEqual(actor.end(), 0)
        self.client.result("list")  # what the actor did is published before the end
        _, resyncs = self.is_equal_in_the_end(follower)
        self.assertEqual(resyncs, 0)

    def test_one_whose_connection_is_cut(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "events.sock")
            proxy = Proxy(path, self.agent.events.removeprefix("ipc://"))
            follower = self.live(self.follow(SHMBUS_EVENTS=f"ipc://{path}"))
            for _ in range(3):
                self.changes(500)
                proxy.cut()
                self.changes(500)
                proxy.mend()
            recovered, resyncs = self.is_equal_in_the_end(follower)
            proxy.cut()
        self.assertGreater(recovered, 0)
        self.assertEqual(resyncs, 0)

    def test_one_whose_agent_is_killed(self):
        follower = self.live(self.follow())
        actor = actors.Actor()
        self.addCleanup(actor.kill)
        self.changes(500)
        self.agent.process.kill()
        self.agent.process.wait()
        mine = actor.do("create", 61, 100, 0o600)
        actor.do("attach", mine)
        self.start(*self.OPTIONS, runtime=self.agent.runtime)
        self.client = self.new_client()
        self.changes(500)
        _, resyncs = self.is_equal_in_the_end(follower)
        self.assertGreater(resyncs, 0)


class FollowStateWithAShortHistory(FollowTest):
    OPTIONS = ("--replay-bytes", "65536")

    def test_one_that_was_stopped_until_what_it_lost_is_no_longer_kept(self):
        follower = self.live(self.follow())
        follower.send_signal(signal.SIGSTOP)
        self.more_than_a_queue_holds()
        follower.send_signal(signal.SIGCONT)
        _, resyncs = self.is_equal_in_the_end(follower)
        self.assertGreater(resyncs, 0)

    def test_one_of_a_single_key_whose_events_are_no_longer_kept(self):
        follower = self.live(self.follow(key=5))
        follower.send_signal(signal.SIGSTOP)
        self.more_than_a_queue_holds(keys=(5,))
        self.client.result("remove", shm_key=5)
        self.client.result("create", shm_key=6, shm_segsz=1)
        self.client.result("batch", requests=[{"op": "write", "shm_key": 6, "data": b"x"}] * 1000)
        follower.send_signal(signal.SIGCONT)
        _, resyncs = self.is_equal_in_the_end(follower, key=5)
        self.assertGreater(resyncs, 0)


if __name__ == "__main__":
    bus.main()
