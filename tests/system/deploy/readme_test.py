#!/usr/bin/python3
"""The README's session and its Python programs, exactly as printed, against an agent in a /run of their own."""
import os
import re
import subprocess
import sys
import time
import unittest

import bus

PRIVATE_RUN = "mount -t tmpfs -o mode=755 none /run && exec \"$@\""


README = (bus.SOURCE / "README.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def comparable(text):
    """The text without its times and the id, which the kernel chose."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|\(\d{10}\)", "TIME", text)
    return re.sub(r"shmid( +)\d+", r"shmid\1ID", text)


class Readme(unittest.TestCase):
    """Runs inside its own mount namespace; see the end of the file."""

    def setUp(self):
        self.agent = bus.Agent(runtime="/run/shmbus")
        self.addCleanup(self.agent.forget)
        self.addCleanup(self.agent.stop)
        self.agent.wait_ready()

    def test_the_session_prints_what_it_shows(self):
        [session] = blocks("console")
        env = {**os.environ, "PATH": f"{bus.BIN.resolve()}:{os.environ['PATH']}", "TZ": "UTC"}
        env.pop("SHMBUS_RUNTIME_DIR", None)
        events = bus.Subscriber("ipc:///run/shmbus/events.sock")
        self.addCleanup(events.close)
        printed = ""
        for command in re.findall(r"^\$ (.*)$", session, re.MULTILINE):
            done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, check=False,
                                  timeout=bus.PATIENCE)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            printed += f"$ {command}\n{done.stdout}"
            if command.startswith("ipcrm"):
                events.until("removed")
        self.assertEqual(comparable(printed), comparable(session))

    def test_client_and_subscriber_as_printed(self):
        client, subscriber = blocks("python")
        watcher = subprocess.Popen([sys.executable, "-u", "-c", subscriber], stdout=subprocess.PIPE, bufsize=0)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        # The subscriber does not say when it is live, so the client runs until the subscriber has its events.
        ask = bus.Client("ipc:///run/shmbus/commands.sock")
        os.set_blocking(watcher.stdout.fileno(), False)
        deadline, heard = time.monotonic() + bus.PATIENCE, b""
        while b"'set'" not in heard and time.monotonic() < deadline:
            done = subprocess.run([sys.executable, "-c", client], capture_output=True, text=True, check=True,
                                  timeout=bus.PATIENCE)
            created, changed = done.stdout.splitlines()
            self.assertIn("'created': True", created)
            self.assertIn("'after': {", changed)
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
