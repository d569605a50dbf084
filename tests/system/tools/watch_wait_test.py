#!/usr/bin/python3
"""shmbus-watch --wait: ends when a condition on a segment holds."""
import json
import signal

import actors
import bus
import watching


class Wait(watching.WatchTest):
    def waits(self, condition, *arguments):
        """A watcher that waits for what does not hold yet."""
        return self.watch("--wait", condition, "--timeout", str(bus.PATIENCE), *(arguments or ("--key", "5679")))

    def holds(self, watch):
        self.assertEqual(self.ends(watch), ("", ""))

    def create(self, **more):
        return self.client.result("create", **{"shm_key": 5679, "shm_segsz": 1024, **more})["shm_shmid"]

    def test_what_holds_already(self):
        shmid = str(self.create(mode=660))
        for condition, *segment in (
                ("exists", "--key", "5679"), ("exists", "--shmid", shmid), ("gone", "--key", "7"),
                ("nattch==0 && mode==660", "--key", "0x162f"), ("shm_segsz>=1024", "--key", "5679", "--shmid", shmid)):
            with self.subTest(condition=condition):
                self.assertEqual(self.tool("watch", "--wait", condition, *segment), ("", "watching\n"))

    def test_created_and_gone(self):
        watch = self.waits("exists")
        shmid = self.create()
        self.holds(watch)
        watches = [self.waits("gone"), self.waits("gone", "--shmid", str(shmid))]
        self.client.result("remove", shm_key=5679)
        for watch in watches:
            self.holds(watch)

    def test_each_kind_of_field(self):
        shmid = self.create(mode=600)
        actor = actors.Actor()
        self.addCleanup(actor.kill)
        for condition, change in (
                ("mode==640", lambda: self.client.result("set", shm_key=5679, mode=640)),
                ("uid!=0", lambda: self.client.result("set", shm_key=5679, uid=self.other_uid())),
                ("nattch>=1", lambda: actor.do("attach", shmid)),
                (f"lpid=={actor.pid} && nattch==1 && atime>0", lambda: None),
                ("marked==yes", lambda: self.client.result("remove", shm_key=5679)),
                ("gone", lambda: actor.do("detach", 0))):
            with self.subTest(condition=condition):
                watch = self.waits(condition, "--shmid", str(shmid))
                change()
                self.holds(watch)

    def other_uid(self):
        if not bus.maps_uid(1):
            self.skipTest("this user namespace has no uid but 0")
        return 1

    def test_what_held_for_a_moment_only(self):
        self.create()
        watch = self.waits("nattch>=1")
        watch.send_signal(signal.SIGSTOP)
        held = self.client.result("attach", shm_key=5679)["attachment"]
        self.client.result("detach", attachment=held)
        self.client.result("remove", shm_key=5679)
        self.create()
        watch.send_signal(signal.SIGCONT)
        self.holds(watch)

    def test_it_gives_up_in_time(self):
        self.create()
        _, stderr = self.tool("watch", "--wait", "nattch>=1", "--key", "5679", "--timeout", "0.3", status=8)
        self.assertIn("300 ms", stderr)
        _, stderr = self.tool("watch", "--json", "--wait", "gone", "--key", "5679", "--timeout", "0.3", status=8)
        self.assertEqual(json.loads(stderr.splitlines()[-1])["error"]["code"], "timed_out")

    def test_it_gives_up_in_time_though_others_are_busy(self):
        watch = self.watch("--wait", "exists", "--shmid", "2147483647", "--timeout", "0.3")
        self.create()
        write = [{"op": "write", "shm_key": 5679, "data": b"x"}] * 100
        while watch.poll() is None:
            self.client.result("batch", requests=write)
        self.ends(watch, status=8)

    def test_a_malformed_condition_is_named(self):
        for condition, part in (("nattach>=1", "'nattach'"), ("mode==999", "'999'"), ("nattch=1", "==")):
            _, stderr = self.tool("watch", "--wait", condition, "--key", "5679", status=2)
            self.assertIn(part, stderr)
        self.assertIn("--key", self.tool("watch", "--wait", "exists", status=2)[1])

    def test_an_interrupt_ends_it(self):
        watch = self.waits("exists")
        watch.send_signal(signal.SIGINT)
        self.ends(watch, status=130)

    def test_what_came_true_while_the_agent_was_away(self):
        watch = self.waits("exists")
        actor = actors.Actor()
        self.addCleanup(actor.kill)
        self.agent.process.kill()
        self.agent.process.wait()
        actor.do("create", 5679, 10, 0o600)
        self.restart_agent()
        self.assertIn("resync", self.ends(watch)[1])


class WaitBetweenLooks(watching.WatchTest):
    OPTIONS = ("--detection", "scan", "--scan-interval", "0")

    def test_what_came_and_went_between_two_looks(self):
        shmid = self.client.result("create", shm_key=5679, shm_segsz=10)["shm_shmid"]
        actor = actors.Actor()
        self.addCleanup(actor.kill)
        watch = self.watch("--wait", "nattch>=1", "--key", "5679", "--timeout", str(bus.PATIENCE))
        actor.do("attach", shmid)
        actor.do("detach", 0)
        self.client.result("list")
        events = self.client.result("events", shm_key=5679)["events"]
        self.assertEqual([(e["event"], e["stat"]["shm_nattch"]) for e in events[1:]], [("attached", 0), ("detached", 0)],
                         "the stat is the final one")
        self.ends(watch)


if __name__ == "__main__":
    bus.main()
