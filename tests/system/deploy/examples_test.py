#!/usr/bin/python3
"""The examples that the programs' --help gives, each as it stands there, in a shell."""
import os
import re
import subprocess

import bus

REQUESTS = '{"op":"create","shm_key":5679,"shm_segsz":64}\n{"op":"write","shm_key":5679,"data":"x"}\n'


class Examples(bus.BusTest):
    def run_line(self, line):
        env = bus.environment(self.agent.runtime, PATH=f"{bus.BIN.resolve()}:{os.environ['PATH']}")
        done = subprocess.run(["sh", "-c", line], env=env, cwd=self.agent.runtime, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=bus.PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stderr}")
        return done.stdout

    def examples(self, *command):
        told = self.tool(*command, "--help")[0]
        return re.findall(r"^  (shmbus-.+)$", re.split(r"\nExamples?:\n", told)[1], re.M)

    def test_each_of_the_sender_s(self):
        with open(os.path.join(self.agent.runtime, "requests.jsonl"), "w", encoding="ascii") as file:
            file.write(REQUESTS)
        lines = {name: self.examples("send", name) for name in self.client.result("info")["operations"]}
        lines.update({name: self.examples("send", name) for name in ("raw", "keygen")})
        last = ("raw", "detach", "remove", "batch")  # these need what the others leave, or take it away
        for name in [*(name for name in lines if name not in last), *last]:
            self.assertEqual(len(lines[name]), 1, name)
            told = self.run_line(lines[name][0])
            if name == "read":
                self.assertNotIn("testdata2", told)  # nothing is written yet
            elif name == "write":
                self.assertIn("testdata2", self.run_line(lines["read"][0]))
        self.client.result("create", shm_key=5679, shm_segsz=8)  # or the batch's
        for line in self.examples("send"):
            self.run_line(line)

    def test_each_of_the_watcher_s(self):
        self.client.result("create", shm_key=5679, shm_segsz=1)
        self.client.result("attach", shm_key=5679)
        lines = self.examples("watch")
        self.assertEqual(len(lines), 4)
        for line in lines[:-1]:
            self.assertEqual(self.run_line(line + " --timeout 0.05"), "")
        self.assertIn("--wait", lines[-1])
        self.run_line(lines[-1])  # it holds already

    def test_the_agent_tells_on_the_bus_the_version_that_it_prints(self):
        self.assertEqual(f"shmbus-agent {self.client.result('info')['version']}",
                         self.tool("agent", "--version")[0].splitlines()[0])


if __name__ == "__main__":
    bus.main()
