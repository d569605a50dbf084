#!/usr/bin/python3
"""Hostile peers where others may connect: they gain no rights, and nobody else loses anything."""
import threading

import bus
import callers
import descriptors
import msgpack
import zmtp
from callers import CALLER, OTHER

FORGED = {"User_Id": b"0", "Peer_Address": b"localhost:0:0:1", "Shmbus_Key": b"alice", "Identity": b"localhost:0:0:1",
          "__fd": b"1", "Routing_Id": b"uid:0"}
FLOOD = """
import json, sys, msgpack, zmq
socket = zmq.Context.instance().socket(zmq.DEALER)
socket.setsockopt(zmq.LINGER, 0)
socket.connect(sys.argv[1])
request = msgpack.packb({"op": "ping"})
for line in sys.stdin:
    counts = {}
    for _ in range(json.loads(line)):
        for _ in range(100):
            socket.send_multipart([b"", request])
        for _ in range(100):
            reply = msgpack.unpackb(socket.recv_multipart()[1])
            word = "ok" if reply["ok"] else reply["error"]["code"]
            counts[word] = counts.get(word, 0) + 1
    print(json.dumps(counts), flush=True)
"""
FRAMES = """
import json, sys, msgpack, zmq
socket = zmq.Context.instance().socket(zmq.REQ)
socket.setsockopt(zmq.LINGER, 0)
socket.connect(sys.argv[1])
for line in sys.stdin:
    codes = []
    for _ in range(json.loads(line)):
        socket.send_multipart([b"one", b"two"])
        codes.append(msgpack.unpackb(socket.recv())["error"]["code"])
    print(json.dumps(codes), flush=True)
"""


ENDS = """
import json, socket, sys
path, opening, begin, end, sync = sys.argv[1], *map(bytes.fromhex, sys.argv[2:])
def is_told(connection, what):
    told = b""
    while what not in told:
        got = connection.recv(1000)
        if not got:
            sys.exit("cut off")
        told += got
def connected():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(path)
    connection.sendall(opening)
    is_told(connection, b"XPUB")
    return connection
one, other = connected(), connected()
one.sendall(begin + sync)
is_told(one, sync[3:])
one.close()
for line in sys.stdin:
    for _ in range(json.loads(line)):
        other.sendall(end + sync)
        is_told(other, sync[3:])
        other.sendall(sync.replace(b"\\1sync", b"\\0sync"))
    print(line, flush=True)
"""


class ExposedTest(callers.AccessTest):
    OPTIONS = ("--socket-mode", "666")

    def peer(self, uid=CALLER, **properties):
        return zmtp.Peer(zmtp.connected(self.agent.commands, uid, uid), **properties)


@callers.needs_root
class Forged(ExposedTest):
    def test_what_a_handshake_says_gives_no_rights(self):
        self.client.result("create", shm_key=77, shm_segsz=10, mode=600)
        for names in ((), *((name,) for name in FORGED), set(FORGED) - {"Identity"}):
            with self.subTest(names):
                peer = self.peer(**{name: FORGED[name] for name in names})
                self.addCleanup(peer.close)
                self.is_failure("permission_denied", peer.ask("read", shm_key=77))
                self.assertTrue(peer.ask("create", shm_key=78, shm_segsz=1)["ok"])
                self.assertEqual(self.client.result("stat", shm_key=78)["cuid"], CALLER)
                created = [event for event in self.client.result("events", shm_key=78)["events"]
                           if event["event"] == "created"][-1]
                self.assertEqual(created["actor"]["principal"], f"uid:{CALLER}")
                self.client.result("remove", shm_key=78)

    def test_an_attachment_of_another_is_none(self):
        self.client.result("create", shm_key=77, shm_segsz=10, mode=666)
        held = self.client.result("attach", shm_key=77)["attachment"]
        peer = self.peer(**FORGED)
        self.addCleanup(peer.close)
        for op, fields in (("read", {}), ("write", {"data": b"x"}), ("detach", {})):
            self.is_failure("not_found", peer.ask(op, attachment=held, **fields))

    def test_a_descriptor_that_is_used_again_does_not_mix_up_who_asks(self):
        for key, first, second in ((77, CALLER, 0), (78, 0, OTHER), (79, CALLER, OTHER)):
            self.is_overtaken(zmtp.request("create", shm_key=key, shm_segsz=1), first, second)
            self.assertEqual(self.client.result("stat", shm_key=key)["cuid"], first)
            created = [event for event in self.client.result("events", shm_key=key)["events"]
                       if event["event"] == "created"]
            self.assertEqual([event["actor"]["principal"] for event in created], [f"uid:{first}"])
        self.client.result("create", shm_key=80, shm_segsz=1, mode=600)
        self.is_overtaken(zmtp.request("write", shm_key=80, data=b"x"), CALLER, 0)
        self.assertEqual(self.client.result("read", shm_key=80)["data"], b"\0")

    def is_overtaken(self, request, first, second):
        """`first` asks and leaves, and `second` has its descriptor before the agent takes the request."""
        pid = self.agent.process.pid
        self.client.result("ping")  # is connected
        before = descriptors.descriptors(pid)
        peer = self.peer(first)
        (number,) = descriptors.descriptors(pid) - before
        try:
            with descriptors.first_thread_held(pid):
                peer.send(request)
                peer.close()
                callers.eventually(lambda: number not in descriptors.descriptors(pid))
                successor = self.taker_of(number, pid, second)
                self.assertEqual(descriptors.peer_uid(pid, number), second)  # whom the descriptor would name
        except PermissionError:
            self.skipTest("no process may be held here")
        successor = zmtp.Peer(successor)
        self.assertTrue(successor.ask("ping")["ok"])
        successor.close()
        callers.eventually(lambda: number not in descriptors.descriptors(pid))

    def taker_of(self, number, pid, uid):
        """A connection that has that descriptor; what the agent read in between may have left lower ones free."""
        while True:
            before = descriptors.descriptors(pid)
            connection = zmtp.connected(self.agent.commands, uid, uid)
            callers.eventually(lambda: descriptors.descriptors(pid) - before)
            if number in descriptors.descriptors(pid):
                return connection
            self.addCleanup(connection.close)


@callers.needs_root
class Hostile(ExposedTest):
    """After each hostile act the next requests of another client have to be answered, by their own replies."""

    def act(self, data, rounds=100):
        for number in range(rounds):
            peer = self.peer()
            peer.send(data)
            peer.close()
            self.answers(number)

    def answers(self, number):
        reply = self.client.bytes(msgpack.packb({"op": "ping", "id": number}))
        self.assertEqual((reply["ok"], reply["id"]), (True, number))

    def test_no_delimiter_and_leave(self):
        self.act(zmtp.message(b"x"))
        self.act(zmtp.message(b"x", b"y"))

    def test_an_envelope_without_a_request(self):
        self.act(zmtp.message(b""))
        self.act(zmtp.message(b"x", b""))

    def test_a_thousand_parts(self):
        self.act(zmtp.message(*[b"x"] * 1000))
        self.act(zmtp.message(b"", *[b"x"] * 1000))

    def test_an_envelope_that_does_not_end(self):
        self.act(zmtp.frame(b"x", zmtp.MORE) * 5000)
        self.act(zmtp.message(*[b"x"] * 5000, b"", msgpack.packb({"op": "ping"})))

    def test_a_request_and_leave(self):
        self.act(zmtp.request("info"))
        self.act(zmtp.request("info")[:-1])

    def test_peers_of_zmtp_1(self):
        for number in range(100):
            connection = zmtp.connected(self.agent.commands, CALLER, CALLER)
            connection.sendall(zmtp.V1_WITHOUT_DELIMITER)
            connection.close()
            self.answers(number)

    def test_a_crowd_of_them_at_once(self):
        acts = (zmtp.message(b"x"), zmtp.message(b"", *[b"x"] * 1000), zmtp.frame(b"x", zmtp.MORE) * 100)
        peers = [self.peer() for _ in range(60)]

        def harass():
            for number, peer in enumerate(peers):
                peer.send(acts[number % len(acts)])
                peer.close()

        crowd = threading.Thread(target=harass)
        crowd.start()
        for number in range(2000):
            self.answers(number)
        crowd.join()
        self.answers(2001)

    def test_one_that_never_ends_its_message_holds_up_nobody(self):
        peer = self.peer()
        self.addCleanup(peer.close)
        for number in range(200):
            peer.send(zmtp.frame(b"x" * 100, zmtp.MORE) * 100)
            self.answers(number)


@callers.needs_root
class Rates(ExposedTest):
    OPTIONS = ("--socket-mode", "666", "--max-requests-per-second", "100")

    def flood(self, hundreds):
        flood = callers.Child(self, FLOOD, self.agent.commands, user=CALLER, group=CALLER, extra_groups=[])
        flood.begin(hundreds)
        return flood

    def test_beyond_it_the_answer_is_busy(self):
        counts = self.flood(10).answer()
        self.assertGreaterEqual(counts["ok"], 100)
        self.assertEqual(counts["ok"] + counts["busy"], 1000)
        self.assertGreater(counts["busy"], 100)
        error = self.is_failure("busy", self.until_busy(self.caller(OTHER)))
        self.assertIn("100 requests per second", error["message"])
        self.assertIn("--max-requests-per-second", error["hint"])

    def until_busy(self, caller):
        return next(reply for reply in caller.replies([{"op": "ping"}] * 1000) if not reply["ok"])

    def test_messages_of_several_frames_count_too(self):
        child = callers.Child(self, FRAMES, self.agent.commands, user=CALLER, group=CALLER, extra_groups=[])
        codes = child.ask(1000)
        self.assertEqual(set(codes), {"bad_request", "busy"})
        self.assertGreaterEqual(codes.count("bad_request"), 100)

    def test_a_flood_by_one_leaves_others_served(self):
        flood = self.flood(1000)
        other = self.caller(OTHER)
        replies = other.replies([{"op": "list"}] * 90)
        self.assertTrue(all(reply["ok"] for reply in replies))
        self.client.result("ping")
        counts = flood.answer()
        self.assertEqual(set(counts), {"ok", "busy"})
        self.assertEqual(sum(counts.values()), 100_000)


@callers.needs_root
class Subscriptions(callers.AccessTest):
    OPTIONS = ("--events-mode", "666", "--max-subscription-bytes", "20000")

    def crowd(self, connection):
        """Subscribes until the connection is ended, perhaps together with the user's last one."""
        self.addCleanup(connection.close)
        try:
            peer = zmtp.Peer(connection, socket_type=b"SUB")
            for number in range(100_000):
                peer.send(zmtp.frame(b"\1shm/%d/" % number))
        except (OSError, EOFError):
            return
        self.assertTrue(zmtp.is_refused(peer.connection))

    def test_who_has_too_many_is_cut_off_and_nobody_else(self):
        events = self.subscribe()
        for _ in range(3):
            self.crowd(zmtp.connected(self.agent.events, CALLER, CALLER))
            self.client.result("ping")
        self.assertIn(f"disconnected uid:{CALLER}", self.agent.log_text())
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.assertEqual([event["event"] for event in events.events()], ["created"])
        zmtp.Peer(zmtp.connected(self.agent.events, OTHER, OTHER), socket_type=b"SUB").close()

    def test_what_a_peer_had_too_does_not_end_with_it(self):
        events = self.subscribe()
        said = (zmtp.opening(b"SUB"), *map(zmtp.message, (b"\1shm/", b"\0shm/", b"\1sync/" + b"0" * 32)))
        other = callers.Child(self, ENDS, self.agent.events.removeprefix("ipc://"), *(data.hex() for data in said),
                              user=OTHER, group=OTHER, extra_groups=[])
        self.assertEqual(other.ask(20), 20)
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.assertEqual([event["event"] for event in events.events()], ["created"])

    def test_what_a_peer_says_to_end_is_still_there(self):
        events = self.subscribe()
        peer = zmtp.Peer(zmtp.connected(self.agent.events, OTHER, OTHER), socket_type=b"SUB")
        self.addCleanup(peer.close)
        peer.send(zmtp.frame(b"\0shm/") * 1000)
        self.client.result("create", shm_key=77, shm_segsz=10)
        self.assertEqual([event["event"] for event in events.events()], ["created"])


if __name__ == "__main__":
    bus.main()
