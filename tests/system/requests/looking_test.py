#!/usr/bin/python3
"""What looks at a segment neither destroys it nor makes it larger."""
import os
import pathlib
import tempfile
import unittest

import actors
import bus

SYSCTL = pathlib.Path("/proc/sys/kernel/shm_rmid_forced")  # of the own IPC namespace
MIB = 1 << 20


def is_there(key):
    return actors.LIBC.shmget(key, 0, 0) >= 0


CLONE_NEWIPC = 0x08000000
IS_ALONE = actors.LIBC.unshare(CLONE_NEWIPC) == 0  # from here on, with all that it starts


@unittest.skipUnless(IS_ALONE and os.access(SYSCTL, os.W_OK), "the sysctl can't be set here")
class WithTheLastDetachDestroying(bus.BusTest):
    def setUp(self):
        self.addCleanup(SYSCTL.write_text, "0", "ascii")
        super().setUp()
        self.other = actors.Actor()
        self.addCleanup(self.other.kill)
        self.assertEqual(self.client.result("info")["warnings"], [])
        SYSCTL.write_text("1", "ascii")

    def test_what_nobody_has_attached_is_not_touched(self):
        self.assertGreaterEqual(self.other.do("create", 5, 64, 0o600), 0)
        for op, fields in (("read", {"length": 4}), ("read", {"text": True}), ("read", {"offset": 64}), ("attach", {}),
                           ("attach", {"read_only": True}), ("write", {"data": b"precious"}), ("write", {"data": b""})):
            error = self.fails("unsupported", op, shm_key=5, **fields)
            self.assertIn("shm_rmid_forced", error["message"])
            self.assertIn("sysctl", error["hint"])
            self.assertTrue(is_there(5), op)
        self.fails("not_found", "read", shm_shmid=32767)
        self.assertEqual(self.client.result("set", shm_key=5, mode=640)["after"]["mode"], 640)
        self.assertEqual(self.client.reply("batch", requests=[{"op": "read", "shm_key": 5}])["result"]["replies"][0]
                         ["error"]["code"], "unsupported")
        self.assertTrue(is_there(5))

    def test_what_somebody_has_attached_is_served_and_goes_with_the_last_of_all(self):
        shmid = self.other.do("create", 6, 64, 0o600)
        self.other.do("attach", shmid)
        subscriber = self.subscribe()
        self.client.result("write", shm_key=6, data=b"here")
        self.assertEqual(self.client.result("read", shm_key=6, length=4)["data"], b"here")
        held = self.client.result("attach", shm_key=6)["attachment"]
        self.other.do("detach", 0)
        self.assertEqual(self.client.result("read", shm_key=6, length=4)["data"], b"here", "the agent has it attached")
        self.client.result("detach", attachment=held)
        self.assertFalse(is_there(6))
        self.assertEqual(subscriber.until("removed")[-1]["shm_key"], 6)

    def test_an_operator_is_told(self):
        self.assertIn("shm_rmid_forced", self.client.result("info")["warnings"][0])
        self.assertIn("shm_rmid_forced", self.send("info")[0])
        made = self.client.result("create", shm_key=7, shm_segsz=64)
        self.assertIn("with the agent", made["warning"])
        self.assertNotIn("warning", self.client.result("create", shm_key=7, shm_segsz=64))
        late = self.start()
        self.assertIn("shm_rmid_forced", late.log_text())
        SYSCTL.write_text("0", "ascii")
        self.assertEqual(self.client.result("info")["warnings"], [])
        self.assertNotIn("warning", self.client.result("create", shm_key=8, shm_segsz=64))
        self.assertEqual(self.client.result("read", shm_key=8)["data"], bytes(64))


def may_read_holes():
    with open("/proc/self/maps", encoding="ascii") as maps:
        span = next(line.split()[0] for line in maps if line.rstrip().endswith("/libc.so.6"))
    try:
        os.close(os.open(f"/proc/self/map_files/{span}", os.O_RDONLY))
    except OSError:
        return False
    return True


@unittest.skipUnless(may_read_holes(), "/proc/self/map_files is closed here")
class WhatNobodyHasTouched(bus.BusTest):
    SIZE = 64 * MIB

    def setUp(self):
        super().setUp()
        self.client.result("create", shm_key=811, shm_segsz=self.SIZE)

    def resident(self):
        with open("/proc/sysvipc/shm", encoding="ascii") as table:
            row = next(row for row in map(str.split, table) if row[0] == "811")
        return int(row[14]) + int(row[15])

    def test_stays_so_when_it_is_read(self):
        for fields in ({"length": MIB}, {"offset": 5000, "length": 100_000}, {"text": False, "offset": self.SIZE - 70_000}):
            self.assertEqual(set(self.client.result("read", shm_key=811, **fields)["data"]), {0})
        self.assertEqual(self.resident(), 0)
        held = self.client.result("attach", shm_key=811)["attachment"]
        for offset in range(0, self.SIZE, MIB):
            self.assertEqual(self.client.result("read", attachment=held, offset=offset)["length"], MIB)
        self.assertEqual(self.client.result("read", attachment=held, offset=8 * MIB, length=64)["data"], bytes(64))
        self.assertEqual(self.resident(), 0)

    def test_stays_so_when_it_is_dumped_and_the_file_has_holes(self):
        self.client.result("write", shm_key=811, offset=self.SIZE // 2, data=b"middle")
        self.client.result("write", shm_key=811, offset=self.SIZE - 3, data=b"end")
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            self.send("read", "--key", "811", "--out", out)
            status = os.stat(out)
            self.assertEqual(status.st_size, self.SIZE)
            self.assertLess(status.st_blocks * 512, MIB)
            with open(out, "rb") as file:
                content = file.read()
        expected = bytearray(self.SIZE)
        expected[self.SIZE // 2:self.SIZE // 2 + 6] = b"middle"
        expected[-3:] = b"end"
        self.assertTrue(content == expected)
        self.assertLess(self.resident(), MIB)

    def test_many_attachments_take_few_descriptors(self):
        held = [self.client.result("attach", shm_key=811)["attachment"] for _ in range(100)]
        before = len(os.listdir(f"/proc/{self.agent.process.pid}/fd"))
        for attachment in held:
            self.client.result("read", attachment=attachment, length=MIB)
        self.assertLessEqual(len(os.listdir(f"/proc/{self.agent.process.pid}/fd")), before + 16)
        self.assertEqual(self.resident(), 0)
        self.assertEqual(self.client.result("detach", shm_key=811)["detached"], 100)
        self.assertLessEqual(len(os.listdir(f"/proc/{self.agent.process.pid}/fd")), before)


if __name__ == "__main__":
    bus.main()
