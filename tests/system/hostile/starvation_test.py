#!/usr/bin/python3
"""What one unprivileged user does keeps no other user waiting, changes no answer, and does not fill the agent's memory."""
import time
import unittest

import bus
import msgpack
import zmq
from callers import CALLER, Child, needs_root

KEY = 5679
ANSWERS = 2000  # to the other user, during each load
LONGEST = 1.0  # seconds for one of them; a watchdog, not a benchmark
MOST_MEMORY = 256 << 20

# Each load runs as CALLER, prints a line when it is at work, and goes on until its input ends.
BEGIN = """
import os, sys, threading, msgpack, zmq
context = zmq.Context()
context.set(zmq.MAX_SOCKETS, 4000)
def dealer():
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(sys.argv[1])
    return socket
def ask(socket, op, **fields):
    socket.send_multipart([b"", msgpack.packb({"op": op, **fields})])
    return msgpack.unpackb(socket.recv_multipart()[-1])
def end():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
first = dealer()
ask(first, "create", shm_key=5001, shm_segsz=1 << 20)
"""
BATCHES = BEGIN + """
batch = msgpack.packb({"op": "batch", "stop_on_error": False, "requests": [
    {"op": "set", "shm_key": 5001, "mode": 600 + 40 * (n % 2)} for n in range(1000)]})
poller = zmq.Poller()
for _ in range(200):
    socket = dealer()
    poller.register(socket, zmq.POLLIN)
    for _ in range(3):
        socket.send_multipart([b"", batch])
print("1", flush=True)
while True:
    for socket, _ in poller.poll():
        socket.recv_multipart()
        socket.send_multipart([b"", batch])
"""
WRITERS_THAT_DO_NOT_READ = BEGIN + """
write = msgpack.packb({"op": "write", "shm_key": 5001, "data": bytes(1 << 20)})
sockets = [dealer() for _ in range(100)]
for socket in sockets:
    socket.setsockopt(zmq.SNDTIMEO, 1)
print("1", flush=True)
while True:
    for socket in sockets:
        try:
            socket.send_multipart([b"", write])
        except zmq.Again:
            pass
"""
READERS_THAT_DO_NOT_READ = BEGIN + """
attachment = ask(first, "attach", shm_key=5001)["result"]["attachment"]
read = msgpack.packb({"op": "read", "attachment": attachment, "length": 1 << 20})
sockets = [dealer() for _ in range(8)]
for socket in sockets:
    socket.setsockopt(zmq.SNDTIMEO, 1)
    socket.setsockopt(zmq.RCVHWM, 1)
print("1", flush=True)
while True:
    for socket in sockets:
        try:
            socket.send_multipart([b"", read])
        except zmq.Again:
            pass
"""
SUBSCRIBER = BEGIN + """
socket = context.socket(zmq.SUB)
socket.setsockopt(zmq.SNDHWM, 0)
socket.connect(sys.argv[2])
print("1", flush=True)
while True:
    socket.setsockopt(zmq.SUBSCRIBE, b"sync/" + os.urandom(16).hex().encode())
"""


def resident(pid):
    """The memory of a process in bytes, without what is mapped of segments."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        fields = dict(line.split(":", 1) for line in lines)
    return (int(fields["VmRSS"].split()[0]) - int(fields["RssShmem"].split()[0])) << 10


@needs_root
@unittest.skipIf(bus.IS_SANITIZED, "a watchdog of the release build")
class Starvation(bus.BusTest):
    OPTIONS = ("--socket-mode", "666", "--max-requests-per-second", "0")

    def under(self, load):
        created = self.client.result("create", shm_key=KEY, shm_segsz=64)
        expected = self.client.result("stat", shm_key=KEY)
        child = Child(self, load, self.agent.commands, self.agent.events, user=CALLER, group=CALLER, extra_groups=[])
        child.answer()
        longest, most = 0.0, 0
        for number in range(ANSWERS):
            before = time.monotonic()
            result = self.client.result("stat", shm_shmid=created["shm_shmid"])
            longest = max(longest, time.monotonic() - before)
            self.assertEqual(result, expected)
            if number % 20 == 0:
                most = max(most, resident(self.agent.process.pid))
        self.assertLess(longest, LONGEST)
        self.assertLess(most, MOST_MEMORY)

    def test_beyond_its_queue_a_caller_gets_busy_and_one_reply_for_each_request(self):
        self.client.result("create", shm_key=5001, shm_segsz=1 << 20)
        dealer = bus.CONTEXT.socket(zmq.DEALER)
        self.addCleanup(dealer.close)
        for option, value in ((zmq.LINGER, 0), (zmq.SNDHWM, 0), (zmq.RCVHWM, 0), (zmq.RCVTIMEO, bus.PATIENCE * 1000)):
            dealer.setsockopt(option, value)
        dealer.connect(self.agent.commands)
        slow = {"op": "batch", "requests": [{"op": "set", "shm_key": 5001, "mode": 600}] * 1000}
        write = {"op": "write", "shm_key": 5001, "data": bytes(1 << 20)}
        requests = [slow] * 20 + [write] * 40
        for number, request in enumerate(requests):
            dealer.send_multipart([b"", msgpack.packb({**request, "id": number})])
        replies = [msgpack.unpackb(dealer.recv_multipart()[-1]) for _ in requests]
        self.assertEqual(sorted(reply["id"] for reply in replies), list(range(len(requests))))
        codes = {reply.get("error", {}).get("code", "") for reply in replies}
        self.assertEqual(codes, {"", "busy"})

    def test_200_connections_with_batches(self):
        self.under(BATCHES)

    def test_100_connections_that_write_and_do_not_read(self):
        self.under(WRITERS_THAT_DO_NOT_READ)

    def test_8_connections_that_read_data_and_do_not_take_it(self):
        self.under(READERS_THAT_DO_NOT_READ)

    def test_a_subscriber_that_never_stops_subscribing(self):
        self.under(SUBSCRIBER)


if __name__ == "__main__":
    bus.main()
