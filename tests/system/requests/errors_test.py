#!/usr/bin/python3
"""Every code of the error table that a client can provoke (internal and no_memory: on the fake kernel)."""
import os
import unittest

import bus
import msgpack
import sysv_ipc


class Errors(bus.BusTest):
    def make(self, **fields):
        return self.client.result("create", **{"shm_key": 5679, "shm_segsz": 100, **fields})

    def test_bad_request_names_the_field(self):
        self.make()
        for field, op, fields in (
                ("colour", "stat", {"shm_key": 5679, "colour": 1}),
                ("shm_key", "stat", {}),
                ("shm_key", "stat", {"shm_key": 0}),
                ("shm_key", "stat", {"shm_key": 2**32}),
                ("shm_key", "stat", {"shm_key": "abc"}),
                ("shm_key", "stat", {"shm_key": 1.5}),
                ("shm_key", "stat", {"shm_key": None}),
                ("shm_shmid", "stat", {"shm_shmid": -1}),
                ("shm_segsz", "create", {"shm_key": 1}),
                ("shm_segsz", "create", {"shm_key": 1, "shm_segsz": 0}),
                ("shm_segsz", "create", {"shm_key": 1, "shm_segsz": "10"}),
                ("exclusive", "create", {"shm_key": 1, "shm_segsz": 1, "exclusive": 1}),
                ("lease_ms", "attach", {"shm_key": 5679, "lease_ms": 0}),
                ("lease_ms", "attach", {"shm_key": 5679, "lease_ms": 86400001}),
                ("offset", "read", {"shm_key": 5679, "offset": -1}),
                ("data", "write", {"shm_key": 5679}),
                ("data", "write", {"shm_key": 5679, "data": 5}),
                ("data", "write", {"shm_key": 5679, "data": "a\0b", "text": True}),
                ("limit", "list", {"limit": 0}),
                ("limit", "list", {"limit": 10001}),
                ("since", "events", {"since": 10**9}),
                ("once", "ping", {"once": "0123456789abcdef"}),
                ("once", "create", {"shm_key": 1, "shm_segsz": 1, "once": "short"}),
                ("id", "ping", {"id": "x" * 65}),
                ("uid", "set", {"shm_key": 5679, "uid": 2**32 - 1}),
                ("requests", "batch", {}),
        ):
            with self.subTest(op=op, fields=fields):
                self.assertIn(field, self.fails("bad_request", op, **fields)["message"])
        self.fails("bad_request", "set", shm_key=5679)
        self.fails("bad_request", "batch", requests=[{"op": "ping"}] * 1001)
        inner = self.client.result("batch", requests=[{"op": "batch", "requests": []}])["replies"]
        self.assertEqual(inner[0]["error"]["code"], "bad_request")

    def test_a_mode_typed_by_mistake_is_refused_with_a_hint(self):
        self.make()
        for mode in (0o660, 0o666, 511, 888, 1000, "0888", "888", 0o644):
            with self.subTest(mode=mode):
                self.assertTrue(self.fails("bad_request", "set", shm_key=5679, mode=mode)["hint"])
        self.client.result("set", shm_key=5679, mode="432")

    def test_requests_that_are_no_requests(self):
        for body in (b"", b"\xc0", b"\x90", b"\x80", b"\xc1", msgpack.packb({1: 2}), msgpack.packb({"op": 1}),
                     msgpack.packb({"op": "ping"}) + b"\0", b"\x82\xa2op\xa4ping\xa2op\xa4ping",
                     b"\x81\xa2op\xa4\xff\xfe\xfd\xfc", b"\xdd\xff\xff\xff\xff", b"\x91" * 100000):
            with self.subTest(body=body[:20]):
                self.is_failure("bad_request", self.client.bytes(body))
        self.fails("unknown_op", "explode")

    def test_the_id_comes_back_wherever_it_stands(self):
        reply = self.client.bytes(msgpack.packb({"bad": [1, {"a": 2}], "op": "ping", "id": "me"}))
        self.assertEqual(self.is_failure("bad_request", reply) and reply["id"], "me")

    def test_not_found(self):
        self.fails("not_found", "stat", shm_key=4711)
        self.fails("not_found", "stat", shm_shmid=2**31 - 1)
        self.fails("not_found", "read", attachment=5)
        self.make()
        self.fails("not_found", "detach", shm_key=5679)

    def test_conflicts(self):
        shmid = self.make()["shm_shmid"]
        self.make(shm_key=5680)
        self.assertEqual(self.fails("exists", "create", shm_key=5679, shm_segsz=1, exclusive=True)["errno_name"], "EEXIST")
        self.fails("key_mismatch", "stat", shm_key=5680, shm_shmid=shmid)
        message = self.fails("size_mismatch", "create", shm_key=5679, shm_segsz=4321)["message"]
        self.assertIn("100", message)
        self.assertIn("4321", message)
        self.fails("precondition_failed", "set", shm_key=5679, mode=600, if_ctime=1)
        self.fails("precondition_failed", "remove", shm_key=5679, if_cpid=1)

    def test_data_that_does_not_fit(self):
        self.make()
        for op, fields in (("write", {"data": b"x" * 101}), ("write", {"data": b"x", "offset": 100}),
                           ("write", {"data": "x" * 100, "text": True}), ("write", {"data": b"", "offset": 101}),
                           ("read", {"offset": 101}), ("read", {"offset": 2**64 - 1})):
            with self.subTest(op=op, fields=fields):
                self.fails("out_of_range", op, shm_key=5679, **fields)
        self.assertEqual(self.client.result("read", shm_key=5679)["data"], bytes(100))
        self.client.result("write", shm_key=5679, data=b"\xff\xfe")
        self.fails("not_text", "read", shm_key=5679, text=True)

    def test_too_large(self):
        self.make(shm_segsz=3 << 20)
        self.fails("too_large", "write", shm_key=5679, data=b"x" * ((1 << 20) + 1))
        self.fails("too_large", "read", shm_key=5679, length=(1 << 20) + 1)
        read = {"op": "read", "shm_key": 5679, "length": 700_000}
        replies = self.client.result("batch", requests=[read, read])["replies"]
        self.assertEqual([replies[0]["ok"], replies[1]["error"]["code"]], [True, "too_large"])

    def test_limit_reached(self):
        error = self.fails("limit_reached", "create", shm_key=1, shm_segsz=2**64 - 1)
        self.assertIn("SHMMAX", error["message"])

    def test_writing_through_a_read_only_attachment(self):
        self.make()
        held = self.client.result("attach", shm_key=5679, read_only=True)["attachment"]
        self.assertEqual(self.fails("permission_denied", "write", attachment=held, data=b"x")["errno_name"], "EACCES")

    @unittest.skipUnless(bus.maps_uid(65534) and os.geteuid() == 0, "needs a second user")
    def test_permission_denied_by_the_kernel(self):
        other = self.start(user=65534)
        client = self.new_client(other)
        mine = sysv_ipc.SharedMemory(6001, sysv_ipc.IPC_CREX, mode=0o600, size=10)
        try:
            for op, fields in (("stat", {}), ("read", {}), ("write", {"data": b"x"}), ("attach", {}),
                               ("set", {"mode": 666}), ("remove", {})):
                with self.subTest(op=op):
                    error = self.is_failure("permission_denied", client.reply(op, shm_key=6001, **fields))
                    self.assertIn(error["errno_name"], ("EACCES", "EPERM"))
            self.assertEqual(len(client.result("list", shm_key=6001)["segments"]), 1)
        finally:
            mine.detach()
            mine.remove()

    def test_epoch_changed(self):
        epoch = self.client.reply("ping")["epoch"]
        self.assertTrue(self.client.reply("ping", epoch=epoch)["ok"])
        self.fails("epoch_changed", "create", shm_key=1, shm_segsz=1, epoch=epoch % (2**53 - 1) + 1)
        self.fails("not_found", "stat", shm_key=1)

    def test_any_other_integer_is_another_epoch(self):
        for epoch in (-1, 0, 2**63):
            self.fails("epoch_changed", "ping", epoch=epoch)

    def test_compacted(self):
        self.make()
        write = {"op": "write", "shm_key": 5679, "data": b"x"}
        for _ in range(200):
            self.client.result("batch", requests=[write] * 1000)
            if self.client.result("events", limit=1)["first"] > 2:
                break
        self.fails("compacted", "events", since=0)


if __name__ == "__main__":
    bus.main()
