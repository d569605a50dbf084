#!/usr/bin/python3
"""Remote callers: with a key, with another, with none; and those of --insecure-tcp."""
import json
import os
import signal

import bus
import callers
import keyed
import zmq
from keyed import ALICE, BOB, MALLORY


@callers.needs_root
class Keys(keyed.KeyedTest):
    OUTSIDERS = ({"name": MALLORY}, {"name": ALICE, "server": MALLORY}, {}, {"plain": True})

    def test_keygen_keeps_the_secret(self):
        self.assertEqual(os.stat(self.path("alice.secret")).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(self.path("alice.key")).st_mode & 0o777, 0o600)
        self.tool("send", "keygen", "--dir", self.home, ALICE, status=5)

    def test_the_right_key_is_served_as_the_policy_says(self):
        events = self.subscriber(ALICE)
        alice = self.remote(ALICE)
        alice.result("create", shm_key=77, shm_segsz=10)
        self.assertEqual(self.client.result("stat", shm_key=77)["uid"], 5)  # games
        created = events.until("created", shm_key=77)[-1]
        self.assertEqual(created["actor"]["principal"], "key:alice")
        self.client.result("create", shm_key=78, shm_segsz=10)
        self.is_failure("permission_denied", alice.reply("stat", shm_key=78))

    def test_everybody_else_is_kept_out_of_commands(self):
        for who in self.OUTSIDERS:
            with self.subTest(**who):
                self.is_kept_out(zmq.REQ, **who)
        self.assertTrue(self.remote(ALICE).reply("ping")["ok"])

    def test_everybody_else_is_kept_out_of_events(self):
        for who in self.OUTSIDERS:
            with self.subTest(**who):
                self.is_kept_out(zmq.SUB, **who)
        self.subscriber(ALICE)

    def test_the_tools_with_the_right_key(self):
        self.send(*self.with_keys(ALICE), "create", "--key", "77", "--size", "10")
        watch = self.watch("--json", "--count", "1", *self.watch_options(ALICE))
        self.client.result("write", shm_key=77, data="x")
        self.assertEqual(json.loads(self.ends(watch)[0])["event"], "written")

    def test_the_tools_without_it(self):
        _, told = self.send(*self.with_keys(MALLORY), "ping", status=4)
        self.assertIn("key", told)
        wrong_server = (*self.with_keys(ALICE)[:-1], self.path("mallory.key"))
        _, told = self.send(*wrong_server, "ping", status=4)
        self.assertIn("--curve-server is probably not its public key", told)
        self.tool("watch", *wrong_server, "--events", self.events, status=4)
        self.tool("watch", *self.watch_options(MALLORY), status=4)
        for _ in range(20):  # whether or not the agent hangs up before its greeting is read
            _, told = self.send("--commands", self.commands, "ping", status=4)
            self.assertIn("requires a key", told)
        self.tool("watch", "--commands", self.commands, "--events", self.events, status=4)

    def test_who_is_kept_out_is_logged(self):
        self.is_kept_out(zmq.REQ, name=MALLORY)
        self.client.result("ping")
        self.assertIn(self.keys(MALLORY).public.decode(), self.agent.log_text())


@callers.needs_root
class KeysReadAgain(keyed.KeyedTest):
    LET_IN = (ALICE, BOB)

    def test_a_new_key_is_let_in(self):
        self.is_kept_out(zmq.REQ, name=MALLORY)
        self.let_in(MALLORY)
        self.reload(signal.SIGHUP)
        error = self.is_failure("permission_denied", self.remote(MALLORY).reply("ping"))  # no rule is for it
        self.assertNotIn("not among", error["message"])
        self.subscriber(MALLORY)

    def test_a_removed_key_is_refused_from_its_next_request_on(self):
        alice, bob = self.remote(ALICE), self.remote(BOB)
        alice.result("create", shm_key=77, shm_segsz=10)
        bob.result("stat", shm_key=77)
        self.shut_out(ALICE)
        self.reload(signal.SIGHUP)
        error = self.is_failure("permission_denied", alice.reply("stat", shm_key=77))
        self.assertIn("key", error["message"])
        self.is_kept_out(zmq.REQ, name=ALICE)
        bob.result("stat", shm_key=77)

    def test_its_events_end(self):
        events = self.subscriber(ALICE)
        monitor = self.monitor(events.socket)
        self.shut_out(ALICE)
        self.reload(signal.SIGHUP)
        self.becomes(monitor, zmq.EVENT_DISCONNECTED)
        self.becomes(monitor, zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        bob = self.subscriber(BOB)
        self.client.result("create", shm_key=77, shm_segsz=10)
        bob.until("created", shm_key=77)
        events.socket.setsockopt(zmq.RCVTIMEO, 0)
        with self.assertRaises(zmq.Again):
            while True:
                self.assertNotIn("shm/", events.receive()[0])

    def test_who_stays_misses_nothing(self):
        self.client.result("create", shm_key=77, shm_segsz=10)
        watch = self.watch("--json", "--count", "300", *self.watch_options(BOB))
        self.shut_out(ALICE)
        for turn in range(3):
            for number in range(100):
                if number == 50:
                    self.agent.process.send_signal(signal.SIGHUP)
                self.client.result("write", shm_key=77, data=f"{turn}", offset=turn)
        events = [json.loads(line) for line in self.ends(watch)[0].splitlines()]
        self.assertEqual([event["event"] for event in events], ["written"] * 300)
        first = events[0]["seq"]
        self.assertEqual([event["seq"] for event in events], list(range(first, first + 300)))

    def test_a_faulty_key_changes_nothing_and_is_logged(self):
        self.shut_out(ALICE)
        self.write("keys/broken.key", "no key", 0o644)
        self.reload(signal.SIGHUP)
        self.remote(ALICE).result("ping")
        self.assertIn("broken.key", self.agent.log_text())


@callers.needs_root
class InsecureTcp(callers.AccessTest):
    def endpoint(self, *options, **how):
        runtime = self.path("insecure")
        os.mkdir(runtime, 0o700)
        agent = self.start("--insecure-tcp", "--commands", f"ipc://{runtime}/commands.sock", "--commands",
                           "tcp://127.0.0.1:*", *options, runtime=runtime, **how)
        self.client = self.new_client(agent)
        return self.client.result("info")["endpoints"]["commands"][1]

    def test_root_serves_whoever_connects_as_nobody(self):
        stranger = bus.Client(self.endpoint())
        self.addCleanup(stranger.close)
        self.client.result("create", shm_key=78, shm_segsz=10)
        self.is_failure("permission_denied", stranger.reply("read", shm_key=78))
        self.is_failure("permission_denied", stranger.reply("remove", shm_key=78))
        stranger.result("create", shm_key=77, shm_segsz=10)
        self.assertEqual(self.client.result("stat", shm_key=77)["uid"], callers.NOBODY)
        created = self.client.result("events", shm_key=77)["events"][0]
        self.assertEqual(created["actor"]["principal"], "anonymous")

    def test_root_that_cannot_be_another_refuses_to_start(self):
        for lost in ("-setuid", "-setgid", "-setuid,-setgid"):
            told = self.refuses_to_start("--insecure-tcp", "--commands", "tcp://127.0.0.1:*",
                                         prefix=("setpriv", "--bounding-set", lost), status=1)
            self.assertIn("CAP_SETUID", told)

    def test_tcp_needs_to_be_asked_for(self):
        self.refuses_to_start("--commands", "tcp://127.0.0.1:*")
        self.refuses_to_start("--insecure-tcp", "--commands", "tcp://0.0.0.0:*")


if __name__ == "__main__":
    bus.main()
