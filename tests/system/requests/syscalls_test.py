#!/usr/bin/python3
"""That an operation makes no system call that it does not need, counted by strace."""
import collections
import re
import subprocess
import tempfile
import unittest

import bus

OF_ZEROMQ = {"epoll_wait", "poll", "read", "write"}  # waking, and being woken by, its thread
REQUESTS = 500
CAN_TRACE = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(CAN_TRACE, "no process may be traced here")
@unittest.skipIf(bus.IS_SANITIZED, "sanitizers make calls of their own, and can't be traced")
class OfOneRequest(bus.BusTest):
    def setUp(self):
        self.calls = self.enterContext(tempfile.NamedTemporaryFile(mode="r", encoding="ascii"))
        # -D: the agent, not strace, is the child. Its own thread alone is followed.
        self.agent = self.start("--detection", "scan", "--scan-interval", "0",
                                prefix=("strace", "-D", "-q", "-o", self.calls.name))
        self.client = self.new_client()
        self.segment = self.client.result("create", shm_key=1, shm_segsz=4096)["shm_shmid"]

    def count(self):
        """The calls since the last time."""
        self.client.result("ping")  # all before it are written down
        names = re.findall(r"^(\w+)\(", self.calls.read(), re.MULTILINE)
        return collections.Counter(names)

    def calls_of(self, op, **fields):
        """The calls of one request; what is done once a second is rounded away."""
        self.count()
        for _ in range(REQUESTS):
            self.client.result(op, **fields)
        counted = {name: round(count / REQUESTS) for name, count in self.count().items() if name not in OF_ZEROMQ}
        return {name: count for name, count in counted.items() if count > 0}

    def test_a_ping_takes_none(self):
        self.assertEqual(self.calls_of("ping"), {})

    def test_a_stat_takes_one(self):
        self.assertEqual(self.calls_of("stat", shm_key=1), {"shmctl": 1})
        self.assertEqual(self.calls_of("stat", shm_shmid=self.segment), {"shmctl": 1})

    def test_through_an_attachment_a_read_and_a_write_take_none(self):
        attachment = self.client.result("attach", shm_key=1)["attachment"]
        self.assertEqual(self.calls_of("read", attachment=attachment, length=64), {})
        self.assertEqual(self.calls_of("write", attachment=attachment, data=bytes(64)), {})

    def test_by_key_data_is_attached_and_detached(self):
        # Two shmctl: it finds the segment, and its size. pread64: shm_rmid_forced.
        by_key = {"pread64": 1, "shmctl": 2, "shmat": 1, "shmdt": 1}
        self.assertEqual(self.calls_of("read", shm_key=1, length=64), by_key)

    def test_a_set_takes_four(self):
        # What others did, what IPC_SET is to leave as it is, IPC_SET, what came of it.
        self.assertEqual(self.calls_of("set", shm_shmid=self.segment, mode=600), {"shmctl": 4})


if __name__ == "__main__":
    bus.main()
