#!/usr/bin/python3
"""Local callers: each has over the bus exactly the rights that its own program has."""
import itertools
import os
import subprocess
import sys
import unittest

import actors
import bus
from callers import ACTOR, WORKER, Child

CREATOR, OWNER, MEMBER, STRANGER = 21001, 21002, 21003, 21004
CREATORS_GROUP, OWNERS_GROUP, SEGMENTS_GROUP = 22001, 22002, 22003
KEY = 5679
OPERATIONS = ("stat", "read", "write", "attach", "attach read_only", "set", "create 600", "create 400", "create 200")


@unittest.skipUnless(os.geteuid() == 0 and bus.maps_uid(CREATOR), "needs root with several uids")
class UsersTest(bus.BusTest):
    OPTIONS = ("--socket-mode", "666")

    def setUp(self):
        super().setUp()
        self.creator = Child(self, ACTOR, user=CREATOR, group=CREATORS_GROUP, extra_groups=[])

    def user(self, uid, gid, groups=()):
        return Child(self, WORKER, self.agent.commands, user=uid, group=gid, extra_groups=list(groups))

    def users(self):
        return {
            "creator": self.user(CREATOR, CREATORS_GROUP),
            "owner": self.user(OWNER, OWNERS_GROUP),
            "member of the segment's group": self.user(MEMBER, 22009, [SEGMENTS_GROUP]),
            "with the segment's group": self.user(MEMBER, SEGMENTS_GROUP),
            "member of the creator's group": self.user(MEMBER, 22009, [1, CREATORS_GROUP]),
            "stranger": self.user(STRANGER, 22009),
            "root": self.user(0, 0),
        }

    def segment(self, mode, key=KEY):
        """One that CREATOR made and gave to OWNER."""
        shmid = self.creator.ask(["create", key, 100, 0o600])
        self.assertGreaterEqual(shmid, 0)
        wanted = actors.Permissions(uid=OWNER, gid=SEGMENTS_GROUP, mode=mode)
        self.assertEqual(actors.LIBC.shmctl(shmid, actors.IPC_SET, actors.ctypes.byref(wanted)), 0)
        return {"shmid": shmid, "key": key, "uid": OWNER, "gid": SEGMENTS_GROUP, "mode": mode}

    def test_each_operation_succeeds_or_fails_as_the_system_call_does(self):
        users = self.users()
        segment = self.segment(0o600)
        compared = 0
        for mode in range(0o1000):
            wanted = actors.Permissions(uid=OWNER, gid=SEGMENTS_GROUP, mode=mode)
            actors.LIBC.shmctl(segment["shmid"], actors.IPC_SET, actors.ctypes.byref(wanted))
            segment["mode"] = mode
            asked = [[what, segment, way] for what in OPERATIONS for way in ("bus", "call")]
            for name, user in users.items():
                got = user.ask(asked)
                for what, by_bus, by_call in zip(OPERATIONS, got[::2], got[1::2]):
                    self.assertEqual(by_bus, by_call, f"{what} by the {name} at mode {mode:03o}")
                    compared += 1
        self.assertEqual(compared, 0o1000 * len(users) * len(OPERATIONS))

    def test_remove_is_for_who_may_remove(self):
        for mode, (name, user) in itertools.product((0o000, 0o600, 0o777), self.users().items()):
            results = []
            for way in ("bus", "call"):
                segment = self.segment(mode)
                results += user.ask([["remove", segment, way]])
                actors.LIBC.shmctl(segment["shmid"], actors.IPC_RMID, None)
            self.assertEqual(results[0], results[1], f"remove by the {name} at mode {mode:03o}")

    def test_a_segment_belongs_to_who_made_it(self):
        subscriber = self.subscribe()
        stranger = self.user(STRANGER, 22009, [SEGMENTS_GROUP])
        self.assertEqual(stranger.ask([["create 640", {"key": 77, "shmid": 0, "uid": 0, "gid": 0, "mode": 0}, "bus"]]), [0])
        stat = self.client.result("stat", shm_key=77)
        self.assertEqual((stat["uid"], stat["cuid"], stat["gid"], stat["cgid"]), (STRANGER, STRANGER, 22009, 22009))
        created = subscriber.until("created", shm_key=77)[-1]
        self.assertEqual(created["actor"]["uid"], STRANGER)
        self.assertEqual(created["actor"]["principal"], f"uid:{STRANGER}")
        self.assertEqual(created["stat"]["uid"], STRANGER)

    def test_root_without_capabilities_is_no_superuser(self):
        segment = self.segment(0o600)
        weak = Child(self, WORKER, self.agent.commands,
                     prefix=("setpriv", "--bounding-set", "-all", "--inh-caps", "-all"))
        asked = [[what, segment, way] for what in OPERATIONS + ("remove",) for way in ("bus", "call")]
        got = weak.ask(asked)
        self.assertEqual(got[::2], got[1::2])
        self.assertNotIn(0, got)

    def test_a_caller_in_another_ipc_namespace_is_told_so(self):
        there = subprocess.run(
            ["unshare", "--ipc", sys.executable, "-c",
             "import sys, zmq, msgpack\ns = zmq.Context().socket(zmq.REQ)\ns.connect(sys.argv[1])\n"
             "s.send(msgpack.packb({'op': 'list', 'id': 5}))\nprint(msgpack.unpackb(s.recv()))", self.agent.commands],
            capture_output=True, text=True, timeout=bus.PATIENCE, check=True)
        self.assertIn("'unsupported'", there.stdout)
        self.assertIn("another IPC namespace", there.stdout)
        self.assertIn("'id': 5", there.stdout)


if __name__ == "__main__":
    bus.main()
