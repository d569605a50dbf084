#!/usr/bin/python3
"""The blocks of deploy/OPERATING.md, run in order as they stand, in an /etc, /run, /var/log and home of their own."""
import os
import re
import subprocess
import sys
import textwrap
import unittest

import bus

PAGE = bus.SOURCE / "deploy/OPERATING.md"
UNITS = bus.SOURCE / "deploy/systemd"
# A copy of /etc hides the real one, so that nothing of the host is changed.
PRIVATE = """mount -t tmpfs -o mode=755 none /run && cp -a /etc /run/etc && mount --bind /run/etc /etc &&
mount -t tmpfs -o mode=755 none /var/log && mkdir -m 700 /run/home && exec "$@\""""


def blocks(kind):
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


class Operating(unittest.TestCase):
    def test_the_blocks_run_as_they_stand(self):
        # An agent that a failing block leaves behind would hold the output open.
        script = "trap 'jobs -p | xargs -r kill' EXIT\n" + "\n".join(blocks("sh"))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHMBUS_")}
        environment.update(PATH=f"{bus.BIN.resolve()}:{os.environ['PATH']}", HOME="/run/home")
        done = subprocess.run(["bash", "-euo", "pipefail", "-m", "-c", script], env=environment, cwd="/run", text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=3 * bus.PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count("epoch "), 2, done.stdout)  # the answers to ping
        self.assertIn('"operation":"create"', done.stdout)
        self.assertIn('socket_mode = "666"', done.stdout)
        self.assertIn("allowed as the agent by the rule at line 1", done.stdout)

    def test_what_needs_systemd_names_units_that_are_there(self):
        script = "".join(blocks("sh systemd"))
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        units = re.findall(r"[a-z-]+\.(?:service|socket)", script)
        self.assertEqual(len(units), 3)
        for unit in units:
            self.assertTrue((UNITS / unit).is_file(), unit)


if __name__ == "__main__":
    if os.environ.get("SHMBUS_PRIVATE_ETC") != "1":
        os.environ["SHMBUS_PRIVATE_ETC"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", PRIVATE, "sh", sys.executable, *sys.argv])
    bus.main()
