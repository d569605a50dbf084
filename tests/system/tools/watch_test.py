#!/usr/bin/python3
"""shmbus-watch as a shell sees it: filters, ends, gaps and the agent's restarts."""
import json
import signal

import bus
import watching


class Watch(watching.WatchTest):
    def test_count_ends_it(self):
        watch = self.watch("--json", "--count", "2", "--key", "5679")
        self.client.result("create", shm_key=1, shm_segsz=1)
        self.client.result("create", shm_key=5679, shm_segsz=1)
        self.client.result("remove", shm_key=5679)
        events = [json.loads(line) for line in watch.stdout]
        self.assertEqual([e["event"] for e in events], ["created", "removed"])
        self.assertEqual(watch.wait(bus.PATIENCE), 0)

    def test_event_filter_and_lines_for_people(self):
        watch = self.watch("--event", "set", "--count", "1")
        self.client.result("create", shm_key=5679, shm_segsz=1, mode=600)
        self.client.result("set", shm_key=5679, mode=640)
        lines = watch.stdout.readlines()
        self.assertEqual(len(lines), 1)
        self.assertIn("5679", lines[0])
        self.assertIn("set", lines[0])
        self.assertEqual(watch.wait(bus.PATIENCE), 0)

    def test_a_count_not_reached_in_time_is_exit_8(self):
        self.tool("watch", "--count", "1", "--timeout", "0.3", status=8)

    def test_no_agent_is_exit_7(self):
        endpoint = f"ipc://{self.agent.runtime}/nobody.sock"
        _, stderr = self.tool("watch", "--connect-timeout", "0.3", "--events", endpoint, "--commands",
                              f"ipc://{self.agent.runtime}/nobody-either.sock", status=7)
        self.assertIn(endpoint, stderr)

    def test_a_watcher_that_was_stopped_until_its_queue_overflowed_misses_nothing(self):
        batches, writes = 30, 1000
        watch = self.watch("--json", "--count", str(batches * writes + 1))
        watch.send_signal(signal.SIGSTOP)
        self.client.result("create", shm_key=1, shm_segsz=1)
        requests = [{"op": "write", "shm_key": 1, "data": b"x"}] * writes
        for _ in range(batches):
            self.client.result("batch", requests=requests)
        watch.send_signal(signal.SIGCONT)
        numbers = [json.loads(line)["seq"] for line in watch.stdout]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + batches * writes + 1)))
        self.assertIn("recovered", self.ends(watch)[1])

    def test_another_life_of_the_agent_is_told_and_followed(self):
        watch = self.watch("--json", "--count", "1")
        self.restart_agent()
        for line in watch.stderr:
            if "resync" in line:
                break
        self.client.result("create", shm_key=7, shm_segsz=1)
        self.assertEqual([json.loads(line)["shm_key"] for line in watch.stdout], [7])
        self.assertEqual(watch.wait(bus.PATIENCE), 0)


if __name__ == "__main__":
    bus.main()
