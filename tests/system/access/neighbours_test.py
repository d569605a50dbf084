#!/usr/bin/python3
"""Callers that look odd to the kernel and are served all the same: the user nobody, and neighbours in other containers."""
import os
import signal
import subprocess
import unittest

import bus
from callers import NOBODY, Caller

KEY = 5679


def maps_every_id():
    def count(name):
        with open(f"/proc/self/{name}", encoding="ascii") as lines:
            return sum(int(line.split()[2]) for line in lines)
    return min(count("uid_map"), count("gid_map")) >= 0xffffffff


@unittest.skipUnless(os.geteuid() == 0 and maps_every_id(), "needs root and every uid")
class Nobody(bus.BusTest):
    OPTIONS = ("--socket-mode", "666")

    def test_is_a_user_with_its_own_rights(self):
        nobody = Caller(self, self.agent.commands, NOBODY)
        self.assertTrue(nobody.reply("create", shm_key=KEY, shm_segsz=64)["ok"])
        stat = self.client.result("stat", shm_key=KEY)
        self.assertEqual((stat["uid"], stat["cuid"], stat["gid"]), (NOBODY, NOBODY, NOBODY))
        self.client.result("create", shm_key=3, shm_segsz=64)
        self.assertEqual(nobody.reply("stat", shm_key=3)["error"]["code"], "permission_denied")


IN_CONTAINER = ("unshare", "--pid", "--fork", "--")


@unittest.skipUnless(os.geteuid() == 0 and bus.maps_uid(4321), "needs root with several uids")
class InAPidNamespaceBeside(bus.BusTest):
    """The agent runs in one pid namespace, its client in another one beside it."""

    def setUp(self):
        pass  # each test starts its own agent

    def beside(self, agent, uid, *arguments):
        """shmbus-send of that user in a pid namespace of its own; returns exit status, stdout and stderr."""
        done = subprocess.run(
            [*IN_CONTAINER, "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--",
             str(bus.BIN / "shmbus-send"), "--timeout", "5", *arguments],
            env=bus.environment(agent.runtime), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=3 * bus.PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def end(self, agent):
        unshare = agent.process.pid
        with open(f"/proc/{unshare}/task/{unshare}/children", encoding="ascii") as children:
            for child in children.read().split():
                os.kill(int(child), signal.SIGTERM)
        self.assertEqual(agent.process.wait(bus.PATIENCE), 0, agent.log_text())
        agent.forget()

    def agent_in_container(self, uid, *options):
        agent = bus.Agent(*options, user=uid, prefix=(
            *IN_CONTAINER, "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--"))
        self.addCleanup(self.end, agent)
        return agent.wait_ready()

    def test_the_agents_own_user_is_served_at_a_private_socket(self):
        for uid in (0, 4321):
            agent = self.agent_in_container(uid)
            for arguments in (("create", "--key", str(KEY), "--size", "64"), ("write", "--key", str(KEY), "--data", "x"),
                              ("read", "--key", str(KEY), "--text"), ("set", "--key", str(KEY), "--mode", "640"),
                              ("remove", "--key", str(KEY))):
                status, _, stderr = self.beside(agent, uid, *arguments)
                self.assertEqual(status, 0, f"uid {uid}, {arguments}: {stderr}")

    def test_root_has_no_capabilities_there(self):
        agent = self.agent_in_container(0)
        self.agent = agent
        stranger = self.agent_in_container(4321)
        self.assertEqual(self.beside(stranger, 4321, "create", "--key", str(KEY), "--size", "64")[0], 0)
        self.assertEqual(self.beside(agent, 0, "stat", "--key", str(KEY))[0], 4, "a segment of 4321's with mode 600")
        self.assertEqual(self.beside(stranger, 4321, "remove", "--key", str(KEY))[0], 0)

    def test_nobody_is_at_a_socket_for_others(self):
        agent = self.agent_in_container(0, "--socket-mode", "666")
        for uid in (0, 4321):
            status, _, stderr = self.beside(agent, uid, "ping")
            self.assertEqual(status, 4, stderr)
            self.assertIn("pid namespace", stderr)


if __name__ == "__main__":
    bus.main()
