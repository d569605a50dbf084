#!/usr/bin/python3
"""Limits that an operator sets."""
import re
import subprocess

import bus
import zmtp


UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "ms": 1}


def number(words):
    """1 MiB + 64 KiB as a number."""
    terms = [term.split() for term in words.split("+")]
    return sum(int(term[0]) * UNITS[term[1]] if len(term) > 1 else int(term[0]) for term in terms)


def documented():
    """The options in SECURITY.md's table of limits, and their defaults."""
    document = (bus.SOURCE / "deploy/SECURITY.md").read_text(encoding="utf-8")
    table = document[document.index("## Limits"):document.index("## How to report")]
    defaults = {}
    for _, options, values in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE):
        options = re.findall(r"`(--[a-z-]+)`", options)
        if options:
            defaults.update(zip(options, map(number, values.split(",")), strict=True))
    return defaults


class Options(bus.BusTest):
    def with_options(self, *options):
        self.agent = self.start(*options)
        self.client = self.new_client()

    def test_the_document_has_each_option_of_the_help_with_its_default(self):
        text = subprocess.run([str(bus.BIN / "shmbus-agent"), "--help"], capture_output=True, text=True,
                              check=True).stdout
        helped = re.findall(r"^ +(--(?:max|replay|request|reply|event|once|handshake)-[a-z-]+) [^\n=]*=([\d.]+)", text,
                            re.MULTILINE)
        self.assertEqual({option: float(default) for option, default in helped}, documented())

    def test_a_message(self):
        self.with_options("--max-message-bytes", "2000")
        self.client.result("create", shm_key=77, shm_segsz=4000)
        self.client.result("write", shm_key=77, data=b"x" * 1900)
        peer = zmtp.Peer(zmtp.connected(self.agent.commands))
        self.addCleanup(peer.close)
        peer.send(zmtp.request("write", shm_key=77, data=b"x" * 2000))
        self.assertTrue(zmtp.is_refused(peer.connection))
        self.client.result("ping")

    def test_what_it_unpacks_to(self):
        self.with_options("--max-depth", "3", "--max-map-entries", "16", "--max-array-entries", "20")
        ping = {"op": "ping"}
        self.assertEqual(len(self.client.result("batch", requests=[ping] * 20)["replies"]), 20)
        self.fails("bad_request", "batch", requests=[ping] * 21)
        self.fails("bad_request", "batch", requests=[{"op": "ping", "id": [1]}])
        self.fails("bad_request", "ping", **{str(number): 1 for number in range(16)})

    def test_a_lease(self):
        self.with_options("--max-lease", "1")
        self.client.result("create", shm_key=77, shm_segsz=1)
        self.assertEqual(self.client.result("attach", shm_key=77)["lease_ms"], 1000)
        self.assertEqual(self.client.result("attach", shm_key=77, lease_ms=500)["lease_ms"], 500)

    def test_once(self):
        self.with_options("--max-once-values", "2", "--once-lifetime", "3600")
        for number, reply in enumerate(("size_mismatch", "size_mismatch", "limit_reached")):
            self.client.reply("create", shm_key=77, shm_segsz=1)
            self.fails(reply, "create", shm_key=77, shm_segsz=2, once=f"0123456789abcdef-{number}")
        self.assertIn("3600 s", self.fails("limit_reached", "remove", shm_key=77, once="0123456789abcdef-3")["hint"])

    def test_endpoints(self):
        done = subprocess.run([str(bus.BIN / "shmbus-agent"), "--max-endpoints", "1", "--commands", "ipc:///run/a",
                               "--commands", "ipc:///run/b"], env=bus.environment(self.agent.runtime),
                              capture_output=True, text=True, timeout=bus.PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("at most 1 are served", done.stderr)

    def test_a_handshake(self):
        self.with_options("--handshake-time", "50")
        connection = zmtp.connected(self.agent.commands)
        self.addCleanup(connection.close)
        while connection.recv(100):  # the greeting, until it is ended
            pass


if __name__ == "__main__":
    bus.main()
