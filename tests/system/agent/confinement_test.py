#!/usr/bin/python3
"""The agent with the capabilities, system calls and network of its units, as far as these can be had without systemd."""
import os
import shutil
import subprocess
import sys
import unittest

import actors
import bus
import callers
import services

NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}  # looking for them takes ptrace


@callers.needs_root
@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze knows the groups of system calls")
class Confined(bus.BusTest):
    def setUp(self):
        self.manager = services.Manager(self)

    def run_as(self, unit, *options, uid=0):
        how = self.manager.prefix(**NO_LEAKS)
        how["prefix"] += services.confined(unit, uid)
        self.agent = self.manager.agent = bus.Agent(*options, **how)
        self.addCleanup(self._end, self.agent)
        self.manager.hear_of("READY")
        self.client = self.new_client()
        return self.client

    def test_the_limits_hold(self):
        for unit in ("shmbus-agent.service", "shmbus-monitor.service"):
            for forbidden in ("import os; os.sched_setaffinity(0, {0})", "import socket; socket.socket(socket.AF_INET)",
                              "import os; os.chroot('/')"):
                done = subprocess.run([*services.confined(unit), sys.executable, "-c", forbidden], capture_output=True,
                                      text=True, check=False)
                self.assertIn("PermissionError: [Errno 1]", done.stderr, (unit, forbidden))

    def test_the_agent_does_all_that_it_does_without_limits(self):
        without = self.new_client(self.start()).result("info")["detection"]["mode"]
        self.run_as("shmbus-agent.service", "--socket-mode", "666", "--socket-group", "mail")
        self.assertEqual(self.client.result("info")["detection"]["mode"], without)
        caller = callers.Caller(self, self.agent.commands, callers.CALLER)
        subscriber = self.subscribe()
        where = {"shm_key": 5679}
        for op, fields in (("create", {"shm_segsz": 5000, "mode": 600}), ("write", {"data": "x"}), ("attach", {}),
                           ("set", {"mode": 660}), ("detach", {}), ("stat", {})):
            reply = caller.reply(op, **where, **fields)
            self.assertTrue(reply["ok"], (op, reply))
        self.assertEqual((reply["result"]["uid"], reply["result"]["mode"]), (callers.CALLER, 660))
        self.assertEqual(self.client.result("read", **where, length=1)["data"], b"x")  # root may, by its capabilities
        other = callers.Caller(self, self.agent.commands, callers.OTHER)
        self.is_failure("permission_denied", other.reply("remove", **where))
        self.assertTrue(caller.reply("remove", **where)["ok"])
        subscriber.until("removed", shm_key=5679)
        shmid = actors.LIBC.shmget(5680, 100, 0o600 | actors.IPC_CREAT)
        self.addCleanup(actors.LIBC.shmctl, shmid, actors.IPC_RMID, None)
        created = subscriber.until("created", shm_shmid=shmid)[-1]
        self.assertEqual(created["actor"].get("pid"), os.getpid() if without == "trace" else None)

    def test_the_monitor_shows_and_changes_nothing(self):
        for listener in self.manager.listeners:
            os.unlink(listener.getsockname())
            listener.close()
        self.manager.listeners = []
        os.chown(self.manager.runtime, callers.AGENTS, callers.AGENTS)
        os.chmod(self.manager.notify.getsockname(), 0o666)
        config = shutil.copy(services.UNITS / "monitor.toml", self.manager.path("monitor.toml"))
        os.chown(config, callers.AGENTS, callers.AGENTS)
        os.chmod(config, 0o400)
        self.run_as("shmbus-monitor.service", "--config", config, uid=callers.AGENTS)
        modes = [os.stat(self.manager.path(name)).st_mode & 0o777 for name in ("commands.sock", "events.sock")]
        self.assertEqual(modes, [0o600, 0o666])
        shmid = actors.LIBC.shmget(5679, 100, 0o644 | actors.IPC_CREAT)
        self.addCleanup(actors.LIBC.shmctl, shmid, actors.IPC_RMID, None)
        self.subscribe().until("created", shm_shmid=shmid)
        self.assertEqual(self.client.result("stat", shm_key=5679)["shm_shmid"], shmid)
        self.assertEqual(len(self.client.result("list")["segments"]), 1)
        for op, fields in (("create", {"shm_segsz": 1}), ("read", {}), ("write", {"data": "x"}), ("attach", {}),
                           ("set", {"mode": 666}), ("remove", {})):
            self.fails("permission_denied", op, shm_key=5679, **fields)


if __name__ == "__main__":
    bus.main()
