#!/usr/bin/python3
"""shmbus-send as a shell sees it."""
import base64
import json
import os
import signal
import subprocess
import tempfile

import bus


class Send(bus.BusTest):
    def test_the_story(self):
        made = self.send_json("create", "--key", "5679", "--size", "1K", "--mode", "666")
        self.assertEqual((made["shm_segsz"], made["mode"], made["created"]), (1024, 666, True))
        self.send("write", "--key", "0x162f", "--text", "--data", "testdata2")
        self.assertIn("testdata2", self.send("read", "--key", "5679", "--text")[0])
        self.assertEqual(self.send_json("read", "--key", "5679", "--length", "4"),
                         {"data_base64": base64.b64encode(b"test").decode(), "offset": 0, "length": 4,
                          "shm_segsz": 1024, "eof": False})
        stat, _ = self.send("stat", "--key", "5679")
        for part in ("5679", "0x162f", "rw-rw-rw-", "666"):
            self.assertIn(part, stat)
        held = self.send_json("attach", "--key", "5679", "--lease", "30")
        self.assertEqual(held["lease_ms"], 30000)
        self.assertEqual(self.send_json("detach", "--attachment", str(held["attachment"]))["detached"], 1)
        self.assertEqual(self.send_json("set", "--key", "5679", "--uid", "root", "--mode", "600")["after"]["mode"], 600)
        self.assertIn("5679", self.send("list")[0])
        self.assertEqual(len(self.send_json("list")["segments"]), 1)
        self.assertEqual(self.send_json("events", "--key", "5679")["events"][0]["event"], "created")
        self.assertEqual(self.send_json("info")["protocol"], 1)
        self.assertEqual(self.send_json("ping"), {})
        self.assertEqual(self.send_json("raw", '{"op":"stat","shm_key":5679}')["mode"], 600)
        self.assertTrue(self.send_json("remove", "--key", "5679")["destroyed"])

    def test_files_in_and_out(self):
        self.send("create", "--key", "1", "--size", "8")
        self.send("write", "--key", "1", "--data-file", "-", stdin=b"\0\1\2\3")
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            self.send("read", "--key", "1", "--length", "4", "--out", out)
            with open(out, "rb") as file:
                self.assertEqual(file.read(), b"\0\1\2\3")

    def test_batch(self):
        lines = b'{"op":"create","shm_key":1,"shm_segsz":1}\n{"op":"stat","shm_key":2}\n{"op":"remove","shm_key":1}\n'
        stdout, stderr = self.send("--json", "batch", "-", stdin=lines, status=3)
        self.assertEqual(stdout, "")
        document = json.loads(stderr)
        self.assertEqual([reply["ok"] for reply in document["result"]["replies"]], [True, False])
        self.assertEqual((document["ok"], document["error"]["code"]), (False, "not_found"))
        self.send("batch", "--keep-going", "-", stdin=lines, status=3)
        self.send("stat", "--key", "1", status=3)

    def test_a_malformed_request_of_a_batch_fails_with_its_own_error(self):
        lines = b'{"op":"zz","id":3}\n{"op":"stat","shm_key":5,"bogus":1}\n5\n{"op":"ping"}\n'
        _, stderr = self.send("--json", "batch", "--keep-going", "-", stdin=lines, status=2)
        replies = json.loads(stderr)["result"]["replies"]
        self.assertEqual([reply.get("error", {}).get("code") for reply in replies],
                         ["unknown_op", "bad_request", "bad_request", None])
        self.assertIn("bogus", replies[1]["error"]["message"])

    def test_what_is_left_is_told_on_stderr(self):
        for key in (1, 2, 3):
            self.send("create", "--key", str(key), "--size", "2M")
        for arguments, note in ((("list", "--limit", "2"), "--after "), (("events", "--limit", "2"), "--since 2"),
                                (("read", "--key", "1"), "--offset 1048576")):
            stdout, stderr = self.send(*arguments)
            self.assertNotIn("more follow", stdout)
            self.assertIn(note, stderr)
        once = ("create", "--key", "9", "--size", "1", "--once", "0123456789abcdef")
        self.assertEqual(self.send(*once)[1], "")
        self.assertIn("repeated", self.send(*once)[1])

    def test_a_text_is_one_request_so_more_is_too_large(self):
        self.send("create", "--key", "1", "--size", "2M")
        for size in ((1 << 20) + 1, 2 << 20):
            _, stderr = self.send("--json", "write", "--key", "1", "--text", "--data-file", "-", stdin=b"x" * size,
                                  status=5)
            self.assertEqual(json.loads(stderr)["error"]["code"], "too_large")

    def test_an_interrupt_is_exit_130(self):
        self.agent.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.agent.process.send_signal, signal.SIGCONT)
        send = subprocess.Popen([str(bus.BIN / "shmbus-send"), "--json", "--timeout", str(bus.PATIENCE), "ping"],
                                env=bus.environment(self.agent.runtime), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(f"/proc/{send.pid}/status", encoding="ascii") as status:
            while not any(line.startswith("SigBlk:") and int(line.split()[1], 16) & 2 for line in status):
                status.seek(0)  # until the sender waits for the interrupt itself
        send.send_signal(signal.SIGINT)
        _, stderr = send.communicate(timeout=bus.PATIENCE)
        self.assertEqual(send.returncode, 130)
        self.assertEqual(json.loads(stderr)["error"]["code"], "interrupted")

    def test_exit_status_is_the_contracts(self):
        self.send("create", "--key", "1", "--size", "10")
        for status, arguments in (
                (2, ("stat",)), (2, ("explode",)), (2, ("create", "--key", "x", "--size", "1")),
                (2, ("raw", '{"op":"explode"}')), (2, ("raw", "{")),
                (3, ("stat", "--key", "99")),
                (5, ("create", "--key", "1", "--size", "10", "--exclusive")),
                (5, ("create", "--key", "1", "--size", "11")),
                (5, ("write", "--key", "1", "--data", "x" * 11)),
                (5, ("set", "--key", "1", "--mode", "600", "--if-ctime", "1")),
                (6, ("create", "--key", "2", "--size", str(2**64 - 1)))):
            with self.subTest(arguments=arguments):
                stdout, stderr = self.send(*arguments, status=status)
                self.assertEqual(stdout, "")
                self.assertTrue(stderr)

    def test_with_json_stderr_is_one_json_document(self):
        stdout, stderr = self.send("--json", "stat", "--key", "99", status=3)
        self.assertEqual(stdout, "")
        reply = json.loads(stderr)
        self.assertFalse(reply["ok"])
        self.assertEqual(reply["error"]["code"], "not_found")

    def test_options_stand_before_or_after_the_subcommand(self):
        self.send("create", "--key", "1", "--size", "10")
        before, _ = self.send("--json", "stat", "--key", "1")
        after, _ = self.send("stat", "--key", "1", "--json")
        self.assertEqual(json.loads(before)["result"], json.loads(after)["result"])

    def test_no_agent_is_exit_7_with_the_endpoints_tried(self):
        endpoint = f"ipc://{self.agent.runtime}/nobody.sock"
        _, stderr = self.send("--timeout", "0.3", "--commands", endpoint, "ping", status=7)
        self.assertIn(endpoint, stderr)


if __name__ == "__main__":
    bus.main()
