#!/usr/bin/python3
"""The table of capabilities in deploy/SECURITY.md: with those of a row its feature works, without one it does not."""
import grp
import os
import unittest

import actors
import bus
from callers import ACTOR, WORKER, Child

AGENT, OTHER = 21500, 21501
MAIL = grp.getgrnam("mail").gr_gid  # a group that Debian has
KEY = 5679
AS_AGENT = '[[rule]]\nwho = ["local"]\nas = "agent"\nuids = ["uid:{}"]\n'.format(AGENT)
TRACE = ("--detection", "trace")


def just(capabilities, uid=AGENT, gid=None):
    """A prefix that runs a program as `uid` with these capabilities, none of which it can add to."""
    only = ",".join(["-all", *("+" + name for name in capabilities)])
    return ("setpriv", "--reuid", str(uid), "--regid", str(uid if gid is None else gid), "--clear-groups",
            "--bounding-set", only, "--inh-caps", only, "--ambient-caps", only)


@unittest.skipUnless(os.geteuid() == 0 and bus.maps_uid(AGENT), "needs root with several uids")
class CapabilitiesTest(bus.BusTest):
    def setUp(self):
        self.others = Child(self, ACTOR, user=OTHER, group=OTHER, extra_groups=[])
        self.made = []
        self.addCleanup(self.remove_all)

    def remove_all(self):
        for shmid in self.made:
            actors.LIBC.shmctl(shmid, actors.IPC_RMID, None)

    def run_with(self, *capabilities, options=(), uid=AGENT, gid=None, policy=None):
        """The agent with just these capabilities; ready."""
        if policy:
            options = ("--policy", self.file(policy), *options)
        self.agent = self.start(*options, user=uid, prefix=just(capabilities, uid, gid))
        self.client = self.new_client()
        return self.agent

    def refuses_to_start(self, *capabilities, options=(), uid=AGENT):
        """What it says, ending with status 1."""
        agent = bus.Agent(*options, user=uid, prefix=just(capabilities, uid))
        self.addCleanup(agent.forget)
        self.assertEqual(agent.process.wait(bus.PATIENCE), 1, agent.log_text())
        return agent.log_text()

    def file(self, content):
        path = f"/run/shmbus-capabilities-test-{os.getpid()}.toml"
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        os.chmod(path, 0o600)
        os.chown(path, AGENT, AGENT)
        self.addCleanup(os.unlink, path)
        return path

    def segment(self, mode=0o600, key=KEY):
        """One of OTHER's."""
        shmid = self.others.ask(["create", key, 100, mode])
        self.assertGreaterEqual(shmid, 0)
        self.made.append(shmid)
        return shmid

    def asks(self, uid, shmid, *operations):
        """The errno of each operation, as `uid` asks over the bus."""
        segment = {"shmid": shmid, "key": KEY + 1, "uid": AGENT, "gid": AGENT, "mode": 0o600}
        user = Child(self, WORKER, self.agent.commands, user=uid, group=uid, extra_groups=[])
        return user.ask([[what, segment, "bus"] for what in operations])

    def test_nothing_serves_the_agents_own_user(self):
        self.run_with()
        own = self.client.result("create", shm_key=77, shm_segsz=100)["shm_shmid"]
        self.assertEqual(self.asks(AGENT, own, "stat", "write", "read", "attach", "set", "remove"), [0] * 6)

    def test_nothing_lists_all_segments_and_finds_the_changes_of_others_by_a_scan(self):
        self.run_with()
        subscriber = self.subscribe()
        shmid = self.segment(mode=0)
        created = subscriber.until("created", shm_shmid=shmid)[-1]
        self.assertEqual((created["source"], created["stat"]["uid"]), ("kernel", OTHER))
        self.assertEqual([(s["shm_shmid"], s["mode"]) for s in self.client.result("list")["segments"]], [(shmid, 0)])
        detection = self.client.result("info")["detection"]
        self.assertEqual(detection["mode"], "scan")
        self.assertIn("not traced", detection["reason"])
        self.assertEqual(self.others.ask(["remove", shmid]), 0)
        subscriber.until("removed", shm_shmid=shmid)

    def test_nothing_touches_no_segment_of_others_and_serves_no_other_user(self):
        self.run_with(options=("--socket-mode", "666"))
        shmid = self.segment()
        self.assertNotIn(0, self.asks(AGENT, shmid, "stat", "read", "write", "set", "remove"))
        self.refuses(OTHER, "cannot act as uid", "CAP_SETUID and CAP_SETGID")
        self.assertIn("CAP_SETUID and CAP_SETGID", self.agent.log_text())

    def refuses(self, uid, message, hint):
        there = Child(self, ASK, self.agent.commands, user=uid, group=uid, extra_groups=[])
        error = self.is_failure("permission_denied", there.ask({"op": "list"}))
        self.assertIn(message, error["message"])
        self.assertIn(hint, error["hint"])

    def test_setuid_and_setgid_and_ptrace_serve_others_as_themselves(self):
        self.run_with("setuid", "setgid", "sys_ptrace", options=("--socket-mode", "666"))
        shmid = self.segment()
        everything = ("stat", "read", "write", "attach", "create 600", "set", "remove")
        self.assertNotIn(0, self.asks(AGENT, shmid, "stat", "read", "write", "set", "remove"))
        self.assertNotIn(0, self.asks(OTHER + 1, shmid, "stat", "read", "write", "set", "remove"))
        self.assertEqual(self.asks(OTHER, shmid, *everything), [0] * len(everything))
        made = self.client.result("list", shm_key=KEY + 1)["segments"][0]
        self.assertEqual((made["uid"], made["cuid"], made["gid"]), (OTHER, OTHER, OTHER))
        self.assertEqual(self.asks(OTHER, made["shm_shmid"], "remove"), [0])

    def test_root_is_served_by_an_agent_of_another_user(self):
        self.run_with("setuid", "setgid", "sys_ptrace", options=("--socket-mode", "666"))
        self.assertEqual(self.asks(0, 0, "create 600"), [0])
        self.assertEqual(self.asks(OTHER, self.segment(), "stat", "remove"), [0, 0])
        self.assertEqual(self.client.result("list")["segments"][0]["uid"], 0)

    def test_without_ptrace_others_are_refused(self):
        self.run_with("setuid", "setgid", options=("--socket-mode", "666"))
        self.refuses(OTHER, "IPC namespace", "CAP_SYS_PTRACE")
        shmid = self.segment(mode=0o666)
        self.assertEqual(self.asks(AGENT, shmid, "stat"), [0])
        self.assertEqual(self.agent.stop(), 0)

    def test_without_setuid_or_setgid_others_are_refused(self):
        for capabilities in (("setuid", "sys_ptrace"), ("setgid", "sys_ptrace")):
            with self.subTest(capabilities):
                self.run_with(*capabilities, options=("--socket-mode", "666"))
                self.refuses(OTHER, "cannot act as uid", "CAP_SETUID and CAP_SETGID")

    def test_root_with_setuid_and_setgid_and_ptrace_serves_others_as_themselves(self):
        self.run_with("setuid", "setgid", "sys_ptrace", uid=0, options=("--socket-mode", "666"))
        self.assertEqual(self.asks(OTHER, self.segment(), "stat", "write", "set"), [0] * 3)
        self.assertNotIn(0, self.asks(OTHER + 1, self.made[0], "stat", "write", "set", "remove"))

    def test_root_without_setuid_serves_root_alone(self):
        self.run_with(uid=0, options=("--socket-mode", "666"))
        self.refuses(OTHER, "cannot act as uid", "CAP_SETUID and CAP_SETGID")
        self.assertEqual(self.asks(0, 0, "create 600"), [0])
        self.assertIn("would be served as root",
                      self.refuses_to_start(uid=0, options=("--insecure-tcp", "--commands", "tcp://127.0.0.1:*")))

    def test_chown_gives_the_sockets_a_group_that_the_agent_is_not_in(self):
        self.run_with("chown", options=("--socket-group", "mail"))
        status = os.stat(self.agent.commands.removeprefix("ipc://"))
        self.assertEqual((status.st_gid, status.st_mode & 0o777), (MAIL, 0o660))
        self.assertIn("not permitted", self.refuses_to_start(options=("--socket-group", "mail")))

    def test_nothing_gives_the_sockets_a_group_that_the_agent_is_in(self):
        self.run_with(options=("--socket-group", "mail"), gid=MAIL)
        self.assertEqual(os.stat(self.agent.events.removeprefix("ipc://")).st_gid, MAIL)

    def traces(self, *capabilities, uid=AGENT):
        """Runs with `--detection trace`; a change of another user is published with its actor."""
        self.run_with(*capabilities, options=TRACE, uid=uid)
        self.assertEqual(self.client.result("info")["detection"]["mode"], "trace")
        subscriber = self.subscribe()
        return subscriber.until("created", shm_shmid=self.segment())[-1]["actor"]

    def test_sys_admin_and_dac_read_search_trace_calls(self):
        self.assertEqual(self.traces("sys_admin", "dac_read_search", "sys_ptrace"),
                         {"uid": OTHER, "gid": OTHER, "pid": self.others.process.pid, "comm": "python3"})

    def test_root_traces_calls_without_dac_read_search(self):
        self.assertEqual(self.traces("sys_admin", "sys_ptrace", uid=0)["pid"], self.others.process.pid)

    def detacher(self, *capabilities):
        """Who detaches what was attached before the agent's start, as its event has it."""
        shmid = self.segment()
        self.assertEqual(self.others.ask(["attach", shmid]), 0)
        self.run_with(*capabilities, options=TRACE)
        subscriber = self.subscribe()
        self.assertEqual(self.others.ask(["detach", 0]), 0)
        return subscriber.until("detached", shm_shmid=shmid)[-1]["actor"]

    def test_ptrace_tells_what_others_had_attached_before_the_agents_start(self):
        self.assertEqual(self.detacher("sys_admin", "dac_read_search", "sys_ptrace")["uid"], OTHER)

    def test_without_ptrace_a_scan_finds_that_it_is_detached(self):
        self.assertEqual(self.detacher("sys_admin", "dac_read_search"), {})

    def test_the_agents_own_user_does_not_get_its_capabilities(self):
        self.run_with("ipc_owner", "sys_admin")
        self.assertNotIn(0, self.asks(AGENT, self.segment(), "stat", "read", "write", "set", "remove"))

    def test_no_trace_without_sys_admin_or_dac_read_search(self):
        for capabilities in (("perfmon", "dac_read_search"), ("sys_admin",), ("sys_admin", "perfmon")):
            with self.subTest(capabilities):
                self.assertIn("tracefs", self.refuses_to_start(*capabilities, options=TRACE))
                self.run_with(*capabilities)
                detection = self.client.result("info")["detection"]
                self.assertEqual(detection["mode"], "scan")
                self.assertRegex(detection["reason"], "calls are not traced: .*tracefs")

    def test_ipc_owner_lets_rules_as_agent_read_and_write_any_segment(self):
        self.run_with("ipc_owner", policy=AS_AGENT)
        self.assertEqual(self.asks(AGENT, self.segment(mode=0), "stat", "read", "write", "attach"), [0] * 4)
        self.assertNotIn(0, self.asks(AGENT, self.made[0], "set", "remove"))

    def test_sys_admin_lets_rules_as_agent_set_and_remove_any_segment(self):
        self.run_with("sys_admin", policy=AS_AGENT)
        shmid = self.segment()
        self.assertNotIn(0, self.asks(AGENT, shmid, "stat", "read", "write", "attach"))
        self.assertEqual(self.asks(AGENT, shmid, "set"), [0])
        stat = self.client.result("list")["segments"][0]
        self.assertEqual((stat["uid"], stat["cuid"]), (AGENT, OTHER))
        self.assertEqual(self.asks(AGENT, self.segment(key=KEY + 2), "remove"), [0])

    def test_as_agent_without_capabilities_is_the_agents_own_user(self):
        self.run_with(policy=AS_AGENT)
        self.assertNotIn(0, self.asks(AGENT, self.segment(), "stat", "read", "write", "attach", "set", "remove"))


ASK = """
import json, sys, msgpack, zmq
s = zmq.Context().socket(zmq.REQ)
s.setsockopt(zmq.RCVTIMEO, 20000)
s.setsockopt(zmq.LINGER, 0)
s.connect(sys.argv[1])
for line in sys.stdin:
    s.send(msgpack.packb(json.loads(line)))
    print(json.dumps(msgpack.unpackb(s.recv())), flush=True)
"""

if __name__ == "__main__":
    bus.main()
