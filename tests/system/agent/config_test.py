#!/usr/bin/python3
"""Where the agent's options come from, and what it says of them."""
import json
import os
import re
import signal
import subprocess
import tomllib
import unittest

import bus
import callers

EXAMPLE = bus.SOURCE / "deploy/shmbus.example.toml"


class Config(callers.AccessTest):
    def setUp(self):
        super().setUp()
        self.config = self.path("shmbus.toml")

    def ask(self, *options, status=0, **environment):
        done = subprocess.run([str(bus.BIN / "shmbus-agent"), *options], env=bus.environment(self.home, **environment),
                              capture_output=True, text=True, timeout=bus.PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def check(self, content=None, *options, mode=0o644, **environment):
        """The values that --check tells, and where each comes from."""
        if content is not None:
            options = ("--config", self.write("shmbus.toml", content, mode), *options)
        told = self.ask("--check", *options, **environment)
        origins = dict(re.match(r"([a-z_]+) = .*  # (.*)", line).groups() for line in told.splitlines()
                       if not line.startswith("#"))
        return tomllib.loads(told), origins

    def test_the_command_line_precedes_the_environment_that_the_file_and_that_the_defaults(self):
        values, origins = self.check("settle = 2\nscan_interval = 20\nlog_level = 'debug'\n", "--scan-interval", "40",
                                     SHMBUS_SCAN_INTERVAL="30", SHMBUS_SETTLE="3")
        self.assertEqual((values["scan_interval"], origins["scan_interval"]), (40, "command line"))
        self.assertEqual((values["settle"], origins["settle"]), (3, "environment, SHMBUS_SETTLE"))
        self.assertEqual((values["log_level"], origins["log_level"]), ("debug", f"{self.config}:3:1"))
        self.assertEqual((values["detection"], origins["detection"]), ("auto", "default"))

    def test_what_is_told_gives_the_same_again(self):
        content = 'commands = ["ipc:///run/a", "ipc:///run/\\"b"]\nsocket_mode = "660"\nmax_requests_per_second = 1e-7\n'
        values, _ = self.check(content)
        self.assertEqual(values["commands"], ["ipc:///run/a", 'ipc:///run/"b'])
        self.assertEqual((values["events_mode"], values["max_requests_per_second"]), ("660", 1e-7))
        told = self.ask("--check", "--config", self.config)
        again, origins = self.check(re.sub(r'.*= ""  #.*\n', "", told))  # what is empty is not set
        self.assertEqual(again, values)
        self.assertIn(self.config, origins["replay_bytes"])

    def test_what_was_an_option_once_is_a_warning_in_a_file_and_a_fault_on_the_command_line(self):
        former = {"max_message_bytes": 1114112, "max_envelope_parts": 8, "max_depth": 8, "max_map_entries": 256,
                  "max_array_entries": 16384, "max_once_values": 65536, "max_once_bytes": 16777216, "max_endpoints": 16,
                  "event_queue": 10000, "reply_queue": 2000, "request_queue": 64, "handshake_time": 3000}
        for key in former:
            self.assertIn("not expected", self.ask("--" + key.replace("_", "-"), "3", status=2))
        self.write("shmbus.toml", "".join(f"{key} = 3\n" for key in former) + "settle = 2\n")
        self.agent = self.start("--config", self.config)
        self.new_client().result("ping")
        for line, (key, value) in enumerate(former.items(), 1):
            self.assertIn(f"{self.config}:{line}:1: {key} is no longer an option: it is fixed at {value}; remove the line",
                          self.agent.log_text())
        self.assertEqual(self.check(None, "--config", self.config)[0]["settle"], 2)

    def test_the_example_has_every_option_with_its_default(self):
        values, _ = self.check(SHMBUS_RUNTIME_DIR="/run/shmbus")
        example = re.sub(r"^#([a-z_]+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.M)
        self.assertEqual(tomllib.loads(example), values)
        self.check(EXAMPLE.read_text(encoding="utf-8"))

    def test_a_fault_is_told_with_its_place(self):
        for content, place, what in (("sockt_mode = '666'", "1:1", "unknown option 'sockt_mode'"),
                                     ("\n  socket_mode = '5'", "2:3", "three digits"),
                                     ("settle = 'x'", "1:1", "not in range"), ("settle = [1]", "1:10", "cannot have this value"),
                                     ("max_requests_per_second = -1", "1:1", "'-1' is not a number, 0 or more"),
                                     ("insecure_tcp = 3", "1:16", "true or false"), ("check = true", "1:1", "unknown option"),
                                     ("x = [", "1:6", "array"), ("settle = 1\nsettle = 2", "2:10", "settle")):
            with self.subTest(content):
                self.write("shmbus.toml", content)
                told = self.ask("--config", self.config, status=2)
                self.assertTrue(told.startswith(f"{self.config}:{place}: "), told)
                self.assertIn(what, told)
        self.assertIn("No such file", self.ask("--config", self.path("none.toml"), status=2))

    def test_rules_may_stand_in_it(self):
        policy = "settle = 2\n[[rule]]\nwho = ['anyone']\noperations = ['remove']\nas = 'deny'\n"
        self.check(policy, mode=0o600)
        self.assertIn("line 2 of the policy denies it", self.ask("--config", self.config, "--explain", "user=root op=remove shm_key=5"))
        os.chmod(self.config, 0o644)
        self.assertIn("other users can access it", self.ask("--config", self.config, "--check", status=2))
        self.write("shmbus.toml", policy)
        self.agent = self.start("--config", self.config)
        client = self.new_client()
        client.result("create", shm_key=77, shm_segsz=1)
        self.is_failure("permission_denied", client.reply("remove", shm_key=77))
        self.write("shmbus.toml", "settle = 2\n")
        self.client = client
        self.reload(signal.SIGHUP)
        client.result("remove", shm_key=77)
        self.write("policy.toml", "")
        self.write("shmbus.toml", policy)
        self.assertIn("names another file", self.ask("--config", self.config, "--policy", self.path("policy.toml"), status=2))

    def test_one_that_others_may_change_is_refused(self):
        self.write("shmbus.toml", "", 0o666)
        self.assertIn("other users can modify it", self.ask("--config", self.config, status=2))


class Log(unittest.TestCase):
    def lines(self, *options, **environment):
        self.agent = bus.Agent(*options, **environment).wait_ready()
        self.addCleanup(self.agent.forget)
        self.assertEqual(self.agent.stop(), 0)
        return self.agent.log_text().splitlines()

    def test_as_json(self):
        for line in self.lines("--log-format", "json"):
            record = json.loads(line)
            self.assertEqual(list(record), ["time", "level", "message"])
        self.assertEqual(record["message"], "stopped by SIGTERM")

    def test_the_version_names_what_it_is_made_with(self):
        told = subprocess.run([str(bus.BIN / "shmbus-agent"), "--version"], capture_output=True, text=True,
                              check=True).stdout.splitlines()
        self.assertRegex(told[0], r"^shmbus-agent \d+\.\d+\.\d+$")
        self.assertRegex(told[2], r"^libzmq [\d.]+ with CURVE, msgpack-c [\d.]+, spdlog [\d.]+, CLI11 [\d.]+$")

    def test_in_the_journal_each_line_has_its_priority(self):
        script = 'JOURNAL_STREAM=$(stat -Lc %d:%i /dev/stderr) exec "$0" "$@"'
        agent = bus.Agent(prefix=("sh", "-c", script)).wait_ready()
        self.addCleanup(agent.forget)
        agent.stop()
        self.assertTrue(all(re.match(r"<[2-7]>\w", line) for line in agent.log_text().splitlines()), agent.log_text())


if __name__ == "__main__":
    bus.main()
