#!/usr/bin/python3
"""The audit: one line for each change and each refusal, and what happens when it can't be written."""
import contextlib
import ctypes
import json
import os
import signal
import stat

import bus
import callers
from callers import CALLER

CLONE_NEWNS = 0x20000
LIBC = ctypes.CDLL(None, use_errno=True)


def lines_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class AuditTest(callers.AccessTest):
    def start(self, *options, **how):
        self.audit = self.path("audit")
        return super().start("--socket-mode", "666", "--audit", self.audit, *options, **how)

    def lines(self):
        return lines_of(self.audit)


@callers.needs_root
class Lines(AuditTest):
    def test_each_change_is_one_line(self):
        shmid = self.client.result("create", shm_key=77, shm_segsz=10, mode=600)["shm_shmid"]
        self.client.result("set", shm_key=77, mode=640, gid=5)
        self.client.result("write", shm_key=77, data="secret")
        held = self.client.result("attach", shm_key=77)["attachment"]
        self.client.result("detach", attachment=held)
        self.client.result("remove", shm_key=77)
        lines = self.lines()
        self.assertEqual([line["operation"] for line in lines],
                         ["create", "set", "write", "attach", "detach", "remove"])
        for line in lines:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertEqual(line["segment"], {"shm_key": 77, "shm_shmid": shmid}, line)
            self.assertEqual((line["principal"], line["uid"], line["gid"], line["pid"], line["endpoint"],
                              line["decision"], line["outcome"]),
                             ("uid:0", 0, 0, os.getpid(), self.agent.commands, "allow", "ok"))
        self.assertNotIn("before", lines[0])
        self.assertEqual(lines[0]["after"], {"uid": 0, "gid": 0, "mode": 600})
        self.assertEqual(lines[1]["before"], {"uid": 0, "gid": 0, "mode": 600})
        self.assertEqual(lines[1]["after"], {"uid": 0, "gid": 5, "mode": 640})
        self.assertEqual(lines[5]["before"], {"uid": 0, "gid": 5, "mode": 640})
        self.assertNotIn("after", lines[5])
        with open(self.audit, encoding="utf-8") as file:
            self.assertNotIn("secret", file.read())
        self.assertEqual(stat.S_IMODE(os.stat(self.audit).st_mode), 0o600)

    def test_each_refusal_is_one_line(self):
        self.client.result("create", shm_key=77, shm_segsz=10, mode=600)
        caller = self.caller()
        for op, fields in (("read", {}), ("set", {"mode": 666}), ("remove", {})):
            self.is_failure("permission_denied", caller.reply(op, shm_key=77, **fields))
            line = self.lines()[-1]
            self.assertEqual((line["principal"], line["operation"], line["outcome"], line["decision"]),
                             (f"uid:{CALLER}", op, "permission_denied", "allow"))  # it is the kernel that says no
        self.assertEqual(len(self.lines()), 4)

    def test_what_only_reads_is_none(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        for op in ("stat", "read"):
            self.client.result(op, shm_key=77)
        for op in ("ping", "info", "list", "events"):
            self.client.result(op)
        self.fails("not_found", "stat", shm_key=99)
        self.assertEqual(len(self.lines()), 1)

    def test_in_a_batch_each_change_is_one_line(self):
        self.client.result("batch", requests=[{"op": "create", "shm_key": 77, "shm_segsz": 10},
                                              {"op": "stat", "shm_key": 77}, {"op": "remove", "shm_key": 77}])
        self.assertEqual([line["operation"] for line in self.lines()], ["create", "remove"])

    def test_a_repetition_changes_nothing_and_is_none(self):
        for _ in range(3):
            self.client.result("create", shm_key=77, shm_segsz=10, once="0123456789abcdef")
        self.assertEqual(len(self.lines()), 1)

    def test_the_policy_is_named(self):
        policy = self.write("policy.toml", '[[rule]]\nwho = ["local"]\nkeys = [77]\nas = "deny"\n'
                                           '[[rule]]\nwho = ["local"]\noperations = ["create"]\nas = "agent"\n')
        home, self.home = self.home, self.path("other")
        os.mkdir(self.home, 0o700)
        agent = self.start("--policy", policy)
        caller = self.caller(agent=agent)
        self.is_failure("permission_denied", caller.reply("create", shm_key=77, shm_segsz=1))
        self.assertTrue(caller.reply("create", shm_key=78, shm_segsz=1)["ok"])
        denied, allowed = self.lines()
        self.assertEqual((denied["decision"], denied["outcome"]), ("deny", "permission_denied"))
        self.assertIn("line 1", denied["rule"])
        self.assertEqual((allowed["decision"], allowed["rule"], allowed["outcome"]), ("allow", "line 5", "ok"))
        self.home = home

    def test_beyond_sixty_denials_a_minute_they_are_counted(self):
        self.client.result("create", shm_key=77, shm_segsz=10, mode=600)
        replies = self.caller().replies([{"op": "read", "shm_key": 77}] * 100)
        self.assertTrue(all(reply["error"]["code"] == "permission_denied" for reply in replies))
        self.assertEqual(len(self.lines()), 61)
        self.client.result("remove", shm_key=77)
        self.assertEqual(self.agent.stop(), 0)
        lines = self.lines()
        self.assertEqual(len(lines), 63)
        self.assertEqual((lines[-1]["principal"], lines[-1]["left_out"]), (f"uid:{CALLER}", 40))
        self.assertLessEqual(lines[-1]["since"], lines[-1]["time"])

    def test_after_a_rename_the_signal_brings_a_new_file(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        os.rename(self.audit, self.path("audit.1"))
        self.client.result("set", shm_key=77, mode=640)
        self.reload(signal.SIGHUP)
        self.client.result("remove", shm_key=77)
        self.assertEqual([line["operation"] for line in lines_of(self.path("audit.1"))], ["create", "set"])
        self.assertEqual([line["operation"] for line in self.lines()], ["remove"])

    def test_after_an_end_without_a_word_it_goes_on(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.agent.process.kill()
        self.agent.process.wait()
        with open(self.audit, "a", encoding="utf-8") as file:
            file.write('{"half a')
        agent = self.start(runtime=self.agent.runtime)
        self.new_client(agent).result("remove", shm_key=77)
        with open(self.audit, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual([json.loads(lines[n])["operation"] for n in (0, 2)], ["create", "remove"])


@callers.needs_root
class Refused(callers.AccessTest):
    def test_a_file_that_others_could_change_or_replace_stops_the_start(self):
        self.assertIn("other users can access it", self.refuses_to_start("--audit", self.write("audit", "", 0o644)))
        os.chmod(self.path("audit"), 0o600)
        os.symlink(self.path("audit"), self.path("link"))
        self.assertIn("link", self.refuses_to_start("--audit", self.path("link")))
        os.mkdir(self.path("open"))
        os.chmod(self.path("open"), 0o777)
        self.assertIn("other users can replace", self.refuses_to_start("--audit", self.path("open/audit")))
        os.chown(self.path("audit"), CALLER, -1)
        self.assertIn(f"uid {CALLER}", self.refuses_to_start("--audit", self.path("audit")))

    def test_two_agents_do_not_share_one(self):
        self.start("--audit", self.path("audit"))
        self.assertIn("another process", self.refuses_to_start("--audit", self.path("audit"), status=1))


@callers.needs_root
class FullDisk(AuditTest):
    """The file is on a tmpfs of one page or two, in a mount namespace that ends with the test process."""
    OPTIONS = ()

    def setUp(self):
        self.disk = None
        super().setUp()

    def start(self, *options, **how):
        self.disk = self.path("disk")
        os.mkdir(self.disk, 0o700)
        if LIBC.unshare(CLONE_NEWNS) != 0 or LIBC.mount(b"none", b"/", None, 0x4000 | 0x40000, None) != 0:
            self.skipTest("no mount namespace may be made here")
        if LIBC.mount(b"none", self.disk.encode(), b"tmpfs", 0, b"size=8192,mode=700") != 0:
            self.skipTest("no tmpfs may be mounted here")
        self.addCleanup(LIBC.umount2, self.disk.encode(), 2)
        self.audit = os.path.join(self.disk, "audit")
        return bus.BusTest.start(self, "--audit", self.audit, *options, **how)

    def fill(self):
        with contextlib.suppress(OSError), open(os.path.join(self.disk, "filler"), "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(512))

    def until_full(self):
        """Changes until one is refused; how many succeeded."""
        for done in range(1000):
            reply = self.client.reply("write", shm_key=77, data="x")
            if not reply["ok"]:
                self.assertEqual(reply["error"]["code"], "busy", reply)
                return done
        raise AssertionError("it is never full")

    def test_what_changes_something_is_refused_and_what_reads_goes_on(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.fill()
        self.until_full()
        for op, fields in (("set", {"mode": 666}), ("remove", {}), ("attach", {})):
            self.assertIn("audit", self.fails("busy", op, shm_key=77, **fields)["message"])
        self.assertEqual(self.client.result("stat", shm_key=77)["mode"], 600)
        self.assertEqual(self.client.result("read", shm_key=77, length=1)["data"], b"x")
        self.client.result("list")
        self.assertIn("audit", self.agent.log_text())

    def test_with_room_again_it_goes_on_and_tells_what_it_lost(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.fill()
        self.until_full()
        os.unlink(os.path.join(self.disk, "filler"))
        self.client.result("remove", shm_key=77)
        lines = self.lines()  # each is whole
        self.assertGreaterEqual(sum(line.get("lost", 0) for line in lines), 1)
        self.assertEqual(lines[-1]["operation"], "remove")


@callers.needs_root
class FullDiskThatMayBe(FullDisk):
    OPTIONS = ("--audit-failure", "continue")

    def until_full(self):
        for _ in range(200):
            self.client.result("write", shm_key=77, data="x")

    def test_what_changes_something_is_refused_and_what_reads_goes_on(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.fill()
        self.until_full()
        self.client.result("set", shm_key=77, mode=640)
        self.client.result("remove", shm_key=77)
        self.assertIn("audit records are being lost", self.agent.log_text())


if __name__ == "__main__":
    bus.main()
