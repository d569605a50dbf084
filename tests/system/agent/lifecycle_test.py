#!/usr/bin/python3
"""Start and end: sockets, the second agent, what a crash leaves behind, signals."""
import os
import pathlib
import signal
import socket
import stat
import subprocess
import unittest

import bus


class Lifecycle(bus.BusTest):
    def second(self, *options, runtime=None):
        """Runs an agent that must refuse to start; returns what it said."""
        done = subprocess.run([str(bus.BIN / "shmbus-agent"), *options], env=bus.environment(runtime or self.agent.runtime),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=bus.PATIENCE, check=False)
        self.assertGreater(done.returncode, 0)
        return done.stderr.decode()

    def runtime(self):
        path = pathlib.Path(self.agent.runtime).parent / "second"
        path.mkdir(mode=0o700)
        return path

    def test_sockets_are_for_their_owner_alone(self):
        for name in ("commands.sock", "events.sock"):
            mode = os.stat(os.path.join(self.agent.runtime, name)).st_mode
            self.assertTrue(stat.S_ISSOCK(mode))
            self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_a_second_agent_is_refused_with_the_first_ones_pid(self):
        self.assertIn(str(self.agent.process.pid), self.second())
        self.assertTrue(self.client.reply("ping")["ok"])
        self.assertTrue(self.new_client().reply("ping")["ok"])

    def test_a_crash_is_no_obstacle(self):
        runtime = self.runtime()
        first = self.start(runtime=runtime)
        first.process.kill()
        first.process.wait()
        self.assertTrue((runtime / "commands.sock").exists())
        self.start(runtime=runtime)

    def test_a_file_that_is_no_socket_is_never_touched(self):
        runtime = self.runtime()
        precious = runtime / "commands.sock"
        precious.write_text("precious")
        self.assertIn(str(precious), self.second(runtime=runtime))
        self.assertEqual(precious.read_text(), "precious")

    def test_an_open_runtime_directory_is_refused(self):
        runtime = self.runtime()
        runtime.chmod(0o777)
        self.assertIn(str(runtime), self.second(runtime=runtime))
        link = runtime.parent / "link"
        link.symlink_to(self.agent.runtime)
        self.assertIn(str(link), self.second(runtime=link))

    def test_tcp_is_refused_unless_insecure_and_on_loopback(self):
        runtime = self.runtime()
        self.assertIn("insecure-tcp", self.second("--commands", "tcp://127.0.0.1:0", runtime=runtime))
        self.second("--insecure-tcp", "--commands", "tcp://0.0.0.0:0", runtime=runtime)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        agent = self.start("--insecure-tcp", "--commands", f"tcp://127.0.0.1:{port}",
                           "--commands", f"ipc://{runtime}/commands.sock", runtime=runtime)
        client = bus.Client(f"tcp://127.0.0.1:{port}")
        self.assertTrue(client.reply("ping")["ok"])
        client.close()
        self.assertEqual(agent.stop(), 0)

    @unittest.skipUnless(bus.has_ipv6_loopback(), "no IPv6 here")
    def test_ipv6_loopback(self):
        runtime = self.runtime()
        agent = self.start("--insecure-tcp", "--commands", "tcp://[::1]:*",
                           "--commands", f"ipc://{runtime}/commands.sock", runtime=runtime)
        endpoint = self.new_client(agent).result("info")["endpoints"]["commands"][0]
        self.assertEqual(self.send("--commands", endpoint, "--json", "ping")[1], "")

    def test_sigterm_and_sigint_say_goodbye(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how=how):
                agent = self.start()
                client, watcher = self.new_client(agent), self.subscribe("shm/", "agent/", agent=agent)
                client.result("create", shm_key=5679, shm_segsz=10)
                client.result("attach", shm_key=5679)
                client.result("remove", shm_key=5679)
                self.assertEqual(agent.stop(how), 0, agent.log_text())
                got = []
                while not got or got[-1][0] != "agent/stopping":
                    got.append(watcher.receive())
                told = [body for topic, body in got if topic.startswith("shm/")]
                self.assertEqual([e["event"] for e in told], ["created", "attached", "marked", "removed"])
                self.assertEqual(got[-1][1]["seq"], told[-1]["seq"])
                self.assertFalse(watcher.socket.poll(100))
                left = [name for name in os.listdir(agent.runtime) if name.endswith(".sock")]
                self.assertEqual(left, [])

    def test_help_and_version(self):
        for name in ("agent", "send", "watch"):
            for option in ("--help", "--version"):
                self.assertTrue(self.tool(name, option)[0].strip())


if __name__ == "__main__":
    bus.main()
