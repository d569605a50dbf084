#!/usr/bin/python3
"""Names that other users can exchange: the agent and the tools make, open and change nothing through them."""
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import threading
import unittest

import bus

SOMEBODY = 21001
RACES = 40


class PathsTest(bus.BusTest):
    OPTIONS = ("--socket-mode", "666")

    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="shmbus-home-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        os.chmod(self.home, 0o755)

    def directory(self, name, mode, owner=None):
        made = self.home / name
        made.mkdir()
        if owner is not None:
            os.chown(made, owner, owner)
        made.chmod(mode)
        return made

    def run_agent(self, where, *options):
        """Starts an agent with its sockets there; its exit status, None if it serves, and what it said."""
        agent = subprocess.Popen(
            [str(bus.BIN / "shmbus-agent"), "--commands", f"ipc://{where}/c.sock", "--events", f"ipc://{where}/e.sock",
             *options], env=bus.environment(self.agent.runtime), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for line in agent.stderr:
                if "started" in line:
                    return None, line
                if "error" in line:
                    return agent.wait(bus.PATIENCE), line
            return agent.wait(bus.PATIENCE), ""
        finally:
            agent.terminate()
            agent.wait(bus.PATIENCE)
            agent.stderr.close()

    def test_sockets_lie_where_nobody_else_can_exchange_them(self):
        cases = [("open", 0o777, None), ("group", 0o775, None), ("sticky", 0o1777, None)]
        cases += [("somebodys", 0o755, SOMEBODY), ("his own", 0o700, SOMEBODY)] if os.geteuid() == 0 else []
        for name, mode, owner in cases:
            where = self.directory(name, mode, owner)
            for options in (("--socket-mode", "666"), ("--socket-mode", "660"), ()):
                status, said = self.run_agent(where, *options)
                self.assertNotIn(status, (None, 0), (name, options))
                self.assertIn(str(where), said)
            self.assertEqual(list(where.iterdir()), [])
        self.assertIsNone(self.run_agent(self.directory("good", 0o755), "--socket-mode", "666")[0])

    def test_below_a_directory_of_all_only_private_sockets_are_served(self):
        below = self.directory("volume", 0o777) / "agent"
        below.mkdir(0o700)
        self.assertIsNone(self.run_agent(below)[0])
        below.chmod(0o755)
        status, said = self.run_agent(below, "--socket-mode", "666")
        self.assertNotIn(status, (None, 0))
        self.assertIn(f"{self.home}/volume was rejected", said)

    # With the directory under another name, a link in its place leads to a file of root's.
    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_directory_that_is_exchanged_while_an_agent_starts_leads_to_no_other_file(self):
        volume, roots = self.directory("volume", 0o777), self.directory("roots", 0o700)
        for name in ("c.sock", "e.sock", "c.sock.lock", "e.sock.lock"):
            (roots / name).write_text("precious")
            (roots / name).chmod(0o600)
        below, hidden = volume / "agent", volume / "hidden"
        over = threading.Event()

        def exchange():
            while not over.is_set():
                for step in (lambda: below.rename(hidden), lambda: below.symlink_to(roots), below.unlink,
                             lambda: hidden.rename(below)):
                    try:
                        step()
                    except OSError:
                        pass
        other = threading.Thread(target=exchange)
        below.mkdir(0o700)
        other.start()
        try:
            for _ in range(RACES):
                self.run_agent(below)
        finally:
            over.set()
            other.join()
        self.assertEqual({entry.name: (entry.read_text(), stat.S_IMODE(entry.stat().st_mode)) for entry in roots.iterdir()},
                         {name: ("precious", 0o600) for name in ("c.sock", "e.sock", "c.sock.lock", "e.sock.lock")})

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_no_tool_takes_over_what_another_user_has_put_there(self):
        self.client.result("create", shm_key=77, shm_segsz=100_000)
        self.client.result("write", shm_key=77, data=b"#!/bin/sh\nid\n")
        sticky, roots = self.directory("sticky", 0o1777), self.directory("roots", 0o700)
        (roots / "keys").write_text("precious")
        writers = {
            "read": lambda path, status: self.send("read", "--key", "77", "--out", str(path), status=status),
            "read --text": lambda path, status: self.send("read", "--key", "77", "--text", "--out", str(path), status=status),
            "since": lambda path, status: self.tool("watch", "--since-file", str(path), "--timeout", "0.05", status=status),
        }
        for name, write in writers.items():
            file, link = sticky / f"{name} file", sticky / f"{name} link"
            file.write_text("5133 1\n")
            os.chown(file, SOMEBODY, SOMEBODY)
            file.chmod(0o6777)
            write(file, 4)
            status = file.stat()
            self.assertEqual((status.st_uid, stat.S_IMODE(status.st_mode), file.read_text()),
                             (SOMEBODY, 0o6777, "5133 1\n"), name)
            link.symlink_to(roots / ("keys" if name != "since" else "none"))
            os.lchown(link, SOMEBODY, SOMEBODY)
            write(link, 4)
            new, own = sticky / f"{name} new", sticky / f"{name} own"
            own.write_text(f"{self.client.reply('ping')['epoch']} 1\n")
            own.chmod(0o6755)
            for path in (new, own):
                write(path, 0)
                self.assertEqual((path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)), (0, 0o600), name)
        self.assertEqual([(entry.name, entry.read_text()) for entry in roots.iterdir()], [("keys", "precious")])
        (sticky / "ada.secret").symlink_to(roots / "made")
        self.send("keygen", "--dir", str(sticky), "ada", status=5)
        self.assertFalse((roots / "made").exists())
        self.send("keygen", "--dir", str(sticky), "bob")
        self.assertEqual([stat.S_IMODE((sticky / f"bob.{kind}").stat().st_mode) for kind in ("secret", "key")], [0o600] * 2)


if __name__ == "__main__":
    bus.main()
