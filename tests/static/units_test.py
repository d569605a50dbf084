#!/usr/bin/python3
"""The units of systemd, as its own tools see them, and the page that gives each directive's reason.

Usage: units_test.py SOURCE_DIR BIN_DIR
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BIN = (pathlib.Path(argument) for argument in sys.argv[1:3])
UNITS = SOURCE / "deploy/systemd"
NAMES = ("shmbus-agent.service", "shmbus-agent.socket", "shmbus-monitor.service")
MOST_EXPOSURE = 3.0


def told(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False)


class Units(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="shmbus-units-")))
        self.page = (UNITS / "README.md").read_text(encoding="utf-8")

    def copied(self):
        """The units, which start the agent that was built."""
        paths = []
        for name in NAMES:
            text = (UNITS / name).read_text(encoding="utf-8").replace("/usr/bin/shmbus-agent", str(BIN / "shmbus-agent"))
            paths.append(self.root / name)
            paths[-1].write_text(text, encoding="utf-8")
        return paths

    def test_systemd_finds_nothing_wrong(self):
        done = told("systemd-analyze", "verify", "--man=no", *self.copied())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_it_would_tell_of_what_is_wrong(self):
        broken = self.copied()[0]
        broken.write_text(broken.read_text(encoding="utf-8").replace("WatchdogSec", "WatchDogSec"), encoding="utf-8")
        self.assertIn("WatchDogSec", told("systemd-analyze", "verify", "--man=no", broken).stderr)

    def test_nor_with_what_the_page_has_to_be_dropped_in(self):
        blocks = re.findall(r"```ini\n(.*?)```", self.page, re.S)
        self.assertGreater(len(blocks), 2)
        for block in blocks:
            unit = "shmbus-agent." + re.search(r"^\[(\w+)\]", block, re.M).group(1).lower()
            paths = self.copied()
            drop_in = self.root / f"{unit}.d/local.conf"
            drop_in.parent.mkdir(exist_ok=True)
            drop_in.write_text(block, encoding="utf-8")
            done = told("systemd-analyze", "verify", "--man=no", *paths)
            self.assertEqual((done.returncode, done.stderr), (0, ""), block)
            drop_in.write_text(block + "Unknown=1\n", encoding="utf-8")
            self.assertIn("Unknown", told("systemd-analyze", "verify", "--man=no", *paths).stderr, "they are read")
            drop_in.unlink()

    def test_the_exposure_is_as_the_page_says(self):
        figures = []
        for path in self.copied():
            if path.suffix == ".service":
                done = told("systemd-analyze", "security", "--offline=yes", "--no-pager", path)
                figures.append(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1))
        self.assertTrue(all(float(figure) <= MOST_EXPOSURE for figure in figures), figures)
        self.assertEqual(re.findall(r"\*\*(\d\.\d)\*\*", self.page), figures)

    def test_each_directive_has_its_reason_and_each_reason_a_directive(self):
        table = self.page.split("## Each directive\n")[1].split("\n\n#")[0]
        explained = set(re.findall(r"`([A-Z]\w+=\S*?)`", "\n".join(line.split(" | ")[0] for line in table.splitlines())))
        used = set()
        for name in NAMES:
            body = re.sub(r"^\[(Unit|Install)\]\n(.+\n)+", "", (UNITS / name).read_text(encoding="utf-8"), flags=re.M)
            used |= set(re.findall(r"^([A-Z]\w+=\S*)", body, re.M))
        self.assertEqual([one for one in sorted(used) if not explained & {one, one.split("=")[0] + "="}], [])
        self.assertEqual([one for one in sorted(explained)
                          if one not in used and not (one[-1] == "=" and any(u.startswith(one) for u in used))], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root makes users and directories of others")
    def test_the_user_and_the_directory_are_made(self):
        for place in ("etc", "var"):
            (self.root / place).mkdir()
        for tool in ("sysusers", "tmpfiles"):
            options = ["--create"] if tool == "tmpfiles" else []
            file = shutil.copy(UNITS / f"shmbus.{tool}", self.root / f"{tool}.conf")
            done = told(f"systemd-{tool}", f"--root={self.root}", *options, file)
            self.assertEqual(done.returncode, 0, done.stderr)
        user = (self.root / "etc/passwd").read_text(encoding="utf-8")
        self.assertRegex(user, r"^shmbus-monitor:.*:/usr/sbin/nologin$")
        self.assertEqual((self.root / "var/log/shmbus").stat().st_mode & 0o7777, 0o700)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
