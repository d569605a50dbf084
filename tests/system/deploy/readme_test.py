#!/usr/bin/python3
"""The README's Python programs, exactly as printed, against an agent in a /run of their own."""
import os
import re
import subprocess
import sys
import time
import unittest

import bus

PRIVATE_RUN = "mount -t tmpfs -o mode=755 none /run && exec \"$@\""


def programs():
    text = (bus.SOURCE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Readme(unittest.TestCase):
    """Runs inside its own mount namespace; see the end of the file."""

    def setUp(self):
        self.agent = bus.Agent(runtime="/run/shmbus")
        self.addCleanup(self.agent.forget)
        self.addCleanup(self.agent.stop)
        self.agent.wait_ready()

    def test_client_and_subscriber_as_printed(self):
        client, subscriber = programs()
        self.assertEqual(len(client.splitlines()), 6)
        watcher = subprocess.Popen([sys.executable, "-u", "-c", subscriber], stdout=subprocess.PIPE, bufsize=0)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        # The subscriber does not say when it is live, so the story is told until it has heard it.
        ask = bus.Client("ipc:///run/shmbus/commands.sock")
        os.set_blocking(watcher.stdout.fileno(), False)
        deadline, heard = time.monotonic() + bus.PATIENCE, b""
        while b"'set'" not in heard and time.monotonic() < deadline:
            done = subprocess.run([sys.executable, "-c", client], capture_output=True, text=True, check=True,
                                  timeout=bus.PATIENCE)
            replies = done.stdout.splitlines()
            self.assertEqual(len(replies), 3, done.stdout)
            for reply in replies:
                self.assertIn("'ok': True", reply)
            self.assertTrue(ask.reply("remove", shm_key=5679)["ok"])
            heard += watcher.stdout.read() or b""
        ask.close()
        self.assertIn(b"shm/5679/", heard)
        self.assertIn(b"'set'", heard)


if __name__ == "__main__":
    if os.environ.get("SHMBUS_PRIVATE_RUN") != "1":
        os.environ["SHMBUS_PRIVATE_RUN"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", PRIVATE_RUN, "sh", sys.executable, *sys.argv])
    bus.main()
