#!/usr/bin/python3
"""Who gets to the sockets, who is served there as whom, and how many."""
import os
import resource
import signal

import bus
import callers
import zmtp
from callers import AGENTS, CALLER, GROUP, OTHER


@callers.needs_root
class AgentOfAnotherUser(callers.AccessTest):
    def start(self, *options, **how):
        return super().start("--socket-mode", "666", *options, user=AGENTS, **how)

    def test_it_serves_its_own_user_and_root(self):
        own = self.caller(AGENTS).reply("create", shm_key=77, shm_segsz=1)
        self.assertTrue(own["ok"], own)
        stat = self.client.result("stat", shm_key=77)
        self.assertEqual((stat["uid"], stat["cuid"]), (AGENTS, AGENTS))

    def test_it_refuses_others_and_says_why(self):
        for request in ({"op": "ping"}, {"op": "list"}, {"op": "create", "shm_key": 77, "shm_segsz": 1}):
            error = self.is_failure("permission_denied", self.caller(OTHER).reply(**request))
            self.assertIn(f"serves its own uid {AGENTS} only", error["message"])
            self.assertIn("CAP_SETUID", error["hint"])
        self.fails("not_found", "stat", shm_key=77)

    def test_it_says_so_when_it_starts(self):
        self.assertIn(f"serving uid {AGENTS} and root only", self.agent.log_text())


@callers.needs_root
class Groups(callers.AccessTest):
    OPTIONS = ("--socket-mode", "666")
    WRITE = {"op": "write", "shm_key": 77, "data": "x"}

    def setUp(self):
        super().setUp()
        self.client.result("create", shm_key=77, shm_segsz=1, mode="060")
        self.client.result("set", shm_key=77, gid=GROUP)

    def test_groups_are_those_of_the_process(self):
        self.is_failure("permission_denied", self.caller().reply(**self.WRITE))
        self.assertTrue(self.caller(groups=[5, GROUP]).reply(**self.WRITE)["ok"])
        self.assertTrue(self.caller(gid=GROUP).reply(**self.WRITE)["ok"])

    def peer(self, uid, gid, groups=()):
        """One whose process is gone when its first request arrives."""
        peer = zmtp.Peer(zmtp.connected(self.agent.commands, uid, gid, groups))
        self.addCleanup(peer.close)
        return peer

    def test_of_a_process_that_is_gone_only_the_primary_group_counts(self):
        self.is_failure("permission_denied", self.peer(CALLER, CALLER, [GROUP]).ask(**self.WRITE))
        self.assertTrue(self.peer(CALLER, GROUP).ask(**self.WRITE)["ok"])

    def test_of_a_process_that_ends_while_its_request_waits_too(self):
        peer = self.peer(CALLER, CALLER, [GROUP])
        self.agent.process.send_signal(signal.SIGSTOP)
        peer.send(zmtp.request(**self.WRITE))
        self.agent.process.send_signal(signal.SIGCONT)
        self.is_failure("permission_denied", peer.reply())

    def test_root_that_is_gone_has_no_privilege(self):
        peer = self.peer(0, 0)
        self.assertTrue(peer.ask("ping")["ok"])
        self.is_failure("permission_denied", peer.ask("set", shm_shmid=self.callers_segment(), mode=600))

    def callers_segment(self):
        made = self.caller().reply("create", shm_key=78, shm_segsz=1)
        self.assertTrue(made["ok"], made)
        return made["result"]["shm_shmid"]


@callers.needs_root
class Modes(callers.AccessTest):
    def can_connect(self, endpoint, **who):
        try:
            zmtp.connected(endpoint, **who).close()
        except PermissionError:
            return False
        return True

    def test_by_default_nobody_else_comes_to_the_sockets(self):
        for endpoint in (self.agent.commands, self.agent.events):
            self.assertFalse(self.can_connect(endpoint, uid=OTHER, gid=OTHER))

    def test_a_group_may_be_let_in(self):
        for word in ("adm", "4"):
            with self.subTest(word):
                self.lets_in_group_adm(word)

    def lets_in_group_adm(self, word):
        agent = self.start("--socket-group", word)
        for endpoint in (agent.commands, agent.events):
            self.assertTrue(self.can_connect(endpoint, uid=OTHER, gid=OTHER, groups=[4]))
            self.assertFalse(self.can_connect(endpoint, uid=OTHER, gid=OTHER))
        self.assertEqual(os.stat(agent.commands.removeprefix("ipc://")).st_mode & 0o777, 0o660)

    def test_commands_may_be_closed_and_events_open(self):
        agent = self.start("--events-mode", "666")
        self.assertTrue(self.can_connect(agent.events, uid=OTHER, gid=OTHER))
        self.assertFalse(self.can_connect(agent.commands, uid=OTHER, gid=OTHER))


@callers.needs_root
class Caps(callers.AccessTest):
    def connect(self, uid=CALLER):
        connection = zmtp.connected(self.agent.commands, uid, uid)
        self.addCleanup(connection.close)
        return connection

    def accepted(self, uid=CALLER):
        """One that was let in, which may take until others are closed."""
        def attempt():
            connection = self.connect(uid)
            return None if zmtp.is_refused(connection) else connection
        return callers.eventually(attempt)

    def goes_on(self):
        self.client.result("ping")

    def test_a_user_has_so_many_connections(self):
        self.agent = self.start("--socket-mode", "666", "--max-connections-per-user", "3")
        self.client = self.new_client()
        mine = [self.accepted() for _ in range(3)]
        for _ in range(20):
            self.assertTrue(zmtp.is_refused(self.connect()))
            self.goes_on()
        self.assertFalse(zmtp.is_refused(self.connect(OTHER)))
        mine.pop().close()
        self.accepted()
        self.assertIn(f"rejected a connection from uid {CALLER}", self.agent.log_text())

    def test_there_are_so_many_connections_in_all(self):
        self.agent = self.start("--socket-mode", "666", "--max-connections", "4")
        self.client = self.new_client()
        self.goes_on()
        kept = [self.accepted(uid) for uid in (CALLER, CALLER, OTHER)]
        for uid in (CALLER, OTHER):
            self.assertTrue(zmtp.is_refused(self.connect(uid)))
            self.goes_on()
        self.accepted(0).close()  # root has connections of its own
        kept.pop().close()
        self.accepted()
        self.goes_on()

    def test_running_out_of_descriptors_ends_nothing(self):
        self.agent = self.start("--socket-mode", "666")
        self.client = self.new_client()
        self.goes_on()
        pid = self.agent.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 3, before[1]))
        opened = [self.connect() for _ in range(40)]
        refused = sum(map(zmtp.is_refused, opened))
        self.assertGreater(refused, 30)
        self.goes_on()
        self.assertIn("no descriptor is left", self.agent.log_text())
        for connection in opened:
            connection.close()
        self.accepted(OTHER)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        new = self.new_client()
        self.assertTrue(new.reply("ping")["ok"])


if __name__ == "__main__":
    bus.main()
