#!/usr/bin/python3
"""Segments larger than one request, in and out, through shmbus-send."""
import hashlib
import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import unittest

import bus

MIB = 1 << 20


def pattern(size):
    """Bytes of which no two pieces are alike."""
    block = b"".join(hashlib.sha512(number.to_bytes(4, "little")).digest() for number in range(MIB // 64))
    return b"".join(number.to_bytes(4, "little") + block[4:] for number in range(size // MIB)) + block[:size % MIB]


class Bulk(bus.BusTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start_send(self, *arguments, **popen):
        return subprocess.Popen([str(bus.BIN / "shmbus-send"), *arguments],
                                env=bus.environment(self.agent.runtime), stderr=subprocess.PIPE, **popen)

    def test_both_ways_are_equal_from_files_and_pipes(self):
        data = pattern(64 * MIB)
        given, out = self.folder / "in", self.folder / "out"
        given.write_bytes(data)
        self.send("create", "--key", "1", "--size", "64M")
        written, told = self.send("write", "--key", "1", "--data-file", str(given), "--hash")
        self.assertIn(str(len(data)), written)
        _, seen = self.send("read", "--key", "1", "--out", str(out), "--hash")
        self.assertTrue(out.read_bytes() == data)
        self.assertEqual(told, seen)
        self.assertRegex(told, "^xxh3-128 [0-9a-f]{32}\n$")
        self.assertEqual(self.client.result("stat", shm_key=1)["shm_nattch"], 0)

        half = data[:32 * MIB + 5]
        result = self.send_json("write", "--key", "1", "--offset", "7", "--data-file", "-", stdin=half)
        self.assertEqual(result, {"op": "done", "offset": 7, "length": len(half)})
        with open(out, "wb") as file:
            reader = self.start_send("read", "--key", "1", "--offset", "7", "--length", str(len(half)), "--out", "-",
                                     stdout=file)
            self.assertEqual((reader.communicate()[1], reader.returncode), (b"", 0))
        self.assertTrue(out.read_bytes() == half)

    def test_a_small_one_is_one_request_and_its_hash_is_the_same(self):
        self.send("create", "--key", "1", "--size", "3M")
        self.send("write", "--key", "1", "--data-file", "-", stdin=b"x" * (2 * MIB))
        events = self.subscribe()
        out = str(self.folder / "out")
        large = json.loads(self.send("--json", "read", "--key", "1", "--length", "2M", "--out", out, "--hash")[0])
        self.assertEqual(large["result"], {"offset": 0, "length": 2 * MIB, "shm_segsz": 3 * MIB, "eof": False})
        self.assertEqual([event["event"] for event in events.events()], ["attached", "detached"])
        text = self.folder / "text"
        text.write_bytes(b"abc")
        as_text = self.send("write", "--key", "1", "--text", "--data-file", str(text), "--hash")[1]
        small = self.send("write", "--key", "1", "--data", "abc", "--hash")[1]
        self.assertEqual(small, as_text)
        self.assertEqual(small, self.send("read", "--key", "1", "--length", "3", "--out", out, "--hash")[1])
        self.assertEqual(pathlib.Path(out).read_bytes(), b"abc")
        self.assertEqual([event["event"] for event in events.events()], ["written"] * 2)

    def test_what_does_not_fit_changes_nothing_if_its_size_is_known(self):
        self.send("create", "--key", "1", "--size", "2M")
        given = self.folder / "in"
        given.write_bytes(b"x" * (2 * MIB + 1))
        _, stderr = self.send("--json", "write", "--key", "1", "--data-file", str(given), status=5)
        document = json.loads(stderr)
        self.assertEqual((document["error"]["code"], document["bytes"], document["uncertain"]), ("out_of_range", 0, 0))
        self.assertEqual(self.client.result("read", shm_key=1, length=1)["data"], b"\0")
        _, stderr = self.send("--json", "write", "--key", "1", "--data-file", "-", stdin=given.read_bytes(), status=5)
        document = json.loads(stderr)
        self.assertEqual((document["error"]["code"], document["bytes"]), ("out_of_range", 2 * MIB))
        _, stderr = self.send("write", "--key", "1", "--once", "0123456789abcdef", "--data-file", str(given), status=2)
        self.assertIn("once", stderr)

    def test_an_interrupt_says_how_far_it_got_and_leaves_no_half_file(self):
        self.send("create", "--key", "1", "--size", "8M")
        written = self.subscribe()
        writer = self.start_send("--json", "write", "--key", "1", "--data-file", "-", stdin=subprocess.PIPE)
        writer.stdin.write(b"w" * (3 * MIB))  # and it waits for more
        writer.stdin.flush()
        written.until("written", offset=MIB)
        writer.send_signal(signal.SIGINT)
        _, stderr = writer.communicate(timeout=bus.PATIENCE)
        document = json.loads(stderr)
        self.assertEqual(writer.returncode, 130)
        self.assertEqual((document["error"]["code"], document["uncertain"]), ("interrupted", 0))
        done = document["bytes"]
        self.assertIn(f"{done} bytes were written", document["error"]["message"])
        self.assertGreaterEqual(done, 2 * MIB)
        self.assertEqual(self.client.result("read", shm_key=1, offset=done - 1, length=2)["data"], b"w\0")
        self.assertEqual(self.client.result("stat", shm_key=1)["shm_nattch"], 0)

        out = self.folder / "out"
        out.write_bytes(b"before")
        self.agent.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.agent.process.send_signal, signal.SIGCONT)
        reader = self.start_send("--timeout", str(bus.PATIENCE), "read", "--key", "1", "--out", str(out))
        with open(f"/proc/{reader.pid}/status", encoding="ascii") as status:
            while not any(line.startswith("SigBlk:") and int(line.split()[1], 16) & 2 for line in status):
                status.seek(0)
        reader.send_signal(signal.SIGINT)
        reader.communicate(timeout=bus.PATIENCE)
        self.assertEqual(reader.returncode, 130)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out"])
        self.assertEqual(out.read_bytes(), b"before")

    def test_a_file_keeps_its_links_and_a_pipe_is_written_as_it_is(self):
        self.send("create", "--key", "1", "--size", "2M")
        out, link, pipe = self.folder / "out", self.folder / "link", self.folder / "pipe"
        out.write_bytes(b"before")
        out.chmod(0o640)
        link.symlink_to(out)
        self.send("read", "--key", "1", "--out", str(link))
        self.assertTrue(link.is_symlink())
        self.assertEqual((out.stat().st_size, out.stat().st_mode & 0o777), (2 * MIB, 0o600))
        os.mkfifo(pipe)
        reader = self.start_send("read", "--key", "1", "--out", str(pipe))
        self.assertEqual(len(pipe.read_bytes()), 2 * MIB)
        self.assertEqual((reader.communicate()[1], reader.returncode), (b"", 0))
        self.assertTrue(pipe.is_fifo())
        _, stderr = self.send("read", "--key", "1", "--out", str(self.folder / "no/such"), status=1)
        self.assertIn("no/such", stderr)

    @unittest.skipIf(bus.IS_SANITIZED, "sanitizers take more memory")
    def test_memory_does_not_grow_with_the_segment(self):
        self.send("create", "--key", "1", "--size", "256M")
        most = (40 + 16) * MIB  # the latter for the stacks of libzmq's threads
        for arguments in (("read", "--key", "1", "--out", "/dev/null"), ("write", "--key", "1", "--data-file", "-")):
            with subprocess.Popen(["head", "-c", "256M", "/dev/zero"], stdout=subprocess.PIPE) as zeros:
                mover = self.start_send(
                    *arguments, stdin=zeros.stdout, stdout=subprocess.DEVNULL,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most)))
                zeros.stdout.close()
                self.assertEqual((mover.communicate()[1], mover.returncode), (b"", 0))


if __name__ == "__main__":
    bus.main()
