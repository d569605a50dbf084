#!/usr/bin/python3
"""shmbus-watch --since-file: from one run to the next without a hole."""
import json
import os
import signal
import tempfile
import threading
import time

import bus
import watching


class Resume(watching.WatchTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "position")

    def resume(self, *arguments):
        return self.watch("--json", "--since-file", self.file, *arguments)

    def saved(self):
        with open(self.file, encoding="ascii") as file:
            return tuple(map(int, file.read().split()))

    def wait_for_file(self):
        deadline = time.monotonic() + bus.PATIENCE
        while not os.path.exists(self.file):
            self.assertLess(time.monotonic(), deadline)

    def numbers(self, lines):
        return [json.loads(line)["seq"] for line in lines]

    def write_under_load(self, client):
        """No more events than the agent keeps."""
        for _ in range(150):
            client.result("batch", requests=[{"op": "write", "shm_key": 1, "data": b"x"}] * 100)

    def test_watchers_that_are_killed_under_load_leave_no_hole_together(self):
        self.client.result("create", shm_key=1, shm_segsz=1)
        load = threading.Thread(target=self.write_under_load, args=(self.new_client(),))
        load.start()
        self.addCleanup(load.join)
        told = []
        for run in range(6):
            watch = self.resume()
            told += self.numbers([watch.stdout.readline() for _ in range(50 + 500 * run)])
            watch.kill()
            told += self.numbers(watch.stdout.readlines())
        load.join()
        last = self.client.reply("ping")["seq"]
        watch = self.resume()
        while max(told) < last:
            told += self.numbers([watch.stdout.readline()])
        watch.send_signal(signal.SIGINT)
        told += self.numbers(self.ends(watch, status=130)[0].splitlines())
        self.assertEqual(sorted(set(told)), list(range(min(told), max(told) + 1)))
        self.assertEqual(self.saved()[1], max(told))

    def test_what_happens_between_two_runs_is_told_by_the_second_alone(self):
        watch = self.resume("--count", "1")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.assertEqual(self.numbers(self.ends(watch)[0].splitlines()), [1])
        self.client.result("set", shm_key=1, mode=640)
        epoch = self.client.reply("remove", shm_key=1)["epoch"]
        self.assertEqual(self.saved(), (epoch, 1))
        stdout, stderr = self.ends(self.resume("--count", "2"))
        self.assertEqual(self.numbers(stdout.splitlines()), [2, 3])
        self.assertEqual(stderr, "")
        self.assertEqual(self.saved(), (epoch, 3))

    def test_a_watcher_that_was_killed_before_any_event_has_left_its_position(self):
        watch = self.resume()
        self.wait_for_file()
        watch.kill()
        watch.wait()
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.assertEqual(self.numbers(self.ends(self.resume("--count", "1"))[0].splitlines()), [1])

    def test_what_a_filter_leaves_out_moves_the_position_as_well(self):
        watch = self.resume("--event", "removed", "--count", "1")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("set", shm_key=1, mode=640)
        self.client.result("remove", shm_key=1)
        self.ends(watch)
        self.assertEqual(self.saved()[1], 3)

    def test_one_keys_watchers_leave_no_hole(self):
        watch = self.resume("--key", "5", "--count", "1")
        for key in (5, 6):
            self.client.result("create", shm_key=key, shm_segsz=1)
        told = self.numbers(self.ends(watch)[0].splitlines())
        self.client.result("remove", shm_key=6)
        self.client.result("remove", shm_key=5)
        watch = self.resume("--key", "5")
        while told[-1] < 4:
            told += self.numbers([watch.stdout.readline()])
        self.assertEqual(sorted(set(told)), [1, 4])

    def test_another_life_of_the_agent_is_told_as_a_new_state(self):
        watch = self.resume("--count", "1")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.ends(watch)
        self.restart_agent()
        again = self.resume("--count", "1")
        epoch = self.client.reply("set", shm_key=1, mode=640)["epoch"]
        stdout, stderr = self.ends(again)
        notice = json.loads(stderr)
        self.assertEqual((notice["notice"], notice["epoch"], notice["segments"]), ("resync", epoch, 1))
        self.assertEqual([json.loads(line)["event"] for line in stdout.splitlines()], ["set"])
        self.assertEqual(self.saved()[0], epoch)

    def test_an_agent_that_is_restarted_while_watched(self):
        watch = self.resume("--count", "2")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.assertEqual(self.numbers([watch.stdout.readline()]), [1])
        self.restart_agent()
        self.assertIn("resync", watch.stderr.readline())
        epoch = self.client.reply("set", shm_key=1, mode=640)["epoch"]
        self.ends(watch)
        self.assertEqual(self.saved(), (epoch, 1))

    def test_a_file_that_cannot_be_used_is_an_error_with_its_name(self):
        for content in ("", "junk", "5133", "5133 99999999999999999999"):
            with open(self.file, "w", encoding="ascii") as file:
                file.write(content)
            self.assertIn(self.file, self.tool("watch", "--since-file", self.file, status=2)[1])
        folder = os.path.dirname(self.file)
        self.assertIn(folder, self.tool("watch", "--since-file", folder, status=2)[1])
        epoch = self.client.reply("ping")["epoch"]
        with open(self.file, "w", encoding="ascii") as file:
            file.write(f"{epoch} 99\n")
        self.assertIn("99", self.tool("watch", "--since-file", self.file, status=2)[1])
        nowhere = os.path.join(folder, "none", "position")
        self.assertIn(nowhere, self.tool("watch", "--since-file", nowhere, status=1)[1])


class ResumeTooLate(watching.WatchTest):
    OPTIONS = ("--replay-bytes", "65536")

    def test_what_is_no_longer_kept_is_told_as_a_new_state(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "position")
            watch = self.watch("--since-file", file, "--count", "1")
            self.client.result("create", shm_key=1, shm_segsz=1)
            self.ends(watch)
            self.client.result("batch", requests=[{"op": "write", "shm_key": 1, "data": b"x"}] * 1000)
            again = self.watch("--since-file", file, "--count", "1")
            self.client.result("remove", shm_key=1)
            stdout, stderr = self.ends(again)
            self.assertIn("resync", stderr)
            self.assertIn("removed", stdout)


if __name__ == "__main__":
    bus.main()
