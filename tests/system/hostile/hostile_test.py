#!/usr/bin/python3
"""Hostile bytes: one reply, or none where ZeroMQ discards them; and the agent answers the next client."""
import random
import socket
import uuid

import bus
import msgpack
import zmq

VALID = [msgpack.packb(request) for request in (
    {"op": "create", "shm_key": 5679, "shm_segsz": 64, "mode": 600, "exclusive": False, "id": "x"},
    {"op": "attach", "shm_key": "5679", "read_only": True, "lease_ms": 1000},
    {"op": "write", "shm_key": 5679, "data": b"\0\xff", "offset": 3, "once": str(uuid.UUID(int=1))},
    {"op": "batch", "requests": [{"op": "ping"}, {"op": "stat", "shm_key": 5679}], "stop_on_error": False},
    {"op": "events", "since": 0, "limit": 5},
)]


class Hostile(bus.BusTest):
    def dealer(self):
        dealer = bus.CONTEXT.socket(zmq.DEALER)
        dealer.setsockopt(zmq.LINGER, 0)
        dealer.setsockopt(zmq.RCVTIMEO, bus.PATIENCE * 1000)
        dealer.connect(self.agent.commands)
        self.addCleanup(dealer.close)
        return dealer

    def answers(self):
        client = bus.Client(self.agent.commands)
        self.assertTrue(client.reply("ping")["ok"])
        client.close()

    def test_truncations_and_mutations_get_one_reply_each(self):
        chance = random.Random(5679)
        bodies = [body[:n] for body in VALID for n in range(len(body))]
        for body in VALID:
            for _ in range(400):
                mutated = bytearray(body)
                for _ in range(chance.randint(1, 3)):
                    mutated[chance.randrange(len(mutated))] = chance.randrange(256)
                bodies.append(bytes(mutated))
        dealer = self.dealer()
        for body in bodies:
            dealer.send_multipart([b"", body])
            delimiter, reply = dealer.recv_multipart()
            self.assertEqual(delimiter, b"")
            reply = msgpack.unpackb(reply)
            self.assertIn("result" if reply["ok"] else "error", reply)
        dealer.send_multipart([b"", msgpack.packb({"op": "ping", "id": "last"})])
        self.assertEqual(msgpack.unpackb(dealer.recv_multipart()[1])["id"], "last")
        self.answers()

    def test_nesting_and_huge_lengths(self):
        for body in (b"\x91" * 200000 + b"\xc0", b"\x81\xa1a" * 50000, b"\xdd\xff\x00\x00\x00", b"\xdf\xff\xff\xff\xff",
                     b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\x81\xa2op\xdb\x7f\xff\xff\xff"):
            self.is_failure("bad_request", self.client.bytes(body))
        self.answers()

    def test_more_than_one_frame(self):
        dealer = self.dealer()
        for count in (2, 1000):
            dealer.send_multipart([b""] + [VALID[0]] * count)
            self.is_failure("bad_request", msgpack.unpackb(dealer.recv_multipart()[-1]))
        self.fails("not_found", "stat", shm_key=5679)
        self.answers()

    def test_empty_frame(self):
        self.is_failure("bad_request", self.client.bytes(b""))
        self.answers()

    def test_no_delimiter_on_a_connection_that_stays(self):
        dealer = self.dealer()
        dealer.send(VALID[0])
        dealer.send_multipart([b"x"] * 50)
        self.answers()
        dealer.send_multipart([b"", msgpack.packb({"op": "ping"})])
        self.assertTrue(msgpack.unpackb(dealer.recv_multipart()[-1])["ok"])

    def test_a_thousand_requests_in_flight_all_get_their_reply(self):
        dealer = bus.CONTEXT.socket(zmq.DEALER)
        dealer.set_hwm(0)
        dealer.setsockopt(zmq.LINGER, 0)
        dealer.setsockopt(zmq.RCVTIMEO, bus.PATIENCE * 1000)
        dealer.connect(self.agent.commands)
        self.addCleanup(dealer.close)
        for _ in range(10):
            for number in range(1000):
                dealer.send_multipart([b"", msgpack.packb({"op": "info", "id": number})])
            got = [msgpack.unpackb(dealer.recv_multipart()[1])["id"] for _ in range(1000)]
            self.assertEqual(got, list(range(1000)))

    def test_peers_that_take_the_numbers_libzmq_would_give_to_others(self):
        # Without a seed, rand() gives 0x6b8b4567 first, and libzmq numbers the peers of a ROUTER from there.
        for number in range(5, 15):
            taker = bus.CONTEXT.socket(zmq.DEALER)
            taker.setsockopt(zmq.LINGER, 0)
            taker.setsockopt(zmq.RCVTIMEO, bus.PATIENCE * 1000)
            taker.setsockopt(zmq.ROUTING_ID, b"\0" + (0x6b8b4567 + number).to_bytes(4, "big"))
            taker.connect(self.agent.commands)
            self.addCleanup(taker.close)
            taker.send_multipart([b"", msgpack.packb({"op": "ping"})])
            self.assertTrue(msgpack.unpackb(taker.recv_multipart()[1])["ok"])
        for _ in range(20):
            self.answers()

    def test_a_message_beyond_the_limit_closes_the_connection(self):
        dealer = self.dealer()
        dealer.send_multipart([b"", b"x" * ((1 << 20) + (64 << 10) + 1)])
        self.answers()

    def test_bytes_that_are_no_zeromq(self):
        for body in (b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 4096, b"\0" * 64, b""):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(self.agent.commands.removeprefix("ipc://"))
                raw.sendall(body)
                self.answers()

    def test_subscribers_can_say_anything(self):
        xsub = bus.CONTEXT.socket(zmq.XSUB)
        xsub.setsockopt(zmq.LINGER, 0)
        xsub.connect(self.agent.events)
        for body in (b"", b"\x01", b"\x02x", b"\x01sync/" + b"x" * 100000, b"\x01sync/\xff\0", b"\x01shm/\xff"):
            xsub.send(body)
        self.subscribe()
        xsub.close()
        self.answers()


if __name__ == "__main__":
    bus.main()
