#!/usr/bin/python3
"""What each key may use: requests, attachments, segments; connections over TCP; and what the audit says of it."""
import json
import signal
import socket

import bus
import callers
import keyed
import zmq
import zmtp
from keyed import ALICE, BOB

QUOTA = """
[[quota]]
who = ["key:alice"]
segments = 2
attachments = 1
"""


class Limited(keyed.KeyedTest):
    LET_IN = (ALICE, BOB)
    POLICY = keyed.POLICY + QUOTA

    def last_line(self):
        with open(self.path("audit"), encoding="utf-8") as lines:
            return json.loads(lines.readlines()[-1])

    def is_told(self, outcome):
        """The last line of the audit is about alice on TCP."""
        line = self.last_line()
        self.assertEqual((line["principal"], line["endpoint"], line["outcome"]), ("key:alice", self.commands, outcome))
        self.assertRegex(line["endpoint"], r":\d+$")


@callers.needs_root
class OfEachKey(Limited):
    OPTIONS = ("--max-requests-per-second", "100", "--max-attachments-per-principal", "2")

    def start(self, *options, **how):
        return super().start("--audit", self.path("audit"), *options, **how)

    def test_the_rate_counts_what_is_in_a_batch(self):
        alice, bob = self.remote(ALICE), self.remote(BOB)
        done = alice.result("batch", requests=[{"op": "ping"}] * 1000)  # a full bucket lets it through, and is in debt
        self.assertEqual(len(done["replies"]), 1000)
        for request in ({"op": "ping"}, {"op": "batch", "requests": [{"op": "create", "shm_key": 77, "shm_segsz": 1}]}):
            error = self.is_failure("busy", alice.reply(**request))
            self.assertIn("key:alice exceeds 100 requests per second", error["message"])
            self.is_told("busy")
        self.assertTrue(bob.reply("ping")["ok"])
        self.fails("not_found", "stat", shm_key=77)

    def test_of_a_batch_beyond_it_nothing_is_done(self):
        alice = self.remote(ALICE)
        for _ in range(60):
            alice.result("ping")
        requests = [{"op": "create", "shm_key": 77, "shm_segsz": 1}] + [{"op": "ping"}] * 999
        self.is_failure("busy", alice.reply("batch", requests=requests))
        self.is_told("busy")
        self.fails("not_found", "stat", shm_key=77)

    def test_attachments_and_segments(self):
        alice, bob = self.remote(ALICE), self.remote(BOB)
        for key in (77, 78):
            alice.result("create", shm_key=key, shm_segsz=1, mode=666)
        error = self.is_failure("limit_reached", alice.reply("create", shm_key=79, shm_segsz=1))
        self.assertEqual(error["message"], "key:alice has 2 of 2 segments")
        alice.result("attach", shm_key=77)
        self.is_failure("limit_reached", alice.reply("attach", shm_key=78))
        self.is_told("limit_reached")
        for _ in range(2):
            held = bob.result("attach", shm_key=77)["attachment"]
        self.is_failure("limit_reached", bob.reply("attach", shm_key=77))
        self.is_failure("not_found", alice.reply("detach", attachment=held))

    def test_a_key_that_was_taken_away_is_still_named(self):
        alice = self.remote(ALICE)
        alice.result("ping")
        self.shut_out(ALICE)
        self.reload(signal.SIGHUP)
        self.is_failure("permission_denied", alice.reply("ping"))
        self.is_told("permission_denied")


@callers.needs_root
class Connections(Limited):
    OPTIONS = ("--max-connections", "5", "--max-subscription-bytes", "20000")

    def connected(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").split(":")
        connection = socket.create_connection((host, int(port)), bus.PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def accepted(self, endpoint):
        """One that was let in, which may take until others are closed."""
        def attempt():
            connection = self.connected(endpoint)
            return None if zmtp.is_refused(connection) else connection
        return callers.eventually(attempt)

    def test_the_cap_in_all_holds_over_tcp_too(self):
        self.client.result("ping")
        kept = [self.accepted(endpoint) for endpoint in (self.commands, self.events) * 2]
        for endpoint in (self.commands, self.events):
            self.assertTrue(zmtp.is_refused(self.connected(endpoint)))
            self.client.result("ping")
        kept.pop().close()
        kept.pop().close()
        alice = self.remote(ALICE)
        self.assertTrue(alice.reply("ping")["ok"])
        alice.close()

    def test_a_key_with_too_many_subscriptions_is_cut_off_and_no_other(self):
        greedy, modest = self.socket(zmq.SUB, ALICE), self.subscriber(BOB)
        ends, goes_on = self.monitor(greedy), self.monitor(modest.socket)
        for number in range(400):
            greedy.subscribe(f"shm/{number}/")
        greedy.connect(self.events)
        self.becomes(ends, zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.becomes(ends, zmq.EVENT_DISCONNECTED)
        self.assertIn(f"disconnected {self.keys(ALICE).public.decode()}", self.agent.log_text())
        self.client.result("create", shm_key=77, shm_segsz=1)
        modest.until("created", shm_key=77)
        self.assertFalse(goes_on.poll(0))


if __name__ == "__main__":
    bus.main()
