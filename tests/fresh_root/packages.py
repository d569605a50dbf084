#!/usr/bin/python3
"""The life of the packages, in the root that tests/fresh_root/run has made: install, first request, a program outside,
upgrade while a segment is attached, remove, purge. In the order of the names; each needs what those before left."""
import json
import pathlib
import pwd
import re
import shlex
import subprocess
import unittest

import sysv_ipc

GIVEN = pathlib.Path(__file__).resolve().parent
PACKAGES = ("shmbus", "shmbus-tools", "libshmbus-dev")
CONFIGURATION = pathlib.Path("/etc/shmbus/shmbus.toml")
KEY = "5679"
PATIENCE = 60  # seconds for what answers at once
LONG = 1200  # for what downloads or builds
HOLDER = f"""
import sysv_ipc
segment = sysv_ipc.SharedMemory({KEY})
print("attached", flush=True)
input()
segment.write(b"of its holder")
print("written", flush=True)
input()
"""


def run(*command, status=0, **how):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=LONG, check=False, **how)
    if done.returncode != status:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def debs(folder, *packages):
    found = [path for package in packages for path in (GIVEN / folder).glob(f"{package}_*.deb")]
    assert len(found) == len(packages), found
    return found


def versions():
    rows = run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status} ${Version}\n").splitlines()
    return {name: (status, version) for name, status, version in map(str.split, rows) if name in PACKAGES}


def send(*arguments, **how):
    return run("shmbus-send", "--timeout", PATIENCE, *arguments, **how)


def result(*arguments):
    return json.loads(send("--json", *arguments))["result"]


class Agent:
    """Started as its unit says, but by this test, since no systemd runs here."""

    def __init__(self):
        unit = pathlib.Path("/usr/lib/systemd/system/shmbus-agent.service").read_text(encoding="utf-8")
        self.process = subprocess.Popen(shlex.split(re.search(r"^ExecStart=(.+)$", unit, re.M).group(1)))

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)


class Packages(unittest.TestCase):
    agent = None
    holder = None

    @classmethod
    def tearDownClass(cls):
        for process in (cls.holder, cls.agent and cls.agent.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def installed(self, suffix=""):
        """The version of all that are installed, which is the same."""
        (version,) = {version for status, version in versions().values() if status == "installed"}
        self.assertEqual(version.endswith("+upgrade"), suffix == "+upgrade", version)
        self.assertEqual(run("dpkg", "--audit"), "")
        changed = [line for line in run("dpkg", "--verify", *versions()).splitlines() if f" c {CONFIGURATION}" not in line]
        self.assertEqual(changed, [])
        return version

    def tell_holder(self, expected):
        self.holder.stdin.write("\n")
        self.holder.stdin.flush()
        self.assertEqual(self.holder.stdout.readline(), expected + "\n")

    def test_1_one_command_installs_it_and_one_asks(self):
        run("apt-get", "install", "-y", *debs("debs", "shmbus", "shmbus-tools"))
        type(self).agent = Agent()
        send("ping")
        self.assertEqual(result("info")["version"], self.installed())
        for page in ("man8/shmbus-agent.8", "man5/shmbus.toml.5", "man5/shmbus-policy.5", "man7/shmbus-protocol.7",
                     "man1/shmbus-send.1", "man1/shmbus-watch.1"):
            self.assertTrue(pathlib.Path(f"/usr/share/man/{page}.gz").is_file(), page)
        run("shmbus-agent", "--check")  # the installed configuration

    def test_2_the_agent_is_for_each_boot_and_the_monitor_for_who_enables_it(self):
        for unit in ("shmbus-agent.socket", "shmbus-agent.service"):
            self.assertEqual(run("systemctl", "is-enabled", unit), "enabled\n", unit)
        self.assertEqual(run("systemctl", "is-enabled", "shmbus-monitor.service", status=1), "disabled\n")
        self.assertEqual(pwd.getpwnam("shmbus-monitor").pw_shell, "/usr/sbin/nologin")
        self.assertEqual(pathlib.Path("/var/log/shmbus").stat().st_mode & 0o777, 0o700)

    def test_3_a_program_outside_builds_against_the_library_and_is_served(self):
        run("apt-get", "install", "-y", "--no-install-recommends", "cmake", "g++", "ninja-build", *debs("debs", "libshmbus-dev"))
        run("cmake", "-S", GIVEN / "consumer", "-B", "/tmp/consumer", "-G", "Ninja")
        run("cmake", "--build", "/tmp/consumer")
        self.assertEqual(run("/tmp/consumer/consumer"), "consumer: done\n")

    def test_4_an_upgrade_leaves_segments_attachments_and_configuration(self):
        cls = type(self)
        send("create", "--key", KEY, "--size", "64")
        send("write", "--key", KEY, "--text", "--data", "of before")
        cls.holder = subprocess.Popen(["/usr/bin/python3", "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(self.holder.stdout.readline(), "attached\n")
        lease = str(result("attach", "--key", KEY)["attachment"])
        before = result("stat", "--key", KEY)
        self.assertEqual(before["shm_nattch"], 2)
        with CONFIGURATION.open("a", encoding="utf-8") as file:
            file.write('\nlog_level = "warning"\n')

        run("apt-get", "install", "-y", *debs("higher", *PACKAGES))
        self.installed("+upgrade")
        # Until it is started again, which systemd does with the upgrade, the agent of before goes on.
        self.assertIn("of before", send("read", "--attachment", lease, "--text"))
        self.assertEqual(self.agent.stop(), 0)
        cls.agent = Agent()

        after = result("stat", "--key", KEY)
        self.assertEqual(after["shm_nattch"], 1)  # the lease ended with its agent, the other process's attachment did not
        self.assertEqual(after["shm_shmid"], before["shm_shmid"])
        send("read", "--attachment", lease, status=3)
        self.assertIn("of before", send("read", "--key", KEY, "--text"))
        self.tell_holder("written")
        self.assertIn("of its holder", send("read", "--key", KEY, "--text"))
        self.assertIn('log_level = "warning"', CONFIGURATION.read_text(encoding="utf-8"))

    def test_5_removed_it_leaves_segments_and_configuration(self):
        self.assertEqual(self.agent.stop(), 0)
        run("apt-get", "remove", "-y", *PACKAGES)
        segment = sysv_ipc.SharedMemory(int(KEY))
        self.assertEqual(segment.number_attached, 2)  # the holder's and this one
        self.assertEqual(segment.read(13), b"of its holder")
        segment.detach()
        segment.remove()
        self.assertTrue(CONFIGURATION.is_file())
        self.assertFalse(pathlib.Path("/usr/bin/shmbus-agent").exists())

    def test_6_purged_it_leaves_nothing(self):
        run("apt-get", "purge", "-y", *versions())  # those that left something
        left = run("find", "/", "-path", "/proc", "-prune", "-o", "-path", "/sys", "-prune", "-o", "-path", GIVEN, "-prune", "-o",
                   "-iname", "*shmbus*", "-print")
        self.assertEqual(left, "")
        self.assertEqual(versions(), {})


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
