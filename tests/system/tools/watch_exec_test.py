#!/usr/bin/python3
"""shmbus-watch --exec: a command for each event."""
import json
import os
import signal
import tempfile

import bus
import watching


class Exec(watching.WatchTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fifo = os.path.join(folder.name, "fifo")
        self.position = os.path.join(folder.name, "position")
        os.mkfifo(self.fifo)

    def test_the_event_is_in_its_environment_and_on_its_stdin(self):
        watch = self.watch("--exec", "echo $SHMBUS_SEQ $SHMBUS_EVENT $SHMBUS_KEY $SHMBUS_SHMID $SHMBUS_SOURCE "
                           "$SHMBUS_UID $SHMBUS_PID; cat", "--event", "set", "--count", "1")
        shmid = self.client.result("create", shm_key=5679, shm_segsz=1, mode=600)["shm_shmid"]
        epoch = self.client.reply("set", shm_key=5679, mode=640)["epoch"]
        words, document = self.ends(watch)[0].splitlines()
        self.assertEqual(words, f"2 set 5679 {shmid} bus {os.geteuid()} {os.getpid()}")
        event = json.loads(document)
        self.assertEqual((event["seq"], event["epoch"], event["changed"]), (2, epoch, {"mode": [600, 640]}))

    def test_they_run_one_at_a_time_and_stdout_is_theirs(self):
        watch = self.watch("--exec", "echo begin $SHMBUS_SEQ; cat >/dev/null; echo end $SHMBUS_SEQ", "--count", "20")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("batch", requests=[{"op": "write", "shm_key": 1, "data": b"x"}] * 19)
        self.assertEqual(self.ends(watch)[0].splitlines(),
                         [f"{word} {seq}" for seq in range(1, 21) for word in ("begin", "end")])

    def test_a_failure_is_told_and_does_not_end_the_watch(self):
        watch = self.watch("--exec", "test $SHMBUS_SEQ = 1 && exit 3; kill -9 $$", "--count", "2")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("remove", shm_key=1)
        stdout, stderr = self.ends(watch)
        self.assertEqual(stdout, "")
        first, second = stderr.splitlines()
        self.assertIn("event 1 ended with status 3", first)
        self.assertIn("event 2 was killed by signal 9", second)

    def test_with_json_a_failure_is_one_document(self):
        watch = self.watch("--json", "--exec", "exit 3", "--count", "1")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.assertEqual(json.loads(self.ends(watch)[1]), {"notice": "command", "seq": 1, "status": 3})

    def test_an_interrupt_ends_the_watch_after_the_command(self):
        watch = self.watch("--exec", 'echo begin $SHMBUS_SEQ; read line <"$FIFO"; echo $line', FIFO=self.fifo)
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("remove", shm_key=1)
        self.assertEqual(watch.stdout.readline(), "begin 1\n")
        watch.send_signal(signal.SIGINT)
        with open(self.fifo, "w", encoding="ascii") as fifo:
            self.assertIsNone(watch.poll())
            fifo.write("done\n")
        self.assertEqual(self.ends(watch, status=130)[0], "done\n")

    def test_what_was_handed_over_is_not_handed_over_again(self):
        watch = self.watch("--since-file", self.position, "--exec", 'echo $SHMBUS_SEQ; test $SHMBUS_SEQ = 1 || read x <"$FIFO"',
                           FIFO=self.fifo)
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("remove", shm_key=1)
        self.assertEqual([watch.stdout.readline() for _ in range(2)], ["1\n", "2\n"])
        watch.kill()
        with open(self.fifo, "w", encoding="ascii"):  # ends the command that is left
            pass
        watch.wait()
        again = self.watch("--since-file", self.position, "--exec", "echo $SHMBUS_SEQ", "--count", "1")
        self.assertEqual(self.ends(again)[0], "2\n")


if __name__ == "__main__":
    bus.main()
